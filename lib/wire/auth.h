/* SPDX-License-Identifier: BSD-3-Clause */
/* AUTH (RFC 4895, 5.1). What follows it in the packet is covered by its MAC. */
#ifndef USCTP_WIRE_AUTH_H
#define USCTP_WIRE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"

enum { USCTP__AUTH_HEADER_LEN = 8 /* of an AUTH chunk up to the MAC */ };

/* An AUTH chunk. */
struct usctp__auth_chunk {
    uint16_t key;       /* Shared Key Identifier */
    uint16_t hmac;      /* HMAC Identifier: enum usctp_hmac, or any other number */
    const uint8_t *mac; /* the MAC; not owned. Not written. */
    size_t mac_len;     /* its length, bytes */
};

/* Reads an AUTH chunk; false when it is shorter than its fixed part. */
bool usctp__auth_parse(struct usctp__auth_chunk *auth, const struct usctp__chunk *chunk);

/* Appends an AUTH chunk with mac_len (a multiple of 4) zero bytes in place of the MAC (RFC 4895, 6.2). */
void usctp__auth_write(struct usctp__writer *w, const struct usctp__auth_chunk *auth);

#endif
