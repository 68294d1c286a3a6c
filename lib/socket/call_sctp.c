/* SPDX-License-Identifier: BSD-3-Clause */
/* SCTP's own calls that send and receive (RFC 6458, 9.7 to 9.13). */
#include <errno.h>
#include <string.h>

#include "socket/call.h"
#include "socket/pointer.h"
#include "socket/recv.h"
#include "socket/send.h"

/* A message and where it goes, before it is known whether the pointers are any good. */
struct order {
    const struct iovec *iov;
    int iov_cnt;
    const struct sockaddr *addrs; /* packed; NULL: none */
    int addr_cnt;
    int flags;
};

/* --- Sending ---------------------------------------------------------------------------------- */

static ssize_t send_order(struct usctp__sock *sock, const struct order *order,
                          struct usctp__send_info *info)
{
    struct usctp__name names[USCTP__SEND_ADDR_MAX];
    struct usctp__send send;
    ssize_t len;

    memset(&send, 0, sizeof(send));
    if (order->iov_cnt < 0 || order->addr_cnt < 0 || order->addr_cnt > USCTP__SEND_ADDR_MAX) {
        return -EINVAL;
    }
    len = usctp__iov_len(sock, order->iov, (size_t)order->iov_cnt, false);
    if (len < 0) {
        return len;
    }
    if (order->addr_cnt > 0) {
        int err = usctp__names_in(sock->host, order->addrs, (size_t)order->addr_cnt, names);

        if (err != 0) {
            return err;
        }
        send.to = names;
        send.to_cnt = (size_t)order->addr_cnt;
    }
    send.iov = order->iov;
    send.iov_cnt = (size_t)order->iov_cnt;
    send.len = (size_t)len;
    send.flags = order->flags;
    send.info = info;
    usctp__host_tick(sock->host);
    return usctp__send(sock, &send);
}

/* What all sending calls do; fill reads what is said of the message: 0 or a negative errno. */
static ssize_t send_call(int fd, const struct order *order,
                         int (*fill)(struct usctp__sock *sock, struct usctp__send_info *info,
                                     const void *ctx),
                         const void *ctx)
{
    struct usctp__send_info info;
    struct usctp__sock *sock;
    ssize_t result = usctp__enter_own(fd, &sock);

    if (result != 0) {
        return usctp__result(result);
    }
    usctp__send_info_init(&info);
    result = fill(sock, &info, ctx);
    if (result == 0) {
        result = send_order(sock, order, &info);
    }
    usctp__leave(sock);
    if (result == -EPIPE) {
        usctp__broken_pipe(order->flags);
    }
    return usctp__result(result);
}

static int fill_sndrcv(struct usctp__sock *sock, struct usctp__send_info *info, const void *ctx)
{
    const struct sctp_sndrcvinfo *given = ctx;
    struct sctp_sndrcvinfo copy;

    if (given == NULL) {
        return 0;
    }
    if (usctp__cannot_read(sock->host, given, sizeof(*given))) {
        return -EFAULT;
    }
    memcpy(&copy, given, sizeof(copy));
    usctp__take_sndrcvinfo(info, &copy);
    return 0;
}

int usctp_sctp_sendmsg(int fd, const void *buf, size_t len, struct sockaddr *to, socklen_t to_len,
                       uint32_t ppid, uint32_t flags, uint16_t stream, uint32_t time_to_live,
                       uint32_t context)
{
    struct iovec iov = {(void *)(uintptr_t)buf, len};
    struct order order = {&iov, 1, to, to != NULL && to_len > 0 ? 1 : 0, 0};
    struct sctp_sndrcvinfo info;

    memset(&info, 0, sizeof(info));
    info.sinfo_ppid = ppid;
    info.sinfo_flags = (uint16_t)flags;
    info.sinfo_stream = stream;
    info.sinfo_timetolive = time_to_live;
    info.sinfo_context = context;
    return (int)send_call(fd, &order, fill_sndrcv, &info);
}

int usctp_sctp_send(int fd, const void *buf, size_t len, const struct sctp_sndrcvinfo *info,
                    int flags)
{
    struct iovec iov = {(void *)(uintptr_t)buf, len};
    struct order order = {&iov, 1, NULL, 0, flags};

    return (int)send_call(fd, &order, fill_sndrcv, info);
}

