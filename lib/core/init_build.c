/* SPDX-License-Identifier: BSD-3-Clause */
/* INIT and INIT ACK: what we say of ourselves, and what we make of what the peer says. */
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/ext.h"
#include "core/input.h"
#include "wire/abort_error.h"
#include "wire/asconf.h"
#include "wire/cause.h"
#include "wire/init.h"

enum {
    LISTED_ADDRS_LEN =
        640,             /* bytes of address parameters in an INIT or INIT ACK of ours, at most */
    ABORT_ROOM_LEN = 256 /* an ABORT that answers an INIT */
};

/* An address that may be told to this peer (and that it can use). */
static bool may_list(const struct usctp__init_offer *offer, const struct usctp_addr *addr)
{
    bool usable = addr->family == USCTP_AF_IPV4 ? offer->ipv4 : offer->ipv6;

    return usable && usctp__addr_may_list(addr, offer->peer, offer->params->listed_addrs);
}

/* Only where several were configured, so that private ones do not leak through a NAT. */
static bool lists_addresses(const struct usctp__init_offer *offer)
{
    return offer->addr_cnt >= 2 && offer->peer->family != USCTP_AF_NONE &&
           (offer->params->flags & USCTP_PARAM_NO_ADDRESS_LIST) == 0;
}

/* RFC 5061, 4.2.4: the first one that is listed. */
static void write_preference(struct usctp__writer *w, const struct usctp__init_offer *offer)
{
    if ((offer->params->flags & USCTP_PARAM_PREFER_FIRST) == 0 || !lists_addresses(offer)) {
        return;
    }
    for (size_t i = 0; i < offer->addr_cnt; i++) {
        if (may_list(offer, &offer->addrs[i])) {
            usctp__asconf_write_request(w, USCTP__PARAM_SET_PRIMARY, 0, &offer->addrs[i], false);
            return;
        }
    }
}

static void write_addresses(struct usctp__writer *w, const struct usctp__init_offer *offer)
{
    size_t start = w->len;

    if (!lists_addresses(offer)) {
        return;
    }
    for (size_t i = 0; i < offer->addr_cnt; i++) {
        if (may_list(offer, &offer->addrs[i]) && w->len - start < LISTED_ADDRS_LEN) {
            usctp__param_write_addr(w, &offer->addrs[i]);
        }
    }
}

size_t usctp__init_write_offer(struct usctp__writer *w, const struct usctp__init_offer *offer)
{
    struct usctp__init init = {
        .tag = offer->tag,
        .a_rwnd = offer->rwnd,
        .out_streams = offer->out_streams,
        .in_streams = offer->in_streams,
        .tsn = offer->tsn,
    };
    size_t pos = usctp__init_begin(w, offer->chunk_type, &init);
    uint32_t extensions = offer->extensions;

    write_addresses(w, offer);
    if (offer->chunk_type == USCTP__CHUNK_INIT) {
        if (offer->peer->family != USCTP_AF_NONE &&
            (offer->params->flags & USCTP_PARAM_NO_ADDRESS_TYPES) == 0) {
            usctp__init_write_address_types(w, offer->ipv4, offer->ipv6);
        }
        if (offer->preserve_ms != 0) {
            usctp__init_write_preservative(w, offer->preserve_ms);
        }
    }
    if ((offer->params->flags & USCTP_PARAM_ADAPTATION) != 0) {
        usctp__init_write_adaptation(w, offer->params->adaptation); /* RFC 5061, 4.2.6 */
    }
    if (offer->auth_len == 0) {
        extensions &= ~(uint32_t)(USCTP__EXT_AUTH | USCTP__EXT_ASCONF);
    }
    if ((extensions & USCTP__EXT_ASCONF) != 0) {
        write_preference(w, offer);
    }
    usctp__ext_write_offer(w, extensions);
    usctp__auth_write_params(w, offer->auth, offer->auth_len);
    return pos;
}

