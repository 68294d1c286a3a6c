/* SPDX-License-Identifier: BSD-3-Clause */
/* The store of reassembly: pieces, the runs that they are linked to, and the tables of what came out of
 * order. What it holds is counted in reasm->len and reasm->memory, here and nowhere else but for the
 * messages of I-DATA. */
#ifndef USCTP_CORE_REASM_STORE_H
#define USCTP_CORE_REASM_STORE_H

#include "base/bitmap.h"
#include "core/reasm.h"

/* Only where something is out of order. */
struct usctp__reasm_hold {
    struct usctp__chaintable tsns; /* pieces that came out of order, by their TSN */
    struct usctp__chaintable
        turns;                 /* DATA: whole messages whose turn has not come, by stream, SSN */
    struct usctp__bitmap held; /* TSNs above the cumulative one that lie in `tsns` */
    /* struct usctp_message: whole ones that are due. DATA: once the one that is delivered in parts has ended;
     * I-DATA: it has, before that they lie there */
    struct usctp__queue late;
    struct usctp__mids *mids; /* I-DATA alone; NULL while nothing waits */
};

/* Makes it. False: no memory. */
bool usctp__reasm_need_hold(struct usctp__reasm *reasm, const struct usctp__rxmap *map);

/* Frees the tables, if they are there; what stands in them is forgotten. */
void usctp__reasm_free_hold(struct usctp__reasm *reasm);

/* A one-to-one mix of 64 bits: equal hashes mean equal keys. */
uint64_t usctp__reasm_mix(const struct usctp__reasm *reasm, uint64_t key);

/* The piece that begins with this TSN and came out of order, or NULL. */
struct usctp__rxfrag *usctp__reasm_find_tsn(const struct usctp__reasm *reasm, uint64_t tsn);

/* Enters a piece that came out of order in the table of TSNs, and takes it out. False: no memory. */
bool usctp__reasm_list(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                       struct usctp__rxfrag *frag);
void usctp__reasm_unlist(struct usctp__reasm *reasm, struct usctp__rxfrag *frag);

/* The last piece of a run (or NULL) if it has room for a chunk behind it, and will never be taken back; NULL:
 * it has not. */
static inline struct usctp__rxfrag *usctp__reasm_room(const struct usctp__rxfrag *left,
                                                      const struct usctp__rxchunk *chunk,
                                                      bool in_order)
{
    struct usctp__rxfrag *last = in_order && left != NULL ? left->end : NULL;

    return last != NULL && last->cap - last->len >= chunk->len ? last : NULL;
}

/* The buffer to make for a chunk behind a run (or NULL). */
size_t usctp__reasm_cap(const struct usctp__rxfrag *left, const struct usctp__rxchunk *chunk,
                        bool in_order);

/* A new piece with the chunk's bytes and a buffer of at least `cap`, not counted; NULL: no memory. */
struct usctp__rxfrag *usctp__reasm_piece(struct usctp__reasm *reasm,
                                         const struct usctp__rxchunk *chunk, size_t cap);

/* Puts the chunk between two runs, either of which may be NULL: as the piece made for it, or, where that is
 * NULL, into the last one of `left`. Returns the first piece of the run. */
struct usctp__rxfrag *usctp__reasm_put(struct usctp__reasm *reasm,
                                       const struct usctp__rxchunk *chunk,
                                       struct usctp__rxfrag *left, struct usctp__rxfrag *piece,
                                       struct usctp__rxfrag *right);

/* A run leaves the store: its pieces are not listed and not counted any more. */
void usctp__reasm_let_go(struct usctp__reasm *reasm, struct usctp__rxfrag *first);

/* Takes the last piece off its run and frees it. */
void usctp__reasm_cut_last(struct usctp__reasm *reasm, struct usctp__rxfrag *frag);

#endif
