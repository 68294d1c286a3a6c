/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of partial reliability (RFC 6458, 8.1.32; RFC 7496, 4.3 to 4.5). */
#include <errno.h>
#include <stddef.h>

#include "socket/opt.h"

/* --- SCTP_PR_SUPPORTED (RFC 7496, 4.5) -------------------------------------------------------- */

static int get_pr_supported(struct usctp__opt_call *call)
{
    return usctp__opt_get_extension(call, USCTP_EXT_PARTIAL_RELIABILITY);
}

static int set_pr_supported(struct usctp__opt_call *call)
{
    return usctp__opt_set_extension(call, call->value->value.assoc_value != 0,
                                    USCTP_EXT_PARTIAL_RELIABILITY, 0);
}

/* --- SCTP_DEFAULT_PRINFO (RFC 6458, 8.1.32) --------------------------------------------------- */

static int get_default_prinfo(struct usctp__opt_call *call)
{
    const struct usctp__peer_opts *opts = usctp__opt_peer_opts(call);
    struct sctp_default_prinfo *info = &call->value->default_prinfo;

    info->pr_policy = opts->pr_policy;
    info->pr_value = opts->pr_value;
    return 0;
}

static int set_default_prinfo(struct usctp__opt_call *call)
{
    const struct sctp_default_prinfo *info = &call->value->default_prinfo;
    struct usctp__peer_opts *opts = usctp__opt_peer_opts(call);

    if ((info->pr_policy & ~SCTP_PR_SCTP_MASK) != 0) {
        return -EINVAL;
    }
    opts->pr_policy = info->pr_policy;
    opts->pr_value = info->pr_policy != SCTP_PR_SCTP_NONE ? info->pr_value : 0;
    return 0;
}

/* --- SCTP_PR_ASSOC_STATUS, SCTP_PR_STREAM_STATUS (RFC 7496, 4.3, 4.4) ------------------------- */

/* A policy of the sockets as the core has it; negative: there is none such. */
static int policy_of(uint16_t policy)
{
    switch (policy) {
    case SCTP_PR_SCTP_ALL:
        return USCTP_PR_NONE; /* all together */
    case SCTP_PR_SCTP_TTL:
        return USCTP_PR_TIMED;
    case SCTP_PR_SCTP_RTX:
        return USCTP_PR_RETRANSMITS;
    case SCTP_PR_SCTP_PRIO:
        return USCTP_PR_PRIORITY;
    default:
        return -EINVAL;
    }
}

static int get_status(struct usctp__opt_call *call, bool stream)
{
    struct sctp_prstatus *status = &call->value->prstatus;
    const usctp_assoc *assoc = call->peer->assoc;
    uint64_t unsent_cnt = 0, sent_cnt = 0;
    int policy = policy_of(status->sprstat_policy);
    int err;

    if (policy < 0 || assoc == NULL) {
        return -EINVAL;
    }
    err = stream
              ? usctp_stream_abandoned(assoc, status->sprstat_sid, policy, &unsent_cnt, &sent_cnt)
              : usctp_assoc_abandoned(assoc, policy, &unsent_cnt, &sent_cnt);
    status->sprstat_abandoned_unsent = unsent_cnt;
    status->sprstat_abandoned_sent = sent_cnt;
    return err == 0 ? 0 : -EINVAL;
}

static int get_assoc_status(struct usctp__opt_call *call)
{
    return get_status(call, false);
}

static int get_stream_status(struct usctp__opt_call *call)
{
    return get_status(call, true);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum { SOCK = USCTP__OPT_SOCK, ASSOC = USCTP__OPT_ASSOC, ALL = USCTP__OPT_ALL };

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_PR_SUPPORTED, SOCK | ASSOC, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_pr_supported, set_pr_supported},
    {IPPROTO_SCTP, SCTP_DEFAULT_PRINFO, SOCK | ASSOC | ALL,
     offsetof(struct sctp_default_prinfo, pr_assoc_id), sizeof(struct sctp_default_prinfo),
     sizeof(struct sctp_default_prinfo), get_default_prinfo, set_default_prinfo},
    {IPPROTO_SCTP, SCTP_PR_ASSOC_STATUS, ASSOC, offsetof(struct sctp_prstatus, sprstat_assoc_id),
     sizeof(struct sctp_prstatus), sizeof(struct sctp_prstatus), get_assoc_status, NULL},
    {IPPROTO_SCTP, SCTP_PR_STREAM_STATUS, ASSOC, offsetof(struct sctp_prstatus, sprstat_assoc_id),
     sizeof(struct sctp_prstatus), sizeof(struct sctp_prstatus), get_stream_status, NULL},
};

const struct usctp__opt_family usctp__opts_pr = {rows, sizeof(rows) / sizeof(rows[0])};
