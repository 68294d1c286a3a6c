/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many clients of one echo server, each on a socket of its own, in one process: each exchanges so many messages
 * with it. A third of them goes over 127.0.0.1; then that path is cut, in both directions, until each client has
 * its second third, over 127.0.0.2.
 *
 *     socket_load PORT CLIENTS MESSAGES
 *
 * Messages 0: 1,000, or fewer with sanitizers. Nothing is timed here; whoever runs this has a guard.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <usctp/driver.h>
#include <usctp/socket.h>

#include "socket/host.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(SANITIZED)
enum { DEFAULT_MESSAGES = 50 };
#else
enum { DEFAULT_MESSAGES = 1000 };
#endif

enum { AHEAD = 32, MESSAGE_LEN = 64 };

struct client {
    int fd;
    unsigned index;
    unsigned sent, got; /* messages */
    bool over;          /* the server has seen our end, and we its */
};

/* What a message says, so that each is told from all others. */
struct message {
    unsigned client, number;
    char rest[MESSAGE_LEN - 2 * sizeof(unsigned)];
};

static int epoll;
static usctp_host *host;
static struct client *clients;
static unsigned client_cnt, message_cnt;
static unsigned limit;         /* messages that each client may exchange for now */
static unsigned done;          /* clients that have */
static bool cut;               /* 127.0.0.1 is out of reach */
static unsigned long lost_cnt; /* packets */

static void must(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

static void lie(const char *what, const struct client *client)
{
    fprintf(stderr, "%s: client %u, message %u\n", what, client->index, client->got);
    exit(1);
}

/* --- The path ------------------------------------------------------------------------------------------ */

static int filter(void *user, int outbound, const struct usctp_dgram *dgram)
{
    (void)user;
    (void)outbound;
    if (!cut || dgram->remote.family != USCTP_AF_IPV4 || dgram->remote.bytes[3] != 1) {
        return 0;
    }
    lost_cnt++;
    return 1;
}

static void set_filter(void)
{
    must(host->driver_cnt > 0, "drivers");
    for (size_t i = 0; i < host->driver_cnt; i++) {
        usctp_driver_set_filter(host->drivers[i], filter, NULL);
    }
}

/* --- Clients ------------------------------------------------------------------------------------------- */

/* A dead path is left soon, a slow machine never given up. */
static void hurry(int fd)
{
    struct sctp_rtoinfo rto;
    struct sctp_paddrparams path;
    struct sctp_assocparams assoc;
    struct sctp_initmsg init;

    memset(&rto, 0, sizeof(rto));
    rto.srto_initial = rto.srto_min = 100;
    rto.srto_max = 200;
    must(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof(rto)) == 0, "SCTP_RTOINFO");
    memset(&path, 0, sizeof(path));
    path.spp_flags = SPP_HB_ENABLE;
    path.spp_hbinterval = 500;
    path.spp_pathmaxrxt = 2;
    must(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof(path)) == 0,
         "SCTP_PEER_ADDR_PARAMS");
    memset(&assoc, 0, sizeof(assoc));
    assoc.sasoc_asocmaxrxt = 10000;
    must(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_ASSOCINFO, &assoc, sizeof(assoc)) == 0,
         "SCTP_ASSOCINFO");
    memset(&init, 0, sizeof(init));
    init.sinit_max_attempts = 10000;
    must(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof(init)) == 0,
         "SCTP_INITMSG");
}

static void begin(struct client *client, int port)
{
    struct sockaddr_in here[2], there[2];
    struct epoll_event event;

    memset(here, 0, sizeof(here));
    for (int i = 0; i < 2; i++) {
        here[i].sin_family = AF_INET;
        here[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)i);
        there[i] = here[i];
        there[i].sin_port = htons((unsigned short)port);
    }
    client->fd = usctp_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP);
    must(client->fd >= 0, "socket");
    hurry(client->fd);
    must(usctp_sctp_bindx(client->fd, (struct sockaddr *)here, 1, SCTP_BINDX_ADD_ADDR) == 0,
         "bindx");
    must(usctp_sctp_bindx(client->fd, (struct sockaddr *)&here[1], 1, SCTP_BINDX_ADD_ADDR) == 0,
         "bindx of the second address");
    must(usctp_sctp_connectx(client->fd, (struct sockaddr *)there, 2, NULL) == 0 ||
             errno == EINPROGRESS,
         "connectx");
    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = client;
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) == 0, "epoll_ctl");
}

