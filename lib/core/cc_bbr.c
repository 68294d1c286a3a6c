/* SPDX-License-Identifier: BSD-3-Clause */
/* BBR, version 3 (draft-ietf-ccwg-bbr-06), in integers. */
#include "core/cc_bbr.h"

#include "base/compiler.h"
#include "base/time.h"

/* Constants of the draft (2.4 to 2.8): gains and parts in hundredths. */
enum {
    STARTUP_GAIN = 277,
    DRAIN_GAIN = 50,
    DOWN_GAIN = 90,
    UP_GAIN = 125,
    CWND_GAIN = 200,
    UP_CWND_GAIN = 225,
    PROBE_RTT_CWND_GAIN = 50,
    PACING_MARGIN = 1,
    LOSS_THRESH = 2,
    FULL_BW_GROWTH = 125,
    FULL_BW_ROUNDS = 3,
    FULL_LOSS_RANGES = 6,
    DRAIN_ROUNDS = 3,
    RENO_ROUNDS = 63
};

#define PROBE_RTT_DURATION (200 * USCTP__MS)
#define PROBE_WAIT         (2 * USCTP__SEC)

/* An acknowledgement, and what it says of the rate. */
struct news {
    const struct usctp__cc_ack *ack;
    struct usctp__rate_sample sample;
};

/* --- States --- */

static void set_mode(struct usctp__bbr *bbr, enum usctp__bbr_state mode, unsigned pacing_gain,
                     unsigned cwnd_gain)
{
    bbr->mode = (uint8_t)mode;
    bbr->pacing_gain = (uint16_t)pacing_gain;
    bbr->cwnd_gain = (uint16_t)cwnd_gain;
}

static void reset_full_bw(struct usctp__bbr *bbr)
{
    bbr->full_bw = 0;
    bbr->full_bw_cnt = 0;
    bbr->full_bw_now = false;
}

static void reset_short_term(struct usctp__bbr *bbr)
{
    bbr->bw_shortterm = USCTP__BBR_NO_LIMIT;
    bbr->inflight_shortterm = USCTP__BBR_NO_LIMIT;
}

static void reset_signals(struct usctp__bbr *bbr)
{
    bbr->loss_in_round = false;
    bbr->bw_latest = 0;
    bbr->inflight_latest = 0;
}

static void enter_startup(struct usctp__bbr *bbr)
{
    set_mode(bbr, USCTP__BBR_STARTUP, STARTUP_GAIN, CWND_GAIN);
}

/* 5.3.3.8: a wait between 2 and 3 s, drawn from what nobody controls exactly: the time. */
static void pick_probe_wait(struct usctp__bbr *bbr, uint64_t now_ts)
{
    uint64_t draw = (now_ts + bbr->rate.delivered) * UINT64_C(0x9e3779b97f4a7c15);

    bbr->rounds_since_probe = (uint32_t)(draw >> 63);
    bbr->bw_probe_wait_dur = PROBE_WAIT + (draw >> 20) % USCTP__SEC;
}

static void start_down(struct usctp__bbr *bbr, uint64_t now_ts)
{
    reset_signals(bbr);
    bbr->probe_up_acked_per_inc = USCTP__BBR_NO_LIMIT;
    pick_probe_wait(bbr, now_ts);
    bbr->cycle_ts = now_ts;
    bbr->acks = USCTP__BBR_ACKS_STOPPING;
    usctp__bbr_start_round(bbr);
    set_mode(bbr, USCTP__BBR_DOWN, DOWN_GAIN, CWND_GAIN);
}

static void start_refill(struct usctp__bbr *bbr)
{
    reset_short_term(bbr);
    bbr->bw_probe_up_rounds = 0;
    bbr->bw_probe_up_acked = 0;
    bbr->prev_probe_precautionary = false;
    bbr->acks = USCTP__BBR_ACKS_REFILLING;
    usctp__bbr_start_round(bbr);
    set_mode(bbr, USCTP__BBR_REFILL, 100, CWND_GAIN);
}

