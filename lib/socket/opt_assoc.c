/* SPDX-License-Identifier: BSD-3-Clause */
/* Options about how associations behave (RFC 6458, 8.1): timers, limits, streams, bundling. */
#include <errno.h>

#include "base/compiler.h"
#include "base/time.h"
#include "socket/addrs.h"
#include "socket/connect.h"
#include "socket/life.h"
#include "socket/opt.h"
#include "socket/settings.h"

enum {
    DATA_HEADER_LEN = 16,
    MIN_USER_LEN = 16,    /* a chunk of less would be all header */
    MAX_USER_LEN = 65516, /* what fits the length of a chunk */
    MAX_DUR_MS = 24 * 3600 * 1000,
    MAX_SACK_DELAY_MS = 500, /* RFC 9260, 6.2 */
    SACK_EVERY = 2           /* RFC 9260, 6.2: at least every second packet */
};

/* --- SCTP_RTOINFO (8.1.1) --------------------------------------------------------------------- */

static int get_rtoinfo(struct usctp__opt_call *call)
{
    struct sctp_rtoinfo *info = &call->value->rtoinfo;
    struct usctp_params params = usctp__opt_params(call);

    info->srto_initial = usctp__time_to_ms_up(params.rto_initial_dur);
    info->srto_max = usctp__time_to_ms_up(params.rto_max_dur);
    info->srto_min = usctp__time_to_ms_up(params.rto_min_dur);
    return 0;
}

static int set_rtoinfo(struct usctp__opt_call *call)
{
    const struct sctp_rtoinfo *info = &call->value->rtoinfo;

    if (info->srto_initial > MAX_DUR_MS || info->srto_max > MAX_DUR_MS ||
        info->srto_min > MAX_DUR_MS) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    if (info->srto_initial != 0) {
        params.rto_initial_dur = info->srto_initial * USCTP__MS;
    }
    if (info->srto_max != 0) {
        params.rto_max_dur = info->srto_max * USCTP__MS;
    }
    if (info->srto_min != 0) {
        params.rto_min_dur = info->srto_min * USCTP__MS;
    }
    if (params.rto_min_dur > params.rto_initial_dur ||
        params.rto_initial_dur > params.rto_max_dur) {
        return -EINVAL;
    }
    params.init_rto_max_dur = USCTP__MAX(params.init_rto_max_dur, params.rto_initial_dur);
    return usctp__opt_set_params(call, &params);
}

/* --- SCTP_ASSOCINFO (8.1.2) ------------------------------------------------------------------- */

static int get_associnfo(struct usctp__opt_call *call)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    struct sctp_assocparams *info = &call->value->assocparams;
    struct usctp_params params = usctp__opt_params(call);

    info->sasoc_asocmaxrxt = (uint16_t)params.assoc_max_retrans;
    info->sasoc_cookie_life = usctp__time_to_ms_up(params.cookie_life_dur);
    info->sasoc_number_peer_destinations = 0;
    info->sasoc_peer_rwnd = 0;
    info->sasoc_local_rwnd = params.receive_window;
    if (call->peer != NULL && usctp_assoc_stats(call->peer->assoc, &stats) == 0) {
        struct usctp__name names[USCTP__OPT_PATH_MAX];

        info->sasoc_number_peer_destinations =
            (uint16_t)usctp__peer_addrs(call->peer, names, USCTP__OPT_PATH_MAX);
        info->sasoc_peer_rwnd = stats.peer_rwnd;
        info->sasoc_local_rwnd = stats.advertised_rwnd;
    }
    return 0;
}

/* Association.Max.Retrans is not to exceed what all paths together bear, where there are several (as
 * Linux has it; RFC 9260, 8.2). */
static bool too_patient(const struct usctp__peer *peer, uint32_t max_retrans)
{
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    size_t cnt = usctp__opt_paths(peer, NULL, ids);
    uint32_t sum = 0;

    for (size_t i = 0; i < cnt; i++) {
        struct usctp_path_params params = USCTP_PATH_PARAMS_INIT;

        if (usctp_path_params(peer->assoc, ids[i], &params) == 0) {
            sum += params.path_max_retrans;
        }
    }
    return cnt > 1 && max_retrans > sum;
}

