/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly where sequence numbers begin anew (RFC 6525). */
#include "base/compiler.h"
#include "core/reasm_kind.h"
#include "core/reasm_msg.h"
#include "wire/forward.h"

/* --- Whole messages that wait ----------------------------------------------------------------- */

/* The whole message that a link of the table below belongs to: its first piece, or NULL. */
static struct usctp__rxfrag *whole_one(const struct usctp__reasm *reasm, struct usctp__chain *link)
{
    const struct usctp__inmsg *msg;

    if (!reasm->interleaved) {
        return USCTP__CONTAINER_OF(link, struct usctp__rxfrag, ssn_chain);
    }
    msg = usctp__inmsg_of(link);
    return msg->group == NULL ? msg->head : NULL;
}

/* Those of the set, linked by `prev`, which the first piece of a run has no use for. */
static struct usctp__rxfrag *collect(const struct usctp__reasm *reasm,
                                     const struct usctp__stream_set *set)
{
    const struct usctp__chaintable *table;
    struct usctp__rxfrag *list = NULL;
    struct usctp__chain *link = NULL;

    if (reasm->wait_cnt == 0) {
        return NULL;
    }
    table = reasm->interleaved ? &reasm->hold->mids->msgs : &reasm->hold->turns;
    while ((link = usctp__chaintable_walk(table, link)) != NULL) {
        struct usctp__rxfrag *first = whole_one(reasm, link);

        if (first != NULL && usctp__stream_set_has(set, first->sid)) {
            first->prev = list;
            list = first;
        }
    }
    return list;
}

/* Takes the first off such a list. */
static struct usctp__rxfrag *pop(struct usctp__rxfrag **list)
{
    struct usctp__rxfrag *first = *list;

    *list = first->prev;
    first->prev = NULL;
    return first;
}

/* Sorts such a list by TSN: merges longer and longer runs. */
static struct usctp__rxfrag *merge(struct usctp__rxfrag *a, struct usctp__rxfrag *b)
{
    struct usctp__rxfrag *head = NULL;
    struct usctp__rxfrag **end = &head;

    while (a != NULL && b != NULL) {
        struct usctp__rxfrag **from = a->tsn < b->tsn ? &a : &b;

        *end = *from;
        *from = (*from)->prev;
        end = &(*end)->prev;
    }
    *end = a != NULL ? a : b;
    return head;
}

static struct usctp__rxfrag *sort(struct usctp__rxfrag *list)
{
    struct usctp__rxfrag *runs[32] = {NULL}; /* run i has 2^i messages, or none */
    struct usctp__rxfrag *sorted = NULL;

    while (list != NULL) {
        struct usctp__rxfrag *run = pop(&list);
        unsigned i = 0;

        for (; runs[i] != NULL; i++) {
            run = merge(runs[i], run);
            runs[i] = NULL;
        }
        runs[i] = run;
    }
    for (unsigned i = 0; i < USCTP__ARRAY_LEN(runs); i++) {
        sorted = merge(runs[i], sorted);
    }
    return sorted;
}

bool usctp__reasm_flush(struct usctp__reasm *reasm, struct usctp__queue *out)
{
    static const struct usctp__stream_set all = {NULL, 0};
    struct usctp__rxfrag *list = sort(collect(reasm, &all));
    bool enough = true;

    while (list != NULL) {
        struct usctp__rxfrag *first = pop(&list);

        enough = enough && usctp__reasm_deliver(reasm, first, out);
    }
    if (enough) {
        reasm->stuck = false;
    }
    return enough;
}

/* --- I-DATA: messages of streams that begin anew (RFC 8260, 2.3.2) ------------------------------ */

/* TSN of a piece of the message; 0: all that came of it was delivered. */
static uint64_t tsn_of(const struct usctp__inmsg *msg)
{
    if (msg->head != NULL) {
        return msg->head->tsn;
    }
    if (!usctp__list_empty(&msg->parts)) {
        return USCTP__CONTAINER_OF(usctp__list_first(&msg->parts), struct usctp__rxfrag, link)->tsn;
    }
    return 0;
}

