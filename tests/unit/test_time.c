/* SPDX-License-Identifier: BSD-3-Clause */
/* Time arithmetic stops at the ends of its range. */
#include "unit/unit.h"

#include "base/time.h"

static void sums(void **state)
{
    (void)state;
    assert_true(usctp__time_add(3, 4) == 7);
    assert_true(usctp__time_add(USCTP__NEVER, 0) == USCTP__NEVER);
    assert_true(usctp__time_add(USCTP__NEVER - 1, 1) == USCTP__NEVER);
    assert_true(usctp__time_add(USCTP__NEVER - 1, 2) == USCTP__NEVER);
    assert_true(usctp__time_add(5, USCTP__NEVER) == USCTP__NEVER);
    assert_true(usctp__time_add(UINT64_C(1) << 63, UINT64_C(1) << 63) == USCTP__NEVER);
    assert_true(usctp__time_sub(7, 3) == 4);
    assert_true(usctp__time_sub(3, 7) == 0);
    assert_true(usctp__time_sub(3, 3) == 0);
}

static void products(void **state)
{
    (void)state;
    assert_true(usctp__time_mul(6, 7) == 42);
    assert_true(usctp__time_mul(0, USCTP__NEVER) == 0);
    assert_true(usctp__time_mul(USCTP__NEVER, 0) == 0);
    assert_true(usctp__time_mul(UINT64_C(1) << 32, UINT64_C(1) << 31) == UINT64_C(1) << 63);
    assert_true(usctp__time_mul(UINT64_C(1) << 32, UINT64_C(1) << 32) == USCTP__NEVER);
}

static void milliseconds(void **state)
{
    (void)state;
    assert_true(usctp__time_from_ms(1500) == USCTP__SEC + 500 * USCTP__MS);
    assert_true(usctp__time_from_ms(UINT64_MAX / USCTP__MS + 1) == USCTP__NEVER);
    assert_int_equal(usctp__time_to_ms(2 * USCTP__MS - 1), 1);
    assert_int_equal(usctp__time_to_ms_up(2 * USCTP__MS - 1), 2);
    assert_int_equal(usctp__time_to_ms_up(2 * USCTP__MS), 2);
    assert_int_equal(usctp__time_to_ms_up(1), 1);
    assert_int_equal(usctp__time_to_ms_up(0), 0);
    assert_true(usctp__time_to_ms(USCTP__NEVER) == UINT32_MAX);
    assert_true(usctp__time_to_ms_up(USCTP__NEVER) == UINT32_MAX);
    assert_true(USCTP__SEC == 1000 * USCTP__MS && USCTP__MS == 1000 * USCTP__US);
    assert_true(USCTP__US == 1000 * USCTP__NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(products),
        cmocka_unit_test(milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
