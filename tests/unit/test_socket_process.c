/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets and processes: fork, exec, exit, and the UDP ports of hosts. Over UDP on the loopback interface. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* setenv, unsetenv */
#endif
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "unit/socket_set.h"
#include "unit/socket_udp.h"

#include "socket/host.h"

/* In a child, where CMocka is not to take over: ends with the number of the line. */
#define must(condition)                 \
    do {                                \
        if (!(condition)) {             \
            _exit(line_code(__LINE__)); \
        }                               \
    } while (0)

/* Never 0; the line is printed too. */
static int line_code(int line)
{
    fprintf(stderr, "child: line %d, errno %d\n", line, errno);
    return 1;
}

static void check_child(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- fork ------------------------------------------------------------------------------------- */

static void be_a_child(usctp_host *host, int fd)
{
    struct sockaddr_in name = loopback(5000);
    struct pollfd pfd = {fd, POLLIN, 0};
    char byte;

    must(usctp_send(fd, "x", 1, 0) == -1 && errno == EBADF);
    must(usctp_recv(fd, &byte, 1, 0) == -1 && errno == EBADF);
    must(usctp_connect(fd, sa_of(&name), sizeof(name)) == -1 && errno == EBADF);
    must(usctp_shutdown(fd, SHUT_RDWR) == -1 && errno == EBADF);
    must(usctp_fcntl(fd, F_GETFL) == -1 && errno == EBADF);
    must(usctp_dup(fd) == -1 && errno == EBADF);
    must(usctp_poll(&pfd, 1, -1) == 1 && pfd.revents == POLLNVAL);
    must(usctp_host_process(host) == -1 && errno == EBADF);
    must(usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP) == -1 && errno == EBADF);
    must(usctp_host_free(host) == -1 && errno == EBADF);
    must(usctp_host_of(fd) == NULL && errno == EBADF);
    must(usctp_close(fd) == 0);
    must(usctp_send(fd, "x", 1, 0) == -1 && errno == EBADF);

    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = system_stack();
    config.stack = &stack;
    must(usctp_host_configure(&config) == 0);
    usctp_host *own = usctp_host_default(); /* it may have one of its own */
    must(own != NULL && own != host);
    int other = usctp_socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
    must(other >= 0 && usctp_host_of(other) == own);
    must(usctp_close(other) == 0);
}

static void test_fork(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, udp);
    int listener = listener_on(host, SOCK_STREAM, 5000, 5);
    int client = connected_to(host, 5000), server = usctp_accept(listener, NULL, NULL);

    (void)state;
    pid_t child = fork();
    if (child == 0) {
        be_a_child(host, client);
        _exit(0);
    }
    check_child(child);
    assert_int_equal(usctp_send(client, "going on", 8, 0), 8);
    check_recv(server, "going on");
    child = fork(); /* a child that exits says nothing to the peers either */
    if (child == 0) {
        exit(0);
    }
    check_child(child);
    assert_int_equal(usctp_send(server, "still", 5, 0), 5);
    check_recv(client, "still");
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* The child's copies of the UDP sockets do not keep the port. */
static void test_fork_gives_the_port_back(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, udp);
    int listener = listener_on(host, SOCK_STREAM, 5000, 5), pipes[2], ready[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        close(pipes[1]);
        close(ready[1]);
        must(read(pipes[0], &byte, 1) == 0);
        _exit(0);
    }
    close(ready[1]);
    close(pipes[0]);
    assert_int_equal(read(ready[0], &byte, 1), 0); /* it is there */
    close(ready[0]);
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
    host = udp_host(udp, udp);
    listener = listener_on(host, SOCK_STREAM, 5000, 5);
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
    close(pipes[1]);
    check_child(child);
}

/* --- exec ------------------------------------------------------------------------------------- */

