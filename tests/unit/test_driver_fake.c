/* SPDX-License-Identifier: BSD-3-Clause */
/* What the drivers have in common, over a system that does as told. */
#define _GNU_SOURCE 1 /* struct mmsghdr */

#include "unit/driver_host.h"

/* --- A system that does as told --------------------------------------------------------------- */

/* Sockets without a system: fds and ports are numbers. */
static struct {
    uint16_t next_port;     /* the port that is drawn next */
    int taken;              /* how many further opens find their port taken */
    size_t room;            /* datagrams taken before blocking */
    size_t waiting;         /* datagrams to be received */
    size_t asked_max;       /* the most that was asked for at once */
    int open_cnt, open_sum; /* sockets open now, and opened ever */
} fake;

static int fake_open(struct usctp_driver *driver, struct usctp__socket *sock, uint16_t port,
                     const struct usctp_driver_config *config, int *os_error)
{
    (void)driver;
    (void)config;
    *os_error = EADDRINUSE;
    if (port != 0 && fake.taken > 0) {
        fake.taken--;
        return USCTP_EADDRINUSE;
    }
    fake.open_cnt++;
    fake.open_sum++;
    sock->fd = port != 0 ? port : fake.next_port++;
    return 0;
}

static void fake_close(struct usctp__socket *sock)
{
    sock->fd = -1;
    fake.open_cnt--;
}

static uint16_t fake_port(const struct usctp__socket *sock)
{
    return (uint16_t)sock->fd;
}

static int fake_receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max,
                        bool *more)
{
    size_t cnt = fake.waiting < max ? fake.waiting : max;

    fake.asked_max = max > fake.asked_max ? max : fake.asked_max;
    for (size_t i = 0; i < cnt; i++) {
        memset(&driver->dgrams[i], 0, sizeof(driver->dgrams[i]));
        driver->dgrams[i].remote = sock->addr;
        assert_true(usctp__driver_finish(driver, sock, &driver->dgrams[i],
                                         usctp__driver_slot(driver, i), 1));
    }
    fake.waiting -= cnt;
    *more = fake.waiting > 0;
    return (int)cnt;
}

static size_t fake_send(struct usctp_driver *driver, struct usctp__socket *sock,
                        struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    size_t cnt = fake.room < n ? fake.room : n;

    (void)driver;
    (void)sock;
    assert_true(n <= USCTP__DRIVER_BATCH);
    for (size_t i = 0; i < cnt; i++) {
        usctp__dgram_at(dgrams, i, stride)->status = USCTP_DGRAM_SENT;
    }
    fake.room -= cnt;
    return cnt;
}

static void fake_route(struct usctp_driver *driver, struct usctp__route *route)
{
    (void)driver;
    fake.asked_max++;
    route->local = route->remote;
    route->mtu = 1400;
}

static const char *fake_error_text(int os_error, char *buf, size_t len)
{
    snprintf(buf, len, "error %d", os_error);
    return buf;
}

static const struct usctp__driver_io fake_io = {
    .open = fake_open,
    .close = fake_close,
    .port = fake_port,
    .receive = fake_receive,
    .send = fake_send,
    .route = fake_route,
    .error_text = fake_error_text,
};

static void reset_fake(void)
{
    memset(&fake, 0, sizeof(fake));
    fake.next_port = 5000;
}

/* A drawn port that is taken on a further address is given up for another one. */
static void test_drawn_port(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "127.0.0.2", "::1"};
    static struct host host;

    (void)state;
    reset_fake();
    fake.taken = 2;
    assert_int_equal(open_host(&host, &fake_io, texts, 3, 0), 0);
    assert_int_equal(usctp_driver_port(host.driver), 5002);
    assert_int_equal(fake.open_cnt, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(usctp__driver_socket(host.driver, i)->fd, 5002);
    }
    assert_null(usctp__driver_socket(host.driver, 3));
    close_host(&host);
    assert_int_equal(fake.open_cnt, 0);

    reset_fake();
    fake.taken = 1000; /* Not for ever. */
    assert_int_equal(open_host(&host, &fake_io, texts, 3, 0), USCTP_EADDRINUSE);
    assert_true(fake.open_sum > 1 && fake.open_sum < 100);
    assert_int_equal(fake.open_cnt, 0);
    usctp_stack_free(host.stack);
}

