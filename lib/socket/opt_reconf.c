/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of stream reconfiguration (RFC 6525, 6.3). */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "socket/opt.h"
#include "socket/table.h"

/* RFC 6525, 5.1.1, 6.3. As Linux has it where that says nothing. */
static int reconf_errno(int usctp_error)
{
    switch (usctp_error) {
    case USCTP_OK:
        return 0;
    case USCTP_EBUSY:
        return -EALREADY;
    case USCTP_EWOULDBLOCK: /* messages wait to be sent on a stream that is to be reset (Linux) */
        return -EAGAIN;
    case USCTP_ENOTSUP:
        return -ENOPROTOOPT;
    case USCTP_ESTATE:
        return -ENOTCONN;
    case USCTP_ENOMEM:
        return -ENOMEM;
    default:
        return -EINVAL;
    }
}

/* --- SCTP_RECONFIG_SUPPORTED ------------------------------------------------------------------ */

static int get_supported(struct usctp__opt_call *call)
{
    return usctp__opt_get_extension(call, USCTP_EXT_RECONFIG);
}

static int set_supported(struct usctp__opt_call *call)
{
    return usctp__opt_set_extension(call, call->value->value.assoc_value != 0, USCTP_EXT_RECONFIG,
                                    0);
}

/* --- SCTP_ENABLE_STREAM_RESET (6.3.1) --------------------------------------------------------- */

static int get_enable(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    call->value->value.assoc_value = params.reconf_allow; /* the bits are the same */
    return 0;
}

static int set_enable(struct usctp__opt_call *call)
{
    if ((call->value->value.assoc_value & ~(uint32_t)SCTP_ENABLE_STRRESET_MASK) != 0) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    params.reconf_allow = call->value->value.assoc_value;
    return usctp__opt_set_params(call, &params);
}

/* --- SCTP_RESET_STREAMS (6.3.2) --------------------------------------------------------------- */

static int reset_streams(const struct usctp__opt_call *call, unsigned flags, size_t cnt)
{
    size_t at = offsetof(struct sctp_reset_streams, srs_stream_list);
    uint16_t *streams = NULL;
    int error;

    if (cnt > 0) {
        streams = malloc(cnt * sizeof(*streams));
        if (streams == NULL) {
            return -ENOMEM;
        }
        memcpy(streams, call->user + at, cnt * sizeof(*streams));
    }
    error = usctp_assoc_reset_streams(call->peer->assoc, flags, streams, cnt);
    free(streams);
    return reconf_errno(error);
}

static int set_reset_streams(struct usctp__opt_call *call)
{
    struct sctp_reset_streams given;
    unsigned flags = 0;

    memcpy(&given, call->user, sizeof(given));
    if ((given.srs_flags & SCTP_STREAM_RESET_INCOMING) != 0) {
        flags |= USCTP_RESET_IN;
    }
    if ((given.srs_flags & SCTP_STREAM_RESET_OUTGOING) != 0) {
        flags |= USCTP_RESET_OUT;
    }
    if (flags == 0 ||
        (given.srs_flags & ~(SCTP_STREAM_RESET_INCOMING | SCTP_STREAM_RESET_OUTGOING)) != 0 ||
        call->user_len < sizeof(given) + given.srs_number_streams * sizeof(uint16_t)) {
        return -EINVAL;
    }
    return reset_streams(call, flags | USCTP_RESET_NO_WAIT, given.srs_number_streams);
}

/* --- SCTP_RESET_ASSOC (6.3.3), SCTP_ADD_STREAMS (6.3.4) --------------------------------------- */

static int set_reset_assoc(struct usctp__opt_call *call)
{
    return reconf_errno(usctp_assoc_reset(call->peer->assoc));
}

static int set_add_streams(struct usctp__opt_call *call)
{
    const struct sctp_add_streams *add = &call->value->add_streams;

    return reconf_errno(
        usctp_assoc_add_streams(call->peer->assoc, add->sas_outstrms, add->sas_instrms));
}

/* --- The rows --------------------------------------------------------------------------------- */

enum {
    SOCK = USCTP__OPT_SOCK,
    ASSOC = USCTP__OPT_ASSOC,
    ALL = USCTP__OPT_ALL,
    RAW = USCTP__OPT_RAW
};

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_RECONFIG_SUPPORTED, SOCK | ASSOC, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_supported, set_supported},
    {IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, SOCK | ASSOC | ALL, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_enable, set_enable},
    {IPPROTO_SCTP, SCTP_RESET_STREAMS, ASSOC | RAW, 0, sizeof(struct sctp_reset_streams),
     sizeof(struct sctp_reset_streams), NULL, set_reset_streams},
    {IPPROTO_SCTP, SCTP_RESET_ASSOC, ASSOC, 0, sizeof(sctp_assoc_t), sizeof(sctp_assoc_t), NULL,
     set_reset_assoc},
    {IPPROTO_SCTP, SCTP_ADD_STREAMS, ASSOC, 0, sizeof(struct sctp_add_streams),
     sizeof(struct sctp_add_streams), NULL, set_add_streams},
};

const struct usctp__opt_family usctp__opts_reconf = {rows, sizeof(rows) / sizeof(rows[0])};
