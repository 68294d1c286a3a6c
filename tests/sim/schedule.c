/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams whose weights and priorities change while messages wait (RFC 8260), and associations that get another
 * scheduler, the library's or the application's. All of it follows from the seed, and moves nothing else. */
#include <stdlib.h>

#include "sim/app.h"
#include "sim/fail.h"

/* --- A scheduler of the application: the stream that got a message last goes first -------------- */

struct ours {
    uint64_t waiting;   /* messages pushed and not popped */
    uint64_t len;       /* bytes told with them, less those sent; those of messages given up too */
    uint16_t sent_of;   /* the stream of the packet at hand, by packets */
    int any_sent;       /* there is one */
    uint16_t last;      /* stream pushed to last */
    const int *packets; /* it goes by packets */
};

static const int by_packets = 1, by_chunks = 0;

static void *ours_begin(void *ctx)
{
    struct ours *ours = calloc(1, sizeof(*ours));

    SIM_EXPECT(ours != NULL);
    ours->packets = ctx;
    return ours;
}

static void ours_push(void *state, uint16_t stream, size_t len)
{
    struct ours *ours = state;

    SIM_EXPECT(len > 0);
    ours->waiting++;
    ours->len += len;
    ours->last = stream;
}

static void ours_pop(void *state, uint16_t stream)
{
    struct ours *ours = state;

    (void)stream;
    SIM_EXPECT(ours->waiting > 0);
    ours->waiting--;
}

static void ours_sent(void *state, uint16_t stream, size_t len)
{
    struct ours *ours = state;

    SIM_EXPECT(ours->waiting > 0 && len <= ours->len);
    SIM_EXPECT(!*ours->packets || !ours->any_sent || ours->sent_of == stream);
    ours->len -= len;
    ours->sent_of = stream;
    ours->any_sent = 1;
}

static int32_t ours_pick(void *state)
{
    const struct ours *ours = state;

    SIM_EXPECT(ours->waiting > 0);
    return ours->last;
}

static void ours_packet(void *state)
{
    ((struct ours *)state)->any_sent = 0;
}

static int use_ours(struct sim_conn *conn, struct sim_rng *rng)
{
    struct usctp_scheduler ops = USCTP_SCHEDULER_INIT;
    int packets = sim_rng_one_in(rng, 2);

    ops.flags = packets ? USCTP_SCHEDULER_BY_PACKET : 0;
    ops.begin = ours_begin;
    ops.end = free;
    ops.push = ours_push;
    ops.pop = ours_pop;
    ops.sent = ours_sent;
    ops.pick = ours_pick;
    ops.packet = ours_packet;
    return usctp_assoc_set_scheduler(conn->assoc, &ops,
                                     (void *)(uintptr_t)(packets ? &by_packets : &by_chunks));
}

/* --- All of it ---------------------------------------------------------------------------------- */

static int use_theirs(struct sim_conn *conn, uint32_t scheduler)
{
    struct usctp_params params;
    int error;

    params.size = sizeof(params);
    usctp_assoc_params(conn->assoc, &params);
    params.scheduler = scheduler;
    error = usctp_assoc_set_params(conn->assoc, &params);
    return error != 0 ? error : usctp_assoc_set_scheduler(conn->assoc, NULL, NULL);
}

static void change_scheduler(struct sim_conn *conn, struct sim_rng *rng)
{
    uint32_t scheduler = (uint32_t)sim_rng_range(rng, 0, USCTP_SCHED_WEIGHTED + 1);
    int error =
        scheduler > USCTP_SCHED_WEIGHTED ? use_ours(conn, rng) : use_theirs(conn, scheduler);

    SIM_EXPECT(error == 0 || (error == USCTP_ENOMEM && conn->app->reg->no_memory) ||
               usctp_assoc_state(conn->assoc) == USCTP_STATE_CLOSED);
}

void sim_conn_schedule(struct sim_conn *conn, uint32_t number)
{
    const struct sim_traffic *traffic = conn->traffic;
    struct sim_rng rng;

    if (traffic->schedule_ppm == 0) {
        return;
    }
    sim_rng_init(&rng, sim_mix(conn->out->key + 3, number));
    if (!sim_rng_chance(&rng, traffic->schedule_ppm)) {
        return;
    }
    if (sim_rng_one_in(&rng, 8)) {
        change_scheduler(conn, &rng);
    } else {
        uint16_t stream = (uint16_t)sim_rng_below(&rng, traffic->stream_cnt);
        uint16_t value = (uint16_t)sim_rng_log(&rng, 1, 65535);
        int error = usctp_stream_set_value(conn->assoc, stream, value);

        SIM_EXPECT(error == 0 || (error == USCTP_ENOMEM && conn->app->reg->no_memory) ||
                   (error == USCTP_ENOENT && (conn->app->reg->lenient || !conn->was_up)) ||
                   usctp_assoc_state(conn->assoc) == USCTP_STATE_CLOSED);
    }
}
