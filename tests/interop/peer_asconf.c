/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our side of the interoperability tests of address reconfiguration (RFC 5061): connects, does what the
 * lines on its standard input say, and tells in lines what happened. The local addresses given beyond
 * the first are not used before a line adds them.
 *
 *   add ADDR, delete ADDR, primary ADDR   asks for it; told: `did WHAT ADDR CAUSE`
 *   say TEXT                              sends a message; what comes is told: `heard TEXT`
 *   count                                 how many addresses the peer has: `peer-addresses N`
 *   close                                 ends: `closed`
 *
 * Of the peer's addresses: `path CHANGE ADDR`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <usctp/driver.h>

#include "plan.h"

struct peer {
    struct plan plan;
    usctp_loop *loop;
    usctp_assoc *assoc;
    usctp_pcapng *capture;
    char line[256]; /* of standard input, so far */
    size_t line_len;
};

static const char *const ops[] = {"", "add", "delete", "primary"};

static void tell_addr(const char *what, const struct usctp_addr *addr, const char *more)
{
    char text[64];

    usctp_addr_text(addr, text, sizeof(text));
    printf("%s %s%s\n", what, text, more);
    fflush(stdout);
}

static void on_event(void *user, const struct usctp_event *event)
{
    static const char *const changes[] = {"",   "added",   "confirmed", "down",
                                          "up", "primary", "rebound",   "removed"};
    struct peer *peer = user;
    char text[64];

    switch (event->type) {
    case USCTP_EVENT_UP:
        printf("up %d\n", (usctp_assoc_extensions(event->assoc) & USCTP_EXT_ASCONF) != 0);
        break;
    case USCTP_EVENT_ADDRESS:
        snprintf(text, sizeof(text), "did %s", ops[event->u.address.change.what]);
        char cause[16];
        snprintf(cause, sizeof(cause), " %u", (unsigned)event->u.address.cause);
        tell_addr(text, &event->u.address.change.addr, cause);
        break;
    case USCTP_EVENT_PATH:
        if (event->u.path.change < 8) {
            snprintf(text, sizeof(text), "path %s", changes[event->u.path.change]);
            tell_addr(text, &event->u.path.remote, "");
        }
        break;
    case USCTP_EVENT_MESSAGE:
        printf("heard %.*s\n", (int)event->u.message.iov[0].len,
               (const char *)event->u.message.iov[0].base);
        break;
    case USCTP_EVENT_LOST:
        printf("lost %d\n", event->u.lost.reason);
        break;
    case USCTP_EVENT_CLOSED:
        printf("closed\n");
        peer->assoc = NULL;
        break;
    default:
        break;
    }
    fflush(stdout);
}

static void change(struct peer *peer, int what, const char *text)
{
    struct usctp_address_change asked;

    memset(&asked, 0, sizeof(asked));
    asked.what = what;
    if (usctp_addr_parse(&asked.addr, text) != 0) {
        printf("failed address\n");
        return;
    }
    int err = usctp_assoc_change_addresses(peer->assoc, &asked, 1);
    if (err != 0) {
        printf("failed %s\n", usctp_strerror(err));
    }
}

/* Each of the peer's addresses once. */
static unsigned count_addrs(const struct peer *peer)
{
    struct usctp_addr seen[16];
    usctp_path_id ids[16];
    size_t n = usctp_assoc_paths(peer->assoc, ids, 16);
    unsigned cnt = 0;

    for (size_t i = 0; i < n && i < 16; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;
        unsigned k = 0;

        if (usctp_path_info(peer->assoc, ids[i], &info) != 0) {
            continue;
        }
        while (k < cnt && memcmp(&seen[k], &info.remote, sizeof(info.remote)) != 0) {
            k++;
        }
        seen[k] = info.remote;
        cnt += k == cnt;
    }
    return cnt;
}

