/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a line of a script into items and values. */
#include "value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

/* A place in a text. */
struct cursor {
    struct values *values;
    const char *at;
};

static struct item *parse_items(struct cursor *c, char separator);
static struct value parse_value(struct cursor *c);

static void fail_at(struct cursor *c, const char *what)
{
    char text[200];

    (void)snprintf(text, sizeof(text), "%s at `%.40s`", what, c->at);
    c->values->fail(text);
}

static void skip_space(struct cursor *c)
{
    while (*c->at == ' ' || *c->at == '\t') {
        c->at++;
    }
}

/* --- Words, numbers, addresses ---------------------------------------------------------------- */

static bool in_name(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_';
}

/* The characters of a word, a number or an address; `..` is none of it. */
static size_t word_len(const char *text)
{
    size_t len = 0;

    while (in_name(text[len]) || text[len] == ':' || text[len] == '%' ||
           (text[len] == '.' && text[len + 1] != '.')) {
        len++;
    }
    return len;
}

static bool unit_of(const char *text, size_t len, uint64_t *unit)
{
    static const struct {
        const char *name;
        uint64_t factor;
    } units[] = {{"", 1},         {"ns", 1},          {"us", 1000},
                 {"ms", 1000000}, {"s", 1000000000},  {"min", UINT64_C(60000000000)},
                 {"k", 1024},     {"m", 1024 * 1024}, {"h", UINT64_C(3600000000000)}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strlen(units[i].name) == len && memcmp(units[i].name, text, len) == 0) {
            *unit = units[i].factor;
            return true;
        }
    }
    return false;
}

/* A number, maybe with a unit, or with a decimal fraction and a unit (1.5s). */
static bool number_of(const char *text, size_t len, uint64_t *num)
{
    uint64_t whole = 0, fraction = 0, scale = 1, unit;
    size_t at = 0;

    if (len > 2 && text[0] == '0' && text[1] == 'x') {
        for (at = 2; at < len && isxdigit((unsigned char)text[at]); at++) {
            int ch = tolower((unsigned char)text[at]);

            whole = whole * 16 + (uint64_t)(ch <= '9' ? ch - '0' : ch - 'a' + 10);
        }
        *num = whole;
        return at == len;
    }
    for (; at < len && isdigit((unsigned char)text[at]); at++) {
        whole = whole * 10 + (uint64_t)(text[at] - '0');
    }
    if (at == 0) {
        return false;
    }
    if (at < len && text[at] == '.') {
        for (at++; at < len && isdigit((unsigned char)text[at]) && scale < 1000000; at++) {
            fraction = fraction * 10 + (uint64_t)(text[at] - '0');
            scale *= 10;
        }
    }
    if (!unit_of(text + at, len - at, &unit)) {
        return false;
    }
    *num = whole * unit + fraction * unit / scale;
    return true;
}

/* The short names of addresses: A our own, B the peer's, X a stranger's. The last part is the number,
 * 61 and up are IPv6. */
static bool alias_of(const char *text, size_t len, struct usctp_addr *addr)
{
    static const struct {
        char letter;
        const char *ipv4;
        const char *ipv6;
    } nets[] = {{'A', "192.0.2.", "2001:db8:a::"},
                {'B', "198.51.100.", "2001:db8:b::"},
                {'X', "203.0.113.", "2001:db8:c::"}};
    unsigned number = 0;
    char full[40];

    if (len < 2 || len > 3) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (!isdigit((unsigned char)text[i])) {
            return false;
        }
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
        if (nets[i].letter == text[0]) {
            (void)snprintf(full, sizeof(full), "%s%u", number > 60 ? nets[i].ipv6 : nets[i].ipv4,
                           number);
            return usctp__addr_from_text(addr, full, strlen(full));
        }
    }
    return false;
}

static bool address_of(const char *text, size_t len, struct value *value)
{
    const char *colon;
    uint64_t port;

    if (alias_of(text, len, &value->addr) || usctp__addr_from_text(&value->addr, text, len)) {
        return true;
    }
    for (colon = text + len; colon > text && colon[-1] != ':'; colon--) {
    }
    if (colon == text || colon == text + len ||
        !number_of(colon, (size_t)(text + len - colon), &port)) {
        return false;
    }
    len = (size_t)(colon - 1 - text);
    value->udp_port = (uint16_t)port;
    value->has_udp_port = true;
    return alias_of(text, len, &value->addr) || usctp__addr_from_text(&value->addr, text, len);
}

/* --- Bytes ------------------------------------------------------------------------------------ */

static struct value parse_text(struct cursor *c)
{
    struct value value = {.kind = VALUE_BYTES};
    const char *end = strchr(c->at + 1, '"');

    if (end == NULL) {
        fail_at(c, "the text does not end");
        return value;
    }
    value.len = (size_t)(end - c->at - 1);
    value.bytes = values_copy(c->values, c->at + 1, value.len);
    c->at = end + 1;
    return value;
}

