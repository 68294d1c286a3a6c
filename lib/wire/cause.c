/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing error causes (RFC 9260, 3.3.10). */
#include "wire/cause.h"

#include <string.h>

#include "base/compiler.h"

/* --- Reading ---------------------------------------------------------------------------------- */

void usctp__cause_iter_init(struct usctp__cause_iter *iter, const uint8_t *ptr, size_t len)
{
    usctp__param_iter_init(&iter->params, ptr, len);
}

int usctp__cause_next(struct usctp__cause_iter *iter, struct usctp__cause *cause)
{
    struct usctp__param param;
    int result = usctp__param_next(&iter->params, &param);

    if (result == 1) {
        cause->code = param.type;
        cause->len = param.len;
        cause->start = param.start;
        cause->value = param.value;
        cause->value_len = param.value_len;
    }
    return result;
}

uint16_t usctp__cause_first(const uint8_t *ptr, size_t len)
{
    struct usctp__cause_iter iter;
    struct usctp__cause cause;

    usctp__cause_iter_init(&iter, ptr, len);
    return usctp__cause_next(&iter, &cause) == 1 ? cause.code : (uint16_t)USCTP__CAUSE_NONE;
}

/* The cause has this code, and at least `len` bytes of information. */
static bool holds(const struct usctp__cause *cause, uint16_t code, size_t len)
{
    return cause->code == code && cause->value_len >= len;
}

bool usctp__cause_invalid_stream(const struct usctp__cause *cause, uint16_t *sid)
{
    if (!holds(cause, USCTP__CAUSE_INVALID_STREAM, 4)) {
        return false;
    }
    *sid = usctp__get16(cause->value);
    return true;
}

bool usctp__cause_missing_params(const struct usctp__cause *cause, uint32_t *cnt)
{
    uint32_t claimed;

    if (!holds(cause, USCTP__CAUSE_MISSING_PARAM, 4)) {
        return false;
    }
    claimed = usctp__get32(cause->value);
    if (claimed > (cause->value_len - 4) / 2) {
        return false;
    }
    *cnt = claimed;
    return true;
}

uint16_t usctp__cause_missing_param_at(const struct usctp__cause *cause, uint32_t i)
{
    USCTP__ASSERT(i < (cause->value_len - 4) / 2);
    return usctp__get16(cause->value + 4 + (size_t)i * 2);
}

bool usctp__cause_stale_cookie(const struct usctp__cause *cause, uint32_t *staleness_us)
{
    if (!holds(cause, USCTP__CAUSE_STALE_COOKIE, 4)) {
        return false;
    }
    *staleness_us = usctp__get32(cause->value);
    return true;
}

bool usctp__cause_no_user_data(const struct usctp__cause *cause, uint32_t *tsn)
{
    if (!holds(cause, USCTP__CAUSE_NO_USER_DATA, 4)) {
        return false;
    }
    *tsn = usctp__get32(cause->value);
    return true;
}

bool usctp__cause_unrecognized_chunk(const struct usctp__cause *cause, uint8_t *type,
                                     uint8_t *flags)
{
    if (!holds(cause, USCTP__CAUSE_UNRECOGNIZED_CHUNK, USCTP__CHUNK_HEADER_LEN)) {
        return false;
    }
    *type = cause->value[0];
    *flags = cause->value[1];
    return true;
}

bool usctp__cause_restart_encaps_port(const struct usctp__cause *cause, uint16_t *current_port,
                                      uint16_t *new_port)
{
    if (!holds(cause, USCTP__CAUSE_RESTART_NEW_ENCAPS_PORT, 4)) {
        return false;
    }
    *current_port = usctp__get16(cause->value);
    *new_port = usctp__get16(cause->value + 2);
    return true;
}

bool usctp__cause_params(const struct usctp__cause *cause, struct usctp__param_iter *iter)
{
    switch (cause->code) {
    case USCTP__CAUSE_UNRESOLVABLE_ADDRESS:
    case USCTP__CAUSE_UNRECOGNIZED_PARAMS:
    case USCTP__CAUSE_RESTART_NEW_ADDRESSES:
        usctp__param_iter_init(iter, cause->value, cause->value_len);
        return true;
    default:
        return false;
    }
}

/* --- Writing ---------------------------------------------------------------------------------- */

size_t usctp__cause_begin(struct usctp__writer *w, uint16_t code)
{
    return usctp__param_begin(w, code);
}

