/* SPDX-License-Identifier: BSD-3-Clause */
/* The oracle of the wire. Associations are known by the Initiate Tag of the INIT that began them. */
#include "sim/watch.h"

#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"
#include "sim/rng.h"

/* A tag that one side chose. */
struct sim_watch_tag {
    struct sim_watch_tag *next;
    uint32_t tag;
    struct sim_watch_tag
        *same;      /* of the same association, and nearer to its name; NULL: it is the name */
    int other_side; /* `same` was chosen by the other side */
};

/* A DATA chunk as it was first sent. */
struct sent_chunk {
    uint64_t hash;  /* of all that must not change */
    uint64_t total; /* payload bytes of the flow up to and with it */
};

/* The DATA of one direction, and the SACKs that answer it. */
struct sim_watch_flow {
    struct sim_watch_flow *next;
    uint64_t key;
    uint32_t base;      /* the first TSN seen */
    uint32_t chunk_cnt; /* chunks of consecutive TSNs */
    uint32_t chunk_cap;
    struct sent_chunk *chunks;
    int sacked;       /* a SACK was seen */
    uint32_t cum;     /* its cumulative TSN */
    uint64_t edge;    /* right edge of the window, in bytes of the flow */
    int renumbered;   /* a response to an SSN/TSN reset was seen */
    uint32_t new_tsn; /* what it said the next TSN is */
    uint32_t tag;     /* of the packet that DATA came in last */
};

void sim_watch_init(struct sim_watch *watch)
{
    memset(watch, 0, sizeof(*watch));
}

void sim_watch_free(struct sim_watch *watch)
{
    for (size_t i = 0; i < SIM_WATCH_BUCKETS; i++) {
        while (watch->tags[i] != NULL) {
            struct sim_watch_tag *tag = watch->tags[i];

            watch->tags[i] = tag->next;
            free(tag);
        }
        while (watch->flows[i] != NULL) {
            struct sim_watch_flow *flow = watch->flows[i];

            watch->flows[i] = flow->next;
            free(flow->chunks);
            free(flow);
        }
    }
}

static struct sim_watch_tag *find_tag(struct sim_watch *watch, uint32_t number)
{
    struct sim_watch_tag *tag = watch->tags[number % SIM_WATCH_BUCKETS];

    while (tag != NULL && tag->tag != number) {
        tag = tag->next;
    }
    return tag;
}

static struct sim_watch_tag *get_tag(struct sim_watch *watch, uint32_t number)
{
    struct sim_watch_tag *tag = find_tag(watch, number);

    if (tag == NULL) {
        tag = sim_zalloc(sizeof(*tag));
        tag->tag = number;
        tag->next = watch->tags[number % SIM_WATCH_BUCKETS];
        watch->tags[number % SIM_WATCH_BUCKETS] = tag;
    }
    return tag;
}

/* The tag that names the association of this one; *side: 1 if it is the other side's. */
static struct sim_watch_tag *name_of(struct sim_watch_tag *tag, int *side)
{
    *side = 0;
    while (tag->same != NULL) {
        *side ^= tag->other_side;
        tag = tag->same;
    }
    return tag;
}

static struct sim_watch_flow *find_flow(const struct sim_watch *watch, uint64_t key)
{
    struct sim_watch_flow *flow = watch->flows[sim_mix(0, key) % SIM_WATCH_BUCKETS];

    while (flow != NULL && flow->key != key) {
        flow = flow->next;
    }
    return flow;
}

static int has_flow(const struct sim_watch *watch, uint32_t name)
{
    uint64_t key = (uint64_t)name << 1;

    const struct sim_watch_flow *flows[2] = {find_flow(watch, key), find_flow(watch, key | 1)};

    return (flows[0] != NULL && (flows[0]->chunk_cnt > 0 || flows[0]->sacked)) ||
           (flows[1] != NULL && (flows[1]->chunk_cnt > 0 || flows[1]->sacked));
}

/* An INIT ACK pairs two tags: they belong to the two sides of an association. Where both sides were
 * initiators, or an INIT was answered twice, a side has several tags, and its TSNs go on under them. */
