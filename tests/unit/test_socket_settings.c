/* SPDX-License-Identifier: BSD-3-Clause */
/* The settings that Linux has below net.sctp, and the tables that it has in /proc/net/sctp. */
#include "unit/socket_options.h"

/* --- Settings --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    long begins, least, most;
} settings[] = {
    {"addip_enable", 0, 0, 0}, /* not without the other one */
    {"addr_scope_policy", 1, 0, 3},
    {"auth_enable", 0, 0, 1},
    {"association_max_retrans", 10, 1, 65535},
    {"cookie_preserve_enable", 1, 0, 1},
    {"default_auto_asconf", 0, 0, 1},
    {"ecn_enable", 1, 0, 1},
    {"encap_port", 9899, 1, 65535},
    {"hb_interval", 30000, 1, 86400000},
    {"intl_enable", 1, 0, 1},
    {"max_autoclose", 86400000, 0, 86400000},
    {"max_burst", 4, 0, 65535},
    {"max_init_retransmits", 8, 1, 65535},
    {"path_max_retrans", 5, 1, 65535},
    {"pf_enable", 0, 0, 1},
    {"pf_expose", 0, 0, 1},
    {"pf_retrans", 65535, 0, 65535},
    {"plpmtud_probe_interval", 16000, 0, 86400000},
    {"prsctp_enable", 1, 0, 1},
    {"ps_retrans", 65535, 5, 65535}, /* not below the others */
    {"reconf_enable", 1, 0, 1},
    {"rto_alpha_exp_divisor", 3, 1, 10},
    {"rto_beta_exp_divisor", 2, 1, 10},
    {"rto_initial", 1000, 1000, 60000}, /* between the other two */
    {"rto_max", 60000, 1000, 86400000},
    {"rto_min", 1000, 1, 1000},
    {"rwnd_update_shift", 2, 1, 16},
    {"sack_timeout", 200, 1, 500},
    {"sctp_rmem", 524288, 4096, 1 << 30},
    {"sctp_wmem", 524288, 4096, 1 << 30},
    {"udp_port", 0, 0, 65535},
    {"valid_cookie_life", 60000, 1, 86400000},
};

static void test_ranges(void **state)
{
    struct world *world = world_new();
    usctp_host *host = world->hosts[0].host;

    (void)state;
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        const long given[] = {settings[i].least, settings[i].most, settings[i].begins};
        long value = -1;

        assert_int_equal(usctp_host_get(host, settings[i].name, &value), 0);
        assert_int_equal(value, settings[i].begins);
        FAILS(usctp_host_set(host, settings[i].name, settings[i].least - 1), EINVAL);
        FAILS(usctp_host_set(host, settings[i].name, settings[i].most + 1), EINVAL);
        for (size_t k = 0; k < sizeof(given) / sizeof(given[0]); k++) {
            assert_int_equal(usctp_host_set(host, settings[i].name, given[k]), 0);
            assert_int_equal(usctp_host_get(host, settings[i].name, &value), 0);
            assert_int_equal(value, given[k]);
        }
    }
    world_free(world);
}

static void test_unknown(void **state)
{
    /* Linux has the first ones too: here they mean nothing. */
    static const char *const names[] = {"addip_noauth_enable",
                                        "cookie_hmac_alg",
                                        "l3mdev_accept",
                                        "rcvbuf_policy",
                                        "sndbuf_policy",
                                        "sctp_mem",
                                        "rto_",
                                        "",
                                        NULL};
    struct world *world = world_new();
    long value;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        FAILS(usctp_host_get(world->hosts[0].host, names[i], &value), ENOENT);
        FAILS(usctp_host_set(world->hosts[0].host, names[i], 1), ENOENT);
    }
    FAILS(usctp_host_get(world->hosts[0].host, "rto_min", NULL), EINVAL);
    FAILS(usctp_host_get(NULL, "rto_min", &value), EINVAL);
    FAILS(usctp_host_set(NULL, "rto_min", 1), EINVAL);
    world_free(world);
}

