/* SPDX-License-Identifier: BSD-3-Clause */
/* One round of output: what the rooms that fill packets share. Control chunks and SACKs (output_ctrl.c), what is
 * lost (output_lost.c) and new data (output_new.c) write into the packet at hand one after the other. */
#ifndef USCTP_CORE_ROUND_H
#define USCTP_CORE_ROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "core/assoc.h"
#include "core/build.h"

/* One call of usctp__output. */
struct usctp__round {
    struct usctp_assoc *assoc;
    struct usctp__build build; /* the packet at hand */
    uint32_t max_payload;      /* largest piece of a message in a DATA chunk */
    uint32_t burst_left;       /* packets of DATA that may still be sent (6.1 D) */
    bool stopped;              /* no room for packets */
    bool dropped;              /* messages expired */
    bool sent_data;            /* DATA was sent */
    bool probing;              /* a tail probe is sent: Nagle's algorithm does not hold it, and its
                                * chunks ask for a SACK at once */
};

/* Ends the packet at hand. */
static inline void usctp__round_close(struct usctp__round *r)
{
    if (r->build.path != NULL) {
        usctp__build_close(&r->build);
    }
}

/* Begins a packet to this path, of at least min_len bytes if need be, ending the one at hand. False: nothing more
 * can be written now. */
static inline bool usctp__round_open(struct usctp__round *r, struct usctp__path *path,
                                     size_t min_len)
{
    usctp__round_close(r);
    r->stopped = !usctp__build_open(&r->build, path, min_len);
    return !r->stopped;
}

/* RFC 9260, 6: DATA is sent in these states; in COOKIE-ECHOED along with COOKIE ECHO only. */
static inline bool usctp__sends_data(unsigned state)
{
    return state == USCTP_STATE_ESTABLISHED || state == USCTP_STATE_SHUTDOWN_PENDING ||
           state == USCTP_STATE_SHUTDOWN_RECEIVED;
}

/* True unless the message wants another key than the packet at hand goes under. */
static inline bool usctp__round_key_fits(const struct usctp__round *r,
                                         const struct usctp__outmsg *msg)
{
    return USCTP__LIKELY(!usctp__auth_agreed(r->assoc)) || usctp__build_key_fits(&r->build, msg);
}

/* RFC 9260, 3.3.1, 6.1: a SACK at once is of use when a chunk is the last for now: if it is lost, a tail probe
 * finds that out without waiting for a SACK that may be late. A peer that sends data itself is not asked: its
 * SACKs ride on that. */
static inline bool usctp__last_asks(const struct usctp_assoc *assoc)
{
    return assoc->tx.peer_quiet ||
           (usctp__params(assoc)->flags & USCTP_PARAM_SACK_IMMEDIATELY) != 0;
}

/* RFC 9260, 6.1: DATA takes along an acknowledgement that is not due yet, if there is room. */
void usctp__round_add_sack(struct usctp__round *r, size_t data_len);

/* The window of a path whose peer may have moved. */
uint32_t usctp__cwnd_rebinding(const struct usctp__path *path);

/* RFC 9260, 6.1 B: one packet may pass the window, if it was not full before. */
static inline bool usctp__cwnd_open(struct usctp__path *path)
{
    bool open = path->flight < path->cc.cwnd;

    if (USCTP__UNLIKELY(path->rebinding)) {
        open = path->flight < usctp__cwnd_rebinding(path);
    }
    if (USCTP__UNLIKELY(path->t3_backed_off)) {
        open = path->flight_cnt == 0; /* RFC 9260, 7.2.3: one packet until it is acknowledged */
    }
    path->tx_cwnd_full = !open && !path->rebinding;
    return open;
}

/* RFC 9260, 7.2.1: after idling the window has decayed. */
static inline void usctp__cwnd_wake(struct usctp__path *path)
{
    if (path->flight_cnt == 0) {
        path->cc.idle_since_ts = USCTP__MAX(path->cc.idle_since_ts, path->last_data_ts);
        path->cc.ops->on_idle(&path->cc, path->assoc->core->now_ts, path->rto.rto_dur);
    }
}

/* Takes one packet off the burst; false: it is used up. */
static inline bool usctp__round_take_packet(struct usctp__round *r)
{
    if (r->burst_left == 0) {
        return false;
    }
    r->burst_left--;
    return true;
}

/* The same with an algorithm that keeps state, or with pacing: off what that allows. */
bool usctp__round_take_paced(struct usctp__round *r, struct usctp__path *path);

/* Takes one packet off the burst, or off what pacing allows; false: it is used up. */
static inline bool usctp__round_take_burst(struct usctp__round *r, struct usctp__path *path)
{
    return USCTP__LIKELY(!path->cc.needs_state) ? usctp__round_take_packet(r)
                                                : usctp__round_take_paced(r, path);
}

/* The control chunks that wait, each to its path. */
void usctp__round_ctrl(struct usctp__round *r);

/* The SACK that is due. */
void usctp__round_due_sack(struct usctp__round *r);

/* What is lost, path by path, as far as the windows allow. */
void usctp__round_lost(struct usctp__round *r);

/* What is lost on the path of the packet at hand, as far as it fits. */
void usctp__round_fill_lost(struct usctp__round *r);

/* The tail probes that are due (RFC 8985, 7.3). */
void usctp__round_probes(struct usctp__round *r);

/* New data, as far as the windows allow; same_packet: and as it fits the packet at hand. */
void usctp__round_new(struct usctp__round *r, bool same_packet);

#endif
