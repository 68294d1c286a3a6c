/* SPDX-License-Identifier: BSD-3-Clause */
/* Pointers that programs hand in. What is plainly none is found at once (usctp__bad_pointer); where the
 * host was made with USCTP_HOST_CHECK_POINTERS, the system is asked about each page. */
#ifndef USCTP_SOCKET_POINTER_H
#define USCTP_SOCKET_POINTER_H

#include <stdbool.h>
#include <stddef.h>

#include <usctp/socket.h>

/* True where len bytes cannot be read, or written. The host's lock is held. */
bool usctp__cannot_read(struct usctp_host *host, const void *ptr, size_t len);
bool usctp__cannot_write(struct usctp_host *host, const void *ptr, size_t len);

#endif
