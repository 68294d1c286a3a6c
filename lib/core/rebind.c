/* SPDX-License-Identifier: BSD-3-Clause */
/* The peer's UDP port and what ICMP tells of a path (RFC 6951, 5.4 to 5.6; RFC 9260, 10). */
#include "core/assoc.h"
#include "core/input.h"
#include "core/path.h"
#include "core/pmtud.h"

#include "base/addr.h"

enum {
    REBIND_TRIES = 3, /* nonces that a learned port may leave unanswered */
    UDP_HEADER_LEN = 8
};

/* RFC 6951, 5.6: encapsulation takes its header off what a packet can hold, and gives it back. */
static void encapsulation_changed(struct usctp_assoc *assoc, struct usctp__path *path, bool had_udp)
{
    bool has_udp = path->udp_port != 0;

    if (has_udp && !had_udp) {
        usctp__path_set_max_packet(assoc, path, path->max_packet - UDP_HEADER_LEN);
    } else if (!has_udp && had_udp) {
        usctp__path_set_max_packet(assoc, path, path->max_packet + UDP_HEADER_LEN);
    }
}

static void take_port(struct usctp_assoc *assoc, struct usctp__path *path, uint16_t udp_port,
                      usctp_lower_id lower)
{
    bool had_udp = path->udp_port != 0;
    bool other_lower = path->lower != lower;

    path->udp_port = udp_port;
    path->lower = lower;
    encapsulation_changed(assoc, path, had_udp);
    if (other_lower) {
        usctp__path_bound_packet(assoc, path);
    }
}

/* True while a nonce that went to where this packet came from may still be answered. */
static bool was_asked(const struct usctp__path *path, const struct usctp_dgram *dgram)
{
    return path->hb_probe && path->hb_answerable && path->old_udp_port == dgram->remote_udp_port &&
           path->old_lower == dgram->lower;
}

/* A new port: it is used at once, but only for little until it has answered a nonce. */
static void begin_rebinding(struct usctp_assoc *assoc, struct usctp__path *path,
                            const struct usctp_dgram *dgram)
{
    /* Asked already: its answer may be on the way, late. What went to another port does not count. */
    bool asked = was_asked(path, dgram);

    if (!path->rebinding) {
        path->old_udp_port = path->udp_port;
        path->old_lower = path->lower;
    }
    take_port(assoc, path, dgram->remote_udp_port, dgram->lower);
    path->rebinding = true;
    path->rebind_try_cnt = 0;
    path->hb_pending = false;
    path->hb_answerable = asked;
    path->hb_probe = false;
    usctp__path_alarm_clear(path, USCTP__ALARM_HB_ANSWER);
    if (usctp__path_request_heartbeat(assoc, path) != USCTP_OK) {
        usctp__path_schedule_heartbeat(assoc, path);
    }
}

static void end_rebinding(struct usctp__path *path)
{
    if (path->rebinding) {
        path->rebinding = false;
        usctp__pmtud_begin(path->assoc, path);
    }
    path->rebind_try_cnt = 0;
}

void usctp__path_set_udp_port(struct usctp_assoc *assoc, struct usctp__path *path,
                              uint16_t udp_port)
{
    end_rebinding(path);
    take_port(assoc, path, udp_port, path->lower);
}

void usctp__path_rebind_done(struct usctp_assoc *assoc, struct usctp__path *path)
{
    end_rebinding(path);
    /* The peer is there; what it did not answer went elsewhere. */
    assoc->error_cnt = 0;
    usctp__tx_path_moved(assoc, path);
    usctp__rare(assoc)->rebindings++;
    usctp__event_path(assoc, path, USCTP_PATH_CHANGE_REBOUND);
}

void usctp__path_turn_port(struct usctp_assoc *assoc, struct usctp__path *path)
{
    uint16_t udp_port = path->udp_port;
    usctp_lower_id lower = path->lower;

    if (path->rebinding) {
        take_port(assoc, path, path->old_udp_port, path->old_lower);
        path->old_udp_port = udp_port;
        path->old_lower = lower;
    }
}

bool usctp__path_rebind_failed(struct usctp_assoc *assoc, struct usctp__path *path)
{
    uint16_t tried_udp_port = path->udp_port;
    usctp_lower_id tried_lower = path->lower;

    if (++path->rebind_try_cnt < REBIND_TRIES) {
        return false;
    }
    end_rebinding(path);
    take_port(assoc, path, path->old_udp_port, path->old_lower);
    /* The way may have become longer than the RTO knows: an answer that comes yet moves the path. */
    path->hb_probe = path->hb_answerable;
    path->old_udp_port = tried_udp_port;
    path->old_lower = tried_lower;
    usctp__path_schedule_heartbeat(assoc, path);
    return true;
}

bool usctp__path_probe_answered(struct usctp_assoc *assoc, struct usctp__path *path,
                                const struct usctp_dgram *dgram)
{
    if (dgram->remote_udp_port != path->old_udp_port || dgram->lower != path->old_lower ||
        !usctp__addr_match(&path->remote, &dgram->remote)) {
        return false;
    }
    take_port(assoc, path, path->old_udp_port, path->old_lower);
    usctp__path_rebind_done(assoc, path);
    if (assoc->rx.first_sacked && assoc->rx.sack_path == path->id) {
        usctp__rx_sack_asap(assoc); /* those before went where the peer is no more */
    }
    return true;
}

