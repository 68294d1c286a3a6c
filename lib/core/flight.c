/* SPDX-License-Identifier: BSD-3-Clause */
/* What is in flight. */
#include "core/flight.h"

#include "base/time.h"
#include "core/assoc.h"
#include "core/pr.h"

void usctp__flight_start_t3(struct usctp__path *path)
{
    uint64_t expiry_ts = usctp__time_add(path->assoc->core->now_ts, path->rto.rto_dur);

    if (path->rack != NULL) {
        path->rack->t3_ts = expiry_ts;
        path->rack->timer = USCTP__LOSS_T3;
    }
    usctp__path_alarm_set(path, USCTP__ALARM_LOSS, expiry_ts);
}

/* True: it was the lowest outstanding TSN of its path. */
static bool take(struct usctp_assoc *assoc, uint64_t tsn, const struct usctp__txslot *slot)
{
    slot->path->flight -= usctp__flight_len(assoc, slot);
    assoc->tx.flight -= slot->len;
    return usctp__txring_unlink(&assoc->tx.ring, tsn);
}

/* RFC 9260, 6.3.1 C5: what was sent again tells no round trip, nor does a TSN above it. */
static void cancel_rtt(struct usctp_assoc *assoc, uint64_t tsn)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->rtt_pending && path->rtt_tsn >= tsn) {
            path->rtt_pending = false;
        }
    }
}

void usctp__flight_sent_again(struct usctp_assoc *assoc, uint64_t tsn, struct usctp__txslot *slot,
                              struct usctp__path *path)
{
    /* RFC 9260, 6.1: also when the earliest outstanding chunk of the path is sent again. */
    bool restart = path->flight_cnt == 0 || tsn < path->tx_lowest;

    usctp__txring_clear_lost(&assoc->tx.ring, tsn);
    slot->path->tx_lost_cnt--;
    if (slot->path != path) {
        slot->flags |= USCTP__TXSLOT_MOVED;
    }
    slot->flags &= (uint8_t) ~(USCTP__TXSLOT_MISS | USCTP__TXSLOT_ASKED);
    cancel_rtt(assoc, tsn);
    slot->tx_cnt += slot->tx_cnt < UINT8_MAX;
    usctp__flight_out(assoc, tsn, slot, path, restart);
}

static void measured(struct usctp__path *path, uint64_t rtt_dur)
{
    usctp__rto_sample(&path->rto, &path->set->bounds, rtt_dur);
    if (path->rack != NULL) {
        usctp__rack_measured(path->rack, rtt_dur);
    }
}

/* RFC 8985, 6.2, step 2: of what the SACK at hand delivers, what was sent last. */
static inline void note_delivered(struct usctp__rack *rack, const struct usctp__txslot *slot,
                                  uint64_t tsn)
{
    if (slot->sent_ts >= rack->new_sent_ts) {
        rack->new_sent_ts = slot->sent_ts;
        rack->new_tsn = tsn;
    }
}

/* The chunk was sent once, on this path. */
static inline void acked_once(struct usctp_assoc *assoc, struct usctp__path *path,
                              const struct usctp__txslot *slot, uint64_t tsn)
{
    path->sack_alive = true;
    if (path->rack != NULL) {
        note_delivered(path->rack, slot, tsn);
        if (USCTP__UNLIKELY(tsn < path->rack->highest_tsn)) {
            path->rack->reordering_seen = true; /* RFC 8985, 6.2, step 3 */
        }
    }
    if (path->rtt_pending && path->rtt_tsn == tsn) {
        path->rtt_pending = false;
        measured(path, usctp__time_sub(assoc->core->now_ts, slot->sent_ts));
    }
}

