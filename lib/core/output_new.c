/* SPDX-License-Identifier: BSD-3-Clause */
/* New data: which message goes next, how much of it, and what holds it back (RFC 9260, 6.1, 6.9, 6.10). */
#include "core/auth.h"
#include "core/pr.h"
#include "core/round.h"
#include "core/rx_sack.h"

enum { MIN_FRAGMENT_DIVISOR = 4 }; /* room below this part of a full chunk is not filled up */

/* RFC 9260, 6.9, 6.10: the association-wide largest chunk, so that any path can carry it. */
static uint32_t max_payload_of(const struct usctp_assoc *assoc)
{
    uint32_t len = USCTP__PACKET_MAX;
    uint32_t max_segment = usctp__params(assoc)->max_segment;

    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        len = USCTP__MIN(len, path->max_packet);
    }
    len -= USCTP__PACKET_HEADER_LEN;
    if (USCTP__UNLIKELY(usctp__auth_agreed(assoc)) && assoc->auth->covers_data) {
        len -= assoc->auth->chunk_len;
    }
    if (max_segment != 0 && max_segment < len) {
        len = USCTP__MAX(max_segment, assoc->tx.header_len + 4u);
    }
    return (len & ~UINT32_C(3)) - assoc->tx.header_len;
}

/* True if the time of a message has run out before it was first sent. */
static bool is_late(const struct usctp__round *r, const struct usctp__outmsg *msg)
{
    return msg != NULL && msg->expiry_ts <= r->assoc->core->now_ts && msg->cut_len == 0;
}

/* The next message after one that is late, and all others that are. */
static USCTP__NOINLINE struct usctp__outmsg *next_in_time(struct usctp__round *r,
                                                          struct usctp__outmsg *msg)
{
    while (is_late(r, msg)) {
        usctp__tx_fail_unsent(r->assoc, msg, 0);
        r->dropped = true;
        msg = usctp__outq_next(&r->assoc->tx.outq);
    }
    return msg;
}

/* RFC 3758, 4.1, TR4: true if a message that may be abandoned, and was cut in part, is: the round is run again. */
static USCTP__NOINLINE bool is_abandoned(struct usctp__round *r, struct usctp__outmsg *msg)
{
    bool stop = msg->cut_len > 0 && usctp__pr_stop(r->assoc, msg);

    r->dropped = r->dropped || stop;
    return stop;
}

/* The next message, after those whose time has run out before they were first sent. */
static inline struct usctp__outmsg *next_message(struct usctp__round *r)
{
    struct usctp__outmsg *msg = usctp__outq_next(&r->assoc->tx.outq);

    if (USCTP__UNLIKELY(is_late(r, msg))) {
        msg = next_in_time(r, msg);
    }
    if (msg != NULL && USCTP__UNLIKELY(msg->pr != NULL) && is_abandoned(r, msg)) {
        return NULL;
    }
    return msg;
}

/* Where a message goes: the path its sender prefers, if that works, else where all goes. */
static struct usctp__path *path_of(const struct usctp_assoc *assoc, const struct usctp__outmsg *msg)
{
    if (USCTP__UNLIKELY(msg->path != USCTP_PATH_ANY)) {
        struct usctp__path *path = usctp__path_by_id(assoc, msg->path);

        if (path != NULL && path->state == USCTP_PATH_ACTIVE) {
            return path;
        }
    }
    return assoc->paths.data;
}

/* Bytes of a new packet that are kept for AUTH. */
static size_t auth_room(const struct usctp__round *r)
{
    const struct usctp__auth *auth = r->assoc->auth;

    return USCTP__UNLIKELY(usctp__auth_agreed(r->assoc)) && auth->covers_data ? auth->chunk_len : 0;
}

/* Bytes of the message that the room of a packet takes; 0: begin another packet. */
static inline uint32_t piece_for_room(const struct usctp__round *r, const struct usctp__outmsg *msg,
                                      size_t room)
{
    uint32_t left = msg->len - msg->cut_len;
    uint32_t want = USCTP__MIN(left, r->max_payload);

    if (USCTP__LIKELY(usctp__tx_chunk_len(&r->assoc->tx, want) <= room)) {
        return want;
    }
    /* What must be cut anyway fills the packet up. */
    if (left > r->max_payload &&
        room >= r->assoc->tx.header_len + r->max_payload / MIN_FRAGMENT_DIVISOR) {
        return (uint32_t)(room - r->assoc->tx.header_len) & ~UINT32_C(3);
    }
    return 0;
}

