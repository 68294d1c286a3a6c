/* SPDX-License-Identifier: BSD-3-Clause */
/* An echo server for a thousand clients and more, on the system's epoll, edge-triggered: the host has one
 * descriptor that becomes readable when there is work, and each socket one of its own that tells when it can be
 * read or written.   epoll_server [-f] [PORT [ADDRESS...]]   (-f: leaves a dead path within a second) */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <usctp/socket.h>

/* A client; what it sent and we could not send back yet waits here. */
struct client {
    int fd;
    size_t len;
    char waiting[65536];
};

static int epoll;

static void must(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

static void watch(int fd, void *what)
{
    struct epoll_event event;

    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = what;
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

/* Times of retransmission and the patience with a path, for the associations to come: instead of the half minute
 * that the standard takes to leave a dead path. */
static void hurry(int fd)
{
    struct sctp_rtoinfo rto;
    struct sctp_paddrparams path;

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
}

/* Binds one more address, or the only one. */
static void bind_to(int fd, const char *address, int port)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    int is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;

    memset(&v6, 0, sizeof(v6));
    v6.sin6_family = AF_INET6;
    v6.sin6_port = v4.sin_port = htons((unsigned short)port);
    v4.sin_family = AF_INET;
    must(is_v4 || inet_pton(AF_INET6, address, &v6.sin6_addr) == 1, address);
    must(usctp_sctp_bindx(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6, 1,
                          SCTP_BINDX_ADD_ADDR) == 0,
         address);
}

static int open_listener(int argc, char **argv)
{
    int port = optind < argc ? atoi(argv[optind]) : 7;
    int fd = usctp_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_SCTP);

    must(fd >= 0, "socket");
    if (optind + 1 >= argc) {
        bind_to(fd, "::", port);
    }
    for (int i = optind + 1; i < argc; i++) {
        bind_to(fd, argv[i], port);
    }
    must(usctp_listen(fd, 4096) == 0, "listen");
    return fd;
}

static void accept_all(int listener)
{
    int fd;

    while ((fd = usctp_accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct client *client = calloc(1, sizeof(*client));

        must(client != NULL, "calloc");
        client->fd = fd;
        watch(fd, client);
    }
    must(errno == EAGAIN, "accept");
}

/* Goes on until nothing more can be read, or not be sent. 0: the client is gone. */
static int serve(struct client *client)
{
    for (;;) {
        if (client->len > 0) {
            if (usctp_send(client->fd, client->waiting, client->len, MSG_NOSIGNAL) < 0) {
                return errno == EAGAIN;
            }
            client->len = 0;
        }
        ssize_t len = usctp_recv(client->fd, client->waiting, sizeof(client->waiting), 0);
        if (len <= 0) {
            return len < 0 && errno == EAGAIN;
        }
        client->len = (size_t)len;
    }
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    struct epoll_event events[64];
    int option, fast = 0;

    while ((option = getopt(argc, argv, "f")) != -1) {
        if (option != 'f') {
            fprintf(stderr, "usage: epoll_server [-f] [PORT [ADDRESS...]]\n");
            return 2;
        }
        fast = 1;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) { /* a socket takes two descriptors */
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll >= 0, "epoll_create1");
    int listener = open_listener(argc, argv);
    if (fast) {
        hurry(listener);
    }
    usctp_host *host = usctp_host_default();
    struct epoll_event work = {EPOLLIN, {.ptr = host}};
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, usctp_host_fd(host), &work) == 0, "epoll_ctl");
    watch(listener, &listener);
    for (;;) {
        int n = epoll_wait(epoll, events, 64, -1);

        must(n >= 0 || errno == EINTR, "epoll_wait");
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == host) {
                must(usctp_host_process(host) == 0, "process");
            } else if (events[i].data.ptr == &listener) {
                accept_all(listener);
            } else if (!serve(events[i].data.ptr)) {
                struct client *client = events[i].data.ptr;

                usctp_close(client->fd);
                free(client);
            }
        }
    }
}
