/* SPDX-License-Identifier: BSD-3-Clause */
/* Drawing worlds: who connects to whom, what they send, and how it ends. */
#include "sim/world.h"

#include <string.h>

#include "sim/fail.h"

enum { SERVER_PORT = 5000, CLIENT_PORT = 5001 };

/* How many messages of which size. */
static void draw_messages(struct sim_world *world, struct sim_traffic *traffic)
{
    static const struct {
        uint32_t min_len, max_len, max_cnt;
    } kinds[] = {{1, 16, 4000},     {1, 1000, 1500}, {100, 5000, 400},
                 {4000, 40000, 50}, {1, 30000, 150}, {1, 200, 60}};
    struct sim_rng *rng = &world->rng;
    size_t kind = (size_t)sim_rng_below(rng, sizeof(kinds) / sizeof(kinds[0]));

    traffic->min_len = kinds[kind].min_len;
    traffic->max_len = kinds[kind].max_len;
    traffic->message_cnt = (uint32_t)sim_rng_log(rng, 1, kinds[kind].max_cnt);
    if (sim_has(world, SIM_F_LARGE) && !sim_has(world, SIM_F_THIN)) {
        traffic->min_len = 100000;
        traffic->max_len = 3000000;
        traffic->message_cnt = (uint32_t)sim_rng_range(rng, 1, 2);
    }
    if (sim_has(world, SIM_F_CHURN)) {
        traffic->message_cnt = (uint32_t)sim_rng_below(rng, 6);
    } else if (sim_rng_one_in(rng, 6)) {
        traffic->message_cnt = 0;
    }
}

/* Pauses, so that the transfer is still going on when something happens. */
static void draw_pace(struct sim_world *world, struct sim_traffic *traffic)
{
    struct sim_rng *rng = &world->rng;
    int long_story = sim_has(world, SIM_F_REBIND) || sim_has(world, SIM_F_DEATH) ||
                     sim_has(world, SIM_F_BLACKOUT) || sim_has(world, SIM_F_RESTART);

    if (!long_story && !sim_rng_one_in(rng, 5)) {
        return;
    }
    traffic->burst_cnt = (uint32_t)sim_rng_log(rng, 1, 50);
    if (traffic->message_cnt / traffic->burst_cnt > 30) {
        traffic->burst_cnt = traffic->message_cnt / 30;
    }
    traffic->burst_dur = sim_rng_log(rng, USCTP_MS(1), USCTP_SEC(long_story ? 4 : 1));
}

static void draw_reader(struct sim_world *world, struct sim_traffic *traffic)
{
    struct sim_rng *rng = &world->rng;

    if (!sim_has(world, SIM_F_SLOW_READER)) {
        return;
    }
    if (sim_rng_one_in(rng, 2)) {
        traffic->keep_ppm = (uint32_t)sim_rng_log(rng, 10000, 1000000);
        traffic->keep_dur = sim_rng_log(rng, USCTP_MS(1), USCTP_MS(500));
    }
    if (sim_rng_one_in(rng, 2)) {
        traffic->pause_ppm = (uint32_t)sim_rng_log(rng, 5000, 200000);
    }
    if (sim_rng_one_in(rng, 3)) {
        traffic->defer_ppm = (uint32_t)sim_rng_log(rng, 5000, 200000);
    }
    traffic->pause_dur = sim_rng_log(rng, USCTP_MS(1), USCTP_MS(500));
}

/* Lifetimes: from the blink of an eye to longer than any queue. The draws are made of the seed alone, so
 * that they move nothing else. */
static void draw_lifetimes(const struct sim_world *world, struct sim_traffic *traffic)
{
    struct sim_rng rng;

    sim_rng_fork(&rng, &world->rng, 0x6c696665);
    if (sim_rng_one_in(&rng, 4)) {
        traffic->mortal_ppm = (uint32_t)sim_rng_log(&rng, 10000, 1000000);
        traffic->life_dur = sim_rng_log(&rng, USCTP_MS(1), USCTP_SEC(3));
    }
    if (sim_rng_one_in(&rng, 3)) {
        traffic->fickle_ppm = (uint32_t)sim_rng_log(&rng, 10000, 1000000);
    }
    if (sim_rng_one_in(&rng, 2)) {
        traffic->reset_ppm = (uint32_t)sim_rng_log(&rng, 1000, 300000);
    }
    if (sim_rng_one_in(&rng, 3)) {
        traffic->schedule_ppm = (uint32_t)sim_rng_log(&rng, 10000, 1000000);
    }
}

