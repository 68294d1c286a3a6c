/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be asked of associations (RFC 6458, 8.2), and Linux's counters. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/time.h"
#include "socket/addrs.h"
#include "socket/opt.h"

enum { IPV4_HEADER_LEN = 20, IPV6_HEADER_LEN = 40, UDP_HEADER_LEN = 8 };

/* --- SCTP_GET_PEER_ADDR_INFO (8.2.2), SCTP_STATUS (8.2.1) -------------------------------------- */

static int32_t state_of_path(int state)
{
    switch (state) {
    case USCTP_PATH_ACTIVE:
        return SCTP_ACTIVE;
    case USCTP_PATH_INACTIVE:
        return SCTP_INACTIVE;
    case USCTP_PATH_POTENTIALLY_FAILED:
        return SCTP_POTENTIALLY_FAILED; /* RFC 7829, 7.1 */
    default:
        return SCTP_UNCONFIRMED;
    }
}

/* Fills in the structure that stands `at` bytes into the option. */
static void tell_path(struct usctp__opt_call *call, size_t at, const struct usctp_path_info *info)
{
    struct sctp_paddrinfo out;

    memset(&out, 0, sizeof(out));
    out.spinfo_assoc_id = call->peer->id;
    out.spinfo_state = state_of_path(info->state);
    out.spinfo_cwnd = info->cwnd;
    out.spinfo_srtt = usctp__time_to_ms_up(info->srtt_dur);
    out.spinfo_rto = usctp__time_to_ms_up(info->rto_dur);
    out.spinfo_mtu = info->max_packet +
                     (info->remote.family == USCTP_AF_IPV6 ? IPV6_HEADER_LEN : IPV4_HEADER_LEN) +
                     (info->remote_udp_port != 0 ? UDP_HEADER_LEN : 0);
    memcpy(call->value->bytes + at, &out, sizeof(out));
    usctp__opt_put_address(call, at + offsetof(struct sctp_paddrinfo, spinfo_address),
                           &info->remote);
}

static int get_paddrinfo(struct usctp__opt_call *call)
{
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    struct usctp_addr addr;
    bool any;

    if (!usctp__opt_address(call, offsetof(struct sctp_paddrinfo, spinfo_address), &addr, &any) ||
        any || call->peer == NULL || usctp__opt_paths(call->peer, &addr, ids) == 0 ||
        usctp_path_info(call->peer->assoc, ids[0], &info) != 0) {
        return -EINVAL;
    }
    tell_path(call, 0, &info);
    return 0;
}

static int32_t state_of_assoc(enum usctp_assoc_state state)
{
    static const int32_t states[] = {
        [USCTP_STATE_CLOSED] = SCTP_CLOSED,
        [USCTP_STATE_COOKIE_WAIT] = SCTP_COOKIE_WAIT,
        [USCTP_STATE_COOKIE_ECHOED] = SCTP_COOKIE_ECHOED,
        [USCTP_STATE_ESTABLISHED] = SCTP_ESTABLISHED,
        [USCTP_STATE_SHUTDOWN_PENDING] = SCTP_SHUTDOWN_PENDING,
        [USCTP_STATE_SHUTDOWN_SENT] = SCTP_SHUTDOWN_SENT,
        [USCTP_STATE_SHUTDOWN_RECEIVED] = SCTP_SHUTDOWN_RECEIVED,
        [USCTP_STATE_SHUTDOWN_ACK_SENT] = SCTP_SHUTDOWN_ACK_SENT,
    };

    return states[state];
}

static uint16_t cut(uint64_t cnt)
{
    return cnt > UINT16_MAX ? UINT16_MAX : (uint16_t)cnt;
}

/* Messages of the association that wait to be read: the core cannot count chunks of them. */
static uint64_t pending(const struct usctp__opt_call *call)
{
    uint64_t cnt = 0;

    USCTP__LIST_FOREACH(link, &call->sock->rxq.recs)
    {
        const struct usctp__rec *rec = USCTP__CONTAINER_OF(link, struct usctp__rec, link);

        cnt += rec->peer == call->peer && rec->kind == USCTP__REC_MESSAGE;
    }
    return cnt;
}

static int get_status(struct usctp__opt_call *call)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    struct sctp_status *out = &call->value->status;

    if (usctp_assoc_stats(call->peer->assoc, &stats) != 0 ||
        usctp_path_info(call->peer->assoc, USCTP_PATH_ANY, &info) != 0) {
        return -EINVAL;
    }
    out->sstat_state = state_of_assoc(usctp_assoc_state(call->peer->assoc));
    out->sstat_rwnd = stats.peer_rwnd;
    out->sstat_unackdata = cut(stats.outstanding_chunks);
    out->sstat_penddata = cut(pending(call));
    out->sstat_instrms = stats.in_streams;
    out->sstat_outstrms = stats.out_streams;
    out->sstat_fragmentation_point = usctp__frag_point(call->peer);
    tell_path(call, offsetof(struct sctp_status, sstat_primary), &info);
    return 0;
}

/* --- SCTP_GET_ASSOC_NUMBER (8.2.5), SCTP_GET_ASSOC_ID_LIST (8.2.6) ----------------------------- */

static int get_number(struct usctp__opt_call *call)
{
    call->value->count = call->sock->peer_cnt;
    return 0;
}

