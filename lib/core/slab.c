/* SPDX-License-Identifier: BSD-3-Clause */
/* The send slab. */
#include "core/slab.h"

#include <string.h>

#include "base/compiler.h"

void usctp__slab_init(struct usctp__slab *slab, struct usctp__mem *mem)
{
    memset(slab, 0, sizeof(*slab));
    slab->mem = mem;
}

void usctp__slab_destroy(struct usctp__slab *slab)
{
    struct usctp__mem *mem = slab->mem;

    if (slab->bytes != NULL) {
        usctp__mem_free(mem, slab->bytes, USCTP__SLAB_ALL_LEN);
    }
    if (slab->dgrams != NULL) {
        usctp__mem_free(mem, slab->dgrams, USCTP__SLAB_ALL_CNT * sizeof(*slab->dgrams));
    }
    if (slab->assoc_ids != NULL) {
        usctp__mem_free(mem, slab->assoc_ids, USCTP__SLAB_ALL_CNT * sizeof(*slab->assoc_ids));
    }
    if (slab->path_ids != NULL) {
        usctp__mem_free(mem, slab->path_ids, USCTP__SLAB_ALL_CNT * sizeof(*slab->path_ids));
    }
    usctp__slab_init(slab, mem);
}

/* Makes the buffers where they are missing. What was made before a failure is kept for next time. */
bool usctp__slab_make(struct usctp__slab *slab)
{
    if (slab->dgrams == NULL) {
        /* Once: what is reserved stays zero, the rest is set for each datagram. */
        slab->dgrams = usctp__mem_calloc(slab->mem, USCTP__SLAB_ALL_CNT * sizeof(*slab->dgrams));
    }
    if (slab->assoc_ids == NULL) {
        slab->assoc_ids =
            usctp__mem_alloc(slab->mem, USCTP__SLAB_ALL_CNT * sizeof(*slab->assoc_ids));
    }
    if (slab->path_ids == NULL) {
        slab->path_ids = usctp__mem_alloc(slab->mem, USCTP__SLAB_ALL_CNT * sizeof(*slab->path_ids));
    }
    if (slab->dgrams == NULL || slab->assoc_ids == NULL || slab->path_ids == NULL) {
        return false;
    }
    slab->bytes =
        usctp__mem_alloc(slab->mem, USCTP__SLAB_ALL_LEN); /* last: it tells that all stand */
    return slab->bytes != NULL;
}
