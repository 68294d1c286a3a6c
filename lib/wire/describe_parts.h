/* SPDX-License-Identifier: BSD-3-Clause */
/* What the describe_*.c files share; the rest of the library includes wire/describe.h. */
#ifndef USCTP_WIRE_DESCRIBE_PARTS_H
#define USCTP_WIRE_DESCRIBE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "wire/cause.h"
#include "wire/describe.h"
#include "wire/packet.h"
#include "wire/param.h"

/* Appends " word number". */
void usctp__describe_number(struct usctp__text *text, const char *word, uint64_t number);

/* Appends " word n bytes". */
void usctp__describe_len(struct usctp__text *text, const char *word, size_t len);

/* Appends " malformed" and the first bytes of what could not be read. */
void usctp__describe_malformed(struct usctp__text *text, const uint8_t *ptr, size_t len);

/* Appends a space and the bytes as text in quotes: what is not printable becomes a dot, what is long
 * is cut. */
void usctp__describe_quoted(struct usctp__text *text, const uint8_t *ptr, size_t len);

/* Appends the name of a type of chunk, or "CHUNK-200". */
void usctp__describe_chunk_type(struct usctp__text *text, uint8_t type);

/* Appends the flags B, E, U, I of DATA and I-DATA by letter. */
void usctp__describe_data_flags(struct usctp__text *text, uint8_t flags);

/* Appends the parameters in `len` bytes, with ", " before each, and with what is in them. */
void usctp__describe_params(struct usctp__text *text, const uint8_t *ptr, size_t len);

/* The same for parameters that stand within parameters or causes: only addresses are looked into. */
void usctp__describe_inner_params(struct usctp__text *text, const uint8_t *ptr, size_t len);

/* Appends the causes in `len` bytes, with ", " before each. */
void usctp__describe_causes(struct usctp__text *text, const uint8_t *ptr, size_t len);

/* Describes what a chunk of an extension says, after its name. False when it is no such chunk. */
bool usctp__describe_extension(struct usctp__text *text, const struct usctp__chunk *chunk);

#endif
