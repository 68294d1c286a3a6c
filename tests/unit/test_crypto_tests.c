/* SPDX-License-Identifier: BSD-3-Clause */
/* The tests' own cryptography and memory: vectors of FIPS 180-4, RFC 2202 and RFC 4231, and the
 * counting, refusing and leak finding of the allocator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/test_crypto.h"
#include "common/test_memory.h"

static size_t unhex(const char *text, uint8_t *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = strlen(text) / 2;

    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)((strchr(digits, text[2 * i]) - digits) << 4 |
                           (strchr(digits, text[2 * i + 1]) - digits));
    }
    return len;
}

static void check_hash(int algorithm, const char *data, size_t cnt, const char *digest)
{
    struct test_hash hash;
    uint8_t want[TEST_SHA256_LEN], got[TEST_SHA256_LEN];
    size_t len = unhex(digest, want);

    test_hash_init(&hash, algorithm);
    for (size_t i = 0; i < cnt; i++) {
        test_hash_add(&hash, data, strlen(data));
    }
    assert_int_equal(test_hash_end(&hash, got), len);
    assert_memory_equal(got, want, len);
}

static void hash_vectors(void **state)
{
    (void)state;
    check_hash(USCTP_HMAC_SHA1, "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    check_hash(USCTP_HMAC_SHA1, "", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    check_hash(USCTP_HMAC_SHA1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
               "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    check_hash(USCTP_HMAC_SHA1, "aaaaaaaaaa", 100000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    check_hash(USCTP_HMAC_SHA256, "abc", 1,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_hash(USCTP_HMAC_SHA256, "", 1,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_hash(USCTP_HMAC_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check_hash(USCTP_HMAC_SHA256, "aaaaaaaaaa", 100000,
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* A test case of RFC 2202 (SHA-1) or RFC 4231 (SHA-256): bytes in hex, or one byte repeated. */
struct vector {
    int algorithm;
    const char *key;    /* text */
    unsigned key_byte;  /* where key is NULL: this byte, */
    size_t key_cnt;     /* so often */
    const char *data;   /* text */
    unsigned data_byte; /* where data is NULL */
    size_t data_cnt;
    const char *digest; /* hex */
};

#define LARGE_KEY  "Test Using Larger Than Block-Size Key - Hash Key First"
#define LARGE_BOTH "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"
#define LARGE_256                                                                               \
    "This is a test using a larger than block-size key and a larger than block-size data. The " \
    "key needs to be hashed before being used by the HMAC algorithm."

