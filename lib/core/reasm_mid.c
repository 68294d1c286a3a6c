/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly of interleaved messages (RFC 8260, 2.2.3). A message is found by stream, order and message
 * identifier (MID), its fragments by their sequence numbers (FSN); TSNs say nothing of either. What stands
 * of a message from its begin on is its head; pieces that wait for others before them are runs, whose ends
 * are found by FSN in a hash table: each fragment costs the same, in whatever order they come. */
#include <string.h>

#include "base/compiler.h"
#include "core/core.h"
#include "core/message.h"
#include "core/reasm_hold.h"
#include "wire/forward.h"
#include "wire/packet.h"

enum {
    BEGIN = USCTP__DATA_FLAG_BEGIN,
    END = USCTP__DATA_FLAG_END,
    UNORDERED = USCTP__DATA_FLAG_UNORDERED,

    /* Unfinished messages of a stream and order: beyond the first number nothing is taken that is not the
     * next TSN, beyond the second nothing at all. A peer that keeps to RFC 8260, 2.2.2, has one more than
     * it lost TSNs. */
    UNFINISHED_MAX = 1024,
    UNFINISHED_LIMIT = 2 * UNFINISHED_MAX,

    MSG_CAP = 128, /* buffers for the two structures below */
    GROUP_CAP = 64
};

/* The unfinished messages of a stream, ordered or unordered; it goes with the last of them. */
struct group {
    struct usctp__chain chain;    /* in mids->groups: by stream and order */
    struct usctp__list msgs;      /* struct usctp__inmsg, in no order */
    struct usctp__inmsg *partial; /* unordered: the one that is being delivered in parts, or NULL */
    uint32_t cnt;                 /* messages */
    uint32_t low;                 /* no MID of them lies before this one */
};

/* A message that is not whole, or whose turn has not come. */
struct usctp__inmsg {
    struct usctp__chain chain; /* in mids->msgs: by stream, order and MID */
    struct usctp__list ready;  /* in mids->ready or mids->due while a part of it may be delivered */
    struct usctp__list link;   /* in group->msgs; not linked: it is whole */
    struct usctp__list parts;  /* struct usctp__rxfrag, by link: pieces that wait for others */
    struct group *group;       /* NULL: it is whole */
    struct usctp__rxfrag *head; /* first piece of what stands and was not delivered, or NULL */
    uint32_t id;                /* for the table of fragments */
    uint32_t mid;               /* its identifier */
    uint32_t next_fsn;          /* of the fragment behind the head */
    uint32_t end_fsn;           /* of its last fragment, if has_end */
    uint32_t ppid;              /* once has_begin */
    uint16_t sid;               /* stream */
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
    bool has_floors;                 /* there are any */
};

static struct usctp__inmsg *msg_of(struct usctp__chain *chain)
{
    return chain != NULL ? USCTP__CONTAINER_OF(chain, struct usctp__inmsg, chain) : NULL;
}

/* MIDs and FSNs are compared as RFC 1982 says. */
static bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* --- The tables ------------------------------------------------------------------------------- */

static bool need_mids(struct usctp__reasm *reasm, const struct usctp__rxmap *map)
{
    struct usctp__mem *mem = &reasm->core->mem;
    struct usctp__mids *mids;

    if (!usctp__reasm_need_hold(reasm, map)) {
        return false;
    }
    if (reasm->hold->mids != NULL) {
        return true;
    }
    mids = usctp__mem_calloc(mem, sizeof(*mids));
    if (mids == NULL) {
        return false;
    }
    usctp__chaintable_init(&mids->msgs, mem);
    usctp__chaintable_init(&mids->groups, mem);
    usctp__chaintable_init(&mids->frags, mem);
    usctp__list_init(&mids->ready);
    usctp__list_init(&mids->due);
    reasm->hold->mids = mids;
    return true;
}

static struct usctp__mids *mids_of(const struct usctp__reasm *reasm)
{
    return reasm->hold != NULL ? reasm->hold->mids : NULL;
}

static uint64_t group_hash(const struct usctp__reasm *reasm, uint16_t sid, bool unordered)
{
    return usctp__reasm_mix(reasm, (uint64_t)sid << 1 | unordered);
}

static uint64_t msg_hash(const struct usctp__reasm *reasm, uint16_t sid, bool unordered,
                         uint32_t mid)
{
    return usctp__reasm_mix(reasm, ((uint64_t)sid << 1 | unordered) << 32 | mid);
}

static uint64_t frag_hash(const struct usctp__reasm *reasm, const struct usctp__inmsg *msg,
                          uint32_t fsn)
{
    return usctp__reasm_mix(reasm, (uint64_t)msg->id << 32 | fsn);
}

static struct usctp__inmsg *find_msg(const struct usctp__reasm *reasm, uint16_t sid, bool unordered,
                                     uint32_t mid)
{
    const struct usctp__mids *mids = mids_of(reasm);

    if (mids == NULL || mids->msgs.cnt == 0) {
        return NULL;
    }
    return msg_of(usctp__chaintable_first(&mids->msgs, msg_hash(reasm, sid, unordered, mid)));
}

