/* SPDX-License-Identifier: BSD-3-Clause */
/* Applications: stream reconfiguration (RFC 6525), and which messages belong before and after. */
#include "sim/app.h"

#include "sim/fail.h"

enum { LIST_MAX = 8 };

/* 1 if the receiver has seen all resets of these outgoing streams that we wanted. */
static int settled(struct sim_ledger *ledger, const uint16_t *streams, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        if (sim_ledger_generation(ledger, streams[i])->asked > 0) {
            return 0;
        }
    }
    for (uint32_t i = 0; cnt == 0 && i < ledger->stream_cnt; i++) {
        if (ledger->gens[i].asked > 0) {
            return 0;
        }
    }
    return cnt > 0 || ledger->fresh.asked == 0;
}

/* Notes before which message a reset is wanted, or (0) that it is not any more. */
static void ask(struct sim_ledger *ledger, const uint16_t *streams, size_t cnt, uint32_t asked)
{
    for (size_t i = 0; i < cnt; i++) {
        sim_ledger_generation(ledger, streams[i])->asked = asked;
    }
    if (cnt == 0) {
        for (uint32_t i = 0; i < ledger->stream_cnt; i++) {
            ledger->gens[i].asked = asked;
        }
        ledger->fresh.asked = asked;
    }
}

/* The receiver saw the reset of one. */
static void see(struct sim_generation *gen)
{
    gen->pos = gen->asked > 0 ? gen->asked - 1 : 0;
    gen->loose = gen->asked == 0;
    gen->unknown = 1;
    gen->asked = 0;
}

static void see_all(struct sim_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->stream_cnt; i++) {
        see(&ledger->gens[i]);
    }
    see(&ledger->fresh);
}

/* The association was reset: by the receiver or the sender, and what the latter asked for besides may have
 * been before it or after it. */
static void restart(struct sim_generation *gen)
{
    gen->pos = 0;
    gen->loose = 1;
    gen->unknown = 1;
}

static void restart_all(struct sim_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->stream_cnt; i++) {
        restart(&ledger->gens[i]);
    }
    restart(&ledger->fresh);
}

/* --- Asking --- */

static int may_refuse(const struct sim_conn *conn, int error)
{
    const struct sim_register *reg = conn->app->reg;

    return error == USCTP_ENOTSUP || error == USCTP_ESTATE || error == USCTP_EBUSY ||
           error == USCTP_EMSGSIZE || (error == USCTP_ENOMEM && reg->no_memory) ||
           (error == USCTP_ENOENT && reg->lenient);
}

static void reset_streams(struct sim_conn *conn, struct sim_rng *rng, uint32_t number)
{
    uint16_t streams[LIST_MAX];
    size_t cnt = (size_t)sim_rng_below(rng, LIST_MAX);
    unsigned flags = (unsigned)sim_rng_range(rng, 1, 3);
    uint16_t bound = conn->traffic->stream_cnt;
    int error;

    if ((flags & USCTP_RESET_IN) != 0) {
        bound = 1; /* all that is known to be there */
    }
    if (cnt > bound) {
        cnt = bound;
    }
    for (size_t i = 0; i < cnt; i++) {
        streams[i] = (uint16_t)i;
    }
    if ((flags & USCTP_RESET_OUT) != 0 &&
        (conn->paused || conn->out->reset_cnt != conn->out->seen_cnt ||
         !settled(conn->out, streams, cnt))) {
        return; /* else it could not be told which of them the receiver sees: one that the peer asked for may
                 * wait among our events */
    }
    error = usctp_assoc_reset_streams(conn->assoc, flags, streams, cnt);
    if (error != 0) {
        SIM_EXPECT(may_refuse(conn, error));
        return;
    }
    conn->asked_out |= (flags & USCTP_RESET_OUT) != 0;
    conn->asked_in |= (flags & USCTP_RESET_IN) != 0;
    if ((flags & USCTP_RESET_OUT) != 0) {
        ask(conn->out, streams, cnt, number + 1);
    }
}

