/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting an association up: the side that answers INIT, and keeps nothing until a valid cookie
 * comes back (RFC 9260, 5.1 B, D; 5.1.5). */
#include "base/addr.h"
#include "base/compiler.h"
#include "base/crypto.h"
#include "base/time.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/ext.h"
#include "core/handshake.h"
#include "core/input.h"
#include "wire/abort_error.h"
#include "wire/asconf.h"
#include "wire/cause.h"
#include "wire/cookie.h"
#include "wire/init.h"

/* What goes into the cookie of an association that does not exist yet. */
static bool compose(struct usctp__core *core, const struct usctp__listener *listener,
                    const struct usctp__packet_in *in, const struct usctp__init *init,
                    const struct usctp__init_params *peer, struct usctp__auth_vector *mine,
                    struct usctp__cookie *cookie)
{
    usctp__init_fill_cookie(core, listener, in, init, peer, cookie);
    if ((cookie->extensions & USCTP__EXT_AUTH) != 0) {
        if (!usctp__auth_draw(core, listener->auth,
                              listener->params->extensions & ~listener->withheld, mine)) {
            return false;
        }
        cookie->auth = mine->bytes;
        cookie->auth_len = mine->len;
    }
    cookie->my_tie_tag = 0; /* RFC 9260, 5.2.2: no TCB existed */
    cookie->peer_tie_tag = 0;
    return usctp__assoc_draw_tag(core, &cookie->my_tag) &&
           usctp__random_u32(&core->random, &cookie->my_tsn);
}

bool usctp__handshake_answer_init(struct usctp__core *core, const struct usctp__listener *listener,
                                  const struct usctp__packet_in *in,
                                  const struct usctp__chunk *chunk)
{
    uint8_t stored[USCTP__STORED_INIT_MAX_LEN];
    struct usctp__init init;
    struct usctp__init_params peer;
    struct usctp__auth_vector mine;
    struct usctp__cookie cookie;

    if (!usctp__init_accept(core, listener, in, chunk, &init, &peer) ||
        !compose(core, listener, in, &init, &peer, &mine, &cookie)) {
        return false;
    }
    cookie.init = stored;
    cookie.init_len = usctp__init_reduce(chunk, NULL, cookie.extensions, stored);
    /* RFC 9260, 5.1 B: to where the INIT came from. */
    usctp__init_ack_send(core, listener, in->dgram, &peer, &cookie);
    return cookie.auth != NULL;
}

/* Reads the INIT in a cookie; it was valid when the cookie was made, and is checked again. */
static bool stored_init(const struct usctp__cookie *cookie, struct usctp__init *init,
                        struct usctp__init_params *peer)
{
    struct usctp__chunk chunk;

    return usctp__chunk_parse(&chunk, cookie->init, cookie->init_len) == 1 &&
           chunk.type == USCTP__CHUNK_INIT && usctp__init_parse(init, &chunk) &&
           usctp__init_params_parse(peer, chunk.type, init);
}

/* The COOKIE ECHO comes from an address of the peer, and through the same lower layer if that is all
 * there is of an address. */
static bool source_fits(const struct usctp__packet_in *in, const struct usctp__cookie *cookie,
                        const struct usctp__init_params *peer)
{
    struct usctp__param_iter iter;
    struct usctp_addr addr;

    if (cookie->remote.family == USCTP_AF_NONE) {
        return in->dgram->remote.family == USCTP_AF_NONE && in->dgram->lower == cookie->lower;
    }
    if (usctp__addr_match(&in->dgram->remote, &cookie->remote)) {
        return true;
    }
    usctp__init_addr_iter_init(&iter, peer);
    while (usctp__init_addr_next(&iter, &addr, NULL)) {
        if (usctp__addr_match(&in->dgram->remote, &addr)) {
            return true;
        }
    }
    return false;
}

void usctp__wishes_read(struct usctp__wishes *wishes, const struct usctp__init_params *peer)
{
    struct usctp__param_iter iter;
    struct usctp__asconf_param param;

    wishes->has_adaptation = peer->has_adaptation;
    wishes->adaptation = peer->adaptation;
    wishes->primary = usctp__addr_none();
    usctp__param_iter_init(&iter, peer->set_primary.ptr, peer->set_primary.len);
    if (peer->set_primary.ptr != NULL && usctp__asconf_next(&iter, &param) == 1 && param.has_addr) {
        wishes->primary = param.addr;
    }
}

void usctp__handshake_grant(struct usctp_assoc *assoc, const struct usctp__wishes *wishes)
{
    if (wishes->has_adaptation) {
        usctp__event_adaptation(assoc, wishes->adaptation); /* RFC 5061, 4.2.6 */
    }
    /* RFC 5061, 4.2.4: of one that we cannot find nothing comes; where the INIT came from data goes
     * without being asked. */
    if (wishes->primary.family != USCTP_AF_NONE && (assoc->extensions & USCTP__EXT_ASCONF) != 0 &&
        !assoc->ended) {
        (void)usctp__asconf_prefer(assoc, &wishes->primary);
    }
}

void usctp__handshake_grant_cookie(struct usctp_assoc *assoc, const struct usctp__cookie *cookie)
{
    struct usctp__init init;
    struct usctp__init_params peer;
    struct usctp__wishes wishes;

    if (stored_init(cookie, &init, &peer)) {
        usctp__wishes_read(&wishes, &peer);
        usctp__handshake_grant(assoc, &wishes);
    }
}

