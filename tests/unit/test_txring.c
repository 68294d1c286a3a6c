/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring of chunks in flight: random operations against one plain record a TSN, growth, limits, no
 * memory. */
#include "unit/unit.h"

#include <stdlib.h>

#include "common/test_memory.h"
#include "core/path.h"
#include "core/txring.h"

enum { PATH_CNT = 3, MODEL_CNT = 1 << 16 };

enum condition { GONE = 0, OUTSTANDING, LOST, ACKED };

struct model {
    enum condition condition; /* of the TSN */
    bool barred;              /* from fast retransmission */
    unsigned path;            /* index */
    uint64_t order;           /* rising: when it was linked last */
};

struct world {
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__txring ring;
    struct usctp__path paths[PATH_CNT];
    struct model *model; /* by TSN - first */
    uint64_t first;      /* first TSN */
    uint64_t order;      /* of the next link */
    uint64_t seed;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    w->model = calloc(MODEL_CNT, sizeof(*w->model));
    usctp__mem_init(&w->mem, test_memory_init(&w->memory), 0);
    w->first = UINT64_C(0x1ffffffff) - 100; /* the low half wraps soon */
    usctp__txring_init(&w->ring, w->first);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    usctp__txring_advance(&w->ring, w->ring.next);
    usctp__txring_trim(&w->ring, &w->mem);
    assert_int_equal(test_memory_leaks(&w->memory), 0);
    free(w->model);
    free(w);
    return 0;
}

static struct model *model_of(struct world *w, uint64_t tsn)
{
    return &w->model[tsn - w->first];
}

static void link_tsn(struct world *w, uint64_t tsn, unsigned path)
{
    usctp__txring_slot(&w->ring, tsn)->path = &w->paths[path];
    usctp__txring_link(&w->ring, tsn);
    model_of(w, tsn)->condition = OUTSTANDING;
    model_of(w, tsn)->path = path;
    model_of(w, tsn)->order = w->order++;
}

static void push(struct world *w)
{
    struct usctp__txslot *slot;
    uint64_t tsn = w->ring.next;

    assert_true(usctp__txring_reserve(&w->ring, &w->mem));
    slot = usctp__txring_push(&w->ring);
    assert_null(slot->msg);
    slot->offset = (uint32_t)tsn;
    link_tsn(w, tsn, (unsigned)prng_below(&w->seed, PATH_CNT));
}

static bool model_lowest(struct world *w, unsigned path, uint64_t *tsn)
{
    for (*tsn = w->ring.base; *tsn < w->ring.next; (*tsn)++) {
        if (model_of(w, *tsn)->condition == OUTSTANDING && model_of(w, *tsn)->path == path) {
            return true;
        }
    }
    return false;
}

static void unlink_tsn(struct world *w, uint64_t tsn)
{
    unsigned path = model_of(w, tsn)->path;
    uint64_t lowest;

    assert_true(model_lowest(w, path, &lowest));
    assert_int_equal(usctp__txring_unlink(&w->ring, tsn), lowest == tsn);
}

/* Moves one TSN of the window from its condition to another one. */
static void change(struct world *w)
{
    uint64_t tsn = w->ring.base + prng_below(&w->seed, usctp__txring_cnt(&w->ring));
    struct model *model = model_of(w, tsn);
    bool lose = prng_below(&w->seed, 3) == 0;

    switch (model->condition) {
    case OUTSTANDING:
        unlink_tsn(w, tsn);
        if (lose) {
            usctp__txring_set_lost(&w->ring, tsn);
            model->condition = LOST;
            if (prng_below(&w->seed, 2) == 0) {
                usctp__txring_word(&w->ring, tsn)->barred |= usctp__txring_bit(tsn);
                model->barred = true;
            }
        } else {
            usctp__txring_set_acked(&w->ring, tsn);
            model->condition = ACKED;
        }
        break;
    case LOST:
        usctp__txring_clear_lost(&w->ring, tsn);
        link_tsn(w, tsn, (unsigned)prng_below(&w->seed, PATH_CNT));
        break;
    case ACKED:
        if (lose) {
            usctp__txring_clear_acked(&w->ring, tsn);
            link_tsn(w, tsn, model->path);
        }
        break;
    case GONE:
        fail();
    }
}

static void advance(struct world *w, uint64_t max)
{
    uint64_t base = w->ring.base + prng_below(&w->seed, max + 1);

    base = base < w->ring.next ? base : w->ring.next;
    for (uint64_t tsn = w->ring.base; tsn < base; tsn++) {
        if (model_of(w, tsn)->condition == OUTSTANDING) {
            unlink_tsn(w, tsn);
        }
        model_of(w, tsn)->condition = GONE;
    }
    usctp__txring_advance(&w->ring, base);
    assert_true(w->ring.base == base);
}