void sim_conn_reconfigure(struct sim_conn *conn, uint32_t number)
{
    struct sim_rng rng;
    int error = 0;

    if (conn->traffic->reset_ppm == 0) {
        return;
    }
    sim_rng_init(&rng, sim_mix(conn->out->key + 2, number));
    if (!sim_rng_chance(&rng, conn->traffic->reset_ppm)) {
        return;
    }
    switch (sim_rng_below(&rng, 8)) {
    case 0:
        error = usctp_assoc_reset(conn->assoc);
        conn->asked_all = conn->asked_all || error == 0;
        break;
    case 1:
        error = usctp_assoc_add_streams(conn->assoc, (uint16_t)sim_rng_below(&rng, 4),
                                        (uint16_t)sim_rng_range(&rng, 1, 3));
        conn->asked_add = conn->asked_add || error == 0;
        break;
    default:
        reset_streams(conn, &rng, number);
        break;
    }
    if (error != 0) {
        SIM_EXPECT(may_refuse(conn, error));
    }
}

/* --- Events --- */

/* What the peer sends; NULL: it cannot be told. */
static struct sim_ledger *incoming(struct sim_conn *conn)
{
    const struct sim_conn *peer;

    if (conn->in != NULL) {
        return conn->in;
    }
    peer = conn->second_life || conn->restarted ? NULL : sim_conn_peer(conn);
    if (peer == NULL || peer->restarted) {
        conn->resets_unknown = 1;
        return NULL;
    }
    return peer->out;
}

static void count(uint64_t *cnts, int result)
{
    SIM_EXPECT(result >= USCTP_RECONF_DONE && result <= USCTP_RECONF_FAILED);
    cnts[result]++;
}

void sim_conn_streams_reset(struct sim_conn *conn, const struct usctp_event *event)
{
    const uint16_t *streams = event->u.streams_reset.streams;
    size_t cnt = event->u.streams_reset.stream_cnt;
    int done = event->u.streams_reset.result == USCTP_RECONF_DONE;
    unsigned flags = event->u.streams_reset.flags;
    struct sim_ledger *ledger;

    SIM_EXPECT(!conn->paused || conn->app->reg->lenient);
    SIM_EXPECT(flags != 0 && (flags & ~(unsigned)(USCTP_RESET_OUT | USCTP_RESET_IN)) == 0);
    count(conn->app->reg->reset_cnts, event->u.streams_reset.result);
    conn->app->reg->progress_ts = conn->app->reg->clock->now_ts;
    if ((flags & USCTP_RESET_OUT) != 0) {
        SIM_EXPECT(done || conn->asked_out);
        conn->out->reset_cnt += done;
        if (!done) {
            ask(conn->out, streams, cnt, 0);
        }
    }
    if ((flags & USCTP_RESET_IN) == 0) {
        return;
    }
    SIM_EXPECT(done || conn->asked_in);
    if (!done || conn->app->reg->lenient) {
        return;
    }
    ledger = incoming(conn);
    if (ledger == NULL) {
        return;
    }
    ledger->seen_cnt++;
    for (size_t i = 0; i < cnt; i++) {
        see(sim_ledger_generation(ledger, streams[i]));
    }
    if (cnt == 0) {
        see_all(ledger);
    }
}

void sim_conn_assoc_reset(struct sim_conn *conn, const struct usctp_event *event)
{
    struct sim_ledger *ledger;

    SIM_EXPECT(!conn->paused || conn->app->reg->lenient);
    count(conn->app->reg->assoc_reset_cnts, event->u.assoc_reset.result);
    SIM_EXPECT(event->u.assoc_reset.result == USCTP_RECONF_DONE || conn->asked_all);
    if (event->u.assoc_reset.result == USCTP_RECONF_DONE && !conn->app->reg->lenient) {
        conn->out->reset_cnt++;
        ledger = incoming(conn);
        if (ledger != NULL) {
            ledger->seen_cnt++;
            restart_all(ledger);
        }
    }
}

void sim_conn_streams_added(struct sim_conn *conn, const struct usctp_event *event)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

    count(conn->app->reg->add_cnts, event->u.streams_added.result);
    SIM_EXPECT(event->u.streams_added.result == USCTP_RECONF_DONE || conn->asked_add);
    SIM_EXPECT((event->u.streams_added.result == USCTP_RECONF_DONE) ==
               (event->u.streams_added.added_out + event->u.streams_added.added_in > 0));
    SIM_EXPECT(usctp_assoc_stats(conn->assoc, &stats) == 0);
    SIM_EXPECT(event->u.streams_added.out_streams <= stats.out_streams || conn->restarted ||
               stats.remote_tag != conn->remote_tag || conn->app->reg->lenient);
}
