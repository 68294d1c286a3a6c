/* SPDX-License-Identifier: BSD-3-Clause */
/* HEARTBEAT, SHUTDOWN, COOKIE ECHO and their answers: RFC 9260, 3.3.5, 3.3.6, 3.3.8, 3.3.9, 3.3.11
 * to 3.3.13. */
#include "test_wire.h"

#include "wire/cookie.h"
#include "wire/heartbeat.h"
#include "wire/shutdown.h"

static void heartbeat_vector(void **state)
{
    struct bytes bytes = bytes_hex("0400 000b 0001 0007 010203 00");
    struct usctp__chunk chunk = chunk_of(&bytes);
    struct usctp__range info;
    struct out out;

    (void)state;
    assert_true(usctp__heartbeat_parse(&info, &chunk));
    assert_int_equal(info.len, 3);
    assert_ptr_equal(info.ptr, bytes.ptr + 8);

    out_init(&out, 12);
    usctp__heartbeat_write(&out.w, USCTP__CHUNK_HEARTBEAT, info.ptr, info.len);
    out_is(&out, "0400 000b 0001 0007 010203 00");
    out_init(&out, 12);
    usctp__heartbeat_write(&out.w, USCTP__CHUNK_HEARTBEAT_ACK, info.ptr, info.len);
    out_is(&out, "0500 000b 0001 0007 010203 00");
    assert_int_equal(usctp__heartbeat_chunk_len(3), 12);

    out_init(&out, 11);
    usctp__heartbeat_write(&out.w, USCTP__CHUNK_HEARTBEAT_ACK, info.ptr, info.len);
    assert_true(out.w.failed);
    bytes_free(&bytes);
}

static void heartbeat_cut_short(void **state)
{
    struct bytes whole = bytes_hex("0400 000b 0001 0007 010203 00");

    (void)state;
    for (size_t len = 4; len <= 11; len++) {
        struct bytes bytes = bytes_copy(whole.ptr, len);
        struct usctp__chunk chunk;
        struct usctp__range info;

        usctp__put16(bytes.ptr + 2, (uint16_t)len);
        chunk = chunk_of(&bytes);
        assert_int_equal(usctp__heartbeat_parse(&info, &chunk), len == 11);
        bytes_free(&bytes);
    }
    bytes_free(&whole);
}

static void heartbeat_oddities(void **state)
{
    static const struct {
        const char *hex;
        int info_len; /* -1: none is found */
    } rows[] = {
        {"0400 0008 0001 0004", 0},
        {"0400 000c 0001 0008 01020304", 4},
        {"0400 000c 0001 0007 010203 00", 3}, /* the length counts the padding */
        {"0400 0008 0001 0003", -1},
        {"0400 0008 0001 0000", -1},
        {"0400 0008 0001 0005", -1},
        {"0400 0008 0002 0004", -1},
        {"0400 000c 8009 0004 0001 0004", 0},  /* skip, go on */
        {"0400 000c 0009 0004 0001 0004", -1}, /* stop: nothing after it counts */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes bytes = bytes_hex(rows[i].hex);
        struct usctp__chunk chunk = chunk_of(&bytes);
        struct usctp__range info = {NULL, 0};

        assert_int_equal(usctp__heartbeat_parse(&info, &chunk), rows[i].info_len >= 0);
        if (rows[i].info_len >= 0) {
            assert_int_equal(info.len, rows[i].info_len);
        }
        bytes_free(&bytes);
    }
}

static void shutdown_vectors(void **state)
{
    struct bytes bytes = bytes_hex("0700 0008 fffffffe");
    struct usctp__chunk chunk = chunk_of(&bytes);
    uint32_t cum_tsn;
    struct out out;

    (void)state;
    assert_true(usctp__shutdown_parse(&cum_tsn, &chunk));
    assert_int_equal(cum_tsn, 0xfffffffe);
    for (size_t len = 4; len < 8; len++) {
        usctp__put16(bytes.ptr + 2, (uint16_t)len);
        chunk = chunk_of(&bytes);
        assert_false(usctp__shutdown_parse(&cum_tsn, &chunk));
    }
    bytes_free(&bytes);

    out_init(&out, 20);
    usctp__shutdown_write(&out.w, 0xfffffffe);
    usctp__shutdown_ack_write(&out.w);
    usctp__shutdown_complete_write(&out.w, true);
    usctp__shutdown_complete_write(&out.w, false);
    out_is(&out, "0700 0008 fffffffe 0800 0004 0e01 0004 0e00 0004");
    assert_int_equal(usctp__chunk_parse(&chunk, out.buf + 12, 4), 1);
    assert_true(usctp__chunk_is_reflected(&chunk));
}

static void cookie_vectors(void **state)
{
    struct bytes bytes = bytes_hex("0a00 0007 c00c1e 00");
    struct usctp__chunk chunk = chunk_of(&bytes);
    struct usctp__range cookie = usctp__cookie_echo_parse(&chunk);
    struct out out;

    (void)state;
    assert_ptr_equal(cookie.ptr, bytes.ptr + 4);
    assert_int_equal(cookie.len, 3);
    out_init(&out, 12);
    usctp__cookie_echo_write(&out.w, cookie.ptr, cookie.len);
    usctp__cookie_ack_write(&out.w);
    out_is(&out, "0a00 0007 c00c1e 00 0b00 0004");
    bytes_free(&bytes);

    bytes = bytes_hex("0a00 0004");
    chunk = chunk_of(&bytes);
    assert_int_equal(usctp__cookie_echo_parse(&chunk).len, 0);
    bytes_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heartbeat_vector),   cmocka_unit_test(heartbeat_cut_short),
        cmocka_unit_test(heartbeat_oddities), cmocka_unit_test(shutdown_vectors),
        cmocka_unit_test(cookie_vectors),
    };

    return cmocka_run_group_tests_name("wire_control", tests, NULL, NULL);
}
