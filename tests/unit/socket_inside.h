/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that tests of a socket's life set and ask for, short. */
#ifndef USCTP_TEST_SOCKET_INSIDE_H
#define USCTP_TEST_SOCKET_INSIDE_H

#include "socket/sock.h"
#include "socket/table.h"
#include "unit/unit.h"

static inline void set_linger(int fd, int seconds)
{
    struct usctp__sock *sock;

    assert_int_equal(usctp__enter(fd, &sock), 0);
    sock->opts.linger = true;
    sock->opts.linger_s = (uint32_t)seconds;
    usctp__leave(sock);
}

/* SO_ERROR */
static inline int take_error(int fd)
{
    struct usctp__sock *sock;

    assert_int_equal(usctp__enter(fd, &sock), 0);
    int err = -usctp__sock_error(sock);
    usctp__leave(sock);
    return err;
}

/* The id of the socket's association that is the oldest; 0: it has none. */
static inline sctp_assoc_t first_assoc(int fd)
{
    struct usctp__sock *sock;
    struct usctp__list *link;

    assert_int_equal(usctp__enter(fd, &sock), 0);
    link = usctp__list_first(&sock->peers);
    sctp_assoc_t id = link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__peer, link)->id : 0;
    usctp__leave(sock);
    return id;
}

/* SCTP_EVENTS: all of them. */
static inline void want_events(int fd)
{
    struct usctp__sock *sock;

    assert_int_equal(usctp__enter(fd, &sock), 0);
    sock->opts.peer.events = UINT32_MAX;
    usctp__leave(sock);
}

static inline void set_v6only(int fd)
{
    struct usctp__sock *sock;

    assert_int_equal(usctp__enter(fd, &sock), 0);
    sock->opts.v6only = true;
    usctp__leave(sock);
}

#endif
