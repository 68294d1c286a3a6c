/* SPDX-License-Identifier: BSD-3-Clause */
/* BBR's model of a path: rate and delay as measured, and the volumes that follow (draft-ietf-ccwg-bbr-06, 5.5, 5.6.4.2). */
#include "base/compiler.h"
#include "base/time.h"
#include "core/cc_bbr.h"

enum {
    HEADROOM = 15,
    EXTRA_ACKED_ROUNDS = 5, /* two stretches of it are remembered */
    EMPTY_PARTS = 32,       /* of the least round trip: one more is no queue */
    MIN_PIPE = 4            /* packets */
};

#define MIN_RTT_FILTER     (10 * USCTP__SEC)
#define PROBE_RTT_INTERVAL (5 * USCTP__SEC)

/* --- Volumes (5.6.4.2) --- */

uint64_t usctp__bbr_min_pipe(const struct usctp__cc *cc)
{
    return MIN_PIPE * (uint64_t)cc->mtu;
}

uint64_t usctp__bbr_bdp_multiple(const struct usctp__cc *cc, uint64_t bw, unsigned gain)
{
    const struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t us = USCTP__MIN(bbr->min_rtt_dur / USCTP__US, 60000000);

    if (bbr->min_rtt_dur == USCTP__NEVER) {
        return usctp__cc_initial_window(cc);
    }
    return usctp__bbr_part(USCTP__MIN(bw, UINT64_C(1) << 37) * us / 1000000, gain);
}

uint64_t usctp__bbr_quantized(const struct usctp__cc *cc, uint64_t volume)
{
    const struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t train = usctp__pace_train(bbr->pacing_rate, cc->mtu);

    volume = USCTP__MAX(volume, train);
    volume = USCTP__MAX(volume, usctp__bbr_min_pipe(cc));
    return bbr->mode == USCTP__BBR_UP ? volume + 2 * (uint64_t)cc->mtu : volume;
}

uint64_t usctp__bbr_target_inflight(const struct usctp__cc *cc)
{
    uint64_t bdp = usctp__bbr_bdp_multiple(cc, usctp__bbr_of(cc)->bw, 100);

    return USCTP__MIN(bdp, cc->cwnd);
}

uint64_t usctp__bbr_with_headroom(const struct usctp__cc *cc)
{
    const struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t room;

    if (bbr->inflight_longterm == USCTP__BBR_NO_LIMIT) {
        return USCTP__BBR_NO_LIMIT;
    }
    room = USCTP__MAX(usctp__bbr_part(bbr->inflight_longterm, HEADROOM), cc->mtu);
    room = bbr->inflight_longterm > room ? bbr->inflight_longterm - room : 0;
    return USCTP__MAX(room, usctp__bbr_min_pipe(cc));
}

/* --- Signals of delivery and of loss (5.5.1 to 5.5.10) --- */

void usctp__bbr_update_latest(struct usctp__bbr *bbr, const struct usctp__rate_sample *sample)
{
    bbr->loss_round_start = false;
    bbr->bw_latest = USCTP__MAX(bbr->bw_latest, sample->rate);
    bbr->inflight_latest = USCTP__MAX(bbr->inflight_latest, sample->delivered);
    if (sample->prior_delivered >= bbr->loss_round_delivered) {
        bbr->loss_round_delivered = bbr->rate.delivered;
        bbr->loss_round_start = true;
    }
}

static bool probing_bw(const struct usctp__bbr *bbr)
{
    return bbr->mode == USCTP__BBR_STARTUP || bbr->mode == USCTP__BBR_REFILL ||
           bbr->mode == USCTP__BBR_UP;
}

void usctp__bbr_start_round(struct usctp__bbr *bbr)
{
    bbr->next_round_delivered = bbr->rate.delivered;
}

