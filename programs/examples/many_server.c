/* SPDX-License-Identifier: BSD-3-Clause */
/* The one-to-many server of sctp(7): socket, bind, listen, recvmsg, sendmsg, close. Sends back what the
 * first so many messages say, whoever they come from.   many_server PORT [COUNT] */
#include <netinet/in.h>
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
    struct sockaddr_in6 name, from;
    char text[65536];
    int count = argc > 2 ? atoi(argv[2]) : 1;

    int fd = usctp_socket(AF_INET6, SOCK_SEQPACKET, IPPROTO_SCTP);
    must(fd >= 0, "socket");
    memset(&name, 0, sizeof(name));
    name.sin6_family = AF_INET6;
    name.sin6_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 7));
    must(usctp_bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0, "bind");
    must(usctp_listen(fd, 1) == 0, "listen");
    while (count-- > 0) {
        struct iovec iov = {text, sizeof(text)};
        struct msghdr msg;

        memset(&msg, 0, sizeof(msg));
        msg.msg_name = &from;
        msg.msg_namelen = sizeof(from);
        msg.msg_iov = &iov;
        msg.msg_iovlen = 1;
        ssize_t len = usctp_recvmsg(fd, &msg, 0);
        must(len >= 0, "recvmsg");
        iov.iov_len = (size_t)len;
        must(usctp_sendmsg(fd, &msg, 0) == len, "sendmsg");
    }
    must(usctp_close(fd) == 0, "close"); /* shuts down what stands; exit waits for it */
    return 0;
}