/* A message of the set that began up to last_tsn; NULL: there is none. */
static struct usctp__inmsg *find_old(const struct usctp__reasm *reasm,
                                     const struct usctp__stream_set *set, uint64_t last_tsn,
                                     bool begun)
{
    const struct usctp__mids *mids = usctp__mids_of(reasm);
    struct usctp__chain *link = NULL;

    while (mids != NULL && (link = usctp__chaintable_walk(&mids->msgs, link)) != NULL) {
        struct usctp__inmsg *msg = usctp__inmsg_of(link);

        if (usctp__stream_set_has(set, msg->sid) && tsn_of(msg) <= last_tsn &&
            (!begun || msg->begun)) {
            return msg;
        }
    }
    return NULL;
}

static void reset_mids(struct usctp__reasm *reasm, const struct usctp__stream_set *set,
                       uint64_t last_tsn)
{
    struct usctp__inmsg *msg;

    if (usctp__mids_of(reasm) == NULL) {
        return;
    }
    /* The peer had nothing outstanding there when it asked: what is left are leftovers of what it gave up. */
    while ((msg = find_old(reasm, set, last_tsn, false)) != NULL) {
        usctp__inmsg_free(reasm, msg);
    }
    usctp__stream_in_reset(&reasm->hold->mids->floors, set);
}

bool usctp__reasm_mid_cut(struct usctp__reasm *reasm, const struct usctp__stream_set *set,
                          struct usctp__skipped *cut)
{
    struct usctp__inmsg *msg = find_old(reasm, set, UINT64_MAX, true);

    if (msg == NULL) {
        return false;
    }
    cut->sid = msg->sid;
    cut->unordered = msg->unordered;
    cut->number = msg->mid;
    return true;
}

void usctp__reasm_mid_forget(struct usctp__reasm *reasm, const struct usctp__skipped *cut)
{
    usctp__inmsg_free(reasm, usctp__inmsg_find(reasm, cut->sid, cut->unordered, cut->number));
}

void usctp__reasm_end_partial(struct usctp__reasm *reasm)
{
    reasm->partial = false;
    reasm->skips = true; /* what may still come of it goes on with nothing */
}

/* --- Streams begin anew ------------------------------------------------------------------------ */

/* Messages of before the reset that still wait never come to their turn. Returns the list of those of after
 * it whose turn it is. */
static struct usctp__rxfrag *drop_old(struct usctp__reasm *reasm, struct usctp__rxfrag *list,
                                      uint64_t last_tsn)
{
    struct usctp__rxfrag *due = NULL;

    while (list != NULL) {
        struct usctp__rxfrag *first = pop(&list);

        if (first->tsn <= last_tsn) {
            usctp__reasm_drop(reasm, first);
        } else if (first->ssn == 0) {
            first->prev = due;
            due = first;
        }
    }
    return due;
}

void usctp__reasm_reset(struct usctp__reasm *reasm, const struct usctp__stream_set *set,
                        uint64_t last_tsn, struct usctp__queue *out)
{
    struct usctp__rxfrag *due;

    if (reasm->interleaved) {
        reset_mids(reasm, set, last_tsn);
        usctp__stream_in_reset(&reasm->streams, set);
        return;
    }
    due = drop_old(reasm, collect(reasm, set), last_tsn);
    /* What is not whole goes on with nothing that may come. */
    if (reasm->tail != NULL && reasm->tail->tsn <= last_tsn &&
        usctp__stream_set_has(set, reasm->tail->sid)) {
        usctp__reasm_drop(reasm, reasm->tail);
        reasm->skips = true;
    }
    usctp__stream_in_reset(&reasm->streams, set);
    usctp__reasm_clear_passed(reasm);
    while (due != NULL) {
        uint16_t sid = pop(&due)->sid;

        usctp__reasm_follow(reasm, sid, out);
    }
}
