/* SPDX-License-Identifier: BSD-3-Clause */
/* Associations that peers want: INIT and COOKIE ECHO. */
#include "stack/accept.h"

#include <string.h>

#include "base/addr.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/ext.h"
#include "core/input.h"
#include "stack/endpoint.h"
#include "stack/ootb.h"
#include "stack/stack.h"
#include "wire/cause.h"
#include "wire/init.h"

/* --- INIT ------------------------------------------------------------------------------------- */

/* An association with one of the addresses that an INIT lists (RFC 9260, 5.1.2 (D)), or NULL. */
static struct usctp_assoc *assoc_of_listed(struct usctp_stack *stack,
                                           const struct usctp__packet_in *in,
                                           const struct usctp__chunk *chunk)
{
    struct usctp__init init;
    struct usctp__init_params params;
    struct usctp__param_iter iter;
    struct usctp_addr addr;
    struct usctp__peer_key key = {&addr, &in->dgram->local, in->dgram->lower, in->dst_port,
                                  in->src_port};

    if (in->dgram->remote.family == USCTP_AF_NONE || !usctp__init_parse(&init, chunk)) {
        return NULL;
    }
    (void)usctp__init_params_parse(&params, chunk->type, &init);
    usctp__init_addr_iter_init(&iter, &params);
    /* More addresses than these no association has. */
    for (unsigned i = 0; i < USCTP__PATH_MAX && usctp__init_addr_next(&iter, &addr, NULL); i++) {
        struct usctp_assoc *assoc = usctp__demux_by_peer(&stack->core, &key);

        if (assoc != NULL) {
            return assoc;
        }
    }
    return NULL;
}

static struct usctp_assoc *assoc_of_source(struct usctp_stack *stack,
                                           const struct usctp__packet_in *in)
{
    struct usctp__peer_key key = {&in->dgram->remote, &in->dgram->local, in->dgram->lower,
                                  in->dst_port, in->src_port};

    return usctp__demux_by_peer(&stack->core, &key);
}

/* The INIT comes from another UDP port than the one we know: somebody else behind the same NAT
 * (the revision of RFC 6951). While our own INIT is on its way no port is known yet. */
static bool from_new_port(const struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    const struct usctp__path *path = in->path;
    uint16_t udp_port = in->dgram->remote_udp_port;

    if (path == NULL || assoc->state == USCTP_STATE_COOKIE_WAIT || udp_port == path->udp_port) {
        return false;
    }
    return !path->rebinding || udp_port != path->old_udp_port;
}

/* The association stays as it is; the newcomer is told to choose other ports. */
static void refuse_new_port(struct usctp_stack *stack, const struct usctp__packet_in *in,
                            uint32_t initiate_tag)
{
    uint8_t cause[8];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

    usctp__cause_write_restart_encaps_port(&w, in->path->udp_port, in->dgram->remote_udp_port);
    usctp__ootb_abort(stack, in, initiate_tag, false, cause, w.failed ? 0 : w.len);
}

/* An INIT for an association that exists (RFC 9260, 5.2.1, 5.2.2). */
static void take_unexpected_init(struct usctp_stack *stack, struct usctp_assoc *assoc,
                                 struct usctp__packet_in *in, uint32_t initiate_tag)
{
    in->path = usctp__path_of_source(assoc, in->dgram);
    if (from_new_port(assoc, in)) {
        refuse_new_port(stack, in, initiate_tag);
    } else if (usctp__bucket_take(&stack->init_ack_bucket, stack->core.now_ts)) {
        usctp__input_packet(assoc, in, 0);
    } else {
        stack->core.stats.dropped_rate++;
    }
}

/* RFC 9260, 8.4, rule 3: nobody is here for it. */
static void refuse_init(struct usctp_stack *stack, const struct usctp__packet_in *in,
                        uint32_t initiate_tag)
{
    stack->core.stats.out_of_blues++;
    if (usctp__ootb_may_answer(stack, in)) {
        usctp__ootb_abort(stack, in, initiate_tag, false, NULL, 0);
    }
}

/* RFC 9260, 5.1: there are too many already. */
static void refuse_for_resources(struct usctp_stack *stack, const struct usctp__packet_in *in,
                                 uint32_t tag)
{
    uint8_t cause[8];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

    usctp__cause_write_plain(&w, USCTP__CAUSE_OUT_OF_RESOURCE);
    usctp__ootb_abort(stack, in, tag, false, cause, w.failed ? 0 : w.len);
}

