/* SPDX-License-Identifier: BSD-3-Clause */
/* usrsctp behind the bench over UDP: its own sockets and threads, as its users have it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <usrsctp.h>

#include "udp.h"

enum { PORT = 5001 };

const char *const udp_name = "usrsctp";
static struct socket *sock;
static struct socket *accepted;
static uint8_t payload[1 << 16];
static uint64_t echoes, echoes_wanted;
static size_t part_len; /* bytes of the message that is coming in */
static sem_t done;
static sem_t room;

static void check(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "bench: usrsctp: %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static void send_message(struct socket *to, size_t len)
{
    struct sctp_sndinfo info;

    memset(&info, 0, sizeof(info));
    while (usrsctp_sendv(to, payload, len, NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO, 0) <
           0) {
        check(errno == EWOULDBLOCK || errno == EAGAIN ? 0 : -1, "send");
        sem_wait(&room); /* a socket with callbacks never blocks by itself */
    }
}

static int on_room(struct socket *from, uint32_t free_len, void *user)
{
    int waiting;

    (void)from;
    (void)free_len;
    (void)user;
    if (sem_getvalue(&room, &waiting) == 0 && waiting <= 0) {
        sem_post(&room);
    }
    return 1;
}

static int on_receive(struct socket *from, union sctp_sockstore addr, void *data, size_t len,
                      struct sctp_rcvinfo info, int flags, void *user)
{
    int serving = user != NULL;

    (void)addr;
    (void)info;
    if (data == NULL) {
        return 1;
    }
    free(data);
    part_len += len;
    if ((flags & MSG_EOR) == 0) {
        return 1;
    }
    len = part_len;
    part_len = 0;
    if (serving) {
        if (len == UDP_ECHO_LEN) {
            send_message(from, UDP_ECHO_LEN);
        }
    } else if (++echoes < echoes_wanted) {
        send_message(from, UDP_ECHO_LEN);
    } else {
        sem_post(&done);
    }
    return 1;
}

static void set_option(int option, const void *value, socklen_t len)
{
    check(usrsctp_setsockopt(sock, IPPROTO_SCTP, option, value, len), "setsockopt");
}

static void open_socket(const struct udp_options *options, uint16_t port, void *user)
{
    struct sctp_paddrparams params;
    int len = UDP_BUFFER_LEN, on = 1;

    sem_init(&done, 0, 0);
    sem_init(&room, 0, 0);
    usrsctp_init(port, NULL, NULL);
    (void)options; /* one system call a packet is all it has */
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_blackhole(2);
    usrsctp_sysctl_set_sctp_sendspace(UDP_BUFFER_LEN);
    usrsctp_sysctl_set_sctp_recvspace(UDP_BUFFER_LEN);
    usrsctp_sysctl_set_sctp_max_chunks_on_queue(1 << 20);
    usrsctp_sysctl_set_sctp_max_burst_default(0);
    usrsctp_sysctl_set_sctp_fr_max_burst_default(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(0);
    usrsctp_sysctl_set_sctp_reconfig_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    sock = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, on_receive, on_room, sizeof(payload),
                          user);
    check(sock == NULL ? -1 : 0, "socket");
    memset(&params, 0, sizeof(params));
    params.spp_address.ss_family = AF_INET;
    params.spp_flags = SPP_PMTUD_DISABLE | SPP_HB_DISABLE;
    params.spp_pathmtu = UDP_PACKET_LEN;
    set_option(SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    set_option(SCTP_NODELAY, &on, sizeof(on));
    check(usrsctp_setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &len, sizeof(len)), "SO_SNDBUF");
    check(usrsctp_setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len)), "SO_RCVBUF");
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

static void set_encaps(uint16_t port)
{
    struct sctp_udpencaps encaps;

    memset(&encaps, 0, sizeof(encaps));
    encaps.sue_address.ss_family = AF_INET;
    encaps.sue_port = htons(port);
    set_option(SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
}

void udp_server_open(const struct udp_options *options, uint16_t port)
{
    struct sockaddr_in name = loopback(PORT);

    open_socket(options, port, payload);
    set_encaps(port);
    check(usrsctp_bind(sock, (struct sockaddr *)&name, sizeof(name)), "bind");
    check(usrsctp_listen(sock, 16), "listen");
}

void udp_server_run(void)
{
    accepted = usrsctp_accept(sock, NULL, NULL);
    check(accepted == NULL ? -1 : 0, "accept");
    for (;;) {
        pause();
    }
}

void udp_client_open(const struct udp_options *options, uint16_t port, uint16_t server_port)
{
    struct sockaddr_in name = loopback(PORT);

    open_socket(options, port, NULL);
    set_encaps(server_port);
    check(usrsctp_connect(sock, (struct sockaddr *)&name, sizeof(name)), "connect");
}

static void wait_for_echoes(uint64_t cnt)
{
    echoes = 0;
    echoes_wanted = cnt;
    send_message(sock, UDP_ECHO_LEN);
    while (sem_wait(&done) != 0) {
    }
}

void udp_client_bulk(size_t len, uint64_t cnt)
{
    for (; cnt > 0; cnt--) {
        send_message(sock, len);
    }
    wait_for_echoes(1);
}

void udp_client_ping(uint64_t cnt)
{
    wait_for_echoes(cnt);
}
