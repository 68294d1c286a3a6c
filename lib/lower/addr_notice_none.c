/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the system does not say that addresses change. */
#include "lower/addr_notice.h"

int usctp__addr_notice_open(void)
{
    return -1;
}

void usctp__addr_notice_drain(int fd)
{
    (void)fd;
}
