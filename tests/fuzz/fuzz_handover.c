/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: associations that are handed over. A string of the input, or that of an association with a peer made
 * by hand, changed by the input, gets the right length and checksum and is imported: what is refused changes
 * nothing, and what is taken lives as any association does, whatever it says.
 */
#include <string.h>

#include "base/crc32c.h"
#include "fuzz/fuzz_peer.h"

enum {
    STEPS_MAX = 48,
    STRING_MAX = 1 << 16,
    /* Places in a string: the length, our SCTP port, our tag. */
    LEN_AT = 12,
    PORT_AT = 24,
    TAG_AT = 28
};

struct target {
    struct fuzz_side side;
    struct fuzz_peer peer;
    uint8_t string[STRING_MAX];
    size_t len;
};

static void seal(struct target *target)
{
    uint8_t *string = target->string;
    size_t len = target->len;

    if (len >= TAG_AT + 4) {
        memcpy(string, "usctp-ho", 8);
        usctp__put32(string + LEN_AT, (uint32_t)len);
        usctp__put32(string + len - 4, usctp__crc32c_zeroed(usctp__crc32c_sw, string, len - 4));
    }
}

/* A string as it stands in the input; its association is one of the endpoint's port. */
static void take_string(struct target *target, struct fuzz_input *in)
{
    const uint8_t *bytes = fuzz_bytes(in, fuzz_u16(in), &target->len);

    memcpy(target->string, bytes, target->len);
    if (target->len >= TAG_AT + 4) {
        usctp__put16(target->string + PORT_AT, FUZZ_SIDE_PORT);
        target->peer.their_tag = usctp__get32(target->string + TAG_AT);
    }
}

/* That of the association that lives: after some traffic, if it is quiet then. */
static void make_string(struct target *target, struct fuzz_input *in)
{
    struct fuzz_peer *peer = &target->peer;
    unsigned traffic = fuzz_u8(in);

    for (unsigned i = 0; i < (traffic & 3); i++) {
        fuzz_peer_begin(peer, peer->their_tag);
        fuzz_peer_put_data(peer, USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END, i,
                           (uint16_t)(traffic >> 2 & 7), (uint16_t)i, 10);
        fuzz_peer_send(peer);
    }
    if (peer->conn->assoc == NULL) {
        return;
    }
    if ((traffic & 0x20) != 0) {
        (void)usctp_stream_set_value(peer->conn->assoc, (uint16_t)(traffic >> 4), 9);
        (void)usctp_stream_set_low_water(peer->conn->assoc, (uint16_t)(traffic >> 4), 9);
    }
    fuzz_side_advance(&target->side, target->side.now_ts + USCTP_MS(300));
    fuzz_peer_hear(peer);
    if (peer->conn->assoc != NULL && usctp_assoc_export(peer->conn->assoc, target->string,
                                                        STRING_MAX, &target->len) != USCTP_OK) {
        target->len = 0;
    }
}

/* Changes some bytes: position and value; or cuts it, or repeats a part at its end. */
static void change(struct target *target, struct fuzz_input *in)
{
    unsigned cnt = fuzz_u8(in) % 24;

    for (unsigned i = 0; i < cnt && target->len > 40; i++) {
        uint16_t at = fuzz_u16(in);
        uint8_t value = fuzz_u8(in);

        if ((at & 0x8000) == 0) {
            target->string[at % target->len] ^= value;
        } else if ((at & 0x4000) == 0) {
            target->string[at % target->len] = value;
        } else if ((at & 0x2000) == 0) {
            target->len = at % (target->len + 1);
        } else if (target->len + 256 < STRING_MAX) {
            size_t from = at % (target->len - 4);
            size_t len = value < target->len - from ? value : target->len - from;

            memmove(target->string + target->len - 4, target->string + from, len);
            target->len += len;
        }
    }
}

