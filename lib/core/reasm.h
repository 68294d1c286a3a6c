/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly and order (RFC 9260, 6.5, 6.6, 6.9). What can be delivered at once passes through
 * without being copied; what must wait is copied once into pieces. Pieces with consecutive TSNs of
 * one message are linked to a run; the ends of a run are found by their TSN in a hash table, so each
 * fragment costs the same, in whatever order they come. */
#ifndef USCTP_CORE_REASM_H
#define USCTP_CORE_REASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/list.h"
#include "base/table.h"
#include "core/rxmap.h"
#include "core/stream_in.h"
#include "core/stream_set.h"

struct usctp__core;
struct usctp_message;
struct usctp__skipped;    /* wire/forward.h */
struct usctp__inmsg;      /* reasm_msg.h */
struct usctp__reasm_hold; /* reasm_store.h */

/* A chunk of user data as it comes in. */
struct usctp__rxchunk {
    uint64_t tsn;         /* unwrapped */
    const uint8_t *bytes; /* user data, in the driver's buffer */
    uint32_t len;         /* bytes of it, 1 or more */
    uint32_t ppid;        /* payload protocol identifier */
    usctp_path_id path;   /* where it came in */
    uint32_t ssn;         /* stream sequence number; means nothing if unordered. I-DATA: MID */
    uint32_t fsn;         /* I-DATA: fragment sequence number */
    uint16_t sid;         /* stream, known to exist */
    uint8_t flags;        /* USCTP__DATA_FLAG_... */
};

/* A piece: a fragment, or several that came in order, with its bytes. */
struct usctp__rxfrag {
    struct usctp__chain chain; /* by TSN, while `listed` */
    struct usctp__chain
        ssn_chain;              /* first piece of a whole message whose turn has not come: by stream
                                    * and SSN, while `waiting`. I-DATA: by message and FSN */
    struct usctp__rxfrag *next; /* next piece of the run, or NULL */
    struct usctp__rxfrag *prev; /* the one before, or NULL */
    struct usctp__rxfrag *end;  /* in the first piece of a run: the last; in the last: the first */
    struct usctp__inmsg *msg;   /* I-DATA alone: whose it is, */
    struct usctp__list link;    /* and its place among the pieces there that wait for others */
    uint64_t tsn;               /* of its first fragment */
    uint8_t *bytes;             /* a buffer of core->bufs */
    size_t cap;                 /* its real size */
    uint32_t len;               /* bytes in use */
    uint32_t chunk_cnt;         /* fragments in this piece */
    uint32_t run_len;           /* first piece: payload bytes of the run */
    uint32_t run_cnt;           /* first piece: pieces of the run */
    uint32_t ppid;              /* of its first fragment. I-DATA: its FSN */
    usctp_path_id path;         /* where the fragment that completed the run came in */
    uint32_t ssn;               /* stream sequence number, or MID; 0 if unordered */
    uint16_t sid;               /* stream */
    uint8_t flags;              /* BEGIN of its first fragment, END of its last one, UNORDERED */
    bool listed : 1;            /* in the table by its TSN */
    bool waiting : 1;           /* in the table by stream and SSN */
};

struct usctp__reasm {
    struct usctp__core *core;         /* NULL: not set up */
    struct usctp__reasm_hold *hold;   /* tables; NULL while nothing was ever out of order */
    struct usctp__rxfrag *tail;       /* first piece of the incomplete run that ends at the
                                       * cumulative TSN, or NULL */
    uint64_t tail_tsn;                /* TSN of the last fragment of that run */
    struct usctp__streams_in streams; /* inbound streams */
    struct usctp__streams_in *passed; /* see reasm_skip.c; NULL until the peer skips messages */
    size_t memory;                    /* real memory of all pieces */
    uint32_t len;                     /* payload bytes in all pieces */
    uint32_t wait_cnt;                /* whole messages whose turn has not come */
    uint32_t point;         /* I-DATA: bytes from which on a part of a message is delivered */
    bool interleaved;       /* the peer sends I-DATA (RFC 8260) */
    uint16_t partial_sid;   /* of the message being delivered in parts: its stream, */
    uint16_t partial_ssn;   /* SSN, */
    bool partial_unordered; /* and order */
    bool partial;           /* the begin of a message was delivered, its end was not */
    bool skips;             /* the peer has skipped TSNs: a message may lack its begin */
    bool stuck;             /* a message is due in stuck_sid, but there was no memory */
    uint16_t stuck_sid;
};

