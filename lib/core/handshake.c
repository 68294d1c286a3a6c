/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting an association up: the side that sends INIT (RFC 9260, 5.1 A, C, E). */
#include "core/handshake.h"

#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/crypto.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/error.h"
#include "core/ext.h"
#include "core/input.h"
#include "wire/abort_error.h"
#include "wire/cause.h"
#include "wire/cookie.h"

enum {
    MAX_STALE = 3,       /* Stale Cookie errors that a set-up survives */
    MAX_PORT_RETRIES = 3 /* new ports drawn after cause 14 */
};

/* The families that this association can use: what its lower layer carries and its addresses, or,
 * where it lists none, that of the address which the peer comes to know. */
static void own_families(const struct usctp_assoc *assoc, const struct usctp__path *path,
                         bool *ipv4, bool *ipv6)
{
    uint32_t flags = assoc->core->ops->lower_flags(assoc->core, path->lower);

    if (!usctp__path_lists_locals(assoc)) {
        *ipv4 = path->remote.family == USCTP_AF_IPV4;
        *ipv6 = path->remote.family == USCTP_AF_IPV6;
        return;
    }
    *ipv4 = false;
    *ipv6 = false;
    for (uint32_t i = 0; i < assoc->locals->cnt; i++) {
        *ipv4 = *ipv4 || assoc->locals->addrs[i].family == USCTP_AF_IPV4;
        *ipv6 = *ipv6 || assoc->locals->addrs[i].family == USCTP_AF_IPV6;
    }
    *ipv4 = *ipv4 && (flags & USCTP_LOWER_IPV4) != 0;
    *ipv6 = *ipv6 && (flags & USCTP_LOWER_IPV6) != 0;
}

/* T1 runs for setup->rto_dur from now on. */
static void arm_t1(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__setup *setup = assoc->setup;

    setup->sent_ts = assoc->core->now_ts;
    setup->path = path->id;
    usctp__alarm_set(assoc, USCTP__ALARM_T1, usctp__time_add(assoc->core->now_ts, setup->rto_dur));
}

/* The extensions that can be had on this path. */
static uint32_t possible(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    return usctp__ext_possible(usctp__params(assoc)->extensions,
                               assoc->core->ops->lower_flags(assoc->core, path->lower));
}

/* INIT and COOKIE ECHO, when T1 has expired for them. */
static unsigned again(const struct usctp_assoc *assoc)
{
    return assoc->setup->retry_cnt > 0 ? USCTP__CTRL_AGAIN : 0;
}

static bool send_init(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__bufpool *bufs = &assoc->core->bufs;
    struct usctp__init_offer offer = {
        .chunk_type = USCTP__CHUNK_INIT,
        .tag = assoc->my_tag,
        .tsn = assoc->my_initial_tsn,
        .rwnd = assoc->rx.advertised,
        .out_streams = usctp__params(assoc)->out_streams,
        .in_streams = usctp__params(assoc)->max_in_streams,
        .params = usctp__params(assoc),
        .extensions = possible(assoc, path),
        .addrs = assoc->locals != NULL ? assoc->locals->addrs : NULL,
        .addr_cnt = assoc->locals != NULL ? assoc->locals->cnt : 0,
        .peer = &path->remote,
        .preserve_ms = assoc->setup->preserve_ms,
        .auth = assoc->auth != NULL ? assoc->auth->mine.bytes : NULL,
        .auth_len = assoc->auth != NULL ? assoc->auth->mine.len : 0,
    };
    struct usctp__writer w;
    size_t cap;
    size_t pos;
    bool queued;
    uint8_t *room = usctp__bufpool_get(bufs, USCTP__INIT_ROOM_LEN, &cap);

    if (room == NULL) {
        return false;
    }
    own_families(assoc, path, &offer.ipv4, &offer.ipv6);
    if ((offer.extensions & USCTP__EXT_ZERO_CHECKSUM) != 0) {
        assoc->extensions |= USCTP__EXT_ZERO_CHECKSUM_IN; /* RFC 9653, 5: from the INIT ACK on */
    }
    w = usctp__writer_make(room, cap);
    pos = usctp__init_write_offer(&w, &offer);
    usctp__chunk_end(&w, pos);
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_INIT);
    queued = !w.failed &&
             usctp__ctrl_push(assoc, path, USCTP__CTRL_ALONE | USCTP__CTRL_TAG_ZERO | again(assoc),
                              room, w.len);
    usctp__bufpool_put(bufs, room, cap);
    return queued;
}

