/* SPDX-License-Identifier: BSD-3-Clause */
/* Loop, stack and endpoint of a program. */
#include "common/node.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/numbers.h"
#include "common/report.h"
#include "common/target.h"

/* --- Signals ---------------------------------------------------------------------------------- */

/* What the handler may touch. */
static volatile sig_atomic_t signal_seen;
static usctp_loop *volatile signal_loop;

static void on_signal(int number)
{
    signal_seen = number;
    if (signal_loop != NULL) {
        usctp_loop_stop(signal_loop);
    }
}

static void catch_signals(usctp_loop *loop)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;

    signal_loop = loop;
    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL); /* a write tells */
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND; /* a second one ends the program at once */
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction before;

        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(numbers[i], &action, NULL);
        }
    }
}

int node_signal(void)
{
    return signal_seen;
}

/* --- Opening ---------------------------------------------------------------------------------- */

static bool open_loop(struct node *node, bool listen, const struct node_calls *calls)
{
    const struct node_options *options = node->options;
    struct usctp_loop_config loop = USCTP_LOOP_CONFIG_INIT;
    char why[NODE_WHY_MAX] = "";

    loop.on_event = calls->on_event;
    loop.user = calls->user;
    loop.addrs = options->local_cnt > 0 ? options->locals : NULL;
    loop.addr_cnt = options->local_cnt;
    loop.udp_port = options->udp_port_given || !listen ? options->udp_port : NODE_UDP_PORT;
    loop.error_text = why;
    loop.error_text_len = sizeof(why);
    int err = usctp_loop_new(&loop, &node->loop);
    if (err != 0) {
        report_error("%s", why[0] != '\0' ? why : usctp_strerror(err));
        return false;
    }
    node->stack = usctp_loop_stack(node->loop);
    return true;
}

/* xorshift64: which packets are lost need not be unpredictable. */
static int on_filter(void *user, int outbound, const struct usctp_dgram *dgram)
{
    struct node *node = user;

    (void)outbound;
    (void)dgram;
    node->chance ^= node->chance << 13;
    node->chance ^= node->chance >> 7;
    node->chance ^= node->chance << 17;
    return node->chance % 1000 < node->options->drop;
}

static void set_filter(struct node *node)
{
    if (node->options->drop > 0) {
        usctp_random_system(NULL, &node->chance, sizeof(node->chance));
        node->chance |= 1;
        usctp_driver_set_filter(usctp_loop_driver(node->loop), on_filter, node);
    }
}

static bool open_capture(struct node *node)
{
    if (node->options->capture == NULL) {
        return true;
    }
    int err = usctp_pcapng_open(node->options->capture, &node->capture);
    if (err != 0) {
        report_error("cannot write the capture %s: %s", node->options->capture,
                     err == USCTP_EIO ? strerror(errno) : usctp_strerror(err));
        return false;
    }
    usctp_stack_set_observer(node->stack, usctp_pcapng_observe, node->capture);
    return true;
}

static usctp_endpoint *open_endpoint(struct node *node, bool listen, const struct node_calls *calls)
{
    const struct node_options *options = node->options;
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    usctp_endpoint *endpoint;

    config.port = listen ? options->port : 0;
    config.addrs = options->local_cnt > 0 ? options->locals : NULL;
    config.addr_cnt = options->local_cnt;
    config.flags = listen ? USCTP_ENDPOINT_LISTEN : 0;
    config.params = &options->params;
    config.on_event = calls->on_event;
    config.accept = calls->accept;
    config.user = calls->user;
    int err = usctp_endpoint_new(node->stack, &config, &endpoint);
    if (err != 0) {
        report_error("cannot use SCTP port %u: %s", (unsigned)config.port, usctp_strerror(err));
        return NULL;
    }
    return endpoint;
}

usctp_endpoint *node_add_endpoint(struct node *node, const struct node_calls *calls)
{
    return open_endpoint(node, false, calls);
}

/* Writes a new file and moves it into place, so that who waits for it finds it whole. */
static bool write_port_file(const struct node *node)
{
    const char *path = node->options->port_file;
    size_t len = strlen(path) + sizeof(".new");
    char *fresh = malloc(len);
    bool good = false;

    if (fresh != NULL) {
        snprintf(fresh, len, "%s.new", path);
        FILE *file = fopen(fresh, "w");
        if (file != NULL) {
            fprintf(file, "%u %u\n", (unsigned)usctp_endpoint_port(node->endpoint),
                    (unsigned)usctp_driver_port(usctp_loop_driver(node->loop)));
            good = fclose(file) == 0 && rename(fresh, path) == 0;
        }
    }
    if (!good) {
        report_error("cannot write %s: %s", path, strerror(errno));
    }
    free(fresh);
    return good;
}

static bool announce(const struct node *node)
{
    char text[TARGET_TEXT_MAX];

    if (node->options->port_file != NULL && !write_port_file(node)) {
        return false;
    }
    if (node->options->verbose == 0) {
        return true;
    }
    report_note("listening on SCTP port %u, UDP port %u",
                (unsigned)usctp_endpoint_port(node->endpoint),
                (unsigned)usctp_driver_port(usctp_loop_driver(node->loop)));
    for (size_t i = 0; i < node->options->local_cnt; i++) {
        report_note("  at %s", target_text(text, &node->options->locals[i], 0));
    }
    return true;
}

bool node_open(struct node *node, const struct node_options *options, bool listen,
               const struct node_calls *calls)
{
    memset(node, 0, sizeof(*node));
    node->options = options;
    if (!open_loop(node, listen, calls)) {
        return false;
    }
    catch_signals(node->loop);
    set_filter(node);
    if (open_capture(node)) {
        node->endpoint = open_endpoint(node, listen, calls);
        if (node->endpoint != NULL && (!listen || announce(node))) {
            return true;
        }
    }
    node_close(node);
    return false;
}

bool node_connect(struct node *node, usctp_endpoint *endpoint, void *assoc_user,
                  usctp_assoc **assoc)
{
    const struct node_options *options = node->options;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    char text[NODE_WHY_MAX];

    connect.addrs = options->peers;
    connect.addr_cnt = options->peer_cnt;
    connect.port = options->port;
    connect.params = &options->params;
    connect.user = assoc_user;
    int err = usctp_endpoint_connect(endpoint, &connect, assoc);
    if (err != 0) {
        report_error("cannot connect to %s: %s", node_target_text(text, options),
                     node_connect_text(err));
    }
    return err == 0;
}

bool node_close(struct node *node)
{
    bool good = true;

    signal_loop = NULL;
    if (node->loop != NULL) {
        usctp_loop_free(node->loop);
    }
    if (node->capture != NULL && usctp_pcapng_close(node->capture) != 0) {
        report_error("the capture %s could not be written whole", node->options->capture);
        good = false;
    }
    memset(node, 0, sizeof(*node));
    return good;
}

bool node_run(struct node *node)
{
    int err = signal_seen != 0 ? 0 : usctp_loop_run(node->loop);

    if (err != 0) {
        report_error("the loop failed: %s", usctp_strerror(err));
    }
    return err == 0;
}
