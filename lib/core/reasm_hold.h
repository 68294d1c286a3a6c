/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of reassembly share: reasm.c, and reasm_skip.c for what a peer gives up. */
#ifndef USCTP_CORE_REASM_HOLD_H
#define USCTP_CORE_REASM_HOLD_H

#include "base/bitmap.h"
#include "core/reasm.h"

/* Only where something is out of order. */
struct usctp__reasm_hold {
    struct usctp__chaintable tsns;  /* pieces that came out of order, by their TSN */
    struct usctp__chaintable turns; /* whole messages whose turn has not come, by stream and SSN */
    struct usctp__bitmap held;      /* TSNs above the cumulative one that lie in `tsns` */
};

/* The piece that begins with this TSN and came out of order, or NULL. */
struct usctp__rxfrag *usctp__reasm_find_tsn(const struct usctp__reasm *reasm, uint64_t tsn);

/* The whole message of this stream and SSN that waits for its turn, or NULL. */
struct usctp__rxfrag *usctp__reasm_find_ssn(const struct usctp__reasm *reasm, uint16_t sid,
                                            uint16_t ssn);

/* A run leaves: its pieces are in no table and no longer counted. */
void usctp__reasm_detach(struct usctp__reasm *reasm, struct usctp__rxfrag *first);

/* The message that is next in its stream is delivered whole: those behind it may follow. Where there
 * is no memory `stuck` is set. */
void usctp__reasm_follow(struct usctp__reasm *reasm, uint16_t sid, struct usctp__queue *out);

/* Drops a run. */
void usctp__reasm_drop(struct usctp__reasm *reasm, struct usctp__rxfrag *first);

#endif
