/* SPDX-License-Identifier: BSD-3-Clause */
/* Extensions: what is offered, and what two offers agree on (RFC 5061, 4.2.7; RFC 3758, 3.1 to 3.3;
 * RFC 8260, 2.2.1). */
#include "unit/stack_pair.h"

#include <string.h>

#include <usctp/lower.h>

#include "core/ext.h"
#include "wire/packet.h"
#include "wire/param.h"

enum {
    PR = USCTP__EXT_PARTIAL_RELIABILITY,
    INTERLEAVING = USCTP__EXT_INTERLEAVING,
    RECONFIG = USCTP__EXT_RECONFIG,
    ASCONF = USCTP__EXT_ASCONF,
    HEARD = PR | INTERLEAVING | RECONFIG | USCTP__EXT_AUTH | ASCONF
};

/* A chunk with the parameters that offer these extensions, and what reading it gives. */
struct offer {
    uint8_t bytes[128];
    struct usctp__init_params params;
};

static void parse(struct offer *offer, uint8_t type, size_t len)
{
    struct usctp__chunk chunk;
    struct usctp__init init;

    assert_int_equal(usctp__chunk_parse(&chunk, offer->bytes, len), 1);
    assert_true(usctp__init_parse(&init, &chunk));
    assert_true(usctp__init_params_parse(&offer->params, type, &init));
    assert_int_equal(offer->params.report_cnt, 0);
}

static void make(struct offer *offer, uint8_t type, uint32_t extensions)
{
    struct usctp__writer w = usctp__writer_make(offer->bytes, sizeof(offer->bytes));
    struct usctp__init init = {1, 1500, 1, 1, 0, NULL, 0};
    size_t pos = usctp__init_begin(&w, type, &init);

    usctp__ext_write_offer(&w, extensions);
    if ((extensions & USCTP__EXT_AUTH) != 0) { /* it is told by its own parameters */
        usctp__param_write(&w, USCTP__PARAM_RANDOM, "01234567012345670123456701234567", 32);
        usctp__param_write(&w, USCTP__PARAM_HMAC_ALGO, "\x00\x01", 2);
    }
    usctp__chunk_end(&w, pos);
    assert_false(w.failed);
    parse(offer, type, w.len);
}

/* The chunk types are these alone. */
static void offers(const struct offer *offer, const char *types, size_t cnt)
{
    assert_int_equal(offer->params.extensions.len, cnt);
    assert_memory_equal(offer->params.extensions.ptr, types, cnt);
}

static void test_offer(void **state)
{
    struct offer offer;

    (void)state;
    make(&offer, USCTP__CHUNK_INIT, 0);
    assert_null(offer.params.extensions.ptr);
    assert_null(offer.params.forward_tsn.ptr);
    make(&offer, USCTP__CHUNK_INIT, PR);
    offers(&offer, "\xc0", 1);
    assert_int_equal(offer.params.forward_tsn.len, 4);
    make(&offer, USCTP__CHUNK_INIT_ACK, INTERLEAVING);
    offers(&offer, "\x40", 1);
    assert_null(offer.params.forward_tsn.ptr);
    make(&offer, USCTP__CHUNK_INIT_ACK, HEARD);
    offers(&offer, "\x0f\x40\x80\x82\xc0\xc1\xc2", 7);
}

/* Every pair of offers agrees on what both have. */
static void test_agreed(void **state)
{
    (void)state;
    for (uint32_t theirs = 0; theirs <= HEARD; theirs++) {
        struct offer offer;

        make(&offer, USCTP__CHUNK_INIT, theirs);
        for (uint32_t ours = 0; ours <= HEARD; ours++) {
            uint32_t both = ours & theirs;

            if ((both & USCTP__EXT_AUTH) == 0) {
                both &= ~(uint32_t)ASCONF; /* RFC 5061, 4.2.7 */
            }
            assert_int_equal(usctp__ext_agreed(ours, &offer.params), both);
        }
    }
}

