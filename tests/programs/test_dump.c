/* SPDX-License-Identifier: BSD-3-Clause */
/* The readers of usctp-dump: every kind of file and link, cut at every byte, and changed at random. */
#include "unit/unit.h"

#include <stdlib.h>

#include "common/report.h"
#include "dump.h"

/* SHUTDOWN-ACK from 7 to 8, with its right checksum. */
static const uint8_t packet[16] = {0x00, 0x07, 0x00, 0x08, 0x12, 0x34, 0x56, 0x78,
                                   0xdb, 0x33, 0xc9, 0xfe, 0x08, 0x00, 0x00, 0x04};

/* What dump_frame was last given, taken apart. */
static struct {
    unsigned cnt;   /* calls */
    unsigned found; /* of them: an SCTP packet */
    struct frame frame;
    int result;
    struct found last;
    bool right; /* it was our packet */
} seen;

static struct dump dump;

/* Stands in for the part that prints. */
void dump_frame(struct dump *with, const struct frame *frame)
{
    seen.cnt++;
    seen.frame = *frame;
    seen.result = dump_find(with, frame, &seen.last);
    if (seen.result == FOUND_SCTP) {
        uint32_t sum = 0;

        seen.found++;
        for (size_t i = 0; i < seen.last.len; i++) {
            sum += seen.last.data[i]; /* ASan sees it if it is not there. */
        }
        seen.right = seen.last.len == sizeof(packet) && sum > 0 &&
                     memcmp(seen.last.data, packet, sizeof(packet)) == 0;
    }
}

static void no_line(const char *line)
{
    (void)line;
}

static int setup(void **state)
{
    (void)state;
    memset(&dump, 0, sizeof(dump));
    memset(&seen, 0, sizeof(seen));
    dump.hex_link = LINK_SCTP;
    dump.crc32c = usctp_crc32c_system();
    report_redirect(no_line);
    return 0;
}

/* --- Building --------------------------------------------------------------------------------- */

struct bytes {
    uint8_t data[1024];
    size_t len;
    bool big;
};

static void add(struct bytes *bytes, const void *data, size_t len)
{
    assert_true(bytes->len + len <= sizeof(bytes->data));
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
}

static void add_number(struct bytes *bytes, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * (bytes->big ? len - 1 - i : i));

        add(bytes, &byte, 1);
    }
}

static void add_udp(struct bytes *bytes, unsigned port)
{
    const uint8_t header[] = {(uint8_t)(port >> 8), (uint8_t)port, 0x30, 0x39, 0, 24, 0, 0};

    add(bytes, header, sizeof(header));
    add(bytes, packet, sizeof(packet));
}

static void add_ipv4(struct bytes *bytes, int protocol)
{
    uint8_t header[24] = {0x46, 0,   0, 40, 0, 0,   0x40, 0, 64, 0, 0,
                          0,    192, 0, 2,  1, 192, 0,    2, 2,  1};

    header[9] = (uint8_t)protocol;
    header[3] = protocol == 17 ? 48 : 40;
    add(bytes, header, sizeof(header));
    if (protocol == 17) {
        add_udp(bytes, 4000);
    } else {
        add(bytes, packet, sizeof(packet));
    }
}

/* With a hop-by-hop header, one of destination options, and a first and only fragment. */
static void add_ipv6(struct bytes *bytes)
{
    uint8_t header[40] = {0x60, 0, 0, 0, 0, 48, 0, 64, 0x20, 0x01, 0x0d, 0xb8};
    const uint8_t hop_by_hop[8] = {60, 0, 1, 4}, options[16] = {44, 1, 1, 12}, fragment[8] = {132};

    header[23] = 1;
    header[24] = 0xfe;
    header[25] = 0x80;
    add(bytes, header, sizeof(header));
    add(bytes, hop_by_hop, sizeof(hop_by_hop));
    add(bytes, options, sizeof(options));
    add(bytes, fragment, sizeof(fragment));
    add(bytes, packet, sizeof(packet));
}

static void add_ethernet(struct bytes *bytes, int tags, unsigned type)
{
    static const uint8_t addrs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    static const uint8_t tag[4] = {0x81, 0x00, 0, 5};
    const uint8_t end[2] = {(uint8_t)(type >> 8), (uint8_t)type};

    add(bytes, addrs, sizeof(addrs));
    for (int i = 0; i < tags; i++) {
        add(bytes, tag, sizeof(tag));
    }
    add(bytes, end, sizeof(end));
}

/* --- Links ------------------------------------------------------------------------------------ */

/* The packet is found in the frame; cut at any byte before its end nothing is read that is not
 * there, and it is not taken for whole. */
