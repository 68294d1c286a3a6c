/* SPDX-License-Identifier: BSD-3-Clause */
/* INIT and COOKIE ECHO when an association exists already: simultaneous open, duplicates, restart
 * (RFC 9260, 5.2.1, 5.2.2, 5.2.4). */
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/crypto.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/asconf.h"
#include "core/auth.h"
#include "core/error.h"
#include "core/ext.h"
#include "core/handshake.h"
#include "core/input.h"
#include "core/reconf.h"
#include "core/shutdown.h"
#include "wire/abort_error.h"
#include "wire/cause.h"
#include "wire/cookie.h"
#include "wire/init.h"

enum { MAX_NAMED_ADDRS_LEN = 256 }; /* bytes of new addresses that a refusal names */

/* RFC 9260, 5.2.2: random values that stand for this association in cookies. */
static bool populate_tie_tags(struct usctp_assoc *assoc)
{
    if (assoc->my_tie_tag != 0) {
        return true;
    }
    return usctp__assoc_draw_tag(assoc->core, &assoc->my_tie_tag) &&
           usctp__assoc_draw_tag(assoc->core, &assoc->peer_tie_tag);
}

/* An address that the association does not have, and would use if it had it. */
static bool is_new(const struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                   const struct usctp_addr *addr)
{
    struct usctp_peer_addr addrs[2] = {{.addr = in->dgram->remote}, {.addr = *addr}};

    return usctp__path_usable(assoc, addrs, 2) == 2 &&
           usctp__path_could_add(assoc, in->dgram->lower, addr);
}

/* Writes the addresses that are new to the association; returns true if there are any. */
static bool write_new_addresses(const struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                                const struct usctp__init_params *peer, struct usctp__writer *w)
{
    size_t pos = usctp__cause_begin(w, USCTP__CAUSE_RESTART_NEW_ADDRESSES);
    struct usctp__param_iter iter;
    struct usctp__param param;
    struct usctp_addr addr;
    bool any = false;

    if (!usctp__path_has_remote(assoc, &in->dgram->remote)) {
        usctp__param_write_addr(w, &in->dgram->remote);
        any = true;
    }
    usctp__init_addr_iter_init(&iter, peer);
    /* What stands behind as many as an association can have is never used. */
    for (unsigned i = 0; i < USCTP__PATH_MAX && usctp__init_addr_next(&iter, &addr, &param); i++) {
        if (is_new(assoc, in, &addr)) {
            any = true;
            if (usctp__writer_room(w) >= USCTP__PARAM_ADDR_MAX_LEN) {
                usctp__param_copy(w, param.start, param.len);
            }
        }
    }
    usctp__cause_end(w, pos);
    return any;
}

/* RFC 9260, 5.2.1, 5.2.2: an INIT must not bring new addresses along. True: it does; refused. */
static bool refuse_new_addresses(struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                                 const struct usctp__init *init,
                                 const struct usctp__init_params *peer)
{
    uint8_t cause[MAX_NAMED_ADDRS_LEN];
    uint8_t chunk[MAX_NAMED_ADDRS_LEN + 8];
    struct usctp__writer cw = usctp__writer_make(cause, sizeof(cause));
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));

    if (!write_new_addresses(assoc, in, peer, &cw)) {
        return false;
    }
    if (init->tag == assoc->peer_tag) {
        /* No restart, but the INIT of this very association, late, through another NAT: an ABORT would
         * end what it has set up. */
        assoc->core->stats.dropped_unexpected++;
        return true;
    }
    usctp__abort_write_causes(&w, false, cause, cw.failed ? 0 : cw.len);
    usctp__output_reply(assoc->core, in->dgram, assoc->my_port, assoc->peer_port, init->tag, chunk,
                        w.len);
    return true;
}

/* What the association has to say of itself, as a listener would. */
static struct usctp__listener as_listener(const struct usctp_assoc *assoc)
{
    struct usctp__listener listener = {
        .endpoint = assoc->endpoint,
        .port = assoc->my_port,
        .params = usctp__params(assoc),
        .addrs = assoc->locals != NULL ? assoc->locals->addrs : NULL,
        .addr_cnt = assoc->locals != NULL ? assoc->locals->cnt : 0,
        .auth = usctp__auth_set_of(assoc),
    };

    return listener;
}

