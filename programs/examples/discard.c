/* SPDX-License-Identifier: BSD-3-Clause */
/* A discard server, one-to-one or (-m) one-to-many: takes what comes.   discard [-m] [PORT] */
#include "inetd_services.h"

int main(int argc, char **argv)
{
    static char bytes[1 << 16];
    int many;
    int fd = listen_as_asked(argc, argv, 9, &many);

    for (;;) {
        int client = many ? fd : usctp_accept(fd, NULL, NULL);

        must(client >= 0, "accept");
        while (usctp_recv(client, bytes, sizeof(bytes), 0) > 0) {
        }
        if (!many) {
            usctp_close(client);
        }
    }
}
