/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs between compilers: assertions, branch hints, bit counting. */
#ifndef USCTP_BASE_COMPILER_H
#define USCTP_BASE_COMPILER_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define USCTP__HAVE_BUILTINS 1
#else
#define USCTP__HAVE_BUILTINS 0
#endif

/* Stops the program when `x` is false, in debug and test builds only. Elsewhere `x` is not
 * evaluated, but must still compile. */
#ifdef USCTP_DEBUG
#define USCTP__ASSERT(x) ((x) ? (void)0 : abort())
enum { USCTP__DEBUG = 1 };
#else
#define USCTP__ASSERT(x) ((void)sizeof((x) ? 1 : 0))
enum { USCTP__DEBUG = 0 };
#endif

/* Fails to compile when `cond`, a constant, is false. For file scope. */
#define USCTP__STATIC_ASSERT(cond, name) typedef char usctp__static_assert_##name[(cond) ? 1 : -1]

/* Marks a parameter or variable as deliberately not used. */
#define USCTP__UNUSED(x)                 ((void)(x))

#if USCTP__HAVE_BUILTINS
#define USCTP__LIKELY(x)   __builtin_expect(!!(x), 1)
#define USCTP__UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define USCTP__LIKELY(x)   (x)
#define USCTP__UNLIKELY(x) (x)
#endif

/* A function that stays one, so that those that seldom call it stay small. */
#if USCTP__HAVE_BUILTINS
#define USCTP__NOINLINE __attribute__((noinline))
#else
#define USCTP__NOINLINE
#endif

/* Begins to fetch what is going to be changed soon, from a place that memory has to be asked for. */
#if USCTP__HAVE_BUILTINS
#define USCTP__PREFETCH(ptr) __builtin_prefetch(ptr, 1)
#else
#define USCTP__PREFETCH(ptr) ((void)(ptr))
#endif

/* Stands at the end of a switch case that runs on into the next one. */
#if (defined(__GNUC__) && __GNUC__ >= 7) || (defined(__clang__) && __clang_major__ >= 10)
#define USCTP__FALLTHROUGH __attribute__((fallthrough))
#else
#define USCTP__FALLTHROUGH ((void)0)
#endif

/* The struct of type `type` whose member `member` is `*ptr`. The cast goes by way of void, since
 * the alignment of the outer struct is known to hold. */
#define USCTP__CONTAINER_OF(ptr, type, member) \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define USCTP__ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define USCTP__MIN(a, b)    ((a) < (b) ? (a) : (b))
#define USCTP__MAX(a, b)    ((a) > (b) ? (a) : (b))

/* A number whose bytes stand in memory in network order; and back. Where the compiler has a word for that, it is
 * one instruction: bytes that are stored one by one are gathered by many, if others stand beside them. */
#if USCTP__HAVE_BUILTINS && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static inline uint16_t usctp__network16(uint16_t x)
{
    return __builtin_bswap16(x);
}

static inline uint32_t usctp__network32(uint32_t x)
{
    return __builtin_bswap32(x);
}
#else
static inline uint16_t usctp__network16(uint16_t x)
{
    const uint8_t bytes[2] = {(uint8_t)(x >> 8), (uint8_t)x};

    memcpy(&x, bytes, sizeof(x));
    return x;
}

static inline uint32_t usctp__network32(uint32_t x)
{
    const uint8_t bytes[4] = {(uint8_t)(x >> 24), (uint8_t)(x >> 16), (uint8_t)(x >> 8),
                              (uint8_t)x};

    memcpy(&x, bytes, sizeof(x));
    return x;
}
#endif

/* Number of ones in x. */
static inline unsigned usctp__popcount64(uint64_t x)
{
    /* Without the instruction the builtin is a call into libgcc; this is shorter. */
#if USCTP__HAVE_BUILTINS && (defined(__POPCNT__) || defined(__aarch64__))
    return (unsigned)__builtin_popcountll(x);
#else
    x = x - ((x >> 1) & UINT64_C(0x5555555555555555));
    x = (x & UINT64_C(0x3333333333333333)) + ((x >> 2) & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)((x * UINT64_C(0x0101010101010101)) >> 56);
#endif
}

/* Number of zeros below the lowest one. x must not be 0. */
static inline unsigned usctp__ctz64(uint64_t x)
{
#if USCTP__HAVE_BUILTINS
    return (unsigned)__builtin_ctzll(x);
#else
    return usctp__popcount64((x & (~x + 1)) - 1);
#endif
}

/* Number of zeros above the highest one. x must not be 0. */
static inline unsigned usctp__clz64(uint64_t x)
{
#if USCTP__HAVE_BUILTINS
    return (unsigned)__builtin_clzll(x);
#else
    for (unsigned shift = 1; shift < 64; shift <<= 1) {
        x |= x >> shift;
    }
    return 64 - usctp__popcount64(x);
#endif
}

/* A counter of the processor that is cheaper to read than any clock: to know that next to no time has passed, not
 * how much. It counts more than once and less than ten times a nanosecond; what it counted on one core means
 * something on another, or else the difference is large. USCTP__CYCLES: there is one. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__)
#define USCTP__CYCLES 1
static inline uint64_t usctp__cycles(void)
{
    return __builtin_ia32_rdtsc();
}
#else
#define USCTP__CYCLES 0
static inline uint64_t usctp__cycles(void)
{
    return 0;
}
#endif

#endif
