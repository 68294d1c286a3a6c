/* SPDX-License-Identifier: BSD-3-Clause */
/* The descriptors of the process. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* fork handlers, pipe2 */
#endif
#include "socket/table.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "socket/exit.h"
#include "socket/sock.h"

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
struct usctp__entry *usctp__entry_chunks[USCTP__ENTRY_CHUNK_CNT];
static struct usctp__list hosts = {&hosts, &hosts};
static struct usctp__list lost_hosts = {&lost_hosts, &lost_hosts};    /* of parent processes */
static struct usctp__list spare_hosts = {&spare_hosts, &spare_hosts}; /* memory, and locks */
static bool handlers_set;

#define LOAD(place)         __atomic_load_n(place, __ATOMIC_ACQUIRE)
#define STORE(place, value) __atomic_store_n(place, value, __ATOMIC_RELEASE)

void usctp__table_lock(void)
{
    pthread_mutex_lock(&table_lock);
}

void usctp__table_unlock(void)
{
    pthread_mutex_unlock(&table_lock);
}

struct usctp__sock *usctp__table_find(int fd, bool *orphan)
{
    struct usctp__entry *entry = usctp__entry_of(fd);

    *orphan = entry != NULL && LOAD(&entry->orphan);
    return entry != NULL && LOAD(&entry->host) != NULL ? entry->sock : NULL;
}

/* The same, made if need be; NULL: no memory. */
static struct usctp__entry *make_entry(int fd)
{
    struct usctp__entry *chunk;

    if ((unsigned)fd >= USCTP__ENTRY_CHUNK_LEN * USCTP__ENTRY_CHUNK_CNT) {
        return NULL;
    }
    if (usctp__entry_chunks[fd / USCTP__ENTRY_CHUNK_LEN] == NULL) {
        chunk = calloc(USCTP__ENTRY_CHUNK_LEN, sizeof(*chunk));
        if (chunk == NULL) {
            return NULL;
        }
        STORE(&usctp__entry_chunks[fd / USCTP__ENTRY_CHUNK_LEN], chunk);
    }
    return usctp__entry_of(fd);
}

/* One that was made. */
static inline struct usctp__entry *made_entry(int fd)
{
    return &usctp__entry_chunks[fd / USCTP__ENTRY_CHUNK_LEN][fd % USCTP__ENTRY_CHUNK_LEN];
}

/* Takes a descriptor out of the list of its socket. */
static void detach(int fd)
{
    struct usctp__entry *entry = made_entry(fd);
    int *at = &entry->sock->first_fd;

    while (*at != fd) {
        at = &made_entry(*at)->next;
    }
    *at = entry->next;
    STORE(&entry->host, NULL);
}

static void attach(int fd, struct usctp__sock *sock)
{
    struct usctp__entry *entry = made_entry(fd);

    entry->sock = sock;
    entry->next = sock->first_fd;
    sock->first_fd = fd;
    sock->fd_cnt++;
    STORE(&entry->orphan, false);
    STORE(&entry->host, sock->host);
}

bool usctp__table_add(int fd, struct usctp__sock *sock)
{
    struct usctp__entry *entry = make_entry(fd);
    struct usctp__sock *stale;

    if (entry == NULL) {
        return false;
    }
    /* The system gave the number anew, so the program closed it with the system's close. */
    stale = entry->host != NULL ? entry->sock : NULL;
    if (stale == NULL) {
        attach(fd, sock);
        return true;
    }
    if (stale->host != sock->host) {
        usctp__host_lock(stale->host);
    }
    detach(fd);
    attach(fd, sock);
    usctp__sock_lose(stale, fd);
    if (stale->host != sock->host) {
        usctp__leave(stale);
    }
    return true;
}

void usctp__table_remove(int fd)
{
    struct usctp__entry *entry = usctp__entry_of(fd);

    if (entry != NULL) {
        if (entry->host != NULL) {
            detach(fd);
        }
        STORE(&entry->orphan, false);
    }
}

void usctp__table_drop(int fd)
{
    bool orphan;
    struct usctp__sock *sock = usctp__table_find(fd, &orphan);

    if (sock != NULL) {
        usctp__host_lock(sock->host);
        usctp__table_remove(fd);
        usctp__sock_lose(sock, fd);
        usctp__leave(sock);
    } else {
        usctp__table_remove(fd);
    }
}

int usctp__table_after(int fd)
{
    return made_entry(fd)->next;
}

/* --- Fork ------------------------------------------------------------------------------------- */

static void before_fork(void)
{
    pthread_mutex_lock(&table_lock);
}

