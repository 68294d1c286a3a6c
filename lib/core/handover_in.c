/* SPDX-License-Identifier: BSD-3-Clause */
/* Handover: reading a string. Whatever it holds, it is looked through to its end before anything is made of it. */
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/crc32c.h"
#include "base/crypto.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/ext.h"
#include "core/handover.h"
#include "core/reconf.h"

enum {
    STREAM_OUT_LEN = 10, /* entries of lists of streams */
    STREAM_IN_LEN = 6,
    MARK_LEN = 6,
    VALUE_LEN = 4,
    ACK_MAX_LEN = 65535,
    PATH_ID_MAX = 0x7fffffff, /* there is no end of ids before an association's */
    MIN_PATH_PACKET = 256     /* no path has a smaller limit */
};

#define DUR_MAX (24 * 3600 * USCTP__SEC) /* no time of the protocol is longer */

/* What was read so far. */
struct job {
    struct usctp__handover *handover;
    uint32_t seen; /* bit n: section n, of those that come once */
    uint32_t optional_seen;
    size_t key_cnt;
    bool active_key; /* the active one is among them */
};

/* --- Parts ------------------------------------------------------------------------------------ */

static void read_addr(struct usctp__reader *r, struct usctp_addr *addr)
{
    memset(addr, 0, sizeof(*addr));
    addr->family = usctp__reader_u8(r);
    addr->scope_id = usctp__reader_u32(r);
    (void)usctp__reader_copy(r, addr->bytes, sizeof(addr->bytes));
}

bool usctp__handover_next_addr(struct usctp__reader *r, struct usctp_addr *addr)
{
    if (r->left == 0) {
        return false;
    }
    read_addr(r, addr);
    return !r->failed;
}

/* In the form in which all rooms compare addresses. */
static bool is_own_form(const struct usctp_addr *addr)
{
    struct usctp_addr normal = *addr;

    usctp__addr_normalize(&normal);
    return memcmp(&normal, addr, sizeof(normal)) == 0;
}

static bool is_host(const struct usctp_addr *addr)
{
    return usctp__addr_is_ip(addr) && is_own_form(addr) && usctp__addr_is_unicast(addr);
}

static bool is_none(const struct usctp_addr *addr)
{
    static const struct usctp_addr none;

    return memcmp(addr, &none, sizeof(none)) == 0;
}

/* Streams in rising order, below `limit`. */
static bool stream_list_valid(struct usctp__reader r, size_t entry_len, uint32_t limit)
{
    uint32_t least = 0;

    if (r.left % entry_len != 0) {
        return false;
    }
    while (r.left > 0) {
        uint32_t id = usctp__reader_u16(&r);

        if (id < least || id >= limit) {
            return false;
        }
        least = id + 1;
        (void)usctp__reader_skip(&r, entry_len - 2);
    }
    return true;
}

static bool is_flag(uint8_t value)
{
    return value <= 1;
}

/* --- Sections --------------------------------------------------------------------------------- */

static bool read_assoc(struct job *job, struct usctp__reader *r)
{
    struct usctp__handover_assoc *assoc = &job->handover->assoc;

    usctp__handover_read_fields(r, &usctp__handover_assoc_fields, assoc);
    return !r->failed && assoc->my_tag != 0 && assoc->peer_tag != 0 && assoc->my_port != 0 &&
           assoc->peer_port != 0 && assoc->out_streams > 0 && assoc->in_streams > 0 &&
           is_flag(assoc->active) && is_flag(assoc->first_sacked) && is_flag(assoc->skips) &&
           is_flag(assoc->low_water_set);
}

static bool read_params(struct job *job, struct usctp__reader *r)
{
    usctp__handover_read_fields(r, &usctp__handover_params_fields, &job->handover->params);
    return !r->failed;
}

static bool read_locals(struct job *job, struct usctp__reader *r)
{
    struct usctp_addr addr;

    job->handover->lists_locals = true;
    job->handover->locals = *r;
    if (r->left == 0 || r->left % USCTP__HANDOVER_ADDR_LEN != 0 ||
        r->left / USCTP__HANDOVER_ADDR_LEN > USCTP__HANDOVER_LOCALS_MAX) {
        return false;
    }
    while (usctp__handover_next_addr(r, &addr)) {
        if (!is_host(&addr)) {
            return false;
        }
    }
    return true;
}

