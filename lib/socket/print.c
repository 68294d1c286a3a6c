/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables that Linux has in /proc/net/sctp. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "socket/addrs.h"
#include "socket/call.h"

/* What Linux calls the styles of sockets and their states there. */
enum { STYLE_MANY = 0, STYLE_PEELED = 1, STYLE_ONE = 2 };
enum { SS_ESTABLISHED = 1, SS_ESTABLISHING = 2, SS_CLOSED = 7, SS_CLOSING = 8, SS_LISTENING = 10 };

static int style_of(const struct usctp__sock *sock)
{
    if (sock->peeled) {
        return STYLE_PEELED;
    }
    return usctp__one_to_one(sock) ? STYLE_ONE : STYLE_MANY;
}

static int state_of(const struct usctp__sock *sock)
{
    if (sock->listening) {
        return SS_LISTENING;
    }
    if (sock->connecting) {
        return SS_ESTABLISHING;
    }
    if (sock->connected) {
        return sock->write_shut ? SS_CLOSING : SS_ESTABLISHED;
    }
    return SS_CLOSED;
}

/* --- Addresses -------------------------------------------------------------------------------- */

static void put_addr(FILE *file, const struct usctp_addr *addr, bool primary)
{
    char text[USCTP_ADDR_TEXT_MAX];

    if (addr->family == USCTP_AF_NONE) {
        strcpy(text, "0.0.0.0");
    } else {
        (void)usctp_addr_text(addr, text, sizeof(text));
    }
    fprintf(file, "%s%s ", primary ? "*" : "", text);
}

/* The primary stands first, and is marked. */
static void put_names(FILE *file, const struct usctp__name *names, size_t cnt, bool mark)
{
    for (size_t i = 0; i < cnt; i++) {
        put_addr(file, &names[i].addr, mark && i == 0);
    }
}

/* --- assocs ----------------------------------------------------------------------------------- */

static void put_assoc(FILE *file, const struct usctp__sock *sock, const struct usctp__peer *peer)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    struct usctp_params params = USCTP_PARAMS_INIT;
    struct usctp__name names[USCTP__ADDRS_MAX];

    if (usctp_assoc_stats(peer->assoc, &stats) != 0) {
        return;
    }
    usctp_assoc_params(peer->assoc, &params);
    fprintf(file, "%8p %8p %-3d %-3d %-2d %-4d %4d %8u %8zu %7u %5lu %-5u %5u ", (const void *)peer,
            (const void *)sock, style_of(sock), state_of(sock), stats.state, 0, (int)peer->id,
            stats.buffered, sock->rxq.len, 0u, 0ul, stats.local_port, stats.remote_port);
    put_names(file, names, usctp__local_addrs(sock, peer, names, USCTP__ADDRS_MAX), true);
    fprintf(file, "<-> ");
    put_names(file, names, usctp__peer_addrs(peer, names, USCTP__ADDRS_MAX), true);
    fprintf(file, "\t%8lu %5u %5u %4u %4u %4u %8" PRIu64 " %8u %8u %8u %8u\n",
            (unsigned long)usctp__time_to_ms_up(params.hb_interval_dur), stats.in_streams,
            stats.out_streams, params.assoc_max_retrans, 0u, 0u, stats.retransmitted_chunks,
            stats.buffered, stats.buffered, sock->opts.sndbuf, sock->opts.rcvbuf);
}

static void put_assocs(FILE *file, const struct usctp_host *host)
{
    fprintf(file, " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT "
                  "RPORT LADDRS <-> RADDRS HBINT INS OUTS MAXRT T1X T2X RTXC wmema wmemq sndbuf "
                  "rcvbuf\n");
    USCTP__LIST_FOREACH(link, &host->socks)
    {
        const struct usctp__sock *sock = USCTP__CONTAINER_OF(link, struct usctp__sock, link);

        USCTP__LIST_FOREACH(at, &sock->peers)
        {
            const struct usctp__peer *peer = USCTP__CONTAINER_OF(at, struct usctp__peer, link);

            if (peer->assoc != NULL) {
                put_assoc(file, sock, peer);
            }
        }
    }
}

