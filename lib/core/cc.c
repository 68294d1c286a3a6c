/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control: what all algorithms share, and what paths see of them. */
#include "core/cc.h"

#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"

enum {
    IPV4_WINDOW = 4404, /* RFC 9260, 7.2.1: about three packets of an Ethernet */
    IPV6_WINDOW = 4344,
    MAX_HALVINGS = 32,     /* halving so often leaves nothing of any window */
    SLOW_START_GAIN = 200, /* pacing rates, in percent of a window a round trip: */
    AVOIDANCE_GAIN = 120   /* some more, so that it is the window that limits */
};

/* --- What RFC 9260, 7.2 asks of all --- */

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

void usctp__cc_init(struct usctp__cc *cc, uint32_t mtu, uint32_t peer_rwnd)
{
    cc->mtu = mtu;
    cc->cwnd = usctp__cc_initial_window(cc);
    cc->ssthresh = peer_rwnd;
    cc->partial_bytes_acked = 0;
    cc->recovery_tsn = 0;
    cc->idle_since_ts = 0;
    cc->in_recovery = false;
}

/* RFC 9260, 7.2.1: each RTO without transmissions halves the window, down to four packets. */
void usctp__cc_idle(struct usctp__cc *cc, uint64_t now_ts, uint64_t rto_dur)
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

void usctp__cc_mtu(struct usctp__cc *cc, uint32_t mtu)
{
    cc->mtu = mtu;
    if (cc->cwnd < mtu) {
        cc->cwnd = mtu;
    }
}

void usctp__cc_undo(struct usctp__cc *cc, uint32_t cwnd, uint32_t ssthresh)
{
    cc->cwnd = USCTP__MAX(cc->cwnd, cwnd);
    cc->ssthresh = USCTP__MAX(cc->ssthresh, ssthresh);
    cc->in_recovery = false;
}

/* --- What paths see --- */

static const struct usctp__cc_ops *ops_of(const struct usctp_params *params)
{
    switch (params->congestion_control) {
    case USCTP_CC_CUBIC:
        return &usctp__cc_cubic;
    case USCTP_CC_BBR:
        return &usctp__cc_bbr;
    default:
        return &usctp__cc_newreno;
    }
}

static void choose(struct usctp__path *path)
{
    const struct usctp_params *params = usctp__params(path->assoc);
    struct usctp__cc *cc = &path->cc;

    cc->ops = ops_of(params);
    cc->paced = cc->ops->paces || (params->flags & USCTP_PARAM_PACING) != 0;
    cc->needs_state = cc->ops->state_len > 0 || cc->paced;
}

void usctp__cc_cap(struct usctp__path *path)
{
    uint32_t most = usctp__params(path->assoc)->max_cwnd;

    if (most != 0) {
        path->cc.cwnd = USCTP__MIN(path->cc.cwnd, USCTP__MAX(most, path->cc.mtu));
    }
}

void usctp__cc_start(struct usctp__path *path)
{
    usctp__cc_release(path);
    choose(path);
    path->cc.ipv6 = path->remote.family == USCTP_AF_IPV6;
    /* RFC 9260, 7.2.1: ssthresh may be arbitrarily high. */
    path->cc.ops->init(&path->cc, path->max_packet - USCTP__PACKET_HEADER_LEN, UINT32_MAX);
    path->cc.idle_since_ts = path->assoc->core->now_ts;
    usctp__cc_cap(path);
}

void usctp__cc_params_changed(struct usctp__path *path)
{
    const struct usctp_params *params = usctp__params(path->assoc);
    bool paced = ops_of(params)->paces || (params->flags & USCTP_PARAM_PACING) != 0;

    if (path->cc.ops != ops_of(params) || path->cc.paced != paced) {
        usctp__cc_release(path);
        choose(path);
    }
}

