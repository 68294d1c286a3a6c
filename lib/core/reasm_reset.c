/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly where sequence numbers begin anew (RFC 6525). */
#include "base/compiler.h"
#include "core/core.h"
#include "core/message.h"
#include "core/reasm_hold.h"

/* Whole messages that wait, linked by `prev`, which the first piece of a run has no use for. */
static struct usctp__rxfrag *collect(const struct usctp__reasm *reasm,
                                     const struct usctp__stream_set *set)
{
    const struct usctp__chaintable *turns;
    struct usctp__rxfrag *list = NULL;

    if (reasm->wait_cnt == 0) {
        return NULL;
    }
    turns = &reasm->hold->turns;
    for (uint32_t i = 0; i < turns->cap; i++) {
        struct usctp__chain *link = turns->buckets != NULL ? turns->buckets[i] : turns->bucket;

        for (; link != NULL; link = link->next) {
            struct usctp__rxfrag *first =
                USCTP__CONTAINER_OF(link, struct usctp__rxfrag, ssn_chain);

            if (usctp__stream_set_has(set, first->sid)) {
                first->prev = list;
                list = first;
            }
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
        usctp__reasm_mid_reset(reasm, set, last_tsn);
        usctp__stream_in_reset(&reasm->streams, set);
        return;
    }
    due = drop_old(reasm, collect(reasm, set), last_tsn);
    /* What is not whole goes on with nothing that may come. */
    if (reasm->partial && usctp__stream_set_has(set, reasm->partial_sid)) {
        reasm->partial = false;
        reasm->skips = true;
    }
    if (reasm->tail != NULL && reasm->tail->tsn <= last_tsn &&
        usctp__stream_set_has(set, reasm->tail->sid)) {
        usctp__reasm_drop(reasm, reasm->tail);
        reasm->skips = true;
    }
    usctp__stream_in_reset(&reasm->streams, set);
    while (due != NULL) {
        uint16_t sid = pop(&due)->sid;

        usctp__reasm_follow(reasm, sid, out);
    }
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
    struct usctp__rxfrag *list =
        sort(reasm->interleaved ? usctp__reasm_mid_collect(reasm) : collect(reasm, &all));
    bool enough = true;

    while (list != NULL) {
        struct usctp__rxfrag *first = pop(&list);
        struct usctp_message *message =
            enough ? usctp__message_new(reasm->core, first->run_cnt) : NULL;

        if (message == NULL) {
            enough = false;
            continue;
        }
        if (reasm->interleaved) {
            usctp__reasm_mid_release(reasm, first->msg, message, out);
            continue;
        }
        usctp__reasm_detach(reasm, first);
        usctp__message_take(message, first);
        usctp__queue_push(out, &message->head.link);
    }
    if (enough) {
        reasm->stuck = false;
    }
    return enough;
}
