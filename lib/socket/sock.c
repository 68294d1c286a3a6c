/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets: life, readiness, waiting. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* F_DUPFD_CLOEXEC */
#endif
#include "socket/sock.h"
#include "socket/sock_auth.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "socket/table.h"
#include "socket/wait.h"
#include "socket/watch.h"

/* --- Life ------------------------------------------------------------------------------------- */

/* A buffer as SO_RCVBUF and SO_SNDBUF report it: as on Linux, twice the payload. */
static uint32_t reported_len(uint32_t len)
{
    return len > INT32_MAX / 2 ? INT32_MAX : len * 2;
}

static void init_opts(struct usctp__sock *sock)
{
    struct usctp__sock_opts *opts = &sock->opts;

    memset(opts, 0, sizeof(*opts));
    opts->params = sock->host->params;
    opts->params.extensions &= ~(uint32_t)USCTP_EXT_INTERLEAVING; /* RFC 8260, 2.2.1 */
    opts->params.flags |= USCTP_PARAM_NAGLE;                      /* RFC 6458, 8.1.5 */
    if ((opts->params.flags & USCTP_PARAM_FOLLOW_HOST) != 0 &&
        usctp__watch_begin(sock->host) != 0) {
        opts->params.flags &= ~(uint32_t)USCTP_PARAM_FOLLOW_HOST;
    }
    opts->mapped = true;
    opts->remote_udp_port = sock->host->config.remote_udp_port;
    opts->rcvbuf = reported_len(opts->params.receive_window);
    opts->sndbuf = reported_len(opts->params.send_buffer);
}

struct usctp__sock *usctp__sock_new(struct usctp_host *host, int domain, int type,
                                    const struct usctp__sock *like)
{
    struct usctp__sock *sock = usctp__pool_get(&host->sock_pool);

    if (sock == NULL) {
        return NULL;
    }
    memset(sock, 0, sizeof(*sock));
    sock->host = host;
    sock->domain = domain;
    sock->type = type;
    sock->first_fd = -1;
    usctp__pair_init(&sock->pair);
    usctp__list_init(&sock->peers);
    usctp__list_init(&sock->accept_q);
    usctp__rxq_init(&sock->rxq);
    if (like != NULL) {
        sock->opts = like->opts;
    } else {
        init_opts(sock);
    }
    usctp__list_push_back(&host->socks, &sock->link);
    return sock;
}

int usctp__sock_enter(struct usctp__sock *sock)
{
    if (!usctp__table_add(sock->pair.app, sock)) {
        close(sock->pair.app);
        usctp__pair_close(&sock->pair);
        return -ENOMEM;
    }
    usctp__sock_touch(sock);
    return sock->pair.app;
}

void usctp__sock_lose(struct usctp__sock *sock, int fd)
{
    if (--sock->fd_cnt > 0) {
        if (sock->pair.app == fd) {
            sock->pair.app = sock->first_fd;
        }
        return;
    }
    sock->pair.app = -1;
    usctp__sock_close(sock);
}

/* True where the program leaves something unread, or wants no farewell: the association is aborted
 * (RFC 6458, 8.1.4). */
static bool ends_hard(const struct usctp__sock *sock, const struct usctp__peer *peer)
{
    return (sock->opts.linger && sock->opts.linger_s == 0) || usctp__rxq_holds_data(sock, peer) ||
           peer->eor_open;
}

void usctp__sock_end_peer(struct usctp__sock *sock, struct usctp__peer *peer)
{
    if (peer->assoc == NULL) {
        return;
    }
    if (ends_hard(sock, peer)) {
        (void)usctp_assoc_abort(peer->assoc, NULL, 0);
    } else {
        (void)usctp_assoc_close(peer->assoc);
    }
}

/* The association goes on without a socket until it has shut down. */
static void let_go(struct usctp__sock *sock, struct usctp__peer *peer)
{
    bool hard = ends_hard(sock, peer);
    usctp_assoc *assoc = peer->assoc;

    usctp__peer_move(peer, NULL);
    if (assoc == NULL) {
        return;
    }
    if (hard) {
        (void)usctp_assoc_abort(assoc, NULL, 0);
    } else {
        (void)usctp_assoc_close(assoc);
    }
}

static void let_go_of_all(struct usctp__sock *sock)
{
    struct usctp__list *link;

    while ((link = usctp__list_first(&sock->peers)) != NULL) {
        let_go(sock, USCTP__CONTAINER_OF(link, struct usctp__peer, link));
    }
}

