/* SPDX-License-Identifier: BSD-3-Clause */
/* The text builder. */
#include "base/text.h"

#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/time.h"

static const char digits_of_16[] = "0123456789abcdef";

void usctp__text_init(struct usctp__text *text, char *buf, size_t cap)
{
    USCTP__ASSERT(cap > 0);
    text->buf = buf;
    text->len = 0;
    text->cap = cap;
    text->truncated = false;
    buf[0] = '\0';
}

void usctp__text_chars(struct usctp__text *text, const char *chars, size_t len)
{
    size_t room = text->cap - 1 - text->len;

    if (len > room) {
        len = room;
        text->truncated = true;
    }
    if (len > 0) {
        memcpy(text->buf + text->len, chars, len);
    }
    text->len += len;
    text->buf[text->len] = '\0';
}

void usctp__text_str(struct usctp__text *text, const char *str)
{
    usctp__text_chars(text, str, strlen(str));
}

void usctp__text_char(struct usctp__text *text, char c)
{
    usctp__text_chars(text, &c, 1);
}

void usctp__text_u64(struct usctp__text *text, uint64_t value)
{
    char buf[20];
    size_t at = sizeof(buf);

    do {
        buf[--at] = digits_of_16[value % 10];
        value /= 10;
    } while (value > 0);
    usctp__text_chars(text, buf + at, sizeof(buf) - at);
}

void usctp__text_i64(struct usctp__text *text, int64_t value)
{
    uint64_t magnitude = (uint64_t)value;

    if (value < 0) {
        usctp__text_char(text, '-');
        magnitude = 0 - magnitude;
    }
    usctp__text_u64(text, magnitude);
}

void usctp__text_hex32(struct usctp__text *text, uint32_t value)
{
    usctp__text_hex(text, value, 8);
}

void usctp__text_hex(struct usctp__text *text, uint64_t value, unsigned digits)
{
    char buf[16];
    size_t at = sizeof(buf);

    do {
        buf[--at] = digits_of_16[value & 15];
        value >>= 4;
    } while (at > 0 && (value > 0 || sizeof(buf) - at < digits));
    usctp__text_chars(text, buf + at, sizeof(buf) - at);
}

void usctp__text_bytes(struct usctp__text *text, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len && !text->truncated; i++) {
        usctp__text_hex(text, bytes[i], 2);
    }
}

void usctp__text_addr(struct usctp__text *text, const struct usctp_addr *addr)
{
    char buf[USCTP__ADDR_TEXT_LEN];

    usctp__text_chars(text, buf, usctp__addr_to_text(addr, buf, sizeof(buf)));
}

void usctp__text_dur(struct usctp__text *text, uint64_t dur, unsigned decimals)
{
    uint64_t unit = USCTP__SEC;

    usctp__text_u64(text, dur / unit);
    if (decimals > 0) {
        usctp__text_char(text, '.');
    }
    for (unsigned i = 0; i < decimals && i < 9; i++) {
        dur %= unit;
        unit /= 10;
        usctp__text_char(text, digits_of_16[dur / unit]);
    }
}
