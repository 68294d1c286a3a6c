/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-1-3 against values of another implementation (the hash of bytes objects of CPython 3.11,
 * with PYTHONHASHSEED 0 and 7), and the mix of 32-bit numbers for how well it spreads. */
#include "unit/unit.h"

#include "base/compiler.h"
#include "base/siphash.h"

struct vector {
    size_t len; /* of the data 0, 1, 2, ... */
    uint64_t hash;
};

static void check_vectors(const struct usctp__hash_key *key, const struct vector *vectors,
                          size_t cnt)
{
    unsigned char data[64];

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (unsigned char)i;
    }
    for (size_t i = 0; i < cnt; i++) {
        assert_true(usctp__siphash13(key, data, vectors[i].len) == vectors[i].hash);
    }
}

static void vectors_of_siphash13(void **state)
{
    static const struct vector zero_key[] = {
        {1, UINT64_C(0x68a914128e01e473)},  {3, UINT64_C(0x4d4c9a4a8ef6e0ad)},
        {4, UINT64_C(0x7cc43f98813e4dbd)},  {7, UINT64_C(0x2f098ab0c751325a)},
        {8, UINT64_C(0xead411e67ebe2eea)},  {9, UINT64_C(0x75927f9d95124362)},
        {15, UINT64_C(0xf30eb725bb91c9ea)}, {16, UINT64_C(0x8972188433a5c5b7)},
        {17, UINT64_C(0x4883c49a2c009c1d)}, {31, UINT64_C(0x169739443111d49b)},
        {40, UINT64_C(0x95bc321ab41d8206)}, {63, UINT64_C(0x385d3e39e5f37359)},
    };
    static const struct vector other_key[] = {
        {1, UINT64_C(0x7e255bf0210f9775)},  {3, UINT64_C(0x3e839792e48ebc29)},
        {4, UINT64_C(0x2e684e02fbdd7eca)},  {7, UINT64_C(0x987cfd95990dd34b)},
        {8, UINT64_C(0x8450991e34fe08de)},  {9, UINT64_C(0xa0a0a12bd6c44f35)},
        {15, UINT64_C(0x1517e7dc54a43f5b)}, {16, UINT64_C(0x642bba6a6c24ebf5)},
        {17, UINT64_C(0xcc54010f13010f0d)}, {31, UINT64_C(0xadf091e03303fd2d)},
        {40, UINT64_C(0x4b1c7f0d8fc0bca9)}, {63, UINT64_C(0xb1eaa0579bb21aa3)},
    };
    const struct usctp__hash_key zero = {0, 0};
    const struct usctp__hash_key other = {UINT64_C(0x12c874a1806f0e3d),
                                          UINT64_C(0x470a89d2f9d2784f)};

    (void)state;
    check_vectors(&zero, zero_key, USCTP__ARRAY_LEN(zero_key));
    check_vectors(&other, other_key, USCTP__ARRAY_LEN(other_key));
}

/* Most in one of 4,096 buckets when 4,096 numbers that are `step` apart are hashed. */
static unsigned fullest(const struct usctp__hash_key *key, uint32_t step, unsigned shift)
{
    unsigned char cnt[4096] = {0};
    unsigned most = 0;

    for (uint32_t i = 0; i < 4096; i++) {
        unsigned bucket = (unsigned)(usctp__hash32(key, i * step) >> shift & 4095);

        cnt[bucket]++;
        most = USCTP__MAX(most, cnt[bucket]);
    }
    return most;
}

/* Random choice would put at most 7 or so into a bucket. The low and the high bits must do as well for
 * every regular sequence and every key, the weakest too. */
static void mix_spreads(void **state)
{
    uint64_t seed = 31;

    (void)state;
    for (int i = 0; i < 40; i++) {
        struct usctp__hash_key key = {prng_next(&seed), prng_next(&seed)};

        for (unsigned bit = 0; bit < 20; bit++) {
            assert_in_range(fullest(&key, UINT32_C(1) << bit, 0), 1, 14);
            assert_in_range(fullest(&key, UINT32_C(1) << bit, 20), 1, 14);
        }
        assert_in_range(fullest(&key, (uint32_t)prng_next(&seed) | 1, 0), 1, 14);
    }
}

static void key_matters(void **state)
{
    const struct usctp__hash_key a = {1, 2};
    const struct usctp__hash_key b = {1, 3};
    const struct usctp__hash_key c = {2, 2};

    (void)state;
    assert_true(usctp__hash32(&a, 77) != usctp__hash32(&c, 77));
    assert_true(usctp__hash32(&a, 77) != usctp__hash32(&b, 77));
    assert_true(usctp__siphash13(&a, "x", 1) != usctp__siphash13(&b, "x", 1));
    assert_true(usctp__siphash13(&a, "x", 1) != usctp__siphash13(&c, "x", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_siphash13),
        cmocka_unit_test(mix_spreads),
        cmocka_unit_test(key_matters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
