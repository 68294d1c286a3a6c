/* SPDX-License-Identifier: BSD-3-Clause */
/* Intrusive lists: a doubly linked one, and a singly linked first-in first-out queue.
 * USCTP__CONTAINER_OF leads from a link to the struct it is a member of. */
#ifndef USCTP_BASE_LIST_H
#define USCTP_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

/* Head or member of a ring. An empty head points at itself; a member that is on no list has NULL in
 * both, so zeroed memory is an unlinked member (but not a head). A head must not be moved. */
struct usctp__list {
    struct usctp__list *next; /* towards the end; the last one's is the head */
    struct usctp__list *prev; /* towards the front; the first one's is the head */
};

/* Makes `head` an empty list. */
static inline void usctp__list_init(struct usctp__list *head)
{
    head->next = head;
    head->prev = head;
}

/* Makes `node` a member of no list. */
static inline void usctp__list_init_node(struct usctp__list *node)
{
    node->next = NULL;
    node->prev = NULL;
}

/* True when the list has no member. */
static inline bool usctp__list_empty(const struct usctp__list *head)
{
    return head->next == head;
}

/* True when `node` is on a list. */
static inline bool usctp__list_linked(const struct usctp__list *node)
{
    return node->next != NULL;
}

/* Puts `node` behind `pos`, a member or the head. */
static inline void usctp__list_insert_after(struct usctp__list *pos, struct usctp__list *node)
{
    USCTP__ASSERT(node->next == NULL);
    node->prev = pos;
    node->next = pos->next;
    pos->next->prev = node;
    pos->next = node;
}

/* Puts `node` before `pos`, a member or the head. */
static inline void usctp__list_insert_before(struct usctp__list *pos, struct usctp__list *node)
{
    usctp__list_insert_after(pos->prev, node);
}

static inline void usctp__list_push_front(struct usctp__list *head, struct usctp__list *node)
{
    usctp__list_insert_after(head, node);
}

static inline void usctp__list_push_back(struct usctp__list *head, struct usctp__list *node)
{
    usctp__list_insert_after(head->prev, node);
}

/* Takes `node` off its list. It must be on one. */
static inline void usctp__list_remove(struct usctp__list *node)
{
    USCTP__ASSERT(node->next != NULL);
    node->next->prev = node->prev;
    node->prev->next = node->next;
    usctp__list_init_node(node);
}

/* The first member, or NULL. */
static inline struct usctp__list *usctp__list_first(const struct usctp__list *head)
{
    return head->next != head ? head->next : NULL;
}

/* The last member, or NULL. */
static inline struct usctp__list *usctp__list_last(const struct usctp__list *head)
{
    return head->prev != head ? head->prev : NULL;
}

/* The member behind `node`, or NULL. */
static inline struct usctp__list *usctp__list_next(const struct usctp__list *head,
                                                   const struct usctp__list *node)
{
    return node->next != head ? node->next : NULL;
}

/* The member before `node`, or NULL. */
static inline struct usctp__list *usctp__list_prev(const struct usctp__list *head,
                                                   const struct usctp__list *node)
{
    return node->prev != head ? node->prev : NULL;
}

/* Takes the first member off and returns it, or NULL. */
static inline struct usctp__list *usctp__list_pop_front(struct usctp__list *head)
{
    struct usctp__list *node = usctp__list_first(head);

    if (node != NULL) {
        usctp__list_remove(node);
    }
    return node;
}

/* Moves all members of `from` behind those of `to`; `from` is empty then. */
static inline void usctp__list_splice(struct usctp__list *to, struct usctp__list *from)
{
    if (usctp__list_empty(from)) {
        return;
    }
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    usctp__list_init(from);
}

/* Visits each member from the front. The list must not change meanwhile. */
#define USCTP__LIST_FOREACH(node, head) \
    for (struct usctp__list *node = (head)->next; node != (head); node = node->next)

/* As above; `node` itself may be removed and freed in the body, others not. */
#define USCTP__LIST_FOREACH_SAFE(node, tmp, head)                                    \
    for (struct usctp__list *node = (head)->next, *tmp = node->next; node != (head); \
         node = tmp, tmp = node->next)

struct usctp__qlink {
    struct usctp__qlink *next; /* the one behind, or NULL */
};

/* Zeroed memory is an empty queue. */
struct usctp__queue {
    struct usctp__qlink *first; /* taken next, or NULL */
    struct usctp__qlink *last;  /* put last; means nothing while the queue is empty */
};

/* Makes the queue empty. */
static inline void usctp__queue_init(struct usctp__queue *queue)
{
    queue->first = NULL;
    queue->last = NULL;
}

static inline bool usctp__queue_empty(const struct usctp__queue *queue)
{
    return queue->first == NULL;
}

/* Puts `link` at the end. */
static inline void usctp__queue_push(struct usctp__queue *queue, struct usctp__qlink *link)
{
    link->next = NULL;
    if (queue->first == NULL) {
        queue->first = link;
    } else {
        queue->last->next = link;
    }
    queue->last = link;
}

/* Puts `link` at the front. */
static inline void usctp__queue_push_front(struct usctp__queue *queue, struct usctp__qlink *link)
{
    if (queue->first == NULL) {
        queue->last = link;
    }
    link->next = queue->first;
    queue->first = link;
}

/* The first, which stays, or NULL. */
static inline struct usctp__qlink *usctp__queue_peek(const struct usctp__queue *queue)
{
    return queue->first;
}

/* Takes the first off and returns it, or NULL. */
static inline struct usctp__qlink *usctp__queue_pop(struct usctp__queue *queue)
{
    struct usctp__qlink *link = queue->first;

    if (link != NULL) {
        queue->first = link->next;
        link->next = NULL;
    }
    return link;
}

/* Puts `link` behind `prev`, a member, or at the front when `prev` is NULL. */
static inline void usctp__queue_insert_after(struct usctp__queue *queue, struct usctp__qlink *prev,
                                             struct usctp__qlink *link)
{
    if (prev == NULL) {
        usctp__queue_push_front(queue, link);
        return;
    }
    link->next = prev->next;
    prev->next = link;
    if (queue->last == prev) {
        queue->last = link;
    }
}

/* Takes off the one behind `prev`, or the first when `prev` is NULL, and returns it, or NULL. */
static inline struct usctp__qlink *usctp__queue_remove_after(struct usctp__queue *queue,
                                                             struct usctp__qlink *prev)
{
    struct usctp__qlink *link;

    if (prev == NULL) {
        return usctp__queue_pop(queue);
    }
    link = prev->next;
    if (link != NULL) {
        prev->next = link->next;
        if (queue->last == link) {
            queue->last = prev;
        }
        link->next = NULL;
    }
    return link;
}

/* Moves all of `from` behind `to`; `from` is empty then. */
static inline void usctp__queue_append(struct usctp__queue *to, struct usctp__queue *from)
{
    if (from->first == NULL) {
        return;
    }
    if (to->first == NULL) {
        to->first = from->first;
    } else {
        to->last->next = from->first;
    }
    to->last = from->last;
    usctp__queue_init(from);
}

#endif
