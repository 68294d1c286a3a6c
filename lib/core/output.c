/* SPDX-License-Identifier: BSD-3-Clause */
/* What is sent, in which order, and what holds it back (RFC 9260, 6.1, 6.10, 5.4). */
#include "base/compiler.h"
#include "base/time.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/build.h"
#include "core/flight.h"
#include "core/pr.h"
#include "core/reconf.h"
#include "core/sackin.h"

enum { MIN_FRAGMENT_DIVISOR = 4 }; /* room below this part of a full chunk is not filled up */

/* One call of usctp__output. */
struct round {
    struct usctp_assoc *assoc;
    struct usctp__build build; /* the packet at hand */
    uint32_t max_payload;      /* largest piece of a message in a DATA chunk */
    uint32_t burst_left;       /* packets of DATA that may still be sent (6.1 D) */
    bool wrote;                /* a packet was finished */
    bool stopped;              /* no room for packets */
    bool dropped;              /* messages expired */
    bool sent_data;            /* DATA was sent */
    bool probing;              /* a tail probe is sent: Nagle's algorithm does not hold it, and its
                                * chunks ask for a SACK at once */
};

static void close_packet(struct round *r)
{
    if (r->build.path != NULL && usctp__build_close(&r->build)) {
        r->wrote = true;
    }
}

/* Begins a packet to this path, ending the one at hand. False: nothing more can be written now. */
static bool open_packet(struct round *r, struct usctp__path *path, size_t min_len)
{
    close_packet(r);
    if (!usctp__build_open(&r->build, path, min_len)) {
        r->stopped = true;
        return false;
    }
    return true;
}

/* --- Control chunks --- */

/* RFC 9260, 6: DATA is sent in these states; in COOKIE-ECHOED along with COOKIE ECHO only. */
static bool state_sends_data(unsigned state)
{
    return state == USCTP_STATE_ESTABLISHED || state == USCTP_STATE_SHUTDOWN_PENDING ||
           state == USCTP_STATE_SHUTDOWN_RECEIVED;
}

/* RFC 9260, 5.4: what may be sent to an address that is not confirmed. INIT goes where its user said,
 * which is confirmed; COOKIE ECHO too. */
static bool may_go_unconfirmed(const struct usctp__ctrl *ctrl)
{
    return ctrl->type == USCTP__CHUNK_HEARTBEAT || ctrl->type == USCTP__CHUNK_HEARTBEAT_ACK ||
           ctrl->type == USCTP__CHUNK_ASCONF ||
           ctrl->type == USCTP__CHUNK_ASCONF_ACK; /* RFC 5061, F1 */
}

static struct usctp__path *ctrl_path(const struct usctp_assoc *assoc,
                                     const struct usctp__ctrl *ctrl)
{
    struct usctp__path *path = NULL;

    if (ctrl->path_id != USCTP_PATH_ANY) {
        path = usctp__path_by_id(assoc, ctrl->path_id);
    }
    if (path == NULL || (path->state == USCTP_PATH_UNCONFIRMED && !may_go_unconfirmed(ctrl))) {
        path = assoc->paths.data;
    }
    return path;
}

static struct usctp__ctrl *ctrl_of(struct usctp__qlink *link)
{
    return link == NULL ? NULL : USCTP__CONTAINER_OF(link, struct usctp__ctrl, link);
}

/* The chunk to begin the next packet with: what must be first, then what goes elsewhere, so that the
 * last packet is one that DATA can share. */
static struct usctp__ctrl *first_ctrl(const struct usctp_assoc *assoc)
{
    struct usctp__qlink *first = usctp__queue_peek(&assoc->ctrl.queue);

    if (first == NULL || (ctrl_of(first)->flags & USCTP__CTRL_FIRST) != 0) {
        return ctrl_of(first);
    }
    for (struct usctp__qlink *link = first; link != NULL; link = link->next) {
        if (ctrl_path(assoc, ctrl_of(link)) != assoc->paths.data) {
            return ctrl_of(link);
        }
    }
    return ctrl_of(first);
}

/* After a change of all addresses no path is confirmed: what must not go there waits (RFC 5061, 5.3,
 * F14). */
