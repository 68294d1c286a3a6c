/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly and order. */
#include "core/reasm.h"

#include <string.h>

#include "base/compiler.h"
#include "core/core.h"
#include "core/message.h"
#include "core/reasm_hold.h"
#include "wire/packet.h"

enum {
    BEGIN = USCTP__DATA_FLAG_BEGIN,
    END = USCTP__DATA_FLAG_END,
    UNORDERED = USCTP__DATA_FLAG_UNORDERED
};

/* Where a chunk belongs. */
struct place {
    struct usctp__rxfrag *left;  /* first piece of the run that ends just before it, or NULL */
    struct usctp__rxfrag *right; /* first piece of the run that begins just behind it, or NULL */
    bool goes_on;                /* just before it ended what was delivered of its message */
    bool whole;                  /* with it the message is whole, as far as not yet delivered */
    bool orphan;                 /* it goes on with what the peer gave up: to be discarded */
    bool turn;                   /* nothing of its stream must be delivered before */
};

/* --- Pieces ----------------------------------------------------------------------------------- */

struct usctp__rxfrag *usctp__rxfrag_new(struct usctp__core *core, size_t cap)
{
    struct usctp__rxfrag *frag = usctp__pool_get(&core->rxfrag_pool);

    if (frag == NULL) {
        return NULL;
    }
    memset(frag, 0, sizeof(*frag));
    frag->bytes = usctp__bufpool_get(&core->bufs, cap, &frag->cap);
    if (frag->bytes == NULL) {
        usctp__pool_put(&core->rxfrag_pool, frag);
        return NULL;
    }
    frag->end = frag;
    frag->run_cnt = 1;
    return frag;
}

static void free_piece(struct usctp__core *core, struct usctp__rxfrag *frag)
{
    usctp__bufpool_put(&core->bufs, frag->bytes, frag->cap);
    usctp__pool_put(&core->rxfrag_pool, frag);
}

void usctp__rxfrag_free_all(struct usctp__core *core, struct usctp__rxfrag *first)
{
    while (first != NULL) {
        struct usctp__rxfrag *next = first->next;

        free_piece(core, first);
        first = next;
    }
}

/* --- The tables ------------------------------------------------------------------------------- */

uint64_t usctp__reasm_mix(const struct usctp__reasm *reasm, uint64_t key)
{
    const struct usctp__hash_key *secret = &reasm->core->hash_key;
    uint64_t x = (key ^ secret->k0) * (secret->k1 | 1);

    x ^= x >> 32;
    x *= secret->k0 | 1;
    return x ^ x >> 32;
}

static uint64_t ssn_hash(const struct usctp__reasm *reasm, uint16_t sid, uint16_t ssn)
{
    return usctp__reasm_mix(reasm, (uint64_t)sid << 16 | ssn);
}

struct usctp__rxfrag *usctp__reasm_find_tsn(const struct usctp__reasm *reasm, uint64_t tsn)
{
    struct usctp__chain *link;

    if (reasm->hold == NULL || reasm->hold->tsns.cnt == 0) {
        return NULL;
    }
    link = usctp__chaintable_first(&reasm->hold->tsns, usctp__reasm_mix(reasm, tsn));
    return link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__rxfrag, chain) : NULL;
}

/* The whole message of this stream and SSN that waits for its turn, or NULL. */
struct usctp__rxfrag *usctp__reasm_find_ssn(const struct usctp__reasm *reasm, uint16_t sid,
                                            uint16_t ssn)
{
    struct usctp__chain *link;

    if (reasm->wait_cnt == 0) {
        return NULL;
    }
    link = usctp__chaintable_first(&reasm->hold->turns, ssn_hash(reasm, sid, ssn));
    return link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__rxfrag, ssn_chain) : NULL;
}

