/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of events, what overtakes messages, what happens in callbacks and without memory. */
#include "rx_world.h"

#include "core/outq.h"

static struct world *plain_world(void)
{
    struct usctp_params params;

    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    return world_new(&params);
}

static void enter(struct world *world)
{
    usctp__core_enter(&world->core);
}

static void leave(struct world *world)
{
    usctp__core_leave(&world->core);
}

#define EXPECT_TYPES(world, ...)                                                \
    do {                                                                        \
        static const int types[] = {__VA_ARGS__};                               \
        assert_int_equal((world)->event_cnt, sizeof(types) / sizeof(types[0])); \
        for (size_t i_ = 0; i_ < sizeof(types) / sizeof(types[0]); i_++) {      \
            assert_int_equal((world)->events[i_].type, types[i_]);              \
        }                                                                       \
    } while (0)

/* A message that was received at some time before; its bytes stay. */
static void raise_message(struct world *world, int number)
{
    static const uint8_t bytes[100];
    struct usctp__rxchunk chunk;
    struct usctp_message *message;

    memset(&chunk, 0, sizeof(chunk));
    chunk.bytes = bytes;
    chunk.len = sizeof(bytes);
    chunk.ppid = (uint32_t)number;
    message = usctp__message_lent(&world->core, &chunk, USCTP_MESSAGE_FIRST | USCTP_MESSAGE_LAST);
    assert_non_null(message);
    usctp__message_charge(message, world->assoc);
    usctp__event_message(world->assoc, message);
}

/* Some of each kind, mixed. */
static void raise_many(struct world *world)
{
    static const uint8_t causes[8] = {0, 1, 0, 8, 0, 9, 0, 0};
    struct usctp_assoc *assoc = world->assoc;

    usctp__event_up(assoc);
    raise_message(world, 1);
    usctp__event_writable(assoc);
    raise_message(world, 2);
    usctp__event_dry(assoc);
    usctp__event_peer_shutdown(assoc);
    usctp__event_path(assoc, assoc->paths.primary, USCTP_PATH_CHANGE_DOWN);
    usctp__event_remote_error(assoc, 1, causes, sizeof(causes));
    usctp__event_buffered_low(assoc, false, 3, 99);
}

/* In the order in which they happened, whatever lane they wait in. */
static void test_order(void **state)
{
    struct world *world = plain_world();

    (void)state;
    enter(world);
    raise_many(world);
    assert_int_equal(world->event_cnt, 0);
    assert_true(usctp__event_ready(world->assoc));
    leave(world);
    EXPECT_TYPES(world, USCTP_EVENT_UP, USCTP_EVENT_MESSAGE, USCTP_EVENT_WRITABLE,
                 USCTP_EVENT_MESSAGE, USCTP_EVENT_DRY, USCTP_EVENT_PEER_SHUTDOWN, USCTP_EVENT_PATH,
                 USCTP_EVENT_REMOTE_ERROR, USCTP_EVENT_BUFFERED_LOW);
    assert_true(usctp__eventq_empty(&world->assoc->events));
    world_free(world);
}

/* While messages are paused all others overtake them but those that must not. */
static void test_paused(void **state)
{
    struct world *world = plain_world();

    (void)state;
    enter(world);
    usctp__event_pause(world->assoc);
    raise_many(world);
    leave(world);
    EXPECT_TYPES(world, USCTP_EVENT_UP, USCTP_EVENT_WRITABLE, USCTP_EVENT_DRY, USCTP_EVENT_PATH,
                 USCTP_EVENT_REMOTE_ERROR, USCTP_EVENT_BUFFERED_LOW);
    assert_false(usctp__event_ready(world->assoc));
    assert_false(usctp__eventq_empty(&world->assoc->events));
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 200);
    /* They do not lie in the driver's buffer any more. */
    assert_true(usctp__rx_held_memory(&world->assoc->rx) > 200);
    world_forget(world);
    enter(world);
    usctp__event_resume(world->assoc);
    leave(world);
    EXPECT_TYPES(world, USCTP_EVENT_MESSAGE, USCTP_EVENT_MESSAGE, USCTP_EVENT_PEER_SHUTDOWN);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 0);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 0);
    world_free(world);
}

