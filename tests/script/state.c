/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters and states that a script looks at. */
#include "world.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

struct member {
    const char *name;
    size_t at, size;
    const char *const *words;
};

#define MEMBER(type, name)                                                         \
    {                                                                              \
#name, offsetof(struct type, name), sizeof(((struct type *)0)->name), NULL \
    }
#define WORDED(type, name, words)                                                   \
    {                                                                               \
#name, offsetof(struct type, name), sizeof(((struct type *)0)->name), words \
    }
#define STACK(name) MEMBER(usctp_stack_stats, name)
#define ASSOC(name) MEMBER(usctp_assoc_stats, name)
#define PATH(name)  MEMBER(usctp_path_info, name)

static const struct member stack_members[] = {
    STACK(curr_estab),         STACK(active_estabs),
    STACK(passive_estabs),     STACK(aborteds),
    STACK(shutdowns),          STACK(out_of_blues),
    STACK(checksum_errors),    STACK(out_ctrl_chunks),
    STACK(out_order_chunks),   STACK(out_unorder_chunks),
    STACK(in_ctrl_chunks),     STACK(in_order_chunks),
    STACK(in_unorder_chunks),  STACK(frag_usr_msgs),
    STACK(reasm_usr_msgs),     STACK(out_sctp_packs),
    STACK(in_sctp_packs),      STACK(curr_assocs),
    STACK(in_bytes),           STACK(out_bytes),
    STACK(dropped_short),      STACK(dropped_tag),
    STACK(dropped_source),     STACK(dropped_bundle),
    STACK(dropped_malformed),  STACK(dropped_memory),
    STACK(dropped_address),    STACK(dropped_rate),
    STACK(dropped_blocked),    STACK(dropped_unexpected),
    STACK(bad_cookies),        STACK(stale_cookies),
    STACK(icmp_ignored),       STACK(icmp_taken),
    STACK(send_blocked),       STACK(memory_bytes),
    STACK(allocations),        STACK(in_zero_checksums),
    STACK(out_zero_checksums), STACK(dropped_unauthenticated),
    STACK(auth_failures),      STACK(dropped_moved),
    STACK(ignored_skips),
};

static const struct member assoc_members[] = {
    WORDED(usctp_assoc_stats, state, world_state_words),
    ASSOC(local_port),
    ASSOC(remote_port),
    ASSOC(out_streams),
    ASSOC(in_streams),
    ASSOC(local_tag),
    ASSOC(remote_tag),
    ASSOC(peer_rwnd),
    ASSOC(advertised_rwnd),
    ASSOC(flight),
    ASSOC(buffered),
    ASSOC(held_bytes),
    ASSOC(outstanding_chunks),
    ASSOC(unsent_messages),
    ASSOC(error_cnt),
    ASSOC(primary),
    ASSOC(sent_messages),
    ASSOC(received_messages),
    ASSOC(sent_bytes),
    ASSOC(received_bytes),
    ASSOC(sent_packets),
    ASSOC(received_packets),
    ASSOC(retransmitted_chunks),
    ASSOC(retransmitted_bytes),
    ASSOC(fast_retransmits),
    ASSOC(t3_expiries),
    ASSOC(sent_sacks),
    ASSOC(received_sacks),
    ASSOC(tail_probes),
    ASSOC(spurious_losses),
    ASSOC(duplicate_tsns),
    ASSOC(peer_duplicate_tsns),
    ASSOC(gap_acks_received),
    ASSOC(reneged_tsns),
    ASSOC(dropped_data),
    ASSOC(failovers),
    ASSOC(rebindings),
    ASSOC(heartbeats_sent),
    ASSOC(heartbeat_acks_received),
    ASSOC(ignored_heartbeat_acks),
    ASSOC(potential_failures),
    ASSOC(switchovers),
    ASSOC(marked_packets),
    ASSOC(mtu_probes),
    ASSOC(black_holes),
    ASSOC(ecn_reductions),
    ASSOC(t1_init_expiries),
    ASSOC(t1_cookie_expiries),
    ASSOC(t2_shutdown_expiries),
    ASSOC(t2_shutdown_ack_expiries),
    ASSOC(sack_expiries),
    ASSOC(lost_heartbeats),
};

static const struct member path_members[] = {
    WORDED(usctp_path_info, state, world_path_state_words),
    PATH(id),
    PATH(primary),
    PATH(remote_udp_port),
    PATH(max_packet),
    PATH(rto_dur),
    PATH(srtt_dur),
    PATH(rttvar_dur),
    PATH(cwnd),
    PATH(ssthresh),
    PATH(flight),
    PATH(partial_bytes_acked),
    PATH(error_cnt),
    PATH(sent_packet_cnt),
    PATH(received_packet_cnt),
    PATH(sent_byte_cnt),
    PATH(received_byte_cnt),
    PATH(retransmit_cnt),
    PATH(t3_cnt),
    PATH(fast_retransmit_cnt),
    PATH(oversize_cnt),
};