static void raise_slope(struct usctp__cc *cc)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t growth = UINT64_C(1) << bbr->bw_probe_up_rounds;

    bbr->bw_probe_up_rounds = USCTP__MIN(bbr->bw_probe_up_rounds + 1, 30);
    bbr->probe_up_acked_per_inc = USCTP__MAX(cc->cwnd / growth, cc->mtu);
}

static void start_up(struct usctp__cc *cc, const struct news *news)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    bbr->acks = USCTP__BBR_ACKS_STARTING;
    usctp__bbr_start_round(bbr);
    reset_full_bw(bbr);
    bbr->full_bw = news->sample.rate;
    set_mode(bbr, USCTP__BBR_UP, UP_GAIN, UP_CWND_GAIN);
    raise_slope(cc);
}

/* --- Startup and Drain (5.3.1, 5.3.2) --- */

static void check_full_bw(struct usctp__bbr *bbr, const struct usctp__rate_sample *sample)
{
    if (bbr->full_bw_now || !bbr->round_start || sample->app_limited || sample->rate == 0) {
        return;
    }
    if (sample->rate >= usctp__bbr_part(bbr->full_bw, FULL_BW_GROWTH)) {
        reset_full_bw(bbr);
        bbr->full_bw = sample->rate;
        return;
    }
    bbr->full_bw_now = ++bbr->full_bw_cnt >= FULL_BW_ROUNDS;
    bbr->full_bw_reached = bbr->full_bw_reached || bbr->full_bw_now;
}

/* 5.3.1.3: in recovery for a whole round, in which too much was lost in too many places. */
static void check_startup_loss(struct usctp__cc *cc, const struct usctp__rate_sample *sample)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    if (bbr->mode == USCTP__BBR_STARTUP && bbr->loss_round_start && cc->in_recovery &&
        bbr->round_cnt > bbr->recovery_round && bbr->loss_ranges >= FULL_LOSS_RANGES &&
        (bbr->rate.lost - bbr->loss_round_lost) * 100 > (uint64_t)sample->tx_flight * LOSS_THRESH) {
        bbr->undo_mode = USCTP__BBR_STARTUP;
        bbr->full_bw_reached = true;
        bbr->inflight_longterm =
            USCTP__MAX(usctp__bbr_bdp_multiple(cc, bbr->bw, 100), bbr->inflight_latest);
    }
}

static void check_startup_done(struct usctp__cc *cc, const struct news *news)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    check_startup_loss(cc, &news->sample);
    if (bbr->mode == USCTP__BBR_STARTUP && bbr->full_bw_reached) {
        set_mode(bbr, USCTP__BBR_DRAIN, DRAIN_GAIN, CWND_GAIN);
        bbr->drain_start_round = bbr->round_cnt;
    }
    if (bbr->mode == USCTP__BBR_DRAIN &&
        (news->ack->flight_after <=
             usctp__bbr_quantized(cc, usctp__bbr_bdp_multiple(cc, bbr->bw, 100)) ||
         bbr->round_cnt > bbr->drain_start_round + DRAIN_ROUNDS)) {
        start_down(bbr, news->ack->now_ts);
    }
}

/* --- ProbeBW (5.3.3) --- */

static bool too_high(uint64_t lost, uint64_t flight)
{
    return lost * 100 > flight * LOSS_THRESH;
}

static void probe_upward(struct usctp__cc *cc, const struct news *news)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    if (!news->ack->cwnd_limited || cc->cwnd < bbr->inflight_longterm) {
        return;
    }
    bbr->bw_probe_up_acked += news->ack->acked_bytes;
    if (bbr->bw_probe_up_acked >= bbr->probe_up_acked_per_inc) {
        uint64_t delta = bbr->bw_probe_up_acked / bbr->probe_up_acked_per_inc;

        bbr->bw_probe_up_acked -= delta * bbr->probe_up_acked_per_inc;
        bbr->inflight_longterm += delta * cc->mtu;
    }
    if (bbr->round_start) {
        raise_slope(cc);
    }
}

