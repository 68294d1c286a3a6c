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
        usctp__mem_free(mem, slab->bytes, USCTP__SLAB_LEN);
    }
    if (slab->dgrams != NULL) {
        usctp__mem_free(mem, slab->dgrams, USCTP__SLAB_CNT * sizeof(*slab->dgrams));
    }
    if (slab->assoc_ids != NULL) {
        usctp__mem_free(mem, slab->assoc_ids, USCTP__SLAB_CNT * sizeof(*slab->assoc_ids));
    }
    if (slab->path_ids != NULL) {
        usctp__mem_free(mem, slab->path_ids, USCTP__SLAB_CNT * sizeof(*slab->path_ids));
    }
    usctp__slab_init(slab, mem);
}

/* Makes the buffers where they are missing. What was made before a failure is kept for next time. */
static bool make_buffers(struct usctp__slab *slab)
{
    if (slab->dgrams == NULL) {
        /* Once: what is reserved stays zero, the rest is set for each datagram. */
        slab->dgrams = usctp__mem_calloc(slab->mem, USCTP__SLAB_CNT * sizeof(*slab->dgrams));
    }
    if (slab->assoc_ids == NULL) {
        slab->assoc_ids = usctp__mem_alloc(slab->mem, USCTP__SLAB_CNT * sizeof(*slab->assoc_ids));
    }
    if (slab->path_ids == NULL) {
        slab->path_ids = usctp__mem_alloc(slab->mem, USCTP__SLAB_CNT * sizeof(*slab->path_ids));
    }
    if (slab->dgrams == NULL || slab->assoc_ids == NULL || slab->path_ids == NULL) {
        return false;
    }
    slab->bytes = usctp__mem_alloc(slab->mem, USCTP__SLAB_LEN); /* last: it tells that all stand */
    return slab->bytes != NULL;
}

uint8_t *usctp__slab_room(struct usctp__slab *slab, size_t max_len)
{
    if (USCTP__UNLIKELY(slab->bytes == NULL) && !make_buffers(slab)) {
        return NULL;
    }
    if (slab->cnt == USCTP__SLAB_CNT || max_len > USCTP__SLAB_LEN - slab->used_len) {
        return NULL;
    }
    return slab->bytes + slab->used_len;
}

struct usctp_dgram *usctp__slab_commit(struct usctp__slab *slab, size_t len, uint32_t assoc_id,
                                       uint32_t path_id)
{
    USCTP__ASSERT(slab->cnt < USCTP__SLAB_CNT);
    USCTP__ASSERT(len % 4 == 0 && len <= USCTP__SLAB_LEN - slab->used_len);

    struct usctp_dgram *dgram = &slab->dgrams[slab->cnt];
    dgram->data = slab->bytes + slab->used_len;
    dgram->len = len;
    dgram->segment_len = 0;
    dgram->local_udp_port = 0;
    dgram->remote_udp_port = 0;
    dgram->ecn = 0;
    dgram->dscp = 0;
    dgram->flags = 0;
    dgram->receive_ts = 0;
    dgram->status = USCTP_DGRAM_SENT;
    dgram->status_len = 0;
    slab->assoc_ids[slab->cnt] = assoc_id;
    slab->path_ids[slab->cnt] = path_id;
    slab->used_len += len;
    slab->cnt++;
    return dgram;
}

void usctp__slab_reset(struct usctp__slab *slab)
{
    slab->used_len = 0;
    slab->cnt = 0;
    slab->late = false;
}
