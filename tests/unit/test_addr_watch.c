/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of a host that come and go (Linux): in a network namespace of its own, which may be refused. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* unshare */
#endif
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <usctp/driver.h>
#include <usctp/socket.h>

#include "common/test_crypto.h"

/* That of other systems, which compiles and opens a socket here too, though nothing is told to it. */
#define usctp__addr_notice_open other_notice_open
#include "lower/addr_notice_posix.c"
#undef usctp__addr_notice_open

enum { REFUSED = 77, SERVER_PORT = 5001 };

/* --- A host of one interface ------------------------------------------------------------------ */

static void demand(bool is_true, int line)
{
    if (!is_true) {
        fprintf(stderr, "test_addr_watch.c:%d failed in the namespace\n", line);
        _exit(1);
    }
}
#define DEMAND(is_true) demand((is_true), __LINE__)

static void ask_system(unsigned long what, const char *label, const char *addr)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in sin;
    struct ifreq request;

    memset(&request, 0, sizeof(request));
    memset(&sin, 0, sizeof(sin));
    strcpy(request.ifr_name, label);
    if (addr != NULL) {
        sin.sin_family = AF_INET;
        DEMAND(inet_pton(AF_INET, addr, &sin.sin_addr) == 1);
        memcpy(&request.ifr_addr, &sin, sizeof(sin));
    } else {
        request.ifr_flags = IFF_UP | IFF_RUNNING;
    }
    DEMAND(fd >= 0 && ioctl(fd, what, &request) == 0);
    close(fd);
}

static void add(const char *label, const char *addr)
{
    ask_system(SIOCSIFADDR, label, addr);
}

/* Runs what a host of its own sees. */
static void in_namespace(void (*run)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
            _exit(REFUSED);
        }
        ask_system(SIOCSIFFLAGS, "lo", NULL);
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == REFUSED) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool readable(int fd, int wait_ms)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    return poll(&one, 1, wait_ms) == 1;
}

static bool is(const struct usctp_addr *addr, const char *text)
{
    char got[64];

    usctp_addr_text(addr, got, sizeof(got));
    return strcmp(got, text) == 0;
}

/* --- The watch -------------------------------------------------------------------------------- */

static void watch(void)
{
    struct usctp_addr addrs[4];
    usctp_addr_watch *made = NULL;

    DEMAND(usctp_addr_watch_new(&made) == USCTP_OK);
    int fd = (int)usctp_addr_watch_fd(made);
    DEMAND(fd >= 0);
    (void)usctp_addr_watch_read(made, addrs, 4);
    DEMAND(!readable(fd, 0));
    DEMAND(usctp_addr_watch_read(made, addrs, 4) == 0); /* loopback says nothing */
    add("lo:1", "172.16.0.1");
    DEMAND(readable(fd, 10000));
    DEMAND(usctp_addr_watch_read(made, addrs, 4) == 1);
    DEMAND(is(&addrs[0], "172.16.0.1"));
    DEMAND(!readable(fd, 0));
    add("lo:2", "172.17.0.1");
    DEMAND(readable(fd, 10000));
    DEMAND(usctp_addr_watch_read(made, addrs, 1) == 1); /* no more than there is room for */
    DEMAND(usctp_addr_watch_read(made, addrs, 4) == 2);
    add("lo:1", "0.0.0.0");
    DEMAND(readable(fd, 10000));
    DEMAND(usctp_addr_watch_read(made, addrs, 4) == 1);
    DEMAND(is(&addrs[0], "172.17.0.1"));
    usctp_addr_watch_free(made);
}

static void test_watch(void **state)
{
    (void)state;
    assert_int_equal(usctp_addr_watch_new(NULL), USCTP_EINVAL);
    assert_int_equal(usctp_addr_watch_fd(NULL), -1);
    assert_int_equal(usctp_addr_watch_read(NULL, NULL, 1), 0);
    usctp_addr_watch_free(NULL);
    in_namespace(watch);
}

