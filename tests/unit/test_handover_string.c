/* SPDX-License-Identifier: BSD-3-Clause */
/* Handover: the string itself, what is refused, and memory that is not to be had. Nothing changes where an
 * association is not taken. */
#include "unit/handover_world.h"

#include "core/handover.h"
#include "core/reconf.h"
#include "wire/asconf.h"

/* Everything in use that has memory of its own. */
static void all_extensions(struct usctp_params *params)
{
    params->extensions |= USCTP_EXT_AUTH | USCTP_EXT_ASCONF | USCTP_EXT_ECN;
}

static struct world *rich_world(void)
{
    struct world *world = world_new(all_extensions);
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"text", 4};
    struct usctp_address_change change = {USCTP_ADDRESS_PRIMARY, 1, world->peer.addr};

    assert_int_equal(usctp_endpoint_add_key(world->old_endpoint, 3, "abc", 3), USCTP_OK);
    world_connect(world);
    for (uint16_t stream = 0; stream < STREAMS; stream += 9) {
        world_talk(world, &world->old, stream);
    }
    assert_int_equal(usctp_stream_set_value(world->assoc, 33, 3), USCTP_OK);
    assert_int_equal(usctp_stream_set_low_water(world->assoc, 44, 3), USCTP_OK);
    assert_int_equal(usctp_path_params(world->assoc, 1, &path), USCTP_OK);
    path.path_max_retrans++;
    assert_int_equal(usctp_path_set_params(world->assoc, 1, &path), USCTP_OK);
    world_pass(world, &world->old, USCTP_MS(300));
    assert_int_equal(usctp_assoc_reset_streams(world->assoc, USCTP_RESET_OUT, NULL, 0), USCTP_OK);
    world_settle(world, &world->old);
    assert_int_equal(usctp_assoc_change_addresses(world->peer.assoc, &change, 1), USCTP_OK);
    world_settle(world, &world->old);
    info.stream = 50;
    info.pr_policy = USCTP_PR_TIMED;
    info.lifetime_dur = USCTP_MS(100);
    assert_int_equal(usctp_assoc_send(world->assoc, &info, &iov, 1), USCTP_OK);
    world->old.sent_cnt = 0;
    world_pass(world, &world->old, USCTP_SEC(10));
    world_talk(world, &world->old, 60);
    world_export(world);
    return world;
}

/* The checksum is right again. */
static void seal(uint8_t *string, size_t len)
{
    usctp__put32(string + 12, (uint32_t)len);
    usctp__put32(string + len - 4, usctp__crc32c_zeroed(usctp__crc32c_sw, string, len - 4));
}

static int import(struct world *world, const uint8_t *string, size_t len)
{
    return usctp_endpoint_import(world->home_endpoint, string, len, 0, NULL, &world->assoc);
}

/* It is refused with this error, and nothing has changed. */
static void refused(struct world *world, const uint8_t *string, size_t len, int error)
{
    struct usctp_stack_stats was = stats_of(&world->home), is;

    world->assoc = (usctp_assoc *)(void *)world;
    assert_int_equal(import(world, string, len), error);
    assert_ptr_equal(world->assoc, world);
    is = stats_of(&world->home);
    was.allocations = is.allocations;
    was.memory_peak_bytes = is.memory_peak_bytes;
    was.memory_bytes = is.memory_bytes; /* pools keep what they had once */
    assert_memory_equal(&is, &was, sizeof(is));
    assert_int_equal(world->home.sent_cnt, 0);
    for (size_t i = 0; i < EVENT_TYPE_CNT; i++) {
        assert_int_equal(world->home.events[i], 0);
    }
}

/* Where a section begins; its contents stand 8 bytes behind. 0: there is none. */
static size_t find_section(const uint8_t *string, size_t len, unsigned type)
{
    size_t at = USCTP__HANDOVER_HEAD_LEN;

    while (at < len - 4) {
        if (usctp__get16(string + at) == type) {
            return at;
        }
        at += USCTP__HANDOVER_SECTION_LEN + usctp__get32(string + at + 4);
    }
    return 0;
}

static size_t section_of(const struct world *world, unsigned type)
{
    size_t at = find_section(world->string, world->len, type);

    assert_true(at > 0);
    return at;
}

