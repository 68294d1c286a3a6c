/* SPDX-License-Identifier: BSD-3-Clause */
/* What poll, select and epoll see of a socket once its host was processed, state by state, and what
 * usctp_poll and usctp_select say. In virtual time. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* POLLRDHUP */
#endif
#include <fcntl.h>
#include <poll.h>
#if defined(__linux__)
#include <sys/epoll.h>
#endif
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

#include "unit/socket_world.h"

#if !defined(POLLRDHUP)
#define POLLRDHUP 0
#endif

enum { IN = POLLIN, OUT = POLLOUT, RDHUP = POLLRDHUP, HUP = POLLHUP, ERR = POLLERR };

/* --- Looking ---------------------------------------------------------------------------------- */

static int by_poll(int fd)
{
    struct pollfd pfd = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};

    (void)poll(&pfd, 1, 0);
    return pfd.revents;
}

static int by_usctp_poll(int fd)
{
    struct pollfd pfd = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};

    int cnt = usctp_poll(&pfd, 1, 0);
    assert_int_equal(cnt, pfd.revents != 0);
    return pfd.revents;
}

static int by_sets(int (*call)(int, fd_set *, fd_set *, fd_set *, struct timeval *), int fd)
{
    struct timeval now = {0, 0};
    fd_set in, out;

    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fd, &in);
    FD_SET(fd, &out);
    int cnt = call(fd + 1, &in, &out, NULL, &now);
    int ready = (FD_ISSET(fd, &in) ? IN : 0) | (FD_ISSET(fd, &out) ? OUT : 0);
    assert_int_equal(cnt, (ready & IN ? 1 : 0) + (ready & OUT ? 1 : 0));
    return ready;
}

#if defined(__linux__)
static int by_epoll(int fd, uint32_t flags)
{
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | flags, {0}}, got = {0, {0}};
    int set = epoll_create1(0);

    assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
    (void)epoll_wait(set, &got, 1, 0);
    close(set);
    return (int)got.events;
}
#endif

static int set_of(int ready)
{
    return (ready & (IN | HUP | ERR) ? IN : 0) | (ready & (OUT | ERR) ? OUT : 0);
}

static size_t bytes_shown(int fd)
{
    int len = 0;

    assert_int_equal(ioctl(fd, FIONREAD, &len), 0);
    return (size_t)len;
}

/* All ways see `ready`; the pair shows an error as all there is but that. */
static void check_ready(struct world *world, int fd, int ready)
{
    int shown = ready & ERR ? IN | OUT | RDHUP | HUP : ready;

    world_settle(world);
    assert_int_equal(usctp_host_process(usctp_host_of(fd)), 0);
    assert_int_equal(by_poll(fd), shown);
#if defined(__linux__)
    assert_int_equal(by_epoll(fd, 0), shown);
    assert_int_equal(by_epoll(fd, EPOLLET), shown);
#endif
    assert_int_equal(by_sets(select, fd), set_of(shown));
    assert_int_equal(by_usctp_poll(fd), ready);
    assert_int_equal(by_sets(usctp_select, fd), set_of(ready));
}

/* --- The rows of the table -------------------------------------------------------------------- */

static void test_never_connected(void **state)
{
    struct world *world = *state;
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    check_ready(world, fd, 0);
    assert_int_equal(usctp_close(fd), 0);
}

static void test_listener(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7);
    int fd = world_listener(world, 1, SOCK_STREAM, 7), client[2];

    check_ready(world, fd, 0);
    for (int i = 0; i < 2; i++) {
        client[i] = world_socket(world, 0, AF_INET, SOCK_STREAM);
        assert_int_equal(usctp_connect(client[i], world_sa(&name), sizeof(name)), 0);
    }
    check_ready(world, fd, IN);
    assert_int_equal(usctp_close(usctp_accept(fd, NULL, NULL)), 0);
    check_ready(world, fd, IN);
    assert_int_equal(usctp_close(usctp_accept(fd, NULL, NULL)), 0);
    check_ready(world, fd, 0);
    assert_int_equal(usctp_close(client[0]), 0);
    assert_int_equal(usctp_close(client[1]), 0);
    assert_int_equal(usctp_close(fd), 0);
}

