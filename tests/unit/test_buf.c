/* SPDX-License-Identifier: BSD-3-Clause */
/* Big-endian cursors: values, every bound, failing once and for all. */
#include "unit/unit.h"

#include "base/buf.h"

static const uint8_t bytes[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static void raw_numbers(void **state)
{
    uint8_t out[8];

    (void)state;
    assert_int_equal(usctp__get16(bytes + 1), 0x1122);
    assert_int_equal(usctp__get16(bytes + 14), 0xeeff);
    assert_int_equal(usctp__get32(bytes + 3), 0x33445566);
    assert_true(usctp__get32(bytes + 12) == UINT32_C(0xccddeeff));
    assert_true(usctp__get64(bytes + 8) == UINT64_C(0x8899aabbccddeeff));
    usctp__put16(out, 0xeeff);
    assert_memory_equal(out, bytes + 14, 2);
    usctp__put32(out, UINT32_C(0xccddeeff));
    assert_memory_equal(out, bytes + 12, 4);
    usctp__put64(out, UINT64_C(0x8899aabbccddeeff));
    assert_memory_equal(out, bytes + 8, 8);
    for (size_t len = 0; len < 20; len++) {
        assert_int_equal(usctp__pad4(len), (len + 3) / 4 * 4);
    }
}

static void reads(void **state)
{
    struct usctp__reader reader = usctp__reader_make(bytes, sizeof(bytes));
    struct usctp__reader sub;
    uint8_t copy[2];

    (void)state;
    assert_int_equal(usctp__reader_u8(&reader), 0x00);
    assert_int_equal(usctp__reader_u16(&reader), 0x1122);
    assert_int_equal(usctp__reader_u32(&reader), 0x33445566);
    assert_true(usctp__reader_skip(&reader, 1));
    sub = usctp__reader_sub(&reader, 3);
    assert_int_equal(reader.left, 5);
    assert_int_equal(usctp__reader_u16(&sub), 0x8899);
    assert_int_equal(usctp__reader_u8(&sub), 0xaa);
    assert_false(sub.failed);
    assert_int_equal(usctp__reader_u8(&sub), 0);
    assert_true(sub.failed);
    assert_true(usctp__reader_copy(&reader, copy, 2));
    assert_int_equal(copy[1], 0xcc);
    assert_ptr_equal(usctp__reader_bytes(&reader, 3), bytes + 13);
    /* At the very end nothing can still be read. */
    assert_non_null(usctp__reader_bytes(&reader, 0));
    assert_false(reader.failed);
    assert_int_equal(reader.left, 0);
    assert_null(usctp__reader_bytes(&reader, 1));
    assert_true(reader.failed);
}

/* Each read with one byte too few. */
static void reads_past_the_end(void **state)
{
    uint8_t untouched[4] = {1, 2, 3, 4};

    (void)state;
    for (int kind = 0; kind < 8; kind++) {
        static const size_t need[8] = {1, 2, 4, 8, 3, 3, 3, 3};
        struct usctp__reader reader = usctp__reader_make(bytes + 8, need[kind] - 1);
        struct usctp__reader sub;

        switch (kind) {
        case 0:
            assert_int_equal(usctp__reader_u8(&reader), 0);
            break;
        case 1:
            assert_int_equal(usctp__reader_u16(&reader), 0);
            break;
        case 2:
            assert_int_equal(usctp__reader_u32(&reader), 0);
            break;
        case 3:
            assert_true(usctp__reader_u64(&reader) == 0);
            break;
        case 4:
            assert_null(usctp__reader_bytes(&reader, 3));
            break;
        case 5:
            assert_false(usctp__reader_skip(&reader, 3));
            break;
        case 6:
            assert_false(usctp__reader_copy(&reader, untouched, 3));
            assert_int_equal(untouched[0], 1);
            break;
        default:
            sub = usctp__reader_sub(&reader, 3);
            assert_true(sub.failed);
            assert_int_equal(sub.left, 0);
            assert_int_equal(usctp__reader_u8(&sub), 0);
        }
        assert_true(reader.failed);
        assert_int_equal(reader.left, 0);
        /* It stays so, whatever is asked. */
        assert_int_equal(usctp__reader_u8(&reader), 0);
        assert_null(usctp__reader_bytes(&reader, 0));
    }
}

static void huge_lengths(void **state)
{
    struct usctp__reader reader = usctp__reader_make(bytes, 4);
    uint8_t buf[4];
    struct usctp__writer writer = usctp__writer_make(buf, sizeof(buf));

    (void)state;
    assert_false(usctp__reader_skip(&reader, SIZE_MAX));
    usctp__writer_u8(&writer, 1);
    assert_null(usctp__writer_take(&writer, SIZE_MAX));
    assert_true(writer.failed);
    assert_int_equal(writer.len, 1);
}

static void writes(void **state)
{
    static const uint8_t want[] = {0x01, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                   0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 'a',
                                   'b',  0,    0,    0,    0xfe, 0xff};
    uint8_t buf[24];
    struct usctp__writer writer = usctp__writer_make(buf, sizeof(buf));

    (void)state;
    memset(buf, 0xff, sizeof(buf));
    usctp__writer_u8(&writer, 0);
    usctp__writer_u16(&writer, 0x1122);
    usctp__writer_u32(&writer, 0);
    usctp__writer_u64(&writer, UINT64_C(0x778899aabbccddee));
    usctp__writer_bytes(&writer, "ab", 2);
    usctp__writer_bytes(&writer, NULL, 0);
    usctp__writer_pad4(&writer);
    assert_int_equal(writer.len, 20);
    usctp__writer_pad4(&writer);
    assert_int_equal(writer.len, 20);
    buf[0] = 1;
    usctp__writer_patch32(&writer, 3, 0x33445566);
    assert_int_equal(usctp__writer_room(&writer), 4);
    usctp__writer_zeros(&writer, 2);
    usctp__writer_patch16(&writer, 20, 0xfeff);
    assert_false(writer.failed);
    assert_int_equal(writer.len, sizeof(want));
    assert_memory_equal(buf, want, sizeof(want));
    /* Nothing was written behind. */
    assert_int_equal(buf[22], 0xff);
}

/* Each write with one byte too little room: nothing is written, and the writer has failed. */
static void writes_past_the_end(void **state)
{
    (void)state;
    for (int kind = 0; kind < 7; kind++) {
        static const size_t need[7] = {1, 2, 4, 8, 3, 3, 4};
        uint8_t buf[9];
        struct usctp__writer writer = usctp__writer_make(buf, need[kind] - 1);
        size_t len = 0;

        memset(buf, 0x77, sizeof(buf));
        switch (kind) {
        case 0:
            usctp__writer_u8(&writer, 1);
            break;
        case 1:
            usctp__writer_u16(&writer, 1);
            break;
        case 2:
            usctp__writer_u32(&writer, 1);
            break;
        case 3:
            usctp__writer_u64(&writer, 1);
            break;
        case 4:
            usctp__writer_bytes(&writer, "abc", 3);
            break;
        case 5:
            usctp__writer_zeros(&writer, 3);
            break;
        default:
            usctp__writer_u8(&writer, 0x77);
            usctp__writer_pad4(&writer);
            len = 1;
        }
        assert_true(writer.failed);
        assert_int_equal(writer.len, len);
        assert_int_equal(usctp__writer_room(&writer), 0);
        for (size_t i = 0; i < sizeof(buf); i++) {
            assert_int_equal(buf[i], 0x77);
        }
        /* What would fit comes too late. */
        usctp__writer_zeros(&writer, 0);
        usctp__writer_u8(&writer, 9);
        assert_int_equal(writer.len, len);
    }
}

static void patches_of_what_is_not_there(void **state)
{
    uint8_t buf[8] = {0};
    struct usctp__writer writer = usctp__writer_make(buf, sizeof(buf));
    struct usctp__writer copy;

    (void)state;
    usctp__writer_zeros(&writer, 4);
    copy = writer;
    usctp__writer_patch16(&copy, 2, 0x0101);
    assert_false(copy.failed);
    usctp__writer_patch16(&copy, 3, 0xffff);
    assert_true(copy.failed);
    copy = writer;
    usctp__writer_patch32(&copy, 1, UINT32_MAX);
    assert_true(copy.failed);
    copy = writer;
    usctp__writer_patch32(&copy, SIZE_MAX, UINT32_MAX);
    assert_true(copy.failed);
    assert_int_equal(usctp__get32(buf), 0x0101);
    assert_int_equal(usctp__get32(buf + 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_numbers),
        cmocka_unit_test(reads),
        cmocka_unit_test(reads_past_the_end),
        cmocka_unit_test(huge_lengths),
        cmocka_unit_test(writes),
        cmocka_unit_test(writes_past_the_end),
        cmocka_unit_test(patches_of_what_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
