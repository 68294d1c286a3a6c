/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make-corpus TARGET DIRECTORY: writes the hand-made inputs of a fuzz target, one file each, into a
 * directory that exists. Packets have the right checksum. What else stands in tests/fuzz/corpus/ was
 * found by fuzzing.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/crc32c.h"
#include "wire/abort_error.h"
#include "wire/auth.h"
#include "wire/cause.h"
#include "wire/cookie.h"
#include "wire/data.h"
#include "wire/forward.h"
#include "wire/heartbeat.h"
#include "wire/init.h"
#include "wire/packet.h"
#include "wire/reconf.h"
#include "wire/param.h"
#include "wire/sack.h"
#include "wire/shutdown.h"

/* --- Chunks ----------------------------------------------------------------------------------- */

static const struct usctp__init init_values = {0x01234567, 131072, 10, 65535, 1000, NULL, 0};

static void put_addrs(struct usctp__writer *w)
{
    static const uint8_t ipv6[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    struct usctp_addr addr = usctp__addr_ipv4((const uint8_t *)"\xc0\0\2\1");

    usctp__param_write_addr(w, &addr);
    addr = usctp__addr_ipv6(ipv6, 0);
    usctp__param_write_addr(w, &addr);
}

static void put_init(struct usctp__writer *w)
{
    size_t pos = usctp__init_begin(w, USCTP__CHUNK_INIT, &init_values);

    usctp__init_write_address_types(w, true, true);
    put_addrs(w);
    usctp__init_write_preservative(w, 60000);
    usctp__chunk_end(w, pos);
}

static void put_init_of_extensions(struct usctp__writer *w)
{
    size_t pos = usctp__init_begin(w, USCTP__CHUNK_INIT, &init_values);

    usctp__param_write(w, USCTP__PARAM_ECN_CAPABLE, NULL, 0);
    usctp__param_write(w, USCTP__PARAM_FORWARD_TSN, NULL, 0);
    usctp__param_write(w, USCTP__PARAM_SUPPORTED_EXTENSIONS, "\xc0\x82\x0f\xc1\x80\x40\xc2", 7);
    usctp__param_write(w, USCTP__PARAM_RANDOM, "0123456789abcdef0123456789abcdef", 32);
    usctp__param_write(w, USCTP__PARAM_CHUNK_LIST, "\xc1\x80", 2);
    usctp__param_write(w, USCTP__PARAM_HMAC_ALGO, "\0\3\0\1", 4);
    usctp__param_write(w, USCTP__PARAM_ADAPTATION, "\0\0\0\7", 4);
    usctp__param_write(w, USCTP__PARAM_ZERO_CHECKSUM, "\0\0\0\1", 4);
    usctp__chunk_end(w, pos);
}

/* Unknown parameters with each action; the last but one says stop. */
static void put_init_unknown(struct usctp__writer *w)
{
    size_t pos = usctp__init_begin(w, USCTP__CHUNK_INIT, &init_values);

    usctp__param_write(w, 0xb001, "abc", 3);
    usctp__param_write(w, 0xf001, "abcde", 5);
    usctp__param_write(w, USCTP__PARAM_HOST_NAME, "a.example", 10);
    usctp__param_write(w, 0x7001, "ab", 2);
    put_addrs(w);
    usctp__chunk_end(w, pos);
}

static void put_init_ack(struct usctp__writer *w)
{
    size_t pos = usctp__init_begin(w, USCTP__CHUNK_INIT_ACK, &init_values);

    usctp__param_write(w, USCTP__PARAM_STATE_COOKIE, "a cookie of some length", 23);
    put_addrs(w);
    usctp__param_write(w, USCTP__PARAM_UNRECOGNIZED, "\xc0\0\0\4", 4);
    usctp__param_write(w, USCTP__PARAM_UNRECOGNIZED, "\xf0\1\0\5x", 5);
    usctp__chunk_end(w, pos);
}

static void put_data(struct usctp__writer *w, uint8_t flags, uint32_t tsn, size_t len)
{
    struct usctp__data data = {0};
    uint8_t *payload;

    data.tsn = tsn;
    data.sid = 3;
    data.ssn = 7;
    data.ppid = 51;
    data.flags = flags;
    data.payload_len = len;
    payload = usctp__data_write(w, &data);
    if (payload != NULL) {
        memset(payload, 'd', len);
    }
}

/* The TSN after next, streams that exist and one that does not; one far away; the last one cut. */
static void put_forward_tsn(struct usctp__writer *w)
{
    static const struct usctp__skipped entries[] = {
        {3, false, 7}, {0, false, 1}, {65535, false, 9}};

    usctp__forward_write(w, false, 1001, entries, 3);
    put_data(w, USCTP__DATA_FLAG_END, 1004, 8);
    usctp__forward_write(w, false, 1003, entries, 1);
    usctp__forward_write(w, false, UINT32_C(1003) + 0x7ffffff0, NULL, 0);
    usctp__writer_bytes(w, "\xc0\0\0\6\0\0", 6);
}

/* Messages of several streams side by side, ordered and not; parts that never become whole. */
static void put_interleaved(struct usctp__writer *w)
{
    static const struct usctp__data chunks[] = {
        {1000, 3, 0, 51, 0, USCTP__DATA_FLAG_BEGIN, NULL, 8},
        {1001, 4, 0, 52, 0, USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_UNORDERED, NULL, 9},
        {1002, 3, 1, 53, 0, USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END, NULL, 1},
        {1003, 4, 0, 0, 1, USCTP__DATA_FLAG_END | USCTP__DATA_FLAG_UNORDERED, NULL, 5},
        {1004, 3, 0, 0, 2, USCTP__DATA_FLAG_END, NULL, 3},
        {1005, 3, 0, 0, 1, 0, NULL, 4},
        {1006, 5, 0xfffffffe, 0, 0xffffffff, 0, NULL, 4},
        {1008, 5, 2, 0, 9, USCTP__DATA_FLAG_UNORDERED | USCTP__DATA_FLAG_IMMEDIATE, NULL, 4},
    };

    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        uint8_t *payload = usctp__i_data_write(w, &chunks[i]);

        if (payload != NULL) {
            memset(payload, 'i', chunks[i].payload_len);
        }
    }
}

