/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs between DATA and I-DATA in reassembly: how fragments find the others of their message, and
 * messages those before them in their stream. By TSN and stream sequence number (reasm_ssn.c), or by message
 * identifier and fragment sequence number (reasm_mid.c). */
#ifndef USCTP_CORE_REASM_KIND_H
#define USCTP_CORE_REASM_KIND_H

#include "core/reasm_store.h"

/* Where a chunk belongs. */
struct usctp__place {
    struct usctp__rxfrag *left;  /* first piece of the run that ends just before it, or NULL */
    struct usctp__rxfrag *right; /* first piece of the run that begins just behind it, or NULL */
    struct usctp__inmsg *msg;    /* I-DATA: its message, or NULL: nothing of it has come */
    bool in_order;               /* its TSN is the next one */
    bool discard;                /* of a message that was delivered or given up */
    bool at_head;                /* nothing is missing before it in its message */
    bool begun;                  /* a part of its message was delivered */
    bool whole;                  /* with it the message is whole, as far as not yet delivered */
    bool turn;                   /* nothing of its stream must be delivered before */
    bool late; /* whole, and its turn, but another one of its stream is delivered in parts */
};

struct usctp__reasm_kind {
    /* Fills in the place, in which in_order is set and all else is 0. False: the chunk contradicts what is
     * known. */
    bool (*find)(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                 const struct usctp__rxchunk *chunk, struct usctp__place *place);

    /* The chunk, which has its place, comes in. Anything but OK: it is not taken. */
    enum usctp__reasm_result (*admit)(struct usctp__reasm *reasm,
                                      const struct usctp__rxchunk *chunk,
                                      const struct usctp__place *place);

    /* It was lent as `message`, which can be changed yet. */
    void (*passed)(struct usctp__reasm *reasm, const struct usctp__place *place,
                   struct usctp_message *message);

    /* It will be kept: gets what memory this takes beside the piece. False: there is none, nothing has
     * changed. */
    bool (*prepare)(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                    const struct usctp__rxchunk *chunk, struct usctp__place *place);

    /* It stands in a run now, which begins with `first`, in the new piece or, where that is NULL, in the last
     * one before it. Unless the message is whole and its turn, it is entered where it waits. */
    void (*enter)(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                  const struct usctp__place *place, struct usctp__rxfrag *piece,
                  struct usctp__rxfrag *first);

    /* It is the turn of this message of a stream. If it is whole, the first piece of it, else NULL. */
    struct usctp__rxfrag *(*due)(struct usctp__reasm *reasm, uint16_t sid, uint32_t number);

    /* A run that goes out is held no more, nor is its message, if that is whole. */
    void (*take)(struct usctp__reasm *reasm, struct usctp__rxfrag *first);

    /* A piece that is listed is dropped. False: it cannot be. */
    bool (*renege)(struct usctp__reasm *reasm, struct usctp__rxfrag *frag);

    /* Frees all that is held; the store's tables go next. */
    void (*clear)(struct usctp__reasm *reasm);

    size_t message_memory; /* real memory of the first chunk of a message, beside the piece */
};

extern const struct usctp__reasm_kind usctp__reasm_ssn;
extern const struct usctp__reasm_kind usctp__reasm_mid;

static inline const struct usctp__reasm_kind *usctp__reasm_kind(const struct usctp__reasm *reasm)
{
    return reasm->interleaved ? &usctp__reasm_mid : &usctp__reasm_ssn;
}

/* True if it is the turn of the ordered message of this number. */
static inline bool usctp__reasm_is_turn(const struct usctp__reasm *reasm, uint16_t sid,
                                        uint32_t number)
{
    return number == usctp__reasm_number(reasm, usctp__stream_in_next(&reasm->streams, sid));
}

/* DATA: true if the message of this number waits for no other, since it was skipped (reasm_skip.c). */
bool usctp__reasm_was_passed(const struct usctp__reasm *reasm, uint16_t sid, uint32_t ssn);

/* A run, whole or a part of a message, goes out, as `message` or as one made for it. False: no memory.
 * usctp__reasm_open may have to let it go. */
void usctp__reasm_give(struct usctp__reasm *reasm, struct usctp__rxfrag *first,
                       struct usctp_message *message, struct usctp__queue *out);
bool usctp__reasm_deliver(struct usctp__reasm *reasm, struct usctp__rxfrag *first,
                          struct usctp__queue *out);

/* A message was the next of its stream and is out of the way: those behind it may follow. Where there is no
 * memory `stuck` is set. */
void usctp__reasm_follow(struct usctp__reasm *reasm, uint16_t sid, struct usctp__queue *out);

/* Whole messages that wait for the end of another one are dropped. */
void usctp__reasm_drop_late(struct usctp__queue *late);

/* Messages held: of DATA those that are whole. */
uint32_t usctp__reasm_held_cnt(const struct usctp__reasm *reasm);

/* DATA: drops a run. */
void usctp__reasm_drop(struct usctp__reasm *reasm, struct usctp__rxfrag *first);

#endif
