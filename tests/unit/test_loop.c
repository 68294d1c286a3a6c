/* SPDX-License-Identifier: BSD-3-Clause */
/* The poll loop: timers, watches, stopping, descriptors. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* sigaction */
#endif
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <usctp/driver.h>

#include "lower/driver.h"
#include "lower/poll.h"
#include "common/test_crypto.h"

static usctp_loop *current; /* for the signal handler */
static struct test_crypto crypto;
static uint32_t loop_flags; /* of all loops made */

static int make_loop(usctp_loop **loop, const char *address, uint16_t port, char *error, size_t len)
{
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_addr addr;

    stack.memory = usctp_memory_system();
    stack.crypto = test_crypto_init(&crypto, 5);
    stack.clock = usctp_clock_system;
    assert_int_equal(usctp_addr_parse(&addr, address), 0);
    config.stack = &stack;
    config.addrs = &addr;
    config.addr_cnt = 1;
    config.udp_port = port;
    config.flags = loop_flags;
    config.error_text = error;
    config.error_text_len = len;
    return usctp_loop_new(&config, loop);
}

static usctp_loop *new_loop(void)
{
    usctp_loop *loop;

    assert_int_equal(make_loop(&loop, "127.0.0.1", 0, NULL, 0), 0);
    return loop;
}

static size_t open_fds(void)
{
    size_t cnt = 0;

    for (int fd = 3; fd < 256; fd++) {
        cnt += fcntl(fd, F_GETFD) >= 0;
    }
    return cnt;
}

/* --- Life ------------------------------------------------------------------------------------- */

static void test_life(void **state)
{
    char error[100], expected[100];
    usctp_loop *loop, *other;

    (void)state;
    size_t before = open_fds();
    bool inherited[256];
    for (int fd = 3; fd < 256; fd++) {
        inherited[fd] = fcntl(fd, F_GETFD) >= 0;
    }
    loop = new_loop();
    assert_non_null(usctp_loop_stack(loop));
    uint16_t port = usctp_driver_port(usctp_loop_driver(loop));
    assert_int_not_equal(port, 0);
    for (int fd = 3; fd < 256; fd++) {
        int flags = fcntl(fd, F_GETFD);
        assert_true(flags < 0 || inherited[fd] || (flags & FD_CLOEXEC) != 0);
    }
    size_t with_one = open_fds();
    assert_int_equal(make_loop(&other, "127.0.0.1", port, error, sizeof(error)), USCTP_EADDRINUSE);
    assert_null(other);
    snprintf(expected, sizeof(expected), "UDP port %u is in use on 127.0.0.1", port);
    assert_memory_equal(error, expected, strlen(expected));
    assert_int_equal(open_fds(), with_one);
    usctp_loop_free(loop);
    assert_int_equal(open_fds(), before);
    usctp_loop_free(NULL);
}

static void test_bad_config(void **state)
{
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    char error[100] = "";
    usctp_loop *loop;

    (void)state;
    size_t before = open_fds();
    assert_int_equal(usctp_loop_new(NULL, &loop), USCTP_EINVAL);
    config.error_text = error;
    config.error_text_len = sizeof(error);
    config.flags = 1u << 31;
    assert_int_equal(usctp_loop_new(&config, &loop), USCTP_EINVAL);
    config.flags = 0;
    config.stack = &stack; /* Without memory. */
    assert_int_equal(usctp_loop_new(&config, &loop), USCTP_EINVAL);
    assert_memory_equal(error, "cannot make the stack", 21);
    config.size = 0;
    assert_int_equal(usctp_loop_new(&config, &loop), USCTP_ESIZE);
    assert_null(loop);
    assert_int_equal(open_fds(), before);
}

/* Without a stack's configuration the system's parts are taken. */
static void test_system_config(void **state)
{
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    usctp_loop *loop;
    char error[100] = "";

    (void)state;
    config.error_text = error;
    config.error_text_len = sizeof(error);
    int err = usctp_loop_new(&config, &loop);
    if (usctp_crypto_system() == NULL) {
        assert_int_equal(err, USCTP_ECRYPTO);
        assert_memory_equal(error, "the library was built without", 29);
        return;
    }
    assert_int_equal(err, 0);
    assert_int_equal(usctp_loop_once(loop, 0), 0);
    usctp_loop_free(loop);
}

