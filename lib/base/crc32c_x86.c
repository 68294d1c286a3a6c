/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC32c for x86 with SSE4.2.
 *
 * The instruction takes three cycles but can begin anew in each, so one chain of them uses a third
 * of what the processor can do. The fast form cuts the data into three equal parts, runs a chain over
 * each at the same time, and joins them by two carry-less multiplications (see crc32c.h). */
#include "base/crc32c.h"

#if USCTP__CRC32C_X86

#include <string.h>

#include <nmmintrin.h>
#include <wmmintrin.h>

#if defined(__GNUC__) || defined(__clang__)
#define TARGET_SSE42 __attribute__((target("sse4.2")))
#define TARGET_CLMUL __attribute__((target("sse4.2,pclmul")))
#else
#define TARGET_SSE42
#define TARGET_CLMUL
#endif

#if defined(__x86_64__) || defined(_M_X64)

typedef uint64_t word;

static inline uint64_t load(const uint8_t *ptr)
{
    uint64_t value;

    memcpy(&value, ptr, sizeof(value));
    return value;
}

TARGET_SSE42 static inline uint32_t step(uint32_t crc, uint64_t value)
{
    return (uint32_t)_mm_crc32_u64(crc, value);
}

#else

typedef uint32_t word;

static inline uint32_t load(const uint8_t *ptr)
{
    uint32_t value;

    memcpy(&value, ptr, sizeof(value));
    return value;
}

TARGET_SSE42 static inline uint32_t step(uint32_t crc, uint32_t value)
{
    return _mm_crc32_u32(crc, value);
}

#endif

TARGET_SSE42 uint32_t usctp__crc32c_sse42(uint32_t crc, const uint8_t *data, size_t len)
{
    for (; len >= 4 * sizeof(word); len -= 4 * sizeof(word), data += 4 * sizeof(word)) {
        crc = step(crc, load(data));
        crc = step(crc, load(data + sizeof(word)));
        crc = step(crc, load(data + 2 * sizeof(word)));
        crc = step(crc, load(data + 3 * sizeof(word)));
    }
    for (; len >= sizeof(word); len -= sizeof(word), data += sizeof(word)) {
        crc = step(crc, load(data));
    }
    if (len >= 4) {
        uint32_t value;

        memcpy(&value, data, sizeof(value));
        crc = _mm_crc32_u32(crc, value);
        len -= sizeof(value);
        data += sizeof(value);
    }
    for (; len > 0; len--, data++) {
        crc = _mm_crc32_u8(crc, *data);
    }
    return crc;
}

#if defined(__x86_64__) || defined(_M_X64)

enum {
    CHAIN_MIN_LEN = 144,                              /* below, joining costs more than it gains */
    CHAIN_MAX_CNT = (USCTP__CRC32C_SHIFT_CNT - 1) / 2 /* eight-byte words of one part */
};

/* `crc` moved over `cnt` words of zeros, in the form of eight bytes of data that have this effect. */
TARGET_CLMUL static inline uint64_t shifted(uint32_t crc, size_t cnt)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)crc),
                                           _mm_cvtsi64_si128((int64_t)usctp__crc32c_shift[cnt]), 0);

    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* Three parts of `cnt` words each, one behind the other. */
TARGET_CLMUL static inline uint32_t three_chains(uint32_t crc, const uint8_t *data, size_t cnt)
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

TARGET_CLMUL uint32_t usctp__crc32c_x86(uint32_t crc, const uint8_t *data, size_t len)
{
    while (len >= CHAIN_MIN_LEN) {
        size_t cnt = len / 24 < CHAIN_MAX_CNT ? len / 24 : CHAIN_MAX_CNT;

        crc = three_chains(crc, data, cnt);
        data += 24 * cnt;
        len -= 24 * cnt;
    }
    return usctp__crc32c_sse42(crc, data, len);
}

#else

TARGET_CLMUL uint32_t usctp__crc32c_x86(uint32_t crc, const uint8_t *data, size_t len)
{
    return usctp__crc32c_sse42(crc, data, len);
}

#endif

#else

/* A file of C must declare something. */
typedef int usctp__crc32c_x86_unused;

#endif
