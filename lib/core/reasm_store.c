/* SPDX-License-Identifier: BSD-3-Clause */
/* The store of reassembly. */
#include "core/reasm_store.h"

#include <string.h>

#include "base/compiler.h"
#include "core/core.h"
#include "wire/packet.h"

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

void usctp__rxfrag_free_all(struct usctp__core *core, struct usctp__rxfrag *first)
{
    while (first != NULL) {
        struct usctp__rxfrag *next = first->next;

        usctp__bufpool_put(&core->bufs, first->bytes, first->cap);
        usctp__pool_put(&core->rxfrag_pool, first);
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

struct usctp__rxfrag *usctp__reasm_find_tsn(const struct usctp__reasm *reasm, uint64_t tsn)
{
    struct usctp__chain *link;

    if (reasm->hold == NULL || reasm->hold->tsns.cnt == 0) {
        return NULL;
    }
    link = usctp__chaintable_first(&reasm->hold->tsns, usctp__reasm_mix(reasm, tsn));
    return link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__rxfrag, chain) : NULL;
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
    usctp__queue_init(&reasm->hold->late);
    reasm->hold->mids = NULL;
    return true;
}

void usctp__reasm_free_hold(struct usctp__reasm *reasm)
{
    if (reasm->hold != NULL) {
        usctp__chaintable_destroy(&reasm->hold->tsns);
        usctp__chaintable_destroy(&reasm->hold->turns);
        usctp__bitmap_destroy(&reasm->hold->held);
        usctp__mem_free(&reasm->core->mem, reasm->hold, sizeof(*reasm->hold));
        reasm->hold = NULL;
    }
}

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

void usctp__reasm_unlist(struct usctp__reasm *reasm, struct usctp__rxfrag *frag)
{
    if (frag->listed) {
        frag->listed = false;
        usctp__chaintable_remove(&reasm->hold->tsns, &frag->chain);
        usctp__bitmap_clear(&reasm->hold->held, frag->tsn);
    }
}

/* --- Runs ------------------------------------------------------------------------------------- */

/* What comes in order gets more room, since the rest of it will come, too: up to as much as has come already,
 * so that no more than a third of it all is ever empty. */
size_t usctp__reasm_cap(const struct usctp__rxfrag *left, const struct usctp__rxchunk *chunk,
                        bool in_order)
{
    size_t cap = USCTP__BUF_MIN;

    while (cap < chunk->len) {
        cap *= 2;
    }
    if (in_order && (chunk->flags & USCTP__DATA_FLAG_END) == 0 && left != NULL) {
        while (cap < USCTP__BUF_MAX && 2 * cap <= left->run_len) {
            cap *= 2;
        }
    }
    return USCTP__MAX(USCTP__MIN(cap, (size_t)USCTP__BUF_MAX), chunk->len);
}

/* Puts the chunk's bytes behind those of a piece. */
static void append(struct usctp__rxfrag *piece, const struct usctp__rxchunk *chunk)
{
    memcpy(piece->bytes + piece->len, chunk->bytes, chunk->len);
    piece->len += chunk->len;
    piece->chunk_cnt++;
    piece->flags |=
        chunk->flags & (USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END | USCTP__DATA_FLAG_UNORDERED);
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
    frag->ssn = (chunk->flags & USCTP__DATA_FLAG_UNORDERED) != 0 ? 0 : chunk->ssn;
    frag->run_len = chunk->len;
    append(frag, chunk);
    return frag;
}

/* Links run b behind run a; either may be NULL. Returns the first piece. */
static struct usctp__rxfrag *join(struct usctp__rxfrag *a, struct usctp__rxfrag *b)
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

struct usctp__rxfrag *usctp__reasm_put(struct usctp__reasm *reasm,
                                       const struct usctp__rxchunk *chunk,
                                       struct usctp__rxfrag *left, struct usctp__rxfrag *piece,
                                       struct usctp__rxfrag *right)
{
    reasm->len += chunk->len;
    if (piece != NULL) {
        reasm->memory += usctp__rxfrag_memory(piece);
        left = join(left, piece);
    } else {
        append(left->end, chunk);
        left->run_len += chunk->len;
    }
    return join(left, right);
}

void usctp__reasm_let_go(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    for (struct usctp__rxfrag *frag = first; frag != NULL; frag = frag->next) {
        usctp__reasm_unlist(reasm, frag);
        reasm->memory -= usctp__rxfrag_memory(frag);
    }
    reasm->len -= first->run_len;
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
    usctp__rxfrag_free_all(reasm->core, frag);
}
