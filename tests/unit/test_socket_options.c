/* SPDX-License-Identifier: BSD-3-Clause */
/* Each socket option: what it begins with, what it takes and refuses, whom it holds for, who inherits it,
 * and what it does to the core (RFC 6458, 8). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_world.h"

#include <stddef.h>

/* --- Helpers ---------------------------------------------------------------------------------- */

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

static int set_at(int fd, int level, int name, int value)
{
    return usctp_setsockopt(fd, level, name, &value, sizeof(value));
}

static int get_at(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    assert_int_equal(usctp_getsockopt(fd, level, name, &value, &len), 0);
    assert_int_equal(len, sizeof(value));
    return value;
}

static int try_set(int fd, int name, const void *value, size_t len)
{
    return usctp_setsockopt(fd, IPPROTO_SCTP, name, value, (socklen_t)len);
}

static int try_get(int fd, int name, void *value, size_t len)
{
    socklen_t got_len = (socklen_t)len;

    return usctp_getsockopt(fd, IPPROTO_SCTP, name, value, &got_len);
}

static void take_assoc(void *ctx, usctp_assoc *assoc)
{
    *(usctp_assoc **)ctx = assoc;
}

/* The core's parameters of the only association of a host. */
static struct usctp_params core_params(struct world *world, int i)
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

static sctp_assoc_t id_of(int fd, uint16_t port)
{
    struct sockaddr_in name = world_name(1, port);

    return usctp_sctp_getassocid(fd, (struct sockaddr *)&name);
}

static struct two two_up(struct world *world)
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

static void two_down(struct world *world, const struct two *two)
{
    assert_int_equal(usctp_close(two->fd), 0);
    assert_int_equal(usctp_close(two->servers[0]), 0);
    assert_int_equal(usctp_close(two->servers[1]), 0);
    world_free(world);
}

/* --- General rules ---------------------------------------------------------------------------- */

static void test_unknown(void **state)
{
    static const int later[] = {SCTP_ADAPTATION_LAYER,
                                SCTP_AUTH_KEY,
                                SCTP_RECONFIG_SUPPORTED,
                                SCTP_STREAM_SCHEDULER,
                                SCTP_INTERLEAVING_SUPPORTED,
                                SCTP_ACCEPT_ZERO_CHECKSUM,
                                SCTP_PEER_ADDR_THLDS,
                                SCTP_PLPMTUD_PROBE_INTERVAL,
                                SCTP_ECN_SUPPORTED,
                                SCTP_AUTO_ASCONF,
                                SCTP_MAX_CWND,
                                SCTP_TIMEOUTS};
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    uint8_t bytes[256] = {0};
    socklen_t len = sizeof(bytes);

    (void)state;
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        FAILS(try_get(fd, later[i], bytes, sizeof(bytes)), ENOPROTOOPT);
        FAILS(try_set(fd, later[i], bytes, sizeof(bytes)), ENOPROTOOPT);
    }
    FAILS(usctp_getsockopt(fd, IPPROTO_TCP, 1, bytes, &len), ENOPROTOOPT);
    FAILS(usctp_setsockopt(fd, IPPROTO_TCP, 1, bytes, len), ENOPROTOOPT);
    FAILS(try_set(fd, SCTP_STATUS, bytes, sizeof(bytes)), ENOPROTOOPT); /* read only */
    FAILS(try_get(fd, SCTP_SOCKOPT_BINDX_ADD, bytes, sizeof(bytes)), ENOPROTOOPT);
    FAILS(usctp_setsockopt(-1, IPPROTO_SCTP, SCTP_NODELAY, bytes, 4), EBADF);
    FAILS(usctp_getsockopt(-1, IPPROTO_SCTP, SCTP_NODELAY, bytes, &len), EBADF);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_lengths(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct {
        struct sctp_rtoinfo info;
        uint8_t more[20];
    } longer;
    socklen_t len = sizeof(longer);

    (void)state;
    memset(&longer, 0, sizeof(longer));
    longer.info.srto_initial = 2000;
    FAILS(try_set(fd, SCTP_RTOINFO, &longer, sizeof(longer.info) - 1), EINVAL);
    FAILS(try_get(fd, SCTP_RTOINFO, &longer, sizeof(longer.info) - 1), EINVAL);
    SET(fd, SCTP_RTOINFO, &longer, sizeof(longer)); /* of a newer program */
    memset(&longer, 0x55, sizeof(longer));
    assert_int_equal(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_RTOINFO, &longer, &len), 0);
    assert_int_equal(len, sizeof(longer.info));
    assert_int_equal(longer.info.srto_initial, 2000);
    assert_int_equal(longer.more[0], 0x55);
    len = UINT32_MAX;
    FAILS(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_RTOINFO, &longer, &len), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_bad_pointers(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    void *bad = (void *)-1;
    socklen_t len = 4;
    int value = 0;

    (void)state;
    FAILS(try_set(fd, SCTP_NODELAY, bad, 4), EFAULT);
    FAILS(try_set(fd, SCTP_NODELAY, NULL, 4), EFAULT);
    FAILS(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, bad, &len), EFAULT);
    FAILS(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &value, NULL), EFAULT);
    FAILS(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &value, bad), EFAULT);
    FAILS(usctp_sctp_opt_info(fd, 0, SCTP_NODELAY, bad, &len), EFAULT);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

/* Ids of one-to-many sockets (RFC 6458, 7.2), by an option that knows all of them. */
static void test_scopes(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_assoc_value value = {two.id[0], 1};
    int other = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);

    (void)state;
    SET(two.fd, SCTP_CONTEXT, &value, sizeof(value));
    value.assoc_id = two.id[1];
    GET(two.fd, SCTP_CONTEXT, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0); /* another association is not touched */
    value.assoc_id = SCTP_FUTURE_ASSOC;
    GET(two.fd, SCTP_CONTEXT, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0); /* nor the socket */
    value.assoc_id = SCTP_CURRENT_ASSOC;
    value.assoc_value = 2;
    SET(two.fd, SCTP_CONTEXT, &value, sizeof(value));
    SET(other, SCTP_CONTEXT, &value, sizeof(value)); /* it has none: fine */
    FAILS(try_get(two.fd, SCTP_CONTEXT, &value, sizeof(value)), EINVAL);
    value.assoc_id = two.id[1];
    GET(two.fd, SCTP_CONTEXT, &value, sizeof(value));
    assert_int_equal(value.assoc_id, two.id[1]);
    assert_int_equal(value.assoc_value, 2);
    value.assoc_id = SCTP_ALL_ASSOC;
    value.assoc_value = 3;
    SET(two.fd, SCTP_CONTEXT, &value, sizeof(value));
    FAILS(try_get(two.fd, SCTP_CONTEXT, &value, sizeof(value)), EINVAL);
    for (int i = 0; i < 3; i++) {
        value.assoc_id = i < 2 ? two.id[i] : SCTP_FUTURE_ASSOC;
        GET(two.fd, SCTP_CONTEXT, &value, sizeof(value));
        assert_int_equal(value.assoc_value, 3);
    }
    value.assoc_id = two.id[0]; /* not this socket's */
    FAILS(try_set(other, SCTP_CONTEXT, &value, sizeof(value)), EINVAL);
    FAILS(try_get(other, SCTP_CONTEXT, &value, sizeof(value)), EINVAL);
    value.assoc_id = 99;
    FAILS(try_set(two.fd, SCTP_CONTEXT, &value, sizeof(value)), EINVAL);
    assert_int_equal(usctp_close(other), 0);
    two_down(world, &two);
}

