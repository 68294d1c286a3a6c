/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our side of the interoperability tests: one association, done as the plan says. Prints
 * `ready UDPPORT` once it can be reached and one line when the association has ended; goes on
 * answering until its standard input ends, so that the other side can finish too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <usctp/driver.h>

#include "plan.h"

struct peer {
    struct plan plan;
    struct work work;
    usctp_loop *loop;
    usctp_assoc *assoc; /* NULL: none yet, or ended. */
    int up, ended, status;
    int dry;               /* All that was sent is acknowledged. */
    int aborted;           /* usctp_assoc_abort was called. */
    int lost_how;          /* enum usctp_lost_reason; 0: not lost. */
    uint32_t since_reset;  /* Messages sent since a reset was asked for. */
    uint32_t reset_cnt;    /* Resets of outgoing streams that were done, */
    uint32_t in_reset_cnt; /* of incoming ones, */
    int renumbering;       /* An association reset was asked for. */
    uint32_t open_cnt;     /* and directions that were asked for and not answered yet. */
    usctp_pcapng *capture;
    uint8_t *out; /* A message to send. */
};

static uint32_t paths_usable(const struct peer *peer)
{
    usctp_path_id ids[16];
    size_t n = usctp_assoc_paths(peer->assoc, ids, 16);
    uint32_t usable = 0;

    for (size_t i = 0; i < n && i < 16; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;
        if (usctp_path_info(peer->assoc, ids[i], &info) == 0 && info.state == USCTP_PATH_ACTIVE) {
            usable++;
        }
    }
    return usable;
}

/* Asks for a reset of all streams of the plan, if it is time. */
static void reset_streams(struct peer *peer)
{
    uint16_t streams[64];
    unsigned flags = USCTP_RESET_OUT | (peer->plan.resets_both ? USCTP_RESET_IN : 0);
    size_t cnt = peer->plan.streams < 64 ? peer->plan.streams : 64;

    if (peer->plan.reset_every == 0 || peer->since_reset < peer->plan.reset_every ||
        peer->open_cnt > 0) {
        return;
    }
    for (size_t i = 0; i < cnt; i++) {
        streams[i] = (uint16_t)i;
    }
    int err = usctp_assoc_reset_streams(peer->assoc, flags, streams, cnt);
    if (err == 0) {
        peer->since_reset = 0;
        peer->open_cnt = flags == USCTP_RESET_OUT ? 1 : 2;
    } else if (err != USCTP_EBUSY && err != USCTP_ESTATE) {
        work_fail(&peer->work, "resetting streams: %s", usctp_strerror(err));
    }
}

static void on_reset(struct peer *peer, const struct usctp_event *event)
{
    int result = event->u.streams_reset.result;

    if ((event->u.streams_reset.flags & USCTP_RESET_OUT) != 0) {
        peer->reset_cnt += result == USCTP_RECONF_DONE;
        peer->open_cnt -= peer->open_cnt > 0;
        if (result != USCTP_RECONF_DONE) {
            work_fail(&peer->work, "outgoing streams were not reset: %d", result);
        }
    } else {
        peer->in_reset_cnt += result == USCTP_RECONF_DONE;
        peer->open_cnt -= peer->open_cnt > 0;
        if (result == USCTP_RECONF_DENIED || result == USCTP_RECONF_FAILED) {
            work_fail(&peer->work, "incoming streams were not reset: %d", result);
        }
    }
}

/* Asks for the streams that are missing. */
static void add_streams(struct peer *peer)
{
    const struct plan *plan = &peer->plan;
    uint16_t cnt = (uint16_t)(plan->streams - plan->start_streams);
    int err = usctp_assoc_add_streams(peer->assoc, plan->add_out ? cnt : 0, plan->add_in ? cnt : 0);

    if (err != 0) {
        work_fail(&peer->work, "adding streams: %s", usctp_strerror(err));
    }
}