static void put_i_forward_tsn(struct usctp__writer *w)
{
    static const struct usctp__skipped entries[] = {
        {3, false, 7}, {5, true, 2}, {5, false, 0x7fffffff}, {65535, true, 9}};

    usctp__forward_write(w, true, 1007, entries, 4);
    usctp__forward_write(w, true, 1009, entries, 2);
    usctp__writer_bytes(w, "\xc2\0\0\6\0\0", 6);
}

static void put_messages(struct usctp__writer *w)
{
    put_data(w, USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END, 1000, 5);
    put_data(w, USCTP__DATA_FLAG_BEGIN, 1001, 8);
    put_data(w, 0, 1002, 8);
    put_data(w, USCTP__DATA_FLAG_END | USCTP__DATA_FLAG_IMMEDIATE, 1003, 1);
    put_data(w, 0x0f, 1004, 2);
}

static void put_empty_data(struct usctp__writer *w)
{
    size_t pos = usctp__chunk_begin(w, USCTP__CHUNK_DATA, 3);

    usctp__writer_zeros(w, 12);
    usctp__chunk_end(w, pos);
}

static bool next_gap(void *ctx, struct usctp__gap *gap)
{
    static const struct usctp__gap gaps[] = {{2, 3}, {5, 5}, {9, 300}};
    size_t *next = ctx;

    if (*next == sizeof(gaps) / sizeof(gaps[0])) {
        return false;
    }
    *gap = gaps[(*next)++];
    return true;
}

static void put_sack(struct usctp__writer *w)
{
    static const uint32_t dups[] = {19, 19};
    size_t next = 0;
    struct usctp__sack_source source = {999, 4660, next_gap, &next, dups, 2, 0};

    usctp__sack_write(w, &source);
    put_data(w, 3, 1000, 4);
}

/* Blocks that are reversed, overlap, and begin at the cumulative TSN. */
static void put_bad_sack(struct usctp__writer *w)
{
    size_t pos = usctp__chunk_begin(w, USCTP__CHUNK_SACK, 0);

    usctp__writer_u32(w, 999);
    usctp__writer_u32(w, 0);
    usctp__writer_u32(w, 0x00030000);
    usctp__writer_u32(w, 0x00050002);
    usctp__writer_u32(w, 0x00010009);
    usctp__writer_u32(w, 0x00000001);
    usctp__chunk_end(w, pos);
}

