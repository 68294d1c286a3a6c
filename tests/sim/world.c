/* SPDX-License-Identifier: BSD-3-Clause */
/* Running worlds: from the first plan to the last association, and what must hold in the end. */
#include "sim/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"

enum { RUN_MAX = 5000000, LOOK_EVERY = 32 };

void sim_world_boot(struct sim_world *world, size_t host)
{
    struct sim_app *app = &world->apps[host];
    struct test_memory *memory = &world->hosts[host].memory;
    uint64_t fail_every = memory->fail_every;

    memory->fail_every = 0; /* a host that cannot even start is no world */
    if (world->hosts[host].stack == NULL &&
        sim_host_start(&world->hosts[host], &world->config[host]) == 0) {
        sim_addresses_boot(app);
        if (app->config.port != 0) {
            sim_app_listen(app);
        }
    }
    memory->fail_every = fail_every;
}

/* From here on each n-th allocation of one host fails. */
static void starve(struct sim_world *world)
{
    if (sim_has(world, SIM_F_NO_MEMORY)) {
        world->hosts[sim_rng_below(&world->rng, 2)].memory.fail_every =
            sim_rng_log(&world->rng, 3, 200);
    }
}

static struct sim_world *world_new(uint64_t seed, int verbose, int long_way)
{
    struct sim_world *world = sim_zalloc(sizeof(*world));

    world->seed = seed;
    world->verbose = verbose;
    world->long_way = long_way;
    sim_rng_init(&world->rng, seed);
    sim_clock_init(&world->clock, USCTP_SEC(1));
    sim_fail_context(seed, &world->clock.now_ts);
    sim_net_init(&world->net, &world->clock, &world->rng);
    world->net.trace = sim_trace_packet;
    world->net.trace_ctx = world;
    sim_watch_init(&world->watch);
    sim_register_init(&world->reg, &world->clock, sim_mix(seed, 1));
    sim_world_draw(world);
    for (size_t i = 0; i < SIM_HOSTS; i++) {
        sim_world_boot(world, i);
    }
    for (size_t i = 0; i < world->plan_cnt; i++) {
        sim_plan_start(&world->plans[i]);
    }
    starve(world);
    world->reg.progress_ts = world->clock.now_ts;
    return world;
}

static void world_free(struct sim_world *world)
{
    sim_register_free(&world->reg);
    for (size_t i = 0; i < SIM_HOSTS; i++) {
        sim_host_free(&world->hosts[i]);
    }
    sim_watch_free(&world->watch);
    sim_net_free(&world->net);
    sim_clock_free(&world->clock);
    sim_fail_context(0, NULL);
    free(world);
}

static int plans_finished(const struct sim_world *world)
{
    for (size_t i = 0; i < world->plan_cnt; i++) {
        if (!world->plans[i].finished) {
            return 0;
        }
    }
    return 1;
}

static int conns_ended(const struct sim_world *world)
{
    for (const struct sim_conn *conn = world->reg.conns; conn != NULL; conn = conn->next) {
        if (!sim_conn_ended(conn)) {
            return 0;
        }
    }
    return 1;
}

static void describe_stall(const struct sim_world *world)
{
    for (size_t i = 0; i < world->plan_cnt; i++) {
        const struct sim_plan *plan = &world->plans[i];

        if (!plan->finished) {
            fprintf(stderr, "  plan %zu: attempt %u of %u, end %d, %s\n", i,
                    (unsigned)plan->attempt_cnt, (unsigned)plan->max_attempts, plan->end,
                    plan->conn == NULL ? "waiting" : "under way");
        }
    }
    for (const struct sim_conn *conn = world->reg.conns; conn != NULL; conn = conn->next) {
        if (!sim_conn_ended(conn)) {
            sim_conn_describe(conn);
        }
    }
}

/* Nothing moves any more, or not fast enough. */
static int stalled(const struct sim_world *world)
{
    uint64_t since_ts = world->reg.progress_ts > world->last_incident_ts ? world->reg.progress_ts
                                                                         : world->last_incident_ts;

    return world->clock.now_ts > since_ts + world->stall_dur;
}

/* Who has nothing to send and no heartbeats never learns that the other side is gone: that is up to
 * the application. Returns how many there were. */
static unsigned drop_half_open(struct sim_world *world)
{
    unsigned cnt = 0;

    for (struct sim_conn *conn = world->reg.conns; conn != NULL && world->reg.may_lose;
         conn = conn->next) {
        struct sim_conn *peer = sim_conn_peer(conn);

        if (!sim_conn_ended(conn) && conn->was_up && (peer == NULL || sim_conn_ended(peer))) {
            sim_conn_drop(conn);
            cnt++;
        }
    }
    return cnt;
}

