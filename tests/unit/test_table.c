/* SPDX-License-Identifier: BSD-3-Clause */
/* Both hash tables: random operations against arrays, tables under clustered hashes, no memory. */
#include "unit/unit.h"

#include "base/compiler.h"
#include "base/table.h"
#include "common/test_memory.h"

enum { TAG_CNT = 600, CHAIN_CNT = 500 };

struct world {
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__tagtable tags;
    struct usctp__chaintable chains;
};

static void setup(struct world *world, uint64_t seed)
{
    struct usctp__hash_key key = {prng_next(&seed), prng_next(&seed)};

    usctp__mem_init(&world->mem, test_memory_init(&world->memory), 0);
    usctp__tagtable_init(&world->tags, &world->mem, &key);
    usctp__chaintable_init(&world->chains, &world->mem);
}

static void teardown(struct world *world)
{
    usctp__tagtable_destroy(&world->tags);
    usctp__chaintable_destroy(&world->chains);
    assert_int_equal(world->mem.used, 0);
    assert_int_equal(test_memory_leaks(&world->memory), 0);
}

/* Robin Hood order: nobody stands farther from home than the one before him, plus one. */
static void check_tags(const struct usctp__tagtable *table)
{
    uint32_t cnt = 0;

    for (uint32_t i = 0; i < table->cap; i++) {
        const struct usctp__tagtable_slot *slot = &table->slots[i];
        const struct usctp__tagtable_slot *before = &table->slots[(i - 1) & (table->cap - 1)];
        uint32_t dist = (i - slot->home) & (table->cap - 1);

        if (slot->value == NULL) {
            continue;
        }
        cnt++;
        assert_int_equal(slot->home, (uint32_t)usctp__hash32(&table->key, slot->tag));
        if (dist > 0) {
            assert_non_null(before->value);
            assert_true(dist <= ((i - 1 - before->home) & (table->cap - 1)) + 1);
        }
    }
    assert_int_equal(cnt, table->cnt);
    assert_true(table->cnt <= table->cap / 4 * 3);
}

static void random_tags(void **state)
{
    struct world world;
    uint32_t tags[TAG_CNT];
    char values[TAG_CNT];
    bool in[TAG_CNT] = {false};
    uint64_t seed = 41;

    (void)state;
    setup(&world, 1);
    for (uint32_t i = 0; i < TAG_CNT; i++) {
        /* Numbers in a row, 0 and the largest among them, and others far apart. */
        tags[i] = i % 2 == 0 ? i - 10 : (uint32_t)prng_next(&seed) | 0x1000;
    }
    for (int step = 0; step < 60000; step++) {
        uint32_t i = (uint32_t)prng_below(&seed, TAG_CNT);
        uint64_t bias = step / 10000 % 2 == 0 ? 90 : 5;

        assert_ptr_equal(usctp__tagtable_find(&world.tags, tags[i]), in[i] ? &values[i] : NULL);
        if (prng_below(&seed, 100) < bias) {
            if (!in[i]) {
                assert_true(usctp__tagtable_insert(&world.tags, tags[i], &values[i]));
                in[i] = true;
            }
        } else {
            assert_ptr_equal(usctp__tagtable_remove(&world.tags, tags[i]),
                             in[i] ? &values[i] : NULL);
            in[i] = false;
        }
        if (step % 256 == 0) {
            check_tags(&world.tags);
        }
    }
    for (uint32_t i = 0; i < TAG_CNT; i++) {
        assert_ptr_equal(usctp__tagtable_remove(&world.tags, tags[i]), in[i] ? &values[i] : NULL);
    }
    assert_int_equal(world.tags.cnt, 0);
    assert_int_equal(world.tags.cap, 16);
    teardown(&world);
}

/* Tags that all want the same few slots, which a peer that knew the key would choose. */
static void clustered_tags(void **state)
{
    struct world world;
    uint32_t tags[40];
    char values[40];
    uint32_t cnt = 0;

    (void)state;
    setup(&world, 2);
    for (uint32_t tag = 0; cnt < 40; tag++) {
        /* Home is one of the last two slots of 64, so that probing wraps around. */
        if ((usctp__hash32(&world.tags.key, tag) & 63) >= 62) {
            tags[cnt++] = tag;
        }
    }
    for (uint32_t i = 0; i < 40; i++) {
        assert_true(usctp__tagtable_insert(&world.tags, tags[i], &values[i]));
        check_tags(&world.tags);
    }
    assert_int_equal(world.tags.cap, 64);
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t gone = (i * 7) % 40;

        assert_ptr_equal(usctp__tagtable_remove(&world.tags, tags[gone]), &values[gone]);
        check_tags(&world.tags);
        for (uint32_t k = i + 1; k < 40; k++) {
            assert_ptr_equal(usctp__tagtable_find(&world.tags, tags[(k * 7) % 40]),
                             &values[(k * 7) % 40]);
        }
    }
    teardown(&world);
}

