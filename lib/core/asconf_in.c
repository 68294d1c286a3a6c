/* SPDX-License-Identifier: BSD-3-Clause */
/* Address reconfiguration: what the peer asks for (RFC 5061, 5.2, 5.3). */
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/serial.h"
#include "core/asconf.h"
#include "core/asconf_locals.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/input.h"
#include "wire/asconf.h"
#include "wire/cause.h"

enum { ACK_MAX_LEN = 1024, ERROR_MAX_LEN = 12 + 4 + USCTP__ASCONF_PARAM_MAX_LEN };

/* One ASCONF being processed. */
struct job {
    struct usctp_assoc *assoc;
    struct usctp__packet_in *in;
    struct usctp__writer w; /* the answer */
    bool failed;    /* something was refused: what is done from now on is told, too (5.1, A7) */
    bool fail_rest; /* so are all further requests to add or to delete (F11) */
};

bool usctp__asconf_names(const struct usctp_assoc *assoc, const struct usctp__chunk *chunk)
{
    struct usctp__asconf_chunk asconf;

    return usctp__asconf_parse(&asconf, chunk) && (asconf.address.family == USCTP_AF_NONE ||
                                                   usctp__path_has_remote(assoc, &asconf.address));
}

/* --- Requests --------------------------------------------------------------------------------- */

/* The address meant: that of the request, or where it came from. */
static const struct usctp_addr *meant(const struct job *job,
                                      const struct usctp__asconf_param *param)
{
    return param->addr.family == USCTP_AF_NONE ? &job->in->dgram->remote : &param->addr;
}

static bool forbidden(const struct job *job, const struct usctp__asconf_param *param)
{
    return param->addr.family == USCTP_AF_NONE &&
           (usctp__params(job->assoc)->flags & USCTP_PARAM_NO_WILDCARDS) != 0;
}

/* A path to where the packet came from, by the way it came. */
static struct usctp__path *add_source(struct usctp_assoc *assoc, const struct usctp_dgram *dgram)
{
    return usctp__path_add(assoc, dgram->lower, &dgram->local, &dgram->remote,
                           dgram->remote_udp_port, USCTP_PATH_UNCONFIRMED);
}

/* RFC 5061, 4.2.1, 5.3; returns the cause of a refusal, or 0. */
static uint16_t add(struct job *job, const struct usctp__asconf_param *param)
{
    struct usctp_assoc *assoc = job->assoc;
    const struct usctp_dgram *dgram = job->in->dgram;
    const struct usctp_addr *addr = meant(job, param);
    struct usctp_peer_addr peer = {.addr = *addr, .udp_port = dgram->remote_udp_port};

    if (usctp__path_has_remote(assoc, addr)) {
        return 0; /* it is there */
    }
    if (!usctp__addr_is_ip(addr) || !usctp__addr_is_unicast(addr)) {
        return USCTP__CAUSE_UNRESOLVABLE_ADDRESS;
    }
    if (assoc->core->ops->find_peer(assoc->core, assoc, addr) != NULL) {
        return USCTP__CAUSE_NO_AUTHORIZATION; /* another association has it */
    }
    if (usctp__addr_match(addr, &dgram->remote)) {
        if (usctp__path_could_add(assoc, dgram->lower, addr)) {
            (void)add_source(assoc, dgram);
        }
    } else {
        (void)usctp__path_add_peers(assoc, dgram->lower, &peer, 1, USCTP_PATH_UNCONFIRMED);
    }
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (usctp__addr_match(&path->remote, addr)) {
            usctp__path_rearm_heartbeat(assoc, path); /* F14 */
        }
    }
    return usctp__path_has_remote(assoc, addr) ? 0 : USCTP__CAUSE_RESOURCE_SHORTAGE; /* F9 */
}

/* True if the peer has another address than this one, or this one, to which there is a path to send on. */
static bool reaches(const struct usctp_assoc *assoc, const struct usctp_addr *addr, bool other)
{
    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (usctp__addr_match(&path->remote, addr) != other && !path->leaving) {
            return true;
        }
    }
    return false;
}

/* Takes all paths to this address out, or all others. RFC 5061, 5.3, F13 */
static void remove_paths(struct usctp_assoc *assoc, const struct usctp_addr *addr, bool others)
{
    struct usctp__path *next;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = next) {
        next = path->next;
        if (usctp__addr_match(&path->remote, addr) != others && assoc->paths.cnt > 1) {
            usctp__path_remove(assoc, path);
        }
    }
}

