/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections that go to another host. */
#include "unit/socket_world.h"

enum { STRING_MAX = 8192 };

struct string {
    uint8_t bytes[STRING_MAX];
    size_t len;
};

static void check_send(int fd, const char *text)
{
    assert_int_equal(usctp_send(fd, text, strlen(text), 0), strlen(text));
}

/* Reads what waits: notifications. */
static void drain(int fd)
{
    uint8_t buf[256];

    while (usctp_recv(fd, buf, sizeof(buf), 0) > 0) {
    }
    assert_int_equal(errno, EAGAIN);
}

/* Out, once everything is acknowledged. */
static void take_out(struct world *world, int fd, struct string *string)
{
    unsigned reasons;

    world_run(world, USCTP_SEC(1));
    assert_int_equal(usctp_host_export(fd, string->bytes, STRING_MAX, &string->len, &reasons), 0);
    assert_int_equal(reasons, 0);
    assert_true(string->len > 0);
}

static int bound_socket(struct world *world, int host, uint16_t port)
{
    struct sockaddr_in name = world_name(host, port);
    int fd = world_socket(world, host, AF_INET, SOCK_STREAM);

    assert_int_equal(usctp_bind(fd, world_sa(&name), sizeof(name)), 0);
    return fd;
}

/* The server's process ends, and another one goes on: the client notices nothing. */
static void test_successor(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in sin;
    socklen_t len = sizeof(sin);
    struct string string;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    check_send(client, "before");
    check_recv(server, "before");
    check_send(server, "answer");
    check_recv(client, "answer");
    take_out(world, server, &string);
    assert_fails(usctp_getpeername(server, (struct sockaddr *)(void *)&sin, &len), ENOTCONN);
    assert_int_equal(usctp_host_free(world->hosts[1].host), 0);
    world->hosts[1].host = NULL;
    check_send(client, "meanwhile");
    world_settle(world);
    world_make_host(world, 1);
    server = bound_socket(world, 1, 7);
    assert_int_equal(usctp_host_import(server, string.bytes, string.len), 0);
    assert_int_equal(usctp_getpeername(server, (struct sockaddr *)(void *)&sin, &len), 0);
    assert_int_equal(sin.sin_addr.s_addr, htonl(0x0a000001u));
    check_recv(server, "meanwhile"); /* it was sent again */
    check_send(server, "after");
    check_recv(client, "after");
    assert_fails(usctp_host_import(server, string.bytes, string.len), EISCONN);
    assert_int_equal(usctp_close(server), 0);
    set_nonblocking(client);
    world_run(world, USCTP_SEC(1));
    assert_int_equal(usctp_close(client), 0);
    world_free(world);
}

