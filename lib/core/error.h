/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors between the peers: ABORT and ERROR, sent and received. */
#ifndef USCTP_CORE_ERROR_H
#define USCTP_CORE_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

struct usctp_assoc;
struct usctp__packet_in;

/* Ends the association since the peer broke the protocol: ABORT with a Protocol Violation cause
 * (3.3.10.13) that carries `text`, LOST and CLOSED. */
void usctp__abort_violation(struct usctp_assoc *assoc, const char *text);

/* Ends it with an ABORT that carries these causes (as on the wire); LOST with `reason`, CLOSED. */
void usctp__abort_causes(struct usctp_assoc *assoc, enum usctp_lost_reason reason,
                         const uint8_t *causes, size_t causes_len);

/* Sends an ABORT without causes and leaves the rest to the caller: usctp__assoc_free. */
void usctp__abort_silently(struct usctp_assoc *assoc);

/* The user's ABORT (9.1). */
void usctp__abort_user(struct usctp_assoc *assoc, const void *reason, size_t reason_len);

/* Queues an ERROR chunk that holds one cause (as on the wire, padded to 4), as a reply to `in`. */
void usctp__error_reply(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                        const uint8_t *cause, size_t len);

#endif
