/* SPDX-License-Identifier: BSD-3-Clause */
/* The public verbs of associations. */
#include <string.h>

#include "core/assoc.h"
#include "core/ext.h"
#include "core/error.h"
#include "core/shutdown.h"
#include "core/stream_out.h"
#include "stack/params.h"
#include "stack/sized.h"
#include "stack/stack.h"
#include "wire/cause.h"

enum {
    /* Parameters that are settled when an association begins. */
    FIXED_FLAGS = USCTP_PARAM_NO_ADDRESS_TYPES | USCTP_PARAM_NO_ADDRESS_LIST
};

enum usctp_assoc_state usctp_assoc_state(const usctp_assoc *assoc)
{
    return assoc != NULL ? (enum usctp_assoc_state)assoc->state : USCTP_STATE_CLOSED;
}

uint32_t usctp_assoc_id(const usctp_assoc *assoc)
{
    return assoc != NULL ? assoc->id : 0;
}

usctp_endpoint *usctp_assoc_endpoint(const usctp_assoc *assoc)
{
    return assoc != NULL ? assoc->endpoint : NULL;
}

void *usctp_assoc_user(const usctp_assoc *assoc)
{
    return assoc != NULL ? assoc->user : NULL;
}

void usctp_assoc_set_user(usctp_assoc *assoc, void *user)
{
    if (assoc != NULL) {
        assoc->user = user;
    }
}

/* --- Sending ---------------------------------------------------------------------------------- */

int usctp_assoc_send(usctp_assoc *assoc, const struct usctp_send_info *theirs,
                     const struct usctp_iov *iov, size_t iov_cnt)
{
    struct usctp_send_info info;
    struct usctp__core *core;
    int error;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    if (theirs != NULL) {
        memset(&info, 0, sizeof(info));
        error = usctp__sized_in(&info, sizeof(info), theirs, sizeof(struct usctp_send_info));
        if (error != USCTP_OK) {
            return error;
        }
    }
    core = assoc->core;
    usctp__core_enter(core);
    error = usctp__tx_send(assoc, theirs != NULL ? &info : NULL, iov, iov_cnt);
    usctp__core_leave(core);
    return error;
}

void usctp_assoc_cork(usctp_assoc *assoc)
{
    if (assoc != NULL && assoc->cork_cnt < UINT16_MAX) {
        assoc->cork_cnt++;
    }
}

void usctp_assoc_uncork(usctp_assoc *assoc)
{
    struct usctp__core *core;

    if (assoc == NULL || assoc->cork_cnt == 0 || --assoc->cork_cnt > 0) {
        return;
    }
    core = assoc->core;
    usctp__core_enter(core);
    usctp__assoc_touch(assoc);
    usctp__core_leave(core);
}

size_t usctp_assoc_buffered(const usctp_assoc *assoc)
{
    return assoc != NULL ? assoc->tx.buffered : 0;
}

size_t usctp_stream_buffered(const usctp_assoc *assoc, uint16_t stream)
{
    return assoc != NULL ? usctp__stream_out_buffered(assoc, stream) : 0;
}

