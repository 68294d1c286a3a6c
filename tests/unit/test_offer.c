/* SPDX-License-Identifier: BSD-3-Clause */
/* Extensions that a listening endpoint chooses for each peer (struct usctp_offer). */
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "stack_pair.h"

enum {
    CLIENT_PORT = 6001,
    ALL = USCTP_EXT_PARTIAL_RELIABILITY | USCTP_EXT_INTERLEAVING | USCTP_EXT_RECONFIG |
          USCTP_EXT_AUTH | USCTP_EXT_ASCONF
};

struct offering {
    struct side a, b;
    usctp_endpoint *client, *server;
    uint32_t offered; /* what the callback returns */
    int free_endpoint;
    int calls;
};

static uint32_t choose(void *user, const struct usctp_offer *offer)
{
    struct offering *scene = user;

    scene->calls++;
    assert_true(offer->size >= sizeof(*offer));
    assert_ptr_equal(offer->endpoint, scene->server);
    assert_int_equal(offer->remote_port, CLIENT_PORT);
    assert_int_equal(offer->remote_udp_port, UDP_PORT);
    assert_int_equal(offer->lower, scene->b.lower);
    assert_memory_equal(&offer->remote, &scene->a.addr, sizeof(offer->remote));
    assert_memory_equal(&offer->local, &scene->b.addr, sizeof(offer->local));
    assert_int_equal(offer->extensions, ALL); /* no ECN, no DTLS below */
    assert_int_equal(usctp_stack_advance(scene->b.stack, 0), USCTP_EBUSY);
    if (scene->free_endpoint) {
        usctp_endpoint_free(offer->endpoint);
    }
    return scene->offered;
}

static usctp_endpoint *make_client(struct side *side)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_params params;
    usctp_endpoint *endpoint = NULL;

    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    params.extensions |= USCTP_EXT_AUTH | USCTP_EXT_ASCONF;
    config.params = &params;
    config.port = CLIENT_PORT;
    assert_int_equal(usctp_endpoint_new(side->stack, &config, &endpoint), USCTP_OK);
    return endpoint;
}

static void server_event(void *user, const struct usctp_event *event)
{
    struct offering *scene = user;

    side_event(&scene->b, event);
}

static struct offering *scene_up(uint32_t offered)
{
    static struct offering scene;
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_params params;

    memset(&scene, 0, sizeof(scene));
    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    scene.offered = offered;
    side_up(&scene.a, "192.0.2.1", 1, NULL);
    side_up(&scene.b, "192.0.2.2", 2, NULL);
    scene.client = make_client(&scene.a);
    params.extensions |= USCTP_EXT_AUTH | USCTP_EXT_ASCONF;
    config.params = &params;
    config.port = SERVER_PORT;
    config.flags = USCTP_ENDPOINT_LISTEN;
    config.offer = choose;
    config.user = &scene;
    config.on_event = server_event;
    assert_int_equal(usctp_endpoint_new(scene.b.stack, &config, &scene.server), USCTP_OK);
    return &scene;
}

static void scene_down(struct offering *scene)
{
    side_down(&scene->a);
    side_down(&scene->b);
}

/* The types that Supported Extensions lists in a packet of one chunk; 0: none has it. */
static int lists(const struct sent *sent, uint8_t type)
{
    const uint8_t *bytes = sent->bytes;
    size_t at = 12 + 20;

    assert_int_equal(bytes[12], USCTP__CHUNK_INIT_ACK);
    while (at + 4 <= sent->dgram.len) {
        size_t len = usctp__get16(bytes + at + 2);

        if (usctp__get16(bytes + at) == 0x8008) {
            return memchr(bytes + at + 4, type, len - 4) != NULL;
        }
        at += (len + 3) & ~(size_t)3;
    }
    return 0;
}

