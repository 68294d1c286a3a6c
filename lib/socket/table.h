/* SPDX-License-Identifier: BSD-3-Clause */
/* The descriptors of the process: which socket a number names. With the default host the only state
 * that belongs to the whole process, behind one lock. */
#ifndef USCTP_SOCKET_TABLE_H
#define USCTP_SOCKET_TABLE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include <usctp/socket.h>

#include "base/compiler.h"
#include "base/list.h"
#include "socket/host.h"
#include "socket/sock.h"

/* A descriptor of ours. Changed under the table's lock and that of the socket's host, so that either is enough
 * to look at it; `host` and `orphan` are looked at without any lock too. */
struct usctp__entry {
    struct usctp_host *host;  /* NULL: none of ours, or of a parent process */
    struct usctp__sock *sock; /* valid where there is a host */
    int next;                 /* another descriptor of this socket; -1: none */
    bool orphan;              /* of a parent process */
};

/* Entries stay where they are, and are never freed: who looks at one has no lock. */
enum { USCTP__ENTRY_CHUNK_LEN = 1024, USCTP__ENTRY_CHUNK_CNT = 1024 };

/* By descriptor; NULL: not made yet. */
extern struct usctp__entry *usctp__entry_chunks[USCTP__ENTRY_CHUNK_CNT];

/* NULL: there never was one. */
static inline struct usctp__entry *usctp__entry_of(int fd)
{
    struct usctp__entry *chunk;

    if ((unsigned)fd >= USCTP__ENTRY_CHUNK_LEN * USCTP__ENTRY_CHUNK_CNT) {
        return NULL;
    }
    chunk = __atomic_load_n(&usctp__entry_chunks[fd / USCTP__ENTRY_CHUNK_LEN], __ATOMIC_ACQUIRE);
    return chunk != NULL ? &chunk[fd % USCTP__ENTRY_CHUNK_LEN] : NULL;
}

/* usctp__enter where nothing stands in the way; NULL: something does, or it is none of ours. */
static inline struct usctp__sock *usctp__enter_quickly(int fd)
{
    struct usctp__entry *entry = usctp__entry_of(fd);
    struct usctp_host *host =
        entry != NULL ? __atomic_load_n(&entry->host, __ATOMIC_ACQUIRE) : NULL;

    if (host == NULL) {
        return NULL;
    }
    usctp__host_lock(host);
    if (USCTP__LIKELY(__atomic_load_n(&entry->host, __ATOMIC_ACQUIRE) == host)) {
        return entry->sock;
    }
    usctp__host_unlock(host);
    return NULL;
}

/* Begins a call on a descriptor: finds its socket and takes its host's lock, and no other. 0; -EBADF: it
 * belongs to a parent process; -ENOTSOCK: it is none of ours. */
int usctp__enter(int fd, struct usctp__sock **sock);

/* The same for a host without a socket. */
int usctp__enter_host(struct usctp_host *host);

/* Ends it: shows readiness, gives the lock back. */
static inline void usctp__leave_host(struct usctp_host *host)
{
    if (!usctp__list_empty(&host->dirty) || !usctp__list_empty(&host->told)) {
        usctp__host_tell(host);
    }
    if (USCTP__UNLIKELY(host->leading || host->timer_fd >= 0)) {
        usctp__host_poke(host);
    }
    usctp__host_unlock(host);
}

static inline void usctp__leave(struct usctp__sock *sock)
{
    usctp__leave_host(sock->host);
}

/* Around what changes the table: its lock; taken before any host's. */
void usctp__table_lock(void);
void usctp__table_unlock(void);

/* The table's lock is held in what follows, and the host's lock of the socket too where an entry is made
 * or taken out. */

/* Enters a descriptor; one that the program closed behind our back gives way. False: no memory. */
bool usctp__table_add(int fd, struct usctp__sock *sock);

/* Takes it out. */
void usctp__table_remove(int fd);

/* The socket of a descriptor; NULL: none of ours. *orphan: it was one of a parent process. */
struct usctp__sock *usctp__table_find(int fd, bool *orphan);

/* The same for a descriptor that the system has closed already, whose socket loses it. No host's lock is
 * held. */
void usctp__table_drop(int fd);

/* The next descriptor of the same socket, after sock->first_fd; -1: none. */
int usctp__table_after(int fd);

/* Hosts of the process, for exit and fork; linked by host->link. */
void usctp__table_add_host(struct usctp_host *host);
void usctp__table_remove_host(struct usctp_host *host);
struct usctp__list *usctp__table_hosts(void);

/* Memory for a host, zeroed but for its lock, which is ready; NULL: no memory. And back. */
struct usctp_host *usctp__table_take_host(void);
void usctp__table_keep_host(struct usctp_host *host);

/* A result as the system's calls give it: a negative errno becomes -1 and errno. */
static inline ssize_t usctp__result(ssize_t result)
{
    if (USCTP__UNLIKELY(result < 0)) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

/* errno for an error of the core. */
int usctp__errno(int usctp_error);

/* A pointer to len bytes that plainly is none: NULL with a length, or the last page of memory. */
static inline bool usctp__bad_pointer(const void *ptr, size_t len)
{
    return (ptr == NULL && len > 0) || (uintptr_t)ptr >= UINTPTR_MAX - 4095;
}

#endif
