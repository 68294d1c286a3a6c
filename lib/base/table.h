/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hash tables: one from 32-bit tags to pointers, and an intrusive one for any key. */
#ifndef USCTP_BASE_TABLE_H
#define USCTP_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/siphash.h"

/* Open addressing in Robin Hood order: members of a probe sequence are sorted by how far they are
 * from home, so a miss ends early. Removing shifts back, so nothing is ever left behind. */
struct usctp__tagtable_slot {
    void *value;   /* NULL: the slot is free */
    uint32_t tag;  /* the key */
    uint32_t home; /* low 32 bits of the tag's hash; with the mask, where it would like to be */
};

struct usctp__tagtable {
    struct usctp__mem *mem;             /* where the slots come from */
    struct usctp__tagtable_slot *slots; /* NULL while the table never held anything */
    struct usctp__hash_key key;         /* secret of the hash */
    uint32_t cnt;                       /* members */
    uint32_t cap;                       /* slots; 0 or a power of two */
};

/* An empty table under the secret `key`, which is copied. Allocates nothing. */
void usctp__tagtable_init(struct usctp__tagtable *table, struct usctp__mem *mem,
                          const struct usctp__hash_key *key);

/* Frees the slots; the values are the caller's. */
void usctp__tagtable_destroy(struct usctp__tagtable *table);

/* Makes sure that the next insertion cannot fail. False without memory: nothing has changed. */
bool usctp__tagtable_reserve(struct usctp__tagtable *table);

/* Enters `tag`, which must not be in the table, with `value`, which must not be NULL. False without
 * memory: nothing has changed. */
bool usctp__tagtable_insert(struct usctp__tagtable *table, uint32_t tag, void *value);

/* Searches for usctp__tagtable_find. */
void *usctp__tagtable_search(const struct usctp__tagtable *table, uint32_t tag);

/* The value of `tag`, or NULL. */
static inline void *usctp__tagtable_find(const struct usctp__tagtable *table, uint32_t tag)
{
    const struct usctp__tagtable_slot *slot;

    if (table->cnt == 0) {
        return NULL;
    }
    slot = &table->slots[(uint32_t)usctp__hash32(&table->key, tag) & (table->cap - 1)];
    if (slot->tag == tag && slot->value != NULL) {
        return slot->value; /* most are where they would like to be */
    }
    return usctp__tagtable_search(table, tag);
}

/* Takes `tag` out and returns its value, or NULL when it was not there. */
void *usctp__tagtable_remove(struct usctp__tagtable *table, uint32_t tag);

/* Member of whatever is found by the chained table. */
struct usctp__chain {
    struct usctp__chain *next; /* next in the same bucket, or NULL */
    uint64_t hash;             /* hash of the key, computed by the caller */
};

/* A power-of-two number of buckets; the order within a chain means nothing. */
struct usctp__chaintable {
    struct usctp__mem *mem;        /* where the buckets come from */
    struct usctp__chain **buckets; /* NULL: `bucket` alone is the table */
    struct usctp__chain
        *bucket;  /* a table of one bucket, for a start and when there is no memory */
    uint32_t cnt; /* members */
    uint32_t cap; /* buckets, a power of two */
};

/* An empty table; allocates nothing. */
void usctp__chaintable_init(struct usctp__chaintable *table, struct usctp__mem *mem);

/* Frees the buckets. Members still in the table are forgotten, not touched. */
void usctp__chaintable_destroy(struct usctp__chaintable *table);

/* Enters `link` under `hash`. Cannot fail: without memory the chains only get longer. Several
 * members may have the same hash. */
void usctp__chaintable_insert(struct usctp__chaintable *table, struct usctp__chain *link,
                              uint64_t hash);

/* Takes out `link`, which must be in the table. */
void usctp__chaintable_remove(struct usctp__chaintable *table, struct usctp__chain *link);

/* The first member with that hash, or NULL; the caller compares the keys. */
struct usctp__chain *usctp__chaintable_first(const struct usctp__chaintable *table, uint64_t hash);

/* The next member with the same hash as `link`, or NULL. */
struct usctp__chain *usctp__chaintable_next(const struct usctp__chain *link);

/* All members one after the other, in no order: the first for NULL, else the one behind `link`; NULL: there
 * are no more. The table must not change meanwhile. */
struct usctp__chain *usctp__chaintable_walk(const struct usctp__chaintable *table,
                                            const struct usctp__chain *link);

#endif
