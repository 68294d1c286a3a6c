/* SPDX-License-Identifier: BSD-3-Clause */
/* Applications: receiving, at once or slowly, and the comparison with what was sent. */
#include "sim/app.h"

#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"

/* The ledger and message that a payload protocol identifier names. */
static struct sim_ledger *find(struct sim_register *reg, uint32_t ppid,
                               struct sim_message **message)
{
    struct sim_ledger *ledger;

    if (sim_ppid_ledger(ppid) >= reg->ledger_cnt) {
        return NULL;
    }
    ledger = reg->ledgers[sim_ppid_ledger(ppid)];
    if (sim_ppid_number(ppid) >= ledger->message_cnt) {
        return NULL;
    }
    *message = &ledger->messages[sim_ppid_number(ppid)];
    return ledger;
}

/* A ledger belongs to one receiver. After a restart of the receiving host it may go on with another:
 * what the first one had, or what was on its way to it, is not asked for again. */
static void bind(struct sim_conn *conn, struct sim_ledger *ledger, uint32_t number)
{
    struct sim_conn *before = ledger->receiver;

    if (before == conn) {
        return;
    }
    if (before != NULL && conn->second_life && before->remote_tag == conn->remote_tag &&
        sim_conn_ended(before)) {
        sim_ledger_again(ledger);
        conn->resets_unknown = 1;
        before = NULL;
    }
    if (before != NULL && before->phase != SIM_CONN_GONE) {
        sim_fail("%s: a message of an association came to another one",
                 conn->app->host->config.name);
    }
    if (before != NULL) {
        sim_ledger_rebase(ledger, number);
    }
    ledger->receiver = conn;
    conn->in = ledger;
}

static void check_order(const struct sim_conn *conn, const struct sim_ledger *ledger,
                        const struct sim_message *message, uint32_t number)
{
    uint32_t prev = (message->state & SIM_MESSAGE_UNORDERED) == 0 ? message->prev : 0;

    while (prev > ledger->base && sim_ledger_passed(ledger, prev - 1)) {
        prev = ledger->messages[prev - 1].prev;
    }
    if (prev > ledger->base && (ledger->messages[prev - 1].state & SIM_MESSAGE_DELIVERED) == 0) {
        sim_fail("%s: message %u of stream %u before message %u", conn->app->host->config.name,
                 (unsigned)number, (unsigned)message->stream, (unsigned)prev - 1);
    }
}

static int contents_same(const struct sim_ledger *ledger, uint32_t number, size_t at,
                         const struct usctp_iov *iov, size_t iov_cnt, size_t len)
{
    size_t start = at;

    for (size_t i = 0; i < iov_cnt; i++) {
        if (!sim_ledger_same(ledger, number, at, iov[i].base, iov[i].len)) {
            return 0;
        }
        at += iov[i].len;
    }
    return at - start == len;
}

/* RFC 8260, 2, RFC 6458, 8.1.20: nothing comes between the parts of a message of its stream. */
static void check_alone(const struct sim_conn *conn, const struct sim_ledger *ledger,
                        const struct sim_message *message)
{
    for (uint32_t i = ledger->base; conn->begun_cnt > 0 && i < ledger->message_cnt; i++) {
        const struct sim_message *other = &ledger->messages[i];

        if (other != message && other->stream == message->stream && other->got_len > 0 &&
            (other->state & (SIM_MESSAGE_DELIVERED | SIM_MESSAGE_CUT)) == 0) {
            sim_fail("%s: between the parts of message %u of stream %u came another one",
                     conn->app->host->config.name, (unsigned)i, (unsigned)message->stream);
        }
    }
}

