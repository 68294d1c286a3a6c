/* SPDX-License-Identifier: BSD-3-Clause */
/* Several threads: on one socket, on several sockets of one host, on two hosts; signals that end waits; many
 * sockets. Over UDP on the loopback interface. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* pthread_kill, nanosleep */
#endif
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>

#include "unit/socket_set.h"
#include "unit/socket_udp.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED)
#define SANITIZED 0
#endif

enum { PAIRS = 4, ROUNDS = SANITIZED ? 30 : 200 };

static void nap(int ms)
{
    struct timespec span = {ms / 1000, ms % 1000 * 1000000L};

    (void)nanosleep(&span, NULL);
}

/* --- The first thread beside the only one ----------------------------------------------------- */

struct first_thread {
    usctp_host *host;
    pthread_t thread;
    sem_t begun;
    int fd;
    bool made, inside; /* it was made; it has been in a call */
};

static void *come_in(void *arg)
{
    struct first_thread *first = arg;
    int on = 0;
    socklen_t len = sizeof(on);

    (void)sem_post(&first->begun);
    (void)usctp_getsockopt(first->fd, IPPROTO_SCTP, SCTP_NODELAY, &on, &len);
    __atomic_store_n(&first->inside, true, __ATOMIC_SEQ_CST);
    return NULL;
}

/* The lower layer makes it, in the midst of a call of the only thread there is. */
static size_t make_thread(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct first_thread *first = ctx;

    for (size_t i = 0; i < n; i++) {
        ((struct usctp_dgram *)(void *)((char *)dgrams + i * stride))->status = USCTP_DGRAM_SENT;
    }
    if (!first->made) {
        first->made = true;
        assert_int_equal(pthread_create(&first->thread, NULL, come_in, first), 0);
        assert_int_equal(sem_wait(&first->begun), 0);
        nap(20);
        assert_false(__atomic_load_n(&first->inside, __ATOMIC_SEQ_CST));
    }
    return n;
}

/* It waits until that call is over, though nobody had to lock anything when it began. */
static void test_first_thread_waits_for_the_call_that_made_it(void **state)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_lower lower = USCTP_LOWER_INIT;
    struct usctp_config stack = system_stack();
    struct sockaddr_in name = loopback(5000);
    struct first_thread first;

    (void)state;
    memset(&first, 0, sizeof(first));
    assert_int_equal(sem_init(&first.begun, 0, 0), 0);
    lower.flags = USCTP_LOWER_IPV4;
    lower.send = make_thread;
    config.stack = &stack;
    config.lower = &lower;
    config.lower_ctx = &first;
    assert_int_equal(usctp_host_new(&config, &first.host), 0);
    first.fd = usctp_host_socket(first.host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    assert_true(first.fd >= 0);
    assert_int_equal(usctp_fcntl(first.fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(usctp_connect(first.fd, sa_of(&name), sizeof(name)), -1);
    assert_int_equal(errno, EINPROGRESS);
    assert_true(first.made);
    assert_int_equal(pthread_join(first.thread, NULL), 0);
    assert_true(first.inside);
    assert_int_equal(usctp_host_free(first.host), 0);
}

/* --- One thread a socket ---------------------------------------------------------------------- */

static void *echo(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char buf[2000];
    ssize_t len;

    while ((len = usctp_recv(fd, buf, sizeof(buf), 0)) > 0) {
        if (usctp_send(fd, buf, (size_t)len, MSG_NOSIGNAL) != len) {
            return (void *)1;
        }
    }
    (void)usctp_close(fd);
    return (void *)(intptr_t)(len != 0);
}

struct client {
    usctp_host *host;
    uint16_t port;
};

static void *talk(void *arg)
{
    const struct client *client = arg;
    struct sockaddr_in name = loopback(client->port);
    int fd = usctp_host_socket(client->host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    char out[1500], in[2000];

    if (fd < 0 || usctp_connect(fd, sa_of(&name), sizeof(name)) != 0) {
        return (void *)1;
    }
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = (size_t)(1 + i * 7 % 1100);

        memset(out, i, len);
        if (usctp_send(fd, out, len, MSG_NOSIGNAL) != (ssize_t)len ||
            usctp_recv(fd, in, sizeof(in), 0) != (ssize_t)len || memcmp(in, out, len) != 0) {
            return (void *)2;
        }
    }
    return (void *)(intptr_t)usctp_close(fd);
}

/* Clients and servers, each in a thread of its own, on one host or on two. */
static void run_pairs(usctp_host *server_host, usctp_host *client_host)
{
    int listener = listener_on(server_host, SOCK_STREAM, 5000, PAIRS);
    struct client client = {client_host, 5000};
    pthread_t threads[2 * PAIRS];

    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, talk, &client), 0);
    }
    for (int i = 0; i < PAIRS; i++) {
        int fd = usctp_accept(listener, NULL, NULL);

        assert_true(fd >= 0);
        assert_int_equal(pthread_create(&threads[PAIRS + i], NULL, echo, (void *)(intptr_t)fd), 0);
    }
    for (int i = 0; i < 2 * PAIRS; i++) {
        void *result;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, NULL);
    }
    assert_int_equal(usctp_close(listener), 0);
}