enum usctp__reasm_result {
    USCTP__REASM_OK = 0,
    USCTP__REASM_NOMEM = 1,     /* as if lost: nothing has changed */
    USCTP__REASM_VIOLATION = 2, /* it contradicts what came before; nothing has changed */
    USCTP__REASM_FULL = 3       /* too many unfinished messages: as if lost; nothing has changed */
};

/* Nothing held, all streams at 0; for I-DATA if `interleaved`. Allocates nothing. */
void usctp__reasm_init(struct usctp__reasm *reasm, struct usctp__core *core, bool interleaved);

/* Frees everything; must be set up again before use. */
void usctp__reasm_clear(struct usctp__reasm *reasm);

/* The common case: nothing is held, and no message was delivered in part. A whole message with the next TSN is due then
 * if it is the next of its stream, or unordered; nothing need be known of it but that. */
static inline bool usctp__reasm_is_idle(const struct usctp__reasm *reasm)
{
    return reasm->tail == NULL && reasm->hold == NULL && !reasm->partial && !reasm->stuck;
}

/* A count of messages, or of what lies between two of them, as their numbers count: a stream sequence number
 * has 16 bits, a message identifier 32. */
static inline uint32_t usctp__reasm_number(const struct usctp__reasm *reasm, uint32_t cnt)
{
    return reasm->interleaved ? cnt : cnt & UINT16_MAX;
}

/* Takes a chunk with a TSN that `map` does not have yet. Messages, or parts of them, that can be
 * delivered now are put at the end of `out` (struct usctp_message, uncharged). Afterwards the caller
 * marks the TSN in the map and calls usctp__reasm_advance. */
enum usctp__reasm_result usctp__reasm_add(struct usctp__reasm *reasm,
                                          const struct usctp__rxmap *map,
                                          const struct usctp__rxchunk *chunk,
                                          struct usctp__queue *out);

/* Whole messages that waited while another of their stream was delivered in parts follow at the end of `out`,
 * once that one has ended. To be called before `out` is delivered. */
void usctp__reasm_open(struct usctp__reasm *reasm, struct usctp__queue *out);

/* The cumulative TSN is `cum_tsn` now. */
void usctp__reasm_advance(struct usctp__reasm *reasm, uint64_t cum_tsn);

/* True if the chunk, which is to be discarded although its TSN is taken, stands in the middle of a
 * message: with it that one can never become whole. */
bool usctp__reasm_cuts(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                       const struct usctp__rxchunk *chunk);

/* True if the chunk would pass through: nothing of it is held. */
bool usctp__reasm_passes(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                         const struct usctp__rxchunk *chunk);

/* Real memory that the chunk would take, as far as can be said; 0: it passes through, or fits where
 * there is room already. */
size_t usctp__reasm_cost(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                         const struct usctp__rxchunk *chunk);

/* Delivers what stands of the message at the cumulative TSN if it is its turn and at least
 * `min_len` bytes stand, or if a part of it was delivered before. True if it delivered something. */
bool usctp__reasm_partial(struct usctp__reasm *reasm, size_t min_len, struct usctp__queue *out);

/* The same with I-DATA, where parts of several messages may stand: of all that have reached
 * reasm->point, or were begun, and, one at a time, of the one that has waited longest. */
void usctp__reasm_mid_due(struct usctp__reasm *reasm, struct usctp__queue *out);
bool usctp__reasm_mid_oldest(struct usctp__reasm *reasm, struct usctp__queue *out);

/* Drops the fragment with the largest TSN that is held, if it is larger than `above` (6.2). True,
 * with its TSN in *tsn and its bytes in *len, if there was one. */
bool usctp__reasm_renege(struct usctp__reasm *reasm, uint64_t above, uint64_t *tsn, uint32_t *len);

