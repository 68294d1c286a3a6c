/* SPDX-License-Identifier: BSD-3-Clause */
/* The public border: every error of every call, each of which changes nothing; what callbacks may
 * call; accepting and refusing; lower layers that block; ICMP; the observer; time. */
#include "unit/stack_pair.h"

enum { CLIENT_PORT = 6001 };

struct pair {
    struct side a; /* connects */
    struct side b; /* listens */
    usctp_endpoint *client;
    usctp_endpoint *server;
    usctp_assoc *assoc; /* of a */
};

static struct pair *pair_up(void)
{
    static struct pair pair;

    memset(&pair, 0, sizeof(pair));
    side_up(&pair.a, "192.0.2.1", 1, NULL);
    side_up(&pair.b, "192.0.2.2", 2, NULL);
    pair.client = side_endpoint(&pair.a, CLIENT_PORT, 0);
    pair.server = side_endpoint(&pair.b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    return &pair;
}

static struct pair *pair_connected(void)
{
    struct pair *pair = pair_up();

    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->a.events[USCTP_EVENT_UP], 1);
    assert_int_equal(pair->b.events[USCTP_EVENT_UP], 1);
    return pair;
}

static void pair_down(struct pair *pair)
{
    side_down(&pair->a);
    side_down(&pair->b);
}

static int send_text(usctp_assoc *assoc, const char *text)
{
    struct usctp_iov iov = {text, strlen(text)};

    return usctp_assoc_send(assoc, NULL, &iov, 1);
}

/* The statistics, without those that count attempts to allocate. */
static struct usctp_stack_stats frozen(const struct side *side)
{
    struct usctp_stack_stats stats;

    memset(&stats, 0, sizeof(stats));
    stats.size = sizeof(stats);
    assert_int_equal(usctp_stack_stats(side->stack, &stats), USCTP_OK);
    stats.allocations = 0;
    stats.memory_peak_bytes = 0;
    return stats;
}

/* Runs a call that must fail with this error and leave the stack as it was. */
#define FAILS(side, call, error)                                 \
    do {                                                         \
        struct usctp_stack_stats before_ = frozen(side);         \
        struct usctp_stack_stats after_;                         \
        size_t sent_ = (side)->sent_cnt;                         \
        assert_int_equal((call), (error));                       \
        after_ = frozen(side);                                   \
        assert_memory_equal(&before_, &after_, sizeof(before_)); \
        assert_int_equal((side)->sent_cnt, sent_);               \
    } while (0)

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

/* --- Associations and paths ------------------------------------------------------------------- */

static void test_null_assoc(void **state)
{
    struct usctp_iov iov = {"x", 1};

    (void)state;
    assert_int_equal(usctp_assoc_state(NULL), USCTP_STATE_CLOSED);
    assert_int_equal(usctp_assoc_id(NULL), 0);
    assert_null(usctp_assoc_endpoint(NULL));
    assert_null(usctp_assoc_user(NULL));
    usctp_assoc_set_user(NULL, NULL);
    assert_int_equal(usctp_assoc_send(NULL, NULL, &iov, 1), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_reset_streams(NULL, USCTP_RESET_OUT, NULL, 0), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_reset(NULL), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_add_streams(NULL, 1, 1), USCTP_EINVAL);
    usctp_assoc_cork(NULL);
    usctp_assoc_uncork(NULL);
    assert_int_equal(usctp_assoc_buffered(NULL), 0);
    assert_int_equal(usctp_stream_buffered(NULL, 0), 0);
    assert_int_equal(usctp_assoc_set_low_water(NULL, 0), USCTP_EINVAL);
    assert_int_equal(usctp_stream_set_low_water(NULL, 0, 0), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_close(NULL), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_abort(NULL, NULL, 0), USCTP_EINVAL);
    usctp_assoc_free(NULL);
    assert_int_equal(usctp_assoc_set_params(NULL, NULL), USCTP_EINVAL);
    usctp_assoc_params(NULL, NULL);
    usctp_assoc_pause(NULL);
    usctp_assoc_resume(NULL);
    assert_int_equal(usctp_assoc_paths(NULL, NULL, 0), 0);
    assert_int_equal(usctp_path_info(NULL, 1, NULL), USCTP_EINVAL);
    assert_int_equal(usctp_path_set_primary(NULL, 1), USCTP_EINVAL);
    assert_int_equal(usctp_path_heartbeat(NULL, 1), USCTP_EINVAL);
    assert_int_equal(usctp_path_params(NULL, 1, NULL), USCTP_EINVAL);
    assert_int_equal(usctp_path_set_params(NULL, 1, NULL), USCTP_EINVAL);
    assert_int_equal(usctp_path_changed(NULL, 1), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_stats(NULL, NULL), USCTP_EINVAL);
    assert_null(usctp_message_keep(NULL));
    usctp_message_drop(NULL);
    assert_null(usctp_message_data(NULL, NULL));
    assert_int_equal(usctp_message_defer(NULL), USCTP_EINVAL);
}

