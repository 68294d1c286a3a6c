/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages on their way out. */
#include "core/outq.h"

#include <string.h>

#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/pr.h"

static struct usctp__outmsg *msg_of(struct usctp__qlink *link)
{
    return link == NULL ? NULL : USCTP__CONTAINER_OF(link, struct usctp__outmsg, link);
}

/* Adopts the caller's bytes: only their places are noted. */
static USCTP__NOINLINE bool adopt(struct usctp__core *core, struct usctp__outmsg *msg,
                                  const struct usctp_iov *iov, size_t iov_cnt)
{
    struct usctp_iov *pieces;

    msg->iov_cnt = (uint32_t)iov_cnt;
    if (iov_cnt == 1) {
        msg->one = iov[0];
        return true;
    }
    pieces = usctp__bufpool_get(&core->bufs, iov_cnt * sizeof(*iov), &msg->cap);
    if (pieces == NULL) {
        return false;
    }
    memcpy(pieces, iov, iov_cnt * sizeof(*iov));
    msg->iov = pieces;
    return true;
}

/* Copies the pieces one behind the other. */
static USCTP__NOINLINE void join(uint8_t *dst, const struct usctp_iov *iov, size_t iov_cnt)
{
    for (size_t i = 0; i < iov_cnt; i++) {
        if (iov[i].len > 0) {
            memcpy(dst, iov[i].base, iov[i].len);
            dst += iov[i].len;
        }
    }
}

static inline bool copy_in(struct usctp__core *core, struct usctp__outmsg *msg,
                           const struct usctp_iov *iov, size_t iov_cnt)
{
    uint8_t *dst = msg->small;

    if (msg->len > sizeof(msg->small)) {
        dst = usctp__bufpool_get(&core->bufs, msg->len, &msg->cap);
        if (dst == NULL) {
            return false;
        }
    }
    msg->one.base = dst;
    msg->one.len = msg->len;
    msg->iov_cnt = 1;
    if (USCTP__LIKELY(iov_cnt == 1)) {
        memcpy(dst, iov->base, msg->len);
    } else {
        join(dst, iov, iov_cnt);
    }
    return true;
}

struct usctp__outmsg *usctp__outmsg_new(struct usctp__core *core,
                                        const struct usctp_send_info *info,
                                        const struct usctp_iov *iov, size_t iov_cnt, uint32_t len)
{
    struct usctp__outmsg *msg = usctp__pool_get(&core->outmsg_pool);
    bool stored;

    if (msg == NULL) {
        return NULL;
    }
    usctp__list_init_node(&msg->at.order);
    msg->stream = NULL;
    msg->iov = &msg->one;
    msg->len = len;
    msg->cut_len = 0;
    msg->chunk_cnt = 0;
    msg->cap = 0;
    msg->release = info->release;
    msg->context = info->context;
    msg->lifetime_dur = info->lifetime_dur;
    msg->expiry_ts =
        info->lifetime_dur == 0 ? USCTP__NEVER : usctp__time_add(core->now_ts, info->lifetime_dur);
    msg->ppid = info->ppid;
    msg->path = info->path;
    msg->flags = info->flags;
    msg->ssn = 0;
    msg->fsn = 0;
    msg->piece = 0;
    msg->piece_start = 0;
    msg->failed_sent = false;
    msg->keyed = false;
    msg->queued = false;
    msg->continues = false;
    msg->after_reset = false;
    msg->pr = NULL;
    stored =
        info->release != NULL ? adopt(core, msg, iov, iov_cnt) : copy_in(core, msg, iov, iov_cnt);
    if (!stored) {
        usctp__pool_put(&core->outmsg_pool, msg);
        return NULL;
    }
    return msg;
}

/* Gives the memory back; the bytes are nobody's any more. */
static void put(struct usctp__core *core, struct usctp__outmsg *msg)
{
    if (msg->cap > 0) {
        bool array = msg->iov != &msg->one;

        usctp__bufpool_put(&core->bufs,
                           array ? (void *)(uintptr_t)msg->iov : (void *)(uintptr_t)msg->one.base,
                           msg->cap);
    }
    if (USCTP__UNLIKELY(msg->pr != NULL)) {
        usctp__outpr_free(core, msg->pr);
    }
    usctp__pool_put(&core->outmsg_pool, msg);
}