/* Every descriptor that is open is one from before, or lacks CLOEXEC because it is the program's. */
static void test_exec(void **state)
{
    uint16_t udp = free_udp_port();
    bool before[2048] = {false};
    int fds[3];

    (void)state;
    for (int fd = 0; fd < 2048; fd++) {
        before[fd] = fcntl(fd, F_GETFD) >= 0;
    }
    usctp_host *host = udp_host(udp, udp);
    fds[0] = listener_on(host, SOCK_STREAM, 5000, 5);
    fds[1] = connected_to(host, 5000);
    fds[2] = usctp_accept4(fds[0], NULL, NULL, SOCK_CLOEXEC);
    assert_true(usctp_host_fd(host) >= 0);
    for (int fd = 0; fd < 2048; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags >= 0 && !before[fd]) {
            assert_int_equal(flags & FD_CLOEXEC, fd == fds[0] || fd == fds[1] ? 0 : FD_CLOEXEC);
        }
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(usctp_close(fds[i]), 0);
    }
    assert_int_equal(usctp_host_free(host), 0);
    for (int fd = 0; fd < 2048; fd++) {
        assert_int_equal(fcntl(fd, F_GETFD) >= 0, before[fd]);
    }
}

/* --- exit ------------------------------------------------------------------------------------- */

enum { PIECE = 1000, PIECES = 150 };

static void *wait_for_ever(void *arg)
{
    char byte;

    (void)usctp_recv(*(int *)arg, &byte, 1, 0);
    return NULL;
}

/* A process that sends much and returns at once, with a thread that waits inside a call. */
static void send_and_exit(uint16_t udp, uint32_t exit_ms)
{
    pthread_t thread;
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = system_stack();
    struct sockaddr_in name = loopback(5000);
    static const char bytes[PIECE];

    config.stack = &stack;
    config.remote_udp_port = udp;
    config.exit_ms = exit_ms;
    must(usctp_host_configure(&config) == 0);
    int fd = usctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    must(fd >= 0 && usctp_connect(fd, sa_of(&name), sizeof(name)) == 0);
    must(pthread_create(&thread, NULL, wait_for_ever, &fd) == 0);
    for (int i = 0; i < PIECES; i++) {
        must(usctp_send(fd, bytes, sizeof(bytes), 0) == sizeof(bytes));
    }
    exit(0);
}