static int get_ids(struct usctp__opt_call *call)
{
    size_t len = sizeof(struct sctp_assoc_ids);
    uint32_t cnt = call->sock->peer_cnt;

    if (call->user_len < len + cnt * sizeof(sctp_assoc_t)) {
        return -EINVAL;
    }
    memcpy(call->user, &cnt, sizeof(cnt));
    USCTP__LIST_FOREACH(link, &call->sock->peers)
    {
        const struct usctp__peer *peer = USCTP__CONTAINER_OF(link, struct usctp__peer, link);

        memcpy(call->user + len, &peer->id, sizeof(peer->id));
        len += sizeof(peer->id);
    }
    call->len = len;
    return 0;
}

/* --- SCTP_GET_ASSOC_STATS ---------------------------------------------------------------------- */

/* The largest timeout of the paths now, and whose it is. */
static void tell_rto(struct usctp__opt_call *call, struct sctp_assoc_stats *out)
{
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    size_t cnt = usctp__opt_paths(call->peer, NULL, ids);
    uint64_t most_dur = 0;

    for (size_t i = 0; i < cnt; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;

        if (usctp_path_info(call->peer->assoc, ids[i], &info) == 0 && info.rto_dur > most_dur) {
            most_dur = info.rto_dur;
            usctp__opt_put_address(call, offsetof(struct sctp_assoc_stats, sas_obs_rto_ipaddr),
                                   &info.remote);
        }
    }
    out->sas_maxrto = usctp__time_to_ms_up(most_dur);
}

static int get_stats(struct usctp__opt_call *call)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    struct sctp_assoc_stats *out = &call->value->stats;

    if (usctp_assoc_stats(call->peer->assoc, &stats) != 0) {
        return -EINVAL;
    }
    memset(out, 0, sizeof(*out));
    tell_rto(call, out);
    out->sas_isacks = stats.received_sacks;
    out->sas_osacks = stats.sent_sacks;
    out->sas_opackets = stats.sent_packets;
    out->sas_ipackets = stats.received_packets;
    out->sas_rtxchunks = stats.retransmitted_chunks;
    out->sas_idupchunks = stats.duplicate_tsns;
    out->sas_gapcnt = stats.gap_acks_received;
    out->sas_outofseqtsns = stats.out_of_order_tsns;
    out->sas_ouodchunks = stats.sent_unordered_chunks;
    out->sas_iuodchunks = stats.received_unordered_chunks;
    out->sas_oodchunks = stats.sent_ordered_chunks;
    out->sas_iodchunks = stats.received_ordered_chunks;
    out->sas_octrlchunks = stats.sent_ctrl_chunks;
    out->sas_ictrlchunks = stats.received_ctrl_chunks;
    return 0;
}

/* --- SCTP_TIMEOUTS (FreeBSD's) ----------------------------------------------------------------- */

static int get_timeouts(struct usctp__opt_call *call)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    struct sctp_timeouts *out = &call->value->timeouts;

    if (usctp_assoc_stats(call->peer->assoc, &stats) != 0) {
        return -EINVAL;
    }
    out->stimo_init = (uint32_t)stats.t1_init_expiries;
    out->stimo_data = (uint32_t)stats.t3_expiries;
    out->stimo_sack = (uint32_t)stats.sack_expiries;
    out->stimo_shutdown = (uint32_t)stats.t2_shutdown_expiries;
    out->stimo_heartbeat = (uint32_t)stats.lost_heartbeats;
    out->stimo_cookie = (uint32_t)stats.t1_cookie_expiries;
    out->stimo_shutdownack = (uint32_t)stats.t2_shutdown_ack_expiries;
    return 0;
}

/* --- The rows --------------------------------------------------------------------------------- */

enum {
    SOCK = USCTP__OPT_SOCK,
    ASSOC = USCTP__OPT_ASSOC,
    PATH = USCTP__OPT_PATH,
    MANY = USCTP__OPT_MANY,
    RAW = USCTP__OPT_RAW,
    NO_ID = USCTP__OPT_NO_ID
};

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_STATUS, ASSOC, 0, sizeof(struct sctp_status), sizeof(struct sctp_status),
     get_status, NULL},
    {IPPROTO_SCTP, SCTP_GET_PEER_ADDR_INFO, ASSOC | PATH, 0, sizeof(struct sctp_paddrinfo),
     sizeof(struct sctp_paddrinfo), get_paddrinfo, NULL},
    {IPPROTO_SCTP, SCTP_GET_ASSOC_NUMBER, SOCK | MANY, NO_ID, sizeof(uint32_t), sizeof(uint32_t),
     get_number, NULL},
    {IPPROTO_SCTP, SCTP_GET_ASSOC_ID_LIST, SOCK | MANY | RAW, NO_ID, sizeof(uint32_t),
     sizeof(uint32_t), get_ids, NULL},
    {IPPROTO_SCTP, SCTP_GET_ASSOC_STATS, ASSOC, 0, sizeof(sctp_assoc_t),
     sizeof(struct sctp_assoc_stats), get_stats, NULL},
    {IPPROTO_SCTP, SCTP_TIMEOUTS, ASSOC, 0, sizeof(sctp_assoc_t), sizeof(struct sctp_timeouts),
     get_timeouts, NULL},
};

const struct usctp__opt_family usctp__opts_info = {rows, sizeof(rows) / sizeof(rows[0])};
