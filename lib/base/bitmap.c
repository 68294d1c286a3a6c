/* SPDX-License-Identifier: BSD-3-Clause */
/* The window bitmap.
 *
 * Position p is bit p % 64 of word (p / 64) % word_cnt. Where the base does not stand at a word's
 * first bit, the last block of the window shares a word with the first: its bits are those below
 * the base's. So each step looks at one aligned block of 64 positions and cuts it to the range. */
#include "base/bitmap.h"

#include <string.h>

#include "base/compiler.h"

enum { FIRST_GROWN_WORD_CNT = 8 }; /* the smallest ring that is allocated: one cache line */

static uint64_t *word_at(struct usctp__bitmap *bitmap, uint64_t pos)
{
    uint64_t *words = usctp__bitmap_grown(bitmap) ? bitmap->ring.words : &bitmap->ring.word;

    return &words[(pos >> 6) & (bitmap->word_cnt - 1)];
}

static uint64_t word_of(const struct usctp__bitmap *bitmap, uint64_t pos)
{
    const uint64_t *words = usctp__bitmap_words(bitmap);

    return words[(pos >> 6) & (bitmap->word_cnt - 1)];
}

void usctp__bitmap_init(struct usctp__bitmap *bitmap, struct usctp__mem *mem, uint64_t base,
                        uint32_t max_bits)
{
    USCTP__ASSERT(max_bits >= 64 && max_bits <= UINT32_C(0x80000000));
    memset(bitmap, 0, sizeof(*bitmap));
    bitmap->mem = mem;
    bitmap->base = base;
    bitmap->end = base;
    bitmap->word_cnt = 1;
    bitmap->max_word_cnt = 1;
    while (bitmap->max_word_cnt * UINT64_C(64) < max_bits) {
        bitmap->max_word_cnt *= 2;
    }
}

static void free_ring(struct usctp__bitmap *bitmap)
{
    if (usctp__bitmap_grown(bitmap)) {
        usctp__mem_free(bitmap->mem, bitmap->ring.words, bitmap->word_cnt * sizeof(uint64_t));
    }
}

void usctp__bitmap_destroy(struct usctp__bitmap *bitmap)
{
    free_ring(bitmap);
    bitmap->ring.word = 0;
    bitmap->word_cnt = 1;
    bitmap->set_cnt = 0;
    bitmap->end = bitmap->base;
}

void usctp__bitmap_reset(struct usctp__bitmap *bitmap, uint64_t base)
{
    if (bitmap->set_cnt > 0) {
        usctp__bitmap_clear_range(bitmap, bitmap->base, bitmap->end);
    }
    bitmap->base = base;
    bitmap->end = base;
}

static bool grow(struct usctp__bitmap *bitmap, uint64_t need_bits)
{
    uint32_t word_cnt = USCTP__MAX(bitmap->word_cnt, (uint32_t)FIRST_GROWN_WORD_CNT / 2);
    uint64_t *words;

    if (need_bits > bitmap->max_word_cnt * UINT64_C(64)) {
        return false;
    }
    do {
        word_cnt *= 2;
    } while (word_cnt * UINT64_C(64) < need_bits);
    word_cnt = USCTP__MIN(word_cnt, bitmap->max_word_cnt);
    words = usctp__mem_calloc(bitmap->mem, word_cnt * sizeof(uint64_t));
    if (words == NULL) {
        return false;
    }
    for (uint64_t pos = bitmap->base; pos < bitmap->end; pos = usctp__block_next(pos)) {
        words[(pos >> 6) & (word_cnt - 1)] |=
            word_of(bitmap, pos) & usctp__block_mask(pos, bitmap->end);
    }
    free_ring(bitmap);
    bitmap->ring.words = words;
    bitmap->word_cnt = word_cnt;
    return true;
}

bool usctp__bitmap_reserve(struct usctp__bitmap *bitmap, uint64_t to)
{
    if (to <= bitmap->base || to - bitmap->base <= usctp__bitmap_cap(bitmap)) {
        return true;
    }
    return grow(bitmap, to - bitmap->base);
}

bool usctp__bitmap_set(struct usctp__bitmap *bitmap, uint64_t pos)
{
    uint64_t *word;
    uint64_t bit = UINT64_C(1) << (pos & 63);

    if (pos < bitmap->base || !usctp__bitmap_reserve(bitmap, pos + 1)) {
        return false;
    }
    word = word_at(bitmap, pos);
    if ((*word & bit) == 0) {
        *word |= bit;
        bitmap->set_cnt++;
        bitmap->end = USCTP__MAX(bitmap->end, pos + 1);
    }
    return true;
}

bool usctp__bitmap_set_range(struct usctp__bitmap *bitmap, uint64_t from, uint64_t to)
{
    if (from >= to) {
        return true;
    }
    if (from < bitmap->base || !usctp__bitmap_reserve(bitmap, to)) {
        return false;
    }
    for (uint64_t pos = from; pos < to; pos = usctp__block_next(pos)) {
        uint64_t *word = word_at(bitmap, pos);
        uint64_t fresh = usctp__block_mask(pos, to) & ~*word;

        *word |= fresh;
        bitmap->set_cnt += usctp__popcount64(fresh);
    }
    bitmap->end = USCTP__MAX(bitmap->end, to);
    return true;
}

