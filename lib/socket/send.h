/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending, for all calls that do. */
#ifndef USCTP_SOCKET_SEND_H
#define USCTP_SOCKET_SEND_H

#include <stddef.h>
#include <sys/types.h>

#include "socket/cmsg.h"
#include "socket/sockaddr.h"

struct usctp__sock;

struct usctp__send {
    const struct iovec *iov; /* the message */
    size_t iov_cnt;
    size_t len;                    /* its bytes in all */
    const struct usctp__name *to;  /* the peer's addresses; NULL: not said */
    size_t to_cnt;                 /* of them */
    int flags;                     /* MSG_DONTWAIT, MSG_NOSIGNAL, ... */
    struct usctp__send_info *info; /* from ancillary data */
};

/* Sends (RFC 6458, 3.1.4 and 4.1.8), on an entered socket whose host has had its tick. Returns the bytes taken, or a negative errno;
 * after -EPIPE the caller owes a SIGPIPE (usctp__broken_pipe). */
ssize_t usctp__send(struct usctp__sock *sock, struct usctp__send *send);

/* The common case by itself: a message that a one-to-one socket can take at once, with the defaults of the
 * core. Returns len; 0: something is out of the ordinary, and usctp__send is to find out what. */
ssize_t usctp__send_plainly(struct usctp__sock *sock, const void *bytes, size_t len);

#endif
