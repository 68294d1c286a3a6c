/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing INIT and INIT ACK (RFC 9260, 3.3.2 and 3.3.3). */
#include "wire/init.h"

#include "base/compiler.h"

/* --- The fixed part --------------------------------------------------------------------------- */

bool usctp__init_parse(struct usctp__init *init, const struct usctp__chunk *chunk)
{
    const uint8_t *ptr = chunk->value;

    if (chunk->value_len < USCTP__INIT_FIXED_LEN) {
        return false;
    }
    init->tag = usctp__get32(ptr);
    init->a_rwnd = usctp__get32(ptr + 4);
    init->out_streams = usctp__get16(ptr + 8);
    init->in_streams = usctp__get16(ptr + 10);
    init->tsn = usctp__get32(ptr + 12);
    init->params = ptr + USCTP__INIT_FIXED_LEN;
    init->params_len = chunk->value_len - USCTP__INIT_FIXED_LEN;
    return true;
}

enum usctp__init_fault usctp__init_check(const struct usctp__init *init)
{
    if (init->tag == 0) { /* RFC 9260, 3.3.2: Initiate Tag */
        return USCTP__INIT_FAULT_TAG;
    }
    if (init->out_streams == 0) { /* RFC 9260, 3.3.2: OS */
        return USCTP__INIT_FAULT_OUT_STREAMS;
    }
    if (init->in_streams == 0) { /* RFC 9260, 3.3.2: MIS */
        return USCTP__INIT_FAULT_IN_STREAMS;
    }
    if (init->a_rwnd < USCTP__INIT_MIN_RWND) { /* RFC 9260, 3.3.2: a_rwnd */
        return USCTP__INIT_FAULT_RWND;
    }
    return USCTP__INIT_FAULT_NONE;
}

/* --- Parameters that are known ---------------------------------------------------------------- */

static bool take_addr(struct usctp__init_params *params, const struct usctp__param *param)
{
    struct usctp_addr addr;

    if (!usctp__param_addr(param, &addr)) {
        return false;
    }
    params->addr_cnt++;
    return true;
}

static bool take_cookie(struct usctp__init_params *params, const struct usctp__param *param)
{
    if (param->value_len == 0) {
        return false;
    }
    if (params->cookie.ptr == NULL) {
        params->cookie.ptr = param->value;
        params->cookie.len = param->value_len;
    }
    return true;
}

static bool take_unrecognized(struct usctp__init_params *params, const struct usctp__param *param)
{
    USCTP__UNUSED(param);
    params->unrecognized_cnt++;
    return true;
}

static bool take_preservative(struct usctp__init_params *params, const struct usctp__param *param)
{
    if (param->value_len != 4) {
        return false;
    }
    if (!params->has_preservative) {
        params->has_preservative = true;
        params->preservative_ms = usctp__get32(param->value);
    }
    return true;
}

static bool take_host_name(struct usctp__init_params *params, const struct usctp__param *param)
{
    if (params->host_name.ptr == NULL) {
        params->host_name.ptr = param->start;
        params->host_name.len = param->len;
    }
    return true;
}

static bool take_address_types(struct usctp__init_params *params, const struct usctp__param *param)
{
    if (param->value_len % 2 != 0) {
        return false;
    }
    if (params->has_address_types) {
        return true;
    }
    params->has_address_types = true;
    for (size_t i = 0; i < param->value_len; i += 2) {
        uint16_t type = usctp__get16(param->value + i);

        /* RFC 9260, 3.3.2.1.5: the type of host names is ignored, and so is any other. */
        params->ipv4_listed = params->ipv4_listed || type == USCTP__PARAM_IPV4_ADDRESS;
        params->ipv6_listed = params->ipv6_listed || type == USCTP__PARAM_IPV6_ADDRESS;
    }
    return true;
}

static bool take_extensions(struct usctp__init_params *params, const struct usctp__param *param)
{
    /* RFC 5061, 4.2.7: there MUST NOT be several; the first one counts. */
    if (params->extensions.ptr == NULL) {
        params->extensions.ptr = param->value;
        params->extensions.len = param->value_len;
    }
    return true;
}

/* RFC 3758, 3.1 */
static bool take_forward_tsn(struct usctp__init_params *params, const struct usctp__param *param)
{
    if (param->value_len != 0) {
        return false;
    }
    if (params->forward_tsn.ptr == NULL) {
        params->forward_tsn.ptr = param->start;
        params->forward_tsn.len = param->len;
    }
    return true;
}

/* RFC 4960, A: it has no value. */
static bool take_ecn_capable(struct usctp__init_params *params, const struct usctp__param *param)
{
    params->ecn_capable = true;
    return param->value_len == 0;
}