static struct group *find_group(const struct usctp__reasm *reasm, uint16_t sid, bool unordered)
{
    struct usctp__chain *chain =
        usctp__chaintable_first(&reasm->hold->mids->groups, group_hash(reasm, sid, unordered));

    return chain != NULL ? USCTP__CONTAINER_OF(chain, struct group, chain) : NULL;
}

/* The piece outside of the head that begins with this fragment, or NULL. */
static struct usctp__rxfrag *find_frag(const struct usctp__reasm *reasm,
                                       const struct usctp__inmsg *msg, uint32_t fsn)
{
    struct usctp__chain *chain = NULL;

    if (!usctp__list_empty(&msg->parts)) {
        chain = usctp__chaintable_first(&reasm->hold->mids->frags, frag_hash(reasm, msg, fsn));
    }
    while (chain != NULL) {
        struct usctp__rxfrag *frag = USCTP__CONTAINER_OF(chain, struct usctp__rxfrag, ssn_chain);

        if (frag->msg == msg) { /* ids come round after 2^32 messages */
            return frag;
        }
        chain = usctp__chaintable_next(chain);
    }
    return NULL;
}

/* --- Whose turn it is ------------------------------------------------------------------------- */

static bool is_turn(const struct usctp__reasm *reasm, uint16_t sid, bool unordered, uint32_t mid)
{
    return unordered || mid == usctp__stream_in_next(&reasm->streams, sid);
}

/* A part of the message could be delivered. RFC 8260, 4.3.1: messages of one stream are not interleaved. */
static bool is_ready(const struct usctp__reasm *reasm, const struct usctp__inmsg *msg)
{
    return msg->group != NULL && msg->head != NULL &&
           is_turn(reasm, msg->sid, msg->unordered, msg->mid) &&
           (msg->group->partial == NULL || msg->group->partial == msg);
}

/* The message has changed: which list it belongs to. */
static void sort_in(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    struct usctp__mids *mids = reasm->hold->mids;
    bool ready = is_ready(reasm, msg);
    bool linked = usctp__list_linked(&msg->ready);

    if (linked && !ready) {
        usctp__list_remove(&msg->ready);
    } else if (ready && (msg->begun || msg->head->run_len >= reasm->point)) {
        if (linked) {
            usctp__list_remove(&msg->ready);
        }
        usctp__list_push_back(&mids->due, &msg->ready);
    } else if (ready && !linked) {
        usctp__list_push_back(&mids->ready, &msg->ready);
    }
}

/* --- Messages come and go --------------------------------------------------------------------- */

static struct group *make_group(struct usctp__reasm *reasm, uint16_t sid, bool unordered)
{
    size_t cap;
    struct group *group = usctp__bufpool_get(&reasm->core->bufs, GROUP_CAP, &cap);

    USCTP__ASSERT(sizeof(*group) <= GROUP_CAP);
    if (group != NULL) {
        memset(group, 0, sizeof(*group));
        usctp__list_init(&group->msgs);
        usctp__chaintable_insert(&reasm->hold->mids->groups, &group->chain,
                                 group_hash(reasm, sid, unordered));
        reasm->memory += GROUP_CAP;
    }
    return group;
}

static void free_group(struct usctp__reasm *reasm, struct group *group)
{
    usctp__chaintable_remove(&reasm->hold->mids->groups, &group->chain);
    usctp__bufpool_put(&reasm->core->bufs, group, GROUP_CAP);
    reasm->memory -= GROUP_CAP;
}

/* Makes the message one of the unfinished ones of its stream. False: no memory. */
static bool join_group(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    struct group *group = find_group(reasm, msg->sid, msg->unordered);

    if (group == NULL && (group = make_group(reasm, msg->sid, msg->unordered)) == NULL) {
        return false;
    }
    if (group->cnt == 0 || before(msg->mid, group->low)) {
        group->low = msg->mid;
    }
    usctp__list_push_back(&group->msgs, &msg->link);
    group->cnt++;
    msg->group = group;
    return true;
}

/* The message that was delivered in parts is at its end: others may begin. */
static void end_partial(struct usctp__reasm *reasm, struct group *group)
{
    group->partial = NULL;
    USCTP__LIST_FOREACH(link, &group->msgs)
    {
        sort_in(reasm, USCTP__CONTAINER_OF(link, struct usctp__inmsg, link));
    }
}

/* It is whole, or goes. */
static void leave_group(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    struct group *group = msg->group;

    if (group == NULL) {
        return;
    }
    msg->group = NULL;
    usctp__list_remove(&msg->link);
    if (usctp__list_linked(&msg->ready)) {
        usctp__list_remove(&msg->ready);
    }
    if (--group->cnt == 0) {
        free_group(reasm, group);
    } else if (group->partial == msg) {
        end_partial(reasm, group);
    }
}

