/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket drivers, on real sockets of the loopback interface. */
#define _GNU_SOURCE 1 /* struct mmsghdr */

#include "unit/driver_host.h"

/* --- Exchange --------------------------------------------------------------------------------- */

static void test_exchange_ipv4(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        exchange(tables[i], "127.0.0.1");
    }
}

static void test_exchange_ipv6(void **state)
{
    (void)state;
    need_ipv6();
    for (size_t i = 0; i < TABLE_CNT; i++) {
        exchange(tables[i], "::1");
    }
}

/* One port for both families, though the system drew it; the source that was asked for. */
static void test_wildcard(void **state)
{
    static struct host all, one;
    struct usctp_dgram dgram;
    struct usctp_addr from = addr_of("127.0.0.2");

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&all, tables[i], NULL, 0, 0), 0);
        open_one(&one, tables[i], "127.0.0.3");
        assert_int_equal(usctp_driver_fds(all.driver, NULL, 0), has_ipv6() ? 2 : 1);
        dgram = dgram_to("127.0.0.3", usctp_driver_port(one.driver), "x", 1);
        dgram.local = from;
        assert_int_equal(send_one(&all, &dgram), 1);
        take(&one, 1);
        assert_true(usctp__addr_equal(&one.seen[0].dgram.remote, &from));
        assert_int_equal(one.seen[0].dgram.remote_udp_port, usctp_driver_port(all.driver));

        /* The address that it was sent to is told. */
        send_text(&one, "127.0.0.2", usctp_driver_port(all.driver), "y");
        take(&all, 1);
        assert_true(usctp__addr_equal(&all.seen[0].dgram.local, &from));
        if (has_ipv6()) {
            static struct host six;

            open_one(&six, tables[i], "::1");
            dgram = dgram_to("::1", usctp_driver_port(six.driver), "z", 1);
            dgram.local = addr_of("::1");
            assert_int_equal(send_one(&all, &dgram), 1);
            take(&six, 1);
            assert_int_equal(six.seen[0].dgram.remote_udp_port, usctp_driver_port(all.driver));
            send_text(&six, "::1", usctp_driver_port(all.driver), "w");
            take(&all, 2);
            from = addr_of("::1");
            assert_true(usctp__addr_equal(&all.seen[1].dgram.local, &from));
            from = addr_of("127.0.0.2");
            close_host(&six);
        }
        close_host(&all);
        close_host(&one);
    }
}

/* With a socket for each address, the one that is bound to the source is used. */
static void test_several_addresses(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "127.0.0.2", "127.0.0.4"};
    static struct host many, one;
    struct usctp_dgram dgram;

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&many, tables[i], texts, 3, 0), 0);
        assert_int_equal(usctp_driver_fds(many.driver, NULL, 0), 3);
        open_one(&one, tables[i], "127.0.0.1");
        for (size_t k = 0; k < 3; k++) {
            struct usctp_addr local = addr_of(texts[k]);

            dgram = dgram_to("127.0.0.1", usctp_driver_port(one.driver), "x", 1);
            dgram.local = local;
            assert_int_equal(send_one(&many, &dgram), 1);
            take(&one, k + 1);
            assert_true(usctp__addr_equal(&one.seen[k].dgram.remote, &local));
            assert_int_equal(one.seen[k].dgram.remote_udp_port, usctp_driver_port(many.driver));
            send_text(&one, texts[k], usctp_driver_port(many.driver), "y");
            take(&many, k + 1);
            assert_true(usctp__addr_equal(&many.seen[k].dgram.local, &local));
        }
        /* A source that is bound nowhere cannot be used, and neither can another family. */
        dgram.local = addr_of("127.0.0.9");
        assert_int_equal(send_one(&many, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_UNREACHABLE);
        dgram = dgram_to("::1", usctp_driver_port(one.driver), "x", 1);
        assert_int_equal(send_one(&many, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_UNREACHABLE);
        dgram = dgram_to("127.0.0.1", 0, "x", 1);
        assert_int_equal(send_one(&many, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_UNREACHABLE);
        close_host(&many);
        close_host(&one);
    }
}

/* More than one batch at once, both ways, an empty one among them. */
static void test_batches(void **state)
{
    enum { CNT = 150 };
    static struct host a, b;
    static uint8_t bytes[CNT];
    struct {
        struct usctp_dgram dgram;
        uint8_t more[16]; /* The stride is not the size. */
    } list[CNT];

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        open_one(&a, tables[i], "127.0.0.1");
        open_one(&b, tables[i], "127.0.0.1");
        for (size_t k = 0; k < CNT; k++) {
            bytes[k] = (uint8_t)k;
            list[k].dgram = dgram_to("127.0.0.1", usctp_driver_port(b.driver), &bytes[k], k != 77);
            list[k].dgram.flags = k % 10 == 3 ? USCTP_DGRAM_MAY_FRAGMENT : 0;
        }
        assert_int_equal(usctp__driver_send(a.driver, &list[0].dgram, CNT, sizeof(list[0])), CNT);
        take(&b, CNT - 1); /* Observers see no packet in the empty one. */
        for (size_t k = 0; k < CNT; k++) {
            size_t n = k < 77 ? k : k - 1;

            assert_int_equal(list[k].dgram.status, USCTP_DGRAM_SENT);
            assert_true(k == 77 || b.seen[n].bytes[0] == k);
        }
        assert_int_equal(process(&b), 0);
        close_host(&a);
        close_host(&b);
    }
}

