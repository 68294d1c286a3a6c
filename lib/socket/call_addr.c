/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls about addresses: RFC 6458, 9.1, 9.3 to 9.6, 9.9; getsockname, getpeername. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "socket/addrs.h"
#include "socket/binding.h"
#include "socket/call.h"
#include "socket/connect.h"
#include "socket/pointer.h"

/* --- getsockname, getpeername ------------------------------------------------------------------ */

static int give_name(struct usctp__sock *sock, const struct usctp__name *name,
                     struct sockaddr *addr, socklen_t *len)
{
    struct sockaddr_storage sa;

    if (usctp__cannot_write(sock->host, len, sizeof(*len))) {
        return -EFAULT;
    }
    if (*len > INT32_MAX) {
        return -EINVAL;
    }
    if (usctp__cannot_write(sock->host, addr, *len)) {
        return -EFAULT;
    }
    socklen_t sa_len = usctp__sockaddr_out(&sa, name, sock->domain, sock->opts.mapped);
    usctp__sockaddr_give(&sa, sa_len, addr, len);
    return 0;
}

int usctp_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    struct usctp__sock *sock;
    struct usctp__name name;
    int err = usctp__enter(fd, &sock);

    if (err == -ENOTSOCK) {
        return getsockname(fd, addr, len);
    }
    if (err == 0) {
        usctp__local_name(sock, &name);
        err = give_name(sock, &name, addr, len);
        usctp__leave(sock);
    }
    return (int)usctp__result(err);
}

/* RFC 6458, 4.1.9: the primary address of the one association. */
static int peer_name(struct usctp__sock *sock, struct usctp__name *name)
{
    const struct usctp__peer *peer = usctp__peer_only(sock);

    if (peer == NULL || peer->assoc == NULL || !peer->up) {
        return -ENOTCONN;
    }
    return usctp__peer_addrs(peer, name, 1) == 1 ? 0 : -ENOTCONN;
}

int usctp_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
    struct usctp__sock *sock;
    struct usctp__name name;
    int err = usctp__enter(fd, &sock);

    if (err == -ENOTSOCK) {
        return getpeername(fd, addr, len);
    }
    if (err == 0) {
        err = peer_name(sock, &name);
        err = err != 0 ? err : give_name(sock, &name, addr, len);
        usctp__leave(sock);
    }
    return (int)usctp__result(err);
}

/* --- sctp_bindx, sctp_connectx (9.1, 9.9) ------------------------------------------------------ */

static int unpack(struct usctp__sock *sock, const struct sockaddr *addrs, int cnt,
                  struct usctp__name *names)
{
    if (cnt <= 0 || cnt > USCTP__ADDRS_MAX || addrs == NULL) {
        return -EINVAL;
    }
    return usctp__names_in(sock->host, addrs, (size_t)cnt, names);
}

int usctp__bindx(struct usctp__sock *sock, struct usctp__name *names, size_t cnt, bool add)
{
    bool fresh = sock->binding == NULL;
    int err;

    for (size_t i = 0; i < cnt && !fresh; i++) {
        if (names[i].port == 0) {
            names[i].port = sock->binding->port;
        }
    }
    err = usctp__binding_change(sock, names, cnt, add);
    sock->bound = sock->bound || err == 0;
    return err;
}

int usctp_sctp_bindx(int fd, struct sockaddr *addrs, int cnt, int flags)
{
    struct usctp__name names[USCTP__ADDRS_MAX];
    struct usctp__sock *sock;
    int err = usctp__enter_own(fd, &sock);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    if (flags != SCTP_BINDX_ADD_ADDR && flags != SCTP_BINDX_REM_ADDR) {
        err = -EINVAL;
    } else {
        err = unpack(sock, addrs, cnt, names);
    }
    if (err == 0) {
        err = usctp__bindx(sock, names, (size_t)cnt, flags == SCTP_BINDX_ADD_ADDR);
    }
    return (int)usctp__done(sock, err);
}

int usctp_sctp_connectx(int fd, struct sockaddr *addrs, int cnt, sctp_assoc_t *id)
{
    struct usctp__name names[USCTP__ADDRS_MAX];
    struct usctp__sock *sock;
    sctp_assoc_t made = 0;
    int err = usctp__enter_own(fd, &sock);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    if (id != NULL && usctp__cannot_write(sock->host, id, sizeof(*id))) {
        return (int)usctp__done(sock, -EFAULT);
    }
    err = unpack(sock, addrs, cnt, names);
    if (err == 0) {
        err = usctp__connect(sock, names, (size_t)cnt, &made);
    }
    if (id != NULL && (err == 0 || err == -EINPROGRESS)) {
        *id = made;
    }
    return (int)usctp__done(sock, err);
}

