/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagram sockets as POSIX systems have them: what the UDP, the raw IP and Linux's own driver have
 * in common. To be included before any header of the system, since it asks for their extensions.
 */
#ifndef USCTP_LOWER_SOCKET_POSIX_H
#define USCTP_LOWER_SOCKET_POSIX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* Linux: struct in6_pktinfo, recvmmsg */
#endif
#ifndef __APPLE_USE_RFC_3542
#define __APPLE_USE_RFC_3542 1 /* macOS: IPV6_PKTINFO, IPV6_TCLASS */
#endif
#ifndef __EXTENSIONS__
#define __EXTENSIONS__ 1 /* illumos: msg_control */
#endif

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#if defined(__linux__)
#include <netinet/udp.h>
#endif

#include "lower/driver.h"

enum { USCTP__CONTROL_LEN = 256 }; /* bytes of ancillary data, both ways */

/* A socket address of either family. */
union usctp__sockaddr {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_storage storage;
};

/* One message for sendmsg or recvmsg with all it points to. */
struct usctp__posix_msg {
    union usctp__sockaddr name;
    struct iovec iov;
    uint64_t control[USCTP__CONTROL_LEN / 8]; /* aligned for struct cmsghdr */
};

/* The members of struct usctp__driver_io that all POSIX systems share. */
int usctp__posix_open(struct usctp_driver *driver, struct usctp__socket *sock, uint16_t port,
                      const struct usctp_driver_config *config, int *os_error);
void usctp__posix_close(struct usctp__socket *sock);
uint16_t usctp__posix_port(const struct usctp__socket *sock);
int usctp__posix_receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max,
                         bool *more);
size_t usctp__posix_send(struct usctp_driver *driver, struct usctp__socket *sock,
                         struct usctp_dgram *dgrams, size_t n, size_t stride);
void usctp__posix_route(struct usctp_driver *driver, struct usctp__route *route);
const char *usctp__posix_error_text(int os_error, char *buf, size_t len);

/* Prepares to receive into a slot of `len` bytes. */
void usctp__posix_msg_in(struct usctp__posix_msg *msg, struct msghdr *hdr, uint8_t *slot,
                         size_t len);

/* Makes a datagram of what was received into `slot`. False: it is to be dropped. */
bool usctp__posix_dgram(const struct usctp_driver *driver, const struct usctp__socket *sock,
                        struct msghdr *hdr, uint8_t *slot, size_t len, struct usctp_dgram *dgram);

/* Prepares to send a datagram. */
void usctp__posix_msg_out(const struct usctp_driver *driver, const struct usctp__socket *sock,
                          const struct usctp_dgram *dgram, struct usctp__posix_msg *msg,
                          struct msghdr *hdr);

/* Appends ancillary data of `len` bytes to a message. */
void usctp__posix_add_control(struct msghdr *hdr, struct usctp__posix_msg *msg, int level, int type,
                              const void *data, size_t len);

/* Sets the options of the socket that the next packet needs: whether it may be fragmented, and its
 * type of service where that does not travel with the packet. */
void usctp__posix_tune(struct usctp__socket *sock, const struct usctp_dgram *dgram);

/* True if the packet must leave without the don't-fragment bit. */
bool usctp__posix_may_fragment(const struct usctp_dgram *dgram);

/* What a failed send means. */
enum usctp__send_verdict {
    USCTP__SEND_BLOCKED, /* the system has no room now */
    USCTP__SEND_AGAIN,   /* nothing has happened, or an earlier packet's error was told */
    USCTP__SEND_REFUSED  /* this packet cannot go; its status is set */
};

/* The verdict on errno `error` of the try number `tries` (from 0) to send dgram. */
enum usctp__send_verdict usctp__posix_verdict(struct usctp__socket *sock, struct usctp_dgram *dgram,
                                              int error, int tries);

/* Reads the ancillary data of a received message: local address, type of service. */
void usctp__posix_read_control(struct msghdr *hdr, struct usctp_dgram *dgram);

/* Address and port of a socket address; AF_NONE for an unknown family. */
struct usctp_addr usctp__posix_addr(const union usctp__sockaddr *name, uint16_t *port);

/* The socket address of addr and port; returns its length. */
socklen_t usctp__posix_sockaddr(union usctp__sockaddr *name, const struct usctp_addr *addr,
                                uint16_t port);

/* Whether packets can be kept from being fragmented, whatever their size (RFC 8899, 3). */
#if (defined(IP_PMTUDISC_PROBE) && defined(IPV6_PMTUDISC_PROBE)) || \
    (defined(IP_DONTFRAG) && defined(IPV6_DONTFRAG))
#define USCTP__POSIX_PROBES true
#else
#define USCTP__POSIX_PROBES false
#endif

#endif