static bool is_kind(const struct model *model, enum usctp__txring_kind kind)
{
    switch (kind) {
    case USCTP__TX_ACKED:
        return model->condition == ACKED;
    case USCTP__TX_NOT_ACKED:
        return model->condition != ACKED;
    case USCTP__TX_LOST:
        return model->condition == LOST;
    case USCTP__TX_OUTSTANDING:
        return model->condition == OUTSTANDING;
    case USCTP__TX_KEPT:
        return true;
    case USCTP__TX_ELIGIBLE:
        break;
    }
    return model->condition == OUTSTANDING && !model->barred;
}

static void check_scan(struct world *w)
{
    uint64_t cnt = usctp__txring_cnt(&w->ring);
    uint64_t from = w->ring.base + prng_below(&w->seed, cnt + 1);
    uint64_t limit = from + prng_below(&w->seed, w->ring.next - from + 1);

    for (int kind = USCTP__TX_ACKED; kind <= USCTP__TX_KEPT; kind++) {
        uint64_t tsn = from;

        while (tsn < limit && !is_kind(model_of(w, tsn), (enum usctp__txring_kind)kind)) {
            tsn++;
        }
        assert_true(usctp__txring_scan(&w->ring, (enum usctp__txring_kind)kind, from, limit) ==
                    tsn);
        if (kind == USCTP__TX_NOT_ACKED && from < limit) {
            assert_int_equal(usctp__txring_all_acked(&w->ring, from, limit), tsn == limit);
        }
    }
}

/* The send-order list of a path holds what is outstanding on it, in the order of linking. */
static void check_list(struct world *w, unsigned index)
{
    const struct usctp__path *path = &w->paths[index];
    uint64_t lowest;
    uint64_t tsn = path->tx_oldest;
    uint64_t before = 0;

    assert_int_equal(model_lowest(w, index, &lowest), path->flight_cnt > 0);
    if (path->flight_cnt == 0) {
        return;
    }
    assert_true(path->tx_lowest == lowest);
    for (uint32_t i = 0; i < path->flight_cnt; i++) {
        assert_true(usctp__txring_has(&w->ring, tsn));
        assert_int_equal(model_of(w, tsn)->condition, OUTSTANDING);
        assert_int_equal(model_of(w, tsn)->path, index);
        assert_true(i == 0 || model_of(w, tsn)->order > before);
        before = model_of(w, tsn)->order;
        if (i + 1 < path->flight_cnt) {
            uint64_t next = usctp__txring_after(&w->ring, tsn);

            assert_true(usctp__txring_before(&w->ring, next) == tsn);
            tsn = next;
        }
    }
    assert_true(tsn == path->tx_newest);
}

static void check_all(struct world *w)
{
    uint32_t cnt[4] = {0};

    for (uint64_t tsn = w->ring.base; tsn < w->ring.next; tsn++) {
        const struct model *model = model_of(w, tsn);

        cnt[model->condition]++;
        assert_int_equal(usctp__txring_acked(&w->ring, tsn), model->condition == ACKED);
        assert_int_equal(usctp__txring_lost(&w->ring, tsn), model->condition == LOST);
        assert_int_equal(usctp__txring_slot(&w->ring, tsn)->offset, (uint32_t)tsn);
    }
    assert_int_equal(w->ring.acked_cnt, cnt[ACKED]);
    assert_int_equal(w->ring.lost_cnt, cnt[LOST]);
    assert_int_equal(w->paths[0].flight_cnt + w->paths[1].flight_cnt + w->paths[2].flight_cnt,
                     cnt[OUTSTANDING]);
    for (unsigned i = 0; i < PATH_CNT; i++) {
        check_list(w, i);
    }
}

static void test_against_model(void **state)
{
    struct world *w = *state;

    w->seed = 42;
    for (unsigned i = 0; i < 30000; i++) {
        uint64_t what = prng_below(&w->seed, 10);

        if (usctp__txring_empty(&w->ring) || (what < 4 && w->ring.next - w->first < MODEL_CNT)) {
            push(w);
        } else if (what < 9) {
            change(w);
        } else {
            advance(w, i % 1000 == 0 ? 400 : 4);
        }
        check_scan(w);
        if (i % 64 == 0) {
            check_all(w);
        }
    }
    check_all(w);
    assert_true(w->ring.cap >= 64); /* it has grown past a word */
}

