/* SPDX-License-Identifier: BSD-3-Clause */
/* Trains: packets of one length, back to back in memory and to one address, that go down as one
 * message and are cut by the system or the card (UDP_SEGMENT). */
#ifndef USCTP_LOWER_TRAIN_LINUX_H
#define USCTP_LOWER_TRAIN_LINUX_H

#include "lower/socket_posix.h"

enum {
    USCTP__TRAIN_CNT = 64,    /* packets in a train, at most (UDP_MAX_SEGMENTS) */
    USCTP__TRAIN_LEN = 65507, /* bytes in a train, at most */
    USCTP__REFUSAL_CNT = 16   /* addresses remembered */
};

/* How long an address to which the system takes no trains is remembered. */
#define USCTP__REFUSAL_DUR USCTP_SEC(60)

/* The system would not take trains to an address. */
struct usctp__refusal {
    struct usctp_addr remote; /* AF_NONE: empty place */
    size_t len;               /* with packets of this many bytes or more */
    uint64_t until_ts;        /* believed before this time */
};

/* What is remembered of this; all zero at first. */
struct usctp__refusals {
    struct usctp__refusal items[USCTP__REFUSAL_CNT];
    size_t cnt;  /* places that were ever used */
    size_t next; /* place to be given up next */
};

/* Finds out what the system can do for a socket and asks it to, less what `flags` (enum
 * usctp_driver_flag) are against. */
void usctp__train_probe(struct usctp__socket *sock, uint32_t flags);

/* How many of n datagrams, from the first on, can leave as one train; at least 1. */
size_t usctp__train_cnt(struct usctp_dgram *dgrams, size_t n, size_t stride);

/* Makes the message for the first datagram one for the first `cnt` of them. */
void usctp__train_msg(struct usctp__posix_msg *msg, struct msghdr *hdr, struct usctp_dgram *dgrams,
                      size_t cnt, size_t stride);

/* True if errno `error` may mean that the system takes no train here. */
bool usctp__train_error(int error);

/* Remembers that a train of packets like this one was refused with `error`. */
void usctp__train_refuse(struct usctp__refusals *refusals, const struct usctp_dgram *dgram,
                         int error, uint64_t now_ts);

/* True if it is known that a train of packets like this one would be refused. */
bool usctp__train_refused(const struct usctp__refusals *refusals, const struct usctp_dgram *dgram,
                          uint64_t now_ts);

#endif
