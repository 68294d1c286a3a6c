/* SPDX-License-Identifier: BSD-3-Clause */
/* The two hash tables. Both double when they are full and halve when they are nearly empty; the cost
 * of that, spread over the operations between, is constant. */
#include "base/table.h"

#include <string.h>

#include "base/compiler.h"

enum {
    TAG_FIRST_CAP = 16,   /* slots of the smallest tag table */
    CHAIN_FIRST_CAP = 16, /* buckets of the smallest array of buckets */
};

/* Within 30 bits, and its bytes within size_t. */
#define TABLE_MAX_CAP ((uint32_t)USCTP__MIN(SIZE_MAX / 32, UINT32_C(0x40000000)))

/* --- Tags ------------------------------------------------------------------------------------- */

/* How far slot `index` is from where its member would like to be. */
static uint32_t distance(const struct usctp__tagtable *table, uint32_t index)
{
    return (index - table->slots[index].home) & (table->cap - 1);
}

void usctp__tagtable_init(struct usctp__tagtable *table, struct usctp__mem *mem,
                          const struct usctp__hash_key *key)
{
    memset(table, 0, sizeof(*table));
    table->mem = mem;
    table->key = *key;
}

void usctp__tagtable_destroy(struct usctp__tagtable *table)
{
    usctp__mem_free(table->mem, table->slots, table->cap * sizeof(*table->slots));
    table->slots = NULL;
    table->cap = 0;
    table->cnt = 0;
}

/* Puts a member in; there is a free slot. Whoever is nearer to its home gives way. */
static void place(struct usctp__tagtable *table, struct usctp__tagtable_slot member)
{
    uint32_t mask = table->cap - 1;
    uint32_t index = member.home & mask;

    for (uint32_t dist = 0; table->slots[index].value != NULL; dist++) {
        uint32_t other = distance(table, index);

        if (other < dist) {
            struct usctp__tagtable_slot swapped = table->slots[index];

            table->slots[index] = member;
            member = swapped;
            dist = other;
        }
        index = (index + 1) & mask;
    }
    table->slots[index] = member;
}