/* A datagram as long as they come. */
static void test_longest(void **state)
{
    static struct host a, b;
    static uint8_t bytes[65507];
    struct usctp_dgram dgram;

    (void)state;
    memset(bytes, 'L', sizeof(bytes));
    for (size_t i = 0; i < TABLE_CNT; i++) {
        open_one(&a, tables[i], "127.0.0.1");
        open_one(&b, tables[i], "127.0.0.1");
        dgram = dgram_to("127.0.0.1", usctp_driver_port(b.driver), bytes, sizeof(bytes));
        assert_int_equal(send_one(&a, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_SENT);
        take(&b, 1);
        assert_int_equal(b.seen[0].dgram.len, sizeof(bytes));
        close_host(&a);
        close_host(&b);
    }
}

/* A broadcast destination is told as it was; dropping such is the stack's business. */
static void test_broadcast_is_told(void **state)
{
    static struct host all;
    struct sockaddr_in name;
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&all, tables[i], NULL, 0, 0), 0);
        memset(&name, 0, sizeof(name));
        name.sin_family = AF_INET;
        name.sin_port = htons(usctp_driver_port(all.driver));
        name.sin_addr.s_addr = htonl(0x7fffffff);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
        assert_int_equal(sendto(fd, "b", 1, 0, (struct sockaddr *)&name, sizeof(name)), 1);
        take(&all, 1);
        struct usctp_addr broadcast = addr_of("127.255.255.255");
        assert_true(usctp__addr_equal(&all.seen[0].dgram.local, &broadcast));
        close_host(&all);
    }
    close(fd);
}

static int drop_odd(void *user, int outbound, const struct usctp_dgram *dgram)
{
    int *counts = user;

    counts[outbound != 0]++;
    return (dgram->data[0] & 1) != 0;
}

static void test_filter(void **state)
{
    static struct host a, b;
    static uint8_t bytes[100];
    struct usctp_dgram list[100];
    int counts[2];

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        open_one(&a, tables[i], "127.0.0.1");
        open_one(&b, tables[i], "127.0.0.1");
        for (size_t k = 0; k < 100; k++) {
            bytes[k] = (uint8_t)k;
            list[k] = dgram_to("127.0.0.1", usctp_driver_port(b.driver), &bytes[k], 1);
        }
        memset(counts, 0, sizeof(counts));
        usctp_driver_set_filter(b.driver, drop_odd, counts);
        assert_int_equal(usctp__driver_send(a.driver, list, 100, sizeof(list[0])), 100);
        take(&b, 50);
        assert_int_equal(b.seen[49].bytes[0], 98);
        assert_int_equal(counts[0], 100);
        usctp_driver_set_filter(b.driver, NULL, NULL);

        /* Outbound: dropped, and yet sent as far as the stack is concerned. */
        memset(counts, 0, sizeof(counts));
        usctp_driver_set_filter(a.driver, drop_odd, counts);
        assert_int_equal(usctp__driver_send(a.driver, list, 100, sizeof(list[0])), 100);
        assert_int_equal(list[1].status, USCTP_DGRAM_SENT);
        take(&b, 100);
        assert_int_equal(counts[1], 100);
        assert_int_equal(b.seen[51].bytes[0], 2);
        close_host(&a);
        close_host(&b);
    }
}

