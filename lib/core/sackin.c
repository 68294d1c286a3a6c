/* SPDX-License-Identifier: BSD-3-Clause */
/* SACKs received. */
#include "core/sackin.h"

#include "base/serial.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/error.h"
#include "core/flight.h"
#include "core/input.h"
#include "core/loss.h"
#include "core/pr.h"
#include "core/reconf.h"
#include "core/shutdown.h"
#include "wire/sack.h"

/* What a SACK brought. */
struct news {
    uint64_t cum_tsn;     /* its cumulative TSN */
    uint64_t highest_new; /* highest TSN newly acknowledged (7.2.4: HTNA); 0: none */
    uint64_t highest_gap; /* highest TSN in a gap block; cum_tsn: there is no block */
    uint64_t gap_sum;     /* lengths of the gap blocks together */
    bool cum_advanced;    /* it moved the cumulative TSN ack point */
    bool sane;            /* no gap block is reversed or begins at the cumulative TSN */
    bool tidy;            /* the gap blocks stand in order and do not overlap */
    bool was_recovering;  /* in Fast Recovery before it */
    bool look_back;       /* RACK and tail probes have to hear of it (rack.h) */
};

/* --- Before and after, path by path --- */

static void begin_paths(struct usctp_assoc *assoc, struct news *news)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        news->was_recovering = news->was_recovering || path->cc.in_recovery;
        path->sack_len = 0;
        path->sack_flight = path->flight;
        path->sack_lowest = false;
        path->sack_alive = false;
        path->sack_lost = false;
    }
}

static inline void tell_cc(struct usctp_assoc *assoc, struct usctp__path *path,
                           const struct news *news)
{
    struct usctp__cc_ack ack; /* usctp__cc_tell fills in the rest */

    ack.now_ts = assoc->core->now_ts;
    ack.cum_tsn = news->cum_tsn;
    ack.acked_bytes = path->sack_len;
    ack.flight_before = path->sack_flight;
    ack.flight_after = path->flight;
    ack.cum_advanced = news->cum_advanced;
    ack.cwnd_limited = path->tx_cwnd_full || path->sack_flight >= path->cc.cwnd;
    if (USCTP__UNLIKELY(assoc->ecn != NULL)) {
        const struct usctp__packet_in *in = usctp__packet_at_hand(assoc);

        /* RFC 3168, 6.1.2: it does not grow by an echo */
        ack.cwnd_limited = ack.cwnd_limited && (in == NULL || !in->echoed);
    }
    if (USCTP__LIKELY(path->cc.state == NULL)) {
        path->cc.ops->on_ack(&path->cc, &ack);
    } else {
        usctp__cc_tell(path, &ack);
    }
    if (USCTP__UNLIKELY(usctp__params(assoc)->max_cwnd != 0)) {
        usctp__cc_cap(path);
    }
}

static inline void end_rack(struct usctp__path *path, struct news *news)
{
    struct usctp__rack *rack = path->rack;

    /* Where nothing is outstanding, nothing was overtaken. */
    if (path->flight_cnt > 0 && path->sack_len > 0) {
        usctp__rack_delivered(path);
        news->look_back = true;
    }
    if (USCTP__UNLIKELY(rack->probe_out)) {
        news->look_back = true;
    }
    rack->new_sent_ts = 0;
}

/* Something speaks against the path: an acknowledgement is news. */
static inline bool needs_reviving(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    return path->error_cnt > 0 || path->state != USCTP_PATH_ACTIVE ||
           assoc->paths.data != assoc->paths.primary;
}

static void end_paths(struct usctp_assoc *assoc, struct news *news)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->sack_len > 0 || path->cc.in_recovery) {
            path->t3_backed_off = path->t3_backed_off && path->sack_len == 0;
            tell_cc(assoc, path, news);
            if (USCTP__UNLIKELY(news->was_recovering) && !path->cc.in_recovery &&
                path->rack != NULL) {
                usctp__rack_recovered(path->rack);
            }
        }
        if (path->rack != NULL) {
            end_rack(path, news);
        }
        if (path->flight_cnt == 0) {
            if (path->sack_flight > 0) {
                usctp__path_alarm_clear(path, USCTP__ALARM_LOSS); /* RFC 9260, 6.3.2 R2 */
            }
        } else if (path->sack_lowest && assoc->state != USCTP_STATE_COOKIE_ECHOED) {
            usctp__flight_start_t3(path); /* RFC 9260, 6.3.2 R3 */
        }
        if (path->sack_alive && needs_reviving(assoc, path)) {
            usctp__path_alive(assoc, path); /* RFC 9260, 8.2 */
        }
    }
}

