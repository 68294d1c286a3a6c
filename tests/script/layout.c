/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables: chunks, parameters, causes. */
#include "layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Defaults of what is injected stand in variables, so that a script can set them once. */
#define INIT_FIELDS                                                                    \
    {                                                                                  \
        {"tag", 4, 4, "ptag", 0}, {"rwnd", 8, 4, "prwnd", 0}, {"os", 12, 2, "pos", 0}, \
            {"mis", 14, 2, "pmis", 0}, {"tsn", 16, 4, "ptsn", 0},                      \
    }

static const struct chunk_layout chunks[] = {
    {"DATA",
     0,
     16,
     TAIL_DATA,
     false,
     {{"tsn", 4, 4, "ptsn", 0},
      {"sid", 8, 2, NULL, 0},
      {"ssn", 10, 2, NULL, 0},
      {"ppid", 12, 4, NULL, 0}}},
    {"INIT", 1, 20, TAIL_PARAMS, true, INIT_FIELDS},
    {"INIT_ACK", 2, 20, TAIL_PARAMS, true, INIT_FIELDS},
    {"SACK",
     3,
     16,
     TAIL_SACK,
     true,
     {{"cum", 4, 4, NULL, 0},
      {"rwnd", 8, 4, "prwnd", 0},
      {"gap_cnt", 12, 2, NULL, 0},
      {"dup_cnt", 14, 2, NULL, 0}}},
    {"HEARTBEAT", 4, 4, TAIL_INFO, true, {{NULL, 0, 0, NULL, 0}}},
    {"HEARTBEAT_ACK", 5, 4, TAIL_INFO, true, {{NULL, 0, 0, NULL, 0}}},
    {"ABORT", 6, 4, TAIL_CAUSES, true, {{NULL, 0, 0, NULL, 0}}},
    {"SHUTDOWN", 7, 8, TAIL_NONE, true, {{"cum", 4, 4, NULL, 0}}},
    {"SHUTDOWN_ACK", 8, 4, TAIL_NONE, true, {{NULL, 0, 0, NULL, 0}}},
    {"ERROR", 9, 4, TAIL_CAUSES, true, {{NULL, 0, 0, NULL, 0}}},
    {"COOKIE_ECHO", 10, 4, TAIL_COOKIE, true, {{NULL, 0, 0, NULL, 0}}},
    {"ECNE", 12, 8, TAIL_NONE, true, {{"tsn", 4, 4, NULL, 0}}},
    {"CWR", 13, 8, TAIL_NONE, true, {{"tsn", 4, 4, NULL, 0}}},
    {"COOKIE_ACK", 11, 4, TAIL_NONE, true, {{NULL, 0, 0, NULL, 0}}},
    {"SHUTDOWN_COMPLETE", 14, 4, TAIL_NONE, true, {{NULL, 0, 0, NULL, 0}}},
    {"RECONF", 130, 4, TAIL_PARAMS, true, {{NULL, 0, 0, NULL, 0}}},
    {"PAD", 132, 4, TAIL_BYTES, true, {{NULL, 0, 0, NULL, 0}}},
    {"FORWARD_TSN", 192, 8, TAIL_BYTES, true, {{"cum", 4, 4, NULL, 0}}},
    {"I_DATA",
     64,
     20,
     TAIL_DATA,
     false,
     {{"tsn", 4, 4, "ptsn", 0},
      {"sid", 8, 2, NULL, 0},
      {"reserved", 10, 2, NULL, 0},
      {"mid", 12, 4, NULL, 0},
      {"fsn", 16, 4, NULL, 0}}}, /* or ppid=, with the B bit */
    {"I_FORWARD_TSN", 194, 8, TAIL_BYTES, true, {{"cum", 4, 4, NULL, 0}}},
    {"AUTH", 15, 8, TAIL_AUTH, true, {{"key", 4, 2, NULL, 0}, {"hmac", 6, 2, NULL, 3}}},
    {"ASCONF", 193, 8, TAIL_PARAMS, true, {{"seq", 4, 4, "pseq", 0}}},
    {"ASCONF_ACK", 128, 8, TAIL_PARAMS, true, {{"seq", 4, 4, "seq", 0}}},
    {"CHUNK", 255, 4, TAIL_BYTES, false, {{NULL, 0, 0, NULL, 0}}},
};

