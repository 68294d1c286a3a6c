/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly of interleaved messages (RFC 8260, 2.2.3), against a naive model: messages of several streams
 * cut into fragments that mix and come in every order, with memory failures, reneging and partial delivery
 * between them; and peers that break the rules. */
#include "unit.h"

#include "base/compiler.h"
#include "common/test_memory.h"
#include "core/core.h"
#include "core/message.h"
#include "core/reasm.h"
#include "wire/forward.h"
#include "wire/packet.h"

enum {
    MESSAGE_MAX = 300,
    CHUNK_MAX = 3000,
    STREAM_CNT = 24,
    LEN_MAX = 6000,
    FRAGMENTS_MAX = 12,
    BEGIN = USCTP__DATA_FLAG_BEGIN,
    END = USCTP__DATA_FLAG_END,
    UNORDERED = USCTP__DATA_FLAG_UNORDERED
};

#define FIRST_MID UINT32_C(0xfffffffd)

/* A message as it was sent. */
struct sent {
    uint32_t len;
    uint32_t cut_len; /* of it, in chunks */
    uint32_t got_len; /* of it, delivered so far */
    uint32_t mid;
    unsigned chunk_cnt; /* of it so far */
    unsigned left_cnt;  /* chunks to come */
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
    unsigned message_cnt;
    struct usctp__rxchunk chunks[CHUNK_MAX];
    unsigned pending[CHUNK_MAX];
    unsigned pending_cnt;
    unsigned chunk_cnt;
    uint32_t next[STREAM_CNT][2]; /* MIDs to be given */
    uint32_t expect[STREAM_CNT];  /* ordered ones to be delivered */
    uint8_t bytes[MESSAGE_MAX][LEN_MAX];
    unsigned part_cnt; /* parts that were no whole message */
};

static struct world *world_new(uint64_t seed)
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
    usctp__reasm_init(&world->reasm, core, true);
    usctp__queue_init(&world->out);
    return world;
}

static void world_free(struct world *world)
{
    struct usctp__core *core = &world->core;

    usctp__reasm_clear(&world->reasm);
    usctp__rxmap_destroy(&world->map, &core->bufs);
    assert_int_equal(core->message_pool.used_cnt, 0);
    assert_int_equal(core->rxfrag_pool.used_cnt, 0);
    usctp__pool_destroy(&core->message_pool);
    usctp__pool_destroy(&core->rxfrag_pool);
    usctp__bufpool_destroy(&core->bufs);
    assert_int_equal(test_memory_leaks(&world->memory), 0);
    test_free(world);
}

/* RFC 8260, 2.1: the numbers of ordered messages wrap around soon. */
static void number_streams(struct world *world)
{
    for (uint16_t sid = 0; sid < STREAM_CNT; sid++) {
        uint32_t *next = usctp__stream_in_get(&world->reasm.streams, &world->core, sid);

        assert_non_null(next);
        *next = world->next[sid][0] = world->expect[sid] = FIRST_MID;
    }
}

static void new_message(struct world *world, uint16_t sid)
{
    struct sent *sent = &world->messages[world->message_cnt];

    sent->sid = sid;
    sent->unordered = prng_below(&world->seed, 3) == 0;
    sent->mid = world->next[sid][sent->unordered]++;
    sent->left_cnt = 1 + (unsigned)prng_below(&world->seed, FRAGMENTS_MAX);
    sent->len = sent->left_cnt + (uint32_t)prng_below(&world->seed, LEN_MAX - FRAGMENTS_MAX);
    prng_fill(&world->seed, world->bytes[world->message_cnt], sent->len);
    world->message_cnt++;
}

