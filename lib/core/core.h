/* SPDX-License-Identifier: BSD-3-Clause */
/* What all associations of a stack share: memory, randomness, time, timers, the work list. */
#ifndef USCTP_CORE_CORE_H
#define USCTP_CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/lower.h>
#include <usctp/usctp.h>

#include "base/compiler.h"
#include "base/crypto.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/siphash.h"
#include "core/cookie.h"
#include "core/counters.h"
#include "core/slab.h"

struct usctp__addr_list;
struct usctp__auth_set;
struct usctp__core;
struct usctp__packet_in;
struct usctp__path;

/* What the core asks of the floor above it. Every function is set. */
struct usctp__core_ops {
    /* Enters assoc->my_tag into the table of tags; false: no memory, or the tag is taken. */
    bool (*tag_add)(struct usctp__core *core, struct usctp_assoc *assoc);
    /* True: an association has this tag. */
    bool (*tag_taken)(struct usctp__core *core, uint32_t tag);
    /* Takes it out again. */
    void (*tag_remove)(struct usctp__core *core, struct usctp_assoc *assoc);
    /* Enters a path into the table of peer addresses; path->chain is the table's. Cannot fail. */
    void (*path_add)(struct usctp__core *core, struct usctp__path *path);
    /* Takes it out again. */
    void (*path_remove)(struct usctp__core *core, struct usctp__path *path);
    /* Another association of the same endpoint and peer port with this peer address, or NULL. */
    struct usctp_assoc *(*find_peer)(struct usctp__core *core, const struct usctp_assoc *assoc,
                                     const struct usctp_addr *remote);
    /* Calls the assoc's endpoint's callback; core->in_callback is set. `event` has its size, type and
     * u set; the rest is filled in. */
    void (*deliver)(struct usctp__core *core, struct usctp_assoc *assoc, struct usctp_event *event);
    /* Hands the slab's datagrams to their lower layers; on return the slab is empty unless blocked. */
    void (*flush)(struct usctp__core *core);
    /* Largest SCTP packet for a pair of addresses as the lower layer knows it; 0: unknown. */
    size_t (*max_packet)(struct usctp__core *core, usctp_lower_id lower,
                         const struct usctp_addr *local, const struct usctp_addr *remote);
    /* The source address that the lower layer would use towards remote; false: it cannot tell. */
    bool (*source)(struct usctp__core *core, usctp_lower_id lower, const struct usctp_addr *remote,
                   struct usctp_addr *local);
    /* Flags of a lower layer (enum usctp_lower_flag); 0 if it is detached. */
    uint32_t (*lower_flags)(struct usctp__core *core, usctp_lower_id lower);
    /* Draws a new local SCTP port for the association's endpoint (RETRY_PORT) and moves the
     * association there; false: not possible. */
    bool (*new_port)(struct usctp__core *core, struct usctp_assoc *assoc);
    /* What the association's endpoint says of authentication; NULL: nothing. */
    const struct usctp__auth_set *(*auth_set)(struct usctp__core *core,
                                              const struct usctp_assoc *assoc);
    /* The association is dead: unlink it from its endpoint; the memory goes when this returns. */
    void (*gone)(struct usctp__core *core, struct usctp_assoc *assoc);
};

/* A packet, while an association handles it. */
struct usctp__at_hand {
    struct usctp__packet_in *in;     /* or NULL */
    const struct usctp_assoc *assoc; /* whose it is */
};

