/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts what goes through malloc and its kin. */
#include "count.h"

#include <malloc.h>

uint64_t count_allocations;
uint64_t count_bytes;

void *__real_malloc(size_t len);
void *__real_calloc(size_t cnt, size_t len);
void *__real_realloc(void *ptr, size_t len);
void __real_free(void *ptr);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t cnt, size_t len);
void *__wrap_realloc(void *ptr, size_t len);
void __wrap_free(void *ptr);

static void *counted(void *ptr)
{
    count_allocations++;
    count_bytes += malloc_usable_size(ptr);
    return ptr;
}

void *__wrap_malloc(size_t len)
{
    return counted(__real_malloc(len));
}

void *__wrap_calloc(size_t cnt, size_t len)
{
    return counted(__real_calloc(cnt, len));
}

void *__wrap_realloc(void *ptr, size_t len)
{
    count_bytes -= malloc_usable_size(ptr);
    return counted(__real_realloc(ptr, len));
}

void __wrap_free(void *ptr)
{
    count_bytes -= malloc_usable_size(ptr);
    __real_free(ptr);
}
