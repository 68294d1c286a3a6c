/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers: xoshiro256** of Blackman and Vigna, seeded by splitmix64. */
#include "sim/rng.h"

static uint64_t rotl(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static uint64_t scramble(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void sim_rng_init(struct sim_rng *rng, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        rng->s[i] = scramble(seed);
    }
}

void sim_rng_fork(struct sim_rng *rng, const struct sim_rng *parent, uint64_t label)
{
    sim_rng_init(rng, sim_mix(parent->s[0] ^ rotl(parent->s[3], 17), label));
}

uint64_t sim_rng_u64(struct sim_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

/* The tiny bias of the remainder does not matter for drawing worlds. */
uint64_t sim_rng_below(struct sim_rng *rng, uint64_t limit)
{
    return limit == 0 ? 0 : sim_rng_u64(rng) % limit;
}

uint64_t sim_rng_range(struct sim_rng *rng, uint64_t low, uint64_t high)
{
    return low + sim_rng_below(rng, high - low + 1);
}

uint64_t sim_rng_log(struct sim_rng *rng, uint64_t low, uint64_t high)
{
    unsigned doublings = 0;
    uint64_t floor, ceiling;

    while (doublings < 63 && low << (doublings + 1) <= high &&
           low << (doublings + 1) >> (doublings + 1) == low) {
        doublings++;
    }
    floor = low << sim_rng_below(rng, doublings + 1);
    ceiling = floor > high / 2 ? high : floor * 2;
    return sim_rng_range(rng, floor, ceiling);
}

int sim_rng_chance(struct sim_rng *rng, uint32_t ppm)
{
    return ppm > 0 && sim_rng_below(rng, 1000000) < ppm;
}

int sim_rng_one_in(struct sim_rng *rng, uint32_t n)
{
    return sim_rng_below(rng, n) == 0;
}

uint64_t sim_mix(uint64_t hash, uint64_t value)
{
    return scramble(hash + UINT64_C(0x9e3779b97f4a7c15) + scramble(value ^ rotl(hash, 29)));
}
