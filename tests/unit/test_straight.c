/* SPDX-License-Identifier: BSD-3-Clause */
/* The straight way out (core/straight.h): random pairs do the same with it and without it, packet by packet, to the
 * nanosecond. */
#include "unit/connected_pair.h"

#include "core/assoc.h"
#include "stack/stack.h"

enum { PAIR_CNT = 400, STEP_CNT = 400, STREAM_CNT = 4, MESSAGE_MAX = 3000 };

/* A pair, and what came of it. */
struct world {
    struct pair pair;
    uint64_t rng;
    uint64_t now_ts;
    uint64_t packet_cnt;
    uint64_t hash;                   /* of all packets, where and when they went */
    uint64_t loss_ppm;               /* packets that do not arrive */
    uint64_t small_ppm;              /* messages that fit into a packet */
    uint64_t calm_ppm;               /* steps after which all that is on its way arrives */
    uint64_t reply_ppm;              /* messages that are answered at once */
    uint64_t pr_ppm;                 /* messages that may be given up */
    struct usctp_send_info begun[2]; /* of the last message of each side */
};

static struct world world;
static uint8_t payload[MESSAGE_MAX];

static bool chance(uint64_t ppm)
{
    return prng_below(&world.rng, 1000000) < ppm;
}

static void mix(const void *bytes, size_t len)
{
    const uint8_t *ptr = bytes;

    for (size_t i = 0; i < len; i++) {
        world.hash = (world.hash ^ ptr[i]) * UINT64_C(0x100000001b3);
    }
}

static void note(const struct side *side, const struct sent *sent)
{
    uint64_t where[] = {side == &world.pair.a,
                        world.now_ts,
                        sent->dgram.len,
                        sent->dgram.ecn,
                        sent->dgram.dscp,
                        sent->dgram.flags,
                        sent->dgram.remote_udp_port,
                        sent->dgram.lower};

    mix(where, sizeof(where));
    mix(&sent->dgram.local, sizeof(sent->dgram.local));
    mix(&sent->dgram.remote, sizeof(sent->dgram.remote));
    mix(sent->bytes, sent->dgram.len);
    world.packet_cnt++;
}

/* What an association knows of what it sent, and will do about it. */
static void note_state(const struct usctp_assoc *assoc)
{
    const struct usctp__tx *tx = &assoc->tx;
    const struct usctp__path *path = assoc->paths.first;
    uint64_t numbers[] = {
        tx->ring.base,       tx->ring.next,        tx->peer_rwnd,
        tx->flight,          tx->buffered,         tx->outq.msg_cnt,
        tx->outq.unsent_len, tx->burst_credit,     tx->zero_window_probe,
        tx->probe_due,       tx->tail_probe,       assoc->armed,
        assoc->autoclose_ts, assoc->rx.advertised, assoc->rx.unsacked_packets,
        path->armed,         path->flight,         path->flight_cnt,
        path->cc.cwnd,       path->cc.ssthresh,    path->tx_cwnd_full,
        path->rtt_pending,   path->last_data_ts,   path->alarm_ts[USCTP__ALARM_LOSS],
        path->sent_byte_cnt};

    mix(numbers, sizeof(numbers));
    mix(&assoc->counters, sizeof(assoc->counters));
    for (uint64_t tsn = tx->ring.base; tsn < tx->ring.next; tsn++) {
        const struct usctp__txslot *slot = usctp__txring_slot(&tx->ring, tsn);
        uint64_t sent[] = {slot->sent_ts, slot->offset, slot->len, slot->tx_cnt, slot->flags};

        mix(sent, sizeof(sent));
    }
}

/* --- The pair --------------------------------------------------------------------------------- */

static uint32_t pick(const uint32_t *choices, size_t cnt)
{
    return choices[prng_below(&world.rng, cnt)];
}

