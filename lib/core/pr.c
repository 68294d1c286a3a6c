/* SPDX-License-Identifier: BSD-3-Clause */
/* Partial reliability, the sending half. */
#include "core/pr.h"

#include <string.h>

#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/ext.h"
#include "core/flight.h"
#include "core/sackin.h"
#include "wire/forward.h"

enum {
    ENTRY_MAX = 256,  /* streams that one FORWARD TSN tells of */
    TX_CNT_MAX = 255, /* where the count of transmissions stays: see struct usctp__txslot */
    HINT_CNT = 256    /* places in the table of streams seen: a power of two */
};

/* No FORWARD TSN is repeated sooner, whatever the round trip. */
#define MIN_REPEAT_DUR (10 * USCTP__MS)

static bool negotiated(const struct usctp_assoc *assoc)
{
    return (assoc->extensions & USCTP__EXT_PARTIAL_RELIABILITY) != 0;
}

/* --- Policies --------------------------------------------------------------------------------- */

bool usctp__pr_valid(const struct usctp_send_info *info)
{
    switch (info->pr_policy) {
    case USCTP_PR_NONE:
        return info->pr_value == 0;
    case USCTP_PR_TIMED:
        return info->pr_value == 0 && info->lifetime_dur != 0;
    case USCTP_PR_RETRANSMITS:
    case USCTP_PR_PRIORITY:
        return true;
    default:
        return false;
    }
}

static struct usctp__pr *make(struct usctp_assoc *assoc)
{
    struct usctp__pr *pr = usctp__mem_calloc(&assoc->core->mem, sizeof(*pr));

    if (pr != NULL) {
        usctp__heap_init(&pr->victims, &assoc->core->mem);
        usctp__chaintable_init(&pr->streams, &assoc->core->mem);
        assoc->tx.pr = pr;
    }
    return pr;
}

bool usctp__pr_take(struct usctp_assoc *assoc, struct usctp__outmsg *msg,
                    const struct usctp_send_info *info)
{
    struct usctp__pr *pr = assoc->tx.pr;
    struct usctp__outpr *mine;
    size_t cap;

    USCTP__ASSERT(sizeof(*mine) <= USCTP__BUF_MIN);
    if (pr == NULL && (pr = make(assoc)) == NULL) {
        return false;
    }
    mine = usctp__bufpool_get(&assoc->core->bufs, sizeof(*mine), &cap);
    if (mine == NULL) {
        return false;
    }
    memset(mine, 0, sizeof(*mine));
    usctp__heap_node_init(&mine->node);
    mine->msg = msg;
    mine->policy = info->pr_policy;
    mine->value = info->pr_value;
    /* The least key goes first: the largest number, which is the lowest priority. */
    if (mine->policy == USCTP_PR_PRIORITY &&
        !usctp__heap_insert(&pr->victims, &mine->node, UINT32_MAX - mine->value)) {
        usctp__outpr_free(assoc->core, mine);
        return false;
    }
    msg->pr = mine;
    return true;
}

void usctp__outpr_free(struct usctp__core *core, struct usctp__outpr *pr)
{
    USCTP__ASSERT(!usctp__heap_contains(&pr->node));
    usctp__bufpool_put(&core->bufs, pr, USCTP__BUF_MIN);
}

void usctp__pr_settled(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    if (USCTP__UNLIKELY(msg->pr != NULL)) {
        usctp__heap_remove(&assoc->tx.pr->victims, &msg->pr->node);
    }
}

void usctp__pr_cut(struct usctp_assoc *assoc, struct usctp__outmsg *msg, uint64_t tsn)
{
    msg->pr->tsn = tsn;
    if (!negotiated(assoc)) {
        usctp__pr_settled(assoc, msg); /* from here on it is reliable */
    }
}

/* --- Counters --------------------------------------------------------------------------------- */

static struct usctp__pr_stream *find_stream(const struct usctp__pr *pr, uint16_t sid)
{
    struct usctp__chain *link = usctp__chaintable_first(&pr->streams, sid);

    return link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__pr_stream, chain) : NULL;
}

