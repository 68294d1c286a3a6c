/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole stacks over the UDP driver and the loop, on the loopback interface. Time limits are guards
 * alone: nothing here waits for a timer but where it says so. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <usctp/driver.h>

#include "common/test_crypto.h"

enum {
    ECHO_PORT = 7,
    MESSAGE_CNT = 60,
    GUARD_S = 60,
    ADDR_MAX = 3,
    PATH_MAX_CNT = ADDR_MAX * ADDR_MAX,
    PPID = 100000
};

/* One side: a loop, an endpoint, and what its events said. */
struct side {
    struct test_crypto crypto;
    usctp_loop *loop;
    usctp_endpoint *endpoint;
    usctp_assoc *assoc;
    struct usctp_addr addrs[ADDR_MAX];
    size_t addr_cnt;
    bool echo; /* sends each message back */
    int up_cnt;
    int closed_cnt;
    int lost_reason;
    int confirmed_cnt; /* paths */
    int down_cnt;
    int got_cnt; /* messages received */
    unsigned deferred_cnt;
    bool wrong; /* a message was not what it should be */
};

/* Bytes of message number n. */
static size_t message_len(unsigned n)
{
    return n % 7 == 6 ? 30000 + n : 1 + n * 13;
}

static uint8_t message_byte(unsigned n, size_t i)
{
    return (uint8_t)(n * 31 + i * 7 + (i >> 8));
}

static bool message_right(unsigned n, const struct usctp_iov *iov, size_t iov_cnt, size_t len)
{
    size_t at = 0;

    for (size_t i = 0; i < iov_cnt; i++) {
        const uint8_t *bytes = iov[i].base;

        for (size_t k = 0; k < iov[i].len; k++, at++) {
            if (bytes[k] != message_byte(n, at)) {
                return false;
            }
        }
    }
    return at == len && len == message_len(n);
}

static void on_message(struct side *side, const struct usctp_event *event)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    if (side->echo) {
        info.stream = event->u.message.stream;
        info.ppid = event->u.message.ppid;
        int err =
            usctp_assoc_send(event->assoc, &info, event->u.message.iov, event->u.message.iov_cnt);
        if (err == USCTP_EWOULDBLOCK) {
            side->deferred_cnt++;
            err = usctp_message_defer(event->u.message.message);
        }
        side->wrong = side->wrong || err != 0;
        return;
    }
    unsigned n = (unsigned)side->got_cnt++;
    side->wrong =
        side->wrong || event->u.message.ppid != PPID + n ||
        !message_right(n, event->u.message.iov, event->u.message.iov_cnt, event->u.message.len);
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct side *side = user;

    switch (event->type) {
    case USCTP_EVENT_UP:
        side->up_cnt++;
        side->assoc = event->assoc;
        break;
    case USCTP_EVENT_LOST:
        side->lost_reason = event->u.lost.reason;
        break;
    case USCTP_EVENT_CLOSED:
        side->closed_cnt++;
        side->assoc = NULL;
        break;
    case USCTP_EVENT_MESSAGE:
        on_message(side, event);
        break;
    case USCTP_EVENT_WRITABLE:
        usctp_assoc_resume(event->assoc);
        break;
    case USCTP_EVENT_PATH:
        side->confirmed_cnt += event->u.path.change == USCTP_PATH_CHANGE_CONFIRMED;
        side->down_cnt += event->u.path.change == USCTP_PATH_CHANGE_DOWN;
        break;
    default:
        break;
    }
}

static uint32_t loop_flags;      /* of the sides made next */
static const usctp_fd *loop_fds; /* sockets that they take over, if any */
static size_t loop_fd_cnt;