static void test_connecting_then_established(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7);
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    set_nonblocking(fd);
    world->drop = drop_all;
    assert_int_equal(usctp_connect(fd, world_sa(&name), sizeof(name)), -1);
    assert_int_equal(errno, EINPROGRESS);
    check_ready(world, fd, 0);
    world->drop = NULL;
    world_run(world, USCTP_SEC(2));
    check_ready(world, fd, OUT);
    assert_int_equal(take_error(fd), 0);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(listener), 0);
}

static void test_data_queued(void **state)
{
    struct world *world = *state;
    int client, server;
    char buf[8];

    world_pair(world, &client, &server);
    check_ready(world, server, OUT);
    assert_int_equal(usctp_send(client, "one", 3, 0), 3);
    assert_int_equal(usctp_send(client, "two", 3, 0), 3);
    check_ready(world, server, IN | OUT);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 3);
    check_ready(world, server, IN | OUT);
    assert_int_equal(usctp_recv(server, buf, 2, 0), 2);
    check_ready(world, server, IN | OUT);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 1);
    check_ready(world, server, OUT);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

/* Nothing is shown on the descriptors, and usctp_poll and usctp_select know all the same. */
static void test_quiet_host(void **state)
{
    struct world *world = world_new_with(USCTP_HOST_QUIET);
    int client, server;
    char buf[8];

    (void)state;
    world_pair(world, &client, &server);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(usctp_send(client, "one", 3, 0), 3);
        world_settle(world);
        assert_int_equal(usctp_host_process(usctp_host_of(server)), 0);
        assert_int_equal(by_poll(server), 0);
        assert_int_equal(by_usctp_poll(server), IN | OUT);
        assert_int_equal(bytes_shown(server), 0); /* nobody slept */
        assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 3);
        assert_int_equal(by_sets(usctp_select, server), OUT);
        assert_int_equal(by_usctp_poll(server), OUT);
        assert_int_equal(usctp_recv(server, buf, sizeof(buf), MSG_DONTWAIT), -1);
        usctp_close(client);
        usctp_close(server);
        world_settle(world);
        world_pair(world, &client, &server);
    }
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* Sends until the peer takes no more, and there is no room here either. */
static void fill(struct world *world, int fd, const struct sockaddr_in *to)
{
    static const char bytes[1000];
    socklen_t len = to != NULL ? sizeof(*to) : 0;

    do {
        while (usctp_sendto(fd, bytes, sizeof(bytes), MSG_DONTWAIT,
                            (const struct sockaddr *)(const void *)to, len) > 0) {
        }
        assert_int_equal(errno, EAGAIN);
        world_run(world, USCTP_MS(500));
    } while (by_usctp_poll(fd) & OUT);
}

static void empty(struct world *world, int fd)
{
    char buf[2000];

    do {
        while (usctp_recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0) {
        }
        world_run(world, USCTP_MS(500));
    } while ((by_usctp_poll(fd) & (IN | HUP)) == IN); /* at the end it stays readable */
}

