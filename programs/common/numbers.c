/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people write and read them. */
#include "common/numbers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usctp/usctp.h>

#define DUR_MOST (USCTP_SEC(3600) * 1000)

/* Reads digits; *end is what follows. Signs and blanks, which strtoull takes, are none. */
static bool read_digits(const char *text, uint64_t *value, const char **end)
{
    char *stop;
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    *value = strtoull(text, &stop, base);
    *end = stop;
    return errno == 0;
}

bool number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    const char *end;
    uint64_t got;

    if (!read_digits(text, &got, &end) || *end != '\0' || got < least || got > most) {
        return false;
    }
    *value = got;
    return true;
}

bool number_parse_bytes(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    const char *end;
    uint64_t got;
    unsigned shift = 0;

    if (!read_digits(text, &got, &end)) {
        return false;
    }
    if (*end != '\0') {
        switch (*end++) {
        case 'k':
        case 'K':
            shift = 10;
            break;
        case 'm':
        case 'M':
            shift = 20;
            break;
        case 'g':
        case 'G':
            shift = 30;
            break;
        default:
            return false;
        }
    }
    if (*end != '\0' || got > UINT64_MAX >> shift || got << shift < least || got << shift > most) {
        return false;
    }
    *value = got << shift;
    return true;
}

bool number_parse_dur(const char *text, uint64_t *dur)
{
    static const struct {
        const char *name;
        double factor;
    } units[] = {{"us", 1e3}, {"ms", 1e6}, {"", 1e9}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    char *end;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    double number = strtod(text, &end);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].name) == 0) {
            double span = number * units[i].factor;

            if (!(span >= 1 && span <= (double)DUR_MOST)) {
                return false;
            }
            *dur = (uint64_t)span;
            return true;
        }
    }
    return false;
}

const char *number_bytes(char *buf, uint64_t len)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double value = (double)len / 1024;
    size_t i = 0;

    if (len < 1024) {
        snprintf(buf, NUMBER_TEXT_MAX, "%u B", (unsigned)len);
        return buf;
    }
    while (value >= 1024 && i + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1024;
        i++;
    }
    snprintf(buf, NUMBER_TEXT_MAX, "%.2f %s", value, units[i]);
    return buf;
}

const char *number_rate(char *buf, uint64_t len, uint64_t dur)
{
    double rate = dur > 0 ? (double)len * 1e9 / (double)dur : 0;
    char text[NUMBER_TEXT_MAX];

    number_bytes(text, rate < 1e18 ? (uint64_t)rate : UINT64_C(1000000000000000000));
    snprintf(buf, NUMBER_TEXT_MAX, "%.20s/s", text);
    return buf;
}

const char *number_dur(char *buf, uint64_t dur)
{
    if (dur < USCTP_MS(1)) {
        snprintf(buf, NUMBER_TEXT_MAX, "%.1f us", (double)dur / 1e3);
    } else if (dur < USCTP_SEC(1)) {
        snprintf(buf, NUMBER_TEXT_MAX, "%.1f ms", (double)dur / 1e6);
    } else {
        snprintf(buf, NUMBER_TEXT_MAX, "%.2f s", (double)dur / 1e9);
    }
    return buf;
}
