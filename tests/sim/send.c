/* SPDX-License-Identifier: BSD-3-Clause */
/* Applications: sending, and getting back what was not delivered. */
#include "sim/app.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"

enum { PIECE_MAX = 4 };

/* An adopted message: the library reads `data` in place. */
struct adopted {
    struct sim_conn *conn;
    struct sim_ledger *ledger;
    uint32_t number;
    size_t piece_cnt;
    struct usctp_iov pieces[PIECE_MAX];
    uint8_t data[1]; /* really the message */
};

int sim_conn_sent_all(const struct sim_conn *conn)
{
    return conn->sent_cnt >= conn->traffic->message_cnt || conn->peer_shutdown || conn->closing ||
           conn->lost || sim_conn_ended(conn);
}

static void draw_next(struct sim_conn *conn)
{
    const struct sim_traffic *traffic = conn->traffic;

    conn->next_len = (uint32_t)sim_rng_log(&conn->rng, traffic->min_len, traffic->max_len);
    conn->next_stream = (uint16_t)sim_rng_below(&conn->rng, traffic->stream_cnt);
    conn->next_unordered = sim_rng_chance(&conn->rng, traffic->unordered_ppm);
}

/* Cuts len bytes into pieces, none of them empty. */
static size_t cut(struct sim_rng *rng, const uint8_t *data, size_t len,
                  struct usctp_iov pieces[PIECE_MAX])
{
    size_t cnt = (size_t)sim_rng_range(rng, 1, PIECE_MAX), used = 0;

    for (size_t i = 0; i < cnt; i++) {
        size_t left = len - used;
        size_t part = i + 1 == cnt ? left : (size_t)sim_rng_below(rng, left + 1);

        pieces[i].base = data + used;
        pieces[i].len = part;
        used += part;
    }
    return cnt;
}

/* RFC 9260, 11.1.5 aside, our own promise: the same pieces come back, once, before CLOSED. */
static void release(void *context, const struct usctp_iov *iov, size_t iov_cnt)
{
    struct adopted *adopted = context;
    struct sim_conn *conn = adopted->conn;
    struct sim_message *message = &adopted->ledger->messages[adopted->number];

    SIM_EXPECT(adopted->number < adopted->ledger->message_cnt);
    SIM_EXPECT(conn->phase != SIM_CONN_CLOSED);
    SIM_EXPECT((message->state & SIM_MESSAGE_ADOPTED) != 0);
    SIM_EXPECT((message->state & SIM_MESSAGE_RELEASED) == 0);
    SIM_EXPECT(iov_cnt == adopted->piece_cnt);
    SIM_EXPECT(memcmp(iov, adopted->pieces, iov_cnt * sizeof(iov[0])) == 0);
    SIM_EXPECT(sim_ledger_same(adopted->ledger, adopted->number, 0, adopted->data, message->len));
    message->state |= SIM_MESSAGE_RELEASED;
    conn->released_cnt++;
    memset(adopted->data, 0xdd, message->len);
    free(adopted);
}

/* A lifetime for message `number`, or 0. It follows from the ledger, so that it moves nothing else. */
static uint64_t draw_lifetime(const struct sim_conn *conn, uint32_t number)
{
    const struct sim_traffic *traffic = conn->traffic;
    struct sim_rng rng;

    if (traffic->mortal_ppm == 0) {
        return 0;
    }
    sim_rng_init(&rng, sim_mix(conn->out->key, number));
    return sim_rng_chance(&rng, traffic->mortal_ppm) ? sim_rng_log(&rng, 1000, traffic->life_dur)
                                                     : 0;
}

/* A policy of partial reliability for message `number`, or none; drawn as lifetimes are. */
static void draw_policy(const struct sim_conn *conn, uint32_t number, struct usctp_send_info *info)
{
    struct sim_rng rng;

    if (conn->traffic->fickle_ppm == 0) {
        return;
    }
    sim_rng_init(&rng, sim_mix(conn->out->key + 1, number));
    if (!sim_rng_chance(&rng, conn->traffic->fickle_ppm)) {
        return;
    }
    info->pr_policy =
        (uint16_t)sim_rng_below(&rng, info->lifetime_dur > 0 ? 3 : 2) + USCTP_PR_RETRANSMITS;
    if (info->pr_policy > USCTP_PR_PRIORITY) {
        info->pr_policy = USCTP_PR_TIMED;
    } else {
        info->pr_value = (uint32_t)sim_rng_below(&rng, 4);
    }
}

