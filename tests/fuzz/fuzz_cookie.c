/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: state cookies. A stack that listens, or that has an association already, gives a cookie
 * for an INIT that the input chooses; the cookie comes back changed by the input, signed anew with
 * the stack's own key or not, so that what stands behind the MAC is reached too: a cookie is checked
 * as if anyone could have made it.
 */
#include <string.h>

#include "core/cookie.h"
#include "fuzz/fuzz_peer.h"
#include "stack/stack.h"
#include "wire/cookie.h"
#include "wire/packet.h"
#include "wire/param.h"

enum { STEPS_MAX = 64 };

struct target {
    struct fuzz_side side;
    struct fuzz_peer peer;
};

/* The MAC of a cookie as if the stack had made it. */
static void sign(struct target *target, uint8_t *cookie, size_t len)
{
    struct usctp__core *core = &target->side.stack->core;
    size_t signed_len = len - USCTP__COOKIE_MAC_LEN;

    if (len > USCTP__COOKIE_MAC_LEN + 2) {
        cookie[1] = core->cookies.epoch;
        (void)test_hmac(USCTP_HMAC_SHA256, core->cookies.key[0], USCTP__COOKIE_KEY_LEN, cookie,
                        signed_len, cookie + signed_len);
    }
}

/* An INIT with parameters of the input. */
static void step_init(struct target *target, struct fuzz_input *in)
{
    struct fuzz_peer *peer = &target->peer;
    struct usctp__init init = {peer->tag, peer->rwnd, 10, 65535, peer->tsn, NULL, 0};
    size_t want = fuzz_u16(in) % 1400, len;
    const uint8_t *params;
    size_t pos;

    init.tag += fuzz_u8(in);
    init.out_streams = (uint16_t)(fuzz_u8(in) * 257);
    params = fuzz_bytes(in, want, &len);
    fuzz_peer_begin(peer, 0);
    pos = usctp__init_begin(&peer->w, USCTP__CHUNK_INIT, &init);
    usctp__writer_bytes(&peer->w, params, len);
    usctp__chunk_end(&peer->w, pos);
    fuzz_peer_send(peer);
}

/* Changes some bytes: position and value, or cuts or grows it. */
static size_t change(struct fuzz_input *in, uint8_t *cookie, size_t len, size_t cap)
{
    unsigned cnt = fuzz_u8(in) % 16;

    for (unsigned i = 0; i < cnt && len > 0; i++) {
        uint16_t at = fuzz_u16(in);
        uint8_t value = fuzz_u8(in);

        if ((at & 0x8000) == 0) {
            cookie[at % len] ^= value;
        } else if ((at & 0x4000) == 0) {
            cookie[at % len] = value;
        } else if ((at & 0x2000) == 0) {
            len = at % (len + 1);
        } else {
            while (len < cap && value-- > 0) {
                cookie[len++] = 0;
            }
        }
    }
    return len;
}

/* COOKIE ECHO, with whatever the input says behind it. options: bit 0: a cookie of the input alone,
 * bit 1: signed anew, bits 2 and 3: source, bits 4 and 5: tag, bit 6: other ports, bit 7: more
 * chunks. */
