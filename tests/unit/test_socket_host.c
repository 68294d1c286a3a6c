/* SPDX-License-Identifier: BSD-3-Clause */
/* When hosts serve the network: in event loops by their descriptors, and in calls, bounded. Over UDP on the
 * loopback interface, some with a clock that stands still. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* kill, SOCK_NONBLOCK */
#endif
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "socket/host.h"
#include "unit/socket_set.h"
#include "unit/socket_udp.h"

/* --- Event loops ------------------------------------------------------------------------------ */

/* A program that waits with the system's poll and processes a host when its descriptor says so. */
static void run_until_ready(usctp_host *const hosts[2], int fd, short events)
{
    struct pollfd fds[3] = {{usctp_host_fd(hosts[0]), POLLIN, 0},
                            {usctp_host_fd(hosts[1]), POLLIN, 0},
                            {fd, events, 0}};

    while (fds[2].revents == 0) {
        assert_true(poll(fds, 3, 10000) > 0); /* nothing else wakes it */
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents != 0) {
                assert_int_equal(usctp_host_process(hosts[i]), 0);
            }
        }
    }
    assert_int_equal(fds[2].revents & events, events);
}

/* The same with the portable trio. */
static void run_trio_until_ready(usctp_host *const hosts[2], int fd, short events)
{
    struct pollfd fds[33];
    size_t cnt = 0;
    int timeout = 10000;

    do {
        cnt = usctp_host_fds(hosts[0], fds, 16);
        assert_true(cnt <= 16);
        cnt += usctp_host_fds(hosts[1], fds + cnt, 16);
        fds[cnt] = (struct pollfd){fd, events, 0};
        for (int i = 0; i < 2; i++) {
            int limit = usctp_host_timeout(hosts[i]);

            timeout = limit >= 0 && limit < timeout ? limit : timeout;
        }
        assert_true(poll(fds, (nfds_t)cnt + 1, timeout) >= 0);
        assert_int_equal(usctp_host_process(hosts[0]), 0);
        assert_int_equal(usctp_host_process(hosts[1]), 0);
    } while (fds[cnt].revents == 0);
}

static void run_loop(void (*until_ready)(usctp_host *const hosts[2], int fd, short events))
{
    uint16_t udp = free_udp_port();
    usctp_host *hosts[2] = {udp_host(udp, 0), udp_host(0, udp)};
    int listener = listener_on(hosts[0], SOCK_STREAM, 5000, 5);
    int client = usctp_host_socket(hosts[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP);
    struct sockaddr_in name = loopback(5000);
    char byte;

    assert_fails(usctp_connect(client, sa_of(&name), sizeof(name)), EINPROGRESS);
    until_ready(hosts, client, POLLOUT);
    until_ready(hosts, listener, POLLIN);
    int server = usctp_accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(usctp_send(client, "x", 1, 0), 1);
        until_ready(hosts, server, POLLIN);
        assert_int_equal(usctp_recv(server, &byte, 1, 0), 1);
        assert_int_equal(usctp_send(server, "y", 1, 0), 1);
        until_ready(hosts, client, POLLIN);
        assert_int_equal(usctp_recv(client, &byte, 1, 0), 1);
    }
    assert_int_equal(usctp_close(client), 0);
    until_ready(hosts, server, POLLIN);
    assert_int_equal(usctp_recv(server, &byte, 1, 0), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(hosts[1]), 0);
    assert_int_equal(usctp_host_free(hosts[0]), 0);
}

static void test_host_fd(void **state)
{
    (void)state;
    run_loop(run_until_ready);
}

static void test_trio(void **state)
{
    (void)state;
    run_loop(run_trio_until_ready);
}

/* The descriptor wakes for timers too: here nobody answers. */
static void test_host_fd_has_timers(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *hosts[2] = {udp_host(0, udp), udp_host(0, udp)};
    struct sctp_initmsg init = {0, 0, 2, 20};
    struct sctp_rtoinfo rto = {0, 10, 20, 10};
    struct sockaddr_in name = loopback(5000);
    int client = usctp_host_socket(hosts[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP);
    int silent = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in udp_name = loopback(udp);

    (void)state;
    assert_int_equal(bind(silent, sa_of(&udp_name), sizeof(udp_name)), 0);
    assert_int_equal(usctp_setsockopt(client, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof(init)), 0);
    assert_int_equal(usctp_setsockopt(client, IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof(rto)), 0);
    assert_fails(usctp_connect(client, sa_of(&name), sizeof(name)), EINPROGRESS);
    run_until_ready(hosts, client, POLLHUP);
    assert_int_equal(take_error(client), ETIMEDOUT);
    close(silent);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_host_free(hosts[0]), 0);
    assert_int_equal(usctp_host_free(hosts[1]), 0);
}

