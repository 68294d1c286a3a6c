/* SPDX-License-Identifier: BSD-3-Clause */
/* Drawing worlds: what happens in them, and making it happen. */
#include "sim/world.h"

#include <inttypes.h>
#include <stdio.h>

#include "sim/fail.h"

enum { HAND_OVER_TRIES = 100 };

static void crash(struct sim_world *world, size_t host)
{
    sim_app_gone(&world->apps[host]);
    sim_host_stop(&world->hosts[host], 1);
}

static void path_changed(void *ctx, usctp_assoc *assoc)
{
    struct sim_world *world = ctx;
    usctp_path_id ids[16];
    size_t cnt = usctp_assoc_paths(assoc, ids, 16);

    if (cnt > 0 && usctp_assoc_state(assoc) != USCTP_STATE_CLOSED) {
        cnt = cnt > 16 ? 16 : cnt;
        SIM_EXPECT(usctp_path_changed(assoc, ids[sim_rng_below(&world->rng, cnt)]) == 0);
    }
    SIM_EXPECT(usctp_path_changed(assoc, UINT32_MAX) == USCTP_ENOENT);
}

static void all_changed(struct sim_world *world, struct sim_host *host)
{
    if (host->stack != NULL) {
        sim_host_enter(host);
        sim_host_forget_told(host);
        usctp_stack_each_assoc(host->stack, path_changed, world);
        sim_host_leave(host);
    }
}

static struct usctp_addr new_outside(struct sim_world *world, const struct sim_nic *nic)
{
    struct usctp_addr addr = nic->nat->config.outside;

    addr.bytes[addr.family == USCTP_AF_IPV4 ? 3 : 15] ^= 0x80;
    (void)world;
    return addr;
}

static int try_hand_over(struct sim_world *world, size_t host)
{
    int done = sim_app_hand_over(&world->apps[host], &world->config[host]);

    if (done) {
        sim_trace_text(world, host == 0 ? "client handed over" : "server handed over");
    }
    return done;
}

/* From now on each time that the host was entered is looked whether all is quiet; after a while that is given up. */
static void hand_over(struct sim_world *world, struct sim_incident *incident)
{
    struct sim_app *app = &world->apps[incident->host];

    if (incident->try_cnt == 0) {
        app->moving = world->hosts[incident->host].stack != NULL;
    }
    if (!app->moving || try_hand_over(world, incident->host)) {
        return;
    }
    if (++incident->try_cnt < HAND_OVER_TRIES) {
        sim_clock_set(&world->clock, &incident->timer, world->clock.now_ts + USCTP_MS(50));
    } else {
        sim_app_stay(app);
    }
}

static void host_left(void *ctx, struct sim_host *host)
{
    struct sim_world *world = ctx;

    (void)try_hand_over(world, (size_t)(host - world->hosts));
}

static void incident_due(void *ctx, struct sim_timer *timer)
{
    static const char *const names[] = {"down",   "up",           "cut",      "join",
                                        "rebind", "move",         "crash",    "boot",
                                        "shrink", "path changed", "hand over"};
    struct sim_incident *incident = ctx;
    struct sim_world *world = incident->world;
    struct usctp_addr addr;
    char text[64];

    (void)timer;
    snprintf(text, sizeof(text), "%s %s", world->hosts[incident->host].config.name,
             names[incident->kind]);
    sim_trace_text(world, text);
    switch (incident->kind) {
    case SIM_DOWN:
    case SIM_UP:
        sim_nic_set_down(incident->nic, incident->kind == SIM_DOWN);
        break;
    case SIM_CUT:
    case SIM_JOIN:
        sim_net_cut(&world->net, sim_nic_outside(incident->nic), &world->addrs[1][0],
                    incident->kind == SIM_CUT);
        break;
    case SIM_REBIND_NAT:
        sim_nat_rebind(incident->nic->nat);
        break;
    case SIM_MOVE_NAT:
        addr = new_outside(world, incident->nic);
        sim_nat_move(incident->nic->nat, &addr);
        break;
    case SIM_CRASH:
        crash(world, incident->host);
        break;
    case SIM_BOOT:
        sim_world_boot(world, incident->host);
        break;
    case SIM_SHRINK:
        incident->nic->up.config.mtu = incident->mtu;
        break;
    case SIM_HAND_OVER:
        hand_over(world, incident);
        break;
    default:
        all_changed(world, &world->hosts[incident->host]);
        break;
    }
}