/* SCTP_RTOINFO knows no CURRENT and ALL; SCTP_STATUS nothing but associations. */
static void test_narrow_scopes(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_rtoinfo rto;
    struct sctp_status status;

    (void)state;
    memset(&rto, 0, sizeof(rto));
    memset(&status, 0, sizeof(status));
    for (sctp_assoc_t id = SCTP_CURRENT_ASSOC; id <= SCTP_ALL_ASSOC; id++) {
        rto.srto_assoc_id = id;
        FAILS(try_set(two.fd, SCTP_RTOINFO, &rto, sizeof(rto)), EINVAL);
        FAILS(try_get(two.fd, SCTP_RTOINFO, &rto, sizeof(rto)), EINVAL);
    }
    for (sctp_assoc_t id = SCTP_FUTURE_ASSOC; id <= SCTP_ALL_ASSOC; id++) {
        status.sstat_assoc_id = id;
        FAILS(try_get(two.fd, SCTP_STATUS, &status, sizeof(status)), EINVAL);
    }
    two_down(world, &two);
}

/* The id is not looked at where there is one association at most. */
static void test_one_to_one_ignores_ids(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {4711, 5};
    struct sctp_status status;
    int client, server;

    (void)state;
    client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    SET(client, SCTP_CONTEXT, &value, sizeof(value));
    GET(client, SCTP_CONTEXT, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 5);
    memset(&status, 0, sizeof(status));
    FAILS(try_get(client, SCTP_STATUS, &status, sizeof(status)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    world_pair(world, &client, &server);
    status.sstat_assoc_id = 4711;
    GET(client, SCTP_STATUS, &status, sizeof(status));
    assert_true(status.sstat_assoc_id > SCTP_ALL_ASSOC && status.sstat_assoc_id < 4711);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Switches and numbers of sockets ---------------------------------------------------------- */

static void test_ints(void **state)
{
    static const struct {
        int level, name, begins, set, got;
    } ints[] = {
        {IPPROTO_SCTP, SCTP_NODELAY, 0, 1, 1},
        {IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS, 0, 5, 1},
        {IPPROTO_SCTP, SCTP_EXPLICIT_EOR, 0, 1, 1},
        {IPPROTO_SCTP, SCTP_I_WANT_MAPPED_V4_ADDR, 1, 0, 0},
        {IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 0, 2, 2},
        {IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, 0, 4000, 4000},
        {IPPROTO_SCTP, SCTP_RECVRCVINFO, 0, 1, 1},
        {IPPROTO_SCTP, SCTP_RECVNXTINFO, 0, 1, 1},
        {IPPROTO_SCTP, SCTP_USE_EXT_RCVINFO, 0, 1, 1},
        {SOL_SOCKET, SO_REUSEADDR, 0, 1, 1},
        {SOL_SOCKET, SO_RCVBUF, 524288, 10000, 20000},
        {SOL_SOCKET, SO_SNDBUF, 524288, 10000, 20000},
        {IPPROTO_IP, IP_TOS, 0, 0xbb, 0xb8},
    };
    struct world *world = world_new();

    (void)state;
    for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type += SOCK_SEQPACKET - SOCK_STREAM) {
        for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
            int fd = world_socket(world, 0, AF_INET, type);

            assert_int_equal(get_at(fd, ints[i].level, ints[i].name), ints[i].begins);
            assert_int_equal(set_at(fd, ints[i].level, ints[i].name, ints[i].set), 0);
            assert_int_equal(get_at(fd, ints[i].level, ints[i].name), ints[i].got);
            assert_int_equal(usctp_close(fd), 0);
        }
    }
    world_free(world);
}

static void test_int_ranges(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    FAILS(set_at(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 3), EINVAL);
    FAILS(set_at(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, -1), EINVAL);
    FAILS(set_at(fd, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, 524288 / 2 + 1), EINVAL);
    FAILS(set_at(fd, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, -1), EINVAL);
    assert_int_equal(get_at(fd, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT), 0);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_nodelay(void **state)
{
    struct world *world = world_new();
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_true((core_params(world, 0).flags & USCTP_PARAM_NAGLE) != 0);
    assert_true((core_params(world, 1).flags & USCTP_PARAM_NAGLE) != 0);
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_NODELAY, 1), 0);
    assert_int_equal(core_params(world, 0).flags & USCTP_PARAM_NAGLE, 0);
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_NODELAY, 0), 0);
    assert_true((core_params(world, 0).flags & USCTP_PARAM_NAGLE) != 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_autoclose(void **state)
{
    struct world *world = world_new();
    int one = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct two two;
    uint32_t cnt;

    (void)state;
    FAILS(try_set(one, SCTP_AUTOCLOSE, NULL, 0), EOPNOTSUPP);
    FAILS(try_get(one, SCTP_AUTOCLOSE, NULL, 0), EOPNOTSUPP);
    assert_int_equal(usctp_close(one), 0);
    two = two_up(world);
    assert_int_equal(get_at(two.fd, IPPROTO_SCTP, SCTP_AUTOCLOSE), 0);
    assert_int_equal(set_at(two.fd, IPPROTO_SCTP, SCTP_AUTOCLOSE, 3), 0);
    assert_int_equal(get_at(two.fd, IPPROTO_SCTP, SCTP_AUTOCLOSE), 3);
    world_run(world, USCTP_SEC(10));
    GET(two.fd, SCTP_GET_ASSOC_NUMBER, &cnt, sizeof(cnt));
    assert_int_equal(cnt, 2); /* they had begun before */
    struct sockaddr_in name = world_name(1, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_AUTOCLOSE, 3), 0);
    assert_int_equal(usctp_connect(fd, world_sa(&name), sizeof(name)), 0);
    GET(fd, SCTP_GET_ASSOC_NUMBER, &cnt, sizeof(cnt));
    assert_int_equal(cnt, 1);
    world_run(world, USCTP_SEC(4));
    GET(fd, SCTP_GET_ASSOC_NUMBER, &cnt, sizeof(cnt));
    assert_int_equal(cnt, 0);
    assert_int_equal(usctp_close(fd), 0);
    two_down(world, &two);
}

/* --- Associations ----------------------------------------------------------------------------- */

static void test_rtoinfo(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_rtoinfo info;

    (void)state;
    memset(&info, 0, sizeof(info));
    GET(two.fd, SCTP_RTOINFO, &info, sizeof(info));
    assert_int_equal(info.srto_initial, 1000);
    assert_int_equal(info.srto_min, 1000);
    assert_int_equal(info.srto_max, 60000);
    info.srto_initial = 500; /* below the minimum */
    FAILS(try_set(two.fd, SCTP_RTOINFO, &info, sizeof(info)), EINVAL);
    info.srto_min = 200;
    info.srto_max = 400;
    FAILS(try_set(two.fd, SCTP_RTOINFO, &info, sizeof(info)), EINVAL);
    info.srto_max = 0; /* stays */
    info.srto_assoc_id = two.id[0];
    SET(two.fd, SCTP_RTOINFO, &info, sizeof(info));
    GET(two.fd, SCTP_RTOINFO, &info, sizeof(info));
    assert_int_equal(info.srto_initial, 500);
    assert_int_equal(info.srto_min, 200);
    assert_int_equal(info.srto_max, 60000);
    info.srto_assoc_id = two.id[1];
    GET(two.fd, SCTP_RTOINFO, &info, sizeof(info));
    assert_int_equal(info.srto_initial, 1000);
    info.srto_assoc_id = SCTP_FUTURE_ASSOC;
    GET(two.fd, SCTP_RTOINFO, &info, sizeof(info));
    assert_int_equal(info.srto_initial, 1000);
    info.srto_initial = UINT32_MAX;
    info.srto_max = UINT32_MAX;
    FAILS(try_set(two.fd, SCTP_RTOINFO, &info, sizeof(info)), EINVAL);
    two_down(world, &two);
}

