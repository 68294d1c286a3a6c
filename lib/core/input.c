/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk over the chunks of a packet. */
#include "core/input.h"

#include "base/compiler.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/error.h"
#include "core/ext.h"
#include "core/reconf.h"
#include "core/shutdown.h"
#include "wire/asconf.h"
#include "wire/auth.h"
#include "wire/cause.h"
#include "wire/data.h"
#include "wire/ecn.h"
#include "wire/forward.h"
#include "wire/init.h"
#include "wire/sack.h"
#include "wire/shutdown.h"

/* Sets of states. */
#define IN(state) (1u << USCTP_STATE_##state)
enum {
    OPEN = IN(ESTABLISHED) | IN(SHUTDOWN_PENDING),
    CLOSING = IN(SHUTDOWN_SENT) | IN(SHUTDOWN_RECEIVED) | IN(SHUTDOWN_ACK_SENT),
    SETUP = IN(COOKIE_WAIT) | IN(COOKIE_ECHOED),
    ANY = OPEN | CLOSING | SETUP | IN(CLOSED)
};

/* What is to be known of a chunk type. */
struct row {
    usctp__chunk_fn handle; /* NULL: a type we do not know */
    uint16_t min_len;       /* shortest chunk of this type, with its header */
    uint8_t states;         /* where it is legal; elsewhere it is discarded and counted */
    bool alone;             /* never shares a packet */
    uint16_t needs;         /* enum usctp__extension: known only where they were negotiated */
};

enum { INIT_LEN = USCTP__CHUNK_HEADER_LEN + USCTP__INIT_FIXED_LEN };