/* RFC 4895, 6.1: the Random Number follows the rules of the tag. */
static bool compose_auth(const struct usctp_assoc *assoc, const struct usctp__listener *listener,
                         bool forming, struct usctp__auth_vector *mine,
                         struct usctp__cookie *cookie)
{
    if ((cookie->extensions & USCTP__EXT_AUTH) == 0) {
        return true;
    }
    if (forming && assoc->auth != NULL) {
        *mine = assoc->auth->mine;
    } else if (!usctp__auth_draw(assoc->core, listener->auth, listener->params->extensions, mine)) {
        return false;
    }
    cookie->auth = mine->bytes;
    cookie->auth_len = mine->len;
    return true;
}

/* What goes into the cookie: the association's own values where it is being set up (5.2.1), a new
 * tag and TSN where it stands (5.2.2). */
static bool compose(struct usctp_assoc *assoc, const struct usctp__listener *listener,
                    const struct usctp__packet_in *in, const struct usctp__init *init,
                    const struct usctp__init_params *peer, struct usctp__auth_vector *mine,
                    struct usctp__cookie *cookie)
{
    struct usctp__core *core = assoc->core;
    bool forming =
        assoc->state == USCTP_STATE_COOKIE_WAIT || assoc->state == USCTP_STATE_COOKIE_ECHOED;

    usctp__init_fill_cookie(core, listener, in, init, peer, cookie);
    if (forming) {
        cookie->my_rwnd = assoc->rx.advertised; /* what our INIT says */
    }
    cookie->my_tag = assoc->my_tag;
    cookie->my_tsn = assoc->my_initial_tsn;
    cookie->my_tie_tag = 0;
    cookie->peer_tie_tag = 0;
    if (assoc->state != USCTP_STATE_COOKIE_WAIT) {
        if (!populate_tie_tags(assoc)) {
            return false;
        }
        cookie->my_tie_tag = assoc->my_tie_tag;
        cookie->peer_tie_tag = assoc->peer_tie_tag;
    }
    if (!forming && !(usctp__assoc_draw_tag(core, &cookie->my_tag) &&
                      usctp__random_u32(&core->random, &cookie->my_tsn))) {
        return false;
    }
    return compose_auth(assoc, listener, forming, mine, cookie);
}

/* RFC 9260, 5.2.1 (1), (2): the address that the INIT ACK may go to: one that the caller named and
 * that the INIT reports, the source if possible. NULL: there is none. */
static const struct usctp__path *answer_path(const struct usctp_assoc *assoc,
                                             const struct usctp__packet_in *in,
                                             const struct usctp__init_params *peer)
{
    struct usctp__param_iter iter;
    struct usctp_addr addr;

    if (in->path != NULL) {
        return in->path;
    }
    usctp__init_addr_iter_init(&iter, peer);
    for (unsigned i = 0; i < USCTP__PATH_MAX && usctp__init_addr_next(&iter, &addr, NULL); i++) {
        for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
            if (usctp__addr_match(&path->remote, &addr)) {
                return path;
            }
        }
    }
    return NULL;
}

/* RFC 9260, 5.2.1 */
static void answer_in_cookie_wait(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                  const struct usctp__listener *listener,
                                  struct usctp__init_params *peer, struct usctp__cookie *cookie)
{
    const struct usctp__path *path = answer_path(assoc, in, peer);
    struct usctp_dgram to = *in->dgram;

    if (path == NULL) {
        assoc->core->stats.dropped_unexpected++;
        return;
    }
    if (path != in->path) {
        to.remote = path->remote;
        to.remote_udp_port = path->udp_port;
        to.lower = path->lower;
        if (path->local.family != USCTP_AF_NONE) {
            to.local = path->local;
        }
        /* RFC 9260, 5.4 (2): what the cookie proves is that this address gets packets. */
        cookie->local = usctp__init_local_index(listener, &to.local);
        cookie->remote = to.remote;
        cookie->remote_udp_port = to.remote_udp_port;
        cookie->lower = to.lower;
    }
    usctp__init_ack_send(assoc->core, listener, &to, peer, cookie);
}

enum usctp__verdict usctp__on_init(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk)
{
    struct usctp__listener listener = as_listener(assoc);
    uint8_t stored[USCTP__STORED_INIT_MAX_LEN];
    struct usctp__init init;
    struct usctp__init_params peer;
    struct usctp__auth_vector mine;
    struct usctp__cookie cookie;