static void draw_traffic(struct sim_world *world, struct sim_traffic *traffic)
{
    struct sim_rng *rng = &world->rng;
    uint32_t streams = UINT16_MAX;

    memset(traffic, 0, sizeof(*traffic));
    for (size_t host = 0; host < SIM_HOSTS; host++) {
        const struct usctp_params *params = &world->params[host];

        streams = params->out_streams < streams ? params->out_streams : streams;
        streams = params->max_in_streams < streams ? params->max_in_streams : streams;
    }
    draw_messages(world, traffic);
    traffic->stream_cnt = (uint16_t)sim_rng_log(rng, 1, streams);
    if (sim_rng_one_in(rng, 2)) {
        traffic->unordered_ppm = (uint32_t)sim_rng_log(rng, 50000, 1000000);
    }
    traffic->adopt_ppm = sim_rng_one_in(rng, 2) ? 500000 : 0;
    traffic->urgent_ppm = sim_rng_one_in(rng, 4) ? 200000 : 0;
    traffic->alone_ppm = sim_rng_one_in(rng, 6) ? 200000 : 0;
    traffic->cork_ppm = sim_rng_one_in(rng, 4) ? 200000 : 0;
    draw_pace(world, traffic);
    draw_reader(world, traffic);
    draw_lifetimes(world, traffic);
}

static int draw_end(struct sim_world *world)
{
    struct sim_rng *rng = &world->rng;

    if (sim_has(world, SIM_F_ABORT) && sim_rng_one_in(rng, 2)) {
        return (int)sim_rng_range(rng, SIM_END_ABORT, SIM_END_FREE_ENDPOINT);
    }
    if (sim_has(world, SIM_F_CLOSE_BOTH)) {
        return SIM_END_CLOSE_BOTH;
    }
    return (int)sim_rng_below(rng, 4);
}

static int has_family(const struct sim_world *world, size_t host, uint8_t family)
{
    for (size_t i = 0; i < world->addr_cnt[host]; i++) {
        if (world->addrs[host][i].family == family) {
            return 1;
        }
    }
    return 0;
}

static void add_addrs(struct sim_world *world, struct sim_plan *plan, size_t to, int all)
{
    const struct sim_lower *lower = &world->hosts[to].lowers[0];

    if (sim_has(world, SIM_F_NO_ADDRESSES)) {
        return;
    }
    for (size_t i = 0; i < world->addr_cnt[to] && (i == 0 || all); i++) {
        if (has_family(world, 1 - to, world->addrs[to][i].family)) {
            plan->addrs[plan->addr_cnt].addr = world->addrs[to][i];
            plan->addrs[plan->addr_cnt].udp_port = lower->config.udp_port;
            plan->addr_cnt++;
        }
    }
}

/* With several addresses that are all listed, a dead path must not kill. */
static int lists_all(const struct sim_world *world)
{
    return sim_has(world, SIM_F_MULTI);
}

static struct sim_plan *add_plan(struct sim_world *world, size_t from, size_t to)
{
    struct sim_plan *plan = &world->plans[world->plan_cnt++];
    struct sim_rng *rng = &world->rng;

    memset(plan, 0, sizeof(*plan));
    plan->from = &world->apps[from];
    plan->to = &world->apps[to];
    plan->params = world->params[from];
    plan->port = SERVER_PORT;
    plan->local_port = sim_rng_one_in(rng, 2) ? 0 : (uint16_t)(CLIENT_PORT + world->plan_cnt);
    plan->end = draw_end(world);
    plan->end_dur = sim_rng_log(rng, USCTP_MS(1), USCTP_SEC(3));
    plan->start_ts = world->clock.now_ts + sim_rng_below(rng, USCTP_MS(50));
    plan->max_attempts = world->reg.may_abort ? 3 : 1;
    add_addrs(world, plan, to, sim_rng_one_in(rng, 2));
    if ((lists_all(world) || sim_has(world, SIM_F_NAT_TWICE)) && world->addr_cnt[from] > 1 &&
        (lists_all(world) || sim_rng_one_in(rng, 2))) {
        plan->local_addrs = world->inner[from];
        plan->local_addr_cnt = world->addr_cnt[from];
    }
    draw_traffic(world, &plan->out);
    return plan;
}

