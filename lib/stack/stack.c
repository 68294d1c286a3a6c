/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack: its life, its time, and what the core asks of it. */
#include "stack/stack.h"

#include <string.h>

#include "core/assoc.h"
#include "stack/endpoint.h"
#include "stack/params.h"
#include "stack/sized.h"

enum {
    REPLY_RATE = 1000,      /* stateless replies a second */
    INIT_ACK_RATE = 100000, /* INIT ACKs a second */
    HINT_RATE = 100         /* hints looked into a second */
};

static void deliver(struct usctp__core *core, struct usctp_assoc *assoc, struct usctp_event *event)
{
    struct usctp_stack *stack = usctp__stack_of(core);
    struct usctp_endpoint *endpoint = assoc->endpoint;
    bool own = endpoint->on_event != NULL;
    usctp_event_fn fn = own ? endpoint->on_event : stack->on_event;

    if (fn == NULL) {
        return;
    }
    event->stack = stack;
    event->endpoint = endpoint;
    event->assoc = assoc;
    event->assoc_user = assoc->user;
    fn(own ? endpoint->user : stack->user, event);
}

static void gone(struct usctp__core *core, struct usctp_assoc *assoc)
{
    usctp__demux_remove_id(core, assoc);
    usctp__endpoint_unlink(core, assoc);
}

static const struct usctp__auth_set *auth_set(struct usctp__core *core,
                                              const struct usctp_assoc *assoc)
{
    (void)core;
    return assoc->endpoint->auth;
}

/* No tag is drawn that an association elsewhere has. */
static bool tag_taken(struct usctp__core *core, uint32_t tag)
{
    return usctp__demux_tag_taken(core, tag) || usctp__moved_has(usctp__stack_of(core), tag);
}

static const struct usctp__core_ops core_ops = {
    .tag_add = usctp__demux_tag_add,
    .tag_taken = tag_taken,
    .tag_remove = usctp__demux_tag_remove,
    .path_add = usctp__demux_path_add,
    .path_remove = usctp__demux_path_remove,
    .find_peer = usctp__demux_find_peer,
    .deliver = deliver,
    .flush = usctp__lowers_flush,
    .max_packet = usctp__lowers_max_packet,
    .source = usctp__lowers_source,
    .lower_flags = usctp__lowers_flags,
    .new_port = usctp__endpoint_new_port,
    .auth_set = auth_set,
    .gone = gone,
};

bool usctp__stack_full(const struct usctp_stack *stack)
{
    return stack->max_assocs != 0 && stack->demux.tags.cnt >= stack->max_assocs;
}

static int check_tables(const struct usctp_config *config)
{
    const struct usctp_memory *memory = config->memory;
    const struct usctp_crypto *crypto = config->crypto;

    if (memory == NULL || crypto == NULL) {
        return USCTP_EINVAL;
    }
    if (memory->size < sizeof(*memory) || crypto->size < sizeof(*crypto)) {
        return USCTP_ESIZE;
    }
    if (memory->alloc == NULL || memory->free == NULL || crypto->random == NULL ||
        crypto->hmac_new == NULL || crypto->hmac == NULL || crypto->hmac_free == NULL) {
        return USCTP_EINVAL;
    }
    return USCTP_OK;
}

/* What makes the stack one of several shards. */
static bool shard_valid(const struct usctp_config *config)
{
    static const uint8_t zeros[sizeof(config->reserved1)];

    if (config->tag_prefix_len > 8 || config->tag_prefix >> config->tag_prefix_len != 0 ||
        memcmp(config->reserved1, zeros, sizeof(zeros)) != 0) {
        return false;
    }
    return config->cookie_secret == NULL
               ? config->cookie_secret_len == 0
               : config->cookie_secret_len >= 16 && config->cookie_secret_len <= 64;
}

/* Takes in the configuration and the parameters in it. */
static int take_config(struct usctp_config *config, struct usctp_params *params,
                       const struct usctp_config *theirs)
{
    const uint32_t known = USCTP_CONFIG_CLAIM_HOST | USCTP_CONFIG_QUIET;
    int error;

    memset(config, 0, sizeof(*config));
    error = usctp__sized_in(config, sizeof(*config), theirs, sizeof(struct usctp_config));
    if (error != USCTP_OK) {
        return error;
    }
    if ((config->flags & ~known) != 0 || config->reserved != 0) {
        return USCTP_EINVAL;
    }
    if (!shard_valid(config)) {
        return USCTP_EINVAL;
    }
    if (config->memory_limit > SIZE_MAX) {
        config->memory_limit = SIZE_MAX;
    }
    usctp_params_init(params, USCTP_PRESET_PLAIN);
    if (config->params != NULL) {
        error = usctp__params_take(params, config->params, params);
    }
    return error != USCTP_OK ? error : check_tables(config);
}

