/* SPDX-License-Identifier: BSD-3-Clause */
/* The retransmission timeout (RFC 9260, 6.3.1). */
#include "unit/unit.h"

#include "base/time.h"
#include "core/rto.h"

static const struct usctp__rto_bounds plain = {USCTP__SEC, USCTP__MS, 60 * USCTP__SEC, 3, 2};

static void test_initial(void **state)
{
    struct usctp__rto rto;
    struct usctp__rto_bounds bounds = plain;

    (void)state;
    usctp__rto_init(&rto, &plain);
    assert_true(rto.rto_dur == USCTP__SEC); /* C1 */
    assert_true(rto.srtt_dur == 0);
    bounds.min_dur = 3 * USCTP__SEC;
    usctp__rto_init(&rto, &bounds);
    assert_true(rto.rto_dur == 3 * USCTP__SEC);
}

static void test_samples(void **state)
{
    struct usctp__rto rto;

    (void)state;
    usctp__rto_init(&rto, &plain);
    usctp__rto_sample(&rto, &plain, 80 * USCTP__MS);
    assert_true(rto.srtt_dur == 80 * USCTP__MS); /* C2 */
    assert_true(rto.rttvar_dur == 40 * USCTP__MS);
    assert_true(rto.rto_dur == 240 * USCTP__MS);
    usctp__rto_sample(&rto, &plain, 160 * USCTP__MS);
    /* C3: RTTVAR with the SRTT before: 3/4 * 40 + 1/4 * 80; SRTT: 7/8 * 80 + 1/8 * 160. */
    assert_true(rto.rttvar_dur == 50 * USCTP__MS);
    assert_true(rto.srtt_dur == 90 * USCTP__MS);
    assert_true(rto.rto_dur == 290 * USCTP__MS);
}

static void test_settles(void **state)
{
    struct usctp__rto rto;
    uint64_t seed = 1;

    (void)state;
    usctp__rto_init(&rto, &plain);
    for (int i = 0; i < 1000; i++) {
        usctp__rto_sample(&rto, &plain, 100 * USCTP__MS + prng_below(&seed, 2));
    }
    assert_true(rto.srtt_dur > 99 * USCTP__MS && rto.srtt_dur < 101 * USCTP__MS);
    assert_true(rto.rto_dur < 105 * USCTP__MS);
    assert_true(rto.rttvar_dur > 0); /* G1 */
}

static void test_bounds(void **state)
{
    struct usctp__rto_bounds bounds = plain;
    struct usctp__rto rto;

    (void)state;
    bounds.min_dur = USCTP__SEC;
    usctp__rto_init(&rto, &bounds);
    usctp__rto_sample(&rto, &bounds, USCTP__MS);
    assert_true(rto.rto_dur == USCTP__SEC); /* C6 */
    usctp__rto_sample(&rto, &bounds, UINT64_MAX);
    assert_true(rto.rto_dur <= bounds.max_dur); /* C7 */
    for (int i = 0; i < 100; i++) {
        usctp__rto_sample(&rto, &bounds, UINT64_MAX);
    }
    assert_true(rto.rto_dur == bounds.max_dur);
    usctp__rto_init(&rto, &plain);
    usctp__rto_sample(&rto, &plain, 0);
    assert_true(rto.srtt_dur != 0); /* 0 would mean that nothing was measured */
}

static void test_backoff(void **state)
{
    struct usctp__rto rto;

    (void)state;
    usctp__rto_init(&rto, &plain);
    usctp__rto_sample(&rto, &plain, 100 * USCTP__MS);
    usctp__rto_backoff(&rto, &plain);
    assert_true(rto.rto_dur == 600 * USCTP__MS); /* E2 */
    for (int i = 0; i < 80; i++) {
        usctp__rto_backoff(&rto, &plain);
    }
    assert_true(rto.rto_dur == plain.max_dur);
    usctp__rto_sample(&rto, &plain, 100 * USCTP__MS); /* a new measurement ends it (6.3.3) */
    assert_true(rto.rto_dur < 300 * USCTP__MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial), cmocka_unit_test(test_samples),
        cmocka_unit_test(test_settles), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_backoff),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
