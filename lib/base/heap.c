/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap of deadlines. */
#include "base/heap.h"

#include "base/compiler.h"

enum { HEAP_ARITY = 4, HEAP_FIRST_CAP = 16 };

/* Slots there can be: within 30 bits, and their bytes within size_t. */
#define HEAP_MAX_CAP ((uint32_t)USCTP__MIN(SIZE_MAX / 32, UINT32_C(0x40000000)))

void usctp__heap_init(struct usctp__heap *heap, struct usctp__mem *mem)
{
    heap->mem = mem;
    heap->slots = NULL;
    heap->cnt = 0;
    heap->cap = 0;
    heap->spare = 0;
}

void usctp__heap_destroy(struct usctp__heap *heap)
{
    usctp__mem_free(heap->mem, heap->slots, heap->cap * sizeof(*heap->slots));
    usctp__heap_init(heap, heap->mem);
}

static bool resize(struct usctp__heap *heap, uint32_t cap)
{
    struct usctp__heap_slot *slots =
        usctp__mem_grow(heap->mem, heap->slots, heap->cap * sizeof(*slots), cap * sizeof(*slots));

    if (slots == NULL) {
        return false;
    }
    heap->slots = slots;
    heap->cap = cap;
    return true;
}

bool usctp__heap_reserve(struct usctp__heap *heap, uint32_t cnt)
{
    uint32_t cap = heap->cap > 0 ? heap->cap : HEAP_FIRST_CAP;

    if (cnt <= heap->cap) {
        return true;
    }
    if (cnt > HEAP_MAX_CAP) {
        return false;
    }
    while (cap < cnt) {
        cap = USCTP__MIN(cap + cap / 2, HEAP_MAX_CAP);
    }
    return resize(heap, cap);
}

static void place(struct usctp__heap *heap, uint32_t index, struct usctp__heap_slot slot)
{
    heap->slots[index] = slot;
    slot.node->index = index;
}

/* Moves the hole at `index` up until `slot` may fill it. */
static void sift_up(struct usctp__heap *heap, uint32_t index, struct usctp__heap_slot slot)
{
    while (index > 0) {
        uint32_t parent = (index - 1) / HEAP_ARITY;

        if (heap->slots[parent].key <= slot.key) {
            break;
        }
        place(heap, index, heap->slots[parent]);
        index = parent;
    }
    place(heap, index, slot);
}

/* The least of the children from `first` on; there is at least one. */
static uint32_t least_child(const struct usctp__heap *heap, uint32_t first)
{
    uint32_t stop = USCTP__MIN(heap->cnt, first + HEAP_ARITY);
    uint32_t least = first;

    for (uint32_t i = first + 1; i < stop; i++) {
        if (heap->slots[i].key < heap->slots[least].key) {
            least = i;
        }
    }
    return least;
}

/* Moves the hole at `index` down until `slot` may fill it. */
static void sift_down(struct usctp__heap *heap, uint32_t index, struct usctp__heap_slot slot)
{
    for (;;) {
        uint32_t first = index * HEAP_ARITY + 1;
        uint32_t least;

        if (first >= heap->cnt) {
            break;
        }
        least = least_child(heap, first);
        if (heap->slots[least].key >= slot.key) {
            break;
        }
        place(heap, index, heap->slots[least]);
        index = least;
    }
    place(heap, index, slot);
}

static void sift(struct usctp__heap *heap, uint32_t index, struct usctp__heap_slot slot)
{
    if (index > 0 && heap->slots[(index - 1) / HEAP_ARITY].key > slot.key) {
        sift_up(heap, index, slot);
    } else {
        sift_down(heap, index, slot);
    }
}

bool usctp__heap_insert(struct usctp__heap *heap, struct usctp__heap_node *node, uint64_t key)
{
    struct usctp__heap_slot slot = {key, node};

    USCTP__ASSERT(!usctp__heap_contains(node));
    if (heap->cnt == heap->cap && !usctp__heap_reserve(heap, heap->cnt + 1)) {
        return false;
    }
    node->key = key;
    heap->cnt++;
    sift_up(heap, heap->cnt - 1, slot);
    return true;
}

void usctp__heap_update(struct usctp__heap *heap, struct usctp__heap_node *node, uint64_t key)
{
    struct usctp__heap_slot slot = {key, node};

    USCTP__ASSERT(node->index < heap->cnt && heap->slots[node->index].node == node);
    if (node->key != key) {
        node->key = key;
        sift(heap, node->index, slot);
    }
}

void usctp__heap_remove(struct usctp__heap *heap, struct usctp__heap_node *node)
{
    uint32_t index = node->index;

    if (index == USCTP__HEAP_NOWHERE) {
        return;
    }
    USCTP__ASSERT(index < heap->cnt && heap->slots[index].node == node);
    heap->cnt--;
    node->index = USCTP__HEAP_NOWHERE;
    if (index != heap->cnt) {
        sift(heap, index, heap->slots[heap->cnt]);
    }
    if (heap->cap > HEAP_FIRST_CAP && (uint64_t)heap->cnt + heap->spare < heap->cap / 4) {
        /* If there is no memory for the smaller array, the larger one stays. */
        (void)resize(heap, heap->cap / 2);
    }
}

void usctp__heap_clear(struct usctp__heap *heap)
{
    for (uint32_t i = 0; i < heap->cnt; i++) {
        heap->slots[i].node->index = USCTP__HEAP_NOWHERE;
    }
    heap->cnt = 0;
}