/* What of the stack is not the core's. The core stands already. */
static int furnish(struct usctp_stack *stack, const struct usctp_config *config,
                   const struct usctp_params *params)
{
    stack->params = usctp__params_new(&stack->core, params);
    if (stack->params == NULL) {
        return USCTP_ENOMEM;
    }
    usctp__lowers_init(&stack->lowers);
    usctp__demux_init(&stack->demux, &stack->core);
    usctp__chaintable_init(&stack->ports, &stack->core.mem);
    usctp__list_init(&stack->endpoints);
    usctp__moved_init(stack);
    stack->on_event = config->on_event;
    stack->user = config->user;
    stack->flags = config->flags;
    stack->max_assocs = config->max_assocs;
    usctp__bucket_init(&stack->reply_bucket,
                       config->reply_rate != 0 ? config->reply_rate : REPLY_RATE);
    usctp__bucket_init(&stack->init_ack_bucket,
                       config->init_ack_rate != 0 ? config->init_ack_rate : INIT_ACK_RATE);
    usctp__bucket_init(&stack->hint_bucket, HINT_RATE);
    return USCTP_OK;
}

/* The stack's own block is part of the account too. */
static void charge_own_block(struct usctp__mem *mem)
{
    mem->used += sizeof(struct usctp_stack);
    mem->peak += sizeof(struct usctp_stack);
    mem->alloc_cnt++;
}

int usctp_stack_new(const struct usctp_config *theirs, usctp_stack **out)
{
    struct usctp_config config;
    struct usctp_params params;
    struct usctp_stack *stack;
    int error;

    if (out == NULL) {
        return USCTP_EINVAL;
    }
    error = take_config(&config, &params, theirs);
    if (error != USCTP_OK) {
        return error;
    }
    if (config.memory_limit != 0 && config.memory_limit < sizeof(*stack)) {
        return USCTP_ENOMEM;
    }
    stack = config.memory->alloc(config.memory->ctx, sizeof(*stack));
    if (stack == NULL) {
        return USCTP_ENOMEM;
    }
    memset(stack, 0, sizeof(*stack));
    error = usctp__core_init(&stack->core, &config, &core_ops);
    if (error == USCTP_OK) {
        charge_own_block(&stack->core.mem);
        error = furnish(stack, &config, &params);
        if (error != USCTP_OK) {
            usctp__core_destroy(&stack->core);
        }
    }
    if (error != USCTP_OK) {
        config.memory->free(config.memory->ctx, stack, sizeof(*stack));
        return error;
    }
    *out = stack;
    return USCTP_OK;
}

void usctp_stack_free(usctp_stack *stack)
{
    struct usctp_memory memory;
    struct usctp__list *link;

    if (stack == NULL || usctp__stack_busy(stack)) {
        return;
    }
    memory = stack->core.mem.ops;
    usctp__core_enter(&stack->core);
    while ((link = usctp__list_first(&stack->endpoints)) != NULL) {
        usctp__endpoint_drop(usctp__endpoint_of(link));
    }
    usctp__core_leave(&stack->core);
    usctp__params_unref(&stack->core, stack->params);
    usctp__addrs_unref(&stack->core, stack->core.host_addrs);
    usctp__chaintable_destroy(&stack->ports);
    usctp__demux_destroy(&stack->demux);
    usctp__moved_destroy(stack);
    usctp__lowers_destroy(&stack->lowers, &stack->core.mem);
    usctp__core_destroy(&stack->core);
    memory.free(memory.ctx, stack, sizeof(*stack));
}

uint64_t usctp_stack_next_deadline(const usctp_stack *stack)
{
    uint64_t ts;

    if (stack == NULL) {
        return USCTP_NEVER;
    }
    if (stack->core.more) {
        return stack->core.now_ts;
    }
    ts = usctp__heap_min(&stack->core.heap);
    /* Only who listens needs fresh cookie keys at the hour; others get them when something happens. */
    if (stack->listener_cnt > 0 && stack->core.cookies.rotate_ts < ts) {
        ts = stack->core.cookies.rotate_ts;
    }
    return ts;
}

int usctp_stack_advance(usctp_stack *stack, uint64_t now_ts)
{
    if (stack == NULL) {
        return USCTP_EINVAL;
    }
    if (usctp__stack_busy(stack)) {
        return USCTP_EBUSY;
    }
    usctp__stack_enter_at(stack, now_ts);
    if (stack->core.now_ts >= stack->core.cookies.rotate_ts) {
        usctp__cookie_keys_rotate(&stack->core);
    }
    usctp__core_run_alarms(&stack->core);
    usctp__core_trim(&stack->core);
    usctp__moved_trim(stack);
    usctp__core_leave(&stack->core);
    return USCTP_OK;
}

void usctp_stack_set_time(usctp_stack *stack, uint64_t now_ts)
{
    if (stack != NULL) {
        usctp__core_set_time(&stack->core, now_ts);
    }
}

void usctp_stack_set_observer(usctp_stack *stack, usctp_observer_fn fn, void *user)
{
    if (stack != NULL) {
        stack->observer = fn;
        stack->observer_user = user;
    }
}