/* The next chunk of a message. */
static void cut(struct world *world, unsigned index)
{
    struct sent *sent = &world->messages[index];
    struct usctp__rxchunk *chunk = &world->chunks[world->chunk_cnt];
    uint32_t left = sent->len - sent->cut_len;
    bool last = --sent->left_cnt == 0;

    chunk->tsn = world->map.bits.base + world->chunk_cnt;
    chunk->len = last ? left : 1 + (uint32_t)prng_below(&world->seed, left - sent->left_cnt);
    chunk->bytes = world->bytes[index] + sent->cut_len;
    chunk->ppid = sent->chunk_cnt == 0 ? index : 0;
    chunk->sid = sent->sid;
    chunk->ssn = sent->mid;
    chunk->fsn = sent->chunk_cnt;
    chunk->path = 1;
    chunk->flags = (uint8_t)((sent->chunk_cnt == 0 ? BEGIN : 0) | (last ? END : 0) |
                             (sent->unordered ? UNORDERED : 0));
    sent->cut_len += chunk->len;
    sent->chunk_cnt++;
    world->pending[world->pending_cnt++] = world->chunk_cnt++;
}

/* RFC 8260, 2.2.2: streams in any order, of each one message at a time. */
static void send_all(struct world *world)
{
    int open[STREAM_CNT];

    number_streams(world);
    memset(open, 0xff, sizeof(open));
    while (world->chunk_cnt < CHUNK_MAX - FRAGMENTS_MAX) {
        uint16_t sid = (uint16_t)prng_below(&world->seed, STREAM_CNT);

        if (open[sid] < 0 && world->message_cnt == MESSAGE_MAX) {
            break;
        }
        if (open[sid] < 0) {
            open[sid] = (int)world->message_cnt;
            new_message(world, sid);
        }
        cut(world, (unsigned)open[sid]);
        if (world->messages[open[sid]].left_cnt == 0) {
            open[sid] = -1;
        }
    }
    for (uint16_t sid = 0; sid < STREAM_CNT; sid++) {
        while (open[sid] >= 0 && world->messages[open[sid]].left_cnt > 0) {
            cut(world, (unsigned)open[sid]);
        }
    }
}

static struct sent *find_sent(struct world *world, const struct usctp_message *message)
{
    assert_true(message->ppid < world->message_cnt);
    return &world->messages[message->ppid];
}

static void check_message(struct world *world, const struct usctp_message *message)
{
    struct sent *sent = find_sent(world, message);
    uint32_t len = 0;

    assert_false(sent->done);
    assert_int_equal(message->sid, sent->sid);
    assert_int_equal((message->flags & USCTP_MESSAGE_UNORDERED) != 0, sent->unordered);
    assert_int_equal((message->flags & USCTP_MESSAGE_FIRST) != 0, sent->got_len == 0);
    assert_int_equal(message->ssn, sent->unordered ? 0 : sent->mid);
    if (!sent->unordered) {
        assert_int_equal(sent->mid, world->expect[sent->sid]);
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
        world->expect[sent->sid]++;
    }
    world->part_cnt += len != sent->len;
}

static void drain(struct world *world)
{
    struct usctp__qlink *link;

    while ((link = usctp__queue_pop(&world->out)) != NULL) {
        struct usctp_message *message = USCTP__CONTAINER_OF(link, struct usctp_message, head.link);

        check_message(world, message);
        usctp__message_unref(message);
    }
}

/* Takes pending chunk i; false: no memory, it stays pending. */
static bool take(struct world *world, unsigned i)
{
    struct usctp__rxchunk chunk = world->chunks[world->pending[i]];
    enum usctp__reasm_result result;

    if (!usctp__rxmap_reserve(&world->map, chunk.tsn)) {
        return false;
    }
    result = usctp__reasm_add(&world->reasm, &world->map, &chunk, &world->out);
    if (result == USCTP__REASM_NOMEM) {
        drain(world);
        return false;
    }
    assert_int_equal(result, USCTP__REASM_OK);
    usctp__rxmap_set(&world->map, chunk.tsn);
    usctp__reasm_advance(&world->reasm, usctp__rxmap_cum(&world->map));
    world->pending[i] = world->pending[--world->pending_cnt];
    drain(world);
    return true;
}

