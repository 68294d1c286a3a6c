/* SPDX-License-Identifier: BSD-3-Clause */
/* Handover: whether an association is quiet, and writing it. */
#include <string.h>

#include "base/compiler.h"
#include "base/crc32c.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/ecn.h"
#include "core/handover.h"
#include "core/pmtud.h"
#include "core/reconf.h"

/* --- Why not ---------------------------------------------------------------------------------- */

/* Packets that the lower layer has yet to take would leave after all. */
static bool has_packets(const struct usctp_assoc *assoc)
{
    const struct usctp__slab *slab = &assoc->core->slab;

    for (size_t i = 0; i < slab->cnt; i++) {
        if (slab->assoc_ids[i] == assoc->id) {
            return true;
        }
    }
    return false;
}

static bool has_holes(const struct usctp__rx *rx)
{
    const struct usctp__reasm *reasm = &rx->reasm;

    return rx->map.gap_cnt > 0 || reasm->len > 0 || reasm->tail != NULL || reasm->partial ||
           reasm->stuck || usctp__reasm_mid_cnt(reasm) > 0;
}

static bool owes_sack(const struct usctp__rx *rx)
{
    return rx->sack_now || rx->unsacked_packets > 0 || rx->map.dup_cnt > 0;
}

/* A request of ours, or one of the peer, is not through. */
static bool reconfigures(const struct usctp__reconf *reconf)
{
    if (reconf == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < reconf->seen.cnt; i++) {
        if (reconf->seen.results[i] == USCTP__RECONF_IN_PROGRESS) {
            return true;
        }
    }
    return reconf->request.kinds != 0 || reconf->deferred.on || reconf->drains || reconf->announce;
}

/* RFC 5061: a request of ours was not answered. */
static bool changes_addresses(const struct usctp_assoc *assoc)
{
    return usctp__asconf_of(assoc) != NULL && usctp__asconf_of(assoc)->request_cnt > 0;
}

/* RFC 6951, 5.4: a UDP port was learned, and has not answered. */
static bool learns_port(const struct usctp_assoc *assoc)
{
    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->rebinding) {
            return true;
        }
    }
    return false;
}

static unsigned reason_if(bool holds, enum usctp_handover_reason reason)
{
    return holds ? (unsigned)reason : 0;
}