static void test_two_hosts(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *server = udp_host(udp, 0), *client = udp_host(0, udp);

    (void)state;
    run_pairs(server, client);
    assert_int_equal(usctp_host_free(client), 0);
    assert_int_equal(usctp_host_free(server), 0);
}

/* All threads share one lock, and one of them waits for all. */
static void test_one_host(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, udp);

    (void)state;
    run_pairs(host, host);
    assert_int_equal(usctp_host_free(host), 0);
}

/* --- Several threads on one socket ------------------------------------------------------------ */

struct shared {
    pthread_mutex_t lock;
    int fd;
    int got, wanted;
};

static void *take_some(void *arg)
{
    struct shared *shared = arg;
    char buf[100];

    for (;;) {
        ssize_t len = usctp_recv(shared->fd, buf, sizeof(buf), 0);

        if (len != 10) {
            return (void *)(intptr_t)(len != 0);
        }
        pthread_mutex_lock(&shared->lock);
        shared->got++;
        pthread_mutex_unlock(&shared->lock);
    }
}

static void *give_some(void *arg)
{
    const struct shared *shared = arg;

    for (int i = 0; i < ROUNDS; i++) {
        if (usctp_send(shared->fd, "ten bytes!", 10, MSG_NOSIGNAL) != 10) {
            return (void *)1;
        }
    }
    return NULL;
}

static void test_one_socket(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, udp);
    int listener = listener_on(host, SOCK_STREAM, 5000, 5);
    struct shared out = {PTHREAD_MUTEX_INITIALIZER, connected_to(host, 5000), 0, 0};
    struct shared in = {PTHREAD_MUTEX_INITIALIZER, usctp_accept(listener, NULL, NULL), 0, 0};
    pthread_t threads[6];
    void *result;

    (void)state;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < 3 ? take_some : give_some, i < 3 ? &in : &out),
            0);
    }
    for (int i = 3; i < 6; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, NULL);
    }
    assert_int_equal(usctp_close(out.fd), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, NULL);
    }
    assert_int_equal(in.got, 3 * ROUNDS);
    assert_int_equal(usctp_close(in.fd), 0);
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* --- Sockets that come and go ----------------------------------------------------------------- */

static void *come_and_go(void *arg)
{
    const struct client *client = arg;
    struct sockaddr_in name = loopback(client->port);
    char byte;

    for (int i = 0; i < ROUNDS / 10; i++) {
        int fd = usctp_host_socket(client->host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);

        if (fd < 0 || usctp_connect(fd, sa_of(&name), sizeof(name)) != 0 ||
            usctp_send(fd, "x", 1, MSG_NOSIGNAL) != 1) {
            return (void *)1;
        }
        int copy = usctp_dup(fd);
        if (copy < 0 || usctp_close(fd) != 0 || usctp_recv(copy, &byte, 1, 0) != 1 ||
            usctp_close(copy) != 0) {
            return (void *)2;
        }
    }
    return NULL;
}

static void *serve_some(void *arg)
{
    int listener = (int)(intptr_t)arg;
    char byte;
    int fd;

    while ((fd = usctp_accept(listener, NULL, NULL)) >= 0) {
        if (usctp_recv(fd, &byte, 1, 0) != 1 || usctp_send(fd, &byte, 1, MSG_NOSIGNAL) != 1 ||
            usctp_close(fd) != 0) {
            return (void *)1;
        }
    }
    return (void *)(intptr_t)(errno != EBADF && errno != EINVAL);
}

/* Several accept from one listener, several connect to it; closing it ends the accepts. */
static void test_sockets_come_and_go(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *server = udp_host(udp, 0), *client_host = udp_host(0, udp);
    struct client client = {client_host, 5000};
    int listener = listener_on(server, SOCK_STREAM, 5000, 2 * PAIRS);
    pthread_t threads[2 * PAIRS];
    void *result;

    (void)state;
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &client), 0);
        assert_int_equal(
            pthread_create(&threads[PAIRS + i], NULL, serve_some, (void *)(intptr_t)listener), 0);
    }
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, NULL);
    }
    assert_int_equal(usctp_shutdown(listener, SHUT_RD), 0);
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(pthread_join(threads[PAIRS + i], &result), 0);
        assert_ptr_equal(result, NULL);
    }
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(client_host), 0);
    assert_int_equal(usctp_host_free(server), 0);
}

/* --- Closing, beside poll, signals ------------------------------------------------------------ */