static void take_back(struct world *world)
{
    uint64_t above = usctp__rxmap_cum(&world->map);
    uint64_t tsn;
    uint32_t len;

    if (usctp__reasm_renege(&world->reasm, above, &tsn, &len)) {
        unsigned index = (unsigned)(tsn - world->chunks[0].tsn);

        assert_true(tsn > above);
        assert_int_equal(len, world->chunks[index].len);
        usctp__rxmap_clear(&world->map, tsn);
        world->pending[world->pending_cnt++] = index;
    }
}

/* How far from their order chunks come, what memory and partial delivery do. */
struct course {
    unsigned reach;      /* pending chunks from which the next one is drawn */
    unsigned fail_each;  /* so often memory fails; 0: never */
    unsigned back_each;  /* so often something is taken back */
    unsigned parts_each; /* so often the oldest part is delivered */
    uint32_t point;      /* parts are due from here on */
};

static void run(const struct course *course, uint64_t seed)
{
    struct world *world = world_new(seed);

    world->reasm.point = course->point;
    send_all(world);
    while (world->pending_cnt > 0) {
        unsigned reach = course->reach < world->pending_cnt ? course->reach : world->pending_cnt;

        if (course->fail_each > 0 && prng_below(&world->seed, course->fail_each) == 0) {
            test_memory_fail_next(&world->memory, prng_below(&world->seed, 4));
        }
        (void)take(world, (unsigned)prng_below(&world->seed, reach));
        if (course->back_each > 0 && prng_below(&world->seed, course->back_each) == 0) {
            take_back(world);
        }
        if (course->parts_each > 0 && prng_below(&world->seed, course->parts_each) == 0) {
            (void)usctp__reasm_mid_oldest(&world->reasm, &world->out);
        }
        usctp__reasm_mid_due(&world->reasm, &world->out);
        drain(world);
    }
    test_memory_fail_next(&world->memory, SIZE_MAX);
    while (!usctp__reasm_retry(&world->reasm, &world->out)) {
    }
    drain(world);
    for (unsigned i = 0; i < world->message_cnt; i++) {
        assert_true(world->messages[i].done);
    }
    assert_int_equal(world->reasm.len, 0);
    assert_int_equal(world->reasm.memory, 0);
    assert_int_equal(world->reasm.wait_cnt, 0);
    assert_true((course->parts_each == 0 && course->point == UINT32_MAX) || world->part_cnt > 0);
    usctp__reasm_trim(&world->reasm);
    assert_null(world->reasm.hold);
    world_free(world);
}

static void test_orders(void **state)
{
    static const struct course courses[] = {
        {1, 0, 0, 0, UINT32_MAX},  {8, 0, 0, 0, UINT32_MAX},  {CHUNK_MAX, 0, 0, 0, UINT32_MAX},
        {8, 5, 0, 0, UINT32_MAX},  {60, 5, 9, 0, UINT32_MAX}, {1, 7, 0, 3, UINT32_MAX},
        {40, 7, 9, 5, UINT32_MAX}, {20, 0, 0, 0, 1000},       {200, 5, 7, 9, 500},
    };

    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(courses); i++) {
        for (uint64_t seed = 1; seed <= 6; seed++) {
            run(&courses[i], seed * 1000 + i);
        }
    }
}

/* --- What contradicts itself ------------------------------------------------------------------- */

