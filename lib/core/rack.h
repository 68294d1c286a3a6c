/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss recovery by time (RFC 8985, with TSNs for sequence numbers), one state a path: what was sent
 * before something that has been delivered is lost after a while (RACK); silence is ended by a probe
 * (TLP); reductions of the congestion window that were for nothing are taken back. The three missing
 * reports of RFC 9260, 7.2.4, and T3-rtx go on beside it.
 *
 * The state exists while a path is in use and goes with the ring. Where a path has none, all is as
 * RFC 9260 has it. */
#ifndef USCTP_CORE_RACK_H
#define USCTP_CORE_RACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "core/txring.h"

struct usctp_assoc;
struct usctp__path;
struct usctp__sack;

/* What the path's loss timer stands for: whichever comes first (RFC 8985, 8). */
enum usctp__loss_timer {
    USCTP__LOSS_T3,    /* T3-rtx */
    USCTP__LOSS_RACK,  /* the reordering timer */
    USCTP__LOSS_PROBE, /* a tail probe is due */
};

struct usctp__rack {
    /* Losses (RFC 8985, 5.3, 6). */
    uint64_t sent_ts;     /* RACK.xmit_ts: when what is delivered was sent at the latest; 0: none */
    uint64_t tsn;         /* RACK.end_seq: its TSN */
    uint64_t rtt_dur;     /* RACK.rtt: its round trip */
    uint64_t highest_tsn; /* RACK.fack: the highest TSN delivered */
    uint64_t min_rtt_dur; /* RACK.min_RTT: the least of the last measurements; UINT64_MAX: none */
    uint64_t next_min_dur;    /* the least of those that are counted now */
    uint64_t reorder_ts;      /* when the next chunk is lost, unless it arrives; 0: none waits */
    uint64_t dup_round_tsn;   /* RACK.dsack_round: the round of duplicates ends with it; 0: none */
    uint64_t reduced_ts;      /* when the congestion window was last reduced */
    uint32_t rtt_left;        /* measurements until next_min_dur takes the place of min_rtt_dur */
    uint8_t reorder_quarters; /* RACK.reo_wnd_mult: the window in quarters of min_rtt_dur */
    uint8_t reorder_persist;  /* RACK.reo_wnd_persist: recoveries until that is 1 again */
    bool reordering_seen;     /* RACK.reordering_seen */
    bool lost_again;          /* a retransmission was lost that was sent since reduced_ts */

    /* Tail probes (RFC 8985, 7), and the timer (8). */
    bool probe_due;     /* one is to be sent with the next output */
    bool probe_out;     /* TLP.end_seq is set: one is on its way */
    bool probe_again;   /* TLP.is_retrans: it was no new data */
    bool probe_ready;   /* a round trip was measured since the last one */
    uint8_t timer;      /* enum usctp__loss_timer */
    uint64_t t3_ts;     /* when T3-rtx expires, as long as the loss alarm is armed */
    uint64_t acked_ts;  /* when something was last acknowledged */
    uint64_t probe_end; /* TLP.end_seq: one above the highest TSN when it was sent */
    uint64_t probe_tsn; /* the highest TSN it carried */

    /* What the SACK at hand delivered, of that what was sent last. */
    uint64_t new_sent_ts; /* 0: nothing */
    uint64_t new_tsn;

    /* The last reduction of the congestion window, to be taken back. */
    uint64_t undo_low;      /* the TSNs marked lost for it: the lowest, */
    uint64_t undo_high;     /* the highest, */
    uint32_t undo_left;     /* and how many of them have not proved to be no losses */
    uint32_t undo_cwnd;     /* the window before */
    uint32_t undo_ssthresh; /* its threshold before */
    bool undo_on;           /* the reduction may be taken back */
    bool undo_t3;           /* T3-rtx was its cause */
};

/* --- The state --- */

/* Makes the state of a path that has begun to send, unless parameters forbid it or there is no
 * memory: then it goes without. */
void usctp__rack_start(struct usctp__path *path);

/* Frees it: the path idles, is reset, or goes. T3-rtx runs on. */
void usctp__rack_stop(struct usctp__path *path);

/* --- RACK --- */

/* A round trip was measured (RFC 8985, 6.2, step 1). */
void usctp__rack_measured(struct usctp__rack *rack, uint64_t rtt_dur);

/* True if the delivery of a chunk that was sent more than once says when the last copy arrived (step
 * 2): not sooner than any round trip, and not where copies took several paths. */
bool usctp__rack_believes(const struct usctp__rack *rack, const struct usctp__txslot *slot,
                          uint64_t now_ts);

/* After the chunks of a SACK, where it delivered some of this path and others are outstanding: takes the
 * news in (step 2). */
void usctp__rack_delivered(struct usctp__path *path);

/* Marks what is lost by now and notes when to look again (step 5). True: something was lost; that is
 * marked in path->sack_lost, for congestion control. */
bool usctp__rack_detect(struct usctp_assoc *assoc, struct usctp__path *path);

/* A duplicate of what this path took for lost was reported: the reordering window was too small. */
void usctp__rack_duplicate(const struct usctp_assoc *assoc, struct usctp__rack *rack,
                           uint64_t cum_tsn);

/* Fast Recovery was left (step 4). */
void usctp__rack_recovered(struct usctp__rack *rack);

/* --- Tail probes --- */

/* Arms the loss alarm of a path that has chunks outstanding and whose T3-rtx runs. */
void usctp__rack_arm(struct usctp__path *path);

/* The probe timeout expired (7.3). */
void usctp__rack_on_probe(struct usctp_assoc *assoc, struct usctp__path *path);

/* The probe was sent: new data, or chunks `again`, up to `tsn`. */
void usctp__rack_probed(struct usctp__path *path, uint64_t tsn, bool again);

/* A SACK came while a probe is on its way (7.4). True: a loss was repaired by the probe, which
 * congestion control has to hear of. `nothing_new`: the SACK said nothing else. */
bool usctp__rack_probe_answered(struct usctp__path *path, uint64_t cum_tsn,
                                const struct usctp__sack *sack, bool nothing_new);

/* --- Reductions for nothing --- */

/* The congestion window is about to be reduced; what is marked lost from now on was the reason. */
void usctp__undo_begin(struct usctp__path *path, bool t3);

/* The chunk was marked lost on this path. */
void usctp__undo_marked(struct usctp__path *path, uint64_t tsn);

/* The chunk was acknowledged while it was marked lost and not sent again. */
void usctp__undo_arrived(struct usctp_assoc *assoc, uint64_t tsn);

/* The duplicate TSNs of a SACK, which stand for DSACK: what arrived twice was not lost. */
void usctp__undo_duplicates(struct usctp_assoc *assoc, const struct usctp__sack *sack,
                            uint64_t cum_tsn);

/* True if the first was sent after the second (RFC 8985, 6.2: RACK_sent_after). */
static inline bool usctp__sent_after(uint64_t a_ts, uint64_t a_tsn, uint64_t b_ts, uint64_t b_tsn)
{
    return a_ts > b_ts || (a_ts == b_ts && a_tsn > b_tsn);
}

#endif
