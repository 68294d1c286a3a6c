/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls on descriptors as such. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* F_DUPFD_CLOEXEC */
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "socket/call.h"
#include "socket/pointer.h"
#include "socket/rxq.h"

/* --- More descriptors ------------------------------------------------------------------------- */

/* Enters a descriptor that the system has just made of one that may be ours. Returns it, or -ENOMEM: it is
 * closed again. The table's lock is held, and the host's of the socket. */
static int enter_copy(struct usctp__sock *sock, int copy)
{
    if (!usctp__table_add(copy, sock)) {
        close(copy);
        return -ENOMEM;
    }
    return copy;
}

/* The socket of a descriptor, with its host's lock taken; the table's is held. NULL: none of ours. *err:
 * -EBADF for one of a parent process. */
static struct usctp__sock *lock_sock(int fd, int *err)
{
    bool orphan;
    struct usctp__sock *sock = usctp__table_find(fd, &orphan);

    *err = orphan ? -EBADF : 0;
    if (sock != NULL) {
        usctp__host_lock(sock->host);
    }
    return sock;
}

/* F_DUPFD and F_DUPFD_CLOEXEC. */
static int copy_above(int fd, int command, int lowest)
{
    int err;

    usctp__table_lock();
    struct usctp__sock *sock = lock_sock(fd, &err);
    if (err == 0) {
        err = fcntl(fd, command, lowest);
        err = err < 0 ? -errno : err;
    }
    if (sock != NULL) {
        err = err >= 0 ? enter_copy(sock, err) : err;
        usctp__leave(sock);
    } else if (err >= 0) {
        usctp__table_drop(err); /* a number that was ours once, closed behind our back */
    }
    usctp__table_unlock();
    return err;
}

int usctp_dup(int fd)
{
    return (int)usctp__result(copy_above(fd, F_DUPFD, 0));
}

/* `to` is closed by the system in the same moment, whosever it was. */
static int copy_to(int fd, int to)
{
    int err;
    struct usctp__sock *sock = lock_sock(fd, &err);

    if (err == 0) {
        err = dup2(fd, to);
        err = err < 0 ? -errno : err;
    }
    if (err >= 0 && fd != to) {
        if (sock != NULL) {
            return usctp__table_add(to, sock) ? to : (close(to), -ENOMEM);
        }
        usctp__table_drop(to);
    }
    return err;
}

int usctp_dup2(int fd, int to)
{
    bool orphan;

    usctp__table_lock();
    struct usctp__sock *sock = usctp__table_find(fd, &orphan);
    int result = copy_to(fd, to);
    if (sock != NULL) {
        usctp__leave(sock);
    }
    usctp__table_unlock();
    return (int)usctp__result(result);
}

/* --- fcntl ------------------------------------------------------------------------------------ */

/* All flags are the descriptor's own: the library asks for O_NONBLOCK when it needs to know. */
int usctp_fcntl(int fd, int command, ...)
{
    bool orphan;
    va_list args;

    va_start(args, command);
    void *arg = va_arg(args, void *); /* as large as any argument of fcntl */
    va_end(args);
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) {
        return (int)usctp__result(copy_above(fd, command, (int)(intptr_t)arg));
    }
    usctp__table_lock();
    (void)usctp__table_find(fd, &orphan);
    usctp__table_unlock();
    return orphan ? (int)usctp__result(-EBADF) : fcntl(fd, command, arg);
}

/* --- ioctl ------------------------------------------------------------------------------------ */

static int as_int(size_t len)
{
    return len > INT_MAX ? INT_MAX : (int)len;
}

/* Bytes of the first message, part of one, or notification that can be read (Linux's SIOCINQ). */
static int readable_len(struct usctp__sock *sock, int *len)
{
    if (usctp__one_to_one(sock) && sock->listening) {
        return -ENOTCONN;
    }
    usctp__host_tick(sock->host);
    if (usctp__rxq_first(sock) == NULL) {
        usctp__host_drain(sock->host);
    }
    const struct usctp__rec *rec = usctp__rxq_first(sock);
    *len = rec != NULL ? as_int(rec->len - rec->offset) : 0;
    return 0;
}

/* Bytes that were sent and are not acknowledged (SIOCOUTQ). */
static int unsent_len(const struct usctp__sock *sock, int *len)
{
    size_t sum = 0;

    USCTP__LIST_FOREACH(link, &sock->peers)
    {
        sum += usctp_assoc_buffered(USCTP__CONTAINER_OF(link, struct usctp__peer, link)->assoc);
    }
    *len = as_int(sum);
    return 0;
}

static bool is_ours(unsigned long request)
{
#if defined(TIOCOUTQ)
    return request == FIONREAD || request == TIOCOUTQ;
#else
    return request == FIONREAD;
#endif
}

/* FIONREAD is SIOCINQ, TIOCOUTQ is SIOCOUTQ; all else is the descriptor's. */
int usctp_ioctl(int fd, unsigned long request, ...)
{
    struct usctp__sock *sock;
    va_list args;

    va_start(args, request);
    void *arg = va_arg(args, void *);
    va_end(args);
    int err = usctp__enter(fd, &sock);
    if (err == -ENOTSOCK) {
        return ioctl(fd, request, arg);
    }
    if (err != 0) {
        return (int)usctp__result(err);
    }
    if (!is_ours(request)) {
        usctp__leave(sock);
        return ioctl(fd, request, arg);
    }
    if (usctp__cannot_write(sock->host, arg, sizeof(int))) {
        err = -EFAULT;
    } else {
        err = request == FIONREAD ? readable_len(sock, arg) : unsent_len(sock, arg);
    }
    return (int)usctp__done(sock, err);
}
