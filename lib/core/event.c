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

static bool is_reconf(unsigned type)
{
    return type == USCTP_EVENT_STREAMS_RESET || type == USCTP_EVENT_ASSOC_RESET ||
           type == USCTP_EVENT_STREAMS_ADDED;
}

/* These must not overtake messages. */
static bool keeps_lane(unsigned type)
{
    return type == USCTP_EVENT_MESSAGE || type == USCTP_EVENT_PEER_SHUTDOWN ||
           type == USCTP_EVENT_RESTARTED || type == USCTP_EVENT_PARTIAL_ABORTED || is_reconf(type);
}

static struct usctp__event_head *head_of(struct usctp__qlink *link)
{
    return link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__event_head, link) : NULL;
}

static struct usctp__event_node *node_of(struct usctp__event_head *head)
{
    return USCTP__CONTAINER_OF(head, struct usctp__event_node, head);
}

static struct usctp_message *message_of(struct usctp__event_head *head)
{
    return USCTP__CONTAINER_OF(head, struct usctp_message, head);
}

static struct usctp__outmsg *outmsg_of(struct usctp__event_head *head)
{
    return USCTP__CONTAINER_OF(head, struct usctp__outmsg, at.failed);
}

/* --- Raising ---------------------------------------------------------------------------------- */

/* True if the association takes no more events. */
static bool closed_for(const struct usctp_assoc *assoc)
{
    return assoc->freed || assoc->events.closed_raised;
}

static void put(struct usctp_assoc *assoc, struct usctp__event_head *head)
{
    struct usctp__eventq *events = &assoc->events;

    head->seq = events->next_seq++;
    usctp__queue_push(keeps_lane(head->type) ? &events->queue : &events->others, &head->link);
    usctp__assoc_touch(assoc);
}

/* A node of this type, not queued yet; NULL: none is wanted, or there is no memory. */
static struct usctp__event_node *make_node(struct usctp_assoc *assoc, enum usctp_event_type type)
{
    struct usctp__event_node *node = usctp__pool_get(&assoc->core->event_pool);

    if (node == NULL) {
        assoc->core->stats.dropped_memory++;
        return NULL;
    }
    memset(node, 0, sizeof(*node));
    node->head.type = (uint8_t)type;
    return node;
}

/* An event that says nothing but its type, or what the association still knows when it is due:
 * without memory for a node a bit remembers it. */
static void raise_plain(struct usctp_assoc *assoc, enum usctp_event_type type)
{
    struct usctp__event_node *node;

    if (closed_for(assoc)) {
        return;
    }
    node = make_node(assoc, type);
    if (node == NULL) {
        assoc->events.owed |= (uint16_t)(1u << type);
        usctp__assoc_touch(assoc);
        return;
    }
    node->u.up.out_streams = assoc->out_streams;
    node->u.up.in_streams = assoc->in_streams;
    put(assoc, &node->head);
}

void usctp__event_up(struct usctp_assoc *assoc)
{
    raise_plain(assoc, USCTP_EVENT_UP);
}

/* One that waits last in its lane, or is owed, and tells of the restart before: it tells of this one
 * too. So a peer that restarts again and again fills no memory. */
static bool joins_restart(struct usctp_assoc *assoc)
{
    struct usctp__eventq *events = &assoc->events;
    struct usctp__event_node *node;

    if ((events->owed & 1u << USCTP_EVENT_RESTARTED) != 0) {
        return true;
    }
    if (events->untold_restarts == 0 || usctp__queue_empty(&events->queue) ||
        head_of(events->queue.last)->type != USCTP_EVENT_RESTARTED) {
        return false;
    }
    node = node_of(head_of(events->queue.last));
    node->u.up.out_streams = assoc->out_streams;
    node->u.up.in_streams = assoc->in_streams;
    return true;
}

void usctp__event_restarted(struct usctp_assoc *assoc)
{
    if (!closed_for(assoc) && !joins_restart(assoc)) {
        assoc->events.untold_restarts++;
        raise_plain(assoc, USCTP_EVENT_RESTARTED);
    }
}

void usctp__event_writable(struct usctp_assoc *assoc)
{
    raise_plain(assoc, USCTP_EVENT_WRITABLE);
}

void usctp__event_dry(struct usctp_assoc *assoc)
{
    raise_plain(assoc, USCTP_EVENT_DRY);
}

void usctp__event_peer_shutdown(struct usctp_assoc *assoc)
{
    raise_plain(assoc, USCTP_EVENT_PEER_SHUTDOWN);
}

void usctp__event_path(struct usctp_assoc *assoc, const struct usctp__path *path,
                       enum usctp_path_change change)
{
    struct usctp__event_node *node;

