/* SPDX-License-Identifier: BSD-3-Clause */
/* Which TSNs have come: the cumulative TSN, a bit for each one above it, and the duplicates since
 * the last SACK (RFC 9260, 3.3.4 and 6.7). */
#ifndef USCTP_CORE_RXMAP_H
#define USCTP_CORE_RXMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bitmap.h"
#include "base/pool.h"
#include "base/serial.h"
#include "wire/sack.h"

enum {
    /* How far above the cumulative TSN one may lie: a gap block cannot name what is farther. */
    USCTP__RXMAP_AHEAD = 65535,
    USCTP__RXMAP_DUP_MAX = 64, /* duplicates that are listed until the next SACK */
};

/* The unwrapped number of the first TSN lies this far above the number on the wire, so that nothing
 * ever runs below zero. */
#define USCTP__RXMAP_ORIGIN (UINT64_C(1) << 32)

struct usctp__rxmap {
    struct usctp__bitmap bits; /* base is the cumulative TSN + 1; a one: received */
    uint32_t *dups;            /* TSNs of duplicates, USCTP__RXMAP_DUP_MAX of them, or NULL */
    uint32_t dup_cnt;          /* duplicates listed */
    uint32_t gap_cnt;          /* runs of ones: gap blocks of the next SACK */
};

/* Where a walk over the gap blocks stands. */
struct usctp__rxmap_iter {
    const struct usctp__rxmap *map; /* must not change meanwhile */
    uint64_t pos;                   /* where to look on */
};

/* An empty map; the first TSN expected is `initial_tsn` (as on the wire). Allocates nothing. */
void usctp__rxmap_init(struct usctp__rxmap *map, struct usctp__mem *mem, uint32_t initial_tsn);

/* Frees its memory. */
void usctp__rxmap_destroy(struct usctp__rxmap *map, struct usctp__bufpool *bufs);

/* The cumulative TSN, unwrapped. */
static inline uint64_t usctp__rxmap_cum(const struct usctp__rxmap *map)
{
    return map->bits.base - 1;
}

/* The unwrapped number of a TSN on the wire: the nearest to the cumulative one. */
static inline uint64_t usctp__rxmap_unwrap(const struct usctp__rxmap *map, uint32_t tsn)
{
    return usctp__unwrap32(usctp__rxmap_cum(map), tsn);
}

/* True if this TSN has been received. */
static inline bool usctp__rxmap_has(const struct usctp__rxmap *map, uint64_t tsn)
{
    return tsn < map->bits.base || usctp__bitmap_test(&map->bits, tsn);
}

/* The largest TSN received. */
uint64_t usctp__rxmap_highest(struct usctp__rxmap *map);

/* Makes sure that usctp__rxmap_set of this TSN cannot fail. False: it is too far ahead, or there is
 * no memory. */
bool usctp__rxmap_reserve(struct usctp__rxmap *map, uint64_t tsn);

/* Marks a TSN that was reserved and not received before; moves the cumulative TSN if it can. */
void usctp__rxmap_set(struct usctp__rxmap *map, uint64_t tsn);

/* usctp__rxmap_set of the next TSN where no gap is: needs no reservation. */
static inline void usctp__rxmap_set_next(struct usctp__rxmap *map)
{
    map->bits.base++;
    map->bits.end = map->bits.base;
}

/* All TSNs up to this one, which lies above the cumulative one, count as received (RFC 3758, 3.6). */
void usctp__rxmap_forward(struct usctp__rxmap *map, uint64_t tsn);

/* A TSN above the cumulative one, received before, is taken back (6.2: reneging). */
void usctp__rxmap_clear(struct usctp__rxmap *map, uint64_t tsn);

/* Lists a duplicate; what does not fit, or finds no memory, is left out. */
void usctp__rxmap_add_dup(struct usctp__rxmap *map, struct usctp__bufpool *bufs, uint64_t tsn);

/* The duplicates have been reported. */
static inline void usctp__rxmap_clear_dups(struct usctp__rxmap *map)
{
    map->dup_cnt = 0;
}

/* Begins a walk over the gap blocks. */
void usctp__rxmap_iter_init(struct usctp__rxmap_iter *iter, const struct usctp__rxmap *map);

/* The next gap block in rising order; false at the end. `ctx` is the struct usctp__rxmap_iter. */
bool usctp__rxmap_next_gap(void *ctx, struct usctp__gap *gap);

/* Gives spare memory back. */
void usctp__rxmap_trim(struct usctp__rxmap *map, struct usctp__bufpool *bufs);

#endif