/* --- What goes wrong -------------------------------------------------------------------------- */

static void test_port_in_use(void **state)
{
    static struct host a, b;
    static const char *const text = "127.0.0.1";
    char expected[64];

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        open_one(&a, tables[i], text);
        uint16_t port = usctp_driver_port(a.driver);
        assert_int_equal(open_host(&b, tables[i], &text, 1, port), USCTP_EADDRINUSE);
        assert_null(b.driver);
        snprintf(expected, sizeof(expected), "UDP port %u is in use on 127.0.0.1", port);
        assert_memory_equal(b.error, expected, strlen(expected));
        usctp_stack_free(b.stack);
        /* A wildcard collides with it too. */
        assert_int_equal(open_host(&b, tables[i], NULL, 0, port), USCTP_EADDRINUSE);
        usctp_stack_free(b.stack);
        close_host(&a);
    }
}

/* Sockets of one driver go on as those of another. */
static void test_taken_over(void **state)
{
    static struct host a, b, c;
    static const char *const texts[] = {"127.0.0.1", "127.0.0.2"};
    static const char *const other = "127.0.0.3";
    usctp_fd fds[USCTP__DRIVER_SOCKET_MAX];

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&a, tables[i], texts, 2, 0), 0);
        open_one(&c, tables[i], other);
        uint16_t port = usctp_driver_port(a.driver);
        taken_fds = fds;
        taken_cnt = usctp_driver_fds(a.driver, fds, USCTP__DRIVER_SOCKET_MAX);
        assert_int_equal(taken_cnt, 2);
        /* Other addresses, or another port, than those of the sockets. */
        assert_int_equal(open_host(&b, tables[i], &other, 1, 0), USCTP_EADDRNOTAVAIL);
        usctp_stack_free(b.stack);
        assert_int_equal(open_host(&b, tables[i], texts, 2, (uint16_t)(port ^ 1)),
                         USCTP_EADDRNOTAVAIL);
        usctp_stack_free(b.stack);
        send_text(&c, "127.0.0.2", port, "before"); /* waits in the socket */
        assert_int_equal(open_host(&b, tables[i], texts, 2, 0), 0);
        assert_int_equal(usctp_driver_port(b.driver), port);
        taken_fds = NULL;
        close_host(&a);
        take(&b, 1);
        assert_memory_equal(b.seen[0].bytes, "before", 6);
        send_text(&c, "127.0.0.1", port, "after");
        take(&b, 2);
        send_text(&b, other, b.seen[1].dgram.remote_udp_port, "back");
        take(&c, 1);
        assert_int_equal(c.seen[0].dgram.remote_udp_port, port);
        taken_cnt = 1; /* and no list */
        assert_int_equal(open_host(&a, tables[i], texts, 1, 0), USCTP_EINVAL);
        usctp_stack_free(a.stack);
        taken_cnt = 0;
        close_host(&b);
        close_host(&c);
    }
}

static void refuse(const struct usctp__driver_io *io, const char *const *texts, size_t cnt,
                   int error, const char *word)
{
    static struct host host;

    assert_int_equal(open_host(&host, io, texts, cnt, 0), error);
    assert_null(host.driver);
    if (strstr(host.error, word) == NULL) {
        fail_msg("\"%s\" is not in: %s", word, host.error);
    }
    usctp_stack_free(host.stack);
}

