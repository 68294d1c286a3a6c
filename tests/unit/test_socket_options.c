/* SPDX-License-Identifier: BSD-3-Clause */
/* Each socket option: what it begins with, what it takes and refuses, whom it holds for, who inherits it,
 * and what it does to the core (RFC 6458, 8): those of sockets, associations and messages. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

/* --- General rules ---------------------------------------------------------------------------- */

static void test_unknown(void **state)
{
    static const int later[] = {SCTP_ADAPTATION_LAYER,
                                SCTP_AUTH_KEY,
                                SCTP_RECONFIG_SUPPORTED,
                                SCTP_STREAM_SCHEDULER,
                                SCTP_INTERLEAVING_SUPPORTED,
                                SCTP_PLPMTUD_PROBE_INTERVAL,
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
        cmocka_unit_test(test_max_burst),
        cmocka_unit_test(test_delayed_sack),
        cmocka_unit_test(test_default_send_param),
        cmocka_unit_test(test_no_fragments),
        cmocka_unit_test(test_ext_rcvinfo),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_dry),
        cmocka_unit_test(test_accept_inherits),
        cmocka_unit_test(test_peeloff_inherits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
