/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream schedulers: first come first served, and round robin, by messages, chunks or packets. */
#include "core/sched.h"

#include "base/compiler.h"
#include "core/outq.h"

/* --- First come, first served: outq->order holds the messages. --- */

static void first_come_push(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    usctp__list_push_back(&outq->order, &msg->at.order);
}

static struct usctp__stream_out *first_come_pick(const struct usctp__outq *outq)
{
    USCTP__LIST_FOREACH(link, &outq->order)
    {
        /* Of each stream its first message stands first. */
        struct usctp__stream_out *stream =
            USCTP__CONTAINER_OF(link, struct usctp__outmsg, at.order)->stream;

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

    usctp__list_remove(&msg->at.order);
    next = outq->order.next->next;
    if (next != &outq->order) {
        USCTP__PREFETCH(USCTP__CONTAINER_OF(next, struct usctp__outmsg, at.order)->stream);
    }
}

static void clear_order(struct usctp__outq *outq)
{
    while (usctp__list_pop_front(&outq->order) != NULL) {
    }
}

const struct usctp__sched_ops usctp__sched_first_come = {
    "first-come", first_come_push, first_come_pick, first_come_pop, NULL, NULL, NULL, clear_order,
    true};

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
    if (usctp__outq_scheduled(stream)) {
        usctp__list_push_back(&outq->order, &stream->order);
    }
}

static void round_robin_cut(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len)
{
    USCTP__UNUSED(len);
    if (outq->interleaved) {
        usctp__list_remove(&msg->stream->order);
        usctp__list_push_back(&outq->order, &msg->stream->order);
    }
}

const struct usctp__sched_ops usctp__sched_round_robin = {"round-robin",
                                                          round_robin_push,
                                                          round_robin_pick,
                                                          round_robin_pop,
                                                          round_robin_cut,
                                                          NULL,
                                                          NULL,
                                                          clear_order,
                                                          true};

/* --- The same by packets: outq->turn is the stream that the packet at hand is of. --- */

static void by_packet_pop(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    USCTP__UNUSED(outq);
    if (!usctp__outq_scheduled(msg->stream)) {
        usctp__list_remove(&msg->stream->order);
    }
}

static void by_packet_cut(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len)
{
    USCTP__UNUSED(len);
    outq->turn = msg->stream->id + UINT32_C(1);
}

/* Its turn is over. */
static void by_packet_packet(struct usctp__outq *outq)
{
    struct usctp__stream_out *stream = NULL;

    if (outq->turn > 0) {
        stream = usctp__stream_out_find(&outq->streams, (uint16_t)(outq->turn - 1));
    }
    outq->turn = 0;
    if (stream != NULL && usctp__list_linked(&stream->order)) {
        usctp__list_remove(&stream->order);
        usctp__list_push_back(&outq->order, &stream->order);
    }
}

const struct usctp__sched_ops usctp__sched_round_robin_packet = {"round-robin-packet",
                                                                 round_robin_push,
                                                                 round_robin_pick,
                                                                 by_packet_pop,
                                                                 by_packet_cut,
                                                                 by_packet_packet,
                                                                 NULL,
                                                                 clear_order,
                                                                 false};
