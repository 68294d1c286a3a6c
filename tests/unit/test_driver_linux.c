/* SPDX-License-Identifier: BSD-3-Clause */
/* The driver of Linux on real sockets: the error queue, trains; and what only shows in a network of our own,
 * with an MTU, without routes, with raw sockets. */
#define _GNU_SOURCE 1 /* struct mmsghdr */

#include "unit/driver_host.h"

static void read_errors(usctp_driver *driver, size_t i)
{
    driver->io->read_errors(driver, &driver->sockets[i]);
}

/* A packet to a port where nobody is comes back in the error queue, and does not spoil the next. */
static void port_unreachable(const char *address, int wildcard)
{
    static struct host a, b;
    struct usctp_addr addr = addr_of(address);
    uint16_t port = free_port(address);
    struct usctp_dgram list[3];
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    assert_int_equal(open_host(&a, &usctp__udp_linux_io, &address, wildcard ? 0 : 1, 0), 0);
    open_one(&b, &usctp__udp_linux_io, address);
    send_text(&a, address, port, "nobody is there");
    for (size_t k = 0; k < 3; k++) {
        list[k] = dgram_to(address, usctp_driver_port(b.driver), "good", 4);
    }
    assert_int_equal(usctp__driver_send(a.driver, list, 3, sizeof(list[0])), 3);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(list[k].status, USCTP_DGRAM_SENT);
    }
    take(&b, 3);

    size_t socket = wildcard && addr.family == USCTP_AF_IPV6 ? 1 : 0;
    wait_readable(&a);
    read_errors(a.driver, socket);
    assert_int_equal(a.driver->icmp_cnt, 1);
    const struct usctp__driver_icmp *kept = &a.driver->icmps[0];
    assert_int_equal(kept->icmp.kind, USCTP_ICMP_NO_PROTOCOL);
    assert_true(usctp__addr_equal(&kept->icmp.local, &addr));
    assert_true(usctp__addr_equal(&kept->icmp.remote, &addr));
    assert_int_equal(kept->icmp.local_udp_port, usctp_driver_port(a.driver));
    assert_int_equal(kept->icmp.remote_udp_port, port);
    assert_int_equal(kept->icmp.quote_len, 15);
    assert_memory_equal(kept->quote, "nobody is there", 15);
    assert_int_equal(usctp_driver_wants_write(a.driver), 1);
    assert_int_equal(process(&a), 0);
    assert_int_equal(usctp_driver_wants_write(a.driver), 0);
    assert_int_equal(usctp_stack_stats(a.stack, &stats), 0);
    assert_int_equal(stats.icmp_ignored, 1); /* No such association. */

    /* The same found by the process call alone. */
    send_text(&a, address, port, "nobody is there");
    wait_readable(&a);
    assert_int_equal(process(&a), 0);
    assert_int_equal(usctp_stack_stats(a.stack, &stats), 0);
    assert_int_equal(stats.icmp_ignored, 2);
    close_host(&a);
    close_host(&b);
}

static void test_port_unreachable(void **state)
{
    (void)state;
    port_unreachable("127.0.0.1", 0);
    port_unreachable("127.0.0.1", 1);
    if (has_ipv6()) {
        port_unreachable("::1", 0);
        port_unreachable("::1", 1);
    }
}

/* A flood of errors is read in turns, and what does not fit is lost. */
static void test_many_errors(void **state)
{
    static struct host a;
    uint16_t port = free_port("127.0.0.1");
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;
    enum { CNT = 3 * USCTP__DRIVER_ICMP_MAX + 5 };

    (void)state;
    open_one(&a, &usctp__udp_linux_io, "127.0.0.1");
    for (int i = 0; i < CNT; i++) {
        send_text(&a, "127.0.0.1", port, "nobody");
    }
    assert_int_equal(process(&a), 0);
    assert_int_equal(usctp_stack_stats(a.stack, &stats), 0);
    assert_true(stats.icmp_ignored >= 1 && stats.icmp_ignored <= CNT);
    assert_int_equal(usctp_driver_wants_write(a.driver), 0);
    assert_int_equal(process(&a), 0);
    close_host(&a);
}

/* --- Trains ----------------------------------------------------------------------------------- */

static struct usctp__refusals *refusals_of(struct host *host)
{
    struct usctp__linux_scratch *scratch = host->driver->scratch;

    return &scratch->refusals;
}

static void need_trains(const struct host *host)
{
    if (!host->driver->sockets[0].trains || !host->driver->sockets[0].coalesces) {
        print_message("SKIP: this system has no UDP_SEGMENT or no UDP_GRO\n");
        skip();
    }
}

