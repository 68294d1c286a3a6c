/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of the script language, and lines read into trees of them: a line is a list of items such
 * as `SACK cum=$tsn+1 gaps=[2..3]`; an item has a name, bare values, and values with a key.
 */
#ifndef USCTP_SCRIPT_VALUE_H
#define USCTP_SCRIPT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

enum value_kind {
    VALUE_NONE = 0,
    VALUE_NUM,     /* 5, 0x1f, 200ms, 64k, $tsn+1 */
    VALUE_RANGE,   /* 2..3; `3..` has no upper end */
    VALUE_BYTES,   /* "text", '01 02 ff', and what was captured */
    VALUE_ADDR,    /* B1, 192.0.2.1, 2001:db8::1, with :PORT behind it or not */
    VALUE_WORD,    /* anything else that begins with a letter */
    VALUE_LIST,    /* [item, item] */
    VALUE_CAPTURE, /* ?name: matches anything and stores it as $name */
    VALUE_ANY      /* *: matches anything */
};

struct item;

struct value {
    enum value_kind kind;
    uint64_t num;  /* NUM; RANGE: low end */
    uint64_t high; /* RANGE: high end */
    const uint8_t *bytes;
    size_t len;             /* BYTES */
    const char *word;       /* WORD, CAPTURE */
    struct usctp_addr addr; /* ADDR */
    uint16_t udp_port;
    bool has_udp_port; /* ADDR: :PORT stood behind it */
    struct item *list; /* LIST: the first item, or NULL */
};

struct field {
    const char *key; /* NULL: a bare value */
    struct value value;
    bool used; /* somebody has looked at it */
    struct field *next;
};

/* One item. `...` stands for an item with rest set. */
struct item {
    const char *name; /* its first word; NULL: it begins with a value */
    struct field *fields;
    bool rest;
    struct item *next;
};

struct variable {
    const char *name;
    struct value value;
    struct variable *next;
};

/* The memory of a script, freed at its end as a whole; and its variables. */
struct arena;
struct values {
    struct arena *arena;
    struct variable *variables;
    void (*fail)(const char *text); /* says what is wrong with a line; does not return */
};

void values_free(struct values *values);

/* Zeroed memory that lives as long as the script. */
void *values_alloc(struct values *values, size_t len);
uint8_t *values_copy(struct values *values, const void *data, size_t len);
char *values_string(struct values *values, const char *text, size_t len);

void values_set(struct values *values, const char *name, const struct value *value);
void values_set_num(struct values *values, const char *name, uint64_t num);
const struct value *values_get(const struct values *values, const char *name); /* or NULL */

/* A number from a variable that must be one; `other` if it is not set. */
uint64_t values_num(const struct values *values, const char *name, uint64_t other);

/* Reads the items in a text, with `;` between them. What stands behind a lone `@` or `=` is left:
 * *rest points there (to the sign), or to the end. */
struct item *values_parse(struct values *values, const char *text, const char **rest);

/* Reads one value, which must be all of the text up to `end` characters. */
struct value values_parse_value(struct values *values, const char **text);

/* The field of this key, marked as used; NULL: there is none. */
struct field *item_field(struct item *item, const char *key);

/* The next bare value after *at (NULL: the first), marked as used. */
struct field *item_bare(struct item *item, struct field *at);

/* True if the item has this bare word, which is marked as used. */
bool item_word(struct item *item, const char *word);

/* Fails if a field was not used: a misspelt key. */
void item_all_used(struct values *values, const struct item *item);

/* A number that the item must or may have. */
bool item_num(struct values *values, struct item *item, const char *key, uint64_t *num);
uint64_t item_num_or(struct values *values, struct item *item, const char *key, uint64_t other);

/* Compares a number that came with an expected value; captures it where it is a capture. */
bool value_takes_num(struct values *values, const struct value *value, uint64_t num);
bool value_takes_bytes(struct values *values, const struct value *value, const uint8_t *data,
                       size_t len);

/* True for equal texts; both may be NULL. */
bool same_word(const char *a, const char *b);

#endif