/* A peer that lists these chunk types, with Forward-TSN-Supported or without. */
static uint32_t agreed(uint32_t ours, const char *types, size_t cnt, bool forward_tsn)
{
    struct usctp__writer w;
    struct usctp__init init = {1, 1500, 1, 1, 0, NULL, 0};
    struct offer offer;
    size_t pos;

    w = usctp__writer_make(offer.bytes, sizeof(offer.bytes));
    pos = usctp__init_begin(&w, USCTP__CHUNK_INIT, &init);
    if (forward_tsn) {
        usctp__param_write(&w, USCTP__PARAM_FORWARD_TSN, NULL, 0);
    }
    usctp__init_write_extensions(&w, (const uint8_t *)types, cnt);
    usctp__chunk_end(&w, pos);
    parse(&offer, USCTP__CHUNK_INIT, w.len);
    return usctp__ext_agreed(ours, &offer.params);
}

static void test_partly_listed(void **state)
{
    (void)state;
    /* RFC 3758: the parameter alone, and RFC 5061: the list alone. */
    assert_int_equal(agreed(HEARD, NULL, 0, true), PR);
    assert_int_equal(agreed(HEARD, "\xc0", 1, false), PR);
    assert_int_equal(agreed(HEARD & ~PR, "\xc0", 1, true), 0);
    /* Both chunks of address reconfiguration, or none. */
    assert_int_equal(agreed(HEARD, "\xc1", 1, false), 0);
    assert_int_equal(agreed(HEARD, "\x80", 1, false), 0);
    assert_int_equal(agreed(HEARD, "\x80\xc1", 2, false), 0); /* and not without AUTH */
    /* With I-DATA, FORWARD TSN is of no use. */
    assert_int_equal(agreed(HEARD, "\x40\xc0", 2, true), INTERLEAVING);
    assert_int_equal(agreed(HEARD, "\x40\xc2", 2, true), INTERLEAVING | PR);
    assert_int_equal(agreed(HEARD & ~INTERLEAVING, "\x40\xc0", 2, true), PR);
    /* Unknown types and repeated ones say nothing. */
    assert_int_equal(agreed(HEARD, "\x00\x3f\x82\x82\xff", 5, false), RECONFIG);
}

/* RFC 9653, 5: what we told and what the peer told are two things; without DTLS below there is neither. */
static void test_zero_checksum(void **state)
{
    enum { ZERO = USCTP__EXT_ZERO_CHECKSUM, IN = USCTP__EXT_ZERO_CHECKSUM_IN };
    struct offer offer;

    (void)state;
    assert_int_equal(usctp__ext_possible(PR | ZERO, 0), PR);
    assert_int_equal(usctp__ext_possible(PR | ZERO, USCTP_LOWER_DTLS), PR | ZERO);
    make(&offer, USCTP__CHUNK_INIT, ZERO);
    assert_int_equal(offer.params.edmid, 1);
    assert_int_equal(usctp__ext_agreed(ZERO, &offer.params), ZERO | IN);
    assert_int_equal(usctp__ext_agreed(0, &offer.params), 0);
    make(&offer, USCTP__CHUNK_INIT, PR);
    assert_int_equal(offer.params.edmid, 0);
    assert_int_equal(usctp__ext_agreed(ZERO, &offer.params), IN);
}

/* RFC 4960, A: both must tell, and the lower layer must know it. */
static void test_ecn(void **state)
{
    struct offer offer;

    (void)state;
    assert_int_equal(usctp__ext_possible(PR | USCTP__EXT_ECN, 0), PR);
    assert_int_equal(usctp__ext_possible(USCTP__EXT_ECN, USCTP_LOWER_ECN), USCTP__EXT_ECN);
    make(&offer, USCTP__CHUNK_INIT, USCTP__EXT_ECN);
    assert_true(offer.params.ecn_capable);
    assert_int_equal(usctp__ext_agreed(USCTP__EXT_ECN, &offer.params), USCTP__EXT_ECN);
    assert_int_equal(usctp__ext_agreed(PR, &offer.params), 0);
    make(&offer, USCTP__CHUNK_INIT_ACK, PR);
    assert_int_equal(usctp__ext_agreed(USCTP__EXT_ECN, &offer.params), 0);
}

