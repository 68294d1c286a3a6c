/* SPDX-License-Identifier: BSD-3-Clause */
/* Heartbeats (RFC 9260, 8.3) and path verification (5.4). */
#include <string.h>

#include "base/compiler.h"
#include "base/crypto.h"
#include "base/time.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "core/input.h"
#include "core/path.h"
#include "core/pmtud.h"
#include "core/shutdown.h"
#include "wire/heartbeat.h"

/* What our HEARTBEATs carry: the nonce, the path's id, the time. Only the nonce is believed. */
enum { INFO_LEN = USCTP__NONCE_LEN + 4 + 8 };

/* RFC 9260, 8.3: from ESTABLISHED on, until SHUTDOWN or SHUTDOWN ACK is sent. */
static bool may_heartbeat(const struct usctp_assoc *assoc)
{
    return assoc->state == USCTP_STATE_ESTABLISHED ||
           assoc->state == USCTP_STATE_SHUTDOWN_PENDING ||
           assoc->state == USCTP_STATE_SHUTDOWN_RECEIVED;
}

/* Still being verified, one probe an RTO (5.4). */
static bool is_probing(const struct usctp__path *path)
{
    return path->state == USCTP_PATH_UNCONFIRMED && path->error_cnt <= path->set->max_retrans;
}

/* Plus or minus half the RTO (8.3). Without randomness: none. */
static uint64_t jitter(struct usctp_assoc *assoc, uint64_t rto_dur)
{
    uint32_t drawn;

    if (!usctp__random_u32(&assoc->core->random, &drawn)) {
        return rto_dur / 2;
    }
    return (rto_dur >> 16) * (drawn >> 16); /* 0 up to one RTO; the caller takes half off */
}

void usctp__path_schedule_heartbeat(struct usctp_assoc *assoc, struct usctp__path *path)
{
    uint64_t now_ts = assoc->core->now_ts;
    uint64_t rto_dur = path->rto.rto_dur;
    uint64_t wait_dur;

    /* RFC 7829, 3.2, 5: HB.interval does not count for a potentially failed one. */
    if (is_probing(path) || path->rebinding ||
        (path->state == USCTP_PATH_POTENTIALLY_FAILED && path->heartbeat_on)) {
        usctp__path_alarm_set(path, USCTP__ALARM_HEARTBEAT, now_ts);
        return;
    }
    if (!path->heartbeat_on) {
        usctp__path_alarm_clear(path, USCTP__ALARM_HEARTBEAT);
        return;
    }
    /* RFC 9260, 8.3: HB.interval plus the RTO, plus or minus half of it. */
    wait_dur = usctp__time_add(path->set->hb_interval_dur, rto_dur / 2 + jitter(assoc, rto_dur));
    usctp__path_alarm_set(path, USCTP__ALARM_HEARTBEAT, usctp__time_add(now_ts, wait_dur));
}

void usctp__path_rearm_heartbeat(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (assoc->was_up && !path->hb_pending) {
        usctp__path_schedule_heartbeat(assoc, path);
    }
}

/* A HEARTBEAT and its nonce. */
struct heartbeat {
    uint8_t nonce[USCTP__NONCE_LEN];
    uint8_t chunk[USCTP__HEARTBEAT_HEADER_LEN + INFO_LEN];
};

static void write_heartbeat(struct usctp_assoc *assoc, const struct usctp__path *path,
                            struct heartbeat *hb)
{
    uint8_t info[INFO_LEN];
    struct usctp__writer w = usctp__writer_make(hb->chunk, sizeof(hb->chunk));

    memcpy(info, hb->nonce, USCTP__NONCE_LEN);
    usctp__put32(info + USCTP__NONCE_LEN, path->id);
    usctp__put64(info + USCTP__NONCE_LEN + 4, assoc->core->now_ts);
    usctp__heartbeat_write(&w, USCTP__CHUNK_HEARTBEAT, info, sizeof(info));
    USCTP__ASSERT(!w.failed && w.len == sizeof(hb->chunk));
}

/* False: no randomness. */
static bool make_heartbeat(struct usctp_assoc *assoc, const struct usctp__path *path,
                           struct heartbeat *hb)
{
    if (!usctp__random_bytes(&assoc->core->random, hb->nonce, sizeof(hb->nonce))) {
        return false;
    }
    write_heartbeat(assoc, path, hb);
    return true;
}

