/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-perf: what the client sends, by mode. */
#include "perf.h"

#include "common/report.h"

static int send_one(struct perf_conn *conn, uint32_t ppid)
{
    struct perf *perf = conn->perf;
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {perf->data, (size_t)perf->size};

    info.stream = conn->stream;
    info.ppid = ppid;
    info.flags = perf->unordered ? USCTP_SEND_UNORDERED : 0;
    int err = usctp_assoc_send(conn->assoc, &info, &iov, 1);
    if (err == 0) {
        conn->sent_cnt++;
        conn->stream = (uint16_t)((conn->stream + 1) % conn->stream_cnt);
    } else if (err != USCTP_EWOULDBLOCK && err != USCTP_ESTATE) {
        report_error("cannot send: %s", usctp_strerror(err));
        perf->status = EXIT_FAILED;
        perf_conn_close(conn);
    }
    return err;
}

static bool all_sent(const struct perf_conn *conn)
{
    return conn->perf->stopping || (conn->perf->count != 0 && conn->sent_cnt >= conn->perf->count);
}

void perf_bulk_pump(struct perf_conn *conn)
{
    struct perf *perf = conn->perf;

    while (!all_sent(conn)) {
        if (send_one(conn, PERF_PPID_DISCARD) != 0) {
            return; /* WRITABLE, or the end, will come. */
        }
        perf->totals.message_cnt++;
        perf->totals.byte_cnt += perf->size;
    }
    perf_conn_close(conn); /* What was sent is delivered first. */
}

void perf_ping_send(struct perf_conn *conn)
{
    if (all_sent(conn)) {
        perf_conn_close(conn);
        return;
    }
    conn->since_ts = usctp_clock_system(NULL);
    conn->back_len = 0;
    send_one(conn, PERF_PPID_ECHO);
}

void perf_ping_answer(struct perf_conn *conn, const struct usctp_event *event)
{
    struct perf *perf = conn->perf;

    perf->totals.byte_cnt += event->u.message.len;
    conn->back_len += event->u.message.len;
    /* A large message may come and be echoed in pieces. */
    if (perf->mode != PERF_PING || conn->back_len < perf->size) {
        return;
    }
    perf->totals.message_cnt++;
    perf_hist_add(&perf->totals.hist, usctp_clock_system(NULL) - conn->since_ts);
    perf_ping_send(conn);
}
