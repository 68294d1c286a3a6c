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
enum level { NOWHERE, OF_STACK, OF_ENDPOINT, OF_CONNECT };

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offer),         cmocka_unit_test(test_agreed),
        cmocka_unit_test(test_partly_listed), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_zero_checksum), cmocka_unit_test(test_ecn),
        cmocka_unit_test(test_switched_off),
    };

    return cmocka_run_group_tests_name("ext", tests, NULL, NULL);
}
