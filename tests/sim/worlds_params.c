/* SPDX-License-Identifier: BSD-3-Clause */
/* Drawing worlds: parameters of associations, and what follows from them. */
#include "sim/world.h"

#include <string.h>

#include "sim/fail.h"

/* Timers: as RFC 9260 recommends, or quicker. */
static void draw_timers(struct sim_rng *rng, struct usctp_params *params)
{
    if (sim_rng_one_in(rng, 6)) {
        return;
    }
    params->rto_min_dur = sim_rng_log(rng, USCTP_MS(50), USCTP_SEC(1));
    params->rto_initial_dur = sim_rng_range(rng, params->rto_min_dur, USCTP_SEC(1));
    params->rto_max_dur = sim_rng_range(rng, USCTP_SEC(1), USCTP_SEC(6));
    params->init_rto_max_dur = params->rto_max_dur;
    params->hb_interval_dur = sim_rng_log(rng, USCTP_MS(500), USCTP_SEC(30));
    params->sack_delay_dur = sim_rng_range(rng, 0, USCTP_MS(500));
}

static void draw_sizes(struct sim_rng *rng, struct usctp_params *params, int tiny)
{
    if (sim_rng_one_in(rng, 2)) {
        params->max_packet = (uint32_t)sim_rng_range(rng, 128, 375) * 4;
    } else if (sim_rng_one_in(rng, 6)) {
        params->max_packet = (uint32_t)sim_rng_range(rng, 375, 2250) * 4;
    }
    if (tiny) {
        params->receive_window = (uint32_t)sim_rng_range(rng, 1500, 6000);
    } else if (sim_rng_one_in(rng, 3)) {
        params->receive_window = (uint32_t)sim_rng_log(rng, 8000, 1000000);
    }
    if (sim_rng_one_in(rng, 4)) {
        params->receive_memory = params->receive_window * 2;
    }
    if (sim_rng_one_in(rng, 2)) {
        params->send_buffer = (uint32_t)sim_rng_log(rng, tiny ? 500 : 4000, 500000);
    }
    if (sim_rng_one_in(rng, 5)) {
        params->partial_delivery_point = (uint32_t)sim_rng_log(rng, 1, 100000);
    }
    if (sim_rng_one_in(rng, 8)) {
        params->max_segment = (uint32_t)sim_rng_range(rng, 17, 128) * 4;
    }
}

static void draw_habits(struct sim_rng *rng, struct usctp_params *params)
{
    static const uint32_t bursts[] = {0, 1, 4, 4, 10, 64};

    if (sim_rng_one_in(rng, 2)) {
        params->shutdown_guard_dur = USCTP_SEC(3600);
    }
    params->max_burst = bursts[sim_rng_below(rng, 6)];
    params->sack_every = (uint32_t)sim_rng_range(rng, 1, 3);
    params->path_max_retrans = (uint32_t)sim_rng_range(rng, 1, 5);
    params->hb_max_burst = (uint32_t)sim_rng_range(rng, 1, 3);
    if (sim_rng_one_in(rng, 4)) {
        params->flags |= USCTP_PARAM_NAGLE;
    }
    if (sim_rng_one_in(rng, 4)) {
        params->flags |= USCTP_PARAM_SACK_IMMEDIATELY;
    }
    if (sim_rng_one_in(rng, 2)) {
        params->flags |= USCTP_PARAM_DRY_EVENTS;
    }
    if (sim_rng_one_in(rng, 8)) {
        params->flags |= USCTP_PARAM_NO_ADDRESS_TYPES;
    }
}

uint32_t sim_combination(const struct sim_world *world, size_t host)
{
    struct sim_rng rng;

    if (host == 0) {
        return (uint32_t)(world->seed % SIM_COMBINATIONS);
    }
    sim_rng_init(&rng, sim_mix(world->seed, 0x636f6d62));
    return (uint32_t)sim_rng_below(&rng, SIM_COMBINATIONS);
}

/* Congestion control, recovery, pacing, and whether buffers tune themselves. The draws are made of the seed
 * alone, so that they move nothing else. */
static void draw_control(const struct sim_world *world, size_t host, struct usctp_params *params)
{
    struct sim_rng rng;

    sim_rng_fork(&rng, &world->rng, 0x6363 + host);
    params->congestion_control = sim_combination(world, host) / 8;
    if (sim_combination(world, host) / 4 % 2 != 0) {
        params->flags |= USCTP_PARAM_NO_RACK;
    }
    if (sim_rng_one_in(&rng, 2)) {
        params->flags |= USCTP_PARAM_PACING;
    }
    if (sim_rng_one_in(&rng, 2)) {
        params->receive_window_max = params->receive_window; /* they stay as they are */
        params->send_buffer_max = params->send_buffer;
    } else {
        params->receive_window_max = 4 * params->receive_window;
        params->send_buffer_max = 4 * params->send_buffer;
    }
}

/* Extensions: mostly all, or any, or none. Schedulers: the default one half of the time, or any. */
static void draw_extensions(const struct sim_world *world, size_t host, struct usctp_params *params)
{
    struct sim_rng rng;

    sim_rng_fork(&rng, &world->rng, 0x736368 + host);
    if (sim_rng_one_in(&rng, 2)) {
        params->scheduler = (uint32_t)sim_rng_range(&rng, 0, USCTP_SCHED_WEIGHTED);
    }
    sim_rng_fork(&rng, &world->rng, 0x657874 + host);
    if (sim_rng_one_in(&rng, 4)) {
        params->extensions &= (uint32_t)sim_rng_u64(&rng);
    }
    params->reconf_allow = sim_rng_one_in(&rng, 4) ? (uint32_t)sim_rng_below(&rng, 8) : 7;
    /* Authentication: on both sides with keys, or offered by one that demands nothing. */
    if (world->reg.auth || sim_rng_one_in(&rng, 8)) {
        params->extensions |= USCTP_EXT_AUTH;
    }
    if (world->reg.auth) {
        params->extensions |= USCTP_EXT_ASCONF;
    }
}

