/* SPDX-License-Identifier: BSD-3-Clause */
/* Several stacks on one UDP port, over real sockets of the loopback interface, all in one thread.
 * Time limits are guards alone. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <usctp/driver.h>

#include "common/test_crypto.h"
#include "lower/driver.h"

enum {
    ECHO_PORT = 7,
    SHARD_CNT = 3,
    CLIENT_CNT = 12,
    MESSAGE_CNT = 30,
    MESSAGE_LEN = 3000,
    GUARD_S = 60,
    PREFIX_LEN = 2
};

/* A shard, or a client. */
struct side {
    struct test_crypto crypto;
    usctp_loop *loop; /* NULL: not there */
    usctp_endpoint *endpoint;
    usctp_assoc *assoc; /* of a client */
    bool echo;
    int up_cnt, restarted_cnt, lost_cnt, confirmed_cnt, got_cnt;
    bool wrong; /* a message was not what it should be */
};

static usctp_shards *group;
static struct side shards[1 << PREFIX_LEN];
static struct side clients[CLIENT_CNT];
static struct usctp_addr server_addrs[2];
static struct usctp_addr client_addrs[2];

static void on_message(struct side *side, const struct usctp_event *event)
{
    if (side->echo) {
        int err =
            usctp_assoc_send(event->assoc, NULL, event->u.message.iov, event->u.message.iov_cnt);

        side->wrong = side->wrong || err != 0;
        return;
    }
    const uint8_t *first = event->u.message.iov[0].base;
    side->wrong =
        side->wrong || event->u.message.len != MESSAGE_LEN || *first != (uint8_t)side->got_cnt;
    side->got_cnt++;
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct side *side = user;

    switch (event->type) {
    case USCTP_EVENT_UP:
        side->up_cnt++;
        break;
    case USCTP_EVENT_RESTARTED:
        side->restarted_cnt++;
        break;
    case USCTP_EVENT_LOST:
        side->lost_cnt++;
        break;
    case USCTP_EVENT_MESSAGE:
        on_message(side, event);
        break;
    case USCTP_EVENT_PATH:
        side->confirmed_cnt += event->u.path.change == USCTP_PATH_CHANGE_CONFIRMED;
        break;
    default:
        break;
    }
}

static struct usctp_config stack_config(struct side *side, uint64_t seed,
                                        struct usctp_params *params)
{
    struct usctp_config config = USCTP_CONFIG_INIT;

    memset(side, 0, sizeof(*side));
    assert_int_equal(usctp_params_init(params, USCTP_PRESET_PLAIN), 0);
    params->rto_initial_dur = USCTP_MS(200);
    params->rto_min_dur = USCTP_MS(100);
    params->hb_interval_dur = USCTP_MS(50);
    params->max_burst = 0;
    config.memory = usctp_memory_system();
    config.crypto = test_crypto_init(&side->crypto, seed);
    config.clock = usctp_clock_system;
    config.params = params;
    config.on_event = on_event;
    config.user = side;
    return config;
}

/* Opens shard number i; the UDP port is that of those that are there. */
static void shard_up(unsigned i, uint32_t flags)
{
    struct side *side = &shards[i];
    struct usctp_params params;
    struct usctp_config stack = stack_config(side, 100 + i, &params);
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_endpoint_config endpoint = USCTP_ENDPOINT_CONFIG_INIT;

    assert_int_equal(usctp_shards_config(group, i, &stack), 0);
    config.stack = &stack;
    config.addrs = server_addrs;
    config.addr_cnt = 2;
    config.driver_flags = flags;
    config.shards = group;
    config.shard = i;
    assert_int_equal(usctp_loop_new(&config, &side->loop), 0);
    side->echo = true;
    endpoint.port = ECHO_PORT;
    endpoint.flags = USCTP_ENDPOINT_LISTEN;
    endpoint.addrs = server_addrs;
    endpoint.addr_cnt = 2;
    assert_int_equal(usctp_endpoint_new(usctp_loop_stack(side->loop), &endpoint, &side->endpoint),
                     0);
}