/* Runs until `done` holds. Returns 0 if it does not come to that in a world that is given up. */
static int run_until(struct sim_world *world, int (*done)(const struct sim_world *world))
{
    uint64_t steps = 0;

    while (!done(world)) {
        for (unsigned i = 0; i < LOOK_EVERY; i++, steps++) {
            if (!sim_clock_step(&world->clock, world->limit_ts)) {
                sim_clock_run(&world->clock, world->limit_ts);
                break;
            }
            if (world->clock.timer_cnt < LOOK_EVERY && done(world)) {
                return 1;
            }
        }
        if (done(world)) {
            break;
        }
        if (steps > RUN_MAX) {
            sim_fail("no end after %d timers", RUN_MAX);
        }
        if (world->clock.timer_cnt == 0) {
            if (world->give_up) {
                return 0;
            }
            describe_stall(world);
            sim_fail("nothing is due any more, but not all is done");
        }
        if (stalled(world) && drop_half_open(world)) {
            world->reg.progress_ts = world->clock.now_ts;
        } else if (stalled(world)) {
            if (world->give_up) {
                return 0;
            }
            describe_stall(world);
            sim_fail("no progress for %" PRIu64 " s", world->stall_dur / USCTP_SEC(1));
        }
    }
    return 1;
}

static int ended_or_late(const struct sim_world *world)
{
    return conns_ended(world) || world->clock.timer_cnt == 0 ||
           world->clock.now_ts >= world->limit_ts;
}

/* The other side said goodbye, and this one must have noticed. */
static int must_have_ended(struct sim_conn *conn)
{
    struct sim_conn *peer = sim_conn_peer(conn);

    return !conn->app->reg->may_lose && !conn->ghost && conn->was_up && peer != NULL &&
           peer->phase == SIM_CONN_CLOSED && !peer->lost;
}

static void drop_rest(struct sim_world *world)
{
    for (struct sim_conn *conn = world->reg.conns; conn != NULL; conn = conn->next) {
        if (!sim_conn_ended(conn)) {
            if (!world->give_up && must_have_ended(conn)) {
                sim_fail("%s: an association is left though its peer closed it",
                         conn->app->host->config.name);
            }
            sim_conn_drop(conn);
        }
    }
}

/* A graceful end means that all that was accepted was delivered. */
static void check_conn(struct sim_conn *conn)
{
    struct sim_conn *peer = sim_conn_peer(conn);

    if (conn->phase != SIM_CONN_CLOSED || conn->lost || conn->restarted || conn->ghost ||
        peer == NULL || peer->phase == SIM_CONN_GONE || peer->aborted || peer->restarted) {
        return;
    }
    if (!sim_ledger_complete(conn->out, peer->second_life)) {
        sim_fail("%s closed in order, but only %u of its %u messages were delivered",
                 conn->app->host->config.name, (unsigned)conn->out->delivered_cnt,
                 (unsigned)conn->out->message_cnt);
    }
}

static void check_end(struct sim_world *world)
{
    for (struct sim_conn *conn = world->reg.conns; conn != NULL; conn = conn->next) {
        if (!world->reg.lenient) {
            check_conn(conn);
        }
    }
    for (size_t i = 0; i < world->plan_cnt && !world->reg.may_abort; i++) {
        if (!world->plans[i].reached && !world->plans[i].excused) {
            sim_fail("plan %zu was not reached", i);
        }
    }
}

/* With no association left, a stack owes nobody anything. */
static void check_stack(const struct sim_host *host)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    if (host->stack != NULL) {
        SIM_EXPECT(usctp_stack_stats(host->stack, &stats) == 0);
        SIM_EXPECT(stats.curr_assocs == 0 && stats.curr_estab == 0);
        SIM_EXPECT(stats.in_sctp_packs == host->stack_input_cnt);
    }
}

static void switch_off(struct sim_world *world)
{
    for (size_t i = 0; i < world->incident_cnt; i++) {
        sim_clock_cancel(&world->clock, &world->incidents[i].timer);
    }
    for (size_t i = 0; i < SIM_HOSTS; i++) {
        check_stack(&world->hosts[i]);
    }
    for (size_t i = 0; i < SIM_HOSTS; i++) {
        sim_app_gone(&world->apps[i]);
        sim_host_stop(&world->hosts[i], 0);
        sim_clock_run(&world->clock, world->clock.now_ts + USCTP_MS(200));
    }
}

