/* SPDX-License-Identifier: BSD-3-Clause */
/* Statistics of stacks and associations. */
#include <string.h>

#include "core/assoc.h"
#include "core/pr.h"
#include "stack/endpoint.h"
#include "stack/sized.h"
#include "stack/stack.h"

int usctp_stack_stats(const usctp_stack *stack, struct usctp_stack_stats *stats)
{
    struct usctp_stack_stats mine;

    if (stack == NULL) {
        return USCTP_EINVAL;
    }
    mine = stack->core.stats;
    mine.memory_bytes = stack->core.mem.used;
    mine.memory_peak_bytes = stack->core.mem.peak;
    mine.allocations = stack->core.mem.alloc_cnt;
    return usctp__sized_out(stats, &mine, sizeof(mine), sizeof(struct usctp_stack_stats));
}

static void describe_state(const struct usctp_assoc *assoc, struct usctp_assoc_stats *stats)
{
    stats->state = assoc->state;
    stats->local_port = assoc->my_port;
    stats->remote_port = assoc->peer_port;
    stats->out_streams = assoc->out_streams;
    stats->in_streams = assoc->in_streams;
    stats->local_tag = assoc->my_tag;
    stats->remote_tag = assoc->peer_tag;
    stats->peer_rwnd = assoc->tx.peer_rwnd;
    stats->advertised_rwnd = assoc->rx.advertised;
    stats->flight = assoc->tx.flight;
    stats->buffered = assoc->tx.buffered;
    stats->held_bytes = usctp__rx_held(&assoc->rx);
    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        stats->outstanding_chunks += path->flight_cnt;
    }
    stats->unsent_messages = assoc->tx.outq.msg_cnt;
    stats->error_cnt = assoc->error_cnt;
    stats->primary = assoc->paths.primary != NULL ? assoc->paths.primary->id : 0;
}

static void describe_counters(const struct usctp__assoc_counters *counters,
                              struct usctp_assoc_stats *stats)
{
    stats->sent_messages = counters->sent_messages;
    stats->received_messages = counters->received_messages;
    stats->sent_bytes = counters->sent_bytes;
    stats->received_bytes = counters->received_bytes;
    stats->sent_packets = counters->sent_packets;
    stats->received_packets = counters->received_packets;
    stats->sent_sacks = counters->sent_sacks;
    stats->received_sacks = counters->received_sacks;
    stats->heartbeats_sent = counters->heartbeats_sent;
    stats->heartbeat_acks_received = counters->heartbeat_acks_received;
    stats->sent_ctrl_chunks = counters->sent_ctrl_chunks;
    stats->received_ctrl_chunks = counters->received_ctrl_chunks;
    stats->sent_ordered_chunks = counters->sent_ordered_chunks;
    stats->received_ordered_chunks = counters->received_ordered_chunks;
}

static void describe_rare(const struct usctp__rare_counters *rare, struct usctp_assoc_stats *stats)
{
    stats->retransmitted_bytes = rare->retransmitted_bytes;
    stats->received_unordered_chunks = rare->received_unordered_chunks;
    stats->sent_unordered_chunks = rare->sent_unordered_chunks;
    stats->retransmitted_chunks = rare->retransmitted_chunks;
    stats->fast_retransmits = rare->fast_retransmits;
    stats->t3_expiries = rare->t3_expiries;
    stats->duplicate_tsns = rare->duplicate_tsns;
    stats->reneged_tsns = rare->reneged_tsns;
    stats->gap_acks_received = rare->gap_acks_received;
    stats->peer_duplicate_tsns = rare->peer_duplicate_tsns;
    stats->dropped_data = rare->dropped_data;
    stats->failovers = rare->failovers;
    stats->rebindings = rare->rebindings;
    stats->ignored_heartbeat_acks = rare->ignored_heartbeat_acks;
    stats->tail_probes = rare->tail_probes;
    stats->spurious_losses = rare->spurious_losses;
    stats->potential_failures = rare->potential_failures;
    stats->switchovers = rare->switchovers;
    stats->marked_packets = rare->marked_packets;
    stats->ecn_reductions = rare->ecn_reductions;
    stats->out_of_order_tsns = rare->out_of_order_tsns;
    stats->lost_heartbeats = rare->lost_heartbeats;
    stats->mtu_probes = rare->mtu_probes;
    stats->black_holes = rare->black_holes;
    stats->t1_init_expiries = rare->t1_init_expiries;
    stats->t1_cookie_expiries = rare->t1_cookie_expiries;
    stats->t2_shutdown_expiries = rare->t2_shutdown_expiries;
    stats->t2_shutdown_ack_expiries = rare->t2_shutdown_ack_expiries;
}

int usctp_assoc_stats(const usctp_assoc *assoc, struct usctp_assoc_stats *stats)
{
    struct usctp_assoc_stats mine;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    memset(&mine, 0, sizeof(mine));
    describe_state(assoc, &mine);
    describe_counters(&assoc->counters, &mine);
    mine.sack_expiries = assoc->sack_expiries;
    if (assoc->rare != NULL) {
        describe_rare(assoc->rare, &mine);
    }
    return usctp__sized_out(stats, &mine, sizeof(mine), sizeof(struct usctp_assoc_stats));
}

void usctp_stack_each_assoc(usctp_stack *stack, void (*fn)(void *ctx, usctp_assoc *assoc),
                            void *ctx)
{
    if (stack == NULL || fn == NULL) {
        return;
    }
    USCTP__LIST_FOREACH(endpoint_link, &stack->endpoints)
    {
        USCTP__LIST_FOREACH(link, &usctp__endpoint_of(endpoint_link)->assocs)
        {
            struct usctp_assoc *assoc = USCTP__CONTAINER_OF(link, struct usctp_assoc, stack_link);

            if (!assoc->freed) {
                fn(ctx, assoc);
            }
        }
    }
}

/* The counters of one policy; NULL stands for zeros. */
static int tell_abandoned(const struct usctp__pr_counters *counters, int policy,
                          uint64_t *unsent_cnt, uint64_t *sent_cnt)
{
    if (policy < USCTP_PR_NONE || policy > USCTP_PR_PRIORITY || unsent_cnt == NULL ||
        sent_cnt == NULL) {
        return USCTP_EINVAL;
    }
    *unsent_cnt = counters != NULL ? counters->unsent[policy] : 0;
    *sent_cnt = counters != NULL ? counters->sent[policy] : 0;
    return USCTP_OK;
}

int usctp_assoc_abandoned(const usctp_assoc *assoc, int policy, uint64_t *unsent_cnt,
                          uint64_t *sent_cnt)
{
    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    return tell_abandoned(usctp__pr_counters(assoc), policy, unsent_cnt, sent_cnt);
}

int usctp_stream_abandoned(const usctp_assoc *assoc, uint16_t stream, int policy,
                           uint64_t *unsent_cnt, uint64_t *sent_cnt)
{
    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    if (stream >= assoc->out_streams) {
        return USCTP_ENOENT;
    }
    return tell_abandoned(usctp__pr_stream_counters(assoc, stream), policy, unsent_cnt, sent_cnt);
}
