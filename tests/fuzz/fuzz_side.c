/* SPDX-License-Identifier: BSD-3-Clause */
/* A stack for the fuzz targets. */
#include "fuzz/fuzz_side.h"

#include <string.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "core/check.h"
#include "wire/data.h"
#include "wire/packet.h"
#include "wire/param.h"
#include "wire/sack.h"

/* --- The input -------------------------------------------------------------------------------- */

uint8_t fuzz_u8(struct fuzz_input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->ptr++;
}

uint16_t fuzz_u16(struct fuzz_input *in)
{
    uint16_t high = fuzz_u8(in);

    return (uint16_t)(high << 8 | fuzz_u8(in));
}

uint32_t fuzz_u32(struct fuzz_input *in)
{
    uint32_t high = fuzz_u16(in);

    return high << 16 | fuzz_u16(in);
}

const uint8_t *fuzz_bytes(struct fuzz_input *in, size_t want, size_t *len)
{
    const uint8_t *bytes = in->ptr;

    *len = want < in->left ? want : in->left;
    in->ptr += *len;
    in->left -= *len;
    return bytes;
}

uint64_t fuzz_dur(struct fuzz_input *in)
{
    unsigned byte = fuzz_u8(in);

    return byte == 0 ? 0 : USCTP_US(8 + byte % 8) << byte / 8 >> 3;
}

/* --- Packets ---------------------------------------------------------------------------------- */

void fuzz_seal(uint8_t *packet, size_t len)
{
    if (len >= USCTP__PACKET_HEADER_LEN) {
        usctp__put32(packet + USCTP__CRC32C_OFFSET,
                     usctp__crc32c_packet(usctp__crc32c_sw, packet, len));
    }
}

static void check_zeros(const uint8_t *from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        CHECK(from[i] == 0);
    }
}

/* RFC 9260, 3.2.1: whole parameters or causes, up to the end. */
static void check_params(const uint8_t *ptr, size_t len)
{
    struct usctp__param_iter iter;
    struct usctp__param param;
    int more;

    usctp__param_iter_init(&iter, ptr, len);
    while ((more = usctp__param_next(&iter, &param)) == 1) {
    }
    CHECK(more == 0);
}

static void check_chunk(const struct usctp__chunk *chunk)
{
    struct usctp__data data;
    struct usctp__sack sack;

    switch (chunk->type) {
    case USCTP__CHUNK_DATA:
        CHECK(usctp__data_parse(&data, chunk) && data.payload_len > 0);
        break;
    case USCTP__CHUNK_I_DATA:
        CHECK(usctp__i_data_parse(&data, chunk) && data.payload_len > 0);
        break;
    case USCTP__CHUNK_SACK:
        CHECK(usctp__sack_parse(&sack, chunk) && usctp__sack_gaps_sane(&sack));
        break;
    case USCTP__CHUNK_INIT:
    case USCTP__CHUNK_INIT_ACK:
        CHECK(chunk->value_len >= 16);
        check_params(chunk->value + 16, chunk->value_len - 16);
        break;
    case USCTP__CHUNK_ABORT:
    case USCTP__CHUNK_ERROR:
    case USCTP__CHUNK_HEARTBEAT: /* its ACK holds whatever came, unchanged: RFC 9260, 8.3 */
        check_params(chunk->value, chunk->value_len);
        break;
    default:
        break;
    }
}

static bool is_data(const struct usctp__chunk *chunk)
{
    return chunk->type == USCTP__CHUNK_DATA || chunk->type == USCTP__CHUNK_I_DATA;
}

/* The function that its stack has. */
static usctp_crc32c_fn crc_of(const struct fuzz_side *side)
{
    return side->config.crc32c != NULL ? side->config.crc32c : usctp__crc32c_sw;
}

