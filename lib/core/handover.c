/* SPDX-License-Identifier: BSD-3-Clause */
/* Handover: what stands in the string, in which order. Members are only ever added at the end of a table. */
#include "core/handover.h"

#include <string.h>

#include "base/compiler.h"

#define FIELD(type, member)                                                                    \
    {                                                                                          \
        (uint16_t) offsetof(struct type, member), (uint16_t)sizeof(((struct type *)0)->member) \
    }
/* `later` of them came after version 1.0. */
#define FIELDS_GROWN(table, later)                                                      \
    {                                                                                   \
        table, sizeof(table) / sizeof(*table), sizeof(table) / sizeof(*table) - (later) \
    }
#define FIELDS(table) FIELDS_GROWN(table, 0)

static const struct usctp__handover_field assoc_fields[] = {
    FIELD(usctp__handover_assoc, my_port),        FIELD(usctp__handover_assoc, peer_port),
    FIELD(usctp__handover_assoc, my_tag),         FIELD(usctp__handover_assoc, peer_tag),
    FIELD(usctp__handover_assoc, my_tie_tag),     FIELD(usctp__handover_assoc, peer_tie_tag),
    FIELD(usctp__handover_assoc, my_initial_tsn), FIELD(usctp__handover_assoc, peer_initial_tsn),
    FIELD(usctp__handover_assoc, next_tsn),       FIELD(usctp__handover_assoc, cum_tsn),
    FIELD(usctp__handover_assoc, extensions),     FIELD(usctp__handover_assoc, error_cnt),
    FIELD(usctp__handover_assoc, peer_window),    FIELD(usctp__handover_assoc, peer_max_window),
    FIELD(usctp__handover_assoc, credit),         FIELD(usctp__handover_assoc, advertised),
    FIELD(usctp__handover_assoc, window),         FIELD(usctp__handover_assoc, low_water),
    FIELD(usctp__handover_assoc, next_path_id),   FIELD(usctp__handover_assoc, primary),
    FIELD(usctp__handover_assoc, sack_expiries),  FIELD(usctp__handover_assoc, out_streams),
    FIELD(usctp__handover_assoc, in_streams),     FIELD(usctp__handover_assoc, active),
    FIELD(usctp__handover_assoc, first_sacked),   FIELD(usctp__handover_assoc, skips),
    FIELD(usctp__handover_assoc, low_water_set),
};
const struct usctp__handover_fields usctp__handover_assoc_fields = FIELDS(assoc_fields);

static const struct usctp__handover_field params_fields[] = {
    FIELD(usctp_params, rto_initial_dur),
    FIELD(usctp_params, rto_min_dur),
    FIELD(usctp_params, rto_max_dur),
    FIELD(usctp_params, init_rto_max_dur),
    FIELD(usctp_params, cookie_life_dur),
    FIELD(usctp_params, hb_interval_dur),
    FIELD(usctp_params, sack_delay_dur),
    FIELD(usctp_params, shutdown_guard_dur),
    FIELD(usctp_params, autoclose_dur),
    FIELD(usctp_params, rto_alpha_shift),
    FIELD(usctp_params, rto_beta_shift),
    FIELD(usctp_params, assoc_max_retrans),
    FIELD(usctp_params, path_max_retrans),
    FIELD(usctp_params, max_init_retrans),
    FIELD(usctp_params, hb_max_burst),
    FIELD(usctp_params, max_burst),
    FIELD(usctp_params, sack_every),
    FIELD(usctp_params, max_packet),
    FIELD(usctp_params, max_segment),
    FIELD(usctp_params, receive_window),
    FIELD(usctp_params, receive_memory),
    FIELD(usctp_params, send_buffer),
    FIELD(usctp_params, max_message),
    FIELD(usctp_params, partial_delivery_point),
    FIELD(usctp_params, flags),
    FIELD(usctp_params, out_streams),
    FIELD(usctp_params, max_in_streams),
    FIELD(usctp_params, dscp),
    FIELD(usctp_params, receive_window_max),
    FIELD(usctp_params, send_buffer_max),
    FIELD(usctp_params, congestion_control),
    FIELD(usctp_params, extensions),
    FIELD(usctp_params, pf_max_retrans),
    FIELD(usctp_params, switchover_max_retrans),
    FIELD(usctp_params, reconf_allow),
    FIELD(usctp_params, probe_interval_dur),
    FIELD(usctp_params, search_max_packet),
    FIELD(usctp_params, scheduler),
    FIELD(usctp_params, adaptation),
    FIELD(usctp_params, max_cwnd),
    FIELD(usctp_params, window_update_shift),
    FIELD(usctp_params, listed_addrs),
};
const struct usctp__handover_fields usctp__handover_params_fields = FIELDS_GROWN(params_fields, 2);

