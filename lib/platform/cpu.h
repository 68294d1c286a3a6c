/* SPDX-License-Identifier: BSD-3-Clause */
/* What the processor can do, and the choice of functions that follows from it. Keeps no state:
 * every call asks the processor or the system again, so ask once and keep the answer. */
#ifndef USCTP_PLATFORM_CPU_H
#define USCTP_PLATFORM_CPU_H

#include <stdbool.h>
#include <stddef.h>

#include "base/crc32c.h"

/* The fastest CRC32c this processor can run. */
usctp__crc32c_fn usctp__cpu_crc32c(void);

/* One way to compute CRC32c that was compiled in. */
struct usctp__cpu_crc32c_variant {
    const char *name;    /* for reports */
    usctp__crc32c_fn fn; /* the function */
    bool runnable;       /* this processor can run it */
};

enum { USCTP__CPU_CRC32C_MAX = 3 };

/* Fills `variants` (USCTP__CPU_CRC32C_MAX elements) from the slowest to the fastest and returns how
 * many there are. The first is the portable one. */
size_t usctp__cpu_crc32c_variants(struct usctp__cpu_crc32c_variant *variants);

#endif
