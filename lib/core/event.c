/* SPDX-License-Identifier: BSD-3-Clause */
/* Events wait here until the state is consistent. */
#include "core/event.h"

#include <string.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/serial.h"
#include "core/assoc.h"
#include "core/error.h"
#include "core/message.h"
#include "core/outq.h"
#include "wire/cause.h"

/* These must not overtake messages. */
static bool keeps_lane(unsigned type)
{
    return type == USCTP_EVENT_MESSAGE || type == USCTP_EVENT_PEER_SHUTDOWN ||
           type == USCTP_EVENT_RESTARTED || type == USCTP_EVENT_PARTIAL_ABORTED ||
           usctp__event_is_reconf(type);
}

static struct usctp_message *message_of(struct usctp__event_head *head)
{
    return USCTP__CONTAINER_OF(head, struct usctp_message, head);
}

static struct usctp__outmsg *outmsg_of(struct usctp__event_head *head)
{
    return USCTP__CONTAINER_OF(head, struct usctp__outmsg, at.failed);
}

/* --- What comes in ---------------------------------------------------------------------------- */

void usctp__event_put(struct usctp_assoc *assoc, struct usctp__event_head *head)
{
    struct usctp__eventq *events = &assoc->events;

    head->seq = events->next_seq++;
    usctp__queue_push(keeps_lane(head->type) ? &events->queue : &events->others, &head->link);
    usctp__assoc_touch(assoc);
}

void usctp__event_put_back(struct usctp_assoc *assoc, struct usctp_message *message)
{
    struct usctp__eventq *events = &assoc->events;

    usctp__queue_push_front(&events->queue, &message->head.link);
    if (usctp__message_is_lent(message)) {
        events->lent = &message->head;
    }
    events->paused = true;
    events->deferred = true;
}

void usctp__event_pause(struct usctp_assoc *assoc)
{
    assoc->events.paused = true;
}

void usctp__event_resume(struct usctp_assoc *assoc)
{
    assoc->events.paused = false;
    usctp__assoc_touch(assoc);
}

/* --- Delivering ------------------------------------------------------------------------------- */

/* Hands one event to the callback. */
static void call(struct usctp_assoc *assoc, struct usctp_event *event)
{
    struct usctp__core *core = assoc->core;
    bool was_in_callback = core->in_callback;

    core->in_callback = true;
    core->ops->deliver(core, assoc, event);
    core->in_callback = was_in_callback;
}

void usctp__event_begin(struct usctp_event *event, int type)
{
    memset(event, 0, sizeof(*event));
    event->size = sizeof(*event);
    event->type = type;
}

/* A MESSAGE event for deliver_message to fill in. What the message does not fill of the union is
 * cleared: later versions may use it. */
static void begin_messages(struct usctp_event *event)
{
    const size_t used_len = sizeof(event->u.message);

    event->size = sizeof(*event);
    event->type = USCTP_EVENT_MESSAGE;
    memset((uint8_t *)&event->u + used_len, 0, sizeof(event->u) - used_len);
}

/* `event` is a MESSAGE event already, whatever message it told of before. True: usctp__rx_opened is due. */
static inline bool deliver_message(struct usctp_assoc *assoc, struct usctp_message *message,
                                   struct usctp_event *event)
{
    event->u.message.message = message;
    event->u.message.iov = message->iov;
    event->u.message.iov_cnt = message->iov_cnt;
    event->u.message.len = message->len;
    event->u.message.stream = message->sid;
    event->u.message.flags = message->flags;
    event->u.message.ppid = message->ppid;
    event->u.message.ssn = message->ssn;
    event->u.message.tsn = message->tsn;
    event->u.message.path = message->path;
    message->in_callback = true;
    call(assoc, event);
    return usctp__message_returned(message);
}

static USCTP__NOINLINE void deliver_send_failed(struct usctp_assoc *assoc,
                                                struct usctp__outmsg *msg)
{
    struct usctp_event event;

    usctp__event_begin(&event, USCTP_EVENT_SEND_FAILED);
    usctp__outmsg_describe(msg, &event);
    event.u.send_failed.sent = msg->failed_sent;
    event.u.send_failed.cause = msg->failed_cause;
    call(assoc, &event);
    usctp__outmsg_free(assoc, msg);
}

static void deliver_other(struct usctp_assoc *assoc, struct usctp_event *event)
{
    if (event->type == USCTP_EVENT_RESTARTED) {
        assoc->events.untold_restarts--;
    }
    call(assoc, event);
}

static USCTP__NOINLINE void deliver_node(struct usctp_assoc *assoc,
                                         const struct usctp__event_node *node)
{
    struct usctp_event event;

    usctp__event_begin(&event, node->head.type);
    memcpy(&event.u, node->u.bytes, sizeof(node->u));
    deliver_other(assoc, &event);
}