void usctp__cause_end(struct usctp__writer *w, size_t pos)
{
    usctp__param_end(w, pos);
}

/* Bytes that may be quoted: as far as the writer has room and a reply may grow, whole words. */
static size_t quote_room(const struct usctp__writer *w)
{
    return USCTP__MIN(usctp__writer_room(w), USCTP__CAUSE_MAX_QUOTE_LEN) & ~(size_t)3;
}

/* Appends a cause that quotes `len` bytes, or what there is room for. */
static void write_quote(struct usctp__writer *w, uint16_t code, const void *bytes, size_t len)
{
    size_t pos = usctp__cause_begin(w, code);
    size_t room = quote_room(w);

    if (len > 0 && room == 0) {
        w->failed = true;
        return;
    }
    usctp__writer_bytes(w, bytes, USCTP__MIN(len, room));
    usctp__cause_end(w, pos);
}

/* Appends a cause with 32 bits of information. */
static void write_u32(struct usctp__writer *w, uint16_t code, uint32_t value)
{
    size_t pos = usctp__cause_begin(w, code);

    usctp__writer_u32(w, value);
    usctp__cause_end(w, pos);
}

void usctp__cause_write_plain(struct usctp__writer *w, uint16_t code)
{
    size_t pos = usctp__cause_begin(w, code);

    usctp__cause_end(w, pos);
}

void usctp__cause_write_invalid_stream(struct usctp__writer *w, uint16_t sid)
{
    /* The other half is reserved: zero. RFC 9260, 3.3.10.1 */
    write_u32(w, USCTP__CAUSE_INVALID_STREAM, (uint32_t)sid << 16);
}

void usctp__cause_write_missing_params(struct usctp__writer *w, const uint16_t *types, size_t cnt)
{
    size_t pos = usctp__cause_begin(w, USCTP__CAUSE_MISSING_PARAM);

    usctp__writer_u32(w, (uint32_t)cnt);
    for (size_t i = 0; i < cnt; i++) {
        usctp__writer_u16(w, types[i]);
    }
    usctp__cause_end(w, pos);
}

void usctp__cause_write_stale_cookie(struct usctp__writer *w, uint32_t staleness_us)
{
    write_u32(w, USCTP__CAUSE_STALE_COOKIE, staleness_us);
}

void usctp__cause_write_unresolvable_address(struct usctp__writer *w,
                                             const struct usctp__param *param)
{
    write_quote(w, USCTP__CAUSE_UNRESOLVABLE_ADDRESS, param->start, param->len);
}

void usctp__cause_write_unrecognized_chunk(struct usctp__writer *w,
                                           const struct usctp__chunk *chunk)
{
    write_quote(w, USCTP__CAUSE_UNRECOGNIZED_CHUNK, chunk->start, chunk->len);
}

void usctp__cause_write_unrecognized_params(struct usctp__writer *w,
                                            const struct usctp__range *params, size_t cnt)
{
    size_t pos = usctp__cause_begin(w, USCTP__CAUSE_UNRECOGNIZED_PARAMS);
    size_t room = quote_room(w);

    for (size_t i = 0; i < cnt; i++) {
        size_t len = usctp__pad4(params[i].len);

        if (len <= room) {
            usctp__param_copy(w, params[i].ptr, params[i].len);
            room -= len;
        }
    }
    usctp__cause_end(w, pos);
}

void usctp__cause_write_no_user_data(struct usctp__writer *w, uint32_t tsn)
{
    write_u32(w, USCTP__CAUSE_NO_USER_DATA, tsn);
}

void usctp__cause_write_user_abort(struct usctp__writer *w, const void *reason, size_t len)
{
    write_quote(w, USCTP__CAUSE_USER_ABORT, reason, len);
}

void usctp__cause_write_protocol_violation(struct usctp__writer *w, const char *text)
{
    write_quote(w, USCTP__CAUSE_PROTOCOL_VIOLATION, text, strlen(text));
}

void usctp__cause_write_restart_encaps_port(struct usctp__writer *w, uint16_t current_port,
                                            uint16_t new_port)
{
    write_u32(w, USCTP__CAUSE_RESTART_NEW_ENCAPS_PORT, (uint32_t)current_port << 16 | new_port);
}

void usctp__cause_write_unsupported_hmac(struct usctp__writer *w, uint16_t id)
{
    size_t pos = usctp__cause_begin(w, USCTP__CAUSE_UNSUPPORTED_HMAC);

    usctp__writer_u16(w, id);
    usctp__cause_end(w, pos);
}
