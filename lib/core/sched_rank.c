/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedulers that keep the streams with messages in a heap: by priority, or by the capacity they have used. */
#include <stddef.h>

#include "base/compiler.h"
#include "core/outq.h"

enum {
    VALUE_SHIFT = 48, /* priority: the value stands above the number of the turn */
    FINISH_SHIFT = 12 /* virtual time has so many bits below a byte of weight 1 */
};

/* --- Ranks ------------------------------------------------------------------------------------ */

static struct usctp__rank *rank_of(const struct usctp__ranks *ranks, uint16_t sid)
{
    struct usctp__chain *chain = NULL;

    if (ranks != NULL) {
        chain = usctp__chaintable_first(&ranks->by_id, sid);
    }
    return chain != NULL ? USCTP__CONTAINER_OF(chain, struct usctp__rank, chain) : NULL;
}

/* The same of a stream that has, or had, a message: reserve has made it. */
static struct usctp__rank *known_rank(const struct usctp__outq *outq,
                                      const struct usctp__outmsg *msg)
{
    struct usctp__chain *chain = usctp__chaintable_first(&outq->ranks->by_id, msg->stream->id);

    return USCTP__CONTAINER_OF(chain, struct usctp__rank, chain);
}

static bool need_ranks(struct usctp__outq *outq, struct usctp__mem *mem)
{
    struct usctp__ranks *ranks = outq->ranks;

    if (ranks == NULL) {
        ranks = usctp__mem_calloc(mem, sizeof(*ranks));
        if (ranks == NULL) {
            return false;
        }
        ranks->mem = mem;
        usctp__chaintable_init(&ranks->by_id, mem);
        usctp__heap_init(&ranks->heap, mem);
        outq->ranks = ranks;
    }
    return true;
}

/* The rank of a stream, made if need be; NULL: no memory. */
static struct usctp__rank *get_rank(struct usctp__outq *outq, struct usctp__mem *mem, uint16_t sid)
{
    struct usctp__rank *rank = rank_of(outq->ranks, sid);

    if (rank != NULL || !need_ranks(outq, mem)) {
        return rank;
    }
    rank = usctp__mem_calloc(mem, sizeof(*rank));
    if (rank != NULL) {
        usctp__heap_node_init(&rank->node);
        usctp__chaintable_insert(&outq->ranks->by_id, &rank->chain, sid);
    }
    return rank;
}

/* Room for the streams that have messages, not for all that ever had one: the heap gives back what it does not need,
 * and would take it anew for each message. Streams that are held have room, too. */
static bool reserve(struct usctp__outq *outq, struct usctp__mem *mem, uint16_t sid, uint32_t cnt)
{
    struct usctp__rank *rank = get_rank(outq, mem, sid);

    return rank != NULL &&
           (usctp__heap_contains(&rank->node) ||
            usctp__heap_reserve(&outq->ranks->heap, outq->ranks->heap.cnt + outq->held_cnt + cnt));
}

static struct usctp__stream_out *stream_at(const struct usctp__heap *heap, uint32_t i)
{
    return USCTP__CONTAINER_OF(heap->slots[i].node, struct usctp__rank, node)->stream;
}

/* The first of those that need not wait. */
static struct usctp__stream_out *pick(const struct usctp__outq *outq)
{
    const struct usctp__heap *heap;
    struct usctp__stream_out *best = NULL;
    uint64_t key = UINT64_MAX;

    if (outq->ranks == NULL) {
        return NULL; /* there never was a message */
    }
    heap = &outq->ranks->heap;
    if (heap->cnt == 0) {
        return NULL;
    }
    if (USCTP__LIKELY(!usctp__outq_waits(stream_at(heap, 0)))) {
        return stream_at(heap, 0);
    }
    for (uint32_t i = 0; i < heap->cnt; i++) {
        struct usctp__stream_out *stream = stream_at(heap, i);

        if (heap->slots[i].key <= key && !usctp__outq_waits(stream)) {
            best = stream;
            key = heap->slots[i].key;
        }
    }
    return best;
}

/* Enters a stream that has a message now. */
static void enter(struct usctp__outq *outq, struct usctp__outmsg *msg, struct usctp__rank *rank,
                  uint64_t key)
{
    bool entered;

    rank->stream = msg->stream;
    entered = usctp__heap_insert(&outq->ranks->heap, &rank->node, key);
    USCTP__ASSERT(entered); /* see reserve */
    USCTP__UNUSED(entered);
}

/* True: the stream has no message left that may leave, and is out of the heap. */
static bool leave(struct usctp__outq *outq, struct usctp__outmsg *msg, struct usctp__rank *rank)
{
    if (usctp__outq_scheduled(msg->stream)) {
        return false;
    }
    outq->ranks->heap.spare = outq->held_cnt;
    usctp__heap_remove(&outq->ranks->heap, &rank->node);
    rank->stream = NULL;
    return true;
}

