/* SPDX-License-Identifier: BSD-3-Clause */
/* The straight way out. Who sends one message at a time and waits for an answer has one message waiting, one path,
 * open windows and nothing else to say, over and over: the round (output.c) would ask all its rooms and find that.
 * Here all of it is asked first, by looking alone, and then the packet is written in one go. It is the round that
 * says what is right: whatever is out of the common is left to it. */
#include "core/straight.h"

#include "base/compiler.h"
#include "core/asconf.h"
#include "core/flight.h"
#include "core/round.h"
#include "core/rx_sack.h"
#include "core/seal.h"
#include "wire/data.h"

/* Extensions that have a say in what a packet looks like. */
enum { IN_PACKETS = USCTP__EXT_AUTH | USCTP__EXT_ZERO_CHECKSUM };

/* True if new data is all that may wait, and goes the one way there is. */
static bool is_quiet(const struct usctp_assoc *assoc)
{
    const struct usctp__tx *tx = &assoc->tx;
    const struct usctp__rxmap *map = &assoc->rx.map;

    return assoc->state == USCTP_STATE_ESTABLISHED && assoc->paths.cnt == 1 &&
           usctp__queue_empty(&assoc->ctrl.queue) && tx->ring.lost_cnt == 0 && !tx->tail_probe &&
           assoc->cork_cnt == 0 && (map->gap_cnt | map->dup_cnt) == 0 && tx->pr == NULL &&
           assoc->reconf == NULL && assoc->ecn == NULL && (assoc->extensions & IN_PACKETS) == 0 &&
           usctp__asconf_of(assoc) == NULL;
}

/* The one message that waits, if it may leave whole and alone, now; or NULL. */
static struct usctp__outmsg *lone_message(const struct usctp_assoc *assoc)
{
    const struct usctp__outq *outq = &assoc->tx.outq;
    struct usctp__outmsg *msg;

    if (outq->msg_cnt != 1 || !outq->sched->lists_only) {
        return NULL;
    }
    msg = usctp__outq_next(outq);
    if (msg == NULL || msg->cut_len > 0 || msg->continues || usctp__outmsg_goes_on(msg) ||
        msg->expiry_ts <= assoc->core->now_ts) {
        return NULL;
    }
    return msg;
}

/* True if nothing holds a message back, and a packet takes that much: windows are open, the ring and the slab
 * have room. */
static bool way_is_free(const struct usctp_assoc *assoc, const struct usctp__path *path,
                        uint32_t msg_len, size_t packet_len)
{
    const struct usctp_params *params = usctp__params(assoc);
    const struct usctp__tx *tx = &assoc->tx;
    const struct usctp__slab *slab = &assoc->core->slab;

    return path->state == USCTP_PATH_ACTIVE && packet_len <= path->max_packet &&
           msg_len <= tx->peer_rwnd && path->flight < path->cc.cwnd && !path->cc.needs_state &&
           !path->t3_backed_off && !path->rebinding &&
           (params->max_segment == 0 || params->max_segment >= path->max_packet) &&
           (tx->flight == 0 || (params->flags & USCTP_PARAM_NAGLE) == 0) &&
           usctp__txring_cnt(&tx->ring) < tx->ring.cap && slab->bytes != NULL &&
           slab->cnt < USCTP__SLAB_CNT && slab->used_len + path->max_packet <= USCTP__SLAB_LEN;
}

/* Takes the message off its queue and into the ring; its slot. */
static struct usctp__txslot *take(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = ring->next;
    struct usctp__txslot *slot = usctp__txring_push(ring);

    slot->msg = msg;
    slot->len = (uint16_t)msg->len;
    slot->flags = USCTP__TXSLOT_HEAD;
    if (USCTP__UNLIKELY(ring->interleaved)) {
        *usctp__txring_fsn(ring, tsn) = msg->fsn;
    }
    usctp__outq_cut_whole(&assoc->tx.outq, msg);
    assoc->counters.sent_bytes += msg->len;
    assoc->counters.sent_messages++;
    usctp__count_first(assoc, msg);
    return slot;
}

/* Writes its chunk, the last one for now. */
static void write_data(const struct usctp_assoc *assoc, struct usctp__writer *w, uint64_t tsn,
                       struct usctp__txslot *slot)
{
    struct usctp__outmsg *msg = slot->msg;
    struct usctp__data data;
    uint8_t *payload;

    data.tsn = (uint32_t)tsn;
    data.sid = msg->stream->id;
    data.ssn = msg->ssn;
    data.ppid = msg->ppid;
    data.fsn = 0;
    data.payload_len = msg->len;
    data.flags = USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END;
    if (!usctp__outmsg_ordered(msg)) {
        data.flags |= USCTP__DATA_FLAG_UNORDERED;
    }
    if (usctp__last_asks(assoc) || (msg->flags & USCTP_SEND_SACK_IMMEDIATELY) != 0) {
        data.flags |= USCTP__DATA_FLAG_IMMEDIATE;
        slot->flags |= USCTP__TXSLOT_ASKED;
    }
    payload = USCTP__UNLIKELY(assoc->tx.ring.interleaved) ? usctp__i_data_write(w, &data)
                                                          : usctp__data_write(w, &data);
    USCTP__ASSERT(payload != NULL);
    if (payload != NULL) {
        usctp__outmsg_copy(msg, 0, payload, msg->len);
    }
}

static void send(struct usctp_assoc *assoc, struct usctp__path *path, struct usctp__outmsg *msg,
                 bool with_sack)
{
    struct usctp__core *core = assoc->core;
    uint64_t tsn = assoc->tx.ring.next;
    struct usctp__writer w;
    struct usctp__txslot *slot;
    struct usctp_dgram *dgram;

    w = usctp__writer_make(core->slab.bytes + core->slab.used_len, path->max_packet);
    w.len = USCTP__PACKET_HEADER_LEN;
    usctp__cwnd_wake(path);
    path->tx_cwnd_full = false;
    assoc->tx.zero_window_probe = false;
    if (with_sack) {
        usctp__rx_sack_write(assoc, &w, w.cap - w.len);
        usctp__count_ctrl(assoc);
    }
    slot = take(assoc, msg);
    write_data(assoc, &w, tsn, slot);
    usctp__flight_sent_first(assoc, tsn, slot, path);
    usctp__seal(core, w.base, w.len, assoc->my_port, assoc->peer_port, assoc->peer_tag);
    dgram = usctp__seal_commit(assoc, path, w.len);
    if (USCTP__UNLIKELY((assoc->extensions & USCTP__EXT_ECN) != 0)) {
        dgram->ecn = usctp__ecn_codepoint(assoc, path); /* RFC 3168, 6.1.4 */
    }
    usctp__assoc_active(assoc);
}

bool usctp__straight(struct usctp_assoc *assoc)
{
    struct usctp__path *path = assoc->paths.data;
    struct usctp__outmsg *msg;
    size_t len = USCTP__PACKET_HEADER_LEN;
    bool with_sack = usctp__rx_sack_useful(assoc);

    if (!is_quiet(assoc) || !usctp__core_hurries(assoc->core)) {
        return false;
    }
    msg = lone_message(assoc);
    if (msg == NULL) {
        return false;
    }
    len += with_sack ? USCTP__SACK_MIN_LEN : 0;
    len += usctp__tx_chunk_len(&assoc->tx, msg->len);
    if (!way_is_free(assoc, path, msg->len, len)) {
        return false;
    }
    send(assoc, path, msg, with_sack);
    assoc->core->straight_cnt += USCTP__DEBUG;
    return true;
}
