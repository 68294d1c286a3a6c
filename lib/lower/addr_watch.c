/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of the host's addresses are told. */
#include "lower/addr_watch.h"

#include "base/addr.h"

void usctp__addr_found(struct usctp__addr_found *found, const struct usctp_addr *addr)
{
    if (found->cnt == found->max || usctp__addr_scope(addr) < USCTP__SCOPE_PRIVATE) {
        return;
    }
    for (size_t i = 0; i < found->cnt; i++) {
        if (usctp__addr_equal(&found->addrs[i], addr)) {
            return;
        }
    }
    found->addrs[found->cnt++] = *addr;
}