/* AdaptLongTermModel: true if it decided on the next state. */
static bool adapt_long_term(struct usctp__cc *cc, const struct news *news)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    if (bbr->acks == USCTP__BBR_ACKS_STARTING && bbr->round_start) {
        bbr->acks = USCTP__BBR_ACKS_FEEDBACK;
    }
    if (bbr->acks == USCTP__BBR_ACKS_STOPPING && bbr->round_start) {
        bbr->bw_probe_sample = false;
        bbr->acks = USCTP__BBR_ACKS_INIT;
        if (usctp__bbr_in_probe_bw(bbr) && !news->sample.app_limited) {
            usctp__bbr_advance_max_bw(bbr);
        }
        if (usctp__bbr_in_probe_bw(bbr) && bbr->prev_probe_precautionary &&
            !bbr->prev_probe_too_high) {
            start_refill(bbr);
            return true;
        }
    }
    if (!too_high(news->sample.lost, news->sample.tx_flight) &&
        bbr->inflight_longterm != USCTP__BBR_NO_LIMIT) {
        bbr->inflight_longterm = USCTP__MAX(bbr->inflight_longterm, news->sample.tx_flight);
        if (bbr->mode == USCTP__BBR_UP) {
            probe_upward(cc, news);
        }
    }
    return false;
}

static bool time_to_probe(struct usctp__cc *cc, uint64_t now_ts)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t rounds = USCTP__MIN(usctp__bbr_target_inflight(cc) / cc->mtu, RENO_ROUNDS);

    if (now_ts > bbr->cycle_ts + bbr->bw_probe_wait_dur || bbr->rounds_since_probe >= rounds) {
        start_refill(bbr);
        return true;
    }
    return false;
}

static bool time_to_cruise(const struct usctp__cc *cc, uint32_t flight)
{
    return flight <= usctp__bbr_with_headroom(cc) &&
           flight <= usctp__bbr_quantized(
                         cc, usctp__bbr_bdp_multiple(cc, usctp__bbr_of(cc)->max_bw, 100));
}

static bool time_to_go_down(struct usctp__cc *cc, const struct news *news)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    if (bbr->prev_probe_too_high && news->ack->flight_after >= bbr->inflight_longterm) {
        bbr->prev_probe_precautionary = true;
        return true;
    }
    if (news->ack->cwnd_limited && cc->cwnd >= bbr->inflight_longterm) {
        reset_full_bw(bbr); /* it is the volume that limits */
        bbr->full_bw = news->sample.rate;
        return false;
    }
    return bbr->full_bw_now;
}

static void update_cycle(struct usctp__cc *cc, const struct news *news)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t now_ts = news->ack->now_ts;

    if (!bbr->full_bw_reached || adapt_long_term(cc, news)) {
        return;
    }
    switch (bbr->mode) {
    case USCTP__BBR_DOWN:
        if (!time_to_probe(cc, now_ts) && time_to_cruise(cc, news->ack->flight_after)) {
            set_mode(bbr, USCTP__BBR_CRUISE, 100, CWND_GAIN);
        }
        break;
    case USCTP__BBR_CRUISE:
        (void)time_to_probe(cc, now_ts);
        break;
    case USCTP__BBR_REFILL:
        if (bbr->round_start) {
            bbr->bw_probe_sample = true;
            start_up(cc, news);
        }
        break;
    case USCTP__BBR_UP:
        if (time_to_go_down(cc, news)) {
            bbr->prev_probe_too_high = false;
            start_down(bbr, now_ts);
        }
        break;
    default:
        break;
    }
}

/* --- ProbeRTT (5.3.4) --- */

