/* SPDX-License-Identifier: BSD-3-Clause */
/* The descriptors of the process: which socket a number names. With the default host the only state
 * that belongs to the whole process, behind one lock. */
#ifndef USCTP_SOCKET_TABLE_H
#define USCTP_SOCKET_TABLE_H

#include <stdbool.h>

#include <usctp/socket.h>

struct usctp__list;
struct usctp__sock;

/* Begins a call on a descriptor: finds its socket and takes its host's lock. 0; -EBADF: it belongs to
 * a parent process; -ENOTSOCK: it is none of ours. */
int usctp__enter(int fd, struct usctp__sock **sock);

/* Ends it: shows readiness, gives the lock back. */
void usctp__leave(struct usctp__sock *sock);

/* The same for a host without a socket. */
int usctp__enter_host(struct usctp_host *host);
void usctp__leave_host(struct usctp_host *host);

/* Around what changes the table: its lock; taken before any host's. */
void usctp__table_lock(void);
void usctp__table_unlock(void);

/* The table's lock is held in what follows. */

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

/* A result as the system's calls give it: a negative errno becomes -1 and errno. */
ssize_t usctp__result(ssize_t result);

/* errno for an error of the core. */
int usctp__errno(int usctp_error);

/* A pointer to len bytes that plainly is none: NULL with a length, or the last page of memory. */
bool usctp__bad_pointer(const void *ptr, size_t len);

#endif
