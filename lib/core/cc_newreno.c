/* SPDX-License-Identifier: BSD-3-Clause */
/* The congestion control of RFC 9260, section 7. */
#include "core/cc.h"

#include "base/compiler.h"

static uint32_t min_window(const struct usctp__cc *cc)
{
    return 4 * cc->mtu;
}

/* RFC 9260, 7.2.2 */
static void avoid(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    cc->partial_bytes_acked += USCTP__MIN(ack->acked_bytes, (uint32_t)USCTP__CC_WINDOW_MAX);
    if (cc->partial_bytes_acked >= cc->cwnd) {
        if (ack->cwnd_limited) {
            cc->partial_bytes_acked -= cc->cwnd;
            usctp__cc_grow(cc, cc->mtu);
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
            usctp__cc_grow(cc, USCTP__MIN(ack->acked_bytes, cc->mtu));
        }
    }
    usctp__cc_after_ack(cc, ack);
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

/* RFC 3168, 6.1.2 */
static void newreno_on_ecn(struct usctp__cc *cc)
{
    cc->ssthresh = USCTP__MAX(cc->cwnd / 2, min_window(cc));
    cc->cwnd = USCTP__MIN(cc->cwnd, cc->ssthresh);
    cc->partial_bytes_acked = 0;
}

/* RFC 9260, 7.2.3 and 6.3.3 E1 */
static void newreno_on_timeout(struct usctp__cc *cc)
{
    cc->ssthresh = USCTP__MAX(cc->cwnd / 2, min_window(cc));
    cc->cwnd = cc->mtu;
    cc->partial_bytes_acked = 0;
    cc->in_recovery = false;
}

const struct usctp__cc_ops usctp__cc_newreno = {
    .name = "newreno",
    .init = usctp__cc_init,
    .on_ack = newreno_on_ack,
    .on_loss = newreno_on_loss,
    .on_ecn = newreno_on_ecn,
    .on_timeout = newreno_on_timeout,
    .on_idle = usctp__cc_idle,
    .on_mtu = usctp__cc_mtu,
    .on_undo = usctp__cc_undo,
};
