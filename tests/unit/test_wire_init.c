/* SPDX-License-Identifier: BSD-3-Clause */
/* INIT and INIT ACK: RFC 9260, 3.3.2 and 3.3.3, and unknown parameters, 3.2.1 and 3.2.2. */
#include "test_wire.h"

#include "base/addr.h"
#include "wire/init.h"

#define FIXED "00000001 000005dc 0001 0001 00000000 "

/* One pass over parameters in hex, behind a fixed part that is good. */
struct pass {
    struct bytes bytes;
    struct usctp__init init;
    struct usctp__init_params params;
    bool good;
};

static void pass_make(struct pass *pass, uint8_t chunk_type, const char *hex)
{
    struct bytes params = bytes_hex(hex);
    struct bytes fixed = bytes_hex(FIXED);
    uint8_t buf[4096] = {chunk_type, 0};
    size_t len = 4 + fixed.len + params.len;
    struct usctp__chunk chunk;

    usctp__put16(buf + 2, (uint16_t)len);
    memcpy(buf + 4, fixed.ptr, fixed.len);
    memcpy(buf + 4 + fixed.len, params.ptr, params.len);
    pass->bytes = bytes_copy(buf, len);
    chunk = chunk_of(&pass->bytes);
    assert_true(usctp__init_parse(&pass->init, &chunk));
    pass->good = usctp__init_params_parse(&pass->params, chunk_type, &pass->init);
    assert_int_equal(pass->good, !pass->params.malformed);
    bytes_free(&params);
    bytes_free(&fixed);
}

/* The addresses that the pass found are these, separated by blanks. */
static void pass_has_addresses(const struct pass *pass, const char *want)
{
    char got[1024] = "";
    struct usctp__param_iter iter;
    struct usctp_addr addr;
    uint32_t cnt = 0;

    usctp__init_addr_iter_init(&iter, &pass->params);
    while (usctp__init_addr_next(&iter, &addr, NULL)) {
        char text[USCTP__ADDR_TEXT_LEN];

        assert_true(usctp__addr_to_text(&addr, text, sizeof(text)) > 0);
        strcat(got, cnt > 0 ? " " : "");
        strcat(got, text);
        cnt++;
    }
    assert_string_equal(got, want);
    assert_int_equal(pass->params.addr_cnt, cnt);
}

/* --- The fixed part --------------------------------------------------------------------------- */

static void fixed_vector(void **state)
{
    struct bytes bytes = bytes_hex("0100 0014 01234567 0001ffff 000a ffff fffffff0");
    struct usctp__chunk chunk = chunk_of(&bytes);
    struct usctp__init init;
    struct out out;

    (void)state;
    assert_true(usctp__init_parse(&init, &chunk));
    assert_int_equal(init.tag, 0x01234567);
    assert_int_equal(init.a_rwnd, 0x0001ffff);
    assert_int_equal(init.out_streams, 10);
    assert_int_equal(init.in_streams, 65535);
    assert_int_equal(init.tsn, 0xfffffff0);
    assert_int_equal(init.params_len, 0);
    assert_int_equal(usctp__init_check(&init), USCTP__INIT_FAULT_NONE);

    out_init(&out, 20);
    usctp__chunk_end(&out.w, usctp__init_begin(&out.w, USCTP__CHUNK_INIT, &init));
    out_is(&out, "0100 0014 01234567 0001ffff 000a ffff fffffff0");
    out_init(&out, 20);
    usctp__chunk_end(&out.w, usctp__init_begin(&out.w, USCTP__CHUNK_INIT_ACK, &init));
    out_is(&out, "0200 0014 01234567 0001ffff 000a ffff fffffff0");
    bytes_free(&bytes);
}

static void fixed_cut_short(void **state)
{
    struct bytes whole = bytes_hex("0100 0014 01234567 0001ffff 000a ffff fffffff0");

    (void)state;
    for (size_t len = 4; len <= whole.len; len++) {
        struct bytes bytes = bytes_copy(whole.ptr, len);
        struct usctp__chunk chunk;
        struct usctp__init init;
        struct out out;

        usctp__put16(bytes.ptr + 2, (uint16_t)len);
        chunk = chunk_of(&bytes);
        assert_int_equal(usctp__init_parse(&init, &chunk), len == 20);
        memset(&init, 0, sizeof(init));
        out_init(&out, len);
        usctp__chunk_end(&out.w, usctp__init_begin(&out.w, USCTP__CHUNK_INIT, &init));
        assert_int_equal(out.w.failed, len < 20);
        bytes_free(&bytes);
    }
    bytes_free(&whole);
}

