/* SPDX-License-Identifier: BSD-3-Clause */
/* Raising events: what happened, as the application will be told when the state is consistent. */
#include <string.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/event.h"
#include "core/outq.h"

/* A node has room for the begin of the union alone: for what the events that are raised here have of it. */
USCTP__STATIC_ASSERT(sizeof(((struct usctp_event *)0)->u.path) <= USCTP__EVENT_LEN, path);
USCTP__STATIC_ASSERT(sizeof(((struct usctp_event *)0)->u.remote_error) <= USCTP__EVENT_LEN,
                     remote_error);
USCTP__STATIC_ASSERT(sizeof(((struct usctp_event *)0)->u.streams_reset) <= USCTP__EVENT_LEN,
                     streams_reset);
USCTP__STATIC_ASSERT(sizeof(((struct usctp_event *)0)->u.address) <= USCTP__EVENT_LEN, address);

/* True if the association takes no more events. */
static bool closed_for(const struct usctp_assoc *assoc)
{
    return assoc->freed || assoc->events.closed_raised;
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
    if (type == USCTP_EVENT_UP || type == USCTP_EVENT_RESTARTED) {
        node->u.up.out_streams = assoc->out_streams;
        node->u.up.in_streams = assoc->in_streams;
    }
    usctp__event_put(assoc, &node->head);
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
        usctp__event_head_of(events->queue.last)->type != USCTP_EVENT_RESTARTED) {
        return false;
    }
    node = usctp__event_node_of(usctp__event_head_of(events->queue.last));
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

/* --- Events that say more --------------------------------------------------------------------- */

/* Raises the event, which goes with a buffer that it owns, or NULL. False: no memory. */
static bool raise_owning(struct usctp_assoc *assoc, const struct usctp_event *event, void *owned,
                         size_t cap)
{
    bool closed = closed_for(assoc);
    struct usctp__event_node *node =
        closed ? NULL : make_node(assoc, (enum usctp_event_type)event->type);

    if (node == NULL) {
        usctp__bufpool_put(&assoc->core->bufs, owned, cap);
        return closed;
    }
    memcpy(node->u.bytes, &event->u, sizeof(node->u));
    node->owned = owned;
    node->cap = cap;
    if (usctp__event_is_reconf(node->head.type)) {
        assoc->events.reconf_cnt += assoc->events.reconf_cnt < UINT8_MAX;
    }
    usctp__event_put(assoc, &node->head);
    return true;
}

static bool raise_event(struct usctp_assoc *assoc, const struct usctp_event *event)
{
    return raise_owning(assoc, event, NULL, 0);
}

void usctp__event_path(struct usctp_assoc *assoc, const struct usctp__path *path,
                       enum usctp_path_change change)
{
    struct usctp_event event;

    usctp__event_begin(&event, USCTP_EVENT_PATH);
    event.u.path.id = path->id;
    event.u.path.change = change;
    event.u.path.remote = path->remote;
    event.u.path.remote_udp_port = path->udp_port;
    raise_event(assoc, &event);
}

void usctp__event_remote_error(struct usctp_assoc *assoc, uint16_t cause, const uint8_t *causes,
                               size_t causes_len)
{
    struct usctp_event event;
    uint8_t *copy = NULL; /* without memory the event comes without them */
    size_t cap = 0;

    if (causes_len > 0 && !closed_for(assoc)) {
        copy = usctp__bufpool_get(&assoc->core->bufs, causes_len, &cap);
    }
    usctp__event_begin(&event, USCTP_EVENT_REMOTE_ERROR);
    event.u.remote_error.cause = cause;
    if (copy != NULL) {
        memcpy(copy, causes, causes_len);
        event.u.remote_error.causes = copy;
        event.u.remote_error.causes_len = causes_len;
    }
    raise_owning(assoc, &event, copy, cap);
}

void usctp__event_buffered_low(struct usctp_assoc *assoc, bool whole_assoc, uint16_t stream,
                               size_t buffered)
{
    struct usctp_event event;

    usctp__event_begin(&event, USCTP_EVENT_BUFFERED_LOW);
    event.u.buffered_low.whole_assoc = whole_assoc;
    event.u.buffered_low.stream = stream;
    event.u.buffered_low.buffered = buffered;
    raise_event(assoc, &event);
}