/* Paths that may have failed (RFC 7829): half of the worlds, with any thresholds that fit. */
static void draw_thresholds(const struct sim_world *world, size_t host, struct usctp_params *params)
{
    struct sim_rng rng;

    sim_rng_fork(&rng, &world->rng, 0x7066 + host);
    if (sim_rng_one_in(&rng, 2)) {
        params->pf_max_retrans = (uint32_t)sim_rng_below(&rng, 3);
        params->flags |= sim_rng_one_in(&rng, 2) ? USCTP_PARAM_EXPOSE_PF : 0;
    }
    if (sim_rng_one_in(&rng, 4)) {
        params->switchover_max_retrans = params->pf_max_retrans != USCTP_RETRANS_OFF
                                             ? params->pf_max_retrans
                                             : params->path_max_retrans;
        params->switchover_max_retrans += (uint32_t)sim_rng_below(&rng, 3);
    }
}

/* What it searches for */
static void draw_search(const struct sim_world *world, size_t host, struct usctp_params *params)
{
    struct sim_rng rng;

    sim_rng_fork(&rng, &world->rng, 0x70726f62 + host);
    params->probe_interval_dur = sim_rng_log(&rng, USCTP_SEC(1), USCTP_SEC(16));
    params->search_max_packet = (uint32_t)sim_rng_range(&rng, 128, 600) * 4;
}

static uint32_t window_cap(const struct usctp_params *params)
{
    return params->receive_window_max > params->receive_window ? params->receive_window_max
                                                               : params->receive_window;
}

/* The least time that silence takes to kill an association or its set-up. With many paths none of
 * them backs off. */
static uint64_t die_dur(const struct sim_world *world, const struct usctp_params *params)
{
    int many = sim_has(world, SIM_F_MULTI) || sim_has(world, SIM_F_NAT_TWICE);
    uint64_t rto_dur = params->rto_min_dur, init_dur = params->rto_initial_dur;
    uint64_t data_sum = 0, init_sum = 0;

    /* RFC 6525, 5.1.1: T3-rtx counts, and the timer of a request beside it. */
    for (uint32_t i = 0; i <= params->assoc_max_retrans / 2; i++) {
        data_sum += rto_dur;
        if (!many) {
            rto_dur = rto_dur * 2 > params->rto_max_dur ? params->rto_max_dur : rto_dur * 2;
        }
    }
    for (uint32_t i = 0; i <= params->max_init_retrans; i++) {
        init_sum += init_dur;
        init_dur =
            init_dur * 2 > params->init_rto_max_dur ? params->init_rto_max_dur : init_dur * 2;
    }
    return data_sum < init_sum ? data_sum : init_sum;
}

void sim_draw_params(struct sim_world *world)
{
    struct sim_rng *rng = &world->rng;
    struct sim_rng auth;
    uint64_t rto_max_dur = 0;

    sim_rng_fork(&auth, rng, 0x61757468);
    world->reg.auth = sim_rng_one_in(&auth, 3);
    for (size_t host = 0; host < SIM_HOSTS; host++) {
        struct usctp_params *params = &world->params[host];
        int tiny = sim_has(world, SIM_F_TINY_WINDOW) && (host == 1 || sim_rng_one_in(rng, 2));

        SIM_EXPECT(usctp_params_init(params, USCTP_PRESET_PLAIN) == 0);
        draw_timers(rng, params);
        draw_sizes(rng, params, tiny);
        draw_habits(rng, params);
        draw_control(world, host, params);
        draw_extensions(world, host, params);
        if (world->reg.auth && sim_has(world, SIM_F_NAT_TWICE) && sim_rng_one_in(&auth, 2)) {
            params->flags |= USCTP_PARAM_NO_ADDRESS_LIST | USCTP_PARAM_ADD_ADDRESSES;
        }
        if (sim_has(world, SIM_F_REBIND)) {
            /* The client has to speak before the server gives up. */
            params->hb_interval_dur = sim_rng_log(rng, USCTP_MS(300), USCTP_SEC(2));
            params->rto_max_dur = USCTP_SEC(3);
            /* What is sent again tells nothing new: it is a heartbeat that makes the new port known,
             * and these begin when the path is given up. */
            params->path_max_retrans = (uint32_t)sim_rng_range(rng, 1, 2);
        } else if (!sim_has(world, SIM_F_DEATH) && sim_rng_one_in(rng, 8)) {
            params->flags |= USCTP_PARAM_NO_HEARTBEAT;
        }
        draw_thresholds(world, host, params);
        draw_search(world, host, params);
        if (world->watch.max_window < window_cap(params)) {
            world->watch.max_window = window_cap(params);
        }
        if (rto_max_dur < params->rto_max_dur) {
            rto_max_dur = params->rto_max_dur;
        }
        if (world->die_dur == 0 || die_dur(world, params) < world->die_dur) {
            world->die_dur = die_dur(world, params);
        }
    }
    world->reg.die_dur = world->die_dur;
    world->stall_dur = 25 * rto_max_dur + USCTP_SEC(20);
    /* Rarely many streams; both sides must allow what the other wants to use. */
    for (size_t host = 0; host < SIM_HOSTS; host++) {
        world->params[host].out_streams =
            (uint16_t)(sim_rng_one_in(rng, 4) ? sim_rng_log(rng, 1, 2000) : 10);
        world->params[host].max_in_streams = sim_rng_one_in(rng, 4) ? 2000 : 65535;
    }
}
