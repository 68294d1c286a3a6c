/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-dump: reading files and numbers. */
#include "dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/report.h"

enum { SCTP_HEADER_LEN = 12, CHECKSUM_AT = 8 };

int source_read(struct source *source, void *buf, size_t len)
{
    size_t got = fread(buf, 1, len, source->file);

    if (got == len) {
        return 1;
    }
    if (ferror(source->file)) {
        report_error("cannot read %s: %s", source->name, strerror(errno));
        return -1;
    }
    if (got == 0) {
        return 0;
    }
    report_error("%s ends in the middle of something", source->name);
    return -1;
}

int source_skip(struct source *source, uint64_t len)
{
    uint8_t waste[4096];

    while (len > 0) {
        size_t step = len < sizeof(waste) ? (size_t)len : sizeof(waste);
        int got = source_read(source, waste, step);

        if (got != 1) {
            if (got == 0) {
                report_error("%s ends in the middle of something", source->name);
            }
            return -1;
        }
        len -= step;
    }
    return 1;
}

bool source_reserve(struct source *source, size_t len)
{
    if (len > source->cap) {
        uint8_t *bigger = realloc(source->buf, len);

        if (bigger == NULL) {
            report_error("%s", usctp_strerror(USCTP_ENOMEM));
            return false;
        }
        source->buf = bigger;
        source->cap = len;
    }
    return true;
}

uint32_t dump_u32(const uint8_t *ptr, bool big)
{
    return big ? (uint32_t)ptr[0] << 24 | (uint32_t)ptr[1] << 16 | (uint32_t)ptr[2] << 8 | ptr[3]
               : (uint32_t)ptr[3] << 24 | (uint32_t)ptr[2] << 16 | (uint32_t)ptr[1] << 8 | ptr[0];
}

uint16_t dump_u16(const uint8_t *ptr, bool big)
{
    return (uint16_t)(big ? ptr[0] << 8 | ptr[1] : ptr[1] << 8 | ptr[0]);
}

bool dump_checksum_good(const struct dump *dump, const uint8_t *packet, size_t len)
{
    static const uint8_t zeros[4];
    uint32_t crc = 0xffffffff;

    if (len < SCTP_HEADER_LEN) {
        return false;
    }
    /* RFC 9260, appendix A: as if the checksum were 0. */
    crc = dump->crc32c(crc, packet, CHECKSUM_AT);
    crc = dump->crc32c(crc, zeros, sizeof(zeros));
    crc = dump->crc32c(crc, packet + SCTP_HEADER_LEN, len - SCTP_HEADER_LEN);
    return ~crc == dump_u32(packet + CHECKSUM_AT, false);
}
