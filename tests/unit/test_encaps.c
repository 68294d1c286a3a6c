/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP and raw IP on one stack, over real sockets: a path follows its peer from one to the other and back
 * (RFC 6951, 5.4, 5.6). Needs a network namespace. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#if defined(__linux__)
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <usctp/driver.h>
#include <usctp/lower.h>
#include <usctp/usctp.h>

#include "common/test_crypto.h"
#include "common/test_network.h"

enum {
    UDP_LIMIT = TEST_NETWORK_MTU - 20 - 8, /* of an SCTP packet in UDP over IPv4, */
    RAW_LIMIT = TEST_NETWORK_MTU - 20,     /* and without it */
    PORT = 5001,                           /* the host's SCTP port */
    PROTOCOL = 132,
    LARGE_LEN = 5000 /* a message of several packets */
};

#define HOST_ADDR "127.0.0.1"
#define PEER_ADDR "127.0.0.2"

/* How the peer sends. */
enum mode { AS_IT_RECEIVES, IN_UDP, RAW };

/* Either end, as its events tell. */
struct end {
    usctp_assoc *assoc;
    bool up, closed;
    unsigned message_cnt, rebound_cnt;
    size_t message_len; /* of the last one */
};

/* A stack on the drivers under test: one for UDP, one for raw IP. */
struct host {
    struct test_crypto crypto;
    usctp_loop *loop;
    usctp_lower_id udp, raw;
    uint16_t udp_port;
    struct end end;
};

/* Its peer, whose lower layer can be told to encapsulate, and no longer to. */
struct peer {
    struct test_crypto crypto;
    usctp_stack *stack;
    usctp_lower_id lower;
    int udp_fd, raw_fd;
    uint16_t host_port; /* the host's UDP port */
    enum mode mode;
    unsigned raw_cnt, udp_cnt; /* packets received */
    struct end end;
};

static void on_event(void *user, const struct usctp_event *event)
{
    struct end *end = user;

    end->assoc = event->assoc;
    end->up = end->up || event->type == USCTP_EVENT_UP;
    end->closed = end->closed || event->type == USCTP_EVENT_CLOSED;
    if (event->type == USCTP_EVENT_MESSAGE) {
        end->message_cnt++;
        end->message_len = event->u.message.len;
    }
    if (event->type == USCTP_EVENT_PATH && event->u.path.change == USCTP_PATH_CHANGE_REBOUND) {
        end->rebound_cnt++;
    }
}

static struct usctp_addr addr_of(const char *text)
{
    struct usctp_addr addr;

    assert_int_equal(usctp_addr_parse(&addr, text), 0);
    return addr;
}

static struct sockaddr_in sockaddr_of(const char *text, uint16_t port)
{
    struct sockaddr_in sa;

    memset(&sa, 0, sizeof(sa));
    sa.sin_family = AF_INET;
    sa.sin_port = htons(port);
    assert_int_equal(inet_pton(AF_INET, text, &sa.sin_addr), 1);
    return sa;
}

static void set_config(struct usctp_config *config, struct test_crypto *crypto, unsigned seed,
                       struct usctp_params *params, struct end *end)
{
    assert_int_equal(usctp_params_init(params, USCTP_PRESET_PLAIN), 0);
    params->max_packet = 9000; /* what the link takes is the limit */
    params->rto_initial_dur = USCTP_MS(200);
    params->rto_min_dur = USCTP_MS(200);
    config->memory = usctp_memory_system();
    config->crypto = test_crypto_init(crypto, seed);
    config->clock = usctp_clock_system;
    config->params = params;
    config->on_event = on_event;
    config->user = end;
}