/* --- The string ------------------------------------------------------------------------------- */

/* All sections that a string can have are in the one that the tests here take apart. */
static void test_all_sections(void **state)
{
    struct world *world = rich_world();

    (void)state;
    assert_memory_equal(world->string, "usctp-ho\0\1\0\1", 12);
    assert_int_equal(usctp__get32(world->string + 12), world->len);
    for (unsigned type = USCTP__HANDOVER_ASSOC; type < USCTP__HANDOVER_KNOWN_END; type++) {
        if (type != USCTP__HANDOVER_LOCALS && type != USCTP__HANDOVER_ECN) {
            (void)section_of(world, type);
        }
    }
    for (unsigned type = USCTP__HANDOVER_COUNTERS; type < USCTP__HANDOVER_OPTIONAL_END; type++) {
        if (type != USCTP__HANDOVER_PASSED) { /* of DATA: test_skipped_numbers */
            (void)section_of(world, type);
        }
    }
    world_import(world);
    world_talk(world, &world->home, 60);
    world_free(world);
}

/* What is made of a string says the same again; keys are in no order. */
static void test_same_again(void **state)
{
    static uint8_t again[STRING_MAX];
    struct world *world = rich_world();
    size_t len;

    (void)state;
    world_import(world);
    assert_int_equal(usctp_assoc_export(world->assoc, again, STRING_MAX, &len), USCTP_OK);
    assert_int_equal(len, world->len);
    assert_int_equal(import(world, again, len), USCTP_OK);
    assert_int_equal(usctp_assoc_export(world->assoc, again, STRING_MAX, &len), USCTP_OK);
    assert_memory_equal(again, world->string, len);
    world_free(world);
}

static void test_room(void **state)
{
    struct world *world = world_new(NULL);
    size_t len = 0, needed = 0;

    (void)state;
    world_connect(world);
    assert_int_equal(usctp_assoc_export(world->assoc, NULL, 0, &needed), USCTP_EMSGSIZE);
    assert_true(needed > 100 && needed < 1500);
    memset(world->string, 0x55, sizeof(world->string));
    for (size_t cap = 0; cap < needed; cap += 7) {
        assert_int_equal(usctp_assoc_export(world->assoc, world->string, cap, &len),
                         USCTP_EMSGSIZE);
        assert_int_equal(len, needed);
    }
    for (size_t i = 0; i <= needed; i++) {
        assert_int_equal(world->string[i], 0x55); /* no key was written anywhere */
    }
    assert_int_equal(usctp_assoc_state(world->assoc), USCTP_STATE_ESTABLISHED);
    assert_int_equal(usctp_assoc_export(world->assoc, world->string, needed, &world->len),
                     USCTP_OK);
    assert_int_equal(world->len, needed);
    assert_int_equal(world->string[needed], 0x55);
    world_import(world);
    world_talk(world, &world->home, 0);
    world_free(world);
}

/* --- What is refused -------------------------------------------------------------------------- */

static void test_damaged(void **state)
{
    struct world *world = rich_world();
    static uint8_t string[STRING_MAX];

    (void)state;
    for (size_t i = 0; i < world->len; i++) {
        memcpy(string, world->string, world->len);
        string[i] ^= (uint8_t)(1u << i % 8);
        refused(world, string, world->len, USCTP_EFORMAT);
    }
    for (size_t len = 0; len < world->len; len += 3) {
        refused(world, world->string, len, USCTP_EFORMAT);
    }
    refused(world, world->string, world->len + 1, USCTP_EFORMAT);
    assert_int_equal(usctp_endpoint_import(world->home_endpoint, NULL, 0, 0, NULL, &world->assoc),
                     USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_import(NULL, string, 1, 0, NULL, &world->assoc), USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_import(world->home_endpoint, string, 1, 0, NULL, NULL),
                     USCTP_EINVAL);
    world_import(world); /* it was good all the time */
    world_free(world);
}