/* Asks the program which extensions this peer is not to have. */
static uint32_t withheld(struct usctp_endpoint *endpoint, const struct usctp__packet_in *in)
{
    struct usctp__core *core = &endpoint->stack->core;
    uint32_t extensions = endpoint->params->params.extensions;
    bool was_in_callback = core->in_callback;
    struct usctp_offer offer;
    uint32_t offered;

    if (endpoint->offer == NULL) {
        return 0;
    }
    memset(&offer, 0, sizeof(offer));
    offer.size = sizeof(offer);
    offer.endpoint = endpoint;
    offer.local = in->dgram->local;
    offer.remote = in->dgram->remote;
    offer.remote_udp_port = in->dgram->remote_udp_port;
    offer.remote_port = in->src_port;
    offer.lower = in->dgram->lower;
    offer.extensions =
        usctp__ext_possible(extensions, core->ops->lower_flags(core, in->dgram->lower));
    core->in_callback = true;
    offered = endpoint->offer(endpoint->user, &offer);
    core->in_callback = was_in_callback;
    if ((offered & USCTP_EXT_AUTH) == 0) {
        offered &= ~(uint32_t)USCTP_EXT_ASCONF; /* RFC 5061, 4.1.1 */
    }
    return extensions & ~offered;
}

static void answer_init(struct usctp_stack *stack, struct usctp_endpoint *endpoint,
                        const struct usctp__packet_in *in, const struct usctp__chunk *chunk)
{
    struct usctp__core *core = &stack->core;
    struct usctp__listener listener;

    if (!usctp__bucket_take(&stack->init_ack_bucket, core->now_ts)) {
        core->stats.dropped_rate++;
        return;
    }
    core->stats.in_ctrl_chunks++;
    usctp__endpoint_hold(endpoint);
    listener.withheld = withheld(endpoint, in);
    listener.endpoint = endpoint;
    listener.port = in->dst_port;
    listener.params = &endpoint->params->params;
    listener.addrs = endpoint->addrs != NULL ? endpoint->addrs->addrs : NULL;
    listener.addr_cnt = endpoint->addrs != NULL ? endpoint->addrs->cnt : 0;
    listener.auth = endpoint->auth;
    if (!endpoint->freed) {
        endpoint->hmacs_told =
            usctp__handshake_answer_init(core, &listener, in, chunk) || endpoint->hmacs_told;
    }
    usctp__endpoint_release(endpoint);
}

void usctp__take_init(struct usctp_stack *stack, struct usctp__packet_in *in,
                      const struct usctp__chunk *chunk)
{
    struct usctp_assoc *assoc;
    struct usctp_endpoint *endpoint;
    struct usctp__init init;

    if (!usctp__init_parse(&init, chunk)) {
        stack->core.stats.dropped_malformed++;
        return;
    }
    if (init.tag == 0) {
        stack->core.stats.dropped_malformed++; /* RFC 9260, 3.3.2: discarded silently */
        return;
    }
    assoc = assoc_of_source(stack, in);
    if (assoc == NULL) {
        assoc = assoc_of_listed(stack, in, chunk);
    }
    if (assoc != NULL) {
        take_unexpected_init(stack, assoc, in, init.tag);
        return;
    }
    endpoint = usctp__endpoint_find(stack, in->dst_port, &in->dgram->local);
    if (endpoint == NULL || !endpoint->listening) {
        refuse_init(stack, in, init.tag);
    } else if (usctp__stack_full(stack)) {
        refuse_for_resources(stack, in, init.tag);
    } else {
        answer_init(stack, endpoint, in, chunk);
    }
}

/* --- COOKIE ECHO ------------------------------------------------------------------------------ */

/* Asks the program. True: it takes the association. */
static bool ask(struct usctp_endpoint *endpoint, const struct usctp__packet_in *in,
                const struct usctp__cookie *cookie, void **assoc_user)
{
    struct usctp__core *core = &endpoint->stack->core;
    bool was_in_callback = core->in_callback;
    struct usctp_accept accept;
    int refused;

    if (endpoint->accept == NULL) {
        return true;
    }
    memset(&accept, 0, sizeof(accept));
    accept.size = sizeof(accept);
    accept.endpoint = endpoint;
    accept.local = in->dgram->local;
    accept.remote = in->dgram->remote;
    accept.remote_udp_port = in->dgram->remote_udp_port;
    accept.remote_port = in->src_port;
    accept.out_streams = cookie->out_streams;
    accept.in_streams = cookie->in_streams;
    accept.lower = in->dgram->lower;
    core->in_callback = true;
    refused = endpoint->accept(endpoint->user, &accept, assoc_user);
    core->in_callback = was_in_callback;
    return refused == 0 && !endpoint->freed;
}

/* An association with the peer that a cookie names: by where the INIT came from, or by what it
 * listed. The COOKIE ECHO itself came from an address of no association. */