    if (closed_for(assoc) || (node = make_node(assoc, USCTP_EVENT_PATH)) == NULL) {
        return;
    }
    node->u.path.id = path->id;
    node->u.path.change = change;
    node->u.path.remote = path->remote;
    node->u.path.udp_port = path->udp_port;
    put(assoc, &node->head);
}

/* A copy of `len` bytes of causes, or NULL: there are none, or there is no memory. */
static uint8_t *copy_causes(struct usctp_assoc *assoc, const uint8_t *causes, size_t len,
                            size_t *cap)
{
    uint8_t *copy = NULL;

    *cap = 0;
    if (len > 0) {
        copy = usctp__bufpool_get(&assoc->core->bufs, len, cap);
    }
    if (copy != NULL) {
        memcpy(copy, causes, len);
    }
    return copy;
}

void usctp__event_remote_error(struct usctp_assoc *assoc, uint16_t cause, const uint8_t *causes,
                               size_t causes_len)
{
    struct usctp__event_node *node;

    if (closed_for(assoc) || (node = make_node(assoc, USCTP_EVENT_REMOTE_ERROR)) == NULL) {
        return;
    }
    node->u.remote_error.cause = cause;
    node->u.remote_error.causes = copy_causes(assoc, causes, causes_len, &node->u.remote_error.cap);
    node->u.remote_error.len = node->u.remote_error.causes != NULL ? causes_len : 0;
    put(assoc, &node->head);
}

void usctp__event_buffered_low(struct usctp_assoc *assoc, bool whole_assoc, uint16_t stream,
                               size_t buffered)
{
    struct usctp__event_node *node;

    if (closed_for(assoc) || (node = make_node(assoc, USCTP_EVENT_BUFFERED_LOW)) == NULL) {
        return;
    }
    node->u.buffered_low.whole_assoc = whole_assoc;
    node->u.buffered_low.stream = stream;
    node->u.buffered_low.buffered = buffered;
    put(assoc, &node->head);
}

bool usctp__event_partial_aborted(struct usctp_assoc *assoc, uint16_t stream, uint32_t ssn,
                                  bool unordered)
{
    struct usctp__event_node *node;

    if (closed_for(assoc)) {
        return true;
    }
    node = make_node(assoc, USCTP_EVENT_PARTIAL_ABORTED);
    if (node == NULL) {
        return false;
    }
    node->u.partial_aborted.stream = stream;
    node->u.partial_aborted.ssn = unordered ? 0 : ssn;
    node->u.partial_aborted.unordered = unordered;
    put(assoc, &node->head);
    return true;
}

/* A node of this type; *done: none is wanted. NULL otherwise: no memory. */
static struct usctp__event_node *reconf_node(struct usctp_assoc *assoc, enum usctp_event_type type,
                                             bool *done)
{
    *done = closed_for(assoc);
    return *done ? NULL : make_node(assoc, type);
}

static void put_reconf(struct usctp_assoc *assoc, struct usctp__event_node *node)
{
    assoc->events.reconf_cnt += assoc->events.reconf_cnt < UINT8_MAX;
    put(assoc, &node->head);
}

bool usctp__event_streams_reset(struct usctp_assoc *assoc, unsigned flags, int result,
                                const uint8_t *streams, size_t cnt)
{
    bool done;
    struct usctp__event_node *node = reconf_node(assoc, USCTP_EVENT_STREAMS_RESET, &done);

    if (node == NULL) {
        return done;
    }
    node->u.streams_reset.flags = (uint8_t)flags;
    node->u.streams_reset.result = (uint8_t)result;
    node->u.streams_reset.cnt = (uint32_t)cnt;
    if (cnt > 0) {
        node->u.streams_reset.streams = usctp__bufpool_get(
            &assoc->core->bufs, cnt * sizeof(uint16_t), &node->u.streams_reset.cap);
        if (node->u.streams_reset.streams == NULL) {
            usctp__pool_put(&assoc->core->event_pool, node);
            return false;
        }
    }
    for (size_t i = 0; i < cnt; i++) {
        node->u.streams_reset.streams[i] = usctp__get16(streams + 2 * i);
    }
    put_reconf(assoc, node);
    return true;
}

bool usctp__event_assoc_reset(struct usctp_assoc *assoc, int result, uint32_t local_tsn,
                              uint32_t remote_tsn)
{
    bool done;
    struct usctp__event_node *node = reconf_node(assoc, USCTP_EVENT_ASSOC_RESET, &done);

    if (node == NULL) {
        return done;
    }
    node->u.assoc_reset.result = (uint8_t)result;
    node->u.assoc_reset.local_tsn = local_tsn;
    node->u.assoc_reset.remote_tsn = remote_tsn;
    put_reconf(assoc, node);
    return true;
}