bool usctp__reasm_need_hold(struct usctp__reasm *reasm, const struct usctp__rxmap *map)
{
    struct usctp__core *core = reasm->core;

    if (reasm->hold != NULL) {
        return true;
    }
    reasm->hold = usctp__mem_alloc(&core->mem, sizeof(*reasm->hold));
    if (reasm->hold == NULL) {
        return false;
    }
    usctp__chaintable_init(&reasm->hold->tsns, &core->mem);
    usctp__chaintable_init(&reasm->hold->turns, &core->mem);
    usctp__bitmap_init(&reasm->hold->held, &core->mem, map->bits.base, USCTP__RXMAP_AHEAD + 1);
    reasm->hold->mids = NULL;
    return true;
}

static void free_hold(struct usctp__reasm *reasm)
{
    if (reasm->hold != NULL) {
        usctp__chaintable_destroy(&reasm->hold->tsns);
        usctp__chaintable_destroy(&reasm->hold->turns);
        usctp__bitmap_destroy(&reasm->hold->held);
        usctp__mem_free(&reasm->core->mem, reasm->hold, sizeof(*reasm->hold));
        reasm->hold = NULL;
    }
}

void usctp__reasm_unlist(struct usctp__reasm *reasm, struct usctp__rxfrag *frag)
{
    if (frag->listed) {
        frag->listed = false;
        usctp__chaintable_remove(&reasm->hold->tsns, &frag->chain);
        usctp__bitmap_clear(&reasm->hold->held, frag->tsn);
    }
}

static void stop_waiting(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    first->waiting = false;
    reasm->wait_cnt--;
    usctp__chaintable_remove(&reasm->hold->turns, &first->ssn_chain);
}

/* A run leaves: its pieces are in no table and no longer counted. */
void usctp__reasm_detach(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    if (first->waiting) {
        stop_waiting(reasm, first);
    }
    if (first == reasm->tail) {
        reasm->tail = NULL;
    }
    for (struct usctp__rxfrag *frag = first; frag != NULL; frag = frag->next) {
        usctp__reasm_unlist(reasm, frag);
        reasm->memory -= usctp__rxfrag_memory(frag);
    }
    reasm->len -= first->run_len;
}

/* --- Life ------------------------------------------------------------------------------------- */

void usctp__reasm_init(struct usctp__reasm *reasm, struct usctp__core *core, bool interleaved)
{
    memset(reasm, 0, sizeof(*reasm));
    reasm->core = core;
    reasm->interleaved = interleaved;
    reasm->point = UINT32_MAX;
}

/* The first link of bucket i. */
static struct usctp__chain *bucket_at(const struct usctp__chaintable *table, uint32_t i)
{
    return table->buckets != NULL ? table->buckets[i] : table->bucket;
}

/* Whole messages that wait, then the pieces of incomplete runs, which are all listed. The tables go
 * next, so nothing is taken out of the one that is walked: it would shrink. */
static void free_held(struct usctp__reasm *reasm)
{
    const struct usctp__chaintable *turns = &reasm->hold->turns;
    const struct usctp__chaintable *tsns = &reasm->hold->tsns;
    struct usctp__chain *next;

    if (reasm->interleaved) {
        usctp__reasm_mid_clear(reasm);
        return;
    }

    for (uint32_t i = 0; i < turns->cap; i++) {
        for (struct usctp__chain *link = bucket_at(turns, i); link != NULL; link = next) {
            struct usctp__rxfrag *first =
                USCTP__CONTAINER_OF(link, struct usctp__rxfrag, ssn_chain);

            next = link->next;
            first->waiting = false;
            usctp__reasm_detach(reasm, first);
            usctp__rxfrag_free_all(reasm->core, first);
        }
    }
    for (uint32_t i = 0; i < tsns->cap; i++) {
        for (struct usctp__chain *link = bucket_at(tsns, i); link != NULL; link = next) {
            next = link->next;
            free_piece(reasm->core, USCTP__CONTAINER_OF(link, struct usctp__rxfrag, chain));
        }
    }
}

