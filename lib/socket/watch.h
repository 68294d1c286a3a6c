/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of a host, told to its stack, where a socket follows them (SCTP_AUTO_ASCONF: RFC 6458, 8.1.23). */
#ifndef USCTP_SOCKET_WATCH_H
#define USCTP_SOCKET_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/driver.h>

struct usctp_host;

/* Made once a socket wants to follow. */
struct usctp__watch {
    usctp_addr_watch *addrs; /* NULL: it is the program that tells */
    int fd;                  /* becomes readable when they may have changed; -1: not waited for */
    uint64_t look_ts;        /* where it is not: when the system is asked again; else USCTP_NEVER */
};

/* A socket of the host follows from now on. 0 or -errno. */
int usctp__watch_begin(struct usctp_host *host);

/* Tells what has changed, if a socket follows still. */
void usctp__watch_look(struct usctp_host *host);

/* Nobody follows any more: it ends. */
void usctp__watch_end_unused(struct usctp_host *host);

void usctp__watch_end(struct usctp_host *host);

/* Closes the descriptor in a child of fork, where nothing else is touched. */
void usctp__watch_disown(struct usctp_host *host);

/* The descriptor, or -1. */
int usctp__watch_fd(const struct usctp_host *host);

#endif
