/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lies below the core: anything that carries datagrams. UDP (RFC 6951), raw IP, a DTLS
 * connection (RFC 8261), a test's simulated wire. A lower layer is a table of functions plus calls
 * of usctp_stack_input when something came in.
 */
#ifndef USCTP_LOWER_H
#define USCTP_LOWER_H

#include <usctp/usctp.h>

#ifdef __cplusplus
extern "C" {
#endif

enum usctp_dgram_flag {
    USCTP_DGRAM_MAY_FRAGMENT = 1 << 0, /* Out: may be fragmented by IP; never in a train. */
    USCTP_DGRAM_PROBE = 1 << 1,        /* Out: a path MTU probe; never fragmented. */
    USCTP_DGRAM_CRC_VOUCHED = 1 << 2,  /* In: integrity is vouched for from below. The checksum is
                                        * verified all the same, but where both sides agreed to
                                        * leave it out: see USCTP_LOWER_DTLS. */
    USCTP_DGRAM_AUTHENTICATED = 1 << 3 /* In: the sender is authenticated from below. Nothing rests
                                        * on it so far. */
};

enum usctp_dgram_status {
    USCTP_DGRAM_SENT = 0,       /* Taken; what the network does with it is unknown. */
    USCTP_DGRAM_TOO_BIG = 1,    /* Refused: larger than status_len. */
    USCTP_DGRAM_UNREACHABLE = 2 /* Refused: no route, or no such port; a hint only. */
};

/* A datagram, in or out. Zero it before setting members; arrays are passed with their stride. */
struct usctp_dgram {
    const uint8_t *data;      /* The SCTP packet, or several. Lent for the call. */
    size_t len;               /* Bytes at data. */
    size_t segment_len;       /* In: not 0: several packets of this length each, the last one
                               * maybe shorter (receive offload). Out: 0. */
    struct usctp_addr local;  /* In: where it was sent to. Out: the source to use; AF_NONE: the
                               * system's choice. */
    struct usctp_addr remote; /* In: where it came from. Out: where to. */
    uint16_t local_udp_port;  /* In: the port it was sent to; 0: raw IP or no ports. */
    uint16_t remote_udp_port; /* 0: raw IP or no ports. */
    uint8_t ecn;              /* The two ECN bits. */
    uint8_t dscp;             /* The six DSCP bits. */
    uint8_t reserved0[2];     /* Zero. */
    usctp_lower_id lower;     /* In: the lower layer that received it. */
    uint32_t flags;           /* enum usctp_dgram_flag */
    uint64_t receive_ts;      /* In: when it was received; 0: not known. Not used so far. */
    int status;               /* Out, set by send: enum usctp_dgram_status. */
    uint32_t status_len;      /* Out, with TOO_BIG: the largest SCTP packet; 0: not known. */
    uint64_t reserved[4];     /* Zero. */
};

enum usctp_lower_flag {
    USCTP_LOWER_NO_ADDRESSES = 1 << 0, /* Datagrams have no addresses: one connection to one peer
                                        * (RFC 8261). */
    USCTP_LOWER_RAW = 1 << 1,          /* IP protocol 132; UDP ports are 0. */
    USCTP_LOWER_IPV4 = 1 << 2,         /* Carries IPv4. */
    USCTP_LOWER_IPV6 = 1 << 3,         /* Carries IPv6. */
    USCTP_LOWER_PROBES = 1 << 6, /* Datagrams leave unfragmented, unless they MAY_FRAGMENT, and
                                        * larger ones than were told of are tried with PROBE: the path
                                        * MTU can be searched for (RFC 8899). Without it there is no
                                        * search, and max_packet of struct usctp_params is the limit. */
    USCTP_LOWER_ECN = 1 << 5,    /* The two ECN bits of datagrams are set, and read (RFC 3168):
                                        * marks of routers are heeded (USCTP_EXT_ECN). */
    USCTP_LOWER_DTLS = 1 << 4    /* DTLS protects each datagram (RFC 8261): what comes in has
                                        * USCTP_DGRAM_CRC_VOUCHED, and peers may agree to leave the
                                        * CRC32c out (RFC 9653; USCTP_EXT_ZERO_CHECKSUM). */
};

struct usctp_lower {
    size_t size; /* USCTP_LOWER_INIT */
    uint32_t flags;
    uint32_t reserved;
    /* Sends the datagrams in order; sets the status of each that it consumed and returns how many.
     * Fewer than n: it is blocked; usctp_stack_writable must be called when it is not any more.
     * Packets that lie back to back in memory, to one address and of one length, may leave as one
     * train. Calls nothing of the stack. */
    size_t (*send)(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride);
    /* The largest SCTP packet for this pair of addresses as far as the system knows; 0: unknown.
     * May be NULL. */
    size_t (*max_packet)(void *ctx, const struct usctp_addr *local,
                         const struct usctp_addr *remote);
    /* The source address that the system would use towards remote: 0, or negative if it can't tell.
     * May be NULL. */
    int (*source)(void *ctx, const struct usctp_addr *remote, struct usctp_addr *local);
};
#define USCTP_LOWER_INIT USCTP_SIZED(usctp_lower)

#ifdef __cplusplus
}
#endif

#endif
