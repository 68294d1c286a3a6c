/* SPDX-License-Identifier: BSD-3-Clause */
/* Associations that were handed over and live elsewhere now: what still comes for them is not answered, since an
 * ABORT would end them. */
#ifndef USCTP_STACK_MOVED_H
#define USCTP_STACK_MOVED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/table.h"

struct usctp_stack;
struct usctp_assoc;
struct usctp__packet_in;

/* What is left of one. */
struct usctp__moved {
    struct usctp__chain chain; /* stack->moved.tags: by its verification tag */
    struct usctp__list link;   /* stack->moved.order */
    uint64_t expiry_ts;        /* it is forgotten then: a while after the last packet */
    uint32_t tag;
    uint16_t my_port, peer_port;
};

struct usctp__moves {
    struct usctp__chaintable tags; /* struct usctp__moved */
    struct usctp__list order;      /* the next to be forgotten first */
};

/* None. */
void usctp__moved_init(struct usctp_stack *stack);

/* Frees all of it. */
void usctp__moved_destroy(struct usctp_stack *stack);

/* Notes an association that is about to go. False: no memory. */
bool usctp__moved_add(struct usctp_stack *stack, const struct usctp_assoc *assoc);

/* It has come back: the tag is in use again. */
void usctp__moved_forget(struct usctp_stack *stack, uint32_t tag);

/* True if the tag is that of one. */
bool usctp__moved_has(struct usctp_stack *stack, uint32_t tag);

/* True if a packet of no association is for one of these: it is dropped, and counted. */
bool usctp__moved_take(struct usctp_stack *stack, const struct usctp__packet_in *in);

/* Forgets those that nothing has come for in a long time. */
void usctp__moved_trim(struct usctp_stack *stack);

#endif