void fuzz_check_sent(const struct fuzz_side *side, const uint8_t *packet, size_t len)
{
    struct usctp__packet_header header;
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    unsigned cnt = 0;
    bool alone = false, data = false, abort_seen = false;
    int more;

    CHECK(len % 4 == 0 && usctp__packet_header_parse(&header, packet, len));
    CHECK(header.checksum == usctp__crc32c_packet(crc_of(side), packet, len) ||
          (header.checksum == 0 && (side->lower_flags & USCTP_LOWER_DTLS) != 0 &&
           packet[USCTP__PACKET_HEADER_LEN] != USCTP__CHUNK_INIT &&
           packet[USCTP__PACKET_HEADER_LEN] != USCTP__CHUNK_COOKIE_ECHO));
    CHECK(header.src_port != 0 && header.dst_port != 0);
    usctp__chunk_iter_init(&iter, packet, len);
    while ((more = usctp__chunk_next(&iter, &chunk)) == 1) {
        check_chunk(&chunk);
        check_zeros(chunk.start + chunk.len, usctp__chunk_padded_len(&chunk) - chunk.len);
        alone = alone || chunk.type == USCTP__CHUNK_INIT || chunk.type == USCTP__CHUNK_INIT_ACK ||
                chunk.type == USCTP__CHUNK_SHUTDOWN_COMPLETE;
        /* RFC 9260, 8.5.1 (A): tag 0 goes with INIT, and with it alone. */
        CHECK((chunk.type == USCTP__CHUNK_INIT) == (header.tag == 0));
        CHECK(!abort_seen);              /* 3.3.7 */
        CHECK(!data || is_data(&chunk)); /* 6.10 */
        CHECK(cnt == 0 ||
              (chunk.type != USCTP__CHUNK_COOKIE_ECHO && chunk.type != USCTP__CHUNK_COOKIE_ACK));
        abort_seen = chunk.type == USCTP__CHUNK_ABORT;
        data = is_data(&chunk);
        cnt += chunk.type != USCTP__CHUNK_AUTH; /* RFC 4895, 6.3: it may stand before COOKIE ECHO */
    }
    CHECK(more == 0 && cnt > 0);
    CHECK(!alone || cnt == 1); /* 6.10 */
}

static size_t side_send(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct fuzz_side *side = ctx;
    size_t taken = 0;

    for (; taken < n && side->room > 0; taken++) {
        struct usctp_dgram *dgram =
            (struct usctp_dgram *)(void *)((uint8_t *)dgrams + taken * stride);
        struct fuzz_packet *packet;

        fuzz_check_sent(side, dgram->data, dgram->len);
        CHECK((dgram->remote.family == USCTP_AF_NONE) == fuzz_side_no_addresses(side));
        CHECK(dgram->len <= side->max_len ||
              (dgram->flags & (USCTP_DGRAM_MAY_FRAGMENT | USCTP_DGRAM_PROBE)) != 0);
        side->out_cnt++;
        side->room -= side->room != SIZE_MAX;
        dgram->status = USCTP_DGRAM_SENT;
        if (side->unreachable) {
            dgram->status = USCTP_DGRAM_UNREACHABLE;
        } else if (side->too_big != 0 && dgram->len > side->too_big &&
                   (dgram->flags & USCTP_DGRAM_MAY_FRAGMENT) == 0) {
            dgram->status = USCTP_DGRAM_TOO_BIG;
            dgram->status_len = (uint32_t)side->too_big;
        } else if (!side->ending && side->sent_cnt < FUZZ_QUEUE_MAX) {
            packet = malloc(sizeof(*packet) + dgram->len);
            CHECK(packet != NULL);
            packet->next = NULL;
            packet->local = dgram->local.family != USCTP_AF_NONE ? dgram->local : side->addrs[0];
            packet->remote = dgram->remote;
            packet->remote_udp_port = dgram->remote_udp_port;
            packet->len = dgram->len;
            memcpy(packet->data, dgram->data, dgram->len);
            *side->sent_end = packet;
            side->sent_end = &packet->next;
            side->sent_cnt++;
        }
    }
    return taken;
}

