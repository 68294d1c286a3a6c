/* SPDX-License-Identifier: BSD-3-Clause */
/* The account on the caller's memory: what is in use, the limit, growing, failing. */
#include "unit/unit.h"

#include "base/mem.h"
#include "common/test_memory.h"

static void counts(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    void *a;
    void *b;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    a = usctp__mem_alloc(&mem, 100);
    b = usctp__mem_alloc(&mem, 50);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(mem.used, 150);
    usctp__mem_free(&mem, a, 100);
    assert_int_equal(mem.used, 50);
    assert_int_equal(mem.peak, 150);
    usctp__mem_free(&mem, NULL, 0);
    usctp__mem_free(&mem, b, 50);
    assert_int_equal(mem.used, 0);
    assert_int_equal(mem.alloc_cnt, 2);
    assert_int_equal(mem.fail_cnt, 0);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

static void calloc_gives_zeros(void **state)
{
    static const unsigned char zeros[77];
    struct test_memory memory;
    struct usctp__mem mem;
    void *ptr;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    ptr = usctp__mem_calloc(&mem, sizeof(zeros));
    assert_non_null(ptr);
    assert_memory_equal(ptr, zeros, sizeof(zeros));
    usctp__mem_free(&mem, ptr, sizeof(zeros));
    test_memory_fail_next(&memory, 1);
    assert_null(usctp__mem_calloc(&mem, 8));
    assert_int_equal(test_memory_leaks(&memory), 0);
}

static void limit_holds(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    void *a;
    void *b;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 100);
    a = usctp__mem_alloc(&mem, 60);
    assert_non_null(a);
    assert_null(usctp__mem_alloc(&mem, 41));
    assert_null(usctp__mem_alloc(&mem, SIZE_MAX));
    assert_int_equal(mem.fail_cnt, 2);
    /* The caller's functions were not asked. */
    assert_int_equal(memory.alloc_cnt, 1);
    b = usctp__mem_alloc(&mem, 40);
    assert_non_null(b);
    assert_int_equal(mem.used, 100);
    usctp__mem_free(&mem, b, 40);
    usctp__mem_free(&mem, a, 60);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

static void grow_moves_the_content(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    char *old;
    char *larger;
    char *smaller;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    old = usctp__mem_grow(&mem, NULL, 0, 6);
    assert_non_null(old);
    memcpy(old, "abcde", 6);
    larger = usctp__mem_grow(&mem, old, 6, 600);
    assert_non_null(larger);
    assert_string_equal(larger, "abcde");
    assert_int_equal(mem.used, 600);
    smaller = usctp__mem_grow(&mem, larger, 600, 3);
    assert_non_null(smaller);
    assert_memory_equal(smaller, "abc", 3);
    assert_int_equal(mem.used, 3);

    /* Without memory the old block stands. */
    test_memory_fail_next(&memory, 1);
    assert_null(usctp__mem_grow(&mem, smaller, 3, 10));
    assert_memory_equal(smaller, "abc", 3);
    assert_int_equal(mem.used, 3);
    assert_int_equal(mem.fail_cnt, 1);
    usctp__mem_free(&mem, smaller, 3);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(calloc_gives_zeros),
        cmocka_unit_test(limit_holds),
        cmocka_unit_test(grow_moves_the_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