static void start_host(struct host *host)
{
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_driver_config raw_config = USCTP_DRIVER_CONFIG_INIT;
    struct usctp_endpoint_config endpoint_config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_addr addr = addr_of(HOST_ADDR);
    struct usctp_params params;
    usctp_driver *raw;
    usctp_endpoint *endpoint;

    memset(host, 0, sizeof(*host));
    set_config(&stack, &host->crypto, 3, &params, &host->end);
    config.stack = &stack;
    config.addrs = &addr;
    config.addr_cnt = 1;
    assert_int_equal(usctp_loop_new(&config, &host->loop), 0);
    host->udp = usctp_driver_lower(usctp_loop_driver(host->loop));
    host->udp_port = usctp_driver_port(usctp_loop_driver(host->loop));
    raw_config.addrs = &addr;
    raw_config.addr_cnt = 1;
    assert_int_equal(usctp_raw_open(usctp_loop_stack(host->loop), &raw_config, &raw), 0);
    assert_int_equal(usctp_loop_add(host->loop, raw), 0);
    host->raw = usctp_driver_lower(raw);
    endpoint_config.port = PORT;
    endpoint_config.flags = USCTP_ENDPOINT_LISTEN;
    assert_int_equal(usctp_endpoint_new(usctp_loop_stack(host->loop), &endpoint_config, &endpoint),
                     0);
}

static size_t peer_send(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct peer *peer = ctx;

    for (size_t i = 0; i < n; i++) {
        struct usctp_dgram *dgram = (struct usctp_dgram *)(void *)((uint8_t *)dgrams + i * stride);
        bool raw = peer->mode == AS_IT_RECEIVES ? dgram->remote_udp_port == 0 : peer->mode == RAW;
        struct sockaddr_in to = sockaddr_of(HOST_ADDR, raw ? 0 : peer->host_port);

        (void)sendto(raw ? peer->raw_fd : peer->udp_fd, dgram->data, dgram->len, 0,
                     (struct sockaddr *)&to, sizeof(to));
        dgram->status = USCTP_DGRAM_SENT;
    }
    return n;
}

static int bound(int type, int protocol)
{
    struct sockaddr_in here = sockaddr_of(PEER_ADDR, 0);
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, protocol);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
    return fd;
}

static void start_peer(struct peer *peer, const struct host *host)
{
    struct usctp_config config = USCTP_CONFIG_INIT;
    struct usctp_lower lower = USCTP_LOWER_INIT;
    struct usctp_endpoint_config endpoint_config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr to;
    struct usctp_params params;
    usctp_endpoint *endpoint;

    memset(peer, 0, sizeof(*peer));
    peer->udp_fd = bound(SOCK_DGRAM, 0);
    peer->raw_fd = bound(SOCK_RAW, PROTOCOL);
    peer->host_port = host->udp_port;
    set_config(&config, &peer->crypto, 4, &params, &peer->end);
    params.max_packet = 1200;
    assert_int_equal(usctp_stack_new(&config, &peer->stack), 0);
    lower.flags = USCTP_LOWER_IPV4;
    lower.send = peer_send;
    assert_int_equal(usctp_stack_attach(peer->stack, &lower, peer, &peer->lower), 0);
    assert_int_equal(usctp_endpoint_new(peer->stack, &endpoint_config, &endpoint), 0);
    memset(&to, 0, sizeof(to));
    to.addr = addr_of(HOST_ADDR);
    to.udp_port = host->udp_port;
    connect.addrs = &to;
    connect.addr_cnt = 1;
    connect.port = PORT;
    assert_int_equal(usctp_endpoint_connect(endpoint, &connect, &peer->end.assoc), 0);
}

/* Hands in what waits at one of the peer's sockets. */
static void peer_receive(struct peer *peer, bool raw)
{
    uint8_t bytes[65536];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t len;

    while ((len = recvfrom(raw ? peer->raw_fd : peer->udp_fd, bytes, sizeof(bytes), 0,
                           (struct sockaddr *)&from, &from_len)) > 0) {
        size_t skip = raw ? (size_t)(bytes[0] & 15) * 4 : 0; /* the IP header */
        struct usctp_dgram dgram;

        memset(&dgram, 0, sizeof(dgram));
        dgram.data = bytes + skip;
        dgram.len = (size_t)len - skip;
        dgram.local = addr_of(PEER_ADDR);
        dgram.remote = addr_of(HOST_ADDR);
        dgram.remote_udp_port = raw ? 0 : ntohs(from.sin_port);
        dgram.lower = peer->lower;
        peer->raw_cnt += raw;
        peer->udp_cnt += !raw;
        assert_int_equal(
            usctp_stack_input(peer->stack, &dgram, 1, sizeof(dgram), usctp_clock_system(NULL)), 0);
    }
}