/* A new message of which nothing has come; NULL: no memory. `whole`: it will be, at once. */
static struct usctp__inmsg *make_msg(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                                     bool whole)
{
    struct usctp__mids *mids = reasm->hold->mids;
    size_t cap;
    struct usctp__inmsg *msg = usctp__bufpool_get(&reasm->core->bufs, MSG_CAP, &cap);

    USCTP__ASSERT(sizeof(*msg) <= MSG_CAP);
    if (msg == NULL) {
        return NULL;
    }
    memset(msg, 0, sizeof(*msg));
    usctp__list_init_node(&msg->ready);
    usctp__list_init_node(&msg->link);
    usctp__list_init(&msg->parts);
    msg->sid = chunk->sid;
    msg->mid = chunk->ssn;
    msg->unordered = (chunk->flags & UNORDERED) != 0;
    msg->id = mids->next_id++;
    if (!whole && !join_group(reasm, msg)) {
        usctp__bufpool_put(&reasm->core->bufs, msg, MSG_CAP);
        return NULL;
    }
    usctp__chaintable_insert(&mids->msgs, &msg->chain,
                             msg_hash(reasm, msg->sid, msg->unordered, msg->mid));
    reasm->memory += MSG_CAP;
    return msg;
}

/* The pieces of a run that stood outside of the head are in no table by FSN any more. */
static void unpart(struct usctp__reasm *reasm, struct usctp__rxfrag *run)
{
    for (; run != NULL; run = run->next) {
        usctp__list_remove(&run->link);
        usctp__chaintable_remove(&reasm->hold->mids->frags, &run->ssn_chain);
    }
}

/* The head leaves: its pieces are in no table and no longer counted. */
static struct usctp__rxfrag *take_head(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    struct usctp__rxfrag *head = msg->head;

    for (struct usctp__rxfrag *frag = head; frag != NULL; frag = frag->next) {
        usctp__reasm_unlist(reasm, frag);
        reasm->memory -= usctp__rxfrag_memory(frag);
    }
    if (head != NULL) {
        reasm->len -= head->run_len;
        head->ppid = msg->ppid;
    }
    msg->head = NULL;
    return head;
}

/* The message goes, with all that is left of it. */
static void free_msg(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    reasm->wait_cnt -= msg->group == NULL;
    leave_group(reasm, msg);
    usctp__rxfrag_free_all(reasm->core, take_head(reasm, msg));
    while (!usctp__list_empty(&msg->parts)) {
        struct usctp__rxfrag *frag =
            USCTP__CONTAINER_OF(usctp__list_first(&msg->parts), struct usctp__rxfrag, link);

        frag->next = NULL; /* one after the other: of each run all pieces stand in the list */
        usctp__list_remove(&frag->link);
        usctp__chaintable_remove(&reasm->hold->mids->frags, &frag->ssn_chain);
        usctp__reasm_unlist(reasm, frag);
        reasm->memory -= usctp__rxfrag_memory(frag);
        reasm->len -= frag->len;
        usctp__rxfrag_free_all(reasm->core, frag);
    }
    usctp__chaintable_remove(&reasm->hold->mids->msgs, &msg->chain);
    usctp__bufpool_put(&reasm->core->bufs, msg, MSG_CAP);
    reasm->memory -= MSG_CAP;
}

void usctp__reasm_mid_clear(struct usctp__reasm *reasm)
{
    struct usctp__mids *mids = reasm->hold->mids;

    if (mids == NULL) {
        return;
    }
    for (uint32_t i = 0; mids->msgs.cnt > 0;) {
        struct usctp__chain *chain;

        if (i >= mids->msgs.cap) {
            i = 0; /* the table shrinks as it empties */
        }
        chain = mids->msgs.buckets != NULL ? mids->msgs.buckets[i] : mids->msgs.bucket;
        if (chain != NULL) {
            free_msg(reasm, msg_of(chain));
        } else {
            i++;
        }
    }
    usctp__chaintable_destroy(&mids->msgs);
    usctp__chaintable_destroy(&mids->groups);
    usctp__chaintable_destroy(&mids->frags);
    usctp__stream_in_clear(&mids->floors, reasm->core);
    usctp__mem_free(&reasm->core->mem, mids, sizeof(*mids));
    reasm->hold->mids = NULL;
}

bool usctp__reasm_mid_trim(struct usctp__reasm *reasm)
{
    if (reasm->hold->mids != NULL && reasm->hold->mids->msgs.cnt == 0 &&
        !reasm->hold->mids->has_floors) {
        usctp__reasm_mid_clear(reasm);
    }
    return reasm->hold->mids == NULL;
}

uint32_t usctp__reasm_mid_cnt(const struct usctp__reasm *reasm)
{
    const struct usctp__mids *mids = mids_of(reasm);

    return mids != NULL ? mids->msgs.cnt : 0;
}

/* --- Delivering ------------------------------------------------------------------------------- */

/* Gives the message what stands of it. */
static void fill(struct usctp__reasm *reasm, struct usctp__inmsg *msg,
                 struct usctp_message *message, struct usctp__queue *out)
{
    usctp__message_take(message, take_head(reasm, msg));
    message->ssn = msg->unordered ? 0 : msg->mid;
    usctp__queue_push(out, &message->head.link);
}

