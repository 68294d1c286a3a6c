/* SPDX-License-Identifier: BSD-3-Clause */
/* Handover: an association made of what a string says. Only memory can be missing from here on. */
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/serial.h"
#include "base/time.h"
#include "core/asconf_locals.h"
#include "core/assoc.h"
#include "core/ecn.h"
#include "core/ext.h"
#include "core/handover.h"
#include "core/pmtud.h"
#include "core/reconf.h"
#include "wire/packet.h"

/* --- Addresses and paths ---------------------------------------------------------------------- */

static bool same_locals(const struct usctp__addr_list *list, struct usctp__reader r)
{
    struct usctp_addr addr;
    uint32_t i = 0;

    while (list != NULL && usctp__handover_next_addr(&r, &addr)) {
        if (i >= list->cnt || !usctp__addr_equal(&addr, &list->addrs[i])) {
            return false;
        }
        i++;
    }
    return list != NULL && i == list->cnt;
}

/* The list is the endpoint's, or one of its own: addresses may have changed (RFC 5061). */
static int take_locals(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    struct usctp__core *core = assoc->core;
    struct usctp__addr_list *list = NULL;
    struct usctp__reader r = handover->locals;
    size_t cnt = r.left / USCTP__HANDOVER_ADDR_LEN;

    if (handover->lists_locals && same_locals(assoc->locals, r)) {
        return USCTP_OK;
    }
    if (handover->lists_locals) {
        list = usctp__addrs_new(core, NULL, cnt);
        if (list == NULL) {
            return USCTP_ENOMEM;
        }
        for (size_t i = 0; i < cnt; i++) {
            (void)usctp__handover_next_addr(&r, &list->addrs[i]);
        }
    }
    usctp__addrs_unref(core, assoc->locals);
    assoc->locals = list;
    return USCTP_OK;
}

/* When something was that long ago; never 0, which stands for "never". */
static uint64_t ago(const struct usctp_assoc *assoc, uint64_t dur)
{
    return USCTP__MAX(usctp__time_sub(assoc->core->now_ts, dur), 1);
}

/* The largest packet: what was found by probing counts on where probing goes on (RFC 8899), and the lower layer
 * here bears it. */
static uint32_t packet_limit(const struct usctp__path *path, uint32_t found)
{
    struct usctp__core *core = path->assoc->core;
    size_t told = core->ops->max_packet(core, path->lower, &path->local, &path->remote);
    uint32_t top = path->set->search_max_packet;

    if (found <= path->max_packet || path->set->probe_interval_dur == 0 ||
        (core->ops->lower_flags(core, path->lower) & USCTP_LOWER_PROBES) == 0) {
        return USCTP__MIN(found, path->max_packet);
    }
    if (told != 0 && told < top) {
        top = (uint32_t)told;
    }
    top = USCTP__MIN(found, top & ~UINT32_C(3));
    return USCTP__MAX(top, path->max_packet);
}

/* What was measured of the path. Its limits here may be other ones. */
static void take_measures(struct usctp__path *path, const struct usctp__handover_path *from)
{
    path->rto.srtt_dur = from->srtt_dur;
    path->rto.rttvar_dur = from->rttvar_dur;
    path->rto.rto_dur = USCTP__MIN(from->rto_dur, path->set->bounds.max_dur);
    path->max_packet = packet_limit(path, from->max_packet);
    path->cc.mtu = path->max_packet - USCTP__PACKET_HEADER_LEN;
    path->cc.cwnd = USCTP__MAX(from->cwnd, path->cc.mtu);
    path->cc.ssthresh = from->ssthresh;
    path->cc.partial_bytes_acked = from->partial_bytes_acked;
    path->cc.idle_since_ts = ago(path->assoc, from->idle_dur);
}

static void take_path_counters(struct usctp__path *path, const struct usctp__handover_path *from)
{
    path->sent_packet_cnt = from->sent_packet_cnt;
    path->sent_byte_cnt = from->sent_byte_cnt;
    path->received_packet_cnt = from->received_packet_cnt;
    path->received_byte_cnt = from->received_byte_cnt;
    path->retransmit_cnt = from->retransmit_cnt;
    path->t3_cnt = from->t3_cnt;
    path->fast_retransmit_cnt = from->fast_retransmit_cnt;
    path->oversize_cnt = from->oversize_cnt;
}

