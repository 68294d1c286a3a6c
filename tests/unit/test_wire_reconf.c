/* SPDX-License-Identifier: BSD-3-Clause */
/* RE-CONFIG: RFC 6525, 3.1, 4. */
#include "test_wire.h"

#include "wire/reconf.h"

static enum usctp__reconf_verdict parse(const char *hex, struct usctp__reconf_param *params,
                                        size_t *cnt)
{
    struct bytes bytes = bytes_hex(hex);
    struct usctp__chunk chunk = chunk_of(&bytes);
    enum usctp__reconf_verdict verdict = usctp__reconf_parse(&chunk, params, cnt);

    bytes_free(&bytes);
    return verdict;
}

static void test_read_all(void **state)
{
    struct bytes bytes = bytes_hex("8200 002c 000d 0012 00000001 00000002 00000003 0007 0000"
                                   "000e 000c 00000002 0007 0008 0000 0000 0000 0000");
    struct usctp__chunk chunk = chunk_of(&bytes);
    struct usctp__reconf_param params[USCTP__RECONF_PARAM_MAX];
    size_t cnt;

    (void)state;
    chunk.value_len = 32;
    assert_int_equal(usctp__reconf_parse(&chunk, params, &cnt), USCTP__RECONF_OK);
    assert_int_equal(cnt, 2);
    assert_int_equal(params[0].type, USCTP__PARAM_OUT_RESET_REQUEST);
    assert_int_equal(params[0].seq, 1);
    assert_int_equal(params[0].response_seq, 2);
    assert_int_equal(params[0].last_tsn, 3);
    assert_int_equal(params[0].stream_cnt, 1);
    assert_int_equal(usctp__reconf_stream(&params[0], 0), 7);
    assert_int_equal(params[1].type, USCTP__PARAM_IN_RESET_REQUEST);
    assert_int_equal(params[1].seq, 2);
    assert_int_equal(params[1].stream_cnt, 2);
    assert_int_equal(usctp__reconf_stream(&params[1], 1), 8);
    bytes_free(&bytes);
    assert_int_equal(parse("8200 0018 0010 0014 00000009 00000001 0000000a 0000000b", params, &cnt),
                     USCTP__RECONF_OK);
    assert_int_equal(params[0].seq, 9);
    assert_int_equal(params[0].result, USCTP__RECONF_PERFORMED);
    assert_true(params[0].has_tsns);
    assert_int_equal(params[0].sender_tsn, 10);
    assert_int_equal(params[0].receiver_tsn, 11);
    assert_int_equal(parse("8200 0010 0011 000c 00000009 ffff beef", params, &cnt),
                     USCTP__RECONF_OK);
    assert_int_equal(params[0].add_cnt, 65535);
}

static void test_read_wrong(void **state)
{
    static const struct {
        const char *hex;
        enum usctp__reconf_verdict verdict;
    } cases[] = {
        {"8200 0004", USCTP__RECONF_MALFORMED},
        {"8200 0008 000f 0004", USCTP__RECONF_MALFORMED},
        {"8200 0010 000f 000c 00000001 00000000", USCTP__RECONF_MALFORMED},
        {"8200 000c 000d 0008 00000001", USCTP__RECONF_MALFORMED},
        {"8200 0010 0010 000b 00000001 00000000", USCTP__RECONF_MALFORMED},
        {"8200 0014 0010 0010 00000001 00000001 00000001", USCTP__RECONF_MALFORMED},
        {"8200 000c 0012 0008 00000001", USCTP__RECONF_MALFORMED},
        {"8200 000c 000e 0007 00000001", USCTP__RECONF_MALFORMED},
        {"8200 0010 000e 0009 00000001 00000000", USCTP__RECONF_MALFORMED},
        {"8200 000c 0013 0008 00000001", USCTP__RECONF_UNKNOWN_PARAM},
        {"8200 0014 8013 0008 00000001 000f 0008 00000001", USCTP__RECONF_OK},
        {"8200 0014 0013 0008 00000001 000f 0008 00000001", USCTP__RECONF_UNKNOWN_PARAM},
        {"8200 0014 000f 0008 00000001 000f 0008 00000001", USCTP__RECONF_UNSUPPORTED},
        {"8200 001c 000e 0008 00000001 000e 0008 00000001 000e 0008 00000001",
         USCTP__RECONF_UNSUPPORTED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct usctp__reconf_param params[USCTP__RECONF_PARAM_MAX];
        size_t cnt;

        assert_int_equal(parse(cases[i].hex, params, &cnt), cases[i].verdict);
    }
}

/* Each pair of types: allowed or not, whatever the order (3.1). */
static void test_combinations(void **state)
{
    static const char *const hex[] = {"000d 0010 00000001 00000001 00000001",
                                      "000e 0008 00000001",
                                      "000f 0008 00000001",
                                      "0010 000c 00000001 00000001",
                                      "0011 000c 00000001 00010000",
                                      "0012 000c 00000001 00010000"};
    static const char allowed[6][7] = {"010100", "100000", "000000", "100100", "000001", "000010"};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 6; j++) {
            struct usctp__reconf_param params[USCTP__RECONF_PARAM_MAX];
            struct bytes first = bytes_hex(hex[i]);
            struct bytes second = bytes_hex(hex[j]);
            uint8_t buf[64] = {0x82, 0, 0, 0};
            struct usctp__chunk chunk = {0};
            size_t cnt;

            memcpy(buf + 4, first.ptr, first.len);
            memcpy(buf + 4 + first.len, second.ptr, second.len);
            chunk.type = USCTP__CHUNK_RECONF;
            chunk.start = buf;
            chunk.value = buf + 4;
            chunk.value_len = first.len + second.len;
            assert_int_equal(usctp__reconf_parse(&chunk, params, &cnt),
                             allowed[i][j] == '1' ? USCTP__RECONF_OK : USCTP__RECONF_UNSUPPORTED);
            bytes_free(&first);
            bytes_free(&second);
        }
    }
}

