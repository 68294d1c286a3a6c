/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly and order: what becomes of a chunk that comes in. It passes through, waits for others, or makes
 * what waited whole. */
#include "core/reasm.h"

#include <string.h>

#include "base/compiler.h"
#include "core/core.h"
#include "core/message.h"
#include "core/reasm_kind.h"
#include "core/reasm_msg.h"
#include "wire/packet.h"

enum {
    BEGIN = USCTP__DATA_FLAG_BEGIN,
    END = USCTP__DATA_FLAG_END,
    UNORDERED = USCTP__DATA_FLAG_UNORDERED
};

/* --- Life ------------------------------------------------------------------------------------- */

void usctp__reasm_init(struct usctp__reasm *reasm, struct usctp__core *core, bool interleaved)
{
    memset(reasm, 0, sizeof(*reasm));
    reasm->core = core;
    reasm->interleaved = interleaved;
    reasm->point = UINT32_MAX;
}

void usctp__reasm_drop_late(struct usctp__queue *late)
{
    struct usctp__qlink *link;

    while ((link = usctp__queue_pop(late)) != NULL) {
        usctp__message_unref(USCTP__CONTAINER_OF(link, struct usctp_message, head.link));
    }
}

void usctp__reasm_clear(struct usctp__reasm *reasm)
{
    struct usctp__core *core = reasm->core;

    if (core == NULL) {
        return;
    }
    usctp__stream_in_clear(&reasm->streams, core);
    usctp__reasm_clear_passed(reasm);
    if (reasm->tail != NULL) {
        usctp__reasm_drop(reasm, reasm->tail);
    }
    if (reasm->hold != NULL) {
        usctp__reasm_drop_late(&reasm->hold->late);
        usctp__reasm_kind(reasm)->clear(reasm);
        usctp__reasm_free_hold(reasm);
    }
    memset(reasm, 0, sizeof(*reasm));
}

void usctp__reasm_trim(struct usctp__reasm *reasm)
{
    struct usctp__reasm_hold *hold = reasm->hold;

    if (hold != NULL && hold->tsns.cnt == 0 && hold->turns.cnt == 0 &&
        usctp__queue_empty(&hold->late)) {
        usctp__mids_trim(reasm);
        if (hold->mids == NULL) {
            usctp__reasm_free_hold(reasm);
        }
    }
}

/* --- Where a chunk belongs -------------------------------------------------------------------- */

/* True while a message of the stream is delivered in parts. RFC 6458, 8.1.20, RFC 8260, 2: nothing else of the
 * stream comes between these. */
static bool is_closed(const struct usctp__reasm *reasm, uint16_t sid)
{
    return reasm->interleaved ? usctp__inmsg_partial(reasm, sid) != NULL
                              : reasm->partial && reasm->partial_sid == sid;
}

/* Everything about where it belongs; false if it contradicts what is known. */
static bool find_place(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                       const struct usctp__rxchunk *chunk, struct usctp__place *place)
{
    memset(place, 0, sizeof(*place));
    place->in_order = chunk->tsn == map->bits.base;
    if (!usctp__reasm_kind(reasm)->find(reasm, map, chunk, place)) {
        return false;
    }
    place->late = place->whole && place->turn && !place->begun && is_closed(reasm, chunk->sid);
    return true;
}

/* True if nothing of the chunk need be kept. */
static bool passes(const struct usctp__place *place)
{
    if (place->discard || place->late) {
        return place->discard;
    }
    return place->left == NULL && place->right == NULL && place->at_head && place->turn &&
           (place->begun || (place->whole && place->msg == NULL));
}

/* The last piece before it, if it has room for the chunk, or NULL. */
static struct usctp__rxfrag *room_for(const struct usctp__rxchunk *chunk,
                                      const struct usctp__place *place)
{
    return place->at_head ? usctp__reasm_room(place->left, chunk, place->in_order) : NULL;
}

bool usctp__reasm_passes(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                         const struct usctp__rxchunk *chunk)
{
    struct usctp__place place;

    return find_place(reasm, map, chunk, &place) && passes(&place);
}

size_t usctp__reasm_cost(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                         const struct usctp__rxchunk *chunk)
{
    struct usctp__place place;

    if (!find_place(reasm, map, chunk, &place) || passes(&place) ||
        room_for(chunk, &place) != NULL) {
        return 0;
    }
    return sizeof(struct usctp__rxfrag) + usctp__reasm_cap(NULL, chunk, false) +
           (place.msg == NULL ? usctp__reasm_kind(reasm)->message_memory : 0) +
           (place.late ? sizeof(struct usctp_message) : 0);
}

/* --- Passing through -------------------------------------------------------------------------- */

