/* SPDX-License-Identifier: BSD-3-Clause */
/* One association: life, state, and the rooms of its parts. */
#ifndef USCTP_CORE_ASSOC_H
#define USCTP_CORE_ASSOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/time.h"
#include "core/alarm.h"
#include "core/core.h"
#include "core/counters.h"
#include "core/ctrl.h"
#include "core/ecn.h"
#include "core/event.h"
#include "core/ext.h"
#include "core/handshake.h"
#include "core/path.h"
#include "core/rack.h"
#include "core/rx.h"
#include "core/tx.h"

/* Parameters shared by an endpoint and its associations until one of them changes its own. */
struct usctp__params_ref {
    uint32_t ref_cnt;
    struct usctp_params params;
    struct usctp__path_settings path; /* what they say of paths without their own */
};

/* A local address list, shared like the parameters. */
struct usctp__addr_list {
    uint32_t ref_cnt;
    uint32_t cnt;
    struct usctp_addr addrs[]; /* configured local addresses */
};

struct usctp_assoc {
    /* First what any packet and any alarm looks at. Of an idle association nothing else comes from memory but
     * the end of rx and the beginning of tx, which stand together (USCTP__ASSOC_FETCH). */
    struct usctp__core *core;
    struct usctp__qlink work_link; /* core->touched or core->dead */
    struct usctp__heap_node timer; /* its place in core->heap: at its earliest alarm, or earlier */
    uint32_t id;
    uint32_t peer_tag;   /* of packets to the peer; 0: not known yet */
    uint32_t extensions; /* negotiated: enum usctp__extension; none until the peer has told */
    uint32_t error_cnt;  /* 8.1: compared with Association.Max.Retrans */
    uint16_t my_port;    /* SCTP ports */
    uint16_t peer_port;
    uint8_t state;        /* enum usctp_assoc_state */
    bool active : 1;      /* we sent INIT */
    bool handed_over : 1; /* it was set up elsewhere, with cookies that we cannot read */
    bool was_up;          /* UP was raised */
    bool touched;         /* in core->touched */
    bool ended;           /* usctp__assoc_end was called: only events remain */
    bool freed;           /* no event is delivered any more; memory goes at the tail */
    bool close_wanted;    /* close was called before ESTABLISHED */
    bool tag_entered;     /* my_tag is in the stack's table */
    uint16_t cork_cnt;    /* usctp_assoc_cork nesting */
    uint16_t armed;       /* mask of enum usctp__assoc_alarm */
    struct usctp__paths paths;
    struct usctp__params_ref *params; /* read through assoc->params->params */
    struct usctp__auth *auth;         /* authentication; NULL: not offered */
    struct usctp__reconf *reconf;     /* stream reconfiguration; NULL until it is used */
    struct usctp__ctrlq ctrl;
    struct usctp__eventq events;
    struct usctp__assoc_counters counters;
    /* All else. */
    usctp_endpoint *endpoint;
    void *user;                      /* the application's */
    struct usctp__addr_list *locals; /* the endpoint's local addresses; NULL: any */
    struct usctp__list stack_link;   /* the endpoint's list of associations */
    uint32_t my_tag;                 /* verification tag of packets to us */
    uint32_t my_tie_tag;             /* tie tags (5.2.2): random, 0 until first needed */
    uint32_t peer_tie_tag;
    usctp_path_id shutdown_path; /* where SHUTDOWN or SHUTDOWN ACK went last */
    uint32_t my_initial_tsn;
    uint32_t peer_initial_tsn;
    uint16_t out_streams;                      /* agreed; before that as asked for */
    uint16_t in_streams;                       /* agreed; before that as allowed */
    uint32_t sack_expiries;                    /* delayed SACKs that waited to the end: a counter */
    uint64_t autoclose_ts;                     /* when data last moved, for autoclose */
    struct usctp__setup *setup;                /* only while being set up */
    uint64_t alarm_ts[USCTP__ASSOC_ALARM_CNT]; /* when the armed ones expire */
    struct usctp__ecn *ecn;                    /* from the first mark or echo on; else NULL */
    struct usctp__rare_counters *rare;         /* through usctp__rare; NULL: nothing counted yet */
    struct usctp__rx rx;
    struct usctp__tx tx;
};

