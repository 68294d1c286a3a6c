/* SPDX-License-Identifier: BSD-3-Clause */
/* A TCP echo server, moved to SCTP. This is all that changed:
 *
 *     --- tcp
 *     +++ sctp
 *     @@
 *      #include <sys/socket.h>
 *      #include <unistd.h>
 *     +#include <usctp/plain.h>
 *     @@
 *     -    int listener = socket(AF_INET, SOCK_STREAM, 0);
 *     +    int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
 *
 *   tcp_echo [PORT] */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <usctp/plain.h>

int main(int argc, char **argv)
{
    struct sockaddr_in name;
    char text[4096];

    memset(&name, 0, sizeof(name));
    name.sin_family = AF_INET;
    name.sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 7));
    int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    if (listener < 0 || bind(listener, (struct sockaddr *)&name, sizeof(name)) != 0 ||
        listen(listener, 5) != 0) {
        perror("tcp_echo");
        return 1;
    }
    for (;;) {
        int client = accept(listener, NULL, NULL);
        ssize_t len;

        if (client < 0) {
            perror("accept");
            return 1;
        }
        while ((len = read(client, text, sizeof(text))) > 0 &&
               write(client, text, (size_t)len) == len) {
        }
        close(client);
    }
}