static void test_versions(void **state)
{
    struct world *world = rich_world();
    static uint8_t string[STRING_MAX];

    (void)state;
    memcpy(string, world->string, world->len);
    usctp__put16(string + 8, USCTP__HANDOVER_MAJOR + 1);
    seal(string, world->len);
    refused(world, string, world->len, USCTP_EVERSION);
    usctp__put16(string + 8, 0);
    seal(string, world->len);
    refused(world, string, world->len, USCTP_EVERSION);

    /* A section that we do not know, and must. */
    memcpy(string, world->string, world->len);
    memset(string + world->len - 4, 0, 32);
    usctp__put16(string + world->len - 4, USCTP__HANDOVER_KNOWN_END);
    usctp__put32(string + world->len, 5);
    seal(string, world->len + 8 + 5);
    refused(world, string, world->len + 8 + 5, USCTP_EVERSION);

    /* An extension that we do not know. */
    memcpy(string, world->string, world->len);
    string[section_of(world, USCTP__HANDOVER_ASSOC) + 8 + 36] |= 0x40;
    seal(string, world->len);
    refused(world, string, world->len, USCTP_EVERSION);

    /* A known section that holds what no version before could mean: newer, or damaged. */
    memcpy(string, world->string, world->len);
    string[section_of(world, USCTP__HANDOVER_ASSOC) + 8 + 84] = 2;
    seal(string, world->len);
    refused(world, string, world->len, USCTP_EFORMAT);
    usctp__put16(string + 10, USCTP__HANDOVER_MINOR + 1);
    seal(string, world->len);
    refused(world, string, world->len, USCTP_EVERSION);

    /* A later version may say more, where that may be passed over. */
    memcpy(string, world->string, world->len);
    memset(string + world->len - 4, 0, 32);
    usctp__put16(string + 10, USCTP__HANDOVER_MINOR + 1);
    usctp__put16(string + world->len - 4, 0xc123);
    usctp__put32(string + world->len, 5);
    seal(string, world->len + 8 + 5);
    assert_int_equal(import(world, string, world->len + 8 + 5), USCTP_OK);
    world_talk(world, &world->home, 60);
    world_free(world);
}

/* Version 1.0 said less of parameters: the rest has its defaults. */
static void test_older(void **state)
{
    struct world *world = rich_world();
    static uint8_t string[STRING_MAX];
    struct usctp_params params = USCTP_PARAMS_INIT;
    size_t at = section_of(world, USCTP__HANDOVER_PARAMS);
    size_t end = at + 8 + usctp__get32(world->string + at + 4);

    (void)state;
    memcpy(string, world->string, end - 2);
    memcpy(string + end - 2, world->string + end, world->len - end);
    usctp__put32(string + at + 4, (uint32_t)(end - at - 8 - 2));
    usctp__put16(string + 10, 0);
    seal(string, world->len - 2);
    assert_int_equal(import(world, string, world->len - 2), USCTP_OK);
    usctp_assoc_params(world->assoc, &params);
    assert_int_equal(params.window_update_shift, 2);
    world_talk(world, &world->home, 60);
    world_free(world);
}

/* Each byte of contents takes each of some values, with the right checksum: it is taken or refused, and what is
 * taken lives. */
static void test_hostile(void **state)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0xff};
    struct world *world = rich_world();
    static uint8_t string[STRING_MAX];
    unsigned taken = 0, refusals = 0;

    (void)state;
    for (size_t i = USCTP__HANDOVER_HEAD_LEN; i < world->len - 4; i++) {
        for (size_t k = 0; k < sizeof(values); k++) {
            int error;

            memcpy(string, world->string, world->len);
            string[i] = values[k];
            seal(string, world->len);
            error = import(world, string, world->len);
            assert_true(error == USCTP_OK || error == USCTP_EFORMAT || error == USCTP_EVERSION ||
                        error == USCTP_EADDRNOTAVAIL || error == USCTP_EAFNOSUPPORT);
            taken += error == USCTP_OK;
            refusals += error != USCTP_OK;
            if (error == USCTP_OK) {
                usctp__assoc_check(world->assoc);
                (void)world_send(world->assoc, 0, 100);
                usctp_stack_advance(world->home.stack, world->now_ts + USCTP_SEC(3));
                usctp_assoc_free(world->assoc);
                world->home.sent_cnt = 0;
            }
        }
    }
    assert_true(taken > 100 && refusals > 100);
    assert_int_equal(stats_of(&world->home).curr_assocs, 0);
    world_free(world);
}