static void fixed_faults(void **state)
{
    static const struct {
        struct usctp__init init;
        enum usctp__init_fault fault;
    } rows[] = {
        {{1, 1500, 1, 1, 0, NULL, 0}, USCTP__INIT_FAULT_NONE},
        {{0, 1500, 1, 1, 0, NULL, 0}, USCTP__INIT_FAULT_TAG},
        {{1, 1500, 0, 1, 0, NULL, 0}, USCTP__INIT_FAULT_OUT_STREAMS},
        {{1, 1500, 1, 0, 0, NULL, 0}, USCTP__INIT_FAULT_IN_STREAMS},
        {{1, 1499, 1, 1, 0, NULL, 0}, USCTP__INIT_FAULT_RWND},
        {{0, 0, 0, 0, 0, NULL, 0}, USCTP__INIT_FAULT_TAG}, /* nobody to answer: it goes first */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(usctp__init_check(&rows[i].init), rows[i].fault);
    }
}

/* --- Parameters that are known ---------------------------------------------------------------- */

static void init_with_all(void **state)
{
    struct pass pass;

    (void)state;
    pass_make(&pass, USCTP__CHUNK_INIT,
              "0005 0008 c0000201 "
              "0009 0008 0000ea60 "
              "000c 000a 0005 0006 000b 0000 "
              "0006 0014 20010db8000000000000000000000001 "
              "0005 0008 c0000202");
    assert_true(pass.good);
    assert_false(pass.params.stopped);
    assert_int_equal(pass.params.processed_len, pass.init.params_len);
    pass_has_addresses(&pass, "192.0.2.1 2001:db8::1 192.0.2.2");
    assert_true(pass.params.has_preservative);
    assert_int_equal(pass.params.preservative_ms, 60000);
    assert_true(pass.params.has_address_types);
    assert_true(pass.params.ipv4_listed);
    assert_true(pass.params.ipv6_listed);
    assert_null(pass.params.cookie.ptr);
    assert_null(pass.params.host_name.ptr);
    assert_int_equal(pass.params.report_cnt, 0);
    bytes_free(&pass.bytes);
}

static void init_without_any(void **state)
{
    struct pass pass;

    (void)state;
    pass_make(&pass, USCTP__CHUNK_INIT, "");
    assert_true(pass.good);
    pass_has_addresses(&pass, "");
    assert_false(pass.params.has_address_types);
    assert_false(pass.params.has_preservative);
    bytes_free(&pass.bytes);
}

static void init_ack_with_all(void **state)
{
    struct usctp__param_iter iter;
    struct usctp__param param;
    struct pass pass;

    (void)state;
    pass_make(&pass, USCTP__CHUNK_INIT_ACK,
              "0007 0009 c00c1ec00c 000000 "
              "0008 0008 c000 0004 "
              "0005 0008 c0000201 "
              "0008 0008 c000 0009 " /* what it quotes is no whole parameter */
              "0008 0004 "
              "0008 000c 8008 0006 c182 0000");
    assert_true(pass.good);
    assert_int_equal(pass.params.cookie.len, 5);
    assert_memory_equal(pass.params.cookie.ptr, "\xc0\x0c\x1e\xc0\x0c", 5);
    assert_int_equal(pass.params.unrecognized_cnt, 4);
    pass_has_addresses(&pass, "192.0.2.1");

    usctp__init_unrecognized_iter_init(&iter, &pass.params);
    assert_true(usctp__init_unrecognized_next(&iter, &param));
    assert_int_equal(param.type, USCTP__PARAM_FORWARD_TSN);
    assert_true(usctp__init_unrecognized_next(&iter, &param));
    assert_int_equal(param.type, USCTP__PARAM_SUPPORTED_EXTENSIONS);
    assert_int_equal(param.value_len, 2);
    assert_false(usctp__init_unrecognized_next(&iter, &param));
    bytes_free(&pass.bytes);
}

