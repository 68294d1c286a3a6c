/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly and order, against a naive model: messages cut into fragments that come in every
 * order, with memory failures, reneging and partial delivery between them. */
#include "reasm_world.h"

enum { STREAM_CNT = 40, FIRST_SSN = 65530 /* RFC 9260, 6.5: numbers wrap around */ };

/* Cuts messages into chunks with consecutive TSNs. */
static void send_messages(struct world *world, unsigned message_cnt, unsigned max_fragments)
{
    uint64_t tsn = world->map.bits.base + world->chunk_cnt;

    if (world->message_cnt == 0) {
        number_streams(world, STREAM_CNT, FIRST_SSN);
    }
    for (unsigned i = 0; i < message_cnt; i++) {
        unsigned index = world->message_cnt++;
        struct sent *sent = &world->messages[index];
        unsigned cnt = 1 + (unsigned)prng_below(&world->seed, max_fragments);
        uint32_t offset = 0;

        sent->sid = (uint16_t)prng_below(&world->seed, STREAM_CNT);
        sent->unordered = prng_below(&world->seed, 4) == 0;
        sent->number =
            (uint16_t)(sent->unordered ? prng_next(&world->seed) : world->next[sent->sid][0]++);
        sent->first_tsn = tsn;
        for (unsigned k = 0; k < cnt; k++) {
            struct usctp__rxchunk *chunk = &world->chunks[world->chunk_cnt];

            assert_true(world->chunk_cnt < CHUNK_MAX);
            chunk->tsn = tsn++;
            chunk->len = 1 + (uint32_t)prng_below(&world->seed, LEN_MAX / max_fragments);
            chunk->bytes = world->bytes[index] + offset;
            chunk->ppid = index;
            chunk->sid = sent->sid;
            chunk->ssn = sent->number;
            chunk->path = 1 + k;
            chunk->flags = (uint8_t)((k == 0 ? BEGIN : 0) | (k == cnt - 1 ? END : 0) |
                                     (sent->unordered ? UNORDERED : 0));
            offset += chunk->len;
            cut_chunk(world, index);
        }
        sent->len = offset;
        prng_fill(&world->seed, world->bytes[index], offset);
    }
}

/* Takes back what lies some way above the cumulative TSN. */
static void take_some_back(struct world *world)
{
    take_back(world, usctp__rxmap_cum(&world->map) + prng_below(&world->seed, 20));
}

/* Everything that can be delivered has been, and nothing else. */
static void check_eager(const struct world *world)
{
    bool blocked[STREAM_CNT] = {false};

    for (unsigned i = 0; i < world->message_cnt; i++) {
        const struct sent *sent = &world->messages[i];
        bool due = sent->missing == 0 && (sent->unordered || !blocked[sent->sid]);

        assert_int_equal(sent->done, due);
        if (!sent->unordered && !due) {
            blocked[sent->sid] = true;
        }
    }
}

static void run_random(uint64_t seed, unsigned max_fragments, unsigned spread)
{
    struct world *world = world_new(seed, false);

    send_messages(world, 150, max_fragments);
    while (world->pending_cnt > 0) {
        assert_true(take(world, choose(world, spread)));
        if (prng_below(&world->seed, 8) == 0) {
            check_eager(world);
        }
    }
    check_eager(world);
    check_all_done(world);
    world_free(world);
}

static void test_random_orders(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        run_random(seed, 1, 1);
        run_random(seed, 1, 50);
        run_random(seed, 10, 1);
        run_random(seed, 10, 4);
        run_random(seed, 10, CHUNK_MAX);
        run_random(seed, 19, 30);
    }
}

static void test_backwards(void **state)
{
    struct world *world = world_new(3, false);

    (void)state;
    send_messages(world, 100, 10);
    while (world->pending_cnt > 0) {
        assert_true(take(world, world->pending_cnt - 1));
    }
    check_eager(world);
    check_all_done(world);
    world_free(world);
}

static void test_reneging(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world *world = world_new(seed, false);

        send_messages(world, 120, 8);
        while (world->pending_cnt > 0) {
            assert_true(take(world, choose(world, seed % 2 == 0 ? 10 : 200)));
            if (prng_below(&world->seed, 3) == 0) {
                take_some_back(world);
            }
            check_eager(world);
        }
        check_all_done(world);
        world_free(world);
    }
}

static void test_partial(void **state)
{
    unsigned partial_cnt = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world *world = world_new(seed, false);
        uint32_t point = 1 + (uint32_t)prng_below(&world->seed, 3000);

        send_messages(world, 120, 12);
        while (world->pending_cnt > 0) {
            assert_true(take(world, choose(world, seed % 3 == 0 ? 1 : 6)));
            usctp__reasm_partial(&world->reasm, point, &world->out);
            drain(world);
            if (prng_below(&world->seed, 8) == 0) {
                take_some_back(world);
            }
        }
        check_all_done(world);
        partial_cnt += world->part_cnt;
        world_free(world);
    }
    assert_true(partial_cnt > 100);
}

