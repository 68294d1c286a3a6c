/* SPDX-License-Identifier: BSD-3-Clause */
/* Endpoints: local SCTP ports with the addresses they are open at. */
#ifndef USCTP_STACK_ENDPOINT_H
#define USCTP_STACK_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/compiler.h"
#include "base/list.h"
#include "base/table.h"

struct usctp__core;
struct usctp_stack;

/* A local SCTP port that is taken. */
struct usctp__port {
    struct usctp__chain chain;       /* stack->ports */
    struct usctp_endpoint *endpoint; /* who has it */
    struct usctp_assoc *assoc; /* one that moved there on its own; NULL: the endpoint itself */
    uint16_t number;           /* the port */
};

struct usctp_endpoint {
    struct usctp_stack *stack;
    struct usctp__list link;          /* stack->endpoints; unlinked once freed */
    struct usctp__list assocs;        /* its associations, until their memory goes */
    struct usctp__port port;          /* its port */
    struct usctp__params_ref *params; /* of its next associations */
    struct usctp__addr_list *addrs;   /* its addresses; NULL: any */
    struct usctp__auth_set *auth;     /* authentication; NULL: nothing was said of it */
    usctp_event_fn on_event;          /* NULL: the stack's */
    usctp_accept_fn accept;           /* NULL: all are taken */
    usctp_offer_fn offer;             /* NULL: all is offered to every peer */
    void *user;                       /* for all of them */
    uint32_t hold_cnt; /* accept and offer callbacks that run now: the memory stays */
    bool listening;    /* takes associations from peers */
    bool port_drawn;   /* the port was drawn by us */
    bool hmacs_told;   /* a peer was told of its HMACs: they stay (RFC 4895, 6.1) */
    bool freed;        /* usctp_endpoint_free was called: memory goes with the last
                                       * association */
};

/* The endpoint of a link of stack->endpoints. */
static inline struct usctp_endpoint *usctp__endpoint_of(struct usctp__list *link)
{
    return USCTP__CONTAINER_OF(link, struct usctp_endpoint, link);
}

/* The endpoint with this port that is open at this address (AF_NONE: not known), or NULL. */
struct usctp_endpoint *usctp__endpoint_find(struct usctp_stack *stack, uint16_t port,
                                            const struct usctp_addr *local);

/* Makes an association of an endpoint, entered everywhere, without paths. NULL with *error set. */
struct usctp_assoc *usctp__endpoint_add_assoc(struct usctp_endpoint *endpoint,
                                              struct usctp__params_ref *params, uint16_t peer_port,
                                              int *error);

/* The memory of an association goes: takes it off its endpoint, which may go too. */
void usctp__endpoint_unlink(struct usctp__core *core, struct usctp_assoc *assoc);

/* What usctp_endpoint_free does, once inside. */
void usctp__endpoint_drop(struct usctp_endpoint *endpoint);

/* Keeps the memory of an endpoint over a callback; release may free it. */
void usctp__endpoint_hold(struct usctp_endpoint *endpoint);
void usctp__endpoint_release(struct usctp_endpoint *endpoint);

/* Function of struct usctp__core_ops: a new port for one association of a client. */
bool usctp__endpoint_new_port(struct usctp__core *core, struct usctp_assoc *assoc);

#endif