static void after_fork_parent(void)
{
    pthread_mutex_unlock(&table_lock);
}

/* The sockets belong to the parent: the child lets go of all that could send. Nothing here but what a
 * signal handler may do. */
static void after_fork_child(void)
{
    USCTP__LIST_FOREACH(link, &hosts)
    {
        usctp__host_disown(USCTP__CONTAINER_OF(link, struct usctp_host, link));
    }
    usctp__list_splice(&lost_hosts, &hosts);
    for (int fd = 0; fd < USCTP__ENTRY_CHUNK_LEN * USCTP__ENTRY_CHUNK_CNT; fd++) {
        struct usctp__entry *entry = usctp__entry_of(fd);

        if (entry == NULL) {
            fd += USCTP__ENTRY_CHUNK_LEN - 1; /* the whole chunk */
        } else if (entry->host != NULL) {
            entry->host = NULL;
            entry->orphan = true;
        }
    }
    USCTP__LIST_FOREACH(link, &spare_hosts)
    {
        /* A thread of the parent may have been about to find out that nobody is there. */
        usctp__lock_init(&USCTP__CONTAINER_OF(link, struct usctp_host, link)->lock);
    }
    usctp__exit_forked();
    pthread_mutex_unlock(&table_lock);
}

/* --- Hosts ------------------------------------------------------------------------------------ */

void usctp__table_add_host(struct usctp_host *host)
{
    if (!handlers_set) {
        handlers_set = true;
        pthread_atfork(before_fork, after_fork_parent, after_fork_child);
        usctp__exit_register();
    }
    usctp__list_push_back(&hosts, &host->link);
}

void usctp__table_remove_host(struct usctp_host *host)
{
    usctp__list_remove(&host->link);
}

struct usctp_host *usctp__table_take_host(void)
{
    struct usctp__list *link = usctp__list_pop_front(&spare_hosts);
    struct usctp_host *host;

    if (link != NULL) {
        return USCTP__CONTAINER_OF(link, struct usctp_host, link);
    }
    host = calloc(1, sizeof(*host));
    if (host != NULL) {
        usctp__lock_init(&host->lock);
    }
    return host;
}

void usctp__table_keep_host(struct usctp_host *host)
{
    size_t behind = offsetof(struct usctp_host, lock) + sizeof(host->lock);

    usctp__host_lock(host); /* others may just be looking at what it holds */
    memset((char *)host + behind, 0, sizeof(*host) - behind);
    usctp__lock_give(&host->lock);
    usctp__list_push_back(&spare_hosts, &host->link);
}

struct usctp__list *usctp__table_hosts(void)
{
    return &hosts;
}

/* --- Calls ------------------------------------------------------------------------------------ */

int usctp__enter(int fd, struct usctp__sock **sock)
{
    struct usctp__entry *entry = usctp__entry_of(fd);
    struct usctp_host *host;

    if (entry == NULL) {
        return -ENOTSOCK;
    }
    while ((host = LOAD(&entry->host)) != NULL) {
        usctp__host_lock(host);
        if (USCTP__LIKELY(LOAD(&entry->host) == host)) {
            *sock = entry->sock; /* and it stays so as long as the lock is held */
            return 0;
        }
        usctp__host_unlock(host); /* it was closed meanwhile */
    }
    return LOAD(&entry->orphan) ? -EBADF : -ENOTSOCK;
}

int usctp__enter_host(struct usctp_host *host)
{
    if (host == NULL) {
        return -EINVAL;
    }
    if (host->dead) { /* of a parent process: the lock may be held by a thread that is not here */
        return -EBADF;
    }
    usctp__host_lock(host);
    return 0;
}

/* --- Small things ----------------------------------------------------------------------------- */

int usctp__errno(int usctp_error)
{
    switch (usctp_error) {
    case USCTP_OK:
        return 0;
    case USCTP_ENOMEM:
        return ENOMEM;
    case USCTP_EWOULDBLOCK:
        return EAGAIN;
    case USCTP_ESTATE:
        return EPIPE;
    case USCTP_EMSGSIZE:
        return EMSGSIZE;
    case USCTP_EADDRINUSE:
        return EADDRINUSE;
    case USCTP_EADDRNOTAVAIL:
        return EADDRNOTAVAIL;
    case USCTP_EBUSY:
        return EBUSY;
    case USCTP_ECRYPTO:
    case USCTP_EIO:
        return EIO;
    case USCTP_EAFNOSUPPORT:
        return EAFNOSUPPORT;
    case USCTP_ENOTSUP:
        return EOPNOTSUPP;
    default:
        return EINVAL;
    }
}