void usctp__reasm_clear(struct usctp__reasm *reasm)
{
    struct usctp__core *core = reasm->core;

    if (core == NULL) {
        return;
    }
    usctp__stream_in_clear(&reasm->streams, core);
    if (reasm->tail != NULL) {
        struct usctp__rxfrag *tail = reasm->tail;

        usctp__reasm_detach(reasm, tail);
        usctp__rxfrag_free_all(core, tail);
    }
    if (reasm->hold != NULL) {
        free_held(reasm);
        free_hold(reasm);
    }
    memset(reasm, 0, sizeof(*reasm));
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
                      const struct usctp__rxchunk *chunk, struct place *place)
{
    uint64_t tsn = chunk->tsn - 1;

    if (tsn == usctp__rxmap_cum(map)) {
        place->left = reasm->tail;
        place->goes_on = reasm->partial && reasm->tail == NULL;
    } else if (usctp__rxmap_has(map, tsn)) {
        struct usctp__rxfrag *frag = usctp__reasm_find_tsn(reasm, tsn);

        if (frag != NULL && (frag->flags & END) == 0) {
            place->left = frag->end;
        }
    } else {
        return true;
    }
    if (place->left == NULL && !place->goes_on) {
        /* RFC 3758, 3.6: what went before it may have been skipped. */
        place->orphan = reasm->skips && (chunk->flags & BEGIN) == 0;
        return (chunk->flags & BEGIN) != 0 || place->orphan;
    }
    if ((chunk->flags & BEGIN) != 0) {
        return false;
    }
    return place->goes_on ? continues_partial(reasm, chunk) : same_message(place->left, chunk);
}

/* The same for what comes behind: whether this one ends a message. */
static bool find_right(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                       const struct usctp__rxchunk *chunk, struct place *place)
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

/* Everything about where it belongs; false if it contradicts what is known. */
static bool find_place(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                       const struct usctp__rxchunk *chunk, struct place *place)
{
    bool begun;
    bool ended;
    bool goes_on;

    memset(place, 0, sizeof(*place));
    if (!find_left(reasm, map, chunk, place)) {
        return false;
    }
    if (USCTP__UNLIKELY(place->orphan)) {
        return true;
    }
    if (!find_right(reasm, map, chunk, place)) {
        return false;
    }
    goes_on =
        place->goes_on || (reasm->partial && place->left != NULL && place->left == reasm->tail);
    begun = goes_on || (chunk->flags & BEGIN) != 0 ||
            (place->left != NULL && (place->left->flags & BEGIN) != 0);
    ended = (chunk->flags & END) != 0 ||
            (place->right != NULL && (place->right->end->flags & END) != 0);
    place->whole = begun && ended;
    place->turn = goes_on || (chunk->flags & UNORDERED) != 0 ||
                  chunk->ssn == (uint16_t)usctp__stream_in_next(&reasm->streams, chunk->sid);
    if (!place->whole || goes_on || (chunk->flags & UNORDERED) != 0) {
        return true;
    }
    /* RFC 9260, 6.5: no two messages of a stream have the same SSN. */
    if (place->turn) {
        return !reasm->partial || reasm->partial_unordered || reasm->partial_sid != chunk->sid;
    }
    return usctp__reasm_find_ssn(reasm, chunk->sid, (uint16_t)chunk->ssn) == NULL;
}

/* True if nothing of the chunk need be kept. */
static bool passes(const struct place *place)
{
    return place->left == NULL && place->right == NULL &&
           (place->orphan || (place->whole && place->turn) || place->goes_on);
}

/* --- Delivering ------------------------------------------------------------------------------- */

/* The message that is next in its stream is delivered whole: those behind it may follow. */
void usctp__reasm_follow(struct usctp__reasm *reasm, uint16_t sid, struct usctp__queue *out)
{
    reasm->stuck = false;
    while (reasm->wait_cnt > 0) {
        uint32_t *next = usctp__stream_in_get(&reasm->streams, reasm->core, sid);
        struct usctp__rxfrag *first;
        struct usctp_message *message;

        if (next == NULL) {
            return; /* no page: the stream is still at 0, nothing was delivered */
        }
        first = usctp__reasm_find_ssn(reasm, sid, (uint16_t)*next);
        if (first == NULL) {
            return;
        }
        message = usctp__message_new(reasm->core, first->run_cnt);
        if (message == NULL) {
            reasm->stuck = true;
            reasm->stuck_sid = sid;
            return;
        }
        usctp__reasm_detach(reasm, first);
        usctp__message_take(message, first);
        usctp__queue_push(out, &message->head.link);
        ++*next;
    }
}

