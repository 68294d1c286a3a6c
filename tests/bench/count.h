/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts what goes through malloc and its kin: the linker leads their calls here (--wrap). */
#ifndef USCTP_BENCH_COUNT_H
#define USCTP_BENCH_COUNT_H

#include <stddef.h>
#include <stdint.h>

extern uint64_t count_allocations; /* calls so far */
extern uint64_t count_bytes;       /* in use now, as the allocator rounds them */

#endif
