/* SPDX-License-Identifier: BSD-3-Clause */
/* A local SCTP port with addresses: an endpoint of the core, shared by the sockets that stand on it (a
 * listener and what it accepted, a one-to-many socket and what was peeled off). */
#ifndef USCTP_SOCKET_BINDING_H
#define USCTP_SOCKET_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/socket.h>

#include "base/list.h"
#include "socket/sockaddr.h"

struct usctp__sock;

struct usctp__binding {
    struct usctp_host *host;
    uint32_t ref_cnt;          /* sockets and living associations */
    uint32_t sock_cnt;         /* sockets alone */
    struct usctp__list link;   /* host->bindings */
    usctp_endpoint *endpoint;  /* owned */
    struct usctp__sock *owner; /* which listens or takes associations: one-to-one listener, or
                                * one-to-many socket; NULL: none */
    struct usctp_addr *addrs;  /* bound addresses; NULL: any */
    size_t addr_cnt;
    uint16_t port;
    bool reuse; /* SCTP_REUSE_PORT: others may share it */
};

/* Binds a socket: to names[0..cnt), all of one port (0: drawn); an unspecified one means any address. 0,
 * or -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EINVAL, -ENOMEM. */
int usctp__binding_make(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt);

/* A socket lets go of its binding; sock->binding becomes NULL. */
void usctp__binding_leave(struct usctp__sock *sock);

/* Frees a binding of a host that goes. */
void usctp__binding_discard(struct usctp__binding *binding);

/* References: of associations. */
void usctp__binding_ref(struct usctp__binding *binding);
void usctp__binding_unref(struct usctp__binding *binding);

/* Adds (SCTP_BINDX_ADD_ADDR) or removes addresses: of associations to come, and of those of the socket
 * that have address reconfiguration (RFC 5061). 0 or a negative errno; -EOPNOTSUPP: other sockets have
 * the port too, and the association of this one has not. */
int usctp__binding_change(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt,
                          bool add);

/* True if this is an address and the port of the binding itself. */
bool usctp__binding_is(const struct usctp__binding *binding, const struct usctp__name *name);

/* True if a UDP socket could be bound to this address: is it one of this host? */
bool usctp__addr_is_local(const struct usctp_addr *addr);

/* Takes associations from peers, or not: as the socket's state and its queue say. */
void usctp__binding_update(struct usctp__binding *binding);

#endif