/* RFC 9653, 4 */
static bool take_zero_checksum(struct usctp__init_params *params, const struct usctp__param *param)
{
    if (param->value_len != 4) {
        return false;
    }
    if (params->edmid == 0) {
        params->edmid = usctp__get32(param->value);
    }
    return true;
}

/* RFC 4895, 3: each stands once. */
static bool take_whole(struct usctp__range *range, const struct usctp__param *param)
{
    if (range->ptr == NULL) {
        range->ptr = param->start;
        range->len = param->len;
    }
    return true;
}

static bool take_random(struct usctp__init_params *params, const struct usctp__param *param)
{
    return take_whole(&params->random, param);
}

static bool take_chunk_list(struct usctp__init_params *params, const struct usctp__param *param)
{
    return take_whole(&params->chunk_list, param);
}

static bool take_hmac_algo(struct usctp__init_params *params, const struct usctp__param *param)
{
    return take_whole(&params->hmac_algo, param);
}

/* RFC 5061, 4.2.6 */
static bool take_adaptation(struct usctp__init_params *params, const struct usctp__param *param)
{
    if (param->value_len != 4) {
        return false;
    }
    if (!params->has_adaptation) {
        params->has_adaptation = true;
        params->adaptation = usctp__get32(param->value);
    }
    return true;
}

/* RFC 5061, 4.2.4 */
static bool take_set_primary(struct usctp__init_params *params, const struct usctp__param *param)
{
    return take_whole(&params->set_primary, param);
}

enum { IN_INIT = 1, IN_INIT_ACK = 2, IN_BOTH = 3 };

/* What is recognised in INIT and INIT ACK: extensions add their rows here. */
static const struct rule {
    uint16_t type;
    uint8_t where; /* the chunks it means something in; elsewhere it is ignored */
    /* Reads the value; false when its length is wrong. */
    bool (*take)(struct usctp__init_params *params, const struct usctp__param *param);
} rules[] = {
    {USCTP__PARAM_IPV4_ADDRESS, IN_BOTH, take_addr},
    {USCTP__PARAM_IPV6_ADDRESS, IN_BOTH, take_addr},
    {USCTP__PARAM_STATE_COOKIE, IN_INIT_ACK, take_cookie},
    {USCTP__PARAM_UNRECOGNIZED, IN_INIT_ACK, take_unrecognized},
    {USCTP__PARAM_COOKIE_PRESERVATIVE, IN_INIT, take_preservative},
    {USCTP__PARAM_HOST_NAME, IN_BOTH, take_host_name},
    {USCTP__PARAM_SUPPORTED_ADDRESS_TYPES, IN_INIT, take_address_types},
    {USCTP__PARAM_SUPPORTED_EXTENSIONS, IN_BOTH, take_extensions},
    {USCTP__PARAM_FORWARD_TSN, IN_BOTH, take_forward_tsn},
    {USCTP__PARAM_ECN_CAPABLE, IN_BOTH, take_ecn_capable},
    {USCTP__PARAM_ZERO_CHECKSUM, IN_BOTH, take_zero_checksum},
    {USCTP__PARAM_RANDOM, IN_BOTH, take_random},
    {USCTP__PARAM_CHUNK_LIST, IN_BOTH, take_chunk_list},
    {USCTP__PARAM_HMAC_ALGO, IN_BOTH, take_hmac_algo},
    {USCTP__PARAM_ADAPTATION, IN_BOTH, take_adaptation},
    {USCTP__PARAM_SET_PRIMARY, IN_BOTH, take_set_primary},
    {USCTP__PARAM_HEARTBEAT_INFO, 0, NULL},
};

static const struct rule *find_rule(uint16_t type)
{
    for (size_t i = 0; i < USCTP__ARRAY_LEN(rules); i++) {
        if (rules[i].type == type) {
            return &rules[i];
        }
    }
    return NULL;
}

/* --- The pass over the parameters ------------------------------------------------------------- */

/* RFC 9260, 3.2.2, within bounds: what is echoed costs the peer nothing and us a packet. */
void usctp__init_report(struct usctp__init_params *params, const struct usctp__range *param)
{
    size_t len = usctp__pad4(param->len);

    if (params->report_cnt == USCTP__INIT_MAX_REPORT_CNT ||
        len > USCTP__INIT_MAX_REPORT_LEN - params->report_len) {
        params->unreported_cnt++;
        return;
    }
    params->reports[params->report_cnt++] = *param;
    params->report_len += len;
}

/* Handles a parameter without a rule; false when the pass must stop. RFC 9260, 3.2.1 */
static bool pass_unknown(struct usctp__init_params *params, const struct usctp__param *param)
{
    if (usctp__param_unknown_reports(param->type)) {
        struct usctp__range range = {param->start, param->len};

        usctp__init_report(params, &range);
    }
    params->stopped = usctp__param_unknown_stops(param->type);
    return !params->stopped;
}

