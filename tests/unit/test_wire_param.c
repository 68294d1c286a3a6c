/* SPDX-License-Identifier: BSD-3-Clause */
/* Walk over parameters, addresses, frame of parameters: RFC 9260, 3.2.1. */
#include "test_wire.h"

#include "base/addr.h"

static const char three_params[] = "8008 0004 "
                                   "c000 0005 aa ffffff " /* padding that is not zero */
                                   "0005 0008 c0000201 "
                                   "0009 0007 010203"; /* without its padding */

static void walk(void **state)
{
    struct bytes bytes = bytes_hex(three_params);
    struct usctp__param_iter iter;
    struct usctp__param param;

    (void)state;
    usctp__param_iter_init(&iter, bytes.ptr, bytes.len);
    assert_int_equal(usctp__param_next(&iter, &param), 1);
    assert_int_equal(param.type, USCTP__PARAM_SUPPORTED_EXTENSIONS);
    assert_int_equal(param.len, 4);
    assert_int_equal(param.value_len, 0);
    assert_int_equal(usctp__param_next(&iter, &param), 1);
    assert_int_equal(param.type, USCTP__PARAM_FORWARD_TSN);
    assert_int_equal(param.len, 5);
    assert_int_equal(param.value_len, 1);
    assert_ptr_equal(param.start, bytes.ptr + 4);
    assert_ptr_equal(param.value, bytes.ptr + 8);
    assert_int_equal(usctp__param_next(&iter, &param), 1);
    assert_int_equal(param.type, USCTP__PARAM_IPV4_ADDRESS);
    assert_int_equal(usctp__param_next(&iter, &param), 1);
    assert_int_equal(param.type, USCTP__PARAM_COOKIE_PRESERVATIVE);
    assert_int_equal(param.value_len, 3);
    assert_int_equal(usctp__param_next(&iter, &param), 0);
    assert_int_equal(usctp__param_next(&iter, &param), 0);
    bytes_free(&bytes);
}

static void walk_cut_short(void **state)
{
    struct bytes whole = bytes_hex(three_params);

    (void)state;
    for (size_t len = 0; len <= whole.len; len++) {
        struct bytes bytes = bytes_copy(whole.ptr, len);
        int want_cnt = (len >= 4) + (len >= 9) + (len >= 20) + (len >= 27);
        bool want_end = len == 0 || len == 4 || (len >= 9 && len <= 12) || len == 20 || len == 27;
        struct usctp__param_iter iter;
        struct usctp__param param;
        int cnt = 0, result;

        usctp__param_iter_init(&iter, bytes.ptr, len);
        while ((result = usctp__param_next(&iter, &param)) == 1) {
            cnt++;
        }
        assert_int_equal(cnt, want_cnt);
        assert_int_equal(result, want_end ? 0 : -1);
        assert_int_equal(usctp__param_next(&iter, &param), result);
        bytes_free(&bytes);
    }
    bytes_free(&whole);
}

static void bad_lengths(void **state)
{
    struct usctp__param_iter iter;
    struct usctp__param param;

    (void)state;
    usctp__param_iter_init(&iter, NULL, 0);
    assert_int_equal(usctp__param_next(&iter, &param), 0);
    for (unsigned len = 0; len <= 0xffff; len++) {
        uint8_t bytes[12] = {0x80, 0, (uint8_t)(len >> 8), (uint8_t)len};

        usctp__param_iter_init(&iter, bytes, sizeof(bytes));
        assert_int_equal(usctp__param_next(&iter, &param), len < 4 || len > 12 ? -1 : 1);
    }
}

static void unknown_actions(void **state)
{
    (void)state;
    assert_true(usctp__param_unknown_stops(0x3fff) && !usctp__param_unknown_reports(0x3fff));
    assert_true(usctp__param_unknown_stops(0x7fff) && usctp__param_unknown_reports(0x7fff));
    assert_true(!usctp__param_unknown_stops(0xbfff) && !usctp__param_unknown_reports(0xbfff));
    assert_true(!usctp__param_unknown_stops(0xffff) && usctp__param_unknown_reports(0xffff));
}