/* Makes an association: ids, tag entered in the stack's table, initial TSN, counted references to
 * params and locals; state CLOSED, no paths. NULL with *error set. */
struct usctp_assoc *usctp__assoc_new(struct usctp__core *core, usctp_endpoint *endpoint,
                                     struct usctp__params_ref *params,
                                     struct usctp__addr_list *locals, uint16_t my_port,
                                     uint16_t peer_port, int *error);

/* The association's rare counters, to count one. Without memory for them it is not counted. */
struct usctp__rare_counters *usctp__rare(struct usctp_assoc *assoc);

/* Changes the state and counts (SctpCurrEstab). */
void usctp__assoc_set_state(struct usctp_assoc *assoc, enum usctp_assoc_state state);

/* It enters ESTABLISHED: set-up memory goes, UP is raised, paths start, autoclose is armed. */
void usctp__assoc_established(struct usctp_assoc *assoc);

/* Takes a new verification tag (restart, new port); false: no memory, nothing changed. */
bool usctp__assoc_new_tag(struct usctp_assoc *assoc, uint32_t tag);

/* A random tag, not 0, not in use; false: no randomness. */
bool usctp__assoc_draw_tag(struct usctp__core *core, uint32_t *tag);

/* It has work for the end of the batch: output, events, alarms to commit. */
static inline void usctp__assoc_touch(struct usctp_assoc *assoc)
{
    if (!assoc->touched) {
        assoc->touched = true;
        usctp__queue_push(&assoc->core->touched, &assoc->work_link);
    }
}

/* The protocol part ends: CLOSED state, out of all tables, alarms off, queued data fails with
 * SEND_FAILED (cause as given), LOST (if reason is not 0) and CLOSED are raised. What was received
 * and not yet delivered stays for delivery. Chunks are no longer sent. */
void usctp__assoc_end(struct usctp_assoc *assoc, int lost_reason, uint16_t cause,
                      const uint8_t *causes, size_t causes_len);

/* usctp_assoc_free: ABORT if it lives, then silence; the memory goes at the end of the batch. */
void usctp__assoc_free(struct usctp_assoc *assoc, bool send_abort);

/* Gives the memory back; only from settle. */
void usctp__assoc_reap(struct usctp_assoc *assoc);

/* Data was sent or received: puts autoclose off. */
void usctp__assoc_active(struct usctp_assoc *assoc);

/* Alarm handler: nothing moved for autoclose_dur. */
void usctp__assoc_on_autoclose(struct usctp_assoc *assoc);

/* Copies parameters into a new counted object with one reference; NULL: no memory. */
struct usctp__params_ref *usctp__params_new(struct usctp__core *core,
                                            const struct usctp_params *params);
/* Gives a reference back. */
void usctp__params_unref(struct usctp__core *core, struct usctp__params_ref *ref);

/* The same for address lists; cnt 0 gives NULL, which is no error then. addrs NULL: the caller fills them in. */
struct usctp__addr_list *usctp__addrs_new(struct usctp__core *core, const struct usctp_addr *addrs,
                                          size_t cnt);
void usctp__addrs_unref(struct usctp__core *core, struct usctp__addr_list *list);

/* New parameters, checked; 0 or USCTP_ENOMEM. */
int usctp__assoc_set_params(struct usctp_assoc *assoc, const struct usctp_params *params);

/* Arms, or moves, an alarm. The heap node follows at once where it would be late. */
static inline void usctp__alarm_set(struct usctp_assoc *assoc, enum usctp__assoc_alarm alarm,
                                    uint64_t ts)
{
    assoc->alarm_ts[alarm] = ts;
    assoc->armed |= (uint16_t)(1u << alarm);
    usctp__assoc_touch(assoc);
    if (USCTP__UNLIKELY(ts < assoc->timer.key)) {
        usctp__alarm_wake_by(assoc, ts);
    }
}

static inline void usctp__alarm_clear(struct usctp_assoc *assoc, enum usctp__assoc_alarm alarm)
{
    assoc->armed &= (uint16_t) ~(1u << alarm);
}

static inline bool usctp__alarm_armed(const struct usctp_assoc *assoc,
                                      enum usctp__assoc_alarm alarm)
{
    return (assoc->armed >> alarm & 1u) != 0;
}

