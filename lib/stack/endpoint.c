/* SPDX-License-Identifier: BSD-3-Clause */
/* Endpoints: local SCTP ports with the addresses they are open at. */
#include "stack/endpoint.h"

#include <string.h>

#include "base/addr.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "stack/params.h"
#include "stack/sized.h"
#include "stack/stack.h"

enum {
    FIRST_DRAWN_PORT = 49152, /* RFC 6335, 6: the dynamic ports */
    DRAWN_PORT_CNT = 65536 - FIRST_DRAWN_PORT,
    MAX_ADDR_CNT = 1024 /* local addresses of an endpoint */
};

/* --- Ports ------------------------------------------------------------------------------------ */

static uint64_t port_hash(const struct usctp_stack *stack, uint16_t number)
{
    return usctp__hash32(&stack->core.hash_key, number);
}

static void take_port(struct usctp_stack *stack, struct usctp__port *port)
{
    usctp__chaintable_insert(&stack->ports, &port->chain, port_hash(stack, port->number));
}

/* The next holder of a port number, from `link` on. */
static struct usctp__port *next_holder(struct usctp__chain *link, uint16_t number)
{
    for (; link != NULL; link = usctp__chaintable_next(link)) {
        struct usctp__port *port = USCTP__CONTAINER_OF(link, struct usctp__port, chain);

        if (port->number == number) {
            return port;
        }
    }
    return NULL;
}

static struct usctp__port *first_holder(struct usctp_stack *stack, uint16_t number)
{
    return next_holder(usctp__chaintable_first(&stack->ports, port_hash(stack, number)), number);
}

/* Two address lists (NULL: any) have one in common. */
static bool overlap(const struct usctp__addr_list *a, const struct usctp__addr_list *b)
{
    if (a == NULL || b == NULL) {
        return true;
    }
    for (uint32_t i = 0; i < a->cnt; i++) {
        if (usctp__locals_fit(b, &a->addrs[i])) {
            return true;
        }
    }
    return false;
}

/* No other endpoint than this one (NULL: none at all) has the port and one of the addresses. */
static bool port_free_but(struct usctp_stack *stack, uint16_t number,
                          const struct usctp__addr_list *addrs,
                          const struct usctp_endpoint *endpoint)
{
    for (struct usctp__port *port = first_holder(stack, number); port != NULL;
         port = next_holder(usctp__chaintable_next(&port->chain), number)) {
        if (port->endpoint != endpoint && overlap(port->endpoint->addrs, addrs)) {
            return false;
        }
    }
    return true;
}

static bool port_free(struct usctp_stack *stack, uint16_t number,
                      const struct usctp__addr_list *addrs)
{
    return port_free_but(stack, number, addrs, NULL);
}

/* A free port of the dynamic range: the first one from a random place on. */
static int draw_port(struct usctp_stack *stack, const struct usctp__addr_list *addrs,
                     uint16_t *number)
{
    uint32_t start;

    if (!usctp__random_below(&stack->core.random, DRAWN_PORT_CNT, &start)) {
        return USCTP_ECRYPTO;
    }
    for (uint32_t i = 0; i < DRAWN_PORT_CNT; i++) {
        uint16_t candidate = (uint16_t)(FIRST_DRAWN_PORT + (start + i) % DRAWN_PORT_CNT);

        if (port_free(stack, candidate, addrs)) {
            *number = candidate;
            return USCTP_OK;
        }
    }
    return USCTP_EADDRINUSE;
}

/* The port that an association took for itself, or NULL. */
static struct usctp__port *own_port(struct usctp_stack *stack, const struct usctp_assoc *assoc)
{
    struct usctp__port *port = first_holder(stack, assoc->my_port);

    while (port != NULL && port->assoc != assoc) {
        port = next_holder(usctp__chaintable_next(&port->chain), assoc->my_port);
    }
    return port;
}

static void give_own_port_back(struct usctp_stack *stack, struct usctp__port *port)
{
    if (port != NULL) {
        usctp__chaintable_remove(&stack->ports, &port->chain);
        usctp__mem_free(&stack->core.mem, port, sizeof(*port));
    }
}

