/* SPDX-License-Identifier: BSD-3-Clause */
/* CUBIC (RFC 9438) with HyStart++ (RFC 9406), in integers: bytes, and milliseconds on the curve. */
#include "core/cc_cubic.h"

#include "base/compiler.h"
#include "base/time.h"

enum {
    EST_SHIFT = 8,         /* fraction bits of the window that NewReno would have */
    CURVE_MS_MAX = 300000, /* farther from its plateau the curve is not followed */
    ROUND_SAMPLES = 8,     /* RFC 9406, 4.2: N_RTT_SAMPLE */
    CSS_DIVISOR = 4,       /* CSS_GROWTH_DIVISOR */
    CSS_ROUNDS = 5,
    PACED_GROWTH = 8 /* L: packets by which a SACK may raise a paced window in slow start */
};

#define RTT_THRESH_MIN (4 * USCTP__MS)
#define RTT_THRESH_MAX (16 * USCTP__MS)

static struct usctp__cubic *cubic_of(const struct usctp__cc *cc)
{
    return (struct usctp__cubic *)cc->state;
}

/* --- The curve: RFC 9438, 4.2 --- */

uint32_t usctp__cubic_root(uint64_t value)
{
    uint64_t root = 0;

    for (int bit = 20; bit >= 0; bit--) {
        uint64_t next = root | UINT64_C(1) << bit;

        if (next * next * next <= value) {
            root = next;
        }
    }
    return (uint32_t)root;
}

uint64_t usctp__cubic_offset(uint64_t ms, uint32_t mtu)
{
    uint64_t far = USCTP__MIN(ms, CURVE_MS_MAX);

    /* C = 0.4 packets a cubic second */
    return far * far * far / 2500 * mtu / 1000000;
}

/* K: milliseconds that the curve takes to climb so many bytes up to its plateau. */
static uint64_t climb_ms(uint64_t len, uint32_t mtu)
{
    return usctp__cubic_root(len * UINT64_C(2500000000) / mtu);
}

static void begin_epoch(struct usctp__cc *cc, uint64_t now_ts)
{
    struct usctp__cubic *cubic = cubic_of(cc);

    cubic->epoch_ts = now_ts;
    cubic->est = (uint64_t)cc->cwnd << EST_SHIFT;
    if (cubic->w_max <= cc->cwnd) {
        cubic->w_max = cc->cwnd; /* RFC 9438, 4.8: it begins on the plateau */
    }
    cubic->k_ms = climb_ms(cubic->w_max - cc->cwnd, cc->mtu);
}

static uint64_t curve(const struct usctp__cc *cc, uint64_t dur)
{
    const struct usctp__cubic *cubic = cubic_of(cc);
    uint64_t ms = dur / USCTP__MS;
    uint64_t down;

    if (ms >= cubic->k_ms) {
        return cubic->w_max + usctp__cubic_offset(ms - cubic->k_ms, cc->mtu);
    }
    down = usctp__cubic_offset(cubic->k_ms - ms, cc->mtu);
    return cubic->w_max > down ? cubic->w_max - down : 0;
}

/* RFC 9438, 4.3: the window that NewReno would have. */
static void grow_estimate(struct usctp__cc *cc, uint32_t acked)
{
    struct usctp__cubic *cubic = cubic_of(cc);
    uint64_t step = ((uint64_t)cc->mtu << EST_SHIFT) * acked / cc->cwnd;

    /* alpha = 3 (1 - beta) / (1 + beta) = 9/17, and 1 from the old window on. */
    cubic->est += cubic->est >> EST_SHIFT < cubic->cwnd_prior ? step * 9 / 17 : step;
}

/* RFC 9438, 4.2 to 4.5 */
static void avoid(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    struct usctp__cubic *cubic = cubic_of(cc);
    uint64_t target, growth;

    if (cubic->epoch_ts == 0) {
        begin_epoch(cc, ack->now_ts);
    }
    grow_estimate(cc, ack->acked_bytes);
    target = curve(cc, ack->now_ts - cubic->epoch_ts + ack->srtt_dur);
    if (target < cubic->est >> EST_SHIFT &&
        curve(cc, ack->now_ts - cubic->epoch_ts) < cubic->est >> EST_SHIFT) {
        uint64_t est = cubic->est >> EST_SHIFT;

        cc->partial_bytes_acked = 0;
        if (est > cc->cwnd) {
            usctp__cc_grow(cc, (uint32_t)USCTP__MIN(est - cc->cwnd, cc->mtu));
        }
        return;
    }
    target = USCTP__MIN(target, cc->cwnd + (uint64_t)cc->cwnd / 2);
    if (target <= cc->cwnd) {
        return;
    }
    /* (target - cwnd) / cwnd packets a packet; what is less than a byte is kept for the next time. */
    cc->partial_bytes_acked += USCTP__MIN(ack->acked_bytes, cc->cwnd);
    growth = (target - cc->cwnd) * cc->partial_bytes_acked / cc->cwnd;
    if (growth > 0) {
        usctp__cc_grow(cc, (uint32_t)growth);
        cc->partial_bytes_acked = 0;
    }
}

/* --- HyStart++: RFC 9406, 4.2 --- */

static void begin_round(struct usctp__cubic *cubic, uint32_t flight)
{
    cubic->last_rtt_dur = cubic->round_rtt_dur;
    cubic->round_rtt_dur = USCTP__NEVER;
    cubic->round_samples = 0;
    cubic->round_end = cubic->acked + flight;
}

static void leave_slow_start(struct usctp__cc *cc)
{
    cc->ssthresh = cc->cwnd;
    cubic_of(cc)->css = false;
}