/* The same for alarms of a path. */
static inline void usctp__path_alarm_set(struct usctp__path *path, enum usctp__path_alarm alarm,
                                         uint64_t ts)
{
    path->alarm_ts[alarm] = ts;
    path->armed |= (uint8_t)(1u << alarm);
    usctp__assoc_touch(path->assoc);
    if (USCTP__UNLIKELY(ts < path->assoc->timer.key)) {
        usctp__alarm_wake_by(path->assoc, ts);
    }
}

static inline void usctp__path_alarm_clear(struct usctp__path *path, enum usctp__path_alarm alarm)
{
    path->armed &= (uint8_t) ~(1u << alarm);
}

static inline bool usctp__path_alarm_armed(const struct usctp__path *path,
                                           enum usctp__path_alarm alarm)
{
    return (path->armed >> alarm & 1u) != 0;
}

/* Takes the heap node to the end if nothing is armed; called once per association and batch, by
 * settle. Alarms that move on, as they do with each packet, leave the node where it is: it finds that
 * out when it gets there. */
static inline void usctp__alarm_commit(struct usctp_assoc *assoc)
{
    unsigned armed = assoc->armed;

    for (const struct usctp__path *path = assoc->paths.first; armed == 0 && path != NULL;
         path = path->next) {
        armed = path->armed;
    }
    if (armed == 0) {
        usctp__alarm_wake_by(assoc, USCTP__NEVER);
    }
}

/* The packet that the association handles now, or NULL. */
static inline struct usctp__packet_in *usctp__packet_at_hand(const struct usctp_assoc *assoc)
{
    return assoc->core->at_hand.assoc == assoc ? assoc->core->at_hand.in : NULL;
}

/* The path of this id, or NULL. */
static inline struct usctp__path *usctp__path_by_id(const struct usctp_assoc *assoc,
                                                    usctp_path_id id)
{
    struct usctp__path *path = assoc->paths.first;

    while (path != NULL && path->id != id) {
        path = path->next;
    }
    return path;
}

/* The path a received packet belongs to: the exact pair, else one with that remote address; NULL:
 * the source is no address of the association. */
static inline struct usctp__path *usctp__path_of_source(const struct usctp_assoc *assoc,
                                                        const struct usctp_dgram *dgram)
{
    struct usctp__path *first = assoc->paths.first;

    if (USCTP__LIKELY(first != NULL && first->lower == dgram->lower &&
                      usctp__addr_same(&first->remote, &dgram->remote) &&
                      (assoc->paths.cnt == 1 || usctp__addr_same(&first->local, &dgram->local)))) {
        return first;
    }
    return usctp__path_search_source(assoc, dgram);
}

/* Begins to fetch two cache lines. Macros, and no loops: compilers drop functions and loops that do nothing
 * but this. */
#define USCTP__FETCH_2(ptr)                        \
    do {                                           \
        USCTP__PREFETCH((const char *)(ptr));      \
        USCTP__PREFETCH((const char *)(ptr) + 64); \
    } while (0)

/* An association, or a path, will be looked at, and may be cold: what any packet and any alarm needs of it. */
#define USCTP__ASSOC_FETCH(assoc)                                    \
    do {                                                             \
        USCTP__FETCH_2(assoc);                                       \
        USCTP__FETCH_2((const char *)(assoc) + 128);                 \
        USCTP__PREFETCH(&(assoc)->counters.heartbeat_acks_received); \
        USCTP__FETCH_2(&(assoc)->rx.sack_now);                       \
        USCTP__PREFETCH(&(assoc)->tx.outq.msg_cnt);                  \
    } while (0)
#define USCTP__PATH_FETCH(path)                     \
    do {                                            \
        USCTP__FETCH_2(path);                       \
        USCTP__FETCH_2((const char *)(path) + 128); \
        USCTP__PREFETCH(&(path)->cc.state);         \
    } while (0)

/* True if AUTH was agreed on (RFC 4895). assoc->auth alone says only that it was offered. */
static inline bool usctp__auth_agreed(const struct usctp_assoc *assoc)
{
    return (assoc->extensions & USCTP__EXT_AUTH) != 0;
}

/* The parameters in force. */
static inline const struct usctp_params *usctp__params(const struct usctp_assoc *assoc)
{
    return &assoc->params->params;
}

#endif
