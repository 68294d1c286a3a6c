/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring of chunks in flight. */
#include "core/txring.h"

#include <string.h>

#include "base/bitmap.h"
#include "core/path.h"

/* RFC 9260, 6.1: no TSN more than 2^31 - 1 above the beginning of the window. */
static const uint64_t max_window = UINT64_C(0x7fffffff);

/* Bytes of a ring, which may be more than there can be memory. */
static uint64_t block_len(const struct usctp__txring *ring)
{
    return (uint64_t)ring->cap * sizeof(struct usctp__txslot) +
           (uint64_t)ring->word_cnt * sizeof(struct usctp__txword) +
           (ring->interleaved ? (uint64_t)ring->cap * sizeof(uint32_t) : 0);
}

void usctp__txring_init(struct usctp__txring *ring, uint64_t tsn)
{
    memset(ring, 0, sizeof(*ring));
    ring->base = tsn;
    ring->next = tsn;
}

void usctp__txring_trim(struct usctp__txring *ring, struct usctp__mem *mem)
{
    bool interleaved = ring->interleaved;

    USCTP__ASSERT(usctp__txring_empty(ring));
    if (ring->slots != NULL) {
        usctp__mem_free(mem, ring->slots, (size_t)block_len(ring));
    }
    usctp__txring_init(ring, ring->base);
    ring->interleaved = interleaved;
}

void usctp__txring_interleave(struct usctp__txring *ring, struct usctp__mem *mem, bool interleaved)
{
    if (ring->interleaved != interleaved) {
        usctp__txring_trim(ring, mem);
        ring->interleaved = interleaved;
    }
}

/* Copies the window into a larger ring. */
static void move(const struct usctp__txring *from, struct usctp__txring *to)
{
    for (uint64_t tsn = from->base; tsn < from->next; tsn++) {
        *usctp__txring_slot(to, tsn) = *usctp__txring_slot(from, tsn);
        if (from->interleaved) {
            *usctp__txring_fsn(to, tsn) = *usctp__txring_fsn(from, tsn);
        }
    }
    for (uint64_t tsn = from->base; tsn < from->next; tsn = usctp__block_next(tsn)) {
        const struct usctp__txword *old = usctp__txring_word(from, tsn);
        struct usctp__txword *new = usctp__txring_word(to, tsn);
        uint64_t mask = usctp__block_mask(tsn, from->next);

        new->acked |= old->acked &mask;
        new->lost |= old->lost &mask;
        new->barred |= old->barred &mask;
        new->gone |= old->gone &mask;
    }
}

static bool grow(struct usctp__txring *ring, struct usctp__mem *mem)
{
    struct usctp__txring larger = *ring;
    uint8_t *block;

    if (usctp__txring_cnt(ring) >= max_window) {
        return false;
    }
    larger.cap = ring->cap == 0 ? (uint32_t)USCTP__TXRING_MIN_CNT : ring->cap * 2;
    larger.word_cnt = larger.cap > 64 ? larger.cap / 64 : 1;
    if (block_len(&larger) > SIZE_MAX / 2) {
        return false;
    }
    block = usctp__mem_alloc(mem, (size_t)block_len(&larger));
    if (block == NULL) {
        return false;
    }
    larger.slots = (struct usctp__txslot *)(void *)block;
    larger.words = (struct usctp__txword *)(void *)(larger.slots + larger.cap);
    memset(larger.words, 0, larger.word_cnt * sizeof(struct usctp__txword));
    if (ring->slots != NULL) {
        move(ring, &larger);
        usctp__mem_free(mem, ring->slots, (size_t)block_len(ring));
    }
    *ring = larger;
    return true;
}

bool usctp__txring_reserve(struct usctp__txring *ring, struct usctp__mem *mem)
{
    if (USCTP__LIKELY(usctp__txring_cnt(ring) < ring->cap)) {
        return usctp__txring_cnt(ring) < max_window;
    }
    return grow(ring, mem);
}

void usctp__txring_advance(struct usctp__txring *ring, uint64_t base)
{
    USCTP__ASSERT(base <= ring->next);
    for (uint64_t tsn = ring->base; tsn < base; tsn = usctp__block_next(tsn)) {
        struct usctp__txword *word = usctp__txring_word(ring, tsn);
        uint64_t mask = usctp__block_mask(tsn, base);

        if (USCTP__LIKELY(((word->acked | word->lost | word->barred | word->gone) & mask) == 0)) {
            continue;
        }
        ring->acked_cnt -= usctp__popcount64(word->acked & mask);
        ring->lost_cnt -= usctp__popcount64(word->lost & mask);
        word->acked &= ~mask;
        word->lost &= ~mask;
        word->barred &= ~mask;
        word->gone &= ~mask;
    }
    ring->base = USCTP__MAX(ring->base, base);
}

static inline uint64_t bits_of(const struct usctp__txword *word, enum usctp__txring_kind kind)
{
    switch (kind) {
    case USCTP__TX_ACKED:
        return word->acked;
    case USCTP__TX_NOT_ACKED:
        return ~word->acked;
    case USCTP__TX_LOST:
        return word->lost;
    case USCTP__TX_OUTSTANDING:
        return ~(word->acked | word->lost | word->gone);
    case USCTP__TX_KEPT:
        return ~word->gone;
    case USCTP__TX_ELIGIBLE:
        break;
    }
    return ~(word->acked | word->lost | word->barred | word->gone);
}

