/* SPDX-License-Identifier: BSD-3-Clause */
/* The capture file, read back with a reader of this test's own, and the made-up headers. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* getpid */
#endif
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <usctp/driver.h>

#include "base/addr.h"
#include "base/buf.h"
#include "lower/ipheader.h"

enum { FILE_MAX = 1 << 20 };

/* A packet as the file has it. */
struct record {
    uint64_t ts;
    const uint8_t *data;
    uint32_t len;
    uint32_t flags;
};

struct capture {
    char path[64];
    usctp_pcapng *writer;
    uint8_t *bytes;
    size_t len;
    size_t at;
};

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint32_t le16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

static void open_capture(struct capture *capture)
{
    memset(capture, 0, sizeof(*capture));
    snprintf(capture->path, sizeof(capture->path), "test_pcapng_%ld.tmp", (long)getpid());
    assert_int_equal(usctp_pcapng_open(capture->path, &capture->writer), 0);
}

/* Closes the writer, reads the whole file and checks its beginning. */
static void read_capture(struct capture *capture)
{
    assert_int_equal(usctp_pcapng_close(capture->writer), 0);
    FILE *file = fopen(capture->path, "rb");
    assert_non_null(file);
    capture->bytes = malloc(FILE_MAX);
    assert_non_null(capture->bytes);
    capture->len = fread(capture->bytes, 1, FILE_MAX, file);
    fclose(file);
    remove(capture->path);
    assert_int_equal(capture->len % 4, 0);

    const uint8_t *section = capture->bytes;
    assert_int_equal(le32(section), 0x0a0d0d0a);
    uint32_t section_len = le32(section + 4);
    assert_int_equal(le32(section + 8), 0x1a2b3c4d);
    assert_int_equal(le16(section + 12), 1);
    assert_int_equal(le16(section + 14), 0);
    assert_int_equal(le32(section + section_len - 4), section_len);

    const uint8_t *interface = section + section_len;
    assert_int_equal(le32(interface), 1);
    uint32_t interface_len = le32(interface + 4);
    assert_int_equal(le16(interface + 8), 101);
    assert_int_equal(le32(interface + interface_len - 4), interface_len);
    const uint8_t *option = interface + 16;
    bool nanoseconds = false;
    while (le16(option) != 0) {
        nanoseconds = nanoseconds || (le16(option) == 9 && le16(option + 2) == 1 && option[4] == 9);
        option += 4 + (le16(option + 2) + 3) / 4 * 4;
    }
    assert_true(nanoseconds);
    assert_ptr_equal(option + 8, interface + interface_len);
    capture->at = section_len + interface_len;
}

/* The next packet; false at the end of the file. */
static bool next_record(struct capture *capture, struct record *record)
{
    const uint8_t *block = capture->bytes + capture->at;

    if (capture->at == capture->len) {
        return false;
    }
    assert_true(capture->at + 12 <= capture->len);
    uint32_t len = le32(block + 4);
    assert_int_equal(le32(block), 6);
    assert_int_equal(len % 4, 0);
    assert_true(capture->at + len <= capture->len);
    assert_int_equal(le32(block + len - 4), len);
    assert_int_equal(le32(block + 8), 0);
    record->ts = (uint64_t)le32(block + 12) << 32 | le32(block + 16);
    record->len = le32(block + 20);
    assert_int_equal(le32(block + 24), record->len);
    record->data = block + 28;
    const uint8_t *option = block + 28 + (record->len + 3) / 4 * 4;
    assert_int_equal(le16(option), 2);
    assert_int_equal(le16(option + 2), 4);
    record->flags = le32(option + 4);
    assert_int_equal(le32(option + 8), 0);
    assert_ptr_equal(option + 16, block + len);
    capture->at += len;
    return true;
}

static void end_capture(struct capture *capture)
{
    struct record record;

    assert_false(next_record(capture, &record));
    free(capture->bytes);
}

/* --- Checksums, computed another way ---------------------------------------------------------- */