static void test_second_driver(void **state)
{
    struct usctp_driver_config config = USCTP_DRIVER_CONFIG_INIT;
    struct usctp_addr addr;
    usctp_driver *driver;
    usctp_loop *loop = new_loop(), *other = new_loop();

    (void)state;
    size_t before = open_fds();
    assert_int_equal(usctp_addr_parse(&addr, "127.0.0.2"), 0);
    config.addrs = &addr;
    config.addr_cnt = 1;
    assert_int_equal(usctp_udp_open(usctp_loop_stack(loop), &config, &driver), 0);
    assert_int_equal(usctp_loop_add(other, driver), USCTP_EINVAL);
    assert_int_equal(usctp_loop_add(loop, NULL), USCTP_EINVAL);
    assert_int_equal(usctp_loop_add(loop, driver), 0);
    assert_int_equal(usctp_loop_once(loop, 0), 0);
    usctp_loop_free(loop);
    assert_true(open_fds() < before);
    usctp_loop_free(other);
}

/* A socket that is blocked below, where poll does not see it, is tried again after a while. */
static void test_congested(void **state)
{
    usctp_loop *loop = new_loop();
    usctp_driver *driver = usctp_loop_driver(loop);
    uint64_t start_ts = usctp_clock_system(NULL);

    (void)state;
    driver->sockets[0].blocked = true;
    driver->sockets[0].congested = true;
    assert_int_equal(usctp_driver_wants_write(driver), 1);
    assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
    assert_true(usctp_clock_system(NULL) - start_ts >= USCTP_MS(1));
    assert_int_equal(usctp_driver_wants_write(driver), 0);
    assert_false(driver->sockets[0].congested);
    usctp_loop_free(loop);
}

/* A socket that is blocked by itself is tried again when it is writable, which it is. */
static void test_blocked(void **state)
{
    usctp_loop *loop = new_loop();
    usctp_driver *driver = usctp_loop_driver(loop);

    (void)state;
    driver->sockets[0].blocked = true;
    assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
    assert_int_equal(usctp_driver_wants_write(driver), 0);
    usctp_loop_free(loop);
}

/* --- Timers ----------------------------------------------------------------------------------- */

struct tick {
    usctp_loop *loop;
    uint64_t due_ts;
    int cnt;
    int order; /* what the shared counter was when it was called */
    int *counter;
    int again; /* sets itself again so often */
    uint64_t period;
};

static void on_tick(void *user)
{
    struct tick *tick = user;

    assert_true(usctp_clock_system(NULL) >= tick->due_ts);
    tick->cnt++;
    tick->order = ++*tick->counter;
    if (tick->again > 0) {
        tick->again--;
        tick->due_ts += tick->period;
        assert_int_equal(usctp_loop_at(tick->loop, tick->due_ts, on_tick, tick), 0);
    }
}

static void test_timers(void **state)
{
    enum { CNT = 20 };
    struct tick ticks[CNT];
    int counter = 0;
    usctp_loop *loop = new_loop();
    uint64_t start_ts = usctp_clock_system(NULL);

    (void)state;
    memset(ticks, 0, sizeof(ticks));
    for (int i = 0; i < CNT; i++) {
        ticks[i].loop = loop;
        ticks[i].counter = &counter;
        ticks[i].due_ts = start_ts + USCTP_MS(1 + (i * 7) % CNT);
        assert_int_equal(usctp_loop_at(loop, ticks[i].due_ts, on_tick, &ticks[i]), 0);
    }
    assert_int_equal(usctp_loop_at(loop, USCTP_NEVER, on_tick, &ticks[3]), 0);
    ticks[4].due_ts = start_ts;
    assert_int_equal(usctp_loop_at(loop, start_ts, on_tick, &ticks[4]), 0);
    ticks[5].due_ts = start_ts + USCTP_MS(40);
    assert_int_equal(usctp_loop_at(loop, ticks[5].due_ts, on_tick, &ticks[5]), 0);
    while (counter < CNT - 1) {
        assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
    }
    for (int i = 0; i < CNT; i++) {
        assert_int_equal(ticks[i].cnt, i != 3);
        for (int k = 0; k < CNT; k++) {
            if (i != 3 && k != 3 && ticks[i].due_ts < ticks[k].due_ts) {
                assert_true(ticks[i].order < ticks[k].order);
            }
        }
    }
    assert_int_equal(usctp_loop_once(loop, 0), 0);
    assert_int_equal(counter, CNT - 1);
    usctp_loop_free(loop);
}

