/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Multihoming behind NAT boxes (RFC 6951, 5.7; RFC 5061): in the simulator's network, a client of two
 * interfaces, each behind a box of its own, and a server of one address. The association begins without
 * addresses; the second interface is added, made primary and kept alone by wildcards, under authentication.
 * Either box may die; in the end the only address that is left is changed. Each seed has its own kinds of
 * boxes, delays and losses; messages go in both directions all the while.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/fail.h"
#include "sim/host.h"

enum { SERVER_PORT = 5000, SEED_CNT = 40, UDP_PORT = 9899 };

/* One side. */
struct side {
    struct sim_host host;
    usctp_assoc *assoc; /* NULL: none yet, or over */
    int up, lost, closed;
    uint32_t sent, got; /* messages */
    unsigned done_cnt;  /* changes of addresses that were done */
    unsigned refused_cnt;
    uint16_t cause; /* of the last one refused */
};

struct story {
    uint64_t seed;
    struct sim_clock clock;
    struct sim_rng rng;
    struct sim_net net;
    struct sim_watch watch;
    struct side client, server;
    struct usctp_addr inner[2], outer[2], server_addr;
    struct sim_timer talk;
    int talking;
    int leaked; /* an address of the inside left the host */
};

static struct usctp_addr addr(const char *text)
{
    struct usctp_addr parsed;

    assert_int_equal(usctp_addr_parse(&parsed, text), 0);
    return parsed;
}

/* --- What the sides do ------------------------------------------------------------------------ */

static void on_event(void *user, const struct usctp_event *event)
{
    struct side *side = user;
    uint32_t number;

    switch (event->type) {
    case USCTP_EVENT_UP:
        side->assoc = event->assoc;
        side->up = 1;
        break;
    case USCTP_EVENT_MESSAGE:
        assert_int_equal(event->u.message.len, sizeof(number));
        memcpy(&number, event->u.message.iov[0].base, sizeof(number));
        assert_int_equal(number, side->got++); /* in order, none lost, none twice */
        break;
    case USCTP_EVENT_ADDRESS:
        side->done_cnt += event->u.address.cause == 0;
        side->refused_cnt += event->u.address.cause != 0;
        side->cause = event->u.address.cause;
        break;
    case USCTP_EVENT_LOST:
        side->lost = 1;
        break;
    case USCTP_EVENT_CLOSED:
        side->closed = 1;
        side->assoc = NULL;
        break;
    default:
        break;
    }
}

static void say(struct side *side)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {&side->sent, sizeof(side->sent)};
    int error;

    if (side->assoc == NULL || !side->up) {
        return;
    }
    sim_host_enter(&side->host);
    error = usctp_assoc_send(side->assoc, &info, &iov, 1);
    if (error == 0) {
        side->sent++;
    }
    assert_true(error == 0 || error == USCTP_EWOULDBLOCK);
    sim_host_leave(&side->host);
}

static void talk(void *ctx, struct sim_timer *timer)
{
    struct story *story = ctx;

    if (story->talking) {
        say(&story->client);
        say(&story->server);
        sim_clock_set(&story->clock, timer, story->clock.now_ts + USCTP_MS(50));
    }
}

/* Nothing of the inside may stand in a packet (RFC 6951, 5.7). */
static void look(void *ctx, int kind, const struct sim_packet *packet, const char *why)
{
    struct story *story = ctx;

    (void)why;
    if (kind != SIM_TRACE_SENT) {
        return;
    }
    for (size_t i = 0; i + 4 <= packet->len; i++) {
        story->leaked |= memcmp(packet->data + i, story->inner[0].bytes, 4) == 0 ||
                         memcmp(packet->data + i, story->inner[1].bytes, 4) == 0;
    }
}

/* --- Setting up ------------------------------------------------------------------------------- */

/* In every other story the library adds the second interface, else the program. */
static int by_itself(const struct story *story)
{
    return story->seed % 2 == 0;
}

