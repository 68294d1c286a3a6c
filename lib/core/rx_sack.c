/* SPDX-License-Identifier: BSD-3-Clause */
/* SACKs: when one is due, where it goes, what it says (RFC 9260, 6.2, 6.4, 6.7). */
#include "core/rx_sack.h"

#include "base/time.h"
#include "core/reconf.h"
#include "core/input.h"
#include "core/shutdown.h"
#include "wire/ecn.h"

/* RFC 9260, 6.4: packets with nothing but duplicates, this many in a row, mean that our SACKs do not
 * arrive. */
enum { DUP_PACKETS_MIN = 2, DUP_PACKETS_MAX = 255 };

void usctp__rx_sack_asap(struct usctp_assoc *assoc)
{
    assoc->rx.sack_now = true;
    usctp__assoc_touch(assoc);
}

static void arm_sack_alarm(struct usctp_assoc *assoc)
{
    if (!usctp__alarm_armed(assoc, USCTP__ALARM_SACK)) {
        usctp__alarm_set(
            assoc, USCTP__ALARM_SACK,
            usctp__time_add(assoc->core->now_ts, usctp__params(assoc)->sack_delay_dur));
    }
}

/* True if the packet that was just taken must be acknowledged at once. */
static bool must_sack_now(const struct usctp_assoc *assoc)
{
    const struct usctp__rx *rx = &assoc->rx;

    if (rx->sack_now || rx->packet_dup || rx->map.gap_cnt > 0 || rx->packet_gap) {
        return true; /* RFC 9260, 6.2 and 6.7; RFC 5681, 4.2: also when a gap is filled */
    }
    /* RFC 9260, 5.1: the first at once; 6.2: then at least every second packet. */
    return rx->unsacked_packets > 0 &&
           (!rx->first_sacked || rx->unsacked_packets >= usctp__params(assoc)->sack_every);
}

/* Memory that nothing uses is given back when it stays unused. */
static void arm_trim_alarm(struct usctp_assoc *assoc)
{
    const struct usctp__rx *rx = &assoc->rx;
    const struct usctp__path *path = assoc->paths.data;

    if ((!usctp__bitmap_grown(&rx->map.bits) && rx->reasm.hold == NULL && rx->map.dups == NULL) ||
        rx->map.gap_cnt > 0 || usctp__alarm_armed(assoc, USCTP__ALARM_TRIM)) {
        return;
    }
    usctp__alarm_set(
        assoc, USCTP__ALARM_TRIM,
        usctp__time_add(assoc->core->now_ts,
                        path != NULL ? path->rto.rto_dur : usctp__params(assoc)->rto_initial_dur));
}

/* RFC 9260, 9.2: in SHUTDOWN-SENT a SHUTDOWN answers; a SACK with it where that cannot say all. */
static void answer_with_shutdown(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;

    usctp__shutdown_on_data(assoc);
    if (rx->map.gap_cnt > 0 || rx->map.dup_cnt > 0 || rx->sack_now) {
        usctp__rx_sack_asap(assoc);
        return;
    }
    rx->unsacked_packets = 0;
    usctp__alarm_clear(assoc, USCTP__ALARM_SACK);
}

