/* SPDX-License-Identifier: BSD-3-Clause */
/* The public border: errors in words, and every error of the calls on stacks and endpoints, each of which
 * changes nothing; the observer; time. */
#include "unit/connected_pair.h"

/* --- Errors in words -------------------------------------------------------------------------- */

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(usctp_version(), USCTP_VERSION);
    for (int error = 3; error >= -40; error--) {
        assert_non_null(usctp_strerror(error));
        assert_true(strlen(usctp_strerror(error)) > 0);
    }
    for (int error = -1; error >= USCTP_EVERSION; error--) {
        for (int other = error - 1; other >= USCTP_EVERSION - 1; other--) {
            assert_string_not_equal(usctp_strerror(error), usctp_strerror(other));
        }
    }
}

/* --- The stack -------------------------------------------------------------------------------- */

static void test_stack_new(void **state)
{
    static struct side side;
    struct usctp_config good = side_config(&side, 1);
    struct usctp_config config;
    struct usctp_memory memory = *good.memory;
    struct usctp_crypto crypto = *good.crypto;
    struct usctp_params params;
    usctp_stack *stack = NULL;

    (void)state;
    assert_int_equal(usctp_stack_new(NULL, &stack), USCTP_EINVAL);
    assert_int_equal(usctp_stack_new(&good, NULL), USCTP_EINVAL);
    config = good;
    config.size--;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_ESIZE);
    config = good;
    config.memory = NULL;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_EINVAL);
    config.memory = &memory;
    memory.size--;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_ESIZE);
    memory = *good.memory;
    memory.free = NULL;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_EINVAL);
    config = good;
    config.crypto = NULL;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_EINVAL);
    config.crypto = &crypto;
    crypto.size--;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_ESIZE);
    crypto = *good.crypto;
    crypto.hmac = NULL;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_EINVAL);
    config = good;
    config.flags = 4;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_EINVAL);
    config = good;
    config.reserved = 1;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_EINVAL);
    config = good;
    config.params = &params;
    usctp_params_init(&params, USCTP_PRESET_PLAIN);
    params.max_packet = 1;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_EINVAL);
    params.size = 8;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_ESIZE);
    config = good;
    config.memory_limit = 100;
    assert_int_equal(usctp_stack_new(&config, &stack), USCTP_ENOMEM);
    side.crypto.fail_random = 1;
    assert_int_equal(usctp_stack_new(&good, &stack), USCTP_ECRYPTO);
    side.crypto.fail_random = 0;
    side.crypto.fail_hmac_new = 1;
    assert_int_equal(usctp_stack_new(&good, &stack), USCTP_ECRYPTO);
    side.crypto.fail_hmac_new = 0;
    assert_null(stack);
    usctp_stack_free(NULL);
    assert_int_equal(test_memory_leaks(&side.memory), 0);
    assert_int_equal(side.crypto.live_cnt, 0);
}

static void test_stack_new_without_memory(void **state)
{
    static struct side side;
    struct usctp_config config = side_config(&side, 1);
    usctp_stack *stack = NULL;
    uint64_t n = 1;

    (void)state;
    for (;; n++) {
        test_memory_fail_next(&side.memory, n);
        if (usctp_stack_new(&config, &stack) == USCTP_OK) {
            break;
        }
        assert_null(stack);
        assert_int_equal(side.memory.live_cnt, 0);
        assert_int_equal(side.crypto.live_cnt, 0);
    }
    assert_true(n > 1 && n < 50);
    usctp_stack_free(stack);
    assert_int_equal(test_memory_leaks(&side.memory), 0);
}