static bool resize_tags(struct usctp__tagtable *table, uint32_t cap)
{
    struct usctp__tagtable_slot *old = table->slots;
    struct usctp__tagtable_slot *slots;
    uint32_t old_cap = table->cap;

    if (cap > TABLE_MAX_CAP) {
        return false;
    }
    slots = usctp__mem_calloc(table->mem, cap * sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    table->slots = slots;
    table->cap = cap;
    for (uint32_t i = 0; i < old_cap; i++) {
        if (old[i].value != NULL) {
            place(table, old[i]);
        }
    }
    usctp__mem_free(table->mem, old, old_cap * sizeof(*old));
    return true;
}

bool usctp__tagtable_reserve(struct usctp__tagtable *table)
{
    /* At most three quarters full. */
    if (table->cnt < table->cap / 4 * 3) {
        return true;
    }
    return resize_tags(table, table->cap > 0 ? table->cap * 2 : TAG_FIRST_CAP);
}

bool usctp__tagtable_insert(struct usctp__tagtable *table, uint32_t tag, void *value)
{
    struct usctp__tagtable_slot member = {value, tag, 0};

    USCTP__ASSERT(value != NULL && usctp__tagtable_find(table, tag) == NULL);
    if (!usctp__tagtable_reserve(table)) {
        return false;
    }
    member.home = (uint32_t)usctp__hash32(&table->key, tag);
    place(table, member);
    table->cnt++;
    return true;
}

/* The slot of `tag`; table->cap when it is not there. */
static uint32_t find_slot(const struct usctp__tagtable *table, uint32_t tag)
{
    uint32_t mask = table->cap - 1;
    uint32_t index;

    if (table->cnt == 0) {
        return table->cap;
    }
    index = (uint32_t)usctp__hash32(&table->key, tag) & mask;
    for (uint32_t dist = 0;; dist++) {
        const struct usctp__tagtable_slot *slot = &table->slots[index];

        if (slot->tag == tag && slot->value != NULL) {
            return index;
        }
        if (slot->value == NULL || distance(table, index) < dist) {
            return table->cap;
        }
        index = (index + 1) & mask;
    }
}

void *usctp__tagtable_search(const struct usctp__tagtable *table, uint32_t tag)
{
    uint32_t index = find_slot(table, tag);

    return index < table->cap ? table->slots[index].value : NULL;
}

void *usctp__tagtable_remove(struct usctp__tagtable *table, uint32_t tag)
{
    uint32_t mask = table->cap - 1;
    uint32_t index = find_slot(table, tag);
    uint32_t next = (index + 1) & mask;
    void *value;

    if (index == table->cap) {
        return NULL;
    }
    value = table->slots[index].value;
    while (table->slots[next].value != NULL && distance(table, next) > 0) {
        table->slots[index] = table->slots[next];
        index = next;
        next = (next + 1) & mask;
    }
    memset(&table->slots[index], 0, sizeof(table->slots[index]));
    table->cnt--;
    if (table->cap > TAG_FIRST_CAP && table->cnt < table->cap / 8) {
        /* Without memory for the smaller array the larger one stays. */
        (void)resize_tags(table, table->cap / 2);
    }
    return value;
}

/* --- Chains ----------------------------------------------------------------------------------- */

static struct usctp__chain **bucket_of(struct usctp__chaintable *table, uint64_t hash)
{
    if (table->buckets == NULL) {
        return &table->bucket;
    }
    return &table->buckets[hash & (table->cap - 1)];
}

void usctp__chaintable_init(struct usctp__chaintable *table, struct usctp__mem *mem)
{
    table->mem = mem;
    table->buckets = NULL;
    table->bucket = NULL;
    table->cnt = 0;
    table->cap = 1;
}

void usctp__chaintable_destroy(struct usctp__chaintable *table)
{
    usctp__mem_free(table->mem, table->buckets, table->cap * sizeof(*table->buckets));
    usctp__chaintable_init(table, table->mem);
}

static void move_chain(struct usctp__chaintable *table, struct usctp__chain *link)
{
    while (link != NULL) {
        struct usctp__chain *next = link->next;
        struct usctp__chain **bucket = bucket_of(table, link->hash);

        link->next = *bucket;
        *bucket = link;
        link = next;
    }
}

/* Without memory everything stays as it is. */
static void resize_chains(struct usctp__chaintable *table, uint32_t cap)
{
    struct usctp__chain **old = table->buckets;
    struct usctp__chain **buckets;
    uint32_t old_cap = table->cap;

    if (cap > TABLE_MAX_CAP) {
        return;
    }
    buckets = usctp__mem_alloc(table->mem, cap * sizeof(*buckets));
    if (buckets == NULL) {
        return;
    }
    for (uint32_t i = 0; i < cap; i++) {
        buckets[i] = NULL;
    }
    table->buckets = buckets;
    table->cap = cap;
    if (old == NULL) {
        move_chain(table, table->bucket);
        table->bucket = NULL;
        return;
    }
    for (uint32_t i = 0; i < old_cap; i++) {
        move_chain(table, old[i]);
    }
    usctp__mem_free(table->mem, old, old_cap * sizeof(*old));
}

void usctp__chaintable_insert(struct usctp__chaintable *table, struct usctp__chain *link,
                              uint64_t hash)
{
    struct usctp__chain **bucket;

    if (table->cnt >= table->cap) {
        resize_chains(table, USCTP__MAX(table->cap * 2, (uint32_t)CHAIN_FIRST_CAP));
    }
    bucket = bucket_of(table, hash);
    link->hash = hash;
    link->next = *bucket;
    *bucket = link;
    table->cnt++;
}

void usctp__chaintable_remove(struct usctp__chaintable *table, struct usctp__chain *link)
{
    struct usctp__chain **from = bucket_of(table, link->hash);

    while (*from != link) {
        USCTP__ASSERT(*from != NULL);
        from = &(*from)->next;
    }
    *from = link->next;
    link->next = NULL;
    table->cnt--;
    if (table->cap > CHAIN_FIRST_CAP && table->cnt < table->cap / 8) {
        resize_chains(table, table->cap / 2);
    }
}

static struct usctp__chain *with_hash(struct usctp__chain *link, uint64_t hash)
{
    while (link != NULL && link->hash != hash) {
        link = link->next;
    }
    return link;
}

struct usctp__chain *usctp__chaintable_first(const struct usctp__chaintable *table, uint64_t hash)
{
    struct usctp__chain *link =
        table->buckets != NULL ? table->buckets[hash & (table->cap - 1)] : table->bucket;

    return with_hash(link, hash);
}

struct usctp__chain *usctp__chaintable_next(const struct usctp__chain *link)
{
    return with_hash(link->next, link->hash);
}

struct usctp__chain *usctp__chaintable_walk(const struct usctp__chaintable *table,
                                            const struct usctp__chain *link)
{
    uint32_t i = 0;

    if (link != NULL) {
        if (link->next != NULL) {
            return link->next;
        }
        i = (uint32_t)(link->hash & (table->cap - 1)) + 1;
    }
    for (; i < table->cap; i++) {
        struct usctp__chain *first = table->buckets != NULL ? table->buckets[i] : table->bucket;

        if (first != NULL) {
            return first;
        }
    }
    return NULL;
}