/* Above the longest timeout of INIT it takes that along. */
static void test_long_initial_rto(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct sctp_rtoinfo info = {0, 70000, 120000, 0};
    struct sockaddr_in name = world_name(1, 7);

    (void)state;
    SET(fd, SCTP_RTOINFO, &info, sizeof(info));
    FAILS(usctp_connect(fd, world_sa(&name), sizeof(name)), ECONNREFUSED);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_associnfo(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_assocparams info;

    (void)state;
    memset(&info, 0, sizeof(info));
    GET(two.fd, SCTP_ASSOCINFO, &info, sizeof(info));
    assert_int_equal(info.sasoc_asocmaxrxt, 10);
    assert_int_equal(info.sasoc_cookie_life, 60000);
    assert_int_equal(info.sasoc_number_peer_destinations, 0);
    info.sasoc_asocmaxrxt = 4;
    info.sasoc_cookie_life = 0;
    info.sasoc_peer_rwnd = 7;
    SET(two.fd, SCTP_ASSOCINFO, &info, sizeof(info));
    GET(two.fd, SCTP_ASSOCINFO, &info, sizeof(info));
    assert_int_equal(info.sasoc_asocmaxrxt, 4);
    assert_int_equal(info.sasoc_cookie_life, 60000);
    info.sasoc_assoc_id = two.id[0];
    GET(two.fd, SCTP_ASSOCINFO, &info, sizeof(info));
    assert_int_equal(info.sasoc_asocmaxrxt, 10);
    assert_int_equal(info.sasoc_number_peer_destinations, 1);
    assert_int_equal(info.sasoc_peer_rwnd, 256 * 1024);
    assert_int_equal(info.sasoc_local_rwnd, 256 * 1024);
    info.sasoc_cookie_life = UINT32_MAX;
    FAILS(try_set(two.fd, SCTP_ASSOCINFO, &info, sizeof(info)), EINVAL);
    two_down(world, &two);
}

static void test_initmsg(void **state)
{
    struct world *world = world_new();
    struct sctp_initmsg info = {3, 0, 2, 1500};
    struct sockaddr_in name = world_name(1, 7);
    struct sctp_status status;
    int listener, client, server;

    (void)state;
    listener = world_listener(world, 1, SOCK_STREAM, 7);
    client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    SET(client, SCTP_INITMSG, &info, sizeof(info));
    GET(client, SCTP_INITMSG, &info, sizeof(info));
    assert_int_equal(info.sinit_num_ostreams, 3);
    assert_int_equal(info.sinit_max_instreams, 65535);
    assert_int_equal(info.sinit_max_attempts, 2);
    assert_int_equal(info.sinit_max_init_timeo, 1500);
    memset(&info, 0, sizeof(info));
    info.sinit_num_ostreams = 5;
    info.sinit_max_instreams = 2; /* of the side that accepts, too */
    SET(listener, SCTP_INITMSG, &info, sizeof(info));
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    server = usctp_accept(listener, NULL, NULL);
    memset(&status, 0, sizeof(status));
    GET(server, SCTP_STATUS, &status, sizeof(status));
    assert_int_equal(status.sstat_instrms, 2);
    assert_int_equal(status.sstat_outstrms, 5);
    assert_int_equal(core_params(world, 0).max_init_retrans, 2);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

/* A limit below the first timeout does not stop the association from beginning. */
static void test_short_init_timeout(void **state)
{
    struct world *world = world_new();
    struct sctp_initmsg info = {0, 0, 0, 100};
    struct sockaddr_in name = world_name(1, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    SET(client, SCTP_INITMSG, &info, sizeof(info));
    FAILS(usctp_connect(client, world_sa(&name), sizeof(name)), ECONNREFUSED);
    assert_int_equal(usctp_close(client), 0);
    world_free(world);
}

static void test_maxseg(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 0};
    int number = 600;
    socklen_t len = sizeof(number);

    (void)state;
    GET(two.fd, SCTP_MAXSEG, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    value.assoc_id = two.id[0];
    GET(two.fd, SCTP_MAXSEG, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1200 - 12 - 16); /* what fits */
    value.assoc_value = 500;
    SET(two.fd, SCTP_MAXSEG, &value, sizeof(value));
    value.assoc_value = 0;
    GET(two.fd, SCTP_MAXSEG, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 500);
    SET(two.fd, SCTP_MAXSEG, &number, sizeof(number)); /* a mere int is the socket's */
    number = 0;
    assert_int_equal(usctp_getsockopt(two.fd, IPPROTO_SCTP, SCTP_MAXSEG, &number, &len), 0);
    assert_int_equal(len, sizeof(number));
    assert_int_equal(number, 600);
    value.assoc_value = 3;
    FAILS(try_set(two.fd, SCTP_MAXSEG, &value, sizeof(value)), EINVAL);
    value.assoc_value = 100000;
    FAILS(try_set(two.fd, SCTP_MAXSEG, &value, sizeof(value)), EINVAL);
    two_down(world, &two);
}

static size_t largest; /* packet seen by the next test */

static bool note_length(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    largest = dgram->len > largest ? dgram->len : largest;
    return false;
}

/* Messages are cut as the option says. */
static void test_maxseg_on_the_wire(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {0, 100};
    char message[1000] = {0};
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    SET(client, SCTP_MAXSEG, &value, sizeof(value));
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_NODELAY, 1), 0);
    world->drop = note_length;
    largest = 0;
    assert_int_equal(usctp_send(client, message, 101, 0), 101);
    world_settle(world);
    assert_int_equal(largest, 12 + (16 + 100) + (16 + 4)); /* 1 byte, and padding */
    assert_int_equal(usctp_recv(server, message, sizeof(message), 0), 101);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Partial reliability (RFC 6458, 8.1.32; RFC 7496, 4) --------------------------------------- */

static void test_pr_supported(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};
    int client, server;
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);

    (void)state;
    GET(fd, SCTP_PR_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1);
    value.assoc_value = 0;
    SET(fd, SCTP_PR_SUPPORTED, &value, sizeof(value));
    value.assoc_value = 7;
    GET(fd, SCTP_PR_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    assert_int_equal(usctp_close(fd), 0);
    world_pair(world, &client, &server);
    GET(client, SCTP_PR_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_default_prinfo(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_default_prinfo info = {0};
    struct sctp_prstatus status = {0};

    (void)state;
    info.pr_assoc_id = two.id[0];
    info.pr_policy = SCTP_PR_SCTP_RTX;
    info.pr_value = 3;
    SET(two.fd, SCTP_DEFAULT_PRINFO, &info, sizeof(info));
    info.pr_value = 0;
    GET(two.fd, SCTP_DEFAULT_PRINFO, &info, sizeof(info));
    assert_int_equal(info.pr_policy, SCTP_PR_SCTP_RTX);
    assert_int_equal(info.pr_value, 3);
    info.pr_assoc_id = two.id[1];
    GET(two.fd, SCTP_DEFAULT_PRINFO, &info, sizeof(info));
    assert_int_equal(info.pr_policy, SCTP_PR_SCTP_NONE);
    info.pr_policy = 0x40;
    FAILS(try_set(two.fd, SCTP_DEFAULT_PRINFO, &info, sizeof(info)), EINVAL);
    status.sprstat_assoc_id = two.id[0];
    status.sprstat_policy = SCTP_PR_SCTP_NONE;
    FAILS(try_get(two.fd, SCTP_PR_ASSOC_STATUS, &status, sizeof(status)), EINVAL);
    status.sprstat_policy = SCTP_PR_SCTP_ALL;
    status.sprstat_sid = 60000;
    GET(two.fd, SCTP_PR_ASSOC_STATUS, &status, sizeof(status));
    FAILS(try_get(two.fd, SCTP_PR_STREAM_STATUS, &status, sizeof(status)), EINVAL);
    two_down(world, &two);
}

static unsigned to_drop; /* packets of DATA that get lost in the next test */

static bool lose_data(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    if (dgram->len > 12 && ((const uint8_t *)dgram->data)[12] == 0 && to_drop > 0) {
        to_drop--;
        return true;
    }
    return false;
}

/* A message that must not be sent again is given up when it is lost, and counted. */
static void test_pr_on_the_wire(void **state)
{
    struct world *world = world_new();
    struct sctp_default_prinfo info = {0};
    struct sctp_prstatus status = {0};
    int client, server;
    char text[10];

    (void)state;
    world_pair(world, &client, &server);
    info.pr_policy = SCTP_PR_SCTP_RTX;
    SET(client, SCTP_DEFAULT_PRINFO, &info, sizeof(info));
    world->drop = lose_data;
    to_drop = 1;
    assert_int_equal(usctp_send(client, "one", 3, 0), 3);
    world_settle(world);
    assert_int_equal(to_drop, 0);
    world_run(world, USCTP_SEC(5));
    status.sprstat_policy = SCTP_PR_SCTP_RTX;
    GET(client, SCTP_PR_STREAM_STATUS, &status, sizeof(status));
    assert_int_equal(status.sprstat_abandoned_sent, 1);
    assert_int_equal(status.sprstat_abandoned_unsent, 0);
    assert_int_equal(usctp_send(client, "two", 3, 0), 3);
    world_settle(world);
    assert_int_equal(usctp_recv(server, text, sizeof(text), 0), 3);
    assert_memory_equal(text, "two", 3);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_max_burst(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {0, 0};
    int client, server, number = 7;

    (void)state;
    world_pair(world, &client, &server);
    GET(client, SCTP_MAX_BURST, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 4);
    value.assoc_value = 0;
    SET(client, SCTP_MAX_BURST, &value, sizeof(value));
    assert_int_equal(core_params(world, 0).max_burst, 0);
    SET(client, SCTP_MAX_BURST, &number, sizeof(number));
    assert_int_equal(core_params(world, 0).max_burst, 7);
    value.assoc_value = 70000;
    FAILS(try_set(client, SCTP_MAX_BURST, &value, sizeof(value)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_delayed_sack(void **state)
{
    struct world *world = world_new();
    struct sctp_sack_info info = {0, 0, 0};
    struct sctp_assoc_value old = {0, 300};
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    GET(client, SCTP_DELAYED_SACK, &info, sizeof(info));
    assert_int_equal(info.sack_delay, 200);
    assert_int_equal(info.sack_freq, 2);
    info.sack_delay = 0;
    info.sack_freq = 1; /* never delayed */
    SET(client, SCTP_DELAYED_SACK, &info, sizeof(info));
    assert_int_equal(core_params(world, 0).sack_every, 1);
    GET(client, SCTP_DELAYED_SACK, &old, sizeof(old));
    assert_int_equal(old.assoc_value, 0);
    old.assoc_value = 300;
    SET(client, SCTP_DELAYED_SACK, &old, sizeof(old));
    assert_int_equal(core_params(world, 0).sack_every, 2);
    assert_int_equal(core_params(world, 0).sack_delay_dur, USCTP_MS(300));
    old.assoc_value = 0; /* off */
    SET(client, SCTP_DELAYED_SACK, &old, sizeof(old));
    assert_int_equal(core_params(world, 0).sack_every, 1);
    info.sack_delay = 501;
    FAILS(try_set(client, SCTP_DELAYED_SACK, &info, sizeof(info)), EINVAL);
    info.sack_delay = 0;
    info.sack_freq = 70000;
    FAILS(try_set(client, SCTP_DELAYED_SACK, &info, sizeof(info)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Sending ---------------------------------------------------------------------------------- */

static void test_default_send_param(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_sndrcvinfo info;
    struct sctp_sndinfo snd;

    (void)state;
    memset(&info, 0, sizeof(info));
    info.sinfo_assoc_id = SCTP_ALL_ASSOC;
    info.sinfo_stream = 4;
    info.sinfo_flags = SCTP_UNORDERED;
    info.sinfo_ppid = 99;
    info.sinfo_context = 77;
    info.sinfo_timetolive = 1000;
    SET(two.fd, SCTP_DEFAULT_SEND_PARAM, &info, sizeof(info));
    memset(&snd, 0, sizeof(snd));
    for (int i = 0; i < 3; i++) {
        snd.snd_assoc_id = i < 2 ? two.id[i] : SCTP_FUTURE_ASSOC;
        GET(two.fd, SCTP_DEFAULT_SNDINFO, &snd, sizeof(snd));
        assert_int_equal(snd.snd_sid, 4);
        assert_int_equal(snd.snd_flags, SCTP_UNORDERED);
        assert_int_equal(snd.snd_ppid, 99);
        assert_int_equal(snd.snd_context, 77);
    }
    snd.snd_assoc_id = two.id[1];
    snd.snd_sid = 10; /* it has 10 streams */
    FAILS(try_set(two.fd, SCTP_DEFAULT_SNDINFO, &snd, sizeof(snd)), EINVAL);
    snd.snd_sid = 9;
    SET(two.fd, SCTP_DEFAULT_SNDINFO, &snd, sizeof(snd));
    info.sinfo_assoc_id = two.id[1];
    GET(two.fd, SCTP_DEFAULT_SEND_PARAM, &info, sizeof(info));
    assert_int_equal(info.sinfo_stream, 9);
    assert_int_equal(info.sinfo_timetolive, 1000);
    info.sinfo_assoc_id = two.id[0];
    GET(two.fd, SCTP_DEFAULT_SEND_PARAM, &info, sizeof(info));
    assert_int_equal(info.sinfo_stream, 4);
    info.sinfo_flags = 0x2000;
    FAILS(try_set(two.fd, SCTP_DEFAULT_SEND_PARAM, &info, sizeof(info)), EINVAL);
    two_down(world, &two);
}

/* RFC 6458, 8.1.11: what does not fit a chunk is refused, and nothing of it is sent. */
static void test_no_fragments(void **state)
{
    struct world *world = world_new();
    char message[1173] = {0};
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS, 1), 0);
    FAILS(usctp_send(client, message, 1173, 0), EMSGSIZE);
    assert_int_equal(world->cnt, 0);
    assert_int_equal(usctp_send(client, message, 1172, 0), 1172);
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS, 0), 0);
    assert_int_equal(usctp_send(client, message, 1173, 0), 1173);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Ancillary data --------------------------------------------------------------------------- */

/* Receives one message with its one item of ancillary data. */
static void receive_item(int fd, int type, void *item, size_t len)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[512];
    } control;
    char byte[8];
    struct iovec iov = {byte, sizeof(byte)};
    struct msghdr msg;

    memset(&msg, 0, sizeof(msg));
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = sizeof(control);
    assert_int_equal(usctp_recvmsg(fd, &msg, 0), 1);
    struct cmsghdr *got = &control.align;
    assert_int_equal(msg.msg_controllen, CMSG_SPACE(len)); /* just one */
    assert_int_equal(got->cmsg_level, IPPROTO_SCTP);
    assert_int_equal(got->cmsg_type, type);
    assert_int_equal(got->cmsg_len, CMSG_LEN(len));
    memcpy(item, CMSG_DATA(got), len);
}

/* The structure of old, or in its place the longer one (RFC 6458, 8.1.22). */
static void test_ext_rcvinfo(void **state)
{
    struct world *world = world_new();
    struct sctp_event event = {4711, SCTP_DATA_IO_EVENT, 1};
    struct sctp_sndrcvinfo info;
    struct sctp_extrcvinfo more;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    world_nodelay(client);
    SET(server, SCTP_EVENT, &event, sizeof(event)); /* of the association: felt by the socket */
    event.se_on = 0;
    GET(server, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(event.se_on, 1);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(usctp_sctp_sendmsg(client, "x", 1, NULL, 0, 7, 0, (uint16_t)(i + 1), 0, 0),
                         1);
    }
    world_settle(world);
    receive_item(server, SCTP_SNDRCV, &info, sizeof(info));
    assert_int_equal(info.sinfo_stream, 1);
    assert_int_equal(info.sinfo_ppid, 7);
    assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_USE_EXT_RCVINFO, 1), 0);
    receive_item(server, SCTP_EXTRCV, &more, sizeof(more));
    assert_int_equal(more.sinfo_stream, 2);
    assert_int_equal(more.serinfo_next_flags, SCTP_NEXT_MSG_AVAIL | SCTP_NEXT_MSG_ISCOMPLETE);
    assert_int_equal(more.serinfo_next_stream, 3);
    assert_int_equal(more.serinfo_next_length, 1);
    assert_int_equal(more.serinfo_next_ppid, 7);
    receive_item(server, SCTP_EXTRCV, &more, sizeof(more));
    assert_int_equal(more.sinfo_stream, 3);
    assert_int_equal(more.serinfo_next_flags, 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Notifications ---------------------------------------------------------------------------- */

static void test_events(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_event_subscribe events;
    struct sctp_event event;
    uint8_t longer[sizeof(events) + 1] = {0};
    socklen_t len = 2;

    (void)state;
    memset(&events, 0, sizeof(events));
    events.sctp_association_event = 1;
    events.sctp_shutdown_event = 1;
    SET(two.fd, SCTP_EVENTS, &events, sizeof(events));
    events.sctp_association_event = 0;
    SET(two.fd, SCTP_EVENTS, &events, 2); /* what is not given stays */
    memset(&events, 0, sizeof(events));
    GET(two.fd, SCTP_EVENTS, &events, sizeof(events));
    assert_int_equal(events.sctp_association_event, 0);
    assert_int_equal(events.sctp_shutdown_event, 1);
    assert_int_equal(usctp_getsockopt(two.fd, IPPROTO_SCTP, SCTP_EVENTS, longer, &len), 0);
    assert_int_equal(len, 2);
    FAILS(try_set(two.fd, SCTP_EVENTS, longer, sizeof(longer)), EINVAL);
    FAILS(try_set(two.fd, SCTP_EVENTS, longer, 0), EINVAL);
    memset(&event, 0, sizeof(event));
    event.se_assoc_id = two.id[0]; /* those that stand take part */
    event.se_type = SCTP_SHUTDOWN_EVENT;
    GET(two.fd, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(event.se_on, 1);
    event.se_on = 0;
    SET(two.fd, SCTP_EVENT, &event, sizeof(event));
    event.se_on = 1;
    GET(two.fd, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(event.se_on, 0);
    event.se_assoc_id = two.id[1];
    GET(two.fd, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(event.se_on, 1);
    event.se_on = 2;
    FAILS(try_set(two.fd, SCTP_EVENT, &event, sizeof(event)), EINVAL);
    event.se_on = 1;
    event.se_type = SCTP_NOTIFICATIONS_STOPPED_EVENT;
    FAILS(try_set(two.fd, SCTP_EVENT, &event, sizeof(event)), EINVAL);
    event.se_type = 3;
    FAILS(try_get(two.fd, SCTP_EVENT, &event, sizeof(event)), EINVAL);
    two_down(world, &two);
}

/* RFC 6458, 6.1.9: at once where there is nothing to send, later when that is so again. */
static void test_dry(void **state)
{
    struct world *world = world_new();
    struct sctp_event event = {0, SCTP_SENDER_DRY_EVENT, 1};
    union sctp_notification note;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    SET(client, SCTP_EVENT, &event, sizeof(event));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(usctp_recv(client, &note, sizeof(note), 0),
                         sizeof(struct sctp_sender_dry_event));
        assert_int_equal(note.sn_header.sn_type, SCTP_SENDER_DRY_EVENT);
        FAILS(usctp_recv(client, &note, sizeof(note), MSG_DONTWAIT), EAGAIN);
        assert_int_equal(usctp_send(client, "x", 1, 0), 1);
        FAILS(usctp_recv(client, &note, sizeof(note), MSG_DONTWAIT), EAGAIN);
    }
    world_run(world, USCTP_SEC(1));
    assert_true(usctp_recv(client, &note, sizeof(note), 0) > 0);
    event.se_on = 0;
    SET(client, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(core_params(world, 0).flags & USCTP_PARAM_DRY_EVENTS, 0);
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    world_run(world, USCTP_SEC(1));
    FAILS(usctp_recv(client, &note, sizeof(note), MSG_DONTWAIT), EAGAIN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Paths ------------------------------------------------------------------------------------ */

static void put_name(void *at, const struct sockaddr_in *name)
{
    memcpy(at, name, sizeof(*name));
}

static void test_paddrparams(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sockaddr_in name = world_name(1, 7), any = world_name(1, 0);
    struct sctp_paddrparams params;
    uint8_t *address = (uint8_t *)&params + offsetof(struct sctp_paddrparams, spp_address);

    (void)state;
    memset(&params, 0, sizeof(params));
    GET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_hbinterval, 30000);
    assert_int_equal(params.spp_pathmaxrxt, 5);
    assert_int_equal(params.spp_pathmtu, 1228);
    assert_int_equal(params.spp_sackdelay, 200);
    assert_int_equal(params.spp_dscp, 0);
    assert_int_equal(params.spp_flags,
                     SPP_HB_ENABLE | SPP_PMTUD_ENABLE | SPP_SACKDELAY_ENABLE | SPP_DSCP);
    /* One association, all paths, by an address of zeros. */
    memset(&params, 0, sizeof(params));
    any.sin_addr.s_addr = 0;
    put_name(address, &any);
    params.spp_assoc_id = two.id[0];
    params.spp_flags = SPP_HB_ENABLE | SPP_PMTUD_DISABLE | SPP_DSCP | SPP_SACKDELAY_ENABLE;
    params.spp_hbinterval = 5000;
    params.spp_pathmaxrxt = 2;
    params.spp_pathmtu = 1000;
    params.spp_sackdelay = 100;
    params.spp_dscp = 0xb8;
    SET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    /* Read by the address alone, which tells the association. */
    memset(&params, 0, sizeof(params));
    put_name(address, &name);
    GET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_assoc_id, two.id[0]);
    assert_int_equal(params.spp_hbinterval, 5000);
    assert_int_equal(params.spp_pathmaxrxt, 2);
    assert_int_equal(params.spp_pathmtu, 1000);
    assert_int_equal(params.spp_sackdelay, 100);
    assert_int_equal(params.spp_dscp, 0xb8);
    assert_int_equal(params.spp_flags,
                     SPP_HB_ENABLE | SPP_PMTUD_DISABLE | SPP_SACKDELAY_ENABLE | SPP_DSCP);
    /* The other one, and the socket, are as they were. */
    memset(&params, 0, sizeof(params));
    params.spp_assoc_id = two.id[1];
    GET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_hbinterval, 30000);
    assert_int_equal(params.spp_dscp, 0);
    params.spp_assoc_id = SCTP_FUTURE_ASSOC;
    GET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_pathmaxrxt, 5);
    two_down(world, &two);
}

static void test_paddrparams_old_layout(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    size_t len = offsetof(struct sctp_paddrparams, spp_ipv6_flowlabel);
    struct sctp_paddrparams params;

    (void)state;
    memset(&params, 0, sizeof(params));
    params.spp_flags = SPP_HB_DISABLE;
    FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, len - 1), EINVAL);
    SET(fd, SCTP_PEER_ADDR_PARAMS, &params, len);
    GET(fd, SCTP_PEER_ADDR_PARAMS, &params, len);
    assert_true((params.spp_flags & SPP_HB) == SPP_HB_DISABLE);
    params.spp_flags = SPP_HB_ENABLE | SPP_HB_TIME_IS_ZERO;
    SET(fd, SCTP_PEER_ADDR_PARAMS, &params, len);
    GET(fd, SCTP_PEER_ADDR_PARAMS, &params, len);
    assert_int_equal(params.spp_hbinterval, 0);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_paddrparams_errors(void **state)
{
    static const uint32_t flags[] = {SPP_HB,        SPP_PMTUD,          SPP_SACKDELAY,
                                     SPP_HB_DEMAND, SPP_IPV6_FLOWLABEL, 0x8000};
    struct world *world = world_new();
    struct sctp_paddrparams params;
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sockaddr_in name = world_name(1, 7);

    (void)state;
    memset(&params, 0, sizeof(params));
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        params.spp_flags = flags[i];
        FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL);
    }
    params.spp_flags = SPP_PMTUD_DISABLE;
    params.spp_pathmtu = 511;
    FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL);
    params.spp_pathmtu = 0;
    params.spp_sackdelay = 501;
    FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL);
    params.spp_sackdelay = 0;
    put_name((uint8_t *)&params + offsetof(struct sctp_paddrparams, spp_address), &name);
    FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL); /* no such peer */
    FAILS(try_get(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static size_t seen_cnt;
static uint8_t seen_dscp;

static bool note_packets(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    seen_cnt++;
    seen_dscp = dgram->dscp;
    return false;
}

static void test_heartbeat_on_demand(void **state)
{
    struct world *world = world_new();
    struct sctp_paddrparams params;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    world_run(world, USCTP_SEC(1));
    memset(&params, 0, sizeof(params));
    params.spp_flags = SPP_HB_DEMAND | SPP_DSCP;
    params.spp_dscp = 0x28;
    world->drop = note_packets;
    seen_cnt = 0;
    SET(client, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(seen_cnt, 1);
    assert_int_equal(seen_dscp, 10);
    world_settle(world);
    assert_int_equal(seen_cnt, 2); /* and its answer */
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* A client on host 0, connected to two addresses of host 1. */
static int connect_both(struct world *world, int *server, struct sockaddr_in names[2])
{
    int listener = world_socket(world, 1, AF_INET, SOCK_STREAM);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);

    names[0] = world_name(1, 7);
    names[1] = world_name(1, 7);
    names[1].sin_addr.s_addr = htonl(0x0a020001); /* 10.2.0.1 */
    assert_int_equal(usctp_sctp_bindx(listener, (struct sockaddr *)names, 2, SCTP_BINDX_ADD_ADDR),
                     0);
    assert_int_equal(usctp_listen(listener, 1), 0);
    assert_int_equal(usctp_sctp_connectx(client, (struct sockaddr *)names, 2, NULL), 0);
    *server = usctp_accept(listener, NULL, NULL);
    assert_true(*server >= 0);
    assert_int_equal(usctp_close(listener), 0);
    world_run(world, USCTP_SEC(5)); /* heartbeats confirm the second one */
    return client;
}

static void test_primary(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in names[2], got;
    struct sctp_prim prim;
    uint8_t *address = (uint8_t *)&prim + offsetof(struct sctp_prim, ssp_addr);
    int server, client = connect_both(world, &server, names);

    (void)state;
    memset(&prim, 0, sizeof(prim));
    GET(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim));
    memcpy(&got, address, sizeof(got));
    assert_int_equal(got.sin_addr.s_addr, names[0].sin_addr.s_addr);
    assert_int_equal(ntohs(got.sin_port), 7);
    put_name(address, &names[1]);
    SET(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim));
    memset(&prim, 0, sizeof(prim));
    GET(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim));
    memcpy(&got, address, sizeof(got));
    assert_int_equal(got.sin_addr.s_addr, names[1].sin_addr.s_addr);
    names[1].sin_addr.s_addr = htonl(0x0a020009);
    put_name(address, &names[1]);
    FAILS(try_set(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim)), EINVAL);
    memset(address, 0, sizeof(struct sockaddr_storage));
    FAILS(try_set(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* One path of two, and what stays of it when the association's parameters change. */
static void test_one_path(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in names[2];
    struct sctp_paddrparams params;
    struct sctp_assocparams assoc;
    uint8_t *address = (uint8_t *)&params + offsetof(struct sctp_paddrparams, spp_address);
    int server, client = connect_both(world, &server, names);

    (void)state;
    memset(&params, 0, sizeof(params));
    put_name(address, &names[1]);
    params.spp_flags = SPP_HB_DISABLE;
    params.spp_pathmaxrxt = 1;
    SET(client, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_NODELAY, 1), 0);
    GET(client, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_pathmaxrxt, 1);
    assert_true((params.spp_flags & SPP_HB_DISABLE) != 0);
    put_name(address, &names[0]);
    GET(client, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_pathmaxrxt, 5);
    assert_true((params.spp_flags & SPP_HB_ENABLE) != 0);
    /* No more patience than both paths have. */
    memset(&assoc, 0, sizeof(assoc));
    GET(client, SCTP_ASSOCINFO, &assoc, sizeof(assoc));
    assert_int_equal(assoc.sasoc_number_peer_destinations, 2);
    assoc.sasoc_asocmaxrxt = 7;
    FAILS(try_set(client, SCTP_ASSOCINFO, &assoc, sizeof(assoc)), EINVAL);
    assoc.sasoc_asocmaxrxt = 6;
    SET(client, SCTP_ASSOCINFO, &assoc, sizeof(assoc));
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static uint16_t seen_port;

static bool note_port(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    seen_port = dgram->remote_udp_port;
    return false;
}

static void test_encaps_port(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_udpencaps encaps;
    struct sockaddr_in name = world_name(1, 7);

    (void)state;
    memset(&encaps, 0, sizeof(encaps));
    GET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
    assert_int_equal(ntohs(encaps.sue_port), 9899);
    encaps.sue_port = htons(4001);
    encaps.sue_assoc_id = two.id[1];
    SET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
    put_name(&encaps.sue_address, &name);
    encaps.sue_assoc_id = 0;
    encaps.sue_port = htons(4000);
    SET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
    world->drop = note_port;
    for (int i = 0; i < 2; i++) {
        struct sockaddr_in to = world_name(1, (uint16_t)(7 + i));

        memset(&encaps, 0, sizeof(encaps));
        encaps.sue_assoc_id = two.id[i];
        GET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
        assert_int_equal(ntohs(encaps.sue_port), 4000 + i);
        assert_int_equal(usctp_sendto(two.fd, "x", 1, 0, world_sa(&to), sizeof(to)), 1);
        assert_int_equal(seen_port, 4000 + i);
    }
    encaps.sue_assoc_id = 99;
    FAILS(try_set(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps)), EINVAL);
    encaps.sue_assoc_id = SCTP_FUTURE_ASSOC;
    encaps.sue_port = htons(5000);
    SET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
    name = world_name(1, 9);
    FAILS(usctp_connect(two.fd, world_sa(&name), sizeof(name)), ECONNREFUSED);
    world->drop = NULL;
    two_down(world, &two);
}

/* --- What can be asked ------------------------------------------------------------------------ */

static void test_status(void **state)
{
    struct world *world = world_new();
    struct sctp_status status;
    struct sctp_paddrinfo info;
    struct sockaddr_in got;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, "hello", 5, 0), 5);
    memset(&status, 0, sizeof(status));
    GET(client, SCTP_STATUS, &status, sizeof(status));
    assert_int_equal(status.sstat_state, SCTP_ESTABLISHED);
    assert_int_equal(status.sstat_unackdata, 1);
    assert_int_equal(status.sstat_penddata, 0);
    assert_int_equal(status.sstat_instrms, 10);
    assert_int_equal(status.sstat_outstrms, 10);
    assert_int_equal(status.sstat_fragmentation_point, 1172);
    assert_int_equal(status.sstat_primary.spinfo_state, SCTP_ACTIVE);
    assert_int_equal(status.sstat_primary.spinfo_mtu, 1228);
    assert_true(status.sstat_primary.spinfo_cwnd > 0);
    assert_int_equal(status.sstat_primary.spinfo_rto, 1000);
    memcpy(&got,
           (uint8_t *)&status + offsetof(struct sctp_status, sstat_primary) +
               offsetof(struct sctp_paddrinfo, spinfo_address),
           sizeof(got));
    assert_int_equal(got.sin_addr.s_addr, world_name(1, 0).sin_addr.s_addr);
    world_settle(world);
    GET(server, SCTP_STATUS, &status, sizeof(status));
    assert_int_equal(status.sstat_penddata, 1);
    memset(&info, 0, sizeof(info));
    FAILS(try_get(client, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info)), EINVAL);
    put_name((uint8_t *)&info + offsetof(struct sctp_paddrinfo, spinfo_address), &got);
    GET(client, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info));
    assert_int_equal(info.spinfo_state, SCTP_ACTIVE);
    assert_true(info.spinfo_assoc_id > SCTP_ALL_ASSOC);
    got.sin_addr.s_addr ^= 1;
    put_name((uint8_t *)&info + offsetof(struct sctp_paddrinfo, spinfo_address), &got);
    FAILS(try_get(client, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_ids(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct {
        uint32_t cnt;
        sctp_assoc_t ids[3];
    } list;
    struct sctp_paddrinfo info;
    struct sockaddr_in name = world_name(1, 8);
    int one = world_socket(world, 0, AF_INET, SOCK_STREAM);
    socklen_t len = sizeof(list);
    uint32_t cnt = 0;

    (void)state;
    GET(two.fd, SCTP_GET_ASSOC_NUMBER, &cnt, sizeof(cnt));
    assert_int_equal(cnt, 2);
    FAILS(try_get(one, SCTP_GET_ASSOC_NUMBER, &cnt, sizeof(cnt)), EOPNOTSUPP);
    assert_int_equal(usctp_getsockopt(two.fd, IPPROTO_SCTP, SCTP_GET_ASSOC_ID_LIST, &list, &len),
                     0);
    assert_int_equal(len, 12);
    assert_int_equal(list.cnt, 2);
    assert_int_equal(list.ids[0], two.id[0]);
    assert_int_equal(list.ids[1], two.id[1]);
    FAILS(try_get(two.fd, SCTP_GET_ASSOC_ID_LIST, &list, 11), EINVAL);
    memset(&info, 0, sizeof(info)); /* the id by an address */
    put_name((uint8_t *)&info + offsetof(struct sctp_paddrinfo, spinfo_address), &name);
    GET(two.fd, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info));
    assert_int_equal(info.spinfo_assoc_id, two.id[1]);
    info.spinfo_assoc_id = two.id[0]; /* they do not agree */
    FAILS(try_get(two.fd, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info)), EINVAL);
    assert_int_equal(usctp_close(one), 0);
    two_down(world, &two);
}