static void expect_found(int link, const struct bytes *bytes)
{
    for (size_t len = 0; len <= bytes->len; len++) {
        uint8_t *copy = malloc(len + 1);
        struct frame frame = {copy, len, bytes->len, link, false, 0};

        assert_non_null(copy);
        memcpy(copy, bytes->data, len);
        seen.right = false;
        dump_frame(&dump, &frame);
        if (len == bytes->len) {
            assert_int_equal(seen.result, FOUND_SCTP);
            assert_true(seen.right);
            assert_false(seen.last.cut);
        } else if (seen.result == FOUND_SCTP) {
            assert_true(seen.last.cut);
        }
        free(copy);
    }
}

static void test_links(void **state)
{
    static const uint8_t sll[16] = {[14] = 0x08, [15] = 0x00}, sll2[20] = {0x86, 0xdd},
                         null[4] = {2, 0, 0, 0};
    struct bytes bytes;

    (void)state;
    for (int tags = 0; tags <= 3; tags++) {
        bytes.len = 0;
        add_ethernet(&bytes, tags, 0x0800);
        add_ipv4(&bytes, 132);
        expect_found(LINK_ETHERNET, &bytes);
        bytes.len = 0;
        add_ethernet(&bytes, tags, 0x86dd);
        add_ipv6(&bytes);
        expect_found(LINK_ETHERNET, &bytes);
    }
    bytes.len = 0;
    add(&bytes, sll, sizeof(sll));
    add_ipv4(&bytes, 17);
    expect_found(LINK_LINUX_SLL, &bytes);
    bytes.len = 0;
    add(&bytes, sll2, sizeof(sll2));
    add_ipv6(&bytes);
    expect_found(LINK_LINUX_SLL2, &bytes);
    bytes.len = 0;
    add(&bytes, null, sizeof(null));
    add_ipv4(&bytes, 132);
    expect_found(LINK_NULL, &bytes);
    expect_found(LINK_LOOP, &bytes);
    bytes.len = 0;
    add_ipv6(&bytes);
    expect_found(LINK_RAW, &bytes);
    expect_found(LINK_IPV6, &bytes);
}

static void test_addresses(void **state)
{
    struct bytes bytes = {.len = 0};
    char text[USCTP_ADDR_TEXT_MAX];

    (void)state;
    add_ipv4(&bytes, 17);
    expect_found(LINK_RAW, &bytes);
    assert_string_equal(usctp_addr_text(&seen.last.source, text, sizeof(text)), "192.0.2.1");
    assert_string_equal(usctp_addr_text(&seen.last.destination, text, sizeof(text)), "192.0.2.2");
    assert_int_equal(seen.last.source_port, 4000);
    assert_int_equal(seen.last.destination_port, 12345);
    bytes.len = 0;
    add_ipv6(&bytes);
    expect_found(LINK_RAW, &bytes);
    assert_string_equal(usctp_addr_text(&seen.last.source, text, sizeof(text)), "2001:db8::1");
    assert_string_equal(usctp_addr_text(&seen.last.destination, text, sizeof(text)), "fe80::");
    assert_int_equal(seen.last.source_port, 0);
}

static int result_of(int link, const struct bytes *bytes)
{
    struct frame frame = {bytes->data, bytes->len, bytes->len, link, false, 0};

    dump_frame(&dump, &frame);
    return seen.result;
}

static void test_not_ours(void **state)
{
    struct bytes bytes = {.len = 0};

    (void)state;
    add_ethernet(&bytes, 0, 0x0806);
    assert_int_equal(result_of(LINK_ETHERNET, &bytes), FOUND_OTHER);
    assert_int_equal(result_of(4711, &bytes), FOUND_OTHER);
    bytes.len = 0;
    add_ipv4(&bytes, 17);
    bytes.data[24 + 8 + 8] ^= 1; /* The checksum tells that it is none. */
    assert_int_equal(result_of(LINK_RAW, &bytes), FOUND_OTHER);
    dump.udp_ports[0] = 4000;
    dump.udp_port_cnt = 1;
    assert_int_equal(result_of(LINK_RAW, &bytes), FOUND_SCTP); /* but the port was asked for */
    dump.udp_ports[0] = 4001;
    assert_int_equal(result_of(LINK_RAW, &bytes), FOUND_OTHER);
    bytes.len = 0;
    add_ipv4(&bytes, 132);
    assert_int_equal(result_of(LINK_RAW, &bytes), FOUND_OTHER);
}

static void test_fragments(void **state)
{
    struct bytes bytes = {.len = 0};

    (void)state;
    add_ipv4(&bytes, 132);
    bytes.data[6] = 0x20; /* more fragments follow the first */
    assert_int_equal(result_of(LINK_RAW, &bytes), FOUND_SCTP);
    assert_true(seen.last.cut);
    bytes.data[7] = 1;
    assert_int_equal(result_of(LINK_RAW, &bytes), FOUND_FRAGMENT);
    bytes.len = 0;
    add_ipv6(&bytes);
    bytes.data[40 + 8 + 16 + 2] = 1;
    assert_int_equal(result_of(LINK_RAW, &bytes), FOUND_FRAGMENT);
}