/* LOST and CLOSED come last, and only when the messages before them have gone out. */
static void test_closing(void **state)
{
    static const uint8_t causes[4] = {0, 12, 0, 4};
    struct world *world = plain_world();

    (void)state;
    enter(world);
    usctp__event_pause(world->assoc);
    raise_message(world, 1);
    usctp__assoc_end(world->assoc, USCTP_LOST_PEER_ABORT, 12, causes, sizeof(causes));
    leave(world);
    assert_int_equal(world->event_cnt, 0);
    assert_non_null(world->assoc);
    enter(world);
    usctp__event_resume(world->assoc);
    leave(world);
    EXPECT_TYPES(world, USCTP_EVENT_MESSAGE, USCTP_EVENT_LOST, USCTP_EVENT_CLOSED);
    assert_int_equal(world->events[1].flags, USCTP_LOST_PEER_ABORT);
    assert_int_equal(world->events[1].cause, 12);
    assert_int_equal(world->events[1].len, 4);
    assert_null(world->assoc);
    world_free(world);
}

/* After CLOSED nothing is raised; the second LOST is none. */
static void test_nothing_after_closed(void **state)
{
    struct world *world = plain_world();

    (void)state;
    enter(world);
    usctp__assoc_end(world->assoc, USCTP_LOST_TIMEOUT, 0, NULL, 0);
    usctp__event_lost(world->assoc, USCTP_LOST_RESOURCE, 0, NULL, 0);
    usctp__event_closed(world->assoc);
    usctp__event_writable(world->assoc);
    usctp__event_path(world->assoc, world->assoc->paths.primary, USCTP_PATH_CHANGE_DOWN);
    leave(world);
    EXPECT_TYPES(world, USCTP_EVENT_LOST, USCTP_EVENT_CLOSED);
    assert_int_equal(world->events[0].flags, USCTP_LOST_TIMEOUT);
    assert_int_equal(world->core.event_pool.used_cnt, 0);
    world_free(world);
}

static void free_in_callback(struct world *world, const struct usctp_event *event)
{
    (void)event;
    usctp__assoc_free(world->assoc, false);
}

static void test_freed_in_callback(void **state)
{
    struct world *world = plain_world();

    (void)state;
    enter(world);
    raise_message(world, 1);
    raise_many(world);
    usctp__assoc_end(world->assoc, USCTP_LOST_TIMEOUT, 0, NULL, 0);
    world->hook = free_in_callback;
    leave(world);
    assert_int_equal(world->event_cnt, 1);
    assert_null(world->assoc);
    usctp__message_trim(&world->core);
    assert_int_equal(world->core.message_pool.used_cnt, 0);
    assert_int_equal(world->core.event_pool.used_cnt, 0);
    world_free(world);
}

static void raise_in_callback(struct world *world, const struct usctp_event *event)
{
    (void)event;
    usctp__event_writable(world->assoc);
}

/* What callbacks raise waits for the next round; there are two at most, and then a deadline. */
static void test_raised_in_callback(void **state)
{
    struct world *world = plain_world();

    (void)state;
    enter(world);
    usctp__event_dry(world->assoc);
    usctp__event_dry(world->assoc);
    world->hook = raise_in_callback;
    leave(world);
    assert_int_equal(world->event_cnt, 4);
    assert_true(world->core.more);
    world->hook = NULL;
    enter(world);
    leave(world);
    assert_int_equal(world->event_cnt, 6);
    assert_false(world->core.more);
    world_free(world);
}

/* Without memory for nodes those that were promised come all the same. */
static void test_no_memory(void **state)
{
    struct world *world = plain_world();

    (void)state;
    enter(world);
    world->memory.fail_from = 1;
    usctp__event_up(world->assoc);
    usctp__event_writable(world->assoc);
    usctp__event_dry(world->assoc);
    usctp__event_peer_shutdown(world->assoc);
    usctp__event_restarted(world->assoc);
    usctp__event_path(world->assoc, world->assoc->paths.primary, USCTP_PATH_CHANGE_DOWN);
    assert_int_equal(world->core.stats.dropped_memory, 6);
    assert_true(usctp__event_ready(world->assoc));
    leave(world);
    EXPECT_TYPES(world, USCTP_EVENT_UP, USCTP_EVENT_WRITABLE, USCTP_EVENT_DRY,
                 USCTP_EVENT_RESTARTED, USCTP_EVENT_PEER_SHUTDOWN);
    world_forget(world);
    enter(world);
    usctp__assoc_end(world->assoc, USCTP_LOST_TIMEOUT, 9, (const uint8_t *)"\0\011\0\004", 4);
    leave(world);
    EXPECT_TYPES(world, USCTP_EVENT_LOST, USCTP_EVENT_CLOSED);
    assert_int_equal(world->events[0].cause, 9);
    assert_int_equal(world->events[0].len, 0);
    world->memory.fail_from = 0;
    world_free(world);
}

