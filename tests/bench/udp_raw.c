/* SPDX-License-Identifier: BSD-3-Clause */
/* Bare UDP behind the bench: what the system itself takes. Nothing is sent again; a window with an
 * acknowledgement for each 32 datagrams keeps the buffers from overflowing. */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "udp.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { WINDOW = 128, ACK_EVERY = 32, ACK_LEN = 12 };

const char *const udp_name = "udp";
static int fd;
static struct udp_options opts;
static uint8_t bytes[1 << 16];
static uint64_t unacked; /* datagrams */

static void fail(const char *what)
{
    fprintf(stderr, "bench: udp: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in name;

    memset(&name, 0, sizeof(name));
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return name;
}

static void open_socket(const struct udp_options *options, uint16_t port)
{
    struct sockaddr_in name = loopback(port);
    struct timeval limit = {5, 0};
    int len = UDP_BUFFER_LEN, on = options->offload;

    opts = *options;
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
        fail("socket");
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof(len)) != 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len));
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &len, sizeof(len));
    setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on));
    if (options->busy) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
    } else if (port != 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    }
}

static size_t receive(struct sockaddr_in *from)
{
    socklen_t len = sizeof(*from);
    ssize_t got;

    do {
        got = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)from, from ? &len : NULL);
    } while (got < 0 && (errno == EINTR || (opts.busy && errno == EAGAIN)));
    if (got < 0) {
        fail("a datagram was lost, or nothing came");
    }
    return (size_t)got;
}

void udp_server_open(const struct udp_options *options, uint16_t port)
{
    open_socket(options, port);
}

void udp_server_run(void)
{
    struct sockaddr_in from;
    uint64_t got = 0, acked = 0;

    for (;;) {
        size_t len = receive(&from);

        if (len == UDP_ECHO_LEN) {
            sendto(fd, bytes, len, 0, (struct sockaddr *)&from, sizeof(from));
            continue;
        }
        for (got += (len + UDP_PACKET_LEN - 1) / UDP_PACKET_LEN; got - acked >= ACK_EVERY;
             acked += ACK_EVERY) {
            sendto(fd, bytes, ACK_LEN, 0, (struct sockaddr *)&from, sizeof(from));
        }
    }
}

void udp_client_open(const struct udp_options *options, uint16_t port, uint16_t server_port)
{
    struct sockaddr_in name = loopback(server_port);

    open_socket(options, port);
    if (connect(fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
        fail("connect");
    }
}

/* Sends ACK_EVERY datagrams: as one train, or one after the other. */
static void send_train(void)
{
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {bytes, ACK_EVERY * UDP_PACKET_LEN};
    struct msghdr hdr;
    uint16_t segment_len = UDP_PACKET_LEN;

    if (!opts.offload) {
        for (int i = 0; i < ACK_EVERY; i++) {
            if (send(fd, bytes + i * UDP_PACKET_LEN, UDP_PACKET_LEN, 0) < 0) {
                fail("send");
            }
        }
        return;
    }
    memset(&hdr, 0, sizeof(hdr));
    memset(&control, 0, sizeof(control));
    hdr.msg_iov = &iov;
    hdr.msg_iovlen = 1;
    hdr.msg_control = control.bytes;
    hdr.msg_controllen = sizeof(control.bytes);
    CMSG_FIRSTHDR(&hdr)->cmsg_level = IPPROTO_UDP;
    CMSG_FIRSTHDR(&hdr)->cmsg_type = UDP_SEGMENT;
    CMSG_FIRSTHDR(&hdr)->cmsg_len = CMSG_LEN(sizeof(segment_len));
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&hdr)), &segment_len, sizeof(segment_len));
    if (sendmsg(fd, &hdr, 0) < 0) {
        fail("sendmsg");
    }
}

/* Acknowledgements may come joined, too. */
static void take_acks(void)
{
    unacked -= receive(NULL) / ACK_LEN * ACK_EVERY;
}

void udp_client_bulk(size_t len, uint64_t cnt)
{
    uint64_t left = (len * cnt + ACK_EVERY * UDP_PACKET_LEN - 1) / (ACK_EVERY * UDP_PACKET_LEN);

    for (; left > 0; left--) {
        send_train();
        unacked += ACK_EVERY;
        while (unacked >= WINDOW) {
            take_acks();
        }
    }
    while (unacked > 0) {
        take_acks();
    }
}

void udp_client_ping(uint64_t cnt)
{
    for (; cnt > 0; cnt--) {
        if (send(fd, bytes, UDP_ECHO_LEN, 0) < 0) {
            fail("send");
        }
        receive(NULL);
    }
}