/* RFC 1071 word by word. The sum over data that holds its checksum is 0xffff. */
static uint32_t plain_sum(const uint8_t *data, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* Checks IP and UDP header of a record; returns where the SCTP packet begins. */
static size_t check_headers(const struct record *record, bool udp)
{
    static uint8_t pseudo[70000];
    const uint8_t *ip = record->data;
    bool v6 = ip[0] >> 4 == 6;
    size_t ip_len = v6 ? 40 : 20, addr_len = v6 ? 16 : 4, payload_len = record->len - ip_len;

    if (v6) {
        assert_int_equal(usctp__get16(ip + 4), payload_len);
        assert_int_equal(ip[6], udp ? 17 : 132);
        assert_int_equal(ip[7], 64);
    } else {
        assert_int_equal(ip[0], 0x45);
        assert_int_equal(usctp__get16(ip + 2), record->len);
        assert_int_equal(ip[8], 64);
        assert_int_equal(ip[9], udp ? 17 : 132);
        assert_int_equal(plain_sum(ip, 20), 0xffff);
    }
    if (!udp) {
        return ip_len;
    }
    assert_int_equal(usctp__get16(ip + ip_len + 4), payload_len);
    assert_int_not_equal(usctp__get16(ip + ip_len + 6), 0);
    memcpy(pseudo, ip + (v6 ? 8 : 12), 2 * addr_len);
    memset(pseudo + 2 * addr_len, 0, 8);
    usctp__put32(pseudo + 2 * addr_len, (uint32_t)payload_len);
    pseudo[2 * addr_len + 7] = 17;
    memcpy(pseudo + 2 * addr_len + 8, ip + ip_len, payload_len);
    assert_int_equal(plain_sum(pseudo, 2 * addr_len + 8 + payload_len), 0xffff);
    return ip_len + 8;
}

static struct usctp_dgram dgram_between(const char *local, uint16_t local_port, const char *remote,
                                        uint16_t remote_port)
{
    struct usctp_dgram dgram;

    memset(&dgram, 0, sizeof(dgram));
    if (local != NULL) {
        assert_int_equal(usctp_addr_parse(&dgram.local, local), 0);
    }
    if (remote != NULL) {
        assert_int_equal(usctp_addr_parse(&dgram.remote, remote), 0);
    }
    dgram.local_udp_port = local_port;
    dgram.remote_udp_port = remote_port;
    dgram.lower = 1;
    return dgram;
}

/* --- Tests ------------------------------------------------------------------------------------ */

static void test_empty(void **state)
{
    struct capture capture;

    (void)state;
    open_capture(&capture);
    assert_int_equal(usctp_pcapng_count(capture.writer), 0);
    read_capture(&capture);
    end_capture(&capture);
}

/* Lengths of every kind modulo 4, both families, both directions, with and without UDP. */
static void test_packets(void **state)
{
    static const char *const locals[] = {"192.0.2.10", "2001:db8::10"};
    static const char *const remotes[] = {"198.51.100.20", "2001:db8::20"};
    struct capture capture;
    struct record record;
    uint8_t packet[40];

    (void)state;
    open_capture(&capture);
    for (size_t i = 0; i < sizeof(packet); i++) {
        packet[i] = (uint8_t)(i * 37 + 200);
    }
    for (size_t n = 0; n < 8 * 7; n++) {
        struct usctp_dgram dgram =
            dgram_between(locals[n & 1], n & 4 ? 40000 : 0, remotes[n & 1], n & 4 ? 9899 : 0);

        usctp_pcapng_observe(capture.writer, (n & 2) != 0, &dgram, packet, 12 + n / 8, n * 1000);
    }
    assert_int_equal(usctp_pcapng_count(capture.writer), 8 * 7);
    read_capture(&capture);
    uint64_t first_ts = 0;
    for (size_t n = 0; n < 8 * 7; n++) {
        bool v6 = n & 1, outbound = n & 2, udp = n & 4;
        struct usctp_addr local, remote;

        assert_true(next_record(&capture, &record));
        first_ts = n == 0 ? record.ts : first_ts;
        assert_int_equal(record.ts - first_ts, n * 1000);
        assert_int_equal(record.flags, outbound ? 2 : 1);
        size_t at = check_headers(&record, udp);
        assert_int_equal(record.len - at, 12 + n / 8);
        assert_memory_equal(record.data + at, packet, record.len - at);
        assert_int_equal(usctp_addr_parse(&local, locals[n & 1]), 0);
        assert_int_equal(usctp_addr_parse(&remote, remotes[n & 1]), 0);
        const uint8_t *source = record.data + (v6 ? 8 : 12);
        size_t addr_len = v6 ? 16 : 4;
        assert_memory_equal(source, (outbound ? local : remote).bytes, addr_len);
        assert_memory_equal(source + addr_len, (outbound ? remote : local).bytes, addr_len);
        if (udp) {
            assert_int_equal(usctp__get16(record.data + at - 8), outbound ? 40000 : 9899);
            assert_int_equal(usctp__get16(record.data + at - 6), outbound ? 9899 : 40000);
        }
    }
    end_capture(&capture);
    uint64_t age = (uint64_t)time(NULL) - first_ts / 1000000000;
    assert_true(age < 3600); /* Real time, not the stack's. */
}

static void test_fields(void **state)
{
    static const uint8_t packet[12];
    struct usctp_dgram dgram = dgram_between("192.0.2.1", 1, "192.0.2.2", 2);
    struct capture capture;
    struct record record;

    (void)state;
    open_capture(&capture);
    dgram.dscp = 46;
    dgram.ecn = 1;
    usctp_pcapng_observe(capture.writer, 1, &dgram, packet, sizeof(packet), 5);
    dgram.flags = USCTP_DGRAM_MAY_FRAGMENT;
    usctp_pcapng_observe(capture.writer, 1, &dgram, packet, sizeof(packet), 5);
    dgram = dgram_between("::1", 1, "::1", 2);
    dgram.dscp = 46;
    dgram.ecn = 3;
    usctp_pcapng_observe(capture.writer, 1, &dgram, packet, sizeof(packet), 5);
    read_capture(&capture);
    assert_true(next_record(&capture, &record));
    assert_int_equal(record.data[1], 46 << 2 | 1);
    assert_int_equal(usctp__get16(record.data + 6), 0x4000);
    assert_true(next_record(&capture, &record));
    check_headers(&record, true);
    assert_int_equal(usctp__get16(record.data + 6), 0);
    assert_true(next_record(&capture, &record));
    assert_int_equal(usctp__get32(record.data), 6u << 28 | (46 << 2 | 3) << 20);
    check_headers(&record, true);
    end_capture(&capture);
}

/* A lower layer without addresses gets some, that do not change. */
static void test_no_addresses(void **state)
{
    static const uint8_t packet[12], expected[] = {192, 0, 2, 1, 192, 0, 2, 2};
    struct usctp_dgram dgram = dgram_between(NULL, 0, NULL, 0);
    struct capture capture;
    struct record record;

    (void)state;
    open_capture(&capture);
    usctp_pcapng_observe(capture.writer, 1, &dgram, packet, sizeof(packet), 5);
    usctp_pcapng_observe(capture.writer, 0, &dgram, packet, sizeof(packet), 5);
    read_capture(&capture);
    assert_true(next_record(&capture, &record));
    assert_int_equal(check_headers(&record, true), 28);
    assert_memory_equal(record.data + 12, expected, 8);
    assert_int_equal(usctp__get16(record.data + 20), 9899);
    assert_int_equal(usctp__get16(record.data + 22), 9899);
    assert_true(next_record(&capture, &record));
    check_headers(&record, true);
    assert_memory_equal(record.data + 12, expected + 4, 4);
    assert_memory_equal(record.data + 16, expected, 4);
    end_capture(&capture);
}

/* What a packet to be sent does not name is known from those received. */
static void test_learns(void **state)
{
    static const uint8_t packet[12], unspecified[4], known[] = {192, 0, 2, 7};
    struct usctp_dgram out = dgram_between(NULL, 0, "192.0.2.8", 9899);
    struct usctp_dgram in = dgram_between("192.0.2.7", 4711, "192.0.2.8", 9899);
    struct capture capture;
    struct record record;

    (void)state;
    open_capture(&capture);
    usctp_pcapng_observe(capture.writer, 1, &out, packet, sizeof(packet), 5);
    usctp_pcapng_observe(capture.writer, 0, &in, packet, sizeof(packet), 5);
    usctp_pcapng_observe(capture.writer, 1, &out, packet, sizeof(packet), 5);
    out.lower = 2; /* Of which nothing is known. */
    usctp_pcapng_observe(capture.writer, 1, &out, packet, sizeof(packet), 5);
    read_capture(&capture);
    assert_true(next_record(&capture, &record));
    check_headers(&record, true);
    assert_memory_equal(record.data + 12, unspecified, 4);
    assert_int_equal(usctp__get16(record.data + 20), 9899);
    assert_true(next_record(&capture, &record));
    assert_int_equal(usctp__get16(record.data + 22), 4711);
    assert_true(next_record(&capture, &record));
    check_headers(&record, true);
    assert_memory_equal(record.data + 12, known, 4);
    assert_int_equal(usctp__get16(record.data + 20), 4711);
    assert_true(next_record(&capture, &record));
    assert_memory_equal(record.data + 12, unspecified, 4);
    assert_int_equal(usctp__get16(record.data + 20), 9899);
    end_capture(&capture);
}

/* No IP packet is longer than 65,535 bytes. */
static void test_too_long(void **state)
{
    static uint8_t packet[70000];
    struct usctp_dgram dgram = dgram_between("192.0.2.1", 1, "192.0.2.2", 2);
    struct capture capture;
    struct record record;

    (void)state;
    open_capture(&capture);
    memset(packet, 0xff, sizeof(packet));
    usctp_pcapng_observe(capture.writer, 1, &dgram, packet, sizeof(packet), 5);
    read_capture(&capture);
    assert_true(next_record(&capture, &record));
    assert_true(record.len > 65000 && record.len <= 65535);
    check_headers(&record, true);
    end_capture(&capture);
}

/* A time before the first one, which cannot be, does not make time run backwards. */
static void test_time(void **state)
{
    static const uint8_t packet[12];
    struct usctp_dgram dgram = dgram_between("192.0.2.1", 1, "192.0.2.2", 2);
    struct capture capture;
    struct record first, second;

    (void)state;
    open_capture(&capture);
    usctp_pcapng_observe(capture.writer, 1, &dgram, packet, sizeof(packet), USCTP_SEC(100));
    usctp_pcapng_observe(capture.writer, 1, &dgram, packet, sizeof(packet), USCTP_SEC(50));
    read_capture(&capture);
    assert_true(next_record(&capture, &first));
    assert_true(next_record(&capture, &second));
    assert_int_equal(first.ts, second.ts);
    end_capture(&capture);
}

static void test_checksum(void **state)
{
    /* The example of RFC 1071, 3: sum ddf2. */
    static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    static const uint8_t odd[] = {0x12, 0x34, 0x56};

    (void)state;
    assert_int_equal(usctp__inet_sum(0, example, sizeof(example)), 0xddf2);
    assert_int_equal(usctp__inet_fold(0xddf2), (uint16_t)~0xddf2);
    assert_int_equal(usctp__inet_sum(0, odd, sizeof(odd)), 0x1234 + 0x5600);
    assert_int_equal(usctp__inet_sum(0xffff, odd, 0), 0xffff);
    assert_int_equal(usctp__inet_fold(0x1fffe), 0);
}

/* A UDP checksum that would be 0 is sent as 0xffff: 0 means that there is none (RFC 768). */
static void test_zero_checksum(void **state)
{
    struct usctp__ipheader header;
    uint8_t out[USCTP__IPHEADER_MAX], packet[2] = {0, 0};

    (void)state;
    memset(&header, 0, sizeof(header));
    header.source.family = USCTP_AF_IPV4;
    header.destination.family = USCTP_AF_IPV4;
    header.source_port = 1;
    assert_int_equal(usctp__ipheader_put(&header, packet, 2, out), 28);
    uint16_t field = usctp__get16(out + 26);
    usctp__put16(packet, field); /* Now all of it adds up to 0xffff. */
    assert_int_equal(usctp__ipheader_put(&header, packet, 2, out), 28);
    assert_int_equal(usctp__get16(out + 26), 0xffff);
}

static void test_cannot_open(void **state)
{
    usctp_pcapng *capture = (usctp_pcapng *)state;

    assert_int_equal(usctp_pcapng_open("no/such/folder/x.pcapng", &capture), USCTP_EIO);
    assert_null(capture);
    assert_int_equal(usctp_pcapng_open(NULL, &capture), USCTP_EINVAL);
}

/* A full disk is told at the end at the latest. */
static void test_cannot_write(void **state)
{
    static const uint8_t packet[1000];
    struct usctp_dgram dgram = dgram_between("192.0.2.1", 1, "192.0.2.2", 2);
    usctp_pcapng *capture;

    (void)state;
    if (usctp_pcapng_open("/dev/full", &capture) != 0) {
        print_message("SKIP: this host has no /dev/full\n");
        skip();
    }
    for (int i = 0; i < 100; i++) {
        usctp_pcapng_observe(capture, 1, &dgram, packet, sizeof(packet), 0);
    }
    assert_int_equal(usctp_pcapng_close(capture), USCTP_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_packets),
        cmocka_unit_test(test_fields),        cmocka_unit_test(test_no_addresses),
        cmocka_unit_test(test_learns),        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_time),          cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_zero_checksum), cmocka_unit_test(test_cannot_open),
        cmocka_unit_test(test_cannot_write),
    };

    return cmocka_run_group_tests_name("pcapng", tests, NULL, NULL);
}
