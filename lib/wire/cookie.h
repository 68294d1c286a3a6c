/* SPDX-License-Identifier: BSD-3-Clause */
/* COOKIE ECHO and COOKIE ACK (RFC 9260, 3.3.11 and 3.3.12). The cookie itself is opaque here. */
#ifndef USCTP_WIRE_COOKIE_H
#define USCTP_WIRE_COOKIE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"
#include "wire/param.h"

enum { USCTP__COOKIE_ACK_LEN = 4 };

/* The cookie in a COOKIE ECHO, in the packet. It may be empty. */
struct usctp__range usctp__cookie_echo_parse(const struct usctp__chunk *chunk);

/* Appends a COOKIE ECHO with the `len` bytes of the State Cookie parameter's value. */
void usctp__cookie_echo_write(struct usctp__writer *w, const void *cookie, size_t len);

/* Appends a COOKIE ACK. */
void usctp__cookie_ack_write(struct usctp__writer *w);

#endif
