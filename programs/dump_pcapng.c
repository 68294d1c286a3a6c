/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-dump: the pcapng format (draft-ietf-opsawg-pcapng). */
#include "dump.h"

#include <string.h>

#include "common/report.h"

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,
    BLOCK_SIMPLE = 3,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    OPT_END = 0,
    OPT_TSRESOL = 9,
    OPT_TSOFFSET = 14,
    INTERFACES_MAX = 1024,
    BLOCK_LEN_LEAST = 12 /* type, length, and length again */
};

struct interface {
    int link;           /* its link type */
    uint32_t snap_len;  /* 0: no limit */
    bool binary;        /* times are in powers of 1/2, else of 1/10, of a second */
    uint8_t resolution; /* the power */
    int64_t offset;     /* seconds to add */
};

struct reader {
    struct dump *dump;
    struct source *source;
    bool big; /* byte order of the section */
    struct interface interfaces[INTERFACES_MAX];
    size_t interface_cnt;
};

static bool unsound(const struct source *source, const char *what)
{
    report_error("%s is not a sound capture: %s", source->name, what);
    return false;
}

static uint32_t u32(const struct reader *reader, const uint8_t *ptr)
{
    return dump_u32(ptr, reader->big);
}

/* Nanoseconds since 1970; what lies outside of what 64 bits hold is cut. */
static uint64_t time_of(const struct interface *interface, uint64_t ticks)
{
    uint64_t second = 1, whole, rest;

    if (interface->binary) {
        if (interface->resolution > 63) {
            return 0;
        }
        second = UINT64_C(1) << interface->resolution;
    } else {
        for (unsigned i = 0; i < interface->resolution; i++) {
            if (second > UINT64_MAX / 10) {
                return 0;
            }
            second *= 10;
        }
    }
    whole = ticks / second + (uint64_t)interface->offset;
    rest = ticks % second;
    /* The fraction without overflow: fine enough for times that are printed in microseconds. */
    while (rest > UINT64_MAX / 1000000000) {
        rest >>= 1;
        second >>= 1;
    }
    return USCTP_SEC(whole) + rest * 1000000000 / second;
}

static void read_options(const struct reader *reader, struct interface *interface,
                         const uint8_t *ptr, size_t len)
{
    while (len >= 4) {
        uint16_t code = dump_u16(ptr, reader->big), opt_len = dump_u16(ptr + 2, reader->big);
        size_t step = 4 + ((size_t)opt_len + 3) / 4 * 4;

        if (code == OPT_END || step > len) {
            return;
        }
        if (code == OPT_TSRESOL && opt_len == 1) {
            interface->binary = (ptr[4] & 0x80) != 0;
            interface->resolution = ptr[4] & 0x7f;
        } else if (code == OPT_TSOFFSET && opt_len == 8) {
            uint64_t high = u32(reader, ptr + (reader->big ? 4 : 8));
            uint64_t low = u32(reader, ptr + (reader->big ? 8 : 4));

            interface->offset = (int64_t)(high << 32 | low);
        }
        ptr += step;
        len -= step;
    }
}

static bool take_interface(struct reader *reader, const uint8_t *body, size_t len)
{
    struct interface *interface = &reader->interfaces[reader->interface_cnt];

    if (len < 8) {
        return unsound(reader->source, "a short interface block");
    }
    if (reader->interface_cnt == INTERFACES_MAX) {
        return unsound(reader->source, "too many interfaces");
    }
    memset(interface, 0, sizeof(*interface));
    interface->link = dump_u16(body, reader->big);
    interface->snap_len = u32(reader, body + 4);
    interface->resolution = 6;
    read_options(reader, interface, body + 8, len - 8);
    reader->interface_cnt++;
    return true;
}

