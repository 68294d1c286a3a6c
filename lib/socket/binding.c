/* SPDX-License-Identifier: BSD-3-Clause */
/* Local SCTP ports. */
#include "socket/binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socket/event.h"
#include "socket/host.h"
#include "socket/peer.h"
#include "socket/sock.h"
#include "socket/sock_auth.h"
#include "socket/table.h"

enum { CHANGE_MAX = 16 /* changes that one request holds */ };

/* --- Addresses -------------------------------------------------------------------------------- */

/* Lists of interfaces leave out what is local all the same, like the whole of 127.0.0.0/8: the system is
 * asked by trying. */
bool usctp__addr_is_local(const struct usctp_addr *addr)
{
    struct usctp__name name;
    struct sockaddr_storage sa;

    memset(&name, 0, sizeof(name));
    name.addr = *addr;
    socklen_t len =
        usctp__sockaddr_out(&sa, &name, addr->family == USCTP_AF_IPV6 ? AF_INET6 : AF_INET, false);
#if defined(SOCK_CLOEXEC)
    int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
#else
    int fd = socket(sa.ss_family, SOCK_DGRAM, 0);
#endif
    if (fd < 0) {
        return false;
    }
    bool local = bind(fd, (const struct sockaddr *)(const void *)&sa, len) == 0;
    close(fd);
    return local;
}

static bool listed(const struct usctp_addr *addrs, size_t cnt, const struct usctp_addr *addr)
{
    for (size_t i = 0; i < cnt; i++) {
        if (usctp__addr_same(&addrs[i], addr)) {
            return true;
        }
    }
    return false;
}

/* Checks names for a socket: one port, a family that it carries, addresses of this host. */
static int check_names(const struct usctp__sock *sock, const struct usctp__name *names, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        const struct usctp_addr *addr = &names[i].addr;

        if (names[i].port != names[0].port) {
            return -EINVAL;
        }
        if ((sock->domain == AF_INET && addr->family == USCTP_AF_IPV6) ||
            (sock->opts.v6only && addr->family == USCTP_AF_IPV4)) {
            return -EINVAL;
        }
        if (addr->family != USCTP_AF_NONE && sock->host->lower == 0 &&
            !usctp__addr_is_local(addr)) {
            return -EADDRNOTAVAIL;
        }
    }
    return 0;
}

/* --- Endpoints -------------------------------------------------------------------------------- */

static int make_endpoint(struct usctp__binding *binding, const struct usctp_params *params)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    usctp_endpoint *endpoint;

    config.port = binding->port;
    config.addrs = binding->addrs;
    config.addr_cnt = binding->addr_cnt;
    config.params = params;
    config.on_event = usctp__on_event;
    config.accept = usctp__on_accept;
    config.user = binding;
    int err = usctp_endpoint_new(binding->host->stack, &config, &endpoint);
    if (err != 0) {
        return -usctp__errno(err);
    }
    binding->endpoint = endpoint;
    binding->port = usctp_endpoint_port(endpoint);
    return 0;
}

static void destroy(struct usctp__binding *binding)
{
    usctp__list_remove(&binding->link);
    usctp_endpoint_free(binding->endpoint);
    free(binding->addrs);
    free(binding);
}

/* A binding of this port that has the same addresses; NULL: none. */
static struct usctp__binding *find(struct usctp_host *host, uint16_t port,
                                   const struct usctp__name *names, size_t cnt)
{
    USCTP__LIST_FOREACH(link, &host->bindings)
    {
        struct usctp__binding *binding = USCTP__CONTAINER_OF(link, struct usctp__binding, link);
        size_t same = 0;

        for (size_t i = 0; i < cnt; i++) {
            same += listed(binding->addrs, binding->addr_cnt, &names[i].addr) ||
                    (binding->addr_cnt == 0 && names[i].addr.family == USCTP_AF_NONE);
        }
        if (port != 0 && binding->port == port && same == cnt &&
            (binding->addr_cnt == cnt || binding->addr_cnt == 0)) {
            return binding;
        }
    }
    return NULL;
}

bool usctp__binding_is(const struct usctp__binding *binding, const struct usctp__name *name)
{
    if (name->port != binding->port) {
        return false;
    }
    if (binding->addr_cnt > 0) {
        return listed(binding->addrs, binding->addr_cnt, &name->addr);
    }
    return binding->host->lower == 0 && usctp__addr_is_local(&name->addr);
}