void usctp__handshake_answer_stale(struct usctp__core *core, const struct usctp__packet_in *in,
                                   const struct usctp__cookie *cookie, uint64_t stale_dur)
{
    /* RFC 9260, 3.3.10.3: rounded up */
    uint64_t stale_us = stale_dur / USCTP__US + (stale_dur % USCTP__US != 0);
    uint8_t chunk[16];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));
    size_t pos = usctp__error_begin(&w);

    usctp__cause_write_stale_cookie(&w, stale_us > UINT32_MAX ? UINT32_MAX : (uint32_t)stale_us);
    usctp__chunk_end(&w, pos);
    core->stats.stale_cookies++;
    usctp__output_reply(core, in->dgram, in->dst_port, in->src_port, cookie->peer_tag, chunk,
                        w.len);
}

bool usctp__handshake_check_cookie(struct usctp__core *core, const struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk, struct usctp__cookie *cookie)
{
    struct usctp__range echoed = usctp__cookie_echo_parse(chunk);
    struct usctp__init init;
    struct usctp__init_params peer;
    uint64_t stale_dur = 0;
    enum usctp__cookie_verdict verdict =
        usctp__cookie_read(core, echoed.ptr, echoed.len, cookie, &stale_dur);

    /* RFC 9260, 5.1.5 (2), (3): silently */
    if (verdict == USCTP__COOKIE_BAD || cookie->my_port != in->dst_port ||
        cookie->peer_port != in->src_port || cookie->my_tag != in->tag ||
        !stored_init(cookie, &init, &peer) || !source_fits(in, cookie, &peer)) {
        core->stats.bad_cookies++;
        return false;
    }
    if (verdict == USCTP__COOKIE_STALE) {
        /* RFC 9260, 5.1.5 (4) */
        usctp__handshake_answer_stale(core, in, cookie, stale_dur);
        return false;
    }
    return true;
}

void usctp__handshake_take_cookie(struct usctp_assoc *assoc, const struct usctp__cookie *cookie)
{
    assoc->peer_tag = cookie->peer_tag;
    assoc->my_initial_tsn = cookie->my_tsn;
    assoc->peer_initial_tsn = cookie->peer_tsn;
    assoc->out_streams = cookie->out_streams;
    assoc->in_streams = cookie->in_streams;
    assoc->extensions = cookie->extensions;
    if (assoc->auth != NULL) {
        usctp__auth_take_cookie(assoc, cookie);
    } else { /* switched off since the cookie was made */
        assoc->extensions &= ~(uint32_t)(USCTP__EXT_AUTH | USCTP__EXT_ASCONF);
    }
    usctp__rx_init(assoc, cookie->peer_tsn, cookie->my_rwnd);
    usctp__tx_peer(assoc, cookie->peer_rwnd, cookie->out_streams);
}

void usctp__handshake_cookie_ack(struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    uint8_t chunk[USCTP__COOKIE_ACK_LEN];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));

    /* One answers all: of two that leave together one would not be first. */
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_COOKIE_ACK);
    usctp__cookie_ack_write(&w);
    usctp__ctrl_push(assoc, in->path, USCTP__CTRL_FIRST, chunk, w.len);
}

/* RFC 9260, 5.4 (2): the address that the INIT ACK went to is confirmed, the others are not. */
static int make_paths(struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                      const struct usctp__cookie *cookie, const struct usctp__init_params *peer)
{
    struct usctp_dgram from = *in->dgram;
    struct usctp_peer_addr addrs[USCTP__PATH_MAX];
    const struct usctp_addr *local;
    size_t cnt;

    from.remote = cookie->remote;
    cnt = usctp__path_usable(assoc, addrs, usctp__init_peer_addrs(&from, peer, addrs));
    /* Where the cookie came back from the same address, its UDP port is the latest one. */
    if (!usctp__addr_match(&in->dgram->remote, &cookie->remote)) {
        addrs[0].udp_port = cookie->remote_udp_port;
    }
    local = usctp__init_local_addr(assoc, cookie->local, in->dgram);
    if (usctp__path_add(assoc, in->dgram->lower, local, &cookie->remote, addrs[0].udp_port,
                        USCTP_PATH_ACTIVE) == NULL) {
        return USCTP_ENOMEM;
    }
    return usctp__path_add_peers(assoc, in->dgram->lower, addrs, cnt, USCTP_PATH_UNCONFIRMED);
}

int usctp__handshake_accept(struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                            const struct usctp__cookie *cookie)
{
    struct usctp__init init;
    struct usctp__init_params peer;
    struct usctp__packet_in from = *in;
    int error;

    if (!stored_init(cookie, &init, &peer)) {
        return USCTP_EINVAL;
    }
    if (!usctp__assoc_new_tag(assoc, cookie->my_tag)) {
        return USCTP_EADDRINUSE;
    }
    error = make_paths(assoc, in, cookie, &peer);
    if (error != USCTP_OK) {
        return error;
    }
    usctp__tx_init(assoc, cookie->my_tsn);
    usctp__handshake_take_cookie(assoc, cookie);
    from.path = usctp__path_of_source(assoc, in->dgram);
    usctp__handshake_cookie_ack(assoc, &from);
    usctp__assoc_established(assoc);
    usctp__handshake_grant_cookie(assoc, cookie);
    return USCTP_OK;
}