static void draw_params(struct usctp_params *params)
{
    static const uint32_t packets[] = {1200, 1200, 600, 1452};
    static const uint32_t bursts[] = {0, 4, 1};
    static const uint32_t segments[] = {0, 0, 0, 500, 5000};
    static const uint32_t flags[] = {USCTP_PARAM_NAGLE, USCTP_PARAM_SACK_IMMEDIATELY,
                                     USCTP_PARAM_NO_RACK, USCTP_PARAM_PACING,
                                     USCTP_PARAM_DRY_EVENTS};
    static const uint32_t extensions[] = {USCTP_EXT_PARTIAL_RELIABILITY, USCTP_EXT_INTERLEAVING,
                                          USCTP_EXT_RECONFIG, USCTP_EXT_ECN,
                                          USCTP_EXT_ZERO_CHECKSUM};
    static const uint32_t controls[] = {USCTP_CC_NEWRENO, USCTP_CC_NEWRENO, USCTP_CC_CUBIC};

    assert_int_equal(usctp_params_init(params, USCTP_PRESET_PLAIN), USCTP_OK);
    params->max_packet = pick(packets, 4);
    params->max_burst = pick(bursts, 3);
    params->max_segment = pick(segments, 5);
    params->congestion_control = pick(controls, 3);
    params->scheduler = chance(700000) ? 0 : (uint16_t)prng_below(&world.rng, 7);
    params->receive_window = chance(800000) ? 100000 : 4000;
    params->receive_memory = 0;
    params->send_buffer = 50000;
    params->autoclose_dur = chance(100000) ? USCTP_SEC(1) : 0;
    params->hb_interval_dur = USCTP_MS(200);
    params->rto_min_dur = USCTP_MS(100);
    params->extensions = 0;
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        params->extensions |= chance(400000) ? extensions[i] : 0;
    }
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        params->flags |= chance(200000) ? flags[i] : 0;
    }
}

static void side_start(struct side *side, const char *addr, uint64_t seed, bool long_way)
{
    struct usctp_params params;
    struct usctp_config config = side_config(side, seed);

    draw_params(&params);
    config.params = &params;
    side_up(side, addr, seed, &config);
    usctp_stack_detach(side->stack, side->lower);
    side->lower = side_attach(side, USCTP_LOWER_IPV4 | USCTP_LOWER_ECN);
    side->stack->core.long_way = long_way;
}

/* --- Messages --- */

static void draw_info(struct usctp_send_info *info)
{
    info->stream = (uint16_t)(chance(700000) ? 0 : prng_below(&world.rng, STREAM_CNT));
    info->ppid = (uint32_t)prng_next(&world.rng);
    info->flags |= chance(200000) ? USCTP_SEND_UNORDERED : 0;
    info->flags |= chance(50000) ? USCTP_SEND_SACK_IMMEDIATELY : 0;
    info->flags |= chance(50000) ? USCTP_SEND_NO_BUNDLE : 0;
    info->flags |= chance(30000) ? USCTP_SEND_MORE : 0;
    info->path = chance(950000) ? USCTP_PATH_ANY : 1;
    if ((info->flags & USCTP_SEND_MORE) == 0) {
        info->lifetime_dur = chance(100000) ? USCTP_MS(20) : 0;
        info->pr_policy = chance(world.pr_ppm) ? USCTP_PR_RETRANSMITS : USCTP_PR_NONE;
        info->pr_value = info->pr_policy != USCTP_PR_NONE;
    }
}

/* The next message of a side, or the last piece of the one that it has begun. */
static void send(struct side *side)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_send_info *begun = &world.begun[side == &world.pair.b];
    size_t len = 1 + (size_t)prng_below(&world.rng, chance(world.small_ppm) ? 500 : MESSAGE_MAX);
    size_t cut = chance(900000) ? len : len / 2;
    struct usctp_iov iov[2] = {{payload, cut}, {payload + cut, len - cut}};
    int error;

    if ((begun->flags & USCTP_SEND_MORE) != 0) {
        info = *begun;
        info.flags &= (uint16_t)~USCTP_SEND_MORE;
    } else if (chance(500000)) {
        draw_info(&info);
    }
    error = usctp_assoc_send(side->assoc, &info, iov, cut < len ? 2 : 1);
    if (error == USCTP_OK) {
        *begun = info;
    }
    mix(&error, sizeof(error));
}

/* Now and then a message is answered at once, so that the answer meets the SACK that is due. */
static void on_event(struct side *side, const struct usctp_event *event)
{
    if (event->type == USCTP_EVENT_MESSAGE && chance(world.reply_ppm)) {
        send(side);
    }
}

static void start(uint64_t seed, bool long_way)
{
    struct pair *pair = &world.pair;

    memset(&world, 0, sizeof(world));
    world.rng = seed;
    world.loss_ppm = chance(500000) ? 0 : 100000;
    world.small_ppm = chance(500000) ? 1000000 : 700000;
    world.calm_ppm = chance(300000) ? 0 : 600000;
    world.reply_ppm = chance(500000) ? 0 : 700000;
    world.pr_ppm = chance(700000) ? 0 : 200000;
    side_start(&pair->a, "192.0.2.1", seed, long_way);
    side_start(&pair->b, "192.0.2.2", seed + 1, long_way);
    pair->client = side_endpoint(&pair->a, CLIENT_PORT, 0);
    pair->server = side_endpoint(&pair->b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_UP], 1);
    pair->a.on_event = on_event;
    pair->b.on_event = on_event;
}

/* --- What happens ----------------------------------------------------------------------------- */

