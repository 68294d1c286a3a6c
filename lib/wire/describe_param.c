/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters as text. */
#include "wire/describe_parts.h"

#include "base/buf.h"

static void append_type(struct usctp__text *text, uint16_t type)
{
    const char *name = usctp__param_name(type);

    if (name != NULL) {
        usctp__text_str(text, name);
    } else {
        usctp__text_str(text, "parameter-0x");
        usctp__text_hex(text, type, 4);
    }
}

/* Appends the numbers of `size` bytes (1 or 2) that fill the value. */
static void append_numbers(struct usctp__text *text, const uint8_t *ptr, size_t len, size_t size)
{
    for (size_t i = 0; i + size <= len && !text->truncated; i += size) {
        usctp__text_char(text, ' ');
        usctp__text_u64(text, size == 1 ? ptr[i] : usctp__get16(ptr + i));
    }
}

static void append_chunk_types(struct usctp__text *text, const struct usctp__param *param)
{
    for (size_t i = 0; i < param->value_len && !text->truncated; i++) {
        usctp__text_char(text, ' ');
        usctp__describe_chunk_type(text, param->value[i]);
    }
}

/* An address, or name and length of anything else. */
static void append_inner(struct usctp__text *text, const struct usctp__param *param)
{
    struct usctp_addr addr;

    if (usctp__param_addr(param, &addr)) {
        usctp__text_addr(text, &addr);
        return;
    }
    append_type(text, param->type);
    usctp__describe_len(text, "", param->value_len);
}

/* Request and response sequence numbers and what else the parameters of RE-CONFIG hold: RFC 6525, 4.
 * numbers of 32 bits with a word for each, then stream numbers. False for other parameters. */
static bool append_reconf(struct usctp__text *text, const struct usctp__param *param)
{
    static const char *const out_reset[] = {"request", "response", "last-tsn", NULL};
    static const char *const request[] = {"request", NULL};
    static const char *const response[] = {"response", "result", NULL};
    static const char *const tsns[] = {"sender-tsn", "receiver-tsn", NULL};
    struct usctp__reader reader = usctp__reader_make(param->value, param->value_len);
    bool streams = false;
    const char *const *word = request;

    switch (param->type) {
    case USCTP__PARAM_OUT_RESET_REQUEST:
        word = out_reset;
        streams = true;
        break;
    case USCTP__PARAM_IN_RESET_REQUEST:
        streams = true;
        break;
    case USCTP__PARAM_RECONF_RESPONSE:
        word = response;
        break;
    case USCTP__PARAM_TSN_RESET_REQUEST:
    case USCTP__PARAM_ADD_OUT_STREAMS:
    case USCTP__PARAM_ADD_IN_STREAMS:
        break;
    default:
        return false;
    }
    for (; *word != NULL && reader.left >= 4; word++) {
        usctp__describe_number(text, *word, usctp__reader_u32(&reader));
    }
    if (*word != NULL) {
        usctp__describe_malformed(text, param->value, param->value_len);
    } else if (streams) {
        usctp__text_str(text, " streams");
        append_numbers(text, reader.ptr, reader.left, 2);
    } else if (param->type == USCTP__PARAM_RECONF_RESPONSE) {
        for (word = tsns; *word != NULL && reader.left >= 4; word++) {
            usctp__describe_number(text, *word, usctp__reader_u32(&reader));
        }
    } else if (reader.left >= 2) {
        usctp__describe_number(text, "streams", usctp__reader_u16(&reader));
    }
    return true;
}

/* A correlation id and what it is about: RFC 5061, 4.2. */
static bool append_asconf(struct usctp__text *text, const struct usctp__param *param)
{
    switch (param->type) {
    case USCTP__PARAM_ADD_IP:
    case USCTP__PARAM_DELETE_IP:
    case USCTP__PARAM_SET_PRIMARY:
    case USCTP__PARAM_ERROR_INDICATION:
    case USCTP__PARAM_SUCCESS_INDICATION:
        break;
    default:
        return false;
    }
    if (param->value_len < 4) {
        usctp__describe_malformed(text, param->value, param->value_len);
        return true;
    }
    usctp__describe_number(text, "id", usctp__get32(param->value));
    if (param->type == USCTP__PARAM_ERROR_INDICATION) {
        usctp__describe_causes(text, param->value + 4, param->value_len - 4);
    } else {
        usctp__describe_inner_params(text, param->value + 4, param->value_len - 4);
    }
    return true;
}

/* A parameter that is a number of 32 bits after this word. */
static void append_u32(struct usctp__text *text, const char *word, const struct usctp__param *param)
{
    if (param->value_len == 4) {
        usctp__describe_number(text, word, usctp__get32(param->value));
    } else {
        usctp__describe_malformed(text, param->value, param->value_len);
    }
}

static void append_value(struct usctp__text *text, const struct usctp__param *param)
{
    switch (param->type) {
    case USCTP__PARAM_ECN_CAPABLE:
    case USCTP__PARAM_FORWARD_TSN:
        break;
    case USCTP__PARAM_UNRECOGNIZED:
        usctp__describe_inner_params(text, param->value, param->value_len);
        break;
    case USCTP__PARAM_COOKIE_PRESERVATIVE:
        append_u32(text, "ms", param);
        break;
    case USCTP__PARAM_ZERO_CHECKSUM:
        append_u32(text, "edmid", param);
        break;
    case USCTP__PARAM_ADAPTATION:
        append_u32(text, "code", param);
        break;
    case USCTP__PARAM_HOST_NAME:
        usctp__describe_quoted(text, param->value, param->value_len);
        break;
    case USCTP__PARAM_SUPPORTED_ADDRESS_TYPES:
    case USCTP__PARAM_HMAC_ALGO:
        append_numbers(text, param->value, param->value_len, 2);
        break;
    case USCTP__PARAM_CHUNK_LIST:
    case USCTP__PARAM_SUPPORTED_EXTENSIONS:
        append_chunk_types(text, param);
        break;
    default:
        if (!append_reconf(text, param) && !append_asconf(text, param)) {
            usctp__describe_len(text, "", param->value_len);
        }
        break;
    }
}

static void append_param(struct usctp__text *text, const struct usctp__param *param)
{
    struct usctp_addr addr;

    if (usctp__param_addr(param, &addr)) {
        usctp__text_addr(text, &addr);
        return;
    }
    append_type(text, param->type);
    append_value(text, param);
}

static void append_params(struct usctp__text *text, const uint8_t *ptr, size_t len,
                          void (*append)(struct usctp__text *text,
                                         const struct usctp__param *param))
{
    struct usctp__param_iter iter;
    struct usctp__param param;
    int result = 0;

    usctp__param_iter_init(&iter, ptr, len);
    while (!text->truncated && (result = usctp__param_next(&iter, &param)) == 1) {
        usctp__text_str(text, ", ");
        append(text, &param);
    }
    if (result < 0) {
        usctp__text_char(text, ',');
        usctp__describe_malformed(text, iter.ptr, iter.left);
    }
}

void usctp__describe_params(struct usctp__text *text, const uint8_t *ptr, size_t len)
{
    append_params(text, ptr, len, append_param);
}

void usctp__describe_inner_params(struct usctp__text *text, const uint8_t *ptr, size_t len)
{
    append_params(text, ptr, len, append_inner);
}
