/* SPDX-License-Identifier: BSD-3-Clause */
/* What the core tells the sockets. */
#include "socket/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "socket/binding.h"
#include "socket/host.h"
#include "socket/notify.h"
#include "socket/peer.h"
#include "socket/sock.h"

/* --- New associations ------------------------------------------------------------------------- */

static bool carries(const struct usctp__sock *sock, const struct usctp_addr *remote)
{
    if (sock->domain == AF_INET) {
        return remote->family != USCTP_AF_IPV6;
    }
    return !sock->opts.v6only || remote->family != USCTP_AF_IPV4;
}

/* A socket of its own for it, which waits in the listener's queue. NULL: no memory. */
static struct usctp__sock *queue_child(struct usctp__sock *listener)
{
    struct usctp__sock *child =
        usctp__sock_new(listener->host, listener->domain, listener->type, listener);

    if (child == NULL) {
        return NULL;
    }
    child->binding = listener->binding;
    usctp__binding_ref(child->binding);
    child->binding->sock_cnt++;
    child->bound = listener->bound;
    child->listener = listener;
    usctp__list_push_back(&listener->accept_q, &child->accept_link);
    listener->accept_cnt++;
    usctp__binding_update(listener->binding);
    usctp__sock_touch(listener);
    listener->rxq.added = true;
    return child;
}

int usctp__on_accept(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct usctp__binding *binding = user;
    struct usctp__sock *sock = binding->owner;
    struct usctp__name name;

    if (sock == NULL || sock->closed || !sock->listening || !carries(sock, &accept->remote) ||
        (usctp__one_to_one(sock) && sock->accept_cnt > sock->backlog)) {
        return 1;
    }
    memset(&name, 0, sizeof(name));
    name.addr = accept->remote;
    name.port = accept->remote_port;
    if (usctp__one_to_one(sock) && (sock = queue_child(sock)) == NULL) {
        return 1;
    }
    struct usctp__peer *peer = usctp__peer_new(sock, &name);
    if (peer == NULL) {
        if (sock->listener != NULL) {
            usctp__sock_close(sock);
        }
        return 1;
    }
    peer->binding = binding;
    usctp__binding_ref(binding);
    *assoc_user = peer;
    return 0;
}

/* --- Coming up -------------------------------------------------------------------------------- */

static void on_up(struct usctp__peer *peer, const struct usctp_event *event)
{
    struct usctp__sock *sock = peer->sock;

    peer->up = true;
    peer->out_streams = event->u.up.out_streams;
    peer->in_streams = event->u.up.in_streams;
    if (usctp__one_to_one(sock)) {
        sock->connecting = false;
        sock->connected = true;
        sock->ended = false;
    }
    usctp__peer_watch_room(peer);
    usctp__note_assoc_change(sock, peer, SCTP_COMM_UP, 0, NULL, 0);
    usctp__sock_touch(sock);
}

static void on_restarted(struct usctp__peer *peer, const struct usctp_event *event)
{
    peer->out_streams = event->u.up.out_streams;
    peer->in_streams = event->u.up.in_streams;
    peer->eor_open = false; /* what was begun is forgotten */
    usctp__note_break(peer->sock, peer);
    usctp__note_assoc_change(peer->sock, peer, SCTP_RESTART, 0, NULL, 0);
}

/* --- Data ------------------------------------------------------------------------------------- */

/* The peer's address on a path, which is remembered. */
static USCTP__NOINLINE const struct usctp__name *look_up_name(struct usctp__peer *peer,
                                                              usctp_path_id path)
{
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;

    if (usctp_path_info(peer->assoc, path, &info) != 0) {
        return &peer->name;
    }
    peer->from_path = path;
    peer->from = peer->name;
    peer->from.addr = info.remote;
    return &peer->from;
}

static inline const struct usctp__name *name_of_path(struct usctp__peer *peer, usctp_path_id path)
{
    return path == peer->from_path ? &peer->from : look_up_name(peer, path);
}

static inline void on_message(struct usctp__peer *peer, const struct usctp_event *event)
{
    struct usctp__sock *sock = peer->sock;

    if (sock->read_shut) {
        return; /* taken and thrown away */
    }
    if (!usctp__rxq_message(sock, peer, event, name_of_path(peer, event->u.message.path))) {
        (void)usctp_message_defer(event->u.message.message); /* comes again soon */
        peer->deferred = sock->host->starved = true;
    }
}

/* --- Ending ----------------------------------------------------------------------------------- */

