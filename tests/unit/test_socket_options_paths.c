/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options of paths, and those that only tell (RFC 6458, 8.1.12, 8.2). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

/* --- Paths ------------------------------------------------------------------------------------ */

static void put_name(void *at, const struct sockaddr_in *name)
{
    memcpy(at, name, sizeof(*name));
}

static void test_paddrparams(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sockaddr_in name = world_name(1, 7), any = world_name(1, 0);
    struct sctp_paddrparams params;
    uint8_t *address = (uint8_t *)&params + offsetof(struct sctp_paddrparams, spp_address);

    (void)state;
    memset(&params, 0, sizeof(params));
    GET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_hbinterval, 30000);
    assert_int_equal(params.spp_pathmaxrxt, 5);
    assert_int_equal(params.spp_pathmtu, 1228);
    assert_int_equal(params.spp_sackdelay, 200);
    assert_int_equal(params.spp_dscp, 0);
    assert_int_equal(params.spp_flags,
                     SPP_HB_ENABLE | SPP_PMTUD_ENABLE | SPP_SACKDELAY_ENABLE | SPP_DSCP);
    /* One association, all paths, by an address of zeros. */
    memset(&params, 0, sizeof(params));
    any.sin_addr.s_addr = 0;
    put_name(address, &any);
    params.spp_assoc_id = two.id[0];
    params.spp_flags = SPP_HB_ENABLE | SPP_PMTUD_DISABLE | SPP_DSCP | SPP_SACKDELAY_ENABLE;
    params.spp_hbinterval = 5000;
    params.spp_pathmaxrxt = 2;
    params.spp_pathmtu = 1000;
    params.spp_sackdelay = 100;
    params.spp_dscp = 0xb8;
    SET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    /* Read by the address alone, which tells the association. */
    memset(&params, 0, sizeof(params));
    put_name(address, &name);
    GET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_assoc_id, two.id[0]);
    assert_int_equal(params.spp_hbinterval, 5000);
    assert_int_equal(params.spp_pathmaxrxt, 2);
    assert_int_equal(params.spp_pathmtu, 1000);
    assert_int_equal(params.spp_sackdelay, 100);
    assert_int_equal(params.spp_dscp, 0xb8);
    assert_int_equal(params.spp_flags,
                     SPP_HB_ENABLE | SPP_PMTUD_DISABLE | SPP_SACKDELAY_ENABLE | SPP_DSCP);
    /* The other one, and the socket, are as they were. */
    memset(&params, 0, sizeof(params));
    params.spp_assoc_id = two.id[1];
    GET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_hbinterval, 30000);
    assert_int_equal(params.spp_dscp, 0);
    params.spp_assoc_id = SCTP_FUTURE_ASSOC;
    GET(two.fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_pathmaxrxt, 5);
    two_down(world, &two);
}

