/* SPDX-License-Identifier: BSD-3-Clause */
/* Slab pools. Each item is preceded by a pointer to its slab, so that giving it back is O(1) and
 * needs no aligned memory. A slab is carved as items are asked for, so untouched memory stays so. */
#include "base/pool.h"

#include <string.h>

#include "base/compiler.h"

#ifdef USCTP_NO_POOLS

void usctp__pool_init(struct usctp__pool *pool, struct usctp__mem *mem, size_t item_len,
                      uint32_t items_per_slab)
{
    memset(pool, 0, sizeof(*pool));
    usctp__list_init(&pool->partial);
    pool->mem = mem;
    pool->item_len = item_len;
    pool->stride = item_len;
    pool->slab_items = items_per_slab;
    pool->keep_cnt = 1;
}

void *usctp__pool_take(struct usctp__pool *pool)
{
    return usctp__mem_alloc(pool->mem, pool->item_len);
}

void usctp__pool_return(struct usctp__pool *pool, void *item)
{
    usctp__mem_free(pool->mem, item, pool->item_len);
}

void usctp__pool_trim(struct usctp__pool *pool)
{
    USCTP__UNUSED(pool);
}

void usctp__pool_destroy(struct usctp__pool *pool)
{
    USCTP__ASSERT(pool->used_cnt == 0);
    USCTP__UNUSED(pool);
}

#else

struct slab;

/* What stands before each item: 8 bytes on every machine, so that items stay aligned to 8. */
union header {
    struct slab *slab; /* while the item is handed out: its slab */
    uint64_t align;    /* sets size and alignment only */
};

/* A free item holds this in its first bytes. */
struct free_item {
    struct free_item *next; /* next free item of the slab */
};

struct slab {
    struct usctp__list link; /* on pool->partial while the slab has free items */
    struct free_item *free;  /* items given back */
    uint32_t carved_cnt;     /* items cut so far from the front */
    uint32_t used_cnt;       /* items handed out */
};

/* Offset of the first item's header, rounded so that headers are aligned. */
#define FIRST_OFFSET ((sizeof(struct slab) + 7) & ~(size_t)7)

USCTP__STATIC_ASSERT(sizeof(union header) == 8, header_len);

static size_t slab_len(const struct usctp__pool *pool)
{
    return FIRST_OFFSET + pool->slab_items * pool->stride;
}

void usctp__pool_init(struct usctp__pool *pool, struct usctp__mem *mem, size_t item_len,
                      uint32_t items_per_slab)
{
    size_t room = USCTP__MAX(item_len, sizeof(struct free_item));

    USCTP__ASSERT(items_per_slab > 0);
    memset(pool, 0, sizeof(*pool));
    usctp__list_init(&pool->partial);
    pool->mem = mem;
    pool->item_len = item_len;
    pool->stride = sizeof(union header) + ((room + 7) & ~(size_t)7);
    pool->slab_items = items_per_slab;
    pool->keep_cnt = 1;
}

static struct slab *add_slab(struct usctp__pool *pool)
{
    struct slab *slab = usctp__mem_alloc(pool->mem, slab_len(pool));

    if (slab == NULL) {
        return NULL;
    }
    usctp__list_init_node(&slab->link);
    slab->free = NULL;
    slab->carved_cnt = 0;
    slab->used_cnt = 0;
    usctp__list_push_back(&pool->partial, &slab->link);
    pool->slab_cnt++;
    pool->empty_cnt++;
    /* A slab that is wanted again should have been kept: from now on one more is. */
    if (pool->regret_cnt > 0) {
        pool->regret_cnt--;
        pool->keep_cnt++;
    }
    return slab;
}

static void free_slab(struct usctp__pool *pool, struct slab *slab)
{
    usctp__list_remove(&slab->link);
    pool->slab_cnt--;
    pool->empty_cnt--;
    usctp__mem_free(pool->mem, slab, slab_len(pool));
}

static void *take_item(const struct usctp__pool *pool, struct slab *slab)
{
    struct free_item *item = slab->free;
    unsigned char *place;
    union header *header;

    if (item != NULL) {
        slab->free = item->next;
        return item;
    }
    place = (unsigned char *)slab + FIRST_OFFSET + slab->carved_cnt * pool->stride;
    slab->carved_cnt++;
    header = (union header *)(void *)place;
    header->slab = slab;
    return header + 1;
}

void *usctp__pool_take(struct usctp__pool *pool)
{
    struct usctp__list *first = usctp__list_first(&pool->partial);
    struct slab *slab;
    void *item;

    if (USCTP__LIKELY(first != NULL)) {
        slab = USCTP__CONTAINER_OF(first, struct slab, link);
    } else {
        slab = add_slab(pool);
        if (slab == NULL) {
            return NULL;
        }
    }
    item = take_item(pool, slab);
    if (slab->used_cnt++ == 0) {
        pool->empty_cnt--;
        pool->idle_cnt = USCTP__MIN(pool->idle_cnt, pool->empty_cnt);
    }
    if (slab->used_cnt == pool->slab_items) {
        usctp__list_remove(&slab->link);
    }
    return item;
}