/* A learned port is asked with one nonce however often: a late answer is as good. */
static bool make_next_heartbeat(struct usctp_assoc *assoc, const struct usctp__path *path,
                                struct heartbeat *hb)
{
    if (!path->rebinding || !path->hb_answerable) {
        return make_heartbeat(assoc, path, hb);
    }
    memcpy(hb->nonce, path->hb_nonce, sizeof(hb->nonce));
    write_heartbeat(assoc, path, hb);
    return true;
}

bool usctp__path_send_padded(struct usctp_assoc *assoc, struct usctp__path *path, uint8_t *nonce,
                             size_t packet_len)
{
    struct heartbeat hb;

    if (!make_heartbeat(assoc, path, &hb) ||
        !usctp__output_padded(assoc, path, hb.chunk, sizeof(hb.chunk), packet_len)) {
        return false;
    }
    memcpy(nonce, hb.nonce, sizeof(hb.nonce));
    usctp__rare(assoc)->mtu_probes++;
    return true;
}

/* It was sent: from now on its nonce counts, and no other. */
static void expect_nonce(struct usctp_assoc *assoc, struct usctp__path *path,
                         const struct heartbeat *hb, bool probe)
{
    memcpy(path->hb_nonce, hb->nonce, sizeof(hb->nonce));
    path->hb_answerable = true;
    path->hb_probe = probe;
    path->hb_sent_ts = assoc->core->now_ts;
    assoc->counters.heartbeats_sent++;
}

/* Queues a HEARTBEAT. False: no randomness, or no memory. */
static bool send_heartbeat(struct usctp_assoc *assoc, struct usctp__path *path)
{
    uint64_t now_ts = assoc->core->now_ts;
    uint64_t wait_dur = path->rto.rto_dur;
    struct heartbeat hb;

    /* What T3-rtx made of the RTO while the peer could not answer does not count for a learned port: where
     * it is a wrong one, the right one is waiting. */
    if (path->rebinding) {
        wait_dur = USCTP__MIN(wait_dur, path->set->bounds.initial_dur);
    }
    usctp__path_check_source(assoc, path);
    if (!make_next_heartbeat(assoc, path, &hb) ||
        !usctp__ctrl_push(assoc, path, 0, hb.chunk, sizeof(hb.chunk))) {
        return false;
    }
    path->hb_repeated = path->rebinding && path->hb_answerable;
    expect_nonce(assoc, path, &hb, false);
    path->hb_pending = true;
    usctp__path_alarm_clear(path, USCTP__ALARM_HEARTBEAT);
    usctp__path_alarm_set(path, USCTP__ALARM_HB_ANSWER, usctp__time_add(now_ts, wait_dur));
    return true;
}

void usctp__path_probe_port(struct usctp_assoc *assoc, struct usctp__path *path,
                            const struct usctp_dgram *dgram)
{
    struct heartbeat hb;

    if (!may_heartbeat(assoc) || path->hb_pending ||
        (path->hb_sent_ts != 0 &&
         assoc->core->now_ts < usctp__time_add(path->hb_sent_ts, path->rto.rto_dur))) {
        return;
    }
    if (make_heartbeat(assoc, path, &hb) &&
        usctp__output_probe(assoc, path, dgram, hb.chunk, sizeof(hb.chunk))) {
        path->hb_repeated = false;
        expect_nonce(assoc, path, &hb, true);
        path->old_udp_port = dgram->remote_udp_port;
        path->old_lower = dgram->lower;
    }
}

int usctp__path_request_heartbeat(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (!may_heartbeat(assoc) || path->unannounced) {
        return USCTP_ESTATE; /* RFC 5061, 5.3, F1 */
    }
    if (path->hb_pending) {
        return USCTP_EBUSY;
    }
    return send_heartbeat(assoc, path) ? USCTP_OK : USCTP_ENOMEM;
}

/* RFC 9260, 5.4: HB.Max.Burst probes an RTO; true: this one has to wait, and its alarm is set. */
static bool probe_must_wait(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__paths *paths = &assoc->paths;
    uint64_t now_ts = assoc->core->now_ts;
    uint64_t window_end_ts = usctp__time_add(paths->probe_window_ts, path->rto.rto_dur);

    if (paths->probe_cnt == 0 || now_ts >= window_end_ts) {
        paths->probe_window_ts = now_ts;
        paths->probe_cnt = 0;
    } else if (paths->probe_cnt >= usctp__params(assoc)->hb_max_burst) {
        usctp__path_alarm_set(path, USCTP__ALARM_HEARTBEAT, window_end_ts);
        return true;
    }
    paths->probe_cnt++;
    return false;
}

