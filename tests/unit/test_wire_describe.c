/* SPDX-License-Identifier: BSD-3-Clause */
/* Chunks and packets as text. */
#include "test_wire.h"

#include <usctp/usctp.h>

#include "wire/describe.h"

#define HEADER "1388 1389 0123abcd 00000000 "

struct row {
    const char *hex, *text;
};

static void check_chunks(const struct row *rows, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        struct bytes bytes = bytes_hex(rows[i].hex);
        struct usctp__chunk chunk = chunk_of(&bytes);
        char buf[USCTP__DESCRIBE_LEN];
        struct usctp__text text;

        usctp__text_init(&text, buf, sizeof(buf));
        usctp__describe_chunk(&text, &chunk);
        assert_string_equal(buf, rows[i].text);
        assert_false(text.truncated);
        bytes_free(&bytes);
    }
}

#define CHECK_CHUNKS(rows) check_chunks(rows, sizeof(rows) / sizeof((rows)[0]))

static void chunks(void **state)
{
    static const struct row rows[] = {
        {"000b 0015 00000005 0001 0007 00000033 68656c6c6f 000000",
         "DATA BEI tsn 5 sid 1 ssn 7 ppid 51 data 5 bytes"},
        {"0004 0011 ffffffff 0001 0000 00000000 68 000000",
         "DATA U tsn 4294967295 sid 1 ssn 0 ppid 0 data 1 byte"},
        {"0003 000f 00000005 0001 0007 000033", "DATA malformed 0000000500010007000033"},
        {"0300 0020 0000000c 00001234 0002 0002 0002 0003 0005 0005 00000013 00000014",
         "SACK cum 12 rwnd 4660 gaps 2-3 5 dups 19 20"},
        {"0300 0010 0000000c 00001234 0000 0000", "SACK cum 12 rwnd 4660"},
        {"0300 0010 0000000c 00001234 0001 0000", "SACK malformed 0000000c0000123400010000"},
        {"0400 000c 0001 0008 01020304", "HEARTBEAT info 4 bytes"},
        {"0500 0008 0001 0004", "HEARTBEAT-ACK info 0 bytes"},
        {"0500 0008 0001 0005", "HEARTBEAT-ACK malformed 00010005"},
        {"0700 0008 00000009", "SHUTDOWN cum 9"},
        {"0700 0004", "SHUTDOWN malformed"},
        {"0800 0004", "SHUTDOWN-ACK"},
        {"0a00 0006 c00c", "COOKIE-ECHO cookie 2 bytes"},
        {"0b00 0004", "COOKIE-ACK"},
        {"0e01 0004", "SHUTDOWN-COMPLETE T"},
        {"0e00 0004", "SHUTDOWN-COMPLETE"},
        {"c905 0006 0102", "CHUNK-201 flags 5 2 bytes"},
    };

    (void)state;
    CHECK_CHUNKS(rows);
}

static void inits(void **state)
{
    static const struct row rows[] = {
        {"0100 0014 01234567 000005dc 000a ffff 00000009",
         "INIT tag 01234567 rwnd 1500 os 10 mis 65535 tsn 9"},
        {"0100 0013 01234567 000005dc 000a ffff 000000",
         "INIT malformed 01234567000005dc000affff000000"},
        {"0200 0031 01234567 000005dc 000a ffff 00000009 0007 0006 c00c 0000 0005 0008 c0000201 "
         "0008 0008 c000 0004 f001 0005 aa",
         "INIT-ACK tag 01234567 rwnd 1500 os 10 mis 65535 tsn 9, state-cookie 2 bytes, 192.0.2.1, "
         "unrecognized-parameter, forward-tsn-supported 0 bytes, parameter-0xf001 1 byte"},
        {"0100 0044 01234567 000005dc 000a ffff 00000009 0006 0014 "
         "20010db8000000000000000000000001 "
         "000c 0008 0005 0006 0009 0008 0000ea60 000b 0006 6122 0000 8000 0004",
         "INIT tag 01234567 rwnd 1500 os 10 mis 65535 tsn 9, 2001:db8::1, "
         "supported-address-types 5 6, cookie-preservative ms 60000, host-name \"a.\", "
         "ecn-capable"},
        {"0100 0038 01234567 000005dc 000a ffff 00000009 8008 0006 c182 0000 8003 0005 c1 000000 "
         "8004 0008 0003 0001 8002 0006 aabb 0000 c000 0004",
         "INIT tag 01234567 rwnd 1500 os 10 mis 65535 tsn 9, supported-extensions ASCONF "
         "RE-CONFIG, "
         "chunk-list ASCONF, hmac-algo 3 1, random 2 bytes, forward-tsn-supported"},
        {"0100 0024 01234567 000005dc 000a ffff 00000009 c006 0008 00000007 8001 0008 00000001",
         "INIT tag 01234567 rwnd 1500 os 10 mis 65535 tsn 9, adaptation-indication code 7, "
         "zero-checksum edmid 1"},
        {"0100 001a 01234567 000005dc 000a ffff 00000009 8001 0006 0001",
         "INIT tag 01234567 rwnd 1500 os 10 mis 65535 tsn 9, zero-checksum malformed 0001"},
        {"0100 0020 01234567 000005dc 000a ffff 00000009 0005 0007 c0000200 0009 0000",
         "INIT tag 01234567 rwnd 1500 os 10 mis 65535 tsn 9, ipv4-address 3 bytes, malformed "
         "00090000"},
    };

    (void)state;
    CHECK_CHUNKS(rows);
}