static void test_write_and_read(void **state)
{
    static const uint8_t streams[] = {0, 1, 0xff, 0xfe, 0, 3};
    static const struct usctp__reconf_param written[] = {
        {.type = USCTP__PARAM_OUT_RESET_REQUEST,
         .seq = 0xfffffffe,
         .response_seq = 4,
         .last_tsn = 5,
         .streams = streams,
         .stream_cnt = 3},
        {.type = USCTP__PARAM_IN_RESET_REQUEST, .seq = 1, .streams = streams, .stream_cnt = 1},
        {.type = USCTP__PARAM_TSN_RESET_REQUEST, .seq = 1},
        {.type = USCTP__PARAM_RECONF_RESPONSE, .seq = 1, .result = 6},
        {.type = USCTP__PARAM_RECONF_RESPONSE,
         .seq = 1,
         .result = 1,
         .has_tsns = true,
         .sender_tsn = 7,
         .receiver_tsn = 8},
        {.type = USCTP__PARAM_ADD_OUT_STREAMS, .seq = 1, .add_cnt = 9},
        {.type = USCTP__PARAM_ADD_IN_STREAMS, .seq = 1, .add_cnt = 65535},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
        const struct usctp__reconf_param *want = &written[i];
        struct usctp__reconf_param params[USCTP__RECONF_PARAM_MAX];
        struct usctp__chunk chunk;
        uint8_t buf[64];
        struct usctp__writer w = usctp__writer_make(buf, sizeof(buf));
        size_t pos = usctp__chunk_begin(&w, USCTP__CHUNK_RECONF, 0);
        size_t cnt;

        usctp__reconf_write(&w, want);
        usctp__chunk_end(&w, pos);
        assert_false(w.failed);
        assert_int_equal(usctp__chunk_parse(&chunk, buf, w.len), 1);
        assert_int_equal(usctp__reconf_parse(&chunk, params, &cnt), USCTP__RECONF_OK);
        assert_int_equal(cnt, 1);
        assert_int_equal(params[0].type, want->type);
        assert_int_equal(params[0].seq, want->seq);
        assert_int_equal(params[0].response_seq, want->response_seq);
        assert_int_equal(params[0].last_tsn, want->last_tsn);
        assert_int_equal(params[0].result, want->result);
        assert_int_equal(params[0].has_tsns, want->has_tsns);
        assert_int_equal(params[0].sender_tsn, want->sender_tsn);
        assert_int_equal(params[0].receiver_tsn, want->receiver_tsn);
        assert_int_equal(params[0].add_cnt, want->add_cnt);
        assert_int_equal(params[0].stream_cnt, want->stream_cnt);
        if (want->stream_cnt > 0) {
            assert_memory_equal(params[0].streams, want->streams, 2 * want->stream_cnt);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_all),
        cmocka_unit_test(test_read_wrong),
        cmocka_unit_test(test_combinations),
        cmocka_unit_test(test_write_and_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