unsigned usctp__handover_reasons(const struct usctp_assoc *assoc)
{
    const struct usctp__tx *tx = &assoc->tx;
    const struct usctp__rx *rx = &assoc->rx;

    if (assoc->state != USCTP_STATE_ESTABLISHED || assoc->ended) {
        return USCTP_HANDOVER_STATE;
    }
    return reason_if(tx->outq.msg_cnt > 0 || tx->outq.open != NULL, USCTP_HANDOVER_UNSENT) |
           reason_if(!usctp__txring_empty(&tx->ring), USCTP_HANDOVER_UNACKED) |
           reason_if(!usctp__eventq_empty(&assoc->events), USCTP_HANDOVER_UNDELIVERED) |
           reason_if(rx->kept != NULL || rx->app_bytes > 0, USCTP_HANDOVER_KEPT) |
           reason_if(has_holes(rx), USCTP_HANDOVER_INCOMPLETE) |
           reason_if(owes_sack(rx), USCTP_HANDOVER_SACK) |
           reason_if(assoc->ctrl.queue.first != NULL || has_packets(assoc),
                     USCTP_HANDOVER_CONTROL) |
           reason_if(reconfigures(assoc->reconf), USCTP_HANDOVER_RECONFIG) |
           reason_if(changes_addresses(assoc), USCTP_HANDOVER_ADDRESSES) |
           reason_if(learns_port(assoc), USCTP_HANDOVER_REBINDING);
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* Where the string goes: what does not fit is counted only. */
struct out {
    uint8_t *base;
    size_t cap;
    size_t len;
};

static void put(struct out *out, const void *bytes, size_t len)
{
    if (len > 0 && out->len <= out->cap && len <= out->cap - out->len) {
        memcpy(out->base + out->len, bytes, len);
    }
    out->len += len;
}

static void put8(struct out *out, uint8_t value)
{
    put(out, &value, sizeof(value));
}

static void put16(struct out *out, uint16_t value)
{
    uint8_t bytes[2];

    usctp__put16(bytes, value);
    put(out, bytes, sizeof(bytes));
}

static void put32(struct out *out, uint32_t value)
{
    uint8_t bytes[4];

    usctp__put32(bytes, value);
    put(out, bytes, sizeof(bytes));
}

static void put64(struct out *out, uint64_t value)
{
    uint8_t bytes[8];

    usctp__put64(bytes, value);
    put(out, bytes, sizeof(bytes));
}

static void patch32(struct out *out, size_t at, uint32_t value)
{
    if (at + 4 <= out->cap) {
        usctp__put32(out->base + at, value);
    }
}

static void put_fields(struct out *out, const struct usctp__handover_fields *fields,
                       const void *base)
{
    for (size_t i = 0; i < fields->cnt; i++) {
        uint64_t value = usctp__handover_get(base, &fields->fields[i]);

        switch (fields->fields[i].len) {
        case 1:
            put8(out, (uint8_t)value);
            break;
        case 2:
            put16(out, (uint16_t)value);
            break;
        case 4:
            put32(out, (uint32_t)value);
            break;
        default:
            put64(out, value);
            break;
        }
    }
}

static void put_addr(struct out *out, const struct usctp_addr *addr)
{
    put8(out, addr->family);
    put32(out, addr->scope_id);
    put(out, addr->bytes, sizeof(addr->bytes));
}

/* Begins a section; returns where its contents begin. */
static size_t begin(struct out *out, enum usctp__handover_section type)
{
    put16(out, (uint16_t)type);
    put16(out, 0);
    put32(out, 0);
    return out->len;
}

static void end(struct out *out, size_t start)
{
    patch32(out, start - 4, (uint32_t)(out->len - start));
}

/* The same for a list, which is left out where it is empty. */
static void end_list(struct out *out, size_t start)
{
    if (out->len == start) {
        out->len = start - USCTP__HANDOVER_SECTION_LEN;
    } else {
        end(out, start);
    }
}

static void put_struct(struct out *out, enum usctp__handover_section type,
                       const struct usctp__handover_fields *fields, const void *base)
{
    size_t start = begin(out, type);

    put_fields(out, fields, base);
    end(out, start);
}

/* --- What goes out ---------------------------------------------------------------------------- */

static uint32_t at_most32(uint64_t value)
{
    return (uint32_t)USCTP__MIN(value, UINT32_MAX);
}

static void put_assoc(struct out *out, const struct usctp_assoc *assoc)
{
    const struct usctp__tx *tx = &assoc->tx;
    const struct usctp__rx *rx = &assoc->rx;
    struct usctp__handover_assoc own;

    memset(&own, 0, sizeof(own));
    own.my_port = assoc->my_port;
    own.peer_port = assoc->peer_port;
    own.my_tag = assoc->my_tag;
    own.peer_tag = assoc->peer_tag;
    own.my_tie_tag = assoc->my_tie_tag;
    own.peer_tie_tag = assoc->peer_tie_tag;
    own.my_initial_tsn = assoc->my_initial_tsn;
    own.peer_initial_tsn = assoc->peer_initial_tsn;
    own.next_tsn = (uint32_t)tx->ring.next;
    own.cum_tsn = usctp__rx_cum_tsn(assoc);
    own.extensions = assoc->extensions;
    own.error_cnt = assoc->error_cnt;
    own.peer_window = tx->peer_window;
    own.peer_max_window = tx->peer_max_window;
    own.credit = at_most32(usctp__time_sub(rx->edge, rx->received_bytes));
    own.advertised = rx->advertised;
    own.window = rx->window;
    own.low_water = tx->low_water;
    own.low_water_set = tx->low_water_set;
    own.next_path_id = assoc->paths.next_id;
    own.primary = assoc->paths.primary->id;
    own.sack_expiries = assoc->sack_expiries;
    own.out_streams = assoc->out_streams;
    own.in_streams = assoc->in_streams;
    own.active = assoc->active;
    own.first_sacked = rx->first_sacked;
    own.skips = rx->reasm.skips;
    put_struct(out, USCTP__HANDOVER_ASSOC, &usctp__handover_assoc_fields, &own);
}

static void put_locals(struct out *out, const struct usctp__addr_list *locals)
{
    size_t start;

    if (locals == NULL) {
        return;
    }
    start = begin(out, USCTP__HANDOVER_LOCALS);
    for (uint32_t i = 0; i < locals->cnt; i++) {
        put_addr(out, &locals->addrs[i]);
    }
    end(out, start);
}

static void put_path(struct out *out, const struct usctp__path *path)
{
    uint64_t now_ts = path->assoc->core->now_ts;
    struct usctp__handover_path own;
    size_t start = begin(out, USCTP__HANDOVER_PATH);

    memset(&own, 0, sizeof(own));
    own.id = path->id;
    own.max_packet = path->max_packet;
    own.error_cnt = path->error_cnt;
    own.cwnd = path->cc.cwnd;
    own.ssthresh = path->cc.ssthresh;
    own.partial_bytes_acked = path->cc.partial_bytes_acked;
    own.srtt_dur = path->rto.srtt_dur;
    own.rttvar_dur = path->rto.rttvar_dur;
    own.rto_dur = path->rto.rto_dur;
    own.idle_dur = usctp__time_sub(now_ts, path->cc.idle_since_ts);
    own.data_dur =
        path->last_data_ts != 0 ? usctp__time_sub(now_ts, path->last_data_ts) : USCTP__NEVER;
    own.sent_packet_cnt = path->sent_packet_cnt;
    own.sent_byte_cnt = path->sent_byte_cnt;
    own.received_packet_cnt = path->received_packet_cnt;
    own.received_byte_cnt = path->received_byte_cnt;
    own.retransmit_cnt = path->retransmit_cnt;
    own.t3_cnt = path->t3_cnt;
    own.fast_retransmit_cnt = path->fast_retransmit_cnt;
    own.oversize_cnt = path->oversize_cnt;
    own.udp_port = path->udp_port;
    own.state = path->state;
    own.heartbeat = path->heartbeat_on;
    own.dscp = path->dscp;
    own.unannounced = path->unannounced;
    own.search_dur = usctp__pmtud_state(path, &own.search_high);
    put_addr(out, &path->local);
    put_addr(out, &path->remote);
    put_fields(out, &usctp__handover_path_fields, &own);
    end(out, start);
    if (path->owns_set) {
        put_struct(out, USCTP__HANDOVER_PATH_SETTINGS, &usctp__handover_set_fields, path->set);
    }
}

static void put_stream_out(struct out *out, uint16_t id, uint32_t ssn, uint32_t mid)
{
    if ((ssn | mid) != 0) {
        put16(out, id);
        put32(out, ssn);
        put32(out, mid);
    }
}

static void put_streams_out(struct out *out, const struct usctp__streams_out *streams)
{
    size_t start = begin(out, USCTP__HANDOVER_STREAMS_OUT);
    const struct usctp__stream_out *stream;

    for (uint16_t id = 0; streams->head == NULL && id < USCTP__STREAM_NEAR_CNT; id++) {
        put_stream_out(out, id, streams->near_ssn[id], streams->near_mid[id]);
    }
    for (uint32_t id = 0; (stream = usctp__stream_out_next(streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        put_stream_out(out, stream->id, stream->next_ssn, stream->next_mid);
    }
    end_list(out, start);
}

/* They may have been set of streams that the peer has not agreed to. */
static void put_marks(struct out *out, const struct usctp_assoc *assoc)
{
    size_t start = begin(out, USCTP__HANDOVER_STREAM_MARKS);
    const struct usctp__stream_out *stream;

    for (uint32_t id = 0; (stream = usctp__stream_out_next(&assoc->tx.outq.streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        if (stream->low_set && stream->id < assoc->out_streams) {
            put16(out, stream->id);
            put32(out, stream->low_water);
        }
    }
    end_list(out, start);
}

static void put_streams_in(struct out *out, const struct usctp_assoc *assoc)
{
    size_t start = begin(out, USCTP__HANDOVER_STREAMS_IN);

    for (uint32_t id = 0; id < assoc->in_streams; id++) {
        uint32_t next = usctp__stream_in_next(&assoc->rx.reasm.streams, (uint16_t)id);

        if (next != 0) {
            put16(out, (uint16_t)id);
            put32(out, next);
        }
    }
    end_list(out, start);
}

/* A message that comes late with one of them is delivered all the same. */
static void put_passed(struct out *out, const struct usctp_assoc *assoc)
{
    const struct usctp__streams_in *passed = assoc->rx.reasm.passed;
    size_t start = begin(out, USCTP__HANDOVER_PASSED);

    for (uint32_t id = 0; passed != NULL && id < assoc->in_streams; id++) {
        uint32_t last = usctp__stream_in_next(passed, (uint16_t)id);

        if (last >> 16 != 0) {
            put16(out, (uint16_t)id);
            put32(out, last);
        }
    }
    end_list(out, start);
}

static void put_values(struct out *out, const struct usctp_assoc *assoc)
{
    size_t start = begin(out, USCTP__HANDOVER_STREAM_VALUES);

    for (uint32_t id = 0; assoc->tx.outq.ranks != NULL && id < assoc->out_streams; id++) {
        uint16_t value = usctp__sched_value(&assoc->tx.outq, (uint16_t)id);

        if (value != 0) {
            put16(out, (uint16_t)id);
            put16(out, value);
        }
    }
    end_list(out, start);
}

static void put_reconf(struct out *out, const struct usctp_assoc *assoc)
{
    const struct usctp__reconf *reconf = assoc->reconf;
    struct usctp__handover_reconf own;

    if (reconf == NULL) {
        return;
    }
    memset(&own, 0, sizeof(own));
    own.next_seq = reconf->next_seq;
    own.expected = reconf->expected;
    own.seen_seq = reconf->seen.seq;
    own.seen_cnt = reconf->seen.cnt;
    own.result0 = reconf->seen.cnt > 0 ? reconf->seen.results[0] : 0;
    own.result1 = reconf->seen.cnt > 1 ? reconf->seen.results[1] : 0;
    own.performed_tsn = reconf->seen.performed_tsn;
    own.my_tsn = reconf->seen.my_tsn;
    own.peer_tsn = reconf->seen.peer_tsn;
    own.tsn_dur =
        reconf->tsn_ts != 0 ? usctp__time_sub(assoc->core->now_ts, reconf->tsn_ts) : USCTP__NEVER;
    put_struct(out, USCTP__HANDOVER_RECONF, &usctp__handover_reconf_fields, &own);
}

static void put_asconf(struct out *out, const struct usctp__asconf *asconf)
{
    struct usctp__handover_asconf own;

    if (asconf == NULL) {
        return;
    }
    memset(&own, 0, sizeof(own));
    own.next_seq = asconf->next_seq;
    own.peer_seq = asconf->peer_seq;
    own.wanted_primary = asconf->wanted_primary;
    own.refused = asconf->refused;
    own.no_primary = asconf->no_primary;
    put_struct(out, USCTP__HANDOVER_ASCONF, &usctp__handover_asconf_fields, &own);
    for (unsigned i = 0; i < USCTP__ASCONF_ACK_CNT; i++) {
        const struct usctp__asconf_ack *ack =
            &asconf->acks[(asconf->ack_at + i) % USCTP__ASCONF_ACK_CNT];

        if (ack->chunk != NULL) {
            size_t start = begin(out, USCTP__HANDOVER_ASCONF_ACK);

            put32(out, ack->seq);
            put(out, ack->chunk, ack->len);
            end(out, start);
        }
    }
}

static void put_ecn(struct out *out, const struct usctp__ecn *ecn)
{
    struct usctp__handover_ecn own;

    if (ecn == NULL) {
        return;
    }
    memset(&own, 0, sizeof(own));
    own.marked_tsn = (uint32_t)ecn->marked_tsn;
    own.reduced_tsn = (uint32_t)ecn->reduced_tsn;
    own.reduced_path = ecn->reduced_path;
    own.echo = ecn->echo;
    own.lost_beyond = ecn->lost_beyond;
    put_struct(out, USCTP__HANDOVER_ECN, &usctp__handover_ecn_fields, &own);
}

static void put_vector(struct out *out, const struct usctp__auth_vector *vector)
{
    put16(out, (uint16_t)vector->len);
    put(out, vector->bytes, vector->len);
}

static void put_auth(struct out *out, const struct usctp__auth *auth)
{
    struct usctp__handover_auth own;
    size_t start;

    if (auth == NULL) {
        return;
    }
    memset(&own, 0, sizeof(own));
    own.active = auth->set.active;
    own.hmac_cnt = (uint16_t)auth->set.hmac_cnt;
    own.hmac0 = auth->set.hmacs[0];
    own.hmac1 = auth->set.hmacs[1];
    start = begin(out, USCTP__HANDOVER_AUTH);
    put_fields(out, &usctp__handover_auth_fields, &own);
    put(out, auth->set.chunks.bits, sizeof(auth->set.chunks.bits));
    put_vector(out, &auth->mine);
    put_vector(out, &auth->peer);
    end(out, start);
    for (const struct usctp__auth_key *key = auth->set.keys; key != NULL; key = key->next) {
        start = begin(out, USCTP__HANDOVER_AUTH_KEY);
        put16(out, key->id);
        put8(out, key->retired);
        put8(out, key->free_told);
        put8(out, key->seen);
        put32(out, (uint32_t)key->len);
        put(out, key->secret, key->len);
        end(out, start);
    }
}

static void put_abandoned(struct out *out, const struct usctp_assoc *assoc)
{
    const struct usctp__pr_counters *counters = usctp__pr_counters(assoc);

    if (counters == NULL) {
        return;
    }
    put_struct(out, USCTP__HANDOVER_ABANDONED, &usctp__handover_abandoned_fields, counters);
    for (uint32_t id = 0; id < assoc->out_streams; id++) {
        counters = usctp__pr_stream_counters(assoc, (uint16_t)id);
        if (counters != NULL) {
            size_t start = begin(out, USCTP__HANDOVER_ABANDONED_STREAM);

            put16(out, (uint16_t)id);
            put_fields(out, &usctp__handover_abandoned_fields, counters);
            end(out, start);
        }
    }
}

static void put_counters(struct out *out, const struct usctp_assoc *assoc)
{
    put_struct(out, USCTP__HANDOVER_COUNTERS, &usctp__handover_counter_fields, &assoc->counters);
    if (assoc->rare != NULL) {
        put_struct(out, USCTP__HANDOVER_RARE, &usctp__handover_rare_fields, assoc->rare);
    }
    put_abandoned(out, assoc);
}

static void put_head(struct out *out)
{
    put(out, "usctp-ho", 8);
    put16(out, USCTP__HANDOVER_MAJOR);
    put16(out, USCTP__HANDOVER_MINOR);
    put32(out, 0); /* the length */
}

size_t usctp__handover_write(const struct usctp_assoc *assoc, uint8_t *buf, size_t cap)
{
    struct out out = {buf, cap, 0};

    put_head(&out);
    put_assoc(&out, assoc);
    put_struct(&out, USCTP__HANDOVER_PARAMS, &usctp__handover_params_fields, usctp__params(assoc));
    put_locals(&out, assoc->locals);
    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        put_path(&out, path);
    }
    put_streams_out(&out, &assoc->tx.outq.streams);
    put_streams_in(&out, assoc);
    put_marks(&out, assoc);
    put_values(&out, assoc);
    put_reconf(&out, assoc);
    put_asconf(&out, usctp__asconf_of(assoc));
    put_ecn(&out, assoc->ecn);
    put_auth(&out, assoc->auth);
    put_counters(&out, assoc);
    put_passed(&out, assoc);
    patch32(&out, USCTP__HANDOVER_HEAD_LEN - 4, (uint32_t)(out.len + 4));
    put32(&out, out.len <= cap ? usctp__crc32c_zeroed(assoc->core->crc32c, buf, out.len) : 0);
    return out.len;
}