/* --- The cumulative TSN --- */

static void take_cum(struct usctp_assoc *assoc, struct news *news)
{
    uint64_t highest = usctp__flight_acked_up_to(assoc, news->cum_tsn);

    news->highest_new = USCTP__MAX(news->highest_new, highest);
    news->cum_advanced = true;
}

/* --- Gap blocks --- */

static void take_block(struct usctp_assoc *assoc, struct news *news, uint64_t from, uint64_t to)
{
    struct usctp__txring *ring = &assoc->tx.ring;

    while ((from = usctp__txring_scan(ring, USCTP__TX_NOT_ACKED, from, to)) < to) {
        if (USCTP__LIKELY(!usctp__txring_gone(ring, from))) {
            usctp__flight_acked(assoc, from);
        }
        usctp__txring_set_acked(ring, from);
        news->highest_new = USCTP__MAX(news->highest_new, from);
        from++;
    }
}

static void take_gaps(struct usctp_assoc *assoc, const struct usctp__sack *sack, struct news *news)
{
    const struct usctp__txring *ring = &assoc->tx.ring;

    for (unsigned i = 0; i < sack->gap_cnt; i++) {
        struct usctp__gap gap = usctp__sack_gap(sack, i);
        /* The TSN behind the cumulative one cannot have come: it would be in it. */
        uint64_t from = news->cum_tsn + USCTP__MAX(gap.start, 2u);
        uint64_t to = news->cum_tsn + gap.end + 1;

        if (from < to) {
            news->gap_sum += to - from;
            if (!usctp__txring_all_acked(ring, from, to)) {
                take_block(assoc, news, from, to);
            }
        }
    }
}

static void renege_range(struct usctp_assoc *assoc, uint64_t from, uint64_t to)
{
    const struct usctp__txring *ring = &assoc->tx.ring;

    while ((from = usctp__txring_scan(ring, USCTP__TX_ACKED, from, to)) < to) {
        usctp__flight_reneged(assoc, from);
        usctp__loss_miss_one(assoc, from); /* RFC 9260, 6.2.1 D iii */
        from++;
    }
}

/* More TSNs are marked than the blocks name: what lies between the blocks was given up by the peer. */
static void find_reneged(struct usctp_assoc *assoc, const struct usctp__sack *sack,
                         const struct news *news)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t from = ring->base;

    if (!news->tidy) {
        /* Blocks in disorder tell little; but this one the peer has not got, or it would say so. */
        renege_range(assoc, from, USCTP__MIN(from + 1, ring->next));
        return;
    }
    for (unsigned i = 0; i < sack->gap_cnt; i++) {
        struct usctp__gap gap = usctp__sack_gap(sack, i);
        uint64_t start = USCTP__MAX(news->cum_tsn + gap.start, news->cum_tsn + 2);

        if (start <= news->cum_tsn + gap.end) {
            renege_range(assoc, from, start);
            from = news->cum_tsn + gap.end + 1;
        }
    }
    renege_range(assoc, from, ring->next);
}

/* --- The window --- */

/* The probe met a closed window, which is open now: it goes again at once, and T3-rtx, backed off
 * while the window was closed, is not waited for. */
static void repeat_probe(struct usctp_assoc *assoc)
{
    struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = ring->base;

    assoc->tx.zero_window_probe = false;
    if (usctp__txring_scan(ring, USCTP__TX_OUTSTANDING, tsn, tsn + 1) == tsn) {
        usctp__flight_lost(assoc, tsn, usctp__txring_slot(ring, tsn)->path);
    }
}

static void take_window(struct usctp_assoc *assoc, uint32_t a_rwnd)
{
    struct usctp__tx *tx = &assoc->tx;
    uint32_t old_window = tx->peer_window;

    /* RFC 9260, 6.2.1 D ii */
    tx->peer_window = a_rwnd;
    tx->peer_max_window = USCTP__MAX(tx->peer_max_window, a_rwnd);
    usctp__flight_window(assoc);
    if (tx->zero_window_probe) {
        tx->probe_answered = true;
        if (usctp__txring_empty(&tx->ring)) {
            tx->zero_window_probe = false;
        } else {
            const struct usctp__txslot *slot = usctp__txring_slot(&tx->ring, tx->ring.base);
            uint32_t need = slot->msg != NULL ? slot->len : 0;

            if (old_window < need && a_rwnd >= need) {
                repeat_probe(assoc);
            }
        }
    }
}