static void causes(void **state)
{
    static const struct row rows[] = {
        {"0600 0004", "ABORT"},
        {"0601 0007 000c 0007", "ABORT T, malformed 000c00"},
        {"0600 000b 000c 0007 627965", "ABORT, user-initiated-abort \"bye\""},
        {"0900 0024 0001 0008 12340000 0002 000a 00000001 0007 0000 0003 0008 00bc614e 0004 0004",
         "ERROR, invalid-stream-identifier sid 4660, missing-mandatory-parameter state-cookie, "
         "stale-cookie us 12345678, out-of-resource"},
        {"0900 002c 0005 000b 000b 0007 612e00 00 0006 000a c905 0006 0102 0000 0007 0004 0008 "
         "000c "
         "c123 0005 aa 000000",
         "ERROR, unresolvable-address, host-name 3 bytes, unrecognized-chunk-type CHUNK-201 6 "
         "bytes, invalid-mandatory-parameter, unrecognized-parameters, parameter-0xc123 1 byte"},
        {"0900 0029 0009 0008 fffffffe 000a 0004 000b 000c 0005 0008 c0000201 000d 0005 78 000000 "
         "012c 0005 aa",
         "ERROR, no-user-data tsn 4294967294, cookie-while-shutting-down, "
         "restart-with-new-addresses, 192.0.2.1, protocol-violation \"x\", cause-300 1 byte"},
        {"0600 0020 000e 0008 26ab c350 0003 0006 0001 0000 0001 0005 00 000000 0105 0004",
         "ABORT, restart-with-new-encapsulation-port current 9899 new 50000, stale-cookie "
         "malformed "
         "0001, invalid-stream-identifier malformed 00, unsupported-hmac"},
        {"0900 0012 0002 000e 00000003 0007 7777 0005",
         "ERROR, missing-mandatory-parameter state-cookie 0x7777 ipv4-address"},
    };

    (void)state;
    CHECK_CHUNKS(rows);
}