static const struct usctp__handover_field path_fields[] = {
    FIELD(usctp__handover_path, id),
    FIELD(usctp__handover_path, max_packet),
    FIELD(usctp__handover_path, error_cnt),
    FIELD(usctp__handover_path, cwnd),
    FIELD(usctp__handover_path, ssthresh),
    FIELD(usctp__handover_path, partial_bytes_acked),
    FIELD(usctp__handover_path, srtt_dur),
    FIELD(usctp__handover_path, rttvar_dur),
    FIELD(usctp__handover_path, rto_dur),
    FIELD(usctp__handover_path, idle_dur),
    FIELD(usctp__handover_path, data_dur),
    FIELD(usctp__handover_path, sent_packet_cnt),
    FIELD(usctp__handover_path, sent_byte_cnt),
    FIELD(usctp__handover_path, received_packet_cnt),
    FIELD(usctp__handover_path, received_byte_cnt),
    FIELD(usctp__handover_path, retransmit_cnt),
    FIELD(usctp__handover_path, t3_cnt),
    FIELD(usctp__handover_path, fast_retransmit_cnt),
    FIELD(usctp__handover_path, oversize_cnt),
    FIELD(usctp__handover_path, udp_port),
    FIELD(usctp__handover_path, state),
    FIELD(usctp__handover_path, heartbeat),
    FIELD(usctp__handover_path, dscp),
    FIELD(usctp__handover_path, unannounced),
    FIELD(usctp__handover_path, search_high),
    FIELD(usctp__handover_path, search_dur),
};
const struct usctp__handover_fields usctp__handover_path_fields = FIELDS(path_fields);

static const struct usctp__handover_field set_fields[] = {
    FIELD(usctp__path_settings, bounds.initial_dur),
    FIELD(usctp__path_settings, bounds.min_dur),
    FIELD(usctp__path_settings, bounds.max_dur),
    FIELD(usctp__path_settings, bounds.alpha_shift),
    FIELD(usctp__path_settings, bounds.beta_shift),
    FIELD(usctp__path_settings, hb_interval_dur),
    FIELD(usctp__path_settings, max_retrans),
    FIELD(usctp__path_settings, pf_retrans),
    FIELD(usctp__path_settings, switch_retrans),
    FIELD(usctp__path_settings, max_packet),
    FIELD(usctp__path_settings, search_max_packet),
    FIELD(usctp__path_settings, probe_interval_dur),
};
const struct usctp__handover_fields usctp__handover_set_fields = FIELDS(set_fields);

static const struct usctp__handover_field reconf_fields[] = {
    FIELD(usctp__handover_reconf, next_seq), FIELD(usctp__handover_reconf, expected),
    FIELD(usctp__handover_reconf, seen_seq), FIELD(usctp__handover_reconf, seen_cnt),
    FIELD(usctp__handover_reconf, result0),  FIELD(usctp__handover_reconf, result1),
    FIELD(usctp__handover_reconf, my_tsn),   FIELD(usctp__handover_reconf, peer_tsn),
    FIELD(usctp__handover_reconf, tsn_dur),  FIELD(usctp__handover_reconf, performed_tsn),
};
const struct usctp__handover_fields usctp__handover_reconf_fields = FIELDS(reconf_fields);

