/* SPDX-License-Identifier: BSD-3-Clause */
/* Explicit end of record. The last byte of what was handed in waits here until it is known whether more
 * follows: the end may be told by a call without data, and a chunk without data there is not. */
#include "socket/eor.h"

#include <errno.h>
#include <string.h>

#include "socket/sock.h"
#include "socket/table.h"

enum { MAX_PIECES = 64 }; /* handed to the core at a time */

/* Where a message in pieces stands. */
struct piece {
    struct usctp_iov iov[MAX_PIECES + 1];
    size_t cnt;
    size_t len;   /* of the program's bytes in iov */
    uint8_t last; /* the byte that is kept back, unless it ends the message */
    bool ends;
};

static bool wants_end(const struct usctp__send *send, const struct usctp__send_defaults *how)
{
    return (how->flags & SCTP_EOR) != 0 || (send->flags & MSG_EOR) != 0;
}

static int check(const struct usctp__peer *peer, const struct usctp__send *send,
                 const struct usctp__send_defaults *how)
{
    if (send->len == 0 && !(peer->eor_open && wants_end(send, how))) {
        return -EINVAL;
    }
    if (peer->eor_open && (how->stream != peer->eor.stream || how->ppid != peer->eor.ppid ||
                           ((how->flags ^ peer->eor.flags) & SCTP_UNORDERED) != 0)) {
        return -EINVAL; /* another message, while one is not ended */
    }
    return how->time_to_live == 0 ? 0 : -EINVAL;
}

/* Bytes from `offset` on, at most `max` of them, behind the one that was kept back. */
static void slice(const struct usctp__peer *peer, const struct usctp__send *send, size_t offset,
                  size_t max, struct piece *piece)
{
    piece->cnt = 0;
    piece->len = 0;
    if (peer->eor_open) {
        piece->iov[piece->cnt].base = &peer->eor_byte;
        piece->iov[piece->cnt++].len = 1;
    }
    for (size_t i = 0; i < send->iov_cnt && piece->cnt < MAX_PIECES && piece->len < max; i++) {
        size_t len = send->iov[i].iov_len;

        if (offset >= len) {
            offset -= len;
            continue;
        }
        len = len - offset < max - piece->len ? len - offset : max - piece->len;
        piece->iov[piece->cnt].base = (const uint8_t *)send->iov[i].iov_base + offset;
        piece->iov[piece->cnt++].len = len;
        piece->len += len;
        offset = 0;
    }
}

/* Takes the last byte off again. */
static void keep_back(struct piece *piece)
{
    struct usctp_iov *last = &piece->iov[piece->cnt - 1];

    piece->last = ((const uint8_t *)last->base)[--last->len];
    if (last->len == 0) {
        piece->cnt--;
    }
}

static bool up_with_room(struct usctp__sock *sock, void *ctx)
{
    const struct usctp__peer *peer = ctx;

    (void)sock;
    return peer->assoc == NULL || (peer->up && !peer->blocked);
}

/* One piece to the core; waits for room. 0 or a negative errno. */
static int send_piece(struct usctp__sock *sock, struct usctp__peer *peer,
                      const struct usctp_send_info *info, const struct piece *piece, bool may_block)
{
    for (;;) {
        int err = usctp__sock_wait_peer(sock, peer, up_with_room, may_block, sock->opts.send_dur);

        if (err != 0) {
            return err;
        }
        if (peer->assoc == NULL) {
            return -EPIPE;
        }
        err = usctp_assoc_send(peer->assoc, info, piece->iov, piece->cnt);
        if (err == 0) {
            usctp__peer_sent(peer);
        }
        if (err != USCTP_EWOULDBLOCK) {
            return err == USCTP_ENOENT ? -EINVAL : -usctp__errno(err);
        }
        usctp__peer_block(peer, true);
    }
}

static void note_begun(struct usctp__peer *peer, const struct usctp__send_defaults *how,
                       const struct piece *piece)
{
    peer->eor_open = !piece->ends;
    peer->eor = *how;
    peer->eor_byte = piece->last;
}

ssize_t usctp__eor_send(struct usctp__sock *sock, struct usctp__peer *peer,
                        const struct usctp__send *send, const struct usctp__send_defaults *how,
                        const struct usctp_send_info *info)
{
    bool may_block = !usctp__sock_nonblocking(sock, send->flags);
    struct usctp_send_info with_more = *info;
    size_t done = 0;
    int err = check(peer, send, how);

    while (err == 0) {
        struct piece piece;

        slice(peer, send, done, sock->opts.sndbuf, &piece);
        piece.ends = wants_end(send, how) && done + piece.len == send->len;
        with_more.flags = (uint16_t)(info->flags | (piece.ends ? 0 : USCTP_SEND_MORE));
        if (!piece.ends) {
            keep_back(&piece);
        }
        if (piece.cnt > 0) {
            err = send_piece(sock, peer, &with_more, &piece, may_block);
        }
        if (err == 0) {
            note_begun(peer, how, &piece);
            done += piece.len;
        }
        if (done == send->len) {
            break;
        }
    }
    return done > 0 ? (ssize_t)done : err;
}