/* RFC 5061, 4.2.2 */
static uint16_t delete_address(struct job *job, const struct usctp__asconf_param *param)
{
    struct usctp_assoc *assoc = job->assoc;
    const struct usctp_addr *source = &job->in->dgram->remote;

    if (param->addr.family == USCTP_AF_NONE) {
        if (!reaches(assoc, source, false)) {
            return USCTP__CAUSE_DELETE_LAST_ADDRESS; /* nothing would be left */
        }
        remove_paths(assoc, source, true);
        return 0;
    }
    if (!usctp__path_has_remote(assoc, &param->addr)) {
        return USCTP__CAUSE_UNRESOLVABLE_ADDRESS;
    }
    if (!reaches(assoc, &param->addr, true)) {
        return USCTP__CAUSE_DELETE_LAST_ADDRESS; /* F7 */
    }
    if (usctp__addr_match(&param->addr, source)) {
        return USCTP__CAUSE_DELETE_SOURCE_ADDRESS; /* F8 */
    }
    remove_paths(assoc, &param->addr, false);
    return 0;
}

bool usctp__asconf_prefer(struct usctp_assoc *assoc, const struct usctp_addr *addr)
{
    struct usctp__path *waiting = NULL;
    struct usctp__asconf *asconf;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (!usctp__addr_match(&path->remote, addr)) {
            continue;
        }
        if (path->state != USCTP_PATH_UNCONFIRMED) {
            usctp__path_set_primary(assoc, path);
            return true;
        }
        waiting = path;
    }
    asconf = waiting != NULL ? usctp__asconf_use(assoc) : NULL;
    if (asconf == NULL) {
        return false;
    }
    asconf->wanted_primary = waiting->id; /* RFC 9260, 5.4: once it has answered */
    return true;
}

/* RFC 5061, 4.2.4, 5.4: what cannot be found is not honoured. */
static uint16_t set_primary(struct job *job, const struct usctp__asconf_param *param)
{
    return usctp__asconf_prefer(job->assoc, meant(job, param)) ? 0
                                                               : USCTP__CAUSE_UNRESOLVABLE_ADDRESS;
}

void usctp__asconf_confirmed(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__asconf *asconf = assoc->auth->asconf;

    if (asconf->wanted_primary == path->id) {
        asconf->wanted_primary = USCTP_PATH_ANY;
        usctp__path_set_primary(assoc, path);
    }
    /* What waits for an address that has not answered goes to this one. */
    for (struct usctp__path *other = assoc->paths.first; other != NULL; other = other->next) {
        if (other->state == USCTP_PATH_UNCONFIRMED && other->tx_lost_cnt > 0) {
            usctp__tx_path_doubtful(assoc, other);
        }
    }
}

/* --- One chunk -------------------------------------------------------------------------------- */

static void answer(struct job *job, const struct usctp__asconf_param *param, uint16_t cause)
{
    if (cause != 0) {
        job->failed = true;
        usctp__asconf_write_error(&job->w, param->id, cause, &param->all);
    } else if (job->failed) {
        size_t pos = usctp__param_begin(&job->w, USCTP__PARAM_SUCCESS_INDICATION);

        usctp__writer_u32(&job->w, param->id);
        usctp__param_end(&job->w, pos);
    }
}

/* False: what follows is not looked at. */
static bool process_one(struct job *job, const struct usctp__asconf_param *param)
{
    uint16_t cause = 0;

    switch (param->type) {
    case USCTP__PARAM_ADD_IP:
    case USCTP__PARAM_DELETE_IP:
        if (job->fail_rest) {
            cause = USCTP__CAUSE_RESOURCE_SHORTAGE; /* F11 */
        } else if (!param->has_addr) {
            cause = USCTP__CAUSE_UNRESOLVABLE_ADDRESS;
        } else if (forbidden(job, param)) {
            cause = USCTP__CAUSE_NO_AUTHORIZATION; /* 4.3.5 */
        } else {
            cause =
                param->type == USCTP__PARAM_ADD_IP ? add(job, param) : delete_address(job, param);
        }
        job->fail_rest = job->fail_rest || cause != 0;
        break;
    case USCTP__PARAM_SET_PRIMARY:
        cause = !param->has_addr        ? USCTP__CAUSE_UNRESOLVABLE_ADDRESS
                : forbidden(job, param) ? USCTP__CAUSE_NO_AUTHORIZATION
                                        : set_primary(job, param);
        break;
    default:
        /* RFC 5061, 5.2, V2 */
        if (!usctp__param_unknown_reports(param->type)) {
            return !usctp__param_unknown_stops(param->type);
        }
        cause = USCTP__CAUSE_UNRECOGNIZED_PARAMS;
        answer(job, param, cause);
        return !usctp__param_unknown_stops(param->type);
    }
    answer(job, param, cause);
    return true;
}