/* How much of a piece the peer's window takes; 0: nothing now (RFC 9260, 6.1 A). */
static uint32_t piece_for_window(struct usctp__round *r, uint32_t piece)
{
    struct usctp__tx *tx = &r->assoc->tx;
    uint32_t fit = tx->peer_rwnd & ~UINT32_C(3);

    if (USCTP__LIKELY(piece <= tx->peer_rwnd)) {
        tx->zero_window_probe = false;
        return piece;
    }
    /* RFC 1122, 4.2.3.4: less than wanted only if it is a good part of all the peer ever offers. */
    if (fit >= 4 && fit >= tx->peer_max_window / 2) {
        return fit;
    }
    if (!tx->probe_due || !usctp__txring_empty(&tx->ring)) {
        return 0;
    }
    tx->probe_due = false;
    tx->probe_answered = false;
    tx->zero_window_probe = true;
    return piece;
}

/* RFC 9260, 6.1: small packets wait while data is in flight, where the user wants that; the end of a message
 * of which a part was sent does not, or each message that is not much larger than a packet would wait for a
 * delayed SACK. */
static bool nagle_holds(const struct usctp__round *r, const struct usctp__outmsg *msg)
{
    const struct usctp_assoc *assoc = r->assoc;

    return (usctp__params(assoc)->flags & USCTP_PARAM_NAGLE) != 0 && assoc->tx.flight > 0 &&
           !r->probing && (msg->flags & USCTP_SEND_NO_BUNDLE) == 0 && msg->cut_len == 0 &&
           assoc->tx.outq.unsent_len < r->max_payload;
}

bool usctp__output_would_wait(const struct usctp_assoc *assoc)
{
    const struct usctp__path *path = assoc->paths.data;

    if (path == NULL || path->flight_cnt == 0) {
        return false; /* no acknowledgement is to come */
    }
    return path->flight >= path->cc.cwnd || usctp__path_alarm_armed(path, USCTP__ALARM_PACE) ||
           ((usctp__params(assoc)->flags & USCTP_PARAM_NAGLE) != 0 &&
            assoc->tx.outq.unsent_len < max_payload_of(assoc));
}

/* Where the scheduler keeps the streams apart: chunks of one stream alone share a packet (RFC 8260, 3.3). Ends the
 * packet at hand if it does not take the next message. False: and no other may be used, or there is none. */
static USCTP__NOINLINE bool turn_by_packet(struct usctp__round *r, bool same_packet)
{
    struct usctp__outq *outq = &r->assoc->tx.outq;
    const struct usctp__outmsg *msg;

    if (r->build.path == NULL || !r->build.has_data) {
        outq->sched->packet(outq);
        return true;
    }
    msg = next_message(r); /* what comes behind those that are dropped may be of another stream */
    if (msg == NULL) {
        return false;
    }
    if (outq->turn == msg->stream->id + UINT32_C(1) && usctp__round_key_fits(r, msg) &&
        piece_for_room(r, msg, usctp__build_room(&r->build)) > 0) {
        return true;
    }
    if (same_packet) {
        return false;
    }
    usctp__round_close(r);
    outq->sched->packet(outq);
    return true;
}

/* True if the packet at hand can take DATA for this path. */
static bool packet_takes(const struct usctp__round *r, const struct usctp__path *path,
                         const struct usctp__outmsg *msg)
{
    return r->build.path == path && usctp__round_key_fits(r, msg) &&
           !(r->build.has_data && (msg->flags & USCTP_SEND_NO_BUNDLE) != 0 && msg->cut_len == 0);
}

/* The chunk that comes next is to ask for a SACK at once. */
static bool wants_immediate(const struct usctp__round *r)
{
    const struct usctp_assoc *assoc = r->assoc;

    return assoc->tx.outq.msg_cnt == 0 &&
           (usctp__last_asks(assoc) || assoc->state == USCTP_STATE_SHUTDOWN_PENDING || r->probing);
}

static void count_cut(struct usctp_assoc *assoc, const struct usctp__outmsg *msg, uint32_t piece)
{
    assoc->counters.sent_bytes += piece;
    if (msg->cut_len == msg->len) {
        assoc->counters.sent_messages++;
        if (piece < msg->len) {
            assoc->core->stats.frag_usr_msgs++;
        }
    }
}

