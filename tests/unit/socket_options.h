/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of socket options share: one option set, read, refused; a socket with two associations. */
#ifndef USCTP_UNIT_SOCKET_OPTIONS_H
#define USCTP_UNIT_SOCKET_OPTIONS_H

#include "unit/socket_world.h"

#include <stddef.h>

#define GET(fd, name, value, length)                                                    \
    do {                                                                                \
        socklen_t got_len = (socklen_t)(length);                                        \
        assert_int_equal(usctp_getsockopt(fd, IPPROTO_SCTP, name, value, &got_len), 0); \
        assert_int_equal(got_len, length);                                              \
    } while (0)
#define SET(fd, name, value, len) \
    assert_int_equal(usctp_setsockopt(fd, IPPROTO_SCTP, name, value, (socklen_t)(len)), 0)
#define FAILS(call, error)              \
    do {                                \
        assert_int_equal((call), -1);   \
        assert_int_equal(errno, error); \
    } while (0)

static inline int set_at(int fd, int level, int name, int value)
{
    return usctp_setsockopt(fd, level, name, &value, sizeof(value));
}

static inline int get_at(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    assert_int_equal(usctp_getsockopt(fd, level, name, &value, &len), 0);
    assert_int_equal(len, sizeof(value));
    return value;
}

static inline int try_set(int fd, int name, const void *value, size_t len)
{
    return usctp_setsockopt(fd, IPPROTO_SCTP, name, value, (socklen_t)len);
}

static inline int try_get(int fd, int name, void *value, size_t len)
{
    socklen_t got_len = (socklen_t)len;

    return usctp_getsockopt(fd, IPPROTO_SCTP, name, value, &got_len);
}

static inline void take_assoc(void *ctx, usctp_assoc *assoc)
{
    *(usctp_assoc **)ctx = assoc;
}

/* The core's parameters of the only association of a host. */
static inline struct usctp_params core_params(struct world *world, int i)
{
    struct usctp_params params = USCTP_PARAMS_INIT;
    usctp_assoc *assoc = NULL;

    usctp_stack_each_assoc(usctp_host_stack(world->hosts[i].host), take_assoc, &assoc);
    assert_non_null(assoc);
    usctp_assoc_params(assoc, &params);
    return params;
}

/* A one-to-many socket with associations to ports 7 and 8 of the other host. */
struct two {
    int fd;             /* on host 0 */
    int servers[2];     /* on host 1 */
    sctp_assoc_t id[2]; /* ids on fd */
};

static inline sctp_assoc_t id_of(int fd, uint16_t port)
{
    struct sockaddr_in name = world_name(1, port);

    return usctp_sctp_getassocid(fd, (struct sockaddr *)&name);
}

static inline struct two two_up(struct world *world)
{
    struct two two;

    two.fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    for (uint16_t i = 0; i < 2; i++) {
        struct sockaddr_in name = world_name(1, (uint16_t)(7 + i));

        two.servers[i] = world_listener(world, 1, SOCK_SEQPACKET, (uint16_t)(7 + i));
        assert_int_equal(usctp_connect(two.fd, world_sa(&name), sizeof(name)), 0);
        two.id[i] = id_of(two.fd, (uint16_t)(7 + i));
        assert_true(two.id[i] > SCTP_ALL_ASSOC);
    }
    return two;
}

static inline void two_down(struct world *world, const struct two *two)
{
    assert_int_equal(usctp_close(two->fd), 0);
    assert_int_equal(usctp_close(two->servers[0]), 0);
    assert_int_equal(usctp_close(two->servers[1]), 0);
    world_free(world);
}

#endif