/* Asks for an association reset, once. */
static void renumber(struct peer *peer)
{
    int err = peer->renumbering ? 0 : usctp_assoc_reset(peer->assoc);

    peer->renumbering = 1;
    if (err != 0) {
        work_fail(&peer->work, "resetting the association: %s", usctp_strerror(err));
    }
}

static void on_renumbered(struct peer *peer, int result)
{
    peer->work.renumbered = 1;
    if (result != USCTP_RECONF_DONE) {
        work_fail(&peer->work, "the association was not reset: %d", result);
    }
}

static void on_added(struct peer *peer, const struct usctp_event *event)
{
    peer->work.out_streams = event->u.streams_added.out_streams;
    if (event->u.streams_added.result != USCTP_RECONF_DONE) {
        work_fail(&peer->work, "no streams were added: %d", event->u.streams_added.result);
    }
}

static void send_all(struct peer *peer)
{
    int64_t next;

    while ((next = work_next(&peer->work)) >= 0) {
        struct usctp_send_info info = USCTP_SEND_INFO_INIT;
        uint32_t i = (uint32_t)next;
        struct usctp_iov iov = {peer->out, plan_len(&peer->plan, i)};

        plan_fill(i, 0, peer->out, iov.len);
        info.stream = plan_stream(&peer->plan, i);
        info.ppid = PLAN_PPID + i;
        info.flags = plan_unordered(&peer->plan, i) ? USCTP_SEND_UNORDERED : 0;
        if (plan_gives_up(&peer->plan, i)) {
            info.pr_policy = USCTP_PR_RETRANSMITS; /* value 0: never again */
        }
        int err = usctp_assoc_send(peer->assoc, &info, &iov, 1);
        if (err == USCTP_EWOULDBLOCK || err == USCTP_ESTATE) {
            return; /* WRITABLE follows; or LOST or CLOSED, behind SEND_FAILED. */
        }
        if (err != 0) {
            work_fail(&peer->work, "sending message %u: %s", (unsigned)i, usctp_strerror(err));
            usctp_assoc_abort(peer->assoc, NULL, 0);
            return;
        }
        peer->dry = 0;
        peer->since_reset++;
        reset_streams(peer);
        work_sent(&peer->work);
    }
}

static void vanish(void *user)
{
    struct peer *peer = user;

    work_summary(&peer->work, "vanished");
    _exit(peer->work.failed);
}

/* Where nothing gets through: ends it once both sides have tried, and seen each other's AUTH fail. */
static void end_stuck(void *user)
{
    struct peer *peer = user;
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    usctp_stack_stats(usctp_loop_stack(peer->loop), &stats);
    if (peer->up && !peer->ended && stats.auth_failures > 0 && work_next(&peer->work) < 0) {
        peer->aborted = 1;
        usctp_assoc_abort(peer->assoc, "stuck", 5);
    } else if (!peer->ended) {
        usctp_loop_at(peer->loop, usctp_clock_system(NULL) + USCTP_MS(50), end_stuck, peer);
    }
}

/* Does what can be done now. */
static void pump(struct peer *peer)
{
    const struct plan *plan = &peer->plan;

    if (peer->assoc == NULL || !peer->up || peer->aborted || peer->lost_how != 0) {
        return;
    }
    if (work_vanishes(&peer->work)) {
        /* Not at once: first what came is acknowledged. */
        usctp_loop_at(peer->loop, usctp_clock_system(NULL), vanish, peer);
        return;
    }
    send_all(peer);
    if (work_renumbers(&peer->work) && peer->dry) {
        renumber(peer);
    }
    if (!work_complete(&peer->work) || paths_usable(peer) < plan->paths) {
        return;
    }
    if (plan->end == PLAN_END_SHUTDOWN) {
        usctp_assoc_close(peer->assoc);
    } else if (plan->end == PLAN_END_ABORT && (peer->dry || peer->work.out_cnt == 0)) {
        peer->aborted = 1;
        int err = usctp_assoc_abort(peer->assoc, "enough", 6);
        if (err != 0) {
            work_fail(&peer->work, "aborting: %s", usctp_strerror(err));
        }
    }
}

