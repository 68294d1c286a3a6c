/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules that hold for every packet that is ever sent, whatever a script is about. */
#include "world.h"

#include <inttypes.h>

#include "sim/wire.h"

static const uint8_t known_flags[16] = {
    0x0f,                      /* DATA: E, B, U, I */
    0,    0, 0, 0, 0, 1, 0, 0, /* ABORT: T */
    0,    0, 0, 0, 0, 1, 0,    /* SHUTDOWN COMPLETE: T */
};

/* RFC 9260, 3.2 and 3.2.1: padding is zero and at most three bytes. */
static void check_padding(const uint8_t *data, size_t from, size_t to, struct text *why)
{
    for (; from < to; from++) {
        if (data[from] != 0) {
            text_add(why, "a packet was sent with padding that is not zero");
            return;
        }
    }
}

/* RFC 9260, 3.2.1: the parameters of a chunk, or the causes, are whole, and their padding is zero. */
static void check_entries(const uint8_t *data, size_t len, struct text *why)
{
    size_t at = 0;

    while (at < len) {
        size_t entry_len = len - at < 4 ? 0 : sim_get16(data + at + 2);
        size_t end = at + ((entry_len + 3) & ~(size_t)3);

        if (entry_len < 4 || entry_len > len - at) {
            text_add(why, "a chunk was sent with a parameter that is not whole");
            return;
        }
        check_padding(data, at + entry_len, end < len ? end : len, why);
        at = end;
    }
}

static void check_chunk(const struct sim_chunk *chunk, size_t packet_len, struct text *why)
{
    if (chunk->type < 16 && (chunk->flags & ~known_flags[chunk->type]) != 0) {
        text_add(why, "%s was sent with unknown flags", sim_chunk_name(chunk->type));
    }
    check_padding(chunk->data, chunk->len, ((size_t)chunk->len + 3) & ~(size_t)3, why);
    switch (chunk->type) {
    case SIM_INIT:
    case SIM_INIT_ACK:
        check_entries(chunk->data + 20, chunk->len >= 20 ? chunk->len - 20u : 0, why);
        break;
    case SIM_HEARTBEAT:
    case SIM_HEARTBEAT_ACK:
    case SIM_ABORT:
    case SIM_ERROR:
        check_entries(chunk->data + 4, chunk->len - 4u, why);
        break;
    case SIM_DATA:
        if (chunk->len <= 16) {
            text_add(why, "a DATA chunk was sent without user data");
        }
        break;
    case SIM_I_DATA:
        if (chunk->len <= 20 || (chunk->flags & ~0x0fu) != 0 || sim_get16(chunk->data + 10) != 0) {
            text_add(why, "an I-DATA chunk without user data, or with reserved bits, was sent");
        }
        break;
    default:
        break;
    }
    (void)packet_len;
}

/* RFC 9260, 3, 6.10, 3.3.7, 3.3.11, 8.5.1: which chunks may stand where. */
struct order {
    size_t cnt;
    bool seen_data, alone, abort, auth;
    uint32_t tsn;
};

static void check_order(struct order *order, const struct sim_chunk *chunk, struct text *why)
{
    bool first = order->cnt++ == 0;

    if (chunk->type == SIM_AUTH) { /* RFC 4895, 5.1, 6.3: it may stand before COOKIE ECHO */
        if (order->auth) {
            text_add(why, "two AUTH chunks were sent in a packet");
        }
        order->auth = true;
        order->cnt -= first;
    }
    if (order->alone || (!first && (chunk->type == SIM_INIT || chunk->type == SIM_INIT_ACK ||
                                    chunk->type == SIM_SHUTDOWN_COMPLETE))) {
        text_add(why, "a chunk that must be alone was sent with others");
    }
    order->alone = chunk->type == SIM_INIT || chunk->type == SIM_INIT_ACK ||
                   chunk->type == SIM_SHUTDOWN_COMPLETE;
    if (!first && (chunk->type == SIM_COOKIE_ECHO || chunk->type == SIM_COOKIE_ACK)) {
        text_add(why, "%s was not the first chunk", sim_chunk_name(chunk->type));
    }
    if (order->abort) {
        text_add(why, "a chunk was sent behind an ABORT");
    }
    if (chunk->type == SIM_DATA || chunk->type == SIM_I_DATA) {
        uint32_t tsn = sim_get32(chunk->data + 4);

        if (order->seen_data && (int32_t)(tsn - order->tsn) <= 0) {
            text_add(why, "the DATA chunks of a packet were not in the order of their TSNs");
        }
        order->seen_data = true;
        order->tsn = tsn;
    } else if (order->seen_data) {
        text_add(why, "a control chunk was sent behind DATA");
    }
    order->abort = chunk->type == SIM_ABORT;
}

/* RFC 9653, 5: without a checksum never with INIT or COOKIE ECHO, and where DTLS checks alone. */
static bool may_lack_checksum(const uint8_t *packet, uint32_t lower_flags)
{
    return sim_get32(packet + 8) == 0 && packet[12] != SIM_INIT && packet[12] != SIM_COOKIE_ECHO &&
           (lower_flags & USCTP_LOWER_DTLS) != 0;
}

void check_sent(const struct usctp_dgram *dgram, uint32_t max_packet, uint32_t lower_flags,
                struct text *why)
{
    const uint8_t *packet = dgram->data;
    struct order order = {0};
    struct sim_chunk chunk;
    size_t at = 0;
    int result;

    if (dgram->len < 16 || dgram->len % 4 != 0) {
        text_add(why, "a packet of %zu bytes was sent", dgram->len);
        return;
    }
    if (sim_get32(packet + 8) != sim_packet_crc(packet, dgram->len) &&
        !may_lack_checksum(packet, lower_flags)) {
        text_add(why, "a packet with a wrong checksum was sent");
    }
    if (sim_get16(packet) == 0 || sim_get16(packet + 2) == 0) {
        text_add(why, "a packet with port 0 was sent");
    }
    if (dgram->len > max_packet &&
        (dgram->flags & (USCTP_DGRAM_MAY_FRAGMENT | USCTP_DGRAM_PROBE)) == 0 &&
        packet[12] != SIM_INIT_ACK) {
        text_add(why, "a packet of %zu bytes is above the limit", dgram->len);
    }
    while ((result = sim_packet_next(packet, dgram->len, &at, &chunk)) == 1) {
        check_chunk(&chunk, dgram->len, why);
        check_order(&order, &chunk, why);
        if ((chunk.type == SIM_INIT) != (sim_get32(packet + 4) == 0) && chunk.type < 128 &&
            chunk.type != SIM_ABORT && chunk.type != SIM_SHUTDOWN_COMPLETE) {
            text_add(why, "%s was sent with tag %08" PRIx32, sim_chunk_name(chunk.type),
                     sim_get32(packet + 4));
        }
    }
    if (result != 0) {
        text_add(why, "a packet was sent whose chunks are not whole");
    }
}
