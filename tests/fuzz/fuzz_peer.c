/* SPDX-License-Identifier: BSD-3-Clause */
/* A peer made by hand for the fuzz targets. */
#include "fuzz/fuzz_peer.h"

#include <string.h>

#include "wire/auth.h"
#include "wire/cookie.h"
#include "wire/data.h"
#include "wire/heartbeat.h"
#include "wire/packet.h"
#include "wire/param.h"
#include "wire/sack.h"
#include "wire/shutdown.h"

void fuzz_peer_init(struct fuzz_peer *peer, struct fuzz_side *side, bool ipv6)
{
    bool none = fuzz_side_no_addresses(side);

    memset(peer, 0, sizeof(*peer));
    peer->side = side;
    for (unsigned i = 0; i < FUZZ_ADDRS && !none; i++) {
        side->addrs[i] = fuzz_addr(1 + i, ipv6);
    }
    for (unsigned i = 0; i < FUZZ_PEER_ADDRS && !none; i++) {
        peer->addrs[i] = fuzz_addr(101 + i, ipv6 != (i == 3));
    }
    peer->udp_port = none || (side->lower_flags & USCTP_LOWER_RAW) != 0 ? 0 : FUZZ_UDP_PORT;
    peer->tag = 0x11223344;
    peer->tsn = 1000;
    peer->rwnd = 100000;
    peer->their_port = FUZZ_SIDE_PORT;
}

/* --- Packets ---------------------------------------------------------------------------------- */

void fuzz_peer_begin(struct fuzz_peer *peer, uint32_t tag)
{
    struct usctp__packet_header header = {FUZZ_PEER_PORT, peer->their_port, tag, 0};

    peer->w = usctp__writer_make(peer->bytes, sizeof(peer->bytes));
    usctp__packet_header_write(&peer->w, &header);
}

void fuzz_peer_send(struct fuzz_peer *peer)
{
    CHECK(!peer->w.failed);
    fuzz_seal(peer->bytes, peer->w.len);
    fuzz_side_input(peer->side, &peer->side->addrs[0], &peer->addrs[0], peer->udp_port, peer->bytes,
                    peer->w.len);
    fuzz_peer_hear(peer);
}

/* The key vector of what was just written. */
static void remember(struct fuzz_peer *peer, uint8_t type, size_t pos)
{
    struct usctp__chunk chunk;
    struct usctp__init init;
    struct usctp__init_params params;

    CHECK(usctp__chunk_parse(&chunk, peer->bytes + pos, peer->w.len - pos) == 1);
    CHECK(usctp__init_parse(&init, &chunk) && usctp__init_params_parse(&params, type, &init));
    usctp__auth_peer_vector(&params, &peer->mine);
}

void fuzz_peer_put_init(struct fuzz_peer *peer, uint8_t type)
{
    struct usctp__init init = {peer->tag, peer->rwnd, 10, 65535, peer->tsn, NULL, 0};
    size_t pos = usctp__init_begin(&peer->w, type, &init);

    if (type == USCTP__CHUNK_INIT_ACK) {
        usctp__param_write(&peer->w, USCTP__PARAM_STATE_COOKIE, "a cookie", 8);
    }
    if (peer->lists) {
        usctp__param_write_addr(&peer->w, &peer->addrs[1]);
        usctp__param_write_addr(&peer->w, &peer->addrs[3]);
    }
    if (peer->asconf) {
        usctp__init_write_extensions(&peer->w, (const uint8_t *)"\xc0\x82\xc1\x80\x0f\x40\xc2",
                                     peer->interleaves ? 7 : 5);
    } else {
        usctp__init_write_extensions(&peer->w, (const uint8_t *)"\xc0\x82\x40\xc2",
                                     peer->interleaves ? 4 : 2);
    }
    usctp__param_write(&peer->w, USCTP__PARAM_FORWARD_TSN, NULL, 0);
    usctp__param_write(&peer->w, USCTP__PARAM_ECN_CAPABLE, NULL, 0);
    usctp__param_write(&peer->w, USCTP__PARAM_ZERO_CHECKSUM, "\0\0\0\1", 4);
    if (peer->asconf) {
        usctp__init_write_adaptation(&peer->w, 7);
    }
    if (peer->auth) {
        usctp__param_write(&peer->w, USCTP__PARAM_RANDOM, "0123456789abcdef0123456789abcdef", 32);
        usctp__param_write(&peer->w, USCTP__PARAM_CHUNK_LIST, "\0\4\x40\xc2", 4);
        usctp__param_write(&peer->w, USCTP__PARAM_HMAC_ALGO, "\0\3\0\1", 4);
    }
    usctp__chunk_end(&peer->w, pos);
    if (peer->auth) {
        remember(peer, type, pos);
    }
}

