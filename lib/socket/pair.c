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
    LIB_FD_LOW =
        512, /* the library's ends stay out of the program's way, from here on if they can */
    MAX_BYTES =
        200 /* bytes that lie in the pair at most: enough for every edge until one is read */
};

void usctp__pair_init(struct usctp__pair *pair)
{
    pair->app = -1;
    pair->lib = -1;
    pair->shown = 0;
    pair->bytes = 0;
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

static void fill(struct usctp__pair *pair)
{
    static const char filler[FILLER_LEN];

    while (send(pair->app, filler, sizeof(filler), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
}

static void empty(int fd)
{
    char bytes[2 * FILLER_LEN];

    while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
}

int usctp__pair_open(struct usctp__pair *pair, int flags)
{
    int fds[2], small = 1, err = 0;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) {
        return -errno;
    }
    fds[1] = move_up(fds[1]);
    if (fds[1] < 0 || setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) != 0) {
        err = -errno;
    }
    if (err == 0 && (flags & SOCK_NONBLOCK) != 0) {
        err = set_flags(fds[0], O_NONBLOCK);
    }
    if (err == 0 && (flags & SOCK_CLOEXEC) != 0 && fcntl(fds[0], F_SETFD, FD_CLOEXEC) < 0) {
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

static void show_byte(struct usctp__pair *pair)
{
    char byte = 0;

    if (pair->bytes < MAX_BYTES && send(pair->lib, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1) {
        pair->bytes++;
    }
}

static void show_in(struct usctp__pair *pair, bool in, bool edge)
{
    bool shown = pair->bytes > 0;

    if (in && (!shown || edge)) {
        show_byte(pair);
    } else if (!in && shown) {
        empty(pair->app);
        pair->bytes = 0;
    }
}

static void show_out(struct usctp__pair *pair, bool out)
{
    bool shown = (pair->shown & USCTP__READY_OUT) != 0;

    if (out && !shown) {
        empty(pair->lib);
    } else if (!out && shown) {
        fill(pair);
    }
}

/* What is shut down cannot be opened again: a socket that connects once more shows the end of its first
 * life for ever, as far as poll goes. */
static void show_end(struct usctp__pair *pair, unsigned ready)
{
    unsigned more = ready & ~pair->shown;

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
    if ((ready & USCTP__READY_ERR) != 0) {
        ready |= USCTP__READY_IN | USCTP__READY_RDHUP | USCTP__READY_HUP;
    }
    show_in(pair, (ready & USCTP__READY_IN) != 0, edge);
    if (ready != pair->shown) {
        show_out(pair, (ready & USCTP__READY_OUT) != 0);
        show_end(pair, ready);
        pair->shown = ready;
    }
}
