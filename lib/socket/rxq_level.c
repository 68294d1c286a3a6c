/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of what waits may be read: the levels of SCTP_FRAGMENT_INTERLEAVE (RFC 6458, 8.1.20; RFC 8260, 4.2). The
 * core delivers nothing of a stream between the parts of a message of it, so its stream names a message. */
#include <string.h>

#include "socket/peer.h"
#include "socket/rxq.h"
#include "socket/sock.h"

static struct usctp__rec *rec_of(struct usctp__list *link)
{
    return USCTP__CONTAINER_OF(link, struct usctp__rec, link);
}

/* A message of which a part was read, as level 0 and as level 1 see it. */
static struct usctp__rx_part part_of(const struct usctp__rec *rec)
{
    struct usctp__rx_part part = {rec->peer, rec->stream};

    return part;
}

static bool matches(const struct usctp__rx_part *part, const struct usctp__rec *rec)
{
    return rec->peer == part->peer && rec->kind != USCTP__REC_NOTE && rec->stream == part->stream;
}

/* While a message has been read in part: level 0, nothing but its rest; level 1, nothing else of its
 * association; level 2, anything. */
static bool eligible(const struct usctp__sock *sock, const struct usctp__rec *rec)
{
    switch (sock->opts.interleave) {
    case 0:
        return sock->rxq.part.peer == NULL || matches(&sock->rxq.part, rec);
    case 1:
        return rec->peer->part.peer == NULL || matches(&rec->peer->part, rec);
    default:
        return true;
    }
}

/* The message that this was a part of has been read to its end. */
static void end_part(struct usctp__sock *sock, const struct usctp__rec *rec)
{
    struct usctp__rx_part *parts[] = {&sock->rxq.part, &rec->peer->part};

    for (size_t i = 0; i < 2; i++) {
        if (matches(parts[i], rec)) {
            memset(parts[i], 0, sizeof(*parts[i]));
        }
    }
}

void usctp__rxq_note_part(struct usctp__sock *sock, const struct usctp__rec *rec, bool whole)
{
    if (whole && (rec->flags & USCTP_MESSAGE_LAST) != 0) {
        end_part(sock, rec);
    } else {
        sock->rxq.part = rec->peer->part = part_of(rec);
    }
}

/* --- Messages side by side -------------------------------------------------------------------- */

/* What an association holds that is not eligible fills half of its window, or the memory behind it. */
static struct usctp__rec *first_of_many(const struct usctp__sock *sock,
                                        const struct usctp__peer *peer)
{
    enum { RECORD_LEN = 256 }; /* what a message takes besides its bytes */
    struct usctp_params params = USCTP_PARAMS_INIT;
    struct usctp__rec *first = NULL;
    size_t len = 0;

    usctp_assoc_params(peer->assoc, &params);
    for (struct usctp__list *link = sock->rxq.recs.next; link != &sock->rxq.recs;
         link = link->next) {
        struct usctp__rec *rec = rec_of(link);

        if (rec->peer == peer) {
            first = first != NULL ? first : rec;
            len += rec->len + RECORD_LEN;
        }
    }
    return len >= params.receive_window / 2 ? first : NULL;
}

/* Where I-DATA was agreed on, at level 2, and the level is another one now, the rest of the message at hand may be
 * kept from coming by those that wait for it, since they close the window. Then they are read: each part tells of which
 * stream it is. With DATA there is no such knot, since the rest comes first. */
static struct usctp__rec *untie(const struct usctp__sock *sock)
{
    for (struct usctp__list *link = sock->peers.next; link != &sock->peers; link = link->next) {
        const struct usctp__peer *peer = USCTP__CONTAINER_OF(link, struct usctp__peer, link);
        struct usctp__rec *rec = NULL;

        if (peer->part.peer != NULL && peer->assoc != NULL &&
            (sock->opts.interleave > 0 || sock->rxq.part.peer == peer) &&
            (usctp_assoc_extensions(peer->assoc) & USCTP_EXT_INTERLEAVING) != 0 &&
            (rec = first_of_many(sock, peer)) != NULL) {
            return rec;
        }
    }
    return NULL;
}

/* --- What comes next -------------------------------------------------------------------------- */

static struct usctp__rec *next_eligible(const struct usctp__sock *sock)
{
    const struct usctp__list *head = &sock->rxq.recs;

    for (struct usctp__list *link = head->next; link != head; link = link->next) {
        if (eligible(sock, rec_of(link))) {
            return rec_of(link);
        }
    }
    return !usctp__list_empty(head) ? untie(sock) : NULL;
}

struct usctp__rec *usctp__rxq_first(struct usctp__sock *sock)
{
    struct usctp__rec *rec;

    while ((rec = next_eligible(sock)) != NULL && rec->kind == USCTP__REC_BREAK) {
        end_part(sock, rec);
        usctp__rxq_free(sock, rec);
    }
    return rec;
}

/* May `next` be read once `rec` was read to its end? */
static bool may_follow(const struct usctp__sock *sock, const struct usctp__rec *rec,
                       const struct usctp__rec *next)
{
    bool ends = (rec->flags & USCTP_MESSAGE_LAST) != 0;
    struct usctp__rx_part part = part_of(rec);

    if (next->kind == USCTP__REC_BREAK) {
        return false;
    }
    switch (sock->opts.interleave) {
    case 0:
        return ends || matches(&part, next);
    case 1:
        return next->peer == rec->peer ? ends || matches(&part, next) : eligible(sock, next);
    default:
        return true;
    }
}

struct usctp__rec *usctp__rxq_second(struct usctp__sock *sock, const struct usctp__rec *rec)
{
    for (struct usctp__list *link = rec->link.next; link != &sock->rxq.recs; link = link->next) {
        if (may_follow(sock, rec, rec_of(link))) {
            return rec_of(link);
        }
    }
    return NULL;
}
