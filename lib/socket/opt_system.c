/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of all sockets that mean something for SCTP: SOL_SOCKET (RFC 6458, 8.1.4, 8.1.6, 8.1.7), and
 * those of IP. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "base/compiler.h"
#include "base/time.h"
#include "socket/opt.h"
#include "socket/table.h"

enum {
    /* What Linux lets buffers shrink to, as it reports them. */
    LEAST_RCVBUF = 2304,
    LEAST_SNDBUF = 4608,
    LEAST_WINDOW = 1500, /* RFC 9260, 6 */
    DSCP_SHIFT = 2       /* below it stand the bits of ECN, which are not the program's */
};

/* --- Buffers ---------------------------------------------------------------------------------- */

/* As on Linux what is asked for is doubled, and the double reported: half of it is payload. */
static uint32_t doubled(int asked, uint32_t least)
{
    uint32_t len = asked < 0 ? INT_MAX / 2 : USCTP__MIN((uint32_t)asked, (uint32_t)INT_MAX / 2);

    return USCTP__MAX(len * 2, least);
}

static int get_rcvbuf(struct usctp__opt_call *call)
{
    call->value->number = (int)call->sock->opts.rcvbuf;
    return 0;
}

static int apply_rcvbuf(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    params.receive_window = USCTP__MAX(call->sock->opts.rcvbuf / 2, (uint32_t)LEAST_WINDOW);
    if (params.receive_memory != 0) {
        params.receive_memory = USCTP__MAX(params.receive_memory, params.receive_window * 2);
    }
    return usctp__opt_set_params(call, &params);
}

static int set_rcvbuf(struct usctp__opt_call *call)
{
    call->sock->opts.rcvbuf = doubled(call->value->number, LEAST_RCVBUF);
    return usctp__opt_everywhere(call, apply_rcvbuf);
}

static int get_sndbuf(struct usctp__opt_call *call)
{
    call->value->number = (int)call->sock->opts.sndbuf;
    return 0;
}

static int apply_sndbuf(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    params.send_buffer = call->sock->opts.sndbuf / 2;
    int err = usctp__opt_set_params(call, &params);
    if (err == 0 && call->peer != NULL && call->peer->up) {
        usctp__peer_block(call->peer, false);
        usctp__peer_watch_room(call->peer); /* which finds that there is none, if so */
    }
    return err;
}

static int set_sndbuf(struct usctp__opt_call *call)
{
    call->sock->opts.sndbuf = doubled(call->value->number, LEAST_SNDBUF);
    return usctp__opt_everywhere(call, apply_sndbuf);
}

/* --- Time limits ------------------------------------------------------------------------------ */

static int get_time(struct usctp__opt_call *call, uint64_t dur)
{
    struct timeval time;

    memset(&time, 0, sizeof(time));
    time.tv_sec = (time_t)(dur / USCTP__SEC);
    time.tv_usec = (suseconds_t)(dur % USCTP__SEC / USCTP__US);
    call->value->time = time;
    return 0;
}

/* 0: none. A negative one is over before it begins, as on Linux. */
static int set_time(const struct usctp__opt_call *call, uint64_t *dur)
{
    const struct timeval *time = &call->value->time;

    if (time->tv_usec < 0 || time->tv_usec >= 1000000) {
        return -EDOM;
    }
    if (time->tv_sec < 0) {
        *dur = USCTP__NS;
    } else {
        *dur = usctp__time_add(usctp__time_mul((uint64_t)time->tv_sec, USCTP__SEC),
                               (uint64_t)time->tv_usec * USCTP__US);
    }
    return 0;
}

static int get_rcvtimeo(struct usctp__opt_call *call)
{
    return get_time(call, call->sock->opts.receive_dur);
}

static int set_rcvtimeo(struct usctp__opt_call *call)
{
    return set_time(call, &call->sock->opts.receive_dur);
}

static int get_sndtimeo(struct usctp__opt_call *call)
{
    return get_time(call, call->sock->opts.send_dur);
}

static int set_sndtimeo(struct usctp__opt_call *call)
{
    return set_time(call, &call->sock->opts.send_dur);
}

/* --- SO_LINGER (8.1.4) ------------------------------------------------------------------------ */

static int get_linger(struct usctp__opt_call *call)
{
    call->value->linger.l_onoff = call->sock->opts.linger;
    call->value->linger.l_linger = (int)call->sock->opts.linger_s;
    return 0;
}

static int set_linger(struct usctp__opt_call *call)
{
    const struct linger *given = &call->value->linger;

    if (given->l_onoff != 0 && given->l_linger < 0) {
        return -EINVAL;
    }
    call->sock->opts.linger = given->l_onoff != 0;
    if (given->l_onoff != 0) {
        call->sock->opts.linger_s = (uint32_t)given->l_linger;
    }
    return 0;
}