/* RFC 9260, 3.2.2: what is off is unknown, and reported if its type says so. */
static void test_refused(void **state)
{
    struct offer offer;

    (void)state;
    make(&offer, USCTP__CHUNK_INIT, HEARD);
    usctp__ext_refuse(PR, &offer.params);
    assert_int_equal(offer.params.report_cnt, 0);
    usctp__ext_refuse(HEARD & ~PR, &offer.params);
    assert_int_equal(offer.params.report_cnt, 1);
    assert_memory_equal(offer.params.reports[0].ptr, "\xc0\x00\x00\x04", 4);
    assert_int_equal(offer.params.reports[0].len, 4);
    make(&offer, USCTP__CHUNK_INIT, RECONFIG | INTERLEAVING);
    usctp__ext_refuse(0, &offer.params);
    assert_int_equal(offer.params.report_cnt, 0);
}

/* --- Switched off ------------------------------------------------------------------------------ */

/* Whether the only packet that waits at a side, an INIT or INIT ACK, offers anything. */
static bool offers_any(const struct side *side, uint8_t type)
{
    const struct sent *sent = &side->sent[0];
    struct usctp__init_params params;
    struct usctp__init init;
    struct usctp__chunk chunk;

    assert_int_equal(side->sent_cnt, 1);
    assert_int_equal(usctp__chunk_parse(&chunk, sent->bytes + 12, sent->dgram.len - 12), 1);
    assert_int_equal(chunk.type, type);
    assert_true(usctp__init_parse(&init, &chunk));
    assert_true(usctp__init_params_parse(&params, type, &init));
    return params.extensions.ptr != NULL || params.forward_tsn.ptr != NULL ||
           params.random.ptr != NULL || params.chunk_list.ptr != NULL ||
           params.hmac_algo.ptr != NULL || params.ecn_capable || params.edmid != 0;
}

/* Where parameters that switch everything off are given. */
enum level { NOWHERE, OF_STACK, OF_ENDPOINT, OF_CONNECT, OF_OFFER };

/* A handshake, the client's parameters or the server's being changed at that level; what both sides offered. */
static void shake(enum level client, enum level server, bool offered[2])
{
    static struct side sides[2];
    const enum level levels[2] = {client, server};
    usctp_endpoint *endpoints[2];
    struct usctp_params on, off;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer;
    usctp_assoc *assoc;

    usctp_params_init(&on, USCTP_PRESET_PLAIN);
    on.extensions |= USCTP_EXT_AUTH | USCTP_EXT_ASCONF;
    off = on;
    off.extensions = 0;
    memset(sides, 0, sizeof(sides));
    for (int i = 0; i < 2; i++) {
        struct usctp_config config = side_config(&sides[i], (uint64_t)i + 1);
        struct usctp_endpoint_config endpoint = USCTP_ENDPOINT_CONFIG_INIT;

        config.params = levels[i] == OF_STACK ? &off : &on;
        side_up(&sides[i], i == 0 ? "192.0.2.1" : "192.0.2.2", 0, &config);
        endpoint.port = SERVER_PORT;
        endpoint.flags = i == 0 ? 0 : USCTP_ENDPOINT_LISTEN;
        endpoint.params = levels[i] == OF_ENDPOINT ? &off : NULL;
        assert_int_equal(usctp_endpoint_new(sides[i].stack, &endpoint, &endpoints[i]), USCTP_OK);
    }
    memset(&peer, 0, sizeof(peer));
    peer.addr = sides[1].addr;
    peer.udp_port = UDP_PORT;
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = SERVER_PORT;
    connect.params = client == OF_CONNECT ? &off : NULL;
    assert_int_equal(usctp_endpoint_connect(endpoints[0], &connect, &assoc), USCTP_OK);
    offered[0] = offers_any(&sides[0], USCTP__CHUNK_INIT);
    carry(&sides[0], &sides[1], 0);
    offered[1] = offers_any(&sides[1], USCTP__CHUNK_INIT_ACK);
    settle(&sides[1], &sides[0], 0);
    assert_int_equal(sides[1].events[USCTP_EVENT_UP], 1);
    assert_int_equal(usctp_assoc_extensions(assoc) == 0, client != NOWHERE || server != NOWHERE);
    assert_int_equal(usctp_assoc_extensions(sides[1].assoc), usctp_assoc_extensions(assoc));
    side_down(&sides[0]);
    side_down(&sides[1]);
}