static void make_side(struct side *side, uint64_t seed, const char *const *texts, size_t cnt)
{
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_params params;
    char error[200] = "";

    memset(side, 0, sizeof(*side));
    for (size_t i = 0; i < cnt; i++) {
        assert_int_equal(usctp_addr_parse(&side->addrs[i], texts[i]), 0);
    }
    side->addr_cnt = cnt;
    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), 0);
    params.rto_initial_dur = USCTP_MS(100);
    params.rto_min_dur = USCTP_MS(100);
    params.hb_interval_dur = USCTP_MS(50);
    params.send_buffer = 50000;
    params.max_burst = 0;
    stack.memory = usctp_memory_system();
    stack.crypto = test_crypto_init(&side->crypto, seed);
    stack.clock = usctp_clock_system;
    stack.params = &params;
    stack.on_event = on_event;
    stack.user = side;
    config.stack = &stack;
    config.addrs = side->addrs;
    config.addr_cnt = cnt;
    config.flags = loop_flags;
    config.fds = loop_fds;
    config.fd_cnt = loop_fd_cnt;
    config.error_text = error;
    config.error_text_len = sizeof(error);
    if (usctp_loop_new(&config, &side->loop) != 0) {
        fail_msg("%s", error);
    }
}

static void make_endpoint(struct side *side, uint16_t port)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;

    config.port = port;
    config.flags = port != 0 ? USCTP_ENDPOINT_LISTEN : 0;
    config.addrs = side->addrs;
    config.addr_cnt = side->addr_cnt;
    assert_int_equal(usctp_endpoint_new(usctp_loop_stack(side->loop), &config, &side->endpoint), 0);
}

static void connect_to(struct side *client, const struct usctp_addr *addrs, size_t cnt,
                       uint16_t udp_port)
{
    struct usctp_connect config = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peers[ADDR_MAX];

    memset(peers, 0, sizeof(peers));
    for (size_t i = 0; i < cnt; i++) {
        peers[i].addr = addrs[i];
        peers[i].udp_port = udp_port;
    }
    config.addrs = peers;
    config.addr_cnt = cnt;
    config.port = ECHO_PORT;
    assert_int_equal(usctp_endpoint_connect(client->endpoint, &config, &client->assoc), 0);
}

/* Serves both sides until *counter has reached `wanted`. */
static void pump(struct side *a, struct side *b, const int *counter, int wanted)
{
    uint64_t end_ts = usctp_clock_system(NULL) + USCTP_SEC(GUARD_S);

    while (*counter < wanted) {
        assert_int_equal(usctp_loop_once(a->loop, USCTP_US(200)), 0);
        if (b != NULL) {
            assert_int_equal(usctp_loop_once(b->loop, USCTP_US(200)), 0);
        }
        assert_true(usctp_clock_system(NULL) < end_ts);
    }
}

static void send_message(struct side *client, struct side *server, unsigned n)
{
    static uint8_t bytes[40000];
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {bytes, message_len(n)};
    uint64_t end_ts = usctp_clock_system(NULL) + USCTP_SEC(GUARD_S);

    for (size_t i = 0; i < iov.len; i++) {
        bytes[i] = message_byte(n, i);
    }
    info.ppid = PPID + n;
    info.stream = 3;
    for (;;) {
        int err = usctp_assoc_send(client->assoc, &info, &iov, 1);
        if (err == 0) {
            return;
        }
        assert_int_equal(err, USCTP_EWOULDBLOCK);
        assert_int_equal(usctp_loop_once(server->loop, USCTP_US(200)), 0);
        assert_int_equal(usctp_loop_once(client->loop, USCTP_US(200)), 0);
        assert_true(usctp_clock_system(NULL) < end_ts);
    }
}

/* RFC 3168: packets that may be marked, as they come in. */
static void count_ect(void *user, int outbound, const struct usctp_dgram *dgram,
                      const uint8_t *packet, size_t len, uint64_t now_ts)
{
    int *cnt = user;

    (void)packet;
    (void)len;
    (void)now_ts;
    *cnt += !outbound && dgram->ecn == 2;
}

