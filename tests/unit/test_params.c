/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters: the defaults of RFC 9260, section 16; every range at both of its ends; structures of
 * other ages. */
#include "unit/unit.h"

#include "stack/params.h"
#include "stack/sized.h"

static struct usctp_params plain(void)
{
    struct usctp_params params;

    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    return params;
}

static void test_defaults(void **state)
{
    struct usctp_params params = plain();

    (void)state;
    assert_int_equal(params.size, sizeof(params));
    assert_int_equal(params.rto_initial_dur, USCTP_SEC(1));
    assert_int_equal(params.rto_min_dur, USCTP_SEC(1));
    assert_int_equal(params.rto_max_dur, USCTP_SEC(60));
    assert_int_equal(params.rto_alpha_shift, 3);
    assert_int_equal(params.rto_beta_shift, 2);
    assert_int_equal(params.cookie_life_dur, USCTP_SEC(60));
    assert_int_equal(params.assoc_max_retrans, 10);
    assert_int_equal(params.path_max_retrans, 5);
    assert_int_equal(params.max_init_retrans, 8);
    assert_int_equal(params.hb_interval_dur, USCTP_SEC(30));
    assert_int_equal(params.hb_max_burst, 1);
    assert_int_equal(params.max_burst, 4);
    assert_int_equal(params.sack_delay_dur, USCTP_MS(200));
    assert_int_equal(params.max_packet, 1200);
    assert_int_equal(params.pf_max_retrans, USCTP_RETRANS_OFF);
    assert_int_equal(params.probe_interval_dur, USCTP_SEC(16));
    assert_int_equal(params.search_max_packet, 1480);
    assert_int_equal(params.switchover_max_retrans, USCTP_RETRANS_OFF);
    assert_int_equal(params.flags, USCTP_PARAM_RETRY_PORT);
    assert_true(usctp__params_valid(&params));
}

static void test_presets(void **state)
{
    struct usctp_params params = plain();
    struct usctp_params nat;

    (void)state;
    assert_int_equal(usctp_params_init(&nat, USCTP_PRESET_NAT), USCTP_OK);
    assert_int_equal(nat.hb_interval_dur, USCTP_SEC(15));
    nat.hb_interval_dur = params.hb_interval_dur;
    assert_memory_equal(&nat, &params, sizeof(params));
    for (int preset = USCTP_PRESET_BULK; preset <= USCTP_PRESET_TELECOM; preset++) {
        assert_int_equal(usctp_params_init(&nat, (enum usctp_preset)preset), USCTP_OK);
        assert_true(usctp__params_valid(&nat));
        assert_true(nat.sack_delay_dur <= nat.rto_min_dur); /* or the like of it times out */
    }
    assert_int_equal(usctp_params_init(&params, (enum usctp_preset)7), USCTP_EINVAL);
    assert_int_equal(usctp_params_init((struct usctp_params *)NULL, USCTP_PRESET_PLAIN),
                     USCTP_EINVAL);
}

static struct usctp_params preset(enum usctp_preset number)
{
    struct usctp_params params;

    assert_int_equal(usctp_params_init(&params, number), USCTP_OK);
    return params;
}

