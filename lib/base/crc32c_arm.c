/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC32c for 64-bit ARM; the same three chains as on x86, see crc32c_x86.c. The instructions are
 * written out, since compilers disagree on how to name them without flags for the whole file. */
#include "base/crc32c.h"

#if USCTP__CRC32C_ARM

enum {
    CHAIN_MIN_LEN = 96,                               /* below, joining costs more than it gains */
    CHAIN_MAX_CNT = (USCTP__CRC32C_SHIFT_CNT - 1) / 2 /* eight-byte words of one part */
};

/* The instruction takes the first byte from the low bits, whatever the byte order. */
static inline uint64_t load(const uint8_t *ptr)
{
    uint64_t low = (uint32_t)ptr[3] << 24 | (uint32_t)ptr[2] << 16 | (uint32_t)ptr[1] << 8 | ptr[0];
    uint64_t high =
        (uint32_t)ptr[7] << 24 | (uint32_t)ptr[6] << 16 | (uint32_t)ptr[5] << 8 | ptr[4];

    return high << 32 | low;
}

static inline uint32_t step(uint32_t crc, uint64_t value)
{
    uint32_t result;

    __asm__(".arch_extension crc\n\tcrc32cx %w0, %w1, %x2" : "=r"(result) : "r"(crc), "r"(value));
    return result;
}

static inline uint32_t step_byte(uint32_t crc, uint8_t value)
{
    uint32_t result;

    __asm__(".arch_extension crc\n\tcrc32cb %w0, %w1, %w2"
            : "=r"(result)
            : "r"(crc), "r"((uint32_t)value));
    return result;
}

uint32_t usctp__crc32c_armcrc(uint32_t crc, const uint8_t *data, size_t len)
{
    for (; len >= 8; len -= 8, data += 8) {
        crc = step(crc, load(data));
    }
    for (; len > 0; len--, data++) {
        crc = step_byte(crc, *data);
    }
    return crc;
}

/* `crc` moved over `cnt` words of zeros, in the form of eight bytes of data that have this effect. */
static inline uint64_t shifted(uint32_t crc, size_t cnt)
{
    uint64_t a = crc;
    uint64_t b = usctp__crc32c_shift[cnt];
    uint64_t result;

    __asm__(".arch_extension crypto\n\t"
            "fmov d0, %x1\n\t"
            "fmov d1, %x2\n\t"
            "pmull v0.1q, v0.1d, v1.1d\n\t"
            "fmov %x0, d0"
            : "=r"(result)
            : "r"(a), "r"(b)
            : "v0", "v1");
    return result;
}

/* Three parts of `cnt` words each, one behind the other. */
static inline uint32_t three_chains(uint32_t crc, const uint8_t *data, size_t cnt)
{
    const uint8_t *second = data + 8 * cnt;
    const uint8_t *third = second + 8 * cnt;
    uint32_t crc2 = 0;
    uint32_t crc3 = 0;
    size_t last = 8 * (cnt - 1);

    for (size_t i = 0; i < last; i += 8) {
        crc = step(crc, load(data + i));
        crc2 = step(crc2, load(second + i));
        crc3 = step(crc3, load(third + i));
    }
    crc = step(crc, load(data + last));
    crc2 = step(crc2, load(second + last));
    return step(crc3, load(third + last) ^ shifted(crc, 2 * cnt) ^ shifted(crc2, cnt));
}

uint32_t usctp__crc32c_arm(uint32_t crc, const uint8_t *data, size_t len)
{
    while (len >= CHAIN_MIN_LEN) {
        size_t cnt = len / 24 < CHAIN_MAX_CNT ? len / 24 : CHAIN_MAX_CNT;

        crc = three_chains(crc, data, cnt);
        data += 24 * cnt;
        len -= 24 * cnt;
    }
    return usctp__crc32c_armcrc(crc, data, len);
}

#else

/* A file of C must declare something. */
typedef int usctp__crc32c_arm_unused;

#endif