static void test_no_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world *world = world_new(seed, false);
        unsigned failed_cnt = 0;

        world->memory.fail_every = 2 + seed % 5;
        send_messages(world, 120, 9);
        while (world->pending_cnt > 0) {
            failed_cnt += !take(world, choose(world, 40));
            usctp__reasm_trim(&world->reasm);
            if (seed % 2 == 0) {
                usctp__reasm_partial(&world->reasm, 1500, &world->out);
                drain(world);
            }
            if (failed_cnt > 20000) {
                world->memory.fail_every = 0;
            }
        }
        world->memory.fail_every = 0;
        assert_true(usctp__reasm_retry(&world->reasm, &world->out));
        drain(world);
        check_all_done(world);
        world_free(world);
    }
}

/* Each allocation on the way of a message that others wait for fails once; nothing gets lost. */
static void test_stuck(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 12; n++) {
        struct world *world = world_new(n, false);

        send_messages(world, 60, 3);
        while (world->pending_cnt > 0) {
            test_memory_fail_next(&world->memory, prng_below(&world->seed, 4));
            (void)take(world, world->pending_cnt - 1);
        }
        test_memory_fail_next(&world->memory, 0);
        assert_true(usctp__reasm_retry(&world->reasm, &world->out));
        drain(world);
        check_all_done(world);
        world_free(world);
    }
}

/* --- What contradicts itself ------------------------------------------------------------------ */

struct probe {
    int offset; /* TSN, from the first on */
    uint16_t sid;
    uint16_t ssn;
    uint8_t flags;
};

struct violation {
    const char *what;
    struct probe
        before[3]; /* taken without complaint; those without flags and sid 99 are not used */
    unsigned before_cnt;
    struct probe bad;
};

static const struct violation violations[] = {
    {"first DATA is a middle", {{0, 0, 0, 0}}, 0, {0, 0, 0, 0}},
    {"first DATA is an end", {{0, 0, 0, 0}}, 0, {0, 0, 0, END}},
    {"B after B", {{0, 0, 0, BEGIN}}, 1, {1, 0, 0, BEGIN}},
    {"whole after B", {{0, 0, 0, BEGIN}}, 1, {1, 0, 1, BEGIN | END}},
    {"middle after whole", {{0, 0, 0, BEGIN | END}}, 1, {1, 0, 1, 0}},
    {"other stream", {{0, 0, 0, BEGIN}}, 1, {1, 1, 0, END}},
    {"other SSN", {{0, 0, 0, BEGIN}}, 1, {1, 0, 1, END}},
    {"other order", {{0, 0, 0, BEGIN}}, 1, {1, 0, 0, END | UNORDERED}},
    {"unordered, other stream", {{0, 0, 0, BEGIN | UNORDERED}}, 1, {1, 1, 0, END | UNORDERED}},
    {"middle after end, ahead", {{3, 0, 1, END}}, 1, {4, 0, 1, 0}},
    {"B after middle, ahead", {{3, 0, 1, 0}}, 1, {4, 0, 1, BEGIN}},
    {"end before middle", {{3, 0, 1, 0}}, 1, {2, 0, 1, END}},
    {"middle before B", {{3, 0, 1, BEGIN}}, 1, {2, 0, 0, 0}},
    {"middle before delivered", {{3, 0, 0, BEGIN | END | UNORDERED}}, 1, {2, 0, 0, 0}},
    {"other stream on the right", {{3, 1, 1, 0}}, 1, {2, 0, 1, 0}},
    {"filler that fits left only", {{0, 0, 0, BEGIN}, {2, 1, 0, END}}, 2, {1, 0, 0, 0}},
    {"filler that fits right only", {{0, 1, 0, BEGIN}, {2, 0, 0, END}}, 2, {1, 0, 0, 0}},
    {"SSN twice, waiting", {{1, 0, 5, BEGIN | END}}, 1, {3, 0, 5, BEGIN | END}},
    {"SSN twice, one in fragments", {{1, 0, 5, BEGIN | END}, {3, 0, 5, BEGIN}}, 2, {4, 0, 5, END}},
};

static enum usctp__reasm_result probe(struct world *world, const struct probe *probe)
{
    static const uint8_t bytes[100];
    struct usctp__rxchunk chunk;

    memset(&chunk, 0, sizeof(chunk));
    chunk.tsn = USCTP__RXMAP_ORIGIN + UINT32_C(0xfffffff0) + (uint64_t)probe->offset;
    chunk.bytes = bytes;
    chunk.len = sizeof(bytes);
    chunk.sid = probe->sid;
    chunk.ssn = probe->ssn;
    chunk.flags = probe->flags;
    return give(world, &chunk);
}