/* A part of the message; false: no memory. */
static bool deliver_part(struct usctp__reasm *reasm, struct usctp__inmsg *msg,
                         struct usctp__queue *out)
{
    struct usctp_message *message = usctp__message_new(reasm->core, msg->head->run_cnt);

    if (message == NULL) {
        return false;
    }
    fill(reasm, msg, message, out);
    if (msg->unordered && !msg->begun) {
        msg->group->partial = msg;
        USCTP__LIST_FOREACH(link, &msg->group->msgs)
        {
            sort_in(reasm, USCTP__CONTAINER_OF(link, struct usctp__inmsg, link));
        }
    }
    msg->begun = true;
    sort_in(reasm, msg);
    return true;
}

void usctp__reasm_mid_due(struct usctp__reasm *reasm, struct usctp__queue *out)
{
    struct usctp__mids *mids = mids_of(reasm);
    struct usctp__list *link;

    while (mids != NULL && (link = usctp__list_first(&mids->due)) != NULL) {
        if (!deliver_part(reasm, USCTP__CONTAINER_OF(link, struct usctp__inmsg, ready), out)) {
            return;
        }
    }
}

bool usctp__reasm_mid_oldest(struct usctp__reasm *reasm, struct usctp__queue *out)
{
    struct usctp__mids *mids = mids_of(reasm);
    struct usctp__list *link = mids != NULL ? usctp__list_first(&mids->ready) : NULL;

    return link != NULL &&
           deliver_part(reasm, USCTP__CONTAINER_OF(link, struct usctp__inmsg, ready), out);
}

void usctp__reasm_mid_follow(struct usctp__reasm *reasm, uint16_t sid, struct usctp__queue *out)
{
    uint32_t *next = usctp__stream_in_get(&reasm->streams, reasm->core, sid);
    struct usctp__inmsg *msg;

    reasm->stuck = false;
    /* No page: the stream is still at 0, nothing was delivered. */
    while (next != NULL && (msg = find_msg(reasm, sid, false, *next)) != NULL) {
        struct usctp_message *message;

        if (msg->group != NULL) {
            sort_in(reasm, msg); /* it is its turn */
            return;
        }
        message = usctp__message_new(reasm->core, msg->head->run_cnt);
        if (message == NULL) {
            reasm->stuck = true;
            reasm->stuck_sid = sid;
            return;
        }
        fill(reasm, msg, message, out);
        free_msg(reasm, msg);
        ++*next;
    }
}

/* The chunk alone is a message, or the next part of one: lent as it lies in the packet. `next`: the number
 * of its stream that goes up with it, or NULL. */
static enum usctp__reasm_result lend(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                                     struct usctp__inmsg *msg, uint32_t *next,
                                     struct usctp__queue *out)
{
    struct usctp_message *message = usctp__message_lent(reasm->core, chunk);

    if (message == NULL) {
        return USCTP__REASM_NOMEM;
    }
    message->flags |= (chunk->flags & BEGIN) != 0 ? USCTP_MESSAGE_FIRST : 0;
    message->flags |= (chunk->flags & END) != 0 ? USCTP_MESSAGE_LAST : 0;
    if (msg != NULL) {
        message->ppid = msg->ppid;
    }
    usctp__queue_push(out, &message->head.link);
    if (msg != NULL && (chunk->flags & END) != 0) {
        reasm->core->stats.reasm_usr_msgs++;
        free_msg(reasm, msg);
    } else if (msg != NULL) {
        msg->next_fsn++;
    }
    if (next != NULL) {
        ++*next;
        usctp__reasm_mid_follow(reasm, chunk->sid, out);
    }
    return USCTP__REASM_OK;
}

/* --- Where a chunk belongs -------------------------------------------------------------------- */

struct place {
    struct usctp__inmsg *msg;    /* its message, or NULL: nothing of it has come */
    struct usctp__rxfrag *left;  /* first piece of the run that ends just before it, or NULL */
    struct usctp__rxfrag *right; /* first piece of the run that begins just behind it, or NULL */
    bool stale;                  /* of a message that was delivered or given up: to be discarded */
    bool at_head;                /* it goes on with what stands */
    bool whole;                  /* with it the message is whole, as far as not yet delivered */
    bool turn;                   /* nothing of its stream must be delivered before */
};

/* RFC 8260, 2.3.1: its message was skipped. */
static bool is_skipped(const struct usctp__reasm *reasm, uint16_t sid, uint32_t mid)
{
    const struct usctp__mids *mids = mids_of(reasm);
    uint32_t floor = mids != NULL ? usctp__stream_in_next(&mids->floors, sid) : 0;

    return floor != 0 && before(mid, floor);
}

