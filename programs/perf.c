/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-perf: how fast is it? The command line. */
#include "perf.h"

#include <string.h>

#include "common/numbers.h"
#include "common/report.h"
#include "common/target.h"

enum {
    OPT_WINDOW = OPTION_LONG_ONLY,
    OPT_SEND_BUFFER,
    OPT_PACKET,
    OPT_PRESET,
    OPT_CC,
    OPT_ONCE,
    DEFAULT_SIZE = 1024,
    MOST_SIZE = 16 * 1024 * 1024,
    MOST_PARALLEL = 10000
};

#define DEFAULT_DUR USCTP_SEC(10)

static const char usage_text[] = "usage: usctp-perf server [OPTION...] [PORT]\n"
                                 "       usctp-perf client [OPTION...] HOST... [PORT]";
static const char about_text[] =
    "Measures SCTP between a client and a server: throughput one way (bulk), round trips of\n"
    "a message and its echo (ping), associations set up and shut down (setup).\n"
    "PORT is the server's SCTP port, 5001 if none is given.";

static const struct option_row rows[] = {
    {'m', "mode", "MODE", "bulk (default), ping or setup"},
    {'t', "time", "TIME", "run so long; default 10s where there is no --count"},
    {'c', "count", "N", "end after N messages an association, or N set-ups in all"},
    {'b', "size", "BYTES", "of a message; default 1024"},
    {'n', "streams", "N", "spread messages over N streams; default 1"},
    {'P', "parallel", "N", "associations at once; default 1"},
    {'U', "unordered", NULL, "send unordered messages"},
    {OPT_WINDOW, "window", "BYTES", "receive window; default 256k"},
    {OPT_SEND_BUFFER, "send-buffer", "BYTES", "default 256k"},
    {OPT_PACKET, "packet", "BYTES", "largest SCTP packet; default 1200"},
    {OPT_PRESET, "preset", "NAME",
     "plain (default), nat, bulk, low_latency, webrtc or\n"
     "telecom; what it sets can be changed by options behind it"},
    {OPT_CC, "cc", "NAME", "congestion control: newreno (default), cubic or bbr"},
    {'j', "json", NULL, "summary as one JSON object"},
    {OPT_ONCE, "once", NULL, "server: end when the last client has gone"},
    NODE_OPTION_ROWS,
    OPTION_ROWS_COMMON,
    {0, NULL, NULL, NULL},
};

static bool take_bytes(const char *what, const char *value, uint64_t least, uint64_t most,
                       uint64_t *number)
{
    if (number_parse_bytes(value, least, most, number)) {
        return true;
    }
    report_error("--%s %s: not a number from %llu to %llu", what, value, (unsigned long long)least,
                 (unsigned long long)most);
    return false;
}

static bool take_u32(const char *what, const char *value, uint64_t least, uint64_t most,
                     uint32_t *number)
{
    uint64_t got;

    if (!take_bytes(what, value, least, most, &got)) {
        return false;
    }
    *number = (uint32_t)got;
    return true;
}

static bool take_mode(struct perf *perf, const char *value)
{
    static const char *const names[] = {"bulk", "ping", "setup"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(value, names[i]) == 0) {
            perf->mode = (enum perf_mode)i;
            return true;
        }
    }
    report_error("--mode %s: neither bulk, ping nor setup", value);
    return false;
}

/* What does not come from a preset. */
static void adapt(struct usctp_params *params)
{
    params->out_streams = 1;
    params->flags |= USCTP_PARAM_DRY_EVENTS;
}

/* A preset sets everything: not behind an option that has set something. */
static bool take_preset(struct perf *perf, const char *value)
{
    static const char *const names[] = {"plain", "nat", "bulk", "low_latency", "webrtc", "telecom"};
    struct usctp_params plain;

    usctp_params_init(&plain, USCTP_PRESET_PLAIN);
    adapt(&plain);
    if (memcmp(&plain, &perf->net.params, sizeof(plain)) != 0) {
        report_error("--preset has to stand before the options that change what it sets");
        return false;
    }
    for (int i = 0; i < 6; i++) {
        if (strcmp(value, names[i]) == 0) {
            usctp_params_init(&perf->net.params, (enum usctp_preset)i);
            adapt(&perf->net.params);
            return true;
        }
    }
    report_error("--preset %s: neither plain, nat, bulk, low_latency, webrtc nor telecom", value);
    return false;
}

