/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly of DATA (RFC 9260, 3.3.1, 6.6, 6.9): fragments of a message are neighbours by TSN, messages wait
 * for those before them by stream sequence number. One message alone is delivered in parts, the one at the
 * cumulative TSN. */
#include "base/compiler.h"
#include "core/core.h"
#include "core/message.h"
#include "core/reasm_kind.h"
#include "wire/packet.h"

enum {
    BEGIN = USCTP__DATA_FLAG_BEGIN,
    END = USCTP__DATA_FLAG_END,
    UNORDERED = USCTP__DATA_FLAG_UNORDERED
};

/* --- Whole messages that wait ----------------------------------------------------------------- */

static uint64_t ssn_hash(const struct usctp__reasm *reasm, uint16_t sid, uint32_t ssn)
{
    return usctp__reasm_mix(reasm, (uint64_t)sid << 16 | ssn);
}

static struct usctp__rxfrag *find_ssn(const struct usctp__reasm *reasm, uint16_t sid, uint32_t ssn)
{
    struct usctp__chain *link;

    if (reasm->wait_cnt == 0) {
        return NULL;
    }
    link = usctp__chaintable_first(&reasm->hold->turns, ssn_hash(reasm, sid, ssn));
    return link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__rxfrag, ssn_chain) : NULL;
}

static struct usctp__rxfrag *due(struct usctp__reasm *reasm, uint16_t sid, uint32_t number)
{
    return find_ssn(reasm, sid, usctp__reasm_number(reasm, number));
}

/* RFC 9260, 6.6: it waits for those before it in its stream. */
static void wait_for_turn(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    uint64_t hash = ssn_hash(reasm, first->sid, first->ssn);

    usctp__chaintable_insert(&reasm->hold->turns, &first->ssn_chain, hash);
    first->waiting = true;
    reasm->wait_cnt++;
}

static void stop_waiting(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    if (first->waiting) {
        first->waiting = false;
        reasm->wait_cnt--;
        usctp__chaintable_remove(&reasm->hold->turns, &first->ssn_chain);
    }
}

/* --- Where a chunk belongs -------------------------------------------------------------------- */

static bool same_message(const struct usctp__rxfrag *frag, const struct usctp__rxchunk *chunk)
{
    return frag->sid == chunk->sid && ((frag->flags ^ chunk->flags) & UNORDERED) == 0 &&
           ((chunk->flags & UNORDERED) != 0 || frag->ssn == chunk->ssn);
}

static bool continues_partial(const struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk)
{
    bool unordered = (chunk->flags & UNORDERED) != 0;

    return reasm->partial_sid == chunk->sid && reasm->partial_unordered == unordered &&
           (unordered || reasm->partial_ssn == chunk->ssn);
}

/* RFC 9260, 3.3.1 and 6.9: the TSNs of a message's fragments are sequential, B stands on the first
 * alone, E on the last alone, and all have the same stream, SSN and U. What comes before tells
 * whether this one begins a message. */
static bool find_left(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                      const struct usctp__rxchunk *chunk, struct usctp__place *place)
{
    if (place->in_order) {
        place->left = reasm->tail;
        place->begun = reasm->partial;
    } else if (usctp__rxmap_has(map, chunk->tsn - 1)) {
        struct usctp__rxfrag *frag = usctp__reasm_find_tsn(reasm, chunk->tsn - 1);

        if (frag != NULL && (frag->flags & END) == 0) {
            place->left = frag->end;
        }
    } else {
        return true;
    }
    if (place->left == NULL && !place->begun) {
        /* RFC 3758, 3.6: what went before it may have been skipped. */
        place->discard = reasm->skips && (chunk->flags & BEGIN) == 0;
        return (chunk->flags & BEGIN) != 0 || place->discard;
    }
    if ((chunk->flags & BEGIN) != 0) {
        return false;
    }
    return place->left != NULL ? same_message(place->left, chunk) : continues_partial(reasm, chunk);
}