static void test_paddrparams_old_layout(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    size_t len = offsetof(struct sctp_paddrparams, spp_ipv6_flowlabel);
    struct sctp_paddrparams params;

    (void)state;
    memset(&params, 0, sizeof(params));
    params.spp_flags = SPP_HB_DISABLE;
    FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, len - 1), EINVAL);
    SET(fd, SCTP_PEER_ADDR_PARAMS, &params, len);
    GET(fd, SCTP_PEER_ADDR_PARAMS, &params, len);
    assert_true((params.spp_flags & SPP_HB) == SPP_HB_DISABLE);
    params.spp_flags = SPP_HB_ENABLE | SPP_HB_TIME_IS_ZERO;
    SET(fd, SCTP_PEER_ADDR_PARAMS, &params, len);
    GET(fd, SCTP_PEER_ADDR_PARAMS, &params, len);
    assert_int_equal(params.spp_hbinterval, 0);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_paddrparams_errors(void **state)
{
    static const uint32_t flags[] = {SPP_HB,        SPP_PMTUD,          SPP_SACKDELAY,
                                     SPP_HB_DEMAND, SPP_IPV6_FLOWLABEL, 0x8000};
    struct world *world = world_new();
    struct sctp_paddrparams params;
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sockaddr_in name = world_name(1, 7);

    (void)state;
    memset(&params, 0, sizeof(params));
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        params.spp_flags = flags[i];
        FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL);
    }
    params.spp_flags = SPP_PMTUD_DISABLE;
    params.spp_pathmtu = 511;
    FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL);
    params.spp_pathmtu = 0;
    params.spp_sackdelay = 501;
    FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL);
    params.spp_sackdelay = 0;
    put_name((uint8_t *)&params + offsetof(struct sctp_paddrparams, spp_address), &name);
    FAILS(try_set(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL); /* no such peer */
    FAILS(try_get(fd, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params)), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static size_t seen_cnt;
static uint8_t seen_dscp;

static bool note_packets(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    seen_cnt++;
    seen_dscp = dgram->dscp;
    return false;
}

static void test_heartbeat_on_demand(void **state)
{
    struct world *world = world_new();
    struct sctp_paddrparams params;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    world_run(world, USCTP_SEC(1));
    memset(&params, 0, sizeof(params));
    params.spp_flags = SPP_HB_DEMAND | SPP_DSCP;
    params.spp_dscp = 0x28;
    world->drop = note_packets;
    seen_cnt = 0;
    SET(client, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(seen_cnt, 1);
    assert_int_equal(seen_dscp, 10);
    world_settle(world);
    assert_int_equal(seen_cnt, 2); /* and its answer */
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* A client on host 0, connected to two addresses of host 1. */
static int connect_both(struct world *world, int *server, struct sockaddr_in names[2])
{
    int listener = world_socket(world, 1, AF_INET, SOCK_STREAM);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);

    names[0] = world_name(1, 7);
    names[1] = world_name(1, 7);
    names[1].sin_addr.s_addr = htonl(0x0a020001); /* 10.2.0.1 */
    assert_int_equal(usctp_sctp_bindx(listener, (struct sockaddr *)names, 2, SCTP_BINDX_ADD_ADDR),
                     0);
    assert_int_equal(usctp_listen(listener, 1), 0);
    assert_int_equal(usctp_sctp_connectx(client, (struct sockaddr *)names, 2, NULL), 0);
    *server = usctp_accept(listener, NULL, NULL);
    assert_true(*server >= 0);
    assert_int_equal(usctp_close(listener), 0);
    world_run(world, USCTP_SEC(5)); /* heartbeats confirm the second one */
    return client;
}

static void test_primary(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in names[2], got;
    struct sctp_prim prim;
    uint8_t *address = (uint8_t *)&prim + offsetof(struct sctp_prim, ssp_addr);
    int server, client = connect_both(world, &server, names);

    (void)state;
    memset(&prim, 0, sizeof(prim));
    GET(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim));
    memcpy(&got, address, sizeof(got));
    assert_int_equal(got.sin_addr.s_addr, names[0].sin_addr.s_addr);
    assert_int_equal(ntohs(got.sin_port), 7);
    put_name(address, &names[1]);
    SET(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim));
    memset(&prim, 0, sizeof(prim));
    GET(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim));
    memcpy(&got, address, sizeof(got));
    assert_int_equal(got.sin_addr.s_addr, names[1].sin_addr.s_addr);
    names[1].sin_addr.s_addr = htonl(0x0a020009);
    put_name(address, &names[1]);
    FAILS(try_set(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim)), EINVAL);
    memset(address, 0, sizeof(struct sockaddr_storage));
    FAILS(try_set(client, SCTP_PRIMARY_ADDR, &prim, sizeof(prim)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* One path of two, and what stays of it when the association's parameters change. */
static void test_one_path(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in names[2];
    struct sctp_paddrparams params;
    struct sctp_assocparams assoc;
    uint8_t *address = (uint8_t *)&params + offsetof(struct sctp_paddrparams, spp_address);
    int server, client = connect_both(world, &server, names);

    (void)state;
    memset(&params, 0, sizeof(params));
    put_name(address, &names[1]);
    params.spp_flags = SPP_HB_DISABLE;
    params.spp_pathmaxrxt = 1;
    SET(client, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_NODELAY, 1), 0);
    GET(client, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_pathmaxrxt, 1);
    assert_true((params.spp_flags & SPP_HB_DISABLE) != 0);
    put_name(address, &names[0]);
    GET(client, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    assert_int_equal(params.spp_pathmaxrxt, 5);
    assert_true((params.spp_flags & SPP_HB_ENABLE) != 0);
    /* No more patience than both paths have. */
    memset(&assoc, 0, sizeof(assoc));
    GET(client, SCTP_ASSOCINFO, &assoc, sizeof(assoc));
    assert_int_equal(assoc.sasoc_number_peer_destinations, 2);
    assoc.sasoc_asocmaxrxt = 7;
    FAILS(try_set(client, SCTP_ASSOCINFO, &assoc, sizeof(assoc)), EINVAL);
    assoc.sasoc_asocmaxrxt = 6;
    SET(client, SCTP_ASSOCINFO, &assoc, sizeof(assoc));
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static uint16_t seen_port;

static bool note_port(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    seen_port = dgram->remote_udp_port;
    return false;
}

static void test_encaps_port(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_udpencaps encaps;
    struct sockaddr_in name = world_name(1, 7);

    (void)state;
    memset(&encaps, 0, sizeof(encaps));
    GET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
    assert_int_equal(ntohs(encaps.sue_port), 9899);
    encaps.sue_port = htons(4001);
    encaps.sue_assoc_id = two.id[1];
    SET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
    put_name(&encaps.sue_address, &name);
    encaps.sue_assoc_id = 0;
    encaps.sue_port = htons(4000);
    SET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
    world->drop = note_port;
    for (int i = 0; i < 2; i++) {
        struct sockaddr_in to = world_name(1, (uint16_t)(7 + i));

        memset(&encaps, 0, sizeof(encaps));
        encaps.sue_assoc_id = two.id[i];
        GET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
        assert_int_equal(ntohs(encaps.sue_port), 4000 + i);
        assert_int_equal(usctp_sendto(two.fd, "x", 1, 0, world_sa(&to), sizeof(to)), 1);
        assert_int_equal(seen_port, 4000 + i);
    }
    encaps.sue_assoc_id = 99;
    FAILS(try_set(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps)), EINVAL);
    encaps.sue_assoc_id = SCTP_FUTURE_ASSOC;
    encaps.sue_port = htons(5000);
    SET(two.fd, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps));
    name = world_name(1, 9);
    FAILS(usctp_connect(two.fd, world_sa(&name), sizeof(name)), ECONNREFUSED);
    world->drop = NULL;
    two_down(world, &two);
}

/* --- What can be asked ------------------------------------------------------------------------ */

static void test_status(void **state)
{
    struct world *world = world_new();
    struct sctp_status status;
    struct sctp_paddrinfo info;
    struct sockaddr_in got;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, "hello", 5, 0), 5);
    memset(&status, 0, sizeof(status));
    GET(client, SCTP_STATUS, &status, sizeof(status));
    assert_int_equal(status.sstat_state, SCTP_ESTABLISHED);
    assert_int_equal(status.sstat_unackdata, 1);
    assert_int_equal(status.sstat_penddata, 0);
    assert_int_equal(status.sstat_instrms, 10);
    assert_int_equal(status.sstat_outstrms, 10);
    assert_int_equal(status.sstat_fragmentation_point, 1172);
    assert_int_equal(status.sstat_primary.spinfo_state, SCTP_ACTIVE);
    assert_int_equal(status.sstat_primary.spinfo_mtu, 1228);
    assert_true(status.sstat_primary.spinfo_cwnd > 0);
    assert_int_equal(status.sstat_primary.spinfo_rto, 1000);
    memcpy(&got,
           (uint8_t *)&status + offsetof(struct sctp_status, sstat_primary) +
               offsetof(struct sctp_paddrinfo, spinfo_address),
           sizeof(got));
    assert_int_equal(got.sin_addr.s_addr, world_name(1, 0).sin_addr.s_addr);
    world_settle(world);
    GET(server, SCTP_STATUS, &status, sizeof(status));
    assert_int_equal(status.sstat_penddata, 1);
    memset(&info, 0, sizeof(info));
    FAILS(try_get(client, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info)), EINVAL);
    put_name((uint8_t *)&info + offsetof(struct sctp_paddrinfo, spinfo_address), &got);
    GET(client, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info));
    assert_int_equal(info.spinfo_state, SCTP_ACTIVE);
    assert_true(info.spinfo_assoc_id > SCTP_ALL_ASSOC);
    got.sin_addr.s_addr ^= 1;
    put_name((uint8_t *)&info + offsetof(struct sctp_paddrinfo, spinfo_address), &got);
    FAILS(try_get(client, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_ids(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct {
        uint32_t cnt;
        sctp_assoc_t ids[3];
    } list;
    struct sctp_paddrinfo info;
    struct sockaddr_in name = world_name(1, 8);
    int one = world_socket(world, 0, AF_INET, SOCK_STREAM);
    socklen_t len = sizeof(list);
    uint32_t cnt = 0;

    (void)state;
    GET(two.fd, SCTP_GET_ASSOC_NUMBER, &cnt, sizeof(cnt));
    assert_int_equal(cnt, 2);
    FAILS(try_get(one, SCTP_GET_ASSOC_NUMBER, &cnt, sizeof(cnt)), EOPNOTSUPP);
    assert_int_equal(usctp_getsockopt(two.fd, IPPROTO_SCTP, SCTP_GET_ASSOC_ID_LIST, &list, &len),
                     0);
    assert_int_equal(len, 12);
    assert_int_equal(list.cnt, 2);
    assert_int_equal(list.ids[0], two.id[0]);
    assert_int_equal(list.ids[1], two.id[1]);
    FAILS(try_get(two.fd, SCTP_GET_ASSOC_ID_LIST, &list, 11), EINVAL);
    memset(&info, 0, sizeof(info)); /* the id by an address */
    put_name((uint8_t *)&info + offsetof(struct sctp_paddrinfo, spinfo_address), &name);
    GET(two.fd, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info));
    assert_int_equal(info.spinfo_assoc_id, two.id[1]);
    info.spinfo_assoc_id = two.id[0]; /* they do not agree */
    FAILS(try_get(two.fd, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info)), EINVAL);
    assert_int_equal(usctp_close(one), 0);
    two_down(world, &two);
}

