/* SPDX-License-Identifier: BSD-3-Clause */
/* What CUBIC keeps of a path, and its curve. */
#ifndef USCTP_CORE_CC_CUBIC_H
#define USCTP_CORE_CC_CUBIC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cc.h"

struct usctp__cubic {
    struct usctp__cc_state state; /* what every algorithm has; the first member */
    uint64_t epoch_ts;            /* when the present climb began; 0: it has not */
    uint64_t last_ack_ts;         /* when something was acknowledged last */
    uint64_t k_ms;                /* when the curve reaches w_max, after the beginning */
    uint64_t est;                 /* the window that NewReno would have, times 256 */
    uint32_t w_max;               /* the plateau, bytes */
    uint32_t cwnd_prior;          /* the window before the last reduction */
    uint32_t undo_w_max;          /* w_max before it */
    /* HyStart++ */
    uint64_t acked;         /* bytes acknowledged so far */
    uint64_t round_end;     /* a round of slow start is over when so many are */
    uint64_t round_rtt_dur; /* shortest round trip in this round; USCTP__NEVER: none */
    uint64_t last_rtt_dur;  /* and in the one before */
    uint64_t css_rtt_dur;   /* that of the round that began conservative slow start */
    uint32_t round_samples; /* round trips measured in this round */
    uint8_t css_rounds;     /* rounds of conservative slow start */
    bool css;               /* it is on */
};

/* The cubic root, rounded down; of anything below 2^63. */
uint32_t usctp__cubic_root(uint64_t value);

/* How far the curve is from its plateau so many milliseconds before or behind it, in bytes. */
uint64_t usctp__cubic_offset(uint64_t ms, uint32_t mtu);

#endif
