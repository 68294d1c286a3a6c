/* SPDX-License-Identifier: BSD-3-Clause */
/* Error causes as text. */
#include "wire/describe_parts.h"

#include "base/buf.h"

static void append_missing(struct usctp__text *text, const struct usctp__cause *cause, uint32_t cnt)
{
    for (uint32_t i = 0; i < cnt && !text->truncated; i++) {
        uint16_t type = usctp__cause_missing_param_at(cause, i);
        const char *name = usctp__param_name(type);

        usctp__text_char(text, ' ');
        if (name != NULL) {
            usctp__text_str(text, name);
        } else {
            usctp__text_str(text, "0x");
            usctp__text_hex(text, type, 4);
        }
    }
}

/* Causes of a fixed form; false for others, and where the information is too short. */
static bool append_fixed(struct usctp__text *text, const struct usctp__cause *cause)
{
    uint32_t number;
    uint16_t first, second;
    uint8_t type, flags;

    if (usctp__cause_invalid_stream(cause, &first)) {
        usctp__describe_number(text, "sid", first);
    } else if (usctp__cause_missing_params(cause, &number)) {
        append_missing(text, cause, number);
    } else if (usctp__cause_stale_cookie(cause, &number)) {
        usctp__describe_number(text, "us", number);
    } else if (usctp__cause_no_user_data(cause, &number)) {
        usctp__describe_number(text, "tsn", number);
    } else if (usctp__cause_unrecognized_chunk(cause, &type, &flags)) {
        usctp__text_char(text, ' ');
        usctp__describe_chunk_type(text, type);
        usctp__describe_len(text, "", cause->value_len);
    } else if (usctp__cause_restart_encaps_port(cause, &first, &second)) {
        usctp__describe_number(text, "current", first);
        usctp__describe_number(text, "new", second);
    } else {
        return false;
    }
    return true;
}

static void append_value(struct usctp__text *text, const struct usctp__cause *cause)
{
    struct usctp__param_iter iter;

    if (append_fixed(text, cause)) {
        return;
    }
    if (usctp__cause_params(cause, &iter)) {
        usctp__describe_inner_params(text, cause->value, cause->value_len);
        return;
    }
    switch (cause->code) {
    case USCTP__CAUSE_INVALID_STREAM:
    case USCTP__CAUSE_MISSING_PARAM:
    case USCTP__CAUSE_STALE_COOKIE:
    case USCTP__CAUSE_NO_USER_DATA:
    case USCTP__CAUSE_UNRECOGNIZED_CHUNK:
    case USCTP__CAUSE_RESTART_NEW_ENCAPS_PORT:
        usctp__describe_malformed(text, cause->value, cause->value_len);
        break;
    case USCTP__CAUSE_USER_ABORT:
    case USCTP__CAUSE_PROTOCOL_VIOLATION:
        if (cause->value_len > 0) {
            usctp__describe_quoted(text, cause->value, cause->value_len);
        }
        break;
    default:
        if (cause->value_len > 0) {
            usctp__describe_len(text, "", cause->value_len);
        }
        break;
    }
}

void usctp__describe_causes(struct usctp__text *text, const uint8_t *ptr, size_t len)
{
    struct usctp__cause_iter iter;
    struct usctp__cause cause;
    int result = 0;

    usctp__cause_iter_init(&iter, ptr, len);
    while (!text->truncated && (result = usctp__cause_next(&iter, &cause)) == 1) {
        const char *name = usctp__cause_name(cause.code);

        usctp__text_str(text, ", ");
        if (name != NULL) {
            usctp__text_str(text, name);
        } else {
            usctp__text_str(text, "cause-");
            usctp__text_u64(text, cause.code);
        }
        append_value(text, &cause);
    }
    if (result < 0) {
        usctp__text_char(text, ',');
        usctp__describe_malformed(text, iter.params.ptr, iter.params.left);
    }
}
