/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory as handed in by the caller, with an account of what is in use and an optional limit. */
#ifndef USCTP_BASE_MEM_H
#define USCTP_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

struct usctp__mem {
    struct usctp_memory ops; /* the caller's functions, copied */
    size_t used;             /* bytes in use now */
    size_t peak;             /* the most bytes that were ever in use */
    size_t limit;            /* bytes that may be in use; 0: no limit */
    uint64_t alloc_cnt;      /* successful allocations so far */
    uint64_t fail_cnt;       /* allocations that failed so far */
};

/* Starts an account on `ops`, which is copied. `limit` in bytes, 0 for none. */
void usctp__mem_init(struct usctp__mem *mem, const struct usctp_memory *ops, size_t limit);

/* `len` bytes (1 or more), not initialised, aligned for any ordinary type; NULL when there are none
 * or the limit would be passed. Free with usctp__mem_free. */
void *usctp__mem_alloc(struct usctp__mem *mem, size_t len);

/* As usctp__mem_alloc, filled with zeros. */
void *usctp__mem_calloc(struct usctp__mem *mem, size_t len);

/* Gives back `ptr`, which was allocated with exactly `len` bytes. NULL is allowed. */
void usctp__mem_free(struct usctp__mem *mem, void *ptr, size_t len);

/* Moves `old` (NULL with old_len 0 is allowed) into a new block of `new_len` bytes, larger or
 * smaller; what is added is not initialised. Returns the new block, and `old` is freed; or NULL, and
 * `old` stands as it was. */
void *usctp__mem_grow(struct usctp__mem *mem, void *old, size_t old_len, size_t new_len);

#endif
