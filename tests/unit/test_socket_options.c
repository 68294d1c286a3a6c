/* SPDX-License-Identifier: BSD-3-Clause */
/* Each socket option: what it begins with, what it takes and refuses, whom it holds for, who inherits it,
 * and what it does to the core (RFC 6458, 8): the rules for all,
 * and those of sockets. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include <fcntl.h>

#include "unit/socket_options.h"

/* --- General rules ---------------------------------------------------------------------------- */

static void test_unknown(void **state)
{
    static const int others[] = {SCTP_NRSACK_SUPPORTED, SCTP_PKTDROP_SUPPORTED};
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    uint8_t bytes[256] = {0};
    socklen_t len = sizeof(bytes);

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        FAILS(try_get(fd, others[i], bytes, sizeof(bytes)), ENOPROTOOPT);
        FAILS(try_set(fd, others[i], bytes, sizeof(bytes)), ENOPROTOOPT);
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

/* A message of little more than a packet arrives at once, though the first packet is in flight when the end of it
 * is to be sent. */
static void test_nagle_does_not_hold_the_end(void **state)
{
    static uint8_t sent[1500], got[2000];
    struct world *world = world_new();
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    for (int i = 0; i < 3; i++) {
        uint64_t before_ts = world->now_ts;

        assert_int_equal(usctp_send(client, sent, sizeof(sent), 0), sizeof(sent));
        assert_int_equal(usctp_recv(server, got, sizeof(got), 0), sizeof(sent));
        assert_true(world->now_ts - before_ts < USCTP_MS(1));
    }
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
    assert_int_equal(usctp_fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    int server = usctp_accept(listener, NULL, NULL);
    assert_true(server >= 0);
    assert_int_equal(usctp_fcntl(server, F_GETFL) & O_NONBLOCK, 0); /* alone is not inherited */
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
        cmocka_unit_test(test_nagle_does_not_hold_the_end),
        cmocka_unit_test(test_autoclose),
        cmocka_unit_test(test_accept_inherits),
        cmocka_unit_test(test_peeloff_inherits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
