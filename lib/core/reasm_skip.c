/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly where the peer gives messages up (RFC 3758, 3.6). */
#include "base/compiler.h"
#include "core/core.h"
#include "core/message.h"
#include "core/reasm_hold.h"
#include "wire/packet.h"

enum {
    BEHIND = 0x8000,   /* a distance of sequence numbers from here on is one back */
    JUMP_MAX = 0x10000 /* skipped TSNs that count: no stream skips more messages */
};

void usctp__reasm_drop(struct usctp__reasm *reasm, struct usctp__rxfrag *first)
{
    usctp__reasm_detach(reasm, first);
    usctp__rxfrag_free_all(reasm->core, first);
}

uint64_t usctp__reasm_skip_budget(const struct usctp__reasm *reasm, uint64_t jump)
{
    uint32_t held_cnt = reasm->interleaved ? usctp__reasm_mid_cnt(reasm) : reasm->wait_cnt;

    return USCTP__MIN(jump, (uint64_t)JUMP_MAX) + held_cnt;
}

enum usctp__reasm_result usctp__reasm_skip_partial(struct usctp__reasm *reasm,
                                                   struct usctp__queue *out)
{
    uint16_t sid = reasm->partial_sid;
    uint32_t *next = NULL;

    if (!reasm->partial_unordered) {
        next = usctp__stream_in_get(&reasm->streams, reasm->core, sid);
        if (next == NULL) {
            return USCTP__REASM_NOMEM;
        }
    }
    reasm->partial = false;
    if (next != NULL) {
        ++*next;
        usctp__reasm_follow(reasm, sid, out);
    }
    return reasm->stuck ? USCTP__REASM_NOMEM : USCTP__REASM_OK;
}

/* Delivers the message of this stream and number if it waits. False: no memory. */
static bool deliver_stranded(struct usctp__reasm *reasm, uint16_t sid, uint16_t ssn,
                             struct usctp__queue *out)
{
    struct usctp__rxfrag *first = usctp__reasm_find_ssn(reasm, sid, ssn);
    struct usctp_message *message;

    if (first == NULL) {
        return true;
    }
    message = usctp__message_new(reasm->core, first->run_cnt);
    if (message == NULL) {
        return false;
    }
    usctp__reasm_detach(reasm, first);
    usctp__message_take(message, first);
    usctp__queue_push(out, &message->head.link);
    return true;
}

enum usctp__reasm_result usctp__reasm_skip_stream(struct usctp__reasm *reasm, uint16_t sid,
                                                  uint16_t ssn, uint64_t *budget,
                                                  struct usctp__queue *out)
{
    uint32_t *next = usctp__stream_in_get(&reasm->streams, reasm->core, sid);
    uint32_t cnt;

    if (next == NULL) {
        return USCTP__REASM_NOMEM;
    }
    cnt = (uint16_t)(ssn - (uint16_t)*next);
    if (cnt >= BEHIND) {
        return USCTP__REASM_OK; /* it was skipped, or came, before */
    }
    cnt++;
    if (reasm->wait_cnt > 0) {
        if (cnt > *budget) {
            return USCTP__REASM_VIOLATION;
        }
        *budget -= cnt;
    }
    /* RFC 3758, 3.6: what waited for the skipped messages is delivered. */
    for (; cnt > 0 && reasm->wait_cnt > 0; cnt--) {
        if (!deliver_stranded(reasm, sid, (uint16_t)*next, out)) {
            return USCTP__REASM_NOMEM;
        }
        ++*next;
    }
    *next += cnt;
    usctp__reasm_follow(reasm, sid, out);
    return reasm->stuck ? USCTP__REASM_NOMEM : USCTP__REASM_OK;
}

/* RFC 3758, 3.6: a message that misses a TSN up to this one can never become whole. */
static bool misses(const struct usctp__rxfrag *first, uint64_t tsn)
{
    return !first->waiting && ((first->flags & USCTP__DATA_FLAG_BEGIN) == 0 ||
                               first->end->tsn + first->end->chunk_cnt <= tsn);
}

void usctp__reasm_skip_to(struct usctp__reasm *reasm, uint64_t cum_tsn, uint64_t tsn)
{
    const struct usctp__reasm_hold *hold = reasm->hold;
    uint64_t pos = cum_tsn + 1;

    if (reasm->interleaved) {
        return; /* RFC 8260, 2.3.1: the entries alone say what is skipped */
    }
    if (reasm->tail != NULL) {
        usctp__reasm_drop(reasm, reasm->tail);
    }
    /* What lies just above and goes on with what is skipped goes too. */
    while (hold != NULL && (pos = usctp__bitmap_next_set(&hold->held, pos, tsn + 2)) <= tsn + 1) {
        struct usctp__rxfrag *piece = usctp__reasm_find_tsn(reasm, pos);

        /* The first that is met of a run is the first of it. */
        if (piece != NULL && !piece->waiting && piece->prev == NULL && misses(piece, tsn) &&
            (pos <= tsn || (piece->flags & USCTP__DATA_FLAG_BEGIN) == 0)) {
            usctp__reasm_drop(reasm, piece);
        }
        pos++;
    }
}
