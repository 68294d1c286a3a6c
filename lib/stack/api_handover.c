/* SPDX-License-Identifier: BSD-3-Clause */
/* Handing associations over: out of a stack, and into one. */
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/crypto.h"
#include "core/assoc.h"
#include "core/handover.h"
#include "stack/endpoint.h"
#include "stack/params.h"
#include "stack/stack.h"

/* --- Out -------------------------------------------------------------------------------------- */

unsigned usctp_assoc_export_ready(const usctp_assoc *assoc)
{
    return assoc != NULL ? usctp__handover_reasons(assoc) : (unsigned)USCTP_HANDOVER_STATE;
}

static int take_out(struct usctp_assoc *assoc, uint8_t *buf, size_t cap, size_t *len)
{
    if (usctp__handover_reasons(assoc) != 0) {
        return USCTP_ESTATE;
    }
    *len = usctp__handover_write(assoc, NULL, 0);
    if (*len > cap) {
        return USCTP_EMSGSIZE; /* before any key was written */
    }
    if (!usctp__moved_add(usctp__stack_of(assoc->core), assoc)) {
        return USCTP_ENOMEM;
    }
    *len = usctp__handover_write(assoc, buf, cap);
    usctp__assoc_end(assoc, 0, 0, NULL, 0); /* only CLOSED is left to say */
    return USCTP_OK;
}

int usctp_assoc_export(usctp_assoc *assoc, void *buf, size_t cap, size_t *len)
{
    struct usctp__core *core;
    int error;

    if (assoc == NULL || len == NULL || (buf == NULL && cap > 0)) {
        return USCTP_EINVAL;
    }
    core = assoc->core;
    usctp__core_enter(core); /* it is later than at the last packet: spans go into the string */
    error = take_out(assoc, buf, cap, len);
    usctp__core_leave(core);
    return error;
}

/* --- In --------------------------------------------------------------------------------------- */

/* Which lower layers the program wants. */
struct way {
    usctp_lower_id lower;         /* of all paths; 0: as `choose` says */
    usctp_import_lower_fn choose; /* NULL: whichever carries their addresses */
    void *ctx;                    /* for it */
};

/* What a string is to become. */
struct plan {
    struct usctp_endpoint *endpoint;
    struct usctp__handover handover;
    usctp_lower_id lowers[USCTP__PATH_MAX]; /* of each path */
    const struct way *way;
};

/* Settings of paths are in the ranges that usctp_path_set_params holds them to. Thresholds are looked at one by one:
 * parameters may have changed one of them since. */
static bool settings_valid(const struct usctp__path_settings *set)
{
    struct usctp_path_params like = USCTP_PATH_PARAMS_INIT;

    like.hb_interval_dur = set->hb_interval_dur;
    like.rto_initial_dur = set->bounds.initial_dur;
    like.rto_min_dur = set->bounds.min_dur;
    like.rto_max_dur = set->bounds.max_dur;
    like.max_packet = set->max_packet;
    like.pf_max_retrans = USCTP_RETRANS_OFF;
    like.switchover_max_retrans = USCTP_RETRANS_OFF;
    like.probe_interval_dur = set->probe_interval_dur;
    like.search_max_packet = set->search_max_packet;
    return usctp__path_params_valid(&like) && set->max_retrans <= USCTP_RETRANS_OFF &&
           set->pf_retrans <= USCTP_RETRANS_OFF && set->switch_retrans <= USCTP_RETRANS_OFF;
}

/* A string that says what no association of this library can be like. */
static int check_params(struct usctp__handover *handover)
{
    if (!usctp__params_valid(&handover->params)) {
        return USCTP_EFORMAT;
    }
    for (size_t i = 0; i < handover->path_cnt; i++) {
        struct usctp__path_settings *set = &handover->paths[i].set;

        if (handover->paths[i].owns_set && !settings_valid(set)) {
            return USCTP_EFORMAT;
        }
        set->bounds.alpha_shift = handover->params.rto_alpha_shift; /* no path has its own */
        set->bounds.beta_shift = handover->params.rto_beta_shift;
    }
    return USCTP_OK;
}

/* The endpoint has the port, and an address if it lists any. */
static int check_endpoint(const struct plan *plan)
{
    const struct usctp__addr_list *addrs = plan->endpoint->addrs;
    struct usctp__reader r = plan->handover.locals;
    struct usctp_addr addr;

    if (plan->endpoint->port.number != plan->handover.assoc.my_port) {
        return USCTP_EADDRNOTAVAIL;
    }
    if (addrs == NULL || !plan->handover.lists_locals) {
        return USCTP_OK;
    }
    while (usctp__handover_next_addr(&r, &addr)) {
        if (usctp__locals_fit(addrs, &addr)) {
            return USCTP_OK;
        }
    }
    return USCTP_EADDRNOTAVAIL;
}

/* What the program wants for a path. */
static usctp_lower_id wanted_lower(const struct plan *plan, const struct usctp__handover_path *path)
{
    struct usctp__core *core = &plan->endpoint->stack->core;
    bool was_in_callback = core->in_callback;
    usctp_lower_id wanted;

    if (plan->way->choose == NULL) {
        return plan->way->lower;
    }
    core->in_callback = true;
    wanted = plan->way->choose(plan->way->ctx, &path->local, &path->remote, path->udp_port);
    core->in_callback = was_in_callback;
    return wanted;
}

