/* SPDX-License-Identifier: BSD-3-Clause */
/* The monotonic clock of Windows. */
#include <usctp/driver.h>

#include <windows.h>

#include "base/compiler.h"
#include "base/time.h"

uint64_t usctp_clock_system(void *ctx)
{
    LARGE_INTEGER freq;
    LARGE_INTEGER ticks;
    uint64_t hz;
    uint64_t cnt;

    USCTP__UNUSED(ctx);
    QueryPerformanceFrequency(&freq);
    QueryPerformanceCounter(&ticks);
    hz = (uint64_t)freq.QuadPart;
    cnt = (uint64_t)ticks.QuadPart;
    /* Whole seconds and the rest apart: their product with a billion would not fit together. */
    return cnt / hz * USCTP__SEC + cnt % hz * USCTP__SEC / hz;
}
