/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the packets that scripts inject. A writer of its own: the library's would refuse to write
 * what is wrong, and its faults would hide. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

void bytes_put(struct bytes *bytes, const void *data, size_t len)
{
    if (len > sizeof(bytes->data) - bytes->len) {
        abort();
    }
    if (len > 0) {
        memcpy(bytes->data + bytes->len, data, len);
    }
    bytes->len += len;
}

void bytes_number(struct bytes *bytes, uint64_t value, unsigned width)
{
    while (width-- > 0) {
        uint8_t byte = (uint8_t)(value >> 8 * width);

        bytes_put(bytes, &byte, 1);
    }
}

void bytes_pad(struct bytes *bytes)
{
    while (bytes->len % 4 != 0) {
        bytes_number(bytes, 0, 1);
    }
}

static void put_value(struct values *values, struct bytes *out, const struct value *value,
                      unsigned width)
{
    switch (value->kind) {
    case VALUE_NUM:
        bytes_number(out, value->num, width > 0 ? width : 4);
        break;
    case VALUE_BYTES:
        bytes_put(out, value->bytes, value->len);
        break;
    case VALUE_ADDR:
        bytes_put(out, value->addr.bytes, value->addr.family == USCTP_AF_IPV4 ? 4 : 16);
        break;
    default:
        values->fail("a number, bytes or an address is wanted");
    }
}

static size_t bare_cnt(struct item *item)
{
    size_t cnt = 0;

    for (struct field *f = item_bare(item, NULL); f != NULL; f = item_bare(item, f)) {
        cnt++;
    }
    return cnt;
}

/* The width of number i in bytes. */
static unsigned width_of(const struct entry_layout *layout, size_t i)
{
    if (layout->kind == ENTRY_OUT_RESET) {
        return i < 3 ? 4 : 2;
    }
    if (layout->kind == ENTRY_IN_RESET || layout->kind == ENTRY_ADD) {
        return i < 1 ? 4 : 2;
    }
    return layout->kind == ENTRY_U16 || layout->kind == ENTRY_U16_00 ||
                   layout->kind == ENTRY_COUNTED
               ? 2
               : 4;
}

/* A list of entries; each but the last is padded. */
static void put_entries(struct values *values, struct bytes *out, struct item *items, bool cause)
{
    for (; items != NULL; items = items->next) {
        build_entry(values, out, items, cause);
        if (items->next != NULL) {
            bytes_pad(out);
        }
    }
}

void build_entry(struct values *values, struct bytes *out, struct item *item, bool cause)
{
    const struct entry_layout *layout = cause ? layout_cause(item->name) : layout_param(item->name);
    size_t begin = out->len, begin_len;
    struct field *field;
    uint64_t len = 0, code;
    size_t cnt = 0;

    if (layout == NULL) {
        values->fail(cause ? "no such cause" : "no such parameter");
        return;
    }
    code = layout->code;
    field = item_bare(item, NULL);
    if (code == 0) {
        if (field == NULL || field->value.kind != VALUE_NUM) {
            values->fail("a type is wanted");
            return;
        }
        code = field->value.num;
        field = item_bare(item, field);
    }
    bytes_number(out, code, 2);
    begin_len = out->len;
    bytes_number(out, 0, 2);
    if (layout->kind == ENTRY_COUNTED) {
        bytes_number(out, item_num_or(values, item, "count", bare_cnt(item)), 4);
    }
    for (; field != NULL; field = item_bare(item, field)) {
        if (field->value.kind == VALUE_LIST) {
            put_entries(values, out, field->value.list, false);
        } else {
            put_value(values, out, &field->value, width_of(layout, cnt++));
        }
    }
    if (layout->kind == ENTRY_U16_00 || layout->kind == ENTRY_ADD) {
        bytes_number(out, 0, 2);
    }
    len = item_num_or(values, item, "length", out->len - begin);
    out->data[begin_len] = (uint8_t)(len >> 8);
    out->data[begin_len + 1] = (uint8_t)len;
    item_all_used(values, item);
}

/* --- Chunks ----------------------------------------------------------------------------------- */

static void put_list(struct values *values, struct bytes *out, struct item *item, const char *key,
                     bool cause)
{
    struct field *field = item_field(item, key);

    if (field == NULL) {
        return;
    }
    if (field->value.kind != VALUE_LIST) {
        values->fail("a list is wanted");
    }
    put_entries(values, out, field->value.list, cause);
}

static void put_params(struct values *values, struct bytes *out, struct item *item)
{
    struct field *field = item_field(item, "cookie");

    if (field != NULL) {
        bytes_number(out, 7, 2);
        bytes_number(out, 4 + field->value.len, 2);
        put_value(values, out, &field->value, 4);
        if (item_field(item, "params") != NULL) {
            bytes_pad(out);
        }
    }
    put_list(values, out, item, "params", false);
}

static struct item *list_of(struct values *values, struct item *item, const char *key)
{
    struct field *field = item_field(item, key);

    if (field != NULL && field->value.kind != VALUE_LIST) {
        values->fail("a list is wanted");
    }
    return field != NULL ? field->value.list : NULL;
}

static size_t list_cnt(const struct item *item)
{
    size_t cnt = 0;

    for (; item != NULL; item = item->next) {
        cnt++;
    }
    return cnt;
}

