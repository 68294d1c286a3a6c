/* SPDX-License-Identifier: BSD-3-Clause */
/* ECNE and CWR (RFC 4960, appendix A): both hold one TSN. */
#ifndef USCTP_WIRE_ECN_H
#define USCTP_WIRE_ECN_H

#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"

enum { USCTP__ECN_LEN = 8 /* bytes of either chunk */ };

/* Appends a chunk of this type, USCTP__CHUNK_ECNE or USCTP__CHUNK_CWR. */
void usctp__ecn_write(struct usctp__writer *w, uint8_t type, uint32_t tsn);

/* The TSN of a chunk of at least USCTP__ECN_LEN bytes. What stands behind it is ignored: there are peers
 * that count packets there. */
static inline uint32_t usctp__ecn_tsn(const struct usctp__chunk *chunk)
{
    return usctp__get32(chunk->value);
}

#endif
