/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory from malloc. */
#include <usctp/driver.h>

#include <stdlib.h>

#include "base/compiler.h"

static void *system_alloc(void *ctx, size_t len)
{
    USCTP__UNUSED(ctx);
    return malloc(len);
}

static void system_free(void *ctx, void *ptr, size_t len)
{
    USCTP__UNUSED(ctx);
    USCTP__UNUSED(len);
    free(ptr);
}

const struct usctp_memory *usctp_memory_system(void)
{
    static const struct usctp_memory memory = {sizeof(memory), system_alloc, system_free, NULL};

    return &memory;
}