/* Datagrams of one length, back to back; each packet begins with its number. */
static void fill_train(struct usctp_dgram *list, size_t cnt, uint8_t *bytes, size_t len,
                       uint16_t port)
{
    for (size_t k = 0; k < cnt; k++) {
        bytes[k * len] = (uint8_t)k;
        list[k] = dgram_to("127.0.0.1", port, bytes + k * len, len);
    }
}

/* What rides together, and what does not. */
static void test_train_rules(void **state)
{
    enum { CNT = 80, LEN = 800 };
    static uint8_t bytes[CNT * LEN];
    struct usctp_dgram list[CNT];

    (void)state;
    fill_train(list, CNT, bytes, LEN, 9);
    assert_int_equal(usctp__train_cnt(list, 1, sizeof(list[0])), 1);
    assert_int_equal(usctp__train_cnt(list, 5, sizeof(list[0])), 5);
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), USCTP__TRAIN_CNT);
    list[3].len = LEN - 4; /* a shorter one is the last; here the next does not follow, too */
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 4);
    assert_int_equal(usctp__train_cnt(list + 3, CNT - 3, sizeof(list[0])), 1);
    list[4].data = list[3].data + list[3].len;
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 4);
    list[3].len = 0;
    list[4].data = list[3].data;
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 3);

    fill_train(list, CNT, bytes, LEN, 9);
    list[1].len = LEN + 4; /* a longer one begins anew */
    list[2].data = list[1].data + list[1].len;
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 1);
    for (int i = 0; i < 7; i++) {
        fill_train(list, CNT, bytes, LEN, 9);
        switch (i) {
        case 0:
            list[2].flags = USCTP_DGRAM_MAY_FRAGMENT;
            assert_int_equal(usctp__train_cnt(list + 2, CNT - 2, sizeof(list[0])), 1);
            break;
        case 1:
            list[2].flags = USCTP_DGRAM_PROBE;
            assert_int_equal(usctp__train_cnt(list + 2, CNT - 2, sizeof(list[0])), 1);
            break;
        case 2:
            list[2].remote = addr_of("127.0.0.2");
            break;
        case 3:
            list[2].local = addr_of("127.0.0.2");
            break;
        case 4:
            list[2].remote_udp_port = 10;
            break;
        case 5:
            list[2].dscp = 1;
            break;
        default:
            list[2].ecn = 1;
            break;
        }
        assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 2);
    }
    fill_train(list, 32, bytes, 2000, 9);
    assert_int_equal(usctp__train_cnt(list, 32, sizeof(list[0])), 32);
    for (size_t k = 0; k < 4; k++) {
        list[k].data = bytes + k * 20000;
        list[k].len = 20000;
    }
    assert_int_equal(usctp__train_cnt(list, 4, sizeof(list[0])), 3); /* 64 KiB at most */
}

/* Sends the same datagrams under `flags` and compares what arrives; the number of packets that came
 * joined. */
static size_t send_trains(uint32_t from_flags, uint32_t to_flags)
{
    enum { CNT = 150, LEN = 1200 };
    static const char *const text = "127.0.0.1";
    static struct host a, b;
    static uint8_t bytes[CNT * LEN];
    struct usctp_dgram list[CNT];
    size_t joined = 0;

    assert_int_equal(open_host_with(&a, &usctp__udp_linux_io, &text, 1, 0, from_flags), 0);
    assert_int_equal(open_host_with(&b, &usctp__udp_linux_io, &text, 1, 0, to_flags), 0);
    fill_train(list, CNT, bytes, LEN, usctp_driver_port(b.driver));
    list[20].len = LEN - 100;
    list[40].flags = USCTP_DGRAM_MAY_FRAGMENT;
    list[41].flags = USCTP_DGRAM_PROBE;
    list[60].dscp = 10;
    list[149].len = 12;
    assert_int_equal(usctp__driver_send(a.driver, list, CNT, sizeof(list[0])), CNT);
    take(&b, CNT);
    for (size_t k = 0; k < CNT; k++) {
        const struct seen *seen = &b.seen[k];

        assert_int_equal(list[k].status, USCTP_DGRAM_SENT);
        assert_int_equal(seen->dgram.len, list[k].len);
        assert_int_equal(seen->bytes[0], k);
        assert_int_equal(seen->dgram.dscp, list[k].dscp);
        joined += seen->dgram.segment_len != 0;
        assert_true(k != 40 || seen->dgram.segment_len == 0);
        assert_true(k != 41 || seen->dgram.segment_len == 0);
        assert_true(k != 60 || seen->dgram.segment_len == 0);
    }
    bool able = a.driver->sockets[0].trains && b.driver->sockets[0].coalesces;
    assert_true(able == (joined > 0));
    close_host(&a);
    close_host(&b);
    return joined;
}