/* A pair of addresses, or none at all (RFC 8261). */
static bool pair_valid(const struct usctp__handover_path *path)
{
    if (is_none(&path->remote)) {
        return is_none(&path->local) && path->udp_port == 0;
    }
    return is_host(&path->remote) &&
           (is_none(&path->local) ||
            (is_host(&path->local) && path->local.family == path->remote.family));
}

static bool numbers_valid(const struct usctp__handover_path *path)
{
    return path->max_packet >= MIN_PATH_PACKET && path->max_packet <= USCTP__PACKET_MAX &&
           path->max_packet % 4 == 0 && path->cwnd > 0 && path->cwnd <= USCTP__CC_WINDOW_MAX &&
           path->rto_dur > 0 && path->rto_dur <= DUR_MAX && path->srtt_dur <= DUR_MAX &&
           path->rttvar_dur <= DUR_MAX && path->state <= USCTP_PATH_POTENTIALLY_FAILED &&
           is_flag(path->heartbeat) && is_flag(path->unannounced) && path->dscp <= 63;
}

static bool read_path(struct job *job, struct usctp__reader *r)
{
    struct usctp__handover *handover = job->handover;
    struct usctp__handover_path *path;

    if (handover->path_cnt == USCTP__PATH_MAX) {
        return false;
    }
    path = &handover->paths[handover->path_cnt];
    read_addr(r, &path->local);
    read_addr(r, &path->remote);
    usctp__handover_read_fields(r, &usctp__handover_path_fields, path);
    if (r->failed || path->id == 0 || (handover->path_cnt > 0 && path->id <= path[-1].id)) {
        return false; /* they stand in the order of their ids */
    }
    handover->path_cnt++;
    return pair_valid(path) && numbers_valid(path);
}

static bool read_settings(struct job *job, struct usctp__reader *r)
{
    struct usctp__handover *handover = job->handover;
    struct usctp__handover_path *path;

    if (handover->path_cnt == 0 || handover->paths[handover->path_cnt - 1].owns_set) {
        return false;
    }
    path = &handover->paths[handover->path_cnt - 1];
    path->owns_set = 1;
    usctp__handover_read_fields(r, &usctp__handover_set_fields, &path->set);
    return !r->failed;
}

static bool read_reconf(struct job *job, struct usctp__reader *r)
{
    struct usctp__handover_reconf *reconf = &job->handover->reconf;

    job->handover->has_reconf = true;
    usctp__handover_read_fields(r, &usctp__handover_reconf_fields, reconf);
    return !r->failed && reconf->seen_cnt <= USCTP__RECONF_PARAM_MAX &&
           is_flag(reconf->performed_tsn) && reconf->result0 != USCTP__RECONF_IN_PROGRESS &&
           reconf->result1 != USCTP__RECONF_IN_PROGRESS;
}

static bool read_asconf(struct job *job, struct usctp__reader *r)
{
    struct usctp__handover_asconf *asconf = &job->handover->asconf;

    job->handover->has_asconf = true;
    usctp__handover_read_fields(r, &usctp__handover_asconf_fields, asconf);
    return !r->failed && is_flag(asconf->refused) && is_flag(asconf->no_primary);
}

/* It is sent as it stands there. */
static bool read_ack(struct job *job, struct usctp__reader *r)
{
    struct usctp__handover *handover = job->handover;
    struct usctp__handover_ack *ack;
    struct usctp__chunk chunk;

    if (handover->ack_cnt == USCTP__ASCONF_ACK_CNT) {
        return false;
    }
    ack = &handover->acks[handover->ack_cnt++];
    ack->seq = usctp__reader_u32(r);
    ack->len = r->left;
    ack->chunk = r->ptr;
    return !r->failed && ack->len <= ACK_MAX_LEN && ack->len % 4 == 0 &&
           usctp__chunk_parse(&chunk, ack->chunk, ack->len) == 1 &&
           chunk.type == USCTP__CHUNK_ASCONF_ACK && chunk.value_len >= 4 &&
           usctp__chunk_padded_len(&chunk) == ack->len;
}