static void pair_tags(struct sim_watch *watch, uint32_t number, uint32_t partner)
{
    int side, partner_side;
    struct sim_watch_tag *name = name_of(get_tag(watch, number), &side);
    struct sim_watch_tag *partner_name = name_of(get_tag(watch, partner), &partner_side);
    int other_side = side == partner_side;

    if (name == partner_name) {
        return;
    }
    if (!has_flow(watch, name->tag)) {
        name->same = partner_name;
        name->other_side = other_side;
    } else if (!has_flow(watch, partner_name->tag)) {
        partner_name->same = name;
        partner_name->other_side = other_side;
    }
}

/* The flow of the DATA in packets with this tag, or, `back`, of the DATA that they acknowledge. */
static struct sim_watch_flow *get_flow(struct sim_watch *watch, uint32_t tag, int back)
{
    int side;
    uint32_t name = name_of(get_tag(watch, tag), &side)->tag;
    uint64_t key = (uint64_t)name << 1 | (uint64_t)(side != back);
    size_t bucket = (size_t)(sim_mix(0, key) % SIM_WATCH_BUCKETS);
    struct sim_watch_flow *flow = find_flow(watch, key);

    if (flow == NULL) {
        flow = sim_zalloc(sizeof(*flow));
        flow->key = key;
        flow->next = watch->flows[bucket];
        watch->flows[bucket] = flow;
    }
    return flow;
}

void sim_watch_forget(struct sim_watch *watch, uint32_t tag)
{
    struct sim_watch_flow *sent = get_flow(watch, tag, 0);

    sent->chunk_cnt = 0;
    sent->sacked = 0;
    sent->renumbered = 0;
    get_flow(watch, tag, 1)->sacked = 0; /* what the peer sent it goes on sending */
}