/* Where the stream's next number goes up with the chunk, a pointer to it in *next. False: no memory. */
static bool get_next(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                     const struct usctp__place *place, uint32_t **next)
{
    *next = NULL;
    if (!place->whole || !place->turn || (chunk->flags & UNORDERED) != 0) {
        return true;
    }
    if (USCTP__UNLIKELY(reasm->passed != NULL) &&
        !usctp__reasm_is_turn(reasm, chunk->sid, chunk->ssn)) {
        return true; /* it went up when this one was skipped */
    }
    *next = usctp__stream_in_get(&reasm->streams, reasm->core, chunk->sid);
    return *next != NULL;
}

/* Something went out with the chunk. */
static void count_up(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk, uint32_t *next,
                     struct usctp__queue *out)
{
    if (next != NULL) {
        ++*next;
        usctp__reasm_follow(reasm, chunk->sid, out);
    }
}

/* Nothing to wait for: the message, or the next part of it, is lent as it lies in the packet. */
static enum usctp__reasm_result pass_through(struct usctp__reasm *reasm,
                                             const struct usctp__rxchunk *chunk,
                                             const struct usctp__place *place,
                                             struct usctp__queue *out)
{
    struct usctp_message *message;
    uint32_t *next;

    if (!get_next(reasm, chunk, place, &next)) {
        return USCTP__REASM_NOMEM;
    }
    message = usctp__message_lent(reasm->core, chunk, 0);
    if (message == NULL) {
        return USCTP__REASM_NOMEM;
    }
    if ((chunk->flags & BEGIN) != 0) {
        message->flags |= USCTP_MESSAGE_FIRST;
    }
    if (place->whole) {
        message->flags |= USCTP_MESSAGE_LAST;
        reasm->core->stats.reasm_usr_msgs += place->begun;
    }
    usctp__reasm_kind(reasm)->passed(reasm, place, message);
    usctp__queue_push(out, &message->head.link);
    count_up(reasm, chunk, next, out);
    return USCTP__REASM_OK;
}

/* --- Waiting ---------------------------------------------------------------------------------- */

/* What storing needs: gotten before anything changes. */
struct needs {
    struct usctp__rxfrag *piece;   /* NULL: there is room in the last piece before it */
    struct usctp_message *message; /* for what can be delivered now */
    uint32_t *next;                /* its stream's next number, if it is ordered */
};

static uint32_t run_cnt(const struct usctp__rxfrag *first)
{
    return first != NULL ? first->run_cnt : 0;
}

static bool get_needs(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                      const struct usctp__rxchunk *chunk, struct usctp__place *place,
                      struct needs *needs)
{
    memset(needs, 0, sizeof(*needs));
    if (room_for(chunk, place) == NULL) {
        const struct usctp__rxfrag *head = place->at_head ? place->left : NULL;
        size_t cap = usctp__reasm_cap(head, chunk, place->in_order);

        needs->piece = usctp__reasm_piece(reasm, chunk, cap);
        if (needs->piece == NULL) {
            return false;
        }
    }
    if (!get_next(reasm, chunk, place, &needs->next)) {
        return false;
    }
    if (place->whole && place->turn) {
        needs->message = usctp__message_new(
            reasm->core, run_cnt(place->left) + (needs->piece != NULL) + run_cnt(place->right));
        if (needs->message == NULL || (place->late && !usctp__reasm_need_hold(reasm, map))) {
            return false;
        }
    } else if (!place->in_order && !usctp__reasm_list(reasm, map, needs->piece)) {
        return false;
    }
    return usctp__reasm_kind(reasm)->prepare(reasm, map, chunk, place);
}

static void drop_needs(struct usctp__reasm *reasm, const struct needs *needs)
{
    if (needs->piece != NULL) {
        usctp__reasm_unlist(reasm, needs->piece);
        usctp__rxfrag_free_all(reasm->core, needs->piece);
    }
    if (needs->message != NULL) {
        usctp__message_unref(needs->message);
    }
}

/* The chunk is kept, and delivered with what waited for it. */
static enum usctp__reasm_result store(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                                      const struct usctp__rxchunk *chunk,
                                      struct usctp__place *place, struct usctp__queue *out)
{
    struct usctp__rxfrag *first;
    struct needs needs;

    if (!get_needs(reasm, map, chunk, place, &needs)) {
        drop_needs(reasm, &needs);
        return USCTP__REASM_NOMEM;
    }
    first = usctp__reasm_put(reasm, chunk, place->left, needs.piece, place->right);
    first->path = chunk->path;
    usctp__reasm_kind(reasm)->enter(reasm, chunk, place, needs.piece, first);
    if (place->whole && (place->begun || first->run_cnt > 1 || first->chunk_cnt > 1)) {
        reasm->core->stats.reasm_usr_msgs++;
    }
    if (needs.message != NULL) {
        usctp__reasm_give(reasm, first, needs.message, out);
        count_up(reasm, chunk, needs.next, out);
    }
    return USCTP__REASM_OK;
}