static bool read_ecn(struct job *job, struct usctp__reader *r)
{
    struct usctp__handover_ecn *ecn = &job->handover->ecn;

    job->handover->has_ecn = true;
    usctp__handover_read_fields(r, &usctp__handover_ecn_fields, ecn);
    return !r->failed && is_flag(ecn->echo) && is_flag(ecn->lost_beyond);
}

/* Whole parameters, and nothing else: AUTH is agreed on from them anew. */
static bool read_vector(struct usctp__reader *r, struct usctp__auth_vector *vector)
{
    struct usctp__reader params;

    vector->len = usctp__reader_u16(r);
    if (vector->len > sizeof(vector->bytes) || !usctp__reader_copy(r, vector->bytes, vector->len)) {
        return false;
    }
    params = usctp__reader_make(vector->bytes, vector->len);
    while (params.left > 0) {
        uint16_t len;

        (void)usctp__reader_u16(&params);
        len = usctp__reader_u16(&params);
        if (params.failed || len < USCTP__PARAM_HEADER_LEN ||
            !usctp__reader_skip(&params, len - (size_t)USCTP__PARAM_HEADER_LEN)) {
            return false;
        }
    }
    return true;
}

static bool hmacs_valid(const struct usctp__handover_auth *auth)
{
    if (auth->hmac_cnt == 0 || auth->hmac_cnt > USCTP__AUTH_HMAC_CNT ||
        usctp__hmac_len(auth->hmac0) == 0) {
        return false;
    }
    return auth->hmac_cnt == 1 || (usctp__hmac_len(auth->hmac1) != 0 && auth->hmac1 != auth->hmac0);
}

static bool read_auth(struct job *job, struct usctp__reader *r)
{
    struct usctp__handover_auth *auth = &job->handover->auth;

    job->handover->has_auth = true;
    usctp__handover_read_fields(r, &usctp__handover_auth_fields, auth);
    return usctp__reader_copy(r, auth->chunks.bits, sizeof(auth->chunks.bits)) &&
           read_vector(r, &auth->mine) && read_vector(r, &auth->peer) && hmacs_valid(auth);
}

/* Behind the section of authentication; each id once. */
static bool read_key(struct job *job, struct usctp__reader *r)
{
    struct usctp__handover *handover = job->handover;
    struct usctp__reader before = handover->sections;
    struct usctp__reader section;
    struct usctp__handover_key key;
    struct usctp__handover_key other;
    const uint8_t *start = r->ptr;
    unsigned type;

    if (!handover->has_auth || !usctp__handover_read_key(r, &key) ||
        key.len > USCTP__AUTH_SECRET_MAX || !is_flag(key.retired) || !is_flag(key.free_told) ||
        !is_flag(key.seen)) {
        return false;
    }
    while (usctp__handover_next(&before, &type, &section) && section.ptr < start) {
        if (type == USCTP__HANDOVER_AUTH_KEY && usctp__handover_read_key(&section, &other) &&
            other.id == key.id) {
            return false;
        }
    }
    job->key_cnt++;
    job->active_key = job->active_key || (key.id == handover->auth.active && !key.retired);
    return true;
}

static bool read_optional(struct job *job, struct usctp__reader *r, unsigned type)
{
    struct usctp__handover *handover = job->handover;

    switch (type) {
    case USCTP__HANDOVER_PASSED:
        handover->passed = *r;
        break;
    case USCTP__HANDOVER_COUNTERS:
        handover->has_counters = true;
        usctp__handover_read_fields(r, &usctp__handover_counter_fields, &handover->counters);
        break;
    case USCTP__HANDOVER_RARE:
        handover->has_rare = true;
        usctp__handover_read_fields(r, &usctp__handover_rare_fields, &handover->rare);
        break;
    case USCTP__HANDOVER_ABANDONED:
        handover->has_abandoned = true;
        usctp__handover_read_fields(r, &usctp__handover_abandoned_fields, &handover->abandoned);
        break;
    default: { /* a stream's: read when they are taken */
        struct usctp__pr_counters counters;

        (void)usctp__reader_u16(r);
        usctp__handover_read_fields(r, &usctp__handover_abandoned_fields, &counters);
        break;
    }
    }
    return !r->failed;
}

