/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets that follow the addresses of their host (SCTP_AUTO_ASCONF: RFC 6458, 8.1.23): what appears is added
 * to their associations, what vanishes is deleted, where address reconfiguration is in force. */
#ifndef USCTP_SOCKET_FOLLOW_H
#define USCTP_SOCKET_FOLLOW_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

struct usctp_host;

enum { USCTP__FOLLOW_ADDRS_MAX = 64 /* addresses of a host that are looked at */ };

/* The addresses that a host was seen to have; made once a socket wants to follow them. */
struct usctp__follow {
    uint64_t
        look_ts; /* when the system is asked again; USCTP_NEVER: it is the program that tells */
    size_t cnt;
    struct usctp_addr addrs[USCTP__FOLLOW_ADDRS_MAX];
};

/* A socket of the host follows from now on: what there is now is where it begins. 0 or -ENOMEM. */
int usctp__follow_begin(struct usctp_host *host);

/* Asks the system once a second, where a socket follows. The program's own lower layers are told instead. */
void usctp__follow_look(struct usctp_host *host);

/* The host has these addresses now. */
void usctp__follow_take(struct usctp_host *host, const struct usctp_addr *addrs, size_t cnt);

void usctp__follow_end(struct usctp_host *host);

#endif
