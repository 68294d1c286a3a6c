/* SPDX-License-Identifier: BSD-3-Clause */
/* Two stacks, or one, over lower layers that queue what is sent, with a log of events; and packets
 * written by hand. For tests of the stack from its public border. */
#ifndef USCTP_TEST_STACK_PAIR_H
#define USCTP_TEST_STACK_PAIR_H

#include "unit/unit.h"

#include <usctp/lower.h>
#include <usctp/usctp.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "common/test_crypto.h"
#include "common/test_memory.h"
#include "wire/packet.h"

enum {
    SENT_MAX = 256,      /* datagrams a side remembers */
    SENT_LEN = 2048,     /* bytes of one */
    EVENT_TYPE_CNT = 32, /* event types counted */
    UDP_PORT = 9899,     /* of all hosts */
    SERVER_PORT = 5001,  /* SCTP port that the server listens at */
    SEND_ALL = 1 << 30   /* room of a lower layer that never blocks */
};

struct sent {
    struct usctp_dgram dgram; /* data points at bytes */
    uint8_t bytes[SENT_LEN];
};

struct side {
    struct test_memory memory;
    struct test_crypto crypto;
    usctp_stack *stack;
    usctp_lower_id lower;
    struct usctp_addr addr; /* where packets of this side come from */
    struct sent sent[SENT_MAX];
    size_t sent_cnt;
    size_t room;                     /* datagrams that send still takes */
    int status;                      /* what send says of each */
    uint32_t events[EVENT_TYPE_CNT]; /* how many of each type */
    struct usctp_event last;         /* the last one */
    usctp_assoc *assoc;              /* of the last one */
    void (*on_event)(struct side *side, const struct usctp_event *event); /* or NULL */
    void *test;                                                           /* for on_event */
};

static inline struct usctp_addr addr_of(const char *text)
{
    struct usctp_addr addr;

    assert_int_equal(usctp_addr_parse(&addr, text), USCTP_OK);
    return addr;
}

static inline size_t side_send(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct side *side = ctx;
    size_t taken = 0;

    while (taken < n && side->room > 0) {
        struct usctp_dgram *dgram =
            (struct usctp_dgram *)(void *)((uint8_t *)dgrams + taken * stride);

        dgram->status = side->status;
        if (side->sent_cnt < SENT_MAX && dgram->len <= SENT_LEN) {
            struct sent *sent = &side->sent[side->sent_cnt++];

            sent->dgram = *dgram;
            memcpy(sent->bytes, dgram->data, dgram->len);
            sent->dgram.data = sent->bytes;
        }
        if (side->room != SEND_ALL) {
            side->room--;
        }
        taken++;
    }
    return taken;
}

static inline void side_event(void *user, const struct usctp_event *event)
{
    struct side *side = user;

    assert_true(event->type > 0 && event->type < EVENT_TYPE_CNT);
    assert_true(event->size >= sizeof(*event));
    assert_ptr_equal(event->stack, side->stack);
    side->events[event->type]++;
    side->last = *event;
    side->assoc = event->type == USCTP_EVENT_CLOSED ? NULL : event->assoc;
    if (side->on_event != NULL) {
        side->on_event(side, event);
    }
}

static inline usctp_lower_id side_attach(struct side *side, uint32_t flags)
{
    struct usctp_lower lower = USCTP_LOWER_INIT;
    usctp_lower_id id = 0;

    lower.flags = flags;
    lower.send = side_send;
    assert_int_equal(usctp_stack_attach(side->stack, &lower, side, &id), USCTP_OK);
    assert_true(id != 0);
    return id;
}

static inline struct usctp_config side_config(struct side *side, uint64_t seed)
{
    struct usctp_config config = USCTP_CONFIG_INIT;

    config.memory = test_memory_init(&side->memory);
    config.crypto = test_crypto_init(&side->crypto, seed);
    config.on_event = side_event;
    config.user = side;
    return config;
}

/* A stack with one UDP lower layer; config may be NULL. */
static inline void side_up(struct side *side, const char *addr, uint64_t seed,
                           const struct usctp_config *given)
{
    struct usctp_config config;

    if (given == NULL) {
        memset(side, 0, sizeof(*side));
        config = side_config(side, seed);
        given = &config;
    }
    side->addr = addr_of(addr);
    side->room = SEND_ALL;
    assert_int_equal(usctp_stack_new(given, &side->stack), USCTP_OK);
    side->lower = side_attach(side, USCTP_LOWER_IPV4 | USCTP_LOWER_IPV6);
}

static inline void side_down(struct side *side)
{
    usctp_stack_free(side->stack);
    assert_int_equal(test_memory_leaks(&side->memory), 0);
    assert_int_equal(side->crypto.live_cnt, 0);
}