static void test_send_errors(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;
    struct usctp_send_info good = USCTP_SEND_INFO_INIT;
    struct usctp_send_info info;
    struct usctp_iov iov[2] = {{"abc", 3}, {NULL, 0}};

    (void)state;
    FAILS(a, usctp_assoc_send(pair->assoc, &good, NULL, 1), USCTP_EINVAL);
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov, 0), USCTP_EINVAL);
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov + 1, 1), USCTP_EINVAL);
    iov[1].len = 1;
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov, 2), USCTP_EINVAL);
    iov[1].base = "x";
    iov[1].len = 16 * 1024 * 1024 - 2;
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov, 2), USCTP_EMSGSIZE);
    iov[1].len = SIZE_MAX;
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov, 2), USCTP_EMSGSIZE);
    info = good;
    info.size--;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_ESIZE);
    info = good;
    info.flags = 0x8000;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_EINVAL);
    info = good;
    info.reserved = 8;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_EINVAL);
    info = good;
    info.stream = 10;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_ENOENT);
    info = good;
    info.path = 77;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_ENOENT);
    assert_int_equal(usctp_assoc_send(pair->assoc, &good, iov, 1), USCTP_OK);
    settle(a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
    assert_int_equal(usctp_assoc_close(pair->assoc), USCTP_OK);
    assert_int_equal(usctp_assoc_send(pair->assoc, &good, iov, 1), USCTP_ESTATE);
    pair_down(pair);
}

static void test_would_block(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp_params params;
    static char text[1000];
    struct usctp_iov iov = {text, sizeof(text)};
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    (void)state;
    params.size = sizeof(params);
    usctp_assoc_params(pair->assoc, &params);
    params.send_buffer = 1500;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    assert_int_equal(usctp_assoc_send(pair->assoc, &info, &iov, 1), USCTP_OK);
    assert_int_equal(usctp_assoc_send(pair->assoc, &info, &iov, 1), USCTP_OK);
    assert_int_equal(usctp_assoc_send(pair->assoc, &info, &iov, 1), USCTP_EWOULDBLOCK);
    assert_int_equal(usctp_assoc_buffered(pair->assoc), 2000);
    assert_int_equal(usctp_stream_buffered(pair->assoc, 0), 2000);
    assert_int_equal(usctp_stream_buffered(pair->assoc, 1), 0);
    settle(&pair->a, &pair->b, 0);
    usctp_stack_advance(pair->b.stack, USCTP_SEC(1));
    settle(&pair->a, &pair->b, USCTP_SEC(1));
    assert_int_equal(pair->a.events[USCTP_EVENT_WRITABLE], 1);
    assert_int_equal(usctp_assoc_buffered(pair->assoc), 0);
    pair_down(pair);
}

static void test_assoc_errors(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;
    struct usctp_params params;
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    static char reason[2000];

    (void)state;
    FAILS(a, usctp_stream_set_low_water(pair->assoc, 10, 5), USCTP_ENOENT);
    assert_int_equal(usctp_stream_set_low_water(pair->assoc, 9, 5), USCTP_OK);
    assert_int_equal(usctp_assoc_set_low_water(pair->assoc, SIZE_MAX), USCTP_OK);
    FAILS(a, usctp_assoc_abort(pair->assoc, NULL, 1), USCTP_EINVAL);
    FAILS(a, usctp_assoc_abort(pair->assoc, reason, 1025), USCTP_EMSGSIZE);
    FAILS(a, usctp_assoc_set_params(pair->assoc, NULL), USCTP_EINVAL);
    params.size = sizeof(params);
    usctp_assoc_params(pair->assoc, &params);
    params.max_packet = 1;
    FAILS(a, usctp_assoc_set_params(pair->assoc, &params), USCTP_EINVAL);
    params.size--;
    FAILS(a, usctp_assoc_set_params(pair->assoc, &params), USCTP_ESIZE);
    params.size++;
    params.max_packet = 1000;
    test_memory_fail_next(&a->memory, 1);
    FAILS(a, usctp_assoc_set_params(pair->assoc, &params), USCTP_ENOMEM);
    params.out_streams = 77;
    params.flags ^= USCTP_PARAM_NO_ADDRESS_LIST | USCTP_PARAM_NAGLE;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    usctp_assoc_params(pair->assoc, &params);
    assert_int_equal(params.max_packet, 1000);
    assert_int_equal(params.out_streams, 10); /* fixed while it lives */
    assert_int_equal(params.flags, USCTP_PARAM_RETRY_PORT | USCTP_PARAM_NAGLE);
    assert_int_equal(usctp_assoc_stats(pair->assoc, NULL), USCTP_EINVAL);
    stats.size--;
    assert_int_equal(usctp_assoc_stats(pair->assoc, &stats), USCTP_ESIZE);
    usctp_assoc_set_user(pair->assoc, a);
    assert_ptr_equal(usctp_assoc_user(pair->assoc), a);
    assert_ptr_equal(usctp_assoc_endpoint(pair->assoc), pair->client);
    assert_true(usctp_assoc_id(pair->assoc) != 0);
    FAILS(a, usctp_assoc_abort(pair->assoc, reason, 981), USCTP_EMSGSIZE);
    assert_int_equal(usctp_assoc_abort(pair->assoc, reason, 980), USCTP_OK);
    settle(a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_LOST], 1);
    assert_int_equal(stats_of(a).aborteds, 1);
    assert_int_equal(stats_of(&pair->b).aborteds, 1);
    pair_down(pair);
}

