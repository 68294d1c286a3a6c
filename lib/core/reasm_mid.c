/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly of I-DATA (RFC 8260, 2.1, 2.2.3): fragments find their message by stream, order and message
 * identifier (MID), and each other by their sequence numbers (FSN); TSNs say nothing of either. */
#include "base/compiler.h"
#include "core/core.h"
#include "core/message.h"
#include "core/reasm_kind.h"
#include "core/reasm_msg.h"
#include "wire/packet.h"

enum {
    BEGIN = USCTP__DATA_FLAG_BEGIN,
    END = USCTP__DATA_FLAG_END,
    UNORDERED = USCTP__DATA_FLAG_UNORDERED,

    /* Unfinished messages of a stream and order: beyond the first number nothing is taken that is not the
     * next TSN, beyond the second nothing at all. A peer that keeps to RFC 8260, 2.2.2, has one more than
     * it lost TSNs. */
    UNFINISHED_MAX = 1024,
    UNFINISHED_LIMIT = 2 * UNFINISHED_MAX
};

/* --- Where a chunk belongs -------------------------------------------------------------------- */

/* RFC 8260, 2.3.1: its message was skipped. */
static bool is_skipped(const struct usctp__reasm *reasm, uint16_t sid, uint32_t mid)
{
    const struct usctp__mids *mids = usctp__mids_of(reasm);
    uint32_t floor = mids != NULL ? usctp__stream_in_next(&mids->floors, sid) : 0;

    return floor != 0 && usctp__mid_before(mid, floor);
}

/* RFC 8260, 2.1: FSNs count from 0, B stands on the first fragment alone, E on the last alone. False: the
 * chunk contradicts what has come of its message. */
static bool fits_in(const struct usctp__reasm *reasm, const struct usctp__inmsg *msg,
                    const struct usctp__rxchunk *chunk)
{
    bool begins = (chunk->flags & BEGIN) != 0;

    if (msg->group == NULL || usctp__mid_before(chunk->fsn, msg->next_fsn) ||
        (begins && msg->has_begin) || (!begins && !msg->has_begin && chunk->fsn == 0)) {
        return false;
    }
    if (msg->has_end &&
        ((chunk->flags & END) != 0 || usctp__mid_before(msg->end_fsn, chunk->fsn))) {
        return false;
    }
    return usctp__inmsg_part(reasm, msg, chunk->fsn) == NULL;
}

/* The neighbours of the chunk in its message. */
static bool find_neighbours(const struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                            struct usctp__place *place)
{
    const struct usctp__inmsg *msg = place->msg;

    if (!fits_in(reasm, msg, chunk)) {
        return false;
    }
    if (place->at_head) {
        place->left = msg->head;
    } else {
        struct usctp__rxfrag *frag = usctp__inmsg_part(reasm, msg, chunk->fsn - 1);

        place->left = frag != NULL ? frag->end : NULL;
    }
    place->right = usctp__inmsg_part(reasm, msg, chunk->fsn + 1);
    /* What ends the message has nothing behind it. */
    return (chunk->flags & END) == 0 || place->right == NULL;
}

static bool find(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                 const struct usctp__rxchunk *chunk, struct usctp__place *place)
{
    bool unordered = (chunk->flags & UNORDERED) != 0;
    uint8_t last_flags;

    USCTP__UNUSED(map);
    if (unordered) {
        place->discard = is_skipped(reasm, chunk->sid, chunk->ssn);
    } else if (usctp__mid_before(chunk->ssn, usctp__stream_in_next(&reasm->streams, chunk->sid))) {
        place->discard = true;
        return reasm->skips; /* RFC 8260, 2.1: each message has a number of its own */
    }
    if (place->discard) {
        return true;
    }
    place->turn = unordered || usctp__reasm_is_turn(reasm, chunk->sid, chunk->ssn);
    place->msg = usctp__inmsg_find(reasm, chunk->sid, unordered, chunk->ssn);
    place->at_head = (chunk->flags & BEGIN) != 0;
    if (place->msg != NULL) {
        place->begun = place->msg->begun;
        place->at_head |= place->msg->has_begin && chunk->fsn == place->msg->next_fsn;
        if (!find_neighbours(reasm, chunk, place)) {
            return false;
        }
    } else if (!place->at_head && chunk->fsn == 0) {
        return false; /* RFC 8260, 2.1: that is the first fragment, and has the B bit */
    }
    last_flags = place->right != NULL ? place->right->end->flags : chunk->flags;
    place->whole = place->at_head && (last_flags & END) != 0;
    return true;
}

/* --- It comes in ------------------------------------------------------------------------------ */

/* A floor follows the numbers in use, or it would lie before them once they have gone half way round. */
static void raise_floor(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk)
{
    const uint32_t quarter = UINT32_C(1) << 30;
    struct usctp__mids *mids = usctp__mids_of(reasm);
    uint32_t *floor;

    if (mids == NULL || !mids->has_floors ||
        usctp__stream_in_next(&mids->floors, chunk->sid) == 0) {
        return;
    }
    floor = usctp__stream_in_get(&mids->floors, reasm->core, chunk->sid);
    if (floor != NULL && chunk->ssn - *floor > quarter) {
        *floor = USCTP__MAX(chunk->ssn - quarter, 1u);
    }
}