static void test_bad_addresses(void **state)
{
    static const char *const foreign[] = {"127.0.0.1", "198.51.100.1"};
    static const char *const multicast[] = {"224.0.0.1"};
    static const char *const broadcast[] = {"255.255.255.255"};
    static const char *const twice[] = {"127.0.0.1", "127.0.0.2", "127.0.0.1"};
    struct usctp_driver_config config = USCTP_DRIVER_CONFIG_INIT;
    static struct usctp_addr many[USCTP__DRIVER_SOCKET_MAX + 1];
    static struct host host;

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        refuse(tables[i], foreign, 2, USCTP_EADDRNOTAVAIL, "198.51.100.1 is not an address of");
        refuse(tables[i], multicast, 1, USCTP_EADDRNOTAVAIL, "224.0.0.1 is no unicast");
        refuse(tables[i], broadcast, 1, USCTP_EADDRNOTAVAIL, "255.255.255.255 is no unicast");
        refuse(tables[i], twice, 3, USCTP_EINVAL, "127.0.0.1 is given twice");
    }
    make_host(&host);
    config.addrs = many;
    config.addr_cnt = 1; /* AF_NONE */
    assert_int_equal(usctp_udp_open(host.stack, &config, &host.driver), USCTP_EINVAL);
    config.addr_cnt = USCTP__DRIVER_SOCKET_MAX + 1;
    assert_int_equal(usctp_udp_open(host.stack, &config, &host.driver), USCTP_EINVAL);
    config.addr_cnt = 0;
    assert_int_equal(usctp_udp_open(NULL, &config, &host.driver), USCTP_EINVAL);
    config.size--;
    assert_int_equal(usctp_udp_open(host.stack, &config, &host.driver), USCTP_ESIZE);
    assert_null(host.driver);
    usctp_stack_free(host.stack);
}

/* The number of descriptors that are open; each is closed on exec when it stands above stderr. */
static size_t open_fds(void)
{
    size_t cnt = 0;

    for (int fd = 3; fd < 256; fd++) {
        cnt += fcntl(fd, F_GETFD) >= 0;
    }
    return cnt;
}

static void test_descriptors(void **state)
{
    static const char *const bad[] = {"127.0.0.1", "127.0.0.2", "198.51.100.1"};
    static struct host host;
    usctp_fd fds[2];
    struct usctp_addr loopback = addr_of("127.0.0.1");

    (void)state;
    size_t before = open_fds();
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&host, tables[i], bad, 3, 0), USCTP_EADDRNOTAVAIL);
        usctp_stack_free(host.stack);
        assert_int_equal(open_fds(), before);
        assert_int_equal(open_host(&host, tables[i], NULL, 0, 0), 0);
        size_t cnt = usctp_driver_fds(host.driver, fds, 2);
        for (size_t k = 0; k < cnt; k++) {
            assert_int_equal(fcntl((int)fds[k], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
            assert_int_equal(fcntl((int)fds[k], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
        }
        assert_int_equal(open_fds(), before + cnt);
        usctp__driver_max_packet(host.driver, NULL, &loopback);
        assert_int_equal(open_fds(), before + cnt);
        close_host(&host);
        assert_int_equal(open_fds(), before);
    }
}

/* --- Routes ----------------------------------------------------------------------------------- */

static void test_source(void **state)
{
    static const char *const texts[] = {"127.0.0.5", "127.0.0.6"};
    static struct host host;
    struct usctp_addr remote = addr_of("127.0.0.9"), local, expected = addr_of("127.0.0.5");
    struct usctp_addr six = addr_of("::1"), none = usctp__addr_none();

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        /* The system would take 127.0.0.1 or .9, which is not bound. */
        assert_int_equal(open_host(&host, tables[i], texts, 2, 0), 0);
        assert_int_equal(usctp__driver_source(host.driver, &remote, &local), 0);
        assert_true(usctp__addr_equal(&local, &expected));
        assert_true(usctp__driver_source(host.driver, &six, &local) < 0);
        assert_true(usctp__driver_source(host.driver, &none, &local) < 0);
        assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &none), 0);
        close_host(&host);

        assert_int_equal(open_host(&host, tables[i], NULL, 0, 0), 0);
        assert_int_equal(usctp__driver_source(host.driver, &remote, &local), 0);
        assert_int_equal(usctp__addr_scope(&local), USCTP__SCOPE_LOOPBACK);
        if (has_ipv6()) {
            assert_int_equal(usctp__driver_source(host.driver, &six, &local), 0);
            assert_true(usctp__addr_equal(&local, &six));
        }
        close_host(&host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange_ipv4),
        cmocka_unit_test(test_exchange_ipv6),
        cmocka_unit_test(test_wildcard),
        cmocka_unit_test(test_several_addresses),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_broadcast_is_told),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_taken_over),
        cmocka_unit_test(test_bad_addresses),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
