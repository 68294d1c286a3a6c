/* SPDX-License-Identifier: BSD-3-Clause */
/* One association: its life and its state. */
#include "core/assoc.h"

#include <string.h>

#include "base/compiler.h"
#include "base/time.h"
#include "core/asconf.h"
#include "core/auth.h"
#include "core/error.h"
#include "core/reconf.h"
#include "core/shutdown.h"

/* An idle association takes 1.5 KiB in all: what few need is made when it is needed (doc/performance.md). */
USCTP__STATIC_ASSERT(sizeof(struct usctp_assoc) <= 1000, assoc_len);
USCTP__STATIC_ASSERT(sizeof(struct usctp__path) <= 392, path_len);

enum { TAG_TRIES = 8 }; /* taken tags are rare: a source of numbers that is stuck gives no others */

struct usctp__params_ref *usctp__params_new(struct usctp__core *core,
                                            const struct usctp_params *params)
{
    struct usctp__params_ref *ref = usctp__mem_alloc(&core->mem, sizeof(*ref));

    if (ref != NULL) {
        ref->ref_cnt = 1;
        ref->params = *params;
        usctp__path_settings_init(&ref->path, params);
    }
    return ref;
}

void usctp__params_unref(struct usctp__core *core, struct usctp__params_ref *ref)
{
    if (--ref->ref_cnt == 0) {
        usctp__mem_free(&core->mem, ref, sizeof(*ref));
    }
}

static size_t addr_list_len(size_t cnt)
{
    return offsetof(struct usctp__addr_list, addrs) + cnt * sizeof(struct usctp_addr);
}

struct usctp__addr_list *usctp__addrs_new(struct usctp__core *core, const struct usctp_addr *addrs,
                                          size_t cnt)
{
    struct usctp__addr_list *list = NULL;

    if (cnt > 0) {
        list = usctp__mem_alloc(&core->mem, addr_list_len(cnt));
    }
    if (list != NULL) {
        list->ref_cnt = 1;
        list->cnt = (uint32_t)cnt;
        if (addrs != NULL) {
            memcpy(list->addrs, addrs, cnt * sizeof(*addrs));
        }
    }
    return list;
}

void usctp__addrs_unref(struct usctp__core *core, struct usctp__addr_list *list)
{
    if (list != NULL && --list->ref_cnt == 0) {
        usctp__mem_free(&core->mem, list, addr_list_len(list->cnt));
    }
}

bool usctp__assoc_draw_tag(struct usctp__core *core, uint32_t *tag)
{
    unsigned tries_left = TAG_TRIES;

    /* A tag in a cookie is entered when the cookie comes back: if it is taken then, that peer gets nowhere. */
    do {
        /* RFC 9260, 5.3.1: random, from 1 to 2^32 - 1. */
        if (!usctp__random_u32(&core->random, tag)) {
            return false;
        }
        *tag = (*tag & ~core->tag_mask) | core->tag_prefix;
    } while (*tag == 0 || (core->ops->tag_taken(core, *tag) && --tries_left > 0));
    return true;
}

bool usctp__assoc_new_tag(struct usctp_assoc *assoc, uint32_t tag)
{
    uint32_t old_tag = assoc->my_tag;
    bool was_entered = assoc->tag_entered;

    if (was_entered && tag == old_tag) {
        return true;
    }
    if (was_entered) {
        assoc->core->ops->tag_remove(assoc->core, assoc);
        assoc->tag_entered = false;
    }
    assoc->my_tag = tag;
    assoc->tag_entered = assoc->core->ops->tag_add(assoc->core, assoc);
    if (!assoc->tag_entered) {
        assoc->my_tag = old_tag;
        /* There was room for it a moment ago. */
        assoc->tag_entered = was_entered && assoc->core->ops->tag_add(assoc->core, assoc);
        return false;
    }
    return true;
}

static bool enter_random_tag(struct usctp_assoc *assoc, int *error)
{
    uint32_t tag;

    if (!usctp__assoc_draw_tag(assoc->core, &tag)) {
        *error = USCTP_ECRYPTO;
        return false;
    }
    *error = USCTP_ENOMEM;
    return usctp__assoc_new_tag(assoc, tag);
}