int usctp__handshake_start(struct usctp_assoc *assoc)
{
    struct usctp__path *path = assoc->paths.primary;

    if (assoc->auth != NULL &&
        !usctp__auth_draw(assoc->core, &assoc->auth->set, usctp__params(assoc)->extensions,
                          &assoc->auth->mine)) {
        return USCTP_ECRYPTO;
    }
    assoc->setup = usctp__mem_calloc(&assoc->core->mem, sizeof(*assoc->setup));
    if (assoc->setup == NULL) {
        return USCTP_ENOMEM;
    }
    assoc->active = true;
    assoc->rx.advertised = usctp__params(assoc)->receive_window;
    assoc->setup->rto_dur = USCTP__MIN(path->rto.rto_dur, usctp__params(assoc)->init_rto_max_dur);
    if (!send_init(assoc, path)) {
        usctp__handshake_free(assoc);
        return USCTP_ENOMEM;
    }
    usctp__assoc_set_state(assoc, USCTP_STATE_COOKIE_WAIT);
    arm_t1(assoc, path);
    return USCTP_OK;
}

static void free_cookie(struct usctp_assoc *assoc)
{
    struct usctp__setup *setup = assoc->setup;

    if (setup->cookie != NULL) {
        usctp__bufpool_put(&assoc->core->bufs, setup->cookie, setup->cookie_cap);
        setup->cookie = NULL;
    }
}

void usctp__handshake_free(struct usctp_assoc *assoc)
{
    if (assoc->setup != NULL) {
        free_cookie(assoc);
        usctp__mem_free(&assoc->core->mem, assoc->setup, sizeof(*assoc->setup));
        assoc->setup = NULL;
    }
}

static bool send_cookie_echo(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__bufpool *bufs = &assoc->core->bufs;
    struct usctp__setup *setup = assoc->setup;
    /* Data makes the packet as large as the path may not bear: lost twice, the cookie goes alone. */
    unsigned alone = setup->retry_cnt < 2 ? 0 : USCTP__CTRL_LAST;
    struct usctp__writer w;
    size_t cap;
    bool queued;
    uint8_t *room =
        usctp__bufpool_get(bufs, USCTP__CHUNK_HEADER_LEN + usctp__pad4(setup->cookie_len), &cap);

    if (room == NULL) {
        return false;
    }
    w = usctp__writer_make(room, cap);
    usctp__cookie_echo_write(&w, setup->cookie, setup->cookie_len);
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_COOKIE_ECHO);
    queued = !w.failed &&
             usctp__ctrl_push(assoc, path,
                              USCTP__CTRL_FIRST | USCTP__CTRL_DATA_OK | alone | again(assoc), room,
                              w.len);
    usctp__bufpool_put(bufs, room, cap);
    return queued;
}

/* RFC 9260, 5.1: retransmissions use all addresses; only confirmed ones (5.4), in turn. */
static struct usctp__path *next_path(const struct usctp_assoc *assoc, usctp_path_id last)
{
    struct usctp__path *first = NULL;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->state == USCTP_PATH_UNCONFIRMED) {
            continue;
        }
        if (path->id > last) {
            return path;
        }
        if (first == NULL) {
            first = path;
        }
    }
    return first != NULL ? first : assoc->paths.primary;
}

void usctp__handshake_on_t1(struct usctp_assoc *assoc)
{
    struct usctp__setup *setup = assoc->setup;
    const struct usctp_params *params = usctp__params(assoc);
    struct usctp__path *path = usctp__path_by_id(assoc, setup->path);

    if (path != NULL) {
        path->error_cnt++;
        usctp__rto_backoff(&path->rto, &path->set->bounds); /* RFC 9260, 5.1 and 6.3.3 E2 */
    }
    /* RFC 9260, 5.1.4: Max.Init.Retransmits */
    if (++setup->retry_cnt > params->max_init_retrans) {
        usctp__assoc_end(assoc, USCTP_LOST_TIMEOUT, 0, NULL, 0);
        return;
    }
    /* One timer serves all addresses: it goes on from one to the next. */
    setup->rto_dur = USCTP__MIN(usctp__time_add(setup->rto_dur, setup->rto_dur),
                                USCTP__MIN(params->rto_max_dur, params->init_rto_max_dur));
    path = next_path(assoc, setup->path);
    /* Where there is no memory to send, the next expiry tries again. */
    if (assoc->state == USCTP_STATE_COOKIE_WAIT) {
        usctp__rare(assoc)->t1_init_expiries++;
        send_init(assoc, path);
    } else {
        usctp__rare(assoc)->t1_cookie_expiries++;
        usctp__tx_resend_all(assoc);
        send_cookie_echo(assoc, path);
    }
    arm_t1(assoc, path);
}

