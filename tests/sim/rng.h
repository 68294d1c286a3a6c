/* SPDX-License-Identifier: BSD-3-Clause */
/* Seeded random numbers (xoshiro256**, seeded by splitmix64): the same on every machine. */
#ifndef USCTP_SIM_RNG_H
#define USCTP_SIM_RNG_H

#include <stddef.h>
#include <stdint.h>

struct sim_rng {
    uint64_t s[4]; /* state */
};

/* Starts a sequence; every seed is a good one. */
void sim_rng_init(struct sim_rng *rng, uint64_t seed);

/* A sequence of its own for a part of a simulation: what that part draws does not move what others
 * draw. `label` tells the parts of one parent apart. */
void sim_rng_fork(struct sim_rng *rng, const struct sim_rng *parent, uint64_t label);

/* The next 64 bits. */
uint64_t sim_rng_u64(struct sim_rng *rng);

/* Even over [0, limit); 0 if limit is 0. */
uint64_t sim_rng_below(struct sim_rng *rng, uint64_t limit);

/* Even over [low, high], both included. */
uint64_t sim_rng_range(struct sim_rng *rng, uint64_t low, uint64_t high);

/* Over [low, high] with every order of magnitude (of 2) as likely as the next. low must not be 0. */
uint64_t sim_rng_log(struct sim_rng *rng, uint64_t low, uint64_t high);

/* 1 with a chance of ppm in a million. */
int sim_rng_chance(struct sim_rng *rng, uint32_t ppm);

/* 1 with a chance of one in n. */
int sim_rng_one_in(struct sim_rng *rng, uint32_t n);

/* Mixes a number into a hash: for keys and digests. Any value for both. */
uint64_t sim_mix(uint64_t hash, uint64_t value);

#endif