/* What was not accepted is aborted. */
static void refuse_waiting(struct usctp__sock *sock)
{
    struct usctp__list *link;

    while ((link = usctp__list_pop_front(&sock->accept_q)) != NULL) {
        struct usctp__sock *child = USCTP__CONTAINER_OF(link, struct usctp__sock, accept_link);

        sock->accept_cnt--;
        child->listener = NULL;
        child->opts.linger = true;
        child->opts.linger_s = 0;
        usctp__sock_close(child);
    }
}

void usctp__sock_close(struct usctp__sock *sock)
{
    if (sock->closed) {
        return;
    }
    sock->closed = true;
    usctp__watch_end_unused(sock->host);
    sock->listening = false;
    if (sock->listener != NULL) { /* it ends before it was accepted */
        usctp__list_remove(&sock->accept_link);
        sock->listener->accept_cnt--;
        sock->listener = NULL;
    }
    refuse_waiting(sock);
    let_go_of_all(sock);
    usctp__rxq_clear(sock);
    usctp__binding_leave(sock);
    usctp__pair_close(&sock->pair);
    usctp__sock_touch(sock);
}

void usctp__sock_reap(struct usctp__sock *sock)
{
    struct usctp_host *host = sock->host;

    if (!sock->closed || sock->waiters > 0) {
        return; /* the last waiter comes back here */
    }
    usctp__list_remove(&sock->link);
    usctp__sock_auth_free(sock);
    usctp__pool_put(&host->sock_pool, sock);
}

void usctp__sock_discard(struct usctp__sock *sock)
{
    while (sock->first_fd >= 0) {
        int fd = sock->first_fd;

        usctp__table_remove(fd);
        close(fd);
    }
    sock->fd_cnt = 0;
    sock->waiters = 0;
    usctp__sock_close(sock);
    if (usctp__list_linked(&sock->dirty_link)) {
        usctp__list_remove(&sock->dirty_link);
    }
    usctp__sock_reap(sock);
}

static void end_all(struct usctp__sock *sock)
{
    struct usctp__peer_walk walk;
    struct usctp__peer *peer;

    sock->listening = false;
    refuse_waiting(sock);
    usctp__peer_walk_begin(&walk, sock);
    while ((peer = usctp__peer_walk_next(&walk)) != NULL) {
        usctp__sock_end_peer(sock, peer);
    }
    usctp__peer_walk_end(&walk);
}

void usctp__sock_shut_all(struct usctp_host *host)
{
    USCTP__LIST_FOREACH(link, &host->socks)
    {
        end_all(USCTP__CONTAINER_OF(link, struct usctp__sock, link));
    }
    USCTP__LIST_FOREACH(link, &host->bindings)
    {
        usctp__binding_update(USCTP__CONTAINER_OF(link, struct usctp__binding, link));
    }
}

/* --- Another pair ----------------------------------------------------------------------------- */

enum { MAX_APPS = 64 }; /* descriptors of one socket that are taken along */

static int renew_pair(struct usctp__sock *sock)
{
    int apps[MAX_APPS];
    size_t cnt = 0;

    for (int fd = sock->first_fd; fd >= 0 && cnt < MAX_APPS; fd = usctp__table_after(fd)) {
        apps[cnt++] = fd;
    }
    int err = usctp__pair_renew(&sock->pair, apps, cnt);
    usctp__sock_touch(sock);
    return err;
}

int usctp__sock_renew(struct usctp__sock *sock)
{
    struct usctp_host *host = sock->host;
    int err = 0;

    if (!sock->pair.hung || !usctp__one_to_one(sock)) {
        return 0;
    }
    sock->waiters++; /* it stays while the lock is given up: the table's comes first */
    usctp__leave_host(host);
    usctp__table_lock();
    usctp__host_lock(host);
    sock->waiters--;
    if (sock->closed) {
        usctp__sock_touch(sock);
        err = -EBADF;
    } else if (sock->pair.hung) {
        err = renew_pair(sock);
    }
    usctp__table_unlock();
    return err;
}

void usctp__sock_unhang(struct usctp__sock *sock)
{
    const unsigned ended = USCTP__READY_RDHUP | USCTP__READY_HUP | USCTP__READY_ERR;

    if (sock->pair.hung && (usctp__sock_ready(sock) & ended) == 0) {
        (void)usctp__sock_renew(sock);
    }
}

