/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A simulated host: a stack, its lower layers over interfaces of the network, its timer, its memory
 * and random bytes. It takes datagrams in batches, wakes up late, blocks and unblocks its lower
 * layers, and checks every association after whatever happened.
 */
#ifndef USCTP_SIM_HOST_H
#define USCTP_SIM_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/lower.h>

#include "common/test_crypto.h"
#include "common/test_memory.h"
#include "sim/clock.h"
#include "sim/net.h"
#include "sim/rng.h"
#include "sim/watch.h"

enum { SIM_HOST_LOWERS = 4, SIM_LOWER_NICS = 4, SIM_HOST_NOTES = 1024, SIM_HOST_TOLD = 64 };

struct sim_host;

/* How a lower layer behaves. */
struct sim_lower_config {
    uint32_t flags;         /* enum usctp_lower_flag: NO_ADDRESSES and RAW; families are set by
                                 * the interfaces */
    uint16_t udp_port;      /* local UDP port; 0 with RAW */
    uint32_t max_packet;    /* what the layer says the largest SCTP packet is; 0: nothing */
    uint32_t block_ppm;     /* chance that a call of send stops short */
    uint64_t block_dur;     /* and stays blocked at most so long */
    uint32_t refuse_ppm;    /* chance that a datagram is refused as unreachable */
    struct usctp_addr peer; /* NO_ADDRESSES: the other end of the connection */
    uint16_t peer_port;
};

/* One lower layer of a host. */
struct sim_lower {
    struct sim_host *host;
    struct sim_lower_config config;
    struct sim_nic *nics[SIM_LOWER_NICS];
    size_t nic_cnt;
    usctp_lower_id id;      /* in the host's present stack */
    int blocked;            /* takes nothing now */
    struct sim_timer timer; /* ends that */
    uint64_t blocked_cnt;   /* times it was */
};

/* How a host behaves. */
struct sim_host_config {
    const char *name;     /* for traces and failures; static */
    uint64_t seed;        /* of its random bytes and of its moods */
    uint64_t skew_ts;     /* its clock shows so much more than the simulation's */
    uint64_t slack_dur;   /* it wakes up at most so late */
    uint64_t batch_dur;   /* datagrams wait for others at most so long */
    uint32_t offload_ppm; /* chance that datagrams of equal length come as one */
    int use_clock;        /* the stack gets config.clock instead of usctp_stack_set_time */
    int long_way;         /* the stack takes no short ways (usctp__core_hurries) */
    uint32_t early_ppm;   /* chance to call usctp_stack_advance though nothing is due */
};

/* A packet that was sent since the host was last entered. */
struct sim_host_note {
    uint32_t tag;
    uint32_t types; /* as in sim_watch_summary */
    struct usctp_addr remote;
    size_t len;
};

/* What a verified ICMP message said of the packets to an address in an association. */
struct sim_host_told {
    uint32_t tag; /* of packets to the peer */
    struct usctp_addr remote;
    uint32_t mtu; /* largest SCTP packet */
};

struct sim_host {
    struct sim_host_config config;
    struct sim_net *net;
    struct sim_watch *watch; /* may be NULL */
    struct sim_rng rng;
    struct test_memory memory; /* of all its stacks */
    struct test_crypto crypto;
    usctp_stack *stack;  /* NULL: switched off */
    uint32_t max_packet; /* no packet may be larger, but for those that may be fragmented */
    struct sim_lower lowers[SIM_HOST_LOWERS];
    size_t lower_cnt;
    int muted;              /* what it sends goes nowhere */
    int depth;              /* calls of sim_host_enter without sim_host_leave */
    struct sim_timer timer; /* for usctp_stack_advance */
    uint64_t deadline_ts;   /* what it was set for, on the host's clock */
    struct sim_timer input_timer;
    struct sim_packet *input_first; /* what waits to be taken in */
    struct sim_packet *input_last;
    struct sim_host_note notes[SIM_HOST_NOTES];
    size_t note_cnt;
    struct sim_host_told told[SIM_HOST_TOLD]; /* a ring */
    size_t told_cnt;                          /* of all so far */
    uint64_t idle_spins;      /* advances that did not move the deadline past now, in a row */
    uint64_t event_cnt;       /* times the stack was entered */
    uint64_t input_cnt;       /* SCTP packets taken in, by all its stacks */
    uint64_t stack_input_cnt; /* by the present one */
    uint64_t observed_cnt;    /* and those its observer saw */
    uint64_t sent_cnt;        /* packets sent */
    uint64_t restart_cnt;     /* stacks after the first */
    /* Called when the stack has been left and all is checked. May be NULL. */
    void (*after)(void *ctx, struct sim_host *host);
    void *after_ctx;
};

/* Sets up a host without interfaces and without a stack. */
void sim_host_init(struct sim_host *host, struct sim_net *net,
                   const struct sim_host_config *config);

/* Adds a lower layer over up to SIM_LOWER_NICS new interfaces with these addresses; with
 * NO_ADDRESSES exactly one. Only while there is no stack. */
struct sim_lower *sim_host_add_lower(struct sim_host *host, const struct sim_lower_config *config,
                                     const struct usctp_addr *addrs, size_t addr_cnt);

/* Makes the stack: *config may have any member set but memory, crypto, clock and time, which are
 * the host's. Fails the simulation if it cannot be made, unless memory was told to fail: then
 * returns the error. */
int sim_host_start(struct sim_host *host, const struct usctp_config *config);

/* Frees the stack: in order, or as if the power had failed (nothing leaves the host any more). */
void sim_host_stop(struct sim_host *host, int crash);

/* Frees what the host itself holds, after sim_host_stop; fails the simulation if memory or HMAC
 * contexts leak. */
void sim_host_free(struct sim_host *host);

/* Stand around calls of the stack that do not come from its callbacks: tell it the time; check all
 * associations and see to the timer. They nest. */
void sim_host_enter(struct sim_host *host);
void sim_host_leave(struct sim_host *host);

/* The time on the host's clock. */
uint64_t sim_host_now(const struct sim_host *host);

/* An ICMP message for this host, as if from the network. */
void sim_host_icmp(struct sim_host *host, struct sim_lower *lower, const struct sim_icmp *icmp);

/* The path MTU is unknown again: what ICMP told counts no more. */
void sim_host_forget_told(struct sim_host *host);

/* For host.c and lower.c. */
void sim_lower_attach(struct sim_lower *lower);
void sim_host_received(void *ctx, struct sim_nic *nic, struct sim_packet *packet);
void sim_host_got_icmp(void *ctx, struct sim_nic *nic, const struct sim_icmp *icmp);

#endif
