/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that a program lends to its host (release of struct usctp_host_config): messages that wait to be read
 * stay in them, and are copied once. */
#ifndef USCTP_SOCKET_LOAN_H
#define USCTP_SOCKET_LOAN_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/socket.h>

struct usctp_host;
struct usctp__rxblock;

/* A datagram with messages that wait. */
struct usctp__loan {
    void *data;                   /* the program's */
    size_t len;                   /* bytes of it */
    uint32_t cnt;                 /* messages in it, and one while it is taken in */
    struct usctp__rxblock *block; /* that this struct stands in */
};

enum { USCTP__LOANS = 256 /* datagrams of a call that messages may stay in */ };

/* Those of a call, while they are taken in. */
struct usctp__lent {
    const struct usctp_dgram *dgrams;
    size_t cnt;                              /* of these, in which messages may stay */
    size_t at;                               /* where the last message was */
    struct usctp__loan *loans[USCTP__LOANS]; /* NULL: no message stays there */
};

/* Around usctp_stack_input, where the program lends; end gives back what need not stay. */
void usctp__lent_begin(struct usctp_host *host, struct usctp__lent *lent,
                       const struct usctp_dgram *dgrams, size_t n);
void usctp__lent_end(struct usctp_host *host, struct usctp__lent *lent, size_t n);

/* The loan that holds these bytes, for one message more; a new one is put into *block (rxmem.h). NULL: they are not
 * lent, or there is no memory. */
struct usctp__loan *usctp__loan_of(struct usctp_host *host, struct usctp__rxblock **block,
                                   const void *bytes);

/* A message in it was read. */
void usctp__loan_give(struct usctp_host *host, struct usctp__loan *loan);

#endif