static bool must_wait(const struct usctp_assoc *assoc, const struct usctp__ctrl *ctrl)
{
    return USCTP__UNLIKELY(usctp__asconf_of(assoc) != NULL) && state_sends_data(assoc->state) &&
           ctrl_path(assoc, ctrl)->state == USCTP_PATH_UNCONFIRMED && !may_go_unconfirmed(ctrl);
}

/* The first chunk that may go although the one before it may not; NULL: none. */
static struct usctp__ctrl *first_not_waiting(const struct usctp_assoc *assoc)
{
    struct usctp__qlink *link = usctp__queue_peek(&assoc->ctrl.queue);

    while (link != NULL && must_wait(assoc, ctrl_of(link))) {
        link = link->next;
    }
    return ctrl_of(link);
}

/* Appends what waits for the path of the packet at hand, as far as it fits. */
static void fill_with_ctrl(struct round *r)
{
    struct usctp_assoc *assoc = r->assoc;
    struct usctp__qlink *prev = NULL;
    struct usctp__qlink *link = usctp__queue_peek(&assoc->ctrl.queue);

    while (link != NULL) {
        struct usctp__ctrl *ctrl = ctrl_of(link);
        bool alone = (ctrl->flags & USCTP__CTRL_ALONE) != 0;

        link = link->next;
        if (ctrl_path(assoc, ctrl) == r->build.path && !must_wait(assoc, ctrl) &&
            (!alone || !r->build.has_chunks) &&
            ctrl->len + usctp__build_auth_len(&r->build, ctrl->type) <=
                usctp__build_room(&r->build)) {
            usctp__build_ctrl(&r->build, ctrl);
            usctp__queue_remove_after(&assoc->ctrl.queue, prev);
            usctp__ctrl_free(assoc, ctrl);
        } else {
            prev = &ctrl->link;
        }
    }
}

static void send_ctrl(struct round *r)
{
    struct usctp__ctrl *ctrl;

    while (!r->stopped && (ctrl = first_ctrl(r->assoc)) != NULL) {
        struct usctp__path *path;

        if (must_wait(r->assoc, ctrl) && (ctrl = first_not_waiting(r->assoc)) == NULL) {
            return;
        }
        path = ctrl_path(r->assoc, ctrl);
        close_packet(r);
        if (path == NULL || !open_packet(r, path,
                                         USCTP__PACKET_HEADER_LEN + (size_t)ctrl->len +
                                             usctp__build_auth_len(&r->build, ctrl->type))) {
            return;
        }
        fill_with_ctrl(r);
    }
}

/* --- SACK --- */

static void send_due_sack(struct round *r)
{
    struct usctp__path *path;

    if (r->stopped || !usctp__rx_sack_due(r->assoc)) {
        return;
    }
    path = usctp__rx_sack_path(r->assoc);
    if (path != r->build.path || usctp__build_room(&r->build) < usctp__rx_sack_max_len(r->assoc)) {
        if (path == NULL || !open_packet(r, path, 0)) {
            return;
        }
    }
    usctp__build_sack(&r->build);
}

/* True unless the message wants another key than the packet at hand goes under. */
static bool key_fits(const struct round *r, const struct usctp__outmsg *msg)
{
    return USCTP__LIKELY(!usctp__auth_agreed(r->assoc)) || usctp__build_key_fits(&r->build, msg);
}

/* A SACK that needs AUTH takes the active key: not where DATA goes under another one. */
static bool sack_may_ride(const struct round *r)
{
    const struct usctp__auth *auth = r->assoc->auth;

    return USCTP__LIKELY(!usctp__auth_agreed(r->assoc)) || !auth->covers_data ||
           auth->set.keys->next == NULL;
}

/* RFC 9260, 6.1: DATA takes along an acknowledgement that is not due yet, if there is room. */
static void add_useful_sack(struct round *r, size_t data_len)
{
    if (!r->build.has_data && usctp__rx_sack_useful(r->assoc) && sack_may_ride(r) &&
        usctp__rx_sack_path(r->assoc) == r->build.path &&
        usctp__rx_sack_max_len(r->assoc) + data_len <= usctp__build_room(&r->build)) {
        usctp__build_sack(&r->build);
    }
}

/* --- What the windows allow --- */

static uint32_t window_of(const struct usctp__path *path)
{
    if (path->rebinding) {
        uint32_t initial = usctp__cc_initial_window(&path->cc);

        return USCTP__MIN(path->cc.cwnd, initial);
    }
    return path->cc.cwnd;
}

