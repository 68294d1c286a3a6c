/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of interleaved messages and of stream schedulers (RFC 8260, 4.3). */
#include <errno.h>
#include <stddef.h>

#include "socket/opt.h"
#include "socket/table.h"

enum { WHOLLY_INTERLEAVED = 2 }; /* SCTP_FRAGMENT_INTERLEAVE */

/* --- SCTP_INTERLEAVING_SUPPORTED (RFC 8260, 4.3.1) --------------------------------------------- */

static int get_interleaving(struct usctp__opt_call *call)
{
    return usctp__opt_get_extension(call, USCTP_EXT_INTERLEAVING);
}

static int set_interleaving(struct usctp__opt_call *call)
{
    bool on = call->value->value.assoc_value != 0;

    /* RFC 8260, 2.2.1: only a program that takes parts of several messages side by side may ask. */
    if (call->peer == NULL && on &&
        (call->sock->opts.interleave < WHOLLY_INTERLEAVED ||
         (call->sock->host->params.extensions & USCTP_EXT_INTERLEAVING) == 0)) {
        return -EPERM; /* or the setting intl_enable is off (Linux) */
    }
    return usctp__opt_set_extension(call, on, USCTP_EXT_INTERLEAVING, 0);
}

/* --- SCTP_STREAM_SCHEDULER (RFC 8260, 4.3.2) --------------------------------------------------- */

/* Our schedulers by the numbers of sockets; the first one of a number is what it sets. */
static const struct {
    uint32_t value, scheduler;
} schedulers[] = {
    {SCTP_SS_FCFS, USCTP_SCHED_FIRST_COME},
    {SCTP_SS_DEFAULT, USCTP_SCHED_DEFAULT},
    {SCTP_SS_PRIO, USCTP_SCHED_PRIORITY},
    {SCTP_SS_RR, USCTP_SCHED_ROUND_ROBIN},
    {SCTP_SS_RR_PKT, USCTP_SCHED_ROUND_ROBIN_PACKET},
    {SCTP_SS_FC, USCTP_SCHED_FAIR},
    {SCTP_SS_WFQ, USCTP_SCHED_WEIGHTED},
};
enum { SCHEDULER_CNT = sizeof(schedulers) / sizeof(schedulers[0]) };

static int get_scheduler(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    for (size_t i = 0; i < SCHEDULER_CNT; i++) {
        if (schedulers[i].scheduler == params.scheduler) {
            call->value->value.assoc_value = schedulers[i].value;
        }
    }
    return 0;
}

static int set_scheduler(struct usctp__opt_call *call)
{
    struct usctp_params params = usctp__opt_params(call);

    for (size_t i = 0; i < SCHEDULER_CNT; i++) {
        if (schedulers[i].value == call->value->value.assoc_value) {
            params.scheduler = schedulers[i].scheduler;
            return usctp__opt_set_params(call, &params);
        }
    }
    return -EINVAL;
}

/* --- SCTP_STREAM_SCHEDULER_VALUE (RFC 8260, 4.3.3) --------------------------------------------- */

static int get_stream_value(struct usctp__opt_call *call)
{
    struct sctp_stream_value *value = &call->value->stream_value;
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

    if (call->peer->assoc == NULL || usctp_assoc_stats(call->peer->assoc, &stats) != 0 ||
        value->stream_id >= stats.out_streams) {
        return -EINVAL;
    }
    value->stream_value = usctp_stream_value(call->peer->assoc, value->stream_id);
    return 0;
}

static int set_stream_value(struct usctp__opt_call *call)
{
    const struct sctp_stream_value *value = &call->value->stream_value;
    int err;

    if (call->peer == NULL) {
        return 0; /* of SCTP_ALL_ASSOC, the socket's part: there is none */
    }
    if (call->peer->assoc == NULL) {
        return -EINVAL;
    }
    err = usctp_stream_set_value(call->peer->assoc, value->stream_id, value->stream_value);
    return err == USCTP_ENOENT ? -EINVAL : -usctp__errno(err);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum { SOCK = USCTP__OPT_SOCK, ASSOC = USCTP__OPT_ASSOC, ALL = USCTP__OPT_ALL };

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_INTERLEAVING_SUPPORTED, SOCK | ASSOC, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_interleaving, set_interleaving},
    {IPPROTO_SCTP, SCTP_STREAM_SCHEDULER, SOCK | ASSOC | ALL, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_scheduler, set_scheduler},
    {IPPROTO_SCTP, SCTP_STREAM_SCHEDULER_VALUE, ASSOC | ALL,
     offsetof(struct sctp_stream_value, assoc_id), sizeof(struct sctp_stream_value),
     sizeof(struct sctp_stream_value), get_stream_value, set_stream_value},
};

const struct usctp__opt_family usctp__opts_stream = {rows, sizeof(rows) / sizeof(rows[0])};
