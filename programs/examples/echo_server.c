/* SPDX-License-Identifier: BSD-3-Clause */
/* An echo server, one-to-one or (-m) one-to-many: sends each message back on the stream it came on.
 *   echo_server [-m] [PORT] */
#include "inetd_services.h"

/* Reads a message of which the rest may be longer than the buffer, and sends it back part by part. */
static int echo(int fd)
{
    static char text[1 << 18];
    struct sctp_sndrcvinfo info;
    int flags = 0;

    memset(&info, 0, sizeof(info));
    int len = usctp_sctp_recvmsg(fd, text, sizeof(text), NULL, NULL, &info, &flags);
    if (len <= 0 || (flags & MSG_NOTIFICATION) != 0) {
        return len;
    }
    info.sinfo_flags &= SCTP_UNORDERED;
    return usctp_sctp_send(fd, text, (size_t)len, &info, MSG_NOSIGNAL);
}

static void want_info(int fd)
{
    struct sctp_event_subscribe events;

    memset(&events, 0, sizeof(events));
    events.sctp_data_io_event = 1;
    must(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_EVENTS, &events, sizeof(events)) == 0,
         "setsockopt");
}

int main(int argc, char **argv)
{
    int many;
    int fd = listen_as_asked(argc, argv, 7, &many);

    want_info(fd);
    for (;;) {
        if (many) {
            (void)echo(fd);
            continue;
        }
        int client = usctp_accept(fd, NULL, NULL);
        must(client >= 0, "accept");
        while (echo(client) > 0) {
        }
        usctp_close(client);
    }
}
