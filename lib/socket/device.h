/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces of this host. */
#ifndef USCTP_SOCKET_DEVICE_H
#define USCTP_SOCKET_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "socket/sockaddr.h"

enum {
    USCTP__DEVICE_NAME_LEN = 16, /* with its zero byte */
    USCTP__DEVICE_ADDR_MAX = 32  /* addresses of one that are used */
};

/* True if there is such an interface. */
bool usctp__device_exists(const char *device);

/* Its addresses that a socket of this family carries, each with the port; at most USCTP__DEVICE_ADDR_MAX.
 * Link-local ones are left out: peers elsewhere could not use them. Returns how many. */
size_t usctp__device_names(const char *device, int domain, bool v6only, uint16_t port,
                           struct usctp__name names[USCTP__DEVICE_ADDR_MAX]);

#endif
