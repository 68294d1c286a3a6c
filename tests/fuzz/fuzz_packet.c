/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: packets into each state. The first bytes choose the state that the stack is brought
 * into, its parameters, and whether its lower layer has addresses; the rest is a series of steps: packets with checksum, tag and TSNs put
 * right or left as they are, from known and unknown addresses; echoes of what the stack said; time;
 * calls of the program; ICMP; failing memory.
 */
#include <string.h>

#include "fuzz/fuzz_peer.h"
#include "wire/cookie.h"
#include "wire/heartbeat.h"
#include "wire/packet.h"

enum {
    INIT_ACK_MORE_LEN = 200, /* an INIT ACK is no longer than its INIT and so much more */
    INIT_ACK_AUTH_LEN = 128, /* and our offer of authentication, told and in the cookie */
    REPLY_MORE_LEN = 32,     /* any other stateless reply */
#ifdef USCTP_NO_POOLS
    POOLS_LEN = 4096, /* tables that grew for an association that then did not come about */
#else
    POOLS_LEN = 65536, /* what an association that came and went may leave in pools */
#endif
    STEPS_MAX = 400
};

/* How the program treats messages. */
enum { TAKE, KEEP, DEFER, KEEP_TYPES };

struct target {
    struct fuzz_side side;
    struct fuzz_peer peer;
    int messages;
};

static void on_event(struct fuzz_side *side, struct fuzz_conn *conn,
                     const struct usctp_event *event)
{
    struct target *target = side->target;
    usctp_message *kept;

    (void)conn;
    if (event->type != USCTP_EVENT_MESSAGE) {
        return;
    }
    if (target->messages == KEEP && side->kept_cnt < FUZZ_KEPT_MAX) {
        kept = usctp_message_keep(event->u.message.message);
        if (kept != NULL) {
            side->kept[side->kept_cnt++] = kept;
        }
    } else if (target->messages == DEFER) {
        (void)usctp_message_defer(event->u.message.message);
    }
}

/* --- Packets ---------------------------------------------------------------------------------- */

/* Without an association nothing is kept and little is said: RFC 5062, 8 and 9. */
static void check_stateless(const struct target *target, uint64_t bytes_before, size_t len)
{
    const struct fuzz_peer *peer = &target->peer;

    CHECK(target->side.memory.live_bytes <= bytes_before + POOLS_LEN);
    CHECK(peer->heard_cnt <= 1);
    CHECK(peer->heard_len <= len + REPLY_MORE_LEN);
    CHECK(peer->init_ack_len <=
          len + INIT_ACK_MORE_LEN + (peer->auth ? (size_t)INIT_ACK_AUTH_LEN : 0));
}

static uint64_t assoc_cnt(const struct target *target)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    CHECK(usctp_stack_stats(target->side.stack, &stats) == USCTP_OK);
    return stats.curr_assocs;
}

static void input(struct target *target, unsigned source, const uint8_t *packet, size_t len)
{
    static const unsigned addr_of[4] = {0, 1, 2, 0};
    struct fuzz_peer *peer = &target->peer;
    bool stateless = assoc_cnt(target) == 0;
    uint64_t bytes = target->side.memory.live_bytes;
    uint16_t udp_port = (uint16_t)(peer->udp_port + (peer->udp_port != 0 && source == 3));

    fuzz_peer_hear(peer);
    fuzz_side_input(&target->side, &target->side.addrs[0], &peer->addrs[addr_of[source]], udp_port,
                    packet, len);
    fuzz_peer_hear(peer);
    if (stateless && assoc_cnt(target) == 0 && target->side.room == SIZE_MAX) {
        check_stateless(target, bytes, len);
    }
}

/* options: 2 bits tag, 2 bits source, bit 4: TSNs as they are, bits 5 to 7 all set: checksum as it
 * is; 5 alone: authenticated, where the peer can. */
