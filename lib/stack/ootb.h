/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets out of the blue (RFC 9260, 8.4), and the stateless replies of a stack. */
#ifndef USCTP_STACK_OOTB_H
#define USCTP_STACK_OOTB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct usctp_stack;
struct usctp__glance;
struct usctp__packet_in;

/* A packet that belongs to no association and is no INIT with tag 0. */
void usctp__ootb(struct usctp_stack *stack, const struct usctp__packet_in *in,
                 const struct usctp__glance *glance);

/* True when the configuration lets us answer what belongs to nobody. */
bool usctp__ootb_may_answer(const struct usctp_stack *stack, const struct usctp__packet_in *in);

/* Sends an ABORT with these causes (as on the wire; len may be 0) to where the packet came from,
 * within the rate. With `reflected` its T bit is set. */
void usctp__ootb_abort(struct usctp_stack *stack, const struct usctp__packet_in *in, uint32_t tag,
                       bool reflected, const uint8_t *causes, size_t len);

/* How much was in the slab, to limit replies that other rooms write. */
struct usctp__reply_mark {
    size_t cnt;
    size_t used_len;
};

/* Remembers the slab as it is. */
struct usctp__reply_mark usctp__reply_mark(const struct usctp_stack *stack);

/* If one reply was written since: takes it back when the rate does not allow it. */
void usctp__reply_limit(struct usctp_stack *stack, struct usctp__reply_mark mark);

#endif
