/* SPDX-License-Identifier: BSD-3-Clause */
/* Pacing: packets leave in trains, evenly spread over the round trip, in place of Max.Burst. A train is
 * as long as a bucket holds that fills at the rate: two packets or a millisecond of the rate, whichever
 * is more. When the bucket is empty nothing leaves until it is full again, so that trains stay long
 * enough for offload, and the timer runs once a train. */
#ifndef USCTP_CORE_PACE_H
#define USCTP_CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct usctp__pacer {
    uint64_t cost;     /* nanoseconds a byte takes, times 65536; 0: the rate is not known yet */
    uint64_t empty_ts; /* when the bucket is, or was, empty */
    uint64_t fill_dur; /* what it takes to fill the empty bucket */
};

enum { USCTP__PACE_TRAIN_MAX = 65536 /* bytes in a train at most */ };

/* Bytes in a train at this rate (bytes a second), with packets of this size. */
uint32_t usctp__pace_train(uint64_t rate, uint32_t mtu);

/* The rate is so many bytes a second now; 0 is taken as 1. */
void usctp__pace_set(struct usctp__pacer *pacer, uint64_t rate, uint32_t mtu);

/* True if a packet may leave now. Else *wait_ts is when the next train may. */
bool usctp__pace_open(struct usctp__pacer *pacer, uint64_t now_ts, uint64_t *wait_ts);

/* Bytes have left. */
static inline void usctp__pace_sent(struct usctp__pacer *pacer, uint32_t len)
{
    pacer->empty_ts += len * pacer->cost >> 16;
}

#endif
