/* SPDX-License-Identifier: BSD-3-Clause */
/* The sending half of an association: messages not yet sent, chunks in flight, windows. */
#ifndef USCTP_CORE_TX_H
#define USCTP_CORE_TX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "core/outq.h"
#include "core/txring.h"

struct usctp_assoc;
struct usctp__path;

struct usctp__tx {
    struct usctp__txring ring; /* chunks sent and not yet acknowledged cumulatively */
    struct usctp__pr *pr;      /* partial reliability; NULL until a message makes use of it */
    uint32_t peer_window;      /* the window that the peer told last */
    uint32_t peer_max_window;  /* the largest it ever told */
    uint32_t peer_rwnd;        /* the peer's window, less what is outstanding (6.2.1) */
    uint32_t flight;           /* payload bytes outstanding on all paths */
    uint32_t buffered;         /* payload bytes accepted and not acknowledged */
    uint32_t low_water;        /* the association's low-water mark */
    uint32_t burst_credit;     /* SACKs since the last output that acknowledged something: each
                                * allows Max.Burst packets (6.1 D) */
    uint8_t header_len;        /* of DATA or I-DATA, whichever is sent */
    bool low_water_set;        /* the mark is in use */
    bool low_water_armed;      /* buffered has been above it */
    bool blocked_send;         /* USCTP_EWOULDBLOCK was returned: owes a WRITABLE */
    bool dry_armed;            /* something was accepted since the last DRY */
    bool zero_window_probe;    /* the one chunk sent into a closed window is outstanding (6.1 A) */
    bool probe_answered;       /* a SACK came since it was sent */
    bool probe_due;            /* one chunk may be sent although the window is closed */
    bool tail_probe;           /* a path owes a tail probe (rack.h) */
    bool peer_quiet;           /* it acknowledged last without sending data itself */
    struct usctp__outq outq;   /* messages not sent, or sent in part, by stream */
};

/* Bytes that so much user data takes in a packet, with header and padding. */
static inline size_t usctp__tx_chunk_len(const struct usctp__tx *tx, size_t payload_len)
{
    return tx->header_len + ((payload_len + 3) & ~(size_t)3);
}

/* Starts with our initial TSN; the peer's window and the streams become known later. */
void usctp__tx_init(struct usctp_assoc *assoc, uint32_t initial_tsn);
/* INIT or INIT ACK said so: the peer's window, our number of outbound streams (messages for streams
 * beyond it fail). */
void usctp__tx_peer(struct usctp_assoc *assoc, uint32_t peer_rwnd, uint16_t out_streams);
/* The peer restarted: everything sent or queued fails with SEND_FAILED; starts at initial_tsn. */
void usctp__tx_restart(struct usctp_assoc *assoc, uint32_t initial_tsn);
/* TSNs go on from this one; nothing is outstanding (RFC 6525, 5.2.7, H5). */
void usctp__tx_renumber(struct usctp_assoc *assoc, uint32_t tsn);
/* The association ends: everything goes, with SEND_FAILED events if `tell`, else silently. */
void usctp__tx_end(struct usctp_assoc *assoc, bool tell, uint16_t cause);

/* The association's memory goes: the state of the streams, after usctp__tx_end. */
void usctp__tx_free(struct usctp_assoc *assoc);

/* A message of which nothing was sent fails: SEND_FAILED. What follows from the room it leaves is for
 * usctp__tx_progress. */
void usctp__tx_fail_unsent(struct usctp_assoc *assoc, struct usctp__outmsg *msg, uint16_t cause);

/* usctp_assoc_send, entered: checks everything. info: NULL for a plain message. */
int usctp__tx_send(struct usctp_assoc *assoc, const struct usctp_send_info *info,
                   const struct usctp_iov *iov, size_t iov_cnt);

/* The scheduler of this number (enum usctp_sched) is at work from now on, unless the application has one of its
 * own. False: no memory, nothing has changed. */
bool usctp__tx_schedule(struct usctp_assoc *assoc, uint32_t number);

/* usctp_assoc_set_scheduler, and usctp_stream_set_value. */
int usctp__tx_set_scheduler(struct usctp_assoc *assoc, const struct usctp_scheduler *ops,
                            void *ctx);
int usctp__tx_set_value(struct usctp_assoc *assoc, uint16_t stream, uint16_t value);

/* usctp_assoc_set_low_water. */
void usctp__tx_set_low_water(struct usctp_assoc *assoc, size_t len);

/* The buffered bytes fell: BUFFERED_LOW and WRITABLE, where they are due. */
void usctp__tx_room(struct usctp_assoc *assoc);

/* True if usctp__tx_room may have something to say. */
static inline bool usctp__tx_wants_room(const struct usctp__tx *tx)
{
    return tx->blocked_send || (tx->low_water_set && tx->low_water_armed) ||
           !usctp__queue_empty(&tx->outq.streams.low);
}