static int take_path(struct usctp_assoc *assoc, usctp_lower_id lower,
                     const struct usctp__handover_path *from)
{
    struct usctp__path *path;

    assoc->paths.next_id = from->id;
    path = usctp__path_add(assoc, lower, &from->local, &from->remote, from->udp_port,
                           (enum usctp_path_state)from->state);
    if (path == NULL) {
        return USCTP_ENOMEM;
    }
    path->heartbeat_on = from->heartbeat != 0;
    path->dscp = from->dscp;
    path->unannounced = from->unannounced != 0;
    if (from->owns_set) {
        struct usctp__path_settings *own = usctp__path_own_settings(assoc, path);

        if (own == NULL) {
            return USCTP_ENOMEM;
        }
        *own = from->set;
        usctp__path_set_max_packet(assoc, path, own->max_packet);
    }
    usctp__path_bound_packet(assoc, path);
    take_measures(path, from);
    take_path_counters(path, from);
    path->last_data_ts = from->data_dur != USCTP__NEVER ? ago(assoc, from->data_dur) : 0;
    return USCTP_OK;
}

/* Errors decide which path is used: they count once the primary is known. */
static void take_errors(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    for (size_t i = 0; i < handover->path_cnt; i++) {
        struct usctp__path *path = usctp__path_by_id(assoc, handover->paths[i].id);

        path->error_cnt = USCTP__MIN(handover->paths[i].error_cnt, usctp__path_error_limit(path));
    }
}

static int take_paths(struct usctp_assoc *assoc, const struct usctp__handover *handover,
                      const usctp_lower_id *lowers)
{
    for (size_t i = 0; i < handover->path_cnt; i++) {
        int error = take_path(assoc, lowers[i], &handover->paths[i]);

        if (error != USCTP_OK) {
            return error;
        }
    }
    assoc->paths.next_id = handover->assoc.next_path_id;
    assoc->paths.primary = usctp__path_by_id(assoc, handover->assoc.primary);
    take_errors(assoc, handover);
    usctp__path_choose(assoc);
    return USCTP_OK;
}

/* --- Numbers and streams ---------------------------------------------------------------------- */

/* TSNs, windows, chunks of the right kind. */
static void take_numbers(struct usctp_assoc *assoc, const struct usctp__handover_assoc *from)
{
    assoc->peer_tag = from->peer_tag;
    assoc->my_tie_tag = from->my_tie_tag;
    assoc->peer_tie_tag = from->peer_tie_tag;
    assoc->my_initial_tsn = from->my_initial_tsn;
    assoc->peer_initial_tsn = from->peer_initial_tsn;
    assoc->extensions = from->extensions;
    assoc->out_streams = from->out_streams;
    assoc->in_streams = from->in_streams;
    assoc->sack_expiries = from->sack_expiries;
    assoc->active = from->active != 0;
    assoc->error_cnt = USCTP__MIN(from->error_cnt, usctp__params(assoc)->assoc_max_retrans);
    usctp__tx_init(assoc, from->my_initial_tsn);
    usctp__rx_init(assoc, from->cum_tsn + 1, from->credit);
    usctp__tx_peer(assoc, from->peer_window, from->out_streams);
    usctp__tx_renumber(assoc, from->next_tsn);
    assoc->tx.peer_max_window = USCTP__MAX(from->peer_max_window, from->peer_window);
    if (from->low_water_set) {
        usctp__tx_set_low_water(assoc, from->low_water);
    }
    assoc->rx.first_sacked = from->first_sacked != 0;
    assoc->rx.reasm.skips = from->skips != 0;
    assoc->rx.advertised = from->advertised;
    assoc->rx.window = USCTP__MAX(
        assoc->rx.window, USCTP__MIN(from->window, usctp__tune_window_cap(usctp__params(assoc))));
}

static bool take_streams_out(struct usctp_assoc *assoc, struct usctp__reader r)
{
    struct usctp__streams_out *streams = &assoc->tx.outq.streams;

    while (r.left > 0) {
        uint16_t id = usctp__reader_u16(&r);
        uint32_t ssn = usctp__reader_u32(&r);
        uint32_t mid = usctp__reader_u32(&r);
        struct usctp__stream_out *stream;

        if (id < USCTP__STREAM_NEAR_CNT) {
            streams->near_ssn[id] = ssn; /* as when they were trimmed */
            streams->near_mid[id] = mid;
            continue;
        }
        stream = usctp__stream_out_get(assoc->core, streams, id);
        if (stream == NULL) {
            return false;
        }
        stream->next_ssn = ssn;
        stream->next_mid = mid;
    }
    return true;
}

