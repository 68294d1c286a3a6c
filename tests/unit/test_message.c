/* SPDX-License-Identifier: BSD-3-Clause */
/* Received messages: lent, kept, dropped, deferred, joined; and what they charge the window. */
#include "rx_world.h"

static struct world *plain_world(void)
{
    struct usctp_params params;

    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    return world_new(&params);
}

/* What the hooks leave behind. */
static usctp_message *kept;
static int result;

static void keep(struct world *world, const struct usctp_event *event)
{
    (void)world;
    if (event->type == USCTP_EVENT_MESSAGE) {
        kept = usctp_message_keep(event->u.message.message);
    }
}

static void check_bytes(usctp_message *message, int value, size_t expected_len)
{
    size_t len;
    const uint8_t *data = usctp_message_data(message, &len);

    assert_non_null(data);
    assert_int_equal(len, expected_len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(data[i], value);
    }
}

/* A kept message outlives the packet and charges the window until it is dropped. */
static void test_keep(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = keep;
    take_data(world, 0, 0, 0, WHOLE, 1000);
    assert_non_null(kept);
    check_bytes(kept, 0, 1000);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 1000);
    assert_true(usctp__rx_held_memory(&world->assoc->rx) > 1000);
    assert_ptr_equal(usctp_message_keep(kept), kept);
    usctp_message_drop(kept);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 1000);
    usctp_message_drop(kept);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 0);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 0);
    world_free(world);
}

/* It outlives the association, too. */
static void test_keep_longer(void **state)
{
    struct world *world = plain_world();
    usctp_message *messages[3];

    (void)state;
    world->hook = keep;
    for (int i = 0; i < 3; i++) {
        take_data(world, i, 0, (uint16_t)i, WHOLE, 100);
        messages[i] = kept;
    }
    usctp_message_drop(messages[1]);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 200);
    usctp__core_enter(&world->core);
    usctp__assoc_free(world->assoc, false);
    usctp__core_leave(&world->core);
    assert_null(world->assoc);
    check_bytes(messages[0], 0, 100);
    check_bytes(messages[2], 2, 100);
    usctp_message_drop(messages[2]);
    usctp_message_drop(messages[0]);
    usctp__message_trim(&world->core);
    assert_int_equal(world->core.message_pool.used_cnt, 0);
    world_free(world);
}

static void free_and_keep(struct world *world, const struct usctp_event *event)
{
    usctp__assoc_free(world->assoc, false);
    kept = usctp_message_keep(event->u.message.message);
}

static void test_keep_after_free(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = free_and_keep;
    take_data(world, 0, 0, 0, WHOLE, 100);
    assert_null(world->assoc);
    check_bytes(kept, 0, 100);
    usctp_message_drop(kept);
    world_free(world);
}

static void drop_what_is_lent(struct world *world, const struct usctp_event *event)
{
    (void)world;
    usctp_message_drop(event->u.message.message);
    usctp_message_drop(event->u.message.message);
    assert_int_equal(((const uint8_t *)event->u.message.iov[0].base)[0], 0);
}

/* A drop too many in the callback does no harm. */
static void test_drop_lent(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = drop_what_is_lent;
    take_data(world, 0, 0, 0, WHOLE, 100);
    assert_int_equal(world->event_cnt, 1);
    usctp__message_trim(&world->core);
    assert_int_equal(world->core.message_pool.used_cnt, 0);
    world_free(world);
}

/* Fragments that came out of order, so that they stand in pieces. */
static void take_pieces(struct world *world)
{
    take_data(world, 2, 0, 0, LAST, 1000);
    take_data(world, 1, 0, 0, MIDDLE, 1000);
    take_data(world, 0, 0, 0, FIRST, 1000);
}

static const uint8_t *first_data;

static void join_in_callback(struct world *world, const struct usctp_event *event)
{
    usctp_message *message = event->u.message.message;
    size_t len;

    assert_true(event->u.message.iov_cnt > 1);
    first_data = usctp_message_data(message, &len);
    assert_non_null(first_data);
    assert_int_equal(len, 3000);
    assert_ptr_equal(usctp_message_data(message, &len), first_data);
    for (size_t i = 0; i < 3000; i++) {
        assert_int_equal(first_data[i], i / 1000);
    }
    /* What the event lent stays as it is until the callback returns. */
    for (size_t i = 0; i < event->u.message.iov_cnt; i++) {
        assert_int_equal(((const uint8_t *)event->u.message.iov[i].base)[0], i);
    }
    if (world->hook_ctx != NULL) {
        kept = usctp_message_keep(message);
    }
}

