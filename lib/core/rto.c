/* SPDX-License-Identifier: BSD-3-Clause */
/* The retransmission timeout of one path. */
#include "core/rto.h"

#include "base/time.h"

/* RFC 9260, 6.3.1 C6, C7: the bounds. */
static uint64_t bounded(uint64_t dur, const struct usctp__rto_bounds *bounds)
{
    if (dur < bounds->min_dur) {
        return bounds->min_dur;
    }
    return dur > bounds->max_dur ? bounds->max_dur : dur;
}

void usctp__rto_init(struct usctp__rto *rto, const struct usctp__rto_bounds *bounds)
{
    /* RFC 9260, 6.3.1 C1 */
    rto->srtt_dur = 0;
    rto->rttvar_dur = 0;
    rto->rto_dur = bounded(bounds->initial_dur, bounds);
}

void usctp__rto_sample(struct usctp__rto *rto, const struct usctp__rto_bounds *bounds,
                       uint64_t rtt_dur)
{
    /* A round trip longer than any timeout says no more than that. */
    if (rtt_dur > bounds->max_dur) {
        rtt_dur = bounds->max_dur;
    }
    if (rto->srtt_dur == 0) {
        /* RFC 9260, 6.3.1 C2 */
        rto->srtt_dur = rtt_dur;
        rto->rttvar_dur = rtt_dur / 2;
    } else {
        /* RFC 9260, 6.3.1 C3: the variation first, with the old SRTT. */
        uint64_t diff = rto->srtt_dur > rtt_dur ? rto->srtt_dur - rtt_dur : rtt_dur - rto->srtt_dur;
        rto->rttvar_dur -= rto->rttvar_dur >> bounds->beta_shift;
        rto->rttvar_dur += diff >> bounds->beta_shift;
        rto->srtt_dur -= rto->srtt_dur >> bounds->alpha_shift;
        rto->srtt_dur += rtt_dur >> bounds->alpha_shift;
    }
    if (rto->srtt_dur == 0) {
        rto->srtt_dur = 1; /* 0 stands for "not measured" */
    }
    if (rto->rttvar_dur == 0) {
        rto->rttvar_dur = USCTP__NS; /* RFC 9260, 6.3.1 G1: the clock counts nanoseconds */
    }
    rto->rto_dur = bounded(rto->srtt_dur + 4 * rto->rttvar_dur, bounds);
}

void usctp__rto_backoff(struct usctp__rto *rto, const struct usctp__rto_bounds *bounds)
{
    /* RFC 9260, 6.3.3 E2 */
    rto->rto_dur = bounded(usctp__time_add(rto->rto_dur, rto->rto_dur), bounds);
}