/* In the callback of LOST the association is over, but its handle is good. */
static void try_dead(struct side *side, const struct usctp_event *event)
{
    struct usctp_iov iov = {"x", 1};
    struct usctp_path_params params = USCTP_PATH_PARAMS_INIT;
    usctp_path_id id = 0;

    if (event->type != USCTP_EVENT_LOST) {
        return;
    }
    (*(int *)side->test)++;
    assert_int_equal(usctp_assoc_state(event->assoc), USCTP_STATE_CLOSED);
    assert_int_equal(usctp_assoc_send(event->assoc, NULL, &iov, 1), USCTP_ESTATE);
    assert_int_equal(usctp_assoc_close(event->assoc), USCTP_ESTATE);
    assert_int_equal(usctp_assoc_abort(event->assoc, NULL, 0), USCTP_ESTATE);
    usctp_assoc_paths(event->assoc, &id, 1);
    assert_true(id != 0);
    assert_int_equal(usctp_path_heartbeat(event->assoc, id), USCTP_ESTATE);
    assert_int_equal(usctp_path_set_primary(event->assoc, id), USCTP_ESTATE);
    assert_int_equal(usctp_path_changed(event->assoc, id), USCTP_ENOENT);
    assert_int_equal(usctp_path_params(event->assoc, id, &params), USCTP_OK);
    assert_int_equal(usctp_path_set_params(event->assoc, id, &params), USCTP_ENOENT);
    usctp_assoc_cork(event->assoc);
    usctp_assoc_uncork(event->assoc);
    usctp_assoc_pause(event->assoc);
    usctp_assoc_resume(event->assoc);
}