/* Reading until nothing is left must not block; a program that is run must not inherit it. */
static void test_other_notice(void **state)
{
    int fd = other_notice_open();

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
}

/* --- The loop --------------------------------------------------------------------------------- */

struct side {
    struct test_crypto crypto;
    usctp_loop *loop;
    usctp_endpoint *endpoint;
    usctp_assoc *assoc;
    unsigned done_cnt; /* changes of addresses that were done */
};

static void on_event(void *user, const struct usctp_event *event)
{
    struct side *side = user;

    if (event->type == USCTP_EVENT_UP) {
        side->assoc = event->assoc;
    } else if (event->type == USCTP_EVENT_ADDRESS) {
        DEMAND(event->u.address.cause == 0);
        side->done_cnt++;
    }
}

static void side_up(struct side *side, uint64_t seed, uint32_t loop_flags, uint32_t look_ms)
{
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_endpoint_config endpoint = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct usctp_params params;

    memset(side, 0, sizeof(*side));
    usctp_params_init(&params, USCTP_PRESET_PLAIN);
    params.extensions |= USCTP_EXT_ASCONF | USCTP_EXT_AUTH;
    params.flags |= loop_flags != 0 ? USCTP_PARAM_FOLLOW_HOST : 0u;
    stack.memory = usctp_memory_system();
    stack.crypto = test_crypto_init(&side->crypto, seed);
    stack.clock = usctp_clock_system;
    stack.on_event = on_event;
    stack.user = side;
    config.stack = &stack;
    config.flags = loop_flags;
    config.look_ms = look_ms;
    DEMAND(usctp_loop_new(&config, &side->loop) == USCTP_OK);
    endpoint.port = SERVER_PORT;
    endpoint.flags = USCTP_ENDPOINT_LISTEN;
    endpoint.params = &params;
    DEMAND(usctp_endpoint_new(usctp_loop_stack(side->loop), &endpoint, &side->endpoint) == 0);
}

/* Both loops turn until the follower has done so many changes. */
static void turn_until(struct side sides[2], unsigned done_cnt)
{
    for (unsigned i = 0; i < 3000 && (sides[0].done_cnt < done_cnt || sides[1].assoc == NULL);
         i++) {
        for (unsigned k = 0; k < 2; k++) {
            DEMAND(usctp_loop_once(sides[k].loop, USCTP_MS(5)) == 0);
        }
    }
    DEMAND(sides[0].done_cnt == done_cnt && sides[1].assoc != NULL);
}

/* Two loops and an association; the client, which is the first, follows its host, with two addresses when it connects. */
static void sides_up(struct side sides[2], uint32_t look_ms)
{
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer;

    add("lo:1", "172.16.0.1");
    add("lo:2", "172.17.0.1");
    side_up(&sides[0], 1, USCTP_LOOP_FOLLOW_HOST, look_ms);
    side_up(&sides[1], 2, 0, 0);
    memset(&peer, 0, sizeof(peer));
    DEMAND(usctp_addr_parse(&peer.addr, "172.17.0.1") == 0);
    peer.udp_port = usctp_driver_port(usctp_loop_driver(sides[1].loop));
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = SERVER_PORT;
    DEMAND(usctp_endpoint_connect(sides[0].endpoint, &connect, &sides[0].assoc) == 0);
    turn_until(sides, 1); /* 172.16.0.1 */
    DEMAND(usctp_assoc_paths(sides[1].assoc, NULL, 0) == 2);
}

static void sides_down(struct side sides[2])
{
    usctp_loop_free(sides[0].loop);
    usctp_loop_free(sides[1].loop);
}

