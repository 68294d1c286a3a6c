/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking DATA in, and the window. When and how to SACK is in rx_sack.c. */
#include "core/rx.h"

#include <string.h>

#include "base/compiler.h"
#include "core/assoc.h"
#include "core/error.h"
#include "core/ext.h"
#include "core/input.h"
#include "core/message.h"
#include "core/reconf.h"
#include "wire/cause.h"
#include "wire/data.h"

/* --- Life ------------------------------------------------------------------------------------- */

/* So many bytes of a message are delivered before the rest has come. */
static uint32_t point_of(const struct usctp_params *params)
{
    return params->partial_delivery_point != 0
               ? USCTP__MIN(params->max_message, params->partial_delivery_point)
               : params->max_message;
}

static void set_point(struct usctp_assoc *assoc)
{
    assoc->rx.reasm.point = point_of(usctp__params(assoc));
}

void usctp__rx_init(struct usctp_assoc *assoc, uint32_t peer_initial_tsn, uint32_t promised_window)
{
    struct usctp__rx *rx = &assoc->rx;

    usctp__rx_reset(assoc);
    usctp__reasm_init(&rx->reasm, assoc->core, (assoc->extensions & USCTP__EXT_INTERLEAVING) != 0);
    set_point(assoc);
    usctp__rxmap_init(&rx->map, &assoc->core->mem, peer_initial_tsn);
    rx->edge = promised_window;
    rx->received_bytes = 0;
    rx->advertised = promised_window;
    usctp__tune_begin(assoc);
}

void usctp__rx_reset(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;

    if (rx->reasm.core != NULL) {
        usctp__reasm_clear(&rx->reasm);
        usctp__rxmap_destroy(&rx->map, &assoc->core->bufs);
    }
    usctp__alarm_clear(assoc, USCTP__ALARM_SACK);
    rx->unsacked_packets = 0;
    rx->sack_path = USCTP_PATH_ANY;
    rx->dup_packets = 0;
    rx->sack_now = false;
    rx->first_sacked = false;
    rx->packet_new = false;
    rx->packet_dup = false;
    rx->packet_gap = false;
    rx->refused = false;
}

void usctp__rx_renumber(struct usctp_assoc *assoc, uint32_t tsn)
{
    struct usctp__rx *rx = &assoc->rx;
    bool sacked = rx->first_sacked;
    bool interleaved = rx->reasm.interleaved;

    usctp__rx_reset(assoc);
    rx->first_sacked = sacked;
    usctp__reasm_init(&rx->reasm, assoc->core, interleaved);
    set_point(assoc);
    usctp__rxmap_init(&rx->map, &assoc->core->mem, tsn);
}

void usctp__rx_end(struct usctp_assoc *assoc)
{
    usctp__rx_reset(assoc);
    usctp__message_orphan_all(assoc);
}

uint32_t usctp__rx_cum_tsn(const struct usctp_assoc *assoc)
{
    return (uint32_t)usctp__rxmap_cum(&assoc->rx.map);
}

/* --- The window ------------------------------------------------------------------------------- */

static uint64_t memory_limit(const struct usctp_assoc *assoc)
{
    const struct usctp_params *params = usctp__params(assoc);

    return params->receive_memory != 0 ? params->receive_memory : 4 * (uint64_t)assoc->rx.window;
}

/* Payload bytes that may still come under the promises made. */
static uint64_t credit(const struct usctp__rx *rx)
{
    return rx->edge > rx->received_bytes ? rx->edge - rx->received_bytes : 0;
}

