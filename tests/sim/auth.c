/* SPDX-License-Identifier: BSD-3-Clause */
/* Authentication in worlds (RFC 4895): what an endpoint demands, shared keys, which one a message goes
 * under. All of it follows from the seed. */
#include <string.h>

#include "sim/app.h"
#include "sim/fail.h"

enum { KEY_CNT = 3 /* shared keys, with ids from 1 on; key 0 is empty */ };

/* Chunks that can be demanded without making restarts, or the end of a peer, go unnoticed. */
static const uint8_t demandable[] = {0, 3, 4, 5, 7, 8, 9, 11, 64, 192, 194};

static void draw_demands(const struct sim_app *app, usctp_endpoint *endpoint, struct sim_rng *rng)
{
    for (size_t i = 0; i < sizeof(demandable); i++) {
        if (sim_rng_one_in(rng, 3)) {
            SIM_EXPECT(usctp_endpoint_demand_auth(endpoint, demandable[i]) == 0);
        }
    }
    if (!app->reg->may_lose && sim_rng_one_in(rng, 3)) {
        SIM_EXPECT(usctp_endpoint_demand_auth(endpoint, 10) == 0);
    }
    SIM_EXPECT(usctp_endpoint_demand_auth(endpoint, 14) == USCTP_EINVAL);
}

/* 0, or USCTP_ENOMEM where that may be. */
static int check(const struct sim_app *app, int error)
{
    SIM_EXPECT(error == 0 || (error == USCTP_ENOMEM && app->reg->no_memory));
    return error;
}

int sim_auth_endpoint(const struct sim_app *app, usctp_endpoint *endpoint)
{
    static const uint16_t hmacs[] = {USCTP_HMAC_SHA1, USCTP_HMAC_SHA256};
    struct sim_rng rng;

    if (!app->reg->auth) {
        return 0;
    }
    sim_rng_init(&rng, sim_mix(app->reg->seed, 0x61757468)); /* the same on both sides */
    for (uint16_t id = 1; id <= KEY_CNT; id++) {
        uint8_t secret[200];
        size_t len = (size_t)sim_rng_below(&rng, sizeof(secret));

        for (size_t i = 0; i < sizeof(secret); i++) {
            secret[i] = (uint8_t)sim_rng_below(&rng, 256);
        }
        if (check(app, usctp_endpoint_add_key(endpoint, id, secret, len)) != 0) {
            return USCTP_ENOMEM;
        }
    }
    sim_rng_init(&rng, sim_mix(app->reg->seed, 0x617574 + app->config.port));
    draw_demands(app, endpoint, &rng);
    SIM_EXPECT(usctp_endpoint_use_key(endpoint, (uint16_t)sim_rng_below(&rng, KEY_CNT + 1)) == 0);
    if (sim_rng_one_in(&rng, 3)) {
        SIM_EXPECT(usctp_endpoint_set_hmacs(endpoint, hmacs, 1 + sim_rng_below(&rng, 2)) == 0);
    }
    return 0;
}

void sim_auth_message(const struct sim_conn *conn, uint32_t number, struct usctp_send_info *info)
{
    struct sim_rng rng;

    if (!conn->app->reg->auth) {
        return;
    }
    sim_rng_init(&rng, sim_mix(conn->out->key + 2, number));
    if (sim_rng_one_in(&rng, 8)) {
        info->flags |= USCTP_SEND_KEY;
        info->key = (uint16_t)sim_rng_below(&rng, KEY_CNT + 1);
    } else if (sim_rng_one_in(&rng, 16)) {
        /* A key change in flight; of one that is over already, and has not said so yet, there is none. */
        int error = usctp_assoc_use_key(conn->assoc, (uint16_t)sim_rng_below(&rng, KEY_CNT + 1));

        SIM_EXPECT(error == 0 ||
                   (error == USCTP_ESTATE && usctp_assoc_state(conn->assoc) == USCTP_STATE_CLOSED));
    }
}
