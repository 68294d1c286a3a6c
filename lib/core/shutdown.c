/* SPDX-License-Identifier: BSD-3-Clause */
/* Graceful shutdown (RFC 9260, 9.2). */
#include "core/shutdown.h"

#include "base/time.h"
#include "core/assoc.h"
#include "core/error.h"
#include "core/input.h"
#include "wire/shutdown.h"

/* RFC 9260, 9.2 and 6.3: T2 runs for the RTO of the path that the chunk took. */
static void arm_t2(struct usctp_assoc *assoc, struct usctp__path *path)
{
    assoc->shutdown_path = path->id;
    usctp__alarm_set(assoc, USCTP__ALARM_T2,
                     usctp__time_add(assoc->core->now_ts, path->rto.rto_dur));
}

static void send_shutdown(struct usctp_assoc *assoc, struct usctp__path *path, unsigned flags)
{
    uint8_t chunk[USCTP__SHUTDOWN_LEN];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));

    usctp__shutdown_write(&w, usctp__rx_cum_tsn(assoc));
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_SHUTDOWN);
    usctp__ctrl_push(assoc, path, flags, chunk, w.len);
    arm_t2(assoc, path);
}

static void queue_shutdown_ack(struct usctp_assoc *assoc, struct usctp__path *path, unsigned flags)
{
    uint8_t chunk[USCTP__SHUTDOWN_ACK_LEN];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));

    usctp__shutdown_ack_write(&w);
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_SHUTDOWN);
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_SHUTDOWN_ACK);
    usctp__ctrl_push(assoc, path, flags, chunk, w.len);
}

static void send_shutdown_ack(struct usctp_assoc *assoc, struct usctp__path *path, unsigned flags)
{
    queue_shutdown_ack(assoc, path, flags);
    arm_t2(assoc, path);
}

/* RFC 9260, 9.2: the guard of the whole, five times RTO.Max unless set otherwise. */
static void arm_t5(struct usctp_assoc *assoc)
{
    const struct usctp_params *params = usctp__params(assoc);
    uint64_t dur = params->shutdown_guard_dur != 0 ? params->shutdown_guard_dur
                                                   : usctp__time_mul(params->rto_max_dur, 5);

    usctp__alarm_set(assoc, USCTP__ALARM_T5, usctp__time_add(assoc->core->now_ts, dur));
}

void usctp__shutdown_start(struct usctp_assoc *assoc)
{
    switch (assoc->state) {
    case USCTP_STATE_CLOSED:
        usctp__assoc_end(assoc, 0, 0, NULL, 0);
        break;
    case USCTP_STATE_COOKIE_WAIT:
        if (usctp__tx_empty(assoc)) {
            usctp__assoc_end(assoc, 0, 0, NULL, 0);
            break;
        }
        assoc->close_wanted = true; /* RFC 9260, 11.1.3: what is queued is delivered first */
        break;
    case USCTP_STATE_COOKIE_ECHOED:
        assoc->close_wanted = true;
        break;
    case USCTP_STATE_ESTABLISHED:
        usctp__assoc_set_state(assoc, USCTP_STATE_SHUTDOWN_PENDING);
        usctp__alarm_clear(assoc, USCTP__ALARM_AUTOCLOSE);
        usctp__shutdown_progress(assoc);
        break;
    default:
        break; /* RFC 9260, 9.2: under way already; SHUTDOWN-RECEIVED ignores it */
    }
}

void usctp__shutdown_progress(struct usctp_assoc *assoc)
{
    /* RFC 9260, 9.2: not before everything outstanding was acknowledged. */
    if (!usctp__tx_empty(assoc)) {
        return;
    }
    if (assoc->state == USCTP_STATE_SHUTDOWN_PENDING) {
        usctp__assoc_set_state(assoc, USCTP_STATE_SHUTDOWN_SENT);
        send_shutdown(assoc, assoc->paths.data, 0);
        arm_t5(assoc);
    } else if (assoc->state == USCTP_STATE_SHUTDOWN_RECEIVED) {
        usctp__assoc_set_state(assoc, USCTP_STATE_SHUTDOWN_ACK_SENT);
        send_shutdown_ack(assoc, usctp__path_to_reply(assoc), 0);
    }
}

