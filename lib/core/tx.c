/* SPDX-License-Identifier: BSD-3-Clause */
/* The sending half of an association: what is accepted, what fails, begin and end. */
#include "core/tx.h"

#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/ext.h"
#include "core/flight.h"
#include "core/pr.h"
#include "core/reconf.h"
#include "core/sackin.h"
#include "wire/data.h"

/* TSNs are unwrapped from here on, so that what lies before the first one is no negative number. */
static uint64_t unwrapped_start(uint32_t initial_tsn)
{
    return (UINT64_C(1) << 32) + initial_tsn;
}

void usctp__tx_init(struct usctp_assoc *assoc, uint32_t initial_tsn)
{
    struct usctp__tx *tx = &assoc->tx;

    usctp__outq_init(&tx->outq, &usctp__sched_first_come);
    usctp__txring_init(&tx->ring, unwrapped_start(initial_tsn));
    tx->header_len = USCTP__DATA_HEADER_LEN;
    (void)usctp__tx_schedule(assoc,
                             usctp__params(assoc)->scheduler); /* needs no memory: it is empty */
}

/* --- Messages that fail --- */

/* The bytes of a message that were not acknowledged are not buffered any more. */
static void unbuffer(struct usctp_assoc *assoc, struct usctp__outmsg *msg, uint32_t len)
{
    assoc->tx.buffered -= len;
    usctp__stream_out_take(&assoc->tx.outq.streams, msg->stream, len);
}

/* RFC 9260, 7.2.1: where nothing is left that could be sent, cwnd holds nothing back. */
static void nothing_waits(struct usctp_assoc *assoc)
{
    if (assoc->tx.outq.msg_cnt > 0 || assoc->tx.ring.lost_cnt > 0) {
        return;
    }
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        path->tx_cwnd_full = false;
    }
}

/* A message that was taken off its queue, and of which nothing was cut, fails. */
static void give_back(struct usctp_assoc *assoc, struct usctp__outmsg *msg, uint16_t cause)
{
    USCTP__ASSERT(!msg->queued && msg->cut_len == 0);
    unbuffer(assoc, msg, msg->len);
    usctp__pr_unsent(assoc, msg);
    nothing_waits(assoc);
    usctp__event_send_failed(assoc, msg, false, cause);
}

void usctp__tx_fail_unsent(struct usctp_assoc *assoc, struct usctp__outmsg *msg, uint16_t cause)
{
    usctp__outq_remove(&assoc->tx.outq, msg);
    give_back(assoc, msg, cause);
}

/* Hands a message back that is in no queue and no ring any more. */
static void fail(struct usctp_assoc *assoc, struct usctp__outmsg *msg, bool tell, uint16_t cause)
{
    usctp__pr_settled(assoc, msg);
    if (tell) {
        usctp__event_send_failed(assoc, msg, msg->cut_len > 0, cause);
    } else {
        usctp__outmsg_free(assoc, msg);
    }
}

/* All that was sent and not acknowledged cumulatively fails, in the order of TSNs. */
static void fail_sent(struct usctp_assoc *assoc, bool tell, uint16_t cause)
{
    struct usctp__tx *tx = &assoc->tx;

    for (uint64_t tsn = tx->ring.base; tsn < tx->ring.next; tsn++) {
        struct usctp__txslot *slot = usctp__txring_slot(&tx->ring, tsn);
        struct usctp__outmsg *msg = slot->msg;

        if (msg == NULL) {
            continue; /* abandoned */
        }
        unbuffer(assoc, msg, slot->len);
        if (--msg->chunk_cnt > 0) {
            continue;
        }
        if (usctp__outmsg_ordered(msg)) {
            msg->stream->ordered_cnt--;
        }
        if (msg->queued) {
            uint32_t left = msg->len - msg->cut_len;

            usctp__outq_remove(&tx->outq, msg);
            unbuffer(assoc, msg, left);
        }
        fail(assoc, msg, tell, cause);
    }
    usctp__txring_advance(&tx->ring, tx->ring.next);
}

/* All that was never sent fails, in the scheduler's order. What is cut in part is gone already, or all
 * its chunks were acknowledged. */
