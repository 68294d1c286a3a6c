/* SPDX-License-Identifier: BSD-3-Clause */
/* The settings that Linux has below net.sctp. */
#include "socket/settings.h"

#include "socket/host.h"

int usctp__settings_init(struct usctp_host *host)
{
    (void)host;
    return 0;
}

void usctp__settings_destroy(struct usctp_host *host)
{
    (void)host;
}
