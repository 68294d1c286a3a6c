/* SPDX-License-Identifier: BSD-3-Clause */
/* Chunks sent and not yet acknowledged cumulatively, by TSN: a ring of slots, and beside it four
 * bits a TSN, sixty-four of them in a word, so that a SACK is compared word by word.
 *
 * A TSN of the window [base, next) is in one of four conditions: acknowledged by a gap block; lost,
 * that is marked for retransmission; abandoned, which counts as acknowledged finally (pr.h), whether a
 * gap block says so or not; or outstanding, and then in the send-order list of its path. */
#ifndef USCTP_CORE_TXRING_H
#define USCTP_CORE_TXRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/mem.h"

struct usctp__outmsg;
struct usctp__path;

enum {
    USCTP__TXRING_MIN_CNT = 16, /* slots of the smallest ring */
    USCTP__TX_MISS_MAX = 3      /* missing reports that make a chunk lost (RFC 9260, 7.2.4) */
};

enum usctp__txslot_flag {
    USCTP__TXSLOT_MISS = 3,        /* the two bits that count missing reports since it was sent */
    USCTP__TXSLOT_MOVED = 1 << 2,  /* it was sent on more than one path */
    USCTP__TXSLOT_HEAD = 1 << 3,   /* it was the first chunk of its packet, when it was sent last */
    USCTP__TXSLOT_ASKED = 1 << 4,  /* it was sent with the I bit last */
    USCTP__TXSLOT_ORDERED = 1 << 5 /* abandoned: of an ordered message */
};

/* A chunk. */
struct usctp__txslot {
    struct usctp__outmsg *msg; /* whose piece it is; NULL: abandoned */
    struct usctp__path *path;  /* outstanding: where it was sent last; lost: where it is to go;
                                * abandoned: NULL */
    uint64_t sent_ts;          /* when it was sent last */
    uint32_t prev;   /* neighbours in the path's send-order list: low bits of their TSNs, */
    uint32_t next;   /* meaningless at the ends */
    uint32_t offset; /* of its payload in the message; abandoned: sequence number of the message */
    uint16_t len;    /* payload bytes; abandoned: id of the stream */
    uint8_t tx_cnt;  /* times sent; stays at 255 */
    uint8_t flags;   /* enum usctp__txslot_flag */
};

/* The bits of 64 TSNs. Outside the window all are zero. */
struct usctp__txword {
    uint64_t acked;  /* acknowledged by a gap block */
    uint64_t lost;   /* marked for retransmission */
    uint64_t barred; /* fast retransmitted: not eligible for it again (7.2.4, 5) */
    uint64_t gone;   /* abandoned */
};

struct usctp__txring {
    uint64_t base;               /* lowest TSN not acknowledged cumulatively */
    uint64_t next;               /* TSN of the next new chunk */
    struct usctp__txslot *slots; /* TSN t is slot t & (cap - 1); NULL: none yet */
    struct usctp__txword *words; /* in the same block: TSN t is bit t % 64 of word t / 64 */
    uint32_t cap;                /* slots, a power of two */
    uint32_t word_cnt;           /* words, a power of two */
    uint32_t
        interleaved : 1; /* I-DATA: behind the words there is a fragment sequence number a slot */
    uint32_t acked_cnt : 31; /* TSNs acknowledged by gap blocks */
    uint32_t lost_cnt;       /* TSNs marked for retransmission */
};

/* What usctp__txring_scan looks for. */
enum usctp__txring_kind {
    USCTP__TX_ACKED,       /* acknowledged by a gap block */
    USCTP__TX_NOT_ACKED,   /* outstanding or lost */
    USCTP__TX_LOST,        /* marked for retransmission */
    USCTP__TX_OUTSTANDING, /* neither, nor abandoned */
    USCTP__TX_ELIGIBLE,    /* outstanding and not barred from fast retransmission */
    USCTP__TX_KEPT         /* not abandoned */
};

/* An empty ring whose first TSN is `tsn`. Allocates nothing. */
void usctp__txring_init(struct usctp__txring *ring, uint64_t tsn);

/* Chunks of an empty ring are I-DATA from now on, or DATA. Frees its memory. */
void usctp__txring_interleave(struct usctp__txring *ring, struct usctp__mem *mem, bool interleaved);

/* Frees the memory of an empty ring; it may be used again. */
void usctp__txring_trim(struct usctp__txring *ring, struct usctp__mem *mem);

/* Makes room for one more chunk; false: no memory, or 2^31 - 1 TSNs are in the window (6.1). */
bool usctp__txring_reserve(struct usctp__txring *ring, struct usctp__mem *mem);

/* Drops all TSNs below `base`: none of them is outstanding or of use any more. */
void usctp__txring_advance(struct usctp__txring *ring, uint64_t base);

/* The first TSN of this kind in [from, limit), which lies in the window; `limit`: none. */
uint64_t usctp__txring_scan(const struct usctp__txring *ring, enum usctp__txring_kind kind,
                            uint64_t from, uint64_t limit);

