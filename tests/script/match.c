/* SPDX-License-Identifier: BSD-3-Clause */
/* Compares packets that the stack sent with what a script expects. */
#include "layout.h"

#include <inttypes.h>
#include <string.h>

#include "sim/wire.h"

static uint64_t number_at(const uint8_t *ptr, unsigned width)
{
    uint64_t number = 0;

    while (width-- > 0) {
        number = number << 8 | *ptr++;
    }
    return number;
}

/* --- Parameters and causes -------------------------------------------------------------------- */

/* One entry of a chunk, from its header on. */
struct entry {
    uint16_t code;
    const uint8_t *start;
    size_t len;
};

/* The entry at *at; false at the end. What is not whole was found before: the packet is checked. */
static bool next_entry(const uint8_t *data, size_t len, size_t *at, struct entry *entry)
{
    if (*at + 4 > len) {
        return false;
    }
    entry->start = data + *at;
    entry->code = sim_get16(entry->start);
    entry->len = sim_get16(entry->start + 2);
    if (entry->len < 4 || entry->len > len - *at) {
        return false;
    }
    *at += (entry->len + 3) & ~(size_t)3;
    return true;
}

static bool fixed_len(const struct entry_layout *layout)
{
    return layout->kind != ENTRY_BYTES && layout->kind != ENTRY_LIST;
}

/* The values of the item against the bytes: captures and `*` take a whole value of their kind. */
static bool entry_matches(struct values *values, struct item *item, const struct entry *entry,
                          bool cause)
{
    const struct entry_layout *layout = cause ? layout_cause(item->name) : layout_param(item->name);
    struct field *field = item_bare(item, NULL);
    struct bytes built = {{0}, 0};
    uint64_t code;

    if (layout == NULL) {
        values->fail(cause ? "no such cause" : "no such parameter");
        return false;
    }
    code = layout->code;
    if (code == 0 && field != NULL && field->value.kind == VALUE_NUM) {
        code = field->value.num;
        field = item_bare(item, field);
    }
    if (code != entry->code) {
        return false;
    }
    if (field == NULL) {
        return true;
    }
    if (field->value.kind == VALUE_CAPTURE || field->value.kind == VALUE_ANY ||
        field->value.kind == VALUE_RANGE) {
        if (fixed_len(layout) && layout->kind == ENTRY_U32 && entry->len == 8) {
            return value_takes_num(values, &field->value, sim_get32(entry->start + 4));
        }
        return value_takes_bytes(values, &field->value, entry->start + 4, entry->len - 4);
    }
    build_entry(values, &built, item, cause);
    return built.len == entry->len && memcmp(built.data, entry->start, built.len) == 0;
}

static bool match_entries(struct values *values, struct item *items, const uint8_t *data,
                          size_t len, bool cause, struct text *why)
{
    const char *what = cause ? "cause" : "parameter";
    struct entry entry;
    size_t at = 0;

    for (; items != NULL; items = items->next) {
        if (items->rest) {
            bool found = items->next == NULL;

            items = items->next;
            while (!found && next_entry(data, len, &at, &entry)) {
                found = entry_matches(values, items, &entry, cause);
            }
            if (!found) {
                text_add(why, "there is no such %s %s", what, items->name);
                return false;
            }
            if (items == NULL) {
                return true;
            }
            continue;
        }
        if (!next_entry(data, len, &at, &entry)) {
            text_add(why, "%s %s is not there", what, items->name);
            return false;
        }
        if (!entry_matches(values, items, &entry, cause)) {
            text_add(why, "%s %u is not the %s that was expected", what, entry.code, items->name);
            return false;
        }
    }
    if (next_entry(data, len, &at, &entry)) {
        text_add(why, "%s %u was not expected", what, entry.code);
        return false;
    }
    return true;
}

static bool match_list(struct values *values, struct item *item, const char *key,
                       const uint8_t *data, size_t len, bool cause, struct text *why)
{
    struct field *field = item_field(item, key);

    if (field == NULL || field->value.kind == VALUE_ANY) {
        return true;
    }
    if (field->value.kind != VALUE_LIST) {
        values->fail("a list is wanted");
    }
    return match_entries(values, field->value.list, data, len, cause, why);
}