static const struct entry_layout params[] = {
    {"param", 0, ENTRY_BYTES},
    {"heartbeat_info", 1, ENTRY_BYTES},
    {"ipv4", 5, ENTRY_ADDR},
    {"ipv6", 6, ENTRY_ADDR},
    {"cookie", 7, ENTRY_BYTES},
    {"unrecognized", 8, ENTRY_LIST},
    {"preserve", 9, ENTRY_U32},
    {"host", 11, ENTRY_BYTES},
    {"address_types", 12, ENTRY_U16},
    {"out_reset", 13, ENTRY_OUT_RESET},
    {"in_reset", 14, ENTRY_IN_RESET},
    {"tsn_reset", 15, ENTRY_U32},
    {"response", 16, ENTRY_U32},
    {"add_out", 17, ENTRY_ADD},
    {"add_in", 18, ENTRY_ADD},
    {"ecn", 0x8000, ENTRY_PLAIN},
    {"random", 0x8002, ENTRY_BYTES},
    {"chunks", 0x8003, ENTRY_BYTES},
    {"hmacs", 0x8004, ENTRY_U16},
    {"extensions", 0x8008, ENTRY_BYTES},
    {"forward_tsn", 0xc000, ENTRY_PLAIN},
    {"add_ip", 0xc001, ENTRY_LIST},
    {"delete_ip", 0xc002, ENTRY_LIST},
    {"asconf_error", 0xc003, ENTRY_LIST},
    {"set_primary", 0xc004, ENTRY_LIST},
    {"asconf_success", 0xc005, ENTRY_U32},
    {"adaptation", 0xc006, ENTRY_U32},
    {"zero_checksum", 0x8001, ENTRY_U32},
};

static const struct entry_layout causes[] = {
    {"cause", 0, ENTRY_BYTES},
    {"invalid_stream", 1, ENTRY_U16_00},
    {"missing_param", 2, ENTRY_COUNTED},
    {"stale_cookie", 3, ENTRY_U32},
    {"out_of_resource", 4, ENTRY_PLAIN},
    {"unresolvable", 5, ENTRY_LIST},
    {"unrecognized_chunk", 6, ENTRY_BYTES},
    {"invalid_mandatory", 7, ENTRY_PLAIN},
    {"unrecognized_params", 8, ENTRY_LIST},
    {"no_user_data", 9, ENTRY_U32},
    {"cookie_shutdown", 10, ENTRY_PLAIN},
    {"restart_addresses", 11, ENTRY_LIST},
    {"user_abort", 12, ENTRY_BYTES},
    {"violation", 13, ENTRY_BYTES},
    {"encaps_port", 14, ENTRY_U16},
    {"unsupported_hmac", 0x0105, ENTRY_U16},
};

const struct chunk_layout *layout_chunk(const char *name)
{
    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        if (same_word(chunks[i].name, name)) {
            return &chunks[i];
        }
    }
    return NULL;
}

static const struct entry_layout *find_entry(const struct entry_layout *table, size_t cnt,
                                             const char *name)
{
    for (size_t i = 0; i < cnt; i++) {
        if (same_word(table[i].name, name)) {
            return &table[i];
        }
    }
    return NULL;
}

const struct entry_layout *layout_param(const char *name)
{
    return find_entry(params, sizeof(params) / sizeof(params[0]), name);
}

const struct entry_layout *layout_cause(const char *name)
{
    return find_entry(causes, sizeof(causes) / sizeof(causes[0]), name);
}

static bool data_flags(const char *word, uint64_t *flags)
{
    static const char letters[] = "EBUI"; /* bit 0 and up: RFC 9260, 3.3.1 */

    uint64_t mask = 0;

    for (; *word != '\0'; word++) {
        const char *letter = strchr(letters, *word);

        if (letter == NULL) {
            return false;
        }
        mask |= 1u << (letter - letters);
    }
    *flags = mask;
    return true;
}

bool layout_flags(struct values *values, struct item *item, const struct chunk_layout *chunk,
                  uint64_t *flags)
{
    bool is_data = chunk->tail == TAIL_DATA;

    *flags = is_data ? 3 : 0;
    if (item_num(values, item, "flags", flags)) {
        return true;
    }
    for (struct field *field = item_bare(item, NULL); field != NULL;
         field = item_bare(item, field)) {
        if (field->value.kind != VALUE_WORD) {
            values->fail("a bare value in a chunk");
        } else if (is_data && data_flags(field->value.word, flags)) {
            return true;
        } else if (strcmp(field->value.word, "T") == 0) {
            *flags = 1;
            return true;
        } else if (strcmp(field->value.word, "unpadded") != 0) {
            values->fail("no such flag");
        }
    }
    return false;
}

const uint8_t *layout_pattern(struct values *values, size_t len)
{
    uint8_t *out = values_alloc(values, len + 1);

    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)('a' + i % 26);
    }
    return out;
}

bool layout_user_data(struct values *values, struct item *item, struct value *data)
{
    struct field *field = item_field(item, "data");
    uint64_t len;

    if (field != NULL) {
        *data = field->value;
        return true;
    }
    if (item_num(values, item, "len", &len)) {
        data->kind = VALUE_BYTES;
        data->bytes = layout_pattern(values, (size_t)len);
        data->len = (size_t)len;
        return true;
    }
    return false;
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text->buf + text->len, sizeof(text->buf) - text->len, format, args);
    va_end(args);
    if (len > 0) {
        text->len += (size_t)len;
        if (text->len >= sizeof(text->buf)) {
            text->len = sizeof(text->buf) - 1;
        }
    }
}