/* A timer that sets itself to the past does not hold the loop. */
static void test_timer_sets_itself(void **state)
{
    int counter = 0;
    usctp_loop *loop = new_loop();
    struct tick tick = {loop, 0, 0, 0, &counter, 1000000, 0};

    (void)state;
    assert_int_equal(usctp_loop_at(loop, 0, on_tick, &tick), 0);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
        assert_int_equal(tick.cnt, i);
    }
    usctp_loop_free(loop);
}

static void test_wait_ends(void **state)
{
    usctp_loop *loop = new_loop();
    uint64_t start_ts = usctp_clock_system(NULL);

    (void)state;
    assert_int_equal(usctp_loop_once(loop, USCTP_MS(5)), 0);
    assert_true(usctp_clock_system(NULL) - start_ts >= USCTP_MS(5));
    usctp_loop_free(loop);
}

/* --- Watches ---------------------------------------------------------------------------------- */

struct watched {
    usctp_loop *loop;
    int cnt;
    int ready; /* of the last call */
    int end;   /* ends itself */
    int other; /* ends the watch of this descriptor, if not -1 */
};

static void on_ready(void *user, usctp_fd fd, int ready)
{
    struct watched *watched = user;

    watched->cnt++;
    watched->ready = ready;
    if (watched->end) {
        assert_int_equal(usctp_loop_watch(watched->loop, fd, 0, NULL, NULL), 0);
    }
    if (watched->other >= 0) {
        assert_int_equal(usctp_loop_watch(watched->loop, watched->other, 0, NULL, NULL), 0);
    }
}

static void test_watch(void **state)
{
    usctp_loop *loop = new_loop();
    struct watched in = {loop, 0, 0, 0, -1}, out = {loop, 0, 0, 1, -1};
    char byte;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(usctp_loop_watch(loop, fds[0], USCTP_WATCH_READ, on_ready, &in), 0);
    assert_int_equal(usctp_loop_once(loop, 0), 0);
    assert_int_equal(in.cnt, 0);
    assert_int_equal(usctp_loop_watch(loop, fds[1], USCTP_WATCH_WRITE, on_ready, &out), 0);
    assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
    assert_int_equal(out.cnt, 1);
    assert_int_equal(out.ready, USCTP_WATCH_WRITE);
    assert_int_equal(usctp_loop_once(loop, 0), 0);
    assert_int_equal(out.cnt, 1); /* It has ended itself. */

    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
    assert_int_equal(in.cnt, 1);
    assert_int_equal(in.ready, USCTP_WATCH_READ);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    close(fds[1]);
    assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0); /* The end of the pipe is readable. */
    assert_int_equal(in.cnt, 2);
    assert_int_equal(usctp_loop_watch(loop, fds[0], 0, NULL, NULL), 0);
    assert_int_equal(usctp_loop_watch(loop, fds[0], 0, NULL, NULL), 0);
    assert_int_equal(usctp_loop_once(loop, 0), 0);
    assert_int_equal(in.cnt, 2);
    close(fds[0]);

    assert_int_equal(usctp_loop_watch(loop, -1, USCTP_WATCH_READ, on_ready, &in), USCTP_EINVAL);
    assert_int_equal(usctp_loop_watch(loop, 0, 8, on_ready, &in), USCTP_EINVAL);
    assert_int_equal(usctp_loop_watch(loop, 0, USCTP_WATCH_READ, NULL, &in), USCTP_EINVAL);
    usctp_loop_free(loop);
}

