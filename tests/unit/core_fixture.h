/* SPDX-License-Identifier: BSD-3-Clause */
/* A core without a stack above it, and an association in it that is established with nobody: what it
 * sends stays in the slab, where a test looks at it. */
#ifndef USCTP_TEST_CORE_FIXTURE_H
#define USCTP_TEST_CORE_FIXTURE_H

#include <stdlib.h>

#include "base/addr.h"
#include "base/time.h"
#include "common/test_crypto.h"
#include "common/test_memory.h"
#include "core/assoc.h"
#include "core/check.h"
#include "core/input.h"
#include "unit/unit.h"
#include "wire/data.h"
#include "wire/sack.h"

enum { FIXTURE_EVENT_MAX = 256, FIXTURE_CHUNK_MAX = 1 << 17 };

/* A DATA chunk that was sent. */
struct fixture_chunk {
    uint32_t tsn, ppid;
    uint16_t sid, ssn;
    uint8_t flags;
    size_t len;
    usctp_path_id path;
    size_t packet;        /* index of its packet since the last look */
    size_t packet_len;    /* length of that */
    uint32_t dgram_flags; /* of that */
};

struct fixture {
    struct usctp__core core; /* first: ops find the rest */
    struct test_memory memory;
    struct test_crypto crypto;
    struct usctp__params_ref *params;
    struct usctp_assoc *assoc;
    struct usctp_event events[FIXTURE_EVENT_MAX]; /* what was delivered */
    size_t event_cnt;
    struct fixture_chunk chunks[FIXTURE_CHUNK_MAX]; /* DATA found by fixture_sent */
    size_t chunk_cnt;
    size_t packet_cnt; /* packets found by it */
    size_t sack_cnt;   /* SACKs found by it */
    bool block;        /* the lower layer takes nothing */
};

static inline bool fixture_tag_taken(struct usctp__core *core, uint32_t tag)
{
    (void)core, (void)tag;
    return false;
}

static inline bool fixture_tag_add(struct usctp__core *core, struct usctp_assoc *assoc)
{
    (void)core;
    (void)assoc;
    return true;
}

static inline void fixture_tag_remove(struct usctp__core *core, struct usctp_assoc *assoc)
{
    (void)core;
    (void)assoc;
}

static inline void fixture_path_op(struct usctp__core *core, struct usctp__path *path)
{
    (void)core;
    (void)path;
}

static inline struct usctp_assoc *fixture_find_peer(struct usctp__core *core,
                                                    const struct usctp_assoc *assoc,
                                                    const struct usctp_addr *remote)
{
    (void)core;
    (void)assoc;
    (void)remote;
    return NULL;
}

static inline void fixture_deliver(struct usctp__core *core, struct usctp_assoc *assoc,
                                   struct usctp_event *event)
{
    struct fixture *f = (struct fixture *)(void *)core;

    (void)assoc;
    assert_true(f->event_cnt < FIXTURE_EVENT_MAX);
    f->events[f->event_cnt++] = *event;
}

/* Takes DATA and SACKs out of the slab's packets. */
static inline void fixture_flush(struct usctp__core *core)
{
    struct fixture *f = (struct fixture *)(void *)core;

    if (f->block) {
        core->blocked = core->slab.cnt > 0;
        return;
    }
    for (size_t i = 0; i < core->slab.cnt; i++) {
        struct usctp_dgram *dgram = &core->slab.dgrams[i];
        struct usctp__chunk_iter iter;
        struct usctp__chunk chunk;
        struct usctp__data data = {0};

        assert_true(dgram->len % 4 == 0);
        usctp__chunk_iter_init(&iter, dgram->data, dgram->len);
        while (usctp__chunk_next(&iter, &chunk) > 0) {
            f->sack_cnt += chunk.type == USCTP__CHUNK_SACK;
            if (chunk.type == USCTP__CHUNK_DATA) {
                struct fixture_chunk *out = &f->chunks[f->chunk_cnt++];

                assert_true(f->chunk_cnt < FIXTURE_CHUNK_MAX);
                assert_true(usctp__data_parse(&data, &chunk));
                *out = (struct fixture_chunk){data.tsn,
                                              data.ppid,
                                              data.sid,
                                              data.ssn,
                                              data.flags,
                                              data.payload_len,
                                              core->slab.path_ids[i],
                                              f->packet_cnt,
                                              dgram->len,
                                              dgram->flags};
            }
        }
        f->packet_cnt++;
    }
    usctp__slab_reset(&core->slab);
}

