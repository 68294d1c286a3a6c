/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket addresses of the system and addresses of the core. */
#ifndef USCTP_SOCKET_SOCKADDR_H
#define USCTP_SOCKET_SOCKADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/socket.h>

/* An address with its SCTP port. */
struct usctp__name {
    struct usctp_addr addr; /* AF_NONE: unspecified (any) */
    uint16_t port;          /* host order */
};

/* Reads a socket address of at most len bytes. An IPv4-mapped IPv6 address is the IPv4 one, an
 * unspecified one becomes AF_NONE. 0, -EINVAL (too short), -EAFNOSUPPORT; -EFAULT for a pointer that
 * cannot be one. */
int usctp__sockaddr_in(const struct sockaddr *sa, socklen_t len, struct usctp__name *name);

/* Writes a socket address for a socket of this family (AF_INET, AF_INET6): IPv4 on an IPv6 socket is
 * IPv4-mapped if `mapped`. Returns its length. */
socklen_t usctp__sockaddr_out(struct sockaddr_storage *sa, const struct usctp__name *name,
                              int family, bool mapped);

/* Gives a socket address to the caller as accept and recvfrom do: at most *len bytes, and its real
 * length in *len. sa may be NULL. */
void usctp__sockaddr_give(const struct sockaddr_storage *from, socklen_t from_len,
                          struct sockaddr *sa, socklen_t *len);

/* True where both are the same address; ports are not looked at. */
bool usctp__addr_same(const struct usctp_addr *a, const struct usctp_addr *b);

#endif
