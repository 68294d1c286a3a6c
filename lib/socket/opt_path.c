/* SPDX-License-Identifier: BSD-3-Clause */
/* Options about paths: RFC 6458, 8.1.9 and 8.1.12; RFC 6951, 6.1. */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>

#include "base/time.h"
#include "socket/opt.h"
#include "socket/table.h"

enum {
    MIN_MTU = 512,
    MAX_MTU = 65535,
    MIN_PACKET_LEN = 512, /* what the core takes */
    IPV4_HEADER_LEN = 20,
    IPV6_HEADER_LEN = 40,
    UDP_HEADER_LEN = 8,
    MAX_SACK_DELAY_MS = 500, /* RFC 9260, 6.2 */
    SACK_EVERY = 2,
    MAX_DUR_MS = 24 * 3600 * 1000,
    FLAGS_KNOWN = SPP_HB | SPP_HB_DEMAND | SPP_PMTUD | SPP_SACKDELAY | SPP_HB_TIME_IS_ZERO |
                  SPP_IPV6_FLOWLABEL | SPP_DSCP
};

/* --- Path MTU, as programs count it: whole IP packets ----------------------------------------- */

/* What stands around an SCTP packet on this path; NULL: as the socket would send. */
static uint32_t overhead(const struct usctp__sock *sock, const struct usctp_path_info *path)
{
    bool ipv6 = path != NULL ? path->remote.family == USCTP_AF_IPV6 : sock->domain == AF_INET6;
    uint16_t udp_port = path != NULL ? path->remote_udp_port : sock->opts.remote_udp_port;

    return (ipv6 ? IPV6_HEADER_LEN : IPV4_HEADER_LEN) + (udp_port != 0 ? UDP_HEADER_LEN : 0);
}

static uint32_t packet_of(uint32_t mtu, uint32_t around)
{
    uint32_t len = (mtu - around) & ~UINT32_C(3);

    return len < MIN_PACKET_LEN ? MIN_PACKET_LEN : len;
}

static const struct usctp_path_info *path_info(const struct usctp__peer *peer, usctp_path_id id,
                                               struct usctp_path_info *info)
{
    info->size = sizeof(*info);
    return peer != NULL && usctp_path_info(peer->assoc, id, info) == 0 ? info : NULL;
}

/* --- SCTP_PEER_ADDR_PARAMS (8.1.12): getting --------------------------------------------------- */

static void tell_sack(const struct usctp_params *params, struct sctp_paddrparams *out)
{
    out->spp_sackdelay = usctp__time_to_ms_up(params->sack_delay_dur);
    out->spp_flags |= params->sack_every > 1 ? SPP_SACKDELAY_ENABLE : SPP_SACKDELAY_DISABLE;
}

static void tell_path(struct usctp__opt_call *call, usctp_path_id id,
                      const struct usctp_params *params, struct sctp_paddrparams *out)
{
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;
    struct usctp_path_info info;

    if (usctp_path_params(call->peer->assoc, id, &path) != 0 ||
        path_info(call->peer, id, &info) == NULL) {
        return;
    }
    bool fixed = call->peer->opts.pmtud_off || path.max_packet != params->max_packet;
    out->spp_hbinterval = usctp__time_to_ms_up(path.hb_interval_dur);
    out->spp_pathmaxrxt = (uint16_t)path.path_max_retrans;
    out->spp_pathmtu = info.max_packet + overhead(call->sock, &info);
    out->spp_dscp = (uint8_t)(path.dscp << 2);
    out->spp_flags |= path.heartbeat ? SPP_HB_ENABLE : SPP_HB_DISABLE;
    out->spp_flags |= fixed ? SPP_PMTUD_DISABLE : SPP_PMTUD_ENABLE;
}

static void tell_all(struct usctp__opt_call *call, const struct usctp_params *params,
                     struct sctp_paddrparams *out)
{
    bool heartbeat = (params->flags & USCTP_PARAM_NO_HEARTBEAT) == 0;
    struct usctp_path_info info;

    out->spp_hbinterval = usctp__time_to_ms_up(params->hb_interval_dur);
    out->spp_pathmaxrxt = (uint16_t)params->path_max_retrans;
    out->spp_pathmtu =
        params->max_packet + overhead(call->sock, path_info(call->peer, USCTP_PATH_ANY, &info));
    out->spp_dscp = (uint8_t)(params->dscp << 2);
    out->spp_flags |= heartbeat ? SPP_HB_ENABLE : SPP_HB_DISABLE;
    out->spp_flags |= usctp__opt_peer_opts(call)->pmtud_off ? SPP_PMTUD_DISABLE : SPP_PMTUD_ENABLE;
}