static void test_lower_errors(void **state)
{
    static struct side side;
    struct usctp_lower good = USCTP_LOWER_INIT;
    struct usctp_lower lower;
    usctp_lower_id id = 0;
    usctp_lower_id other = 0;

    (void)state;
    side_up(&side, "192.0.2.1", 1, NULL);
    good.flags = USCTP_LOWER_IPV4;
    good.send = side_send;
    FAILS(&side, usctp_stack_attach(side.stack, NULL, NULL, &id), USCTP_EINVAL);
    FAILS(&side, usctp_stack_attach(side.stack, &good, NULL, NULL), USCTP_EINVAL);
    FAILS(&side, usctp_stack_attach(NULL, &good, NULL, &id), USCTP_EINVAL);
    lower = good;
    lower.size--;
    FAILS(&side, usctp_stack_attach(side.stack, &lower, NULL, &id), USCTP_ESIZE);
    lower = good;
    lower.send = NULL;
    FAILS(&side, usctp_stack_attach(side.stack, &lower, NULL, &id), USCTP_EINVAL);
    lower = good;
    lower.flags = 0;
    FAILS(&side, usctp_stack_attach(side.stack, &lower, NULL, &id), USCTP_EINVAL);
    lower.flags = 64;
    FAILS(&side, usctp_stack_attach(side.stack, &lower, NULL, &id), USCTP_EINVAL);
    lower.flags = USCTP_LOWER_NO_ADDRESSES | USCTP_LOWER_IPV4;
    FAILS(&side, usctp_stack_attach(side.stack, &lower, NULL, &id), USCTP_EINVAL);
    lower.flags = USCTP_LOWER_NO_ADDRESSES | USCTP_LOWER_RAW;
    FAILS(&side, usctp_stack_attach(side.stack, &lower, NULL, &id), USCTP_EINVAL);
    assert_int_equal(usctp_stack_attach(side.stack, &good, NULL, &id), USCTP_OK);
    test_memory_fail_next(&side.memory, 1);
    FAILS(&side, usctp_stack_attach(side.stack, &good, NULL, &other), USCTP_ENOMEM);
    FAILS(&side, usctp_stack_detach(side.stack, 99), USCTP_ENOENT);
    FAILS(&side, usctp_stack_detach(NULL, 1), USCTP_EINVAL);
    FAILS(&side, usctp_stack_writable(side.stack, 99, 0), USCTP_ENOENT);
    FAILS(&side, usctp_stack_writable(NULL, 1, 0), USCTP_EINVAL);
    assert_int_equal(usctp_stack_detach(side.stack, id), USCTP_OK);
    FAILS(&side, usctp_stack_detach(side.stack, id), USCTP_ENOENT);
    assert_int_equal(usctp_stack_attach(side.stack, &good, NULL, &other), USCTP_OK);
    assert_true(other != id);
    side_down(&side);
}

static void test_null_stack(void **state)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;
    struct usctp_icmp icmp = USCTP_ICMP_INIT;
    static struct side side;

    (void)state;
    assert_int_equal(usctp_stack_input(NULL, NULL, 0, sizeof(struct usctp_dgram), 0), USCTP_EINVAL);
    assert_int_equal(usctp_stack_input_icmp(NULL, &icmp, 0), USCTP_EINVAL);
    assert_int_equal(usctp_stack_advance(NULL, 0), USCTP_EINVAL);
    assert_int_equal(usctp_stack_next_deadline(NULL), USCTP_NEVER);
    assert_int_equal(usctp_stack_stats(NULL, &stats), USCTP_EINVAL);
    usctp_stack_set_time(NULL, 1);
    usctp_stack_set_observer(NULL, NULL, NULL);
    usctp_stack_each_assoc(NULL, NULL, NULL);
    side_up(&side, "192.0.2.1", 1, NULL);
    assert_int_equal(usctp_stack_stats(side.stack, NULL), USCTP_EINVAL);
    stats.size--;
    assert_int_equal(usctp_stack_stats(side.stack, &stats), USCTP_ESIZE);
    assert_int_equal(usctp_stack_input_icmp(side.stack, NULL, 0), USCTP_EINVAL);
    icmp.kind = 5;
    assert_int_equal(usctp_stack_input_icmp(side.stack, &icmp, 0), USCTP_EINVAL);
    icmp.size--;
    assert_int_equal(usctp_stack_input_icmp(side.stack, &icmp, 0), USCTP_ESIZE);
    side_down(&side);
}

/* --- Endpoints -------------------------------------------------------------------------------- */

