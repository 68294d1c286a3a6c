/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of which I-DATA chunks have come. */
#include "core/reasm_msg.h"

#include <string.h>

#include "base/compiler.h"
#include "core/core.h"
#include "core/reasm_kind.h"
#include "wire/packet.h"

/* --- The tables ------------------------------------------------------------------------------- */

bool usctp__mids_need(struct usctp__reasm *reasm, const struct usctp__rxmap *map)
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

struct usctp__inmsg *usctp__inmsg_find(const struct usctp__reasm *reasm, uint16_t sid,
                                       bool unordered, uint32_t mid)
{
    const struct usctp__mids *mids = usctp__mids_of(reasm);

    if (mids == NULL || mids->msgs.cnt == 0) {
        return NULL;
    }
    return usctp__inmsg_of(
        usctp__chaintable_first(&mids->msgs, msg_hash(reasm, sid, unordered, mid)));
}

struct usctp__ingroup *usctp__ingroup_find(const struct usctp__reasm *reasm, uint16_t sid,
                                           bool unordered)
{
    const struct usctp__mids *mids = usctp__mids_of(reasm);
    struct usctp__chain *chain = NULL;

    if (mids != NULL) {
        chain = usctp__chaintable_first(&mids->groups, group_hash(reasm, sid, unordered));
    }
    return chain != NULL ? USCTP__CONTAINER_OF(chain, struct usctp__ingroup, chain) : NULL;
}

uint32_t usctp__reasm_mid_cnt(const struct usctp__reasm *reasm)
{
    const struct usctp__mids *mids = usctp__mids_of(reasm);

    return mids != NULL ? mids->msgs.cnt : 0;
}

/* --- Pieces that wait for others -------------------------------------------------------------- */

