/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving, for all calls that do. */
#ifndef USCTP_SOCKET_RECV_H
#define USCTP_SOCKET_RECV_H

#include <stddef.h>
#include <sys/types.h>

#include "socket/cmsg.h"

struct usctp__sock;

struct usctp__recv {
    const struct iovec *iov; /* where to */
    size_t iov_cnt;
    int flags;                    /* in: MSG_PEEK, MSG_DONTWAIT, ... */
    bool wants_info, wants_from;  /* in: whether `info` and `from` are looked at */
    int out_flags;                /* out: MSG_EOR, MSG_NOTIFICATION */
    bool has_rec;                 /* out: something was read; what follows is valid */
    bool is_note;                 /* a notification */
    struct sockaddr_storage from; /* whom it came from */
    socklen_t from_len;
    struct usctp__recv_info info;
};

/* Receives (RFC 6458, 3.1.4 and 4.1.8), on an entered socket whose host has had its tick. Returns the bytes read, 0 at the end of a
 * one-to-one association, or a negative errno. */
ssize_t usctp__recv(struct usctp__sock *sock, struct usctp__recv *recv);

/* The common case by itself: a whole message that waits and fits. Returns its length; 0: something is out
 * of the ordinary, and usctp__recv is to find out what. */
ssize_t usctp__recv_plainly(struct usctp__sock *sock, void *bytes, size_t len);

#endif
