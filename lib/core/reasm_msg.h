/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of which I-DATA chunks have come (RFC 8260, 2.2.3): each has a structure of its own, found by
 * stream, order and message identifier (MID). What stands of it from its begin on is its head; pieces that
 * wait for others before them are found by their fragment sequence number (FSN) in a hash table: each fragment
 * costs the same, in whatever order they come. */
#ifndef USCTP_CORE_REASM_MSG_H
#define USCTP_CORE_REASM_MSG_H

#include "core/reasm_store.h"

/* The unfinished messages of a stream, ordered or unordered; it goes with the last of them. */
struct usctp__ingroup {
    struct usctp__chain chain;    /* in mids->groups: by stream and order */
    struct usctp__list msgs;      /* struct usctp__inmsg, in no order */
    struct usctp__inmsg *partial; /* unordered: the one that is delivered in parts, or NULL */
    uint32_t cnt;                 /* messages */
    uint32_t low;                 /* no MID of them lies before this one */
};

/* A message that is not whole, or whose turn has not come. */
struct usctp__inmsg {
    struct usctp__chain chain; /* in mids->msgs: by stream, order and MID */
    struct usctp__list ready;  /* in mids->ready or mids->due while a part of it may be delivered */
    struct usctp__list link;   /* in group->msgs; not linked: it is whole */
    struct usctp__list parts;  /* struct usctp__rxfrag, by link: pieces that wait for others */
    struct usctp__queue
        late; /* struct usctp_message: whole ones of its stream that wait for its end */
    struct usctp__ingroup *group; /* NULL: it is whole */
    struct usctp__rxfrag *head;   /* first piece of what stands and was not delivered, or NULL */
    uint32_t id;                  /* for the table of fragments */
    uint32_t mid;                 /* its identifier */
    uint32_t next_fsn;            /* of the fragment behind the head */
    uint32_t end_fsn;             /* of its last fragment, if has_end */
    uint32_t ppid;                /* once has_begin */
    uint16_t sid;                 /* stream */
    bool unordered;
    bool has_begin; /* its first fragment has come */
    bool has_end;   /* its last one has */
    bool begun;     /* a part of it was delivered */
};

struct usctp__mids {
    struct usctp__chaintable msgs;
    struct usctp__chaintable groups;
    struct usctp__chaintable frags; /* pieces outside of heads, by message and FSN */
    struct usctp__list ready; /* messages of which a part could be delivered, the oldest first */
    struct usctp__list due;   /* those of which it shall be */
    struct usctp__streams_in floors; /* unordered MIDs before this one were skipped; 0: none was */
    uint32_t next_id;                /* for the next message */
    uint32_t begun_cnt;              /* messages that are delivered in parts */
    bool has_floors;                 /* there are any */
};

enum {
    USCTP__INMSG_CAP = 128, /* buffers for a message and for a group */
    USCTP__INGROUP_CAP = 64
};

/* MIDs and FSNs are compared as RFC 1982 says. */
static inline bool usctp__mid_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* All of it, or NULL; and that, made if need be. False: no memory. */
static inline struct usctp__mids *usctp__mids_of(const struct usctp__reasm *reasm)
{
    return reasm->hold != NULL ? reasm->hold->mids : NULL;
}
bool usctp__mids_need(struct usctp__reasm *reasm, const struct usctp__rxmap *map);

/* Frees it with all that it holds, but for the table of TSNs; and gives it back if that is nothing. */
void usctp__mids_clear(struct usctp__reasm *reasm);
void usctp__mids_trim(struct usctp__reasm *reasm);

/* The message, or NULL; and the group, in which a message may have to be found yet, or NULL. */
struct usctp__inmsg *usctp__inmsg_find(const struct usctp__reasm *reasm, uint16_t sid,
                                       bool unordered, uint32_t mid);
struct usctp__ingroup *usctp__ingroup_find(const struct usctp__reasm *reasm, uint16_t sid,
                                           bool unordered);

/* The message of a stream that is delivered in parts, or NULL. RFC 8260, 2, 4.3.1: there is one at most, ordered
 * or unordered, and nothing else of the stream is delivered between its parts. */
struct usctp__inmsg *usctp__inmsg_partial(const struct usctp__reasm *reasm, uint16_t sid);

/* The member of mids->msgs, or NULL for NULL. */
static inline struct usctp__inmsg *usctp__inmsg_of(struct usctp__chain *chain)
{
    return chain != NULL ? USCTP__CONTAINER_OF(chain, struct usctp__inmsg, chain) : NULL;
}

/* A new message of which nothing has come; NULL: no memory. `whole`: it will be, at once. */
struct usctp__inmsg *usctp__inmsg_make(struct usctp__reasm *reasm,
                                       const struct usctp__rxchunk *chunk, bool whole);

/* The message goes, with all that is left of it. */
void usctp__inmsg_free(struct usctp__reasm *reasm, struct usctp__inmsg *msg);

/* It is whole, and waits. And it is not, after all; false: no memory. */
void usctp__inmsg_finish(struct usctp__reasm *reasm, struct usctp__inmsg *msg);
bool usctp__inmsg_unfinish(struct usctp__reasm *reasm, struct usctp__inmsg *msg);

/* The piece outside of the head that begins with this fragment, or NULL. */
struct usctp__rxfrag *usctp__inmsg_part(const struct usctp__reasm *reasm,
                                        const struct usctp__inmsg *msg, uint32_t fsn);

/* A piece becomes one of those; and the pieces of a run, the last of a longer one, are of the head now, or
 * go. */
void usctp__inmsg_add_part(struct usctp__reasm *reasm, struct usctp__inmsg *msg,
                           struct usctp__rxfrag *piece);
void usctp__inmsg_unpart(struct usctp__reasm *reasm, struct usctp__rxfrag *run);

/* The head leaves the store; returns its first piece, or NULL. */
struct usctp__rxfrag *usctp__inmsg_take_head(struct usctp__reasm *reasm, struct usctp__inmsg *msg);

/* The message has changed, or its turn has come: sorts it in among those of which a part may be delivered. */
void usctp__inmsg_sort_in(struct usctp__reasm *reasm, struct usctp__inmsg *msg);

#endif