/* --- What stands behind the fixed fields ------------------------------------------------------- */

static bool match_bytes(struct values *values, struct item *item, const char *key,
                        const uint8_t *data, size_t len, struct text *why)
{
    struct field *field = item_field(item, key);

    if (field != NULL && !value_takes_bytes(values, &field->value, data, len)) {
        text_add(why, "%s is not as expected (%zu bytes)", key, len);
        return false;
    }
    return true;
}

static bool match_data(struct values *values, struct item *item, const uint8_t *data, size_t len,
                       struct text *why)
{
    struct field *field = item_field(item, "len");

    if (field != NULL && !value_takes_num(values, &field->value, len)) {
        text_add(why, "the user data is %zu bytes long", len);
        return false;
    }
    return match_bytes(values, item, "data", data, len, why);
}

static bool match_cookie_param(struct values *values, struct item *item, const uint8_t *data,
                               size_t len, struct text *why)
{
    struct field *field = item_field(item, "cookie");
    struct entry entry;
    size_t at = 0;

    if (field == NULL) {
        return true;
    }
    while (next_entry(data, len, &at, &entry)) {
        if (entry.code == 7) {
            return match_bytes(values, item, "cookie", entry.start + 4, entry.len - 4, why);
        }
    }
    text_add(why, "there is no state cookie");
    return false;
}

static bool match_numbers(struct item *items, const uint8_t *data, size_t cnt, bool gaps,
                          struct text *why)
{
    const char *what = gaps ? "gaps" : "duplicates";

    for (size_t i = 0; i < cnt; i++, items = items->next) {
        struct field *field = items != NULL ? item_bare(items, NULL) : NULL;
        const uint8_t *at = data + 4 * i;

        if (field == NULL) {
            text_add(why, "there are %zu %s", cnt, what);
            return false;
        }
        if (gaps && (field->value.num != sim_get16(at) ||
                     (field->value.kind == VALUE_RANGE ? field->value.high : field->value.num) !=
                         sim_get16(at + 2))) {
            text_add(why, "a gap is %u..%u", sim_get16(at), sim_get16(at + 2));
            return false;
        }
        if (!gaps && (uint32_t)field->value.num != sim_get32(at)) {
            text_add(why, "a duplicate is %" PRIu32, sim_get32(at));
            return false;
        }
    }
    if (items != NULL) {
        text_add(why, "there are %zu %s", cnt, what);
        return false;
    }
    return true;
}

/* Gaps and duplicates that are not named must not be there. */
static bool match_sack(struct item *item, const struct sim_chunk *chunk, struct text *why)
{
    struct field *gaps = item_field(item, "gaps"), *dups = item_field(item, "dups");
    size_t gap_cnt = sim_get16(chunk->data + 12), dup_cnt = sim_get16(chunk->data + 14);

    if (chunk->len != 16 + 4 * (gap_cnt + dup_cnt)) {
        text_add(why, "the SACK's length does not fit its counts");
        return false;
    }
    if ((gaps == NULL || gaps->value.kind != VALUE_ANY) &&
        !match_numbers(gaps != NULL ? gaps->value.list : NULL, chunk->data + 16, gap_cnt, true,
                       why)) {
        return false;
    }
    return (dups != NULL && dups->value.kind == VALUE_ANY) ||
           match_numbers(dups != NULL ? dups->value.list : NULL, chunk->data + 16 + 4 * gap_cnt,
                         dup_cnt, false, why);
}

static bool match_info(struct values *values, struct item *item, const uint8_t *data, size_t len,
                       struct text *why)
{
    struct entry entry;
    size_t at = 0;

    if (!next_entry(data, len, &at, &entry) || entry.code != 1) {
        text_add(why, "there is no heartbeat information");
        return false;
    }
    return match_bytes(values, item, "info", entry.start + 4, entry.len - 4, why);
}

