/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting up an association on the program's wish (ASSOCIATE, RFC 9260, 11.1.2). */
#include <string.h>

#include "base/addr.h"
#include "core/assoc.h"
#include "stack/endpoint.h"
#include "stack/params.h"
#include "stack/sized.h"
#include "stack/stack.h"

/* A checked order to connect. */
struct order {
    struct usctp_connect connect;                  /* addrs replaced by what stands below */
    struct usctp_peer_addr peers[USCTP__PATH_MAX]; /* the peer's addresses, normalized */
    size_t peer_cnt;                               /* at least 1; without addresses one of none */
    struct usctp__lower *lower;                    /* the way there */
};

static int take_connect(struct usctp_connect *connect, const struct usctp_connect *theirs)
{
    int error;

    memset(connect, 0, sizeof(*connect));
    error = usctp__sized_in(connect, sizeof(*connect), theirs, sizeof(struct usctp_connect));
    if (error != USCTP_OK) {
        return error;
    }
    if (connect->port == 0 || connect->reserved[0] != 0 || connect->reserved[1] != 0 ||
        connect->reserved[2] != 0 || (connect->addr_cnt > 0 && connect->addrs == NULL) ||
        connect->addr_cnt > USCTP__PATH_MAX) {
        return USCTP_EINVAL;
    }
    return USCTP_OK;
}

/* One address of the peer: what can be said of it by itself. */
static int take_peer(struct usctp_peer_addr *peer, const struct usctp_peer_addr *theirs)
{
    *peer = *theirs;
    if (peer->reserved != 0) {
        return USCTP_EINVAL;
    }
    if (peer->addr.family == USCTP_AF_NONE) {
        peer->addr = usctp__addr_none();
        return peer->udp_port == 0 ? USCTP_OK : USCTP_EINVAL;
    }
    if (!usctp__addr_is_ip(&peer->addr)) {
        return USCTP_EINVAL;
    }
    usctp__addr_normalize(&peer->addr);
    return usctp__addr_is_unicast(&peer->addr) ? USCTP_OK : USCTP_EADDRNOTAVAIL;
}

static int take_peers(struct order *order)
{
    const struct usctp_connect *connect = &order->connect;

    memset(order->peers, 0, sizeof(order->peers));
    for (size_t i = 0; i < connect->addr_cnt; i++) {
        int error = take_peer(&order->peers[i], &connect->addrs[i]);

        if (error != USCTP_OK) {
            return error;
        }
        /* Without addresses there is just one place to go to. */
        if (order->peers[i].addr.family == USCTP_AF_NONE && connect->addr_cnt > 1) {
            return USCTP_EINVAL;
        }
    }
    order->peer_cnt = connect->addr_cnt == 0 ? 1 : connect->addr_cnt;
    return USCTP_OK;
}

static int choose_lower(struct order *order, const struct usctp_stack *stack)
{
    const struct usctp_peer_addr *first = &order->peers[0];

    if (order->connect.lower == 0) {
        order->lower = usctp__lowers_choose(&stack->lowers, &first->addr, first->udp_port);
        if (order->lower == NULL) {
            return USCTP_EAFNOSUPPORT;
        }
    } else {
        order->lower = usctp__lowers_find(&stack->lowers, order->connect.lower);
        if (order->lower == NULL) {
            return USCTP_ENOENT;
        }
    }
    for (size_t i = 0; i < order->peer_cnt; i++) {
        if (!usctp__lower_carries(order->lower, order->peers[i].addr.family)) {
            return USCTP_EAFNOSUPPORT;
        }
        /* Raw IP has no place for a UDP port. */
        if ((order->lower->table.flags & USCTP_LOWER_RAW) != 0 && order->peers[i].udp_port != 0) {
            return USCTP_EINVAL;
        }
    }
    return USCTP_OK;
}

static bool exists(const struct usctp_endpoint *endpoint, const struct order *order)
{
    const struct usctp_addr none = usctp__addr_none();

    for (size_t i = 0; i < order->peer_cnt; i++) {
        struct usctp__peer_key key = {&order->peers[i].addr, &none, order->lower->id,
                                      endpoint->port.number, order->connect.port};

        if (usctp__demux_of_endpoint(&endpoint->stack->core, endpoint, &key) != NULL) {
            return true;
        }
    }
    return false;
}

