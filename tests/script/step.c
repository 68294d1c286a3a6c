/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a script: one line after the other. */
#include "world.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/wire.h"

enum { LINE_MAX_LEN = 4096, DEPTH_MAX = 8 };

/* --- Injecting -------------------------------------------------------------------------------- */

/* The list in brackets at the start of a packet line, or NULL. */
static struct item *packet_options(struct world *world, const char **text)
{
    struct value value;

    while (**text == ' ') {
        (*text)++;
    }
    if (**text != '[') {
        return NULL;
    }
    value = values_parse_value(&world->values, text);
    return value.list != NULL ? value.list : values_alloc(&world->values, sizeof(struct item));
}

static bool no_addresses(const struct world *world, uint64_t lower)
{
    return lower >= 1 && lower <= world->lower_cnt &&
           (world->lowers[lower - 1].flags & USCTP_LOWER_NO_ADDRESSES) != 0;
}

static const struct value *address_option(struct world *world, struct item *options,
                                          const char *key, const char *var)
{
    struct field *field = item_field(options, key);

    if (field == NULL) {
        return values_get(&world->values, var);
    }
    if (field->value.kind != VALUE_ADDR) {
        world_fail(world, "%s wants an address", key);
    }
    return &field->value;
}

static uint16_t port_option(const struct world *world, const struct value *value, const char *var)
{
    return value->has_udp_port ? value->udp_port : values_get(&world->values, var)->udp_port;
}

static void fill_dgram(struct world *world, struct usctp_dgram *dgram, struct item *options)
{
    uint64_t lower = item_num_or(&world->values, options, "lower", 1);
    const struct value *from = address_option(world, options, "from", "peer");
    const struct value *to = address_option(world, options, "to", "me");
    bool raw;

    memset(dgram, 0, sizeof(*dgram));
    if (lower == 0 || lower > world->lower_cnt) {
        world_fail(world, "there is no lower layer %" PRIu64 "; an `endpoint` or `lower` makes one",
                   lower);
    }
    raw = (world->lowers[lower - 1].flags & USCTP_LOWER_RAW) != 0;
    dgram->lower = world->lowers[lower - 1].id;
    dgram->ecn = (uint8_t)item_num_or(&world->values, options, "ecn", 0);
    if (item_word(options, "vouched")) {
        dgram->flags |= USCTP_DGRAM_CRC_VOUCHED;
    }
    if (no_addresses(world, lower)) {
        return;
    }
    dgram->remote = from->addr;
    dgram->local = to->addr;
    dgram->remote_udp_port = raw ? 0 : port_option(world, from, "peer");
    dgram->local_udp_port = raw ? 0 : port_option(world, to, "me");
}

/* The checksum: right, unless the script wants another. */
static void seal(struct world *world, struct bytes *bytes, struct item *options)
{
    struct field *field = item_field(options, "crc");
    uint32_t crc;

    if (bytes->len < 12) {
        return;
    }
    crc = sim_packet_crc(bytes->data, bytes->len);
    if (field != NULL && field->value.kind == VALUE_NUM) {
        crc = (uint32_t)field->value.num;
    } else if (field != NULL && same_word(field->value.word, "bad")) {
        crc ^= 0x1000;
    } else if (field != NULL) {
        world_fail(world, "crc is `bad` or a number");
    }
    sim_put32(bytes->data + 8, crc);
}

static void build(struct world *world, struct bytes *bytes, struct item *options,
                  struct item *chunks)
{
    struct values *values = &world->values;
    bool init = chunks != NULL && same_word(chunks->name, "INIT");
    uint64_t tag = item_num_or(values, options, "tag", init ? 0 : values_num(values, "tag", 0));
    uint64_t sport = item_num_or(values, options, "sport", values_num(values, "pport", 0));
    uint64_t dport = item_num_or(values, options, "dport", values_num(values, "port", 0));
    struct field *tail = item_field(options, "tail");
    uint64_t cut;