/* They hold for sockets made later. */
/* Those without an option of sockets go to the associations of later ones. */
static void test_later_associations(void **state)
{
    static const uint8_t listed[] = {USCTP_LISTED_ALL, USCTP_LISTED_IN_SCOPE, USCTP_LISTED_PRIVATE,
                                     USCTP_LISTED_LINK_LOCAL};

    (void)state;
    for (long policy = 0; policy < 4; policy++) {
        struct world *world = world_new();
        usctp_host *host = world->hosts[0].host;
        int client, server;

        assert_int_equal(usctp_host_set(host, "addr_scope_policy", policy), 0);
        assert_int_equal(usctp_host_set(host, "rwnd_update_shift", 3 + policy), 0);
        world_pair(world, &client, &server);
        assert_int_equal(core_params(world, 0).listed_addrs, listed[policy]);
        assert_int_equal(core_params(world, 0).window_update_shift, 3 + policy);
        assert_int_equal(usctp_close(client), 0);
        assert_int_equal(usctp_close(server), 0);
        world_free(world);
    }
}

static void test_later_sockets(void **state)
{
    struct world *world = world_new();
    usctp_host *host = world->hosts[0].host;
    int before = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sctp_rtoinfo rto = {0, 0, 0, 0};
    struct sctp_udpencaps encaps;
    socklen_t len = sizeof(rto);
    int seconds = 100;

    (void)state;
    assert_int_equal(usctp_host_set(host, "rto_initial", 2000), 0);
    assert_int_equal(usctp_host_set(host, "encap_port", 4000), 0);
    assert_int_equal(usctp_host_set(host, "max_autoclose", 50), 0);
    int after = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    assert_int_equal(usctp_getsockopt(before, IPPROTO_SCTP, SCTP_RTOINFO, &rto, &len), 0);
    assert_int_equal(rto.srto_initial, 1000);
    assert_int_equal(usctp_getsockopt(after, IPPROTO_SCTP, SCTP_RTOINFO, &rto, &len), 0);
    assert_int_equal(rto.srto_initial, 2000);
    memset(&encaps, 0, sizeof(encaps));
    len = sizeof(encaps);
    assert_int_equal(
        usctp_getsockopt(after, IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, &len), 0);
    assert_int_equal(ntohs(encaps.sue_port), 4000);
    assert_int_equal(
        usctp_setsockopt(after, IPPROTO_SCTP, SCTP_AUTOCLOSE, &seconds, sizeof(seconds)), 0);
    len = sizeof(seconds);
    assert_int_equal(usctp_getsockopt(after, IPPROTO_SCTP, SCTP_AUTOCLOSE, &seconds, &len), 0);
    assert_int_equal(seconds, 50);
    assert_int_equal(usctp_close(before), 0);
    assert_int_equal(usctp_close(after), 0);
    world_free(world);
}

/* A socket of one of these options, as it is for sockets made now. */
static int option_of_new(struct world *world, int name, int style)
{
    struct sctp_assoc_value value = {0, 99};
    socklen_t len = sizeof(value);
    int fd = world_socket(world, 0, AF_INET, style);

    assert_int_equal(usctp_getsockopt(fd, IPPROTO_SCTP, name, &value, &len), 0);
    assert_int_equal(usctp_close(fd), 0);
    return (int)value.assoc_value;
}