static void add_one(struct usctp__pr_counters *counters, unsigned policy, bool sent)
{
    uint64_t *cnts = sent ? counters->sent : counters->unsent;

    cnts[policy]++;
    cnts[USCTP_PR_NONE]++;
}

/* NULL: no memory. */
static struct usctp__pr_stream *new_stream(struct usctp_assoc *assoc, uint16_t sid)
{
    struct usctp__pr_stream *stream = usctp__mem_calloc(&assoc->core->mem, sizeof(*stream));

    if (stream != NULL) {
        usctp__chaintable_insert(&assoc->tx.pr->streams, &stream->chain, sid);
    }
    return stream;
}

static void count(struct usctp_assoc *assoc, const struct usctp__outmsg *msg, bool sent)
{
    struct usctp__pr *pr = assoc->tx.pr;
    struct usctp__pr_stream *stream = find_stream(pr, msg->stream->id);

    if (stream == NULL) {
        stream = new_stream(assoc, msg->stream->id);
    }
    if (stream != NULL) { /* without memory the stream's counters miss some */
        add_one(&stream->counters, msg->pr->policy, sent);
    }
    add_one(&pr->counters, msg->pr->policy, sent);
}

const struct usctp__pr_counters *usctp__pr_counters(const struct usctp_assoc *assoc)
{
    return assoc->tx.pr != NULL ? &assoc->tx.pr->counters : NULL;
}

const struct usctp__pr_counters *usctp__pr_stream_counters(const struct usctp_assoc *assoc,
                                                           uint16_t stream)
{
    const struct usctp__pr_stream *found =
        assoc->tx.pr != NULL ? find_stream(assoc->tx.pr, stream) : NULL;

    return found != NULL ? &found->counters : NULL;
}

bool usctp__pr_restore(struct usctp_assoc *assoc, const struct usctp__pr_counters *counters)
{
    struct usctp__pr *pr = make(assoc);

    if (pr != NULL) {
        pr->counters = *counters;
    }
    return pr != NULL;
}

bool usctp__pr_restore_stream(struct usctp_assoc *assoc, uint16_t sid,
                              const struct usctp__pr_counters *counters)
{
    struct usctp__pr_stream *stream = find_stream(assoc->tx.pr, sid);

    if (stream == NULL) {
        stream = new_stream(assoc, sid);
    }
    if (stream != NULL) {
        stream->counters = *counters;
    }
    return stream != NULL;
}

static bool expired(const struct usctp_assoc *assoc, const struct usctp__outmsg *msg)
{
    return msg->pr->policy == USCTP_PR_TIMED && msg->expiry_ts <= assoc->core->now_ts;
}

void usctp__pr_unsent(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    if (USCTP__UNLIKELY(msg->pr != NULL)) {
        if (expired(assoc, msg)) {
            count(assoc, msg, false);
        }
        usctp__pr_settled(assoc, msg);
    }
}

/* --- Abandoning ------------------------------------------------------------------------------- */

static void unbuffer(struct usctp_assoc *assoc, const struct usctp__outmsg *msg, uint32_t len)
{
    assoc->tx.buffered -= len;
    usctp__stream_out_take(&assoc->tx.outq.streams, msg->stream, len);
}

/* A chunk of the message goes. */
static void abandon_chunk(struct usctp_assoc *assoc, struct usctp__outmsg *msg, uint64_t tsn)
{
    unbuffer(assoc, msg, usctp__txring_slot(&assoc->tx.ring, tsn)->len);
    usctp__flight_abandoned(assoc, tsn);
    msg->chunk_cnt--;
}

/* RFC 3758, 3.5, A3: all chunks of the message. Their TSNs are consecutive, unless it was interleaved. */
static void abandon_chunks(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = msg->pr->tsn;

    for (; msg->chunk_cnt > 0; tsn--) {
        USCTP__ASSERT(usctp__txring_has(ring, tsn));
        if (usctp__txring_slot(ring, tsn)->msg == msg) {
            abandon_chunk(assoc, msg, tsn);
        }
    }
}

