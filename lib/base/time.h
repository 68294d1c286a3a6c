/* SPDX-License-Identifier: BSD-3-Clause */
/* Time: unsigned 64-bit nanoseconds throughout. Sums and products stop at the end of the range. */
#ifndef USCTP_BASE_TIME_H
#define USCTP_BASE_TIME_H

#include <stdint.h>

#define USCTP__NS    UINT64_C(1)
#define USCTP__US    UINT64_C(1000)
#define USCTP__MS    UINT64_C(1000000)
#define USCTP__SEC   UINT64_C(1000000000)
#define USCTP__NEVER UINT64_MAX

/* a + b, at most USCTP__NEVER. */
static inline uint64_t usctp__time_add(uint64_t a, uint64_t b)
{
    return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

/* a - b, at least 0: also the span since b when the clock went back. */
static inline uint64_t usctp__time_sub(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* a * b, at most USCTP__NEVER. */
static inline uint64_t usctp__time_mul(uint64_t a, uint64_t b)
{
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* Milliseconds as nanoseconds, at most USCTP__NEVER. */
static inline uint64_t usctp__time_from_ms(uint64_t ms)
{
    return usctp__time_mul(ms, USCTP__MS);
}

/* Nanoseconds as milliseconds, rounded down, at most UINT32_MAX. */
static inline uint32_t usctp__time_to_ms(uint64_t dur)
{
    uint64_t ms = dur / USCTP__MS;

    return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

/* The same, rounded up: what a caller must wait so that the span is over. */
static inline uint32_t usctp__time_to_ms_up(uint64_t dur)
{
    uint64_t ms = dur / USCTP__MS + (dur % USCTP__MS != 0);

    return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

#endif