size_t fuzz_peer_sign(const struct fuzz_peer *peer, uint8_t *packet, size_t len)
{
    enum { AT = USCTP__PACKET_HEADER_LEN, MAC_LEN = 32, AUTH_LEN = 8 + MAC_LEN };
    static const uint8_t head[8] = {USCTP__CHUNK_AUTH, 0, 0, AUTH_LEN, 0, 0, 0, USCTP_HMAC_SHA256};
    uint8_t key[2 * USCTP__AUTH_VECTOR_MAX];
    size_t key_len = usctp__auth_join(&peer->mine, &peer->theirs, NULL, 0, key);

    memmove(packet + AT + AUTH_LEN, packet + AT, len - AT);
    memcpy(packet + AT, head, sizeof(head));
    memset(packet + AT + sizeof(head), 0, MAC_LEN);
    len += AUTH_LEN;
    (void)test_hmac(USCTP_HMAC_SHA256, key, key_len, packet + AT, len - AT,
                    packet + AT + sizeof(head));
    return len;
}

void fuzz_peer_put_data(struct fuzz_peer *peer, uint8_t flags, uint32_t offset, uint16_t sid,
                        uint16_t ssn, size_t len)
{
    struct usctp__data data = {0};
    uint8_t *payload;

    data.tsn = peer->tsn + offset;
    data.sid = sid;
    data.ssn = ssn;
    data.flags = flags;
    data.payload_len = len;
    data.fsn = offset;
    payload = peer->interleaves ? usctp__i_data_write(&peer->w, &data)
                                : usctp__data_write(&peer->w, &data);
    CHECK(payload != NULL);
    memset(payload, 'p', len);
}

struct one_gap {
    uint16_t from, to;
};

static bool next_gap(void *ctx, struct usctp__gap *gap)
{
    struct one_gap *one = ctx;

    if (one->from == 0) {
        return false;
    }
    gap->start = one->from;
    gap->end = one->to;
    one->from = 0;
    return true;
}

void fuzz_peer_put_sack(struct fuzz_peer *peer, uint32_t acked, uint32_t rwnd, uint16_t from,
                        uint16_t to)
{
    struct one_gap gap = {from, to};
    struct usctp__sack_source source = {0};

    source.cum_tsn = peer->their_tsn - 1 + acked;
    source.a_rwnd = rwnd;
    source.next_gap = next_gap;
    source.ctx = &gap;
    usctp__sack_write(&peer->w, &source);
}

static void shift(uint8_t *ptr, uint32_t by)
{
    usctp__put32(ptr, usctp__get32(ptr) + by);
}

/* RFC 6525, 4: requests of the peer by its numbers, responses by ours. */
static void shift_reconf(const struct fuzz_peer *peer, uint8_t *packet,
                         const struct usctp__chunk *chunk)
{
    struct usctp__param_iter iter;
    struct usctp__param param;

    usctp__param_iter_init(&iter, chunk->value, chunk->value_len);
    while (usctp__param_next(&iter, &param) == 1) {
        uint8_t *value = packet + (param.value - packet);
        bool response = param.type == USCTP__PARAM_RECONF_RESPONSE;

        if (param.value_len >= 4) {
            shift(value, response ? peer->their_tsn : peer->tsn);
        }
        if (param.type == USCTP__PARAM_OUT_RESET_REQUEST && param.value_len >= 12) {
            shift(value + 4, peer->their_tsn - 1);
            shift(value + 8, peer->tsn - 1);
        }
    }
}

void fuzz_peer_shift(const struct fuzz_peer *peer, uint8_t *packet, size_t len)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;

    usctp__chunk_iter_init(&iter, packet, len);
    while (usctp__chunk_next(&iter, &chunk) == 1) {
        uint8_t *value = packet + (chunk.value - packet);

        if (chunk.value_len < 4) {
            continue;
        }
        if (chunk.type == USCTP__CHUNK_DATA || chunk.type == USCTP__CHUNK_I_DATA ||
            chunk.type == USCTP__CHUNK_FORWARD_TSN || chunk.type == USCTP__CHUNK_I_FORWARD_TSN) {
            shift(value, peer->tsn);
        } else if (chunk.type == USCTP__CHUNK_RECONF) {
            shift_reconf(peer, packet, &chunk);
        } else if (chunk.type == USCTP__CHUNK_ASCONF) {
            shift(value, peer->tsn);
        } else if (chunk.type == USCTP__CHUNK_ASCONF_ACK) {
            shift(value, peer->their_tsn);
        } else if (chunk.type == USCTP__CHUNK_SACK || chunk.type == USCTP__CHUNK_SHUTDOWN) {
            shift(value, peer->their_tsn - 1);
        }
    }
}