struct fuzz_packet *fuzz_side_take(struct fuzz_side *side)
{
    struct fuzz_packet *packet = side->sent;

    if (packet != NULL) {
        side->sent = packet->next;
        side->sent_cnt--;
        if (side->sent == NULL) {
            side->sent_end = &side->sent;
        }
    }
    return packet;
}

void fuzz_side_drop(struct fuzz_side *side)
{
    struct fuzz_packet *packet;

    while ((packet = fuzz_side_take(side)) != NULL) {
        free(packet);
    }
}

/* --- Events ----------------------------------------------------------------------------------- */

static struct fuzz_conn *conn_new(struct fuzz_side *side)
{
    struct fuzz_conn *conn;

    if (side->conn_cnt == FUZZ_CONN_MAX) {
        return NULL;
    }
    conn = calloc(1, sizeof(*conn));
    CHECK(conn != NULL);
    conn->side = side;
    side->conns[side->conn_cnt++] = conn;
    return conn;
}

static int side_accept(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct fuzz_side *side = user;
    struct fuzz_conn *conn;

    CHECK(accept->size >= sizeof(*accept) && accept->endpoint != NULL);
    CHECK(side->forged || (accept->out_streams > 0 && accept->in_streams > 0));
    CHECK(accept->remote_port != 0);
    if (side->refuse) {
        return -1;
    }
    conn = conn_new(side);
    *assoc_user = conn;
    return conn == NULL ? -1 : 0;
}

static void check_bytes(const struct usctp_iov *iov, size_t iov_cnt, size_t len)
{
    uint8_t sum = 0;
    size_t total = 0;

    for (size_t i = 0; i < iov_cnt; i++) {
        const uint8_t *bytes = iov[i].base;

        for (size_t k = 0; k < iov[i].len; k++) {
            sum ^= bytes[k]; /* so that checkers see each of them read */
        }
        total += iov[i].len;
    }
    CHECK(total == len && (sum == 0 || sum != 0));
}

static void check_event(struct fuzz_conn *conn, const struct usctp_event *event)
{
    switch (event->type) {
    case USCTP_EVENT_UP:
        CHECK(!conn->up && !conn->lost);
        conn->up = true;
        break;
    case USCTP_EVENT_RESTARTED:
        CHECK(conn->up && !conn->lost);
        memset(conn->next_seq, 0, sizeof(conn->next_seq));
        memset(conn->due_seq, 0, sizeof(conn->due_seq));
        memset(conn->parts, 0, sizeof(conn->parts));
        break;
    case USCTP_EVENT_LOST:
        CHECK(!conn->lost);
        CHECK((event->u.lost.was_up != 0) == conn->up);
        check_bytes(&(struct usctp_iov){event->u.lost.causes, event->u.lost.causes_len}, 1,
                    event->u.lost.causes_len);
        conn->lost = true;
        break;
    case USCTP_EVENT_CLOSED:
        CHECK(conn->released_cnt == conn->adopted_cnt);
        conn->gone = true;
        conn->assoc = NULL;
        break;
    case USCTP_EVENT_MESSAGE:
        CHECK(conn->up && event->u.message.len > 0);
        check_bytes(event->u.message.iov, event->u.message.iov_cnt, event->u.message.len);
        conn->side->message_cnt++;
        break;
    case USCTP_EVENT_WRITABLE:
        CHECK(conn->blocked > 0);
        conn->blocked = 0;
        break;
    case USCTP_EVENT_SEND_FAILED:
        check_bytes(event->u.send_failed.iov, event->u.send_failed.iov_cnt,
                    event->u.send_failed.len);
        break;
    case USCTP_EVENT_REMOTE_ERROR:
        check_bytes(
            &(struct usctp_iov){event->u.remote_error.causes, event->u.remote_error.causes_len}, 1,
            event->u.remote_error.causes_len);
        break;
    case USCTP_EVENT_STREAMS_RESET:
        CHECK(event->u.streams_reset.flags != 0 &&
              event->u.streams_reset.result <= USCTP_RECONF_FAILED);
        check_bytes(&(struct usctp_iov){event->u.streams_reset.streams,
                                        event->u.streams_reset.stream_cnt * sizeof(uint16_t)},
                    1, event->u.streams_reset.stream_cnt * sizeof(uint16_t));
        break;
    default:
        CHECK(event->type > 0 && event->type <= USCTP_EVENT_ADAPTATION);
        break;
    }
}