bool usctp__reasm_retry(struct usctp__reasm *reasm, struct usctp__queue *out)
{
    if (reasm->stuck && reasm->interleaved) {
        usctp__reasm_mid_follow(reasm, reasm->stuck_sid, out);
    } else if (reasm->stuck) {
        usctp__reasm_follow(reasm, reasm->stuck_sid, out);
    }
    return !reasm->stuck;
}

/* A message, or the last part of one, went out. */
static void finish(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk, uint32_t *next,
                   bool was_partial, struct usctp__queue *out)
{
    if (was_partial) {
        reasm->partial = false;
    }
    if (next != NULL) {
        ++*next;
        usctp__reasm_follow(reasm, chunk->sid, out);
    }
}

/* Nothing to wait for: the message, or the next part of it, is lent as it lies in the packet. */
static enum usctp__reasm_result pass_through(struct usctp__reasm *reasm,
                                             const struct usctp__rxchunk *chunk,
                                             const struct place *place, struct usctp__queue *out)
{
    struct usctp_message *message;
    uint32_t *next = NULL;

    if (place->whole && (chunk->flags & UNORDERED) == 0) {
        next = usctp__stream_in_get(&reasm->streams, reasm->core, chunk->sid);
        if (next == NULL) {
            return USCTP__REASM_NOMEM;
        }
    }
    message = usctp__message_lent(reasm->core, chunk);
    if (message == NULL) {
        return USCTP__REASM_NOMEM;
    }
    if ((chunk->flags & BEGIN) != 0) {
        message->flags |= USCTP_MESSAGE_FIRST;
    }
    if (place->whole) {
        message->flags |= USCTP_MESSAGE_LAST;
    }
    usctp__queue_push(out, &message->head.link);
    if (place->whole) {
        if (place->goes_on) {
            reasm->core->stats.reasm_usr_msgs++;
        }
        finish(reasm, chunk, next, place->goes_on, out);
    }
    return USCTP__REASM_OK;
}

/* --- Storing ---------------------------------------------------------------------------------- */

/* Room for the fragment. What comes in order gets more, since the rest of it will come, too: up to as
 * much as has come already, so that no more than a third of it all is ever empty. */
size_t usctp__reasm_cap(const struct usctp__rxfrag *left, const struct usctp__rxchunk *chunk,
                        bool in_order)
{
    size_t cap = USCTP__BUF_MIN;

    while (cap < chunk->len) {
        cap *= 2;
    }
    if (in_order && (chunk->flags & END) == 0 && left != NULL) {
        while (cap < USCTP__BUF_MAX && 2 * cap <= left->run_len) {
            cap *= 2;
        }
    }
    return USCTP__MAX(USCTP__MIN(cap, (size_t)USCTP__BUF_MAX), chunk->len);
}

/* The last piece before it, if that has room for it and will never be taken back. */
struct usctp__rxfrag *usctp__reasm_room(const struct usctp__rxfrag *left,
                                        const struct usctp__rxchunk *chunk, bool in_order)
{
    struct usctp__rxfrag *last = left != NULL ? left->end : NULL;

    return in_order && last != NULL && last->cap - last->len >= chunk->len ? last : NULL;
}

void usctp__reasm_append(struct usctp__rxfrag *piece, const struct usctp__rxchunk *chunk)
{
    memcpy(piece->bytes + piece->len, chunk->bytes, chunk->len);
    piece->len += chunk->len;
    piece->chunk_cnt++;
    piece->flags |= chunk->flags & (BEGIN | END | UNORDERED);
}

