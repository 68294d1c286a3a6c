/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control of one path, behind a table of functions. */
#ifndef USCTP_CORE_CC_H
#define USCTP_CORE_CC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "core/pace.h"

struct usctp__path;

enum { USCTP__CC_WINDOW_MAX = 1 << 30 /* no window is larger, bytes */ };

/* What an algorithm and pacing keep while data is sent: made on first use, given back when the
 * association has been idle. Algorithms that need more begin theirs with it. */
struct usctp__cc_state {
    struct usctp__pacer pacer;
    uint64_t newest_sent_ts; /* when the youngest chunk was sent that the SACK at hand acknowledged;
                              * 0: none */
    size_t len;              /* bytes, with what follows */
};

/* The state, one a path; all in bytes, DATA chunk headers and padding counted (RFC 9260, 7.2). */
struct usctp__cc {
    const struct usctp__cc_ops *ops; /* the algorithm */
    struct usctp__cc_state *state;   /* NULL: not in use, or not needed */
    uint32_t cwnd;                   /* congestion window */
    uint32_t ssthresh;               /* slow-start threshold */
    uint32_t partial_bytes_acked;    /* RFC 9260, 7.2.2 */
    uint32_t mtu;                    /* PMDCS: bytes of DATA chunks that a packet can hold */
    uint64_t recovery_tsn;           /* fast-recovery exit point (7.2.4); valid in_recovery */
    uint64_t idle_since_ts; /* when nothing was in flight any more; decay counts from here */
    bool in_recovery;       /* fast recovery */
    bool ipv6;  /* the peer's address is an IPv6 one (7.2.1); set before init, which keeps it */
    bool paced; /* packets are paced, in place of Max.Burst */
    bool needs_state; /* the algorithm, or pacing, needs `state` before data is sent */
};

/* What a SACK told of one path. */
struct usctp__cc_ack {
    uint64_t now_ts;
    uint64_t cum_tsn;       /* the cumulative TSN ack point after this SACK */
    uint32_t acked_bytes;   /* bytes newly acknowledged on this path, cumulative or by gap */
    uint32_t flight_before; /* bytes outstanding on this path before this SACK */
    uint32_t flight_after;
    bool cum_advanced; /* this SACK advanced the cumulative TSN ack point */
    bool cwnd_limited; /* the window was in full use before this SACK (7.2.1, 7.2.2) */
    /* Only where there is state: */
    uint64_t rtt_dur;        /* the round trip of the youngest chunk acknowledged; 0: none */
    uint64_t newest_sent_ts; /* when that was sent */
    uint64_t srtt_dur;       /* smoothed; 0: none yet */
};

struct usctp__cc_ops {
    const char *name;
    size_t state_len; /* size of its state; 0: it needs none */
    bool paces;       /* it always paces, at a rate of its own */
    /* Initial values (7.2.1); ssthresh starts at the peer's window or higher. */
    void (*init)(struct usctp__cc *cc, uint32_t mtu, uint32_t peer_rwnd);
    /* cc->state was made, zeroed: how it begins. May be NULL. */
    void (*begin)(struct usctp__cc *cc, uint64_t now_ts, uint64_t srtt_dur);
    void (*on_ack)(struct usctp__cc *cc, const struct usctp__cc_ack *ack);
    /* Loss by missing reports; highest is the highest outstanding TSN (7.2.3, 7.2.4). */
    void (*on_loss)(struct usctp__cc *cc, uint64_t highest_tsn);
    /* A packet was marked on its way (RFC 3168, 6.1.2): as for a loss, but nothing is to be sent again.
     * Never raises the window. */
    void (*on_ecn)(struct usctp__cc *cc);
    /* T3-rtx expired (7.2.3). */
    void (*on_timeout)(struct usctp__cc *cc);
    /* About to send after idling since idle_since_ts (7.2.1: decay per RTO). */
    void (*on_idle)(struct usctp__cc *cc, uint64_t now_ts, uint64_t rto_dur);
    /* The path's payload size changed. */
    void (*on_mtu)(struct usctp__cc *cc, uint32_t mtu);
    /* The last reduction was for nothing: nothing had been lost. What the window and its threshold
     * were before. */
    void (*on_undo)(struct usctp__cc *cc, uint32_t cwnd, uint32_t ssthresh);
    /* With state only, and may be NULL: a chunk was sent, and `flight` bytes with it are in flight;
     * one was marked as lost; less is in flight than could be, as there is nothing more to send. */
    void (*on_sent)(struct usctp__cc *cc, uint64_t now_ts, uint32_t len, uint32_t flight);
    void (*on_lost)(struct usctp__cc *cc, uint64_t tsn, uint32_t len, uint64_t sent_ts);
    void (*on_app_limited)(struct usctp__cc *cc, uint32_t flight);
};

