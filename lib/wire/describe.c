/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets and the chunks of RFC 9260 as text. */
#include "wire/describe.h"

#include "base/compiler.h"
#include "wire/data.h"
#include "wire/describe_parts.h"
#include "wire/heartbeat.h"
#include "wire/init.h"
#include "wire/sack.h"
#include "wire/shutdown.h"

enum {
    MAX_DUMP_LEN = 16,   /* bytes shown of what cannot be read */
    MAX_QUOTED_LEN = 64, /* characters shown of a text */
};

/* --- Parts ------------------------------------------------------------------------------------ */

void usctp__describe_number(struct usctp__text *text, const char *word, uint64_t number)
{
    usctp__text_char(text, ' ');
    usctp__text_str(text, word);
    usctp__text_char(text, ' ');
    usctp__text_u64(text, number);
}

void usctp__describe_len(struct usctp__text *text, const char *word, size_t len)
{
    usctp__text_char(text, ' ');
    if (word[0] != '\0') {
        usctp__text_str(text, word);
        usctp__text_char(text, ' ');
    }
    usctp__text_u64(text, len);
    usctp__text_str(text, len == 1 ? " byte" : " bytes");
}

void usctp__describe_malformed(struct usctp__text *text, const uint8_t *ptr, size_t len)
{
    usctp__text_str(text, " malformed");
    if (len > 0) {
        usctp__text_char(text, ' ');
        usctp__text_bytes(text, ptr, USCTP__MIN(len, MAX_DUMP_LEN));
    }
    if (len > MAX_DUMP_LEN) {
        usctp__text_str(text, "...");
    }
}

void usctp__describe_quoted(struct usctp__text *text, const uint8_t *ptr, size_t len)
{
    size_t shown = USCTP__MIN(len, MAX_QUOTED_LEN);

    usctp__text_str(text, " \"");
    for (size_t i = 0; i < shown; i++) {
        bool plain = ptr[i] >= 0x20 && ptr[i] < 0x7f && ptr[i] != '"';

        usctp__text_char(text, plain ? (char)ptr[i] : '.');
    }
    usctp__text_str(text, len > shown ? "\"..." : "\"");
}

void usctp__describe_chunk_type(struct usctp__text *text, uint8_t type)
{
    const char *name = usctp__chunk_name(type);

    if (name != NULL) {
        usctp__text_str(text, name);
    } else {
        usctp__text_str(text, "CHUNK-");
        usctp__text_u64(text, type);
    }
}

void usctp__describe_data_flags(struct usctp__text *text, uint8_t flags)
{
    static const struct {
        uint8_t flag;
        char letter;
    } letters[] = {
        {USCTP__DATA_FLAG_BEGIN, 'B'},
        {USCTP__DATA_FLAG_END, 'E'},
        {USCTP__DATA_FLAG_UNORDERED, 'U'},
        {USCTP__DATA_FLAG_IMMEDIATE, 'I'},
    };

    if ((flags & 0x0fu) != 0) {
        usctp__text_char(text, ' ');
    }
    for (size_t i = 0; i < USCTP__ARRAY_LEN(letters); i++) {
        if ((flags & letters[i].flag) != 0) {
            usctp__text_char(text, letters[i].letter);
        }
    }
}

/* --- Chunks: each says false when the chunk cannot be read ------------------------------------ */

static bool append_data(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    struct usctp__data data;

    if (!usctp__data_parse(&data, chunk)) {
        return false;
    }
    usctp__describe_data_flags(text, data.flags);
    usctp__describe_number(text, "tsn", data.tsn);
    usctp__describe_number(text, "sid", data.sid);
    usctp__describe_number(text, "ssn", data.ssn);
    usctp__describe_number(text, "ppid", data.ppid);
    usctp__describe_len(text, "data", data.payload_len);
    return true;
}

static bool append_init(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    struct usctp__init init;

    if (!usctp__init_parse(&init, chunk)) {
        return false;
    }
    usctp__text_str(text, " tag ");
    usctp__text_hex32(text, init.tag);
    usctp__describe_number(text, "rwnd", init.a_rwnd);
    usctp__describe_number(text, "os", init.out_streams);
    usctp__describe_number(text, "mis", init.in_streams);
    usctp__describe_number(text, "tsn", init.tsn);
    usctp__describe_params(text, init.params, init.params_len);
    return true;
}

static void append_gap(struct usctp__text *text, struct usctp__gap gap)
{
    usctp__text_char(text, ' ');
    usctp__text_u64(text, gap.start);
    if (gap.end != gap.start) {
        usctp__text_char(text, '-');
        usctp__text_u64(text, gap.end);
    }
}

