/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers that tune themselves: what makes them grow, what stops them, what the caps are. */
#include "rx_world.h"

enum { LEN = 1000, BASE = 256 * 1024, CAP = 4 * 1024 * 1024 };

static struct usctp_params plain_params(void)
{
    struct usctp_params params;

    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    return params;
}

/* A world whose path has a round trip of 10 ms. */
static struct world *measured_world(const struct usctp_params *params)
{
    struct world *world = world_new(params);

    world->assoc->paths.data->rto.srtt_dur = USCTP_MS(10);
    return world;
}

/* So many chunks come, evenly spread over a span; the application takes them at once. */
static void stream(struct world *world, uint32_t *tsn, unsigned cnt, uint64_t dur)
{
    for (unsigned i = 0; i < cnt; i++) {
        take_data(world, *tsn, 0, (uint16_t)*tsn, WHOLE, LEN);
        world_forget(world);
        world_wait(world, dur / cnt);
        ++*tsn;
    }
}

static uint32_t window(const struct world *world)
{
    return world->assoc->rx.window;
}

static void test_caps(void **state)
{
    struct usctp_params params = plain_params();

    (void)state;
    assert_int_equal(usctp__tune_window_cap(&params), CAP);
    assert_int_equal(usctp__tune_send_cap(&params), CAP);
    params.receive_window = 100000; /* the user wants this one */
    params.send_buffer = 50000;
    assert_int_equal(usctp__tune_window_cap(&params), 100000);
    assert_int_equal(usctp__tune_send_cap(&params), 50000);
    params.receive_window_max = 300000; /* and this cap */
    params.send_buffer_max = 200000;
    assert_int_equal(usctp__tune_window_cap(&params), 300000);
    assert_int_equal(usctp__tune_send_cap(&params), 200000);
    params.receive_memory = 400000; /* at most half of it */
    assert_int_equal(usctp__tune_window_cap(&params), 200000);
    params.receive_window_max = 1; /* less than it is: it stays as it is */
    assert_int_equal(usctp__tune_window_cap(&params), 100000);
}

static void test_window_grows(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world = measured_world(&params);
    uint32_t tsn = 0;

    (void)state;
    assert_int_equal(window(world), BASE);
    stream(world, &tsn, 120, USCTP_MS(20)); /* 60 KB a round trip: twice that is there */
    assert_int_equal(window(world), BASE);
    stream(world, &tsn, 600, USCTP_MS(20)); /* 300 KB a round trip */
    assert_in_range(window(world), 500000, 700000);
    assert_true(usctp__rx_window(world->assoc) > 400000);
    stream(world, &tsn, 100, USCTP_MS(20));
    assert_in_range(window(world), 500000, 700000); /* it stays */
    stream(world, &tsn, 12000, USCTP_MS(40));
    assert_int_equal(window(world), CAP);
    world_free(world);
}

/* Without a measured round trip a window's worth is one: the peer cannot have sent more. */
static void test_window_without_rtt(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world = world_new(&params);
    uint32_t tsn = 0;

    (void)state;
    stream(world, &tsn, 2000, USCTP_MS(100));
    assert_in_range(window(world), 2 * BASE - 1000, 2 * BASE + 4000);
    stream(world, &tsn, 10000, USCTP_SEC(1)); /* no faster than before: no more */
    assert_in_range(window(world), 2 * BASE - 1000, 2 * BASE + 4000);
    world_free(world);
}

static void test_fixed_window(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world;
    uint32_t tsn = 0;

    (void)state;
    params.receive_window = 200000;
    world = measured_world(&params);
    stream(world, &tsn, 2000, USCTP_MS(20));
    assert_int_equal(window(world), 200000);
    world_free(world);
}

/* What the application leaves lying does not make the window grow. */
static void test_slow_reader(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world = measured_world(&params);
    uint32_t tsn = 0;

    (void)state;
    world->assoc->events.paused = true;
    stream(world, &tsn, 250, USCTP_MS(10));
    stream(world, &tsn, 10, USCTP_MS(20));
    assert_int_equal(window(world), BASE);
    assert_true(usctp__rx_window(world->assoc) < 3000);
    world->assoc->events.paused = false;
    world_free(world);
}

/* A stack that is short of memory lets no window be larger than it began; but promises stand. */
static void test_memory_short(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world = measured_world(&params);
    uint32_t tsn = 0;
    uint64_t edge;

    (void)state;
    world->core.tune_limit = 1;
    stream(world, &tsn, 1000, USCTP_MS(20));
    assert_int_equal(window(world), BASE);
    world->core.tune_limit = SIZE_MAX;
    stream(world, &tsn, 1000, USCTP_MS(20));
    assert_true(window(world) > 2 * BASE);
    edge = world->assoc->rx.edge;
    world->core.tune_limit = 1;
    assert_true(usctp__rx_window(world->assoc) == edge - world->assoc->rx.received_bytes);
    stream(world, &tsn, 2000, USCTP_MS(20)); /* used up: back to what it began with */
    assert_true(usctp__rx_window(world->assoc) <= BASE);
    world_free(world);
}

static void test_send_buffer(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world = measured_world(&params);
    struct usctp__cc *cc = &world->assoc->paths.data->cc;

    (void)state;
    assert_int_equal(usctp__tune_send_buffer(world->assoc), BASE);
    cc->cwnd = 250000;
    assert_int_equal(usctp__tune_send_buffer(world->assoc), 1000000);
    cc->cwnd = 100000000;
    assert_int_equal(usctp__tune_send_buffer(world->assoc), CAP);
    world->core.tune_limit = 1;
    assert_int_equal(usctp__tune_send_buffer(world->assoc), BASE);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caps),         cmocka_unit_test(test_window_grows),
        cmocka_unit_test(test_fixed_window), cmocka_unit_test(test_window_without_rtt),
        cmocka_unit_test(test_slow_reader),  cmocka_unit_test(test_memory_short),
        cmocka_unit_test(test_send_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
