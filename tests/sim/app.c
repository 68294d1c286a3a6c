/* SPDX-License-Identifier: BSD-3-Clause */
/* Applications: life of associations from connect or accept to the last event, and its rules. */
#include "sim/app.h"

#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"

void sim_register_init(struct sim_register *reg, struct sim_clock *clock, uint64_t seed)
{
    memset(reg, 0, sizeof(*reg));
    reg->clock = clock;
    reg->seed = seed;
}

void sim_register_free(struct sim_register *reg)
{
    while (reg->conns != NULL) {
        struct sim_conn *conn = reg->conns;

        reg->conns = conn->next;
        sim_clock_cancel(reg->clock, &conn->send_timer);
        sim_clock_cancel(reg->clock, &conn->read_timer);
        sim_clock_cancel(reg->clock, &conn->end_timer);
        free(conn);
    }
    for (uint32_t i = 0; i < reg->ledger_cnt; i++) {
        sim_ledger_free(reg->ledgers[i]);
    }
}

void sim_app_init(struct sim_app *app, struct sim_register *reg, struct sim_host *host,
                  const struct sim_app_config *config)
{
    memset(app, 0, sizeof(*app));
    app->reg = reg;
    app->host = host;
    app->config = *config;
    sim_rng_fork(&app->rng, &host->rng, 0x617070);
}

void sim_app_listen(struct sim_app *app)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    int error;

    config.port = app->config.port;
    config.addrs = app->config.addrs;
    config.addr_cnt = app->config.addr_cnt;
    config.flags = USCTP_ENDPOINT_LISTEN;
    config.params = app->config.params;
    config.on_event = sim_app_event;
    config.accept = sim_app_accept;
    config.user = app;
    sim_host_enter(app->host);
    error = usctp_endpoint_new(app->host->stack, &config, &app->endpoint);
    if (error != 0) {
        SIM_EXPECT(error == USCTP_ENOMEM && app->reg->no_memory);
        app->endpoint = NULL;
    } else if (sim_auth_endpoint(app, app->endpoint) != 0) {
        usctp_endpoint_free(app->endpoint);
        app->endpoint = NULL;
    }
    sim_host_leave(app->host);
}

void sim_conn_new_ledger(struct sim_conn *conn)
{
    struct sim_register *reg = conn->app->reg;

    conn->out = sim_ledger_new(reg->ledger_cnt, reg->seed);
    reg->ledgers[reg->ledger_cnt++] = conn->out;
    conn->sent_cnt = 0;
    conn->next_len = 0;
}

struct sim_conn *sim_conn_new(struct sim_app *app, struct sim_plan *plan,
                              const struct sim_traffic *traffic)
{
    struct sim_conn *conn = sim_zalloc(sizeof(*conn));

    conn->app = app;
    conn->plan = plan;
    conn->traffic = traffic;
    conn->phase = SIM_CONN_OPENING;
    conn->open_ts = app->reg->clock->now_ts;
    sim_rng_init(&conn->rng, sim_rng_u64(&app->rng));
    conn->send_timer.fn = sim_conn_send_due;
    conn->send_timer.ctx = conn;
    conn->read_timer.fn = sim_conn_read_due;
    conn->read_timer.ctx = conn;
    conn->end_timer.fn = sim_conn_end_due;
    conn->end_timer.ctx = conn;
    conn->next = app->reg->conns;
    app->reg->conns = conn;
    sim_conn_new_ledger(conn);
    return conn;
}

int sim_conn_ended(const struct sim_conn *conn)
{
    return conn->phase == SIM_CONN_CLOSED || conn->phase == SIM_CONN_GONE;
}

static void note_tags(struct sim_conn *conn)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

    if (conn->assoc != NULL && usctp_assoc_stats(conn->assoc, &stats) == 0) {
        conn->local_tag = stats.local_tag;
        conn->remote_tag = stats.remote_tag;
    }
}

