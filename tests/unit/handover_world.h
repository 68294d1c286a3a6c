/* SPDX-License-Identifier: BSD-3-Clause */
/* Handover from one stack to another with the same address, while a peer looks on. */
#ifndef USCTP_TEST_HANDOVER_WORLD_H
#define USCTP_TEST_HANDOVER_WORLD_H

#include "unit/stack_pair.h"

#include "core/assoc.h"
#include "core/check.h"

enum { CLIENT_PORT = 5002, STRING_MAX = 1 << 17, STREAMS = 64 };

struct world {
    struct side old;  /* where the association was set up */
    struct side home; /* where it goes */
    struct side peer;
    usctp_endpoint *old_endpoint, *home_endpoint, *peer_endpoint;
    usctp_assoc *assoc; /* ours, wherever it lives */
    uint64_t now_ts;
    struct usctp_params params; /* of all endpoints */
    uint8_t string[STRING_MAX];
    size_t len;
};

static inline usctp_endpoint *world_endpoint(struct world *world, struct side *side, uint16_t port,
                                             uint32_t flags)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    usctp_endpoint *endpoint = NULL;

    config.port = port;
    config.flags = flags;
    config.params = &world->params;
    assert_int_equal(usctp_endpoint_new(side->stack, &config, &endpoint), USCTP_OK);
    return endpoint;
}

