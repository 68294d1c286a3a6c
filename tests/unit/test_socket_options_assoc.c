/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options that are parameters of associations (RFC 6458, 8.1): values, ranges, inheritance, and what they do on
 * the wire. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

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

static void test_max_cwnd(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {0, 0};
    int client, server, on = 1;

    (void)state;
    world_pair(world, &client, &server);
    GET(client, SCTP_MAX_CWND, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    value.assoc_value = 20000;
    SET(client, SCTP_MAX_CWND, &value, sizeof(value));
    assert_int_equal(core_params(world, 0).max_cwnd, 20000);
    value.assoc_value = 0;
    GET(client, SCTP_MAX_CWND, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 20000);
    FAILS(try_set(client, SCTP_MAX_CWND, &on, sizeof(on)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_timeouts(void **state)
{
    struct world *world = world_new();
    struct sctp_timeouts timeouts = {0, 0, 0, 0, 0, 0, 0, 0};
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    GET(client, SCTP_TIMEOUTS, &timeouts, sizeof(timeouts));
    assert_int_equal(timeouts.stimo_data, 0);
    assert_true(timeouts.stimo_assoc_id >= 3);
    world->drop = drop_all;
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    world_run(world, USCTP_SEC(2));
    world->drop = NULL;
    world_run(world, USCTP_SEC(10));
    GET(client, SCTP_TIMEOUTS, &timeouts, sizeof(timeouts));
    assert_true(timeouts.stimo_data > 0);
    assert_int_equal(timeouts.stimo_init | timeouts.stimo_cookie | timeouts.stimo_shutdown |
                         timeouts.stimo_shutdownack,
                     0);
    FAILS(try_set(client, SCTP_TIMEOUTS, &timeouts, sizeof(timeouts)), ENOPROTOOPT);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rtoinfo),
        cmocka_unit_test(test_long_initial_rto),
        cmocka_unit_test(test_associnfo),
        cmocka_unit_test(test_initmsg),
        cmocka_unit_test(test_short_init_timeout),
        cmocka_unit_test(test_maxseg),
        cmocka_unit_test(test_maxseg_on_the_wire),
        cmocka_unit_test(test_max_burst),
        cmocka_unit_test(test_delayed_sack),
        cmocka_unit_test(test_max_cwnd),
        cmocka_unit_test(test_timeouts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