/* Per stack, per endpoint and per association, of which a passive one has what its endpoint has: the offer is gone. */
static void test_switched_off(void **state)
{
    bool offered[2];

    (void)state;
    shake(NOWHERE, NOWHERE, offered);
    assert_true(offered[0] && offered[1]);
    for (int level = OF_STACK; level <= OF_CONNECT; level++) {
        shake((enum level)level, NOWHERE, offered);
        assert_false(offered[0]);
    }
    for (int level = OF_STACK; level <= OF_ENDPOINT; level++) {
        shake(NOWHERE, (enum level)level, offered);
        assert_true(offered[0]);
        assert_false(offered[1]);
    }
}

/* --- One alone switched off -------------------------------------------------------------------- */

static uint32_t chosen; /* by the callback */

static uint32_t choose(void *user, const struct usctp_offer *offer)
{
    (void)user;
    assert_int_equal(offer->extensions, USCTP__EXT_ALL);
    return chosen;
}

/* As carry and settle, by a lower layer that vouches for what it carries. */
static void vouched(struct side sides[2], uint64_t now_ts)
{
    static struct sent moved;

    for (unsigned k = 0; sides[0].sent_cnt > 0 || sides[1].sent_cnt > 0; k = 1 - k) {
        struct side *from = &sides[k], *to = &sides[1 - k];
        size_t cnt = from->sent_cnt;

        from->sent_cnt = 0;
        for (size_t i = 0; i < cnt; i++) {
            struct usctp_dgram dgram;

            moved = from->sent[i];
            dgram = dgram_from(to, &from->addr, UDP_PORT, moved.bytes, moved.dgram.len);
            dgram.flags = USCTP_DGRAM_CRC_VOUCHED;
            assert_int_equal(usctp_stack_input(to->stack, &dgram, 1, sizeof(dgram), now_ts),
                             USCTP_OK);
        }
    }
}

/* A stack whose lower layer can do all that an extension may ask for; params: NULL for its defaults. */
static void able_up(struct side *side, const char *addr, uint64_t seed,
                    const struct usctp_params *params)
{
    struct usctp_config config;

    memset(side, 0, sizeof(*side));
    config = side_config(side, seed);
    config.params = params;
    side->addr = addr_of(addr);
    side->room = SEND_ALL;
    assert_int_equal(usctp_stack_new(&config, &side->stack), USCTP_OK);
    side->lower = side_attach(side, USCTP_LOWER_IPV4 | USCTP_LOWER_IPV6 | USCTP_LOWER_DTLS |
                                        USCTP_LOWER_ECN | USCTP_LOWER_PROBES);
}

static usctp_endpoint *able_endpoint(struct side *side, bool server, enum level level,
                                     const struct usctp_params *off)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    usctp_endpoint *endpoint = NULL;

    config.port = SERVER_PORT;
    config.flags = server ? USCTP_ENDPOINT_LISTEN : 0;
    config.params = level == OF_ENDPOINT ? off : NULL;
    config.offer = level == OF_OFFER ? choose : NULL;
    chosen = off->extensions;
    assert_int_equal(usctp_endpoint_new(side->stack, &config, &endpoint), USCTP_OK);
    return endpoint;
}

