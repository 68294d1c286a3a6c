/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-dump: captures and hex dumps to one line per chunk. The command line. */
#include "dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/numbers.h"
#include "common/options.h"
#include "common/report.h"

enum { FILES_MAX = 64 };

static const char usage_text[] = "usage: usctp-dump [OPTION...] [FILE...]";
static const char about_text[] =
    "Prints the SCTP packets of captures (pcap, pcapng) and of hex dumps, a line for each chunk.\n"
    "Without FILE, or where it is -, standard input is read. In UDP, SCTP is found on any port by\n"
    "its checksum, or on the ports given with --udp-port.";

static const struct option_row rows[] = {
    {'u', "udp-port", "PORT", "SCTP in UDP is on this port only; several can be given"},
    {'p', "port", "PORT", "only packets from or to this SCTP port; several can be given"},
    {'x', "hex", "TYPE", "hex dumps begin with: sctp (default), udp, ip or ethernet"},
    {'t', "time", "FORM", "relative (default: to the first packet), utc or none"},
    {'s', "summary", NULL, "print counts to standard error at the end"},
    OPTION_ROWS_COMMON,
    {0, NULL, NULL, NULL},
};

/* --- Sources ---------------------------------------------------------------------------------- */

/* By the first bytes: pcapng, one of the four kinds of pcap, else text. */
static bool dump_source(struct dump *dump, struct source *source)
{
    static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d};
    uint8_t start[SOURCE_START_LEN];
    size_t len = fread(start, 1, sizeof(start), source->file);

    if (ferror(source->file)) {
        report_error("cannot read %s: %s", source->name, strerror(errno));
        return false;
    }
    if (len == sizeof(start)) {
        if (dump_u32(start, true) == 0x0a0d0d0a) {
            return dump_pcapng(dump, source, start);
        }
        for (size_t i = 0; i < 2; i++) {
            if (dump_u32(start, true) == magics[i] || dump_u32(start, false) == magics[i]) {
                return dump_pcap(dump, source, start);
            }
        }
    }
    return dump_hex(dump, source, start, len);
}

static bool dump_file(struct dump *dump, const char *name)
{
    struct source source;
    bool standard = strcmp(name, "-") == 0;

    memset(&source, 0, sizeof(source));
    source.name = standard ? "standard input" : name;
    source.file = standard ? stdin : fopen(name, "rb");
    if (source.file == NULL) {
        report_error("cannot read %s: %s", name, strerror(errno));
        return false;
    }
    bool good = dump_source(dump, &source);
    if (!standard) {
        fclose(source.file);
    }
    free(source.buf);
    return good;
}

/* --- Command line ----------------------------------------------------------------------------- */

static int wrong(const char *name, const char *value, const char *wanted)
{
    report_error("--%s %s: %s is needed", name, value, wanted);
    return EXIT_USAGE;
}

static int take_port(const char *name, const char *value, uint16_t *ports, size_t *cnt)
{
    uint64_t port;

    if (*cnt == DUMP_PORTS_MAX || !number_parse(value, 1, 65535, &port)) {
        return wrong(name, value, "a port");
    }
    ports[(*cnt)++] = (uint16_t)port;
    return 0;
}

static int take_hex(struct dump *dump, const char *value)
{
    static const struct {
        const char *name;
        int link;
    } types[] = {
        {"sctp", LINK_SCTP}, {"udp", LINK_UDP}, {"ip", LINK_RAW}, {"ethernet", LINK_ETHERNET}};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(value, types[i].name) == 0) {
            dump->hex_link = types[i].link;
            return 0;
        }
    }
    return wrong("hex", value, "sctp, udp, ip or ethernet");
}

static int take_time(struct dump *dump, const char *value)
{
    static const char *const names[] = {"relative", "utc", "none"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(value, names[i]) == 0) {
            dump->time = i;
            return 0;
        }
    }
    return wrong("time", value, "relative, utc or none");
}

static int take_option(void *user, int id, const char *value)
{
    struct dump *dump = user;

    switch (id) {
    case 'u':
        return take_port("udp-port", value, dump->udp_ports, &dump->udp_port_cnt);
    case 'p':
        return take_port("port", value, dump->sctp_ports, &dump->sctp_port_cnt);
    case 'x':
        return take_hex(dump, value);
    case 't':
        return take_time(dump, value);
    case 's':
        dump->summary = true;
        return 0;
    default:
        return EXIT_USAGE;
    }
}

static void print_summary(const struct dump *dump)
{
    report_note("%llu frames: %llu SCTP packets (%llu with a wrong checksum), %llu others, "
                "%llu fragments, %llu broken",
                (unsigned long long)dump->frame_cnt, (unsigned long long)dump->packet_cnt,
                (unsigned long long)dump->checksum_cnt, (unsigned long long)dump->other_cnt,
                (unsigned long long)dump->fragment_cnt, (unsigned long long)dump->broken_cnt);
}

int main(int argc, char **argv)
{
    static struct dump dump;
    const struct command command = {usage_text, about_text, rows, take_option, &dump};
    const char *names[FILES_MAX] = {"-"};
    size_t cnt;
    int status = EXIT_USAGE;
    bool good = true;

    report_start(argv[0]);
    dump.hex_link = LINK_SCTP;
    dump.crc32c = usctp_crc32c_system();
    if (!command_read(&command, argc, argv, names, FILES_MAX, &cnt, &status)) {
        return status;
    }
    for (size_t i = 0; i < (cnt > 0 ? cnt : 1); i++) {
        good = dump_file(&dump, names[i]) && good;
    }
    good = report_flush_output() && good;
    if (dump.summary) {
        print_summary(&dump);
    }
    return good ? EXIT_OK : EXIT_FAILED;
}
