/* SPDX-License-Identifier: BSD-3-Clause */
/* The one descriptor of a host: on Linux an epoll descriptor over the UDP sockets and a timer. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "socket/hostfd.h"

#include <errno.h>

#include "socket/host.h"
#include "socket/watch.h"

#if defined(__linux__)
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/time.h"

static int add(int epoll_fd, int fd)
{
    struct epoll_event event;

    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN;
    event.data.fd = fd;
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static int add_driver(struct usctp_host *host, usctp_driver *driver)
{
    usctp_fd fds[64];
    size_t cnt = usctp_driver_fds(driver, fds, 64);
    int err = 0;

    for (size_t i = 0; i < cnt && i < 64 && err == 0; i++) {
        err = add(host->epoll_fd, (int)fds[i]);
    }
    return err;
}

static int make(struct usctp_host *host)
{
    int err = 0;

    host->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    host->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (host->epoll_fd < 0 || host->timer_fd < 0) {
        err = -errno;
    }
    if (err == 0) {
        err = add(host->epoll_fd, host->timer_fd);
    }
    for (size_t i = 0; i < host->driver_cnt && err == 0; i++) {
        err = add_driver(host, host->drivers[i]);
    }
    if (err == 0 && usctp__watch_fd(host) >= 0) {
        err = add(host->epoll_fd, usctp__watch_fd(host));
    }
    if (err != 0) {
        close(host->epoll_fd);
        close(host->timer_fd);
        host->epoll_fd = host->timer_fd = -1;
        return err;
    }
    host->timer_ts = USCTP_NEVER;
    usctp__hostfd_arm(host, usctp__host_deadline(host));
    return 0;
}

int usctp__hostfd_get(struct usctp_host *host)
{
    if (host->lower != 0) {
        return -EOPNOTSUPP;
    }
    if (host->epoll_fd < 0) {
        int err = make(host);

        if (err != 0) {
            return err;
        }
    }
    return host->epoll_fd;
}

void usctp__hostfd_watch(struct usctp_host *host, usctp_driver *driver)
{
    if (host->epoll_fd >= 0) {
        (void)add_driver(host, driver);
    }
}

void usctp__hostfd_watch_fd(struct usctp_host *host, int fd)
{
    if (host->epoll_fd >= 0 && fd >= 0) {
        (void)add(host->epoll_fd, fd);
    }
}

void usctp__hostfd_arm(struct usctp_host *host, uint64_t ts)
{
    struct itimerspec timer;

    if (host->timer_fd < 0 || ts == host->timer_ts) {
        return;
    }
    host->timer_ts = ts;
    memset(&timer, 0, sizeof(timer)); /* zero: never */
    if (ts != USCTP_NEVER) {
        uint64_t dur = usctp__time_sub(ts, usctp__host_now(host));

        timer.it_value.tv_sec = (time_t)(dur / USCTP__SEC);
        timer.it_value.tv_nsec = (long)(dur % USCTP__SEC) + (dur == 0 ? 1 : 0);
    }
    (void)timerfd_settime(host->timer_fd, 0, &timer, NULL);
}
#else
int usctp__hostfd_get(struct usctp_host *host)
{
    (void)host;
    return -EOPNOTSUPP;
}

void usctp__hostfd_watch(struct usctp_host *host, usctp_driver *driver)
{
    (void)host;
    (void)driver;
}

void usctp__hostfd_watch_fd(struct usctp_host *host, int fd)
{
    (void)host;
    (void)fd;
}

void usctp__hostfd_arm(struct usctp_host *host, uint64_t ts)
{
    (void)host;
    (void)ts;
}
#endif
