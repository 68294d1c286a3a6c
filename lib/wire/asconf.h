/* SPDX-License-Identifier: BSD-3-Clause */
/* ASCONF and ASCONF-ACK (RFC 5061, 4.1, 4.2). */
#ifndef USCTP_WIRE_ASCONF_H
#define USCTP_WIRE_ASCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"
#include "wire/param.h"

enum {
    USCTP__ASCONF_MIN_LEN = 16,      /* header, sequence number, an IPv4 address */
    USCTP__ASCONF_ACK_MIN_LEN = 8,   /* header, sequence number */
    USCTP__ASCONF_PARAM_MAX_LEN = 28 /* a request with an IPv6 address */
};

/* An ASCONF chunk. */
struct usctp__asconf_chunk {
    uint32_t seq;              /* Sequence Number */
    struct usctp_addr address; /* Address Parameter; unspecified: of the family AF_NONE */
    const uint8_t *params;     /* the requests; not owned */
    size_t params_len;         /* bytes */
};

/* A request or a response in one of them. */
struct usctp__asconf_param {
    uint16_t type;            /* enum usctp__param_type, or any other number */
    uint32_t id;              /* Correlation ID */
    bool has_addr;            /* an address that can be read stands in it */
    struct usctp_addr addr;   /* unspecified: of the family AF_NONE */
    struct usctp__range all;  /* the whole parameter, unpadded */
    struct usctp__range rest; /* what stands behind the id */
};

/* Reads an ASCONF; false: it is malformed, or a parameter in it is. */
bool usctp__asconf_parse(struct usctp__asconf_chunk *asconf, const struct usctp__chunk *chunk);

/* Takes the next parameter of a walk: 1; 0 at the end; -1: malformed, or too short for an id. */
int usctp__asconf_next(struct usctp__param_iter *iter, struct usctp__asconf_param *param);

/* Appends a request of this type; an address of AF_NONE is written as 0.0.0.0, or as :: where `ipv6`. */
void usctp__asconf_write_request(struct usctp__writer *w, uint16_t type, uint32_t id,
                                 const struct usctp_addr *addr, bool ipv6);

/* Appends an address parameter in the same way. */
void usctp__asconf_write_addr(struct usctp__writer *w, const struct usctp_addr *addr, bool ipv6);

/* Appends an Error Cause Indication with one cause that quotes a parameter (4.3.1 to 4.3.5). */
void usctp__asconf_write_error(struct usctp__writer *w, uint32_t id, uint16_t cause,
                               const struct usctp__range *param);

#endif