/* What was not cut is dropped; a TSN that is never sent stands for its end, or the next message would
 * seem to go on with this one. With I-DATA it makes sure that there is a TSN to tell the peer of. */
static void abandon_rest(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = ring->next;
    struct usctp__txslot *slot;

    unbuffer(assoc, msg, msg->len - msg->cut_len);
    usctp__outq_remove(&assoc->tx.outq, msg);
    slot = usctp__txring_push(ring);
    usctp__flight_skip(slot, msg);
    usctp__txring_set_gone(ring, tsn);
}

/* Abandons a message of which something was sent. False: no memory. */
static bool abandon(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    if (msg->queued && !usctp__txring_reserve(&assoc->tx.ring, &assoc->core->mem)) {
        return false;
    }
    if (usctp__outmsg_ordered(msg)) {
        msg->stream->ordered_cnt--;
    }
    abandon_chunks(assoc, msg);
    if (msg->queued) {
        abandon_rest(assoc, msg);
    }
    count(assoc, msg, true);
    usctp__pr_settled(assoc, msg);
    usctp__event_send_failed(assoc, msg, true, 0);
    usctp__assoc_touch(assoc);
    return true;
}

/* True if the chunk, sent so many times, must not be sent again. */
static bool is_over(const struct usctp_assoc *assoc, const struct usctp__txslot *slot)
{
    const struct usctp__outpr *pr = slot->msg->pr;

    if (pr == NULL || !negotiated(assoc)) {
        return false;
    }
    /* RFC 7496, 3.1 */
    if (pr->policy == USCTP_PR_RETRANSMITS) {
        return slot->tx_cnt > pr->value && slot->tx_cnt < TX_CNT_MAX;
    }
    return expired(assoc, slot->msg); /* RFC 3758, 4.1, TR4 */
}

bool usctp__pr_gone(struct usctp_assoc *assoc, uint64_t tsn)
{
    const struct usctp__txslot *slot = usctp__txring_slot(&assoc->tx.ring, tsn);

    return is_over(assoc, slot) && abandon(assoc, slot->msg);
}

bool usctp__pr_stop(struct usctp_assoc *assoc, struct usctp__outmsg *msg)
{
    return msg->pr != NULL && negotiated(assoc) && expired(assoc, msg) && abandon(assoc, msg);
}

bool usctp__pr_may_probe(const struct usctp_assoc *assoc, uint64_t tsn)
{
    return !is_over(assoc, usctp__txring_slot(&assoc->tx.ring, tsn));
}

static struct usctp__outpr *victim_of(struct usctp__heap_node *node)
{
    return USCTP__CONTAINER_OF(node, struct usctp__outpr, node);
}

/* RFC 7496, 3.2 */
static bool outranks(const struct usctp_send_info *info, const struct usctp__outpr *victim)
{
    return info->pr_policy != USCTP_PR_PRIORITY || info->pr_value < victim->value;
}

/* What abandoning the message takes off the send buffer. */
static uint64_t buffered_of(const struct usctp_assoc *assoc, const struct usctp__outmsg *msg)
{
    uint64_t len = msg->len - msg->cut_len;

    for (uint32_t i = 0; i < msg->chunk_cnt; i++) {
        len += usctp__txring_slot(&assoc->tx.ring, msg->pr->tsn - i)->len;
    }
    return len;
}

bool usctp__pr_could_make_room(const struct usctp_assoc *assoc, const struct usctp_send_info *info,
                               uint32_t limit)
{
    const struct usctp__pr *pr = assoc->tx.pr;
    uint64_t len = 0;

    for (uint32_t i = 0; pr != NULL && i < pr->victims.cnt; i++) {
        const struct usctp__outpr *victim = victim_of(pr->victims.slots[i].node);

        len += outranks(info, victim) ? buffered_of(assoc, victim->msg) : 0;
        if (len > assoc->tx.buffered - limit) {
            return true;
        }
    }
    return false;
}