static void test_endpoint_errors(void **state)
{
    static struct side side;
    struct usctp_endpoint_config good = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_endpoint_config config;
    struct usctp_addr addrs[2];
    struct usctp_params params;
    usctp_endpoint *endpoint = NULL;
    usctp_endpoint *first;

    (void)state;
    side_up(&side, "192.0.2.1", 1, NULL);
    good.port = 80;
    usctp_params_init(&params, USCTP_PRESET_PLAIN);
    FAILS(&side, usctp_endpoint_new(side.stack, NULL, &endpoint), USCTP_EINVAL);
    FAILS(&side, usctp_endpoint_new(NULL, &good, &endpoint), USCTP_EINVAL);
    FAILS(&side, usctp_endpoint_new(side.stack, &good, NULL), USCTP_EINVAL);
    config = good;
    config.size = 4;
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_ESIZE);
    config = good;
    config.flags = 2;
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EINVAL);
    config = good;
    config.reserved[1] = 2;
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EINVAL);
    config = good;
    config.addr_cnt = 1;
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EINVAL);
    config.addrs = addrs;
    addrs[0] = addr_of("224.0.0.1");
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EADDRNOTAVAIL);
    addrs[0] = addr_of("255.255.255.255");
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EADDRNOTAVAIL);
    addrs[0] = addr_of("::");
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EADDRNOTAVAIL);
    memset(&addrs[0], 0, sizeof(addrs[0]));
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EINVAL);
    addrs[0] = addr_of("192.0.2.1");
    addrs[1] = addr_of("::ffff:192.0.2.1");
    config.addr_cnt = 2;
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EINVAL);
    config = good;
    config.params = &params;
    params.sack_every = 0;
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EINVAL);
    params.size = 1;
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_ESIZE);
    for (uint64_t n = 1; n <= 3; n++) {
        usctp_params_init(&params, USCTP_PRESET_PLAIN);
        config.addrs = addrs;
        config.addr_cnt = 1;
        test_memory_fail_next(&side.memory, n);
        FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_ENOMEM);
    }
    assert_null(endpoint);
    test_memory_fail_next(&side.memory, 0);
    assert_int_equal(usctp_endpoint_new(side.stack, &config, &first), USCTP_OK);
    FAILS(&side, usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_EADDRINUSE);
    FAILS(&side, usctp_endpoint_new(side.stack, &good, &endpoint), USCTP_EADDRINUSE);
    addrs[0] = addr_of("192.0.2.7");
    assert_int_equal(usctp_endpoint_new(side.stack, &config, &endpoint), USCTP_OK);
    usctp_endpoint_free(first);
    usctp_endpoint_free(endpoint);
    assert_int_equal(usctp_endpoint_new(side.stack, &good, &first), USCTP_OK);
    side_down(&side);
}

static void test_endpoint_queries(void **state)
{
    static struct side side;
    struct usctp_params params;
    struct usctp_params others;
    usctp_endpoint *endpoint;
    usctp_endpoint *other;

    (void)state;
    assert_int_equal(usctp_endpoint_port(NULL), 0);
    assert_null(usctp_endpoint_stack(NULL));
    assert_null(usctp_endpoint_user(NULL));
    usctp_endpoint_listen(NULL, 1);
    usctp_endpoint_free(NULL);
    assert_int_equal(usctp_endpoint_set_params(NULL, NULL), USCTP_EINVAL);
    side_up(&side, "192.0.2.1", 1, NULL);
    endpoint = side_endpoint(&side, 0, 0);
    other = side_endpoint(&side, 0, 0);
    assert_true(usctp_endpoint_port(endpoint) >= 49152);
    assert_true(usctp_endpoint_port(other) >= 49152);
    assert_int_not_equal(usctp_endpoint_port(endpoint), usctp_endpoint_port(other));
    assert_ptr_equal(usctp_endpoint_stack(endpoint), side.stack);
    params.size = sizeof(params);
    usctp_endpoint_params(endpoint, &params);
    assert_int_equal(params.max_packet, 1200);
    params.max_packet = 1400;
    assert_int_equal(usctp_endpoint_set_params(endpoint, &params), USCTP_OK);
    others.size = sizeof(others);
    usctp_endpoint_params(other, &others);
    assert_int_equal(others.max_packet, 1200);
    usctp_endpoint_params(endpoint, &others);
    assert_int_equal(others.max_packet, 1400);
    others.max_packet = 7;
    FAILS(&side, usctp_endpoint_set_params(endpoint, &others), USCTP_EINVAL);
    others.size = 7;
    FAILS(&side, usctp_endpoint_set_params(endpoint, &others), USCTP_ESIZE);
    FAILS(&side, usctp_endpoint_set_params(endpoint, NULL), USCTP_EINVAL);
    test_memory_fail_next(&side.memory, 1);
    FAILS(&side, usctp_endpoint_set_params(endpoint, &params), USCTP_ENOMEM);
    side_down(&side);
}

