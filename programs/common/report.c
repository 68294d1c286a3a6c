/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program says on standard error. */
#include "common/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <usctp/driver.h>

enum { LINE_MAX_LEN = 1024, WIDTH_DEFAULT = 80 };

static struct {
    const char *name;                   /* of the program */
    bool standing;                      /* a line of progress stands in the terminal's last row */
    void (*redirect)(const char *line); /* NULL: standard error */
    uint64_t shown_ts;                  /* progress was last shown, or the program started */
} report = {"usctp", false, NULL, 0};

void report_start(const char *argv0)
{
    const char *slash;

    if (argv0 != NULL && argv0[0] != '\0') {
        slash = strrchr(argv0, '/');
        report.name = slash != NULL ? slash + 1 : argv0;
        /* libtool's wrapper runs the program under this name. */
        if (strncmp(report.name, "lt-", 3) == 0) {
            report.name += 3;
        }
    }
    setvbuf(stderr, NULL, _IOLBF, 0);
    report.shown_ts = usctp_clock_system(NULL);
}

void report_redirect(void (*fn)(const char *line))
{
    report.redirect = fn;
}

const char *report_name(void)
{
    return report.name;
}

const char *report_clean(char *buf, size_t buf_len, const void *text, size_t len)
{
    const unsigned char *from = text;
    size_t i;

    for (i = 0; i < len && i + 1 < buf_len; i++) {
        buf[i] = (char)(from[i] >= 0x20 && from[i] < 0x7f ? from[i] : '?');
    }
    if (buf_len > 0) {
        buf[i] = '\0';
    }
    return buf;
}

/* One line, whose text may hold bytes of strangers: file names, host names, reasons. UTF-8 passes. */
static void REPORT_PRINTF(3, 0)
    print_line(const char *prefix, const char *separator, const char *format, va_list args)
{
    char line[LINE_MAX_LEN];

    vsnprintf(line, sizeof(line), format, args);
    for (char *ptr = line; *ptr != '\0'; ptr++) {
        if ((unsigned char)*ptr < 0x20 || *ptr == 0x7f) {
            *ptr = '?';
        }
    }
    if (report.redirect != NULL) {
        report.redirect(line);
        return;
    }
    report_progress_end();
    fflush(stdout);
    fprintf(stderr, "%s%s%s\n", prefix, separator, line);
}

void report_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_line(report.name, ": ", format, args);
    va_end(args);
}

void report_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_line("", "", format, args);
    va_end(args);
}

static int terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) {
        return size.ws_col;
    }
    return WIDTH_DEFAULT;
}

bool report_progress_due(void)
{
    uint64_t gap_dur = isatty(STDERR_FILENO) ? USCTP_MS(100) : USCTP_SEC(1);

    return usctp_clock_system(NULL) - report.shown_ts >= gap_dur;
}

void report_progress(const char *format, ...)
{
    char line[LINE_MAX_LEN];
    va_list args;

    if (!report_progress_due()) {
        return;
    }
    report.shown_ts = usctp_clock_system(NULL);
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K%.*s", terminal_width() - 1, line);
        fflush(stderr);
        report.standing = true;
    } else {
        fprintf(stderr, "%s\n", line);
    }
}

void report_progress_end(void)
{
    if (report.standing) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        report.standing = false;
    }
}

bool report_flush_output(void)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        report_error("cannot write to standard output: %s", strerror(errno));
        return false;
    }
    return true;
}
