/* SPDX-License-Identifier: BSD-3-Clause */
/* The one-to-one client of sctp(7): socket, connect, send, recv, close.   one_client ADDRESS PORT TEXT... */
#include <netdb.h>
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
    struct addrinfo hints, *to;
    char text[65536];

    if (argc < 4) {
        fprintf(stderr, "usage: one_client ADDRESS PORT TEXT...\n");
        return 2;
    }
    memset(&hints, 0, sizeof(hints));
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(argv[1], argv[2], &hints, &to) != 0) {
        fprintf(stderr, "one_client: no address: %s %s\n", argv[1], argv[2]);
        return 2;
    }
    int fd = usctp_socket(to->ai_family, SOCK_STREAM, IPPROTO_SCTP);
    must(fd >= 0, "socket");
    must(usctp_connect(fd, to->ai_addr, to->ai_addrlen) == 0, "connect");
    for (int i = 3; i < argc; i++) {
        must(usctp_send(fd, argv[i], strlen(argv[i]), 0) >= 0, "send");
        ssize_t len = usctp_recv(fd, text, sizeof(text), 0);
        must(len >= 0, "recv");
        printf("%.*s\n", (int)len, text);
    }
    must(usctp_close(fd) == 0, "close");
    freeaddrinfo(to);
    return 0;
}
