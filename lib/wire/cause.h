/* SPDX-License-Identifier: BSD-3-Clause */
/* Error causes, the entries of ABORT and ERROR chunks (RFC 9260, 3.3.10): reading and writing. */
#ifndef USCTP_WIRE_CAUSE_H
#define USCTP_WIRE_CAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"
#include "wire/param.h"

enum {
    USCTP__CAUSE_HEADER_LEN = 4, /* code, length */

    /* Most bytes of a chunk, parameter, reason or text that a cause we write quotes; more is cut. A
     * multiple of 4. A reply must not grow with what provoked it. */
    USCTP__CAUSE_MAX_QUOTE_LEN = 1024,
};

/* Cause codes. RFC 9260, 3.3.10, and the extensions named beside them. */
enum usctp__cause_code {
    USCTP__CAUSE_NONE = 0, /* not a code: "there is none" */
    USCTP__CAUSE_INVALID_STREAM = 1,
    USCTP__CAUSE_MISSING_PARAM = 2,
    USCTP__CAUSE_STALE_COOKIE = 3,
    USCTP__CAUSE_OUT_OF_RESOURCE = 4,
    USCTP__CAUSE_UNRESOLVABLE_ADDRESS = 5,
    USCTP__CAUSE_UNRECOGNIZED_CHUNK = 6,
    USCTP__CAUSE_INVALID_MANDATORY_PARAM = 7,
    USCTP__CAUSE_UNRECOGNIZED_PARAMS = 8,
    USCTP__CAUSE_NO_USER_DATA = 9,
    USCTP__CAUSE_COOKIE_WHILE_SHUTTING_DOWN = 10,
    USCTP__CAUSE_RESTART_NEW_ADDRESSES = 11,
    USCTP__CAUSE_USER_ABORT = 12,
    USCTP__CAUSE_PROTOCOL_VIOLATION = 13,
    USCTP__CAUSE_RESTART_NEW_ENCAPS_PORT = 14,   /* the revision of RFC 6951 */
    USCTP__CAUSE_DELETE_LAST_ADDRESS = 0x00a0,   /* RFC 5061, 4.3.1 */
    USCTP__CAUSE_RESOURCE_SHORTAGE = 0x00a1,     /* RFC 5061, 4.3.2 */
    USCTP__CAUSE_DELETE_SOURCE_ADDRESS = 0x00a2, /* RFC 5061, 4.3.3 */
    USCTP__CAUSE_ILLEGAL_ASCONF_ACK = 0x00a3,    /* RFC 5061, 4.3.4 */
    USCTP__CAUSE_NO_AUTHORIZATION = 0x00a4,      /* RFC 5061, 4.3.5 */
    USCTP__CAUSE_UNSUPPORTED_HMAC = 0x0105,      /* RFC 4895, 4.1 */
};

/* An error cause in a chunk. Everything points into the chunk; nothing is owned. */
struct usctp__cause {
    uint16_t code;        /* enum usctp__cause_code, or any other number */
    uint16_t len;         /* as on the wire: header and information, without the padding */
    const uint8_t *start; /* first byte of the header */
    const uint8_t *value; /* first byte of the cause-specific information */
    size_t value_len;     /* bytes of it: len - 4 */
};

/* Where a walk over causes stands. */
struct usctp__cause_iter {
    struct usctp__param_iter params; /* causes have the shape of parameters */
};

/* --- Reading ---------------------------------------------------------------------------------- */

/* Begins a walk over the causes in `len` bytes: the value of an ABORT or ERROR chunk. */
void usctp__cause_iter_init(struct usctp__cause_iter *iter, const uint8_t *ptr, size_t len);

/* Takes the next cause: 1; 0 at the end; -1 when what follows is no whole cause. As
 * usctp__param_next. The information of the cause may still have a wrong length: the readers below
 * check it. */
int usctp__cause_next(struct usctp__cause_iter *iter, struct usctp__cause *cause);

/* The code of the first cause in `len` bytes; USCTP__CAUSE_NONE when there is no whole one. */
uint16_t usctp__cause_first(const uint8_t *ptr, size_t len);

/* Invalid Stream Identifier: the stream id in *sid. All readers give false, and leave what they
 * would set, when the cause is another one or its information is too short. */
bool usctp__cause_invalid_stream(const struct usctp__cause *cause, uint16_t *sid);

/* Missing Mandatory Parameter: the number of types listed, which the length of the cause bears out.
 * Element i is usctp__cause_missing_param_at. */
