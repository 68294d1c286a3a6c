/* SPDX-License-Identifier: BSD-3-Clause */
/* Bit counting against counting bit by bit, and the helpers of compiler.h. */
#include "unit/unit.h"

#include "base/compiler.h"

static unsigned naive_popcount(uint64_t x)
{
    unsigned cnt = 0;

    for (int i = 0; i < 64; i++) {
        cnt += x >> i & 1;
    }
    return cnt;
}

static void bit_counts(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(usctp__ctz64(UINT64_C(1) << i), i);
        assert_int_equal(usctp__clz64(UINT64_C(1) << i), 63 - i);
        assert_int_equal(usctp__ctz64(UINT64_MAX << i), i);
        assert_int_equal(usctp__clz64(UINT64_MAX >> i), i);
        assert_int_equal(usctp__popcount64(UINT64_MAX >> i), 64 - i);
    }
    assert_int_equal(usctp__popcount64(0), 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t x = prng_next(&seed);

        assert_int_equal(usctp__popcount64(x), naive_popcount(x));
        x &= prng_next(&seed) & prng_next(&seed);
        assert_int_equal(usctp__popcount64(x), naive_popcount(x));
    }
}

struct outer {
    int before;
    char inner[3];
};

static void containers(void **state)
{
    struct outer outer = {1, {0}};
    int three[3] = {0};

    (void)state;
    assert_ptr_equal(USCTP__CONTAINER_OF(&outer.inner, struct outer, inner), &outer);
    assert_int_equal(USCTP__ARRAY_LEN(three), 3);
    assert_int_equal(USCTP__MIN(3, 5), 3);
    assert_int_equal(USCTP__MAX(3, 5), 5);
    USCTP__UNUSED(three);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bit_counts),
        cmocka_unit_test(containers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
