/* SPDX-License-Identifier: BSD-3-Clause */
/* A chat for two, driven by poll: what is typed goes to the other side, line by line, until either side ends
 * its input.   chat PORT (waits for somebody)   chat PORT ADDRESS (goes there) */
#include <errno.h>
#include <netdb.h>
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

static int meet(const char *port, const char *address)
{
    struct addrinfo hints, *name;

    memset(&hints, 0, sizeof(hints));
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(address, port, &hints, &name) != 0) {
        fprintf(stderr, "chat: no address: %s %s\n", address != NULL ? address : "", port);
        exit(2);
    }
    int fd = usctp_socket(name->ai_family, SOCK_STREAM, IPPROTO_SCTP);
    must(fd >= 0, "socket");
    if (address != NULL) {
        must(usctp_connect(fd, name->ai_addr, name->ai_addrlen) == 0, "connect");
        freeaddrinfo(name);
        return fd;
    }
    must(usctp_bind(fd, name->ai_addr, name->ai_addrlen) == 0, "bind");
    must(usctp_listen(fd, 1) == 0, "listen");
    freeaddrinfo(name);
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
    int fd = meet(argv[1], argc > 2 ? argv[2] : NULL);
    struct pollfd fds[2] = {{STDIN_FILENO, POLLIN, 0}, {fd, POLLIN, 0}};
    for (;;) {
        must(usctp_poll(fds, 2, -1) > 0, "poll");
        if (fds[1].revents != 0) {
            ssize_t len = usctp_recv(fd, text, sizeof(text), 0);

            if (len == 0 || (len < 0 && errno == ENOTCONN)) {
                break; /* the other side ended it, or both have */
            }
            must(len > 0, "recv");
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
