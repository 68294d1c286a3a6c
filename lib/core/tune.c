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

/* --- The receive window --- */

static void begin_round(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;
    const struct usctp__path *path = assoc->paths.data;
    uint64_t rtt_dur =
        path != NULL && path->rto.srtt_dur != 0 ? path->rto.srtt_dur : rx->tune.rtt_dur;

    rx->tune.begin_ts = assoc->core->now_ts;
    rx->tune.end_ts = rtt_dur != 0 ? usctp__time_add(rx->tune.begin_ts, rtt_dur) : USCTP__NEVER;
    rx->tune.edge = rx->edge;
    rx->tune.taken = rx->received_bytes - usctp__rx_held(rx);
}

void usctp__tune_begin(struct usctp_assoc *assoc)
{
    struct usctp__tune *tune = &assoc->rx.tune;

    assoc->rx.window = usctp__params(assoc)->receive_window;
    tune->begin_ts = 0;
    tune->end_ts = 0; /* so that the first packet begins a round */
    tune->rtt_dur = 0;
}

void usctp__tune_window(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__tune *tune = &rx->tune;
    uint32_t cap = usctp__tune_window_cap(usctp__params(assoc));
    uint64_t taken;

    if (rx->window >= cap) {
        tune->end_ts = USCTP__NEVER;
        tune->edge = UINT64_MAX;
        return;
    }
    if (tune->begin_ts != 0) {
        if (rx->received_bytes > tune->edge && assoc->core->now_ts < tune->end_ts) {
            /* A whole window came: the peer knew of its right edge. */
            tune->rtt_dur = USCTP__MAX(usctp__time_sub(assoc->core->now_ts, tune->begin_ts), 1);
        }
        taken = usctp__time_sub(rx->received_bytes - usctp__rx_held(rx), tune->taken);
        if (2 * taken > rx->window && !usctp__tune_memory_short(assoc->core)) {
            rx->window = (uint32_t)USCTP__MIN(2 * taken, cap);
        }
    }
    begin_round(assoc);
}

/* --- The send buffer --- */

uint32_t usctp__tune_send_buffer(const struct usctp_assoc *assoc)
{
    const struct usctp_params *params = usctp__params(assoc);
    uint32_t cap = usctp__tune_send_cap(params);
    uint64_t want;

    if (cap <= params->send_buffer || assoc->paths.data == NULL ||
        usctp__tune_memory_short(assoc->core)) {
        return params->send_buffer;
    }
    /* One window is in flight, another one waits to follow it, and what was sent in the two round
     * trips that it takes to send something again is there too. */
    want = 4 * (uint64_t)assoc->paths.data->cc.cwnd;
    want = USCTP__MAX(want, params->send_buffer);
    return (uint32_t)USCTP__MIN(want, cap);
}
