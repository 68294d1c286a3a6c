/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulator's own parts, with a dumb packet source instead of stacks: time, links, loss
 * patterns, NAT boxes, ICMP, and the oracle of the wire, which must find what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/fail.h"
#include "sim/ledger.h"
#include "sim/net.h"
#include "sim/watch.h"

enum { LOG_MAX = 4096 };

/* Two interfaces and what came in at them. */
struct house {
    struct sim_clock clock;
    struct sim_rng rng;
    struct sim_net net;
    struct sim_nic *a;
    struct sim_nic *b;
    size_t cnt; /* packets that came in */
    struct {
        uint64_t ts;
        uint32_t number; /* its first four bytes */
        struct usctp_addr src;
        uint16_t src_port;
        size_t len;
        int corrupted;
    } log[LOG_MAX];
    size_t icmp_cnt;
    uint32_t icmp_mtu;
    size_t icmp_quote_len;
};

static void receive(void *ctx, struct sim_nic *nic, struct sim_packet *packet)
{
    struct house *house = ctx;

    (void)nic;
    assert_true(house->cnt < LOG_MAX);
    house->log[house->cnt].ts = house->clock.now_ts;
    house->log[house->cnt].number = sim_get32(packet->data);
    house->log[house->cnt].src = packet->src;
    house->log[house->cnt].src_port = packet->src_port;
    house->log[house->cnt].len = packet->len;
    house->log[house->cnt].corrupted = packet->corrupted;
    house->cnt++;
    free(packet);
}

static void got_icmp(void *ctx, struct sim_nic *nic, const struct sim_icmp *icmp)
{
    struct house *house = ctx;

    assert_true(sim_addr_equal(&icmp->local, &nic->addr));
    house->icmp_cnt++;
    house->icmp_mtu = icmp->mtu;
    house->icmp_quote_len = icmp->quote_len;
}

static struct usctp_addr addr4(uint8_t last)
{
    struct usctp_addr addr;

    memset(&addr, 0, sizeof(addr));
    addr.family = USCTP_AF_IPV4;
    addr.bytes[0] = 192;
    addr.bytes[3] = last;
    return addr;
}

static struct house *house_new(uint64_t seed)
{
    static const struct sim_nic_ops ops = {receive, got_icmp};
    struct house *house = calloc(1, sizeof(*house));
    struct usctp_addr a = addr4(1), b = addr4(2);

    assert_non_null(house);
    sim_rng_init(&house->rng, seed);
    sim_clock_init(&house->clock, 1000);
    sim_net_init(&house->net, &house->clock, &house->rng);
    house->a = sim_net_add(&house->net, &a, &ops, house);
    house->b = sim_net_add(&house->net, &b, &ops, house);
    return house;
}

static void house_free(struct house *house)
{
    sim_net_free(&house->net);
    sim_clock_free(&house->clock);
    free(house);
}

static void send_to(struct sim_nic *nic, const struct usctp_addr *dst, uint16_t dst_port,
                    uint32_t num, size_t len)
{
    uint8_t data[2000];
    struct sim_packet *packet;

    memset(data, 0, sizeof(data));
    sim_put32(data, num);
    packet = sim_packet_new(data, len);
    packet->dst = *dst;
    packet->dst_port = dst_port;
    packet->src_port = 700;
    sim_nic_send(nic, packet);
}

/* A number of packets of 100 bytes from a to b, 1 ms apart; all has arrived then. */
static void stream(struct house *house, uint32_t cnt)
{
    for (uint32_t i = 0; i < cnt; i++) {
        send_to(house->a, &house->b->addr, 9, i, 100);
        sim_clock_run(&house->clock, house->clock.now_ts + 1000000);
    }
    sim_clock_run(&house->clock, house->clock.now_ts + 10000000000u);
}

static struct sim_timer timers[500];
static uint64_t fired_ts;
static size_t fired_cnt;

