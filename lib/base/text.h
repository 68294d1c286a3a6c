/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds short texts for logs and traces in a fixed buffer. */
#ifndef USCTP_BASE_TEXT_H
#define USCTP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

/* The text always ends with a zero byte. What does not fit is cut off. */
struct usctp__text {
    char *buf;      /* where the text stands; not owned */
    size_t len;     /* characters, without the end */
    size_t cap;     /* bytes of buf, 1 or more */
    bool truncated; /* something was cut off */
};

/* An empty text in `buf`, with room for `cap` bytes, 1 or more. */
void usctp__text_init(struct usctp__text *text, char *buf, size_t cap);

/* Appends a string. */
void usctp__text_str(struct usctp__text *text, const char *str);

/* Appends `len` characters as they are. */
void usctp__text_chars(struct usctp__text *text, const char *chars, size_t len);

/* Appends one character. */
void usctp__text_char(struct usctp__text *text, char c);

/* Appends a number in decimal. */
void usctp__text_u64(struct usctp__text *text, uint64_t value);

/* Appends a signed number in decimal. */
void usctp__text_i64(struct usctp__text *text, int64_t value);

/* Appends eight hexadecimal digits. */
void usctp__text_hex32(struct usctp__text *text, uint32_t value);

/* Appends a number with at least `digits` hexadecimal digits (1 to 16). */
void usctp__text_hex(struct usctp__text *text, uint64_t value, unsigned digits);

/* Appends bytes as pairs of hexadecimal digits, without anything between. */
void usctp__text_bytes(struct usctp__text *text, const void *data, size_t len);

/* Appends an address. */
void usctp__text_addr(struct usctp__text *text, const struct usctp_addr *addr);

/* Appends a span of nanoseconds as seconds with the given number of decimals (0 to 9), cut. */
void usctp__text_dur(struct usctp__text *text, uint64_t dur, unsigned decimals);

#endif
