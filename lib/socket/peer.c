/* SPDX-License-Identifier: BSD-3-Clause */
/* Associations as the sockets see them. */
#include "socket/peer.h"

#include <limits.h>
#include <string.h>

#include "socket/binding.h"
#include "socket/host.h"
#include "socket/sock.h"

/* The next id that no association has; they come round after two billion. */
static sctp_assoc_t draw_id(struct usctp_host *host)
{
    do {
        if (host->next_assoc_id < USCTP__FIRST_ASSOC_ID || host->next_assoc_id > INT32_MAX) {
            host->next_assoc_id = USCTP__FIRST_ASSOC_ID;
        }
    } while (usctp__tagtable_find(&host->peers, host->next_assoc_id++) != NULL);
    return (sctp_assoc_t)(host->next_assoc_id - 1);
}

struct usctp__peer *usctp__peer_new(struct usctp__sock *sock, const struct usctp__name *name)
{
    struct usctp_host *host = sock->host;
    struct usctp__peer *peer;

    if (!usctp__tagtable_reserve(&host->peers)) {
        return NULL;
    }
    peer = usctp__pool_get(&host->peer_pool);
    if (peer == NULL) {
        return NULL;
    }
    memset(peer, 0, sizeof(*peer));
    usctp__list_init(&peer->open);
    usctp__chaintable_init(&peer->open_table, &host->mem);
    peer->ref_cnt = 1;
    peer->id = draw_id(host);
    peer->name = *name;
    peer->opts = sock->opts.peer;
    (void)usctp__tagtable_insert(&host->peers, (uint32_t)peer->id, peer);
    usctp__peer_move(peer, sock);
    return peer;
}

void usctp__peer_unref(struct usctp_host *host, struct usctp__peer *peer)
{
    if (--peer->ref_cnt == 0) {
        usctp__rxq_forget_open(host, peer);
        (void)usctp__tagtable_remove(&host->peers, (uint32_t)peer->id);
        usctp__pool_put(&host->peer_pool, peer);
    }
}

void usctp__peer_move(struct usctp__peer *peer, struct usctp__sock *to)
{
    struct usctp__sock *from = peer->sock;

    if (from != NULL) {
        for (struct usctp__peer_walk *walk = from->walks; walk != NULL; walk = walk->other) {
            walk->next = walk->next == &peer->link ? peer->link.next : walk->next;
        }
        usctp__list_remove(&peer->link);
        from->peer_cnt--;
        from->blocked_cnt -= peer->blocked;
        usctp__sock_touch(from);
    }
    peer->sock = to;
    if (to != NULL) {
        usctp__list_push_back(&to->peers, &peer->link);
        to->peer_cnt++;
        to->blocked_cnt += peer->blocked;
        to->peer_name = peer->name;
        usctp__sock_touch(to);
    }
}

void usctp__peer_block(struct usctp__peer *peer, bool blocked)
{
    struct usctp__sock *sock = peer->sock;

    if (peer->blocked == blocked) {
        return;
    }
    peer->blocked = blocked;
    if (sock != NULL) {
        sock->blocked_cnt += blocked ? 1 : -1u;
        usctp__sock_touch(sock);
    }
}

void usctp__peer_tell(struct usctp__peer *peer)
{
    size_t len = peer->read_len, memory = peer->read_memory;

    peer->read_len = 0;
    peer->read_memory = 0;
    if (peer->assoc != NULL) {
        (void)usctp_assoc_consumed(peer->assoc, len, memory);
    }
}

void usctp__peer_resume(struct usctp__peer *peer)
{
    if (peer->deferred && peer->assoc != NULL) {
        peer->deferred = false;
        usctp_assoc_resume(peer->assoc);
    }
}

void usctp__peer_resume_all(struct usctp_host *host)
{
    host->starved = false;
    USCTP__LIST_FOREACH(link, &host->socks)
    {
        struct usctp__sock *sock = USCTP__CONTAINER_OF(link, struct usctp__sock, link);
        struct usctp__peer_walk walk;
        struct usctp__peer *peer;

        usctp__peer_walk_begin(&walk, sock);
        while ((peer = usctp__peer_walk_next(&walk)) != NULL) {
            usctp__peer_resume(peer);
        }
        usctp__peer_walk_end(&walk);
    }
}

void usctp__peer_watch_room(struct usctp__peer *peer)
{
    struct usctp_params params = USCTP_PARAMS_INIT;

    usctp_assoc_params(peer->assoc, &params);
    peer->tell_memory = params.receive_window / 8;
    if (params.send_buffer > 0 &&
        usctp_assoc_set_low_water(peer->assoc, params.send_buffer - 1) == 0) {
        peer->send_buffer = params.send_buffer;
        usctp__peer_sent(peer);
    }
}

void usctp__peer_over(struct usctp_host *host, struct usctp__peer *peer)
{
    struct usctp__binding *binding = peer->binding;

    usctp__peer_block(peer, false);
    peer->assoc = NULL;
    peer->binding = NULL;
    if (peer->sock != NULL) {
        usctp__peer_move(peer, NULL);
    }
    if (binding != NULL) {
        usctp__binding_unref(binding);
    }
    usctp__peer_unref(host, peer);
}

struct usctp__peer *usctp__peer_by_id(const struct usctp__sock *sock, sctp_assoc_t id)
{
    struct usctp__peer *peer;

    if (usctp__one_to_one(sock)) {
        return usctp__peer_only(sock);
    }
    peer = usctp__tagtable_find(&sock->host->peers, (uint32_t)id);
    return peer != NULL && peer->sock == sock ? peer : NULL;
}

struct usctp__peer *usctp__peer_by_name(const struct usctp__sock *sock,
                                        const struct usctp__name *name)
{
    usctp_assoc *assoc;
    struct usctp__peer *peer;

    if (sock->binding == NULL) {
        return NULL;
    }
    assoc = usctp_endpoint_find(sock->binding->endpoint, &name->addr, name->port);
    peer = assoc != NULL ? usctp_assoc_user(assoc) : NULL;
    return peer != NULL && peer->sock == sock ? peer : NULL;
}

void usctp__peer_walk_begin(struct usctp__peer_walk *walk, struct usctp__sock *sock)
{
    walk->sock = sock;
    walk->next = sock->peers.next;
    walk->other = sock->walks;
    sock->walks = walk;
}

struct usctp__peer *usctp__peer_walk_next(struct usctp__peer_walk *walk)
{
    struct usctp__list *link = walk->next;

    if (link == &walk->sock->peers) {
        return NULL;
    }
    walk->next = link->next;
    return USCTP__CONTAINER_OF(link, struct usctp__peer, link);
}

void usctp__peer_walk_end(struct usctp__peer_walk *walk)
{
    struct usctp__peer_walk **at = &walk->sock->walks;

    while (*at != walk) {
        at = &(*at)->other;
    }
    *at = walk->other;
}
