/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts of sockets, joined by a wire of our own, in virtual time: the same sockets as over UDP, but
 * every run is the same. Blocking calls work: while one waits, the wire and the clock go on. */
#ifndef USCTP_TEST_SOCKET_WORLD_H
#define USCTP_TEST_SOCKET_WORLD_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usctp/driver.h>
#include <usctp/socket.h>

#include "common/test_crypto.h"
#include "unit/socket_set.h"
#include "unit/unit.h"

enum { WORLD_HOSTS = 2, WORLD_QUEUE = 4096, WORLD_PACKET_LEN = 2048 };

struct world_packet {
    struct usctp_dgram dgram;
    uint8_t bytes[WORLD_PACKET_LEN];
    int to; /* which host */
};

struct world;

struct world_host {
    struct world *world;
    usctp_host *host;
    struct usctp_addr addr4, addr6; /* 10.0.0.n, fd00::n; all of 10.n.0.0/16 is its own too */
    int number;
};

struct world {
    uint64_t now_ts;
    uint32_t host_flags; /* enum usctp_host_flag */
    struct world_host hosts[WORLD_HOSTS];
    struct world_packet *queue;
    size_t first, cnt;
    size_t lent_cnt; /* datagrams that host 1 has not given back */
    bool blocked;    /* no datagram is taken */
    bool (*drop)(struct world *world, const struct usctp_dgram *dgram); /* may be NULL */
    void (*step)(struct world *world); /* in each wait; may be NULL */
    void *user;
};

static inline uint64_t world_clock(void *ctx)
{
    return ((struct world *)ctx)->now_ts;
}

/* Which host has this address; -1: none. */
static inline int world_owner(const struct world *world, const struct usctp_addr *addr)
{
    for (int i = 0; i < WORLD_HOSTS; i++) {
        const struct world_host *host = &world->hosts[i];

        if (memcmp(addr->bytes, host->addr4.bytes, 16) == 0 ||
            memcmp(addr->bytes, host->addr6.bytes, 16) == 0 ||
            (addr->family == USCTP_AF_IPV4 && addr->bytes[0] == 10 &&
             addr->bytes[1] == host->number)) {
            return i;
        }
    }
    return -1;
}

static inline void world_queue_packet(struct world_host *from, const struct usctp_dgram *dgram)
{
    struct world *world = from->world;
    int to = world_owner(world, &dgram->remote);

    if (to < 0 || world->cnt == WORLD_QUEUE || dgram->len > WORLD_PACKET_LEN ||
        (world->drop != NULL && world->drop(world, dgram))) {
        return;
    }
    struct world_packet *packet = &world->queue[(world->first + world->cnt++) % WORLD_QUEUE];
    memset(&packet->dgram, 0, sizeof(packet->dgram));
    memcpy(packet->bytes, dgram->data, dgram->len);
    packet->dgram.data = packet->bytes;
    packet->dgram.len = dgram->len;
    packet->dgram.local = dgram->remote;
    packet->dgram.remote = dgram->local;
    if (packet->dgram.remote.family == USCTP_AF_NONE) {
        packet->dgram.remote = dgram->remote.family == USCTP_AF_IPV6 ? from->addr6 : from->addr4;
    }
    packet->dgram.local_udp_port = 9899;
    packet->dgram.remote_udp_port = 9899;
    packet->to = to;
}

static inline size_t world_send(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    if (((const struct world_host *)ctx)->world->blocked) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct usctp_dgram *dgram = (struct usctp_dgram *)(void *)((uint8_t *)dgrams + i * stride);

        world_queue_packet(ctx, dgram);
        dgram->status = USCTP_DGRAM_SENT;
    }
    return n;
}

static inline int world_source(void *ctx, const struct usctp_addr *remote, struct usctp_addr *local)
{
    const struct world_host *host = ctx;

    *local = remote->family == USCTP_AF_IPV6 ? host->addr6 : host->addr4;
    return 0;
}

/* Datagrams for host i. Host 1 has them lent, each in an allocation of its own. */
static inline void world_input(struct world *world, int i, struct usctp_dgram *dgrams, size_t n)
{
    for (size_t k = 0; i == 1 && k < n; k++) {
        void *bytes = malloc(dgrams[k].len);

        assert_non_null(bytes);
        memcpy(bytes, dgrams[k].data, dgrams[k].len);
        dgrams[k].data = bytes;
        world->lent_cnt++;
    }
    assert_int_equal(usctp_host_input(world->hosts[i].host, dgrams, n), 0);
}

static inline void world_release(void *ctx, void *data, size_t len)
{
    (void)len;
    ((struct world_host *)ctx)->world->lent_cnt--;
    free(data);
}

/* Hands on what is under way; true if anything was. */
static inline bool world_deliver(struct world *world)
{
    bool any = false;

    while (world->cnt > 0) {
        struct world_packet *packet = &world->queue[world->first];

        world->first = (world->first + 1) % WORLD_QUEUE;
        world->cnt--;
        any = true;
        if (world->hosts[packet->to].host != NULL) {
            world_input(world, packet->to, &packet->dgram, 1);
        }
    }
    return any;
}

static inline uint64_t world_next(const struct world *world)
{
    uint64_t next_ts = USCTP_NEVER;

    for (int i = 0; i < WORLD_HOSTS; i++) {
        if (world->hosts[i].host != NULL) {
            uint64_t ts = usctp_stack_next_deadline(usctp_host_stack(world->hosts[i].host));

            next_ts = ts < next_ts ? ts : next_ts;
        }
    }
    return next_ts;
}

