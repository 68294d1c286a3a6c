/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A UDP relay between two peers, with faults drawn from a seed. What happens to a packet depends on
 * the seed, its direction and its ordinal there, on nothing else. Everything that comes in is written
 * to a pcapng file once, as if the peers had talked without the relay, with a comment on what became
 * of it.
 *
 * relay [--family 4|6] [--target PORT] [--loss PERMILLE] [--reorder PERMILLE] [--duplicate PERMILLE]
 *       [--mark PERMILLE] [--seed N] [--from ORDINAL] [--hold-first] [--capture FILE]
 *
 * Prints `ready FRONT BACK`: the ports that the client and the server talk to. The server is at
 * --target, or where the first packet to BACK came from. --hold-first keeps what comes until both
 * sides have sent something. --mark: so many of those packets that may be marked leave with the
 * mark of congestion (RFC 3168; IPv4). --from: packets before this ordinal of their direction are spared.
 * Runs until its standard input ends; then prints `relayed` with its counts.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MAX  65536u
#define HELD_MAX    64u
#define HOLD_DUR_MS 20u /* A packet held back leaves by then even if none overtakes it. */

/* The codepoint of a packet that met congestion (RFC 3168, 5). */
#define CONGESTED   3

/* A packet that waits. */
struct held {
    int side;      /* Where it came from. */
    int ecn;       /* The two bits of its header. */
    uint32_t wait; /* Leaves after so many more packets of its side. */
    uint64_t until_ms;
    size_t len;
    uint8_t *data;
};

struct side {
    int fd;
    struct sockaddr_storage peer; /* Who talks to this socket. */
    socklen_t peer_len;           /* 0: not known yet. */
    uint32_t ordinal;             /* Packets that came in so far. */
    int ecn;                      /* What packets leave with, at present. */
};

struct relay {
    int family;
    uint32_t loss, reorder, duplicate, mark; /* Of 1,000. */
    uint32_t seed, from;
    int hold_first; /* Nothing leaves before both sides have sent. */
    struct side sides[2];
    struct held held[HELD_MAX];
    size_t held_cnt;
    uint32_t lost_cnt, reordered_cnt, duplicated_cnt, written_cnt;
    FILE *capture;
};

static uint64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

/* 0 to 999, from what identifies the packet and the question. */
static uint32_t draw(const struct relay *relay, int side, uint32_t ordinal, uint32_t question)
{
    uint64_t x = (uint64_t)relay->seed << 32 | ordinal;

    x = (x + (uint64_t)(unsigned)side * 7919u + question * UINT64_C(104729) + 1) *
        UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((x ^ (x >> 31)) % 1000u);
}

/* --- Addresses -------------------------------------------------------------------------------- */

static socklen_t loopback(struct sockaddr_storage *to, int family, uint16_t port)
{
    struct sockaddr_in sin;
    struct sockaddr_in6 sin6;

    memset(to, 0, sizeof(*to));
    if (family == 4) {
        memset(&sin, 0, sizeof(sin));
        sin.sin_family = AF_INET;
        sin.sin_port = htons(port);
        sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        memcpy(to, &sin, sizeof(sin));
        return sizeof(sin);
    }
    memset(&sin6, 0, sizeof(sin6));
    sin6.sin6_family = AF_INET6;
    sin6.sin6_port = htons(port);
    sin6.sin6_addr = in6addr_loopback;
    memcpy(to, &sin6, sizeof(sin6));
    return sizeof(sin6);
}

static uint16_t port_of(const struct sockaddr_storage *addr)
{
    struct sockaddr_in sin;
    struct sockaddr_in6 sin6;

    memcpy(&sin, addr, sizeof(sin));
    memcpy(&sin6, addr, sizeof(sin6));
    return ntohs(addr->ss_family == AF_INET ? sin.sin_port : sin6.sin6_port);
}

/* --- Capture ---------------------------------------------------------------------------------- */

static uint8_t *put16(uint8_t *at, unsigned value)
{
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

static uint32_t sum16(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
    }
    return sum;
}

static unsigned fold(uint32_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffffu) + (sum >> 16);
    }
    return ~sum & 0xffffu;
}

