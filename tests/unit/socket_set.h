/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that tests of a socket's life set and ask for, short. */
#ifndef USCTP_TEST_SOCKET_SET_H
#define USCTP_TEST_SOCKET_SET_H

#include <netinet/in.h>
#include <string.h>

#include <usctp/socket.h>

#include "unit/unit.h"

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

#endif
