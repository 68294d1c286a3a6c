/* SPDX-License-Identifier: BSD-3-Clause */
/* Common header, walk over chunks, frame of chunks: RFC 9260, 3 to 3.2. */
#include "test_wire.h"

static void header_vector(void **state)
{
    struct bytes bytes = bytes_hex("1388 1389 01234567 89abcdef");
    struct usctp__packet_header header = {0};
    struct out out;

    (void)state;
    assert_true(usctp__packet_header_parse(&header, bytes.ptr, bytes.len));
    assert_int_equal(header.src_port, 5000);
    assert_int_equal(header.dst_port, 5001);
    assert_int_equal(header.tag, 0x01234567);
    assert_int_equal(header.checksum, 0x89abcdef);
    out_init(&out, 12);
    usctp__packet_header_write(&out.w, &header);
    out_is(&out, "1388 1389 01234567 00000000"); /* the checksum comes later */
    bytes_free(&bytes);
}

static void header_cut_short(void **state)
{
    struct bytes whole = bytes_hex("1388 1389 01234567 89abcdef");

    (void)state;
    for (size_t len = 0; len < whole.len; len++) {
        struct bytes bytes = bytes_copy(whole.ptr, len);
        struct usctp__packet_header header = {0};
        struct usctp__chunk_iter iter;
        struct usctp__chunk chunk;
        struct out out;

        assert_false(usctp__packet_header_parse(&header, bytes.ptr, len));
        usctp__chunk_iter_init(&iter, bytes.ptr, len);
        assert_int_equal(usctp__chunk_next(&iter, &chunk), 0);

        out_init(&out, len);
        memset(&header, 0, sizeof(header));
        usctp__packet_header_write(&out.w, &header);
        assert_true(out.w.failed);
        assert_int_equal(out.w.len, 0);
        bytes_free(&bytes);
    }
    bytes_free(&whole);
}

static const char three_chunks[] = "1388 1389 00000001 00000000 "
                                   "0b 00 0004 "
                                   "0a 5a 0007 aabbcc ff " /* padding that is not zero */
                                   "c8 01 0006 0102";      /* without its padding */

static void walk(void **state)
{
    struct bytes bytes = bytes_hex(three_chunks);
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;

    (void)state;
    usctp__chunk_iter_init(&iter, bytes.ptr, bytes.len);
    assert_int_equal(usctp__chunk_next(&iter, &chunk), 1);
    assert_int_equal(chunk.type, USCTP__CHUNK_COOKIE_ACK);
    assert_int_equal(chunk.len, 4);
    assert_int_equal(chunk.value_len, 0);
    assert_ptr_equal(chunk.start, bytes.ptr + 12);
    assert_int_equal(usctp__chunk_padded_len(&chunk), 4);

    assert_int_equal(usctp__chunk_next(&iter, &chunk), 1);
    assert_int_equal(chunk.type, USCTP__CHUNK_COOKIE_ECHO);
    assert_int_equal(chunk.flags, 0x5a);
    assert_int_equal(chunk.len, 7);
    assert_int_equal(chunk.value_len, 3);
    assert_ptr_equal(chunk.value, bytes.ptr + 20);
    assert_int_equal(usctp__chunk_padded_len(&chunk), 8);

    assert_int_equal(usctp__chunk_next(&iter, &chunk), 1);
    assert_int_equal(chunk.type, 200);
    assert_int_equal(chunk.len, 6);
    assert_int_equal(usctp__chunk_next(&iter, &chunk), 0);
    assert_int_equal(usctp__chunk_next(&iter, &chunk), 0);
    assert_int_equal(chunk.type, 200);
    bytes_free(&bytes);
}

/* Whatever the packet is cut to: whole chunks come out, then the end or an error, for good. */
static void walk_cut_short(void **state)
{
    struct bytes whole = bytes_hex(three_chunks);

    (void)state;
    for (size_t len = 12; len <= whole.len; len++) {
        struct bytes bytes = bytes_copy(whole.ptr, len);
        int want_cnt = (len >= 16) + (len >= 23) + (len >= 30);
        /* Whole with or without the padding of the last chunk. */
        bool want_end = len == 12 || len == 16 || len == 23 || len == 24 || len == 30;
        struct usctp__chunk_iter iter;
        struct usctp__chunk chunk;
        int cnt = 0, result;

        usctp__chunk_iter_init(&iter, bytes.ptr, len);
        while ((result = usctp__chunk_next(&iter, &chunk)) == 1) {
            cnt++;
        }
        assert_int_equal(cnt, want_cnt);
        assert_int_equal(result, want_end ? 0 : -1);
        assert_int_equal(usctp__chunk_next(&iter, &chunk), result);
        bytes_free(&bytes);
    }
    bytes_free(&whole);
}