static void side_event(void *user, const struct usctp_event *event)
{
    struct fuzz_side *side = user;
    struct fuzz_conn *conn = event->assoc_user;

    CHECK(!side->ending && event->stack == side->stack && event->size >= sizeof(*event));
    CHECK(conn != NULL && conn->side == side && !conn->gone && event->assoc != NULL);
    CHECK(conn->assoc == NULL || conn->assoc == event->assoc);
    conn->assoc = event->assoc;
    side->in_callback++;
    /* Not from callbacks. */
    CHECK(usctp_stack_input(side->stack, NULL, 0, sizeof(struct usctp_dgram), side->now_ts) ==
          USCTP_EBUSY);
    CHECK(usctp_stack_advance(side->stack, side->now_ts) == USCTP_EBUSY);
    check_event(conn, event);
    if (side->on_event != NULL) {
        side->on_event(side, conn, event);
    }
    side->in_callback--;
}

/* --- The stack -------------------------------------------------------------------------------- */

struct usctp_addr fuzz_addr(unsigned n, bool ipv6)
{
    static const uint8_t v4[4] = {192, 0, 2, 0}, v6[4] = {0x20, 1, 0xd, 0xb8};
    struct usctp_addr addr;

    memset(&addr, 0, sizeof(addr));
    addr.family = ipv6 ? USCTP_AF_IPV6 : USCTP_AF_IPV4;
    memcpy(addr.bytes, ipv6 ? v6 : v4, 4);
    addr.bytes[ipv6 ? 15 : 3] = (uint8_t)n;
    return addr;
}

void fuzz_side_init(struct fuzz_side *side, uint64_t seed)
{
    memset(side, 0, sizeof(*side));
    side->config = (struct usctp_config)USCTP_CONFIG_INIT;
    side->config.memory = test_memory_init(&side->memory);
    side->config.crypto = test_crypto_init(&side->crypto, seed);
    side->config.on_event = side_event;
    side->config.user = side;
    side->config.params = &side->params;
    side->config.now_ts = side->now_ts = USCTP_SEC(seed % 1000);
    CHECK(usctp_params_init(&side->params, USCTP_PRESET_PLAIN) == USCTP_OK);
    side->lower_flags = USCTP_LOWER_IPV4 | USCTP_LOWER_IPV6 | USCTP_LOWER_ECN | USCTP_LOWER_PROBES;
    side->params.reconf_allow = 7;
    side->room = SIZE_MAX;
    side->max_len = SIZE_MAX;
    side->sent_end = &side->sent;
}

bool fuzz_side_start(struct fuzz_side *side)
{
    struct usctp_lower lower = USCTP_LOWER_INIT;
    int error = usctp_stack_new(&side->config, &side->stack);

    if (error == USCTP_OK) {
        lower.flags = side->lower_flags;
        lower.send = side_send;
        error = usctp_stack_attach(side->stack, &lower, side, &side->lower);
        if (error != USCTP_OK) {
            usctp_stack_free(side->stack);
        }
    }
    if (error != USCTP_OK) {
        side->stack = NULL;
        CHECK(test_memory_leaks(&side->memory) == 0 && side->crypto.live_cnt == 0);
    }
    return error == USCTP_OK;
}