void usctp__outmsg_free(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    struct usctp__core *core = assoc->core;

    USCTP__ASSERT(!msg->queued && msg->chunk_cnt == 0);
    if (USCTP__UNLIKELY(msg->keyed)) {
        usctp__auth_message_done(assoc, msg);
    }
    if (msg->release != NULL) {
        usctp__queue_push(&core->released, &msg->link);
    } else {
        put(core, msg);
    }
}

void usctp__outmsg_drop(struct usctp__core *core, struct usctp__outmsg *msg)
{
    put(core, msg);
}

void usctp__outmsg_drain(struct usctp__core *core)
{
    struct usctp__outmsg *msg;
    bool in_callback = core->in_callback;

    while ((msg = msg_of(usctp__queue_pop(&core->released))) != NULL) {
        core->in_callback = true;
        msg->release(msg->context, msg->iov, msg->iov_cnt);
        core->in_callback = in_callback;
        put(core, msg);
    }
}

void usctp__outmsg_gather(struct usctp__outmsg *msg, uint32_t offset, uint8_t *dst, size_t len)
{
    if (offset < msg->piece_start) {
        msg->piece = 0;
        msg->piece_start = 0;
    }
    while (len > 0) {
        const struct usctp_iov *iov = &msg->iov[msg->piece];
        size_t skip = offset - msg->piece_start;

        if (skip < iov->len) {
            size_t part = USCTP__MIN(len, iov->len - skip);

            memcpy(dst, (const uint8_t *)iov->base + skip, part);
            dst += part;
            offset += (uint32_t)part;
            len -= part;
        } else {
            msg->piece_start += (uint32_t)iov->len;
            msg->piece++;
        }
    }
}

void usctp__outmsg_describe(const struct usctp__outmsg *msg, struct usctp_event *event)
{
    struct usctp_send_info *info = &event->u.send_failed.info;

    info->size = sizeof(*info);
    info->stream = msg->stream != NULL ? msg->stream->id : 0;
    info->flags = msg->flags;
    info->ppid = msg->ppid;
    info->path = USCTP_PATH_ANY;
    info->lifetime_dur = msg->lifetime_dur;
    info->pr_policy = msg->pr != NULL ? msg->pr->policy : USCTP_PR_NONE;
    info->pr_value = msg->pr != NULL ? msg->pr->value : 0;
    info->release = msg->release;
    info->context = msg->context;
    event->u.send_failed.iov = msg->iov;
    event->u.send_failed.iov_cnt = msg->iov_cnt;
    event->u.send_failed.len = msg->len;
}

void usctp__outq_init(struct usctp__outq *outq, const struct usctp__sched_ops *sched)
{
    memset(outq, 0, sizeof(*outq));
    outq->sched = sched;
    usctp__list_init(&outq->order);
}

/* RFC 6525, 5.1.2, A1: the message waits for the reset of its stream. All behind it do so, too. */
static bool is_held(const struct usctp__outmsg *msg)
{
    return USCTP__UNLIKELY(msg->stream->resets) && msg->after_reset;
}

/* A reset holds messages of this stream. */
static bool holds(const struct usctp__stream_out *stream)
{
    return !usctp__queue_empty(&stream->queue) && is_held(msg_of(stream->queue.last));
}

/* The first stream from this id on that has messages. */
static struct usctp__stream_out *busy_stream(const struct usctp__outq *outq, uint32_t id)
{
    struct usctp__stream_out *stream = usctp__stream_out_next(&outq->streams, id);

    while (stream != NULL && stream->msg_cnt == 0) {
        stream = usctp__stream_out_next(&outq->streams, (uint32_t)stream->id + 1);
    }
    return stream;
}