/* Once, whole, in order in its stream. */
static void check_message(struct sim_conn *conn, const struct usctp_event *event)
{
    const char *name = conn->app->host->config.name;
    uint32_t ppid = event->u.message.ppid, number = sim_ppid_number(ppid);
    size_t len = event->u.message.len;
    struct sim_message *message = NULL;
    struct sim_ledger *ledger = find(conn->app->reg, ppid, &message);
    int flags = event->u.message.flags;

    if (ledger == NULL) {
        sim_fail("%s: message with payload protocol identifier 0x%x was never sent", name,
                 (unsigned)ppid);
    }
    bind(conn, ledger, number);
    if (message->state & SIM_MESSAGE_DELIVERED) {
        sim_fail("%s: message %u came twice", name, (unsigned)number);
    }
    if (message->state & SIM_MESSAGE_CUT) {
        sim_fail("%s: message %u goes on after it was cut", name, (unsigned)number);
    }
    if (message->state & SIM_MESSAGE_EXPIRED) {
        sim_fail("%s: message %u came, but had expired unsent", name, (unsigned)number);
    }
    SIM_EXPECT(event->u.message.stream == message->stream);
    SIM_EXPECT(!(flags & USCTP_MESSAGE_UNORDERED) == !(message->state & SIM_MESSAGE_UNORDERED));
    SIM_EXPECT(len > 0 && len <= message->len - message->got_len);
    SIM_EXPECT(!(flags & USCTP_MESSAGE_FIRST) == (message->got_len > 0));
    SIM_EXPECT(!(flags & USCTP_MESSAGE_LAST) == (message->got_len + len < message->len));
    if (!conn->resets_unknown &&
        !sim_ledger_number_fits(ledger, number, event->u.message.ssn, conn->app->reg->no_memory)) {
        sim_fail("%s: message %u of stream %u has number %u, or is on the wrong side of a reset "
                 "(%u)",
                 name, (unsigned)number, (unsigned)message->stream, (unsigned)event->u.message.ssn,
                 (unsigned)sim_ledger_generation(ledger, message->stream)->pos);
    }
    check_order(conn, ledger, message, number);
    check_alone(conn, ledger, message);
    if (!contents_same(ledger, number, message->got_len, event->u.message.iov,
                       event->u.message.iov_cnt, len)) {
        sim_fail("%s: message %u holds something else", name, (unsigned)number);
    }
    conn->begun_cnt += (flags & USCTP_MESSAGE_FIRST) != 0;
    conn->begun_cnt -= (flags & USCTP_MESSAGE_LAST) != 0;
    message->got_len += (uint32_t)len;
    conn->got_bytes += len;
    conn->app->reg->byte_cnt += len;
    conn->app->reg->piece_cnt++;
    if (message->got_len == message->len) {
        if (!sim_ledger_deliver(ledger, number)) {
            sim_fail("%s: message %u of stream %u after one behind it", name, (unsigned)number,
                     (unsigned)message->stream);
        }
        conn->app->reg->message_cnt++;
    }
}

void sim_conn_partial_aborted(struct sim_conn *conn, const struct usctp_event *event)
{
    const struct sim_ledger *ledger = conn->in;
    uint16_t stream = event->u.partial_aborted.stream;

    if (conn->app->reg->lenient || conn->ghost) {
        return;
    }
    /* Of this stream there is a message that came in part and was given up. */
    SIM_EXPECT(ledger != NULL);
    for (uint32_t i = ledger->message_cnt; i > 0; i--) {
        struct sim_message *message = &ledger->messages[i - 1];
        uint16_t known = SIM_MESSAGE_DELIVERED | SIM_MESSAGE_ABANDONED | SIM_MESSAGE_CUT;

        if (message->stream == stream && message->got_len > 0 &&
            (message->state & known) == SIM_MESSAGE_ABANDONED) {
            message->state |= SIM_MESSAGE_CUT;
            conn->begun_cnt--;
            return;
        }
    }
    sim_fail("%s: a message of stream %u was cut, but none was given up",
             conn->app->host->config.name, (unsigned)stream);
}

static void wait_up_to(struct sim_conn *conn, uint64_t dur)
{
    struct sim_clock *clock = conn->app->reg->clock;

    if (conn->read_timer.slot == 0) {
        sim_clock_set(clock, &conn->read_timer, clock->now_ts + sim_rng_below(&conn->rng, dur + 1));
    }
}

static void keep(struct sim_conn *conn, const struct usctp_event *event, size_t at)
{
    struct sim_kept *kept = &conn->kept[conn->kept_cnt];
    usctp_message *message;

    if (conn->kept_cnt == SIM_CONN_KEPT) {
        return;
    }
    message = usctp_message_keep(event->u.message.message);
    if (message == NULL) {
        SIM_EXPECT(conn->app->reg->no_memory);
        return;
    }
    kept->message = message;
    kept->ppid = event->u.message.ppid;
    kept->at = at;
    kept->len = event->u.message.len;
    conn->kept_cnt++;
    conn->app->reg->kept_cnt++;
    if (sim_rng_one_in(&conn->rng, 4)) { /* a second reference, dropped at once */
        SIM_EXPECT(usctp_message_keep(message) == message);
        usctp_message_drop(message);
    }
    wait_up_to(conn, conn->traffic->keep_dur);
}