static void fail_queued(struct usctp_assoc *assoc, bool tell, uint16_t cause)
{
    struct usctp__outmsg *msg;

    while ((msg = usctp__outq_next(&assoc->tx.outq)) != NULL) {
        uint32_t left = msg->len - msg->cut_len;

        usctp__outq_remove(&assoc->tx.outq, msg);
        if (msg->cut_len > 0 && usctp__outmsg_ordered(msg) && msg->chunk_cnt == 0) {
            msg->stream->ordered_cnt -= msg->stream->ordered_cnt > 0;
        }
        unbuffer(assoc, msg, left);
        fail(assoc, msg, tell, cause);
    }
}

/* Nothing is outstanding any more. */
static void clear_flight(struct usctp_assoc *assoc)
{
    struct usctp__tx *tx = &assoc->tx;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        path->flight = 0;
        path->flight_cnt = 0;
        path->tx_lost_cnt = 0;
        path->rtt_pending = false;
        path->tx_force = false;
        path->tx_cwnd_full = false;
        path->t3_backed_off = false;
        path->cc.in_recovery = false;
        usctp__cc_release(path);
        usctp__path_alarm_clear(path, USCTP__ALARM_LOSS);
        usctp__rack_stop(path); /* its TSNs mean nothing any more */
    }
    tx->tail_probe = false;
    tx->flight = 0;
    tx->zero_window_probe = false;
    tx->probe_answered = false;
    tx->probe_due = false;
    tx->burst_credit = 0;
    usctp__pr_rewind(assoc);
}

static void fail_all(struct usctp_assoc *assoc, bool tell, uint16_t cause)
{
    assoc->tx.outq.open = NULL;
    assoc->tx.outq.begun = NULL;
    fail_sent(assoc, tell, cause);
    fail_queued(assoc, tell, cause);
    USCTP__ASSERT(assoc->tx.buffered == 0);
    clear_flight(assoc);
}

/* TSNs and SSNs begin anew; no message is cut. */
static void rewind_numbers(struct usctp_assoc *assoc, uint32_t initial_tsn)
{
    struct usctp__tx *tx = &assoc->tx;

    tx->ring.base = unwrapped_start(initial_tsn);
    tx->ring.next = tx->ring.base;
    usctp__stream_out_rewind(&tx->outq.streams);
}

/* --- Begin, restart, end --- */

/* What rode on a COOKIE ECHO that came to nothing cannot ride on the next one: the peer took it and
 * forgot it, or has fewer streams now. */
static bool cannot_ride_again(const struct usctp_assoc *assoc, uint16_t out_streams)
{
    const struct usctp__txring *ring = &assoc->tx.ring;

    if ((uint32_t)ring->base != assoc->my_initial_tsn) {
        return true;
    }
    for (uint64_t tsn = ring->base; tsn < ring->next; tsn++) {
        const struct usctp__outmsg *msg = usctp__txring_slot(ring, tsn)->msg;

        if (msg == NULL || msg->stream->id >= out_streams) {
            return true;
        }
    }
    return false;
}