/* send_buffer or max_segment of the parameters changed, or a path's largest packet. */
void usctp__tx_params_changed(struct usctp_assoc *assoc);

/* True if a message for any path that is queued now has to wait for an acknowledgement, so that output
 * need not look: the window of the path of data is full, or Nagle's algorithm holds it. */
bool usctp__output_would_wait(const struct usctp_assoc *assoc);

/* Nothing is queued and nothing is outstanding. */
bool usctp__tx_empty(const struct usctp_assoc *assoc);

/* Checks the cumulative TSN ack of a SHUTDOWN. False: it acknowledges what was never sent; the
 * association was aborted. */
bool usctp__tx_cum_check(struct usctp_assoc *assoc, uint32_t cum_tsn);

/* A cumulative TSN ack without gaps: from SHUTDOWN (9.2). False: it acknowledges what was never
 * sent; the association was aborted. */
bool usctp__tx_cum_ack(struct usctp_assoc *assoc, uint32_t cum_tsn, struct usctp__path *from);

/* Alarm handler: messages of which nothing was sent in their lifetime are given back (11.1.5). */
void usctp__tx_on_lifetime(struct usctp_assoc *assoc);

/* The loss alarm of the path: T3-rtx expired (6.3.3), or what comes before it is due (rack.h). */
void usctp__tx_on_loss_alarm(struct usctp_assoc *assoc, struct usctp__path *path);

/* The path goes to another UDP port from now on, which has answered: what T3-rtx has been resending to the
 * old one leaves again, at once. */
void usctp__tx_path_moved(struct usctp_assoc *assoc, struct usctp__path *path);

/* The path is down, or goes away: what is outstanding on it is marked for retransmission elsewhere. */
void usctp__tx_path_down(struct usctp_assoc *assoc, struct usctp__path *path);
/* The path may have failed: what waits to be sent there again goes elsewhere, if it can. */
void usctp__tx_path_doubtful(struct usctp_assoc *assoc, struct usctp__path *path);
void usctp__tx_path_gone(struct usctp_assoc *assoc, struct usctp__path *path);

/* COOKIE ECHO must be sent again: the data that rode with it is sent anew (5.1, 5.2.6). */
void usctp__tx_resend_all(struct usctp_assoc *assoc);

/* Writes and sends what the windows, timers and queues allow: control, SACK, lost chunks, new data;
 * into the slab. Called by settle only. */
void usctp__output(struct usctp_assoc *assoc);
/* The same where the lower layer is blocked: only the timers go on. */
void usctp__output_put_off(struct usctp_assoc *assoc);

/* True if the lower layer is blocked and has yet to take all that is outstanding on the path, or all
 * that is to be sent there again. */
bool usctp__output_waits(const struct usctp_assoc *assoc, const struct usctp__path *path);

/* The slab's packets were taken by the lower layer (or not): called per datagram by the stack with
 * its status (lower.h). Stamps times, reacts to "too big". */
void usctp__output_taken(struct usctp_assoc *assoc, struct usctp__path *path,
                         const struct usctp_dgram *dgram);

/* A packet of one ready-made chunk (INIT ACK, ABORT and the like) outside of any association, or one
 * whose association ends. `to` gives addresses, ports and lower layer: the datagram as received, its
 * addresses are swapped here. While a lower layer is blocked it waits behind what that holds back.
 * False: no room. */
bool usctp__output_reply(struct usctp__core *core, const struct usctp_dgram *to, uint16_t src_port,
                         uint16_t dst_port, uint32_t tag, const uint8_t *chunk, size_t len);

/* The same of an association that there is, after AUTH where the peer wants that. */
bool usctp__output_reply_of(struct usctp_assoc *assoc, const struct usctp_dgram *to,
                            const uint8_t *chunk, size_t len);

/* One chunk at once to a path, past all queues, with this tag: for ABORT and SHUTDOWN COMPLETE of an
 * association that ends. */
bool usctp__output_now(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t tag,
                       const uint8_t *chunk, size_t len);

/* One chunk at once to where a packet came from, in place of the path's port: a HEARTBEAT that asks
 * whether the peer is there. False: no room. */
bool usctp__output_probe(struct usctp_assoc *assoc, struct usctp__path *path,
                         const struct usctp_dgram *to, const uint8_t *chunk, size_t len);

/* One chunk (a multiple of 4 bytes), after AUTH where the peer wants that, with a PAD chunk behind it that
 * makes a packet of packet_len bytes, or more where that is too little, at once and never fragmented. False: no room, or the lower layer is blocked. */
bool usctp__output_padded(struct usctp_assoc *assoc, struct usctp__path *path, const uint8_t *chunk,
                          size_t len, size_t packet_len);

/* Spare memory of rings and queues goes; called by the TRIM alarm. */
void usctp__tx_trim(struct usctp_assoc *assoc);

#endif
