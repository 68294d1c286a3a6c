/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer on libusrsctp for the interoperability tests, with the options of plan.h: one association
 * over a UDP socket of its own (AF_CONN: the library sees no addresses), in one thread. Prints
 * `ready UDPPORT`, and one line when the association has ended; goes on answering until its standard
 * input ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <usrsctp.h>

#include "plan.h"

#define BUFFER_LEN (1u << 16)
#define INTERLEAVING_SUPPORTED \
    0x1206 /* SCTP_INTERLEAVING_SUPPORTED: its header has no name for it. */
/* Everything that a plan sends fits: a message that does not fit whole is cut short by a send that
 * does not block. */
#define SEND_SPACE (64 << 20)
#define RECV_SPACE (4 << 20)

struct peer {
    struct plan plan;
    struct work work;
    int fd;                         /* UDP; */
    int ecn;                        /* what packets leave with (RFC 3168). */
    struct sockaddr_storage remote; /* Where packets go: given, or learned from the last one. */
    socklen_t remote_len;           /* 0: not known. */
    struct socket *listener, *sock; /* sock: the association. */
    int up, ended, status;
    int dry, ending, aborted;
    int renumbering;      /* An association reset was asked for. */
    uint32_t since_reset; /* Messages sent since a reset was asked for. */
    uint8_t *out;
    uint8_t in[BUFFER_LEN];
};

static int transmit(void *addr, void *buffer, size_t length, uint8_t tos, uint8_t set_df)
{
    struct peer *peer = addr;

    int ecn = tos & 3;

    (void)set_df;
    if (ecn != peer->ecn && setsockopt(peer->fd, IPPROTO_IP, IP_TOS, &ecn, sizeof(ecn)) == 0) {
        peer->ecn = ecn;
    }
    if (peer->remote_len != 0) {
        (void)sendto(peer->fd, buffer, length, 0, (struct sockaddr *)&peer->remote,
                     peer->remote_len);
    }
    return 0;
}

static void end(struct peer *peer)
{
    if (!peer->ended) {
        peer->ended = 1;
        peer->status = work_summary(&peer->work, "");
    }
}

static void set(struct peer *peer, struct socket *sock, int option, const void *value, size_t len,
                const char *what)
{
    if (usrsctp_setsockopt(sock, IPPROTO_SCTP, option, value, (socklen_t)len) != 0) {
        work_fail(&peer->work, "%s: %s", what, strerror(errno));
    }
}

/* Messages go under a shared key, and must come so (RFC 4895). */
static void authenticate(struct peer *peer, struct socket *sock)
{
    struct sctp_authchunk data = {0}, i_data = {64};
    struct sctp_authkeyid id;
    union {
        struct sctp_authkey key;
        uint8_t bytes[256];
    } u;
    size_t header_len = offsetof(struct sctp_authkey, sca_key);
    size_t len = strlen(peer->plan.auth);

    memset(&u, 0, sizeof(u));
    memset(&id, 0, sizeof(id));
    u.key.sca_keynumber = id.scact_keynumber = 1;
    u.key.sca_keylength = (uint16_t)len;
    memcpy(u.bytes + header_len, peer->plan.auth, len);
    set(peer, sock, SCTP_AUTH_CHUNK, &data, sizeof(data), "SCTP_AUTH_CHUNK");
    set(peer, sock, SCTP_AUTH_CHUNK, &i_data, sizeof(i_data), "SCTP_AUTH_CHUNK");
    set(peer, sock, SCTP_AUTH_KEY, &u, header_len + len, "SCTP_AUTH_KEY");
    set(peer, sock, SCTP_AUTH_ACTIVE_KEY, &id, sizeof(id), "SCTP_AUTH_ACTIVE_KEY");
}

static struct socket *open_socket(struct peer *peer)
{
    static const uint16_t events[] = {SCTP_ASSOC_CHANGE,      SCTP_SHUTDOWN_EVENT,
                                      SCTP_SENDER_DRY_EVENT,  SCTP_PARTIAL_DELIVERY_EVENT,
                                      SCTP_ASSOC_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT};
    struct socket *sock = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    struct sctp_initmsg init = {0, 0, 0, 0};
    struct sctp_event event = {SCTP_FUTURE_ASSOC, 0, 1};
    struct sctp_assoc_value enable = {SCTP_FUTURE_ASSOC, 0};
    struct sockaddr_conn name;
    int on = 1;
    int send_space = SEND_SPACE;
    int recv_space = RECV_SPACE;

