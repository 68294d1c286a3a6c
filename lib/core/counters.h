/* SPDX-License-Identifier: BSD-3-Clause */
/* What an association counts, as in struct usctp_assoc_stats. */
#ifndef USCTP_CORE_COUNTERS_H
#define USCTP_CORE_COUNTERS_H

#include <stdint.h>

/* What every association counts. */
struct usctp__assoc_counters {
    uint64_t sent_packets, received_packets;
    uint32_t sent_ctrl_chunks, received_ctrl_chunks;
    uint32_t heartbeats_sent, heartbeat_acks_received;
    uint64_t sent_messages, received_messages;
    uint64_t sent_bytes, received_bytes;
    uint64_t sent_ordered_chunks, received_ordered_chunks;
    uint32_t sent_sacks, received_sacks;
};

/* What few do: made when there is something to count. */
struct usctp__rare_counters {
    uint64_t retransmitted_bytes;
    uint64_t sent_unordered_chunks, received_unordered_chunks;
    uint32_t retransmitted_chunks, fast_retransmits, t3_expiries;
    uint32_t duplicate_tsns, reneged_tsns, dropped_data;
    uint32_t peer_duplicate_tsns, gap_acks_received;
    uint32_t failovers, rebindings, ignored_heartbeat_acks;
    uint32_t tail_probes, spurious_losses;
    uint32_t potential_failures, switchovers;
    uint32_t marked_packets, ecn_reductions;
    uint32_t mtu_probes, black_holes;
    uint32_t out_of_order_tsns;
    uint32_t lost_heartbeats;
    uint32_t t1_init_expiries, t1_cookie_expiries;
    uint32_t t2_shutdown_expiries, t2_shutdown_ack_expiries;
};

#endif
