/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending. */
#include "socket/send.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "socket/connect.h"
#include "socket/eor.h"
#include "socket/host.h"
#include "socket/opt.h"
#include "socket/sock.h"
#include "socket/table.h"

enum {
    FEW_PIECES = 16, /* pieces of a message that need no memory */
    KNOWN_FLAGS = SCTP_UNORDERED | SCTP_ADDR_OVER | SCTP_ABORT | SCTP_SACK_IMMEDIATELY |
                  SCTP_SENDALL | SCTP_EOF | SCTP_EOR | SCTP_PR_SCTP_MASK
};

/* --- Which association ------------------------------------------------------------------------ */

/* A socket that has one association for good. */
static bool is_single(const struct usctp__sock *sock)
{
    return usctp__one_to_one(sock) || sock->peeled;
}

static int choose_single(struct usctp__sock *sock, const struct usctp__send *send,
                         struct usctp__peer **peer)
{
    *peer = usctp__peer_only(sock);
    if (*peer != NULL) {
        if (send->to_cnt > 0 && !sock->peeled && usctp__peer_by_name(sock, send->to) != *peer) {
            return -EADDRNOTAVAIL;
        }
        return 0;
    }
    if (sock->listening || sock->ended || sock->write_shut || sock->peeled || send->to_cnt == 0) {
        return -EPIPE;
    }
    return 0; /* one is to be set up */
}

/* RFC 6458, 3.1.4, as Linux does it: the address first, then the id. *peer stays NULL where one is to be set
 * up. */
static int choose(struct usctp__sock *sock, const struct usctp__send *send,
                  struct usctp__peer **peer)
{
    *peer = NULL;
    if (is_single(sock)) {
        return choose_single(sock, send, peer);
    }
    if (send->to_cnt > 0) {
        *peer = usctp__peer_by_name(sock, send->to);
        if (*peer == NULL && sock->binding != NULL &&
            usctp_endpoint_find(sock->binding->endpoint, &send->to->addr, send->to->port) != NULL) {
            return -EADDRNOTAVAIL; /* it was peeled off */
        }
        return 0;
    }
    *peer = usctp__peer_by_id(sock, send->info->assoc_id);
    return *peer != NULL ? 0 : -EPIPE;
}

/* --- Ending with a message -------------------------------------------------------------------- */

/* The User-Initiated Abort carries what it can of the message (RFC 6458, 5.3.2). */
static ssize_t send_abort(struct usctp__peer *peer, const struct usctp__send *send)
{
    uint8_t reason[1024] = {0};
    size_t len = 0;

    for (size_t i = 0; i < send->iov_cnt && len < sizeof(reason); i++) {
        size_t room = sizeof(reason) - len;
        size_t take = send->iov[i].iov_len < room ? send->iov[i].iov_len : room;

        memcpy(reason + len, send->iov[i].iov_base, take);
        len += take;
    }
    while (usctp_assoc_abort(peer->assoc, reason, len) == USCTP_EMSGSIZE && len > 0) {
        len /= 2;
    }
    return (ssize_t)send->len;
}

static ssize_t send_eof(struct usctp__peer *peer)
{
    peer->closing = true;
    (void)usctp_assoc_close(peer->assoc);
    return 0;
}

/* --- One message ------------------------------------------------------------------------------ */

static const struct usctp__send_defaults *how_of(const struct usctp__peer *peer,
                                                 const struct usctp__send *send)
{
    return send->info->has_send ? &send->info->send : &peer->opts.send;
}

/* RFC 6458, 5.3.7; RFC 7496, 4.2: what was said with the message counts, by SCTP_PRINFO or in the flags
 * with the time to live as the value, and then the default. */
