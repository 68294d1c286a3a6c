/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A world: hosts, network, applications and incidents, all drawn from one seed; then it runs until
 * every plan is finished, and is held to what it promised.
 */
#ifndef USCTP_SIM_WORLD_H
#define USCTP_SIM_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "sim/app.h"
#include "sim/clock.h"
#include "sim/host.h"
#include "sim/net.h"
#include "sim/watch.h"

/* What a world has; bits of sim_world.features. The names are in worlds.c. */
enum sim_feature {
    SIM_F_MULTI, /* several addresses a host */
    SIM_F_IPV6,
    SIM_F_RAW,          /* raw IP */
    SIM_F_NO_ADDRESSES, /* a lower layer without addresses */
    SIM_F_NAT,          /* the client is behind a NAT box */
    SIM_F_NAT_TWICE,    /* two interfaces, each behind its own, against one address */
    SIM_F_REBIND,       /* NAT boxes forget their mappings */
    SIM_F_MOVE,         /* and take another outside address */
    SIM_F_LOSS,
    SIM_F_BURST,   /* lost in bursts */
    SIM_F_PATTERN, /* each n-th lost, or a list */
    SIM_F_DELAY,   /* above 20 ms */
    SIM_F_JITTER,
    SIM_F_REORDER,
    SIM_F_DUPLICATE,
    SIM_F_CORRUPT,
    SIM_F_FORGE,      /* corrupted with a right checksum */
    SIM_F_THIN,       /* low rate, short queues */
    SIM_F_MTU,        /* too big packets, told by ICMP */
    SIM_F_HOLE,       /* not told */
    SIM_F_DEATH,      /* a path dies and comes back */
    SIM_F_BLACKOUT,   /* all of them do */
    SIM_F_RESTART,    /* a host restarts */
    SIM_F_OPEN_BOTH,  /* simultaneous open */
    SIM_F_CLOSE_BOTH, /* simultaneous close */
    SIM_F_ABORT,      /* associations aborted or freed */
    SIM_F_CHURN,      /* many short associations */
    SIM_F_TINY_WINDOW,
    SIM_F_SLOW_READER,
    SIM_F_LARGE,     /* messages of hundreds of kilobytes */
    SIM_F_BLOCKING,  /* lower layers that block */
    SIM_F_NO_MEMORY, /* allocations fail */
    SIM_F_SPOOF,     /* copies of packets from wrong ports, or with wrong tags */
    SIM_F_NOBODY,    /* connecting to no one */
    SIM_F_HANDOVER,  /* associations move to another stack of their host */
    SIM_F_CNT
};

enum { SIM_HOSTS = 2, SIM_PLANS = 64, SIM_INCIDENTS = 32 };

enum sim_incident_kind {
    SIM_DOWN,       /* an interface goes down */
    SIM_UP,         /* and up */
    SIM_CUT,        /* the network drops what the client's address sends to the server's */
    SIM_JOIN,       /* not any more */
    SIM_REBIND_NAT, /* a NAT box forgets */
    SIM_MOVE_NAT,   /* and moves */
    SIM_CRASH,      /* a host loses power */
    SIM_BOOT,       /* and starts again */
    SIM_SHRINK,     /* a link carries less from now on */
    SIM_CHANGED,    /* usctp_path_changed on some path */
    SIM_HAND_OVER   /* a host hands its associations over, when they are quiet */
};

struct sim_world;

/* Something that happens at a time. */
struct sim_incident {
    struct sim_timer timer;
    struct sim_world *world;
    int kind;            /* enum sim_incident_kind */
    size_t host;         /* whom */
    struct sim_nic *nic; /* which interface */
    uint32_t mtu;        /* SHRINK */
    uint32_t try_cnt;    /* HAND_OVER: times that they were not quiet */
};

