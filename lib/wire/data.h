/* SPDX-License-Identifier: BSD-3-Clause */
/* DATA (RFC 9260, 3.3.1) and I-DATA (RFC 8260, 2.1). */
#ifndef USCTP_WIRE_DATA_H
#define USCTP_WIRE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"

enum {
    USCTP__DATA_HEADER_LEN = 16,                             /* with the chunk header */
    USCTP__DATA_MAX_PAYLOAD_LEN = USCTP__CHUNK_MAX_LEN - 16, /* what one chunk can hold */
    USCTP__I_DATA_HEADER_LEN = 20,                           /* the same of I-DATA */
    USCTP__I_DATA_MAX_PAYLOAD_LEN = USCTP__CHUNK_MAX_LEN - 20,
    USCTP__DATA_KNOWN_FLAGS = USCTP__DATA_FLAG_END | USCTP__DATA_FLAG_BEGIN |
                              USCTP__DATA_FLAG_UNORDERED | USCTP__DATA_FLAG_IMMEDIATE
};

/* A DATA or I-DATA chunk. */
struct usctp__data {
    uint32_t tsn; /* transmission sequence number */
    uint16_t sid; /* stream identifier */
    uint32_t
        ssn; /* stream sequence number; no meaning with the U flag. I-DATA: message identifier */
    uint32_t ppid; /* payload protocol identifier, in host order. I-DATA: with the B flag alone */
    uint32_t fsn;  /* I-DATA: fragment sequence number, 0 with the B flag */
    uint8_t flags; /* USCTP__DATA_FLAG_...; others are kept when read, not written */
    const uint8_t
        *payload;       /* read: the user data, in the packet; not owned. Not used in writing. */
    size_t payload_len; /* bytes of user data */
};

/* Reads a DATA chunk; false when its header is not whole. payload_len may be 0, which RFC 9260, 6.2
 * answers with the cause "No User Data". */
static inline bool usctp__data_parse(struct usctp__data *data, const struct usctp__chunk *chunk)
{
    const size_t fixed_len = USCTP__DATA_HEADER_LEN - USCTP__CHUNK_HEADER_LEN;
    const uint8_t *ptr = chunk->value;

    if (chunk->value_len < fixed_len) {
        return false;
    }
    data->tsn = usctp__get32(ptr);
    data->sid = usctp__get16(ptr + 4);
    data->ssn = usctp__get16(ptr + 6);
    data->ppid = usctp__get32(ptr + 8);
    data->fsn = 0;
    data->flags = chunk->flags;
    data->payload = ptr + fixed_len;
    data->payload_len = chunk->value_len - fixed_len;
    return true;
}

/* The padding of the chunk that was just taken: the user data is put over what of these bytes is its own. */
static inline void usctp__data_pad(struct usctp__writer *w)
{
    usctp__put32(w->base + w->len - 4, 0);
}

/* Appends a DATA chunk of data->payload_len (1 to USCTP__DATA_MAX_PAYLOAD_LEN) bytes with its header
 * and padding, and returns where its user data goes: the caller fills all of it. NULL, and the
 * writer has failed, when there is no room or the length is out of range. */
static inline uint8_t *usctp__data_write(struct usctp__writer *w, const struct usctp__data *data)
{
    size_t len = data->payload_len;
    uint8_t *ptr;

    /* RFC 9260, 3.3.1: there is user data. */
    if (USCTP__UNLIKELY(len - 1 >= USCTP__DATA_MAX_PAYLOAD_LEN)) {
        w->failed = true;
        return NULL;
    }
    ptr = usctp__writer_take(w, USCTP__DATA_HEADER_LEN + usctp__pad4(len));
    if (USCTP__UNLIKELY(ptr == NULL)) {
        return NULL;
    }
    usctp__data_pad(w);
    ptr[0] = USCTP__CHUNK_DATA;
    ptr[1] = (uint8_t)(data->flags & USCTP__DATA_KNOWN_FLAGS);
    usctp__put16(ptr + 2, (uint16_t)(USCTP__DATA_HEADER_LEN + len));
    usctp__put32(ptr + 4, data->tsn);
    usctp__put16(ptr + 8, data->sid);
    usctp__put16(ptr + 10, (uint16_t)data->ssn);
    usctp__put32(ptr + 12, data->ppid);
    return ptr + USCTP__DATA_HEADER_LEN;
}

/* The same for I-DATA, of at most USCTP__I_DATA_MAX_PAYLOAD_LEN bytes. */
bool usctp__i_data_parse(struct usctp__data *data, const struct usctp__chunk *chunk);
uint8_t *usctp__i_data_write(struct usctp__writer *w, const struct usctp__data *data);

/* Bytes that a DATA chunk with so much user data takes in a packet. */
static inline size_t usctp__data_chunk_len(size_t payload_len)
{
    return USCTP__DATA_HEADER_LEN + usctp__pad4(payload_len);
}

#endif
