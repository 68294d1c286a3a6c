/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls by which sockets begin, stand and end. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* accept4, SOCK_CLOEXEC */
#endif
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "socket/call.h"
#include "socket/connect.h"
#include "socket/life.h"
#include "socket/pointer.h"

#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
enum { TYPE_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC };
#else
enum { TYPE_FLAGS = 0 };
#endif

int usctp__enter_own(int fd, struct usctp__sock **sock)
{
    int err = usctp__enter(fd, sock);
    int type;
    socklen_t len = sizeof(type);

    if (err != -ENOTSOCK) {
        return err;
    }
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 ? -EOPNOTSUPP : -errno;
}

/* --- socket ----------------------------------------------------------------------------------- */

static int check_kind(int domain, int type, int protocol)
{
    if (domain != AF_INET && domain != AF_INET6) {
        return -EAFNOSUPPORT;
    }
    if (type != SOCK_STREAM && type != SOCK_SEQPACKET) {
        return type < 0 || type > 10 ? -EINVAL : -ESOCKTNOSUPPORT;
    }
    return protocol == IPPROTO_SCTP || (protocol == 0 && type == SOCK_SEQPACKET) ? 0
                                                                                 : -EPROTONOSUPPORT;
}

/* A new socket is entered in the table, or goes. Both locks are held. */
static int enter_or_drop(struct usctp__sock *sock)
{
    int fd = usctp__sock_enter(sock);

    if (fd < 0) {
        usctp__sock_close(sock);
    }
    return fd;
}

static int open_sock(usctp_host *host, int domain, int type, int flags)
{
    struct usctp__sock *sock = usctp__sock_new(host, domain, type, NULL);

    if (sock == NULL) {
        return -ENOMEM;
    }
    int err = usctp__pair_open(&sock->pair, flags);
    if (err != 0) {
        usctp__sock_close(sock);
        return err;
    }
    return enter_or_drop(sock);
}

/* The table's lock is taken before the host's: for calls that add a descriptor. */
static int enter_both(struct usctp_host *host)
{
    usctp__table_lock();
    int err = usctp__enter_host(host);
    if (err != 0) {
        usctp__table_unlock();
    }
    return err;
}

static void leave_both(struct usctp_host *host)
{
    usctp__leave_host(host);
    usctp__table_unlock();
}

int usctp_host_socket(usctp_host *host, int domain, int type, int protocol)
{
    int flags = type & TYPE_FLAGS;
    int fd = check_kind(domain, type & ~TYPE_FLAGS, protocol);

    if (fd == 0) {
        fd = enter_both(host);
    }
    if (fd != 0) {
        return (int)usctp__result(fd);
    }
    fd = open_sock(host, domain, type & ~TYPE_FLAGS, flags);
    leave_both(host);
    return (int)usctp__result(fd);
}

int usctp_socket(int domain, int type, int protocol)
{
    int err = check_kind(domain, type & ~TYPE_FLAGS, protocol);
    usctp_host *host;

    if (err != 0) {
        return (int)usctp__result(err);
    }
    host = usctp_host_default();
    return host != NULL ? usctp_host_socket(host, domain, type, protocol) : -1;
}

int usctp_plain_socket(int domain, int type, int protocol)
{
    bool ip = domain == AF_INET || domain == AF_INET6;

    if (ip &&
        (protocol == IPPROTO_SCTP || (protocol == 0 && (type & ~TYPE_FLAGS) == SOCK_SEQPACKET))) {
        return usctp_socket(domain, type, protocol);
    }
    return socket(domain, type, protocol);
}

usctp_host *usctp_host_of(int fd)
{
    struct usctp__sock *sock;

    if (usctp__enter(fd, &sock) != 0) {
        errno = EBADF;
        return NULL;
    }
    usctp_host *host = sock->host;
    usctp__leave(sock);
    return host;
}

/* --- bind, listen, connect -------------------------------------------------------------------- */

static int bind_to(struct usctp__sock *sock, const struct usctp__name *name)
{
    if (sock->binding != NULL) {
        return -EINVAL;
    }
    int err = usctp__binding_make(sock, name, 1);
    sock->bound = err == 0;
    return err;
}

int usctp_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    struct usctp__sock *sock;
    struct usctp__name name;
    int err = usctp__enter(fd, &sock);

    if (err == -ENOTSOCK) {
        return bind(fd, addr, len);
    }
    if (err == 0) {
        err = usctp__name_in(sock->host, addr, len, &name);
        err = err != 0 ? err : bind_to(sock, &name);
        usctp__leave(sock);
    }
    return (int)usctp__result(err);
}

int usctp_listen(int fd, int backlog)
{
    struct usctp__sock *sock;
    int err = usctp__enter(fd, &sock);

    if (err == -ENOTSOCK) {
        return listen(fd, backlog);
    }
    return err != 0 ? (int)usctp__result(err)
                    : (int)usctp__done(sock, usctp__listen(sock, backlog));
}

