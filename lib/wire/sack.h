/* SPDX-License-Identifier: BSD-3-Clause */
/* SACK (RFC 9260, 3.3.4). Gap blocks and duplicate TSNs are read where they stand. */
#ifndef USCTP_WIRE_SACK_H
#define USCTP_WIRE_SACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"

enum {
    USCTP__SACK_MIN_LEN = 16, /* without blocks and duplicates, with the chunk header */
    USCTP__SACK_GAP_LEN = 4,  /* one gap block */
    USCTP__SACK_DUP_LEN = 4,  /* one duplicate TSN */
};

/* A gap block: TSNs cum_tsn + start to cum_tsn + end, both included, have been received. */
struct usctp__gap {
    uint16_t start; /* offset of the first TSN, 1 or more when sane */
    uint16_t end;   /* offset of the last one, start or more when sane */
};

/* A SACK as received. Everything points into the packet; nothing is owned. */
struct usctp__sack {
    uint32_t cum_tsn;    /* Cumulative TSN Ack */
    uint32_t a_rwnd;     /* advertised receiver window credit, bytes */
    uint16_t gap_cnt;    /* gap blocks; the chunk holds them all */
    uint16_t dup_cnt;    /* duplicate TSNs; the chunk holds them all */
    const uint8_t *gaps; /* first gap block: see usctp__sack_gap */
    const uint8_t *dups; /* first duplicate TSN: see usctp__sack_dup */
};

/* What a SACK is written from. */
struct usctp__sack_source {
    uint32_t cum_tsn; /* Cumulative TSN Ack */
    uint32_t a_rwnd;  /* advertised receiver window credit, bytes */

    /* Gives the next gap block in rising order, or false at the end; called until then or until the
     * room is used up. NULL: there are none. */
    bool (*next_gap)(void *ctx, struct usctp__gap *gap);
    void *ctx; /* handed to next_gap */

    const uint32_t *dups; /* duplicate TSNs; may be NULL when dup_cnt is 0 */
    size_t dup_cnt;       /* elements of dups */
    size_t max_len;       /* longest chunk wanted, 16 or more; 0: the room of the writer */
};

/* Reads a SACK; false when it is shorter than its counts say. What stands behind the last duplicate
 * in the chunk is ignored. Gap blocks may say anything: see usctp__sack_gaps_sane. */
bool usctp__sack_parse(struct usctp__sack *sack, const struct usctp__chunk *chunk);

/* Gap block i, below gap_cnt. */
static inline struct usctp__gap usctp__sack_gap(const struct usctp__sack *sack, unsigned i)
{
    struct usctp__gap gap;

    gap.start = usctp__get16(sack->gaps + (size_t)i * USCTP__SACK_GAP_LEN);
    gap.end = usctp__get16(sack->gaps + (size_t)i * USCTP__SACK_GAP_LEN + 2);
    return gap;
}

/* Duplicate TSN i, below dup_cnt. */
static inline uint32_t usctp__sack_dup(const struct usctp__sack *sack, unsigned i)
{
    return usctp__get32(sack->dups + (size_t)i * USCTP__SACK_DUP_LEN);
}

/* True when no block is reversed and none begins at or before the Cumulative TSN Ack. Blocks may
 * still touch, overlap or stand out of order, which RFC 9260 allows (3.3.4: SHOULD be isolated). */
bool usctp__sack_gaps_sane(const struct usctp__sack *sack);

/* Offset of the highest TSN that any gap block names; 0 when there is none. */
uint16_t usctp__sack_highest_gap(const struct usctp__sack *sack);

/* Appends a SACK without gap blocks and duplicates. The writer fails when there is no room. */
static inline void usctp__sack_write_plain(struct usctp__writer *w, uint32_t cum_tsn,
                                           uint32_t a_rwnd)
{
    uint8_t *ptr = usctp__writer_take(w, USCTP__SACK_MIN_LEN);

    if (USCTP__LIKELY(ptr != NULL)) {
        ptr[0] = USCTP__CHUNK_SACK;
        ptr[1] = 0;
        usctp__put16(ptr + 2, USCTP__SACK_MIN_LEN);
        usctp__put32(ptr + 4, cum_tsn);
        usctp__put32(ptr + 8, a_rwnd);
        usctp__put32(ptr + 12, 0);
    }
}

/* Appends a SACK with as many gap blocks as fit, and as many duplicates as fit behind them. What did
 * not fit is left out. The writer fails when there is no room for USCTP__SACK_MIN_LEN. */
void usctp__sack_write(struct usctp__writer *w, const struct usctp__sack_source *source);

#endif