/* The server is told of what comes and goes. */
static void follow(uint32_t look_ms)
{
    struct side sides[2];

    sides_up(sides, look_ms);
    add("lo:3", "172.18.0.1");
    turn_until(sides, 2);
    DEMAND(usctp_assoc_paths(sides[1].assoc, NULL, 0) == 3);
    add("lo:1", "0.0.0.0");
    turn_until(sides, 3);
    DEMAND(usctp_assoc_paths(sides[1].assoc, NULL, 0) == 2);
    sides_down(sides);
}

static void loop(void)
{
    follow(0);
}

/* The same without waiting for word of the system, as everywhere where it gives none. */
static void loop_that_looks(void)
{
    follow(5);
}

/* What the system says is not waited for then: before the time has come nothing is noticed. */
static void loop_that_looks_late(void)
{
    struct side sides[2];

    sides_up(sides, 3600 * 1000);
    add("lo:3", "172.18.0.1");
    for (unsigned i = 0; i < 50; i++) {
        DEMAND(usctp_loop_once(sides[0].loop, USCTP_MS(1)) == 0);
        DEMAND(usctp_loop_once(sides[1].loop, USCTP_MS(1)) == 0);
    }
    DEMAND(sides[0].done_cnt == 1);
    sides_down(sides);
}

static void test_loop(void **state)
{
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_addr addr;
    usctp_loop *made;

    (void)state;
    assert_int_equal(usctp_addr_parse(&addr, "127.0.0.1"), 0);
    config.addrs = &addr;
    config.addr_cnt = 1;
    config.flags = USCTP_LOOP_FOLLOW_HOST;
    assert_int_equal(usctp_loop_new(&config, &made), USCTP_EINVAL); /* of its own choice */
    in_namespace(loop);
}

static void test_loop_that_looks(void **state)
{
    (void)state;
    in_namespace(loop_that_looks);
    in_namespace(loop_that_looks_late);
}

/* --- Sockets ---------------------------------------------------------------------------------- */

static size_t fd_cnt(usctp_host *host)
{
    return usctp_host_fds(host, NULL, 0);
}

/* The descriptors of a host tell while one of its sockets follows. */
static void sockets(void)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct pollfd fds[8];
    usctp_host *host;
    int on = 1, off = 0;

    stack.crypto = test_crypto_system();
    config.stack = &stack;
    DEMAND(usctp_host_new(&config, &host) == 0);
    int whole = usctp_host_fd(host);
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    size_t before = fd_cnt(host);
    DEMAND(fd >= 0 && whole >= 0);
    for (int i = 0; i < 2; i++) {
        DEMAND(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF, &on, sizeof(on)) == 0);
        DEMAND(fd_cnt(host) == before + 1);
        DEMAND(usctp_host_timeout(host) == -1);
        DEMAND(usctp_host_fds(host, fds, 8) == before + 1);
        DEMAND(!readable(fds[before].fd, 0) && !readable(whole, 0));
        add("lo:1", i == 0 ? "172.16.0.1" : "172.17.0.1");
        DEMAND(readable(fds[before].fd, 10000) && readable(whole, 10000));
        DEMAND(usctp_host_process(host) == 0);
        DEMAND(!readable(fds[before].fd, 0));
        if (i == 0) {
            DEMAND(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF, &off, sizeof(off)) == 0);
        } else {
            DEMAND(usctp_close(fd) == 0);
        }
        DEMAND(fd_cnt(host) == before);
    }
    DEMAND(usctp_host_free(host) == 0);
}

static void test_sockets(void **state)
{
    (void)state;
    in_namespace(sockets);
}

static uint64_t own_clock(void *ctx)
{
    return *(uint64_t *)ctx;
}

/* A host whose sockets follow, in a time of their own, if it is to look. */
static usctp_host *own_host(uint64_t *now_ts, uint32_t look_ms)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    usctp_host *host;

    stack.crypto = test_crypto_system();
    stack.clock = own_clock;
    stack.clock_ctx = now_ts;
    config.stack = &stack;
    config.look_ms = look_ms;
    config.exit_ms = UINT32_MAX; /* in a time that stands nothing comes to its end */
    DEMAND(usctp_host_new(&config, &host) == 0);
    DEMAND(usctp_host_set(host, "auth_enable", 1) == 0);
    DEMAND(usctp_host_set(host, "addip_enable", 1) == 0);
    DEMAND(usctp_host_set(host, "default_auto_asconf", look_ms != 0) == 0);
    return host;
}

