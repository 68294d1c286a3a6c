/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program says on standard error: one clear line an error, notes, and a line of progress. */
#ifndef USCTP_PROGRAMS_REPORT_H
#define USCTP_PROGRAMS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1, /* what was to be done could not be done */
    EXIT_USAGE = 2   /* the command line was wrong */
};

#if defined(__GNUC__)
#define REPORT_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#else
#define REPORT_PRINTF(format_at, args_at)
#endif

/* Sets the name that lines begin with: the last part of argv[0]. Makes standard error line by line. */
void report_start(const char *argv0);
const char *report_name(void);

/* From now on errors and notes go to fn as lines of text, instead of to standard error. */
void report_redirect(void (*fn)(const char *line));

/* "NAME: TEXT" on standard error, with control characters made harmless. */
void report_error(const char *format, ...) REPORT_PRINTF(1, 2);

/* The text alone, as a line on standard error. */
void report_note(const char *format, ...) REPORT_PRINTF(1, 2);

/* The text of progress: rewritten in place where standard error is a terminal, else a line of its
 * own, at most one a second. */
void report_progress(const char *format, ...) REPORT_PRINTF(1, 2);

/* True if report_progress would print now: worth composing a text. */
bool report_progress_due(void);

/* Wipes the line of progress, so that something else can be printed. */
void report_progress_end(void);

/* Copies text of a stranger into buf, always ended by zero: what is not printable ASCII becomes '?'.
 * Returns buf. */
const char *report_clean(char *buf, size_t buf_len, const void *text, size_t len);

/* Flushes standard output; false, after an error line, if that or anything before it failed. */
bool report_flush_output(void);

#endif