static uint32_t low_water_of(size_t len)
{
    return len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

int usctp_assoc_set_low_water(usctp_assoc *assoc, size_t len)
{
    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    assoc->tx.low_water = low_water_of(len);
    assoc->tx.low_water_set = true;
    assoc->tx.low_water_armed = assoc->tx.buffered > assoc->tx.low_water;
    return USCTP_OK;
}

int usctp_stream_set_low_water(usctp_assoc *assoc, uint16_t stream, size_t len)
{
    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    if (stream >= assoc->out_streams) {
        return USCTP_ENOENT;
    }
    return usctp__stream_out_set_low_water(assoc, stream, len);
}

/* --- Schedulers ------------------------------------------------------------------------------- */

int usctp_stream_set_value(usctp_assoc *assoc, uint16_t stream, uint16_t value)
{
    return assoc != NULL ? usctp__tx_set_value(assoc, stream, value) : USCTP_EINVAL;
}

uint16_t usctp_stream_value(const usctp_assoc *assoc, uint16_t stream)
{
    return assoc != NULL ? usctp__sched_value(&assoc->tx.outq, stream) : 0;
}

int usctp_assoc_set_scheduler(usctp_assoc *assoc, const struct usctp_scheduler *theirs, void *ctx)
{
    struct usctp_scheduler ops = USCTP_SCHEDULER_INIT;
    int error;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    if (assoc->ended) {
        return USCTP_ESTATE;
    }
    if (theirs == NULL) {
        return usctp__tx_set_scheduler(assoc, NULL, NULL);
    }
    error = usctp__sized_in(&ops, sizeof(ops), theirs, sizeof(ops));
    if (error != USCTP_OK) {
        return error;
    }
    if (ops.push == NULL || ops.pop == NULL || ops.pick == NULL || ops.reserved != 0 ||
        (ops.flags & ~(uint32_t)USCTP_SCHEDULER_BY_PACKET) != 0) {
        return USCTP_EINVAL;
    }
    return usctp__tx_set_scheduler(assoc, &ops, ctx);
}

/* --- Ending ----------------------------------------------------------------------------------- */

int usctp_assoc_close(usctp_assoc *assoc)
{
    struct usctp__core *core;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    if (assoc->ended || assoc->tx.outq.open != NULL) {
        return USCTP_ESTATE;
    }
    core = assoc->core;
    usctp__core_enter(core);
    usctp__shutdown_start(assoc);
    usctp__core_leave(core);
    return USCTP_OK;
}

/* The longest reason that fits the ABORT of a packet. */
static size_t max_reason_len(const struct usctp_assoc *assoc)
{
    const struct usctp__path *path =
        assoc->paths.data != NULL ? assoc->paths.data : assoc->paths.primary;
    size_t packet_len = path != NULL ? path->max_packet : usctp__params(assoc)->max_packet;
    size_t len =
        packet_len - USCTP__PACKET_HEADER_LEN - USCTP__CHUNK_HEADER_LEN - USCTP__CAUSE_HEADER_LEN;

    return USCTP__MIN(len, USCTP__CAUSE_MAX_QUOTE_LEN);
}

int usctp_assoc_abort(usctp_assoc *assoc, const void *reason, size_t reason_len)
{
    struct usctp__core *core;

    if (assoc == NULL || (reason == NULL && reason_len > 0)) {
        return USCTP_EINVAL;
    }
    if (assoc->ended) {
        return USCTP_ESTATE;
    }
    if (reason_len > max_reason_len(assoc)) {
        return USCTP_EMSGSIZE;
    }
    core = assoc->core;
    usctp__core_enter(core);
    usctp__abort_user(assoc, reason, reason_len);
    usctp__core_leave(core);
    return USCTP_OK;
}

void usctp_assoc_free(usctp_assoc *assoc)
{
    struct usctp__core *core;

    if (assoc == NULL || assoc->freed) {
        return;
    }
    core = assoc->core;
    usctp__core_enter(core);
    usctp__assoc_free(assoc, true);
    usctp__core_leave(core);
}

/* --- Parameters and delivery ------------------------------------------------------------------ */

void usctp_assoc_params(const usctp_assoc *assoc, struct usctp_params *params)
{
    if (assoc != NULL) {
        (void)usctp__sized_out(params, usctp__params(assoc), sizeof(*usctp__params(assoc)),
                               sizeof(struct usctp_params));
    }
}

uint32_t usctp_assoc_extensions(const usctp_assoc *assoc)
{
    return assoc != NULL ? assoc->extensions & USCTP__EXT_ALL : 0;
}

int usctp_assoc_set_params(usctp_assoc *assoc, const struct usctp_params *theirs)
{
    const struct usctp_params *present;
    struct usctp_params params;
    struct usctp__core *core;
    int error;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    present = usctp__params(assoc);
    error = usctp__params_take(&params, theirs, present);
    if (error != USCTP_OK) {
        return error;
    }
    params.out_streams = present->out_streams;
    params.max_in_streams = present->max_in_streams;
    params.cookie_life_dur = present->cookie_life_dur;
    params.extensions = present->extensions;
    params.flags = (params.flags & ~(uint32_t)FIXED_FLAGS) | (present->flags & FIXED_FLAGS);
    core = assoc->core;
    usctp__core_enter(core);
    if (!assoc->ended) {
        error = usctp__assoc_set_params(assoc, &params);
    }
    usctp__core_leave(core);
    return error;
}

void usctp_assoc_pause(usctp_assoc *assoc)
{
    if (assoc != NULL) {
        usctp__event_pause(assoc);
    }
}

void usctp_assoc_resume(usctp_assoc *assoc)
{
    struct usctp__core *core;

    if (assoc == NULL) {
        return;
    }
    core = assoc->core;
    usctp__core_enter(core);
    usctp__event_resume(assoc);
    usctp__core_leave(core);
}
