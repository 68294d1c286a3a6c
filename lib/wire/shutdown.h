/* SPDX-License-Identifier: BSD-3-Clause */
/* SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE (RFC 9260, 3.3.8, 3.3.9, 3.3.13). */
#ifndef USCTP_WIRE_SHUTDOWN_H
#define USCTP_WIRE_SHUTDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"

enum {
    USCTP__SHUTDOWN_LEN = 8,          /* SHUTDOWN */
    USCTP__SHUTDOWN_ACK_LEN = 4,      /* SHUTDOWN ACK */
    USCTP__SHUTDOWN_COMPLETE_LEN = 4, /* SHUTDOWN COMPLETE */
};

/* Reads the Cumulative TSN Ack of a SHUTDOWN; false when it is too short for one. */
bool usctp__shutdown_parse(uint32_t *cum_tsn, const struct usctp__chunk *chunk);

/* Appends a SHUTDOWN. */
void usctp__shutdown_write(struct usctp__writer *w, uint32_t cum_tsn);

/* Appends a SHUTDOWN ACK. */
void usctp__shutdown_ack_write(struct usctp__writer *w);

/* Appends a SHUTDOWN COMPLETE; `reflected` sets its T bit: the verification tag is the one received
 * (RFC 9260, 8.5.1). */
void usctp__shutdown_complete_write(struct usctp__writer *w, bool reflected);

/* The T bit of a SHUTDOWN COMPLETE or ABORT. */
static inline bool usctp__chunk_is_reflected(const struct usctp__chunk *chunk)
{
    return (chunk->flags & USCTP__CHUNK_FLAG_T) != 0;
}

#endif