static const struct row rows[256] = {
    /* RFC 9260, 6: DATA in any other state is discarded. */
    [USCTP__CHUNK_DATA] = {usctp__on_data, USCTP__DATA_HEADER_LEN, OPEN | IN(SHUTDOWN_SENT), false,
                           0},
    [USCTP__CHUNK_INIT] = {usctp__on_init, INIT_LEN, ANY, true, 0},
    /* RFC 9260, 5.2.3 */
    [USCTP__CHUNK_INIT_ACK] = {usctp__on_init_ack, INIT_LEN, IN(COOKIE_WAIT), true, 0},
    /* RFC 9260, 6: in COOKIE-ECHOED it may be processed. */
    [USCTP__CHUNK_SACK] = {usctp__on_sack, USCTP__SACK_MIN_LEN,
                           OPEN | IN(SHUTDOWN_RECEIVED) | IN(COOKIE_ECHOED), false, 0},
    /* RFC 9260, 8.3: answered from COOKIE-ECHOED on. */
    [USCTP__CHUNK_HEARTBEAT] = {usctp__on_heartbeat, USCTP__CHUNK_HEADER_LEN,
                                OPEN | CLOSING | IN(COOKIE_ECHOED), false, 0},
    [USCTP__CHUNK_HEARTBEAT_ACK] = {usctp__on_heartbeat_ack, USCTP__CHUNK_HEADER_LEN,
                                    OPEN | CLOSING | IN(COOKIE_ECHOED), false, 0},
    [USCTP__CHUNK_ABORT] = {usctp__on_abort, USCTP__CHUNK_HEADER_LEN, ANY, false, 0},
    /* RFC 9260, 9.2: discarded while the association is being set up. */
    [USCTP__CHUNK_SHUTDOWN] = {usctp__on_shutdown, USCTP__SHUTDOWN_LEN, OPEN | CLOSING, false, 0},
    [USCTP__CHUNK_SHUTDOWN_ACK] = {usctp__on_shutdown_ack, USCTP__SHUTDOWN_ACK_LEN, ANY, false, 0},
    [USCTP__CHUNK_ERROR] = {usctp__on_error, USCTP__CHUNK_HEADER_LEN, ANY, false, 0},
    [USCTP__CHUNK_COOKIE_ECHO] = {usctp__on_cookie_echo, USCTP__CHUNK_HEADER_LEN, ANY, false, 0},
    /* RFC 9260, 5.2.5 */
    [USCTP__CHUNK_COOKIE_ACK] = {usctp__on_cookie_ack, USCTP__CHUNK_HEADER_LEN, IN(COOKIE_ECHOED),
                                 false, 0},
    /* RFC 9260, 8.5.1 (C), 9.2 */
    [USCTP__CHUNK_SHUTDOWN_COMPLETE] = {usctp__on_shutdown_complete, USCTP__SHUTDOWN_COMPLETE_LEN,
                                        IN(SHUTDOWN_ACK_SENT), true, 0},
    [USCTP__CHUNK_ECNE] = {usctp__on_ecne, USCTP__ECN_LEN, OPEN | CLOSING, false, USCTP__EXT_ECN},
    [USCTP__CHUNK_CWR] = {usctp__on_cwr, USCTP__ECN_LEN, OPEN | CLOSING, false, USCTP__EXT_ECN},
    [USCTP__CHUNK_AUTH] = {usctp__on_auth, USCTP__AUTH_HEADER_LEN, ANY, false, USCTP__EXT_AUTH},
    /* RFC 5061, 5.1.1, C4 */
    [USCTP__CHUNK_ASCONF] = {usctp__on_asconf, USCTP__ASCONF_MIN_LEN,
                             OPEN | IN(SHUTDOWN_RECEIVED) | IN(SHUTDOWN_SENT), false,
                             USCTP__EXT_ASCONF},
    [USCTP__CHUNK_ASCONF_ACK] = {usctp__on_asconf_ack, USCTP__ASCONF_ACK_MIN_LEN,
                                 OPEN | IN(SHUTDOWN_RECEIVED) | IN(SHUTDOWN_SENT), false,
                                 USCTP__EXT_ASCONF},
    [USCTP__CHUNK_FORWARD_TSN] = {usctp__on_forward_tsn, USCTP__FORWARD_TSN_MIN_LEN,
                                  OPEN | IN(SHUTDOWN_SENT), false, USCTP__EXT_PARTIAL_RELIABILITY},
    [USCTP__CHUNK_RECONF] = {usctp__on_reconf, USCTP__RECONF_MIN_LEN,
                             OPEN | IN(SHUTDOWN_SENT) | IN(SHUTDOWN_RECEIVED), false,
                             USCTP__EXT_RECONFIG},
    /* RFC 8260, 2.2.3, 2.3.1: also known where it was not agreed on, since then it is a violation. */
    [USCTP__CHUNK_I_DATA] = {usctp__on_data, USCTP__I_DATA_HEADER_LEN, OPEN | IN(SHUTDOWN_SENT),
                             false, 0},
    [USCTP__CHUNK_I_FORWARD_TSN] = {usctp__on_i_forward_tsn, USCTP__FORWARD_TSN_MIN_LEN,
                                    OPEN | IN(SHUTDOWN_SENT), false, 0},
};

/* RFC 9260, 3.2 and 3.3.10.6: the two highest bits say what to do. */
static enum usctp__verdict unknown_chunk(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                         const struct usctp__chunk *chunk)
{
    if (usctp__chunk_unknown_reports(chunk->type)) {
        uint8_t cause[USCTP__CAUSE_HEADER_LEN + USCTP__CAUSE_MAX_QUOTE_LEN];
        struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

        usctp__cause_write_unrecognized_chunk(&w, chunk);
        usctp__writer_pad4(&w);
        if (!w.failed) {
            usctp__error_reply(assoc, in, cause, w.len);
        }
    }
    return usctp__chunk_unknown_stops(chunk->type) ? USCTP__STOP : USCTP__NEXT;
}

