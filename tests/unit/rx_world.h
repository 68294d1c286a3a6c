/* SPDX-License-Identifier: BSD-3-Clause */
/* One association on a core of its own, with everything above it made of a few lines: packets are
 * handed in chunk by chunk, what leaves is read back, events are written down. */
#ifndef USCTP_TEST_RX_WORLD_H
#define USCTP_TEST_RX_WORLD_H

#include "unit.h"

#include "base/compiler.h"
#include "common/test_crypto.h"
#include "common/test_memory.h"
#include "core/assoc.h"
#include "core/error.h"
#include "core/input.h"
#include "core/message.h"
#include "wire/abort_error.h"
#include "wire/data.h"
#include "wire/sack.h"

#define WORLD_TSN UINT32_C(0xfffffffa) /* the numbers on the wire wrap around soon */

enum { WORLD_EVENTS = 4096, WORLD_PACKET_LEN = 65000 };

/* An event as it was seen. */
struct seen {
    int type;
    uint32_t len;
    uint32_t tsn;
    uint32_t ppid;
    uint16_t stream;
    uint16_t ssn;
    uint16_t flags;
    uint16_t cause;
    usctp_path_id path;
};

struct world;

/* Called in the callback of an event, after it was written down. */
typedef void (*world_hook)(struct world *world, const struct usctp_event *event);

struct world {
    struct usctp__core core; /* the first member */
    struct test_memory memory;
    struct test_crypto crypto;
    struct usctp__params_ref *params;
    struct usctp_assoc *assoc; /* NULL when it is gone */
    struct usctp_dgram dgram;  /* where packets come from */
    world_hook hook;
    void *hook_ctx;
    struct seen events[WORLD_EVENTS];
    unsigned event_cnt;
    /* What left: chunks of all packets since world_forget. */
    unsigned packet_cnt, sack_cnt, error_cnt, abort_cnt, shutdown_cnt;
    uint32_t sack_cum, sack_rwnd; /* of the last SACK */
    unsigned gap_cnt, dup_cnt;
    struct usctp__gap gaps[64];
    uint32_t dups[64];
    usctp_path_id sack_path;
    uint16_t cause; /* of the last ERROR or ABORT */
    /* The packet being put together. */
    uint8_t packet[WORLD_PACKET_LEN];
    struct usctp__writer w;
};

static inline struct world *world_of(struct usctp__core *core)
{
    return USCTP__CONTAINER_OF(core, struct world, core);
}

static inline bool world_tag_taken(struct usctp__core *core, uint32_t tag)
{
    (void)core, (void)tag;
    return false;
}

static inline bool world_tag_add(struct usctp__core *core, struct usctp_assoc *assoc)
{
    (void)core, (void)assoc;
    return true;
}

static inline void world_tag_remove(struct usctp__core *core, struct usctp_assoc *assoc)
{
    (void)core, (void)assoc;
}

static inline void world_path(struct usctp__core *core, struct usctp__path *path)
{
    (void)core, (void)path;
}

static inline struct usctp_assoc *world_find_peer(struct usctp__core *core,
                                                  const struct usctp_assoc *assoc,
                                                  const struct usctp_addr *remote)
{
    (void)core, (void)assoc, (void)remote;
    return NULL;
}

static inline void world_deliver(struct usctp__core *core, struct usctp_assoc *assoc,
                                 struct usctp_event *event)
{
    struct world *world = world_of(core);
    struct seen *seen = &world->events[world->event_cnt++];

    assert_ptr_equal(assoc, world->assoc);
    assert_true(core->in_callback);
    assert_true(world->event_cnt < WORLD_EVENTS);
    assert_int_equal(event->size, sizeof(*event));
    memset(seen, 0, sizeof(*seen));
    seen->type = event->type;
    if (event->type == USCTP_EVENT_MESSAGE) {
        size_t len = 0;

        for (size_t i = 0; i < event->u.message.iov_cnt; i++) {
            len += event->u.message.iov[i].len;
        }
        assert_int_equal(len, event->u.message.len);
        seen->len = (uint32_t)len;
        seen->tsn = event->u.message.tsn;
        seen->ppid = event->u.message.ppid;
        seen->stream = event->u.message.stream;
        seen->ssn = (uint16_t)event->u.message.ssn;
        seen->flags = event->u.message.flags;
        seen->path = event->u.message.path;
    } else if (event->type == USCTP_EVENT_LOST) {
        seen->cause = event->u.lost.cause;
        seen->len = (uint32_t)event->u.lost.causes_len;
        seen->flags = (uint16_t)event->u.lost.reason;
    }
    if (world->hook != NULL) {
        world->hook(world, event);
    }
}