uint32_t usctp__rx_window(const struct usctp_assoc *assoc)
{
    const struct usctp__rx *rx = &assoc->rx;
    uint64_t promised = credit(rx);
    uint64_t limit = memory_limit(assoc);
    uint64_t room = 0;
    uint64_t memory_room = 0;
    const struct usctp_params *params = usctp__params(assoc);
    uint64_t window = rx->window;
    uint64_t step = USCTP__MIN(params->max_packet, window / 2);

    if (USCTP__UNLIKELY(window > params->receive_window && usctp__tune_memory_short(assoc->core))) {
        window = params->receive_window;
    }
    if (usctp__rx_held(rx) < window) {
        room = window - usctp__rx_held(rx);
    }
    if (usctp__rx_held_memory(rx) < limit) {
        memory_room = limit - usctp__rx_held_memory(rx);
    }
    room = USCTP__MIN(room, memory_room);
    /* RFC 9260, 6.2, RFC 1122, 4.2.3.3: the right edge moves by a good step or not at all. */
    if (room >= promised + step) {
        promised = room;
    }
    return (uint32_t)USCTP__MIN(promised, UINT32_MAX);
}

/* The common case: the window that was promised is as wide as it gets, as good as. */
static inline bool is_wide_open(const struct usctp_assoc *assoc)
{
    const struct usctp__rx *rx = &assoc->rx;
    const struct usctp_params *params = usctp__params(assoc);
    uint64_t promised = credit(rx);

    return promised >= params->max_packet &&
           promised + (rx->window >> params->window_update_shift) > rx->window;
}

/* RFC 9260, 6.2: tells the sender that the window has opened: by a good part, or at all after it had
 * been as good as closed. */
static void update_window(struct usctp_assoc *assoc)
{
    const struct usctp_params *params = usctp__params(assoc);
    uint64_t part = assoc->rx.window >> params->window_update_shift;
    uint64_t promised = credit(&assoc->rx);
    uint64_t window = usctp__rx_window(assoc);

    if (window > promised && (promised < params->max_packet || window - promised >= part)) {
        usctp__rx_sack_asap(assoc);
    }
}

/* True in the states in which the peer may still send data. */
static bool peer_may_send(const struct usctp_assoc *assoc)
{
    return assoc->state == USCTP_STATE_ESTABLISHED ||
           assoc->state == USCTP_STATE_SHUTDOWN_PENDING ||
           assoc->state == USCTP_STATE_SHUTDOWN_SENT;
}

void usctp__rx_opened(struct usctp_assoc *assoc)
{
    if (!is_wide_open(assoc) && peer_may_send(assoc) && !assoc->rx.sack_now) {
        update_window(assoc);
    }
}

void usctp__rx_charge(struct usctp_assoc *assoc, uint32_t len, size_t memory)
{
    assoc->rx.app_bytes += len;
    assoc->rx.app_memory += memory;
}

void usctp__rx_release(struct usctp_assoc *assoc, uint32_t len, size_t memory)
{
    assoc->rx.app_bytes -= len;
    assoc->rx.app_memory -= memory;
    usctp__rx_opened(assoc);
}

void usctp__rx_take_over(struct usctp_assoc *assoc, uint32_t len, size_t memory, size_t own_memory)
{
    struct usctp__rx *rx = &assoc->rx;

    rx->taken_bytes += len;
    rx->taken_memory += own_memory;
    rx->app_memory += own_memory - memory;
}

bool usctp__rx_consumed(struct usctp_assoc *assoc, size_t len, size_t memory)
{
    struct usctp__rx *rx = &assoc->rx;

    if (len > rx->taken_bytes || memory > rx->taken_memory) {
        return false;
    }
    rx->taken_bytes -= (uint32_t)len;
    rx->taken_memory -= memory;
    usctp__rx_release(assoc, (uint32_t)len, memory);
    return true;
}

void usctp__rx_params_changed(struct usctp_assoc *assoc)
{
    usctp__tune_begin(assoc);
    set_point(assoc);
    if (!is_wide_open(assoc) && peer_may_send(assoc)) {
        update_window(assoc);
    }
}

/* --- Taking a chunk --------------------------------------------------------------------------- */

