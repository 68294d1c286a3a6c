/* SPDX-License-Identifier: BSD-3-Clause */
/* Chunks of the extensions as text. */
#include "wire/describe_parts.h"

#include "base/buf.h"

/* RFC 8260, 2.1 */
static bool append_i_data(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    const uint8_t *ptr = chunk->value;

    if (chunk->value_len < 16) {
        return false;
    }
    usctp__describe_data_flags(text, chunk->flags);
    usctp__describe_number(text, "tsn", usctp__get32(ptr));
    usctp__describe_number(text, "sid", usctp__get16(ptr + 4));
    usctp__describe_number(text, "mid", usctp__get32(ptr + 8));
    usctp__describe_number(text, (chunk->flags & USCTP__DATA_FLAG_BEGIN) != 0 ? "ppid" : "fsn",
                           usctp__get32(ptr + 12));
    usctp__describe_len(text, "data", chunk->value_len - 16);
    return true;
}

/* RFC 3758, 3.2 */
static bool append_forward_tsn(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    struct usctp__reader reader = usctp__reader_make(chunk->value, chunk->value_len);

    usctp__describe_number(text, "cum", usctp__reader_u32(&reader));
    while (reader.left >= 4 && !text->truncated) {
        usctp__describe_number(text, "sid", usctp__reader_u16(&reader));
        usctp__describe_number(text, "ssn", usctp__reader_u16(&reader));
    }
    return !reader.failed;
}

/* RFC 8260, 2.3.1 */
static bool append_i_forward_tsn(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    struct usctp__reader reader = usctp__reader_make(chunk->value, chunk->value_len);

    usctp__describe_number(text, "cum", usctp__reader_u32(&reader));
    while (reader.left >= 8 && !text->truncated) {
        usctp__describe_number(text, "sid", usctp__reader_u16(&reader));
        if ((usctp__reader_u16(&reader) & 1u) != 0) {
            usctp__text_str(text, " U");
        }
        usctp__describe_number(text, "mid", usctp__reader_u32(&reader));
    }
    return !reader.failed;
}

/* RFC 5061, 4.1 */
static bool append_asconf(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    if (chunk->value_len < 4) {
        return false;
    }
    usctp__describe_number(text, "serial", usctp__get32(chunk->value));
    usctp__describe_params(text, chunk->value + 4, chunk->value_len - 4);
    return true;
}

/* RFC 4895, 5.1 */
static bool append_auth(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    if (chunk->value_len < 4) {
        return false;
    }
    usctp__describe_number(text, "key", usctp__get16(chunk->value));
    usctp__describe_number(text, "hmac-id", usctp__get16(chunk->value + 2));
    usctp__describe_len(text, "hmac", chunk->value_len - 4);
    return true;
}

/* RFC 4960, A */
static bool append_ecn(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    if (chunk->value_len < 4) {
        return false;
    }
    usctp__describe_number(text, "tsn", usctp__get32(chunk->value));
    return true;
}

bool usctp__describe_extension(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    bool readable = true;

    switch (chunk->type) {
    case USCTP__CHUNK_I_DATA:
        readable = append_i_data(text, chunk);
        break;
    case USCTP__CHUNK_FORWARD_TSN:
        readable = append_forward_tsn(text, chunk);
        break;
    case USCTP__CHUNK_I_FORWARD_TSN:
        readable = append_i_forward_tsn(text, chunk);
        break;
    case USCTP__CHUNK_ASCONF:
    case USCTP__CHUNK_ASCONF_ACK:
        readable = append_asconf(text, chunk);
        break;
    case USCTP__CHUNK_RECONF:
        usctp__describe_params(text, chunk->value, chunk->value_len);
        break;
    case USCTP__CHUNK_AUTH:
        readable = append_auth(text, chunk);
        break;
    case USCTP__CHUNK_ECNE:
    case USCTP__CHUNK_CWR:
        readable = append_ecn(text, chunk);
        break;
    case USCTP__CHUNK_PAD:
        usctp__describe_len(text, "", chunk->value_len);
        break;
    default:
        return false;
    }
    if (!readable) {
        usctp__describe_malformed(text, chunk->value, chunk->value_len);
    }
    return true;
}
