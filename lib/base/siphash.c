/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-1-3: one round for each eight bytes, three at the end. */
#include "base/siphash.h"

struct state {
    uint64_t v0, v1, v2, v3; /* the four words of the permutation */
};

static inline uint64_t rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static inline void sip_round(struct state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 = rotl(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static inline uint64_t little_endian(const unsigned char *ptr, size_t len)
{
    uint64_t word = 0;

    for (size_t i = 0; i < len; i++) {
        word |= (uint64_t)ptr[i] << (8 * i);
    }
    return word;
}

uint64_t usctp__siphash13(const struct usctp__hash_key *key, const void *data, size_t len)
{
    const unsigned char *ptr = data;
    size_t left = len;
    struct state s = {
        key->k0 ^ UINT64_C(0x736f6d6570736575),
        key->k1 ^ UINT64_C(0x646f72616e646f6d),
        key->k0 ^ UINT64_C(0x6c7967656e657261),
        key->k1 ^ UINT64_C(0x7465646279746573),
    };

    for (; left >= 8; left -= 8, ptr += 8) {
        absorb(&s, little_endian(ptr, 8));
    }
    absorb(&s, little_endian(ptr, left) | (uint64_t)(len & 0xff) << 56);
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