/* Lists that are no lists. */
static void test_lists(void **state)
{
    struct world *world = rich_world();
    static uint8_t string[STRING_MAX];
    size_t at = section_of(world, USCTP__HANDOVER_STREAMS_OUT) + 8;

    (void)state;
    memcpy(string, world->string, world->len);
    usctp__put16(string + at, 63); /* not in rising order */
    seal(string, world->len);
    refused(world, string, world->len, USCTP_EFORMAT);
    at = section_of(world, USCTP__HANDOVER_STREAMS_IN) + 8;
    memcpy(string, world->string, world->len);
    usctp__put16(string + at + usctp__get32(string + at - 4) - 6, STREAMS); /* no such stream */
    seal(string, world->len);
    refused(world, string, world->len, USCTP_EFORMAT);
    /* A section twice. */
    at = section_of(world, USCTP__HANDOVER_STREAM_VALUES);
    memcpy(string, world->string, world->len);
    memcpy(string + world->len - 4, string + at, 8 + 4);
    seal(string, world->len + 12);
    refused(world, string, world->len + 12, USCTP_EFORMAT);
    /* And a key twice. */
    at = section_of(world, USCTP__HANDOVER_AUTH_KEY);
    memcpy(string, world->string, world->len);
    memcpy(string + world->len - 4, string + at, 8 + usctp__get32(string + at + 4));
    seal(string, world->len + 8 + usctp__get32(string + at + 4));
    refused(world, string, world->len + 8 + usctp__get32(string + at + 4), USCTP_EFORMAT);
    world_free(world);
}

/* --- Lower layers of paths --------------------------------------------------------------------- */

struct choice {
    struct world *world;
    usctp_lower_id first, second; /* for the paths to .2 and to .3 */
    unsigned calls;
    int free_endpoint;
};

static usctp_lower_id choose(void *ctx, const struct usctp_addr *local,
                             const struct usctp_addr *remote, uint16_t udp_port)
{
    struct choice *choice = ctx;

    choice->calls++;
    assert_int_equal(udp_port, UDP_PORT);
    assert_int_equal(local->family == USCTP_AF_NONE || local->bytes[3] == 1, 1);
    assert_int_equal(usctp_stack_advance(choice->world->home.stack, 0), USCTP_EBUSY);
    if (choice->free_endpoint) {
        usctp_endpoint_free(choice->world->home_endpoint);
    }
    return remote->bytes[3] == 2 ? choice->first : choice->second;
}

static int import_over(struct world *world, struct choice *choice)
{
    return usctp_endpoint_import_over(world->home_endpoint, world->string, world->len, choose,
                                      choice, world, &world->assoc);
}

/* Each path has the lower layer that the program chooses for it. */
static void test_lower_of_each_path(void **state)
{
    struct world *world = world_new(NULL);
    struct choice choice = {world, 0, 0, 0, 0};
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_addr addrs[2];
    usctp_endpoint *peer = NULL;
    usctp_lower_id second = side_attach(&world->home, USCTP_LOWER_IPV4);

    (void)state;
    addrs[0] = addr_of("192.0.2.2");
    addrs[1] = addr_of("192.0.2.3"); /* which INIT ACK lists */
    config.addrs = addrs;
    config.addr_cnt = 2;
    config.port = SERVER_PORT + 1;
    config.flags = USCTP_ENDPOINT_LISTEN;
    assert_int_equal(usctp_endpoint_new(world->peer.stack, &config, &peer), USCTP_OK);
    world->assoc = side_connect(world->old_endpoint, &addrs[0], SERVER_PORT + 1);
    world_settle(world, &world->old);
    world_export(world);
    choice.first = 99;
    assert_int_equal(import_over(world, &choice), USCTP_ENOENT);
    assert_int_equal(choice.calls, 1);
    choice.first = 0; /* whichever carries it */
    choice.second = second;
    choice.calls = 0;
    assert_int_equal(import_over(world, &choice), USCTP_OK);
    assert_int_equal(choice.calls, 2);
    assert_int_equal(world->assoc->paths.cnt, 2);
    for (const struct usctp__path *path = world->assoc->paths.first; path != NULL;
         path = path->next) {
        assert_int_equal(path->lower, path->remote.bytes[3] == 2 ? world->home.lower : second);
    }
    usctp_assoc_free(world->assoc);
    choice.free_endpoint = 1;
    world->assoc = NULL;
    assert_int_equal(import_over(world, &choice), USCTP_EINVAL);
    assert_null(world->assoc);
    world_free(world);
}