/* Sets up, echoes messages of many sizes, shuts down. */
static void session(const char *const *server_texts, size_t server_cnt,
                    const char *const *client_texts, size_t client_cnt, const char *capture_path)
{
    static struct side server, client;
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;
    usctp_pcapng *capture = NULL;
    int ect_cnt = 0;

    make_side(&server, 1, server_texts, server_cnt);
    make_side(&client, 2, client_texts, client_cnt);
    server.echo = true;
    make_endpoint(&server, ECHO_PORT);
    make_endpoint(&client, 0);
    if (capture_path != NULL) {
        assert_int_equal(usctp_pcapng_open(capture_path, &capture), 0);
        usctp_stack_set_observer(usctp_loop_stack(client.loop), usctp_pcapng_observe, capture);
    }
    /* One address; the others stand in the INIT ACK and are confirmed by heartbeats. */
    connect_to(&client, server.addrs, 1, usctp_driver_port(usctp_loop_driver(server.loop)));
    pump(&client, &server, &client.up_cnt, 1);
    pump(&client, &server, &server.up_cnt, 1);
    usctp_stack_set_observer(usctp_loop_stack(server.loop), count_ect, &ect_cnt);
    for (unsigned n = 0; n < MESSAGE_CNT; n++) {
        send_message(&client, &server, n);
    }
    pump(&client, &server, &client.got_cnt, MESSAGE_CNT);
    usctp_stack_set_observer(usctp_loop_stack(server.loop), NULL, NULL);
#if !defined(_WIN32)
    assert_true((usctp_assoc_extensions(client.assoc) & USCTP_EXT_ECN) != 0);
    assert_true(ect_cnt >= MESSAGE_CNT / 2);
    /* RFC 8899: what was probed for at first, all of an Ethernet, passes here. */
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    assert_int_equal(usctp_path_info(client.assoc, USCTP_PATH_ANY, &info), 0);
    assert_int_equal(info.max_packet, 1480);
#endif
    assert_false(client.wrong);
    assert_false(server.wrong);
    if (server_cnt > 1) {
        usctp_path_id ids[PATH_MAX_CNT];

        assert_true(usctp_assoc_paths(client.assoc, ids, PATH_MAX_CNT) >= server_cnt);
        pump(&client, &server, &client.confirmed_cnt, (int)server_cnt - 1);
    }
    assert_int_equal(usctp_assoc_close(client.assoc), 0);
    pump(&client, &server, &client.closed_cnt, 1);
    pump(&client, &server, &server.closed_cnt, 1);
    assert_int_equal(client.lost_reason, 0);
    if (capture != NULL) {
        assert_int_equal(usctp_stack_stats(usctp_loop_stack(client.loop), &stats), 0);
        assert_int_equal(usctp_pcapng_count(capture), stats.in_sctp_packs + stats.out_sctp_packs);
        usctp_stack_set_observer(usctp_loop_stack(client.loop), NULL, NULL);
        assert_int_equal(usctp_pcapng_close(capture), 0);
    }
    usctp_loop_free(client.loop);
    usctp_loop_free(server.loop);
    assert_int_equal(client.crypto.live_cnt, 0);
}

static int has_ipv6(void)
{
    struct sockaddr_in6 name;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0), ok;

    memset(&name, 0, sizeof(name));
    name.sin6_family = AF_INET6;
    name.sin6_addr = in6addr_loopback;
    ok = fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static void test_ipv4(void **state)
{
    static const char *const texts[] = {"127.0.0.1"};
    char path[64];

    (void)state;
    session(texts, 1, texts, 1, NULL);
    snprintf(path, sizeof(path), "test_udp_%ld.tmp", (long)getpid());
    session(texts, 1, NULL, 0, path); /* A client bound to nothing. */
    remove(path);
}

/* A server is replaced by another one, in the middle of an association: the socket goes along. */
static void test_handover(void **state)
{
    static const char *const texts[] = {"127.0.0.1"};
    static struct side server, next, client;
    uint64_t end_ts = usctp_clock_system(NULL) + USCTP_SEC(GUARD_S);
    uint8_t string[4096];
    usctp_fd fds[4];
    uint16_t udp_port;
    size_t len = 0;

    (void)state;
    make_side(&server, 1, texts, 1);
    make_side(&client, 2, texts, 1);
    server.echo = true;
    make_endpoint(&server, ECHO_PORT);
    make_endpoint(&client, 0);
    udp_port = usctp_driver_port(usctp_loop_driver(server.loop));
    connect_to(&client, server.addrs, 1, udp_port);
    for (unsigned n = 0; n < 10; n++) {
        send_message(&client, &server, n);
    }
    pump(&client, &server, &client.got_cnt, 10);
    while (usctp_assoc_export(server.assoc, string, sizeof(string), &len) != 0) {
        assert_int_equal(usctp_loop_once(client.loop, USCTP_US(200)), 0);
        assert_int_equal(usctp_loop_once(server.loop, USCTP_US(200)), 0);
        assert_true(usctp_clock_system(NULL) < end_ts);
    }
    assert_int_equal(server.closed_cnt, 1);
    for (unsigned n = 10; n < 15; n++) {
        send_message(&client, &client, n); /* waits in the socket */
    }
    loop_fds = fds;
    loop_fd_cnt = usctp_driver_fds(usctp_loop_driver(server.loop), fds, 4);
    make_side(&next, 3, texts, 1);
    loop_fds = NULL;
    loop_fd_cnt = 0;
    usctp_loop_free(server.loop);
    assert_int_equal(usctp_driver_port(usctp_loop_driver(next.loop)), udp_port);
    next.echo = true;
    make_endpoint(&next, ECHO_PORT);
    assert_int_equal(usctp_endpoint_import(next.endpoint, string, len, 0, NULL, &next.assoc), 0);
    for (unsigned n = 15; n < 30; n++) {
        send_message(&client, &next, n);
    }
    pump(&client, &next, &client.got_cnt, 30);
    assert_false(client.wrong || next.wrong || server.wrong);
    assert_int_equal(usctp_assoc_close(client.assoc), 0);
    pump(&client, &next, &client.closed_cnt, 1);
    pump(&client, &next, &next.closed_cnt, 1);
    assert_int_equal(client.lost_reason, 0);
    usctp_loop_free(client.loop);
    usctp_loop_free(next.loop);
}

