/* SPDX-License-Identifier: BSD-3-Clause */
/* usrsctp behind the bench over UDP: its own sockets and threads, as its users have it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <usrsctp.h>

#include "udp.h"

enum { PORT = 5001 };

const char *const udp_name = "usrsctp";
static struct socket *sock;
static struct socket *accepted;
static uint8_t payload[1 << 16];
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
    check((int)usrsctp_sendv(to, payload, len, NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO, 0),
          "send");
}

/* Takes one message; returns its length, 0 at the end of the association. */
static size_t receive_message(struct socket *from)
{
    static uint8_t bytes[sizeof(payload)];
    struct sctp_rcvinfo info;
    size_t len = 0;
    int flags = 0;

    while ((flags & MSG_EOR) == 0) {
        socklen_t name_len = 0, info_len = sizeof(info);
        unsigned int info_type = 0;

        flags = 0;
        ssize_t n = usrsctp_recvv(from, bytes, sizeof(bytes), NULL, &name_len, &info, &info_len,
                                  &info_type, &flags);
        check((int)n, "receive");
        if (n == 0) {
            return 0;
        }
        len += (size_t)n;
    }
    return len;
}

static void set_option(int option, const void *value, socklen_t len)
{
    check(usrsctp_setsockopt(sock, IPPROTO_SCTP, option, value, len), "setsockopt");
}

static void open_socket(const struct udp_options *options, uint16_t port)
{
    struct sctp_paddrparams params;
    int len = UDP_BUFFER_LEN, on = 1;

    usrsctp_init(port, NULL, NULL);
    (void)options; /* one system call a packet is all it has */
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_blackhole(2);
    usrsctp_sysctl_set_sctp_sendspace(UDP_BUFFER_LEN);
    usrsctp_sysctl_set_sctp_recvspace(UDP_BUFFER_LEN);
    usrsctp_sysctl_set_sctp_max_chunks_on_queue(1 << 20);
    /* Its limits on bursts stay: without them it overruns the peer's socket and aborts by itself. */
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(0);
    usrsctp_sysctl_set_sctp_reconfig_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    sock = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
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

    open_socket(options, port);
    set_encaps(port);
    check(usrsctp_bind(sock, (struct sockaddr *)&name, sizeof(name)), "bind");
    check(usrsctp_listen(sock, 16), "listen");
}

void udp_server_run(void)
{
    accepted = usrsctp_accept(sock, NULL, NULL);
    check(accepted == NULL ? -1 : 0, "accept");
    for (size_t len; (len = receive_message(accepted)) > 0;) {
        if (len == UDP_ECHO_LEN) {
            send_message(accepted, len);
        }
    }
}

void udp_client_open(const struct udp_options *options, uint16_t port, uint16_t server_port)
{
    struct sockaddr_in name = loopback(PORT);

    open_socket(options, port);
    set_encaps(server_port);
    check(usrsctp_connect(sock, (struct sockaddr *)&name, sizeof(name)), "connect");
}

void udp_client_ping(uint64_t cnt)
{
    for (; cnt > 0; cnt--) {
        send_message(sock, UDP_ECHO_LEN);
        receive_message(sock);
    }
}

void udp_client_bulk(size_t len, uint64_t cnt)
{
    for (; cnt > 0; cnt--) {
        send_message(sock, len);
    }
    udp_client_ping(1);
}