static enum usctp__reasm_result add(struct world *world, uint64_t ahead, uint8_t flags,
                                    uint16_t sid, uint32_t mid, uint32_t fsn)
{
    struct usctp__rxchunk chunk = {0};
    enum usctp__reasm_result result;

    chunk.tsn = usctp__rxmap_cum(&world->map) + ahead;
    chunk.bytes = (const uint8_t *)"x";
    chunk.len = 1;
    chunk.sid = sid;
    chunk.ssn = mid;
    chunk.fsn = fsn;
    chunk.flags = flags;
    assert_true(usctp__rxmap_reserve(&world->map, chunk.tsn));
    result = usctp__reasm_add(&world->reasm, &world->map, &chunk, &world->out);
    if (result == USCTP__REASM_OK) {
        usctp__rxmap_set(&world->map, chunk.tsn);
        usctp__reasm_advance(&world->reasm, usctp__rxmap_cum(&world->map));
    }
    return result;
}

static void forget(struct world *world)
{
    struct usctp__qlink *link;

    while ((link = usctp__queue_pop(&world->out)) != NULL) {
        usctp__message_unref(USCTP__CONTAINER_OF(link, struct usctp_message, head.link));
    }
}

/* RFC 8260, 2.1: each fragment once, B on the first, E on the last, none behind it; each message once. */
static void test_contradictions(void **state)
{
    struct world *world = world_new(3);

    (void)state;
    assert_int_equal(add(world, 1, BEGIN, 1, 0, 0), USCTP__REASM_OK);
    assert_int_equal(add(world, 3, 0, 1, 0, 3), USCTP__REASM_OK);
    assert_int_equal(add(world, 2, BEGIN, 1, 0, 0), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 2, BEGIN | END, 1, 0, 0), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 2, 0, 1, 0, 0), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 2, 0, 1, 0, 3), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 2, END, 1, 0, 2), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 4, END, 1, 0, 4), USCTP__REASM_OK);
    assert_int_equal(add(world, 2, END, 1, 0, 2), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 2, 0, 1, 0, 5), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 2, 0, 2, 0, 0), USCTP__REASM_VIOLATION); /* no B */
    assert_int_equal(add(world, 2, 0, 1, 0xffffffff, 1), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 5, BEGIN | END, 1, 1, 0), USCTP__REASM_OK);
    assert_int_equal(add(world, 2, BEGIN | END, 1, 1, 0), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 2, 0, 1, 1, 1), USCTP__REASM_VIOLATION);
    assert_int_equal(add(world, 6, UNORDERED | END, 1, 0, 2), USCTP__REASM_OK); /* another one */
    forget(world);
    world_free(world);
}

/* --- Unfinished messages ----------------------------------------------------------------------- */

/* A peer that begins ever more messages in a stream is stopped: first what is out of order is not taken,
 * then it is a violation. */
static void check_bound(uint8_t flags)
{
    struct world *world = world_new(5);
    uint32_t mid = 0;

    while (add(world, 2 + mid, flags, 7, mid, 0) == USCTP__REASM_OK) {
        mid++;
    }
    assert_int_equal(mid, 1024);
    assert_int_equal(add(world, 2 + mid, flags, 7, mid, 0), USCTP__REASM_FULL);
    assert_int_equal(add(world, 2 + mid, flags, 8, mid, 0), USCTP__REASM_OK); /* another stream */
    assert_int_equal(add(world, 1, flags, 7, mid, 0), USCTP__REASM_OK);       /* the next TSN */
    world_free(world);

    world = world_new(6);
    for (mid = 0; mid < 2048; mid++) {
        assert_int_equal(add(world, 1, flags, 7, mid, 0), USCTP__REASM_OK);
    }
    assert_int_equal(add(world, 1, flags, 7, mid, 0), USCTP__REASM_VIOLATION);
    assert_true(world->reasm.memory < 2048 * 1024);
    world_free(world);
}

static void test_bound(void **state)
{
    (void)state;
    check_bound(BEGIN);
    check_bound(BEGIN | UNORDERED);
}

/* --- What the peer gives up -------------------------------------------------------------------- */