/* --- When calls drain ------------------------------------------------------------------------- */

struct still_world {
    usctp_host *host;
    uint64_t now_ts;
    size_t seen; /* packets that came in */
    uint16_t udp;
    int fd;      /* a listener */
    int knocker; /* sends to its UDP port */
};

static uint64_t still_clock(void *ctx)
{
    return ((struct still_world *)ctx)->now_ts;
}

static void on_packet(void *user, int outbound, const struct usctp_dgram *dgram,
                      const uint8_t *packet, size_t len, uint64_t now_ts)
{
    struct still_world *world = user;

    (void)dgram;
    (void)packet;
    (void)len;
    (void)now_ts;
    world->seen += !outbound;
}

static void knock(struct still_world *world, int cnt)
{
    struct sockaddr_in name = loopback(world->udp);
    static const char junk[12];

    for (int i = 0; i < cnt; i++) {
        assert_int_equal(sendto(world->knocker, junk, sizeof(junk), 0, sa_of(&name), sizeof(name)),
                         sizeof(junk));
    }
}

static void still_world_init(struct still_world *world)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = system_stack();

    memset(world, 0, sizeof(*world));
    world->now_ts = USCTP_SEC(1);
    world->udp = free_udp_port();
    stack.clock = still_clock;
    stack.clock_ctx = world;
    stack.flags = USCTP_CONFIG_QUIET;
    config.stack = &stack;
    config.udp_port = world->udp;
    config.remote_udp_port = world->udp;
    assert_int_equal(usctp_host_new(&config, &world->host), 0);
    usctp_stack_set_observer(usctp_host_stack(world->host), on_packet, world);
    world->fd = listener_on(world->host, SOCK_STREAM, 5000, 5);
    assert_int_equal(usctp_fcntl(world->fd, F_SETFL, O_NONBLOCK), 0);
    world->knocker = socket(AF_INET, SOCK_DGRAM, 0);
    assert_fails(usctp_accept(world->fd, NULL, NULL), EAGAIN); /* drained just now */
}

static void still_world_destroy(struct still_world *world)
{
    close(world->knocker);
    assert_int_equal(usctp_close(world->fd), 0);
    assert_int_equal(usctp_host_free(world->host), 0);
}

/* A call that neither would wait nor says EAGAIN. */
static void busy_call(const struct still_world *world)
{
    assert_fails(usctp_send(world->fd, "x", 1, MSG_NOSIGNAL), EPIPE);
}

static void test_drains_every_64_calls(void **state)
{
    struct still_world world;

    (void)state;
    still_world_init(&world);
    knock(&world, 1);
    for (int i = 0; i < 63; i++) {
        busy_call(&world);
    }
    assert_int_equal(world.seen, 0);
    busy_call(&world);
    assert_int_equal(world.seen, 1);
    still_world_destroy(&world);
}

static void test_drains_after_a_millisecond(void **state)
{
    struct still_world world;

    (void)state;
    still_world_init(&world);
    knock(&world, 1);
    world.now_ts += USCTP_US(999);
    busy_call(&world);
    assert_int_equal(world.seen, 0);
    world.now_ts += USCTP_US(1);
    busy_call(&world);
    assert_int_equal(world.seen, 1);
    still_world_destroy(&world);
}

/* A socket with cnt messages that wait to be read; *other sent them. */
static int full_socket(struct still_world *world, int cnt, int *other)
{
    int fd;

    *other = connected_to(world->host, 5000);
    fd = usctp_accept(world->fd, NULL, NULL);
    assert_true(fd >= 0);
    set_nodelay(*other);
    for (int i = 0; i < cnt; i++) {
        assert_int_equal(usctp_send(*other, "x", 1, 0), 1);
    }
    for (int i = 0; i < 500; i++) { /* enough for any number of round trips */
        world->now_ts += USCTP_MS(1);
        assert_int_equal(usctp_host_process(world->host), 0);
    }
    world->seen = 0;
    return fd;
}

