/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options of partial reliability (RFC 6458, 8.1.32; RFC 7496, 4), and what they do on the wire. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pr_supported),
        cmocka_unit_test(test_default_prinfo),
        cmocka_unit_test(test_pr_on_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
