/* SPDX-License-Identifier: BSD-3-Clause */
/* A counter of the processor that is cheaper to read than the clock: to know that next to no time has passed,
 * not how much. */
#ifndef USCTP_SOCKET_CYCLES_H
#define USCTP_SOCKET_CYCLES_H

#include <stdint.h>

/* It counts more than once and less than ten times a nanosecond; what it counted on one core means something
 * on another, or else the difference is large. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__)
enum { USCTP__CYCLES = 1 };

static inline uint64_t usctp__cycles(void)
{
    return __builtin_ia32_rdtsc();
}
#else
enum { USCTP__CYCLES = 0 };

static inline uint64_t usctp__cycles(void)
{
    return 0;
}
#endif

#endif