/* An association of two that can do all, at one of whose levels `off` holds in place of `on`. */
static void able_shake(struct side sides[2], const enum level levels[2],
                       const struct usctp_params *on, const struct usctp_params *off,
                       usctp_assoc *assocs[2])
{
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    usctp_endpoint *endpoints[2];
    struct usctp_peer_addr peer;

    for (unsigned i = 0; i < 2; i++) {
        able_up(&sides[i], i == 0 ? "192.0.2.1" : "192.0.2.2", i + 1,
                levels[i] == OF_STACK ? off : on);
        endpoints[i] = able_endpoint(&sides[i], i == 1, levels[i], off);
    }
    memset(&peer, 0, sizeof(peer));
    peer.addr = sides[1].addr;
    peer.udp_port = UDP_PORT;
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = SERVER_PORT;
    connect.params = levels[0] == OF_CONNECT ? off : NULL;
    assert_int_equal(usctp_endpoint_connect(endpoints[0], &connect, &assocs[0]), USCTP_OK);
    vouched(sides, 0);
    assocs[1] = sides[1].assoc;
    assert_int_equal(sides[0].events[USCTP_EVENT_UP], 1);
    assert_int_equal(sides[1].events[USCTP_EVENT_UP], 1);
}

static void both_down(struct side sides[2])
{
    side_down(&sides[0]);
    side_down(&sides[1]);
}

/* The levels of a client and of a server, one at a time. */
static const enum level one_level[][2] = {{OF_STACK, NOWHERE},    {OF_ENDPOINT, NOWHERE},
                                          {OF_CONNECT, NOWHERE},  {NOWHERE, OF_STACK},
                                          {NOWHERE, OF_ENDPOINT}, {NOWHERE, OF_OFFER}};
enum { ONE_LEVEL_CNT = sizeof(one_level) / sizeof(one_level[0]) };

static void all_on(struct usctp_params *params)
{
    usctp_params_init(params, USCTP_PRESET_PLAIN);
    params->extensions = USCTP__EXT_ALL;
    params->pf_max_retrans = 0;
    params->probe_interval_dur = USCTP_SEC(1);
}

static void test_one_off(void **state)
{
    static const enum level nowhere[2] = {NOWHERE, NOWHERE};
    static struct side sides[2];
    struct usctp_params on, off;
    usctp_assoc *assocs[2];

    (void)state;
    all_on(&on);
    able_shake(sides, nowhere, &on, &on, assocs);
    assert_int_equal(usctp_assoc_extensions(assocs[0]), USCTP__EXT_ALL);
    assert_int_equal(usctp_assoc_extensions(assocs[1]), USCTP__EXT_ALL);
    both_down(sides);
    for (unsigned i = 0; i < ONE_LEVEL_CNT; i++) {
        for (unsigned bit = 0; bit < 7; bit++) {
            uint32_t left = USCTP__EXT_ALL & ~(1u << bit);

            left &= (left & USCTP__EXT_AUTH) != 0 ? ~0u : ~(uint32_t)ASCONF; /* RFC 5061, 4.2.7 */
            off = on;
            off.extensions = left;
            able_shake(sides, one_level[i], &on, &off, assocs);
            assert_int_equal(usctp_assoc_extensions(assocs[0]), left);
            assert_int_equal(usctp_assoc_extensions(assocs[1]), left);
            both_down(sides);
        }
    }
}

/* Probes for the path MTU that both sent in some seconds, and how often their paths became potentially failed once
 * nothing arrives any more. */
