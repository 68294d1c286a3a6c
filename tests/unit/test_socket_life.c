/* SPDX-License-Identifier: BSD-3-Clause */
/* How sockets begin: connecting, listening, binding, peeling off, and the errno of each. In virtual time. */
#include <sys/resource.h>

#include "unit/socket_world.h"

/* --- Connecting ------------------------------------------------------------------------------- */

static void test_connect_in_progress(void **state)
{
    struct world *world = *state;
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    set_nonblocking(fd);
    assert_fails(connect_to(fd, 7), EINPROGRESS);
    assert_fails(connect_to(fd, 7), EALREADY);
    world_settle(world);
    assert_fails(connect_to(fd, 7), EISCONN);
    assert_int_equal(take_error(fd), 0);
    assert_fails(connect_to(listener, 8), EISCONN);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(listener), 0);
}

static void test_connect_one_to_many(void **state)
{
    struct world *world = *state;
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    int other = world_listener(world, 1, SOCK_SEQPACKET, 8);
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);

    set_nonblocking(fd);
    assert_fails(connect_to(fd, 7), EINPROGRESS);
    assert_fails(connect_to(fd, 7), EALREADY);
    world_settle(world);
    assert_fails(connect_to(fd, 7), EISCONN);
    assert_fails(connect_to(fd, 8), EINPROGRESS); /* another peer */
    world_settle(world);
    int peeled = usctp_sctp_peeloff(fd, first_assoc(fd));
    assert_true(peeled >= 0);
    assert_fails(connect_to(fd, 7), EADDRNOTAVAIL);
    assert_fails(connect_to(peeled, 9), EISCONN);
    assert_int_equal(usctp_close(peeled), 0);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(other), 0);
}

static void test_connect_refused(void **state)
{
    struct world *world = *state;
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    assert_fails(connect_to(fd, 7), ECONNREFUSED);
    assert_int_equal(take_error(fd), 0); /* told once */
    set_nonblocking(fd);
    assert_fails(connect_to(fd, 7), EINPROGRESS);
    world_settle(world);
    assert_fails(connect_to(fd, 7), ECONNREFUSED);
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    assert_fails(connect_to(fd, 7), EINPROGRESS); /* it may try again */
    world_settle(world);
    assert_fails(connect_to(fd, 7), EISCONN);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(listener), 0);
}

static void test_connect_times_out(void **state)
{
    struct world *world = *state;
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    world->drop = drop_all;
    assert_fails(connect_to(fd, 7), ETIMEDOUT);
    assert_int_equal(take_error(fd), 0);
    assert_int_equal(usctp_close(fd), 0);
}

static void test_bad_names(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7);
    struct sockaddr_in6 name6;
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    memset(&name6, 0, sizeof(name6));
    name6.sin6_family = AF_INET6;
    name6.sin6_port = htons(7);
    name6.sin6_addr.s6_addr[15] = 1;
    assert_fails(usctp_connect(fd, (struct sockaddr *)&name6, sizeof(name6)), EINVAL);
    assert_fails(usctp_connect(fd, world_sa(&name), sizeof(name) - 1), EINVAL);
    assert_fails(usctp_connect(fd, (struct sockaddr *)(uintptr_t)UINTPTR_MAX, sizeof(name)),
                 EFAULT);
    assert_fails(connect_to(fd, 0), EINVAL);
    assert_fails(usctp_bind(fd, (struct sockaddr *)&name6, sizeof(name6)), EINVAL);
    assert_fails(usctp_bind(fd, world_sa(&name), 3), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    assert_fails(usctp_connect(fd, world_sa(&name), sizeof(name)), EBADF);
}

