/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of the host. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* getifaddrs */
#endif
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <usctp/driver.h>

#include "base/addr.h"
#include "lower/addr_notice.h"

struct usctp_addr_watch {
    int fd; /* becomes readable when something may have changed; -1: there is none */
};

int usctp_addr_watch_new(usctp_addr_watch **watch)
{
    if (watch == NULL) {
        return USCTP_EINVAL;
    }
    *watch = malloc(sizeof(**watch));
    if (*watch == NULL) {
        return USCTP_ENOMEM;
    }
    (*watch)->fd = usctp__addr_notice_open();
    return USCTP_OK;
}

void usctp_addr_watch_free(usctp_addr_watch *watch)
{
    if (watch != NULL) {
        if (watch->fd >= 0) {
            close(watch->fd);
        }
        free(watch);
    }
}

usctp_fd usctp_addr_watch_fd(const usctp_addr_watch *watch)
{
    return watch != NULL ? watch->fd : -1;
}

/* What no other host could send to is left out. */
static bool take(const struct ifaddrs *one, struct usctp_addr *addr)
{
    uint8_t bytes[16];

    if (one->ifa_addr == NULL || (one->ifa_flags & IFF_UP) == 0) {
        return false;
    }
    if (one->ifa_addr->sa_family == AF_INET) {
        struct sockaddr_in sin;

        memcpy(&sin, one->ifa_addr, sizeof(sin));
        memcpy(bytes, &sin.sin_addr, 4);
        *addr = usctp__addr_ipv4(bytes);
    } else if (one->ifa_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 sin6;

        memcpy(&sin6, one->ifa_addr, sizeof(sin6));
        memcpy(bytes, &sin6.sin6_addr, 16);
        *addr = usctp__addr_ipv6(bytes, 0);
    } else {
        return false;
    }
    return usctp__addr_scope(addr) >= USCTP__SCOPE_PRIVATE;
}

static bool has(const struct usctp_addr *addrs, size_t cnt, const struct usctp_addr *addr)
{
    for (size_t i = 0; i < cnt; i++) {
        if (usctp__addr_equal(&addrs[i], addr)) {
            return true;
        }
    }
    return false;
}

size_t usctp_addr_watch_read(usctp_addr_watch *watch, struct usctp_addr *addrs, size_t max)
{
    struct ifaddrs *all;
    size_t cnt = 0;

    if (watch == NULL || addrs == NULL) {
        return 0;
    }
    if (watch->fd >= 0) {
        usctp__addr_notice_drain(watch->fd); /* first: what changes from now on is told again */
    }
    if (getifaddrs(&all) != 0) {
        return 0;
    }
    for (const struct ifaddrs *one = all; one != NULL && cnt < max; one = one->ifa_next) {
        if (take(one, &addrs[cnt]) && !has(addrs, cnt, &addrs[cnt])) {
            cnt++;
        }
    }
    freeifaddrs(all);
    return cnt;
}
