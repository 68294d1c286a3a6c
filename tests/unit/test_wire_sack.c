/* SPDX-License-Identifier: BSD-3-Clause */
/* SACK: RFC 9260, 3.3.4. */
#include "test_wire.h"

#include "wire/sack.h"

/* The example of RFC 9260, 3.3.4, and TSN 19 received three times. */
static const char vector[] = "0300 0020 0000000c 00001234 0002 0002 "
                             "0002 0003 0005 0005 00000013 00000013";

struct gaps {
    const struct usctp__gap *list;
    size_t cnt, next;
};

static bool next_gap(void *ctx, struct usctp__gap *gap)
{
    struct gaps *gaps = ctx;

    if (gaps->next == gaps->cnt) {
        return false;
    }
    *gap = gaps->list[gaps->next++];
    return true;
}

static void read_vector(void **state)
{
    struct bytes bytes = bytes_hex(vector);
    struct usctp__chunk chunk = chunk_of(&bytes);
    struct usctp__sack sack;

    (void)state;
    assert_true(usctp__sack_parse(&sack, &chunk));
    assert_int_equal(sack.cum_tsn, 12);
    assert_int_equal(sack.a_rwnd, 4660);
    assert_int_equal(sack.gap_cnt, 2);
    assert_int_equal(sack.dup_cnt, 2);
    assert_int_equal(usctp__sack_gap(&sack, 0).start, 2);
    assert_int_equal(usctp__sack_gap(&sack, 0).end, 3);
    assert_int_equal(usctp__sack_gap(&sack, 1).start, 5);
    assert_int_equal(usctp__sack_gap(&sack, 1).end, 5);
    assert_int_equal(usctp__sack_dup(&sack, 0), 19);
    assert_int_equal(usctp__sack_dup(&sack, 1), 19);
    assert_true(usctp__sack_gaps_sane(&sack));
    assert_int_equal(usctp__sack_highest_gap(&sack), 5);
    bytes_free(&bytes);
}

static void write_vector(void **state)
{
    static const struct usctp__gap list[] = {{2, 3}, {5, 5}};
    static const uint32_t dups[] = {19, 19};
    struct gaps gaps = {list, 2, 0};
    struct usctp__sack_source source = {12, 4660, next_gap, &gaps, dups, 2, 0};
    struct out out;

    (void)state;
    out_init(&out, 100);
    usctp__sack_write(&out.w, &source);
    out_is(&out, vector);
}

static void cut_short(void **state)
{
    struct bytes whole = bytes_hex(vector);

    (void)state;
    for (size_t len = 4; len <= whole.len; len++) {
        struct bytes bytes = bytes_copy(whole.ptr, len);
        struct usctp__chunk chunk;
        struct usctp__sack sack;

        usctp__put16(bytes.ptr + 2, (uint16_t)len);
        chunk = chunk_of(&bytes);
        assert_int_equal(usctp__sack_parse(&sack, &chunk), len == 32);
        bytes_free(&bytes);
    }
    bytes_free(&whole);
}

/* It is not the last chunk of its packet: counts are held against the chunk. */
static void not_the_last_chunk(void **state)
{
    struct bytes bytes = bytes_hex("0001 0002 00000003 00000000 "
                                   "0300 0014 0000000c 00001234 0002 0000 0002 0003 "
                                   "0005 0005 0700 0008 0000000c");
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    struct usctp__sack sack;

    (void)state;
    usctp__chunk_iter_init(&iter, bytes.ptr, bytes.len);
    assert_int_equal(usctp__chunk_next(&iter, &chunk), 1);
    assert_false(usctp__sack_parse(&sack, &chunk));
    bytes_free(&bytes);
}

static void counts_lie(void **state)
{
    static const struct {
        const char *hex;
        bool good;
    } rows[] = {
        {"0300 0010 0000000c 00001234 0000 0000", true},
        {"0300 0010 0000000c 00001234 ffff 0000", false},
        {"0300 0010 0000000c 00001234 0000 ffff", false},
        {"0300 0010 0000000c 00001234 ffff ffff", false},
        {"0300 0014 0000000c 00001234 0001 0001 00010001", false},
        {"0300 0014 0000000c 00001234 0000 0001 00010001", true},
        {"0300 0018 0000000c 00001234 0001 0000 00010001 00000000", true}, /* more than said */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes bytes = bytes_hex(rows[i].hex);
        struct usctp__chunk chunk = chunk_of(&bytes);
        struct usctp__sack sack;

        assert_int_equal(usctp__sack_parse(&sack, &chunk), rows[i].good);
        bytes_free(&bytes);
    }
}