struct waiter {
    int fd;
    int error;
    ssize_t len;
    sem_t done;
};

static void *wait_in_recv(void *arg)
{
    struct waiter *waiter = arg;
    char byte;

    waiter->len = usctp_recv(waiter->fd, &byte, 1, 0);
    waiter->error = errno;
    (void)sem_post(&waiter->done);
    return NULL;
}

static void *wait_in_poll(void *arg)
{
    struct waiter *waiter = arg;
    struct pollfd fd = {waiter->fd, POLLIN, 0};

    waiter->len = usctp_poll(&fd, 1, 20000);
    waiter->error = fd.revents;
    return NULL;
}

static void test_close_ends_waits(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, udp);
    int listener = listener_on(host, SOCK_STREAM, 5000, 5);
    struct waiter waiters[3] = {{0}};
    pthread_t threads[3];

    (void)state;
    int client = connected_to(host, 5000), server = usctp_accept(listener, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        waiters[i].fd = client;
        assert_int_equal(sem_init(&waiters[i].done, 0, 0), 0);
        assert_int_equal(pthread_create(&threads[i], NULL, wait_in_recv, &waiters[i]), 0);
    }
    nap(100); /* most of them sleep by now; who does not finds a closed socket */
    assert_int_equal(usctp_close(client), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(waiters[i].len, -1);
        assert_int_equal(waiters[i].error, EBADF);
    }
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* Threads in usctp_poll and in recv on one host, and one that does all the work. */
static void test_poll_beside_recv(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, udp);
    int listener = listener_on(host, SOCK_STREAM, 5000, 5), clients[2], servers[2];
    struct waiter waiters[2] = {{0}};
    pthread_t threads[2];
    char byte;

    (void)state;
    for (int i = 0; i < 2; i++) {
        clients[i] = connected_to(host, 5000);
        servers[i] = usctp_accept(listener, NULL, NULL);
        waiters[i].fd = servers[i];
        assert_int_equal(sem_init(&waiters[i].done, 0, 0), 0);
        set_nodelay(clients[i]);
    }
    for (int i = 0; i < ROUNDS / 10; i++) {
        assert_int_equal(pthread_create(&threads[0], NULL, wait_in_recv, &waiters[0]), 0);
        assert_int_equal(pthread_create(&threads[1], NULL, wait_in_poll, &waiters[1]), 0);
        assert_int_equal(usctp_send(clients[i % 2], "x", 1, 0), 1);
        assert_int_equal(usctp_send(clients[1 - i % 2], "y", 1, 0), 1);
        assert_int_equal(pthread_join(threads[0], NULL), 0);
        assert_int_equal(pthread_join(threads[1], NULL), 0);
        assert_int_equal(waiters[0].len, 1);
        assert_int_equal(waiters[1].len, 1);
        assert_int_equal(waiters[1].error, POLLIN);
        assert_int_equal(usctp_recv(servers[1], &byte, 1, 0), 1);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(usctp_close(clients[i]), 0);
        assert_int_equal(usctp_close(servers[i]), 0);
    }
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* Shuts a socket for reading while a thread polls for that; true if the thread slept when it happened, and was
 * shown so by the descriptor. */
