/* SPDX-License-Identifier: BSD-3-Clause */
/* FORWARD TSN (RFC 3758, 3.2) and I-FORWARD-TSN (RFC 8260, 2.3.1). */
#ifndef USCTP_WIRE_FORWARD_H
#define USCTP_WIRE_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"

enum {
    USCTP__FORWARD_TSN_MIN_LEN = 8,    /* chunk header and New Cumulative TSN */
    USCTP__FORWARD_TSN_ENTRY_LEN = 4,  /* stream and its sequence number */
    USCTP__I_FORWARD_TSN_ENTRY_LEN = 8 /* stream, U bit, message identifier */
};

/* What was skipped in a stream. */
struct usctp__skipped {
    uint16_t sid;    /* stream identifier */
    bool unordered;  /* I-FORWARD-TSN alone: of the unordered messages */
    uint32_t number; /* largest stream sequence number, or message identifier, skipped */
};

/* A FORWARD TSN or I-FORWARD-TSN as read. */
struct usctp__forward {
    uint32_t cum_tsn;       /* New Cumulative TSN */
    const uint8_t *entries; /* in the packet, not owned */
    size_t cnt;             /* whole entries; what is left behind the last is ignored */
    bool by_mid;            /* it is an I-FORWARD-TSN */
};

/* Reads it; false when its fixed part is not whole. */
bool usctp__forward_parse(struct usctp__forward *forward, const struct usctp__chunk *chunk);

/* Entry i, below cnt. */
struct usctp__skipped usctp__forward_entry(const struct usctp__forward *forward, size_t i);

/* Appends a FORWARD TSN, or an I-FORWARD-TSN, with cnt entries. */
void usctp__forward_write(struct usctp__writer *w, bool by_mid, uint32_t cum_tsn,
                          const struct usctp__skipped *entries, size_t cnt);

#endif
