/* SPDX-License-Identifier: BSD-3-Clause */
/* Random bytes of POSIX systems: getrandom, else arc4random_buf, else /dev/urandom. */
#define _DEFAULT_SOURCE 1

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <usctp/driver.h>

#include "base/compiler.h"

#if defined(HAVE_GETRANDOM) && defined(HAVE_SYS_RANDOM_H)

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

int usctp_random_system(void *ctx, void *buf, size_t len)
{
    unsigned char *ptr = buf;

    USCTP__UNUSED(ctx);
    while (len > 0) {
        ssize_t got = getrandom(ptr, len, 0);

        if (got > 0) {
            ptr += got;
            len -= (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            return USCTP_ECRYPTO;
        }
    }
    return 0;
}

#elif defined(HAVE_ARC4RANDOM_BUF)

#include <stdlib.h>

int usctp_random_system(void *ctx, void *buf, size_t len)
{
    USCTP__UNUSED(ctx);
    arc4random_buf(buf, len);
    return 0;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int usctp_random_system(void *ctx, void *buf, size_t len)
{
    unsigned char *ptr = buf;
    int fd = open("/dev/urandom", O_RDONLY);

    USCTP__UNUSED(ctx);
    while (fd >= 0 && len > 0) {
        ssize_t got = read(fd, ptr, len);

        if (got > 0) {
            ptr += got;
            len -= (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            break;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return len == 0 ? 0 : USCTP_ECRYPTO;
}

#endif
