/* SPDX-License-Identifier: BSD-3-Clause */
/* Pointers that programs hand in. What is plainly none is found at once (usctp__bad_pointer); where the
 * host was made with USCTP_HOST_CHECK_POINTERS, the system is asked about each page. */
#ifndef USCTP_SOCKET_POINTER_H
#define USCTP_SOCKET_POINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/socket.h>

#include "socket/host.h"
#include "socket/sockaddr.h"
#include "socket/table.h"

/* Asks the system about each page of what is not plainly bad, by the pipe of USCTP_HOST_CHECK_POINTERS. */
bool usctp__probe_pages(const struct usctp_host *host, const void *ptr, size_t len, bool to_write);

/* True where len bytes cannot be read, or written. The host's lock is held. */
static inline bool usctp__is_bad(const struct usctp_host *host, const void *ptr, size_t len,
                                 bool to_write)
{
    if (len == 0) {
        return false; /* nobody will look */
    }
    if (usctp__bad_pointer(ptr, len) || len > UINTPTR_MAX - (uintptr_t)ptr) {
        return true;
    }
    return USCTP__UNLIKELY(host->probe[0] >= 0) && usctp__probe_pages(host, ptr, len, to_write);
}

static inline bool usctp__cannot_read(const struct usctp_host *host, const void *ptr, size_t len)
{
    return usctp__is_bad(host, ptr, len, false);
}

static inline bool usctp__cannot_write(const struct usctp_host *host, const void *ptr, size_t len)
{
    return usctp__is_bad(host, ptr, len, true);
}

/* The same before it is known whose call it is: asks the system if any host does. No lock is held. */
bool usctp__is_bad_for_any(const void *ptr, size_t len, bool to_write);

/* usctp__sockaddr_in, and a packed array of addresses (RFC 6458, 9.1), with that look. -EINVAL stands for
 * -EAFNOSUPPORT in the array. 0 or a negative errno. */
int usctp__name_in(struct usctp_host *host, const struct sockaddr *sa, socklen_t len,
                   struct usctp__name *name);
int usctp__names_in(struct usctp_host *host, const struct sockaddr *sa, size_t cnt,
                    struct usctp__name *names);

#endif
