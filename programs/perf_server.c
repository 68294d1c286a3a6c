/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-perf: the side that takes what comes, and echoes what wants an echo. */
#include "perf.h"

#include "common/report.h"

static void echo(const struct usctp_event *event)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    info.stream = event->u.message.stream;
    info.ppid = event->u.message.ppid;
    info.flags = (event->u.message.flags & USCTP_MESSAGE_UNORDERED) != 0 ? USCTP_SEND_UNORDERED : 0;
    int err = usctp_assoc_send(event->assoc, &info, event->u.message.iov, event->u.message.iov_cnt);
    if (err == USCTP_EWOULDBLOCK) {
        usctp_message_defer(event->u.message.message); /* until there is room */
    } else if (err == USCTP_ENOENT) {
        info.stream = 0; /* It has more streams than it lets us have. */
        usctp_assoc_send(event->assoc, &info, event->u.message.iov, event->u.message.iov_cnt);
    }
}

static void on_message(struct perf *perf, const struct usctp_event *event)
{
    uint64_t before = perf->totals.byte_cnt;

    perf->end_ts = usctp_clock_system(NULL);
    if ((event->u.message.flags & USCTP_MESSAGE_LAST) != 0) {
        perf->totals.message_cnt++;
    }
    perf->totals.byte_cnt = before + event->u.message.len;
    if (event->u.message.ppid == PERF_PPID_ECHO) {
        echo(event);
    }
}

static void on_closed(struct perf *perf, const struct usctp_event *event)
{
    perf->end_ts = usctp_clock_system(NULL);
    perf_add_stats(perf, event->assoc);
    if (perf->living_cnt > 0) {
        perf->living_cnt--;
    }
    if (perf->once && perf->living_cnt == 0) {
        usctp_loop_stop(perf->node.loop);
    }
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct perf *perf = user;
    char why[NODE_WHY_MAX];

    switch (event->type) {
    case USCTP_EVENT_UP:
        if (perf->begin_ts == 0) {
            perf->begin_ts = usctp_clock_system(NULL);
        }
        perf->living_cnt++;
        perf->totals.setup_cnt++;
        break;
    case USCTP_EVENT_MESSAGE:
        on_message(perf, event);
        break;
    case USCTP_EVENT_WRITABLE:
        usctp_assoc_resume(event->assoc);
        break;
    case USCTP_EVENT_PEER_SHUTDOWN:
        usctp_assoc_set_user(event->assoc, perf); /* It has all it wanted. */
        break;
    case USCTP_EVENT_LOST:
        if (event->assoc_user != NULL && node_vanished(event)) {
            break;
        }
        perf->totals.failed_cnt++;
        if (perf->net.verbose > 0) {
            report_note("an association was lost: %s", node_lost_text(why, event));
        }
        break;
    case USCTP_EVENT_CLOSED:
        on_closed(perf, event);
        break;
    default:
        if (perf->net.verbose > 0) {
            node_note_event(event);
        }
        break;
    }
}

int perf_run_server(struct perf *perf)
{
    struct node_calls calls = {on_event, NULL, perf};

    if (!node_open(&perf->node, &perf->net, true, &calls)) {
        return EXIT_FAILED;
    }
    perf_progress_start(perf);
    if (!node_run(&perf->node)) {
        perf->status = EXIT_FAILED;
    }
    perf_add_all_stats(perf);
    perf_summary(perf, true);
    return node_close(&perf->node) && report_flush_output() ? perf->status : EXIT_FAILED;
}