static void fire(void *ctx, struct sim_timer *timer)
{
    const struct sim_clock *clock = ctx;

    assert_true(clock->now_ts == timer->ts && timer->ts >= fired_ts);
    assert_int_equal(timer->slot, 0);
    fired_ts = timer->ts;
    fired_cnt++;
}

static void clock_keeps_order(void **state)
{
    struct sim_clock clock;
    struct sim_rng rng;
    size_t set_cnt = 0;

    (void)state;
    sim_rng_init(&rng, 3);
    sim_clock_init(&clock, 5);
    for (int i = 0; i < 5000; i++) {
        struct sim_timer *timer = &timers[sim_rng_below(&rng, 500)];

        timer->fn = fire;
        timer->ctx = &clock;
        if (sim_rng_one_in(&rng, 4)) {
            sim_clock_cancel(&clock, timer);
        } else {
            sim_clock_set(&clock, timer, sim_rng_below(&rng, 1000));
        }
    }
    for (size_t i = 0; i < 500; i++) {
        set_cnt += timers[i].slot != 0;
        assert_true(timers[i].slot == 0 || clock.timers[timers[i].slot - 1] == &timers[i]);
    }
    assert_int_equal(clock.timer_cnt, set_cnt);
    sim_clock_run(&clock, 400);
    assert_int_equal(clock.now_ts, 400);
    sim_clock_run(&clock, 5000);
    assert_int_equal(fired_cnt, set_cnt);
    sim_clock_free(&clock);
}

static void perfect_link_delivers_all(void **state)
{
    struct house *house = house_new(1);

    (void)state;
    house->a->up.config.delay_dur = 7000;
    house->b->down.config.delay_dur = 3000;
    stream(house, 50);
    assert_int_equal(house->cnt, 50);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(house->log[i].number, i);
        assert_int_equal(house->log[i].ts, 1000 + i * 1000000 + 10000);
    }
    house_free(house);
}

static void rate_and_queue_limit(void **state)
{
    struct house *house = house_new(1);

    (void)state;
    house->a->up.config.rate = 1024000; /* 1 ms for 100 + 28 bytes */
    house->a->up.config.queue_len = 1000;
    for (uint32_t i = 0; i < 20; i++) {
        send_to(house->a, &house->b->addr, 9, i, 100);
    }
    sim_clock_run(&house->clock, 1000000000);
    assert_int_equal(house->cnt, 8);
    assert_int_equal(house->a->up.stats.overflow_cnt, 12);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(house->log[i].ts, 1000 + (i + 1) * 1000000);
    }
    house_free(house);
}

static void loss_patterns(void **state)
{
    struct house *house = house_new(2);
    struct sim_loss *loss = &house->a->up.config.loss;

    (void)state;
    loss->kind = SIM_LOSS_PERIODIC;
    loss->every = 10;
    stream(house, 100);
    assert_int_equal(house->cnt, 90);
    memset(loss, 0, sizeof(*loss));
    loss->kind = SIM_LOSS_LIST;
    loss->mask = 0x8005;
    stream(house, 100);
    assert_int_equal(house->cnt, 90 + 97);
    memset(loss, 0, sizeof(*loss));
    loss->kind = SIM_LOSS_RANDOM;
    loss->ppm = 300000;
    loss->max_run = 2;
    house->cnt = 0;
    stream(house, 1000);
    assert_in_range(house->cnt, 640, 800);
    for (size_t i = 1; i < house->cnt; i++) {
        assert_true(house->log[i].number - house->log[i - 1].number <= 3);
    }
    memset(loss, 0, sizeof(*loss));
    loss->kind = SIM_LOSS_BURST;
    loss->enter_ppm = 20000;
    loss->leave_ppm = 200000;
    loss->ppm = 1000000;
    house->cnt = 0;
    stream(house, 2000);
    assert_in_range(house->cnt, 1600, 1960);
    house_free(house);
}

