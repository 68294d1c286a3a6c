/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages on their way out: one struct each, queued by stream until they are cut into chunks, then
 * held by their chunks until these are acknowledged. */
#ifndef USCTP_CORE_OUTQ_H
#define USCTP_CORE_OUTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <usctp/usctp.h>

#include "base/compiler.h"
#include "base/list.h"
#include "core/event.h"
#include "core/sched.h"
#include "core/stream_out.h"

struct usctp__core;
struct usctp__outpr;

enum { USCTP__OUTMSG_SMALL_LEN = 64 }; /* copied messages up to this length need no buffer */

/* A message. Its bytes are a copy (release is NULL) or the caller's own. */
struct usctp__outmsg {
    struct usctp__qlink link; /* in its stream's queue; later in core->released */
    union {
        struct usctp__list order;        /* for the scheduler, while it waits; or among those that
                                          * a reset holds */
        struct usctp__event_head failed; /* SEND_FAILED, which so needs no memory */
    } at;
    struct usctp__stream_out *stream; /* which it belongs to */
    const struct usctp_iov *iov;      /* its bytes: `one`, or an array of its own */
    uint32_t iov_cnt;                 /* pieces */
    uint32_t len;                     /* payload bytes */
    uint32_t cut_len;                 /* of these, cut into chunks so far */
    uint32_t chunk_cnt;               /* chunks of it in the ring */
    struct usctp_iov one;             /* the only piece, if there is one only */
    size_t cap;                       /* of the copy's buffer or of the array; 0: there is none */
    uint64_t expiry_ts;               /* given up unless first sent before; USCTP_NEVER: no limit */
    uint64_t lifetime_dur;            /* as the caller gave it */
    struct usctp__outpr *pr;          /* may be abandoned: how (pr.h); NULL: it is reliable */
    usctp_release_fn release;         /* adopted: gives the bytes back; NULL: copied */
    void *context;                    /* the caller's */
    uint32_t piece_start;             /* offset in the message of piece `piece` */
    uint32_t piece;                   /* where the bytes copied last stand: later ones follow */
    uint32_t ppid;                    /* payload protocol identifier */
    usctp_path_id path;               /* preferred path, or USCTP_PATH_ANY */
    uint32_t ssn;                     /* given when the first chunk is cut; ordered messages only.
                                       * I-DATA: MID, of any message */
    uint32_t fsn;                     /* I-DATA: of the next chunk to be cut */
    uint16_t flags;                   /* enum usctp_send_flag */
    uint16_t key;                     /* keyed: shared key id that it goes under (auth.h) */
    uint16_t failed_cause;            /* of SEND_FAILED */
    bool failed_sent : 1;             /* of SEND_FAILED: part of it was sent */
    bool keyed : 1;                   /* it counts as a message of that key */
    bool queued : 1;                  /* it is in its stream's queue */
    bool continues : 1;               /* it is a further piece of the message before it */
    bool after_reset : 1;             /* while its stream `resets` it waits */
    uint8_t small[USCTP__OUTMSG_SMALL_LEN]; /* copied bytes, where they fit */
};