static void step_packet(struct target *target, struct fuzz_input *in)
{
    struct fuzz_peer *peer = &target->peer;
    const uint8_t *bytes;
    size_t len;

    fuzz_peer_begin(peer, peer->their_tag);
    bytes = fuzz_bytes(in, fuzz_u8(in), &len);
    usctp__writer_bytes(&peer->w, bytes, len);
    usctp__writer_pad4(&peer->w);
    fuzz_peer_send(peer);
}

static void step(struct target *target, struct fuzz_input *in)
{
    struct fuzz_side *side = &target->side;
    unsigned what = fuzz_u8(in);
    struct fuzz_conn *conn = fuzz_side_conn(side, 0);
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    switch (what & 7) {
    case 0:
    case 1:
        step_packet(target, in);
        break;
    case 2:
        fuzz_side_advance(side, side->now_ts + fuzz_dur(in));
        fuzz_peer_hear(&target->peer);
        break;
    case 3:
    case 4:
        info.stream = (uint16_t)(what >> 3);
        if (conn != NULL) {
            (void)fuzz_conn_send(conn, &info, 1 + fuzz_u8(in) * 20u, (what & 0x40) != 0);
        }
        break;
    case 5:
        if (conn != NULL &&
            usctp_assoc_export(conn->assoc, target->string, STRING_MAX, &target->len) == USCTP_OK) {
            (void)fuzz_side_import(side, target->peer.endpoint, target->string, target->len);
        }
        break;
    case 6:
        test_memory_fail_next(&side->memory, what >> 3);
        break;
    default:
        if (conn != NULL && (what >> 3) == 0) {
            (void)usctp_assoc_close(conn->assoc);
        } else if (conn != NULL) {
            (void)usctp_assoc_reset_streams(conn->assoc, what >> 3 & 3, NULL, 0);
        }
        break;
    }
    fuzz_side_check(side);
}

static void run(struct target *target, struct fuzz_input *in, unsigned options)
{
    struct fuzz_side *side = &target->side;

    if ((options & 1) != 0) {
        fuzz_peer_reach(&target->peer, FUZZ_LISTEN, false);
        take_string(target, in);
    } else {
        fuzz_peer_reach(&target->peer, FUZZ_ESTABLISHED, (options & 2) != 0);
        make_string(target, in);
        change(target, in);
    }
    if ((options & 0x80) == 0) {
        seal(target);
    }
    if ((options & 0x40) != 0) {
        test_memory_fail_next(&side->memory, fuzz_u8(in));
    }
    (void)fuzz_side_import(side, target->peer.endpoint, target->string, target->len);
    test_memory_fail_next(&side->memory, 0);
    fuzz_side_check(side);
    for (unsigned i = 0; i < STEPS_MAX && in->left > 0; i++) {
        step(target, in);
    }
}

/* Options: bit 0: a string of the input, bit 1: the stack connected, bit 2: authentication, bit 3: IPv6, bit 4:
 * I-DATA, bit 5: no addresses, bit 6: an allocation fails, bit 7: not sealed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    unsigned options = fuzz_u8(&in);
    struct target *target;

    if (len > STRING_MAX) {
        return 0;
    }
    target = calloc(1, sizeof(*target));
    CHECK(target != NULL);
    fuzz_side_init(&target->side, 1);
    target->side.forged = true;
    if ((options & 4) != 0) {
        target->side.params.extensions |= USCTP_EXT_AUTH | USCTP_EXT_ASCONF;
    }
    if ((options & 0x21) == 0x21) {
        target->side.lower_flags = USCTP_LOWER_NO_ADDRESSES | USCTP_LOWER_DTLS;
    }
    CHECK(fuzz_side_start(&target->side));
    fuzz_peer_init(&target->peer, &target->side, (options & 8) != 0);
    target->peer.auth = (options & 4) != 0;
    target->peer.interleaves = (options & 16) != 0;
    run(target, &in, options);
    fuzz_side_end(&target->side);
    free(target);
    return 0;
}