static void faults_of_links(void **state)
{
    struct house *house = house_new(4);
    size_t corrupted = 0, late = 0;

    (void)state;
    house->a->up.config.duplicate_ppm = 100000;
    house->a->up.config.corrupt_ppm = 100000;
    house->a->up.config.reorder_ppm = 100000;
    house->a->up.config.reorder_dur = 5000000;
    stream(house, 1000);
    assert_int_equal(house->cnt, 1000 + house->a->up.stats.duplicated_cnt);
    assert_in_range(house->a->up.stats.duplicated_cnt, 60, 140);
    for (size_t i = 0; i < house->cnt; i++) {
        corrupted += (size_t)house->log[i].corrupted;
        late += i > 0 && house->log[i].number < house->log[i - 1].number;
    }
    assert_int_equal(corrupted, house->a->up.stats.corrupted_cnt);
    assert_true(corrupted > 50 && late > 30);
    house_free(house);
}

static void forged_packets_have_right_checksums(void **state)
{
    uint8_t packet[32] = {0, 1, 0, 2, 1, 2, 3, 4, 0, 0, 0, 0, 10, 0, 0, 20, 1, 2, 3};
    struct house *house = house_new(4);
    struct sim_packet *sent = sim_packet_new(packet, sizeof(packet));

    (void)state;
    /* SCTP's own check value: CRC32c of 32 zero bytes is 8a9136aa, least significant byte first. */
    memset(sent->data, 0, sent->len);
    assert_int_equal(sim_packet_crc(sent->data, sent->len), 0xaa36918a);
    free(sent);
    sent = sim_packet_new(packet, sizeof(packet));
    sent->dst = house->b->addr;
    house->a->up.config.forge_ppm = 1000000;
    sim_nic_send(house->a, sent);
    sim_clock_run(&house->clock, 1000000);
    assert_int_equal(house->cnt, 1);
    assert_int_equal(house->log[0].corrupted, 1);
    assert_int_equal(house->a->up.stats.forged_cnt, 1);
    house_free(house);
}

static void the_same_seed_is_the_same_run(void **state)
{
    uint64_t hashes[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct house *house = house_new(i < 2 ? 11 : 12);

        house->a->up.config.jitter_dur = 3000000;
        house->a->up.config.loss.kind = SIM_LOSS_RANDOM;
        house->a->up.config.loss.ppm = 100000;
        stream(house, 200);
        hashes[i] = house->net.hash;
        house_free(house);
    }
    assert_true(hashes[0] == hashes[1]);
    assert_true(hashes[0] != hashes[2]);
}

static void links_down_and_cuts(void **state)
{
    struct house *house = house_new(1);

    (void)state;
    sim_nic_set_down(house->b, 1);
    stream(house, 5);
    assert_int_equal(house->cnt, 0);
    sim_nic_set_down(house->b, 0);
    sim_net_cut(&house->net, &house->a->addr, &house->b->addr, 1);
    stream(house, 5);
    assert_int_equal(house->cnt, 0);
    send_to(house->b, &house->a->addr, 9, 1, 100);
    sim_clock_run(&house->clock, house->clock.now_ts + 1000);
    assert_int_equal(house->cnt, 1);
    sim_net_cut(&house->net, &house->a->addr, &house->b->addr, 0);
    stream(house, 5);
    assert_int_equal(house->cnt, 6);
    house_free(house);
}

