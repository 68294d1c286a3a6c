/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * usctp-dump: hex dumps as people paste them: xxd, hexdump -C, od -Ax -tx1, tcpdump -x, or bytes
 * alone. A line may begin with an offset; offset 0, or an empty line, begins a packet. What follows
 * the bytes (a column of text) is passed over; lines without bytes are too.
 */
#include "dump.h"

#include <stdlib.h>
#include <string.h>

#include "common/report.h"

enum { LINE_LEN_MAX = 4096, PACKET_LEN_MAX = 65536 };

struct hex {
    struct dump *dump;
    uint8_t packet[PACKET_LEN_MAX];
    size_t len;  /* bytes in packet */
    bool broken; /* an offset did not fit: the packet is dropped */
    bool any;    /* a packet was found */
};

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

static size_t digits(const char *text)
{
    size_t cnt = 0;

    while (digit(text[cnt]) >= 0) {
        cnt++;
    }
    return cnt;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void end_packet(struct hex *hex)
{
    struct frame frame = {hex->packet, hex->len, hex->len, hex->dump->hex_link, false, 0};

    if (hex->len > 0 && !hex->broken) {
        hex->any = true;
        dump_frame(hex->dump, &frame);
    }
    hex->len = 0;
    hex->broken = false;
}

/* The offset that a line begins with: more than two digits and a colon, or 4 to 8 digits (an even
 * number) with bytes of two digits, or nothing, behind. NULL: it has none. */
static const char *read_offset(const char *line, size_t *offset, bool *colon)
{
    const char *start = line[0] == '0' && (line[1] == 'x' || line[1] == 'X') ? line + 2 : line;
    size_t cnt = digits(start);
    const char *end = start + cnt;

    if (cnt < 3 || cnt > 8) {
        return NULL;
    }
    *colon = *end == ':';
    if (*colon) {
        end++;
    } else if (is_blank(*end)) {
        const char *next = end;

        while (is_blank(*next)) {
            next++;
        }
        if (start == line && digits(next) != 2) {
            return NULL;
        }
    } else if (*end != '\0') {
        return NULL;
    } else if (start == line && cnt != 7 && cnt != 8 && cnt != 6) {
        return NULL; /* One lonely number: bytes, unless it looks like the last line of hexdump. */
    }
    *offset = (size_t)strtoul(start, NULL, 16);
    return end;
}

static void add_byte(struct hex *hex, int value)
{
    if (hex->len < PACKET_LEN_MAX) {
        hex->packet[hex->len++] = (uint8_t)value;
    } else {
        hex->broken = true;
    }
}

/* Reads groups of an even number of digits; anything else ends them. So do two blanks, where they
 * part the bytes from a column of text: in xxd always, in hexdump, which also has them after the
 * eighth byte, after the sixteenth. */
static void read_bytes(struct hex *hex, const char *ptr, size_t gap_step)
{
    size_t cnt = 0;

    for (;;) {
        const char *start = ptr;

        while (is_blank(*ptr)) {
            ptr++;
        }
        size_t group = digits(ptr);
        bool ends = ptr[group] == '\0' || is_blank(ptr[group]);
        if (group == 0 || group % 2 != 0 || !ends) {
            return;
        }
        if (cnt > 0 && ptr - start >= 2 && gap_step != 0 && (cnt % gap_step != 0 || cnt >= 16)) {
            return;
        }
        for (size_t i = 0; i < group; i += 2) {
            add_byte(hex, digit(ptr[i]) << 4 | digit(ptr[i + 1]));
        }
        cnt += group / 2;
        ptr += group;
    }
}

static void take_line(struct hex *hex, char *line)
{
    size_t offset = 0;
    bool colon;
    const char *rest;

    line[strcspn(line, "\r\n")] = '\0';
    while (is_blank(*line)) {
        line++;
    }
    if (*line == '\0') {
        end_packet(hex);
        return;
    }
    rest = read_offset(line, &offset, &colon);
    if (rest == NULL) {
        read_bytes(hex, line, 0);
        return;
    }
    if (offset == 0) {
        end_packet(hex);
    } else if (offset < hex->len) {
        hex->len = offset; /* The line before had text that looked like bytes. */
    } else if (offset > hex->len) {
        if (hex->len > 0 && !hex->broken) {
            report_error("a hex dump has a hole before offset %lx: that packet is left out",
                         (unsigned long)offset);
        }
        hex->broken = true;
    }
    read_bytes(hex, rest, colon ? 16 : 8);
}

/* Reads on after `have` bytes. A line that is too long comes in pieces. */
static bool next_line(struct source *source, char *line, size_t have)
{
    return fgets(line + have, (int)(LINE_LEN_MAX - have), source->file) != NULL || have > 0;
}

bool dump_hex(struct dump *dump, struct source *source, const uint8_t *start, size_t len)
{
    static struct hex hex;
    char line[LINE_LEN_MAX];
    size_t have = len;

    memset(&hex, 0, sizeof(hex));
    hex.dump = dump;
    memcpy(line, start, len);
    line[len] = '\0';
    /* The first bytes may hold whole lines already. */
    for (;;) {
        char *end = have > 0 ? memchr(line, '\n', have) : NULL;

        if (end != NULL) {
            char first[SOURCE_START_LEN + 1];
            size_t used = (size_t)(end - line) + 1;

            memcpy(first, line, used);
            first[used - 1] = '\0';
            take_line(&hex, first);
            memmove(line, line + used, have - used + 1);
            have -= used;
            continue;
        }
        if (!next_line(source, line, have)) {
            break;
        }
        have = 0;
        take_line(&hex, line);
    }
    end_packet(&hex);
    if (ferror(source->file)) {
        report_error("cannot read %s", source->name);
        return false;
    }
    if (!hex.any) {
        report_error("%s is neither a capture nor a hex dump", source->name);
    }
    return hex.any;
}