/* It was sent several times, or on several paths. */
static void acked_again(struct usctp_assoc *assoc, struct usctp__path *path,
                        const struct usctp__txslot *slot, uint64_t tsn)
{
    /* RFC 9260, 8.2: a chunk sent to several addresses does not say which of them works. */
    if ((slot->flags & USCTP__TXSLOT_MOVED) == 0 || path->state == USCTP_PATH_ACTIVE) {
        path->sack_alive = true;
    }
    if (path->rack != NULL && usctp__rack_believes(path->rack, slot, assoc->core->now_ts)) {
        note_delivered(path->rack, slot, tsn);
    }
}

/* True if a chunk that waits to be sent again precedes all that is in flight on its path. */
static bool is_earliest(const struct usctp__path *path, const struct usctp__txslot *slot,
                        uint64_t tsn)
{
    return path->flight_cnt > 0 && tsn < path->tx_lowest &&
           (slot->flags & USCTP__TXSLOT_MOVED) == 0;
}

void usctp__flight_acked(struct usctp_assoc *assoc, uint64_t tsn)
{
    struct usctp__txring *ring = &assoc->tx.ring;
    struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);
    struct usctp__path *path = slot->path;

    if (USCTP__UNLIKELY(usctp__txring_lost(ring, tsn))) {
        usctp__txring_clear_lost(ring, tsn);
        usctp__undo_arrived(assoc, tsn);
        if (--path->tx_lost_cnt == 0) {
            path->tx_force = false;
        }
        /* RFC 9260, 6.3.2 R3: until now it was the earliest one, though it was to be sent again. */
        path->sack_lowest = path->sack_lowest || is_earliest(path, slot, tsn);
    } else {
        path->sack_len += usctp__flight_len(assoc, slot);
        if (USCTP__UNLIKELY(path->cc.state != NULL)) {
            usctp__cc_acked(path, slot->sent_ts);
        }
        if (take(assoc, tsn, slot)) {
            path->sack_lowest = true;
        }
    }
    if (USCTP__LIKELY(slot->tx_cnt == 1 && (slot->flags & USCTP__TXSLOT_MOVED) == 0)) {
        acked_once(assoc, path, slot, tsn);
    } else {
        acked_again(assoc, path, slot, tsn);
    }
}

void usctp__flight_abandoned(struct usctp_assoc *assoc, uint64_t tsn)
{
    struct usctp__txring *ring = &assoc->tx.ring;
    struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);
    struct usctp__path *path = slot->path;
    struct usctp__outmsg *msg = slot->msg;
    bool outstanding = false;

    if (usctp__txring_lost(ring, tsn)) {
        usctp__txring_clear_lost(ring, tsn);
        if (--path->tx_lost_cnt == 0) {
            path->tx_force = false;
        }
    } else if (!usctp__txring_acked(ring, tsn)) {
        outstanding = true;
        take(assoc, tsn, slot);
        usctp__flight_window(assoc);
    }
    if (path != NULL && path->rtt_pending && path->rtt_tsn == tsn) {
        path->rtt_pending = false;
    }
    if (outstanding && path->flight_cnt == 0) {
        usctp__path_alarm_clear(path, USCTP__ALARM_LOSS);
    }
    usctp__txring_set_gone(ring, tsn);
    usctp__flight_skip(slot, msg);
}

void usctp__flight_skip(struct usctp__txslot *slot, const struct usctp__outmsg *msg)
{
    slot->offset = msg->ssn;
    slot->len = msg->stream->id;
    slot->flags = usctp__outmsg_ordered(msg) ? USCTP__TXSLOT_ORDERED : 0;
    slot->msg = NULL;
    slot->path = NULL;
}

void usctp__flight_reneged(struct usctp_assoc *assoc, uint64_t tsn)
{
    struct usctp__txslot *slot = usctp__txring_slot(&assoc->tx.ring, tsn);

    usctp__txring_clear_acked(&assoc->tx.ring, tsn);
    usctp__rare(assoc)->reneged_tsns++;
    if (slot->msg == NULL) {
        return; /* RFC 3758, 3.5, A2: abandoned, it is finally acknowledged */
    }
    usctp__flight_add(assoc, tsn, slot);
    if (!usctp__path_alarm_armed(slot->path, USCTP__ALARM_LOSS)) {
        usctp__flight_start_t3(slot->path); /* RFC 9260, 6.3.2 R4 */
    }
}

