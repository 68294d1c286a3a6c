/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly where the peer gives messages up (RFC 3758, 3.6, RFC 8260, 2.3.1).
 *
 * A list may tell too much: some senders name unordered messages, which RFC 3758, 3.2 forbids, with the number
 * of an ordered one that is still to come. What is more than can be missing is not believed. Of the rest
 * `passed` knows, for each stream, the last numbers that were skipped: how many they are in the high 16 bits, the
 * number behind them in the low ones. A message that comes with such a number all the same is delivered when it
 * comes. */
#include <string.h>

#include "base/compiler.h"
#include "core/core.h"
#include "core/reasm_kind.h"
#include "core/reasm_msg.h"
#include "wire/forward.h"
#include "wire/packet.h"

enum {
    PASSED_MAX = 0x3fff,  /* skipped numbers of a stream that are known */
    MISSING_MAX = 0x10000 /* missing TSNs that count: no stream skips more messages */
};

uint64_t usctp__reasm_skip_budget(const struct usctp__reasm *reasm, uint64_t missing)
{
    return USCTP__MIN(missing, (uint64_t)MISSING_MAX) + usctp__reasm_held_cnt(reasm);
}

/* --- DATA: numbers that were skipped ----------------------------------------------------------- */

void usctp__reasm_clear_passed(struct usctp__reasm *reasm)
{
    if (reasm->passed != NULL) {
        usctp__stream_in_clear(reasm->passed, reasm->core);
        usctp__mem_free(&reasm->core->mem, reasm->passed, sizeof(*reasm->passed));
        reasm->passed = NULL;
    }
}

bool usctp__reasm_set_passed(struct usctp__reasm *reasm, uint16_t sid, uint16_t next, uint32_t cnt)
{
    uint32_t *passed;

    if (reasm->interleaved) {
        return true;
    }
    if (reasm->passed == NULL) {
        reasm->passed = usctp__mem_alloc(&reasm->core->mem, sizeof(*reasm->passed));
        if (reasm->passed == NULL) {
            return false;
        }
        memset(reasm->passed, 0, sizeof(*reasm->passed));
    }
    passed = usctp__stream_in_get(reasm->passed, reasm->core, sid);
    if (passed != NULL) {
        *passed = USCTP__MIN(cnt, (uint32_t)PASSED_MAX) << 16 | next;
    }
    return passed != NULL;
}

/* Of the skipped numbers that are known those just below `next`. */
static uint32_t passed_cnt(const struct usctp__reasm *reasm, uint16_t sid, uint16_t next)
{
    uint32_t passed = reasm->passed != NULL ? usctp__stream_in_next(reasm->passed, sid) : 0;

    return (uint16_t)passed == next ? passed >> 16 : 0;
}

bool usctp__reasm_was_passed(const struct usctp__reasm *reasm, uint16_t sid, uint32_t ssn)
{
    uint32_t passed;
    uint32_t next;

    if (USCTP__LIKELY(reasm->passed == NULL)) {
        return false;
    }
    passed = usctp__stream_in_next(reasm->passed, sid);
    next = usctp__stream_in_next(&reasm->streams, sid);
    return (uint16_t)(passed - 1 - ssn) < passed >> 16 && (uint16_t)(next - ssn) <= INT16_MAX;
}

/* --- Ordered messages ------------------------------------------------------------------------- */

enum usctp__reasm_result usctp__reasm_skip_partial(struct usctp__reasm *reasm,
                                                   struct usctp__queue *out)
{
    uint16_t sid = reasm->partial_sid;
    uint32_t *next = NULL;

    if (!reasm->partial_unordered && usctp__reasm_is_turn(reasm, sid, reasm->partial_ssn)) {
        next = usctp__stream_in_get(&reasm->streams, reasm->core, sid);
        if (next == NULL) {
            return USCTP__REASM_NOMEM;
        }
    }
    reasm->partial = false;
    if (next != NULL) {
        ++*next;
        usctp__reasm_follow(reasm, sid, out);
    }
    return reasm->stuck ? USCTP__REASM_NOMEM : USCTP__REASM_OK;
}

/* The next message of the stream is skipped. RFC 3758, 3.6: if it waited for others that are, it is delivered,
 * and *delivered tells so. False: no memory. */
static bool skip_next(struct usctp__reasm *reasm, uint16_t sid, uint32_t number, bool *delivered,
                      struct usctp__queue *out)
{
    struct usctp__rxfrag *first = usctp__reasm_kind(reasm)->due(reasm, sid, number);
    struct usctp__inmsg *msg;

    *delivered = first != NULL;
    if (first != NULL) {
        return usctp__reasm_deliver(reasm, first, out);
    }
    msg = reasm->interleaved ? usctp__inmsg_find(reasm, sid, false, number) : NULL;
    if (msg != NULL) {
        usctp__inmsg_free(reasm, msg); /* it is not whole, and never will be */
    }
    return true;
}

/* The next `cnt` messages of the stream are. */
static enum usctp__reasm_result skip_all(struct usctp__reasm *reasm, uint16_t sid, uint32_t *next,
                                         uint32_t cnt, struct usctp__queue *out)
{
    uint32_t passed = passed_cnt(reasm, sid, (uint16_t)*next);
    bool delivered;

    for (; cnt > 0 && usctp__reasm_held_cnt(reasm) > 0; cnt--) {
        if (!skip_next(reasm, sid, *next, &delivered, out)) {
            return USCTP__REASM_NOMEM;
        }
        passed = delivered ? 0 : passed + 1;
        ++*next;
    }
    *next += cnt;
    (void)usctp__reasm_set_passed(reasm, sid, (uint16_t)*next, passed + cnt);
    return USCTP__REASM_OK;
}