/* Everything that needs memory or randomness; what was taken is given back by assoc_new. */
static bool furnish(struct usctp_assoc *assoc, int *error)
{
    struct usctp__core *core = assoc->core;

    if (!usctp__random_u32(&core->random, &assoc->my_initial_tsn)) {
        *error = USCTP_ECRYPTO;
        return false;
    }
    if (!usctp__heap_insert(&core->heap, &assoc->timer, USCTP__NEVER)) {
        *error = USCTP_ENOMEM;
        return false;
    }
    if (!enter_random_tag(assoc, error)) {
        usctp__heap_remove(&core->heap, &assoc->timer);
        return false;
    }
    return true;
}

static uint32_t draw_id(struct usctp__core *core)
{
    uint32_t id = core->next_assoc_id++;

    if (core->next_assoc_id == 0) {
        core->next_assoc_id = 1;
    }
    return id;
}

struct usctp_assoc *usctp__assoc_new(struct usctp__core *core, usctp_endpoint *endpoint,
                                     struct usctp__params_ref *params,
                                     struct usctp__addr_list *locals, uint16_t my_port,
                                     uint16_t peer_port, int *error)
{
    struct usctp_assoc *assoc = usctp__pool_get(&core->assoc_pool);

    if (assoc == NULL) {
        *error = USCTP_ENOMEM;
        return NULL;
    }
    memset(assoc, 0, sizeof(*assoc));
    assoc->core = core;
    assoc->endpoint = endpoint;
    assoc->my_port = my_port;
    assoc->peer_port = peer_port;
    assoc->paths.next_id = 1;
    usctp__heap_node_init(&assoc->timer);
    usctp__list_init_node(&assoc->stack_link);
    usctp__queue_init(&assoc->ctrl.queue);
    usctp__queue_init(&assoc->events.queue);
    if (!furnish(assoc, error)) {
        usctp__pool_put(&core->assoc_pool, assoc);
        return NULL;
    }
    assoc->id = draw_id(core);
    assoc->params = params;
    params->ref_cnt++;
    assoc->locals = locals;
    if (locals != NULL) {
        locals->ref_cnt++;
    }
    assoc->out_streams = params->params.out_streams;
    assoc->in_streams = params->params.max_in_streams;
    core->stats.curr_assocs++;
    usctp__tx_init(assoc, assoc->my_initial_tsn);
    return assoc;
}

/* SctpCurrEstab counts these. */
static bool counts_as_established(unsigned state)
{
    return state == USCTP_STATE_ESTABLISHED || state == USCTP_STATE_SHUTDOWN_PENDING ||
           state == USCTP_STATE_SHUTDOWN_RECEIVED;
}

void usctp__assoc_set_state(struct usctp_assoc *assoc, enum usctp_assoc_state state)
{
    struct usctp_stack_stats *stats = &assoc->core->stats;

    if (counts_as_established(assoc->state)) {
        stats->curr_estab--;
    }
    if (counts_as_established(state)) {
        stats->curr_estab++;
    }
    assoc->state = (uint8_t)state;
    usctp__assoc_touch(assoc);
}

void usctp__assoc_established(struct usctp_assoc *assoc)
{
    if (assoc->active) {
        assoc->core->stats.active_estabs++;
    } else {
        assoc->core->stats.passive_estabs++;
    }
    usctp__alarm_clear(assoc, USCTP__ALARM_T1);
    usctp__handshake_free(assoc);
    usctp__assoc_set_state(assoc, USCTP_STATE_ESTABLISHED);
    assoc->error_cnt = 0;
    assoc->was_up = true;
    usctp__event_up(assoc);
    if (assoc->auth != NULL) {
        usctp__auth_established(assoc);
    }
    usctp__asconf_announce(assoc, assoc->paths.primary);
    usctp__path_start(assoc);
    usctp__assoc_active(assoc);
    if (assoc->close_wanted) {
        usctp__shutdown_start(assoc);
    }
}

/* Out of all tables and timers: nothing from outside finds it any more. */
static void unlist(struct usctp_assoc *assoc)
{
    struct usctp__core *core = assoc->core;

    if (assoc->tag_entered) {
        core->ops->tag_remove(core, assoc);
        assoc->tag_entered = false;
    }
    usctp__path_unlist_all(assoc);
    usctp__alarm_clear_all(assoc);
    if (usctp__heap_contains(&assoc->timer)) {
        usctp__heap_remove(&core->heap, &assoc->timer);
    }
}

/* Nothing goes in or out any more; messages fail, with events if `tell`. */
static void stop(struct usctp_assoc *assoc, bool tell, uint16_t cause)
{
    usctp__assoc_set_state(assoc, USCTP_STATE_CLOSED);
    assoc->ended = true;
    unlist(assoc);
    usctp__handshake_free(assoc);
    if (assoc->reconf != NULL) {
        usctp__reconf_end(assoc);
    }
    usctp__ctrl_clear(assoc);
    usctp__tx_end(assoc, tell, cause);
}