static struct value parse_hex(struct cursor *c)
{
    const char *end = strchr(c->at + 1, '\'');
    struct value value = {.kind = VALUE_BYTES};
    uint8_t *out;
    unsigned digit_cnt = 0, byte = 0;

    if (end == NULL) {
        fail_at(c, "the bytes do not end");
        return value;
    }
    out = values_alloc(c->values, (size_t)(end - c->at));
    for (c->at++; c->at < end; c->at++) {
        int ch = tolower((unsigned char)*c->at);

        if (ch == ' ') {
            continue;
        }
        if (!isxdigit(ch)) {
            fail_at(c, "hexadecimal digits are wanted");
        }
        byte = byte * 16 + (unsigned)(ch <= '9' ? ch - '0' : ch - 'a' + 10);
        if (++digit_cnt % 2 == 0) {
            out[value.len++] = (uint8_t)byte;
            byte = 0;
        }
    }
    if (digit_cnt % 2 != 0) {
        fail_at(c, "an odd number of digits before");
    }
    value.bytes = out;
    c->at = end + 1;
    return value;
}

static struct value repeat_bytes(struct cursor *c, struct value value, uint64_t cnt)
{
    uint8_t *out;

    if (value.len * cnt > 1024 * 1024) {
        fail_at(c, "too many bytes before");
    }
    out = values_alloc(c->values, (size_t)(value.len * cnt) + 1);
    for (uint64_t i = 0; i < cnt; i++) {
        memcpy(out + i * value.len, value.bytes, value.len);
    }
    value.bytes = out;
    value.len *= (size_t)cnt;
    return value;
}

static struct value join_bytes(struct cursor *c, struct value value, const struct value *more)
{
    uint8_t *out = values_alloc(c->values, value.len + more->len + 1);

    memcpy(out, value.bytes, value.len);
    memcpy(out + value.len, more->bytes, more->len);
    value.bytes = out;
    value.len += more->len;
    return value;
}

/* What can be done with bytes: + joins, * repeats, ~ turns the bits of one byte over, / cuts. */
static struct value bytes_operator(struct cursor *c, struct value value, char sign,
                                   const struct value *right)
{
    uint8_t *copy;

    if (sign == '+' && right->kind == VALUE_BYTES) {
        return join_bytes(c, value, right);
    }
    if (right->kind != VALUE_NUM) {
        fail_at(c, "a number is wanted before");
    }
    if (sign == '*') {
        return repeat_bytes(c, value, right->num);
    }
    if (right->num > value.len || (sign == '~' && right->num == value.len)) {
        fail_at(c, "there are not so many bytes before");
    }
    if (sign == '/') {
        value.len = (size_t)right->num;
    } else if (sign == '~') {
        copy = values_copy(c->values, value.bytes, value.len);
        copy[right->num] ^= 0xff;
        value.bytes = copy;
    } else {
        fail_at(c, "bytes know no such sign before");
    }
    return value;
}

/* --- Values ----------------------------------------------------------------------------------- */

static struct value parse_word(struct cursor *c)
{
    struct value value = {.kind = VALUE_NUM};
    size_t len = word_len(c->at);
    const char *text = c->at;

    if (len == 0) {
        fail_at(c, "a value is wanted");
    }
    c->at += len;
    if (number_of(text, len, &value.num)) {
        return value;
    }
    value.kind = VALUE_ADDR;
    if (address_of(text, len, &value)) {
        return value;
    }
    value.kind = VALUE_WORD;
    value.word = values_string(c->values, text, len);
    return value;
}

static const char *parse_name(struct cursor *c)
{
    size_t len = 0;

    c->at++;
    while (in_name(c->at[len])) {
        len++;
    }
    if (len == 0) {
        fail_at(c, "a name is wanted");
    }
    c->at += len;
    return values_string(c->values, c->at - len, len);
}

static struct value parse_list(struct cursor *c)
{
    struct value value = {.kind = VALUE_LIST};

    c->at++;
    value.list = parse_items(c, ',');
    skip_space(c);
    if (*c->at != ']') {
        fail_at(c, "`]` is wanted");
    }
    c->at++;
    return value;
}

static struct value parse_operand(struct cursor *c)
{
    struct value value = {.kind = VALUE_NONE};
    const struct value *known;

    switch (*c->at) {
    case '"':
        return parse_text(c);
    case '\'':
        return parse_hex(c);
    case '[':
        return parse_list(c);
    case '*':
        c->at++;
        value.kind = VALUE_ANY;
        return value;
    case '?':
        value.kind = VALUE_CAPTURE;
        value.word = parse_name(c);
        return value;
    case '$':
        value.word = parse_name(c);
        known = values_get(c->values, value.word);
        if (known == NULL) {
            fail_at(c, "a variable without a value before");
            return value;
        }
        return *known;
    default:
        return parse_word(c);
    }
}