/* A node's memory, after its event or instead of it. */
static USCTP__NOINLINE void free_node(struct usctp_assoc *assoc, struct usctp__event_node *node)
{
    struct usctp__core *core = assoc->core;

    usctp__bufpool_put(&core->bufs, node->owned, node->cap);
    if (usctp__event_is_reconf(node->head.type)) {
        assoc->events.reconf_cnt -= assoc->events.reconf_cnt > 0;
    }
    usctp__pool_put(&core->event_pool, node);
}

/* The first in the lane of messages that may be delivered now, or NULL. */
static inline struct usctp__event_head *ready_in_lane(const struct usctp__eventq *events)
{
    struct usctp__event_head *head = usctp__event_head_of(usctp__queue_peek(&events->queue));

    if (USCTP__UNLIKELY(events->paused || events->deferred) && head != NULL &&
        (head->type == USCTP_EVENT_MESSAGE || head->type == USCTP_EVENT_PARTIAL_ABORTED ||
         usctp__event_is_reconf(head->type))) {
        return NULL;
    }
    return head;
}

/* The next of all that may be delivered now, or NULL. */
static inline struct usctp__event_head *next_ready(const struct usctp__eventq *events)
{
    struct usctp__event_head *lane = ready_in_lane(events);
    struct usctp__event_head *other = usctp__event_head_of(usctp__queue_peek(&events->others));

    if (lane == NULL || other == NULL) {
        return lane != NULL ? lane : other;
    }
    return usctp__s32_lt(other->seq, lane->seq) ? other : lane;
}

/* True: usctp__rx_opened is due. */
static inline bool deliver_head(struct usctp_assoc *assoc, struct usctp__event_head *head,
                                struct usctp_event *event)
{
    struct usctp__eventq *events = &assoc->events;

    usctp__queue_pop(keeps_lane(head->type) ? &events->queue : &events->others);
    if (events->lent == head) {
        events->lent = usctp__event_head_of(usctp__queue_peek(&events->queue));
    }
    if (head->type == USCTP_EVENT_MESSAGE) {
        return deliver_message(assoc, message_of(head), event);
    }
    if (head->type == USCTP_EVENT_SEND_FAILED) {
        deliver_send_failed(assoc, outmsg_of(head));
    } else {
        deliver_node(assoc, usctp__event_node_of(head));
        free_node(assoc, usctp__event_node_of(head));
    }
    return false;
}

/* Events for which there was no node. */
static bool deliver_owed(struct usctp_assoc *assoc, unsigned mask)
{
    unsigned owed = assoc->events.owed & mask;

    assoc->events.owed &= (uint16_t)~mask;
    for (int type = USCTP_EVENT_UP; owed >> type != 0; type++) {
        if ((owed >> type & 1u) != 0 && !assoc->freed) {
            struct usctp_event event;

            usctp__event_begin(&event, type);
            if (type == USCTP_EVENT_UP || type == USCTP_EVENT_RESTARTED) {
                event.u.up.out_streams = assoc->out_streams;
                event.u.up.in_streams = assoc->in_streams;
            }
            deliver_other(assoc, &event);
        }
    }
    return owed != 0;
}

static void free_lost_causes(struct usctp_assoc *assoc)
{
    struct usctp__lost_causes *causes = assoc->events.lost_causes;

    if (causes != NULL) {
        usctp__bufpool_put(&assoc->core->bufs, causes, causes->cap);
        assoc->events.lost_causes = NULL;
    }
}

static bool deliver_lost(struct usctp_assoc *assoc)
{
    struct usctp__eventq *events = &assoc->events;
    struct usctp_event event;

    if (events->lost_reason == 0 || assoc->freed) {
        return false;
    }
    usctp__event_begin(&event, USCTP_EVENT_LOST);
    event.u.lost.reason = events->lost_reason;
    event.u.lost.was_up = assoc->was_up;
    event.u.lost.cause = events->lost_cause;
    if (events->lost_causes != NULL) {
        event.u.lost.causes = events->lost_causes->bytes;
        event.u.lost.causes_len = events->lost_causes->len;
    }
    events->lost_reason = 0;
    call(assoc, &event);
    free_lost_causes(assoc);
    return true;
}

static bool deliver_closed(struct usctp_assoc *assoc)
{
    struct usctp_event event;

    if (!assoc->events.closed_due || assoc->freed) {
        return false;
    }
    assoc->events.closed_due = false;
    usctp__outmsg_drain(assoc->core); /* adopted data goes back before CLOSED */
    usctp__event_begin(&event, USCTP_EVENT_CLOSED);
    call(assoc, &event);
    return true;
}

enum {
    OWED_FIRST = 1 << USCTP_EVENT_UP | 1 << USCTP_EVENT_WRITABLE | 1 << USCTP_EVENT_DRY,
    OWED_LAST = 1 << USCTP_EVENT_RESTARTED | 1 << USCTP_EVENT_PEER_SHUTDOWN
};

