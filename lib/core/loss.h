/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding losses: missing reports and fast retransmission (RFC 9260, 7.2.4). Timeouts, and what paths
 * that fail leave behind, are in the same room, behind core/tx.h. */
#ifndef USCTP_CORE_LOSS_H
#define USCTP_CORE_LOSS_H

#include <stdbool.h>
#include <stdint.h>

struct usctp_assoc;
struct usctp__path;

/* True while an exit point of Fast Recovery is ahead. */
bool usctp__loss_in_recovery(const struct usctp_assoc *assoc);

/* A SACK reported what lies below `limit` and was not acknowledged as missing: counts it, and marks
 * what was missing three times for retransmission. */
void usctp__loss_missing(struct usctp_assoc *assoc, uint64_t limit);

/* The limit of the path fell since what is larger does not get through: what is outstanding in larger
 * packets is marked for retransmission. No sign of congestion. */
void usctp__loss_too_big(struct usctp_assoc *assoc, struct usctp__path *path);

/* A chunk that the peer reneged on: one missing report (6.2.1 D iii). */
void usctp__loss_miss_one(struct usctp_assoc *assoc, uint64_t tsn);

#endif
