/* SPDX-License-Identifier: BSD-3-Clause */
/* The descriptor of a socket: one end of a pair of connected stream sockets, whose readiness the
 * library steers from both sides, so that poll, select and epoll see what a socket of the kernel would
 * show them.
 *
 *   readable      a byte that the library's end wrote lies in the pair; every further byte is a new
 *                 edge for epoll
 *   not writable  the program's end is full: a filler that it "sent" waits at the library's end
 *   hung up       the library's end was shut down, for writing (RDHUP) or both ways (HUP) */
#ifndef USCTP_SOCKET_PAIR_H
#define USCTP_SOCKET_PAIR_H

#include <stdbool.h>
#include <stddef.h>

enum usctp__ready {
    USCTP__READY_IN = 1 << 0,
    USCTP__READY_OUT = 1 << 1,
    USCTP__READY_RDHUP = 1 << 2,
    USCTP__READY_HUP = 1 << 3,
    USCTP__READY_ERR = 1 << 4 /* the pair shows it as IN, OUT, RDHUP and HUP */
};

struct usctp__pair {
    int app;        /* the program's end: the descriptor it knows; -1: there is none (yet) */
    int lib;        /* the library's end */
    unsigned shown; /* enum usctp__ready, as the pair shows it now */
    unsigned bytes; /* bytes in the pair towards the program */
    bool hung;      /* the library's end was shut down: the pair shows that for ever */
};

/* No descriptors yet. */
void usctp__pair_init(struct usctp__pair *pair);

/* Opens the pair, shown as neither readable nor writable. flags: SOCK_NONBLOCK, SOCK_CLOEXEC, for the
 * program's end. 0 or a negative errno. */
int usctp__pair_open(struct usctp__pair *pair, int flags);

/* Closes the library's end; the program's is closed by the caller. */
void usctp__pair_close(struct usctp__pair *pair);

/* Puts a new pair in the place of one that was shown as hung up, under all the program's descriptors. They
 * keep their numbers and flags; an epoll set that watched them forgets them. 0 or a negative errno. */
int usctp__pair_renew(struct usctp__pair *pair, const int *apps, size_t cnt);

/* Shows `ready` (enum usctp__ready). edge: something was added to what can be read, so that who waits
 * for edges must be told again. Makes system calls only for what changes. */
void usctp__pair_show(struct usctp__pair *pair, unsigned ready, bool edge);

#endif