/* A message, or a part of one, goes to the event queue. */
static void deliver_one(struct usctp_assoc *assoc, struct usctp_message *message)
{
    if ((message->flags & USCTP_MESSAGE_LAST) != 0) {
        assoc->counters.received_messages++;
    }
    usctp__message_charge(message, assoc);
    usctp__event_message(assoc, message);
}

/* The same with all that reassembly gave out. */
void usctp__rx_deliver(struct usctp_assoc *assoc, struct usctp__queue *out)
{
    struct usctp__qlink *link;

    usctp__reasm_open(&assoc->rx.reasm, out);
    while ((link = usctp__queue_pop(out)) != NULL) {
        deliver_one(assoc, USCTP__CONTAINER_OF(link, struct usctp_message, head.link));
    }
}

/* Real memory that the chunk will take, if the application does not take it at once. */
static size_t cost_of(const struct usctp_assoc *assoc, const struct usctp__rxchunk *chunk)
{
    size_t cost = usctp__reasm_cost(&assoc->rx.reasm, &assoc->rx.map, chunk);

    if (cost == 0 && assoc->events.paused) {
        cost = sizeof(struct usctp_message) + sizeof(struct usctp__rxfrag) +
               USCTP__MAX((size_t)USCTP__BUF_MIN, 2 * (size_t)chunk->len);
    }
    return cost;
}

/* Takes back the largest TSN that waits for others, if it is above `above`. */
static bool renege(struct usctp_assoc *assoc, uint64_t above)
{
    struct usctp__rx *rx = &assoc->rx;
    uint64_t tsn;
    uint32_t len;

    if (!usctp__reasm_renege(&rx->reasm, above, &tsn, &len)) {
        return false;
    }
    usctp__rxmap_clear(&rx->map, tsn);
    rx->received_bytes -= len;
    usctp__rare(assoc)->dropped_data++;
    return true;
}

/* True if the chunk fits within what was promised and what memory allows, whatever becomes of it: the
 * common case, which needs no exact figures. */
static inline bool fits_easily(const struct usctp_assoc *assoc, uint32_t len)
{
    const struct usctp__rx *rx = &assoc->rx;

    return rx->edge > rx->received_bytes &&
           usctp__rx_held_memory(rx) + 2 * (uint64_t)len + 1024 <= memory_limit(assoc);
}

/* True if there is room for the chunk, or was made. */
static bool make_room(struct usctp_assoc *assoc, const struct usctp__rxchunk *chunk)
{
    struct usctp__rx *rx = &assoc->rx;
    uint64_t limit = memory_limit(assoc);
    size_t cost;

    if (fits_easily(assoc, chunk->len)) {
        return true;
    }
    cost = cost_of(assoc, chunk);
    /* Where nothing is held one chunk is taken: no room would ever be made for it. */
    if (usctp__rx_window(assoc) > 0 &&
        (cost == 0 || usctp__rx_held_memory(rx) + cost <= limit ||
         (usctp__rx_held(rx) == 0 && usctp__rx_held_memory(rx) < limit))) {
        return true;
    }
    /* RFC 9260, 6.2: with a window of 0, above the largest TSN nothing is taken; below it room is
     * made at the expense of the largest one. */
    if (chunk->tsn > usctp__rxmap_highest(&rx->map)) {
        return false;
    }
    if (!assoc->events.paused && usctp__reasm_passes(&rx->reasm, &rx->map, chunk)) {
        return true;
    }
    while (usctp__rx_held(rx) + (uint64_t)chunk->len > rx->window ||
           usctp__rx_held_memory(rx) + cost > limit) {
        if (!renege(assoc, chunk->tsn)) {
            return false;
        }
    }
    return true;
}

/* A new TSN was taken. */
static inline void count_new(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                             const struct usctp__rxchunk *chunk)
{
    struct usctp__rx *rx = &assoc->rx;

    rx->received_bytes += chunk->len;
    rx->packet_new = true;
    in->fresh = true;
    if ((chunk->flags & USCTP__DATA_FLAG_UNORDERED) != 0) {
        assoc->core->stats.in_unorder_chunks++;
        usctp__rare(assoc)->received_unordered_chunks++;
    } else {
        assoc->core->stats.in_order_chunks++;
        assoc->counters.received_ordered_chunks++;
    }
}