    if (assoc->state == USCTP_STATE_SHUTDOWN_ACK_SENT) {
        /* RFC 9260, 9.2: the SHUTDOWN COMPLETE was lost. */
        usctp__shutdown_resend_ack(assoc);
        return USCTP__STOP;
    }
    if (!usctp__init_accept(assoc->core, &listener, in, chunk, &init, &peer)) {
        return USCTP__STOP;
    }
    if (assoc->state != USCTP_STATE_COOKIE_WAIT && refuse_new_addresses(assoc, in, &init, &peer)) {
        return USCTP__STOP;
    }
    if (!compose(assoc, &listener, in, &init, &peer, &mine, &cookie)) {
        return USCTP__STOP;
    }
    cookie.init = stored;
    /* RFC 9260, 5.1.2 (C): where it came from counts, wherever the INIT ACK goes. */
    cookie.init_len = usctp__init_reduce(chunk, in->path == NULL ? &in->dgram->remote : NULL,
                                         cookie.extensions, stored);
    if (assoc->state == USCTP_STATE_COOKIE_WAIT) {
        answer_in_cookie_wait(assoc, in, &listener, &peer, &cookie);
    } else {
        usctp__init_ack_send(assoc->core, &listener, in->dgram, &peer, &cookie);
    }
    /* RFC 9260, 5.2.1, 5.2.2: nothing else changes. */
    return USCTP__STOP;
}

/* --- COOKIE ECHO ------------------------------------------------------------------------------ */

/* The rows of RFC 9260, table 12. */
enum action { ACTION_DISCARD, ACTION_A, ACTION_B, ACTION_C, ACTION_D };

static enum action look_up(const struct usctp_assoc *assoc, const struct usctp__cookie *cookie)
{
    bool local_matches = cookie->my_tag == assoc->my_tag;
    bool peer_matches = assoc->peer_tag != 0 && cookie->peer_tag == assoc->peer_tag;
    bool no_ties = cookie->my_tie_tag == 0 && cookie->peer_tie_tag == 0;
    bool ties_match = assoc->my_tie_tag != 0 && cookie->my_tie_tag == assoc->my_tie_tag &&
                      cookie->peer_tie_tag == assoc->peer_tie_tag;

    if (local_matches) {
        return peer_matches ? ACTION_D : ACTION_B;
    }
    if (peer_matches) {
        return no_ties ? ACTION_C : ACTION_DISCARD;
    }
    return ties_match ? ACTION_A : ACTION_DISCARD;
}

/* RFC 9260, 5.4 (2): the address that the INIT ACK went to is confirmed. */
static void confirm(struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                    const struct usctp__cookie *cookie)
{
    struct usctp_dgram to;
    struct usctp__path *path;

    memset(&to, 0, sizeof(to));
    to.local = *usctp__init_local_addr(assoc, cookie->local, in->dgram);
    to.remote = cookie->remote;
    to.remote_udp_port = cookie->remote_udp_port;
    to.lower = cookie->lower;
    path = usctp__path_of_source(assoc, &to);
    if (path != NULL && !assoc->ended) {
        usctp__path_proved(assoc, path);
    }
}

/* The set-up ends here: by the peer's cookie instead of a COOKIE ACK. */
static void finish_forming(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                           const struct usctp__cookie *cookie)
{
    struct usctp__chunk init_chunk;
    struct usctp__init init;
    struct usctp__init_params peer;

    if (usctp__chunk_parse(&init_chunk, cookie->init, cookie->init_len) == 1 &&
        usctp__init_parse(&init, &init_chunk) &&
        usctp__init_params_parse(&peer, init_chunk.type, &init)) {
        struct usctp_peer_addr addrs[USCTP__PATH_MAX];
        size_t cnt =
            usctp__path_usable(assoc, addrs, usctp__init_peer_addrs(in->dgram, &peer, addrs));

        /* Where there is no memory, the association does without the further addresses. */
        usctp__path_add_peers(assoc, in->dgram->lower, addrs, cnt, USCTP_PATH_UNCONFIRMED);
    }
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_INIT);
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_COOKIE_ECHO);
    if (in->path == NULL) {
        in->path = usctp__path_of_source(assoc, in->dgram);
    }
    usctp__handshake_cookie_ack(assoc, in);
    usctp__assoc_established(assoc);
    confirm(assoc, in, cookie);
    usctp__handshake_grant_cookie(assoc, cookie);
}

/* True while INIT or COOKIE ECHO of ours is on its way. */
static bool is_forming(const struct usctp_assoc *assoc)
{
    return assoc->state == USCTP_STATE_COOKIE_WAIT || assoc->state == USCTP_STATE_COOKIE_ECHOED;
}

