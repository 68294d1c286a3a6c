/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that send and receive. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* sendmmsg, recvmmsg */
#endif
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <usctp/driver.h>

#include "base/time.h"
#include "socket/call.h"
#include "socket/pointer.h"
#include "socket/recv.h"
#include "socket/send.h"

/* What changes nothing about a call that need not wait. */
#if defined(MSG_NOSIGNAL)
enum { PLAIN_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL };
#else
enum { PLAIN_FLAGS = MSG_DONTWAIT };
#endif

void usctp__broken_pipe(int flags)
{
#if defined(MSG_NOSIGNAL)
    if ((flags & MSG_NOSIGNAL) != 0) {
        return;
    }
#else
    (void)flags;
#endif
    (void)raise(SIGPIPE);
}

/* --- Sending ---------------------------------------------------------------------------------- */

ssize_t usctp__iov_len(struct usctp__sock *sock, const struct iovec *iov, size_t cnt, bool written)
{
    size_t len = 0;

    if (cnt > SIZE_MAX / sizeof(*iov) || usctp__cannot_read(sock->host, iov, cnt * sizeof(*iov))) {
        return -EFAULT;
    }
    for (size_t i = 0; i < cnt; i++) {
        if (written ? usctp__cannot_write(sock->host, iov[i].iov_base, iov[i].iov_len)
                    : usctp__cannot_read(sock->host, iov[i].iov_base, iov[i].iov_len)) {
            return -EFAULT;
        }
        if (iov[i].iov_len > (size_t)SSIZE_MAX - len) {
            return -EINVAL;
        }
        len += iov[i].iov_len;
    }
    return (ssize_t)len;
}

static ssize_t send_entered(struct usctp__sock *sock, const struct msghdr *msg, int flags)
{
    struct usctp__send_info info;
    struct usctp__send send;
    struct usctp__name to;
    ssize_t len = usctp__iov_len(sock, msg->msg_iov, msg->msg_iovlen, false);

    if (len < 0) {
        return len;
    }
    memset(&send, 0, sizeof(send));
    if (msg->msg_name != NULL && msg->msg_namelen > 0) {
        int err = usctp__name_in(sock->host, msg->msg_name, msg->msg_namelen, &to);

        if (err != 0) {
            return err == -EAFNOSUPPORT ? -EINVAL : err;
        }
        send.to = &to;
        send.to_cnt = 1;
    }
    if (usctp__cannot_read(sock->host, msg->msg_control, msg->msg_controllen)) {
        return -EFAULT;
    }
    usctp__send_info_init(&info);
    int err = usctp__cmsg_read(msg, &info);
    if (err != 0) {
        return err;
    }
    send.iov = msg->msg_iov;
    send.iov_cnt = msg->msg_iovlen;
    send.len = (size_t)len;
    send.flags = flags;
    send.info = &info;
    return usctp__send(sock, &send);
}

ssize_t usctp_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct usctp__sock *sock;
    ssize_t result = usctp__enter(fd, &sock);

    if (result == -ENOTSOCK) {
        return sendmsg(fd, msg, flags);
    }
    if (result == 0) {
        usctp__host_tick(sock->host);
        result = usctp__cannot_read(sock->host, msg, sizeof(*msg)) ? -EFAULT
                                                                   : send_entered(sock, msg, flags);
        usctp__leave(sock);
        if (result == -EPIPE) {
            usctp__broken_pipe(flags);
        }
    }
    return usctp__result(result);
}

/* The short way: 0 where it is not for that, and nothing was done. */
static inline ssize_t send_quickly(int fd, const void *buf, size_t len)
{
    struct usctp__sock *sock = usctp__enter_quickly(fd);
    ssize_t result = 0;

    if (sock == NULL) {
        return 0;
    }
    if (!usctp__cannot_read(sock->host, buf, len)) {
        usctp__host_blink(sock->host);
        result = usctp__send_plainly(sock, buf, len);
    }
    if (result > 0) {
        usctp__host_tick(sock->host);
    }
    usctp__leave(sock);
    return result;
}

/* send and its like. A negative errno, or -ENOTSOCK: it is for the system. */
static ssize_t send_bytes(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
                          socklen_t to_len)
{
    struct iovec iov = {(void *)(uintptr_t)buf, len};
    struct usctp__sock *sock;
    struct msghdr msg;
    ssize_t result = usctp__enter(fd, &sock);

    if (result != 0) {
        return result;
    }
    usctp__host_tick(sock->host);
    memset(&msg, 0, sizeof(msg));
    msg.msg_name = (void *)(uintptr_t)to;
    msg.msg_namelen = to_len;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    result = send_entered(sock, &msg, flags);
    usctp__leave(sock);
    if (result == -EPIPE) {
        usctp__broken_pipe(flags);
    }
    return result;
}