static int get_paddrparams(struct usctp__opt_call *call)
{
    struct sctp_paddrparams *out = &call->value->paddrparams;
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    struct usctp_addr addr;
    bool any;

    if (!usctp__opt_address(call, offsetof(struct sctp_paddrparams, spp_address), &addr, &any)) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    out->spp_flags = SPP_DSCP;
    out->spp_ipv6_flowlabel = 0;
    tell_sack(&params, out);
    if (any) {
        tell_all(call, &params, out);
    } else if (usctp__opt_paths(call->peer, &addr, ids) > 0) {
        tell_path(call, ids[0], &params, out);
    }
    return 0;
}

/* --- SCTP_PEER_ADDR_PARAMS: setting ------------------------------------------------------------ */

static bool both(uint32_t flags, uint32_t pair)
{
    return (flags & pair) == pair;
}

/* Flow labels are not the core's to choose. */
static bool plausible(const struct sctp_paddrparams *given)
{
    uint32_t flags = given->spp_flags;

    return (flags & ~(uint32_t)FLAGS_KNOWN) == 0 && !both(flags, SPP_HB) &&
           !both(flags, SPP_PMTUD) && !both(flags, SPP_SACKDELAY) &&
           (flags & SPP_IPV6_FLOWLABEL) == 0 && given->spp_sackdelay <= MAX_SACK_DELAY_MS &&
           given->spp_hbinterval <= MAX_DUR_MS &&
           (given->spp_pathmtu == 0 ||
            (given->spp_pathmtu >= MIN_MTU && given->spp_pathmtu <= MAX_MTU));
}

static void take_heartbeat(const struct sctp_paddrparams *given, uint64_t *interval_dur, bool *on)
{
    *on = (*on && (given->spp_flags & SPP_HB_DISABLE) == 0) ||
          (given->spp_flags & SPP_HB_ENABLE) != 0;
    if ((given->spp_flags & SPP_HB_ENABLE) == 0) {
        return;
    }
    if ((given->spp_flags & SPP_HB_TIME_IS_ZERO) != 0) {
        *interval_dur = 0;
    } else if (given->spp_hbinterval != 0) {
        *interval_dur = given->spp_hbinterval * USCTP__MS;
    }
}

static void take_sack(const struct sctp_paddrparams *given, struct usctp_params *params)
{
    if ((given->spp_flags & SPP_SACKDELAY_DISABLE) != 0) {
        params->sack_every = 1;
    }
    if ((given->spp_flags & SPP_SACKDELAY_ENABLE) != 0) {
        params->sack_every = params->sack_every > 1 ? params->sack_every : SACK_EVERY;
        if (given->spp_sackdelay != 0) {
            params->sack_delay_dur = given->spp_sackdelay * USCTP__MS;
        }
    }
}

/* How often probes of the path MTU may be lost (RFC 8899): with SPP_PMTUD_ENABLE as the host says, or as
 * the core does. */
static uint64_t probe_interval(const struct usctp__opt_call *call)
{
    struct usctp_params plain = USCTP_PARAMS_INIT;
    uint64_t dur = call->sock->host->params.probe_interval_dur;

    usctp_params_init(&plain, USCTP_PRESET_PLAIN);
    return dur != 0 ? dur : plain.probe_interval_dur;
}

/* For the socket, or an association as a whole. */
static int set_all(struct usctp__opt_call *call, const struct sctp_paddrparams *given)
{
    struct usctp_path_info info;
    uint32_t flags = given->spp_flags;
    struct usctp_params params = usctp__opt_params(call);

    bool on = (params.flags & USCTP_PARAM_NO_HEARTBEAT) == 0;
    take_heartbeat(given, &params.hb_interval_dur, &on);
    params.flags &= ~(uint32_t)USCTP_PARAM_NO_HEARTBEAT;
    params.flags |= on ? 0 : USCTP_PARAM_NO_HEARTBEAT;
    take_sack(given, &params);
    if (given->spp_pathmaxrxt != 0) {
        params.path_max_retrans = given->spp_pathmaxrxt;
    }
    if ((flags & SPP_PMTUD_DISABLE) != 0 && given->spp_pathmtu != 0) {
        params.max_packet = packet_of(
            given->spp_pathmtu, overhead(call->sock, path_info(call->peer, USCTP_PATH_ANY, &info)));
    } else if ((flags & SPP_PMTUD_ENABLE) != 0) {
        params.max_packet = call->sock->host->params.max_packet;
        params.probe_interval_dur = probe_interval(call);
    }
    if ((flags & SPP_PMTUD_DISABLE) != 0) {
        params.probe_interval_dur = 0;
    }
    if ((flags & SPP_DSCP) != 0) {
        params.dscp = given->spp_dscp >> 2;
    }
    int err = usctp__opt_set_params(call, &params);
    if (err == 0 && (flags & SPP_PMTUD) != 0) {
        usctp__opt_peer_opts(call)->pmtud_off = (flags & SPP_PMTUD_DISABLE) != 0;
    }
    return err;
}