void usctp__pr_make_room(struct usctp_assoc *assoc, uint32_t limit)
{
    struct usctp__pr *pr = assoc->tx.pr;

    while (assoc->tx.buffered >= limit && pr->victims.cnt > 0) {
        struct usctp__outpr *victim = victim_of(pr->victims.slots[0].node);

        if (victim->msg->cut_len == 0) {
            count(assoc, victim->msg, false);
            usctp__tx_fail_unsent(assoc, victim->msg, 0);
        } else if (!abandon(assoc, victim->msg)) {
            break;
        }
    }
    usctp__assoc_touch(assoc);
    usctp__stream_out_raise(assoc);
}

/* --- FORWARD TSN ------------------------------------------------------------------------------ */

bool usctp__pr_waits(const struct usctp_assoc *assoc)
{
    const struct usctp__txring *ring = &assoc->tx.ring;

    return assoc->tx.pr != NULL && !usctp__txring_empty(ring) &&
           usctp__txring_gone(ring, ring->base);
}

/* RFC 3758, 3.5, C1, C2 */
static void advance(struct usctp_assoc *assoc)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    struct usctp__pr *pr = assoc->tx.pr;
    uint64_t from = USCTP__MAX(ring->base, pr->forward_tsn + 1);

    if (usctp__txring_empty(ring)) {
        return;
    }
    pr->forward_tsn = usctp__txring_scan(ring, USCTP__TX_KEPT, from, ring->next) - 1;
    /* RFC 3758, 3.5, C3 */
    pr->due = pr->due || (pr->forward_tsn >= ring->base && pr->forward_tsn > pr->told_tsn);
}

void usctp__pr_on_sack(struct usctp_assoc *assoc)
{
    struct usctp__pr *pr = assoc->tx.pr;
    uint64_t dur = USCTP__MAX(assoc->paths.data->rto.srtt_dur, MIN_REPEAT_DUR);

    advance(assoc);
    /* RFC 3758, 3.5, C3, F2: again when a round trip has not brought the answer. */
    if (usctp__pr_waits(assoc) && assoc->core->now_ts >= usctp__time_add(pr->told_ts, dur)) {
        pr->due = true;
    }
}

void usctp__pr_on_t3(struct usctp_assoc *assoc)
{
    if (usctp__pr_waits(assoc)) {
        assoc->tx.pr->due = true;
    }
}

/* The entries of one FORWARD TSN, and where each stream stands among them. */
struct list {
    struct usctp__skipped entries[ENTRY_MAX];
    uint16_t hints[HINT_CNT]; /* by the low bits of the id: index + 1 of an entry; 0: none */
    size_t cnt;
    size_t max; /* entries that fit */
};

static struct usctp__skipped *list_find(struct list *list, uint16_t sid, bool unordered)
{
    uint16_t hint = list->hints[sid % HINT_CNT];

    if (hint == 0) {
        return NULL; /* no stream with these low bits yet */
    }
    if (list->entries[hint - 1].sid == sid && list->entries[hint - 1].unordered == unordered) {
        return &list->entries[hint - 1];
    }
    for (size_t i = 0; i < list->cnt; i++) {
        if (list->entries[i].sid == sid && list->entries[i].unordered == unordered) {
            return &list->entries[i];
        }
    }
    return NULL;
}

/* Notes what was skipped; false: it does not fit. */
static bool list_add(struct list *list, const struct usctp__txslot *slot)
{
    bool unordered = (slot->flags & USCTP__TXSLOT_ORDERED) == 0;
    struct usctp__skipped *entry = list_find(list, slot->len, unordered);

    if (entry == NULL) {
        if (list->cnt == list->max) {
            return false;
        }
        entry = &list->entries[list->cnt++];
        entry->sid = slot->len;
        entry->unordered = unordered;
        list->hints[slot->len % HINT_CNT] = (uint16_t)list->cnt;
    }
    entry->number = slot->offset; /* they come in rising order */
    return true;
}

/* RFC 3758, 3.5, C4: fills the list, and returns how far it reaches. */
static uint64_t fill_list(const struct usctp_assoc *assoc, struct list *list)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn;

    for (tsn = ring->base; tsn <= assoc->tx.pr->forward_tsn; tsn++) {
        const struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);

        /* RFC 8260, 2.3.1: I-FORWARD-TSN tells of unordered messages too. */
        if (((slot->flags & USCTP__TXSLOT_ORDERED) != 0 || ring->interleaved) &&
            !list_add(list, slot)) {
            break;
        }
    }
    return tsn - 1;
}