static void test_dead_assoc(void **state)
{
    struct pair *pair = pair_connected();
    int calls = 0;

    (void)state;
    pair->a.test = &calls;
    pair->a.on_event = try_dead;
    assert_int_equal(usctp_assoc_abort(pair->assoc, NULL, 0), USCTP_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(pair->a.events[USCTP_EVENT_CLOSED], 1);
    assert_int_equal(stats_of(&pair->a).curr_assocs, 0);
    pair_down(pair);
}

static void test_path_errors(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    struct usctp_path_params params = USCTP_PATH_PARAMS_INIT;
    usctp_path_id ids[2] = {0, 0};

    (void)state;
    assert_int_equal(usctp_assoc_paths(pair->assoc, NULL, 0), 1);
    assert_int_equal(usctp_assoc_paths(pair->assoc, ids, 2), 1);
    assert_int_equal(ids[1], 0);
    FAILS(a, usctp_path_info(pair->assoc, 99, &info), USCTP_ENOENT);
    FAILS(a, usctp_path_info(pair->assoc, ids[0], NULL), USCTP_EINVAL);
    info.size--;
    FAILS(a, usctp_path_info(pair->assoc, ids[0], &info), USCTP_ESIZE);
    info.size++;
    assert_int_equal(usctp_path_info(pair->assoc, USCTP_PATH_ANY, &info), USCTP_OK);
    assert_int_equal(info.id, ids[0]);
    assert_int_equal(info.primary, 1);
    assert_int_equal(info.state, USCTP_PATH_ACTIVE);
    assert_int_equal(info.remote_udp_port, UDP_PORT);
    assert_int_equal(info.max_packet, 1200);
    FAILS(a, usctp_path_set_primary(pair->assoc, 99), USCTP_ENOENT);
    FAILS(a, usctp_path_heartbeat(pair->assoc, 99), USCTP_ENOENT);
    FAILS(a, usctp_path_changed(pair->assoc, 99), USCTP_ENOENT);
    FAILS(a, usctp_path_params(pair->assoc, 99, &params), USCTP_ENOENT);
    FAILS(a, usctp_path_set_params(pair->assoc, 99, &params), USCTP_ENOENT);
    FAILS(a, usctp_path_params(pair->assoc, ids[0], NULL), USCTP_EINVAL);
    FAILS(a, usctp_path_set_params(pair->assoc, ids[0], NULL), USCTP_EINVAL);
    FAILS(a, usctp_path_set_params(pair->assoc, ids[0], &params), USCTP_EINVAL); /* all zero */
    params.size--;
    FAILS(a, usctp_path_params(pair->assoc, ids[0], &params), USCTP_ESIZE);
    FAILS(a, usctp_path_set_params(pair->assoc, ids[0], &params), USCTP_ESIZE);
    params.size++;
    assert_int_equal(usctp_path_params(pair->assoc, ids[0], &params), USCTP_OK);
    assert_int_equal(params.heartbeat, 1);
    assert_int_equal(params.max_packet, 1200);
    params.heartbeat = 0;
    params.max_packet = 1000;
    params.rto_max_dur = USCTP_SEC(5);
    params.dscp = 46;
    assert_int_equal(usctp_path_set_params(pair->assoc, ids[0], &params), USCTP_OK);
    memset(&params, 0, sizeof(params));
    params.size = sizeof(params);
    assert_int_equal(usctp_path_params(pair->assoc, ids[0], &params), USCTP_OK);
    assert_int_equal(params.heartbeat, 0);
    assert_int_equal(params.max_packet, 1000);
    assert_int_equal(params.rto_max_dur, USCTP_SEC(5));
    assert_int_equal(params.dscp, 46);
    assert_int_equal(usctp_path_info(pair->assoc, ids[0], &info), USCTP_OK);
    assert_int_equal(info.max_packet, 1000);
    assert_int_equal(usctp_path_heartbeat(pair->assoc, ids[0]), USCTP_OK);
    FAILS(a, usctp_path_heartbeat(pair->assoc, ids[0]), USCTP_EBUSY);
    settle(a, &pair->b, 0);
    assert_int_equal(usctp_path_changed(pair->assoc, ids[0]), USCTP_OK);
    assert_int_equal(usctp_path_set_primary(pair->assoc, ids[0]), USCTP_OK);
    pair_down(pair);
}

/* What the association changes, its paths take over; what was set for a path stays. */
static void test_path_keeps_its_own(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp_params params = USCTP_PARAMS_INIT;
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;

    (void)state;
    assert_int_equal(usctp_path_params(pair->assoc, 1, &path), USCTP_OK);
    path.path_max_retrans = 2;
    path.dscp = 46;
    path.heartbeat = 0;
    assert_int_equal(usctp_path_set_params(pair->assoc, 1, &path), USCTP_OK);
    usctp_assoc_params(pair->assoc, &params);
    params.flags |= USCTP_PARAM_NAGLE;
    params.hb_interval_dur = USCTP_SEC(7);
    params.rto_max_dur = USCTP_SEC(9);
    params.max_packet = 1000;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    assert_int_equal(usctp_path_params(pair->assoc, 1, &path), USCTP_OK);
    assert_int_equal(path.path_max_retrans, 2);
    assert_int_equal(path.dscp, 46);
    assert_int_equal(path.heartbeat, 0);
    assert_int_equal(path.hb_interval_dur, USCTP_SEC(7));
    assert_int_equal(path.rto_max_dur, USCTP_SEC(9));
    assert_int_equal(path.max_packet, 1000);
    params.path_max_retrans = 3;
    params.dscp = 10;
    params.flags |= USCTP_PARAM_NO_HEARTBEAT;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    params.flags &= ~(uint32_t)USCTP_PARAM_NO_HEARTBEAT;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    assert_int_equal(usctp_path_params(pair->assoc, 1, &path), USCTP_OK);
    assert_int_equal(path.path_max_retrans, 3);
    assert_int_equal(path.dscp, 10);
    assert_int_equal(path.heartbeat, 1);
    pair_down(pair);
}

/* RFC 6951, 6.1: the program says where the peer is. */
static void test_path_udp_port(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;

    (void)state;
    assert_int_equal(usctp_path_params(pair->assoc, 1, &path), USCTP_OK);
    assert_int_equal(path.remote_udp_port, UDP_PORT);
    path.remote_udp_port = 0;
    FAILS(&pair->a, usctp_path_set_params(pair->assoc, 1, &path), USCTP_EINVAL);
    path.remote_udp_port = 4000;
    path.reserved2[1] = 1;
    FAILS(&pair->a, usctp_path_set_params(pair->assoc, 1, &path), USCTP_EINVAL);
    path.reserved2[1] = 0;
    assert_int_equal(usctp_path_set_params(pair->assoc, 1, &path), USCTP_OK);
    assert_int_equal(send_text(pair->assoc, "there"), USCTP_OK);
    assert_true(pair->a.sent_cnt > 0);
    assert_int_equal(pair->a.sent[pair->a.sent_cnt - 1].dgram.remote_udp_port, 4000);
    pair_down(pair);
}

static void test_states_too_early(void **state)
{
    struct pair *pair = pair_up();
    usctp_path_id id = 0;

    (void)state;
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    usctp_assoc_paths(pair->assoc, &id, 1);
    FAILS(&pair->a, usctp_path_heartbeat(pair->assoc, id), USCTP_ESTATE);
    assert_int_equal(send_text(pair->assoc, "early"), USCTP_OK);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
    pair_down(pair);
}

/* --- Callbacks -------------------------------------------------------------------------------- */

/* What may not be called from a callback, and what may. */
static void call_everything(struct side *side, const struct usctp_event *event)
{
    struct usctp_icmp icmp = USCTP_ICMP_INIT;
    struct usctp_dgram dgram;

    memset(&dgram, 0, sizeof(dgram));
    dgram.lower = side->lower;
    assert_int_equal(usctp_stack_input(side->stack, &dgram, 1, sizeof(dgram), 0), USCTP_EBUSY);
    assert_int_equal(usctp_stack_input_icmp(side->stack, &icmp, 0), USCTP_EBUSY);
    assert_int_equal(usctp_stack_advance(side->stack, USCTP_SEC(9999)), USCTP_EBUSY);
    assert_int_equal(usctp_stack_writable(side->stack, side->lower, 0), USCTP_EBUSY);
    usctp_stack_free(side->stack); /* does nothing */
    if (event->type == USCTP_EVENT_MESSAGE && side->test != NULL) {
        size_t sent_cnt = side->sent_cnt;

        assert_int_equal(send_text(event->assoc, "answer"), USCTP_OK);
        assert_int_equal(side->sent_cnt, sent_cnt); /* it leaves when the batch ends */
        assert_int_equal(usctp_assoc_close(event->assoc), USCTP_OK);
    }
}

static void test_callbacks(void **state)
{
    struct pair *pair = pair_up();

    (void)state;
    pair->a.on_event = call_everything;
    pair->b.on_event = call_everything;
    pair->b.test = pair; /* answers and closes */
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(send_text(pair->assoc, "question"), USCTP_OK);
    settle(&pair->a, &pair->b, 0);
    for (unsigned i = 1; i < 4; i++) {
        usctp_stack_advance(pair->a.stack, USCTP_SEC(i));
        usctp_stack_advance(pair->b.stack, USCTP_SEC(i));
        settle(&pair->a, &pair->b, USCTP_SEC(i));
    }
    assert_int_equal(pair->a.events[USCTP_EVENT_MESSAGE], 1);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
    assert_int_equal(pair->a.events[USCTP_EVENT_CLOSED], 1);
    assert_int_equal(pair->b.events[USCTP_EVENT_CLOSED], 1);
    assert_int_equal(stats_of(&pair->a).shutdowns + stats_of(&pair->b).shutdowns, 2);
    assert_int_equal(stats_of(&pair->a).curr_assocs, 0);
    pair_down(pair);
}

static void free_assoc(struct side *side, const struct usctp_event *event)
{
    (void)side;
    usctp_assoc_free(event->assoc);
    usctp_assoc_free(event->assoc); /* once is enough */
}

static void free_endpoint(struct side *side, const struct usctp_event *event)
{
    (void)side;
    usctp_endpoint_free(event->endpoint);
}

static void test_freeing_in_callbacks(void **state)
{
    (void)state;
    for (unsigned whole = 0; whole < 2; whole++) {
        struct pair *pair = pair_up();

        pair->b.on_event = whole ? free_endpoint : free_assoc;
        pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
        settle(&pair->a, &pair->b, 0);
        assert_int_equal(pair->b.events[USCTP_EVENT_UP], 1);
        assert_int_equal(pair->b.events[USCTP_EVENT_CLOSED], 0);
        assert_int_equal(stats_of(&pair->b).curr_assocs, 0);
        assert_int_equal(pair->a.events[USCTP_EVENT_LOST], 1);
        pair_down(pair);
    }
}

static int release_cnt;

static void release(void *context, const struct usctp_iov *iov, size_t iov_cnt)
{
    assert_ptr_equal(context, &release_cnt);
    assert_int_equal(iov_cnt, 1);
    assert_int_equal(iov[0].len, 7);
    release_cnt++;
}

static void test_stack_free_tells_peers(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"adopted", 7};
    uint32_t events = pair->a.events[USCTP_EVENT_LOST] + pair->a.events[USCTP_EVENT_CLOSED];

    (void)state;
    release_cnt = 0;
    info.release = release;
    info.context = &release_cnt;
    assert_int_equal(usctp_assoc_send(pair->assoc, &info, &iov, 1), USCTP_OK);
    pair->a.sent_cnt = 0;
    side_down(&pair->a);
    assert_int_equal(release_cnt, 1);
    assert_int_equal(pair->a.events[USCTP_EVENT_LOST] + pair->a.events[USCTP_EVENT_CLOSED], events);
    carry(&pair->a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_LOST], 1);
    assert_int_equal(pair->b.events[USCTP_EVENT_CLOSED], 1);
    side_down(&pair->b);
}

