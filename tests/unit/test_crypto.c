/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers drawn in blocks, comparison in constant time, wiping. */
#include "unit/unit.h"

#include "base/compiler.h"
#include "base/crypto.h"
#include "common/test_crypto.h"

/* A source that counts up, so that each byte handed out can be told, and that counts its calls. */
struct counter {
    struct usctp_crypto table;
    uint8_t next;
    unsigned calls;
    size_t last_len;
    bool fail;
};

static int count_up(void *ctx, void *buf, size_t len)
{
    struct counter *counter = ctx;
    uint8_t *bytes = buf;

    counter->calls++;
    counter->last_len = len;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = counter->next++;
    }
    return counter->fail ? -1 : 0;
}

static void counter_init(struct counter *counter)
{
    memset(counter, 0, sizeof(*counter));
    counter->table.size = sizeof(counter->table);
    counter->table.random = count_up;
    counter->table.ctx = counter;
}

static void draws_in_blocks(void **state)
{
    static const uint8_t zeros[USCTP__RANDOM_BLOCK_LEN];
    struct counter counter;
    struct usctp__random random;
    uint8_t buf[USCTP__RANDOM_BLOCK_LEN];

    (void)state;
    counter_init(&counter);
    usctp__random_init(&random, &counter.table);
    assert_int_equal(counter.calls, 0);
    for (unsigned i = 0; i < 25; i++) {
        assert_true(usctp__random_bytes(&random, buf, 10));
        for (unsigned k = 0; k < 10; k++) {
            assert_int_equal(buf[k], i * 10 + k);
        }
        /* What was handed out is nowhere to be found any more. */
        assert_memory_equal(random.block, zeros, i * 10 + 10);
    }
    assert_int_equal(counter.calls, 1);
    assert_int_equal(counter.last_len, USCTP__RANDOM_BLOCK_LEN);
    /* Six bytes are left, too few. */
    assert_true(usctp__random_bytes(&random, buf, 7));
    assert_int_equal(counter.calls, 2);
    assert_int_equal(buf[0], 0);
    assert_true(usctp__random_bytes(&random, buf, 0));
    assert_true(usctp__random_bytes(&random, buf, USCTP__RANDOM_BLOCK_LEN));
    assert_int_equal(counter.calls, 3);
    usctp__random_wipe(&random);
    assert_memory_equal(random.block, zeros, sizeof(zeros));
    assert_true(usctp__random_bytes(&random, buf, 1));
    assert_int_equal(counter.calls, 4);
}

static void large_draws_go_through(void **state)
{
    struct counter counter;
    struct usctp__random random;
    uint8_t buf[1000];

    (void)state;
    counter_init(&counter);
    usctp__random_init(&random, &counter.table);
    assert_true(usctp__random_bytes(&random, buf, sizeof(buf)));
    assert_int_equal(counter.calls, 1);
    assert_int_equal(counter.last_len, sizeof(buf));
    assert_int_equal(buf[999], 999 & 0xff);
}

static void source_fails(void **state)
{
    static const uint8_t zeros[USCTP__RANDOM_BLOCK_LEN];
    struct counter counter;
    struct usctp__random random;
    uint8_t buf[300];
    uint32_t u32;
    uint64_t u64;

    (void)state;
    counter_init(&counter);
    usctp__random_init(&random, &counter.table);
    counter.fail = true;
    assert_false(usctp__random_bytes(&random, buf, 1));
    assert_false(usctp__random_bytes(&random, buf, 300));
    assert_false(usctp__random_u32(&random, &u32));
    assert_false(usctp__random_u64(&random, &u64));
    assert_false(usctp__random_below(&random, 5, &u32));
    /* Nothing that the failing source wrote is ever used. */
    assert_memory_equal(random.block, zeros, sizeof(zeros));
    counter.fail = false;
    counter.calls = 0;
    assert_true(usctp__random_u64(&random, &u64));
    assert_int_equal(counter.calls, 1);
}

static void below_a_bound(void **state)
{
    struct test_crypto crypto;
    struct usctp__random random;
    unsigned cnt[7] = {0};
    uint32_t value = 99;

    (void)state;
    usctp__random_init(&random, test_crypto_init(&crypto, 61));
    for (int i = 0; i < 7000; i++) {
        assert_true(usctp__random_below(&random, 7, &value));
        assert_true(value < 7);
        cnt[value]++;
    }
    for (int i = 0; i < 7; i++) {
        assert_in_range(cnt[i], 850, 1150);
    }
    assert_true(usctp__random_below(&random, 1, &value));
    assert_int_equal(value, 0);
    /* Three quarters of the range: without rejection the lowest third would come twice as often. */
    memset(cnt, 0, sizeof(cnt));
    for (int i = 0; i < 6000; i++) {
        assert_true(usctp__random_below(&random, UINT32_C(0xc0000000), &value));
        cnt[value >> 30]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(cnt[i], 1800, 2200);
    }
}

static int all_zero(void *ctx, void *buf, size_t len)
{
    USCTP__UNUSED(ctx);
    memset(buf, 0, len);
    return 0;
}

/* A source that always gives the same, rejected, value must not hold the caller for ever. */
static void stuck_source(void **state)
{
    const struct usctp_crypto table = {sizeof(table), all_zero, NULL, NULL, NULL, NULL};
    struct usctp__random random;
    uint32_t value;

    (void)state;
    usctp__random_init(&random, &table);
    assert_false(usctp__random_below(&random, UINT32_C(0x80000001), &value));
    assert_true(usctp__random_below(&random, UINT32_C(0x80000000), &value));
}

static void equal_in_constant_time(void **state)
{
    uint8_t a[40];
    uint8_t b[40];
    uint64_t seed = 62;

    (void)state;
    prng_fill(&seed, a, sizeof(a));
    memcpy(b, a, sizeof(b));
    assert_true(usctp__ct_equal(a, b, sizeof(a)));
    assert_true(usctp__ct_equal(a, b, 0));
    for (size_t i = 0; i < sizeof(a); i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            b[i] ^= (uint8_t)(1u << bit);
            assert_false(usctp__ct_equal(a, b, sizeof(a)));
            assert_true(usctp__ct_equal(a, b, i));
            b[i] ^= (uint8_t)(1u << bit);
        }
    }
}

static void wipe_and_lengths(void **state)
{
    uint8_t secret[5] = {1, 2, 3, 4, 5};

    (void)state;
    usctp__wipe(secret + 1, 3);
    assert_memory_equal(secret, "\1\0\0\0\5", 5);
    assert_int_equal(usctp__hmac_len(USCTP_HMAC_SHA1), 20);
    assert_int_equal(usctp__hmac_len(USCTP_HMAC_SHA256), USCTP__HMAC_MAX_LEN);
    assert_int_equal(usctp__hmac_len(2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_in_blocks),  cmocka_unit_test(large_draws_go_through),
        cmocka_unit_test(source_fails),     cmocka_unit_test(below_a_bound),
        cmocka_unit_test(stuck_source),     cmocka_unit_test(equal_in_constant_time),
        cmocka_unit_test(wipe_and_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