/* Takes over the addresses; an unspecified one among them: any. */
static int take_addrs(struct usctp__binding *binding, const struct usctp__name *names, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        if (names[i].addr.family == USCTP_AF_NONE) {
            return cnt == 1 ? 0 : -EINVAL;
        }
    }
    binding->addrs = calloc(cnt, sizeof(*binding->addrs));
    if (binding->addrs == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < cnt; i++) {
        binding->addrs[i] = names[i].addr;
    }
    binding->addr_cnt = cnt;
    return 0;
}

/* May this socket share a binding that stands? Where no open socket has it, it only waits for the last
 * farewells of associations; else both sides must want to share (RFC 6458, 8.1.27), or the one there takes
 * no associations and both said SO_REUSEADDR. */
static bool may_share(const struct usctp__binding *binding, const struct usctp__sock *sock)
{
    return binding->sock_cnt == 0 || (binding->reuse && sock->opts.reuse_port) ||
           (binding->owner == NULL && sock->opts.reuse_addr);
}

static void join(struct usctp__sock *sock, struct usctp__binding *binding)
{
    binding->ref_cnt++;
    binding->sock_cnt++;
    binding->reuse = sock->opts.reuse_port;
    sock->binding = binding;
    if (!usctp__one_to_one(sock) && binding->owner == NULL) {
        binding->owner = sock;
    }
}

static int make(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt)
{
    int err = check_names(sock, names, cnt);
    struct usctp__binding *binding;

    if (err != 0) {
        return err;
    }
    binding = find(sock->host, names[0].port, names, cnt);
    if (binding != NULL) {
        if (!may_share(binding, sock)) {
            return -EADDRINUSE;
        }
        join(sock, binding);
        return 0;
    }
    binding = calloc(1, sizeof(*binding));
    if (binding == NULL) {
        return -ENOMEM;
    }
    binding->host = sock->host;
    binding->port = names[0].port;
    usctp__list_push_back(&sock->host->bindings, &binding->link);
    err = take_addrs(binding, names, cnt);
    if (err == 0) {
        err = make_endpoint(binding, &sock->opts.params);
    }
    if (err == 0) {
        err = usctp__sock_auth_offer(sock, binding->endpoint);
    }
    if (err != 0) {
        destroy(binding);
        return err;
    }
    join(sock, binding);
    return 0;
}

/* SO_BINDTODEVICE: any address is any of the device's. */
static int make_on_device(struct usctp__sock *sock, uint16_t port)
{
    struct usctp__name names[USCTP__DEVICE_ADDR_MAX];
    size_t cnt =
        usctp__device_names(sock->opts.device, sock->domain, sock->opts.v6only, port, names);

    return cnt > 0 ? make(sock, names, cnt) : -EADDRNOTAVAIL;
}

int usctp__binding_make(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt)
{
    if (sock->opts.device[0] != 0 && cnt == 1 && names[0].addr.family == USCTP_AF_NONE) {
        return make_on_device(sock, names[0].port);
    }
    return make(sock, names, cnt);
}

void usctp__binding_ref(struct usctp__binding *binding)
{
    binding->ref_cnt++;
}

void usctp__binding_unref(struct usctp__binding *binding)
{
    if (--binding->ref_cnt == 0) {
        destroy(binding);
    }
}

void usctp__binding_leave(struct usctp__sock *sock)
{
    struct usctp__binding *binding = sock->binding;

    if (binding == NULL) {
        return;
    }
    sock->binding = NULL;
    binding->sock_cnt--;
    if (binding->owner == sock) {
        binding->owner = NULL;
        usctp__binding_update(binding);
    }
    usctp__binding_unref(binding);
}

void usctp__binding_discard(struct usctp__binding *binding)
{
    destroy(binding);
}

static size_t add_to(struct usctp_addr *addrs, size_t cnt, const struct usctp__name *names,
                     size_t name_cnt)
{
    for (size_t i = 0; i < name_cnt; i++) {
        if (listed(addrs, cnt, &names[i].addr)) {
            return 0;
        }
        addrs[cnt++] = names[i].addr;
    }
    return cnt;
}