/* Of an association that stands the life of cookies is settled; the windows are only told. */
static int set_associnfo(struct usctp__opt_call *call)
{
    const struct sctp_assocparams *info = &call->value->assocparams;

    if (info->sasoc_cookie_life > MAX_DUR_MS ||
        (call->peer != NULL && too_patient(call->peer, info->sasoc_asocmaxrxt))) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    if (info->sasoc_asocmaxrxt != 0) {
        params.assoc_max_retrans = info->sasoc_asocmaxrxt;
    }
    if (info->sasoc_cookie_life != 0) {
        params.cookie_life_dur = info->sasoc_cookie_life * USCTP__MS;
    }
    return usctp__opt_set_params(call, &params);
}

/* --- SCTP_INITMSG (8.1.3) --------------------------------------------------------------------- */

static int get_initmsg(struct usctp__opt_call *call)
{
    struct usctp_params params = call->sock->opts.params;
    struct sctp_initmsg *info = &call->value->initmsg;

    usctp__init_params(&params, &call->sock->opts.init);
    info->sinit_num_ostreams = params.out_streams;
    info->sinit_max_instreams = params.max_in_streams;
    info->sinit_max_attempts = (uint16_t)params.max_init_retrans;
    uint32_t ms = usctp__time_to_ms_up(params.init_rto_max_dur);
    info->sinit_max_init_timeo = (uint16_t)USCTP__MIN(ms, (uint32_t)UINT16_MAX);
    return 0;
}

static int set_initmsg(struct usctp__opt_call *call)
{
    const struct sctp_initmsg *info = &call->value->initmsg;
    struct sctp_initmsg *mine = &call->sock->opts.init;

    if (info->sinit_num_ostreams != 0) {
        mine->sinit_num_ostreams = info->sinit_num_ostreams;
    }
    if (info->sinit_max_instreams != 0) {
        mine->sinit_max_instreams = info->sinit_max_instreams;
    }
    if (info->sinit_max_attempts != 0) {
        mine->sinit_max_attempts = info->sinit_max_attempts;
    }
    if (info->sinit_max_init_timeo != 0) {
        mine->sinit_max_init_timeo = info->sinit_max_init_timeo;
    }
    usctp__offer_params(call->sock);
    return 0;
}

/* --- SCTP_NODELAY (8.1.5) --------------------------------------------------------------------- */

static int get_nodelay(struct usctp__opt_call *call)
{
    call->value->number = (call->sock->opts.params.flags & USCTP_PARAM_NAGLE) == 0;
    return 0;
}

static int apply_nodelay(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    params.flags &= ~(uint32_t)USCTP_PARAM_NAGLE;
    params.flags |= usctp__opt_on(call) ? 0 : USCTP_PARAM_NAGLE;
    return usctp__opt_set_params(call, &params);
}

static int set_nodelay(struct usctp__opt_call *call)
{
    return usctp__opt_everywhere(call, apply_nodelay);
}

/* --- SCTP_AUTOCLOSE (8.1.8) ------------------------------------------------------------------- */

static int get_autoclose(struct usctp__opt_call *call)
{
    call->value->number = (int)(call->sock->opts.params.autoclose_dur / USCTP__SEC);
    return 0;
}

static int set_autoclose(struct usctp__opt_call *call)
{
    struct usctp_params params = call->sock->opts.params;
    uint64_t seconds = (uint32_t)call->value->number;

    seconds = USCTP__MIN(seconds, usctp__settings_max_autoclose(call->sock->host));
    params.autoclose_dur = seconds * USCTP__SEC;
    return usctp__opt_set_params(call, &params);
}

/* --- SCTP_MAXSEG (8.1.16) --------------------------------------------------------------------- */

/* Of an association: what fits now. */
static int get_maxseg(struct usctp__opt_call *call)
{
    uint32_t len = call->sock->opts.params.max_segment;

    if (call->peer != NULL) {
        call->value->value.assoc_value = usctp__frag_point(call->peer);
    } else {
        call->value->value.assoc_value = len != 0 ? len - DATA_HEADER_LEN : 0;
    }
    return 0;
}

static int set_maxseg(struct usctp__opt_call *call)
{
    uint32_t len = call->value->value.assoc_value;

    if (len != 0 && (len < MIN_USER_LEN || len > MAX_USER_LEN)) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    params.max_segment = len != 0 ? len + DATA_HEADER_LEN : 0;
    return usctp__opt_set_params(call, &params);
}