static bool shown_to_sleeper(usctp_host *host, int listener)
{
    struct waiter waiter = {0};
    pthread_t thread;
    int shown = 0, client = connected_to(host, 5000), server = usctp_accept(listener, NULL, NULL);

    waiter.fd = server;
    assert_int_equal(pthread_create(&thread, NULL, wait_in_poll, &waiter), 0);
    nap(10);
    assert_int_equal(usctp_shutdown(server, SHUT_RD), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(waiter.len, 1);
    assert_int_equal(waiter.error, POLLIN);
    assert_int_equal(ioctl(server, FIONREAD, &shown), 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    return shown > 0;
}

static int poll_now(int fd, short events)
{
    struct pollfd pfd = {fd, events, 0};

    return poll(&pfd, 1, 0);
}

/* Who goes to sleep is shown what there was before. */
static void check_shown_from_sleep_on(usctp_host *host, int listener)
{
    int client = connected_to(host, 5000), server = usctp_accept(listener, NULL, NULL);
    struct pollfd pfd = {server, POLLIN, 0};

    assert_int_equal(poll_now(server, POLLOUT), 0);
    assert_int_equal(usctp_poll(&pfd, 1, 20), 0);
    assert_int_equal(poll_now(server, POLLOUT), 1);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
}

/* A quiet host shows to threads that sleep in usctp_poll, and to nobody else. */
static void test_quiet_host_shows_to_sleepers(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host_with(udp, udp, USCTP_HOST_QUIET);
    int listener = listener_on(host, SOCK_STREAM, 5000, 5), tries = 0;

    (void)state;
    check_shown_from_sleep_on(host, listener);
    while (!shown_to_sleeper(host, listener)) {
        assert_true(++tries < 200);
    }
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

static sem_t handled; /* times */

static void on_signal(int number)
{
    (void)number;
    (void)sem_post(&handled);
}

static void catch_signal(int flags)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    action.sa_flags = flags;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
}

/* The leader, and one that follows it. */
static void test_signals(void **state)
{
    uint16_t udp = free_udp_port();
    usctp_host *host = udp_host(udp, udp);
    int listener = listener_on(host, SOCK_STREAM, 5000, 5), clients[2], servers[2];
    struct waiter waiters[2] = {{0}};
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        clients[i] = connected_to(host, 5000);
        servers[i] = usctp_accept(listener, NULL, NULL);
        waiters[i].fd = servers[i];
        assert_int_equal(sem_init(&waiters[i].done, 0, 0), 0);
    }
    assert_int_equal(sem_init(&handled, 0, 0), 0);
    catch_signal(SA_RESTART);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, wait_in_recv, &waiters[i]), 0);
    }
    for (int i = 0; i < 10; i++) { /* wherever they are then, most likely asleep */
        assert_int_equal(pthread_kill(threads[i % 2], SIGUSR1), 0);
        assert_int_equal(sem_wait(&handled), 0);
        nap(10);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(usctp_send(clients[i], "x", 1, 0), 1);
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(waiters[i].len, 1); /* they went on */
    }
    catch_signal(0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sem_init(&waiters[i].done, 0, 0), 0);
        assert_int_equal(pthread_create(&threads[i], NULL, wait_in_recv, &waiters[i]), 0);
        nap(50);
    }
    for (int i = 1; i >= 0; i--) { /* the one that follows first */
        while (sem_trywait(&waiters[i].done) != 0) {
            (void)pthread_kill(threads[i], SIGUSR1);
            nap(10);
        }
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(waiters[i].len, -1);
        assert_int_equal(waiters[i].error, EINTR);
    }
    (void)signal(SIGUSR1, SIG_DFL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(usctp_close(clients[i]), 0);
        assert_int_equal(usctp_close(servers[i]), 0);
    }
    assert_int_equal(usctp_close(listener), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* --- Many ------------------------------------------------------------------------------------- */

static int next_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static uint64_t memory_of(usctp_host *host)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    assert_int_equal(usctp_stack_stats(usctp_host_stack(host), &stats), 0);
    return stats.memory_bytes;
}

static void test_opened_and_closed_in_turn(void **state)
{
    enum { CNT = SANITIZED ? 1000 : 10000 };
    usctp_host *host = udp_host(0, 0);
    int first = next_fd();

    (void)state;
    for (int i = 0; i < CNT; i++) {
        int fd =
            usctp_host_socket(host, AF_INET, i % 2 ? SOCK_STREAM : SOCK_SEQPACKET, IPPROTO_SCTP);

        assert_int_equal(fd, first);
        assert_int_equal(usctp_close(fd), 0);
    }
    assert_int_equal(next_fd(), first);
    assert_int_equal(usctp_host_free(host), 0);
}

/* True if so many descriptors may be open at once. */
static bool allow_fds(rlim_t cnt)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < cnt) {
        limit.rlim_cur = limit.rlim_max < cnt ? limit.rlim_max : cnt;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur >= cnt;
}

static void test_many_at_once(void **state)
{
    enum { CNT = SANITIZED ? 500 : 5000 };
    static int fds[CNT];
    usctp_host *host;
    int first = next_fd();

    (void)state;
    if (!allow_fds(2 * CNT + 1000)) {
        printf("SKIPPED: this process may not open %d descriptors\n", 2 * CNT + 1000);
        skip();
    }
    host = udp_host(0, 0);
    for (int i = 0; i < CNT; i++) {
        fds[i] = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
        assert_true(fds[i] >= 0);
    }
    uint64_t bytes = memory_of(host);
    for (int i = 0; i < CNT;
         i += 2) { /* half by ourselves, in no particular order; the host has the rest */
        assert_int_equal(usctp_close(fds[i * 7 % CNT / 2 * 2]), 0);
        fds[i * 7 % CNT / 2 * 2] = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    }
    assert_int_equal(memory_of(host), bytes);
    assert_int_equal(usctp_host_free(host), 0);
    assert_int_equal(next_fd(), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_thread_waits_for_the_call_that_made_it), /* the first of all */
        cmocka_unit_test(test_two_hosts),
        cmocka_unit_test(test_one_host),
        cmocka_unit_test(test_one_socket),
        cmocka_unit_test(test_sockets_come_and_go),
        cmocka_unit_test(test_close_ends_waits),
        cmocka_unit_test(test_poll_beside_recv),
        cmocka_unit_test(test_quiet_host_shows_to_sleepers),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_opened_and_closed_in_turn),
        cmocka_unit_test(test_many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
