/* SPDX-License-Identifier: BSD-3-Clause */
/* Serial numbers: the definition of RFC 1982, 3.2, written out, and unwrapping. */
#include "unit/unit.h"

#include "base/serial.h"

/* RFC 1982, 3.2, with numbers that do not wrap. */
static bool less(uint64_t a, uint64_t b, uint64_t half)
{
    return (a < b && b - a < half) || (a > b && a - b > half);
}

static void check32(uint32_t a, uint32_t b)
{
    bool lt = less(a, b, UINT64_C(1) << 31);
    bool gt = less(b, a, UINT64_C(1) << 31);

    assert_int_equal(usctp__s32_lt(a, b), lt);
    assert_int_equal(usctp__s32_gt(a, b), gt);
    assert_int_equal(usctp__s32_leq(a, b), lt || a == b);
    assert_int_equal(usctp__s32_geq(a, b), gt || a == b);
}

static void compare32(void **state)
{
    static const uint32_t steps[] = {0,
                                     1,
                                     2,
                                     UINT32_C(0x7ffffffe),
                                     UINT32_C(0x7fffffff),
                                     UINT32_C(0x80000000),
                                     UINT32_C(0x80000001),
                                     UINT32_C(0xfffffffe),
                                     UINT32_C(0xffffffff)};
    uint64_t seed = 3;

    (void)state;
    for (size_t i = 0; i < 9; i++) {
        for (size_t k = 0; k < 9; k++) {
            check32(steps[i], steps[i] + steps[k]);
        }
    }
    for (int i = 0; i < 10000; i++) {
        check32((uint32_t)prng_next(&seed), (uint32_t)prng_next(&seed));
    }
}

static void compare16(void **state)
{
    static const uint16_t starts[] = {0, 1, 0x7fff, 0x8000, 0xffff};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        for (uint32_t b = 0; b <= 0xffff; b++) {
            uint16_t a = starts[i];
            bool lt = less(a, b, 0x8000);
            bool gt = less(b, a, 0x8000);

            assert_true(usctp__s16_lt(a, (uint16_t)b) == lt);
            assert_true(usctp__s16_gt(a, (uint16_t)b) == gt);
            assert_true(usctp__s16_leq(a, (uint16_t)b) == (lt || a == b));
            assert_true(usctp__s16_geq(a, (uint16_t)b) == (gt || a == b));
        }
    }
}

static void unwrap32(void **state)
{
    uint64_t seed = 4;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint64_t reference = (prng_next(&seed) >> prng_below(&seed, 30)) | UINT64_C(1) << 33;
        uint64_t ahead = prng_next(&seed) & UINT32_C(0x7fffffff);
        uint64_t behind = prng_next(&seed) & UINT32_C(0x7fffffff);

        reference >>= 1;
        assert_true(usctp__unwrap32(reference, (uint32_t)(reference + ahead)) == reference + ahead);
        assert_true(usctp__unwrap32(reference, (uint32_t)(reference - behind)) ==
                    reference - behind);
    }
    /* Half the range away: the lower one. */
    assert_true(usctp__unwrap32(UINT64_C(0x500000000), UINT32_C(0x80000000)) ==
                UINT64_C(0x480000000));
    /* Never below zero. */
    assert_true(usctp__unwrap32(5, 3) == 3);
    assert_true(usctp__unwrap32(5, 0) == 0);
    assert_true(usctp__unwrap32(5, UINT32_C(0xffffffff)) == UINT32_C(0xffffffff));
    assert_true(usctp__unwrap32(0, UINT32_C(0x80000000)) == UINT32_C(0x80000000));
}

static void unwrap16(void **state)
{
    static const uint64_t references[] = {0x8000,     0xffff,     0x10000,
                                          0x12345678, 0x1000ffff, UINT64_C(0x123456789abc)};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        uint64_t reference = references[i];

        for (uint64_t value = reference - 0x8000; value < reference + 0x8000; value++) {
            assert_true(usctp__unwrap16(reference, (uint16_t)value) == value);
        }
    }
    assert_true(usctp__unwrap16(5, 0xffff) == 0xffff);
    assert_true(usctp__unwrap16(5, 4) == 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare32),
        cmocka_unit_test(compare16),
        cmocka_unit_test(unwrap32),
        cmocka_unit_test(unwrap16),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
