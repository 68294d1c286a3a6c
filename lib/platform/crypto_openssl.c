/* SPDX-License-Identifier: BSD-3-Clause */
/* HMAC on libcrypto; the only file that includes it.
 *
 * An HMAC (RFC 2104) is two hashes that begin with a block made of the key. Their states after that
 * block are kept, so that one HMAC costs neither the key nor memory again. EVP_MAC and HMAC_CTX would
 * allocate twice for each HMAC and take half as long again. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <usctp/driver.h>

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/compiler.h"

enum { BLOCK_LEN = 64, SHA1_LEN = 20, SHA256_LEN = 32 };

/* A running hash, of the algorithm that its context has. */
union hash {
    SHA_CTX sha1;
    SHA256_CTX sha256;
};

struct hmac_ctx {
    int algorithm;    /* USCTP_HMAC_... */
    union hash inner; /* after the block of the key xor 0x36 */
    union hash outer; /* after the block of the key xor 0x5c */
};

static int hash_init(int algorithm, union hash *hash)
{
    return algorithm == USCTP_HMAC_SHA1 ? SHA1_Init(&hash->sha1) : SHA256_Init(&hash->sha256);
}

static int hash_update(int algorithm, union hash *hash, const void *data, size_t len)
{
    return algorithm == USCTP_HMAC_SHA1 ? SHA1_Update(&hash->sha1, data, len)
                                        : SHA256_Update(&hash->sha256, data, len);
}

/* Writes 20 or 32 bytes. */
static int hash_final(int algorithm, union hash *hash, uint8_t *out)
{
    return algorithm == USCTP_HMAC_SHA1 ? SHA1_Final(out, &hash->sha1)
                                        : SHA256_Final(out, &hash->sha256);
}

static size_t hash_len(int algorithm)
{
    return algorithm == USCTP_HMAC_SHA1 ? SHA1_LEN : SHA256_LEN;
}

/* The key as a block: filled up with zeros, or its hash if it is longer. */
static int make_block(int algorithm, const void *key, size_t key_len, uint8_t block[BLOCK_LEN])
{
    union hash hash;
    int ok;

    memset(block, 0, BLOCK_LEN);
    if (key_len <= BLOCK_LEN) {
        if (key_len > 0) {
            memcpy(block, key, key_len);
        }
        return 1;
    }
    ok = hash_init(algorithm, &hash) && hash_update(algorithm, &hash, key, key_len) &&
         hash_final(algorithm, &hash, block);
    OPENSSL_cleanse(&hash, sizeof(hash));
    return ok;
}

/* Starts `hash` with the block xor `pad`. */
static int start(int algorithm, union hash *hash, const uint8_t block[BLOCK_LEN], uint8_t pad)
{
    uint8_t padded[BLOCK_LEN];
    int ok;

    for (int i = 0; i < BLOCK_LEN; i++) {
        padded[i] = block[i] ^ pad;
    }
    ok = hash_init(algorithm, hash) && hash_update(algorithm, hash, padded, BLOCK_LEN);
    OPENSSL_cleanse(padded, sizeof(padded));
    return ok;
}

static void openssl_hmac_free(void *ctx, void *hmac)
{
    USCTP__UNUSED(ctx);
    OPENSSL_clear_free(hmac, sizeof(struct hmac_ctx));
}

static void *openssl_hmac_new(void *ctx, int algorithm, const void *key, size_t key_len)
{
    struct hmac_ctx *hmac;
    uint8_t block[BLOCK_LEN];
    int ok;

    if (algorithm != USCTP_HMAC_SHA1 && algorithm != USCTP_HMAC_SHA256) {
        return NULL;
    }
    hmac = OPENSSL_zalloc(sizeof(*hmac));
    if (hmac == NULL) {
        return NULL;
    }
    hmac->algorithm = algorithm;
    ok = make_block(algorithm, key, key_len, block) &&
         start(algorithm, &hmac->inner, block, 0x36) && start(algorithm, &hmac->outer, block, 0x5c);
    OPENSSL_cleanse(block, sizeof(block));
    if (!ok) {
        openssl_hmac_free(ctx, hmac);
        return NULL;
    }
    return hmac;
}

static int openssl_hmac(void *ctx, void *hmac, const struct usctp_iov *iov, size_t iov_cnt,
                        uint8_t *out)
{
    const struct hmac_ctx *keyed = hmac;
    int algorithm = keyed->algorithm;
    union hash hash = keyed->inner;
    uint8_t inner[SHA256_LEN];
    int ok = 1;

    USCTP__UNUSED(ctx);
    for (size_t i = 0; i < iov_cnt && ok; i++) {
        ok = hash_update(algorithm, &hash, iov[i].base, iov[i].len);
    }
    ok = ok && hash_final(algorithm, &hash, inner);
    hash = keyed->outer;
    ok = ok && hash_update(algorithm, &hash, inner, hash_len(algorithm)) &&
         hash_final(algorithm, &hash, out);
    OPENSSL_cleanse(&hash, sizeof(hash));
    return ok ? 0 : USCTP_ECRYPTO;
}

const struct usctp_crypto *usctp_crypto_system(void)
{
    static const struct usctp_crypto crypto = {
        sizeof(crypto), usctp_random_system, openssl_hmac_new,
        openssl_hmac,   openssl_hmac_free,   NULL,
    };

    return &crypto;
}
