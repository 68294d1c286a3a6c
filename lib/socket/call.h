/* SPDX-License-Identifier: BSD-3-Clause */
/* What the public calls share. */
#ifndef USCTP_SOCKET_CALL_H
#define USCTP_SOCKET_CALL_H

#include <usctp/socket.h>

#include "socket/sock.h"
#include "socket/table.h"

/* Ends a call on an entered socket with a result as the system gives it. */
static inline ssize_t usctp__done(struct usctp__sock *sock, ssize_t result)
{
    usctp__leave(sock);
    return usctp__result(result);
}

/* After -EPIPE, outside of all locks: SIGPIPE, unless flags say MSG_NOSIGNAL. */
void usctp__broken_pipe(int flags);

/* The bytes of an array of pieces in all; negative: -EFAULT (they are not to be read, or `written`),
 * -EINVAL (more than a result can say). */
ssize_t usctp__iov_len(struct usctp__sock *sock, const struct iovec *iov, size_t cnt, bool written);

/* sctp_bindx: adds or removes addresses; a port of 0 is the one that stands. 0 or a negative errno. */
int usctp__bindx(struct usctp__sock *sock, struct usctp__name *names, size_t cnt, bool add);

/* usctp__enter for a call that only our sockets know: of others EBADF, ENOTSOCK, or EOPNOTSUPP for a socket.
 * Negative. */
int usctp__enter_own(int fd, struct usctp__sock **sock);

#endif
