/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets without memory: what came is not lost, and comes when there is some again. */
#include "unit/socket_options.h"

#include "socket/host.h"
#include "socket/sock.h"
#include "socket/table.h"
#include "stack/stack.h"

enum { MESSAGES = 200, LEN = 60000 };

/* What the sockets of this host ask for beyond what they have is refused, or no longer. */
static void starve(struct world *world, int i, bool starved)
{
    struct usctp__mem *mem = &world->hosts[i].host->mem;

    mem->limit = starved ? mem->used : SIZE_MAX;
}

static void check_messages(int fd)
{
    for (int i = 0; i < MESSAGES; i++) {
        int got = -1;

        assert_int_equal(usctp_recv(fd, &got, sizeof(got), MSG_DONTWAIT), sizeof(got));
        assert_int_equal(got, i);
    }
    FAILS(usctp_recv(fd, &(char){0}, 1, MSG_DONTWAIT), EAGAIN);
}

static void send_messages(int fd)
{
    for (int i = 0; i < MESSAGES; i++) {
        assert_int_equal(usctp_send(fd, &i, sizeof(i), MSG_DONTWAIT), sizeof(i));
    }
}

/* Nothing waits that could be read, so that no call of the program brings on the next one. */
static void test_nothing_waits(void **state)
{
    struct world *world = world_new();
    int client, server;
    char byte;

    (void)state;
    world_pair(world, &client, &server);
    starve(world, 1, true);
    send_messages(client);
    world_run(world, USCTP_SEC(1));
    FAILS(usctp_recv(server, &byte, 1, MSG_DONTWAIT), EAGAIN);
    starve(world, 1, false);
    world_run(world, USCTP_SEC(1));
    check_messages(server);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* There is room for some; each that is read makes room for another. */
static void test_some_wait(void **state)
{
    struct world *world = world_new();
    int client, server, first = -1;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, &first, sizeof(first), 0), sizeof(first));
    world_run(world, USCTP_SEC(1));
    starve(world, 1, true);
    send_messages(client);
    world_run(world, USCTP_SEC(1));
    assert_int_equal(usctp_recv(server, &first, sizeof(first), MSG_DONTWAIT), sizeof(first));
    check_messages(server);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* Messages in parts need a little more. */
static void test_parts(void **state)
{
    static uint8_t sent[LEN], got[LEN];
    struct world *world = world_new();
    int client, server, flags = 0;
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < LEN; i++) {
        sent[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    world_pair(world, &client, &server);
    assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, 3000), 0);
    starve(world, 1, true);
    assert_int_equal(usctp_send(client, sent, LEN, MSG_DONTWAIT), LEN);
    world_run(world, USCTP_SEC(1));
    starve(world, 1, false);
    world_run(world, USCTP_SEC(1));
    do {
        flags = MSG_DONTWAIT;
        int part =
            usctp_sctp_recvmsg(server, got + len, sizeof(got) - len, NULL, NULL, NULL, &flags);

        assert_true(part > 0);
        len += (size_t)part;
        world_run(world, USCTP_MS(300));
    } while ((flags & MSG_EOR) == 0);
    assert_int_equal(len, LEN);
    assert_memory_equal(got, sent, LEN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static unsigned steps;

static void feed_late(struct world *world)
{
    if (++steps == 5) {
        starve(world, 1, false);
    }
}

/* A call that sleeps looks again by itself. */
static void test_sleeper_looks_again(void **state)
{
    struct world *world = world_new();
    struct timeval limit = {1, 0};
    int client, server;
    char byte = 0;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    starve(world, 1, true);
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    world_settle(world);
    steps = 0;
    world->step = feed_late;
    assert_int_equal(usctp_recv(server, &byte, 1, 0), 1);
    assert_int_equal(byte, 'x');
    world->step = NULL;
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* There is no memory at all: neither the core has any nor the sockets, nor buffers that came back. */
struct famine {
    struct usctp_host *host;
    struct {
        void *spare[1000];
        size_t cnt, cap;
    } classes[2][6]; /* of the core and of the sockets: buffers of 64 bytes to 2 KiB */
};

static void famine_begin(struct famine *famine, struct world *world)
{
    struct usctp_host *host = world->hosts[1].host;
    struct usctp__bufpool *pools[2] = {&host->stack->core.bufs, &host->bufs};

    famine->host = host;
    starve(world, 1, true);
    host->stack->core.mem.limit = 1;
    for (size_t i = 0; i < 12; i++) {
        void **spare = famine->classes[i / 6][i % 6].spare;
        size_t *cnt = &famine->classes[i / 6][i % 6].cnt;

        *cnt = 0;
        while (*cnt < 1000 &&
               (spare[*cnt] = usctp__bufpool_get(pools[i / 6], 64u << i % 6,
                                                 &famine->classes[i / 6][i % 6].cap)) != NULL) {
            ++*cnt;
        }
    }
}

static void famine_end(struct famine *famine, struct world *world)
{
    struct usctp__bufpool *pools[2] = {&famine->host->stack->core.bufs, &famine->host->bufs};

    starve(world, 1, false);
    famine->host->stack->core.mem.limit = SIZE_MAX;
    for (size_t i = 0; i < 12; i++) {
        for (size_t k = 0; k < famine->classes[i / 6][i % 6].cnt; k++) {
            usctp__bufpool_put(pools[i / 6], famine->classes[i / 6][i % 6].spare[k],
                               famine->classes[i / 6][i % 6].cap);
        }
    }
}

/* It does not acknowledge what it cannot keep, and the peer sends it again. */
static void test_core_without_memory(void **state)
{
    static char bytes[1000];
    struct world *world = world_new();
    static struct famine famine;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    famine_begin(&famine, world);
    assert_int_equal(usctp_send(client, bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(bytes));
    world_settle(world);
    famine_end(&famine, world);
    world_run(world, USCTP_SEC(5));
    assert_int_equal(usctp_recv(server, bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(bytes));
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* What it took, and then cannot keep, is not lost in silence: with it goes the association. */
static void test_nowhere_to_keep_it(void **state)
{
    static char bytes[1000];
    struct world *world = world_new();
    static struct famine famine;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(bytes));
    world_settle(world); /* now there is room to describe a message, though not for its bytes */
    assert_int_equal(usctp_recv(server, bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(bytes));
    famine_begin(&famine, world);
    assert_int_equal(usctp_send(client, bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(bytes));
    world_settle(world);
    famine_end(&famine, world);
    world_run(world, USCTP_SEC(5));
    if (USCTP__POOLED) {
        FAILS(usctp_recv(server, bytes, sizeof(bytes), MSG_DONTWAIT), ENOBUFS);
        FAILS(usctp_recv(client, bytes, sizeof(bytes), MSG_DONTWAIT), ECONNRESET);
    } else { /* it was not even described, and came again */
        assert_int_equal(usctp_recv(server, bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(bytes));
    }
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_waits),
        cmocka_unit_test(test_some_wait),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_sleeper_looks_again),
        cmocka_unit_test(test_core_without_memory),
        cmocka_unit_test(test_nowhere_to_keep_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
