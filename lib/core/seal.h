/* SPDX-License-Identifier: BSD-3-Clause */
/* What ends a packet: the common header, the checksum, its datagram in the slab; and what is counted on the way. */
#ifndef USCTP_CORE_SEAL_H
#define USCTP_CORE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "core/assoc.h"

/* The common header, without a checksum. */
static inline void usctp__seal_plain(struct usctp__core *core, uint8_t *packet, size_t len,
                                     uint16_t src_port, uint16_t dst_port, uint32_t tag)
{
    usctp__put16(packet, src_port);
    usctp__put16(packet + 2, dst_port);
    usctp__put32(packet + 4, tag);
    usctp__put32(packet + 8, 0);
    core->stats.out_sctp_packs++;
    core->stats.out_bytes += len;
}

/* The common header with the checksum, which is of the whole packet. */
static inline void usctp__seal(struct usctp__core *core, uint8_t *packet, size_t len,
                               uint16_t src_port, uint16_t dst_port, uint32_t tag)
{
    usctp__seal_plain(core, packet, len, src_port, dst_port, tag);
    usctp__put32(packet + 8, usctp__crc32c_zeroed(core->crc32c, packet, len));
}

/* Addresses a datagram of the slab to a path. */
static inline void usctp__seal_address(struct usctp_dgram *dgram, const struct usctp__path *path)
{
    dgram->local = path->local;
    dgram->remote = path->remote;
    dgram->remote_udp_port = path->udp_port;
    dgram->dscp = path->dscp;
    dgram->lower = path->lower;
}

/* Hands the packet of len bytes that stands in the slab on, to this path. */
static inline struct usctp_dgram *usctp__seal_commit(struct usctp_assoc *assoc,
                                                     struct usctp__path *path, size_t len)
{
    struct usctp_dgram *dgram = usctp__slab_commit(&assoc->core->slab, len, assoc->id, path->id);

    usctp__seal_address(dgram, path);
    path->sent_packet_cnt++;
    path->sent_byte_cnt += len;
    assoc->counters.sent_packets++;
    return dgram;
}

/* Counts a control chunk. */
static inline void usctp__count_ctrl(struct usctp_assoc *assoc)
{
    assoc->core->stats.out_ctrl_chunks++;
    assoc->counters.sent_ctrl_chunks++;
}

/* Counts a chunk of this message that is sent the first time. */
static inline void usctp__count_first(struct usctp_assoc *assoc, const struct usctp__outmsg *msg)
{
    if (USCTP__LIKELY(usctp__outmsg_ordered(msg))) {
        assoc->core->stats.out_order_chunks++;
        assoc->counters.sent_ordered_chunks++;
    } else {
        assoc->core->stats.out_unorder_chunks++;
        usctp__rare(assoc)->sent_unordered_chunks++;
    }
}

#endif