/* --- sctp_getpaddrs, sctp_getladdrs (9.3 to 9.6) ----------------------------------------------- */

/* Their number, and the addresses in memory of the caller's. */
static int hand_out(const struct usctp__sock *sock, const struct usctp__name *names, size_t cnt,
                    struct sockaddr **addrs)
{
    size_t len = usctp__addrs_pack(sock, names, cnt, NULL, 0);
    uint8_t *bytes = malloc(len > 0 ? len : 1);

    if (bytes == NULL) {
        return -ENOMEM;
    }
    (void)usctp__addrs_pack(sock, names, cnt, bytes, len);
    *addrs = (struct sockaddr *)(void *)bytes;
    return (int)cnt;
}

/* The living association of an id; -EINVAL: none. */
static int find_peer(const struct usctp__sock *sock, sctp_assoc_t id, struct usctp__peer **peer)
{
    *peer = usctp__peer_by_id(sock, id);
    return *peer != NULL && (*peer)->assoc != NULL ? 0 : -EINVAL;
}

int usctp_sctp_getpaddrs(int fd, sctp_assoc_t id, struct sockaddr **addrs)
{
    struct usctp__name names[USCTP__ADDRS_MAX];
    struct usctp__sock *sock;
    struct usctp__peer *peer;
    int result = usctp__enter_own(fd, &sock);

    if (result != 0) {
        return (int)usctp__result(result);
    }
    if (usctp__cannot_write(sock->host, addrs, sizeof(*addrs))) {
        return (int)usctp__done(sock, -EFAULT);
    }
    result = find_peer(sock, id, &peer);
    if (result == 0) {
        result = hand_out(sock, names, usctp__peer_addrs(peer, names, USCTP__ADDRS_MAX), addrs);
    }
    return (int)usctp__done(sock, result);
}

int usctp_sctp_getladdrs(int fd, sctp_assoc_t id, struct sockaddr **addrs)
{
    struct usctp__name names[USCTP__ADDRS_MAX];
    struct usctp__sock *sock;
    struct usctp__peer *peer = NULL;
    int result = usctp__enter_own(fd, &sock);

    if (result != 0) {
        return (int)usctp__result(result);
    }
    if (usctp__cannot_write(sock->host, addrs, sizeof(*addrs))) {
        return (int)usctp__done(sock, -EFAULT);
    }
    if (!usctp__one_to_one(sock) && id != SCTP_FUTURE_ASSOC) {
        result = find_peer(sock, id, &peer);
    } else {
        (void)find_peer(sock, id, &peer);
        peer = peer != NULL && peer->assoc != NULL ? peer : NULL;
    }
    if (result == 0) {
        result =
            hand_out(sock, names, usctp__local_addrs(sock, peer, names, USCTP__ADDRS_MAX), addrs);
    }
    return (int)usctp__done(sock, result);
}

int usctp_sctp_freepaddrs(struct sockaddr *addrs)
{
    free(addrs);
    return 0;
}

int usctp_sctp_freeladdrs(struct sockaddr *addrs)
{
    free(addrs);
    return 0;
}

/* --- Small ones ------------------------------------------------------------------------------- */

int usctp_sctp_getaddrlen(sa_family_t family)
{
    switch (family) {
    case AF_INET:
        return sizeof(struct sockaddr_in);
    case AF_INET6:
        return sizeof(struct sockaddr_in6);
    default:
        return (int)usctp__result(-EINVAL);
    }
}

sctp_assoc_t usctp_sctp_getassocid(int fd, struct sockaddr *addr)
{
    struct usctp__name names[USCTP__ADDRS_MAX];
    struct usctp__sock *sock;
    sctp_assoc_t id = 0;
    int err = usctp__enter_own(fd, &sock);

    if (err == 0) {
        err = unpack(sock, addr, 1, names);
        if (err == 0) {
            const struct usctp__peer *peer = usctp__peer_by_name(sock, &names[0]);

            id = peer != NULL ? peer->id : 0;
            err = peer != NULL ? 0 : -ENOENT;
        }
        usctp__leave(sock);
    }
    (void)usctp__result(err);
    return id;
}