static void test_join(void **state)
{
    struct world *world = plain_world();
    size_t len;

    (void)state;
    world->hook = join_in_callback;
    take_pieces(world);
    assert_int_equal(world->event_cnt, 1);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 0);
    world_free(world);

    world = plain_world();
    world->hook = join_in_callback;
    world->hook_ctx = world;
    take_pieces(world);
    assert_ptr_equal(usctp_message_data(kept, &len), first_data);
    assert_int_equal(world->core.rxfrag_pool.used_cnt, 1); /* the pieces went, the copy stays */
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 3000);
    usctp_message_drop(kept);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 0);
    world_free(world);
}

static void test_join_later(void **state)
{
    struct world *world = plain_world();
    size_t len;

    (void)state;
    world->hook = keep;
    take_pieces(world);
    test_memory_fail_next(&world->memory, 1);
    assert_null(usctp_message_data(kept, &len));
    first_data = usctp_message_data(kept, &len);
    assert_non_null(first_data);
    assert_int_equal(len, 3000);
    assert_int_equal(first_data[2999], 2);
    assert_ptr_equal(usctp_message_data(kept, &len), first_data);
    assert_int_equal(world->core.rxfrag_pool.used_cnt, 1);
    usctp_message_drop(kept);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 0);
    world_free(world);
}

static void test_keep_no_memory(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = keep;
    packet_begin(world);
    packet_data(world, 0, 0, 0, WHOLE, 1000);
    world->memory.fail_from = world->memory.alloc_cnt + 2; /* the message has one, the copy none */
    packet_take(world, 1);
    world->memory.fail_from = 0;
    assert_int_equal(world->event_cnt, 1);
    assert_null(kept);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 0);
    world_free(world);
}

/* --- Taking ----------------------------------------------------------------------------------- */

static void take(struct world *world, const struct usctp_event *event)
{
    usctp_message *message = event->u.message.message;

    if (event->type == USCTP_EVENT_MESSAGE && world->hook_ctx != NULL) {
        kept = usctp_message_keep(message);
        assert_int_equal(usctp_message_take(message, 200), USCTP_ESTATE); /* kept */
        usctp_message_drop(kept);
        assert_int_equal(usctp_message_take(message, 200), USCTP_OK);
        assert_int_equal(usctp_message_take(message, 200), USCTP_ESTATE); /* it was */
        assert_int_equal(usctp_message_defer(message), USCTP_ESTATE);
        kept = message;
    }
}

/* It is charged as one that is kept, until the application says so. */
static void test_take(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = take;
    world->hook_ctx = world;
    for (int i = 0; i < 3; i++) {
        take_data(world, i, 0, (uint16_t)i, WHOLE, 100);
    }
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 300);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 600);
    assert_int_equal(usctp_assoc_consumed(world->assoc, 301, 600), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_consumed(world->assoc, 300, 601), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_consumed(world->assoc, 200, 400), USCTP_OK);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 100);
    assert_int_equal(usctp_assoc_consumed(world->assoc, 100, 200), USCTP_OK);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 0);
    assert_int_equal(usctp_assoc_consumed(world->assoc, 1, 0), USCTP_EINVAL);
    world_free(world);
}

/* One that was in pieces: their memory goes, that of the application counts. */
static void test_take_pieces(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = take;
    take_data(world, 1, 0, 1, WHOLE, 100);
    world->hook_ctx = world;
    take_data(world, 0, 0, 0, WHOLE, 100);
    assert_int_equal(world->event_cnt, 2);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 200);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 400);
    assert_int_equal(usctp_assoc_consumed(world->assoc, 200, 400), USCTP_OK);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 0);
    world_free(world);
}

/* --- Deferring -------------------------------------------------------------------------------- */

static void defer(struct world *world, const struct usctp_event *event)
{
    if (event->type == USCTP_EVENT_MESSAGE && world->hook_ctx != NULL) {
        result = usctp_message_defer(event->u.message.message);
        assert_int_equal(usctp_message_defer(event->u.message.message), USCTP_ESTATE);
        world->hook_ctx = NULL;
    }
}

static void test_defer(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = defer;
    world->hook_ctx = world;
    packet_begin(world);
    for (int i = 0; i < 3; i++) {
        packet_data(world, i, 0, (uint16_t)i, WHOLE, 100);
    }
    packet_take(world, 1);
    assert_int_equal(result, USCTP_OK);
    assert_int_equal(world->event_cnt, 1);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 300);
    take_data(world, 3, 0, 3, WHOLE, 100);
    assert_int_equal(world->event_cnt, 1);
    world_forget(world);
    usctp__core_enter(&world->core);
    usctp__event_resume(world->assoc);
    usctp__core_leave(&world->core);
    assert_int_equal(world->event_cnt, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(world->events[i].ssn, i);
    }
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 0);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 0);
    world_free(world);
}