void fuzz_side_end(struct fuzz_side *side)
{
    if (side->stack == NULL) {
        return;
    }
    side->ending = true;
    for (size_t i = 0; i < side->kept_cnt; i++) {
        usctp_message_drop(side->kept[i]);
    }
    usctp_stack_free(side->stack);
    fuzz_side_drop(side);
    for (size_t i = 0; i < side->conn_cnt; i++) {
        CHECK(side->conns[i]->adopted_cnt == side->conns[i]->released_cnt);
        free(side->conns[i]);
    }
    CHECK(test_memory_leaks(&side->memory) == 0);
    CHECK(side->crypto.live_cnt == 0);
}

static void check_assoc(void *ctx, usctp_assoc *assoc)
{
    (void)ctx;
    usctp__assoc_check(assoc);
}

void fuzz_side_check(struct fuzz_side *side)
{
    CHECK(side->in_callback == 0);
    CHECK(side->memory.live_bytes <= FUZZ_MEMORY_MAX);
    usctp_stack_each_assoc(side->stack, check_assoc, NULL);
}

void fuzz_side_advance(struct fuzz_side *side, uint64_t ts)
{
    unsigned idle = 0, steps = 0;
    uint64_t due;

    while ((due = usctp_stack_next_deadline(side->stack)) <= ts && steps < 2000) {
        idle = due <= side->now_ts ? idle + 1 : 0;
        CHECK(idle < 1000); /* or time would stand still */
        side->now_ts = due > side->now_ts ? due : side->now_ts;
        CHECK(usctp_stack_advance(side->stack, side->now_ts) == USCTP_OK);
        steps++;
    }
    side->now_ts = ts > side->now_ts ? ts : side->now_ts;
    CHECK(usctp_stack_advance(side->stack, side->now_ts) == USCTP_OK);
    fuzz_side_check(side);
}

void fuzz_side_input(struct fuzz_side *side, const struct usctp_addr *local,
                     const struct usctp_addr *remote, uint16_t remote_udp_port, const uint8_t *data,
                     size_t len)
{
    /* A block of just this size, so that checkers see a read behind its end. */
    uint8_t *exact = malloc(len == 0 ? 1 : len);
    struct usctp_dgram dgram;

    CHECK(exact != NULL);
    if (len > 0) {
        memcpy(exact, data, len);
    }
    memset(&dgram, 0, sizeof(dgram));
    dgram.data = exact;
    dgram.len = len;
    dgram.local = *local;
    dgram.remote = *remote;
    dgram.local_udp_port = fuzz_side_no_addresses(side) ? 0 : FUZZ_UDP_PORT;
    dgram.remote_udp_port = remote_udp_port;
    dgram.lower = side->lower;
    dgram.ecn = len > 16 ? exact[len - 1] & 3 : 0;
    if ((side->lower_flags & USCTP_LOWER_DTLS) != 0) {
        dgram.flags = USCTP_DGRAM_CRC_VOUCHED;
        if (side->unsealed && len > 16 && (exact[len - 1] & 1) != 0) {
            memset(exact + 8, 0, 4); /* RFC 9653 */
        }
    }
    CHECK(usctp_stack_input(side->stack, &dgram, 1, sizeof(dgram), side->now_ts) == USCTP_OK);
    free(exact);
    fuzz_side_check(side);
}

/* --- What a program does ---------------------------------------------------------------------- */

usctp_endpoint *fuzz_side_endpoint(struct fuzz_side *side, uint16_t port, uint32_t flags,
                                   const struct usctp_addr *addrs, size_t addr_cnt)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    usctp_endpoint *endpoint = NULL;

    config.port = port;
    config.flags = flags;
    config.addrs = addrs;
    config.addr_cnt = addr_cnt;
    config.accept = side_accept;
    config.on_event = side_event;
    config.user = side;
    if (usctp_endpoint_new(side->stack, &config, &endpoint) != USCTP_OK) {
        CHECK(endpoint == NULL);
    }
    return endpoint;
}

