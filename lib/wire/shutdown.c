/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE (RFC 9260, 3.3.8, 3.3.9, 3.3.13). */
#include "wire/shutdown.h"

bool usctp__shutdown_parse(uint32_t *cum_tsn, const struct usctp__chunk *chunk)
{
    if (chunk->value_len < 4) {
        return false;
    }
    *cum_tsn = usctp__get32(chunk->value);
    return true;
}

void usctp__shutdown_write(struct usctp__writer *w, uint32_t cum_tsn)
{
    size_t pos = usctp__chunk_begin(w, USCTP__CHUNK_SHUTDOWN, 0);

    usctp__writer_u32(w, cum_tsn);
    usctp__chunk_end(w, pos);
}

void usctp__shutdown_ack_write(struct usctp__writer *w)
{
    usctp__chunk_end(w, usctp__chunk_begin(w, USCTP__CHUNK_SHUTDOWN_ACK, 0));
}

void usctp__shutdown_complete_write(struct usctp__writer *w, bool reflected)
{
    uint8_t flags = reflected ? USCTP__CHUNK_FLAG_T : 0;

    usctp__chunk_end(w, usctp__chunk_begin(w, USCTP__CHUNK_SHUTDOWN_COMPLETE, flags));
}
