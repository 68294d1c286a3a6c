/* SPDX-License-Identifier: BSD-3-Clause */
/* How sockets end: shutting down and closing, and the errno of each. In virtual time. */
#include <signal.h>

#include "unit/socket_world.h"

/* --- Shutting down ---------------------------------------------------------------------------- */

static void test_shutdown_errors(void **state)
{
    struct world *world = *state;
    int many = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int client, server;

    assert_fails(usctp_shutdown(fd, SHUT_WR), ENOTCONN);
    assert_fails(usctp_shutdown(many, SHUT_WR), EOPNOTSUPP);
    world_pair(world, &client, &server);
    assert_fails(usctp_shutdown(client, 77), EINVAL);
    assert_int_equal(usctp_shutdown(client, SHUT_WR), 0);
    assert_int_equal(usctp_shutdown(client, SHUT_WR), 0);
    check_end(server);
    assert_int_equal(usctp_shutdown(server, SHUT_RDWR), 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(many), 0);
}

static int sigpipe_cnt;

static void count_sigpipe(int number)
{
    (void)number;
    sigpipe_cnt++;
}

/* What the peer had queued still comes; then there is nobody. */
static void test_half_closed(void **state)
{
    struct world *world = *state;
    int client, server, got = 0;
    char buf[1000] = {0};
    ssize_t len;

    world_pair(world, &client, &server);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(usctp_send(server, buf, sizeof(buf), 0), sizeof(buf));
    }
    assert_int_equal(usctp_shutdown(client, SHUT_WR), 0);
    (void)signal(SIGPIPE, count_sigpipe);
    assert_fails(usctp_send(client, "x", 1, 0), EPIPE);
    assert_int_equal(sigpipe_cnt, 1);
    assert_fails(usctp_send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
    assert_int_equal(sigpipe_cnt, 1);
    world_settle(world);
    assert_fails(usctp_send(server, "x", 1, MSG_NOSIGNAL), EPIPE); /* its peer takes no more */
    (void)signal(SIGPIPE, SIG_DFL);
    while ((len = usctp_recv(client, buf, sizeof(buf), 0)) > 0) {
        got++;
    }
    assert_int_equal(got, 100);
    assert_int_equal(len, -1);
    assert_int_equal(errno, ENOTCONN);
    check_end(server);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

static void test_shut_for_reading(void **state)
{
    struct world *world = *state;
    int client, server;

    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, "early", 5, 0), 5);
    world_settle(world);
    assert_int_equal(usctp_shutdown(server, SHUT_RD), 0);
    check_end(server);
    assert_int_equal(usctp_send(client, "late", 4, 0), 4);
    world_run(world, USCTP_SEC(1));
    check_end(server);
    assert_int_equal(usctp_send(server, "still", 5, 0), 5);
    check_recv(client, "still");
    assert_int_equal(usctp_close(server), 0); /* nothing unread: no ABORT */
    check_end(client);
    assert_int_equal(usctp_close(client), 0);
}

static void test_shutdown_while_connecting(void **state)
{
    struct world *world = *state;
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    set_nonblocking(fd);
    assert_fails(connect_to(fd, 7), EINPROGRESS);
    assert_int_equal(usctp_shutdown(fd, SHUT_WR), 0);
    world_run(world, USCTP_SEC(1));
    assert_fails(usctp_send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
    assert_fails(connect_to(fd, 7), EINPROGRESS); /* and once more */
    world_settle(world);
    assert_int_equal(usctp_send(fd, "x", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(listener), 0);
}

/* --- Closing ---------------------------------------------------------------------------------- */

static void test_linger_zero_aborts(void **state)
{
    struct world *world = *state;
    int client, server;
    char byte;

    world_pair(world, &client, &server);
    set_linger(client, 0);
    assert_int_equal(usctp_close(client), 0);
    assert_fails(usctp_recv(server, &byte, 1, 0), ECONNRESET);
    check_end(server); /* told once */
    assert_int_equal(usctp_close(server), 0);
}

static uint64_t living(struct world *world, int i)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    assert_int_equal(usctp_stack_stats(usctp_host_stack(world->hosts[i].host), &stats), 0);
    return stats.curr_assocs;
}

static void test_linger_waits(void **state)
{
    struct world *world = *state;
    int client, server;
    uint64_t start_ts;

    world_pair(world, &client, &server);
    set_linger(client, 3);
    assert_int_equal(usctp_send(client, "bye", 3, 0), 3);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(living(world, 0), 0);
    check_recv(server, "bye");
    check_end(server);
    assert_int_equal(usctp_close(server), 0);

    world_pair(world, &client, &server);
    set_linger(client, 3);
    world->drop = drop_all;
    start_ts = world->now_ts;
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(world->now_ts - start_ts, USCTP_SEC(3)); /* no longer */
    assert_int_equal(living(world, 0), 1);                    /* it goes on */
    world->drop = NULL;
    check_end(server);
    world_run(world, USCTP_SEC(10));
    assert_int_equal(living(world, 0), 0);
    assert_int_equal(usctp_close(server), 0);
}

static void test_unread_data_aborts(void **state)
{
    struct world *world = *state;
    int client, server;
    char byte;

    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(server, "unread", 6, 0), 6);
    world_settle(world);
    assert_int_equal(usctp_close(client), 0);
    assert_fails(usctp_recv(server, &byte, 1, 0), ECONNRESET);
    assert_int_equal(usctp_close(server), 0);

    world_pair(world, &client, &server); /* the same after a part was read */
    assert_int_equal(usctp_send(server, "unread", 6, 0), 6);
    assert_int_equal(usctp_recv(client, &byte, 1, 0), 1);
    set_linger(client, 5);
    assert_int_equal(usctp_close(client), 0);
    assert_fails(usctp_recv(server, &byte, 1, 0), ECONNRESET);
    assert_int_equal(usctp_close(server), 0);
}

