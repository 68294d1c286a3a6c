/* SPDX-License-Identifier: BSD-3-Clause */
/* Options about receiving (RFC 6458, 8.1), and the other switches of a socket. */
#include <errno.h>

#include "socket/life.h"
#include "socket/opt.h"

/* --- SCTP_CONTEXT (8.1.25) -------------------------------------------------------------------- */

static int get_context(struct usctp__opt_call *call)
{
    call->value->value.assoc_value = usctp__opt_peer_opts(call)->context;
    return 0;
}

static int set_context(struct usctp__opt_call *call)
{
    usctp__opt_peer_opts(call)->context = call->value->value.assoc_value;
    return 0;
}

/* --- SCTP_FRAGMENT_INTERLEAVE (8.1.20), SCTP_PARTIAL_DELIVERY_POINT (8.1.21) ------------------ */

static int get_interleave(struct usctp__opt_call *call)
{
    call->value->number = (int)call->sock->opts.interleave;
    return 0;
}

static int set_interleave(struct usctp__opt_call *call)
{
    if (call->value->number < 0 || call->value->number > 2) {
        return -EINVAL;
    }
    call->sock->opts.interleave = (uint32_t)call->value->number;
    if (call->value->number < 2) {
        /* RFC 8260, 4.3.1: what arrives side by side could not be read. */
        call->sock->opts.params.extensions &= ~(uint32_t)USCTP_EXT_INTERLEAVING;
        usctp__offer_params(call->sock);
    }
    usctp__sock_touch(call->sock); /* what may be read has changed */
    return 0;
}

static int get_partial_point(struct usctp__opt_call *call)
{
    call->value->number = (int)call->sock->opts.params.partial_delivery_point;
    return 0;
}

static int apply_partial_point(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    params.partial_delivery_point = call->value->count;
    return usctp__opt_set_params(call, &params);
}

static int set_partial_point(struct usctp__opt_call *call)
{
    if (call->value->count > call->sock->opts.rcvbuf / 2) {
        return -EINVAL;
    }
    return usctp__opt_everywhere(call, apply_partial_point);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum {
    SOCK = USCTP__OPT_SOCK,
    ASSOC = USCTP__OPT_ASSOC,
    ALL = USCTP__OPT_ALL,
    ONE = USCTP__OPT_ONE,
    NO_ID = USCTP__OPT_NO_ID
};

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_CONTEXT, SOCK | ASSOC | ALL, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_context, set_context},
    {IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, SOCK, NO_ID, sizeof(int), sizeof(int), get_interleave,
     set_interleave},
    {IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, SOCK, NO_ID, sizeof(int), sizeof(int),
     get_partial_point, set_partial_point},
    {IPPROTO_SCTP, SCTP_RECVRCVINFO, USCTP__OPT_SWITCH_ROW(SOCK, rcvinfo, usctp__opt_set_switch)},
    {IPPROTO_SCTP, SCTP_RECVNXTINFO, USCTP__OPT_SWITCH_ROW(SOCK, nxtinfo, usctp__opt_set_switch)},
    {IPPROTO_SCTP, SCTP_USE_EXT_RCVINFO,
     USCTP__OPT_SWITCH_ROW(SOCK, ext_rcvinfo, usctp__opt_set_switch)},
    {IPPROTO_SCTP, SCTP_I_WANT_MAPPED_V4_ADDR,
     USCTP__OPT_SWITCH_ROW(SOCK, mapped, usctp__opt_set_switch)},
    /* RFC 6458, 8.1.27: before bind. */
    {IPPROTO_SCTP, SCTP_REUSE_PORT,
     USCTP__OPT_SWITCH_ROW(SOCK | ONE, reuse_port, usctp__opt_set_switch_unbound)},
};

const struct usctp__opt_family usctp__opts_receive = {rows, sizeof(rows) / sizeof(rows[0])};
