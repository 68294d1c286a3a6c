/* SPDX-License-Identifier: BSD-3-Clause */
/* Where records stand until they are read: one behind the other in blocks, of which each is given back when the last
 * of its records is. The blocks of a socket grow as more waits, so that little that waits takes little. */
#ifndef USCTP_SOCKET_RXMEM_H
#define USCTP_SOCKET_RXMEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/pool.h"

struct usctp__rxblock {
    struct usctp__rxblock *
        *current;  /* what points at it as the one to be filled; NULL: it is full */
    uint32_t used; /* bytes handed out, with this struct */
    uint32_t cnt;  /* records in it */
    size_t cap;    /* bytes of it */
};

/* A block with room for len bytes, to be filled in place of *current; `current` may be NULL: it is for these alone.
 * NULL: no memory. */
struct usctp__rxblock *usctp__rxmem_more(struct usctp__bufpool *bufs,
                                         struct usctp__rxblock **current, size_t len);

/* The last of its records was given back. */
void usctp__rxmem_empty(struct usctp__bufpool *bufs, struct usctp__rxblock *block);

/* What *current points at goes on without it: the records in it stay. */
static inline void usctp__rxmem_leave(struct usctp__rxblock **current)
{
    if (*current != NULL) {
        (*current)->current = NULL;
        *current = NULL;
    }
}

/* The block for a record of so many bytes; NULL: no memory. */
static inline struct usctp__rxblock *usctp__rxmem_block(struct usctp__bufpool *bufs,
                                                        struct usctp__rxblock **current, size_t len)
{
    struct usctp__rxblock *block = *current;

    return USCTP__LIKELY(block != NULL && block->cap - block->used >= len)
               ? block
               : usctp__rxmem_more(bufs, current, len);
}

/* Its place there; len is a multiple of 8. */
static inline void *usctp__rxmem_place(struct usctp__rxblock *block, size_t len)
{
    void *place = (uint8_t *)block + block->used;

    block->used += (uint32_t)len;
    block->cnt++;
    return place;
}

static inline void usctp__rxmem_give(struct usctp__bufpool *bufs, struct usctp__rxblock *block)
{
    if (--block->cnt == 0) {
        usctp__rxmem_empty(bufs, block);
    }
}

#endif
