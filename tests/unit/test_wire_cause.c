/* SPDX-License-Identifier: BSD-3-Clause */
/* Error causes, ABORT and ERROR: RFC 9260, 3.3.7 and 3.3.10. */
#include "test_wire.h"

#include "wire/abort_error.h"
#include "wire/cause.h"
#include "wire/shutdown.h"

static struct usctp__cause cause_of(const struct bytes *bytes)
{
    struct usctp__cause_iter iter;
    struct usctp__cause cause;

    usctp__cause_iter_init(&iter, bytes->ptr, bytes->len);
    assert_int_equal(usctp__cause_next(&iter, &cause), 1);
    return cause;
}

/* --- Reading ---------------------------------------------------------------------------------- */

static void read_each(void **state)
{
    struct bytes bytes;
    struct usctp__cause cause;
    uint32_t number = 0;
    uint16_t first = 0, second = 0;
    uint8_t type = 0, flags = 0;

    (void)state;
    bytes = bytes_hex("0001 0008 1234 ffff");
    cause = cause_of(&bytes);
    assert_true(usctp__cause_invalid_stream(&cause, &first));
    assert_int_equal(first, 0x1234);
    assert_false(usctp__cause_stale_cookie(&cause, &number));
    assert_false(usctp__cause_no_user_data(&cause, &number));
    bytes_free(&bytes);

    bytes = bytes_hex("0002 000c 00000002 0007 0005");
    cause = cause_of(&bytes);
    assert_true(usctp__cause_missing_params(&cause, &number));
    assert_int_equal(number, 2);
    assert_int_equal(usctp__cause_missing_param_at(&cause, 0), 7);
    assert_int_equal(usctp__cause_missing_param_at(&cause, 1), 5);
    bytes_free(&bytes);

    bytes = bytes_hex("0003 0008 00bc614e");
    cause = cause_of(&bytes);
    assert_true(usctp__cause_stale_cookie(&cause, &number));
    assert_int_equal(number, 12345678);
    assert_false(usctp__cause_invalid_stream(&cause, &first));
    bytes_free(&bytes);

    bytes = bytes_hex("0006 000a c805 0006 0102 0000");
    cause = cause_of(&bytes);
    assert_true(usctp__cause_unrecognized_chunk(&cause, &type, &flags));
    assert_int_equal(type, 0xc8);
    assert_int_equal(flags, 5);
    bytes_free(&bytes);

    bytes = bytes_hex("0009 0008 fffffffe");
    cause = cause_of(&bytes);
    assert_true(usctp__cause_no_user_data(&cause, &number));
    assert_int_equal(number, 0xfffffffe);
    bytes_free(&bytes);

    bytes = bytes_hex("000e 0008 26ab c350");
    cause = cause_of(&bytes);
    assert_true(usctp__cause_restart_encaps_port(&cause, &first, &second));
    assert_int_equal(first, 9899);
    assert_int_equal(second, 50000);
    bytes_free(&bytes);
}

static void read_too_short(void **state)
{
    static const uint16_t codes[] = {1, 2, 3, 6, 9, 14};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        for (size_t len = 4; len < 8; len++) {
            uint8_t raw[8] = {0, (uint8_t)codes[i], 0, (uint8_t)len};
            struct bytes bytes = bytes_copy(raw, len);
            struct usctp__cause cause = cause_of(&bytes);
            uint32_t number;
            uint16_t first, second;
            uint8_t type, flags;

            assert_false(usctp__cause_invalid_stream(&cause, &first));
            assert_false(usctp__cause_missing_params(&cause, &number));
            assert_false(usctp__cause_stale_cookie(&cause, &number));
            assert_false(usctp__cause_no_user_data(&cause, &number));
            assert_false(usctp__cause_unrecognized_chunk(&cause, &type, &flags));
            assert_false(usctp__cause_restart_encaps_port(&cause, &first, &second));
            bytes_free(&bytes);
        }
    }
}

