/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting associations up. */
#include "socket/connect.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "socket/binding.h"
#include "socket/host.h"
#include "socket/sock.h"
#include "socket/table.h"

enum { MAX_PEER_ADDRS = 32 };

void usctp__init_params(struct usctp_params *params, const struct sctp_initmsg *init)
{
    if (init->sinit_num_ostreams != 0) {
        params->out_streams = init->sinit_num_ostreams;
    }
    if (init->sinit_max_instreams != 0) {
        params->max_in_streams = init->sinit_max_instreams;
    }
    if (init->sinit_max_attempts != 0) {
        params->max_init_retrans = init->sinit_max_attempts;
    }
    if (init->sinit_max_init_timeo != 0) {
        params->init_rto_max_dur = init->sinit_max_init_timeo * USCTP__MS;
        if (params->init_rto_max_dur < params->rto_initial_dur) {
            params->init_rto_max_dur = params->rto_initial_dur; /* the first INIT waits so long */
        }
    }
}

/* --- Beginning -------------------------------------------------------------------------------- */

static int check_names(const struct usctp__sock *sock, const struct usctp__name *names, size_t cnt)
{
    if (cnt == 0 || cnt > MAX_PEER_ADDRS || names[0].port == 0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < cnt; i++) {
        uint8_t family = names[i].addr.family;

        if (names[i].port != names[0].port ||
            (sock->domain == AF_INET && family == USCTP_AF_IPV6) ||
            (sock->opts.v6only && family == USCTP_AF_IPV4)) {
            return -EINVAL;
        }
    }
    return 0;
}

/* An unspecified address means this host, as the system's connect has it. */
static struct usctp_addr destination(const struct usctp__sock *sock, const struct usctp__name *name)
{
    static const struct usctp_addr loopback4 = {USCTP_AF_IPV4, {0, 0, 0}, 0, {127, 0, 0, 1}};
    static const struct usctp_addr loopback6 = {
        USCTP_AF_IPV6, {0, 0, 0}, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

    if (name->addr.family != USCTP_AF_NONE || sock->host->lower != 0) {
        return name->addr;
    }
    return sock->domain == AF_INET6 ? loopback6 : loopback4;
}

static int start_assoc(struct usctp__sock *sock, struct usctp__peer *peer,
                       const struct usctp__name *names, size_t cnt,
                       const struct usctp_params *params)
{
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr addrs[MAX_PEER_ADDRS];
    usctp_assoc *assoc = NULL;

    memset(addrs, 0, sizeof(addrs));
    for (size_t i = 0; i < cnt; i++) {
        addrs[i].addr = destination(sock, &names[i]);
        if (addrs[i].addr.family != USCTP_AF_NONE) {
            addrs[i].udp_port = sock->opts.remote_udp_port;
        }
    }
    connect.addrs = addrs;
    connect.addr_cnt = cnt;
    connect.port = names[0].port;
    connect.lower = sock->host->lower;
    connect.params = params;
    connect.user = peer;
    int err = usctp_endpoint_connect(sock->binding->endpoint, &connect, &assoc);
    if (err != 0) {
        return err == USCTP_EAFNOSUPPORT && sock->opts.remote_udp_port == 0 ? -EINVAL
                                                                            : -usctp__errno(err);
    }
    peer->assoc = peer->sock != NULL ? assoc : NULL;
    return 0;
}

/* What an association needs below it. The lock may be given up meanwhile. */
static int open_way(struct usctp__sock *sock)
{
    int err = usctp__host_open_client(sock->host);

    err = err != 0 ? err : usctp__sock_renew(sock);
    if (err == 0 && usctp__one_to_one(sock) && sock->peer_cnt > 0) {
        err = -EALREADY; /* another thread was faster */
    }
    return err != 0 ? err : usctp__sock_autobind(sock);
}

int usctp__connect_start(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt,
                         const struct sctp_initmsg *init, struct usctp__peer **out)
{
    struct usctp_params params = sock->opts.params;
    struct usctp__peer *peer;
    struct usctp__name name;
    int err = check_names(sock, names, cnt);

    if (err == 0) {
        err = open_way(sock);
    }
    if (err != 0) {
        return err;
    }
    usctp__init_params(&params, &sock->opts.init);
    if (init != NULL) {
        usctp__init_params(&params, init);
    }
    name = names[0];
    name.addr = destination(sock, &names[0]);
    peer = usctp__peer_new(sock, &name);
    if (peer == NULL) {
        return -ENOMEM;
    }
    peer->binding = sock->binding;
    usctp__binding_ref(peer->binding);
    peer->out_streams = params.out_streams;
    if (usctp__one_to_one(sock)) { /* a new life */
        sock->connecting = true;
        sock->ended = sock->read_shut = sock->write_shut = false;
    }
    err = start_assoc(sock, peer, names, cnt, &params);
    if (err != 0) {
        sock->connecting = false;
        usctp__peer_over(sock->host, peer);
        return err;
    }
    *out = peer;
    return 0;
}

/* --- Waiting ---------------------------------------------------------------------------------- */

static bool stands_or_failed(struct usctp__sock *sock, void *ctx)
{
    const struct usctp__peer *peer = ctx;

    (void)sock;
    return peer->up || peer->assoc == NULL;
}

int usctp__connect_wait(struct usctp__sock *sock, struct usctp__peer *peer, bool may_block)
{
    usctp__peer_ref(peer);
    int err = usctp__sock_wait_peer(sock, peer, stands_or_failed, may_block, sock->opts.send_dur);
    if (err == 0 && !peer->up) {
        err = peer->error != 0 ? -peer->error : -ECONNABORTED;
    }
    usctp__peer_unref(sock->host, peer);
    return err == -EAGAIN ? -EINPROGRESS : err;
}

/* --- The call --------------------------------------------------------------------------------- */

/* May this socket begin an association with these peers? */
static int may_connect(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt)
{
    if (sock->peeled || (usctp__one_to_one(sock) && (sock->listening || sock->connected))) {
        return -EISCONN;
    }
    if (sock->connecting) {
        return -EALREADY;
    }
    if (usctp__one_to_one(sock) && sock->peer_cnt > 0) {
        return -EISCONN; /* shutting down */
    }
    for (size_t i = 0; i < cnt && sock->binding != NULL; i++) {
        const struct usctp__peer *peer = usctp__peer_by_name(sock, &names[i]);

        if (usctp__binding_is(sock->binding, &names[i])) {
            return -EINVAL; /* nobody connects with himself */
        }
        if (peer != NULL) {
            return peer->up ? -EISCONN : -EALREADY;
        }
        if (usctp_endpoint_find(sock->binding->endpoint, &names[i].addr, names[i].port) != NULL) {
            return -EADDRNOTAVAIL; /* it was peeled off */
        }
    }
    return 0;
}

int usctp__connect(struct usctp__sock *sock, const struct usctp__name *names, size_t cnt,
                   sctp_assoc_t *id)
{
    struct usctp__peer *peer = NULL;
    int err = sock->error != 0 ? usctp__sock_error(sock) : may_connect(sock, names, cnt);

    if (err == 0) {
        err = usctp__connect_start(sock, names, cnt, NULL, &peer);
    }
    if (err != 0) {
        return err;
    }
    *id = peer->id;
    usctp__peer_ref(peer);
    peer->told = true;
    err = usctp__connect_wait(sock, peer, !usctp__sock_nonblocking(sock, 0));
    peer->told = false;
    usctp__peer_unref(sock->host, peer);
    return err;
}