static void put_heartbeats(struct usctp__writer *w)
{
    usctp__heartbeat_write(w, USCTP__CHUNK_HEARTBEAT, "0123456789abcdef01234567", 24);
    usctp__heartbeat_write(w, USCTP__CHUNK_HEARTBEAT_ACK, "odd", 3);
}

static void put_cookie_echo(struct usctp__writer *w)
{
    usctp__cookie_echo_write(w, "a cookie of some length", 23);
    put_data(w, 3, 1000, 16);
}

static void put_cookie_ack(struct usctp__writer *w)
{
    usctp__cookie_ack_write(w);
}

static void put_shutdown(struct usctp__writer *w)
{
    usctp__shutdown_write(w, 1004);
}

static void put_shutdown_ack(struct usctp__writer *w)
{
    usctp__shutdown_ack_write(w);
}

static void put_shutdown_complete(struct usctp__writer *w)
{
    usctp__shutdown_complete_write(w, true);
}

static void put_abort(struct usctp__writer *w)
{
    size_t pos = usctp__abort_begin(w, true);

    usctp__cause_write_user_abort(w, "enough", 6);
    usctp__chunk_end(w, pos);
}

static void put_abort_restart(struct usctp__writer *w)
{
    size_t pos = usctp__abort_begin(w, false);
    size_t cause = usctp__cause_begin(w, USCTP__CAUSE_RESTART_NEW_ADDRESSES);

    put_addrs(w);
    usctp__cause_end(w, cause);
    usctp__cause_write_restart_encaps_port(w, 9899, 50000);
    usctp__chunk_end(w, pos);
}

static void put_error(struct usctp__writer *w)
{
    static const uint16_t missing[] = {7, 5};
    static const uint8_t unknown_param[] = {0xf0, 1, 0, 5, 'x'};
    static const uint8_t unknown_chunk[] = {0xc9, 0, 0, 6, 1, 2};
    struct usctp__range range = {unknown_param, sizeof(unknown_param)};
    struct usctp__chunk chunk;
    size_t pos = usctp__error_begin(w);

    usctp__cause_write_invalid_stream(w, 77);
    usctp__cause_write_missing_params(w, missing, 2);
    usctp__cause_write_stale_cookie(w, 1000000);
    usctp__cause_write_plain(w, USCTP__CAUSE_OUT_OF_RESOURCE);
    if (usctp__chunk_parse(&chunk, unknown_chunk, sizeof(unknown_chunk)) == 1) {
        usctp__cause_write_unrecognized_chunk(w, &chunk);
    }
    usctp__cause_write_unrecognized_params(w, &range, 1);
    usctp__cause_write_no_user_data(w, 1000);
    usctp__cause_write_protocol_violation(w, "a text");
    usctp__chunk_end(w, pos);
}

/* A chunk of which only the value matters. */
static void put_raw(struct usctp__writer *w, uint8_t type, uint8_t flags, const void *value,
                    size_t len)
{
    size_t pos = usctp__chunk_begin(w, type, flags);

    usctp__writer_bytes(w, value, len);
    usctp__chunk_end(w, pos);
}

static void put_unknown(struct usctp__writer *w)
{
    put_raw(w, 0xbe, 0, "skip", 4);
    put_raw(w, 0xfe, 1, "skip, report", 12);
    put_raw(w, 0x7e, 2, "stop, report", 12);
    put_raw(w, 0x3e, 3, "stop", 4);
    usctp__cookie_ack_write(w);
}

static void put_i_data(struct usctp__writer *w)
{
    static const uint8_t fsn[] = {0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4, 'd'};
    static const uint8_t skip[] = {0, 0, 0, 9, 0, 1, 0, 1, 0, 0, 0, 2};

    put_raw(w, USCTP__CHUNK_I_DATA, 3, fsn, sizeof(fsn));
    put_raw(w, USCTP__CHUNK_I_DATA, 0, fsn, sizeof(fsn));
    put_raw(w, USCTP__CHUNK_I_FORWARD_TSN, 0, skip, sizeof(skip));
    put_raw(w, USCTP__CHUNK_FORWARD_TSN, 0, skip, sizeof(skip));
    put_raw(w, USCTP__CHUNK_PAD, 0, "\0\0\0\0", 4);
}

/* RFC 4960, A; the second is longer than it has to be. */
static void put_ecn(struct usctp__writer *w)
{
    put_raw(w, USCTP__CHUNK_ECNE, 0, "\0\0\0\1", 4);
    put_raw(w, USCTP__CHUNK_ECNE, 0, "\0\0\0\2\0\0\0\1", 8);
    put_raw(w, USCTP__CHUNK_CWR, 0, "\0\0\0\1", 4);
}

