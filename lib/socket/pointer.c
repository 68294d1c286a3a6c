/* SPDX-License-Identifier: BSD-3-Clause */
/* The thorough look at pointers: a byte of each page is sent through a pipe, and the system says EFAULT
 * where it cannot be read, or written back. No signal handler, and nothing that one platform alone has. */
#include "socket/pointer.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "socket/host.h"
#include "socket/table.h"

enum { PAGE_LEN = 4096 /* no platform has smaller ones */ };

/* A byte goes into the pipe and comes back to where it was, or to nowhere. */
static bool byte_is_bad(const struct usctp_host *host, uintptr_t at, bool to_write)
{
    uint8_t here;
    ssize_t got;

    do {
        got = write(host->probe[1], (const void *)at, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1) {
        return errno == EFAULT;
    }
    do {
        got = read(host->probe[0], to_write ? (void *)at : &here, 1);
    } while (got < 0 && errno == EINTR);
    if (got == 1) {
        return false;
    }
    (void)!read(host->probe[0], &here, 1); /* it is still there */
    return true;
}

bool usctp__probe_pages(const struct usctp_host *host, const void *ptr, size_t len, bool to_write)
{
    uintptr_t at = (uintptr_t)ptr, end = at + len;
    int error = errno;
    bool bad = false;

    for (; at < end && !bad; at = (at / PAGE_LEN + 1) * PAGE_LEN) {
        bad = byte_is_bad(host, at, to_write);
    }
    errno = error;
    return bad;
}

bool usctp__is_bad_for_any(const void *ptr, size_t len, bool to_write)
{
    struct usctp_host *asks = NULL;
    bool bad = false;

    if (len == 0) {
        return false;
    }
    if (usctp__bad_pointer(ptr, len) || len > UINTPTR_MAX - (uintptr_t)ptr) {
        return true;
    }
    usctp__table_lock();
    USCTP__LIST_FOREACH(link, usctp__table_hosts())
    {
        struct usctp_host *host = USCTP__CONTAINER_OF(link, struct usctp_host, link);

        asks = host->probe[0] >= 0 ? host : asks;
    }
    if (asks != NULL) {
        usctp__host_lock(asks);
        bad = usctp__probe_pages(asks, ptr, len, to_write);
        usctp__host_unlock(asks);
    }
    usctp__table_unlock();
    return bad;
}

int usctp__name_in(struct usctp_host *host, const struct sockaddr *sa, socklen_t len,
                   struct usctp__name *name)
{
    size_t read_len = len < sizeof(struct sockaddr_storage) ? len : sizeof(struct sockaddr_storage);

    return usctp__cannot_read(host, sa, read_len) ? -EFAULT : usctp__sockaddr_in(sa, len, name);
}

int usctp__names_in(struct usctp_host *host, const struct sockaddr *sa, size_t cnt,
                    struct usctp__name *names)
{
    const uint8_t *at = (const uint8_t *)sa;

    for (size_t i = 0; i < cnt; i++) {
        struct sockaddr_storage one;
        socklen_t len = sizeof(struct sockaddr_in);

        if (usctp__cannot_read(host, at, len)) {
            return -EFAULT;
        }
        memcpy(&one, at, len);
        if (one.ss_family == AF_INET6) {
            len = sizeof(struct sockaddr_in6);
            if (usctp__cannot_read(host, at, len)) {
                return -EFAULT;
            }
            memcpy(&one, at, len);
        }
        if (usctp__sockaddr_in((const struct sockaddr *)(const void *)&one, len, &names[i]) != 0) {
            return -EINVAL;
        }
        at += len;
    }
    return 0;
}