static void test_busy_poll(void **state)
{
    static const char *const texts[] = {"127.0.0.1"};

    (void)state;
    loop_flags = USCTP_LOOP_BUSY_POLL;
    session(texts, 1, texts, 1, NULL);
    loop_flags = 0;
}

static void test_ipv6(void **state)
{
    static const char *const texts[] = {"::1"};

    (void)state;
    if (!has_ipv6()) {
        print_message("SKIP: this host has no IPv6 loopback address\n");
        skip();
    }
    session(texts, 1, texts, 1, NULL);
    session(texts, 1, NULL, 0, NULL);
}

static void test_many_addresses(void **state)
{
    static const char *const servers[] = {"127.0.0.1", "127.0.0.2", "::1"};
    static const char *const clients[] = {"127.0.0.3", "127.0.0.4", "::1"};
    size_t cnt = has_ipv6() ? 3 : 2;

    (void)state;
    session(servers, cnt, clients, cnt, NULL);
    /* A client that lists no addresses is known by one alone: the others must reach that. */
    session(servers, 2, NULL, 0, NULL);
}

/* Nobody there: the ICMP message quotes our INIT, and that is believed at once. */
static void test_nobody(void **state)
{
    static const char *const texts[] = {"127.0.0.1"};
    static struct side gone, client;

    (void)state;
#if defined(__linux__)
    make_side(&gone, 1, texts, 1);
    uint16_t port = usctp_driver_port(usctp_loop_driver(gone.loop));
    usctp_loop_free(gone.loop);
    make_side(&client, 2, texts, 1);
    make_endpoint(&client, 0);
    connect_to(&client, client.addrs, 1, port);
    pump(&client, NULL, &client.closed_cnt, 1);
    assert_int_equal(client.up_cnt, 0);
    assert_int_equal(client.lost_reason, USCTP_LOST_UNREACHABLE);
    usctp_loop_free(client.loop);
#else
    (void)texts;
    print_message("SKIP: only the driver of Linux hears of ICMP\n");
    skip();
#endif
}

/* Freeing the loop tells the peer. */
static void test_last_words(void **state)
{
    static const char *const texts[] = {"127.0.0.1"};
    static struct side server, client;

    (void)state;
    make_side(&server, 1, texts, 1);
    make_side(&client, 2, texts, 1);
    make_endpoint(&server, ECHO_PORT);
    make_endpoint(&client, 0);
    connect_to(&client, server.addrs, 1, usctp_driver_port(usctp_loop_driver(server.loop)));
    pump(&client, &server, &client.up_cnt, 1);
    pump(&client, &server, &server.up_cnt, 1);
    usctp_loop_free(client.loop);
    pump(&server, NULL, &server.closed_cnt, 1);
    assert_int_equal(server.lost_reason, USCTP_LOST_PEER_ABORT);
    usctp_loop_free(server.loop);
}

static int cut(void *user, int outbound, const struct usctp_dgram *dgram)
{
    const struct usctp_addr *addr = user;

    return outbound && memcmp(&dgram->remote, addr, sizeof(*addr)) == 0;
}

