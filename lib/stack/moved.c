/* SPDX-License-Identifier: BSD-3-Clause */
/* Associations that were handed over. */
#include "stack/moved.h"

#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/input.h"
#include "stack/stack.h"

/* Longer than a peer goes on without an answer: Association.Max.Retrans at RTO.Max (RFC 9260, 16) are nearly as
 * many minutes. */
#define MOVED_DUR (15 * 60 * USCTP__SEC)

static struct usctp__moved *of_link(struct usctp__list *link)
{
    return USCTP__CONTAINER_OF(link, struct usctp__moved, link);
}

void usctp__moved_init(struct usctp_stack *stack)
{
    usctp__chaintable_init(&stack->moved.tags, &stack->core.mem);
    usctp__list_init(&stack->moved.order);
}

static uint64_t hash_of(const struct usctp_stack *stack, uint32_t tag)
{
    return usctp__hash32(&stack->core.hash_key, tag);
}

static struct usctp__moved *find(const struct usctp_stack *stack, uint32_t tag)
{
    struct usctp__chain *chain;

    if (stack->moved.tags.cnt == 0) {
        return NULL;
    }
    for (chain = usctp__chaintable_first(&stack->moved.tags, hash_of(stack, tag)); chain != NULL;
         chain = usctp__chaintable_next(chain)) {
        struct usctp__moved *moved = USCTP__CONTAINER_OF(chain, struct usctp__moved, chain);

        if (moved->tag == tag) {
            return moved;
        }
    }
    return NULL;
}

static void drop(struct usctp_stack *stack, struct usctp__moved *moved)
{
    usctp__list_remove(&moved->link);
    usctp__chaintable_remove(&stack->moved.tags, &moved->chain);
    usctp__mem_free(&stack->core.mem, moved, sizeof(*moved));
}

void usctp__moved_destroy(struct usctp_stack *stack)
{
    struct usctp__list *link;

    while ((link = usctp__list_first(&stack->moved.order)) != NULL) {
        drop(stack, of_link(link));
    }
    usctp__chaintable_destroy(&stack->moved.tags);
}

/* It lasts from now on. */
static void renew(struct usctp_stack *stack, struct usctp__moved *moved)
{
    moved->expiry_ts = usctp__time_add(stack->core.now_ts, MOVED_DUR);
    usctp__list_push_back(&stack->moved.order, &moved->link);
}

bool usctp__moved_add(struct usctp_stack *stack, const struct usctp_assoc *assoc)
{
    struct usctp__moved *moved = usctp__mem_calloc(&stack->core.mem, sizeof(*moved));

    if (moved == NULL) {
        return false;
    }
    moved->tag = assoc->my_tag;
    moved->my_port = assoc->my_port;
    moved->peer_port = assoc->peer_port;
    usctp__chaintable_insert(&stack->moved.tags, &moved->chain, hash_of(stack, moved->tag));
    renew(stack, moved);
    return true;
}

void usctp__moved_forget(struct usctp_stack *stack, uint32_t tag)
{
    struct usctp__moved *moved = find(stack, tag);

    if (moved != NULL) {
        drop(stack, moved);
    }
}

bool usctp__moved_has(struct usctp_stack *stack, uint32_t tag)
{
    return find(stack, tag) != NULL;
}

bool usctp__moved_take(struct usctp_stack *stack, const struct usctp__packet_in *in)
{
    struct usctp__moved *moved = find(stack, in->tag);

    if (moved == NULL || moved->my_port != in->dst_port || moved->peer_port != in->src_port) {
        return false;
    }
    stack->core.stats.dropped_moved++;
    usctp__list_remove(&moved->link);
    renew(stack, moved);
    return true;
}

void usctp__moved_trim(struct usctp_stack *stack)
{
    struct usctp__list *link;

    while ((link = usctp__list_first(&stack->moved.order)) != NULL &&
           of_link(link)->expiry_ts <= stack->core.now_ts) {
        drop(stack, of_link(link));
    }
}