    values_set_num(values, "last_tag", tag & 0xffffffff);
    build_packet(values, bytes, chunks, (uint16_t)sport, (uint16_t)dport, (uint32_t)tag);
    if (tail != NULL) {
        bytes_put(bytes, tail->value.bytes, tail->value.len);
    }
    if (item_num(values, options, "cut", &cut)) {
        if (cut > bytes->len) {
            world_fail(world, "the packet has only %zu bytes", bytes->len);
        }
        bytes->len = (size_t)cut;
    }
}

static void run_inject(struct world *world, const char *text, bool batch)
{
    struct item none = {0}, *options, *chunks;
    struct bytes *bytes = values_alloc(&world->values, sizeof(*bytes));
    struct usctp_dgram dgram;

    options = packet_options(world, &text);
    if (options == NULL) {
        options = &none;
    }
    chunks = values_parse(&world->values, text, NULL);
    if (chunks != NULL && chunks->name == NULL && !chunks->rest) {
        /* Bytes as they are. */
        struct field *raw = item_bare(chunks, NULL);

        if (raw == NULL || raw->value.kind != VALUE_BYTES) {
            world_fail(world, "a chunk or bytes are wanted");
            return;
        }
        bytes_put(bytes, raw->value.bytes, raw->value.len);
    } else {
        build(world, bytes, options, chunks);
        seal(world, bytes, options);
    }
    fill_dgram(world, &dgram, options);
    item_all_used(&world->values, options);
    dgram.data = bytes->data;
    dgram.len = bytes->len;
    world_input(world, &dgram, batch);
}

/* `icmp KIND [mtu=N] [from=...] [PACKET]`: the quoted packet is one of ours, so its ports are turned
 * round and its tag is $ptag. */
static void run_icmp(struct world *world, const char *text)
{
    static const struct {
        const char *name;
        int kind;
    } kinds[] = {{"hint", USCTP_ICMP_HINT},
                 {"too_big", USCTP_ICMP_TOO_BIG},
                 {"unreachable", USCTP_ICMP_UNREACHABLE},
                 {"no_protocol", USCTP_ICMP_NO_PROTOCOL},
                 {"other", USCTP_ICMP_OTHER}};
    struct values *values = &world->values;
    struct usctp_icmp icmp = USCTP_ICMP_INIT;
    struct item none = {0}, *options, *items = NULL;
    struct bytes *quote = values_alloc(values, sizeof(*quote));
    const struct value *remote, *local;
    struct value kind = values_parse_value(values, &text);
    bool init;
    uint64_t cut;

    icmp.kind = -1;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (same_word(kinds[i].name, kind.word)) {
            icmp.kind = kinds[i].kind;
        }
    }
    if (icmp.kind < 0) {
        world_fail(world, "no such kind of ICMP message");
    }
    options = packet_options(world, &text);
    options = options != NULL ? options : &none;
    items = values_parse(values, text, NULL);
    init = items != NULL && same_word(items->name, "INIT");
    remote = address_option(world, options, "to", "peer");
    local = address_option(world, options, "from", "me");
    icmp.mtu = (uint32_t)item_num_or(values, options, "mtu", 0);
    icmp.lower = world->lowers[item_num_or(values, options, "lower", 1) - 1].id;
    if (!no_addresses(world, item_num_or(values, options, "lower", 1))) {
        icmp.remote = remote->addr;
        icmp.local = local->addr;
        icmp.remote_udp_port = port_option(world, remote, "peer");
        icmp.local_udp_port = port_option(world, local, "me");
    }
    if (!item_word(options, "no_quote")) {
        uint64_t tag =
            item_num_or(values, options, "tag", init ? 0 : values_num(values, "ptag", 0));

        build_packet(
            values, quote, items,
            (uint16_t)item_num_or(values, options, "sport", values_num(values, "port", 0)),
            (uint16_t)item_num_or(values, options, "dport", values_num(values, "pport", 0)),
            (uint32_t)tag);
        cut = item_num_or(values, options, "cut", quote->len);
        icmp.quote = quote->data;
        icmp.quote_len = (size_t)cut;
    }
    item_all_used(values, options);
    world_trace(world, "< icmp %s mtu %u quoting %zu bytes", kind.word, (unsigned)icmp.mtu,
                icmp.quote_len);
    world_enter(world);
    if (usctp_stack_input_icmp(world->stack, &icmp, world->now_ts) != 0) {
        world_fail(world, "usctp_stack_input_icmp failed");
    }
    world_leave(world);
}

