/* SPDX-License-Identifier: BSD-3-Clause */
/* Ancillary data (RFC 6458, 5.3): read with what is sent, written with what is received. */
#ifndef USCTP_SOCKET_CMSG_H
#define USCTP_SOCKET_CMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/socket.h>

#include "socket/peer.h"
#include "socket/sockaddr.h"

struct usctp__sock;
struct usctp__rec;

enum { USCTP__SEND_ADDR_MAX = 32 }; /* peer addresses in one call */

/* What the ancillary data of a message to be sent says. */
struct usctp__send_info {
    struct usctp__send_defaults send; /* stream, flags, ppid, context, lifetime */
    sctp_assoc_t assoc_id;            /* 0: not said */
    struct sctp_initmsg init;         /* SCTP_INIT: for an association made by this send */
    struct sctp_prinfo pr;            /* SCTP_PRINFO */
    uint16_t key;                     /* SCTP_AUTHINFO */
    struct usctp_addr addrs[USCTP__SEND_ADDR_MAX]; /* SCTP_DSTADDRV4, V6: further addresses */
    size_t addr_cnt;
    bool has_send; /* SNDINFO or SNDRCV was there: the defaults do not apply */
    bool has_init, has_pr, has_key;
};

/* Nothing said. */
void usctp__send_info_init(struct usctp__send_info *info);

/* Reads the control data of a message. 0 or -EINVAL (RFC 6458, 5.3: wrong length, unknown type, SNDINFO
 * and SNDRCV together), -EFAULT. */
int usctp__cmsg_read(const struct msghdr *msg, struct usctp__send_info *info);

/* The same for a struct sctp_sndrcvinfo, sctp_sndinfo, sctp_prinfo, sctp_authinfo by itself. */
void usctp__take_sndrcvinfo(struct usctp__send_info *info, const struct sctp_sndrcvinfo *given);
void usctp__take_sndinfo(struct usctp__send_info *info, const struct sctp_sndinfo *given);
int usctp__take_prinfo(struct usctp__send_info *info, const struct sctp_prinfo *given);

/* What is told of a message that was received. */
struct usctp__recv_info {
    struct sctp_sndrcvinfo sndrcv; /* valid for messages */
    struct sctp_rcvinfo rcv;
    struct sctp_nxtinfo next;
    bool is_note;  /* it is a notification: no info of its own */
    bool has_next; /* a next message is there */
};

/* Fills it in for a record about to be read, of which `room` bytes will fit. */
void usctp__recv_info(struct usctp__sock *sock, struct usctp__rec *rec, size_t room,
                      struct usctp__recv_info *info);

/* The subscription of old that asks for SCTP_SNDRCV (RFC 6458, 8.1.14). */
bool usctp__wants_sndrcv(const struct usctp__sock *sock);

/* True where the socket asks for anything to be told of what it receives. */
bool usctp__wants_info(const struct usctp__sock *sock);

/* Writes the control data that the socket's options ask for, and sets msg_controllen; MSG_CTRUNC in
 * *flags where it does not fit. */
void usctp__cmsg_write(const struct usctp__sock *sock, const struct usctp__recv_info *info,
                       struct msghdr *msg, int *flags);

#endif