/* What the oldest packets on their way become of: they arrive, or not. */
static void move(struct side *from, struct side *to)
{
    size_t cnt = from->sent_cnt > 0 ? 1 + (size_t)prng_below(&world.rng, from->sent_cnt) : 0;

    for (size_t i = 0; i < cnt; i++) {
        static struct sent sent;
        bool ce = chance(20000);

        memcpy(&sent, &from->sent[0], sizeof(sent));
        memmove(&from->sent[0], &from->sent[1], (from->sent_cnt - 1) * sizeof(sent));
        from->sent_cnt--;
        note(from, &sent);
        if (!chance(world.loss_ppm) && to->stack != NULL) {
            struct usctp_dgram dgram =
                dgram_from(to, &from->addr, UDP_PORT, sent.bytes, sent.dgram.len);

            dgram.ecn = ce && sent.dgram.ecn != 0 ? 3 : sent.dgram.ecn;
            assert_int_equal(usctp_stack_input(to->stack, &dgram, 1, sizeof(dgram), world.now_ts),
                             USCTP_OK);
        }
    }
}

static void pass(uint64_t dur)
{
    world.now_ts += dur;
    usctp_stack_set_time(world.pair.a.stack, world.now_ts);
    usctp_stack_set_time(world.pair.b.stack, world.now_ts);
    assert_int_equal(usctp_stack_advance(world.pair.a.stack, world.now_ts), USCTP_OK);
    assert_int_equal(usctp_stack_advance(world.pair.b.stack, world.now_ts), USCTP_OK);
}

/* The lower layer takes no more for a while. */
static void block(struct side *side)
{
    if (side->room == 0) {
        side->room = SEND_ALL;
        assert_int_equal(usctp_stack_writable(side->stack, side->lower, world.now_ts), USCTP_OK);
    } else if (chance(100000)) {
        side->room = 0;
    }
}

static void step(void)
{
    struct side *sides[2] = {&world.pair.a, &world.pair.b};
    size_t which = (size_t)prng_below(&world.rng, 2);
    struct side *side = sides[which];

    if (chance(50000)) {
        side->assoc->paths.first->cc.cwnd = 100000; /* idling takes it back */
    }
    switch (prng_below(&world.rng, 12)) {
    case 0:
    case 1:
    case 2:
    case 3:
        send(side);
        break;
    case 4:
        if (side->assoc->cork_cnt > 0) {
            usctp_assoc_uncork(side->assoc);
        } else {
            usctp_assoc_cork(side->assoc);
        }
        break;
    case 5:
        block(side);
        break;
    case 6:
    case 7:
        pass(prng_below(&world.rng, chance(300000) ? USCTP_MS(800) : USCTP_MS(30)));
        break;
    default:
        move(side, sides[1 - which]);
        break;
    }
    for (unsigned i = 0; chance(world.calm_ppm) && i < 8; i++) {
        move(&world.pair.a, &world.pair.b);
        move(&world.pair.b, &world.pair.a);
    }
}

static void note_states(void)
{
    if (world.pair.a.assoc != NULL && world.pair.b.assoc != NULL) {
        note_state(world.pair.a.assoc);
        note_state(world.pair.b.assoc);
    }
}

/* Runs a pair; what came of it is in `world`. Returns how many packets took the straight way. */
static uint64_t run(uint64_t seed, bool long_way)
{
    uint64_t straight_cnt;
    struct usctp_assoc_stats stats;

    start(seed, long_way);
    for (unsigned i = 0; i < STEP_CNT; i++) {
        if (world.pair.a.assoc != NULL && world.pair.b.assoc != NULL) {
            step();
            note_states();
        }
    }
    if (world.pair.a.assoc != NULL) {
        stats = assoc_stats(world.pair.a.assoc);
        mix(&stats, sizeof(stats));
    }
    straight_cnt = world.pair.a.stack->core.straight_cnt + world.pair.b.stack->core.straight_cnt;
    pair_down(&world.pair);
    return straight_cnt;
}

static void test_same(void **state)
{
    uint64_t straight_cnt = 0, packet_cnt = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= PAIR_CNT; seed++) {
        uint64_t hash, cnt;

        straight_cnt += run(seed, false);
        hash = world.hash;
        cnt = world.packet_cnt;
        packet_cnt += cnt;
        assert_int_equal(run(seed, true), 0);
        if (world.hash != hash || world.packet_cnt != cnt) {
            fail_msg("pair %u is not the same without the straight way", (unsigned)seed);
        }
    }
    print_message("%u of %u packets took it\n", (unsigned)straight_cnt, (unsigned)packet_cnt);
    assert_true(straight_cnt > 5 * (uint64_t)PAIR_CNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
