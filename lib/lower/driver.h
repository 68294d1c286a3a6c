/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the socket drivers share. A driver is made of two halves: the common one (driver.c) chooses
 * sockets, filters, and talks to the stack; the platform's one is a table of functions that opens
 * one socket, reads a batch from it and writes a batch to it. UDP and raw IP are told apart by
 * `raw` alone.
 */
#ifndef USCTP_LOWER_DRIVER_H
#define USCTP_LOWER_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/driver.h>

#include "lower/shards.h"

enum {
    USCTP__DRIVER_BATCH = 64,       /* datagrams read or written at a time */
    USCTP__DRIVER_TURN = 1024,      /* packets read in one call of usctp_driver_process, about */
    USCTP__DRIVER_SLOT_LEN = 65536, /* the longest datagram, bytes */
    USCTP__DRIVER_SLOT_STEP =
        66880,                     /* from slot to slot: not a power of two, so that the beginnings
                                      * of the slots do not compete for the same cache lines */
    USCTP__DRIVER_SOCKET_MAX = 64, /* sockets of one driver */
    USCTP__DRIVER_ICMP_MAX = 32,   /* ICMP messages kept until the next process call */
    USCTP__DRIVER_QUOTE_LEN = 256, /* bytes kept of a quoted packet */
    USCTP__DRIVER_ROUTE_CNT = 16,  /* remembered answers of the system's routing */
    USCTP__DRIVER_RETRY_MAX = 3,   /* system calls repeated for errors of earlier packets */
    USCTP__UDP_HEADER_LEN = 8,     /* bytes */
    USCTP__IPV4_HEADER_LEN = 20,   /* bytes, without options */
    USCTP__IPV6_HEADER_LEN = 40,   /* bytes, without extensions */
    USCTP__IP_PROTOCOL_SCTP = 132, /* protocol number, next header */
};

/* How long an answer of the system's routing is believed. */
#define USCTP__DRIVER_ROUTE_DUR USCTP_SEC(10)

/* One socket. */
struct usctp__socket {
    usctp_fd fd; /* not blocking unless that is said below, closed on exec; -1: not open */
    struct usctp_addr addr; /* bound address; unspecified for a wildcard */
    bool wildcard;          /* bound to all addresses of its family */
    bool blocked;           /* it took less than it was given */
    bool congested;         /* so for want of room below it, of which poll does not know */
    bool ready;             /* the loop saw that there is something to read */
    bool errors;            /* its error queue must be read */
    bool may_fragment;      /* its packets leave without the don't-fragment bit now */
    bool hand_over;         /* not UDP: other shards hand packets over here */
    bool trains;            /* the system cuts trains of packets that it sends */
    bool coalesces;         /* the system may hand up several packets as one datagram */
    bool adopted;           /* another process may have it too */
    bool blocking;          /* the system may put who reads it to sleep */
    uint8_t tos;            /* type of service that packets without any of their own leave with */
    uint32_t sleep_ms; /* how long such a sleep takes at most, as the system was told; 0: not yet */
};

/* An ICMP message on its way to the stack. */
struct usctp__driver_icmp {
    struct usctp_icmp icmp;                 /* its quote is set when it is handed on */
    uint8_t quote[USCTP__DRIVER_QUOTE_LEN]; /* icmp.quote_len bytes of the quoted packet */
};

/* What the system said about the way to an address. */
struct usctp__route {
    struct usctp_addr remote; /* whereto; AF_NONE: empty place */
    struct usctp_addr local;  /* source that the system would use; AF_NONE: it has no route */
    uint32_t mtu;             /* of the route, bytes of an IP packet; 0: not known */
    uint64_t until_ts;        /* believed before this time */
};

/* The platform's half. */
struct usctp__driver_io {
    bool raw;           /* IP protocol 132 instead of UDP */
    bool adopts;        /* it can take sockets over that are open already */
    bool ecn;           /* the ECN bits are set and read */
    bool probes;        /* don't-fragment can be set for packets of any size */
    size_t scratch_len; /* bytes at driver->scratch, zero at first; may be 0 */

    /* What the whole driver needs of the system, and its end. May both be NULL. 0 or an error of the
     * system. */
    int (*start)(struct usctp_driver *driver);
    void (*stop)(struct usctp_driver *driver);

