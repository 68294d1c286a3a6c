/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that say which extensions are offered: RFC 9653, 7; and of Linux. */
#include <errno.h>
#include <stddef.h>

#include "socket/opt.h"

/* The mask of those that are offered. */
static uint32_t extensions_of(const struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    return params.extensions;
}

/* What an association has was settled when it began. */
static int offer(struct usctp__opt_call *call, uint32_t extension, bool on)
{
    if (call->peer != NULL) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    params.extensions &= ~extension;
    params.extensions |= on ? extension : 0;
    return usctp__opt_set_params(call, &params);
}

/* --- SCTP_ACCEPT_ZERO_CHECKSUM (RFC 9653, 7) --------------------------------------------------- */

static int get_zero_checksum(struct usctp__opt_call *call)
{
    bool on = (extensions_of(call) & USCTP_EXT_ZERO_CHECKSUM) != 0;

    call->value->value.assoc_value = on ? SCTP_EDMID_LOWER_LAYER_DTLS : SCTP_EDMID_NONE;
    return 0;
}

static int set_zero_checksum(struct usctp__opt_call *call)
{
    uint32_t edmid = call->value->value.assoc_value;

    if (edmid != SCTP_EDMID_NONE && edmid != SCTP_EDMID_LOWER_LAYER_DTLS) {
        return -EINVAL;
    }
    return offer(call, USCTP_EXT_ZERO_CHECKSUM, edmid != SCTP_EDMID_NONE);
}

/* --- SCTP_ECN_SUPPORTED (Linux's) -------------------------------------------------------------- */

/* Of an association: whether it was negotiated. */
static int get_ecn(struct usctp__opt_call *call)
{
    uint32_t extensions =
        call->peer != NULL ? usctp_assoc_extensions(call->peer->assoc) : extensions_of(call);

    call->value->value.assoc_value = (extensions & USCTP_EXT_ECN) != 0;
    return 0;
}

static int set_ecn(struct usctp__opt_call *call)
{
    return offer(call, USCTP_EXT_ECN, call->value->value.assoc_value != 0);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum { SOCK = USCTP__OPT_SOCK, ASSOC = USCTP__OPT_ASSOC };

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_ACCEPT_ZERO_CHECKSUM, SOCK | ASSOC, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_zero_checksum, set_zero_checksum},
    {IPPROTO_SCTP, SCTP_ECN_SUPPORTED, SOCK | ASSOC, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_ecn, set_ecn},
};

const struct usctp__opt_family usctp__opts_ext = {rows, sizeof(rows) / sizeof(rows[0])};
