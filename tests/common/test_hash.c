/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-1 and SHA-256 (FIPS 180-4), written to be read, not to be fast. */
#include "test_crypto.h"

#include <string.h>

static const uint32_t sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotl(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static uint32_t rotr(uint32_t value, unsigned bits)
{
    return value >> bits | value << (32 - bits);
}

static uint32_t get32(const uint8_t *ptr)
{
    return (uint32_t)ptr[0] << 24 | (uint32_t)ptr[1] << 16 | (uint32_t)ptr[2] << 8 | ptr[3];
}

/* FIPS 180-4, 6.1.2 */
static void sha1_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[80];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

    for (unsigned t = 0; t < 80; t++) {
        w[t] = t < 16 ? get32(block + 4 * t) : rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    for (unsigned t = 0; t < 80; t++) {
        uint32_t f, k, next;

        if (t < 20) {
            f = (b & c) ^ (~b & d);
            k = 0x5a827999;
        } else if (t < 40) {
            f = b ^ c ^ d;
            k = 0x6ed9eba1;
        } else if (t < 60) {
            f = (b & c) ^ (b & d) ^ (c & d);
            k = 0x8f1bbcdc;
        } else {
            f = b ^ c ^ d;
            k = 0xca62c1d6;
        }
        next = rotl(a, 5) + f + e + k + w[t];
        e = d;
        d = c;
        c = rotl(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

/* FIPS 180-4, 6.2.2 */
static void sha256_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64];
    uint32_t v[8];

    for (unsigned t = 0; t < 64; t++) {
        if (t < 16) {
            w[t] = get32(block + 4 * t);
        } else {
            uint32_t s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
            uint32_t s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;

            w[t] = w[t - 16] + s0 + w[t - 7] + s1;
        }
    }
    memcpy(v, state, sizeof(v));
    for (unsigned t = 0; t < 64; t++) {
        uint32_t s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
        uint32_t ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + s1 + ch + sha256_k[t] + w[t];
        uint32_t s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        uint32_t maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += t1;
        v[0] = t1 + s0 + maj;
    }
    for (unsigned i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

static void hash_block(struct test_hash *hash, const uint8_t *block)
{
    if (hash->algorithm == USCTP_HMAC_SHA1) {
        sha1_block(hash->state, block);
    } else {
        sha256_block(hash->state, block);
    }
}

void test_hash_init(struct test_hash *hash, int algorithm)
{
    static const uint32_t sha1_start[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                                           0xc3d2e1f0};
    static const uint32_t sha256_start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memset(hash, 0, sizeof(*hash));
    hash->algorithm = algorithm;
    memcpy(hash->state, algorithm == USCTP_HMAC_SHA1 ? sha1_start : sha256_start,
           sizeof(hash->state));
}

void test_hash_add(struct test_hash *hash, const void *data, size_t len)
{
    const uint8_t *ptr = data;

    while (len > 0) {
        size_t used = (size_t)(hash->len % TEST_HASH_BLOCK_LEN);
        size_t part = TEST_HASH_BLOCK_LEN - used;

        if (part > len) {
            part = len;
        }
        memcpy(hash->block + used, ptr, part);
        hash->len += part;
        ptr += part;
        len -= part;
        if (used + part == TEST_HASH_BLOCK_LEN) {
            hash_block(hash, hash->block);
        }
    }
}

size_t test_hash_end(struct test_hash *hash, uint8_t *out)
{
    size_t out_len = hash->algorithm == USCTP_HMAC_SHA1 ? TEST_SHA1_LEN : TEST_SHA256_LEN;
    uint64_t bits = hash->len * 8;
    uint8_t tail[8];

    test_hash_add(hash, "\x80", 1);
    while (hash->len % TEST_HASH_BLOCK_LEN != TEST_HASH_BLOCK_LEN - 8) {
        test_hash_add(hash, "", 1);
    }
    for (unsigned i = 0; i < 8; i++) {
        tail[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    test_hash_add(hash, tail, sizeof(tail));
    for (size_t i = 0; i < out_len; i++) {
        out[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
    }
    return out_len;
}