/* True if there are too many unfinished messages in the stream for another one. */
static bool too_many(const struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                     const struct usctp__place *place, uint32_t max)
{
    const struct usctp__ingroup *group;

    if (place->msg != NULL || place->whole) {
        return false;
    }
    group = usctp__ingroup_find(reasm, chunk->sid, (chunk->flags & UNORDERED) != 0);
    return group != NULL && group->cnt >= max;
}

static enum usctp__reasm_result admit(struct usctp__reasm *reasm,
                                      const struct usctp__rxchunk *chunk,
                                      const struct usctp__place *place)
{
    if (too_many(reasm, chunk, place, UNFINISHED_LIMIT)) {
        return USCTP__REASM_VIOLATION;
    }
    if (place->discard) {
        return USCTP__REASM_OK;
    }
    if ((chunk->flags & UNORDERED) != 0) {
        raise_floor(reasm, chunk);
    }
    return !place->in_order && too_many(reasm, chunk, place, UNFINISHED_MAX) ? USCTP__REASM_FULL
                                                                             : USCTP__REASM_OK;
}

static void passed(struct usctp__reasm *reasm, const struct usctp__place *place,
                   struct usctp_message *message)
{
    struct usctp__inmsg *msg = place->msg;

    if (msg == NULL) {
        return;
    }
    message->ppid = msg->ppid; /* RFC 8260, 2.1: the first fragment alone has it */
    if (place->whole) {
        usctp__inmsg_free(reasm, msg);
    } else {
        msg->next_fsn++;
    }
}

static bool prepare(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                    const struct usctp__rxchunk *chunk, struct usctp__place *place)
{
    if (!usctp__mids_need(reasm, map)) {
        return false;
    }
    if (place->msg == NULL) {
        place->msg = usctp__inmsg_make(reasm, chunk, place->whole);
    }
    return place->msg != NULL;
}

/* What the message knows of itself with the chunk. */
static void note(struct usctp__inmsg *msg, const struct usctp__rxchunk *chunk)
{
    if ((chunk->flags & BEGIN) != 0) {
        msg->has_begin = true;
        msg->ppid = chunk->ppid;
    }
    if ((chunk->flags & END) != 0) {
        msg->has_end = true;
        msg->end_fsn = chunk->fsn;
    }
}

static void enter(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                  const struct usctp__place *place, struct usctp__rxfrag *piece,
                  struct usctp__rxfrag *first)
{
    struct usctp__inmsg *msg = place->msg;

    note(msg, chunk);
    if (piece != NULL) {
        piece->msg = msg;
        piece->ppid = chunk->fsn;
    }
    if (place->at_head) {
        usctp__inmsg_unpart(reasm, place->right);
        msg->head = first;
        msg->next_fsn = (place->right != NULL ? first->end->ppid : chunk->fsn) + 1;
    } else {
        usctp__inmsg_add_part(reasm, msg, piece);
    }
    if (place->whole) {
        usctp__inmsg_finish(reasm, msg);
    } else {
        usctp__inmsg_sort_in(reasm, msg);
    }
}

/* --- And goes --------------------------------------------------------------------------------- */

static struct usctp__rxfrag *due(struct usctp__reasm *reasm, uint16_t sid, uint32_t number)
{
    struct usctp__inmsg *msg = usctp__inmsg_find(reasm, sid, false, number);

    if (msg == NULL) {
        return NULL;
    }
    if (msg->group != NULL) {
        usctp__inmsg_sort_in(reasm, msg);
        return NULL;
    }
    return msg->head;
}

static void take(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    struct usctp__inmsg *msg = first->msg;

    usctp__inmsg_take_head(reasm, msg);
    if (msg->group == NULL) {
        usctp__inmsg_free(reasm, msg);
    }
}

/* The message loses its last piece so far, or a whole one that. */
static bool renege(struct usctp__reasm *reasm, struct usctp__rxfrag *frag)
{
    struct usctp__inmsg *msg = frag->msg;
    uint32_t fsn = frag->ppid;
    uint8_t flags = frag->flags;

    /* Behind it in its run nothing stands, unless the peer counts TSNs and FSNs in opposite ways. */
    if (frag->next != NULL || !usctp__inmsg_unfinish(reasm, msg)) {
        return false;
    }
    if (usctp__list_linked(&frag->link)) {
        usctp__inmsg_unpart(reasm, frag);
    } else {
        msg->head = frag == msg->head ? NULL : msg->head;
        msg->next_fsn = fsn;
    }
    usctp__reasm_cut_last(reasm, frag);
    msg->has_begin = msg->has_begin && (flags & BEGIN) == 0;
    msg->has_end = msg->has_end && (flags & END) == 0;
    if (msg->head == NULL && !msg->begun && usctp__list_empty(&msg->parts)) {
        usctp__inmsg_free(reasm, msg);
    } else {
        usctp__inmsg_sort_in(reasm, msg);
    }
    return true;
}

const struct usctp__reasm_kind usctp__reasm_mid = {
    find, admit, passed, prepare,           enter,
    due,  take,  renege, usctp__mids_clear, USCTP__INMSG_CAP + USCTP__INGROUP_CAP,
};