static bool read_known(struct job *job, unsigned type, struct usctp__reader *r)
{
    struct usctp__handover *handover = job->handover;

    switch (type) {
    case USCTP__HANDOVER_ASSOC:
        return read_assoc(job, r);
    case USCTP__HANDOVER_PARAMS:
        return read_params(job, r);
    case USCTP__HANDOVER_LOCALS:
        return read_locals(job, r);
    case USCTP__HANDOVER_PATH:
        return read_path(job, r);
    case USCTP__HANDOVER_PATH_SETTINGS:
        return read_settings(job, r);
    case USCTP__HANDOVER_STREAMS_OUT:
        handover->streams_out = *r;
        return true;
    case USCTP__HANDOVER_STREAMS_IN:
        handover->streams_in = *r;
        return true;
    case USCTP__HANDOVER_STREAM_MARKS:
        handover->marks = *r;
        return true;
    case USCTP__HANDOVER_STREAM_VALUES:
        handover->values = *r;
        return true;
    case USCTP__HANDOVER_RECONF:
        return read_reconf(job, r);
    case USCTP__HANDOVER_ASCONF:
        return read_asconf(job, r);
    case USCTP__HANDOVER_ASCONF_ACK:
        return read_ack(job, r);
    case USCTP__HANDOVER_ECN:
        return read_ecn(job, r);
    case USCTP__HANDOVER_AUTH:
        return read_auth(job, r);
    default:
        return read_key(job, r);
    }
}

static bool may_come_again(unsigned type)
{
    return type == USCTP__HANDOVER_PATH || type == USCTP__HANDOVER_PATH_SETTINGS ||
           type == USCTP__HANDOVER_ASCONF_ACK || type == USCTP__HANDOVER_AUTH_KEY ||
           type == USCTP__HANDOVER_ABANDONED_STREAM;
}

static bool is_known(unsigned type)
{
    return (type >= USCTP__HANDOVER_ASSOC && type < USCTP__HANDOVER_KNOWN_END) ||
           (type >= USCTP__HANDOVER_COUNTERS && type < USCTP__HANDOVER_OPTIONAL_END);
}

static int read_section(struct job *job, unsigned type, struct usctp__reader *r)
{
    bool optional = (type & 0x8000) != 0;
    uint32_t *seen = optional ? &job->optional_seen : &job->seen;
    uint32_t bit;

    if (!is_known(type)) {
        return optional ? USCTP_OK : USCTP_EVERSION;
    }
    bit = UINT32_C(1) << (type & 0x1f);
    if ((*seen & bit) != 0 && !may_come_again(type)) {
        return USCTP_EFORMAT;
    }
    *seen |= bit;
    return (optional ? read_optional(job, r, type) : read_known(job, type, r)) ? USCTP_OK
                                                                               : USCTP_EFORMAT;
}

/* --- The whole -------------------------------------------------------------------------------- */

static bool has(const struct job *job, enum usctp__handover_section type)
{
    return (job->seen >> type & 1u) != 0;
}

static bool streams_valid(const struct usctp__handover *handover)
{
    const struct usctp__handover_assoc *assoc = &handover->assoc;

    return stream_list_valid(handover->streams_out, STREAM_OUT_LEN, assoc->out_streams) &&
           stream_list_valid(handover->streams_in, STREAM_IN_LEN, assoc->in_streams) &&
           stream_list_valid(handover->passed, STREAM_IN_LEN, assoc->in_streams) &&
           stream_list_valid(handover->marks, MARK_LEN, assoc->out_streams) &&
           stream_list_valid(handover->values, VALUE_LEN, assoc->out_streams);
}