static void test_wrong_place(void **state)
{
    struct world *world = world_new(NULL);
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_addr addr = addr_of("192.0.2.77");
    usctp_endpoint *other = world_endpoint(world, &world->home, CLIENT_PORT + 1, 0);
    usctp_lower_id raw, ipv6;
    usctp_assoc *assoc = NULL;

    (void)state;
    world_connect(world);
    world_export(world);
    assert_int_equal(usctp_endpoint_import(other, world->string, world->len, 0, NULL, &assoc),
                     USCTP_EADDRNOTAVAIL);
    raw = side_attach(&world->home, USCTP_LOWER_IPV4 | USCTP_LOWER_RAW);
    ipv6 = side_attach(&world->home, USCTP_LOWER_IPV6);
    assert_int_equal(
        usctp_endpoint_import(world->home_endpoint, world->string, world->len, raw, NULL, &assoc),
        USCTP_EAFNOSUPPORT);
    assert_int_equal(
        usctp_endpoint_import(world->home_endpoint, world->string, world->len, ipv6, NULL, &assoc),
        USCTP_EAFNOSUPPORT);
    assert_int_equal(
        usctp_endpoint_import(world->home_endpoint, world->string, world->len, 99, NULL, &assoc),
        USCTP_ENOENT);
    assert_null(assoc);
    world_import(world);
    assert_int_equal(import(world, world->string, world->len), USCTP_EADDRINUSE);
    usctp_assoc_free(world->assoc);
    usctp_endpoint_free(world->home_endpoint);
    /* An association without listed addresses goes wherever its port is. */
    config.port = CLIENT_PORT;
    config.addrs = &addr;
    config.addr_cnt = 1;
    assert_int_equal(usctp_endpoint_new(world->home.stack, &config, &world->home_endpoint),
                     USCTP_OK);
    assert_int_equal(import(world, world->string, world->len), USCTP_OK);
    world_free(world);
}

/* One with the same peer is there already; or there are too many. */
static void test_collisions(void **state)
{
    struct world *world = world_new(NULL);
    static struct side shard;
    struct usctp_config config;
    usctp_endpoint *endpoint;
    usctp_assoc *assoc = NULL;

    (void)state;
    world_connect(world);
    world_export(world);
    (void)side_connect(world->home_endpoint, &world->peer.addr, SERVER_PORT);
    assert_int_equal(import(world, world->string, world->len), USCTP_EADDRINUSE);
    memset(&shard, 0, sizeof(shard));
    config = side_config(&shard, 9);
    config.max_assocs = 1;
    config.tag_prefix_len = 8;
    config.tag_prefix = (uint8_t)(usctp__get32(world->string + 16 + 8 + 4) >> 24) ^ 1;
    side_up(&shard, "192.0.2.1", 9, &config);
    endpoint = side_endpoint(&shard, CLIENT_PORT, 0);
    assert_int_equal(usctp_endpoint_import(endpoint, world->string, world->len, 0, NULL, &assoc),
                     USCTP_EADDRNOTAVAIL);
    side_down(&shard);
    memset(&shard, 0, sizeof(shard));
    config = side_config(&shard, 9);
    config.max_assocs = 1;
    side_up(&shard, "192.0.2.1", 9, &config);
    endpoint = side_endpoint(&shard, CLIENT_PORT, 0);
    (void)side_connect(endpoint, &world->old.addr, SERVER_PORT);
    assert_int_equal(usctp_endpoint_import(endpoint, world->string, world->len, 0, NULL, &assoc),
                     USCTP_ENOMEM);
    assert_null(assoc);
    side_down(&shard);
    world_free(world);
}