static void sane_gaps(void **state)
{
    static const struct {
        const char *hex;
        bool sane;
        uint16_t highest;
    } rows[] = {
        {"0300 0010 0000000c 00001234 0000 0000", true, 0},
        {"0300 0014 0000000c 00001234 0001 0000 0001 ffff", true, 0xffff},
        {"0300 0014 0000000c 00001234 0001 0000 0000 0001", false, 1},
        {"0300 0014 0000000c 00001234 0001 0000 0003 0002", false, 2},          /* reversed */
        {"0300 0018 0000000c 00001234 0002 0000 0002 0009 0003 0004", true, 9}, /* overlap */
        {"0300 0018 0000000c 00001234 0002 0000 0008 0009 0003 0004", true, 9}, /* no order */
        {"0300 0018 0000000c 00001234 0002 0000 0002 0009 0004 0003", false, 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes bytes = bytes_hex(rows[i].hex);
        struct usctp__chunk chunk = chunk_of(&bytes);
        struct usctp__sack sack;

        assert_true(usctp__sack_parse(&sack, &chunk));
        assert_int_equal(usctp__sack_gaps_sane(&sack), rows[i].sane);
        assert_int_equal(usctp__sack_highest_gap(&sack), rows[i].highest);
        bytes_free(&bytes);
    }
}

/* Gap blocks come first, then duplicates, as far as there is room; the rest is left out. */
static void writes_what_fits(void **state)
{
    static const struct usctp__gap list[] = {{2, 3}, {5, 5}, {7, 9}};
    static const uint32_t dups[] = {19, 20};

    (void)state;
    for (int limited = 0; limited <= 1; limited++) {
        for (size_t room = 1; room < 48; room++) {
            struct gaps gaps = {list, 3, 0};
            struct usctp__sack_source source = {12, 4660, next_gap, &gaps, dups, 2, 0};
            size_t entries = room < 16 ? 0 : (room - 16) / 4;
            struct usctp__chunk chunk;
            struct usctp__sack sack;
            struct out out;

            out_init(&out, limited ? 100 : room);
            source.max_len = limited ? room : 0;
            usctp__sack_write(&out.w, &source);
            assert_int_equal(out.w.failed, room < 16);
            if (room < 16) {
                continue;
            }
            assert_true(out.w.len <= room);
            assert_int_equal(usctp__chunk_parse(&chunk, out.buf, out.w.len), 1);
            assert_true(usctp__sack_parse(&sack, &chunk));
            assert_int_equal(sack.gap_cnt, entries < 3 ? entries : 3);
            assert_int_equal(sack.dup_cnt, entries < 3 ? 0 : entries < 5 ? entries - 3 : 2);
            assert_int_equal(gaps.next, sack.gap_cnt); /* none is taken and dropped */
            assert_int_equal(chunk.len, 16 + 4 * (sack.gap_cnt + sack.dup_cnt));
        }
    }
}

static void write_without_gaps(void **state)
{
    struct usctp__sack_source source = {12, 4660, NULL, NULL, NULL, 0, 0};
    struct out out;

    (void)state;
    out_init(&out, 16);
    usctp__sack_write(&out.w, &source);
    out_is(&out, "0300 0010 0000000c 00001234 0000 0000");
}

static bool endless_gaps(void *ctx, struct usctp__gap *gap)
{
    uint16_t *next = ctx;

    gap->start = *next;
    gap->end = *next;
    *next = (uint16_t)(*next + 2);
    return true;
}

static void largest(void **state)
{
    uint16_t start = 2;
    struct usctp__sack_source source = {0xffffffff, 0, endless_gaps, &start, NULL, 0, 0};
    struct usctp__chunk chunk;
    struct usctp__sack sack;
    struct out out;

    (void)state;
    out_init(&out, sizeof(out.buf));
    usctp__sack_write(&out.w, &source);
    assert_false(out.w.failed);
    assert_int_equal(usctp__chunk_parse(&chunk, out.buf, out.w.len), 1);
    assert_true(usctp__sack_parse(&sack, &chunk));
    assert_int_equal(sack.gap_cnt, (65535 - 16) / 4);
    assert_int_equal(usctp__sack_gap(&sack, 1).start, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_vector),      cmocka_unit_test(write_vector),
        cmocka_unit_test(cut_short),        cmocka_unit_test(not_the_last_chunk),
        cmocka_unit_test(counts_lie),       cmocka_unit_test(sane_gaps),
        cmocka_unit_test(writes_what_fits), cmocka_unit_test(write_without_gaps),
        cmocka_unit_test(largest),
    };

    return cmocka_run_group_tests_name("wire_sack", tests, NULL, NULL);
}