static uint64_t number_of(const void *object, const struct member *member)
{
    const char *at = (const char *)object + member->at;
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;

    switch (member->size) {
    case 8:
        memcpy(&u64, at, 8);
        return u64;
    case 4:
        memcpy(&u32, at, 4);
        return u32;
    default:
        memcpy(&u16, at, 2);
        return u16;
    }
}

static bool takes(struct world *world, const struct value *value, const struct member *member,
                  uint64_t num, const char **word)
{
    *word = NULL;
    for (size_t i = 0; member->words != NULL && member->words[i] != NULL; i++) {
        if (i == num) {
            *word = member->words[i];
        }
    }
    if (value->kind == VALUE_WORD) {
        return same_word(*word, value->word);
    }
    return value_takes_num(&world->values, value, num);
}

static void compare(struct world *world, struct item *item, const void *object,
                    const struct member *members, size_t cnt)
{
    const char *word;

    for (size_t i = 0; i < cnt; i++) {
        char key[40];
        size_t len = strlen(members[i].name);
        uint64_t num = number_of(object, &members[i]);
        struct field *field;

        memcpy(key, members[i].name, len + 1);
        if (len > 4 && strcmp(key + len - 4, "_dur") == 0) {
            key[len - 4] = '\0';
        }
        field = item_field(item, key);
        if (field != NULL && !takes(world, &field->value, &members[i], num, &word)) {
            if (word != NULL) {
                world_fail(world, "%s is %s", key, word);
            }
            world_fail(world, "%s is %" PRIu64, key, num);
        }
    }
    item_all_used(&world->values, item);
}

void run_stat(struct world *world, struct item *item)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    if (usctp_stack_stats(world_stack(world), &stats) != 0) {
        world_fail(world, "usctp_stack_stats failed");
    }
    compare(world, item, &stats, stack_members, sizeof(stack_members) / sizeof(stack_members[0]));
}

/* `assoc none`: no association is left; else the numbers of one. */
void run_assoc(struct world *world, struct item *item)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    struct usctp_stack_stats all = USCTP_STACK_STATS_INIT;
    struct field *paths;
    usctp_assoc *assoc;

    if (item_word(item, "none")) {
        (void)usctp_stack_stats(world_stack(world), &all);
        if (all.curr_assocs != 0) {
            world_fail(world, "there are %" PRIu64 " associations", all.curr_assocs);
        }
        return;
    }
    assoc = world_assoc(world, item);
    if (usctp_assoc_stats(assoc, &stats) != 0) {
        world_fail(world, "usctp_assoc_stats failed");
    }
    paths = item_field(item, "paths");
    if (paths != NULL &&
        !value_takes_num(&world->values, &paths->value, usctp_assoc_paths(assoc, NULL, 0))) {
        world_fail(world, "there are %zu paths", usctp_assoc_paths(assoc, NULL, 0));
    }
    compare(world, item, &stats, assoc_members, sizeof(assoc_members) / sizeof(assoc_members[0]));
}

/* A path by its id, or the first one to an address. */
usctp_path_id path_of(struct world *world, usctp_assoc *assoc, const struct value *value)
{
    usctp_path_id ids[128];
    size_t cnt = usctp_assoc_paths(assoc, ids, 128);

    if (value->kind == VALUE_NUM) {
        return (usctp_path_id)value->num;
    }
    for (size_t i = 0; value->kind == VALUE_ADDR && i < cnt && i < 128; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;

        if (usctp_path_info(assoc, ids[i], &info) == 0 &&
            info.remote.family == value->addr.family &&
            memcmp(info.remote.bytes, value->addr.bytes, sizeof(info.remote.bytes)) == 0) {
            return ids[i];
        }
    }
    world_fail(world, "there is no such path");
    return 0;
}

void run_path(struct world *world, struct item *item)
{
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    usctp_assoc *assoc = world_assoc(world, item);
    struct field *which = item_bare(item, NULL);
    usctp_path_id id = which != NULL ? path_of(world, assoc, &which->value) : USCTP_PATH_ANY;

    if (usctp_path_info(assoc, id, &info) != 0) {
        world_fail(world, "there is no path %u", (unsigned)id);
    }
    compare(world, item, &info, path_members, sizeof(path_members) / sizeof(path_members[0]));
}