/* RFC 9260, section 7; RFC 9438 with RFC 9406; draft-ietf-ccwg-bbr. */
extern const struct usctp__cc_ops usctp__cc_newreno;
extern const struct usctp__cc_ops usctp__cc_cubic;
extern const struct usctp__cc_ops usctp__cc_bbr;

/* --- For paths -------------------------------------------------------------------------------- */

/* Begins with the algorithm that the parameters of the association name: initial window, no state. */
void usctp__cc_start(struct usctp__path *path);

/* The parameters may name another algorithm now: it goes on with the window there is. */
void usctp__cc_params_changed(struct usctp__path *path);

/* Keeps the window within the parameter max_cwnd. */
void usctp__cc_cap(struct usctp__path *path);

/* Makes the state that is needed before data is sent; false: no memory. */
bool usctp__cc_use(struct usctp__path *path);

/* Gives it back. */
void usctp__cc_release(struct usctp__path *path);

/* Pacing, with the rate known: true if a packet of DATA may leave now. Else the path's alarm is set to
 * when one may. */
bool usctp__cc_pace(struct usctp__path *path);

/* With state: a chunk was sent; one was acknowledged (sent when); one was lost; output has ended. */
void usctp__cc_sent(struct usctp__path *path, uint32_t len);
void usctp__cc_acked(struct usctp__path *path, uint64_t sent_ts);
void usctp__cc_lost(struct usctp__path *path, uint64_t tsn, uint32_t len, uint64_t sent_ts);
void usctp__cc_output_done(struct usctp__path *path, bool nothing_left);

/* With state: tells the algorithm of a SACK; fills in what of `ack` is for such algorithms alone. */
void usctp__cc_tell(struct usctp__path *path, struct usctp__cc_ack *ack);

/* --- For algorithms: what RFC 9260, 7.2 asks of all of them ------------------------------------ */

/* What the initial window is with the present mtu (7.2.1), in bytes. */
uint32_t usctp__cc_initial_window(const struct usctp__cc *cc);

/* ops.init, ops.on_idle, ops.on_mtu and ops.on_undo of an algorithm without other ideas. */
void usctp__cc_init(struct usctp__cc *cc, uint32_t mtu, uint32_t peer_rwnd);
void usctp__cc_idle(struct usctp__cc *cc, uint64_t now_ts, uint64_t rto_dur);
void usctp__cc_mtu(struct usctp__cc *cc, uint32_t mtu);
void usctp__cc_undo(struct usctp__cc *cc, uint32_t cwnd, uint32_t ssthresh);

/* The end of ops.on_ack: recovery is over at its exit point; idling begins. */
static inline void usctp__cc_after_ack(struct usctp__cc *cc, const struct usctp__cc_ack *ack)
{
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

/* Raises the window, but so that sums of windows stay below 2^32. */
static inline void usctp__cc_grow(struct usctp__cc *cc, uint32_t len)
{
    cc->cwnd = USCTP__MIN(cc->cwnd + len, (uint32_t)USCTP__CC_WINDOW_MAX);
}

#endif
