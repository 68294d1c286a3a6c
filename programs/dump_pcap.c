/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-dump: the pcap format (draft-ietf-opsawg-pcap). */
#include "dump.h"

#include "common/report.h"

enum { HEADER_LEN = 24, RECORD_LEN = 16 };

bool dump_pcap(struct dump *dump, struct source *source, const uint8_t *start)
{
    bool big = start[0] == 0xa1;
    bool nano = dump_u32(start, big) == 0xa1b23c4d;
    uint8_t header[HEADER_LEN - SOURCE_START_LEN], record[RECORD_LEN];
    struct frame frame = {NULL, 0, 0, 0, true, 0};
    int got = source_read(source, header, sizeof(header));

    if (got != 1) {
        if (got == 0) {
            report_error("%s ends within its header", source->name);
        }
        return false;
    }
    frame.link = (int)(dump_u32(header + 16, big) & 0xffff);
    while ((got = source_read(source, record, sizeof(record))) == 1) {
        uint32_t len = dump_u32(record + 8, big);

        if (len > DUMP_FRAME_MAX) {
            report_error("%s has a packet of %lu bytes: not a sound capture", source->name,
                         (unsigned long)len);
            return false;
        }
        if (!source_reserve(source, len > 0 ? len : 1)) {
            return false;
        }
        got = len > 0 ? source_read(source, source->buf, len) : 1;
        if (got != 1) {
            if (got == 0) {
                report_error("%s ends within a packet", source->name);
            }
            return false;
        }
        frame.data = source->buf;
        frame.len = len;
        frame.full_len = dump_u32(record + 12, big);
        frame.ts = USCTP_SEC(dump_u32(record, big)) +
                   (uint64_t)dump_u32(record + 4, big) * (nano ? 1 : 1000);
        dump_frame(dump, &frame);
    }
    return got == 0;
}