struct usctp__rxfrag *usctp__inmsg_part(const struct usctp__reasm *reasm,
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

void usctp__inmsg_add_part(struct usctp__reasm *reasm, struct usctp__inmsg *msg,
                           struct usctp__rxfrag *piece)
{
    usctp__list_push_back(&msg->parts, &piece->link);
    usctp__chaintable_insert(&reasm->hold->mids->frags, &piece->ssn_chain,
                             frag_hash(reasm, msg, piece->ppid));
}

void usctp__inmsg_unpart(struct usctp__reasm *reasm, struct usctp__rxfrag *run)
{
    for (; run != NULL; run = run->next) {
        usctp__list_remove(&run->link);
        usctp__chaintable_remove(&reasm->hold->mids->frags, &run->ssn_chain);
    }
}

/* --- Whose turn it is ------------------------------------------------------------------------- */

struct usctp__inmsg *usctp__inmsg_partial(const struct usctp__reasm *reasm, uint16_t sid)
{
    const struct usctp__mids *mids = usctp__mids_of(reasm);
    const struct usctp__ingroup *group;
    struct usctp__inmsg *msg;

    if (mids == NULL || mids->begun_cnt == 0) {
        return NULL;
    }
    group = usctp__ingroup_find(reasm, sid, true);
    if (group != NULL && group->partial != NULL) {
        return group->partial;
    }
    msg = usctp__inmsg_find(reasm, sid, false, usctp__stream_in_next(&reasm->streams, sid));
    return msg != NULL && msg->group != NULL && msg->begun ? msg : NULL;
}

/* A part of the message could be delivered. */
static bool is_ready(const struct usctp__reasm *reasm, const struct usctp__inmsg *msg)
{
    const struct usctp__inmsg *partial;

    if (msg->group == NULL || msg->head == NULL ||
        (!msg->unordered && !usctp__reasm_is_turn(reasm, msg->sid, msg->mid))) {
        return false;
    }
    partial = usctp__inmsg_partial(reasm, msg->sid);
    return partial == NULL || partial == msg;
}

void usctp__inmsg_sort_in(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
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

/* A message of the stream has begun to be delivered in parts, or ended: what can be done with the others has
 * changed. */
static void sort_stream(struct usctp__reasm *reasm, uint16_t sid)
{
    struct usctp__ingroup *group = usctp__ingroup_find(reasm, sid, true);
    struct usctp__inmsg *next =
        usctp__inmsg_find(reasm, sid, false, usctp__stream_in_next(&reasm->streams, sid));

    if (group != NULL) {
        USCTP__LIST_FOREACH(link, &group->msgs)
        {
            usctp__inmsg_sort_in(reasm, USCTP__CONTAINER_OF(link, struct usctp__inmsg, link));
        }
    }
    if (next != NULL) {
        usctp__inmsg_sort_in(reasm, next);
    }
}

static void begin_parts(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    msg->begun = true;
    reasm->hold->mids->begun_cnt++;
    if (msg->unordered) {
        msg->group->partial = msg;
    }
    sort_stream(reasm, msg->sid);
}

static void end_parts(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    reasm->hold->mids->begun_cnt--;
    usctp__queue_append(&reasm->hold->late, &msg->late);
    sort_stream(reasm, msg->sid);
}

/* --- Messages come and go --------------------------------------------------------------------- */

static struct usctp__ingroup *make_group(struct usctp__reasm *reasm, uint16_t sid, bool unordered)
{
    size_t cap;
    struct usctp__ingroup *group = usctp__bufpool_get(&reasm->core->bufs, USCTP__INGROUP_CAP, &cap);

    USCTP__ASSERT(sizeof(*group) <= USCTP__INGROUP_CAP);
    if (group != NULL) {
        memset(group, 0, sizeof(*group));
        usctp__list_init(&group->msgs);
        usctp__chaintable_insert(&reasm->hold->mids->groups, &group->chain,
                                 group_hash(reasm, sid, unordered));
        reasm->memory += USCTP__INGROUP_CAP;
    }
    return group;
}

/* Makes the message one of the unfinished ones of its stream. False: no memory. */
static bool join_group(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    struct usctp__ingroup *group = usctp__ingroup_find(reasm, msg->sid, msg->unordered);

    if (group == NULL && (group = make_group(reasm, msg->sid, msg->unordered)) == NULL) {
        return false;
    }
    if (group->cnt == 0 || usctp__mid_before(msg->mid, group->low)) {
        group->low = msg->mid;
    }
    usctp__list_push_back(&group->msgs, &msg->link);
    group->cnt++;
    msg->group = group;
    return true;
}

/* It is whole, or goes. */
static void leave_group(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    struct usctp__ingroup *group = msg->group;

    msg->group = NULL;
    usctp__list_remove(&msg->link);
    if (usctp__list_linked(&msg->ready)) {
        usctp__list_remove(&msg->ready);
    }
    if (group->partial == msg) {
        group->partial = NULL;
    }
    if (--group->cnt == 0) {
        usctp__chaintable_remove(&reasm->hold->mids->groups, &group->chain);
        usctp__bufpool_put(&reasm->core->bufs, group, USCTP__INGROUP_CAP);
        reasm->memory -= USCTP__INGROUP_CAP;
    }
    if (msg->begun) {
        end_parts(reasm, msg);
    }
}

void usctp__inmsg_finish(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    if (msg->group != NULL) {
        leave_group(reasm, msg);
    }
    reasm->wait_cnt++;
}

bool usctp__inmsg_unfinish(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    if (msg->group == NULL) {
        if (!join_group(reasm, msg)) {
            return false;
        }
        reasm->wait_cnt--;
    }
    return true;
}

struct usctp__inmsg *usctp__inmsg_make(struct usctp__reasm *reasm,
                                       const struct usctp__rxchunk *chunk, bool whole)
{
    struct usctp__mids *mids = reasm->hold->mids;
    size_t cap;
    struct usctp__inmsg *msg = usctp__bufpool_get(&reasm->core->bufs, USCTP__INMSG_CAP, &cap);

    USCTP__ASSERT(sizeof(*msg) <= USCTP__INMSG_CAP);
    if (msg == NULL) {
        return NULL;
    }
    memset(msg, 0, sizeof(*msg));
    usctp__list_init_node(&msg->ready);
    usctp__list_init_node(&msg->link);
    usctp__list_init(&msg->parts);
    msg->sid = chunk->sid;
    msg->mid = chunk->ssn;
    msg->unordered = (chunk->flags & USCTP__DATA_FLAG_UNORDERED) != 0;
    msg->id = mids->next_id++;
    if (!whole && !join_group(reasm, msg)) {
        usctp__bufpool_put(&reasm->core->bufs, msg, USCTP__INMSG_CAP);
        return NULL;
    }
    usctp__chaintable_insert(&mids->msgs, &msg->chain,
                             msg_hash(reasm, msg->sid, msg->unordered, msg->mid));
    reasm->memory += USCTP__INMSG_CAP;
    return msg;
}

struct usctp__rxfrag *usctp__inmsg_take_head(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    struct usctp__rxfrag *head = msg->head;

    if (head != NULL) {
        usctp__reasm_let_go(reasm, head);
        head->ppid = msg->ppid;
    }
    msg->head = NULL;
    return head;
}

/* What is left of it goes. */
static void empty(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    struct usctp__list *link;

    if (msg->group != NULL) {
        leave_group(reasm, msg);
    } else {
        reasm->wait_cnt--;
    }
    usctp__rxfrag_free_all(reasm->core, usctp__inmsg_take_head(reasm, msg));
    while ((link = usctp__list_first(&msg->parts)) != NULL) {
        struct usctp__rxfrag *frag = USCTP__CONTAINER_OF(link, struct usctp__rxfrag, link);

        frag->next = NULL; /* one after the other: of each run all pieces stand in the list */
        frag->run_len = frag->len;
        usctp__inmsg_unpart(reasm, frag);
        usctp__reasm_let_go(reasm, frag);
        usctp__rxfrag_free_all(reasm->core, frag);
    }
}

static void put_back(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    usctp__bufpool_put(&reasm->core->bufs, msg, USCTP__INMSG_CAP);
    reasm->memory -= USCTP__INMSG_CAP;
}

void usctp__inmsg_free(struct usctp__reasm *reasm, struct usctp__inmsg *msg)
{
    empty(reasm, msg);
    usctp__chaintable_remove(&reasm->hold->mids->msgs, &msg->chain);
    put_back(reasm, msg);
}

void usctp__mids_clear(struct usctp__reasm *reasm)
{
    struct usctp__mids *mids = usctp__mids_of(reasm);
    struct usctp__inmsg *msg;
    struct usctp__chain *chain;

    if (mids == NULL) {
        return;
    }
    chain = usctp__chaintable_walk(&mids->msgs, NULL);
    while ((msg = usctp__inmsg_of(chain)) != NULL) {
        chain = usctp__chaintable_walk(&mids->msgs, chain);
        msg->begun = false; /* nothing follows it */
        usctp__reasm_drop_late(&msg->late);
        empty(reasm, msg);
        put_back(reasm, msg);
    }
    usctp__chaintable_destroy(&mids->msgs);
    usctp__chaintable_destroy(&mids->groups);
    usctp__chaintable_destroy(&mids->frags);
    usctp__stream_in_clear(&mids->floors, reasm->core);
    usctp__mem_free(&reasm->core->mem, mids, sizeof(*mids));
    reasm->hold->mids = NULL;
}

void usctp__mids_trim(struct usctp__reasm *reasm)
{
    const struct usctp__mids *mids = usctp__mids_of(reasm);

    if (mids != NULL && mids->msgs.cnt == 0 && !mids->has_floors) {
        usctp__mids_clear(reasm);
    }
}

/* --- Delivery in parts ------------------------------------------------------------------------ */

/* A part of the message; false: no memory. */
static bool deliver_part(struct usctp__reasm *reasm, struct usctp__inmsg *msg,
                         struct usctp__queue *out)
{
    if (!usctp__reasm_deliver(reasm, msg->head, out)) {
        return false;
    }
    if (!msg->begun) {
        begin_parts(reasm, msg);
    }
    usctp__inmsg_sort_in(reasm, msg);
    return true;
}

void usctp__reasm_mid_due(struct usctp__reasm *reasm, struct usctp__queue *out)
{
    struct usctp__mids *mids = usctp__mids_of(reasm);
    struct usctp__list *link;

    while (mids != NULL && (link = usctp__list_first(&mids->due)) != NULL) {
        if (!deliver_part(reasm, USCTP__CONTAINER_OF(link, struct usctp__inmsg, ready), out)) {
            return;
        }
    }
}

bool usctp__reasm_mid_oldest(struct usctp__reasm *reasm, struct usctp__queue *out)
{
    struct usctp__mids *mids = usctp__mids_of(reasm);
    struct usctp__list *link = mids != NULL ? usctp__list_first(&mids->ready) : NULL;

    return link != NULL &&
           deliver_part(reasm, USCTP__CONTAINER_OF(link, struct usctp__inmsg, ready), out);
}
