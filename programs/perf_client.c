/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-perf: the side that sends. */
#include "perf.h"

#include <stdlib.h>
#include <string.h>

#include "common/numbers.h"
#include "common/report.h"

/* How long shutting down may take before what is left is aborted. */
#define DRAIN_DUR USCTP_SEC(10)

/* --- One association -------------------------------------------------------------------------- */

bool perf_conn_start(struct perf_conn *conn)
{
    struct perf *perf = conn->perf;

    conn->up = false;
    conn->closing = false;
    conn->since_ts = usctp_clock_system(NULL);
    perf->started_cnt++;
    if (node_connect(&perf->node, conn->endpoint, conn, &conn->assoc)) {
        return true;
    }
    conn->assoc = NULL;
    return false;
}

void perf_conn_close(struct perf_conn *conn)
{
    if (conn->assoc != NULL && !conn->closing) {
        conn->closing = true;
        usctp_assoc_close(conn->assoc);
    }
}

static void finish(struct perf_conn *conn)
{
    struct perf *perf = conn->perf;

    if (!conn->finished) {
        conn->finished = true;
        perf->living_cnt--;
        if (perf->living_cnt == 0) {
            usctp_loop_stop(perf->node.loop);
        }
    }
}

static bool more_setups(const struct perf *perf)
{
    return perf->mode == PERF_SETUP && !perf->stopping &&
           (perf->count == 0 || perf->started_cnt < perf->count);
}

/* Not from the callback that told of the end: there the old one is still in the tables. */
static void on_restart(void *user)
{
    struct perf_conn *conn = user;

    if (!more_setups(conn->perf)) {
        finish(conn);
    } else if (!perf_conn_start(conn)) {
        conn->perf->status = EXIT_FAILED;
        finish(conn);
    }
}

static void on_up(struct perf_conn *conn, const struct usctp_event *event)
{
    struct perf *perf = conn->perf;
    uint64_t now_ts = usctp_clock_system(NULL);

    conn->up = true;
    conn->stream_cnt = event->u.up.out_streams;
    if (perf->begin_ts == 0) {
        perf->begin_ts = perf->mode == PERF_SETUP ? conn->since_ts : now_ts;
    }
    if (perf->mode == PERF_SETUP) {
        perf_hist_add(&perf->totals.hist, now_ts - conn->since_ts);
        perf_conn_close(conn);
    } else if (perf->stopping) {
        perf_conn_close(conn);
    } else if (perf->mode == PERF_BULK) {
        perf_bulk_pump(conn);
    } else {
        perf_ping_send(conn);
    }
}

static void on_lost(struct perf_conn *conn, const struct usctp_event *event)
{
    struct perf *perf = conn->perf;
    char why[NODE_WHY_MAX], where[NODE_WHY_MAX];

    if (event->u.lost.reason == USCTP_LOST_LOCAL_ABORT) {
        return;
    }
    perf->totals.failed_cnt++;
    /* One clear line, not one for each of many. */
    if (perf->status == 0 || perf->net.verbose > 0) {
        report_error(conn->up ? "the association with %s was lost: %s" : "cannot connect to %s: %s",
                     node_target_text(where, &perf->net), node_lost_text(why, event));
    }
    perf->status = EXIT_FAILED;
    perf->stopping = perf->mode == PERF_SETUP ? true : perf->stopping;
}

static void on_closed(struct perf_conn *conn, const struct usctp_event *event)
{
    struct perf *perf = conn->perf;

    perf->end_ts = usctp_clock_system(NULL);
    perf_add_stats(perf, event->assoc);
    if (conn->up && conn->closing) {
        perf->totals.setup_cnt++;
    }
    conn->assoc = NULL;
    if (perf->mode == PERF_SETUP) {
        usctp_loop_at(perf->node.loop, perf->end_ts, on_restart, conn);
    } else {
        finish(conn);
    }
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct perf_conn *conn = event->assoc_user;
    struct perf *perf = user;

    switch (event->type) {
    case USCTP_EVENT_UP:
        on_up(conn, event);
        break;
    case USCTP_EVENT_WRITABLE:
    case USCTP_EVENT_DRY:
        if (perf->mode == PERF_BULK && conn->up) {
            perf_bulk_pump(conn);
        }
        break;
    case USCTP_EVENT_MESSAGE:
        perf_ping_answer(conn, event);
        break;
    case USCTP_EVENT_LOST:
        on_lost(conn, event);
        break;
    case USCTP_EVENT_CLOSED:
        on_closed(conn, event);
        break;
    default:
        if (perf->net.verbose > 0) {
            node_note_event(event);
        }
        break;
    }
}

