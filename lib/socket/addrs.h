/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of both sides, as programs ask for them (RFC 6458, 9.3, 9.5). */
#ifndef USCTP_SOCKET_ADDRS_H
#define USCTP_SOCKET_ADDRS_H

#include <stddef.h>

#include <usctp/socket.h>

#include "socket/sockaddr.h"

struct usctp__peer;
struct usctp__sock;

enum { USCTP__ADDRS_MAX = 64 };

/* The peer's addresses, each once, the primary first. Returns how many there are, at most `max`. */
size_t usctp__peer_addrs(const struct usctp__peer *peer, struct usctp__name *names, size_t max);

/* Ours: of one association, or (NULL) those that the socket is bound to; where that is all, those of this
 * host. Returns how many there are, at most `max`; 0: not bound. */
size_t usctp__local_addrs(const struct usctp__sock *sock, const struct usctp__peer *peer,
                          struct usctp__name *names, size_t max);

/* What getsockname tells: one of them, or "any" with the port. */
void usctp__local_name(const struct usctp__sock *sock, struct usctp__name *name);

/* Writes names as packed socket addresses for a socket, at most len bytes. Returns how many bytes they
 * take, written or not. */
size_t usctp__addrs_pack(const struct usctp__sock *sock, const struct usctp__name *names,
                         size_t cnt, uint8_t *to, size_t len);

#endif
