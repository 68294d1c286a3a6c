/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shards: several stacks, each with a driver and a thread of its own, on one UDP port. Each draws its
 * verification tags under a prefix, and the system is asked to steer packets by it. What reaches the
 * wrong one all the same is handed over through a socket of the right one.
 *
 * Threads: while drivers run, they share nothing but these sockets. Who is there and in which order
 * their UDP sockets were opened each driver knows for itself, from messages that come the same way.
 */
#ifndef USCTP_LOWER_SHARDS_H
#define USCTP_LOWER_SHARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/driver.h>

struct usctp__socket;

enum { USCTP__SHARD_MAX = 256, USCTP__SHARD_SECRET_LEN = 32 };

/* Who is there. */
struct usctp__shard_view {
    bool present[USCTP__SHARD_MAX];
    uint8_t order[USCTP__SHARD_MAX]; /* the shards whose UDP sockets are open, as the system
                                      * numbers them */
    size_t cnt;                      /* elements of order */
};

/* What a driver has of its group; all zero: none. */
struct usctp__shard {
    usctp_shards *group;           /* NULL: no shard */
    unsigned number;               /* its own */
    struct usctp__shard_view view; /* what it knows */
    bool steers;                   /* it asks the system to steer packets */
    uint64_t handed_cnt;           /* packets handed over to others */
};

/* Makes a driver, whose UDP sockets are open, a shard: an element is added to its sockets, others are
 * told, packets are steered. 0 or an error (USCTP_EADDRINUSE: there is such a shard already). */
int usctp__shard_join(struct usctp_driver *driver, usctp_shards *group, unsigned number,
                      uint32_t flags);

/* The driver's sockets are closed: tells the others. */
void usctp__shard_leave(struct usctp_driver *driver);

/* The UDP port that the others have; 0: there is none. */
uint16_t usctp__shard_port(const usctp_shards *group);

/* Reads what others have handed over into driver->dgrams; as struct usctp__driver_io has it. */
int usctp__shard_receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max,
                         bool *more);

/* Hands the packets of a datagram that are another's over; true: nothing of it is ours. False: all of
 * it is ours, or *mixed is set and the caller asks again for each packet. */
bool usctp__shard_hand_over(struct usctp_driver *driver, const struct usctp_dgram *dgram,
                            bool *mixed);

#endif