/* Known parameters without a place in the chunk are neither acted on nor reported. */
static void out_of_place(void **state)
{
    struct pass pass;

    (void)state;
    pass_make(&pass, USCTP__CHUNK_INIT,
              "0007 0008 c00c1e00 0008 0008 c000 0004 0001 0004 0005 0008 c0000201");
    assert_true(pass.good);
    assert_false(pass.params.stopped);
    assert_null(pass.params.cookie.ptr);
    assert_int_equal(pass.params.unrecognized_cnt, 0);
    assert_int_equal(pass.params.report_cnt, 0);
    pass_has_addresses(&pass, "192.0.2.1");
    bytes_free(&pass.bytes);

    pass_make(&pass, USCTP__CHUNK_INIT_ACK, "0009 0008 0000ea60 000c 0006 0005 0000");
    assert_true(pass.good);
    assert_false(pass.params.has_preservative);
    assert_false(pass.params.has_address_types);
    bytes_free(&pass.bytes);
}

static void the_first_counts(void **state)
{
    struct pass pass;

    (void)state;
    pass_make(&pass, USCTP__CHUNK_INIT,
              "0009 0008 00000001 0009 0008 00000002 000c 0006 0005 0000 000c 0006 0006 0000 "
              "000b 0006 6100 0000 000b 0006 6200 0000");
    assert_true(pass.good);
    assert_int_equal(pass.params.preservative_ms, 1);
    assert_true(pass.params.ipv4_listed);
    assert_false(pass.params.ipv6_listed);
    assert_int_equal(pass.params.host_name.len, 6);
    assert_memory_equal(pass.params.host_name.ptr, "\0\13\0\6a\0", 6);
    bytes_free(&pass.bytes);

    pass_make(&pass, USCTP__CHUNK_INIT_ACK, "0007 0005 01 000000 0007 0006 0203");
    assert_int_equal(pass.params.cookie.len, 1);
    assert_int_equal(pass.params.cookie.ptr[0], 1);
    bytes_free(&pass.bytes);
}

static void parameter_of_an_address(void **state)
{
    struct usctp__param_iter iter;
    struct usctp__param param;
    struct usctp_addr addr;
    struct pass pass;

    (void)state;
    pass_make(&pass, USCTP__CHUNK_INIT, "8005 0006 0000 0000 0005 0008 c0000201");
    usctp__init_addr_iter_init(&iter, &pass.params);
    assert_true(usctp__init_addr_next(&iter, &addr, &param));
    assert_ptr_equal(param.start, pass.bytes.ptr + 28);
    assert_int_equal(param.len, 8);
    assert_false(usctp__init_addr_next(&iter, &addr, &param));
    bytes_free(&pass.bytes);
}

/* --- What is malformed ------------------------------------------------------------------------ */