/* RFC 4895, 6.3: the keys are made of them again when the cookie returns. */
static void copy_auth(struct usctp__writer *w, const struct usctp__init_params *params)
{
    const struct usctp__range *ranges[] = {&params->random, &params->chunk_list,
                                           &params->hmac_algo};

    for (size_t i = 0; i < USCTP__ARRAY_LEN(ranges); i++) {
        if (ranges[i]->ptr != NULL) {
            usctp__param_copy(w, ranges[i]->ptr, ranges[i]->len);
        }
    }
}

size_t usctp__init_reduce(const struct usctp__chunk *chunk, const struct usctp_addr *also,
                          uint32_t extensions, uint8_t *out)
{
    struct usctp__writer w = usctp__writer_make(out, USCTP__STORED_INIT_MAX_LEN);
    struct usctp__init init;
    struct usctp__init_params params;
    struct usctp__param_iter iter;
    struct usctp__param param;
    struct usctp_addr addr;
    size_t pos;

    usctp__init_parse(&init, chunk);
    usctp__init_params_parse(&params, chunk->type, &init);
    pos = usctp__init_begin(&w, USCTP__CHUNK_INIT, &init);
    if ((extensions & USCTP__EXT_AUTH) != 0) {
        copy_auth(&w, &params);
    }
    if (params.has_adaptation) {
        usctp__init_write_adaptation(&w, params.adaptation);
    }
    if (params.set_primary.ptr != NULL && params.set_primary.len <= USCTP__ASCONF_PARAM_MAX_LEN) {
        usctp__param_copy(&w, params.set_primary.ptr, params.set_primary.len);
    }
    if (also != NULL) {
        usctp__param_write_addr(&w, also);
    }
    usctp__init_addr_iter_init(&iter, &params);
    while (usctp__init_addr_next(&iter, &addr, &param) &&
           usctp__writer_room(&w) >= USCTP__PARAM_ADDR_MAX_LEN + 4) {
        usctp__param_copy(&w, param.start, param.len);
    }
    usctp__chunk_end(&w, pos);
    USCTP__ASSERT(!w.failed);
    return w.len;
}

/* Writes the INIT ACK; false: no HMAC, or no room. */
static bool write_init_ack(struct usctp__core *core, struct usctp__writer *w,
                           const struct usctp__init_offer *offer,
                           const struct usctp__init_params *peer,
                           const struct usctp__cookie *cookie)
{
    size_t pos = usctp__init_write_offer(w, offer);
    size_t param = usctp__param_begin(w, USCTP__PARAM_STATE_COOKIE);
    uint8_t *room = usctp__writer_take(w, usctp__cookie_len(cookie->init_len + cookie->auth_len));

    if (room == NULL || !usctp__cookie_make(core, cookie, room)) {
        return false;
    }
    usctp__param_end(w, param);
    usctp__init_write_reports(w, peer); /* RFC 9260, 3.2.2 */
    usctp__chunk_end(w, pos);
    return !w->failed;
}

/* The extensions that this peer may have. */
static uint32_t granted(const struct usctp__listener *listener)
{
    return listener->params->extensions & ~listener->withheld;
}

/* Of those the ones that can be had there. */
static uint32_t possible(struct usctp__core *core, const struct usctp__listener *listener,
                         usctp_lower_id lower)
{
    return usctp__ext_possible(granted(listener), core->ops->lower_flags(core, lower));
}

void usctp__init_ack_send(struct usctp__core *core, const struct usctp__listener *listener,
                          const struct usctp_dgram *to, struct usctp__init_params *peer,
                          struct usctp__cookie *cookie)
{
    struct usctp__init_offer offer = {
        .chunk_type = USCTP__CHUNK_INIT_ACK,
        .tag = cookie->my_tag,
        .tsn = cookie->my_tsn,
        .rwnd = cookie->my_rwnd,
        .out_streams = cookie->out_streams,
        .in_streams = listener->params->max_in_streams,
        .params = listener->params,
        .extensions = possible(core, listener, to->lower),
        .addrs = listener->addrs,
        .addr_cnt = listener->addr_cnt,
        .peer = &to->remote,
        .auth = cookie->auth,
        .auth_len = cookie->auth_len,
    };
    struct usctp__writer w;
    size_t cap;
    uint8_t *room = usctp__bufpool_get(&core->bufs, USCTP__INIT_ROOM_LEN, &cap);