static inline size_t fixture_max_packet(struct usctp__core *core, usctp_lower_id lower,
                                        const struct usctp_addr *local,
                                        const struct usctp_addr *remote)
{
    (void)core;
    (void)lower;
    (void)local;
    (void)remote;
    return 0;
}

static inline uint32_t fixture_lower_flags(struct usctp__core *core, usctp_lower_id lower)
{
    (void)core;
    (void)lower;
    return USCTP_LOWER_IPV4;
}

static inline bool fixture_source(struct usctp__core *core, usctp_lower_id lower,
                                  const struct usctp_addr *remote, struct usctp_addr *local)
{
    (void)core;
    (void)lower;
    (void)remote;
    (void)local;
    return false;
}

static inline bool fixture_new_port(struct usctp__core *core, struct usctp_assoc *assoc)
{
    (void)core;
    (void)assoc;
    return false;
}

static inline void fixture_gone(struct usctp__core *core, struct usctp_assoc *assoc)
{
    struct fixture *f = (struct fixture *)(void *)core;

    if (f->assoc == assoc) {
        f->assoc = NULL;
    }
}

static const struct usctp__core_ops fixture_ops = {
    .tag_add = fixture_tag_add,
    .tag_taken = fixture_tag_taken,
    .tag_remove = fixture_tag_remove,
    .path_add = fixture_path_op,
    .path_remove = fixture_path_op,
    .find_peer = fixture_find_peer,
    .deliver = fixture_deliver,
    .flush = fixture_flush,
    .max_packet = fixture_max_packet,
    .source = fixture_source,
    .lower_flags = fixture_lower_flags,
    .new_port = fixture_new_port,
    .gone = fixture_gone,
};

/* One more path to 192.0.2.(id). */
static inline struct usctp__path *fixture_add_path(struct fixture *f)
{
    const uint8_t bytes[4] = {192, 0, 2, (uint8_t)f->assoc->paths.next_id};
    struct usctp_addr local = usctp__addr_none();
    struct usctp_addr remote = usctp__addr_ipv4(bytes);
    struct usctp__path *path =
        usctp__path_add(f->assoc, 1, &local, &remote, 9899, USCTP_PATH_ACTIVE);

    assert_non_null(path);
    return path;
}

/* Events and output of what was touched. */
static inline void fixture_settle(struct fixture *f)
{
    usctp__core_settle(&f->core);
    if (f->assoc != NULL) {
        usctp__assoc_check(f->assoc);
    }
}

/* An association in ESTABLISHED with one path, our initial TSN and the peer's window. */
static inline struct fixture *fixture_new(uint32_t tsn, uint32_t peer_rwnd)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct usctp_config config = USCTP_CONFIG_INIT;
    struct usctp_params params;
    int error = 0;

    config.memory = test_memory_init(&f->memory);
    config.crypto = test_crypto_init(&f->crypto, 7);
    config.now_ts = USCTP__SEC;
    assert_int_equal(usctp__core_init(&f->core, &config, &fixture_ops), 0);
    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), 0);
    params.flags |= USCTP_PARAM_NO_HEARTBEAT | USCTP_PARAM_DRY_EVENTS;
    f->params = usctp__params_new(&f->core, &params);
    f->assoc = usctp__assoc_new(&f->core, NULL, f->params, NULL, 5000, 5001, &error);
    assert_non_null(f->assoc);
    fixture_add_path(f);
    f->assoc->peer_tag = 0x01020304;
    f->assoc->my_initial_tsn = tsn;
    usctp__tx_init(f->assoc, tsn);
    usctp__tx_peer(f->assoc, peer_rwnd, 100);
    usctp__rx_init(f->assoc, 1000, 65536);
    f->assoc->out_streams = 100;
    usctp__assoc_established(f->assoc);
    fixture_settle(f);
    f->event_cnt = 0;
    return f;
}

