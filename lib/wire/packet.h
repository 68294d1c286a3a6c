/* SPDX-License-Identifier: BSD-3-Clause */
/* The common header of a packet, its chunks one by one, and the frame of a chunk that is written
 * (RFC 9260, 3 to 3.2). Nothing here looks into the value of a chunk. */
#ifndef USCTP_WIRE_PACKET_H
#define USCTP_WIRE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
    USCTP__PACKET_HEADER_LEN = 12, /* common header */
    USCTP__CHUNK_HEADER_LEN = 4,   /* type, flags, length */
    USCTP__CHUNK_MAX_LEN = 65535,  /* what the length field of a chunk can say */
};

/* Chunk types. RFC 9260, 3.2, and the extensions named beside them. */
enum usctp__chunk_type {
    USCTP__CHUNK_DATA = 0,
    USCTP__CHUNK_INIT = 1,
    USCTP__CHUNK_INIT_ACK = 2,
    USCTP__CHUNK_SACK = 3,
    USCTP__CHUNK_HEARTBEAT = 4,
    USCTP__CHUNK_HEARTBEAT_ACK = 5,
    USCTP__CHUNK_ABORT = 6,
    USCTP__CHUNK_SHUTDOWN = 7,
    USCTP__CHUNK_SHUTDOWN_ACK = 8,
    USCTP__CHUNK_ERROR = 9,
    USCTP__CHUNK_COOKIE_ECHO = 10,
    USCTP__CHUNK_COOKIE_ACK = 11,
    USCTP__CHUNK_ECNE = 12, /* reserved: RFC 9260, 3.2 */
    USCTP__CHUNK_CWR = 13,  /* reserved: RFC 9260, 3.2 */
    USCTP__CHUNK_SHUTDOWN_COMPLETE = 14,
    USCTP__CHUNK_AUTH = 15,           /* RFC 4895 */
    USCTP__CHUNK_I_DATA = 64,         /* RFC 8260 */
    USCTP__CHUNK_ASCONF_ACK = 128,    /* RFC 5061 */
    USCTP__CHUNK_RECONF = 130,        /* RFC 6525 */
    USCTP__CHUNK_PAD = 132,           /* RFC 4820 */
    USCTP__CHUNK_FORWARD_TSN = 192,   /* RFC 3758 */
    USCTP__CHUNK_ASCONF = 193,        /* RFC 5061 */
    USCTP__CHUNK_I_FORWARD_TSN = 194, /* RFC 8260 */
};

/* Bits of the flags of a chunk. */
enum usctp__chunk_flag {
    USCTP__DATA_FLAG_END = 0x01,       /* E: last fragment of a message */
    USCTP__DATA_FLAG_BEGIN = 0x02,     /* B: first fragment of a message */
    USCTP__DATA_FLAG_UNORDERED = 0x04, /* U: no stream sequence number */
    USCTP__DATA_FLAG_IMMEDIATE = 0x08, /* I: SACK without delay */
    USCTP__CHUNK_FLAG_T = 0x01,        /* T of ABORT and SHUTDOWN COMPLETE: tag reflected */
};

/* The common header. */
struct usctp__packet_header {
    uint16_t src_port; /* SCTP port of the sender */
    uint16_t dst_port; /* SCTP port of the receiver */
    uint32_t tag;      /* verification tag */
    uint32_t checksum; /* as usctp__crc32c_packet gives it; 0 when written */
};

/* A chunk in a packet. Everything points into the packet; nothing is owned. */
struct usctp__chunk {
    uint8_t type;         /* enum usctp__chunk_type, or any other number */
    uint8_t flags;        /* as on the wire, unknown bits too */
    uint16_t len;         /* as on the wire: header and value, without the padding at the end */
    const uint8_t *start; /* first byte of the header */
    const uint8_t *value; /* first byte after the header */
    size_t value_len;     /* bytes of value: len - 4 */
};

/* Where a walk over chunks stands. */
struct usctp__chunk_iter {
    const uint8_t *ptr; /* first byte of the next chunk */
    size_t left;        /* bytes from ptr to the end */
};

/* Reads the common header of a packet of `len` bytes; false when it is shorter than that header.
 * Ports and tag may have any value. */
static inline bool usctp__packet_header_parse(struct usctp__packet_header *header,
                                              const uint8_t *packet, size_t len)
{
    if (len < USCTP__PACKET_HEADER_LEN) {
        return false;
    }
    header->src_port = usctp__get16(packet);
    header->dst_port = usctp__get16(packet + 2);
    header->tag = usctp__get32(packet + 4);
    header->checksum = usctp__get32(packet + 8);
    return true;
}

