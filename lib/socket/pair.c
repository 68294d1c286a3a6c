/* SPDX-License-Identifier: BSD-3-Clause */
/* The descriptor of a socket and its readiness. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SOCK_CLOEXEC */
#endif
#include "socket/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FILLER_LEN = 1200, /* fills the smallest send buffer that systems give */
    LIB_FD_LOW = 512,  /* the library's ends stay out of the program's way, if they can */
    MAX_BYTES = 200    /* bytes that lie in the pair at most: so many there is room for */
};

#if defined(__linux__)
enum { FILL_ONCE = 1 };
#else
enum { FILL_ONCE = 0 };
#endif

void usctp__pair_init(struct usctp__pair *pair)
{
    pair->app = -1;
    pair->lib = -1;
    pair->shown = 0;
    pair->bytes = 0;
    pair->hung = false;
}

static int set_flags(int fd, int flags)
{
    int status = fcntl(fd, F_GETFL);

    if (status < 0 || fcntl(fd, F_SETFL, status | flags) < 0) {
        return -errno;
    }
    return 0;
}

/* The program's low numbers are not for the library. */
static int move_up(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, LIB_FD_LOW);

    if (moved < 0) { /* There are not so many numbers. */
        return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : fd;
    }
    close(fd);
    return moved;
}

/* Linux calls a socket writable only while a quarter of its send buffer is in use: once is enough there. */
static void fill(struct usctp__pair *pair)
{
    static const char filler[FILLER_LEN];
    ssize_t sent;

    do {
        sent = send(pair->app, filler, sizeof(filler), MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (!FILL_ONCE && sent > 0);
}

/* Takes the filler out. */
static void drain(struct usctp__pair *pair)
{
    char bytes[2 * FILLER_LEN];

    while (recv(pair->lib, bytes, sizeof(bytes), MSG_DONTWAIT) == sizeof(bytes)) {
    }
}

/* Takes the bytes out that made the program's end readable: all at once. */
static void take_bytes(struct usctp__pair *pair)
{
    char bytes[MAX_BYTES + 1];

    (void)!recv(pair->app, bytes, sizeof(bytes), MSG_DONTWAIT);
    pair->bytes = 0;
}

static int open_pair(int fds[2])
{
#if defined(SOCK_CLOEXEC)
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0 ? -errno : 0;
#else
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) {
        return -errno;
    }
    (void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

int usctp__pair_open(struct usctp__pair *pair, int flags)
{
    int fds[2], small = 1;
    int err = open_pair(fds);

    if (err != 0) {
        return err;
    }
    fds[1] = move_up(fds[1]);
    if (fds[1] < 0 || setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) != 0) {
        err = -errno;
    }
    if (err == 0 && (flags & SOCK_NONBLOCK) != 0) {
        err = set_flags(fds[0], O_NONBLOCK);
    }
    if (err == 0 && (flags & SOCK_CLOEXEC) == 0 && fcntl(fds[0], F_SETFD, 0) < 0) {
        err = -errno;
    }
    if (err != 0) {
        close(fds[0]);
        close(fds[1]);
        return err;
    }
    pair->app = fds[0];
    pair->lib = fds[1];
    pair->shown = 0;
    pair->bytes = 0;
    pair->hung = false;
    fill(pair);
    return 0;
}

void usctp__pair_close(struct usctp__pair *pair)
{
    if (pair->lib >= 0) {
        close(pair->lib);
    }
    usctp__pair_init(pair);
}

int usctp__pair_renew(struct usctp__pair *pair, const int *apps, size_t cnt)
{
    struct usctp__pair fresh;
    int status = fcntl(pair->app, F_GETFL);
    int err = usctp__pair_open(&fresh, status >= 0 && (status & O_NONBLOCK) ? SOCK_NONBLOCK : 0);

    if (err != 0) {
        return err;
    }
    for (size_t i = 0; i < cnt; i++) {
        int flags = fcntl(apps[i], F_GETFD);

        (void)dup2(fresh.app, apps[i]);
        (void)fcntl(apps[i], F_SETFD, flags);
    }
    close(fresh.app);
    close(pair->lib);
    fresh.app = pair->app;
    *pair = fresh;
    return 0;
}

static void show_byte(struct usctp__pair *pair)
{
    char byte = 0;

    if (pair->bytes ==
        MAX_BYTES) { /* who never reads to the end hears of every batch all the same */
        take_bytes(pair);
    }
    if (send(pair->lib, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1) {
        pair->bytes++;
    }
}

static void show_in(struct usctp__pair *pair, bool in, bool edge)
{
    bool shown = pair->bytes > 0;

    if (in && (!shown || edge)) {
        show_byte(pair);
    } else if (!in && shown) {
        take_bytes(pair);
    }
}

static void show_out(struct usctp__pair *pair, bool out)
{
    bool shown = (pair->shown & USCTP__READY_OUT) != 0;

    if (out && !shown) {
        drain(pair);
    } else if (!out && shown) {
        fill(pair);
    }
}

/* What is shut down cannot be opened again: a socket that connects once more needs another pair. */
static void show_end(struct usctp__pair *pair, unsigned ready)
{
    unsigned more = ready & ~pair->shown;

    pair->hung = pair->hung || (more & (USCTP__READY_HUP | USCTP__READY_RDHUP)) != 0;
    if ((more & USCTP__READY_HUP) != 0) {
        shutdown(pair->lib, SHUT_RDWR);
    } else if ((more & USCTP__READY_RDHUP) != 0) {
        shutdown(pair->lib, SHUT_WR);
    }
}

void usctp__pair_show(struct usctp__pair *pair, unsigned ready, bool edge)
{
    if (pair->lib < 0) {
        return;
    }
    if ((ready & USCTP__READY_ERR) != 0) { /* select takes an error for room too */
        ready |= USCTP__READY_IN | USCTP__READY_OUT | USCTP__READY_RDHUP | USCTP__READY_HUP;
    }
    show_in(pair, (ready & USCTP__READY_IN) != 0, edge);
    if (ready != pair->shown) {
        show_out(pair, (ready & USCTP__READY_OUT) != 0);
        show_end(pair, ready);
        pair->shown = ready;
    }
}
