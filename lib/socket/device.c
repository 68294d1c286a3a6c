/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces of this host. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1 /* getifaddrs */
#endif
#include "socket/device.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

bool usctp__device_exists(const char *device)
{
    return if_nametoindex(device) != 0;
}

static bool carries(int domain, bool v6only, const struct usctp_addr *addr)
{
    if (addr->family == USCTP_AF_IPV4) {
        return domain == AF_INET || !v6only;
    }
    return domain == AF_INET6 && addr->scope_id == 0;
}

size_t usctp__device_names(const char *device, int domain, bool v6only, uint16_t port,
                           struct usctp__name names[USCTP__DEVICE_ADDR_MAX])
{
    struct ifaddrs *all;
    size_t cnt = 0;

    if (getifaddrs(&all) != 0) {
        return 0;
    }
    for (const struct ifaddrs *one = all; one != NULL && cnt < USCTP__DEVICE_ADDR_MAX;
         one = one->ifa_next) {
        struct usctp__name *name = &names[cnt];

        if (one->ifa_addr == NULL || strcmp(one->ifa_name, device) != 0) {
            continue;
        }
        socklen_t len = one->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                             : sizeof(struct sockaddr_in);
        if (usctp__sockaddr_in(one->ifa_addr, len, name) == 0 &&
            name->addr.family != USCTP_AF_NONE && carries(domain, v6only, &name->addr)) {
            name->port = port;
            cnt++;
        }
    }
    freeifaddrs(all);
    return cnt;
}
