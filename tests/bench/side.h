/* SPDX-License-Identifier: BSD-3-Clause */
/* What the bench asks of an SCTP stack. Each stack is one file behind this; each is linked into a
 * program of its own with the same work. Both ends live in one thread; packets wait in one queue. */
#ifndef USCTP_BENCH_SIDE_H
#define USCTP_BENCH_SIDE_H

#include <stddef.h>
#include <stdint.h>

/* How the stack is set up. */
struct side_options {
    size_t max_packet; /* largest SCTP packet, bytes */
    int checksum;      /* 0: the peer leaves its CRC32c out; ours never does */
    int nagle;         /* small packets wait while data is in flight */
    size_t buffer;     /* send and receive buffer of each end, bytes */
    size_t max_assocs; /* associations that will live at once */
    int heartbeat;     /* idle paths are probed */
    int portable;      /* nothing that depends on the processor: the CRC32c in plain C */
    int many_streams;  /* 65,535 streams each way, else what is usual */
    int in_turn;       /* messages are received by side_take alone */
    int poll;          /* sockets: side_take polls first, the system's way */
    int own_poll;      /* the same, by usctp_poll */
    int clock;         /* the core reads the system's clock, as it does by default */
    int extensions;    /* enum side_extensions */
};

/* What is offered of what the other side may know or not. */
enum side_extensions {
    SIDE_EXTENSIONS_USUAL,
    SIDE_EXTENSIONS_OFF, /* nothing, by either end */
    SIDE_EXTENSIONS_OFFERED /* everything, by the end that connects; the other one knows nothing of it */
};

/* Two ends with an association between them. */
struct side_pair;

/* Counters that the stack's file raises. */
struct side_counts {
    uint64_t messages[2]; /* received at end 0 and end 1 */
    uint64_t bytes[2];
    uint64_t packets; /* that went through the queue */
};
extern struct side_counts side_counts;

extern const char *const side_name;

void side_start(const struct side_options *options);
void side_stop(void);

/* Sets an association up; returns when both ends say so. */
struct side_pair *side_open(void);

/* Shuts it down gracefully; returns when both ends are gone. */
void side_close(struct side_pair *pair);

/* Sends a message from an end: 1 taken, 0 would block. */
int side_send(struct side_pair *pair, int end, uint16_t stream, const void *data, size_t len);

/* Receives cnt messages at an end, moving packets until they are there. */
void side_take(struct side_pair *pair, int end, uint64_t cnt);

/* CRC32c over len bytes, cnt times: GB/s. 0: the stack does not show its own. */
double side_crc(const uint8_t *bytes, size_t len, uint64_t cnt);

/* Moves packets until none is left. Returns how many. */
size_t side_pump(void);

/* Lets `ms` milliseconds pass and runs what becomes due. Returns the packets that caused. */
size_t side_pass(unsigned ms);

/* Lets 10 ms pass in one step: what became due meanwhile runs at its end, all at once. */
void side_tick(void);

#endif