static void obey(struct peer *peer, char *line)
{
    char *rest = strchr(line, ' ');

    rest = rest != NULL ? rest : line + strlen(line);
    if (*rest != '\0') {
        *rest++ = '\0';
    }
    for (int what = 1; what < 4; what++) {
        if (strcmp(line, ops[what]) == 0) {
            change(peer, what, rest);
        }
    }
    if (strcmp(line, "say") == 0) {
        struct usctp_send_info info = USCTP_SEND_INFO_INIT;
        struct usctp_iov iov = {rest, strlen(rest)};

        info.ppid = PLAN_PPID;
        if (usctp_assoc_send(peer->assoc, &info, &iov, 1) != 0) {
            printf("failed to say\n");
        }
    } else if (strcmp(line, "count") == 0) {
        printf("peer-addresses %u\n", count_addrs(peer));
    } else if (strcmp(line, "close") == 0) {
        usctp_assoc_close(peer->assoc);
    }
    fflush(stdout);
}

static void on_input(void *user, usctp_fd fd, int ready)
{
    struct peer *peer = user;
    char byte;

    (void)ready;
    if (read((int)fd, &byte, 1) <= 0) {
        usctp_loop_stop(peer->loop);
    } else if (byte != '\n') {
        peer->line[peer->line_len] = byte;
        peer->line_len += peer->line_len < sizeof(peer->line) - 1;
    } else {
        peer->line[peer->line_len] = '\0';
        peer->line_len = 0;
        if (peer->assoc != NULL) {
            obey(peer, peer->line);
        }
    }
}

static int start(struct peer *peer)
{
    const struct plan *plan = &peer->plan;
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_endpoint_config endpoint_config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct usctp_addr addrs[PLAN_ADDRS_MAX];
    struct usctp_peer_addr to;
    struct usctp_params params;
    usctp_endpoint *endpoint;

    memset(&to, 0, sizeof(to));
    usctp_params_init(&params, USCTP_PRESET_PLAIN);
    params.extensions |= USCTP_EXT_ASCONF | USCTP_EXT_AUTH;
    for (size_t i = 0; i < plan->local_cnt; i++) {
        if (usctp_addr_parse(&addrs[i], plan->local[i]) != 0) {
            return -1;
        }
    }
    if (usctp_config_system(&stack) != 0 || usctp_addr_parse(&to.addr, plan->remote[0]) != 0) {
        return -1;
    }
    stack.params = &params;
    config.stack = &stack;
    config.addrs = addrs;
    config.addr_cnt = plan->local_cnt;
    config.udp_port = plan->local_udp;
    if (usctp_loop_new(&config, &peer->loop) != 0 ||
        usctp_pcapng_open(plan->capture, &peer->capture) != 0) {
        return -1;
    }
    usctp_stack_set_observer(usctp_loop_stack(peer->loop), usctp_pcapng_observe, peer->capture);
    endpoint_config.port = plan->port;
    endpoint_config.addrs = addrs;
    endpoint_config.addr_cnt = 1;
    endpoint_config.on_event = on_event;
    endpoint_config.user = peer;
    to.udp_port = plan->remote_udp;
    connect.addrs = &to;
    connect.addr_cnt = 1;
    connect.port = plan->remote_port;
    if (usctp_loop_watch(peer->loop, STDIN_FILENO, USCTP_WATCH_READ, on_input, peer) != 0 ||
        usctp_endpoint_new(usctp_loop_stack(peer->loop), &endpoint_config, &endpoint) != 0 ||
        usctp_endpoint_connect(endpoint, &connect, &peer->assoc) != 0) {
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct peer peer;

    if (plan_parse(&peer.plan, "peer_asconf", argc, argv) != 0 || peer.plan.capture == NULL) {
        return 2;
    }
    if (start(&peer) != 0) {
        fprintf(stderr, "peer_asconf: could not start\n");
        return 2;
    }
    usctp_loop_run(peer.loop);
    usctp_stack_set_observer(usctp_loop_stack(peer.loop), NULL, NULL);
    printf("captured %llu\n", (unsigned long long)usctp_pcapng_count(peer.capture));
    int status = usctp_pcapng_close(peer.capture) != 0;
    usctp_loop_free(peer.loop);
    return status;
}