static void on_closed(struct peer *peer)
{
    int by_peer = peer->lost_how == USCTP_LOST_PEER_ABORT;
    char more[160];
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    if (peer->plan.stuck) {
        if (peer->lost_how != USCTP_LOST_LOCAL_ABORT || peer->work.in_cnt != 0) {
            work_fail(&peer->work, "it was not stuck");
        }
    } else if (peer->lost_how == 0 || by_peer || peer->lost_how == USCTP_LOST_LOCAL_ABORT) {
        work_ended(&peer->work, peer->lost_how != 0 ? PLAN_END_ABORT : PLAN_END_SHUTDOWN, by_peer);
    } else {
        work_fail(&peer->work, "association lost, reason %d", peer->lost_how);
    }
    usctp_stack_stats(usctp_loop_stack(peer->loop), &stats);
    if (stats.checksum_errors + stats.dropped_malformed + stats.dropped_bundle != 0) {
        work_fail(&peer->work, "%u bad checksums, %u malformed chunks, %u bundles",
                  (unsigned)stats.checksum_errors, (unsigned)stats.dropped_malformed,
                  (unsigned)stats.dropped_bundle);
    }
    if (peer->plan.auth != NULL && !peer->plan.stuck &&
        stats.auth_failures + stats.dropped_unauthenticated != 0) {
        work_fail(&peer->work, "%u wrong MACs, %u chunks without one",
                  (unsigned)stats.auth_failures, (unsigned)stats.dropped_unauthenticated);
    }
    snprintf(more, sizeof(more), "%u packets out, %u in, %u and %u resets",
             (unsigned)stats.out_sctp_packs, (unsigned)stats.in_sctp_packs,
             (unsigned)peer->reset_cnt, (unsigned)peer->in_reset_cnt);
    if (peer->plan.reset_every != 0 && peer->reset_cnt + peer->in_reset_cnt == 0) {
        work_fail(&peer->work, "no stream was reset");
    }
    peer->status = work_summary(&peer->work, more);
    peer->ended = 1;
    peer->assoc = NULL;
}

static void on_message(struct peer *peer, const struct usctp_event *event)
{
    int last = (event->u.message.flags & USCTP_MESSAGE_LAST) != 0;
    size_t cnt = event->u.message.iov_cnt;

    for (size_t i = 0; i < cnt; i++) {
        work_take(&peer->work, event->u.message.stream,
                  (event->u.message.flags & USCTP_MESSAGE_UNORDERED) != 0, event->u.message.ppid,
                  event->u.message.iov[i].base, event->u.message.iov[i].len, last && i + 1 == cnt);
    }
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct peer *peer = user;

    if (peer->ended || (peer->assoc != NULL && event->assoc != peer->assoc)) {
        return;
    }
    peer->assoc = event->assoc;
    switch (event->type) {
    case USCTP_EVENT_UP:
        peer->up = 1;
        if (peer->plan.interleave &&
            (usctp_assoc_extensions(event->assoc) & USCTP_EXT_INTERLEAVING) == 0) {
            work_fail(&peer->work, "I-DATA was not agreed on");
        }
        if (peer->plan.auth != NULL &&
            (usctp_assoc_extensions(event->assoc) & USCTP_EXT_AUTH) == 0) {
            work_fail(&peer->work, "authentication was not agreed on");
        }
        if (peer->plan.ecn && (usctp_assoc_extensions(event->assoc) & USCTP_EXT_ECN) == 0) {
            work_fail(&peer->work, "ECN was not agreed on");
        }
        if (peer->plan.add_out || peer->plan.add_in) {
            add_streams(peer);
        }
        break;
    case USCTP_EVENT_RESTARTED:
        work_restart(&peer->work);
        break;
    case USCTP_EVENT_MESSAGE:
        on_message(peer, event);
        break;
    case USCTP_EVENT_STREAMS_RESET:
        on_reset(peer, event);
        break;
    case USCTP_EVENT_STREAMS_ADDED:
        on_added(peer, event);
        break;
    case USCTP_EVENT_ASSOC_RESET:
        on_renumbered(peer, event->u.assoc_reset.result);
        break;
    case USCTP_EVENT_DRY:
        peer->dry = 1;
        break;
    case USCTP_EVENT_LOST:
        peer->lost_how = event->u.lost.reason;
        break;
    case USCTP_EVENT_CLOSED:
        on_closed(peer);
        break;
    default:
        break;
    }
    pump(peer);
}