/* Hands the drawn message over. The contents depend on its number, so it is the next one. */
static int send_next(struct sim_conn *conn)
{
    const struct sim_traffic *traffic = conn->traffic;
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    uint32_t number = conn->out->message_cnt, len = conn->next_len;
    struct adopted *adopted = sim_zalloc(sizeof(*adopted) + len);
    int adopt = sim_rng_chance(&conn->rng, traffic->adopt_ppm);
    int error;

    sim_ledger_fill(conn->out, number, 0, adopted->data, len);
    adopted->conn = conn;
    adopted->ledger = conn->out;
    adopted->number = number;
    adopted->piece_cnt = cut(&conn->rng, adopted->data, len, adopted->pieces);
    info.stream = conn->next_stream;
    info.ppid = sim_ledger_ppid(conn->out, number);
    info.flags = conn->next_unordered ? USCTP_SEND_UNORDERED : 0;
    if (sim_rng_chance(&conn->rng, traffic->urgent_ppm)) {
        info.flags |= USCTP_SEND_SACK_IMMEDIATELY;
    }
    if (sim_rng_chance(&conn->rng, traffic->alone_ppm)) {
        info.flags |= USCTP_SEND_NO_BUNDLE;
    }
    info.lifetime_dur = draw_lifetime(conn, number);
    draw_policy(conn, number, &info);
    sim_auth_message(conn, number, &info);
    info.release = adopt ? release : NULL;
    info.context = adopted;
    /* Noted before: it may be released before the call returns. */
    (void)sim_ledger_add(conn->out, info.stream, conn->next_unordered, len);
    if (info.lifetime_dur > 0) {
        conn->out->messages[number].expiry_ts = sim_host_now(conn->app->host) + info.lifetime_dur;
    }
    if (adopt) {
        conn->out->messages[number].state |= SIM_MESSAGE_ADOPTED;
        conn->adopted_cnt++;
        conn->app->reg->adopted_cnt++;
    }
    error = usctp_assoc_send(conn->assoc, &info, adopted->pieces, adopted->piece_cnt);
    conn->sent_event = conn->app->host->event_cnt;
    if (error != 0) {
        sim_ledger_take_back(conn->out);
        conn->adopted_cnt -= (uint32_t)adopt;
    }
    if (error != 0 || !adopt) {
        memset(adopted->data, 0xdd, len);
        free(adopted);
    }
    return error;
}

/* A send that failed: is that as it may be? */
static void send_error(struct sim_conn *conn, int error)
{
    struct sim_app *app = conn->app;

    if (error == USCTP_EWOULDBLOCK) {
        SIM_EXPECT(usctp_assoc_buffered(conn->assoc) > 0);
        conn->blocked = 1;
        app->reg->blocked_cnt++;
    } else if (error == USCTP_ENOMEM && app->reg->no_memory) {
        sim_clock_set(app->reg->clock, &conn->send_timer,
                      app->reg->clock->now_ts + app->config.retry_dur);
    } else if (error == USCTP_ENOENT && app->reg->lenient) {
        conn->sent_cnt = conn->traffic->message_cnt; /* fewer streams than it wants */
    } else if (error == USCTP_ESTATE && conn->paused) {
        /* RESTARTED waits to be told: what is sent now would be for the wrong peer. */
        sim_clock_set(app->reg->clock, &conn->send_timer,
                      app->reg->clock->now_ts + app->config.retry_dur);
    } else if (error != USCTP_ESTATE || usctp_assoc_state(conn->assoc) == USCTP_STATE_ESTABLISHED) {
        sim_fail("%s: send failed: %s", app->host->config.name, usctp_strerror(error));
    }
}

static void cork(struct sim_conn *conn)
{
    if (conn->corked && conn->cork_left-- == 0) {
        usctp_assoc_uncork(conn->assoc);
        conn->corked = 0;
    } else if (!conn->corked && sim_rng_chance(&conn->rng, conn->traffic->cork_ppm)) {
        usctp_assoc_cork(conn->assoc);
        conn->corked = 1;
        conn->cork_left = (uint32_t)sim_rng_log(&conn->rng, 1, 64);
    }
}

static void uncork(struct sim_conn *conn)
{
    if (conn->corked && conn->assoc != NULL) {
        usctp_assoc_uncork(conn->assoc);
        conn->corked = 0;
    }
}

void sim_conn_pump(struct sim_conn *conn)
{
    const struct sim_traffic *traffic = conn->traffic;

    while (!conn->app->moving && !conn->blocked && conn->assoc != NULL &&
           !sim_conn_sent_all(conn) && conn->send_timer.slot == 0) {
        int error;

        sim_conn_reconfigure(conn, conn->out->message_cnt);
        sim_conn_schedule(conn, conn->out->message_cnt);
        cork(conn);
        if (conn->next_len == 0) {
            draw_next(conn);
        }
        error = send_next(conn);
        if (error != 0) {
            send_error(conn, error);
            break;
        }
        conn->next_len = 0;
        conn->sent_cnt++;
        if (traffic->burst_cnt > 0 && conn->sent_cnt % traffic->burst_cnt == 0) {
            sim_clock_set(conn->app->reg->clock, &conn->send_timer,
                          conn->app->reg->clock->now_ts +
                              sim_rng_below(&conn->rng, traffic->burst_dur + 1));
        }
    }
    uncork(conn);
}