bool usctp__outq_schedule(struct usctp__outq *outq, struct usctp__mem *mem,
                          const struct usctp__sched_ops *sched)
{
    struct usctp__stream_out *stream;
    uint32_t cnt = 0;

    for (uint32_t id = 0; sched->reserve != NULL && (stream = busy_stream(outq, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        if (!sched->reserve(outq, mem, stream->id, ++cnt)) {
            return false;
        }
    }
    outq->sched->stop(outq);
    outq->sched = sched;
    outq->turn = 0;
    for (uint32_t id = 0; (stream = busy_stream(outq, id)) != NULL; id = (uint32_t)stream->id + 1) {
        for (struct usctp__qlink *link = usctp__queue_peek(&stream->queue);
             link != NULL && !is_held(msg_of(link)); link = link->next) {
            sched->push(outq, msg_of(link));
        }
    }
    return true;
}

const struct usctp__sched_ops *usctp__outq_sched_of(const struct usctp__outq *outq, uint32_t number)
{
    switch (number) {
    case USCTP_SCHED_FIRST_COME:
        return &usctp__sched_first_come;
    case USCTP_SCHED_ROUND_ROBIN:
        return &usctp__sched_round_robin;
    case USCTP_SCHED_ROUND_ROBIN_PACKET:
        return &usctp__sched_round_robin_packet;
    case USCTP_SCHED_PRIORITY:
        return &usctp__sched_priority;
    case USCTP_SCHED_FAIR:
        return &usctp__sched_fair;
    case USCTP_SCHED_WEIGHTED:
        return &usctp__sched_weighted;
    default:
        return outq->interleaved ? &usctp__sched_round_robin : &usctp__sched_first_come;
    }
}

void usctp__outq_push_piece(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    msg->continues = outq->open != NULL;
    if (msg->continues && usctp__queue_empty(&msg->stream->queue)) {
        msg->fsn = outq->open_fsn; /* the piece before it has left */
    }
    outq->open = usctp__outmsg_goes_on(msg) ? msg->stream : NULL;
    outq->open_ppid = msg->ppid;
    outq->open_unordered = msg->flags & USCTP_SEND_UNORDERED;
}

void usctp__outq_push_held(struct usctp__outq *outq, struct usctp__outmsg *msg,
                           struct usctp__list *held)
{
    outq->open_waits = outq->open_waits || !msg->continues;
    msg->after_reset = outq->open_waits;
    outq->older_cnt += !outq->open_waits;
    if (!is_held(msg)) {
        outq->sched->push(outq, msg);
    } else {
        outq->held_cnt += !holds(msg->stream);
        usctp__list_push_back(held, &msg->at.order);
    }
}

bool usctp__outq_scheduled(const struct usctp__stream_out *stream)
{
    return !usctp__queue_empty(&stream->queue) && !is_held(msg_of(stream->queue.first));
}

void usctp__outq_hold(struct usctp__outq *outq, struct usctp__stream_out *stream)
{
    struct usctp__qlink *link = usctp__queue_peek(&stream->queue);

    stream->resets = true;
    if (outq->open == stream) {
        outq->open_waits = false; /* it was begun before, and leaves whole */
    }
    for (; link != NULL; link = link->next) {
        msg_of(link)->after_reset = false;
        outq->older_cnt++;
    }
}

void usctp__outq_release(struct usctp__outq *outq, struct usctp__list *held)
{
    struct usctp__stream_out *stream;
    struct usctp__list *link;

    for (uint32_t id = 0; (stream = usctp__stream_out_next(&outq->streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        stream->resets = false;
    }
    outq->older_cnt = 0;
    outq->held_cnt = 0;
    while ((link = usctp__list_pop_front(held)) != NULL) {
        outq->sched->push(outq, USCTP__CONTAINER_OF(link, struct usctp__outmsg, at.order));
    }
}

/* A message has left its stream's queue, of which the scheduler knew. */
static inline void leave(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    msg->queued = false;
    msg->stream->msg_cnt--;
    outq->msg_cnt--;
    outq->older_cnt -= msg->stream->resets;
    outq->sched->pop(outq, msg);
}

/* Takes off the message behind `prev`, or the first. */
static void remove_after(struct usctp__outq *outq, struct usctp__outmsg *msg,
                         struct usctp__qlink *prev)
{
    usctp__queue_remove_after(&msg->stream->queue, prev);
    if (USCTP__UNLIKELY(is_held(msg))) {
        usctp__list_remove(&msg->at.order);
        msg->queued = false;
        msg->stream->msg_cnt--;
        outq->msg_cnt--;
        outq->held_cnt -= !holds(msg->stream);
    } else {
        leave(outq, msg);
    }
    outq->unsent_len -= msg->len - msg->cut_len;
    if (outq->locked == msg) {
        outq->locked = NULL;
    }
}

void usctp__outq_remove(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    struct usctp__qlink *prev = NULL;
    struct usctp__qlink *link = usctp__queue_peek(&msg->stream->queue);

    while (link != &msg->link) {
        prev = link;
        link = link->next;
    }
    remove_after(outq, msg, prev);
}

uint64_t usctp__outq_expire(struct usctp__outq *outq, struct usctp__stream_out *stream,
                            uint64_t now_ts, struct usctp__queue *expired)
{
    uint64_t next_ts = USCTP__NEVER;
    struct usctp__qlink *prev = NULL;
    struct usctp__qlink *link = usctp__queue_peek(&stream->queue);

    while (link != NULL) {
        struct usctp__outmsg *msg = msg_of(link);

        link = link->next;
        if (msg->cut_len == 0 && msg->expiry_ts <= now_ts) {
            remove_after(outq, msg, prev);
            usctp__queue_push(expired, &msg->link);
            continue;
        }
        if (msg->cut_len == 0) {
            next_ts = USCTP__MIN(next_ts, msg->expiry_ts);
        }
        prev = &msg->link;
    }
    return next_ts;
}

/* RFC 9260, 6.5; RFC 8260, 2.1: the message gets its number, one for all its pieces. */
static void give_number(const struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    struct usctp__stream_out *stream = msg->stream;

    if (USCTP__LIKELY(usctp__outmsg_ordered(msg))) {
        msg->ssn = stream->next_ssn;
        stream->next_ssn += !usctp__outmsg_goes_on(msg);
        stream->ordered_cnt++;
    } else if (outq->interleaved) {
        msg->ssn = stream->next_mid;
        stream->next_mid += !usctp__outmsg_goes_on(msg);
    }
}

/* The piece has left whole, and another piece of its message is to follow: its FSNs go on. */
static void carry_on(struct usctp__outq *outq, const struct usctp__outmsg *msg)
{
    struct usctp__outmsg *next = msg_of(usctp__queue_peek(&msg->stream->queue));

    if (!outq->interleaved) {
        outq->begun = msg->stream;
    } else if (next != NULL) {
        next->fsn = msg->fsn;
    } else {
        outq->open_fsn = msg->fsn;
    }
}

void usctp__outq_cut(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len)
{
    USCTP__ASSERT(len > 0 && len <= msg->len - msg->cut_len);

    if (msg->cut_len == 0) {
        give_number(outq, msg);
    }
    msg->cut_len += len;
    msg->chunk_cnt++;
    msg->fsn++;
    outq->unsent_len -= len;
    if (USCTP__UNLIKELY(outq->sched->cut != NULL)) {
        outq->sched->cut(outq, msg, len);
    }
    if (msg->cut_len < msg->len) {
        outq->locked = outq->interleaved ? NULL : msg;
        return;
    }
    outq->begun = NULL;
    outq->locked = NULL;
    usctp__queue_remove_after(&msg->stream->queue, NULL); /* it is the first of its stream */
    leave(outq, msg);
    if (USCTP__UNLIKELY(usctp__outmsg_goes_on(msg))) {
        carry_on(outq, msg);
    }
}

void usctp__outq_cut_whole(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    give_number(outq, msg);
    msg->cut_len = msg->len;
    msg->chunk_cnt = 1;
    msg->fsn++;
    outq->unsent_len -= msg->len;
    usctp__queue_remove_after(&msg->stream->queue, NULL);
    leave(outq, msg);
}