/* One association and no more. */
static int on_accept(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct peer *peer = user;

    (void)accept;
    (void)assoc_user;
    return peer->assoc != NULL || peer->ended;
}

static void on_input_end(void *user, usctp_fd fd, int ready)
{
    struct peer *peer = user;
    char buf[64];

    (void)ready;
    if (read((int)fd, buf, sizeof(buf)) <= 0) {
        usctp_loop_stop(peer->loop);
    }
}

static void on_deadline(void *user)
{
    struct peer *peer = user;

    if (!peer->ended) {
        work_fail(&peer->work, "deadline; state %d, %u of %u messages received",
                  peer->assoc != NULL ? (int)usctp_assoc_state(peer->assoc) : -1,
                  (unsigned)peer->work.in_cnt, (unsigned)peer->plan.expect_cnt);
        peer->status = work_summary(&peer->work, "");
    }
    usctp_loop_stop(peer->loop);
}

static int parse_addrs(const char *const *texts, size_t cnt, struct usctp_addr *addrs)
{
    for (size_t i = 0; i < cnt; i++) {
        if (usctp_addr_parse(&addrs[i], texts[i]) != 0) {
            fprintf(stderr, "peer_usctp: not an address: %s\n", texts[i]);
            return -1;
        }
    }
    return 0;
}

static int open_loop(struct peer *peer, const struct usctp_addr *addrs, struct usctp_params *params)
{
    const struct plan *plan = &peer->plan;
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    char text[160] = "";

    usctp_params_init(params, USCTP_PRESET_PLAIN);
    if (plan->rto_min_ms != 0) {
        params->rto_min_dur = USCTP_MS(plan->rto_min_ms);
    }
    if (plan->end == PLAN_END_VANISH) {
        params->sack_every = 1; /* Nothing is left unacknowledged by one that vanishes. */
    }
    params->flags |= USCTP_PARAM_DRY_EVENTS;
    params->reconf_allow =
        USCTP_RECONF_ALLOW_RESETS | USCTP_RECONF_ALLOW_ASSOC_RESET | USCTP_RECONF_ALLOW_ADDS;
    if (plan->ecn) {
        params->extensions |= USCTP_EXT_ECN;
    }
    if (plan->auth != NULL) {
        params->extensions |= USCTP_EXT_AUTH;
    }
    if (plan->no_address_types) {
        params->flags |= USCTP_PARAM_NO_ADDRESS_TYPES;
    }
    params->out_streams = plan->start_streams != 0              ? plan->start_streams
                          : plan->streams > params->out_streams ? plan->streams
                                                                : params->out_streams;
    int err = usctp_config_system(&stack);
    stack.params = params;
    stack.on_event = on_event;
    stack.user = peer;
    config.stack = &stack;
    config.addrs = addrs;
    config.addr_cnt = plan->local_cnt;
    config.udp_port = plan->local_udp;
    config.error_text = text;
    config.error_text_len = sizeof(text);
    err = err != 0 ? err : usctp_loop_new(&config, &peer->loop);
    if (err != 0) {
        fprintf(stderr, "peer_usctp: %s: %s\n", usctp_strerror(err), text);
    }
    return err;
}

