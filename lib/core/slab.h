/* SPDX-License-Identifier: BSD-3-Clause */
/* The send slab: finished packets back to back, with the datagram that describes each. Filled by
 * output, emptied by the stack in one call of each lower layer. */
#ifndef USCTP_CORE_SLAB_H
#define USCTP_CORE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/lower.h>

#include "base/compiler.h"
#include "base/mem.h"

enum {
    USCTP__SLAB_LEN = 128 * 1024, /* bytes for packets */
    USCTP__SLAB_CNT = 128,        /* packets */
    USCTP__SLAB_REPLY_LEN =
        16 * 1024,              /* bytes beyond, for replies while a lower layer is blocked */
    USCTP__SLAB_REPLY_CNT = 32, /* and packets */
    USCTP__SLAB_ALL_LEN = USCTP__SLAB_LEN + USCTP__SLAB_REPLY_LEN,
    USCTP__SLAB_ALL_CNT = USCTP__SLAB_CNT + USCTP__SLAB_REPLY_CNT,
    USCTP__PACKET_MAX = 65520 /* largest SCTP packet, bytes; a multiple of 4 */
};

struct usctp__slab {
    struct usctp__mem *mem;     /* where the buffers come from */
    uint8_t *bytes;             /* USCTP__SLAB_ALL_LEN bytes; made on first use */
    struct usctp_dgram *dgrams; /* USCTP__SLAB_ALL_CNT of them */
    uint32_t *assoc_ids;        /* for each datagram: the id of its association, 0: stateless */
    uint32_t *path_ids;         /* for each datagram: the id of its path, 0: none */
    size_t used_len;            /* bytes in use */
    size_t cnt;                 /* datagrams in use */
    bool late;                  /* some were held back: they leave later than they were built */
};

void usctp__slab_init(struct usctp__slab *slab, struct usctp__mem *mem);
void usctp__slab_destroy(struct usctp__slab *slab);

/* Makes the buffers, for usctp__slab_room; false: no memory. */
bool usctp__slab_make(struct usctp__slab *slab);

/* Room for a packet of up to max_len bytes at the end of the slab, 4-byte aligned; NULL: full (flush
 * first) or no memory. Stays valid until the commit; nothing is taken before it. */
static inline uint8_t *usctp__slab_room(struct usctp__slab *slab, size_t max_len)
{
    if (USCTP__UNLIKELY(slab->bytes == NULL) && !usctp__slab_make(slab)) {
        return NULL;
    }
    if (slab->cnt >= USCTP__SLAB_CNT || slab->used_len + max_len > USCTP__SLAB_LEN) {
        return NULL;
    }
    return slab->bytes + slab->used_len;
}

/* The same, with the room that is kept for replies. */
static inline uint8_t *usctp__slab_reply_room(struct usctp__slab *slab, size_t max_len)
{
    if (slab->bytes == NULL || slab->cnt == USCTP__SLAB_ALL_CNT ||
        max_len > USCTP__SLAB_ALL_LEN - slab->used_len) {
        return NULL;
    }
    return slab->bytes + slab->used_len;
}

/* Takes the packet of len bytes (a multiple of 4) that was written where usctp__slab_room said and
 * returns its datagram, for the caller to set the addresses and the lower layer, and what else is not
 * zero. */
static inline struct usctp_dgram *usctp__slab_commit(struct usctp__slab *slab, size_t len,
                                                     uint32_t assoc_id, uint32_t path_id)
{
    struct usctp_dgram *dgram = &slab->dgrams[slab->cnt];

    USCTP__ASSERT(slab->cnt < USCTP__SLAB_ALL_CNT);
    USCTP__ASSERT(len % 4 == 0 && len <= USCTP__SLAB_ALL_LEN - slab->used_len);
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

/* Nothing is in it any more. */
static inline void usctp__slab_reset(struct usctp__slab *slab)
{
    slab->used_len = 0;
    slab->cnt = 0;
    slab->late = false;
}

#endif
