/* SPDX-License-Identifier: BSD-3-Clause */
/* What all associations of a stack share, and the end of each batch. */
#include "core/core.h"

#include <string.h>

#include "base/compiler.h"
#include "base/crc32c.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/event.h"
#include "core/message.h"
#include "core/outq.h"
#include "core/reasm.h"

enum { FETCH_AHEAD = 5 /* the root of the heap, and those of which one is the next root */ };

/* Items a slab of each pool: about a page each, but for paths and associations. */
static void init_pools(struct usctp__core *core)
{
    struct usctp__mem *mem = &core->mem;

    usctp__bufpool_init(&core->bufs, mem);
    usctp__pool_init(&core->assoc_pool, mem, sizeof(struct usctp_assoc), 12);
    usctp__pool_init(&core->path_pool, mem, sizeof(struct usctp__path), 32);
    usctp__pool_init(&core->rack_pool, mem, sizeof(struct usctp__rack), 16);
    usctp__pool_init(&core->outmsg_pool, mem, sizeof(struct usctp__outmsg), 64);
    usctp__pool_init(&core->message_pool, mem, sizeof(struct usctp_message), 64);
    usctp__pool_init(&core->rxfrag_pool, mem, sizeof(struct usctp__rxfrag), 64);
    usctp__pool_init(&core->event_pool, mem, sizeof(struct usctp__event_node), 16);
}

int usctp__core_init(struct usctp__core *core, const struct usctp_config *config,
                     const struct usctp__core_ops *ops)
{
    int error;

    memset(core, 0, sizeof(*core));
    core->ops = ops;
    core->crypto = config->crypto;
    core->crc32c = config->crc32c != NULL ? config->crc32c : usctp__crc32c_sw;
    core->log.fn = config->log;
    core->log.user = config->log_user;
    core->log.level = config->log_level;
    core->clock = config->clock;
    core->clock_ctx = config->clock_ctx;
    core->now_ts = config->clock != NULL ? config->clock(config->clock_ctx) : config->now_ts;
    core->next_assoc_id = 1;
    if (config->tag_prefix_len > 0) {
        core->tag_mask = ~(uint32_t)0 << (32 - config->tag_prefix_len);
        core->tag_prefix = (uint32_t)config->tag_prefix << (32 - config->tag_prefix_len);
    }
    usctp__mem_init(&core->mem, config->memory,
                    config->memory_limit > SIZE_MAX ? SIZE_MAX : (size_t)config->memory_limit);
    core->tune_limit = config->tune_memory != 0 && config->tune_memory < SIZE_MAX
                           ? (size_t)config->tune_memory
                           : core->mem.limit / 2;
    usctp__random_init(&core->random, config->crypto);
    usctp__queue_init(&core->touched);
    usctp__queue_init(&core->dead);
    usctp__heap_init(&core->heap, &core->mem);
    usctp__slab_init(&core->slab, &core->mem);
    init_pools(core);
    if (!usctp__random_bytes(&core->random, &core->hash_key, sizeof(core->hash_key))) {
        usctp__core_destroy(core);
        return USCTP_ECRYPTO;
    }
    error = usctp__cookie_keys_init(core, config);
    if (error != USCTP_OK) {
        usctp__core_destroy(core);
    }
    return error;
}

void usctp__core_destroy(struct usctp__core *core)
{
    usctp__cookie_keys_destroy(core);
    usctp__slab_destroy(&core->slab);
    usctp__heap_destroy(&core->heap);
    usctp__pool_destroy(&core->event_pool);
    usctp__pool_destroy(&core->rxfrag_pool);
    usctp__message_trim(core);
    usctp__pool_destroy(&core->message_pool);
    usctp__pool_destroy(&core->outmsg_pool);
    usctp__pool_destroy(&core->rack_pool);
    usctp__pool_destroy(&core->path_pool);
    usctp__pool_destroy(&core->assoc_pool);
    usctp__bufpool_destroy(&core->bufs);
    usctp__random_wipe(&core->random);
    usctp__wipe(&core->hash_key, sizeof(core->hash_key));
}

static struct usctp_assoc *assoc_of(struct usctp__qlink *link)
{
    return USCTP__CONTAINER_OF(link, struct usctp_assoc, work_link);
}

/* After its last event the handle ends. */
static void end_handle(struct usctp_assoc *assoc)
{
    if (assoc->ended && assoc->events.closed_raised && usctp__eventq_empty(&assoc->events)) {
        assoc->freed = true;
    }
}

