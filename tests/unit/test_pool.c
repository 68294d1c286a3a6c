/* SPDX-License-Identifier: BSD-3-Clause */
/* Pools: random use against a record of what each item holds, what is kept and given back, buffer
 * sizes, failing allocations. */
#include "unit/unit.h"

#include "base/compiler.h"
#include "base/pool.h"
#include "common/test_memory.h"

/* Without pools every item is an allocation, and nothing is kept. */
#ifdef USCTP_NO_POOLS
enum { POOLED = 0 };
#else
enum { POOLED = 1 };
#endif

enum { ITEM_MAX = 400 };

struct world {
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__pool pool;
};

static void setup(struct world *world, size_t item_len, uint32_t slab_items)
{
    usctp__mem_init(&world->mem, test_memory_init(&world->memory), 0);
    usctp__pool_init(&world->pool, &world->mem, item_len, slab_items);
}

static void teardown(struct world *world)
{
    usctp__pool_destroy(&world->pool);
    assert_int_equal(world->mem.used, 0);
    assert_int_equal(test_memory_leaks(&world->memory), 0);
}

/* Takes and gives at random; each item is full of its own pattern from end to end all the time. */
static void random_use(size_t item_len, uint32_t slab_items, uint64_t seed)
{
    struct world world;
    unsigned char *items[ITEM_MAX];
    size_t cnt = 0;

    setup(&world, item_len, slab_items);
    for (int i = 0; i < 20000; i++) {
        /* The mood changes between filling and emptying. */
        uint64_t bias = (i / 1500) % 2 == 0 ? 70 : 30;

        if (cnt < ITEM_MAX && prng_below(&seed, 100) < bias) {
            unsigned char *item = usctp__pool_get(&world.pool);

            assert_non_null(item);
            assert_int_equal((uintptr_t)item % 8, 0);
            memset(item, (int)((uintptr_t)item >> 3 & 0xff), item_len);
            items[cnt++] = item;
        } else if (cnt > 0) {
            size_t which = prng_below(&seed, cnt);
            unsigned char *item = items[which];

            for (size_t k = 0; k < item_len; k++) {
                assert_int_equal(item[k], (uintptr_t)item >> 3 & 0xff);
            }
            usctp__pool_put(&world.pool, item);
            items[which] = items[--cnt];
        }
        assert_int_equal(world.pool.used_cnt, cnt);
        if (i % 997 == 0) {
            usctp__pool_trim(&world.pool);
        }
    }
    while (cnt > 0) {
        usctp__pool_put(&world.pool, items[--cnt]);
    }
    teardown(&world);
}

static void random_items(void **state)
{
    (void)state;
    random_use(1, 3, 1);
    random_use(8, 1, 2);
    random_use(24, 16, 3);
    random_use(100, 7, 4);
    random_use(1000, 2, 5);
}

/* After the first waves a load that comes and goes allocates nothing more. */
static void waves_stop_allocating(void **state)
{
    struct world world;
    void *items[100];
    uint64_t alloc_cnt = 0;

    (void)state;
    setup(&world, 40, 8);
    for (int wave = 0; wave < 10; wave++) {
        if (wave == 3) {
            alloc_cnt = world.memory.alloc_cnt;
        }
        for (int i = 0; i < 100; i++) {
            items[i] = usctp__pool_get(&world.pool);
            assert_non_null(items[i]);
        }
        for (int i = 0; i < 100; i++) {
            usctp__pool_put(&world.pool, items[i]);
        }
        /* Nor do trims between the waves, once they have seen one. */
        usctp__pool_trim(&world.pool);
    }
    if (POOLED) {
        assert_int_equal(world.memory.alloc_cnt, alloc_cnt);
    }
    /* Two trims without use, and all is given back. */
    usctp__pool_trim(&world.pool);
    usctp__pool_trim(&world.pool);
    assert_int_equal(world.mem.used, 0);
    teardown(&world);
}

/* A load that comes once leaves one slab, and that of the spare item. */
static void one_peak_is_given_back(void **state)
{
    struct world world;
    void *items[64];

    (void)state;
    setup(&world, 40, 8);
    for (int i = 0; i < 64; i++) {
        items[i] = usctp__pool_get(&world.pool);
        assert_non_null(items[i]);
    }
    if (POOLED) {
        assert_int_equal(world.pool.slab_cnt, 8);
        assert_int_equal(world.memory.live_cnt, 8);
    }
    for (int i = 0; i < 64; i++) {
        usctp__pool_put(&world.pool, items[i]);
    }
    if (POOLED) {
        assert_int_equal(world.pool.slab_cnt, 2);
    }
    assert_true(world.memory.live_cnt <= 2);
    /* One item that comes and goes does not allocate. */
    for (int i = 0; i < 50; i++) {
        usctp__pool_put(&world.pool, usctp__pool_get(&world.pool));
    }
    if (POOLED) {
        assert_int_equal(world.memory.alloc_cnt, 8);
    }
    teardown(&world);
}