static void drop_one(struct sim_conn *conn, size_t i)
{
    struct sim_kept kept = conn->kept[i];
    struct sim_message *message = NULL;
    struct sim_ledger *ledger = find(conn->app->reg, kept.ppid, &message);
    size_t len = 0;
    const uint8_t *data = usctp_message_data(kept.message, &len);

    conn->kept[i] = conn->kept[--conn->kept_cnt];
    if (data == NULL) {
        SIM_EXPECT(conn->app->reg->no_memory);
    } else if (!conn->app->reg->lenient) {
        SIM_EXPECT(len == kept.len);
        SIM_EXPECT(sim_ledger_same(ledger, sim_ppid_number(kept.ppid), kept.at, data, len));
    }
    usctp_message_drop(kept.message);
}

void sim_conn_drop_kept(struct sim_conn *conn)
{
    sim_host_enter(conn->app->host);
    while (conn->kept_cnt > 0) {
        drop_one(conn, conn->kept_cnt - 1);
    }
    sim_host_leave(conn->app->host);
}

static void pause_reading(struct sim_conn *conn, uint64_t dur)
{
    conn->paused = 1;
    conn->out->sender_paused = 1;
    wait_up_to(conn, dur);
}

/* Puts the message back; 1 if it went. */
static int defer(struct sim_conn *conn, const struct usctp_event *event)
{
    if (!sim_rng_chance(&conn->rng, conn->traffic->defer_ppm)) {
        return 0;
    }
    SIM_EXPECT(usctp_message_defer(event->u.message.message) == 0);
    conn->deferred = 1;
    conn->deferred_ppid = event->u.message.ppid;
    conn->app->reg->deferred_cnt++;
    pause_reading(conn, conn->traffic->pause_dur);
    return 1;
}

void sim_conn_message(struct sim_conn *conn, const struct usctp_event *event)
{
    const struct sim_traffic *traffic = conn->traffic;
    struct sim_message *message = NULL;
    size_t at;

    SIM_EXPECT(conn->was_up);
    if (conn->paused) {
        sim_fail("%s: a message came though delivery was stopped", conn->app->host->config.name);
    }
    if (conn->deferred && !conn->app->reg->lenient) {
        SIM_EXPECT(conn->deferred_ppid == event->u.message.ppid);
    }
    conn->deferred = 0;
    conn->app->reg->progress_ts = conn->app->reg->clock->now_ts;
    if (defer(conn, event)) {
        return;
    }
    if (conn->app->reg->lenient || conn->ghost) {
        conn->app->reg->message_cnt++;
        return;
    }
    check_message(conn, event);
    (void)find(conn->app->reg, event->u.message.ppid, &message);
    at = message->got_len - event->u.message.len;
    if (sim_rng_chance(&conn->rng, traffic->keep_ppm)) {
        keep(conn, event, at);
    }
    if (sim_rng_chance(&conn->rng, traffic->pause_ppm)) {
        usctp_assoc_pause(conn->assoc);
        pause_reading(conn, traffic->pause_dur);
    }
    sim_conn_look(conn);
}

void sim_conn_read_due(void *ctx, struct sim_timer *timer)
{
    struct sim_conn *conn = ctx;

    (void)timer;
    sim_host_enter(conn->app->host);
    if (conn->kept_cnt > 0 && conn->app->host->stack != NULL) {
        size_t cnt = (size_t)sim_rng_range(&conn->rng, 1, conn->kept_cnt);

        while (cnt-- > 0) {
            drop_one(conn, (size_t)sim_rng_below(&conn->rng, conn->kept_cnt));
        }
    }
    if (conn->kept_cnt > 0) {
        wait_up_to(conn, conn->traffic->keep_dur);
    }
    if (conn->paused && conn->assoc != NULL) {
        conn->paused = 0;
        conn->out->sender_paused = 0;
        usctp_assoc_resume(conn->assoc);
    }
    sim_host_leave(conn->app->host);
}
