/* SPDX-License-Identifier: BSD-3-Clause */
/* The queue of copied packets. */
#include "wire.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIRE_CNT = 1 << 14 };

static struct wire_packet *ring;
static size_t head;
static size_t cnt;
static size_t held_cnt;

void wire_put(void *to, const void *bytes, size_t len)
{
    struct wire_packet *packet;

    if (ring == NULL) {
        ring = calloc(WIRE_CNT, sizeof(*ring));
    }
    if (ring == NULL || cnt == WIRE_CNT || len > WIRE_PACKET_MAX) {
        fprintf(stderr, "bench: the queue of packets is too small\n");
        exit(1);
    }
    packet = &ring[(head + cnt) % WIRE_CNT];
    if (packet->held) {
        fprintf(stderr, "bench: packets are held too long\n");
        exit(1);
    }
    packet->to = to;
    packet->len = (uint32_t)len;
    memcpy(packet->bytes, bytes, len);
    cnt++;
}

size_t wire_peek(struct wire_packet **packets, size_t max)
{
    size_t n = 0;

    while (n < max && n < cnt) {
        packets[n] = &ring[(head + n) % WIRE_CNT];
        if (packets[n]->to != packets[0]->to) {
            break;
        }
        n++;
    }
    return n;
}

void wire_drop(size_t n)
{
    cnt -= n;
    head = cnt + held_cnt == 0
               ? 0
               : (head + n) % WIRE_CNT; /* what was used last is still in the cache */
}

void wire_lend(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ring[(head + i) % WIRE_CNT].held = 1;
    }
    held_cnt += n;
    wire_drop(n);
}

void wire_release(void *bytes)
{
    struct wire_packet *packet = (void *)((char *)bytes - offsetof(struct wire_packet, bytes));

    packet->held = 0;
    held_cnt--;
    if (cnt + held_cnt == 0) {
        head = 0;
    }
}
