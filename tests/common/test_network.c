/* SPDX-License-Identifier: BSD-3-Clause */
/* A network of the test's own: a network namespace, where the system has them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* unshare */
#endif
#include "common/test_network.h"

#if defined(__linux__)
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int test_network_enter(void)
{
    struct ifreq request;
    int fd, ok;

    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return 0;
    }
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&request, 0, sizeof(request));
    snprintf(request.ifr_name, sizeof(request.ifr_name), "lo");
    request.ifr_mtu = TEST_NETWORK_MTU;
    ok = ioctl(fd, SIOCSIFMTU, &request) == 0;
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    ok = ok && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return ok;
}
#else
int test_network_enter(void)
{
    return 0;
}
#endif