/* --- Files ------------------------------------------------------------------------------------ */

/* Reads a file of these bytes. */
static bool read_bytes(const uint8_t *data, size_t len)
{
    struct source source = {tmpfile(), "a test", NULL, 0};
    bool good;

    assert_non_null(source.file);
    assert_int_equal(fwrite(data, 1, len, source.file), len);
    rewind(source.file);
    seen.cnt = 0;
    seen.found = 0;
    if (len < SOURCE_START_LEN) {
        uint8_t start[SOURCE_START_LEN];

        good = dump_hex(&dump, &source, start, fread(start, 1, len, source.file));
    } else {
        uint8_t start[SOURCE_START_LEN];

        assert_int_equal(fread(start, 1, sizeof(start), source.file), sizeof(start));
        good = start[0] == 0x0a && start[1] == 0x0d ? dump_pcapng(&dump, &source, start)
               : start[0] == 0xa1 || start[3] == 0xa1
                   ? dump_pcap(&dump, &source, start)
                   : dump_hex(&dump, &source, start, sizeof(start));
    }
    fclose(source.file);
    free(source.buf);
    return good;
}

static void make_pcap(struct bytes *bytes, bool big, bool nano)
{
    bytes->len = 0;
    bytes->big = big;
    add_number(bytes, nano ? 0xa1b23c4d : 0xa1b2c3d4, 4);
    add_number(bytes, 2, 2);
    add_number(bytes, 4, 2);
    add_number(bytes, 0, 8);
    add_number(bytes, 65535, 4);
    add_number(bytes, LINK_RAW, 4);
    for (int i = 0; i < 2; i++) {
        add_number(bytes, 1000000000, 4);
        add_number(bytes, 123, 4);
        add_number(bytes, 40, 4);
        add_number(bytes, 40, 4);
        add_ipv4(bytes, 132);
    }
}

static void test_pcap(void **state)
{
    struct bytes bytes;

    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        make_pcap(&bytes, (kind & 1) != 0, (kind & 2) != 0);
        assert_true(read_bytes(bytes.data, bytes.len));
        assert_int_equal(seen.cnt, 2);
        assert_int_equal(seen.found, 2);
        assert_true(seen.right);
        assert_true(seen.frame.ts ==
                    USCTP_SEC(1000000000) + ((kind & 2) != 0 ? 123u : USCTP_US(123)));
        for (size_t len = 5; len < bytes.len; len++) {
            bool whole = len == 24 || len == 24 + 16 + 40;

            assert_int_equal(read_bytes(bytes.data, len), whole);
        }
    }
}

static void add_block_end(struct bytes *bytes, size_t start)
{
    uint32_t len = (uint32_t)(bytes->len - start) + 4;
    struct bytes number = {.len = 0, .big = bytes->big};

    add_number(bytes, len, 4);
    add_number(&number, len, 4);
    memcpy(bytes->data + start + 4, number.data, 4);
}

/* A section, an interface whose times are in units of `resolution`, and a packet of each kind. */
static void make_pcapng(struct bytes *bytes, bool big, uint8_t resolution)
{
    size_t start;

    bytes->len = 0;
    bytes->big = big;
    add_number(bytes, 0x0a0d0d0a, 4);
    add_number(bytes, 0, 4);
    add_number(bytes, 0x1a2b3c4d, 4);
    add_number(bytes, 1, 2);
    add_number(bytes, 0, 2);
    add_number(bytes, UINT64_MAX, 8);
    add_block_end(bytes, 0);
    start = bytes->len;
    add_number(bytes, 1, 4);
    add_number(bytes, 0, 4);
    add_number(bytes, LINK_RAW, 2);
    add_number(bytes, 0, 2);
    add_number(bytes, 0, 4);
    add_number(bytes, 9, 2);
    add_number(bytes, 1, 2);
    add_number(bytes, big ? (uint32_t)resolution << 24 : resolution, 4);
    add_number(bytes, 0, 4);
    add_block_end(bytes, start);
    for (int kind = 0; kind < 3; kind++) {
        start = bytes->len;
        add_number(bytes, kind == 0 ? 6 : kind == 1 ? 2 : 3, 4);
        add_number(bytes, 0, 4);
        if (kind < 2) {
            add_number(bytes, 0, 4); /* interface, drops */
            add_number(bytes, 2, 4);
            add_number(bytes, 3, 4);
            add_number(bytes, 40, 4);
        }
        add_number(bytes, 40, 4);
        add_ipv4(bytes, 132);
        add_block_end(bytes, start);
    }
}

