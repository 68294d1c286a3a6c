/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters: the type-length-value entries in chunks (RFC 9260, 3.2.1). Error causes have the same
 * shape and share these functions (wire/cause.h). */
#ifndef USCTP_WIRE_PARAM_H
#define USCTP_WIRE_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/buf.h"
#include "wire/packet.h"

enum {
    USCTP__PARAM_HEADER_LEN = 4,    /* type, length */
    USCTP__PARAM_MAX_LEN = 65535,   /* what the length field can say */
    USCTP__PARAM_IPV4_LEN = 8,      /* length of an IPv4 address parameter */
    USCTP__PARAM_IPV6_LEN = 20,     /* length of an IPv6 address parameter */
    USCTP__PARAM_ADDR_MAX_LEN = 20, /* length of the longer of the two */
};

/* Parameter types. RFC 9260, 3.3, and the extensions named beside them. */
enum usctp__param_type {
    USCTP__PARAM_HEARTBEAT_INFO = 1,
    USCTP__PARAM_IPV4_ADDRESS = 5,
    USCTP__PARAM_IPV6_ADDRESS = 6,
    USCTP__PARAM_STATE_COOKIE = 7,
    USCTP__PARAM_UNRECOGNIZED = 8,
    USCTP__PARAM_COOKIE_PRESERVATIVE = 9,
    USCTP__PARAM_HOST_NAME = 11,
    USCTP__PARAM_SUPPORTED_ADDRESS_TYPES = 12,
    USCTP__PARAM_OUT_RESET_REQUEST = 13,        /* RFC 6525, 4.1 */
    USCTP__PARAM_IN_RESET_REQUEST = 14,         /* RFC 6525, 4.2 */
    USCTP__PARAM_TSN_RESET_REQUEST = 15,        /* RFC 6525, 4.3 */
    USCTP__PARAM_RECONF_RESPONSE = 16,          /* RFC 6525, 4.4 */
    USCTP__PARAM_ADD_OUT_STREAMS = 17,          /* RFC 6525, 4.5 */
    USCTP__PARAM_ADD_IN_STREAMS = 18,           /* RFC 6525, 4.6 */
    USCTP__PARAM_ECN_CAPABLE = 0x8000,          /* reserved: RFC 9260, 3.3.2 */
    USCTP__PARAM_ZERO_CHECKSUM = 0x8001,        /* RFC 9653 */
    USCTP__PARAM_RANDOM = 0x8002,               /* RFC 4895, 3.1 */
    USCTP__PARAM_CHUNK_LIST = 0x8003,           /* RFC 4895, 3.2 */
    USCTP__PARAM_HMAC_ALGO = 0x8004,            /* RFC 4895, 3.3 */
    USCTP__PARAM_PADDING = 0x8005,              /* RFC 4820, 4 */
    USCTP__PARAM_SUPPORTED_EXTENSIONS = 0x8008, /* RFC 5061, 4.2.7 */
    USCTP__PARAM_FORWARD_TSN = 0xc000,          /* RFC 3758, 3.1 */
    USCTP__PARAM_ADD_IP = 0xc001,               /* RFC 5061, 4.2.1 */
    USCTP__PARAM_DELETE_IP = 0xc002,            /* RFC 5061, 4.2.2 */
    USCTP__PARAM_ERROR_INDICATION = 0xc003,     /* RFC 5061, 4.2.3 */
    USCTP__PARAM_SET_PRIMARY = 0xc004,          /* RFC 5061, 4.2.4 */
    USCTP__PARAM_SUCCESS_INDICATION = 0xc005,   /* RFC 5061, 4.2.5 */
    USCTP__PARAM_ADAPTATION = 0xc006,           /* RFC 5061, 4.2.6 */
};

/* A parameter in a chunk. Everything points into the chunk; nothing is owned. */
struct usctp__param {
    uint16_t type;        /* enum usctp__param_type, or any other number */
    uint16_t len;         /* as on the wire: header and value, without the padding */
    const uint8_t *start; /* first byte of the header */
    const uint8_t *value; /* first byte after the header */
    size_t value_len;     /* bytes of value: len - 4 */
};

/* Where a walk over parameters stands. */
struct usctp__param_iter {
    const uint8_t *ptr; /* first byte of the next parameter */
    size_t left;        /* bytes from ptr to the end */
};

/* Bytes that lie somewhere else: a parameter to be quoted. */
struct usctp__range {
    const uint8_t *ptr; /* first byte; not owned */
    size_t len;         /* bytes */
};

/* Begins a walk over the parameters in `len` bytes; `ptr` may be NULL when there are none. */
void usctp__param_iter_init(struct usctp__param_iter *iter, const uint8_t *ptr, size_t len);

/* Takes the next parameter: 1; 0 at the end; -1 when what follows is no whole parameter: fewer than
 * 4 bytes, a length below 4, or past the end. Those returned before stand. After 0 or -1 every
 * further call says the same, and *param is not touched. Padding is not looked at, and that of the
 * last parameter may be missing: the chunk length does not count it (RFC 9260, 3.2). */
int usctp__param_next(struct usctp__param_iter *iter, struct usctp__param *param);

/* What the two highest bits of an unknown parameter type ask for (RFC 9260, 3.2.1): do not process
 * any further parameters of the chunk. */
static inline bool usctp__param_unknown_stops(uint16_t type)
{
    return (type & 0x8000u) == 0;
}

/* The same: report it (RFC 9260, 3.2.2). */
static inline bool usctp__param_unknown_reports(uint16_t type)
{
    return (type & 0x4000u) != 0;
}

/* Reads an IPv4 or IPv6 address parameter, normalized (IPv4-mapped becomes IPv4), scope id 0. False,
 * and *addr untouched, when it is none of the two or its length is wrong. Any address passes:
 * whether it may be used is for the caller to say. */
bool usctp__param_addr(const struct usctp__param *param, struct usctp_addr *addr);

/* Begins a parameter, after zero bytes up to a multiple of 4 if one stands before it. Returns where
 * it begins, for usctp__param_end. */
size_t usctp__param_begin(struct usctp__writer *w, uint16_t type);

/* Ends the parameter that begins at `pos`: sets its length to all that was written since. No padding
 * is added: that comes with the next parameter, or with usctp__chunk_end. The writer fails when the
 * parameter is longer than its length field can say. */
void usctp__param_end(struct usctp__writer *w, size_t pos);

/* Appends a whole parameter with `len` bytes of value. */
void usctp__param_write(struct usctp__writer *w, uint16_t type, const void *value, size_t len);

/* Appends a copy of a parameter as it stood: `len` bytes from its header on, without padding; zero
 * bytes before it as in usctp__param_begin. */
void usctp__param_copy(struct usctp__writer *w, const uint8_t *start, size_t len);

/* Appends an IPv4 or IPv6 address parameter. An IPv4-mapped address is written as IPv4 (RFC 9260,
 * 3.3.2.1.2). Nothing for an address of no family. */
void usctp__param_write_addr(struct usctp__writer *w, const struct usctp_addr *addr);

#endif