/* RFC 9260, 6.3.1 C5: the round trip counts if nothing was sent twice. */
static void measure(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (assoc->setup->retry_cnt == 0 && path->id == assoc->setup->path) {
        usctp__rto_sample(&path->rto, &path->set->bounds,
                          usctp__time_sub(assoc->core->now_ts, assoc->setup->sent_ts));
    }
}

/* Ends the set-up with an ABORT that carries one cause, to the sender of the INIT ACK (5.1). */
static enum usctp__verdict give_up(struct usctp_assoc *assoc, uint32_t peer_tag,
                                   const struct usctp__writer *cause)
{
    assoc->peer_tag = peer_tag;
    usctp__abort_causes(assoc, USCTP_LOST_PROTOCOL, cause->base, cause->failed ? 0 : cause->len);
    return USCTP__GONE;
}

/* An ABORT that changes nothing here (3.3.3: a_rwnd), or reflects our own tag (Initiate Tag 0). */
static void reply_abort(struct usctp_assoc *assoc, const struct usctp__packet_in *in, uint32_t tag,
                        bool reflected)
{
    uint8_t chunk[USCTP__CHUNK_HEADER_LEN];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));

    usctp__abort_write(&w, reflected);
    usctp__output_reply(assoc->core, in->dgram, assoc->my_port, assoc->peer_port, tag, chunk,
                        w.len);
}

/* What RFC 9260, 3.3.3 says of fixed parameters that cannot be. */
static enum usctp__verdict reject_fault(struct usctp_assoc *assoc,
                                        const struct usctp__packet_in *in,
                                        const struct usctp__init *init,
                                        enum usctp__init_fault fault)
{
    uint8_t cause[8];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

    assoc->core->stats.dropped_malformed++;
    if (fault == USCTP__INIT_FAULT_RWND) {
        reply_abort(assoc, in, init->tag, false);
        return USCTP__STOP;
    }
    if (fault == USCTP__INIT_FAULT_TAG) {
        reply_abort(assoc, in, assoc->my_tag, true);
        assoc->core->stats.aborteds++;
        usctp__assoc_end(assoc, USCTP_LOST_PROTOCOL, 0, NULL, 0);
        return USCTP__GONE;
    }
    usctp__cause_write_plain(&w, USCTP__CAUSE_INVALID_MANDATORY_PARAM);
    return give_up(assoc, init->tag, &w);
}

/* What is wrong with the parameters, as a cause; true if they are good. */
static bool check_params(const struct usctp_assoc *assoc, const struct usctp__init_params *peer,
                         bool whole, struct usctp__writer *w)
{
    static const uint16_t cookie_type = USCTP__PARAM_STATE_COOKIE;
    const char *auth_fault;
    struct usctp__param_iter iter;
    struct usctp__param param;

    if (!whole) {
        usctp__cause_write_protocol_violation(w, "malformed parameter in INIT ACK");
        return false;
    }
    if (peer->host_name.ptr != NULL) {
        /* RFC 9260, 5.1.2 (B) */
        usctp__param_iter_init(&iter, peer->host_name.ptr, peer->host_name.len);
        if (usctp__param_next(&iter, &param) == 1) {
            usctp__cause_write_unresolvable_address(w, &param);
        }
        return false;
    }
    if (peer->cookie.ptr == NULL) {
        usctp__cause_write_missing_params(w, &cookie_type, 1); /* RFC 9260, 3.3.10.2 */
        return false;
    }
    auth_fault = usctp__auth_fault(usctp__params(assoc)->extensions,
                                   assoc->auth != NULL ? &assoc->auth->set : NULL, peer);
    if (auth_fault != NULL) {
        usctp__cause_write_protocol_violation(w, auth_fault); /* RFC 4895, 6.1 */
        return false;
    }
    return true;
}

