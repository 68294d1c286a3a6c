/* SPDX-License-Identifier: BSD-3-Clause */
/* FORWARD TSN (RFC 3758, 3.2). */
#ifndef USCTP_WIRE_FORWARD_H
#define USCTP_WIRE_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"

enum {
    USCTP__FORWARD_TSN_MIN_LEN = 8,  /* chunk header and New Cumulative TSN */
    USCTP__FORWARD_TSN_ENTRY_LEN = 4 /* stream and its sequence number */
};

/* What was skipped in a stream. */
struct usctp__skipped {
    uint16_t sid;    /* stream identifier */
    bool unordered;  /* I-FORWARD-TSN alone: of the unordered messages */
    uint32_t number; /* largest stream sequence number skipped */
};

/* A FORWARD TSN as read. */
struct usctp__forward {
    uint32_t cum_tsn;       /* New Cumulative TSN */
    const uint8_t *entries; /* in the packet, not owned */
    size_t cnt;             /* whole entries; what is left behind the last is ignored */
};

/* Reads it; false when its fixed part is not whole. */
bool usctp__forward_parse(struct usctp__forward *forward, const struct usctp__chunk *chunk);

/* Entry i, below cnt. */
struct usctp__skipped usctp__forward_entry(const struct usctp__forward *forward, size_t i);

/* Appends a FORWARD TSN with cnt entries. */
void usctp__forward_write(struct usctp__writer *w, uint32_t cum_tsn,
                          const struct usctp__skipped *entries, size_t cnt);

#endif