static void make_side(struct story *story, struct side *side, const char *name,
                      const struct usctp_addr *addrs, size_t cnt, uint32_t flags)
{
    struct sim_host_config config;
    struct sim_lower_config lower;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct usctp_params params;

    memset(&config, 0, sizeof(config));
    config.name = name;
    config.seed = sim_mix(story->seed, (uint64_t)name[0]);
    config.slack_dur = USCTP_MS(1);
    sim_host_init(&side->host, &story->net, &config);
    side->host.watch = &story->watch;
    memset(&lower, 0, sizeof(lower));
    lower.udp_port = UDP_PORT;
    (void)sim_host_add_lower(&side->host, &lower, addrs, cnt);
    usctp_params_init(&params, USCTP_PRESET_NAT);
    params.extensions |= USCTP_EXT_AUTH | USCTP_EXT_ASCONF;
    params.flags |= flags;
    params.flags |= by_itself(story) ? USCTP_PARAM_NO_ADDRESS_LIST | USCTP_PARAM_ADD_ADDRESSES : 0;
    params.rto_min_dur = USCTP_MS(200);
    params.rto_max_dur = USCTP_SEC(5);
    params.hb_interval_dur = USCTP_SEC(2);
    params.path_max_retrans = 2;
    params.probe_interval_dur = 0;
    side->host.max_packet = params.max_packet;
    stack.params = &params;
    stack.on_event = on_event;
    stack.user = side;
    assert_int_equal(sim_host_start(&side->host, &stack), 0);
}

static void add_box(struct story *story, int i)
{
    struct sim_nic *nic = story->client.host.lowers[0].nics[i];
    struct sim_nat_config config;
    uint32_t loss_ppm = sim_rng_one_in(&story->rng, 2) ? 30000 : 0;

    memset(&config, 0, sizeof(config));
    config.outside = story->outer[i];
    config.filter = (int)sim_rng_below(&story->rng, 3);
    config.symmetric = sim_rng_one_in(&story->rng, 2);
    config.preserve = sim_rng_one_in(&story->rng, 2);
    config.idle_dur = USCTP_SEC(30);
    (void)sim_nic_add_nat(nic, &config);
    nic->up.config.delay_dur = sim_rng_log(&story->rng, USCTP_MS(1), USCTP_MS(100));
    nic->down.config.delay_dur = nic->up.config.delay_dur;
    nic->up.config.loss.kind = nic->down.config.loss.kind = SIM_LOSS_RANDOM;
    nic->up.config.loss.ppm = nic->down.config.loss.ppm = loss_ppm;
    nic->up.config.duplicate_ppm = nic->down.config.duplicate_ppm = loss_ppm;
    nic->up.config.reorder_ppm = nic->down.config.reorder_ppm = loss_ppm;
    nic->up.config.reorder_dur = nic->down.config.reorder_dur = USCTP_MS(30);
}

static void connect_first(struct story *story)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr to;
    usctp_endpoint *endpoint;
    static const uint8_t key[] = "of both sides alone";

    for (int i = 0; i < 2; i++) {
        struct side *side = i == 0 ? &story->server : &story->client;

        config.port = i == 0 ? SERVER_PORT : 0;
        config.flags = i == 0 ? USCTP_ENDPOINT_LISTEN : 0;
        config.addrs = i == 0 ? NULL : &story->inner[0];
        config.addr_cnt = i == 0 ? 0 : by_itself(story) ? 2 : 1;
        config.on_event = on_event;
        config.user = side;
        sim_host_enter(&side->host);
        assert_int_equal(usctp_endpoint_new(side->host.stack, &config, &endpoint), 0);
        assert_int_equal(usctp_endpoint_add_key(endpoint, 1, key, sizeof(key)), 0);
        assert_int_equal(usctp_endpoint_use_key(endpoint, 1), 0);
        if (i == 1) {
            memset(&to, 0, sizeof(to));
            to.addr = story->server_addr;
            to.udp_port = UDP_PORT;
            connect.addrs = &to;
            connect.addr_cnt = 1;
            connect.port = SERVER_PORT;
            assert_int_equal(usctp_endpoint_connect(endpoint, &connect, &side->assoc), 0);
        }
        sim_host_leave(&side->host);
    }
}

static struct story *begin(uint64_t seed, uint32_t server_flags)
{
    struct story *story = sim_zalloc(sizeof(*story));