    if (room == NULL) {
        core->stats.dropped_memory++;
        return;
    }
    usctp__ext_refuse(granted(listener), peer);
    usctp__init_families(peer, &to->remote, &offer.ipv4, &offer.ipv6);
    w = usctp__writer_make(room, cap);
    if (write_init_ack(core, &w, &offer, peer, cookie)) {
        usctp__output_reply(core, to, cookie->my_port, cookie->peer_port, cookie->peer_tag, room,
                            w.len);
    }
    usctp__bufpool_put(&core->bufs, room, cap);
}

/* RFC 9260, 5.1.3, and RFC 6951, 5.7: an own address that a NAT hides stands in no cookie. */
uint8_t usctp__init_local_index(const struct usctp__listener *listener,
                                const struct usctp_addr *local)
{
    size_t cnt = USCTP__MIN(listener->addr_cnt, (size_t)UINT8_MAX);

    for (size_t i = 0; i < cnt; i++) {
        if (usctp__addr_match(&listener->addrs[i], local)) {
            return (uint8_t)(i + 1);
        }
    }
    return 0;
}

const struct usctp_addr *usctp__init_local_addr(const struct usctp_assoc *assoc, uint8_t index,
                                                const struct usctp_dgram *dgram)
{
    const struct usctp__addr_list *locals = assoc->locals;

    return locals == NULL || index == 0 || index > locals->cnt ? &dgram->local
                                                               : &locals->addrs[index - 1];
}

void usctp__init_fill_cookie(struct usctp__core *core, const struct usctp__listener *listener,
                             const struct usctp__packet_in *in, const struct usctp__init *init,
                             const struct usctp__init_params *peer, struct usctp__cookie *cookie)
{
    const struct usctp_params *params = listener->params;

    cookie->made_ts = core->now_ts;
    cookie->life_dur = usctp__init_cookie_life(params, peer);
    cookie->peer_tag = init->tag;
    cookie->peer_tsn = init->tsn;
    cookie->peer_rwnd = init->a_rwnd;
    cookie->my_rwnd = params->receive_window;
    cookie->my_port = in->dst_port;
    cookie->peer_port = in->src_port;
    cookie->out_streams = USCTP__MIN(params->out_streams, init->in_streams); /* RFC 9260, 5.1.1 */
    cookie->in_streams = USCTP__MIN(params->max_in_streams, init->out_streams);
    cookie->extensions = usctp__ext_agreed(possible(core, listener, in->dgram->lower), peer);
    cookie->withheld = listener->withheld;
    cookie->auth = NULL;
    cookie->auth_len = 0;
    cookie->local = usctp__init_local_index(listener, &in->dgram->local);
    cookie->remote = in->dgram->remote;
    cookie->remote_udp_port = in->dgram->remote_udp_port;
    cookie->lower = in->dgram->lower;
}

void usctp__init_families(const struct usctp__init_params *peer, const struct usctp_addr *source,
                          bool *ipv4, bool *ipv6)
{
    struct usctp__param_iter iter;
    struct usctp_addr addr;

    /* RFC 9260, 5.1.2: what it uses itself counts as supported, listed or not. */
    *ipv4 = !peer->has_address_types || peer->ipv4_listed || source->family == USCTP_AF_IPV4;
    *ipv6 = !peer->has_address_types || peer->ipv6_listed || source->family == USCTP_AF_IPV6;
    usctp__init_addr_iter_init(&iter, peer);
    while (usctp__init_addr_next(&iter, &addr, NULL)) {
        *ipv4 = *ipv4 || addr.family == USCTP_AF_IPV4;
        *ipv6 = *ipv6 || addr.family == USCTP_AF_IPV6;
    }
}