/* The primary is one of them; without addresses there is one. */
static bool paths_valid(const struct usctp__handover *handover)
{
    bool has_primary = false;

    for (size_t i = 0; i < handover->path_cnt; i++) {
        const struct usctp__handover_path *path = &handover->paths[i];

        has_primary = has_primary || path->id == handover->assoc.primary;
        if (path->id >= handover->assoc.next_path_id ||
            (is_none(&path->remote) && handover->path_cnt > 1)) {
            return false;
        }
    }
    return has_primary && handover->assoc.next_path_id <= PATH_ID_MAX;
}

/* Extensions in force go with the sections that they need. They may have been agreed on before an endpoint's parameters
 * changed. */
static bool extensions_valid(const struct job *job)
{
    const struct usctp__handover *handover = job->handover;
    uint32_t extensions = handover->assoc.extensions;
    bool offers_auth = (handover->params.extensions & USCTP__EXT_AUTH) != 0;

    if (handover->has_auth && !offers_auth) {
        return false;
    }
    if ((extensions & USCTP__EXT_AUTH) != 0 &&
        (!handover->has_auth || handover->auth.mine.len == 0 || handover->auth.peer.len == 0)) {
        return false;
    }
    if (handover->has_auth && (job->key_cnt == 0 || !job->active_key)) {
        return false;
    }
    if ((extensions & USCTP__EXT_ASCONF) != 0 && (extensions & USCTP__EXT_AUTH) == 0) {
        return false;
    }
    return (!handover->has_asconf || handover->has_auth) &&
           (handover->ack_cnt == 0 || handover->has_asconf);
}

static int read_sections(struct job *job)
{
    struct usctp__handover *handover = job->handover;
    struct usctp__reader r = handover->sections;
    struct usctp__reader section;
    unsigned type;

    while (usctp__handover_next(&r, &type, &section)) {
        int error = read_section(job, type, &section);

        if (error != USCTP_OK) {
            return error;
        }
    }
    if (r.failed || !has(job, USCTP__HANDOVER_ASSOC) || !has(job, USCTP__HANDOVER_PARAMS) ||
        handover->path_cnt == 0) {
        return USCTP_EFORMAT;
    }
    if ((handover->assoc.extensions & ~(uint32_t)(USCTP__EXT_ALL | USCTP__EXT_ZERO_CHECKSUM_IN)) !=
        0) {
        return USCTP_EVERSION;
    }
    return streams_valid(handover) && paths_valid(handover) && extensions_valid(job)
               ? USCTP_OK
               : USCTP_EFORMAT;
}

/* Magic, length and checksum; *r is what stands between. */
static int check_frame(struct usctp__core *core, const uint8_t *bytes, size_t len,
                       struct usctp__reader *r)
{
    if (len < USCTP__HANDOVER_HEAD_LEN + 4 || memcmp(bytes, "usctp-ho", 8) != 0 ||
        usctp__get32(bytes + 12) != len) {
        return USCTP_EFORMAT;
    }
    if (usctp__crc32c_zeroed(core->crc32c, bytes, len - 4) != usctp__get32(bytes + len - 4)) {
        return USCTP_EFORMAT;
    }
    if (usctp__get16(bytes + 8) != USCTP__HANDOVER_MAJOR) {
        return USCTP_EVERSION;
    }
    *r = usctp__reader_make(bytes + USCTP__HANDOVER_HEAD_LEN, len - USCTP__HANDOVER_HEAD_LEN - 4);
    return USCTP_OK;
}

int usctp__handover_read(struct usctp__core *core, const uint8_t *bytes, size_t len,
                         const struct usctp_params *params, struct usctp__handover *handover)
{
    struct job job = {handover, 0, 0, 0, false};
    int error;

    memset(handover, 0, sizeof(*handover));
    handover->params = *params;
    error = check_frame(core, bytes, len, &handover->sections);
    if (error == USCTP_OK) {
        error = read_sections(&job);
        /* What a later version says of things that we know may be beyond us. */
        if (error == USCTP_EFORMAT && usctp__get16(bytes + 10) > USCTP__HANDOVER_MINOR) {
            error = USCTP_EVERSION;
        }
    }
    return error;
}