void usctp__assoc_end(struct usctp_assoc *assoc, int lost_reason, uint16_t cause,
                      const uint8_t *causes, size_t causes_len)
{
    if (assoc->ended) {
        return;
    }
    if (lost_reason == 0 && (assoc->state == USCTP_STATE_SHUTDOWN_SENT ||
                             assoc->state == USCTP_STATE_SHUTDOWN_ACK_SENT)) {
        assoc->core->stats.shutdowns++;
    }
    stop(assoc, true, cause);
    if (lost_reason != 0) {
        usctp__event_lost(assoc, lost_reason, cause, causes, causes_len);
    }
    usctp__event_closed(assoc);
    usctp__assoc_touch(assoc);
}

void usctp__assoc_free(struct usctp_assoc *assoc, bool send_abort)
{
    if (assoc->freed) {
        return;
    }
    if (!assoc->ended) {
        if (send_abort && assoc->state != USCTP_STATE_CLOSED) {
            usctp__abort_silently(assoc);
        }
        stop(assoc, false, 0);
    }
    assoc->freed = true;
    usctp__assoc_touch(assoc);
}

struct usctp__rare_counters *usctp__rare(struct usctp_assoc *assoc)
{
    if (assoc->rare == NULL) {
        assoc->rare = usctp__mem_calloc(&assoc->core->mem, sizeof(*assoc->rare));
    }
    return assoc->rare != NULL ? assoc->rare : &assoc->core->uncounted;
}

void usctp__assoc_reap(struct usctp_assoc *assoc)
{
    struct usctp__core *core = assoc->core;

    usctp__event_clear(assoc);
    usctp__rx_end(assoc);
    usctp__ecn_end(assoc);
    usctp__tx_free(assoc);
    usctp__path_free_all(assoc);
    usctp__asconf_free(assoc);
    usctp__auth_free(assoc);
    core->ops->gone(core, assoc);
    usctp__params_unref(core, assoc->params);
    usctp__addrs_unref(core, assoc->locals);
    usctp__mem_free(&core->mem, assoc->rare, sizeof(*assoc->rare));
    core->stats.curr_assocs--;
    usctp__pool_put(&core->assoc_pool, assoc);
}

void usctp__assoc_active(struct usctp_assoc *assoc)
{
    if (usctp__params(assoc)->autoclose_dur != 0) {
        /* The alarm moves only when it fires: a write per packet is cheaper than a timer. */
        assoc->autoclose_ts =
            usctp__time_add(assoc->core->now_ts, usctp__params(assoc)->autoclose_dur);
        if (!usctp__alarm_armed(assoc, USCTP__ALARM_AUTOCLOSE)) {
            usctp__alarm_set(assoc, USCTP__ALARM_AUTOCLOSE, assoc->autoclose_ts);
        }
    }
}

void usctp__assoc_on_autoclose(struct usctp_assoc *assoc)
{
    if (usctp__params(assoc)->autoclose_dur == 0) {
        return;
    }
    if (assoc->autoclose_ts > assoc->core->now_ts) {
        usctp__alarm_set(assoc, USCTP__ALARM_AUTOCLOSE, assoc->autoclose_ts);
    } else if (assoc->state == USCTP_STATE_ESTABLISHED) {
        usctp__shutdown_start(assoc);
    }
}

int usctp__assoc_set_params(struct usctp_assoc *assoc, const struct usctp_params *params)
{
    struct usctp__core *core = assoc->core;
    struct usctp__params_ref *ref = usctp__params_new(core, params);

    if (ref == NULL) {
        return USCTP_ENOMEM;
    }
    if (!usctp__tx_schedule(assoc, params->scheduler)) {
        usctp__params_unref(core, ref);
        return USCTP_ENOMEM;
    }
    struct usctp__params_ref *old = assoc->params;
    assoc->params = ref;
    usctp__path_params_changed(assoc, old);
    usctp__params_unref(core, old);
    usctp__rx_params_changed(assoc);
    usctp__tx_params_changed(assoc);
    if (assoc->state == USCTP_STATE_ESTABLISHED) {
        usctp__assoc_active(assoc);
    }
    usctp__assoc_touch(assoc);
    return USCTP_OK;
}