uint64_t usctp__init_cookie_life(const struct usctp_params *params,
                                 const struct usctp__init_params *peer)
{
    uint64_t life_dur = params->cookie_life_dur;

    if (peer->has_preservative && (params->flags & USCTP_PARAM_NO_PRESERVATIVE) == 0) {
        /* RFC 9260, 3.3.2.1.3: granted up to a doubled lifetime; more would help replays. */
        uint64_t more_dur = usctp__time_from_ms(peer->preservative_ms);
        life_dur = usctp__time_add(life_dur, USCTP__MIN(more_dur, life_dur));
    }
    return life_dur;
}

/* An ABORT with one cause, with the Initiate Tag of the INIT it answers (5.1). */
static void refuse(struct usctp__core *core, const struct usctp__packet_in *in, uint32_t tag,
                   const uint8_t *cause, size_t cause_len)
{
    uint8_t chunk[ABORT_ROOM_LEN + 8];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));

    usctp__abort_write_causes(&w, false, cause, cause_len);
    if (!w.failed) {
        usctp__output_reply(core, in->dgram, in->dst_port, in->src_port, tag, chunk, w.len);
    }
}

bool usctp__init_accept(struct usctp__core *core, const struct usctp__listener *listener,
                        const struct usctp__packet_in *in, const struct usctp__chunk *chunk,
                        struct usctp__init *init, struct usctp__init_params *peer)
{
    const char *auth_fault;
    uint8_t cause[ABORT_ROOM_LEN];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));
    enum usctp__init_fault fault;

    if (!usctp__init_parse(init, chunk)) {
        core->stats.dropped_malformed++;
        return false;
    }
    fault = usctp__init_check(init);
    if (fault != USCTP__INIT_FAULT_NONE) {
        /* RFC 9260, 3.3.2: OS, MIS or a_rwnd cannot be. */
        usctp__cause_write_plain(&w, USCTP__CAUSE_INVALID_MANDATORY_PARAM);
    } else if (!usctp__init_params_parse(peer, chunk->type, init)) {
        usctp__cause_write_protocol_violation(&w, "malformed parameter");
    } else if (peer->host_name.ptr != NULL) {
        /* RFC 9260, 5.1.2 (B) */
        struct usctp__param_iter iter;
        struct usctp__param param;

        usctp__param_iter_init(&iter, peer->host_name.ptr, peer->host_name.len);
        if (usctp__param_next(&iter, &param) == 1) {
            usctp__cause_write_unresolvable_address(&w, &param);
        }
    } else if ((auth_fault = usctp__auth_fault(granted(listener), listener->auth, peer)) != NULL) {
        usctp__cause_write_protocol_violation(&w, auth_fault); /* RFC 4895, 6.1 */
    } else {
        return true;
    }
    core->stats.dropped_malformed++;
    refuse(core, in, init->tag, cause, w.failed ? 0 : w.len);
    return false;
}

size_t usctp__init_peer_addrs(const struct usctp_dgram *dgram,
                              const struct usctp__init_params *peer, struct usctp_peer_addr *addrs)
{
    struct usctp__param_iter iter;
    struct usctp_addr addr;
    size_t cnt = 1;

    /* RFC 9260, 5.1.2 (A), (C): the source address, and those in the chunk. */
    memset(addrs, 0, sizeof(*addrs));
    addrs[0].addr = dgram->remote;
    addrs[0].udp_port = dgram->remote_udp_port;
    usctp__init_addr_iter_init(&iter, peer);
    while (cnt < USCTP__PATH_MAX && usctp__init_addr_next(&iter, &addr, NULL)) {
        if (usctp__addr_is_unicast(&addr) && !usctp__addr_match(&addr, &dgram->remote)) {
            memset(&addrs[cnt], 0, sizeof(addrs[cnt]));
            addrs[cnt].addr = addr;
            addrs[cnt].udp_port = dgram->remote_udp_port;
            cnt++;
        }
    }
    return cnt;
}