static inline void world_note_sack(struct world *world, const struct usctp__chunk *chunk,
                                   usctp_path_id path)
{
    struct usctp__sack sack;

    assert_true(usctp__sack_parse(&sack, chunk));
    world->sack_cnt++;
    world->sack_cum = sack.cum_tsn;
    world->sack_rwnd = sack.a_rwnd;
    world->sack_path = path;
    world->gap_cnt = sack.gap_cnt;
    world->dup_cnt = sack.dup_cnt;
    for (unsigned i = 0; i < sack.gap_cnt && i < 64; i++) {
        world->gaps[i] = usctp__sack_gap(&sack, i);
    }
    for (unsigned i = 0; i < sack.dup_cnt && i < 64; i++) {
        world->dups[i] = usctp__sack_dup(&sack, i);
    }
}

static inline void world_note(struct world *world, const struct usctp__chunk *chunk,
                              usctp_path_id path)
{
    struct usctp__range causes;

    switch (chunk->type) {
    case USCTP__CHUNK_SACK:
        world_note_sack(world, chunk, path);
        break;
    case USCTP__CHUNK_ERROR:
    case USCTP__CHUNK_ABORT:
        causes = usctp__error_causes(chunk);
        world->cause = usctp__cause_first(causes.ptr, causes.len);
        world->error_cnt += chunk->type == USCTP__CHUNK_ERROR;
        world->abort_cnt += chunk->type == USCTP__CHUNK_ABORT;
        break;
    case USCTP__CHUNK_SHUTDOWN:
        world->shutdown_cnt++;
        break;
    default:
        break;
    }
}

static inline void world_flush(struct usctp__core *core)
{
    struct world *world = world_of(core);

    for (size_t i = 0; i < core->slab.cnt; i++) {
        const struct usctp_dgram *dgram = &core->slab.dgrams[i];
        struct usctp__chunk_iter iter;
        struct usctp__chunk chunk;

        world->packet_cnt++;
        assert_true(dgram->len <= 1200);
        usctp__chunk_iter_init(&iter, dgram->data, dgram->len);
        while (usctp__chunk_next(&iter, &chunk) > 0) {
            world_note(world, &chunk, core->slab.path_ids[i]);
        }
    }
    usctp__slab_reset(&core->slab);
}

static inline size_t world_max_packet(struct usctp__core *core, usctp_lower_id lower,
                                      const struct usctp_addr *local,
                                      const struct usctp_addr *remote)
{
    (void)core, (void)lower, (void)local, (void)remote;
    return 0;
}

static inline uint32_t world_lower_flags(struct usctp__core *core, usctp_lower_id lower)
{
    (void)core, (void)lower;
    return USCTP_LOWER_IPV4;
}

static inline bool world_source(struct usctp__core *core, usctp_lower_id lower,
                                const struct usctp_addr *remote, struct usctp_addr *local)
{
    (void)core, (void)lower, (void)remote, (void)local;
    return false;
}

static inline bool world_new_port(struct usctp__core *core, struct usctp_assoc *assoc)
{
    (void)core, (void)assoc;
    return false;
}

static inline void world_gone(struct usctp__core *core, struct usctp_assoc *assoc)
{
    assert_ptr_equal(world_of(core)->assoc, assoc);
    world_of(core)->assoc = NULL;
}

static const struct usctp__core_ops world_ops = {
    .tag_add = world_tag_add,
    .tag_taken = world_tag_taken,
    .tag_remove = world_tag_remove,
    .path_add = world_path,
    .path_remove = world_path,
    .find_peer = world_find_peer,
    .deliver = world_deliver,
    .flush = world_flush,
    .max_packet = world_max_packet,
    .source = world_source,
    .lower_flags = world_lower_flags,
    .new_port = world_new_port,
    .gone = world_gone,
};

/* An established association with two paths, 192.0.2.1 and 192.0.2.2; the window is that of
 * `params`, whose members may be changed before by the caller. */