static void put_reconf(struct usctp__writer *w)
{
    static const uint8_t numbers[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 4, 0, 5};
    size_t pos = usctp__chunk_begin(w, USCTP__CHUNK_RECONF, 0);

    usctp__param_write(w, USCTP__PARAM_OUT_RESET_REQUEST, numbers, 16);
    usctp__param_write(w, USCTP__PARAM_IN_RESET_REQUEST, numbers, 6);
    usctp__param_write(w, USCTP__PARAM_TSN_RESET_REQUEST, numbers, 4);
    usctp__param_write(w, USCTP__PARAM_RECONF_RESPONSE, numbers, 16);
    usctp__param_write(w, USCTP__PARAM_ADD_OUT_STREAMS, numbers, 8);
    usctp__param_write(w, USCTP__PARAM_ADD_IN_STREAMS, numbers, 8);
    usctp__chunk_end(w, pos);
}

static void put_reconf_of(struct usctp__writer *w, uint16_t type, uint32_t seq, uint32_t number)
{
    static const uint8_t streams[] = {0, 3, 0, 0};
    struct usctp__reconf_param param = {0};
    size_t pos = usctp__chunk_begin(w, USCTP__CHUNK_RECONF, 0);

    param.type = type;
    param.seq = seq;
    param.last_tsn = number;
    param.result = number;
    param.add_cnt = (uint16_t)number;
    param.has_tsns = type == USCTP__PARAM_RECONF_RESPONSE && number == 1;
    if (type <= USCTP__PARAM_IN_RESET_REQUEST) {
        param.streams = streams;
        param.stream_cnt = number;
    }
    usctp__reconf_write(w, &param);
    usctp__chunk_end(w, pos);
}

/* One request of each kind in turn, one again, one that comes too early; responses. */
static void put_reconf_requests(struct usctp__writer *w)
{
    put_reconf_of(w, USCTP__PARAM_OUT_RESET_REQUEST, 0, 0);
    put_reconf_of(w, USCTP__PARAM_IN_RESET_REQUEST, 1, 2);
    put_reconf_of(w, USCTP__PARAM_IN_RESET_REQUEST, 1, 2);
    put_reconf_of(w, USCTP__PARAM_RECONF_RESPONSE, 0, 1);
    put_reconf_of(w, USCTP__PARAM_ADD_OUT_STREAMS, 2, 3);
    put_reconf_of(w, USCTP__PARAM_ADD_IN_STREAMS, 3, 1);
    put_reconf_of(w, USCTP__PARAM_RECONF_RESPONSE, 1, 6);
    put_reconf_of(w, USCTP__PARAM_RECONF_RESPONSE, 1, 1);
    put_reconf_of(w, USCTP__PARAM_OUT_RESET_REQUEST, 4, 2);
    put_reconf_of(w, USCTP__PARAM_TSN_RESET_REQUEST, 5, 0);
    put_reconf_of(w, USCTP__PARAM_TSN_RESET_REQUEST, 9, 0);
}

static void put_asconf(struct usctp__writer *w)
{
    static const uint8_t add[] = {0, 0, 0, 2, 0, 5, 0, 8, 192, 0, 2, 2};
    static const uint8_t error[] = {0, 0, 0, 2, 0, 0xa0, 0, 4};
    size_t pos;

    put_raw(w, USCTP__CHUNK_AUTH, 0, "\0\1\0\3 and an hmac", 16);
    pos = usctp__chunk_begin(w, USCTP__CHUNK_ASCONF, 0);
    usctp__writer_u32(w, 1);
    put_addrs(w);
    usctp__param_write(w, USCTP__PARAM_ADD_IP, add, sizeof(add));
    usctp__param_write(w, USCTP__PARAM_DELETE_IP, add, sizeof(add));
    usctp__param_write(w, USCTP__PARAM_SET_PRIMARY, add, sizeof(add));
    usctp__chunk_end(w, pos);

    pos = usctp__chunk_begin(w, USCTP__CHUNK_ASCONF_ACK, 0);
    usctp__writer_u32(w, 1);
    usctp__param_write(w, USCTP__PARAM_SUCCESS_INDICATION, "\0\0\0\2", 4);
    usctp__param_write(w, USCTP__PARAM_ERROR_INDICATION, error, sizeof(error));
    usctp__chunk_end(w, pos);
}