static void side_down(struct side *side)
{
    usctp_loop_free(side->loop);
    side->loop = NULL;
}

static uint16_t group_port(void)
{
    for (size_t i = 0; i < 1 << PREFIX_LEN; i++) {
        if (shards[i].loop != NULL) {
            return usctp_driver_port(usctp_loop_driver(shards[i].loop));
        }
    }
    fail_msg("no shard is there");
    return 0;
}

static void client_up(struct side *side, uint64_t seed)
{
    struct usctp_params params;
    struct usctp_config stack = stack_config(side, seed, &params);
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_endpoint_config endpoint = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer;

    config.stack = &stack;
    config.addrs = client_addrs;
    config.addr_cnt = 2;
    assert_int_equal(usctp_loop_new(&config, &side->loop), 0);
    endpoint.addrs = client_addrs;
    endpoint.addr_cnt = 2;
    assert_int_equal(usctp_endpoint_new(usctp_loop_stack(side->loop), &endpoint, &side->endpoint),
                     0);
    memset(&peer, 0, sizeof(peer));
    peer.addr = server_addrs[0];
    peer.udp_port = group_port();
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = ECHO_PORT;
    assert_int_equal(usctp_endpoint_connect(side->endpoint, &connect, &side->assoc), 0);
}

static void serve(struct side *sides, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        if (sides[i].loop != NULL) {
            assert_int_equal(usctp_loop_once(sides[i].loop, 0), 0);
        }
    }
}

static uint64_t guard_ts;

static void serve_all(void)
{
    serve(shards, 1 << PREFIX_LEN);
    serve(clients, CLIENT_CNT);
    assert_true(usctp_clock_system(NULL) < guard_ts);
}

static unsigned prefix_of(const struct side *client)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

    assert_int_equal(usctp_assoc_stats(client->assoc, &stats), 0);
    return stats.remote_tag >> (32 - PREFIX_LEN);
}

static void send_message(struct side *client, unsigned n)
{
    static uint8_t bytes[MESSAGE_LEN];
    struct usctp_iov iov = {bytes, sizeof(bytes)};

    memset(bytes, (int)n, sizeof(bytes));
    assert_int_equal(usctp_assoc_send(client->assoc, NULL, &iov, 1), 0);
}

/* Each client sends so many messages and gets them back; clients that have lost their peer do not. */
static void echo_all(int cnt)
{
    bool all;

    for (size_t i = 0; i < CLIENT_CNT; i++) {
        for (int n = 0; clients[i].loop != NULL && clients[i].lost_cnt == 0 && n < cnt; n++) {
            send_message(&clients[i], (unsigned)(clients[i].got_cnt + n));
        }
    }
    int wanted[CLIENT_CNT];
    for (size_t i = 0; i < CLIENT_CNT; i++) {
        wanted[i] = clients[i].got_cnt + cnt;
    }
    do {
        serve_all();
        all = true;
        for (size_t i = 0; i < CLIENT_CNT; i++) {
            const struct side *client = &clients[i];

            all = all &&
                  (client->loop == NULL || client->lost_cnt > 0 || client->got_cnt == wanted[i]);
            assert_false(client->wrong);
        }
    } while (!all);
}

static void group_up(unsigned cnt, uint32_t flags)
{
    memset(shards, 0, sizeof(shards));
    memset(clients, 0, sizeof(clients));
    guard_ts = usctp_clock_system(NULL) + USCTP_SEC(GUARD_S);
    assert_int_equal(usctp_addr_parse(&server_addrs[0], "127.0.0.1"), 0);
    assert_int_equal(usctp_addr_parse(&server_addrs[1], "127.0.0.2"), 0);
    assert_int_equal(usctp_addr_parse(&client_addrs[0], "127.0.0.3"), 0);
    assert_int_equal(usctp_addr_parse(&client_addrs[1], "127.0.0.4"), 0);
    assert_int_equal(usctp_shards_new(PREFIX_LEN, &group), 0);
    for (unsigned i = 0; i < cnt; i++) {
        shard_up(i, flags);
    }
}