static const struct vector vectors[] = {
    /* RFC 2202, 3 */
    {USCTP_HMAC_SHA1, NULL, 0x0b, 20, "Hi There", 0, 0, "b617318655057264e28bc0b6fb378c8ef146be00"},
    {USCTP_HMAC_SHA1, "Jefe", 0, 0, "what do ya want for nothing?", 0, 0,
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {USCTP_HMAC_SHA1, NULL, 0xaa, 20, NULL, 0xdd, 50, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {USCTP_HMAC_SHA1, NULL, 0xaa, 80, LARGE_KEY, 0, 0, "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {USCTP_HMAC_SHA1, NULL, 0xaa, 80, LARGE_BOTH, 0, 0, "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
    /* RFC 4231, 4 */
    {USCTP_HMAC_SHA256, NULL, 0x0b, 20, "Hi There", 0, 0,
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {USCTP_HMAC_SHA256, "Jefe", 0, 0, "what do ya want for nothing?", 0, 0,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {USCTP_HMAC_SHA256, NULL, 0xaa, 20, NULL, 0xdd, 50,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {USCTP_HMAC_SHA256, NULL, 0xaa, 131, LARGE_KEY, 0, 0,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {USCTP_HMAC_SHA256, NULL, 0xaa, 131, LARGE_256, 0, 0,
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static size_t spread(const char *text, unsigned byte, size_t cnt, uint8_t *out)
{
    if (text != NULL) {
        memcpy(out, text, strlen(text));
        return strlen(text);
    }
    memset(out, (int)byte, cnt);
    return cnt;
}

static void hmac_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct vector *v = &vectors[i];
        uint8_t key[256], data[256], want[32], got[32];
        size_t key_len = spread(v->key, v->key_byte, v->key_cnt, key);
        size_t data_len = spread(v->data, v->data_byte, v->data_cnt, data);
        size_t len = unhex(v->digest, want);

        assert_int_equal(test_hmac(v->algorithm, key, key_len, data, data_len, got), len);
        assert_memory_equal(got, want, len);
    }
}

/* A table's context gives the same in pieces, again and again. */
static void hmac_in_pieces(void **state)
{
    struct test_crypto crypto;
    const struct usctp_crypto *table = test_crypto_init(&crypto, 1);
    const struct usctp_iov iov[] = {{"what do", 7}, {"", 0}, {" ya want for nothing?", 21}};
    uint8_t want[32], got[32];
    void *context = table->hmac_new(table->ctx, USCTP_HMAC_SHA256, "Jefe", 4);

    (void)state;
    assert_non_null(context);
    assert_int_equal(crypto.live_cnt, 1);
    (void)test_hmac(USCTP_HMAC_SHA256, "Jefe", 4, "what do ya want for nothing?", 28, want);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(table->hmac(table->ctx, context, iov, 3, got), 0);
        assert_memory_equal(got, want, 32);
    }
    crypto.fail_hmac = 1;
    assert_true(table->hmac(table->ctx, context, iov, 3, got) < 0);
    table->hmac_free(table->ctx, context);
    assert_int_equal(crypto.live_cnt, 0);
    assert_null(table->hmac_new(table->ctx, 2, "Jefe", 4));
    crypto.fail_hmac_new = 1;
    assert_null(table->hmac_new(table->ctx, USCTP_HMAC_SHA1, "Jefe", 4));
    assert_int_equal(crypto.live_cnt, 0);
}

static void random_is_seeded(void **state)
{
    struct test_crypto crypto;
    const struct usctp_crypto *table = test_crypto_init(&crypto, 7);
    uint64_t seed = 7;
    const struct usctp_crypto *plain = test_crypto(&seed);
    uint8_t a[37], b[37];

    (void)state;
    assert_int_equal(table->random(table->ctx, a, sizeof(a)), 0);
    assert_int_equal(plain->random(plain->ctx, b, sizeof(b)), 0);
    assert_memory_equal(a, b, sizeof(a));
    assert_ptr_equal(test_crypto(&seed), plain);
    assert_int_equal(plain->random(plain->ctx, b, sizeof(b)), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    seed = 7;
    assert_int_equal(plain->random(plain->ctx, b, sizeof(b)), 0);
    assert_memory_equal(a, b, sizeof(a));
    crypto.fail_random = 1;
    assert_true(table->random(table->ctx, a, 1) < 0);
}

static void memory_counts_and_refuses(void **state)
{
    struct test_memory memory;
    const struct usctp_memory *table = test_memory_init(&memory);
    void *a, *b;

    (void)state;
    a = table->alloc(table->ctx, 100);
    b = table->alloc(table->ctx, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(memory.live_cnt, 2);
    assert_int_equal(memory.live_bytes, 100);
    table->free(table->ctx, a, 100);
    assert_int_equal(memory.live_bytes, 0);
    assert_int_equal(memory.peak_bytes, 100);
    test_memory_fail_next(&memory, 2);
    a = table->alloc(table->ctx, 1);
    assert_non_null(a);
    assert_null(table->alloc(table->ctx, 1));
    memory.limit_bytes = 10;
    assert_null(table->alloc(table->ctx, 10));
    table->free(table->ctx, a, 1);
    a = table->alloc(table->ctx, 10);
    assert_non_null(a);
    memory.limit_bytes = 0;
    memory.fail_from = memory.alloc_cnt + 1;
    assert_null(table->alloc(table->ctx, 1));
    assert_null(table->alloc(table->ctx, 1));
    assert_int_equal(memory.fail_cnt, 4);
    table->free(table->ctx, a, 10);
    table->free(table->ctx, b, 0);
    assert_int_equal(memory.live_cnt, 0);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

static void memory_finds_leaks(void **state)
{
    struct test_memory memory;
    const struct usctp_memory *table = test_memory_init(&memory);

    (void)state;
    assert_non_null(table->alloc(table->ctx, 5));
    assert_non_null(table->alloc(table->ctx, 6));
    assert_int_equal(test_memory_leaks(&memory), 2);
    assert_int_equal(memory.live_cnt, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_vectors),
        cmocka_unit_test(hmac_vectors),
        cmocka_unit_test(hmac_in_pieces),
        cmocka_unit_test(random_is_seeded),
        cmocka_unit_test(memory_counts_and_refuses),
        cmocka_unit_test(memory_finds_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