static inline void fixture_free(struct fixture *f)
{
    if (f->assoc != NULL) {
        f->block = false;
        f->core.blocked = false;
        usctp__assoc_free(f->assoc, false);
        usctp__core_settle(&f->core);
    }
    assert_null(f->assoc);
    usctp__params_unref(&f->core, f->params);
    usctp__core_destroy(&f->core);
    assert_int_equal(test_memory_leaks(&f->memory), 0);
    free(f);
}

/* Parameters may be changed behind the library's back: they are this association's own. */
static inline struct usctp_params *fixture_params(struct fixture *f)
{
    return &f->params->params;
}

/* Queues a message of len bytes on a stream, without output. */
static inline int fixture_queue(struct fixture *f, uint16_t stream, uint16_t flags, size_t len)
{
    static const uint8_t bytes[1 << 18];
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {bytes, len};

    info.stream = stream;
    info.flags = flags;
    return usctp__tx_send(f->assoc, &info, &iov, 1);
}

/* The same, and sends what may be sent. */
static inline void fixture_send(struct fixture *f, uint16_t stream, size_t len)
{
    assert_int_equal(fixture_queue(f, stream, 0, len), 0);
    fixture_settle(f);
}

/* Time goes on, alarms run. */
static inline void fixture_wait(struct fixture *f, uint64_t dur)
{
    usctp__core_set_time(&f->core, f->core.now_ts + dur);
    usctp__core_run_alarms(&f->core);
    fixture_settle(f);
}

/* Forgets what was sent and delivered so far. */
static inline void fixture_forget(struct fixture *f)
{
    f->chunk_cnt = 0;
    f->packet_cnt = 0;
    f->sack_cnt = 0;
    f->event_cnt = 0;
}

/* Events of a type among those delivered. */
static inline unsigned fixture_events(const struct fixture *f, int type)
{
    unsigned cnt = 0;

    for (size_t i = 0; i < f->event_cnt; i++) {
        cnt += f->events[i].type == type;
    }
    return cnt;
}

/* Takes in a SACK, with gap blocks as pairs of offsets, ended by 0; returns the verdict. No output. */
static inline enum usctp__verdict fixture_take_sack(struct fixture *f, uint32_t cum_tsn,
                                                    uint32_t a_rwnd, const uint16_t *gaps,
                                                    bool *fresh)
{
    static uint8_t bytes[65536];
    struct usctp__packet_in in;
    struct usctp__chunk chunk;
    size_t cnt = 0;
    enum usctp__verdict verdict;

    while (gaps != NULL && gaps[2 * cnt] != 0) {
        usctp__put16(bytes + 16 + 4 * cnt, gaps[2 * cnt]);
        usctp__put16(bytes + 18 + 4 * cnt, gaps[2 * cnt + 1]);
        cnt++;
    }
    bytes[0] = USCTP__CHUNK_SACK;
    usctp__put16(bytes + 2, (uint16_t)(16 + 4 * cnt));
    usctp__put32(bytes + 4, cum_tsn);
    usctp__put32(bytes + 8, a_rwnd);
    usctp__put16(bytes + 12, (uint16_t)cnt);
    usctp__put16(bytes + 14, 0);
    assert_int_equal(usctp__chunk_parse(&chunk, bytes, 16 + 4 * cnt), 1);
    memset(&in, 0, sizeof(in));
    in.path = f->assoc->paths.first;
    verdict = usctp__on_sack(f->assoc, &in, &chunk);
    if (fresh != NULL) {
        *fresh = in.fresh;
    }
    return verdict;
}

/* The same in an ordinary case, with the output that follows. */
static inline void fixture_sack(struct fixture *f, uint32_t cum_tsn, uint32_t a_rwnd,
                                const uint16_t *gaps)
{
    assert_int_equal(fixture_take_sack(f, cum_tsn, a_rwnd, gaps, NULL), USCTP__NEXT);
    usctp__assoc_check(f->assoc);
    fixture_settle(f);
}

#endif
