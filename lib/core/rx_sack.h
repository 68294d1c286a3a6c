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

/* A SACK with the gaps and duplicates that there are. */
void usctp__rx_sack_write_long(const struct usctp_assoc *assoc, struct usctp__writer *w,
                               size_t room, uint32_t window);

/* Writes the SACK into the room left (at least USCTP__SACK_MIN_LEN) and takes it as sent: clears
 * what was due, the timer, the duplicates; remembers the window. */
static inline void usctp__rx_sack_write(struct usctp_assoc *assoc, struct usctp__writer *w,
                                        size_t room)
{
    struct usctp__rx *rx = &assoc->rx;
    uint32_t window = usctp__rx_window(assoc);

    if (USCTP__LIKELY((rx->map.gap_cnt | rx->map.dup_cnt) == 0)) {
        usctp__sack_write_plain(w, (uint32_t)usctp__rxmap_cum(&rx->map), window);
    } else {
        usctp__rx_sack_write_long(assoc, w, room, window);
    }
    rx->advertised = window;
    rx->edge = USCTP__MAX(rx->edge, rx->received_bytes + window);
    rx->unsacked_packets = 0;
    rx->sack_now = false;
    rx->first_sacked = true;
    usctp__rxmap_clear_dups(&rx->map);
    usctp__alarm_clear(assoc, USCTP__ALARM_SACK);
    assoc->counters.sent_sacks++;
}

#endif
