/* SPDX-License-Identifier: BSD-3-Clause */
/* A received message, or a part of one: lent straight from the driver's buffer, or made of pieces.
 * References count; what the application still has goes on closing the association's window. */
#ifndef USCTP_CORE_MESSAGE_H
#define USCTP_CORE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/compiler.h"
#include "core/assoc.h"
#include "core/core.h"
#include "core/event.h"
#include "core/reasm.h"
#include "wire/packet.h"

struct usctp__rxfrag;

struct usctp_message {
    struct usctp__event_head head; /* its place among the events; the first member */
    struct usctp__core *core;      /* whose memory it is */
    struct usctp_assoc *assoc;     /* whose window it charges; NULL: none, or it is gone */
    struct usctp_message *next;    /* of those that the application keeps: assoc->rx.kept */
    struct usctp_message **from;   /* what points at it there; NULL: not on that list */
    struct usctp__rxfrag *pieces;  /* its bytes, where it was reassembled; or NULL */
    uint8_t *copy; /* its bytes, copied from the driver's buffer to one of core->bufs; or NULL */
    struct usctp__rxfrag *joined; /* all bytes once more in one piece, or NULL */
    struct usctp_iov *iov;        /* the bytes; points at `one`, or to a buffer of core->bufs */
    struct usctp_iov one;         /* where a single run of bytes is described */
    size_t iov_cap;     /* real size of that buffer; 0: there is none. With `copy`: of that one */
    size_t iov_cnt;     /* runs of bytes */
    size_t memory;      /* real memory charged */
    uint32_t len;       /* payload bytes */
    uint32_t ref_cnt;   /* the queue or the callback has one, the application the others */
    uint32_t ppid;      /* payload protocol identifier */
    uint32_t tsn;       /* of the first fragment, as on the wire */
    usctp_path_id path; /* where the last fragment came in */
    uint32_t ssn;       /* stream sequence number; 0 if unordered. I-DATA: MID */
    uint16_t sid;       /* stream */
    uint8_t flags;      /* enum usctp_message_flag */
    bool in_callback;   /* the callback that got it is running */
    bool deferred;      /* put back by usctp__message_defer in that callback */
};

/* Its bytes still lie in the driver's buffer. */
static inline bool usctp__message_is_lent(const struct usctp_message *message)
{
    return message->pieces == NULL && message->copy == NULL;
}

/* An empty message with room to describe `cnt` pieces; NULL: no memory. */
struct usctp_message *usctp__message_new(struct usctp__core *core, size_t cnt);

/* A message that lies in the driver's buffer, with these flags beside that of its order; NULL: no memory. Most are
 * never kept, and come back as they went: such plain ones wait in a queue for the next chunk, so that only what differs
 * from message to message need be written. */
static inline struct usctp_message *usctp__message_lent(struct usctp__core *core,
                                                        const struct usctp__rxchunk *chunk,
                                                        uint8_t flags)
{
    struct usctp__event_head *head = usctp__event_head_of(usctp__queue_peek(&core->plain_messages));
    bool unordered = (chunk->flags & USCTP__DATA_FLAG_UNORDERED) != 0;
    struct usctp_message *message;

    if (USCTP__LIKELY(head != NULL)) {
        core->plain_messages.first = head->link.next;
        message = USCTP__CONTAINER_OF(head, struct usctp_message, head);
    } else {
        message = usctp__message_new(core, 1);
        if (message == NULL) {
            return NULL;
        }
    }
    message->one.base = chunk->bytes;
    message->one.len = chunk->len;
    message->len = chunk->len;
    message->ppid = chunk->ppid;
    message->tsn = (uint32_t)chunk->tsn;
    message->path = chunk->path;
    message->sid = chunk->sid;
    message->ssn = unordered ? 0 : chunk->ssn;
    message->flags = flags | (unordered ? USCTP_MESSAGE_UNORDERED : 0);
    return message;
}

/* The plain ones that wait go back to the pool. */
void usctp__message_trim(struct usctp__core *core);

/* Gives the message its pieces: a run, of which it takes possession. */
void usctp__message_take(struct usctp_message *message, struct usctp__rxfrag *first);

/* Charges the association's window and memory with it. */
void usctp__message_charge(struct usctp_message *message, struct usctp_assoc *assoc);

/* The message, which was charged, waits for its turn among the events. */
static inline void usctp__event_message(struct usctp_assoc *assoc, struct usctp_message *message)
{
    struct usctp__eventq *events = &assoc->events;

    if (events->lent == NULL && usctp__message_is_lent(message)) {
        events->lent = &message->head;
    }
    message->head.seq = events->next_seq++;
    usctp__queue_push(&events->queue, &message->head.link);
    usctp__assoc_touch(assoc);
}

/* Copies what is lent, so that the driver may have its buffer back. False: no memory. */
bool usctp__message_own(struct usctp_message *message);

/* It is as usctp__message_new made it, but for what usctp__message_lent writes. */
static inline bool usctp__message_is_plain(const struct usctp_message *message)
{
    return USCTP__POOLED && usctp__message_is_lent(message) && message->iov_cap == 0;
}

/* A plain one waits for the next chunk. */
static inline void usctp__message_put_plain(struct usctp_message *message)
{
    struct usctp__queue *plain = &message->core->plain_messages;

    message->ref_cnt = 1;
    message->head.link.next = plain->first;
    plain->first = &message->head.link;
}

/* usctp__message_returned of one that is not plain any more, or was kept or deferred. */
void usctp__message_settle(struct usctp_message *message);

/* The callback that got it has returned: gives its reference back, unless it was deferred. True:
 * usctp__rx_opened is due. */
static inline bool usctp__message_returned(struct usctp_message *message)
{
    struct usctp_assoc *assoc = message->assoc;

    message->in_callback = false;
    if (USCTP__UNLIKELY(!usctp__message_is_plain(message) || message->deferred ||
                        message->ref_cnt > 1)) {
        usctp__message_settle(message);
        return false;
    }
    if (assoc != NULL) { /* else the application has taken it */
        usctp__rx_came_back(&assoc->rx, message->len);
    }
    usctp__message_put_plain(message);
    return assoc != NULL;
}

/* Gives a reference back; the last one frees it and opens the window. */
void usctp__message_unref(struct usctp_message *message);

/* The association goes: messages that the application keeps charge it no more. */
void usctp__message_orphan_all(struct usctp_assoc *assoc);

/* What usctp_message_keep, _hand_over (usctp_message_take), _drop, _data and _defer do. */
usctp_message *usctp__message_keep(usctp_message *message);
int usctp__message_hand_over(usctp_message *message, size_t memory);
void usctp__message_drop(usctp_message *message);
const uint8_t *usctp__message_data(usctp_message *message, size_t *len);
int usctp__message_defer(usctp_message *message);

#endif
