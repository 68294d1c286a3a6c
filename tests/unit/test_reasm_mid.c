/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly of interleaved messages (RFC 8260, 2.2.3), against a naive model: messages of several streams
 * cut into fragments that mix and come in every order, with memory failures, reneging and partial delivery
 * between them; and peers that break the rules. */
#include "reasm_world.h"

#include "wire/forward.h"

enum { STREAM_CNT = 24, FRAGMENTS_MAX = 12, SENT_MAX = 300 };

#define FIRST_MID UINT32_C(0xfffffffd) /* RFC 8260, 2.1: numbers wrap around */

/* What is left to be cut of a message. */
struct rest {
    uint32_t len;       /* of the message */
    uint32_t cut_len;   /* of it, in chunks */
    unsigned chunk_cnt; /* of it so far */
    unsigned left_cnt;  /* chunks to be cut */
};

static struct rest new_message(struct world *world, uint16_t sid)
{
    struct sent *sent = &world->messages[world->message_cnt];
    struct rest rest = {0, 0, 0, 1 + (unsigned)prng_below(&world->seed, FRAGMENTS_MAX)};

    sent->sid = sid;
    sent->unordered = prng_below(&world->seed, 3) == 0;
    sent->number = world->next[sid][sent->unordered]++;
    sent->len = rest.left_cnt + (uint32_t)prng_below(&world->seed, LEN_MAX - FRAGMENTS_MAX);
    rest.len = sent->len;
    prng_fill(&world->seed, world->bytes[world->message_cnt], sent->len);
    world->message_cnt++;
    return rest;
}

/* The next chunk of a message. */
static void cut(struct world *world, unsigned index, struct rest *rest)
{
    struct sent *sent = &world->messages[index];
    struct usctp__rxchunk *chunk = &world->chunks[world->chunk_cnt];
    uint32_t left = rest->len - rest->cut_len;
    bool last = --rest->left_cnt == 0;
    bool first = rest->chunk_cnt == 0;

    chunk->tsn = world->map.bits.base + world->chunk_cnt;
    chunk->len = last ? left : 1 + (uint32_t)prng_below(&world->seed, left - rest->left_cnt);
    chunk->bytes = world->bytes[index] + rest->cut_len;
    chunk->ppid = first ? index : 0;
    chunk->sid = sent->sid;
    chunk->ssn = sent->number;
    chunk->fsn = rest->chunk_cnt++;
    chunk->path = 1;
    chunk->flags =
        (uint8_t)((first ? BEGIN : 0) | (last ? END : 0) | (sent->unordered ? UNORDERED : 0));
    sent->first_tsn = first ? chunk->tsn : sent->first_tsn;
    rest->cut_len += chunk->len;
    cut_chunk(world, index);
}

/* RFC 8260, 2.2.2: streams in any order, of each one message at a time. */
static void send_all(struct world *world)
{
    unsigned open[STREAM_CNT];
    struct rest rests[STREAM_CNT];

    number_streams(world, STREAM_CNT, FIRST_MID);
    memset(rests, 0, sizeof(rests));
    while (world->chunk_cnt < CHUNK_MAX - STREAM_CNT * FRAGMENTS_MAX) {
        uint16_t sid = (uint16_t)prng_below(&world->seed, STREAM_CNT);

        if (rests[sid].left_cnt == 0) {
            if (world->message_cnt == SENT_MAX) {
                break;
            }
            open[sid] = world->message_cnt;
            rests[sid] = new_message(world, sid);
        }
        cut(world, open[sid], &rests[sid]);
    }
    for (uint16_t sid = 0; sid < STREAM_CNT; sid++) {
        while (rests[sid].left_cnt > 0) {
            cut(world, open[sid], &rests[sid]);
        }
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
    struct world *world = world_new(seed, true);

    world->reasm.point = course->point;
    send_all(world);
    while (world->pending_cnt > 0) {
        if (course->fail_each > 0 && prng_below(&world->seed, course->fail_each) == 0) {
            test_memory_fail_next(&world->memory, prng_below(&world->seed, 4));
        }
        (void)take(world, choose(world, course->reach));
        if (course->back_each > 0 && prng_below(&world->seed, course->back_each) == 0) {
            take_back(world, usctp__rxmap_cum(&world->map));
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
    check_all_done(world);
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
    struct usctp__rxchunk chunk;

    memset(&chunk, 0, sizeof(chunk));
    chunk.tsn = usctp__rxmap_cum(&world->map) + ahead;
    chunk.bytes = (const uint8_t *)"x";
    chunk.len = 1;
    chunk.sid = sid;
    chunk.ssn = mid;
    chunk.fsn = fsn;
    chunk.flags = flags;
    return give(world, &chunk);
}

/* RFC 8260, 2.1: each fragment once, B on the first, E on the last, none behind it; each message once. */
static void test_contradictions(void **state)
{
    struct world *world = world_new(3, true);

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
    drop_output(world);
    world_free(world);
}

/* --- Unfinished messages ----------------------------------------------------------------------- */

/* A peer that begins ever more messages in a stream is stopped: first what is out of order is not taken,
 * then it is a violation. */
static void check_bound(uint8_t flags)
{
    struct world *world = world_new(5, true);
    uint32_t mid = 0;

    while (add(world, 2 + mid, flags, 7, mid, 0) == USCTP__REASM_OK) {
        mid++;
    }
    assert_int_equal(mid, 1024);
    assert_int_equal(add(world, 2 + mid, flags, 7, mid, 0), USCTP__REASM_FULL);
    assert_int_equal(add(world, 2 + mid, flags, 8, mid, 0), USCTP__REASM_OK); /* another stream */
    assert_int_equal(add(world, 1, flags, 7, mid, 0), USCTP__REASM_OK);       /* the next TSN */
    world_free(world);

    world = world_new(6, true);
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
    struct world *world = world_new(7, true);
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
        drop_output(world);
        mid += UINT32_C(1) << 28;
    }
    drop_output(world);
    world_free(world);
}

/* More messages cannot be skipped than TSNs are, and wait. */
static void test_skip_budget(void **state)
{
    struct world *world = world_new(8, true);

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
    struct world *world = world_new(9, true);
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
    drop_output(world);
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