static int set_path(struct usctp__opt_call *call, usctp_path_id id)
{
    const struct sctp_paddrparams *given = &call->value->paddrparams;
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;
    struct usctp_path_info info;
    uint32_t flags = given->spp_flags;

    if (usctp_path_params(call->peer->assoc, id, &path) != 0) {
        return -EINVAL;
    }
    bool on = path.heartbeat != 0;
    take_heartbeat(given, &path.hb_interval_dur, &on);
    path.heartbeat = on;
    if (given->spp_pathmaxrxt != 0) {
        path.path_max_retrans = given->spp_pathmaxrxt;
    }
    if ((flags & SPP_PMTUD_DISABLE) != 0 && given->spp_pathmtu != 0) {
        path.max_packet =
            packet_of(given->spp_pathmtu, overhead(call->sock, path_info(call->peer, id, &info)));
    } else if ((flags & SPP_PMTUD_ENABLE) != 0) {
        struct usctp_params params = USCTP_PARAMS_INIT;

        usctp_assoc_params(call->peer->assoc, &params);
        path.max_packet = params.max_packet;
        path.probe_interval_dur = probe_interval(call);
    } else if ((flags & SPP_PMTUD_DISABLE) != 0 && path_info(call->peer, id, &info) != NULL) {
        path.max_packet = info.max_packet; /* what was found stays */
    }
    if ((flags & SPP_PMTUD_DISABLE) != 0) {
        path.probe_interval_dur = 0;
    }
    if ((flags & SPP_DSCP) != 0) {
        path.dscp = given->spp_dscp >> 2;
    }
    int err = usctp_path_set_params(call->peer->assoc, id, &path);
    if (err == 0 && (flags & SPP_HB_DEMAND) != 0) {
        err = usctp_path_heartbeat(call->peer->assoc, id);
        err = err == USCTP_EBUSY ? 0 : err; /* one is under way */
    }
    return -usctp__errno(err);
}

/* The delay of SACKs belongs to the association, whatever path they go to. */
static int set_sack_delay(struct usctp__opt_call *call, const struct sctp_paddrparams *given)
{
    if ((given->spp_flags & SPP_SACKDELAY) == 0) {
        return 0;
    }
    struct usctp_params params = usctp__opt_params(call);
    take_sack(given, &params);
    return usctp__opt_set_params(call, &params);
}

static int set_paddrparams(struct usctp__opt_call *call)
{
    const struct sctp_paddrparams *given = &call->value->paddrparams;
    struct usctp_addr addr;
    bool any;

    if (!plausible(given) ||
        !usctp__opt_address(call, offsetof(struct sctp_paddrparams, spp_address), &addr, &any) ||
        (call->peer == NULL && (given->spp_flags & SPP_HB_DEMAND) != 0)) {
        return -EINVAL;
    }
    int err = any ? set_all(call, given) : set_sack_delay(call, given);
    return err != 0 ? err : usctp__opt_each_path(call, any ? NULL : &addr, set_path);
}

/* --- SCTP_PRIMARY_ADDR (8.1.9) ----------------------------------------------------------------- */

static int get_primary(struct usctp__opt_call *call)
{
    struct usctp_path_info info;

    if (path_info(call->peer, USCTP_PATH_ANY, &info) == NULL) {
        return -EINVAL;
    }
    usctp__opt_put_address(call, offsetof(struct sctp_prim, ssp_addr), &info.remote);
    return 0;
}

static int set_primary(struct usctp__opt_call *call)
{
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    struct usctp_addr addr;
    bool any;

    if (!usctp__opt_address(call, offsetof(struct sctp_prim, ssp_addr), &addr, &any) || any ||
        usctp__opt_paths(call->peer, &addr, ids) == 0) {
        return -EINVAL;
    }
    /* An address that has not answered yet cannot be it (RFC 9260, 5.4). */
    return usctp_path_set_primary(call->peer->assoc, ids[0]) == 0 ? 0 : -EINVAL;
}

/* --- SCTP_REMOTE_UDP_ENCAPS_PORT (RFC 6951, 6.1) ----------------------------------------------- */

static int get_encaps(struct usctp__opt_call *call)
{
    struct sctp_udpencaps *out = &call->value->udpencaps;
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    struct usctp_path_info info;
    struct usctp_addr addr;
    bool any;

    if (!usctp__opt_address(call, offsetof(struct sctp_udpencaps, sue_address), &addr, &any)) {
        return -EINVAL;
    }
    out->sue_port = htons(call->sock->opts.remote_udp_port);
    if (call->peer != NULL && usctp__opt_paths(call->peer, any ? NULL : &addr, ids) > 0 &&
        path_info(call->peer, ids[0], &info) != NULL) {
        out->sue_port = htons(info.remote_udp_port);
    }
    return 0;
}