/* A path that the driver cuts goes down, and the data takes the other one. This waits for timers. */
static void test_cut_path(void **state)
{
    static const char *const servers[] = {"127.0.0.1", "127.0.0.2"};
    static const char *const clients[] = {"127.0.0.3", "127.0.0.4"};
    static struct side server, client;
    struct usctp_path_params params = USCTP_PATH_PARAMS_INIT;
    usctp_path_id ids[PATH_MAX_CNT];

    (void)state;
    make_side(&server, 1, servers, 2);
    make_side(&client, 2, clients, 2);
    server.echo = true;
    make_endpoint(&server, ECHO_PORT);
    make_endpoint(&client, 0);
    connect_to(&client, server.addrs, 1, usctp_driver_port(usctp_loop_driver(server.loop)));
    pump(&client, &server, &client.up_cnt, 1);
    pump(&client, &server, &client.confirmed_cnt, 1);
    size_t cnt = usctp_assoc_paths(client.assoc, ids, PATH_MAX_CNT);
    assert_true(cnt >= 2 && cnt <= PATH_MAX_CNT);
    for (size_t i = 0; i < cnt; i++) {
        assert_int_equal(usctp_path_params(client.assoc, ids[i], &params), 0);
        params.path_max_retrans = 0;
        assert_int_equal(usctp_path_set_params(client.assoc, ids[i], &params), 0);
    }
    usctp_driver_set_filter(usctp_loop_driver(client.loop), cut, &server.addrs[0]);
    for (unsigned n = 0; n < 10; n++) {
        send_message(&client, &server, n);
    }
    pump(&client, &server, &client.down_cnt, 1);
    pump(&client, &server, &client.got_cnt, 10);
    assert_false(client.wrong);
    usctp_loop_free(client.loop);
    usctp_loop_free(server.loop);
}

/* --- Offload ---------------------------------------------------------------------------------- */

/* What went over the wire at one end. */
struct record {
    uint64_t hash[2]; /* of all packets with their addresses: in, out */
    size_t cnt[2];
    size_t joined_cnt; /* packets that came in with others in one datagram */
};

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static void record_packet(void *user, int outbound, const struct usctp_dgram *dgram,
                          const uint8_t *packet, size_t len, uint64_t now_ts)
{
    struct record *record = user;
    uint64_t hash = record->hash[outbound];

    (void)now_ts;
    hash = hash_bytes(hash, &len, sizeof(len));
    hash = hash_bytes(hash, packet, len);
    hash = hash_bytes(hash, dgram->remote.bytes, sizeof(dgram->remote.bytes));
    hash = hash_bytes(hash, &dgram->remote_udp_port, sizeof(dgram->remote_udp_port));
    hash = hash_bytes(hash, &dgram->dscp, 1);
    record->hash[outbound] = hash_bytes(hash, &dgram->ecn, 1);
    record->cnt[outbound]++;
    record->joined_cnt += !outbound && dgram->segment_len != 0;
}

static uint64_t fake_now_ts;

static uint64_t fake_clock(void *ctx)
{
    (void)ctx;
    return fake_now_ts;
}

/* A side whose every step is the same in each run: its clock is the test's. False: port taken. */
static bool make_exact_side(struct side *side, uint64_t seed, uint16_t *port, uint32_t flags,
                            struct record *record)
{
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_params params;

    memset(side, 0, sizeof(*side));
    memset(record, 0, sizeof(*record));
    assert_int_equal(usctp_addr_parse(&side->addrs[0], "127.0.0.1"), 0);
    side->addr_cnt = 1;
    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), 0);
    params.max_burst = 0;
    params.receive_window = 50000; /* fewer packets than a driver takes in at once */
    params.send_buffer = 100000;
    params.dscp = 10;
    stack.memory = usctp_memory_system();
    stack.crypto = test_crypto_init(&side->crypto, seed);
    stack.clock = fake_clock;
    stack.params = &params;
    stack.on_event = on_event;
    stack.user = side;
    config.stack = &stack;
    config.addrs = side->addrs;
    config.addr_cnt = 1;
    config.udp_port = *port;
    config.driver_flags = flags;
    int err = usctp_loop_new(&config, &side->loop);
    if (err == USCTP_EADDRINUSE) {
        return false;
    }
    assert_int_equal(err, 0);
    *port = usctp_driver_port(usctp_loop_driver(side->loop));
    usctp_stack_set_observer(usctp_loop_stack(side->loop), record_packet, record);
    return true;
}