/* --- All of them ------------------------------------------------------------------------------ */

static void on_drained(void *user)
{
    struct perf *perf = user;

    report_error("%llu associations did not shut down in time: aborted",
                 (unsigned long long)perf->living_cnt);
    perf->status = EXIT_FAILED;
    usctp_loop_stop(perf->node.loop);
}

static void on_duration(void *user)
{
    struct perf *perf = user;

    perf->stopping = true;
    usctp_loop_at(perf->node.loop, usctp_clock_system(NULL) + DRAIN_DUR, on_drained, perf);
    for (uint64_t i = 0; i < perf->parallel; i++) {
        struct perf_conn *conn = &perf->conns[i];

        if (conn->assoc == NULL) {
            finish(conn);
        } else if (conn->up) {
            perf_conn_close(conn);
        }
    }
}

static void on_timeout(void *user)
{
    struct perf *perf = user;
    char where[NODE_WHY_MAX], dur[NUMBER_TEXT_MAX];
    uint64_t waiting_cnt = 0;

    for (uint64_t i = 0; i < perf->parallel; i++) {
        waiting_cnt += !perf->conns[i].up && !perf->conns[i].finished;
    }
    if (perf->begin_ts == 0 || (perf->mode != PERF_SETUP && waiting_cnt > 0)) {
        report_error("cannot connect to %s: no answer within %s",
                     node_target_text(where, &perf->net), number_dur(dur, perf->net.timeout_dur));
        perf->status = EXIT_FAILED;
        usctp_loop_stop(perf->node.loop);
    }
}

static bool start_all(struct perf *perf)
{
    struct node_calls calls = {on_event, NULL, perf};
    uint64_t now_ts = usctp_clock_system(NULL);

    perf->living_cnt = perf->parallel;
    for (uint64_t i = 0; i < perf->parallel; i++) {
        struct perf_conn *conn = &perf->conns[i];

        conn->perf = perf;
        conn->endpoint = i == 0 ? perf->node.endpoint : node_add_endpoint(&perf->node, &calls);
        if (conn->endpoint == NULL || !perf_conn_start(conn)) {
            return false;
        }
    }
    usctp_loop_at(perf->node.loop, now_ts + perf->net.timeout_dur, on_timeout, perf);
    if (perf->duration_dur != 0) {
        usctp_loop_at(perf->node.loop, now_ts + perf->duration_dur, on_duration, perf);
    }
    perf_progress_start(perf);
    return true;
}

static bool make_data(struct perf *perf)
{
    perf->conns = calloc((size_t)perf->parallel, sizeof(*perf->conns));
    perf->data = malloc((size_t)perf->size);
    if (perf->conns == NULL || perf->data == NULL) {
        report_error("%s", usctp_strerror(USCTP_ENOMEM));
        return false;
    }
    for (uint64_t i = 0; i < perf->size; i++) {
        perf->data[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    return true;
}

int perf_run_client(struct perf *perf)
{
    struct node_calls calls = {on_event, NULL, perf};

    if (perf->mode == PERF_SETUP && perf->count != 0 && perf->count < perf->parallel) {
        perf->parallel = perf->count;
    }
    if (!make_data(perf) || !node_open(&perf->node, &perf->net, false, &calls)) {
        perf->status = EXIT_FAILED;
    } else {
        if (!start_all(perf) || !node_run(&perf->node)) {
            perf->status = EXIT_FAILED;
        } else if (perf->begin_ts != 0) {
            perf->end_ts = perf->end_ts != 0 ? perf->end_ts : usctp_clock_system(NULL);
            perf_add_all_stats(perf);
            perf_summary(perf, false);
        }
        if (!node_close(&perf->node) || !report_flush_output()) {
            perf->status = EXIT_FAILED;
        }
    }
    free(perf->conns);
    free(perf->data);
    return perf->status;
}