static void queue_forward(struct usctp_assoc *assoc)
{
    uint8_t chunk[USCTP__FORWARD_TSN_MIN_LEN + ENTRY_MAX * USCTP__I_FORWARD_TSN_ENTRY_LEN];
    bool by_mid = assoc->tx.ring.interleaved;
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));
    struct usctp__pr *pr = assoc->tx.pr;
    struct usctp__path *path = assoc->paths.data;
    struct list list;
    size_t room;
    uint64_t tsn;

    memset(list.hints, 0, sizeof(list.hints));
    list.cnt = 0;
    room = path->max_packet - USCTP__PACKET_HEADER_LEN - USCTP__FORWARD_TSN_MIN_LEN;
    if (assoc->auth != NULL && assoc->auth->hmac != 0) {
        room -= assoc->auth->chunk_len;
    }
    list.max = room / (by_mid ? USCTP__I_FORWARD_TSN_ENTRY_LEN : USCTP__FORWARD_TSN_ENTRY_LEN);
    list.max = USCTP__MIN(list.max, ENTRY_MAX);
    tsn = fill_list(assoc, &list);
    usctp__forward_write(&w, by_mid, (uint32_t)tsn, list.entries, list.cnt);
    if (!w.failed && usctp__ctrl_push(assoc, path, 0, chunk, w.len)) {
        pr->due = false;
        pr->told_tsn = tsn;
        pr->told_ts = assoc->core->now_ts;
    }
}

/* What is to be sent again next, path by path. */
static bool sweep(struct usctp_assoc *assoc)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t tsn = ring->base;
    bool dropped = false;

    while (ring->lost_cnt > 0 &&
           (tsn = usctp__txring_scan(ring, USCTP__TX_LOST, tsn, ring->next)) < ring->next &&
           usctp__pr_gone(assoc, tsn)) {
        dropped = true;
    }
    return dropped;
}

void usctp__pr_output(struct usctp_assoc *assoc)
{
    if (!negotiated(assoc)) {
        return;
    }
    if (sweep(assoc)) {
        usctp__tx_progress(assoc);
    }
    if (!assoc->ended) {
        advance(assoc);
        /* RFC 9260, 5.1 C: nothing but data goes before COOKIE ACK. */
        if (assoc->tx.pr->due && usctp__pr_waits(assoc) &&
            assoc->state != USCTP_STATE_COOKIE_ECHOED) {
            queue_forward(assoc);
        }
    }
}

bool usctp__pr_due(const struct usctp_assoc *assoc)
{
    return assoc->tx.pr != NULL && usctp__pr_waits(assoc) &&
           assoc->tx.pr->forward_tsn < assoc->tx.ring.base;
}

/* --- Life ------------------------------------------------------------------------------------- */

void usctp__pr_rewind(struct usctp_assoc *assoc)
{
    struct usctp__pr *pr = assoc->tx.pr;

    if (pr != NULL) {
        pr->forward_tsn = 0;
        pr->told_tsn = 0;
        pr->due = false;
    }
}

void usctp__pr_free(struct usctp_assoc *assoc)
{
    struct usctp__pr *pr = assoc->tx.pr;
    struct usctp__chain *link;

    if (pr == NULL) {
        return;
    }
    link = usctp__chaintable_walk(&pr->streams, NULL);
    while (link != NULL) {
        struct usctp__pr_stream *stream = USCTP__CONTAINER_OF(link, struct usctp__pr_stream, chain);

        link = usctp__chaintable_walk(&pr->streams, link);
        usctp__mem_free(&assoc->core->mem, stream, sizeof(*stream));
    }
    usctp__chaintable_destroy(&pr->streams);
    usctp__heap_destroy(&pr->victims);
    usctp__mem_free(&assoc->core->mem, pr, sizeof(*pr));
    assoc->tx.pr = NULL;
}
