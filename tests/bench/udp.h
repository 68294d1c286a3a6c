/* SPDX-License-Identifier: BSD-3-Clause */
/* What the bench over UDP asks of a stack: a server in a process of its own that sends short messages
 * back and takes long ones in, and a client. Each stack is one file behind this. */
#ifndef USCTP_BENCH_UDP_H
#define USCTP_BENCH_UDP_H

#include <stddef.h>
#include <stdint.h>

enum {
    UDP_ECHO_LEN = 64,     /* messages of so many bytes are sent back */
    UDP_PACKET_LEN = 1200, /* largest SCTP packet, bytes */
    UDP_BUFFER_LEN = 1 << 20
};

/* Which processors the two processes run on. */
enum udp_places { UDP_ANYWHERE, UDP_APART, UDP_TOGETHER };

/* How it is to be done. */
struct udp_options {
    int offload; /* batches, segmentation and receive offload; 0: one system call a packet */
    int busy;    /* asks again and again instead of waiting */
    enum udp_places places;
};

extern const char *const udp_name;

/* The server: opens `port` of 127.0.0.1, and serves until it is killed. */
void udp_server_open(const struct udp_options *options, uint16_t port);
void udp_server_run(void);

/* The client: returns when the association stands. */
void udp_client_open(const struct udp_options *options, uint16_t port, uint16_t server_port);

/* Sends cnt messages and then one that comes back; returns when it has. */
void udp_client_bulk(size_t len, uint64_t cnt);

/* So many messages of UDP_ECHO_LEN there and back, one after the other. */
void udp_client_ping(uint64_t cnt);

#endif