static void test_assoc_stats(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_stats stats;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    memset(&stats, 0, sizeof(stats));
    GET(client, SCTP_GET_ASSOC_STATS, &stats, sizeof(stats));
    assert_true(stats.sas_opackets >= 2);
    assert_true(stats.sas_ipackets >= 2);
    assert_int_equal(stats.sas_maxrto, 1000);
    assert_int_equal(((struct sockaddr_in *)&stats.sas_obs_rto_ipaddr)->sin_addr.s_addr,
                     world_name(1, 0).sin_addr.s_addr);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_opt_info(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_status status;
    struct sctp_sndinfo snd;
    socklen_t len = sizeof(status);
    int number = 1;

    (void)state;
    memset(&status, 0, sizeof(status));
    assert_int_equal(usctp_sctp_opt_info(two.fd, two.id[1], SCTP_STATUS, &status, &len), 0);
    assert_int_equal(status.sstat_assoc_id, two.id[1]);
    len = sizeof(snd);
    assert_int_equal(usctp_sctp_opt_info(two.fd, two.id[0], SCTP_DEFAULT_SNDINFO, &snd, &len), 0);
    assert_int_equal(snd.snd_assoc_id, two.id[0]);
    len = sizeof(number);
    assert_int_equal(usctp_sctp_opt_info(two.fd, two.id[0], SCTP_NODELAY, &number, &len), 0);
    assert_int_equal(number, 0);
    len = sizeof(status);
    FAILS(usctp_sctp_opt_info(two.fd, 99, SCTP_STATUS, &status, &len), EINVAL);
    len = 3;
    FAILS(usctp_sctp_opt_info(two.fd, two.id[0], SCTP_STATUS, &status, &len), EINVAL);
    FAILS(usctp_sctp_opt_info(two.fd, two.id[0], 4711, &status, &len), ENOPROTOOPT);
    FAILS(usctp_sctp_opt_info(-1, two.id[0], SCTP_STATUS, &status, &len), EBADF);
    two_down(world, &two);
}

/* --- SOL_SOCKET, IP --------------------------------------------------------------------------- */

static void test_system(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET6, SOCK_SEQPACKET);
    int old = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_TYPE), SOCK_SEQPACKET);
    assert_int_equal(get_at(old, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_SCTP);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_DOMAIN), AF_INET6);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_ERROR), 0);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
    assert_int_equal(usctp_listen(fd, 1), 0);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
    FAILS(set_at(fd, SOL_SOCKET, SO_TYPE, 1), ENOPROTOOPT);
    FAILS(set_at(fd, SOL_SOCKET, SO_BROADCAST, 1), ENOPROTOOPT);
    FAILS(set_at(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), EINVAL); /* bound */
    FAILS(set_at(old, IPPROTO_IPV6, IPV6_V6ONLY, 1), ENOPROTOOPT);
    assert_int_equal(set_at(fd, IPPROTO_IPV6, IPV6_TCLASS, 0x28), 0);
    assert_int_equal(get_at(fd, IPPROTO_IPV6, IPV6_TCLASS), 0x28);
    assert_int_equal(set_at(fd, IPPROTO_IPV6, IPV6_TCLASS, -1), 0);
    assert_int_equal(get_at(fd, IPPROTO_IPV6, IPV6_TCLASS), 0);
    FAILS(set_at(fd, IPPROTO_IPV6, IPV6_TCLASS, 256), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(old), 0);
    world_free(world);
}

