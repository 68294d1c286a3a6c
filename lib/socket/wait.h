/* SPDX-License-Identifier: BSD-3-Clause */
/* How calls wait; see usctp__host_wait. */
#ifndef USCTP_SOCKET_WAIT_H
#define USCTP_SOCKET_WAIT_H

#include <poll.h>
#include <pthread.h>
#include <stddef.h>

#include <usctp/driver.h>
#include <usctp/socket.h>

/* A condition that measures time by a clock that nobody sets. */
void usctp__cond_init(pthread_cond_t *cond);

/* The descriptors that a host waits with. 0 or a negative errno. */
int usctp__wait_init(struct usctp_host *host);
void usctp__wait_destroy(struct usctp_host *host);

/* In the child of a fork: closes them. */
void usctp__wait_disown(struct usctp_host *host);

/* A driver has come: its sockets are waited for too. */
void usctp__wait_watch(struct usctp_host *host, usctp_driver *driver);

/* Ends the leader's sleep, if there is one. */
void usctp__wait_wake(struct usctp_host *host);

/* The sockets of the drivers, up to max of them; returns how many there are. */
size_t usctp__host_pollfds(const struct usctp_host *host, struct pollfd *fds, size_t max);

#endif