static void test_connect_errors(void **state)
{
    struct pair *pair = pair_up();
    struct side *a = &pair->a;
    struct usctp_connect good = USCTP_CONNECT_INIT;
    struct usctp_connect connect;
    struct usctp_peer_addr peers[2];
    struct usctp_peer_addr good_peer;
    struct usctp_params params;
    usctp_assoc *assoc = NULL;
    usctp_lower_id raw;
    usctp_lower_id none;

    (void)state;
    memset(&good_peer, 0, sizeof(good_peer));
    good_peer.addr = pair->b.addr;
    good_peer.udp_port = UDP_PORT;
    peers[0] = good_peer;
    good.addrs = peers;
    good.addr_cnt = 1;
    good.port = SERVER_PORT;
    FAILS(a, usctp_endpoint_connect(pair->client, NULL, &assoc), USCTP_EINVAL);
    FAILS(a, usctp_endpoint_connect(NULL, &good, &assoc), USCTP_EINVAL);
    FAILS(a, usctp_endpoint_connect(pair->client, &good, NULL), USCTP_EINVAL);
    connect = good;
    connect.size--;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_ESIZE);
    connect = good;
    connect.port = 0;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EINVAL);
    connect = good;
    connect.reserved[2] = 1;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EINVAL);
    connect = good;
    connect.addrs = NULL;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EINVAL);
    connect = good;
    connect.addr_cnt = 1000;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EINVAL);
    connect = good;
    connect.lower = 55;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_ENOENT);
    connect.lower = 0;
    connect.addr_cnt = 0; /* no lower layer without addresses */
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EAFNOSUPPORT);
    raw = side_attach(a, USCTP_LOWER_RAW | USCTP_LOWER_IPV4);
    none = side_attach(a, USCTP_LOWER_NO_ADDRESSES);
    connect = good;
    connect.lower = none;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EAFNOSUPPORT);
    connect.lower = raw; /* and yet a UDP port */
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EINVAL);
    peers[0].udp_port = 0;
    peers[0].addr = addr_of("2001:db8::1");
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EAFNOSUPPORT);
    peers[0] = good_peer;
    peers[0].reserved = 1;
    FAILS(a, usctp_endpoint_connect(pair->client, &good, &assoc), USCTP_EINVAL);
    peers[0] = good_peer;
    peers[0].addr.family = 9;
    FAILS(a, usctp_endpoint_connect(pair->client, &good, &assoc), USCTP_EINVAL);
    peers[0].addr = addr_of("224.1.2.3");
    FAILS(a, usctp_endpoint_connect(pair->client, &good, &assoc), USCTP_EADDRNOTAVAIL);
    peers[0].addr = addr_of("0.0.0.0");
    FAILS(a, usctp_endpoint_connect(pair->client, &good, &assoc), USCTP_EADDRNOTAVAIL);
    peers[0] = good_peer;
    memset(&peers[1], 0, sizeof(peers[1]));
    connect = good;
    connect.addr_cnt = 2;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EINVAL);
    connect = good;
    connect.params = &params;
    usctp_params_init(&params, USCTP_PRESET_PLAIN);
    params.hb_max_burst = 0;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_EINVAL);
    params.size = 0;
    FAILS(a, usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_ESIZE);
    assert_null(assoc);
    assert_int_equal(usctp_endpoint_connect(pair->client, &good, &assoc), USCTP_OK);
    FAILS(a, usctp_endpoint_connect(pair->client, &good, &assoc), USCTP_EADDRINUSE);
    pair_down(pair);
}