static void test_trains(void **state)
{
    (void)state;
    assert_int_equal(send_trains(USCTP_DRIVER_NO_SEGMENTATION, USCTP_DRIVER_NO_COALESCING), 0);
    assert_int_equal(send_trains(USCTP_DRIVER_NO_SEGMENTATION, 0), 0);
    assert_int_equal(send_trains(0, USCTP_DRIVER_NO_COALESCING), 0);
    send_trains(0, 0);
}

static int drop_fifth(void *user, int outbound, const struct usctp_dgram *dgram)
{
    assert_int_equal(dgram->segment_len, 0);
    *(size_t *)user += !outbound;
    return !outbound && dgram->data[0] == 5;
}

/* The filter judges each packet, though they came as one datagram. */
static void test_filter_of_trains(void **state)
{
    enum { CNT = 10, LEN = 1000 };
    static struct host a, b;
    static uint8_t bytes[CNT * LEN];
    struct usctp_dgram list[CNT];
    size_t asked = 0;

    (void)state;
    open_one(&a, &usctp__udp_linux_io, "127.0.0.1");
    open_one(&b, &usctp__udp_linux_io, "127.0.0.1");
    fill_train(list, CNT, bytes, LEN, usctp_driver_port(b.driver));
    list[CNT - 1].len = 40;
    usctp_driver_set_filter(b.driver, drop_fifth, &asked);
    assert_int_equal(usctp__driver_send(a.driver, list, CNT, sizeof(list[0])), CNT);
    take(&b, CNT - 1);
    assert_int_equal(asked, CNT);
    assert_int_equal(b.seen[5].bytes[0], 6);
    assert_int_equal(b.seen[CNT - 2].dgram.len, 40);
    close_host(&a);
    close_host(&b);
}

/* Which errors speak of trains, and how long an address is remembered. */
static void test_refusals(void **state)
{
    struct usctp__refusals refusals;
    struct usctp_dgram dgram = dgram_to("127.0.0.1", 9, "12345678", 8);
    struct usctp_dgram shorter = dgram, other = dgram_to("127.0.0.2", 9, "12345678", 8);

    (void)state;
    memset(&refusals, 0, sizeof(refusals));
    shorter.len = 4;
    assert_true(usctp__train_error(EMSGSIZE) && usctp__train_error(EIO));
    assert_true(usctp__train_error(EINVAL) && usctp__train_error(ENOPROTOOPT));
    assert_false(usctp__train_error(EAGAIN) || usctp__train_error(ENOBUFS));
    assert_false(usctp__train_error(ECONNREFUSED));
    assert_false(usctp__train_refused(&refusals, &dgram, 0));
    usctp__train_refuse(&refusals, &dgram, EMSGSIZE, 1000);
    assert_true(usctp__train_refused(&refusals, &dgram, 1000));
    assert_false(usctp__train_refused(&refusals, &shorter, 1000));
    assert_false(usctp__train_refused(&refusals, &other, 1000));
    assert_false(usctp__train_refused(&refusals, &dgram, 1000 + USCTP__REFUSAL_DUR));
    usctp__train_refuse(&refusals, &dgram, EIO, 2000);
    assert_true(usctp__train_refused(&refusals, &shorter, 2000));
    assert_int_equal(refusals.cnt, 1);
    for (unsigned i = 0; i < 2 * USCTP__REFUSAL_CNT; i++) { /* The oldest are given up. */
        other.remote.bytes[3] = (uint8_t)(i + 2);
        usctp__train_refuse(&refusals, &other, EIO, 3000);
        assert_true(usctp__train_refused(&refusals, &other, 3000));
    }
    assert_false(usctp__train_refused(&refusals, &dgram, 3000));
}

/* --- In a network of our own ------------------------------------------------------------------ */

static int own_network;

static void need_network(void)
{
    if (!own_network) {
        print_message("SKIP: no network namespace of our own is to be had\n");
        skip();
    }
}