static void too_big_and_unreachable(void **state)
{
    struct house *house = house_new(1);
    struct usctp_addr nobody = addr4(99);

    (void)state;
    house->b->down.config.mtu = 500;
    send_to(house->a, &house->b->addr, 9, 1, 600);
    sim_clock_run(&house->clock, house->clock.now_ts + 10000000);
    assert_int_equal(house->icmp_cnt, 0); /* a black hole */
    house->b->too_big = SIM_TOO_BIG_TOLD;
    house->net.quote_max = 20;
    send_to(house->a, &house->b->addr, 9, 1, 600);
    sim_clock_run(&house->clock, house->clock.now_ts + 10000000);
    assert_int_equal(house->icmp_cnt, 1);
    assert_int_equal(house->icmp_mtu, 500);
    assert_int_equal(house->icmp_quote_len, 20);
    house->b->too_big = SIM_TOO_BIG_UNTOLD;
    send_to(house->a, &house->b->addr, 9, 1, 600);
    sim_clock_run(&house->clock, house->clock.now_ts + 10000000);
    assert_int_equal(house->icmp_mtu, 0);
    send_to(house->a, &nobody, 9, 1, 60);
    sim_clock_run(&house->clock, house->clock.now_ts + 10000000);
    assert_int_equal(house->icmp_cnt, 2);
    house->net.unreachable = 1;
    send_to(house->a, &nobody, 9, 1, 60);
    sim_clock_run(&house->clock, house->clock.now_ts + 10000000);
    assert_int_equal(house->icmp_cnt, 3);
    assert_int_equal(house->cnt, 0);
    house_free(house);
}

static void nat_maps_and_rebinds(void **state)
{
    struct house *house = house_new(1);
    struct sim_nat_config config;
    struct usctp_addr outside = addr4(50);
    uint16_t port;

    (void)state;
    memset(&config, 0, sizeof(config));
    config.outside = outside;
    config.filter = SIM_NAT_FILTER_ADDR_PORT;
    (void)sim_nic_add_nat(house->a, &config);
    stream(house, 1);
    assert_true(sim_addr_equal(&house->log[0].src, &outside));
    port = house->log[0].src_port;
    send_to(house->b, &outside, port, 2, 100); /* from port 700: not sent to */
    sim_clock_run(&house->clock, house->clock.now_ts + 1000);
    assert_int_equal(house->cnt, 1);
    send_to(house->a, &house->b->addr, 700, 3, 100);
    send_to(house->b, &outside, port, 4, 100);
    send_to(house->b, &house->a->addr, 700, 5, 100); /* the inside cannot be reached */
    sim_clock_run(&house->clock, house->clock.now_ts + 1000);
    assert_int_equal(house->cnt, 3);
    assert_int_equal(house->log[1].src_port, port);
    assert_int_equal(house->log[2].number, 4);
    sim_nat_rebind(house->a->nat);
    send_to(house->b, &outside, port, 6, 100);
    sim_clock_run(&house->clock, house->clock.now_ts + 1000);
    assert_int_equal(house->cnt, 3);
    send_to(house->a, &house->b->addr, 700, 7, 100);
    sim_clock_run(&house->clock, house->clock.now_ts + 1000);
    assert_int_equal(house->cnt, 4);
    assert_int_not_equal(house->log[3].src_port, port);
    house_free(house);
}

static void ledgers_tell_contents_apart(void **state)
{
    struct sim_ledger *ledger = sim_ledger_new(5, 77);
    uint8_t data[100];
    uint32_t number;

    (void)state;
    assert_int_equal(sim_ledger_add(ledger, 3, 0, 100), 0);
    assert_int_equal(sim_ledger_add(ledger, 3, 1, 10), 1);
    number = sim_ledger_add(ledger, 3, 0, 100);
    assert_int_equal(ledger->messages[number].prev, 1);
    assert_int_equal(ledger->messages[number].ssn, 1);
    assert_int_equal(sim_ppid_ledger(sim_ledger_ppid(ledger, number)), 5);
    assert_int_equal(sim_ppid_number(sim_ledger_ppid(ledger, number)), number);
    sim_ledger_fill(ledger, number, 0, data, 100);
    assert_true(sim_ledger_same(ledger, number, 13, data + 13, 87));
    assert_false(sim_ledger_same(ledger, 0, 0, data, 100));
    data[50] ^= 1;
    assert_false(sim_ledger_same(ledger, number, 13, data + 13, 87));
    sim_ledger_take_back(ledger);
    assert_int_equal(sim_ledger_add(ledger, 3, 0, 1), 2);
    assert_int_equal(ledger->messages[2].prev, 1);
    sim_ledger_free(ledger);
}

