/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams whose weights and priorities change while messages wait (RFC 8260), and associations that get another
 * scheduler. All of it follows from the seed, and moves nothing else. */
#include "sim/app.h"
#include "sim/fail.h"

static void change_scheduler(struct sim_conn *conn, struct sim_rng *rng)
{
    struct usctp_params params;
    int error;

    params.size = sizeof(params);
    usctp_assoc_params(conn->assoc, &params);
    params.scheduler = (uint32_t)sim_rng_range(rng, 0, USCTP_SCHED_WEIGHTED);
    error = usctp_assoc_set_params(conn->assoc, &params);
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