int usctp_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    struct usctp__sock *sock;
    struct usctp__name name;
    sctp_assoc_t id;
    int err = usctp__enter(fd, &sock);

    if (err == -ENOTSOCK) {
        return connect(fd, addr, len);
    }
    if (err == 0) {
        err = usctp__name_in(sock->host, addr, len, &name);
        err = err == -EAFNOSUPPORT ? -EINVAL : err;
        err = err != 0 ? err : usctp__connect(sock, &name, 1, &id);
        usctp__leave(sock);
    }
    return (int)usctp__result(err);
}

/* --- accept, peel-off ------------------------------------------------------------------------- */

/* Gives a socket that has none yet its descriptor; the host's lock is held and stays so, but is given up
 * meanwhile: the table's comes first. Neither the socket nor the one it comes from goes away then. */
static int give_descriptor(struct usctp__sock *sock, struct usctp__sock *from)
{
    struct usctp_host *host = sock->host;
    int fd;

    sock->waiters++;
    from->waiters++;
    usctp__leave_host(host);
    usctp__table_lock();
    usctp__host_lock(host);
    sock->waiters--;
    from->waiters--;
    fd = enter_or_drop(sock);
    usctp__sock_touch(from);
    usctp__table_unlock();
    return fd;
}

static int accept_one(struct usctp__sock *sock, struct sockaddr *addr, socklen_t *len, int flags)
{
    struct sockaddr_storage name;
    int err;

    if (addr != NULL && (usctp__cannot_write(sock->host, len, sizeof(*len)) ||
                         usctp__cannot_write(sock->host, addr, *len))) {
        return -EFAULT;
    }
    struct usctp__sock *child = usctp__accept_next(sock, flags, &err);
    if (child == NULL) {
        return err;
    }
    struct usctp__name from = child->peer_name;
    socklen_t name_len = usctp__sockaddr_out(&name, &from, sock->domain, sock->opts.mapped);
    err = give_descriptor(child, sock);
    if (err >= 0) {
        usctp__sockaddr_give(&name, name_len, addr, len);
    }
    return err;
}

int usctp_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    struct usctp__sock *sock;
    int err = usctp__enter(fd, &sock);

    if (err == -ENOTSOCK) {
#if defined(__linux__)
        return accept4(fd, addr, len, flags);
#else
        return accept(fd, addr, len);
#endif
    }
    if (err == 0) {
        err = (flags & ~TYPE_FLAGS) != 0 ? -EINVAL : accept_one(sock, addr, len, flags);
        usctp__leave(sock);
    }
    return (int)usctp__result(err);
}

int usctp_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
    return usctp_accept4(fd, addr, len, 0);
}

int usctp_sctp_peeloff_flags(int fd, sctp_assoc_t id, unsigned flags)
{
    struct usctp__sock *sock;
    int err = usctp__enter_own(fd, &sock);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    if ((flags & ~(unsigned)TYPE_FLAGS) != 0) {
        return (int)usctp__done(sock, -EINVAL);
    }
    struct usctp__sock *made = usctp__peel_off(sock, id, (int)flags, &err);
    if (made != NULL) {
        err = give_descriptor(made, sock);
    }
    return (int)usctp__done(sock, err);
}

int usctp_sctp_peeloff(int fd, sctp_assoc_t id)
{
    return usctp_sctp_peeloff_flags(fd, id, 0);
}

/* --- shutdown, close -------------------------------------------------------------------------- */

int usctp_shutdown(int fd, int how)
{
    struct usctp__sock *sock;
    int err = usctp__enter(fd, &sock);

    if (err == -ENOTSOCK) {
        return shutdown(fd, how);
    }
    return err != 0 ? (int)usctp__result(err) : (int)usctp__done(sock, usctp__shutdown(sock, how));
}

int usctp_close(int fd)
{
    bool orphan;

    usctp__table_lock();
    struct usctp__sock *sock = usctp__table_find(fd, &orphan);
    if (sock == NULL) {
        if (orphan) {
            usctp__table_remove(fd);
        }
        usctp__table_unlock();
        return close(fd);
    }
    struct usctp_host *host = sock->host;
    usctp__host_lock(host);
    usctp__table_remove(fd);
    int result = close(fd);
    if (sock->fd_cnt == 1 && sock->opts.linger && sock->opts.linger_s > 0) {
        sock->pair.app = -1;
        usctp__table_unlock();
        usctp__linger(sock);
        usctp__sock_lose(sock, fd);
    } else {
        usctp__sock_lose(sock, fd);
        usctp__table_unlock();
    }
    usctp__leave_host(host);
    return result;
}
