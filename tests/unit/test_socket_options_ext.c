/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options of extensions about paths (RFC 7829, 7), and what they do. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

/* --- Paths that may have failed (RFC 7829, 7) -------------------------------------------------- */

static void test_thresholds(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sockaddr_in name = world_name(1, 7);
    struct sctp_paddrthlds_v2 all;
    struct sctp_paddrthlds both;

    (void)state;
    memset(&all, 0, sizeof(all));
    GET(two.fd, SCTP_PEER_ADDR_THLDS_V2, &all, sizeof(all));
    assert_int_equal(all.spt_pathmaxrxt, 5);
    assert_int_equal(all.spt_pathpfthld, 0xffff);
    assert_int_equal(all.spt_pathcpthld, 0xffff);
    all.spt_pathmaxrxt = 0; /* as it is */
    all.spt_pathpfthld = 1;
    all.spt_pathcpthld = 2;
    SET(two.fd, SCTP_PEER_ADDR_THLDS_V2, &all, sizeof(all));
    memset(&both, 0, sizeof(both));
    GET(two.fd, SCTP_PEER_ADDR_THLDS, &both, sizeof(both));
    assert_int_equal(both.spt_pathmaxrxt, 5);
    assert_int_equal(both.spt_pathpfthld, 1);
    /* Associations that stand are as they were. By the address of one: */
    memset(&all, 0, sizeof(all));
    memcpy(&all.spt_address, &name, sizeof(name));
    GET(two.fd, SCTP_PEER_ADDR_THLDS_V2, &all, sizeof(all));
    assert_int_equal(all.spt_assoc_id, two.id[0]);
    assert_int_equal(all.spt_pathpfthld, 0xffff);
    both.spt_assoc_id = two.id[0];
    memcpy(&both.spt_address, &name, sizeof(name));
    both.spt_pathmaxrxt = 7;
    both.spt_pathpfthld = 0;
    SET(two.fd, SCTP_PEER_ADDR_THLDS, &both, sizeof(both));
    GET(two.fd, SCTP_PEER_ADDR_THLDS_V2, &all, sizeof(all));
    assert_int_equal(all.spt_pathmaxrxt, 7);
    assert_int_equal(all.spt_pathpfthld, 0);
    assert_int_equal(all.spt_pathcpthld, 0xffff);
    /* A whole association, and its paths. */
    memset(&all.spt_address, 0, sizeof(all.spt_address));
    all.spt_assoc_id = two.id[1];
    all.spt_pathmaxrxt = 4;
    all.spt_pathpfthld = 3;
    all.spt_pathcpthld = 3;
    SET(two.fd, SCTP_PEER_ADDR_THLDS_V2, &all, sizeof(all));
    name = world_name(1, 8);
    memset(&all, 0, sizeof(all));
    memcpy(&all.spt_address, &name, sizeof(name));
    GET(two.fd, SCTP_PEER_ADDR_THLDS_V2, &all, sizeof(all));
    assert_int_equal(all.spt_pathmaxrxt, 4);
    assert_int_equal(all.spt_pathcpthld, 3);
    /* The primary is not given up before data has left it; nothing has changed then. */
    all.spt_pathcpthld = 2;
    FAILS(try_set(two.fd, SCTP_PEER_ADDR_THLDS_V2, &all, sizeof(all)), EINVAL);
    GET(two.fd, SCTP_PEER_ADDR_THLDS_V2, &all, sizeof(all));
    assert_int_equal(all.spt_pathcpthld, 3);
    all.spt_assoc_id = SCTP_CURRENT_ASSOC;
    memset(&all.spt_address, 0, sizeof(all.spt_address));
    FAILS(try_set(two.fd, SCTP_PEER_ADDR_THLDS_V2, &all, sizeof(all)), EINVAL);
    two_down(world, &two);
}

static bool lose_all(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    (void)dgram;
    return true;
}

static int32_t path_state(int fd)
{
    struct sockaddr_in name = world_name(1, 7);
    struct sctp_paddrinfo info;

    memset(&info, 0, sizeof(info));
    memcpy((uint8_t *)&info + offsetof(struct sctp_paddrinfo, spinfo_address), &name, sizeof(name));
    GET(fd, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info));
    return info.spinfo_state;
}

/* The next event of a path: its spc_state. */
static int path_event(int fd)
{
    struct sctp_paddr_change change;

    assert_int_equal(usctp_recv(fd, &change, sizeof(change), MSG_DONTWAIT), sizeof(change));
    assert_int_equal(change.spc_type, SCTP_PEER_ADDR_CHANGE);
    return (int)change.spc_state;
}

