/* SPDX-License-Identifier: BSD-3-Clause */
/* Keyed hashes for tables whose keys a peer can choose. */
#ifndef USCTP_BASE_SIPHASH_H
#define USCTP_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* 128 secret bits, drawn at random once per stack. */
struct usctp__hash_key {
    uint64_t k0; /* bytes 0 to 7 of the SipHash key, as a little-endian number */
    uint64_t k1; /* bytes 8 to 15 */
};

/* SipHash-1-3 of `len` bytes. */
uint64_t usctp__siphash13(const struct usctp__hash_key *key, const void *data, size_t len);

/* A quick keyed mix of one 32-bit number. All bits of the result are good. Its values must never
 * leave the process. */
static inline uint64_t usctp__hash32(const struct usctp__hash_key *key, uint32_t value)
{
    uint64_t x = (key->k0 ^ value) * (key->k1 | 1);

    x ^= x >> 32;
    x = (x + key->k1) * (key->k0 | 1);
    return x ^ x >> 32;
}

#endif