static bool store_cookie(struct usctp_assoc *assoc, const struct usctp__range *cookie)
{
    struct usctp__setup *setup = assoc->setup;

    free_cookie(assoc);
    setup->cookie = usctp__bufpool_get(&assoc->core->bufs, cookie->len, &setup->cookie_cap);
    if (setup->cookie == NULL) {
        return false;
    }
    memcpy(setup->cookie, cookie->ptr, cookie->len);
    setup->cookie_len = (uint16_t)cookie->len;
    return true;
}

static bool among(const struct usctp_addr *addr, const struct usctp_peer_addr *addrs, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        if (usctp__addr_match(addr, &addrs[i].addr)) {
            return true;
        }
    }
    return false;
}

/* RFC 9260, 5.1.2 (A), (C): only what the INIT ACK told, and where it came from, is the peer. */
static int take_addresses(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                          const struct usctp__init_params *peer)
{
    struct usctp_peer_addr addrs[USCTP__PATH_MAX];
    size_t cnt = usctp__path_usable(assoc, addrs, usctp__init_peer_addrs(in->dgram, peer, addrs));
    struct usctp__path *path = assoc->paths.first;
    int error = usctp__path_add_peers(assoc, in->dgram->lower, addrs, cnt, USCTP_PATH_UNCONFIRMED);

    if (error != USCTP_OK) {
        return error;
    }
    while (path != NULL) {
        struct usctp__path *next = path->next;

        if (path != in->path && !among(&path->remote, addrs, cnt)) {
            usctp__path_remove(assoc, path);
        }
        path = next;
    }
    return USCTP_OK;
}

/* RFC 9260, 3.2.2: unknown parameters of the INIT ACK are reported beside the COOKIE ECHO. */
static void report_unrecognized(struct usctp_assoc *assoc, struct usctp__path *path,
                                const struct usctp__init_params *peer)
{
    uint8_t chunk[USCTP__INIT_MAX_REPORT_LEN + 64];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));
    size_t pos;

    if (peer->report_cnt == 0) {
        return;
    }
    pos = usctp__error_begin(&w);
    usctp__cause_write_unrecognized_params(&w, peer->reports, peer->report_cnt);
    usctp__chunk_end(&w, pos);
    if (!w.failed) {
        usctp__ctrl_push(assoc, path, 0, chunk, w.len);
    }
}

static uint16_t least16(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

/* RFC 9260, 5.1 C: the INIT ACK is good. */
static enum usctp__verdict take_init_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                         const struct usctp__init *init,
                                         struct usctp__init_params *peer)
{
    const struct usctp_params *params = usctp__params(assoc);
    struct usctp__path *path = in->path;

    if (!store_cookie(assoc, &peer->cookie) || take_addresses(assoc, in, peer) != USCTP_OK) {
        assoc->core->stats.dropped_memory++; /* as if lost: T1 asks again */
        return USCTP__STOP;
    }
    measure(assoc, path);
    assoc->peer_tag = init->tag;
    assoc->peer_initial_tsn = init->tsn;
    assoc->out_streams = least16(params->out_streams, init->in_streams); /* 5.1.1 */
    assoc->in_streams = least16(params->max_in_streams, init->out_streams);
    assoc->extensions = usctp__ext_agreed(possible(assoc, path), peer) |
                        (assoc->extensions & USCTP__EXT_ZERO_CHECKSUM_IN);
    if (assoc->auth != NULL) {
        usctp__auth_take_params(assoc, peer);
    }
    usctp__wishes_read(&assoc->setup->wishes, peer);
    if (assoc->setup->retry_cnt > 0) {
        usctp__path_set_primary(assoc, path); /* this one answered, others may be dead */
    }
    usctp__assoc_set_state(assoc, USCTP_STATE_COOKIE_ECHOED);
    usctp__rx_init(assoc, init->tsn, assoc->rx.advertised);
    usctp__tx_peer(assoc, init->a_rwnd, assoc->out_streams);
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_INIT);
    assoc->setup->retry_cnt = 0;
    assoc->setup->rto_dur = USCTP__MIN(path->rto.rto_dur, params->init_rto_max_dur);
    usctp__ext_refuse(params->extensions, peer);
    report_unrecognized(assoc, path, peer);
    send_cookie_echo(assoc, path); /* where there is no memory for it, T1-cookie tries again */
    arm_t1(assoc, path);
    in->fresh = true;
    return USCTP__STOP;
}