/* --- What follows --- */

void usctp__tx_progress(struct usctp_assoc *assoc)
{
    struct usctp__tx *tx = &assoc->tx;

    if (USCTP__UNLIKELY(usctp__tx_wants_room(tx))) {
        usctp__tx_room(assoc);
    }
    if (!usctp__txring_empty(&tx->ring) || tx->outq.msg_cnt > 0) {
        return;
    }
    if (!usctp__alarm_armed(assoc, USCTP__ALARM_TRIM) && tx->ring.slots != NULL) {
        usctp__alarm_set(assoc, USCTP__ALARM_TRIM,
                         usctp__time_add(assoc->core->now_ts, assoc->paths.data->rto.rto_dur));
    }
    if (tx->dry_armed) {
        tx->dry_armed = false;
        if ((usctp__params(assoc)->flags & USCTP_PARAM_DRY_EVENTS) != 0) {
            usctp__event_dry(assoc);
        }
    }
    if (assoc->state != USCTP_STATE_ESTABLISHED) {
        usctp__shutdown_progress(assoc);
    }
}

/* RFC 8985, 6.2, 7.4: what the delivery of later chunks, or of a tail probe, says of earlier ones. */
static void look_back(struct usctp_assoc *assoc, const struct usctp__sack *sack,
                      const struct news *news)
{
    bool nothing_new =
        news->highest_new == 0 && sack->gap_cnt == 0 && sack->a_rwnd == assoc->tx.peer_window;
    bool lost = false;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->rack == NULL) {
            continue;
        }
        if (usctp__rack_detect(assoc, path)) {
            lost = true;
        }
        if (USCTP__UNLIKELY(path->rack->probe_out) &&
            usctp__rack_probe_answered(path, news->cum_tsn, sack, nothing_new)) {
            usctp__loss_repaired(assoc, path);
        }
    }
    if (lost) {
        usctp__loss_react(assoc);
    }
}

/* Runs a SACK that passed all checks through the rooms, in the order that 7.2.4 wants. */
static void apply(struct usctp_assoc *assoc, const struct usctp__sack *sack, struct news *news)
{
    struct usctp__txring *ring = &assoc->tx.ring;

    begin_paths(assoc, news);
    if (news->cum_tsn >= ring->base) {
        take_cum(assoc, news);
    }
    if (sack->gap_cnt > 0) {
        take_gaps(assoc, sack, news);
    }
    if (USCTP__UNLIKELY(sack->dup_cnt > 0)) {
        usctp__undo_duplicates(assoc, sack, news->cum_tsn);
    }
    end_paths(assoc, news);
    if (USCTP__UNLIKELY(news->gap_sum != ring->acked_cnt)) {
        find_reneged(assoc, sack, news);
    }
    if (news->highest_gap > news->cum_tsn) {
        /* RFC 9260, 7.2.4: up to the highest newly acknowledged; in Fast Recovery, when the point
         * advances, all that the SACK reports missing. */
        uint64_t limit =
            news->was_recovering && news->cum_advanced ? news->highest_gap : news->highest_new;
        usctp__loss_missing(assoc, limit);
    }
    if (news->look_back) {
        look_back(assoc, sack, news);
    }
    if (news->highest_new > 0) {
        assoc->error_cnt = 0; /* RFC 9260, 8.1 */
        assoc->tx.burst_credit++;
        assoc->tx.peer_quiet = true; /* until the packet turns out to hold DATA, too */
    }
}

static void news_init(struct news *news, uint64_t cum_tsn)
{
    news->cum_tsn = cum_tsn;
    news->highest_new = 0;
    news->highest_gap = cum_tsn;
    news->gap_sum = 0;
    news->cum_advanced = false;
    news->sane = true;
    news->tidy = true;
    news->was_recovering = false;
    news->look_back = false;
}