bool usctp__cc_use(struct usctp__path *path)
{
    struct usctp__cc *cc = &path->cc;
    size_t len = USCTP__MAX(cc->ops->state_len, sizeof(*cc->state));

    cc->state = usctp__mem_calloc(&path->assoc->core->mem, len);
    if (cc->state == NULL) {
        return false;
    }
    cc->state->len = len;
    if (cc->ops->begin != NULL) {
        cc->ops->begin(cc, path->assoc->core->now_ts, path->rto.srtt_dur);
    }
    return true;
}

void usctp__cc_release(struct usctp__path *path)
{
    if (path->cc.state != NULL) {
        usctp__mem_free(&path->assoc->core->mem, path->cc.state, path->cc.state->len);
        path->cc.state = NULL;
        usctp__path_alarm_clear(path, USCTP__ALARM_PACE);
    }
}

bool usctp__cc_pace(struct usctp__path *path)
{
    uint64_t now_ts = path->assoc->core->now_ts;
    uint64_t wait_ts;

    if (usctp__path_alarm_armed(path, USCTP__ALARM_PACE) &&
        path->alarm_ts[USCTP__ALARM_PACE] > now_ts) {
        return false;
    }
    if (usctp__pace_open(&path->cc.state->pacer, now_ts, &wait_ts)) {
        usctp__path_alarm_clear(path, USCTP__ALARM_PACE);
        return true;
    }
    usctp__path_alarm_set(path, USCTP__ALARM_PACE, wait_ts);
    return false;
}

void usctp__cc_sent(struct usctp__path *path, uint32_t len)
{
    usctp__pace_sent(&path->cc.state->pacer, len);
    if (path->cc.ops->on_sent != NULL) {
        path->cc.ops->on_sent(&path->cc, path->assoc->core->now_ts, len, path->flight);
    }
}

void usctp__cc_acked(struct usctp__path *path, uint64_t sent_ts)
{
    struct usctp__cc_state *state = path->cc.state;

    state->newest_sent_ts = USCTP__MAX(state->newest_sent_ts, sent_ts);
}

void usctp__cc_lost(struct usctp__path *path, uint64_t tsn, uint32_t len, uint64_t sent_ts)
{
    if (path->cc.ops->on_lost != NULL) {
        path->cc.ops->on_lost(&path->cc, tsn, len, sent_ts);
    }
}

void usctp__cc_output_done(struct usctp__path *path, bool nothing_left)
{
    bool held = path->flight >= path->cc.cwnd || usctp__path_alarm_armed(path, USCTP__ALARM_PACE);

    if ((nothing_left || !held) && path->cc.ops->on_app_limited != NULL &&
        path->flight < path->cc.cwnd) {
        path->cc.ops->on_app_limited(&path->cc, path->flight);
    }
}

/* Where the algorithm has no rate of its own: the window, spread over a round trip. */
static void follow_window(struct usctp__path *path)
{
    struct usctp__cc *cc = &path->cc;
    unsigned gain = cc->cwnd < cc->ssthresh ? SLOW_START_GAIN : AVOIDANCE_GAIN;
    uint64_t us = path->rto.srtt_dur / USCTP__US;

    if (us > 0) {
        usctp__pace_set(&cc->state->pacer, (uint64_t)cc->cwnd * gain * 10000 / us, cc->mtu);
    }
}

void usctp__cc_tell(struct usctp__path *path, struct usctp__cc_ack *ack)
{
    struct usctp__cc_state *state = path->cc.state;

    ack->srtt_dur = path->rto.srtt_dur;
    ack->newest_sent_ts = state->newest_sent_ts;
    ack->rtt_dur =
        state->newest_sent_ts != 0 ? usctp__time_sub(ack->now_ts, state->newest_sent_ts) : 0;
    state->newest_sent_ts = 0;
    /* What pacing holds back would fill the window too, if the rate follows from the window. */
    if (!path->cc.ops->paces && usctp__path_alarm_armed(path, USCTP__ALARM_PACE) &&
        ack->flight_before >= path->cc.cwnd / 2) {
        ack->cwnd_limited = true;
    }
    path->cc.ops->on_ack(&path->cc, ack);
    if (path->cc.paced && !path->cc.ops->paces) {
        follow_window(path);
    }
}
