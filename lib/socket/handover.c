/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection that goes to another host. */
#include "socket/handover.h"

#include <errno.h>
#include <string.h>

#include "socket/binding.h"
#include "socket/host.h"
#include "socket/sock.h"
#include "socket/table.h"

enum { PATHS_MAX = 64 };

/* --- Out -------------------------------------------------------------------------------------- */

/* What keeps it: of the core, and what the program has not read, or not sent to its end, here. */
static unsigned reasons_of(const struct usctp__sock *sock, const struct usctp__peer *peer)
{
    unsigned reasons = usctp_assoc_export_ready(peer->assoc);

    if (!usctp__list_empty(&sock->rxq.recs) || sock->rxq.part.peer != NULL || peer->deferred) {
        reasons |= USCTP_HANDOVER_UNDELIVERED;
    }
    if (peer->eor_open) {
        reasons |= USCTP_HANDOVER_UNSENT;
    }
    return reasons;
}

static int errno_of(int error)
{
    switch (error) {
    case USCTP_EFORMAT:
        return -EBADMSG;
    case USCTP_EVERSION:
        return -EPROTONOSUPPORT;
    case USCTP_ESTATE:
        return -EAGAIN;
    default:
        return -usctp__errno(error);
    }
}

/* The association ends without a word: neither its peer nor the program hears of it. */
static int take_out(struct usctp__sock *sock, struct usctp__peer *peer, void *buf, size_t cap,
                    size_t *len)
{
    int error;

    usctp__peer_ref(peer);
    peer->up = false;
    sock->connected = false;
    error = usctp_assoc_export(peer->assoc, buf, cap, len);
    if (error != USCTP_OK) {
        peer->up = true;
        sock->connected = true;
    }
    usctp__peer_unref(sock->host, peer);
    return errno_of(error);
}

int usctp__export(struct usctp__sock *sock, void *buf, size_t cap, size_t *len, unsigned *reasons)
{
    struct usctp__peer *peer;

    *reasons = 0;
    if (!usctp__one_to_one(sock)) {
        return -EOPNOTSUPP;
    }
    usctp__host_tick(sock->host);
    peer = usctp__peer_only(sock);
    if (peer == NULL || peer->assoc == NULL || !peer->up) {
        return -ENOTCONN;
    }
    if (peer->waiters > 0 || sock->waiters > 0) {
        return -EBUSY;
    }
    *reasons = reasons_of(sock, peer);
    return *reasons != 0 ? -EAGAIN : take_out(sock, peer, buf, cap, len);
}

/* --- In --------------------------------------------------------------------------------------- */

/* What the sockets know of an association beside what the core does. */
static void describe(struct usctp__peer *peer)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;

    if (usctp_assoc_stats(peer->assoc, &stats) == 0) {
        peer->name.port = stats.remote_port;
        peer->out_streams = stats.out_streams;
        peer->in_streams = stats.in_streams;
        if (usctp_path_info(peer->assoc, stats.primary, &info) == 0) {
            peer->name.addr = info.remote;
        }
    }
}

/* The peer learns at once where we are now. */
static void greet(usctp_assoc *assoc)
{
    usctp_path_id ids[PATHS_MAX];
    size_t cnt = usctp_assoc_paths(assoc, ids, PATHS_MAX);

    for (size_t i = 0; i < cnt && i < PATHS_MAX; i++) {
        (void)usctp_path_heartbeat(assoc, ids[i]);
    }
}

static int may_import(const struct usctp__sock *sock)
{
    if (!usctp__one_to_one(sock)) {
        return -EOPNOTSUPP;
    }
    if (sock->listening || sock->binding == NULL) {
        return -EINVAL;
    }
    return sock->peer_cnt > 0 || sock->connecting ? -EISCONN : 0;
}

static int take_in(struct usctp__sock *sock, struct usctp__peer *peer, const void *bytes,
                   size_t len)
{
    usctp_assoc *assoc = NULL;
    int error =
        usctp_endpoint_import(sock->binding->endpoint, bytes, len, sock->host->lower, peer, &assoc);

    if (error != USCTP_OK) {
        usctp__peer_over(sock->host, peer);
        return errno_of(error);
    }
    peer->assoc = assoc;
    peer->up = true;
    describe(peer);
    sock->peer_name = peer->name;
    sock->connected = true;
    sock->ended = sock->read_shut = sock->write_shut = false;
    usctp__peer_watch_room(peer);
    usctp__sock_touch(sock);
    greet(assoc);
    return 0;
}

int usctp__import(struct usctp__sock *sock, const void *bytes, size_t len)
{
    struct usctp__name name;
    struct usctp__peer *peer;
    int err = may_import(sock);

    if (err == 0) {
        err = usctp__host_open_client(sock->host);
    }
    err = err != 0 ? err : usctp__sock_renew(sock); /* gives the lock up */
    err = err != 0 ? err : may_import(sock);
    if (err != 0) {
        return err;
    }
    memset(&name, 0, sizeof(name));
    peer = usctp__peer_new(sock, &name);
    if (peer == NULL) {
        return -ENOMEM;
    }
    peer->binding = sock->binding;
    usctp__binding_ref(peer->binding);
    return take_in(sock, peer, bytes, len);
}