/* A floor follows the numbers in use, or it would lie before them once they have gone half way round. */
static void raise_floor(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk)
{
    const uint32_t quarter = UINT32_C(1) << 30;
    struct usctp__mids *mids = mids_of(reasm);
    uint32_t *floor;

    if (mids == NULL || !mids->has_floors ||
        usctp__stream_in_next(&mids->floors, chunk->sid) == 0) {
        return;
    }
    floor = usctp__stream_in_get(&mids->floors, reasm->core, chunk->sid);
    if (floor != NULL && chunk->ssn - *floor > quarter) {
        *floor = USCTP__MAX(chunk->ssn - quarter, 1u);
    }
}

/* RFC 8260, 2.1: FSNs count from 0, B stands on the first fragment alone, E on the last alone. False: the
 * chunk contradicts what has come of its message. */
static bool fits_in(const struct usctp__reasm *reasm, const struct usctp__inmsg *msg,
                    const struct usctp__rxchunk *chunk)
{
    bool begins = (chunk->flags & BEGIN) != 0;

    if (msg->group == NULL || before(chunk->fsn, msg->next_fsn) || (begins && msg->has_begin) ||
        (!begins && !msg->has_begin && chunk->fsn == 0)) {
        return false;
    }
    if (msg->has_end && ((chunk->flags & END) != 0 || before(msg->end_fsn, chunk->fsn))) {
        return false;
    }
    return find_frag(reasm, msg, chunk->fsn) == NULL;
}

/* The neighbours of the chunk in its message. */
static bool find_neighbours(const struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                            struct place *place)
{
    const struct usctp__inmsg *msg = place->msg;

    if (!fits_in(reasm, msg, chunk)) {
        return false;
    }
    if (place->at_head) {
        place->left = msg->head;
    } else {
        struct usctp__rxfrag *frag = find_frag(reasm, msg, chunk->fsn - 1);

        place->left = frag != NULL ? frag->end : NULL;
    }
    place->right = find_frag(reasm, msg, chunk->fsn + 1);
    /* What ends the message has nothing behind it. */
    return (chunk->flags & END) == 0 || place->right == NULL;
}

/* Everything about where it belongs; false if it contradicts what is known. */
static bool find_place(const struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                       struct place *place)
{
    bool unordered = (chunk->flags & UNORDERED) != 0;
    uint8_t last_flags;

    memset(place, 0, sizeof(*place));
    if (unordered) {
        place->stale = is_skipped(reasm, chunk->sid, chunk->ssn);
    } else if (before(chunk->ssn, usctp__stream_in_next(&reasm->streams, chunk->sid))) {
        place->stale = true;
        return reasm->skips; /* RFC 8260, 2.1: each message has a number of its own */
    }
    if (place->stale) {
        return true;
    }
    place->turn = is_turn(reasm, chunk->sid, unordered, chunk->ssn);
    place->msg = find_msg(reasm, chunk->sid, unordered, chunk->ssn);
    place->at_head = (chunk->flags & BEGIN) != 0;
    if (place->msg != NULL) {
        place->at_head |= place->msg->has_begin && chunk->fsn == place->msg->next_fsn;
        if (!find_neighbours(reasm, chunk, place)) {
            return false;
        }
    } else if (!place->at_head && chunk->fsn == 0) {
        return false; /* RFC 8260, 2.1: that is the first fragment, and has the B bit */
    }
    last_flags = place->right != NULL ? place->right->end->flags : chunk->flags;
    place->whole = place->at_head && (last_flags & END) != 0;
    return true;
}

/* True if nothing of the chunk need be kept. */
static bool passes(const struct place *place)
{
    if (place->stale) {
        return true;
    }
    if (place->left != NULL || place->right != NULL || !place->at_head || !place->turn) {
        return false;
    }
    return place->msg == NULL ? place->whole : place->msg->begun;
}

/* --- Storing ---------------------------------------------------------------------------------- */

/* What store needs: gotten before anything changes. */
struct needs {
    struct usctp__rxfrag *piece;   /* NULL: there is room in the last piece before it */
    struct usctp__inmsg *msg;      /* its message, perhaps a new one */
    struct usctp_message *message; /* for what can be delivered now */
    uint32_t *next;                /* its stream's next number, if it is ordered */
};

static uint32_t run_cnt(const struct usctp__rxfrag *first)
{
    return first != NULL ? first->run_cnt : 0;
}

static bool get_needs(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                      const struct usctp__rxchunk *chunk, const struct place *place,
                      struct needs *needs)
{
    bool in_order = chunk->tsn == map->bits.base;
    const struct usctp__rxfrag *head = place->at_head ? place->left : NULL;

    if (!need_mids(reasm, map)) {
        return false;
    }
    if (usctp__reasm_room(head, chunk, in_order) == NULL) {
        size_t cap = usctp__reasm_cap(head, chunk, in_order);

        needs->piece = usctp__reasm_piece(reasm, chunk, cap);
        if (needs->piece == NULL) {
            return false;
        }
    }
    if (place->whole && place->turn) {
        needs->message = usctp__message_new(
            reasm->core, run_cnt(place->left) + (needs->piece != NULL) + run_cnt(place->right));
        if (needs->message == NULL) {
            return false;
        }
        if ((chunk->flags & UNORDERED) == 0) {
            needs->next = usctp__stream_in_get(&reasm->streams, reasm->core, chunk->sid);
            if (needs->next == NULL) {
                return false;
            }
        }
    }
    needs->msg = place->msg != NULL ? place->msg : make_msg(reasm, chunk, place->whole);
    if (needs->msg == NULL) {
        return false;
    }
    return in_order || needs->piece == NULL || usctp__reasm_list(reasm, map, needs->piece);
}