static bool take_cc(struct perf *perf, const char *value)
{
    for (uint32_t i = 0; i < PERF_CC_CNT; i++) {
        if (strcmp(value, perf_cc_names[i]) == 0) {
            perf->net.params.congestion_control = i;
            return true;
        }
    }
    report_error("--cc %s: neither newreno, cubic nor bbr", value);
    return false;
}

static bool take_time(struct perf *perf, const char *value)
{
    if (number_parse_dur(value, &perf->duration_dur)) {
        return true;
    }
    report_error("--time %s: no span of time like 500ms, 10s or 1m", value);
    return false;
}

static bool take_number_option(struct perf *perf, int id, const char *value)
{
    struct usctp_params *params = &perf->net.params;
    uint32_t streams;

    switch (id) {
    case 'c':
        return take_bytes("count", value, 1, UINT64_MAX, &perf->count);
    case 'b':
        return take_bytes("size", value, 1, MOST_SIZE, &perf->size);
    case 'P':
        return take_bytes("parallel", value, 1, MOST_PARALLEL, &perf->parallel);
    case OPT_WINDOW:
        return take_u32("window", value, 1500, 1 << 30, &params->receive_window);
    case OPT_SEND_BUFFER:
        return take_u32("send-buffer", value, 1, 1 << 30, &params->send_buffer);
    case OPT_PACKET:
        if (!take_u32("packet", value, 512, 65532, &params->max_packet)) {
            return false;
        }
        params->max_packet &= ~UINT32_C(3);
        return true;
    case 'n':
        if (!take_u32("streams", value, 1, 65535, &streams)) {
            return false;
        }
        params->out_streams = (uint16_t)streams;
        return true;
    default:
        return false;
    }
}

static bool take_own_option(struct perf *perf, int id, const char *value)
{
    switch (id) {
    case 'm':
        return take_mode(perf, value);
    case 't':
        return take_time(perf, value);
    case OPT_PRESET:
        return take_preset(perf, value);
    case OPT_CC:
        return take_cc(perf, value);
    case 'U':
        perf->unordered = true;
        return true;
    case 'j':
        perf->json = true;
        return true;
    case OPT_ONCE:
        perf->once = true;
        return true;
    default:
        return take_number_option(perf, id, value);
    }
}

/* "server", or "client" and hosts; the port may stand at the end. *cnt becomes the number of words
 * without it. */
static bool take_operands(struct perf *perf, const char *const *operands, size_t *word_cnt,
                          bool *server)
{
    size_t cnt = *word_cnt;

    *server = cnt > 0 && strcmp(operands[0], "server") == 0;
    if (!*server && (cnt == 0 || strcmp(operands[0], "client") != 0)) {
        report_error("the first word is server or client; see --help");
        return false;
    }
    perf->net.port = PERF_PORT;
    if (!target_take_port(operands, &cnt, 1, *server ? 0 : 1, &perf->net.port)) {
        return false;
    }
    *word_cnt = cnt;
    if (*server) {
        if (cnt > 1) {
            report_error("after server there is only a port; see --help");
        }
        return cnt == 1;
    }
    if (perf->once) {
        report_error("--once goes with server");
        return false;
    }
    if (cnt < 2) {
        report_error("a host is needed; see --help");
        return false;
    }
    return true;
}

static int take_option(void *user, int id, const char *value)
{
    struct perf *perf = user;
    int taken = node_option(&perf->net, id, value);

    if (taken >= 0) {
        return taken;
    }
    return take_own_option(perf, id, value) ? 0 : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static struct perf perf;
    const struct command command = {usage_text, about_text, rows, take_option, &perf};
    const char *operands[NODE_ADDR_MAX + 2];
    size_t cnt;
    bool server = false;
    int status = EXIT_USAGE;

    report_start(argv[0]);
    node_options_init(&perf.net);
    adapt(&perf.net.params);
    perf.size = DEFAULT_SIZE;
    perf.parallel = 1;
    if (!command_read(&command, argc, argv, operands, NODE_ADDR_MAX + 2, &cnt, &status)) {
        return status;
    }
    if (!take_operands(&perf, operands, &cnt, &server)) {
        return EXIT_USAGE;
    }
    if (!server && (status = node_take_hosts(&perf.net, operands + 1, cnt - 1)) != 0) {
        return status;
    }
    if (perf.count == 0 && perf.duration_dur == 0) {
        perf.duration_dur = DEFAULT_DUR;
    }
    return server ? perf_run_server(&perf) : perf_run_client(&perf);
}