static void save_cwnd(struct usctp__cc *cc)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    if (!cc->in_recovery && bbr->mode != USCTP__BBR_PROBE_RTT) {
        bbr->prior_cwnd = cc->cwnd;
    } else {
        bbr->prior_cwnd = USCTP__MAX(bbr->prior_cwnd, cc->cwnd);
    }
}

static void restore_cwnd(struct usctp__cc *cc)
{
    cc->cwnd = USCTP__MAX(cc->cwnd, usctp__bbr_of(cc)->prior_cwnd);
}

static uint64_t probe_rtt_cwnd(const struct usctp__cc *cc)
{
    uint64_t volume = usctp__bbr_bdp_multiple(cc, usctp__bbr_of(cc)->bw, PROBE_RTT_CWND_GAIN);

    return USCTP__MAX(volume, usctp__bbr_min_pipe(cc));
}

static void check_probe_rtt_done(struct usctp__cc *cc, uint64_t now_ts)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    if (bbr->probe_rtt_done_ts == 0 || now_ts <= bbr->probe_rtt_done_ts) {
        return;
    }
    bbr->probe_rtt_min_ts = now_ts;
    restore_cwnd(cc);
    reset_short_term(bbr);
    if (bbr->full_bw_reached) {
        start_down(bbr, now_ts);
        set_mode(bbr, USCTP__BBR_CRUISE, 100, CWND_GAIN);
    } else {
        enter_startup(bbr);
    }
}

static void handle_probe_rtt(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    usctp__rate_app_limited(&bbr->rate, ack->flight_after);
    if (bbr->probe_rtt_done_ts == 0 && ack->flight_after <= probe_rtt_cwnd(cc)) {
        bbr->probe_rtt_done_ts = ack->now_ts + PROBE_RTT_DURATION;
        bbr->probe_rtt_round_done = false;
        usctp__bbr_start_round(bbr);
    } else if (bbr->probe_rtt_done_ts != 0) {
        bbr->probe_rtt_round_done = bbr->probe_rtt_round_done || bbr->round_start;
        if (bbr->probe_rtt_round_done) {
            check_probe_rtt_done(cc, ack->now_ts);
        }
    }
}

static void check_probe_rtt(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    if (bbr->mode != USCTP__BBR_PROBE_RTT && bbr->probe_rtt_expired && !bbr->idle_restart) {
        save_cwnd(cc);
        set_mode(bbr, USCTP__BBR_PROBE_RTT, 100, PROBE_RTT_CWND_GAIN);
        bbr->probe_rtt_done_ts = 0;
        bbr->acks = USCTP__BBR_ACKS_STOPPING;
        usctp__bbr_start_round(bbr);
    }
    if (bbr->mode == USCTP__BBR_PROBE_RTT) {
        handle_probe_rtt(cc, ack);
    }
    bbr->idle_restart = false;
}

/* --- Control: rate and window (5.6) --- */

static void set_pacing(struct usctp__cc *cc, unsigned gain)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t rate = usctp__bbr_part(usctp__bbr_part(bbr->bw, gain), 100 - PACING_MARGIN);

    if (rate > 0 && (bbr->full_bw_reached || rate > bbr->pacing_rate)) {
        bbr->pacing_rate = rate;
        usctp__pace_set(&bbr->state.pacer, rate, cc->mtu);
    }
}

static uint64_t model_cap(const struct usctp__cc *cc)
{
    const struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t cap = USCTP__BBR_NO_LIMIT;

    if (bbr->mode == USCTP__BBR_PROBE_RTT || bbr->mode == USCTP__BBR_CRUISE) {
        cap = usctp__bbr_with_headroom(cc);
    } else if (usctp__bbr_in_probe_bw(bbr)) {
        cap = bbr->inflight_longterm;
    }
    cap = USCTP__MIN(cap, bbr->inflight_shortterm);
    return USCTP__MAX(cap, usctp__bbr_min_pipe(cc));
}