static void defer_and_resume(struct world *world, const struct usctp_event *event)
{
    assert_int_equal(usctp_message_defer(event->u.message.message), USCTP_OK);
    usctp__event_resume(world->assoc);
}

/* Deferring and resuming in one callback does not spin: one more try each round. */
static void test_defer_and_resume(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = defer_and_resume;
    take_data(world, 0, 0, 0, WHOLE, 100);
    assert_int_equal(world->event_cnt, 2);
    assert_true(world->core.more);
    world->hook = NULL;
    usctp__core_enter(&world->core);
    usctp__core_leave(&world->core);
    assert_int_equal(world->event_cnt, 3);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 0);
    world_free(world);
}

static void keep_and_defer(struct world *world, const struct usctp_event *event)
{
    if (world->hook_ctx != NULL) {
        kept = usctp_message_keep(event->u.message.message);
        assert_int_equal(usctp_message_defer(kept), USCTP_OK);
        world->hook_ctx = NULL;
    }
}

static void test_keep_and_defer(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = keep_and_defer;
    world->hook_ctx = world;
    take_data(world, 0, 0, 0, WHOLE, 100);
    assert_int_equal(usctp_message_defer(kept), USCTP_ESTATE); /* not lent now */
    usctp__core_enter(&world->core);
    usctp__event_resume(world->assoc);
    usctp__core_leave(&world->core);
    assert_int_equal(world->event_cnt, 2);
    check_bytes(kept, 0, 100);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 100);
    usctp_message_drop(kept);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 0);
    world_free(world);
}

static void defer_without_memory(struct world *world, const struct usctp_event *event)
{
    if (event->type == USCTP_EVENT_MESSAGE) {
        world->memory.fail_from = 1;
        result = usctp_message_defer(event->u.message.message);
    } else {
        world->memory.fail_from = 0;
    }
}

/* It cannot be stored then: it is lost, and the association with it, as where it had waited without coming. */
static void test_defer_no_memory(void **state)
{
    struct world *world = plain_world();

    (void)state;
    world->hook = defer_without_memory;
    packet_begin(world);
    packet_data(world, 0, 0, 0, WHOLE, 500);
    packet_data(world, 1, 0, 1, WHOLE, 500);
    packet_take(world, 1);
    assert_int_equal(result, USCTP_OK);
    assert_int_equal(world->event_cnt,
                     3); /* the first one was not taken, the second never told of */
    assert_int_equal(world->events[1].type, USCTP_EVENT_LOST);
    assert_int_equal(world->events[1].flags, USCTP_LOST_RESOURCE);
    assert_int_equal(world->events[2].type, USCTP_EVENT_CLOSED);
    world_free(world);
}

/* The window opens as messages are dropped, in good steps. */
static void test_window_follows(void **state)
{
    struct usctp_params params;
    struct world *world;
    usctp_message *messages[4];

    (void)state;
    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    params.receive_window = 4000;
    world = world_new(&params);
    world->hook = keep;
    for (int i = 0; i < 4; i++) {
        take_data(world, i, 0, (uint16_t)i, WHOLE | USCTP__DATA_FLAG_IMMEDIATE, 1000);
        messages[i] = kept;
    }
    assert_int_equal(world->sack_rwnd, 0);
    world_forget(world);
    usctp_message_drop(messages[0]);
    assert_int_equal(world->sack_cnt, 0); /* RFC 9260, 6.2: no silly window */
    usctp_message_drop(messages[2]);
    assert_int_equal(world->sack_cnt, 1);
    assert_int_equal(world->sack_rwnd, 2000);
    usctp_message_drop(messages[1]);
    usctp_message_drop(messages[3]);
    assert_int_equal(world->sack_cnt, 2);
    assert_int_equal(world->sack_rwnd, 4000);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep),
        cmocka_unit_test(test_keep_longer),
        cmocka_unit_test(test_keep_after_free),
        cmocka_unit_test(test_drop_lent),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_join_later),
        cmocka_unit_test(test_keep_no_memory),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_take_pieces),
        cmocka_unit_test(test_defer),
        cmocka_unit_test(test_defer_and_resume),
        cmocka_unit_test(test_keep_and_defer),
        cmocka_unit_test(test_defer_no_memory),
        cmocka_unit_test(test_window_follows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
