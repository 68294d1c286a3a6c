/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A NAT box: hides one inside address behind an outside one. It gives ports, forgets them when idle
 * or when told to (a rebinding), and lets in only what its filter allows. RFC 4787 has the words.
 */
#ifndef USCTP_SIM_NAT_H
#define USCTP_SIM_NAT_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "sim/link.h"
#include "sim/rng.h"

enum sim_nat_filter {
    SIM_NAT_FILTER_NONE = 0, /* anyone may send to a mapped port */
    SIM_NAT_FILTER_ADDR,     /* only addresses that were sent to */
    SIM_NAT_FILTER_ADDR_PORT /* only addresses and ports that were sent to */
};

struct sim_nat_config {
    struct usctp_addr outside; /* the address that others see */
    int filter;                /* enum sim_nat_filter */
    int symmetric;             /* a port of its own for each destination */
    int preserve;              /* the first mapping keeps the inside port */
    uint64_t idle_dur;         /* forget a mapping that carried nothing out so long; 0: never */
};

enum { SIM_NAT_MAPPING_MAX = 32, SIM_NAT_PEER_MAX = 16 };

/* One mapping. */
struct sim_nat_mapping {
    uint16_t inside_port; /* 0: not in use */
    uint16_t outside_port;
    struct usctp_addr dst; /* symmetric: for whom */
    uint16_t dst_port;
    uint64_t used_ts;                               /* when something last went out */
    struct usctp_addr peer_addrs[SIM_NAT_PEER_MAX]; /* who was sent to, a ring */
    uint16_t peer_ports[SIM_NAT_PEER_MAX];
    size_t peer_cnt; /* all ever, modulo the ring's size is the next place */
};

struct sim_nat {
    struct sim_nat_config config;
    struct sim_rng rng;
    struct usctp_addr inside; /* the address that is hidden */
    struct sim_nat_mapping mappings[SIM_NAT_MAPPING_MAX];
    size_t next;          /* which mapping to give up when all are in use */
    uint64_t rebind_cnt;  /* mappings forgotten on command */
    uint64_t refused_cnt; /* packets from outside that were not let in */
};

/* Sets up a box without mappings. */
void sim_nat_init(struct sim_nat *nat, const struct sim_nat_config *config,
                  const struct usctp_addr *inside, const struct sim_rng *parent, uint64_t label);

/* A packet goes out: changes its source. */
void sim_nat_out(struct sim_nat *nat, struct sim_packet *packet, uint64_t now_ts);

/* A packet comes in: changes its destination; 0 if it is refused. */
int sim_nat_in(struct sim_nat *nat, struct sim_packet *packet, uint64_t now_ts);

/* Finds the inside port behind an outside one; 0 if there is none. */
uint16_t sim_nat_inside_port(const struct sim_nat *nat, uint16_t outside_port);

/* Forgets all mappings: what goes out next gets new ports. */
void sim_nat_rebind(struct sim_nat *nat);

/* The same, and moves to another outside address. */
void sim_nat_move(struct sim_nat *nat, const struct usctp_addr *outside);

/* 1 if two addresses are the same, scope ids included. */
int sim_addr_equal(const struct usctp_addr *a, const struct usctp_addr *b);

#endif