    story->seed = seed;
    sim_rng_init(&story->rng, seed);
    sim_clock_init(&story->clock, USCTP_SEC(1));
    sim_fail_context(seed, &story->clock.now_ts);
    sim_net_init(&story->net, &story->clock, &story->rng);
    story->net.trace = look;
    story->net.trace_ctx = story;
    sim_watch_init(&story->watch);
    story->inner[0] = addr("192.168.7.77");
    story->inner[1] = addr("10.123.45.67");
    story->outer[0] = addr("198.51.100.1");
    story->outer[1] = addr("203.0.113.2");
    story->server_addr = addr("192.0.2.9");
    make_side(story, &story->client, "client", story->inner, 2, 0);
    make_side(story, &story->server, "server", &story->server_addr, 1, server_flags);
    add_box(story, 0);
    add_box(story, 1);
    connect_first(story);
    story->talk.fn = talk;
    story->talk.ctx = story;
    story->talking = 1;
    sim_clock_set(&story->clock, &story->talk, story->clock.now_ts);
    return story;
}

static void end(struct story *story)
{
    assert_false(story->leaked);
    sim_host_stop(&story->client.host, 0);
    sim_host_stop(&story->server.host, 0);
    sim_host_free(&story->client.host);
    sim_host_free(&story->server.host);
    sim_watch_free(&story->watch);
    sim_net_free(&story->net);
    sim_clock_free(&story->clock);
    sim_fail_context(0, NULL);
    free(story);
}

/* --- Looking at it ---------------------------------------------------------------------------- */

static void run(struct story *story, uint64_t dur)
{
    sim_clock_run(&story->clock, story->clock.now_ts + dur);
}

/* Active paths of a side, at most two: their remote or local address, and which one is primary. */
static size_t active(const struct side *side, struct usctp_addr *remote, int *primary)
{
    usctp_path_id ids[8];
    size_t cnt = usctp_assoc_paths(side->assoc, ids, 8), n = 0;

    for (size_t i = 0; i < cnt && i < 8; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;

        assert_int_equal(usctp_path_info(side->assoc, ids[i], &info), 0);
        if (info.state == USCTP_PATH_ACTIVE && n < 2) {
            remote[n] = info.remote;
            *primary = info.primary ? (int)n : *primary;
            n++;
        }
    }
    return n;
}

static int both_paths(struct story *story)
{
    struct usctp_addr remote[2];
    int primary;

    return active(&story->client, remote, &primary) == 2 &&
           active(&story->server, remote, &primary) == 2;
}

/* The server sends first to this box. */
static int prefers(struct story *story, int box)
{
    struct usctp_addr remote[2];
    int primary = -1;

    return active(&story->server, remote, &primary) > 0 && primary >= 0 &&
           sim_addr_equal(&remote[primary], &story->outer[box]);
}

static int prefers_second(struct story *story)
{
    return prefers(story, 1);
}

static int only(struct story *story, int box)
{
    usctp_path_id ids[8];

    return usctp_assoc_paths(story->server.assoc, ids, 8) == 1 &&
           usctp_assoc_paths(story->client.assoc, ids, 8) == 1 && prefers(story, box);
}

static int only_second(struct story *story)
{
    return only(story, 1);
}

static int only_first(struct story *story)
{
    return only(story, 0);
}

static int is_up(struct story *story)
{
    return story->client.up && story->server.up;
}

static int settled(struct story *story)
{
    return story->client.sent == story->server.got && story->server.sent == story->client.got;
}

static int over(struct story *story)
{
    return story->client.closed && story->server.closed;
}

/* Until this holds, which must not take more than a minute or two. */
static void until(struct story *story, int (*holds)(struct story *story), const char *what)
{
    for (int i = 0; i < 1200; i++) {
        if (holds(story)) {
            return;
        }
        run(story, USCTP_MS(100));
        if (story->client.lost || story->server.lost) {
            break;
        }
    }
    fail_msg("seed %u: %s", (unsigned)story->seed, what);
}

/* Messages get through in both directions, in so much time. */
static void flows(struct story *story, uint64_t dur, const char *what)
{
    uint32_t client_got = story->client.got, server_got = story->server.got;

    run(story, dur);
    if (story->client.lost || story->server.lost || story->client.got < client_got + 20 ||
        story->server.got < server_got + 20) {
        fail_msg("seed %u: %s", (unsigned)story->seed, what);
    }
}