static int open_endpoint(struct peer *peer, const struct usctp_addr *addrs)
{
    const struct plan *plan = &peer->plan;
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_addr remote[PLAN_ADDRS_MAX];
    struct usctp_peer_addr to[PLAN_ADDRS_MAX];
    usctp_endpoint *endpoint;

    config.port = plan->port;
    config.addrs = addrs;
    config.addr_cnt = plan->local_cnt;
    config.flags = plan->listen ? USCTP_ENDPOINT_LISTEN : 0;
    config.on_event = on_event;
    config.accept = on_accept;
    config.user = peer;
    int err = usctp_endpoint_new(usctp_loop_stack(peer->loop), &config, &endpoint);
    if (err == 0 && plan->auth != NULL) {
        /* usrsctp looks at DATA to know about I-DATA: both are demanded. */
        err = usctp_endpoint_demand_auth(endpoint, 0);
        err = err != 0 ? err : usctp_endpoint_demand_auth(endpoint, 64);
        err = err != 0 ? err : usctp_endpoint_add_key(endpoint, 1, plan->auth, strlen(plan->auth));
        err = err != 0 ? err : usctp_endpoint_use_key(endpoint, 1);
    }
    if (err == 0 && plan->remote_cnt != 0) {
        memset(to, 0, sizeof(to));
        err = parse_addrs(plan->remote, plan->remote_cnt, remote);
        for (size_t i = 0; i < plan->remote_cnt; i++) {
            to[i].addr = remote[i];
            to[i].udp_port = plan->remote_udp;
        }
        connect.addrs = to;
        connect.addr_cnt = plan->remote_cnt;
        connect.port = plan->remote_port;
        err = err != 0 ? err : usctp_endpoint_connect(endpoint, &connect, &peer->assoc);
    }
    if (err != 0) {
        fprintf(stderr, "peer_usctp: %s\n", usctp_strerror(err));
    }
    return err;
}

static int start(struct peer *peer)
{
    struct usctp_addr addrs[PLAN_ADDRS_MAX];
    struct usctp_params params;
    uint32_t largest = 1;

    for (size_t i = 0; i < peer->plan.size_cnt; i++) {
        largest = peer->plan.sizes[i] > largest ? peer->plan.sizes[i] : largest;
    }
    peer->out = malloc(largest);
    if (peer->out == NULL || parse_addrs(peer->plan.local, peer->plan.local_cnt, addrs) != 0 ||
        open_loop(peer, addrs, &params) != 0) {
        return -1;
    }
    if (peer->plan.capture != NULL) {
        if (usctp_pcapng_open(peer->plan.capture, &peer->capture) != 0) {
            fprintf(stderr, "peer_usctp: cannot write %s\n", peer->plan.capture);
            return -1;
        }
        usctp_stack_set_observer(usctp_loop_stack(peer->loop), usctp_pcapng_observe, peer->capture);
    }
    if (usctp_loop_watch(peer->loop, STDIN_FILENO, USCTP_WATCH_READ, on_input_end, peer) != 0 ||
        usctp_loop_at(peer->loop, usctp_clock_system(NULL) + USCTP_SEC(peer->plan.deadline_s),
                      on_deadline, peer) != 0) {
        return -1;
    }
    if (peer->plan.stuck) {
        end_stuck(peer);
    }
    printf("ready %u\n", (unsigned)usctp_driver_port(usctp_loop_driver(peer->loop)));
    fflush(stdout);
    return open_endpoint(peer, addrs);
}

int main(int argc, char **argv)
{
    static struct peer peer;

    peer.status = 1;
    if (plan_parse(&peer.plan, "peer_usctp", argc, argv) != 0 ||
        work_init(&peer.work, &peer.plan) != 0) {
        return 2;
    }
    if (start(&peer) == 0) {
        usctp_loop_run(peer.loop);
    }
    if (peer.capture != NULL) {
        usctp_stack_set_observer(usctp_loop_stack(peer.loop), NULL, NULL);
        printf("captured %llu\n", (unsigned long long)usctp_pcapng_count(peer.capture));
        if (usctp_pcapng_close(peer.capture) != 0) {
            peer.status = 1;
        }
    }
    usctp_loop_free(peer.loop);
    work_free(&peer.work);
    free(peer.out);
    return peer.status;
}
