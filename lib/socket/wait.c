/* SPDX-License-Identifier: BSD-3-Clause */
/* How calls wait: one thread, the leader, sleeps in poll for all, without the lock; the others wait for
 * what it brings in, and one of them takes over when it leaves. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* ppoll, pipe2 */
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "socket/host.h"
#include "socket/hostfd.h"
#include "socket/wait.h"
#include "socket/watch.h"

enum {
    LIB_FD_LOW = 512 /* the library's descriptors stay out of the program's way, if they can */
};

/* A wait that nobody cuts short ends after this long all the same, so that a missed wake-up costs time
 * and no more. */
#define LONGEST_DUR USCTP__SEC

/* The same where a thread sleeps in usctp_poll beside a leader: it hears of descriptors, but not of
 * timers that other threads set. */
#define BESIDE_DUR  (100 * USCTP__MS)

/* --- Descriptors ------------------------------------------------------------------------------ */

static int open_pipe(int fds[2])
{
#if defined(__linux__)
    int failed = pipe2(fds, O_CLOEXEC);
#else
    int failed = pipe(fds);
#endif
    if (failed != 0) {
        return -errno;
    }
    for (int i = 0; i < 2; i++) {
        int high = fcntl(fds[i], F_DUPFD_CLOEXEC, LIB_FD_LOW);

        if (high >= 0) {
            close(fds[i]);
            fds[i] = high;
        }
        (void)fcntl(fds[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(fds[i], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

int usctp__wait_init(struct usctp_host *host)
{
    int err = open_pipe(host->wake);

    if (err != 0) {
        host->wake[0] = host->wake[1] = -1;
        return err;
    }
    if ((host->config.flags & USCTP_HOST_CHECK_POINTERS) != 0) {
        err = open_pipe(host->probe);
        if (err != 0) {
            host->probe[0] = host->probe[1] = -1;
        }
    }
    return err;
}

static void close_all(struct usctp_host *host)
{
    int fds[] = {host->wake[0],  host->wake[1],  host->probe[0],
                 host->probe[1], host->epoll_fd, host->timer_fd};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

void usctp__wait_destroy(struct usctp_host *host)
{
    close_all(host);
}

void usctp__wait_disown(struct usctp_host *host)
{
    close_all(host);
}

void usctp__wait_watch(struct usctp_host *host, usctp_driver *driver)
{
    usctp__hostfd_watch(host, driver);
    usctp__wait_wake(host);
}

void usctp__wait_wake(struct usctp_host *host)
{
    char byte = 0;

    if (host->leading) {
        (void)!write(host->wake[1], &byte, 1); /* a full pipe wakes as well */
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool wants_write(const struct usctp_host *host)
{
    for (size_t i = 0; i < host->driver_cnt; i++) {
        if (usctp_driver_wants_write(host->drivers[i])) {
            return true;
        }
    }
    return false;
}

void usctp__host_poke(struct usctp_host *host)
{
    uint64_t deadline_ts;

    if (!host->leading && host->timer_fd < 0) {
        return;
    }
    deadline_ts = usctp__host_deadline(host);
    if (host->leading &&
        (deadline_ts < host->sleep_until_ts || (!host->sleep_for_write && wants_write(host)))) {
        usctp__wait_wake(host);
    }
    if (host->timer_fd >= 0 && wants_write(host)) { /* its descriptor watches for input alone */
        deadline_ts = least(deadline_ts, usctp__host_now(host) + USCTP__MS);
    }
    usctp__hostfd_arm(host, deadline_ts);
}

size_t usctp__host_pollfds(const struct usctp_host *host, struct pollfd *fds, size_t max)
{
    size_t cnt = 0;

    for (size_t i = 0; i < host->driver_cnt; i++) {
        usctp_fd sockets[64];
        size_t n = usctp_driver_fds(host->drivers[i], sockets, 64);
        short out = usctp_driver_wants_write(host->drivers[i]) ? POLLOUT : 0;

        for (size_t k = 0; k < n && k < 64; k++, cnt++) {
            if (cnt < max) {
                fds[cnt].fd = (int)sockets[k];
                fds[cnt].events = (short)(POLLIN | out);
                fds[cnt].revents = 0;
            }
        }
    }
    if (usctp__watch_fd(host) >= 0 && cnt++ < max) {
        fds[cnt - 1].fd = usctp__watch_fd(host);
        fds[cnt - 1].events = POLLIN;
        fds[cnt - 1].revents = 0;
    }
    return cnt;
}

/* --- Signals ---------------------------------------------------------------------------------- */

#if defined(NSIG)
/* What a program does to itself does not wake it from a sleep. */
static bool is_fault(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL ||
           number == SIGABRT || number == SIGTRAP || number == SIGSYS;
}

static bool is_silent(const struct sigaction *action)
{
    return action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN ||
           (action->sa_flags & SA_RESTART) != 0;
}
#endif

/* A handler ran while we slept. The system restarts its own calls where the handler was set up with
 * SA_RESTART, and so do we if all that are set up ask for it: which one ran is not to be known. */
static bool must_tell(void)
{
#if defined(NSIG)
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;

        if (!is_fault(number) && sigaction(number, NULL, &action) == 0 && !is_silent(&action)) {
            return true;
        }
    }
    return false;
#else
    return true;
#endif
}

/* --- The leader ------------------------------------------------------------------------------- */

int usctp__wait_in_poll(struct pollfd *fds, size_t cnt, uint64_t dur)
{
#if defined(__linux__)
    struct timespec limit;

    limit.tv_sec = (time_t)(dur / USCTP__SEC);
    limit.tv_nsec = (long)(dur % USCTP__SEC);
    int got = ppoll(fds, cnt, dur == USCTP_NEVER ? NULL : &limit, NULL);
#else
    uint32_t ms = usctp__time_to_ms_up(dur);
    int got = poll(fds, (nfds_t)cnt, dur == USCTP_NEVER ? -1 : ms > INT_MAX ? INT_MAX : (int)ms);
#endif
    return got < 0 ? -errno : got;
}

static void empty_pipe(int fd)
{
    char bytes[64];

    while (read(fd, bytes, sizeof(bytes)) > 0) {
    }
}

void usctp__wait_begin(struct usctp_host *host, uint64_t until_ts, struct usctp__sleep *sleep)
{
    uint64_t now_ts = usctp__host_now(host);
    uint64_t wake_ts = least(until_ts, usctp__host_deadline(host));
    size_t cnt = usctp__host_pollfds(host, sleep->fds, USCTP__WAIT_FDS - 1);

    cnt = cnt < USCTP__WAIT_FDS - 1 ? cnt : USCTP__WAIT_FDS - 1;
    sleep->dur = usctp__time_sub(wake_ts, now_ts);
    sleep->leads = !host->leading;
    if (sleep->leads) {
        sleep->fds[cnt].fd = host->wake[0];
        sleep->fds[cnt].events = POLLIN;
        sleep->fds[cnt++].revents = 0;
        host->leading = true;
        host->sleep_until_ts = wake_ts;
        host->sleep_for_write = wants_write(host);
    }
    sleep->cnt = cnt;
    sleep->dur = least(sleep->dur, sleep->leads ? LONGEST_DUR : BESIDE_DUR);
}

void usctp__wait_end(struct usctp_host *host, struct usctp__sleep *sleep)
{
    if (sleep->leads) {
        host->leading = false;
        if (sleep->fds[sleep->cnt - 1].revents != 0) {
            empty_pipe(host->wake[0]);
        }
    }
}

static int lead(struct usctp_host *host, uint64_t until_ts)
{
    struct usctp__sleep sleep;

    usctp__wait_begin(host, until_ts, &sleep);
    usctp__host_unlock(host);
    int got = usctp__wait_in_poll(sleep.fds, sleep.cnt, sleep.dur);
    usctp__host_lock(host);
    usctp__wait_end(host, &sleep);
    usctp__host_drain(host);
    return got == -EINTR && must_tell() ? -EINTR : 0;
}

/* --- Those who follow ------------------------------------------------------------------------- */

/* A thread that waits for the leader, on its stack. A semaphore, since that ends with a signal as poll
 * does. */
struct follower {
    struct usctp__list link; /* host->followers */
    sem_t woken;
};

static void wake_one(struct usctp__list *link)
{
    (void)sem_post(&USCTP__CONTAINER_OF(link, struct follower, link)->woken);
}

void usctp__wait_wake_all(struct usctp_host *host)
{
    struct usctp__list *link;

    while ((link = usctp__list_pop_front(&host->followers)) != NULL) {
        wake_one(link);
    }
    usctp__wait_wake(host);
}

void usctp__wait_hand_over(struct usctp_host *host)
{
    struct usctp__list *link = host->leading ? NULL : usctp__list_pop_front(&host->followers);

    if (link != NULL) {
        wake_one(link);
    }
}

static int sleep_on(sem_t *sem, uint64_t dur)
{
#if defined(__APPLE__) /* which has no semaphores with a limit, nor such without a name */
    struct timespec span = {0, (long)least(dur, 10 * USCTP__MS)};

    (void)sem;
    return nanosleep(&span, NULL) != 0 ? -errno : 0;
#else
    struct timespec limit;

    clock_gettime(CLOCK_REALTIME, &limit);
    uint64_t ts = (uint64_t)limit.tv_sec * USCTP__SEC + (uint64_t)limit.tv_nsec + dur;
    limit.tv_sec = (time_t)(ts / USCTP__SEC);
    limit.tv_nsec = (long)(ts % USCTP__SEC);
    return sem_timedwait(sem, &limit) != 0 ? -errno : 0;
#endif
}

static int follow(struct usctp_host *host, uint64_t until_ts)
{
    uint64_t dur = least(usctp__time_sub(until_ts, usctp__host_now(host)), LONGEST_DUR);
    struct follower follower;

    (void)sem_init(&follower.woken, 0, 0);
    usctp__list_init_node(&follower.link);
    usctp__list_push_back(&host->followers, &follower.link);
    usctp__host_unlock(host);
    int err = sleep_on(&follower.woken, dur);
    usctp__host_lock(host);
    if (usctp__list_linked(&follower.link)) {
        usctp__list_remove(&follower.link);
    }
    (void)sem_destroy(&follower.woken);
    return err == -EINTR && must_tell() ? -EINTR : 0;
}

/* --- Waiting ---------------------------------------------------------------------------------- */

static int wait_callers_way(struct usctp_host *host, uint64_t until_ts)
{
    int (*wait)(void *ctx, uint64_t until_ts) = host->config.wait;
    uint64_t wake_ts = least(until_ts, usctp__host_deadline(host));

    usctp__host_unlock(host);
    int stopped = wait(host->config.wait_ctx, wake_ts);
    usctp__host_lock(host);
    usctp__host_drain(host);
    return stopped != 0 ? -EINTR : 0;
}

int usctp__host_wait(struct usctp_host *host, uint64_t until_ts)
{
    int err = 0;

    if (host->config.wait == NULL && host->lower != 0) {
        return -EAGAIN;
    }
    usctp__host_show(host);
    host->inside_cnt++;
    if (host->config.wait != NULL) {
        err = wait_callers_way(host, until_ts);
    } else if (host->leading) {
        err = follow(host, until_ts);
    } else {
        err = lead(host, until_ts);
    }
    host->inside_cnt--;
    return err;
}