bool usctp__cause_missing_params(const struct usctp__cause *cause, uint32_t *cnt);

/* Type i, below the count, of a cause that usctp__cause_missing_params accepted. */
uint16_t usctp__cause_missing_param_at(const struct usctp__cause *cause, uint32_t i);

/* Stale Cookie: the measure of staleness in microseconds in *staleness_us. */
bool usctp__cause_stale_cookie(const struct usctp__cause *cause, uint32_t *staleness_us);

/* No User Data: the TSN in *tsn. */
bool usctp__cause_no_user_data(const struct usctp__cause *cause, uint32_t *tsn);

/* Unrecognized Chunk Type: the chunk that was quoted. Its length field may say more than was quoted:
 * only type and flags are safe to read. */
bool usctp__cause_unrecognized_chunk(const struct usctp__cause *cause, uint8_t *type,
                                     uint8_t *flags);

/* Restart of an Association with New Encapsulation Port: the UDP port the association has, and the
 * one the INIT came from. */
bool usctp__cause_restart_encaps_port(const struct usctp__cause *cause, uint16_t *current_port,
                                      uint16_t *new_port);

/* Begins a walk over the parameters quoted in a cause: Unresolvable Address, Unrecognized
 * Parameters, Restart of an Association with New Addresses. False for other causes. */
bool usctp__cause_params(const struct usctp__cause *cause, struct usctp__param_iter *iter);

/* --- Writing ---------------------------------------------------------------------------------- */

/* Begins a cause, after zero bytes up to a multiple of 4 if one stands before it. Returns where it
 * begins, for usctp__cause_end. */
size_t usctp__cause_begin(struct usctp__writer *w, uint16_t code);

/* Ends the cause that begins at `pos`, as usctp__param_end. */
void usctp__cause_end(struct usctp__writer *w, size_t pos);

/* A cause that is its code alone: Out of Resource, Invalid Mandatory Parameter, Cookie Received
 * While Shutting Down. */
void usctp__cause_write_plain(struct usctp__writer *w, uint16_t code);

/* Invalid Stream Identifier: 8 bytes. */
void usctp__cause_write_invalid_stream(struct usctp__writer *w, uint16_t sid);

/* Missing Mandatory Parameter: 8 bytes and 2 for each of the `cnt` types. */
void usctp__cause_write_missing_params(struct usctp__writer *w, const uint16_t *types, size_t cnt);

/* Stale Cookie: 8 bytes. */
void usctp__cause_write_stale_cookie(struct usctp__writer *w, uint32_t staleness_us);

/* Unresolvable Address: the address or host name parameter, quoted. */
void usctp__cause_write_unresolvable_address(struct usctp__writer *w,
                                             const struct usctp__param *param);

/* Unrecognized Chunk Type: the chunk, quoted from its header on, without its padding. */
void usctp__cause_write_unrecognized_chunk(struct usctp__writer *w,
                                           const struct usctp__chunk *chunk);

/* Unrecognized Parameters: each range is one whole parameter without padding. Those that would pass
 * USCTP__CAUSE_MAX_QUOTE_LEN or the room of the writer are left out. */
void usctp__cause_write_unrecognized_params(struct usctp__writer *w,
                                            const struct usctp__range *params, size_t cnt);

/* No User Data: 8 bytes. */
void usctp__cause_write_no_user_data(struct usctp__writer *w, uint32_t tsn);

/* User-Initiated Abort: `len` bytes of the reason of the upper layer; may be 0. */
void usctp__cause_write_user_abort(struct usctp__writer *w, const void *reason, size_t len);

/* Protocol Violation, with a text for people, which may be empty. */
void usctp__cause_write_protocol_violation(struct usctp__writer *w, const char *text);

/* Restart of an Association with New Encapsulation Port: 8 bytes. */
void usctp__cause_write_restart_encaps_port(struct usctp__writer *w, uint16_t current_port,
                                            uint16_t new_port);

/* Unsupported HMAC Identifier (RFC 4895, 4.1): 6 bytes. */
void usctp__cause_write_unsupported_hmac(struct usctp__writer *w, uint16_t id);

/* Restart of an Association with New Addresses has no writer of its own: usctp__cause_begin,
 * usctp__param_copy for each new address as it stood in the INIT, usctp__cause_end.
 *
 * What is quoted (chunk, address, reason, text) is cut to USCTP__CAUSE_MAX_QUOTE_LEN and to the room
 * of the writer; the writer fails only where there is something to quote and room for less than
 * four bytes of it. */

#endif