/* RFC 9260, 5.2.4 (D) */
static void action_d(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                     const struct usctp__cookie *cookie)
{
    if (assoc->state == USCTP_STATE_COOKIE_ECHOED) {
        finish_forming(assoc, in, cookie);
    } else {
        /* The peer waits for COOKIE ACK still: behind a NAT box that rebound it never comes unless it
         * goes to the port that this came from. The cookie's MAC vouches for it. */
        in->fresh = true;
        usctp__handshake_cookie_ack(assoc, in);
    }
}

/* A cookie that another stack made before it handed the association over. The verification tag, which is all that a
 * COOKIE ACK asks for, says that the peer got it; nothing but that is taken from it. */
static bool is_of_former_stack(const struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    return assoc->handed_over && in->tag == assoc->my_tag && in->path != NULL &&
           assoc->state == USCTP_STATE_ESTABLISHED;
}

/* RFC 9260, 5.2.4 (A), in SHUTDOWN-ACK-SENT */
static void refuse_restart(struct usctp_assoc *assoc, struct usctp__packet_in *in)
{
    uint8_t cause[4];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

    usctp__cause_write_plain(&w, USCTP__CAUSE_COOKIE_WHILE_SHUTTING_DOWN);
    usctp__shutdown_resend_ack(assoc);
    usctp__error_reply(assoc, in, cause, w.len);
}

static bool among(const struct usctp_addr *addr, const struct usctp_peer_addr *addrs, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        if (usctp__addr_match(&addrs[i].addr, addr)) {
            return true;
        }
    }
    return false;
}

/* RFC 9260, 5.1.2 (A), (C): only what the INIT of its new life lists, and where that came from, is
 * the peer; whoever has its other addresses now is none of it. */
static void drop_unlisted(struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                          const struct usctp__cookie *cookie)
{
    struct usctp_peer_addr addrs[USCTP__PATH_MAX];
    struct usctp__chunk chunk;
    struct usctp__init init;
    struct usctp__init_params peer;
    struct usctp_dgram dgram;
    struct usctp__path *next;
    size_t cnt;

    if (usctp__chunk_parse(&chunk, cookie->init, cookie->init_len) != 1 ||
        !usctp__init_parse(&init, &chunk) || !usctp__init_params_parse(&peer, chunk.type, &init)) {
        return;
    }
    memset(&dgram, 0, sizeof(dgram));
    dgram.remote = cookie->remote;
    cnt = usctp__init_peer_addrs(&dgram, &peer, addrs);
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = next) {
        next = path->next;
        if (path != in->path && !among(&path->remote, addrs, cnt)) {
            usctp__path_remove(assoc, path);
        }
    }
}

/* All that needs memory. False: there is none, and nothing has changed. */
static bool prepare_restart(struct usctp_assoc *assoc, const struct usctp__cookie *cookie)
{
    bool had_auth = assoc->auth != NULL;

    if (!usctp__auth_return(assoc, cookie)) {
        return false;
    }
    if (!usctp__assoc_new_tag(assoc, cookie->my_tag)) {
        if (!had_auth) {
            usctp__auth_free(assoc);
        }
        return false;
    }
    return true;
}

/* RFC 9260, 5.2.4 (A): as an ABORT and a new COOKIE ECHO, but the handle lives on. */
static bool restart(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                    const struct usctp__cookie *cookie)
{
    bool closing =
        assoc->state == USCTP_STATE_SHUTDOWN_PENDING || assoc->state == USCTP_STATE_SHUTDOWN_SENT;

    if (!prepare_restart(assoc, cookie)) {
        assoc->core->stats.dropped_memory++;
        return false;
    }
    if (assoc->reconf != NULL) {
        usctp__reconf_end(assoc);
    }
    /* Told first: what the application sends on the events that follow is for the new peer. */
    assoc->out_streams = cookie->out_streams;
    assoc->in_streams = cookie->in_streams;
    usctp__event_restarted(assoc);
    usctp__alarm_clear_all(assoc);
    usctp__ctrl_clear(assoc);
    usctp__tx_restart(assoc, cookie->my_tsn);
    usctp__rx_reset(assoc);
    usctp__ecn_end(assoc);
    usctp__asconf_free(assoc);
    drop_unlisted(assoc, in, cookie);
    usctp__handshake_take_cookie(assoc, cookie);
    if (assoc->auth != NULL) {
        usctp__auth_established(assoc);
    }
    assoc->my_tie_tag = 0;
    assoc->peer_tie_tag = 0;
    assoc->error_cnt = 0;
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        usctp__path_reset(assoc, path);
        path->hb_pending = false;
        path->hb_answerable = false;
    }
    usctp__assoc_set_state(assoc, USCTP_STATE_ESTABLISHED);
    usctp__asconf_announce(assoc, in->path);
    usctp__path_start(assoc);
    confirm(assoc, in, cookie);
    usctp__handshake_cookie_ack(assoc, in);
    usctp__handshake_grant_cookie(assoc, cookie);
    usctp__assoc_active(assoc);
    if (closing) {
        usctp__shutdown_start(assoc); /* the application wants to close, whoever the peer is now */
    }
    return true;
}