/* Appends a common header with a checksum of zero: patch it in when the packet is complete. */
void usctp__packet_header_write(struct usctp__writer *w, const struct usctp__packet_header *header);

/* Begins a walk over the chunks of a packet with its common header. A packet shorter than the
 * header has no chunks. */
static inline void usctp__chunk_iter_init(struct usctp__chunk_iter *iter, const uint8_t *packet,
                                          size_t len)
{
    bool whole = len >= USCTP__PACKET_HEADER_LEN;

    iter->ptr = whole ? packet + USCTP__PACKET_HEADER_LEN : packet;
    iter->left = whole ? len - USCTP__PACKET_HEADER_LEN : 0;
}

/* Begins a walk over chunks that stand without a common header. */
static inline void usctp__chunk_iter_init_bare(struct usctp__chunk_iter *iter,
                                               const uint8_t *chunks, size_t len)
{
    iter->ptr = chunks;
    iter->left = len;
}

/* Reads one chunk that stands at `ptr` with at least its `len` bytes behind it; returns as
 * usctp__chunk_next. For chunks quoted in error causes. */
static inline int usctp__chunk_parse(struct usctp__chunk *chunk, const uint8_t *ptr, size_t len)
{
    uint16_t chunk_len;

    if (len == 0) {
        return 0;
    }
    if (len < USCTP__CHUNK_HEADER_LEN) {
        return -1;
    }
    chunk_len = usctp__get16(ptr + 2);
    /* RFC 9260, 3.2: the length counts the header; 6.10: partial chunks are dropped. */
    if (chunk_len < USCTP__CHUNK_HEADER_LEN || chunk_len > len) {
        return -1;
    }
    chunk->type = ptr[0];
    chunk->flags = ptr[1];
    chunk->len = chunk_len;
    chunk->start = ptr;
    chunk->value = ptr + USCTP__CHUNK_HEADER_LEN;
    chunk->value_len = (size_t)chunk_len - USCTP__CHUNK_HEADER_LEN;
    return 1;
}

/* Takes the next chunk: 1; 0 at the end; -1 when what follows is no whole chunk: a length below 4,
 * or past the end of the packet (RFC 9260, 6.10: a partial chunk is dropped). Chunks returned before
 * that stand. After 0 or -1 every further call says the same, and *chunk is not touched.
 *
 * Padding is not looked at (RFC 9260, 3.2), and the padding of the last chunk may be missing: then
 * the packet still holds all the bytes that the chunk length indicates. */
static inline int usctp__chunk_next(struct usctp__chunk_iter *iter, struct usctp__chunk *chunk)
{
    int result = usctp__chunk_parse(chunk, iter->ptr, iter->left);

    if (result == 1) {
        size_t step = usctp__pad4(chunk->len);

        step = step < iter->left ? step : iter->left;
        iter->ptr += step;
        iter->left -= step;
    }
    return result;
}

/* What the two highest bits of an unknown chunk type ask for (RFC 9260, 3.2): discard the rest of
 * the packet. */
static inline bool usctp__chunk_unknown_stops(uint8_t type)
{
    return (type & 0x80u) == 0;
}

/* The same: report it with the cause "Unrecognized Chunk Type". */
static inline bool usctp__chunk_unknown_reports(uint8_t type)
{
    return (type & 0x40u) != 0;
}

/* Bytes that a chunk takes in a packet: its length with the padding. */
static inline size_t usctp__chunk_padded_len(const struct usctp__chunk *chunk)
{
    return usctp__pad4(chunk->len);
}

/* Begins a chunk and returns where it begins, for usctp__chunk_end. What was written before must be
 * a multiple of 4 bytes, which usctp__chunk_end takes care of. */
size_t usctp__chunk_begin(struct usctp__writer *w, uint8_t type, uint8_t flags);

/* Ends the chunk that begins at `pos`: sets its length to all that was written since, and pads with
 * zero bytes to a multiple of 4. So a parameter or cause that ends the chunk must not be padded by
 * its writer; those of this floor are not. The writer fails when the chunk is longer than its length
 * field can say. */
void usctp__chunk_end(struct usctp__writer *w, size_t pos);

/* Takes back everything written from `pos` on, and the failure of the writer, if it failed since. */
void usctp__chunk_cancel(struct usctp__writer *w, size_t pos);

#endif