static void look_for_delay(struct usctp__cubic *cubic)
{
    uint64_t thresh_dur;

    if (cubic->round_samples < ROUND_SAMPLES || cubic->last_rtt_dur == USCTP__NEVER) {
        return;
    }
    if (cubic->css) {
        if (cubic->round_rtt_dur < cubic->css_rtt_dur) {
            cubic->css = false; /* it was no queue */
        }
        return;
    }
    thresh_dur = USCTP__MAX(cubic->last_rtt_dur / 8, RTT_THRESH_MIN);
    thresh_dur = USCTP__MIN(thresh_dur, RTT_THRESH_MAX);
    if (cubic->round_rtt_dur >= cubic->last_rtt_dur + thresh_dur) {
        cubic->css = true;
        cubic->css_rtt_dur = cubic->round_rtt_dur;
        cubic->css_rounds = 0;
    }
}

static void hystart(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    struct usctp__cubic *cubic = cubic_of(cc);

    if (cc->ssthresh != UINT32_MAX) {
        return; /* RFC 9406, 4.3: only while nothing is known of the path */
    }
    if (ack->rtt_dur != 0) {
        cubic->round_samples++;
        cubic->round_rtt_dur = USCTP__MIN(cubic->round_rtt_dur, ack->rtt_dur);
        look_for_delay(cubic);
    }
    if (cubic->acked < cubic->round_end) {
        return;
    }
    if (cubic->css && ++cubic->css_rounds > CSS_ROUNDS) {
        leave_slow_start(cc);
    }
    begin_round(cubic, ack->flight_after);
}

/* RFC 9438, 4.10; RFC 9406, 4.2 */
static void slow_start(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    uint32_t most = (cc->paced ? PACED_GROWTH : 1) * cc->mtu;
    uint32_t growth = USCTP__MIN(ack->acked_bytes, most);

    usctp__cc_grow(cc, cubic_of(cc)->css ? growth / CSS_DIVISOR : growth);
}

/* --- What happens --- */

static void cubic_begin(struct usctp__cc *cc, uint64_t now_ts, uint64_t srtt_dur)
{
    struct usctp__cubic *cubic = cubic_of(cc);

    (void)srtt_dur;
    cubic->last_ack_ts = now_ts;
    cubic->round_rtt_dur = USCTP__NEVER;
    cubic->last_rtt_dur = USCTP__NEVER;
}

static void grow(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    struct usctp__cubic *cubic = cubic_of(cc);

    cubic->acked += ack->acked_bytes;
    hystart(cc, ack);
    if (!ack->cwnd_limited || cc->in_recovery) {
        /* RFC 9438, 5.8: the time in which the window is not used does not count. */
        if (cubic->epoch_ts != 0) {
            cubic->epoch_ts += ack->now_ts - cubic->last_ack_ts;
        }
    } else if (cc->cwnd < cc->ssthresh) {
        slow_start(cc, ack);
    } else {
        avoid(cc, ack);
    }
    cubic->last_ack_ts = ack->now_ts;
}

static void cubic_on_ack(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    if (ack->acked_bytes > 0 && cc->state != NULL) {
        grow(cc, ack);
    }
    usctp__cc_after_ack(cc, ack);
}

/* RFC 9438, 4.6 and 4.7 */
static void reduce(struct usctp__cc *cc)
{
    struct usctp__cubic *cubic = cubic_of(cc);
    uint32_t reduced = (uint32_t)((uint64_t)cc->cwnd * 7 / 10);

    cc->ssthresh = USCTP__MAX(reduced, 4 * cc->mtu);
    cc->partial_bytes_acked = 0;
    if (cubic != NULL) {
        cubic->undo_w_max = cubic->w_max;
        cubic->cwnd_prior = cc->cwnd;
        /* Fast convergence: who has not got back to where he was makes room for others. */
        cubic->w_max =
            cc->cwnd < cubic->w_max ? (uint32_t)((uint64_t)cc->cwnd * 17 / 20) : cc->cwnd;
        cubic->epoch_ts = 0;
        cubic->css = false;
    }
}

static void cubic_on_loss(struct usctp__cc *cc, uint64_t highest_tsn)
{
    reduce(cc);
    cc->cwnd = cc->ssthresh;
    cc->in_recovery = true;
    cc->recovery_tsn = highest_tsn;
}

/* RFC 9438, 4.6: marks count as losses. */
static void cubic_on_ecn(struct usctp__cc *cc)
{
    reduce(cc);
    cc->cwnd = USCTP__MIN(cc->cwnd, cc->ssthresh);
}

static void cubic_on_timeout(struct usctp__cc *cc)
{
    reduce(cc);
    cc->cwnd = cc->mtu;
    cc->in_recovery = false;
}

/* RFC 9438, 4.9.2: what was before the reduction is again. */
static void cubic_on_undo(struct usctp__cc *cc, uint32_t cwnd, uint32_t ssthresh)
{
    struct usctp__cubic *cubic = cubic_of(cc);

    if (cubic != NULL && cc->cwnd < cwnd) {
        cubic->w_max = cubic->undo_w_max;
        cubic->epoch_ts = 0; /* the climb begins anew from where it was */
    }
    usctp__cc_undo(cc, cwnd, ssthresh);
}

const struct usctp__cc_ops usctp__cc_cubic = {
    .name = "cubic",
    .state_len = sizeof(struct usctp__cubic),
    .init = usctp__cc_init,
    .begin = cubic_begin,
    .on_ack = cubic_on_ack,
    .on_loss = cubic_on_loss,
    .on_ecn = cubic_on_ecn,
    .on_timeout = cubic_on_timeout,
    .on_idle = usctp__cc_idle,
    .on_mtu = usctp__cc_mtu,
    .on_undo = cubic_on_undo,
};
