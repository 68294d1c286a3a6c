/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC32c (RFC 9260, Appendix A): the portable form, and forms for processors that have it in
 * hardware. Which one runs is decided outside the core (platform/cpu.h) and handed in. */
#ifndef USCTP_BASE_CRC32C_H
#define USCTP_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64) || defined(_M_IX86)
#define USCTP__CRC32C_X86 1
#else
#define USCTP__CRC32C_X86 0
#endif

#if defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
#define USCTP__CRC32C_ARM 1
#else
#define USCTP__CRC32C_ARM 0
#endif

/* Runs the CRC register `crc` over `len` bytes and returns it. No complement before or after: start
 * with USCTP__CRC32C_INIT; calls can be chained. `len` may be 0. */
typedef usctp_crc32c_fn usctp__crc32c_fn;

#define USCTP__CRC32C_INIT UINT32_C(0xffffffff)

enum { USCTP__CRC32C_HEADER_LEN = 12, USCTP__CRC32C_OFFSET = 8 };

/* The checksum of an SCTP packet of `len` bytes (12 or more) with the checksum field taken as zero,
 * whatever stands there. The result is what usctp__put32(packet + 8, ...) must write and
 * usctp__get32(packet + 8) of a good packet reads. */
uint32_t usctp__crc32c_packet(usctp__crc32c_fn fn, const uint8_t *packet, size_t len);

/* The checksum that a register ends as (RFC 9260, Appendix A: its low byte stands first in the packet). */
static inline uint32_t usctp__crc32c_finish(uint32_t crc)
{
    crc = ~crc;
    return crc << 24 | (crc & 0xff00) << 8 | (crc >> 8 & 0xff00) | crc >> 24;
}

/* The same of a packet whose checksum field is zero. */
static inline uint32_t usctp__crc32c_zeroed(usctp__crc32c_fn fn, const uint8_t *packet, size_t len)
{
    return usctp__crc32c_finish(fn(USCTP__CRC32C_INIT, packet, len));
}

/* Portable: eight table look-ups for eight bytes. */
uint32_t usctp__crc32c_sw(uint32_t crc, const uint8_t *data, size_t len);

#if USCTP__CRC32C_X86
/* Needs SSE4.2. */
uint32_t usctp__crc32c_sse42(uint32_t crc, const uint8_t *data, size_t len);
/* Needs SSE4.2 and PCLMULQDQ: three chains at once. On 32-bit x86 the same as the one above. */
uint32_t usctp__crc32c_x86(uint32_t crc, const uint8_t *data, size_t len);
#endif

#if USCTP__CRC32C_ARM
/* Needs the CRC32 extension of ARMv8. */
uint32_t usctp__crc32c_armcrc(uint32_t crc, const uint8_t *data, size_t len);
/* Needs the CRC32 and the PMULL extension: three chains at once. */
uint32_t usctp__crc32c_arm(uint32_t crc, const uint8_t *data, size_t len);
#endif

/* For chains that are computed apart: element m is x^(64m - 33) modulo the polynomial, bits
 * reflected (bit 31 is x^0); element 0 is not used. The carry-less product of a register and
 * element m, taken as eight bytes of data, moves that register over 8m bytes of zeros. */
enum { USCTP__CRC32C_SHIFT_CNT = 257 };
extern const uint32_t usctp__crc32c_shift[USCTP__CRC32C_SHIFT_CNT];

/* The tables of the portable form: element [0][b] is the register after byte b, starting from 0;
 * element [k][b] the same followed by k zero bytes. */
extern const uint32_t usctp__crc32c_table[8][256];

#endif
