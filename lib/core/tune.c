/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers that tune themselves. */
#include "core/tune.h"

#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"

/* A cap of 0 is the usual one, unless the user asked for a buffer of a certain size. */
static uint32_t cap_of(uint32_t cap, uint32_t len)
{
    if (cap == 0) {
        cap = len == USCTP__TUNE_DEFAULT ? USCTP__TUNE_CAP : len;
    }
    return USCTP__MAX(cap, len);
}

uint32_t usctp__tune_window_cap(const struct usctp_params *params)
{
    uint32_t cap = cap_of(params->receive_window_max, params->receive_window);

    if (params->receive_memory != 0) {
        /* As with a fixed window: twice of it at least must fit. */
        cap = USCTP__MIN(cap, params->receive_memory / 2);
    }
    return USCTP__MAX(cap, params->receive_window);
}

uint32_t usctp__tune_send_cap(const struct usctp_params *params)
{
    return cap_of(params->send_buffer_max, params->send_buffer);
}

/* Beyond so many bytes in use no buffer of the stack is larger than its user said. */
static bool memory_short(const struct usctp__core *core)
{
    return core->tune_limit != 0 && core->mem.used >= core->tune_limit;
}

/* --- The receive window --- */

static void begin_round(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;

    rx->tune.begin_ts = assoc->core->now_ts;
    rx->tune.edge = rx->edge;
    rx->tune.taken = rx->received_bytes - rx->held_bytes;
}

void usctp__tune_begin(struct usctp_assoc *assoc)
{
    assoc->rx.window = usctp__params(assoc)->receive_window;
    assoc->rx.tune.begin_ts = 0;
    assoc->rx.tune.rtt_dur = 0;
}

/* A round is over after a round trip, or when a whole window came: the peer knew of its right edge. */
static bool round_over(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;
    const struct usctp__path *path = assoc->paths.data;
    uint64_t dur = usctp__time_sub(assoc->core->now_ts, rx->tune.begin_ts);
    uint64_t rtt_dur =
        path != NULL && path->rto.srtt_dur != 0 ? path->rto.srtt_dur : rx->tune.rtt_dur;

    if (rtt_dur != 0 && dur >= rtt_dur) {
        return true;
    }
    if (rx->received_bytes <= rx->tune.edge) {
        return false;
    }
    rx->tune.rtt_dur = USCTP__MAX(dur, 1);
    return true;
}

void usctp__tune_window(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;
    uint32_t cap = usctp__tune_window_cap(usctp__params(assoc));
    uint64_t taken;

    if (rx->window >= cap) {
        return;
    }
    if (rx->tune.begin_ts == 0) {
        begin_round(assoc);
        return;
    }
    if (!round_over(assoc)) {
        return;
    }
    taken = usctp__time_sub(rx->received_bytes - rx->held_bytes, rx->tune.taken);
    if (2 * taken > rx->window && !memory_short(assoc->core)) {
        rx->window = (uint32_t)USCTP__MIN(2 * taken, cap);
    }
    begin_round(assoc);
}

uint32_t usctp__tune_window_now(const struct usctp_assoc *assoc)
{
    uint32_t least = usctp__params(assoc)->receive_window;

    if (USCTP__UNLIKELY(assoc->rx.window > least && memory_short(assoc->core))) {
        return least;
    }
    return assoc->rx.window;
}

/* --- The send buffer --- */

uint32_t usctp__tune_send_buffer(const struct usctp_assoc *assoc)
{
    const struct usctp_params *params = usctp__params(assoc);
    uint32_t cap = usctp__tune_send_cap(params);
    uint64_t want;

    if (cap <= params->send_buffer || assoc->paths.data == NULL || memory_short(assoc->core)) {
        return params->send_buffer;
    }
    /* One window is in flight, another one waits to follow it, and what was sent in the two round
     * trips that it takes to send something again is there too. */
    want = 4 * (uint64_t)assoc->paths.data->cc.cwnd;
    want = USCTP__MAX(want, params->send_buffer);
    return (uint32_t)USCTP__MIN(want, cap);
}