static int set_path_port(struct usctp__opt_call *call, usctp_path_id id)
{
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;
    int err = usctp_path_params(call->peer->assoc, id, &path);

    path.remote_udp_port = ntohs(call->value->udpencaps.sue_port);
    return -usctp__errno(err != 0 ? err : usctp_path_set_params(call->peer->assoc, id, &path));
}

/* Port 0 is raw IP, which UDP drivers do not carry. */
static int set_encaps(struct usctp__opt_call *call)
{
    uint16_t port = ntohs(call->value->udpencaps.sue_port);
    struct usctp_addr addr;
    bool any;

    if (!usctp__opt_address(call, offsetof(struct sctp_udpencaps, sue_address), &addr, &any) ||
        (port == 0 && call->sock->host->lower == 0)) {
        return -EINVAL;
    }
    if (call->peer == NULL) {
        call->sock->opts.remote_udp_port = port;
        return 0;
    }
    return usctp__opt_each_path(call, any ? NULL : &addr, set_path_port);
}

/* --- SCTP_PLPMTUD_PROBE_INTERVAL (Linux's; RFC 8899) ------------------------------------------- */

enum { MIN_PROBE_MS = 5000 /* as Linux has it */ };

static int get_probe_interval(struct usctp__opt_call *call)
{
    struct sctp_probeinterval *out = &call->value->probe_interval;
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    struct usctp_addr addr;
    bool any;

    if (!usctp__opt_address(call, offsetof(struct sctp_probeinterval, spi_address), &addr, &any)) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    if (!any && usctp__opt_paths(call->peer, &addr, ids) > 0 &&
        usctp_path_params(call->peer->assoc, ids[0], &path) == 0) {
        params.probe_interval_dur = path.probe_interval_dur;
    }
    out->spi_interval = usctp__time_to_ms_up(params.probe_interval_dur);
    return 0;
}

static int set_path_probe_interval(struct usctp__opt_call *call, usctp_path_id id)
{
    uint64_t dur = call->value->probe_interval.spi_interval * USCTP__MS;
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;
    int err = usctp_path_params(call->peer->assoc, id, &path);

    if (err == 0 && path.probe_interval_dur != dur) {
        path.probe_interval_dur = dur;
        err = usctp_path_set_params(call->peer->assoc, id, &path);
    }
    return -usctp__errno(err);
}

static int set_probe_interval(struct usctp__opt_call *call)
{
    uint32_t ms = call->value->probe_interval.spi_interval;
    struct usctp_addr addr;
    bool any;
    int err = 0;

    if ((ms != 0 && ms < MIN_PROBE_MS) || ms > MAX_DUR_MS ||
        !usctp__opt_address(call, offsetof(struct sctp_probeinterval, spi_address), &addr, &any)) {
        return -EINVAL;
    }
    if (any) {
        struct usctp_params params = usctp__opt_params(call);

        params.probe_interval_dur = ms * USCTP__MS;
        err = usctp__opt_set_params(call, &params);
    }
    return err != 0 ? err : usctp__opt_each_path(call, any ? NULL : &addr, set_path_probe_interval);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum {
    SOCK = USCTP__OPT_SOCK,
    ASSOC = USCTP__OPT_ASSOC,
    PATH = USCTP__OPT_PATH,
    /* Before there were flow labels and code points, the structure ended there. */
    PADDRPARAMS_OLD_LEN = offsetof(struct sctp_paddrparams, spp_ipv6_flowlabel)
};

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, SOCK | ASSOC | PATH, 0, PADDRPARAMS_OLD_LEN,
     sizeof(struct sctp_paddrparams), get_paddrparams, set_paddrparams},
    {IPPROTO_SCTP, SCTP_PRIMARY_ADDR, ASSOC, 0, sizeof(struct sctp_prim), sizeof(struct sctp_prim),
     get_primary, set_primary},
    {IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, SOCK | ASSOC | PATH, 0,
     sizeof(struct sctp_udpencaps), sizeof(struct sctp_udpencaps), get_encaps, set_encaps},
    {IPPROTO_SCTP, SCTP_PLPMTUD_PROBE_INTERVAL, SOCK | ASSOC | PATH, 0,
     sizeof(struct sctp_probeinterval), sizeof(struct sctp_probeinterval), get_probe_interval,
     set_probe_interval},
};

const struct usctp__opt_family usctp__opts_path = {rows, sizeof(rows) / sizeof(rows[0])};