    if (sock == NULL) {
        return NULL;
    }
    usrsctp_set_non_blocking(sock, 1);
    init.sinit_num_ostreams = (uint16_t)peer->work.out_streams;
    init.sinit_max_instreams = peer->plan.streams;
    set(peer, sock, SCTP_INITMSG, &init, sizeof(init), "SCTP_INITMSG");
    set(peer, sock, SCTP_RECVRCVINFO, &on, sizeof(on), "SCTP_RECVRCVINFO");
    set(peer, sock, SCTP_NODELAY, &on, sizeof(on), "SCTP_NODELAY");
    enable.assoc_value =
        SCTP_ENABLE_RESET_STREAM_REQ | SCTP_ENABLE_RESET_ASSOC_REQ | SCTP_ENABLE_CHANGE_ASSOC_REQ;
    set(peer, sock, SCTP_ENABLE_STREAM_RESET, &enable, sizeof(enable), "SCTP_ENABLE_STREAM_RESET");
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        event.se_type = events[i];
        set(peer, sock, SCTP_EVENT, &event, sizeof(event), "SCTP_EVENT");
    }
    if (peer->plan.auth != NULL) {
        authenticate(peer, sock);
    }
    if (peer->plan.interleave) {
        struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 1};
        int level = 2;

        set(peer, sock, SCTP_FRAGMENT_INTERLEAVE, &level, sizeof(level),
            "SCTP_FRAGMENT_INTERLEAVE");
        set(peer, sock, INTERLEAVING_SUPPORTED, &value, sizeof(value), "interleaving");
        value.assoc_value = SCTP_SS_ROUND_ROBIN;
        set(peer, sock, SCTP_PLUGGABLE_SS, &value, sizeof(value), "SCTP_PLUGGABLE_SS");
    }
    usrsctp_setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &send_space, sizeof(send_space));
    usrsctp_setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &recv_space, sizeof(recv_space));
    memset(&name, 0, sizeof(name));
    name.sconn_family = AF_CONN;
    name.sconn_port = htons(peer->plan.port);
    name.sconn_addr = peer;
    if (usrsctp_bind(sock, (struct sockaddr *)&name, sizeof(name)) != 0) {
        work_fail(&peer->work, "bind: %s", strerror(errno));
    }
    return sock;
}

static void open_association(struct peer *peer)
{
    struct socket *sock = open_socket(peer);
    struct sockaddr_conn name;

    if (sock == NULL) {
        work_fail(&peer->work, "socket: %s", strerror(errno));
        return;
    }
    if (peer->plan.listen) {
        peer->listener = sock;
        if (usrsctp_listen(sock, 1) != 0) {
            work_fail(&peer->work, "listen: %s", strerror(errno));
        }
        return;
    }
    peer->sock = sock;
    memset(&name, 0, sizeof(name));
    name.sconn_family = AF_CONN;
    name.sconn_port = htons(peer->plan.remote_port);
    name.sconn_addr = peer;
    if (usrsctp_connect(sock, (struct sockaddr *)&name, sizeof(name)) != 0 &&
        errno != EINPROGRESS) {
        work_fail(&peer->work, "connect: %s", strerror(errno));
    }
}

/* Asks for a reset of all outgoing streams, if it is time; while one is under way it is refused. */
static void reset_streams(struct peer *peer)
{
    struct sctp_reset_streams request;

    if (peer->plan.reset_every == 0 || ++peer->since_reset < peer->plan.reset_every) {
        return;
    }
    memset(&request, 0, sizeof(request));
    request.srs_flags = SCTP_STREAM_RESET_OUTGOING;
    if (usrsctp_setsockopt(peer->sock, IPPROTO_SCTP, SCTP_RESET_STREAMS, &request,
                           (socklen_t)sizeof(request)) == 0) {
        peer->since_reset = 0;
    }
}

/* Asks for the streams that are missing. */
static void add_streams(struct peer *peer)
{
    uint16_t cnt = (uint16_t)(peer->plan.streams - peer->plan.start_streams);
    struct sctp_add_streams request = {0, peer->plan.add_in ? cnt : 0,
                                       peer->plan.add_out ? cnt : 0};

    if (peer->plan.add_in || peer->plan.add_out) {
        set(peer, peer->sock, SCTP_ADD_STREAMS, &request, sizeof(request), "SCTP_ADD_STREAMS");
    }
}

