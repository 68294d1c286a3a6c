/* SPDX-License-Identifier: BSD-3-Clause */
/* The window bitmap: random operations against an array of bools, limits, failing allocations. */
#include "unit/unit.h"

#include "base/bitmap.h"
#include "base/compiler.h"
#include "common/test_memory.h"

enum {
    MODEL_LEN = 6000, /* positions the model knows, from its origin */
    STEP_CNT = 6000,
};

/* One bool for each position; the window rules are written out as plainly as can be. */
struct model {
    uint64_t origin; /* position of bits[0] */
    uint64_t base;
    uint64_t max; /* positions the window may span */
    bool bits[MODEL_LEN];
};

struct world {
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__bitmap bitmap;
    struct model model;
};

static void setup(struct world *world, uint64_t base, uint32_t max_bits, uint64_t max)
{
    memset(&world->model, 0, sizeof(world->model));
    world->model.origin = base;
    world->model.base = base;
    world->model.max = max;
    usctp__mem_init(&world->mem, test_memory_init(&world->memory), 0);
    usctp__bitmap_init(&world->bitmap, &world->mem, base, max_bits);
}

static void teardown(struct world *world)
{
    usctp__bitmap_destroy(&world->bitmap);
    assert_int_equal(world->mem.used, 0);
    assert_int_equal(test_memory_leaks(&world->memory), 0);
}

static bool model_test(const struct model *model, uint64_t pos)
{
    return pos >= model->base && pos < model->origin + MODEL_LEN &&
           model->bits[pos - model->origin];
}

static bool model_fill(struct model *model, uint64_t from, uint64_t to, bool value)
{
    if (value && from < to && (from < model->base || to - model->base > model->max)) {
        return false;
    }
    for (uint64_t pos = from; pos < to && pos < model->origin + MODEL_LEN; pos++) {
        if (pos >= model->base) {
            model->bits[pos - model->origin] = value;
        }
    }
    return true;
}

static uint64_t model_next(const struct model *model, uint64_t from, uint64_t limit, bool value)
{
    while (from < limit && model_test(model, from) != value) {
        from++;
    }
    return USCTP__MIN(from, limit);
}

static uint64_t model_count(const struct model *model, uint64_t from, uint64_t to)
{
    uint64_t cnt = 0;

    for (uint64_t pos = from; pos < to; pos++) {
        cnt += model_test(model, pos);
    }
    return cnt;
}

static void model_move(struct model *model, uint64_t base)
{
    if (base > model->base) {
        (void)model_fill(model, model->base, base, false);
        model->base = base;
    }
}

static void check_whole(struct world *world)
{
    const struct model *model = &world->model;
    uint64_t stop = model->origin + MODEL_LEN;
    uint64_t end = model->base;

    for (uint64_t pos = model->origin; pos < stop; pos++) {
        assert_true(usctp__bitmap_test(&world->bitmap, pos) == model_test(model, pos));
        if (model_test(model, pos)) {
            end = pos + 1;
        }
    }
    assert_true(world->bitmap.base == model->base);
    assert_true(usctp__bitmap_count(&world->bitmap) == model_count(model, model->base, stop));
    assert_true(usctp__bitmap_end(&world->bitmap) == end);
}

/* Each run of ones in the window, as gap blocks are made. */
static void check_runs(const struct world *world, uint64_t from, uint64_t limit)
{
    uint64_t start;
    uint64_t stop;

    while (usctp__bitmap_next_run(&world->bitmap, from, limit, &start, &stop)) {
        uint64_t want = model_next(&world->model, from, limit, true);

        assert_true(start == want);
        assert_true(start < stop);
        assert_true(stop == model_next(&world->model, start, limit, false));
        from = stop;
    }
    assert_true(model_next(&world->model, from, limit, true) == limit || from >= limit);
}

static void random_query(struct world *world, uint64_t from, uint64_t to)
{
    const struct usctp__bitmap *bitmap = &world->bitmap;
    const struct model *model = &world->model;

    assert_true(usctp__bitmap_next_set(bitmap, from, to) == model_next(model, from, to, true));
    assert_true(usctp__bitmap_next_clear(bitmap, from, to) == model_next(model, from, to, false));
    assert_true(usctp__bitmap_count_range(bitmap, from, to) == model_count(model, from, to));
    check_runs(world, from, to);
}

static void random_step(struct world *world, uint64_t *seed)
{
    struct usctp__bitmap *bitmap = &world->bitmap;
    struct model *model = &world->model;
    /* Mostly near the base, sometimes beyond what the window may span, sometimes below it. */
    uint64_t spread = prng_below(seed, 4) == 0 ? model->max * 9 / 8 : 100;
    uint64_t from = model->base + prng_below(seed, spread);
    uint64_t to = from + prng_below(seed, prng_below(seed, 3) == 0 ? 300 : 5);

    if (prng_below(seed, 20) == 0 && from > model->origin + 70) {
        from -= 70;
    }
    switch (prng_below(seed, 12)) {
    case 0:
    case 1:
    case 2:
    case 3:
        assert_true(usctp__bitmap_set(bitmap, from) == model_fill(model, from, from + 1, true));
        break;
    case 4:
        assert_true(usctp__bitmap_set_range(bitmap, from, to) == model_fill(model, from, to, true));
        break;
    case 5:
        usctp__bitmap_clear(bitmap, from);
        (void)model_fill(model, from, from + 1, false);
        break;
    case 6:
        usctp__bitmap_clear_range(bitmap, from, to);
        (void)model_fill(model, from, to, false);
        break;
    case 7:
        model_move(model, model_next(model, model->base, model->base + MODEL_LEN, false));
        assert_true(usctp__bitmap_advance(bitmap) == model->base);
        break;
    case 8:
        if (prng_below(seed, 10) == 0) {
            usctp__bitmap_move(bitmap, from);
            model_move(model, from);
        }
        break;
    case 9:
        usctp__bitmap_release(bitmap);
        break;
    default:
        random_query(world, from, to);
    }
}

