/* SPDX-License-Identifier: BSD-3-Clause */
/* The account on the caller's memory. */
#include "base/mem.h"

#include <string.h>

#include "base/compiler.h"

void usctp__mem_init(struct usctp__mem *mem, const struct usctp_memory *ops, size_t limit)
{
    memset(mem, 0, sizeof(*mem));
    /* A caller built against a later header may have a larger struct: take what is known here. */
    memcpy(&mem->ops, ops, USCTP__MIN(ops->size, sizeof(mem->ops)));
    mem->limit = limit;
}

void *usctp__mem_alloc(struct usctp__mem *mem, size_t len)
{
    void *ptr = NULL;

    USCTP__ASSERT(len > 0);
    if (mem->limit == 0 || (mem->used <= mem->limit && len <= mem->limit - mem->used)) {
        ptr = mem->ops.alloc(mem->ops.ctx, len);
    }
    if (USCTP__UNLIKELY(ptr == NULL)) {
        mem->fail_cnt++;
        return NULL;
    }
    mem->used += len;
    mem->alloc_cnt++;
    if (mem->used > mem->peak) {
        mem->peak = mem->used;
    }
    return ptr;
}

void *usctp__mem_calloc(struct usctp__mem *mem, size_t len)
{
    void *ptr = usctp__mem_alloc(mem, len);

    if (ptr != NULL) {
        memset(ptr, 0, len);
    }
    return ptr;
}

void usctp__mem_free(struct usctp__mem *mem, void *ptr, size_t len)
{
    if (ptr == NULL) {
        return;
    }
    USCTP__ASSERT(len <= mem->used);
    mem->used -= len;
    mem->ops.free(mem->ops.ctx, ptr, len);
}

void *usctp__mem_grow(struct usctp__mem *mem, void *old, size_t old_len, size_t new_len)
{
    void *ptr = usctp__mem_alloc(mem, new_len);

    if (ptr == NULL) {
        return NULL;
    }
    if (old != NULL) {
        memcpy(ptr, old, USCTP__MIN(old_len, new_len));
        usctp__mem_free(mem, old, old_len);
    }
    return ptr;
}