static void bad_lengths(void **state)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;

    (void)state;
    for (unsigned len = 0; len <= 0xffff; len++) {
        uint8_t bytes[12] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len};

        usctp__chunk_iter_init_bare(&iter, bytes, sizeof(bytes));
        assert_int_equal(usctp__chunk_next(&iter, &chunk), len < 4 || len > 12 ? -1 : 1);
        if (len < 4 || len > 12) {
            assert_int_equal(usctp__chunk_next(&iter, &chunk), -1);
        }
    }
}

static void unknown_actions(void **state)
{
    (void)state;
    assert_true(usctp__chunk_unknown_stops(0x3e) && !usctp__chunk_unknown_reports(0x3e));
    assert_true(usctp__chunk_unknown_stops(0x7e) && usctp__chunk_unknown_reports(0x7e));
    assert_true(!usctp__chunk_unknown_stops(0xbe) && !usctp__chunk_unknown_reports(0xbe));
    assert_true(!usctp__chunk_unknown_stops(0xfe) && usctp__chunk_unknown_reports(0xfe));
}

static void frame(void **state)
{
    static const char *const want[] = {
        "c8 03 0004",          "c8 03 0005 01000000", "c8 03 0006 01020000",
        "c8 03 0007 01020300", "c8 03 0008 01020304",
    };

    (void)state;
    for (size_t len = 0; len <= 4; len++) {
        struct out out;
        size_t pos;

        out_init(&out, 8);
        pos = usctp__chunk_begin(&out.w, 0xc8, 3);
        assert_int_equal(pos, 0);
        usctp__writer_bytes(&out.w, "\1\2\3\4", len);
        usctp__chunk_end(&out.w, pos);
        out_is(&out, want[len]);
    }
}

static void frame_without_room(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 8; cap++) {
        struct out out;
        size_t pos;

        out_init(&out, cap);
        pos = usctp__chunk_begin(&out.w, 0xc8, 3);
        usctp__writer_u8(&out.w, 1);
        usctp__chunk_end(&out.w, pos);
        assert_true(out.w.failed);
        for (size_t i = cap; i < 8; i++) {
            assert_int_equal(out.buf[i], 0xee);
        }
        usctp__chunk_cancel(&out.w, pos);
        assert_false(out.w.failed);
        assert_int_equal(out.w.len, 0);
    }
}

static void frame_too_long(void **state)
{
    struct out out;
    size_t pos;

    (void)state;
    out_init(&out, sizeof(out.buf));
    pos = usctp__chunk_begin(&out.w, 1, 0);
    usctp__writer_zeros(&out.w, 65531);
    usctp__chunk_end(&out.w, pos);
    assert_false(out.w.failed);
    assert_int_equal(out.w.len, 65536);
    assert_int_equal(usctp__get16(out.buf + 2), 65535);

    out_init(&out, sizeof(out.buf));
    pos = usctp__chunk_begin(&out.w, 1, 0);
    usctp__writer_zeros(&out.w, 65532);
    usctp__chunk_end(&out.w, pos);
    assert_true(out.w.failed);
}

static void cancel_keeps_what_stands_before(void **state)
{
    struct out out;
    size_t pos;

    (void)state;
    out_init(&out, 11);
    usctp__chunk_end(&out.w, usctp__chunk_begin(&out.w, 11, 0));
    pos = usctp__chunk_begin(&out.w, 6, 0);
    usctp__writer_u32(&out.w, 1);
    assert_true(out.w.failed);
    usctp__chunk_cancel(&out.w, pos);
    assert_false(out.w.failed);
    assert_int_equal(out.w.len, 4);
    assert_int_equal(usctp__get32(out.buf), 0x0b000004);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_vector),  cmocka_unit_test(header_cut_short),
        cmocka_unit_test(walk),           cmocka_unit_test(walk_cut_short),
        cmocka_unit_test(bad_lengths),    cmocka_unit_test(unknown_actions),
        cmocka_unit_test(frame),          cmocka_unit_test(frame_without_room),
        cmocka_unit_test(frame_too_long), cmocka_unit_test(cancel_keeps_what_stands_before),
    };

    return cmocka_run_group_tests_name("wire_packet", tests, NULL, NULL);
}
