/* SPDX-License-Identifier: BSD-3-Clause */
/* The retransmission timeout of one path (RFC 9260, 6.3.1): integers only. */
#ifndef USCTP_CORE_RTO_H
#define USCTP_CORE_RTO_H

#include <stdbool.h>
#include <stdint.h>

struct usctp__rto_bounds {
    uint64_t initial_dur;
    uint64_t min_dur;
    uint64_t max_dur;
    uint32_t alpha_shift; /* RTO.Alpha = 1 / 2^alpha_shift */
    uint32_t beta_shift;
};

struct usctp__rto {
    uint64_t srtt_dur;   /* smoothed round-trip time; 0: not measured yet */
    uint64_t rttvar_dur; /* its variation */
    uint64_t rto_dur;    /* the timeout now, backed off or not */
};

void usctp__rto_init(struct usctp__rto *rto, const struct usctp__rto_bounds *bounds);

/* Takes a measured round trip (6.3.1 C2, C3) and ends a backoff. */
void usctp__rto_sample(struct usctp__rto *rto, const struct usctp__rto_bounds *bounds,
                       uint64_t rtt_dur);

/* Doubles the timeout up to its maximum (6.3.3 E2). */
void usctp__rto_backoff(struct usctp__rto *rto, const struct usctp__rto_bounds *bounds);

#endif
