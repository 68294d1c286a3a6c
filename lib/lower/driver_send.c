/* SPDX-License-Identifier: BSD-3-Clause */
/* What a driver is to the stack: the table of its functions, and the choice of the socket. */
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "lower/driver.h"

/* How well a socket serves a datagram; 0: not at all. */
static int suits(const struct usctp__socket *sock, const struct usctp_addr *local,
                 const struct usctp_addr *remote)
{
    if (sock->hand_over || sock->addr.family != remote->family) {
        return 0;
    }
    if (sock->wildcard) {
        return 3;
    }
    if (local->family != USCTP_AF_NONE) {
        return usctp__addr_match(&sock->addr, local) ? 4 : 0;
    }
    return usctp__addr_scope(&sock->addr) == usctp__addr_scope(remote) ? 2 : 1;
}

static struct usctp__socket *choose(struct usctp_driver *driver, const struct usctp_addr *local,
                                    const struct usctp_addr *remote)
{
    struct usctp__socket *best = NULL;
    int best_grade = 0;

    for (size_t i = 0; i < driver->socket_cnt; i++) {
        int grade = suits(&driver->sockets[i], local, remote);

        if (grade > best_grade) {
            best = &driver->sockets[i];
            best_grade = grade;
        }
    }
    return best;
}

/* The socket for a datagram; NULL: there is none. */
static struct usctp__socket *choose_for(struct usctp_driver *driver,
                                        const struct usctp_dgram *dgram)
{
    if (!driver->io->raw && dgram->remote_udp_port == 0) {
        return NULL;
    }
    return choose(driver, &dgram->local, &dgram->remote);
}

bool usctp__driver_filtered(struct usctp_driver *driver, int outbound,
                            const struct usctp_dgram *dgram)
{
    return driver->filter != NULL && driver->filter(driver->filter_user, outbound, dgram) != 0;
}

/* How many datagrams from the first on leave by the same socket and can be written together. */
static size_t run_cnt(struct usctp_driver *driver, const struct usctp__socket *sock,
                      struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    size_t cnt = 1;

    if (driver->filter != NULL) {
        return 1; /* The filter is asked about each just before it leaves. */
    }
    while (cnt < n && cnt < USCTP__DRIVER_BATCH &&
           choose_for(driver, usctp__dgram_at(dgrams, cnt, stride)) == sock) {
        cnt++;
    }
    return cnt;
}

/* Completes datagrams that were sent with what the driver knows, for who observes them. */
static void complete(const struct usctp_driver *driver, const struct usctp__socket *sock,
                     struct usctp_dgram *dgrams, size_t cnt, size_t stride)
{
    for (size_t i = 0; i < cnt; i++) {
        struct usctp_dgram *dgram = usctp__dgram_at(dgrams, i, stride);

        dgram->local_udp_port = driver->port;
        if (dgram->local.family == USCTP_AF_NONE && !sock->wildcard) {
            dgram->local = sock->addr;
        }
    }
}

size_t usctp__driver_send(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct usctp_driver *driver = ctx;
    size_t done = 0;

    while (done < n) {
        struct usctp_dgram *dgram = usctp__dgram_at(dgrams, done, stride);
        struct usctp__socket *sock = choose_for(driver, dgram);

        dgram->status_len = 0;
        if (sock == NULL) {
            dgram->status = USCTP_DGRAM_UNREACHABLE;
            done++;
            continue;
        }
        size_t cnt = run_cnt(driver, sock, dgram, n - done, stride), taken = 1;
        if (usctp__driver_filtered(driver, 1, dgram)) {
            dgram->status = USCTP_DGRAM_SENT;
        } else {
            taken = driver->io->send(driver, sock, dgram, cnt, stride);
        }
        complete(driver, sock, dgram, taken, stride);
        done += taken;
        if (taken < cnt) {
            sock->blocked = true;
            break;
        }
    }
    return done;
}

/* The remembered or fresh answer of the system about the way to an address. */
static const struct usctp__route *find_route(struct usctp_driver *driver,
                                             const struct usctp_addr *remote)
{
    struct usctp__route *route;

    for (size_t i = 0; i < USCTP__DRIVER_ROUTE_CNT; i++) {
        route = &driver->routes[i];
        if (usctp__addr_equal(&route->remote, remote) && driver->now_ts < route->until_ts) {
            return route;
        }
    }
    route = &driver->routes[driver->route_next];
    driver->route_next = (driver->route_next + 1) % USCTP__DRIVER_ROUTE_CNT;
    memset(route, 0, sizeof(*route));
    route->remote = *remote;
    route->until_ts = driver->now_ts + USCTP__DRIVER_ROUTE_DUR;
    driver->io->route(driver, route);
    return route;
}

size_t usctp__driver_max_packet(void *ctx, const struct usctp_addr *local,
                                const struct usctp_addr *remote)
{
    struct usctp_driver *driver = ctx;

    USCTP__UNUSED(local);
    if (!usctp__addr_is_ip(remote)) {
        return 0;
    }
    uint32_t mtu = find_route(driver, remote)->mtu;
    return usctp__driver_payload(driver, remote->family, mtu);
}

int usctp__driver_source(void *ctx, const struct usctp_addr *remote, struct usctp_addr *local)
{
    struct usctp_driver *driver = ctx;
    struct usctp_addr none = usctp__addr_none();

    if (!usctp__addr_is_ip(remote)) {
        return USCTP_EINVAL;
    }
    const struct usctp__route *route = find_route(driver, remote);
    const struct usctp__socket *sock = choose(driver, &route->local, remote);
    if (sock == NULL) {
        sock = choose(driver, &none, remote); /* Bound, but not to what the system would take. */
    }
    if (sock == NULL || (sock->wildcard && route->local.family == USCTP_AF_NONE)) {
        return USCTP_ENOENT;
    }
    *local = sock->wildcard ? route->local : sock->addr;
    return 0;
}

int usctp__driver_attach(struct usctp_driver *driver)
{
    struct usctp_lower table = USCTP_LOWER_INIT;

    table.flags = driver->io->raw ? USCTP_LOWER_RAW : 0;
    table.flags |= driver->io->ecn ? USCTP_LOWER_ECN : 0;
    table.flags |= driver->io->probes ? USCTP_LOWER_PROBES : 0;
    for (size_t i = 0; i < driver->socket_cnt; i++) {
        table.flags |=
            driver->sockets[i].addr.family == USCTP_AF_IPV4 ? USCTP_LOWER_IPV4 : USCTP_LOWER_IPV6;
    }
    table.send = usctp__driver_send;
    table.max_packet = usctp__driver_max_packet;
    table.source = usctp__driver_source;
    return usctp_stack_attach(driver->stack, &table, driver, &driver->lower);
}