ssize_t usctp_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
                     socklen_t to_len)
{
    ssize_t result = send_bytes(fd, buf, len, flags, to, to_len);

    return result == -ENOTSOCK ? sendto(fd, buf, len, flags, to, to_len) : usctp__result(result);
}

ssize_t usctp_send(int fd, const void *buf, size_t len, int flags)
{
    ssize_t result = (flags & ~PLAIN_FLAGS) == 0 ? send_quickly(fd, buf, len) : 0;

    if (USCTP__LIKELY(result > 0)) {
        return result;
    }
    result = send_bytes(fd, buf, len, flags, NULL, 0);
    return result == -ENOTSOCK ? send(fd, buf, len, flags) : usctp__result(result);
}

/* write and writev know what is no socket too. */
ssize_t usctp_write(int fd, const void *buf, size_t len)
{
    ssize_t result = send_quickly(fd, buf, len);

    if (USCTP__LIKELY(result > 0)) {
        return result;
    }
    result = send_bytes(fd, buf, len, 0, NULL, 0);
    return result == -ENOTSOCK ? write(fd, buf, len) : usctp__result(result);
}

/* What writev and readv are given, as sendmsg and recvmsg take it. 0 or a negative errno; ENOTSOCK: it is none
 * of ours. */
static int fill_msg(int fd, const struct iovec *iov, int iov_cnt, struct msghdr *msg)
{
    struct usctp__sock *sock;
    int err = usctp__enter(fd, &sock);

    if (err != 0) {
        return err;
    }
    usctp__leave(sock);
    memset(msg, 0, sizeof(*msg));
    msg->msg_iov = (struct iovec *)(uintptr_t)iov;
    msg->msg_iovlen = (size_t)iov_cnt;
    return iov_cnt < 0 || iov_cnt > 1024 ? -EINVAL : 0;
}

ssize_t usctp_writev(int fd, const struct iovec *iov, int iov_cnt)
{
    struct msghdr msg;
    int err = fill_msg(fd, iov, iov_cnt, &msg);

    if (err == -ENOTSOCK) {
        return writev(fd, iov, iov_cnt);
    }
    return err != 0 ? usctp__result(err) : usctp_sendmsg(fd, &msg, 0);
}

/* --- Receiving -------------------------------------------------------------------------------- */

static ssize_t recv_entered(struct usctp__sock *sock, struct msghdr *msg, int flags)
{
    struct usctp__recv recv;
    ssize_t len = usctp__iov_len(sock, msg->msg_iov, msg->msg_iovlen, true);

    if (len < 0) {
        return len;
    }
    if ((msg->msg_name != NULL &&
         usctp__cannot_write(sock->host, msg->msg_name, msg->msg_namelen)) ||
        usctp__cannot_write(sock->host, msg->msg_control, msg->msg_controllen)) {
        return -EFAULT;
    }
    recv.wants_info = usctp__wants_info(sock);
    recv.wants_from = msg->msg_name != NULL;
    recv.iov = msg->msg_iov;
    recv.iov_cnt = msg->msg_iovlen;
    recv.flags = flags;
    len = usctp__recv(sock, &recv);
    if (len < 0) {
        return len;
    }
    if (recv.has_rec && recv.wants_from) {
        usctp__sockaddr_give(&recv.from, recv.from_len, msg->msg_name, &msg->msg_namelen);
    } else {
        msg->msg_namelen = 0;
    }
    if (recv.has_rec && recv.wants_info) {
        usctp__cmsg_write(sock, &recv.info, msg, &recv.out_flags);
    } else {
        msg->msg_controllen = 0;
    }
    msg->msg_flags = recv.out_flags;
    return len;
}

ssize_t usctp_recvmsg(int fd, struct msghdr *msg, int flags)
{
    struct usctp__sock *sock;
    ssize_t result = usctp__enter(fd, &sock);

    if (result == -ENOTSOCK) {
        return recvmsg(fd, msg, flags);
    }
    if (result == 0) {
        usctp__host_tick(sock->host);
        result = usctp__cannot_write(sock->host, msg, sizeof(*msg))
                     ? -EFAULT
                     : recv_entered(sock, msg, flags);
        usctp__leave(sock);
    }
    return usctp__result(result);
}

/* recvfrom on an entered socket. */
static ssize_t recv_from(struct usctp__sock *sock, void *buf, size_t len, int flags,
                         struct sockaddr *from, socklen_t *from_len)
{
    struct iovec iov = {buf, len};
    struct msghdr msg;
    ssize_t result;

