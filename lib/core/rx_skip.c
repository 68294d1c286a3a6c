/* SPDX-License-Identifier: BSD-3-Clause */
/* FORWARD TSN received (RFC 3758, 3.6), and I-FORWARD-TSN (RFC 8260, 2.3.1). */
#include "base/compiler.h"
#include "core/assoc.h"
#include "core/error.h"
#include "core/ext.h"
#include "core/input.h"
#include "core/reconf.h"
#include "wire/forward.h"

/* The event that the rest of a message will not come. False: no memory for it, or for what follows from it: it is not
 * told, since the peer tells all again. */
static bool tell(struct usctp_assoc *assoc, uint16_t sid, uint32_t number, bool unordered)
{
    struct usctp__reasm *reasm = &assoc->rx.reasm;

    return (unordered || usctp__stream_in_get(&reasm->streams, reasm->core, sid) != NULL) &&
           usctp__event_partial_aborted(assoc, sid, number, unordered);
}

/* One entry. */
static enum usctp__reasm_result skip_entry(struct usctp_assoc *assoc,
                                           const struct usctp__skipped *skipped, uint64_t *budget,
                                           struct usctp__queue *out)
{
    struct usctp__reasm *reasm = &assoc->rx.reasm;
    uint32_t begun;

    /* RFC 3758, 3.6: the application hears that the rest will not come. */
    if (reasm->interleaved && usctp__reasm_mid_begun(reasm, skipped, &begun)) {
        usctp__rx_deliver(assoc, out);
        if (!tell(assoc, skipped->sid, begun, skipped->unordered)) {
            return USCTP__REASM_NOMEM;
        }
    }
    /* RFC 9260, 6.6: what waited for that one comes before what follows. */
    usctp__reasm_open(reasm, out);
    return usctp__reasm_skip(reasm, &assoc->rx.map, skipped, budget, out);
}

/* Messages that may be given up with the TSNs up to this one. Each misses one of them, but for the one that it
 * may cut. */
static uint64_t most_skipped(const struct usctp__rxmap *map, uint64_t tsn)
{
    uint64_t from = usctp__rxmap_cum(map) + 1;

    return tsn + 1 - from - usctp__bitmap_count_range(&map->bits, from, tsn + 1) + 1;
}

/* What stands of a message that was delivered in part, and the streams: before the cumulative TSN
 * moves, so that without memory the peer tells it all again. */
static enum usctp__reasm_result skip_messages(struct usctp_assoc *assoc,
                                              const struct usctp__forward *forward, uint64_t tsn,
                                              struct usctp__queue *out)
{
    struct usctp__reasm *reasm = &assoc->rx.reasm;
    enum usctp__reasm_result result = USCTP__REASM_OK;
    uint64_t budget = usctp__reasm_skip_budget(reasm, most_skipped(&assoc->rx.map, tsn));

    if (reasm->partial) {
        result = usctp__reasm_skip_partial(reasm, out);
    }
    for (size_t i = 0; i < forward->cnt && result == USCTP__REASM_OK; i++) {
        struct usctp__skipped skipped = usctp__forward_entry(forward, i);

        if (skipped.sid < assoc->in_streams) {
            result = skip_entry(assoc, &skipped, &budget, out);
        }
        if (result == USCTP__REASM_VIOLATION) {
            /* RFC 3758, 3.2: such an entry may be of unordered messages, which must not be listed. */
            assoc->core->stats.ignored_skips++;
            result = USCTP__REASM_OK;
        }
    }
    return result;
}

/* The TSNs up to `tsn` count as received. */
static void skip_tsns(struct usctp_assoc *assoc, uint64_t tsn)
{
    struct usctp__rx *rx = &assoc->rx;

    usctp__reasm_skip_to(&rx->reasm, usctp__rxmap_cum(&rx->map), tsn);
    usctp__rxmap_forward(&rx->map, tsn);
    usctp__reasm_advance(&rx->reasm, usctp__rxmap_cum(&rx->map));
}

static enum usctp__verdict skip(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                const struct usctp__forward *forward, uint64_t tsn)
{
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__reasm *reasm = &rx->reasm;
    struct usctp__queue out;
    enum usctp__reasm_result result;

    usctp__queue_init(&out);
    if (reasm->stuck && !usctp__reasm_retry(reasm, &out)) {
        assoc->core->stats.dropped_memory++;
        return USCTP__STOP;
    }
    /* RFC 3758, 3.6: the application hears that the rest will not come. */
    if (reasm->partial &&
        !tell(assoc, reasm->partial_sid, reasm->partial_ssn, reasm->partial_unordered)) {
        usctp__rx_deliver(assoc, &out);
        return USCTP__STOP;
    }
    reasm->skips = true; /* now: without memory it may stop half way */
    result = skip_messages(assoc, forward, tsn, &out);
    if (result == USCTP__REASM_OK) {
        skip_tsns(assoc, tsn);
        rx->packet_new = true;
        in->fresh = true;
    }
    usctp__rx_deliver(assoc, &out);
    if (result == USCTP__REASM_NOMEM) {
        assoc->core->stats.dropped_memory++;
        return USCTP__STOP;
    }
    return USCTP__NEXT;
}

static enum usctp__verdict take_forward(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                        const struct usctp__chunk *chunk)
{
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__forward forward;
    uint64_t tsn;

    if (!usctp__forward_parse(&forward, chunk)) {
        assoc->core->stats.dropped_malformed++;
        return USCTP__STOP;
    }
    /* RFC 3758, 3.6: SACKs follow the rules for DATA. */
    in->has_data = true;
    if (in->path != NULL) {
        rx->sack_path = in->path->id;
    }
    tsn = usctp__rxmap_unwrap(&rx->map, forward.cum_tsn);
    if (USCTP__UNLIKELY(assoc->reconf != NULL) && usctp__reconf_refuses_skip(assoc, tsn)) {
        return USCTP__NEXT; /* it may tell TSNs of another numbering */
    }
    if (tsn <= usctp__rxmap_cum(&rx->map)) {
        /* RFC 3758, 3.6: out of date; the SACK may have been lost. */
        rx->sack_now = true;
        in->again = true;
        return USCTP__NEXT;
    }
    rx->packet_gap |= rx->map.gap_cnt > 0;
    return skip(assoc, in, &forward, tsn);
}

enum usctp__verdict usctp__on_forward_tsn(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                          const struct usctp__chunk *chunk)
{
    if (assoc->rx.reasm.interleaved) {
        /* RFC 8260, 2.3.1 */
        usctp__abort_violation(assoc, "FORWARD TSN although I-FORWARD-TSN was agreed on");
        return USCTP__GONE;
    }
    return take_forward(assoc, in, chunk);
}

enum usctp__verdict usctp__on_i_forward_tsn(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                            const struct usctp__chunk *chunk)
{
    const uint32_t needs = USCTP__EXT_INTERLEAVING | USCTP__EXT_PARTIAL_RELIABILITY;

    if ((assoc->extensions & needs) != needs) {
        /* RFC 8260, 2.3.1 */
        usctp__abort_violation(assoc, "I-FORWARD-TSN was not agreed on");
        return USCTP__GONE;
    }
    return take_forward(assoc, in, chunk);
}