static void extensions(void **state)
{
    static const struct row rows[] = {
        {"4003 0015 00000005 0001 0000 00000007 00000033 68 000000",
         "I-DATA BE tsn 5 sid 1 mid 7 ppid 51 data 1 byte"},
        {"4000 0015 00000005 0001 0000 00000007 00000002 68 000000",
         "I-DATA tsn 5 sid 1 mid 7 fsn 2 data 1 byte"},
        {"4000 0013 00000005 0001 0000 00000007 000000",
         "I-DATA malformed 000000050001000000000007000000"},
        {"c000 0010 00000005 0001 0007 0002 0008", "FORWARD-TSN cum 5 sid 1 ssn 7 sid 2 ssn 8"},
        {"c200 0018 00000005 0001 0001 00000007 0002 0000 00000008",
         "I-FORWARD-TSN cum 5 sid 1 U mid 7 sid 2 mid 8"},
        {"0f00 000c 0001 0003 aabbccdd", "AUTH key 1 hmac-id 3 hmac 4 bytes"},
        {"0f00 0007 000100", "AUTH malformed 000100"},
        {"0c00 0008 00000009", "ECNE tsn 9"},
        {"0d00 0008 00000009", "CWR tsn 9"},
        {"0d00 0004", "CWR malformed"},
        {"8400 0008 00000000", "PAD 4 bytes"},
        {"8200 0028 000d 0014 00000001 00000002 00000003 0004 0005 000e 0010 00000001 0006 0007 "
         "0008 0009",
         "RE-CONFIG, outgoing-reset request 1 response 2 last-tsn 3 streams 4 5, incoming-reset "
         "request 1 streams 6 7 8 9"},
        {"8200 0020 0010 0014 00000001 00000001 00000003 00000004 000f 0008 00000005",
         "RE-CONFIG, response response 1 result 1 sender-tsn 3 receiver-tsn 4, tsn-reset request "
         "5"},
        {"8200 0024 0010 000c 00000001 00000001 0011 000c 00000001 0003 0000 0012 0008 00000001",
         "RE-CONFIG, response response 1 result 1, add-outgoing-streams request 1 streams 3, "
         "add-incoming-streams request 1"},
        {"8200 000e 000d 000a 00000001 0001", "RE-CONFIG, outgoing-reset request 1 malformed "
                                              "000000010001"},
        {"c100 0030 00000001 0005 0008 c0000201 c001 0010 00000002 0005 0008 c0000202 c002 0010 "
         "00000003 0005 0008 c0000203",
         "ASCONF serial 1, 192.0.2.1, add-ip-address id 2, 192.0.2.2, delete-ip-address id 3, "
         "192.0.2.3"},
        {"8000 0028 00000001 c005 0008 00000002 c003 0018 00000003 00a0 0010 c002 000c 00000003 "
         "0005 0004",
         "ASCONF-ACK serial 1, success-indication id 2, error-cause-indication id 3, "
         "delete-last-address 12 bytes"},
        {"c100 000b 00000001 c001 00", "ASCONF serial 1, malformed c00100"},
        {"c100 000a 00000001 c001", "ASCONF serial 1, malformed c001"},
        {"c100 000e 00000001 c001 0006 0000", "ASCONF serial 1, add-ip-address malformed 0000"},
        {"c100 0006 0000", "ASCONF malformed 0000"},
    };

    (void)state;
    CHECK_CHUNKS(rows);
}