static void missing_params_count_lies(void **state)
{
    static const struct {
        const char *hex;
        bool good;
    } rows[] = {
        {"0002 0008 00000000", true},
        {"0002 000a 00000001 0007", true},
        {"0002 0008 00000001", false},
        {"0002 000b 00000002 000700", false},
        {"0002 000c 80000001 0007 0007", false},
        {"0002 000c ffffffff 0007 0007", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes bytes = bytes_hex(rows[i].hex);
        struct usctp__cause cause = cause_of(&bytes);
        uint32_t cnt;

        assert_int_equal(usctp__cause_missing_params(&cause, &cnt), rows[i].good);
        bytes_free(&bytes);
    }
}

static void read_quoted_params(void **state)
{
    struct bytes bytes = bytes_hex("000b 0018 0005 0008 c0000201 0005 0008 c0000202 0000 0000");
    struct usctp__cause cause = cause_of(&bytes);
    struct usctp__param_iter iter;
    struct usctp__param param;

    (void)state;
    assert_true(usctp__cause_params(&cause, &iter));
    assert_int_equal(usctp__param_next(&iter, &param), 1);
    assert_int_equal(param.type, USCTP__PARAM_IPV4_ADDRESS);
    assert_int_equal(usctp__param_next(&iter, &param), 1);
    assert_int_equal(usctp__param_next(&iter, &param), -1); /* length 0 */
    bytes_free(&bytes);

    bytes = bytes_hex("000c 0008 0005 0008");
    cause = cause_of(&bytes);
    assert_false(usctp__cause_params(&cause, &iter));
    bytes_free(&bytes);
}

/* --- Writing ---------------------------------------------------------------------------------- */

static void write_each(void **state)
{
    static const uint16_t missing[] = {7};
    struct bytes chunk_bytes = bytes_hex("c805 0006 0102 0000");
    struct bytes name_bytes = bytes_hex("000b 0007 612e00 00");
    struct bytes report_bytes = bytes_hex("c123 0005 aa");
    struct usctp__chunk chunk = chunk_of(&chunk_bytes);
    struct usctp__param name = param_of(&name_bytes);
    struct usctp__range reports[2] = {{report_bytes.ptr, 5}, {report_bytes.ptr, 5}};
    struct out out;
    size_t pos;

    (void)state;
    out_init(&out, 512);
    pos = usctp__error_begin(&out.w);
    usctp__cause_write_invalid_stream(&out.w, 0x1234);
    usctp__cause_write_missing_params(&out.w, missing, 1);
    usctp__cause_write_stale_cookie(&out.w, 12345678);
    usctp__cause_write_plain(&out.w, USCTP__CAUSE_OUT_OF_RESOURCE);
    usctp__cause_write_unresolvable_address(&out.w, &name);
    usctp__cause_write_unrecognized_chunk(&out.w, &chunk);
    usctp__cause_write_plain(&out.w, USCTP__CAUSE_INVALID_MANDATORY_PARAM);
    usctp__cause_write_unrecognized_params(&out.w, reports, 2);
    usctp__cause_write_no_user_data(&out.w, 0xfffffffe);
    usctp__cause_write_plain(&out.w, USCTP__CAUSE_COOKIE_WHILE_SHUTTING_DOWN);
    usctp__cause_write_user_abort(&out.w, "bye", 3);
    usctp__cause_write_protocol_violation(&out.w, "wrong");
    usctp__cause_write_restart_encaps_port(&out.w, 9899, 50000);
    usctp__cause_write_user_abort(&out.w, NULL, 0);
    usctp__cause_write_protocol_violation(&out.w, "x");
    usctp__chunk_end(&out.w, pos);
    out_is(&out, "0900 0085 "
                 "0001 0008 12340000 "
                 "0002 000a 00000001 0007 0000 "
                 "0003 0008 00bc614e "
                 "0004 0004 "
                 "0005 000b 000b 0007 612e00 00 "
                 "0006 000a c805 0006 0102 0000 "
                 "0007 0004 "
                 "0008 0011 c123 0005 aa000000 c123 0005 aa 000000 "
                 "0009 0008 fffffffe "
                 "000a 0004 "
                 "000c 0007 627965 00 "
                 "000d 0009 77726f6e67 000000 "
                 "000e 0008 26ab c350 "
                 "000c 0004 "
                 "000d 0005 78 000000");
    bytes_free(&chunk_bytes);
    bytes_free(&name_bytes);
    bytes_free(&report_bytes);
}

static void write_new_addresses(void **state)
{
    struct bytes bytes = bytes_hex("0005 0008 c0000201");
    struct out out;
    size_t chunk, cause;

    (void)state;
    out_init(&out, 512);
    chunk = usctp__abort_begin(&out.w, false);
    cause = usctp__cause_begin(&out.w, USCTP__CAUSE_RESTART_NEW_ADDRESSES);
    usctp__param_copy(&out.w, bytes.ptr, 8);
    usctp__param_copy(&out.w, bytes.ptr, 8);
    usctp__cause_end(&out.w, cause);
    usctp__chunk_end(&out.w, chunk);
    out_is(&out, "0600 0018 000b 0014 0005 0008 c0000201 0005 0008 c0000201");
    bytes_free(&bytes);
}

/* Quotes are cut to the limit and to the room; what comes out is always a whole ABORT. */
static void quotes_are_cut(void **state)
{
    uint8_t reason[2000];
    struct usctp__chunk chunk;
    struct usctp__cause cause;
    struct out out;

    (void)state;
    memset(reason, 'r', sizeof(reason));
    for (size_t cap = 0; cap <= 1200; cap++) {
        for (size_t len = 0; len <= sizeof(reason); len += len < 8 ? 1 : 498) {
            size_t pos, want;

            out_init(&out, cap);
            pos = usctp__abort_begin(&out.w, false);
            usctp__cause_write_user_abort(&out.w, reason, len);
            usctp__chunk_end(&out.w, pos);
            if (cap < 8 || (len > 0 && cap < 12)) {
                assert_true(out.w.failed);
                continue;
            }
            want = (cap - 8) & ~(size_t)3;
            want = want > 1024 ? 1024 : want;
            want = want > len ? len : want;
            assert_false(out.w.failed);
            assert_true(out.w.len <= cap);
            assert_int_equal(usctp__chunk_parse(&chunk, out.buf, out.w.len), 1);
            assert_true(usctp__error_find(&chunk, USCTP__CAUSE_USER_ABORT, &cause));
            assert_int_equal(cause.value_len, want);
        }
    }
}

static void reports_are_left_out(void **state)
{
    struct bytes small = bytes_hex("c123 0004"), big = bytes_hex("c124 0404");
    struct usctp__range reports[3];
    struct out out;
    size_t pos;

    (void)state;
    free(big.ptr);
    big.ptr = calloc(1, 1028);
    assert_non_null(big.ptr);
    reports[0].ptr = big.ptr;
    reports[0].len = 1028;
    reports[1].ptr = small.ptr;
    reports[1].len = 4;
    reports[2] = reports[1];

    out_init(&out, 2000);
    pos = usctp__error_begin(&out.w);
    usctp__cause_write_unrecognized_params(&out.w, reports, 3);
    usctp__chunk_end(&out.w, pos);
    out_is(&out, "0900 0010 0008 000c c123 0004 c123 0004");

    out_init(&out, 12);
    pos = usctp__error_begin(&out.w);
    usctp__cause_write_unrecognized_params(&out.w, reports, 3);
    usctp__chunk_end(&out.w, pos);
    out_is(&out, "0900 000c 0008 0008 c123 0004");
    bytes_free(&small);
    bytes_free(&big);
}

static void write_without_room(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 8; cap++) {
        struct out out;

        out_init(&out, cap);
        usctp__cause_write_stale_cookie(&out.w, 1);
        assert_true(out.w.failed);
        for (size_t i = cap; i < 8; i++) {
            assert_int_equal(out.buf[i], 0xee);
        }
    }
}