/* --- eps -------------------------------------------------------------------------------------- */

static void put_eps(FILE *file, const struct usctp_host *host)
{
    fprintf(file, " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n");
    USCTP__LIST_FOREACH(link, &host->socks)
    {
        const struct usctp__sock *sock = USCTP__CONTAINER_OF(link, struct usctp__sock, link);
        struct usctp__name names[USCTP__ADDRS_MAX];

        if (sock->binding == NULL || sock->closed) {
            continue;
        }
        fprintf(file, "%8p %8p %-3d %-3d %-4d %-5u %5u %5lu ", (const void *)sock->binding,
                (const void *)sock, style_of(sock), state_of(sock), 0, sock->binding->port, 0u,
                0ul);
        put_names(file, names, usctp__local_addrs(sock, NULL, names, USCTP__ADDRS_MAX), false);
        fprintf(file, "\n");
    }
}

/* --- snmp ------------------------------------------------------------------------------------- */

#define COUNTER(member) offsetof(struct usctp_stack_stats, member)

static const struct counter {
    const char *name;
    size_t at; /* in struct usctp_stack_stats */
} counters[] = {
    {"SctpCurrEstab", COUNTER(curr_estab)},
    {"SctpActiveEstabs", COUNTER(active_estabs)},
    {"SctpPassiveEstabs", COUNTER(passive_estabs)},
    {"SctpAborteds", COUNTER(aborteds)},
    {"SctpShutdowns", COUNTER(shutdowns)},
    {"SctpOutOfBlues", COUNTER(out_of_blues)},
    {"SctpChecksumErrors", COUNTER(checksum_errors)},
    {"SctpOutCtrlChunks", COUNTER(out_ctrl_chunks)},
    {"SctpOutOrderChunks", COUNTER(out_order_chunks)},
    {"SctpOutUnorderChunks", COUNTER(out_unorder_chunks)},
    {"SctpInCtrlChunks", COUNTER(in_ctrl_chunks)},
    {"SctpInOrderChunks", COUNTER(in_order_chunks)},
    {"SctpInUnorderChunks", COUNTER(in_unorder_chunks)},
    {"SctpFragUsrMsgs", COUNTER(frag_usr_msgs)},
    {"SctpReasmUsrMsgs", COUNTER(reasm_usr_msgs)},
    {"SctpOutSCTPPacks", COUNTER(out_sctp_packs)},
    {"SctpInSCTPPacks", COUNTER(in_sctp_packs)},
};

static void put_snmp(FILE *file, const struct usctp_host *host)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    (void)usctp_stack_stats(host->stack, &stats);
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        uint64_t value;

        memcpy(&value, (const uint8_t *)&stats + counters[i].at, sizeof(value));
        fprintf(file, "%-32s\t%" PRIu64 "\n", counters[i].name, value);
    }
}

/* --- The call --------------------------------------------------------------------------------- */

static int put_table(usctp_host *host, enum usctp_host_table table, FILE *file)
{
    switch (table) {
    case USCTP_HOST_ASSOCS:
        put_assocs(file, host);
        break;
    case USCTP_HOST_EPS:
        put_eps(file, host);
        break;
    case USCTP_HOST_SNMP:
        put_snmp(file, host);
        break;
    default:
        return -EINVAL;
    }
    return fflush(file) != 0 || ferror(file) ? -EIO : 0;
}

int usctp_host_print(usctp_host *host, enum usctp_host_table table, FILE *file)
{
    int err = usctp__enter_host(host);

    if (err == 0) {
        err = file != NULL ? put_table(host, table, file) : -EINVAL;
        usctp__leave_host(host);
    }
    return (int)usctp__result(err);
}