/* The IP and UDP headers of a packet between the two peers; returns their length. */
static size_t make_headers(const struct relay *relay, int side, const uint8_t *data, size_t len,
                           uint8_t *headers)
{
    uint8_t *at = headers;
    size_t udp_len = len + 8;

    if (relay->family == 4) {
        static const uint8_t local[4] = {127, 0, 0, 1};
        memset(headers, 0, 20);
        headers[0] = 0x45;
        put16(headers + 2, (unsigned)(udp_len + 20));
        headers[8] = 64;
        headers[9] = IPPROTO_UDP;
        memcpy(headers + 12, local, 4);
        memcpy(headers + 16, local, 4);
        put16(headers + 10, fold(sum16(0, headers, 20)));
        at += 20;
    } else {
        memset(headers, 0, 40);
        headers[0] = 0x60;
        put16(headers + 4, (unsigned)udp_len);
        headers[6] = IPPROTO_UDP;
        headers[7] = 64;
        headers[23] = headers[39] = 1;
        at += 40;
    }
    uint8_t *udp = at;
    at = put16(at, port_of(&relay->sides[side].peer));
    at = put16(at, port_of(&relay->sides[!side].peer));
    at = put16(at, (unsigned)udp_len);
    at = put16(at, 0);
    uint32_t sum = relay->family == 4 ? sum16(0, headers + 12, 8) : sum16(0, headers + 8, 32);
    sum = sum16(sum16(sum + IPPROTO_UDP + (uint32_t)udp_len, udp, 8), data, len);
    unsigned folded = fold(sum);
    put16(udp + 6, folded == 0 ? 0xffffu : folded);
    return (size_t)(at - headers);
}

static void write_block(FILE *file, uint32_t type, const void *body, size_t len)
{
    uint32_t total = (uint32_t)len + 12;

    fwrite(&type, 4, 1, file);
    fwrite(&total, 4, 1, file);
    fwrite(body, len, 1, file);
    fwrite(&total, 4, 1, file);
}

static void start_capture(FILE *file)
{
    /* Byte-order magic, version 1.0, unknown length. Numbers in the order of this host. */
    struct {
        uint32_t magic;
        uint16_t major, minor;
        uint64_t len;
    } section = {0x1a2b3c4du, 1, 0, UINT64_MAX};
    /* LINKTYPE_RAW: IPv4 or IPv6. */
    struct {
        uint16_t link, reserved;
        uint32_t snap;
    } interface = {101, 0, 0};

    write_block(file, 0x0a0d0d0au, &section, sizeof(section));
    write_block(file, 1, &interface, sizeof(interface));
}

