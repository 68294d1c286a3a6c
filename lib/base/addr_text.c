/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses to text and back. */
#include "base/addr.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

/* --- To text ---------------------------------------------------------------------------------- */

static void write_ipv4(struct usctp__text *text, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            usctp__text_char(text, '.');
        }
        usctp__text_u64(text, bytes[i]);
    }
}

/* Finds the longest run of two or more zero groups, the first of equals (RFC 5952, 4.2). Without
 * one, *start is 8. */
static void longest_zeros(const uint8_t *bytes, int *start, int *stop)
{
    *start = 8;
    *stop = 8;
    for (int i = 0; i < 8; i++) {
        int j = i;

        while (j < 8 && usctp__get16(bytes + 2 * j) == 0) {
            j++;
        }
        if (j - i >= 2 && (*start == 8 || j - i > *stop - *start)) {
            *start = i;
            *stop = j;
        }
        i = j > i ? j : i;
    }
}

static void write_ipv6(struct usctp__text *text, const uint8_t *bytes)
{
    int start;
    int stop;

    longest_zeros(bytes, &start, &stop);
    for (int i = 0; i < 8; i++) {
        if (i == start) {
            usctp__text_str(text, "::");
            i = stop - 1;
            continue;
        }
        if (i > 0 && i != stop) {
            usctp__text_char(text, ':');
        }
        usctp__text_hex(text, usctp__get16(bytes + 2 * i), 1);
    }
}

size_t usctp__addr_to_text(const struct usctp_addr *addr, char *buf, size_t cap)
{
    struct usctp__text text;

    if (cap == 0) {
        return 0;
    }
    usctp__text_init(&text, buf, cap);
    if (addr->family == USCTP_AF_IPV4) {
        write_ipv4(&text, addr->bytes);
    } else if (usctp__addr_is_v4mapped(addr)) {
        /* RFC 5952, 5: a known prefix shows that the last 32 bits are an IPv4 address. */
        usctp__text_str(&text, "::ffff:");
        write_ipv4(&text, addr->bytes + 12);
    } else if (addr->family == USCTP_AF_IPV6) {
        write_ipv6(&text, addr->bytes);
    } else {
        usctp__text_char(&text, '-');
    }
    if (addr->family == USCTP_AF_IPV6 && addr->scope_id != 0) {
        usctp__text_char(&text, '%');
        usctp__text_u64(&text, addr->scope_id);
    }
    if (text.truncated) {
        buf[0] = '\0';
        return 0;
    }
    return text.len;
}

/* --- From text -------------------------------------------------------------------------------- */

/* Characters still to be read. */
struct input {
    const char *ptr; /* the next one */
    const char *end; /* behind the last one */
};

static bool skip_char(struct input *in, char c)
{
    if (in->ptr == in->end || *in->ptr != c) {
        return false;
    }
    in->ptr++;
    return true;
}

static int digit_of(char c)
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
    return 16;
}

/* Reads a number of at most `max_digits` digits (1 or more) up to `max`. Decimal ones must not begin
 * with a needless zero, which some take for octal. */
static bool read_number(struct input *in, unsigned radix, int max_digits, uint32_t max,
                        uint32_t *out)
{
    const char *start = in->ptr;
    uint64_t value = 0;

    while (in->ptr < in->end && in->ptr - start < max_digits) {
        unsigned digit = (unsigned)digit_of(*in->ptr);

        if (digit >= radix) {
            break;
        }
        value = value * radix + digit;
        in->ptr++;
    }
    if (in->ptr == start || value > max || (radix == 10 && *start == '0' && in->ptr - start > 1)) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static bool read_ipv4(struct input *in, uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        uint32_t value;

        if ((i > 0 && !skip_char(in, '.')) || !read_number(in, 10, 3, 255, &value)) {
            return false;
        }
        bytes[i] = (uint8_t)value;
    }
    return true;
}

/* Groups of an IPv6 address as they are read. */
struct groups {
    uint8_t bytes[16]; /* the groups, packed at the front */
    int cnt;           /* groups read */
    int gap;           /* groups that stand before "::"; -1: there was none */
};

/* One group, or the last two as dotted IPv4. False if neither. */
static bool read_group(struct input *in, struct groups *groups)
{
    struct input dotted = *in;
    uint32_t value;

    if (groups->cnt <= 6 && read_ipv4(&dotted, groups->bytes + 2 * groups->cnt)) {
        *in = dotted;
        groups->cnt += 2;
        return in->ptr == in->end;
    }
    if (groups->cnt == 8 || !read_number(in, 16, 4, 0xffff, &value)) {
        return false;
    }
    usctp__put16(groups->bytes + 2 * groups->cnt, (uint16_t)value);
    groups->cnt++;
    return true;
}

static bool read_groups(struct input *in, struct groups *groups)
{
    if (skip_char(in, ':')) {
        if (!skip_char(in, ':')) {
            return false;
        }
        groups->gap = 0;
    }
    while (in->ptr < in->end) {
        if (groups->cnt > 0 && groups->cnt != groups->gap && !skip_char(in, ':')) {
            return false;
        }
        if (groups->cnt > 0 && groups->cnt != groups->gap && skip_char(in, ':')) {
            if (groups->gap >= 0) {
                return false;
            }
            groups->gap = groups->cnt;
            continue;
        }
        if (!read_group(in, groups)) {
            return false;
        }
    }
    return groups->gap >= 0 ? groups->cnt < 8 : groups->cnt == 8;
}

static bool read_ipv6(struct input *in, uint8_t *bytes)
{
    struct groups groups = {{0}, 0, -1};
    size_t head;
    size_t tail;

    if (!read_groups(in, &groups)) {
        return false;
    }
    if (groups.gap < 0) {
        groups.gap = groups.cnt;
    }
    head = 2 * (size_t)groups.gap;
    tail = 2 * (size_t)(groups.cnt - groups.gap);
    memset(bytes, 0, 16);
    memcpy(bytes, groups.bytes, head);
    memcpy(bytes + 16 - tail, groups.bytes + head, tail);
    return true;
}

bool usctp__addr_from_text(struct usctp_addr *addr, const char *text, size_t len)
{
    struct input in = {text, text + len};
    struct input zone = {text + len, text + len};
    uint8_t bytes[16];
    uint32_t scope_id = 0;

    if (read_ipv4(&in, bytes) && in.ptr == in.end) {
        *addr = usctp__addr_ipv4(bytes);
        return true;
    }
    in.ptr = text;
    for (const char *ptr = text; ptr < in.end; ptr++) {
        if (*ptr == '%') {
            in.end = ptr;
            zone.ptr = ptr + 1;
            if (!read_number(&zone, 10, 10, UINT32_MAX, &scope_id) || zone.ptr != zone.end) {
                return false;
            }
        }
    }
    if (!read_ipv6(&in, bytes)) {
        return false;
    }
    *addr = usctp__addr_ipv6(bytes, scope_id);
    return true;
}

/* --- The public forms ------------------------------------------------------------------------- */

int usctp_addr_parse(struct usctp_addr *addr, const char *text)
{
    if (addr == NULL || text == NULL || !usctp__addr_from_text(addr, text, strlen(text))) {
        return USCTP_EINVAL;
    }
    return 0;
}

const char *usctp_addr_text(const struct usctp_addr *addr, char *text, size_t len)
{
    struct usctp__text builder;

    if (len > 0) {
        usctp__text_init(&builder, text, len);
        usctp__text_addr(&builder, addr);
    }
    return text;
}