/* RFC 4895: DATA behind AUTH, whose MAC is wrong. */
static void put_auth(struct usctp__writer *w)
{
    struct usctp__auth_chunk auth = {0, 3, NULL, 32};

    usctp__auth_write(w, &auth);
    put_messages(w);
}

/* AUTH with an HMAC that nobody knows, and twice. */
static void put_auths(struct usctp__writer *w)
{
    struct usctp__auth_chunk auth = {1, 2, NULL, 4};

    usctp__cookie_ack_write(w);
    usctp__auth_write(w, &auth);
    usctp__auth_write(w, &auth);
}

/* A good chunk, then one that says more than there is. */
static void put_partial(struct usctp__writer *w)
{
    usctp__cookie_ack_write(w);
    usctp__writer_u32(w, 0x03000020);
    usctp__writer_u32(w, 1);
}

/* A good chunk, then one without a length. */
static void put_zero_length(struct usctp__writer *w)
{
    usctp__cookie_ack_write(w);
    usctp__writer_zeros(w, 8);
}

/* --- Inputs ----------------------------------------------------------------------------------- */

/* Input `name` of `target` is a packet with the chunks that `put` writes. */
static const struct seed {
    const char *target, *name;
    void (*put)(struct usctp__writer *w);
} seeds[] = {
    {"wire", "init", put_init},
    {"wire", "init-extensions", put_init_of_extensions},
    {"wire", "init-unknown", put_init_unknown},
    {"wire", "init-ack", put_init_ack},
    {"wire", "data", put_messages},
    {"wire", "forward-tsn", put_forward_tsn},
    {"wire", "ecn", put_ecn},
    {"wire", "data-empty", put_empty_data},
    {"wire", "sack", put_sack},
    {"wire", "sack-bad", put_bad_sack},
    {"wire", "heartbeat", put_heartbeats},
    {"wire", "cookie-echo", put_cookie_echo},
    {"wire", "cookie-ack", put_cookie_ack},
    {"wire", "shutdown", put_shutdown},
    {"wire", "shutdown-ack", put_shutdown_ack},
    {"wire", "shutdown-complete", put_shutdown_complete},
    {"wire", "abort", put_abort},
    {"wire", "abort-restart", put_abort_restart},
    {"wire", "error", put_error},
    {"wire", "unknown", put_unknown},
    {"wire", "i-data", put_i_data},
    {"wire", "i-data-interleaved", put_interleaved},
    {"wire", "i-forward-tsn", put_i_forward_tsn},
    {"wire", "reconf", put_reconf},
    {"wire", "reconf-requests", put_reconf_requests},
    {"wire", "asconf", put_asconf},
    {"wire", "auth", put_auth},
    {"wire", "auth-twice", put_auths},
    {"wire", "partial", put_partial},
    {"wire", "zero-length", put_zero_length},
};

/* Writes what stands in w to a file; false after a message when that fails. */
static bool write_file(const char *folder, const char *name, const struct usctp__writer *w)
{
    char path[1024];
    FILE *file;
    bool good;

    if (w->failed) {
        fprintf(stderr, "%s does not fit\n", name);
        return false;
    }
    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
        fprintf(stderr, "%s: the path is too long\n", folder);
        return false;
    }
    file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    good = fwrite(w->base, 1, w->len, file) == w->len;
    good = fclose(file) == 0 && good;
    if (!good) {
        perror(path);
    }
    return good;
}

static bool write_seed(const struct seed *seed, const char *folder)
{
    static const struct usctp__packet_header header = {5000, 5001, 0x89abcdef, 0};
    uint8_t packet[2048];
    struct usctp__writer w = usctp__writer_make(packet, sizeof(packet));

    usctp__packet_header_write(&w, &header);
    seed->put(&w);
    usctp__put32(packet + USCTP__CRC32C_OFFSET,
                 usctp__crc32c_packet(usctp__crc32c_sw, packet, w.len));
    return write_file(folder, seed->name, &w);
}

/* --- Steps ------------------------------------------------------------------------------------ */

/* The targets of whole stacks read steps; see there what the numbers mean. */

static void put_bytes(struct usctp__writer *w, const char *bytes, size_t len)
{
    usctp__writer_bytes(w, bytes, len);
}
#define PUT(w, bytes) put_bytes((w), (bytes), sizeof(bytes) - 1)

