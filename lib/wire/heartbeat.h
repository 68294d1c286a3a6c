/* SPDX-License-Identifier: BSD-3-Clause */
/* HEARTBEAT and HEARTBEAT ACK (RFC 9260, 3.3.5 and 3.3.6). What the information says is known to
 * the sender of the HEARTBEAT alone. */
#ifndef USCTP_WIRE_HEARTBEAT_H
#define USCTP_WIRE_HEARTBEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"
#include "wire/param.h"

enum { USCTP__HEARTBEAT_HEADER_LEN = 8 }; /* of the chunk and of the parameter */

/* Finds the Heartbeat Info in a HEARTBEAT or HEARTBEAT ACK: *info is its value, in the packet. False
 * when there is no whole one. */
bool usctp__heartbeat_parse(struct usctp__range *info, const struct usctp__chunk *chunk);

/* Appends a HEARTBEAT or HEARTBEAT ACK (`chunk_type`) with `len` bytes of information. An
 * acknowledgement carries what the HEARTBEAT carried, byte by byte. */
void usctp__heartbeat_write(struct usctp__writer *w, uint8_t chunk_type, const void *info,
                            size_t len);

/* Bytes that such a chunk takes in a packet. */
static inline size_t usctp__heartbeat_chunk_len(size_t info_len)
{
    return USCTP__HEARTBEAT_HEADER_LEN + usctp__pad4(info_len);
}

#endif
