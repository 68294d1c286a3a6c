/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of both sides. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* getifaddrs */
#endif
#include "socket/addrs.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "socket/binding.h"
#include "socket/host.h"
#include "socket/sock.h"

/* Appends an address that is not there yet. */
static size_t add(struct usctp__name *names, size_t cnt, size_t max, const struct usctp_addr *addr,
                  uint16_t port)
{
    for (size_t i = 0; i < cnt; i++) {
        if (usctp__addr_same(&names[i].addr, addr)) {
            return cnt;
        }
    }
    if (cnt < max) {
        names[cnt].addr = *addr;
        names[cnt++].port = port;
    }
    return cnt;
}

/* --- The peer's ------------------------------------------------------------------------------- */

size_t usctp__peer_addrs(const struct usctp__peer *peer, struct usctp__name *names, size_t max)
{
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    usctp_path_id ids[USCTP__ADDRS_MAX];
    size_t path_cnt = usctp_assoc_paths(peer->assoc, ids, USCTP__ADDRS_MAX);
    size_t cnt = 0;

    if (usctp_path_info(peer->assoc, USCTP_PATH_ANY, &info) == 0) {
        cnt = add(names, cnt, max, &info.remote, peer->name.port);
    }
    for (size_t i = 0; i < path_cnt && i < USCTP__ADDRS_MAX; i++) {
        if (usctp_path_info(peer->assoc, ids[i], &info) == 0) {
            cnt = add(names, cnt, max, &info.remote, peer->name.port);
        }
    }
    return cnt;
}

/* --- Ours ------------------------------------------------------------------------------------- */

/* The source that the system would choose towards an address: a connected UDP socket knows it. */
static bool ask_system(const struct usctp_addr *remote, struct usctp_addr *local)
{
    struct usctp__name name = {*remote, 9};
    struct sockaddr_storage sa;
    socklen_t len = usctp__sockaddr_out(&sa, &name, AF_INET, false);
    int fd = socket(sa.ss_family, SOCK_DGRAM, 0);
    bool known = fd >= 0 && connect(fd, (const struct sockaddr *)(const void *)&sa, len) == 0;

    len = sizeof(sa);
    known = known && getsockname(fd, (struct sockaddr *)(void *)&sa, &len) == 0 &&
            usctp__sockaddr_in((const struct sockaddr *)(const void *)&sa, len, &name) == 0;
    if (fd >= 0) {
        close(fd);
    }
    *local = name.addr;
    return known && name.addr.family != USCTP_AF_NONE;
}

static bool source_towards(const struct usctp_host *host, const struct usctp_addr *remote,
                           struct usctp_addr *local)
{
    if (host->lower == 0) {
        return ask_system(remote, local);
    }
    return host->source != NULL && host->source(host->config.lower_ctx, remote, local) == 0;
}

static size_t assoc_addrs(const struct usctp__sock *sock, const struct usctp__peer *peer,
                          struct usctp__name *names, size_t max)
{
    usctp_path_id ids[USCTP__ADDRS_MAX];
    size_t path_cnt = usctp_assoc_paths(peer->assoc, ids, USCTP__ADDRS_MAX);
    struct usctp_addr locals[USCTP__ADDRS_MAX];
    size_t local_cnt = usctp_assoc_locals(peer->assoc, locals, USCTP__ADDRS_MAX);
    size_t cnt = 0;

    for (size_t i = 0; i < local_cnt && i < USCTP__ADDRS_MAX; i++) {
        cnt = add(names, cnt, max, &locals[i], sock->binding->port);
    }
    if (local_cnt > 0) {
        return cnt;
    }

    for (size_t i = 0; i < path_cnt && i < USCTP__ADDRS_MAX; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;

        if (usctp_path_info(peer->assoc, ids[i], &info) == 0 &&
            (info.local.family != USCTP_AF_NONE ||
             source_towards(sock->host, &info.remote, &info.local))) {
            cnt = add(names, cnt, max, &info.local, sock->binding->port);
        }
    }
    return cnt;
}

/* Those of the interfaces that are up and that the socket's family carries. */
static size_t host_addrs(const struct usctp__sock *sock, struct usctp__name *names, size_t max)
{
    struct ifaddrs *list;
    size_t cnt = 0;

    if (sock->host->lower != 0 || getifaddrs(&list) != 0) {
        return 0;
    }
    for (const struct ifaddrs *one = list; one != NULL; one = one->ifa_next) {
        const struct sockaddr *sa = one->ifa_addr;
        struct usctp__name name;

        if (sa == NULL || (one->ifa_flags & IFF_UP) == 0 ||
            (sa->sa_family != AF_INET && sa->sa_family != AF_INET6) ||
            (sa->sa_family == AF_INET6 && sock->domain == AF_INET) ||
            (sa->sa_family == AF_INET && sock->opts.v6only)) {
            continue;
        }
        if (usctp__sockaddr_in(sa, sizeof(struct sockaddr_in6), &name) == 0) {
            cnt = add(names, cnt, max, &name.addr, sock->binding->port);
        }
    }
    freeifaddrs(list);
    return cnt;
}

size_t usctp__local_addrs(const struct usctp__sock *sock, const struct usctp__peer *peer,
                          struct usctp__name *names, size_t max)
{
    const struct usctp__binding *binding = sock->binding;
    static const struct usctp_addr any;
    size_t cnt = 0;

    if (binding == NULL) {
        return 0;
    }
    if (peer != NULL || binding->addr_cnt == 0) {
        cnt = peer != NULL ? assoc_addrs(sock, peer, names, max) : host_addrs(sock, names, max);
        return cnt > 0 ? cnt : add(names, 0, max, &any, binding->port);
    }
    for (size_t i = 0; i < binding->addr_cnt; i++) {
        cnt = add(names, cnt, max, &binding->addrs[i], binding->port);
    }
    return cnt;
}

void usctp__local_name(const struct usctp__sock *sock, struct usctp__name *name)
{
    const struct usctp__peer *peer = usctp__peer_only(sock);

    memset(name, 0, sizeof(*name));
    if (sock->binding == NULL) {
        return;
    }
    name->port = sock->binding->port;
    if (sock->binding->addr_cnt > 0) {
        name->addr = sock->binding->addrs[0];
    } else if (peer != NULL && peer->assoc != NULL) {
        (void)assoc_addrs(sock, peer, name, 1);
    }
}

/* --- As programs see them --------------------------------------------------------------------- */

size_t usctp__addrs_pack(const struct usctp__sock *sock, const struct usctp__name *names,
                         size_t cnt, uint8_t *to, size_t len)
{
    size_t used = 0;

    for (size_t i = 0; i < cnt; i++) {
        struct sockaddr_storage sa;
        size_t one = usctp__sockaddr_out(&sa, &names[i], sock->domain, sock->opts.mapped);

        if (used + one <= len) {
            memcpy(to + used, &sa, one);
        }
        used += one;
    }
    return used;
}
