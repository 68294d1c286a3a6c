/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network: a star. Each interface (nic) has an address, a link up to the middle and a link down
 * from it, and maybe a NAT box between its links and the middle. The middle knows who has which
 * address, and which pairs of addresses are cut off from each other.
 *
 *   nic --up--> [nat] --> middle --> [nat] --down--> nic
 *
 * What sends and receives above a nic may be a host with a stack, a script, or a dumb source.
 */
#ifndef USCTP_SIM_NET_H
#define USCTP_SIM_NET_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "sim/clock.h"
#include "sim/link.h"
#include "sim/nat.h"
#include "sim/rng.h"

struct sim_net;
struct sim_nic;

/* An ICMP message that came back to a nic. */
struct sim_icmp {
    struct sim_timer timer;  /* of the network */
    struct sim_nic *nic;     /* to whom */
    int kind;                /* enum usctp_icmp_kind */
    uint32_t mtu;            /* TOO_BIG: largest SCTP packet; 0: not told */
    struct usctp_addr local; /* source and destination of the quoted packet, as the nic sent it */
    struct usctp_addr remote;
    uint16_t local_port;
    uint16_t remote_port;
    size_t quote_len; /* bytes of quote */
    uint8_t quote[1]; /* from the SCTP common header on; really quote_len bytes */
};

/* What an interface does with what comes in. */
struct sim_nic_ops {
    void (*receive)(void *ctx, struct sim_nic *nic, struct sim_packet *packet); /* takes it over */
    void (*icmp)(void *ctx, struct sim_nic *nic, const struct sim_icmp *icmp);  /* may be NULL */
};

/* How the routers of a nic's links speak of packets that are too big. */
enum sim_too_big {
    SIM_TOO_BIG_SILENT = 0, /* a black hole */
    SIM_TOO_BIG_TOLD,       /* ICMP with the size */
    SIM_TOO_BIG_UNTOLD      /* ICMP without the size */
};

struct sim_nic {
    struct sim_net *net;
    struct sim_nic *next; /* of the network */
    struct usctp_addr addr;
    struct sim_link up;
    struct sim_link down;
    struct sim_nat *nat; /* NULL: none */
    int too_big;         /* enum sim_too_big, for up and for down */
    size_t index;        /* order in which it was added, from 0 */
    struct sim_nic_ops ops;
    void *ctx; /* handed to the ops; NULL ops.receive: what comes is dropped */
};

/* A pair of addresses (as the middle sees them) that cannot reach each other. */
struct sim_cut {
    struct sim_cut *next;
    struct usctp_addr from;
    struct usctp_addr to;
};

/* What the tracer is told of. */
enum sim_trace_kind { SIM_TRACE_SENT, SIM_TRACE_RECEIVED, SIM_TRACE_DROPPED };

typedef void (*sim_trace_fn)(void *ctx, int kind, const struct sim_packet *packet, const char *why);

struct sim_net {
    struct sim_clock *clock;
    struct sim_rng rng;
    struct sim_nic *nics; /* the one added last is the first */
    struct sim_cut *cuts;
    size_t nic_cnt;
    int unreachable;    /* ICMP for packets to nowhere */
    uint32_t quote_max; /* most bytes that ICMP quotes of the SCTP packet; 0: none */
    sim_trace_fn trace; /* may be NULL */
    void *trace_ctx;
    uint64_t hash; /* of every packet sent and received, and when */
    uint64_t sent_cnt;
    uint64_t sent_bytes;
    uint64_t received_cnt;
    uint64_t nowhere_cnt; /* to an address that no one has, or cut off, or refused by a NAT */
    uint64_t icmp_cnt;
    uint64_t last_received_ts; /* when something last got through */
};

/* Sets up a network without interfaces. */
void sim_net_init(struct sim_net *net, struct sim_clock *clock, const struct sim_rng *parent);

/* Frees it, with its interfaces and what is under way. */
void sim_net_free(struct sim_net *net);

/* Adds an interface with perfect links: configure nic->up.config and nic->down.config then. */
struct sim_nic *sim_net_add(struct sim_net *net, const struct usctp_addr *addr,
                            const struct sim_nic_ops *ops, void *ctx);

/* Puts a NAT box before an interface. */
struct sim_nat *sim_nic_add_nat(struct sim_nic *nic, const struct sim_nat_config *config);

/* Sends from an interface: takes the packet over; dst and ports are set, src and origin are set
 * here. */
void sim_nic_send(struct sim_nic *nic, struct sim_packet *packet);

/* Takes both links down, or up again. */
void sim_nic_set_down(struct sim_nic *nic, int down);

/* The interface that has an address, as the middle sees it (outside of NAT boxes); NULL: none. */
struct sim_nic *sim_net_find(const struct sim_net *net, const struct usctp_addr *addr);

/* The address of an interface as the middle sees it. */
const struct usctp_addr *sim_nic_outside(const struct sim_nic *nic);

/* Cuts one address off from another, in one direction, or joins them again. */
void sim_net_cut(struct sim_net *net, const struct usctp_addr *from, const struct usctp_addr *to,
                 int on);

#endif
