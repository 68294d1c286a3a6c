/* SPDX-License-Identifier: BSD-3-Clause */
/* Associations that peers want: INIT and COOKIE ECHO (RFC 9260, 5.1 and 5.2). */
#ifndef USCTP_STACK_ACCEPT_H
#define USCTP_STACK_ACCEPT_H

struct usctp_stack;
struct usctp__chunk;
struct usctp__packet_in;

/* An INIT with tag 0, alone in its packet. */
void usctp__take_init(struct usctp_stack *stack, struct usctp__packet_in *in,
                      const struct usctp__chunk *chunk);

/* A COOKIE ECHO at the head of a packet, or behind AUTH there, whose tag and source are those of no association. */
void usctp__take_cookie_echo(struct usctp_stack *stack, const struct usctp__packet_in *in,
                             const struct usctp__chunk *chunk);

#endif