/* Handles the chunk unless something stands against it: then it is discarded. */
static USCTP__NOINLINE enum usctp__verdict examine(struct usctp_assoc *assoc,
                                                   struct usctp__packet_in *in,
                                                   const struct usctp__chunk *chunk,
                                                   const struct row *row, bool is_last)
{
    struct usctp_stack_stats *stats = &assoc->core->stats;

    if (USCTP__UNLIKELY(usctp__auth_agreed(assoc)) && usctp__auth_lacks(assoc, in, chunk->type) &&
        !(chunk->type == USCTP__CHUNK_COOKIE_ECHO && usctp__auth_waits_for_cookie(assoc))) {
        stats->dropped_unauthenticated++; /* RFC 4895, 6.3: discarded silently */
        /* RFC 5061, 5.2, D5: and the rest of the packet */
        return chunk->type == USCTP__CHUNK_ASCONF ? USCTP__STOP : USCTP__NEXT;
    }
    if (row->handle == NULL || (row->needs & ~assoc->extensions) != 0) {
        return unknown_chunk(assoc, in, chunk);
    }
    if (chunk->len < row->min_len) {
        stats->dropped_malformed++;
        return USCTP__STOP;
    }
    /* RFC 9260, 6.10 and 12.3: it and all behind it is discarded. */
    if (row->alone && (in->chunk_cnt != 1 || !is_last)) {
        stats->dropped_bundle++;
        return USCTP__STOP;
    }
    /* RFC 9260, 5.2.3, 5.2.5, 6, 8.3, 8.5.1 (C), 9.2: discarded where it has no place. */
    if ((row->states >> assoc->state & 1u) == 0) {
        stats->dropped_unexpected++;
        return USCTP__NEXT;
    }
    return row->handle(assoc, in, chunk);
}

/* Nothing stands against most chunks, which is soon seen. */
static inline bool is_welcome(const struct usctp_assoc *assoc, const struct usctp__chunk *chunk,
                              const struct row *row)
{
    return (row->states >> assoc->state & 1u) != 0 && chunk->len >= row->min_len &&
           (row->needs & ~assoc->extensions) == 0 && !row->alone && !usctp__auth_agreed(assoc);
}

static inline enum usctp__verdict dispatch(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                           const struct usctp__chunk *chunk, bool is_last)
{
    const struct row *row = &rows[chunk->type];

    if (chunk->type != USCTP__CHUNK_DATA && chunk->type != USCTP__CHUNK_I_DATA) {
        assoc->core->stats.in_ctrl_chunks++;
        assoc->counters.received_ctrl_chunks++;
    }
    if (USCTP__LIKELY(is_welcome(assoc, chunk, row))) {
        return row->handle(assoc, in, chunk);
    }
    return examine(assoc, in, chunk, row, is_last);
}

static inline enum usctp__verdict walk(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                       size_t skip)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    int more;

    usctp__chunk_iter_init(&iter, in->packet, in->len);
    while ((more = usctp__chunk_next(&iter, &chunk)) > 0) {
        enum usctp__verdict verdict;

        in->chunk_cnt++;
        if (USCTP__UNLIKELY(skip > 0)) {
            skip--;
            continue;
        }
        verdict = dispatch(assoc, in, &chunk, iter.left == 0);
        if (assoc->ended) {
            return USCTP__GONE;
        }
        if (verdict != USCTP__NEXT) {
            return verdict;
        }
    }
    if (more < 0) {
        /* RFC 9260, 6.10: a partial chunk is dropped; those before it stand. */
        assoc->core->stats.dropped_malformed++;
        return USCTP__STOP;
    }
    return USCTP__NEXT;
}

bool usctp__packet_has_abort(const struct usctp__packet_in *in)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;

    usctp__chunk_iter_init(&iter, in->packet, in->len);
    while (usctp__chunk_next(&iter, &chunk) > 0) {
        if (chunk.type == USCTP__CHUNK_ABORT) {
            return true;
        }
    }
    return false;
}

enum usctp__verdict usctp__input_packet(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                        size_t skip)
{
    struct usctp__core *core = assoc->core;
    struct usctp__at_hand outer;
    enum usctp__verdict verdict;

    outer = core->at_hand;
    core->at_hand.in = in;
    core->at_hand.assoc = assoc;
    assoc->counters.received_packets++;
    verdict = walk(assoc, in, skip);
    if (!assoc->ended) {
        if (USCTP__UNLIKELY(assoc->reconf != NULL)) {
            usctp__reconf_packet_done(assoc);
        }
        if (in->has_data) {
            usctp__rx_packet_done(assoc, in);
        }
        if (assoc->state == USCTP_STATE_SHUTDOWN_SENT) {
            usctp__shutdown_on_packet(assoc, in);
        }
        usctp__path_learn(assoc, in);
    }
    core->at_hand = outer;
    return assoc->ended ? USCTP__GONE : verdict;
}