/* --- Listening -------------------------------------------------------------------------------- */

static void learn_init(struct fuzz_peer *peer, const struct usctp__chunk *chunk)
{
    struct usctp__init init;
    struct usctp__init_params params;

    CHECK(usctp__init_parse(&init, chunk));
    CHECK(usctp__init_params_parse(&params, chunk->type, &init));
    CHECK(params.addr_cnt == 0 || !fuzz_side_no_addresses(peer->side)); /* RFC 8261, 6.1 */
    usctp__auth_peer_vector(&params, &peer->theirs);
    peer->their_tag = init.tag;
    peer->their_tsn = init.tsn;
    if (chunk->type == USCTP__CHUNK_INIT_ACK) {
        CHECK(params.cookie.len <= sizeof(peer->cookie));
        memcpy(peer->cookie, params.cookie.ptr, params.cookie.len);
        peer->cookie_len = params.cookie.len;
    }
}

static void learn(struct fuzz_peer *peer, const struct fuzz_packet *packet)
{
    struct usctp__packet_header header;
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    struct usctp__range info;
    bool init_ack = false;

    CHECK(usctp__packet_header_parse(&header, packet->data, packet->len));
    usctp__chunk_iter_init(&iter, packet->data, packet->len);
    while (usctp__chunk_next(&iter, &chunk) == 1) {
        switch (chunk.type) {
        case USCTP__CHUNK_INIT:
            peer->their_port = header.src_port;
            learn_init(peer, &chunk);
            break;
        case USCTP__CHUNK_INIT_ACK:
            init_ack = true;
            learn_init(peer, &chunk);
            break;
        case USCTP__CHUNK_HEARTBEAT:
            CHECK(usctp__heartbeat_parse(&info, &chunk) && info.len <= sizeof(peer->nonce));
            memcpy(peer->nonce, info.ptr, info.len);
            peer->nonce_len = info.len;
            break;
        default:
            break;
        }
    }
    if (init_ack) {
        peer->init_ack_len += packet->len;
    } else {
        peer->heard_len += packet->len;
    }
    peer->heard_cnt++;
    peer->last_len = packet->len < sizeof(peer->last) ? packet->len : sizeof(peer->last);
    memcpy(peer->last, packet->data, peer->last_len);
    peer->last_remote = packet->remote;
}

void fuzz_peer_hear(struct fuzz_peer *peer)
{
    struct fuzz_packet *packet;

    peer->heard_cnt = 0;
    peer->heard_len = 0;
    peer->init_ack_len = 0;
    while ((packet = fuzz_side_take(peer->side)) != NULL) {
        learn(peer, packet);
        free(packet);
    }
}

/* --- States ----------------------------------------------------------------------------------- */

static void expect_state(const struct fuzz_peer *peer, enum usctp_assoc_state state)
{
    CHECK(peer->conn != NULL && peer->conn->assoc != NULL);
    CHECK(usctp_assoc_state(peer->conn->assoc) == state);
}

static void connect_out(struct fuzz_peer *peer)
{
    struct usctp_peer_addr addrs[2];
    size_t cnt = peer->lists ? 2 : 1;

    memset(addrs, 0, sizeof(addrs));
    for (unsigned i = 0; i < 2; i++) {
        addrs[i].addr = peer->addrs[i];
        addrs[i].udp_port = peer->udp_port;
    }
    if (fuzz_side_no_addresses(peer->side)) {
        cnt = 0;
    }
    peer->conn = fuzz_side_connect(peer->side, peer->endpoint, addrs, cnt, FUZZ_PEER_PORT);
    CHECK(peer->conn != NULL);
    fuzz_peer_hear(peer);
}

static void answer_init(struct fuzz_peer *peer)
{
    fuzz_peer_begin(peer, peer->their_tag);
    fuzz_peer_put_init(peer, USCTP__CHUNK_INIT_ACK);
    fuzz_peer_send(peer);
}

static void connect_in(struct fuzz_peer *peer)
{
    fuzz_peer_begin(peer, 0);
    fuzz_peer_put_init(peer, USCTP__CHUNK_INIT);
    fuzz_peer_send(peer);
    CHECK(peer->cookie_len > 0);
    fuzz_peer_begin(peer, peer->their_tag);
    usctp__cookie_echo_write(&peer->w, peer->cookie, peer->cookie_len);
    fuzz_peer_send(peer);
    peer->conn = fuzz_side_conn(peer->side, 0);
}

