/* SPDX-License-Identifier: BSD-3-Clause */
/* The common header, the walk over chunks, and the frame of chunks (RFC 9260, 3). */
#include "wire/packet.h"

#include "base/compiler.h"

void usctp__packet_header_write(struct usctp__writer *w, const struct usctp__packet_header *header)
{
    uint8_t *ptr = usctp__writer_take(w, USCTP__PACKET_HEADER_LEN);

    if (ptr != NULL) {
        usctp__put16(ptr, header->src_port);
        usctp__put16(ptr + 2, header->dst_port);
        usctp__put32(ptr + 4, header->tag);
        usctp__put32(ptr + 8, 0);
    }
}

size_t usctp__chunk_begin(struct usctp__writer *w, uint8_t type, uint8_t flags)
{
    size_t pos = w->len;
    uint8_t *ptr;

    USCTP__ASSERT(w->failed || (pos & 3) == 0);
    ptr = usctp__writer_take(w, USCTP__CHUNK_HEADER_LEN);
    if (ptr != NULL) {
        ptr[0] = type;
        ptr[1] = flags;
        usctp__put16(ptr + 2, USCTP__CHUNK_HEADER_LEN);
    }
    return pos;
}

void usctp__chunk_end(struct usctp__writer *w, size_t pos)
{
    size_t len = w->len - pos;

    if (w->failed) {
        return;
    }
    USCTP__ASSERT(len >= USCTP__CHUNK_HEADER_LEN);
    if (len > USCTP__CHUNK_MAX_LEN) {
        w->failed = true;
        return;
    }
    usctp__writer_patch16(w, pos + 2, (uint16_t)len);
    usctp__writer_pad4(w);
}

void usctp__chunk_cancel(struct usctp__writer *w, size_t pos)
{
    USCTP__ASSERT(pos <= w->len);
    w->len = pos;
    w->failed = false;
}