static int choose_lower(struct plan *plan, size_t i)
{
    const struct usctp__lowers *lowers = &plan->endpoint->stack->lowers;
    const struct usctp__handover_path *path = &plan->handover.paths[i];
    usctp_lower_id wanted = wanted_lower(plan, path);
    const struct usctp__lower *lower =
        wanted != 0 ? usctp__lowers_find(lowers, wanted)
                    : usctp__lowers_choose(lowers, &path->remote, path->udp_port);

    if (lower == NULL) {
        return wanted != 0 ? USCTP_ENOENT : USCTP_EAFNOSUPPORT;
    }
    if (!usctp__lower_carries(lower, path->remote.family) ||
        ((lower->table.flags & USCTP_LOWER_RAW) != 0 && path->udp_port != 0)) {
        return USCTP_EAFNOSUPPORT;
    }
    plan->lowers[i] = lower->id;
    return USCTP_OK;
}

/* Somebody has the tag, or an association with this peer. */
static bool exists(const struct plan *plan)
{
    struct usctp__core *core = &plan->endpoint->stack->core;
    const struct usctp__handover_assoc *assoc = &plan->handover.assoc;
    const struct usctp_addr none = usctp__addr_none();

    if (usctp__tagtable_find(&plan->endpoint->stack->demux.tags, assoc->my_tag) != NULL) {
        return true;
    }
    for (size_t i = 0; i < plan->handover.path_cnt; i++) {
        struct usctp__peer_key key = {&plan->handover.paths[i].remote, &none, plan->lowers[i],
                                      assoc->my_port, assoc->peer_port};

        if (usctp__demux_of_endpoint(core, plan->endpoint, &key) != NULL) {
            return true;
        }
    }
    return false;
}

/* Shards are told by the high bits of tags: this one would get none of its packets. */
static bool is_of_another_shard(const struct plan *plan)
{
    const struct usctp__core *core = &plan->endpoint->stack->core;

    return (plan->handover.assoc.my_tag & core->tag_mask) != core->tag_prefix;
}

static int check(struct plan *plan)
{
    int error = check_params(&plan->handover);

    if (error == USCTP_OK) {
        error = check_endpoint(plan);
    }
    for (size_t i = 0; error == USCTP_OK && i < plan->handover.path_cnt; i++) {
        error = choose_lower(plan, i);
    }
    if (error == USCTP_OK && plan->endpoint->freed) {
        error = USCTP_EINVAL; /* the callback did that */
    }
    if (error == USCTP_OK && is_of_another_shard(plan)) {
        error = USCTP_EADDRNOTAVAIL;
    }
    if (error == USCTP_OK && exists(plan)) {
        error = USCTP_EADDRINUSE;
    }
    if (error == USCTP_OK && usctp__stack_full(plan->endpoint->stack)) {
        error = USCTP_ENOMEM;
    }
    return error;
}

static int make(struct plan *plan, void *user, struct usctp_assoc **out)
{
    struct usctp_stack *stack = plan->endpoint->stack;
    struct usctp__params_ref *params = usctp__params_new(&stack->core, &plan->handover.params);
    struct usctp_assoc *assoc;
    int error = USCTP_ENOMEM;

    if (params == NULL) {
        return USCTP_ENOMEM;
    }
    assoc =
        usctp__endpoint_add_assoc(plan->endpoint, params, plan->handover.assoc.peer_port, &error);
    usctp__params_unref(&stack->core, params);
    if (assoc == NULL) {
        return error;
    }
    assoc->user = user;
    error = usctp__handover_fill(assoc, &plan->handover, plan->lowers);
    if (error != USCTP_OK) {
        usctp__assoc_free(assoc, false);
        return error;
    }
    usctp__moved_forget(stack, assoc->my_tag);
    *out = assoc;
    return USCTP_OK;
}

static int take(struct plan *plan, const void *bytes, size_t len, void *user,
                struct usctp_assoc **out)
{
    struct usctp_endpoint *endpoint = plan->endpoint;
    int error = usctp__handover_read(&endpoint->stack->core, bytes, len, &endpoint->params->params,
                                     &plan->handover);

    if (error == USCTP_OK) {
        error = check(plan);
    }
    return error == USCTP_OK ? make(plan, user, out) : error;
}

static int import(usctp_endpoint *endpoint, const void *bytes, size_t len, const struct way *way,
                  void *user, usctp_assoc **assoc)
{
    struct usctp__core *core;
    struct plan *plan;
    int error;

    if (endpoint == NULL || bytes == NULL || assoc == NULL || endpoint->freed) {
        return USCTP_EINVAL;
    }
    core = &endpoint->stack->core;
    plan = usctp__mem_alloc(&core->mem, sizeof(*plan));
    if (plan == NULL) {
        return USCTP_ENOMEM;
    }
    plan->endpoint = endpoint;
    plan->way = way;
    usctp__core_enter(core);
    usctp__endpoint_hold(endpoint);
    error = take(plan, bytes, len, user, assoc);
    usctp__endpoint_release(endpoint);
    usctp__core_leave(core);
    usctp__wipe(plan, sizeof(*plan)); /* key vectors */
    usctp__mem_free(&core->mem, plan, sizeof(*plan));
    return error;
}

int usctp_endpoint_import(usctp_endpoint *endpoint, const void *bytes, size_t len,
                          usctp_lower_id lower, void *user, usctp_assoc **assoc)
{
    struct way way = {lower, NULL, NULL};

    return import(endpoint, bytes, len, &way, user, assoc);
}

int usctp_endpoint_import_over(usctp_endpoint *endpoint, const void *bytes, size_t len,
                               usctp_import_lower_fn lower, void *ctx, void *user,
                               usctp_assoc **assoc)
{
    struct way way = {0, lower, ctx};

    return import(endpoint, bytes, len, &way, user, assoc);
}