/* EPB and its predecessor; they differ in how the interface is given. */
static bool take_packet(struct reader *reader, uint32_t type, const uint8_t *body, size_t len)
{
    struct frame frame = {NULL, 0, 0, 0, true, 0};
    uint32_t which;

    if (len < 20) {
        return unsound(reader->source, "a short packet block");
    }
    which = type == BLOCK_PACKET ? u32(reader, body) : dump_u16(body, reader->big);
    if (which >= reader->interface_cnt) {
        return unsound(reader->source, "a packet of an unknown interface");
    }
    frame.len = u32(reader, body + 12);
    frame.full_len = u32(reader, body + 16);
    if (frame.len > len - 20) {
        return unsound(reader->source, "a packet longer than its block");
    }
    frame.data = body + 20;
    frame.link = reader->interfaces[which].link;
    frame.ts = time_of(&reader->interfaces[which],
                       (uint64_t)u32(reader, body + 4) << 32 | u32(reader, body + 8));
    dump_frame(reader->dump, &frame);
    return true;
}

static bool take_simple(struct reader *reader, const uint8_t *body, size_t len)
{
    struct frame frame = {NULL, 0, 0, 0, false, 0};

    if (len < 4 || reader->interface_cnt == 0) {
        return unsound(reader->source, "a simple packet block that cannot be");
    }
    frame.full_len = u32(reader, body);
    frame.len = frame.full_len;
    if (reader->interfaces[0].snap_len != 0 && frame.len > reader->interfaces[0].snap_len) {
        frame.len = reader->interfaces[0].snap_len;
    }
    if (frame.len > len - 4) {
        return unsound(reader->source, "a packet longer than its block");
    }
    frame.data = body + 4;
    frame.link = reader->interfaces[0].link;
    dump_frame(reader->dump, &frame);
    return true;
}

/* The start of a section: its byte order is told behind the length of the block. */
static bool take_section(struct reader *reader, uint8_t *length)
{
    uint8_t magic[4];

    if (source_read(reader->source, length, 4) != 1 || source_read(reader->source, magic, 4) != 1) {
        return unsound(reader->source, "a short section header");
    }
    if (dump_u32(magic, true) == BYTE_ORDER_MAGIC) {
        reader->big = true;
    } else if (dump_u32(magic, false) == BYTE_ORDER_MAGIC) {
        reader->big = false;
    } else {
        return unsound(reader->source, "no byte order");
    }
    reader->interface_cnt = 0;
    uint32_t len = u32(reader, length);
    if (len < BLOCK_LEN_LEAST + 4 || len % 4 != 0 || len > DUMP_BLOCK_MAX) {
        return unsound(reader->source, "a section header of a length that cannot be");
    }
    return source_skip(reader->source, len - BLOCK_LEN_LEAST) == 1;
}

static bool take_block(struct reader *reader, uint32_t type, const uint8_t *body, size_t len)
{
    switch (type) {
    case BLOCK_INTERFACE:
        return take_interface(reader, body, len);
    case BLOCK_PACKET:
    case BLOCK_OLD_PACKET:
        return take_packet(reader, type, body, len);
    case BLOCK_SIMPLE:
        return take_simple(reader, body, len);
    default:
        return true;
    }
}

/* A block whose type was read. */
static bool read_block(struct reader *reader, uint32_t type)
{
    uint8_t length[4];

    if (source_read(reader->source, length, 4) != 1) {
        return unsound(reader->source, "it ends within a block");
    }
    uint32_t len = u32(reader, length);
    if (len < BLOCK_LEN_LEAST || len % 4 != 0 || len > DUMP_BLOCK_MAX) {
        return unsound(reader->source, "a block of a length that cannot be");
    }
    len -= 8; /* The length at the end is read with the body. */
    if (!source_reserve(reader->source, len)) {
        return false;
    }
    if (source_read(reader->source, reader->source->buf, len) != 1) {
        return unsound(reader->source, "it ends within a block");
    }
    return take_block(reader, type, reader->source->buf, len - 4);
}

bool dump_pcapng(struct dump *dump, struct source *source, const uint8_t *start)
{
    static struct reader reader;
    uint8_t type[4], length[4];
    int got;

    memset(&reader, 0, sizeof(reader));
    reader.dump = dump;
    reader.source = source;
    memcpy(type, start, sizeof(type));
    do {
        /* The type of a section header reads the same in both byte orders. */
        bool good = dump_u32(type, true) == BLOCK_SECTION ? take_section(&reader, length)
                                                          : read_block(&reader, u32(&reader, type));
        if (!good) {
            return false;
        }
        got = source_read(source, type, sizeof(type));
    } while (got == 1);
    return got == 0;
}