static struct value apply(struct cursor *c, struct value left, char sign, const struct value *right)
{
    if (left.kind == VALUE_BYTES) {
        return bytes_operator(c, left, sign, right);
    }
    if (left.kind != VALUE_NUM || right->kind != VALUE_NUM || (sign == '/' && right->num == 0)) {
        fail_at(c, "numbers are wanted before");
    }
    switch (sign) {
    case '+':
        left.num += right->num;
        break;
    case '-':
        left.num -= right->num;
        break;
    case '*':
        left.num *= right->num;
        break;
    case '/':
        left.num /= right->num;
        break;
    default:
        fail_at(c, "numbers know no such sign before");
        break;
    }
    return left;
}

/* Operands with * / ~ between them, without spaces. */
static struct value parse_product(struct cursor *c)
{
    struct value value = parse_operand(c);

    while (value.kind != VALUE_ANY && *c->at != '\0' && strchr("*/~", *c->at) != NULL) {
        char sign = *c->at++;
        struct value right = parse_operand(c);

        value = apply(c, value, sign, &right);
    }
    return value;
}

/* Products with + - between them. */
static struct value parse_sum(struct cursor *c)
{
    struct value value = parse_product(c);

    while (value.kind != VALUE_ANY && (*c->at == '+' || *c->at == '-')) {
        char sign = *c->at++;
        struct value right = parse_product(c);

        value = apply(c, value, sign, &right);
    }
    return value;
}

static struct value parse_value(struct cursor *c)
{
    struct value value = parse_sum(c);

    if (c->at[0] == '.' && c->at[1] == '.' && value.kind == VALUE_NUM) {
        c->at += 2;
        value.kind = VALUE_RANGE;
        value.high = UINT64_MAX;
        if (word_len(c->at) > 0 || *c->at == '$') {
            struct value high = parse_sum(c);

            if (high.kind != VALUE_NUM) {
                fail_at(c, "a number is wanted before");
            }
            value.high = high.num;
        }
    }
    return value;
}

/* --- Items ------------------------------------------------------------------------------------ */

static size_t key_len(const struct cursor *c)
{
    size_t len = 0;

    while (in_name(c->at[len])) {
        len++;
    }
    return len > 0 && c->at[len] == '=' && !isspace((unsigned char)c->at[len + 1]) &&
                   c->at[len + 1] != '\0'
               ? len
               : 0;
}

static bool at_end(const struct cursor *c, char separator)
{
    return *c->at == '\0' || *c->at == separator || *c->at == ']' || *c->at == '@' || *c->at == '=';
}

static struct field *parse_field(struct cursor *c)
{
    struct field *field = values_alloc(c->values, sizeof(*field));
    size_t len = key_len(c);

    if (len > 0) {
        field->key = values_string(c->values, c->at, len);
        c->at += len + 1;
    }
    field->value = parse_value(c);
    if (*c->at != ' ' && *c->at != '\t' && *c->at != ',' && *c->at != ';' && *c->at != ']' &&
        *c->at != '\0') {
        fail_at(c, "a space is wanted");
    }
    return field;
}

static struct item *parse_item(struct cursor *c, char separator)
{
    struct item *item = values_alloc(c->values, sizeof(*item));
    struct field **at = &item->fields;

    if (strncmp(c->at, "...", 3) == 0) {
        item->rest = true;
        c->at += 3;
        skip_space(c);
        return item;
    }
    while (!at_end(c, separator)) {
        struct field *field = parse_field(c);

        if (item->name == NULL && item->fields == NULL && field->key == NULL &&
            field->value.kind == VALUE_WORD) {
            item->name = field->value.word;
        } else {
            *at = field;
            at = &field->next;
        }
        skip_space(c);
    }
    return item;
}

static struct item *parse_items(struct cursor *c, char separator)
{
    struct item *first = NULL, **at = &first;

    skip_space(c);
    while (!at_end(c, separator)) {
        *at = parse_item(c, separator);
        at = &(*at)->next;
        if (*c->at != separator) {
            break;
        }
        c->at++;
        skip_space(c);
    }
    return first;
}

struct item *values_parse(struct values *values, const char *text, const char **rest)
{
    struct cursor c = {values, text};
    struct item *items = parse_items(&c, ';');

    if (*c.at == ']' || (rest == NULL && *c.at != '\0')) {
        fail_at(&c, "not understood");
    }
    if (rest != NULL) {
        *rest = c.at;
    }
    return items;
}

struct value values_parse_value(struct values *values, const char **text)
{
    struct cursor c = {values, *text};
    struct value value;

    skip_space(&c);
    value = parse_value(&c);
    skip_space(&c);
    *text = c.at;
    return value;
}