struct usctp__rxfrag *usctp__reasm_piece(struct usctp__reasm *reasm,
                                         const struct usctp__rxchunk *chunk, size_t cap)
{
    struct usctp__rxfrag *frag = usctp__rxfrag_new(reasm->core, cap);

    if (frag == NULL) {
        return NULL;
    }
    frag->tsn = chunk->tsn;
    frag->ppid = chunk->ppid;
    frag->sid = chunk->sid;
    frag->ssn = (chunk->flags & UNORDERED) != 0 ? 0 : (uint16_t)chunk->ssn;
    frag->run_len = chunk->len;
    usctp__reasm_append(frag, chunk);
    return frag;
}

/* Enters a piece that came out of order in the table. False: no memory. */
bool usctp__reasm_list(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                       struct usctp__rxfrag *frag)
{
    if (!usctp__reasm_need_hold(reasm, map) || !usctp__bitmap_set(&reasm->hold->held, frag->tsn)) {
        return false;
    }
    usctp__chaintable_insert(&reasm->hold->tsns, &frag->chain, usctp__reasm_mix(reasm, frag->tsn));
    frag->listed = true;
    return true;
}

/* Links run b behind run a; either may be NULL. Returns the first piece. */
struct usctp__rxfrag *usctp__reasm_join(struct usctp__rxfrag *a, struct usctp__rxfrag *b)
{
    struct usctp__rxfrag *a_last;
    struct usctp__rxfrag *b_last;

    if (a == NULL || b == NULL) {
        return a != NULL ? a : b;
    }
    a_last = a->end;
    b_last = b->end;
    a_last->next = b;
    b->prev = a_last;
    a->end = b_last;
    b_last->end = a;
    a->run_len += b->run_len;
    a->run_cnt += b->run_cnt;
    return a;
}

static bool several_chunks(const struct usctp__rxfrag *first)
{
    return first->run_cnt > 1 || first->chunk_cnt > 1;
}

/* A whole message waits for those before it in its stream (6.6). */
static void wait_for_turn(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    uint64_t hash = ssn_hash(reasm, first->sid, first->ssn);

    usctp__chaintable_insert(&reasm->hold->turns, &first->ssn_chain, hash);
    first->waiting = true;
    reasm->wait_cnt++;
}

/* Puts the chunk's bytes into the run that they belong to, and returns its first piece; `piece` is
 * new, or NULL if there is room in the last piece before it. */
static struct usctp__rxfrag *insert(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                                    const struct place *place, struct usctp__rxfrag *piece)
{
    struct usctp__rxfrag *first = place->left;

    reasm->len += chunk->len;
    if (piece != NULL) {
        reasm->memory += usctp__rxfrag_memory(piece);
        first = usctp__reasm_join(first, piece);
    } else {
        usctp__reasm_append(first->end, chunk);
        first->run_len += chunk->len;
    }
    return usctp__reasm_join(first, place->right);
}

/* What store needs beside the piece: gotten before anything changes. */
struct needs {
    struct usctp_message *message; /* for a message that can be delivered now */
    uint32_t *next;                /* its stream's next number, if it is ordered */
};

static bool get_needs(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                      const struct usctp__rxchunk *chunk, const struct place *place, bool new_piece,
                      struct needs *needs)
{
    size_t cnt = new_piece;

    memset(needs, 0, sizeof(*needs));
    if (!place->whole) {
        return true;
    }
    if (!place->turn) {
        return usctp__reasm_need_hold(reasm, map);
    }
    if ((chunk->flags & UNORDERED) == 0) {
        needs->next = usctp__stream_in_get(&reasm->streams, reasm->core, chunk->sid);
        if (needs->next == NULL) {
            return false;
        }
    }
    cnt += place->left != NULL ? place->left->run_cnt : 0;
    cnt += place->right != NULL ? place->right->run_cnt : 0;
    needs->message = usctp__message_new(reasm->core, cnt);
    return needs->message != NULL;
}

