/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedulers of the application (struct usctp_scheduler). */
#include <stddef.h>

#include "base/compiler.h"
#include "core/outq.h"

struct usctp__sched_user *usctp__sched_user_new(struct usctp__mem *mem,
                                                const struct usctp_scheduler *ops, void *ctx)
{
    struct usctp__sched_user *user = usctp__mem_calloc(mem, sizeof(*user));

    if (user == NULL) {
        return NULL;
    }
    user->mem = mem;
    user->ops = *ops;
    user->state = ctx;
    if (ops->begin != NULL && (user->state = ops->begin(ctx)) == NULL) {
        usctp__mem_free(mem, user, sizeof(*user));
        return NULL;
    }
    return user;
}

void usctp__sched_user_free(struct usctp__sched_user *user)
{
    if (user != NULL) {
        if (user->ops.end != NULL) {
            user->ops.end(user->state);
        }
        usctp__mem_free(user->mem, user, sizeof(*user));
    }
}

static bool reserve(struct usctp__outq *outq, struct usctp__mem *mem, uint16_t sid, uint32_t cnt)
{
    const struct usctp__sched_user *user = outq->user;

    USCTP__UNUSED(mem);
    USCTP__UNUSED(cnt);
    return user->ops.reserve == NULL || user->ops.reserve(user->state, sid) == USCTP_OK;
}

static void push(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    outq->user->msg_cnt++;
    outq->user->ops.push(outq->user->state, msg->stream->id, msg->len - msg->cut_len);
}

static void pop(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    outq->user->msg_cnt--;
    outq->user->ops.pop(outq->user->state, msg->stream->id);
}

static void cut(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len)
{
    outq->turn = msg->stream->id + UINT32_C(1);
    if (outq->user->ops.sent != NULL) {
        outq->user->ops.sent(outq->user->state, msg->stream->id, len);
    }
}

static void packet(struct usctp__outq *outq)
{
    outq->turn = 0;
    if (outq->user->ops.packet != NULL) {
        outq->user->ops.packet(outq->user->state);
    }
}

static bool may_go(const struct usctp__stream_out *stream)
{
    return stream != NULL && usctp__outq_scheduled(stream) && !usctp__outq_waits(stream);
}

/* Whatever it says: what waits is sent in the end. */
static struct usctp__stream_out *pick(const struct usctp__outq *outq)
{
    struct usctp__stream_out *stream = NULL;
    int32_t sid;

    if (outq->user->msg_cnt == 0) {
        return NULL;
    }
    sid = outq->user->ops.pick(outq->user->state);
    if (sid >= 0 && sid <= UINT16_MAX) {
        stream = usctp__stream_out_find(&outq->streams, (uint16_t)sid);
    }
    if (USCTP__LIKELY(may_go(stream))) {
        return stream;
    }
    for (uint32_t id = 0; (stream = usctp__stream_out_next(&outq->streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        if (may_go(stream)) {
            return stream;
        }
    }
    return NULL;
}

static void stop(struct usctp__outq *outq)
{
    USCTP__UNUSED(outq); /* its state goes with it */
}

static const struct usctp__sched_ops by_chunk = {"user", push,    pick, pop,  cut,
                                                 NULL,   reserve, stop, false};
static const struct usctp__sched_ops by_packet = {"user", push,    pick, pop,  cut,
                                                  packet, reserve, stop, false};

const struct usctp__sched_ops *usctp__sched_user_ops(const struct usctp__sched_user *user)
{
    return (user->ops.flags & USCTP_SCHEDULER_BY_PACKET) != 0 ? &by_packet : &by_chunk;
}