static void random_operations(uint64_t base, uint32_t max_bits, uint64_t max, uint64_t seed)
{
    struct world world;

    setup(&world, base, max_bits, max);
    for (int step = 0; step < STEP_CNT; step++) {
        if (world.model.base - world.model.origin > MODEL_LEN / 3) {
            /* The model is used up: move both to a new place. */
            uint64_t place = prng_next(&seed) >> 2;

            usctp__bitmap_reset(&world.bitmap, place);
            memset(world.model.bits, 0, sizeof(world.model.bits));
            world.model.origin = place;
            world.model.base = place;
        }
        random_step(&world, &seed);
        if (step % 16 == 0) {
            check_whole(&world);
        }
    }
    teardown(&world);
}

static void against_the_model(void **state)
{
    (void)state;
    random_operations(0, 64, 64, 1);
    random_operations(63, 65, 128, 2);
    random_operations(UINT64_C(0xfffffff0), 512, 512, 3);
    random_operations(UINT64_C(0x1ffffffc1), 2000, 2048, 4);
    random_operations(1, 1024, 1024, 5);
}

/* Data that comes in order, or nearly so, needs no memory at all. */
static void small_windows_need_no_memory(void **state)
{
    struct world world;

    (void)state;
    setup(&world, 1000, 65536, 65536);
    for (uint64_t pos = 1000; pos < 5000; pos += 2) {
        assert_true(usctp__bitmap_set(&world.bitmap, pos + 1));
        assert_true(usctp__bitmap_advance(&world.bitmap) == pos);
        assert_true(usctp__bitmap_set(&world.bitmap, pos));
        assert_true(usctp__bitmap_advance(&world.bitmap) == pos + 2);
    }
    assert_int_equal(world.memory.alloc_cnt, 0);
    assert_int_equal(usctp__bitmap_count(&world.bitmap), 0);
    teardown(&world);
}

static void release_gives_memory_back(void **state)
{
    struct world world;

    (void)state;
    setup(&world, 7, 65536, 65536);
    assert_true(usctp__bitmap_set(&world.bitmap, 7 + 65535));
    assert_int_equal(world.mem.used, 65536 / 8);
    usctp__bitmap_release(&world.bitmap);
    assert_int_equal(world.mem.used, 65536 / 8);
    usctp__bitmap_clear(&world.bitmap, 7 + 65535);
    usctp__bitmap_release(&world.bitmap);
    assert_int_equal(world.mem.used, 0);
    assert_true(usctp__bitmap_cap(&world.bitmap) == 64);
    assert_true(usctp__bitmap_set(&world.bitmap, 8));
    assert_true(usctp__bitmap_end(&world.bitmap) == 9);
    teardown(&world);
}

static void reserve_makes_setting_safe(void **state)
{
    struct world world;

    (void)state;
    setup(&world, 5, 4096, 4096);
    assert_true(usctp__bitmap_reserve(&world.bitmap, 5 + 4096));
    assert_false(usctp__bitmap_reserve(&world.bitmap, 5 + 4097));
    world.memory.fail_every = 1;
    assert_true(usctp__bitmap_set_range(&world.bitmap, 5, 5 + 4096));
    assert_int_equal(usctp__bitmap_count(&world.bitmap), 4096);
    assert_false(usctp__bitmap_set(&world.bitmap, 5 + 4096));
    assert_false(usctp__bitmap_set(&world.bitmap, 4));
    assert_true(usctp__bitmap_advance(&world.bitmap) == 5 + 4096);
    assert_true(usctp__bitmap_set(&world.bitmap, 5 + 4096));
    teardown(&world);
}

/* Each growth fails once: nothing may have changed. */
static void no_memory(void **state)
{
    struct world world;
    uint64_t pos = 200;

    (void)state;
    setup(&world, 200, 4096, 4096);
    for (; pos < 200 + 4096; pos += 61) {
        test_memory_fail_next(&world.memory, 1);
        if (!usctp__bitmap_set(&world.bitmap, pos)) {
            assert_false(usctp__bitmap_test(&world.bitmap, pos));
            check_whole(&world);
            assert_true(usctp__bitmap_set(&world.bitmap, pos));
        }
        assert_true(model_fill(&world.model, pos, pos + 1, true));
    }
    check_whole(&world);
    /* From one word to the maximum, by doubling, each time refused once. */
    assert_int_equal(world.mem.fail_cnt, 4);
    teardown(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_the_model),
        cmocka_unit_test(small_windows_need_no_memory),
        cmocka_unit_test(release_gives_memory_back),
        cmocka_unit_test(reserve_makes_setting_safe),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
