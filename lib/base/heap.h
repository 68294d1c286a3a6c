/* SPDX-License-Identifier: BSD-3-Clause */
/* A 4-ary min-heap of deadlines. Its nodes are members of what has the deadline.
 *
 * The order of equal keys follows from the sequence of calls alone, so runs repeat exactly. */
#ifndef USCTP_BASE_HEAP_H
#define USCTP_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* Index of a node that is in no heap. */
#define USCTP__HEAP_NOWHERE UINT32_MAX

struct usctp__heap_node {
    uint64_t key;   /* the deadline, in nanoseconds */
    uint32_t index; /* place in the heap's array; USCTP__HEAP_NOWHERE when not in the heap */
};

/* The key stands beside the pointer, so that the four children to compare share a cache line. */
struct usctp__heap_slot {
    uint64_t key;                  /* copy of node->key */
    struct usctp__heap_node *node; /* whose place this is */
};

struct usctp__heap {
    struct usctp__mem *mem;         /* where the array comes from */
    struct usctp__heap_slot *slots; /* slot 0 is the least; children of i are 4i + 1 to 4i + 4 */
    uint32_t cnt;                   /* nodes in the heap */
    uint32_t cap;                   /* slots allocated */
    uint32_t spare; /* for so many more nodes there is room that is not given back */
};

/* An empty heap; allocates nothing. */
void usctp__heap_init(struct usctp__heap *heap, struct usctp__mem *mem);

/* Frees the array. Nodes still in the heap are forgotten, not touched. */
void usctp__heap_destroy(struct usctp__heap *heap);

/* Makes a node one that is in no heap. */
static inline void usctp__heap_node_init(struct usctp__heap_node *node)
{
    node->key = 0;
    node->index = USCTP__HEAP_NOWHERE;
}

/* True when the node is in a heap. */
static inline bool usctp__heap_contains(const struct usctp__heap_node *node)
{
    return node->index != USCTP__HEAP_NOWHERE;
}

/* Makes room for `cnt` nodes in all, so that inserting up to that many cannot fail until a node is
 * removed: then for those that are left and `spare`. False without memory: nothing has changed. */
bool usctp__heap_reserve(struct usctp__heap *heap, uint32_t cnt);

/* Puts in a node that is in no heap. False without memory: nothing has changed. */
bool usctp__heap_insert(struct usctp__heap *heap, struct usctp__heap_node *node, uint64_t key);

/* Gives a node of the heap another key. Cannot fail. */
void usctp__heap_update(struct usctp__heap *heap, struct usctp__heap_node *node, uint64_t key);

/* Takes a node out; if it is in no heap, nothing happens. */
void usctp__heap_remove(struct usctp__heap *heap, struct usctp__heap_node *node);

/* Takes all nodes out; the room for them stays. */
void usctp__heap_clear(struct usctp__heap *heap);

/* A node with the least key, or NULL. */
static inline struct usctp__heap_node *usctp__heap_peek(const struct usctp__heap *heap)
{
    return heap->cnt > 0 ? heap->slots[0].node : NULL;
}

/* The least key; UINT64_MAX (USCTP__NEVER) when the heap is empty. */
static inline uint64_t usctp__heap_min(const struct usctp__heap *heap)
{
    return heap->cnt > 0 ? heap->slots[0].key : UINT64_MAX;
}

#endif