static void set_cwnd(struct usctp__cc *cc, uint32_t acked)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t extra = USCTP__MAX(bbr->extra_acked[0], bbr->extra_acked[1]);
    uint64_t most =
        usctp__bbr_quantized(cc, usctp__bbr_bdp_multiple(cc, bbr->bw, bbr->cwnd_gain) + extra);
    uint64_t cwnd = cc->cwnd;

    if (bbr->full_bw_reached) {
        cwnd = USCTP__MIN(cwnd + acked, most);
    } else if (cwnd < most || bbr->rate.delivered < usctp__cc_initial_window(cc)) {
        cwnd += acked;
    }
    cwnd = USCTP__MAX(cwnd, usctp__bbr_min_pipe(cc));
    if (bbr->mode == USCTP__BBR_PROBE_RTT) {
        cwnd = USCTP__MIN(cwnd, probe_rtt_cwnd(cc));
    }
    cwnd = USCTP__MIN(cwnd, model_cap(cc));
    cc->cwnd = (uint32_t)USCTP__MIN(cwnd, USCTP__CC_WINDOW_MAX);
}

/* --- What happens --- */

static void update_model(struct usctp__cc *cc, const struct news *news)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    usctp__bbr_update_latest(bbr, &news->sample);
    usctp__bbr_update_signals(cc, &news->sample);
    usctp__bbr_update_extra_acked(cc, news->ack);
    check_full_bw(bbr, &news->sample);
    check_startup_done(cc, news);
    update_cycle(cc, news);
    usctp__bbr_update_min_rtt(bbr, news->ack);
    check_probe_rtt(cc, news->ack);
    if (bbr->loss_round_start) {
        bbr->bw_latest = news->sample.rate;
        bbr->inflight_latest = news->sample.delivered;
        bbr->loss_in_round = false;
        bbr->loss_round_lost = bbr->rate.lost;
        bbr->loss_ranges = 0;
    }
    bbr->bw = USCTP__MIN(bbr->max_bw, bbr->bw_shortterm);
}

static void bbr_on_ack(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    struct news news = {.ack = ack};
    bool was_recovering = cc->in_recovery;

    if (bbr != NULL && ack->rtt_dur != 0) {
        bbr->rtt_dur = ack->rtt_dur;
    }
    if (bbr != NULL && ack->acked_bytes > 0 &&
        usctp__rate_acked(&bbr->rate, ack->now_ts, ack->acked_bytes, ack->newest_sent_ts,
                          bbr->min_rtt_dur == USCTP__NEVER ? 0 : bbr->min_rtt_dur, &news.sample)) {
        update_model(cc, &news);
        set_pacing(cc, bbr->pacing_gain);
        set_cwnd(cc, ack->acked_bytes);
    }
    usctp__cc_after_ack(cc, ack);
    if (bbr != NULL && was_recovering && !cc->in_recovery) {
        restore_cwnd(cc); /* 5.6.4.4; bounded by the model as ever */
        cc->cwnd = (uint32_t)USCTP__MIN(cc->cwnd, model_cap(cc));
    }
}

static void save_state(struct usctp__cc *cc)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    save_cwnd(cc);
    bbr->undo_mode = USCTP__BBR_CRUISE;
    bbr->undo_bw_shortterm = bbr->bw_shortterm;
    bbr->undo_inflight_shortterm = bbr->inflight_shortterm;
    bbr->undo_inflight_longterm = bbr->inflight_longterm;
}

/* 5.5.10.2 */
static void handle_too_high(struct usctp__cc *cc, const struct usctp__rate_mark *mark,
                            uint64_t lost, uint32_t len)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t flight = mark->flight > len ? mark->flight - len : 0;
    uint64_t lost_before = lost - len;
    uint64_t allowed = flight * LOSS_THRESH;

    bbr->prev_probe_too_high = true;
    bbr->bw_probe_sample = false;
    if (!mark->app_limited) {
        if (allowed > lost_before * 100) {
            flight += (allowed - lost_before * 100) / (100 - LOSS_THRESH);
        }
        bbr->inflight_longterm =
            USCTP__MAX(flight, usctp__bbr_part(usctp__bbr_target_inflight(cc), USCTP__BBR_BETA));
    }
    if (bbr->mode == USCTP__BBR_UP) {
        bbr->undo_mode = USCTP__BBR_UP;
        start_down(bbr, bbr->rate.delivered_ts);
    }
}