static void come_up(struct peer *peer)
{
    if (!peer->up) {
        peer->up = 1;
        add_streams(peer);
    }
}

/* Asks for an association reset, until it is taken. */
static void renumber(struct peer *peer)
{
    sctp_assoc_t id = 0;

    if (!peer->renumbering && usrsctp_setsockopt(peer->sock, IPPROTO_SCTP, SCTP_RESET_ASSOC, &id,
                                                 (socklen_t)sizeof(id)) == 0) {
        peer->renumbering = 1;
    }
}

static void on_renumbered(struct peer *peer, const struct sctp_assoc_reset_event *event)
{
    peer->work.renumbered = 1;
    if ((event->assocreset_flags & (SCTP_ASSOC_RESET_DENIED | SCTP_ASSOC_RESET_FAILED)) != 0) {
        work_fail(&peer->work, "the association was not reset");
    }
}

static void on_added(struct peer *peer, const struct sctp_stream_change_event *event)
{
    peer->work.out_streams = event->strchange_outstrms;
    if ((event->strchange_flags & (SCTP_STREAM_CHANGE_DENIED | SCTP_STREAM_CHANGE_FAILED)) != 0) {
        work_fail(&peer->work, "no streams were added");
    }
}

static void send_all(struct peer *peer)
{
    int64_t next;

    while (!peer->ending && (next = work_next(&peer->work)) >= 0) {
        struct sctp_sendv_spa info;
        uint32_t i = (uint32_t)next;
        size_t len = plan_len(&peer->plan, i);

        plan_fill(i, 0, peer->out, len);
        memset(&info, 0, sizeof(info));
        info.sendv_flags = SCTP_SEND_SNDINFO_VALID;
        info.sendv_sndinfo.snd_sid = plan_stream(&peer->plan, i);
        info.sendv_sndinfo.snd_ppid = htonl(PLAN_PPID + i);
        info.sendv_sndinfo.snd_flags = plan_unordered(&peer->plan, i) ? SCTP_UNORDERED : 0;
        if (plan_gives_up(&peer->plan, i)) {
            info.sendv_flags |= SCTP_SEND_PRINFO_VALID;
            info.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX; /* value 0: never again */
        }
        ssize_t n = usrsctp_sendv(peer->sock, peer->out, len, NULL, 0, &info, sizeof(info),
                                  SCTP_SENDV_SPA, 0);
        if (n < 0 && (errno == EWOULDBLOCK || errno == EAGAIN)) {
            return;
        }
        if (n != (ssize_t)len) {
            work_fail(&peer->work, "sending message %u: %s", (unsigned)i, strerror(errno));
            peer->ending = 1;
            return;
        }
        peer->dry = 0;
        work_sent(&peer->work);
        reset_streams(peer);
    }
}

static void send_abort(struct peer *peer)
{
    struct sctp_sndinfo info;

    memset(&info, 0, sizeof(info));
    info.snd_flags = SCTP_ABORT;
    peer->aborted = 1;
    if (usrsctp_sendv(peer->sock, "enough", 6, NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO,
                      0) < 0) {
        work_fail(&peer->work, "aborting: %s", strerror(errno));
    }
    work_ended(&peer->work, PLAN_END_ABORT, 0);
    end(peer);
}

static void pump(struct peer *peer)
{
    if (!peer->up || peer->ended) {
        return;
    }
    if (work_vanishes(&peer->work)) {
        work_summary(&peer->work, "vanished");
        _exit(peer->work.failed);
    }
    send_all(peer);
    if (work_renumbers(&peer->work)) {
        renumber(peer);
    }
    if (!work_complete(&peer->work) || peer->ending) {
        return;
    }
    if (peer->plan.end == PLAN_END_SHUTDOWN) {
        peer->ending = 1;
        usrsctp_shutdown(peer->sock, SHUT_WR);
    } else if (peer->plan.end == PLAN_END_ABORT && (peer->dry || peer->work.out_cnt == 0)) {
        peer->ending = 1;
        send_abort(peer);
    }
}

/* The other side has given up: did nothing get through, for want of the right key? */
static void check_stuck(struct peer *peer)
{
    struct sctpstat stats;

    usrsctp_get_stat(&stats);
    if (peer->work.in_cnt != 0 || stats.sctps_recvauthfailed == 0) {
        work_fail(&peer->work, "it was not stuck; %u MACs were wrong",
                  (unsigned)stats.sctps_recvauthfailed);
    }
}