static jmp_buf failed;

static void fail_lands_here(const char *text)
{
    (void)text;
    longjmp(failed, 1);
}

/* 1 if the oracle of the wire lets a packet pass. */
static int passes(struct sim_watch *watch, uint8_t *packet, size_t len)
{
    struct sim_watch_summary summary;

    sim_fail_catch(fail_lands_here);
    if (setjmp(failed) != 0) {
        sim_fail_catch(NULL);
        return 0;
    }
    sim_watch_sent(watch, packet, len, &summary);
    sim_fail_catch(NULL);
    return 1;
}

static size_t begin(uint8_t *packet, uint32_t tag)
{
    memset(packet, 0, 256);
    sim_put16(packet, 5000);
    sim_put16(packet + 2, 5001);
    sim_put32(packet + 4, tag);
    return SIM_HEADER_LEN;
}

static size_t put_data(uint8_t *packet, size_t at, uint32_t tsn, uint8_t fill, uint16_t len)
{
    packet[at] = SIM_DATA;
    packet[at + 1] = 3;
    sim_put16(packet + at + 2, (uint16_t)(16 + len));
    sim_put32(packet + at + 4, tsn);
    memset(packet + at + 16, fill, len);
    return (at + 16u + len + 3u) & ~(size_t)3;
}

static size_t put_sack(uint8_t *packet, size_t at, uint32_t cum, uint32_t window)
{
    packet[at] = SIM_SACK;
    sim_put16(packet + at + 2, 16);
    sim_put32(packet + at + 4, cum);
    sim_put32(packet + at + 8, window);
    return at + 16;
}

static int seal_and_pass(struct sim_watch *watch, uint8_t *packet, size_t len)
{
    sim_packet_seal(packet, len);
    return passes(watch, packet, len);
}

static void watch_finds_malformed_packets(void **state)
{
    struct sim_watch watch;
    uint8_t packet[256];
    size_t len;

    (void)state;
    sim_watch_init(&watch);
    len = put_data(packet, begin(packet, 7), 1, 1, 5);
    assert_true(seal_and_pass(&watch, packet, len));
    packet[9] ^= 1;
    assert_false(passes(&watch, packet, len)); /* checksum */
    packet[len - 1] = 1;
    assert_false(seal_and_pass(&watch, packet, len)); /* padding */
    len = put_data(packet, begin(packet, 7), 2, 1, 0);
    assert_false(seal_and_pass(&watch, packet, len)); /* no user data */
    len = put_data(packet, begin(packet, 7), 2, 1, 4);
    len = put_sack(packet, len, 1, 1);
    assert_false(seal_and_pass(&watch, packet, len)); /* control after DATA */
    len = put_data(packet, begin(packet, 0), 3, 1, 4);
    assert_false(seal_and_pass(&watch, packet, len)); /* tag 0 */
    len = put_data(packet, begin(packet, 7), 3, 1, 4);
    sim_put16(packet + 14, 100);
    assert_false(seal_and_pass(&watch, packet, len)); /* longer than the packet */
    assert_false(seal_and_pass(&watch, packet, len - 1));
    begin(packet, 7);
    packet[12] = 200;
    packet[15] = 4;
    assert_false(seal_and_pass(&watch, packet, 16)); /* a chunk nobody knows */
    sim_watch_free(&watch);
}