static int addr_cnt(int fd)
{
    struct sockaddr *addrs = NULL;
    int cnt = usctp_sctp_getpaddrs(fd, 0, &addrs);

    usctp_sctp_freepaddrs(addrs);
    return cnt;
}

/* What comes in within a moment is served, time stands. True once the peer of `fd` has so many addresses. */
static bool turn_hosts(usctp_host *hosts[2], int fd, int want)
{
    for (unsigned i = 0; i < 2; i++) {
        struct pollfd fds[8];

        (void)poll(fds, (nfds_t)usctp_host_fds(hosts[i], fds, 8), 5);
        DEMAND(usctp_host_process(hosts[i]) == 0);
    }
    return addr_cnt(fd) == want;
}

/* A host that looks does so when it has said that it will. */
static void sockets_that_look(void)
{
    uint64_t now_ts = USCTP_SEC(1);
    usctp_host *hosts[2] = {own_host(&now_ts, 250), own_host(&now_ts, 0)};
    int fds[2], accepted = -1;
    struct sockaddr_in name;

    memset(&name, 0, sizeof(name));
    name.sin_family = AF_INET;
    name.sin_port = htons(SERVER_PORT);
    add("lo:1", "172.16.0.1");
    for (unsigned i = 0; i < 2; i++) {
        fds[i] = usctp_host_socket(hosts[i], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP);
        DEMAND(fds[i] >= 0);
    }
    DEMAND(usctp_host_timeout(hosts[0]) == 250);
    DEMAND(fd_cnt(hosts[0]) == fd_cnt(hosts[1])); /* there is none that tells */
    DEMAND(usctp_bind(fds[1], (struct sockaddr *)&name, sizeof(name)) == 0);
    DEMAND(usctp_listen(fds[1], 1) == 0);
    DEMAND(inet_pton(AF_INET, "172.16.0.1", &name.sin_addr) == 1);
    DEMAND(usctp_connect(fds[0], (struct sockaddr *)&name, sizeof(name)) < 0);
    DEMAND(errno == EINPROGRESS);
    for (unsigned i = 0; i < 2000 && accepted < 0; i++) {
        (void)turn_hosts(hosts, fds[0], 0);
        accepted = usctp_accept(fds[1], NULL, NULL);
    }
    DEMAND(accepted >= 0 && addr_cnt(accepted) == 1);
    add("lo:2", "172.17.0.1");
    now_ts += USCTP_MS(249);
    for (unsigned i = 0; i < 10; i++) {
        DEMAND(!turn_hosts(hosts, accepted, 2));
    }
    now_ts += USCTP_MS(1);
    for (unsigned i = 0; i < 2000 && !turn_hosts(hosts, accepted, 2); i++) {
    }
    DEMAND(addr_cnt(accepted) == 2);
    DEMAND(usctp_close(accepted) == 0 && usctp_close(fds[0]) == 0 && usctp_close(fds[1]) == 0);
    DEMAND(usctp_host_free(hosts[0]) == 0 && usctp_host_free(hosts[1]) == 0);
}

static void test_sockets_that_look(void **state)
{
    (void)state;
    in_namespace(sockets_that_look);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watch),   cmocka_unit_test(test_other_notice),
        cmocka_unit_test(test_loop),    cmocka_unit_test(test_loop_that_looks),
        cmocka_unit_test(test_sockets), cmocka_unit_test(test_sockets_that_look),
    };

    return cmocka_run_group_tests_name("addr_watch", tests, NULL, NULL);
}