/* fuzz_packet: a packet with the chunks of a seed; options as there. */
static void put_packet_step(struct usctp__writer *w, const struct seed *seed, uint8_t options)
{
    uint8_t chunks[2048];
    struct usctp__writer inner = usctp__writer_make(chunks, sizeof(chunks));

    seed->put(&inner);
    usctp__writer_u8(w, 0);
    usctp__writer_u8(w, options);
    usctp__writer_u16(w, (uint16_t)inner.len);
    usctp__writer_bytes(w, chunks, inner.len);
}

/* Of the first byte: a lower layer without addresses; I-DATA is agreed on. Of the second: DTLS there. */
enum { NO_ADDRESSES = 0x80, INTERLEAVED = 0x40, DTLS = 0x20 };

/* Ends an association, so it comes late. */
static bool is_final(const struct seed *seed, bool interleaved)
{
    const char *wrong = interleaved ? "data" : "i-data"; /* RFC 8260, 2.2.3, 2.3.1 */
    const char *skips = interleaved ? "forward-tsn" : "i-forward-tsn";

    return strncmp(seed->name, "abort", 5) == 0 || strncmp(seed->name, "shutdown", 8) == 0 ||
           strcmp(seed->name, "sack-bad") == 0 || strcmp(seed->name, skips) == 0 ||
           strncmp(seed->name, wrong, strlen(wrong)) == 0;
}

/* The same number tells, this many states on, that both sides offer authentication. */
enum { AUTH_TOO = 14 };

static bool write_packet_input(const char *folder, const char *state, uint8_t number, bool active,
                               uint8_t options)
{
    const char *auth = (number & 0x3f) >= AUTH_TOO ? "-auth" : "";
    const char *lower = (options & DTLS) != 0          ? "-dtls"
                        : (number & NO_ADDRESSES) != 0 ? "-no-addresses"
                                                       : "";
    uint8_t input[16384];
    struct usctp__writer w = usctp__writer_make(input, sizeof(input));
    char name[64];

    usctp__writer_u8(&w, number);
    usctp__writer_u8(&w, (uint8_t)((active ? 3u : 2u) | options));
    usctp__writer_u8(&w, 0);
    PUT(&w, "\4\1\4\0\3\x60"); /* nonce and cookie come back, time goes on */
    for (unsigned pass = 0; pass < 3; pass++) {
        for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
            if (is_final(&seeds[i], (number & INTERLEAVED) != 0) == (pass == 2)) {
                put_packet_step(&w, &seeds[i], pass == 1 ? 0 : 0x10);
            }
        }
        PUT(&w, "\4\2\4\6\5\1\20\3\xc8\6\1\2\2\x40"); /* echoes, a message, time, ICMP */
    }
    snprintf(name, sizeof(name), "%s%s%s%s%s", state, active ? "-active" : "", lower,
             (number & INTERLEAVED) != 0 ? "-interleaved" : "", auth);
    return write_file(folder, name, &w);
}

/* Address reconfiguration, authenticated: requests of the peer and answers to ours, good and bad. */
static void put_asconf_step(struct usctp__writer *w, uint8_t options, const char *bytes, size_t len)
{
    usctp__writer_u8(w, 0);
    usctp__writer_u8(w, options);
    usctp__writer_u16(w, (uint16_t)len);
    put_bytes(w, bytes, len);
}
#define PUT_ASCONF(w, options, bytes) put_asconf_step((w), (options), (bytes), sizeof(bytes) - 1)

#define ASCONF(seq, more, rest)       "\xc1\0\0" more "\0\0\0" seq "\0\5\0\x8\xc0\0\2\x65" rest
#define WILD                          "\0\5\0\x8\0\0\0\0"
#define NAMED                         "\0\5\0\x8\xc0\0\2\x66"

