/* SPDX-License-Identifier: BSD-3-Clause */
/* The lower layers attached to a stack, and the way of packets out through them. */
#include "stack/lowers.h"

#include <string.h>

#include "base/compiler.h"
#include "core/assoc.h"
#include "stack/sized.h"
#include "stack/stack.h"

void usctp__lowers_init(struct usctp__lowers *lowers)
{
    memset(lowers, 0, sizeof(*lowers));
    lowers->next_id = 1;
}

void usctp__lowers_destroy(struct usctp__lowers *lowers, struct usctp__mem *mem)
{
    usctp__mem_free(mem, lowers->items, lowers->cap * sizeof(*lowers->items));
    usctp__lowers_init(lowers);
}

static bool make_room(struct usctp__lowers *lowers, struct usctp__mem *mem)
{
    size_t item_len = sizeof(*lowers->items);
    size_t cap = lowers->cap == 0 ? 2 : lowers->cap * 2;
    struct usctp__lower *items;

    if (lowers->cnt < lowers->cap) {
        return true;
    }
    items = usctp__mem_grow(mem, lowers->items, lowers->cap * item_len, cap * item_len);
    if (items == NULL) {
        return false;
    }
    lowers->items = items;
    lowers->cap = cap;
    return true;
}

int usctp__lowers_add(struct usctp__lowers *lowers, struct usctp__mem *mem,
                      const struct usctp_lower *table, void *ctx, usctp_lower_id *id)
{
    struct usctp__lower *lower;

    if (lowers->next_id == 0 || !make_room(lowers, mem)) {
        return USCTP_ENOMEM;
    }
    lower = &lowers->items[lowers->cnt++];
    lower->table = *table;
    lower->ctx = ctx;
    lower->id = lowers->next_id++;
    lower->blocked = false;
    *id = lower->id;
    return USCTP_OK;
}

struct usctp__lower *usctp__lowers_search(const struct usctp__lowers *lowers, usctp_lower_id id)
{
    size_t low = 0;
    size_t high = lowers->cnt;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (lowers->items[mid].id < id) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < lowers->cnt && lowers->items[low].id == id ? &lowers->items[low] : NULL;
}

bool usctp__lowers_remove(struct usctp__lowers *lowers, usctp_lower_id id)
{
    struct usctp__lower *lower = usctp__lowers_find(lowers, id);

    if (lower == NULL) {
        return false;
    }
    lowers->cnt--;
    memmove(lower, lower + 1, (lowers->cnt - (size_t)(lower - lowers->items)) * sizeof(*lower));
    return true;
}

bool usctp__lower_carries(const struct usctp__lower *lower, uint8_t family)
{
    switch (family) {
    case USCTP_AF_NONE:
        return (lower->table.flags & USCTP_LOWER_NO_ADDRESSES) != 0;
    case USCTP_AF_IPV4:
        return (lower->table.flags & USCTP_LOWER_IPV4) != 0;
    case USCTP_AF_IPV6:
        return (lower->table.flags & USCTP_LOWER_IPV6) != 0;
    default:
        return false;
    }
}

struct usctp__lower *usctp__lowers_choose(const struct usctp__lowers *lowers,
                                          const struct usctp_addr *remote, uint16_t udp_port)
{
    struct usctp__lower *second_best = NULL;

    for (size_t i = 0; i < lowers->cnt; i++) {
        struct usctp__lower *lower = &lowers->items[i];
        bool raw = (lower->table.flags & USCTP_LOWER_RAW) != 0;

        if (!usctp__lower_carries(lower, remote->family) || (raw && udp_port != 0)) {
            continue;
        }
        if (raw == (udp_port == 0)) {
            return lower;
        }
        if (second_best == NULL) {
            second_best = lower;
        }
    }
    return second_best;
}

/* Tells the association, the statistics and the observer of a datagram of the slab that was taken. */
static USCTP__NOINLINE void account(struct usctp_stack *stack, size_t i)
{
    struct usctp__core *core = &stack->core;
    const struct usctp_dgram *dgram = &core->slab.dgrams[i];
    struct usctp_assoc *assoc = usctp__demux_by_id(core, core->slab.assoc_ids[i]);

    if (USCTP__UNLIKELY(stack->observer != NULL)) {
        stack->observer(stack->observer_user, 1, dgram, dgram->data, dgram->len, core->now_ts);
    }
    if (assoc != NULL && !assoc->ended) {
        struct usctp__path *path = usctp__path_by_id(assoc, core->slab.path_ids[i]);

        if (path != NULL) {
            usctp__output_taken(assoc, path, dgram);
        }
    }
}

/* The same of those from `first` up to `end`. One that left as it was built has nothing to tell. */
static void account_run(struct usctp_stack *stack, size_t first, size_t end)
{
    const struct usctp__slab *slab = &stack->core.slab;
    bool of_all = slab->late || stack->observer != NULL;

    for (size_t i = first; i < end; i++) {
        if (USCTP__UNLIKELY(of_all || slab->dgrams[i].status != USCTP_DGRAM_SENT)) {
            account(stack, i);
        }
    }
}

/* Hands a run of datagrams on; returns how many are done with. */
static size_t send_run(struct usctp_stack *stack, size_t first, size_t cnt)
{
    struct usctp_dgram *dgrams = &stack->core.slab.dgrams[first];
    struct usctp__lower *lower = usctp__lowers_find(&stack->lowers, dgrams->lower);
    size_t taken;

    if (USCTP__UNLIKELY(lower == NULL)) {
        return cnt; /* detached: as if lost */
    }
    if (USCTP__UNLIKELY(lower->blocked)) {
        return 0;
    }
    taken = lower->table.send(lower->ctx, dgrams, cnt, sizeof(*dgrams));
    if (USCTP__UNLIKELY(taken < cnt)) {
        lower->blocked = true;
        stack->core.stats.send_blocked++;
        return taken;
    }
    return cnt;
}