bool usctp__event_partial_aborted(struct usctp_assoc *assoc, uint16_t stream, uint32_t ssn,
                                  bool unordered)
{
    struct usctp_event event;

    usctp__event_begin(&event, USCTP_EVENT_PARTIAL_ABORTED);
    event.u.partial_aborted.stream = stream;
    event.u.partial_aborted.ssn = unordered ? 0 : ssn;
    event.u.partial_aborted.flags = unordered ? USCTP_MESSAGE_UNORDERED : 0;
    return raise_event(assoc, &event);
}

bool usctp__event_streams_reset(struct usctp_assoc *assoc, unsigned flags, int result,
                                const uint8_t *streams, size_t cnt)
{
    struct usctp_event event;
    uint16_t *copy = NULL;
    size_t cap = 0;

    if (closed_for(assoc)) {
        return true;
    }
    if (cnt > 0) {
        copy = usctp__bufpool_get(&assoc->core->bufs, cnt * sizeof(*copy), &cap);
        if (copy == NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < cnt; i++) {
        copy[i] = usctp__get16(streams + 2 * i);
    }
    usctp__event_begin(&event, USCTP_EVENT_STREAMS_RESET);
    event.u.streams_reset.flags = flags;
    event.u.streams_reset.result = result;
    event.u.streams_reset.streams = copy;
    event.u.streams_reset.stream_cnt = cnt;
    return raise_owning(assoc, &event, copy, cap);
}

bool usctp__event_assoc_reset(struct usctp_assoc *assoc, int result, uint32_t local_tsn,
                              uint32_t remote_tsn)
{
    struct usctp_event event;

    usctp__event_begin(&event, USCTP_EVENT_ASSOC_RESET);
    event.u.assoc_reset.result = result;
    event.u.assoc_reset.local_tsn = local_tsn;
    event.u.assoc_reset.remote_tsn = remote_tsn;
    return raise_event(assoc, &event);
}

bool usctp__event_streams_added(struct usctp_assoc *assoc, int result, uint16_t added_out,
                                uint16_t added_in)
{
    struct usctp_event event;

    usctp__event_begin(&event, USCTP_EVENT_STREAMS_ADDED);
    event.u.streams_added.result = result;
    event.u.streams_added.out_streams = assoc->out_streams;
    event.u.streams_added.in_streams = assoc->in_streams;
    event.u.streams_added.added_out = added_out;
    event.u.streams_added.added_in = added_in;
    return raise_event(assoc, &event);
}

void usctp__event_auth(struct usctp_assoc *assoc, enum usctp_auth_change change, uint16_t key)
{
    struct usctp_event event;

    usctp__event_begin(&event, USCTP_EVENT_AUTH);
    event.u.auth.change = change;
    event.u.auth.key = key;
    raise_event(assoc, &event);
}

void usctp__event_address(struct usctp_assoc *assoc, const struct usctp_address_change *change,
                          uint16_t cause)
{
    struct usctp_event event;

    usctp__event_begin(&event, USCTP_EVENT_ADDRESS);
    event.u.address.change = *change;
    event.u.address.cause = cause;
    raise_event(assoc, &event);
}

void usctp__event_adaptation(struct usctp_assoc *assoc, uint32_t indication)
{
    struct usctp_event event;

    usctp__event_begin(&event, USCTP_EVENT_ADAPTATION);
    event.u.adaptation.indication = indication;
    raise_event(assoc, &event);
}

/* --- Events that need no node ----------------------------------------------------------------- */

void usctp__event_send_failed(struct usctp_assoc *assoc, struct usctp__outmsg *msg, bool sent,
                              uint16_t cause)
{
    if (closed_for(assoc)) {
        usctp__outmsg_free(assoc, msg);
        return;
    }
    if (USCTP__UNLIKELY(msg->keyed)) { /* a restart may bring other keys before that is taken */
        usctp__auth_message_done(assoc, msg);
        msg->keyed = false;
    }
    msg->failed_sent = sent;
    msg->failed_cause = cause;
    memset(&msg->at.failed, 0, sizeof(msg->at.failed));
    msg->at.failed.type = USCTP_EVENT_SEND_FAILED;
    usctp__event_put(assoc, &msg->at.failed);
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