/* An outstanding chunk is to be sent to `target`. */
static void mark(struct usctp_assoc *assoc, uint64_t tsn, struct usctp__path *target)
{
    struct usctp__txslot *slot = usctp__txring_slot(&assoc->tx.ring, tsn);

    if (slot->path->rtt_pending && slot->path->rtt_tsn == tsn) {
        slot->path->rtt_pending = false;
    }
    take(assoc, tsn, slot);
    usctp__txring_set_lost(&assoc->tx.ring, tsn);
    if (slot->path != target) {
        slot->flags |= USCTP__TXSLOT_MOVED;
        slot->path = target;
    }
    target->tx_lost_cnt++;
    usctp__flight_window(assoc); /* RFC 9260, 6.2.1 C */
    usctp__assoc_touch(assoc);
}

void usctp__flight_lost(struct usctp_assoc *assoc, uint64_t tsn, struct usctp__path *target)
{
    const struct usctp__txslot *slot = usctp__txring_slot(&assoc->tx.ring, tsn);

    if (USCTP__UNLIKELY(slot->path->cc.state != NULL)) {
        usctp__cc_lost(slot->path, tsn, usctp__flight_len(assoc, slot), slot->sent_ts);
    }
    mark(assoc, tsn, target);
}

void usctp__flight_repeat(struct usctp_assoc *assoc, uint64_t tsn)
{
    mark(assoc, tsn, usctp__txring_slot(&assoc->tx.ring, tsn)->path);
}

void usctp__flight_retarget(struct usctp_assoc *assoc, uint64_t tsn, struct usctp__path *target)
{
    struct usctp__txslot *slot = usctp__txring_slot(&assoc->tx.ring, tsn);

    if (--slot->path->tx_lost_cnt == 0) {
        slot->path->tx_force = false;
    }
    slot->path = target;
    slot->flags |= USCTP__TXSLOT_MOVED;
    target->tx_lost_cnt++;
}

/* --- The cumulative TSN moves --- */

/* Its last chunk is acknowledged, and no more are to come. */
static void finish(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    if (usctp__outmsg_ordered(msg)) {
        msg->stream->ordered_cnt--;
    }
    if (USCTP__UNLIKELY(msg->pr != NULL)) {
        usctp__pr_settled(assoc, msg);
    }
    usctp__outmsg_free(assoc, msg);
}

/* The chunk is acknowledged cumulatively: its message loses it, and ends with its last one. */
static inline void release(struct usctp_assoc *assoc, const struct usctp__txslot *slot)
{
    struct usctp__outmsg *msg = slot->msg;

    if (USCTP__UNLIKELY(msg == NULL)) {
        return; /* abandoned: it has let go of its message already */
    }
    assoc->tx.buffered -= slot->len;
    usctp__stream_out_take(&assoc->tx.outq.streams, msg->stream, slot->len);
    if (--msg->chunk_cnt == 0 && !msg->queued) {
        finish(assoc, msg);
    }
}

enum { AHEAD_CNT = 6 }; /* chunks: time enough for memory to answer */

/* Begins to fetch the stream of a message that is released soon: it may be cold. A macro, since compilers drop functions
 * that do nothing but this. */
#define FETCH_AHEAD(ring, tsn, end)                                                               \
    do {                                                                                          \
        if ((tsn) + AHEAD_CNT < (end)) {                                                          \
            const struct usctp__outmsg *ahead = usctp__txring_slot(ring, (tsn) + AHEAD_CNT)->msg; \
                                                                                                  \
            if (USCTP__LIKELY(ahead != NULL)) { /* NULL: abandoned */                             \
                USCTP__PREFETCH(ahead->stream);                                                   \
            }                                                                                     \
        }                                                                                         \
    } while (0)

