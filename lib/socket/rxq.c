/* SPDX-License-Identifier: BSD-3-Clause */
/* What waits to be read on a socket. */
#include "socket/rxq.h"

#include <string.h>

#include "socket/host.h"
#include "socket/loan.h"
#include "socket/peer.h"
#include "socket/sock.h"

enum {
    WHOLE = USCTP_MESSAGE_FIRST | USCTP_MESSAGE_LAST,
    COPY_MAX = 1500, /* bytes of messages that are copied, also where the core has a copy */
    BORROW_MIN = 256 /* and of those that are rather left where they are, if they may */
};

static struct usctp__rec *rec_of(struct usctp__list *link)
{
    return USCTP__CONTAINER_OF(link, struct usctp__rec, link);
}

void usctp__rxq_init(struct usctp__rxq *rxq)
{
    memset(rxq, 0, sizeof(*rxq));
    usctp__list_init(&rxq->recs);
}

/* --- Records ---------------------------------------------------------------------------------- */

/* In a block, with room for so many bytes behind it; not initialised. NULL: no memory. */
static inline struct usctp__rec *take_rec(struct usctp_host *host, struct usctp__rxblock **current,
                                          size_t len)
{
    const size_t memory = (sizeof(struct usctp__rec) + len + 7) & ~(size_t)7;
    struct usctp__rxblock *block = current != NULL
                                       ? usctp__rxmem_block(&host->bufs, current, memory)
                                       : usctp__rxmem_more(&host->bufs, NULL, memory);

    if (USCTP__UNLIKELY(block == NULL)) {
        return NULL;
    }
    struct usctp__rec *rec = usctp__rxmem_place(block, memory);
    rec->block = block;
    rec->loan = NULL;
    rec->memory = (uint32_t)memory;
    return rec;
}

/* The same, of this kind and with all else at zero. */
static struct usctp__rec *new_rec(struct usctp_host *host, struct usctp__rxblock **current,
                                  enum usctp__rec_kind kind, size_t len)
{
    struct usctp__rec *rec = take_rec(host, current, len);

    if (rec != NULL) {
        struct usctp__rxblock *block = rec->block;
        uint32_t memory = rec->memory;

        memset(rec, 0, memory);
        rec->block = block;
        rec->memory = memory;
        rec->kind = (uint8_t)kind;
    }
    return rec;
}

static inline void give_rec(struct usctp_host *host, struct usctp__rec *rec)
{
    usctp__rxmem_give(&host->bufs, rec->block);
}

/* What it says of its bytes, which stand behind it. */
static inline void own_bytes(struct usctp__rec *rec, size_t len)
{
    rec->u.one.base = rec + 1;
    rec->u.one.len = len;
    rec->iov = &rec->u.one;
    rec->iov_cnt = 1;
    rec->len = (uint32_t)len;
}

static void append(struct usctp__sock *sock, struct usctp__rec *rec)
{
    usctp__list_push_back(&sock->rxq.recs, &rec->link);
    sock->rxq.added = true;
    usctp__sock_touch(sock);
}

void usctp__rxq_free(struct usctp__sock *sock, struct usctp__rec *rec)
{
    struct usctp_host *host = sock->host;
    struct usctp__peer *peer = rec->peer;
    usctp_message *message = rec->message;
    bool taken = rec->kind == USCTP__REC_MESSAGE && message == NULL;
    struct usctp__loan *loan = rec->loan;
    size_t len = rec->len, memory = rec->memory;

    usctp__list_remove(&rec->link);
    *(rec->kind == USCTP__REC_MESSAGE ? &sock->rxq.len : &sock->rxq.note_len) -= len;
    give_rec(host, rec);
    if (loan != NULL) {
        usctp__loan_give(host, loan);
    }
    if (taken) { /* the window opens: last, since the core speaks then */
        usctp__peer_consumed(peer, len, memory);
    } else {
        usctp_message_drop(message);
    }
    usctp__peer_unref(host, peer);
}

void usctp__rxq_clear(struct usctp__sock *sock)
{
    struct usctp__list *link;

    while ((link = usctp__list_first(&sock->rxq.recs)) != NULL) {
        usctp__rxq_free(sock, rec_of(link));
    }
    usctp__rxmem_leave(&sock->rxq.block); /* records that were moved may still be in it */
    memset(&sock->rxq.part, 0, sizeof(sock->rxq.part));
}

/* --- Putting in ------------------------------------------------------------------------------- */

/* The mark of the message of a stream that the core delivers in parts; NULL: there is none. Streams are few
 * enough that the peer's choice of them makes no long chains. */
static struct usctp__rec *find_open(const struct usctp__peer *peer, uint16_t stream)
{
    struct usctp__chain *chain = usctp__chaintable_first(&peer->open_table, stream);

    return chain != NULL ? USCTP__CONTAINER_OF(chain, struct usctp__rec, u.chain) : NULL;
}

static void unlist_open(struct usctp__peer *peer, struct usctp__rec *mark)
{
    usctp__list_remove(&mark->link);
    usctp__chaintable_remove(&peer->open_table, &mark->u.chain);
}

