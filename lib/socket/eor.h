/* SPDX-License-Identifier: BSD-3-Clause */
/* Explicit end of record (SCTP_EXPLICIT_EOR, RFC 6458, 8.1.26): messages handed in piece by piece. */
#ifndef USCTP_SOCKET_EOR_H
#define USCTP_SOCKET_EOR_H

#include "socket/send.h"

struct usctp__peer;
struct usctp__sock;

/* Sends a piece; SCTP_EOR in the flags of the message, or MSG_EOR in those of the call, makes it the last
 * one, which may be empty. `info` is how the core is to send it. Returns the bytes taken, fewer than there
 * are where it may not block, or a negative errno. */
ssize_t usctp__eor_send(struct usctp__sock *sock, struct usctp__peer *peer,
                        const struct usctp__send *send, const struct usctp__send_defaults *how,
                        const struct usctp_send_info *info);

#endif