static void step_packet(struct target *target, struct fuzz_input *in)
{
    struct fuzz_peer *peer = &target->peer;
    unsigned options = fuzz_u8(in);
    uint32_t tag = peer->their_tag;
    uint8_t packet[2048];
    size_t want = fuzz_u16(in) % 1500, len;
    const uint8_t *bytes;

    if ((options & 3) == 2) {
        tag = fuzz_u32(in);
    } else if ((options & 3) == 3) {
        tag = peer->tag;
    }
    bytes = fuzz_bytes(in, want, &len);
    fuzz_peer_begin(peer, tag);
    memcpy(packet, peer->bytes, USCTP__PACKET_HEADER_LEN);
    memcpy(packet + USCTP__PACKET_HEADER_LEN, bytes, len);
    len += USCTP__PACKET_HEADER_LEN;
    if (len > USCTP__PACKET_HEADER_LEN && packet[USCTP__PACKET_HEADER_LEN] == USCTP__CHUNK_INIT &&
        (options & 3) < 2) {
        usctp__put32(packet + 4, 0); /* RFC 9260, 8.5.1 (A) */
    }
    if ((options & 0x10) == 0) {
        fuzz_peer_shift(peer, packet, len);
    }
    if ((options & 0xe0) == 0x20 && peer->asconf) {
        len = fuzz_peer_sign(peer, packet, len);
    }
    if ((options & 0xe0) != 0xe0) {
        fuzz_seal(packet, len);
    }
    input(target, options >> 2 & 3, packet, len);
}

/* What the stack said comes back, in one way or another. */
static void step_echo(struct target *target, struct fuzz_input *in)
{
    struct fuzz_peer *peer = &target->peer;
    unsigned what = fuzz_u8(in);
    unsigned source = what >> 6;
    size_t len = peer->last_len;
    uint8_t packet[FUZZ_PEER_LEN];
    uint16_t port;

    switch (what & 3) {
    case 0:
        fuzz_peer_begin(peer, peer->their_tag);
        usctp__cookie_echo_write(&peer->w, peer->cookie, peer->cookie_len);
        break;
    case 1:
        fuzz_peer_begin(peer, peer->their_tag);
        usctp__heartbeat_write(&peer->w, USCTP__CHUNK_HEARTBEAT_ACK, peer->nonce, peer->nonce_len);
        break;
    case 2: /* reflected, with its ports turned round or not */
        if (len < USCTP__PACKET_HEADER_LEN) {
            return;
        }
        memcpy(packet, peer->last, len);
        if ((what & 4) != 0) {
            port = usctp__get16(packet);
            usctp__put16(packet, usctp__get16(packet + 2));
            usctp__put16(packet + 2, port);
        }
        fuzz_seal(packet, len);
        input(target, source, packet, len);
        return;
    default: /* a cookie of an earlier life with another tag */
        fuzz_peer_begin(peer, fuzz_u32(in));
        usctp__cookie_echo_write(&peer->w, peer->cookie, peer->cookie_len);
        break;
    }
    if (!peer->w.failed) {
        len = peer->w.len;
        fuzz_seal(peer->bytes, len);
        memcpy(packet, peer->bytes, len);
        input(target, source, packet, len);
    }
}

static void step_icmp(struct target *target, struct fuzz_input *in)
{
    struct fuzz_peer *peer = &target->peer;
    struct usctp_icmp icmp = USCTP_ICMP_INIT;
    unsigned options = fuzz_u8(in);
    uint8_t *quote;

    icmp.kind = (int)(options % 5);
    icmp.mtu = fuzz_u16(in);
    icmp.local = target->side.addrs[0];
    icmp.remote = (options & 0x40) != 0 ? peer->addrs[2] : peer->last_remote;
    icmp.local_udp_port = FUZZ_UDP_PORT;
    icmp.remote_udp_port = peer->udp_port;
    icmp.lower = target->side.lower;
    icmp.quote_len = fuzz_u8(in);
    icmp.quote_len = icmp.quote_len < peer->last_len ? icmp.quote_len : peer->last_len;
    quote = malloc(icmp.quote_len + 1);
    CHECK(quote != NULL);
    memcpy(quote, peer->last, icmp.quote_len);
    if ((options & 0x80) != 0 && icmp.quote_len > 0) {
        quote[fuzz_u8(in) % icmp.quote_len] ^= fuzz_u8(in);
    }
    icmp.quote = quote;
    CHECK(usctp_stack_input_icmp(target->side.stack, &icmp, target->side.now_ts) == USCTP_OK);
    free(quote);
    fuzz_peer_hear(peer);
}

/* --- The program ------------------------------------------------------------------------------ */

static void drop_kept(struct fuzz_side *side)
{
    if (side->kept_cnt > 0) {
        usctp_message_drop(side->kept[--side->kept_cnt]);
    }
}