static void test_connect_without_memory(void **state)
{
    struct pair *pair = pair_up();
    struct side *a = &pair->a;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer;
    struct usctp_params params;
    usctp_assoc *assoc = NULL;
    int error = USCTP_ENOMEM;
    uint64_t n = 1;

    (void)state;
    memset(&peer, 0, sizeof(peer));
    peer.addr = pair->b.addr;
    peer.udp_port = UDP_PORT;
    usctp_params_init(&params, USCTP_PRESET_NAT);
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = SERVER_PORT;
    connect.params = &params;
    for (; error != USCTP_OK; n++) {
        test_memory_fail_next(&a->memory, n);
        error = usctp_endpoint_connect(pair->client, &connect, &assoc);
        if (error != USCTP_OK) {
            assert_int_equal(error, USCTP_ENOMEM);
            assert_int_equal(stats_of(a).curr_assocs, 0);
            assert_int_equal(a->sent_cnt, 0);
            assert_null(assoc);
        }
    }
    assert_true(n > 3 && n < 60);
    test_memory_fail_next(&a->memory, 0);
    usctp_assoc_free(assoc);
    a->crypto.fail_random = 1;
    for (error = USCTP_OK; error == USCTP_OK;) {
        /* Random bytes are drawn in advance: sooner or later they run out. */
        error = usctp_endpoint_connect(pair->client, &connect, &assoc);
        if (error == USCTP_OK) {
            usctp_assoc_free(assoc);
        }
    }
    assert_int_equal(error, USCTP_ECRYPTO);
    assert_int_equal(stats_of(a).curr_assocs, 0);
    pair_down(pair);
}

