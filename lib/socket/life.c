/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening, accepting, shutting down, peeling off. */
#include "socket/life.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "socket/binding.h"
#include "socket/connect.h"
#include "socket/host.h"
#include "socket/sock.h"

/* --- Listening -------------------------------------------------------------------------------- */

void usctp__offer_params(struct usctp__sock *sock)
{
    struct usctp_params params = sock->opts.params;

    if (sock->binding == NULL || sock->binding->owner != sock) {
        return;
    }
    usctp__init_params(&params, &sock->opts.init);
    (void)usctp_endpoint_set_params(sock->binding->endpoint, &params);
}

static int start_listening(struct usctp__sock *sock, uint32_t backlog)
{
    int err = usctp__sock_autobind(sock);

    if (err != 0) {
        return err;
    }
    if (sock->binding->owner != NULL && sock->binding->owner != sock &&
        sock->binding->owner->listening) {
        return -EADDRINUSE;
    }
    err = usctp__host_open_server(sock->host, sock->binding->port);
    if (err != 0) {
        return err;
    }
    sock->binding->owner = sock;
    sock->listening = true;
    sock->backlog = backlog;
    usctp__offer_params(sock);
    usctp__binding_update(sock->binding);
    usctp__sock_touch(sock);
    return 0;
}

static int stop_listening(struct usctp__sock *sock)
{
    if (!sock->listening) {
        return usctp__one_to_one(sock) ? -EINVAL : 0;
    }
    sock->listening = false;
    usctp__binding_update(sock->binding);
    usctp__sock_touch(sock);
    return 0;
}

int usctp__listen(struct usctp__sock *sock, int backlog)
{
    if (backlog < 0 || sock->peeled) {
        return -EINVAL;
    }
    if (usctp__one_to_one(sock) && !sock->listening && sock->peer_cnt > 0) {
        return -EINVAL;
    }
    return backlog == 0 ? stop_listening(sock) : start_listening(sock, (uint32_t)backlog);
}

static bool any_waits(struct usctp__sock *sock, void *ctx)
{
    (void)ctx;
    return sock->accept_cnt > 0 || !sock->listening || sock->error != 0;
}

struct usctp__sock *usctp__accept_next(struct usctp__sock *sock, int flags, int *err)
{
    struct usctp__list *link;

    if (!usctp__one_to_one(sock)) {
        *err = -EOPNOTSUPP;
        return NULL;
    }
    if (!sock->listening) {
        *err = -EINVAL;
        return NULL;
    }
    usctp__host_tick(sock->host);
    *err = usctp__sock_wait(sock, any_waits, NULL, !usctp__sock_nonblocking(sock, 0),
                            sock->opts.receive_dur);
    if (*err != 0) {
        return NULL;
    }
    link = usctp__list_first(&sock->accept_q);
    if (link == NULL) {
        *err = sock->error != 0 ? usctp__sock_error(sock) : -EINVAL;
        return NULL;
    }
    struct usctp__sock *child = USCTP__CONTAINER_OF(link, struct usctp__sock, accept_link);
    *err = usctp__pair_open(&child->pair, flags);
    if (*err != 0) {
        return NULL; /* it goes on waiting for better times */
    }
    usctp__list_remove(&child->accept_link);
    sock->accept_cnt--;
    child->listener = NULL;
    usctp__binding_update(sock->binding);
    usctp__sock_touch(sock);
    return child;
}

/* --- Ending ----------------------------------------------------------------------------------- */

int usctp__shutdown(struct usctp__sock *sock, int how)
{
    struct usctp__peer *peer = usctp__peer_only(sock);

    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) {
        return -EINVAL;
    }
    if (!usctp__one_to_one(sock)) {
        return -EOPNOTSUPP;
    }
    if (sock->listening && how != SHUT_WR) {
        return stop_listening(sock);
    }
    if (peer == NULL && !sock->ended && !sock->write_shut) {
        return -ENOTCONN;
    }
    if (how != SHUT_WR) {
        sock->read_shut = true;
        usctp__rxq_clear(sock);
    }
    if (how != SHUT_RD && !sock->write_shut) {
        sock->write_shut = true;
        if (peer != NULL && peer->assoc != NULL) {
            (void)usctp_assoc_close(peer->assoc);
        }
    }
    usctp__sock_touch(sock);
    return 0;
}

/* --- Peeling off ------------------------------------------------------------------------------ */

struct usctp__sock *usctp__peel_off(struct usctp__sock *sock, sctp_assoc_t id, int flags, int *err)
{
    struct usctp__peer *peer = usctp__peer_by_id(sock, id);
    struct usctp__sock *made;

    *err = -EINVAL;
    if (usctp__one_to_one(sock) || sock->peeled || peer == NULL || peer->assoc == NULL) {
        return NULL;
    }
    if (peer->waiters > 0) {
        *err = -EBUSY;
        return NULL;
    }
    made = usctp__sock_new(sock->host, sock->domain, SOCK_STREAM, sock);
    if (made == NULL) {
        *err = -ENOMEM;
        return NULL;
    }
    *err = usctp__pair_open(&made->pair, flags);
    if (*err != 0) {
        usctp__sock_close(made);
        return NULL;
    }
    made->binding = sock->binding;
    usctp__binding_ref(made->binding);
    made->binding->sock_cnt++;
    made->bound = true;
    made->peeled = true;
    made->connected = peer->up;
    made->connecting = !peer->up;
    usctp__rxq_move(made, sock, peer);
    usctp__peer_move(peer, made);
    return made;
}

/* --- Lingering -------------------------------------------------------------------------------- */

static bool all_over(struct usctp__sock *sock, void *ctx)
{
    (void)ctx;
    return sock->peer_cnt == 0;
}

/* RFC 6458, 8.1.4: close waits at most so long; what is not over then goes on behind it. */
void usctp__linger(struct usctp__sock *sock)
{
    struct usctp__peer_walk walk;
    struct usctp__peer *each;

    sock->listening = false;
    usctp__peer_walk_begin(&walk, sock);
    while ((each = usctp__peer_walk_next(&walk)) != NULL) {
        usctp__sock_end_peer(sock, each);
    }
    usctp__peer_walk_end(&walk);
    sock->read_shut = true; /* what still comes is for nobody */
    usctp__rxq_clear(sock);
    USCTP__LIST_FOREACH(link, &sock->peers)
    {
        struct usctp__peer *peer = USCTP__CONTAINER_OF(link, struct usctp__peer, link);

        usctp__rxq_forget_open(sock->host, peer); /* how it ends was decided above */
        peer->eor_open = false;
    }
    (void)usctp__sock_wait(sock, all_over, NULL, true,
                           usctp__time_mul(sock->opts.linger_s, USCTP__SEC));
}