static void addresses(void **state)
{
    static const struct {
        const char *hex, *text; /* text NULL: no address */
    } rows[] = {
        {"0005 0008 c0000201", "192.0.2.1"},
        {"0006 0014 20010db8000000000000000000000001", "2001:db8::1"},
        {"0006 0014 00000000000000000000ffffc0000201", "192.0.2.1"},
        {"0005 0007 c0000200", NULL},
        {"0005 000c c0000201 00000000", NULL},
        {"0005 0004", NULL},
        {"0005 0014 20010db8000000000000000000000001", NULL},
        {"0006 0008 c0000201", NULL},
        {"0006 0013 20010db8000000000000000000000001", NULL},
        {"0006 0004", NULL},
        {"000b 0008 c0000201", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes bytes = bytes_hex(rows[i].hex);
        struct usctp__param param = param_of(&bytes);
        struct usctp_addr addr, before;
        char text[USCTP__ADDR_TEXT_LEN];

        memset(&addr, 0x77, sizeof(addr));
        before = addr;
        assert_int_equal(usctp__param_addr(&param, &addr), rows[i].text != NULL);
        if (rows[i].text == NULL) {
            assert_memory_equal(&addr, &before, sizeof(addr));
        } else {
            assert_true(usctp__addr_to_text(&addr, text, sizeof(text)) > 0);
            assert_string_equal(text, rows[i].text);
            assert_int_equal(addr.scope_id, 0);
        }
        bytes_free(&bytes);
    }
}

static void write_addresses(void **state)
{
    static const struct {
        const char *text, *hex;
    } rows[] = {
        {"192.0.2.1", "0005 0008 c0000201"},
        {"2001:db8::1", "0006 0014 20010db8000000000000000000000001"},
        /* RFC 9260, 3.3.2.1.2: never IPv4-mapped. */
        {"::ffff:192.0.2.1", "0005 0008 c0000201"},
    };
    struct usctp_addr none = usctp__addr_none();
    struct out out;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct usctp_addr addr;

        assert_true(usctp__addr_from_text(&addr, rows[i].text, strlen(rows[i].text)));
        out_init(&out, 20);
        usctp__param_write_addr(&out.w, &addr);
        out_is(&out, rows[i].hex);
    }
    out_init(&out, 20);
    usctp__param_write_addr(&out.w, &none);
    out_is(&out, "");
}

/* RFC 9260, 3.2: the chunk length counts the padding of parameters, but not that of the last. */
static void padding_between_and_at_the_end(void **state)
{
    struct out out;
    size_t chunk, param;

    (void)state;
    out_init(&out, 64);
    chunk = usctp__chunk_begin(&out.w, 0xc8, 0);
    usctp__param_write(&out.w, 0x8005, "\1", 1);
    param = usctp__param_begin(&out.w, 0xc000);
    usctp__writer_u16(&out.w, 0x0203);
    usctp__param_end(&out.w, param);
    usctp__param_copy(&out.w, (const uint8_t *)"\x80\x09\0\7\1\2\3", 7);
    usctp__chunk_end(&out.w, chunk);
    out_is(&out, "c800 001b  8005 0005 01000000  c000 0006 02030000  8009 0007 010203 00");
}

static void frame_without_room(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 16; cap++) {
        struct out out;

        out_init(&out, cap);
        usctp__writer_u8(&out.w, 0);
        usctp__param_write(&out.w, 0x8005, "\1\2\3\4\5\6\7\10", 8);
        assert_true(out.w.failed);
        for (size_t i = cap; i < 16; i++) {
            assert_int_equal(out.buf[i], 0xee);
        }
    }
}

static void frame_too_long(void **state)
{
    struct out out;
    size_t pos;

    (void)state;
    out_init(&out, sizeof(out.buf));
    pos = usctp__param_begin(&out.w, 1);
    usctp__writer_zeros(&out.w, 65531);
    usctp__param_end(&out.w, pos);
    assert_false(out.w.failed);
    assert_int_equal(usctp__get16(out.buf + 2), 65535);
    usctp__writer_u8(&out.w, 0);
    usctp__param_end(&out.w, pos);
    assert_true(out.w.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk),
        cmocka_unit_test(walk_cut_short),
        cmocka_unit_test(bad_lengths),
        cmocka_unit_test(unknown_actions),
        cmocka_unit_test(addresses),
        cmocka_unit_test(write_addresses),
        cmocka_unit_test(padding_between_and_at_the_end),
        cmocka_unit_test(frame_without_room),
        cmocka_unit_test(frame_too_long),
    };

    return cmocka_run_group_tests_name("wire_param", tests, NULL, NULL);
}
