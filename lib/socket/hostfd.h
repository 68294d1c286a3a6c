/* SPDX-License-Identifier: BSD-3-Clause */
/* The one descriptor of a host (usctp_host_fd), where the platform can make such a thing. */
#ifndef USCTP_SOCKET_HOSTFD_H
#define USCTP_SOCKET_HOSTFD_H

#include <stdint.h>

#include <usctp/driver.h>
#include <usctp/socket.h>

/* Makes it, if that has not happened. The descriptor or a negative errno. */
int usctp__hostfd_get(struct usctp_host *host);

/* A driver has come. */
void usctp__hostfd_watch(struct usctp_host *host, usctp_driver *driver);

/* A descriptor has come that asks for service when it is readable; -1: none has. */
void usctp__hostfd_watch_fd(struct usctp_host *host, int fd);

/* The host wants to be served at ts: the timer behind the descriptor follows. */
void usctp__hostfd_arm(struct usctp_host *host, uint64_t ts);

#endif