static struct usctp_assoc *assoc_of_cookie(struct usctp_stack *stack,
                                           const struct usctp__packet_in *in,
                                           const struct usctp__cookie *cookie)
{
    struct usctp__peer_key key = {&cookie->remote, &in->dgram->local, in->dgram->lower,
                                  in->dst_port, in->src_port};
    struct usctp_assoc *assoc = usctp__demux_by_peer(&stack->core, &key);
    struct usctp__chunk init;

    if (assoc == NULL && usctp__chunk_parse(&init, cookie->init, cookie->init_len) > 0) {
        assoc = assoc_of_listed(stack, in, &init);
    }
    return assoc;
}

/* The association exists now: the rest of the packet is for it. */
static void take_rest(struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    struct usctp__packet_in rest = *in;

    rest.path = usctp__path_of_source(assoc, in->dgram);
    rest.after_cookie = true;
    rest.fresh = true;
    if (rest.path != NULL) {
        (void)usctp__input_packet(assoc, &rest, in->has_auth ? 2 : 1);
    }
}

/* A new association with the parameters of the endpoint, less the extensions that were not offered; NULL: no
 * memory. */
static struct usctp_assoc *new_assoc(struct usctp_endpoint *endpoint, uint16_t peer_port,
                                     uint32_t withheld)
{
    struct usctp__core *core = &endpoint->stack->core;
    struct usctp__params_ref *params = endpoint->params;
    struct usctp_assoc *assoc;
    int error;

    if ((params->params.extensions & withheld) == 0) {
        return usctp__endpoint_add_assoc(endpoint, params, peer_port, &error);
    }
    params = usctp__params_new(core, &params->params);
    if (params == NULL) {
        return NULL;
    }
    params->params.extensions &= ~withheld;
    assoc = usctp__endpoint_add_assoc(endpoint, params, peer_port, &error);
    usctp__params_unref(core, params);
    return assoc;
}

/* Makes the association, asks for it, fills it. */
static void accept_assoc(struct usctp_stack *stack, struct usctp_endpoint *endpoint,
                         struct usctp__packet_in *in, const struct usctp__cookie *cookie)
{
    struct usctp__core *core = &stack->core;
    void *user = NULL;
    /* First of all the memory: who said yes should not be left without. */
    struct usctp_assoc *assoc = new_assoc(endpoint, in->src_port, cookie->withheld);

    if (assoc == NULL) {
        core->stats.dropped_memory++;
        return;
    }
    if (!usctp__auth_admits(assoc, in, cookie)) {
        usctp__assoc_free(assoc, false); /* RFC 4895, 6.3: the packet is discarded */
        return;
    }
    if (!ask(endpoint, in, cookie, &user)) {
        usctp__assoc_free(assoc, false);
        usctp__ootb_abort(stack, in, cookie->peer_tag, false, NULL, 0);
        return;
    }
    assoc->user = user;
    if (assoc_of_cookie(stack, in, cookie) != NULL ||
        usctp__handshake_accept(assoc, in, cookie) != USCTP_OK) {
        /* The callback connected to the same peer, or memory ran out: who said yes is told. */
        core->stats.dropped_memory++;
        usctp__assoc_end(assoc, USCTP_LOST_RESOURCE, 0, NULL, 0);
        return;
    }
    take_rest(assoc, in);
}

void usctp__take_cookie_echo(struct usctp_stack *stack, const struct usctp__packet_in *in,
                             const struct usctp__chunk *chunk)
{
    struct usctp__core *core = &stack->core;
    struct usctp__reply_mark mark = usctp__reply_mark(stack);
    struct usctp_endpoint *endpoint;
    struct usctp__packet_in again;
    struct usctp_assoc *assoc;
    struct usctp__cookie cookie;

    if (!usctp__handshake_check_cookie(core, in, chunk, &cookie)) {
        usctp__reply_limit(stack, mark); /* a stale one is answered */
        return;
    }
    assoc = assoc_of_cookie(stack, in, &cookie);
    if (assoc != NULL) {
        again = *in;
        /* RFC 9260, 5.2.4: its source is not known to the association, its INIT was. */
        (void)usctp__input_packet(assoc, &again, 0);
        return;
    }
    core->stats.in_ctrl_chunks++;
    endpoint = usctp__endpoint_find(stack, in->dst_port, &in->dgram->local);
    again = *in;
    if (endpoint == NULL || !endpoint->listening) {
        usctp__ootb_abort(stack, in, cookie.peer_tag, false, NULL, 0);
        return;
    }
    if (usctp__stack_full(stack)) {
        refuse_for_resources(stack, in, cookie.peer_tag);
        return;
    }
    usctp__endpoint_hold(endpoint);
    accept_assoc(stack, endpoint, &again, &cookie);
    usctp__endpoint_release(endpoint);
}