/* --- Expecting -------------------------------------------------------------------------------- */

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

static void run_expect(struct world *world, const char *text, bool any)
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

static void run_event(struct world *world, const char *text)
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

/* --- Other lines ------------------------------------------------------------------------------ */

static void run_set(struct world *world, struct item *item, bool only_new)
{
    for (struct field *field = item->fields; field != NULL; field = field->next) {
        if (field->key == NULL) {
            world_fail(world, "`set NAME=VALUE` is wanted");
            return;
        }
        if (field->value.kind == VALUE_ADDR && !field->value.has_udp_port) {
            field->value.has_udp_port = true;
            field->value.udp_port = 9899;
        }
        if (!only_new || values_get(&world->values, field->key) == NULL) {
            values_set(&world->values, field->key, &field->value);
        }
    }
}

static void run_ignore(struct world *world, struct item *item)
{
    world->ignored = 0;
    for (struct field *f = item_bare(item, NULL); f != NULL; f = item_bare(item, f)) {
        const struct chunk_layout *layout = layout_chunk(f->value.word);

        if (layout == NULL || layout->type > 31) {
            world_fail(world, "no such chunk");
            return;
        }
        world->ignored |= 1u << layout->type;
    }
}

static void run_auto(struct world *world, struct item *item)
{
    struct field *except = item_field(item, "except");

    world->auto_heartbeat = !item_word(item, "off") && item_word(item, "heartbeat_ack");
    memset(&world->mute, 0, sizeof(world->mute));
    if (except != NULL) {
        world->mute = except->value.addr;
    }
}

/* `watch buffers`: DRY and BUFFERED_LOW are looked at like all other events. */
static void run_watch(struct world *world, struct item *item)
{
    world->watch_buffers = item_word(item, "buffers");
}

static void run_messages(struct world *world, struct item *item)
{
    world->messages = item_word(item, "keep")    ? MESSAGES_KEEP
                      : item_word(item, "defer") ? MESSAGES_DEFER
                                                 : MESSAGES_TAKE;
}

static void run_fail(struct world *world, struct item *item)
{
    uint64_t next;

    if (item_num(&world->values, item, "memory", &next)) {
        test_memory_fail_next(&world->memory, next);
    }
    if (item_word(item, "memory")) {
        world->memory.fail_from = world->memory.alloc_cnt + 1;
    }
    world->crypto.fail_random = item_word(item, "random");
    world->crypto.fail_hmac = item_word(item, "hmac");
    if (item_word(item, "nothing")) {
        world->memory.fail_from = 0;
    }
}

static void run_same(struct world *world, struct item *item, bool wanted)
{
    struct field *a = item_bare(item, NULL), *b = a != NULL ? item_bare(item, a) : NULL;
    bool same;

    if (b == NULL || a->value.kind != b->value.kind) {
        world_fail(world, "two values of one kind are wanted");
        return;
    }
    same = a->value.kind == VALUE_BYTES
               ? a->value.len == b->value.len &&
                     memcmp(a->value.bytes, b->value.bytes, a->value.len) == 0
               : a->value.num == b->value.num;
    if (same != wanted) {
        world_fail(world, "the two are %s (%" PRIu64 " and %" PRIu64 ")",
                   same ? "the same" : "different", a->value.num, b->value.num);
    }
}

static void run_on(struct world *world, const char *text)
{
    const char *call = strstr(text, " call ");

    if (call == NULL || world->on_cnt == WORLD_ON_MAX) {
        world_fail(world, "`on EVENT call ...` is wanted");
        return;
    }
    world->on[world->on_cnt].event = values_string(&world->values, text, (size_t)(call - text));
    world->on[world->on_cnt].call = values_string(&world->values, call + 6, strlen(call + 6));
    world->on_cnt++;
}

