/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving. */
#include "socket/recv.h"

#include <errno.h>
#include <string.h>

#include "socket/host.h"
#include "socket/notify.h"
#include "socket/rxq.h"
#include "socket/sock.h"

/* The peer will send no more, or nobody here wants to read. */
static bool at_end(const struct usctp__sock *sock)
{
    const struct usctp__peer *peer;

    if (sock->read_shut) {
        return true;
    }
    if (!usctp__one_to_one(sock)) {
        return false;
    }
    peer = usctp__peer_only(sock);
    return peer != NULL ? peer->peer_shutdown : sock->ended;
}

/* Nothing will ever come: never connected, or all is over. */
static bool disconnected(const struct usctp__sock *sock)
{
    return sock->peer_cnt == 0 && !sock->connecting &&
           (usctp__one_to_one(sock) || !sock->listening);
}

static bool decided(struct usctp__sock *sock, void *ctx)
{
    (void)ctx;
    return usctp__rxq_first(sock) != NULL || sock->error != 0 || at_end(sock) || disconnected(sock);
}

/* What to say where there is nothing to read. */
static ssize_t nothing(struct usctp__sock *sock)
{
    int err = usctp__sock_error(sock);

    if (err != 0) {
        return err;
    }
    /* After our own shutdown there is no end to be told of, only that nobody is there. */
    if (at_end(sock) && !(sock->ended && sock->write_shut && !sock->read_shut)) {
        return 0;
    }
    return -ENOTCONN;
}

static size_t room_of(const struct usctp__recv *recv)
{
    size_t room = 0;

    for (size_t i = 0; i < recv->iov_cnt; i++) {
        room += recv->iov[i].iov_len;
    }
    return room;
}

/* What was read is gone now. */
static void consume(struct usctp__sock *sock, struct usctp__rec *rec)
{
    struct usctp__peer *peer = rec->peer;

    usctp__peer_ref(peer);
    usctp__rxq_advance(sock, rec);
    usctp__peer_resume(peer);
    if (sock->rxq.notes_stopped) {
        usctp__note_stopped(sock, peer);
    }
    usctp__peer_unref(sock->host, peer);
}

static ssize_t read_rec(struct usctp__sock *sock, struct usctp__rec *rec, struct usctp__recv *recv)
{
    uint32_t offset = rec->offset;

    recv->has_rec = true;
    recv->is_note = rec->kind == USCTP__REC_NOTE;
    if (recv->is_note) {
        recv->out_flags |= MSG_NOTIFICATION;
    }
    if (recv->wants_info) {
        usctp__recv_info(sock, rec, room_of(recv), &recv->info);
    }
    if (recv->wants_from) {
        recv->from_len =
            usctp__sockaddr_out(&recv->from, &rec->from, sock->domain, sock->opts.mapped);
    }
    size_t len = usctp__rec_copy(rec, recv->iov, recv->iov_cnt);
    if (rec->offset == rec->len && (rec->flags & USCTP_MESSAGE_LAST) != 0) {
        recv->out_flags |= MSG_EOR;
    }
    if ((recv->flags & MSG_PEEK) != 0) {
        rec->offset = offset;
        rec->piece = 0;
        rec->piece_start = 0;
    } else {
        consume(sock, rec);
    }
    return (ssize_t)len;
}

ssize_t usctp__recv(struct usctp__sock *sock, struct usctp__recv *recv)
{
    struct usctp__rec *rec;

    recv->out_flags = 0;
    recv->from_len = 0;
    recv->has_rec = false;
    if ((recv->flags & (MSG_ERRQUEUE | MSG_OOB)) != 0) {
        return -EOPNOTSUPP;
    }
    if (usctp__one_to_one(sock) && sock->listening) {
        return -ENOTCONN;
    }
    if (usctp__rxq_first(sock) == NULL) {
        bool may_block = !usctp__sock_nonblocking(sock, recv->flags);
        int err = usctp__sock_wait(sock, decided, NULL, may_block, sock->opts.receive_dur);

        if (err != 0) {
            return err;
        }
    }
    rec = usctp__rxq_first(sock);
    return rec != NULL ? read_rec(sock, rec, recv) : nothing(sock);
}

ssize_t usctp__recv_plainly(struct usctp__sock *sock, void *bytes, size_t len)
{
    struct usctp__rec *rec = usctp__rxq_plain(&sock->rxq, len);
    ssize_t got;

    if (rec == NULL || rec->peer->part.peer != NULL || rec->peer->deferred ||
        sock->rxq.notes_stopped) {
        return 0;
    }
    got = (ssize_t)rec->len;
    memcpy(bytes, rec->iov->base, rec->len);
    usctp__rxq_drop(sock, rec);
    return got;
}
