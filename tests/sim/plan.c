/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: the side that connects, and connects again. */
#include "sim/app.h"

#include <string.h>

#include "sim/fail.h"

/* Another attempt later, or the end of the plan. */
static void again(struct sim_plan *plan)
{
    struct sim_app *app = plan->from;

    if (plan->attempt_cnt < plan->max_attempts) {
        sim_clock_set(app->reg->clock, &plan->timer,
                      app->reg->clock->now_ts + app->config.retry_dur);
    } else {
        plan->finished = 1;
        plan->finish_ts = app->reg->clock->now_ts;
    }
}

static int make_endpoint(struct sim_plan *plan)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct sim_app *app = plan->from;
    int error;

    if (plan->endpoint != NULL) {
        return 0;
    }
    if (plan->simultaneous && app->endpoint != NULL) {
        plan->endpoint = app->endpoint;
        return 0;
    }
    config.port = plan->local_port;
    config.addrs = plan->local_addrs;
    config.addr_cnt = plan->local_addr_cnt;
    config.params = &plan->params;
    config.on_event = sim_app_event;
    config.accept = sim_app_accept;
    config.user = app;
    error = usctp_endpoint_new(app->host->stack, &config, &plan->endpoint);
    if (error == 0) {
        error = sim_auth_endpoint(app, plan->endpoint);
        if (error != 0) {
            usctp_endpoint_free(plan->endpoint);
        }
    }
    if (error != 0) {
        plan->endpoint = NULL;
    }
    return error;
}

/* The association is there already: the other side was faster. Take it over. */
static void take_over(struct sim_plan *plan)
{
    for (struct sim_conn *conn = plan->from->reg->conns; conn != NULL; conn = conn->next) {
        if (conn->app == plan->from && conn->plan == NULL && !sim_conn_ended(conn)) {
            conn->plan = plan;
            plan->conn = conn;
            sim_conn_look(conn);
            return;
        }
    }
    again(plan);
}

static void connect_now(struct sim_plan *plan)
{
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct sim_app *app = plan->from;
    struct sim_conn *conn;
    int error;

    plan->attempt_cnt++;
    error = make_endpoint(plan);
    if (error != 0) {
        SIM_EXPECT(error == USCTP_ENOMEM && app->reg->no_memory);
        again(plan);
        return;
    }
    conn = sim_conn_new(app, plan, &plan->out);
    connect.addrs = plan->addr_cnt > 0 ? plan->addrs : NULL;
    connect.addr_cnt = plan->addr_cnt;
    connect.port = plan->port;
    connect.lower = plan->lower;
    connect.params = &plan->params;
    connect.user = conn;
    error = usctp_endpoint_connect(plan->endpoint, &connect, &conn->assoc);
    if (error != 0) {
        conn->assoc = NULL;
        conn->phase = SIM_CONN_GONE;
        if (error == USCTP_EADDRINUSE && plan->simultaneous) {
            take_over(plan);
            return;
        }
        if (!(error == USCTP_ENOMEM && app->reg->no_memory)) {
            sim_fail("%s: connect failed: %s", app->host->config.name, usctp_strerror(error));
        }
        again(plan);
        return;
    }
    SIM_EXPECT(conn->assoc != NULL && usctp_assoc_user(conn->assoc) == conn);
    SIM_EXPECT(usctp_assoc_state(conn->assoc) == USCTP_STATE_COOKIE_WAIT);
    plan->conn = conn;
    if (plan->end >= SIM_END_ABORT) {
        sim_clock_set(app->reg->clock, &conn->end_timer, app->reg->clock->now_ts + plan->end_dur);
    }
    if (sim_rng_one_in(&conn->rng, 2)) {
        sim_conn_pump(conn); /* data may ride on COOKIE ECHO */
    }
}

static void plan_due(void *ctx, struct sim_timer *timer)
{
    struct sim_plan *plan = ctx;
    struct sim_host *host = plan->from->host;

    (void)timer;
    if (plan->conn != NULL || plan->finished) {
        return;
    }
    if (host->stack == NULL) {
        again(plan); /* switched off for now */
        plan->attempt_cnt++;
        return;
    }
    sim_host_enter(host);
    connect_now(plan);
    sim_host_leave(host);
}

void sim_plan_start(struct sim_plan *plan)
{
    memset(&plan->timer, 0, sizeof(plan->timer));
    plan->timer.fn = plan_due;
    plan->timer.ctx = plan;
    sim_clock_set(plan->from->reg->clock, &plan->timer, plan->start_ts);
}