/* One loop for each kind: `kind` is constant where this is called. */
static inline uint64_t scan_kind(const struct usctp__txring *ring, enum usctp__txring_kind kind,
                                 uint64_t from, uint64_t limit)
{
    for (uint64_t tsn = from; tsn < limit; tsn = usctp__block_next(tsn)) {
        uint64_t bits =
            bits_of(usctp__txring_word(ring, tsn), kind) & usctp__block_mask(tsn, limit);

        if (bits != 0) {
            return (tsn & ~UINT64_C(63)) + usctp__ctz64(bits);
        }
    }
    return limit;
}

uint64_t usctp__txring_scan(const struct usctp__txring *ring, enum usctp__txring_kind kind,
                            uint64_t from, uint64_t limit)
{
    switch (kind) {
    case USCTP__TX_ACKED:
        return scan_kind(ring, USCTP__TX_ACKED, from, limit);
    case USCTP__TX_NOT_ACKED:
        return scan_kind(ring, USCTP__TX_NOT_ACKED, from, limit);
    case USCTP__TX_LOST:
        return scan_kind(ring, USCTP__TX_LOST, from, limit);
    case USCTP__TX_OUTSTANDING:
        return scan_kind(ring, USCTP__TX_OUTSTANDING, from, limit);
    case USCTP__TX_KEPT:
        return scan_kind(ring, USCTP__TX_KEPT, from, limit);
    case USCTP__TX_ELIGIBLE:
        break;
    }
    return scan_kind(ring, USCTP__TX_ELIGIBLE, from, limit);
}

void usctp__txring_link(struct usctp__txring *ring, uint64_t tsn)
{
    struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);
    struct usctp__path *path = slot->path;

    if (path->flight_cnt == 0) {
        path->tx_oldest = tsn;
        path->tx_lowest = tsn;
    } else {
        slot->prev = (uint32_t)path->tx_newest;
        usctp__txring_slot(ring, path->tx_newest)->next = (uint32_t)tsn;
        path->tx_lowest = USCTP__MIN(path->tx_lowest, tsn);
    }
    path->tx_newest = tsn;
    path->flight_cnt++;
}

/* The lowest outstanding TSN of the path above `tsn`; there is one. */
static uint64_t next_lowest(const struct usctp__txring *ring, const struct usctp__path *path,
                            uint64_t tsn)
{
    if (ring->acked_cnt == 0 && ring->lost_cnt == 0 &&
        usctp__txring_slot(ring, tsn + 1)->path == path) {
        return tsn + 1; /* the common case: all above are outstanding */
    }
    do {
        tsn = usctp__txring_scan(ring, USCTP__TX_OUTSTANDING, tsn + 1, ring->next);
        USCTP__ASSERT(tsn < ring->next);
    } while (usctp__txring_slot(ring, tsn)->path != path);
    return tsn;
}

bool usctp__txring_unlink(struct usctp__txring *ring, uint64_t tsn)
{
    struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);
    struct usctp__path *path = slot->path;

    USCTP__ASSERT(path->flight_cnt > 0);
    path->flight_cnt--;
    if (path->flight_cnt == 0) {
        return true;
    }
    if (tsn == path->tx_oldest) {
        path->tx_oldest = usctp__txring_after(ring, tsn);
    } else if (tsn == path->tx_newest) {
        path->tx_newest = usctp__txring_before(ring, tsn);
    } else {
        usctp__txring_slot(ring, usctp__txring_before(ring, tsn))->next = slot->next;
        usctp__txring_slot(ring, usctp__txring_after(ring, tsn))->prev = slot->prev;
    }
    if (tsn == path->tx_lowest) {
        path->tx_lowest = next_lowest(ring, path, tsn);
        return true;
    }
    return false;
}

void usctp__txring_unlink_run(struct usctp__txring *ring, struct usctp__path *path, uint64_t from,
                              uint64_t end)
{
    USCTP__ASSERT(path->tx_oldest == from && path->flight_cnt >= end - from);
    path->flight_cnt -= (uint32_t)(end - from);
    if (path->flight_cnt > 0) {
        path->tx_oldest = usctp__txring_after(ring, end - 1);
        if (path->tx_lowest < end) {
            path->tx_lowest = next_lowest(ring, path, end - 1);
        }
    }
}

void usctp__txring_set_acked(struct usctp__txring *ring, uint64_t tsn)
{
    usctp__txring_word(ring, tsn)->acked |= usctp__txring_bit(tsn);
    ring->acked_cnt++;
}

void usctp__txring_clear_acked(struct usctp__txring *ring, uint64_t tsn)
{
    usctp__txring_word(ring, tsn)->acked &= ~usctp__txring_bit(tsn);
    ring->acked_cnt--;
}

void usctp__txring_set_lost(struct usctp__txring *ring, uint64_t tsn)
{
    usctp__txring_word(ring, tsn)->lost |= usctp__txring_bit(tsn);
    ring->lost_cnt++;
}

void usctp__txring_clear_lost(struct usctp__txring *ring, uint64_t tsn)
{
    usctp__txring_word(ring, tsn)->lost &= ~usctp__txring_bit(tsn);
    ring->lost_cnt--;
}

void usctp__txring_set_gone(struct usctp__txring *ring, uint64_t tsn)
{
    usctp__txring_word(ring, tsn)->gone |= usctp__txring_bit(tsn);
}