static void bbr_on_lost(struct usctp__cc *cc, uint64_t tsn, uint32_t len, uint64_t sent_ts)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    const struct usctp__rate_mark *mark;

    bbr->rate.lost += len;
    if (!bbr->loss_in_round) {
        bbr->loss_round_delivered = bbr->rate.delivered;
        save_state(cc);
    }
    bbr->loss_in_round = true;
    bbr->loss_ranges += tsn != bbr->loss_tsn + 1;
    bbr->loss_tsn = tsn;
    mark = bbr->bw_probe_sample ? usctp__rate_mark_at(&bbr->rate, sent_ts) : NULL;
    if (mark != NULL && too_high(bbr->rate.lost - mark->lost, mark->flight)) {
        handle_too_high(cc, mark, bbr->rate.lost - mark->lost, len);
    }
}

static void bbr_on_loss(struct usctp__cc *cc, uint64_t highest_tsn)
{
    if (usctp__bbr_of(cc) != NULL) {
        save_cwnd(cc);
        usctp__bbr_of(cc)->recovery_round = usctp__bbr_of(cc)->round_cnt;
    }
    cc->in_recovery = true;
    cc->recovery_tsn = highest_tsn;
}

/* A mark is a loss without a gap (RFC 3168, 6.1.2): the end of the round lowers the short-term limits, a
 * probe for more has found too much, and the way there is over. */
static void bbr_on_ecn(struct usctp__cc *cc)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t least;

    if (bbr == NULL) {
        cc->cwnd = USCTP__MIN(cc->cwnd, USCTP__MAX(cc->cwnd / 2, 4 * cc->mtu));
        return;
    }
    if (!bbr->loss_in_round) {
        bbr->loss_round_delivered = bbr->rate.delivered;
        bbr->loss_in_round = true;
    }
    least = USCTP__MAX(usctp__bbr_part(usctp__bbr_target_inflight(cc), USCTP__BBR_BETA),
                       4 * (uint64_t)cc->mtu);
    if (bbr->mode == USCTP__BBR_STARTUP) {
        bbr->full_bw_reached = true;
        bbr->inflight_longterm =
            USCTP__MAX(usctp__bbr_bdp_multiple(cc, bbr->bw, 100), bbr->inflight_latest);
    } else if (bbr->bw_probe_sample) {
        bbr->prev_probe_too_high = true;
        bbr->bw_probe_sample = false;
        bbr->inflight_longterm = USCTP__MIN(bbr->inflight_longterm, least);
        if (bbr->mode == USCTP__BBR_UP) {
            start_down(bbr, bbr->rate.delivered_ts);
            bbr->loss_in_round = true;
        }
    }
    cc->cwnd =
        USCTP__MIN(cc->cwnd, USCTP__MAX(usctp__bbr_part(cc->cwnd, USCTP__BBR_BETA), 4 * cc->mtu));
}

static void bbr_on_timeout(struct usctp__cc *cc)
{
    if (usctp__bbr_of(cc) != NULL) {
        save_state(cc);
    }
    cc->cwnd = cc->mtu; /* 5.6.4.4: what was in flight is taken for lost */
    cc->in_recovery = false;
}