static void test_no_connection_with_oneself(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(0, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    assert_int_equal(usctp_bind(fd, world_sa(&name), sizeof(name)), 0);
    assert_fails(usctp_connect(fd, world_sa(&name), sizeof(name)), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
}

static void test_connects_after_an_end(void **state)
{
    struct world *world = *state;
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int fd = client_of(world, 7), server = usctp_accept(listener, NULL, NULL);

    assert_int_equal(usctp_shutdown(fd, SHUT_WR), 0);
    check_end(server);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(connect_to(fd, 7), 0);
    server = usctp_accept(listener, NULL, NULL);
    assert_int_equal(usctp_send(fd, "again", 5, 0), 5);
    check_recv(server, "again");
    assert_int_equal(usctp_send(server, "yes", 3, 0), 3);
    check_recv(fd, "yes");
    assert_int_equal(usctp_close(server), 0);
    check_end(fd);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(listener), 0);
}

static void test_set_up_by_sending(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7), wrong = world_name(1, 8);
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    assert_int_equal(usctp_sendto(fd, "hello", 5, 0, world_sa(&name), sizeof(name)), 5);
    int server = usctp_accept(listener, NULL, NULL);
    check_recv(server, "hello");
    assert_int_equal(usctp_sendto(fd, "more", 4, 0, world_sa(&name), sizeof(name)), 4);
    check_recv(server, "more");
    assert_fails(usctp_sendto(fd, "x", 1, 0, world_sa(&wrong), sizeof(wrong)), EADDRNOTAVAIL);
    assert_int_equal(usctp_close(server), 0);
    check_end(fd);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(listener), 0);

    fd = world_socket(world, 0, AF_INET, SOCK_STREAM); /* nobody listens any more */
    assert_int_equal(usctp_sendto(fd, "hello", 5, 0, world_sa(&name), sizeof(name)), 5);
    assert_int_equal(take_error(fd), ECONNREFUSED);
    assert_int_equal(usctp_close(fd), 0);
}

/* --- Listening and accepting ------------------------------------------------------------------ */

static void test_backlog_takes_one_more(void **state)
{
    enum { BACKLOG = 3 };
    struct world *world = *state;
    int listener = world_listener(world, 1, SOCK_STREAM, 7), clients[BACKLOG + 2];

    assert_int_equal(usctp_listen(listener, BACKLOG), 0);
    for (int i = 0; i < BACKLOG + 1; i++) {
        clients[i] = client_of(world, 7);
    }
    int late = world_socket(world, 0, AF_INET, SOCK_STREAM);
    assert_fails(connect_to(late, 7), ECONNREFUSED);
    assert_int_equal(usctp_close(usctp_accept(listener, NULL, NULL)), 0);
    assert_int_equal(connect_to(late, 7), 0);
    assert_int_equal(usctp_close(late), 0);
    for (int i = 0; i < BACKLOG + 1; i++) {
        assert_int_equal(usctp_close(clients[i]), 0);
    }
    assert_int_equal(usctp_close(listener), 0);
}

static void test_listen_errors(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7);
    int client, server;

    world_pair(world, &client, &server);
    assert_fails(usctp_listen(client, 5), EINVAL);
    assert_fails(usctp_listen(server, 5), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_run(world, USCTP_SEC(1));

    int fd = world_socket(world, 1, AF_INET, SOCK_STREAM);
    assert_fails(usctp_listen(fd, -1), EINVAL);
    assert_fails(usctp_listen(fd, 0), EINVAL);
    assert_int_equal(usctp_bind(fd, world_sa(&name), sizeof(name)), 0);
    assert_int_equal(usctp_listen(fd, 1), 0);
    assert_int_equal(usctp_listen(fd, 0), 0);
    client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    assert_fails(connect_to(client, 7), ECONNREFUSED);
    assert_int_equal(usctp_listen(fd, 1), 0);
    assert_int_equal(connect_to(client, 7), 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(fd), 0);
}

static void test_accept_errors(void **state)
{
    struct world *world = *state;
    int listener = world_listener(world, 1, SOCK_STREAM, 8);
    int many = world_listener(world, 1, SOCK_SEQPACKET, 9);
    int client, server;

    world_pair(world, &client, &server);
    assert_fails(usctp_accept(client, NULL, NULL), EINVAL);
    assert_fails(usctp_accept(server, NULL, NULL), EINVAL);
    assert_fails(usctp_accept(many, NULL, NULL), EOPNOTSUPP);
    assert_fails(usctp_accept4(listener, NULL, NULL, 12345), EINVAL);
    set_nonblocking(listener);
    assert_fails(usctp_accept(listener, NULL, NULL), EAGAIN);
    assert_int_equal(usctp_shutdown(listener, SHUT_RD), 0);
    assert_fails(usctp_accept(listener, NULL, NULL), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(many), 0);
    assert_int_equal(usctp_close(listener), 0);
}