static void read_one(int fd)
{
    char byte;

    assert_int_equal(usctp_recv(fd, &byte, 1, 0), 1);
}

/* Reading what waits looks at the clock less often while it goes fast, but never drains later than after 64
 * calls, or eight where it has become slow; and at each call once it is known to be. */
static void test_reads_of_what_waits_drain_too(void **state)
{
    struct still_world world;
    int fd, other;

    (void)state;
    still_world_init(&world);
    fd = full_socket(&world, 200, &other);
    knock(&world, 1);
    for (int i = 0; i < 64; i++) {
        read_one(fd);
    }
    assert_int_equal(world.seen, 1);
    knock(&world, 1);
    for (int i = 0; i < 8; i++) {
        world.now_ts += USCTP_MS(1);
        read_one(fd);
    }
    assert_int_equal(world.seen, 2);
    for (size_t i = 0; i < 20; i++) {
        knock(&world, 1);
        world.now_ts += USCTP_MS(1);
        read_one(fd);
        assert_int_equal(world.seen, 3 + i);
    }
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(other), 0);
    still_world_destroy(&world);
}

static void test_drains_before_eagain(void **state)
{
    struct still_world world;

    (void)state;
    still_world_init(&world);
    for (size_t i = 1; i < 5; i++) {
        knock(&world, 1);
        assert_fails(usctp_accept(world.fd, NULL, NULL), EAGAIN);
        assert_int_equal(world.seen, i);
    }
    still_world_destroy(&world);
}

/* However fast they come, a call takes 1,024 datagrams at most, and returns. */
static void test_flood_does_not_hold_a_call(void **state)
{
    struct still_world world;

    (void)state;
    still_world_init(&world);
    pid_t child = fork();
    if (child == 0) {
        for (;;) {
            knock(&world, 16);
        }
    }
    while (world.seen < 2000) {
        size_t before = world.seen;

        assert_fails(usctp_accept(world.fd, NULL, NULL), EAGAIN);
        assert_true(world.seen - before <= 1024);
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    still_world_destroy(&world);
}

/* --- The time of sends that come fast --------------------------------------------------------- */

static uint64_t time_of_send(usctp_host *host)
{
    usctp__host_lock(host);
    usctp__host_blink(host);
    uint64_t now_ts = usctp__host_now(host);
    usctp__host_unlock(host);
    return now_ts;
}

/* After a pause as well it is at most a blink old, and never goes back. */
static void test_sends_know_the_time(void **state)
{
    usctp_host *host = udp_host(free_udp_port(), 9899);
    uint64_t last_ts = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        if (i % 20 >= 18) {
            (void)poll(NULL, 0, 1);
        }
        uint64_t before_ts = usctp_clock_system(NULL);
        uint64_t now_ts = time_of_send(host);
        assert_true(now_ts + USCTP_MS(1) / 100 >= before_ts);
        assert_true(now_ts >= last_ts);
        assert_true(now_ts <= usctp_clock_system(NULL));
        last_ts = now_ts;
    }
    assert_int_equal(usctp_host_free(host), 0);
}

static uint64_t one_more(void *ctx)
{
    return ++*(uint64_t *)ctx;
}

/* Of such a one it is not known how fast it goes. */
static void test_sends_ask_a_clock_of_the_program(void **state)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = system_stack();
    uint64_t now_ts = 1;
    usctp_host *host;

    (void)state;
    stack.clock = one_more;
    stack.clock_ctx = &now_ts;
    config.stack = &stack;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    for (int i = 0; i < 100; i++) {
        uint64_t before_ts = now_ts;

        assert_int_equal(time_of_send(host), before_ts + 1);
    }
    assert_int_equal(usctp_host_free(host), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_fd),
        cmocka_unit_test(test_trio),
        cmocka_unit_test(test_host_fd_has_timers),
        cmocka_unit_test(test_drains_every_64_calls),
        cmocka_unit_test(test_drains_after_a_millisecond),
        cmocka_unit_test(test_reads_of_what_waits_drain_too),
        cmocka_unit_test(test_drains_before_eagain),
        cmocka_unit_test(test_flood_does_not_hold_a_call),
        cmocka_unit_test(test_sends_know_the_time),
        cmocka_unit_test(test_sends_ask_a_clock_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
