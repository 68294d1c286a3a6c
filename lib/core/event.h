/* SPDX-License-Identifier: BSD-3-Clause */
/* Events wait here until the state is consistent: one queue an association, messages and all else
 * in the order in which they happened. */
#ifndef USCTP_CORE_EVENT_H
#define USCTP_CORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/list.h"

struct usctp_assoc;
struct usctp__path;
struct usctp__outmsg;

/* What all that waits begins with. */
struct usctp__event_head {
    struct usctp__qlink link; /* in its lane */
    uint32_t seq;             /* rising: which one came first */
    uint8_t type;             /* enum usctp_event_type; MESSAGE: it is a struct usctp_message,
                              * SEND_FAILED: a struct usctp__outmsg */
};

enum {
    USCTP__EVENT_LEN = 40
}; /* bytes that an event in a node has of the union of struct usctp_event */

/* Another event. */
struct usctp__event_node {
    struct usctp__event_head head;
    union {
        struct {
            uint16_t out_streams, in_streams;
        } up; /* UP, RESTARTED */
        uint8_t bytes[USCTP__EVENT_LEN];
    } u;         /* the begin of that union */
    void *owned; /* a buffer of core->bufs that it points to, or NULL */
    size_t cap;  /* its real size */
};

/* The error causes of LOST, in a buffer of core->bufs. */
struct usctp__lost_causes {
    size_t cap;      /* the buffer's real size */
    size_t len;      /* bytes of causes */
    uint8_t bytes[]; /* the causes */
};

/* Messages, and the events that must not overtake them, wait in one lane, all others in another; the
 * sequence numbers tell the order between the two. */
struct usctp__eventq {
    struct usctp__queue queue;      /* messages (message.h), PEER_SHUTDOWN, RESTARTED */
    struct usctp__queue others;     /* struct usctp__event_node */
    uint16_t owed;                  /* bit 1 << type: raised, but no memory for a node */
    uint8_t reconf_cnt;             /* events of reconfiguration that wait */
    uint8_t lost_reason;            /* enum usctp_lost_reason; 0: LOST is not due */
    bool paused;                    /* messages are not delivered now */
    bool deferred;                  /* one was put back: no more messages in this round */
    bool closed_raised;             /* CLOSED was raised: nothing is put behind it */
    bool closed_due;                /* and was not delivered yet */
    struct usctp__event_head *lent; /* in `queue`: nothing before it is lent; NULL: nothing is */
    struct usctp__lost_causes *lost_causes; /* of LOST, or NULL */
    uint32_t next_seq;                      /* of the next event */
    uint16_t lost_cause;                    /* of LOST: code of the first cause */
    uint16_t untold_restarts;               /* RESTARTED raised, and not delivered yet */
};

static inline struct usctp__event_head *usctp__event_head_of(struct usctp__qlink *link)
{
    return link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__event_head, link) : NULL;
}

static inline struct usctp__event_node *usctp__event_node_of(struct usctp__event_head *head)
{
    return USCTP__CONTAINER_OF(head, struct usctp__event_node, head);
}

/* Stream reconfiguration: of these so many wait at the most. */
static inline bool usctp__event_is_reconf(unsigned type)
{
    return type == USCTP_EVENT_STREAMS_RESET || type == USCTP_EVENT_ASSOC_RESET ||
           type == USCTP_EVENT_STREAMS_ADDED;
}

/* True if nothing at all waits, delivery paused or not. */
static inline bool usctp__eventq_empty(const struct usctp__eventq *events)
{
    return events->queue.first == NULL && events->others.first == NULL && events->owed == 0 &&
           events->lost_reason == 0 && !events->closed_due;
}

/* True while the application does not know yet that the peer began afresh. */
static inline bool usctp__event_restart_untold(const struct usctp__eventq *events)
{
    return events->untold_restarts > 0;
}

/* Makes it an event of this type, with all else at zero. */
void usctp__event_begin(struct usctp_event *event, int type);

