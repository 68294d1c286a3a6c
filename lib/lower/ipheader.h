/* SPDX-License-Identifier: BSD-3-Clause */
/* IP and UDP headers as a packet has them on the wire: RFC 791, RFC 8200, RFC 768. */
#ifndef USCTP_LOWER_IPHEADER_H
#define USCTP_LOWER_IPHEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

enum {
    USCTP__IPHEADER_MAX = 48,       /* bytes of the longest, IPv6 and UDP */
    USCTP__IPHEADER_LONGEST = 65535 /* bytes that an IPv4 packet or an IPv6 payload can have */
};

/* What the headers say. */
struct usctp__ipheader {
    struct usctp_addr source;      /* both of the same family */
    struct usctp_addr destination; /* */
    uint16_t source_port;          /* UDP; 0 with destination_port: no UDP, protocol 132 */
    uint16_t destination_port;
    uint16_t id;        /* IPv4 identification */
    uint8_t tos;        /* type of service, traffic class */
    bool dont_fragment; /* IPv4 */
};

/* The Internet checksum (RFC 1071) of len bytes, continuing from `sum` (0 at first), not inverted. */
uint32_t usctp__inet_sum(uint32_t sum, const uint8_t *data, size_t len);

/* The checksum field for a sum. */
uint16_t usctp__inet_fold(uint32_t sum);

/* Writes the headers for an SCTP packet of `len` bytes, with all checksums; returns their length.
 * The packet must fit: len + USCTP__IPHEADER_MAX <= USCTP__IPHEADER_LONGEST. */
size_t usctp__ipheader_put(const struct usctp__ipheader *header, const uint8_t *packet, size_t len,
                           uint8_t out[USCTP__IPHEADER_MAX]);

#endif