struct sim_conn *sim_conn_peer(struct sim_conn *conn)
{
    if (conn->remote_tag == 0) {
        return NULL;
    }
    if (conn->peer != NULL && conn->peer->local_tag == conn->remote_tag) {
        return conn->peer;
    }
    for (struct sim_conn *other = conn->app->reg->conns; other != NULL; other = other->next) {
        if (!other->ghost && other->local_tag == conn->remote_tag &&
            other->remote_tag == conn->local_tag) {
            conn->peer = other;
            return other;
        }
    }
    return NULL;
}

/* --- Events -------------------------------------------------------------------------------------- */

/* Is there someone alive on another host who knows the association by these tags? */
static int has_live_peer(const struct sim_conn *conn)
{
    for (const struct sim_conn *other = conn->app->reg->conns; other != NULL; other = other->next) {
        struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

        if (other->app != conn->app && other->assoc != NULL &&
            usctp_assoc_stats(other->assoc, &stats) == 0 && stats.local_tag == conn->remote_tag &&
            stats.remote_tag == conn->local_tag) {
            return 1;
        }
    }
    return 0;
}

/* A valid cookie makes an association, also when its COOKIE ECHO comes again after the end: nothing
 * in RFC 9260, 5.1.5 prevents that. Such a one has the tags of the one before. If the peer never
 * heard of that one's end, this is its second life; else it is a ghost. */
static void look_for_former_life(struct sim_conn *conn)
{
    for (const struct sim_conn *other = conn->app->reg->conns; other != NULL; other = other->next) {
        if (other != conn && other->app == conn->app && sim_conn_ended(other) &&
            other->remote_tag == conn->remote_tag) {
            conn->second_life = 1;
        }
    }
    conn->ghost = conn->second_life && !has_live_peer(conn);
    if (conn->second_life) {
        sim_host_forget_told(conn->app->host);
    }
    if (conn->second_life && conn->app->host->watch != NULL) {
        sim_watch_forget(conn->app->host->watch, conn->remote_tag);
    }
}

static int takes_probes(const struct sim_conn *conn)
{
    return (conn->app->host->lowers[0].config.flags & USCTP_LOWER_PROBES) != 0;
}

static void on_up(struct sim_conn *conn, const struct usctp_event *event)
{
    SIM_EXPECT(conn->phase == SIM_CONN_OPENING && !conn->was_up);
    SIM_EXPECT(conn->app->reg->lenient || event->u.up.out_streams >= conn->traffic->stream_cnt);
    conn->app->reg->progress_ts = conn->app->reg->clock->now_ts;
    conn->phase = SIM_CONN_UP;
    conn->was_up = 1;
    conn->up_ts = conn->app->reg->clock->now_ts;
    conn->app->reg->up_cnt++;
    sim_extensions_up(&conn->app->reg->extensions, conn->assoc, takes_probes(conn));
    note_tags(conn);
    look_for_former_life(conn);
    if (conn->out->message_cnt == 0) {
        SIM_EXPECT(usctp_assoc_buffered(conn->assoc) == 0);
    }
    sim_conn_pump(conn);
    sim_conn_look(conn);
}

/* RFC 9260, 11.2.6: the peer began afresh, and so do we. */
static void on_restarted(struct sim_conn *conn)
{
    SIM_EXPECT(conn->was_up && !conn->lost);
    conn->app->reg->restarted_cnt++;
    conn->restarted = 1;
    conn->peer = NULL;
    conn->in = NULL;
    conn->peer_shutdown = 0;
    note_tags(conn);
    sim_conn_new_ledger(conn);
    sim_conn_pump(conn); /* if it is blocked, WRITABLE still follows */
}

/* RFC 9260, 9.2: T5-shutdown-guard ends what takes too long to close. */
static int guard_expired(const struct sim_conn *conn)
{
    struct usctp_params params;
    uint64_t guard_dur;

    params.size = sizeof(params);
    usctp_assoc_params(conn->assoc, &params);
    guard_dur = params.shutdown_guard_dur > 0 ? params.shutdown_guard_dur : 5 * params.rto_max_dur;
    return conn->closing && conn->app->reg->clock->now_ts >= conn->close_ts + guard_dur;
}