/* All messages fail of which a part was sent. */
static void withdraw_sent(struct usctp_assoc *assoc)
{
    struct usctp__outq *outq = &assoc->tx.outq;
    struct usctp__stream_out *stream;

    fail_sent(assoc, true, 0);
    /* Of what is left a part was acknowledged already: first messages of their streams. */
    for (uint32_t id = 0; (stream = usctp__stream_out_next(&outq->streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        struct usctp__qlink *link = usctp__queue_peek(&stream->queue);
        struct usctp__outmsg *msg =
            link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__outmsg, link) : NULL;

        if (msg != NULL && msg->cut_len > 0) {
            uint32_t left = msg->len - msg->cut_len;

            usctp__outq_remove(outq, msg);
            unbuffer(assoc, msg, left);
            fail(assoc, msg, true, 0);
        }
    }
    clear_flight(assoc);
    rewind_numbers(assoc, assoc->my_initial_tsn);
}

/* RFC 8260, 2.2.1: user data leaves as I-DATA if that was agreed on, else as DATA. */
static void choose_chunks(struct usctp_assoc *assoc)
{
    struct usctp__tx *tx = &assoc->tx;
    bool interleaved = (assoc->extensions & USCTP__EXT_INTERLEAVING) != 0;

    if (interleaved == tx->outq.interleaved) {
        return;
    }
    if (!usctp__txring_empty(&tx->ring)) {
        withdraw_sent(assoc);
    }
    usctp__txring_interleave(&tx->ring, &assoc->core->mem, interleaved);
    tx->header_len = interleaved ? USCTP__I_DATA_HEADER_LEN : USCTP__DATA_HEADER_LEN;
    tx->outq.interleaved = interleaved;
    (void)usctp__tx_schedule(assoc, usctp__params(assoc)->scheduler); /* needs no memory here */
}

bool usctp__tx_schedule(struct usctp_assoc *assoc, uint32_t number)
{
    struct usctp__outq *outq = &assoc->tx.outq;
    const struct usctp__sched_ops *sched = usctp__outq_sched_of(outq, number);

    return outq->user != NULL || sched == outq->sched ||
           usctp__outq_schedule(outq, &assoc->core->mem, sched);
}

int usctp__tx_set_scheduler(struct usctp_assoc *assoc, const struct usctp_scheduler *ops, void *ctx)
{
    struct usctp__outq *outq = &assoc->tx.outq;
    struct usctp__mem *mem = &assoc->core->mem;
    struct usctp__sched_user *old = outq->user;
    struct usctp__sched_user *user = NULL;
    const struct usctp__sched_ops *sched;

    if (ops != NULL && (user = usctp__sched_user_new(mem, ops, ctx)) == NULL) {
        return USCTP_ENOMEM;
    }
    sched = user != NULL ? usctp__sched_user_ops(user)
                         : usctp__outq_sched_of(outq, usctp__params(assoc)->scheduler);
    outq->user = user;
    if (!usctp__outq_schedule(outq, mem, sched)) {
        outq->user = old;
        usctp__sched_user_free(user);
        return USCTP_ENOMEM;
    }
    usctp__sched_user_free(old);
    return USCTP_OK;
}

int usctp__tx_set_value(struct usctp_assoc *assoc, uint16_t stream, uint16_t value)
{
    struct usctp__outq *outq = &assoc->tx.outq;

    if (stream >= assoc->out_streams) {
        return USCTP_ENOENT;
    }
    if (!usctp__sched_set_value(outq, &assoc->core->mem, stream, value)) {
        return USCTP_ENOMEM;
    }
    if (outq->user != NULL && outq->user->ops.value != NULL) {
        outq->user->ops.value(outq->user->state, stream, value);
    }
    return USCTP_OK;
}

void usctp__tx_peer(struct usctp_assoc *assoc, uint32_t peer_rwnd, uint16_t out_streams)
{
    struct usctp__tx *tx = &assoc->tx;
    struct usctp__stream_out *stream;
    uint32_t id = out_streams;

    if (cannot_ride_again(assoc, out_streams)) {
        withdraw_sent(assoc);
    }
    choose_chunks(assoc);
    tx->peer_window = peer_rwnd; /* RFC 9260, 6.2.1 A */
    tx->peer_max_window = peer_rwnd;
    usctp__flight_window(assoc);
    /* RFC 9260, 5.1.1: there are fewer streams than some messages count on. */
    while ((stream = usctp__stream_out_next(&tx->outq.streams, id)) != NULL) {
        struct usctp__qlink *link;

        while ((link = usctp__queue_peek(&stream->queue)) != NULL) {
            usctp__tx_fail_unsent(assoc, USCTP__CONTAINER_OF(link, struct usctp__outmsg, link), 0);
        }
        id = (uint32_t)stream->id + 1;
    }
    usctp__tx_params_changed(assoc);
}

void usctp__tx_restart(struct usctp_assoc *assoc, uint32_t initial_tsn)
{
    struct usctp__tx *tx = &assoc->tx;

    fail_all(assoc, true, 0);
    rewind_numbers(assoc, initial_tsn);
    tx->peer_window = 0;
    tx->peer_max_window = 0;
    usctp__flight_window(assoc);
    usctp__tx_params_changed(assoc);
}

void usctp__tx_renumber(struct usctp_assoc *assoc, uint32_t tsn)
{
    struct usctp__txring *ring = &assoc->tx.ring;

    USCTP__ASSERT(usctp__txring_empty(ring));
    clear_flight(assoc);
    ring->base += (uint32_t)(tsn - (uint32_t)ring->base);
    ring->next = ring->base;
}

void usctp__tx_end(struct usctp_assoc *assoc, bool tell, uint16_t cause)
{
    struct usctp__tx *tx = &assoc->tx;

    fail_all(assoc, tell, cause);
    usctp__queue_init(&tx->outq.streams.low);
    usctp__txring_trim(&tx->ring, &assoc->core->mem);
}

void usctp__tx_free(struct usctp_assoc *assoc)
{
    usctp__sched_free(&assoc->tx.outq);
    usctp__sched_user_free(assoc->tx.outq.user);
    usctp__stream_out_free_all(assoc->core, &assoc->tx.outq.streams);
    usctp__pr_free(assoc);
}

void usctp__tx_room(struct usctp_assoc *assoc)
{
    struct usctp__tx *tx = &assoc->tx;

    usctp__stream_out_raise(assoc);
    if (tx->low_water_set && tx->low_water_armed && tx->buffered <= tx->low_water) {
        tx->low_water_armed = false;
        usctp__event_buffered_low(assoc, true, 0, tx->buffered);
    }
    if (tx->blocked_send && tx->buffered < usctp__tune_send_buffer(assoc)) {
        tx->blocked_send = false;
        usctp__event_writable(assoc);
    }
}

void usctp__tx_params_changed(struct usctp_assoc *assoc)
{
    usctp__tx_room(assoc);
    usctp__assoc_touch(assoc);
}

void usctp__tx_set_low_water(struct usctp_assoc *assoc, size_t len)
{
    struct usctp__tx *tx = &assoc->tx;

    tx->low_water = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
    tx->low_water_set = true;
    tx->low_water_armed = tx->buffered > tx->low_water;
}

bool usctp__tx_empty(const struct usctp_assoc *assoc)
{
    return usctp__txring_empty(&assoc->tx.ring) && assoc->tx.outq.msg_cnt == 0;
}

void usctp__tx_trim(struct usctp_assoc *assoc)
{
    if (usctp__txring_empty(&assoc->tx.ring)) {
        usctp__txring_trim(&assoc->tx.ring, &assoc->core->mem);
        for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
            usctp__cc_release(path);
            usctp__rack_stop(path);
        }
    }
    /* Messages in SEND_FAILED events still name their stream, and so does one that more is to come of. */
    if (usctp__tx_empty(assoc) && assoc->tx.outq.open == NULL &&
        usctp__queue_empty(&assoc->events.others)) {
        usctp__stream_out_trim(assoc->core, &assoc->tx.outq.streams);
    }
}