/* The paths are found by the port too. */
static void move_paths(struct usctp_assoc *assoc, uint16_t number)
{
    struct usctp__core *core = assoc->core;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        core->ops->path_remove(core, path);
    }
    assoc->my_port = number;
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        core->ops->path_add(core, path);
    }
}

bool usctp__endpoint_new_port(struct usctp__core *core, struct usctp_assoc *assoc)
{
    struct usctp_stack *stack = usctp__stack_of(core);
    struct usctp_endpoint *endpoint = assoc->endpoint;
    struct usctp__port *port;
    struct usctp__port *old_port;

    if (!endpoint->port_drawn || endpoint->freed) {
        return false;
    }
    port = usctp__mem_calloc(&core->mem, sizeof(*port));
    if (port == NULL) {
        return false;
    }
    if (draw_port(stack, endpoint->addrs, &port->number) != USCTP_OK) {
        usctp__mem_free(&core->mem, port, sizeof(*port));
        return false;
    }
    port->endpoint = endpoint;
    port->assoc = assoc;
    old_port = own_port(stack, assoc);
    take_port(stack, port);
    move_paths(assoc, port->number);
    give_own_port_back(stack, old_port);
    return true;
}

/* --- Finding and losing ----------------------------------------------------------------------- */

struct usctp_endpoint *usctp__endpoint_find(struct usctp_stack *stack, uint16_t port,
                                            const struct usctp_addr *local)
{
    for (struct usctp__port *holder = first_holder(stack, port); holder != NULL;
         holder = next_holder(usctp__chaintable_next(&holder->chain), port)) {
        if (holder->assoc == NULL && usctp__locals_fit(holder->endpoint->addrs, local)) {
            return holder->endpoint;
        }
    }
    return NULL;
}

struct usctp_assoc *usctp__endpoint_add_assoc(struct usctp_endpoint *endpoint,
                                              struct usctp__params_ref *params, uint16_t peer_port,
                                              int *error)
{
    struct usctp__core *core = &endpoint->stack->core;
    struct usctp_assoc *assoc = usctp__assoc_new(core, endpoint, params, endpoint->addrs,
                                                 endpoint->port.number, peer_port, error);

    if (assoc == NULL) {
        return NULL;
    }
    usctp__list_push_back(&endpoint->assocs, &assoc->stack_link);
    if (((params->params.extensions & USCTP_EXT_AUTH) != 0 &&
         !usctp__auth_attach(assoc, endpoint->auth)) ||
        !usctp__demux_add_id(core, assoc)) {
        *error = USCTP_ENOMEM;
        usctp__assoc_free(assoc, false);
        return NULL;
    }
    return assoc;
}

static void free_if_done(struct usctp_endpoint *endpoint)
{
    struct usctp__core *core = &endpoint->stack->core;

    if (endpoint->freed && endpoint->hold_cnt == 0 && usctp__list_empty(&endpoint->assocs)) {
        usctp__params_unref(core, endpoint->params);
        usctp__addrs_unref(core, endpoint->addrs);
        if (endpoint->auth != NULL) {
            usctp__auth_set_clear(core, endpoint->auth);
            usctp__mem_free(&core->mem, endpoint->auth, sizeof(*endpoint->auth));
        }
        usctp__mem_free(&core->mem, endpoint, sizeof(*endpoint));
    }
}

void usctp__endpoint_unlink(struct usctp__core *core, struct usctp_assoc *assoc)
{
    give_own_port_back(usctp__stack_of(core), own_port(usctp__stack_of(core), assoc));
    if (usctp__list_linked(&assoc->stack_link)) {
        usctp__list_remove(&assoc->stack_link);
    }
    free_if_done(assoc->endpoint);
}

void usctp__endpoint_hold(struct usctp_endpoint *endpoint)
{
    endpoint->hold_cnt++;
}

void usctp__endpoint_release(struct usctp_endpoint *endpoint)
{
    endpoint->hold_cnt--;
    free_if_done(endpoint);
}

static void set_listening(struct usctp_endpoint *endpoint, bool on)
{
    if (endpoint->listening != on) {
        endpoint->listening = on;
        endpoint->stack->listener_cnt += on ? 1 : UINT32_MAX;
    }
}

