/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of address reconfiguration and what came with it (RFC 5061): RFC 6458, 8.1.10, 8.1.23, 8.3.1; and
 * of Linux. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "socket/addrs.h"
#include "socket/opt.h"
#include "socket/table.h"
#include "socket/watch.h"

/* --- SCTP_ASCONF_SUPPORTED (Linux's) ----------------------------------------------------------- */

static bool in_force(const struct usctp__peer *peer)
{
    return (usctp_assoc_extensions(peer->assoc) & USCTP_EXT_ASCONF) != 0;
}

static int get_supported(struct usctp__opt_call *call)
{
    return usctp__opt_get_extension(call, USCTP_EXT_ASCONF);
}

/* RFC 5061, 4.1.1: it goes with authentication. */
static int set_supported(struct usctp__opt_call *call)
{
    return usctp__opt_set_extension(call, call->value->value.assoc_value != 0, USCTP_EXT_ASCONF,
                                    USCTP_EXT_AUTH);
}

/* --- SCTP_SET_PEER_PRIMARY_ADDR (8.3.1) -------------------------------------------------------- */

/* One of our addresses that the association has. */
static bool is_local(const struct usctp__opt_call *call, const struct usctp__name *name)
{
    struct usctp__name names[USCTP__ADDRS_MAX];
    size_t cnt = usctp__local_addrs(call->sock, call->peer, names, USCTP__ADDRS_MAX);

    for (size_t i = 0; i < cnt && i < USCTP__ADDRS_MAX; i++) {
        if (usctp__addr_same(&names[i].addr, &name->addr)) {
            return name->port == 0 || name->port == names[i].port;
        }
    }
    return false;
}

static int set_peer_primary(struct usctp__opt_call *call)
{
    struct usctp_address_change change;
    struct sockaddr_storage sa;
    struct usctp__name name;

    memcpy(&sa, call->value->bytes + offsetof(struct sctp_setpeerprim, sspp_addr), sizeof(sa));
    if (usctp__sockaddr_in((const struct sockaddr *)(const void *)&sa, sizeof(sa), &name) != 0) {
        return -EINVAL;
    }
    if (!in_force(call->peer)) {
        return call->peer->up ? -EPERM : -ENOTCONN;
    }
    if (!is_local(call, &name)) {
        return -EADDRNOTAVAIL;
    }
    memset(&change, 0, sizeof(change));
    change.what = USCTP_ADDRESS_PRIMARY;
    change.addr = name.addr;
    int err = usctp_assoc_change_addresses(call->peer->assoc, &change, 1);
    return err == USCTP_ESTATE ? -ENOTCONN : -usctp__errno(err);
}

/* --- SCTP_ADAPTATION_LAYER (8.1.10) ------------------------------------------------------------ */

static int get_adaptation(struct usctp__opt_call *call)
{
    call->value->adaptation.ssb_adaptation_ind = call->sock->opts.params.adaptation;
    return 0;
}

static int set_adaptation(struct usctp__opt_call *call)
{
    struct usctp_params params = call->sock->opts.params;

    params.adaptation = call->value->adaptation.ssb_adaptation_ind;
    params.flags |= USCTP_PARAM_ADAPTATION;
    return usctp__opt_set_params(call, &params);
}

/* --- SCTP_AUTO_ASCONF (8.1.23) ----------------------------------------------------------------- */

/* Who has bound addresses of his choice keeps those, as on Linux. */
static bool has_own_addresses(const struct usctp__sock *sock)
{
    return sock->binding != NULL && sock->binding->addr_cnt > 0;
}

static int get_auto(struct usctp__opt_call *call)
{
    call->value->number = (call->sock->opts.params.flags & USCTP_PARAM_FOLLOW_HOST) != 0 &&
                          !has_own_addresses(call->sock);
    return 0;
}

/* Of the associations to come, or of one. */
static int set_follow(struct usctp__opt_call *call)
{
    bool is_on;
    struct usctp_params params = usctp__opt_params(call);

    is_on = (params.flags & USCTP_PARAM_FOLLOW_HOST) != 0;
    params.flags ^= USCTP_PARAM_FOLLOW_HOST;
    return is_on == usctp__opt_on(call) ? 0 : usctp__opt_set_params(call, &params);
}

static int set_auto(struct usctp__opt_call *call)
{
    int err;

    if (usctp__opt_on(call) && has_own_addresses(call->sock)) {
        return -EINVAL;
    }
    err = usctp__opt_on(call) ? usctp__watch_begin(call->sock->host) : 0;
    if (err == 0) {
        err = usctp__opt_everywhere(call, set_follow);
    }
    usctp__watch_end_unused(call->sock->host);
    return err;
}

/* --- The rows --------------------------------------------------------------------------------- */

enum { SOCK = USCTP__OPT_SOCK, ASSOC = USCTP__OPT_ASSOC, NO_ID = USCTP__OPT_NO_ID };

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_ASCONF_SUPPORTED, SOCK | ASSOC, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_supported, set_supported},
    {IPPROTO_SCTP, SCTP_SET_PEER_PRIMARY_ADDR, ASSOC,
     offsetof(struct sctp_setpeerprim, sspp_assoc_id), sizeof(struct sctp_setpeerprim),
     sizeof(struct sctp_setpeerprim), NULL, set_peer_primary},
    {IPPROTO_SCTP, SCTP_ADAPTATION_LAYER, SOCK, NO_ID, sizeof(struct sctp_setadaptation),
     sizeof(struct sctp_setadaptation), get_adaptation, set_adaptation},
    {IPPROTO_SCTP, SCTP_AUTO_ASCONF, SOCK, NO_ID, sizeof(int), sizeof(int), get_auto, set_auto},
};

const struct usctp__opt_family usctp__opts_asconf = {rows, sizeof(rows) / sizeof(rows[0])};