static void change(struct story *story, const struct usctp_address_change *changes, size_t cnt)
{
    unsigned done_cnt = story->client.done_cnt + (unsigned)cnt;

    sim_host_enter(&story->client.host);
    assert_int_equal(usctp_assoc_change_addresses(story->client.assoc, changes, cnt), 0);
    sim_host_leave(&story->client.host);
    for (int i = 0; i < 1200 && story->client.done_cnt < done_cnt; i++) {
        run(story, USCTP_MS(100));
    }
    assert_int_equal(story->client.done_cnt, done_cnt);
    assert_int_equal(story->client.refused_cnt, 0);
}

static void ask(struct story *story, int what, int nic)
{
    struct usctp_address_change one = {what, 1, story->inner[nic]};

    change(story, &one, 1);
}

static void set_down(struct story *story, int nic, int down)
{
    sim_nic_set_down(story->client.host.lowers[0].nics[nic], down);
}

/* --- The stories ------------------------------------------------------------------------------ */

static void close_client(struct story *story)
{
    story->talking = 0;
    until(story, settled, "what was sent did not all arrive");
    sim_host_enter(&story->client.host);
    usctp_assoc_close(story->client.assoc);
    sim_host_leave(&story->client.host);
    until(story, over, "it did not end");
    assert_false(story->client.lost || story->server.lost);
}

/* Two boxes, either of which dies; then one interface gives way to the other. */
static void test_two_boxes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEED_CNT; seed++) {
        struct story *story = begin(seed, 0);

        until(story, is_up, "no association");
        flows(story, USCTP_SEC(10), "nothing gets through");
        if (!by_itself(story)) {
            ask(story, USCTP_ADDRESS_ADD, 1);
        }
        until(story, both_paths, "no two confirmed paths");
        ask(story, USCTP_ADDRESS_PRIMARY, 1);
        until(story, prefers_second, "the second one is not the primary");
        for (int box = 0; box < 2; box++) {
            set_down(story, box, 1);
            run(story, USCTP_SEC(30)); /* it is found out */
            flows(story, USCTP_SEC(10), "a box has died, and nothing gets through");
            set_down(story, box, 0);
            until(story, both_paths, "the path did not come back");
            sim_nat_rebind(story->client.host.lowers[0].nics[box]->nat);
            flows(story, USCTP_SEC(20), "a box has forgotten, and nothing gets through");
            until(story, both_paths, "the path did not survive that");
        }
        ask(story, USCTP_ADDRESS_DELETE, 1); /* all others */
        until(story, only_second, "the first one was not deleted");
        flows(story, USCTP_SEC(10), "one is left, and nothing gets through");

        /* The only address is changed (RFC 5061, 5.3.2). */
        set_down(story, 1, 1);
        struct usctp_address_change both[2] = {{USCTP_ADDRESS_ADD, 1, story->inner[0]},
                                               {USCTP_ADDRESS_DELETE, 1, story->inner[0]}};
        change(story, both, 2);
        until(story, only_first, "the only address was not changed");
        flows(story, USCTP_SEC(20), "the address has changed, and nothing gets through");
        close_client(story);
        end(story);
    }
}

/* A server that does not want wildcards has one address of its client for ever. */
static void test_forbidden(void **state)
{
    struct story *story = begin(1, USCTP_PARAM_NO_WILDCARDS);
    struct usctp_address_change one = {USCTP_ADDRESS_ADD, 1, story->inner[1]};
    usctp_path_id ids[8];

    (void)state;
    until(story, is_up, "no association");
    sim_host_enter(&story->client.host);
    assert_int_equal(usctp_assoc_change_addresses(story->client.assoc, &one, 1), 0);
    sim_host_leave(&story->client.host);
    run(story, USCTP_SEC(30));
    assert_int_equal(story->client.done_cnt, 0);
    if (story->client.refused_cnt > 0) {
        assert_int_equal(story->client.cause, 0xa4); /* Request Refused - No Authorization */
    }
    assert_int_equal(usctp_assoc_paths(story->server.assoc, ids, 8), 1);
    flows(story, USCTP_SEC(10), "nothing gets through");
    end(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_boxes),
        cmocka_unit_test(test_forbidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
