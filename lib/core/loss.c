/* SPDX-License-Identifier: BSD-3-Clause */
/* Losses: by missing reports, by timeout, with a path. */
#include "core/loss.h"

#include "core/assoc.h"
#include "core/flight.h"
#include "core/pmtud.h"
#include "core/pr.h"
#include "wire/packet.h"

bool usctp__loss_in_recovery(const struct usctp_assoc *assoc)
{
    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->cc.in_recovery) {
            return true;
        }
    }
    return false;
}

/* --- Congestion control hears of it --- */

static void reduce(struct usctp_assoc *assoc, struct usctp__path *path)
{
    path->cc.ops->on_loss(&path->cc, assoc->tx.ring.next - 1);
    if (path->rack != NULL) {
        path->rack->reduced_ts = assoc->core->now_ts;
    }
}

/* The windows of paths that lost something shrink, once until the exit point is reached. */
static void enter_recovery(struct usctp_assoc *assoc)
{
    uint64_t highest_tsn = assoc->tx.ring.next - 1;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->sack_lost && !usctp__ecn_reduced(assoc, path)) {
            reduce(assoc, path); /* RFC 9260, 7.2.4, 2) */
        } else {
            /* RFC 9260, 7.2.4, 6): it is the sender that is in Fast Recovery, on all paths. */
            path->cc.in_recovery = true;
            path->cc.recovery_tsn = highest_tsn;
        }
    }
}

static void leave_recovery(struct usctp_assoc *assoc)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        path->cc.in_recovery = false;
    }
}

/* Where a fast retransmission goes: the same address (RFC 9260, 6.4), unless that has failed. */
static struct usctp__path *fast_target(struct usctp_assoc *assoc, struct usctp__path *path)
{
    return path->state == USCTP_PATH_ACTIVE ? path : usctp__path_for_retransmit(assoc, path);
}

/* RFC 8985, 9.3: a retransmission that is lost in Fast Recovery is one more sign of congestion. */
static void react_again(struct usctp_assoc *assoc)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->rack != NULL && path->rack->lost_again) {
            path->rack->lost_again = false;
            reduce(assoc, path);
        }
    }
}

void usctp__loss_react(struct usctp_assoc *assoc)
{
    if (usctp__loss_in_recovery(assoc)) {
        react_again(assoc);
        return;
    }
    enter_recovery(assoc);
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->sack_lost) {
            /* RFC 9260, 7.2.4, 3): one packet whatever cwnd says. */
            fast_target(assoc, path)->tx_force = true;
            path->fast_retransmit_cnt++;
            usctp__rare(assoc)->fast_retransmits++;
        }
    }
}

void usctp__loss_repaired(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (usctp__loss_in_recovery(assoc)) {
        return;
    }
    usctp__undo_begin(path, false);
    path->sack_lost = true;
    enter_recovery(assoc);
    if (usctp__txring_empty(&assoc->tx.ring)) {
        leave_recovery(assoc); /* there is nothing to recover */
    }
}

/* --- A chunk is lost --- */

void usctp__loss_found(struct usctp_assoc *assoc, uint64_t tsn)
{
    struct usctp__txslot *slot = usctp__txring_slot(&assoc->tx.ring, tsn);
    struct usctp__path *path = slot->path;
    struct usctp__rack *rack = path->rack;

    if (!path->sack_lost && !usctp__loss_in_recovery(assoc)) {
        usctp__undo_begin(path, false);
    }
    path->sack_lost = true;
    /* What was sent again since the last reduction tells of more than that was for. */
    if (rack != NULL && path->cc.in_recovery && slot->tx_cnt > 1 &&
        slot->sent_ts >= rack->reduced_ts) {
        rack->lost_again = true;
    }
    if (slot->tx_cnt > 1) {
        usctp__pmtud_on_loss(assoc, path, tsn); /* T3-rtx may never see it */
    }
    if (USCTP__UNLIKELY(assoc->ecn != NULL)) {
        usctp__ecn_lost(assoc, tsn);
    }
    usctp__undo_marked(path, tsn);
    usctp__flight_lost(assoc, tsn, fast_target(assoc, path));
    usctp__txring_word(&assoc->tx.ring, tsn)->barred |= usctp__txring_bit(tsn);
}

/* --- Missing reports (RFC 9260, 7.2.4) --- */

/* One report; true: it was the third, and the chunk is lost now (RFC 9260, 7.2.4, 1) and 5)). */
static bool report(struct usctp_assoc *assoc, uint64_t tsn)
{
    struct usctp__txslot *slot = usctp__txring_slot(&assoc->tx.ring, tsn);

    slot->flags++;
    if ((slot->flags & USCTP__TXSLOT_MISS) < USCTP__TX_MISS_MAX) {
        return false;
    }
    usctp__loss_found(assoc, tsn);
    return true;
}