/* RFC 9260, 6.1 B: one packet may pass the window, if it was not full before. */
static bool cwnd_open(struct usctp__path *path)
{
    bool open = path->flight < window_of(path);

    if (path->t3_backed_off) {
        open = path->flight_cnt == 0; /* RFC 9260, 7.2.3: one packet until it is acknowledged */
    }
    path->tx_cwnd_full = !open && !path->rebinding;
    return open;
}

/* RFC 9260, 7.2.1: after idling the window has decayed. */
static void wake(struct usctp__path *path)
{
    if (path->flight_cnt == 0) {
        path->cc.idle_since_ts = USCTP__MAX(path->cc.idle_since_ts, path->last_data_ts);
        path->cc.ops->on_idle(&path->cc, path->assoc->core->now_ts, path->rto.rto_dur);
    }
}

/* With an algorithm that keeps state, or pacing: true if the packet may go. *paced: it is pacing that
 * says so, in place of Max.Burst. */
static bool take_state(struct usctp__path *path, bool *paced)
{
    if (path->cc.state == NULL && !usctp__cc_use(path)) {
        return false;
    }
    *paced = path->cc.paced && path->cc.state->pacer.cost != 0;
    return !*paced || usctp__cc_pace(path);
}

/* Takes one packet off the burst, or off what pacing allows; false: it is used up. */
static bool take_burst(struct round *r, struct usctp__path *path)
{
    if (USCTP__UNLIKELY(path->cc.needs_state)) {
        bool paced = false;
        bool may = take_state(path, &paced);

        if (paced || !may) {
            return may;
        }
    }
    if (r->burst_left == 0) {
        return false;
    }
    r->burst_left--;
    return true;
}

/* --- Lost chunks --- */

/* The first chunk from `tsn` on that is to be sent to this path again; ring->next: none. */
static uint64_t next_lost(const struct usctp__txring *ring, const struct usctp__path *path,
                          uint64_t tsn)
{
    if (path->tx_lost_cnt == 0) {
        return ring->next;
    }
    tsn = usctp__txring_scan(ring, USCTP__TX_LOST, tsn, ring->next);
    while (tsn < ring->next && usctp__txring_slot(ring, tsn)->path != path) {
        tsn = usctp__txring_scan(ring, USCTP__TX_LOST, tsn + 1, ring->next);
    }
    return tsn;
}

/* The chunk fits the packet at hand. */
static bool lost_fits(const struct round *r, uint64_t tsn)
{
    const struct usctp__txslot *slot = usctp__txring_slot(&r->assoc->tx.ring, tsn);

    return usctp__tx_chunk_len(&r->assoc->tx, slot->len) <= usctp__build_room(&r->build) &&
           key_fits(r, slot->msg);
}

/* Sends lost chunks from `tsn` on in the packet at hand while they fit; returns the first left. */
static uint64_t fill_with_lost(struct round *r, uint64_t tsn)
{
    const struct usctp__txring *ring = &r->assoc->tx.ring;
    struct usctp__path *path = r->build.path;

    while (tsn < ring->next && lost_fits(r, tsn)) {
        if (USCTP__UNLIKELY(r->assoc->tx.pr != NULL) && usctp__pr_gone(r->assoc, tsn)) {
            r->dropped = true;
            tsn = next_lost(ring, path, tsn + 1);
            continue;
        }
        usctp__build_data(&r->build, tsn, false);
        r->sent_data = true;
        tsn = next_lost(ring, path, tsn + 1);
    }
    return tsn;
}

/* Makes the packet at hand one to this path that has room for len bytes of DATA, of this chunk. */
static bool packet_for_data(struct round *r, struct usctp__path *path, size_t len, uint64_t tsn)
{
    const struct usctp__outmsg *msg = usctp__txring_slot(&r->assoc->tx.ring, tsn)->msg;

    if ((r->build.path != path || len > usctp__build_room(&r->build) || !key_fits(r, msg)) &&
        !open_packet(r, path, USCTP__PACKET_HEADER_LEN + len)) {
        return false;
    }
    add_useful_sack(r, len);
    return true;
}

