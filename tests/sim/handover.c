/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host hands its associations over to a new stack of its own, as a program that is replaced by its next version
 * does: when it is told to, it stops sending, and waits until all of them are quiet. The old stack must say
 * nothing but CLOSED, and send nothing; the associations go on where they were.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"
#include "sim/world.h"

enum { CONNS_MAX = SIM_PLANS };

/* An association on its way. */
struct carried {
    struct sim_conn *conn;
    usctp_endpoint *from; /* in the old stack; only compared */
    uint8_t *bytes;
    size_t len;
    uint16_t port;
};

/* All that live; 0: one of them cannot go now, or there is none. */
static size_t collect(struct sim_app *app, struct carried *carried)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;
    size_t cnt = 0;

    for (struct sim_conn *conn = app->reg->conns; conn != NULL; conn = conn->next) {
        if (conn->app != app) {
            continue;
        }
        if (conn->kept_cnt > 0) {
            return 0;
        }
        if (sim_conn_ended(conn)) {
            continue;
        }
        if (conn->phase != SIM_CONN_UP || conn->assoc == NULL || cnt == CONNS_MAX ||
            usctp_assoc_export_ready(conn->assoc) != 0) {
            return 0;
        }
        carried[cnt++].conn = conn;
    }
    SIM_EXPECT(usctp_stack_stats(app->host->stack, &stats) == 0);
    return stats.curr_assocs == cnt ? cnt : 0;
}

static int lowers_blocked(const struct sim_host *host)
{
    for (size_t i = 0; i < host->lower_cnt; i++) {
        if (host->lowers[i].blocked) {
            return 1;
        }
    }
    return 0;
}

static void take_out(struct sim_app *app, struct carried *carried)
{
    struct sim_conn *conn = carried->conn;
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    uint64_t sent_cnt = app->host->sent_cnt;
    size_t len = 0;

    SIM_EXPECT(!conn->blocked && conn->released_cnt == conn->adopted_cnt);
    SIM_EXPECT(usctp_assoc_stats(conn->assoc, &stats) == 0);
    carried->from = usctp_assoc_endpoint(conn->assoc);
    carried->port = stats.local_port;
    SIM_EXPECT(usctp_assoc_export(conn->assoc, NULL, 0, &carried->len) == USCTP_EMSGSIZE);
    carried->bytes = sim_zalloc(carried->len);
    app->closed_cnt = 0;
    SIM_EXPECT(usctp_assoc_export(conn->assoc, carried->bytes, carried->len, &len) == 0);
    SIM_EXPECT(len == carried->len && app->closed_cnt == 1);
    SIM_EXPECT(app->host->sent_cnt == sent_cnt);
    conn->assoc = NULL;
}

/* The endpoint of a plan, at the port where its association is. */
static usctp_endpoint *plan_endpoint(struct sim_app *app, struct sim_plan *plan, uint16_t port)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;

    config.port = port;
    config.addrs = plan->local_addrs;
    config.addr_cnt = plan->local_addr_cnt;
    config.params = &plan->params;
    config.on_event = sim_app_event;
    config.accept = sim_app_accept;
    config.user = app;
    SIM_EXPECT(usctp_endpoint_new(app->host->stack, &config, &plan->endpoint) == 0);
    sim_auth_endpoint(app, plan->endpoint);
    return plan->endpoint;
}

static void take_in(struct sim_app *app, struct carried *carried, usctp_endpoint *endpoint)
{
    struct sim_conn *conn = carried->conn;
    struct test_memory *memory = &app->host->memory;
    uint64_t fail_every = memory->fail_every;
    int error =
        usctp_endpoint_import(endpoint, carried->bytes, carried->len, 0, conn, &conn->assoc);

    if (error == USCTP_ENOMEM && app->reg->no_memory) {
        memory->fail_every = 0; /* it is still in the string */
        error =
            usctp_endpoint_import(endpoint, carried->bytes, carried->len, 0, conn, &conn->assoc);
        memory->fail_every = fail_every;
    }
    if (error != 0) {
        sim_fail("%s: import failed: %s", app->host->config.name, usctp_strerror(error));
    }
    free(carried->bytes);
    if (conn->paused) {
        usctp_assoc_pause(conn->assoc);
    }
    app->reg->handover_cnt++;
}

/* A new stack in place of the old one, which is empty. */
static void replace_stack(struct sim_app *app, const struct usctp_config *config)
{
    struct sim_host *host = app->host;
    usctp_stack *old = host->stack;
    uint64_t sent_cnt = host->sent_cnt;
    int depth = host->depth;

    usctp_stack_free(old);
    SIM_EXPECT(host->sent_cnt == sent_cnt);
    host->stack = NULL;
    host->depth = 0;
    host->note_cnt = 0;
    SIM_EXPECT(sim_host_start(host, config) == 0);
    host->depth = depth;
    app->endpoint = NULL;
    for (struct sim_conn *conn = app->reg->conns; conn != NULL; conn = conn->next) {
        if (conn->app == app && conn->plan != NULL) {
            conn->plan->endpoint = NULL;
        }
    }
    if (app->config.port != 0) {
        sim_app_listen(app);
    }
}

static void move(struct sim_app *app, const struct usctp_config *config, struct carried *carried,
                 size_t cnt)
{
    struct test_memory *memory = &app->host->memory;
    usctp_endpoint *listening = app->endpoint;
    uint64_t fail_every = memory->fail_every;

    memory->fail_every = 0;
    app->leaving = 1;
    for (size_t i = 0; i < cnt; i++) {
        take_out(app, &carried[i]);
    }
    replace_stack(app, config);
    app->leaving = 0;
    for (size_t i = 0; i < cnt; i++) {
        struct sim_plan *plan = carried[i].conn->plan;
        usctp_endpoint *endpoint = app->endpoint;

        if (carried[i].from != listening) {
            SIM_EXPECT(plan != NULL);
            endpoint = plan_endpoint(app, plan, carried[i].port);
        } else if (plan != NULL) {
            plan->endpoint = endpoint;
        }
        memory->fail_every = fail_every;
        take_in(app, &carried[i], endpoint);
        memory->fail_every = 0;
    }
    memory->fail_every = fail_every;
}

/* They may send again. */
static void go_on(struct sim_app *app)
{
    for (struct sim_conn *conn = app->reg->conns; conn != NULL; conn = conn->next) {
        if (conn->app == app && conn->phase == SIM_CONN_UP && !conn->lost) {
            sim_conn_pump(conn);
            sim_conn_look(conn);
        }
    }
}

int sim_app_hand_over(struct sim_app *app, const struct usctp_config *config)
{
    struct carried carried[CONNS_MAX];
    struct sim_host *host = app->host;
    size_t cnt;

    if (!app->moving || app->in_event || host->depth > 0 || host->stack == NULL ||
        lowers_blocked(host)) {
        return 0;
    }
    memset(carried, 0, sizeof(carried));
    cnt = collect(app, carried);
    if (cnt == 0) {
        return 0;
    }
    app->moving = 0;
    sim_host_enter(host);
    move(app, config, carried, cnt);
    go_on(app);
    sim_host_leave(host);
    return 1;
}

void sim_app_stay(struct sim_app *app)
{
    if (app->moving) {
        app->moving = 0;
        if (app->host->stack != NULL) {
            sim_host_enter(app->host);
            go_on(app);
            sim_host_leave(app->host);
        }
    }
}
