/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of reassembly share: a receiver of chunks with memory that can fail, the messages that were
 * cut into them, and the check of what is delivered. */
#ifndef USCTP_TESTS_UNIT_REASM_WORLD_H
#define USCTP_TESTS_UNIT_REASM_WORLD_H

#include "unit.h"

#include "base/compiler.h"
#include "common/test_memory.h"
#include "core/core.h"
#include "core/message.h"
#include "core/reasm.h"
#include "wire/packet.h"

enum {
    MESSAGE_MAX = 400,
    CHUNK_MAX = 3000,
    STREAM_MAX = 40,
    LEN_MAX = 6000,
    BEGIN = USCTP__DATA_FLAG_BEGIN,
    END = USCTP__DATA_FLAG_END,
    UNORDERED = USCTP__DATA_FLAG_UNORDERED
};

/* A message as it was sent. */
struct sent {
    uint32_t len;       /* once all is cut */
    uint32_t got_len;   /* of it, delivered so far */
    uint32_t number;    /* stream sequence number, or message identifier */
    unsigned missing;   /* fragments that did not come yet */
    uint64_t first_tsn; /* of its first fragment */
    uint16_t sid;
    bool unordered;
    bool done; /* delivered whole */
};

struct world {
    struct test_memory memory;
    struct usctp__core core;
    struct usctp__rxmap map;
    struct usctp__reasm reasm;
    struct usctp__queue out;
    uint64_t seed;
    struct sent messages[MESSAGE_MAX];
    uint8_t bytes[MESSAGE_MAX][LEN_MAX];
    unsigned message_cnt;
    struct usctp__rxchunk chunks[CHUNK_MAX]; /* PPID of the first of a message: its index */
    unsigned owner[CHUNK_MAX];               /* its message */
    unsigned chunk_cnt;
    unsigned pending[CHUNK_MAX]; /* chunks that did not come yet */
    unsigned pending_cnt;
    uint32_t next[STREAM_MAX][2]; /* numbers to be given, of ordered and of unordered messages */
    uint32_t expect[STREAM_MAX];  /* ordered ones to be delivered */
    unsigned part_cnt;            /* parts that were no whole message */
};

static inline struct world *world_new(uint64_t seed, bool interleaved)
{
    struct world *world = test_calloc(1, sizeof(*world));
    struct usctp__core *core = &world->core;

    world->seed = seed;
    usctp__mem_init(&core->mem, test_memory_init(&world->memory), 0);
    usctp__bufpool_init(&core->bufs, &core->mem);
    usctp__pool_init(&core->message_pool, &core->mem, sizeof(struct usctp_message), 16);
    usctp__pool_init(&core->rxfrag_pool, &core->mem, sizeof(struct usctp__rxfrag), 16);
    core->hash_key.k0 = prng_next(&world->seed);
    core->hash_key.k1 = prng_next(&world->seed);
    usctp__rxmap_init(&world->map, &core->mem, (uint32_t)0xfffffff0u);
    usctp__reasm_init(&world->reasm, core, interleaved);
    usctp__queue_init(&world->out);
    return world;
}

static inline void world_free(struct world *world)
{
    struct usctp__core *core = &world->core;

    usctp__reasm_clear(&world->reasm);
    usctp__rxmap_destroy(&world->map, &core->bufs);
    usctp__message_trim(core);
    assert_int_equal(core->message_pool.used_cnt, 0);
    assert_int_equal(core->rxfrag_pool.used_cnt, 0);
    usctp__pool_destroy(&core->message_pool);
    usctp__pool_destroy(&core->rxfrag_pool);
    usctp__bufpool_destroy(&core->bufs);
    assert_int_equal(test_memory_leaks(&world->memory), 0);
    test_free(world);
}

/* The numbers of streams begin here, where there is memory to say so: so they wrap around soon. */
static inline void number_streams(struct world *world, uint16_t stream_cnt, uint32_t first)
{
    for (uint16_t sid = 0; sid < stream_cnt; sid++) {
        uint32_t *next = usctp__stream_in_get(&world->reasm.streams, &world->core, sid);

        if (next != NULL) {
            *next = world->next[sid][0] = world->expect[sid] = first;
        }
    }
}