static void drop_needs(struct usctp__reasm *reasm, const struct place *place,
                       const struct needs *needs)
{
    usctp__rxfrag_free_all(reasm->core, needs->piece);
    if (needs->message != NULL) {
        usctp__message_unref(needs->message);
    }
    if (needs->msg != NULL && place->msg == NULL) {
        reasm->wait_cnt += needs->msg->group == NULL; /* as free_msg counts it */
        free_msg(reasm, needs->msg);
    }
}

/* Puts the chunk's bytes into the run that they belong to, and returns its first piece. */
static struct usctp__rxfrag *insert(struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                                    const struct place *place, const struct needs *needs)
{
    struct usctp__rxfrag *first = place->left;
    struct usctp__rxfrag *piece = needs->piece;

    reasm->len += chunk->len;
    if (piece == NULL) {
        usctp__reasm_append(first->end, chunk);
        first->run_len += chunk->len;
    } else {
        reasm->memory += usctp__rxfrag_memory(piece);
        piece->msg = needs->msg;
        piece->ppid = chunk->fsn;
        usctp__list_init_node(&piece->link);
        first = usctp__reasm_join(first, piece);
    }
    if (place->at_head) {
        unpart(reasm, place->right);
    } else {
        usctp__list_push_back(&needs->msg->parts, &piece->link);
        usctp__chaintable_insert(&reasm->hold->mids->frags, &piece->ssn_chain,
                                 frag_hash(reasm, needs->msg, chunk->fsn));
    }
    return usctp__reasm_join(first, place->right);
}

/* What the message knows of itself after the chunk was put in. */
static void note(struct usctp__inmsg *msg, const struct usctp__rxchunk *chunk,
                 const struct place *place, struct usctp__rxfrag *first)
{
    first->path = chunk->path;
    if ((chunk->flags & BEGIN) != 0) {
        msg->has_begin = true;
        msg->ppid = chunk->ppid;
    }
    if ((chunk->flags & END) != 0) {
        msg->has_end = true;
        msg->end_fsn = chunk->fsn;
    }
    if (place->at_head) {
        msg->head = first;
    }
}

static enum usctp__reasm_result store(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                                      const struct usctp__rxchunk *chunk, const struct place *place,
                                      struct usctp__queue *out)
{
    struct needs needs = {NULL, NULL, NULL, NULL};
    struct usctp__inmsg *msg;
    uint32_t last_fsn = chunk->fsn;

    if (place->right != NULL) {
        /* Before it is joined: its first piece knows the last one. */
        last_fsn = place->right->end->ppid;
    }
    if (!get_needs(reasm, map, chunk, place, &needs)) {
        drop_needs(reasm, place, &needs);
        return USCTP__REASM_NOMEM;
    }
    msg = needs.msg;
    note(msg, chunk, place, insert(reasm, chunk, place, &needs));
    if (place->at_head) {
        msg->next_fsn = last_fsn + 1;
    }
    if (!place->whole) {
        sort_in(reasm, msg);
        return USCTP__REASM_OK;
    }
    if (msg->begun || msg->head->run_cnt > 1 || msg->head->chunk_cnt > 1) {
        reasm->core->stats.reasm_usr_msgs++;
    }
    leave_group(reasm, msg);
    reasm->wait_cnt++;
    if (!place->turn) {
        return USCTP__REASM_OK;
    }
    fill(reasm, msg, needs.message, out);
    free_msg(reasm, msg);
    if (needs.next != NULL) {
        ++*needs.next;
        usctp__reasm_mid_follow(reasm, chunk->sid, out);
    }
    return USCTP__REASM_OK;
}

/* --- What reasm.c hands over ------------------------------------------------------------------ */

/* True if there are too many unfinished messages in the stream for another one. */
static bool too_many(const struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk,
                     const struct place *place, uint32_t max)
{
    const struct group *group;

    if (place->msg != NULL || place->whole || mids_of(reasm) == NULL) {
        return false;
    }
    group = find_group(reasm, chunk->sid, (chunk->flags & UNORDERED) != 0);
    return group != NULL && group->cnt >= max;
}

enum usctp__reasm_result usctp__reasm_mid_add(struct usctp__reasm *reasm,
                                              const struct usctp__rxmap *map,
                                              const struct usctp__rxchunk *chunk,
                                              struct usctp__queue *out)
{
    bool in_order = chunk->tsn == map->bits.base;
    uint32_t *next = NULL;
    struct place place;

