/* SPDX-License-Identifier: BSD-3-Clause */
/* SACKs on their way out: what output asks for each packet. */
#ifndef USCTP_CORE_RX_SACK_H
#define USCTP_CORE_RX_SACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "core/assoc.h"
#include "wire/sack.h"

/* With stream reconfiguration: the peer may know nothing yet of the TSNs that a SACK would tell (RFC 6525). */
bool usctp__rx_sack_mute(const struct usctp_assoc *assoc);

/* True if output has to send a SACK. */
static inline bool usctp__rx_sack_due(const struct usctp_assoc *assoc)
{
    return assoc->rx.sack_now &&
           (USCTP__LIKELY(assoc->reconf == NULL) || !usctp__rx_sack_mute(assoc));
}

/* True if a SACK may ride along with DATA although it is not due yet: something is unacknowledged. */
static inline bool usctp__rx_sack_useful(const struct usctp_assoc *assoc)
{
    return (assoc->rx.unsacked_packets > 0 || assoc->rx.sack_now) &&
           (USCTP__LIKELY(assoc->reconf == NULL) || !usctp__rx_sack_mute(assoc));
}

/* The path that a SACK must take (6.4, 6.7). */
struct usctp__path *usctp__rx_sack_path(const struct usctp_assoc *assoc);

/* Bytes that the SACK would need now to say all; USCTP__SACK_MIN_LEN at least. */
static inline size_t usctp__rx_sack_max_len(const struct usctp_assoc *assoc)
{
    const struct usctp__rxmap *map = &assoc->rx.map;

    return USCTP__SACK_MIN_LEN + (size_t)map->gap_cnt * USCTP__SACK_GAP_LEN +
           (size_t)map->dup_cnt * USCTP__SACK_DUP_LEN;
}

/* Writes the SACK into the room left (at least USCTP__SACK_MIN_LEN) and takes it as sent: clears
 * what was due, the timer, the duplicates; remembers the window. */
void usctp__rx_sack_write(struct usctp_assoc *assoc, struct usctp__writer *w, size_t room);

#endif
