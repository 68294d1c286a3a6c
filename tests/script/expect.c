/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines that expect: packets, silence, events. */
#include "lines.h"

#include <inttypes.h>
#include <string.h>

#include "sim/wire.h"

/* What stands behind `@`: a time, or a range of times, from now on. */
static bool parse_when(struct world *world, const char *rest, uint64_t *low_ts, uint64_t *high_ts)
{
    struct value value;

    *low_ts = 0;
    *high_ts = world->now_ts;
    if (*rest == '\0') {
        return false;
    }
    if (*rest != '@') {
        world_fail(world, "not understood: %s", rest);
    }
    rest++;
    value = values_parse_value(&world->values, &rest);
    if ((value.kind != VALUE_NUM && value.kind != VALUE_RANGE) || *rest != '\0') {
        world_fail(world, "a time such as 200ms or 1s..2s is wanted behind @");
    }
    *low_ts = world->now_ts + value.num;
    *high_ts = world->now_ts + (value.kind == VALUE_NUM ? value.num : value.high);
    return true;
}

static bool has_sent(struct world *world)
{
    return world->sent != NULL;
}

static bool has_record(struct world *world)
{
    return world->records != NULL;
}

static bool header_matches(struct world *world, struct item *options, struct item *chunks,
                           const struct sent *sent, struct text *why)
{
    struct values *values = &world->values;
    bool init = chunks != NULL && same_word(chunks->name, "INIT");
    bool reflected = chunks != NULL && !chunks->rest && item_word(chunks, "T");
    const char *tag_var = reflected ? "last_tag" : "ptag";
    struct {
        const char *key;
        uint64_t number, other;
    } fields[] = {
        {"sport", sim_get16(sent->data), values_num(values, "port", 0)},
        {"dport", sim_get16(sent->data + 2), values_num(values, "pport", 0)},
        {"tag", sim_get32(sent->data + 4), init ? 0 : values_num(values, tag_var, 0)},
        {"len", sent->len, sent->len},
        {"may_fragment", (sent->flags & USCTP_DGRAM_MAY_FRAGMENT) != 0, 0},
        {"lower", sent->lower, sent->lower},
        {"probe", (sent->flags & USCTP_DGRAM_PROBE) != 0, (sent->flags & USCTP_DGRAM_PROBE) != 0},
        {"crc", sim_get32(sent->data + 8), sim_get32(sent->data + 8)},
        {"ecn", sent->ecn, sent->ecn},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct value wanted = {.kind = VALUE_NUM, .num = fields[i].other};
        struct field *field = item_field(options, fields[i].key);

        if (field != NULL) {
            wanted = field->value;
        }
        if (!value_takes_num(values, &wanted, fields[i].number)) {
            text_add(why, "%s is %" PRIu64 " (0x%" PRIx64 ")", fields[i].key, fields[i].number,
                     fields[i].number);
            return false;
        }
    }
    return true;
}

