/* SPDX-License-Identifier: BSD-3-Clause */
/* All other lines, and which line is which. */
#include "lines.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

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

const char *after(const char *line, const char *word)
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

void run_line(struct world *world, const char *line)
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