static void capture(struct relay *relay, int side, const uint8_t *data, size_t len,
                    const char *fate)
{
    static uint8_t body[PACKET_MAX + 256];
    uint8_t headers[64];
    struct timespec ts;

    if (relay->capture == NULL) {
        return;
    }
    size_t head_len = make_headers(relay, side, data, len, headers);
    clock_gettime(CLOCK_REALTIME, &ts);
    uint64_t us = (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
    uint32_t packet_len = (uint32_t)(head_len + len);
    uint32_t fixed[5] = {0, (uint32_t)(us >> 32), (uint32_t)us, packet_len, packet_len};
    size_t at = sizeof(fixed);

    memset(body, 0, sizeof(fixed) + packet_len + 128);
    memcpy(body, fixed, sizeof(fixed));
    memcpy(body + at, headers, head_len);
    memcpy(body + at + head_len, data, len);
    at += (packet_len + 3u) & ~(size_t)3;
    if (*fate != '\0') {
        uint16_t option[2] = {1, (uint16_t)strlen(fate)}; /* opt_comment */
        memcpy(body + at, option, 4);
        memcpy(body + at + 4, fate, option[1]);
        at += 4 + ((option[1] + 3u) & ~(size_t)3) + 4; /* and opt_endofopt */
    }
    write_block(relay->capture, 6, body, at);
    relay->written_cnt++;
}

/* --- Forwarding ------------------------------------------------------------------------------- */

static void forward(struct relay *relay, int side, int ecn, const uint8_t *data, size_t len)
{
    struct side *to = &relay->sides[!side];

    if (ecn != to->ecn && setsockopt(to->fd, IPPROTO_IP, IP_TOS, &ecn, sizeof(ecn)) == 0) {
        to->ecn = ecn;
    }
    /* A peer that is gone answers with ICMP errors: that packet is lost, as on any network. */
    if (to->peer_len != 0) {
        (void)sendto(to->fd, data, len, 0, (const struct sockaddr *)&to->peer, to->peer_len);
    }
}

static void hold(struct relay *relay, int side, int ecn, const uint8_t *data, size_t len,
                 uint32_t wait, uint64_t until_ms)
{
    struct held *held = &relay->held[relay->held_cnt];

    held->data = malloc(len + 1);
    if (held->data == NULL) {
        return;
    }
    memcpy(held->data, data, len);
    held->side = side;
    held->ecn = ecn;
    held->len = len;
    held->wait = wait;
    held->until_ms = until_ms;
    relay->held_cnt++;
}

static void release(struct relay *relay, size_t i)
{
    struct held held = relay->held[i];

    relay->held_cnt--;
    memmove(&relay->held[i], &relay->held[i + 1], (relay->held_cnt - i) * sizeof(held));
    forward(relay, held.side, held.ecn, held.data, held.len);
    free(held.data);
}

static void release_due(struct relay *relay, uint64_t now)
{
    for (size_t i = 0; i < relay->held_cnt;) {
        if (relay->held[i].wait == 0 || relay->held[i].until_ms <= now) {
            release(relay, i);
        } else {
            i++;
        }
    }
}

/* One more packet of this side has passed those that wait. */
static void overtake(struct relay *relay, int side)
{
    for (size_t i = 0; i < relay->held_cnt; i++) {
        if (relay->held[i].side == side && relay->held[i].wait != 0) {
            relay->held[i].wait--;
        }
    }
}

static void decide(struct relay *relay, int side, int ecn, const uint8_t *data, size_t len)
{
    uint32_t n = relay->sides[side].ordinal++;
    int spared = n < relay->from;

    if (relay->hold_first) {
        capture(relay, side, data, len, "held until both sides have sent");
        if (relay->held_cnt < HELD_MAX) {
            hold(relay, side, ecn, data, len, UINT32_MAX, UINT64_MAX);
        }
        if (relay->sides[0].ordinal != 0 && relay->sides[1].ordinal != 0) {
            relay->hold_first = 0;
            while (relay->held_cnt != 0) {
                release(relay, 0);
            }
        }
        return;
    }
    if (!spared && draw(relay, side, n, 1) < relay->loss) {
        relay->lost_cnt++;
        capture(relay, side, data, len, "lost");
        return;
    }
    if (!spared && ecn != 0 && draw(relay, side, n, 5) < relay->mark) {
        ecn = CONGESTED;
    }
    if (!spared && draw(relay, side, n, 2) < relay->reorder && relay->held_cnt < HELD_MAX) {
        relay->reordered_cnt++;
        capture(relay, side, data, len, "held back");
        hold(relay, side, ecn, data, len, 1 + draw(relay, side, n, 3) % 5, now_ms() + HOLD_DUR_MS);
        return;
    }
    int twice = !spared && draw(relay, side, n, 4) < relay->duplicate;
    capture(relay, side, data, len, twice ? "duplicated" : "");
    forward(relay, side, ecn, data, len);
    overtake(relay, side);
    if (twice) {
        relay->duplicated_cnt++;
        forward(relay, side, ecn, data, len);
    }
}

/* A packet, where it came from and the two bits of its header; below 0: none. */
static ssize_t receive_one(struct side *side, uint8_t *packet, struct sockaddr_storage *from,
                           socklen_t *from_len, int *ecn)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[64];
    } control;
    struct iovec iov = {packet, PACKET_MAX};
    struct msghdr msg;

    memset(&msg, 0, sizeof(msg));
    msg.msg_name = from;
    msg.msg_namelen = sizeof(*from);
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = sizeof(control);
    ssize_t n = recvmsg(side->fd, &msg, 0);
    *from_len = msg.msg_namelen;
    *ecn = 0;
    for (struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg); c != NULL;
         c = CMSG_NXTHDR(&msg, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
            *ecn = *CMSG_DATA(c) & 3;
        }
    }
    return n;
}

