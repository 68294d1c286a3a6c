/* SPDX-License-Identifier: BSD-3-Clause */
/* Pools of fixed-size items, and a pool of buffers in power-of-two sizes built from them.
 *
 * Items are cut from slabs. A slab that becomes wholly empty is kept if giving one back was
 * regretted before, so that a load that comes in waves soon stops allocating; usctp__pool_trim,
 * called now and then, gives back what was not needed since it was last called. The item that came back last is
 * the next to go, without a look at its slab. With USCTP_NO_POOLS
 * defined every item is an allocation of its own, so that a memory checker sees each one. */
#ifndef USCTP_BASE_POOL_H
#define USCTP_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/list.h"
#include "base/mem.h"

/* Without pools every item is an allocation of its own. */
#ifdef USCTP_NO_POOLS
enum { USCTP__POOLED = 0 };
#else
enum { USCTP__POOLED = 1 };
#endif

struct usctp__pool {
    struct usctp__mem *mem;     /* where slabs come from */
    struct usctp__list partial; /* slabs with free items; the empty ones stand at the end */
    size_t item_len;            /* bytes of an item, as asked for */
    size_t stride;              /* bytes from one item of a slab to the next */
    uint32_t slab_items;        /* items in a slab */
    uint32_t slab_cnt;          /* slabs held */
    uint32_t empty_cnt;         /* slabs held that are wholly empty */
    uint32_t keep_cnt;          /* empty slabs that are kept; at least 1 */
    uint32_t idle_cnt;          /* the fewest empty slabs since the last trim */
    uint32_t regret_cnt;        /* slabs given back that may yet be missed */
    size_t used_cnt;            /* items handed out */
    void *spare; /* one that came back, for who asks next; its slab counts it as handed
                                 * out. NULL: none */
};

/* Sets up a pool; allocates nothing. Items of `item_len` bytes (1 or more) are aligned to 8. */
void usctp__pool_init(struct usctp__pool *pool, struct usctp__mem *mem, size_t item_len,
                      uint32_t items_per_slab);

/* The same as usctp__pool_get and usctp__pool_put, without the spare item. */
void *usctp__pool_take(struct usctp__pool *pool);
void usctp__pool_return(struct usctp__pool *pool, void *item);

/* One item, not initialised; NULL without memory. */
static inline void *usctp__pool_get(struct usctp__pool *pool)
{
    void *item = pool->spare;

    if (item == NULL) {
        item = usctp__pool_take(pool);
        pool->used_cnt += item != NULL;
        return item;
    }
    pool->spare = NULL;
    pool->used_cnt++;
    return item;
}

/* Gives an item of this pool back. NULL is allowed. */
static inline void usctp__pool_put(struct usctp__pool *pool, void *item)
{
    if (item != NULL) {
        USCTP__ASSERT(pool->used_cnt > 0 && item != pool->spare);
        pool->used_cnt--;
        if (USCTP__POOLED && pool->spare == NULL) {
            pool->spare = item;
        } else {
            usctp__pool_return(pool, item);
        }
    }
}

/* Frees the empty slabs that were not needed since the last call. */
void usctp__pool_trim(struct usctp__pool *pool);

/* Frees the pool's memory. Every item must have been given back. */
void usctp__pool_destroy(struct usctp__pool *pool);

enum {
    USCTP__BUF_MIN = 64,       /* smallest buffer, bytes */
    USCTP__BUF_MAX = 65536,    /* largest pooled buffer, bytes; what is larger is allocated */
    USCTP__BUF_CLASS_CNT = 11, /* 64, 128, ... 65536 */
};

struct usctp__bufpool {
    struct usctp__mem *mem;                         /* where large buffers come from */
    struct usctp__pool class[USCTP__BUF_CLASS_CNT]; /* class i: buffers of 64 << i bytes */
};

/* Sets up the pool; allocates nothing. */
void usctp__bufpool_init(struct usctp__bufpool *bufpool, struct usctp__mem *mem);

/* A buffer of at least `len` bytes, not initialised, aligned to 8. Stores its real size, which
 * usctp__bufpool_put wants back, in `*cap`. NULL without memory. */
void *usctp__bufpool_get(struct usctp__bufpool *bufpool, size_t len, size_t *cap);

/* Gives a buffer back, with the size that usctp__bufpool_get stored. NULL is allowed. */
void usctp__bufpool_put(struct usctp__bufpool *bufpool, void *buf, size_t cap);

/* usctp__pool_trim for every size. */
void usctp__bufpool_trim(struct usctp__bufpool *bufpool);

/* Frees all memory. Every buffer must have been given back. */
void usctp__bufpool_destroy(struct usctp__bufpool *bufpool);

#endif