/* True if a packet came from the path's address, but from another port. The path may stand in for an
 * address that it is not: an INIT ACK from elsewhere. */
static bool is_other_port(const struct usctp__path *path, const struct usctp_dgram *dgram)
{
    return (dgram->remote_udp_port != path->udp_port || dgram->lower != path->lower) &&
           path->remote.family != USCTP_AF_NONE && usctp__addr_match(&path->remote, &dgram->remote);
}

/* RFC 6951, 5.4, narrowed: only a packet that carries something new moves the port. */
static void learn_port(struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    struct usctp__path *path = in->path;

    if (path->rebinding && in->dgram->remote_udp_port == path->old_udp_port &&
        in->dgram->lower == path->old_lower) {
        /* The old port speaks on: it never went away. What only acknowledges does not show that: a
         * SACK may have been overtaken by DATA from the new port. */
        if (in->has_data) {
            end_rebinding(path);
            take_port(assoc, path, path->old_udp_port, path->old_lower);
        }
        return;
    }
    begin_rebinding(assoc, path, in->dgram);
}

/* Of an address, never 0. */
static uint32_t hash_of(const struct usctp__core *core, const struct usctp_addr *addr)
{
    uint8_t bytes[USCTP__ADDR_FEED_LEN];

    usctp__addr_feed(addr, bytes);
    return (uint32_t)usctp__siphash13(&core->hash_key, bytes, sizeof(bytes)) | 1;
}

void usctp__path_check_source(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__core *core = assoc->core;
    struct usctp_addr source;
    uint32_t hash;

    if (path->local.family != USCTP_AF_NONE || path->remote.family == USCTP_AF_NONE ||
        !core->ops->source(core, path->lower, &path->remote, &source)) {
        return;
    }
    hash = hash_of(core, &source);
    if (path->source_hash != 0 && path->source_hash != hash) {
        usctp__path_reset(assoc, path); /* RFC 9260, 7.2.5.2 */
    }
    path->source_hash = hash;
}

/* The peer uses a pair of known addresses that is no path yet. What answers it must leave from the
 * address that it was sent to: the pair becomes a path. */
static void learn_pair(struct usctp_assoc *assoc, struct usctp__packet_in *in)
{
    const struct usctp_dgram *dgram = in->dgram;
    struct usctp__path *near = in->path;
    struct usctp__path *path;

    if (near->local.family == USCTP_AF_NONE || dgram->local.family == USCTP_AF_NONE ||
        usctp__addr_match(&near->local, &dgram->local) ||
        !usctp__addr_match(&near->remote, &dgram->remote) ||
        !usctp__path_has_local(assoc, &dgram->local)) {
        return;
    }
    path = usctp__path_add(assoc, dgram->lower, &dgram->local, &dgram->remote,
                           dgram->remote_udp_port, near->state);
    if (path == NULL) {
        return; /* the near one goes on standing in for it */
    }
    if (assoc->rx.sack_path == near->id) {
        assoc->rx.sack_path = path->id;
    }
    in->path = path;
    usctp__path_schedule_heartbeat(assoc, path);
}

/* The packet came the way that ours take back: nothing is to be learned from it. */
static inline bool came_as_known(const struct usctp__path *path, const struct usctp_dgram *dgram)
{
    return dgram->remote_udp_port == path->udp_port && dgram->lower == path->lower &&
           (path->local.family == USCTP_AF_NONE || usctp__addr_same(&path->local, &dgram->local));
}

void usctp__path_learn(struct usctp_assoc *assoc, struct usctp__packet_in *in)
{
    if (in->path == NULL) {
        return;
    }
    if (USCTP__LIKELY(came_as_known(in->path, in->dgram))) {
        in->path->received_packet_cnt++;
        in->path->received_byte_cnt += in->len;
        return;
    }
    if (in->fresh && assoc->was_up) {
        learn_pair(assoc, in);
    }
    in->path->received_packet_cnt++;
    in->path->received_byte_cnt += in->len;
    if (!is_other_port(in->path, in->dgram)) {
        return;
    }
    if (in->fresh) {
        learn_port(assoc, in);
    } else if (in->again && !in->path->rebinding) {
        /* The peer sends again what we have: our SACKs may go where it is no more. Or somebody replays
         * a packet: he who cannot answer for the peer moves nothing. */
        usctp__path_probe_port(assoc, in->path, in->dgram);
    }
}

void usctp__path_on_icmp(struct usctp_assoc *assoc, struct usctp__path *path,
                         const struct usctp_icmp *icmp)
{
    if (icmp->kind == USCTP_ICMP_TOO_BIG && icmp->mtu != 0) {
        usctp__pmtud_on_icmp(assoc, path, icmp->mtu);
        return;
    }
    /* RFC 9260, 10, ICMP9: a reason to look, no more. */
    usctp__path_request_heartbeat(assoc, path);
}