int usctp_sctp_sendx(int fd, const void *buf, size_t len, struct sockaddr *addrs, int addr_cnt,
                     struct sctp_sndrcvinfo *info, int flags)
{
    struct iovec iov = {(void *)(uintptr_t)buf, len};
    struct order order = {&iov, 1, addrs, addr_cnt, flags};

    return (int)send_call(fd, &order, fill_sndrcv, info);
}

/* The argument of usctp_sctp_sendv. */
struct sendv_info {
    const void *info;
    socklen_t len;
    unsigned type;
};

static int fill_spa(struct usctp__send_info *info, const struct sctp_sendv_spa *spa)
{
    if ((spa->sendv_flags & ~(uint32_t)(SCTP_SEND_SNDINFO_VALID | SCTP_SEND_PRINFO_VALID |
                                        SCTP_SEND_AUTHINFO_VALID)) != 0) {
        return -EINVAL;
    }
    if ((spa->sendv_flags & SCTP_SEND_SNDINFO_VALID) != 0) {
        usctp__take_sndinfo(info, &spa->sendv_sndinfo);
    }
    if ((spa->sendv_flags & SCTP_SEND_AUTHINFO_VALID) != 0) {
        info->key = spa->sendv_authinfo.auth_keynumber;
        info->has_key = true;
    }
    return (spa->sendv_flags & SCTP_SEND_PRINFO_VALID) != 0
               ? usctp__take_prinfo(info, &spa->sendv_prinfo)
               : 0;
}

/* RFC 6458, 9.12: the type says what the argument is. */
static int fill_sendv(struct usctp__sock *sock, struct usctp__send_info *info, const void *ctx)
{
    const struct sendv_info *given = ctx;
    struct sctp_sendv_spa spa;
    const size_t lens[] = {0, sizeof(struct sctp_sndinfo), sizeof(struct sctp_prinfo),
                           sizeof(struct sctp_authinfo), sizeof(spa)};

    if (given->type > SCTP_SENDV_SPA) {
        return -EINVAL;
    }
    if (given->type == SCTP_SENDV_NOINFO) {
        return given->info == NULL && given->len == 0 ? 0 : -EINVAL;
    }
    if (given->info == NULL || given->len < lens[given->type]) {
        return -EINVAL;
    }
    if (usctp__cannot_read(sock->host, given->info, lens[given->type])) {
        return -EFAULT;
    }
    memset(&spa, 0, sizeof(spa));
    switch (given->type) {
    case SCTP_SENDV_SNDINFO:
        memcpy(&spa.sendv_sndinfo, given->info, sizeof(spa.sendv_sndinfo));
        spa.sendv_flags = SCTP_SEND_SNDINFO_VALID;
        break;
    case SCTP_SENDV_PRINFO:
        memcpy(&spa.sendv_prinfo, given->info, sizeof(spa.sendv_prinfo));
        spa.sendv_flags = SCTP_SEND_PRINFO_VALID;
        break;
    case SCTP_SENDV_AUTHINFO:
        memcpy(&spa.sendv_authinfo, given->info, sizeof(spa.sendv_authinfo));
        spa.sendv_flags = SCTP_SEND_AUTHINFO_VALID;
        break;
    default:
        memcpy(&spa, given->info, sizeof(spa));
        break;
    }
    return fill_spa(info, &spa);
}

int usctp_sctp_sendv(int fd, const struct iovec *iov, int iov_cnt, struct sockaddr *addrs,
                     int addr_cnt, void *info, socklen_t info_len, unsigned info_type, int flags)
{
    struct order order = {iov, iov_cnt, addrs, addr_cnt, flags};
    struct sendv_info given = {info, info_len, info_type};

    return (int)send_call(fd, &order, fill_sendv, &given);
}

/* --- Receiving -------------------------------------------------------------------------------- */

static ssize_t recv_call(int fd, const struct iovec *iov, int iov_cnt, int flags,
                         struct usctp__recv *recv, struct usctp__sock **entered)
{
    ssize_t result = usctp__enter_own(fd, entered);