/* Its last part has come, or none has. */
static void close_part(struct usctp__sock *sock, struct usctp__peer *peer,
                       const struct usctp_event *event)
{
    struct usctp__rec *mark = find_open(peer, event->u.message.stream);

    if (mark != NULL) {
        unlist_open(peer, mark);
        give_rec(sock->host, mark);
    }
}

/* A part of a message comes that is not the last. False: no memory. */
static bool open_part(struct usctp__sock *sock, struct usctp__peer *peer,
                      const struct usctp_event *event)
{
    struct usctp__rec *mark;

    if (find_open(peer, event->u.message.stream) != NULL) {
        return true;
    }
    if ((mark = new_rec(sock->host, NULL, USCTP__REC_BREAK, 0)) == NULL) {
        return false;
    }
    mark->peer = peer;
    mark->stream = event->u.message.stream;
    mark->ssn = (uint16_t)event->u.message.ssn;
    usctp__list_push_back(&peer->open, &mark->link);
    usctp__chaintable_insert(&peer->open_table, &mark->u.chain, mark->stream);
    return true;
}

/* A record of a message that stays where it is. */
static struct usctp__rec *borrow(struct usctp__sock *sock, struct usctp__loan *loan,
                                 const struct usctp_iov *bytes)
{
    struct usctp__rec *rec = take_rec(sock->host, &sock->rxq.block, 0);

    if (rec == NULL) {
        usctp__loan_give(sock->host, loan);
        return NULL;
    }
    own_bytes(rec, bytes->len);
    rec->u.one.base = bytes->base;
    rec->loan = loan;
    rec->memory +=
        loan->cnt == 2 ? (uint32_t)loan->len : 0; /* the first one answers for all of it */
    return rec;
}

/* One whose bytes are copied behind it. */
static struct usctp__rec *copy(struct usctp__sock *sock, const struct usctp_iov *bytes)
{
    struct usctp__rec *rec = take_rec(sock->host, &sock->rxq.block, bytes->len);

    if (rec != NULL) {
        own_bytes(rec, bytes->len);
        memcpy(rec + 1, bytes->base, bytes->len);
    }
    return rec;
}

/* A short message in one run. NULL: no memory. */
static struct usctp__rec *take_message(struct usctp__sock *sock, struct usctp__peer *peer,
                                       const struct usctp_event *event)
{
    const struct usctp_iov *bytes = event->u.message.iov;
    struct usctp__loan *loan = sock->host->lent != NULL && bytes->len >= BORROW_MIN
                                   ? usctp__loan_of(sock->host, &sock->rxq.block, bytes->base)
                                   : NULL;
    struct usctp__rec *rec = loan != NULL ? borrow(sock, loan, bytes) : copy(sock, bytes);

    if (rec == NULL) {
        return NULL;
    }
    (void)usctp_message_take(event->u.message.message, rec->memory); /* it is lent, and no more */
    peer->taken_cnt++;
    rec->message = NULL;
    return rec;
}

/* Another one stays where the core has it, or will. */
static struct usctp__rec *keep_message(struct usctp__sock *sock, struct usctp__peer *peer,
                                       const struct usctp_event *event)
{
    const uint32_t kind = event->u.message.flags & (uint32_t)WHOLE;
    struct usctp__rec *rec = take_rec(sock->host, &sock->rxq.block, 0);

    if (rec == NULL) {
        return NULL;
    }
    if ((kind & USCTP_MESSAGE_LAST) == 0 && !open_part(sock, peer, event)) {
        give_rec(sock->host, rec);
        return NULL;
    }
    rec->message = usctp_message_keep(event->u.message.message);
    if (rec->message == NULL) {
        if (kind == USCTP_MESSAGE_FIRST) {
            close_part(sock, peer, event);
        }
        give_rec(sock->host, rec);
        return NULL;
    }
    if (kind == USCTP_MESSAGE_LAST) {
        close_part(sock, peer, event);
    }
    rec->iov_cnt = (uint32_t)usctp_message_iov(rec->message, &rec->iov);
    rec->len = (uint32_t)event->u.message.len;
    return rec;
}

bool usctp__rxq_message(struct usctp__sock *sock, struct usctp__peer *peer,
                        const struct usctp_event *event, const struct usctp__name *from)
{
    const bool whole =
        (event->u.message.flags & (uint32_t)WHOLE) == WHOLE && event->u.message.iov_cnt == 1;
    struct usctp__rec *rec = USCTP__LIKELY(whole && event->u.message.len <= COPY_MAX)
                                 ? take_message(sock, peer, event)
                                 : keep_message(sock, peer, event);

    if (rec == NULL) {
        return false;
    }
    usctp__list_init_node(&rec->link);
    usctp__peer_ref(peer);
    rec->peer = peer;
    rec->kind = USCTP__REC_MESSAGE;
    rec->offset = rec->piece = rec->piece_start = 0;
    rec->whole = whole;
    rec->tsn = event->u.message.tsn;
    rec->ppid = event->u.message.ppid;
    rec->stream = event->u.message.stream;
    rec->ssn = (uint16_t)event->u.message.ssn;
    rec->flags = (uint8_t)event->u.message.flags;
    rec->from = *from;
    sock->rxq.len += rec->len;
    append(sock, rec);
    return true;
}