/* Longer than the MTU of the route, packets are taken in no train: each is told of on its own. */
static void test_train_too_big(void **state)
{
    enum { CNT = 6 };
    static struct host a, b;
    static uint8_t bytes[CNT * LARGE_LEN];
    const size_t fits = TEST_NETWORK_MTU - 28;
    struct usctp_dgram list[CNT];

    (void)state;
    need_network();
    open_one(&a, &usctp__udp_linux_io, "127.0.0.1");
    open_one(&b, &usctp__udp_linux_io, "127.0.0.1");
    need_trains(&a);
    fill_train(list, CNT, bytes, LARGE_LEN, usctp_driver_port(b.driver));
    assert_int_equal(usctp__driver_send(a.driver, list, CNT, sizeof(list[0])), CNT);
    for (size_t k = 0; k < CNT; k++) {
        assert_int_equal(list[k].status, USCTP_DGRAM_TOO_BIG);
        assert_int_equal(list[k].status_len, fits);
    }
    assert_true(usctp__train_refused(refusals_of(&a), &list[0], a.driver->now_ts));

    /* Such that fit still ride together. */
    fill_train(list, CNT, bytes, fits, usctp_driver_port(b.driver));
    assert_false(usctp__train_refused(refusals_of(&a), &list[0], a.driver->now_ts));
    assert_int_equal(usctp__driver_send(a.driver, list, CNT, sizeof(list[0])), CNT);
    take(&b, CNT);
    for (size_t k = 0; k < CNT; k++) {
        assert_int_equal(list[k].status, USCTP_DGRAM_SENT);
        assert_int_equal(b.seen[k].dgram.len, fits);
        assert_int_equal(b.seen[k].dgram.segment_len, fits);
    }
    assert_false(usctp__train_refused(refusals_of(&a), &list[0], a.driver->now_ts));
    close_host(&a);
    close_host(&b);
}

static void too_big(const struct usctp__driver_io *io, const char *address, uint32_t expected)
{
    static struct host a, b;
    static uint8_t bytes[LARGE_LEN];
    struct usctp_addr addr = addr_of(address);
    struct usctp_dgram list[5];

    memset(bytes, 'T', sizeof(bytes));
    open_one(&a, io, address);
    open_one(&b, io, address);
    for (size_t k = 0; k < 5; k++) {
        list[k] = dgram_to(address, usctp_driver_port(b.driver), bytes, LARGE_LEN);
    }
    list[0].len = expected;
    list[2].flags = USCTP_DGRAM_MAY_FRAGMENT;
    list[3].flags = USCTP_DGRAM_MAY_FRAGMENT | USCTP_DGRAM_PROBE;
    list[4].len = expected + 1;
    assert_int_equal(usctp__driver_send(a.driver, list, 5, sizeof(list[0])), 5);
    assert_int_equal(list[0].status, USCTP_DGRAM_SENT);
    assert_int_equal(list[1].status, USCTP_DGRAM_TOO_BIG);
    assert_int_equal(list[1].status_len, expected);
    assert_int_equal(list[2].status, USCTP_DGRAM_SENT);
    assert_int_equal(list[3].status, USCTP_DGRAM_TOO_BIG);
    assert_int_equal(list[3].status_len, expected);
    assert_int_equal(list[4].status, USCTP_DGRAM_TOO_BIG);
    take(&b, 2);
    assert_int_equal(b.seen[0].dgram.len, expected);
    assert_int_equal(b.seen[1].dgram.len, LARGE_LEN);
    assert_int_equal(usctp__driver_max_packet(a.driver, &addr, &addr), expected);
    assert_int_equal(a.driver->icmp_cnt, 0);
    close_host(&a);
    close_host(&b);
}

static void test_too_big(void **state)
{
    (void)state;
    need_network();
    for (size_t i = 0; i < TABLE_CNT; i++) {
        too_big(tables[i], "127.0.0.1", TEST_NETWORK_MTU - 28);
        if (has_ipv6()) {
            too_big(tables[i], "::1", TEST_NETWORK_MTU - 48);
        }
    }
}

/* The news of an earlier packet that waits in the error queue is not lost when the queue is read for
 * the size, and does not pass for a refusal of the present packet. */
static void test_too_big_among_errors(void **state)
{
    static struct host a;
    static uint8_t bytes[LARGE_LEN];
    struct usctp_dgram dgram;

    (void)state;
    need_network();
    uint16_t port = free_port("127.0.0.1");
    open_one(&a, &usctp__udp_linux_io, "127.0.0.1");
    send_text(&a, "127.0.0.1", port, "nobody");
    dgram = dgram_to("127.0.0.1", port, bytes, LARGE_LEN);
    assert_int_equal(send_one(&a, &dgram), 1);
    assert_int_equal(dgram.status, USCTP_DGRAM_TOO_BIG);
    assert_int_equal(dgram.status_len, TEST_NETWORK_MTU - 28);
    assert_int_equal(a.driver->icmp_cnt, 1);
    assert_int_equal(a.driver->icmps[0].icmp.kind, USCTP_ICMP_NO_PROTOCOL);
    close_host(&a);
}