static void test_max_assocs(void **state)
{
    static struct side side;
    static struct side peer;
    struct usctp_config config;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr addr;
    usctp_endpoint *endpoint;
    usctp_endpoint *client;
    usctp_assoc *first;
    usctp_assoc *assoc = NULL;

    (void)state;
    memset(&side, 0, sizeof(side));
    config = side_config(&side, 1);
    config.max_assocs = 1;
    side_up(&side, "192.0.2.1", 1, &config);
    side_up(&peer, "192.0.2.2", 2, NULL);
    endpoint = side_endpoint(&side, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    client = side_endpoint(&peer, CLIENT_PORT, 0);
    addr.addr = addr_of("192.0.2.77");
    first = side_connect(endpoint, &addr.addr, 1);
    side.sent_cnt = 0;
    memset(&addr, 0, sizeof(addr));
    addr.addr = peer.addr;
    connect.addrs = &addr;
    connect.addr_cnt = 1;
    connect.port = 2;
    FAILS(&side, usctp_endpoint_connect(endpoint, &connect, &assoc), USCTP_ENOMEM);
    /* A peer is told that there is no room. */
    side_connect(client, &side.addr, SERVER_PORT);
    settle(&side, &peer, 0);
    assert_int_equal(peer.events[USCTP_EVENT_LOST], 1);
    assert_int_equal(peer.events[USCTP_EVENT_CLOSED], 1);
    usctp_assoc_free(first);
    side.sent_cnt = 0;
    side_connect(client, &side.addr, SERVER_PORT);
    settle(&side, &peer, 0);
    assert_int_equal(peer.events[USCTP_EVENT_UP], 1);
    side_down(&side);
    side_down(&peer);
}

/* --- The rest --------------------------------------------------------------------------------- */

struct watched {
    unsigned in;
    unsigned out;
};

static void watch(void *user, int outbound, const struct usctp_dgram *dgram, const uint8_t *packet,
                  size_t len, uint64_t now_ts)
{
    struct watched *watched = user;

    assert_non_null(dgram);
    assert_non_null(packet);
    assert_true(len > 0);
    assert_int_equal(now_ts, 5);
    *(outbound ? &watched->out : &watched->in) += 1;
}

static void count_assoc(void *ctx, usctp_assoc *assoc)
{
    assert_non_null(assoc);
    (*(unsigned *)ctx)++;
}

static void test_observer(void **state)
{
    struct pair *pair = pair_up();
    struct watched watched = {0, 0};
    struct usctp_stack_stats stats;
    unsigned assocs = 0;
    uint8_t junk[3] = {1, 2, 3};

    (void)state;
    usctp_stack_set_time(pair->a.stack, 5);
    usctp_stack_set_time(pair->a.stack, 3); /* never back */
    usctp_stack_set_observer(pair->a.stack, watch, &watched);
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    settle(&pair->a, &pair->b, 5);
    side_input(&pair->a, &pair->b.addr, UDP_PORT, junk, sizeof(junk), 5);
    stats = stats_of(&pair->a);
    assert_int_equal(watched.in, stats.in_sctp_packs);
    assert_int_equal(watched.out, stats.out_sctp_packs);
    assert_int_equal(watched.in, 3);
    assert_int_equal(watched.out, 2);
    usctp_stack_set_observer(pair->a.stack, NULL, NULL);
    assert_int_equal(send_text(pair->assoc, "x"), USCTP_OK);
    assert_int_equal(watched.out, 2);
    settle(&pair->a, &pair->b, 5);
    usctp_stack_each_assoc(pair->a.stack, count_assoc, &assocs);
    assert_int_equal(assocs, 1);
    pair_down(pair);
}

static uint64_t clock_ts;

static uint64_t read_clock(void *ctx)
{
    assert_ptr_equal(ctx, &clock_ts);
    return clock_ts;
}

static void test_time(void **state)
{
    static struct side side;
    struct usctp_config config;
    usctp_endpoint *endpoint;
    struct usctp_addr addr = addr_of("192.0.2.2");
    uint64_t deadline;

    (void)state;
    memset(&side, 0, sizeof(side));
    config = side_config(&side, 1);
    clock_ts = USCTP_SEC(100);
    config.clock = read_clock;
    config.clock_ctx = &clock_ts;
    config.cookie_key_dur = USCTP_SEC(1000);
    side_up(&side, "192.0.2.1", 1, &config);
    assert_int_equal(usctp_stack_next_deadline(side.stack), USCTP_NEVER);
    endpoint = side_endpoint(&side, 1, USCTP_ENDPOINT_LISTEN);
    assert_int_equal(usctp_stack_next_deadline(side.stack), USCTP_SEC(1100));
    assert_int_equal(usctp_stack_advance(side.stack, USCTP_SEC(1100)), USCTP_OK);
    assert_int_equal(usctp_stack_next_deadline(side.stack), USCTP_SEC(2100));
    clock_ts = USCTP_SEC(1200);
    side_connect(endpoint, &addr, 2);
    assert_int_equal(side.sent_cnt, 1);
    deadline = usctp_stack_next_deadline(side.stack);
    assert_int_equal(deadline, USCTP_SEC(1201)); /* T1-init */
    assert_int_equal(usctp_stack_advance(side.stack, deadline - 1), USCTP_OK);
    assert_int_equal(side.sent_cnt, 1);
    assert_int_equal(usctp_stack_advance(side.stack, deadline), USCTP_OK);
    assert_int_equal(side.sent_cnt, 2);
    side_down(&side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_stack_new),
        cmocka_unit_test(test_stack_new_without_memory),
        cmocka_unit_test(test_lower_errors),
        cmocka_unit_test(test_null_stack),
        cmocka_unit_test(test_endpoint_errors),
        cmocka_unit_test(test_endpoint_queries),
        cmocka_unit_test(test_connect_errors),
        cmocka_unit_test(test_connect_without_memory),
        cmocka_unit_test(test_max_assocs),
        cmocka_unit_test(test_observer),
        cmocka_unit_test(test_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