void sim_conn_send_due(void *ctx, struct sim_timer *timer)
{
    struct sim_conn *conn = ctx;

    (void)timer;
    if (conn->assoc == NULL || conn->lost) {
        return;
    }
    sim_host_enter(conn->app->host);
    sim_conn_pump(conn);
    sim_conn_look(conn);
    sim_host_leave(conn->app->host);
}

/* RFC 9260, 11.1.5: what was not sent in its lifetime comes back, not before, and soon. */
static void take_expired(struct sim_conn *conn, struct sim_ledger *ledger, uint32_t number)
{
    const struct sim_message *message = &ledger->messages[number];
    const struct sim_host *host = conn->app->host;
    uint64_t now_ts = sim_host_now(host);

    if (message->expiry_ts == 0 || now_ts < message->expiry_ts) {
        return;
    }
    if (now_ts > message->expiry_ts + USCTP_MS(2) + host->config.slack_dur) {
        sim_fail("%s: message %u was given back %" PRIu64 " us after its lifetime",
                 host->config.name, (unsigned)number, (now_ts - message->expiry_ts) / 1000);
    }
    sim_ledger_expire(ledger, number);
    conn->app->reg->expired_cnt++;
    conn->app->reg->progress_ts = conn->app->reg->clock->now_ts;
}

/* RFC 3758, 3.5: it was given up after it was sent. */
static void take_abandoned(struct sim_conn *conn, struct sim_ledger *ledger, uint32_t number)
{
    sim_ledger_abandon(ledger, number);
    conn->app->reg->expired_cnt++;
    conn->app->reg->progress_ts = conn->app->reg->clock->now_ts;
}

/* It may have ridden on a COOKIE ECHO that came to nothing. */
static void take_withdrawn(struct sim_conn *conn, struct sim_ledger *ledger, uint32_t number)
{
    sim_ledger_withdraw(ledger, number);
    conn->app->reg->expired_cnt++;
    conn->app->reg->progress_ts = conn->app->reg->clock->now_ts;
}

/* RFC 7496, 3.2: another one took its place in the send buffer. */
static void take_outranked(struct sim_conn *conn, struct sim_ledger *ledger, uint32_t number)
{
    sim_ledger_expire(ledger, number);
    conn->app->reg->expired_cnt++;
    conn->app->reg->progress_ts = conn->app->reg->clock->now_ts;
}

/* RFC 9260, 11.2.2: the whole message comes back, once. */
void sim_conn_send_failed(struct sim_conn *conn, const struct usctp_event *event)
{
    uint32_t ppid = event->u.send_failed.info.ppid, number = sim_ppid_number(ppid);
    struct sim_register *reg = conn->app->reg;
    struct sim_ledger *ledger;
    struct sim_message *message;
    size_t at = 0;

    SIM_EXPECT(sim_ppid_ledger(ppid) < reg->ledger_cnt);
    ledger = reg->ledgers[sim_ppid_ledger(ppid)];
    SIM_EXPECT(number < ledger->message_cnt);
    message = &ledger->messages[number];
    if (message->state & SIM_MESSAGE_FAILED) {
        sim_fail("%s: message %u failed twice", conn->app->host->config.name, (unsigned)number);
    }
    SIM_EXPECT(event->u.send_failed.len == message->len);
    SIM_EXPECT(event->u.send_failed.info.stream == message->stream);
    SIM_EXPECT((message->state & SIM_MESSAGE_RELEASED) == 0);
    for (size_t i = 0; i < event->u.send_failed.iov_cnt; i++) {
        const struct usctp_iov *piece = &event->u.send_failed.iov[i];

        SIM_EXPECT(sim_ledger_same(ledger, number, at, piece->base, piece->len));
        at += piece->len;
    }
    SIM_EXPECT(at == message->len);
    if (!event->u.send_failed.sent && message->got_len > 0 && !reg->lenient) {
        sim_fail("%s: message %u was delivered, but failed unsent", conn->app->host->config.name,
                 (unsigned)number);
    }
    message->state |= SIM_MESSAGE_FAILED;
    ledger->failed_cnt++;
    reg->failed_cnt++;
    if (conn->lost || conn->aborted) {
        return;
    }
    if (event->u.send_failed.sent) {
        if (!conn->was_up) {
            take_withdrawn(conn, ledger, number);
        } else if (event->u.send_failed.info.pr_policy != USCTP_PR_NONE) {
            take_abandoned(conn, ledger, number);
        }
    } else if (event->u.send_failed.info.pr_policy == USCTP_PR_PRIORITY) {
        take_outranked(conn, ledger, number);
    } else {
        take_expired(conn, ledger, number);
    }
    sim_conn_look(conn);
}