/* Cuts a piece off the message and sends it in the packet at hand. */
static void send_piece(struct usctp__round *r, struct usctp__outmsg *msg, uint32_t piece)
{
    struct usctp_assoc *assoc = r->assoc;
    struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = ring->next;
    struct usctp__txslot *slot = usctp__txring_push(ring);

    slot->msg = msg;
    slot->offset = msg->cut_len;
    slot->len = (uint16_t)piece;
    if (USCTP__UNLIKELY(ring->interleaved)) {
        *usctp__txring_fsn(ring, tsn) = msg->fsn;
    }
    usctp__outq_cut(&assoc->tx.outq, msg, piece);
    if (USCTP__UNLIKELY(msg->pr != NULL)) {
        usctp__pr_cut(assoc, msg, tsn);
    }
    count_cut(assoc, msg, piece);
    usctp__build_data(&r->build, tsn, slot, wants_immediate(r));
    r->sent_data = true;
}

/* Checks what has to hold before DATA begins a packet. */
static inline bool may_begin_packet(struct usctp__round *r, struct usctp__path *path,
                                    const struct usctp__outmsg *msg)
{
    usctp__cwnd_wake(path);
    return usctp__cwnd_open(path) && !nagle_holds(r, msg) && usctp__round_take_burst(r, path);
}

/* What of a piece that fits the packet at hand does so after a SACK was put before it. */
static uint32_t fit_piece(struct usctp__round *r, const struct usctp__outmsg *msg, uint32_t piece)
{
    size_t whole = usctp__tx_chunk_len(&r->assoc->tx, piece);
    bool cut_anyway = piece == r->max_payload && msg->len - msg->cut_len > piece;
    size_t room;

    if (USCTP__LIKELY(!cut_anyway)) {
        usctp__round_add_sack(r, whole);
        return piece;
    }
    /* Of what is cut anyway, half is enough to take a SACK along. */
    usctp__round_add_sack(r, whole / 2);
    room = usctp__build_room(&r->build);
    return whole <= room ? piece : (uint32_t)(room - r->assoc->tx.header_len) & ~UINT32_C(3);
}

/* Sends the next piece of a message on its path. False: nothing more goes now. */
static bool send_on(struct usctp__round *r, struct usctp__path *path, struct usctp__outmsg *msg,
                    bool same_packet)
{
    uint32_t piece = 0;

    if (packet_takes(r, path, msg)) {
        piece = piece_for_room(r, msg, usctp__build_room(&r->build));
    }
    if (piece == 0) {
        if (same_packet) {
            return false;
        }
        usctp__round_close(r);
        piece = piece_for_room(r, msg, path->max_packet - USCTP__PACKET_HEADER_LEN - auth_room(r));
    }
    piece = piece_for_window(r, piece);
    if (piece == 0) {
        return false;
    }
    if (r->build.path == NULL || !r->build.has_data) {
        if (!may_begin_packet(r, path, msg) ||
            (r->build.path == NULL && !usctp__round_open(r, path, 0))) {
            return false;
        }
        if (usctp__rx_sack_useful(r->assoc)) {
            piece = fit_piece(r, msg, piece);
        }
    }
    send_piece(r, msg, piece);
    if ((msg->flags & USCTP_SEND_NO_BUNDLE) != 0) {
        r->build.closed = true;
    }
    return true;
}

/* Sends the next piece of new data. False: nothing more goes now. `same_packet`: only the packet at
 * hand may be used. */
static bool send_next(struct usctp__round *r, bool same_packet)
{
    struct usctp_assoc *assoc = r->assoc;
    struct usctp__outmsg *msg;
    struct usctp__path *path;

    if (USCTP__UNLIKELY(assoc->tx.outq.sched->packet != NULL) && !turn_by_packet(r, same_packet)) {
        return false;
    }
    msg = next_message(r);
    if (msg == NULL) {
        return false;
    }
    path = path_of(assoc, msg);
    if (path == NULL || path->state == USCTP_PATH_UNCONFIRMED ||
        !usctp__txring_reserve(&assoc->tx.ring, &assoc->core->mem)) {
        return false;
    }
    return send_on(r, path, msg, same_packet);
}

void usctp__round_new(struct usctp__round *r, bool same_packet)
{
    struct usctp__tx *tx = &r->assoc->tx;

    /* RFC 9260, 6.1 C: what is lost goes first. */
    if (r->assoc->cork_cnt > 0 || tx->ring.lost_cnt > 0 || tx->outq.msg_cnt == 0) {
        return;
    }
    r->max_payload = max_payload_of(r->assoc);
    while (!r->stopped && tx->outq.msg_cnt > 0 && send_next(r, same_packet)) {
    }
}
