/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people write and read them. */
#ifndef USCTP_PROGRAMS_NUMBERS_H
#define USCTP_PROGRAMS_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_MAX = 32 };

/* A decimal or 0x number from least to most; false: it is none. */
bool number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *value);

/* Bytes: a number with k, M or G behind it (powers of 1,024), from least to most. */
bool number_parse_bytes(const char *text, uint64_t least, uint64_t most, uint64_t *value);

/* A span in nanoseconds: a number, with a point if need be, with us, ms, s, m or h behind it;
 * without, seconds. At most 1,000 hours, and more than 0. */
bool number_parse_dur(const char *text, uint64_t *dur);

/* "1.50 MiB", "812 B"; returns buf, which has NUMBER_TEXT_MAX bytes. */
const char *number_bytes(char *buf, uint64_t len);

/* The same for bytes over a span: "12.34 MiB/s". */
const char *number_rate(char *buf, uint64_t len, uint64_t dur);

/* "35.2 us", "120 ms", "1.25 s". */
const char *number_dur(char *buf, uint64_t dur);

#endif
