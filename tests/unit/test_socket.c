/* SPDX-License-Identifier: BSD-3-Clause */
/* The four sequences of the system's sctp manual page, blocking. */
#include "unit/socket_world.h"

static void test_one_to_one(void **state)
{
    struct world *world = world_new();
    char buf[64];
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, "hello", 5, 0), 5);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 5);
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(usctp_send(server, "world!", 6, 0), 6);
    assert_int_equal(usctp_recv(client, buf, sizeof(buf), 0), 6);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_one_to_many(void **state)
{
    struct world *world = world_new();
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sockaddr_in name = world_name(1, 7), from;
    socklen_t len = sizeof(from);
    char buf[64];

    (void)state;
    assert_int_equal(usctp_sendto(client, "hello", 5, 0, world_sa(&name), sizeof(name)), 5);
    assert_int_equal(usctp_recvfrom(server, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len),
                     5);
    assert_int_equal(from.sin_addr.s_addr, world_name(0, 0).sin_addr.s_addr);
    assert_int_equal(usctp_sendto(server, "world!", 6, 0, world_sa(&from), sizeof(from)), 6);
    assert_int_equal(usctp_recv(client, buf, sizeof(buf), 0), 6);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_refused(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), -1);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_equal(usctp_close(client), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_to_one),
        cmocka_unit_test(test_one_to_many),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