static void fill_pr(const struct usctp__peer *peer, const struct usctp__send *send,
                    const struct usctp__send_defaults *how, struct usctp_send_info *info)
{
    uint16_t policy = peer->opts.pr_policy;
    uint32_t value = peer->opts.pr_value;

    if (send->info->has_pr) {
        policy = send->info->pr.pr_policy;
        value = send->info->pr.pr_value;
    } else if ((how->flags & SCTP_PR_SCTP_MASK) != 0) {
        policy = how->flags & SCTP_PR_SCTP_MASK;
        value = how->time_to_live;
        info->lifetime_dur = 0;
    }
    switch (policy) {
    case SCTP_PR_SCTP_TTL:
        info->lifetime_dur = value * USCTP__MS;
        info->pr_policy = value != 0 ? USCTP_PR_TIMED : USCTP_PR_NONE;
        break;
    case SCTP_PR_SCTP_RTX:
        info->pr_policy = USCTP_PR_RETRANSMITS;
        info->pr_value = value;
        break;
    case SCTP_PR_SCTP_PRIO:
        info->pr_policy = USCTP_PR_PRIORITY;
        info->pr_value = value;
        break;
    default:
        break;
    }
}

static void fill_info(const struct usctp__peer *peer, const struct usctp__send *send,
                      struct usctp_send_info *info)
{
    const struct usctp__send_defaults *how = how_of(peer, send);

    info->stream = how->stream;
    info->ppid = ntohl(how->ppid);
    info->context = (void *)(uintptr_t)how->context;
    info->lifetime_dur = how->time_to_live * USCTP__MS;
    if ((how->flags & SCTP_UNORDERED) != 0) {
        info->flags |= USCTP_SEND_UNORDERED;
    }
    if ((how->flags & SCTP_SACK_IMMEDIATELY) != 0) {
        info->flags |= USCTP_SEND_SACK_IMMEDIATELY;
    }
    if (send->info->has_key) { /* RFC 6458, 5.3.8 */
        info->flags |= USCTP_SEND_KEY;
        info->key = send->info->key;
    }
    fill_pr(peer, send, how, info);
}

/* The path to an address; USCTP_PATH_ANY: there is none. */
static usctp_path_id path_to(const struct usctp__peer *peer, const struct usctp_addr *addr)
{
    usctp_path_id ids[64];
    size_t cnt = usctp_assoc_paths(peer->assoc, ids, 64);

    for (size_t i = 0; i < cnt && i < 64; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;

        if (usctp_path_info(peer->assoc, ids[i], &info) == 0 &&
            usctp__addr_same(&info.remote, addr)) {
            return ids[i];
        }
    }
    return USCTP_PATH_ANY;
}

/* What can be told of a message without its association, of so many streams. */
static int check_message(const struct usctp__sock *sock, const struct usctp__send *send,
                         uint16_t stream, uint16_t out_streams)
{
    if (stream >= out_streams) {
        return -EINVAL;
    }
    return send->len > sock->opts.sndbuf && !sock->opts.explicit_eor ? -EMSGSIZE : 0;
}

/* RFC 6458, 8.1.11 */
static bool may_be_cut(const struct usctp__sock *sock)
{
    return !sock->opts.no_fragments || sock->opts.explicit_eor;
}

static bool has_room_or_ended(struct usctp__sock *sock, void *ctx)
{
    const struct usctp__peer *peer = ctx;

    (void)sock;
    return !peer->blocked || peer->assoc == NULL;
}

/* What the association's end means for who sends. */
static int ended_error(struct usctp__sock *sock, const struct usctp__peer *peer)
{
    int err = usctp__one_to_one(sock) ? usctp__sock_error(sock) : 0;

    (void)peer;
    return err != 0 ? err : -EPIPE;
}

static ssize_t send_message(struct usctp__sock *sock, struct usctp__peer *peer,
                            const struct usctp__send *send, const struct usctp_iov *iov)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    fill_info(peer, send, &info);
    int err = check_message(sock, send, info.stream, peer->out_streams);
    if (err != 0) {
        return err;
    }
    if (!may_be_cut(sock) && peer->assoc != NULL && send->len > usctp__frag_point(peer)) {
        return -EMSGSIZE;
    }
    if ((send->info->send.flags & SCTP_ADDR_OVER) != 0 || (is_single(sock) && send->to_cnt > 0)) {
        info.path = path_to(peer, &send->to->addr);
    }
    if (sock->opts.explicit_eor) {
        if (info.pr_policy != USCTP_PR_NONE) {
            return -EINVAL; /* a message in pieces is reliable */
        }
        return usctp__eor_send(sock, peer, send, how_of(peer, send), &info);
    }
    for (;;) {
        if (peer->assoc == NULL) {
            return ended_error(sock, peer);
        }
        err = usctp_assoc_send(peer->assoc, &info, iov, send->iov_cnt);
        if (err != USCTP_EWOULDBLOCK) {
            break;
        }
        usctp__peer_block(peer, true);
        err =
            usctp__sock_wait_peer(sock, peer, has_room_or_ended,
                                  !usctp__sock_nonblocking(sock, send->flags), sock->opts.send_dur);
        if (err != 0) {
            return err;
        }
    }
    if (err == 0) {
        usctp__peer_sent(peer);
    }
    return err == 0 ? (ssize_t)send->len : err == USCTP_ENOENT ? -EINVAL : -usctp__errno(err);
}