/* Datagrams from `first` on that go through the same lower layer. */
static size_t run_cnt(const struct usctp__slab *slab, size_t first)
{
    size_t end = first + 1;

    while (end < slab->cnt && slab->dgrams[end].lower == slab->dgrams[first].lower) {
        end++;
    }
    return end - first;
}

/* Keeps a datagram that was not taken, in front of the slab's array. Its bytes stay in place. */
static void hold(struct usctp__slab *slab, size_t to, size_t from, size_t cnt)
{
    if (to != from) {
        memmove(&slab->dgrams[to], &slab->dgrams[from], cnt * sizeof(slab->dgrams[0]));
        memmove(&slab->assoc_ids[to], &slab->assoc_ids[from], cnt * sizeof(slab->assoc_ids[0]));
        memmove(&slab->path_ids[to], &slab->path_ids[from], cnt * sizeof(slab->path_ids[0]));
    }
}

void usctp__lowers_flush(struct usctp__core *core)
{
    struct usctp_stack *stack = usctp__stack_of(core);
    struct usctp__slab *slab = &core->slab;
    size_t held_cnt = 0;
    size_t next;

    for (size_t i = 0; i < slab->cnt; i = next) {
        size_t cnt = run_cnt(slab, i);
        size_t taken = send_run(stack, i, cnt);

        next = i + cnt;
        account_run(stack, i, i + taken);
        if (USCTP__UNLIKELY(taken < cnt)) {
            hold(slab, held_cnt, i + taken, cnt - taken);
            held_cnt += cnt - taken;
        }
    }
    if (held_cnt == 0) {
        usctp__slab_reset(slab);
    } else {
        slab->late = true;
        slab->cnt = held_cnt;
    }
    core->blocked = held_cnt > 0;
}

size_t usctp__lowers_max_packet(struct usctp__core *core, usctp_lower_id id,
                                const struct usctp_addr *local, const struct usctp_addr *remote)
{
    struct usctp__lower *lower = usctp__lowers_find(&usctp__stack_of(core)->lowers, id);

    if (lower == NULL || lower->table.max_packet == NULL) {
        return 0;
    }
    return lower->table.max_packet(lower->ctx, local, remote);
}

bool usctp__lowers_source(struct usctp__core *core, usctp_lower_id id,
                          const struct usctp_addr *remote, struct usctp_addr *local)
{
    struct usctp__lower *lower = usctp__lowers_find(&usctp__stack_of(core)->lowers, id);

    return lower != NULL && lower->table.source != NULL &&
           lower->table.source(lower->ctx, remote, local) == 0;
}

uint32_t usctp__lowers_flags(struct usctp__core *core, usctp_lower_id id)
{
    struct usctp__lower *lower = usctp__lowers_find(&usctp__stack_of(core)->lowers, id);

    return lower != NULL ? lower->table.flags : 0;
}

/* Flags that contradict each other, or say nothing. */
static bool flags_valid(uint32_t flags)
{
    const uint32_t families = USCTP_LOWER_IPV4 | USCTP_LOWER_IPV6;
    const uint32_t known = families | USCTP_LOWER_NO_ADDRESSES | USCTP_LOWER_RAW |
                           USCTP_LOWER_DTLS | USCTP_LOWER_ECN | USCTP_LOWER_PROBES;

    if ((flags & ~known) != 0) {
        return false;
    }
    if ((flags & USCTP_LOWER_NO_ADDRESSES) != 0) {
        return (flags & (families | USCTP_LOWER_RAW)) == 0;
    }
    return (flags & families) != 0;
}

int usctp_stack_attach(usctp_stack *stack, const struct usctp_lower *lower, void *ctx,
                       usctp_lower_id *id)
{
    struct usctp_lower table;
    int error;

    if (stack == NULL || id == NULL) {
        return USCTP_EINVAL;
    }
    memset(&table, 0, sizeof(table));
    error = usctp__sized_in(&table, sizeof(table), lower, sizeof(struct usctp_lower));
    if (error != USCTP_OK) {
        return error;
    }
    if (table.send == NULL || table.reserved != 0 || !flags_valid(table.flags)) {
        return USCTP_EINVAL;
    }
    return usctp__lowers_add(&stack->lowers, &stack->core.mem, &table, ctx, id);
}

int usctp_stack_detach(usctp_stack *stack, usctp_lower_id id)
{
    if (stack == NULL) {
        return USCTP_EINVAL;
    }
    if (!usctp__lowers_remove(&stack->lowers, id)) {
        return USCTP_ENOENT;
    }
    usctp__core_enter(&stack->core);
    if (stack->core.blocked) {
        usctp__lowers_flush(&stack->core); /* what it held back is lost */
    }
    usctp__core_leave(&stack->core);
    return USCTP_OK;
}

int usctp_stack_writable(usctp_stack *stack, usctp_lower_id id, uint64_t now_ts)
{
    struct usctp__lower *lower;

    if (stack == NULL) {
        return USCTP_EINVAL;
    }
    if (usctp__stack_busy(stack)) {
        return USCTP_EBUSY;
    }
    lower = usctp__lowers_find(&stack->lowers, id);
    if (lower == NULL) {
        return USCTP_ENOENT;
    }
    usctp__stack_enter_at(stack, now_ts);
    if (lower->blocked) {
        lower->blocked = false;
        usctp__lowers_flush(&stack->core);
    }
    usctp__core_leave(&stack->core);
    return USCTP_OK;
}
