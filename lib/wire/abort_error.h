/* SPDX-License-Identifier: BSD-3-Clause */
/* ABORT and ERROR (RFC 9260, 3.3.7 and 3.3.10): chunks that are a list of causes.
 *
 * An ABORT is an ABORT whatever its causes look like: nothing here says of one that it is malformed,
 * and a walk over its causes ends at the first that is not whole. */
#ifndef USCTP_WIRE_ABORT_ERROR_H
#define USCTP_WIRE_ABORT_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/cause.h"
#include "wire/packet.h"

/* The causes of an ABORT or ERROR, as they stand: `len` bytes from the first to the end of the last
 * whole one. What follows is left out. */
struct usctp__range usctp__error_causes(const struct usctp__chunk *chunk);

/* Finds the first cause with this code. False when there is no whole one. */
bool usctp__error_find(const struct usctp__chunk *chunk, uint16_t code, struct usctp__cause *cause);

/* Begins an ABORT; `reflected` sets its T bit. Causes may follow, then usctp__chunk_end. */
size_t usctp__abort_begin(struct usctp__writer *w, bool reflected);

/* Begins an ERROR. One cause or more follow, then usctp__chunk_end. */
size_t usctp__error_begin(struct usctp__writer *w);

/* Appends an ABORT without causes. */
void usctp__abort_write(struct usctp__writer *w, bool reflected);

/* Appends an ABORT with causes that stand as on the wire (such as a usctp__range of
 * usctp__error_causes); `len` may be 0. */
void usctp__abort_write_causes(struct usctp__writer *w, bool reflected, const uint8_t *causes,
                               size_t len);

#endif