static bool send_some(struct client *client)
{
    struct message message;
    bool any = false;

    memset(&message, 0, sizeof(message));
    while (client->sent < limit && client->sent - client->got < AHEAD) {
        message.client = client->index;
        message.number = client->sent;
        if (usctp_send(client->fd, &message, sizeof(message), MSG_NOSIGNAL) < 0) {
            must(errno == EAGAIN, "send");
            break;
        }
        client->sent++;
        any = true;
    }
    return any;
}

static bool receive_some(struct client *client)
{
    struct message message;
    bool any = false;

    for (;;) {
        ssize_t len = usctp_recv(client->fd, &message, sizeof(message), 0);

        if (len < 0 && errno == EAGAIN) {
            return any;
        }
        if (client->got == message_cnt && (len == 0 || errno == ENOTCONN)) {
            done += !client->over;
            client->over = true;
            return false;
        }
        must(len > 0, "recv");
        if (len != (ssize_t)sizeof(message) || message.client != client->index ||
            message.number != client->got || client->got == client->sent) {
            lie("a message that was not sent", client);
        }
        any = true;
        done += ++client->got == limit;
    }
}

static void serve(struct client *client)
{
    bool more = !client->over;

    while (more) {
        more = send_some(client);
        more = receive_some(client) || more;
    }
}

/* Until all clients have done what they may. */
static void run(void)
{
    struct epoll_event events[64];

    done = 0;
    for (unsigned i = 0; i < client_cnt; i++) {
        serve(&clients[i]);
    }
    while (done < client_cnt) {
        int n = epoll_wait(epoll, events, 64, -1);

        must(n >= 0 || errno == EINTR, "epoll_wait");
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == host) {
                must(usctp_host_process(host) == 0, "process");
            } else {
                serve(events[i].data.ptr);
            }
        }
    }
}

static void end(void)
{
    for (unsigned i = 0; i < client_cnt; i++) {
        must(usctp_shutdown(clients[i].fd, SHUT_WR) == 0, "shutdown");
    }
    run();
    for (unsigned i = 0; i < client_cnt; i++) {
        must(usctp_close(clients[i].fd) == 0, "close");
    }
}

int main(int argc, char **argv)
{
    struct rlimit files;

    if (argc != 4) {
        fprintf(stderr, "usage: socket_load PORT CLIENTS MESSAGES\n");
        return 2;
    }
    client_cnt = (unsigned)atoi(argv[2]);
    message_cnt = (unsigned)atoi(argv[3]);
    message_cnt = message_cnt != 0 ? message_cnt : DEFAULT_MESSAGES;
    clients = calloc(client_cnt, sizeof(*clients));
    must(clients != NULL, "calloc");
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* a socket takes two descriptors */
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    epoll = epoll_create1(EPOLL_CLOEXEC);
    host = usctp_host_default();
    must(epoll >= 0 && host != NULL, "host");
    struct epoll_event work = {EPOLLIN, {.ptr = host}};
    for (unsigned i = 0; i < client_cnt; i++) {
        clients[i].index = i;
        begin(&clients[i], atoi(argv[1]));
    }
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, usctp_host_fd(host), &work) == 0, "epoll_ctl");
    set_filter();
    limit = message_cnt / 3;
    run();
    cut = true;
    limit = message_cnt / 3 * 2;
    run();
    cut = false;
    limit = message_cnt;
    run();
    end();
    printf("%u clients, %u messages each, %lu packets lost\n", client_cnt, message_cnt, lost_cnt);
    return lost_cnt < client_cnt;
}