/* RFC 7829, 3.2, 6: T3-rtx and SACKs say of a potentially failed path what a HEARTBEAT would. */
static bool is_tried(const struct usctp__path *path)
{
    return path->state == USCTP_PATH_POTENTIALLY_FAILED &&
           (path->flight_cnt > 0 || path->tx_lost_cnt > 0);
}

/* RFC 9260, 8.3: data that measures the path was sent within this period: the alarm moves. */
static bool is_busy(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (is_tried(path)) {
        usctp__path_alarm_set(path, USCTP__ALARM_HEARTBEAT,
                              usctp__time_add(assoc->core->now_ts, path->rto.rto_dur));
        return true;
    }
    uint64_t idle_ts = usctp__time_add(
        path->last_data_ts, usctp__time_add(path->set->hb_interval_dur, path->rto.rto_dur));

    if (path->state != USCTP_PATH_ACTIVE || path->last_data_ts == 0 ||
        idle_ts <= assoc->core->now_ts) {
        return false;
    }
    usctp__path_alarm_set(path, USCTP__ALARM_HEARTBEAT, idle_ts);
    return true;
}

void usctp__path_on_heartbeat_due(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (!may_heartbeat(assoc) || path->hb_pending || path->unannounced) {
        return;
    }
    if (is_probing(path)) {
        if (probe_must_wait(assoc, path)) {
            return;
        }
    } else if (!path->rebinding && (!path->heartbeat_on || is_busy(assoc, path))) {
        return;
    }
    if (!send_heartbeat(assoc, path)) {
        usctp__path_alarm_set(path, USCTP__ALARM_HEARTBEAT,
                              usctp__time_add(assoc->core->now_ts, path->rto.rto_dur));
    }
}

void usctp__path_on_hb_answer_missing(struct usctp_assoc *assoc, struct usctp__path *path)
{
    bool counts_for_assoc;

    path->hb_pending = false;
    usctp__rare(assoc)->lost_heartbeats++;
    if (!may_heartbeat(assoc)) {
        return;
    }
    if (path->rebinding) {
        /* It tells nothing of the path: the peer may never have been at that port. */
        if (!usctp__path_rebind_failed(assoc, path) && !send_heartbeat(assoc, path)) {
            usctp__path_schedule_heartbeat(assoc, path);
        }
        return;
    }
    if (is_tried(path)) {
        usctp__path_schedule_heartbeat(assoc,
                                       path); /* T3-rtx counts; backing off twice is too much */
        return;
    }
    usctp__rto_backoff(&path->rto, &path->set->bounds); /* RFC 9260, 8.3 */
    /* RFC 9260, 8.1, 5.4: only on the path that carries data, never while it is verified. */
    counts_for_assoc = path == assoc->paths.data && path->state != USCTP_PATH_UNCONFIRMED;
    if (!usctp__path_error(assoc, path, counts_for_assoc)) {
        return;
    }
    usctp__path_schedule_heartbeat(assoc, path);
}

void usctp__path_start(struct usctp_assoc *assoc)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->state != USCTP_PATH_UNCONFIRMED) {
            path->error_cnt = 0;
            usctp__pmtud_begin(assoc, path);
        }
        usctp__path_schedule_heartbeat(assoc, path);
    }
}

/* RFC 9260, 8.3: from COOKIE-ECHOED or ESTABLISHED on, up to SHUTDOWN-SENT or SHUTDOWN-ACK-SENT. In
 * SHUTDOWN-SENT too: a peer that has much to send yet watches its paths meanwhile. */
static bool may_answer(const struct usctp_assoc *assoc)
{
    return may_heartbeat(assoc) || assoc->state == USCTP_STATE_COOKIE_ECHOED ||
           assoc->state == USCTP_STATE_SHUTDOWN_SENT;
}

enum usctp__verdict usctp__on_heartbeat(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                        const struct usctp__chunk *chunk)
{
    struct usctp__bufpool *bufs = &assoc->core->bufs;
    struct usctp__range info;
    struct usctp__writer w;
    uint8_t *answer;
    size_t cap;
    size_t pos;