/* An address to which there is no route. */
static void test_no_route(void **state)
{
    static struct host a;
    struct usctp_addr remote = addr_of("198.51.100.1"), local;
    struct usctp_dgram dgram;

    (void)state;
    need_network();
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&a, tables[i], NULL, 0, 0), 0);
        dgram = dgram_to("198.51.100.1", 9, "x", 1);
        assert_int_equal(send_one(&a, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_UNREACHABLE);
        assert_true(usctp__driver_source(a.driver, &remote, &local) < 0);
        assert_int_equal(usctp__driver_max_packet(a.driver, NULL, &remote), 0);
        close_host(&a);
    }
}

/* Raw IP: no ports, no headers. */
static void raw_exchange(const char *address)
{
    static struct host a, b;
    struct usctp_driver_config config = USCTP_DRIVER_CONFIG_INIT;
    struct usctp_addr addr = addr_of(address);
    struct usctp_dgram dgram;

    make_host(&a);
    make_host(&b);
    config.addrs = &addr;
    config.addr_cnt = 1;
    assert_int_equal(usctp_raw_open(a.stack, &config, &a.driver), 0);
    config.addr_cnt = 0;
    assert_int_equal(usctp_raw_open(b.stack, &config, &b.driver), 0);
    assert_int_equal(usctp_driver_port(a.driver), 0);
    dgram = dgram_to(address, 0, "a packet of SCTP", 16);
    dgram.dscp = 10;
    assert_int_equal(send_one(&a, &dgram), 1);
    assert_int_equal(dgram.status, USCTP_DGRAM_SENT);
    take(&b, 1);
    assert_int_equal(b.seen[0].dgram.len, 16);
    assert_memory_equal(b.seen[0].bytes, "a packet of SCTP", 16);
    assert_int_equal(b.seen[0].dgram.local_udp_port, 0);
    assert_int_equal(b.seen[0].dgram.remote_udp_port, 0);
    assert_int_equal(b.seen[0].dgram.dscp, 10);
    assert_true(usctp__addr_equal(&b.seen[0].dgram.local, &addr));
    assert_true(usctp__addr_equal(&b.seen[0].dgram.remote, &addr));
    close_host(&a);
    close_host(&b);
}

static void test_raw(void **state)
{
    (void)state;
    need_network();
    raw_exchange("127.0.0.1");
    if (has_ipv6()) {
        raw_exchange("::1");
    }
}

/* A raw socket hears of a host that does not speak the protocol. */
static void test_raw_no_protocol(void **state)
{
    static struct host a;
    struct usctp_driver_config config = USCTP_DRIVER_CONFIG_INIT;
    struct usctp_addr here = addr_of("127.0.0.1");
    struct usctp_dgram dgram;

    (void)state;
    need_network();
    make_host(&a);
    config.addrs = &here;
    config.addr_cnt = 1;
    assert_int_equal(usctp_raw_open(a.stack, &config, &a.driver), 0);
    dgram = dgram_to("127.0.0.2", 0, "a packet of SCTP", 16);
    assert_int_equal(send_one(&a, &dgram), 1);
    wait_readable(&a);
    read_errors(a.driver, 0);
    assert_int_equal(a.driver->icmp_cnt, 1);
    assert_int_equal(a.driver->icmps[0].icmp.kind, USCTP_ICMP_NO_PROTOCOL);
    assert_int_equal(a.driver->icmps[0].icmp.remote_udp_port, 0);
    assert_int_equal(a.driver->icmps[0].icmp.quote_len, 16);
    assert_memory_equal(a.driver->icmps[0].quote, "a packet of SCTP", 16);
    close_host(&a);
}

static void test_exchange_ipv4(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        exchange(tables[i], "127.0.0.1");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port_unreachable), cmocka_unit_test(test_many_errors),
        cmocka_unit_test(test_train_rules),      cmocka_unit_test(test_trains),
        cmocka_unit_test(test_filter_of_trains), cmocka_unit_test(test_refusals),
    };
    const struct CMUnitTest network_tests[] = {
        cmocka_unit_test(test_train_too_big),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_too_big_among_errors),
        cmocka_unit_test(test_no_route),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_raw_no_protocol),
        cmocka_unit_test(test_exchange_ipv4),
    };
    int failed = cmocka_run_group_tests_name("driver", tests, NULL, NULL);

    own_network = test_network_enter();
    failed += cmocka_run_group_tests_name("driver in a network", network_tests, NULL, NULL);
    return failed;
}