static void exact_round(struct side *client, struct side *server)
{
    assert_int_equal(usctp_loop_once(client->loop, 0), 0);
    assert_int_equal(usctp_loop_once(server->loop, 0), 0);
    fake_now_ts += USCTP_MS(1);
    assert_true(fake_now_ts < USCTP_SEC(600));
}

/* The work: messages of many sizes and back. False: a port is taken. */
static bool exact_session(uint16_t ports[2], uint32_t flags, struct record records[2])
{
    static struct side server, client;
    static uint8_t bytes[40000];
    unsigned sent = 0;

    fake_now_ts = USCTP_SEC(1);
    if (!make_exact_side(&server, 1, &ports[0], flags, &records[0])) {
        return false;
    }
    if (!make_exact_side(&client, 2, &ports[1], flags, &records[1])) {
        usctp_loop_free(server.loop);
        return false;
    }
    server.echo = true;
    make_endpoint(&server, ECHO_PORT);
    make_endpoint(&client, 0);
    connect_to(&client, server.addrs, 1, ports[0]);
    while (client.got_cnt < MESSAGE_CNT) {
        struct usctp_send_info info = USCTP_SEND_INFO_INIT;
        struct usctp_iov iov = {bytes, message_len(sent)};

        for (size_t i = 0; i < iov.len; i++) {
            bytes[i] = message_byte(sent, i);
        }
        info.ppid = PPID + sent;
        if (sent < MESSAGE_CNT && usctp_assoc_send(client.assoc, &info, &iov, 1) == 0) {
            sent++;
        } else {
            exact_round(&client, &server);
        }
    }
    assert_false(client.wrong);
    assert_int_equal(usctp_assoc_close(client.assoc), 0);
    while (client.closed_cnt + server.closed_cnt < 2) {
        exact_round(&client, &server);
    }
    usctp_loop_free(client.loop);
    usctp_loop_free(server.loop);
    return true;
}

/* The same run with each choice of offload: not a bit on the wire changes, at either end. */
static bool compare_offload(void)
{
    static const uint32_t choices[] = {
        USCTP_DRIVER_NO_BATCHES,
        USCTP_DRIVER_NO_SEGMENTATION | USCTP_DRIVER_NO_COALESCING,
        USCTP_DRIVER_NO_SEGMENTATION,
        USCTP_DRIVER_NO_COALESCING,
        0,
    };
    enum { CHOICE_CNT = sizeof(choices) / sizeof(choices[0]) };
    struct record records[CHOICE_CNT][2];
    uint16_t ports[2] = {0, 0};

    for (size_t i = 0; i < CHOICE_CNT; i++) {
        if (!exact_session(ports, choices[i], records[i])) {
            return false;
        }
        for (int end = 0; end < 2; end++) {
            assert_true(records[i][end].cnt[0] > 150 && records[i][end].cnt[1] > 150);
            assert_memory_equal(records[i][end].hash, records[0][end].hash,
                                sizeof(records[0][end].hash));
            assert_int_equal(records[i][end].cnt[0], records[0][end].cnt[0]);
            assert_int_equal(records[i][end].cnt[1], records[0][end].cnt[1]);
        }
        if (i < 2) {
            assert_int_equal(records[i][0].joined_cnt + records[i][1].joined_cnt, 0);
        }
    }
#if defined(__linux__)
    /* It was really at work, where the system has it at all. */
    if (records[CHOICE_CNT - 1][0].joined_cnt == 0) {
        print_message("note: this system joins no packets\n");
    }
#endif
    return true;
}

static void test_offload_changes_nothing(void **state)
{
    int tries = 0;

    (void)state;
    while (!compare_offload()) { /* Somebody took a port between two runs. */
        assert_true(++tries < 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_many_addresses),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_last_words),
        cmocka_unit_test(test_cut_path),
        cmocka_unit_test(test_handover),
        cmocka_unit_test(test_busy_poll),
        cmocka_unit_test(test_offload_changes_nothing),
    };

    return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}