/* Three stacks with their endpoints; world->params may be changed by `tune` before. */
static inline struct world *world_new(void (*tune)(struct usctp_params *params))
{
    static struct world world;

    memset(&world, 0, sizeof(world));
    assert_int_equal(usctp_params_init(&world.params, USCTP_PRESET_PLAIN), USCTP_OK);
    world.params.out_streams = STREAMS;
    world.params.reconf_allow =
        USCTP_RECONF_ALLOW_RESETS | USCTP_RECONF_ALLOW_ASSOC_RESET | USCTP_RECONF_ALLOW_ADDS;
    if (tune != NULL) {
        tune(&world.params);
    }
    side_up(&world.old, "192.0.2.1", 1, NULL);
    side_up(&world.home, "192.0.2.1", 3, NULL);
    side_up(&world.peer, "192.0.2.2", 2, NULL);
    world.old_endpoint = world_endpoint(&world, &world.old, CLIENT_PORT, 0);
    world.home_endpoint = world_endpoint(&world, &world.home, CLIENT_PORT, 0);
    world.peer_endpoint = world_endpoint(&world, &world.peer, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    world.now_ts = USCTP_SEC(100);
    return &world;
}

static inline void world_settle(struct world *world, struct side *side)
{
    settle(side, &world->peer, world->now_ts);
}

/* Sets the association up. */
static inline void world_connect(struct world *world)
{
    usctp_stack_set_time(world->old.stack, world->now_ts);
    usctp_stack_set_time(world->home.stack, world->now_ts);
    usctp_stack_set_time(world->peer.stack, world->now_ts);
    world->assoc = side_connect(world->old_endpoint, &world->peer.addr, SERVER_PORT);
    world_settle(world, &world->old);
    assert_int_equal(world->old.events[USCTP_EVENT_UP], 1);
    assert_int_equal(world->peer.events[USCTP_EVENT_UP], 1);
}

/* Time goes on, and whoever has something to say says it. */
static inline void world_pass(struct world *world, struct side *side, uint64_t dur)
{
    uint64_t end_ts = world->now_ts + dur;

    while (world->now_ts < end_ts) {
        world->now_ts += USCTP_MS(100);
        usctp_stack_advance(side->stack, world->now_ts);
        usctp_stack_advance(world->peer.stack, world->now_ts);
        world_settle(world, side);
    }
}

static inline int world_send(usctp_assoc *assoc, uint16_t stream, size_t len)
{
    static uint8_t bytes[100000];
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {bytes, len};

    info.stream = stream;
    return usctp_assoc_send(assoc, &info, &iov, 1);
}

/* It is quiet within SACK.Delay. */
static inline void world_export(struct world *world)
{
    world_pass(world, &world->old, USCTP_MS(300));
    assert_int_equal(usctp_assoc_export_ready(world->assoc), 0);
    assert_int_equal(usctp_assoc_export(world->assoc, world->string, STRING_MAX, &world->len),
                     USCTP_OK);
    assert_int_equal(world->old.events[USCTP_EVENT_CLOSED], 1);
    assert_int_equal(world->old.sent_cnt, 0);
    world->assoc = NULL;
}

/* These reasons against it and no others: nothing is exported, and nothing has changed. */
static inline void refuses(struct world *world, unsigned reasons)
{
    size_t len = 12345;

    assert_int_equal(usctp_assoc_export_ready(world->assoc), reasons);
    assert_int_equal(usctp_assoc_export(world->assoc, world->string, STRING_MAX, &len),
                     USCTP_ESTATE);
    assert_int_equal(len, 12345);
    assert_int_equal(world->old.events[USCTP_EVENT_CLOSED], 0);
    usctp__assoc_check(world->assoc);
}

static inline void world_import(struct world *world)
{
    usctp_stack_set_time(world->home.stack, world->now_ts);
    assert_int_equal(usctp_endpoint_import(world->home_endpoint, world->string, world->len, 0,
                                           world, &world->assoc),
                     USCTP_OK);
    assert_int_equal(usctp_assoc_state(world->assoc), USCTP_STATE_ESTABLISHED);
    assert_ptr_equal(usctp_assoc_user(world->assoc), world);
    usctp__assoc_check(world->assoc);
    assert_int_equal(world->home.events[USCTP_EVENT_UP], 0);
}

/* The whole way, as soon as it is quiet; and at once. */
static inline void world_move(struct world *world)
{
    world_export(world);
    world_import(world);
}

static inline void world_move_now(struct world *world)
{
    assert_int_equal(usctp_assoc_export(world->assoc, world->string, STRING_MAX, &world->len),
                     USCTP_OK);
    world_import(world);
}

/* A count of events comes to this; delayed SACKs may have to be waited for. */
static inline void world_until(struct world *world, struct side *side, const uint32_t *cnt,
                               uint32_t want)
{
    world_settle(world, side);
    for (unsigned i = 0; i < 30 && *cnt < want; i++) {
        world_pass(world, side, USCTP_MS(100));
    }
    assert_int_equal(*cnt, want);
}

/* What each association says arrives there whole, in its order; from the side where ours lives. */
static inline void world_talk(struct world *world, struct side *side, uint16_t stream)
{
    uint32_t got = side->events[USCTP_EVENT_MESSAGE];
    uint32_t peer_got = world->peer.events[USCTP_EVENT_MESSAGE];

    assert_int_equal(world_send(world->assoc, stream, 5000), USCTP_OK);
    world_until(world, side, &world->peer.events[USCTP_EVENT_MESSAGE], peer_got + 1);
    assert_int_equal(world->peer.last.u.message.len, 5000);
    assert_int_equal(world->peer.last.u.message.stream, stream);
    assert_int_equal(world_send(world->peer.assoc, stream, 3000), USCTP_OK);
    world_until(world, side, &side->events[USCTP_EVENT_MESSAGE], got + 1);
    assert_int_equal(side->last.u.message.len, 3000);
    usctp__assoc_check(world->assoc);
}

/* Sets it up, and uses it; then it is quiet. */
static inline void world_use(struct world *world, uint16_t stream)
{
    world_connect(world);
    world_talk(world, &world->old, stream);
    world_pass(world, &world->old, USCTP_MS(300));
}

/* A packet that the peer has sent comes in, from this port; and its checksum, after it was changed. */
static inline void world_replay(struct world *world, struct side *side, uint16_t udp_port,
                                const struct sent *sent)
{
    side_input(side, &world->peer.addr, udp_port, sent->bytes, sent->dgram.len, world->now_ts);
}

static inline void sent_seal(struct sent *sent)
{
    usctp__put32(sent->bytes + 8,
                 usctp__crc32c_packet(usctp__crc32c_sw, sent->bytes, sent->dgram.len));
}

static inline void world_free(struct world *world)
{
    side_down(&world->old);
    side_down(&world->home);
    side_down(&world->peer);
}

#endif