static uint64_t data_hash(const struct sim_chunk *chunk)
{
    uint64_t hash = chunk->flags & 7u; /* U, B and E; the I bit may come and go */

    for (size_t i = 4; i < chunk->len; i++) {
        hash = (hash ^ chunk->data[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static struct sent_chunk *add_chunk(struct sim_watch_flow *flow)
{
    uint32_t at = flow->chunk_cnt++;

    if (at == flow->chunk_cap) {
        flow->chunk_cap = flow->chunk_cap == 0 ? 64 : flow->chunk_cap * 2;
        flow->chunks = sim_realloc(flow->chunks, flow->chunk_cap * sizeof(flow->chunks[0]));
    }
    flow->chunks[at].hash = 0;
    flow->chunks[at].total = at > 0 ? flow->chunks[at - 1].total : 0;
    return &flow->chunks[at];
}

/* TSNs up to `end` that were never sent: ends of messages that were given up. With DATA it is one at a
 * time, since messages do not mix. */
static void add_unsent(struct sim_watch_flow *flow, const struct sim_chunk *chunk, uint32_t end)
{
    uint32_t max = chunk->type == SIM_DATA || chunk->type == SIM_FORWARD_TSN ? 1 : 1000;

    if (end > flow->chunk_cnt && end - flow->chunk_cnt <= max) {
        while (flow->chunk_cnt < end) {
            (void)add_chunk(flow);
        }
    }
}

/* RFC 3758, 3.5: what is skipped was sent, but for the end of a message that was cut in part. */
static void see_forward(struct sim_watch *watch, uint32_t tag, const struct sim_chunk *chunk)
{
    struct sim_watch_flow *flow;
    uint32_t at;

    if (watch->lenient) {
        return;
    }
    flow = get_flow(watch, tag, 0);
    at = sim_get32(chunk->data + 4) - flow->base;
    add_unsent(flow, chunk, at + 1);
    if (at >= flow->chunk_cnt) {
        sim_fail("FORWARD TSN to %u, but %u TSNs were used", (unsigned)(at + flow->base),
                 (unsigned)flow->chunk_cnt);
    }
}

/* RFC 6525, 5.2.4: the response to an SSN/TSN reset says with which TSN its receiver goes on. */
static void see_reconf(struct sim_watch *watch, uint32_t tag, const struct sim_chunk *chunk)
{
    struct sim_watch_flow *flow;
    uint32_t new_tsn;

    if (watch->lenient || chunk->len != 24 || sim_get16(chunk->data + 4) != 16) {
        return;
    }
    flow = get_flow(watch, tag, 1);
    new_tsn = sim_get32(chunk->data + 20);
    if (!flow->renumbered || flow->new_tsn != new_tsn) {
        flow->renumbered = 1;
        flow->new_tsn = new_tsn;
        flow->base = new_tsn;
        flow->chunk_cnt = 0;
        flow->sacked = 0;
    }
}

/* RFC 9260, 3.3.1 and 6.1: new TSNs follow one another, old ones carry what they carried. */
static void see_data(struct sim_watch *watch, struct sim_watch_summary *summary,
                     const struct sim_chunk *chunk)
{
    struct sim_watch_flow *flow;
    struct sent_chunk *added;
    uint64_t hash = data_hash(chunk);
    uint32_t tsn = sim_get32(chunk->data + 4), at;

    if (watch->lenient) {
        return;
    }
    flow = get_flow(watch, summary->tag, 0);
    if (flow->chunk_cnt == 0 && !flow->renumbered) {
        flow->base = tsn;
    }
    at = tsn - flow->base;
    if (at < flow->chunk_cnt && flow->chunks[at].hash != hash && flow->tag != summary->tag &&
        !flow->sacked) {
        flow->chunk_cnt = at; /* what rode on a COOKIE ECHO for another tag came to nothing */
    }
    flow->tag = summary->tag;
    if (at < flow->chunk_cnt) {
        if (flow->chunks[at].hash != hash) {
            sim_fail("DATA with TSN %u was sent again, but is not the same", (unsigned)tsn);
        }
        summary->again = 1;
        return;
    }
    add_unsent(flow, chunk, at);
    if (at != flow->chunk_cnt) {
        sim_fail("DATA with TSN %u, but %u comes next", (unsigned)tsn,
                 (unsigned)(flow->base + flow->chunk_cnt));
    }
    added = add_chunk(flow);
    added->hash = hash;
    added->total += chunk->len - (chunk->type == SIM_I_DATA ? 20u : 16u);
}

/* Payload bytes of the flow up to and with a TSN. */
static uint64_t total_at(const struct sim_watch_flow *flow, uint32_t tsn)
{
    uint32_t at = tsn - flow->base;

    return at < flow->chunk_cnt ? flow->chunks[at].total : 0;
}

/* RFC 9260, 6.2 and 6.2.1: neither the cumulative TSN nor the right edge of the window goes back.
 * Bytes acknowledged in gap blocks that found no room in the SACK cannot be counted: with many
 * blocks the edge is not looked at. */
static void see_sack(struct sim_watch *watch, uint32_t tag, const struct sim_chunk *chunk)
{
    struct sim_watch_flow *flow;
    uint32_t cum = sim_get32(chunk->data + 4), window = sim_get32(chunk->data + 8);
    uint32_t gap_cnt = sim_get16(chunk->data + 12), dup_cnt = sim_get16(chunk->data + 14);
    uint32_t last = 0;
    uint64_t edge;

    if (chunk->len != 16 + 4 * (gap_cnt + dup_cnt)) {
        sim_fail("SACK of %u bytes with %u gap blocks and %u duplicates", (unsigned)chunk->len,
                 (unsigned)gap_cnt, (unsigned)dup_cnt);
    }
    if (watch->max_window > 0 && window > watch->max_window) {
        sim_fail("SACK offers a window of %u bytes", (unsigned)window);
    }
    if (watch->lenient) {
        return;
    }
    flow = get_flow(watch, tag, 1);
    if (flow->sacked && (int32_t)(cum - flow->cum) < 0) {
        sim_fail("SACK with cumulative TSN %u after one with %u", (unsigned)cum,
                 (unsigned)flow->cum);
    }
    edge = total_at(flow, cum) + window;
    for (uint32_t i = 0; i < gap_cnt; i++) {
        uint32_t start = sim_get16(chunk->data + 16 + 4 * (size_t)i);
        uint32_t end = sim_get16(chunk->data + 18 + 4 * (size_t)i);

        if (start <= last + (last == 0) || end < start ||
            cum + end - flow->base >= flow->chunk_cnt) {
            sim_fail("SACK of TSN %u: gap block %u to %u after %u", (unsigned)cum, (unsigned)start,
                     (unsigned)end, (unsigned)last);
        }
        edge += total_at(flow, cum + end) - total_at(flow, cum + start - 1);
        last = end + 1;
    }
    if (gap_cnt < 16) {
        if (flow->sacked && edge < flow->edge) {
            sim_fail("SACK of TSN %u pulls the right edge of the window back by %u bytes",
                     (unsigned)cum, (unsigned)(flow->edge - edge));
        }
        flow->edge = edge;
    }
    flow->cum = cum;
    flow->sacked = 1;
}

static unsigned min_len(uint8_t type)
{
    switch (type) {
    case SIM_DATA:
        return 17; /* RFC 9260, 3.3.1: never without user data */
    case SIM_I_DATA:
        return 21;
    case SIM_INIT:
    case SIM_INIT_ACK:
        return 20;
    case SIM_SACK:
        return 16;
    case SIM_ECNE:
    case SIM_CWR:
    case SIM_FORWARD_TSN:
    case SIM_I_FORWARD_TSN:
    case SIM_SHUTDOWN:
    case SIM_HEARTBEAT:
    case SIM_HEARTBEAT_ACK:
        return 8;
    default:
        return 4;
    }
}

/* RFC 9260, 3.2 and 3.3: lengths, and padding of zeros. */
static void see_shape(const uint8_t *packet, const struct sim_chunk *chunk, size_t end)
{
    if (strcmp(sim_chunk_name(chunk->type), "?") == 0) {
        sim_fail("chunk of type %u sent", (unsigned)chunk->type);
    }
    if (chunk->len < min_len(chunk->type)) {
        sim_fail("%s of %u bytes", sim_chunk_name(chunk->type), (unsigned)chunk->len);
    }
    for (size_t i = chunk->at + chunk->len; i < end; i++) {
        if (packet[i] != 0) {
            sim_fail("%s padded with something", sim_chunk_name(chunk->type));
        }
    }
}

unsigned sim_watch_bit(unsigned type)
{
    if (type == SIM_ASCONF || type == SIM_ASCONF_ACK) {
        return SIM_WATCH_ASCONF_BIT;
    }
    if (type == SIM_I_DATA) {
        return SIM_DATA;
    }
    return type < SIM_WATCH_ASCONF_BIT ? type : 31;
}

/* RFC 9260, 6.10 and 5.1: what may stand together, and where. */
static void see_place(const struct sim_chunk *chunk, const struct sim_watch_summary *summary)
{
    const uint32_t alone = 1u << SIM_INIT | 1u << SIM_INIT_ACK | 1u << SIM_SHUTDOWN_COMPLETE;
    uint32_t bit = 1u << sim_watch_bit(chunk->type);

    if (summary->chunk_cnt > 0 && ((summary->types | bit) & alone) != 0) {
        sim_fail("%s is not alone in its packet", sim_chunk_name(chunk->type));
    }
    if ((chunk->type == SIM_COOKIE_ECHO || chunk->type == SIM_COOKIE_ACK) &&
        (summary->types & ~(1u << SIM_AUTH)) != 0) { /* RFC 4895, 6.3 */
        sim_fail("%s is not the first chunk", sim_chunk_name(chunk->type));
    }
    if (chunk->type == SIM_AUTH && (summary->types & 1u << SIM_AUTH) != 0) {
        sim_fail("two AUTH chunks"); /* RFC 4895, 5.1 */
    }
    if (sim_watch_bit(chunk->type) != SIM_DATA && (summary->types & 1u << SIM_DATA) != 0) {
        sim_fail("%s after DATA", sim_chunk_name(chunk->type));
    }
    if (sim_watch_bit(chunk->type) == SIM_DATA && (summary->types & 1u << SIM_ABORT) != 0) {
        sim_fail("DATA with ABORT");
    }
}

/* RFC 9260, 8.5.1 (A) and 3.3.2, 3.3.3. */
static void see_tag(struct sim_watch *watch, uint32_t tag, const struct sim_chunk *chunk)
{
    if ((tag == 0) != (chunk->type == SIM_INIT) && chunk->type != SIM_ABORT) {
        sim_fail("%s with verification tag %u", sim_chunk_name(chunk->type), (unsigned)tag);
    }
    if (chunk->type == SIM_INIT || chunk->type == SIM_INIT_ACK) {
        if (sim_get32(chunk->data + 4) == 0) {
            sim_fail("%s with Initiate Tag 0", sim_chunk_name(chunk->type));
        }
        if (sim_get16(chunk->data + 12) == 0 || sim_get16(chunk->data + 14) == 0) {
            sim_fail("%s with no streams", sim_chunk_name(chunk->type));
        }
    }
    if (chunk->type == SIM_INIT) {
        /* RFC 9260, 5.2.6: after a stale cookie all begins anew, and what rode on COOKIE ECHO may have
         * expired meanwhile. */
        get_flow(watch, sim_get32(chunk->data + 4), 1)->chunk_cnt = 0;
    }
    if (chunk->type == SIM_INIT_ACK) {
        pair_tags(watch, sim_get32(chunk->data + 4), tag);
    }
}

/* RFC 9653, 5: no checksum, but never with INIT or COOKIE ECHO. */
static int may_lack(const struct sim_watch *watch, const uint8_t *packet)
{
    uint8_t type = packet[SIM_HEADER_LEN];

    return watch->dtls && sim_get32(packet + 8) == 0 && type != SIM_INIT && type != SIM_COOKIE_ECHO;
}

void sim_watch_sent(struct sim_watch *watch, const uint8_t *packet, size_t len,
                    struct sim_watch_summary *summary)
{
    struct sim_chunk chunk;
    size_t at = 0;
    int more;

    memset(summary, 0, sizeof(*summary));
    watch->packet_cnt++;
    if (len < SIM_HEADER_LEN + 4 || len % 4 != 0) {
        sim_fail("packet of %zu bytes sent", len);
    }
    if (sim_get32(packet + 8) != sim_packet_crc(packet, len)) {
        if (!may_lack(watch, packet)) {
            sim_fail("packet with a wrong checksum sent");
        }
        watch->bare_cnt++;
    }
    summary->tag = sim_get32(packet + 4);
    while ((more = sim_packet_next(packet, len, &at, &chunk)) > 0) {
        see_shape(packet, &chunk, at);
        see_place(&chunk, summary);
        see_tag(watch, summary->tag, &chunk);
        if (sim_watch_bit(chunk.type) == SIM_DATA) {
            see_data(watch, summary, &chunk);
        } else if (chunk.type == SIM_FORWARD_TSN || chunk.type == SIM_I_FORWARD_TSN) {
            see_forward(watch, summary->tag, &chunk);
        } else if (chunk.type == SIM_RECONF) {
            see_reconf(watch, summary->tag, &chunk);
        } else if (chunk.type == SIM_SACK) {
            see_sack(watch, summary->tag, &chunk);
        }
        watch->i_data_cnt += chunk.type == SIM_I_DATA;
        watch->auth_cnt += chunk.type == SIM_AUTH;
        watch->chunk_cnt[sim_watch_bit(chunk.type) < 15 ? sim_watch_bit(chunk.type) : 15]++;
        summary->types |= 1u << sim_watch_bit(chunk.type);
        summary->chunk_cnt++;
    }
    if (more < 0) {
        sim_fail("packet that cannot be parsed sent (after %u chunks)",
                 (unsigned)summary->chunk_cnt);
    }
}
