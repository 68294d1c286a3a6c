/* SPDX-License-Identifier: BSD-3-Clause */
/* What the three small servers share: a listening socket in either style. */
#ifndef INETD_SERVICES_H
#define INETD_SERVICES_H

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <usctp/socket.h>

static void must(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

/* `-m` asks for the one-to-many style; then comes the SCTP port. */
static int listen_as_asked(int argc, char **argv, int port, int *many)
{
    struct sockaddr_in6 name;
    int option;

    *many = 0;
    while ((option = getopt(argc, argv, "m")) != -1) {
        if (option != 'm') {
            fprintf(stderr, "usage: %s [-m] [PORT]\n", argv[0]);
            exit(2);
        }
        *many = 1;
    }
    int fd = usctp_socket(AF_INET6, *many ? SOCK_SEQPACKET : SOCK_STREAM, IPPROTO_SCTP);
    must(fd >= 0, "socket");
    memset(&name, 0, sizeof(name));
    name.sin6_family = AF_INET6;
    name.sin6_port = htons((unsigned short)(optind < argc ? atoi(argv[optind]) : port));
    must(usctp_bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0, "bind");
    must(usctp_listen(fd, 100) == 0, "listen");
    return fd;
}

#endif