static void watch_finds_wrong_flows(void **state)
{
    struct sim_watch watch;
    uint8_t packet[256];
    size_t len;

    (void)state;
    sim_watch_init(&watch);
    len = begin(packet, 0);
    packet[12] = SIM_INIT;
    packet[15] = 20;
    sim_put32(packet + 16, 70);
    sim_put32(packet + 20, 1500);
    sim_put16(packet + 24, 1);
    sim_put16(packet + 26, 1);
    assert_true(seal_and_pass(&watch, packet, len + 20));
    packet[12] = SIM_INIT_ACK;
    sim_put32(packet + 4, 70);
    sim_put32(packet + 16, 80);
    assert_true(seal_and_pass(&watch, packet, len + 20));
    for (uint32_t tsn = 10; tsn < 14; tsn++) { /* from the one with tag 70 to the one with 80 */
        len = put_data(packet, begin(packet, 80), tsn, (uint8_t)tsn, 100);
        assert_true(seal_and_pass(&watch, packet, len));
    }
    len = put_data(packet, begin(packet, 80), 11, 11, 100);
    assert_true(seal_and_pass(&watch, packet, len)); /* the same again */
    len = put_data(packet, begin(packet, 80), 11, 12, 100);
    assert_false(seal_and_pass(&watch, packet, len)); /* changed */
    len = put_data(packet, begin(packet, 80), 16, 16, 100);
    assert_false(
        seal_and_pass(&watch, packet, len)); /* a hole: one TSN may be that of an end never sent */
    len = put_sack(packet, begin(packet, 70), 11, 1000);
    assert_true(seal_and_pass(&watch, packet, len));
    len = put_sack(packet, begin(packet, 70), 12, 900);
    assert_true(seal_and_pass(&watch, packet, len)); /* the edge stands */
    len = put_sack(packet, begin(packet, 70), 12, 899);
    assert_false(seal_and_pass(&watch, packet, len)); /* the edge goes back */
    len = put_sack(packet, begin(packet, 70), 11, 2000);
    assert_false(seal_and_pass(&watch, packet, len)); /* the cumulative TSN goes back */
    sim_watch_free(&watch);
}

/* A receiver that is lost takes along what it may have acknowledged, and nothing that was sent later; that counts for
 * its second life alone. */
static void ledgers_know_what_a_lost_receiver_took_along(void **state)
{
    struct sim_ledger *ledger = sim_ledger_new(6, 78);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(sim_ledger_add(ledger, 0, 0, 10), i);
    }
    assert_true(sim_ledger_deliver(ledger, 0));
    assert_false(sim_ledger_complete(ledger, 0));
    assert_false(sim_ledger_complete(ledger, 1)); /* it was not lost */
    sim_ledger_lose(ledger);
    assert_false(sim_ledger_complete(ledger, 0));
    assert_true(sim_ledger_complete(ledger, 1));
    sim_ledger_again(ledger); /* the second life gets something */
    assert_false(sim_ledger_complete(ledger, 0));
    assert_true(sim_ledger_complete(ledger, 1));
    assert_int_equal(sim_ledger_add(ledger, 0, 1, 10), 3);
    assert_false(sim_ledger_complete(ledger, 1)); /* this one could not be taken along */
    assert_true(sim_ledger_deliver(ledger, 3));
    assert_true(sim_ledger_complete(ledger, 1));
    assert_int_equal(sim_ledger_add(ledger, 0, 1, 10), 4);
    sim_ledger_abandon(ledger, 4);
    assert_true(sim_ledger_complete(ledger, 1));
    sim_ledger_free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_keeps_order),
        cmocka_unit_test(perfect_link_delivers_all),
        cmocka_unit_test(rate_and_queue_limit),
        cmocka_unit_test(loss_patterns),
        cmocka_unit_test(faults_of_links),
        cmocka_unit_test(forged_packets_have_right_checksums),
        cmocka_unit_test(the_same_seed_is_the_same_run),
        cmocka_unit_test(links_down_and_cuts),
        cmocka_unit_test(too_big_and_unreachable),
        cmocka_unit_test(nat_maps_and_rebinds),
        cmocka_unit_test(ledgers_tell_contents_apart),
        cmocka_unit_test(ledgers_know_what_a_lost_receiver_took_along),
        cmocka_unit_test(watch_finds_malformed_packets),
        cmocka_unit_test(watch_finds_wrong_flows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