/* What waits to be sent. */
struct usctp__outq {
    uint32_t msg_cnt;    /* messages queued, cut in part or not at all */
    uint32_t older_cnt;  /* of these, in streams that are to be reset, those that go first */
    uint32_t unsent_len; /* payload bytes not cut yet */
    uint32_t
        held_cnt; /* streams with messages that a reset holds: the scheduler does not know of these */
    const struct usctp__sched_ops *sched; /* names the stream whose turn it is */
    struct usctp__list order;             /* the scheduler's: messages or streams */
    struct usctp__streams_out streams;    /* state of the streams in use */
    struct usctp__stream_out *open;  /* a message of this stream was begun with USCTP_SEND_MORE and
                                           * its last piece is not here yet */
    struct usctp__stream_out *begun; /* of this stream a piece was cut to its end, and the next
                                           * one must follow before all else (6.9) */
    uint32_t open_ppid;              /* of that message */
    uint16_t open_unordered;         /* of its flags */
    bool open_waits;              /* if its stream is to be reset: it was begun since, and waits */
    bool interleaved;             /* messages leave as I-DATA (RFC 8260) */
    struct usctp__outmsg *locked; /* cut in part: with DATA nothing else may be cut before
                                           * its end (RFC 9260, 6.9: consecutive TSNs) */
    struct usctp__ranks *ranks;   /* of some schedulers; NULL: there are none */
    struct usctp__sched_user *user; /* the application's scheduler; NULL: one of ours is at work */
    uint32_t turn;     /* by packets: id + 1 of the stream whose packet it is; 0: none's */
    uint32_t open_fsn; /* I-DATA: FSN for the piece to come of the open message */
};

/* A message of len bytes (their sum, checked by the caller) that is in no queue. With info->release
 * the bytes are adopted, else copied. NULL: no memory, nothing is adopted. */
struct usctp__outmsg *usctp__outmsg_new(struct usctp__core *core,
                                        const struct usctp_send_info *info,
                                        const struct usctp_iov *iov, size_t iov_cnt, uint32_t len);

/* Lets go of a message that is in no queue and has no chunks. Adopted bytes are given back when the
 * state is consistent, by usctp__outmsg_drain. */
void usctp__outmsg_free(struct usctp_assoc *assoc, struct usctp__outmsg *msg);

/* Frees a message just made: adopted bytes stay the caller's. */
void usctp__outmsg_drop(struct usctp__core *core, struct usctp__outmsg *msg);

/* Calls the release functions that are due. Those may call back into the library. */
void usctp__outmsg_drain(struct usctp__core *core);

/* Copies len bytes of a message in many pieces from `offset` on. */
void usctp__outmsg_gather(struct usctp__outmsg *msg, uint32_t offset, uint8_t *dst, size_t len);

/* Copies len bytes of the message from `offset` on. */
static inline void usctp__outmsg_copy(struct usctp__outmsg *msg, uint32_t offset, uint8_t *dst,
                                      size_t len)
{
    if (USCTP__LIKELY(msg->iov_cnt == 1)) {
        memcpy(dst, (const uint8_t *)msg->iov->base + offset, len);
    } else {
        usctp__outmsg_gather(msg, offset, dst, len);
    }
}

/* Fills in u.send_failed of an event: how it was sent (the path excepted) and its bytes. */
void usctp__outmsg_describe(const struct usctp__outmsg *msg, struct usctp_event *event);

/* More of the message follows in another struct. */
static inline bool usctp__outmsg_goes_on(const struct usctp__outmsg *msg)
{
    return (msg->flags & USCTP_SEND_MORE) != 0;
}

static inline bool usctp__outmsg_ordered(const struct usctp__outmsg *msg)
{
    return (msg->flags & USCTP_SEND_UNORDERED) == 0;
}

/* An empty queue with this scheduler. Allocates nothing. */
void usctp__outq_init(struct usctp__outq *outq, const struct usctp__sched_ops *sched);

/* Another scheduler: messages keep their order within a stream. False: no memory, nothing has changed. */
bool usctp__outq_schedule(struct usctp__outq *outq, struct usctp__mem *mem,
                          const struct usctp__sched_ops *sched);

/* The scheduler of this number (enum usctp_sched). */
const struct usctp__sched_ops *usctp__outq_sched_of(const struct usctp__outq *outq,
                                                    uint32_t number);

/* The parts of usctp__outq_push that are rare: the message is a piece of one in several; its stream is to be
 * reset. */
void usctp__outq_push_piece(struct usctp__outq *outq, struct usctp__outmsg *msg);
void usctp__outq_push_held(struct usctp__outq *outq, struct usctp__outmsg *msg,
                           struct usctp__list *held);

