/* SPDX-License-Identifier: BSD-3-Clause */
/* Options about sending (RFC 6458, 8.1): what sends begin with, and how messages are cut. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "socket/opt.h"

enum {
    DEFAULT_FLAGS = SCTP_UNORDERED | SCTP_ADDR_OVER | SCTP_ABORT | SCTP_SACK_IMMEDIATELY |
                    SCTP_EOF | SCTP_PR_SCTP_MASK
};

/* --- SCTP_DEFAULT_SEND_PARAM (8.1.13), SCTP_DEFAULT_SNDINFO (8.1.31) -------------------------- */

static int set_defaults(struct usctp__opt_call *call, const struct usctp__send_defaults *given)
{
    if ((given->flags & ~DEFAULT_FLAGS) != 0 ||
        (call->peer != NULL && call->peer->up && given->stream >= call->peer->out_streams)) {
        return -EINVAL;
    }
    usctp__opt_peer_opts(call)->send = *given;
    return 0;
}

static int get_send_param(struct usctp__opt_call *call)
{
    const struct usctp__send_defaults *mine = &usctp__opt_peer_opts(call)->send;
    struct sctp_sndrcvinfo *info = &call->value->sndrcvinfo;

    info->sinfo_stream = mine->stream;
    info->sinfo_flags = mine->flags;
    info->sinfo_ppid = mine->ppid;
    info->sinfo_context = mine->context;
    info->sinfo_timetolive = mine->time_to_live;
    return 0;
}

static int set_send_param(struct usctp__opt_call *call)
{
    const struct sctp_sndrcvinfo *info = &call->value->sndrcvinfo;
    struct usctp__send_defaults given = {info->sinfo_stream, info->sinfo_flags, info->sinfo_ppid,
                                         info->sinfo_context, info->sinfo_timetolive};

    return set_defaults(call, &given);
}

static int get_sndinfo(struct usctp__opt_call *call)
{
    const struct usctp__send_defaults *mine = &usctp__opt_peer_opts(call)->send;
    struct sctp_sndinfo *info = &call->value->sndinfo;

    info->snd_sid = mine->stream;
    info->snd_flags = mine->flags;
    info->snd_ppid = mine->ppid;
    info->snd_context = mine->context;
    return 0;
}

/* It has no lifetime: that stays as it was. */
static int set_sndinfo(struct usctp__opt_call *call)
{
    const struct sctp_sndinfo *info = &call->value->sndinfo;
    struct usctp__send_defaults given = {info->snd_sid, info->snd_flags, info->snd_ppid,
                                         info->snd_context,
                                         usctp__opt_peer_opts(call)->send.time_to_live};

    return set_defaults(call, &given);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum { SOCK = USCTP__OPT_SOCK, ASSOC = USCTP__OPT_ASSOC, ALL = USCTP__OPT_ALL };

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_DEFAULT_SEND_PARAM, SOCK | ASSOC | ALL,
     offsetof(struct sctp_sndrcvinfo, sinfo_assoc_id), sizeof(struct sctp_sndrcvinfo),
     sizeof(struct sctp_sndrcvinfo), get_send_param, set_send_param},
    {IPPROTO_SCTP, SCTP_DEFAULT_SNDINFO, SOCK | ASSOC | ALL,
     offsetof(struct sctp_sndinfo, snd_assoc_id), sizeof(struct sctp_sndinfo),
     sizeof(struct sctp_sndinfo), get_sndinfo, set_sndinfo},
    {IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS,
     USCTP__OPT_SWITCH_ROW(SOCK, no_fragments, usctp__opt_set_switch)},
    {IPPROTO_SCTP, SCTP_EXPLICIT_EOR,
     USCTP__OPT_SWITCH_ROW(SOCK, explicit_eor, usctp__opt_set_switch)},
};

const struct usctp__opt_family usctp__opts_send = {rows, sizeof(rows) / sizeof(rows[0])};