static const struct usctp__handover_field asconf_fields[] = {
    FIELD(usctp__handover_asconf, next_seq),       FIELD(usctp__handover_asconf, peer_seq),
    FIELD(usctp__handover_asconf, wanted_primary), FIELD(usctp__handover_asconf, refused),
    FIELD(usctp__handover_asconf, no_primary),
};
const struct usctp__handover_fields usctp__handover_asconf_fields = FIELDS(asconf_fields);

static const struct usctp__handover_field ecn_fields[] = {
    FIELD(usctp__handover_ecn, marked_tsn),   FIELD(usctp__handover_ecn, reduced_tsn),
    FIELD(usctp__handover_ecn, reduced_path), FIELD(usctp__handover_ecn, echo),
    FIELD(usctp__handover_ecn, lost_beyond),
};
const struct usctp__handover_fields usctp__handover_ecn_fields = FIELDS(ecn_fields);

static const struct usctp__handover_field auth_fields[] = {
    FIELD(usctp__handover_auth, active),
    FIELD(usctp__handover_auth, hmac_cnt),
    FIELD(usctp__handover_auth, hmac0),
    FIELD(usctp__handover_auth, hmac1),
};
const struct usctp__handover_fields usctp__handover_auth_fields = FIELDS(auth_fields);

static const struct usctp__handover_field counter_fields[] = {
    FIELD(usctp__assoc_counters, sent_messages),
    FIELD(usctp__assoc_counters, received_messages),
    FIELD(usctp__assoc_counters, sent_bytes),
    FIELD(usctp__assoc_counters, received_bytes),
    FIELD(usctp__assoc_counters, sent_packets),
    FIELD(usctp__assoc_counters, received_packets),
    FIELD(usctp__assoc_counters, sent_ordered_chunks),
    FIELD(usctp__assoc_counters, received_ordered_chunks),
    FIELD(usctp__assoc_counters, sent_ctrl_chunks),
    FIELD(usctp__assoc_counters, received_ctrl_chunks),
    FIELD(usctp__assoc_counters, sent_sacks),
    FIELD(usctp__assoc_counters, received_sacks),
    FIELD(usctp__assoc_counters, heartbeats_sent),
    FIELD(usctp__assoc_counters, heartbeat_acks_received),
};
const struct usctp__handover_fields usctp__handover_counter_fields = FIELDS(counter_fields);

static const struct usctp__handover_field rare_fields[] = {
    FIELD(usctp__rare_counters, retransmitted_bytes),
    FIELD(usctp__rare_counters, sent_unordered_chunks),
    FIELD(usctp__rare_counters, received_unordered_chunks),
    FIELD(usctp__rare_counters, retransmitted_chunks),
    FIELD(usctp__rare_counters, fast_retransmits),
    FIELD(usctp__rare_counters, t3_expiries),
    FIELD(usctp__rare_counters, duplicate_tsns),
    FIELD(usctp__rare_counters, reneged_tsns),
    FIELD(usctp__rare_counters, dropped_data),
    FIELD(usctp__rare_counters, peer_duplicate_tsns),
    FIELD(usctp__rare_counters, gap_acks_received),
    FIELD(usctp__rare_counters, failovers),
    FIELD(usctp__rare_counters, rebindings),
    FIELD(usctp__rare_counters, ignored_heartbeat_acks),
    FIELD(usctp__rare_counters, tail_probes),
    FIELD(usctp__rare_counters, spurious_losses),
    FIELD(usctp__rare_counters, potential_failures),
    FIELD(usctp__rare_counters, switchovers),
    FIELD(usctp__rare_counters, marked_packets),
    FIELD(usctp__rare_counters, ecn_reductions),
    FIELD(usctp__rare_counters, mtu_probes),
    FIELD(usctp__rare_counters, black_holes),
    FIELD(usctp__rare_counters, out_of_order_tsns),
    FIELD(usctp__rare_counters, lost_heartbeats),
    FIELD(usctp__rare_counters, t1_init_expiries),
    FIELD(usctp__rare_counters, t1_cookie_expiries),
    FIELD(usctp__rare_counters, t2_shutdown_expiries),
    FIELD(usctp__rare_counters, t2_shutdown_ack_expiries),
};
const struct usctp__handover_fields usctp__handover_rare_fields = FIELDS(rare_fields);