/* --- Binding ---------------------------------------------------------------------------------- */

int usctp__sock_autobind(struct usctp__sock *sock)
{
    struct usctp__name any;

    if (sock->binding != NULL) {
        return 0;
    }
    memset(&any, 0, sizeof(any));
    return usctp__binding_make(sock, &any, 1);
}

/* --- Readiness -------------------------------------------------------------------------------- */

/* RFC 6458 is silent; what Linux shows. */
static bool writable(const struct usctp__sock *sock)
{
    if (sock->write_shut || sock->blocked_cnt > 0) {
        return false;
    }
    return !usctp__one_to_one(sock) || (sock->connected && sock->peer_cnt > 0);
}

unsigned usctp__sock_ready(struct usctp__sock *sock)
{
    unsigned ready = 0;
    bool read_end = sock->read_shut;

    if (sock->listening && usctp__one_to_one(sock)) {
        return sock->accept_cnt > 0 ? USCTP__READY_IN : 0;
    }
    if (usctp__one_to_one(sock)) {
        const struct usctp__peer *peer = usctp__peer_only(sock);

        read_end = read_end || sock->ended || (peer != NULL && peer->peer_shutdown);
    }
    if (usctp__rxq_first(sock) != NULL) {
        ready |= USCTP__READY_IN;
    }
    if (read_end) {
        ready |= USCTP__READY_IN | USCTP__READY_RDHUP;
        if (sock->write_shut || sock->ended) {
            ready |= USCTP__READY_HUP;
        }
    }
    if (writable(sock)) {
        ready |= USCTP__READY_OUT;
    }
    if (sock->error != 0) {
        ready |= USCTP__READY_ERR;
    }
    return ready;
}

void usctp__sock_show(struct usctp__sock *sock)
{
    bool edge = sock->rxq.added;

    sock->rxq.added = false;
    usctp__pair_show(&sock->pair, usctp__sock_ready(sock), edge);
}

int usctp__sock_error(struct usctp__sock *sock)
{
    int error = sock->error;

    sock->error = 0;
    if (error != 0) {
        usctp__sock_touch(sock);
    }
    return -error;
}

/* --- Waiting ---------------------------------------------------------------------------------- */

bool usctp__sock_nonblocking(const struct usctp__sock *sock, int flags)
{
    if ((flags & MSG_DONTWAIT) != 0) {
        return true;
    }
    int status = fcntl(sock->pair.app, F_GETFL);
    return status >= 0 && (status & O_NONBLOCK) != 0;
}

static int wait_on(struct usctp__sock *sock, bool (*cond)(struct usctp__sock *sock, void *ctx),
                   void *ctx, uint64_t until_ts)
{
    while (!cond(sock, ctx)) {
        if (usctp__host_now(sock->host) >= until_ts) {
            return -EAGAIN;
        }
        int err = usctp__host_wait(sock->host, until_ts);
        if (sock->closed || sock->host->dead) {
            return -EBADF;
        }
        if (err != 0 && !cond(sock, ctx)) {
            return err;
        }
    }
    return 0;
}

int usctp__sock_wait(struct usctp__sock *sock, bool (*cond)(struct usctp__sock *sock, void *ctx),
                     void *ctx, bool may_block, uint64_t limit_dur)
{
    if (cond(sock, ctx)) {
        return 0;
    }
    usctp__host_drain(sock->host);
    if (cond(sock, ctx)) {
        return 0;
    }
    if (!may_block) {
        return -EAGAIN;
    }
    uint64_t until_ts =
        limit_dur == 0 ? USCTP_NEVER : usctp__time_add(usctp__host_now(sock->host), limit_dur);
    sock->waiters++;
    int err = wait_on(sock, cond, ctx, until_ts);
    sock->waiters--;
    usctp__wait_hand_over(sock->host);
    if (sock->closed) {
        usctp__sock_touch(sock);
    }
    return err;
}

int usctp__sock_wait_peer(struct usctp__sock *sock, struct usctp__peer *peer,
                          bool (*cond)(struct usctp__sock *sock, void *ctx), bool may_block,
                          uint64_t limit_dur)
{
    usctp__peer_ref(peer);
    peer->waiters++;
    int err = usctp__sock_wait(sock, cond, peer, may_block, limit_dur);
    peer->waiters--;
    usctp__peer_unref(sock->host, peer);
    return err;
}