static void send_lost_on(struct round *r, struct usctp__path *path)
{
    const struct usctp__txring *ring = &r->assoc->tx.ring;
    uint64_t tsn = next_lost(ring, path, ring->base);

    wake(path); /* it may have idled while another one was in use */
    while (tsn < ring->next) {
        size_t len = usctp__tx_chunk_len(&r->assoc->tx, usctp__txring_slot(ring, tsn)->len);
        bool force = path->tx_force;

        /* RFC 9260, 6.1 C; 6.3.3 E3 and 7.2.4, 3): one packet goes whatever cwnd says. */
        if ((!force && (!cwnd_open(path) || !take_burst(r, path))) ||
            !packet_for_data(r, path, len, tsn)) {
            return;
        }
        path->tx_force = false;
        tsn = fill_with_lost(r, tsn);
        if (force || tsn < ring->next) {
            close_packet(r); /* else new data may share it */
        }
    }
}

static void send_lost(struct round *r)
{
    struct usctp_assoc *assoc = r->assoc;

    for (struct usctp__path *path = assoc->paths.first;
         path != NULL && assoc->tx.ring.lost_cnt > 0 && !r->stopped; path = path->next) {
        if (path->tx_lost_cnt > 0 && path->state != USCTP_PATH_UNCONFIRMED) {
            send_lost_on(r, path);
        }
    }
}

/* --- New data --- */

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

/* The next message, after those whose time has run out before they were first sent. */
static struct usctp__outmsg *next_message(struct round *r)
{
    struct usctp_assoc *assoc = r->assoc;
    struct usctp__outmsg *msg;