    /* Also where it is not answered: after a rebinding SHUTDOWN must get through. */
    in->fresh = true;
    usctp__shutdown_on_heartbeat(assoc, in);
    if (!may_answer(assoc)) {
        assoc->core->stats.dropped_unexpected++;
        return USCTP__NEXT;
    }
    if (!usctp__heartbeat_parse(&info, chunk)) {
        assoc->core->stats.dropped_malformed++;
        return USCTP__NEXT;
    }
    answer = usctp__bufpool_get(bufs, usctp__chunk_padded_len(chunk), &cap);
    if (answer == NULL) {
        assoc->core->stats.dropped_memory++;
        return USCTP__NEXT;
    }
    /* RFC 9260, 8.3: everything is copied unchanged, to where it came from. */
    w = usctp__writer_make(answer, cap);
    pos = usctp__chunk_begin(&w, USCTP__CHUNK_HEARTBEAT_ACK, 0);
    usctp__writer_bytes(&w, chunk->value, chunk->value_len);
    usctp__chunk_end(&w, pos);
    usctp__ctrl_push(assoc, in->path, USCTP__CTRL_REPLY, answer, w.len);
    usctp__bufpool_put(bufs, answer, cap);
    return USCTP__NEXT;
}

/* The path whose present nonce this is; NULL: none (RFC 9260, 5.4). */
static struct usctp__path *path_of_answer(struct usctp_assoc *assoc,
                                          const struct usctp__range *info)
{
    struct usctp__path *path;

    if (info->len != INFO_LEN) {
        return NULL;
    }
    path = usctp__path_by_id(assoc, usctp__get32(info->ptr + USCTP__NONCE_LEN));
    if (path == NULL || !path->hb_answerable ||
        !usctp__ct_equal(info->ptr, path->hb_nonce, USCTP__NONCE_LEN)) {
        return NULL;
    }
    return path;
}

/* The path whose probe of the path MTU this answers, which is taken; NULL: none. */
static struct usctp__path *path_of_probe(struct usctp_assoc *assoc, const struct usctp__range *info)
{
    struct usctp__path *path =
        info->len == INFO_LEN ? usctp__path_by_id(assoc, usctp__get32(info->ptr + USCTP__NONCE_LEN))
                              : NULL;

    return path != NULL && usctp__pmtud_answered(assoc, path, info->ptr) ? path : NULL;
}

/* The address answered: it is confirmed, or active again. */
static void bring_up(struct usctp_assoc *assoc, struct usctp__path *path)
{
    path->error_cnt = 0;
    if (path->state == USCTP_PATH_UNCONFIRMED) {
        path->state = USCTP_PATH_ACTIVE;
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_CONFIRMED);
        usctp__pmtud_begin(assoc, path);
    } else {
        (void)usctp__path_bring_up(assoc, path);
    }
    usctp__path_choose(assoc);
    if (usctp__asconf_of(assoc) != NULL) {
        usctp__asconf_confirmed(assoc, path);
    }
}

void usctp__path_proved(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (path->state != USCTP_PATH_ACTIVE) {
        bring_up(assoc, path);
        path->hb_pending = false;
        usctp__path_alarm_clear(path, USCTP__ALARM_HB_ANSWER);
        usctp__path_schedule_heartbeat(assoc, path);
    }
}

enum usctp__verdict usctp__on_heartbeat_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                            const struct usctp__chunk *chunk)
{
    struct usctp__range info;
    struct usctp__path *path = NULL;

    if (usctp__heartbeat_parse(&info, chunk)) {
        path = path_of_answer(assoc, &info);
        if (path == NULL && (path = path_of_probe(assoc, &info)) != NULL) {
            in->fresh = true;
            assoc->counters.heartbeat_acks_received++;
            bring_up(assoc, path);
            return USCTP__NEXT;
        }
    }
    if (path == NULL || (path->hb_probe && !usctp__path_probe_answered(assoc, path, in->dgram))) {
        usctp__rare(assoc)->ignored_heartbeat_acks++;
        return USCTP__NEXT;
    }
    in->fresh = true;
    assoc->counters.heartbeat_acks_received++;
    path->hb_pending = false;
    path->hb_answerable = false; /* a nonce counts once */
    path->hb_probe = false;
    usctp__path_alarm_clear(path, USCTP__ALARM_HB_ANSWER);
    /* RFC 9260, 8.3: the time is our own record of it; what came back could be forged. */
    if (!path->hb_repeated) {
        usctp__rto_sample(&path->rto, &path->set->bounds, assoc->core->now_ts - path->hb_sent_ts);
    }
    if (assoc->tx.flight == 0) {
        assoc->error_cnt = 0; /* RFC 9260, 8.1: not while data is outstanding */
    }
    if (path->rebinding) {
        usctp__path_rebind_done(assoc, path);
    }
    bring_up(assoc, path);
    usctp__path_schedule_heartbeat(assoc, path);
    usctp__alarm_refresh(assoc); /* now that all is at hand, not when it would have been late */
    return USCTP__NEXT;
}