static void group_down(void)
{
    for (size_t i = 0; i < CLIENT_CNT; i++) {
        side_down(&clients[i]);
    }
    for (size_t i = 0; i < 1 << PREFIX_LEN; i++) {
        side_down(&shards[i]);
    }
    usctp_shards_free(group);
}

static void clients_up(size_t from, size_t cnt)
{
    bool all;

    for (size_t i = from; i < from + cnt; i++) {
        client_up(&clients[i], 1 + i);
    }
    do { /* Both paths, too. */
        serve_all();
        all = true;
        for (size_t i = from; i < from + cnt; i++) {
            all = all && clients[i].up_cnt == 1 && clients[i].confirmed_cnt >= 1;
        }
    } while (!all);
}

static uint64_t handed_cnt(void)
{
    uint64_t cnt = 0;

    for (size_t i = 0; i < 1 << PREFIX_LEN; i++) {
        cnt += shards[i].loop != NULL ? usctp_loop_driver(shards[i].loop)->shard.handed_cnt : 0;
    }
    return cnt;
}

/* --- Tests ------------------------------------------------------------------------------------ */

static void test_group(void **state)
{
    struct usctp_config config = USCTP_CONFIG_INIT;
    struct usctp_loop_config loop = USCTP_LOOP_CONFIG_INIT;
    struct usctp_params params;
    struct side side;
    usctp_loop *made;
    char error[100];

    (void)state;
    assert_int_equal(usctp_shards_new(0, &group), USCTP_EINVAL);
    assert_int_equal(usctp_shards_new(9, &group), USCTP_EINVAL);
    group_up(1, 0);
    assert_int_equal(usctp_shards_config(group, 1 << PREFIX_LEN, &config), USCTP_EINVAL);
    assert_int_equal(usctp_shards_config(group, 3, &config), 0);
    assert_int_equal(config.tag_prefix, 3);
    assert_int_equal(config.tag_prefix_len, PREFIX_LEN);

    config = stack_config(&side, 1, &params);
    loop.stack = &config;
    loop.addrs = server_addrs;
    loop.addr_cnt = 1;
    loop.error_text = error;
    loop.error_text_len = sizeof(error);
    loop.shard = 1; /* without a group */
    assert_int_equal(usctp_loop_new(&loop, &made), USCTP_EINVAL);
    loop.shards = group;
    loop.shard = 4;
    assert_int_equal(usctp_loop_new(&loop, &made), USCTP_EINVAL);
    loop.shard = 0; /* it is there already */
    assert_int_equal(usctp_loop_new(&loop, &made), USCTP_EADDRINUSE);
    loop.shards = NULL; /* one who does not belong to it */
    loop.udp_port = group_port();
    assert_int_equal(usctp_loop_new(&loop, &made), USCTP_EADDRINUSE);
    group_down();
    usctp_shards_free(NULL);
}

/* Associations are spread, each lives where its tag says, on both paths. */
static void spread(uint32_t flags)
{
    unsigned used = 0;

    group_up(SHARD_CNT, flags);
    clients_up(0, CLIENT_CNT);
    uint64_t handed_before = handed_cnt();
    echo_all(MESSAGE_CNT);
    for (size_t i = 0; i < SHARD_CNT; i++) {
        int mine = 0;

        assert_false(shards[i].wrong);
        for (size_t k = 0; k < CLIENT_CNT; k++) {
            mine += prefix_of(&clients[k]) == i;
        }
        assert_int_equal(mine, shards[i].up_cnt);
        used += mine > 0;
    }
    assert_true(used > 1);
    if ((flags & USCTP_DRIVER_NO_STEERING) != 0) {
        assert_true(handed_cnt() > handed_before);
    }
#if defined(__linux__)
    if (flags == 0) {
        assert_int_equal(handed_cnt(), handed_before); /* The system knows where to. */
    }
#endif
    group_down();
}

static void test_spread(void **state)
{
    (void)state;
    spread(0);
    spread(USCTP_DRIVER_NO_STEERING);
    spread(USCTP_DRIVER_NO_STEERING | USCTP_DRIVER_NO_BATCHES);
}