static void call_reconf(struct fuzz_conn *conn, unsigned arg)
{
    static const uint16_t streams[] = {0, 3, 1};

    switch (arg & 3) {
    case 0:
        (void)usctp_assoc_reset(conn->assoc);
        break;
    case 1:
        (void)usctp_assoc_add_streams(conn->assoc, (uint16_t)(arg >> 2 & 3),
                                      (uint16_t)(arg >> 4 & 3));
        break;
    default:
        (void)usctp_assoc_reset_streams(conn->assoc, 1 + (arg >> 2) % 3, streams, arg >> 4 & 3);
        break;
    }
}

static void call_addresses(const struct fuzz_side *side, struct fuzz_conn *conn, unsigned arg)
{
    struct usctp_address_change changes[2];

    memset(changes, 0, sizeof(changes));
    for (unsigned i = 0; i < 2; i++) {
        changes[i].what = (int)(1 + (arg >> 3 * i & 7) % 3);
        changes[i].wildcard = (arg >> 3 * i & 4) != 0;
        changes[i].addr = side->addrs[(arg + i) % FUZZ_ADDRS];
    }
    (void)usctp_assoc_change_addresses(conn->assoc, changes, 1 + (arg >> 6 & 1));
}

static void step_call(struct target *target, struct fuzz_input *in)
{
    struct fuzz_side *side = &target->side;
    unsigned what = fuzz_u8(in), arg = fuzz_u8(in);
    struct fuzz_conn *conn = fuzz_side_conn(side, what >> 4);
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    if (conn == NULL) {
        return;
    }
    switch (what % 12) {
    case 0:
    case 1:
    case 2:
        info.stream = (uint16_t)(arg % 11);
        info.flags = (uint16_t)(arg >> 5);
        info.lifetime_dur = arg == 77 ? USCTP_MS(10) : 0;
        if (info.lifetime_dur == 0 && arg % 3 == 0) {
            info.pr_policy = (uint16_t)(USCTP_PR_RETRANSMITS + (arg & 1));
            info.pr_value = arg % 4;
        }
        (void)fuzz_conn_send(conn, &info, 1 + (size_t)arg * (size_t)arg, (what & 4) != 0);
        break;
    case 3:
        (void)usctp_assoc_close(conn->assoc);
        break;
    case 4:
        (void)usctp_assoc_abort(conn->assoc, "reason", arg % 7);
        break;
    case 5:
        fuzz_conn_free(conn);
        break;
    case 6:
        usctp_assoc_pause(conn->assoc);
        break;
    case 7:
        usctp_assoc_resume(conn->assoc);
        break;
    case 8:
        drop_kept(side);
        break;
    case 9:
        target->messages = (int)(arg % KEEP_TYPES);
        break;
    case 10:
        if (arg >= 128) {
            call_reconf(conn, arg - 128);
        } else {
            (void)usctp_path_heartbeat(conn->assoc, arg % 4);
        }
        break;
    default:
        if (arg >= 128) {
            call_addresses(side, conn, arg - 128);
        } else {
            (void)usctp_path_set_primary(conn->assoc, 1 + arg % 3);
        }
        break;
    }
    fuzz_side_check(side);
    fuzz_peer_hear(&target->peer);
}

static void step_lower(struct target *target, struct fuzz_input *in)
{
    struct fuzz_side *side = &target->side;
    unsigned what = fuzz_u8(in);

    switch (what & 3) {
    case 0:
        test_memory_fail_next(&side->memory, what >> 2);
        break;
    case 1:
        side->room = what >> 2;
        break;
    case 2:
        side->room = SIZE_MAX;
        CHECK(usctp_stack_writable(side->stack, side->lower, side->now_ts) == USCTP_OK);
        break;
    default:
        side->too_big = (what >> 2) * (size_t)32;
        break;
    }
    fuzz_peer_hear(&target->peer);
}

/* --- All of it -------------------------------------------------------------------------------- */

static void step(struct target *target, struct fuzz_input *in)
{
    switch (fuzz_u8(in) & 7) {
    case 3:
        fuzz_side_advance(&target->side, target->side.now_ts + fuzz_dur(in));
        fuzz_peer_hear(&target->peer);
        break;
    case 4:
        step_echo(target, in);
        break;
    case 5:
        step_call(target, in);
        break;
    case 6:
        step_icmp(target, in);
        break;
    case 7:
        step_lower(target, in);
        break;
    default:
        step_packet(target, in);
        break;
    }
}

