/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap of deadlines: random operations against a scan of all nodes, determinism, no memory. */
#include "unit/unit.h"

#include "base/heap.h"
#include "common/test_memory.h"

enum { NODE_CNT = 300 };

static void check_order(const struct usctp__heap *heap)
{
    for (uint32_t i = 0; i < heap->cnt; i++) {
        assert_int_equal(heap->slots[i].node->index, i);
        assert_true(heap->slots[i].node->key == heap->slots[i].key);
        assert_true(i == 0 || heap->slots[(i - 1) / 4].key <= heap->slots[i].key);
    }
}

/* Compares with the least key of all nodes that are in. */
static void check_least(const struct usctp__heap *heap, const struct usctp__heap_node *nodes)
{
    const struct usctp__heap_node *node = usctp__heap_peek(heap);
    uint64_t least = UINT64_MAX;
    uint32_t cnt = 0;

    for (int i = 0; i < NODE_CNT; i++) {
        if (usctp__heap_contains(&nodes[i])) {
            cnt++;
            least = nodes[i].key < least ? nodes[i].key : least;
        }
    }
    assert_int_equal(heap->cnt, cnt);
    assert_true(usctp__heap_min(heap) == least);
    assert_int_equal(node == NULL, cnt == 0);
    assert_true(node == NULL || node->key == least);
}

static void random_step(struct usctp__heap *heap, struct usctp__heap_node *node, int bias,
                        uint64_t *seed)
{
    uint64_t key = prng_below(seed, prng_below(seed, 2) == 0 ? 20 : 1000000);

    if (prng_below(seed, 50) == 0) {
        key = UINT64_MAX;
    }
    if (!usctp__heap_contains(node)) {
        if ((int)prng_below(seed, 100) < bias) {
            assert_true(usctp__heap_insert(heap, node, key));
        } else {
            usctp__heap_remove(heap, node);
        }
    } else if ((int)prng_below(seed, 100) < bias) {
        usctp__heap_update(heap, node, key);
        assert_true(node->key == key);
    } else {
        usctp__heap_remove(heap, node);
        assert_false(usctp__heap_contains(node));
    }
}

static void random_operations(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__heap heap;
    struct usctp__heap_node nodes[NODE_CNT];
    uint64_t seed = 21;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    usctp__heap_init(&heap, &mem);
    for (int i = 0; i < NODE_CNT; i++) {
        usctp__heap_node_init(&nodes[i]);
    }
    for (int step = 0; step < 20000; step++) {
        random_step(&heap, &nodes[prng_below(&seed, NODE_CNT)], step / 2500 % 2 == 0 ? 80 : 10,
                    &seed);
        check_least(&heap, nodes);
        if (step % 64 == 0) {
            check_order(&heap);
        }
    }
    usctp__heap_destroy(&heap);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

static void comes_out_sorted(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__heap heap;
    struct usctp__heap_node nodes[NODE_CNT];
    uint64_t seed = 22;
    uint64_t last = 0;
    uint64_t sum = 0;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    usctp__heap_init(&heap, &mem);
    for (int i = 0; i < NODE_CNT; i++) {
        usctp__heap_node_init(&nodes[i]);
        assert_true(usctp__heap_insert(&heap, &nodes[i], prng_below(&seed, 1000)));
        sum += nodes[i].key;
    }
    while (usctp__heap_peek(&heap) != NULL) {
        struct usctp__heap_node *node = usctp__heap_peek(&heap);

        assert_true(node->key >= last);
        last = node->key;
        sum -= last;
        usctp__heap_remove(&heap, node);
    }
    assert_true(sum == 0);
    /* The array has shrunk on the way. */
    assert_true(heap.cap <= 16);
    usctp__heap_destroy(&heap);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

/* The same calls on two heaps give the same order, equal keys too. */
static void same_calls_same_order(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__heap heaps[2];
    struct usctp__heap_node nodes[2][NODE_CNT];

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    for (int h = 0; h < 2; h++) {
        uint64_t seed = 23;

        usctp__heap_init(&heaps[h], &mem);
        for (int i = 0; i < NODE_CNT; i++) {
            usctp__heap_node_init(&nodes[h][i]);
            assert_true(usctp__heap_insert(&heaps[h], &nodes[h][i], prng_below(&seed, 5)));
        }
    }
    for (int i = 0; i < NODE_CNT; i++) {
        struct usctp__heap_node *a = usctp__heap_peek(&heaps[0]);
        struct usctp__heap_node *b = usctp__heap_peek(&heaps[1]);

        assert_int_equal(a - nodes[0], b - nodes[1]);
        usctp__heap_remove(&heaps[0], a);
        usctp__heap_remove(&heaps[1], b);
    }
    usctp__heap_destroy(&heaps[0]);
    usctp__heap_destroy(&heaps[1]);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

static void no_memory(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__heap heap;
    struct usctp__heap_node nodes[NODE_CNT];
    uint64_t refused = 0;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    usctp__heap_init(&heap, &mem);
    for (uint32_t i = 0; i < NODE_CNT; i++) {
        usctp__heap_node_init(&nodes[i]);
        test_memory_fail_next(&memory, 1);
        if (!usctp__heap_insert(&heap, &nodes[i], NODE_CNT - i)) {
            refused++;
            assert_false(usctp__heap_contains(&nodes[i]));
            assert_int_equal(heap.cnt, i);
            assert_true(usctp__heap_insert(&heap, &nodes[i], NODE_CNT - i));
        }
    }
    assert_true(refused == mem.fail_cnt && refused > 0);
    check_order(&heap);
    /* An array that cannot shrink stays; the heap works on. */
    memory.fail_every = 1;
    for (int i = 0; i < NODE_CNT; i++) {
        usctp__heap_remove(&heap, &nodes[i]);
        check_order(&heap);
    }
    assert_int_equal(heap.cnt, 0);
    usctp__heap_destroy(&heap);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

static void reserve(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__heap heap;
    struct usctp__heap_node nodes[NODE_CNT];

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    usctp__heap_init(&heap, &mem);
    test_memory_fail_next(&memory, 1);
    assert_false(usctp__heap_reserve(&heap, NODE_CNT));
    assert_int_equal(heap.cap, 0);
    assert_true(usctp__heap_reserve(&heap, NODE_CNT));
    assert_false(usctp__heap_reserve(&heap, UINT32_MAX));
    memory.fail_every = 1;
    for (uint32_t i = 0; i < NODE_CNT; i++) {
        usctp__heap_node_init(&nodes[i]);
        assert_true(usctp__heap_insert(&heap, &nodes[i], i));
    }
    usctp__heap_destroy(&heap);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations),
        cmocka_unit_test(comes_out_sorted),
        cmocka_unit_test(same_calls_same_order),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(reserve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