/* What is filled in goes last into its lane (event_raise.c). */
void usctp__event_put(struct usctp_assoc *assoc, struct usctp__event_head *head);

/* Puts back the message whose callback runs: first in its lane, which is paused. */
void usctp__event_put_back(struct usctp_assoc *assoc, struct usctp_message *message);

/* usctp_assoc_pause and usctp_assoc_resume. */
void usctp__event_pause(struct usctp_assoc *assoc);
void usctp__event_resume(struct usctp_assoc *assoc);

/* Raising events: each copies what it is given; where there is no memory for an event it is dropped
 * and counted, but CLOSED and LOST always come (their nodes are part of the association). All touch
 * the association. */
void usctp__event_up(struct usctp_assoc *assoc);
void usctp__event_restarted(struct usctp_assoc *assoc);
void usctp__event_lost(struct usctp_assoc *assoc, enum usctp_lost_reason reason, uint16_t cause,
                       const uint8_t *causes, size_t causes_len);
void usctp__event_closed(struct usctp_assoc *assoc);
void usctp__event_writable(struct usctp_assoc *assoc);
void usctp__event_dry(struct usctp_assoc *assoc);
void usctp__event_peer_shutdown(struct usctp_assoc *assoc);
void usctp__event_path(struct usctp_assoc *assoc, const struct usctp__path *path,
                       enum usctp_path_change change);
void usctp__event_remote_error(struct usctp_assoc *assoc, uint16_t cause, const uint8_t *causes,
                               size_t causes_len);
void usctp__event_buffered_low(struct usctp_assoc *assoc, bool whole_assoc, uint16_t stream,
                               size_t buffered);
/* False: no memory, and it is not raised. It does not overtake messages. */
bool usctp__event_partial_aborted(struct usctp_assoc *assoc, uint16_t stream, uint32_t ssn,
                                  bool unordered);
/* Those of stream reconfiguration (RFC 6525), the same: the streams are numbers as on the wire. */
bool usctp__event_streams_reset(struct usctp_assoc *assoc, unsigned flags, int result,
                                const uint8_t *streams, size_t cnt);
bool usctp__event_assoc_reset(struct usctp_assoc *assoc, int result, uint32_t local_tsn,
                              uint32_t remote_tsn);
bool usctp__event_streams_added(struct usctp_assoc *assoc, int result, uint16_t added_out,
                                uint16_t added_in);
void usctp__event_auth(struct usctp_assoc *assoc, enum usctp_auth_change change, uint16_t key);
void usctp__event_address(struct usctp_assoc *assoc, const struct usctp_address_change *change,
                          uint16_t cause);
void usctp__event_adaptation(struct usctp_assoc *assoc, uint32_t indication);
/* Takes the message over: it is released after the event. */
void usctp__event_send_failed(struct usctp_assoc *assoc, struct usctp__outmsg *msg, bool sent,
                              uint16_t cause);

/* Delivers what can be delivered now. While messages are paused, events other than PEER_SHUTDOWN,
 * RESTARTED, LOST and CLOSED overtake them. What callbacks raise waits for the next call. Stops when the association was freed in a callback.
 * Returns true if it delivered any. */
bool usctp__event_deliver(struct usctp_assoc *assoc);

/* True if usctp__event_deliver would deliver something. */
bool usctp__event_ready(const struct usctp_assoc *assoc);

/* Before the driver's buffers go (usctp__event_deliver sees to it): messages that stay queued and
 * still lie in them get copies of their own; where there is no memory they are lost with the association (the
 * data was acknowledged), which is aborted then. */
void usctp__event_settle_lent(struct usctp_assoc *assoc);

/* Drops the messages that are still lent, for which there is no memory, and those after them. */
void usctp__event_drop_lent(struct usctp_assoc *assoc);

/* Drops everything that waits, releasing messages; no event is delivered any more. */
void usctp__event_clear(struct usctp_assoc *assoc);

#endif
