/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows over one bottleneck in virtual time: a stack at each end of each flow, data one way. All of
 * it follows from the configuration: a run is exact and can be repeated.
 */
#ifndef USCTP_BENCH_NETSIM_H
#define USCTP_BENCH_NETSIM_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "common/test_crypto.h"
#include "common/test_memory.h"
#include "sim/clock.h"
#include "sim/link.h"

enum { NETSIM_FLOWS = 2 };

struct netsim;

/* One end of a flow. */
struct netsim_end {
    struct netsim *sim;
    struct netsim_end *other;
    struct test_memory memory;
    struct test_crypto crypto;
    usctp_stack *stack;
    usctp_lower_id lower;
    usctp_assoc *assoc;     /* of the sender: NULL before it is up */
    struct usctp_addr addr; /* its own */
    struct sim_link *out;   /* what it sends goes there */
    struct sim_timer timer; /* for usctp_stack_advance */
    uint64_t deadline_ts;   /* what that is set for */
    int drop_last;          /* the next packet with the end of a message is lost */
    int ignores_i_bit;      /* its SACKs are as late as without */
};

/* Data from one end to the other. */
struct netsim_flow {
    struct netsim_end from;
    struct netsim_end to;
    struct sim_link back; /* the way of the acknowledgements: as long, never full */
    struct sim_timer start_timer;
    uint32_t message_len;  /* it sends messages of this length without end; 0: none by itself */
    uint64_t byte_cnt;     /* payload delivered */
    uint64_t message_cnt;  /* messages delivered */
    uint64_t delivered_ts; /* when something was delivered last */
    uint64_t up_ts;        /* when it could send */
};

struct netsim_config {
    uint64_t rate;       /* of the bottleneck, bits of IP a second */
    uint64_t rtt_dur;    /* without queue */
    uint32_t queue_len;  /* of the bottleneck, bytes */
    uint32_t loss_ppm;   /* lost at random there */
    size_t flow_cnt;     /* up to NETSIM_FLOWS */
    uint64_t second_dur; /* the second flow starts so much later */
    struct usctp_params params[NETSIM_FLOWS];
    uint32_t message_len; /* of all flows */
};

struct netsim {
    struct sim_clock clock;
    struct sim_link link; /* the bottleneck, both flows' way out */
    struct netsim_config config;
    struct netsim_flow flows[NETSIM_FLOWS];
};

/* Makes it; flows start at time 0 of the clock, the second one later where that was asked for. */
void netsim_start(struct netsim *sim, const struct netsim_config *config);

/* Lets time pass up to ts. */
void netsim_run(struct netsim *sim, uint64_t ts);

/* Sends one message, in a flow that sends none by itself. */
void netsim_send(struct netsim_flow *flow, uint32_t len);

/* Frees it. */
void netsim_stop(struct netsim *sim);

#endif
