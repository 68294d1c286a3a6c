/* SPDX-License-Identifier: BSD-3-Clause */
/* What unit tests have in common: CMocka with the headers that it wants, and random numbers that are
 * the same in every run. */
#ifndef USCTP_TEST_UNIT_H
#define USCTP_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The next of a sequence of random numbers; *state is its seed at first. */
static inline uint64_t prng_next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* A number from 0 to bound - 1. */
static inline uint64_t prng_below(uint64_t *state, uint64_t bound)
{
    return prng_next(state) % bound;
}

/* Fills len bytes. */
static inline void prng_fill(uint64_t *state, void *buf, size_t len)
{
    unsigned char *ptr = buf;

    for (size_t i = 0; i < len; i++) {
        ptr[i] = (unsigned char)prng_next(state);
    }
}

#endif
