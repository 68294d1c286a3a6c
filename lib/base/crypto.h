/* SPDX-License-Identifier: BSD-3-Clause */
/* What the core does with the cryptography that is handed in. */
#ifndef USCTP_BASE_CRYPTO_H
#define USCTP_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

enum {
    USCTP__RANDOM_BLOCK_LEN = 256, /* bytes drawn at a time */
    USCTP__HMAC_MAX_LEN = 32,      /* longest result of an HMAC, bytes */
};

/* Random bytes, drawn in blocks, since drawing a few at a time costs as much as drawing many. */
struct usctp__random {
    const struct usctp_crypto *crypto;      /* where the bytes come from; not owned */
    uint8_t block[USCTP__RANDOM_BLOCK_LEN]; /* bytes from `used` on are fresh, the rest zero */
    uint32_t used;                          /* bytes of the block handed out */
};

/* Starts with no bytes drawn. `crypto` must outlive it. */
void usctp__random_init(struct usctp__random *random, const struct usctp_crypto *crypto);

/* Forgets the bytes not handed out yet. */
void usctp__random_wipe(struct usctp__random *random);

/* Fills `buf` with `len` random bytes, which are then wiped from the block. False when the source
 * fails: then `buf` must not be used. */
bool usctp__random_bytes(struct usctp__random *random, void *buf, size_t len);

/* A random number in *out. False as above. */
bool usctp__random_u32(struct usctp__random *random, uint32_t *out);

/* A random number in *out. False as above. */
bool usctp__random_u64(struct usctp__random *random, uint64_t *out);

/* A random number from 0 to bound - 1 in *out, each equally likely; `bound` is 1 or more. False as
 * above. */
bool usctp__random_below(struct usctp__random *random, uint32_t bound, uint32_t *out);

/* True when both hold the same `len` bytes. Takes the same time wherever they differ. */
bool usctp__ct_equal(const void *a, const void *b, size_t len);

/* Overwrites secrets with zeros in a way that no optimiser leaves out. */
void usctp__wipe(void *ptr, size_t len);

/* Length in bytes of the result of a USCTP_HMAC_ algorithm; 0 for an unknown one. */
size_t usctp__hmac_len(int algorithm);

#endif