static void packets(void **state)
{
    static const struct row rows[] = {
        {"", "short packet, 0 bytes"},
        {"1388 1389 0123abcd 000000", "short packet, 11 bytes"},
        {HEADER, "5000 > 5001 tag 0123abcd"},
        {HEADER "0b00 0004", "5000 > 5001 tag 0123abcd: COOKIE-ACK"},
        {HEADER "0b00 0004 0800 0004", "5000 > 5001 tag 0123abcd: COOKIE-ACK; SHUTDOWN-ACK"},
        {HEADER "0b00 0003", "5000 > 5001 tag 0123abcd: malformed 0b000003"},
        {HEADER "0b00 0004 0800 0008 00", "5000 > 5001 tag 0123abcd: COOKIE-ACK; malformed "
                                          "0800000800"},
        {HEADER "0000 ffff 0001 0203 0405 0607 0809 0a0b 0c0d",
         "5000 > 5001 tag 0123abcd: "
         "malformed 0000ffff00010203040506070"
         "8090a0b..."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes bytes = bytes_hex(rows[i].hex);
        char buf[USCTP__DESCRIBE_LEN];
        struct usctp__text text;

        usctp__text_init(&text, buf, sizeof(buf));
        usctp__describe_packet(&text, bytes.ptr, bytes.len);
        assert_string_equal(buf, rows[i].text);
        bytes_free(&bytes);
    }
}

struct lines {
    char text[4096]; /* each ended by a line feed */
    size_t cnt, longest;
};

static void take_line(void *ctx, const char *line)
{
    struct lines *lines = ctx;

    assert_true(strlen(lines->text) + strlen(line) + 2 < sizeof(lines->text));
    strcat(lines->text, line);
    strcat(lines->text, "\n");
    lines->cnt++;
    lines->longest = strlen(line) > lines->longest ? strlen(line) : lines->longest;
}

static void public_lines(void **state)
{
    static const struct row rows[] = {
        {"1388", "short packet, 2 bytes\n"},
        {HEADER, "5000 > 5001 tag 0123abcd: no chunks\n"},
        {HEADER "0b00 0004 0700 0008 00000001",
         "5000 > 5001 tag 0123abcd: COOKIE-ACK\n5000 > 5001 tag 0123abcd: SHUTDOWN cum 1\n"},
        {HEADER "0b00 0004 0700 0008 000000",
         "5000 > 5001 tag 0123abcd: COOKIE-ACK\n5000 > 5001 tag 0123abcd: malformed chunk\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes bytes = bytes_hex(rows[i].hex);
        struct lines lines = {"", 0, 0};

        usctp_packet_text(bytes.ptr, bytes.len, take_line, &lines);
        assert_string_equal(lines.text, rows[i].text);
        bytes_free(&bytes);
    }
}

/* A SACK with thousands of blocks: one line, cut, and it says so. */
static void long_lines(void **state)
{
    size_t len = 12 + 16 + 16000 * 4;
    uint8_t *packet = calloc(1, len);
    struct lines lines = {"", 0, 0};

    (void)state;
    assert_non_null(packet);
    packet[12] = USCTP__CHUNK_SACK;
    usctp__put16(packet + 14, (uint16_t)(len - 12));
    usctp__put16(packet + 24, 16000);
    usctp_packet_text(packet, len, take_line, &lines);
    assert_int_equal(lines.cnt, 1);
    assert_int_equal(lines.longest, USCTP__DESCRIBE_LEN - 1);
    assert_string_equal(lines.text + lines.longest - 3, "...\n");
    free(packet);
}

static void names(void **state)
{
    size_t cnt = 0;

    (void)state;
    assert_string_equal(usctp__chunk_name(USCTP__CHUNK_DATA), "DATA");
    assert_string_equal(usctp__chunk_name(USCTP__CHUNK_I_FORWARD_TSN), "I-FORWARD-TSN");
    assert_string_equal(usctp__param_name(USCTP__PARAM_ADAPTATION), "adaptation-indication");
    assert_string_equal(usctp__cause_name(USCTP__CAUSE_UNSUPPORTED_HMAC), "unsupported-hmac");
    assert_null(usctp__param_name(0));
    assert_null(usctp__cause_name(USCTP__CAUSE_NONE));
    for (unsigned type = 0; type < 256; type++) {
        cnt += usctp__chunk_name((uint8_t)type) != NULL;
    }
    assert_int_equal(cnt, 23);
}

/* Every type, cut at every length, into buffers of every size: text within its bounds. */
static void any_bytes(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (unsigned round = 0; round < 256 * 12; round++) {
        uint8_t raw[64];
        struct bytes bytes;
        struct usctp__text text;
        char *buf;
        size_t cap;

        for (size_t i = 0; i < sizeof(raw); i++) {
            random = random * 1664525u + 1013904223u;
            /* Small numbers now and then, which are good lengths and types. */
            raw[i] = (uint8_t)(random >> 24);
            raw[i] = (random & 0x10000u) != 0 ? (uint8_t)(raw[i] & 0x0fu) : raw[i];
        }
        bytes = bytes_copy(raw, 16 + round % 49);
        bytes.ptr[12] = (uint8_t)(round % 256);
        usctp__put16(bytes.ptr + 14, (uint16_t)(bytes.len - 12));
        cap = 1 + round % 300;
        buf = malloc(cap);
        assert_non_null(buf);
        usctp__text_init(&text, buf, cap);
        usctp__describe_packet(&text, bytes.ptr, bytes.len);
        assert_true(text.len < cap);
        assert_int_equal(strlen(buf), text.len);
        free(buf);
        bytes_free(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks),     cmocka_unit_test(inits),   cmocka_unit_test(causes),
        cmocka_unit_test(extensions), cmocka_unit_test(packets), cmocka_unit_test(public_lines),
        cmocka_unit_test(long_lines), cmocka_unit_test(names),   cmocka_unit_test(any_bytes),
    };

    return cmocka_run_group_tests_name("wire_describe", tests, NULL, NULL);
}