struct fuzz_conn *fuzz_side_connect(struct fuzz_side *side, usctp_endpoint *endpoint,
                                    const struct usctp_peer_addr *addrs, size_t addr_cnt,
                                    uint16_t port)
{
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct fuzz_conn *conn = conn_new(side);
    usctp_assoc *assoc = NULL;

    if (conn == NULL) {
        return NULL;
    }
    connect.addrs = addrs;
    connect.addr_cnt = addr_cnt;
    connect.port = port;
    connect.user = conn;
    if (usctp_endpoint_connect(endpoint, &connect, &assoc) != USCTP_OK) {
        CHECK(assoc == NULL && conn->assoc == NULL);
        conn->gone = true;
        return NULL;
    }
    CHECK(assoc != NULL && !conn->lost);
    conn->assoc = assoc;
    return conn;
}

struct fuzz_conn *fuzz_side_import(struct fuzz_side *side, usctp_endpoint *endpoint,
                                   const uint8_t *bytes, size_t len)
{
    struct fuzz_conn *conn = conn_new(side);
    usctp_assoc *assoc = NULL;

    if (conn == NULL) {
        return NULL;
    }
    conn->up = true; /* without an event */
    if (usctp_endpoint_import(endpoint, bytes, len, 0, conn, &assoc) != USCTP_OK) {
        CHECK(assoc == NULL && conn->assoc == NULL);
        conn->gone = true;
        return NULL;
    }
    CHECK(assoc != NULL);
    if (!conn->gone) {
        conn->assoc = assoc;
    }
    return conn;
}

struct fuzz_conn *fuzz_side_conn(struct fuzz_side *side, size_t n)
{
    for (size_t i = 0; i < side->conn_cnt; i++) {
        struct fuzz_conn *conn = side->conns[(n + i) % side->conn_cnt];

        if (!conn->gone && conn->assoc != NULL) {
            return conn;
        }
    }
    return NULL;
}

/* Adopted bytes, and whose they are. */
struct adopted {
    struct fuzz_conn *conn;
    size_t len;
    uint8_t bytes[];
};

static void release(void *context, const struct usctp_iov *iov, size_t iov_cnt)
{
    struct adopted *adopted = context;

    check_bytes(iov, iov_cnt, adopted->len);
    adopted->conn->released_cnt++;
    CHECK(adopted->conn->released_cnt <= adopted->conn->adopted_cnt);
    free(adopted);
}

static int send_bytes(struct fuzz_conn *conn, const struct usctp_send_info *info,
                      const uint8_t *bytes, size_t len)
{
    struct usctp_iov iov[2] = {{bytes, len / 2}, {bytes + len / 2, len - len / 2}};
    size_t before = usctp_assoc_buffered(conn->assoc);
    int error;

    conn->blocked++; /* an event may come before the call returns */
    error = usctp_assoc_send(conn->assoc, info, iov, 2);
    if (error != USCTP_EWOULDBLOCK && conn->blocked > 0) {
        conn->blocked--;
    }
    CHECK(error == USCTP_OK || conn->assoc == NULL || usctp_assoc_buffered(conn->assoc) == before);
    return error;
}

int fuzz_conn_send(struct fuzz_conn *conn, const struct usctp_send_info *info, size_t len,
                   bool adopt)
{
    static const uint8_t zeros[FUZZ_MESSAGE_MAX];
    struct usctp_send_info mine;
    struct adopted *adopted;
    int error;

    CHECK(len <= sizeof(zeros));
    if (!adopt) {
        return send_bytes(conn, info, zeros, len);
    }
    adopted = malloc(sizeof(*adopted) + len + 1);
    CHECK(adopted != NULL);
    memset(adopted->bytes, 'a', len);
    adopted->conn = conn;
    adopted->len = len;
    mine = *info;
    mine.release = release;
    mine.context = adopted;
    conn->adopted_cnt++;
    error = send_bytes(conn, &mine, adopted->bytes, len);
    if (error != USCTP_OK) {
        conn->adopted_cnt--;
        free(adopted);
    }
    return error;
}