/* Addresses that are listed go along; the endpoint must have one of them. */
static void test_listed_addresses(void **state)
{
    struct world *world = world_new(NULL);
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_addr addrs[] = {addr_of("192.0.2.1"), addr_of("192.0.2.9")};
    struct usctp_addr strange = addr_of("192.0.2.77");

    (void)state;
    usctp_endpoint_free(world->old_endpoint);
    usctp_endpoint_free(world->home_endpoint);
    config.port = CLIENT_PORT;
    config.params = &world->params;
    config.addrs = addrs;
    config.addr_cnt = 2;
    assert_int_equal(usctp_endpoint_new(world->old.stack, &config, &world->old_endpoint), USCTP_OK);
    world_connect(world);
    world_export(world);
    (void)section_of(world, USCTP__HANDOVER_LOCALS);
    config.addrs = &strange;
    config.addr_cnt = 1;
    assert_int_equal(usctp_endpoint_new(world->home.stack, &config, &world->home_endpoint),
                     USCTP_OK);
    refused(world, world->string, world->len, USCTP_EADDRNOTAVAIL);
    usctp_endpoint_free(world->home_endpoint);
    config.addrs = &addrs[0];
    assert_int_equal(usctp_endpoint_new(world->home.stack, &config, &world->home_endpoint),
                     USCTP_OK);
    world_import(world);
    assert_int_equal(world->assoc->locals->cnt, 2);
    assert_memory_equal(world->assoc->locals->addrs, addrs, sizeof(addrs));
    world_talk(world, &world->home, 0);
    usctp_assoc_free(world->assoc);
    usctp_endpoint_free(world->home_endpoint);
    config.addrs = addrs;
    config.addr_cnt = 2;
    assert_int_equal(usctp_endpoint_new(world->home.stack, &config, &world->home_endpoint),
                     USCTP_OK);
    world_import(world);
    assert_ptr_equal(world->assoc->locals,
                     world->assoc->params != NULL ? world->assoc->locals : NULL);
    assert_int_equal(world->assoc->locals->ref_cnt, 2); /* the endpoint's own */
    world_free(world);
}

/* --- Memory ----------------------------------------------------------------------------------- */

static void test_no_memory_to_export(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    world_pass(world, &world->old, USCTP_MS(300));
    test_memory_fail_next(&world->old.memory, 1);
    assert_int_equal(usctp_assoc_export(world->assoc, world->string, STRING_MAX, &world->len),
                     USCTP_ENOMEM);
    world_talk(world, &world->old, 0);
    world_move(world);
    world_talk(world, &world->home, 0);
    world_free(world);
}

/* Each allocation fails once. */
static void test_no_memory_to_import(void **state)
{
    struct world *world = rich_world();
    unsigned failed = 0;
    int error;

    (void)state;
    usctp_stack_set_time(world->home.stack, world->now_ts);
    do {
        test_memory_fail_next(&world->home.memory, failed + 1);
        error = import(world, world->string, world->len);
        if (error != USCTP_OK) {
            assert_int_equal(error, USCTP_ENOMEM);
            assert_int_equal(stats_of(&world->home).curr_assocs, 0);
            assert_int_equal(stats_of(&world->home).curr_estab, 0);
            assert_int_equal(world->home.sent_cnt, 0);
            failed++;
        }
    } while (error != USCTP_OK);
    assert_true(failed > 10);
    test_memory_fail_next(&world->home.memory, 0);
    for (size_t i = 0; i < EVENT_TYPE_CNT; i++) {
        assert_int_equal(world->home.events[i], 0);
    }
    world_talk(world, &world->home, 60);
    world_free(world);
}

/* Without random numbers there is no association. */
static void test_no_randomness(void **state)
{
    struct world *world = world_new(NULL);
    int error = USCTP_OK;

    (void)state;
    world_connect(world);
    world_export(world);
    world->home.crypto.fail_random = true;
    for (unsigned i = 0; i < 10000 && error == USCTP_OK; i++) { /* they are drawn in advance */
        error = import(world, world->string, world->len);
        if (error == USCTP_OK) {
            usctp_assoc_free(world->assoc);
            world->home.sent_cnt = 0;
        }
    }
    assert_int_equal(error, USCTP_ECRYPTO);
    world->home.crypto.fail_random = false;
    world_import(world);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_sections),
        cmocka_unit_test(test_same_again),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_older),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_lower_of_each_path),
        cmocka_unit_test(test_wrong_place),
        cmocka_unit_test(test_collisions),
        cmocka_unit_test(test_listed_addresses),
        cmocka_unit_test(test_no_memory_to_export),
        cmocka_unit_test(test_no_memory_to_import),
        cmocka_unit_test(test_no_randomness),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