/* The other side may answer with ABORT: it has lost the association, or has closed it and got
 * something of ours after that, with SHUTDOWN COMPLETE still on its way (RFC 9260, 8.4, 8)). */
static int over_there(const struct sim_conn *conn, const struct sim_conn *peer)
{
    return peer->lost ||
           (peer->phase == SIM_CONN_CLOSED && (conn->closing || conn->peer_shutdown)) ||
           (peer->assoc != NULL && usctp_assoc_state(peer->assoc) == USCTP_STATE_CLOSED);
}

/* Good reasons to lose an association in a world that kills none. */
static int is_excused(const struct sim_conn *conn, const struct sim_conn *peer, int reason)
{
    const struct sim_register *reg = conn->app->reg;

    if (reason == USCTP_LOST_TIMEOUT) {
        /* Or the peer is gone and its SHUTDOWN COMPLETE went astray; or it was so late in coming up
         * that data was sent in vain too often: T1 may back off further than T3. Or there is none: it had
         * ended when a copy of its COOKIE ECHO came, from elsewhere. */
        return peer == NULL || guard_expired(conn) || conn->second_life ||
               (reg->blocking && !conn->was_up) ||
               (peer != NULL && reg->rebinding && over_there(conn, peer)) ||
               (peer != NULL && peer->up_ts > conn->up_ts + reg->die_dur / 4);
    }
    if (reason == USCTP_LOST_PROTOCOL) {
        /* Both lives began with the same TSN, of the cookie, and sent other data: what came of the first
         * contradicts the second. */
        return peer != NULL && peer->second_life;
    }
    return reason == USCTP_LOST_PEER_ABORT &&
           (conn->second_life || (peer != NULL && over_there(conn, peer)));
}

/* An association may only be lost where something can have killed it. */
static void check_lost(struct sim_conn *conn, int reason)
{
    static const char *const names[] = {"",         "timeout",     "peer's abort", "our abort",
                                        "protocol", "unreachable", "resources"};
    const struct sim_register *reg = conn->app->reg;
    const struct sim_conn *peer;

    if (conn->remote_tag == 0) {
        note_tags(conn); /* it was not up, and its peer has been */
    }
    peer = sim_conn_peer(conn);
    conn->excused = is_excused(conn, peer, reason);
    if (reg->lenient || conn->ghost || conn->excused || reason == USCTP_LOST_LOCAL_ABORT ||
        (reason == USCTP_LOST_PEER_ABORT && (reg->may_abort || reg->may_lose)) ||
        (reason == USCTP_LOST_RESOURCE && reg->no_memory) ||
        (reg->may_lose && reason != USCTP_LOST_PROTOCOL && reason != USCTP_LOST_RESOURCE)) {
        return;
    }
    sim_conn_describe(conn);
    if (peer != NULL) {
        sim_conn_describe(peer);
    }
    sim_fail("%s: association lost without reason: %s", conn->app->host->config.name,
             names[reason]);
}

static void on_lost(struct sim_conn *conn, const struct usctp_event *event)
{
    SIM_EXPECT(!conn->lost);
    SIM_EXPECT(event->u.lost.was_up == conn->was_up);
    SIM_EXPECT(event->u.lost.reason >= USCTP_LOST_TIMEOUT &&
               event->u.lost.reason <= USCTP_LOST_RESOURCE);
    SIM_EXPECT((event->u.lost.reason == USCTP_LOST_LOCAL_ABORT) == conn->aborted);
    check_lost(conn, event->u.lost.reason);
    conn->lost = 1;
    conn->lost_reason = event->u.lost.reason;
    conn->phase = SIM_CONN_LOST;
    conn->app->reg->lost_cnt++;
}

