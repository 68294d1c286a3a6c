/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cryptography for tests: random bytes from a seed, the same in every run, and HMAC-SHA-1 and
 * HMAC-SHA-256 of our own, so that tests need no crypto library. Not for use outside of tests.
 */
#ifndef USCTP_TEST_CRYPTO_H
#define USCTP_TEST_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

/* A crypto table with its own random state and with failures to order. */
struct test_crypto {
    struct usctp_crypto table; /* what is handed to the stack */
    uint64_t seed;             /* state of the random bytes */
    uint64_t random_cnt;       /* calls for random bytes so far */
    uint64_t hmac_cnt;         /* HMACs computed so far */
    uint64_t live_cnt;         /* HMAC contexts not freed yet: 0 when the stack is gone */
    int fail_random;           /* not 0: random bytes are not to be had */
    int fail_hmac_new;         /* not 0: no new HMAC contexts */
    int fail_hmac;             /* not 0: computing an HMAC fails */
    int quick;                 /* not 0: HMACs take little time, and keep nobody out */
};

/* Sets up a table; returns &crypto->table. It must outlive the stack. */
const struct usctp_crypto *test_crypto_init(struct test_crypto *crypto, uint64_t seed);

/* A table whose random state is *seed, for tests that want no more than that. The same pointer gives
 * the same table. At most 64 different ones are alive at a time; the oldest is used again then. */
const struct usctp_crypto *test_crypto(uint64_t *seed);

/* The library's own cryptography; where it was built without: its random bytes and the HMAC of here. */
const struct usctp_crypto *test_crypto_system(void);

enum {
    TEST_SHA1_LEN = 20,
    TEST_SHA256_LEN = 32,
    TEST_HASH_BLOCK_LEN = 64, /* block of both */
};

/* A running hash: SHA-1 or SHA-256 (FIPS 180-4). */
struct test_hash {
    uint32_t state[8];                  /* chaining value */
    uint64_t len;                       /* bytes taken so far */
    uint8_t block[TEST_HASH_BLOCK_LEN]; /* the incomplete block */
    int algorithm;                      /* enum usctp_hmac */
};

/* Begins a hash; algorithm is USCTP_HMAC_SHA1 or USCTP_HMAC_SHA256. */
void test_hash_init(struct test_hash *hash, int algorithm);

/* Takes bytes in. */
void test_hash_add(struct test_hash *hash, const void *data, size_t len);

/* Ends it: writes the digest and returns its length, 20 or 32. */
size_t test_hash_end(struct test_hash *hash, uint8_t *out);

/* The HMAC (RFC 2104) of len bytes in one go; returns its length, 20 or 32. */
size_t test_hmac(int algorithm, const void *key, size_t key_len, const void *data, size_t len,
                 uint8_t *out);

#endif
