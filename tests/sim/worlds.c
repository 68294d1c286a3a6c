/* SPDX-License-Identifier: BSD-3-Clause */
/* Drawing worlds: which features come together, and how likely. */
#include "sim/world.h"

#include <string.h>

const char *sim_feature_name(int feature)
{
    static const char *const names[SIM_F_CNT] = {"several addresses",
                                                 "IPv6",
                                                 "raw IP",
                                                 "no addresses",
                                                 "NAT",
                                                 "two NATs",
                                                 "rebinding",
                                                 "NAT moves",
                                                 "loss",
                                                 "bursts",
                                                 "loss pattern",
                                                 "delay",
                                                 "jitter",
                                                 "reordering",
                                                 "duplication",
                                                 "corruption",
                                                 "forgery",
                                                 "thin link",
                                                 "MTU told",
                                                 "MTU hole",
                                                 "path death",
                                                 "blackout",
                                                 "restart",
                                                 "both open",
                                                 "both close",
                                                 "abort",
                                                 "churn",
                                                 "tiny window",
                                                 "slow reader",
                                                 "large messages",
                                                 "blocking",
                                                 "no memory",
                                                 "spoofing",
                                                 "nobody there",
                                                 "handover"};

    return feature >= 0 && feature < SIM_F_CNT ? names[feature] : "?";
}

static void give(struct sim_world *world, int feature)
{
    world->features |= UINT64_C(1) << feature;
}

static void maybe(struct sim_world *world, int feature, uint32_t percent)
{
    if (sim_rng_chance(&world->rng, percent * 10000)) {
        give(world, feature);
    }
}

/* Who stands where. */
static void draw_shape(struct sim_world *world)
{
    uint64_t dice = sim_rng_below(&world->rng, 100);

    if (dice < 30) {
        give(world, SIM_F_MULTI);
    } else if (dice < 42) {
        give(world, SIM_F_NAT);
    } else if (dice < 50) {
        give(world, SIM_F_NAT_TWICE);
    } else if (dice < 65) {
        give(world, SIM_F_NO_ADDRESSES);
    } else if (dice < 70) {
        give(world, SIM_F_RAW);
    }
    if (!sim_has(world, SIM_F_NO_ADDRESSES)) {
        maybe(world, SIM_F_IPV6, 40);
    }
}

/* What happens. */
static void draw_story(struct sim_world *world)
{
    uint64_t dice = sim_rng_below(&world->rng, 100);
    int nat = sim_has(world, SIM_F_NAT) || sim_has(world, SIM_F_NAT_TWICE);

    if (sim_has(world, SIM_F_NAT_TWICE) && dice < 30) {
        give(world, SIM_F_DEATH);
    } else if (nat && dice < 50) {
        give(world, SIM_F_REBIND);
        maybe(world, SIM_F_MOVE, 40);
    } else if (sim_has(world, SIM_F_MULTI) && dice < 45) {
        give(world, SIM_F_DEATH);
    } else if (dice < 60) {
        /* A quiet one. */
    } else if (dice < 68) {
        give(world, SIM_F_BLACKOUT);
    } else if (dice < 76) {
        give(world, SIM_F_RESTART);
    } else if (dice < 85 && !nat) {
        give(world, SIM_F_OPEN_BOTH);
    } else if (dice < 95) {
        give(world, SIM_F_CHURN);
    } else if (dice < 97) {
        give(world, SIM_F_NOBODY);
    }
    if (!sim_has(world, SIM_F_OPEN_BOTH) && !sim_has(world, SIM_F_REBIND)) {
        maybe(world, SIM_F_ABORT, 12);
    }
    maybe(world, SIM_F_CLOSE_BOTH, 20);
}

/* What the network does to packets. */
static void draw_weather(struct sim_world *world)
{
    uint64_t dice = sim_rng_below(&world->rng, 100);

    if (dice < 25) {
        give(world, SIM_F_LOSS);
    } else if (dice < 35) {
        give(world, SIM_F_BURST);
    } else if (dice < 45) {
        give(world, SIM_F_PATTERN);
    }
    maybe(world, SIM_F_DELAY, 40);
    maybe(world, SIM_F_JITTER, 30);
    maybe(world, SIM_F_REORDER, 25);
    maybe(world, SIM_F_DUPLICATE, 20);
    maybe(world, SIM_F_CORRUPT, 15);
    maybe(world, SIM_F_THIN, 15);
    maybe(world, SIM_F_MTU, 8);
    maybe(world, SIM_F_HOLE, 3);
    maybe(world, SIM_F_FORGE, 6);
    maybe(world, SIM_F_SPOOF, 10);
}

