/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other side of peer_asconf.c, on libusrsctp: waits for one association with its first local address,
 * takes and tells the same lines, and says back what it hears. It sees IP addresses, so that it opens UDP
 * and raw sockets of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <usrsctp.h>

#include "plan.h"

static struct plan plan;
static struct socket *sock;
static sctp_assoc_t assoc_id;

static void fail(const char *what)
{
    fprintf(stderr, "peer_usrsctp_asconf: %s: %s\n", what, strerror(errno));
    _exit(2);
}

static void on_change(const struct sctp_paddr_change *change)
{
    static const char *const names[] = {"",      "up",      "down",     "removed",
                                        "added", "primary", "confirmed"};
    const char *name = change->spc_state < 7 ? names[change->spc_state] : "";
    char text[INET6_ADDRSTRLEN] = "";
    struct sockaddr_in sin;

    memcpy(&sin, &change->spc_aaddr, sizeof(sin));
    inet_ntop(AF_INET, &sin.sin_addr, text, sizeof(text));
    printf("path %s %s\n", name, text);
}

static int receive(struct socket *from, union sctp_sockstore addr, void *data, size_t len,
                   struct sctp_rcvinfo info, int flags, void *ctx)
{
    union sctp_notification note;

    (void)from;
    (void)addr;
    (void)ctx;
    if (data == NULL) {
        return 1;
    }
    if ((flags & MSG_NOTIFICATION) != 0) {
        memset(&note, 0, sizeof(note));
        memcpy(&note, data, len < sizeof(note) ? len : sizeof(note));
        if (note.sn_header.sn_type == SCTP_PEER_ADDR_CHANGE) {
            on_change(&note.sn_paddr_change);
        } else if (note.sn_header.sn_type == SCTP_ASSOC_CHANGE) {
            assoc_id = note.sn_assoc_change.sac_assoc_id;
            printf("%s\n", note.sn_assoc_change.sac_state == SCTP_COMM_UP ? "up" : "closed");
        }
    } else {
        struct sctp_sndinfo snd;

        memset(&snd, 0, sizeof(snd));
        snd.snd_ppid = htonl(PLAN_PPID);
        snd.snd_assoc_id = info.rcv_assoc_id;
        printf("heard %.*s\n", (int)len, (const char *)data);
        if (usrsctp_sendv(sock, data, len, NULL, 0, &snd, sizeof(snd), SCTP_SENDV_SNDINFO, 0) < 0) {
            printf("failed to say: %s\n", strerror(errno));
        }
    }
    fflush(stdout);
    free(data);
    return 1;
}

static struct sockaddr_in name_of(const char *text)
{
    struct sockaddr_in sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
#ifdef HAVE_SIN_LEN
    sin.sin_len = sizeof(sin);
#endif
    sin.sin_port = htons(plan.port);
    if (inet_pton(AF_INET, text, &sin.sin_addr) != 1) {
        fail(text);
    }
    return sin;
}

static void obey(char *line)
{
    char *rest = strchr(line, ' ');
    int result = 0;

    if (rest == NULL) {
        return;
    }
    *rest++ = '\0';
    struct sockaddr_in sin = name_of(rest);
    if (strcmp(line, "primary") == 0) {
        struct sctp_setpeerprim prim;

        memset(&prim, 0, sizeof(prim));
        prim.sspp_assoc_id = assoc_id;
        memcpy(&prim.sspp_addr, &sin, sizeof(sin));
        result = usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_SET_PEER_PRIMARY_ADDR, &prim,
                                    (socklen_t)sizeof(prim));
    } else {
        result =
            usrsctp_bindx(sock, (struct sockaddr *)&sin, 1,
                          strcmp(line, "add") == 0 ? SCTP_BINDX_ADD_ADDR : SCTP_BINDX_REM_ADDR);
    }
    if (result != 0) {
        printf("failed %s: %s\n", line, strerror(errno));
        fflush(stdout);
    }
}

static void open_socket(void)
{
    static const uint16_t events[] = {SCTP_ASSOC_CHANGE, SCTP_PEER_ADDR_CHANGE};
    struct sctp_event event = {SCTP_FUTURE_ASSOC, 0, 1};
    struct sctp_assoc_value on = {SCTP_FUTURE_ASSOC, 1};
    struct sctp_udpencaps encaps;
    struct sockaddr_in name = name_of(plan.local[0]);

    usrsctp_init(plan.local_udp, NULL, NULL);
    usrsctp_sysctl_set_sctp_blackhole(2);
    usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
    sock = usrsctp_socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP, receive, NULL, 0, NULL);
    if (sock == NULL) {
        fail("socket");
    }
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        event.se_type = events[i];
        if (usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof(event)) != 0) {
            fail("SCTP_EVENT");
        }
    }
    memset(&encaps, 0, sizeof(encaps));
    encaps.sue_address.ss_family = AF_INET;
    encaps.sue_port = htons(plan.remote_udp);
    if (usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps,
                           sizeof(encaps)) != 0 ||
        usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_AUTH_SUPPORTED, &on, sizeof(on)) != 0 ||
        usrsctp_setsockopt(sock, IPPROTO_SCTP, SCTP_ASCONF_SUPPORTED, &on, sizeof(on)) != 0) {
        fail("setsockopt");
    }
    if (usrsctp_bind(sock, (struct sockaddr *)&name, sizeof(name)) != 0 ||
        usrsctp_listen(sock, 1) != 0) {
        fail("bind");
    }
    printf("ready\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[256];

    if (plan_parse(&plan, "peer_usrsctp_asconf", argc, argv) != 0) {
        return 2;
    }
    open_socket();
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        obey(line);
    }
    /* The library is left as it is: closing it would send an ABORT or wait for timers. */
    _exit(0);
}
