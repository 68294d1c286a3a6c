/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-cat: standard input and output over an SCTP association. */
#include "cat.h"

#include <stdio.h>
#include <string.h>

#include "common/numbers.h"
#include "common/report.h"
#include "common/target.h"

enum { OPT_SPREAD = OPTION_LONG_ONLY, DEFAULT_SIZE = 16384, MOST_SIZE = 16 * 1024 * 1024 };

static const char usage_text[] = "usage: usctp-cat [OPTION...] HOST... PORT\n"
                                 "       usctp-cat --listen [OPTION...] [PORT]";
static const char about_text[] =
    "Carries standard input to a peer, and what the peer sends to standard output, over an\n"
    "SCTP association in UDP (RFC 9260, RFC 6951). PORT is the SCTP port; several HOSTs are\n"
    "several addresses of one peer. A HOST may bring its UDP port: 192.0.2.1:9899, [::1]:9899.";

static const struct option_row rows[] = {
    {'l', "listen", NULL, "wait for a peer; PORT 0 or none: any free one"},
    {'k', "keep", NULL, "with --listen: wait for the next peer when one has gone"},
    {'e', "at-end", "WHAT",
     "at the end of input: shutdown (default to connect) or stay\n(to listen)"},
    {'L', "lines", NULL, "a message for each line; default: one for each block read"},
    {'b', "size", "BYTES", "largest message to send; default 16k"},
    {'n', "streams", "N", "ask for N outbound streams; default 10"},
    {'S', "stream", "ID", "send on this stream; default 0"},
    {OPT_SPREAD, "spread", NULL, "send each message on the next stream"},
    {'p', "ppid", "N", "payload protocol identifier of what is sent; default 0"},
    {'U', "unordered", NULL, "send outside the order of the stream"},
    NODE_OPTION_ROWS,
    OPTION_ROWS_COMMON,
    {0, NULL, NULL, NULL},
};

/* --- Life of the association ------------------------------------------------------------------ */

void cat_check_done(struct cat *cat)
{
    if (!cat->taken && cat->out.pending == NULL && !(cat->listen && cat->keep)) {
        usctp_loop_stop(cat->node.loop);
    }
}

void cat_fail(struct cat *cat)
{
    cat->status = EXIT_FAILED;
    cat->keep = false;
    cat->gave_up = true;
    if (cat->assoc != NULL) {
        usctp_assoc_free(cat->assoc);
        cat->assoc = NULL;
    }
    cat->taken = false;
    cat_output_end(cat);
    usctp_loop_stop(cat->node.loop);
}

static void on_timeout(void *user)
{
    struct cat *cat = user;
    char where[NODE_WHY_MAX], dur[NUMBER_TEXT_MAX];

    if (!cat->up && cat->assoc != NULL) {
        report_error("cannot connect to %s: no answer within %s",
                     node_target_text(where, &cat->net), number_dur(dur, cat->net.timeout_dur));
        cat_fail(cat);
    }
}

static void on_up(struct cat *cat, const struct usctp_event *event)
{
    struct usctp_path_info path = USCTP_PATH_INFO_INIT;
    char text[TARGET_TEXT_MAX];

    cat->assoc = event->assoc;
    cat->up = true;
    cat->stream_cnt = event->u.up.out_streams;
    if (cat->net.verbose > 0 && usctp_path_info(event->assoc, USCTP_PATH_ANY, &path) == 0) {
        report_note("association with %s is up: %u streams out, %u in",
                    target_text(text, &path.remote, path.remote_udp_port),
                    (unsigned)event->u.up.out_streams, (unsigned)event->u.up.in_streams);
    }
    if (!cat->spread && cat->stream >= cat->stream_cnt) {
        report_error("the peer takes only %u streams: there is no stream %u; see --stream",
                     (unsigned)cat->stream_cnt, (unsigned)cat->stream);
        cat_fail(cat);
        return;
    }
    cat_input_update(cat);
}

static void on_lost(struct cat *cat, const struct usctp_event *event)
{
    char why[NODE_WHY_MAX], where[NODE_WHY_MAX];

    if (cat->gave_up || (cat->peer_shut && node_vanished(event))) {
        return;
    }
    node_lost_text(why, event);
    if (event->u.lost.was_up || cat->listen) {
        report_error("the association was lost: %s", why);
    } else {
        report_error("cannot connect to %s: %s", node_target_text(where, &cat->net), why);
    }
    if (!(cat->listen && cat->keep)) {
        cat->status = EXIT_FAILED;
    }
}

static void on_closed(struct cat *cat)
{
    cat->assoc = NULL;
    cat->taken = false;
    cat->up = false;
    cat->closing = false;
    cat->peer_shut = false;
    cat_input_drop(cat);
    cat_input_update(cat);
    if (cat->net.verbose > 0) {
        report_note("the association has ended");
    }
    cat_check_done(cat);
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct cat *cat = user;

    switch (event->type) {
    case USCTP_EVENT_UP:
        on_up(cat, event);
        break;
    case USCTP_EVENT_MESSAGE:
        cat_output_take(cat, event);
        break;
    case USCTP_EVENT_WRITABLE:
        cat_input_writable(cat);
        break;
    case USCTP_EVENT_SEND_FAILED:
        cat->peer_shut = false;
        break;
    case USCTP_EVENT_LOST:
        on_lost(cat, event);
        break;
    case USCTP_EVENT_CLOSED:
        on_closed(cat);
        break;
    default:
        cat->peer_shut = cat->peer_shut || event->type == USCTP_EVENT_PEER_SHUTDOWN;
        if (cat->net.verbose > 0) {
            node_note_event(event);
        }
        break;
    }
}