static void on_change(struct peer *peer, const struct sctp_assoc_change *change)
{
    switch (change->sac_state) {
    case SCTP_COMM_UP:
        come_up(peer);
        break;
    case SCTP_RESTART:
        work_restart(&peer->work);
        break;
    case SCTP_SHUTDOWN_COMP:
        work_ended(&peer->work, PLAN_END_SHUTDOWN, 0);
        end(peer);
        break;
    case SCTP_COMM_LOST:
        if (peer->plan.stuck) {
            check_stuck(peer);
        } else {
            /* No flag tells a timeout from an ABORT; a timeout takes longer than any test. */
            work_ended(&peer->work, PLAN_END_ABORT, !peer->aborted);
        }
        end(peer);
        break;
    default:
        work_fail(&peer->work, "the association could not start");
        end(peer);
        break;
    }
}

static void on_notification(struct peer *peer)
{
    union sctp_notification note;

    memcpy(&note, peer->in, sizeof(note));
    switch (note.sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
        on_change(peer, &note.sn_assoc_change);
        break;
    case SCTP_SENDER_DRY_EVENT:
        peer->dry = 1;
        break;
    case SCTP_ASSOC_RESET_EVENT:
        on_renumbered(peer, &note.sn_assocreset_event);
        break;
    case SCTP_STREAM_CHANGE_EVENT:
        on_added(peer, &note.sn_strchange_event);
        break;
    case SCTP_PARTIAL_DELIVERY_EVENT:
        /* A message whose rest will never come; only a restart makes that, or a peer that gives up. */
        if (peer->plan.restarts == 0 && !peer->plan.give_up) {
            work_fail(&peer->work, "partial delivery aborted");
        }
        break;
    default:
        break;
    }
}

/* Reads all there is. */
static void read_all(struct peer *peer)
{
    while (!peer->ended) {
        struct sctp_rcvinfo info;
        socklen_t info_len = sizeof(info);
        unsigned type = 0;
        int flags = 0;
        ssize_t n = usrsctp_recvv(peer->sock, peer->in, BUFFER_LEN, NULL, NULL, &info, &info_len,
                                  &type, &flags);
        if (n <= 0) {
            return;
        }
        if ((flags & MSG_NOTIFICATION) != 0) {
            on_notification(peer);
        } else if (type != SCTP_RECVV_RCVINFO) {
            work_fail(&peer->work, "a message without its stream");
        } else {
            work_take(&peer->work, info.rcv_sid, (info.rcv_flags & SCTP_UNORDERED) != 0,
                      ntohl(info.rcv_ppid), peer->in, (size_t)n, (flags & MSG_EOR) != 0);
        }
    }
}

/* Everything that may be possible after packets or time. */
static void serve(struct peer *peer)
{
    if (peer->sock == NULL && peer->listener != NULL) {
        peer->sock = usrsctp_accept(peer->listener, NULL, NULL);
        if (peer->sock != NULL) {
            usrsctp_set_non_blocking(peer->sock, 1);
            come_up(peer);
        }
    }
    if (peer->sock != NULL && !peer->ended) {
        pump(peer);
        read_all(peer);
        pump(peer);
    }
}

/* What routers have written into the header of a packet (IPv4). */
static uint8_t ecn_of(struct msghdr *msg)
{
    uint8_t tos = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
            memcpy(&tos, CMSG_DATA(c), 1);
        }
    }
    return tos & 3;
}

static void receive_packets(struct peer *peer)
{
    uint8_t packet[1 << 16];

    for (int i = 0; i < 64; i++) {
        struct sockaddr_storage from;
        union {
            struct cmsghdr align;
            uint8_t bytes[64];
        } control;
        struct iovec iov = {packet, sizeof(packet)};
        struct msghdr msg;

        memset(&msg, 0, sizeof(msg));
        msg.msg_name = &from;
        msg.msg_namelen = sizeof(from);
        msg.msg_iov = &iov;
        msg.msg_iovlen = 1;
        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control);
        ssize_t n = recvmsg(peer->fd, &msg, 0);
        if (n < 0) {
            return;
        }
        if (peer->remote_len == 0) {
            peer->remote = from;
            peer->remote_len = msg.msg_namelen;
        }
        usrsctp_conninput(peer, packet, (size_t)n, ecn_of(&msg));
        serve(peer);
    }
}

static uint64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

/* 0 when standard input has ended. */
static int input_goes_on(const struct pollfd *fd)
{
    char buf[64];

    return fd->revents == 0 || read(fd->fd, buf, sizeof(buf)) > 0;
}

