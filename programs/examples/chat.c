/* SPDX-License-Identifier: BSD-3-Clause */
/* A chat for two, driven by poll: what is typed goes to the other side, line by line, until either side ends
 * its input.   chat PORT (waits for somebody)   chat PORT ADDRESS (goes there) */
#include <arpa/inet.h>
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

static int meet(int port, const char *address)
{
    struct sockaddr_in name;
    int fd = usctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);

    must(fd >= 0, "socket");
    memset(&name, 0, sizeof(name));
    name.sin_family = AF_INET;
    name.sin_port = htons((unsigned short)port);
    if (address != NULL) {
        must(inet_pton(AF_INET, address, &name.sin_addr) == 1, address);
        must(usctp_connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0, "connect");
        return fd;
    }
    must(usctp_bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0, "bind");
    must(usctp_listen(fd, 1) == 0, "listen");
    int other = usctp_accept(fd, NULL, NULL);
    must(other >= 0, "accept");
    usctp_close(fd);
    return other;
}

int main(int argc, char **argv)
{
    char text[1024];

    if (argc < 2) {
        fprintf(stderr, "usage: chat PORT [ADDRESS]\n");
        return 2;
    }
    int fd = meet(atoi(argv[1]), argc > 2 ? argv[2] : NULL);
    struct pollfd fds[2] = {{STDIN_FILENO, POLLIN, 0}, {fd, POLLIN, 0}};
    for (;;) {
        must(usctp_poll(fds, 2, -1) > 0, "poll");
        if (fds[1].revents != 0) {
            ssize_t len = usctp_recv(fd, text, sizeof(text), 0);

            must(len >= 0, "recv");
            if (len == 0) {
                break;
            }
            must(write(STDOUT_FILENO, text, (size_t)len) == len, "write");
        }
        if (fds[0].revents != 0) {
            ssize_t len = read(STDIN_FILENO, text, sizeof(text));

            must(len >= 0, "read");
            if (len == 0) {
                usctp_shutdown(fd, SHUT_WR);
                fds[0].fd = -1; /* the other side may have more to say */
                continue;
            }
            must(usctp_send(fd, text, (size_t)len, 0) == len, "send");
        }
    }
    usctp_close(fd);
    return 0;
}
