/* SPDX-License-Identifier: BSD-3-Clause */
/* Two stacks, a client of one and a server of the other. */
#ifndef USCTP_TEST_CONNECTED_PAIR_H
#define USCTP_TEST_CONNECTED_PAIR_H

#include "unit/stack_pair.h"

#include "wire/abort_error.h"
#include "wire/cause.h"
#include "wire/shutdown.h"

enum { CLIENT_PORT = 6001 };

struct pair {
    struct side a; /* connects */
    struct side b; /* listens */
    usctp_endpoint *client;
    usctp_endpoint *server;
    usctp_assoc *assoc; /* of a */
};

static inline struct pair *pair_up(void)
{
    static struct pair pair;

    memset(&pair, 0, sizeof(pair));
    side_up(&pair.a, "192.0.2.1", 1, NULL);
    side_up(&pair.b, "192.0.2.2", 2, NULL);
    pair.client = side_endpoint(&pair.a, CLIENT_PORT, 0);
    pair.server = side_endpoint(&pair.b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    return &pair;
}

static inline struct pair *pair_connected(void)
{
    struct pair *pair = pair_up();

    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->a.events[USCTP_EVENT_UP], 1);
    assert_int_equal(pair->b.events[USCTP_EVENT_UP], 1);
    return pair;
}

static inline void pair_down(struct pair *pair)
{
    side_down(&pair->a);
    side_down(&pair->b);
}

static inline int send_text(usctp_assoc *assoc, const char *text)
{
    struct usctp_iov iov = {text, strlen(text)};

    return usctp_assoc_send(assoc, NULL, &iov, 1);
}

static inline struct usctp_assoc_stats assoc_stats(const usctp_assoc *assoc)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

    assert_int_equal(usctp_assoc_stats(assoc, &stats), USCTP_OK);
    return stats;
}

/* The one datagram that b sent holds an ABORT with this tag and T bit; gives its first cause. */
static inline uint16_t sent_abort(const struct side *b, uint32_t tag, bool reflected)
{
    const struct sent *sent = &b->sent[0];
    struct usctp__packet_header header = {0};
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    struct usctp__range causes;

    assert_int_equal(b->sent_cnt, 1);
    assert_true(usctp__packet_header_parse(&header, sent->bytes, sent->dgram.len));
    assert_int_equal(header.tag, tag);
    usctp__chunk_iter_init(&iter, sent->bytes, sent->dgram.len);
    assert_int_equal(usctp__chunk_next(&iter, &chunk), 1);
    assert_int_equal(chunk.type, USCTP__CHUNK_ABORT);
    assert_int_equal(usctp__chunk_is_reflected(&chunk), reflected);
    causes = usctp__error_causes(&chunk);
    return usctp__cause_first(causes.ptr, causes.len);
}

/* The statistics, without those that count attempts to allocate. */
static inline struct usctp_stack_stats frozen(const struct side *side)
{
    struct usctp_stack_stats stats;

    memset(&stats, 0, sizeof(stats));
    stats.size = sizeof(stats);
    assert_int_equal(usctp_stack_stats(side->stack, &stats), USCTP_OK);
    stats.allocations = 0;
    stats.memory_peak_bytes = 0;
    return stats;
}

/* Runs a call that must fail with this error and leave the stack as it was. */
#define FAILS(side, call, error)                                 \
    do {                                                         \
        struct usctp_stack_stats before_ = frozen(side);         \
        struct usctp_stack_stats after_;                         \
        size_t sent_ = (side)->sent_cnt;                         \
        assert_int_equal((call), (error));                       \
        after_ = frozen(side);                                   \
        assert_memory_equal(&before_, &after_, sizeof(before_)); \
        assert_int_equal((side)->sent_cnt, sent_);               \
    } while (0)

#endif
