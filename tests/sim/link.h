/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A link in one direction: rate and queue, delay and jitter, loss, reordering, duplication,
 * corruption, a largest packet. Packets go in; what survives comes out at its end, later.
 */
#ifndef USCTP_SIM_LINK_H
#define USCTP_SIM_LINK_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "sim/clock.h"
#include "sim/rng.h"

/* A datagram under way. */
struct sim_packet {
    struct sim_timer timer;  /* of the link that carries it */
    struct sim_packet *next; /* in the queue of whoever received it */
    struct usctp_addr src;   /* as seen where the packet is now: NAT boxes change these */
    struct usctp_addr dst;
    uint16_t src_port; /* UDP; 0: raw IP */
    uint16_t dst_port;
    uint8_t ecn;
    uint8_t dscp;
    uint8_t may_fragment;        /* not held to any largest packet */
    uint8_t corrupted;           /* bits were flipped */
    uint8_t spoofed;             /* not from where it says */
    void *origin;                /* struct sim_nic that sent it */
    struct usctp_addr asked_dst; /* destination and ports as the sender gave them */
    uint16_t asked_dst_port;
    uint16_t asked_src_port;
    size_t len;      /* bytes of data */
    uint8_t data[1]; /* the SCTP packet; really len bytes */
};

/* A copy of data as a packet; free with free(). */
struct sim_packet *sim_packet_new(const uint8_t *data, size_t len);

/* A copy of a packet. */
struct sim_packet *sim_packet_copy(const struct sim_packet *packet);

enum sim_loss_kind {
    SIM_LOSS_NONE = 0,
    SIM_LOSS_RANDOM,   /* each packet by chance */
    SIM_LOSS_BURST,    /* Gilbert and Elliott: two states, lossless and lossy */
    SIM_LOSS_PERIODIC, /* every n-th packet */
    SIM_LOSS_LIST      /* those of the first 64 whose bit is set */
};

/* Which packets are lost. */
struct sim_loss {
    int kind;           /* enum sim_loss_kind */
    uint32_t ppm;       /* RANDOM, and in the lossy state of BURST: chance in a million */
    uint32_t enter_ppm; /* BURST: chance for each packet to enter the lossy state */
    uint32_t leave_ppm; /* and to leave it */
    uint32_t every;     /* PERIODIC */
    uint64_t mask;      /* LIST: bit 0 is the first packet */
    uint32_t max_run;   /* never lose more than this in a row; 0: no limit */
    int lossy;          /* state of BURST */
    uint32_t run;       /* lost in a row so far */
    uint64_t seen_cnt;  /* packets so far */
};

/* Decides on the next packet: 1 if it is lost. */
int sim_loss_next(struct sim_loss *loss, struct sim_rng *rng);

struct sim_link_config {
    uint64_t rate;       /* bits a second; 0: no limit */
    uint64_t delay_dur;  /* of each packet */
    uint64_t jitter_dur; /* up to this much more; order is kept */
    uint32_t queue_len;  /* bytes that may wait for the rate; 0: no limit */
    uint32_t mark_len; /* bytes from which on in the queue packets are marked, those that may be; 0:
                           * never */
    uint32_t mtu;      /* largest SCTP packet; 0: no limit */
    uint32_t reorder_ppm; /* chance that a packet takes reorder_dur longer, and is overtaken */
    uint64_t reorder_dur;
    uint32_t duplicate_ppm; /* chance that a packet comes twice */
    uint32_t corrupt_ppm;   /* chance that bits flip */
    uint32_t forge_ppm;     /* chance that bits flip and the checksum is put right again */
    struct sim_loss loss;
};

/* What became of packets, summed up. */
struct sim_link_stats {
    uint64_t in_cnt;
    uint64_t out_cnt;
    uint64_t lost_cnt;     /* by the loss pattern */
    uint64_t down_cnt;     /* as the link was down */
    uint64_t overflow_cnt; /* as the queue was full */
    uint64_t too_big_cnt;
    uint64_t duplicated_cnt;
    uint64_t corrupted_cnt;
    uint64_t forged_cnt; /* corrupted with the checksum put right */
    uint64_t reordered_cnt;
    uint64_t marked_cnt; /* congestion experienced */
};

/* Why a packet did not get through. */
enum sim_drop { SIM_DROP_DOWN, SIM_DROP_TOO_BIG, SIM_DROP_OVERFLOW, SIM_DROP_LOST };

struct sim_link {
    struct sim_clock *clock;
    struct sim_rng rng;            /* of its own */
    struct sim_link_config config; /* may be changed at any time */
    int down;                      /* not 0: nothing gets through */
    uint64_t busy_ts;              /* when what waits has been sent */
    uint64_t last_ts;              /* when the last packet in order arrives */
    struct sim_link_stats stats;
    void (*arrive)(void *ctx, struct sim_packet *packet); /* takes the packet over */
    /* A packet did not get through: called before it is freed. May be NULL. */
    void (*dropped)(void *ctx, const struct sim_link *link, const struct sim_packet *packet,
                    enum sim_drop why);
    void *ctx; /* handed to both */
};

/* Sets up a link without limits, delay and faults. */
void sim_link_init(struct sim_link *link, struct sim_clock *clock, const struct sim_rng *parent,
                   uint64_t label);

/* Frees what is still under way; nothing of it arrives. */
void sim_link_clear(struct sim_link *link);

/* Puts a packet in; takes it over. */
void sim_link_send(struct sim_link *link, struct sim_packet *packet);

#endif
