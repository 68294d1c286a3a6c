/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reader of SCTP packets of the simulator's own: slow, simple, and not made by those who wrote the
 * library, so that the two check each other. RFC 9260, section 3.
 */
#ifndef USCTP_SIM_WIRE_H
#define USCTP_SIM_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum sim_chunk_type {
    SIM_DATA = 0,
    SIM_INIT = 1,
    SIM_INIT_ACK = 2,
    SIM_SACK = 3,
    SIM_HEARTBEAT = 4,
    SIM_HEARTBEAT_ACK = 5,
    SIM_ABORT = 6,
    SIM_SHUTDOWN = 7,
    SIM_SHUTDOWN_ACK = 8,
    SIM_ERROR = 9,
    SIM_COOKIE_ECHO = 10,
    SIM_COOKIE_ACK = 11,
    SIM_ECNE = 12,
    SIM_CWR = 13,
    SIM_SHUTDOWN_COMPLETE = 14,
    SIM_RECONF = 130,
    SIM_PAD = 132,
    SIM_I_DATA = 64,
    SIM_FORWARD_TSN = 192,
    SIM_I_FORWARD_TSN = 194,
    SIM_AUTH = 15,
    SIM_ASCONF_ACK = 128,
    SIM_ASCONF = 193,
};

enum { SIM_HEADER_LEN = 12 }; /* the common header */

/* One chunk of a packet. */
struct sim_chunk {
    uint8_t type;
    uint8_t flags;
    uint16_t len;        /* with its header, without padding */
    const uint8_t *data; /* from its header on */
    size_t at;           /* offset of the header in the packet */
};

uint16_t sim_get16(const uint8_t *ptr);
uint32_t sim_get32(const uint8_t *ptr);
void sim_put16(uint8_t *ptr, uint16_t value);
void sim_put32(uint8_t *ptr, uint32_t value);

/* The CRC32c of a packet with its checksum field taken as zero, as the field holds it when read
 * with sim_get32. RFC 9260, appendix A. */
uint32_t sim_packet_crc(const uint8_t *packet, size_t len);

/* Puts the right checksum into a packet of at least 12 bytes. */
void sim_packet_seal(uint8_t *packet, size_t len);

/* Steps to the next chunk: *at is 0 at first. 1: *chunk is set; 0: the packet is at its end; -1: it
 * cannot be read any further. */
int sim_packet_next(const uint8_t *packet, size_t len, size_t *at, struct sim_chunk *chunk);

/* The name of a chunk type, or "?". */
const char *sim_chunk_name(uint8_t type);

#endif
