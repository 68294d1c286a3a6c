/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer: SHA-256, by libcrypto. */
#include "transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

enum { READ_LEN = 65536 };

struct hash {
    EVP_MD_CTX *ctx;
    bool failed; /* libcrypto refused: the result is all zero, which matches nothing */
};

void hash_reset(struct hash *hash)
{
    hash->failed = EVP_DigestInit_ex(hash->ctx, EVP_sha256(), NULL) != 1;
}

struct hash *hash_new(void)
{
    struct hash *hash = calloc(1, sizeof(*hash));

    if (hash == NULL) {
        return NULL;
    }
    hash->ctx = EVP_MD_CTX_new();
    if (hash->ctx == NULL) {
        free(hash);
        return NULL;
    }
    hash_reset(hash);
    return hash;
}

void hash_free(struct hash *hash)
{
    if (hash != NULL) {
        EVP_MD_CTX_free(hash->ctx);
        free(hash);
    }
}

void hash_add(struct hash *hash, const void *data, size_t len)
{
    hash->failed = hash->failed || EVP_DigestUpdate(hash->ctx, data, len) != 1;
}

void hash_end(struct hash *hash, uint8_t out[HASH_LEN])
{
    unsigned len = 0;

    if (hash->failed || EVP_DigestFinal_ex(hash->ctx, out, &len) != 1 || len != HASH_LEN) {
        for (size_t i = 0; i < HASH_LEN; i++) {
            out[i] = 0;
        }
    }
}

bool hash_file(struct hash *hash, int fd, uint8_t out[HASH_LEN], uint64_t *len)
{
    static uint8_t buf[READ_LEN];
    ssize_t got;

    hash_reset(hash);
    *len = 0;
    while ((got = read(fd, buf, sizeof(buf))) != 0) {
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return false;
        }
        hash_add(hash, buf, (size_t)got);
        *len += (uint64_t)got;
    }
    hash_end(hash, out);
    return true;
}
