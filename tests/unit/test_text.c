/* SPDX-License-Identifier: BSD-3-Clause */
/* The text builder, errors in words, and the log hook. */
#include "unit/unit.h"

#include "base/addr.h"
#include "base/log.h"
#include "base/text.h"

static void pieces(void **state)
{
    char buf[200];
    struct usctp__text text;
    const uint8_t ip[4] = {192, 0, 2, 1};
    struct usctp_addr addr = usctp__addr_ipv4(ip);

    (void)state;
    usctp__text_init(&text, buf, sizeof(buf));
    assert_string_equal(buf, "");
    usctp__text_str(&text, "tag=");
    usctp__text_hex32(&text, 0xbeef);
    usctp__text_char(&text, ' ');
    usctp__text_u64(&text, 0);
    usctp__text_chars(&text, ",;", 1);
    usctp__text_u64(&text, UINT64_MAX);
    usctp__text_char(&text, ' ');
    usctp__text_i64(&text, INT64_MIN);
    usctp__text_char(&text, ' ');
    usctp__text_i64(&text, 42);
    usctp__text_char(&text, ' ');
    usctp__text_hex(&text, 0x1234, 2);
    usctp__text_char(&text, ' ');
    usctp__text_hex(&text, UINT64_MAX, 1);
    usctp__text_char(&text, ' ');
    usctp__text_bytes(&text, "\x00\xfe\x10", 3);
    usctp__text_char(&text, ' ');
    usctp__text_addr(&text, &addr);
    assert_string_equal(buf, "tag=0000beef 0,18446744073709551615 -9223372036854775808 42 1234 "
                             "ffffffffffffffff 00fe10 192.0.2.1");
    assert_int_equal(text.len, strlen(buf));
    assert_false(text.truncated);
}

static void check_dur(uint64_t dur, unsigned decimals, const char *want)
{
    char buf[40];
    struct usctp__text text;

    usctp__text_init(&text, buf, sizeof(buf));
    usctp__text_dur(&text, dur, decimals);
    assert_string_equal(buf, want);
}

static void durations(void **state)
{
    (void)state;
    check_dur(0, 0, "0");
    check_dur(0, 3, "0.000");
    check_dur(1, 9, "0.000000001");
    check_dur(UINT64_C(12345678901), 6, "12.345678");
    check_dur(UINT64_C(1999999999), 1, "1.9");
    check_dur(UINT64_MAX, 9, "18446744073.709551615");
}

/* Whatever the room, the text is the beginning of the whole one, ended, and nothing is written behind. */
static void cut_off(void **state)
{
    static const char whole[] = "ab12345ff-7c0dexyz";

    (void)state;
    for (size_t cap = 1; cap <= sizeof(whole) + 2; cap++) {
        char buf[40];
        struct usctp__text text;

        memset(buf, '#', sizeof(buf));
        usctp__text_init(&text, buf, cap);
        usctp__text_str(&text, "ab");
        usctp__text_u64(&text, 12345);
        usctp__text_hex(&text, 255, 2);
        usctp__text_i64(&text, -7);
        usctp__text_bytes(&text, "\xc0\xde", 2);
        usctp__text_str(&text, "xyz");
        assert_int_equal(text.truncated, cap < sizeof(whole));
        assert_int_equal(text.len, cap < sizeof(whole) ? cap - 1 : sizeof(whole) - 1);
        assert_memory_equal(buf, whole, text.len);
        assert_int_equal(buf[text.len], 0);
        assert_int_equal(buf[cap], '#');
    }
}

static void errors_in_words(void **state)
{
    (void)state;
    for (int error = -14; error <= 0; error++) {
        const char *text = usctp_strerror(error);

        assert_non_null(text);
        assert_string_not_equal(text, usctp_strerror(-99));
        for (int other = -14; other < error; other++) {
            assert_string_not_equal(text, usctp_strerror(other));
        }
    }
    assert_string_equal(usctp_strerror(INT32_MIN), usctp_strerror(-99));
    assert_string_equal(usctp_strerror(5), usctp_strerror(0));
    assert_string_equal(usctp_version(), USCTP_VERSION);
}

struct heard {
    int level;
    const char *text;
    int cnt;
};

static void hear(void *user, int level, const char *text)
{
    struct heard *heard = user;

    heard->level = level;
    heard->text = text;
    heard->cnt++;
}

static void log_levels(void **state)
{
    struct heard heard = {-1, NULL, 0};
    struct usctp__log log = {hear, &heard, USCTP_LOG_WARN};

    (void)state;
    usctp__log(&log, USCTP_LOG_INFO, "no");
    assert_int_equal(heard.cnt, 0);
    usctp__log(&log, USCTP_LOG_WARN, "yes");
    assert_int_equal(heard.level, USCTP_LOG_WARN);
    assert_string_equal(heard.text, "yes");
    usctp__log(&log, USCTP_LOG_ERROR, "too");
    assert_int_equal(heard.cnt, 2);
    log.fn = NULL;
    assert_false(usctp__log_wants(&log, USCTP_LOG_ERROR));
    usctp__log(&log, USCTP_LOG_ERROR, "nobody");
    assert_int_equal(heard.cnt, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces),          cmocka_unit_test(durations),  cmocka_unit_test(cut_off),
        cmocka_unit_test(errors_in_words), cmocka_unit_test(log_levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