/* Fills the new association and sends INIT. */
static int start(struct usctp_assoc *assoc, const struct order *order)
{
    int error;

    assoc->user = order->connect.user;
    /* RFC 9260, 5.4: what the program hands in counts as confirmed. */
    error = usctp__path_add_peers(assoc, order->lower->id, order->peers, order->peer_cnt,
                                  USCTP_PATH_ACTIVE);
    if (error != USCTP_OK) {
        return error;
    }
    if (assoc->paths.cnt == 0) {
        return USCTP_EADDRNOTAVAIL; /* none of our addresses goes with any of the peer's */
    }
    return usctp__handshake_start(assoc);
}

static int make(struct usctp_endpoint *endpoint, const struct order *order,
                struct usctp__params_ref *params, struct usctp_assoc **out)
{
    int error = USCTP_ENOMEM;
    struct usctp_assoc *assoc =
        usctp__endpoint_add_assoc(endpoint, params, order->connect.port, &error);

    if (assoc == NULL) {
        return error;
    }
    error = start(assoc, order);
    if (error != USCTP_OK) {
        usctp__assoc_free(assoc, false);
        return error;
    }
    if (assoc->auth != NULL) {
        endpoint->hmacs_told = true;
    }
    *out = assoc;
    return USCTP_OK;
}

/* The parameters: the endpoint's, or those of the order. One reference is the caller's. */
static int take_params(struct usctp_endpoint *endpoint, const struct order *order,
                       struct usctp__params_ref **ref)
{
    struct usctp_params params;
    int error;

    if (order->connect.params == NULL) {
        *ref = endpoint->params;
        (*ref)->ref_cnt++;
        return USCTP_OK;
    }
    error = usctp__params_take(&params, order->connect.params, &endpoint->params->params);
    if (error != USCTP_OK) {
        return error;
    }
    *ref = usctp__params_new(&endpoint->stack->core, &params);
    return *ref != NULL ? USCTP_OK : USCTP_ENOMEM;
}

static int check_order(struct order *order, const struct usctp_endpoint *endpoint,
                       const struct usctp_connect *theirs)
{
    int error = take_connect(&order->connect, theirs);

    if (error == USCTP_OK) {
        error = take_peers(order);
    }
    if (error == USCTP_OK) {
        error = choose_lower(order, endpoint->stack);
    }
    if (error == USCTP_OK && exists(endpoint, order)) {
        error = USCTP_EADDRINUSE;
    }
    if (error == USCTP_OK && usctp__stack_full(endpoint->stack)) {
        error = USCTP_ENOMEM;
    }
    return error;
}

int usctp_endpoint_connect(usctp_endpoint *endpoint, const struct usctp_connect *theirs,
                           usctp_assoc **out)
{
    struct usctp__core *core;
    struct usctp__params_ref *params;
    struct order order;
    int error;

    if (endpoint == NULL || out == NULL || endpoint->freed) {
        return USCTP_EINVAL;
    }
    error = check_order(&order, endpoint, theirs);
    if (error != USCTP_OK) {
        return error;
    }
    error = take_params(endpoint, &order, &params);
    if (error != USCTP_OK) {
        return error;
    }
    core = &endpoint->stack->core;
    usctp__core_enter(core);
    error = make(endpoint, &order, params, out);
    usctp__params_unref(core, params);
    usctp__core_leave(core);
    return error;
}

usctp_assoc *usctp_endpoint_find(const usctp_endpoint *endpoint, const struct usctp_addr *remote,
                                 uint16_t port)
{
    struct usctp_addr none = usctp__addr_none();
    struct usctp_addr addr;
    struct usctp__peer_key key = {&addr, &none, 0, 0, port};

    if (endpoint == NULL || remote == NULL || endpoint->freed) {
        return NULL;
    }
    addr = *remote;
    usctp__addr_normalize(&addr);
    key.my_port = endpoint->port.number;
    key.lower = endpoint->stack->lowers.cnt > 0 ? endpoint->stack->lowers.items[0].id : 0;
    return usctp__demux_of_endpoint(&endpoint->stack->core, endpoint, &key);
}