    if (result != 0) {
        *entered = NULL;
        return result;
    }
    if (iov_cnt < 0) {
        return -EINVAL;
    }
    result = usctp__iov_len(*entered, iov, (size_t)iov_cnt, true);
    if (result < 0) {
        return result;
    }
    recv->wants_info = usctp__wants_info(*entered);
    recv->wants_from = true;
    recv->iov = iov;
    recv->iov_cnt = (size_t)iov_cnt;
    recv->flags = flags;
    usctp__host_tick((*entered)->host);
    return usctp__recv(*entered, recv);
}

static int end_recv(struct usctp__sock *sock, ssize_t result)
{
    if (sock != NULL) {
        usctp__leave(sock);
    }
    return (int)usctp__result(result);
}

static void give_name(const struct usctp__recv *recv, struct sockaddr *from, socklen_t *from_len)
{
    if (recv->has_rec) {
        usctp__sockaddr_give(&recv->from, recv->from_len, from, from_len);
    } else if (from_len != NULL) {
        *from_len = 0;
    }
}

int usctp_sctp_recvmsg(int fd, void *buf, size_t len, struct sockaddr *from, socklen_t *from_len,
                       struct sctp_sndrcvinfo *info, int *flags)
{
    struct iovec iov = {buf, len};
    struct usctp__recv recv;
    struct usctp__sock *sock;
    ssize_t result = recv_call(fd, &iov, 1, flags != NULL ? *flags : 0, &recv, &sock);

    if (result >= 0) {
        give_name(&recv, from, from_len);
        if (info != NULL && recv.has_rec && !recv.is_note && usctp__wants_sndrcv(sock)) {
            *info = recv.info.sndrcv;
        }
        if (flags != NULL) {
            *flags = recv.out_flags;
        }
    }
    return end_recv(sock, result);
}

/* Both, one, or none, as the socket asks and the room allows (RFC 6458, 9.13). */
static void give_infos(const struct usctp__sock *sock, const struct usctp__recv *recv, void *info,
                       socklen_t *info_len, unsigned *info_type)
{
    bool rcv = recv->has_rec && recv->wants_info && sock->opts.rcvinfo && !recv->is_note;
    bool next = recv->has_rec && recv->wants_info && sock->opts.nxtinfo && recv->info.has_next;
    struct sctp_recvv_rn both;
    const void *data = NULL;
    socklen_t len = 0, room = info != NULL ? *info_len : 0;

    *info_type = SCTP_RECVV_NOINFO;
    if (rcv && next && room >= sizeof(both)) {
        both.recvv_rcvinfo = recv->info.rcv;
        both.recvv_nxtinfo = recv->info.next;
        *info_type = SCTP_RECVV_RN;
        data = &both;
        len = sizeof(both);
    } else if (rcv && room >= sizeof(recv->info.rcv)) {
        *info_type = SCTP_RECVV_RCVINFO;
        data = &recv->info.rcv;
        len = sizeof(recv->info.rcv);
    } else if (next && room >= sizeof(recv->info.next)) {
        *info_type = SCTP_RECVV_NXTINFO;
        data = &recv->info.next;
        len = sizeof(recv->info.next);
    }
    if (data != NULL) {
        memcpy(info, data, len);
    }
    *info_len = len;
}

int usctp_sctp_recvv(int fd, const struct iovec *iov, int iov_cnt, struct sockaddr *from,
                     socklen_t *from_len, void *info, socklen_t *info_len, unsigned *info_type,
                     int *flags)
{
    struct usctp__recv recv;
    struct usctp__sock *sock;
    bool told = info != NULL && info_len != NULL && info_type != NULL;
    ssize_t result;

    if (info != NULL && (info_len == NULL || info_type == NULL)) {
        return (int)usctp__result(-EINVAL);
    }
    result = recv_call(fd, iov, iov_cnt, flags != NULL ? *flags : 0, &recv, &sock);
    if (result >= 0) {
        give_name(&recv, from, from_len);
        if (told) {
            give_infos(sock, &recv, info, info_len, info_type);
        } else if (info_type != NULL) {
            *info_type = SCTP_RECVV_NOINFO;
        }
        if (flags != NULL) {
            *flags = recv.out_flags;
        }
    }
    return end_recv(sock, result);
}