static bool write_asconf_input(const char *folder, const char *state, uint8_t number, bool active)
{
    uint8_t input[2048];
    struct usctp__writer w = usctp__writer_make(input, sizeof(input));
    char name[64];

    usctp__writer_u8(&w, (uint8_t)(number + 3 * AUTH_TOO));
    usctp__writer_u8(&w, active ? 3 : 2);
    usctp__writer_u8(&w, 0);
    PUT(&w, "\5\xb\x80\5\xb\xc1"); /* we ask for changes */
    PUT_ASCONF(&w, 0x20, ASCONF("\0", "\x20", "\xc0\1\0\x10\0\0\0\1" NAMED));
    PUT_ASCONF(&w, 0x20, ASCONF("\0", "\x20", "\xc0\1\0\x10\0\0\0\1" NAMED)); /* again */
    PUT_ASCONF(&w, 0x28, ASCONF("\1", "\x20", "\xc0\1\0\x10\0\0\0\1" WILD));
    PUT_ASCONF(&w, 0x24, ASCONF("\2", "\x20", "\xc0\4\0\x10\0\0\0\2" NAMED));
    PUT(&w, "\4\1\4\x41\4\x81\3\x60");
    PUT_ASCONF(&w, 0x20, ASCONF("\3", "\x20", "\xc0\2\0\x10\0\0\0\3" NAMED));
    PUT_ASCONF(&w, 0x24, ASCONF("\4", "\x20", "\xc0\2\0\x10\0\0\0\3" WILD));
    PUT_ASCONF(&w, 0x20, ASCONF("\5", "\x10", ""));
    PUT_ASCONF(&w, 0x20, ASCONF("\6", "\x18", "\xc0\x63\0\x8\0\0\0\4"));
    PUT_ASCONF(&w, 0, ASCONF("\7", "\x10", "")); /* without AUTH */
    PUT_ASCONF(&w, 0x20, "\x80\0\0\x8\0\0\0\0");
    PUT_ASCONF(&w, 0x20, "\x80\0\0\x14\0\0\0\1\xc0\3\0\xc\0\0\0\1\0\xa0\0\4");
    PUT(&w, "\5\xb\x92\3\x80\5\1\7\3\xc8");
    snprintf(name, sizeof(name), "%s%s-asconf", state, active ? "-active" : "");
    return write_file(folder, name, &w);
}

static bool write_packet_inputs(const char *folder)
{
    static const char *const states[] = {"nobody",        "silent",      "listen",    "cookie-wait",
                                         "cookie-echoed", "established", "in-flight", "no-window",
                                         "recovery",      "holes",       "pending",   "sent",
                                         "received",      "ack-sent"};

    for (uint8_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        bool any = i >= 5 && i % 2 != 0;

        if (!write_packet_input(folder, states[i], i, false, 0) ||
            (i >= 5 && !write_packet_input(folder, states[i], i, true, 0)) ||
            !write_packet_input(folder, states[i], (uint8_t)(i + AUTH_TOO), i % 2 != 0, 0) ||
            !write_packet_input(folder, states[i], i | NO_ADDRESSES, any, 0) ||
            !write_packet_input(folder, states[i], i | NO_ADDRESSES, any, DTLS) ||
            (i >= 4 &&
             (!write_packet_input(folder, states[i], i | INTERLEAVED, i % 2 != 0, 0) ||
              !write_packet_input(folder, states[i], (uint8_t)((i + AUTH_TOO) | INTERLEAVED),
                                  i % 2 != 0, 0))) ||
            !write_asconf_input(folder, states[i], i, i % 2 != 0)) {
            return false;
        }
    }
    return true;
}

/* fuzz_cookie: options, then INITs, cookies as they are, changed, signed anew, late. */
static void put_cookie_steps(struct usctp__writer *w)
{
    PUT(w, "\3\4\0\0");                   /* as it was given */
    PUT(w, "\3\4\2\1\0\24\5");            /* another tag, signed */
    PUT(w, "\3\4\2\2\0\x6a\1\0\x6b\xff"); /* another length of the INIT, signed */
    PUT(w, "\3\4\2\1\xe0\x20\0");         /* cut, signed */
    PUT(w, "\3\4\0\1\0\24\5\3\4\x12\0");  /* changed, not signed; with the tag that it names */
    PUT(w, "\0\0\x10\1\xff\0\5\0\x8\xc0\0\2\x69\0\5\0\x8\xc0\0\2\x6a\4\0\0");
    PUT(w, "\3\4\x80\0\x14\0\3\0\x14\0\0\3\xe8\0\0\0\0\0\0\0\0data"); /* DATA behind it */
    PUT(w, "\3\1\xd0\4\0\0\3\1\xf0\4\0\0");                           /* late, and too late */
}