/* --- Lifetimes --- */

/* What expires within this time of each other may be given back together: the queues are looked through
 * once for all of it. */
enum { LIFETIME_GRAIN_NS = 1000000 };

/* The alarm goes off no later than for this message. Sending a message does not disarm it: what has
 * left until it goes off needs no look. */
static void watch_lifetime(struct usctp_assoc *assoc, uint64_t expiry_ts)
{
    if (!usctp__alarm_armed(assoc, USCTP__ALARM_LIFETIME) ||
        expiry_ts < assoc->alarm_ts[USCTP__ALARM_LIFETIME]) {
        usctp__alarm_set(assoc, USCTP__ALARM_LIFETIME, expiry_ts);
    }
}

void usctp__tx_on_lifetime(struct usctp_assoc *assoc)
{
    struct usctp__outq *outq = &assoc->tx.outq;
    uint64_t now_ts = assoc->core->now_ts;
    uint64_t next_ts = USCTP__NEVER;
    struct usctp__queue expired = {NULL, NULL};
    struct usctp__stream_out *stream;
    struct usctp__qlink *link;

    if (outq->msg_cnt == 0) {
        return;
    }
    for (uint32_t id = 0; (stream = usctp__stream_out_next(&outq->streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        uint64_t stream_ts = usctp__outq_expire(outq, stream, now_ts, &expired);

        next_ts = USCTP__MIN(next_ts, stream_ts);
    }
    if (next_ts != USCTP__NEVER) {
        uint64_t least_ts = usctp__time_add(now_ts, LIFETIME_GRAIN_NS);

        watch_lifetime(assoc, USCTP__MAX(next_ts, least_ts));
    }
    if (usctp__queue_empty(&expired)) {
        return;
    }
    while ((link = usctp__queue_pop(&expired)) != NULL) {
        give_back(assoc, USCTP__CONTAINER_OF(link, struct usctp__outmsg, link), 0);
    }
    usctp__tx_progress(assoc);
}

/* --- Accepting a message --- */

/* The length of a message in several pieces; 0: it cannot be sent, and *error says why. */
static USCTP__NOINLINE uint32_t sum_len(const struct usctp_assoc *assoc,
                                        const struct usctp_iov *iov, size_t iov_cnt, int *error)
{
    size_t max = usctp__params(assoc)->max_message;
    size_t len = 0;

    if (iov == NULL) {
        *error = USCTP_EINVAL;
        return 0;
    }
    for (size_t i = 0; i < iov_cnt; i++) {
        if (iov[i].base == NULL && iov[i].len > 0) {
            *error = USCTP_EINVAL;
            return 0;
        }
        if (iov[i].len > max - len) {
            *error = USCTP_EMSGSIZE;
            return 0;
        }
        len += iov[i].len;
    }
    if (len == 0) {
        *error = USCTP_EINVAL;
    }
    return (uint32_t)len;
}

/* The message's length; 0: it cannot be sent, and *error says why. */
static inline uint32_t total_len(const struct usctp_assoc *assoc, const struct usctp_iov *iov,
                                 size_t iov_cnt, int *error)
{
    if (USCTP__LIKELY(iov_cnt == 1 && iov != NULL && iov->base != NULL && iov->len > 0 &&
                      iov->len <= usctp__params(assoc)->max_message)) {
        return (uint32_t)iov->len;
    }
    return sum_len(assoc, iov, iov_cnt, error);
}

static bool state_accepts(const struct usctp_assoc *assoc)
{
    /* RFC 9260, 5.2.4 (A): what was meant for the peer's last life is not for this one. */
    return (assoc->state == USCTP_STATE_ESTABLISHED || assoc->state == USCTP_STATE_COOKIE_WAIT ||
            assoc->state == USCTP_STATE_COOKIE_ECHOED) &&
           !assoc->ended && !assoc->close_wanted && !usctp__event_restart_untold(&assoc->events);
}

static int check_info(const struct usctp_send_info *info)
{
    const unsigned known = USCTP_SEND_UNORDERED | USCTP_SEND_SACK_IMMEDIATELY |
                           USCTP_SEND_NO_BUNDLE | USCTP_SEND_MORE | USCTP_SEND_NO_RESET_WAIT |
                           USCTP_SEND_KEY;

    if (info->size != sizeof(*info)) {
        return USCTP_ESIZE;
    }
    if ((info->flags & ~known) != 0 || info->reserved != 0 ||
        (info->key != 0 && (info->flags & USCTP_SEND_KEY) == 0) ||
        ((info->pr_policy | info->pr_value) != 0 && !usctp__pr_valid(info))) {
        return USCTP_EINVAL;
    }
    return USCTP_OK;
}

/* A message in pieces: only its next one may come, and its pieces agree. */
static USCTP__NOINLINE int check_piece(const struct usctp_assoc *assoc,
                                       const struct usctp_send_info *info)
{
    const struct usctp__outq *outq = &assoc->tx.outq;

    if (assoc->state != USCTP_STATE_ESTABLISHED) {
        return USCTP_ESTATE;
    }
    if (info->lifetime_dur != 0 || info->pr_policy != USCTP_PR_NONE ||
        (outq->open != NULL && (info->stream != outq->open->id || info->ppid != outq->open_ppid ||
                                (info->flags & USCTP_SEND_UNORDERED) != outq->open_unordered))) {
        return USCTP_EINVAL;
    }
    return USCTP_OK;
}

static int check_target(const struct usctp_assoc *assoc, const struct usctp_send_info *info)
{
    if (!state_accepts(assoc)) {
        return USCTP_ESTATE;
    }
    if (info->stream >= assoc->out_streams ||
        (info->path != USCTP_PATH_ANY && usctp__path_by_id(assoc, info->path) == NULL)) {
        return USCTP_ENOENT;
    }
    if (USCTP__UNLIKELY((info->flags & USCTP_SEND_NO_RESET_WAIT) != 0) && assoc->reconf != NULL &&
        assoc->tx.outq.open == NULL && usctp__reconf_resets(assoc, info->stream)) {
        return USCTP_EBUSY;
    }
    if (USCTP__UNLIKELY((info->flags & USCTP_SEND_KEY) != 0)) {
        int error = usctp__auth_check_send(assoc, info);

        if (error != USCTP_OK) {
            return error;
        }
    }
    if (USCTP__LIKELY(assoc->tx.outq.open == NULL && (info->flags & USCTP_SEND_MORE) == 0)) {
        return USCTP_OK;
    }
    return check_piece(assoc, info);
}

/* No more is taken now. */
static bool buffer_full(const struct usctp_assoc *assoc, uint32_t len)
{
    return (assoc->tx.buffered >= usctp__params(assoc)->send_buffer &&
            assoc->tx.buffered >= usctp__tune_send_buffer(assoc)) ||
           len > UINT32_MAX - assoc->tx.buffered;
}

/* Below so many bytes buffered the message is taken. */
static uint32_t room_limit(const struct usctp_assoc *assoc, uint32_t len)
{
    uint32_t limit = USCTP__MAX(usctp__params(assoc)->send_buffer, usctp__tune_send_buffer(assoc));

    return USCTP__MIN(limit, UINT32_MAX - len);
}

static int accept_message(struct usctp_assoc *assoc, const struct usctp_send_info *info,
                          const struct usctp_iov *iov, size_t iov_cnt, uint32_t len, bool full)
{
    struct usctp__tx *tx = &assoc->tx;
    struct usctp__core *core = assoc->core;
    struct usctp__stream_out *stream = usctp__stream_out_use(core, &tx->outq.streams, info->stream);
    struct usctp__list *held = NULL;
    struct usctp__outmsg *msg;

    if (stream == NULL) {
        return USCTP_ENOMEM;
    }
    USCTP__PREFETCH(stream);
    if (tx->outq.sched->reserve != NULL &&
        !tx->outq.sched->reserve(&tx->outq, &core->mem, info->stream, 1)) {
        return USCTP_ENOMEM;
    }
    msg = usctp__outmsg_new(core, info, iov, iov_cnt, len);
    if (msg == NULL) {
        return USCTP_ENOMEM;
    }
    if (USCTP__UNLIKELY(info->pr_policy != USCTP_PR_NONE) && !usctp__pr_take(assoc, msg, info)) {
        usctp__outmsg_drop(core, msg);
        return USCTP_ENOMEM;
    }
    /* While it is being set up that may be agreed on yet. */
    if (USCTP__UNLIKELY(assoc->auth != NULL) && (usctp__auth_agreed(assoc) || !assoc->was_up)) {
        usctp__auth_take_message(assoc, msg, info);
    }
    if (USCTP__UNLIKELY(full)) {
        usctp__pr_make_room(assoc, room_limit(assoc, len));
    }
    if (USCTP__UNLIKELY(assoc->reconf != NULL)) {
        usctp__reconf_use(assoc, stream);
        held = &assoc->reconf->held;
    }
    usctp__outq_push(&tx->outq, stream, msg, held);
    usctp__stream_out_add(stream, len);
    tx->buffered += len;
    tx->dry_armed = true;
    if (USCTP__UNLIKELY(info->lifetime_dur != 0)) {
        watch_lifetime(assoc, msg->expiry_ts);
    }
    if (tx->buffered > tx->low_water) {
        tx->low_water_armed = true;
    }
    if (USCTP__LIKELY(assoc->paths.data != NULL && assoc->paths.data->flight_cnt == 0) ||
        info->path != USCTP_PATH_ANY || (info->flags & USCTP_SEND_NO_BUNDLE) != 0 ||
        !usctp__output_would_wait(assoc)) {
        usctp__assoc_touch(assoc);
    }
    return USCTP_OK;
}

/* A message that may be sent as it is. */
static inline int take_message(struct usctp_assoc *assoc, const struct usctp_send_info *info,
                               const struct usctp_iov *iov, size_t iov_cnt)
{
    int error = USCTP_OK;
    uint32_t len = total_len(assoc, iov, iov_cnt, &error);
    bool full;

    if (error == USCTP_OK) {
        error = check_target(assoc, info);
    }
    if (USCTP__UNLIKELY(error != USCTP_OK)) {
        return error;
    }
    full = buffer_full(assoc, len);
    if (USCTP__UNLIKELY(full) && !usctp__pr_could_make_room(assoc, info, room_limit(assoc, len))) {
        assoc->tx.blocked_send = true;
        return USCTP_EWOULDBLOCK;
    }
    return accept_message(assoc, info, iov, iov_cnt, len, full);
}

int usctp__tx_send(struct usctp_assoc *assoc, const struct usctp_send_info *info,
                   const struct usctp_iov *iov, size_t iov_cnt)
{
    static const struct usctp_send_info plain = USCTP_SEND_INFO_INIT;
    int error;

    if (info == NULL) {
        return take_message(assoc, &plain, iov, iov_cnt);
    }
    error = check_info(info);
    return error == USCTP_OK ? take_message(assoc, info, iov, iov_cnt) : error;
}