void sim_world_happens(struct sim_world *world, uint64_t ts, int kind, size_t host,
                       struct sim_nic *nic, uint32_t mtu)
{
    struct sim_incident *incident = &world->incidents[world->incident_cnt];

    SIM_EXPECT(world->incident_cnt < SIM_INCIDENTS);
    world->incident_cnt++;
    incident->timer.fn = incident_due;
    incident->timer.ctx = incident;
    incident->world = world;
    incident->kind = kind;
    incident->host = host;
    incident->nic = nic;
    incident->mtu = mtu;
    sim_clock_set(&world->clock, &incident->timer, ts);
    if (ts > world->last_incident_ts) {
        world->last_incident_ts = ts;
    }
}

static struct sim_nic *some_nic(struct sim_world *world, size_t host)
{
    struct sim_lower *lower = &world->hosts[host].lowers[0];

    return lower->nics[sim_rng_below(&world->rng, lower->nic_cnt)];
}

/* One path at a time dies. Where others stand and have had time to be confirmed, nothing is lost. */
static void draw_death(struct sim_world *world)
{
    struct sim_rng *rng = &world->rng;
    uint64_t ts = world->clock.now_ts + sim_rng_range(rng, USCTP_MS(10), USCTP_SEC(6));
    uint64_t cnt = sim_rng_range(rng, 1, 3);

    while (cnt-- > 0) {
        size_t host = sim_rng_below(rng, 2);
        uint64_t dur = sim_rng_log(rng, USCTP_MS(50), USCTP_SEC(30));

        if (world->addr_cnt[host] < 2) {
            host = !host; /* one of them has two or more */
        }
        sim_world_happens(world, ts, SIM_DOWN, host, some_nic(world, host), 0);
        sim_world_happens(world, ts + dur, SIM_UP, host,
                          world->incidents[world->incident_cnt - 1].nic, 0);
        ts += dur + sim_rng_log(rng, USCTP_MS(100), USCTP_SEC(10));
    }
    /* A path may die before the others are confirmed, or together with unlucky losses. */
    world->reg.may_lose = 1;
    world->reg.may_abort = 1;
}

/* All is dark: for so short a time that nothing may be lost, or so long that all may. */
static void draw_blackout(struct sim_world *world)
{
    struct sim_rng *rng = &world->rng;
    uint64_t ts = world->clock.now_ts + sim_rng_log(rng, USCTP_MS(1), USCTP_SEC(5));
    uint64_t dur = sim_rng_log(rng, USCTP_MS(10), world->die_dur / 4);
    int one_way = sim_rng_one_in(rng, 3) && world->addr_cnt[0] == 1 && world->addr_cnt[1] == 1;

    if (sim_rng_one_in(rng, 4)) {
        dur = world->die_dur * 2;
        world->reg.may_lose = 1;
        world->reg.may_abort = 1;
    }
    for (size_t i = 0; i < world->addr_cnt[1]; i++) {
        struct sim_nic *nic =
            one_way ? world->hosts[0].lowers[0].nics[0] : world->hosts[1].lowers[0].nics[i];

        sim_world_happens(world, ts, one_way ? SIM_CUT : SIM_DOWN, !one_way, nic, 0);
        sim_world_happens(world, ts + dur, one_way ? SIM_JOIN : SIM_UP, !one_way, nic, 0);
    }
    world->stall_dur += dur;
}

