/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of the host on POSIX systems. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* getifaddrs */
#endif
#include <errno.h>
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
#include "lower/addr_watch.h"

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

/* Messages only wake: what there is is looked up, also when some did not fit (ENOBUFS). */
static void drain(int fd)
{
    char bytes[4096];
    ssize_t got;

    do {
        got = recv(fd, bytes, sizeof(bytes), 0);
    } while (got > 0 || (got < 0 && (errno == ENOBUFS || errno == EINTR)));
}

static struct usctp_addr address_of(const struct ifaddrs *one)
{
    uint8_t bytes[16];

    if (one->ifa_addr->sa_family == AF_INET) {
        struct sockaddr_in sin;

        memcpy(&sin, one->ifa_addr, sizeof(sin));
        memcpy(bytes, &sin.sin_addr, 4);
        return usctp__addr_ipv4(bytes);
    }
    if (one->ifa_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 sin6;

        memcpy(&sin6, one->ifa_addr, sizeof(sin6));
        memcpy(bytes, &sin6.sin6_addr, 16);
        return usctp__addr_ipv6(bytes, 0);
    }
    return usctp__addr_none();
}

size_t usctp_addr_watch_read(usctp_addr_watch *watch, struct usctp_addr *addrs, size_t max)
{
    struct usctp__addr_found found = {addrs, 0, max};
    struct ifaddrs *all;

    if (watch == NULL || addrs == NULL) {
        return 0;
    }
    if (watch->fd >= 0) {
        drain(watch->fd); /* first: what changes from now on is told again */
    }
    if (getifaddrs(&all) != 0) {
        return 0;
    }
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        if (one->ifa_addr != NULL && (one->ifa_flags & IFF_UP) != 0) {
            struct usctp_addr addr = address_of(one);

            usctp__addr_found(&found, &addr);
        }
    }
    freeifaddrs(all);
    return found.cnt;
}