static int errno_of(const struct usctp_event *event)
{
    switch (event->u.lost.reason) {
    case USCTP_LOST_TIMEOUT:
        return ETIMEDOUT;
    case USCTP_LOST_PEER_ABORT:
        return event->u.lost.was_up ? ECONNRESET : ECONNREFUSED;
    case USCTP_LOST_UNREACHABLE:
        return event->u.lost.was_up ? ECONNRESET : ECONNREFUSED;
    case USCTP_LOST_RESOURCE:
        return ENOBUFS;
    default:
        return ECONNABORTED;
    }
}

static void on_lost(struct usctp__peer *peer, const struct usctp_event *event)
{
    struct usctp__sock *sock = peer->sock;

    peer->error = errno_of(event);
    if (usctp__one_to_one(sock) && !peer->told) {
        sock->error = peer->error;
    }
    usctp__note_break(sock, peer);
    usctp__note_assoc_change(sock, peer,
                             event->u.lost.was_up ? SCTP_COMM_LOST : SCTP_CANT_STR_ASSOC,
                             event->u.lost.cause, event->u.lost.causes, event->u.lost.causes_len);
}

static void on_closed(struct usctp_host *host, struct usctp__peer *peer)
{
    struct usctp__sock *sock = peer->sock;

    if (sock != NULL) {
        if (peer->error == 0 && peer->up) {
            usctp__note_break(sock, peer);
            usctp__note_assoc_change(sock, peer, SCTP_SHUTDOWN_COMP, 0, NULL, 0);
        }
        if (usctp__one_to_one(sock)) {
            sock->connecting = false;
            sock->ended = sock->ended || sock->connected;
            sock->connected = false;
        }
        usctp__sock_touch(sock);
        if (sock->rxq.part.peer == peer && !usctp__rxq_holds_data(sock, peer)) {
            memset(&sock->rxq.part, 0, sizeof(sock->rxq.part));
        }
    }
    usctp__peer_over(host, peer);
}

static void on_peer_shutdown(struct usctp__peer *peer)
{
    peer->peer_shutdown = true;
    usctp__note_shutdown(peer->sock, peer);
    usctp__sock_touch(peer->sock);
}

/* --- All of them ------------------------------------------------------------------------------ */

static USCTP__NOINLINE void dispatch(struct usctp__peer *peer, const struct usctp_event *event)
{
    switch (event->type) {
    case USCTP_EVENT_UP:
        on_up(peer, event);
        break;
    case USCTP_EVENT_RESTARTED:
        on_restarted(peer, event);
        break;
    case USCTP_EVENT_LOST:
        on_lost(peer, event);
        break;
    case USCTP_EVENT_PEER_SHUTDOWN:
        on_peer_shutdown(peer);
        break;
    case USCTP_EVENT_WRITABLE:
    case USCTP_EVENT_BUFFERED_LOW:
        usctp__peer_block(peer, false);
        break;
    case USCTP_EVENT_SEND_FAILED:
        usctp__note_send_failed(peer->sock, peer, event);
        break;
    case USCTP_EVENT_PATH:
        usctp__note_path(peer->sock, peer, event);
        break;
    case USCTP_EVENT_REMOTE_ERROR:
        usctp__note_remote_error(peer->sock, peer, event);
        break;
    case USCTP_EVENT_PARTIAL_ABORTED:
        usctp__note_given_up(peer->sock, peer, event);
        usctp__sock_touch(peer->sock);
        break;
    case USCTP_EVENT_STREAMS_RESET:
        usctp__note_streams_reset(peer->sock, peer, event);
        break;
    case USCTP_EVENT_ASSOC_RESET:
        usctp__note_assoc_reset(peer->sock, peer, event);
        break;
    case USCTP_EVENT_STREAMS_ADDED:
        peer->out_streams = event->u.streams_added.out_streams;
        peer->in_streams = event->u.streams_added.in_streams;
        usctp__note_streams_added(peer->sock, peer, event);
        break;
    case USCTP_EVENT_AUTH:
        usctp__note_auth(peer->sock, peer, event);
        usctp__sock_touch(peer->sock);
        break;
    case USCTP_EVENT_ADAPTATION:
        usctp__note_adaptation(peer->sock, peer, event->u.adaptation.indication);
        break;
    case USCTP_EVENT_DRY:
        usctp__note_dry(peer->sock, peer);
        break;
    default:
        break;
    }
}

void usctp__on_event(void *user, const struct usctp_event *event)
{
    struct usctp__binding *binding = user;
    struct usctp__peer *peer = event->assoc_user;

    if (peer == NULL) {
        return;
    }
    peer->assoc = event->assoc;
    if (USCTP__LIKELY(event->type == USCTP_EVENT_MESSAGE && peer->sock != NULL)) {
        on_message(peer, event);
    } else if (event->type == USCTP_EVENT_CLOSED) {
        on_closed(binding->host, peer);
    } else if (peer->sock != NULL) {
        dispatch(peer, event);
    }
}