/* The slab's last item has come back: keep it at the end of the list, where it is used last. */
static void slab_emptied(struct usctp__pool *pool, struct slab *slab)
{
    pool->empty_cnt++;
    usctp__list_remove(&slab->link);
    usctp__list_push_back(&pool->partial, &slab->link);
    if (pool->empty_cnt > pool->keep_cnt) {
        free_slab(pool, slab);
        pool->regret_cnt++;
    }
}

void usctp__pool_return(struct usctp__pool *pool, void *item)
{
    struct slab *slab = ((union header *)item - 1)->slab;
    struct free_item *free_item = item;

    USCTP__ASSERT(slab->used_cnt > 0);
    free_item->next = slab->free;
    slab->free = free_item;
    if (slab->used_cnt == pool->slab_items) {
        usctp__list_push_front(&pool->partial, &slab->link);
    }
    if (--slab->used_cnt == 0) {
        slab_emptied(pool, slab);
    }
}

/* Frees `cnt` of the empty slabs, which stand at the end of the list. */
static void free_empty(struct usctp__pool *pool, uint32_t cnt)
{
    while (cnt-- > 0) {
        free_slab(pool, USCTP__CONTAINER_OF(pool->partial.prev, struct slab, link));
    }
}

static void return_spare(struct usctp__pool *pool)
{
    if (pool->spare != NULL) {
        usctp__pool_return(pool, pool->spare);
        pool->spare = NULL;
    }
}

void usctp__pool_trim(struct usctp__pool *pool)
{
    uint32_t idle_cnt = pool->idle_cnt;

    if (idle_cnt == pool->empty_cnt) {
        /* Nothing went on: what was given back before is not missed. */
        pool->regret_cnt = 0;
    }
    free_empty(pool, idle_cnt);
    pool->keep_cnt = pool->keep_cnt > idle_cnt + 1 ? pool->keep_cnt - idle_cnt : 1;
    return_spare(pool); /* if nobody wants it until the next time, its slab goes */
    pool->idle_cnt = pool->empty_cnt;
}

void usctp__pool_destroy(struct usctp__pool *pool)
{
    return_spare(pool);
    USCTP__ASSERT(pool->used_cnt == 0 && pool->slab_cnt == pool->empty_cnt);
    free_empty(pool, pool->empty_cnt);
    pool->idle_cnt = 0;
}

#endif

/* Items per slab of each class: slabs of 4 to 128 KiB. */
static const uint8_t class_items[USCTP__BUF_CLASS_CNT] = {64, 64, 64, 32, 16, 16, 8, 4, 4, 2, 2};

void usctp__bufpool_init(struct usctp__bufpool *bufpool, struct usctp__mem *mem)
{
    bufpool->mem = mem;
    for (unsigned i = 0; i < USCTP__BUF_CLASS_CNT; i++) {
        usctp__pool_init(&bufpool->class[i], mem, (size_t)USCTP__BUF_MIN << i, class_items[i]);
    }
}

/* The class that holds `len` bytes; len is at most USCTP__BUF_MAX. */
static unsigned class_of(size_t len)
{
    return len <= USCTP__BUF_MIN ? 0 : 64 - 6 - usctp__clz64((uint64_t)len - 1);
}

void *usctp__bufpool_get(struct usctp__bufpool *bufpool, size_t len, size_t *cap)
{
    unsigned class;

    if (len > USCTP__BUF_MAX) {
        *cap = len;
        return usctp__mem_alloc(bufpool->mem, len);
    }
    class = class_of(len);
    *cap = (size_t)USCTP__BUF_MIN << class;
    return usctp__pool_get(&bufpool->class[class]);
}

void usctp__bufpool_put(struct usctp__bufpool *bufpool, void *buf, size_t cap)
{
    if (cap > USCTP__BUF_MAX) {
        usctp__mem_free(bufpool->mem, buf, cap);
    } else {
        usctp__pool_put(&bufpool->class[class_of(cap)], buf);
    }
}

void usctp__bufpool_trim(struct usctp__bufpool *bufpool)
{
    for (unsigned i = 0; i < USCTP__BUF_CLASS_CNT; i++) {
        usctp__pool_trim(&bufpool->class[i]);
    }
}

void usctp__bufpool_destroy(struct usctp__bufpool *bufpool)
{
    for (unsigned i = 0; i < USCTP__BUF_CLASS_CNT; i++) {
        usctp__pool_destroy(&bufpool->class[i]);
    }
}