/* Messages that must be stored and find no memory end the association; others stay deliverable. */
static struct usctp_message *last_message(struct world *world)
{
    struct usctp__event_head *head =
        USCTP__CONTAINER_OF(world->assoc->events.queue.last, struct usctp__event_head, link);

    return USCTP__CONTAINER_OF(head, struct usctp_message, head);
}

static void test_no_memory_to_store(void **state)
{
    struct world *world = plain_world();

    (void)state;
    enter(world);
    usctp__event_pause(world->assoc);
    raise_message(world, 1);
    leave(world);
    enter(world);
    raise_message(world, 2);
    for (int i = 3; i < 100; i++) {
        raise_message(world, i);
    }
    /* One that has memory already does not come behind a gap. */
    assert_true(usctp__message_own(last_message(world)));
    world->memory.fail_from = world->memory.alloc_cnt + 1;
    leave(world);
    world->memory.fail_from = 0;
    assert_true(world->assoc->ended);
    assert_int_equal(world->event_cnt, 0);
    enter(world);
    usctp__event_resume(world->assoc);
    leave(world);
    assert_true(world->event_cnt > 2 && world->event_cnt < 101);
    for (unsigned i = 0; i < world->event_cnt - 2; i++) {
        assert_int_equal(world->events[i].ppid, i + 1);
    }
    assert_int_equal(world->events[world->event_cnt - 2].type, USCTP_EVENT_LOST);
    assert_int_equal(world->events[world->event_cnt - 2].flags, USCTP_LOST_RESOURCE);
    assert_int_equal(world->events[world->event_cnt - 1].type, USCTP_EVENT_CLOSED);
    world_free(world);
}

static unsigned release_cnt;

static void note_release(void *context, const struct usctp_iov *iov, size_t iov_cnt)
{
    (void)context, (void)iov, (void)iov_cnt;
    release_cnt++;
}

static void check_send_failed(struct world *world, const struct usctp_event *event)
{
    (void)world;
    if (event->type == USCTP_EVENT_SEND_FAILED) {
        assert_int_equal(event->u.send_failed.len, 5);
        assert_memory_equal(event->u.send_failed.iov[0].base, "hello", 5);
        assert_int_equal(event->u.send_failed.info.stream, 3);
        assert_int_equal(event->u.send_failed.info.ppid, 1234);
        assert_int_equal(event->u.send_failed.sent, 0);
        assert_int_equal(event->u.send_failed.cause, 12);
        assert_int_equal(release_cnt, 0);
    }
}

/* The data comes back before CLOSED, and is let go of once; it needs no memory to come back. */
static void run_send_failed(bool no_memory)
{
    struct world *world = plain_world();
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"hello", 5};

    release_cnt = 0;
    info.stream = 3;
    info.ppid = 1234;
    info.release = note_release;
    world->assoc->state = USCTP_STATE_COOKIE_WAIT; /* so that it is not sent */
    enter(world);
    assert_int_equal(usctp__tx_send(world->assoc, &info, &iov, 1), USCTP_OK);
    if (no_memory) {
        world->memory.fail_from = 1;
    }
    usctp__assoc_end(world->assoc, USCTP_LOST_TIMEOUT, 12, NULL, 0);
    world->hook = check_send_failed;
    leave(world);
    world->memory.fail_from = 0;
    EXPECT_TYPES(world, USCTP_EVENT_SEND_FAILED, USCTP_EVENT_LOST, USCTP_EVENT_CLOSED);
    assert_int_equal(release_cnt, 1);
    world_free(world);
}

static void test_send_failed(void **state)
{
    (void)state;
    run_send_failed(false);
    run_send_failed(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_paused),
        cmocka_unit_test(test_closing),
        cmocka_unit_test(test_nothing_after_closed),
        cmocka_unit_test(test_freed_in_callback),
        cmocka_unit_test(test_raised_in_callback),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_to_store),
        cmocka_unit_test(test_send_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