static void run(struct peer *peer)
{
    uint64_t last = now_ms();
    uint64_t deadline = last + peer->plan.deadline_s * UINT64_C(1000);

    for (;;) {
        struct pollfd fds[2] = {{peer->fd, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        poll(fds, 2, 10);
        uint64_t now = now_ms();
        usrsctp_handle_timers((uint32_t)(now - last));
        last = now;
        receive_packets(peer);
        serve(peer);
        if (!input_goes_on(&fds[1])) {
            return;
        }
        if (now >= deadline) {
            work_fail(&peer->work, "deadline; %u of %u messages received",
                      (unsigned)peer->work.in_cnt, (unsigned)peer->plan.expect_cnt);
            end(peer);
            return;
        }
    }
}

static socklen_t make_addr(struct sockaddr_storage *to, const char *text, uint16_t port)
{
    struct sockaddr_in sin;
    struct sockaddr_in6 sin6;

    memset(&sin, 0, sizeof(sin));
    memset(&sin6, 0, sizeof(sin6));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    sin6.sin6_family = AF_INET6;
    sin6.sin6_port = htons(port);
    if (inet_pton(AF_INET, text, &sin.sin_addr) == 1) {
        memcpy(to, &sin, sizeof(sin));
        return sizeof(sin);
    }
    if (inet_pton(AF_INET6, text, &sin6.sin6_addr) == 1) {
        memcpy(to, &sin6, sizeof(sin6));
        return sizeof(sin6);
    }
    return 0;
}

static uint16_t port_of(const struct sockaddr_storage *addr)
{
    struct sockaddr_in sin;
    struct sockaddr_in6 sin6;

    memcpy(&sin, addr, sizeof(sin));
    memcpy(&sin6, addr, sizeof(sin6));
    return ntohs(addr->ss_family == AF_INET ? sin.sin_port : sin6.sin6_port);
}

static int open_udp(struct peer *peer)
{
    struct sockaddr_storage local;
    int space = 4 << 20;
    int on = 1;
    socklen_t len = make_addr(&local, peer->plan.local[0], peer->plan.local_udp);

    if (peer->plan.remote_cnt != 0) {
        peer->remote_len = make_addr(&peer->remote, peer->plan.remote[0], peer->plan.remote_udp);
    }
    peer->fd = socket(local.ss_family, SOCK_DGRAM, 0);
    if (len == 0 || peer->fd < 0 || bind(peer->fd, (struct sockaddr *)&local, len) != 0) {
        perror("peer_usrsctp: UDP socket");
        return -1;
    }
    (void)setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUF, &space, sizeof(space));
    (void)setsockopt(peer->fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
    fcntl(peer->fd, F_SETFL, fcntl(peer->fd, F_GETFL) | O_NONBLOCK);
    getsockname(peer->fd, (struct sockaddr *)&local, &len);
    printf("ready %u\n", (unsigned)port_of(&local));
    fflush(stdout);
    return 0;
}

static void set_up_library(struct peer *peer)
{
    usrsctp_init_nothreads(0, transmit, NULL);
    usrsctp_register_address(peer);
    usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
    usrsctp_sysctl_set_sctp_sendspace(SEND_SPACE);
    usrsctp_sysctl_set_sctp_recvspace(RECV_SPACE);
    usrsctp_sysctl_set_sctp_max_chunks_on_queue(65536);
    usrsctp_sysctl_set_sctp_ecn_enable((uint32_t)peer->plan.ecn);
    if (peer->plan.rto_min_ms != 0) {
        usrsctp_sysctl_set_sctp_rto_min_default(peer->plan.rto_min_ms);
    }
}

int main(int argc, char **argv)
{
    static struct peer peer;
    uint32_t largest = 1;

    peer.status = 1;
    if (plan_parse(&peer.plan, "peer_usrsctp", argc, argv) != 0 ||
        work_init(&peer.work, &peer.plan) != 0) {
        return 2;
    }
    for (size_t i = 0; i < peer.plan.size_cnt; i++) {
        largest = peer.plan.sizes[i] > largest ? peer.plan.sizes[i] : largest;
    }
    peer.out = malloc(largest);
    if (peer.out == NULL || open_udp(&peer) != 0) {
        return 2;
    }
    set_up_library(&peer);
    open_association(&peer);
    run(&peer);
    /* The library is left as it is: closing it would send an ABORT or wait for timers. */
    fflush(stdout);
    _exit(peer.status);
}