/* Checks the bytes of what was delivered, its place in the message and in the stream. */
static inline void check_message(struct world *world, const struct usctp_message *message)
{
    struct sent *sent = &world->messages[message->ppid];
    uint32_t len = 0;

    assert_true(message->ppid < world->message_cnt);
    assert_false(sent->done);
    assert_int_equal(message->sid, sent->sid);
    assert_int_equal((message->flags & USCTP_MESSAGE_UNORDERED) != 0, sent->unordered);
    assert_int_equal((message->flags & USCTP_MESSAGE_FIRST) != 0, sent->got_len == 0);
    for (unsigned i = 0; i < world->message_cnt; i++) { /* none comes between the parts of one */
        const struct sent *other = &world->messages[i];

        assert_true(other == sent || other->sid != sent->sid || other->got_len == 0 || other->done);
    }
    assert_int_equal(message->ssn, sent->unordered ? 0 : sent->number);
    if (sent->got_len == 0) {
        assert_int_equal(message->tsn, (uint32_t)sent->first_tsn);
    }
    if (!sent->unordered) {
        assert_int_equal(sent->number, world->expect[sent->sid]);
    }
    for (size_t i = 0; i < message->iov_cnt; i++) {
        assert_memory_equal(message->iov[i].base, world->bytes[message->ppid] + sent->got_len,
                            message->iov[i].len);
        sent->got_len += (uint32_t)message->iov[i].len;
        len += (uint32_t)message->iov[i].len;
    }
    assert_int_equal(len, message->len);
    assert_int_equal((message->flags & USCTP_MESSAGE_LAST) != 0, sent->got_len == sent->len);
    sent->done = sent->got_len == sent->len;
    if (sent->done && !sent->unordered) {
        world->expect[sent->sid] =
            (world->expect[sent->sid] + 1) & (world->reasm.interleaved ? UINT32_MAX : UINT16_MAX);
    }
    world->part_cnt += len != sent->len;
}

static inline void drain(struct world *world)
{
    struct usctp__qlink *link;

    usctp__reasm_open(&world->reasm, &world->out);
    while ((link = usctp__queue_pop(&world->out)) != NULL) {
        struct usctp_message *message = USCTP__CONTAINER_OF(link, struct usctp_message, head.link);

        check_message(world, message);
        usctp__message_unref(message);
    }
}

/* The same without a look at them; returns how many there were. */
static inline unsigned drop_output(struct world *world)
{
    struct usctp__qlink *link;
    unsigned cnt = 0;

    usctp__reasm_open(&world->reasm, &world->out);
    while ((link = usctp__queue_pop(&world->out)) != NULL) {
        usctp__message_unref(USCTP__CONTAINER_OF(link, struct usctp_message, head.link));
        cnt++;
    }
    return cnt;
}

/* A chunk comes in. */
static inline enum usctp__reasm_result give(struct world *world, const struct usctp__rxchunk *chunk)
{
    enum usctp__reasm_result result;

    if (!usctp__rxmap_reserve(&world->map, chunk->tsn)) {
        return USCTP__REASM_NOMEM;
    }
    result = usctp__reasm_add(&world->reasm, &world->map, chunk, &world->out);
    if (result == USCTP__REASM_OK) {
        usctp__rxmap_set(&world->map, chunk->tsn);
        usctp__reasm_advance(&world->reasm, usctp__rxmap_cum(&world->map));
    }
    return result;
}

/* A fragment of a message was cut: it will come. */
static inline void cut_chunk(struct world *world, unsigned message)
{
    world->messages[message].missing++;
    world->owner[world->chunk_cnt] = message;
    world->pending[world->pending_cnt++] = world->chunk_cnt++;
}

/* Pending chunk i comes in; false: no memory, it stays pending. */
static inline bool take(struct world *world, unsigned i)
{
    unsigned index = world->pending[i];
    struct usctp__rxchunk chunk = world->chunks[index];
    uint8_t *bytes = test_calloc(1, chunk.len);
    enum usctp__reasm_result result;

    /* What is lent goes with the events, as the buffer of a driver does. */
    memcpy(bytes, chunk.bytes, chunk.len);
    chunk.bytes = bytes;
    result = give(world, &chunk);
    drain(world);
    test_free(bytes);
    if (result == USCTP__REASM_NOMEM) {
        return false;
    }
    assert_int_equal(result, USCTP__REASM_OK);
    world->messages[world->owner[index]].missing--;
    world->pending_cnt--;
    memmove(&world->pending[i], &world->pending[i + 1],
            (world->pending_cnt - i) * sizeof(world->pending[0]));
    return true;
}

/* The next chunk to take: mostly near the front, as networks reorder, or from anywhere. */
static inline unsigned choose(struct world *world, unsigned spread)
{
    return (unsigned)prng_below(&world->seed, USCTP__MIN(spread, world->pending_cnt));
}

/* The fragment with the largest TSN that is held, if it is larger than this one, is taken back and will come
 * again. */
static inline void take_back(struct world *world, uint64_t above)
{
    uint64_t tsn;
    uint32_t len;

    if (usctp__reasm_renege(&world->reasm, above, &tsn, &len)) {
        unsigned index = (unsigned)(tsn - world->chunks[0].tsn);

        assert_true(tsn > above);
        assert_int_equal(len, world->chunks[index].len);
        assert_true(usctp__rxmap_has(&world->map, tsn));
        usctp__rxmap_clear(&world->map, tsn);
        world->messages[world->owner[index]].missing++;
        world->pending[world->pending_cnt++] = index;
    }
}

static inline void check_all_done(const struct world *world)
{
    for (unsigned i = 0; i < world->message_cnt; i++) {
        assert_true(world->messages[i].done);
    }
    assert_int_equal(world->reasm.len, 0);
    assert_int_equal(world->reasm.memory, 0);
    assert_int_equal(world->reasm.wait_cnt, 0);
    assert_null(world->reasm.tail);
    assert_false(world->reasm.partial);
}

#endif
