/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack: what all endpoints and associations share, and the border to the program. */
#ifndef USCTP_STACK_STACK_H
#define USCTP_STACK_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include <usctp/lower.h>
#include <usctp/usctp.h>

#include "base/compiler.h"
#include "base/list.h"
#include "base/table.h"
#include "core/core.h"
#include "stack/bucket.h"
#include "stack/demux.h"
#include "stack/lowers.h"
#include "stack/moved.h"

struct usctp__params_ref;

struct usctp_stack {
    struct usctp__core core;           /* what the associations see; the first member */
    struct usctp__lowers lowers;       /* lower layers */
    struct usctp__demux demux;         /* tables of associations */
    struct usctp__chaintable ports;    /* struct usctp__port by local SCTP port */
    struct usctp__list endpoints;      /* struct usctp_endpoint, those that were freed excepted */
    struct usctp__params_ref *params;  /* for endpoints without their own */
    struct usctp__moves moved;         /* associations that were handed over */
    usctp_event_fn on_event;           /* for endpoints without their own; or NULL */
    void *user;                        /* for on_event */
    usctp_observer_fn observer;        /* sees each packet; or NULL */
    void *observer_user;               /* for observer */
    struct usctp__bucket reply_bucket; /* stateless replies */
    struct usctp__bucket init_ack_bucket; /* INITs that may be answered */
    struct usctp__bucket hint_bucket;     /* ICMP without a quote: looked up by searching */
    uint32_t ahead_tag;                   /* of the packet that was looked at ahead last */
    uint32_t flags;                       /* enum usctp_config_flag */
    uint32_t max_assocs;                  /* 0: no limit */
    uint32_t listener_cnt;                /* endpoints that listen */
};

/* The stack that a core is part of. */
static inline struct usctp_stack *usctp__stack_of(struct usctp__core *core)
{
    return USCTP__CONTAINER_OF(core, struct usctp_stack, core);
}

/* True inside of a callback, or of any other call of this stack: nothing may be taken in now. */
static inline bool usctp__stack_busy(const struct usctp_stack *stack)
{
    return stack->core.in_callback || stack->core.depth > 0 || stack->core.settling;
}

/* usctp__core_enter with the time that the caller handed in. */
static inline void usctp__stack_enter_at(struct usctp_stack *stack, uint64_t now_ts)
{
    usctp__core_set_time(&stack->core, now_ts);
    stack->core.depth++;
}

/* No further association may be made. */
bool usctp__stack_full(const struct usctp_stack *stack);

#endif