/* The same for what comes behind: whether this one ends a message. */
static bool find_right(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                       const struct usctp__rxchunk *chunk, struct usctp__place *place)
{
    struct usctp__rxfrag *frag;

    if (!usctp__rxmap_has(map, chunk->tsn + 1)) {
        return true;
    }
    frag = usctp__reasm_find_tsn(reasm, chunk->tsn + 1);
    if (frag == NULL || (frag->flags & BEGIN) != 0) {
        return (chunk->flags & END) != 0;
    }
    place->right = frag;
    return (chunk->flags & END) == 0 && same_message(frag, chunk);
}

static bool find(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                 const struct usctp__rxchunk *chunk, struct usctp__place *place)
{
    bool unordered = (chunk->flags & UNORDERED) != 0;
    uint8_t first_flags;
    uint8_t last_flags;

    if (!find_left(reasm, map, chunk, place)) {
        return false;
    }
    if (USCTP__UNLIKELY(place->discard)) {
        return true;
    }
    if (!find_right(reasm, map, chunk, place)) {
        return false;
    }
    first_flags = place->left != NULL ? place->left->flags : chunk->flags;
    last_flags = place->right != NULL ? place->right->end->flags : chunk->flags;
    place->at_head = place->begun || (first_flags & BEGIN) != 0;
    place->whole = place->at_head && (last_flags & END) != 0;
    place->turn = place->begun || unordered ||
                  usctp__reasm_is_turn(reasm, chunk->sid, chunk->ssn) ||
                  usctp__reasm_was_passed(reasm, chunk->sid, chunk->ssn);
    if (!place->whole || place->begun || unordered) {
        return true;
    }
    /* RFC 9260, 6.5: no two messages of a stream have the same SSN. */
    if (place->turn) {
        return !reasm->partial || reasm->partial_unordered || reasm->partial_sid != chunk->sid ||
               reasm->partial_ssn != chunk->ssn;
    }
    return find_ssn(reasm, chunk->sid, chunk->ssn) == NULL;
}

bool usctp__reasm_cuts(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                       const struct usctp__rxchunk *chunk)
{
    const struct usctp__rxfrag *left = usctp__reasm_find_tsn(reasm, chunk->tsn - 1);
    const struct usctp__rxfrag *right = usctp__reasm_find_tsn(reasm, chunk->tsn + 1);

    if (reasm->interleaved) {
        return false; /* RFC 8260, 2.2.3: TSNs say nothing of messages */
    }
    if (chunk->tsn == map->bits.base && (reasm->tail != NULL || reasm->partial)) {
        return true;
    }
    return (left != NULL && (left->flags & END) == 0) ||
           (right != NULL && (right->flags & BEGIN) == 0);
}

/* --- It comes in ------------------------------------------------------------------------------ */

static enum usctp__reasm_result admit(struct usctp__reasm *reasm,
                                      const struct usctp__rxchunk *chunk,
                                      const struct usctp__place *place)
{
    struct usctp__rxfrag *frag;

    if (USCTP__UNLIKELY(place->discard) && (chunk->flags & END) == 0) {
        /* What lies behind it, and goes on with it, is discarded too. */
        frag = usctp__reasm_find_tsn(reasm, chunk->tsn + 1);
        if (frag != NULL && (frag->flags & BEGIN) == 0) {
            usctp__reasm_drop(reasm, frag);
        }
    }
    return USCTP__REASM_OK;
}

static void passed(struct usctp__reasm *reasm, const struct usctp__place *place,
                   struct usctp_message *message)
{
    USCTP__UNUSED(message);
    if (place->begun && place->whole) {
        reasm->partial = false;
    }
}

static bool prepare(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                    const struct usctp__rxchunk *chunk, struct usctp__place *place)
{
    USCTP__UNUSED(chunk);
    return !place->whole || place->turn || usctp__reasm_need_hold(reasm, map);
}

