/* SPDX-License-Identifier: BSD-3-Clause */
/* Options about paths that may have failed: RFC 7829, 7. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "socket/opt.h"
#include "socket/table.h"

/* --- SCTP_PEER_ADDR_THLDS (7.2), which Linux has in two versions ------------------------------- */

enum {
    ADDRESS_AT = offsetof(struct sctp_paddrthlds_v2, spt_address),
    OLD_LEN = offsetof(struct sctp_paddrthlds_v2, spt_pathcpthld) /* the first version */
};

/* What the paths to `addr` have, or what all have. */
static int get_thresholds(struct usctp__opt_call *call)
{
    struct sctp_paddrthlds_v2 *out = &call->value->thresholds;
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    struct usctp_addr addr;
    bool any;

    if (!usctp__opt_address(call, ADDRESS_AT, &addr, &any)) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    out->spt_pathmaxrxt = (uint16_t)params.path_max_retrans;
    out->spt_pathpfthld = (uint16_t)params.pf_max_retrans;
    out->spt_pathcpthld = (uint16_t)params.switchover_max_retrans;
    if (!any && usctp__opt_paths(call->peer, &addr, ids) > 0 &&
        usctp_path_params(call->peer->assoc, ids[0], &path) == 0) {
        out->spt_pathmaxrxt = (uint16_t)path.path_max_retrans;
        out->spt_pathpfthld = (uint16_t)path.pf_max_retrans;
        out->spt_pathcpthld = (uint16_t)path.switchover_max_retrans;
    }
    return 0;
}

/* A maximum of 0 leaves it as it is, as in SCTP_PEER_ADDR_PARAMS. */
static void take(const struct usctp__opt_call *call, uint32_t *max, uint32_t *pf,
                 uint32_t *switchover)
{
    const struct sctp_paddrthlds_v2 *given = &call->value->thresholds;

    *max = given->spt_pathmaxrxt != 0 ? given->spt_pathmaxrxt : *max;
    *pf = given->spt_pathpfthld;
    if (call->row->name == SCTP_PEER_ADDR_THLDS_V2) {
        *switchover = given->spt_pathcpthld;
    }
}

static int set_path(struct usctp__opt_call *call, usctp_path_id id)
{
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;

    if (usctp_path_params(call->peer->assoc, id, &path) != 0) {
        return -EINVAL;
    }
    struct usctp_path_params before = path;
    take(call, &path.path_max_retrans, &path.pf_max_retrans, &path.switchover_max_retrans);
    if (memcmp(&before, &path, sizeof(path)) == 0) {
        return 0; /* as its association has it: it needs none of its own */
    }
    return -usctp__errno(usctp_path_set_params(call->peer->assoc, id, &path));
}

static int set_thresholds(struct usctp__opt_call *call)
{
    struct usctp_addr addr;
    bool any;
    int err = 0;

    if (!usctp__opt_address(call, ADDRESS_AT, &addr, &any)) {
        return -EINVAL;
    }
    if (any) {
        struct usctp_params params = usctp__opt_params(call);

        take(call, &params.path_max_retrans, &params.pf_max_retrans,
             &params.switchover_max_retrans);
        err = usctp__opt_set_params(call, &params);
    }
    return err != 0 ? err : usctp__opt_each_path(call, any ? NULL : &addr, set_path);
}

/* --- SCTP_EXPOSE_POTENTIALLY_FAILED_STATE (7.3) ------------------------------------------------ */

static int get_exposed(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    call->value->value.assoc_value = (params.flags & USCTP_PARAM_EXPOSE_PF) != 0;
    return 0;
}

static int set_exposed(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    params.flags &= ~(uint32_t)USCTP_PARAM_EXPOSE_PF;
    params.flags |= call->value->value.assoc_value != 0 ? USCTP_PARAM_EXPOSE_PF : 0;
    return usctp__opt_set_params(call, &params);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum { SOCK = USCTP__OPT_SOCK, ASSOC = USCTP__OPT_ASSOC, PATH = USCTP__OPT_PATH };

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_PEER_ADDR_THLDS, SOCK | ASSOC | PATH, 0, OLD_LEN,
     sizeof(struct sctp_paddrthlds), get_thresholds, set_thresholds},
    {IPPROTO_SCTP, SCTP_PEER_ADDR_THLDS_V2, SOCK | ASSOC | PATH, 0,
     sizeof(struct sctp_paddrthlds_v2), sizeof(struct sctp_paddrthlds_v2), get_thresholds,
     set_thresholds},
    {IPPROTO_SCTP, SCTP_EXPOSE_POTENTIALLY_FAILED_STATE, SOCK | ASSOC, 0,
     sizeof(struct sctp_assoc_value), sizeof(struct sctp_assoc_value), get_exposed, set_exposed},
};

const struct usctp__opt_family usctp__opts_threshold = {rows, sizeof(rows) / sizeof(rows[0])};
