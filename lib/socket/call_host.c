/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls on hosts. */
#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "base/addr.h"
#include "base/time.h"
#include "socket/call.h"
#include "socket/handover.h"
#include "socket/hostfd.h"
#include "socket/loan.h"
#include "socket/wait.h"

usctp_stack *usctp_host_stack(usctp_host *host)
{
    return host != NULL ? host->stack : NULL;
}

int usctp_host_process(usctp_host *host)
{
    int err = usctp__enter_host(host);

    if (err == 0) {
        usctp__host_drain(host);
        usctp__leave_host(host);
    }
    return (int)usctp__result(err);
}

static int take_in(usctp_host *host, const struct usctp_dgram *dgrams, size_t n)
{
    return -usctp__errno(
        usctp_stack_input(host->stack, dgrams, n, sizeof(*dgrams), usctp__host_now(host)));
}

static int take_in_lent(usctp_host *host, const struct usctp_dgram *dgrams, size_t n)
{
    struct usctp__lent lent;

    usctp__lent_begin(host, &lent, dgrams, n);
    int err = take_in(host, dgrams, n);
    usctp__lent_end(host, &lent, err == 0 ? n : 0);
    return err;
}

int usctp_host_input(usctp_host *host, struct usctp_dgram *dgrams, size_t n)
{
    int err = usctp__enter_host(host);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    if (host->lower == 0 || dgrams == NULL) {
        err = -EINVAL;
    } else {
        for (size_t i = 0; i < n; i++) {
            dgrams[i].lower = host->lower;
        }
        err =
            host->config.release != NULL ? take_in_lent(host, dgrams, n) : take_in(host, dgrams, n);
    }
    usctp__leave_host(host);
    return (int)usctp__result(err);
}

int usctp_host_set_addresses(usctp_host *host, const struct usctp_addr *addrs, size_t cnt)
{
    int err = usctp__enter_host(host);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    err = host->lower == 0 ? -EINVAL
                           : -usctp__errno(usctp_stack_set_addresses(host->stack, addrs, cnt));
    usctp__leave_host(host);
    return (int)usctp__result(err);
}

int usctp_host_writable(usctp_host *host)
{
    int err = usctp__enter_host(host);

    if (err == 0) {
        err = -usctp__errno(usctp_stack_writable(host->stack, host->lower, usctp__host_now(host)));
        usctp__leave_host(host);
    }
    return (int)usctp__result(err);
}

int usctp_host_fd(usctp_host *host)
{
    int result = usctp__enter_host(host);

    if (result == 0) {
        result = usctp__hostfd_get(host);
        usctp__leave_host(host);
    }
    return (int)usctp__result(result);
}

size_t usctp_host_fds(usctp_host *host, struct pollfd *fds, size_t max)
{
    size_t cnt;

    if (usctp__enter_host(host) != 0) {
        return 0;
    }
    cnt = usctp__host_pollfds(host, fds, max);
    usctp__leave_host(host);
    return cnt;
}

int usctp_host_timeout(usctp_host *host)
{
    uint64_t deadline_ts;
    int ms = -1;

    if (usctp__enter_host(host) != 0) {
        return -1;
    }
    deadline_ts = usctp__host_deadline(host);
    if (deadline_ts != USCTP_NEVER) {
        uint32_t left = usctp__time_to_ms_up(usctp__time_sub(deadline_ts, usctp__host_now(host)));

        ms = left > INT_MAX ? INT_MAX : (int)left;
    }
    usctp__leave_host(host);
    return ms;
}

int usctp_host_export(int fd, void *buf, size_t cap, size_t *len, unsigned *reasons)
{
    struct usctp__sock *sock;
    int err = usctp__enter_own(fd, &sock);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    if (len == NULL || reasons == NULL || (buf == NULL && cap > 0)) {
        return (int)usctp__done(sock, -EINVAL);
    }
    return (int)usctp__done(sock, usctp__export(sock, buf, cap, len, reasons));
}

int usctp_host_import(int fd, const void *bytes, size_t len)
{
    struct usctp__sock *sock;
    int err = usctp__enter_own(fd, &sock);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    return (int)usctp__done(sock, bytes == NULL ? -EINVAL : usctp__import(sock, bytes, len));
}
