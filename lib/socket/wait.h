/* SPDX-License-Identifier: BSD-3-Clause */
/* How calls wait; see usctp__host_wait. */
#ifndef USCTP_SOCKET_WAIT_H
#define USCTP_SOCKET_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/driver.h>
#include <usctp/socket.h>

#include "socket/host.h"

enum { USCTP__WAIT_FDS = USCTP__HOST_FD_MAX + 2 };

/* A thread's sleep for a host, in poll. */
struct usctp__sleep {
    struct pollfd fds[USCTP__WAIT_FDS]; /* what to poll for */
    size_t cnt;                         /* of these */
    uint64_t dur;                       /* how long at most */
    bool leads;                         /* others rely on it */
};

/* The descriptors that a host waits with. 0 or a negative errno. */
int usctp__wait_init(struct usctp_host *host);
void usctp__wait_destroy(struct usctp_host *host);

/* In the child of a fork: closes them. */
void usctp__wait_disown(struct usctp_host *host);

/* A driver has come: its sockets are waited for too. */
void usctp__wait_watch(struct usctp_host *host, usctp_driver *driver);

/* Ends the leader's sleep, if there is one. */
void usctp__wait_wake(struct usctp_host *host);

/* Ends the sleep of all who wait. */
void usctp__wait_wake_all(struct usctp_host *host);

/* A thread will wait no more: if nobody leads now, another one shall. */
void usctp__wait_hand_over(struct usctp_host *host);

/* Around a sleep, with the lock held both times; the caller gives it up in between, sleeps with
 * usctp__wait_in_poll, and drains the host afterwards. `sleep->fds` may be copied elsewhere to be polled, and
 * its revents back. */
void usctp__wait_begin(struct usctp_host *host, uint64_t until_ts, struct usctp__sleep *sleep);
void usctp__wait_end(struct usctp_host *host, struct usctp__sleep *sleep);

/* poll, with a limit in nanoseconds (USCTP_NEVER: none). What poll returns, or a negative errno. */
int usctp__wait_in_poll(struct pollfd *fds, size_t cnt, uint64_t dur);

/* The sockets of the drivers, up to max of them; returns how many there are. */
size_t usctp__host_pollfds(const struct usctp_host *host, struct pollfd *fds, size_t max);

#endif