static void test_grows_by_doubling(void **state)
{
    struct world *w = *state;

    assert_null(w->ring.slots);
    for (unsigned i = 0; i < 1000; i++) {
        push(w);
        assert_true(w->ring.cap >= i + 1 && (w->ring.cap & (w->ring.cap - 1)) == 0);
    }
    check_all(w);
    assert_int_equal(w->ring.cap, 1024);
    advance(w, 0);
    for (unsigned i = 0; i < 5000; i++) {
        /* A window that stays below the size needs no memory any more. */
        uint64_t alloc_cnt = w->mem.alloc_cnt;

        push(w);
        unlink_tsn(w, w->ring.base);
        model_of(w, w->ring.base)->condition = GONE;
        usctp__txring_advance(&w->ring, w->ring.base + 1);
        assert_true(w->mem.alloc_cnt == alloc_cnt);
    }
    check_all(w);
}

static void test_full_window_wraps_within_a_word(void **state)
{
    struct world *w = *state;

    /* 64 slots, filled to the last, with a base in the middle of a word: both ends share it. */
    for (unsigned i = 0; i < 64; i++) {
        push(w);
    }
    for (unsigned i = 0; i < 30; i++) {
        unlink_tsn(w, w->ring.base);
        model_of(w, w->ring.base)->condition = GONE;
        usctp__txring_advance(&w->ring, w->ring.base + 1);
        push(w);
        assert_int_equal(w->ring.cap, 64);
    }
    for (unsigned i = 0; i < 200; i++) {
        change(w);
        check_all(w);
        check_scan(w);
    }
    for (uint64_t tsn = w->ring.base; tsn < w->ring.next; tsn++) {
        while (model_of(w, tsn)->condition != ACKED) {
            change(w);
        }
    }
    for (unsigned i = 0; i < 1000; i++) {
        check_scan(w); /* long runs of what was acknowledged */
    }
    push(w); /* and grows with all that */
    assert_int_equal(w->ring.cap, 128);
    check_all(w);
}

static void test_no_memory(void **state)
{
    struct world *w = *state;

    test_memory_fail_next(&w->memory, 1);
    assert_false(usctp__txring_reserve(&w->ring, &w->mem));
    assert_true(usctp__txring_empty(&w->ring));
    for (unsigned i = 0; i < USCTP__TXRING_MIN_CNT; i++) {
        push(w);
    }
    test_memory_fail_next(&w->memory, 1);
    assert_false(usctp__txring_reserve(&w->ring, &w->mem));
    check_all(w);
    push(w);
    check_all(w);
}

static void test_trim(void **state)
{
    struct world *w = *state;
    uint64_t next;

    push(w);
    next = w->ring.next;
    advance(w, 0);
    unlink_tsn(w, w->ring.base);
    model_of(w, w->ring.base)->condition = GONE;
    usctp__txring_advance(&w->ring, next);
    usctp__txring_trim(&w->ring, &w->mem);
    assert_int_equal(w->mem.used, 0);
    assert_true(w->ring.next == next);
    push(w);
    check_all(w);
}

static void test_slot_is_compact(void **state)
{
    (void)state;
    assert_true(sizeof(struct usctp__txslot) <= 40);
}

/* RFC 9260, 6.1: no TSN more than 2^31 - 1 above the beginning of the window. */
static void test_longest_window(void **state)
{
    struct world *w = *state;
    struct usctp__txring ring = w->ring;

    ring.next = ring.base + UINT64_C(0x7fffffff);
    assert_false(usctp__txring_reserve(&ring, &w->mem));
    assert_int_equal(w->memory.alloc_cnt, 0);
}

/* Abandoned TSNs are of no other kind, whatever the ring's size, and leave with the window. */
static void test_abandoned(void **state)
{
    struct world *w = *state;
    uint64_t first = w->ring.base;

    for (unsigned i = 0; i < 200; i++) {
        assert_true(usctp__txring_reserve(&w->ring, &w->mem));
        (void)usctp__txring_push(&w->ring);
        if (i % 3 != 2) {
            usctp__txring_set_gone(&w->ring, first + i);
        }
    }
    assert_true(usctp__txring_scan(&w->ring, USCTP__TX_KEPT, first, w->ring.next) == first + 2);
    assert_true(usctp__txring_scan(&w->ring, USCTP__TX_KEPT, first + 3, first + 5) == first + 5);
    assert_true(usctp__txring_scan(&w->ring, USCTP__TX_OUTSTANDING, first + 120, w->ring.next) ==
                first + 122);
    assert_true(usctp__txring_scan(&w->ring, USCTP__TX_ELIGIBLE, first, w->ring.next) == first + 2);
    usctp__txring_advance(&w->ring, first + 130);
    assert_false(usctp__txring_gone(&w->ring, first + 64));
    assert_true(usctp__txring_gone(&w->ring, first + 130));
    usctp__txring_advance(&w->ring, w->ring.next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_against_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_abandoned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_grows_by_doubling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_window_wraps_within_a_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_trim, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_longest_window, set_up, tear_down),
        cmocka_unit_test(test_slot_is_compact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