static void test_no_room(void **state)
{
    struct world *world = *state;
    int client, server;

    world_pair(world, &client, &server);
    fill(world, client, NULL);
    check_ready(world, client, 0);
    empty(world, server);
    check_ready(world, client, OUT);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

/* Not only after EAGAIN: who asks poll first must not block. */
static void test_no_room_is_shown_before_it_is_felt(void **state)
{
    static const char bytes[1000];
    struct world *world = *state;
    int client, server, cnt = 0;

    world_pair(world, &client, &server);
    while (by_usctp_poll(client) & OUT) {
        assert_int_equal(usctp_send(client, bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(bytes));
        assert_true(++cnt < 10000);
    }
    empty(world, server);
    check_ready(world, client, OUT);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

static void test_error_pending(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    set_nonblocking(fd);
    assert_int_equal(usctp_connect(fd, world_sa(&name), sizeof(name)), -1);
    assert_int_equal(errno, EINPROGRESS);
    check_ready(world, fd, ERR);
    assert_int_equal(take_error(fd), ECONNREFUSED);
    check_ready(world, fd, 0); /* the end that was shown for the error is taken back */
    assert_int_equal(usctp_close(fd), 0);
}

static void test_aborted(void **state)
{
    struct world *world = *state;
    int client, server;
    char byte;

    world_pair(world, &client, &server);
    set_linger(client, 0);
    assert_int_equal(usctp_close(client), 0);
    check_ready(world, server, IN | RDHUP | HUP | ERR);
    assert_int_equal(usctp_recv(server, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(by_usctp_poll(server), IN | RDHUP | HUP);
    assert_int_equal(by_poll(server) & ~OUT, IN | RDHUP | HUP); /* the room that select saw stays */
    assert_int_equal(usctp_close(server), 0);
}

static void test_peer_shuts_down(void **state)
{
    struct world *world = *state;
    int client, server;
    char byte;

    world_pair(world, &client, &server);
    fill(world, server, NULL); /* so that the shutdown takes until this was read */
    assert_int_equal(usctp_shutdown(client, SHUT_WR), 0);
    world_settle(world);
    assert_int_equal(by_poll(server) & (IN | RDHUP | HUP), IN | RDHUP);
    assert_int_equal(by_usctp_poll(server) & (IN | RDHUP | HUP | ERR), IN | RDHUP);
    assert_int_equal(usctp_recv(server, &byte, 1, 0), 0);
    assert_int_equal(by_usctp_poll(client) & (OUT | HUP | ERR), 0);
    empty(world, client);
    world_run(world, USCTP_SEC(5));
    check_ready(world, server, IN | RDHUP | HUP);
    check_ready(world, client, IN | RDHUP | HUP);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

static void test_shut_for_reading(void **state)
{
    struct world *world = *state;
    int client, server;

    world_pair(world, &client, &server);
    assert_int_equal(usctp_shutdown(server, SHUT_RD), 0);
    check_ready(world, server, IN | OUT | RDHUP);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

static void test_shut_both_ways(void **state)
{
    struct world *world = *state;
    int client, server;

    world_pair(world, &client, &server);
    world->drop = drop_all; /* the association is not over yet */
    assert_int_equal(usctp_shutdown(server, SHUT_RDWR), 0);
    check_ready(world, server, IN | RDHUP | HUP);
    world->drop = NULL;
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

static void test_one_to_many(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7);
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    char buf[8];

    check_ready(world, client, OUT);
    check_ready(world, server, OUT);
    assert_int_equal(usctp_sendto(client, "hello", 5, 0, world_sa(&name), sizeof(name)), 5);
    check_ready(world, server, IN | OUT);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 5);
    check_ready(world, server, OUT);
    fill(world, client, &name);
    check_ready(world, client, 0);
    empty(world, server);
    check_ready(world, client, OUT);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

/* --- Edges ------------------------------------------------------------------------------------ */

#if defined(__linux__)
static bool edge(int set)
{
    struct epoll_event got;

    return epoll_wait(set, &got, 1, 0) == 1 && (got.events & EPOLLIN) != 0;
}

/* Every batch that adds something is told, also to who has not read what was there. */
static void test_edges(void **state)
{
    struct world *world = *state;
    struct epoll_event event = {EPOLLIN | EPOLLET, {0}};
    int client, server, set = epoll_create1(0);

    world_pair(world, &client, &server);
    set_nodelay(client);
    assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, server, &event), 0);
    assert_false(edge(set));
    for (int i = 0; i < 500; i++) {
        assert_int_equal(usctp_send(client, "x", 1, 0), 1);
        world_settle(world);
        assert_true(edge(set));
        assert_false(edge(set));
    }
    empty(world, server);
    assert_false(edge(set));
    close(set);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}
#endif

#if defined(__linux__)
/* Each association that comes is an edge of the listener, though others wait already. */
static void test_edges_of_a_listener(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7);
    struct epoll_event event = {EPOLLIN | EPOLLET, {0}};
    int listener = world_listener(world, 1, SOCK_STREAM, 7), clients[3], set = epoll_create1(0);

    assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, listener, &event), 0);
    for (int i = 0; i < 3; i++) {
        assert_false(edge(set));
        clients[i] = world_socket(world, 0, AF_INET, SOCK_STREAM);
        assert_int_equal(usctp_connect(clients[i], world_sa(&name), sizeof(name)), 0);
        assert_true(edge(set));
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(usctp_close(clients[i]), 0);
    }
    close(set);
    assert_int_equal(usctp_close(listener), 0);
}
#endif

/* A byte for a batch, however many messages were in it. */
static void test_one_byte_a_batch(void **state)
{
    struct world *world = *state;
    struct usctp_dgram batch[3];
    int client, server;
    char byte;

    world_pair(world, &client, &server);
    set_nodelay(client);
    assert_int_equal(bytes_shown(server), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    }
    assert_int_equal(world->cnt, 3);
    for (int i = 0; i < 3; i++) {
        batch[i] = world->queue[(world->first + (size_t)i) % WORLD_QUEUE].dgram;
    }
    world->cnt = 0;
    world_input(world, 1, batch, 3);
    assert_int_equal(bytes_shown(server), 1);
    while (usctp_recv(server, &byte, 1, MSG_DONTWAIT) == 1) {
    }
    assert_int_equal(bytes_shown(server), 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

/* A lower layer of the program's own that is blocked: what was sent leaves when the host hears that it is
 * not any more. */
static void test_lower_layer_blocked(void **state)
{
    struct world *world = *state;
    int client, server;
    char bytes[8];

    world_pair(world, &client, &server);
    set_nodelay(client);
    world_settle(world);
    world->blocked = true;
    assert_int_equal(usctp_send(client, "later", 5, 0), 5);
    assert_int_equal(world->cnt, 0);
    world->blocked = false;
    assert_int_equal(usctp_host_writable(world->hosts[0].host), 0);
    assert_int_equal(world->cnt, 1);
    assert_int_equal(usctp_recv(server, bytes, sizeof(bytes), 0), 5);
    assert_memory_equal(bytes, "later", 5);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

/* --- A second life ---------------------------------------------------------------------------- */

/* The descriptor of a socket that connects again shows nothing of its first end, under all its numbers. */
static void test_connects_again(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int other = usctp_fcntl(fd, F_DUPFD_CLOEXEC, 0);
    char byte;

    assert_true(other > fd);
    set_nonblocking(fd);
    assert_int_equal(usctp_connect(fd, world_sa(&name), sizeof(name)), -1);
    check_ready(world, fd, ERR);
    assert_int_equal(usctp_recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNREFUSED);

    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    assert_int_equal(usctp_connect(fd, world_sa(&name), sizeof(name)), -1);
    assert_int_equal(errno, EINPROGRESS);
    check_ready(world, fd, OUT);
    check_ready(world, other, OUT);
    assert_int_equal(usctp_fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(usctp_fcntl(fd, F_GETFD), 0);
    assert_int_equal(usctp_fcntl(other, F_GETFD), FD_CLOEXEC);
    assert_int_equal(usctp_close(usctp_accept(listener, NULL, NULL)), 0);
    world_settle(world);
    check_ready(world, fd, IN | RDHUP | HUP);
    assert_int_equal(usctp_connect(fd, world_sa(&name), sizeof(name)), -1);
    assert_int_equal(errno, EINPROGRESS);
    check_ready(world, other, OUT);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(other), 0);
    assert_int_equal(usctp_close(listener), 0);
}

/* --- usctp_poll ------------------------------------------------------------------------------- */

static void test_poll_waits(void **state)
{
    struct world *world = *state;
    struct sockaddr_in name = world_name(1, 7);
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct pollfd fds[] = {{client, POLLOUT, 0}, {listener, POLLIN, 0}, {-5, POLLIN, 0}};
    uint64_t start_ts = world->now_ts;

    assert_int_equal(usctp_poll(fds, 3, 1500), 0);
    assert_true(world->now_ts - start_ts >= USCTP_MS(1500));
    assert_true(world->now_ts - start_ts < USCTP_MS(1600));
    set_nonblocking(client);
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), -1);
    fds[0].revents = 1;
    assert_int_equal(usctp_poll(fds, 1, -1), 1);
    assert_int_equal(fds[0].revents, POLLOUT);
    assert_int_equal(usctp_poll(fds + 1, 1, -1), 1);
    assert_int_equal(fds[1].revents, POLLIN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(listener), 0);
}

static void test_poll_mixes(void **state)
{
    struct world *world = *state;
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET), pipes[2];

    assert_int_equal(pipe(pipes), 0);
    struct pollfd fds[] = {{pipes[0], POLLIN, 0}, {fd, POLLIN, 0}, {999, POLLIN, 0}};
    assert_int_equal(usctp_poll(fds, 2, 0), 0);
    assert_int_equal(write(pipes[1], "x", 1), 1);
    assert_int_equal(usctp_poll(fds, 2, -1), 1);
    assert_int_equal(fds[0].revents, POLLIN);
    assert_int_equal(fds[1].revents, 0);
    fds[1].events = POLLOUT;
    assert_int_equal(usctp_poll(fds, 3, -1), 3);
    assert_int_equal(fds[0].revents, POLLIN);
    assert_int_equal(fds[1].revents, POLLOUT);
    assert_int_equal(fds[2].revents, POLLNVAL);
    assert_int_equal(usctp_poll(fds, 1, 0), 1); /* the system's alone */
    assert_int_equal(usctp_poll(NULL, 1, 0), -1);
    assert_int_equal(errno, EFAULT);
    close(pipes[0]);
    close(pipes[1]);
    assert_int_equal(usctp_close(fd), 0);
}

/* More descriptors than need no memory. */
static void test_poll_many(void **state)
{
    enum { MANY = 100 };
    struct world *world = *state;
    struct pollfd fds[MANY];

    for (int i = 0; i < MANY; i++) {
        fds[i].fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
        fds[i].events = i % 2 == 0 ? POLLIN : POLLOUT;
        fds[i].revents = 1;
    }
    assert_int_equal(usctp_poll(fds, MANY, -1), MANY / 2);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(fds[i].revents, i % 2 == 0 ? 0 : POLLOUT);
        assert_int_equal(usctp_close(fds[i].fd), 0);
    }
}

static void test_select_errors(void **state)
{
    struct world *world = *state;
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct timeval bad = {-1, 0};
    fd_set in;

    FD_ZERO(&in);
    FD_SET(fd, &in);
    assert_int_equal(usctp_select(fd + 1, &in, NULL, NULL, &bad), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(usctp_select(-1, &in, NULL, NULL, NULL), -1);
    assert_int_equal(errno, EINVAL);
    FD_SET(1000, &in);
    assert_int_equal(usctp_select(1001, &in, NULL, NULL, NULL), -1);
    assert_int_equal(errno, EBADF);
    assert_true(FD_ISSET(fd, &in));
    assert_int_equal(usctp_close(fd), 0);
}

/* select waits for room where poll would tell of the end at once. */
static void test_select_for_room_at_the_end(void **state)
{
    struct world *world = *state;
    struct timeval second = {0, 50000};
    int client, server;
    fd_set out;

    world_pair(world, &client, &server);
    assert_int_equal(usctp_close(client), 0);
    check_ready(world, server, IN | RDHUP | HUP);
    FD_ZERO(&out);
    FD_SET(server, &out);
    assert_int_equal(usctp_select(server + 1, NULL, &out, NULL, &second), 0);
    assert_false(FD_ISSET(server, &out));
    assert_int_equal(usctp_close(server), 0);
}

/* --- ioctl, fcntl, dup ------------------------------------------------------------------------ */

static void test_ioctl(void **state)
{
    struct world *world = *state;
    int client, server, len = -1, on = 1;
    int listener = world_listener(world, 1, SOCK_STREAM, 9);

    world_pair(world, &client, &server);
    assert_int_equal(usctp_ioctl(server, FIONREAD, &len), 0);
    assert_int_equal(len, 0);
    assert_int_equal(usctp_send(client, "hello", 5, 0), 5);
    assert_int_equal(usctp_ioctl(client, TIOCOUTQ, &len), 0);
    assert_int_equal(len, 5);
    assert_int_equal(usctp_send(client, "world!!", 7, 0), 7);
    world_settle(world);
    assert_int_equal(usctp_ioctl(server, FIONREAD, &len), 0);
    assert_int_equal(len, 5); /* the first one alone */
    world_run(world, USCTP_SEC(1));
    assert_int_equal(usctp_ioctl(client, TIOCOUTQ, &len), 0);
    assert_int_equal(len, 0);
    assert_int_equal(usctp_ioctl(listener, FIONREAD, &len), -1);
    assert_int_equal(errno, ENOTCONN);
    assert_int_equal(usctp_ioctl(server, FIONREAD, NULL), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(usctp_ioctl(client, FIONBIO, &on), 0);
    assert_int_equal(usctp_recv(client, &len, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
}

static void test_dup(void **state)
{
    struct world *world = *state;
    int client, server, pipes[2];
    char buf[8];

    world_pair(world, &client, &server);
    int copy = usctp_dup(client);
    assert_true(copy >= 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_send(copy, "x", 1, 0), 1); /* it lives on under the other number */
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 1);
    assert_int_equal(usctp_send(server, "y", 1, 0), 1);
    world_settle(world);
    assert_int_equal(by_poll(copy), IN | OUT);

    assert_int_equal(usctp_dup2(copy, copy), copy);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(usctp_dup2(copy, pipes[0]), pipes[0]); /* over one of the system's */
    assert_int_equal(usctp_recv(pipes[0], buf, sizeof(buf), 0), 1);
    assert_int_equal(usctp_dup2(pipes[1], copy), copy); /* and back: ours loses one */
    assert_int_equal(usctp_send(copy, "z", 1, 0), -1);
    assert_int_equal(errno, ENOTSOCK);
    assert_int_equal(usctp_send(pipes[0], "z", 1, 0), 1);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 1);
    assert_int_equal(usctp_dup2(pipes[1], pipes[0]), pipes[0]); /* the last: that closes it */
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 0);
    assert_int_equal(usctp_dup(-1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(usctp_dup2(server, -1), -1);
    assert_int_equal(errno, EBADF);
    close(copy);
    close(pipes[0]);
    close(pipes[1]);
    assert_int_equal(usctp_close(server), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_never_connected),
        WORLD_TEST(test_listener),
        WORLD_TEST(test_connecting_then_established),
        WORLD_TEST(test_data_queued),
        cmocka_unit_test(test_quiet_host),
        WORLD_TEST(test_no_room),
        WORLD_TEST(test_no_room_is_shown_before_it_is_felt),
        WORLD_TEST(test_error_pending),
        WORLD_TEST(test_aborted),
        WORLD_TEST(test_peer_shuts_down),
        WORLD_TEST(test_shut_for_reading),
        WORLD_TEST(test_shut_both_ways),
        WORLD_TEST(test_one_to_many),
#if defined(__linux__)
        WORLD_TEST(test_edges),
        WORLD_TEST(test_edges_of_a_listener),
#endif
        WORLD_TEST(test_one_byte_a_batch),
        WORLD_TEST(test_lower_layer_blocked),
        WORLD_TEST(test_connects_again),
        WORLD_TEST(test_poll_waits),
        WORLD_TEST(test_poll_mixes),
        WORLD_TEST(test_poll_many),
        WORLD_TEST(test_select_errors),
        WORLD_TEST(test_select_for_room_at_the_end),
        WORLD_TEST(test_ioctl),
        WORLD_TEST(test_dup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
