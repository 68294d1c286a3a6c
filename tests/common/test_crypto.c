/* SPDX-License-Identifier: BSD-3-Clause */
/* The crypto table of the tests: seeded random bytes, and HMAC (RFC 2104) over test_hash.c. */
#include "test_crypto.h"

#include <stdlib.h>
#include <string.h>

#include <usctp/driver.h>

/* An HMAC context: both hashes with the key already in. */
struct hmac_context {
    struct test_hash inner;
    struct test_hash outer;
};

enum { SHARED_MAX = 64 };

/* The tables of test_crypto(), by the address of their seed. */
static struct shared {
    struct test_crypto crypto;
    uint64_t *seed;
} shared[SHARED_MAX];
static size_t shared_next;

/* splitmix64: one step, one number. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Byte by byte from the numbers, so that the host's byte order has no say. */
static void fill_random(uint64_t *state, uint8_t *out, size_t len)
{
    uint64_t number = 0;

    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0) {
            number = next_random(state);
        }
        out[i] = (uint8_t)number;
        number >>= 8;
    }
}

static int crypto_random(void *ctx, void *buf, size_t len)
{
    struct test_crypto *crypto = ctx;

    crypto->random_cnt++;
    if (crypto->fail_random) {
        return -1;
    }
    fill_random(&crypto->seed, buf, len);
    return 0;
}

static int shared_random(void *ctx, void *buf, size_t len)
{
    struct shared *slot = ctx;

    fill_random(slot->seed, buf, len);
    return 0;
}

static void hmac_start(struct hmac_context *context, int algorithm, const void *key, size_t key_len)
{
    uint8_t block[TEST_HASH_BLOCK_LEN] = {0};

    if (key_len > sizeof(block)) {
        struct test_hash hash;

        test_hash_init(&hash, algorithm);
        test_hash_add(&hash, key, key_len);
        (void)test_hash_end(&hash, block);
    } else if (key_len > 0) {
        memcpy(block, key, key_len);
    }
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= 0x36;
    }
    test_hash_init(&context->inner, algorithm);
    test_hash_add(&context->inner, block, sizeof(block));
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    test_hash_init(&context->outer, algorithm);
    test_hash_add(&context->outer, block, sizeof(block));
}

static size_t hmac_run(const struct hmac_context *context, const struct usctp_iov *iov,
                       size_t iov_cnt, uint8_t *out)
{
    struct hmac_context work = *context;
    uint8_t digest[TEST_SHA256_LEN];
    size_t len;

    for (size_t i = 0; i < iov_cnt; i++) {
        test_hash_add(&work.inner, iov[i].base, iov[i].len);
    }
    len = test_hash_end(&work.inner, digest);
    test_hash_add(&work.outer, digest, len);
    return test_hash_end(&work.outer, out);
}

/* Some bytes that depend on the key and on all of the data. */
static void quick_run(const struct hmac_context *context, const struct usctp_iov *iov,
                      size_t iov_cnt, uint8_t *out)
{
    const uint32_t *key = context->inner.state;
    uint64_t state = (uint64_t)key[0] << 32 | key[1];

    for (size_t i = 0; i < iov_cnt; i++) {
        const uint8_t *bytes = iov[i].base;

        for (size_t k = 0; k < iov[i].len; k++) {
            state = (state ^ bytes[k]) * UINT64_C(0x9e3779b97f4a7c15);
            state ^= state >> 29;
        }
    }
    state ^= (uint64_t)key[2] << 32 | key[3];
    fill_random(&state, out,
                context->inner.algorithm == USCTP_HMAC_SHA1 ? TEST_SHA1_LEN : TEST_SHA256_LEN);
}

static void *new_context(int algorithm, const void *key, size_t key_len)
{
    struct hmac_context *context;

    if (algorithm != USCTP_HMAC_SHA1 && algorithm != USCTP_HMAC_SHA256) {
        return NULL;
    }
    context = malloc(sizeof(*context));
    if (context != NULL) {
        hmac_start(context, algorithm, key, key_len);
    }
    return context;
}

static void *crypto_hmac_new(void *ctx, int algorithm, const void *key, size_t key_len)
{
    struct test_crypto *crypto = ctx;
    void *context = crypto->fail_hmac_new ? NULL : new_context(algorithm, key, key_len);

    if (context != NULL) {
        crypto->live_cnt++;
    }
    return context;
}

static int crypto_hmac(void *ctx, void *hmac, const struct usctp_iov *iov, size_t iov_cnt,
                       uint8_t *out)
{
    struct test_crypto *crypto = ctx;

    crypto->hmac_cnt++;
    if (crypto->fail_hmac) {
        return -1;
    }
    if (crypto->quick) {
        quick_run(hmac, iov, iov_cnt, out);
    } else {
        (void)hmac_run(hmac, iov, iov_cnt, out);
    }
    return 0;
}

static void crypto_hmac_free(void *ctx, void *hmac)
{
    struct test_crypto *crypto = ctx;

    crypto->live_cnt--;
    free(hmac);
}

static void set_table(struct test_crypto *crypto)
{
    crypto->table.size = sizeof(crypto->table);
    crypto->table.random = crypto_random;
    crypto->table.hmac_new = crypto_hmac_new;
    crypto->table.hmac = crypto_hmac;
    crypto->table.hmac_free = crypto_hmac_free;
    crypto->table.ctx = crypto;
}

const struct usctp_crypto *test_crypto_init(struct test_crypto *crypto, uint64_t seed)
{
    memset(crypto, 0, sizeof(*crypto));
    crypto->seed = seed;
    set_table(crypto);
    return &crypto->table;
}

const struct usctp_crypto *test_crypto(uint64_t *seed)
{
    struct shared *slot = NULL;

    for (size_t i = 0; i < SHARED_MAX; i++) {
        if (shared[i].seed == seed) {
            slot = &shared[i];
        }
    }
    if (slot == NULL) {
        slot = &shared[shared_next++ % SHARED_MAX];
        (void)test_crypto_init(&slot->crypto, 0);
        slot->seed = seed;
        /* The context must lead to the caller's seed: a struct shared begins with its table. */
        slot->crypto.table.random = shared_random;
    }
    return &slot->crypto.table;
}

size_t test_hmac(int algorithm, const void *key, size_t key_len, const void *data, size_t len,
                 uint8_t *out)
{
    struct hmac_context context;
    struct usctp_iov iov = {data, len};

    hmac_start(&context, algorithm, key, key_len);
    return hmac_run(&context, &iov, 1, out);
}

const struct usctp_crypto *test_crypto_system(void)
{
    static struct test_crypto own;

    if (usctp_crypto_system() != NULL) {
        return usctp_crypto_system();
    }
    if (own.table.size == 0) {
        test_crypto_init(&own, 1);
        own.table.random = usctp_random_system;
    }
    return &own.table;
}
