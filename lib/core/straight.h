/* SPDX-License-Identifier: BSD-3-Clause */
/* The straight way out: one message waits, whole, and nothing stands in its way. */
#ifndef USCTP_CORE_STRAIGHT_H
#define USCTP_CORE_STRAIGHT_H

#include <stdbool.h>

struct usctp_assoc;

/* Sends the message that waits, with the SACK that is due or may ride along, in one packet, if that is all that a
 * round of output would do: the same packet comes of it, and the same state. False: it may be more or less, nothing
 * has changed, and the round is to be run. */
bool usctp__straight(struct usctp_assoc *assoc);

#endif