/* The switches of extensions. */
static void test_extensions(void **state)
{
    static const struct {
        const char *name;
        int option;
    } switches[] = {{"auth_enable", SCTP_AUTH_SUPPORTED},
                    {"addip_enable", SCTP_ASCONF_SUPPORTED},
                    {"ecn_enable", SCTP_ECN_SUPPORTED},
                    {"prsctp_enable", SCTP_PR_SUPPORTED},
                    {"reconf_enable", SCTP_RECONFIG_SUPPORTED}};
    struct world *world = world_new();
    usctp_host *host = world->hosts[0].host;

    (void)state;
    FAILS(usctp_host_set(host, "addip_enable", 1), EINVAL); /* without authentication */
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        assert_int_equal(usctp_host_set(host, switches[i].name, 1), 0);
        assert_int_equal(option_of_new(world, switches[i].option, SOCK_STREAM), 1);
    }
    FAILS(usctp_host_set(host, "auth_enable", 0), EINVAL); /* addresses need it */
    for (size_t i = sizeof(switches) / sizeof(switches[0]); i-- > 0;) {
        if (i > 0) { /* the first one last */
            assert_int_equal(usctp_host_set(host, switches[i].name, 0), 0);
            assert_int_equal(option_of_new(world, switches[i].option, SOCK_STREAM), 0);
        }
    }
    assert_int_equal(usctp_host_set(host, "auth_enable", 0), 0);
    assert_int_equal(option_of_new(world, SCTP_AUTH_SUPPORTED, SOCK_STREAM), 0);
    world_free(world);
}

static void test_interleaving(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {0, 1};
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM), level = 2;

    (void)state;
    assert_int_equal(
        usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, &level, sizeof(level)), 0);
    assert_int_equal(usctp_host_set(world->hosts[0].host, "intl_enable", 0), 0);
    FAILS(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value)),
          EPERM);
    assert_int_equal(usctp_host_set(world->hosts[0].host, "intl_enable", 1), 0);
    assert_int_equal(
        usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value)), 0);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static int int_of_new(struct world *world, int level, int name)
{
    socklen_t len = sizeof(int);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM), value = -1;

    assert_int_equal(usctp_getsockopt(fd, level, name, &value, &len), 0);
    assert_int_equal(usctp_close(fd), 0);
    return value;
}

static void test_defaults_of_sockets(void **state)
{
    struct world *world = world_new();
    usctp_host *host = world->hosts[0].host;
    long value;

    (void)state;
    assert_int_equal(usctp_host_set(host, "sctp_rmem", 100000), 0);
    assert_int_equal(usctp_host_set(host, "sctp_wmem", 200000), 0);
    assert_int_equal(int_of_new(world, SOL_SOCKET, SO_RCVBUF), 100000);
    assert_int_equal(int_of_new(world, SOL_SOCKET, SO_SNDBUF), 200000);
    assert_int_equal(int_of_new(world, IPPROTO_SCTP, SCTP_AUTO_ASCONF), 0);
    assert_int_equal(usctp_host_set(host, "default_auto_asconf", 1), 0);
    assert_int_equal(int_of_new(world, IPPROTO_SCTP, SCTP_AUTO_ASCONF), 1);
    assert_int_equal(usctp_host_set(host, "pf_retrans", 3), 0);
    assert_int_equal(usctp_host_set(host, "pf_enable", 1), 0); /* it is on */
    assert_int_equal(usctp_host_get(host, "pf_retrans", &value), 0);
    assert_int_equal(value, 3);
    assert_int_equal(usctp_host_set(host, "pf_enable", 0), 0);
    assert_int_equal(usctp_host_get(host, "pf_retrans", &value), 0);
    assert_int_equal(value, 65535);
    world_free(world);
}

/* --- Tables ----------------------------------------------------------------------------------- */

/* The text of a table, to be freed. */
static char *table_of(struct world *world, int i, enum usctp_host_table table)
{
    char *text = calloc(1, 8192);
    FILE *file = tmpfile();

    assert_non_null(text);
    assert_non_null(file);
    assert_int_equal(usctp_host_print(world->hosts[i].host, table, file), 0);
    rewind(file);
    assert_true(fread(text, 1, 8191, file) > 0);
    fclose(file);
    return text;
}

