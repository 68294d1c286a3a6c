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

/* A descriptor of ours. */
struct entry {
    struct usctp__sock *sock; /* NULL: none of ours, or of a parent process */
    int next;                 /* another descriptor of this socket; -1: none */
    bool orphan;              /* of a parent process */
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries; /* by descriptor */
static size_t entry_cap;
static struct usctp__list hosts = {&hosts, &hosts};
static struct usctp__list lost_hosts = {&lost_hosts, &lost_hosts}; /* of parent processes */
static bool handlers_set;

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
    if (fd < 0 || (size_t)fd >= entry_cap) {
        *orphan = false;
        return NULL;
    }
    *orphan = entries[fd].orphan;
    return entries[fd].sock;
}

static bool grow(size_t needed)
{
    size_t cap = entry_cap < 64 ? 64 : entry_cap;

    while (cap < needed) {
        cap *= 2;
    }
    struct entry *bigger = realloc(entries, cap * sizeof(*bigger));
    if (bigger == NULL) {
        return false;
    }
    memset(bigger + entry_cap, 0, (cap - entry_cap) * sizeof(*bigger));
    entries = bigger;
    entry_cap = cap;
    return true;
}

/* Takes a descriptor out of the list of its socket. */
static void detach(int fd)
{
    struct usctp__sock *sock = entries[fd].sock;
    int *at = &sock->first_fd;

    while (*at != fd) {
        at = &entries[*at].next;
    }
    *at = entries[fd].next;
    entries[fd].sock = NULL;
}

static void attach(int fd, struct usctp__sock *sock)
{
    entries[fd].sock = sock;
    entries[fd].orphan = false;
    entries[fd].next = sock->first_fd;
    sock->first_fd = fd;
    sock->fd_cnt++;
}

bool usctp__table_add(int fd, struct usctp__sock *sock)
{
    struct usctp__sock *stale;

    if ((size_t)fd >= entry_cap && !grow((size_t)fd + 1)) {
        return false;
    }
    /* The system gave the number anew, so the program closed it with the system's close. */
    stale = entries[fd].sock;
    if (stale != NULL) {
        detach(fd);
    }
    attach(fd, sock);
    if (stale != NULL && stale->host == sock->host) {
        usctp__sock_lose(stale, fd);
    } else if (stale != NULL) {
        pthread_mutex_lock(&stale->host->lock);
        usctp__sock_lose(stale, fd);
        usctp__leave(stale);
    }
    return true;
}

void usctp__table_remove(int fd)
{
    if (fd < 0 || (size_t)fd >= entry_cap) {
        return;
    }
    if (entries[fd].sock != NULL) {
        detach(fd);
    }
    entries[fd].orphan = false;
}

void usctp__table_drop(int fd)
{
    bool orphan;
    struct usctp__sock *sock = usctp__table_find(fd, &orphan);

    if (sock != NULL) {
        pthread_mutex_lock(&sock->host->lock);
        usctp__table_remove(fd);
        usctp__sock_lose(sock, fd);
        usctp__leave(sock);
    } else {
        usctp__table_remove(fd);
    }
}

int usctp__table_after(int fd)
{
    return entries[fd].next;
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
    for (size_t i = 0; i < entry_cap; i++) {
        if (entries[i].sock != NULL) {
            entries[i].sock = NULL;
            entries[i].orphan = true;
        }
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
    if (usctp__list_empty(&hosts)) {
        bool any = false;

        for (size_t i = 0; i < entry_cap && !any; i++) {
            any = entries[i].sock != NULL || entries[i].orphan;
        }
        if (!any) {
            free(entries);
            entries = NULL;
            entry_cap = 0;
        }
    }
}

struct usctp__list *usctp__table_hosts(void)
{
    return &hosts;
}

/* --- Calls ------------------------------------------------------------------------------------ */

int usctp__enter(int fd, struct usctp__sock **sock)
{
    bool orphan;

    pthread_mutex_lock(&table_lock);
    *sock = usctp__table_find(fd, &orphan);
    if (*sock == NULL) {
        pthread_mutex_unlock(&table_lock);
        return orphan ? -EBADF : -ENOTSOCK;
    }
    pthread_mutex_lock(&(*sock)->host->lock);
    pthread_mutex_unlock(&table_lock);
    return 0;
}

void usctp__leave(struct usctp__sock *sock)
{
    usctp__leave_host(sock->host);
}

int usctp__enter_host(struct usctp_host *host)
{
    if (host == NULL) {
        return -EINVAL;
    }
    if (host->dead) { /* of a parent process: the lock may be held by a thread that is not here */
        return -EBADF;
    }
    pthread_mutex_lock(&host->lock);
    return 0;
}

void usctp__leave_host(struct usctp_host *host)
{
    usctp__host_show(host);
    usctp__host_poke(host);
    pthread_mutex_unlock(&host->lock);
}

/* --- Small things ----------------------------------------------------------------------------- */

ssize_t usctp__result(ssize_t result)
{
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

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
    default:
        return EINVAL;
    }
}

bool usctp__bad_pointer(const void *ptr, size_t len)
{
    uintptr_t at = (uintptr_t)ptr;

    return (ptr == NULL && len > 0) || at >= UINTPTR_MAX - 4095;
}
