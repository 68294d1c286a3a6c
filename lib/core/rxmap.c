/* SPDX-License-Identifier: BSD-3-Clause */
/* Which TSNs have come. */
#include "core/rxmap.h"

#include "base/compiler.h"
#include "base/serial.h"

/* The size of a class of buffers: it is the real size. */
enum { DUPS_LEN = USCTP__RXMAP_DUP_MAX * sizeof(uint32_t) };

void usctp__rxmap_init(struct usctp__rxmap *map, struct usctp__mem *mem, uint32_t initial_tsn)
{
    usctp__bitmap_init(&map->bits, mem, USCTP__RXMAP_ORIGIN + initial_tsn, USCTP__RXMAP_AHEAD + 1);
    map->dups = NULL;
    map->dup_cnt = 0;
    map->gap_cnt = 0;
}

static void free_dups(struct usctp__rxmap *map, struct usctp__bufpool *bufs)
{
    usctp__bufpool_put(bufs, map->dups, DUPS_LEN);
    map->dups = NULL;
    map->dup_cnt = 0;
}

void usctp__rxmap_destroy(struct usctp__rxmap *map, struct usctp__bufpool *bufs)
{
    usctp__bitmap_destroy(&map->bits);
    free_dups(map, bufs);
    map->gap_cnt = 0;
}

uint64_t usctp__rxmap_highest(struct usctp__rxmap *map)
{
    /* Where no bit is set this is the base, and the highest is the cumulative TSN. */
    return usctp__bitmap_end(&map->bits) - 1;
}

bool usctp__rxmap_reserve(struct usctp__rxmap *map, uint64_t tsn)
{
    if (tsn - usctp__rxmap_cum(map) > USCTP__RXMAP_AHEAD) {
        return false;
    }
    return usctp__bitmap_reserve(&map->bits, tsn + 1);
}

void usctp__rxmap_set(struct usctp__rxmap *map, uint64_t tsn)
{
    bool joins_left = usctp__bitmap_test(&map->bits, tsn - 1);
    bool joins_right = usctp__bitmap_test(&map->bits, tsn + 1);
    bool done = usctp__bitmap_set(&map->bits, tsn);

    USCTP__ASSERT(done);
    USCTP__UNUSED(done);
    map->gap_cnt += 1u - joins_left - joins_right;
    if (tsn == map->bits.base) {
        usctp__bitmap_advance(&map->bits);
        map->gap_cnt--;
    }
}

void usctp__rxmap_forward(struct usctp__rxmap *map, uint64_t tsn)
{
    uint64_t pos;
    uint64_t start;

    usctp__bitmap_move(&map->bits, tsn + 1);
    pos = usctp__bitmap_advance(&map->bits);
    map->gap_cnt = 0;
    while (usctp__bitmap_next_run(&map->bits, pos, map->bits.end, &start, &pos)) {
        map->gap_cnt++;
    }
}

void usctp__rxmap_clear(struct usctp__rxmap *map, uint64_t tsn)
{
    bool joins_left = usctp__bitmap_test(&map->bits, tsn - 1);
    bool joins_right = usctp__bitmap_test(&map->bits, tsn + 1);

    usctp__bitmap_clear(&map->bits, tsn);
    map->gap_cnt += 0u + joins_left + joins_right - 1u;
}

void usctp__rxmap_add_dup(struct usctp__rxmap *map, struct usctp__bufpool *bufs, uint64_t tsn)
{
    if (map->dups == NULL) {
        size_t cap;

        map->dups = usctp__bufpool_get(bufs, DUPS_LEN, &cap);
    }
    if (map->dups != NULL && map->dup_cnt < USCTP__RXMAP_DUP_MAX) {
        map->dups[map->dup_cnt++] = (uint32_t)tsn;
    }
}

void usctp__rxmap_iter_init(struct usctp__rxmap_iter *iter, const struct usctp__rxmap *map)
{
    iter->map = map;
    iter->pos = map->bits.base;
}

bool usctp__rxmap_next_gap(void *ctx, struct usctp__gap *gap)
{
    struct usctp__rxmap_iter *iter = ctx;
    const struct usctp__bitmap *bits = &iter->map->bits;
    uint64_t cum_tsn = usctp__rxmap_cum(iter->map);
    uint64_t start;
    uint64_t stop;

    if (!usctp__bitmap_next_run(bits, iter->pos, bits->end, &start, &stop)) {
        return false;
    }
    gap->start = (uint16_t)(start - cum_tsn);
    gap->end = (uint16_t)(stop - 1 - cum_tsn);
    iter->pos = stop;
    return true;
}

void usctp__rxmap_trim(struct usctp__rxmap *map, struct usctp__bufpool *bufs)
{
    usctp__bitmap_release(&map->bits);
    if (map->dup_cnt == 0) {
        free_dups(map, bufs);
    }
}
