/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts as files: comments, includes, repetitions. */
#include "lines.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_LEN = 4096, DEPTH_MAX = 8 };

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
