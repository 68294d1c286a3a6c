/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole associations over a simulated bottleneck, as in the network bench: what loss recovery and congestion
 * control promise, with the checked library. */
#include "unit/unit.h"

#include "bench/netsim.h"

#define RATE UINT64_C(10000000) /* bits a second */

static const uint32_t algorithms[] = {USCTP_CC_NEWRENO, USCTP_CC_CUBIC, USCTP_CC_BBR};
static const uint32_t recoveries[] = {0, USCTP_PARAM_NO_RACK};

static struct netsim sim;

static void begin(uint64_t rate, uint32_t message_len, uint32_t algorithm, uint32_t flags)
{
    struct netsim_config config;

    memset(&config, 0, sizeof(config));
    config.rate = rate;
    config.rtt_dur = USCTP_MS(20);
    config.queue_len = (uint32_t)(rate / 8 / 50); /* one bandwidth-delay product */
    config.flow_cnt = 1;
    config.message_len = message_len;
    for (size_t i = 0; i < NETSIM_FLOWS; i++) {
        assert_int_equal(usctp_params_init(&config.params[i], USCTP_PRESET_PLAIN), USCTP_OK);
        config.params[i].congestion_control = algorithm;
        config.params[i].flags |= flags;
    }
    netsim_start(&sim, &config);
}

/* --- The last packet of a message is lost --- */

static uint64_t tail_loss(uint32_t len, uint32_t flags, int ignores_i_bit)
{
    struct netsim_flow *flow = &sim.flows[0];
    uint64_t dur;

    begin(0, 0, USCTP_CC_NEWRENO, flags);
    netsim_run(&sim, USCTP_MS(500));
    netsim_send(flow, 1000); /* so that there is a round trip */
    netsim_run(&sim, USCTP_SEC(1));
    flow->from.drop_last = 1;
    flow->to.ignores_i_bit = ignores_i_bit;
    netsim_send(flow, len);
    netsim_run(&sim, USCTP_SEC(10));
    assert_false(flow->from.drop_last);
    assert_int_equal(flow->message_cnt, 2);
    dur = flow->delivered_ts - USCTP_SEC(1);
    netsim_stop(&sim);
    return dur;
}

/* By default, both ends ours; and where the peer's SACKs are as late as ever. */
static void test_tail_loss(void **state)
{
    static const uint32_t lens[] = {1, 100, 1000, 2000, 3000, 4000};

    (void)state;
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        assert_in_range(tail_loss(lens[i], 0, 0), USCTP_MS(30), USCTP_MS(60));
        assert_in_range(tail_loss(lens[i], 0, 1), USCTP_MS(30), USCTP_MS(300));
    }
    assert_true(tail_loss(100, USCTP_PARAM_NO_RACK, 0) > USCTP_SEC(1)); /* it was lost indeed */
}

/* --- The network is away for a while --- */

static void set_dark(int dark)
{
    struct sim_link *links[2] = {&sim.link, &sim.flows[0].back};

    for (size_t i = 0; i < 2; i++) {
        links[i]->config.loss.kind = dark ? SIM_LOSS_RANDOM : SIM_LOSS_NONE;
        links[i]->config.loss.ppm = 1000000;
    }
}

/* T3-rtx expires, once or several times. From when something has come through again the link is used as
 * before: nothing stays at one packet a round trip, which would be 6 % here. */
static void come_back(uint64_t dark_dur, uint32_t algorithm, uint32_t flags)
{
    struct netsim_flow *flow = &sim.flows[0];
    uint64_t now_ts = USCTP_SEC(3) + dark_dur, before;

    begin(RATE, 16384, algorithm, flags);
    netsim_run(&sim, USCTP_SEC(3));
    set_dark(1);
    netsim_run(&sim, now_ts);
    set_dark(0);
    before = flow->byte_cnt;
    while (flow->byte_cnt == before) {
        now_ts += USCTP_MS(10);
        assert_true(now_ts < USCTP_SEC(60));
        netsim_run(&sim, now_ts);
    }
    before = flow->byte_cnt;
    netsim_run(&sim, now_ts + USCTP_SEC(5));
    assert_true(flow->byte_cnt - before > RATE / 8 * 5 / 100 * 85);
    netsim_stop(&sim);
}

static void test_come_back(void **state)
{
    (void)state;
    for (size_t a = 0; a < 3; a++) {
        for (size_t r = 0; r < 2; r++) {
            come_back(USCTP_MS(1200), algorithms[a], recoveries[r]);
            come_back(USCTP_SEC(9), algorithms[a], recoveries[r]);
        }
    }
}

/* --- A link without loss --- */

static void test_link_is_used(void **state)
{
    uint64_t possible = RATE / 8 * 15 / 1228 * 1168; /* in I-DATA */

    (void)state;
    for (size_t a = 0; a < 3; a++) {
        uint64_t before;

        begin(RATE, 16384, algorithms[a], 0);
        netsim_run(&sim, USCTP_SEC(5));
        before = sim.flows[0].byte_cnt;
        netsim_run(&sim, USCTP_SEC(20));
        assert_true(sim.flows[0].byte_cnt - before > possible / 100 * 97);
        netsim_stop(&sim);
    }
}

/* --- Two flows --- */

/* Share of the first one, in percent, of what both got from the 10th second to the 40th. */
static unsigned share(uint32_t first, uint32_t second, uint32_t queue_percent)
{
    struct netsim_config config;
    uint64_t before[2], got[2];

    memset(&config, 0, sizeof(config));
    config.rate = RATE;
    config.rtt_dur = USCTP_MS(50);
    config.queue_len = (uint32_t)(RATE / 8 / 20 * queue_percent / 100);
    config.flow_cnt = 2;
    config.second_dur = USCTP_SEC(1);
    config.message_len = 16384;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(usctp_params_init(&config.params[i], USCTP_PRESET_PLAIN), USCTP_OK);
        config.params[i].congestion_control = i == 0 ? first : second;
        config.params[i].flags |= USCTP_PARAM_PACING;
    }
    netsim_start(&sim, &config);
    netsim_run(&sim, USCTP_SEC(10));
    for (size_t i = 0; i < 2; i++) {
        before[i] = sim.flows[i].byte_cnt;
    }
    netsim_run(&sim, USCTP_SEC(40));
    for (size_t i = 0; i < 2; i++) {
        got[i] = sim.flows[i].byte_cnt - before[i];
    }
    netsim_stop(&sim);
    assert_true(got[0] + got[1] > RATE / 8 * 30 / 100 * 85);
    return (unsigned)(100 * got[0] / (got[0] + got[1]));
}

/* None starves another, whichever comes first. The table of the network bench has more. */
static void test_shares(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            assert_in_range(share(algorithms[i], algorithms[j], 50), 20, 80);
            assert_in_range(share(algorithms[i], algorithms[j], 200), 20, 80);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tail_loss),
        cmocka_unit_test(test_come_back),
        cmocka_unit_test(test_link_is_used),
        cmocka_unit_test(test_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
