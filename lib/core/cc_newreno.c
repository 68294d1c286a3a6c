/* SPDX-License-Identifier: BSD-3-Clause */
/* The congestion control of RFC 9260, section 7. */
#include "core/cc.h"

#include "base/compiler.h"
#include "base/time.h"

enum {
    IPV4_WINDOW = 4404, /* RFC 9260, 7.2.1: about three packets of an Ethernet */
    IPV6_WINDOW = 4344,
    MAX_HALVINGS = 32 /* halving so often leaves nothing of any window */
};

static const uint32_t max_cwnd = UINT32_C(1) << 30; /* so that sums of windows stay below 2^32 */

static uint32_t min_window(const struct usctp__cc *cc)
{
    return 4 * cc->mtu;
}

uint32_t usctp__cc_initial_window(const struct usctp__cc *cc)
{
    uint32_t window = cc->ipv6 ? IPV6_WINDOW : IPV4_WINDOW;

    /* RFC 9260, 7.2.1: min(4 * PMDCS, max(2 * PMDCS, 4404 or 4344)) */
    window = USCTP__MAX(2 * cc->mtu, window);
    return USCTP__MIN(4 * cc->mtu, window);
}

static void grow(struct usctp__cc *cc, uint32_t len)
{
    cc->cwnd = USCTP__MIN(cc->cwnd + len, max_cwnd);
}

static void newreno_init(struct usctp__cc *cc, uint32_t mtu, uint32_t peer_rwnd)
{
    cc->mtu = mtu;
    cc->cwnd = usctp__cc_initial_window(cc);
    cc->ssthresh = peer_rwnd;
    cc->partial_bytes_acked = 0;
    cc->recovery_tsn = 0;
    cc->idle_since_ts = 0;
    cc->in_recovery = false;
}

/* RFC 9260, 7.2.2 */
static void avoid(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    cc->partial_bytes_acked += USCTP__MIN(ack->acked_bytes, max_cwnd);
    if (cc->partial_bytes_acked >= cc->cwnd) {
        if (ack->cwnd_limited) {
            cc->partial_bytes_acked -= cc->cwnd;
            grow(cc, cc->mtu);
        } else {
            cc->partial_bytes_acked = cc->cwnd;
        }
    }
}

static void newreno_on_ack(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    /* RFC 9260, 7.2.1: growth uses the state before this SACK: in Fast Recovery there is none. */
    if (ack->acked_bytes > 0) {
        if (cc->cwnd > cc->ssthresh) {
            avoid(cc, ack);
        } else if (ack->cwnd_limited && !cc->in_recovery) {
            grow(cc, USCTP__MIN(ack->acked_bytes, cc->mtu));
        }
    }
    if (cc->in_recovery && ack->cum_tsn >= cc->recovery_tsn) {
        cc->in_recovery = false; /* RFC 9260, 7.2.4, 6) */
    }
    if (ack->flight_after == 0) {
        cc->partial_bytes_acked = 0; /* RFC 9260, 7.2.2 */
        if (ack->flight_before > 0) {
            cc->idle_since_ts = ack->now_ts;
        }
    }
}

/* RFC 9260, 7.2.3 */
static void newreno_on_loss(struct usctp__cc *cc, uint64_t highest_tsn)
{
    cc->ssthresh = USCTP__MAX(cc->cwnd / 2, min_window(cc));
    cc->cwnd = cc->ssthresh;
    cc->partial_bytes_acked = 0;
    cc->in_recovery = true;
    cc->recovery_tsn = highest_tsn;
}

/* RFC 9260, 7.2.3 and 6.3.3 E1 */
static void newreno_on_timeout(struct usctp__cc *cc)
{
    cc->ssthresh = USCTP__MAX(cc->cwnd / 2, min_window(cc));
    cc->cwnd = cc->mtu;
    cc->partial_bytes_acked = 0;
    cc->in_recovery = false;
}

/* RFC 9260, 7.2.1: each RTO without transmissions halves the window, down to four packets. */
static void newreno_on_idle(struct usctp__cc *cc, uint64_t now_ts, uint64_t rto_dur)
{
    uint64_t rto_cnt;

    if (rto_dur == 0 || usctp__time_sub(now_ts, cc->idle_since_ts) < rto_dur) {
        return;
    }
    rto_cnt = (now_ts - cc->idle_since_ts) / rto_dur;
    cc->idle_since_ts += rto_cnt * rto_dur;
    if (cc->cwnd <= min_window(cc)) {
        return; /* never raised by idling */
    }
    cc->ssthresh = cc->cwnd;
    for (uint64_t i = 0; i < rto_cnt && i < MAX_HALVINGS; i++) {
        cc->cwnd /= 2;
    }
    cc->cwnd = USCTP__MAX(cc->cwnd, min_window(cc));
}

static void newreno_on_mtu(struct usctp__cc *cc, uint32_t mtu)
{
    cc->mtu = mtu;
    if (cc->cwnd < mtu) {
        cc->cwnd = mtu;
    }
}

const struct usctp__cc_ops usctp__cc_newreno = {
    "newreno",          newreno_init,    newreno_on_ack, newreno_on_loss,
    newreno_on_timeout, newreno_on_idle, newreno_on_mtu,
};
