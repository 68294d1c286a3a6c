/* SPDX-License-Identifier: BSD-3-Clause */
/* Lost chunks, and those that are sent again to learn what is lost (RFC 9260, 6.1 C, 6.3.3, 7.2.4; RFC 8985, 7.3). */
#include "core/flight.h"
#include "core/pr.h"
#include "core/round.h"

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
static bool lost_fits(const struct usctp__round *r, uint64_t tsn)
{
    const struct usctp__txslot *slot = usctp__txring_slot(&r->assoc->tx.ring, tsn);

    return usctp__tx_chunk_len(&r->assoc->tx, slot->len) <= usctp__build_room(&r->build) &&
           usctp__round_key_fits(r, slot->msg);
}

/* Sends lost chunks from `tsn` on in the packet at hand while they fit; returns the first left. */
static uint64_t fill_with_lost(struct usctp__round *r, uint64_t tsn)
{
    const struct usctp__txring *ring = &r->assoc->tx.ring;
    struct usctp__path *path = r->build.path;

    while (tsn < ring->next && lost_fits(r, tsn)) {
        if (USCTP__UNLIKELY(r->assoc->tx.pr != NULL) && usctp__pr_gone(r->assoc, tsn)) {
            r->dropped = true;
            tsn = next_lost(ring, path, tsn + 1);
            continue;
        }
        usctp__build_data(&r->build, tsn, usctp__txring_slot(ring, tsn), false);
        r->sent_data = true;
        tsn = next_lost(ring, path, tsn + 1);
    }
    return tsn;
}

void usctp__round_fill_lost(struct usctp__round *r)
{
    const struct usctp__txring *ring = &r->assoc->tx.ring;

    fill_with_lost(r, next_lost(ring, r->build.path, ring->base));
}

/* Makes the packet at hand one to this path that has room for len bytes of DATA, of this chunk. */
static bool packet_for_data(struct usctp__round *r, struct usctp__path *path, size_t len,
                            uint64_t tsn)
{
    const struct usctp__outmsg *msg = usctp__txring_slot(&r->assoc->tx.ring, tsn)->msg;

    if ((r->build.path != path || len > usctp__build_room(&r->build) ||
         !usctp__round_key_fits(r, msg)) &&
        !usctp__round_open(r, path, USCTP__PACKET_HEADER_LEN + len)) {
        return false;
    }
    usctp__round_add_sack(r, len);
    return true;
}

static void send_lost_on(struct usctp__round *r, struct usctp__path *path)
{
    const struct usctp__txring *ring = &r->assoc->tx.ring;
    uint64_t tsn = next_lost(ring, path, ring->base);

    usctp__cwnd_wake(path); /* it may have idled while another one was in use */
    while (tsn < ring->next) {
        size_t len = usctp__tx_chunk_len(&r->assoc->tx, usctp__txring_slot(ring, tsn)->len);
        bool force = path->tx_force;

        /* RFC 9260, 6.1 C; 6.3.3 E3 and 7.2.4, 3): one packet goes whatever cwnd says. */
        if ((!force && (!usctp__cwnd_open(path) || !usctp__round_take_burst(r, path))) ||
            !packet_for_data(r, path, len, tsn)) {
            return;
        }
        path->tx_force = false;
        tsn = fill_with_lost(r, tsn);
        if (force || tsn < ring->next) {
            usctp__round_close(r); /* else new data may share it */
        }
    }
}

void usctp__round_lost(struct usctp__round *r)
{
    struct usctp_assoc *assoc = r->assoc;

    for (struct usctp__path *path = assoc->paths.first;
         path != NULL && assoc->tx.ring.lost_cnt > 0 && !r->stopped; path = path->next) {
        if (path->tx_lost_cnt > 0 && path->state != USCTP_PATH_UNCONFIRMED) {
            send_lost_on(r, path);
        }
    }
}

/* --- Tail probes (RFC 8985, 7.3) --- */

/* Sends the chunks that were sent last again, as many as fit into one packet: an answer to the last of
 * them tells what became of all that was sent before. */
static bool send_tail(struct usctp__round *r, struct usctp__path *path)
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
            !usctp__round_key_fits(r, usctp__txring_slot(ring, before)->msg)) {
            break;
        }
        tsn = before;
        cnt++;
    }
    for (; cnt > 0; cnt--) {
        uint64_t next = cnt > 1 ? usctp__txring_after(ring, tsn) : tsn;

        usctp__flight_repeat(assoc, tsn); /* outstanding once, not twice (RFC 9260, 6.4) */
        usctp__build_data(&r->build, tsn, usctp__txring_slot(ring, tsn), cnt == 1);
        tsn = next;
    }
    r->sent_data = true;
    usctp__round_close(r);
    return true;
}

static void send_probe(struct usctp__round *r, struct usctp__path *path)
{
    const struct usctp__txring *ring = &r->assoc->tx.ring;
    uint64_t next = ring->next;

    path->rack->probe_due = false;
    /* New data first, but no more than cwnd allows: RFC 9260, 6.1 B, is stricter here. */
    r->probing = true;
    usctp__round_new(r, false);
    r->probing = false;
    if (path->flight_cnt > 0 && path->tx_newest >= next) {
        usctp__rack_probed(path, path->tx_newest, false);
    } else if (path->flight_cnt > 0 && !r->stopped && send_tail(r, path)) {
        usctp__rack_probed(path, path->tx_newest, true);
    }
}

void usctp__round_probes(struct usctp__round *r)
{
    r->assoc->tx.tail_probe = false;
    for (struct usctp__path *path = r->assoc->paths.first; path != NULL; path = path->next) {
        if (path->rack != NULL && path->rack->probe_due) {
            send_probe(r, path);
        }
    }
}