/* Tries again to deliver what found no memory. True if nothing is stuck any more. */
bool usctp__reasm_retry(struct usctp__reasm *reasm, struct usctp__queue *out);

/* Where the peer gives messages up (reasm_skip.c). In this order, and a second time if memory ended it:
 * the message that was delivered in part, the streams, the TSNs. */

/* Messages that may be skipped where `missing` TSNs are, and those that wait. */
uint64_t usctp__reasm_skip_budget(const struct usctp__reasm *reasm, uint64_t missing);

/* The message that was delivered in part ends here. */
enum usctp__reasm_result usctp__reasm_skip_partial(struct usctp__reasm *reasm,
                                                   struct usctp__queue *out);

/* The messages of a stream up to a number are skipped, ordered or unordered (RFC 8260, 2.3.1): those that
 * wait are delivered, those that are not whole dropped. VIOLATION: the ordered ones are more than `budget`,
 * from which they are taken (I-DATA: while anything waits); nothing has changed. */
enum usctp__reasm_result usctp__reasm_skip(struct usctp__reasm *reasm,
                                           const struct usctp__rxmap *map,
                                           const struct usctp__skipped *skipped, uint64_t *budget,
                                           struct usctp__queue *out);

/* DATA: what is known of skipped numbers is forgotten. */
void usctp__reasm_clear_passed(struct usctp__reasm *reasm);

/* The numbers of a stream up to the next one are the last that were skipped; `cnt` of them no message has
 * followed. I-DATA: nothing is noted. Without memory, which is false, they are not known. */
bool usctp__reasm_set_passed(struct usctp__reasm *reasm, uint16_t sid, uint16_t next, uint32_t cnt);

/* I-DATA: one of the messages of the set that were delivered in part, if there is one; and it is held no
 * more. */
bool usctp__reasm_mid_cut(struct usctp__reasm *reasm, const struct usctp__stream_set *set,
                          struct usctp__skipped *cut);
void usctp__reasm_mid_forget(struct usctp__reasm *reasm, const struct usctp__skipped *cut);

/* I-DATA: true if skipping would end a message that was delivered in part: *begun is its MID. */
bool usctp__reasm_mid_begun(const struct usctp__reasm *reasm, const struct usctp__skipped *skipped,
                            uint32_t *begun);

/* The TSNs above cum_tsn and up to `tsn` are skipped: what can never become whole is dropped. The
 * caller moves the map and calls usctp__reasm_advance. */
void usctp__reasm_skip_to(struct usctp__reasm *reasm, uint64_t cum_tsn, uint64_t tsn);

/* Where sequence numbers begin anew (reasm_reset.c). DATA: the message that was delivered in part ends here. */
void usctp__reasm_end_partial(struct usctp__reasm *reasm);

/* Streams are reset to 0: what has a TSN up to
 * `last_tsn` and is not delivered is dropped, what has a higher one is of after the reset. */
void usctp__reasm_reset(struct usctp__reasm *reasm, const struct usctp__stream_set *set,
                        uint64_t last_tsn, struct usctp__queue *out);

/* Whole messages that wait are delivered in the order of their TSNs, whatever they wait for. False: no
 * memory for all. */
bool usctp__reasm_flush(struct usctp__reasm *reasm, struct usctp__queue *out);

/* I-DATA: messages held. */
uint32_t usctp__reasm_mid_cnt(const struct usctp__reasm *reasm);

/* Gives spare memory back. */
void usctp__reasm_trim(struct usctp__reasm *reasm);

/* A new piece with a buffer for at least `cap` bytes and len 0, a run by itself; NULL: no memory. Not
 * accounted. */
struct usctp__rxfrag *usctp__rxfrag_new(struct usctp__core *core, size_t cap);

/* Frees a piece and those behind it. */
void usctp__rxfrag_free_all(struct usctp__core *core, struct usctp__rxfrag *first);

/* Real memory of a piece. */
static inline size_t usctp__rxfrag_memory(const struct usctp__rxfrag *frag)
{
    return sizeof(*frag) + frag->cap;
}

#endif
