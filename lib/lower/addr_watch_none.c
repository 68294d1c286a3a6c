/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the addresses of the host are not looked at. */
#include <usctp/driver.h>

int usctp_addr_watch_new(usctp_addr_watch **watch)
{
    if (watch == NULL) {
        return USCTP_EINVAL;
    }
    *watch = NULL;
    return USCTP_EAFNOSUPPORT;
}

void usctp_addr_watch_free(usctp_addr_watch *watch)
{
    (void)watch;
}

usctp_fd usctp_addr_watch_fd(const usctp_addr_watch *watch)
{
    (void)watch;
    return -1;
}

size_t usctp_addr_watch_read(usctp_addr_watch *watch, struct usctp_addr *addrs, size_t max)
{
    (void)watch;
    (void)addrs;
    (void)max;
    return 0;
}
