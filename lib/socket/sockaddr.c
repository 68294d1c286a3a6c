/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket addresses of the system and addresses of the core. */
#include "socket/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "socket/table.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool all_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void take_ipv4(struct usctp__name *name, const uint8_t *bytes)
{
    if (!all_zero(bytes, 4)) {
        name->addr.family = USCTP_AF_IPV4;
        memcpy(name->addr.bytes, bytes, 4);
    }
}

static void take_ipv6(struct usctp__name *name, const struct sockaddr_in6 *sin6)
{
    const uint8_t *bytes = (const uint8_t *)&sin6->sin6_addr;

    if (memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
        take_ipv4(name, bytes + sizeof(mapped_prefix));
    } else if (!all_zero(bytes, 16)) {
        name->addr.family = USCTP_AF_IPV6;
        memcpy(name->addr.bytes, bytes, 16);
        name->addr.scope_id = IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr) ? sin6->sin6_scope_id : 0;
    }
}

int usctp__sockaddr_in(const struct sockaddr *sa, socklen_t len, struct usctp__name *name)
{
    struct sockaddr_in sin;
    struct sockaddr_in6 sin6;
    sa_family_t family;

    memset(name, 0, sizeof(*name));
    if (usctp__bad_pointer(sa, len)) {
        return -EFAULT;
    }
    if (len < (socklen_t)(offsetof(struct sockaddr, sa_family) + sizeof(family))) {
        return -EINVAL;
    }
    memcpy(&family, (const uint8_t *)sa + offsetof(struct sockaddr, sa_family), sizeof(family));
    if (family == AF_INET && len >= (socklen_t)sizeof(sin)) {
        memcpy(&sin, sa, sizeof(sin));
        take_ipv4(name, (const uint8_t *)&sin.sin_addr);
        name->port = ntohs(sin.sin_port);
        return 0;
    }
    if (family == AF_INET6 && len >= (socklen_t)sizeof(sin6)) {
        memcpy(&sin6, sa, sizeof(sin6));
        take_ipv6(name, &sin6);
        name->port = ntohs(sin6.sin6_port);
        return 0;
    }
    return family == AF_INET || family == AF_INET6 ? -EINVAL : -EAFNOSUPPORT;
}

socklen_t usctp__sockaddr_out(struct sockaddr_storage *sa, const struct usctp__name *name,
                              int family, bool mapped)
{
    struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)(void *)sa;
    struct sockaddr_in *sin = (struct sockaddr_in *)(void *)sa;

    memset(sa, 0, sizeof(*sa));
    if (family == AF_INET6 && (name->addr.family != USCTP_AF_IPV4 || mapped)) {
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(name->port);
        sin6->sin6_scope_id = name->addr.scope_id;
        if (name->addr.family == USCTP_AF_IPV4) {
            memcpy(&sin6->sin6_addr, mapped_prefix, sizeof(mapped_prefix));
            memcpy((uint8_t *)&sin6->sin6_addr + sizeof(mapped_prefix), name->addr.bytes, 4);
        } else {
            memcpy(&sin6->sin6_addr, name->addr.bytes, 16);
        }
        return sizeof(*sin6);
    }
    if (name->addr.family == USCTP_AF_IPV6) { /* cannot be on an IPv4 socket, but say what it is */
        return usctp__sockaddr_out(sa, name, AF_INET6, false);
    }
    sin->sin_family = AF_INET;
    sin->sin_port = htons(name->port);
    memcpy(&sin->sin_addr, name->addr.bytes, 4);
    return sizeof(*sin);
}

void usctp__sockaddr_give(const struct sockaddr_storage *from, socklen_t from_len,
                          struct sockaddr *sa, socklen_t *len)
{
    if (sa != NULL && len != NULL) {
        memcpy(sa, from, *len < from_len ? *len : from_len);
        *len = from_len;
    }
}

bool usctp__addr_same(const struct usctp_addr *a, const struct usctp_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0 &&
           (a->scope_id == b->scope_id || a->scope_id == 0 || b->scope_id == 0);
}