static void test_exit_finishes(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, 0);
    int listener = listener_on(host, SOCK_STREAM, 5000, 5);
    char buf[2 * PIECE];
    size_t got = 0;
    ssize_t len;

    (void)state;
    pid_t child = fork();
    if (child == 0) {
        send_and_exit(udp, 20000);
    }
    int server = usctp_accept(listener, NULL, NULL);
    while ((len = usctp_recv(server, buf, sizeof(buf), 0)) > 0) {
        got += (size_t)len;
    }
    assert_int_equal(len, 0); /* an end in good order */
    assert_int_equal(got, PIECE * PIECES);
    while (waitpid(child, NULL, WNOHANG) == 0) { /* it has to hear of that */
        assert_int_equal(usctp_host_process(host), 0);
    }
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* Nobody reads: when the time is up, the rest is aborted, and the peer knows. */
static void test_exit_is_bounded(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, 0);
    int listener = listener_on(host, SOCK_STREAM, 5000, 5), small = 2000;
    char buf[2 * PIECE];
    ssize_t len;

    (void)state;
    assert_int_equal(usctp_setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    pid_t child = fork();
    if (child == 0) {
        send_and_exit(udp, 100);
    }
    int server = usctp_accept(listener, NULL, NULL);
    while (waitpid(child, NULL, WNOHANG) == 0) {
        assert_int_equal(usctp_host_process(host), 0);
    }
    while ((len = usctp_recv(server, buf, sizeof(buf), 0)) > 0) {
    }
    assert_int_equal(len, -1);
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* --- UDP ports -------------------------------------------------------------------------------- */

static uint16_t sctp_port_of(int fd)
{
    struct sockaddr_in name;
    socklen_t len = sizeof(name);

    assert_int_equal(usctp_getsockname(fd, (struct sockaddr *)&name, &len), 0);
    return ntohs(name.sin_port);
}

static void test_udp_port_in_use(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *one = udp_host(udp, 0), *two = udp_host(udp, 0);
    int first = listener_on(one, SOCK_STREAM, 5000, 5);
    struct sockaddr_in name = loopback(5001);
    int second = usctp_host_socket(two, AF_INET, SOCK_STREAM, IPPROTO_SCTP);

    (void)state;
    assert_int_equal(usctp_bind(second, sa_of(&name), sizeof(name)), 0);
    assert_fails(usctp_listen(second, 5), EADDRINUSE);
    name.sin_port = htons(5009);
    assert_fails(usctp_connect(second, sa_of(&name), sizeof(name)), EADDRINUSE);
    assert_int_equal(usctp_close(first), 0);
    assert_int_equal(usctp_host_free(one), 0);
    assert_int_equal(usctp_listen(second, 5), 0); /* once it is free */
    assert_int_equal(usctp_close(second), 0);
    assert_int_equal(usctp_host_free(two), 0);
}

/* Each listener has the UDP port of its SCTP port's number. */
static void test_udp_port_is_sctp_port(void **state)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = system_stack();
    uint16_t ports[2] = {free_udp_port(), free_udp_port()};
    usctp_host *host;
    int listeners[2];

    (void)state;
    config.stack = &stack;
    config.flags = USCTP_HOST_UDP_PORT_IS_SCTP_PORT;
    config.exit_ms = 100;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    for (int i = 0; i < 2; i++) {
        listeners[i] = listener_on(host, SOCK_STREAM, ports[i], 5);
    }
    for (int i = 0; i < 2; i++) {
        usctp_host *other = udp_host(0, ports[i]);
        struct sockaddr_in name = loopback(ports[i]);
        int client = usctp_host_socket(other, AF_INET, SOCK_STREAM, IPPROTO_SCTP);

        assert_int_equal(usctp_fcntl(client, F_SETFL, O_NONBLOCK), 0);
        assert_fails(usctp_connect(client, sa_of(&name), sizeof(name)), EINPROGRESS);
        struct pollfd fds[2] = {{client, POLLOUT, 0}, {listeners[i], POLLIN, 0}};
        while (fds[0].revents != POLLOUT) {
            assert_true(usctp_poll(fds, 2, -1) >= 0);
        }
        assert_int_equal(usctp_close(usctp_accept(listeners[i], NULL, NULL)), 0);
        set_linger(client, 0); /* nobody serves the other host when this one goes */
        assert_int_equal(usctp_close(client), 0);
        assert_int_equal(usctp_host_free(other), 0);
        assert_int_equal(usctp_close(listeners[i]), 0);
    }
    assert_int_equal(usctp_host_free(host), 0);
}

static bool udp_port_is_taken(uint16_t port)
{
    struct sockaddr_in name = loopback(port);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool taken = bind(fd, sa_of(&name), sizeof(name)) != 0 && errno == EADDRINUSE;

    close(fd);
    return taken;
}

/* A host has so many UDP ports and so many descriptors for them: one more is ENOBUFS, and changes nothing. */
static void check_most_ports(const struct usctp_addr *addrs, size_t addr_cnt, int most)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = system_stack();
    usctp_host *host;
    int listeners[USCTP__HOST_DRIVER_MAX];
    struct sockaddr_in name;

    config.stack = &stack;
    config.flags = USCTP_HOST_UDP_PORT_IS_SCTP_PORT;
    config.addrs = addrs;
    config.addr_cnt = addr_cnt;
    config.exit_ms = 100;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    for (int i = 0; i < most; i++) {
        listeners[i] = listener_on(host, SOCK_STREAM, free_udp_port(), 5);
    }
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    name = loopback(free_udp_port());
    assert_int_equal(usctp_bind(fd, sa_of(&name), sizeof(name)), 0);
    assert_fails(usctp_listen(fd, 5), ENOBUFS);
    assert_fails(usctp_accept(fd, NULL, NULL), EINVAL); /* it does not listen */
    assert_int_equal(usctp_close(fd), 0);
    for (int i = 0; i < most; i++) {
        assert_int_equal(usctp_close(listeners[i]), 0);
    }
    assert_int_equal(usctp_host_free(host), 0);
}

