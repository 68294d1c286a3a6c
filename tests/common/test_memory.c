/* SPDX-License-Identifier: BSD-3-Clause */
/* Counting memory: each block has a head that knows its length and neighbours, and a guard behind. */
#include "test_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAD_LIVE = 0x600db10c,
    GUARD_LEN = 8,
    GUARD_BYTE = 0xb5,
    NEW_BYTE = 0xa5,
    FREED_BYTE = 0xdd,
    PRINT_MAX = 8, /* leaks that are printed */
};

struct test_memory_block {
    struct test_memory_block *next;
    struct test_memory_block *prev;
    size_t len;      /* as asked for */
    uint64_t number; /* which call of alloc made it */
    uint32_t mark;   /* HEAD_LIVE while it lives */
};

/* The head rounded up, so that what follows is aligned for any object. */
union head {
    struct test_memory_block block;
    long double widest_float;
    long long widest_int;
    void *pointer;
    void (*function)(void);
};

static uint8_t *block_data(struct test_memory_block *block)
{
    return (uint8_t *)block + sizeof(union head);
}

static void stop(const char *what, const struct test_memory_block *block, size_t len)
{
    fprintf(stderr, "test memory: %s (allocation %llu of %llu bytes, %llu given)\n", what,
            (unsigned long long)block->number, (unsigned long long)block->len,
            (unsigned long long)len);
    abort();
}

static int refused(const struct test_memory *memory, size_t len)
{
    uint64_t number = memory->alloc_cnt;

    return (memory->fail_at != 0 && number == memory->fail_at) ||
           (memory->fail_every != 0 && number % memory->fail_every == 0) ||
           (memory->fail_from != 0 && number >= memory->fail_from) ||
           (memory->limit_bytes != 0 && memory->live_bytes + len > memory->limit_bytes);
}

static void *memory_alloc(void *ctx, size_t len)
{
    struct test_memory *memory = ctx;
    struct test_memory_block *block;

    memory->alloc_cnt++;
    if (refused(memory, len) || len > SIZE_MAX - sizeof(union head) - GUARD_LEN) {
        memory->fail_cnt++;
        return NULL;
    }
    block = malloc(sizeof(union head) + len + GUARD_LEN);
    if (block == NULL) {
        memory->fail_cnt++;
        return NULL;
    }
    block->mark = HEAD_LIVE;
    block->len = len;
    block->number = memory->alloc_cnt;
    block->prev = NULL;
    block->next = memory->blocks;
    if (block->next != NULL) {
        block->next->prev = block;
    }
    memory->blocks = block;
    memory->live_cnt++;
    memory->live_bytes += len;
    if (memory->live_bytes > memory->peak_bytes) {
        memory->peak_bytes = memory->live_bytes;
    }
    memset(block_data(block), NEW_BYTE, len);
    memset(block_data(block) + len, GUARD_BYTE, GUARD_LEN);
    return block_data(block);
}

static void memory_free(void *ctx, void *ptr, size_t len)
{
    struct test_memory *memory = ctx;
    struct test_memory_block *block;

    if (ptr == NULL) {
        fprintf(stderr, "test memory: free of NULL\n");
        abort();
    }
    block = (struct test_memory_block *)(void *)((uint8_t *)ptr - sizeof(union head));
    if (block->mark != HEAD_LIVE) {
        stop("free of what is not in use", block, len);
    }
    if (block->len != len) {
        stop("freed with another length", block, len);
    }
    for (size_t i = 0; i < GUARD_LEN; i++) {
        if (block_data(block)[len + i] != GUARD_BYTE) {
            stop("written past the end", block, len);
        }
    }
    if (block->next != NULL) {
        block->next->prev = block->prev;
    }
    if (block->prev != NULL) {
        block->prev->next = block->next;
    } else {
        memory->blocks = block->next;
    }
    memory->live_cnt--;
    memory->live_bytes -= len;
    block->mark = 0;
    memset(block_data(block), FREED_BYTE, len);
    free(block);
}

const struct usctp_memory *test_memory_init(struct test_memory *memory)
{
    memset(memory, 0, sizeof(*memory));
    memory->table.size = sizeof(memory->table);
    memory->table.alloc = memory_alloc;
    memory->table.free = memory_free;
    memory->table.ctx = memory;
    return &memory->table;
}

void test_memory_fail_next(struct test_memory *memory, uint64_t n)
{
    memory->fail_at = n == 0 ? 0 : memory->alloc_cnt + n;
}

uint64_t test_memory_leaks(struct test_memory *memory)
{
    uint64_t cnt = 0;

    while (memory->blocks != NULL) {
        struct test_memory_block *block = memory->blocks;

        if (cnt++ < PRINT_MAX) {
            fprintf(stderr, "test memory: leak: allocation %llu, %llu bytes\n",
                    (unsigned long long)block->number, (unsigned long long)block->len);
        }
        memory_free(memory, block_data(block), block->len);
    }
    return cnt;
}
