/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory for tests: counts what is in use, finds leaks, wrong lengths, double frees and writes past
 * the end, and refuses the allocations that it is told to refuse. New memory is filled with a
 * pattern and freed memory with another, so that a run never depends on what stood there before.
 */
#ifndef USCTP_TEST_MEMORY_H
#define USCTP_TEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

struct test_memory_block; /* test_memory.c */

struct test_memory {
    struct usctp_memory table;        /* what is handed to the stack */
    struct test_memory_block *blocks; /* what is in use, the youngest first */
    uint64_t live_cnt;                /* allocations in use */
    uint64_t live_bytes;              /* and their bytes, as asked for */
    uint64_t peak_bytes;              /* the most there ever was */
    uint64_t alloc_cnt;               /* calls of alloc so far, those that failed too */
    uint64_t fail_cnt;                /* calls that failed, for whatever reason */
    uint64_t fail_at;     /* the call with this number (1 is the first) fails; 0: none */
    uint64_t fail_every;  /* each call whose number divides by this fails; 0: none */
    uint64_t fail_from;   /* all calls from this number on fail; 0: none */
    uint64_t limit_bytes; /* calls that would lead above this fail; 0: no limit */
};

/* Sets up a table that never fails by itself; returns &memory->table. It must outlive the stack. */
const struct usctp_memory *test_memory_init(struct test_memory *memory);

/* The n-th call of alloc from now on (1: the next) fails, once; 0: none does. */
void test_memory_fail_next(struct test_memory *memory, uint64_t n);

/* Prints what is still in use to standard error (the first few), and frees it. Returns how many
 * allocations that were: 0 is well. */
uint64_t test_memory_leaks(struct test_memory *memory);

#endif