static void tags_without_memory(void **state)
{
    struct world world;
    char values[200];

    (void)state;
    setup(&world, 3);
    assert_null(usctp__tagtable_find(&world.tags, 1));
    assert_null(usctp__tagtable_remove(&world.tags, 1));
    for (uint32_t i = 0; i < 200; i++) {
        test_memory_fail_next(&world.memory, 1);
        if (!usctp__tagtable_insert(&world.tags, i, &values[i])) {
            assert_null(usctp__tagtable_find(&world.tags, i));
            assert_int_equal(world.tags.cnt, i);
            check_tags(&world.tags);
            /* Reserved, it cannot fail. */
            assert_true(usctp__tagtable_reserve(&world.tags));
            test_memory_fail_next(&world.memory, 1);
            assert_true(usctp__tagtable_insert(&world.tags, i, &values[i]));
        }
    }
    /* From 16 slots to 512. */
    assert_int_equal(world.mem.fail_cnt, 6);
    /* A table that cannot shrink stays large. */
    world.memory.fail_every = 1;
    for (uint32_t i = 0; i < 200; i++) {
        assert_ptr_equal(usctp__tagtable_remove(&world.tags, i), &values[i]);
    }
    assert_int_equal(world.tags.cap, 512);
    teardown(&world);
}

struct item {
    uint64_t hash;
    bool in;
    struct usctp__chain link;
};

static size_t index_of(const struct item *items, struct usctp__chain *link)
{
    return (size_t)(USCTP__CONTAINER_OF(link, struct item, link) - items);
}

/* All members with that hash, each once, and no other. */
static void check_chain(const struct world *world, const struct item *items, uint64_t hash)
{
    bool seen[CHAIN_CNT] = {false};
    struct usctp__chain *link = usctp__chaintable_first(&world->chains, hash);

    for (; link != NULL; link = usctp__chaintable_next(link)) {
        size_t i = index_of(items, link);

        assert_true(i < CHAIN_CNT && items[i].in && items[i].hash == hash);
        assert_false(seen[i]);
        seen[i] = true;
    }
    for (size_t i = 0; i < CHAIN_CNT; i++) {
        assert_true(seen[i] == (items[i].in && items[i].hash == hash));
    }
}

/* The walk meets each member once, and no other. */
static void check_walk(const struct world *world, const struct item *items)
{
    bool seen[CHAIN_CNT] = {false};
    struct usctp__chain *link = NULL;
    uint32_t cnt = 0;

    while ((link = usctp__chaintable_walk(&world->chains, link)) != NULL) {
        size_t i = index_of(items, link);

        assert_true(i < CHAIN_CNT && items[i].in && !seen[i]);
        seen[i] = true;
        cnt++;
    }
    assert_int_equal(cnt, world->chains.cnt);
}

static void random_chain_steps(struct world *world, uint64_t seed)
{
    struct item items[CHAIN_CNT];
    uint32_t cnt = 0;

    memset(items, 0, sizeof(items));
    for (size_t i = 0; i < CHAIN_CNT; i++) {
        /* Some share a hash, some only its low bits. */
        uint64_t low = prng_below(&seed, 200);

        items[i].hash = prng_below(&seed, 2) << 40 | low;
    }
    for (int step = 0; step < 20000; step++) {
        struct item *item = &items[prng_below(&seed, CHAIN_CNT)];
        uint64_t bias = step / 4000 % 2 == 0 ? 90 : 5;

        if (!item->in && prng_below(&seed, 100) < bias) {
            usctp__chaintable_insert(&world->chains, &item->link, item->hash);
            item->in = true;
            cnt++;
        } else if (item->in && prng_below(&seed, 100) >= bias) {
            usctp__chaintable_remove(&world->chains, &item->link);
            item->in = false;
            cnt--;
        }
        assert_int_equal(world->chains.cnt, cnt);
        if (step % 16 == 0) {
            check_chain(world, items, item->hash);
            check_walk(world, items);
        }
    }
}

static void random_chains(void **state)
{
    struct world world;

    (void)state;
    setup(&world, 4);
    random_chain_steps(&world, 43);
    assert_true(world.chains.cap >= 16 && world.chains.cap <= 1024);
    teardown(&world);
}

/* Without any memory the table is slow, but right. */
static void chains_without_memory(void **state)
{
    struct world world;

    (void)state;
    setup(&world, 5);
    world.memory.fail_every = 1;
    random_chain_steps(&world, 44);
    assert_int_equal(world.chains.cap, 1);
    teardown(&world);

    setup(&world, 6);
    world.memory.fail_every = 2;
    random_chain_steps(&world, 45);
    teardown(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tags),           cmocka_unit_test(clustered_tags),
        cmocka_unit_test(tags_without_memory),   cmocka_unit_test(random_chains),
        cmocka_unit_test(chains_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