bool usctp__event_streams_added(struct usctp_assoc *assoc, int result, uint16_t added_out,
                                uint16_t added_in)
{
    bool done;
    struct usctp__event_node *node = reconf_node(assoc, USCTP_EVENT_STREAMS_ADDED, &done);

    if (node == NULL) {
        return done;
    }
    node->u.streams_added.result = (uint8_t)result;
    node->u.streams_added.out_streams = assoc->out_streams;
    node->u.streams_added.in_streams = assoc->in_streams;
    node->u.streams_added.added_out = added_out;
    node->u.streams_added.added_in = added_in;
    put_reconf(assoc, node);
    return true;
}

void usctp__event_auth(struct usctp_assoc *assoc, enum usctp_auth_change change, uint16_t key)
{
    struct usctp__event_node *node;

    if (closed_for(assoc) || (node = make_node(assoc, USCTP_EVENT_AUTH)) == NULL) {
        return;
    }
    node->u.auth.change = change;
    node->u.auth.key = key;
    put(assoc, &node->head);
}

void usctp__event_address(struct usctp_assoc *assoc, const struct usctp_address_change *change,
                          uint16_t cause)
{
    struct usctp__event_node *node;

    if (closed_for(assoc) || (node = make_node(assoc, USCTP_EVENT_ADDRESS)) == NULL) {
        return;
    }
    node->u.address.change = *change;
    node->u.address.cause = cause;
    put(assoc, &node->head);
}

void usctp__event_adaptation(struct usctp_assoc *assoc, uint32_t indication)
{
    struct usctp__event_node *node;

    if (closed_for(assoc) || (node = make_node(assoc, USCTP_EVENT_ADAPTATION)) == NULL) {
        return;
    }
    node->u.adaptation = indication;
    put(assoc, &node->head);
}

void usctp__event_send_failed(struct usctp_assoc *assoc, struct usctp__outmsg *msg, bool sent,
                              uint16_t cause)
{
    if (closed_for(assoc)) {
        usctp__outmsg_free(assoc, msg);
        return;
    }
    msg->failed_sent = sent;
    msg->failed_cause = cause;
    memset(&msg->at.failed, 0, sizeof(msg->at.failed));
    msg->at.failed.type = USCTP_EVENT_SEND_FAILED;
    put(assoc, &msg->at.failed);
}

static struct usctp__lost_causes *copy_lost_causes(struct usctp_assoc *assoc, const uint8_t *causes,
                                                   size_t len)
{
    struct usctp__lost_causes *copy = NULL;
    size_t cap = 0;

    if (len > 0) {
        copy = usctp__bufpool_get(&assoc->core->bufs, sizeof(*copy) + len, &cap);
    }
    if (copy != NULL) {
        copy->cap = cap;
        copy->len = len;
        memcpy(copy->bytes, causes, len);
    }
    return copy;
}

static void free_lost_causes(struct usctp_assoc *assoc)
{
    struct usctp__lost_causes *causes = assoc->events.lost_causes;

    if (causes != NULL) {
        usctp__bufpool_put(&assoc->core->bufs, causes, causes->cap);
        assoc->events.lost_causes = NULL;
    }
}

void usctp__event_lost(struct usctp_assoc *assoc, enum usctp_lost_reason reason, uint16_t cause,
                       const uint8_t *causes, size_t causes_len)
{
    struct usctp__eventq *events = &assoc->events;

    if (closed_for(assoc) || events->lost_reason != 0) {
        return;
    }
    events->lost_reason = (uint8_t)reason;
    events->lost_cause = cause;
    events->lost_causes = copy_lost_causes(assoc, causes, causes_len);
    usctp__assoc_touch(assoc);
}

void usctp__event_closed(struct usctp_assoc *assoc)
{
    if (!closed_for(assoc)) {
        assoc->events.closed_raised = true;
        assoc->events.closed_due = true;
        usctp__assoc_touch(assoc);
    }
}

void usctp__event_message(struct usctp_assoc *assoc, struct usctp_message *message)
{
    struct usctp__eventq *events = &assoc->events;

    if (message->pieces == NULL && events->lent == NULL) {
        events->lent = &message->head;
    }
    put(assoc, &message->head);
}