/* One association at a time: standard input and output are one pair. */
static int on_accept(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct cat *cat = user;

    (void)accept;
    (void)assoc_user;
    if (cat->taken || cat->out.pending != NULL) {
        return -1;
    }
    cat->taken = true;
    if (!cat->keep) {
        usctp_endpoint_listen(cat->node.endpoint, 0);
    }
    return 0;
}

static bool start(struct cat *cat)
{
    if (cat->listen) {
        return true;
    }
    if (!node_connect(&cat->node, cat->node.endpoint, NULL, &cat->assoc)) {
        return false;
    }
    cat->taken = true;
    usctp_loop_at(cat->node.loop, usctp_clock_system(NULL) + cat->net.timeout_dur, on_timeout, cat);
    cat_input_update(cat); /* The first data can ride on COOKIE ECHO. */
    return true;
}

static int run(struct cat *cat)
{
    struct node_calls calls = {on_event, on_accept, cat};
    int status = EXIT_FAILED;

    if (!node_open(&cat->node, &cat->net, cat->listen, &calls)) {
        return EXIT_FAILED;
    }
    if (cat_input_start(cat) && start(cat) && node_run(&cat->node)) {
        status = node_signal() != 0 ? 128 + node_signal() : cat->status;
    }
    cat_output_end(cat);
    if (!node_close(&cat->node) && status == 0) {
        status = EXIT_FAILED;
    }
    cat_input_end(cat);
    if (cat->net.verbose > 0) {
        report_note("sent %llu messages, %llu bytes; received %llu messages, %llu bytes",
                    (unsigned long long)cat->in.sent_cnt, (unsigned long long)cat->in.sent_bytes,
                    (unsigned long long)cat->out.received_cnt,
                    (unsigned long long)cat->out.received_bytes);
    }
    return status;
}

/* --- Command line ----------------------------------------------------------------------------- */

static bool take_number(const char *what, const char *value, uint64_t least, uint64_t most,
                        uint64_t *number)
{
    if (number_parse_bytes(value, least, most, number)) {
        return true;
    }
    report_error("--%s %s: not a number from %llu to %llu", what, value, (unsigned long long)least,
                 (unsigned long long)most);
    return false;
}

static bool take_at_end(struct cat *cat, const char *value)
{
    cat->at_end_given = true;
    cat->shut_at_end = strcmp(value, "shutdown") == 0;
    if (!cat->shut_at_end && strcmp(value, "stay") != 0) {
        report_error("--at-end %s: neither shutdown nor stay", value);
        return false;
    }
    return true;
}

static bool take_own_option(struct cat *cat, int id, const char *value)
{
    uint64_t number = 0;
    bool good = true;

    switch (id) {
    case 'l':
        cat->listen = true;
        break;
    case 'k':
        cat->keep = true;
        break;
    case 'L':
        cat->lines = true;
        break;
    case 'U':
        cat->unordered = true;
        break;
    case OPT_SPREAD:
        cat->spread = true;
        break;
    case 'e':
        return take_at_end(cat, value);
    case 'b':
        return take_number("size", value, 1, MOST_SIZE, &cat->size);
    case 'n':
        good = take_number("streams", value, 1, 65535, &number);
        cat->net.params.out_streams = (uint16_t)number;
        break;
    case 'S':
        good = take_number("stream", value, 0, 65534, &number);
        cat->stream = (uint16_t)number;
        break;
    case 'p':
        good = take_number("ppid", value, 0, UINT32_MAX, &number);
        cat->ppid = (uint32_t)number;
        break;
    default:
        good = false;
        break;
    }
    return good;
}

/* The operands: hosts, then the port. */
static bool take_operands(struct cat *cat, const char *const *operands, size_t cnt)
{
    uint64_t port = 0;

    if (cnt > 0 && !number_parse(operands[cnt - 1], cat->listen ? 0 : 1, 65535, &port)) {
        report_error("%s is no SCTP port; the last word is the port; see --help",
                     operands[cnt - 1]);
        return false;
    }
    cat->net.port = (uint16_t)port;
    if (cat->listen) {
        if (cnt > 1) {
            report_error("with --listen there is only a port; local addresses go with --source");
            return false;
        }
        return true;
    }
    if (cat->keep) {
        report_error("--keep goes with --listen");
        return false;
    }
    if (cnt < 2) {
        report_error("a host and a port are needed, or --listen; see --help");
        return false;
    }
    if (cat->stream >= cat->net.params.out_streams && !cat->spread) {
        cat->net.params.out_streams = (uint16_t)(cat->stream + 1);
    }
    return true;
}

static int take_option(void *user, int id, const char *value)
{
    struct cat *cat = user;
    int taken = node_option(&cat->net, id, value);

    if (taken >= 0) {
        return taken;
    }
    return take_own_option(cat, id, value) ? 0 : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static struct cat cat;
    const struct command command = {usage_text, about_text, rows, take_option, &cat};
    const char *operands[NODE_ADDR_MAX + 1];
    size_t cnt;
    int status = EXIT_USAGE;

    report_start(argv[0]);
    node_options_init(&cat.net);
    cat.size = DEFAULT_SIZE;
    if (!command_read(&command, argc, argv, operands, NODE_ADDR_MAX + 1, &cnt, &status)) {
        return status;
    }
    if (!take_operands(&cat, operands, cnt)) {
        return EXIT_USAGE;
    }
    if (!cat.listen && (status = node_take_hosts(&cat.net, operands, cnt - 1)) != 0) {
        return status;
    }
    if (!cat.at_end_given) {
        cat.shut_at_end = !cat.listen;
    }
    return run(&cat);
}
