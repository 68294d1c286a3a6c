/* SPDX-License-Identifier: BSD-3-Clause */
/* An association that sends, to a peer that is played by SACKs. */
#ifndef USCTP_TEST_SENDER_H
#define USCTP_TEST_SENDER_H

#include "unit/core_fixture.h"

#define FIRST UINT32_C(0xfffffffc) /* the TSN wraps early in each test */

enum { FULL = 1200 - 12 - 16 }; /* payload of a chunk that fills a packet */

/* A wide window, and bursts of any length. */
static inline int sender_set_up(void **state)
{
    struct fixture *f = fixture_new(FIRST, 1000000);

    fixture_params(f)->max_burst = 0;
    fixture_params(f)->send_buffer = 10000000;
    *state = f;
    return 0;
}

static inline int sender_tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

static inline struct usctp__path *path_of(struct fixture *f)
{
    return f->assoc->paths.first;
}

static inline uint32_t tsn(unsigned i)
{
    return FIRST + i;
}

/* Sends cnt messages of one full chunk each. */
static inline void send_full(struct fixture *f, unsigned cnt)
{
    fixture_forget(f);
    for (unsigned i = 0; i < cnt; i++) {
        assert_int_equal(fixture_queue(f, (uint16_t)(i % 5), 0, FULL), 0);
    }
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, cnt);
    fixture_forget(f);
}

/* The same, whatever the congestion window says. */
static inline void send_freely(struct fixture *f, unsigned cnt)
{
    path_of(f)->cc.cwnd = 1000000;
    send_full(f, cnt);
}

#endif