static const struct usctp__handover_field abandoned_fields[] = {
    FIELD(usctp__pr_counters, unsent[USCTP_PR_NONE]),
    FIELD(usctp__pr_counters, sent[USCTP_PR_NONE]),
    FIELD(usctp__pr_counters, unsent[USCTP_PR_TIMED]),
    FIELD(usctp__pr_counters, sent[USCTP_PR_TIMED]),
    FIELD(usctp__pr_counters, unsent[USCTP_PR_RETRANSMITS]),
    FIELD(usctp__pr_counters, sent[USCTP_PR_RETRANSMITS]),
    FIELD(usctp__pr_counters, unsent[USCTP_PR_PRIORITY]),
    FIELD(usctp__pr_counters, sent[USCTP_PR_PRIORITY]),
};
const struct usctp__handover_fields usctp__handover_abandoned_fields = FIELDS(abandoned_fields);

/* --- Members ---------------------------------------------------------------------------------- */

uint64_t usctp__handover_get(const void *base, const struct usctp__handover_field *field)
{
    const uint8_t *at = (const uint8_t *)base + field->offset;
    uint32_t value32;
    uint64_t value;

    switch (field->len) {
    case 1:
        return *at;
    case 2: {
        uint16_t value16;

        memcpy(&value16, at, sizeof(value16));
        return value16;
    }
    case 4:
        memcpy(&value32, at, sizeof(value32));
        return value32;
    default:
        memcpy(&value, at, sizeof(value));
        return value;
    }
}

void usctp__handover_set(void *base, const struct usctp__handover_field *field, uint64_t value)
{
    uint8_t *at = (uint8_t *)base + field->offset;
    uint16_t value16 = (uint16_t)value;
    uint32_t value32 = (uint32_t)value;

    switch (field->len) {
    case 1:
        *at = (uint8_t)value;
        break;
    case 2:
        memcpy(at, &value16, sizeof(value16));
        break;
    case 4:
        memcpy(at, &value32, sizeof(value32));
        break;
    default:
        memcpy(at, &value, sizeof(value));
        break;
    }
}

/* --- Sections --------------------------------------------------------------------------------- */

bool usctp__handover_next(struct usctp__reader *r, unsigned *type, struct usctp__reader *section)
{
    uint32_t len;

    if (r->left == 0) {
        return false;
    }
    *type = usctp__reader_u16(r);
    (void)usctp__reader_u16(r); /* reserved */
    len = usctp__reader_u32(r);
    *section = usctp__reader_sub(r, len);
    return !r->failed;
}

void usctp__handover_read_fields(struct usctp__reader *r,
                                 const struct usctp__handover_fields *fields, void *base)
{
    for (size_t i = 0; i < fields->cnt && (i < fields->first_cnt || r->left > 0); i++) {
        const struct usctp__handover_field *field = &fields->fields[i];
        uint64_t value = field->len == 1   ? usctp__reader_u8(r)
                         : field->len == 2 ? usctp__reader_u16(r)
                         : field->len == 4 ? usctp__reader_u32(r)
                                           : usctp__reader_u64(r);

        usctp__handover_set(base, field, value);
    }
}

bool usctp__handover_read_key(struct usctp__reader *r, struct usctp__handover_key *key)
{
    key->id = usctp__reader_u16(r);
    key->retired = usctp__reader_u8(r);
    key->free_told = usctp__reader_u8(r);
    key->seen = usctp__reader_u8(r);
    key->len = usctp__reader_u32(r);
    key->secret = usctp__reader_bytes(r, key->len);
    return !r->failed;
}