    /* Opens a socket and binds it to addr (unspecified: all of its family) and port (0: drawn).
     * Returns 0 and sets sock->fd; or a negative USCTP error and in *os_error the system's own.
     * USCTP_EAFNOSUPPORT: this host has no such family. */
    int (*open)(struct usctp_driver *driver, struct usctp__socket *sock, uint16_t port,
                const struct usctp_driver_config *config, int *os_error);
    void (*close)(struct usctp__socket *sock);

    /* The port that a socket is bound to; 0 on failure. */
    uint16_t (*port)(const struct usctp__socket *sock);

    /* Reads up to `max` datagrams, at most USCTP__DRIVER_BATCH, into driver->dgrams, all of them but
     * `lower`. *more is true if there may be further ones. Returns how many, or a negative USCTP
     * error. */
    int (*receive)(struct usctp_driver *driver, struct usctp__socket *sock, size_t max, bool *more);

    /* Reads like `receive`, but sleeps until there is something, for max_dur nanoseconds at most and
     * perhaps less: one call of the system instead of two. NULL: that is not possible here. */
    int (*sleep)(struct usctp_driver *driver, struct usctp__socket *sock, uint64_t max_dur,
                 bool *more);

    /* Ends the present or the next sleep. Safe in signal handlers. NULL with `sleep`. */
    void (*nudge)(const struct usctp__socket *sock);

    /* Writes up to USCTP__DRIVER_BATCH datagrams that all leave by this socket and sets their status.
     * Returns how many were consumed; fewer than n: blocked. */
    size_t (*send)(struct usctp_driver *driver, struct usctp__socket *sock,
                   struct usctp_dgram *dgrams, size_t n, size_t stride);

    /* Reads the error queue into driver->icmps until that is full; clears sock->errors when nothing
     * is left. May be NULL. */
    void (*read_errors)(struct usctp_driver *driver, struct usctp__socket *sock);

    /* Asks the system for the way to route->remote and sets route->local and route->mtu. */
    void (*route)(struct usctp_driver *driver, struct usctp__route *route);

    /* A sentence for an error of the system, in buf. */
    const char *(*error_text)(int os_error, char *buf, size_t len);
};

struct usctp_driver {
    const struct usctp__driver_io *io;
    usctp_stack *stack;     /* NULL: it is gone */
    usctp_lower_id lower;   /* 0: not attached */
    uint16_t port;          /* local UDP port; 0: raw */
    bool busy;              /* inside usctp_driver_process */
    bool closing;           /* to be freed at the end of usctp_driver_process */
    usctp_filter_fn filter; /* may be NULL */
    void *filter_user;
    uint64_t now_ts; /* time last handed in */

    struct usctp__shard shard; /* one of several on this port */

    struct usctp__socket sockets[USCTP__DRIVER_SOCKET_MAX + 1];
    size_t socket_cnt;

    uint8_t *slab; /* USCTP__DRIVER_BATCH slots; owned */
    void *scratch; /* the platform's; owned */
    struct usctp_dgram dgrams[USCTP__DRIVER_BATCH];

    size_t
        slept_cnt; /* so many of dgrams were read by usctp__driver_sleep and wait to be processed */
    bool slept_more; /* and there may be further ones */

    struct usctp__driver_icmp icmps[USCTP__DRIVER_ICMP_MAX];
    size_t icmp_cnt;

    struct usctp__route routes[USCTP__DRIVER_ROUTE_CNT];
    size_t route_next; /* place to be given up next */
};

/* The platform's tables. The portable one exists beside Linux's own so that both can be tested. */
extern const struct usctp__driver_io usctp__udp_posix_io;
extern const struct usctp__driver_io usctp__udp_linux_io;
extern const struct usctp__driver_io usctp__udp_windows_io;

/* usctp_udp_open and usctp_raw_open with a table of the caller's choice. */
int usctp__driver_open(usctp_stack *stack, const struct usctp_driver_config *config,
                       const struct usctp__driver_io *io, usctp_driver **driver);

/* Closes the sockets and frees without a word to the stack, which is gone. */
void usctp__driver_release(usctp_driver *driver);