static unsigned stats_losses; /* packets of DATA to be lost */

static bool lose_for_stats(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    if (dgram->len > 12 && ((const uint8_t *)dgram->data)[12] == 0 && stats_losses > 0) {
        stats_losses--;
        return true;
    }
    return false;
}

/* Every member counts what it says. */
static void test_assoc_stats_of_chunks(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_stats out = {0}, in = {0};
    struct sctp_sndinfo unordered = {0};
    struct iovec iov = {(void *)(uintptr_t) "u", 1};
    int client, server;
    char got[8];

    (void)state;
    world_pair(world, &client, &server);
    set_nodelay(client);
    world->drop = lose_for_stats;
    stats_losses = 1;
    unordered.snd_flags = SCTP_UNORDERED;
    assert_int_equal(usctp_send(client, "lost", 4, 0), 4);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(usctp_sctp_sendv(client, &iov, 1, NULL, 0, &unordered, sizeof(unordered),
                                          SCTP_SENDV_SNDINFO, 0),
                         1);
    }
    for (int i = 0; i < 4; i++) {
        assert_true(usctp_recv(server, got, sizeof(got), 0) > 0);
    }
    world_run(world, USCTP_SEC(1));
    GET(client, SCTP_GET_ASSOC_STATS, &out, sizeof(out));
    GET(server, SCTP_GET_ASSOC_STATS, &in, sizeof(in));
    assert_int_equal(out.sas_oodchunks, 1);
    assert_int_equal(out.sas_ouodchunks, 3);
    assert_int_equal(out.sas_rtxchunks, 1);
    assert_true(out.sas_octrlchunks >= 1); /* COOKIE ECHO, not to speak of INIT */
    assert_true(out.sas_ictrlchunks >= 1 + out.sas_isacks);
    assert_true(out.sas_isacks > 0 && out.sas_isacks == in.sas_osacks);
    assert_true(out.sas_gapcnt > 0);
    assert_int_equal(in.sas_iodchunks, 1);
    assert_int_equal(in.sas_iuodchunks, 3);
    assert_int_equal(in.sas_outofseqtsns, 3);
    assert_int_equal(in.sas_oodchunks, 0);
    assert_int_equal(in.sas_ouodchunks, 0);
    assert_true(in.sas_octrlchunks >= in.sas_osacks);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_assoc_stats(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_stats stats;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    memset(&stats, 0, sizeof(stats));
    GET(client, SCTP_GET_ASSOC_STATS, &stats, sizeof(stats));
    assert_true(stats.sas_opackets >= 2);
    assert_true(stats.sas_ipackets >= 2);
    assert_int_equal(stats.sas_maxrto, 1000);
    assert_int_equal(((struct sockaddr_in *)&stats.sas_obs_rto_ipaddr)->sin_addr.s_addr,
                     world_name(1, 0).sin_addr.s_addr);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_opt_info(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_status status;
    struct sctp_sndinfo snd;
    socklen_t len = sizeof(status);
    int number = 1;

    (void)state;
    memset(&status, 0, sizeof(status));
    assert_int_equal(usctp_sctp_opt_info(two.fd, two.id[1], SCTP_STATUS, &status, &len), 0);
    assert_int_equal(status.sstat_assoc_id, two.id[1]);
    len = sizeof(snd);
    assert_int_equal(usctp_sctp_opt_info(two.fd, two.id[0], SCTP_DEFAULT_SNDINFO, &snd, &len), 0);
    assert_int_equal(snd.snd_assoc_id, two.id[0]);
    len = sizeof(number);
    assert_int_equal(usctp_sctp_opt_info(two.fd, two.id[0], SCTP_NODELAY, &number, &len), 0);
    assert_int_equal(number, 0);
    len = sizeof(status);
    FAILS(usctp_sctp_opt_info(two.fd, 99, SCTP_STATUS, &status, &len), EINVAL);
    len = 3;
    FAILS(usctp_sctp_opt_info(two.fd, two.id[0], SCTP_STATUS, &status, &len), EINVAL);
    FAILS(usctp_sctp_opt_info(two.fd, two.id[0], 4711, &status, &len), ENOPROTOOPT);
    FAILS(usctp_sctp_opt_info(-1, two.id[0], SCTP_STATUS, &status, &len), EBADF);
    two_down(world, &two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paddrparams),
        cmocka_unit_test(test_paddrparams_old_layout),
        cmocka_unit_test(test_paddrparams_errors),
        cmocka_unit_test(test_heartbeat_on_demand),
        cmocka_unit_test(test_primary),
        cmocka_unit_test(test_one_path),
        cmocka_unit_test(test_encaps_port),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_assoc_stats),
        cmocka_unit_test(test_assoc_stats_of_chunks),
        cmocka_unit_test(test_opt_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