static void test_pcapng(void **state)
{
    struct bytes bytes;

    (void)state;
    for (int big = 0; big < 2; big++) {
        make_pcapng(&bytes, big != 0, 9);
        assert_true(read_bytes(bytes.data, bytes.len));
        assert_int_equal(seen.cnt, 3);
        assert_int_equal(seen.found, 3);
        assert_true(seen.right);
        assert_false(seen.frame.timed);
        /* Without the simple packet at the end there is a time. */
        assert_true(read_bytes(bytes.data, bytes.len - 56));
        assert_true(seen.frame.timed);
        assert_true(seen.frame.ts == (UINT64_C(2) << 32) + 3);
        make_pcapng(&bytes, big != 0, 0x80 | 32);
        assert_true(read_bytes(bytes.data, bytes.len - 56));
        assert_true(seen.frame.ts == USCTP_SEC(2));
        for (size_t len = 5; len < bytes.len; len++) {
            read_bytes(bytes.data, len);
            assert_true(seen.cnt <= 2);
        }
    }
}

/* Whatever stands in a file: nothing is read that is not there (ASan), and it ends. */
static void test_changed_files(void **state)
{
    uint64_t seed = 1;
    struct bytes bytes;

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        if (round % 2 == 0) {
            make_pcapng(&bytes, (round & 2) != 0, (uint8_t)prng_next(&seed));
        } else {
            make_pcap(&bytes, (round & 2) != 0, (round & 4) != 0);
        }
        for (uint64_t i = prng_below(&seed, 8) + 1; i > 0; i--) {
            size_t at = 4 + (size_t)prng_below(&seed, bytes.len - 4);

            bytes.data[at] = prng_below(&seed, 2) == 0
                                 ? (uint8_t)prng_next(&seed)
                                 : (uint8_t)(bytes.data[at] ^ 1 << prng_below(&seed, 8));
        }
        read_bytes(bytes.data, bytes.len - (size_t)prng_below(&seed, 8));
        assert_true(seen.cnt <= 64);
    }
}

/* --- Text ------------------------------------------------------------------------------------- */

static void expect_text(const char *text, unsigned found)
{
    seen.right = false;
    assert_int_equal(read_bytes((const uint8_t *)text, strlen(text)), found > 0);
    assert_int_equal(seen.found, found);
    assert_int_equal(seen.right, found > 0);
}

static void test_text(void **state)
{
    (void)state;
    expect_text("0007000812345678db33c9fe08000004", 1);
    expect_text("00 07 00 08 12 34 56 78\ndb 33 c9 fe 08 00 00 04\n", 1);
    expect_text("\n\n00070008 12345678\r\ndb33c9fe 08000004\r\n\r\n", 1);
    expect_text("0007000812345678db33c9fe08000004\n\n0007000812345678db33c9fe08000004", 2);
    expect_text("000 00 07 00 08 12 34 56 78\n008 db 33 c9 fe 08 00 00 04\n", 1);
    expect_text("0000: 0007 0008 1234 5678\n0008: db33 c9fe 0800 0004\n"
                "0000: 0007 0008 1234 5678 db33 c9fe 0800 0004\n",
                2);
    /* Text that looks like bytes is cut by the next offset. */
    expect_text("0000: 0007 0008 1234 5678 abab\n0008: db33 c9fe 0800 0004  abab\n", 1);
    /* A hole: that packet is left out, the next one is not. */
    expect_text("0000 00 07 00 08\n0008 db 33 c9 fe\n0000 00 07 00 08 12 34 56 78 db 33 c9 fe 08 "
                "00 00 04\n",
                1);
    expect_text("words alone\n", 0);
    expect_text("", 0);
    expect_text("0", 0);
}

static void test_random_text(void **state)
{
    static const char signs[] = "0123456789abcdefABCDEFx: \t\n\n\r|#g";
    uint64_t seed = 2;
    uint8_t text[600];

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        size_t len = (size_t)prng_below(&seed, sizeof(text));

        for (size_t i = 0; i < len; i++) {
            text[i] = (uint8_t)signs[prng_below(&seed, sizeof(signs) - 1)];
        }
        if (len > 0 && round % 8 == 0) {
            text[prng_below(&seed, len)] = 0;
        }
        read_bytes(text, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_links, setup),
        cmocka_unit_test_setup(test_addresses, setup),
        cmocka_unit_test_setup(test_not_ours, setup),
        cmocka_unit_test_setup(test_fragments, setup),
        cmocka_unit_test_setup(test_pcap, setup),
        cmocka_unit_test_setup(test_pcapng, setup),
        cmocka_unit_test_setup(test_changed_files, setup),
        cmocka_unit_test_setup(test_text, setup),
        cmocka_unit_test_setup(test_random_text, setup),
    };

    return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
