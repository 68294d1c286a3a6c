/* SPDX-License-Identifier: BSD-3-Clause */
/* Applications: how associations end, on our side. */
#include "sim/app.h"

#include "sim/fail.h"

void sim_plan_finish(struct sim_conn *conn, int reached)
{
    struct sim_plan *plan = conn->plan;

    if (plan == NULL || plan->conn != conn || plan->finished) {
        return;
    }
    plan->conn = NULL;
    if (!reached && plan->attempt_cnt < plan->max_attempts && plan->to != NULL) {
        sim_clock_set(conn->app->reg->clock, &plan->timer,
                      conn->app->reg->clock->now_ts + conn->app->config.retry_dur);
        return;
    }
    plan->finished = 1;
    plan->reached = reached;
    plan->excused = conn->excused;
    plan->finish_ts = conn->app->reg->clock->now_ts;
}

void sim_conn_check_released(const struct sim_conn *conn)
{
    if (conn->released_cnt != conn->adopted_cnt) {
        sim_fail("%s: %u of %u adopted messages released at the end", conn->app->host->config.name,
                 (unsigned)conn->released_cnt, (unsigned)conn->adopted_cnt);
    }
}

/* What was on its way to one who was lost may have gone with it: what it had not delivered, it may have
 * acknowledged. */
static void lose_incoming(struct sim_conn *conn)
{
    struct sim_conn *peer = sim_conn_peer(conn);

    if (conn->in != NULL) {
        sim_ledger_lose(conn->in);
    } else if (peer != NULL && peer->out->receiver == NULL) {
        sim_ledger_lose(peer->out);
    }
}

/* The handle is gone. */
void sim_conn_end(struct sim_conn *conn, int phase)
{
    struct sim_clock *clock = conn->app->reg->clock;

    if (conn->lost || phase == SIM_CONN_GONE) {
        lose_incoming(conn);
    }

    conn->phase = phase;
    conn->assoc = NULL;
    sim_clock_cancel(clock, &conn->send_timer);
    sim_clock_cancel(clock, &conn->end_timer);
    if (conn->kept_cnt == 0) {
        sim_clock_cancel(clock, &conn->read_timer);
    }
}

void sim_conn_drop(struct sim_conn *conn)
{
    usctp_assoc *assoc = conn->assoc;

    if (sim_conn_ended(conn)) {
        return;
    }
    sim_host_enter(conn->app->host);
    sim_conn_end(conn, SIM_CONN_GONE);
    if (assoc != NULL) {
        usctp_assoc_free(assoc);
        sim_conn_check_released(conn);
    }
    sim_host_leave(conn->app->host);
    sim_plan_finish(conn, 1);
}

void sim_app_gone(struct sim_app *app)
{
    app->endpoint = NULL;
    app->moving = 0;
    for (struct sim_conn *conn = app->reg->conns; conn != NULL; conn = conn->next) {
        if (conn->app == app) {
            sim_conn_drop_kept(conn);
        }
        if (conn->app == app && !sim_conn_ended(conn)) {
            sim_conn_end(conn, SIM_CONN_GONE);
            sim_plan_finish(conn, 0);
        }
        if (conn->app == app && conn->plan != NULL) {
            conn->plan->endpoint = NULL;
        }
    }
}

static void close_conn(struct sim_conn *conn)
{
    int error;

    if (conn->phase != SIM_CONN_UP || conn->closing) {
        return;
    }
    if (conn->corked) {
        usctp_assoc_uncork(conn->assoc);
        conn->corked = 0;
    }
    conn->closing = 1;
    conn->close_ts = conn->app->reg->clock->now_ts;
    error = usctp_assoc_close(conn->assoc);
    /* Out of memory it has ended before it can say so, where its events wait. */
    if (error != 0 && !(error == USCTP_ESTATE && conn->app->reg->no_memory)) {
        sim_fail("%s: close failed: %s", conn->app->host->config.name, usctp_strerror(error));
    }
    /* Again: no effect, whatever came of the first. */
    if (conn->assoc != NULL && sim_rng_one_in(&conn->rng, 8)) {
        SIM_EXPECT(usctp_assoc_close(conn->assoc) == 0);
    }
}

static void abort_conn(struct sim_conn *conn)
{
    static const char reason[] = "enough";

    if (conn->phase == SIM_CONN_OPENING || conn->phase == SIM_CONN_UP) {
        conn->aborted = 1;
        SIM_EXPECT(usctp_assoc_abort(conn->assoc, reason, sizeof(reason) - 1) == 0);
    }
}

static void free_endpoint(struct sim_conn *conn)
{
    usctp_endpoint *endpoint = conn->plan->endpoint;

    sim_conn_end(conn, SIM_CONN_GONE);
    conn->plan->endpoint = NULL;
    usctp_endpoint_free(endpoint);
    sim_conn_check_released(conn);
    sim_plan_finish(conn, 1);
}

void sim_conn_end_due(void *ctx, struct sim_timer *timer)
{
    struct sim_conn *conn = ctx;
    struct sim_host *host = conn->app->host;
    int end = conn->plan != NULL ? conn->plan->end : SIM_END_CLOSE_ALL;

    (void)timer;
    sim_host_enter(host);
    if (sim_conn_ended(conn)) {
        /* Nothing is left to end. */
    } else if (end == SIM_END_ABORT) {
        abort_conn(conn);
    } else if (end == SIM_END_FREE) {
        sim_conn_drop(conn);
    } else if (end == SIM_END_FREE_ENDPOINT) {
        free_endpoint(conn);
    } else {
        close_conn(conn);
    }
    sim_host_leave(host);
}

/* All that either side wanted to say has been said and heard. */
static int all_said(struct sim_conn *conn, struct sim_conn *peer)
{
    return sim_conn_sent_all(conn) && sim_conn_sent_all(peer) &&
           sim_ledger_complete(conn->out, peer->second_life) &&
           sim_ledger_complete(peer->out, conn->second_life);
}

void sim_conn_look(struct sim_conn *conn)
{
    struct sim_conn *peer = sim_conn_peer(conn);
    struct sim_conn *first = conn->plan != NULL || peer == NULL ? conn : peer;
    struct sim_clock *clock = conn->app->reg->clock;
    int end;

    if (first->plan == NULL || first->phase != SIM_CONN_UP) {
        return;
    }
    end = first->plan->end;
    if (end == SIM_END_CLOSE_SENT && sim_conn_sent_all(first)) {
        sim_clock_set(clock, &first->end_timer, clock->now_ts);
    }
    peer = sim_conn_peer(first);
    if (peer == NULL || peer->phase != SIM_CONN_UP || !all_said(first, peer)) {
        return;
    }
    if (end == SIM_END_CLOSE_ALL || end == SIM_END_CLOSE_BOTH) {
        sim_clock_set(clock, &first->end_timer, clock->now_ts);
    }
    if (end == SIM_END_CLOSE_PEER || end == SIM_END_CLOSE_BOTH) {
        sim_clock_set(clock, &peer->end_timer, clock->now_ts);
    }
}