static void test_unread_notifications_do_not(void **state)
{
    struct world *world = *state;
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);

    want_events(client);
    assert_int_equal(connect_to(client, 7), 0);
    int server = usctp_accept(listener, NULL, NULL);
    assert_int_equal(usctp_close(client), 0);
    check_end(server);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
}

static void test_close_one_to_many(void **state)
{
    struct world *world = *state;
    int one = world_listener(world, 1, SOCK_STREAM, 7),
        two = world_listener(world, 1, SOCK_STREAM, 8);
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    char byte;

    assert_int_equal(connect_to(fd, 7), 0);
    assert_int_equal(connect_to(fd, 8), 0);
    int graceful = usctp_accept(one, NULL, NULL), hard = usctp_accept(two, NULL, NULL);
    assert_int_equal(usctp_send(hard, "unread", 6, 0), 6);
    world_settle(world);
    assert_int_equal(usctp_close(fd), 0);
    check_end(graceful);
    assert_fails(usctp_recv(hard, &byte, 1, 0), ECONNRESET);
    assert_int_equal(usctp_close(graceful), 0);
    assert_int_equal(usctp_close(hard), 0);
    assert_int_equal(usctp_close(one), 0);
    assert_int_equal(usctp_close(two), 0);
}

static void close_it(struct world *world)
{
    world->step = NULL;
    assert_int_equal(usctp_close(*(int *)world->user), 0);
}

static void test_close_while_another_call_waits(void **state)
{
    struct world *world = *state;
    int listener = world_listener(world, 1, SOCK_STREAM, 8);
    int client, server;
    char byte;

    world_pair(world, &client, &server);
    world->user = &client;
    world->step = close_it;
    assert_fails(usctp_recv(client, &byte, 1, 0), EBADF);
    check_end(server);
    world->user = &listener;
    world->step = close_it;
    assert_fails(usctp_accept(listener, NULL, NULL), EBADF);
    client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    world->user = &client;
    world->step = close_it;
    assert_fails(connect_to(client, 8), EBADF);
    assert_int_equal(usctp_close(server), 0);
}

static void test_retransmissions_exhausted(void **state)
{
    struct world *world = *state;
    int client, server;
    char byte;

    world_pair(world, &client, &server);
    world->drop = drop_all;
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    assert_fails(usctp_recv(client, &byte, 1, 0), ETIMEDOUT);
    check_end(client);
    assert_fails(usctp_send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

static void test_not_connected(void **state)
{
    struct world *world = *state;
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int many = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    char byte;

    assert_fails(usctp_recv(fd, &byte, 1, 0), ENOTCONN);
    assert_fails(usctp_recv(many, &byte, 1, 0), ENOTCONN);
    assert_fails(usctp_recv(listener, &byte, 1, 0), ENOTCONN);
    assert_fails(usctp_send(fd, &byte, 1, MSG_NOSIGNAL), EPIPE);
    assert_fails(usctp_send(many, &byte, 1, MSG_NOSIGNAL), EPIPE);
    assert_fails(usctp_send(listener, &byte, 1, MSG_NOSIGNAL), EPIPE);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(many), 0);
    assert_int_equal(usctp_close(listener), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_shutdown_errors),           WORLD_TEST(test_half_closed),
        WORLD_TEST(test_shut_for_reading),          WORLD_TEST(test_shutdown_while_connecting),
        WORLD_TEST(test_linger_zero_aborts),        WORLD_TEST(test_linger_waits),
        WORLD_TEST(test_unread_data_aborts),        WORLD_TEST(test_unread_notifications_do_not),
        WORLD_TEST(test_close_one_to_many),         WORLD_TEST(test_close_while_another_call_waits),
        WORLD_TEST(test_retransmissions_exhausted), WORLD_TEST(test_not_connected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