    memset(&msg, 0, sizeof(msg));
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    if (from != NULL && from_len != NULL) {
        if (usctp__cannot_write(sock->host, from_len, sizeof(*from_len))) {
            return -EFAULT;
        }
        msg.msg_name = from;
        msg.msg_namelen = *from_len;
    }
    result = recv_entered(sock, &msg, flags);
    if (result >= 0 && from != NULL && from_len != NULL) {
        *from_len = msg.msg_namelen;
    }
    return result;
}

/* The short way: 0 where it is not for that, and nothing was done. */
static inline ssize_t recv_quickly(int fd, void *buf, size_t len)
{
    struct usctp__sock *sock = usctp__enter_quickly(fd);
    ssize_t result = 0;

    if (sock == NULL) {
        return 0;
    }
    if (!usctp__cannot_write(sock->host, buf, len)) {
        result = usctp__recv_plainly(sock, buf, len);
    }
    if (result > 0) {
        usctp__host_tick_seldom(sock->host);
    }
    usctp__leave(sock);
    return result;
}

/* recv and its like. A negative errno, or -ENOTSOCK: it is for the system. */
static ssize_t recv_bytes(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
                          socklen_t *from_len)
{
    struct usctp__sock *sock;
    ssize_t result = usctp__enter(fd, &sock);

    if (result != 0) {
        return result;
    }
    usctp__host_tick(sock->host);
    result = recv_from(sock, buf, len, flags, from, from_len);
    usctp__leave(sock);
    return result;
}

ssize_t usctp_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
                       socklen_t *from_len)
{
    ssize_t result = recv_bytes(fd, buf, len, flags, from, from_len);

    return result == -ENOTSOCK ? recvfrom(fd, buf, len, flags, from, from_len)
                               : usctp__result(result);
}

ssize_t usctp_recv(int fd, void *buf, size_t len, int flags)
{
    ssize_t result = (flags & ~PLAIN_FLAGS) == 0 ? recv_quickly(fd, buf, len) : 0;

    if (USCTP__LIKELY(result > 0)) {
        return result;
    }
    result = recv_bytes(fd, buf, len, flags, NULL, NULL);
    return result == -ENOTSOCK ? recv(fd, buf, len, flags) : usctp__result(result);
}

ssize_t usctp_read(int fd, void *buf, size_t len)
{
    ssize_t result = recv_quickly(fd, buf, len);

    if (USCTP__LIKELY(result > 0)) {
        return result;
    }
    result = recv_bytes(fd, buf, len, 0, NULL, NULL);
    return result == -ENOTSOCK ? read(fd, buf, len) : usctp__result(result);
}

ssize_t usctp_readv(int fd, const struct iovec *iov, int iov_cnt)
{
    struct msghdr msg;
    int err = fill_msg(fd, iov, iov_cnt, &msg);

    if (err == -ENOTSOCK) {
        return readv(fd, iov, iov_cnt);
    }
    return err != 0 ? usctp__result(err) : usctp_recvmsg(fd, &msg, 0);
}

/* --- Many at once ----------------------------------------------------------------------------- */

#if defined(__linux__)
int usctp_sendmmsg(int fd, struct mmsghdr *msgs, unsigned cnt, int flags)
{
    unsigned done = 0;
    ssize_t sent = 0;

    while (done < cnt && (sent = usctp_sendmsg(fd, &msgs[done].msg_hdr, flags)) >= 0) {
        msgs[done++].msg_len = (unsigned)sent;
    }
    return done > 0 || cnt == 0 ? (int)done : (int)sent;
}

/* As the system has it, the timeout is looked at only when a message came. */
int usctp_recvmmsg(int fd, struct mmsghdr *msgs, unsigned cnt, int flags, struct timespec *timeout)
{
    uint64_t until_ts = USCTP_NEVER;
    unsigned done = 0;
    ssize_t got = 0;

    if (timeout != NULL) {
        until_ts =
            usctp__time_add(usctp_clock_system(NULL),
                            (uint64_t)timeout->tv_sec * USCTP__SEC + (uint64_t)timeout->tv_nsec);
    }
    while (done < cnt &&
           (got = usctp_recvmsg(fd, &msgs[done].msg_hdr, flags & ~MSG_WAITFORONE)) >= 0) {
        msgs[done++].msg_len = (unsigned)got;
        if ((flags & MSG_WAITFORONE) != 0) {
            flags |= MSG_DONTWAIT;
        }
        if (got == 0 || usctp_clock_system(NULL) >= until_ts) {
            break;
        }
    }
    return done > 0 || cnt == 0 ? (int)done : (int)got;
}
#endif
