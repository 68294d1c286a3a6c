/* SPDX-License-Identifier: BSD-3-Clause */
/* The monotonic clock of POSIX systems. */
#define _POSIX_C_SOURCE 200809L

#include <usctp/driver.h>

#include <time.h>

#include "base/compiler.h"
#include "base/time.h"

uint64_t usctp_clock_system(void *ctx)
{
    struct timespec ts = {0, 0};

    USCTP__UNUSED(ctx);
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * USCTP__SEC + (uint64_t)ts.tv_nsec;
}
