/* SPDX-License-Identifier: BSD-3-Clause */
/* Every invariant of an association that can be told from outside of its rooms. */
#include "core/check.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "core/assoc.h"

/* Unlike an assertion this is there in every build: who calls it wants to know. */
static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_life(const struct usctp_assoc *assoc)
{
    must(assoc->state <= USCTP_STATE_SHUTDOWN_ACK_SENT);
    must(!assoc->ended || assoc->state == USCTP_STATE_CLOSED);
    must(!assoc->ended || !usctp__heap_contains(&assoc->timer));
    must(!assoc->freed || assoc->ended || assoc->touched);
    must((assoc->setup != NULL) ==
         (assoc->state == USCTP_STATE_COOKIE_WAIT || assoc->state == USCTP_STATE_COOKIE_ECHOED));
    must(assoc->core->in_callback || assoc->core->depth > 0 ||
         usctp__packet_at_hand(assoc) == NULL);
}

/* The list is in order, and what points into it points into it. */
static void check_paths(const struct usctp_assoc *assoc)
{
    const struct usctp__paths *paths = &assoc->paths;
    bool has_primary = false;
    bool has_data = false;
    unsigned cnt = 0;
    usctp_path_id last = 0;

    for (const struct usctp__path *path = paths->first; path != NULL; path = path->next) {
        must(path->assoc == assoc && path->id > last && path->id < paths->next_id);
        must(path->max_packet % 4 == 0 && path->max_packet <= USCTP__PACKET_MAX);
        must(path->cc.cwnd > 0 && path->rto.rto_dur > 0);
        must(path->error_cnt <= usctp__path_error_limit(path) || assoc->setup != NULL);
        has_primary = has_primary || path == paths->primary;
        has_data = has_data || path == paths->data;
        last = path->id;
        cnt++;
    }
    must(cnt == paths->cnt);
    must(cnt == 0 || (has_primary && has_data));
}

/* What one path has outstanding, counted slot by slot; returns its payload bytes. */
static uint64_t check_flight_of(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t payload_len = 0;
    uint64_t len = 0;
    uint64_t cnt = 0;

    for (uint64_t tsn = ring->base; tsn < ring->next; tsn++) {
        const struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);

        if (slot->path == path && slot->msg != NULL && !usctp__txring_acked(ring, tsn) &&
            !usctp__txring_lost(ring, tsn)) {
            payload_len += slot->len;
            len += usctp__tx_chunk_len(&assoc->tx, slot->len);
            cnt++;
        }
    }
    must(len == path->flight && cnt == path->flight_cnt);
    /* RFC 9260, 6.3.2 R1: something outstanding means that a timer runs; what rode on COOKIE ECHO
     * gets it with the next output, which a blocked lower layer puts off. */
    must(cnt == 0 || assoc->setup != NULL || assoc->ended ||
         usctp__path_alarm_armed(path, USCTP__ALARM_LOSS) ||
         (assoc->core->blocked && assoc->touched));
    return payload_len;
}

static void check_tx(const struct usctp_assoc *assoc)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t flight = 0;
    uint32_t acked = 0;
    uint32_t lost = 0;

    must(ring->next >= ring->base && usctp__txring_cnt(ring) <= ring->cap);
    for (uint64_t tsn = ring->base; tsn < ring->next; tsn++) {
        must(!usctp__txring_acked(ring, tsn) || !usctp__txring_lost(ring, tsn));
        must((usctp__txring_slot(ring, tsn)->msg == NULL) == usctp__txring_gone(ring, tsn));
        must(usctp__txring_gone(ring, tsn) || usctp__txring_slot(ring, tsn)->len > 0);
        acked += usctp__txring_acked(ring, tsn);
        lost += usctp__txring_lost(ring, tsn);
    }
    must(acked == ring->acked_cnt && lost == ring->lost_cnt);
    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        flight += check_flight_of(assoc, path);
    }
    must(flight == assoc->tx.flight);
    must(assoc->tx.buffered >= assoc->tx.flight);
    must(!usctp__tx_empty(assoc) || assoc->tx.buffered == 0);
}

/* A message with a lifetime that waits has an alarm. Of a stream that is to be reset those that are held come last. */
static void check_messages(const struct usctp_assoc *assoc)
{
    const struct usctp__streams_out *streams = &assoc->tx.outq.streams;
    const struct usctp__stream_out *stream;
    uint32_t held_cnt = 0, older_cnt = 0;

    for (uint32_t id = 0; (stream = usctp__stream_out_next(streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        bool held = false;

        for (const struct usctp__qlink *link = usctp__queue_peek(&stream->queue); link != NULL;
             link = link->next) {
            const struct usctp__outmsg *msg =
                (const struct usctp__outmsg *)(const void *)((const char *)link -
                                                             offsetof(struct usctp__outmsg, link));

            must(msg->cut_len > 0 || msg->expiry_ts == USCTP_NEVER || assoc->ended ||
                 usctp__alarm_armed(assoc, USCTP__ALARM_LIFETIME));
            must(!held || msg->after_reset);
            held = stream->resets && msg->after_reset;
            older_cnt += stream->resets && !held;
        }
        held_cnt += held;
    }
    must(held_cnt == assoc->tx.outq.held_cnt && older_cnt == assoc->tx.outq.older_cnt);
}

static void check_rx(const struct usctp_assoc *assoc)
{
    const struct usctp__rx *rx = &assoc->rx;

    must(rx->taken_bytes <= rx->app_bytes && rx->taken_memory <= rx->app_memory);
    must(rx->unsacked_packets == 0 || rx->sack_now || assoc->ended ||
         usctp__alarm_armed(assoc, USCTP__ALARM_SACK));
}

static void check_ctrl(const struct usctp_assoc *assoc)
{
    size_t len = 0;

    for (const struct usctp__qlink *link = usctp__queue_peek(&assoc->ctrl.queue); link != NULL;
         link = link->next) {
        const struct usctp__ctrl *ctrl =
            (const struct usctp__ctrl *)(const void *)((const char *)link -
                                                       offsetof(struct usctp__ctrl, link));
        len += ctrl->len;
    }
    must(len == assoc->ctrl.byte_cnt && assoc->ctrl.reply_cnt <= assoc->ctrl.byte_cnt);
}

/* The heap wakes it no later than for the earliest alarm. */
static void check_alarms(const struct usctp_assoc *assoc)
{
    uint64_t least = USCTP_NEVER;

    for (unsigned i = 0; i < USCTP__ASSOC_ALARM_CNT; i++) {
        if (usctp__alarm_armed(assoc, i) && assoc->alarm_ts[i] < least) {
            least = assoc->alarm_ts[i];
        }
    }
    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        for (unsigned i = 0; i < USCTP__PATH_ALARM_CNT; i++) {
            if (usctp__path_alarm_armed(path, i) && path->alarm_ts[i] < least) {
                least = path->alarm_ts[i];
            }
        }
    }
    /* What is armed anew for now while alarms run has to wait for the next time. */
    must(assoc->ended || assoc->timer.key <= USCTP__MAX(least, assoc->core->now_ts + 1));
}

void usctp__assoc_check(const usctp_assoc *assoc)
{
    check_life(assoc);
    check_paths(assoc);
    check_tx(assoc);
    check_messages(assoc);
    check_rx(assoc);
    check_ctrl(assoc);
    check_alarms(assoc);
}
