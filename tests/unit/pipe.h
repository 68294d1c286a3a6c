/* SPDX-License-Identifier: BSD-3-Clause */
/* A sender that always has data, over one link with a queue, for tests of congestion control alone: no
 * association, no losses but those that the queue makes. */
#ifndef USCTP_TEST_PIPE_H
#define USCTP_TEST_PIPE_H

#include <usctp/usctp.h>

#include "base/time.h"
#include "core/cc.h"
#include "unit/unit.h"

enum { PIPE_MTU = 1200, PIPE_PACKETS = 1 << 15 };

struct pipe_packet {
    uint64_t sent_ts, ack_ts;
    bool lost;
    bool marked;
};

struct pipe {
    struct usctp__cc cc;
    struct pipe_packet packets[PIPE_PACKETS]; /* a ring */
    uint64_t first, next;                     /* unacknowledged packets */
    uint64_t now_ts;
    uint64_t rate;     /* of the link, bytes a second */
    uint64_t rtt_dur;  /* without queue */
    uint64_t queue;    /* bytes that it holds */
    uint64_t mark;     /* bytes waiting from which on packets are marked; 0: never */
    uint64_t told_to;  /* marks of packets before this one are no news */
    uint64_t mark_cnt; /* times that a mark was news */
    uint64_t busy_ts;  /* when the link has sent what waits */
    uint64_t srtt_dur;
    uint32_t flight;
    uint64_t delivered;
    uint64_t lost_cnt;
    uint64_t max_queue_dur; /* longest wait since it was cleared */
};

static inline struct pipe *pipe_new(const struct usctp__cc_ops *ops, bool paced, uint64_t rate,
                                    uint64_t rtt_dur, uint64_t queue)
{
    struct pipe *pipe = test_calloc(1, sizeof(*pipe));
    size_t len = ops->state_len > 0 ? ops->state_len : sizeof(struct usctp__cc_state);

    pipe->rate = rate;
    pipe->rtt_dur = rtt_dur;
    pipe->queue = queue;
    pipe->now_ts = USCTP__SEC;
    pipe->srtt_dur = rtt_dur;
    pipe->cc.ops = ops;
    pipe->cc.paced = paced;
    pipe->cc.state = test_calloc(1, len);
    ops->init(&pipe->cc, PIPE_MTU, UINT32_MAX);
    if (ops->begin != NULL) {
        ops->begin(&pipe->cc, pipe->now_ts, rtt_dur);
    }
    return pipe;
}

static inline void pipe_free(struct pipe *pipe)
{
    test_free(pipe->cc.state);
    test_free(pipe);
}

static inline void pipe_send(struct pipe *pipe)
{
    struct pipe_packet *packet = &pipe->packets[pipe->next++ % PIPE_PACKETS];
    uint64_t start_ts = pipe->busy_ts > pipe->now_ts ? pipe->busy_ts : pipe->now_ts;
    uint64_t wait_dur = start_ts - pipe->now_ts;

    assert_true(pipe->next - pipe->first < PIPE_PACKETS);
    packet->sent_ts = pipe->now_ts;
    packet->lost = wait_dur * pipe->rate / USCTP__SEC > pipe->queue;
    packet->marked = pipe->mark != 0 && wait_dur * pipe->rate / USCTP__SEC > pipe->mark;
    if (!packet->lost) {
        pipe->busy_ts = start_ts + PIPE_MTU * USCTP__SEC / pipe->rate;
        pipe->max_queue_dur = wait_dur > pipe->max_queue_dur ? wait_dur : pipe->max_queue_dur;
    }
    packet->ack_ts = (packet->lost ? start_ts : pipe->busy_ts) + pipe->rtt_dur;
    pipe->flight += PIPE_MTU;
    usctp__pace_sent(&pipe->cc.state->pacer, PIPE_MTU);
    if (pipe->cc.ops->on_sent != NULL) {
        pipe->cc.ops->on_sent(&pipe->cc, pipe->now_ts, PIPE_MTU, pipe->flight);
    }
}

static inline void pipe_take_ack(struct pipe *pipe)
{
    uint64_t at = pipe->first++;
    struct pipe_packet *packet = &pipe->packets[at % PIPE_PACKETS];
    struct usctp__cc_ack ack = {0};

    ack.now_ts = pipe->now_ts;
    ack.cum_tsn = at;
    ack.flight_before = pipe->flight;
    pipe->flight -= PIPE_MTU;
    ack.flight_after = pipe->flight;
    if (packet->lost) {
        pipe->lost_cnt++;
        if (pipe->cc.ops->on_lost != NULL) {
            pipe->cc.ops->on_lost(&pipe->cc, at, PIPE_MTU, packet->sent_ts);
        }
        if (!pipe->cc.in_recovery) {
            pipe->cc.ops->on_loss(&pipe->cc, pipe->next - 1);
        }
        return;
    }
    pipe->delivered += PIPE_MTU;
    if (packet->marked && at >= pipe->told_to) {
        pipe->cc.ops->on_ecn(&pipe->cc);
        pipe->told_to = pipe->next;
        pipe->mark_cnt++;
    }
    ack.acked_bytes = PIPE_MTU;
    ack.cwnd_limited = true;
    ack.newest_sent_ts = packet->sent_ts;
    ack.rtt_dur = pipe->now_ts - packet->sent_ts;
    pipe->srtt_dur = (7 * pipe->srtt_dur + ack.rtt_dur) / 8;
    ack.srtt_dur = pipe->srtt_dur;
    pipe->cc.ops->on_ack(&pipe->cc, &ack);
}

/* Lets it run for so long. */
static inline void pipe_run(struct pipe *pipe, uint64_t dur)
{
    uint64_t end_ts = pipe->now_ts + dur;

    while (pipe->now_ts < end_ts) {
        uint64_t wait_ts = pipe->now_ts;
        bool may = pipe->flight < pipe->cc.cwnd;

        if (may &&
            (!pipe->cc.paced || usctp__pace_open(&pipe->cc.state->pacer, pipe->now_ts, &wait_ts))) {
            pipe_send(pipe);
        } else if (may && (pipe->first == pipe->next ||
                           wait_ts < pipe->packets[pipe->first % PIPE_PACKETS].ack_ts)) {
            pipe->now_ts = wait_ts;
        } else {
            uint64_t ack_ts = pipe->packets[pipe->first % PIPE_PACKETS].ack_ts;

            pipe->now_ts = ack_ts > pipe->now_ts ? ack_ts : pipe->now_ts;
            pipe_take_ack(pipe);
        }
    }
}

#endif
