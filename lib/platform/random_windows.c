/* SPDX-License-Identifier: BSD-3-Clause */
/* Random bytes of Windows. */
#include <usctp/driver.h>

#include <windows.h>

#include <bcrypt.h>

#include "base/compiler.h"

int usctp_random_system(void *ctx, void *buf, size_t len)
{
    unsigned char *ptr = buf;

    USCTP__UNUSED(ctx);
    while (len > 0) {
        ULONG part = len < 0x10000000 ? (ULONG)len : 0x10000000;

        if (BCryptGenRandom(NULL, ptr, part, BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0) {
            return USCTP_ECRYPTO;
        }
        ptr += part;
        len -= part;
    }
    return 0;
}