/* The run has grown: deliver it, let it wait for its turn, or for the rest of it. */
static void settle_run(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                       const struct place *place, const struct needs *needs,
                       struct usctp__rxfrag *first, bool in_order, struct usctp__queue *out)
{
    bool was_partial = reasm->partial && in_order && (first->flags & BEGIN) == 0;

    first->path = chunk->path;
    if (!place->whole) {
        if (in_order) {
            reasm->tail = first;
            reasm->tail_tsn = place->right != NULL ? first->end->tsn : chunk->tsn;
        }
        return;
    }
    if (was_partial || several_chunks(first)) {
        reasm->core->stats.reasm_usr_msgs++;
    }
    if (first == reasm->tail) {
        reasm->tail = NULL;
    }
    if (!place->turn) {
        wait_for_turn(reasm, first);
        return;
    }
    usctp__reasm_detach(reasm, first);
    usctp__message_take(needs->message, first);
    usctp__queue_push(out, &needs->message->head.link);
    finish(reasm, chunk, needs->next, was_partial, out);
}

static enum usctp__reasm_result store(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                                      const struct usctp__rxchunk *chunk, const struct place *place,
                                      struct usctp__queue *out)
{
    bool in_order = chunk->tsn == map->bits.base;
    struct usctp__rxfrag *piece = NULL;
    struct needs needs;

    if (usctp__reasm_room(place->left, chunk, in_order) == NULL) {
        piece = usctp__reasm_piece(reasm, chunk, usctp__reasm_cap(place->left, chunk, in_order));
        if (piece == NULL) {
            return USCTP__REASM_NOMEM;
        }
    }
    if (!get_needs(reasm, map, chunk, place, piece != NULL, &needs)) {
        usctp__rxfrag_free_all(reasm->core, piece);
        return USCTP__REASM_NOMEM;
    }
    if (!in_order && needs.message == NULL && !usctp__reasm_list(reasm, map, piece)) {
        usctp__rxfrag_free_all(reasm->core, piece);
        return USCTP__REASM_NOMEM;
    }
    settle_run(reasm, chunk, place, &needs, insert(reasm, chunk, place, piece), in_order, out);
    return USCTP__REASM_OK;
}

/* The SSN of a count of messages, or the MID. */
static uint32_t number_of(const struct usctp__reasm *reasm, uint32_t cnt)
{
    return reasm->interleaved ? cnt : cnt & UINT16_MAX;
}

struct usctp_message *usctp__reasm_straight(struct usctp__reasm *reasm,
                                            const struct usctp__rxchunk *chunk)
{
    struct usctp_message *message;
    uint32_t *next = NULL;

    if ((chunk->flags & (BEGIN | END)) != (BEGIN | END) || reasm->tail != NULL ||
        reasm->hold != NULL || reasm->partial || reasm->stuck) {
        return NULL;
    }
    if ((chunk->flags & UNORDERED) == 0) {
        next = usctp__stream_in_get(&reasm->streams, reasm->core, chunk->sid);
        if (next == NULL || chunk->ssn != number_of(reasm, *next)) {
            return NULL;
        }
    }
    message = usctp__message_lent(reasm->core, chunk);
    if (message == NULL) {
        return NULL;
    }
    message->flags |= USCTP_MESSAGE_FIRST | USCTP_MESSAGE_LAST;
    if (next != NULL) {
        ++*next;
    }
    return message;
}

/* --- The rest of what the others call --------------------------------------------------------- */

/* What lies behind a chunk that is discarded, and goes on with it, is discarded too. */
static void drop_behind(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk)
{
    struct usctp__rxfrag *frag = usctp__reasm_find_tsn(reasm, chunk->tsn + 1);

    if (frag != NULL && (chunk->flags & END) == 0 && (frag->flags & BEGIN) == 0) {
        usctp__reasm_drop(reasm, frag);
    }
}