/* Was it an end as it should be? */
static int ended_well(struct sim_conn *conn)
{
    struct sim_conn *peer = sim_conn_peer(conn);

    if (conn->plan != NULL && conn->plan->end >= SIM_END_ABORT) {
        return 1;
    }
    return !conn->lost && conn->was_up && peer != NULL;
}

static void on_closed(struct sim_conn *conn)
{
    int well = ended_well(conn);

    if (!conn->lost && conn->was_up && !conn->closing && !conn->peer_shutdown) {
        sim_fail("%s: CLOSED though no one closed", conn->app->host->config.name);
    }
    SIM_EXPECT(conn->was_up || conn->lost);
    sim_extensions_end(&conn->app->reg->extensions, conn->assoc, takes_probes(conn));
    sim_conn_check_released(conn);
    if (conn->blocked) {
        SIM_EXPECT(conn->lost || conn->peer_shutdown);
    }
    conn->app->reg->closed_cnt++;
    conn->app->reg->progress_ts = conn->app->reg->clock->now_ts;
    sim_conn_end(conn, SIM_CONN_CLOSED);
    sim_plan_finish(conn, well);
}

static void on_path(struct sim_conn *conn, const struct usctp_event *event)
{
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    int change = event->u.path.change;

    SIM_EXPECT(change >= USCTP_PATH_CHANGE_ADDED && change <= USCTP_PATH_CHANGE_POTENTIALLY_FAILED);
    SIM_EXPECT(event->u.path.id != 0);
    conn->app->reg->path_event_cnt[change]++;
    if (change == USCTP_PATH_CHANGE_ADDED && conn->app->reg->addresses_change) {
        sim_host_forget_told(conn->app->host); /* an address that comes back begins anew */
    }
    /* Where addresses change, a path may be gone before its event comes. */
    if (change != USCTP_PATH_CHANGE_REMOVED && !conn->lost && !conn->app->reg->addresses_change) {
        SIM_EXPECT(usctp_path_info(conn->assoc, event->u.path.id, &info) == 0);
        SIM_EXPECT(info.id == event->u.path.id);
    }
}

static void on_writable(struct sim_conn *conn)
{
    if (!conn->blocked) {
        sim_fail("%s: WRITABLE without a would-block before", conn->app->host->config.name);
    }
    conn->blocked = 0;
    sim_conn_pump(conn);
    sim_conn_look(conn);
}

static void dispatch(struct sim_conn *conn, const struct usctp_event *event)
{
    switch (event->type) {
    case USCTP_EVENT_UP:
        on_up(conn, event);
        sim_addresses_up(conn);
        break;
    case USCTP_EVENT_RESTARTED:
        on_restarted(conn);
        break;
    case USCTP_EVENT_LOST:
        on_lost(conn, event);
        break;
    case USCTP_EVENT_CLOSED:
        on_closed(conn);
        break;
    case USCTP_EVENT_MESSAGE:
        sim_conn_message(conn, event);
        break;
    case USCTP_EVENT_WRITABLE:
        on_writable(conn);
        break;
    case USCTP_EVENT_SEND_FAILED:
        sim_conn_send_failed(conn, event);
        break;
    case USCTP_EVENT_PATH:
        on_path(conn, event);
        break;
    case USCTP_EVENT_REMOTE_ERROR:
        conn->app->reg->remote_error_cnt++;
        break;
    case USCTP_EVENT_PEER_SHUTDOWN:
        SIM_EXPECT(!conn->peer_shutdown);
        conn->peer_shutdown = 1;
        sim_conn_look(conn);
        break;
    case USCTP_EVENT_DRY:
        /* Unless something was sent after it was found dry, in the same batch. */
        SIM_EXPECT(conn->sent_event == conn->app->host->event_cnt ||
                   usctp_assoc_buffered(conn->assoc) == 0);
        break;
    case USCTP_EVENT_BUFFERED_LOW:
        SIM_EXPECT(!event->u.buffered_low.whole_assoc || conn->low_water > 0);
        break;
    case USCTP_EVENT_PARTIAL_ABORTED:
        sim_conn_partial_aborted(conn, event);
        break;
    case USCTP_EVENT_STREAMS_RESET:
        sim_conn_streams_reset(conn, event);
        break;
    case USCTP_EVENT_ASSOC_RESET:
        sim_conn_assoc_reset(conn, event);
        break;
    case USCTP_EVENT_STREAMS_ADDED:
        sim_conn_streams_added(conn, event);
        break;
    case USCTP_EVENT_ADDRESS:
        sim_addresses_changed(conn, event);
        break;
    case USCTP_EVENT_AUTH:
        SIM_EXPECT(event->u.auth.change != USCTP_AUTH_NONE || !conn->app->reg->auth);
        SIM_EXPECT(event->u.auth.change != USCTP_AUTH_FREE_KEY); /* nobody retires any */
        break;
    default:
        sim_fail("event of type %d", event->type);
    }
}

