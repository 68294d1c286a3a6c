/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that the program lends to its host: messages stay in them until they are read. Host 1 of the world has
 * them lent in all tests of sockets; here is what becomes of them. */
#include "unit/socket_options.h"

enum { LEN = 600, CNT = 4 };

static char bytes[60000];

static void fill(void)
{
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 7 + (i >> 8));
    }
}

static void pair_up(struct world *world, int *client, int *server)
{
    fill();
    world_pair(world, client, server);
    set_nodelay(*client);
    assert_int_equal(world->lent_cnt, 0);
}

static void read_one(int fd, size_t len)
{
    char got[sizeof(bytes)];

    memset(got, 0, len);
    assert_int_equal(usctp_recv(fd, got, sizeof(got), MSG_DONTWAIT), len);
    assert_memory_equal(got, bytes, len);
}

static void close_both(struct world *world, int client, int server)
{
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(world->lent_cnt, 0);
    world_free(world);
}

/* Each goes back when what lies in it was read to its end. */
static void test_stay_until_read(void **state)
{
    struct world *world = world_new();
    int client, server;

    (void)state;
    pair_up(world, &client, &server);
    for (int i = 0; i < CNT; i++) {
        assert_int_equal(usctp_send(client, bytes, LEN, 0), LEN);
    }
    world_settle(world);
    assert_int_equal(world->lent_cnt, CNT);
    read_one(server, LEN);
    assert_int_equal(world->lent_cnt, CNT - 1);
    assert_int_equal(usctp_recv(server, &(char){0}, 1, MSG_PEEK), 1);
    assert_int_equal(usctp_recv(server, &(char){0}, 1, 0), 1); /* a part of the second one */
    assert_int_equal(world->lent_cnt, CNT - 1);
    assert_int_equal(usctp_recv(server, &(char[LEN]){0}, LEN, 0), LEN - 1);
    assert_int_equal(world->lent_cnt, CNT - 2);
    read_one(server, LEN);
    read_one(server, LEN);
    assert_int_equal(world->lent_cnt, 0);
    close_both(world, client, server);
}

/* Several messages share one. */
static void test_two_in_one(void **state)
{
    struct world *world = world_new();
    int client, server;

    (void)state;
    pair_up(world, &client, &server);
    world->blocked = true;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(usctp_send(client, bytes, 300, 0), 300);
    }
    world->blocked = false;
    assert_int_equal(usctp_host_writable(world->hosts[0].host), 0);
    world_settle(world);
    size_t cnt = world->lent_cnt;
    assert_in_range(cnt, 1, 4);
    for (int i = 0; i < 4; i++) {
        read_one(server, 300);
        assert_in_range(world->lent_cnt, 1, cnt);
    }
    read_one(server, 300);
    assert_int_equal(world->lent_cnt, 0);
    close_both(world, client, server);
}

/* What is short, or came in pieces, is copied. */
static void test_copied(void **state)
{
    struct world *world = world_new();
    int client, server;

    (void)state;
    pair_up(world, &client, &server);
    assert_int_equal(usctp_send(client, bytes, 10, 0), 10);
    assert_int_equal(usctp_send(client, bytes, sizeof(bytes), 0), sizeof(bytes));
    world_run(world, USCTP_SEC(1));
    assert_int_equal(world->lent_cnt, 0);
    read_one(server, 10);
    read_one(server, sizeof(bytes));
    close_both(world, client, server);
}

/* Closing, and the end of the host, give back what was not read. */
static void test_ends(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world *world = world_new();
        int client, server;

        pair_up(world, &client, &server);
        assert_int_equal(usctp_send(client, bytes, LEN, 0), LEN);
        world_settle(world);
        assert_int_equal(world->lent_cnt, 1);
        if (i == 0) {
            assert_int_equal(usctp_close(server), 0);
            assert_int_equal(world->lent_cnt, 0);
        }
        world_free(world);
    }
}

/* So may a socket that an association with something to read was peeled off from. */
static void test_peeled_off(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 8);
    int many = world_listener(world, 1, SOCK_SEQPACKET, 8);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    fill();
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    set_nodelay(client);
    for (int i = 0; i < CNT; i++) { /* what is short is copied */
        assert_int_equal(usctp_send(client, bytes, i < 2 ? LEN : 100, 0), i < 2 ? LEN : 100);
    }
    world_settle(world);
    int peeled = usctp_sctp_peeloff(many, first_assoc(many));
    assert_true(peeled >= 0);
    assert_int_equal(usctp_close(many), 0);
    assert_int_equal(world->lent_cnt, 2);
    for (int i = 0; i < CNT; i++) {
        read_one(peeled, i < 2 ? LEN : 100);
    }
    assert_int_equal(usctp_send(client, bytes, LEN, 0), LEN);
    world_settle(world);
    read_one(peeled, LEN);
    close_both(world, client, peeled);
}

/* The association is gone when it is read. */
static void test_read_after_the_end(void **state)
{
    struct world *world = world_new();
    int client, server;

    (void)state;
    pair_up(world, &client, &server);
    assert_int_equal(usctp_send(client, bytes, LEN, 0), LEN);
    world_settle(world);
    set_linger(client, 0);
    assert_int_equal(usctp_close(client), 0);
    world_settle(world);
    assert_int_equal(world->lent_cnt, 1);
    read_one(server, LEN);
    assert_int_equal(world->lent_cnt, 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* The window counts what stays: the peer stops, and goes on when it was read. */
static void test_window(void **state)
{
    struct world *world = world_new();
    int client, server, sent = 0, got = 0;
    int listener = world_listener(world, 1, SOCK_STREAM, 9);

    (void)state;
    fill();
    client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    assert_int_equal(set_at(listener, SOL_SOCKET, SO_RCVBUF, 8000), 0);
    assert_int_equal(connect_to(client, 9), 0);
    server = usctp_accept(listener, NULL, NULL);
    assert_true(server >= 0);
    for (sent = 0; sent < 100; sent++) {
        assert_int_equal(usctp_send(client, bytes, LEN, MSG_DONTWAIT), LEN);
    }
    world_run(world, USCTP_SEC(1));
    assert_in_range(world->lent_cnt * LEN, 4000, 9000);
    while (got < sent) {
        ssize_t len = usctp_recv(server, &(char[LEN]){0}, LEN, MSG_DONTWAIT);

        got += len == LEN;
        if (len < 0) {
            world_run(world, USCTP_MS(100));
        }
    }
    assert_int_equal(usctp_close(listener), 0);
    close_both(world, client, server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stay_until_read), cmocka_unit_test(test_two_in_one),
        cmocka_unit_test(test_copied),          cmocka_unit_test(test_ends),
        cmocka_unit_test(test_peeled_off),      cmocka_unit_test(test_read_after_the_end),
        cmocka_unit_test(test_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
