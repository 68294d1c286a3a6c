/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of packets in: checks, and who is to handle them. */
#ifndef USCTP_STACK_INGRESS_H
#define USCTP_STACK_INGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/input.h"
#include "wire/packet.h"

/* What a packet holds, seen from afar: for those that do not just belong to an association. */
struct usctp__glance {
    /* Its first chunk, an AUTH before it not looked at (RFC 4895, 6.3); of type AUTH if it holds nothing
     * else; valid if chunk_cnt is not 0. */
    struct usctp__chunk first;
    uint32_t chunk_cnt; /* whole chunks */
    bool malformed;     /* something follows that is no whole chunk */
    bool has_abort;
    bool abort_reflected;       /* the first ABORT has the T bit */
    uint32_t abort_index;       /* chunks before the first ABORT */
    bool has_shutdown_ack;      /* a SHUTDOWN ACK */
    bool has_shutdown_complete; /* a SHUTDOWN COMPLETE */
    bool has_setup_leftover;    /* a COOKIE ACK, or an ERROR with a Stale Cookie cause */
};

/* Looks over all chunks of a packet. */
void usctp__glance(struct usctp__glance *glance, const uint8_t *packet, size_t len);

/* The packet holds this chunk first and nothing else. */
static inline bool usctp__glance_alone(const struct usctp__glance *glance)
{
    return glance->chunk_cnt == 1 && !glance->malformed;
}

#endif