/* No descriptor to be had: the association waits on, and a peeled-off one stays where it is. */
static void run_out_of_descriptors(void)
{
    struct world *world = world_new();
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int many = world_listener(world, 1, SOCK_SEQPACKET, 8);
    int one = client_of(world, 7), two = client_of(world, 8);
    struct rlimit limit, low;

    assert_int_equal(usctp_send(one, "one", 3, 0), 3);
    assert_int_equal(usctp_send(two, "two", 3, 0), 3);
    world_settle(world);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = (rlim_t)two + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_fails(usctp_accept(listener, NULL, NULL), EMFILE);
    assert_fails(usctp_sctp_peeloff(many, first_assoc(many)), EMFILE);
    assert_fails(usctp_dup(two), EMFILE);
    assert_fails(usctp_host_socket(world->hosts[0].host, AF_INET, SOCK_STREAM, IPPROTO_SCTP),
                 EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    int server = usctp_accept(listener, NULL, NULL);
    check_recv(server, "one");
    check_recv(many, "two");
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(one), 0);
    assert_int_equal(usctp_close(two), 0);
    assert_int_equal(usctp_close(many), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

static void test_no_descriptors(void **state)
{
    (void)state;
    if (getenv("USCTP_VALGRIND") != NULL) {
        skip(); /* it keeps descriptors of its own, and their limit */
    }
    run_out_of_descriptors();
}

static void test_accept_after_the_end(void **state)
{
    struct world *world = *state;
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int client = client_of(world, 7);

    assert_int_equal(usctp_send(client, "late", 4, 0), 4);
    assert_int_equal(usctp_close(client), 0);
    world_run(world, USCTP_SEC(1));
    int server = usctp_accept(listener, NULL, NULL);
    assert_true(server >= 0);
    check_recv(server, "late");
    check_end(server);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
}

static void test_listener_closes(void **state)
{
    struct world *world = *state;
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int client = client_of(world, 7);
    char byte;

    assert_int_equal(usctp_close(listener), 0);
    assert_fails(usctp_recv(client, &byte, 1, 0), ECONNRESET);
    assert_int_equal(usctp_close(client), 0);
}

/* --- Binding ---------------------------------------------------------------------------------- */

static void test_bind_errors(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(0, 7), other = world_name(0, 8);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int second = world_socket(world, 0, AF_INET, SOCK_STREAM);

    assert_int_equal(usctp_bind(fd, world_sa(&name), sizeof(name)), 0);
    assert_fails(usctp_bind(fd, world_sa(&other), sizeof(other)), EINVAL);
    assert_fails(usctp_bind(second, world_sa(&name), sizeof(name)), EADDRINUSE);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_bind(second, world_sa(&name), sizeof(name)), 0);
    assert_int_equal(usctp_close(second), 0);
}

static struct sockaddr_in6 mapped_name(int i, uint16_t port)
{
    struct sockaddr_in6 name;

    memset(&name, 0, sizeof(name));
    name.sin6_family = AF_INET6;
    name.sin6_port = htons(port);
    assert_int_equal(
        inet_pton(AF_INET6, i == 0 ? "::ffff:10.0.0.1" : "::ffff:10.0.0.2", &name.sin6_addr), 1);
    return name;
}

static void test_both_families(void **state)
{
    struct world *world = *state;
    struct sockaddr_in6 any, from, to = mapped_name(1, 7);
    int listener = world_socket(world, 1, AF_INET6, SOCK_STREAM);
    socklen_t len = sizeof(from);

    memset(&any, 0, sizeof(any));
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(7);
    assert_int_equal(usctp_bind(listener, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(usctp_listen(listener, 5), 0);
    int client = client_of(world, 7);
    int server = usctp_accept(listener, (struct sockaddr *)&from, &len);
    assert_true(server >= 0);
    assert_int_equal(len, sizeof(from));
    to = mapped_name(0, ntohs(from.sin6_port));
    assert_memory_equal(&from.sin6_addr, &to.sin6_addr, sizeof(from.sin6_addr));
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);

    client = world_socket(world, 0, AF_INET6, SOCK_STREAM); /* IPv4 from an IPv6 socket */
    to = mapped_name(1, 7);
    assert_int_equal(usctp_connect(client, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(usctp_close(client), 0);
    client = world_socket(world, 0, AF_INET6, SOCK_STREAM);
    set_v6only(client);
    assert_fails(usctp_connect(client, (struct sockaddr *)&to, sizeof(to)), EINVAL);
    assert_int_equal(usctp_close(client), 0);

    assert_int_equal(usctp_close(listener), 0);

    listener = world_socket(world, 1, AF_INET6, SOCK_STREAM);
    set_v6only(listener);
    any.sin6_port = htons(8);
    assert_int_equal(usctp_bind(listener, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(usctp_listen(listener, 5), 0);
    client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    assert_fails(connect_to(client, 8), ECONNREFUSED);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(listener), 0);
}

/* --- Peeling off ------------------------------------------------------------------------------ */

static void test_peel_off(void **state)
{
    struct world *world = *state;
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    int client = client_of(world, 7), other = client_of(world, 7);
    struct sockaddr_in name;
    socklen_t len = sizeof(name);
    char buf[16];

    assert_fails(usctp_sctp_peeloff(server, 12345), EINVAL);
    assert_fails(usctp_sctp_peeloff(client, 3), EINVAL);
    assert_fails(usctp_sctp_peeloff(0, 3), ENOTSOCK);
    assert_int_equal(usctp_send(client, "first", 5, 0), 5);
    assert_int_equal(usctp_send(client, "second", 6, 0), 6);
    assert_int_equal(usctp_send(other, "other", 5, 0), 5);
    world_settle(world);
    assert_int_equal(usctp_recvfrom(server, buf, 3, 0, (struct sockaddr *)&name, &len), 3);
    sctp_assoc_t id = first_assoc(server);
    int peeled = usctp_sctp_peeloff(server, id);
    assert_true(peeled >= 0);
    check_recv(peeled, "st"); /* the rest of what was read in part */
    check_recv(peeled, "second");
    check_recv(server, "other");
    assert_fails(usctp_recv(server, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);

    assert_fails(usctp_sctp_peeloff(server, id), EINVAL);
    assert_fails(usctp_sctp_peeloff(peeled, id), EINVAL);
    assert_fails(usctp_listen(peeled, 5), EINVAL);
    assert_fails(usctp_accept(peeled, NULL, NULL), EINVAL);
    assert_fails(usctp_sendto(server, "x", 1, 0, world_sa(&name), sizeof(name)), EADDRNOTAVAIL);
    name.sin_port = htons(1); /* not looked at */
    assert_int_equal(usctp_sendto(peeled, "hello", 5, 0, world_sa(&name), sizeof(name)), 5);
    check_recv(client, "hello");
    assert_int_equal(usctp_close(server), 0);
    check_end(other);
    assert_int_equal(usctp_send(client, "on", 2, 0), 2); /* the peeled one lives on */
    check_recv(peeled, "on");
    assert_int_equal(usctp_close(client), 0);
    check_end(peeled);
    assert_int_equal(usctp_close(peeled), 0);
    assert_int_equal(usctp_close(other), 0);
}

static void test_peel_off_with_notifications(void **state)
{
    struct world *world = *state;
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7), client;
    union sctp_notification note;

    want_events(server);
    client = client_of(world, 7);
    assert_int_equal(usctp_send(client, "data", 4, 0), 4);
    world_settle(world);
    int peeled = usctp_sctp_peeloff(server, first_assoc(server));
    assert_true(usctp_recv(peeled, &note, sizeof(note), 0) > 0);
    assert_int_equal(note.sn_header.sn_type, SCTP_ASSOC_CHANGE);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(peeled), 0);
    assert_int_equal(usctp_close(server), 0);
}

static void peel_off_busy(struct world *world)
{
    int fd = *(int *)world->user;

    world->step = NULL;
    assert_fails(usctp_sctp_peeloff(fd, first_assoc(fd)), EBUSY);
    world->drop = NULL;
}

/* A thread sleeps on the association (but not where one only reads from the socket). */
static void test_peel_off_busy(void **state)
{
    struct world *world = *state;
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);

    world->user = &fd;
    world->step = peel_off_busy;
    world->drop = drop_all;
    assert_int_equal(connect_to(fd, 7), 0);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(server), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_connect_in_progress),
        WORLD_TEST(test_connect_one_to_many),
        WORLD_TEST(test_connect_refused),
        WORLD_TEST(test_connect_times_out),
        WORLD_TEST(test_bad_names),
        WORLD_TEST(test_no_connection_with_oneself),
        WORLD_TEST(test_connects_after_an_end),
        WORLD_TEST(test_set_up_by_sending),
        WORLD_TEST(test_backlog_takes_one_more),
        WORLD_TEST(test_listen_errors),
        WORLD_TEST(test_accept_errors),
        cmocka_unit_test(test_no_descriptors),
        WORLD_TEST(test_accept_after_the_end),
        WORLD_TEST(test_listener_closes),
        WORLD_TEST(test_bind_errors),
        WORLD_TEST(test_both_families),
        WORLD_TEST(test_peel_off),
        WORLD_TEST(test_peel_off_with_notifications),
        WORLD_TEST(test_peel_off_busy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
