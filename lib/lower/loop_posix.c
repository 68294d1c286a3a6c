/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting with poll, and a pipe to itself that ends the wait. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* ppoll, pipe2 */
#endif
#include "lower/poll.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

struct usctp__poller {
    struct pollfd *fds; /* the first is the pipe's reading end */
    size_t cap;         /* elements of fds */
    int pipe[2];        /* to read from, to write to */
};

static int open_pipe(int fds[2])
{
#if defined(__linux__)
    return pipe2(fds, O_CLOEXEC | O_NONBLOCK);
#else
    if (pipe(fds) != 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) != 0 || fcntl(fds[i], F_SETFL, O_NONBLOCK) != 0) {
            close(fds[0]);
            close(fds[1]);
            return -1;
        }
    }
    return 0;
#endif
}

int usctp__poller_new(struct usctp__poller **poller)
{
    struct usctp__poller *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return USCTP_ENOMEM;
    }
    if (open_pipe(made->pipe) != 0) {
        free(made);
        return USCTP_EIO;
    }
    *poller = made;
    return 0;
}

void usctp__poller_free(struct usctp__poller *poller)
{
    close(poller->pipe[0]);
    close(poller->pipe[1]);
    free(poller->fds);
    free(poller);
}

/* Room for the pipe and `cnt` items. */
static bool reserve(struct usctp__poller *poller, size_t cnt)
{
    if (poller->cap > cnt) {
        return true;
    }
    size_t cap = 2 * cnt + 8;
    struct pollfd *fds = realloc(poller->fds, cap * sizeof(*fds));
    if (fds == NULL) {
        return false;
    }
    poller->fds = fds;
    poller->cap = cap;
    return true;
}

/* Never returns before the time is over; ppoll has the precision, poll rounds up. */
static int wait_for(struct pollfd *fds, nfds_t cnt, uint64_t max_dur)
{
#if defined(__linux__)
    struct timespec limit;

    limit.tv_sec = (time_t)(max_dur / USCTP__SEC);
    limit.tv_nsec = (long)(max_dur % USCTP__SEC);
    return ppoll(fds, cnt, max_dur == USCTP_NEVER ? NULL : &limit, NULL);
#else
    uint32_t ms = usctp__time_to_ms_up(max_dur);

    return poll(fds, cnt, max_dur == USCTP_NEVER ? -1 : ms > INT_MAX ? INT_MAX : (int)ms);
#endif
}

static int ready_flags(const struct pollfd *fd, int wanted)
{
    int ready = 0;

    if ((fd->revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        return wanted;
    }
    ready |= (fd->revents & POLLIN) != 0 ? USCTP_WATCH_READ : 0;
    ready |= (fd->revents & POLLOUT) != 0 ? USCTP_WATCH_WRITE : 0;
    return ready & wanted;
}

static void drain(int fd)
{
    char bytes[64];

    while (read(fd, bytes, sizeof(bytes)) > 0) {
    }
}

int usctp__poller_wait(struct usctp__poller *poller, struct usctp__poll_item *items, size_t cnt,
                       uint64_t max_dur)
{
    if (!reserve(poller, cnt)) {
        return USCTP_ENOMEM;
    }
    struct pollfd *fds = poller->fds;
    fds[0].fd = poller->pipe[0];
    fds[0].events = POLLIN;
    fds[0].revents = 0;
    for (size_t i = 0; i < cnt; i++) {
        int wanted = items[i].wanted;

        fds[i + 1].fd = (int)items[i].fd;
        fds[i + 1].events = (short)(((wanted & USCTP_WATCH_READ) != 0 ? POLLIN : 0) |
                                    ((wanted & USCTP_WATCH_WRITE) != 0 ? POLLOUT : 0));
        fds[i + 1].revents = 0;
        items[i].ready = 0;
    }
    int got = wait_for(fds, (nfds_t)(cnt + 1), max_dur);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN ? 0 : USCTP_EIO;
    }
    for (size_t i = 0; i < cnt; i++) {
        items[i].ready = ready_flags(&fds[i + 1], items[i].wanted);
    }
    if (fds[0].revents != 0) {
        drain(poller->pipe[0]);
    }
    return 0;
}

void usctp__poller_wake(struct usctp__poller *poller)
{
    int error = errno; /* A signal handler must leave it as it was. */
    char byte = 0;

    while (write(poller->pipe[1], &byte, 1) < 0 && errno == EINTR) {
    }
    errno = error; /* A full pipe wakes as well. */
}
