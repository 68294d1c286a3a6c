/* SPDX-License-Identifier: BSD-3-Clause */
/* The send slab: finished packets back to back, with the datagram that describes each. Filled by
 * output, emptied by the stack in one call of each lower layer. */
#ifndef USCTP_CORE_SLAB_H
#define USCTP_CORE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/lower.h>

#include "base/mem.h"

enum {
    USCTP__SLAB_LEN = 128 * 1024, /* bytes for packets */
    USCTP__SLAB_CNT = 128,        /* packets */
    USCTP__PACKET_MAX = 65520     /* largest SCTP packet, bytes; a multiple of 4 */
};

struct usctp__slab {
    struct usctp__mem *mem;     /* where the buffers come from */
    uint8_t *bytes;             /* USCTP__SLAB_LEN bytes; made on first use */
    struct usctp_dgram *dgrams; /* USCTP__SLAB_CNT of them */
    uint32_t *assoc_ids;        /* for each datagram: the id of its association, 0: stateless */
    uint32_t *path_ids;         /* for each datagram: the id of its path, 0: none */
    size_t used_len;            /* bytes in use */
    size_t cnt;                 /* datagrams in use */
    bool late;                  /* some were held back: they leave later than they were built */
};

void usctp__slab_init(struct usctp__slab *slab, struct usctp__mem *mem);
void usctp__slab_destroy(struct usctp__slab *slab);

/* Room for a packet of up to max_len bytes at the end of the slab, 4-byte aligned; NULL: full (flush
 * first) or no memory. Stays valid until the commit; nothing is taken before it. */
uint8_t *usctp__slab_room(struct usctp__slab *slab, size_t max_len);

/* Takes the packet of len bytes (a multiple of 4) that was written where usctp__slab_room said and
 * returns its datagram, for the caller to set the addresses and the lower layer, and what else is not
 * zero. */
struct usctp_dgram *usctp__slab_commit(struct usctp__slab *slab, size_t len, uint32_t assoc_id,
                                       uint32_t path_id);

/* Nothing is in it any more. */
void usctp__slab_reset(struct usctp__slab *slab);

#endif