/* Nothing waits that LOST and CLOSED must not overtake. */
static bool lanes_empty(const struct usctp__eventq *events)
{
    return usctp__queue_empty(&events->queue) && usctp__queue_empty(&events->others);
}

/* What comes last: owed events, LOST, CLOSED. */
static USCTP__NOINLINE bool deliver_last(struct usctp_assoc *assoc)
{
    struct usctp__eventq *events = &assoc->events;
    bool any = false;

    if (events->owed != 0 && !assoc->freed && usctp__queue_empty(&events->queue)) {
        any |= deliver_owed(assoc, OWED_LAST);
    }
    if (lanes_empty(events)) {
        any |= deliver_lost(assoc);
        /* The callback of LOST may have raised more. */
        if (lanes_empty(events)) {
            any |= deliver_closed(assoc);
        }
    }
    return any;
}

bool usctp__event_deliver(struct usctp_assoc *assoc)
{
    struct usctp__eventq *events = &assoc->events;
    uint32_t end_seq = events->next_seq; /* what callbacks raise is for the next round */
    struct usctp__event_head *head;
    struct usctp_event event; /* of all messages */
    bool any = events->owed != 0 && deliver_owed(assoc, OWED_FIRST);
    bool opened = false;

    begin_messages(&event);
    while (!assoc->freed && (head = next_ready(events)) != NULL &&
           usctp__s32_lt(head->seq, end_seq)) {
        opened |= deliver_head(assoc, head, &event);
        any = true;
    }
    events->deferred = false;
    if (opened) {
        usctp__rx_opened(assoc);
    }
    if (events->lent != NULL) {
        usctp__event_settle_lent(assoc);
    }
    if (USCTP__UNLIKELY(events->owed != 0 || events->lost_reason != 0 || events->closed_due)) {
        any |= deliver_last(assoc);
    }
    return any;
}

bool usctp__event_ready(const struct usctp_assoc *assoc)
{
    const struct usctp__eventq *events = &assoc->events;

    if (assoc->freed) {
        return false;
    }
    if ((events->owed & OWED_FIRST) != 0 || next_ready(events) != NULL) {
        return true;
    }
    return (events->owed != 0 && usctp__queue_empty(&events->queue)) ||
           ((events->lost_reason != 0 || events->closed_due) && lanes_empty(events));
}

/* --- Otherwise -------------------------------------------------------------------------------- */

void usctp__event_settle_lent(struct usctp_assoc *assoc)
{
    struct usctp__eventq *events = &assoc->events;
    struct usctp__event_head *head = events->lent;
    bool lost = false;

    events->lent = NULL;
    while (head != NULL) {
        if (head->type == USCTP_EVENT_MESSAGE && !usctp__message_own(message_of(head))) {
            lost = true;
            break;
        }
        head = usctp__event_head_of(head->link.next);
    }
    if (lost) {
        uint8_t cause[USCTP__CAUSE_HEADER_LEN];
        struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

        usctp__event_drop_lent(assoc);
        assoc->core->stats.dropped_memory++;
        usctp__cause_write_plain(&w, USCTP__CAUSE_OUT_OF_RESOURCE);
        usctp__abort_causes(assoc, USCTP_LOST_RESOURCE, cause, w.len);
    }
}

/* Empties a lane, or drops the messages from the first lent one on: none is delivered behind a gap. With
 * the events goes what they own. */
static void drop_lane(struct usctp_assoc *assoc, struct usctp__queue *lane, bool from_lent)
{
    struct usctp__queue rest;
    struct usctp__event_head *head;
    bool gap = false;

    usctp__queue_init(&rest);
    while ((head = usctp__event_head_of(usctp__queue_pop(lane))) != NULL) {
        bool is_message = head->type == USCTP_EVENT_MESSAGE;

        gap = gap || (is_message && usctp__message_is_lent(message_of(head)));
        if (from_lent && !(is_message && gap)) {
            usctp__queue_push(&rest, &head->link);
        } else if (is_message) {
            usctp__message_unref(message_of(head));
        } else if (head->type == USCTP_EVENT_SEND_FAILED) {
            usctp__outmsg_free(assoc, outmsg_of(head));
        } else {
            free_node(assoc, usctp__event_node_of(head));
        }
    }
    usctp__queue_append(lane, &rest);
}

void usctp__event_drop_lent(struct usctp_assoc *assoc)
{
    assoc->events.lent = NULL;
    drop_lane(assoc, &assoc->events.queue, true);
}

void usctp__event_clear(struct usctp_assoc *assoc)
{
    struct usctp__eventq *events = &assoc->events;

    events->lent = NULL;
    drop_lane(assoc, &events->queue, false);
    drop_lane(assoc, &events->others, false);
    free_lost_causes(assoc);
    events->lost_reason = 0;
    events->owed = 0;
    events->closed_due = false;
}