/* What trims must leave: slabs in use. */
static void trim_keeps_items(void **state)
{
    struct world world;
    unsigned char *items[20];

    (void)state;
    setup(&world, 16, 4);
    for (int i = 0; i < 20; i++) {
        items[i] = usctp__pool_get(&world.pool);
        assert_non_null(items[i]);
        memset(items[i], i, 16);
    }
    for (int i = 0; i < 20; i++) {
        if (i != 9) {
            usctp__pool_put(&world.pool, items[i]);
        }
    }
    for (int i = 0; i < 3; i++) {
        usctp__pool_trim(&world.pool);
        assert_int_equal(items[9][0], 9);
        assert_int_equal(items[9][15], 9);
    }
    assert_int_equal(world.memory.live_cnt, 1);
    usctp__pool_put(&world.pool, items[9]);
    teardown(&world);
}

static void no_memory(void **state)
{
    struct world world;
    void *items[9];

    (void)state;
    setup(&world, 16, 4);
    for (int i = 0; i < 9; i++) {
        /* The first attempt of each slab's first item fails. */
        test_memory_fail_next(&world.memory, POOLED && i % 4 != 0 ? 0 : 1);
        items[i] = usctp__pool_get(&world.pool);
        if (!POOLED || i % 4 == 0) {
            assert_null(items[i]);
            assert_int_equal(world.pool.used_cnt, i);
            items[i] = usctp__pool_get(&world.pool);
        }
        assert_non_null(items[i]);
    }
    usctp__pool_put(&world.pool, NULL);
    for (int i = 0; i < 9; i++) {
        usctp__pool_put(&world.pool, items[i]);
    }
    teardown(&world);
}

static void buffer_sizes(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__bufpool bufpool;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    usctp__bufpool_init(&bufpool, &mem);
    for (size_t want = 64; want <= 65536; want *= 2) {
        const size_t lens[] = {want / 2 + 1, want - 1, want};

        for (size_t i = 0; i < USCTP__ARRAY_LEN(lens); i++) {
            size_t cap = 0;
            void *buf = usctp__bufpool_get(&bufpool, lens[i], &cap);

            assert_non_null(buf);
            assert_int_equal(cap, want);
            assert_int_equal((uintptr_t)buf % 8, 0);
            memset(buf, 0xa5, cap);
            usctp__bufpool_put(&bufpool, buf, cap);
        }
    }
    for (size_t len = 0; len <= 70000; len += len < 300 ? 1 : 17 + len / 7) {
        size_t cap = 0;
        void *buf = usctp__bufpool_get(&bufpool, len, &cap);

        assert_non_null(buf);
        assert_true(cap >= len);
        memset(buf, 0x5a, cap);
        usctp__bufpool_put(&bufpool, buf, cap);
    }
    usctp__bufpool_put(&bufpool, NULL, 64);
    usctp__bufpool_destroy(&bufpool);
    assert_int_equal(mem.used, 0);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

static void buffers_are_reused(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__bufpool bufpool;
    void *bufs[40];
    size_t caps[40];
    uint64_t seed = 5;
    uint64_t alloc_cnt = 0;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    usctp__bufpool_init(&bufpool, &mem);
    for (int round = 0; round < 50; round++) {
        if (round == 5) {
            alloc_cnt = memory.alloc_cnt;
        }
        for (int i = 0; i < 40; i++) {
            size_t len = (size_t)(i + 1) * 60 + prng_below(&seed, 3);

            bufs[i] = usctp__bufpool_get(&bufpool, len, &caps[i]);
            assert_non_null(bufs[i]);
            memset(bufs[i], i, caps[i]);
        }
        for (int i = 0; i < 40; i++) {
            assert_int_equal(((unsigned char *)bufs[i])[0], i);
            assert_int_equal(((unsigned char *)bufs[i])[caps[i] - 1], i);
            usctp__bufpool_put(&bufpool, bufs[i], caps[i]);
        }
    }
    if (POOLED) {
        assert_int_equal(memory.alloc_cnt, alloc_cnt);
    }
    usctp__bufpool_trim(&bufpool);
    usctp__bufpool_trim(&bufpool);
    assert_int_equal(mem.used, 0);
    test_memory_fail_next(&memory, 1);
    assert_null(usctp__bufpool_get(&bufpool, 100, &caps[0]));
    test_memory_fail_next(&memory, 1);
    assert_null(usctp__bufpool_get(&bufpool, 100000, &caps[0]));
    usctp__bufpool_destroy(&bufpool);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_items),
        cmocka_unit_test(waves_stop_allocating),
        cmocka_unit_test(one_peak_is_given_back),
        cmocka_unit_test(trim_keeps_items),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(buffer_sizes),
        cmocka_unit_test(buffers_are_reused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