/* Looks all gap blocks over before one of them is believed. */
static void survey_gaps(struct news *news, const struct usctp__sack *sack)
{
    unsigned highest = 0;

    for (unsigned i = 0; i < sack->gap_cnt; i++) {
        struct usctp__gap gap = usctp__sack_gap(sack, i);

        /* RFC 9260, 3.3.4: all TSNs in gap blocks are greater than the Cumulative TSN Ack. */
        news->sane = news->sane && gap.start > 0 && gap.start <= gap.end;
        news->tidy = news->tidy && gap.start > highest;
        highest = USCTP__MAX(highest, gap.end);
    }
    news->highest_gap += highest;
}

enum usctp__verdict usctp__on_sack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk)
{
    struct usctp__txring *ring = &assoc->tx.ring;
    struct usctp__sack sack;
    struct news news;

    if (!usctp__sack_parse(&sack, chunk)) {
        assoc->core->stats.dropped_malformed++;
        return USCTP__NEXT;
    }
    assoc->counters.received_sacks++;
    if (USCTP__UNLIKELY((sack.dup_cnt | sack.gap_cnt) != 0)) {
        struct usctp__rare_counters *rare = usctp__rare(assoc);

        rare->peer_duplicate_tsns += sack.dup_cnt;
        rare->gap_acks_received += sack.gap_cnt;
    }
    news_init(&news, usctp__unwrap32(ring->base - 1, sack.cum_tsn));
    if (sack.gap_cnt > 0) {
        survey_gaps(&news, &sack);
    }
    if (USCTP__UNLIKELY(assoc->reconf != NULL) && usctp__reconf_stale(assoc, news.cum_tsn)) {
        return USCTP__NEXT;
    }
    if (news.highest_gap >= ring->next) {
        /* RFC 9260, 12.4 */
        usctp__abort_violation(assoc, "SACK of a TSN that was never sent");
        return USCTP__GONE;
    }
    if (news.cum_tsn < ring->base - 1) {
        return USCTP__NEXT; /* RFC 9260, 6.2.1 D i: an old one */
    }
    if (!news.sane) {
        assoc->core->stats.dropped_malformed++;
        return USCTP__NEXT;
    }
    apply(assoc, &sack, &news);
    take_window(assoc, sack.a_rwnd);
    if (USCTP__UNLIKELY(assoc->tx.pr != NULL)) {
        usctp__pr_on_sack(assoc);
    }
    if (news.highest_new > 0) {
        in->fresh = true;
    }
    usctp__assoc_touch(assoc);
    if (news.cum_advanced) {
        usctp__tx_progress(assoc);
    }
    return assoc->ended ? USCTP__GONE : USCTP__NEXT;
}

bool usctp__tx_cum_check(struct usctp_assoc *assoc, uint32_t cum_tsn)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = usctp__unwrap32(ring->base - 1, cum_tsn);

    if (tsn >= ring->next && !(assoc->reconf != NULL && usctp__reconf_stale(assoc, tsn))) {
        /* RFC 9260, 12.4 */
        usctp__abort_violation(assoc, "SHUTDOWN acknowledges a TSN that was never sent");
        return false;
    }
    return true;
}

bool usctp__tx_cum_ack(struct usctp_assoc *assoc, uint32_t cum_tsn, struct usctp__path *from)
{
    struct usctp__tx *tx = &assoc->tx;
    struct usctp__sack sack = {0};
    struct news news;

    USCTP__UNUSED(from);
    if (!usctp__tx_cum_check(assoc, cum_tsn)) {
        return false;
    }
    news_init(&news, usctp__unwrap32(tx->ring.base - 1, cum_tsn));
    if (news.cum_tsn < tx->ring.base || news.cum_tsn >= tx->ring.next) {
        return true; /* the latter: of another numbering (RFC 6525) */
    }
    begin_paths(assoc, &news);
    take_cum(assoc, &news);
    end_paths(assoc, &news);
    news.tidy = false; /* it says nothing of gaps */
    find_reneged(assoc, &sack, &news);
    assoc->error_cnt = 0; /* RFC 9260, 8.1 */
    /* It tells no window: what was acknowledged is taken for consumed, or a peer that answers with
     * SHUTDOWN alone would starve us. */
    usctp__flight_window(assoc);
    usctp__assoc_touch(assoc);
    usctp__tx_progress(assoc);
    return !assoc->ended;
}