struct sim_world {
    uint64_t seed;
    uint64_t features; /* bits: enum sim_feature */
    struct sim_rng rng;
    struct sim_clock clock;
    struct sim_net net;
    int probes[SIM_HOSTS]; /* its lower layer lets it search for path MTUs (RFC 8899) */
    struct sim_watch watch;
    struct sim_register reg;
    struct sim_host hosts[SIM_HOSTS]; /* 0: the client; 1: the server */
    struct sim_app apps[SIM_HOSTS];
    struct usctp_params params[SIM_HOSTS];
    struct usctp_config config[SIM_HOSTS];
    struct usctp_addr addrs[SIM_HOSTS][SIM_LOWER_NICS]; /* as others see them */
    struct usctp_addr inner[SIM_HOSTS][SIM_LOWER_NICS]; /* as the host has them */
    size_t addr_cnt[SIM_HOSTS];
    struct sim_plan plans[SIM_PLANS];
    size_t plan_cnt;
    struct sim_incident incidents[SIM_INCIDENTS];
    size_t incident_cnt;
    uint64_t rate;             /* of the slowest link, bits a second; 0: no limit */
    uint64_t die_dur;          /* how long both sides bear silence, at least */
    uint64_t stall_dur;        /* so long without progress is a failure */
    uint64_t limit_ts;         /* the world has to be over by then */
    uint64_t last_incident_ts; /* the last time that something happens to the network */
    int give_up;               /* no failure if it is not over by then: what is left is dropped */
    uint32_t forged_ppm;
    uint32_t spoof_ppm; /* chance for a packet to be spoofed after */
    int verbose;        /* print a trace */
    int long_way;       /* of all stacks */
};

/* What a finished world was like. */
struct sim_world_result {
    uint64_t seed;
    uint64_t features;
    uint64_t hash;        /* of all packets and events */
    uint64_t end_ts;      /* virtual time */
    uint64_t packet_cnt;  /* packets sent */
    uint64_t event_cnt;   /* entries into stacks */
    uint64_t message_cnt; /* delivered */
    uint64_t byte_cnt;
    uint64_t up_cnt, lost_cnt, restarted_cnt;
    uint64_t plan_cnt, reached_cnt;
    uint64_t dropped_cnt; /* packets, by the network */
    uint64_t blocked_cnt, kept_cnt, deferred_cnt, failed_cnt, expired_cnt, adopted_cnt;
    uint64_t reset_cnt, assoc_reset_cnt, add_cnt, refused_reset_cnt;
    uint64_t handover_cnt;
    struct sim_extension_counts extensions;
    uint8_t combination[SIM_HOSTS]; /* of each host: below SIM_COMBINATIONS */
};

/* Congestion control, recovery by time, batches, offload: what a host may have of them. */
enum { SIM_COMBINATIONS = 3 * 2 * 2 * 2 };

/* Runs the world of a seed from beginning to end; verbose: prints a trace to standard output; long_way: stacks take
 * no short ways (usctp__core_hurries). Ends the process if it fails. */
void sim_world_run(uint64_t seed, int verbose, int long_way, struct sim_world_result *result);

/* The name of a feature. */
const char *sim_feature_name(int feature);

/* --- Between the files of worlds ------------------------------------------------------------- */

/* Draws all of it. */
void sim_world_draw(struct sim_world *world);

/* Its parts: addresses, interfaces and lower layers; links; parameters; traffic and plans. */
void sim_draw_hosts(struct sim_world *world);
void sim_draw_links(struct sim_world *world);
void sim_draw_params(struct sim_world *world);
void sim_draw_plans(struct sim_world *world);
void sim_draw_incidents(struct sim_world *world);

/* The size of packets that a link passes: of IPv4, up to 4 * max. */
uint32_t sim_draw_mtu(struct sim_world *world, uint64_t max);

/* The number of the combination that a host is to have: the first host has them in turn, seed by seed, the
 * second one any. Of it: the algorithm, times 8; no recovery by time, 4; batches, 2; offload, 1. */
uint32_t sim_combination(const struct sim_world *world, size_t host);

/* Sets an incident up. */
void sim_world_happens(struct sim_world *world, uint64_t ts, int kind, size_t host,
                       struct sim_nic *nic, uint32_t mtu);

/* Starts or restarts the stack of a host and what listens there. */
void sim_world_boot(struct sim_world *world, size_t host);

/* Traces, where the world is verbose; else they print nothing. */
void sim_trace_packet(void *ctx, int kind, const struct sim_packet *packet, const char *why);
void sim_trace_text(const struct sim_world *world, const char *text);

static inline int sim_has(const struct sim_world *world, int feature)
{
    return (int)(world->features >> feature & 1);
}

#endif
