/* SPDX-License-Identifier: BSD-3-Clause */
/* The one-to-many client of sctp(7): socket, sendmsg, recvmsg, close. The association is set up by the first
 * message.   many_client ADDRESS PORT TEXT... */
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
        fprintf(stderr, "usage: many_client ADDRESS PORT TEXT...\n");
        return 2;
    }
    memset(&hints, 0, sizeof(hints));
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(argv[1], argv[2], &hints, &to) != 0) {
        fprintf(stderr, "many_client: no address: %s %s\n", argv[1], argv[2]);
        return 2;
    }
    int fd = usctp_socket(to->ai_family, SOCK_SEQPACKET, IPPROTO_SCTP);
    must(fd >= 0, "socket");
    for (int i = 3; i < argc; i++) {
        struct iovec iov = {argv[i], strlen(argv[i])};
        struct msghdr msg;

        memset(&msg, 0, sizeof(msg));
        msg.msg_name = to->ai_addr;
        msg.msg_namelen = to->ai_addrlen;
        msg.msg_iov = &iov;
        msg.msg_iovlen = 1;
        must(usctp_sendmsg(fd, &msg, 0) >= 0, "sendmsg");
        iov.iov_base = text;
        iov.iov_len = sizeof(text);
        msg.msg_name = NULL;
        msg.msg_namelen = 0;
        ssize_t len = usctp_recvmsg(fd, &msg, 0);
        must(len >= 0, "recvmsg");
        printf("%.*s\n", (int)len, text);
    }
    must(usctp_close(fd) == 0, "close");
    freeaddrinfo(to);
    return 0;
}