/* The chunk was taken: the TSN counts as received from here on. */
static void mark(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                 const struct usctp__rxchunk *chunk)
{
    struct usctp__rx *rx = &assoc->rx;
    uint64_t cum_tsn = usctp__rxmap_cum(&rx->map);

    if (chunk->tsn != cum_tsn + 1) {
        usctp__rare(assoc)->out_of_order_tsns++;
    }
    usctp__rxmap_set(&rx->map, chunk->tsn);
    if (usctp__rxmap_cum(&rx->map) != cum_tsn) {
        usctp__reasm_advance(&rx->reasm, usctp__rxmap_cum(&rx->map));
    }
    count_new(assoc, in, chunk);
}

/* It is as if the chunk had been lost, but the peer is told what stands (6.2). */
static enum usctp__verdict drop(struct usctp_assoc *assoc)
{
    usctp__rare(assoc)->dropped_data++;
    assoc->rx.sack_now = true;
    return USCTP__NEXT;
}

static enum usctp__verdict out_of_memory(struct usctp_assoc *assoc)
{
    assoc->core->stats.dropped_memory++;
    usctp__rare(assoc)->dropped_data++;
    return USCTP__STOP;
}

static const char violation_text[] = "DATA chunks contradict each other";

/* RFC 9260, 6.5: acknowledged, reported and discarded. Where it stands in a message of another
 * stream that one breaks 3.3.1: TSNs of fragments are strictly sequential. */
static enum usctp__verdict invalid_stream(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                          const struct usctp__rxchunk *chunk)
{
    uint8_t cause[8];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

    if (usctp__reasm_cuts(&assoc->rx.reasm, &assoc->rx.map, chunk)) {
        usctp__abort_violation(assoc, violation_text);
        return USCTP__GONE;
    }
    mark(assoc, in, chunk);
    usctp__cause_write_invalid_stream(&w, chunk->sid);
    usctp__error_reply(assoc, in, cause, w.len);
    return USCTP__NEXT;
}

static enum usctp__verdict take_new(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                    const struct usctp__rxchunk *chunk)
{
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__queue out;
    enum usctp__reasm_result result;

    if (!make_room(assoc, chunk)) {
        rx->refused = true;
        return drop(assoc);
    }
    if (!usctp__rxmap_reserve(&rx->map, chunk->tsn)) {
        return out_of_memory(assoc);
    }
    if (chunk->sid >= assoc->in_streams) {
        return invalid_stream(assoc, in, chunk);
    }
    usctp__queue_init(&out);
    result = usctp__reasm_add(&rx->reasm, &rx->map, chunk, &out);
    if (USCTP__LIKELY(result == USCTP__REASM_OK)) {
        mark(assoc, in, chunk);
        assoc->counters.received_bytes += chunk->len;
    }
    usctp__rx_deliver(assoc, &out);
    if (result == USCTP__REASM_NOMEM) {
        return out_of_memory(assoc);
    }
    if (result == USCTP__REASM_FULL) {
        return drop(assoc);
    }
    if (result == USCTP__REASM_VIOLATION) {
        usctp__abort_violation(assoc, violation_text);
        return USCTP__GONE;
    }
    return USCTP__NEXT;
}

/* RFC 9260, 6.2 and 3.3.10.9. */
static enum usctp__verdict no_user_data(struct usctp_assoc *assoc, uint32_t tsn)
{
    uint8_t cause[8];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

    usctp__cause_write_no_user_data(&w, tsn);
    usctp__abort_causes(assoc, USCTP_LOST_PROTOCOL, cause, w.len);
    return USCTP__GONE;
}