/* --- SCTP_MAX_BURST (8.1.24) ------------------------------------------------------------------ */

static int get_max_burst(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    call->value->value.assoc_value = params.max_burst;
    return 0;
}

static int set_max_burst(struct usctp__opt_call *call)
{
    if (call->value->value.assoc_value > UINT16_MAX) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    params.max_burst = call->value->value.assoc_value;
    return usctp__opt_set_params(call, &params);
}

/* --- SCTP_MAX_CWND (FreeBSD's) ----------------------------------------------------------------- */

static int get_max_cwnd(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    call->value->value.assoc_value = params.max_cwnd;
    return 0;
}

static int set_max_cwnd(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    params.max_cwnd = call->value->value.assoc_value;
    return usctp__opt_set_params(call, &params);
}

/* --- SCTP_DELAYED_SACK (8.1.19) --------------------------------------------------------------- */

static int get_delayed_sack(struct usctp__opt_call *call)
{
    struct sctp_sack_info *info = &call->value->sack;
    struct usctp_params params = usctp__opt_params(call);

    info->sack_delay = params.sack_every > 1 ? usctp__time_to_ms_up(params.sack_delay_dur) : 0;
    info->sack_freq = params.sack_every;
    return 0;
}

static int set_delayed_sack(struct usctp__opt_call *call)
{
    struct sctp_sack_info info = call->value->sack;

    if (call->len < sizeof(info)) { /* the layout of old: struct sctp_assoc_value */
        info.sack_delay = call->value->value.assoc_value;
        info.sack_freq = info.sack_delay == 0 ? 1 : 0;
    }
    if (info.sack_delay > MAX_SACK_DELAY_MS || info.sack_freq > UINT16_MAX) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    if (info.sack_delay != 0) {
        params.sack_delay_dur = info.sack_delay * USCTP__MS;
        if (params.sack_every == 1) {
            params.sack_every = SACK_EVERY;
        }
    }
    if (info.sack_freq != 0) {
        params.sack_every = info.sack_freq;
    }
    return usctp__opt_set_params(call, &params);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum {
    SOCK = USCTP__OPT_SOCK,
    ASSOC = USCTP__OPT_ASSOC,
    ALL = USCTP__OPT_ALL,
    MANY = USCTP__OPT_MANY,
    INT = USCTP__OPT_INT,
    NO_ID = USCTP__OPT_NO_ID
};

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_RTOINFO, SOCK | ASSOC, 0, sizeof(struct sctp_rtoinfo),
     sizeof(struct sctp_rtoinfo), get_rtoinfo, set_rtoinfo},
    {IPPROTO_SCTP, SCTP_ASSOCINFO, SOCK | ASSOC, 0, sizeof(struct sctp_assocparams),
     sizeof(struct sctp_assocparams), get_associnfo, set_associnfo},
    {IPPROTO_SCTP, SCTP_INITMSG, SOCK, NO_ID, sizeof(struct sctp_initmsg),
     sizeof(struct sctp_initmsg), get_initmsg, set_initmsg},
    {IPPROTO_SCTP, SCTP_NODELAY, SOCK, NO_ID, sizeof(int), sizeof(int), get_nodelay, set_nodelay},
    {IPPROTO_SCTP, SCTP_AUTOCLOSE, SOCK | MANY, NO_ID, sizeof(int), sizeof(int), get_autoclose,
     set_autoclose},
    {IPPROTO_SCTP, SCTP_MAXSEG, SOCK | ASSOC | ALL | INT, 0, sizeof(int),
     sizeof(struct sctp_assoc_value), get_maxseg, set_maxseg},
    {IPPROTO_SCTP, SCTP_MAX_BURST, SOCK | ASSOC | ALL | INT, 0, sizeof(int),
     sizeof(struct sctp_assoc_value), get_max_burst, set_max_burst},
    {IPPROTO_SCTP, SCTP_MAX_CWND, SOCK | ASSOC | ALL, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_max_cwnd, set_max_cwnd},
    {IPPROTO_SCTP, SCTP_DELAYED_SACK, SOCK | ASSOC | ALL, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_sack_info), get_delayed_sack, set_delayed_sack},
};

const struct usctp__opt_family usctp__opts_assoc = {rows, sizeof(rows) / sizeof(rows[0])};