/* What usctp.h says of each. */
static void test_preset_values(void **state)
{
    const uint32_t bulk_flags = USCTP_PARAM_PACING, quick_flags = USCTP_PARAM_SACK_IMMEDIATELY;
    struct usctp_params bulk = preset(USCTP_PRESET_BULK), quick = preset(USCTP_PRESET_LOW_LATENCY);
    struct usctp_params webrtc = preset(USCTP_PRESET_WEBRTC),
                        telecom = preset(USCTP_PRESET_TELECOM);

    (void)state;
    assert_int_equal(bulk.congestion_control, USCTP_CC_CUBIC);
    assert_int_equal(bulk.flags, plain().flags | bulk_flags);
    assert_int_equal(bulk.rto_min_dur, USCTP_MS(200));
    assert_int_equal(bulk.receive_window, 1 << 20);
    assert_int_equal(bulk.send_buffer, 1 << 20);
    assert_int_equal(bulk.receive_window_max, 16 << 20);
    assert_int_equal(bulk.send_buffer_max, 16 << 20);

    assert_int_equal(quick.congestion_control, USCTP_CC_CUBIC);
    assert_int_equal(quick.flags, plain().flags | bulk_flags | quick_flags);
    assert_int_equal(quick.rto_initial_dur, USCTP_MS(500));
    assert_int_equal(quick.rto_min_dur, USCTP_MS(100));
    assert_int_equal(quick.sack_delay_dur, USCTP_MS(20));
    assert_int_equal(quick.send_buffer, 64 << 10);

    assert_int_equal(webrtc.congestion_control, USCTP_CC_CUBIC);
    assert_int_equal(webrtc.flags, plain().flags | bulk_flags | USCTP_PARAM_NO_ADDRESS_LIST);
    assert_int_equal(webrtc.max_packet, 1188);
    assert_int_equal(webrtc.out_streams, 65535);
    assert_int_equal(webrtc.rto_initial_dur, USCTP_MS(500));
    assert_int_equal(webrtc.rto_min_dur, USCTP_MS(200));
    assert_int_equal(webrtc.rto_max_dur, USCTP_SEC(10));
    assert_int_equal(webrtc.sack_delay_dur, USCTP_MS(50));
    assert_int_equal(webrtc.max_init_retrans, 8);
    assert_int_equal(webrtc.assoc_max_retrans, 10);

    assert_int_equal(telecom.congestion_control, USCTP_CC_NEWRENO);
    assert_int_equal(telecom.flags, plain().flags | quick_flags);
    assert_int_equal(telecom.rto_initial_dur, USCTP_MS(200));
    assert_int_equal(telecom.rto_min_dur, USCTP_MS(100));
    assert_int_equal(telecom.rto_max_dur, USCTP_SEC(1));
    assert_int_equal(telecom.init_rto_max_dur, USCTP_SEC(1));
    assert_int_equal(telecom.sack_delay_dur, USCTP_MS(20));
    assert_int_equal(telecom.hb_interval_dur, USCTP_SEC(5));
    assert_int_equal(telecom.path_max_retrans, 3);
    assert_int_equal(telecom.assoc_max_retrans, 8);
}

