/* SPDX-License-Identifier: BSD-3-Clause */
/* The map of received TSNs, against an array of bytes. */
#include "unit.h"

#include "common/test_memory.h"
#include "core/rxmap.h"

enum { SPAN = 70000, ROUNDS = 60000 };

struct world {
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__bufpool bufs;
    struct usctp__rxmap map;
};

static void world_init(struct world *world, uint32_t initial_tsn)
{
    usctp__mem_init(&world->mem, test_memory_init(&world->memory), 0);
    usctp__bufpool_init(&world->bufs, &world->mem);
    usctp__rxmap_init(&world->map, &world->mem, initial_tsn);
}

static void world_end(struct world *world)
{
    usctp__rxmap_destroy(&world->map, &world->bufs);
    usctp__bufpool_destroy(&world->bufs);
    assert_int_equal(test_memory_leaks(&world->memory), 0);
}

/* The gap blocks say exactly what the array says. */
static void check_gaps(const struct usctp__rxmap *map, const uint8_t *seen, uint64_t origin)
{
    uint64_t cum_tsn = usctp__rxmap_cum(map);
    struct usctp__rxmap_iter iter;
    struct usctp__gap gap;
    uint64_t pos = cum_tsn + 1;
    uint32_t cnt = 0;

    usctp__rxmap_iter_init(&iter, map);
    while (usctp__rxmap_next_gap(&iter, &gap)) {
        assert_true(gap.start >= 2 && gap.end >= gap.start);
        for (; pos < cum_tsn + gap.start; pos++) {
            assert_false(seen[pos - origin]);
        }
        for (; pos <= cum_tsn + gap.end; pos++) {
            assert_true(seen[pos - origin]);
        }
        assert_false(seen[pos - origin]);
        cnt++;
    }
    for (; pos < origin + SPAN; pos++) {
        assert_false(seen[pos - origin]);
    }
    assert_int_equal(cnt, map->gap_cnt);
}

static void test_against_array(void **state)
{
    /* The TSN on the wire wraps around on the way. */
    const uint32_t initial_tsn = UINT32_C(0xffffff00);
    const uint64_t origin = USCTP__RXMAP_ORIGIN + initial_tsn;
    static uint8_t seen[SPAN + 1];
    uint64_t seed = 7;
    uint64_t highest = origin - 1;
    struct world world;

    (void)state;
    memset(seen, 0, sizeof(seen));
    world_init(&world, initial_tsn);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t ahead = prng_below(&seed, 16) == 0 ? 900 : 12;
        uint64_t cum_tsn = usctp__rxmap_cum(&world.map);
        uint64_t tsn = cum_tsn + prng_below(&seed, ahead);

        if (tsn >= origin + SPAN - 1) {
            break;
        }
        if (tsn < origin) {
            continue;
        }
        assert_int_equal(usctp__rxmap_unwrap(&world.map, (uint32_t)tsn), tsn);
        assert_int_equal(usctp__rxmap_has(&world.map, tsn), seen[tsn - origin]);
        if (!seen[tsn - origin]) {
            assert_true(usctp__rxmap_reserve(&world.map, tsn));
            usctp__rxmap_set(&world.map, tsn);
            seen[tsn - origin] = 1;
        } else if (tsn > usctp__rxmap_cum(&world.map) && prng_below(&seed, 4) == 0) {
            usctp__rxmap_clear(&world.map, tsn);
            seen[tsn - origin] = 0;
        }
        for (highest = origin + SPAN - 1; highest >= origin && !seen[highest - origin];) {
            highest--;
            if (highest < cum_tsn) {
                break;
            }
        }
        assert_int_equal(usctp__rxmap_highest(&world.map), highest);
        if (round % 500 == 0) {
            check_gaps(&world.map, seen, origin);
        }
    }
    assert_true(usctp__rxmap_cum(&world.map) > origin + 500);
    world_end(&world);
}

static void test_limit_ahead(void **state)
{
    struct world world;
    uint64_t cum_tsn;
    struct usctp__rxmap_iter iter;
    struct usctp__gap gap;

    (void)state;
    world_init(&world, 5);
    cum_tsn = usctp__rxmap_cum(&world.map);
    assert_int_equal((uint32_t)cum_tsn, 4);
    assert_false(usctp__rxmap_reserve(&world.map, cum_tsn + USCTP__RXMAP_AHEAD + 1));
    assert_true(usctp__rxmap_reserve(&world.map, cum_tsn + USCTP__RXMAP_AHEAD));
    usctp__rxmap_set(&world.map, cum_tsn + USCTP__RXMAP_AHEAD);
    usctp__rxmap_iter_init(&iter, &world.map);
    assert_true(usctp__rxmap_next_gap(&iter, &gap));
    assert_int_equal(gap.start, 65535);
    assert_int_equal(gap.end, 65535);
    assert_false(usctp__rxmap_next_gap(&iter, &gap));
    world_end(&world);
}

static void test_no_memory(void **state)
{
    struct world world;
    uint64_t cum_tsn;

    (void)state;
    world_init(&world, 5);
    cum_tsn = usctp__rxmap_cum(&world.map);
    test_memory_fail_next(&world.memory, 1);
    assert_false(usctp__rxmap_reserve(&world.map, cum_tsn + 1000));
    assert_false(usctp__rxmap_has(&world.map, cum_tsn + 1000));
    assert_int_equal(usctp__rxmap_highest(&world.map), cum_tsn);
    /* The next one needs no memory at all. */
    test_memory_fail_next(&world.memory, 1);
    assert_true(usctp__rxmap_reserve(&world.map, cum_tsn + 1));
    usctp__rxmap_set(&world.map, cum_tsn + 1);
    assert_int_equal(usctp__rxmap_cum(&world.map), cum_tsn + 1);
    world_end(&world);
}

static void test_duplicates(void **state)
{
    struct world world;

    (void)state;
    world_init(&world, 1);
    test_memory_fail_next(&world.memory, 1);
    usctp__rxmap_add_dup(&world.map, &world.bufs, USCTP__RXMAP_ORIGIN + 1);
    assert_int_equal(world.map.dup_cnt, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        usctp__rxmap_add_dup(&world.map, &world.bufs, USCTP__RXMAP_ORIGIN + i);
    }
    assert_int_equal(world.map.dup_cnt, USCTP__RXMAP_DUP_MAX);
    assert_int_equal(world.map.dups[0], 0);
    assert_int_equal(world.map.dups[63], 63);
    usctp__rxmap_trim(&world.map, &world.bufs);
    assert_int_equal(world.map.dup_cnt, USCTP__RXMAP_DUP_MAX);
    usctp__rxmap_clear_dups(&world.map);
    usctp__rxmap_trim(&world.map, &world.bufs);
    assert_null(world.map.dups);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_array),
        cmocka_unit_test(test_limit_ahead),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_duplicates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
