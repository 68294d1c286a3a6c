/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-dump: what is printed. */
#include "dump.h"

#include <string.h>
#include <time.h>

#include "common/target.h"

enum { PREFIX_MAX = 256 };

/* What each line of a packet begins and ends with. */
struct line_ctx {
    char prefix[PREFIX_MAX];
    const char *suffix;
};

static size_t put_time(struct dump *dump, const struct frame *frame, char *buf, size_t len)
{
    uint64_t ts = frame->ts;
    int put = 0;

    if (!frame->timed || dump->time == DUMP_TIME_NONE) {
        return 0;
    }
    if (!dump->has_first) {
        dump->has_first = true;
        dump->first_ts = ts;
    }
    if (dump->time == DUMP_TIME_UTC) {
        time_t seconds = (time_t)(ts / USCTP_SEC(1));
        struct tm parts;
        char text[40] = "?";

        if (gmtime_r(&seconds, &parts) != NULL) {
            strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
        }
        put =
            snprintf(buf, len, "%s.%06lu ", text, (unsigned long)(ts % USCTP_SEC(1) / USCTP_US(1)));
    } else {
        bool before = ts < dump->first_ts;
        uint64_t gap = before ? dump->first_ts - ts : ts - dump->first_ts;

        put = snprintf(buf, len, "%s%llu.%06lu ", before ? "-" : "",
                       (unsigned long long)(gap / USCTP_SEC(1)),
                       (unsigned long)(gap % USCTP_SEC(1) / USCTP_US(1)));
    }
    return put > 0 ? (size_t)put : 0;
}

static void put_addrs(const struct found *found, char *buf, size_t len)
{
    char source[TARGET_TEXT_MAX], destination[TARGET_TEXT_MAX];

    buf[0] = '\0';
    if (found->source.family != USCTP_AF_NONE) {
        snprintf(buf, len, "%s > %s sctp ", target_text(source, &found->source, found->source_port),
                 target_text(destination, &found->destination, found->destination_port));
    } else if (found->source_port != 0 || found->destination_port != 0) {
        snprintf(buf, len, "udp %u > %u sctp ", (unsigned)found->source_port,
                 (unsigned)found->destination_port);
    }
}

static void print_line(void *ctx, const char *line)
{
    const struct line_ctx *line_ctx = ctx;

    printf("%s%s%s\n", line_ctx->prefix, line, line_ctx->suffix);
}

static bool is_wanted(const struct dump *dump, const struct found *found)
{
    if (dump->sctp_port_cnt == 0) {
        return true;
    }
    for (size_t i = 0; i < dump->sctp_port_cnt && found->len >= 4; i++) {
        if (dump_u16(found->data, true) == dump->sctp_ports[i] ||
            dump_u16(found->data + 2, true) == dump->sctp_ports[i]) {
            return true;
        }
    }
    return false;
}

void dump_frame(struct dump *dump, const struct frame *frame)
{
    struct line_ctx ctx = {"", ""};
    struct found found;
    size_t put = put_time(dump, frame, ctx.prefix, sizeof(ctx.prefix));

    dump->frame_cnt++;
    switch (dump_find(dump, frame, &found)) {
    case FOUND_SCTP:
        break;
    case FOUND_FRAGMENT:
        dump->fragment_cnt++;
        return;
    case FOUND_BROKEN:
        dump->broken_cnt++;
        return;
    default:
        dump->other_cnt++;
        return;
    }
    if (!is_wanted(dump, &found)) {
        dump->other_cnt++;
        return;
    }
    dump->packet_cnt++;
    if (found.cut) {
        ctx.suffix = " [cut by the capture, or a fragment]";
    } else if (!dump_checksum_good(dump, found.data, found.len)) {
        dump->checksum_cnt++;
        ctx.suffix = " [wrong checksum]";
    }
    put_addrs(&found, ctx.prefix + put, sizeof(ctx.prefix) - put);
    usctp_packet_text(found.data, found.len, print_line, &ctx);
}
