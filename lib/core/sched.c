/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream schedulers: first come first served, and round robin. */
#include "core/sched.h"

#include "base/compiler.h"
#include "core/outq.h"

/* --- First come, first served: outq->order holds the messages. --- */

static void first_come_push(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    usctp__list_push_back(&outq->order, &msg->order);
}

static struct usctp__stream_out *first_come_pick(const struct usctp__outq *outq)
{
    USCTP__LIST_FOREACH(link, &outq->order)
    {
        /* Of each stream its first message stands first. */
        struct usctp__stream_out *stream =
            USCTP__CONTAINER_OF(link, struct usctp__outmsg, order)->stream;

        if (USCTP__LIKELY(!usctp__outq_waits(stream))) {
            return stream;
        }
        if (stream->msg_cnt == outq->msg_cnt) {
            return NULL; /* nothing but this stream: do not look through its messages */
        }
    }
    return NULL;
}

static void first_come_pop(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    struct usctp__list *next;

    usctp__list_remove(&msg->order);
    next = outq->order.next->next;
    if (next != &outq->order) {
        USCTP__PREFETCH(USCTP__CONTAINER_OF(next, struct usctp__outmsg, order)->stream);
    }
}

const struct usctp__sched_ops usctp__sched_first_come = {"first-come", first_come_push,
                                                         first_come_pick, first_come_pop};

/* --- Round robin: outq->order holds the streams that have messages. --- */

static void round_robin_push(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    if (!usctp__list_linked(&msg->stream->order)) {
        usctp__list_push_back(&outq->order, &msg->stream->order);
    }
}

static struct usctp__stream_out *round_robin_pick(const struct usctp__outq *outq)
{
    USCTP__LIST_FOREACH(link, &outq->order)
    {
        struct usctp__stream_out *stream =
            USCTP__CONTAINER_OF(link, struct usctp__stream_out, order);

        if (USCTP__LIKELY(!usctp__outq_waits(stream))) {
            return stream;
        }
    }
    return NULL;
}

static void round_robin_pop(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    struct usctp__stream_out *stream = msg->stream;

    usctp__list_remove(&stream->order);
    if (!usctp__queue_empty(&stream->queue)) {
        usctp__list_push_back(&outq->order, &stream->order);
    }
}

const struct usctp__sched_ops usctp__sched_round_robin = {"round-robin", round_robin_push,
                                                          round_robin_pick, round_robin_pop};
