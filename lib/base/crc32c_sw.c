/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC32c for any processor: slicing by eight. */
#include "base/crc32c.h"

static inline uint32_t little_endian(const uint8_t *ptr)
{
    return (uint32_t)ptr[3] << 24 | (uint32_t)ptr[2] << 16 | (uint32_t)ptr[1] << 8 | ptr[0];
}

uint32_t usctp__crc32c_sw(uint32_t crc, const uint8_t *data, size_t len)
{
    const uint32_t(*table)[256] = usctp__crc32c_table;

    for (; len >= 8; len -= 8, data += 8) {
        uint32_t low = crc ^ little_endian(data);
        uint32_t high = little_endian(data + 4);

        crc = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^
              table[4][low >> 24] ^ table[3][high & 0xff] ^ table[2][high >> 8 & 0xff] ^
              table[1][high >> 16 & 0xff] ^ table[0][high >> 24];
    }
    for (; len > 0; len--, data++) {
        crc = crc >> 8 ^ table[0][(crc ^ *data) & 0xff];
    }
    return crc;
}