/* --- ABORT and ERROR -------------------------------------------------------------------------- */

static void abort_t_bit(void **state)
{
    struct out out;
    struct usctp__chunk chunk = {0};

    (void)state;
    out_init(&out, 4);
    usctp__abort_write(&out.w, true);
    out_is(&out, "0601 0004");
    assert_int_equal(usctp__chunk_parse(&chunk, out.buf, 4), 1);
    assert_true(usctp__chunk_is_reflected(&chunk));

    out_init(&out, 4);
    usctp__abort_write(&out.w, false);
    out_is(&out, "0600 0004");
    assert_int_equal(usctp__chunk_parse(&chunk, out.buf, 4), 1);
    assert_false(usctp__chunk_is_reflected(&chunk));

    out_init(&out, 16);
    usctp__abort_write_causes(&out.w, true, (const uint8_t *)"\0\14\0\5x", 5);
    out_is(&out, "0601 0009 000c 0005 78 000000");
    out_init(&out, 16);
    usctp__abort_write_causes(&out.w, false, NULL, 0);
    out_is(&out, "0600 0004");
}

/* Bad causes, cut at every length, leave an ABORT with the causes that are whole. */
static void abort_with_bad_causes(void **state)
{
    struct bytes whole = bytes_hex("0600 0014 00ff 0005 aa000000 000c 0008 62796500");

    (void)state;
    for (size_t len = 4; len <= whole.len; len++) {
        struct bytes bytes = bytes_copy(whole.ptr, len);
        struct usctp__chunk chunk;
        struct usctp__cause cause;
        struct usctp__range causes;
        size_t want = len == 20 ? 16 : len >= 9 ? 5 : 0;

        usctp__put16(bytes.ptr + 2, (uint16_t)len);
        chunk = chunk_of(&bytes);
        causes = usctp__error_causes(&chunk);
        assert_ptr_equal(causes.ptr, bytes.ptr + 4);
        assert_int_equal(causes.len, want);
        assert_int_equal(usctp__cause_first(chunk.value, chunk.value_len),
                         len >= 9 ? 0xff : USCTP__CAUSE_NONE);
        assert_int_equal(usctp__error_find(&chunk, USCTP__CAUSE_USER_ABORT, &cause), len == 20);
        assert_false(usctp__error_find(&chunk, USCTP__CAUSE_STALE_COOKIE, &cause));
        bytes_free(&bytes);
    }
    bytes_free(&whole);
}

static void error_with_empty_cause(void **state)
{
    struct bytes bytes = bytes_hex("0900 000c 0000 0000 0003 0008");
    struct usctp__chunk chunk = chunk_of(&bytes);
    struct usctp__cause cause;

    (void)state;
    assert_int_equal(usctp__error_causes(&chunk).len, 0);
    assert_false(usctp__error_find(&chunk, USCTP__CAUSE_STALE_COOKIE, &cause));
    bytes_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_each),
        cmocka_unit_test(read_too_short),
        cmocka_unit_test(missing_params_count_lies),
        cmocka_unit_test(read_quoted_params),
        cmocka_unit_test(write_each),
        cmocka_unit_test(write_new_addresses),
        cmocka_unit_test(quotes_are_cut),
        cmocka_unit_test(reports_are_left_out),
        cmocka_unit_test(write_without_room),
        cmocka_unit_test(abort_t_bit),
        cmocka_unit_test(abort_with_bad_causes),
        cmocka_unit_test(error_with_empty_cause),
    };

    return cmocka_run_group_tests_name("wire_cause", tests, NULL, NULL);
}
