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

#endif