static bool take_streams_in(struct usctp_assoc *assoc, struct usctp__reader r)
{
    while (r.left > 0) {
        uint16_t id = usctp__reader_u16(&r);
        uint32_t next = usctp__reader_u32(&r);
        uint32_t *place = usctp__stream_in_get(&assoc->rx.reasm.streams, assoc->core, id);

        if (place == NULL) {
            return false;
        }
        *place = next;
    }
    return true;
}

static bool take_passed(struct usctp_assoc *assoc, struct usctp__reader r)
{
    while (r.left > 0) {
        uint16_t id = usctp__reader_u16(&r);
        uint32_t last = usctp__reader_u32(&r);

        if (!usctp__reasm_set_passed(&assoc->rx.reasm, id, (uint16_t)last, last >> 16)) {
            return false;
        }
    }
    return true;
}

static bool take_marks(struct usctp_assoc *assoc, struct usctp__reader r)
{
    while (r.left > 0) {
        uint16_t id = usctp__reader_u16(&r);

        if (usctp__stream_out_set_low_water(assoc, id, usctp__reader_u32(&r)) != USCTP_OK) {
            return false;
        }
    }
    return true;
}

static bool take_values(struct usctp_assoc *assoc, struct usctp__reader r)
{
    while (r.left > 0) {
        uint16_t id = usctp__reader_u16(&r);

        if (usctp__tx_set_value(assoc, id, usctp__reader_u16(&r)) != USCTP_OK) {
            return false;
        }
    }
    return true;
}

static bool take_streams(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    return take_streams_out(assoc, handover->streams_out) &&
           take_streams_in(assoc, handover->streams_in) && take_passed(assoc, handover->passed) &&
           take_marks(assoc, handover->marks) && take_values(assoc, handover->values);
}

/* --- Extensions ------------------------------------------------------------------------------- */

static bool take_reconf(struct usctp_assoc *assoc, const struct usctp__handover_reconf *from)
{
    struct usctp__reconf *reconf = usctp__reconf_get(assoc);

    if (reconf == NULL) {
        return false;
    }
    reconf->next_seq = from->next_seq;
    reconf->expected = from->expected;
    reconf->seen.seq = from->seen_seq;
    reconf->seen.cnt = from->seen_cnt;
    reconf->seen.results[0] = from->result0;
    reconf->seen.results[1] = from->result1;
    reconf->seen.performed_tsn = from->performed_tsn != 0;
    reconf->seen.my_tsn = from->my_tsn;
    reconf->seen.peer_tsn = from->peer_tsn;
    reconf->tsn_ts = from->tsn_dur != USCTP__NEVER ? ago(assoc, from->tsn_dur) : 0;
    return true;
}

static bool take_asconf(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    const struct usctp__handover_asconf *from = &handover->asconf;
    struct usctp__asconf *asconf = usctp__asconf_use(assoc);

    if (asconf == NULL) {
        return false;
    }
    asconf->next_seq = from->next_seq;
    asconf->peer_seq = from->peer_seq;
    asconf->wanted_primary = from->wanted_primary;
    asconf->refused = from->refused != 0;
    asconf->no_primary = from->no_primary != 0;
    for (size_t i = 0; i < handover->ack_cnt; i++) {
        if (!usctp__asconf_keep(assoc, handover->acks[i].seq, handover->acks[i].chunk,
                                handover->acks[i].len)) {
            return false;
        }
    }
    return true;
}

/* TSNs of marks lie near those of the association. */
static bool take_ecn(struct usctp_assoc *assoc, const struct usctp__handover_ecn *from)
{
    struct usctp__ecn *ecn = usctp__ecn_use(assoc);

    if (ecn == NULL) {
        return false;
    }
    ecn->marked_tsn = usctp__rxmap_unwrap(&assoc->rx.map, from->marked_tsn);
    ecn->reduced_tsn = usctp__unwrap32(assoc->tx.ring.next, from->reduced_tsn);
    ecn->reduced_path = from->reduced_path;
    ecn->echo = from->echo != 0;
    ecn->lost_beyond = from->lost_beyond != 0;
    return true;
}

