/* SPDX-License-Identifier: BSD-3-Clause */
/* A window of bits over unwrapped 64-bit positions (TSNs, message numbers).
 *
 * The window is [base, base + cap). It is a ring of words with a power-of-two size that doubles when
 * a position beyond it is set, up to a maximum. The first 64 positions need no memory. Every bit
 * outside the window reads as zero. Ranges are half open: [from, to). */
#ifndef USCTP_BASE_BITMAP_H
#define USCTP_BASE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* First position of the block of 64 behind that of `pos`: where the next word begins. */
static inline uint64_t usctp__block_next(uint64_t pos)
{
    return (pos | 63) + 1;
}

/* Bits of the word of `from` that stand for positions in [from, to); from < to. */
static inline uint64_t usctp__block_mask(uint64_t from, uint64_t to)
{
    uint64_t mask = UINT64_MAX << (from & 63);

    if (to < usctp__block_next(from)) {
        mask &= (UINT64_C(1) << (to & 63)) - 1;
    }
    return mask;
}

struct usctp__bitmap {
    uint64_t base; /* first position of the window */
    uint64_t end;  /* no bit is set here or above; at least base */
    union {
        uint64_t word;   /* a ring of one word, for the common small window */
        uint64_t *words; /* a larger one */
    } ring;
    uint32_t word_cnt;      /* words in the ring, a power of two */
    uint32_t max_word_cnt;  /* words the ring may grow to */
    uint32_t set_cnt;       /* bits set */
    struct usctp__mem *mem; /* where larger rings come from */
};

/* An empty window at `base`, which can grow to `max_bits` (64 to 2^31, rounded up to a power of two)
 * positions. Allocates nothing. Positions must stay below 2^63. */
void usctp__bitmap_init(struct usctp__bitmap *bitmap, struct usctp__mem *mem, uint64_t base,
                        uint32_t max_bits);

/* Frees the memory; the bitmap is empty at the same base then and may be used again. */
void usctp__bitmap_destroy(struct usctp__bitmap *bitmap);

/* Empties the bitmap and moves its window to `base`, in any direction. Memory is kept. */
void usctp__bitmap_reset(struct usctp__bitmap *bitmap, uint64_t base);

/* Makes the window reach at least up to `to` (one past the last position wanted), so that setting
 * below it cannot fail. False without memory or beyond the maximum: nothing has changed. */
bool usctp__bitmap_reserve(struct usctp__bitmap *bitmap, uint64_t to);

/* Sets one bit, growing the window if need be. False, and nothing changed, below the base, beyond
 * the maximum or without memory. */
bool usctp__bitmap_set(struct usctp__bitmap *bitmap, uint64_t pos);

/* Sets all bits of [from, to). False as above: then nothing has changed. */
bool usctp__bitmap_set_range(struct usctp__bitmap *bitmap, uint64_t from, uint64_t to);

/* Clears one bit; outside the window nothing happens. */
void usctp__bitmap_clear(struct usctp__bitmap *bitmap, uint64_t pos);

/* Clears all bits of [from, to); what lies outside the window is ignored. */
void usctp__bitmap_clear_range(struct usctp__bitmap *bitmap, uint64_t from, uint64_t to);

/* Moves the base over the ones it stands at, to the first zero, and returns the new base. Those ones
 * leave the window and are no longer counted. */
uint64_t usctp__bitmap_advance(struct usctp__bitmap *bitmap);

/* Moves the base up to `base`; what lies below leaves the window. A lower base changes nothing. */
void usctp__bitmap_move(struct usctp__bitmap *bitmap, uint64_t base);

/* The first position in [from, limit) that is set; `limit` when there is none. */
uint64_t usctp__bitmap_next_set(const struct usctp__bitmap *bitmap, uint64_t from, uint64_t limit);

/* The first position in [from, limit) that is clear (as is all outside the window); `limit` when
 * there is none. */
uint64_t usctp__bitmap_next_clear(const struct usctp__bitmap *bitmap, uint64_t from,
                                  uint64_t limit);

/* The first run of ones that meets [from, limit), cut to it: stores it as [*start, *stop). False
 * when there is none. To walk all runs, go on from *stop. */
bool usctp__bitmap_next_run(const struct usctp__bitmap *bitmap, uint64_t from, uint64_t limit,
                            uint64_t *start, uint64_t *stop);

/* Number of ones in [from, to). */
uint64_t usctp__bitmap_count_range(const struct usctp__bitmap *bitmap, uint64_t from, uint64_t to);

/* One past the highest position that is set; the base when none is. */
uint64_t usctp__bitmap_end(struct usctp__bitmap *bitmap);

/* Gives the ring's memory back if no bit is set. */
void usctp__bitmap_release(struct usctp__bitmap *bitmap);

/* True if the ring has memory of its own. */
static inline bool usctp__bitmap_grown(const struct usctp__bitmap *bitmap)
{
    return bitmap->word_cnt > 1;
}

static inline const uint64_t *usctp__bitmap_words(const struct usctp__bitmap *bitmap)
{
    return usctp__bitmap_grown(bitmap) ? bitmap->ring.words : &bitmap->ring.word;
}

/* Positions the window holds without growing. */
static inline uint64_t usctp__bitmap_cap(const struct usctp__bitmap *bitmap)
{
    return (uint64_t)bitmap->word_cnt * 64;
}

/* Number of ones. */
static inline uint32_t usctp__bitmap_count(const struct usctp__bitmap *bitmap)
{
    return bitmap->set_cnt;
}

/* True when the bit is set; false outside the window. */
static inline bool usctp__bitmap_test(const struct usctp__bitmap *bitmap, uint64_t pos)
{
    const uint64_t *words = usctp__bitmap_words(bitmap);

    if (pos < bitmap->base || pos >= bitmap->end) {
        return false;
    }
    return (words[(pos >> 6) & (bitmap->word_cnt - 1)] >> (pos & 63)) & 1;
}

#endif