/* Packets that went in somewhere and did not come out. */
static uint64_t dropped_cnt(const struct sim_net *net)
{
    uint64_t cnt = net->nowhere_cnt;

    for (const struct sim_nic *nic = net->nics; nic != NULL; nic = nic->next) {
        const struct sim_link_stats *stats[2] = {&nic->up.stats, &nic->down.stats};

        for (size_t i = 0; i < 2; i++) {
            cnt += stats[i]->lost_cnt + stats[i]->down_cnt + stats[i]->overflow_cnt +
                   stats[i]->too_big_cnt;
        }
    }
    return cnt;
}

/* What the world really has. */
static uint8_t combination_of(const struct sim_world *world, size_t host)
{
    const struct usctp_params *params = &world->params[host];
    const struct sim_host_config *config = &world->hosts[host].config;
    uint32_t number = params->congestion_control;

    number = 2 * number + ((params->flags & USCTP_PARAM_NO_RACK) != 0);
    number = 2 * number + (config->batch_dur > 0);
    number = 2 * number + (config->offload_ppm > 0);
    return (uint8_t)number;
}

static void sum_up_extensions(const struct sim_world *world, struct sim_world_result *result)
{
    uint64_t *used_cnt = result->extensions.used_cnt;

    result->extensions = world->reg.extensions;
    used_cnt[SIM_EXT_INTERLEAVING] = world->watch.i_data_cnt;
    used_cnt[SIM_EXT_RECONFIG] = result->reset_cnt + result->assoc_reset_cnt + result->add_cnt;
    used_cnt[SIM_EXT_AUTH] = world->watch.auth_cnt;
    used_cnt[SIM_EXT_ZERO_CHECKSUM] = world->watch.bare_cnt;
}

static void sum_up(struct sim_world *world, struct sim_world_result *result)
{
    const struct sim_register *reg = &world->reg;

    memset(result, 0, sizeof(*result));
    result->seed = world->seed;
    for (size_t host = 0; host < SIM_HOSTS; host++) {
        result->combination[host] = combination_of(world, host);
    }
    result->features = world->features;
    result->end_ts = world->clock.now_ts - USCTP_SEC(1);
    result->packet_cnt = world->net.sent_cnt;
    result->event_cnt = world->hosts[0].event_cnt + world->hosts[1].event_cnt;
    result->message_cnt = reg->message_cnt;
    result->byte_cnt = reg->byte_cnt;
    result->up_cnt = reg->up_cnt;
    result->lost_cnt = reg->lost_cnt;
    result->restarted_cnt = reg->restarted_cnt;
    result->plan_cnt = world->plan_cnt;
    for (size_t i = 0; i < world->plan_cnt; i++) {
        result->reached_cnt += (uint64_t)world->plans[i].reached;
    }
    result->dropped_cnt = dropped_cnt(&world->net);
    result->blocked_cnt = reg->blocked_cnt;
    result->kept_cnt = reg->kept_cnt;
    result->deferred_cnt = reg->deferred_cnt;
    result->failed_cnt = reg->failed_cnt;
    result->expired_cnt = reg->expired_cnt;
    result->adopted_cnt = reg->adopted_cnt;
    result->reset_cnt = reg->reset_cnts[USCTP_RECONF_DONE];
    result->assoc_reset_cnt = reg->assoc_reset_cnts[USCTP_RECONF_DONE];
    result->handover_cnt = reg->handover_cnt;
    result->add_cnt = reg->add_cnts[USCTP_RECONF_DONE];
    for (int i = USCTP_RECONF_NOTHING; i <= USCTP_RECONF_FAILED; i++) {
        result->refused_reset_cnt +=
            reg->reset_cnts[i] + reg->assoc_reset_cnts[i] + reg->add_cnts[i];
    }
    sum_up_extensions(world, result);
    result->hash = sim_mix(world->net.hash, reg->message_cnt);
    result->hash = sim_mix(result->hash, result->event_cnt);
    result->hash = sim_mix(result->hash, result->end_ts);
}

static void print_features(const struct sim_world *world)
{
    if (!world->verbose) {
        return;
    }
    printf("seed %" PRIu64 ":", world->seed);
    for (int i = 0; i < SIM_F_CNT; i++) {
        if (sim_has(world, i)) {
            printf(" %s,", sim_feature_name(i));
        }
    }
    printf(" %zu plans\n", world->plan_cnt);
}

void sim_world_run(uint64_t seed, int verbose, int long_way, struct sim_world_result *result)
{
    struct sim_world *world = world_new(seed, verbose, long_way);

    print_features(world);
    world->limit_ts = UINT64_MAX / 2;
    (void)run_until(world, plans_finished);
    world->limit_ts = world->clock.now_ts + world->stall_dur;
    world->reg.progress_ts = world->limit_ts;
    (void)run_until(world, ended_or_late);
    drop_rest(world);
    check_end(world);
    switch_off(world);
    sum_up(world, result);
    world_free(world);
}