/* Each extension alone is switched off for one peer: it is not offered, and not in force. */
static void test_each(void **state)
{
    static const struct {
        uint32_t extension, with_it;
        uint8_t type;
    } rows[] = {{USCTP_EXT_PARTIAL_RELIABILITY, 0, USCTP__CHUNK_FORWARD_TSN},
                {USCTP_EXT_INTERLEAVING, 0, USCTP__CHUNK_I_DATA},
                {USCTP_EXT_RECONFIG, 0, USCTP__CHUNK_RECONF},
                {USCTP_EXT_AUTH, USCTP_EXT_ASCONF, USCTP__CHUNK_AUTH},
                {USCTP_EXT_ASCONF, 0, USCTP__CHUNK_ASCONF}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct offering *scene = scene_up(~rows[i].extension);
        uint32_t left = ALL & ~(rows[i].extension | rows[i].with_it);
        struct usctp_params params = USCTP_PARAMS_INIT;
        usctp_assoc *assoc = side_connect(scene->client, &scene->b.addr, SERVER_PORT);

        carry(&scene->a, &scene->b, 0);
        assert_int_equal(scene->b.sent_cnt, 1);
        assert_false(lists(&scene->b.sent[0], rows[i].type));
        settle(&scene->a, &scene->b, 0);
        assert_int_equal(scene->calls, 1);
        assert_int_equal(usctp_assoc_extensions(assoc), left);
        assert_int_equal(usctp_assoc_extensions(scene->b.assoc), left);
        usctp_assoc_params(scene->b.assoc, &params);
        assert_int_equal(params.extensions & ALL, left);
        usctp_endpoint_params(scene->server, &params);
        assert_int_equal(params.extensions & ALL, ALL);
        scene_down(scene);
    }
}

static void test_all_and_none(void **state)
{
    static const uint32_t offers[] = {0, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct offering *scene = scene_up(offers[i]);
        usctp_assoc *assoc = side_connect(scene->client, &scene->b.addr, SERVER_PORT);

        settle(&scene->a, &scene->b, 0);
        assert_int_equal(scene->b.events[USCTP_EVENT_UP], 1);
        assert_int_equal(usctp_assoc_extensions(assoc), ALL & offers[i]);
        assert_int_equal(usctp_assoc_extensions(scene->b.assoc), ALL & offers[i]);
        scene_down(scene);
    }
}

/* When the peer begins afresh the association answers, with what was chosen when it began. */
static void test_restart(void **state)
{
    struct offering *scene = scene_up(USCTP_EXT_RECONFIG);
    usctp_assoc *assoc;

    (void)state;
    side_connect(scene->client, &scene->b.addr, SERVER_PORT);
    settle(&scene->a, &scene->b, 0);
    assert_int_equal(scene->b.events[USCTP_EVENT_UP], 1);
    usctp_stack_free(scene->a.stack);
    side_up(&scene->a, "192.0.2.1", 3, NULL);
    scene->client = make_client(&scene->a);
    assoc = side_connect(scene->client, &scene->b.addr, SERVER_PORT);
    settle(&scene->a, &scene->b, 0);
    assert_int_equal(scene->b.events[USCTP_EVENT_RESTARTED], 1);
    assert_int_equal(usctp_assoc_extensions(assoc), USCTP_EXT_RECONFIG);
    assert_int_equal(usctp_assoc_extensions(scene->b.assoc), USCTP_EXT_RECONFIG);
    assert_int_equal(scene->calls, 1);
    scene_down(scene);
}

static void test_freed(void **state)
{
    struct offering *scene = scene_up(ALL);

    (void)state;
    scene->free_endpoint = 1;
    side_connect(scene->client, &scene->b.addr, SERVER_PORT);
    carry(&scene->a, &scene->b, 0);
    assert_int_equal(scene->calls, 1);
    assert_int_equal(scene->b.sent_cnt, 0);
    scene_down(scene);
}

/* Each allocation of the server fails once: the peer tries again, and gets no more than it was offered. */
static void test_memory(void **state)
{
    bool failed = true;

    (void)state;
    for (uint64_t n = 1; failed; n++) {
        struct offering *scene = scene_up(USCTP_EXT_RECONFIG);
        usctp_assoc *assoc = side_connect(scene->client, &scene->b.addr, SERVER_PORT);
        uint64_t fail_cnt = scene->b.memory.fail_cnt;

        test_memory_fail_next(&scene->b.memory, n);
        for (uint64_t ts = 0; ts < USCTP_SEC(10) && scene->b.events[USCTP_EVENT_UP] == 0;
             ts += USCTP_SEC(1)) {
            assert_int_equal(usctp_stack_advance(scene->a.stack, ts), USCTP_OK);
            settle(&scene->a, &scene->b, ts);
        }
        failed = scene->b.memory.fail_cnt != fail_cnt;
        assert_int_equal(scene->b.events[USCTP_EVENT_UP], 1);
        assert_int_equal(usctp_assoc_extensions(assoc), USCTP_EXT_RECONFIG);
        scene_down(scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),    cmocka_unit_test(test_all_and_none),
        cmocka_unit_test(test_restart), cmocka_unit_test(test_freed),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