struct world {
    struct host host;
    struct peer peer;
};

/* Both go on a bit. */
static void turn(struct world *w)
{
    assert_int_equal(usctp_loop_once(w->host.loop, USCTP_MS(1)), 0);
    peer_receive(&w->peer, true);
    peer_receive(&w->peer, false);
    assert_int_equal(usctp_stack_advance(w->peer.stack, usctp_clock_system(NULL)), 0);
}

/* Until the condition holds; a guard ends a test that hangs. */
#define RUN_UNTIL(w, condition)                                     \
    do {                                                            \
        uint64_t end_ts = usctp_clock_system(NULL) + USCTP_SEC(30); \
                                                                    \
        while (!(condition)) {                                      \
            assert_true(usctp_clock_system(NULL) < end_ts);         \
            turn(w);                                                \
        }                                                           \
    } while (0)

static struct usctp_path_info path_of(const struct end *end)
{
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;

    assert_int_equal(usctp_path_info(end->assoc, USCTP_PATH_ANY, &info), 0);
    return info;
}

static void send_message(const struct end *end, size_t len)
{
    static const uint8_t bytes[LARGE_LEN];
    struct usctp_iov iov = {bytes, len};

    assert_int_equal(usctp_assoc_send(end->assoc, NULL, &iov, 1), 0);
}

/* The peer moves to `mode`; the host follows, and so does what it sends. */
static void move(struct world *w, enum mode mode)
{
    struct end *host = &w->host.end;
    struct end *peer = &w->peer.end;
    bool raw = mode == RAW;
    unsigned message_cnt = host->message_cnt, rebound_cnt = host->rebound_cnt;
    unsigned raw_cnt, udp_cnt;

    w->peer.mode = mode;
    send_message(peer, 10);
    RUN_UNTIL(w, host->message_cnt > message_cnt && host->rebound_cnt > rebound_cnt);
    assert_int_equal(path_of(host).lower, raw ? w->host.raw : w->host.udp);
    assert_true((path_of(host).remote_udp_port == 0) == raw);
    assert_int_equal(path_of(host).max_packet, raw ? RAW_LIMIT : UDP_LIMIT);

    /* A message of several packets comes back the same way, and no other. */
    RUN_UNTIL(w, (path_of(peer).remote_udp_port == 0) == raw);
    w->peer.mode = AS_IT_RECEIVES;
    message_cnt = peer->message_cnt;
    raw_cnt = w->peer.raw_cnt;
    udp_cnt = w->peer.udp_cnt;
    send_message(host, LARGE_LEN);
    RUN_UNTIL(w, peer->message_cnt > message_cnt);
    assert_int_equal(peer->message_len, LARGE_LEN);
    assert_true(raw ? w->peer.raw_cnt > raw_cnt : w->peer.udp_cnt > udp_cnt);
    assert_true(raw ? w->peer.udp_cnt == udp_cnt : w->peer.raw_cnt == raw_cnt);
}

static void test_to_raw_and_back(void **state)
{
    static struct world w;

    (void)state;
    if (!test_network_enter()) {
        print_message("SKIP: no network namespace of our own is to be had\n");
        skip();
    }
    start_host(&w.host);
    start_peer(&w.peer, &w.host);
    RUN_UNTIL(&w, w.host.end.up && w.peer.end.up);
    assert_int_equal(path_of(&w.host.end).lower, w.host.udp);
    assert_int_equal(path_of(&w.host.end).max_packet, UDP_LIMIT);
    for (int i = 0; i < 2; i++) {
        move(&w, RAW);
        move(&w, IN_UDP);
    }
    assert_int_equal(usctp_assoc_close(w.peer.end.assoc), 0);
    RUN_UNTIL(&w, w.host.end.closed && w.peer.end.closed);
    usctp_stack_free(w.peer.stack);
    close(w.peer.udp_fd);
    close(w.peer.raw_fd);
    usctp_loop_free(w.host.loop);
}
#endif /* __linux__ */

int main(void)
{
#if defined(__linux__)
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_to_raw_and_back)};

    return cmocka_run_group_tests_name("encapsulation", tests, NULL, NULL);
#else
    return 77;
#endif
}