void usctp__event_put_back(struct usctp_assoc *assoc, struct usctp_message *message)
{
    struct usctp__eventq *events = &assoc->events;

    usctp__queue_push_front(&events->queue, &message->head.link);
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

/* An event with its type set and all else at zero. */
static void begin_event(struct usctp_event *event, int type)
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

/* `event` is a MESSAGE event already, whatever message it told of before. */
static void deliver_message(struct usctp_assoc *assoc, struct usctp_message *message,
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
    usctp__message_returned(message);
}

static void deliver_send_failed(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    struct usctp_event event;

    begin_event(&event, USCTP_EVENT_SEND_FAILED);
    usctp__outmsg_describe(msg, &event);
    event.u.send_failed.sent = msg->failed_sent;
    event.u.send_failed.cause = msg->failed_cause;
    call(assoc, &event);
    usctp__outmsg_free(assoc, msg);
}

static void deliver_plain(struct usctp_assoc *assoc, int type, uint16_t out_streams,
                          uint16_t in_streams)
{
    struct usctp_event event;

    begin_event(&event, type);
    if (type == USCTP_EVENT_UP || type == USCTP_EVENT_RESTARTED) {
        event.u.up.out_streams = out_streams;
        event.u.up.in_streams = in_streams;
    }
    if (type == USCTP_EVENT_RESTARTED) {
        assoc->events.untold_restarts--;
    }
    call(assoc, &event);
}

static void deliver_node(struct usctp_assoc *assoc, struct usctp__event_node *node)
{
    struct usctp_event event;

    begin_event(&event, node->head.type);
    switch (node->head.type) {
    case USCTP_EVENT_PATH:
        event.u.path.id = node->u.path.id;
        event.u.path.change = node->u.path.change;
        event.u.path.remote = node->u.path.remote;
        event.u.path.remote_udp_port = node->u.path.udp_port;
        break;
    case USCTP_EVENT_REMOTE_ERROR:
        event.u.remote_error.cause = node->u.remote_error.cause;
        event.u.remote_error.causes = node->u.remote_error.causes;
        event.u.remote_error.causes_len = node->u.remote_error.len;
        break;
    case USCTP_EVENT_BUFFERED_LOW:
        event.u.buffered_low.whole_assoc = node->u.buffered_low.whole_assoc;
        event.u.buffered_low.stream = node->u.buffered_low.stream;
        event.u.buffered_low.buffered = node->u.buffered_low.buffered;
        break;
    case USCTP_EVENT_PARTIAL_ABORTED:
        event.u.partial_aborted.stream = node->u.partial_aborted.stream;
        event.u.partial_aborted.ssn = node->u.partial_aborted.ssn;
        event.u.partial_aborted.flags =
            node->u.partial_aborted.unordered ? USCTP_MESSAGE_UNORDERED : 0;
        break;
    case USCTP_EVENT_STREAMS_RESET:
        event.u.streams_reset.flags = node->u.streams_reset.flags;
        event.u.streams_reset.result = node->u.streams_reset.result;
        event.u.streams_reset.streams = node->u.streams_reset.streams;
        event.u.streams_reset.stream_cnt = node->u.streams_reset.cnt;
        break;
    case USCTP_EVENT_ASSOC_RESET:
        event.u.assoc_reset.result = node->u.assoc_reset.result;
        event.u.assoc_reset.local_tsn = node->u.assoc_reset.local_tsn;
        event.u.assoc_reset.remote_tsn = node->u.assoc_reset.remote_tsn;
        break;
    case USCTP_EVENT_STREAMS_ADDED:
        event.u.streams_added.result = node->u.streams_added.result;
        event.u.streams_added.out_streams = node->u.streams_added.out_streams;
        event.u.streams_added.in_streams = node->u.streams_added.in_streams;
        event.u.streams_added.added_out = node->u.streams_added.added_out;
        event.u.streams_added.added_in = node->u.streams_added.added_in;
        break;
    case USCTP_EVENT_ADDRESS:
        event.u.address.change = node->u.address.change;
        event.u.address.cause = node->u.address.cause;
        break;
    case USCTP_EVENT_ADAPTATION:
        event.u.adaptation.indication = node->u.adaptation;
        break;
    case USCTP_EVENT_AUTH:
        event.u.auth.change = node->u.auth.change;
        event.u.auth.key = node->u.auth.key;
        break;
    default:
        deliver_plain(assoc, node->head.type, node->u.up.out_streams, node->u.up.in_streams);
        return;
    }
    call(assoc, &event);
}

/* A node's memory, after its event or instead of it. */
static void free_node(struct usctp_assoc *assoc, struct usctp__event_node *node)
{
    struct usctp__core *core = assoc->core;

    if (node->head.type == USCTP_EVENT_REMOTE_ERROR) {
        usctp__bufpool_put(&core->bufs, node->u.remote_error.causes, node->u.remote_error.cap);
    }
    if (node->head.type == USCTP_EVENT_STREAMS_RESET) {
        usctp__bufpool_put(&core->bufs, node->u.streams_reset.streams, node->u.streams_reset.cap);
    }
    if (is_reconf(node->head.type)) {
        assoc->events.reconf_cnt -= assoc->events.reconf_cnt > 0;
    }
    usctp__pool_put(&core->event_pool, node);
}

/* The first in the lane of messages that may be delivered now, or NULL. */
static struct usctp__event_head *ready_in_lane(const struct usctp__eventq *events)
{
    struct usctp__event_head *head = head_of(usctp__queue_peek(&events->queue));

    if (head != NULL &&
        (head->type == USCTP_EVENT_MESSAGE || head->type == USCTP_EVENT_PARTIAL_ABORTED ||
         is_reconf(head->type)) &&
        (events->paused || events->deferred)) {
        return NULL;
    }
    return head;
}

/* The next of all that may be delivered now, or NULL. */
static struct usctp__event_head *next_ready(const struct usctp__eventq *events)
{
    struct usctp__event_head *lane = ready_in_lane(events);
    struct usctp__event_head *other = head_of(usctp__queue_peek(&events->others));

    if (lane == NULL || other == NULL) {
        return lane != NULL ? lane : other;
    }
    return usctp__s32_lt(other->seq, lane->seq) ? other : lane;
}

static void deliver_head(struct usctp_assoc *assoc, struct usctp__event_head *head,
                         struct usctp_event *event)
{
    struct usctp__eventq *events = &assoc->events;

    usctp__queue_pop(keeps_lane(head->type) ? &events->queue : &events->others);
    if (events->lent == head) {
        events->lent = head_of(usctp__queue_peek(&events->queue));
    }
    if (head->type == USCTP_EVENT_MESSAGE) {
        deliver_message(assoc, message_of(head), event);
    } else if (head->type == USCTP_EVENT_SEND_FAILED) {
        deliver_send_failed(assoc, outmsg_of(head));
    } else {
        deliver_node(assoc, node_of(head));
        free_node(assoc, node_of(head));
    }
}

/* Events for which there was no node. */
static bool deliver_owed(struct usctp_assoc *assoc, unsigned mask)
{
    unsigned owed = assoc->events.owed & mask;

    assoc->events.owed &= (uint16_t)~mask;
    for (int type = USCTP_EVENT_UP; owed >> type != 0; type++) {
        if ((owed >> type & 1u) != 0 && !assoc->freed) {
            deliver_plain(assoc, type, assoc->out_streams, assoc->in_streams);
        }
    }
    return owed != 0;
}

static bool deliver_lost(struct usctp_assoc *assoc)
{
    struct usctp__eventq *events = &assoc->events;
    struct usctp_event event;

    if (events->lost_reason == 0 || assoc->freed) {
        return false;
    }
    begin_event(&event, USCTP_EVENT_LOST);
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
    if (!assoc->events.closed_due || assoc->freed) {
        return false;
    }
    assoc->events.closed_due = false;
    usctp__outmsg_drain(assoc->core); /* adopted data goes back before CLOSED */
    deliver_plain(assoc, USCTP_EVENT_CLOSED, 0, 0);
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

bool usctp__event_deliver(struct usctp_assoc *assoc)
{
    struct usctp__eventq *events = &assoc->events;
    uint32_t end_seq = events->next_seq; /* what callbacks raise is for the next round */
    struct usctp__event_head *head;
    struct usctp_event event; /* of all messages */
    bool any = events->owed != 0 && deliver_owed(assoc, OWED_FIRST);

    begin_messages(&event);
    while (!assoc->freed && (head = next_ready(events)) != NULL &&
           usctp__s32_lt(head->seq, end_seq)) {
        deliver_head(assoc, head, &event);
        any = true;
    }
    events->deferred = false;
    if (events->lent != NULL) {
        usctp__event_settle_lent(assoc);
    }
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
        head = head_of(head->link.next);
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
    while ((head = head_of(usctp__queue_pop(lane))) != NULL) {
        bool is_message = head->type == USCTP_EVENT_MESSAGE;

        gap = gap || (is_message && message_of(head)->pieces == NULL);
        if (from_lent && !(is_message && gap)) {
            usctp__queue_push(&rest, &head->link);
        } else if (is_message) {
            usctp__message_unref(message_of(head));
        } else if (head->type == USCTP_EVENT_SEND_FAILED) {
            usctp__outmsg_free(assoc, outmsg_of(head));
        } else {
            free_node(assoc, node_of(head));
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
