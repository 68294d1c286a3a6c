/* SPDX-License-Identifier: BSD-3-Clause */
/* Applications that look at everything and turn every knob: no call of these may harm anything. */
#include "sim/app.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/fail.h"

/* A path of the association; 0: there is none. */
static usctp_path_id some_path(struct sim_conn *conn)
{
    usctp_path_id ids[32];
    size_t cnt = usctp_assoc_paths(conn->assoc, ids, 32);

    SIM_EXPECT(usctp_assoc_paths(conn->assoc, NULL, 0) == cnt);
    return cnt == 0 ? 0 : ids[sim_rng_below(&conn->rng, cnt < 32 ? cnt : 32)];
}

static void look_at_path(struct sim_conn *conn, usctp_path_id id)
{
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    struct usctp_path_info small = USCTP_PATH_INFO_INIT;

    SIM_EXPECT(usctp_path_info(conn->assoc, id, &info) == 0);
    SIM_EXPECT(info.id == id && info.size == sizeof(info));
    SIM_EXPECT(info.state >= USCTP_PATH_UNCONFIRMED && info.state <= USCTP_PATH_POTENTIALLY_FAILED);
    SIM_EXPECT(info.max_packet > 0 && info.max_packet <= 65535);
    small.size = offsetof(struct usctp_path_info, rto_dur);
    small.rto_dur = 77;
    SIM_EXPECT(usctp_path_info(conn->assoc, id, &small) == USCTP_ESIZE);
    SIM_EXPECT(small.rto_dur == 77); /* never past the size that the caller set */
    SIM_EXPECT(usctp_path_info(conn->assoc, UINT32_MAX, &info) == USCTP_ENOENT);
}

static void heartbeat(struct sim_conn *conn, usctp_path_id id)
{
    int error = usctp_path_heartbeat(conn->assoc, id);

    SIM_EXPECT(error == 0 || error == USCTP_EBUSY || error == USCTP_ESTATE ||
               (error == USCTP_ENOMEM && conn->app->reg->no_memory));
}

static void set_primary(struct sim_conn *conn, usctp_path_id id)
{
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    int error = usctp_path_set_primary(conn->assoc, id);

    SIM_EXPECT(usctp_path_info(conn->assoc, id, &info) == 0);
    if (error == 0) {
        /* RFC 7829, 5: one with too many errors is replaced at once. */
        SIM_EXPECT(info.primary || info.error_cnt > 0);
    } else {
        SIM_EXPECT(error == USCTP_ESTATE);
    }
}

/* Sets what is in force already. */
static void set_params(struct sim_conn *conn, usctp_path_id id)
{
    struct usctp_path_params path_params = USCTP_PATH_PARAMS_INIT;
    struct usctp_params params;
    int error;

    params.size = sizeof(params);
    usctp_assoc_params(conn->assoc, &params);
    error = usctp_assoc_set_params(conn->assoc, &params);
    SIM_EXPECT(error == 0 || (error == USCTP_ENOMEM && conn->app->reg->no_memory));
    params.rto_min_dur = params.rto_max_dur + 1;
    SIM_EXPECT(usctp_assoc_set_params(conn->assoc, &params) == USCTP_EINVAL);
    SIM_EXPECT(usctp_path_params(conn->assoc, id, &path_params) == 0);
    sim_host_forget_told(conn->app->host);
    error = usctp_path_set_params(conn->assoc, id, &path_params);
    SIM_EXPECT(error == 0 || (error == USCTP_ENOMEM && conn->app->reg->no_memory));
}

static void set_low_water(struct sim_conn *conn)
{
    uint32_t mark = (uint32_t)sim_rng_log(&conn->rng, 1, 100000);
    uint16_t stream = (uint16_t)sim_rng_below(&conn->rng, conn->traffic->stream_cnt);
    int error = usctp_assoc_set_low_water(conn->assoc, mark);

    SIM_EXPECT(error == 0);
    error = usctp_stream_set_low_water(conn->assoc, stream, mark / 2);
    SIM_EXPECT(error == 0 || (error == USCTP_ENOMEM && conn->app->reg->no_memory) ||
               (error == USCTP_ENOENT && (conn->app->reg->lenient || !conn->was_up)));
    conn->low_water = mark;
}

static void send_nonsense(struct sim_conn *conn)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"x", 1};
    struct usctp_iov empty = {"x", 0};
    size_t buffered = usctp_assoc_buffered(conn->assoc);
    int error;

    SIM_EXPECT(usctp_assoc_send(conn->assoc, NULL, &empty, 1) != 0);
    info.flags = 0x8000;
    SIM_EXPECT(usctp_assoc_send(conn->assoc, &info, &iov, 1) != 0);
    info.flags = 0;
    info.stream = 65535;
    error = usctp_assoc_send(conn->assoc, &info, &iov, 1);
    SIM_EXPECT(error == USCTP_ENOENT || error == USCTP_ESTATE);
    SIM_EXPECT(usctp_assoc_buffered(conn->assoc) == buffered);
}

void sim_conn_chatter(struct sim_conn *conn)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    usctp_path_id id = some_path(conn);

    SIM_EXPECT(usctp_assoc_user(conn->assoc) == conn);
    SIM_EXPECT(usctp_assoc_id(conn->assoc) != 0);
    SIM_EXPECT(usctp_assoc_stats(conn->assoc, &stats) == 0);
    SIM_EXPECT(stats.buffered == usctp_assoc_buffered(conn->assoc));
    SIM_EXPECT(usctp_stream_buffered(conn->assoc, 0) <= stats.buffered);
    if (id != 0) {
        look_at_path(conn, id);
        switch (sim_rng_below(&conn->rng, 4)) {
        case 0:
            heartbeat(conn, id);
            break;
        case 1:
            set_primary(conn, id);
            break;
        case 2:
            set_params(conn, id);
            break;
        default:
            break;
        }
    }
    if (sim_rng_one_in(&conn->rng, 3)) {
        set_low_water(conn);
    }
    if (!conn->blocked && sim_rng_one_in(&conn->rng, 3)) {
        send_nonsense(conn);
    }
}

void sim_conn_describe(const struct sim_conn *conn)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

    fprintf(
        stderr,
        "  %s: phase %d, %u of %u messages sent, %u delivered, blocked %d, paused %d, kept %zu, "
        "closing %d, peer shutdown %d, tags %08x %08x\n",
        conn->app->host->config.name, conn->phase, (unsigned)conn->sent_cnt,
        (unsigned)conn->traffic->message_cnt, (unsigned)conn->out->delivered_cnt, conn->blocked,
        conn->paused, conn->kept_cnt, conn->closing, conn->peer_shutdown, (unsigned)conn->local_tag,
        (unsigned)conn->remote_tag);
    if (conn->assoc != NULL && usctp_assoc_stats(conn->assoc, &stats) == 0) {
        fprintf(stderr,
                "    state %d, errors %u, buffered %u, flight %u, unsent %u, peer's window %u, our "
                "window %u, held %u, dropped %" PRIu64 ", T3 %" PRIu64 ", fast %" PRIu64 "\n",
                stats.state, (unsigned)stats.error_cnt, (unsigned)stats.buffered,
                (unsigned)stats.flight, (unsigned)stats.unsent_messages, (unsigned)stats.peer_rwnd,
                (unsigned)stats.advertised_rwnd, (unsigned)stats.held_bytes, stats.dropped_data,
                stats.t3_expiries, stats.fast_retransmits);
    }
}
