/* SPDX-License-Identifier: BSD-3-Clause */
/* Serial number arithmetic (RFC 1982), and unwrapping of serial numbers into 64 bits.
 *
 * Two values exactly half the range apart are in no order (RFC 1982, 3.2): all of lt, leq, gt and
 * geq say false of them. */
#ifndef USCTP_BASE_SERIAL_H
#define USCTP_BASE_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/* a is before b. */
static inline bool usctp__s32_lt(uint32_t a, uint32_t b)
{
    return (uint32_t)(b - a - 1) < UINT32_C(0x7fffffff);
}

/* a is b or before it. */
static inline bool usctp__s32_leq(uint32_t a, uint32_t b)
{
    return (uint32_t)(b - a) < UINT32_C(0x80000000);
}

/* a is after b. */
static inline bool usctp__s32_gt(uint32_t a, uint32_t b)
{
    return usctp__s32_lt(b, a);
}

/* a is b or after it. */
static inline bool usctp__s32_geq(uint32_t a, uint32_t b)
{
    return usctp__s32_leq(b, a);
}

/* a is before b. */
static inline bool usctp__s16_lt(uint16_t a, uint16_t b)
{
    return (uint16_t)((unsigned)b - a - 1u) < 0x7fffu;
}

/* a is b or before it. */
static inline bool usctp__s16_leq(uint16_t a, uint16_t b)
{
    return (uint16_t)((unsigned)b - a) < 0x8000u;
}

/* a is after b. */
static inline bool usctp__s16_gt(uint16_t a, uint16_t b)
{
    return usctp__s16_lt(b, a);
}

/* a is b or after it. */
static inline bool usctp__s16_geq(uint16_t a, uint16_t b)
{
    return usctp__s16_leq(b, a);
}

/* Of the 64-bit numbers whose low 32 bits are `value`, the one nearest to `reference`; of two that
 * are equally near, the lower. It never goes below zero: near the origin it goes up instead. */
static inline uint64_t usctp__unwrap32(uint64_t reference, uint32_t value)
{
    uint32_t ahead = value - (uint32_t)reference;
    uint32_t behind = (uint32_t)reference - value;

    if (ahead < UINT32_C(0x80000000) || reference < behind) {
        return reference + ahead;
    }
    return reference - behind;
}

/* The same for 16-bit numbers. */
static inline uint64_t usctp__unwrap16(uint64_t reference, uint16_t value)
{
    uint16_t ahead = (uint16_t)(value - (unsigned)(reference & 0xffffu));
    uint16_t behind = (uint16_t)((unsigned)(reference & 0xffffu) - value);

    if (ahead < 0x8000u || reference < behind) {
        return reference + ahead;
    }
    return reference - behind;
}

#endif