/* The room stays: what goes on may be another scheduler of this kind, which has reserved it. */
static void stop(struct usctp__outq *outq)
{
    struct usctp__heap *heap = outq->ranks != NULL ? &outq->ranks->heap : NULL;

    for (uint32_t i = 0; heap != NULL && i < heap->cnt; i++) {
        USCTP__CONTAINER_OF(heap->slots[i].node, struct usctp__rank, node)->stream = NULL;
    }
    if (heap != NULL) {
        usctp__heap_clear(heap);
    }
}

/* --- Strict priority: the lowest value first, equals in turn ----------------------------------- */

static uint64_t priority_key(struct usctp__ranks *ranks, const struct usctp__rank *rank)
{
    return (uint64_t)rank->value << VALUE_SHIFT |
           (ranks->turn++ & ((UINT64_C(1) << VALUE_SHIFT) - 1));
}

static void priority_push(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    struct usctp__rank *rank = known_rank(outq, msg);

    if (!usctp__heap_contains(&rank->node)) {
        enter(outq, msg, rank, priority_key(outq->ranks, rank));
    }
}

static void priority_pop(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    struct usctp__rank *rank = known_rank(outq, msg);

    if (!leave(outq, msg, rank)) {
        usctp__heap_update(&outq->ranks->heap, &rank->node, priority_key(outq->ranks, rank));
    }
}

static void priority_cut(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len)
{
    struct usctp__rank *rank = known_rank(outq, msg);

    USCTP__UNUSED(len);
    usctp__heap_update(&outq->ranks->heap, &rank->node, priority_key(outq->ranks, rank));
}

const struct usctp__sched_ops usctp__sched_priority = {
    "priority", priority_push, pick, priority_pop, priority_cut, NULL, reserve, stop, false};

/* --- Capacity: who has used the least ---------------------------------------------------------- */

static void fair_push(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    struct usctp__ranks *ranks = outq->ranks;
    struct usctp__rank *rank = known_rank(outq, msg);

    if (usctp__heap_contains(&rank->node)) {
        return;
    }
    if (ranks->heap.cnt == 0) {
        ranks->round++; /* nothing waits: a new round, in which all begin at 0 */
        ranks->now = 0;
    }
    /* What was not used while there was nothing to send is not saved up. */
    if (rank->round != ranks->round || rank->finish < ranks->now) {
        rank->finish = ranks->now;
        rank->round = ranks->round;
    }
    enter(outq, msg, rank, rank->finish);
}

static void fair_pop(struct usctp__outq *outq, struct usctp__outmsg *msg)
{
    (void)leave(outq, msg, known_rank(outq, msg));
}

static void use(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len, uint32_t weight)
{
    struct usctp__ranks *ranks = outq->ranks;
    struct usctp__rank *rank = known_rank(outq, msg);

    ranks->now = rank->finish;
    rank->finish += ((uint64_t)len << FINISH_SHIFT) / weight;
    usctp__heap_update(&ranks->heap, &rank->node, rank->finish);
}

static void fair_cut(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len)
{
    use(outq, msg, len, 1);
}

/* RFC 8260, 3.6: n times the weight is n times the capacity. */
static void weighted_cut(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len)
{
    uint32_t value = known_rank(outq, msg)->value;

    use(outq, msg, len, USCTP__MAX(value, 1u));
}

const struct usctp__sched_ops usctp__sched_fair = {"fair", fair_push, pick, fair_pop, fair_cut,
                                                   NULL,   reserve,   stop, false};

const struct usctp__sched_ops usctp__sched_weighted = {
    "weighted", fair_push, pick, fair_pop, weighted_cut, NULL, reserve, stop, false};

/* --- Values ------------------------------------------------------------------------------------ */

uint16_t usctp__sched_value(const struct usctp__outq *outq, uint16_t sid)
{
    const struct usctp__rank *rank = rank_of(outq->ranks, sid);

    return rank != NULL ? rank->value : 0;
}

bool usctp__sched_set_value(struct usctp__outq *outq, struct usctp__mem *mem, uint16_t sid,
                            uint16_t value)
{
    struct usctp__rank *rank = get_rank(outq, mem, sid);

    if (rank == NULL) {
        return false;
    }
    rank->value = value;
    if (outq->sched == &usctp__sched_priority && usctp__heap_contains(&rank->node)) {
        usctp__heap_update(&outq->ranks->heap, &rank->node, priority_key(outq->ranks, rank));
    }
    return true;
}

void usctp__sched_free(struct usctp__outq *outq)
{
    struct usctp__ranks *ranks = outq->ranks;
    struct usctp__chain *chain;

    if (ranks == NULL) {
        return;
    }
    chain = usctp__chaintable_walk(&ranks->by_id, NULL);
    while (chain != NULL) {
        struct usctp__rank *rank = USCTP__CONTAINER_OF(chain, struct usctp__rank, chain);

        chain = usctp__chaintable_walk(&ranks->by_id, chain);
        usctp__mem_free(ranks->mem, rank, sizeof(*rank));
    }
    usctp__chaintable_destroy(&ranks->by_id);
    usctp__heap_destroy(&ranks->heap);
    usctp__mem_free(ranks->mem, ranks, sizeof(*ranks));
    outq->ranks = NULL;
}