/* --- Accepting -------------------------------------------------------------------------------- */

struct decision {
    int answer;
    int free_endpoint;
    int calls;
    usctp_stack *stack;
};

static int decide(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct decision *decision = user;

    decision->calls++;
    assert_true(accept->size >= sizeof(*accept));
    assert_int_equal(accept->remote_port, CLIENT_PORT);
    assert_int_equal(accept->remote_udp_port, UDP_PORT);
    assert_int_equal(accept->out_streams, 10);
    assert_int_equal(accept->in_streams, 10);
    assert_int_equal(usctp_stack_advance(decision->stack, 0), USCTP_EBUSY);
    *assoc_user = decision;
    if (decision->free_endpoint) {
        usctp_endpoint_free(accept->endpoint);
    }
    return decision->answer;
}

static void test_accept(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct pair *pair = pair_up();
        struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
        struct decision decision = {i == 1, i == 2, 0, pair->b.stack};

        usctp_endpoint_free(pair->server);
        config.port = SERVER_PORT;
        config.flags = USCTP_ENDPOINT_LISTEN;
        config.accept = decide;
        config.user = &decision;
        assert_int_equal(usctp_endpoint_new(pair->b.stack, &config, &pair->server), USCTP_OK);
        pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
        assert_int_equal(send_text(pair->assoc, "rides on COOKIE ECHO"), USCTP_OK);
        settle(&pair->a, &pair->b, 0);
        assert_int_equal(decision.calls, 1);
        assert_int_equal(pair->b.events[USCTP_EVENT_UP], i == 0);
        assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], i == 0);
        assert_int_equal(pair->a.events[USCTP_EVENT_UP], i == 0);
        assert_int_equal(pair->a.events[USCTP_EVENT_LOST], i != 0);
        assert_int_equal(stats_of(&pair->b).curr_assocs, i == 0);
        assert_int_equal(stats_of(&pair->b).aborteds, 0); /* none was there to abort */
        if (i == 0) {
            assert_ptr_equal(usctp_assoc_user(pair->b.assoc), &decision);
            assert_int_equal(stats_of(&pair->a).active_estabs, 1);
            assert_int_equal(stats_of(&pair->b).passive_estabs, 1);
            assert_int_equal(stats_of(&pair->b).curr_estab, 1);
        }
        pair_down(pair);
    }
}