/* A path in the new state reads as active, and nothing is told of it, unless that was asked for. */
static void test_exposed(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_event event = {SCTP_ALL_ASSOC, SCTP_PEER_ADDR_CHANGE, 1};
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};
    struct sctp_paddrthlds both;
    struct sctp_sndinfo info;
    struct iovec iov = {(void *)(uintptr_t) "x", 1};
    char text[8];

    (void)state;
    GET(two.fd, SCTP_EXPOSE_POTENTIALLY_FAILED_STATE, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    SET(two.fd, SCTP_EVENT, &event, sizeof(event));
    memset(&both, 0, sizeof(both));
    both.spt_assoc_id = two.id[0];
    SET(two.fd, SCTP_PEER_ADDR_THLDS, &both, sizeof(both));
    memset(&info, 0, sizeof(info));
    info.snd_assoc_id = two.id[0];
    world->drop = lose_all;
    assert_int_equal(
        usctp_sctp_sendv(two.fd, &iov, 1, NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO, 0), 1);
    world_run(world, USCTP_SEC(2));
    assert_int_equal(path_state(two.fd), SCTP_ACTIVE);
    FAILS(usctp_recv(two.fd, text, sizeof(text), MSG_DONTWAIT), EAGAIN);
    value.assoc_id = two.id[0];
    value.assoc_value = 1;
    SET(two.fd, SCTP_EXPOSE_POTENTIALLY_FAILED_STATE, &value, sizeof(value));
    assert_int_equal(path_state(two.fd), SCTP_POTENTIALLY_FAILED);
    world->drop = NULL;
    world_run(world, USCTP_SEC(5));
    assert_int_equal(path_state(two.fd), SCTP_ACTIVE);
    assert_int_equal(path_event(two.fd), SCTP_ADDR_AVAILABLE);
    world->drop = lose_all;
    assert_int_equal(
        usctp_sctp_sendv(two.fd, &iov, 1, NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO, 0), 1);
    world_run(world, USCTP_SEC(5)); /* its timeout has grown */
    assert_int_equal(path_event(two.fd), SCTP_ADDR_POTENTIALLY_FAILED);
    world->drop = NULL;
    world_run(world, USCTP_SEC(30));
    two_down(world, &two);
}

/* --- Extensions that are offered --------------------------------------------------------------- */

/* RFC 9653, 7: settled before an association begins. */
static void test_zero_checksum(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};
    int client, server;
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);

    (void)state;
    GET(fd, SCTP_ACCEPT_ZERO_CHECKSUM, &value, sizeof(value));
    assert_int_equal(value.assoc_value, SCTP_EDMID_LOWER_LAYER_DTLS);
    value.assoc_value = SCTP_EDMID_NONE;
    SET(fd, SCTP_ACCEPT_ZERO_CHECKSUM, &value, sizeof(value));
    value.assoc_value = 7;
    GET(fd, SCTP_ACCEPT_ZERO_CHECKSUM, &value, sizeof(value));
    assert_int_equal(value.assoc_value, SCTP_EDMID_NONE);
    value.assoc_value = 2; /* no such method */
    FAILS(try_set(fd, SCTP_ACCEPT_ZERO_CHECKSUM, &value, sizeof(value)), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    world_pair(world, &client, &server);
    value.assoc_value = SCTP_EDMID_NONE;
    FAILS(try_set(client, SCTP_ACCEPT_ZERO_CHECKSUM, &value, sizeof(value)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* Linux's option: offered, or negotiated. The network of this test knows nothing of ECN. */
static void test_ecn(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};
    int client, server;
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);

    (void)state;
    GET(fd, SCTP_ECN_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1);
    value.assoc_value = 0;
    SET(fd, SCTP_ECN_SUPPORTED, &value, sizeof(value));
    value.assoc_value = 7;
    GET(fd, SCTP_ECN_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    assert_int_equal(usctp_close(fd), 0);
    world_pair(world, &client, &server);
    value.assoc_value = 7;
    GET(client, SCTP_ECN_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    FAILS(try_set(client, SCTP_ECN_SUPPORTED, &value, sizeof(value)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Path MTU discovery (RFC 8899) ------------------------------------------------------------- */

static void test_probe_interval(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sockaddr_in name = world_name(1, 7);
    struct sctp_probeinterval value;
    struct sctp_paddrparams params;

    (void)state;
    memset(&value, 0, sizeof(value));
    GET(two.fd, SCTP_PLPMTUD_PROBE_INTERVAL, &value, sizeof(value));
    assert_int_equal(value.spi_interval, 16000);
    value.spi_interval = 4999;
    FAILS(try_set(two.fd, SCTP_PLPMTUD_PROBE_INTERVAL, &value, sizeof(value)), EINVAL);
    value.spi_interval = 0;
    SET(two.fd, SCTP_PLPMTUD_PROBE_INTERVAL, &value, sizeof(value));
    value.spi_interval = 7;
    GET(two.fd, SCTP_PLPMTUD_PROBE_INTERVAL, &value, sizeof(value));
    assert_int_equal(value.spi_interval, 0);
    /* One path; then by the older option, which switches it off and on. */
    memcpy(&value.spi_address, &name, sizeof(name));
    value.spi_interval = 5000;
    SET(two.fd, SCTP_PLPMTUD_PROBE_INTERVAL, &value, sizeof(value));
    GET(two.fd, SCTP_PLPMTUD_PROBE_INTERVAL, &value, sizeof(value));
    assert_int_equal(value.spi_interval, 5000);
    assert_int_equal(value.spi_assoc_id, two.id[0]);
    memset(&params, 0, sizeof(params));
    params.spp_assoc_id = two.id[0];
    params.spp_flags = SPP_PMTUD_DISABLE;
    SET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    GET(two.fd, SCTP_PLPMTUD_PROBE_INTERVAL, &value, sizeof(value));
    assert_int_equal(value.spi_interval, 0);
    GET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_flags & SPP_PMTUD, SPP_PMTUD_DISABLE);
    assert_int_equal(params.spp_pathmtu, 1228);
    params.spp_flags = SPP_PMTUD_ENABLE;
    SET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    GET(two.fd, SCTP_PLPMTUD_PROBE_INTERVAL, &value, sizeof(value));
    assert_int_equal(value.spi_interval, 16000);
    two_down(world, &two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe_interval), cmocka_unit_test(test_ecn),
        cmocka_unit_test(test_zero_checksum),  cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_exposed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