static void malformed(void **state)
{
    static const struct {
        const char *hex;
        uint16_t type;
    } rows[] = {
        {"0005 0008 c0000201 0005 0007 c0000202", 5}, /* address cut short */
        {"0005 0008 c0000201 0005 000c c0000202 00000000", 5},
        {"0005 0008 c0000201 0006 0008 c0000202", 6}, /* of the wrong family */
        {"0005 0008 c0000201 0006 0004", 6},
        {"0005 0008 c0000201 0009 0006 0000 0000", 9},
        {"0005 0008 c0000201 0009 0004", 9},
        {"0005 0008 c0000201 000c 0007 000500 00", 12},
        {"0005 0008 c0000201 0005 0008", 5}, /* past the end of the chunk */
        {"0005 0008 c0000201 8005 ffff", 0x8005},
        {"0005 0008 c0000201 8005 0000", 0x8005},
        {"0005 0008 c0000201 8005 0001", 0x8005},
        {"0005 0008 c0000201 8005 0002", 0x8005},
        {"0005 0008 c0000201 8005 0003", 0x8005},
        {"0005 0008 c0000201 800500", 0x8005},
        {"0005 0008 c0000201 8005", 0x8005},
        {"0005 0008 c0000201 80", 0},
        {"0005 0008 c0000201 00000000 00000000", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pass pass;

        pass_make(&pass, USCTP__CHUNK_INIT, rows[i].hex);
        assert_false(pass.good);
        assert_int_equal(pass.params.malformed_type, rows[i].type);
        assert_int_equal(pass.params.processed_len, 8); /* what stood before it stands */
        pass_has_addresses(&pass, "192.0.2.1");
        bytes_free(&pass.bytes);
    }
}

static void empty_cookie(void **state)
{
    struct pass pass;

    (void)state;
    pass_make(&pass, USCTP__CHUNK_INIT_ACK, "0007 0004");
    assert_false(pass.good);
    assert_int_equal(pass.params.malformed_type, USCTP__PARAM_STATE_COOKIE);
    assert_null(pass.params.cookie.ptr);
    bytes_free(&pass.bytes);
}

static void cut_at_every_length(void **state)
{
    struct bytes whole = bytes_hex("0100 003a " FIXED "0005 0008 c0000201 c123 0006 aabb 0000 "
                                   "0006 0014 20010db8000000000000000000000001 0009 0006");

    (void)state;
    for (size_t len = 20; len <= whole.len; len++) {
        struct bytes bytes = bytes_copy(whole.ptr, len);
        struct usctp__chunk chunk;
        struct usctp__init init;
        struct usctp__init_params params;
        bool want = len == 20 || len == 28 || (len >= 34 && len <= 36) || len == 56;

        usctp__put16(bytes.ptr + 2, (uint16_t)len);
        chunk = chunk_of(&bytes);
        assert_true(usctp__init_parse(&init, &chunk));
        assert_int_equal(usctp__init_params_parse(&params, USCTP__CHUNK_INIT, &init), want);
        assert_int_equal(params.addr_cnt, (len >= 28) + (len >= 56));
        assert_int_equal(params.report_cnt, len >= 34);
        bytes_free(&bytes);
    }
    bytes_free(&whole);
}

/* --- Unknown parameters ----------------------------------------------------------------------- */

static void unknown_actions(void **state)
{
    static const struct {
        const char *hex;
        bool stopped;
        size_t report_cnt;
    } rows[] = {
        {"3001 0006 aabb 0000 0005 0008 c0000201", true, 0},
        {"7001 0006 aabb 0000 0005 0008 c0000201", true, 1},
        {"b001 0006 aabb 0000 0005 0008 c0000201", false, 0},
        {"f001 0006 aabb 0000 0005 0008 c0000201", false, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pass pass;

        pass_make(&pass, USCTP__CHUNK_INIT, rows[i].hex);
        assert_true(pass.good); /* RFC 9260, 3.2.1: it is answered all the same */
        assert_int_equal(pass.params.stopped, rows[i].stopped);
        assert_int_equal(pass.params.report_cnt, rows[i].report_cnt);
        pass_has_addresses(&pass, rows[i].stopped ? "" : "192.0.2.1");
        if (rows[i].report_cnt > 0) {
            assert_int_equal(pass.params.reports[0].len, 6);
            assert_ptr_equal(pass.params.reports[0].ptr, pass.bytes.ptr + 20);
        }
        bytes_free(&pass.bytes);
    }
}

/* Behind a stop not even what is malformed is looked at. */
static void nothing_after_stop(void **state)
{
    struct pass pass;

    (void)state;
    pass_make(&pass, USCTP__CHUNK_INIT_ACK,
              "0005 0008 c0000201 7001 0004 0007 0008 c00c1e00 0005 0008 c0000202 0005 0000");
    assert_true(pass.good);
    assert_true(pass.params.stopped);
    assert_int_equal(pass.params.processed_len, 8);
    assert_null(pass.params.cookie.ptr);
    assert_int_equal(pass.params.report_cnt, 1);
    pass_has_addresses(&pass, "192.0.2.1");
    bytes_free(&pass.bytes);
}

static void reports_are_bounded(void **state)
{
    struct pass pass;
    char hex[4096] = "";

    (void)state;
    for (int i = 0; i < 20; i++) {
        strcat(hex, "f001 0004 ");
    }
    pass_make(&pass, USCTP__CHUNK_INIT, hex);
    assert_int_equal(pass.params.report_cnt, USCTP__INIT_MAX_REPORT_CNT);
    assert_int_equal(pass.params.report_len, 4 * USCTP__INIT_MAX_REPORT_CNT);
    assert_int_equal(pass.params.unreported_cnt, 20 - USCTP__INIT_MAX_REPORT_CNT);
    bytes_free(&pass.bytes);

    /* 253 bytes are 256 with padding: just what is allowed. A small one behind it is too much. */
    strcpy(hex, "f001 00fd ");
    for (int i = 0; i < 252; i++) {
        strcat(hex, "00");
    }
    strcat(hex, " f002 0004");
    pass_make(&pass, USCTP__CHUNK_INIT, hex);
    assert_int_equal(pass.params.report_cnt, 1);
    assert_int_equal(pass.params.report_len, 256);
    assert_int_equal(pass.params.unreported_cnt, 1);
    bytes_free(&pass.bytes);

    /* One byte more than fits is left out; a small one behind it is reported. */
    strcpy(hex, "f001 0101 ");
    for (int i = 0; i < 256; i++) {
        strcat(hex, "00");
    }
    strcat(hex, " f002 0004");
    pass_make(&pass, USCTP__CHUNK_INIT, hex);
    assert_int_equal(pass.params.report_cnt, 1);
    assert_int_equal(pass.params.reports[0].len, 4);
    assert_int_equal(pass.params.unreported_cnt, 1);
    bytes_free(&pass.bytes);
}

/* --- Writing ---------------------------------------------------------------------------------- */

static void write_init(void **state)
{
    struct usctp__init init = {1, 1500, 1, 1, 0, NULL, 0};
    struct usctp_addr addr = usctp__addr_ipv4((const uint8_t *)"\xc0\0\2\1");
    struct out out;
    size_t pos;

    (void)state;
    out_init(&out, 200);
    pos = usctp__init_begin(&out.w, USCTP__CHUNK_INIT, &init);
    usctp__init_write_address_types(&out.w, true, false);
    usctp__param_write_addr(&out.w, &addr);
    usctp__init_write_preservative(&out.w, 60000);
    usctp__init_write_address_types(&out.w, false, true);
    usctp__init_write_address_types(&out.w, true, true);
    usctp__init_write_address_types(&out.w, false, false);
    usctp__init_write_address_types(&out.w, false, true);
    usctp__chunk_end(&out.w, pos);
    out_is(&out, "0100 0042 " FIXED "000c 0006 0005 0000 0005 0008 c0000201 0009 0008 0000ea60 "
                 "000c 0006 0006 0000 000c 0008 0005 0006 000c 0006 0006 0000");
}

/* What is reported in the INIT ACK is what was found in the INIT; read back, it is the same. */
static void write_init_ack(void **state)
{
    struct usctp__init init = {1, 1500, 1, 1, 0, NULL, 0};
    struct usctp__param_iter iter;
    struct usctp__param param;
    struct pass pass, back;
    struct out out;
    size_t pos;

    (void)state;
    pass_make(&pass, USCTP__CHUNK_INIT, "f001 0005 aa000000 f002 0004 b003 0004 7004 0006 bbcc");
    assert_int_equal(pass.params.report_cnt, 3);
    out_init(&out, 200);
    pos = usctp__init_begin(&out.w, USCTP__CHUNK_INIT_ACK, &init);
    usctp__param_write(&out.w, USCTP__PARAM_STATE_COOKIE, "cookie", 6);
    usctp__init_write_reports(&out.w, &pass.params);
    usctp__chunk_end(&out.w, pos);
    out_is(&out, "0200 003e " FIXED "0007 000a 636f6f6b6965 0000 0008 0009 f001 0005 aa 000000 "
                 "0008 0008 f002 0004 0008 000a 7004 0006 bbcc 0000");
    bytes_free(&pass.bytes);

    pass_make(&back, USCTP__CHUNK_INIT_ACK,
              "0007 000a 636f6f6b6965 0000 0008 0009 f001 0005 aa 000000 "
              "0008 0008 f002 0004 0008 000a 7004 0006 bbcc");
    assert_true(back.good);
    assert_int_equal(back.params.cookie.len, 6);
    assert_int_equal(back.params.unrecognized_cnt, 3);
    usctp__init_unrecognized_iter_init(&iter, &back.params);
    assert_true(usctp__init_unrecognized_next(&iter, &param));
    assert_int_equal(param.type, 0xf001);
    assert_true(usctp__init_unrecognized_next(&iter, &param));
    assert_int_equal(param.type, 0xf002);
    assert_true(usctp__init_unrecognized_next(&iter, &param));
    assert_int_equal(param.type, 0x7004);
    bytes_free(&back.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_vector),
        cmocka_unit_test(fixed_cut_short),
        cmocka_unit_test(fixed_faults),
        cmocka_unit_test(init_with_all),
        cmocka_unit_test(init_without_any),
        cmocka_unit_test(init_ack_with_all),
        cmocka_unit_test(out_of_place),
        cmocka_unit_test(the_first_counts),
        cmocka_unit_test(parameter_of_an_address),
        cmocka_unit_test(malformed),
        cmocka_unit_test(empty_cookie),
        cmocka_unit_test(cut_at_every_length),
        cmocka_unit_test(unknown_actions),
        cmocka_unit_test(nothing_after_stop),
        cmocka_unit_test(reports_are_bounded),
        cmocka_unit_test(write_init),
        cmocka_unit_test(write_init_ack),
    };

    return cmocka_run_group_tests_name("wire_init", tests, NULL, NULL);
}
