/* SPDX-License-Identifier: BSD-3-Clause */
/* What is in flight: the one place where chunks become outstanding, acknowledged or lost, so that the
 * accounts of association and paths always agree with the ring. */
#ifndef USCTP_CORE_FLIGHT_H
#define USCTP_CORE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "core/assoc.h"

/* Bytes that count for congestion control: RFC 9260, 7.2 wants header and padding in them. */
static inline uint32_t usctp__flight_len(const struct usctp_assoc *assoc,
                                         const struct usctp__txslot *slot)
{
    return (uint32_t)usctp__tx_chunk_len(&assoc->tx, slot->len);
}

/* Works out peer_rwnd from the window told last and what is outstanding (6.2.1 B to D). */
static inline void usctp__flight_window(struct usctp_assoc *assoc)
{
    struct usctp__tx *tx = &assoc->tx;

    tx->peer_rwnd = tx->peer_window > tx->flight ? tx->peer_window - tx->flight : 0;
}

/* (Re)starts T3-rtx of a path with its present RTO (6.3.2). */
void usctp__flight_start_t3(struct usctp__path *path);

/* A chunk, whose path is set, is outstanding from now on. */
static inline void usctp__flight_add(struct usctp_assoc *assoc, uint64_t tsn,
                                     const struct usctp__txslot *slot)
{
    usctp__txring_link(&assoc->tx.ring, tsn);
    slot->path->flight += usctp__flight_len(assoc, slot);
    assoc->tx.flight += slot->len;
    usctp__flight_window(assoc);
}

/* It leaves now, on this path; `restart`: T3-rtx begins anew. */
static inline void usctp__flight_out(struct usctp_assoc *assoc, uint64_t tsn,
                                     struct usctp__txslot *slot, struct usctp__path *path,
                                     bool restart)
{
    slot->path = path;
    slot->sent_ts = assoc->core->now_ts;
    path->last_data_ts = assoc->core->now_ts;
    usctp__flight_add(assoc, tsn, slot);
    if (USCTP__UNLIKELY(path->cc.state != NULL)) {
        usctp__cc_sent(path, usctp__flight_len(assoc, slot));
    }
    /* RFC 9260, 5.1 C: before COOKIE ACK data goes with COOKIE ECHO only, under T1's watch. */
    if (assoc->state != USCTP_STATE_COOKIE_ECHOED &&
        (restart || !usctp__path_alarm_armed(path, USCTP__ALARM_LOSS))) {
        usctp__flight_start_t3(path); /* RFC 9260, 6.3.2 R1 */
    }
}

/* The chunk with this TSN, which is in `slot`, was sent to `path` just now, for the first time: it is outstanding, and
 * T3-rtx of the path runs (6.1, 6.3.2 R1). */
static inline void usctp__flight_sent_first(struct usctp_assoc *assoc, uint64_t tsn,
                                            struct usctp__txslot *slot, struct usctp__path *path)
{
    if (!path->rtt_pending) {
        path->rtt_pending = true; /* RFC 9260, 6.3.1 C4: one measurement a round trip */
        path->rtt_tsn = tsn;
    }
    slot->tx_cnt = 1;
    usctp__flight_out(assoc, tsn, slot, path, path->flight_cnt == 0);
}

/* The same of one that was sent before; a lost mark goes. */
void usctp__flight_sent_again(struct usctp_assoc *assoc, uint64_t tsn, struct usctp__txslot *slot,
                              struct usctp__path *path);

/* The chunk was acknowledged, cumulatively or by a gap block: it is outstanding or lost no more. Notes
 * in its path what the SACK at hand means for it. */
void usctp__flight_acked(struct usctp_assoc *assoc, uint64_t tsn);

/* All chunks up to this TSN are acknowledged cumulatively, those that were not before by this SACK; their messages
 * lose them, and end with their last one. The ring begins behind it. Returns the highest TSN that was not acknowledged
 * before; 0: none. */
uint64_t usctp__flight_acked_up_to(struct usctp_assoc *assoc, uint64_t cum_tsn);

/* The chunk is abandoned (RFC 3758, 3.5, A2): neither outstanding nor lost; its slot says what was
 * skipped and lets go of the message. */
void usctp__flight_abandoned(struct usctp_assoc *assoc, uint64_t tsn);

/* Makes a slot that of an abandoned chunk of the message. */
void usctp__flight_skip(struct usctp__txslot *slot, const struct usctp__outmsg *msg);

/* The peer gave up what it had acknowledged by a gap block: it is outstanding again (6.2.1 D iii). */
void usctp__flight_reneged(struct usctp_assoc *assoc, uint64_t tsn);

/* An outstanding chunk is marked for retransmission, to be sent to `target`. */
void usctp__flight_lost(struct usctp_assoc *assoc, uint64_t tsn, struct usctp__path *target);

/* An outstanding chunk is about to be sent again on its path though nothing says that it is lost. */
void usctp__flight_repeat(struct usctp_assoc *assoc, uint64_t tsn);

/* A lost chunk is to go elsewhere. */
void usctp__flight_retarget(struct usctp_assoc *assoc, uint64_t tsn, struct usctp__path *target);

#endif
