/* SPDX-License-Identifier: BSD-3-Clause */
/* Pacing. */
#include "core/pace.h"

#include "base/compiler.h"
#include "base/time.h"

uint32_t usctp__pace_train(uint64_t rate, uint32_t mtu)
{
    uint64_t len = USCTP__MIN(rate / 1000, USCTP__PACE_TRAIN_MAX);

    return (uint32_t)USCTP__MAX(len, 2 * (uint64_t)mtu);
}

void usctp__pace_set(struct usctp__pacer *pacer, uint64_t rate, uint32_t mtu)
{
    rate = USCTP__MAX(rate, 1);
    pacer->cost = USCTP__MAX((USCTP__SEC << 16) / rate, 1);
    pacer->fill_dur = usctp__pace_train(rate, mtu) * pacer->cost >> 16;
}

bool usctp__pace_open(struct usctp__pacer *pacer, uint64_t now_ts, uint64_t *wait_ts)
{
    if (pacer->cost == 0) {
        return true;
    }
    /* It holds one train and no more. */
    if (now_ts > usctp__time_add(pacer->empty_ts, pacer->fill_dur)) {
        pacer->empty_ts = now_ts - pacer->fill_dur;
    }
    if (pacer->empty_ts < now_ts) {
        return true;
    }
    *wait_ts = usctp__time_add(pacer->empty_ts, pacer->fill_dur);
    return false;
}