void usctp__shutdown_on_data(struct usctp_assoc *assoc)
{
    if (assoc->state == USCTP_STATE_SHUTDOWN_SENT) {
        /* RFC 9260, 9.2: at once, with T2 and its count begun afresh. */
        assoc->error_cnt = 0;
        send_shutdown(assoc, usctp__path_to_reply(assoc), 0);
    }
}

void usctp__shutdown_on_heartbeat(struct usctp_assoc *assoc, struct usctp__packet_in *in)
{
    /* Each HEARTBEAT restarts T2: where they come more often than it expires, and the SHUTDOWN was lost,
     * it would never be sent again. RFC 9260, 12.4: it counts as part of the answer. */
    if (assoc->state == USCTP_STATE_SHUTDOWN_SENT && in->reply_len == 0) {
        usctp__shutdown_on_data(assoc);
        in->reply_len += USCTP__SHUTDOWN_LEN;
    }
}

void usctp__shutdown_on_packet(struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    struct usctp__path *path = usctp__path_by_id(assoc, assoc->shutdown_path);

    if (in->tag == assoc->my_tag) {
        /* RFC 9260, 9.2: the peer is there: it gets its time to send what it has. An INIT, or a cookie
         * that is none, anyone can send. */
        assoc->error_cnt = 0;
        arm_t2(assoc, path != NULL ? path : assoc->paths.data);
    }
}

void usctp__shutdown_resend_ack(struct usctp_assoc *assoc)
{
    /* T2 goes on: who sends INITs that come from nowhere must not keep the association alive. */
    queue_shutdown_ack(assoc, usctp__path_to_reply(assoc), 0);
}

void usctp__shutdown_on_t2(struct usctp_assoc *assoc)
{
    struct usctp__path *path = usctp__path_by_id(assoc, assoc->shutdown_path);

    if (path == NULL) {
        path = assoc->paths.data;
    }
    usctp__rto_backoff(&path->rto, &path->set->bounds);
    /* RFC 9260, 9.2: at most Association.Max.Retrans times. */
    if (!usctp__path_error(assoc, path, true)) {
        return;
    }
    path = usctp__path_for_retransmit(assoc, path);
    usctp__path_turn_port(assoc, path);
    if (assoc->state == USCTP_STATE_SHUTDOWN_SENT) {
        usctp__rare(assoc)->t2_shutdown_expiries++;
        send_shutdown(assoc, path, USCTP__CTRL_AGAIN);
    } else if (assoc->state == USCTP_STATE_SHUTDOWN_ACK_SENT) {
        usctp__rare(assoc)->t2_shutdown_ack_expiries++;
        send_shutdown_ack(assoc, path, USCTP__CTRL_AGAIN);
    }
}

void usctp__shutdown_on_t5(struct usctp_assoc *assoc)
{
    /* RFC 9260, 9.2: the peer takes too long. */
    usctp__abort_causes(assoc, USCTP_LOST_TIMEOUT, NULL, 0);
}

/* One chunk, alone, to the very address and port that a packet came from, which are not stored for it:
 * the association is at its end, and no nonce could verify a port any more (RFC 6951, 5.4, narrowed). */
static void answer_source(struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                          const struct usctp__writer *w)
{
    usctp__output_reply_of(assoc, in->dgram, w->base, w->len);
    assoc->counters.sent_packets++;
}

/* What answers the packet may take a path as it is; else its address is right, but not its port. */
static bool path_fits(const struct usctp__packet_in *in)
{
    const struct usctp__path *path = in->path;

    return path == NULL || path->state == USCTP_PATH_UNCONFIRMED ||
           (in->dgram->remote_udp_port == path->udp_port && in->dgram->lower == path->lower);
}

