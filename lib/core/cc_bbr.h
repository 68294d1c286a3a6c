/* SPDX-License-Identifier: BSD-3-Clause */
/* What BBR (draft-ietf-ccwg-bbr-06) keeps of a path. Names as in the draft, bytes in place of packets,
 * bytes a second, nanoseconds. */
#ifndef USCTP_CORE_CC_BBR_H
#define USCTP_CORE_CC_BBR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cc.h"
#include "core/rate.h"

#define USCTP__BBR_NO_LIMIT UINT64_MAX /* "Infinity" */

enum usctp__bbr_state {
    USCTP__BBR_STARTUP = 0,
    USCTP__BBR_DRAIN,
    USCTP__BBR_DOWN, /* ProbeBW_DOWN */
    USCTP__BBR_CRUISE,
    USCTP__BBR_REFILL,
    USCTP__BBR_UP,
    USCTP__BBR_PROBE_RTT
};

enum usctp__bbr_acks {
    USCTP__BBR_ACKS_INIT = 0,
    USCTP__BBR_ACKS_REFILLING,
    USCTP__BBR_ACKS_STARTING, /* ACKS_PROBE_STARTING */
    USCTP__BBR_ACKS_FEEDBACK,
    USCTP__BBR_ACKS_STOPPING
};

struct usctp__bbr {
    struct usctp__cc_state state; /* what every algorithm has; the first member */
    struct usctp__rate rate;      /* delivery rate */
    uint64_t pacing_rate;
    uint64_t bw;               /* what the model allows */
    uint64_t max_bw;           /* the most that was measured in two cycles: */
    uint64_t max_bw_filter[2]; /* in each of them */
    uint64_t bw_latest;        /* the most in this round */
    uint64_t bw_shortterm;     /* what losses leave of it */
    uint64_t inflight_latest;
    uint64_t inflight_shortterm;
    uint64_t inflight_longterm;
    uint64_t rtt_dur;     /* the last one measured */
    uint64_t min_rtt_dur; /* USCTP__NEVER: not measured */
    uint64_t min_rtt_ts;
    uint64_t probe_rtt_min_dur;
    uint64_t probe_rtt_min_ts;
    uint64_t probe_rtt_done_ts; /* 0: not set */
    uint64_t cycle_ts;
    uint64_t bw_probe_wait_dur;
    uint64_t next_round_delivered;
    uint64_t loss_round_delivered;
    uint64_t full_bw;
    uint64_t extra_acked_ts;
    uint64_t extra_acked_delivered;
    uint64_t extra_acked[2];  /* the most in this stretch of five rounds and in the one before */
    uint64_t loss_round_lost; /* rate.lost when the round of losses began */
    uint64_t loss_tsn;        /* the chunk lost last */
    uint64_t undo_bw_shortterm;
    uint64_t undo_inflight_shortterm;
    uint64_t undo_inflight_longterm;
    uint64_t probe_up_acked_per_inc;
    uint64_t bw_probe_up_acked;
    uint32_t bw_probe_up_rounds;
    uint32_t prior_cwnd;
    uint32_t round_cnt;
    uint32_t drain_start_round;
    uint32_t recovery_round;    /* the round in which recovery began */
    uint32_t extra_acked_round; /* in which the stretch began */
    uint32_t rounds_since_probe;
    uint32_t loss_ranges; /* runs of TSNs lost in this round */
    uint16_t pacing_gain; /* in hundredths */
    uint16_t cwnd_gain;   /* in hundredths */
    uint8_t mode;         /* enum usctp__bbr_state */
    uint8_t acks;         /* enum usctp__bbr_acks */
    uint8_t undo_mode;    /* enum usctp__bbr_state, CRUISE: none */
    uint8_t full_bw_cnt;
    bool full_bw_now, full_bw_reached;
    bool round_start, loss_round_start;
    bool loss_in_round;
    bool bw_probe_sample;
    bool prev_probe_too_high, prev_probe_precautionary;
    bool probe_rtt_expired, probe_rtt_round_done;
    bool idle_restart;
    bool cycle; /* which of max_bw_filter is the present cycle's */
};

/* What a loss leaves, in hundredths (2.7). */
enum { USCTP__BBR_BETA = 70 };

static inline struct usctp__bbr *usctp__bbr_of(const struct usctp__cc *cc)
{
    return (struct usctp__bbr *)cc->state;
}

static inline uint64_t usctp__bbr_part(uint64_t value, unsigned hundredths)
{
    return value / 100 * hundredths + value % 100 * hundredths / 100;
}

static inline bool usctp__bbr_in_probe_bw(const struct usctp__bbr *bbr)
{
    return bbr->mode >= USCTP__BBR_DOWN && bbr->mode <= USCTP__BBR_UP;
}

/* --- The model (cc_bbr_model.c) --- */

/* The least that may be in flight. */
uint64_t usctp__bbr_min_pipe(const struct usctp__cc *cc);
/* So many hundredths of what a round trip takes at this rate. */
uint64_t usctp__bbr_bdp_multiple(const struct usctp__cc *cc, uint64_t bw, unsigned gain);
/* A volume that trains and probes have room in. */
uint64_t usctp__bbr_quantized(const struct usctp__cc *cc, uint64_t volume);
uint64_t usctp__bbr_target_inflight(const struct usctp__cc *cc);
/* What was found to be too much, less what is left to others; USCTP__BBR_NO_LIMIT: nothing was. */
uint64_t usctp__bbr_with_headroom(const struct usctp__cc *cc);

/* A round trip begins, as packets are counted. */
void usctp__bbr_start_round(struct usctp__bbr *bbr);
/* What an acknowledgement tells of rates and losses; in this order. */
void usctp__bbr_update_latest(struct usctp__bbr *bbr, const struct usctp__rate_sample *sample);
void usctp__bbr_update_signals(struct usctp__cc *cc, const struct usctp__rate_sample *sample);
void usctp__bbr_update_extra_acked(struct usctp__cc *cc, const struct usctp__cc_ack *ack);
/* A cycle of probing is over: the rate measured in the one before it is forgotten. */
void usctp__bbr_advance_max_bw(struct usctp__bbr *bbr);
/* What it tells of the delay, and whether that has to be measured anew. */
void usctp__bbr_update_min_rtt(struct usctp__bbr *bbr, const struct usctp__cc_ack *ack);

#endif