enum usctp__reasm_result usctp__reasm_add(struct usctp__reasm *reasm,
                                          const struct usctp__rxmap *map,
                                          const struct usctp__rxchunk *chunk,
                                          struct usctp__queue *out)
{
    struct place place;

    if (USCTP__UNLIKELY(reasm->stuck) && !usctp__reasm_retry(reasm, out)) {
        return USCTP__REASM_NOMEM;
    }
    if (reasm->interleaved) {
        return usctp__reasm_mid_add(reasm, map, chunk, out);
    }
    if (!find_place(reasm, map, chunk, &place)) {
        return USCTP__REASM_VIOLATION;
    }
    if (USCTP__UNLIKELY(place.orphan)) {
        drop_behind(reasm, chunk);
        return USCTP__REASM_OK;
    }
    if (passes(&place)) {
        return pass_through(reasm, chunk, &place, out);
    }
    return store(reasm, map, chunk, &place, out);
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

bool usctp__reasm_passes(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                         const struct usctp__rxchunk *chunk)
{
    struct place place;

    if (reasm->interleaved) {
        return usctp__reasm_mid_passes(reasm, chunk);
    }
    return find_place(reasm, map, chunk, &place) && passes(&place);
}

size_t usctp__reasm_cost(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                         const struct usctp__rxchunk *chunk)
{
    bool in_order = chunk->tsn == map->bits.base;
    size_t cap = USCTP__BUF_MIN;
    struct place place;

    if (reasm->interleaved) {
        return usctp__reasm_mid_cost(reasm, map, chunk);
    }
    if (!find_place(reasm, map, chunk, &place) || passes(&place) ||
        usctp__reasm_room(place.left, chunk, in_order) != NULL) {
        return 0;
    }
    while (cap < chunk->len) {
        cap *= 2;
    }
    return sizeof(struct usctp__rxfrag) + cap;
}

bool usctp__reasm_partial(struct usctp__reasm *reasm, size_t min_len, struct usctp__queue *out)
{
    struct usctp__rxfrag *first = reasm->tail;
    struct usctp_message *message;

    if (first == NULL) {
        return false;
    }
    if (!reasm->partial) {
        if (first->run_len < min_len ||
            ((first->flags & UNORDERED) == 0 &&
             first->ssn != (uint16_t)usctp__stream_in_next(&reasm->streams, first->sid))) {
            return false;
        }
    }
    message = usctp__message_new(reasm->core, first->run_cnt);
    if (message == NULL) {
        return false;
    }
    reasm->partial = true;
    reasm->partial_sid = first->sid;
    reasm->partial_ssn = first->ssn;
    reasm->partial_unordered = (first->flags & UNORDERED) != 0;
    usctp__reasm_detach(reasm, first);
    usctp__message_take(message, first);
    usctp__queue_push(out, &message->head.link);
    return true;
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
    if (reasm->interleaved) {
        return usctp__reasm_mid_renege(reasm, frag);
    }
    if (frag->end->waiting) {
        stop_waiting(reasm, frag->end);
    }
    /* Above it nothing is held, so it is the last piece of its run, and a piece of one fragment. */
    usctp__reasm_cut_last(reasm, frag);
    return true;
}

void usctp__reasm_cut_last(struct usctp__reasm *reasm, struct usctp__rxfrag *frag)
{
    struct usctp__rxfrag *first = frag->end;

    usctp__reasm_unlist(reasm, frag);
    reasm->memory -= usctp__rxfrag_memory(frag);
    reasm->len -= frag->len;
    if (frag != first) {
        first->run_len -= frag->len;
        first->run_cnt--;
        first->end = frag->prev;
        frag->prev->end = first;
        frag->prev->next = NULL;
    }
    free_piece(reasm->core, frag);
}

void usctp__reasm_trim(struct usctp__reasm *reasm)
{
    if (reasm->hold != NULL && reasm->hold->tsns.cnt == 0 && reasm->hold->turns.cnt == 0 &&
        usctp__reasm_mid_trim(reasm)) {
        free_hold(reasm);
    }
}