static void test_so_error(void **state)
{
    struct world *world = world_new();
    struct linger linger = {1, 0};
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    assert_int_equal(usctp_close(client), 0); /* aborts */
    world_settle(world);
    assert_int_equal(get_at(server, SOL_SOCKET, SO_ERROR), ECONNRESET);
    assert_int_equal(get_at(server, SOL_SOCKET, SO_ERROR), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_linger(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct linger linger = {5, 7};
    socklen_t len = sizeof(linger);

    (void)state;
    assert_int_equal(usctp_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, len), 0);
    memset(&linger, 0, sizeof(linger));
    assert_int_equal(usctp_getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len), 0);
    assert_int_equal(linger.l_onoff, 1);
    assert_int_equal(linger.l_linger, 7);
    linger.l_linger = -1;
    FAILS(usctp_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, len), EINVAL);
    FAILS(usctp_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, len - 1), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_timeouts(void **state)
{
    struct world *world = world_new();
    struct timeval time = {2, 500000};
    socklen_t len = sizeof(time);
    uint64_t begin_ts;
    int client, server;
    char byte;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &time, len), 0);
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, len), 0);
    memset(&time, 0, sizeof(time));
    assert_int_equal(usctp_getsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, &len), 0);
    assert_int_equal(time.tv_sec, 2);
    assert_int_equal(time.tv_usec, 500000);
    begin_ts = world->now_ts;
    FAILS(usctp_recv(client, &byte, 1, 0), EAGAIN);
    assert_int_equal(world->now_ts - begin_ts, USCTP_MS(2500));
    time.tv_usec = 1000000;
    FAILS(usctp_setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, len), EDOM);
    time.tv_usec = 0;
    time.tv_sec = -1;
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, len), 0);
    FAILS(usctp_recv(client, &byte, 1, 0), EAGAIN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_buffers(void **state)
{
    struct world *world = world_new();
    char *message = calloc(1, 30000);
    int client, server;

    (void)state;
    assert_non_null(message);
    world_pair(world, &client, &server);
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 10000), 0);
    assert_int_equal(core_params(world, 0).send_buffer, 10000);
    FAILS(usctp_send(client, message, 20001, 0), EMSGSIZE);
    assert_int_equal(usctp_send(client, message, 20000, 0), 20000);
    FAILS(usctp_send(client, message, 1, MSG_DONTWAIT), EAGAIN);
    assert_int_equal(set_at(server, SOL_SOCKET, SO_RCVBUF, 1), 0);
    assert_int_equal(get_at(server, SOL_SOCKET, SO_RCVBUF), 2304);
    assert_int_equal(core_params(world, 1).receive_window, 1500);
    assert_int_equal(set_at(server, SOL_SOCKET, SO_RCVBUF, 0x7fffffff), 0);
    assert_true(get_at(server, SOL_SOCKET, SO_RCVBUF) > 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
    free(message);
}

