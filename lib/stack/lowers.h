/* SPDX-License-Identifier: BSD-3-Clause */
/* The lower layers attached to a stack, and the way of packets out through them. */
#ifndef USCTP_STACK_LOWERS_H
#define USCTP_STACK_LOWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/lower.h>
#include <usctp/usctp.h>

#include "base/mem.h"

struct usctp__core;

struct usctp__lower {
    struct usctp_lower table; /* the caller's functions, copied */
    void *ctx;                /* handed to them */
    usctp_lower_id id;        /* its name; never used again */
    bool blocked;             /* took less than it was given and has not said that it can more */
};

struct usctp__lowers {
    struct usctp__lower *items; /* in rising order of their ids */
    size_t cnt;                 /* of items */
    size_t cap;                 /* items there is room for */
    usctp_lower_id next_id;     /* of the next one */
};

/* No lower layers. */
void usctp__lowers_init(struct usctp__lowers *lowers);
void usctp__lowers_destroy(struct usctp__lowers *lowers, struct usctp__mem *mem);

/* Enters a lower layer whose table was checked. 0 or USCTP_ENOMEM. */
int usctp__lowers_add(struct usctp__lowers *lowers, struct usctp__mem *mem,
                      const struct usctp_lower *table, void *ctx, usctp_lower_id *id);

/* Takes one out; false: there is none of this name. */
bool usctp__lowers_remove(struct usctp__lowers *lowers, usctp_lower_id id);

/* Searches for usctp__lowers_find. */
struct usctp__lower *usctp__lowers_search(const struct usctp__lowers *lowers, usctp_lower_id id);

/* The lower layer of this name, or NULL. Lent until the next add or remove. */
static inline struct usctp__lower *usctp__lowers_find(const struct usctp__lowers *lowers,
                                                      usctp_lower_id id)
{
    if (id - 1 < lowers->cnt && lowers->items[id - 1].id == id) {
        return &lowers->items[id - 1]; /* as long as none was ever detached */
    }
    return usctp__lowers_search(lowers, id);
}

/* The first one that fits a peer's address: its family, and raw IP exactly where udp_port is 0 if
 * there is such a one. NULL: none carries the family. */
struct usctp__lower *usctp__lowers_choose(const struct usctp__lowers *lowers,
                                          const struct usctp_addr *remote, uint16_t udp_port);

/* True when it carries addresses of this family (USCTP_AF_NONE: it has none). */
bool usctp__lower_carries(const struct usctp__lower *lower, uint8_t family);

/* Functions of struct usctp__core_ops. */
void usctp__lowers_flush(struct usctp__core *core);
size_t usctp__lowers_max_packet(struct usctp__core *core, usctp_lower_id id,
                                const struct usctp_addr *local, const struct usctp_addr *remote);

/* What the lower layer would use as source towards remote; false: it cannot tell. */
bool usctp__lowers_source(struct usctp__core *core, usctp_lower_id id,
                          const struct usctp_addr *remote, struct usctp_addr *local);
uint32_t usctp__lowers_flags(struct usctp__core *core, usctp_lower_id id);

#endif