static enum usctp__verdict malformed(struct usctp_assoc *assoc)
{
    assoc->core->stats.dropped_malformed++;
    return USCTP__STOP;
}

/* RFC 8260, 2.2.3: it is the one or the other, as was agreed on. */
static enum usctp__verdict wrong_kind(struct usctp_assoc *assoc)
{
    usctp__abort_violation(assoc, assoc->rx.reasm.interleaved ? "DATA although I-DATA was agreed on"
                                                              : "I-DATA was not agreed on");
    return USCTP__GONE;
}

/* User data as it stands in its chunk, I-DATA or DATA. False: it is too short. */
static inline bool parse(struct usctp__data *data, const struct usctp__chunk *chunk)
{
    struct usctp__data other; /* so that `data` need not lie in memory */
    bool whole;

    if (USCTP__LIKELY(chunk->type == USCTP__CHUNK_DATA)) {
        return usctp__data_parse(data, chunk);
    }
    whole = usctp__i_data_parse(&other, chunk);
    if (whole) {
        *data = other;
    }
    return whole;
}

/* In a few words what a chunk says that came in now. */
static inline struct usctp__rxchunk describe(const struct usctp__rx *rx,
                                             const struct usctp__data *data, uint64_t tsn)
{
    struct usctp__rxchunk chunk;

    chunk.tsn = tsn;
    chunk.bytes = data->payload;
    chunk.len = (uint32_t)data->payload_len;
    chunk.ppid = data->ppid;
    chunk.path = rx->sack_path;
    chunk.sid = data->sid;
    chunk.ssn = data->ssn;
    chunk.fsn = data->fsn;
    chunk.flags = data->flags;
    return chunk;
}

/* The ordinary case: the next TSN, with a whole message that is due and for which there is room, while nothing is held.
 * It is lent without further ado. False: not so, nothing has changed. */
static inline bool take_straight(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                 const struct usctp__data *data)
{
    const uint8_t whole = USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END;
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__rxchunk chunk = describe(rx, data, rx->map.bits.base);
    struct usctp_message *message;
    uint32_t *next = NULL;

    if (data->tsn != (uint32_t)chunk.tsn || (chunk.flags & whole) != whole || rx->map.gap_cnt > 0 ||
        chunk.sid >= assoc->in_streams || !usctp__reasm_is_idle(&rx->reasm) ||
        !fits_easily(assoc, chunk.len) || assoc->reconf != NULL ||
        !usctp__core_hurries(assoc->core)) {
        return false;
    }
    if ((chunk.flags & USCTP__DATA_FLAG_UNORDERED) == 0) {
        next = usctp__stream_in_get(&rx->reasm.streams, assoc->core, chunk.sid);
        if (next == NULL || chunk.ssn != usctp__reasm_number(&rx->reasm, *next)) {
            return false;
        }
    }
    message = usctp__message_lent(assoc->core, &chunk, USCTP_MESSAGE_FIRST | USCTP_MESSAGE_LAST);
    if (message == NULL) {
        return false;
    }
    if (next != NULL) {
        ++*next;
    }
    usctp__rxmap_set_next(&rx->map);
    count_new(assoc, in, &chunk);
    assoc->counters.received_bytes += chunk.len;
    assoc->counters.received_messages++;
    usctp__rx_lend(rx, chunk.len);
    message->assoc = assoc;
    usctp__event_message(assoc, message);
    return true;
}