/* --- Lower layers that block ------------------------------------------------------------------ */

static void test_blocked(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;

    (void)state;
    a->room = 0;
    assert_int_equal(send_text(pair->assoc, "one"), USCTP_OK);
    assert_int_equal(send_text(pair->assoc, "two"), USCTP_OK);
    assert_int_equal(a->sent_cnt, 0);
    assert_int_equal(stats_of(a).send_blocked, 1);
    assert_true(usctp_stack_next_deadline(a->stack) > 0); /* no busy loop meanwhile */
    a->room = SEND_ALL;
    assert_int_equal(usctp_stack_advance(a->stack, 0), USCTP_OK);
    assert_int_equal(a->sent_cnt, 0); /* not before it says so */
    assert_int_equal(usctp_stack_writable(a->stack, a->lower, 0), USCTP_OK);
    assert_true(a->sent_cnt > 0);
    settle(a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 2);
    /* Detaching a blocked one loses what it held back, and nothing stays blocked. */
    a->room = 0;
    assert_int_equal(send_text(pair->assoc, "three"), USCTP_OK);
    assert_int_equal(usctp_stack_detach(a->stack, a->lower), USCTP_OK);
    assert_false(stats_of(a).send_blocked < 2);
    assert_int_equal(usctp_assoc_abort(pair->assoc, NULL, 0), USCTP_OK);
    assert_int_equal(a->events[USCTP_EVENT_CLOSED], 1);
    pair_down(pair);
}

