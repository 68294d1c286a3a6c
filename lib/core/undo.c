/* SPDX-License-Identifier: BSD-3-Clause */
/* Reductions of the congestion window that were for nothing: all that was taken for lost had arrived. */
#include "core/rack.h"

#include "base/serial.h"
#include "core/assoc.h"

void usctp__undo_begin(struct usctp__path *path, bool t3)
{
    struct usctp__rack *rack = path->rack;

    if (rack == NULL) {
        return;
    }
    rack->undo_on = true;
    rack->undo_t3 = t3;
    rack->undo_left = 0;
    rack->undo_cwnd = path->cc.cwnd;
    rack->undo_ssthresh = path->cc.ssthresh;
    rack->probe_out = false; /* RFC 8985, 7.1 */
}

void usctp__undo_marked(struct usctp__path *path, uint64_t tsn)
{
    struct usctp__rack *rack = path->rack;

    if (rack == NULL || !rack->undo_on) {
        return;
    }
    if (rack->undo_left == 0) {
        rack->undo_low = tsn;
        rack->undo_high = tsn;
    }
    rack->undo_low = USCTP__MIN(rack->undo_low, tsn);
    rack->undo_high = USCTP__MAX(rack->undo_high, tsn);
    rack->undo_left++;
}

static void undo(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__rack *rack = path->rack;

    rack->undo_on = false;
    path->cc.ops->on_undo(&path->cc, rack->undo_cwnd, rack->undo_ssthresh);
    usctp__rare(assoc)->spurious_losses++;
    usctp__assoc_touch(assoc);
}

static bool undo_concerns(const struct usctp__path *path, uint64_t tsn)
{
    const struct usctp__rack *rack = path->rack;

    return rack != NULL && rack->undo_on && rack->undo_left > 0 && tsn >= rack->undo_low &&
           tsn <= rack->undo_high;
}

void usctp__undo_arrived(struct usctp_assoc *assoc, uint64_t tsn)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (undo_concerns(path, tsn) && --path->rack->undo_left == 0) {
            undo(assoc, path);
        }
    }
}

static void take_duplicate(struct usctp_assoc *assoc, struct usctp__path *path, uint64_t tsn,
                           uint64_t cum_tsn)
{
    struct usctp__rack *rack = path->rack;

    if (!undo_concerns(path, tsn)) {
        return;
    }
    if (!rack->undo_t3) {
        usctp__rack_duplicate(assoc, rack, cum_tsn);
    }
    /* What T3-rtx waited for had arrived: it was early, whatever became of the rest. */
    if (--rack->undo_left == 0 || (rack->undo_t3 && tsn == rack->undo_low)) {
        undo(assoc, path);
    }
}

void usctp__undo_duplicates(struct usctp_assoc *assoc, const struct usctp__sack *sack,
                            uint64_t cum_tsn)
{
    for (unsigned i = 0; i < sack->dup_cnt; i++) {
        uint64_t tsn = usctp__unwrap32(cum_tsn, usctp__sack_dup(sack, i));

        for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
            take_duplicate(assoc, path, tsn, cum_tsn);
        }
    }
}