/* Shards come and go while others work. */
static void come_and_go(uint32_t flags)
{
    enum { THIRD = CLIENT_CNT / 3 };
    int lost = 0;

    group_up(2, flags);
    clients_up(0, THIRD);
    echo_all(MESSAGE_CNT);
    shard_up(2, flags);
    clients_up(THIRD, THIRD);
    echo_all(MESSAGE_CNT);

    int of_first = shards[0].up_cnt;
    side_down(&shards[0]); /* its peers are told */
    echo_all(MESSAGE_CNT);
    for (size_t i = 0; i < CLIENT_CNT; i++) {
        lost += clients[i].lost_cnt;
    }
    assert_true(lost <= of_first);
    clients_up(2 * THIRD, THIRD);
    for (size_t i = 2 * THIRD; i < CLIENT_CNT; i++) {
        unsigned prefix = prefix_of(&clients[i]);

        assert_true(prefix == 1 || prefix == 2);
    }
    shard_up(0, flags); /* one of the same number comes back, last in order now */
    shard_up(3, flags);
    echo_all(MESSAGE_CNT);
    assert_false(shards[0].wrong || shards[1].wrong || shards[2].wrong || shards[3].wrong);
    group_down();
}

static void test_come_and_go(void **state)
{
    (void)state;
    come_and_go(0);
    come_and_go(USCTP_DRIVER_NO_STEERING);
}

/* --- A peer behind a NAT ---------------------------------------------------------------------- */

/* A client whose only socket can be replaced by one of another port. */
struct nat {
    int fd;
    in_port_t port; /* its own, network order */
    struct sockaddr_in to;
    usctp_lower_id lower;
    usctp_stack *stack;
    struct side side;
};

static size_t nat_send(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct nat *nat = ctx;

    for (size_t i = 0; i < n; i++) {
        struct usctp_dgram *dgram = usctp__dgram_at(dgrams, i, stride);

        sendto(nat->fd, dgram->data, dgram->len, 0, (struct sockaddr *)&nat->to, sizeof(nat->to));
        dgram->status = USCTP_DGRAM_SENT;
    }
    return n;
}