static bool append_sack(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    struct usctp__sack sack;

    if (!usctp__sack_parse(&sack, chunk)) {
        return false;
    }
    usctp__describe_number(text, "cum", sack.cum_tsn);
    usctp__describe_number(text, "rwnd", sack.a_rwnd);
    if (sack.gap_cnt > 0) {
        usctp__text_str(text, " gaps");
    }
    for (unsigned i = 0; i < sack.gap_cnt && !text->truncated; i++) {
        append_gap(text, usctp__sack_gap(&sack, i));
    }
    if (sack.dup_cnt > 0) {
        usctp__text_str(text, " dups");
    }
    for (unsigned i = 0; i < sack.dup_cnt && !text->truncated; i++) {
        usctp__text_char(text, ' ');
        usctp__text_u64(text, usctp__sack_dup(&sack, i));
    }
    return true;
}

static bool append_heartbeat(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    struct usctp__range info;

    if (!usctp__heartbeat_parse(&info, chunk)) {
        return false;
    }
    usctp__describe_len(text, "info", info.len);
    return true;
}

static bool append_shutdown(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    uint32_t cum_tsn;

    if (!usctp__shutdown_parse(&cum_tsn, chunk)) {
        return false;
    }
    usctp__describe_number(text, "cum", cum_tsn);
    return true;
}

static void append_t(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    if (usctp__chunk_is_reflected(chunk)) {
        usctp__text_str(text, " T");
    }
}

/* Chunks that any bytes make. */
static void append_plain(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    switch (chunk->type) {
    case USCTP__CHUNK_ABORT:
        append_t(text, chunk);
        usctp__describe_causes(text, chunk->value, chunk->value_len);
        break;
    case USCTP__CHUNK_ERROR:
        usctp__describe_causes(text, chunk->value, chunk->value_len);
        break;
    case USCTP__CHUNK_SHUTDOWN_COMPLETE:
        append_t(text, chunk);
        break;
    case USCTP__CHUNK_COOKIE_ECHO:
        usctp__describe_len(text, "cookie", chunk->value_len);
        break;
    case USCTP__CHUNK_SHUTDOWN_ACK:
    case USCTP__CHUNK_COOKIE_ACK:
        break;
    default:
        if (!usctp__describe_extension(text, chunk)) {
            usctp__describe_number(text, "flags", chunk->flags);
            usctp__describe_len(text, "", chunk->value_len);
        }
        break;
    }
}

void usctp__describe_chunk(struct usctp__text *text, const struct usctp__chunk *chunk)
{
    bool readable = true;

    usctp__describe_chunk_type(text, chunk->type);
    switch (chunk->type) {
    case USCTP__CHUNK_DATA:
        readable = append_data(text, chunk);
        break;
    case USCTP__CHUNK_INIT:
    case USCTP__CHUNK_INIT_ACK:
        readable = append_init(text, chunk);
        break;
    case USCTP__CHUNK_SACK:
        readable = append_sack(text, chunk);
        break;
    case USCTP__CHUNK_HEARTBEAT:
    case USCTP__CHUNK_HEARTBEAT_ACK:
        readable = append_heartbeat(text, chunk);
        break;
    case USCTP__CHUNK_SHUTDOWN:
        readable = append_shutdown(text, chunk);
        break;
    default:
        append_plain(text, chunk);
        break;
    }
    if (!readable) {
        usctp__describe_malformed(text, chunk->value, chunk->value_len);
    }
}

/* --- Packets ---------------------------------------------------------------------------------- */

void usctp__describe_header(struct usctp__text *text, const uint8_t *packet, size_t len)
{
    struct usctp__packet_header header;

    if (!usctp__packet_header_parse(&header, packet, len)) {
        usctp__text_str(text, "short packet,");
        usctp__describe_len(text, "", len);
        return;
    }
    usctp__text_u64(text, header.src_port);
    usctp__text_str(text, " > ");
    usctp__text_u64(text, header.dst_port);
    usctp__text_str(text, " tag ");
    usctp__text_hex32(text, header.tag);
}

void usctp__describe_packet(struct usctp__text *text, const uint8_t *packet, size_t len)
{
    const char *separator = ": ";
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    int result = 0;

    usctp__describe_header(text, packet, len);
    usctp__chunk_iter_init(&iter, packet, len);
    while (!text->truncated && (result = usctp__chunk_next(&iter, &chunk)) == 1) {
        usctp__text_str(text, separator);
        usctp__describe_chunk(text, &chunk);
        separator = "; ";
    }
    if (result < 0) {
        usctp__text_str(text, separator[0] == ':' ? ":" : ";");
        usctp__describe_malformed(text, iter.ptr, iter.left);
    }
}
