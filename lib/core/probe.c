/* SPDX-License-Identifier: BSD-3-Clause */
/* Tail probes (RFC 8985, 7), and the one loss timer of a path (8). */
#include "core/rack.h"

#include "base/serial.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/flight.h"
#include "wire/sack.h"

/* How long the peer may keep a SACK back (RFC 9260, 6.2: within 200 ms). */
#define PEER_SACK_DELAY_DUR (200 * USCTP__MS)

/* No probe comes sooner: hosts are not always quick. */
#define MIN_PROBE_DUR       (10 * USCTP__MS)

/* RFC 8985, 7.2: when a probe is due, if nothing comes: two round trips after the last transmission, and
 * at least one after the last acknowledgement. */
static uint64_t probe_ts(const struct usctp__path *path)
{
    const struct usctp__txslot *newest = usctp__txring_slot(&path->assoc->tx.ring, path->tx_newest);
    uint64_t srtt_dur = USCTP__MAX(path->rto.srtt_dur, MIN_PROBE_DUR / 2);
    uint64_t ts = newest->sent_ts + 2 * srtt_dur;

    ts = USCTP__MAX(ts, path->rack->acked_ts + srtt_dur);
    /* One packet is acknowledged late, unless it asked for a SACK at once. */
    if (path->flight <= path->cc.mtu && (newest->flags & USCTP__TXSLOT_ASKED) == 0) {
        ts += PEER_SACK_DELAY_DUR;
    }
    return ts;
}

/* RFC 8985, 7.3, conditions 1 and 2: one probe at a time, and a measured round trip between two. */
static bool probe_wanted(const struct usctp__rack *rack)
{
    return rack->probe_ready && !rack->probe_out;
}

void usctp__rack_arm(struct usctp__path *path)
{
    struct usctp__rack *rack = path->rack;
    uint64_t expiry_ts = rack->t3_ts;
    unsigned timer = USCTP__LOSS_T3;

    if (USCTP__UNLIKELY(rack->reorder_ts != 0)) {
        if (rack->reorder_ts < expiry_ts) {
            expiry_ts = rack->reorder_ts;
            timer = USCTP__LOSS_RACK;
        }
    } else if (probe_wanted(rack)) {
        uint64_t ts = probe_ts(path);

        if (ts < expiry_ts) {
            expiry_ts = ts;
            timer = USCTP__LOSS_PROBE;
        }
    }
    rack->timer = (uint8_t)timer;
    usctp__path_alarm_set(path, USCTP__ALARM_LOSS, expiry_ts);
}

void usctp__rack_on_probe(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__rack *rack = path->rack;

    /* A path that is down, a closed window and what has not left yet are T3-rtx's alone. */
    rack->probe_ready = false; /* also where it cannot be sent: it is not due over and over */
    if (path->flight_cnt == 0 || path->state != USCTP_PATH_ACTIVE || assoc->tx.zero_window_probe ||
        assoc->core->blocked) {
        rack->timer = USCTP__LOSS_T3;
        usctp__path_alarm_set(path, USCTP__ALARM_LOSS, rack->t3_ts);
        return;
    }
    rack->probe_due = true;
    assoc->tx.tail_probe = true;
    usctp__flight_start_t3(path); /* RFC 8985, 7.3: T3-rtx is the last resort */
    usctp__assoc_touch(assoc);
}

void usctp__rack_probed(struct usctp__path *path, uint64_t tsn, bool again)
{
    struct usctp__rack *rack = path->rack;

    rack->probe_out = true;
    rack->probe_again = again;
    rack->probe_tsn = tsn;
    rack->probe_end = path->assoc->tx.ring.next;
    usctp__rare(path->assoc)->tail_probes++;
}

static bool names_duplicate(const struct usctp__sack *sack, uint64_t tsn)
{
    for (unsigned i = 0; i < sack->dup_cnt; i++) {
        if (usctp__sack_dup(sack, i) == (uint32_t)tsn) {
            return true;
        }
    }
    return false;
}

bool usctp__rack_probe_answered(struct usctp__path *path, uint64_t cum_tsn,
                                const struct usctp__sack *sack, bool nothing_new)
{
    struct usctp__rack *rack = path->rack;

    /* RFC 8985, 7.4.2: all that was sent before the probe has to be there. */
    if (cum_tsn + 1 < rack->probe_end) {
        return false;
    }
    if (!rack->probe_again || names_duplicate(sack, rack->probe_tsn) ||
        (nothing_new && cum_tsn + 1 == rack->probe_end)) {
        rack->probe_out = false; /* it was delivered, or needless (cases 1 and 2) */
        return false;
    }
    if (cum_tsn + 1 == rack->probe_end) {
        return false; /* what says that it was needless may come yet */
    }
    rack->probe_out = false;
    return true;
}