/* 5.5.11.2 */
static void bbr_on_undo(struct usctp__cc *cc, uint32_t cwnd, uint32_t ssthresh)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    usctp__cc_undo(cc, cwnd, ssthresh);
    if (bbr == NULL) {
        return;
    }
    restore_cwnd(cc);
    bbr->loss_in_round = false;
    reset_full_bw(bbr);
    bbr->bw_shortterm = USCTP__MAX(bbr->bw_shortterm, bbr->undo_bw_shortterm);
    bbr->inflight_shortterm = USCTP__MAX(bbr->inflight_shortterm, bbr->undo_inflight_shortterm);
    bbr->inflight_longterm = USCTP__MAX(bbr->inflight_longterm, bbr->undo_inflight_longterm);
    if (bbr->undo_mode == USCTP__BBR_STARTUP && bbr->mode != USCTP__BBR_STARTUP) {
        bbr->full_bw_reached = false;
        if (bbr->mode != USCTP__BBR_PROBE_RTT) {
            enter_startup(bbr);
        }
    } else if (bbr->undo_mode == USCTP__BBR_UP && bbr->mode != USCTP__BBR_UP &&
               bbr->mode != USCTP__BBR_PROBE_RTT) {
        start_refill(bbr);
    }
    bbr->undo_mode = USCTP__BBR_CRUISE;
}

static void bbr_on_sent(struct usctp__cc *cc, uint64_t now_ts, uint32_t len, uint32_t flight)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);

    if (flight <= len && bbr->rate.app_limited != 0) {
        bbr->idle_restart = true; /* 5.4.1 */
        bbr->extra_acked_ts = now_ts;
        if (usctp__bbr_in_probe_bw(bbr)) {
            set_pacing(cc, 100);
        } else if (bbr->mode == USCTP__BBR_PROBE_RTT) {
            check_probe_rtt_done(cc, now_ts);
        }
    }
    usctp__rate_sent(&bbr->rate, now_ts, len, flight, bbr->rtt_dur);
}

static void bbr_on_app_limited(struct usctp__cc *cc, uint32_t flight)
{
    usctp__rate_app_limited(&usctp__bbr_of(cc)->rate, flight);
}

/* 5.2.1 */
static void bbr_begin(struct usctp__cc *cc, uint64_t now_ts, uint64_t srtt_dur)
{
    struct usctp__bbr *bbr = usctp__bbr_of(cc);
    uint64_t us = srtt_dur != 0 ? USCTP__MAX(srtt_dur / USCTP__US, 1) : 1000;

    bbr->min_rtt_dur = srtt_dur != 0 ? srtt_dur : USCTP__NEVER;
    bbr->min_rtt_ts = now_ts;
    bbr->probe_rtt_min_dur = USCTP__NEVER;
    bbr->probe_rtt_min_ts = now_ts;
    bbr->extra_acked_ts = now_ts;
    bbr->cycle_ts = now_ts;
    bbr->inflight_longterm = USCTP__BBR_NO_LIMIT;
    bbr->probe_up_acked_per_inc = USCTP__BBR_NO_LIMIT;
    bbr->undo_mode = USCTP__BBR_CRUISE;
    bbr->prior_cwnd = cc->cwnd;
    reset_short_term(bbr);
    bbr->pacing_rate = usctp__bbr_part((uint64_t)cc->cwnd * 1000000 / us, STARTUP_GAIN);
    usctp__pace_set(&bbr->state.pacer, bbr->pacing_rate, cc->mtu);
    enter_startup(bbr);
}

const struct usctp__cc_ops usctp__cc_bbr = {
    .name = "bbr",
    .state_len = sizeof(struct usctp__bbr),
    .paces = true,
    .init = usctp__cc_init,
    .begin = bbr_begin,
    .on_ack = bbr_on_ack,
    .on_loss = bbr_on_loss,
    .on_ecn = bbr_on_ecn,
    .on_timeout = bbr_on_timeout,
    .on_idle = usctp__cc_idle,
    .on_mtu = usctp__cc_mtu,
    .on_undo = bbr_on_undo,
    .on_sent = bbr_on_sent,
    .on_lost = bbr_on_lost,
    .on_app_limited = bbr_on_app_limited,
};
