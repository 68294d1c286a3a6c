/* SPDX-License-Identifier: BSD-3-Clause */
/* Chunks, parameters and causes as text, one line each, for logs, traces and test failures. Any
 * bytes may be handed in: what cannot be read is said to be malformed. Covers the extensions too,
 * also those that the library does not speak. */
#ifndef USCTP_WIRE_DESCRIBE_H
#define USCTP_WIRE_DESCRIBE_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "wire/cause.h"
#include "wire/packet.h"
#include "wire/param.h"

/* Room for the text of most chunks; what is longer is cut off. */
enum { USCTP__DESCRIBE_LEN = 512 };

/* "DATA", "INIT-ACK"; NULL for a type without a name. */
const char *usctp__chunk_name(uint8_t type);

/* "state-cookie"; NULL for a type without a name. */
const char *usctp__param_name(uint16_t type);

/* "stale-cookie"; NULL for a code without a name. */
const char *usctp__cause_name(uint16_t code);

/* Ports and tag: "5000 > 5001 tag 0123abcd". Or "short packet, 7 bytes". */
void usctp__describe_header(struct usctp__text *text, const uint8_t *packet, size_t len);

/* A chunk: its name, its flags by letter, what it says. */
void usctp__describe_chunk(struct usctp__text *text, const struct usctp__chunk *chunk);

/* A whole packet in one line: the header, then the chunks with "; " between. */
void usctp__describe_packet(struct usctp__text *text, const uint8_t *packet, size_t len);

#endif