/* Puts a TSN that is outstanding now at the end of its path's send-order list. */
void usctp__txring_link(struct usctp__txring *ring, uint64_t tsn);

/* Takes it off. True: it was the lowest outstanding TSN of its path. */
bool usctp__txring_unlink(struct usctp__txring *ring, uint64_t tsn);

/* Takes the TSNs of [from, end) off, with which the list of the path begins. */
void usctp__txring_unlink_run(struct usctp__txring *ring, struct usctp__path *path, uint64_t from,
                              uint64_t end);

/* Marks and unmarks. Each must change something. */
void usctp__txring_set_acked(struct usctp__txring *ring, uint64_t tsn);
void usctp__txring_clear_acked(struct usctp__txring *ring, uint64_t tsn);
void usctp__txring_set_lost(struct usctp__txring *ring, uint64_t tsn);
void usctp__txring_clear_lost(struct usctp__txring *ring, uint64_t tsn);
void usctp__txring_set_gone(struct usctp__txring *ring, uint64_t tsn);

static inline struct usctp__txslot *usctp__txring_slot(const struct usctp__txring *ring,
                                                       uint64_t tsn)
{
    return &ring->slots[tsn & (ring->cap - 1)];
}

/* Takes the next TSN, for which there is room. Its slot is zeroed; it is in no list. */
static inline struct usctp__txslot *usctp__txring_push(struct usctp__txring *ring)
{
    struct usctp__txslot *slot = usctp__txring_slot(ring, ring->next);

    USCTP__ASSERT(ring->next - ring->base < ring->cap);
    memset(slot, 0, sizeof(*slot));
    ring->next++;
    return slot;
}

/* Where the FSN of a TSN stands; I-DATA alone. */
static inline uint32_t *usctp__txring_fsn(const struct usctp__txring *ring, uint64_t tsn)
{
    return &((uint32_t *)(void *)(ring->words + ring->word_cnt))[tsn & (ring->cap - 1)];
}

static inline struct usctp__txword *usctp__txring_word(const struct usctp__txring *ring,
                                                       uint64_t tsn)
{
    return &ring->words[(tsn >> 6) & (ring->word_cnt - 1)];
}

static inline uint64_t usctp__txring_bit(uint64_t tsn)
{
    return UINT64_C(1) << (tsn & 63);
}

/* TSNs in the window. */
static inline uint64_t usctp__txring_cnt(const struct usctp__txring *ring)
{
    return ring->next - ring->base;
}

static inline bool usctp__txring_empty(const struct usctp__txring *ring)
{
    return ring->next == ring->base;
}

static inline bool usctp__txring_has(const struct usctp__txring *ring, uint64_t tsn)
{
    return tsn >= ring->base && tsn < ring->next;
}

static inline bool usctp__txring_acked(const struct usctp__txring *ring, uint64_t tsn)
{
    return (usctp__txring_word(ring, tsn)->acked & usctp__txring_bit(tsn)) != 0;
}

static inline bool usctp__txring_lost(const struct usctp__txring *ring, uint64_t tsn)
{
    return (usctp__txring_word(ring, tsn)->lost & usctp__txring_bit(tsn)) != 0;
}

static inline bool usctp__txring_gone(const struct usctp__txring *ring, uint64_t tsn)
{
    return (usctp__txring_word(ring, tsn)->gone & usctp__txring_bit(tsn)) != 0;
}

/* True if all of [from, to), which is not empty, was acknowledged by gap blocks before. This is what
 * a SACK is mostly about, so it is worth a few lines of its own. */
static inline bool usctp__txring_all_acked(const struct usctp__txring *ring, uint64_t from,
                                           uint64_t to)
{
    uint64_t block = from >> 6;
    uint64_t last = (to - 1) >> 6;
    uint64_t mask = UINT64_MAX << (from & 63);

    for (; block < last; block++) {
        if ((~ring->words[block & (ring->word_cnt - 1)].acked & mask) != 0) {
            return false;
        }
        mask = UINT64_MAX;
    }
    mask &= UINT64_MAX >> (63 - ((to - 1) & 63));
    return (~ring->words[last & (ring->word_cnt - 1)].acked & mask) == 0;
}

/* The TSN behind, or before, one in its path's send-order list. It must not be the last, or first. */
static inline uint64_t usctp__txring_after(const struct usctp__txring *ring, uint64_t tsn)
{
    uint32_t low = usctp__txring_slot(ring, tsn)->next;

    return ring->base + (uint32_t)(low - (uint32_t)ring->base);
}

static inline uint64_t usctp__txring_before(const struct usctp__txring *ring, uint64_t tsn)
{
    uint32_t low = usctp__txring_slot(ring, tsn)->prev;

    return ring->base + (uint32_t)(low - (uint32_t)ring->base);
}

#endif
