/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests of sockets say often, short. */
#ifndef USCTP_TEST_SOCKET_SET_H
#define USCTP_TEST_SOCKET_SET_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>

#include <usctp/socket.h>

#include "unit/unit.h"

/* A call fails with this errno. */
#define assert_fails(call, number)         \
    do {                                   \
        errno = 0;                         \
        assert_int_equal((call), -1);      \
        assert_int_equal(errno, (number)); \
    } while (0)

static inline void set_nonblocking(int fd)
{
    assert_int_equal(usctp_fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

static inline void set_linger(int fd, int seconds)
{
    struct linger linger = {1, seconds};

    assert_int_equal(usctp_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
}

/* SO_ERROR */
static inline int take_error(int fd)
{
    int error = -1;
    socklen_t len = sizeof(error);

    assert_int_equal(usctp_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
    return error;
}

/* The id of the socket's association that is the oldest. */
static inline sctp_assoc_t first_assoc(int fd)
{
    struct {
        uint32_t cnt;
        sctp_assoc_t ids[8];
    } list;
    socklen_t len = sizeof(list);

    assert_int_equal(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_GET_ASSOC_ID_LIST, &list, &len), 0);
    assert_true(list.cnt > 0);
    return list.ids[0];
}

static inline void want_events(int fd)
{
    struct sctp_event_subscribe events;

    memset(&events, 1, sizeof(events));
    assert_int_equal(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_EVENTS, &events, sizeof(events)), 0);
}

static inline void set_v6only(int fd)
{
    int on = 1;

    assert_int_equal(usctp_setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
}

static inline void set_nodelay(int fd)
{
    int on = 1;

    assert_int_equal(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof(on)), 0);
}

static inline void check_recv(int fd, const char *text)
{
    char buf[64];

    assert_int_equal(usctp_recv(fd, buf, sizeof(buf), 0), strlen(text));
    assert_memory_equal(buf, text, strlen(text));
}

/* The peer has shut down, and that stays so. */
static inline void check_end(int fd)
{
    char byte;

    assert_int_equal(usctp_recv(fd, &byte, 1, 0), 0);
    assert_int_equal(usctp_recv(fd, &byte, 1, 0), 0);
}

#endif