static void establish(struct fuzz_peer *peer, bool active)
{
    if (active) {
        connect_out(peer);
        answer_init(peer);
        fuzz_peer_begin(peer, peer->their_tag);
        usctp__cookie_ack_write(&peer->w);
        fuzz_peer_send(peer);
    } else {
        connect_in(peer);
    }
    expect_state(peer, USCTP_STATE_ESTABLISHED);
}

static void send_some(struct fuzz_peer *peer)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    for (unsigned i = 0; i < 12; i++) {
        info.stream = (uint16_t)(i % 3);
        CHECK(fuzz_conn_send(peer->conn, &info, i == 11 ? 3000 : 700, i % 4 == 3) == USCTP_OK);
    }
    fuzz_peer_hear(peer);
}

static void say_sack(struct fuzz_peer *peer, uint32_t acked, uint32_t rwnd, uint16_t from,
                     uint16_t to)
{
    fuzz_peer_begin(peer, peer->their_tag);
    fuzz_peer_put_sack(peer, acked, rwnd, from, to);
    fuzz_peer_send(peer);
}

static void say_shutdown(struct fuzz_peer *peer)
{
    fuzz_peer_begin(peer, peer->their_tag);
    usctp__shutdown_write(&peer->w, peer->their_tsn - 1);
    fuzz_peer_send(peer);
}

/* Fragments of a message with one missing, a whole one behind a hole, and one on another stream. */
static void say_holes(struct fuzz_peer *peer)
{
    fuzz_peer_begin(peer, peer->their_tag);
    fuzz_peer_put_data(peer, USCTP__DATA_FLAG_BEGIN, 1, 0, 1, 100);
    fuzz_peer_put_data(peer, 0, 2, 0, 1, 100);
    fuzz_peer_put_data(peer, USCTP__DATA_FLAG_END, 4, 0, 1, 100);
    fuzz_peer_put_data(peer, USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END, 6, 1, 1, 50);
    fuzz_peer_put_data(peer,
                       USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END | USCTP__DATA_FLAG_UNORDERED,
                       8, 2, 0, 10);
    fuzz_peer_send(peer);
}

void fuzz_peer_reach(struct fuzz_peer *peer, enum fuzz_state state, bool active)
{
    if (state == FUZZ_NOBODY) {
        return;
    }
    peer->endpoint = fuzz_side_endpoint(peer->side, FUZZ_SIDE_PORT,
                                        state == FUZZ_SILENT ? 0 : USCTP_ENDPOINT_LISTEN, NULL, 0);
    CHECK(peer->endpoint != NULL);
    switch (state) {
    case FUZZ_COOKIE_WAIT:
        connect_out(peer);
        expect_state(peer, USCTP_STATE_COOKIE_WAIT);
        break;
    case FUZZ_COOKIE_ECHOED:
        connect_out(peer);
        answer_init(peer);
        expect_state(peer, USCTP_STATE_COOKIE_ECHOED);
        break;
    case FUZZ_ESTABLISHED:
        establish(peer, active);
        break;
    case FUZZ_IN_FLIGHT:
        establish(peer, active);
        send_some(peer);
        break;
    case FUZZ_NO_WINDOW:
        establish(peer, active);
        send_some(peer);
        say_sack(peer, 1, 0, 0, 0);
        break;
    case FUZZ_RECOVERY:
        establish(peer, active);
        send_some(peer);
        for (uint16_t i = 0; i < 3; i++) {
            say_sack(peer, 0, peer->rwnd, 2, (uint16_t)(2 + i));
        }
        break;
    case FUZZ_HOLES:
        establish(peer, active);
        say_holes(peer);
        break;
    case FUZZ_PENDING:
        establish(peer, active);
        send_some(peer);
        CHECK(usctp_assoc_close(peer->conn->assoc) == USCTP_OK);
        expect_state(peer, USCTP_STATE_SHUTDOWN_PENDING);
        break;
    case FUZZ_SENT:
        establish(peer, active);
        CHECK(usctp_assoc_close(peer->conn->assoc) == USCTP_OK);
        expect_state(peer, USCTP_STATE_SHUTDOWN_SENT);
        break;
    case FUZZ_RECEIVED:
        establish(peer, active);
        send_some(peer);
        say_shutdown(peer);
        expect_state(peer, USCTP_STATE_SHUTDOWN_RECEIVED);
        break;
    case FUZZ_ACK_SENT:
        establish(peer, active);
        say_shutdown(peer);
        expect_state(peer, USCTP_STATE_SHUTDOWN_ACK_SENT);
        break;
    default:
        break;
    }
    fuzz_peer_hear(peer);
}