static void update_max_bw(struct usctp__bbr *bbr, const struct usctp__rate_sample *sample)
{
    bbr->round_start = sample->prior_delivered >= bbr->next_round_delivered;
    if (bbr->round_start) {
        usctp__bbr_start_round(bbr);
        bbr->round_cnt++;
        bbr->rounds_since_probe++;
    }
    if (sample->rate > 0 && (sample->rate >= bbr->max_bw || !sample->app_limited)) {
        uint64_t *slot = &bbr->max_bw_filter[bbr->cycle];

        *slot = USCTP__MAX(*slot, sample->rate);
        bbr->max_bw = USCTP__MAX(bbr->max_bw_filter[0], bbr->max_bw_filter[1]);
    }
}

void usctp__bbr_advance_max_bw(struct usctp__bbr *bbr)
{
    if (bbr->max_bw_filter[bbr->cycle] == 0) {
        return; /* nothing was measured: what is known stays */
    }
    bbr->cycle = !bbr->cycle;
    bbr->max_bw_filter[bbr->cycle] = 0;
    bbr->max_bw = bbr->max_bw_filter[!bbr->cycle];
}

void usctp__bbr_update_signals(struct usctp__cc *cc, const struct usctp__rate_sample *sample)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t bw, inflight;

    update_max_bw(bbr, sample);
    if (!bbr->loss_round_start) {
        return;
    }
    if (bbr->loss_in_round && !probing_bw(bbr)) {
        bw = USCTP__MIN(bbr->bw_shortterm, bbr->max_bw);
        inflight =
            bbr->inflight_shortterm == USCTP__BBR_NO_LIMIT ? cc->cwnd : bbr->inflight_shortterm;
        bbr->bw_shortterm = USCTP__MAX(bbr->bw_latest, usctp__bbr_part(bw, USCTP__BBR_BETA));
        bbr->inflight_shortterm =
            USCTP__MAX(bbr->inflight_latest, usctp__bbr_part(inflight, USCTP__BBR_BETA));
    }
}

/* 5.5.9 */
void usctp__bbr_update_extra_acked(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t us = (ack->now_ts - bbr->extra_acked_ts) / USCTP__US;
    uint64_t expected = usctp__time_mul(bbr->bw, us) / 1000000;
    uint64_t extra;
    unsigned rounds = bbr->full_bw_reached ? EXTRA_ACKED_ROUNDS : 1;

    if (bbr->extra_acked_delivered <= expected) {
        bbr->extra_acked_delivered = 0;
        bbr->extra_acked_ts = ack->now_ts;
        expected = 0;
    }
    bbr->extra_acked_delivered += ack->acked_bytes;
    extra = USCTP__MIN(bbr->extra_acked_delivered - expected, cc->cwnd);
    if (bbr->round_cnt - bbr->extra_acked_round >= rounds) {
        bbr->extra_acked_round = bbr->round_cnt;
        bbr->extra_acked[1] = bbr->extra_acked[0];
        bbr->extra_acked[0] = 0;
    }
    bbr->extra_acked[0] = USCTP__MAX(bbr->extra_acked[0], extra);
}

/* --- Delay (5.3.4.3) --- */

void usctp__bbr_update_min_rtt(struct usctp__bbr *bbr, const struct usctp__cc_ack *ack)
{
    uint64_t now_ts = ack->now_ts;

    bbr->probe_rtt_expired = now_ts > bbr->probe_rtt_min_ts + PROBE_RTT_INTERVAL;
    if (ack->rtt_dur != 0 && (ack->rtt_dur < bbr->probe_rtt_min_dur || bbr->probe_rtt_expired)) {
        bbr->probe_rtt_min_dur = ack->rtt_dur;
        bbr->probe_rtt_min_ts = now_ts;
    } else if (ack->rtt_dur != 0 &&
               ack->rtt_dur - bbr->probe_rtt_min_dur <= bbr->probe_rtt_min_dur / EMPTY_PARTS) {
        bbr->probe_rtt_min_ts = now_ts; /* as low as known: nothing to empty the path for */
    }
    if (bbr->probe_rtt_min_dur < bbr->min_rtt_dur || now_ts > bbr->min_rtt_ts + MIN_RTT_FILTER) {
        bbr->min_rtt_dur = bbr->probe_rtt_min_dur;
        bbr->min_rtt_ts = bbr->probe_rtt_min_ts;
    }
}