static void receive(struct relay *relay, int at)
{
    static uint8_t packet[PACKET_MAX];
    struct side *side = &relay->sides[at];

    for (int i = 0; i < 64; i++) {
        struct sockaddr_storage from;
        socklen_t from_len;
        int ecn;
        ssize_t n = receive_one(side, packet, &from, &from_len, &ecn);
        if (n < 0 && errno == ECONNREFUSED) {
            continue;
        }
        if (n < 0) {
            return;
        }
        /* The last to talk is the peer, so that one which comes back is found. */
        side->peer = from;
        side->peer_len = from_len;
        decide(relay, at, ecn, packet, (size_t)n);
    }
}

static void run(struct relay *relay)
{
    for (;;) {
        struct pollfd fds[3] = {{relay->sides[0].fd, POLLIN, 0},
                                {relay->sides[1].fd, POLLIN, 0},
                                {STDIN_FILENO, POLLIN, 0}};
        char buf[64];
        poll(fds, 3, relay->held_cnt != 0 ? 5 : -1);
        receive(relay, 0);
        receive(relay, 1);
        release_due(relay, now_ms());
        if (fds[2].revents != 0 && read(STDIN_FILENO, buf, sizeof(buf)) <= 0) {
            return;
        }
    }
}

/* --- Start ------------------------------------------------------------------------------------ */

static uint16_t open_side(struct relay *relay, int at)
{
    struct side *side = &relay->sides[at];
    struct sockaddr_storage local;
    socklen_t len = loopback(&local, relay->family, 0);
    int space = 4 << 20;
    int on = 1;

    side->fd = socket(local.ss_family, SOCK_DGRAM, 0);
    if (side->fd < 0 || bind(side->fd, (struct sockaddr *)&local, len) != 0 ||
        getsockname(side->fd, (struct sockaddr *)&local, &len) != 0) {
        return 0;
    }
    (void)setsockopt(side->fd, SOL_SOCKET, SO_RCVBUF, &space, sizeof(space));
    (void)setsockopt(side->fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
    fcntl(side->fd, F_SETFL, fcntl(side->fd, F_GETFL) | O_NONBLOCK);
    return port_of(&local);
}

static int parse(struct relay *relay, int argc, char **argv)
{
    relay->family = 4;
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--hold-first") == 0) {
            relay->hold_first = 1;
            continue;
        }
        const char *value = i + 1 < argc ? argv[++i] : "";
        uint32_t number = (uint32_t)strtoul(value, NULL, 10);
        uint32_t *to = strcmp(name, "--loss") == 0        ? &relay->loss
                       : strcmp(name, "--reorder") == 0   ? &relay->reorder
                       : strcmp(name, "--duplicate") == 0 ? &relay->duplicate
                       : strcmp(name, "--mark") == 0      ? &relay->mark
                       : strcmp(name, "--seed") == 0      ? &relay->seed
                       : strcmp(name, "--from") == 0      ? &relay->from
                                                          : NULL;
        if (to != NULL) {
            *to = number;
        } else if (strcmp(name, "--family") == 0) {
            relay->family = (int)number;
        } else if (strcmp(name, "--target") == 0) {
            relay->sides[1].peer_len =
                loopback(&relay->sides[1].peer, relay->family, (uint16_t)number);
        } else if (strcmp(name, "--capture") == 0) {
            relay->capture = fopen(value, "wb");
            if (relay->capture == NULL) {
                perror(value);
                return -1;
            }
            start_capture(relay->capture);
        } else {
            fprintf(stderr, "relay: bad option: %s\n", name);
            return -1;
        }
    }
    return relay->family == 4 || relay->family == 6 ? 0 : -1;
}

int main(int argc, char **argv)
{
    static struct relay relay;

    if (parse(&relay, argc, argv) != 0) {
        return 2;
    }
    uint16_t front = open_side(&relay, 0);
    uint16_t back = open_side(&relay, 1);
    if (front == 0 || back == 0) {
        perror("relay");
        return 1;
    }
    printf("ready %u %u\n", (unsigned)front, (unsigned)back);
    fflush(stdout);
    run(&relay);
    printf("relayed %u packets, %u lost, %u held back, %u duplicated, %u written\n",
           (unsigned)(relay.sides[0].ordinal + relay.sides[1].ordinal), (unsigned)relay.lost_cnt,
           (unsigned)relay.reordered_cnt, (unsigned)relay.duplicated_cnt,
           (unsigned)relay.written_cnt);
    return relay.capture != NULL && fclose(relay.capture) != 0;
}
