/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: the readers of usctp-dump. The first byte chooses what the rest is read as: a pcap or
 * pcapng file, a hex dump, or one frame of a link type. What would be printed goes nowhere.
 */
#include <stdlib.h>
#include <string.h>

#include "common/report.h"
#include "dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Also where the library is built without assertions. */
#define CHECK(x) ((x) ? (void)0 : abort())

static void ignore(const char *line)
{
    (void)line;
}

/* Standard output is thrown away from the first run on. */
static void be_quiet(void)
{
    static bool quiet;

    if (!quiet) {
        quiet = true;
        report_redirect(ignore);
        CHECK(freopen("/dev/null", "w", stdout) != NULL);
    }
}

static void read_file(struct dump *dump, const uint8_t *data, size_t len, bool hex)
{
    struct source source = {NULL, "input", NULL, 0};
    uint8_t start[SOURCE_START_LEN];
    size_t start_len;
    uint8_t *copy = malloc(len + 1);

    CHECK(copy != NULL);
    memcpy(copy, data, len);
    source.file = fmemopen(copy, len, "rb");
    if (source.file == NULL) {
        free(copy);
        return; /* no bytes at all */
    }
    start_len = fread(start, 1, sizeof(start), source.file);
    if (hex) {
        (void)dump_hex(dump, &source, start, start_len);
    } else if (start_len == sizeof(start)) {
        if (memcmp(start, "\x0a\x0d\x0d\x0a", 4) == 0) {
            (void)dump_pcapng(dump, &source, start);
        } else {
            (void)dump_pcap(dump, &source, start);
        }
    }
    fclose(source.file);
    free(source.buf);
    free(copy);
}

static void read_frame(struct dump *dump, const uint8_t *data, size_t len, unsigned link)
{
    static const int links[] = {LINK_NULL, LINK_ETHERNET,  LINK_RAW_BSD,   LINK_RAW,
                                LINK_LOOP, LINK_LINUX_SLL, LINK_IPV4,      LINK_IPV6,
                                LINK_SCTP, LINK_UDP,       LINK_LINUX_SLL2};
    struct frame frame = {data, len, len, LINK_UNKNOWN, true, 0};

    frame.link = links[link % (sizeof(links) / sizeof(links[0]))];
    frame.full_len = len + link % 2;
    dump_frame(dump, &frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dump dump;
    unsigned what;

    if (len == 0 || len > 65536) {
        return 0;
    }
    be_quiet();
    memset(&dump, 0, sizeof(dump));
    what = data[0];
    dump.crc32c = usctp_crc32c_system();
    dump.hex_link = what & 1 ? LINK_SCTP : LINK_ETHERNET;
    dump.time = (int)(what >> 2 & 1);
    if ((what & 8) != 0) {
        dump.sctp_ports[dump.sctp_port_cnt++] = 5001;
    }
    switch (what & 3) {
    case 0:
        read_file(&dump, data + 1, len - 1, true);
        break;
    case 1:
        read_frame(&dump, data + 1, len - 1, what >> 4);
        break;
    default:
        read_file(&dump, data + 1, len - 1, false);
        break;
    }
    return 0;
}