/* --- What the socket is ----------------------------------------------------------------------- */

static int get_error(struct usctp__opt_call *call)
{
    call->value->number = -usctp__sock_error(call->sock);
    return 0;
}

static int get_type(struct usctp__opt_call *call)
{
    call->value->number = call->sock->peeled ? SOCK_STREAM : call->sock->type;
    return 0;
}

#if defined(SO_PROTOCOL)
static int get_protocol(struct usctp__opt_call *call)
{
    call->value->number = IPPROTO_SCTP;
    return 0;
}
#endif

#if defined(SO_DOMAIN)
static int get_domain(struct usctp__opt_call *call)
{
    call->value->number = call->sock->domain;
    return 0;
}
#endif

static int get_acceptconn(struct usctp__opt_call *call)
{
    call->value->number = call->sock->listening;
    return 0;
}

/* --- IP --------------------------------------------------------------------------------------- */

static int get_tos(struct usctp__opt_call *call)
{
    call->value->number = call->sock->opts.params.dscp << DSCP_SHIFT;
    return 0;
}

static int apply_tos(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    params.dscp = (uint8_t)((call->value->number & 0xff) >> DSCP_SHIFT);
    return usctp__opt_set_params(call, &params);
}

static int set_tos(struct usctp__opt_call *call)
{
    return usctp__opt_everywhere(call, apply_tos);
}

/* RFC 3542, 6.5: -1 is the default. */
static int set_tclass(struct usctp__opt_call *call)
{
    if (call->value->number < -1 || call->value->number > 255) {
        return -EINVAL;
    }
    if (call->value->number == -1) {
        call->value->number = call->sock->host->params.dscp << DSCP_SHIFT;
    }
    return set_tos(call);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum { SOCK = USCTP__OPT_SOCK, NO_ID = USCTP__OPT_NO_ID, INT_LEN = sizeof(int) };

static const struct usctp__opt rows[] = {
    {SOL_SOCKET, SO_RCVBUF, SOCK, NO_ID, INT_LEN, INT_LEN, get_rcvbuf, set_rcvbuf},
    {SOL_SOCKET, SO_SNDBUF, SOCK, NO_ID, INT_LEN, INT_LEN, get_sndbuf, set_sndbuf},
    {SOL_SOCKET, SO_RCVTIMEO, SOCK, NO_ID, sizeof(struct timeval), sizeof(struct timeval),
     get_rcvtimeo, set_rcvtimeo},
    {SOL_SOCKET, SO_SNDTIMEO, SOCK, NO_ID, sizeof(struct timeval), sizeof(struct timeval),
     get_sndtimeo, set_sndtimeo},
    {SOL_SOCKET, SO_LINGER, SOCK, NO_ID, sizeof(struct linger), sizeof(struct linger), get_linger,
     set_linger},
    {SOL_SOCKET, SO_ERROR, SOCK, NO_ID, INT_LEN, INT_LEN, get_error, NULL},
    {SOL_SOCKET, SO_TYPE, SOCK, NO_ID, INT_LEN, INT_LEN, get_type, NULL},
#if defined(SO_PROTOCOL)
    {SOL_SOCKET, SO_PROTOCOL, SOCK, NO_ID, INT_LEN, INT_LEN, get_protocol, NULL},
#endif
#if defined(SO_DOMAIN)
    {SOL_SOCKET, SO_DOMAIN, SOCK, NO_ID, INT_LEN, INT_LEN, get_domain, NULL},
#endif
    {SOL_SOCKET, SO_ACCEPTCONN, SOCK, NO_ID, INT_LEN, INT_LEN, get_acceptconn, NULL},
    {SOL_SOCKET, SO_REUSEADDR, USCTP__OPT_SWITCH_ROW(SOCK, reuse_addr, usctp__opt_set_switch)},
#if defined(SO_REUSEPORT)
    {SOL_SOCKET, SO_REUSEPORT, USCTP__OPT_SWITCH_ROW(SOCK, reuse_port, usctp__opt_set_switch)},
#endif
    {IPPROTO_IPV6, IPV6_V6ONLY, USCTP__OPT_SWITCH_ROW(SOCK, v6only, usctp__opt_set_switch_unbound)},
    {IPPROTO_IPV6, IPV6_TCLASS, SOCK, NO_ID, INT_LEN, INT_LEN, get_tos, set_tclass},
    {IPPROTO_IP, IP_TOS, SOCK, NO_ID, INT_LEN, INT_LEN, get_tos, set_tos},
};

const struct usctp__opt_family usctp__opts_system = {rows, sizeof(rows) / sizeof(rows[0])};