bool usctp__asconf_keep(struct usctp_assoc *assoc, uint32_t seq, const uint8_t *chunk, size_t len)
{
    struct usctp__asconf *asconf = assoc->auth->asconf;
    struct usctp__asconf_ack *ack = &asconf->acks[asconf->ack_at];

    if (ack->chunk != NULL) {
        usctp__bufpool_put(&assoc->core->bufs, ack->chunk, ack->cap);
    }
    ack->chunk = usctp__bufpool_get(&assoc->core->bufs, len, &ack->cap);
    if (ack->chunk != NULL) {
        memcpy(ack->chunk, chunk, len);
        ack->len = len;
        ack->seq = seq;
        asconf->ack_at = (asconf->ack_at + 1) % USCTP__ASCONF_ACK_CNT;
    }
    return ack->chunk != NULL;
}

/* RFC 5061, 5.2, E6: to where it came from, which may be an address that was just added. */
static void reply(struct usctp_assoc *assoc, struct usctp__packet_in *in, const uint8_t *chunk,
                  size_t len)
{
    if (in->path == NULL) {
        in->path = usctp__path_of_source(assoc, in->dgram);
    }
    usctp__ctrl_push(assoc, in->path, USCTP__CTRL_REPLY, chunk, len);
}

/* RFC 5061, 5.2, E2 */
static void answer_again(struct usctp_assoc *assoc, struct usctp__packet_in *in, uint32_t seq)
{
    for (unsigned i = 0; i < USCTP__ASCONF_ACK_CNT; i++) {
        const struct usctp__asconf_ack *ack = &assoc->auth->asconf->acks[i];

        if (ack->chunk != NULL && ack->seq == seq) {
            reply(assoc, in, ack->chunk, ack->len);
        }
    }
}

/* RFC 5061, 5.1.1, C5: no answer is larger than the way back bears. */
static size_t answer_room(const struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    size_t len = in->path != NULL ? in->path->max_packet : usctp__params(assoc)->max_packet;

    len -= USCTP__PACKET_HEADER_LEN + usctp__auth_len(assoc, USCTP__CHUNK_ASCONF_ACK);
    return USCTP__MIN(len, (size_t)ACK_MAX_LEN);
}

static void process(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                    const struct usctp__asconf_chunk *asconf)
{
    uint8_t chunk[ACK_MAX_LEN];
    struct job job = {assoc, in, usctp__writer_make(chunk, answer_room(assoc, in)), false, false};
    struct usctp__asconf_param param;
    struct usctp__param_iter iter;
    size_t pos = usctp__chunk_begin(&job.w, USCTP__CHUNK_ASCONF_ACK, 0);

    usctp__writer_u32(&job.w, asconf->seq);
    usctp__param_iter_init(&iter, asconf->params, asconf->params_len);
    /* V1: in their order. What has no room for its answer is not done. */
    while (usctp__asconf_next(&iter, &param) == 1 &&
           usctp__writer_room(&job.w) >= ERROR_MAX_LEN + param.all.len &&
           process_one(&job, &param)) {
    }
    usctp__chunk_end(&job.w, pos);
    USCTP__ASSERT(!job.w.failed);
    assoc->auth->asconf->peer_seq = asconf->seq; /* V5 */
    (void)usctp__asconf_keep(assoc, asconf->seq, chunk, job.w.len);
    reply(assoc, in, chunk, job.w.len);
}

enum usctp__verdict usctp__on_asconf(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                     const struct usctp__chunk *chunk)
{
    struct usctp__asconf_chunk asconf;

    if (!usctp__asconf_parse(&asconf, chunk)) {
        assoc->core->stats.dropped_malformed++;
        return USCTP__STOP;
    }
    if (usctp__asconf_use(assoc) == NULL) {
        assoc->core->stats.dropped_memory++;
        return USCTP__STOP;
    }
    if (asconf.seq == assoc->auth->asconf->peer_seq + 1) {
        in->fresh = true;
        process(assoc, in, &asconf); /* E1, E4 */
    } else if (usctp__s32_lt(asconf.seq, assoc->auth->asconf->peer_seq + 1)) {
        answer_again(assoc, in, asconf.seq);
    } else {
        assoc->core->stats.dropped_unexpected++; /* E5 */
    }
    return in->path != NULL ? USCTP__NEXT
                            : USCTP__STOP; /* what is not the peer's is not looked at */
}
