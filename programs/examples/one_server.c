/* SPDX-License-Identifier: BSD-3-Clause */
/* The one-to-one server of sctp(7): socket, bind, listen, accept, recv, send, close. Serves so many clients,
 * one after the other.   one_server PORT [COUNT] */
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
    struct sockaddr_in6 name;
    char text[65536];
    int count = argc > 2 ? atoi(argv[2]) : 1;

    int fd = usctp_socket(AF_INET6, SOCK_STREAM, IPPROTO_SCTP);
    must(fd >= 0, "socket");
    memset(&name, 0, sizeof(name));
    name.sin6_family = AF_INET6;
    name.sin6_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 7));
    must(usctp_bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0, "bind");
    must(usctp_listen(fd, 5) == 0, "listen");
    while (count-- > 0) {
        ssize_t len;
        int client = usctp_accept(fd, NULL, NULL);

        must(client >= 0, "accept");
        while ((len = usctp_recv(client, text, sizeof(text), 0)) > 0) {
            must(usctp_send(client, text, (size_t)len, 0) == len, "send");
        }
        must(len == 0, "recv");
        must(usctp_close(client) == 0, "close");
    }
    must(usctp_close(fd) == 0, "close");
    return 0;
}