static inline struct world *world_new(const struct usctp_params *params)
{
    struct world *world = test_calloc(1, sizeof(*world));
    struct usctp_config config = USCTP_CONFIG_INIT;
    struct usctp_addr local;
    int error = 0;

    config.memory = test_memory_init(&world->memory);
    config.crypto = test_crypto_init(&world->crypto, 1);
    config.now_ts = USCTP_SEC(1);
    assert_int_equal(usctp__core_init(&world->core, &config, &world_ops), USCTP_OK);
    world->params = usctp__params_new(&world->core, params);
    usctp__core_enter(&world->core);
    world->assoc = usctp__assoc_new(&world->core, NULL, world->params, NULL, 5000, 5001, &error);
    assert_non_null(world->assoc);
    world->assoc->peer_tag = 77;
    world->assoc->in_streams = 20;
    memset(&local, 0, sizeof(local));
    for (uint8_t i = 1; i <= 2; i++) {
        struct usctp_addr remote = {USCTP_AF_IPV4, {0}, 0, {192, 0, 2, i}};

        assert_non_null(usctp__path_add(world->assoc, 1, &local, &remote, 9899, USCTP_PATH_ACTIVE));
    }
    usctp__path_choose(world->assoc);
    usctp__tx_peer(world->assoc, 100000, 10);
    usctp__rx_init(world->assoc, WORLD_TSN, params->receive_window);
    usctp__assoc_set_state(world->assoc, USCTP_STATE_ESTABLISHED);
    usctp__core_leave(&world->core);
    world->dgram.remote.family = USCTP_AF_IPV4;
    world->dgram.remote_udp_port = 9899;
    world->dgram.lower = 1;
    world->event_cnt = 0;
    return world;
}

static inline void world_free(struct world *world)
{
    if (world->assoc != NULL) {
        usctp__core_enter(&world->core);
        usctp__assoc_free(world->assoc, false);
        usctp__core_leave(&world->core);
        assert_null(world->assoc);
    }
    usctp__params_unref(&world->core, world->params);
    usctp__core_destroy(&world->core);
    assert_int_equal(test_memory_leaks(&world->memory), 0);
    test_free(world);
}

/* What left and what happened so far is forgotten. */
static inline void world_forget(struct world *world)
{
    world->packet_cnt = 0;
    world->sack_cnt = 0;
    world->error_cnt = 0;
    world->abort_cnt = 0;
    world->shutdown_cnt = 0;
    world->event_cnt = 0;
}

/* Time goes on, and what is due runs. */
static inline void world_wait(struct world *world, uint64_t dur)
{
    usctp__core_enter(&world->core);
    usctp__core_set_time(&world->core, world->core.now_ts + dur);
    usctp__core_run_alarms(&world->core);
    usctp__core_leave(&world->core);
}

/* Begins a packet. */
static inline void packet_begin(struct world *world)
{
    struct usctp__packet_header header = {5001, 5000, world->assoc->my_tag, 0};

    world->w = usctp__writer_make(world->packet, sizeof(world->packet));
    usctp__packet_header_write(&world->w, &header);
}

/* Adds DATA: TSN relative to the first one, stream, SSN, flags and length; the PPID is the TSN. */
static inline void packet_data(struct world *world, int tsn, uint16_t sid, uint16_t ssn,
                               unsigned flags, size_t len)
{
    struct usctp__data data = {0};
    uint8_t *payload;

    data.tsn = WORLD_TSN + (uint32_t)tsn;
    data.sid = sid;
    data.ssn = ssn;
    data.ppid = (uint32_t)tsn;
    data.flags = (uint8_t)flags;
    data.payload_len = len;
    payload = usctp__data_write(&world->w, &data);
    assert_non_null(payload);
    memset(payload, tsn, len);
}

/* Hands the packet in, from path 1 or 2. The bytes are gone afterwards, as those of a driver. */
static inline void packet_take(struct world *world, usctp_path_id path)
{
    struct usctp__packet_in in;
    uint8_t *copy = test_malloc(world->w.len);

    assert_false(world->w.failed);
    memcpy(copy, world->packet, world->w.len);
    memset(&in, 0, sizeof(in));
    in.dgram = &world->dgram;
    in.packet = copy;
    in.len = world->w.len;
    in.src_port = 5001;
    in.dst_port = 5000;
    in.tag = world->assoc->my_tag;
    in.path = usctp__path_by_id(world->assoc, path);
    usctp__core_enter(&world->core);
    (void)usctp__input_packet(world->assoc, &in, 0);
    usctp__core_leave(&world->core);
    memset(copy, 0xee, world->w.len);
    test_free(copy);
}

enum {
    WHOLE = USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END,
    FIRST = USCTP__DATA_FLAG_BEGIN,
    MIDDLE = 0,
    LAST = USCTP__DATA_FLAG_END,
    LOOSE = USCTP__DATA_FLAG_UNORDERED
};

/* A packet with one DATA chunk, from path 1. */
static inline void take_data(struct world *world, int tsn, uint16_t sid, uint16_t ssn,
                             unsigned flags, size_t len)
{
    packet_begin(world);
    packet_data(world, tsn, sid, ssn, flags, len);
    packet_take(world, 1);
}

/* Events of a type so far. */
static inline unsigned seen_cnt(const struct world *world, int type)
{
    unsigned cnt = 0;

    for (unsigned i = 0; i < world->event_cnt; i++) {
        cnt += world->events[i].type == type;
    }
    return cnt;
}

#endif
