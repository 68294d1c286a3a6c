/* SPDX-License-Identifier: BSD-3-Clause */
/* The queue of copied packets between the two ends, the same for every stack. */
#ifndef USCTP_BENCH_WIRE_H
#define USCTP_BENCH_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum { WIRE_PACKET_MAX = 2048 };

struct wire_packet {
    void *to;      /* whom it is for, as the sender said */
    uint32_t len;  /* bytes */
    uint32_t held; /* it was taken off, and is still in use */
    uint8_t bytes[WIRE_PACKET_MAX];
};

/* Copies a packet to the end of the queue. */
void wire_put(void *to, const void *bytes, size_t len);

/* Up to `max` packets from the front that are for one receiver; they stay valid until the next
 * wire_drop. */
size_t wire_peek(struct wire_packet **packets, size_t max);

/* Takes n packets off the front. */
void wire_drop(size_t n);

/* The same, but they stay valid until wire_release. */
void wire_lend(size_t n);
void wire_release(void *bytes);

#endif