static void seek_and_fail(const enum level levels[2], const struct usctp_params *on,
                          const struct usctp_params *off, uint64_t probe_cnt[2],
                          uint64_t failure_cnt[2])
{
    static const struct usctp_iov iov = {"hello", 5};
    static struct side sides[2];
    usctp_assoc *assocs[2];

    able_shake(sides, levels, on, off, assocs);
    for (uint64_t ts = 0; ts < USCTP_SEC(20); ts += USCTP_MS(100)) {
        for (unsigned k = 0; k < 2; k++) {
            assert_int_equal(usctp_stack_advance(sides[k].stack, ts), USCTP_OK);
            if (ts == USCTP_SEC(10)) {
                assert_int_equal(usctp_assoc_send(assocs[k], NULL, &iov, 1), USCTP_OK);
            }
        }
        if (ts < USCTP_SEC(10)) {
            vouched(sides, ts);
        }
        sides[0].sent_cnt = sides[1].sent_cnt = 0;
    }
    for (unsigned k = 0; k < 2; k++) {
        struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

        assert_int_equal(usctp_assoc_stats(assocs[k], &stats), USCTP_OK);
        probe_cnt[k] = stats.mtu_probes;
        failure_cnt[k] = stats.potential_failures;
    }
    both_down(sides);
}

/* What needs no agreement is off where it was switched off, and only there. */
static void test_own_off(void **state)
{
    struct usctp_params on, no_search, no_failure;
    uint64_t probe_cnt[2], failure_cnt[2];

    (void)state;
    all_on(&on);
    no_search = no_failure = on;
    no_search.probe_interval_dur = 0;
    no_failure.pf_max_retrans = USCTP_RETRANS_OFF;
    for (unsigned i = 0; i + 1 < ONE_LEVEL_CNT; i++) { /* an offer says nothing of these */
        unsigned where = one_level[i][0] == NOWHERE;

        seek_and_fail(one_level[i], &on, &no_search, probe_cnt, failure_cnt);
        assert_int_equal(probe_cnt[where], 0);
        assert_true(probe_cnt[1 - where] > 0);
        assert_true(failure_cnt[0] > 0 && failure_cnt[1] > 0);
        seek_and_fail(one_level[i], &on, &no_failure, probe_cnt, failure_cnt);
        assert_true(probe_cnt[0] > 0 && probe_cnt[1] > 0);
        assert_int_equal(failure_cnt[where], 0);
        assert_true(failure_cnt[1 - where] > 0);
    }
}

/* --- Not used --------------------------------------------------------------------------------- */

enum { PEERS = 8 };

static usctp_endpoint *offering(struct side *side, uint16_t port, uint32_t flags,
                                uint32_t extensions)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_params params;
    usctp_endpoint *endpoint = NULL;

    usctp_params_init(&params, USCTP_PRESET_PLAIN);
    params.extensions = extensions;
    config.params = &params;
    config.port = port;
    config.flags = flags;
    assert_int_equal(usctp_endpoint_new(side->stack, &config, &endpoint), USCTP_OK);
    return endpoint;
}

/* A message each way. */
static void talk_once(struct side sides[2], usctp_assoc *const assocs[2], uint64_t now_ts)
{
    static const struct usctp_iov iov = {"hello", 5};

    for (unsigned k = 0; k < 2; k++) {
        assert_int_equal(usctp_assoc_send(assocs[k], NULL, &iov, 1), USCTP_OK);
        settle(&sides[0], &sides[1], now_ts);
    }
}

/* What each side holds for associations that are up, and have carried messages if `talk`, once what pools keep for
 * a while has been given back. */
