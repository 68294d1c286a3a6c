/* SPDX-License-Identifier: BSD-3-Clause */
/* Pointers that programs hand in. What is plainly none is found at once (usctp__bad_pointer); where the
 * host was made with USCTP_HOST_CHECK_POINTERS, the system is asked about each page. */
#ifndef USCTP_SOCKET_POINTER_H
#define USCTP_SOCKET_POINTER_H

#include <stdbool.h>
#include <stddef.h>

#include <usctp/socket.h>

#include "socket/sockaddr.h"

/* True where len bytes cannot be read, or written. The host's lock is held. */
bool usctp__cannot_read(struct usctp_host *host, const void *ptr, size_t len);
bool usctp__cannot_write(struct usctp_host *host, const void *ptr, size_t len);

/* usctp__sockaddr_in, and a packed array of addresses (RFC 6458, 9.1), with that look. -EINVAL stands for
 * -EAFNOSUPPORT in the array. 0 or a negative errno. */
int usctp__name_in(struct usctp_host *host, const struct sockaddr *sa, socklen_t len,
                   struct usctp__name *name);
int usctp__names_in(struct usctp_host *host, const struct sockaddr *sa, size_t cnt,
                    struct usctp__name *names);

#endif
