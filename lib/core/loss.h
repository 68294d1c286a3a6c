/* SPDX-License-Identifier: BSD-3-Clause */
/* Losses: what follows from them; missing reports and fast retransmission (RFC 9260, 7.2.4). By time
 * they are found in rack.h. Timeouts, and what paths
 * that fail leave behind, are in the same room, behind core/tx.h. */
#ifndef USCTP_CORE_LOSS_H
#define USCTP_CORE_LOSS_H

#include <stdbool.h>
#include <stdint.h>

struct usctp_assoc;
struct usctp__path;

/* The chunk is taken for lost: by three missing reports, or since what was sent later was delivered
 * (rack.h). It is marked for retransmission, and path->sack_lost for usctp__loss_react. */
void usctp__loss_found(struct usctp_assoc *assoc, uint64_t tsn);

/* After losses were found on the paths that say so in sack_lost: congestion control hears of it, and
 * Fast Recovery begins, unless it has already. */
void usctp__loss_react(struct usctp_assoc *assoc);

/* A loss on the path was repaired by its tail probe before it was found: congestion control hears of
 * it all the same (RFC 8985, 7.4.2). */
void usctp__loss_repaired(struct usctp_assoc *assoc, struct usctp__path *path);

/* True while an exit point of Fast Recovery is ahead. */
bool usctp__loss_in_recovery(const struct usctp_assoc *assoc);

/* A SACK reported what lies below `limit` and was not acknowledged as missing: counts it, and marks
 * what was missing three times for retransmission. */
void usctp__loss_missing(struct usctp_assoc *assoc, uint64_t limit);

/* The limit of the path fell since what is larger than `limit` does not get through: what is outstanding in
 * such packets is marked for retransmission. No sign of congestion. */
void usctp__loss_too_big(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t limit);

/* A chunk that the peer reneged on: one missing report (6.2.1 D iii). */
void usctp__loss_miss_one(struct usctp_assoc *assoc, uint64_t tsn);

#endif