/* One lower layer that blocks does not hold back what goes through another. */
static void test_blocked_beside_free(void **state)
{
    struct pair *pair = pair_up();
    static struct side stuck;
    struct side *a = &pair->a;
    struct usctp_lower lower = USCTP_LOWER_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    usctp_lower_id id;
    usctp_assoc *assoc;

    (void)state;
    memset(&stuck, 0, sizeof(stuck));
    lower.flags = USCTP_LOWER_NO_ADDRESSES;
    lower.send = side_send;
    assert_int_equal(usctp_stack_attach(a->stack, &lower, &stuck, &id), USCTP_OK);
    connect.port = SERVER_PORT;
    assert_int_equal(usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_OK);
    assert_int_equal(stats_of(a).send_blocked, 1);
    stuck.room = SEND_ALL;
    assert_int_equal(usctp_stack_writable(a->stack, id, 0), USCTP_OK);
    assert_int_equal(stuck.sent_cnt, 1);
    stuck.room = 0;
    usctp_assoc_cork(assoc);
    side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    settle(a, &pair->b, 0);
    assert_int_equal(a->events[USCTP_EVENT_UP], 1);
    /* Now both have something to say in the same batch: T1 expires, twice over. */
    side_connect(side_endpoint(a, 7777, 0), &pair->b.addr, 1);
    a->sent_cnt = 0;
    assert_int_equal(usctp_stack_advance(a->stack, USCTP_SEC(1)), USCTP_OK);
    assert_int_equal(a->sent_cnt, 1);
    assert_int_equal(stuck.sent_cnt, 1);
    assert_int_equal(stats_of(a).send_blocked, 2);
    stuck.room = SEND_ALL;
    assert_int_equal(usctp_stack_writable(a->stack, id, USCTP_SEC(1)), USCTP_OK);
    assert_int_equal(stuck.sent_cnt, 2);
    pair_down(pair);
}

/* Whatever allocation fails, of a set-up, a transfer and a shutdown: nothing is lost for good. */
static void test_no_memory_anywhere(void **state)
{
    static char text[3000];

    (void)state;
    for (unsigned who = 0; who < 2; who++) {
        for (uint64_t n = 1;; n++) {
            struct pair *pair = pair_up();
            struct test_memory *memory = who == 0 ? &pair->a.memory : &pair->b.memory;
            struct usctp_connect connect = USCTP_CONNECT_INIT;
            struct usctp_peer_addr peer;
            struct usctp_iov iov = {text, sizeof(text)};
            uint64_t failed_before = memory->fail_cnt;
            int error;

            memset(&peer, 0, sizeof(peer));
            peer.addr = pair->b.addr;
            peer.udp_port = UDP_PORT;
            connect.addrs = &peer;
            connect.addr_cnt = 1;
            connect.port = SERVER_PORT;
            test_memory_fail_next(memory, n);
            error = usctp_endpoint_connect(pair->client, &connect, &pair->assoc);
            assert_true(error == USCTP_OK || error == USCTP_ENOMEM);
            if (error != USCTP_OK) {
                error = usctp_endpoint_connect(pair->client, &connect, &pair->assoc);
            }
            assert_int_equal(error, USCTP_OK);
            error = usctp_assoc_send(pair->assoc, NULL, &iov, 1);
            if (error == USCTP_ENOMEM) {
                error = usctp_assoc_send(pair->assoc, NULL, &iov, 1);
            }
            assert_int_equal(error, USCTP_OK);
            for (unsigned t = 1; t < 40; t++) {
                if (t == 20 && pair->a.events[USCTP_EVENT_CLOSED] == 0) {
                    assert_int_equal(usctp_assoc_close(pair->assoc), USCTP_OK);
                }
                settle(&pair->a, &pair->b, USCTP_MS(500) * t);
                usctp_stack_advance(pair->a.stack, USCTP_MS(500) * t);
                usctp_stack_advance(pair->b.stack, USCTP_MS(500) * t);
            }
            assert_int_equal(pair->a.events[USCTP_EVENT_CLOSED], 1);
            assert_int_equal(pair->a.events[USCTP_EVENT_UP], 1);
            assert_int_equal(pair->a.events[USCTP_EVENT_LOST], 0);
            assert_int_equal(pair->b.events[USCTP_EVENT_UP], 1);
            assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
            /* One that was accepted, but found no memory then, is lost; the next one comes up. */
            assert_int_equal(pair->b.events[USCTP_EVENT_CLOSED],
                             1 + pair->b.events[USCTP_EVENT_LOST]);
            bool failed = memory->fail_cnt > failed_before;
            pair_down(pair);
            if (!failed) {
                assert_true(n > 10 && n < 500);
                break;
            }
        }
    }
}

/* --- ICMP ------------------------------------------------------------------------------------- */