/* Events of all that were touched before or meanwhile. */
static void deliver_events(struct usctp__core *core)
{
    for (struct usctp__qlink *link = usctp__queue_peek(&core->touched); link != NULL;
         link = link->next) {
        struct usctp_assoc *assoc = assoc_of(link);

        if (!usctp__queue_empty(&core->released)) {
            usctp__outmsg_drain(core); /* adopted data goes back before CLOSED */
        }
        if (!assoc->freed && !usctp__eventq_empty(&assoc->events)) {
            usctp__event_deliver(assoc);
            end_handle(assoc);
        }
    }
}

/* The end of the batch for one association, the first that was touched: what it has to say. */
static void finish_batch(struct usctp__core *core, struct usctp_assoc *assoc)
{
    if (!assoc->ended && !assoc->freed) {
        if (USCTP__UNLIKELY(core->blocked)) {
            usctp__output_put_off(assoc);
        } else {
            usctp__output(assoc);
        }
    }
    (void)usctp__queue_pop(&core->touched);
    assoc->touched = false;
    if (assoc->freed) {
        usctp__queue_push(&core->dead, &assoc->work_link);
        return;
    }
    if (assoc->armed == 0) {
        usctp__alarm_commit(assoc);
    }
    if (core->blocked || (!usctp__eventq_empty(&assoc->events) && usctp__event_ready(assoc))) {
        usctp__assoc_touch(assoc); /* blocked: what it has to say waits too */
    }
}

/* Output of all that were touched. What it raises is for the next round: who is touched meanwhile
 * stands behind the last one. */
static void write_output(struct usctp__core *core)
{
    const struct usctp__qlink *last = core->touched.last;
    struct usctp__qlink *link;

    do {
        link = usctp__queue_peek(&core->touched);
        finish_batch(core, assoc_of(link));
    } while (link != last);
}

static void flush(struct usctp__core *core)
{
    if (core->slab.cnt > 0) {
        core->ops->flush(core);
    }
}

static void reap_dead(struct usctp__core *core)
{
    struct usctp__qlink *link;

    while ((link = usctp__queue_pop(&core->dead)) != NULL) {
        usctp__assoc_reap(assoc_of(link));
    }
}

void usctp__core_settle(struct usctp__core *core)
{
    if (core->settling) {
        return;
    }
    core->settling = true;
    for (unsigned round = 0; round < 2 && !usctp__queue_empty(&core->touched); round++) {
        deliver_events(core);
        write_output(core);
        flush(core);
    }
    flush(core); /* stateless replies have no association that was touched */
    reap_dead(core);
    if (!usctp__queue_empty(&core->released)) {
        usctp__outmsg_drain(core);
    }
    core->more = !core->blocked && !usctp__queue_empty(&core->touched);
    core->settling = false;
}

void usctp__core_trim(struct usctp__core *core)
{
    if (core->now_ts < core->trim_ts) {
        return;
    }
    core->trim_ts = usctp__time_add(core->now_ts, USCTP__SEC);
    usctp__bufpool_trim(&core->bufs);
    usctp__pool_trim(&core->assoc_pool);
    usctp__pool_trim(&core->path_pool);
    usctp__pool_trim(&core->rack_pool);
    usctp__pool_trim(&core->outmsg_pool);
    usctp__message_trim(core);
    usctp__pool_trim(&core->message_pool);
    usctp__pool_trim(&core->rxfrag_pool);
    usctp__pool_trim(&core->event_pool);
}

void usctp__core_run_alarms(struct usctp__core *core)
{
    const struct usctp__heap *heap = &core->heap;
    uint64_t now_ts = core->now_ts;
    struct usctp__heap_node *node;

    while ((node = usctp__heap_peek(heap)) != NULL && node->key <= now_ts) {
        struct usctp_assoc *assoc = USCTP__CONTAINER_OF(node, struct usctp_assoc, timer);

        USCTP__ASSOC_FETCH(assoc);
        for (uint32_t i = 1; i < FETCH_AHEAD && i < heap->cnt && heap->slots[i].key <= now_ts;
             i++) {
            const struct usctp_assoc *next =
                USCTP__CONTAINER_OF(heap->slots[i].node, struct usctp_assoc, timer);

            USCTP__ASSOC_FETCH(next); /* its turn comes soon */
        }
        USCTP__PATH_FETCH(assoc->paths.first);
        usctp__alarm_run(assoc);
        usctp__alarm_refresh(assoc);
        if (usctp__heap_contains(&assoc->timer) && assoc->timer.key <= now_ts) {
            /* Armed anew for now: next time, so that this loop ends. */
            usctp__heap_update(&core->heap, &assoc->timer, usctp__time_add(now_ts, 1));
        }
    }
}