static void held(uint32_t client, uint32_t server, bool talk, uint64_t bytes[2])
{
    static struct side sides[2];
    uint64_t now_ts = 0;

    able_up(&sides[0], "192.0.2.1", 1, NULL);
    able_up(&sides[1], "192.0.2.2", 2, NULL);
    (void)offering(&sides[1], SERVER_PORT, USCTP_ENDPOINT_LISTEN, server);
    for (unsigned i = 0; i < PEERS; i++) {
        usctp_assoc *assocs[2];

        assocs[0] = side_connect(offering(&sides[0], 0, 0, client), &sides[1].addr, SERVER_PORT);
        settle(&sides[0], &sides[1], now_ts);
        assocs[1] = sides[1].assoc;
        for (unsigned k = 0; k < 2; k++) {
            assert_int_equal(usctp_assoc_state(assocs[k]), USCTP_STATE_ESTABLISHED);
            assert_int_equal(usctp_assoc_extensions(assocs[k]), client & server);
        }
        if (talk) {
            talk_once(sides, assocs, now_ts);
        }
    }
    for (unsigned i = 0; i < 400; i++) { /* 40 seconds */
        now_ts += 100 * 1000000ull;
        for (unsigned k = 0; k < 2; k++) {
            assert_int_equal(usctp_stack_advance(sides[k].stack, now_ts), USCTP_OK);
        }
        settle(&sides[0], &sides[1], now_ts);
    }
    for (unsigned k = 0; k < 2; k++) {
        bytes[k] = sides[k].memory.live_bytes;
        assert_int_equal(sides[k].events[USCTP_EVENT_MESSAGE], talk ? PEERS : 0);
        assert_int_equal(sides[k].events[USCTP_EVENT_CLOSED], 0);
        side_down(&sides[k]);
    }
}

static void holds_no_more(uint32_t client, uint32_t server, bool talk)
{
    uint64_t without[2], with[2];

    held(0, 0, talk, without);
    held(client, server, talk, with);
    assert_int_equal(with[0], without[0]);
    assert_int_equal(with[1], without[1]);
}

/* What was offered in vain leaves nothing behind, at either end. */
static void test_in_vain_no_memory(void **state)
{
    (void)state;
    for (unsigned talk = 0; talk < 2; talk++) {
        holds_no_more(USCTP__EXT_ALL, 0, talk != 0);
        holds_no_more(0, USCTP__EXT_ALL, talk != 0);
        for (unsigned bit = 0; bit < 7; bit++) {
            uint32_t one = 1u << bit;

            one |= one == ASCONF ? USCTP__EXT_AUTH : 0;
            holds_no_more(one, USCTP__EXT_ALL & ~one & ~(uint32_t)ASCONF, talk != 0);
        }
    }
}

/* What was agreed on takes memory when it is first used; keys must be at hand before. Nobody vouches for packets
 * without checksum here. */
static void test_no_memory_before_use(void **state)
{
    const uint32_t both =
        USCTP__EXT_ALL & ~(uint32_t)(USCTP__EXT_AUTH | ASCONF | USCTP__EXT_ZERO_CHECKSUM);

    (void)state;
    holds_no_more(both, both, false);
    holds_no_more(both, both, true);
}

/* Authentication has its keys from the beginning on: so many bytes an association, at most. */
static void test_memory_of_keys(void **state)
{
    enum { AUTH_BYTES_MAX = 1024 };
    uint64_t without[2], with[2];

    (void)state;
    for (unsigned talk = 0; talk < 2; talk++) {
        held(0, 0, talk != 0, without);
        held(USCTP__EXT_AUTH, USCTP__EXT_AUTH, talk != 0, with);
        for (unsigned k = 0; k < 2; k++) {
            assert_true(with[k] > without[k]);
            assert_in_range(with[k] - without[k], 1, PEERS * AUTH_BYTES_MAX);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offer),
        cmocka_unit_test(test_agreed),
        cmocka_unit_test(test_partly_listed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_zero_checksum),
        cmocka_unit_test(test_ecn),
        cmocka_unit_test(test_switched_off),
        cmocka_unit_test(test_one_off),
        cmocka_unit_test(test_own_off),
        cmocka_unit_test(test_in_vain_no_memory),
        cmocka_unit_test(test_no_memory_before_use),
        cmocka_unit_test(test_memory_of_keys),
    };

    return cmocka_run_group_tests_name("ext", tests, NULL, NULL);
}