    if (!find_place(reasm, chunk, &place) || too_many(reasm, chunk, &place, UNFINISHED_LIMIT)) {
        return USCTP__REASM_VIOLATION;
    }
    if (place.stale) {
        return USCTP__REASM_OK;
    }
    if ((chunk->flags & UNORDERED) != 0) {
        raise_floor(reasm, chunk);
    }
    if (!in_order && too_many(reasm, chunk, &place, UNFINISHED_MAX)) {
        return USCTP__REASM_FULL;
    }
    if (!passes(&place)) {
        return store(reasm, map, chunk, &place, out);
    }
    if ((chunk->flags & (UNORDERED | END)) == END) {
        next = usctp__stream_in_get(&reasm->streams, reasm->core, chunk->sid);
        if (next == NULL) {
            return USCTP__REASM_NOMEM;
        }
    }
    return lend(reasm, chunk, place.msg, next, out);
}

bool usctp__reasm_mid_passes(const struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk)
{
    struct place place;

    return find_place(reasm, chunk, &place) && passes(&place);
}

size_t usctp__reasm_mid_cost(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                             const struct usctp__rxchunk *chunk)
{
    bool in_order = chunk->tsn == map->bits.base;
    struct place place;

    if (!find_place(reasm, chunk, &place) || passes(&place)) {
        return 0;
    }
    if (place.at_head && usctp__reasm_room(place.left, chunk, in_order) != NULL) {
        return 0;
    }
    return sizeof(struct usctp__rxfrag) + usctp__reasm_cap(NULL, chunk, false) +
           (place.msg == NULL ? (size_t)MSG_CAP + GROUP_CAP : 0);
}

/* The message loses its last piece so far, or a whole one that. */
static bool unfinish(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    if (msg->group == NULL) {
        if (!join_group(reasm, msg)) {
            return false;
        }
        reasm->wait_cnt--;
    }
    return true;
}

bool usctp__reasm_mid_renege(struct usctp__reasm *reasm, struct usctp__rxfrag *frag)
{
    struct usctp__inmsg *msg = frag->msg;
    uint32_t fsn = frag->ppid;
    uint8_t flags = frag->flags;
    bool is_head = !usctp__list_linked(&frag->link);

    /* Behind it in its run nothing stands, unless the peer counts TSNs and FSNs in opposite ways. */
    if (frag->next != NULL || !unfinish(reasm, msg)) {
        return false;
    }
    if (!is_head) {
        usctp__list_remove(&frag->link);
        usctp__chaintable_remove(&reasm->hold->mids->frags, &frag->ssn_chain);
    } else {
        msg->head = frag == msg->head ? NULL : msg->head;
        msg->next_fsn = fsn;
    }
    usctp__reasm_cut_last(reasm, frag);
    msg->has_begin = msg->has_begin && (flags & BEGIN) == 0;
    msg->has_end = msg->has_end && (flags & END) == 0;
    if (msg->head == NULL && !msg->begun && usctp__list_empty(&msg->parts)) {
        free_msg(reasm, msg);
    } else {
        sort_in(reasm, msg);
    }
    return true;
}

/* --- What the peer gives up (RFC 8260, 2.3.1) -------------------------------------------------- */

bool usctp__reasm_mid_begun(const struct usctp__reasm *reasm, const struct usctp__skipped *skipped,
                            uint32_t *begun)
{
    uint16_t sid = skipped->sid;
    const struct usctp__inmsg *msg;

    if (usctp__reasm_mid_cnt(reasm) == 0) {
        return false;
    }
    if (skipped->unordered) {
        const struct group *group = find_group(reasm, sid, true);

        msg = group != NULL ? group->partial : NULL;
    } else {
        msg = find_msg(reasm, sid, false, usctp__stream_in_next(&reasm->streams, sid));
    }
    if (msg == NULL || !msg->begun || before(skipped->number, msg->mid)) {
        return false;
    }
    *begun = msg->mid;
    return true;
}

/* The unordered messages up to `mid` that are not whole are dropped. */
static void drop_unordered(struct usctp__reasm *reasm, uint16_t sid, uint32_t mid)
{
    struct group *group = find_group(reasm, sid, true);
    struct usctp__list *link;
    struct usctp__list *next;
    uint32_t low = mid + 1;
    bool any = false;

    if (group == NULL || before(mid, group->low)) {
        return;
    }
    for (link = group->msgs.next; group->cnt > 0 && link != &group->msgs; link = next) {
        struct usctp__inmsg *msg = USCTP__CONTAINER_OF(link, struct usctp__inmsg, link);
        bool last = group->cnt == 1;

        next = link->next;
        if (before(mid, msg->mid)) {
            low = any && before(low, msg->mid) ? low : msg->mid;
            any = true;
            continue;
        }
        free_msg(reasm, msg);
        if (last) {
            return; /* and with it the group */
        }
    }
    group->low = low;
}

