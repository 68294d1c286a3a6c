/* SPDX-License-Identifier: BSD-3-Clause */
/* Where records stand until they are read. */
#include "socket/rxmem.h"

enum { BLOCK_MAX = 16384 /* bytes of a block that is for several records */ };

struct usctp__rxblock *usctp__rxmem_more(struct usctp__bufpool *bufs,
                                         struct usctp__rxblock **current, size_t len)
{
    size_t want = sizeof(struct usctp__rxblock) + len;
    size_t cap;

    if (USCTP__POOLED && current != NULL && *current != NULL) {
        want = USCTP__MAX(want, USCTP__MIN(2 * (*current)->cap, BLOCK_MAX));
    }
    struct usctp__rxblock *block = usctp__bufpool_get(bufs, want, &cap);
    if (block == NULL) {
        return NULL;
    }
    block->current = current;
    block->used = sizeof(*block);
    block->cnt = 0;
    block->cap = USCTP__POOLED ? cap : want;
    if (current != NULL) {
        if (*current != NULL) {
            (*current)->current = NULL;
        }
        *current = block;
    }
    return block;
}

void usctp__rxmem_empty(struct usctp__bufpool *bufs, struct usctp__rxblock *block)
{
    if (block->current != NULL) {
        *block->current = NULL;
    }
    usctp__bufpool_put(bufs, block, block->cap);
}