void usctp__loss_missing(struct usctp_assoc *assoc, uint64_t limit)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = usctp__txring_scan(ring, USCTP__TX_ELIGIBLE, ring->base, limit);
    bool lost = false;

    while (tsn < limit) {
        lost = report(assoc, tsn) || lost;
        tsn = usctp__txring_scan(ring, USCTP__TX_ELIGIBLE, tsn + 1, limit);
    }
    if (lost) {
        usctp__loss_react(assoc);
    }
}

void usctp__loss_miss_one(struct usctp_assoc *assoc, uint64_t tsn)
{
    if (usctp__txring_scan(&assoc->tx.ring, USCTP__TX_ELIGIBLE, tsn, tsn + 1) == tsn &&
        report(assoc, tsn)) {
        usctp__loss_react(assoc);
    }
}

/* --- All that is outstanding on a path --- */

static void lose_path(struct usctp_assoc *assoc, struct usctp__path *path,
                      struct usctp__path *target)
{
    struct usctp__txring *ring = &assoc->tx.ring;

    while (path->flight_cnt > 0) {
        uint64_t tsn = path->tx_oldest;

        usctp__undo_marked(path, tsn);
        usctp__flight_lost(assoc, tsn, target);
        usctp__txring_slot(ring, tsn)->flags &= (uint8_t)~USCTP__TXSLOT_MISS;
        usctp__txring_word(ring, tsn)->barred &= ~usctp__txring_bit(tsn);
    }
    usctp__path_alarm_clear(path, USCTP__ALARM_LOSS);
}

/* What was to be sent again on a path is to be sent on another one. */
static void retarget(struct usctp_assoc *assoc, struct usctp__path *path,
                     struct usctp__path *target)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = ring->base;

    while (path != target && path->tx_lost_cnt > 0) {
        tsn = usctp__txring_scan(ring, USCTP__TX_LOST, tsn, ring->next);
        if (usctp__txring_slot(ring, tsn)->path == path) {
            usctp__flight_retarget(assoc, tsn, target);
        }
        tsn++;
    }
}

/* --- Packets that were too big --- */

/* Marks `cnt` chunks of a send-order list, from `tsn` on. */
static void lose_run(struct usctp_assoc *assoc, struct usctp__path *path, uint64_t tsn,
                     uint32_t cnt)
{
    while (cnt-- > 0) {
        uint64_t next = cnt > 0 ? usctp__txring_after(&assoc->tx.ring, tsn) : tsn;

        usctp__flight_lost(assoc, tsn, path);
        tsn = next;
    }
}

void usctp__loss_too_big(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t limit)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint32_t left = path->flight_cnt;
    uint64_t tsn = path->tx_oldest;

    /* In the order of sending the chunks of a packet stand together. Chunks of it that are missing there
     * were acknowledged, or are marked already. */
    while (left > 0) {
        uint64_t first = tsn;
        size_t len = USCTP__PACKET_HEADER_LEN;
        uint32_t cnt = 0;
        bool more;

        do {
            len += usctp__tx_chunk_len(&assoc->tx, usctp__txring_slot(ring, tsn)->len);
            more = ++cnt < left;
            tsn = more ? usctp__txring_after(ring, tsn) : tsn;
        } while (more && (usctp__txring_slot(ring, tsn)->flags & USCTP__TXSLOT_HEAD) == 0);
        left -= cnt;
        if (len > limit) {
            lose_run(assoc, path, first, cnt);
        }
    }
}

/* --- T3-rtx (RFC 9260, 6.3.3) --- */

/* RFC 9260, 6.1 A: a peer that answers with a closed window is alive. */
static bool is_answered_probe(const struct usctp_assoc *assoc)
{
    return assoc->tx.zero_window_probe && assoc->tx.probe_answered;
}

