/* SPDX-License-Identifier: BSD-3-Clause */
/* The one-to-one client of sctp(7): socket, connect, send, recv, close.   one_client ADDRESS PORT TEXT... */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <usctp/socket.h>

static void must(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in to;
    char text[65536];

    if (argc < 4) {
        fprintf(stderr, "usage: one_client ADDRESS PORT TEXT...\n");
        return 2;
    }
    memset(&to, 0, sizeof(to));
    to.sin_family = AF_INET;
    to.sin_port = htons((unsigned short)atoi(argv[2]));
    must(inet_pton(AF_INET, argv[1], &to.sin_addr) == 1, argv[1]);
    int fd = usctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    must(fd >= 0, "socket");
    must(usctp_connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
    for (int i = 3; i < argc; i++) {
        must(usctp_send(fd, argv[i], strlen(argv[i]), 0) >= 0, "send");
        ssize_t len = usctp_recv(fd, text, sizeof(text), 0);
        must(len >= 0, "recv");
        printf("%.*s\n", (int)len, text);
    }
    must(usctp_close(fd) == 0, "close");
    return 0;
}