    while ((msg = usctp__outq_next(&assoc->tx.outq)) != NULL && msg->cut_len == 0 &&
           msg->expiry_ts <= assoc->core->now_ts) {
        usctp__tx_fail_unsent(assoc, msg, 0);
        r->dropped = true;
    }
    if (msg != NULL && USCTP__UNLIKELY(msg->pr != NULL) && msg->cut_len > 0 &&
        usctp__pr_stop(assoc, msg)) {
        r->dropped = true; /* RFC 3758, 4.1, TR4: the round is run again */
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
static size_t auth_room(const struct round *r)
{
    const struct usctp__auth *auth = r->assoc->auth;

    return USCTP__UNLIKELY(usctp__auth_agreed(r->assoc)) && auth->covers_data ? auth->chunk_len : 0;
}

/* Bytes of the message that the room of a packet takes; 0: begin another packet. */
static uint32_t piece_for_room(const struct round *r, const struct usctp__outmsg *msg, size_t room)
{
    uint32_t left = msg->len - msg->cut_len;
    uint32_t want = USCTP__MIN(left, r->max_payload);

    if (usctp__tx_chunk_len(&r->assoc->tx, want) <= room) {
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
static uint32_t piece_for_window(struct round *r, uint32_t piece)
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
static bool nagle_holds(const struct round *r, const struct usctp__outmsg *msg)
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
 * packet at hand if it does not take the next message. False: and no other may be used. */
static bool turn_by_packet(struct round *r, bool same_packet)
{
    struct usctp__outq *outq = &r->assoc->tx.outq;
    const struct usctp__outmsg *msg;

    if (r->build.path == NULL || !r->build.has_data) {
        outq->sched->packet(outq);
        return true;
    }
    msg = usctp__outq_next(outq);
    if (msg == NULL || (outq->turn == msg->stream->id + UINT32_C(1) && key_fits(r, msg) &&
                        piece_for_room(r, msg, usctp__build_room(&r->build)) > 0)) {
        return true;
    }
    if (same_packet) {
        return false;
    }
    close_packet(r);
    outq->sched->packet(outq);
    return true;
}

/* True if the packet at hand can take DATA for this path. */
static bool packet_takes(const struct round *r, const struct usctp__path *path,
                         const struct usctp__outmsg *msg)
{
    return r->build.path == path && key_fits(r, msg) &&
           !(r->build.has_data && (msg->flags & USCTP_SEND_NO_BUNDLE) != 0 && msg->cut_len == 0);
}

/* RFC 9260, 3.3.1, 6.1: a SACK at once is of use when this chunk is the last for now: if it is lost, a tail
 * probe finds that out without waiting for a SACK that may be late. A peer that sends data itself is not
 * asked: its SACKs ride on that. */
static bool wants_immediate(const struct round *r)
{
    const struct usctp_assoc *assoc = r->assoc;

    return assoc->tx.outq.msg_cnt == 0 &&
           (assoc->tx.peer_quiet ||
            (usctp__params(assoc)->flags & USCTP_PARAM_SACK_IMMEDIATELY) != 0 ||
            assoc->state == USCTP_STATE_SHUTDOWN_PENDING || r->probing);
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
static void send_piece(struct round *r, struct usctp__outmsg *msg, uint32_t piece)
{
    struct usctp_assoc *assoc = r->assoc;
    struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = ring->next;
    struct usctp__txslot *slot = usctp__txring_push(ring);

    slot->msg = msg;
    slot->offset = msg->cut_len;
    slot->len = (uint16_t)piece;
    if (ring->interleaved) {
        *usctp__txring_fsn(ring, tsn) = msg->fsn;
    }
    usctp__outq_cut(&assoc->tx.outq, msg, piece);
    if (USCTP__UNLIKELY(msg->pr != NULL)) {
        usctp__pr_cut(assoc, msg, tsn);
    }
    count_cut(assoc, msg, piece);
    usctp__build_data(&r->build, tsn, wants_immediate(r));
    r->sent_data = true;
}

/* Checks what has to hold before DATA begins a packet. */
static bool may_begin_packet(struct round *r, struct usctp__path *path,
                             const struct usctp__outmsg *msg)
{
    wake(path);
    return cwnd_open(path) && !nagle_holds(r, msg) && take_burst(r, path);
}

/* What of a piece fits the packet at hand after a SACK was put before it. */
static uint32_t fit_piece(struct round *r, const struct usctp__outmsg *msg, uint32_t piece)
{
    size_t whole = usctp__tx_chunk_len(&r->assoc->tx, piece);
    bool cut_anyway = piece == r->max_payload && msg->len - msg->cut_len > piece;
    size_t room;

    /* Of what is cut anyway, half is enough to take a SACK along. */
    add_useful_sack(r, cut_anyway ? whole / 2 : whole);
    room = usctp__build_room(&r->build);
    return whole <= room ? piece : (uint32_t)(room - r->assoc->tx.header_len) & ~UINT32_C(3);
}

/* Sends the next piece of a message on its path. False: nothing more goes now. */
static bool send_on(struct round *r, struct usctp__path *path, struct usctp__outmsg *msg,
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
        close_packet(r);
        piece = piece_for_room(r, msg, path->max_packet - USCTP__PACKET_HEADER_LEN - auth_room(r));
    }
    piece = piece_for_window(r, piece);
    if (piece == 0) {
        return false;
    }
    if (r->build.path == NULL || !r->build.has_data) {
        if (!may_begin_packet(r, path, msg) ||
            (r->build.path == NULL && !open_packet(r, path, 0))) {
            return false;
        }
        piece = fit_piece(r, msg, piece);
    }
    send_piece(r, msg, piece);
    if ((msg->flags & USCTP_SEND_NO_BUNDLE) != 0) {
        r->build.closed = true;
    }
    return true;
}

/* Sends the next piece of new data. False: nothing more goes now. `same_packet`: only the packet at
 * hand may be used. */
static bool send_next(struct round *r, bool same_packet)
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

static void send_new(struct round *r, bool same_packet)
{
    struct usctp__tx *tx = &r->assoc->tx;

    /* RFC 9260, 6.1 C: what is lost goes first. */
    if (r->assoc->cork_cnt > 0 || tx->ring.lost_cnt > 0 || tx->outq.msg_cnt == 0) {
        return;
    }
    r->max_payload = max_payload_of(r->assoc);
    while (!r->stopped && send_next(r, same_packet)) {
    }
}

/* --- Tail probes (RFC 8985, 7.3) --- */

/* Sends the chunks that were sent last again, as many as fit into one packet: an answer to the last of
 * them tells what became of all that was sent before. */
static bool send_tail(struct round *r, struct usctp__path *path)
{
    struct usctp_assoc *assoc = r->assoc;
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = path->tx_newest;
    size_t len = usctp__tx_chunk_len(&assoc->tx, usctp__txring_slot(ring, tsn)->len);
    unsigned cnt = 1;

    if (!usctp__pr_may_probe(assoc, tsn) || !packet_for_data(r, path, len, tsn)) {
        return false; /* T3-rtx is next */
    }
    while (tsn != path->tx_oldest) {
        uint64_t before = usctp__txring_before(ring, tsn);

        if (!usctp__pr_may_probe(assoc, before)) {
            break;
        }
        len += usctp__tx_chunk_len(&assoc->tx, usctp__txring_slot(ring, before)->len);
        if (before > tsn || len > usctp__build_room(&r->build) ||
            !key_fits(r, usctp__txring_slot(ring, before)->msg)) {
            break;
        }
        tsn = before;
        cnt++;
    }
    for (; cnt > 0; cnt--) {
        uint64_t next = cnt > 1 ? usctp__txring_after(ring, tsn) : tsn;

        usctp__flight_repeat(assoc, tsn); /* outstanding once, not twice (RFC 9260, 6.4) */
        usctp__build_data(&r->build, tsn, cnt == 1);
        tsn = next;
    }
    r->sent_data = true;
    close_packet(r);
    return true;
}

static void send_probe(struct round *r, struct usctp__path *path)
{
    const struct usctp__txring *ring = &r->assoc->tx.ring;
    uint64_t next = ring->next;

    path->rack->probe_due = false;
    /* New data first, but no more than cwnd allows: RFC 9260, 6.1 B, is stricter here. */
    r->probing = true;
    send_new(r, false);
    r->probing = false;
    if (path->flight_cnt > 0 && path->tx_newest >= next) {
        usctp__rack_probed(path, path->tx_newest, false);
    } else if (path->flight_cnt > 0 && !r->stopped && send_tail(r, path)) {
        usctp__rack_probed(path, path->tx_newest, true);
    }
}

static void send_probes(struct round *r)
{
    r->assoc->tx.tail_probe = false;
    for (struct usctp__path *path = r->assoc->paths.first; path != NULL; path = path->next) {
        if (path->rack != NULL && path->rack->probe_due) {
            send_probe(r, path);
        }
    }
}

/* --- Data that rides with COOKIE ECHO --- */

static void send_with_cookie(struct round *r)
{
    struct usctp_assoc *assoc = r->assoc;
    struct usctp__path *path = r->build.path;
    uint64_t tsn;

    /* RFC 9260, 5.1 C: it stands first, and until COOKIE ACK nothing else is sent. */
    if (path == NULL || !r->build.data_ok || r->build.closed ||
        path->state == USCTP_PATH_UNCONFIRMED) {
        return;
    }
    tsn = next_lost(&assoc->tx.ring, path, assoc->tx.ring.base);
    fill_with_lost(r, tsn);
    send_new(r, true);
}

/* --- Data that must not overtake the response to an SSN/TSN reset (RFC 6525) --- */

static void send_announced(struct round *r)
{
    const struct usctp_assoc *assoc = r->assoc;
    struct usctp__path *path = r->build.path;

    if (path == NULL || path->state == USCTP_PATH_UNCONFIRMED) {
        return;
    }
    fill_with_lost(r, next_lost(&assoc->tx.ring, path, assoc->tx.ring.base));
    send_new(r, true);
}

/* --- The round --- */

/* DATA is outstanding on the path: its loss timer runs. */
static void tend_busy(struct usctp__path *path)
{
    if (USCTP__UNLIKELY(!usctp__path_alarm_armed(path, USCTP__ALARM_LOSS))) {
        usctp__flight_start_t3(path);
    }
    if (USCTP__UNLIKELY(path->rack == NULL)) {
        usctp__rack_start(path);
    }
    if (path->rack != NULL) {
        usctp__rack_arm(path);
    }
}

/* What waits and has nobody to wake it has T3-rtx too. */
static bool waits_alone(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    const struct usctp__tx *tx = &assoc->tx;

    if (USCTP__UNLIKELY(assoc->core->blocked)) {
        return path->tx_lost_cnt > 0;
    }
    return path == assoc->paths.data && tx->flight == 0 &&
           (tx->ring.lost_cnt > 0 || usctp__pr_waits(assoc) ||
            (tx->outq.msg_cnt > 0 && assoc->cork_cnt == 0 &&
             (assoc->reconf == NULL || !usctp__reconf_holds_all(assoc))));
}

static void tend_idle(const struct usctp_assoc *assoc, struct usctp__path *path)
{
    bool wanted = waits_alone(assoc, path);

    if (wanted != usctp__path_alarm_armed(path, USCTP__ALARM_LOSS)) {
        if (wanted) {
            usctp__flight_start_t3(path);
        } else {
            usctp__path_alarm_clear(path, USCTP__ALARM_LOSS);
        }
    }
}

static void tend_timers(struct usctp_assoc *assoc)
{
    const struct usctp__tx *tx = &assoc->tx;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (USCTP__UNLIKELY(path->cc.state != NULL)) {
            usctp__cc_output_done(path, tx->outq.msg_cnt == 0 && tx->ring.lost_cnt == 0);
        }
        if (path->flight_cnt > 0) {
            tend_busy(path);
        } else {
            tend_idle(assoc, path);
        }
    }
}

static void run(struct round *r)
{
    struct usctp_assoc *assoc = r->assoc;
    bool announces = USCTP__UNLIKELY(assoc->reconf != NULL) && usctp__reconf_announces(assoc);

    send_ctrl(r);
    if (USCTP__UNLIKELY(usctp__asconf_of(assoc) != NULL) && state_sends_data(assoc->state) &&
        assoc->paths.data->state == USCTP_PATH_UNCONFIRMED) {
        close_packet(r);
        return;
    }
    send_due_sack(r);
    if (!r->stopped) {
        if (USCTP__UNLIKELY(announces)) {
            send_announced(r);
        } else if (state_sends_data(assoc->state)) {
            if (USCTP__UNLIKELY(assoc->tx.tail_probe)) {
                send_probes(r);
            }
            send_lost(r);
            send_new(r, false);
        } else if (assoc->state == USCTP_STATE_COOKIE_ECHOED) {
            send_with_cookie(r);
        }
    }
    close_packet(r);
}

/* False: there is nothing that could be sent. */
static bool has_work(const struct usctp_assoc *assoc)
{
    return assoc->rx.sack_now || assoc->tx.ring.lost_cnt > 0 || assoc->tx.outq.msg_cnt > 0 ||
           !usctp__queue_empty(&assoc->ctrl.queue) || assoc->tx.tail_probe;
}

static void begin(struct round *r, struct usctp_assoc *assoc)
{
    uint32_t max_burst = usctp__params(assoc)->max_burst;
    uint32_t credit = USCTP__MAX(assoc->tx.burst_credit, 1);

    r->assoc = assoc;
    r->max_payload = 0;
    r->burst_left =
        max_burst == 0 || credit > UINT32_MAX / max_burst ? UINT32_MAX : credit * max_burst;
    r->wrote = false;
    r->stopped = false;
    r->dropped = false;
    r->sent_data = false;
    r->probing = false;
    usctp__build_init(&r->build, assoc);
}

static bool write_all(struct usctp_assoc *assoc)
{
    struct round r;

    begin(&r, assoc);
    run(&r);
    if (USCTP__UNLIKELY(usctp__pr_due(assoc))) {
        usctp__pr_output(assoc);
    }
    if (r.dropped) {
        usctp__tx_progress(assoc);
        if (assoc->ended) {
            return r.wrote;
        }
        run(&r); /* a shutdown may go on now */
    }
    if (r.sent_data) {
        usctp__assoc_active(assoc);
    }
    return r.wrote;
}

void usctp__output_put_off(struct usctp_assoc *assoc)
{
    if (state_sends_data(assoc->state)) {
        tend_timers(assoc);
    }
}

bool usctp__output(struct usctp_assoc *assoc)
{
    bool wrote = false;

    if (USCTP__UNLIKELY(assoc->tx.pr != NULL) && state_sends_data(assoc->state)) {
        usctp__pr_output(assoc);
    }
    if (USCTP__UNLIKELY(assoc->reconf != NULL) && state_sends_data(assoc->state)) {
        (void)usctp__reconf_output(assoc);
    }
    if (has_work(assoc)) {
        wrote = write_all(assoc);
    }
    if (USCTP__UNLIKELY(assoc->reconf != NULL) && state_sends_data(assoc->state) &&
        usctp__reconf_output(assoc)) {
        wrote = write_all(assoc) || wrote;
    }

    assoc->tx.burst_credit = 0;
    assoc->tx.probe_due = false; /* now or an RTO later */
    if (state_sends_data(assoc->state)) {
        tend_timers(assoc);
    }
    return wrote;
}
