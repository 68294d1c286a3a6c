/* SPDX-License-Identifier: BSD-3-Clause */
/* What every program that speaks SCTP needs: a loop, a stack, an endpoint, the options for them, and
 * words for how an association ended. */
#ifndef USCTP_PROGRAMS_NODE_H
#define USCTP_PROGRAMS_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/driver.h>

#include "common/options.h"

enum {
    NODE_ADDR_MAX = 16,
    NODE_UDP_PORT = 9899, /* RFC 6951 */
    NODE_WHY_MAX = 400
};

/* Ids of the options below. */
enum {
    NODE_OPT_LOCAL = 's',
    NODE_OPT_IPV4 = '4',
    NODE_OPT_IPV6 = '6',
    NODE_OPT_ENCAPS = 'u',
    NODE_OPT_VERBOSE = 'v',
    NODE_OPT_CAPTURE = OPTION_LONG_ONLY + 1000,
    NODE_OPT_PORT_FILE,
    NODE_OPT_NAT,
    NODE_OPT_RTO_MIN,
    NODE_OPT_TIMEOUT,
    NODE_OPT_DROP
};

/* Rows for the tables of the programs. */
#define NODE_OPTION_ROWS                                                                        \
    {NODE_OPT_LOCAL, "source", "ADDR", "local address; several for a multihomed association"},  \
        {NODE_OPT_IPV4, "ipv4", NULL, "names mean IPv4 addresses"},                             \
        {NODE_OPT_IPV6, "ipv6", NULL, "names mean IPv6 addresses"},                             \
        {NODE_OPT_ENCAPS, "encaps", "LOCAL[:REMOTE]",                                           \
         "UDP ports; LOCAL 0: any free one; default: 9899 to\n"                                 \
         "listen, 0:9899 to connect"},                                                          \
        {NODE_OPT_NAT, "nat", NULL, "keep the mappings of a NAT alive (heartbeats each 15 s)"}, \
        {NODE_OPT_RTO_MIN, "rto-min", "TIME", "RTO.Min; default 1s"},                           \
        {NODE_OPT_TIMEOUT, "timeout", "TIME", "give up to connect after this; default 15s"},    \
        {NODE_OPT_DROP, "drop", "N", "drop N of 1000 packets each way, to see what loss does"}, \
        {NODE_OPT_CAPTURE, "capture", "FILE", "write the packets to FILE (pcapng)"},            \
        {NODE_OPT_PORT_FILE, "port-file", "FILE",                                               \
         "when listening, write \"SCTPPORT UDPPORT\" to FILE"},                                 \
    {                                                                                           \
        NODE_OPT_VERBOSE, "verbose", NULL, "tell what happens; twice: each message too"         \
    }

struct node_options {
    struct usctp_addr locals[NODE_ADDR_MAX]; /* to bind and to use; none: all of the host */
    size_t local_cnt;
    struct usctp_peer_addr peers[NODE_ADDR_MAX]; /* where to connect to */
    size_t peer_cnt;
    int family;               /* enum usctp_family for names; 0: any */
    uint16_t port;            /* to listen: the SCTP port, 0: drawn; to connect: the peer's */
    bool udp_port_given;      /* by --encaps */
    uint16_t udp_port;        /* local */
    uint16_t remote_udp_port; /* of peers that bring none */
    uint64_t timeout_dur;     /* to connect */
    unsigned drop;            /* so many of 1000 packets are dropped, each way */
    const char *capture;      /* a file name, or NULL */
    const char *port_file;    /* a file name, or NULL */
    int verbose;              /* how often it was given */
    struct usctp_params params;
};

struct node {
    usctp_loop *loop;
    usctp_stack *stack;
    usctp_endpoint *endpoint;
    usctp_pcapng *capture; /* may be NULL */
    uint64_t chance;       /* state of the random numbers that choose what is dropped */
    const struct node_options *options;
};

/* Sets the defaults. */
void node_options_init(struct node_options *options);

/* Takes an option that NODE_OPTION_ROWS has. 0; an EXIT_ code after an error line; -1: not its. */
int node_option(struct node_options *options, int id, const char *value);

/* Reads the hosts to connect to, when all options are known. 0; an EXIT_ code after an error line. */
int node_take_hosts(struct node_options *options, const char *const *hosts, size_t cnt);

/* The callbacks of a node's endpoint. */
struct node_calls {
    usctp_event_fn on_event;
    usctp_accept_fn accept; /* NULL: all are taken */
    void *user;             /* handed to both */
};

/* Opens loop, stack, capture and endpoint. False after an error line; nothing is open then. */
bool node_open(struct node *node, const struct node_options *options, bool listen,
               const struct node_calls *calls);

/* A further endpoint of the node, to connect from; NULL after an error line. */
usctp_endpoint *node_add_endpoint(struct node *node, const struct node_calls *calls);

/* Connects to the peers of the options. False after an error line. */
bool node_connect(struct node *node, usctp_endpoint *endpoint, void *assoc_user,
                  usctp_assoc **assoc);

/* Frees what node_open made: associations that still live are aborted. Returns false, after an error
 * line, if the capture could not be written. A node that is all zero is fine too. */
bool node_close(struct node *node);

/* Runs the loop until usctp_loop_stop, or a signal. False after an error line. */
bool node_run(struct node *node);

/* "127.0.0.1 port 7 (UDP 9899)": where the options want to connect; buf has NODE_WHY_MAX bytes. */
const char *node_target_text(char *buf, const struct node_options *options);

/* An error of usctp_endpoint_connect, for people. */
const char *node_connect_text(int err);

/* Why an association was lost, for people; buf has NODE_WHY_MAX bytes. */
const char *node_lost_text(char *buf, const struct usctp_event *event);

/* True if the peer just vanished, without a word. Where it had shut down before and no message failed,
 * nothing was lost then but its last word (SHUTDOWN COMPLETE), and it has all that was sent to it. */
bool node_vanished(const struct usctp_event *event);

/* A note about an event of a path, or an error that the peer reported. */
void node_note_event(const struct usctp_event *event);

/* The number of the signal that asked the program to end (SIGINT, SIGTERM, SIGHUP); 0: none did. */
int node_signal(void);

#endif
