/* SPDX-License-Identifier: BSD-3-Clause */
/* What is in flight: the one place where chunks become outstanding, acknowledged or lost, so that the
 * accounts of association and paths always agree with the ring. */
#ifndef USCTP_CORE_FLIGHT_H
#define USCTP_CORE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct usctp_assoc;
struct usctp__path;
struct usctp__outmsg;
struct usctp__txslot;

/* The chunk with this TSN, which is in `slot`, was sent to `path` just now, the first time or again: it is outstanding,
 * and T3-rtx of the path runs (6.1, 6.3.2 R1). A lost mark goes. */
void usctp__flight_sent(struct usctp_assoc *assoc, uint64_t tsn, struct usctp__txslot *slot,
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

/* Works out peer_rwnd from the window told last and what is outstanding (6.2.1 B to D). */
void usctp__flight_window(struct usctp_assoc *assoc);

/* (Re)starts T3-rtx of a path with its present RTO (6.3.2). */
void usctp__flight_start_t3(struct usctp__path *path);

#endif