/* The part of a stack that the associations see; the first member of struct usctp_stack. */
struct usctp__core {
    const struct usctp__core_ops *ops;     /* calls upwards */
    struct usctp__mem mem;                 /* all memory */
    struct usctp__bufpool bufs;            /* buffers by size */
    struct usctp__pool assoc_pool;         /* struct usctp_assoc */
    struct usctp__pool path_pool;          /* struct usctp__path */
    struct usctp__pool rack_pool;          /* struct usctp__rack */
    struct usctp__pool outmsg_pool;        /* struct usctp__outmsg */
    struct usctp__pool message_pool;       /* struct usctp_message */
    struct usctp__queue plain_messages;    /* of these, ready to be lent (message.h) */
    struct usctp__pool rxfrag_pool;        /* struct usctp__rxfrag */
    struct usctp__pool event_pool;         /* struct usctp__event_node */
    struct usctp__random random;           /* unpredictable numbers */
    struct usctp__rare_counters uncounted; /* what there is no memory to count */
    const struct usctp_crypto *crypto;     /* not owned */
    usctp_crc32c_fn crc32c;                /* the checksum of this processor */
    struct usctp__log log;                 /* where lines go */
    struct usctp__cookie_keys cookies;     /* keys of state cookies */
    struct usctp__hash_key hash_key;       /* secret of the hash tables */
    struct usctp__heap heap;               /* one node an association: its earliest alarm */
    struct usctp__queue touched;           /* associations with work for the end of the batch */
    struct usctp__queue dead;              /* associations to free at the end of the batch */
    struct usctp__slab slab;               /* packets on their way out */
    struct usctp__queue released;          /* struct usctp__outmsg: adopted bytes to give back */
    struct usctp_stack_stats stats;        /* counters (memory ones are filled in on demand) */
    struct usctp__at_hand at_hand;         /* what is being handled */
    uint64_t now_ts;                       /* the latest time handed in */
    size_t tune_limit;                     /* memory in use from which on buffers do not tune
                                         * themselves; 0: never */
    uint64_t trim_ts;                      /* when pools give unused memory back next */
    uint64_t (*clock)(void *clock_ctx);    /* or NULL */
    void *clock_ctx;                       /* for clock */
    uint32_t depth;                        /* entered so many times; 0: nobody is inside */
    bool in_callback;                      /* an event or accept callback runs now */
    bool settling;                         /* usctp__core_settle runs now */
    bool blocked;                          /* a lower layer took less than it was given */
    bool more;                             /* work was left over: the next deadline is now */
    bool long_way;                         /* see usctp__core_hurries */
    uint64_t straight_cnt;                 /* for tests: packets that took the straight way out */
    uint32_t next_assoc_id;                /* id of the next association; 0 is left out */
    struct usctp__addr_list *host_addrs;   /* usctp_stack_set_addresses; NULL: nothing was told */
    uint32_t tag_mask;   /* the bits of our tags that are the same in all of them */
    uint32_t tag_prefix; /* what they are; the other bits are zero */
};

/* Sets the shared part up (pools, heap, keys, slab); config was checked. 0 or an error. */
int usctp__core_init(struct usctp__core *core, const struct usctp_config *config,
                     const struct usctp__core_ops *ops);

/* Frees what usctp__core_init made; no association lives any more. */
void usctp__core_destroy(struct usctp__core *core);

/* True, unless a test has all take the long way: what is as it mostly is may take a shorter one that comes to
 * the same. */
static inline bool usctp__core_hurries(const struct usctp__core *core)
{
    return !USCTP__DEBUG || !core->long_way;
}

/* Moves time forward; never back. */
static inline void usctp__core_set_time(struct usctp__core *core, uint64_t now_ts)
{
    if (now_ts > core->now_ts) {
        core->now_ts = now_ts;
    }
}

/* Events and output of all touched associations, at most two rounds; the rest makes the next
 * deadline `now` (core->more). Then frees the dead and flushes the slab. */
void usctp__core_settle(struct usctp__core *core);

/* Around each public verb: enter reads the clock (unless inside already), leave settles when the
 * outermost is left and no callback runs. */
static inline void usctp__core_enter(struct usctp__core *core)
{
    if (core->depth++ == 0 && core->clock != NULL && !core->in_callback) {
        usctp__core_set_time(core, core->clock(core->clock_ctx));
    }
}

static inline void usctp__core_leave(struct usctp__core *core)
{
    USCTP__ASSERT(core->depth > 0);
    if (--core->depth == 0 && !core->in_callback && !core->settling) {
        usctp__core_settle(core);
    }
}

/* The same for what seldom has anything to say: the time is asked for only where it has. */
static inline void usctp__core_enter_briefly(struct usctp__core *core)
{
    core->depth++;
}

static inline void usctp__core_leave_briefly(struct usctp__core *core)
{
    if (core->depth == 1 && !core->in_callback) {
        if (usctp__queue_empty(&core->touched)) {
            core->depth = 0;
            return;
        }
        if (core->clock != NULL) {
            usctp__core_set_time(core, core->clock(core->clock_ctx));
        }
    }
    usctp__core_leave(core);
}

/* Gives memory back that pools have not used for a second or two; at most once a second. */
void usctp__core_trim(struct usctp__core *core);

/* Runs the alarms that are due; without settling. */
void usctp__core_run_alarms(struct usctp__core *core);

#endif
