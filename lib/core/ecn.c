/* SPDX-License-Identifier: BSD-3-Clause */
/* Explicit congestion notification. */
#include "core/ecn.h"

#include "base/compiler.h"
#include "base/serial.h"
#include "core/assoc.h"
#include "core/ext.h"
#include "core/flight.h"
#include "core/input.h"
#include "wire/ecn.h"

struct usctp__ecn *usctp__ecn_use(struct usctp_assoc *assoc)
{
    if (assoc->ecn == NULL) {
        assoc->ecn = usctp__mem_calloc(&assoc->core->mem, sizeof(*assoc->ecn));
    }
    return assoc->ecn;
}

void usctp__ecn_end(struct usctp_assoc *assoc)
{
    if (assoc->ecn != NULL) {
        usctp__mem_free(&assoc->core->mem, assoc->ecn, sizeof(*assoc->ecn));
        assoc->ecn = NULL;
    }
}

uint8_t usctp__ecn_codepoint(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    struct usctp__core *core = assoc->core;

    /* RFC 3168, 6.1.6: no window probe. */
    if (assoc->tx.zero_window_probe ||
        (core->ops->lower_flags(core, path->lower) & USCTP_LOWER_ECN) == 0) {
        return USCTP__ECN_NOT_ECT;
    }
    return USCTP__ECN_ECT0; /* RFC 3168, 6.1.2 */
}

/* --- The receiver ----------------------------------------------------------------------------- */

/* RFC 4960, A: the lowest TSN in the packet, as it stands there. */
static bool lowest_tsn(const struct usctp__packet_in *in, uint32_t *lowest)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    bool found = false;

    usctp__chunk_iter_init(&iter, in->packet, in->len);
    while (usctp__chunk_next(&iter, &chunk) > 0) {
        if ((chunk.type == USCTP__CHUNK_DATA || chunk.type == USCTP__CHUNK_I_DATA) &&
            chunk.value_len >= 4) {
            uint32_t tsn = usctp__get32(chunk.value);

            if (!found || usctp__s32_lt(tsn, *lowest)) {
                *lowest = tsn;
            }
            found = true;
        }
    }
    return found;
}

void usctp__ecn_marked(struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    struct usctp__ecn *ecn;
    uint32_t tsn = 0;

    if ((assoc->extensions & USCTP__EXT_ECN) == 0 || !lowest_tsn(in, &tsn)) {
        return;
    }
    ecn = usctp__ecn_use(assoc);
    if (ecn == NULL) {
        assoc->core->stats.dropped_memory++; /* the next mark will do */
        return;
    }
    usctp__rare(assoc)->marked_packets++;
    ecn->marked_tsn = usctp__rxmap_unwrap(&assoc->rx.map, tsn);
    ecn->echo = true;
}

void usctp__ecn_echo(struct usctp_assoc *assoc, struct usctp__path *path)
{
    uint8_t ecne[USCTP__ECN_LEN];
    struct usctp__writer w = usctp__writer_make(ecne, sizeof(ecne));

    usctp__ecn_write(&w, USCTP__CHUNK_ECNE, (uint32_t)assoc->ecn->marked_tsn);
    if (usctp__output_now(assoc, path, assoc->peer_tag, ecne, w.len)) {
        assoc->counters.sent_ctrl_chunks++;
    }
}

enum usctp__verdict usctp__on_cwr(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                  const struct usctp__chunk *chunk)
{
    struct usctp__ecn *ecn = assoc->ecn;

    USCTP__UNUSED(in);
    /* RFC 3168, 6.1.3: one for an earlier mark does not end the echo of a later one. */
    if (ecn != NULL && !usctp__s32_lt(usctp__ecn_tsn(chunk), (uint32_t)ecn->marked_tsn)) {
        ecn->echo = false;
    }
    return USCTP__NEXT;
}

/* --- The sender ------------------------------------------------------------------------------- */

/* The path that a chunk was sent on; where it was acknowledged since: the one that the echo came from. */
static struct usctp__path *path_of(struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                                   uint64_t tsn)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    struct usctp__path *path = assoc->paths.first;

    if (tsn < ring->base) {
        return in->path;
    }
    while (path != NULL && path != usctp__txring_slot(ring, tsn)->path) {
        path = path->next;
    }
    return path;
}

bool usctp__ecn_reduced(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    const struct usctp__ecn *ecn = assoc->ecn;

    return ecn != NULL && ecn->reduced_path == path->id && !ecn->lost_beyond &&
           assoc->tx.ring.base <= ecn->reduced_tsn;
}

void usctp__ecn_lost(struct usctp_assoc *assoc, uint64_t tsn)
{
    assoc->ecn->lost_beyond = assoc->ecn->lost_beyond || tsn > assoc->ecn->reduced_tsn;
}

/* True if the window was reduced since this chunk was sent: for a mark, a loss or a timeout. */
static bool is_old_news(const struct usctp__ecn *ecn, const struct usctp__path *path, uint64_t tsn)
{
    return (ecn->reduced_path == path->id && tsn <= ecn->reduced_tsn) || path->t3_backed_off ||
           (path->cc.in_recovery && tsn <= path->cc.recovery_tsn);
}

/* RFC 3168, 6.1.2: as for a loss, once a window of data. */
static void react(struct usctp_assoc *assoc, struct usctp__path *path, uint64_t tsn)
{
    struct usctp__ecn *ecn = assoc->ecn;

    if (path->cc.cwnd <= path->cc.mtu && path->flight_cnt > 0) {
        usctp__flight_start_t3(path); /* a window of one packet is made slower by waiting */
    }
    if (is_old_news(ecn, path, tsn)) {
        return;
    }
    path->cc.ops->on_ecn(&path->cc);
    if (path->rack != NULL) {
        path->rack->undo_on = false; /* whatever becomes of losses: this was no mistake */
    }
    ecn->reduced_tsn = assoc->tx.ring.next - 1;
    ecn->reduced_path = path->id;
    ecn->lost_beyond = false;
    usctp__rare(assoc)->ecn_reductions++;
}

enum usctp__verdict usctp__on_ecne(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk)
{
    uint32_t number = usctp__ecn_tsn(chunk);
    uint64_t tsn = usctp__unwrap32(assoc->tx.ring.next, number);
    uint8_t cwr[USCTP__ECN_LEN];
    struct usctp__writer w = usctp__writer_make(cwr, sizeof(cwr));
    struct usctp__path *path;

    if (tsn >= assoc->tx.ring.next) {
        assoc->core->stats.dropped_unexpected++; /* it was never sent */
        return USCTP__NEXT;
    }
    if (usctp__ecn_use(assoc) == NULL) {
        assoc->core->stats.dropped_memory++;
        return USCTP__STOP;
    }
    in->echoed = true;
    path = path_of(assoc, in, tsn);
    if (path != NULL) {
        react(assoc, path, tsn);
    }
    /* RFC 4960, A: each echo is answered, as a CWR may have been lost. */
    usctp__ecn_write(&w, USCTP__CHUNK_CWR, number);
    (void)usctp__ctrl_push(assoc, NULL, 0, cwr, w.len);
    return USCTP__NEXT;
}