static size_t remove_from(struct usctp_addr *addrs, size_t cnt, const struct usctp__name *names,
                          size_t name_cnt)
{
    for (size_t i = 0; i < name_cnt; i++) {
        size_t k = 0;

        while (k < cnt && !usctp__addr_same(&addrs[k], &names[i].addr)) {
            k++;
        }
        if (k == cnt) {
            return 0;
        }
        addrs[k] = addrs[--cnt];
    }
    return cnt;
}

/* The endpoint's addresses: those of associations to come. */
static int change_endpoint(struct usctp__binding *binding, const struct usctp__name *names,
                           size_t cnt, bool add)
{
    struct usctp_addr *addrs = calloc(binding->addr_cnt + cnt, sizeof(*addrs));

    if (addrs == NULL) {
        return -ENOMEM;
    }
    memcpy(addrs, binding->addrs, binding->addr_cnt * sizeof(*addrs));
    size_t left = add ? add_to(addrs, binding->addr_cnt, names, cnt)
                      : remove_from(addrs, binding->addr_cnt, names, cnt);
    int err = left == 0 ? -EINVAL /* listed twice, not listed, or the last one */
                        : -usctp__errno(usctp_endpoint_set_addrs(binding->endpoint, addrs, left));
    if (err != 0) {
        free(addrs);
        return err;
    }
    free(binding->addrs);
    binding->addrs = addrs;
    binding->addr_cnt = left;
    return 0;
}

/* RFC 6458, 9.1: where address reconfiguration is in force the peer is told. */
static int change_assoc(struct usctp__peer *peer, const struct usctp__name *names, size_t cnt,
                        bool add)
{
    struct usctp_address_change changes[CHANGE_MAX];
    int err = 0;

    memset(changes, 0, sizeof(changes));
    for (size_t done = 0; done < cnt && err == 0;) {
        size_t n = 0;

        for (; n < CHANGE_MAX && done < cnt; n++, done++) {
            changes[n].what = add ? USCTP_ADDRESS_ADD : USCTP_ADDRESS_DELETE;
            changes[n].addr = names[done].addr;
        }
        err = usctp_assoc_change_addresses(peer->assoc, changes, n);
    }
    return err;
}

static bool reconfigures(const struct usctp__peer *peer)
{
    return peer != NULL && peer->assoc != NULL &&
           (usctp_assoc_extensions(peer->assoc) & USCTP_EXT_ASCONF) != 0;
}

/* A socket that has an association, but not the port: others have it too. */
static int change_own_assoc(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt,
                            bool add)
{
    struct usctp__peer *peer = usctp__peer_only(sock);

    if (!reconfigures(peer)) {
        return -EOPNOTSUPP;
    }
    int err = change_assoc(peer, names, cnt, add);
    return err == USCTP_ENOENT ? -EINVAL : -usctp__errno(err);
}

int usctp__binding_change(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt,
                          bool add)
{
    struct usctp__binding *binding = sock->binding;
    struct usctp__peer_walk walk;
    struct usctp__peer *peer;
    int err = check_names(sock, names, cnt);

    if (err != 0) {
        return err;
    }
    if (binding == NULL) {
        return add ? usctp__binding_make(sock, names, cnt) : -EINVAL;
    }
    if ((names[0].port != 0 && names[0].port != binding->port) || binding->addr_cnt == 0) {
        return -EINVAL;
    }
    if (binding->sock_cnt > 1 && binding->owner != sock) {
        return change_own_assoc(sock, names, cnt, add);
    }
    err = change_endpoint(binding, names, cnt, add);
    if (err != 0) {
        return err;
    }
    /* Where the peer cannot be asked its association stays as it is. */
    usctp__peer_walk_begin(&walk, sock);
    while ((peer = usctp__peer_walk_next(&walk)) != NULL) {
        if (reconfigures(peer)) {
            (void)change_assoc(peer, names, cnt, add);
        }
    }
    usctp__peer_walk_end(&walk);
    return 0;
}

void usctp__binding_update(struct usctp__binding *binding)
{
    const struct usctp__sock *owner = binding->owner;
    bool listen = owner != NULL && owner->listening && !owner->closed;

    if (listen && usctp__one_to_one(owner)) {
        listen = owner->accept_cnt <= owner->backlog; /* backlog N takes N + 1 */
    }
    usctp_endpoint_listen(binding->endpoint, listen);
}