/* Byte i of message number seq. */
static uint8_t honest_byte(uint16_t stream, uint16_t seq, size_t i)
{
    return (uint8_t)(stream * 7 + seq * 31 + i * 13 + (i >> 8));
}

enum { HONEST_HEAD_LEN = 8 }; /* stream, number, length */

int fuzz_conn_send_honest(struct fuzz_conn *conn, uint16_t stream, size_t len, bool unordered)
{
    static uint8_t bytes[FUZZ_MESSAGE_MAX];
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    uint16_t seq = conn->next_seq[stream % 16];
    int error;

    len = len < HONEST_HEAD_LEN ? HONEST_HEAD_LEN : len;
    CHECK(len <= sizeof(bytes));
    usctp__put16(bytes, stream);
    usctp__put16(bytes + 2, seq);
    usctp__put32(bytes + 4, (uint32_t)len);
    for (size_t i = HONEST_HEAD_LEN; i < len; i++) {
        bytes[i] = honest_byte(stream, seq, i);
    }
    info.stream = stream;
    info.flags = unordered ? USCTP_SEND_UNORDERED : 0;
    info.ppid = unordered;
    error = send_bytes(conn, &info, bytes, len);
    if (error == USCTP_OK && !unordered) {
        conn->next_seq[stream % 16]++;
    }
    return error;
}

/* The first part, or the whole, of a message. */
static void honest_first(struct fuzz_conn *conn, uint16_t stream, bool unordered,
                         const uint8_t *bytes, size_t len)
{
    struct fuzz_part *part = &conn->parts[stream % 16];

    CHECK(part->have_len == 0 && len >= HONEST_HEAD_LEN);
    CHECK(usctp__get16(bytes) == stream);
    part->seq = usctp__get16(bytes + 2);
    part->len = usctp__get32(bytes + 4);
    part->have_len = HONEST_HEAD_LEN;
    if (!unordered) {
        CHECK(part->seq == conn->due_seq[stream % 16]);
        conn->due_seq[stream % 16]++;
    }
}

void fuzz_conn_honest(struct fuzz_conn *conn, const struct usctp_event *event)
{
    static uint8_t bytes[FUZZ_MESSAGE_MAX];
    size_t len = 0, i = 0;
    uint16_t stream = event->u.message.stream;
    bool unordered = (event->u.message.flags & USCTP_MESSAGE_UNORDERED) != 0;
    struct fuzz_part *part = &conn->parts[stream % 16];

    CHECK(event->u.message.len <= sizeof(bytes));
    for (size_t k = 0; k < event->u.message.iov_cnt; k++) {
        memcpy(bytes + len, event->u.message.iov[k].base, event->u.message.iov[k].len);
        len += event->u.message.iov[k].len;
    }
    CHECK((event->u.message.ppid != 0) == unordered);
    if ((event->u.message.flags & USCTP_MESSAGE_FIRST) != 0) {
        honest_first(conn, stream, unordered, bytes, len);
        i = HONEST_HEAD_LEN;
    }
    CHECK(part->have_len > 0);
    for (; i < len; i++) {
        CHECK(bytes[i] == honest_byte(stream, part->seq, part->have_len));
        part->have_len++;
    }
    CHECK(part->have_len <= part->len);
    if ((event->u.message.flags & USCTP_MESSAGE_LAST) != 0) {
        CHECK(part->have_len == part->len);
        part->have_len = 0;
    }
}

void fuzz_conn_free(struct fuzz_conn *conn)
{
    usctp_assoc *assoc = conn->assoc;

    conn->gone = true;
    conn->assoc = NULL;
    usctp_assoc_free(assoc);
}