static enum usctp__reasm_result skip_ordered(struct usctp__reasm *reasm, uint16_t sid,
                                             uint32_t number, uint64_t *budget,
                                             struct usctp__queue *out)
{
    uint32_t *next = usctp__stream_in_get(&reasm->streams, reasm->core, sid);
    uint32_t cnt;

    if (next == NULL) {
        return USCTP__REASM_NOMEM;
    }
    cnt = usctp__reasm_number(reasm, number - *next);
    if (cnt > usctp__reasm_number(reasm, UINT32_MAX) / 2) {
        return USCTP__REASM_OK; /* it was skipped, or came, before */
    }
    cnt++;
    if (!reasm->interleaved || usctp__reasm_held_cnt(reasm) > 0) {
        if (cnt > *budget) {
            return USCTP__REASM_VIOLATION;
        }
        *budget -= cnt;
    }
    if (skip_all(reasm, sid, next, cnt, out) != USCTP__REASM_OK) {
        return USCTP__REASM_NOMEM;
    }
    usctp__reasm_follow(reasm, sid, out);
    return reasm->stuck ? USCTP__REASM_NOMEM : USCTP__REASM_OK;
}

/* --- I-DATA: unordered ones ------------------------------------------------------------------- */

bool usctp__reasm_mid_begun(const struct usctp__reasm *reasm, const struct usctp__skipped *skipped,
                            uint32_t *begun)
{
    uint16_t sid = skipped->sid;
    const struct usctp__inmsg *msg;

    if (skipped->unordered) {
        const struct usctp__ingroup *group = usctp__ingroup_find(reasm, sid, true);

        msg = group != NULL ? group->partial : NULL;
    } else {
        msg = usctp__inmsg_find(reasm, sid, false, usctp__stream_in_next(&reasm->streams, sid));
    }
    if (msg == NULL || !msg->begun || usctp__mid_before(skipped->number, msg->mid)) {
        return false;
    }
    *begun = msg->mid;
    return true;
}

/* The unordered messages up to `mid` that are not whole are dropped. */
static void drop_unordered(struct usctp__reasm *reasm, uint16_t sid, uint32_t mid)
{
    struct usctp__ingroup *group = usctp__ingroup_find(reasm, sid, true);
    struct usctp__list *link;
    struct usctp__list *next;
    uint32_t low = mid + 1;
    bool any = false;

    if (group == NULL || usctp__mid_before(mid, group->low)) {
        return;
    }
    for (link = group->msgs.next; group->cnt > 0 && link != &group->msgs; link = next) {
        struct usctp__inmsg *msg = USCTP__CONTAINER_OF(link, struct usctp__inmsg, link);
        bool last = group->cnt == 1;

        next = link->next;
        if (usctp__mid_before(mid, msg->mid)) {
            low = any && usctp__mid_before(low, msg->mid) ? low : msg->mid;
            any = true;
            continue;
        }
        usctp__inmsg_free(reasm, msg);
        if (last) {
            return; /* and with it the group */
        }
    }
    group->low = low;
}

static enum usctp__reasm_result skip_unordered(struct usctp__reasm *reasm,
                                               const struct usctp__rxmap *map, uint16_t sid,
                                               uint32_t mid)
{
    uint32_t *floor;

    if (!usctp__mids_need(reasm, map)) {
        return USCTP__REASM_NOMEM;
    }
    floor = usctp__stream_in_get(&reasm->hold->mids->floors, reasm->core, sid);
    if (floor == NULL) {
        return USCTP__REASM_NOMEM;
    }
    reasm->hold->mids->has_floors = true;
    if (*floor == 0 || usctp__mid_before(*floor, mid + 1)) {
        *floor = mid + 1 != 0 ? mid + 1 : mid;
        drop_unordered(reasm, sid, mid);
    }
    return USCTP__REASM_OK;
}

enum usctp__reasm_result usctp__reasm_skip(struct usctp__reasm *reasm,
                                           const struct usctp__rxmap *map,
                                           const struct usctp__skipped *skipped, uint64_t *budget,
                                           struct usctp__queue *out)
{
    return skipped->unordered ? skip_unordered(reasm, map, skipped->sid, skipped->number)
                              : skip_ordered(reasm, skipped->sid, skipped->number, budget, out);
}

/* --- DATA: TSNs ------------------------------------------------------------------------------- */

/* RFC 3758, 3.6: a message that misses a TSN up to this one can never become whole. */
static bool misses(const struct usctp__rxfrag *first, uint64_t tsn)
{
    return !first->waiting && ((first->flags & USCTP__DATA_FLAG_BEGIN) == 0 ||
                               first->end->tsn + first->end->chunk_cnt <= tsn);
}

void usctp__reasm_skip_to(struct usctp__reasm *reasm, uint64_t cum_tsn, uint64_t tsn)
{
    const struct usctp__reasm_hold *hold = reasm->hold;
    uint64_t pos = cum_tsn + 1;

    if (reasm->interleaved) {
        return; /* RFC 8260, 2.3.1: the entries alone say what is skipped */
    }
    if (reasm->tail != NULL) {
        usctp__reasm_drop(reasm, reasm->tail);
    }
    /* What lies just above and goes on with what is skipped goes too. */
    while (hold != NULL && (pos = usctp__bitmap_next_set(&hold->held, pos, tsn + 2)) <= tsn + 1) {
        struct usctp__rxfrag *piece = usctp__reasm_find_tsn(reasm, pos);

        /* The first that is met of a run is the first of it. */
        if (piece != NULL && !piece->waiting && piece->prev == NULL && misses(piece, tsn) &&
            (pos <= tsn || (piece->flags & USCTP__DATA_FLAG_BEGIN) == 0)) {
            usctp__reasm_drop(reasm, piece);
        }
        pos++;
    }
}