static enum usctp__verdict action_a(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                    const struct usctp__cookie *cookie)
{
    if (assoc->state == USCTP_STATE_SHUTDOWN_ACK_SENT) {
        refuse_restart(assoc, in);
        return USCTP__STOP;
    }
    if (is_forming(assoc)) {
        /* Nothing is there to begin anew, and our tag has not changed since we gave cookies. */
        assoc->core->stats.dropped_unexpected++;
        return USCTP__STOP;
    }
    /* Addresses may have gone since the cookie was made: a restart never brings one along. */
    if (in->path == NULL || !restart(assoc, in, cookie)) {
        return USCTP__STOP;
    }
    in->fresh = true;
    return USCTP__NEXT;
}

/* RFC 9260, 5.2.4 (B) */
static enum usctp__verdict action_b(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                    const struct usctp__cookie *cookie)
{
    if (is_forming(assoc)) {
        usctp__tx_resend_all(assoc); /* what rode on a COOKIE ECHO was for the old tag */
        usctp__handshake_take_cookie(assoc, cookie);
        finish_forming(assoc, in, cookie);
    } else if (cookie->peer_tsn != assoc->peer_initial_tsn) {
        return action_a(assoc, in, cookie); /* another life of the peer, not another tag alone */
    } else {
        assoc->peer_tag = cookie->peer_tag;
        if (assoc->auth != NULL) {
            usctp__auth_take_cookie(assoc, cookie);
        }
        usctp__handshake_cookie_ack(assoc, in);
    }
    in->fresh = true; /* the peer waits for COOKIE ACK, at the port that this came from */
    return USCTP__NEXT;
}

enum usctp__verdict usctp__on_cookie_echo(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                          const struct usctp__chunk *chunk)
{
    struct usctp__range echoed = usctp__cookie_echo_parse(chunk);
    struct usctp__core *core = assoc->core;
    struct usctp__cookie cookie;
    uint64_t stale_dur = 0;
    enum usctp__cookie_verdict verdict =
        usctp__cookie_read(core, echoed.ptr, echoed.len, &cookie, &stale_dur);
    enum action action;

    if (verdict == USCTP__COOKIE_BAD && is_of_former_stack(assoc, in)) {
        usctp__handshake_cookie_ack(assoc, in); /* as in 5.2.4 (D) */
        in->after_cookie = true;
        return USCTP__NEXT;
    }
    /* RFC 9260, 5.2.4 (1), (2), and 5.1.5 (3) */
    if (verdict == USCTP__COOKIE_BAD || cookie.my_port != in->dst_port ||
        cookie.peer_port != in->src_port || cookie.my_tag != in->tag) {
        core->stats.bad_cookies++;
        return USCTP__STOP;
    }
    action = look_up(assoc, &cookie);
    /* RFC 9260, 5.2.4 (3): a duplicate is good however old it is. */
    if (verdict == USCTP__COOKIE_STALE && action != ACTION_D) {
        usctp__handshake_answer_stale(core, in, &cookie, stale_dur);
        return USCTP__STOP;
    }
    if ((action == ACTION_B || action == ACTION_D) && is_forming(assoc) &&
        !usctp__auth_admits_other(assoc, in, &cookie)) {
        return USCTP__STOP;
    }
    switch (action) {
    case ACTION_A:
        return action_a(assoc, in, &cookie);
    case ACTION_B:
        if (action_b(assoc, in, &cookie) == USCTP__STOP) {
            return USCTP__STOP;
        }
        break;
    case ACTION_D:
        action_d(assoc, in, &cookie);
        break;
    case ACTION_C:       /* RFC 9260, 5.2.4 (C): our cookie came late */
    case ACTION_DISCARD: /* RFC 9260, 5.2.4 (5): a case that is not in the table */
        core->stats.dropped_unexpected++;
        return USCTP__STOP;
    }
    in->after_cookie = true;
    return assoc->ended ? USCTP__GONE : USCTP__NEXT;
}