void usctp__bitmap_clear(struct usctp__bitmap *bitmap, uint64_t pos)
{
    if (usctp__bitmap_test(bitmap, pos)) {
        *word_at(bitmap, pos) &= ~(UINT64_C(1) << (pos & 63));
        bitmap->set_cnt--;
    }
}

void usctp__bitmap_clear_range(struct usctp__bitmap *bitmap, uint64_t from, uint64_t to)
{
    from = USCTP__MAX(from, bitmap->base);
    to = USCTP__MIN(to, bitmap->end);
    for (uint64_t pos = from; pos < to && bitmap->set_cnt > 0; pos = usctp__block_next(pos)) {
        uint64_t *word = word_at(bitmap, pos);
        uint64_t gone = usctp__block_mask(pos, to) & *word;

        *word &= ~gone;
        bitmap->set_cnt -= usctp__popcount64(gone);
    }
}

uint64_t usctp__bitmap_advance(struct usctp__bitmap *bitmap)
{
    usctp__bitmap_move(bitmap, usctp__bitmap_next_clear(bitmap, bitmap->base, bitmap->end));
    return bitmap->base;
}

void usctp__bitmap_move(struct usctp__bitmap *bitmap, uint64_t base)
{
    if (base <= bitmap->base) {
        return;
    }
    usctp__bitmap_clear_range(bitmap, bitmap->base, base);
    bitmap->base = base;
    /* Without ones the end is free to move: it must not stay behind the base, nor far ahead. */
    if (bitmap->end < base || bitmap->set_cnt == 0) {
        bitmap->end = base;
    }
}

uint64_t usctp__bitmap_next_set(const struct usctp__bitmap *bitmap, uint64_t from, uint64_t limit)
{
    uint64_t stop = USCTP__MIN(limit, bitmap->end);
    uint64_t pos = USCTP__MAX(from, bitmap->base);
    uint64_t bits;

    if (pos >= stop || bitmap->set_cnt == 0) {
        return limit;
    }
    bits = word_of(bitmap, pos) & (UINT64_MAX << (pos & 63));
    while (bits == 0) {
        pos = usctp__block_next(pos);
        if (pos >= stop) {
            return limit;
        }
        bits = word_of(bitmap, pos);
    }
    pos = (pos & ~UINT64_C(63)) + usctp__ctz64(bits);
    return pos < stop ? pos : limit;
}

uint64_t usctp__bitmap_next_clear(const struct usctp__bitmap *bitmap, uint64_t from, uint64_t limit)
{
    uint64_t stop = USCTP__MIN(limit, bitmap->end);
    uint64_t pos = from;
    uint64_t bits;

    if (pos >= limit || pos < bitmap->base || pos >= bitmap->end) {
        return USCTP__MIN(pos, limit);
    }
    bits = ~word_of(bitmap, pos) & (UINT64_MAX << (pos & 63));
    while (bits == 0) {
        pos = usctp__block_next(pos);
        if (pos >= stop) {
            return stop;
        }
        bits = ~word_of(bitmap, pos);
    }
    pos = (pos & ~UINT64_C(63)) + usctp__ctz64(bits);
    return USCTP__MIN(pos, stop);
}

bool usctp__bitmap_next_run(const struct usctp__bitmap *bitmap, uint64_t from, uint64_t limit,
                            uint64_t *start, uint64_t *stop)
{
    uint64_t first = usctp__bitmap_next_set(bitmap, from, limit);

    if (first >= limit) {
        return false;
    }
    *start = first;
    *stop = usctp__bitmap_next_clear(bitmap, first, limit);
    return true;
}

uint64_t usctp__bitmap_count_range(const struct usctp__bitmap *bitmap, uint64_t from, uint64_t to)
{
    uint64_t cnt = 0;

    if (from <= bitmap->base && to >= bitmap->end) {
        return bitmap->set_cnt;
    }
    from = USCTP__MAX(from, bitmap->base);
    to = USCTP__MIN(to, bitmap->end);
    for (uint64_t pos = from; pos < to; pos = usctp__block_next(pos)) {
        cnt += usctp__popcount64(word_of(bitmap, pos) & usctp__block_mask(pos, to));
    }
    return cnt;
}

uint64_t usctp__bitmap_end(struct usctp__bitmap *bitmap)
{
    uint64_t end = bitmap->end;

    if (bitmap->set_cnt == 0) {
        bitmap->end = bitmap->base;
        return bitmap->base;
    }
    for (;;) {
        uint64_t block = USCTP__MAX((end - 1) & ~UINT64_C(63), bitmap->base);
        uint64_t bits = word_of(bitmap, block) & usctp__block_mask(block, end);

        if (bits != 0) {
            end = (block & ~UINT64_C(63)) + 64 - usctp__clz64(bits);
            break;
        }
        end = block;
    }
    bitmap->end = end;
    return end;
}

void usctp__bitmap_release(struct usctp__bitmap *bitmap)
{
    if (bitmap->set_cnt == 0) {
        usctp__bitmap_destroy(bitmap);
    }
}
