/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking at the addresses of the host. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* POLLIN with poll */
#endif
#include "socket/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/time.h"
#include "socket/host.h"
#include "socket/hostfd.h"
#include "socket/sock.h"
#include "socket/wait.h"

/* True if the UDP sockets of the host receive there. */
static bool is_bound(const struct usctp_host *host, const struct usctp_addr *addr)
{
    for (size_t i = 0; i < host->config.addr_cnt; i++) {
        if (usctp__addr_same(&host->addrs[i], addr)) {
            return true;
        }
    }
    return host->config.addr_cnt == 0;
}

static void tell(struct usctp_host *host)
{
    struct usctp_addr addrs[USCTP_HOST_ADDRS_MAX];
    size_t cnt = usctp_addr_watch_read(host->watch->addrs, addrs, USCTP_HOST_ADDRS_MAX);
    size_t bound = 0;

    for (size_t i = 0; i < cnt; i++) {
        if (is_bound(host, &addrs[i])) {
            addrs[bound++] = addrs[i];
        }
    }
    (void)usctp_stack_set_addresses(host->stack, addrs, bound);
}

/* When the system is asked next. */
static uint64_t next_look(const struct usctp_host *host, uint64_t now_ts)
{
    uint32_t ms = host->config.look_ms;

    return usctp__time_add(now_ts, ms != 0 ? ms * USCTP__MS : USCTP__SEC);
}

int usctp__watch_begin(struct usctp_host *host)
{
    if (host->watch != NULL || host->lower != 0) {
        return 0;
    }
    host->watch = calloc(1, sizeof(*host->watch));
    if (host->watch == NULL || usctp_addr_watch_new(&host->watch->addrs) != 0) {
        free(host->watch);
        host->watch = NULL;
        return -ENOMEM;
    }
    host->watch->fd = host->config.look_ms != 0 ? -1 : (int)usctp_addr_watch_fd(host->watch->addrs);
    host->watch->look_ts =
        host->watch->fd < 0 ? next_look(host, usctp__host_now(host)) : USCTP_NEVER;
    tell(host);
    usctp__hostfd_watch_fd(host, host->watch->fd);
    if (host->leading) {
        usctp__wait_wake(host); /* who sleeps does not look there */
    }
    return 0;
}

static bool anyone_follows(const struct usctp_host *host)
{
    USCTP__LIST_FOREACH(link, &host->socks)
    {
        const struct usctp__sock *sock = USCTP__CONTAINER_OF(link, struct usctp__sock, link);

        if (!sock->closed && (sock->opts.params.flags & USCTP_PARAM_FOLLOW_HOST) != 0) {
            return true;
        }
    }
    return false;
}

static bool is_due(const struct usctp_host *host, uint64_t now_ts)
{
    struct pollfd fd = {.fd = host->watch->fd, .events = POLLIN};

    return host->watch->fd >= 0 ? poll(&fd, 1, 0) == 1 : now_ts >= host->watch->look_ts;
}

void usctp__watch_look(struct usctp_host *host)
{
    uint64_t now_ts = usctp__host_now(host);

    if (is_due(host, now_ts)) {
        if (host->watch->fd < 0) {
            host->watch->look_ts = next_look(host, now_ts);
        }
        tell(host);
    }
}

void usctp__watch_end_unused(struct usctp_host *host)
{
    if (host->watch != NULL && !anyone_follows(host)) {
        usctp__watch_end(host);
    }
}

void usctp__watch_end(struct usctp_host *host)
{
    if (host->watch != NULL) {
        usctp_addr_watch_free(host->watch->addrs);
        free(host->watch);
        host->watch = NULL;
    }
}

void usctp__watch_disown(struct usctp_host *host)
{
    int fd = host->watch != NULL ? (int)usctp_addr_watch_fd(host->watch->addrs) : -1;

    if (fd >= 0) {
        close(fd);
    }
}

int usctp__watch_fd(const struct usctp_host *host)
{
    return host->watch != NULL ? host->watch->fd : -1;
}
