/* SPDX-License-Identifier: BSD-3-Clause */
/* DATA and what belongs to it: RFC 9260, 3.3.1; RFC 8260, 2.1, 2.3.1. */
#include "test_wire.h"

#include "wire/data.h"
#include "wire/forward.h"

static const char vector[] = "000b 0015 fffffffe 0102 0304 deadbeef 68656c6c6f 000000";

static void read_vector(void **state)
{
    struct bytes bytes = bytes_hex(vector);
    struct usctp__chunk chunk = chunk_of(&bytes);
    struct usctp__data data = {0};

    (void)state;
    assert_true(usctp__data_parse(&data, &chunk));
    assert_int_equal(data.tsn, 0xfffffffe);
    assert_int_equal(data.sid, 0x0102);
    assert_int_equal(data.ssn, 0x0304);
    assert_int_equal(data.ppid, 0xdeadbeef);
    assert_int_equal(data.flags,
                     USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END | USCTP__DATA_FLAG_IMMEDIATE);
    assert_int_equal(data.payload_len, 5);
    assert_memory_equal(data.payload, "hello", 5);
    bytes_free(&bytes);
}

static void write_vector(void **state)
{
    struct usctp__data data = {0};
    struct out out;
    uint8_t *payload;

    (void)state;
    data.tsn = 0xfffffffe;
    data.sid = 0x0102;
    data.ssn = 0x0304;
    data.ppid = 0xdeadbeef;
    data.flags = 0xfb; /* reserved bits stay out: RFC 9260, 3.3.1 */
    data.payload_len = 5;
    out_init(&out, 24);
    payload = usctp__data_write(&out.w, &data);
    assert_ptr_equal(payload, out.buf + 16);
    memcpy(payload, "hello", 5);
    out_is(&out, vector);
    assert_int_equal(usctp__data_chunk_len(5), 24);
}

static void cut_short(void **state)
{
    struct bytes whole = bytes_hex(vector);

    (void)state;
    for (size_t len = 4; len <= 21; len++) {
        struct bytes bytes = bytes_copy(whole.ptr, len);
        struct usctp__chunk chunk;
        struct usctp__data data = {0};

        usctp__put16(bytes.ptr + 2, (uint16_t)len);
        chunk = chunk_of(&bytes);
        assert_int_equal(usctp__data_parse(&data, &chunk), len >= 16);
        if (len >= 16) {
            assert_int_equal(data.payload_len, len - 16); /* 0 is told, not refused */
        }
        bytes_free(&bytes);
    }
    bytes_free(&whole);
}

static void write_limits(void **state)
{
    struct usctp__data data = {0};
    struct out out;

    (void)state;
    out_init(&out, sizeof(out.buf));
    assert_null(usctp__data_write(&out.w, &data)); /* no user data */
    assert_true(out.w.failed);

    data.payload_len = USCTP__DATA_MAX_PAYLOAD_LEN + 1;
    out_init(&out, sizeof(out.buf));
    assert_null(usctp__data_write(&out.w, &data));
    assert_true(out.w.failed);

    data.payload_len = USCTP__DATA_MAX_PAYLOAD_LEN;
    out_init(&out, sizeof(out.buf));
    assert_non_null(usctp__data_write(&out.w, &data));
    assert_int_equal(out.w.len, 65536);
    assert_int_equal(usctp__get16(out.buf + 2), 65535);
    assert_int_equal(out.buf[65535], 0); /* padding */

    data.payload_len = 5;
    for (size_t cap = 0; cap < 24; cap++) {
        out_init(&out, cap);
        assert_null(usctp__data_write(&out.w, &data));
        assert_true(out.w.failed);
        assert_int_equal(out.w.len, 0);
        assert_int_equal(out.buf[0], 0xee);
    }
}

static void round_trip(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 40; len++) {
        struct usctp__data data = {0}, back;
        struct usctp__chunk chunk = {0};
        struct out out;

        data.tsn = (uint32_t)len * 0x01010101u;
        data.sid = (uint16_t)(len * 3);
        data.ssn = (uint16_t)(len * 5);
        data.ppid = (uint32_t)len * 7;
        data.flags = (uint8_t)(len & 0x0f);
        data.payload_len = len;
        out_init(&out, 64);
        memset(usctp__data_write(&out.w, &data), 0xaa, len);
        assert_int_equal(out.w.len, usctp__data_chunk_len(len));
        for (size_t i = 16 + len; i < out.w.len; i++) {
            assert_int_equal(out.buf[i], 0);
        }
        assert_int_equal(usctp__chunk_parse(&chunk, out.buf, out.w.len), 1);
        assert_true(usctp__data_parse(&back, &chunk));
        assert_int_equal(back.tsn, data.tsn);
        assert_int_equal(back.sid, data.sid);
        assert_int_equal(back.ssn, data.ssn);
        assert_int_equal(back.ppid, data.ppid);
        assert_int_equal(back.flags, data.flags);
        assert_int_equal(back.payload_len, len);
    }
}

