/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer: a folder over an SCTP association. The command line. */
#include "transfer.h"

#include <string.h>

#include "common/numbers.h"
#include "common/target.h"

enum {
    OPT_OVERWRITE = OPTION_LONG_ONLY,
    OPT_MAX_SIZE,
    OPT_CHECK,
    OPT_TARGET,
    DEFAULT_STREAMS = 65,
    OPERANDS_MAX = NODE_ADDR_MAX + 3
};

#define DEFAULT_SIZE_MAX (UINT64_C(64) << 30)
#define DEMO_DUR         USCTP_SEC(20)

static const char usage_text[] = "usage: usctp-transfer receive [OPTION...] DIR [PORT]\n"
                                 "       usctp-transfer send [OPTION...] DIR HOST... [PORT]\n"
                                 "       usctp-transfer demo [OPTION...] DIR";
static const char about_text[] =
    "Sends the files and folders below DIR to a receiver, which writes them below its own DIR and\n"
    "compares their SHA-256. Files are spread over many streams of one association; several\n"
    "HOSTs are several addresses of one receiver. PORT is the SCTP port, 5002 if none is given.\n"
    "demo shows it all on this host, with a path that is cut half way.";

static const struct option_row rows[] = {
    {'r', "rate", "BYTES", "send: at most so many bytes a second"},
    {'n', "streams", "N", "send: ask for N streams; default 65"},
    {'k', "keep", NULL, "receive: wait for the next sender when one has gone"},
    {OPT_OVERWRITE, "overwrite", NULL, "receive: replace files that are there already"},
    {OPT_MAX_SIZE, "max-size", "BYTES", "receive: refuse what is larger; default 64G"},
    {OPT_CHECK, "check", NULL, "receive: at the end read all from the disk and compare again"},
    {OPT_TARGET, "target", "DIR", "demo: receive into DIR; default: a new one"},
    {'t', "time", "TIME", "demo: take about so long; default 20s"},
    NODE_OPTION_ROWS,
    OPTION_ROWS_COMMON,
    {0, NULL, NULL, NULL},
};

struct transfer {
    struct node_options net;
    struct sender sender;
    struct receiver receiver;
    struct demo_options demo;
};

static int wrong(const char *name, const char *value, const char *wanted)
{
    report_error("--%s %s: %s is needed", name, value, wanted);
    return EXIT_USAGE;
}

static int take_option(void *user, int id, const char *value)
{
    struct transfer *transfer = user;
    uint64_t number;
    int taken = node_option(&transfer->net, id, value);

    if (taken >= 0) {
        return taken;
    }
    switch (id) {
    case 'r':
        return number_parse_bytes(value, 1, UINT64_C(1) << 40, &transfer->sender.rate)
                   ? 0
                   : wrong("rate", value, "a number of bytes like 500k or 10M");
    case 'n':
        if (!number_parse(value, 1, 1024, &number)) {
            return wrong("streams", value, "a number from 1 to 1024");
        }
        transfer->net.params.out_streams = (uint16_t)number;
        return 0;
    case 'k':
        transfer->receiver.keep = true;
        return 0;
    case OPT_OVERWRITE:
        transfer->receiver.overwrite = true;
        return 0;
    case OPT_MAX_SIZE:
        return number_parse_bytes(value, 1, UINT64_MAX, &transfer->receiver.size_max)
                   ? 0
                   : wrong("max-size", value, "a number of bytes like 500M or 64G");
    case OPT_CHECK:
        transfer->receiver.reread = true;
        return 0;
    case OPT_TARGET:
        transfer->demo.target = value;
        return 0;
    case 't':
        return number_parse_dur(value, &transfer->demo.duration_dur)
                   ? 0
                   : wrong("time", value, "a span of time like 20s");
    default:
        return EXIT_USAGE;
    }
}

static int run_send(struct transfer *transfer, const char *const *operands, size_t cnt)
{
    struct sender *sender = &transfer->sender;
    int status;

    transfer->net.port = TRANSFER_PORT;
    if (!target_take_port(operands, &cnt, 2, 1, &transfer->net.port)) {
        return EXIT_USAGE;
    }
    if (cnt < 2) {
        report_error("send wants a folder and a host; see --help");
        return EXIT_USAGE;
    }
    status = node_take_hosts(&transfer->net, operands + 1, cnt - 1);
    if (status != 0) {
        return status;
    }
    sender->net = transfer->net;
    sender->folder = operands[0];
    if (!sender_scan(sender)) {
        return EXIT_FAILED;
    }
    if (!sender_open(sender) || !node_run(&sender->node)) {
        sender->status = EXIT_FAILED;
        sender->told = true;
    }
    return sender_close(sender);
}

static int run_receive(struct transfer *transfer, const char *const *operands, size_t cnt)
{
    struct receiver *receiver = &transfer->receiver;

    transfer->net.port = TRANSFER_PORT;
    if (!target_take_port(operands, &cnt, 1, 0, &transfer->net.port)) {
        return EXIT_USAGE;
    }
    if (cnt != 1) {
        report_error("receive wants one folder; see --help");
        return EXIT_USAGE;
    }
    receiver->net = transfer->net;
    receiver->folder = operands[0];
    receiver->root = -1;
    if (!receiver_open(receiver) || !node_run(&receiver->node)) {
        receiver->status = EXIT_FAILED;
        receiver->told = true;
    }
    return receiver_close(receiver);
}

static int run_demo(struct transfer *transfer, const char *const *operands, size_t cnt)
{
    if (cnt != 1) {
        report_error("demo wants one folder; see --help");
        return EXIT_USAGE;
    }
    transfer->demo.folder = operands[0];
    transfer->demo.capture = transfer->net.capture;
    if (transfer->demo.duration_dur < USCTP_SEC(2)) {
        report_error("--time: less than 2s shows nothing");
        return EXIT_USAGE;
    }
    return demo_run(&transfer->demo);
}

int main(int argc, char **argv)
{
    static struct transfer transfer;
    const struct command command = {usage_text, about_text, rows, take_option, &transfer};
    const char *operands[OPERANDS_MAX];
    size_t cnt;
    int status = EXIT_USAGE;

    report_start(argv[0]);
    node_options_init(&transfer.net);
    transfer.net.params.out_streams = DEFAULT_STREAMS;
    transfer.receiver.size_max = DEFAULT_SIZE_MAX;
    transfer.demo.duration_dur = DEMO_DUR;
    if (!command_read(&command, argc, argv, operands, OPERANDS_MAX, &cnt, &status)) {
        return status;
    }
    if (cnt > 0 && strcmp(operands[0], "send") == 0) {
        return run_send(&transfer, operands + 1, cnt - 1);
    }
    if (cnt > 0 && strcmp(operands[0], "receive") == 0) {
        return run_receive(&transfer, operands + 1, cnt - 1);
    }
    if (cnt > 0 && strcmp(operands[0], "demo") == 0) {
        return run_demo(&transfer, operands + 1, cnt - 1);
    }
    report_error("the first word is send, receive or demo; see --help");
    return EXIT_USAGE;
}