enum usctp__reasm_result usctp__reasm_add(struct usctp__reasm *reasm,
                                          const struct usctp__rxmap *map,
                                          const struct usctp__rxchunk *chunk,
                                          struct usctp__queue *out)
{
    enum usctp__reasm_result result;
    struct usctp__place place;

    if (USCTP__UNLIKELY(reasm->stuck) && !usctp__reasm_retry(reasm, out)) {
        return USCTP__REASM_NOMEM;
    }
    if (!find_place(reasm, map, chunk, &place)) {
        return USCTP__REASM_VIOLATION;
    }
    result = usctp__reasm_kind(reasm)->admit(reasm, chunk, &place);
    if (USCTP__UNLIKELY(result != USCTP__REASM_OK || place.discard)) {
        return result;
    }
    return passes(&place) ? pass_through(reasm, chunk, &place, out)
                          : store(reasm, map, chunk, &place, out);
}

/* --- Going out -------------------------------------------------------------------------------- */

/* Real memory of a message that is late. */
static size_t late_memory(const struct usctp_message *message)
{
    return message->memory + sizeof(*message) + message->iov_cap;
}

/* Where what is whole and due waits while a message of the stream is delivered in parts; NULL: none is. */
static struct usctp__queue *late_of(const struct usctp__reasm *reasm, uint16_t sid)
{
    struct usctp__inmsg *partial;

    if (!reasm->interleaved) {
        return is_closed(reasm, sid) ? &reasm->hold->late : NULL;
    }
    partial = usctp__inmsg_partial(reasm, sid);
    return partial != NULL ? &partial->late : NULL;
}

void usctp__reasm_give(struct usctp__reasm *reasm, struct usctp__rxfrag *first,
                       struct usctp_message *message, struct usctp__queue *out)
{
    const uint8_t whole = USCTP_MESSAGE_FIRST | USCTP_MESSAGE_LAST;
    struct usctp__queue *late = NULL;

    usctp__reasm_kind(reasm)->take(reasm, first);
    usctp__message_take(message, first);
    if ((message->flags & whole) == whole) {
        late = late_of(reasm, message->sid);
    }
    if (late != NULL) {
        reasm->len += message->len;
        reasm->memory += late_memory(message);
    }
    usctp__queue_push(late != NULL ? late : out, &message->head.link);
}

void usctp__reasm_open(struct usctp__reasm *reasm, struct usctp__queue *out)
{
    struct usctp__qlink *link;

    if (reasm->hold == NULL || reasm->partial) {
        return;
    }
    while ((link = usctp__queue_pop(&reasm->hold->late)) != NULL) {
        const struct usctp_message *message =
            USCTP__CONTAINER_OF(link, struct usctp_message, head.link);

        reasm->len -= message->len;
        reasm->memory -= late_memory(message);
        usctp__queue_push(out, link);
    }
}

bool usctp__reasm_deliver(struct usctp__reasm *reasm, struct usctp__rxfrag *first,
                          struct usctp__queue *out)
{
    struct usctp_message *message = usctp__message_new(reasm->core, first->run_cnt);

    if (message == NULL) {
        return false;
    }
    usctp__reasm_give(reasm, first, message, out);
    return true;
}

uint32_t usctp__reasm_held_cnt(const struct usctp__reasm *reasm)
{
    return reasm->interleaved ? usctp__reasm_mid_cnt(reasm) : reasm->wait_cnt;
}

void usctp__reasm_follow(struct usctp__reasm *reasm, uint16_t sid, struct usctp__queue *out)
{
    reasm->stuck = false;
    while (usctp__reasm_held_cnt(reasm) > 0) {
        uint32_t *next = usctp__stream_in_get(&reasm->streams, reasm->core, sid);
        struct usctp__rxfrag *first;

        if (next == NULL) {
            return; /* no page: the stream is still at 0, nothing was delivered */
        }
        first = usctp__reasm_kind(reasm)->due(reasm, sid, *next);
        if (first == NULL) {
            return;
        }
        if (!usctp__reasm_deliver(reasm, first, out)) {
            reasm->stuck = true;
            reasm->stuck_sid = sid;
            return;
        }
        ++*next;
    }
}

bool usctp__reasm_retry(struct usctp__reasm *reasm, struct usctp__queue *out)
{
    if (reasm->stuck) {
        usctp__reasm_follow(reasm, reasm->stuck_sid, out);
    }
    return !reasm->stuck;
}

bool usctp__reasm_renege(struct usctp__reasm *reasm, uint64_t above, uint64_t *tsn, uint32_t *len)
{
    struct usctp__rxfrag *frag;

    if (reasm->hold == NULL || usctp__bitmap_count(&reasm->hold->held) == 0) {
        return false;
    }
    *tsn = usctp__bitmap_end(&reasm->hold->held) - 1;
    if (*tsn <= above) {
        return false;
    }
    frag = usctp__reasm_find_tsn(reasm, *tsn);
    *len = frag->len;
    return usctp__reasm_kind(reasm)->renege(reasm, frag);
}