/* Sets one member of fresh parameters to a value and compares what is said of it. */
#define CHECK(member, value, valid)                     \
    do {                                                \
        struct usctp_params params_ = plain();          \
        params_.member = (value);                       \
        if (usctp__params_valid(&params_) != (valid)) { \
            fail_msg("%s = %s", #member, #value);       \
        }                                               \
    } while (0)

static void test_times(void **state)
{
    const uint64_t day = USCTP_SEC(24 * 3600);

    (void)state;
    CHECK(rto_initial_dur, USCTP_SEC(1) - 1, false);
    CHECK(rto_initial_dur, USCTP_SEC(60), true);
    CHECK(rto_initial_dur, USCTP_SEC(60) + 1, false);
    CHECK(rto_min_dur, 0, false);
    CHECK(rto_min_dur, USCTP_US(1), true);
    CHECK(rto_min_dur, USCTP_SEC(1) + 1, false);
    CHECK(rto_max_dur, USCTP_SEC(1), true);
    CHECK(rto_max_dur, USCTP_SEC(1) - 1, false);
    CHECK(rto_max_dur, day, true);
    CHECK(rto_max_dur, day + 1, false);
    CHECK(init_rto_max_dur, USCTP_SEC(1), true);
    CHECK(init_rto_max_dur, USCTP_SEC(1) - 1, false);
    CHECK(init_rto_max_dur, day + 1, false);
    CHECK(cookie_life_dur, 0, false);
    CHECK(cookie_life_dur, USCTP_MS(1), true);
    CHECK(cookie_life_dur, day + 1, false);
    CHECK(hb_interval_dur, 0, true);
    CHECK(hb_interval_dur, day + 1, false);
    CHECK(sack_delay_dur, 0, true);
    CHECK(sack_delay_dur, USCTP_MS(500), true);
    CHECK(sack_delay_dur, USCTP_MS(500) + 1, false);
    CHECK(shutdown_guard_dur, day, true);
    CHECK(shutdown_guard_dur, day + 1, false);
    CHECK(autoclose_dur, 0, true);
    CHECK(autoclose_dur, USCTP_NEVER, true);
}

static void test_counts(void **state)
{
    (void)state;
    CHECK(rto_alpha_shift, 0, false);
    CHECK(rto_alpha_shift, 10, true);
    CHECK(rto_alpha_shift, 11, false);
    CHECK(rto_beta_shift, 0, false);
    CHECK(rto_beta_shift, 11, false);
    CHECK(assoc_max_retrans, 0, true);
    CHECK(assoc_max_retrans, 65535, true);
    CHECK(assoc_max_retrans, 65536, false);
    CHECK(path_max_retrans, 0, true);
    CHECK(path_max_retrans, 65536, false);
    CHECK(max_init_retrans, 0, true);
    CHECK(max_init_retrans, 65536, false);
    CHECK(hb_max_burst, 0, false);
    CHECK(hb_max_burst, 65536, false);
    CHECK(max_burst, 0, true);
    CHECK(max_burst, 65536, false);
    CHECK(sack_every, 0, false);
    CHECK(sack_every, 1, true);
    CHECK(sack_every, 65536, false);
    CHECK(out_streams, 0, false);
    CHECK(out_streams, 65535, true);
    CHECK(window_update_shift, 0, false);
    CHECK(window_update_shift, 1, true);
    CHECK(window_update_shift, 16, true);
    CHECK(window_update_shift, 17, false);
    CHECK(listed_addrs, USCTP_LISTED_ALL, true);
    CHECK(listed_addrs, USCTP_LISTED_ALL + 1, false);
    CHECK(max_in_streams, 0, false);
    CHECK(max_in_streams, 1, true);
}

static void test_sizes(void **state)
{
    (void)state;
    CHECK(max_packet, 508, false);
    CHECK(max_packet, 512, true);
    CHECK(max_packet, 1202, false);
    CHECK(max_packet, 65520, true);
    CHECK(max_packet, 65524, false);
    CHECK(max_segment, 0, true);
    CHECK(max_segment, 31, false);
    CHECK(max_segment, 32, true);
    CHECK(max_segment, 65536, false);
    CHECK(congestion_control, USCTP_CC_BBR, true);
    CHECK(congestion_control, USCTP_CC_BBR + 1, false);
    CHECK(receive_window_max, 0, true);
    CHECK(receive_window_max, 1, true); /* no larger than the window: it does not grow */
    CHECK(receive_window_max, UINT32_C(0x80000000), false);
    CHECK(send_buffer_max, UINT32_C(0x80000000), false);
    CHECK(receive_window, 1499, false);
    CHECK(receive_window, 1500, true);
    CHECK(receive_window, UINT32_C(0x80000000), false);
    CHECK(receive_memory, 0, true);
    CHECK(receive_memory, 2 * 256 * 1024, true);
    CHECK(receive_memory, 2 * 256 * 1024 - 1, false);
    CHECK(send_buffer, 0, false);
    CHECK(send_buffer, 1, true);
    CHECK(max_message, 0, false);
    CHECK(max_message, 1, true);
    CHECK(partial_delivery_point, UINT32_MAX, true);
    CHECK(flags, 2047, true);
    CHECK(flags, UINT32_C(1) << 31, false);
    CHECK(probe_interval_dur, 0, true);
    CHECK(probe_interval_dur, USCTP_SEC(1), true);
    CHECK(probe_interval_dur, USCTP_SEC(1) - 1, false);
    CHECK(probe_interval_dur, USCTP_SEC(24 * 3600) + 1, false);
    CHECK(search_max_packet, 512, true);
    CHECK(search_max_packet, 508, false);
    CHECK(search_max_packet, 1481, false);
    CHECK(search_max_packet, 65524, false);
    CHECK(adaptation, UINT32_MAX, true);
    CHECK(pf_max_retrans, 0, true);
    CHECK(pf_max_retrans, 65534, true); /* above path_max_retrans: it is never reached */
    CHECK(pf_max_retrans, 65536, false);
    CHECK(switchover_max_retrans, 5, true);
    CHECK(switchover_max_retrans, 4, false);
    CHECK(switchover_max_retrans, 65536, false);
    CHECK(dscp, 63, true);
    CHECK(dscp, 64, false);
    CHECK(reserved, 1, false);
}

#define CHECK_PATH(member, value, valid)                     \
    do {                                                     \
        struct usctp_path_params params_ = path_params();    \
        params_.member = (value);                            \
        if (usctp__path_params_valid(&params_) != (valid)) { \
            fail_msg("%s = %s", #member, #value);            \
        }                                                    \
    } while (0)

static struct usctp_path_params path_params(void)
{
    struct usctp_path_params params = USCTP_PATH_PARAMS_INIT;

    params.hb_interval_dur = USCTP_SEC(30);
    params.rto_initial_dur = USCTP_SEC(1);
    params.rto_min_dur = USCTP_SEC(1);
    params.rto_max_dur = USCTP_SEC(60);
    params.path_max_retrans = 5;
    params.max_packet = 1200;
    params.search_max_packet = 1480;
    return params;
}

static void test_path_params(void **state)
{
    (void)state;
    CHECK_PATH(heartbeat, 1, true);
    CHECK_PATH(hb_interval_dur, USCTP_SEC(24 * 3600) + 1, false);
    CHECK_PATH(rto_initial_dur, USCTP_SEC(1) - 1, false);
    CHECK_PATH(rto_min_dur, 0, false);
    CHECK_PATH(rto_max_dur, USCTP_SEC(1) - 1, false);
    CHECK_PATH(path_max_retrans, 65536, false);
    CHECK_PATH(probe_interval_dur, 0, true);
    CHECK_PATH(probe_interval_dur, USCTP_SEC(1), true);
    CHECK_PATH(probe_interval_dur, USCTP_SEC(1) - 1, false);
    CHECK_PATH(search_max_packet, 508, false);
    CHECK_PATH(reserved3, 1, false);
    CHECK_PATH(pf_max_retrans, 1, false); /* above switchover_max_retrans */
    CHECK_PATH(pf_max_retrans, 65535, false);
    CHECK_PATH(switchover_max_retrans, 3, true);
    CHECK_PATH(max_packet, 508, false);
    CHECK_PATH(max_packet, 1201, false);
    CHECK_PATH(dscp, 64, false);
    CHECK_PATH(reserved[0], 1, false);
}

static void test_take(void **state)
{
    struct usctp_params defaults = plain();
    struct usctp_params theirs = plain();
    struct usctp_params out;

    (void)state;
    theirs.max_packet = 1400;
    assert_int_equal(usctp__params_take(&out, &theirs, &defaults), USCTP_OK);
    assert_int_equal(out.max_packet, 1400);
    out = defaults;
    theirs.size = sizeof(theirs) - 1;
    assert_int_equal(usctp__params_take(&out, &theirs, &defaults), USCTP_ESIZE);
    theirs.size = sizeof(theirs);
    theirs.max_packet = 3;
    assert_int_equal(usctp__params_take(&out, &theirs, &defaults), USCTP_EINVAL);
    assert_int_equal(usctp__params_take(&out, NULL, &defaults), USCTP_EINVAL);
    assert_memory_equal(&out, &defaults, sizeof(out));
}

/* A structure of a later version than ours, and one of an earlier. */
struct old_version {
    size_t size;
    uint32_t a;
    uint32_t b;
};

struct new_version {
    size_t size;
    uint32_t a;
    uint32_t b;
    uint64_t c;
};

static void test_sized(void **state)
{
    struct old_version old = {sizeof(old), 1, 2};
    struct new_version young = {sizeof(young), 3, 4, 5};
    struct new_version mine = {0, 10, 11, 12};
    struct old_version mine_old = {0, 20, 21};

    (void)state;
    assert_int_equal(usctp__sized_in(&mine, sizeof(mine), &old, sizeof(old)), USCTP_OK);
    assert_int_equal(mine.size, sizeof(mine));
    assert_int_equal(mine.a, 1);
    assert_int_equal(mine.b, 2);
    assert_int_equal(mine.c, 12);
    assert_int_equal(usctp__sized_in(&mine_old, sizeof(mine_old), &young, sizeof(old)), USCTP_OK);
    assert_int_equal(mine_old.size, sizeof(mine_old));
    assert_int_equal(mine_old.b, 4);
    assert_int_equal(usctp__sized_out(&young, &mine_old, sizeof(mine_old), sizeof(old)), USCTP_OK);
    assert_int_equal(young.size, sizeof(young));
    assert_int_equal(young.a, 3);
    assert_int_equal(young.c, 5);
    mine.a = 99;
    assert_int_equal(usctp__sized_out(&old, &mine, sizeof(mine), sizeof(old)), USCTP_OK);
    assert_int_equal(old.size, sizeof(old));
    assert_int_equal(old.a, 99);
    old.size = sizeof(old) - 1;
    assert_int_equal(usctp__sized_in(&mine, sizeof(mine), &old, sizeof(old)), USCTP_ESIZE);
    assert_int_equal(usctp__sized_out(&old, &mine, sizeof(mine), sizeof(old)), USCTP_ESIZE);
    assert_int_equal(usctp__sized_in(&mine, sizeof(mine), NULL, sizeof(old)), USCTP_EINVAL);
    assert_int_equal(usctp__sized_out(NULL, &mine, sizeof(mine), sizeof(old)), USCTP_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_presets),
        cmocka_unit_test(test_preset_values), cmocka_unit_test(test_times),
        cmocka_unit_test(test_counts),        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_path_params),   cmocka_unit_test(test_take),
        cmocka_unit_test(test_sized),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
