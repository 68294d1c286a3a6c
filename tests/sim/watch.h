/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every packet that a stack sends must be, whatever the world does to it afterwards: it parses,
 * its checksum is right, its chunks may stand together, retransmissions repeat what was sent before,
 * and acknowledgements never go back: neither the cumulative TSN nor the right edge of the window.
 *
 * One watch sees all stacks of a simulation; it knows associations by the tags on the wire.
 */
#ifndef USCTP_SIM_WATCH_H
#define USCTP_SIM_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "sim/wire.h"

struct sim_watch_tag;  /* watch.c: a verification tag that was seen in INIT or INIT ACK */
struct sim_watch_flow; /* watch.c: one direction of an association */

enum { SIM_WATCH_BUCKETS = 256 };

struct sim_watch {
    struct sim_watch_tag *tags[SIM_WATCH_BUCKETS];
    struct sim_watch_flow *flows[SIM_WATCH_BUCKETS];
    uint32_t max_window; /* no a_rwnd may be larger; 0: any */
    int lenient;         /* forged packets are about: what peers were told is not what was sent, and
                          * flows are not compared */
    int dtls;            /* packets may lack their checksum (RFC 9653) */
    uint64_t packet_cnt; /* packets seen, */
    uint64_t bare_cnt;   /* of these without a checksum */
    uint64_t i_data_cnt, auth_cnt; /* chunks */
    uint64_t chunk_cnt[16];        /* chunks by type, the rest in 15 */
};

/* What a packet holds, for those who want to know more. */
enum { SIM_WATCH_ASCONF_BIT = 30 };

/* The bit of a chunk type in a mask: its number, 0 (DATA) for I-DATA too, 30 for ASCONF and
 * ASCONF-ACK, 31 for others. */
unsigned sim_watch_bit(unsigned type);

struct sim_watch_summary {
    uint32_t tag;   /* verification tag */
    uint32_t types; /* bit n: a chunk of type n, types above 30 as bit 31 */
    uint32_t chunk_cnt;
    int again; /* it has DATA that was sent before */
};

/* Starts empty. */
void sim_watch_init(struct sim_watch *watch);

/* Frees all it knows. */
void sim_watch_free(struct sim_watch *watch);

/* An association with these tags begins anew: its old flows are forgotten. */
void sim_watch_forget(struct sim_watch *watch, uint32_t tag);

/* Looks at a packet on its way out; fails the simulation if it is not as it must be. */
void sim_watch_sent(struct sim_watch *watch, const uint8_t *packet, size_t len,
                    struct sim_watch_summary *summary);

#endif
