/* SPDX-License-Identifier: BSD-3-Clause */
/* What the platform hands in: memory, clock, random bytes, HMAC (against the tests' own). */
#include "unit/unit.h"

#include <usctp/driver.h>

#include "base/compiler.h"
#include "common/test_crypto.h"

static void memory(void **state)
{
    const struct usctp_memory *memory = usctp_memory_system();
    unsigned char *ptr = memory->alloc(memory->ctx, 1000);

    (void)state;
    assert_int_equal(memory->size, sizeof(*memory));
    assert_non_null(ptr);
    memset(ptr, 1, 1000);
    memory->free(memory->ctx, ptr, 1000);
}

static void clock_goes_on(void **state)
{
    uint64_t last = usctp_clock_system(NULL);
    uint64_t now = last;

    (void)state;
    assert_true(last > 0);
    /* It never goes back, and some day it goes forward. */
    while (now == last) {
        now = usctp_clock_system(NULL);
        assert_true(now >= last);
    }
}

static void random_bytes(void **state)
{
    unsigned char buf[3000] = {0};
    unsigned char other[3000] = {0};
    unsigned seen[256] = {0};

    (void)state;
    assert_int_equal(usctp_random_system(NULL, buf, 2999), 0);
    assert_int_equal(usctp_random_system(NULL, other, 2999), 0);
    assert_int_equal(usctp_random_system(NULL, other, 0), 0);
    assert_true(memcmp(buf, other, 2999) != 0);
    /* Not a byte too many, and every byte of the range was filled. */
    assert_int_equal(buf[2999], 0);
    for (size_t i = 0; i < 2999; i++) {
        seen[buf[i]]++;
    }
    for (int i = 0; i < 256; i++) {
        assert_true(seen[i] < 60);
    }
    assert_true(memcmp(buf + 2900, (unsigned char[99]){0}, 99) != 0);
}

static void check_hmac(const struct usctp_crypto *crypto, int algorithm, size_t key_len,
                       size_t data_len)
{
    uint64_t seed = key_len * 1000 + data_len;
    uint8_t key[200];
    uint8_t data[300];
    uint8_t want[32];
    uint8_t got[32];
    size_t len;
    void *hmac;

    prng_fill(&seed, key, sizeof(key));
    prng_fill(&seed, data, sizeof(data));
    len = test_hmac(algorithm, key, key_len, data, data_len, want);
    hmac = crypto->hmac_new(crypto->ctx, algorithm, key, key_len);
    assert_non_null(hmac);
    /* Many times on one context, in pieces, with an empty one among them. */
    for (size_t cut = 0; cut <= data_len; cut += 1 + data_len / 3) {
        const struct usctp_iov iov[3] = {
            {data, cut}, {data + cut, 0}, {data + cut, data_len - cut}};

        memset(got, 0, sizeof(got));
        assert_int_equal(crypto->hmac(crypto->ctx, hmac, iov, 3, got), 0);
        assert_memory_equal(got, want, len);
    }
    crypto->hmac_free(crypto->ctx, hmac);
}

static void hmac(void **state)
{
    static const size_t key_lens[] = {0, 1, 16, 32, 63, 64, 65, 128, 200};
    static const size_t data_lens[] = {0, 1, 55, 56, 63, 64, 65, 200, 300};
    const struct usctp_crypto *crypto = usctp_crypto_system();

    (void)state;
    if (crypto == NULL) {
        print_message("built without a crypto library\n");
        skip();
        return;
    }
    assert_int_equal(crypto->size, sizeof(*crypto));
    for (size_t i = 0; i < USCTP__ARRAY_LEN(key_lens); i++) {
        for (size_t k = 0; k < USCTP__ARRAY_LEN(data_lens); k++) {
            check_hmac(crypto, USCTP_HMAC_SHA1, key_lens[i], data_lens[k]);
            check_hmac(crypto, USCTP_HMAC_SHA256, key_lens[i], data_lens[k]);
        }
    }
    assert_null(crypto->hmac_new(crypto->ctx, 2, "key", 3));
}

static void config(void **state)
{
    struct usctp_config config;
    int error;

    (void)state;
    memset(&config, 0xff, sizeof(config));
    error = usctp_config_system(&config);
    assert_int_equal(config.size, sizeof(config));
    assert_ptr_equal(config.memory, usctp_memory_system());
    assert_ptr_equal(config.crypto, usctp_crypto_system());
    assert_int_equal(error, config.crypto != NULL ? 0 : USCTP_ECRYPTO);
    assert_true(config.crc32c == usctp_crc32c_system());
    assert_true(config.clock == usctp_clock_system);
    assert_null(config.log);
    assert_int_equal(config.flags, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory), cmocka_unit_test(clock_goes_on), cmocka_unit_test(random_bytes),
        cmocka_unit_test(hmac),   cmocka_unit_test(config),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