/* Lines that are one item: looked up by the item's name. */
static bool run_item(struct world *world, const char *line)
{
    static const struct {
        const char *name;
        void (*run)(struct world *world, struct item *item);
    } lines[] = {{"stack", run_stack},       {"lower", run_lower},   {"params", run_params},
                 {"endpoint", run_endpoint}, {"stat", run_stat},     {"assoc", run_assoc},
                 {"path", run_path},         {"ignore", run_ignore}, {"auto", run_auto},
                 {"messages", run_messages}, {"fail", run_fail},     {"watch", run_watch}};
    struct item *item = values_parse(&world->values, line, NULL);

    if (item == NULL || item->next != NULL || item->name == NULL) {
        return false;
    }
    if (same_word(item->name, "set") || same_word(item->name, "default")) {
        run_set(world, item, same_word(item->name, "default"));
        return true;
    }
    if (same_word(item->name, "same") || same_word(item->name, "differ")) {
        run_same(world, item, same_word(item->name, "same"));
        return true;
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (same_word(item->name, lines[i].name)) {
            lines[i].run(world, item);
            item_all_used(&world->values, item);
            return true;
        }
    }
    return false;
}

static const char *after(const char *line, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(line, word, len) != 0) {
        return NULL;
    }
    line += len;
    if (isalnum((unsigned char)word[len - 1]) && *line != ' ' && *line != '\0') {
        return NULL;
    }
    while (*line == ' ') {
        line++;
    }
    return line;
}

static void run_time(struct world *world, const char *text)
{
    struct value value = values_parse_value(&world->values, &text);

    if (value.kind != VALUE_NUM || *text != '\0') {
        world_fail(world, "a time is wanted");
    }
    world_trace(world, "+%" PRIu64 "us", value.num / 1000);
    world_advance(world, world->now_ts + value.num, NULL);
}

static void run_line(struct world *world, const char *line)
{
    const char *rest;

    if ((rest = after(line, "<<")) != NULL) {
        world_expect_quiet(world);
        run_inject(world, rest, true);
    } else if ((rest = after(line, "<")) != NULL) {
        world_expect_quiet(world);
        run_inject(world, rest, false);
    } else if ((rest = after(line, ">any")) != NULL) {
        run_expect(world, rest, true);
    } else if ((rest = after(line, ">")) != NULL) {
        run_expect(world, rest, false);
    } else if ((rest = after(line, "+")) != NULL) {
        world_expect_quiet(world);
        run_time(world, rest);
    } else if ((rest = after(line, "event")) != NULL) {
        run_event(world, rest);
    } else if ((rest = after(line, "no event")) != NULL) {
        if (world->records != NULL) {
            world_expect_quiet(world);
        }
    } else if ((rest = after(line, "call")) != NULL) {
        world_expect_quiet(world);
        world_trace(world, "call %s", rest);
        world_enter(world);
        run_call(world, rest);
        world_leave(world);
    } else if ((rest = after(line, "on")) != NULL) {
        run_on(world, rest);
    } else if ((rest = after(line, "icmp")) != NULL) {
        world_expect_quiet(world);
        run_icmp(world, rest);
    } else if (!run_item(world, line)) {
        world_fail(world, "not understood: %s", line);
    }
}

/* --- Files ------------------------------------------------------------------------------------ */

struct script {
    struct world *world;
    const char *path;
    unsigned depth;
    struct line {
        unsigned number;
        const char *text;
    } * lines;
    size_t cnt, cap;
};