/* Handles a parameter; false when the pass must stop. */
static bool pass_one(struct usctp__init_params *params, const struct usctp__param *param,
                     uint8_t where)
{
    const struct rule *rule = find_rule(param->type);

    if (rule == NULL) {
        return pass_unknown(params, param);
    }
    if ((rule->where & where) != 0 && !rule->take(params, param)) {
        params->malformed = true;
        params->malformed_type = param->type;
        return false;
    }
    return true;
}

bool usctp__init_params_parse(struct usctp__init_params *params, uint8_t chunk_type,
                              const struct usctp__init *init)
{
    static const struct usctp__init_params nothing;
    uint8_t where = chunk_type == USCTP__CHUNK_INIT ? IN_INIT : IN_INIT_ACK;
    struct usctp__param_iter iter;
    struct usctp__param param;
    int result;

    *params = nothing;
    params->start = init->params;
    usctp__param_iter_init(&iter, init->params, init->params_len);
    while ((result = usctp__param_next(&iter, &param)) == 1) {
        if (!pass_one(params, &param, where)) {
            break;
        }
        params->processed_len = (size_t)(iter.ptr - init->params);
    }
    if (result < 0) {
        params->malformed = true;
        params->malformed_type = iter.left >= 2 ? usctp__get16(iter.ptr) : 0;
    }
    return !params->malformed;
}

void usctp__init_addr_iter_init(struct usctp__param_iter *iter,
                                const struct usctp__init_params *params)
{
    usctp__param_iter_init(iter, params->start, params->processed_len);
}

bool usctp__init_addr_next(struct usctp__param_iter *iter, struct usctp_addr *addr,
                           struct usctp__param *param)
{
    struct usctp__param next;

    while (usctp__param_next(iter, &next) == 1) {
        if (usctp__param_addr(&next, addr)) {
            if (param != NULL) {
                *param = next;
            }
            return true;
        }
    }
    return false;
}

void usctp__init_unrecognized_iter_init(struct usctp__param_iter *iter,
                                        const struct usctp__init_params *params)
{
    usctp__param_iter_init(iter, params->start, params->processed_len);
}

bool usctp__init_unrecognized_next(struct usctp__param_iter *iter, struct usctp__param *param)
{
    struct usctp__param outer;

    while (usctp__param_next(iter, &outer) == 1) {
        struct usctp__param_iter inner;

        usctp__param_iter_init(&inner, outer.value, outer.value_len);
        if (outer.type == USCTP__PARAM_UNRECOGNIZED && usctp__param_next(&inner, param) == 1) {
            return true;
        }
    }
    return false;
}

/* --- Writing ---------------------------------------------------------------------------------- */

size_t usctp__init_begin(struct usctp__writer *w, uint8_t chunk_type,
                         const struct usctp__init *init)
{
    size_t pos = usctp__chunk_begin(w, chunk_type, 0);

    usctp__writer_u32(w, init->tag);
    usctp__writer_u32(w, init->a_rwnd);
    usctp__writer_u16(w, init->out_streams);
    usctp__writer_u16(w, init->in_streams);
    usctp__writer_u32(w, init->tsn);
    return pos;
}

void usctp__init_write_address_types(struct usctp__writer *w, bool ipv4, bool ipv6)
{
    size_t pos;

    if (!ipv4 && !ipv6) {
        return;
    }
    pos = usctp__param_begin(w, USCTP__PARAM_SUPPORTED_ADDRESS_TYPES);
    if (ipv4) {
        usctp__writer_u16(w, USCTP__PARAM_IPV4_ADDRESS);
    }
    if (ipv6) {
        usctp__writer_u16(w, USCTP__PARAM_IPV6_ADDRESS);
    }
    usctp__param_end(w, pos);
}

void usctp__init_write_extensions(struct usctp__writer *w, const uint8_t *types, size_t cnt)
{
    if (cnt > 0) {
        usctp__param_write(w, USCTP__PARAM_SUPPORTED_EXTENSIONS, types, cnt);
    }
}

void usctp__init_write_adaptation(struct usctp__writer *w, uint32_t indication)
{
    size_t pos = usctp__param_begin(w, USCTP__PARAM_ADAPTATION);

    usctp__writer_u32(w, indication);
    usctp__param_end(w, pos);
}

void usctp__init_write_preservative(struct usctp__writer *w, uint32_t increment_ms)
{
    size_t pos = usctp__param_begin(w, USCTP__PARAM_COOKIE_PRESERVATIVE);

    usctp__writer_u32(w, increment_ms);
    usctp__param_end(w, pos);
}

void usctp__init_write_reports(struct usctp__writer *w, const struct usctp__init_params *params)
{
    for (size_t i = 0; i < params->report_cnt; i++) {
        usctp__param_write(w, USCTP__PARAM_UNRECOGNIZED, params->reports[i].ptr,
                           params->reports[i].len);
    }
}
