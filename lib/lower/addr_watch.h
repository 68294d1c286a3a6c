/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of the host: what all platforms have in common. */
#ifndef USCTP_LOWER_ADDR_WATCH_H
#define USCTP_LOWER_ADDR_WATCH_H

#include <stddef.h>

#include <usctp/driver.h>

/* Those that are told so far. */
struct usctp__addr_found {
    struct usctp_addr *addrs;
    size_t cnt, max;
};

/* Adds one that the system has named, unless it is there already, there is no room for it, or no other host
 * could send to it. */
void usctp__addr_found(struct usctp__addr_found *found, const struct usctp_addr *addr);

#endif