/* Takes a comment off: `#` at the start or behind a space, not within quotes. */
static void strip(char *line)
{
    char quote = '\0';
    size_t len;

    for (char *at = line; *at != '\0'; at++) {
        if (quote != '\0') {
            quote = *at == quote ? '\0' : quote;
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else if (*at == '#' && (at == line || at[-1] == ' ')) {
            *at = '\0';
            break;
        } else if (*at == '\t') {
            *at = ' ';
        }
    }
    for (len = strlen(line); len > 0 && isspace((unsigned char)line[len - 1]); len--) {
        line[len - 1] = '\0';
    }
}

static void add_line(struct script *script, unsigned number, char *text)
{
    struct values *values = &script->world->values;

    strip(text);
    while (*text == ' ') {
        text++;
    }
    if (*text == '\0') {
        return;
    }
    if (script->cnt == script->cap) {
        struct line *old = script->lines;

        script->cap = script->cap * 2 + 64;
        script->lines = values_alloc(values, script->cap * sizeof(*script->lines));
        if (script->cnt > 0) {
            memcpy(script->lines, old, script->cnt * sizeof(*old));
        }
    }
    script->lines[script->cnt].number = number;
    script->lines[script->cnt++].text = values_string(values, text, strlen(text));
}

static void load(struct script *script)
{
    char buf[LINE_MAX_LEN];
    size_t len = 0;
    unsigned number = 0;
    FILE *file = fopen(script->path, "r");

    if (file == NULL) {
        world_fail(script->world, "cannot open %s", script->path);
        return;
    }
    while (fgets(buf + len, (int)(sizeof(buf) - len), file) != NULL) {
        number++;
        len += strlen(buf + len);
        if (len >= 2 && buf[len - 1] == '\n' && buf[len - 2] == '\\') {
            len -= 2; /* goes on in the next line */
            continue;
        }
        add_line(script, number, buf);
        len = 0;
    }
    (void)fclose(file);
}

static void run_block(struct script *script, size_t from, size_t to);

/* The `end` that belongs to the `repeat` before `from`. */
static size_t find_end(struct script *script, size_t from, size_t to)
{
    unsigned depth = 1;

    for (size_t i = from; i < to; i++) {
        if (after(script->lines[i].text, "repeat") != NULL) {
            depth++;
        } else if (strcmp(script->lines[i].text, "end") == 0 && --depth == 0) {
            return i;
        }
    }
    world_fail(script->world, "`repeat` without `end`");
    return to;
}

static void include(struct script *script, const char *name)
{
    struct world *world = script->world;
    const char *slash = strrchr(script->path, '/');
    const char *file = world->file;
    struct script inner = {world, NULL, script->depth + 1, NULL, 0, 0};
    char path[512];

    if (script->depth == DEPTH_MAX) {
        world_fail(world, "includes are too deep");
    }
    (void)snprintf(path, sizeof(path), "%.*s%s",
                   slash != NULL ? (int)(slash - script->path + 1) : 0, script->path, name);
    inner.path = path;
    load(&inner);
    world->file = values_string(&world->values, path, strlen(path));
    run_block(&inner, 0, inner.cnt);
    world->file = file;
}

/* `repeat N` ... `end`; within it $i counts from 0. */
static size_t repeat(struct script *script, size_t at, size_t to, const char *text)
{
    struct world *world = script->world;
    size_t end = find_end(script, at + 1, to);
    struct value cnt = values_parse_value(&world->values, &text);

    for (uint64_t i = 0; i < cnt.num; i++) {
        values_set_num(&world->values, "i", i);
        run_block(script, at + 1, end);
    }
    return end;
}

static void run_block(struct script *script, size_t from, size_t to)
{
    struct world *world = script->world;
    const char *rest;

    for (size_t i = from; i < to; i++) {
        const char *text = script->lines[i].text;

        world->line = script->lines[i].number;
        if ((rest = after(text, "include")) != NULL) {
            include(script, rest);
        } else if ((rest = after(text, "repeat")) != NULL) {
            i = repeat(script, i, to, rest);
        } else {
            run_line(world, text);
        }
    }
}

void run_file(struct world *world, const char *path)
{
    struct script script = {world, path, 0, NULL, 0, 0};

    world->file = path;
    load(&script);
    run_block(&script, 0, script.cnt);
    world_expect_quiet(world);
    world_end(world);
}