static bool match_tail(struct values *values, struct item *item, const struct chunk_layout *layout,
                       const struct sim_chunk *chunk, size_t packet_len, struct text *why)
{
    const uint8_t *data = chunk->data + layout->fixed_len;
    size_t len = chunk->len - layout->fixed_len;

    if (!match_bytes(values, item, "bytes", data, len, why)) {
        return false;
    }
    switch (layout->tail) {
    case TAIL_DATA:
        return match_data(values, item, data, len, why);
    case TAIL_PARAMS:
        return match_cookie_param(values, item, data, len, why) &&
               match_list(values, item, "params", data, len, false, why);
    case TAIL_SACK:
        return match_sack(item, chunk, why);
    case TAIL_INFO:
        return match_info(values, item, data, len, why);
    case TAIL_CAUSES:
        return match_list(values, item, "causes", data, len, true, why);
    case TAIL_COOKIE:
        return match_bytes(values, item, "cookie", data, len, why);
    case TAIL_AUTH:
        if (!auth_good(values, auth_secret(values, item), chunk->data, packet_len - chunk->at)) {
            text_add(why, "the MAC is wrong");
            return false;
        }
        break;
    case TAIL_BYTES:
    case TAIL_NONE:
        break;
    }
    return true;
}

/* --- Chunks ----------------------------------------------------------------------------------- */

static bool match_fixed(struct values *values, struct item *item, const struct chunk_layout *layout,
                        const struct sim_chunk *chunk, struct text *why)
{
    for (const struct fixed_field *fixed = layout->fixed;
         fixed < layout->fixed + LAYOUT_FIXED_MAX && fixed->key != NULL; fixed++) {
        uint64_t number = number_at(chunk->data + fixed->at, fixed->width);
        struct field *field = item_field(item, fixed->key);
        struct value wanted;

        if (field == NULL && strcmp(fixed->key, "fsn") == 0) {
            field = item_field(item, "ppid");
        }
        if (field == NULL) {
            continue;
        }
        wanted = field->value;
        if (wanted.kind == VALUE_NUM && fixed->width < 8) {
            wanted.num &= (UINT64_C(1) << 8 * fixed->width) - 1;
        }
        if (!value_takes_num(values, &wanted, number)) {
            text_add(why, "%s is %" PRIu64 ", not %" PRIu64, fixed->key, number, wanted.num);
            return false;
        }
    }
    return true;
}

static bool match_chunk(struct values *values, struct item *item, const struct sim_chunk *chunk,
                        size_t packet_len, struct text *why)
{
    const struct chunk_layout *layout = layout_chunk(item->name);
    struct field *field;
    uint64_t flags;

    if (layout == NULL) {
        values->fail("no such chunk");
        return false;
    }
    if (chunk->type != item_num_or(values, item, "type", layout->type)) {
        text_add(why, "a %s came in place of %s", sim_chunk_name(chunk->type), item->name);
        return false;
    }
    if (chunk->len < layout->fixed_len) {
        text_add(why, "the chunk is only %u bytes long", chunk->len);
        return false;
    }
    if ((layout_flags(values, item, layout, &flags) || layout->flags_matter) &&
        flags != chunk->flags) {
        text_add(why, "the flags are 0x%02x, not 0x%02x", chunk->flags, (unsigned)flags);
        return false;
    }
    field = item_field(item, "length");
    if (field != NULL && !value_takes_num(values, &field->value, chunk->len)) {
        text_add(why, "the chunk is %u bytes long", chunk->len);
        return false;
    }
    if (!match_fixed(values, item, layout, chunk, why) ||
        !match_tail(values, item, layout, chunk, packet_len, why)) {
        return false;
    }
    item_all_used(values, item);
    return true;
}

bool match_chunks(struct values *values, struct item *items, const uint8_t *packet, size_t len,
                  struct text *why)
{
    struct sim_chunk chunk;
    size_t at = 0;

    for (; items != NULL; items = items->next) {
        if (items->rest) {
            return true;
        }
        if (sim_packet_next(packet, len, &at, &chunk) != 1) {
            text_add(why, "there is no %s", items->name != NULL ? items->name : "more");
            return false;
        }
        if (!match_chunk(values, items, &chunk, len, why)) {
            return false;
        }
    }
    if (sim_packet_next(packet, len, &at, &chunk) == 1) {
        text_add(why, "a %s was not expected", sim_chunk_name(chunk.type));
        return false;
    }
    return true;
}