/* The same with the pieces as the core wants them. */
static ssize_t send_pieces(struct usctp__sock *sock, struct usctp__peer *peer,
                           const struct usctp__send *send)
{
    struct usctp_iov few[FEW_PIECES], *iov = few;
    ssize_t result;

    if (send->iov_cnt > FEW_PIECES) {
        iov = malloc(send->iov_cnt * sizeof(*iov));
        if (iov == NULL) {
            return -ENOMEM;
        }
    }
    for (size_t i = 0; i < send->iov_cnt; i++) {
        iov[i].base = send->iov[i].iov_base;
        iov[i].len = send->iov[i].iov_len;
    }
    usctp__peer_ref(peer);
    result = send_message(sock, peer, send, iov);
    usctp__peer_unref(sock->host, peer);
    if (iov != few) {
        free(iov);
    }
    return result;
}

/* The message that is to set an association up: nothing is sent where it is refused. */
static int check_first(const struct usctp__sock *sock, const struct usctp__send *send)
{
    struct usctp_params params = sock->opts.params;
    const struct usctp__send_info *info = send->info;

    if (send->len == 0 || send->to_cnt + info->addr_cnt > USCTP__SEND_ADDR_MAX) {
        return -EINVAL;
    }
    usctp__init_params(&params, &sock->opts.init);
    if (info->has_init) {
        usctp__init_params(&params, &info->init);
    }
    if (!may_be_cut(sock) && send->len > usctp__frag_point_to_come(&params)) {
        return -EMSGSIZE;
    }
    return check_message(sock, send, (info->has_send ? info->send : sock->opts.peer.send).stream,
                         params.out_streams);
}

/* Data on its way to a peer with whom an association is to be set up first: it is queued, and leaves with
 * COOKIE ECHO. The result is that of the data; how the set-up ends, notifications tell. */
static ssize_t send_and_connect(struct usctp__sock *sock, const struct usctp__send *send)
{
    struct usctp__peer *peer;
    struct usctp__name names[USCTP__SEND_ADDR_MAX];
    const struct usctp__send_info *info = send->info;
    size_t cnt = send->to_cnt;
    int err = check_first(sock, send);

    if (err != 0) {
        return err;
    }
    memcpy(names, send->to, cnt * sizeof(*names));
    for (size_t i = 0; i < info->addr_cnt; i++) {
        names[cnt].addr = info->addrs[i];
        names[cnt++].port = send->to->port;
    }
    err = usctp__connect_start(sock, names, cnt, info->has_init ? &info->init : NULL, &peer);
    if (err != 0) {
        return err;
    }
    usctp__peer_ref(peer);
    ssize_t result = send_pieces(sock, peer, send);
    if (result < 0 && peer->assoc != NULL) {
        usctp_assoc *assoc = peer->assoc;

        usctp_assoc_free(assoc);
        sock->connecting = false;
        usctp__peer_over(sock->host, peer);
    } else if (result >= 0 && !usctp__sock_nonblocking(sock, send->flags)) {
        (void)usctp__connect_wait(sock, peer, true);
    }
    usctp__peer_unref(sock->host, peer);
    return result;
}

static ssize_t send_to(struct usctp__sock *sock, struct usctp__peer *peer,
                       const struct usctp__send *send)
{
    uint16_t flags = send->info->has_send ? send->info->send.flags : 0;

    if (peer->assoc == NULL) {
        return ended_error(sock, peer);
    }
    if ((flags & SCTP_ABORT) != 0) {
        return send_abort(peer, send);
    }
    if ((flags & SCTP_EOF) != 0) {
        return send_eof(peer);
    }
    if (peer->closing || sock->write_shut || peer->peer_shutdown) {
        return -EPIPE;
    }
    return send_pieces(sock, peer, send);
}