void usctp__endpoint_drop(struct usctp_endpoint *endpoint)
{
    set_listening(endpoint, false);
    endpoint->freed = true;
    usctp__list_remove(&endpoint->link);
    usctp__chaintable_remove(&endpoint->stack->ports, &endpoint->port.chain);
    USCTP__LIST_FOREACH(link, &endpoint->assocs)
    {
        usctp__assoc_free(USCTP__CONTAINER_OF(link, struct usctp_assoc, stack_link), true);
    }
    free_if_done(endpoint);
}

/* --- The border ------------------------------------------------------------------------------- */

/* Copies the addresses, each once, in the one form they are compared in. *list is NULL for none. */
static int take_addrs(struct usctp__core *core, const struct usctp_addr *addrs, size_t cnt,
                      struct usctp__addr_list **list)
{
    *list = NULL;
    if (cnt == 0) {
        return USCTP_OK;
    }
    if (addrs == NULL || cnt > MAX_ADDR_CNT) {
        return USCTP_EINVAL;
    }
    for (size_t i = 0; i < cnt; i++) {
        if (!usctp__addr_is_ip(&addrs[i])) {
            return USCTP_EINVAL;
        }
        if (!usctp__addr_is_unicast(&addrs[i])) {
            return USCTP_EADDRNOTAVAIL;
        }
    }
    *list = usctp__addrs_new(core, addrs, cnt);
    if (*list == NULL) {
        return USCTP_ENOMEM;
    }
    for (uint32_t i = 0; i < (*list)->cnt; i++) {
        usctp__addr_normalize(&(*list)->addrs[i]);
    }
    return USCTP_OK;
}

static bool listed_twice(const struct usctp__addr_list *list)
{
    for (uint32_t i = 0; list != NULL && i < list->cnt; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (usctp__addr_equal(&list->addrs[i], &list->addrs[k])) {
                return true;
            }
        }
    }
    return false;
}

/* Port, addresses and parameters of a new endpoint; what was taken before an error is the caller's
 * to give back. */
static int furnish(struct usctp_endpoint *endpoint, const struct usctp_endpoint_config *config)
{
    struct usctp_stack *stack = endpoint->stack;
    struct usctp_params params;
    int error = take_addrs(&stack->core, config->addrs, config->addr_cnt, &endpoint->addrs);

    if (error != USCTP_OK) {
        return error;
    }
    if (listed_twice(endpoint->addrs)) {
        return USCTP_EINVAL;
    }
    if (config->params == NULL) {
        endpoint->params = stack->params;
        endpoint->params->ref_cnt++;
    } else {
        error = usctp__params_take(&params, config->params, &stack->params->params);
        if (error != USCTP_OK) {
            return error;
        }
        endpoint->params = usctp__params_new(&stack->core, &params);
        if (endpoint->params == NULL) {
            return USCTP_ENOMEM;
        }
    }
    endpoint->port.number = config->port;
    endpoint->port_drawn = config->port == 0;
    if (endpoint->port_drawn) {
        return draw_port(stack, endpoint->addrs, &endpoint->port.number);
    }
    return port_free(stack, config->port, endpoint->addrs) ? USCTP_OK : USCTP_EADDRINUSE;
}

static void discard(struct usctp_endpoint *endpoint)
{
    struct usctp__core *core = &endpoint->stack->core;

    if (endpoint->params != NULL) {
        usctp__params_unref(core, endpoint->params);
    }
    usctp__addrs_unref(core, endpoint->addrs);
    usctp__mem_free(&core->mem, endpoint, sizeof(*endpoint));
}

static int take_config(struct usctp_endpoint_config *config,
                       const struct usctp_endpoint_config *theirs)
{
    int error;

    memset(config, 0, sizeof(*config));
    error = usctp__sized_in(config, sizeof(*config), theirs, sizeof(struct usctp_endpoint_config));
    if (error != USCTP_OK) {
        return error;
    }
    if ((config->flags & ~(uint32_t)USCTP_ENDPOINT_LISTEN) != 0 || config->reserved[0] != 0 ||
        config->reserved[1] != 0 || config->reserved[2] != 0) {
        return USCTP_EINVAL;
    }
    return USCTP_OK;
}