static void test_assocs(void **state)
{
    struct world *world = world_new();
    char pointers[2][32], left[64], right[64];
    int sty, sst, st, hash, id, tx, rx, uid, lport, rport, hbint, ins, outs, maxrt;
    unsigned long inode;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, "hello", 5, 0), 5);
    char *text = table_of(world, 0, USCTP_HOST_ASSOCS);
    const char *row = strchr(text, '\n');
    assert_non_null(row);
    assert_memory_equal(text,
                        " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE "
                        "LPORT RPORT LADDRS <-> RADDRS HBINT INS OUTS MAXRT T1X T2X RTXC wmema "
                        "wmemq sndbuf rcvbuf\n",
                        (size_t)(row - text) + 1);
    assert_int_equal(sscanf(row,
                            "%31s %31s %d %d %d %d %d %d %d %d %lu %d %d %63s <-> %63s %d %d "
                            "%d %d",
                            pointers[0], pointers[1], &sty, &sst, &st, &hash, &id, &tx, &rx, &uid,
                            &inode, &lport, &rport, left, right, &hbint, &ins, &outs, &maxrt),
                     19);
    assert_int_equal(sty, 2); /* one-to-one */
    assert_int_equal(sst, 1); /* established */
    assert_int_equal(st, 3);
    assert_int_equal(tx, 5);
    assert_int_equal(rx, 0);
    assert_int_equal(rport, 7);
    assert_string_equal(left, "*10.0.0.1");
    assert_string_equal(right, "*10.0.0.2");
    assert_int_equal(hbint, 30000);
    assert_int_equal(ins, 10);
    assert_int_equal(outs, 10);
    assert_int_equal(maxrt, 10);
    assert_int_equal(strchr(row + 1, '\n')[1], '\0'); /* one row */
    free(text);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_eps(void **state)
{
    struct world *world = world_new();
    char pointers[2][32], addr[64];
    int sty, sst, hash, lport;
    unsigned uid;
    unsigned long inode;
    int fd = world_listener(world, 0, SOCK_SEQPACKET, 7);

    (void)state;
    char *text = table_of(world, 0, USCTP_HOST_EPS);
    const char *row = strchr(text, '\n');
    assert_non_null(row);
    assert_memory_equal(text, " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n",
                        (size_t)(row - text) + 1);
    assert_int_equal(sscanf(row, "%31s %31s %d %d %d %d %u %lu %63s", pointers[0], pointers[1],
                            &sty, &sst, &hash, &lport, &uid, &inode, addr),
                     9);
    assert_int_equal(sty, 0);  /* one-to-many */
    assert_int_equal(sst, 10); /* listening */
    assert_int_equal(lport, 7);
    assert_string_equal(addr, "10.0.0.1");
    free(text);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_snmp(void **state)
{
    struct world *world = world_new();
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    char *text = table_of(world, 0, USCTP_HOST_SNMP);
    assert_memory_equal(text, "SctpCurrEstab                   \t1\n", 35);
    assert_non_null(strstr(text, "SctpActiveEstabs                \t1\n"));
    assert_non_null(strstr(text, "SctpPassiveEstabs               \t0\n"));
    assert_non_null(strstr(text, "SctpInSCTPPacks                 \t2\n"));
    free(text);
    FAILS(usctp_host_print(world->hosts[0].host, 0, stderr), EINVAL);
    FAILS(usctp_host_print(world->hosts[0].host, USCTP_HOST_SNMP, NULL), EINVAL);
    FILE *full = fopen("/dev/full", "w");
    if (full != NULL) {
        FAILS(usctp_host_print(world->hosts[0].host, USCTP_HOST_SNMP, full), EIO);
        fclose(full);
    }
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_later_sockets),
        cmocka_unit_test(test_later_associations),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_interleaving),
        cmocka_unit_test(test_defaults_of_sockets),
        cmocka_unit_test(test_assocs),
        cmocka_unit_test(test_eps),
        cmocka_unit_test(test_snmp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
