/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control of one path, behind a table of functions. */
#ifndef USCTP_CORE_CC_H
#define USCTP_CORE_CC_H

#include <stdbool.h>
#include <stdint.h>

/* The state, one a path; all in bytes, DATA chunk headers and padding counted (RFC 9260, 7.2). */
struct usctp__cc {
    const struct usctp__cc_ops *ops; /* the algorithm */
    uint32_t cwnd;                   /* congestion window */
    uint32_t ssthresh;               /* slow-start threshold */
    uint32_t partial_bytes_acked;    /* RFC 9260, 7.2.2 */
    uint32_t mtu;                    /* PMDCS: bytes of DATA chunks that a packet can hold */
    uint64_t recovery_tsn;           /* fast-recovery exit point (7.2.4); valid in_recovery */
    uint64_t idle_since_ts; /* when nothing was in flight any more; decay counts from here */
    bool in_recovery;       /* fast recovery */
    bool ipv6; /* the peer's address is an IPv6 one (7.2.1); set before init, which keeps it */
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
    uint64_t rtt_dur;  /* a round trip measured by this SACK; 0: none */
};

struct usctp__cc_ops {
    const char *name;
    /* Initial values (7.2.1); ssthresh starts at the peer's window or higher. */
    void (*init)(struct usctp__cc *cc, uint32_t mtu, uint32_t peer_rwnd);
    void (*on_ack)(struct usctp__cc *cc, const struct usctp__cc_ack *ack);
    /* Loss by missing reports; highest is the highest outstanding TSN (7.2.3, 7.2.4). */
    void (*on_loss)(struct usctp__cc *cc, uint64_t highest_tsn);
    /* T3-rtx expired (7.2.3). */
    void (*on_timeout)(struct usctp__cc *cc);
    /* About to send after idling since idle_since_ts (7.2.1: decay per RTO). */
    void (*on_idle)(struct usctp__cc *cc, uint64_t now_ts, uint64_t rto_dur);
    /* The path's payload size changed. */
    void (*on_mtu)(struct usctp__cc *cc, uint32_t mtu);
};

/* What the initial window is with the present mtu (7.2.1), in bytes. */
uint32_t usctp__cc_initial_window(const struct usctp__cc *cc);

/* RFC 9260, section 7. */
extern const struct usctp__cc_ops usctp__cc_newreno;

#endif