/* A new mapping: what is sent from now on comes from another port; 0: whichever is free. */
static void nat_rebind(struct nat *nat, in_port_t port)
{
    struct sockaddr_in name;
    socklen_t len = sizeof(name);
    int old = nat->fd;

    memset(&name, 0, sizeof(name));
    name.sin_family = AF_INET;
    name.sin_port = port;
    name.sin_addr.s_addr = htonl(0x7f000003);
    nat->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(nat->fd >= 0);
    assert_int_equal(bind(nat->fd, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(getsockname(nat->fd, (struct sockaddr *)&name, &len), 0);
    nat->port = name.sin_port;
    if (old >= 0) {
        close(old);
    }
}

static void nat_up(struct nat *nat, uint64_t seed)
{
    struct usctp_lower lower = USCTP_LOWER_INIT;
    struct usctp_endpoint_config endpoint = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer;
    struct usctp_params params;
    struct usctp_config config = stack_config(&nat->side, seed, &params);

    nat_rebind(nat, nat->port);
    memset(&nat->to, 0, sizeof(nat->to));
    nat->to.sin_family = AF_INET;
    nat->to.sin_port = htons(group_port());
    nat->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(usctp_stack_new(&config, &nat->stack), 0);
    lower.flags = USCTP_LOWER_IPV4;
    lower.send = nat_send;
    assert_int_equal(usctp_stack_attach(nat->stack, &lower, nat, &nat->lower), 0);
    endpoint.port = 6000;
    assert_int_equal(usctp_endpoint_new(nat->stack, &endpoint, &nat->side.endpoint), 0);
    memset(&peer, 0, sizeof(peer));
    peer.addr = server_addrs[0];
    peer.udp_port = group_port();
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = ECHO_PORT;
    assert_int_equal(usctp_endpoint_connect(nat->side.endpoint, &connect, &nat->side.assoc), 0);
}

static void nat_serve(struct nat *nat)
{
    static uint8_t bytes[65536];
    struct usctp_dgram dgram;
    ssize_t len;

    while ((len = recv(nat->fd, bytes, sizeof(bytes), 0)) >= 0) {
        memset(&dgram, 0, sizeof(dgram));
        dgram.data = bytes;
        dgram.len = (size_t)len;
        dgram.local = client_addrs[0];
        dgram.remote = server_addrs[0];
        dgram.local_udp_port = 1;
        dgram.remote_udp_port = ntohs(nat->to.sin_port);
        dgram.lower = nat->lower;
        assert_int_equal(
            usctp_stack_input(nat->stack, &dgram, 1, sizeof(dgram), usctp_clock_system(NULL)), 0);
    }
    assert_int_equal(usctp_stack_advance(nat->stack, usctp_clock_system(NULL)), 0);
}

static void nat_echo(struct nat *nat, int cnt)
{
    int wanted = nat->side.got_cnt + cnt;

    for (int n = 0; n < cnt; n++) {
        send_message(&nat->side, (unsigned)(nat->side.got_cnt + n));
    }
    while (nat->side.got_cnt < wanted) {
        assert_int_equal(nat->side.lost_cnt, 0);
        serve_all();
        nat_serve(nat);
    }
    assert_false(nat->side.wrong);
}

static void wait_up(struct nat *nat)
{
    while (nat->side.up_cnt == 0) {
        assert_int_equal(nat->side.lost_cnt, 0);
        serve_all();
        nat_serve(nat);
    }
}

static int sum_restarted(void)
{
    return shards[0].restarted_cnt + shards[1].restarted_cnt + shards[2].restarted_cnt;
}

static int sum_up(void)
{
    return shards[0].up_cnt + shards[1].up_cnt + shards[2].up_cnt;
}

static void nat_down(struct nat *nat)
{
    usctp_stack_free(nat->stack);
    close(nat->fd);
}

static void nat_begin(struct nat *nat, uint32_t flags)
{
    memset(nat, 0, sizeof(*nat));
    nat->fd = -1;
    group_up(SHARD_CNT, flags);
    nat_up(nat, 50);
    wait_up(nat);
    nat_echo(nat, 5);
}

/* A NAT that rebinds changes the socket that the system would choose by itself, but not the tag. */
static void rebind(uint32_t flags)
{
    static struct nat nat;

    nat_begin(&nat, flags);
    unsigned home = prefix_of(&nat.side);
    for (int i = 0; i < 5; i++) {
        nat_rebind(&nat, 0);
        nat_echo(&nat, 5);
        assert_int_equal(prefix_of(&nat.side), home);
    }
    assert_int_equal(sum_up(), 1);
    nat_down(&nat);
    group_down();
}

static void test_rebind(void **state)
{
    (void)state;
    rebind(0);
    rebind(USCTP_DRIVER_NO_STEERING);
}

/* A peer that restarts meets its old association, wherever its INIT lands. */
static void restart(uint32_t flags)
{
    static struct nat nat;

    nat_begin(&nat, flags);
    unsigned home = prefix_of(&nat.side);
    for (uint64_t i = 0; i < 5; i++) {
        int fd = nat.fd;

        nat.fd = -1; /* It dies without a word. */
        usctp_stack_free(nat.stack);
        close(fd);
        nat_up(&nat, 60 + i);
        wait_up(&nat);
        nat_echo(&nat, 5);
        assert_int_equal(sum_restarted(), i + 1);
        assert_int_equal(prefix_of(&nat.side), home);
    }
    assert_int_equal(sum_up(), 1);
    nat_down(&nat);
    group_down();
}

static void test_restart(void **state)
{
    (void)state;
    restart(0);
    restart(USCTP_DRIVER_NO_STEERING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group),       cmocka_unit_test(test_spread),
        cmocka_unit_test(test_come_and_go), cmocka_unit_test(test_rebind),
        cmocka_unit_test(test_restart),
    };

    return cmocka_run_group_tests_name("shards", tests, NULL, NULL);
}