/* Socket number i for a loop: what to wait for. */
const struct usctp__socket *usctp__driver_socket(const usctp_driver *driver, size_t i);

/* usctp_driver_process for who calls it again and again: error queues are read only when the system
 * tells of an error. */
int usctp__driver_read(usctp_driver *driver, uint64_t now_ts);

/* Tells that socket number i is readable, writable or has an error. While at least one socket was
 * so named, the next usctp_driver_process reads only those. */
void usctp__driver_ready(usctp_driver *driver, size_t i);

/* True if a program that waits for nothing but this driver can sleep in usctp__driver_sleep. */
bool usctp__driver_sleeps(const usctp_driver *driver);

/* Sleeps until something comes in, for max_dur nanoseconds at most and perhaps less. Returns 1 if
 * usctp_driver_process has something to do now, 0, or a negative USCTP error. */
int usctp__driver_sleep(usctp_driver *driver, uint64_t max_dur);

/* Ends the present or the next sleep, if the driver sleeps at all. Safe in signal handlers and other
 * threads. */
void usctp__driver_nudge(const usctp_driver *driver);

/* True when there is something to hand to the stack that no socket will tell of. */
bool usctp__driver_pending(const usctp_driver *driver);

/* --- driver_open.c ---------------------------------------------------------------------------- */

/* Writes a sentence into config->error_text, if there is one. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void usctp__driver_explain(const struct usctp_driver_config *config, const char *format, ...);

/* Looks at the local addresses of a configuration: 0, USCTP_EINVAL, USCTP_EADDRNOTAVAIL. */
int usctp__driver_check(const struct usctp_driver_config *config);

/* Opens all sockets, on one port: if that is the system's choice and taken on a later address, on
 * another one. Errors as usctp_udp_open; then none is open and error_text says why. */
int usctp__driver_open_sockets(struct usctp_driver *driver,
                               const struct usctp_driver_config *config);

/* Closes all sockets. */
void usctp__driver_close_sockets(struct usctp_driver *driver);

/* --- driver_send.c ---------------------------------------------------------------------------- */

/* Attaches the driver to its stack. Errors as usctp_stack_attach. */
int usctp__driver_attach(struct usctp_driver *driver);

/* The functions of struct usctp_lower; ctx is the driver. */
size_t usctp__driver_send(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride);
size_t usctp__driver_max_packet(void *ctx, const struct usctp_addr *local,
                                const struct usctp_addr *remote);
int usctp__driver_source(void *ctx, const struct usctp_addr *remote, struct usctp_addr *local);

/* True when the filter drops a datagram. */
bool usctp__driver_filtered(struct usctp_driver *driver, int outbound,
                            const struct usctp_dgram *dgram);

/* --- For the platforms' halves ---------------------------------------------------------------- */

/* Slot number i of the slab. */
static inline uint8_t *usctp__driver_slot(const struct usctp_driver *driver, size_t i)
{
    return driver->slab + i * USCTP__DRIVER_SLOT_STEP;
}

/* The i-th of datagrams that lie `stride` apart. */
static inline struct usctp_dgram *usctp__dgram_at(struct usctp_dgram *dgrams, size_t i,
                                                  size_t stride)
{
    return (struct usctp_dgram *)(void *)((uint8_t *)dgrams + i * stride);
}

/* Bytes of IP and UDP header before an SCTP packet to an address of this family. */
size_t usctp__driver_overhead(const struct usctp_driver *driver, uint8_t family);

/* The largest SCTP packet in an IP packet of `mtu` bytes; 0 for an mtu too small for any. */
uint32_t usctp__driver_payload(const struct usctp_driver *driver, uint8_t family, uint32_t mtu);

/* Finishes a datagram of `len` bytes read into a slot: takes off the header that raw IPv4 sockets
 * deliver, and supplies the local address where the system did not tell it. False: not usable. */
bool usctp__driver_finish(const struct usctp_driver *driver, const struct usctp__socket *sock,
                          struct usctp_dgram *dgram, uint8_t *slot, size_t len);

/* The enum usctp_icmp_kind of an ICMP or ICMPv6 message. */
int usctp__driver_icmp_kind(uint8_t family, uint8_t type, uint8_t code, bool raw);

#endif