/* The set of keys that the association had begins as a new one has it. */
static bool take_keys(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    struct usctp__auth_set *set = &assoc->auth->set;
    struct usctp__reader r = handover->sections;
    struct usctp__reader section;
    unsigned type;

    usctp__auth_set_clear(assoc->core, set);
    while (usctp__handover_next(&r, &type, &section)) {
        struct usctp__handover_key from;
        struct usctp__auth_key *key;

        if (type != USCTP__HANDOVER_AUTH_KEY || !usctp__handover_read_key(&section, &from)) {
            continue;
        }
        if (usctp__auth_set_add_key(assoc->core, set, from.id, from.secret, from.len) != USCTP_OK) {
            return false;
        }
        key = usctp__auth_set_key(set, from.id);
        key->retired = from.retired != 0;
        key->free_told = from.free_told != 0;
        key->seen = from.seen != 0;
    }
    return true;
}

static bool take_auth(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    const struct usctp__handover_auth *from = &handover->auth;
    struct usctp__auth_set *set = &assoc->auth->set;

    if (!take_keys(assoc, handover)) {
        return false;
    }
    set->active = from->active;
    set->hmac_cnt = from->hmac_cnt;
    set->hmacs[0] = from->hmac0;
    set->hmacs[1] = from->hmac1;
    set->chunks = from->chunks;
    usctp__auth_take_vectors(assoc, &from->mine, &from->peer);
    return true;
}

static bool take_extensions(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    return (!handover->has_auth || take_auth(assoc, handover)) &&
           (!handover->has_reconf || take_reconf(assoc, &handover->reconf)) &&
           (!handover->has_asconf || take_asconf(assoc, handover)) &&
           (!handover->has_ecn || take_ecn(assoc, &handover->ecn));
}

/* --- Counters --------------------------------------------------------------------------------- */

static bool take_abandoned(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    struct usctp__reader r = handover->sections;
    struct usctp__reader section;
    unsigned type;

    if (!usctp__pr_restore(assoc, &handover->abandoned)) {
        return false;
    }
    while (usctp__handover_next(&r, &type, &section)) {
        struct usctp__pr_counters counters;
        uint16_t id;

        if (type != USCTP__HANDOVER_ABANDONED_STREAM) {
            continue;
        }
        id = usctp__reader_u16(&section);
        usctp__handover_read_fields(&section, &usctp__handover_abandoned_fields, &counters);
        if (!usctp__pr_restore_stream(assoc, id, &counters)) {
            return false;
        }
    }
    return true;
}

static bool take_counters(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    if (handover->has_counters) {
        assoc->counters = handover->counters;
    }
    if (handover->has_rare) {
        (void)usctp__rare(assoc); /* makes them */
        if (assoc->rare == NULL) {
            return false;
        }
    }
    if (assoc->rare != NULL) {
        *assoc->rare = handover->rare; /* without what was counted here while paths were made */
    }
    return !handover->has_abandoned || take_abandoned(assoc, handover);
}

/* --- All of it -------------------------------------------------------------------------------- */

/* It is up, as if it had always been here: no event says so. */
static void rise(struct usctp_assoc *assoc, const struct usctp__handover *handover)
{
    usctp__assoc_set_state(assoc, USCTP_STATE_ESTABLISHED);
    assoc->was_up = true;
    assoc->handed_over = true;
    usctp__path_start(assoc);
    take_errors(assoc, handover); /* that has cleared them */
    for (size_t i = 0; i < handover->path_cnt; i++) {
        usctp__pmtud_resume(assoc, usctp__path_by_id(assoc, handover->paths[i].id),
                            handover->paths[i].search_high, handover->paths[i].search_dur);
    }
    usctp__assoc_active(assoc);
}

int usctp__handover_fill(struct usctp_assoc *assoc, const struct usctp__handover *handover,
                         const usctp_lower_id *lowers)
{
    int error;

    if (!usctp__assoc_new_tag(assoc, handover->assoc.my_tag)) {
        return USCTP_ENOMEM; /* it is free, as the caller has seen */
    }
    error = take_locals(assoc, handover);
    if (error == USCTP_OK) {
        error = take_paths(assoc, handover, lowers);
    }
    if (error != USCTP_OK) {
        return error;
    }
    take_numbers(assoc, &handover->assoc);
    if (!take_streams(assoc, handover) || !take_extensions(assoc, handover) ||
        !take_counters(assoc, handover)) {
        return USCTP_ENOMEM;
    }
    if ((assoc->extensions & USCTP__EXT_AUTH) == 0) {
        usctp__auth_free(assoc); /* it was offered in vain */
    } else if (assoc->auth->hmac == 0) {
        return USCTP_EFORMAT; /* what the peer asks for is nothing we have */
    }
    rise(assoc, handover);
    return USCTP_OK;
}