void usctp__rx_packet_done(struct usctp_assoc *assoc, struct usctp__packet_in *in)
{
    struct usctp__rx *rx = &assoc->rx;

    if (USCTP__UNLIKELY(usctp__rx_has_late(rx))) {
        usctp__rx_deliver_late(assoc);
    }
    if (rx->packet_new) {
        if (USCTP__UNLIKELY(in->dgram->ecn == USCTP__ECN_CE)) {
            usctp__ecn_marked(assoc, in);
        }
        rx->unsacked_packets++;
        rx->dup_packets = 0;
        assoc->tx.peer_quiet = false;
        if (USCTP__UNLIKELY(assoc->core->now_ts >= rx->tune.end_ts ||
                            rx->received_bytes > rx->tune.edge)) {
            usctp__tune_window(assoc);
        }
        if (USCTP__UNLIKELY(usctp__params(assoc)->autoclose_dur != 0)) {
            usctp__assoc_active(assoc);
        }
    } else if (rx->packet_dup) {
        rx->dup_packets = rx->dup_packets < DUP_PACKETS_MAX ? (uint8_t)(rx->dup_packets + 1)
                                                            : (uint8_t)DUP_PACKETS_MIN;
    }
    if (assoc->state == USCTP_STATE_SHUTDOWN_SENT) {
        answer_with_shutdown(assoc);
    } else if (must_sack_now(assoc)) {
        usctp__rx_sack_asap(assoc);
    } else if (rx->unsacked_packets > 0) {
        arm_sack_alarm(assoc);
    }
    if (USCTP__UNLIKELY(rx->reasm.stuck)) {
        arm_sack_alarm(assoc);
    }
    arm_trim_alarm(assoc);
    rx->packet_new = false;
    rx->packet_dup = false;
    rx->packet_gap = false;
}

void usctp__rx_on_sack_alarm(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;

    if (rx->reasm.stuck) {
        usctp__rx_deliver_late(assoc);
        if (rx->reasm.stuck) {
            arm_sack_alarm(assoc);
        }
    }
    if (rx->unsacked_packets > 0) {
        assoc->sack_expiries++;
        usctp__rx_sack_asap(assoc);
    }
}

bool usctp__rx_sack_mute(const struct usctp_assoc *assoc)
{
    return assoc->reconf->announce;
}

/* One of the other paths that may carry a SACK, each in its turn; NULL: there is none. */
static struct usctp__path *another_path(const struct usctp_assoc *assoc, usctp_path_id id,
                                        unsigned turn)
{
    struct usctp__path *found = NULL;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->state == USCTP_PATH_ACTIVE && path->id != id) {
            found = path;
            if (turn-- == 0) {
                break;
            }
        }
    }
    return found;
}

struct usctp__path *usctp__rx_sack_path(const struct usctp_assoc *assoc)
{
    struct usctp__path *path = usctp__path_by_id(assoc, assoc->rx.sack_path);
    struct usctp__path *other = NULL;
    unsigned dup_packets = assoc->rx.dup_packets;

    /* RFC 9260, 5.4: nothing of the kind goes to an unconfirmed address. */
    if (path == NULL || path->state == USCTP_PATH_UNCONFIRMED) {
        return assoc->paths.data;
    }
    /* RFC 9260, 6.4: the way back from there may be broken. So may the others be: every second SACK
     * takes one of them. */
    if (dup_packets >= DUP_PACKETS_MIN && dup_packets % 2 == 0) {
        other = another_path(assoc, path->id, (dup_packets / 2 - 1) % assoc->paths.cnt);
    }
    return other != NULL ? other : path;
}

void usctp__rx_sack_write_long(const struct usctp_assoc *assoc, struct usctp__writer *w,
                               size_t room, uint32_t window)
{
    const struct usctp__rxmap *map = &assoc->rx.map;
    struct usctp__rxmap_iter iter;
    struct usctp__sack_source source;

    usctp__rxmap_iter_init(&iter, map);
    source.cum_tsn = usctp__rx_cum_tsn(assoc);
    source.a_rwnd = window;
    source.next_gap = map->gap_cnt > 0 ? usctp__rxmap_next_gap : NULL;
    source.ctx = &iter;
    source.dups = map->dups;
    source.dup_cnt = map->dup_cnt;
    source.max_len = room;
    usctp__sack_write(w, &source);
}

void usctp__rx_trim(struct usctp_assoc *assoc)
{
    if (assoc->rx.reasm.core != NULL) {
        usctp__rxmap_trim(&assoc->rx.map, &assoc->core->bufs);
        usctp__reasm_trim(&assoc->rx.reasm);
    }
}