/* Messages whose turn has come, but there is no memory to deliver them, follow later. */
static void test_stuck_turn(void **state)
{
    static const struct probe first = {0, 2, 0, BEGIN | END};
    static const struct probe other = {60, 3, 0, BEGIN | END};
    struct world *world = world_new(1, false);

    (void)state;
    for (int i = 1; i < 50; i++) {
        struct probe later = {i, 2, (uint16_t)i, BEGIN | END};

        assert_int_equal(probe(world, &later), USCTP__REASM_OK);
    }
    world->memory.fail_from = world->memory.alloc_cnt + 2;
    assert_int_equal(probe(world, &first), USCTP__REASM_OK);
    assert_true(world->reasm.stuck);
    assert_int_equal(world->reasm.stuck_sid, 2);
    assert_int_equal(probe(world, &other), USCTP__REASM_NOMEM);
    assert_false(usctp__rxmap_has(&world->map, USCTP__RXMAP_ORIGIN + UINT32_C(0xfffffff0) + 60));
    assert_false(usctp__reasm_retry(&world->reasm, &world->out));
    world->memory.fail_from = 0;
    assert_int_equal(probe(world, &other), USCTP__REASM_OK);
    assert_false(world->reasm.stuck);
    assert_int_equal(world->reasm.wait_cnt, 0);
    assert_int_equal(drop_output(world), 51);
    world_free(world);
}

static void test_violations(void **state)
{
    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(violations); i++) {
        const struct violation *violation = &violations[i];
        struct world *world = world_new(i, false);
        uint32_t len;
        size_t memory;

        for (unsigned k = 0; k < violation->before_cnt; k++) {
            assert_int_equal(probe(world, &violation->before[k]), USCTP__REASM_OK);
        }
        drop_output(world);
        len = world->reasm.len;
        memory = world->reasm.memory;
        if (probe(world, &violation->bad) != USCTP__REASM_VIOLATION) {
            fail_msg("not noticed: %s", violation->what);
        }
        assert_int_equal(world->reasm.len, len);
        assert_int_equal(world->reasm.memory, memory);
        assert_int_equal(drop_output(world), 0);
        world_free(world);
    }
}

static void test_partial_violations(void **state)
{
    static const struct probe first = {0, 0, 0, BEGIN};
    static const struct probe bad[] = {
        {1, 0, 0, BEGIN}, {1, 0, 0, BEGIN | END}, {1, 1, 0, 0},
        {1, 0, 1, END},   {1, 0, 0, UNORDERED},   {3, 0, 0, BEGIN | END},
    };

    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(bad); i++) {
        struct world *world = world_new(i, false);

        assert_int_equal(probe(world, &first), USCTP__REASM_OK);
        assert_true(usctp__reasm_partial(&world->reasm, 100, &world->out));
        assert_int_equal(drop_output(world), 1);
        assert_int_equal(probe(world, &bad[i]), USCTP__REASM_VIOLATION);
        assert_true(world->reasm.partial);
        world_free(world);
    }
}

/* A message that is not next in its stream, or does not begin here, is not delivered in parts. */
static void test_partial_waits(void **state)
{
    static const struct probe later = {0, 0, 1, BEGIN};
    static const struct probe ahead = {2, 1, 0, BEGIN};
    struct world *world = world_new(1, false);

    (void)state;
    assert_int_equal(probe(world, &later), USCTP__REASM_OK);
    assert_int_equal(probe(world, &ahead), USCTP__REASM_OK);
    assert_false(usctp__reasm_partial(&world->reasm, 0, &world->out));
    assert_false(usctp__reasm_partial(&world->reasm, 101, &world->out));
    world_free(world);
}

/* What comes in order shares buffers; what passes through takes none. */
static void test_memory_in_order(void **state)
{
    struct world *world = world_new(9, false);

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct probe next = {i, 3, 0, (uint8_t)(i == 0 ? BEGIN : 0)};

        assert_int_equal(probe(world, &next), USCTP__REASM_OK);
    }
    assert_int_equal(world->reasm.len, 200000);
    assert_true(world->reasm.memory < 500000);
    assert_true(world->core.rxfrag_pool.used_cnt < 20);
    for (int i = 2000; i < 2002; i++) {
        struct probe last = {i, 3, (uint16_t)(i - 2000), (uint8_t)(i == 2000 ? END : BEGIN | END)};

        assert_int_equal(probe(world, &last), USCTP__REASM_OK);
    }
    assert_int_equal(drop_output(world), 2);
    assert_int_equal(world->reasm.memory, 0);
    assert_int_equal(world->core.stats.reasm_usr_msgs, 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_orders),      cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_reneging),           cmocka_unit_test(test_partial),
        cmocka_unit_test(test_no_memory),          cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_stuck_turn),         cmocka_unit_test(test_violations),
        cmocka_unit_test(test_partial_violations), cmocka_unit_test(test_partial_waits),
        cmocka_unit_test(test_memory_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