static bool same_addr(const struct usctp_addr *a, const struct usctp_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool addresses_match(struct world *world, struct item *options, const struct sent *sent,
                            struct text *why)
{
    struct field *any = item_field(options, "to"), *from = item_field(options, "from");
    const struct value *to;
    bool raw = (world->lowers[sent->lower - 1].flags & USCTP_LOWER_RAW) != 0;
    struct field *port;

    if (from != NULL && from->value.kind == VALUE_ADDR &&
        !same_addr(&from->value.addr, &sent->local)) {
        text_add(why, "it leaves from another address");
        return false;
    }
    if (no_addresses(world, sent->lower) || (any != NULL && any->value.kind == VALUE_ANY)) {
        return true;
    }
    to = address_option(world, options, "to", "peer");
    if (!same_addr(&to->addr, &sent->remote)) {
        text_add(why, "it goes to another address");
        return false;
    }
    port = item_field(options, "uport");
    if (port != NULL) {
        return value_takes_num(&world->values, &port->value, sent->remote_udp_port);
    }
    if (sent->remote_udp_port != (raw ? 0 : port_option(world, to, "peer"))) {
        text_add(why, "it goes to UDP port %u", sent->remote_udp_port);
        return false;
    }
    return true;
}

/* The items and options are read anew for each packet they are compared with: comparing captures. */
static bool packet_matches(struct world *world, const char *text, const struct sent *sent,
                           uint64_t low_ts, uint64_t high_ts, struct text *why)
{
    struct item none = {0}, *options, *chunks;
    const char *rest;

    options = packet_options(world, &text);
    options = options != NULL ? options : &none;
    chunks = values_parse(&world->values, text, &rest);
    if (sent->ts < low_ts || sent->ts > high_ts) {
        text_add(why, "it was sent %" PRIu64 " us after the limit began",
                 (sent->ts - low_ts) / 1000);
        return false;
    }
    if (!header_matches(world, options, chunks, sent, why) ||
        !addresses_match(world, options, sent, why) ||
        !match_chunks(&world->values, chunks, sent->data, sent->len, why)) {
        return false;
    }
    item_all_used(&world->values, options);
    return true;
}

static void expect_nothing(struct world *world, const char *text)
{
    uint64_t dur = 0;

    while (*text == ' ') {
        text++;
    }
    if (strncmp(text, "for ", 4) == 0) {
        struct value value;

        text += 4;
        value = values_parse_value(&world->values, &text);
        dur = value.num;
        if (world->sent == NULL) {
            world_advance(world, world->now_ts + dur, has_sent);
        }
    } else if (*text != '\0') {
        world_fail(world, "`> nothing` or `> nothing for TIME` is wanted");
    }
    if (world->sent != NULL) {
        struct text line = {{0}, 0};

        text_packet(&line, world->sent);
        world_fail(world, "expected nothing; came after %" PRIu64 " ms: %s",
                   (world->sent->ts - world->now_ts) / 1000000, line.buf);
    }
}

void run_expect(struct world *world, const char *text, bool any)
{
    struct text why = {{0}, 0}, line = {{0}, 0};
    const char *at = strchr(text, '@');
    uint64_t low_ts, high_ts;

    while (*text == ' ') {
        text++;
    }
    if (strncmp(text, "nothing", 7) == 0) {
        expect_nothing(world, text + 7);
        return;
    }
    if (parse_when(world, at != NULL ? at : "", &low_ts, &high_ts) && world->sent == NULL) {
        world_advance(world, high_ts, has_sent);
    }
    if (world->sent == NULL) {
        world_fail(world, "expected %s; nothing came", text);
    }
    for (struct sent *sent = world->sent; sent != NULL; sent = any ? sent->next : NULL) {
        why.len = 0;
        if (packet_matches(world, text, sent, low_ts, high_ts, &why)) {
            (void)world_take_sent(world, sent);
            return;
        }
    }
    text_packet(&line, world->sent);
    world_fail(world, "expected %s; came %s: %s", text, line.buf, why.buf);
}

void run_event(struct world *world, const char *text)
{
    struct text why = {{0}, 0}, line = {{0}, 0};
    struct record *record;
    struct item *item;
    uint64_t low_ts, high_ts;
    const char *rest;

    item = values_parse(&world->values, text, &rest);
    if (item == NULL || item->next != NULL) {
        world_fail(world, "one event is wanted");
        return;
    }
    if (parse_when(world, rest, &low_ts, &high_ts) && world->records == NULL) {
        world_advance(world, high_ts, has_record);
    }
    record = world_take_record(world);
    if (record == NULL) {
        world_fail(world, "expected event %s; none came", text);
        return;
    }
    if (record->ts < low_ts || record->ts > high_ts) {
        text_add(&why, "it came at another time");
    } else if (record_matches(&world->values, item, record, &why)) {
        return;
    }
    text_record(&line, record);
    world_fail(world, "expected event %s; came %s: %s", text, line.buf, why.buf);
}