static void step_echo(struct target *target, struct fuzz_input *in)
{
    struct fuzz_peer *peer = &target->peer;
    static const unsigned addr_of[4] = {0, 0, 1, 2};
    unsigned options = fuzz_u8(in);
    uint8_t cookie[2048];
    size_t len = peer->cookie_len < sizeof(cookie) ? peer->cookie_len : sizeof(cookie);
    const uint8_t *bytes;
    uint32_t tag = peer->their_tag;

    memcpy(cookie, peer->cookie, len);
    if ((options & 1) != 0) {
        bytes = fuzz_bytes(in, fuzz_u16(in) % 1300, &len);
        memcpy(cookie, bytes, len);
    } else {
        len = change(in, cookie, len, sizeof(cookie));
    }
    if ((options & 2) != 0) {
        sign(target, cookie, len);
    }
    if ((options & 0x30) == 0x20) {
        tag = fuzz_u32(in);
    } else if ((options & 0x30) == 0x30 && len >= 22) {
        tag = usctp__get32(cookie + 18); /* the one in the cookie */
    }
    fuzz_peer_begin(peer, tag);
    usctp__cookie_echo_write(&peer->w, cookie, len);
    if ((options & 0x80) != 0) {
        bytes = fuzz_bytes(in, fuzz_u8(in), &len);
        usctp__writer_bytes(&peer->w, bytes, len);
        usctp__writer_pad4(&peer->w);
    }
    CHECK(!peer->w.failed);
    if ((options & 0x40) != 0) {
        usctp__put16(peer->bytes, fuzz_u16(in));
        usctp__put16(peer->bytes + 2, FUZZ_SIDE_PORT + fuzz_u8(in) % 2);
    }
    fuzz_seal(peer->bytes, peer->w.len);
    fuzz_side_input(&target->side, &target->side.addrs[0], &peer->addrs[addr_of[options >> 2 & 3]],
                    peer->udp_port, peer->bytes, peer->w.len);
    fuzz_peer_hear(peer);
}

static void step_call(struct target *target, struct fuzz_input *in)
{
    unsigned what = fuzz_u8(in);
    struct fuzz_conn *conn = fuzz_side_conn(&target->side, what >> 4);

    target->side.refuse = (what & 8) != 0;
    if (conn == NULL) {
        return;
    }
    switch (what & 3) {
    case 0:
        (void)usctp_assoc_close(conn->assoc);
        break;
    case 1:
        fuzz_conn_free(conn);
        break;
    case 2:
        (void)fuzz_conn_send(conn, &(struct usctp_send_info)USCTP_SEND_INFO_INIT, 100, true);
        break;
    default:
        test_memory_fail_next(&target->side.memory, what >> 4);
        break;
    }
    fuzz_side_check(&target->side);
    fuzz_peer_hear(&target->peer);
}

static void step(struct target *target, struct fuzz_input *in)
{
    switch (fuzz_u8(in) & 7) {
    case 0:
        step_init(target, in);
        break;
    case 1:
        fuzz_side_advance(&target->side, target->side.now_ts + fuzz_dur(in));
        fuzz_peer_hear(&target->peer);
        break;
    case 2:
        step_call(target, in);
        break;
    case 3: /* a plain INIT, so that there is a plain cookie */
        fuzz_peer_begin(&target->peer, 0);
        fuzz_peer_put_init(&target->peer, USCTP__CHUNK_INIT);
        fuzz_peer_send(&target->peer);
        break;
    default:
        step_echo(target, in);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const enum fuzz_state states[8] = {FUZZ_LISTEN,    FUZZ_LISTEN,       FUZZ_ESTABLISHED,
                                              FUZZ_IN_FLIGHT, FUZZ_PENDING,      FUZZ_ACK_SENT,
                                              FUZZ_SENT,      FUZZ_COOKIE_ECHOED};
    struct fuzz_input in = {data, len};
    unsigned options = fuzz_u8(&in);
    struct target *target;

    if (len > 16384) {
        return 0;
    }
    target = calloc(1, sizeof(*target));
    CHECK(target != NULL);
    fuzz_side_init(&target->side, 1);
    target->side.forged = true;
    target->side.config.cookie_key_dur = USCTP_SEC(100);
    target->side.config.max_assocs = (options & 8) != 0 ? 2 : 0;
    CHECK(fuzz_side_start(&target->side));
    fuzz_peer_init(&target->peer, &target->side, (options & 16) != 0);
    target->peer.lists = (options & 32) != 0;
    fuzz_peer_reach(&target->peer, states[options & 7], (options & 64) != 0);
    for (unsigned i = 0; i < STEPS_MAX && in.left > 0; i++) {
        step(target, &in);
    }
    fuzz_side_end(&target->side);
    free(target);
    return 0;
}
