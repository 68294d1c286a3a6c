/* SPDX-License-Identifier: BSD-3-Clause */
/* What waits to be read on a socket: messages, parts of messages, and notifications, in the order in
 * which they came. */
#ifndef USCTP_SOCKET_RXQ_H
#define USCTP_SOCKET_RXQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/socket.h>

#include "base/list.h"
#include "base/table.h"
#include "socket/rxmem.h"
#include "socket/sockaddr.h"

struct usctp__sock;
struct usctp__peer;

enum { USCTP__NOTE_LEN_MAX = 256 * 1024 }; /* bytes of notifications that wait on a socket */

enum usctp__rec_kind {
    USCTP__REC_MESSAGE,
    USCTP__REC_NOTE, /* a notification (RFC 6458, 6) */
    USCTP__REC_BREAK /* a message delivered in part will never be finished; not read by itself */
};

/* A message, a part of one, or a notification. */
struct usctp__rec {
    struct usctp__list link;     /* sock->rxq.recs; BREAK: or peer->open, ahead of its time */
    struct usctp__peer *peer;    /* of which association; counted while it waits to be read */
    usctp_message *message;      /* MESSAGE: a reference; NULL: it was taken, and copied */
    const struct usctp_iov *iov; /* its bytes: the message's, or u.one */
    uint32_t len;                /* bytes in all */
    uint32_t offset;             /* of these, read so far */
    uint32_t iov_cnt;
    uint16_t stream;
    uint8_t kind;  /* enum usctp__rec_kind */
    uint8_t flags; /* enum usctp_message_flag; NOTE: FIRST and LAST */
    bool whole;    /* MESSAGE: it is one, not a part, in one run of bytes */
    uint16_t ssn;
    uint32_t piece;          /* iov[piece] holds the byte at offset */
    uint32_t piece_start;    /* offset of its first byte */
    uint32_t tsn;            /* of the first fragment */
    uint32_t ppid;           /* host order */
    struct usctp__name from; /* where it came from */
    union {
        struct usctp_iov one;      /* its bytes stand behind this struct */
        struct usctp__chain chain; /* BREAK: in peer->open_table */
    } u;
    struct usctp__rxblock *block; /* that it stands in */
    struct usctp__loan *loan;     /* that its bytes stay in; NULL: none */
    uint32_t memory; /* what it takes there, with the bytes behind it; or in the loan */
};

/* One message of which a part was given to the reader. Kept for both levels at any level, since it may
 * change in the midst of a message. */
struct usctp__rx_part {
    struct usctp__peer *peer; /* NULL: none */
    uint16_t stream;
};

struct usctp__rxq {
    struct usctp__list recs; /* struct usctp__rec */
    struct usctp__rx_part
        part; /* the last one: at interleave level 0 nothing else may be read before
                                 * its end */
    struct usctp__rxblock *block; /* that the next record is put into; NULL: a new one */
    size_t len;                   /* payload bytes of messages that wait */
    size_t note_len;              /* bytes of notifications that wait */
    bool added;                   /* something was added since readiness was shown */
    bool notes_stopped; /* notifications were dropped for want of room (RFC 6458, 6.1.10) */
};

void usctp__rxq_init(struct usctp__rxq *rxq);

/* Drops a record. */
void usctp__rxq_free(struct usctp__sock *sock, struct usctp__rec *rec);

/* Drops everything. */
void usctp__rxq_clear(struct usctp__sock *sock);

/* A message came, or a part of one; keeps it. `from` is where it came from. False: no memory; the
 * message is left to the caller. */
bool usctp__rxq_message(struct usctp__sock *sock, struct usctp__peer *peer,
                        const struct usctp_event *event, const struct usctp__name *from);

/* A notification of len bytes, zeroed, to be filled in by the caller at the place returned; NULL: no
 * memory, or too many wait. */
void *usctp__rxq_note(struct usctp__sock *sock, struct usctp__peer *peer, size_t len);

/* Marks the end of a message that was delivered in part and will never be finished; nothing where none
 * is. */
void usctp__rxq_break(struct usctp__sock *sock, struct usctp__peer *peer, uint16_t stream);

/* Forgets the messages that the core delivers in part. */
void usctp__rxq_forget_open(struct usctp_host *host, struct usctp__peer *peer);

/* --- Which of it may be read (rxq_level.c) --- */

/* What can be read now under the socket's interleave level (RFC 6458, 8.1.20); NULL: nothing. Takes
 * BREAK marks that have come to the front off the queue. */
struct usctp__rec *usctp__rxq_first(struct usctp__sock *sock);

/* The record that would be read after `rec` was read to its end; NULL: none is there yet. */
struct usctp__rec *usctp__rxq_second(struct usctp__sock *sock, const struct usctp__rec *rec);

/* Of this record something was read, or (whole) its end. */
void usctp__rxq_note_part(struct usctp__sock *sock, const struct usctp__rec *rec, bool whole);

/* --- Taking out --- */

/* Copies what is left of a record to iov, as far as that goes, and moves rec->offset on. Returns how many
 * bytes. */
size_t usctp__rec_copy(struct usctp__rec *rec, const struct iovec *iov, size_t iov_cnt);

/* What was copied is read for good: frees the record when it was read to its end, and remembers the
 * message of which a part was read. */
void usctp__rxq_advance(struct usctp__sock *sock, struct usctp__rec *rec);

/* A whole message in one run of bytes that stands first and is no longer than len, where no other one has
 * been read in part; NULL: it is not so. */
static inline struct usctp__rec *usctp__rxq_plain(const struct usctp__rxq *rxq, size_t len)
{
    struct usctp__rec *rec;

    if (usctp__list_empty(&rxq->recs) || rxq->part.peer != NULL) {
        return NULL;
    }
    rec = USCTP__CONTAINER_OF(rxq->recs.next, struct usctp__rec, link);
    return rec->whole && rec->len <= len && rec->offset == 0 ? rec : NULL;
}

/* Frees what usctp__rxq_plain gave. */
void usctp__rxq_drop(struct usctp__sock *sock, struct usctp__rec *rec);

/* Moves what belongs to one association to another socket (peel-off, RFC 6458, 9.2). */
void usctp__rxq_move(struct usctp__sock *to, struct usctp__sock *from, struct usctp__peer *peer);

/* True where messages of this association wait, read in part or not at all. */
bool usctp__rxq_holds_data(const struct usctp__sock *sock, const struct usctp__peer *peer);

#endif
