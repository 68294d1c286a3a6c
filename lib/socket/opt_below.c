/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of all sockets that say something about what is below SCTP, and those that Linux takes, keeps and
 * does nothing with where the protocol is SCTP. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1 /* SO_PRIORITY and the like */
#endif
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "socket/device.h"
#include "socket/host.h"
#include "socket/opt.h"

/* --- SO_BINDTODEVICE -------------------------------------------------------------------------- */

#if defined(SO_BINDTODEVICE)
static int get_device(struct usctp__opt_call *call)
{
    const char *device = call->sock->opts.device;

    if (call->user_len < USCTP__DEVICE_NAME_LEN) {
        return -EINVAL;
    }
    call->len = device[0] != 0 ? strlen(device) + 1 : 0;
    memcpy(call->user, device, call->len);
    return 0;
}

/* A socket that is bound to no address of its own gets those of the device. */
static int set_device(struct usctp__opt_call *call)
{
    struct usctp__sock *sock = call->sock;
    char device[USCTP__DEVICE_NAME_LEN] = {0};
    size_t len = call->user_len < sizeof(device) - 1 ? call->user_len : sizeof(device) - 1;

    memcpy(device, call->user, len);
    if (sock->binding != NULL) {
        return -EINVAL; /* its associations have told their peers other addresses */
    }
    if (device[0] != 0 && (sock->host->lower != 0 || !usctp__device_exists(device))) {
        return -ENODEV;
    }
    memcpy(sock->opts.device, device, sizeof(device));
    return 0;
}
#endif

/* --- IP_TTL, IPV6_UNICAST_HOPS ---------------------------------------------------------------- */

enum { DEFAULT_HOPS = 64, MAX_HOPS = 255 };

static int get_hops(struct usctp__opt_call *call)
{
    int hops = call->sock->host->hops;

    call->value->number = hops != 0 ? hops : DEFAULT_HOPS;
    return 0;
}

/* -1: the default. The UDP sockets belong to the whole host. */
static int set_hops(struct usctp__opt_call *call, int least)
{
    int hops = call->value->number;

    if (hops != -1 && (hops < least || hops > MAX_HOPS)) {
        return -EINVAL;
    }
    usctp__host_set_hops(call->sock->host, hops == -1 ? DEFAULT_HOPS : hops);
    return 0;
}

static int set_ttl(struct usctp__opt_call *call)
{
    return set_hops(call, 1);
}

/* --- Kept, and no more ------------------------------------------------------------------------ */

static int get_rcvlowat(struct usctp__opt_call *call)
{
    int len = call->sock->opts.rcvlowat;

    call->value->number = len != 0 ? len : 1;
    return 0;
}

/* As Linux reads it: a negative one is the largest, zero is one. SCTP is readable with the first message. */
static int set_rcvlowat(struct usctp__opt_call *call)
{
    int len = call->value->number;

    call->sock->opts.rcvlowat = len < 0 ? INT32_MAX : len == 0 ? 1 : len;
    return 0;
}

static int get_sndlowat(struct usctp__opt_call *call)
{
    call->value->number = 1;
    return 0;
}

/* --- The rows --------------------------------------------------------------------------------- */

enum {
    SOCK = USCTP__OPT_SOCK,
    RAW = USCTP__OPT_RAW,
    NO_ID = USCTP__OPT_NO_ID,
    INT_LEN = sizeof(int)
};

static int set_unicast_hops(struct usctp__opt_call *call)
{
    return set_hops(call, 0);
}

static const struct usctp__opt rows[] = {
#if defined(SO_BINDTODEVICE)
    {SOL_SOCKET, SO_BINDTODEVICE, SOCK | RAW, NO_ID, 0, 0, get_device, set_device},
#endif
    {IPPROTO_IP, IP_TTL, SOCK, NO_ID, INT_LEN, INT_LEN, get_hops, set_ttl},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, SOCK, NO_ID, INT_LEN, INT_LEN, get_hops, set_unicast_hops},
    {SOL_SOCKET, SO_BROADCAST, USCTP__OPT_SWITCH_ROW(SOCK, broadcast, usctp__opt_set_switch)},
    /* What it is for, HEARTBEATs do. */
    {SOL_SOCKET, SO_KEEPALIVE, USCTP__OPT_SWITCH_ROW(SOCK, keepalive, usctp__opt_set_switch)},
    {SOL_SOCKET, SO_DONTROUTE, USCTP__OPT_SWITCH_ROW(SOCK, dontroute, usctp__opt_set_switch)},
    {SOL_SOCKET, SO_OOBINLINE, USCTP__OPT_SWITCH_ROW(SOCK, oobinline, usctp__opt_set_switch)},
    {SOL_SOCKET, SO_RCVLOWAT, SOCK, NO_ID, INT_LEN, INT_LEN, get_rcvlowat, set_rcvlowat},
    {SOL_SOCKET, SO_SNDLOWAT, SOCK, NO_ID, INT_LEN, INT_LEN, get_sndlowat, NULL},
};

const struct usctp__opt_family usctp__opts_below = {rows, sizeof(rows) / sizeof(rows[0])};