enum usctp__verdict usctp__on_init_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                       const struct usctp__chunk *chunk)
{
    uint8_t cause[USCTP__INIT_MAX_REPORT_LEN + 64];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));
    struct usctp__init init;
    struct usctp__init_params peer;
    enum usctp__init_fault fault;
    bool whole;

    USCTP__ASSERT(in->path !=
                  NULL); /* one from a stranger is alone, and came through the demultiplexer */
    if (!usctp__init_parse(&init, chunk)) {
        assoc->core->stats.dropped_malformed++;
        return USCTP__STOP;
    }
    fault = usctp__init_check(&init);
    if (fault != USCTP__INIT_FAULT_NONE) {
        return reject_fault(assoc, in, &init, fault);
    }
    whole = usctp__init_params_parse(&peer, chunk->type, &init);
    if (!check_params(assoc, &peer, whole, &w)) {
        return give_up(assoc, init.tag, &w);
    }
    return take_init_ack(assoc, in, &init, &peer);
}

enum usctp__verdict usctp__on_cookie_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                         const struct usctp__chunk *chunk)
{
    struct usctp__wishes wishes = assoc->setup->wishes;

    (void)chunk;
    if (in->path != NULL) {
        measure(assoc, in->path);
    }
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_COOKIE_ECHO);
    usctp__assoc_established(assoc);
    usctp__handshake_grant(assoc, &wishes);
    in->fresh = true;
    return assoc->ended ? USCTP__GONE : USCTP__NEXT;
}

/* RFC 9260, 5.4: what the INIT ACK listed was never verified: the next one tells anew. One that was
 * confirmed is always left. */
static void forget_listed(struct usctp_assoc *assoc)
{
    struct usctp__path *next;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = next) {
        next = path->next;
        if (path->state == USCTP_PATH_UNCONFIRMED && assoc->paths.cnt > 1) {
            usctp__path_remove(assoc, path);
        }
    }
}

/* Begins anew with an INIT: the cookie is of no use any more. */
static void start_over(struct usctp_assoc *assoc)
{
    struct usctp__path *path;

    forget_listed(assoc);
    path = usctp__path_by_id(assoc, assoc->setup->path);
    if (path == NULL) {
        path = assoc->paths.primary;
    }
    free_cookie(assoc);
    usctp__ctrl_clear(assoc);
    usctp__tx_resend_all(assoc);
    usctp__assoc_set_state(assoc, USCTP_STATE_COOKIE_WAIT);
    assoc->peer_tag = 0;
    assoc->extensions = 0;
    if (assoc->auth != NULL) {
        assoc->auth->hmac = 0;
    }
    assoc->setup->retry_cnt = 0;
    assoc->setup->rto_dur = USCTP__MIN(path->rto.rto_dur, usctp__params(assoc)->init_rto_max_dur);
    send_init(assoc, path);
    arm_t1(assoc, path);
}

void usctp__handshake_on_stale_cookie(struct usctp_assoc *assoc, uint32_t staleness_us)
{
    struct usctp__setup *setup = assoc->setup;
    uint64_t rtt_dur = usctp__time_sub(assoc->core->now_ts, setup->sent_ts);
    uint64_t more_dur = USCTP__MIN((uint64_t)staleness_us * USCTP__US, USCTP__SEC);

    /* RFC 9260, 5.2.6 (2) */
    if (++setup->stale_cnt > MAX_STALE) {
        usctp__assoc_end(assoc, USCTP_LOST_TIMEOUT, USCTP__CAUSE_STALE_COOKIE, NULL, 0);
        return;
    }
    /* RFC 9260, 5.2.6 (3): the round trip just measured, and no more than a second beyond. */
    setup->preserve_ms = usctp__time_to_ms_up(usctp__time_add(rtt_dur, more_dur));
    start_over(assoc);
}

bool usctp__handshake_retry_port(struct usctp_assoc *assoc)
{
    struct usctp__setup *setup = assoc->setup;
    uint32_t tag;

    if ((usctp__params(assoc)->flags & USCTP_PARAM_RETRY_PORT) == 0 ||
        setup->port_retry_cnt >= MAX_PORT_RETRIES || !usctp__assoc_draw_tag(assoc->core, &tag) ||
        !assoc->core->ops->new_port(assoc->core, assoc)) {
        return false;
    }
    setup->port_retry_cnt++;
    if (!usctp__assoc_new_tag(assoc, tag)) {
        return false;
    }
    start_over(assoc);
    return true;
}
