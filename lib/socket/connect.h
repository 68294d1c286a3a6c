/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting associations up, by connect and by sending. */
#ifndef USCTP_SOCKET_CONNECT_H
#define USCTP_SOCKET_CONNECT_H

#include <stdbool.h>
#include <stddef.h>

#include "socket/peer.h"
#include "socket/sockaddr.h"

struct usctp__sock;

/* Begins to set an association up with a peer of these addresses, all of one port; the first is the
 * primary. init: streams and timers that the program asked for with a send (SCTP_INIT), or NULL. Returns
 * 0 and the association in *peer, or a negative errno. */
int usctp__connect_start(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt,
                         const struct sctp_initmsg *init, struct usctp__peer **peer);

/* Waits until it stands or has failed. 0; the error that ended it; -EINPROGRESS (may not block, or
 * SO_SNDTIMEO is up), -EINTR. */
int usctp__connect_wait(struct usctp__sock *sock, struct usctp__peer *peer, bool may_block);

/* connect and sctp_connectx (RFC 6458, 3.1.6, 4.1.5, 9.9). *id gets the association's id where one was
 * begun, also with -EINPROGRESS. */
int usctp__connect(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt,
                   sctp_assoc_t *id);

/* Writes the values of SCTP_INITMSG that are set over parameters. */
void usctp__init_params(struct usctp_params *params, const struct sctp_initmsg *init);

#endif