/* A first reply, so that the memory to send with is there before it is counted. */
static void warm_up(struct fuzz_peer *peer)
{
    fuzz_peer_begin(peer, 1);
    usctp__heartbeat_write(&peer->w, USCTP__CHUNK_HEARTBEAT, "", 0);
    fuzz_peer_send(peer);
    CHECK(peer->heard_cnt == 1);
}

static void configure(struct target *target, bool no_addresses, unsigned options, unsigned more)
{
    struct usctp_params *params = &target->side.params;

    if ((options & 0x08) != 0) {
        params->receive_window = 1500;
        params->receive_memory = 3000;
        params->send_buffer = 20000;
    }
    if ((options & 0x10) != 0) {
        params->partial_delivery_point = 150;
    }
    if (no_addresses) {
        target->side.lower_flags = USCTP_LOWER_NO_ADDRESSES; /* RFC 8261 */
        target->side.lower_flags |= (options & 0x20) != 0 ? USCTP_LOWER_DTLS : 0u;
    } else if ((options & 0x20) != 0) {
        target->side.lower_flags |= USCTP_LOWER_RAW;
        target->side.config.flags |= USCTP_CONFIG_CLAIM_HOST;
    }
    if ((options & 0x40) != 0) {
        params->max_packet = 512;
        params->max_message = 100000;
    }
    params->sack_delay_dur = (more & 1) != 0 ? 0 : USCTP_MS(200);
    params->max_burst = (more & 2) != 0 ? 0 : 4;
    params->max_in_streams = (more & 4) != 0 ? 2 : 65535;
    params->flags |= (more & 8) != 0 ? (uint32_t)USCTP_PARAM_NAGLE : 0;
    params->flags |= (more & 16) != 0 ? (uint32_t)USCTP_PARAM_DRY_EVENTS : 0;
    params->autoclose_dur = (more & 32) != 0 ? USCTP_SEC(5) : 0;
    target->side.max_len =
        (USCTP__MAX(params->max_packet, params->search_max_packet) + 3) & ~(size_t)3;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    unsigned first = fuzz_u8(&in);
    bool no_addresses = (first & 0x80) != 0;
    unsigned state = (first & 0x3f) % FUZZ_STATE_CNT;
    unsigned options = fuzz_u8(&in);
    unsigned more = fuzz_u8(&in);
    unsigned extra = (first & 0x3f) / FUZZ_STATE_CNT;
    bool auth = (extra & 1) != 0, asconf = extra == 3;
    struct target *target;

    if (len > 16384) {
        return 0;
    }
    target = calloc(1, sizeof(*target));
    CHECK(target != NULL);
    fuzz_side_init(&target->side, more);
    target->side.target = target;
    target->side.on_event = on_event;
    configure(target, no_addresses, options, more);
    target->side.params.extensions |= auth ? (uint32_t)USCTP_EXT_AUTH : 0;
    target->side.params.extensions |= asconf ? (uint32_t)USCTP_EXT_ASCONF : 0;
    CHECK(fuzz_side_start(&target->side));
    fuzz_peer_init(&target->peer, &target->side, (options & 4) != 0);
    target->peer.auth = auth;
    target->peer.asconf = asconf;
    target->peer.lists = !no_addresses && (options & 2) != 0;
    target->peer.interleaves = (first & 0x40) != 0;
    if ((more & 64) != 0) {
        target->peer.tsn = 0xfffffffe;
    }
    warm_up(&target->peer);
    fuzz_peer_reach(&target->peer, (enum fuzz_state)state, (options & 1) != 0);
    target->side.unsealed = true; /* the peer that set up the association sealed all it sent */
    target->messages = (options & 0x80) != 0 ? KEEP : TAKE;
    for (unsigned i = 0; i < STEPS_MAX && in.left > 0; i++) {
        step(target, &in);
    }
    /* Whatever happened: in the end it comes to rest. */
    if ((more & 128) != 0) {
        fuzz_side_advance(&target->side, target->side.now_ts + USCTP_SEC(3600));
    }
    fuzz_side_end(&target->side);
    free(target);
    return 0;
}
