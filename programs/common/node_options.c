/* SPDX-License-Identifier: BSD-3-Clause */
/* The options that all programs share which speak SCTP. */
#include "common/node.h"

#include <stdio.h>
#include <string.h>

#include "common/numbers.h"
#include "common/report.h"
#include "common/target.h"

#define TIMEOUT_DUR USCTP_SEC(15)

void node_options_init(struct node_options *options)
{
    memset(options, 0, sizeof(*options));
    options->remote_udp_port = NODE_UDP_PORT;
    options->timeout_dur = TIMEOUT_DUR;
    usctp_params_init(&options->params, USCTP_PRESET_PLAIN);
}

static int take_local(struct node_options *options, const char *value)
{
    if (options->local_cnt == NODE_ADDR_MAX) {
        report_error("more than %d local addresses", NODE_ADDR_MAX);
        return EXIT_USAGE;
    }
    if (!target_parse_local(value, &options->locals[options->local_cnt])) {
        return EXIT_USAGE;
    }
    options->local_cnt++;
    return 0;
}

static int take_encaps(struct node_options *options, const char *value)
{
    char local[8];
    const char *colon = strchr(value, ':');
    size_t len = colon != NULL ? (size_t)(colon - value) : strlen(value);
    uint64_t port = 0, remote = NODE_UDP_PORT;

    if (len < sizeof(local)) {
        memcpy(local, value, len);
        local[len] = '\0';
        if ((len == 0 || number_parse(local, 0, 65535, &port)) &&
            (colon == NULL || number_parse(colon + 1, 1, 65535, &remote))) {
            options->udp_port_given = len > 0;
            options->udp_port = (uint16_t)port;
            options->remote_udp_port = (uint16_t)remote;
            return 0;
        }
    }
    report_error("%s is no LOCAL[:REMOTE], two UDP ports", value);
    return EXIT_USAGE;
}

static int take_dur(const char *what, const char *value, uint64_t *dur)
{
    if (!number_parse_dur(value, dur)) {
        report_error("--%s %s: no span of time like 500ms, 2s or 1m", what, value);
        return EXIT_USAGE;
    }
    return 0;
}

static void raise_to(uint64_t *dur, uint64_t least_dur)
{
    if (*dur < least_dur) {
        *dur = least_dur;
    }
}

static int take_rto_min(struct node_options *options, const char *value)
{
    uint64_t dur;
    int result = take_dur("rto-min", value, &dur);

    if (result != 0) {
        return result;
    }
    if (dur < USCTP_US(1) || dur > USCTP_SEC(24 * 3600)) {
        report_error("--rto-min %s: not from 1us to 24h", value);
        return EXIT_USAGE;
    }
    options->params.rto_min_dur = dur;
    raise_to(&options->params.rto_initial_dur, dur);
    raise_to(&options->params.rto_max_dur, dur);
    raise_to(&options->params.init_rto_max_dur, dur);
    return 0;
}

static int take_drop(struct node_options *options, const char *value)
{
    uint64_t number;

    if (!number_parse(value, 0, 999, &number)) {
        report_error("--drop %s: not a number from 0 to 999", value);
        return EXIT_USAGE;
    }
    options->drop = (unsigned)number;
    return 0;
}

int node_option(struct node_options *options, int id, const char *value)
{
    struct usctp_params nat;

    switch (id) {
    case NODE_OPT_LOCAL:
        return take_local(options, value);
    case NODE_OPT_IPV4:
        options->family = USCTP_AF_IPV4;
        return 0;
    case NODE_OPT_IPV6:
        options->family = USCTP_AF_IPV6;
        return 0;
    case NODE_OPT_ENCAPS:
        return take_encaps(options, value);
    case NODE_OPT_VERBOSE:
        options->verbose++;
        return 0;
    case NODE_OPT_CAPTURE:
        options->capture = value;
        return 0;
    case NODE_OPT_PORT_FILE:
        options->port_file = value;
        return 0;
    case NODE_OPT_NAT:
        usctp_params_init(&nat, USCTP_PRESET_NAT);
        options->params.hb_interval_dur = nat.hb_interval_dur;
        return 0;
    case NODE_OPT_RTO_MIN:
        return take_rto_min(options, value);
    case NODE_OPT_DROP:
        return take_drop(options, value);
    case NODE_OPT_TIMEOUT:
        return take_dur("timeout", value, &options->timeout_dur);
    default:
        return -1;
    }
}

int node_take_hosts(struct node_options *options, const char *const *hosts, size_t cnt)
{
    if (cnt > NODE_ADDR_MAX) {
        report_error("more than %d addresses of the peer", NODE_ADDR_MAX);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < cnt; i++) {
        if (!target_well_formed(hosts[i])) {
            return EXIT_USAGE;
        }
        if (!target_parse(hosts[i], options->family, options->remote_udp_port,
                          &options->peers[i])) {
            return EXIT_FAILED;
        }
    }
    options->peer_cnt = cnt;
    return 0;
}