static inline usctp_endpoint *side_endpoint(struct side *side, uint16_t port, uint32_t flags)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    usctp_endpoint *endpoint = NULL;

    config.port = port;
    config.flags = flags;
    assert_int_equal(usctp_endpoint_new(side->stack, &config, &endpoint), USCTP_OK);
    return endpoint;
}

static inline usctp_assoc *side_connect(usctp_endpoint *endpoint, const struct usctp_addr *to,
                                        uint16_t port)
{
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer;
    usctp_assoc *assoc = NULL;

    memset(&peer, 0, sizeof(peer));
    peer.addr = *to;
    peer.udp_port = UDP_PORT;
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = port;
    assert_int_equal(usctp_endpoint_connect(endpoint, &connect, &assoc), USCTP_OK);
    assert_non_null(assoc);
    return assoc;
}

/* A datagram for `to` from this address and UDP port. */
static inline struct usctp_dgram dgram_from(const struct side *to, const struct usctp_addr *from,
                                            uint16_t udp_port, const uint8_t *data, size_t len)
{
    struct usctp_dgram dgram;

    memset(&dgram, 0, sizeof(dgram));
    dgram.data = data;
    dgram.len = len;
    dgram.local = to->addr;
    dgram.remote = *from;
    dgram.local_udp_port = UDP_PORT;
    dgram.remote_udp_port = udp_port;
    dgram.lower = to->lower;
    return dgram;
}

static inline void side_input(struct side *to, const struct usctp_addr *from, uint16_t udp_port,
                              const uint8_t *data, size_t len, uint64_t now_ts)
{
    struct usctp_dgram dgram = dgram_from(to, from, udp_port, data, len);

    assert_int_equal(usctp_stack_input(to->stack, &dgram, 1, sizeof(dgram), now_ts), USCTP_OK);
}

/* Takes what one side sent to the other. */
static inline void carry(struct side *from, struct side *to, uint64_t now_ts)
{
    static struct sent moved[SENT_MAX];
    size_t cnt = from->sent_cnt;

    memcpy(moved, from->sent, cnt * sizeof(moved[0]));
    from->sent_cnt = 0;
    for (size_t i = 0; i < cnt; i++) {
        side_input(to, &from->addr, UDP_PORT, moved[i].bytes, moved[i].dgram.len, now_ts);
    }
}

/* Carries both ways until nobody says anything. */
static inline void settle(struct side *a, struct side *b, uint64_t now_ts)
{
    for (unsigned i = 0; i < 64 && (a->sent_cnt > 0 || b->sent_cnt > 0); i++) {
        carry(a, b, now_ts);
        carry(b, a, now_ts);
    }
    assert_int_equal(a->sent_cnt + b->sent_cnt, 0);
}

/* --- Packets by hand -------------------------------------------------------------------------- */

struct packet {
    struct usctp__writer w;
    uint8_t bytes[SENT_LEN];
};

static inline void packet_begin(struct packet *packet, uint16_t src_port, uint16_t dst_port,
                                uint32_t tag)
{
    struct usctp__packet_header header = {src_port, dst_port, tag, 0};

    packet->w = usctp__writer_make(packet->bytes, sizeof(packet->bytes));
    usctp__packet_header_write(&packet->w, &header);
}

/* A chunk with len bytes of zeros behind its header. */
static inline void packet_chunk(struct packet *packet, uint8_t type, uint8_t flags, size_t len)
{
    size_t pos = usctp__chunk_begin(&packet->w, type, flags);

    usctp__writer_zeros(&packet->w, len);
    usctp__chunk_end(&packet->w, pos);
}

static inline void packet_init(struct packet *packet, uint32_t tag)
{
    size_t pos = usctp__chunk_begin(&packet->w, USCTP__CHUNK_INIT, 0);

    usctp__writer_u32(&packet->w, tag);
    usctp__writer_u32(&packet->w, 100000);
    usctp__writer_u16(&packet->w, 10);
    usctp__writer_u16(&packet->w, 10);
    usctp__writer_u32(&packet->w, 77);
    usctp__chunk_end(&packet->w, pos);
}

/* The checksum goes in; returns the length. */
static inline size_t packet_end(struct packet *packet)
{
    assert_false(packet->w.failed);
    usctp__put32(packet->bytes + 8,
                 usctp__crc32c_packet(usctp__crc32c_sw, packet->bytes, packet->w.len));
    return packet->w.len;
}

static inline struct usctp_stack_stats stats_of(const struct side *side)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    assert_int_equal(usctp_stack_stats(side->stack, &stats), USCTP_OK);
    return stats;
}

#endif