static struct usctp_icmp icmp_about(const struct side *side, const struct usctp_addr *remote,
                                    int kind, const uint8_t *quote, size_t len)
{
    struct usctp_icmp icmp = USCTP_ICMP_INIT;

    icmp.kind = kind;
    icmp.local = side->addr;
    icmp.remote = *remote;
    icmp.local_udp_port = UDP_PORT;
    icmp.remote_udp_port = UDP_PORT;
    icmp.lower = side->lower;
    icmp.quote = quote;
    icmp.quote_len = len;
    return icmp;
}

static void test_icmp(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    struct usctp_icmp icmp;
    uint8_t quote[64];

    (void)state;
    assert_int_equal(send_text(pair->assoc, "hello"), USCTP_OK);
    memcpy(quote, a->sent[0].bytes, 32);
    settle(a, &pair->b, 0);
    icmp = icmp_about(a, &pair->b.addr, USCTP_ICMP_TOO_BIG, quote, 32);
    icmp.mtu = 800;
    quote[7] ^= 1; /* the tag */
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    quote[7] ^= 1;
    icmp.quote_len = 7;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    icmp.quote = NULL;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    icmp.quote = quote;
    icmp.quote_len = 32;
    quote[0] ^= 1; /* our port */
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    quote[0] ^= 1;
    icmp.kind = USCTP_ICMP_OTHER;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    icmp.kind = USCTP_ICMP_NO_PROTOCOL;
    icmp.remote_udp_port++; /* not the peer's port */
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    icmp.remote_udp_port--;
    assert_int_equal(stats_of(a).icmp_ignored, 6);
    assert_int_equal(stats_of(a).icmp_taken, 0);
    assert_int_equal(usctp_path_info(pair->assoc, USCTP_PATH_ANY, &info), USCTP_OK);
    assert_int_equal(info.max_packet, 1200);
    icmp.kind = USCTP_ICMP_TOO_BIG;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(usctp_path_info(pair->assoc, USCTP_PATH_ANY, &info), USCTP_OK);
    assert_int_equal(info.max_packet, 800);
    /* A hint starts a heartbeat, no more. */
    icmp = icmp_about(a, &pair->b.addr, USCTP_ICMP_HINT, NULL, 0);
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(a->sent_cnt, 1);
    assert_int_equal(a->sent[0].bytes[12], USCTP__CHUNK_HEARTBEAT);
    settle(a, &pair->b, 0);
    icmp.remote = addr_of("192.0.2.99");
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(stats_of(a).icmp_ignored, 7);
    assert_int_equal(stats_of(a).icmp_taken, 2);
    icmp = icmp_about(a, &pair->b.addr, USCTP_ICMP_NO_PROTOCOL, quote, 8);
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(a->events[USCTP_EVENT_LOST], 1);
    assert_int_equal(a->events[USCTP_EVENT_CLOSED], 1);
    pair_down(pair);
}

static void test_icmp_during_setup(void **state)
{
    struct pair *pair = pair_up();
    struct side *a = &pair->a;
    struct usctp_icmp icmp;
    uint8_t quote[20];

    (void)state;
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    memcpy(quote, a->sent[0].bytes, sizeof(quote));
    icmp = icmp_about(a, &pair->b.addr, USCTP_ICMP_NO_PROTOCOL, quote, 19);
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK); /* no Initiate Tag */
    quote[19] ^= 1;
    icmp.quote_len = 20;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK); /* a wrong one */
    quote[19] ^= 1;
    assert_int_equal(stats_of(a).icmp_ignored, 2);
    assert_int_equal(a->events[USCTP_EVENT_LOST], 0);
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(a->events[USCTP_EVENT_LOST], 1);
    assert_int_equal(a->events[USCTP_EVENT_CLOSED], 1);
    pair_down(pair);
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
        cmocka_unit_test(test_null_assoc),
        cmocka_unit_test(test_send_errors),
        cmocka_unit_test(test_would_block),
        cmocka_unit_test(test_assoc_errors),
        cmocka_unit_test(test_dead_assoc),
        cmocka_unit_test(test_path_errors),
        cmocka_unit_test(test_path_keeps_its_own),
        cmocka_unit_test(test_path_udp_port),
        cmocka_unit_test(test_states_too_early),
        cmocka_unit_test(test_callbacks),
        cmocka_unit_test(test_freeing_in_callbacks),
        cmocka_unit_test(test_stack_free_tells_peers),
        cmocka_unit_test(test_accept),
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_blocked_beside_free),
        cmocka_unit_test(test_no_memory_anywhere),
        cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_icmp_during_setup),
        cmocka_unit_test(test_observer),
        cmocka_unit_test(test_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
