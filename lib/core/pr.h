/* SPDX-License-Identifier: BSD-3-Clause */
/* Partial reliability, the sending half (RFC 3758, 3.5, 4.1; RFC 7496, 3): which messages are
 * abandoned and when, and the FORWARD TSN that tells the peer. All of it is made when the first message
 * asks for it. What the receiving half does is in rx_skip.c. */
#ifndef USCTP_CORE_PR_H
#define USCTP_CORE_PR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/heap.h"
#include "base/table.h"

struct usctp_assoc;
struct usctp__core;
struct usctp__outmsg;
struct usctp__path;

enum { USCTP__PR_POLICY_CNT = USCTP_PR_PRIORITY + 1 };

/* How a message may be abandoned. */
struct usctp__outpr {
    struct usctp__heap_node node; /* in usctp__pr.victims: USCTP_PR_PRIORITY alone */
    struct usctp__outmsg *msg;    /* whose it is */
    uint64_t tsn;                 /* of its last chunk so far */
    uint32_t value;               /* as given: retransmissions or priority */
    uint16_t policy;              /* enum usctp_pr_policy */
};

/* Messages abandoned, by policy; element 0 is all of them. */
struct usctp__pr_counters {
    uint64_t unsent[USCTP__PR_POLICY_CNT]; /* nothing of them was sent */
    uint64_t sent[USCTP__PR_POLICY_CNT];   /* a part of them was, once at least */
};

/* The same for one stream. */
struct usctp__pr_stream {
    struct usctp__chain chain; /* in usctp__pr.streams: the hash is the id */
    struct usctp__pr_counters counters;
};

struct usctp__pr {
    struct usctp__heap victims;         /* of the priority policy: the lowest priority first */
    struct usctp__chaintable streams;   /* struct usctp__pr_stream, of those that abandoned any */
    struct usctp__pr_counters counters; /* of the association */
    uint64_t forward_tsn; /* Advanced.Peer.Ack.Point (3.5, A1), where it is at ring.base or above */
    uint64_t told_tsn;    /* what the last FORWARD TSN said; 0: none */
    uint64_t told_ts;     /* when it was sent */
    bool due;             /* FORWARD TSN has to be sent */
};

/* True if policy and value of a message go together. */
bool usctp__pr_valid(const struct usctp_send_info *info);

/* Notes how a new message may be abandoned. False: no memory, nothing has changed. */
bool usctp__pr_take(struct usctp_assoc *assoc, struct usctp__outmsg *msg,
                    const struct usctp_send_info *info);

/* Frees that of a message. */
void usctp__outpr_free(struct usctp__core *core, struct usctp__outpr *pr);

/* The message is acknowledged or given back: nothing can abandon it any more. */
void usctp__pr_settled(struct usctp_assoc *assoc, struct usctp__outmsg *msg);

/* The same for one of which nothing was sent; it counts as abandoned if its time was over. */
void usctp__pr_unsent(struct usctp_assoc *assoc, struct usctp__outmsg *msg);

/* A chunk with this TSN was cut off the message, which may be abandoned. */
void usctp__pr_cut(struct usctp_assoc *assoc, struct usctp__outmsg *msg, uint64_t tsn);

/* The send buffer is full: true if abandoning messages of lower priority than the one to come would
 * leave fewer than `limit` bytes in it. */
bool usctp__pr_could_make_room(const struct usctp_assoc *assoc, const struct usctp_send_info *info,
                               uint32_t limit);

/* Abandons them, the lowest first, as far as needed; that is known to do. */
void usctp__pr_make_room(struct usctp_assoc *assoc, uint32_t limit);

/* The message, of which something was sent, is about to be cut again: abandons it if its time is over.
 * True: it did. */
bool usctp__pr_stop(struct usctp_assoc *assoc, struct usctp__outmsg *msg);

/* The chunk is about to be sent again: abandons its message if its policy says so. True: it did. */
bool usctp__pr_gone(struct usctp_assoc *assoc, uint64_t tsn);

/* True if a tail probe may carry the chunk. */
bool usctp__pr_may_probe(const struct usctp_assoc *assoc, uint64_t tsn);

/* Before output: abandons what is lost and must not be sent again, and queues a FORWARD TSN that is
 * due. */
void usctp__pr_output(struct usctp_assoc *assoc);

/* True if something was abandoned since usctp__pr_output of which the peer has to hear. */
bool usctp__pr_due(const struct usctp_assoc *assoc);

/* True while the peer has not answered for abandoned chunks that stand at the cumulative TSN ack
 * point. */
bool usctp__pr_waits(const struct usctp_assoc *assoc);

/* A SACK was taken in (3.5, C1 to C3). */
void usctp__pr_on_sack(struct usctp_assoc *assoc);

/* T3-rtx of some path expired (3.5, A5). */
void usctp__pr_on_t3(struct usctp_assoc *assoc);

/* TSNs begin anew. */
void usctp__pr_rewind(struct usctp_assoc *assoc);

/* The association's memory goes. */
void usctp__pr_free(struct usctp_assoc *assoc);

/* Counters of an association that was handed over, before anything is sent. False: no memory. */
bool usctp__pr_restore(struct usctp_assoc *assoc, const struct usctp__pr_counters *counters);
bool usctp__pr_restore_stream(struct usctp_assoc *assoc, uint16_t sid,
                              const struct usctp__pr_counters *counters);

/* usctp_assoc_abandoned, and usctp_stream_abandoned: the counters, or NULL: all are zero. */
const struct usctp__pr_counters *usctp__pr_counters(const struct usctp_assoc *assoc);
const struct usctp__pr_counters *usctp__pr_stream_counters(const struct usctp_assoc *assoc,
                                                           uint16_t stream);

#endif
