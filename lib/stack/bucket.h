/* SPDX-License-Identifier: BSD-3-Clause */
/* How often something may happen: so many times a second, and no more than a second's worth at
 * once. */
#ifndef USCTP_STACK_BUCKET_H
#define USCTP_STACK_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

struct usctp__bucket {
    uint64_t gap_dur; /* between two at the steady rate */
    uint64_t next_ts; /* when the next one would be due at the steady rate */
};

/* A full bucket for `rate` a second, 1 or more. */
static inline void usctp__bucket_init(struct usctp__bucket *bucket, uint32_t rate)
{
    bucket->gap_dur = USCTP__SEC / rate;
    bucket->next_ts = 0;
}

/* Takes one out; false: it is empty. */
static inline bool usctp__bucket_take(struct usctp__bucket *bucket, uint64_t now_ts)
{
    uint64_t ts = bucket->next_ts > now_ts ? bucket->next_ts : now_ts;

    if (ts - now_ts > USCTP__SEC - bucket->gap_dur) {
        return false;
    }
    bucket->next_ts = usctp__time_add(ts, bucket->gap_dur);
    return true;
}

#endif