static void enter(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                  const struct usctp__place *place, struct usctp__rxfrag *piece,
                  struct usctp__rxfrag *first)
{
    USCTP__UNUSED(piece);
    if (!place->whole) {
        if (place->in_order) {
            reasm->tail = first;
            reasm->tail_tsn = place->right != NULL ? first->end->tsn : chunk->tsn;
        }
        return;
    }
    if (first == reasm->tail) {
        reasm->tail = NULL;
    }
    if (place->begun) {
        reasm->partial = false;
    }
    if (!place->turn) {
        wait_for_turn(reasm, first);
    }
}

/* --- And goes --------------------------------------------------------------------------------- */

static void take(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    stop_waiting(reasm, first);
    if (first == reasm->tail) {
        reasm->tail = NULL;
    }
    usctp__reasm_let_go(reasm, first);
}

void usctp__reasm_drop(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    take(reasm, first);
    usctp__rxfrag_free_all(reasm->core, first);
}

bool usctp__reasm_partial(struct usctp__reasm *reasm, size_t min_len, struct usctp__queue *out)
{
    struct usctp__rxfrag *first = reasm->tail;
    bool unordered;

    if (first == NULL) {
        return false;
    }
    unordered = (first->flags & UNORDERED) != 0;
    if (!reasm->partial && (first->run_len < min_len ||
                            (!unordered && !usctp__reasm_is_turn(reasm, first->sid, first->ssn) &&
                             !usctp__reasm_was_passed(reasm, first->sid, first->ssn)))) {
        return false;
    }
    if (!usctp__reasm_deliver(reasm, first, out)) {
        return false;
    }
    reasm->partial = true;
    reasm->partial_sid = first->sid; /* it is the message's now */
    reasm->partial_ssn = (uint16_t)first->ssn;
    reasm->partial_unordered = unordered;
    return true;
}

static bool renege(struct usctp__reasm *reasm, struct usctp__rxfrag *frag)
{
    /* Above it nothing is held, so it is the last piece of its run, and a piece of one fragment. */
    stop_waiting(reasm, frag->end);
    usctp__reasm_cut_last(reasm, frag);
    return true;
}

/* Whole messages that wait, then the pieces of incomplete runs, which are all listed. Nothing is taken out of
 * the table that is walked. */
static void clear(struct usctp__reasm *reasm)
{
    const struct usctp__reasm_hold *hold = reasm->hold;
    struct usctp__chain *link = usctp__chaintable_walk(&hold->turns, NULL);

    while (link != NULL) {
        struct usctp__rxfrag *first = USCTP__CONTAINER_OF(link, struct usctp__rxfrag, ssn_chain);

        link = usctp__chaintable_walk(&hold->turns, link);
        first->waiting = false;
        usctp__reasm_drop(reasm, first);
    }
    link = usctp__chaintable_walk(&hold->tsns, NULL);
    while (link != NULL) {
        struct usctp__rxfrag *frag = USCTP__CONTAINER_OF(link, struct usctp__rxfrag, chain);

        link = usctp__chaintable_walk(&hold->tsns, link);
        frag->next = NULL; /* one after the other: each of a run is in the table */
        usctp__rxfrag_free_all(reasm->core, frag);
    }
}

void usctp__reasm_advance(struct usctp__reasm *reasm, uint64_t cum_tsn)
{
    struct usctp__rxfrag *frag;

    if (!reasm->interleaved && (reasm->tail == NULL || reasm->tail_tsn != cum_tsn)) {
        USCTP__ASSERT(reasm->tail == NULL); /* see usctp__reasm_cuts */
        frag = usctp__reasm_find_tsn(reasm, cum_tsn);
        reasm->tail = frag != NULL && (frag->flags & END) == 0 ? frag->end : NULL;
        reasm->tail_tsn = cum_tsn;
    }
    if (reasm->hold != NULL) {
        usctp__bitmap_move(&reasm->hold->held, cum_tsn + 1);
    }
}

const struct usctp__reasm_kind usctp__reasm_ssn = {
    find, admit, passed, prepare, enter, due, take, renege, clear, 0,
};