/* RFC 6458, 5.3.2 (SCTP_SENDALL): a copy for each association that stands. */
static ssize_t send_to_all(struct usctp__sock *sock, const struct usctp__send *send)
{
    struct usctp__peer_walk walk;
    struct usctp__peer *peer;
    ssize_t result = 0;

    usctp__peer_walk_begin(&walk, sock);
    while (result >= 0 && (peer = usctp__peer_walk_next(&walk)) != NULL) {
        if (peer->up && peer->assoc != NULL && !peer->closing && !peer->peer_shutdown) {
            result = send_to(sock, peer, send); /* which may wait, and peers go */
        }
    }
    usctp__peer_walk_end(&walk);
    return result;
}

/* Which combinations there are not (as Linux has it). */
static int check_flags(const struct usctp__sock *sock, const struct usctp__send *send)
{
    uint16_t flags = send->info->has_send ? send->info->send.flags : 0;

    if ((flags & ~KNOWN_FLAGS) != 0 || (send->flags & MSG_OOB) != 0) {
        return send->flags & MSG_OOB ? -EOPNOTSUPP : -EINVAL;
    }
    if ((flags & (SCTP_EOF | SCTP_ABORT)) != 0 && usctp__one_to_one(sock)) {
        return -EINVAL;
    }
    if ((flags & SCTP_EOF) != 0 && send->len > 0) {
        return -EINVAL;
    }
    if ((flags & SCTP_ADDR_OVER) != 0 && send->to_cnt == 0) {
        return -EINVAL;
    }
    if (send->len == 0 && (flags & (SCTP_EOF | SCTP_ABORT)) == 0 && !sock->opts.explicit_eor) {
        return -EINVAL;
    }
    return 0;
}

static ssize_t send_anywhere(struct usctp__sock *sock, struct usctp__send *send)
{
    uint16_t flags = send->info->has_send ? send->info->send.flags : 0;
    struct usctp__peer *peer;
    int err = check_flags(sock, send);

    if (err != 0) {
        return err;
    }
    if ((flags & SCTP_SENDALL) != 0 && !is_single(sock)) {
        return send_to_all(sock, send);
    }
    err = choose(sock, send, &peer);
    if (err != 0) {
        return err;
    }
    if (peer != NULL) {
        return send_to(sock, peer, send);
    }
    return (flags & (SCTP_EOF | SCTP_ABORT)) != 0 ? -EINVAL : send_and_connect(sock, send);
}

ssize_t usctp__send(struct usctp__sock *sock, struct usctp__send *send)
{
    ssize_t result = usctp__sock_error(sock);

    return result != 0 ? result : send_anywhere(sock, send);
}

/* --- The short way ---------------------------------------------------------------------------- */

/* Nothing was said about how messages are to be sent. */
static bool has_no_defaults(const struct usctp__peer_opts *opts)
{
    const struct usctp__send_defaults *send = &opts->send;

    return (send->stream | send->flags | send->ppid | send->context | send->time_to_live |
            opts->pr_policy) == 0;
}

static bool takes_messages(const struct usctp__sock *sock, const struct usctp__peer *peer)
{
    return peer->assoc != NULL &&
           !(peer->closing | peer->peer_shutdown | sock->write_shut | (sock->error != 0));
}

ssize_t usctp__send_plainly(struct usctp__sock *sock, const void *bytes, size_t len)
{
    const struct usctp_iov iov = {bytes, len};
    struct usctp__peer *peer = usctp__peer_only(sock);

    if (peer == NULL || !takes_messages(sock, peer) || !has_no_defaults(&peer->opts) ||
        (sock->opts.explicit_eor | sock->opts.no_fragments) || len == 0 ||
        len > sock->opts.sndbuf || usctp_assoc_send(peer->assoc, NULL, &iov, 1) != 0) {
        return 0;
    }
    usctp__peer_sent(peer);
    return (ssize_t)len;
}