/* RFC 9260, 9.2: SHUTDOWN ACK for a SHUTDOWN that came again; after a rebinding to its new port. */
static void answer_again(struct usctp_assoc *assoc, struct usctp__packet_in *in)
{
    uint8_t chunk[USCTP__SHUTDOWN_ACK_LEN];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));

    if (path_fits(in)) {
        send_shutdown_ack(assoc, usctp__path_to_reply(assoc), 0);
        return;
    }
    if (in->reply_len == 0) { /* RFC 9260, 12.4: one packet answers one packet */
        usctp__shutdown_ack_write(&w);
        answer_source(assoc, in, &w);
        in->reply_len += w.len;
    }
}

enum usctp__verdict usctp__on_shutdown(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                       const struct usctp__chunk *chunk)
{
    uint32_t cum_tsn;

    if (!usctp__shutdown_parse(&cum_tsn, chunk)) {
        assoc->core->stats.dropped_malformed++;
        return USCTP__NEXT;
    }
    switch (assoc->state) {
    case USCTP_STATE_ESTABLISHED:
    case USCTP_STATE_SHUTDOWN_PENDING:
        if (!usctp__tx_cum_check(assoc, cum_tsn)) {
            return USCTP__GONE;
        }
        usctp__assoc_set_state(assoc, USCTP_STATE_SHUTDOWN_RECEIVED);
        usctp__alarm_clear(assoc, USCTP__ALARM_AUTOCLOSE);
        usctp__event_peer_shutdown(assoc);
        in->fresh = true;
        break;
    case USCTP_STATE_SHUTDOWN_RECEIVED:
        in->fresh = true; /* the peer sends nothing newer any more: not even heartbeats */
        break;
    case USCTP_STATE_SHUTDOWN_SENT:
        /* RFC 9260, 9.2: both at once */
        in->fresh = true;
        usctp__assoc_set_state(assoc, USCTP_STATE_SHUTDOWN_ACK_SENT);
        send_shutdown_ack(assoc, usctp__path_to_reply(assoc), 0);
        return USCTP__NEXT;
    case USCTP_STATE_SHUTDOWN_ACK_SENT:
        answer_again(assoc, in); /* the one before was lost */
        return USCTP__NEXT;
    default:
        assoc->core->stats.dropped_unexpected++; /* RFC 9260, 9.2: silently */
        return USCTP__NEXT;
    }
    if (!usctp__tx_cum_ack(assoc, cum_tsn, in->path)) {
        return USCTP__GONE;
    }
    usctp__shutdown_progress(assoc);
    return assoc->ended ? USCTP__GONE : USCTP__NEXT;
}

/* RFC 9260, 9.2 and 8.5.1 (C): alone, with the peer's tag and without the T bit. */
static void send_shutdown_complete(struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    uint8_t chunk[USCTP__SHUTDOWN_COMPLETE_LEN];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));

    if (usctp__packet_has_abort(in)) {
        return; /* RFC 9260, 9.1 */
    }
    usctp__shutdown_complete_write(&w, false);
    if (path_fits(in)) {
        usctp__output_now(assoc, usctp__path_to_reply(assoc), assoc->peer_tag, chunk, w.len);
    } else {
        answer_source(assoc, in, &w);
    }
}

enum usctp__verdict usctp__on_shutdown_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                           const struct usctp__chunk *chunk)
{
    (void)chunk;
    if (assoc->state != USCTP_STATE_SHUTDOWN_SENT &&
        assoc->state != USCTP_STATE_SHUTDOWN_ACK_SENT) {
        assoc->core->stats.dropped_unexpected++;
        return USCTP__NEXT;
    }
    send_shutdown_complete(assoc, in);
    usctp__assoc_end(assoc, 0, 0, NULL, 0);
    return USCTP__GONE;
}

enum usctp__verdict usctp__on_shutdown_complete(struct usctp_assoc *assoc,
                                                struct usctp__packet_in *in,
                                                const struct usctp__chunk *chunk)
{
    (void)in;
    (void)chunk;
    usctp__assoc_end(assoc, 0, 0, NULL, 0);
    return USCTP__GONE;
}