static void draw_moods(struct sim_world *world)
{
    maybe(world, SIM_F_TINY_WINDOW, 12);
    maybe(world, SIM_F_SLOW_READER, 25);
    maybe(world, SIM_F_LARGE, 4);
    maybe(world, SIM_F_BLOCKING, 20);
    maybe(world, SIM_F_NO_MEMORY, 6);
}

/* The draws are made of the seed alone, so that they move nothing else. */
static void draw_probes(struct sim_world *world)
{
    for (size_t host = 0; host < SIM_HOSTS; host++) {
        struct sim_rng rng;

        sim_rng_fork(&rng, &world->rng, 0x706d7475 + host);
        world->probes[host] = !sim_rng_one_in(&rng, 3);
    }
}

/* Likewise. */
static void draw_handover(struct sim_world *world)
{
    struct sim_rng rng;

    sim_rng_fork(&rng, &world->rng, 0x68616e64);
    if (sim_rng_one_in(&rng, 4) && !sim_has(world, SIM_F_NOBODY)) {
        give(world, SIM_F_HANDOVER);
    }
}

/* RFC 8899: who probes finds out of black holes by himself; where much else is lost, perhaps not in time. */
static int survives_holes(const struct sim_world *world)
{
    return world->probes[0] && world->probes[1] && !sim_has(world, SIM_F_MULTI) &&
           !sim_has(world, SIM_F_LOSS) && !sim_has(world, SIM_F_BURST) &&
           !sim_has(world, SIM_F_PATTERN) && !sim_has(world, SIM_F_REBIND) &&
           !sim_has(world, SIM_F_NAT_TWICE);
}

/* In these the network, or memory, may kill an association: LOST is no failure. */
static void draw_mercy(struct sim_world *world)
{
    const int deadly[] = {SIM_F_MOVE, SIM_F_FORGE, SIM_F_RESTART, SIM_F_NOBODY, SIM_F_NO_MEMORY};
    int lethal_hole = sim_has(world, SIM_F_HOLE) && !survives_holes(world);

    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        world->reg.may_lose |= sim_has(world, deadly[i]);
    }
    world->reg.may_lose |= lethal_hole;
    if (sim_has(world, SIM_F_REBIND) &&
        (sim_has(world, SIM_F_CORRUPT) || sim_has(world, SIM_F_LOSS) ||
         sim_has(world, SIM_F_BURST) || sim_has(world, SIM_F_PATTERN))) {
        world->reg.may_lose = 1;
    }
    if (sim_has(world, SIM_F_CHURN) && sim_has(world, SIM_F_THIN)) {
        world->reg.may_lose = 1; /* dozens fight for a short queue */
    }
    if (sim_has(world, SIM_F_MULTI) && sim_has(world, SIM_F_PATTERN)) {
        world->reg.may_lose = 1; /* paths in turn and a pattern can agree */
    }
    if (sim_has(world, SIM_F_NAT) && sim_has(world, SIM_F_SPOOF) && sim_has(world, SIM_F_PATTERN)) {
        world->reg.may_lose =
            1; /* a copied SHUTDOWN leads astray for a while, and a pattern takes the rest */
    }
    if (sim_has(world, SIM_F_MULTI) && sim_has(world, SIM_F_MTU)) {
        world->reg.may_lose = 1; /* each path has to be told, and each time a packet is lost */
    }
    world->reg.blocking = sim_has(world, SIM_F_BLOCKING);
    world->reg.rebinding = sim_has(world, SIM_F_REBIND);
    if (sim_has(world, SIM_F_OPEN_BOTH) && sim_has(world, SIM_F_MULTI)) {
        /* Its INIT may list addresses that its INIT ACK, knowing more, did not: RFC 9260, 5.2.1. */
        world->reg.may_abort = 1;
    }
    world->reg.may_abort |= world->reg.may_lose || sim_has(world, SIM_F_ABORT);
    world->reg.lenient = sim_has(world, SIM_F_FORGE);
    world->watch.lenient = world->reg.lenient;
    world->reg.no_memory = sim_has(world, SIM_F_NO_MEMORY);
    world->give_up = sim_has(world, SIM_F_FORGE) || sim_has(world, SIM_F_NO_MEMORY) || lethal_hole;
}

void sim_world_draw(struct sim_world *world)
{
    draw_shape(world);
    draw_story(world);
    draw_weather(world);
    draw_moods(world);
    draw_probes(world);
    draw_handover(world);
    draw_mercy(world);
    sim_draw_params(world);
    sim_draw_hosts(world);
    sim_draw_links(world);
    sim_draw_plans(world);
    sim_draw_incidents(world);
}