static void draw_apps(struct sim_world *world)
{
    struct sim_rng *rng = &world->rng;

    for (size_t host = 0; host < SIM_HOSTS; host++) {
        struct sim_app_config config;

        memset(&config, 0, sizeof(config));
        config.port = host == 1 ? SERVER_PORT : sim_has(world, SIM_F_OPEN_BOTH) ? CLIENT_PORT : 0;
        config.refuse_ppm = sim_has(world, SIM_F_ABORT) && sim_rng_one_in(rng, 3) ? 300000 : 0;
        config.params = &world->params[host];
        if (lists_all(world) && world->addr_cnt[host] > 1) {
            config.addrs = world->inner[host];
            config.addr_cnt = world->addr_cnt[host];
        }
        config.retry_dur = sim_rng_log(rng, USCTP_MS(1), USCTP_SEC(1));
        config.misuse_ppm = 2000;
        config.chatter_ppm = sim_rng_one_in(rng, 4) ? 20000 : 0;
        draw_traffic(world, &config.out);
        sim_app_init(&world->apps[host], &world->reg, &world->hosts[host], &config);
        world->config[host].size = sizeof(world->config[host]);
        world->config[host].params = &world->params[host];
        /* Without that nobody answers for an association that is gone. */
        world->config[host].flags = sim_has(world, SIM_F_RAW) ? USCTP_CONFIG_CLAIM_HOST : 0;
    }
}

/* What each side changes of its addresses where there is authentication (RFC 5061): nothing, in half of the worlds.
 * Where the client's addresses are hidden and not listed it may be told of them, and follow. */
static void draw_address_changes(struct sim_world *world)
{
    int nat = sim_has(world, SIM_F_NAT) || sim_has(world, SIM_F_NAT_TWICE);
    struct sim_rng rng;

    sim_rng_fork(&rng, &world->rng, 0x6173636f);
    if (!world->reg.auth || sim_has(world, SIM_F_NO_ADDRESSES)) {
        return;
    }
    for (size_t host = 0; host < SIM_HOSTS; host++) {
        struct sim_app *app = &world->apps[host];
        int behind_nat = host == 0 && nat;

        if (sim_rng_one_in(&rng, 2) || (world->addr_cnt[host] < 2 && !behind_nat)) {
            continue;
        }
        app->changing = world->inner[host];
        app->changing_cnt = world->addr_cnt[host];
        app->changing_nat = behind_nat;
        app->follows = behind_nat && world->addr_cnt[host] > 1 && sim_rng_one_in(&rng, 2);
        if (app->follows) {
            world->params[host].flags |= USCTP_PARAM_FOLLOW_HOST;
        }
        world->reg.addresses_change = 1;
    }
}

static void draw_open_both(struct sim_world *world)
{
    struct sim_plan *first = add_plan(world, 0, 1), *second = add_plan(world, 1, 0);

    first->simultaneous = second->simultaneous = 1;
    first->local_port = second->port = CLIENT_PORT;
    second->local_port = first->port = SERVER_PORT;
    first->end = second->end = SIM_END_CLOSE_ALL;
    second->start_ts = first->start_ts + sim_rng_below(&world->rng, USCTP_MS(2));
    first->max_attempts = second->max_attempts = 1;
}

static void draw_nobody(struct sim_world *world)
{
    struct sim_plan *plan = add_plan(world, 0, 1);

    plan->to = NULL;
    if (plan->addr_cnt > 0 && sim_rng_one_in(&world->rng, 2)) {
        plan->addrs[0].addr.bytes[3] ^= 0x55; /* no such host */
    } else {
        plan->port = 7; /* no such port */
    }
}

/* Long messages take their time on a thin link: that is no stall. */
static void allow_time(struct sim_world *world)
{
    uint64_t byte_cnt = world->apps[1].config.out.max_len;

    for (size_t i = 0; i < world->plan_cnt; i++) {
        const struct sim_traffic *out = &world->plans[i].out;

        byte_cnt = out->max_len > byte_cnt ? out->max_len : byte_cnt;
    }
    if (world->rate > 0) {
        world->stall_dur += byte_cnt * 8 * 1000 / world->rate * USCTP_MS(10);
    }
    /* Without a limit the windows and the delay decide: some round trips for each window. */
    world->stall_dur += byte_cnt / 500 * USCTP_MS(800);
}

void sim_draw_plans(struct sim_world *world)
{
    size_t cnt = 1;

    draw_apps(world);
    draw_address_changes(world);
    if (sim_has(world, SIM_F_OPEN_BOTH)) {
        draw_open_both(world);
        cnt = 0;
    } else if (sim_has(world, SIM_F_NOBODY)) {
        draw_nobody(world);
    } else if (sim_has(world, SIM_F_CHURN)) {
        cnt = (size_t)sim_rng_range(&world->rng, 5, 40);
    } else if (sim_rng_one_in(&world->rng, 5)) {
        cnt = 2;
    }
    while (cnt-- > 0) {
        struct sim_plan *plan = add_plan(world, 0, 1);

        if (sim_has(world, SIM_F_CHURN)) {
            plan->start_ts += sim_rng_below(&world->rng, USCTP_SEC(2));
        }
    }
    allow_time(world);
}