/* What must not be called from callbacks says so and does nothing. */
static void misuse(struct sim_app *app, usctp_stack *stack)
{
    struct usctp_icmp icmp = USCTP_ICMP_INIT;

    SIM_EXPECT(usctp_stack_advance(stack, sim_host_now(app->host)) == USCTP_EBUSY);
    SIM_EXPECT(usctp_stack_input(stack, NULL, 0, sizeof(struct usctp_dgram),
                                 sim_host_now(app->host)) == USCTP_EBUSY);
    SIM_EXPECT(usctp_stack_input_icmp(stack, &icmp, sim_host_now(app->host)) == USCTP_EBUSY);
    SIM_EXPECT(usctp_stack_writable(stack, app->host->lowers[0].id, sim_host_now(app->host)) ==
               USCTP_EBUSY);
    usctp_stack_free(stack);
}

void sim_app_event(void *user, const struct usctp_event *event)
{
    struct sim_app *app = user;
    struct sim_conn *conn = event->assoc_user;

    SIM_EXPECT(!app->in_event);
    SIM_EXPECT(app->host->depth > 0);
    if (app->leaving) {
        SIM_EXPECT(event->type == USCTP_EVENT_CLOSED);
        app->closed_cnt++;
        return;
    }
    SIM_EXPECT(event->size >= sizeof(*event) && event->stack == app->host->stack);
    SIM_EXPECT(conn != NULL && event->assoc != NULL && conn->app == app);
    SIM_EXPECT(event->endpoint == usctp_assoc_endpoint(event->assoc));
    if (sim_conn_ended(conn)) {
        sim_fail("%s: event of type %d after the end", app->host->config.name, event->type);
    }
    if (conn->assoc == NULL) {
        conn->assoc = event->assoc;
    }
    SIM_EXPECT(conn->assoc == event->assoc);
    if (conn->phase == SIM_CONN_LOST && event->type != USCTP_EVENT_CLOSED &&
        event->type != USCTP_EVENT_SEND_FAILED) {
        sim_fail("%s: event of type %d after LOST", app->host->config.name, event->type);
    }
    app->in_event = 1;
    if (sim_rng_chance(&conn->rng, app->config.misuse_ppm)) {
        misuse(app, event->stack);
    }
    dispatch(conn, event);
    if (conn->assoc != NULL && usctp_assoc_state(conn->assoc) != USCTP_STATE_CLOSED &&
        sim_rng_chance(&conn->rng, app->config.chatter_ppm)) {
        sim_conn_chatter(conn);
    }
    app->in_event = 0;
}

int sim_app_accept(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct sim_app *app = user;

    SIM_EXPECT(app->host->depth > 0);
    SIM_EXPECT(accept->endpoint == app->endpoint || app->endpoint == NULL);
    SIM_EXPECT(accept->in_streams > 0 && accept->remote_port != 0);
    if (sim_rng_chance(&app->rng, app->config.refuse_ppm)) {
        app->reg->refused_cnt++;
        return 1;
    }
    *assoc_user = sim_conn_new(app, NULL, &app->config.out);
    return 0;
}