static void put_sack(struct values *values, struct bytes *out, struct item *item, size_t begin)
{
    struct item *gaps = list_of(values, item, "gaps");
    struct item *dups = list_of(values, item, "dups");
    size_t gap_cnt = (size_t)item_num_or(values, item, "gap_cnt", list_cnt(gaps));
    size_t dup_cnt = (size_t)item_num_or(values, item, "dup_cnt", list_cnt(dups));

    out->data[begin + 12] = (uint8_t)(gap_cnt >> 8);
    out->data[begin + 13] = (uint8_t)gap_cnt;
    out->data[begin + 14] = (uint8_t)(dup_cnt >> 8);
    out->data[begin + 15] = (uint8_t)dup_cnt;
    for (; gaps != NULL; gaps = gaps->next) {
        struct field *field = item_bare(gaps, NULL);

        if (field == NULL || (field->value.kind != VALUE_RANGE && field->value.kind != VALUE_NUM)) {
            values->fail("a gap such as 2..3 is wanted");
            return;
        }
        bytes_number(out, field->value.num, 2);
        bytes_number(out, field->value.kind == VALUE_NUM ? field->value.num : field->value.high, 2);
    }
    for (; dups != NULL; dups = dups->next) {
        put_value(values, out, &item_bare(dups, NULL)->value, 4);
    }
}

static void put_info(struct values *values, struct bytes *out, struct item *item)
{
    struct field *field = item_field(item, "info");

    if (field != NULL) {
        if (field->value.kind != VALUE_BYTES) {
            values->fail("bytes are wanted");
        }
        bytes_number(out, 1, 2);
        bytes_number(out, item_num_or(values, item, "info_length", 4 + field->value.len), 2);
        bytes_put(out, field->value.bytes, field->value.len);
    }
}

static void put_field(struct values *values, struct bytes *out, struct item *item, const char *key)
{
    struct field *field = item_field(item, key);

    if (field != NULL) {
        put_value(values, out, &field->value, 4);
    }
}

/* The MAC, as it is given or zero: then it is set when the packet is whole. */
static void put_mac(struct values *values, struct bytes *out, struct item *item, size_t begin)
{
    struct field *field = item_field(item, "mac");

    if (field != NULL) {
        put_value(values, out, &field->value, 4);
    } else {
        for (size_t i = out->data[begin + 7] == 1 ? 20 : 32; i > 0; i--) {
            bytes_number(out, 0, 1);
        }
    }
    (void)auth_secret(values, item); /* read: it counts as used */
}

static void put_tail(struct values *values, struct bytes *out, struct item *item,
                     const struct chunk_layout *layout, size_t begin)
{
    struct value data;

    switch (layout->tail) {
    case TAIL_DATA:
        if (layout_user_data(values, item, &data)) {
            put_value(values, out, &data, 4);
        } else {
            bytes_put(out, "data", 4);
        }
        break;
    case TAIL_PARAMS:
        put_params(values, out, item);
        break;
    case TAIL_SACK:
        put_sack(values, out, item, begin);
        break;
    case TAIL_INFO:
        put_info(values, out, item);
        break;
    case TAIL_CAUSES:
        put_list(values, out, item, "causes", true);
        break;
    case TAIL_COOKIE:
        put_field(values, out, item, "cookie");
        break;
    case TAIL_AUTH:
        put_mac(values, out, item, begin);
        break;
    case TAIL_BYTES:
    case TAIL_NONE:
        break;
    }
    put_field(values, out, item, "bytes");
}

void build_chunk(struct values *values, struct bytes *out, struct item *item)
{
    const struct chunk_layout *layout = layout_chunk(item->name);
    size_t begin = out->len;
    uint64_t flags, len;

    if (layout == NULL) {
        values->fail("no such chunk");
        return;
    }
    (void)layout_flags(values, item, layout, &flags);
    bytes_number(out, item_num_or(values, item, "type", layout->type), 1);
    bytes_number(out, flags, 1);
    bytes_number(out, 0, 2);
    for (const struct fixed_field *fixed = layout->fixed;
         fixed < layout->fixed + LAYOUT_FIXED_MAX && fixed->key != NULL; fixed++) {
        uint64_t number =
            fixed->var != NULL ? values_num(values, fixed->var, fixed->other) : fixed->other;

        if (strcmp(fixed->key, "fsn") == 0) {
            number = item_num_or(values, item, "ppid", number);
        }
        bytes_number(out, item_num_or(values, item, fixed->key, number), fixed->width);
    }
    put_tail(values, out, item, layout, begin);
    len = item_num_or(values, item, "length", out->len - begin);
    out->data[begin + 2] = (uint8_t)(len >> 8);
    out->data[begin + 3] = (uint8_t)len;
    if (!item_word(item, "unpadded")) {
        while (out->len % 4 != 0) {
            bytes_number(out, item_num_or(values, item, "padding", 0), 1);
        }
    }
    item_all_used(values, item);
}

void build_packet(struct values *values, struct bytes *out, struct item *chunks, uint16_t src_port,
                  uint16_t dst_port, uint32_t tag)
{
    struct item *auth = NULL;
    size_t auth_at = 0;

    bytes_number(out, src_port, 2);
    bytes_number(out, dst_port, 2);
    bytes_number(out, tag, 4);
    bytes_number(out, 0, 4);
    for (; chunks != NULL; chunks = chunks->next) {
        if (same_word(chunks->name, "AUTH") && auth == NULL && item_field(chunks, "mac") == NULL) {
            auth = chunks;
            auth_at = out->len;
        }
        build_chunk(values, out, chunks);
    }
    if (auth != NULL) {
        auth_sign(values, auth_secret(values, auth), out->data + auth_at, out->len - auth_at);
    }
}