static void draw_rebind(struct sim_world *world)
{
    struct sim_rng *rng = &world->rng;
    uint64_t ts = world->clock.now_ts, cnt = sim_rng_range(rng, 1, 4);

    while (cnt-- > 0) {
        ts += sim_rng_log(rng, USCTP_MS(5), USCTP_SEC(4));
        sim_world_happens(world, ts, SIM_REBIND_NAT, 0, some_nic(world, 0), 0);
    }
    if (sim_has(world, SIM_F_MOVE)) {
        sim_world_happens(world, ts + USCTP_MS(100), SIM_MOVE_NAT, 0, some_nic(world, 0), 0);
    }
}

static void draw_restart(struct sim_world *world)
{
    struct sim_rng *rng = &world->rng;
    uint64_t ts = world->clock.now_ts, cnt = sim_rng_range(rng, 1, 2);

    while (cnt-- > 0) {
        size_t host = (size_t)sim_rng_below(rng, 2);
        uint64_t dur = sim_rng_log(rng, USCTP_MS(1), USCTP_SEC(10));

        ts += sim_rng_log(rng, USCTP_MS(10), USCTP_SEC(5));
        sim_world_happens(world, ts, SIM_CRASH, host, NULL, 0);
        ts += dur;
        sim_world_happens(world, ts, SIM_BOOT, host, NULL, 0);
    }
}

/* The draws are made of the seed alone, so that they move nothing else. */
static void draw_handovers(struct sim_world *world)
{
    struct sim_rng rng;
    static const uint8_t secrets[SIM_HOSTS][32] = {"what all stacks of the client",
                                                   "or server share"};
    uint64_t ts = world->clock.now_ts, cnt;
    int shared;

    sim_rng_fork(&rng, &world->rng, 0x6f766572);
    /* Without that the next stack cannot read cookies: associations that are being set up get lost. */
    shared = sim_rng_one_in(&rng, 2) || world->plan_cnt > 1 || world->reg.may_abort;
    cnt = sim_rng_range(&rng, 1, 6);
    while (cnt-- > 0) {
        ts += sim_rng_log(&rng, USCTP_MS(5), USCTP_SEC(6));
        sim_world_happens(world, ts, SIM_HAND_OVER, (size_t)sim_rng_below(&rng, 2), NULL, 0);
    }
    for (size_t host = 0; host < SIM_HOSTS; host++) {
        world->config[host].cookie_secret = shared ? secrets[host] : NULL;
        world->config[host].cookie_secret_len = shared ? sizeof(secrets[host]) : 0;
        world->hosts[host].after = host_left;
        world->hosts[host].after_ctx = world;
    }
}

void sim_draw_incidents(struct sim_world *world)
{
    struct sim_rng *rng = &world->rng;

    if (sim_has(world, SIM_F_DEATH)) {
        draw_death(world);
    }
    if (sim_has(world, SIM_F_BLACKOUT)) {
        draw_blackout(world);
    }
    if (sim_has(world, SIM_F_REBIND)) {
        draw_rebind(world);
    }
    if (sim_has(world, SIM_F_RESTART)) {
        draw_restart(world);
    }
    if (sim_has(world, SIM_F_MTU) && sim_rng_one_in(rng, 2)) {
        sim_world_happens(world, world->clock.now_ts + sim_rng_log(rng, USCTP_MS(5), USCTP_SEC(2)),
                          SIM_SHRINK, 0, some_nic(world, 0), sim_draw_mtu(world, 250));
    }
    if (sim_rng_one_in(rng, 10)) {
        sim_world_happens(world, world->clock.now_ts + sim_rng_log(rng, USCTP_MS(5), USCTP_SEC(2)),
                          SIM_CHANGED, (size_t)sim_rng_below(rng, 2), NULL, 0);
    }
    if (sim_has(world, SIM_F_HANDOVER)) {
        draw_handovers(world);
    }
}
