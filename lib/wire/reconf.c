/* SPDX-License-Identifier: BSD-3-Clause */
/* RE-CONFIG and its parameters. */
#include "wire/reconf.h"

#include <string.h>

#include "base/compiler.h"

/* The combinations that a chunk may hold (RFC 6525, 3.1); 0: no second one. */
static const struct {
    uint8_t first, second;
} combinations[] = {
    {USCTP__PARAM_OUT_RESET_REQUEST, 0},
    {USCTP__PARAM_IN_RESET_REQUEST, 0},
    {USCTP__PARAM_OUT_RESET_REQUEST, USCTP__PARAM_IN_RESET_REQUEST},
    {USCTP__PARAM_TSN_RESET_REQUEST, 0},
    {USCTP__PARAM_ADD_OUT_STREAMS, 0},
    {USCTP__PARAM_ADD_IN_STREAMS, 0},
    {USCTP__PARAM_ADD_OUT_STREAMS, USCTP__PARAM_ADD_IN_STREAMS},
    {USCTP__PARAM_RECONF_RESPONSE, 0},
    {USCTP__PARAM_RECONF_RESPONSE, USCTP__PARAM_OUT_RESET_REQUEST},
    {USCTP__PARAM_RECONF_RESPONSE, USCTP__PARAM_RECONF_RESPONSE},
};

/* The order of two does not matter. */
static bool allowed(const struct usctp__reconf_param *params, size_t cnt)
{
    unsigned first = params[0].type;
    unsigned second = cnt > 1 ? params[1].type : 0;

    for (size_t i = 0; i < USCTP__ARRAY_LEN(combinations); i++) {
        if ((combinations[i].first == first && combinations[i].second == second) ||
            (combinations[i].first == second && combinations[i].second == first)) {
            return true;
        }
    }
    return false;
}

static bool read_streams(struct usctp__reconf_param *out, const struct usctp__param *param,
                         size_t fixed_len)
{
    if (param->len < fixed_len || (param->len - fixed_len) % USCTP__RECONF_STREAM_LEN != 0) {
        return false;
    }
    out->streams = param->start + fixed_len;
    out->stream_cnt = (param->len - fixed_len) / USCTP__RECONF_STREAM_LEN;
    return true;
}

/* RFC 6525, 4.4 */
static bool read_response(struct usctp__reconf_param *out, const struct usctp__param *param)
{
    if (param->len != 12 && param->len != 20) {
        return false;
    }
    out->result = usctp__get32(param->start + 8);
    out->has_tsns = param->len == 20;
    if (out->has_tsns) {
        out->sender_tsn = usctp__get32(param->start + 12);
        out->receiver_tsn = usctp__get32(param->start + 16);
    }
    return true;
}

/* False: its length is none that its type can have. */
static bool read_param(struct usctp__reconf_param *out, const struct usctp__param *param)
{
    memset(out, 0, sizeof(*out));
    out->type = param->type;
    if (param->value_len < 4) {
        return false;
    }
    out->seq = usctp__get32(param->value);
    switch (param->type) {
    case USCTP__PARAM_OUT_RESET_REQUEST: /* RFC 6525, 4.1 */
        if (!read_streams(out, param, USCTP__RECONF_OUT_MIN_LEN)) {
            return false;
        }
        out->response_seq = usctp__get32(param->start + 8);
        out->last_tsn = usctp__get32(param->start + 12);
        return true;
    case USCTP__PARAM_IN_RESET_REQUEST: /* RFC 6525, 4.2 */
        return read_streams(out, param, USCTP__RECONF_IN_MIN_LEN);
    case USCTP__PARAM_TSN_RESET_REQUEST: /* RFC 6525, 4.3 */
        return param->len == 8;
    case USCTP__PARAM_RECONF_RESPONSE:
        return read_response(out, param);
    default: /* RFC 6525, 4.5, 4.6 */
        if (param->len != 12) {
            return false;
        }
        out->add_cnt = usctp__get16(param->start + 8);
        return true;
    }
}

static bool known(uint16_t type)
{
    return type >= USCTP__PARAM_OUT_RESET_REQUEST && type <= USCTP__PARAM_ADD_IN_STREAMS;
}

enum usctp__reconf_verdict usctp__reconf_parse(const struct usctp__chunk *chunk,
                                               struct usctp__reconf_param *params, size_t *cnt)
{
    struct usctp__param_iter iter;
    struct usctp__param param;
    bool unknown = false;
    int more;

    *cnt = 0;
    usctp__param_iter_init(&iter, chunk->value, chunk->value_len);
    while ((more = usctp__param_next(&iter, &param)) > 0) {
        if (!known(param.type)) {
            unknown = true;
            if (usctp__param_unknown_stops(param.type)) {
                break; /* RFC 9260, 3.2.1 */
            }
            continue;
        }
        if (*cnt == USCTP__RECONF_PARAM_MAX) {
            return USCTP__RECONF_UNSUPPORTED;
        }
        if (!read_param(&params[*cnt], &param)) {
            return USCTP__RECONF_MALFORMED;
        }
        ++*cnt;
    }
    if (more < 0) {
        return USCTP__RECONF_MALFORMED;
    }
    if (*cnt == 0) {
        return unknown ? USCTP__RECONF_UNKNOWN_PARAM : USCTP__RECONF_MALFORMED;
    }
    return allowed(params, *cnt) ? USCTP__RECONF_OK : USCTP__RECONF_UNSUPPORTED;
}

void usctp__reconf_write(struct usctp__writer *w, const struct usctp__reconf_param *param)
{
    size_t pos = usctp__param_begin(w, param->type);

    usctp__writer_u32(w, param->seq);
    switch (param->type) {
    case USCTP__PARAM_OUT_RESET_REQUEST:
        usctp__writer_u32(w, param->response_seq);
        usctp__writer_u32(w, param->last_tsn);
        break;
    case USCTP__PARAM_RECONF_RESPONSE:
        usctp__writer_u32(w, param->result);
        if (param->has_tsns) {
            usctp__writer_u32(w, param->sender_tsn);
            usctp__writer_u32(w, param->receiver_tsn);
        }
        break;
    case USCTP__PARAM_ADD_OUT_STREAMS:
    case USCTP__PARAM_ADD_IN_STREAMS:
        usctp__writer_u16(w, param->add_cnt);
        usctp__writer_u16(w, 0);
        break;
    default:
        break;
    }
    usctp__writer_bytes(w, param->streams, param->stream_cnt * USCTP__RECONF_STREAM_LEN);
    usctp__param_end(w, pos);
}