/* Goes on until something was delivered, a timer ran, or it is until_ts. */
static inline void world_step(struct world *world, uint64_t until_ts)
{
    uint64_t next_ts;

    if (world->step != NULL) {
        world->step(world);
    }
    if (world_deliver(world)) {
        return;
    }
    next_ts = world_next(world);
    next_ts = next_ts < until_ts ? next_ts : until_ts;
    assert_int_not_equal(next_ts, USCTP_NEVER); /* else somebody waits for ever */
    world->now_ts = next_ts > world->now_ts ? next_ts : world->now_ts + 1;
    for (int i = 0; i < WORLD_HOSTS; i++) {
        if (world->hosts[i].host != NULL) {
            assert_int_equal(usctp_host_process(world->hosts[i].host), 0);
        }
    }
}

/* For so long. */
static inline void world_run(struct world *world, uint64_t dur)
{
    uint64_t until_ts = world->now_ts + dur;

    while (world->now_ts < until_ts) {
        world_step(world, until_ts);
    }
}

/* Until nothing is under way. */
static inline void world_settle(struct world *world)
{
    while (world_deliver(world)) {
    }
}

static inline int world_wait(void *ctx, uint64_t until_ts)
{
    world_step(((struct world_host *)ctx)->world, until_ts);
    return 0;
}

static inline void world_make_host(struct world *world, int i)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct usctp_lower lower = USCTP_LOWER_INIT;
    struct world_host *host = &world->hosts[i];

    stack.memory = usctp_memory_system();
    stack.crypto = test_crypto_system();
    stack.clock = world_clock;
    stack.clock_ctx = world;
    lower.flags = USCTP_LOWER_IPV4 | USCTP_LOWER_IPV6;
    lower.send = world_send;
    lower.source = world_source;
    config.flags = world->host_flags;
    config.stack = &stack;
    config.lower = &lower;
    config.lower_ctx = host;
    config.wait = world_wait;
    config.wait_ctx = host;
    config.release = i == 1 ? world_release : NULL;
    assert_int_equal(usctp_host_new(&config, &host->host), 0);
}

static inline struct world *world_new_with(uint32_t host_flags)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    world->host_flags = host_flags;
    world->now_ts = USCTP_SEC(1);
    world->queue = calloc(WORLD_QUEUE, sizeof(*world->queue));
    assert_non_null(world->queue);
    for (int i = 0; i < WORLD_HOSTS; i++) {
        char text[32];
        struct world_host *host = &world->hosts[i];

        host->world = world;
        host->number = i + 1;
        snprintf(text, sizeof(text), "10.0.0.%d", i + 1);
        assert_int_equal(usctp_addr_parse(&host->addr4, text), 0);
        snprintf(text, sizeof(text), "fd00::%d", i + 1);
        assert_int_equal(usctp_addr_parse(&host->addr6, text), 0);
        world_make_host(world, i);
    }
    return world;
}

static inline struct world *world_new(void)
{
    return world_new_with(0);
}

static inline void world_free(struct world *world)
{
    for (int i = 0; i < WORLD_HOSTS; i++) {
        if (world->hosts[i].host != NULL) {
            assert_int_equal(usctp_host_free(world->hosts[i].host), 0);
            world->hosts[i].host = NULL;
        }
    }
    assert_int_equal(world->lent_cnt, 0);
    free(world->queue);
    free(world);
}

/* A test with a world of its own, which is *state. */
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

static inline int world_set_up(void **state)
{
    *state = world_new();
    return 0;
}

static inline int world_tear_down(void **state)
{
    world_free(*state);
    return 0;
}

static inline int world_socket(struct world *world, int i, int domain, int type)
{
    int fd = usctp_host_socket(world->hosts[i].host, domain, type, IPPROTO_SCTP);

    assert_true(fd >= 0);
    return fd;
}

/* 10.0.0.n with a port. */
static inline struct sockaddr_in world_name(int i, uint16_t port)
{
    struct sockaddr_in sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    sin.sin_addr.s_addr = htonl(0x0a000000u + (uint32_t)i + 1);
    return sin;
}

static inline const struct sockaddr *world_sa(const struct sockaddr_in *sin)
{
    return (const struct sockaddr *)(const void *)sin;
}

/* A listening socket on host i. */
static inline int world_listener(struct world *world, int i, int type, uint16_t port)
{
    struct sockaddr_in name = world_name(i, port);
    int fd = world_socket(world, i, AF_INET, type);

    assert_int_equal(usctp_bind(fd, world_sa(&name), sizeof(name)), 0);
    assert_int_equal(usctp_listen(fd, 5), 0);
    return fd;
}

/* One-to-one: client on host 0, server on host 1. */
static inline void world_pair(struct world *world, int *client, int *server)
{
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    struct sockaddr_in name = world_name(1, 7);

    *client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    assert_int_equal(usctp_connect(*client, world_sa(&name), sizeof(name)), 0);
    *server = usctp_accept(listener, NULL, NULL);
    assert_true(*server >= 0);
    assert_int_equal(usctp_close(listener), 0);
}

/* Connects to host 1; and a new socket of host 0 that is. */
static inline int connect_to(int fd, uint16_t port)
{
    struct sockaddr_in name = world_name(1, port);

    return usctp_connect(fd, world_sa(&name), sizeof(name));
}

static inline int client_of(struct world *world, uint16_t port)
{
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    assert_int_equal(connect_to(fd, port), 0);
    return fd;
}

/* For world->drop. */
static inline bool drop_all(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    (void)dgram;
    return true;
}

#endif