/* Puts a message at the end of its stream's queue. Where the stream is to be reset and the message has to wait
 * for that, it stands in `held`, too, and not with the scheduler; NULL: no stream is to be reset. */
static inline void usctp__outq_push(struct usctp__outq *outq, struct usctp__stream_out *stream,
                                    struct usctp__outmsg *msg, struct usctp__list *held)
{
    msg->stream = stream;
    msg->queued = true;
    if (USCTP__UNLIKELY(outq->open != NULL || usctp__outmsg_goes_on(msg))) {
        usctp__outq_push_piece(outq, msg);
    }
    if (USCTP__UNLIKELY(stream->resets)) {
        usctp__outq_push_held(outq, msg, held);
    } else {
        outq->sched->push(outq, msg);
    }
    usctp__queue_push(&stream->queue, &msg->link);
    stream->msg_cnt++;
    outq->msg_cnt++;
    outq->unsent_len += msg->len;
}

/* The stream is to be reset: what is queued goes first, what is queued from now on waits. */
void usctp__outq_hold(struct usctp__outq *outq, struct usctp__stream_out *stream);

/* No stream is to be reset any more: messages go to the scheduler in the order in which they came to be `held`.
 * The list is empty then. */
void usctp__outq_release(struct usctp__outq *outq, struct usctp__list *held);

/* True if a stream has messages that the scheduler knows of: there are any, and no reset holds them. */
bool usctp__outq_scheduled(const struct usctp__stream_out *stream);

/* The first message in the queue of a stream, or NULL. */
static inline struct usctp__outmsg *usctp__outq_first(const struct usctp__stream_out *stream)
{
    struct usctp__qlink *link = usctp__queue_peek(&stream->queue);

    return link == NULL ? NULL : USCTP__CONTAINER_OF(link, struct usctp__outmsg, link);
}

/* True if the first message of a stream that the scheduler knows of has to wait, and with it the stream, for an
 * acknowledgement (RFC 9260, 6.1: no more than 2^16 - 1 of its ordered messages are in flight). */
static inline bool usctp__outq_waits(const struct usctp__stream_out *stream)
{
    const struct usctp__outmsg *msg =
        USCTP__CONTAINER_OF(stream->queue.first, struct usctp__outmsg, link);

    return USCTP__UNLIKELY(stream->ordered_cnt == UINT16_MAX) && msg->cut_len == 0 &&
           usctp__outmsg_ordered(msg);
}

/* The message whose next piece is to be sent; NULL: none, or all have to wait. It stays. */
static inline struct usctp__outmsg *usctp__outq_next(const struct usctp__outq *outq)
{
    const struct usctp__stream_out *stream = outq->begun;

    if (USCTP__UNLIKELY(outq->locked != NULL)) {
        return outq->locked;
    }
    if (USCTP__LIKELY(stream == NULL)) {
        stream = outq->sched->pick(outq);
    }
    return stream == NULL ? NULL : usctp__outq_first(stream);
}

/* The next len bytes of the message that usctp__outq_next gave were cut into a chunk: counts it, gives
 * the stream sequence number with the first, takes the message off the queue with the last. */
void usctp__outq_cut(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len);

/* The same of the only message that is queued, all of it in one chunk, where the scheduler keeps lists only. */
void usctp__outq_cut_whole(struct usctp__outq *outq, struct usctp__outmsg *msg);

/* Takes a message off its queue wherever it stands there. */
void usctp__outq_remove(struct usctp__outq *outq, struct usctp__outmsg *msg);

/* Takes the messages off a stream's queue whose lifetime is over at now_ts before anything of them was
 * cut, and puts them into `expired` in their order. Returns when the next one of the stream expires. */
uint64_t usctp__outq_expire(struct usctp__outq *outq, struct usctp__stream_out *stream,
                            uint64_t now_ts, struct usctp__queue *expired);

#endif
