/* SPDX-License-Identifier: BSD-3-Clause */
/* What Linux adds to the POSIX sockets: batches, and the error queue with quoted packets. Members of
 * struct usctp__driver_io. */
#ifndef USCTP_LOWER_SOCKET_LINUX_H
#define USCTP_LOWER_SOCKET_LINUX_H

#include "lower/socket_posix.h"
#include "lower/train_linux.h"

enum { USCTP__LINUX_CONTROL_LEN = 512 }; /* bytes of ancillary data of an error */

/* Messages of one batch. */
struct usctp__linux_batch {
    struct mmsghdr hdrs[USCTP__DRIVER_BATCH];
    struct usctp__posix_msg msgs[USCTP__DRIVER_BATCH];
};

/* driver->scratch: all zero at first. */
struct usctp__linux_scratch {
    struct usctp__linux_batch in;  /* the first `prepared` can be received into as they are */
    struct usctp__linux_batch out; /* anew for each batch */
    size_t prepared;
    uint8_t train_cnts[USCTP__DRIVER_BATCH]; /* datagrams in each message of `out` */
    struct usctp__refusals refusals;         /* of trains */
};

int usctp__linux_open(struct usctp_driver *driver, struct usctp__socket *sock, uint16_t port,
                      const struct usctp_driver_config *config, int *os_error);
int usctp__linux_receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max,
                         bool *more);
int usctp__linux_sleep(struct usctp_driver *driver, struct usctp__socket *sock, uint64_t max_dur,
                       bool *more);
void usctp__linux_nudge(const struct usctp__socket *sock);
size_t usctp__linux_send(struct usctp_driver *driver, struct usctp__socket *sock,
                         struct usctp_dgram *dgrams, size_t n, size_t stride);
void usctp__linux_read_errors(struct usctp_driver *driver, struct usctp__socket *sock);

#endif