static enum usctp__reasm_result skip_to(struct world *world, uint16_t sid, bool unordered,
                                        uint32_t mid)
{
    struct usctp__skipped skipped = {sid, unordered, mid};
    uint64_t budget = usctp__reasm_skip_budget(&world->reasm, 1);

    world->reasm.skips = true;
    return usctp__reasm_skip(&world->reasm, &world->map, &skipped, &budget, &world->out);
}

/* RFC 8260, 2.3.1: of unordered messages those up to the MID go, others stay; what comes late is stale,
 * also when the numbers have gone far round since. */
static void test_skip_unordered(void **state)
{
    struct world *world = world_new(7);
    uint32_t mid;

    (void)state;
    for (mid = 10; mid < 16; mid++) {
        assert_int_equal(add(world, 1, UNORDERED | BEGIN, 3, mid, 0), USCTP__REASM_OK);
    }
    assert_int_equal(skip_to(world, 3, true, 12), USCTP__REASM_OK);
    assert_int_equal(world->reasm.len, 3);
    assert_int_equal(skip_to(world, 3, true, 11), USCTP__REASM_OK);
    assert_int_equal(world->reasm.len, 3);
    assert_int_equal(add(world, 1, UNORDERED, 3, 12, 1), USCTP__REASM_OK);
    assert_int_equal(world->reasm.len, 3);
    assert_int_equal(skip_to(world, 3, true, 15), USCTP__REASM_OK);
    assert_int_equal(world->reasm.len, 0);
    mid = 16;
    for (int i = 0; i < 40; i++) {
        assert_int_equal(add(world, 1, UNORDERED | BEGIN | END, 3, mid, 0), USCTP__REASM_OK);
        assert_false(usctp__queue_empty(&world->out));
        forget(world);
        mid += UINT32_C(1) << 28;
    }
    forget(world);
    world_free(world);
}

/* More messages cannot be skipped than TSNs are, and wait. */
static void test_skip_budget(void **state)
{
    struct world *world = world_new(8);

    (void)state;
    assert_int_equal(skip_to(world, 4, false, 1000), USCTP__REASM_OK); /* nothing is held */
    assert_int_equal(usctp__stream_in_next(&world->reasm.streams, 4), 1001);
    assert_int_equal(add(world, 2, BEGIN, 4, 1003, 0), USCTP__REASM_OK);
    assert_int_equal(skip_to(world, 4, false, 1003), USCTP__REASM_VIOLATION);
    assert_int_equal(skip_to(world, 4, false, 1001), USCTP__REASM_OK);
    assert_int_equal(skip_to(world, 4, false, 1003), USCTP__REASM_OK);
    assert_int_equal(world->reasm.len, 0);
    world_free(world);
}

/* A message that was delivered in part is found. */
static void test_begun(void **state)
{
    struct world *world = world_new(9);
    struct usctp__skipped skipped = {2, false, 5};
    uint32_t mid = 99;

    (void)state;
    assert_false(usctp__reasm_mid_begun(&world->reasm, &skipped, &mid));
    for (uint8_t unordered = 0; unordered < 2; unordered++) {
        uint8_t flags = unordered != 0 ? UNORDERED : 0;

        skipped.unordered = unordered != 0;
        assert_int_equal(add(world, 1, flags | BEGIN, 2, 0, 0), USCTP__REASM_OK);
        assert_false(usctp__reasm_mid_begun(&world->reasm, &skipped, &mid));
        assert_true(usctp__reasm_mid_oldest(&world->reasm, &world->out));
        assert_true(usctp__reasm_mid_begun(&world->reasm, &skipped, &mid));
        assert_int_equal(mid, 0);
        assert_int_equal(skip_to(world, 2, unordered != 0, 0), USCTP__REASM_OK);
        assert_false(usctp__reasm_mid_begun(&world->reasm, &skipped, &mid));
    }
    forget(world);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),      cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_bound),       cmocka_unit_test(test_skip_unordered),
        cmocka_unit_test(test_skip_budget), cmocka_unit_test(test_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