static void test_too_many_udp_ports(void **state)
{
    enum { ADDRS = 50 };
    struct usctp_addr addrs[ADDRS];
    char text[32];

    (void)state;
    check_most_ports(NULL, 0, USCTP__HOST_DRIVER_MAX);
    for (int i = 0; i < ADDRS; i++) {
        snprintf(text, sizeof(text), "127.0.0.%d", i + 1);
        assert_int_equal(usctp_addr_parse(&addrs[i], text), 0);
    }
    check_most_ports(addrs, ADDRS, USCTP__HOST_FD_MAX / ADDRS);
}

/* The default host, by its environment. */
static void test_environment(void **state)
{
    uint16_t udp = free_udp_port();
    char text[16];

    (void)state;
    if (usctp_crypto_system() == NULL) {
        skip(); /* it has no cryptography but the library's */
    }
    pid_t child = fork();
    if (child == 0) {
        snprintf(text, sizeof(text), "%u", udp);
        setenv("USCTP_UDP_PORT", text, 1);
        setenv("USCTP_EXIT_MS", "100", 1);
        int fd = usctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
        must(fd >= 0 && !udp_port_is_taken(udp));
        must(usctp_listen(fd, 5) == 0 && udp_port_is_taken(udp)); /* not before it is needed */
        struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
        must(usctp_host_configure(&config) == -1 && errno == EBUSY);
        _exit(0);
    }
    check_child(child);
    child = fork();
    if (child == 0) {
        setenv("USCTP_UDP_PORT_IS_SCTP_PORT", "1", 1);
        struct sockaddr_in name = loopback(udp);
        int fd = usctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
        must(usctp_bind(fd, sa_of(&name), sizeof(name)) == 0);
        must(usctp_listen(fd, 5) == 0 && udp_port_is_taken(udp));
        _exit(0);
    }
    check_child(child);
    child = fork();
    if (child == 0) { /* 9899, unless somebody else on this machine has it */
        int fd = usctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
        int result = usctp_listen(fd, 5);
        must(result == 0 || errno == EADDRINUSE);
        must(udp_port_is_taken(9899));
        _exit(0);
    }
    check_child(child);
}

/* --- Addresses of the system ------------------------------------------------------------------ */

static void test_addresses(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, udp);
    struct sockaddr_in name = loopback(0);
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);

    (void)state;
    assert_int_equal(inet_pton(AF_INET, "203.0.113.7", &name.sin_addr), 1);
    assert_fails(usctp_bind(fd, sa_of(&name), sizeof(name)), EADDRNOTAVAIL);
    assert_int_equal(inet_pton(AF_INET, "127.3.2.1", &name.sin_addr), 1); /* all of 127/8 is here */
    assert_int_equal(usctp_bind(fd, sa_of(&name), sizeof(name)), 0);
    assert_int_equal(usctp_listen(fd, 5), 0);
    name.sin_port = htons(sctp_port_of(fd));
    int client = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    assert_int_equal(usctp_connect(client, sa_of(&name), sizeof(name)), 0);
    assert_int_equal(usctp_close(client), 0);
    client = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    name.sin_port = htons(5001);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(usctp_bind(client, sa_of(&name), sizeof(name)), 0);
    assert_fails(usctp_connect(client, sa_of(&name), sizeof(name)), EINVAL); /* with itself */
    name.sin_port = htons(5002);
    assert_fails(usctp_connect(client, sa_of(&name), sizeof(name)), ECONNREFUSED);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_fork_gives_the_port_back),
        cmocka_unit_test(test_exec),
        cmocka_unit_test(test_exit_finishes),
        cmocka_unit_test(test_exit_is_bounded),
        cmocka_unit_test(test_udp_port_in_use),
        cmocka_unit_test(test_udp_port_is_sctp_port),
        cmocka_unit_test(test_too_many_udp_ports),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