/* A watch that was ended by another one in the same round is not called any more. */
static void test_watch_ended_by_another(void **state)
{
    usctp_loop *loop = new_loop();
    struct watched first = {loop, 0, 0, 0, -1}, second = {loop, 0, 0, 0, -1};
    int a[2], b[2];

    (void)state;
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    first.other = b[0];
    second.other = a[0];
    assert_int_equal(write(a[1], "x", 1), 1);
    assert_int_equal(write(b[1], "x", 1), 1);
    assert_int_equal(usctp_loop_watch(loop, a[0], USCTP_WATCH_READ, on_ready, &first), 0);
    assert_int_equal(usctp_loop_watch(loop, b[0], USCTP_WATCH_READ, on_ready, &second), 0);
    assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
    assert_int_equal(first.cnt + second.cnt, 1);
    usctp_loop_free(loop);
    close(a[0]);
    close(a[1]);
    close(b[0]);
    close(b[1]);
}

/* --- Stopping --------------------------------------------------------------------------------- */

static void stop_current(void *user)
{
    (void)user;
    usctp_loop_stop(current);
}

static void on_signal(int number)
{
    (void)number;
    usctp_loop_stop(current);
}

static void test_stop(void **state)
{
    usctp_loop *loop = current = new_loop();

    (void)state;
    usctp_loop_stop(loop); /* Before it runs. */
    assert_int_equal(usctp_loop_run(loop), 0);
    assert_int_equal(usctp_loop_at(loop, 0, stop_current, NULL), 0);
    assert_int_equal(usctp_loop_run(loop), 0);
    assert_int_equal(usctp_loop_at(loop, 0, stop_current, NULL), 0);
    assert_int_equal(usctp_loop_run(loop), 0); /* It can run again. */
    usctp_loop_free(loop);
}

/* A signal wakes the loop, also with a handler that asks for interrupted calls to be repeated. */
static void test_stop_from_signal(void **state)
{
    static const int flags[] = {0, SA_RESTART};
    struct sigaction action;

    (void)state;
    for (int i = 0; i < 2; i++) {
        current = new_loop();
        memset(&action, 0, sizeof(action));
        action.sa_handler = on_signal;
        action.sa_flags = flags[i];
        assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
        alarm(1);
        assert_int_equal(usctp_loop_run(current), 0);
        usctp_loop_free(current);
    }
}

static void *stop_other(void *loop)
{
    usctp_loop_stop(loop);
    return NULL;
}

/* Another thread ends the wait, be it just before or just after it has begun. */
static void test_stop_from_thread(void **state)
{
    usctp_loop *loop = new_loop();

    (void)state;
    for (int i = 0; i < 200; i++) {
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, stop_other, loop), 0);
        assert_int_equal(usctp_loop_run(loop), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    usctp_loop_free(loop);
}

static int nested_result;

static void run_nested(void *user)
{
    usctp_loop *loop = user;

    nested_result = usctp_loop_once(loop, 0);
    assert_int_equal(usctp_loop_run(loop), USCTP_EBUSY);
    usctp_loop_free(loop); /* Does nothing here. */
    usctp_loop_stop(loop);
}

static void test_not_nested(void **state)
{
    usctp_loop *loop = new_loop();

    (void)state;
    assert_int_equal(usctp_loop_at(loop, 0, run_nested, loop), 0);
    assert_int_equal(usctp_loop_run(loop), 0);
    assert_int_equal(nested_result, USCTP_EBUSY);
    usctp_loop_free(loop);
}

/* However often it is woken, one wait ends and the next one does not. */
static void test_poller(void **state)
{
    struct usctp__poller *poller;
    struct usctp__poll_item item = {0, USCTP_WATCH_READ, -1};
    int fds[2];

    (void)state;
    assert_int_equal(usctp__poller_new(&poller), 0);
    for (int i = 0; i < 100000; i++) {
        usctp__poller_wake(poller); /* More than a pipe holds. */
    }
    assert_int_equal(pipe(fds), 0);
    item.fd = fds[0];
    assert_int_equal(usctp__poller_wait(poller, &item, 1, USCTP_NEVER), 0);
    assert_int_equal(item.ready, 0);
    uint64_t start_ts = usctp_clock_system(NULL);
    assert_int_equal(usctp__poller_wait(poller, &item, 1, USCTP_MS(3)), 0);
    assert_true(usctp_clock_system(NULL) - start_ts >= USCTP_MS(3));
    usctp__poller_free(poller);
    close(fds[0]);
    close(fds[1]);
}

/* --- Sleeping in the read --------------------------------------------------------------------- */

#if defined(__linux__)
static const struct usctp__socket *socket_of(usctp_loop *loop)
{
    return usctp__driver_socket(usctp_loop_driver(loop), 0);
}