void *usctp__rxq_note(struct usctp__sock *sock, struct usctp__peer *peer, size_t len)
{
    struct usctp__rec *rec = NULL;

    if (sock->rxq.note_len < USCTP__NOTE_LEN_MAX) {
        rec = new_rec(sock->host, &sock->rxq.block, USCTP__REC_NOTE, len);
    }
    if (rec == NULL) {
        sock->rxq.notes_stopped = true;
        return NULL;
    }
    rec->peer = peer;
    usctp__peer_ref(peer);
    own_bytes(rec, len);
    rec->flags = USCTP_MESSAGE_FIRST | USCTP_MESSAGE_LAST;
    rec->from = peer->name;
    sock->rxq.note_len += len;
    append(sock, rec);
    return rec + 1;
}

void usctp__rxq_break(struct usctp__sock *sock, struct usctp__peer *peer, uint16_t stream)
{
    struct usctp__rec *mark = find_open(peer, stream);

    if (mark != NULL) {
        unlist_open(peer, mark);
        usctp__peer_ref(peer);
        append(sock, mark);
    }
}

void usctp__rxq_forget_open(struct usctp_host *host, struct usctp__peer *peer)
{
    struct usctp__list *link;

    while ((link = usctp__list_pop_front(&peer->open)) != NULL) {
        give_rec(host, rec_of(link));
    }
    usctp__chaintable_destroy(&peer->open_table);
}

/* --- Taking out ------------------------------------------------------------------------------- */

/* Finds the piece with the byte at rec->offset; offsets only grow. */
static void find_piece(struct usctp__rec *rec)
{
    while (rec->offset - rec->piece_start >= rec->iov[rec->piece].len &&
           rec->piece + 1 < rec->iov_cnt) {
        rec->piece_start += (uint32_t)rec->iov[rec->piece].len;
        rec->piece++;
    }
}

size_t usctp__rec_copy(struct usctp__rec *rec, const struct iovec *iov, size_t iov_cnt)
{
    size_t copied = 0;

    for (size_t i = 0; i < iov_cnt; i++) {
        uint8_t *dst = iov[i].iov_base;
        size_t room = iov[i].iov_len;

        while (room > 0 && rec->offset < rec->len) {
            find_piece(rec);
            const struct usctp_iov *piece = &rec->iov[rec->piece];
            size_t skip = rec->offset - rec->piece_start;
            size_t len = piece->len - skip < room ? piece->len - skip : room;

            memcpy(dst, (const uint8_t *)piece->base + skip, len);
            dst += len;
            room -= len;
            rec->offset += (uint32_t)len;
            copied += len;
        }
    }
    return copied;
}

void usctp__rxq_advance(struct usctp__sock *sock, struct usctp__rec *rec)
{
    bool whole = rec->offset == rec->len;

    if (rec->kind == USCTP__REC_MESSAGE) {
        usctp__rxq_note_part(sock, rec, whole);
    }
    if (whole) {
        usctp__rxq_free(sock, rec);
        usctp__sock_touch(sock);
    }
}

void usctp__rxq_drop(struct usctp__sock *sock, struct usctp__rec *rec)
{
    if (rec->link.next == &sock->rxq.recs && rec->link.prev == &sock->rxq.recs) {
        usctp__sock_touch(sock); /* it was the only one */
    }
    usctp__rxq_free(sock, rec);
}

/* --- Moving ----------------------------------------------------------------------------------- */

void usctp__rxq_move(struct usctp__sock *to, struct usctp__sock *from, struct usctp__peer *peer)
{
    USCTP__LIST_FOREACH_SAFE(link, tmp, &from->rxq.recs)
    {
        struct usctp__rec *rec = rec_of(link);
        size_t *from_len, *to_len;
        size_t len;

        if (rec->peer != peer) {
            continue;
        }
        usctp__list_remove(&rec->link);
        from_len = rec->kind == USCTP__REC_MESSAGE ? &from->rxq.len : &from->rxq.note_len;
        to_len = rec->kind == USCTP__REC_MESSAGE ? &to->rxq.len : &to->rxq.note_len;
        len = rec->len;
        *from_len -= len;
        *to_len += len;
        append(to, rec);
    }
    if (from->rxq.part.peer == peer) {
        to->rxq.part = from->rxq.part;
        memset(&from->rxq.part, 0, sizeof(from->rxq.part));
    }
    usctp__sock_touch(from);
}

bool usctp__rxq_holds_data(const struct usctp__sock *sock, const struct usctp__peer *peer)
{
    if (!usctp__list_empty(&peer->open)) {
        return true;
    }
    for (struct usctp__list *link = sock->rxq.recs.next; link != &sock->rxq.recs;
         link = link->next) {
        if (rec_of(link)->peer == peer && rec_of(link)->kind == USCTP__REC_MESSAGE) {
            return true;
        }
    }
    return false;
}