static enum usctp__reasm_result skip_unordered(struct usctp__reasm *reasm,
                                               const struct usctp__rxmap *map, uint16_t sid,
                                               uint32_t mid)
{
    uint32_t *floor;

    if (!need_mids(reasm, map)) {
        return USCTP__REASM_NOMEM;
    }
    floor = usctp__stream_in_get(&reasm->hold->mids->floors, reasm->core, sid);
    if (floor == NULL) {
        return USCTP__REASM_NOMEM;
    }
    reasm->hold->mids->has_floors = true;
    if (*floor == 0 || before(*floor, mid + 1)) {
        *floor = mid + 1 != 0 ? mid + 1 : mid;
        drop_unordered(reasm, sid, mid);
    }
    return USCTP__REASM_OK;
}

/* Delivers the message if it is whole, else drops it. False: no memory. */
static bool settle(struct usctp__reasm *reasm, struct usctp__inmsg *msg, struct usctp__queue *out)
{
    if (msg->group == NULL) {
        struct usctp_message *message = usctp__message_new(reasm->core, msg->head->run_cnt);

        if (message == NULL) {
            return false;
        }
        fill(reasm, msg, message, out);
    }
    free_msg(reasm, msg);
    return true;
}

static enum usctp__reasm_result skip_ordered(struct usctp__reasm *reasm, uint16_t sid, uint32_t mid,
                                             uint64_t *budget, struct usctp__queue *out)
{
    uint32_t *next = usctp__stream_in_get(&reasm->streams, reasm->core, sid);
    uint32_t cnt;

    if (next == NULL) {
        return USCTP__REASM_NOMEM;
    }
    if (before(mid, *next)) {
        return USCTP__REASM_OK; /* it was skipped, or came, before */
    }
    cnt = mid - *next + 1;
    if (usctp__reasm_mid_cnt(reasm) > 0) {
        if (cnt > *budget) {
            return USCTP__REASM_VIOLATION;
        }
        *budget -= cnt;
    }
    for (; cnt > 0 && usctp__reasm_mid_cnt(reasm) > 0; cnt--) {
        struct usctp__inmsg *msg = find_msg(reasm, sid, false, *next);

        /* RFC 3758, 3.6: what waited for the skipped messages is delivered. */
        if (msg != NULL && !settle(reasm, msg, out)) {
            return USCTP__REASM_NOMEM;
        }
        ++*next;
    }
    *next += cnt;
    usctp__reasm_mid_follow(reasm, sid, out);
    return reasm->stuck ? USCTP__REASM_NOMEM : USCTP__REASM_OK;
}

enum usctp__reasm_result usctp__reasm_mid_skip(struct usctp__reasm *reasm,
                                               const struct usctp__rxmap *map,
                                               const struct usctp__skipped *skipped,
                                               uint64_t *budget, struct usctp__queue *out)
{
    return skipped->unordered ? skip_unordered(reasm, map, skipped->sid, skipped->number)
                              : skip_ordered(reasm, skipped->sid, skipped->number, budget, out);
}

/* --- Numbers that begin anew (RFC 8260, 2.3.2) ------------------------------------------------- */

static struct usctp__chain *bucket_of(const struct usctp__mids *mids, uint32_t i)
{
    return mids->msgs.buckets != NULL ? mids->msgs.buckets[i] : mids->msgs.bucket;
}

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
    const struct usctp__mids *mids = mids_of(reasm);

    for (uint32_t i = 0; mids != NULL && i < mids->msgs.cap; i++) {
        for (struct usctp__chain *chain = bucket_of(mids, i); chain != NULL; chain = chain->next) {
            struct usctp__inmsg *msg = msg_of(chain);

            if (usctp__stream_set_has(set, msg->sid) && tsn_of(msg) <= last_tsn &&
                (!begun || msg->begun)) {
                return msg;
            }
        }
    }
    return NULL;
}

void usctp__reasm_mid_reset(struct usctp__reasm *reasm, const struct usctp__stream_set *set,
                            uint64_t last_tsn)
{
    struct usctp__inmsg *msg;

    if (reasm->hold == NULL || reasm->hold->mids == NULL) {
        return;
    }
    /* The peer had nothing outstanding there when it asked: what is left are leftovers of what it gave up. */
    while ((msg = find_old(reasm, set, last_tsn, false)) != NULL) {
        free_msg(reasm, msg);
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
    free_msg(reasm, find_msg(reasm, cut->sid, cut->unordered, cut->number));
}

struct usctp__rxfrag *usctp__reasm_mid_collect(struct usctp__reasm *reasm)
{
    const struct usctp__mids *mids = mids_of(reasm);
    struct usctp__rxfrag *list = NULL;

    for (uint32_t i = 0; mids != NULL && i < mids->msgs.cap; i++) {
        for (struct usctp__chain *chain = bucket_of(mids, i); chain != NULL; chain = chain->next) {
            struct usctp__inmsg *msg = msg_of(chain);

            if (msg->group == NULL) {
                msg->head->msg = msg;
                msg->head->prev = list;
                list = msg->head;
            }
        }
    }
    return list;
}

void usctp__reasm_mid_release(struct usctp__reasm *reasm, struct usctp__inmsg *msg,
                              struct usctp_message *message, struct usctp__queue *out)
{
    fill(reasm, msg, message, out);
    free_msg(reasm, msg);
}