/* A short count means blocked, and the driver waits for room then. */
static void test_blocked(void **state)
{
    enum { CNT = 100 };
    static const char *const text = "127.0.0.1";
    static struct host host;
    struct usctp_dgram list[CNT];

    (void)state;
    reset_fake();
    fake.room = 70;
    assert_int_equal(open_host(&host, &fake_io, &text, 1, 0), 0);
    for (size_t k = 0; k < CNT; k++) {
        list[k] = dgram_to("127.0.0.1", 9, "x", 1);
    }
    assert_int_equal(usctp_driver_wants_write(host.driver), 0);
    assert_int_equal(usctp__driver_send(host.driver, list, CNT, sizeof(list[0])), 70);
    assert_int_equal(list[69].status, USCTP_DGRAM_SENT);
    assert_int_equal(list[70].status, -1);
    assert_int_equal(usctp_driver_wants_write(host.driver), 1);
    assert_int_equal(process(&host), 0);
    assert_int_equal(usctp_driver_wants_write(host.driver), 0);
    fake.room = CNT;
    assert_int_equal(usctp__driver_send(host.driver, list + 70, 30, sizeof(list[0])), 30);
    assert_int_equal(usctp_driver_wants_write(host.driver), 0);
    close_host(&host);
}

/* A flood does not hold the caller for ever, nor starve the other sockets. */
static void test_turn(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "127.0.0.2"};
    static struct host host;

    (void)state;
    reset_fake();
    assert_int_equal(open_host(&host, &fake_io, texts, 1, 0), 0);
    fake.waiting = 1000000;
    assert_int_equal(process(&host), USCTP__DRIVER_TURN);
    assert_int_equal(fake.asked_max, USCTP__DRIVER_BATCH);
    close_host(&host);

    assert_int_equal(open_host(&host, &fake_io, texts, 2, 0), 0);
    usctp__driver_ready(host.driver, 1);
    assert_int_equal(process(&host), USCTP__DRIVER_TURN / 2); /* The first was not said ready. */
    assert_int_equal(process(&host), USCTP__DRIVER_TURN);
    struct usctp_addr second = addr_of("127.0.0.2");
    assert_true(usctp__addr_equal(&host.seen[0].dgram.local, &second));
    close_host(&host);
}

/* The system is asked about an address once in a while, not each time. */
static void test_route_is_remembered(void **state)
{
    static const char *const text = "127.0.0.1";
    static struct host host;
    struct usctp_addr remote = addr_of("192.0.2.1"), local;

    (void)state;
    reset_fake();
    assert_int_equal(open_host(&host, &fake_io, &text, 1, 0), 0);
    assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &remote), 1400 - 28);
    assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &remote), 1400 - 28);
    assert_int_equal(usctp__driver_source(host.driver, &remote, &local), 0);
    assert_int_equal(fake.asked_max, 1);
    for (uint8_t i = 0; i < 100; i++) {
        remote.bytes[3] = i;
        assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &remote), 1400 - 28);
    }
    assert_int_equal(fake.asked_max, 101 - 1); /* 192.0.2.1 was still remembered. */
    usctp_driver_process(host.driver, USCTP__DRIVER_ROUTE_DUR);
    fake.asked_max = 0;
    assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &remote), 1400 - 28);
    assert_int_equal(fake.asked_max, 1); /* Its time was over. */
    close_host(&host);
}

/* --- ICMP ------------------------------------------------------------------------------------- */

static void test_icmp_kinds(void **state)
{
    enum { V4 = USCTP_AF_IPV4, V6 = USCTP_AF_IPV6 };

    (void)state;
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 0, false), USCTP_ICMP_UNREACHABLE);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 1, false), USCTP_ICMP_UNREACHABLE);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 2, false), USCTP_ICMP_NO_PROTOCOL);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 3, false), USCTP_ICMP_NO_PROTOCOL);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 3, true), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 4, true), USCTP_ICMP_TOO_BIG);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 13, true), USCTP_ICMP_UNREACHABLE);
    assert_int_equal(usctp__driver_icmp_kind(V4, 11, 0, true), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V4, 4, 1, true), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V6, 1, 0, true), USCTP_ICMP_UNREACHABLE);
    assert_int_equal(usctp__driver_icmp_kind(V6, 1, 4, false), USCTP_ICMP_NO_PROTOCOL);
    assert_int_equal(usctp__driver_icmp_kind(V6, 1, 4, true), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V6, 2, 0, false), USCTP_ICMP_TOO_BIG);
    assert_int_equal(usctp__driver_icmp_kind(V6, 3, 0, false), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V6, 4, 0, false), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V6, 4, 1, false), USCTP_ICMP_NO_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drawn_port), cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_turn),       cmocka_unit_test(test_route_is_remembered),
        cmocka_unit_test(test_icmp_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
