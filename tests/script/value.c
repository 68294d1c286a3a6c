/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory and variables of a script, and access to the items of a line. */
#include "value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena {
    struct arena *next;
    uint64_t align; /* what follows is aligned for any object */
};

void *values_alloc(struct values *values, size_t len)
{
    struct arena *block = calloc(1, sizeof(*block) + len);

    if (block == NULL) {
        abort();
    }
    block->next = values->arena;
    values->arena = block;
    return block + 1;
}

void values_free(struct values *values)
{
    while (values->arena != NULL) {
        struct arena *block = values->arena;

        values->arena = block->next;
        free(block);
    }
    values->variables = NULL;
}

uint8_t *values_copy(struct values *values, const void *data, size_t len)
{
    uint8_t *copy = values_alloc(values, len + 1);

    if (len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

char *values_string(struct values *values, const char *text, size_t len)
{
    return (char *)values_copy(values, text, len);
}

bool same_word(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

void values_set(struct values *values, const char *name, const struct value *value)
{
    struct variable *variable = values->variables;

    while (variable != NULL && strcmp(variable->name, name) != 0) {
        variable = variable->next;
    }
    if (variable == NULL) {
        variable = values_alloc(values, sizeof(*variable));
        variable->name = values_string(values, name, strlen(name));
        variable->next = values->variables;
        values->variables = variable;
    }
    variable->value = *value;
}

void values_set_num(struct values *values, const char *name, uint64_t num)
{
    struct value value = {.kind = VALUE_NUM, .num = num};

    values_set(values, name, &value);
}

const struct value *values_get(const struct values *values, const char *name)
{
    for (const struct variable *v = values->variables; v != NULL; v = v->next) {
        if (strcmp(v->name, name) == 0) {
            return &v->value;
        }
    }
    return NULL;
}

uint64_t values_num(const struct values *values, const char *name, uint64_t other)
{
    const struct value *value = values_get(values, name);

    return value != NULL && value->kind == VALUE_NUM ? value->num : other;
}

struct field *item_field(struct item *item, const char *key)
{
    for (struct field *field = item->fields; field != NULL; field = field->next) {
        if (same_word(field->key, key)) {
            field->used = true;
            return field;
        }
    }
    return NULL;
}

struct field *item_bare(struct item *item, struct field *at)
{
    struct field *field = at == NULL ? item->fields : at->next;

    while (field != NULL && field->key != NULL) {
        field = field->next;
    }
    if (field != NULL) {
        field->used = true;
    }
    return field;
}

bool item_word(struct item *item, const char *word)
{
    for (struct field *field = item->fields; field != NULL; field = field->next) {
        if (field->key == NULL && field->value.kind == VALUE_WORD &&
            strcmp(field->value.word, word) == 0) {
            field->used = true;
            return true;
        }
    }
    return false;
}

void item_all_used(struct values *values, const struct item *item)
{
    for (const struct field *field = item->fields; field != NULL; field = field->next) {
        if (!field->used) {
            char text[160];

            (void)snprintf(text, sizeof(text), "%s has no %s", item->name ? item->name : "this",
                           field->key != NULL                ? field->key
                           : field->value.kind == VALUE_WORD ? field->value.word
                                                             : "bare value");
            values->fail(text);
        }
    }
}

bool item_num(struct values *values, struct item *item, const char *key, uint64_t *num)
{
    struct field *field = item_field(item, key);

    if (field == NULL) {
        return false;
    }
    if (field->value.kind != VALUE_NUM) {
        char text[160];

        (void)snprintf(text, sizeof(text), "%s must be a number", key);
        values->fail(text);
    }
    *num = field->value.num;
    return true;
}

uint64_t item_num_or(struct values *values, struct item *item, const char *key, uint64_t other)
{
    uint64_t num = other;

    (void)item_num(values, item, key, &num);
    return num;
}

bool value_takes_num(struct values *values, const struct value *value, uint64_t num)
{
    switch (value->kind) {
    case VALUE_NUM:
        return value->num == num;
    case VALUE_RANGE:
        return value->num <= num && num <= value->high;
    case VALUE_CAPTURE:
        values_set_num(values, value->word, num);
        return true;
    case VALUE_ANY:
        return true;
    default:
        values->fail("a number is wanted here");
        return false;
    }
}

bool value_takes_bytes(struct values *values, const struct value *value, const uint8_t *data,
                       size_t len)
{
    struct value captured = {.kind = VALUE_BYTES, .len = len};

    switch (value->kind) {
    case VALUE_BYTES:
        return value->len == len && (len == 0 || memcmp(value->bytes, data, len) == 0);
    case VALUE_CAPTURE:
        captured.bytes = values_copy(values, data, len);
        values_set(values, value->word, &captured);
        return true;
    case VALUE_ANY:
        return true;
    default:
        values->fail("bytes are wanted here");
        return false;
    }
}
