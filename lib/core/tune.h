/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers that tune themselves: the receive window follows what the application takes in a round trip,
 * the send buffer follows the congestion window. Both stay within the association's caps, and grow
 * only while the stack has memory to spare. */
#ifndef USCTP_CORE_TUNE_H
#define USCTP_CORE_TUNE_H

#include <stdbool.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "core/core.h"

struct usctp_assoc;

enum {
    USCTP__TUNE_DEFAULT = 256 * 1024, /* what both buffers are unless the user says otherwise */
    USCTP__TUNE_CAP = 4 * 1024 * 1024 /* and what they may become then */
};

/* The round at hand of an association's receive window. */
struct usctp__tune {
    uint64_t begin_ts; /* when it began; 0: none has begun */
    uint64_t end_ts; /* when a round trip is over; USCTP__NEVER: not known, or the cap is reached */
    uint64_t edge;   /* right edge promised then: what lies beyond was sent a round trip later;
                        * UINT64_MAX: the cap is reached */
    uint64_t taken;  /* payload that the application had taken then */
    uint64_t rtt_dur; /* the quickest a whole window came in; 0: not known. Where a round trip was
                        * measured on the path, that counts */
};

/* The largest receive window, and the largest send buffer, that these parameters allow. */
uint32_t usctp__tune_window_cap(const struct usctp_params *params);
uint32_t usctp__tune_send_cap(const struct usctp_params *params);

/* The window for received data begins, or begins anew, with what the parameters say. */
void usctp__tune_begin(struct usctp_assoc *assoc);

/* A round of the receive window is over, or none has begun: the window grows to twice what the
 * application took in it. */
void usctp__tune_window(struct usctp_assoc *assoc);

/* Payload bytes that may be buffered to be sent, now. */
uint32_t usctp__tune_send_buffer(const struct usctp_assoc *assoc);

/* True where buffers must be no larger than they began: the stack is short of memory. */
static inline bool usctp__tune_memory_short(const struct usctp__core *core)
{
    return core->tune_limit != 0 && core->mem.used >= core->tune_limit;
}

#endif
