/* SPDX-License-Identifier: BSD-3-Clause */
/* RACK: what was sent before something that has been delivered (RFC 8985, 6). */
#include "core/rack.h"

#include <string.h>

#include "base/time.h"
#include "core/assoc.h"
#include "core/loss.h"

enum {
    MIN_RTT_SAMPLES = 64, /* min_RTT is the least of the last 64 to 127 measurements */
    PERSIST_CNT = 16      /* RFC 8985, 6.2, step 4 */
};

/* What a batch sends has one time stamp, and what a host receives at once it may look at in any order. */
#define MIN_WINDOW_DUR (1 * USCTP__MS)

void usctp__rack_start(struct usctp__path *path)
{
    struct usctp_assoc *assoc = path->assoc;
    struct usctp__rack *rack;

    if ((usctp__params(assoc)->flags & USCTP_PARAM_NO_RACK) != 0) {
        return;
    }
    rack = usctp__pool_get(&assoc->core->rack_pool);
    if (rack == NULL) {
        return;
    }
    memset(rack, 0, sizeof(*rack));
    rack->min_rtt_dur = UINT64_MAX;
    rack->next_min_dur = UINT64_MAX;
    rack->rtt_left = MIN_RTT_SAMPLES;
    rack->reorder_quarters = 1;
    rack->probe_ready = path->rto.srtt_dur != 0;
    rack->t3_ts = path->alarm_ts[USCTP__ALARM_LOSS];
    path->rack = rack;
}

void usctp__rack_stop(struct usctp__path *path)
{
    struct usctp__rack *rack = path->rack;

    if (rack == NULL) {
        return;
    }
    path->alarm_ts[USCTP__ALARM_LOSS] = rack->t3_ts;
    path->rack = NULL;
    usctp__pool_put(&path->assoc->core->rack_pool, rack);
}

void usctp__rack_measured(struct usctp__rack *rack, uint64_t rtt_dur)
{
    rack->probe_ready = true;
    rack->min_rtt_dur = USCTP__MIN(rack->min_rtt_dur, rtt_dur);
    rack->next_min_dur = USCTP__MIN(rack->next_min_dur, rtt_dur);
    /* RFC 8985, 6.2, step 1: an old minimum is forgotten, in case that the way is longer now. */
    if (--rack->rtt_left == 0) {
        rack->min_rtt_dur = rack->next_min_dur;
        rack->next_min_dur = UINT64_MAX;
        rack->rtt_left = MIN_RTT_SAMPLES;
    }
}

bool usctp__rack_believes(const struct usctp__rack *rack, const struct usctp__txslot *slot,
                          uint64_t now_ts)
{
    return (slot->flags & USCTP__TXSLOT_MOVED) == 0 &&
           usctp__time_sub(now_ts, slot->sent_ts) >= rack->min_rtt_dur;
}

void usctp__rack_delivered(struct usctp__path *path)
{
    struct usctp__rack *rack = path->rack;

    rack->acked_ts = path->assoc->core->now_ts;
    if (rack->new_sent_ts == 0) {
        return; /* nothing that is believed */
    }
    rack->rtt_dur = usctp__time_sub(rack->acked_ts, rack->new_sent_ts);
    if (usctp__sent_after(rack->new_sent_ts, rack->new_tsn, rack->sent_ts, rack->tsn)) {
        rack->sent_ts = rack->new_sent_ts;
        rack->tsn = rack->new_tsn;
    }
    rack->highest_tsn = USCTP__MAX(rack->highest_tsn, rack->new_tsn);
}

/* RFC 8985, 6.2, step 4. The place of DupThresh, which counts chunks, is taken by the three missing
 * reports of RFC 9260, which count packets and need no window of zero. */
static uint64_t reorder_window(const struct usctp__path *path)
{
    const struct usctp__rack *rack = path->rack;
    uint64_t dur = rack->min_rtt_dur / 4 * rack->reorder_quarters;

    if (!rack->reordering_seen && path->cc.in_recovery) {
        return 0;
    }
    dur = USCTP__MIN(dur, path->rto.srtt_dur);
    return USCTP__MAX(dur, MIN_WINDOW_DUR);
}

/* The oldest chunk outstanding on the path, if it was sent before what was delivered. */
static const struct usctp__txslot *overtaken(const struct usctp_assoc *assoc,
                                             const struct usctp__path *path)
{
    const struct usctp__rack *rack = path->rack;
    const struct usctp__txslot *oldest;

    if (path->flight_cnt == 0) {
        return NULL;
    }
    oldest = usctp__txring_slot(&assoc->tx.ring, path->tx_oldest);
    return usctp__sent_after(rack->sent_ts, rack->tsn, oldest->sent_ts, path->tx_oldest) ? oldest
                                                                                         : NULL;
}

bool usctp__rack_detect(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__rack *rack = path->rack;
    const struct usctp__txslot *oldest = overtaken(assoc, path);
    bool lost = false;

    rack->reorder_ts = 0;
    while (USCTP__UNLIKELY(oldest != NULL)) {
        uint64_t lost_ts = usctp__time_add(oldest->sent_ts, rack->rtt_dur + reorder_window(path));

        if (lost_ts > assoc->core->now_ts) {
            rack->reorder_ts = lost_ts;
            break;
        }
        usctp__loss_found(assoc, path->tx_oldest);
        lost = true;
        oldest = overtaken(assoc, path);
    }
    return lost;
}

void usctp__rack_recovered(struct usctp__rack *rack)
{
    /* RFC 8985, 6.2, step 4: reordering may have been a passing thing. */
    if (rack->reorder_persist > 0 && --rack->reorder_persist == 0) {
        rack->reorder_quarters = 1;
    }
}

void usctp__rack_duplicate(const struct usctp_assoc *assoc, struct usctp__rack *rack,
                           uint64_t cum_tsn)
{
    /* RFC 8985, 6.2, step 4: the window grows once a round trip. */
    if (rack->dup_round_tsn != 0 && cum_tsn + 1 < rack->dup_round_tsn) {
        return;
    }
    rack->dup_round_tsn = assoc->tx.ring.next;
    rack->reorder_quarters += rack->reorder_quarters < UINT8_MAX;
    rack->reorder_persist = PERSIST_CNT;
}
