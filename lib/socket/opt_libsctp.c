/* SPDX-License-Identifier: BSD-3-Clause */
/* The private options by which Linux's libsctp makes the functions of RFC 6458, 9, out of getsockopt and
 * setsockopt. (Peel-off makes a descriptor, and stands with the calls: call_opt.c.) */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "socket/addrs.h"
#include "socket/call.h"
#include "socket/connect.h"
#include "socket/opt.h"
#include "socket/pointer.h"

/* Reads packed addresses, len bytes in all. Returns how many, or a negative errno. */
static int unpack(const uint8_t *bytes, size_t len, struct usctp__name *names)
{
    size_t used = 0;
    int cnt = 0;

    while (used < len) {
        struct sockaddr_storage sa;
        size_t left = len - used;

        if (cnt == USCTP__ADDRS_MAX || left < sizeof(struct sockaddr_in)) {
            return -EINVAL;
        }
        memset(&sa, 0, sizeof(sa));
        memcpy(&sa, bytes + used, left < sizeof(sa) ? left : sizeof(sa));
        size_t one =
            sa.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        if (one > left || usctp__sockaddr_in((const struct sockaddr *)(const void *)&sa,
                                             (socklen_t)one, &names[cnt++]) != 0) {
            return -EINVAL;
        }
        used += one;
    }
    return cnt > 0 ? cnt : -EINVAL;
}

/* --- bindx ------------------------------------------------------------------------------------ */

static int bindx(const struct usctp__opt_call *call, bool add)
{
    struct usctp__name names[USCTP__ADDRS_MAX];
    int cnt = unpack(call->user, call->user_len, names);

    return cnt < 0 ? cnt : usctp__bindx(call->sock, names, (size_t)cnt, add);
}

static int set_bindx_add(struct usctp__opt_call *call)
{
    return bindx(call, true);
}

static int set_bindx_rem(struct usctp__opt_call *call)
{
    return bindx(call, false);
}

/* --- connectx --------------------------------------------------------------------------------- */

/* Returns the association's id: setsockopt does too. */
static int connectx(struct usctp__sock *sock, const uint8_t *bytes, size_t len, sctp_assoc_t *id)
{
    struct usctp__name names[USCTP__ADDRS_MAX];
    int cnt = unpack(bytes, len, names);

    return cnt < 0 ? cnt : usctp__connect(sock, names, (size_t)cnt, id);
}

static int set_connectx(struct usctp__opt_call *call)
{
    sctp_assoc_t id = 0;
    int err = connectx(call->sock, call->user, call->user_len, &id);

    return err != 0 ? err : id;
}

static int set_connectx_old(struct usctp__opt_call *call)
{
    sctp_assoc_t id = 0;

    return connectx(call->sock, call->user, call->user_len, &id);
}

/* The id is told where set-up goes on, too. */
static int get_connectx3(struct usctp__opt_call *call)
{
    struct sctp_getaddrs_old *arg = &call->value->connectx;
    sctp_assoc_t id = 0;

    if (arg->addr_num <= 0) {
        return -EINVAL;
    }
    if (usctp__cannot_read(call->sock->host, arg->addrs, (size_t)arg->addr_num)) {
        return -EFAULT;
    }
    int err = connectx(call->sock, (const uint8_t *)arg->addrs, (size_t)arg->addr_num, &id);
    if (err == 0 || err == -EINPROGRESS) {
        arg->assoc_id = id;
        memcpy(call->user, arg, sizeof(*arg));
        call->len = sizeof(*arg);
    }
    return err;
}

/* --- getpaddrs, getladdrs ---------------------------------------------------------------------- */

/* Where there is not enough room libsctp tries again with more. */
static int give_addrs(struct usctp__opt_call *call, const struct usctp__name *names, size_t cnt)
{
    size_t header_len = offsetof(struct sctp_getaddrs, addrs);
    size_t room = call->user_len - header_len;
    size_t len = usctp__addrs_pack(call->sock, names, cnt, call->user + header_len, room);
    uint32_t number = (uint32_t)cnt;

    if (len > room) {
        return -ENOMEM;
    }
    memcpy(call->user + offsetof(struct sctp_getaddrs, addr_num), &number, sizeof(number));
    call->len = header_len + len;
    return 0;
}

static int get_peer_addrs(struct usctp__opt_call *call)
{
    struct usctp__name names[USCTP__ADDRS_MAX];

    return give_addrs(call, names, usctp__peer_addrs(call->peer, names, USCTP__ADDRS_MAX));
}

static int get_local_addrs(struct usctp__opt_call *call)
{
    struct usctp__name names[USCTP__ADDRS_MAX];

    return give_addrs(call, names,
                      usctp__local_addrs(call->sock, call->peer, names, USCTP__ADDRS_MAX));
}

/* --- The rows --------------------------------------------------------------------------------- */

enum {
    SOCK = USCTP__OPT_SOCK,
    ASSOC = USCTP__OPT_ASSOC,
    RAW = USCTP__OPT_RAW,
    NO_ID = USCTP__OPT_NO_ID,
    ADDRS_LEN = offsetof(struct sctp_getaddrs, addrs)
};

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_SOCKOPT_BINDX_ADD, SOCK | RAW, NO_ID, sizeof(struct sockaddr_in), 0, NULL,
     set_bindx_add},
    {IPPROTO_SCTP, SCTP_SOCKOPT_BINDX_REM, SOCK | RAW, NO_ID, sizeof(struct sockaddr_in), 0, NULL,
     set_bindx_rem},
    {IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX_OLD, SOCK | RAW, NO_ID, sizeof(struct sockaddr_in), 0,
     NULL, set_connectx_old},
    {IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX, SOCK | RAW, NO_ID, sizeof(struct sockaddr_in), 0, NULL,
     set_connectx},
    {IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX3, SOCK | RAW, NO_ID, sizeof(struct sctp_getaddrs_old),
     sizeof(struct sctp_getaddrs_old), get_connectx3, NULL},
    {IPPROTO_SCTP, SCTP_GET_PEER_ADDRS, ASSOC | RAW, 0, ADDRS_LEN, ADDRS_LEN, get_peer_addrs, NULL},
    {IPPROTO_SCTP, SCTP_GET_LOCAL_ADDRS, SOCK | ASSOC | RAW, 0, ADDRS_LEN, ADDRS_LEN,
     get_local_addrs, NULL},
};

const struct usctp__opt_family usctp__opts_libsctp = {rows, sizeof(rows) / sizeof(rows[0])};