static void on_t3(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__path *target;
    bool waits = usctp__output_waits(assoc, path);

    usctp__assoc_touch(assoc);
    if (assoc->tx.pr != NULL) {
        usctp__pr_on_t3(assoc);
    }
    if (path->flight_cnt == 0 && !waits && usctp__pr_waits(assoc)) {
        /* RFC 3758, 3.5, C5: nobody answered a FORWARD TSN. */
        usctp__rto_backoff(&path->rto, &path->set->bounds);
        (void)usctp__path_error(assoc, path, true);
        return;
    }
    if (path->flight_cnt == 0 && !waits) {
        /* It stood for something that could not be sent: a closed window, no memory. */
        assoc->tx.probe_due = true;
        return;
    }
    path->t3_cnt++;
    usctp__rare(assoc)->t3_expiries++;
    if (path->rack != NULL) {
        path->rack->probe_ready = false; /* RFC 8985, 7.3, 2: until a round trip is measured */
    }
    usctp__rto_backoff(&path->rto, &path->set->bounds); /* RFC 9260, 6.3.3 E2 */
    if (waits) {
        /* What has not left is no sign of congestion, and nothing goes twice. But who cannot send for
         * good cannot reach the peer: RFC 9260, 8.1, 8.2. The next output runs T3 on. */
        (void)usctp__path_error(assoc, path, true);
        return;
    }
    usctp__pmtud_on_t3(assoc, path);
    if (!is_answered_probe(assoc)) {
        if (!path->t3_backed_off) {
            usctp__undo_begin(path, true);
        }
        path->t3_backed_off = true;
        path->cc.ops->on_timeout(&path->cc); /* RFC 9260, 6.3.3 E1 */
        leave_recovery(assoc);
        if (!usctp__path_error(assoc, path, true)) {
            return;
        }
    }
    assoc->tx.probe_answered = false;
    /* RFC 9260, 6.3.3 E3, 6.4: to another active address if there is one. */
    target = usctp__path_for_retransmit(assoc, path);
    lose_path(assoc, path, target);
    retarget(assoc, path, target);
    target->tx_force = true;
    usctp__assoc_touch(assoc);
}

/* --- The loss alarm --- */

/* The reordering timer: what did not arrive meanwhile is lost (RFC 8985, 6.2, step 5). */
static void on_rack(struct usctp_assoc *assoc, struct usctp__path *path)
{
    path->rack->timer = USCTP__LOSS_T3; /* T3-rtx runs on */
    usctp__path_alarm_set(path, USCTP__ALARM_LOSS, path->rack->t3_ts);
    for (struct usctp__path *each = assoc->paths.first; each != NULL; each = each->next) {
        each->sack_lost = false;
    }
    if (usctp__rack_detect(assoc, path)) {
        usctp__loss_react(assoc);
    }
    usctp__assoc_touch(assoc);
}

void usctp__tx_on_loss_alarm(struct usctp_assoc *assoc, struct usctp__path *path)
{
    switch (path->rack != NULL ? path->rack->timer : USCTP__LOSS_T3) {
    case USCTP__LOSS_RACK:
        on_rack(assoc, path);
        break;
    case USCTP__LOSS_PROBE:
        usctp__rack_on_probe(assoc, path);
        break;
    default:
        on_t3(assoc, path);
        break;
    }
}

/* --- Paths that fail or go --- */

void usctp__tx_path_down(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__path *target = usctp__path_for_retransmit(assoc, path);

    if (target == path) {
        return; /* RFC 9260, 8.2: there is no other; T3 goes on */
    }
    lose_path(assoc, path, target);
    retarget(assoc, path, target);
    usctp__assoc_touch(assoc);
}

void usctp__tx_path_moved(struct usctp_assoc *assoc, struct usctp__path *path)
{
    /* After T3-rtx: what is outstanding since then went to the old port, or was sent once more there. */
    if (path->t3_backed_off && path->flight_cnt > 0) {
        lose_path(assoc, path, path);
        path->tx_force = true;
        usctp__assoc_touch(assoc);
    }
}

void usctp__tx_path_doubtful(struct usctp_assoc *assoc, struct usctp__path *path)
{
    retarget(assoc, path, usctp__path_for_retransmit(assoc, path));
}

void usctp__tx_path_gone(struct usctp_assoc *assoc, struct usctp__path *path)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    struct usctp__path *target = assoc->paths.data;
    uint64_t tsn;

    lose_path(assoc, path, target);
    retarget(assoc, path, target);
    /* What gap blocks acknowledged may come back yet. */
    tsn = usctp__txring_scan(ring, USCTP__TX_ACKED, ring->base, ring->next);
    while (tsn < ring->next) {
        struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);

        if (slot->path == path) {
            slot->path = target;
            slot->flags |= USCTP__TXSLOT_MOVED;
        }
        tsn = usctp__txring_scan(ring, USCTP__TX_ACKED, tsn + 1, ring->next);
    }
    usctp__assoc_touch(assoc);
}

void usctp__tx_resend_all(struct usctp_assoc *assoc)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        lose_path(assoc, path, assoc->paths.data);
        retarget(assoc, path, assoc->paths.data);
    }
}