/* Anything but the ordinary case: it is out of order, or was taken before, or others wait for it, or there is no room. */
static USCTP__NOINLINE enum usctp__verdict take_crooked(struct usctp_assoc *assoc,
                                                        struct usctp__packet_in *in,
                                                        const struct usctp__chunk *from)
{
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__rxchunk chunk;
    struct usctp__data data;

    if (!parse(&data, from)) {
        return malformed(assoc);
    }
    chunk = describe(rx, &data, usctp__rxmap_unwrap(&rx->map, data.tsn));
    if (USCTP__UNLIKELY(assoc->reconf != NULL) &&
        usctp__reconf_refuses(assoc, chunk.tsn, chunk.sid)) {
        return drop(assoc);
    }
    if (usctp__rxmap_has(&rx->map, chunk.tsn)) {
        usctp__rxmap_add_dup(&rx->map, &assoc->core->bufs, chunk.tsn);
        usctp__rare(assoc)->duplicate_tsns++;
        rx->packet_dup = true;
        in->again = true;
        return USCTP__NEXT;
    }
    if (chunk.tsn - usctp__rxmap_cum(&rx->map) > USCTP__RXMAP_AHEAD) {
        return drop(assoc);
    }
    rx->packet_gap |= rx->map.gap_cnt > 0;
    return take_new(assoc, in, &chunk);
}

enum usctp__verdict usctp__on_data(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk)
{
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__data data;

    if (USCTP__UNLIKELY(!parse(&data, chunk))) {
        return malformed(assoc);
    }
    if (USCTP__UNLIKELY((chunk->type == USCTP__CHUNK_I_DATA) != rx->reasm.interleaved)) {
        return wrong_kind(assoc);
    }
    if (USCTP__UNLIKELY(data.payload_len == 0)) {
        return no_user_data(assoc, data.tsn);
    }
    in->has_data = true;
    if ((data.flags & USCTP__DATA_FLAG_IMMEDIATE) != 0) {
        rx->sack_now = true; /* RFC 9260, 6.2 */
    }
    if (in->path != NULL) {
        rx->sack_path = in->path->id; /* RFC 9260, 6.7 */
    }
    return USCTP__LIKELY(take_straight(assoc, in, &data)) ? USCTP__NEXT
                                                          : take_crooked(assoc, in, chunk);
}

/* --- What only shows when the packet is in ---------------------------------------------------- */

/* True if the next packet finds no room, in the window or in the memory behind it, and if that is
 * for what waits for others more than for what the application holds. */
static bool starved(const struct usctp_assoc *assoc)
{
    const struct usctp__rx *rx = &assoc->rx;
    const struct usctp_params *params = usctp__params(assoc);
    uint64_t packet_memory = 2 * (uint64_t)params->max_packet + 1024;

    /* The peer's packets may be larger than ours: what was refused tells most. */
    return ((rx->refused || usctp__rx_window(assoc) < params->max_packet) &&
            rx->reasm.len >= rx->app_bytes) ||
           (usctp__rx_held_memory(rx) + packet_memory > memory_limit(assoc) &&
            rx->reasm.memory >= rx->app_memory);
}

/* I-DATA: parts of what is large enough, and of others while there is no room. */
static void deliver_parts(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__queue out;

    usctp__queue_init(&out);
    usctp__reasm_mid_due(&rx->reasm, &out);
    usctp__rx_deliver(assoc, &out);
    while (starved(assoc) && usctp__reasm_mid_oldest(&rx->reasm, &out)) {
        usctp__rx_deliver(assoc, &out);
    }
}

void usctp__rx_deliver_late(struct usctp_assoc *assoc)
{
    struct usctp__rx *rx = &assoc->rx;
    struct usctp__queue out;

    usctp__queue_init(&out);
    if (USCTP__UNLIKELY(rx->reasm.stuck)) {
        usctp__reasm_retry(&rx->reasm, &out);
    }
    if (rx->reasm.tail != NULL) {
        size_t min_len = rx->reasm.point;

        /* RFC 9260, 6.9: out of buffer space, a part of the message is dispatched. */
        if (rx->reasm.partial || starved(assoc)) {
            min_len = 0;
        }
        usctp__reasm_partial(&rx->reasm, min_len, &out);
    }
    if (!usctp__queue_empty(&out)) {
        usctp__rx_deliver(assoc, &out);
    }
    if (rx->reasm.interleaved && rx->reasm.hold != NULL) {
        deliver_parts(assoc);
    }
    rx->refused = false;
}