/* The old socket is like one that was never connected, and its port stays. */
static void test_old_socket(void **state)
{
    struct world *world = world_new();
    struct string string;
    unsigned reasons;
    int client, server, other;

    (void)state;
    world_pair(world, &client, &server);
    set_nonblocking(server);
    want_events(server);
    world_run(world, USCTP_SEC(1));
    drain(server);
    take_out(world, server, &string);
    assert_fails(usctp_recv(server, &string, 1, 0), ENOTCONN);
    assert_fails(usctp_send(server, "x", 1, MSG_NOSIGNAL), EPIPE);
    assert_int_equal(take_error(server), 0);
    assert_fails(usctp_host_export(server, NULL, 0, &string.len, &reasons), ENOTCONN);
    /* It can take the same one back. */
    assert_int_equal(usctp_host_import(server, string.bytes, string.len), 0);
    check_send(client, "here again");
    world_settle(world);
    check_recv(server, "here again");
    /* Once only. */
    other = bound_socket(world, 1, 9);
    assert_fails(usctp_host_import(other, string.bytes, string.len), EADDRNOTAVAIL);
    assert_int_equal(usctp_close(other), 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* Each reason that the sockets add, and how it passes. */
static void test_not_now(void **state)
{
    struct world *world = world_new();
    struct string string;
    unsigned reasons;
    int client, server, on = 1;
    char buf[16];

    (void)state;
    world_pair(world, &client, &server);
    set_nonblocking(server);
    check_send(client, "unread");
    world_run(world, USCTP_SEC(1));
    assert_fails(usctp_host_export(server, string.bytes, STRING_MAX, &string.len, &reasons),
                 EAGAIN);
    assert_true((reasons & USCTP_HANDOVER_UNDELIVERED) != 0);
    assert_int_equal(usctp_recv(server, buf, 3, 0), 3); /* a part of it */
    assert_fails(usctp_host_export(server, string.bytes, STRING_MAX, &string.len, &reasons),
                 EAGAIN);
    assert_true((reasons & USCTP_HANDOVER_UNDELIVERED) != 0);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 3);

    check_send(server, "not acknowledged");
    assert_fails(usctp_host_export(server, string.bytes, STRING_MAX, &string.len, &reasons),
                 EAGAIN);
    assert_true((reasons & USCTP_HANDOVER_UNACKED) != 0);
    check_recv(client, "not acknowledged");

    assert_int_equal(usctp_setsockopt(server, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, &on, sizeof(on)), 0);
    assert_int_equal(usctp_send(server, "begun", 5, 0), 5);
    world_run(world, USCTP_SEC(1));
    assert_fails(usctp_host_export(server, string.bytes, STRING_MAX, &string.len, &reasons),
                 EAGAIN);
    assert_true((reasons & USCTP_HANDOVER_UNSENT) != 0);
    assert_int_equal(usctp_send(server, "!", 1, MSG_EOR), 1);
    check_recv(client, "begun!");

    world_run(world, USCTP_SEC(1));
    assert_fails(usctp_host_export(server, string.bytes, 10, &string.len, &reasons), EMSGSIZE);
    assert_true(string.len > 10 && string.len < STRING_MAX);
    check_send(server, "still here");
    assert_int_equal(usctp_send(server, "", 0, MSG_EOR), 0);
    check_recv(client, "still here");
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_wrong_sockets(void **state)
{
    struct world *world = world_new();
    int listener = world_listener(world, 1, SOCK_STREAM, 8);
    int many = world_listener(world, 1, SOCK_SEQPACKET, 9);
    int fresh = world_socket(world, 1, AF_INET, SOCK_STREAM), bound = bound_socket(world, 1, 11);
    struct string string;
    unsigned reasons;

    (void)state;
    assert_fails(usctp_host_export(listener, string.bytes, 1, &string.len, &reasons), ENOTCONN);
    assert_fails(usctp_host_export(many, string.bytes, 1, &string.len, &reasons), EOPNOTSUPP);
    assert_fails(usctp_host_export(fresh, string.bytes, 1, &string.len, NULL), EINVAL);
    assert_fails(usctp_host_export(fresh, string.bytes, 1, NULL, &reasons), EINVAL);
    assert_fails(usctp_host_export(fresh, NULL, 1, &string.len, &reasons), EINVAL);
    assert_fails(usctp_host_export(-1, string.bytes, 1, &string.len, &reasons), EBADF);
    assert_fails(usctp_host_import(listener, "x", 1), EINVAL);
    assert_fails(usctp_host_import(fresh, "x", 1), EINVAL);
    assert_fails(usctp_host_import(many, "x", 1), EOPNOTSUPP);
    assert_fails(usctp_host_import(bound, NULL, 0), EINVAL);
    assert_fails(usctp_host_import(bound, "no such string", 14), EBADMSG);
    assert_fails(usctp_host_import(-1, "x", 1), EBADF);
    /* What failed left nothing behind. */
    assert_int_equal(usctp_listen(bound, 1), 0);
    assert_int_equal(usctp_close(bound), 0);
    assert_int_equal(usctp_close(fresh), 0);
    assert_int_equal(usctp_close(many), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_successor),
        cmocka_unit_test(test_old_socket),
        cmocka_unit_test(test_not_now),
        cmocka_unit_test(test_wrong_sockets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