static bool writable(int fd)
{
    struct pollfd one = {fd, POLLOUT, 0};

    return usctp_poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) != 0;
}

/* A send buffer that grows has room again; one that shrinks has none. */
static void test_send_buffer_of_the_living(void **state)
{
    struct world *world = world_new();
    char *message = calloc(1, 30000);
    int client, server;

    (void)state;
    assert_non_null(message);
    world_pair(world, &client, &server);
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 30000), 0);
    assert_int_equal(usctp_send(client, message, 30000, 0), 30000);
    assert_false(writable(client));
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 60000), 0);
    assert_true(writable(client));
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 20000), 0);
    assert_false(writable(client));
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
    free(message);
}

/* The window that is offered is what was asked for before connect. */
static void test_window(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct sctp_status status;

    (void)state;
    assert_int_equal(set_at(listener, SOL_SOCKET, SO_RCVBUF, 5000), 0);
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    memset(&status, 0, sizeof(status));
    GET(client, SCTP_STATUS, &status, sizeof(status));
    assert_int_equal(status.sstat_rwnd, 5000);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

static void test_reuse_port(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(0, 7);
    int many = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int fds[3];

    (void)state;
    FAILS(set_at(many, IPPROTO_SCTP, SCTP_REUSE_PORT, 1), EINVAL);
    for (int i = 0; i < 3; i++) {
        fds[i] = world_socket(world, 0, AF_INET, SOCK_STREAM);
        assert_int_equal(get_at(fds[i], IPPROTO_SCTP, SCTP_REUSE_PORT), 0);
        if (i < 2) {
            assert_int_equal(set_at(fds[i], IPPROTO_SCTP, SCTP_REUSE_PORT, 1), 0);
            assert_int_equal(usctp_bind(fds[i], world_sa(&name), sizeof(name)), 0);
        }
    }
    FAILS(usctp_bind(fds[2], world_sa(&name), sizeof(name)), EADDRINUSE); /* it did not ask */
    FAILS(set_at(fds[0], IPPROTO_SCTP, SCTP_REUSE_PORT, 0), EINVAL);      /* too late */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(usctp_close(fds[i]), 0);
    }
    assert_int_equal(usctp_close(many), 0);
    world_free(world);
}