int usctp_endpoint_new(usctp_stack *stack, const struct usctp_endpoint_config *theirs,
                       usctp_endpoint **out)
{
    struct usctp_endpoint_config config;
    struct usctp_endpoint *endpoint;
    int error;

    if (stack == NULL || out == NULL) {
        return USCTP_EINVAL;
    }
    error = take_config(&config, theirs);
    if (error != USCTP_OK) {
        return error;
    }
    endpoint = usctp__mem_calloc(&stack->core.mem, sizeof(*endpoint));
    if (endpoint == NULL) {
        return USCTP_ENOMEM;
    }
    endpoint->stack = stack;
    endpoint->on_event = config.on_event;
    endpoint->accept = config.accept;
    endpoint->offer = config.offer;
    endpoint->user = config.user;
    usctp__list_init(&endpoint->assocs);
    error = furnish(endpoint, &config);
    if (error != USCTP_OK) {
        discard(endpoint);
        return error;
    }
    endpoint->port.endpoint = endpoint;
    take_port(stack, &endpoint->port);
    usctp__list_push_back(&stack->endpoints, &endpoint->link);
    set_listening(endpoint, (config.flags & USCTP_ENDPOINT_LISTEN) != 0);
    *out = endpoint;
    return USCTP_OK;
}

void usctp_endpoint_free(usctp_endpoint *endpoint)
{
    struct usctp__core *core;

    if (endpoint == NULL || endpoint->freed) {
        return;
    }
    core = &endpoint->stack->core;
    usctp__core_enter(core);
    usctp__endpoint_drop(endpoint);
    usctp__core_leave(core);
}

void usctp_endpoint_listen(usctp_endpoint *endpoint, int on)
{
    if (endpoint != NULL && !endpoint->freed) {
        set_listening(endpoint, on != 0);
    }
}

uint16_t usctp_endpoint_port(const usctp_endpoint *endpoint)
{
    return endpoint != NULL ? endpoint->port.number : 0;
}

usctp_stack *usctp_endpoint_stack(const usctp_endpoint *endpoint)
{
    return endpoint != NULL ? endpoint->stack : NULL;
}

void *usctp_endpoint_user(const usctp_endpoint *endpoint)
{
    return endpoint != NULL ? endpoint->user : NULL;
}

void usctp_endpoint_params(const usctp_endpoint *endpoint, struct usctp_params *params)
{
    if (endpoint != NULL) {
        (void)usctp__sized_out(params, &endpoint->params->params, sizeof(endpoint->params->params),
                               sizeof(struct usctp_params));
    }
}

int usctp_endpoint_set_params(usctp_endpoint *endpoint, const struct usctp_params *theirs)
{
    struct usctp__core *core;
    struct usctp__params_ref *ref;
    struct usctp_params params;
    int error;

    if (endpoint == NULL) {
        return USCTP_EINVAL;
    }
    core = &endpoint->stack->core;
    error = usctp__params_take(&params, theirs, &endpoint->params->params);
    if (error != USCTP_OK) {
        return error;
    }
    ref = usctp__params_new(core, &params);
    if (ref == NULL) {
        return USCTP_ENOMEM;
    }
    usctp__params_unref(core, endpoint->params);
    endpoint->params = ref;
    return USCTP_OK;
}

int usctp_endpoint_set_addrs(usctp_endpoint *endpoint, const struct usctp_addr *addrs, size_t cnt)
{
    struct usctp__addr_list *list;
    struct usctp__core *core;
    int error;

    if (endpoint == NULL) {
        return USCTP_EINVAL;
    }
    core = &endpoint->stack->core;
    error = take_addrs(core, addrs, cnt, &list);
    if (error == USCTP_OK && listed_twice(list)) {
        error = USCTP_EINVAL;
    }
    if (error == USCTP_OK &&
        !port_free_but(endpoint->stack, endpoint->port.number, list, endpoint)) {
        error = USCTP_EADDRINUSE;
    }
    if (error != USCTP_OK) {
        usctp__addrs_unref(core, list);
        return error;
    }
    usctp__addrs_unref(core, endpoint->addrs);
    endpoint->addrs = list;
    return USCTP_OK;
}