static bool write_cookie_inputs(const char *folder)
{
    char name[16];

    for (uint8_t i = 0; i < 16; i++) {
        uint8_t input[512];
        struct usctp__writer w = usctp__writer_make(input, sizeof(input));

        usctp__writer_u8(&w, (uint8_t)(i * 8 + i % 8));
        put_cookie_steps(&w);
        snprintf(name, sizeof(name), "cookies-%u", (unsigned)i);
        if (!write_file(folder, name, &w)) {
            return false;
        }
    }
    return true;
}

/* fuzz_pair: both carry all they have, some times. */
static void put_carry(struct usctp__writer *w, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        PUT(w, "\12\7\13\7");
    }
}

static bool write_pair_inputs(const char *folder)
{
    static const char *const fates[] = {"drop", "twice", "swap", "forge", "late"};
    char name[32];

    for (uint8_t fate = 0; fate < 5; fate++) {
        for (uint8_t options = 0; options < 8; options++) {
            uint8_t input[512];
            struct usctp__writer w = usctp__writer_make(input, sizeof(input));

            usctp__writer_u8(&w, (uint8_t)(0x80 | options << 4 | options));
            put_carry(&w, 2);
            for (uint8_t i = 0; i < 8; i++) {
                PUT(&w, "\30\12"); /* a message */
                usctp__writer_u8(&w, (uint8_t)(40 + 20 * i));
                put_carry(&w, i % 2);
                usctp__writer_u8(&w, (uint8_t)(fate << 1 | i % 2));
                usctp__writer_u8(&w, 0);
                if (fate == 3) {
                    PUT(&w, "\0\24\1");
                }
                PUT(&w, "\16\xb0\20"); /* time, and old packets again */
            }
            put_carry(&w, 2);
            if ((options & 1) != 0) {
                PUT(&w, "\30\16\0\31\16\x10\30\16\x25"); /* other addresses */
                put_carry(&w, 3);
            }
            PUT(&w, "\30\1\0"); /* close */
            put_carry(&w, 3);
            snprintf(name, sizeof(name), "%s-%u", fates[fate], (unsigned)options);
            if (!write_file(folder, name, &w)) {
                return false;
            }
        }
    }
    return true;
}

/* fuzz_api: connect, send, then one kind of call after the other. */
static bool write_api_inputs(const char *folder)
{
    char name[16];

    for (uint8_t kind = 0; kind < 32; kind++) {
        uint8_t input[512];
        struct usctp__writer w = usctp__writer_make(input, sizeof(input));

        usctp__writer_u8(&w, (uint8_t)((kind & 16) << 2 | (kind & 3) << 3 | (kind & 4) << 5));
        PUT(&w, "\10\10\30\xf0\xf0");
        for (uint8_t i = 0; i < 6; i++) {
            usctp__writer_u8(&w, (uint8_t)(8 | i % 2));
            PUT(&w, "\x1d\3"); /* a message */
            usctp__writer_u8(&w, (uint8_t)(20 * i));
            usctp__writer_u8(&w, 8);
            usctp__writer_u8(&w, (uint8_t)(0x20 | (kind & 15))); /* the call */
            usctp__writer_u8(&w, (uint8_t)(i * 9));
            usctp__writer_u8(&w, (uint8_t)(i * 37));
            PUT(&w, "\xf0\4\xb0\xb0");
        }
        PUT(&w, "\x8\x20\xf0\4\xe0\xe0"); /* close */
        snprintf(name, sizeof(name), "calls-%u", (unsigned)kind);
        if (!write_file(folder, name, &w)) {
            return false;
        }
    }
    return true;
}

static const struct {
    const char *target;
    bool (*write)(const char *folder);
} makers[] = {
    {"packet", write_packet_inputs},
    {"cookie", write_cookie_inputs},
    {"pair", write_pair_inputs},
    {"api", write_api_inputs},
};

int main(int argc, char **argv)
{
    size_t cnt = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: make-corpus TARGET DIRECTORY\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        if (strcmp(seeds[i].target, argv[1]) != 0) {
            continue;
        }
        if (!write_seed(&seeds[i], argv[2])) {
            return 1;
        }
        cnt++;
    }
    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        if (strcmp(makers[i].target, argv[1]) == 0) {
            if (!makers[i].write(argv[2])) {
                return 1;
            }
            cnt++;
        }
    }
    if (cnt == 0) {
        fprintf(stderr, "%s: there is no such target\n", argv[1]);
        return 2;
    }
    return 0;
}