/* A lone socket is read by who sleeps in it; times stay exact, and with something else to wait for the poller
 * does it. */
static void test_sleeps_in_the_read(void **state)
{
    struct watched watched = {NULL, 0, 0, 0, -1};
    usctp_loop *loop = watched.loop = new_loop();
    uint64_t start_ts = usctp_clock_system(NULL);
    int fds[2];

    (void)state;
    assert_false(socket_of(loop)->blocking);
    assert_int_equal(usctp_loop_once(loop, USCTP_MS(70)), 0);
    assert_true(usctp_clock_system(NULL) - start_ts >= USCTP_MS(70));
    assert_true(socket_of(loop)->blocking);
    assert_int_equal(socket_of(loop)->sleep_ms, 32);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "", 1), 1);
    assert_int_equal(usctp_loop_watch(loop, fds[0], USCTP_WATCH_READ, on_ready, &watched), 0);
    assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
    assert_int_equal(watched.cnt, 1);
    usctp_loop_free(loop);
    close(fds[0]);
    close(fds[1]);
}

static void on_lost(void *user, const struct usctp_event *event)
{
    int *lost = user;

    *lost |= event->type == USCTP_EVENT_LOST;
}

/* Nobody is at the port: ICMP says so while the loop sleeps. */
static void test_error_ends_sleep(void **state)
{
    struct usctp_endpoint_config endpoint_config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer;
    usctp_loop *other = new_loop();
    usctp_loop *loop;
    usctp_endpoint *endpoint;
    usctp_assoc *assoc;
    int lost = 0;

    (void)state;
    memset(&peer, 0, sizeof(peer));
    assert_int_equal(usctp_addr_parse(&peer.addr, "127.0.0.1"), 0);
    peer.udp_port = usctp_driver_port(usctp_loop_driver(other));
    usctp_loop_free(other); /* The port was somebody's a moment ago. */
    loop = new_loop();
    endpoint_config.on_event = on_lost;
    endpoint_config.user = &lost;
    assert_int_equal(usctp_endpoint_new(usctp_loop_stack(loop), &endpoint_config, &endpoint), 0);
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = 5001;
    assert_int_equal(usctp_endpoint_connect(endpoint, &connect, &assoc), 0);
    while (!lost) {
        assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
    }
    assert_true(socket_of(loop)->blocking);
    usctp_loop_free(loop);
}

/* What wakes the loop is not counted as something a peer sent. */
static void test_nudge_is_no_packet(void **state)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;
    usctp_loop *loop = new_loop();

    (void)state;
    usctp_loop_stop(loop);
    assert_int_equal(usctp_loop_once(loop, USCTP_NEVER), 0);
    assert_int_equal(usctp_driver_process(usctp_loop_driver(loop), usctp_clock_system(NULL)), 0);
    assert_int_equal(usctp_stack_stats(usctp_loop_stack(loop), &stats), 0);
    assert_int_equal(stats.in_sctp_packs, 0);
    usctp_loop_free(loop);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_bad_config),
        cmocka_unit_test(test_system_config),
        cmocka_unit_test(test_second_driver),
        cmocka_unit_test(test_congested),
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_timer_sets_itself),
        cmocka_unit_test(test_wait_ends),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_watch_ended_by_another),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_from_signal),
        cmocka_unit_test(test_stop_from_thread),
        cmocka_unit_test(test_not_nested),
        cmocka_unit_test(test_poller),
#if defined(__linux__)
        cmocka_unit_test(test_sleeps_in_the_read),
        cmocka_unit_test(test_error_ends_sleep),
        cmocka_unit_test(test_nudge_is_no_packet),
#endif
    };

    int failed = cmocka_run_group_tests_name("loop", tests, NULL, NULL);

    /* All but what measures how long it slept. */
    const struct CMUnitTest spinning_tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_second_driver),
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_watch_ended_by_another),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_from_signal),
        cmocka_unit_test(test_stop_from_thread),
        cmocka_unit_test(test_not_nested),
    };

    loop_flags = USCTP_LOOP_BUSY_POLL;
    return failed +
           cmocka_run_group_tests_name("loop that never sleeps", spinning_tests, NULL, NULL);
}
