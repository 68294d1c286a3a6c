/* SPDX-License-Identifier: BSD-3-Clause */
/* The checksum of a packet. */
#include "base/crc32c.h"

#include <string.h>

#include "base/compiler.h"

uint32_t usctp__crc32c_packet(usctp__crc32c_fn fn, const uint8_t *packet, size_t len)
{
    uint8_t header[USCTP__CRC32C_HEADER_LEN] = {0};
    uint32_t crc;

    USCTP__ASSERT(len >= USCTP__CRC32C_HEADER_LEN);
    memcpy(header, packet, USCTP__CRC32C_OFFSET);
    crc = fn(USCTP__CRC32C_INIT, header, sizeof(header));
    return usctp__crc32c_finish(fn(crc, packet + sizeof(header), len - sizeof(header)));
}
