/* SPDX-License-Identifier: BSD-3-Clause */
/* BSD and macOS tell of addresses and interfaces that come and go by the routing socket, route(4). */
#include "lower/addr_notice.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef PF_ROUTE

int usctp__addr_notice_open(void)
{
    int fd = socket(PF_ROUTE, SOCK_RAW, 0);

    if (fd < 0) {
        return -1;
    }
    /* It never blocks, which reading until nothing is left relies on. */
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

#else

int usctp__addr_notice_open(void)
{
    return -1;
}

#endif