/* Takes the chunks from the ring's first one on out of all accounts, and releases them, as long as they were sent once, one
 * behind the other, on this path. Returns the TSN behind them, and the last one in *last, if there is one. */
static inline uint64_t walk_run(struct usctp_assoc *assoc, struct usctp__path *path, uint64_t end,
                                const struct usctp__txslot **last)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = ring->base;
    const struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);

    while (slot->path == path && slot->tx_cnt == 1) {
        uint32_t len = usctp__flight_len(assoc, slot);

        FETCH_AHEAD(ring, tsn, end);
        path->flight -= len;
        path->sack_len += len;
        assoc->tx.flight -= slot->len;
        release(assoc, slot);
        *last = slot;
        tsn++;
        if (tsn == end || slot->next != (uint32_t)tsn) {
            break;
        }
        slot = usctp__txring_slot(ring, tsn);
    }
    return tsn;
}

/* What the chunks [from, end) mean for their path, as acked_once has it for one of them. */
static inline void acked_run(struct usctp_assoc *assoc, struct usctp__path *path,
                             const struct usctp__txslot *last, uint64_t from, uint64_t end)
{
    struct usctp__rack *rack = path->rack;

    path->sack_lowest = true;
    path->sack_alive = true;
    if (USCTP__UNLIKELY(path->cc.state != NULL)) {
        usctp__cc_acked(path, last->sent_ts);
    }
    if (rack != NULL) {
        note_delivered(rack, last, end - 1);
        if (USCTP__UNLIKELY(from < rack->highest_tsn)) {
            rack->reordering_seen = true;
        }
    }
    if (path->rtt_pending && path->rtt_tsn >= from && path->rtt_tsn < end) {
        const struct usctp__txslot *slot = usctp__txring_slot(&assoc->tx.ring, path->rtt_tsn);

        path->rtt_pending = false;
        measured(path, usctp__time_sub(assoc->core->now_ts, slot->sent_ts));
    }
}

/* The ordinary case: no chunk is acknowledged by a gap block, lost or abandoned, and the first ones make a run: they were
 * sent once, one behind the other, on one path. Returns the TSN behind it. */
static inline uint64_t take_run(struct usctp_assoc *assoc, uint64_t end)
{
    struct usctp__txring *ring = &assoc->tx.ring;
    struct usctp__path *path = usctp__txring_slot(ring, ring->base)->path;
    const struct usctp__txslot *last = NULL;
    uint64_t from = ring->base;

    if (ring->acked_cnt > 0 || ring->lost_cnt > 0 || path == NULL || path->tx_oldest != from ||
        !usctp__core_hurries(assoc->core)) {
        return from;
    }
    end = walk_run(assoc, path, end, &last);
    if (last != NULL) {
        usctp__txring_unlink_run(ring, path, from, end);
        acked_run(assoc, path, last, from, end);
        ring->base = end; /* no bit of them is set */
    }
    return end;
}

uint64_t usctp__flight_acked_up_to(struct usctp_assoc *assoc, uint64_t cum_tsn)
{
    struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t from = ring->base;
    uint64_t tsn = take_run(assoc, cum_tsn + 1);
    uint64_t highest_new = tsn > from ? tsn - 1 : 0;

    if (USCTP__LIKELY(tsn > cum_tsn)) {
        return highest_new;
    }
    for (; tsn <= cum_tsn; tsn++) {
        FETCH_AHEAD(ring, tsn, cum_tsn + 1);
        if (USCTP__LIKELY(!usctp__txring_acked(ring, tsn) && !usctp__txring_gone(ring, tsn))) {
            usctp__flight_acked(assoc, tsn);
            highest_new = tsn;
        }
        release(assoc, usctp__txring_slot(ring, tsn));
    }
    usctp__txring_advance(ring, cum_tsn + 1);
    return highest_new;
}
