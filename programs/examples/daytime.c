/* SPDX-License-Identifier: BSD-3-Clause */
/* A daytime server, one-to-one or (-m) one-to-many: tells who comes what time it is, and ends the association.
 *   daytime [-m] [PORT] */
#include <time.h>

#include "inetd_services.h"

static size_t tell_time(char *text, size_t len)
{
    time_t now = time(NULL);

    return strftime(text, len, "%A, %B %d, %Y %H:%M:%S UTC\n", gmtime(&now));
}

static void one_to_one(int fd)
{
    for (;;) {
        char text[64];
        int client = usctp_accept(fd, NULL, NULL);

        must(client >= 0, "accept");
        (void)usctp_send(client, text, tell_time(text, sizeof(text)), MSG_NOSIGNAL);
        usctp_close(client);
    }
}

/* An association comes up: it is told by a notification, answered, and shut down. */
static void one_to_many(int fd)
{
    struct sctp_event_subscribe events;
    union sctp_notification note;

    memset(&events, 0, sizeof(events));
    events.sctp_association_event = 1;
    must(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_EVENTS, &events, sizeof(events)) == 0,
         "setsockopt");
    for (;;) {
        struct sctp_sndrcvinfo info;
        char text[64];
        int flags = 0;
        int len = usctp_sctp_recvmsg(fd, &note, sizeof(note), NULL, NULL, NULL, &flags);

        must(len >= 0, "recvmsg");
        if ((flags & MSG_NOTIFICATION) == 0 || note.sn_header.sn_type != SCTP_ASSOC_CHANGE ||
            note.sn_assoc_change.sac_state != SCTP_COMM_UP) {
            continue;
        }
        memset(&info, 0, sizeof(info));
        info.sinfo_assoc_id = note.sn_assoc_change.sac_assoc_id;
        (void)usctp_sctp_send(fd, text, tell_time(text, sizeof(text)), &info, MSG_NOSIGNAL);
        info.sinfo_flags = SCTP_EOF;
        (void)usctp_sctp_send(fd, NULL, 0, &info, MSG_NOSIGNAL);
    }
}

int main(int argc, char **argv)
{
    int many;
    int fd = listen_as_asked(argc, argv, 13, &many);

    if (many) {
        one_to_many(fd);
    } else {
        one_to_one(fd);
    }
    return 0;
}