/* RFC 8260, 2.1: with the B bit the last field is the PPID, else the FSN; reserved bits are ignored. */
static void test_i_data(void **state)
{
    struct bytes first =
        bytes_hex("4002 0019 fffffffe 0102 ffff 01020304 deadbeef 68656c6c6f 000000");
    struct bytes next = bytes_hex("4005 0015 ffffffff 0102 0000 01020304 00000009 68 000000");
    struct usctp__chunk chunk = chunk_of(&first);
    struct usctp__data data = {0};
    uint8_t buf[64];
    struct usctp__writer w = usctp__writer_make(buf, sizeof(buf));

    (void)state;
    assert_true(usctp__i_data_parse(&data, &chunk));
    assert_int_equal(data.tsn, 0xfffffffe);
    assert_int_equal(data.sid, 0x0102);
    assert_int_equal(data.ssn, 0x01020304);
    assert_int_equal(data.ppid, 0xdeadbeef);
    assert_int_equal(data.fsn, 0);
    assert_int_equal(data.payload_len, 5);
    assert_memory_equal(data.payload, "hello", 5);
    memcpy(usctp__i_data_write(&w, &data), "hello", 5);
    assert_int_equal(w.len, 28);
    assert_memory_equal(buf,
                        "\x40\x02\x00\x19\xff\xff\xff\xfe\x01\x02\x00\x00\x01\x02\x03\x04"
                        "\xde\xad\xbe\xefhello\0\0\0",
                        28);

    chunk = chunk_of(&next);
    assert_true(usctp__i_data_parse(&data, &chunk));
    assert_int_equal(data.ppid, 0);
    assert_int_equal(data.fsn, 9);
    w.len = 0;
    memcpy(usctp__i_data_write(&w, &data), "h", 1);
    assert_int_equal(w.len, 24);
    assert_memory_equal(buf,
                        "\x40\x05\x00\x15\xff\xff\xff\xff\x01\x02\x00\x00\x01\x02\x03\x04"
                        "\0\0\0\x09h\0\0\0",
                        24);

    chunk.value_len = 15;
    assert_false(usctp__i_data_parse(&data, &chunk));
    data.payload_len = USCTP__I_DATA_MAX_PAYLOAD_LEN + 1;
    assert_null(usctp__i_data_write(&w, &data));
    assert_true(w.failed);
    bytes_free(&first);
    bytes_free(&next);
}

/* RFC 8260, 2.3.1: streams with U bit and MID; reserved bits are sent as 0 and ignored. */
static void test_i_forward_tsn(void **state)
{
    struct bytes bytes =
        bytes_hex("c200 001c 00000007 0001 fffe 00000002 0003 ffff 80000004 0005 0000");
    static const struct usctp__skipped entries[] = {{1, false, 2}, {3, true, 0x80000004}};
    struct usctp__chunk chunk = chunk_of(&bytes);
    struct usctp__forward forward;
    uint8_t buf[64];
    struct usctp__writer w = usctp__writer_make(buf, sizeof(buf));

    (void)state;
    chunk.value_len = 24; /* the last entry is cut */
    assert_true(usctp__forward_parse(&forward, &chunk));
    assert_true(forward.by_mid);
    assert_int_equal(forward.cum_tsn, 7);
    assert_int_equal(forward.cnt, 2);
    for (size_t i = 0; i < 2; i++) {
        struct usctp__skipped skipped = usctp__forward_entry(&forward, i);

        assert_int_equal(skipped.sid, entries[i].sid);
        assert_int_equal(skipped.unordered, entries[i].unordered);
        assert_int_equal(skipped.number, entries[i].number);
    }
    usctp__forward_write(&w, true, 7, entries, 2);
    assert_int_equal(w.len, 24);
    assert_memory_equal(buf, "\xc2\0\0\x18\0\0\0\7\0\1\0\0\0\0\0\2\0\3\0\1\x80\0\0\4", 24);
    bytes_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_vector),        cmocka_unit_test(write_vector),
        cmocka_unit_test(cut_short),          cmocka_unit_test(write_limits),
        cmocka_unit_test(round_trip),         cmocka_unit_test(test_i_data),
        cmocka_unit_test(test_i_forward_tsn),
    };

    return cmocka_run_group_tests_name("wire_data", tests, NULL, NULL);
}
