/* SPDX-License-Identifier: BSD-3-Clause */
/* getsockopt, setsockopt, and what is made of them. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "socket/call.h"
#include "socket/opt.h"
#include "socket/pointer.h"

/* --- Peel-off, as libsctp asks for it ---------------------------------------------------------- */

static bool is_peeloff(int level, int name)
{
    return level == IPPROTO_SCTP &&
           (name == SCTP_SOCKOPT_PEELOFF || name == SCTP_SOCKOPT_PEELOFF_FLAGS);
}

static int check_peeloff(int fd, int name, const void *value, const socklen_t *len)
{
    struct usctp__sock *sock;
    size_t arg_len = name == SCTP_SOCKOPT_PEELOFF ? sizeof(sctp_peeloff_arg_t)
                                                  : sizeof(sctp_peeloff_flags_arg_t);
    int err = usctp__enter(fd, &sock);

    if (err != 0) {
        return err;
    }
    if (usctp__cannot_write(sock->host, len, sizeof(*len))) {
        err = -EFAULT;
    } else if (*len < arg_len) {
        err = -EINVAL;
    } else if (usctp__cannot_write(sock->host, value, arg_len)) {
        err = -EFAULT;
    }
    usctp__leave(sock);
    return err;
}

/* The result of the call is the new descriptor, which is told in the argument too. */
static int peel_off(int fd, int name, void *value, socklen_t *len)
{
    sctp_peeloff_flags_arg_t arg;
    int err = check_peeloff(fd, name, value, len);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    memset(&arg, 0, sizeof(arg));
    size_t arg_len = name == SCTP_SOCKOPT_PEELOFF ? sizeof(arg.p_arg) : sizeof(arg);
    memcpy(&arg, value, arg_len);
    int made = usctp_sctp_peeloff_flags(fd, arg.p_arg.associd, arg.flags);
    if (made >= 0) {
        arg.p_arg.sd = made;
        memcpy(value, &arg, arg_len);
        *len = (socklen_t)arg_len;
    }
    return made;
}

/* --- The calls -------------------------------------------------------------------------------- */

int usctp_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    struct usctp__sock *sock;
    int err = usctp__enter(fd, &sock);

    if (err == -ENOTSOCK) {
        return getsockopt(fd, level, name, value, len);
    }
    if (err != 0) {
        return (int)usctp__result(err);
    }
    if (is_peeloff(level, name)) {
        usctp__leave(sock);
        return peel_off(fd, name, value, len);
    }
    usctp__host_tick(sock->host);
    err = usctp__opt_get(sock, level, name, value, len);
    if (level == SOL_SOCKET && name == SO_ERROR) {
        usctp__sock_unhang(sock);
    }
    return (int)usctp__done(sock, err);
}

int usctp_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    struct usctp__sock *sock;
    int err = usctp__enter(fd, &sock);

    if (err == -ENOTSOCK) {
        return setsockopt(fd, level, name, value, len);
    }
    return err != 0 ? (int)usctp__result(err)
                    : (int)usctp__done(sock, usctp__opt_set(sock, level, name, value, len));
}

/* --- sctp_opt_info (RFC 6458, 8) ---------------------------------------------------------------- */

/* Writes the id where the option has it. 0 or a negative errno. */
static int place_id(struct usctp__sock *sock, sctp_assoc_t id, int name, void *value,
                    const socklen_t *len)
{
    const struct usctp__opt *row = usctp__opt_find(IPPROTO_SCTP, name);

    if (row == NULL) {
        return -ENOPROTOOPT;
    }
    if (usctp__cannot_write(sock->host, len, sizeof(*len)) ||
        usctp__cannot_write(sock->host, value, *len)) {
        return -EFAULT;
    }
    if (*len < row->min_len) {
        return -EINVAL;
    }
    if (row->id_at != USCTP__OPT_NO_ID && (row->scope & USCTP__OPT_SWITCH) == 0 &&
        *len >= row->id_at + sizeof(id) &&
        ((row->scope & USCTP__OPT_INT) == 0 || *len >= sizeof(struct sctp_assoc_value))) {
        memcpy((uint8_t *)value + row->id_at, &id, sizeof(id));
    }
    return 0;
}

int usctp_sctp_opt_info(int fd, sctp_assoc_t id, int name, void *value, socklen_t *len)
{
    struct usctp__sock *sock;
    int err = usctp__enter_own(fd, &sock);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    err = place_id(sock, id, name, value, len);
    if (err == 0) {
        err = usctp__opt_get(sock, IPPROTO_SCTP, name, value, len);
    }
    return (int)usctp__done(sock, err);
}
