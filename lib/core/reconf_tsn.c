/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream reconfiguration: TSNs and all stream sequence numbers begin anew (RFC 6525, 5.2.4, 5.2.7 H5).
 *
 * The responder's next TSN follows on its last one, so that what it sends after the reset cannot be told
 * from what it sent before. If its response is lost, new data must not overtake it: until the peer is
 * known to have it, data leaves only in packets that begin with it. */
#include "base/compiler.h"
#include "base/serial.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/ecn.h"
#include "wire/forward.h"
#include "core/reconf.h"

/* How long old packets may be under way (RFC 6525, 5.1.4). */
#define MSL_DUR   (30 * USCTP__SEC)

/* Farther ahead than this no TSN is that was sent: half way to the other numbers. */
#define FAR_AHEAD (UINT64_C(1) << 30)

/* Everything received is delivered, or can never be whole; the TSN that the peer sends next is
 * `peer_tsn`, and ours is `my_tsn`. False: no memory. */
static bool renumber_rx(struct usctp_assoc *assoc, uint32_t my_tsn, uint32_t peer_tsn)
{
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__reasm *reasm = &rx->reasm;
    static const struct usctp__stream_set all = {NULL, 0};
    struct usctp__queue out;
    bool flushed;

    usctp__queue_init(&out);
    flushed = usctp__reasm_flush(reasm, &out);
    usctp__rx_deliver(assoc, &out);
    if (!flushed || !usctp__reconf_end_partial(assoc, &all) ||
        !usctp__event_assoc_reset(assoc, USCTP_RECONF_DONE, my_tsn, peer_tsn)) {
        return false;
    }
    usctp__rx_renumber(assoc, peer_tsn);
    usctp__ecn_end(assoc); /* its TSNs mean nothing any more */
    return true;
}

/* RFC 6525, 5.2.4, G5; 5.2.7, H5: all outgoing streams begin at 0. */
static void renumber_streams(struct usctp_assoc *assoc)
{
    static const struct usctp__reconf_streams all = {NULL, 0, 0};

    usctp__reconf_release(assoc, &all);
}

bool usctp__reconf_perform_tsn(struct usctp_assoc *assoc)
{
    struct usctp__reconf *reconf = assoc->reconf;
    struct usctp__reconf_seen *seen = &reconf->seen;
    /* RFC 6525, 5.2.4, G1, G2 */
    uint32_t peer_tsn = usctp__rx_cum_tsn(assoc) + 1 + UINT32_C(0x80000000);
    uint32_t my_tsn = (uint32_t)assoc->tx.ring.next;

    if (!renumber_rx(assoc, my_tsn, peer_tsn)) { /* G4 */
        return false;
    }
    seen->my_tsn = my_tsn;
    seen->peer_tsn = peer_tsn;
    seen->performed_tsn = true;
    seen->results[0] = USCTP__RECONF_PERFORMED;
    reconf->drains = false;
    reconf->announce = true;
    reconf->tsn_acked = assoc->tx.ring.next;
    reconf->tsn_ts = assoc->core->now_ts;
    if (reconf->request.kinds == USCTP__RECONF_TSN) {
        usctp__reconf_close(assoc); /* ours asked for just that */
    }
    renumber_streams(assoc);
    return true;
}

bool usctp__reconf_confirm_tsn(struct usctp_assoc *assoc, uint32_t sender_tsn,
                               uint32_t receiver_tsn)
{
    if (!renumber_rx(assoc, receiver_tsn, sender_tsn)) {
        return false;
    }
    usctp__tx_renumber(assoc, receiver_tsn);
    assoc->reconf->request.open = 0;
    assoc->reconf->tsn_ts = assoc->core->now_ts;
    renumber_streams(assoc);
    return true;
}

/* --- While one end knows, and the other does not --- */

bool usctp__reconf_announces(struct usctp_assoc *assoc)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    const struct usctp__path *path = assoc->paths.data;

    if (!assoc->reconf->announce) {
        return false;
    }
    if (ring->lost_cnt > 0) {
        uint64_t tsn = usctp__txring_scan(ring, USCTP__TX_LOST, ring->base, ring->next);

        path = usctp__txring_slot(ring, tsn)->path;
    }
    if (ring->lost_cnt > 0 || !usctp__reconf_holds_all(assoc)) {
        usctp__reconf_reply(assoc, path);
    }
    return true;
}

/* Old packets may still come in. */
static bool recent(const struct usctp_assoc *assoc)
{
    const struct usctp__reconf *reconf = assoc->reconf;

    return reconf->tsn_ts != 0 &&
           ((reconf->request.open & USCTP__RECONF_TSN) != 0 || reconf->announce ||
            usctp__time_sub(assoc->core->now_ts, reconf->tsn_ts) < MSL_DUR);
}

bool usctp__reconf_refuses_skip(const struct usctp_assoc *assoc, uint64_t tsn)
{
    const struct usctp__reconf_request *request = &assoc->reconf->request;

    if (request->sent && (request->open & USCTP__RECONF_TSN) != 0 && !request->in_progress) {
        return tsn > request->high_tsn;
    }
    return recent(assoc) && tsn > usctp__rxmap_cum(&assoc->rx.map) + FAR_AHEAD;
}

bool usctp__reconf_stale(const struct usctp_assoc *assoc, uint64_t cum_tsn)
{
    return recent(assoc) && cum_tsn >= assoc->tx.ring.next + FAR_AHEAD;
}