/* --- Who inherits ----------------------------------------------------------------------------- */

/* accept: everything of the listener. */
static void test_accept_inherits(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct sctp_event event = {0, SCTP_ASSOC_CHANGE, 1};
    struct sctp_rtoinfo rto = {0, 3000, 0, 0};
    struct sctp_assoc_value context = {0, 17};
    struct sctp_assoc_change change;

    (void)state;
    SET(listener, SCTP_EVENT, &event, sizeof(event));
    SET(listener, SCTP_RTOINFO, &rto, sizeof(rto));
    SET(listener, SCTP_CONTEXT, &context, sizeof(context));
    assert_int_equal(set_at(listener, IPPROTO_SCTP, SCTP_NODELAY, 1), 0);
    assert_int_equal(set_at(listener, IPPROTO_SCTP, SCTP_RECVRCVINFO, 1), 0);
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    int server = usctp_accept(listener, NULL, NULL);
    assert_true(server >= 0);
    memset(&rto, 0, sizeof(rto));
    GET(server, SCTP_RTOINFO, &rto, sizeof(rto));
    assert_int_equal(rto.srto_initial, 3000);
    assert_int_equal(core_params(world, 1).rto_initial_dur, USCTP_SEC(3));
    assert_int_equal(core_params(world, 1).flags & USCTP_PARAM_NAGLE, 0);
    GET(server, SCTP_CONTEXT, &context, sizeof(context));
    assert_int_equal(context.assoc_value, 17);
    assert_int_equal(get_at(server, IPPROTO_SCTP, SCTP_NODELAY), 1);
    assert_int_equal(get_at(server, IPPROTO_SCTP, SCTP_RECVRCVINFO), 1);
    assert_int_equal(usctp_recv(server, &change, sizeof(change), 0), sizeof(change));
    assert_int_equal(change.sac_type, SCTP_ASSOC_CHANGE);
    assert_int_equal(change.sac_state, SCTP_COMM_UP);
    /* What the accepted one changes is its own. */
    rto.srto_initial = 2000;
    SET(server, SCTP_RTOINFO, &rto, sizeof(rto));
    GET(listener, SCTP_RTOINFO, &rto, sizeof(rto));
    assert_int_equal(rto.srto_initial, 3000);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

/* Peel-off, by the call and by Linux's private options. */
static void test_peeloff_inherits(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_assoc_value context = {two.id[0], 17};
    sctp_peeloff_arg_t arg = {two.id[1], -1};
    sctp_peeloff_flags_arg_t more = {{two.id[1], -1}, 0x40000000};
    socklen_t len = sizeof(arg);

    (void)state;
    assert_int_equal(set_at(two.fd, IPPROTO_SCTP, SCTP_RECVNXTINFO, 1), 0);
    SET(two.fd, SCTP_CONTEXT, &context, sizeof(context));
    int fd = usctp_sctp_peeloff(two.fd, two.id[0]);
    assert_true(fd >= 0);
    assert_int_equal(get_at(fd, IPPROTO_SCTP, SCTP_RECVNXTINFO), 1);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    context.assoc_id = 0;
    GET(fd, SCTP_CONTEXT, &context, sizeof(context));
    assert_int_equal(context.assoc_value, 17);
    len = sizeof(more);
    FAILS(usctp_getsockopt(two.fd, IPPROTO_SCTP, SCTP_SOCKOPT_PEELOFF_FLAGS, &more, &len), EINVAL);
    len = 4;
    FAILS(usctp_getsockopt(two.fd, IPPROTO_SCTP, SCTP_SOCKOPT_PEELOFF, &arg, &len), EINVAL);
    FAILS(usctp_getsockopt(two.fd, IPPROTO_SCTP, SCTP_SOCKOPT_PEELOFF, NULL, &len), EINVAL);
    len = sizeof(arg);
    int other = usctp_getsockopt(two.fd, IPPROTO_SCTP, SCTP_SOCKOPT_PEELOFF, &arg, &len);
    assert_true(other >= 0);
    assert_int_equal(arg.sd, other);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(other), 0);
    two_down(world, &two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_bad_pointers),
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_narrow_scopes),
        cmocka_unit_test(test_one_to_one_ignores_ids),
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_int_ranges),
        cmocka_unit_test(test_nodelay),
        cmocka_unit_test(test_autoclose),
        cmocka_unit_test(test_rtoinfo),
        cmocka_unit_test(test_long_initial_rto),
        cmocka_unit_test(test_associnfo),
        cmocka_unit_test(test_initmsg),
        cmocka_unit_test(test_short_init_timeout),
        cmocka_unit_test(test_maxseg),
        cmocka_unit_test(test_maxseg_on_the_wire),
        cmocka_unit_test(test_pr_supported),
        cmocka_unit_test(test_default_prinfo),
        cmocka_unit_test(test_pr_on_the_wire),
        cmocka_unit_test(test_max_burst),
        cmocka_unit_test(test_delayed_sack),
        cmocka_unit_test(test_default_send_param),
        cmocka_unit_test(test_no_fragments),
        cmocka_unit_test(test_ext_rcvinfo),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_dry),
        cmocka_unit_test(test_paddrparams),
        cmocka_unit_test(test_paddrparams_old_layout),
        cmocka_unit_test(test_paddrparams_errors),
        cmocka_unit_test(test_heartbeat_on_demand),
        cmocka_unit_test(test_primary),
        cmocka_unit_test(test_one_path),
        cmocka_unit_test(test_encaps_port),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_assoc_stats),
        cmocka_unit_test(test_opt_info),
        cmocka_unit_test(test_system),
        cmocka_unit_test(test_so_error),
        cmocka_unit_test(test_linger),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_buffers),
        cmocka_unit_test(test_send_buffer_of_the_living),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_reuse_port),
        cmocka_unit_test(test_accept_inherits),
        cmocka_unit_test(test_peeloff_inherits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
