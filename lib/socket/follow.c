/* SPDX-License-Identifier: BSD-3-Clause */
/* Following the addresses of the host. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* getifaddrs */
#endif
#include "socket/follow.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/time.h"
#include "socket/binding.h"
#include "socket/host.h"
#include "socket/sock.h"

/* --- What the host has ------------------------------------------------------------------------ */

static bool has(const struct usctp_addr *addrs, size_t cnt, const struct usctp_addr *addr)
{
    for (size_t i = 0; i < cnt; i++) {
        if (usctp__addr_same(&addrs[i], addr)) {
            return true;
        }
    }
    return false;
}

/* Those of interfaces that are up; what no other host could send to is left out. */
static size_t ask_system(struct usctp_addr addrs[USCTP__FOLLOW_ADDRS_MAX])
{
    struct ifaddrs *all;
    size_t cnt = 0;

    if (getifaddrs(&all) != 0) {
        return 0;
    }
    for (const struct ifaddrs *one = all; one != NULL && cnt < USCTP__FOLLOW_ADDRS_MAX;
         one = one->ifa_next) {
        const struct sockaddr *sa = one->ifa_addr;
        struct usctp__name name;

        if (sa != NULL && (one->ifa_flags & IFF_UP) != 0 &&
            (sa->sa_family == AF_INET || sa->sa_family == AF_INET6) &&
            usctp__sockaddr_in(sa, sizeof(struct sockaddr_in6), &name) == 0 &&
            usctp__addr_is_unicast(&name.addr) && !usctp__addr_is_loopback(&name.addr) &&
            !usctp__addr_is_link_local(&name.addr) && !has(addrs, cnt, &name.addr)) {
            addrs[cnt++] = name.addr;
        }
    }
    freeifaddrs(all);
    return cnt;
}

/* --- What associations make of it ------------------------------------------------------------- */

/* What changed, of one association's point of view. */
struct turn {
    usctp_assoc *assoc;
    struct usctp_addr remote; /* of its primary path */
    const struct usctp_addr *old_addrs, *addrs;
    size_t old_cnt, cnt;
};

/* Where it cannot be asked for now nothing comes of it. */
static void ask(const struct turn *turn, int what, int wildcard, const struct usctp_addr *addr)
{
    struct usctp_address_change change;

    memset(&change, 0, sizeof(change));
    change.what = what;
    change.wildcard = wildcard;
    change.addr = *addr;
    (void)usctp_assoc_change_addresses(turn->assoc, &change, 1);
}

static bool fits(const struct turn *turn, const struct usctp_addr *addr)
{
    return addr->family == turn->remote.family;
}

static bool appeared(const struct turn *turn, size_t i)
{
    return fits(turn, &turn->addrs[i]) && !has(turn->old_addrs, turn->old_cnt, &turn->addrs[i]);
}

static bool vanished(const struct turn *turn, size_t i)
{
    return fits(turn, &turn->old_addrs[i]) && !has(turn->addrs, turn->cnt, &turn->old_addrs[i]);
}

/* The peer may know them. What is new comes first: the last one cannot be deleted (RFC 5061, 5.3, F5). Each is
 * a request of its own, since one that is refused stops what follows it (5.3, F11). */
static void tell_by_name(const struct turn *turn)
{
    for (size_t i = 0; i < turn->cnt; i++) {
        if (appeared(turn, i)) {
            ask(turn, USCTP_ADDRESS_ADD, 0, &turn->addrs[i]);
        }
    }
    for (size_t i = 0; i < turn->old_cnt; i++) {
        if (vanished(turn, i)) {
            ask(turn, USCTP_ADDRESS_DELETE, 0, &turn->old_addrs[i]);
        }
    }
}

/* RFC 6951, 5.7: a NAT box hides them. One that is left deletes all others, which are added again. */
static void tell_by_wildcards(const struct turn *turn)
{
    const struct usctp_addr *keeper = NULL;
    bool lost = false;

    for (size_t i = 0; i < turn->old_cnt; i++) {
        lost = lost || vanished(turn, i);
    }
    for (size_t i = 0; i < turn->cnt; i++) {
        if (!fits(turn, &turn->addrs[i])) {
            continue;
        }
        if (lost && keeper == NULL) {
            keeper = &turn->addrs[i];
            ask(turn, USCTP_ADDRESS_ADD, 1, keeper);
            ask(turn, USCTP_ADDRESS_DELETE, 1, keeper);
        } else if (lost || appeared(turn, i)) {
            ask(turn, USCTP_ADDRESS_ADD, 1, &turn->addrs[i]);
        }
    }
}

/* Private addresses mean nothing to a peer that has none. */
static bool is_hidden(const struct turn *turn)
{
    struct usctp_params params = USCTP_PARAMS_INIT;
    bool hidden = false;

    usctp_assoc_params(turn->assoc, &params);
    for (size_t i = 0; i < turn->cnt; i++) {
        hidden = hidden || (fits(turn, &turn->addrs[i]) &&
                            !usctp__addr_may_list(&turn->addrs[i], &turn->remote));
    }
    return hidden || (params.flags & USCTP_PARAM_NO_ADDRESS_LIST) != 0;
}

static void tell(struct turn *turn)
{
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    bool any = false;

    if ((usctp_assoc_extensions(turn->assoc) & USCTP_EXT_ASCONF) == 0 ||
        usctp_path_info(turn->assoc, USCTP_PATH_ANY, &info) != 0) {
        return;
    }
    turn->remote = info.remote;
    for (size_t i = 0; i < turn->cnt; i++) {
        any = any || fits(turn, &turn->addrs[i]);
    }
    if (!any) {
        return; /* there is no way to say so */
    }
    if (is_hidden(turn)) {
        tell_by_wildcards(turn);
    } else {
        tell_by_name(turn);
    }
}

/* --- Life ------------------------------------------------------------------------------------- */

static bool same(const struct usctp__follow *follow, const struct usctp_addr *addrs, size_t cnt)
{
    size_t found = 0;

    for (size_t i = 0; i < cnt; i++) {
        found += has(follow->addrs, follow->cnt, &addrs[i]);
    }
    return found == cnt && cnt == follow->cnt;
}

static void tell_all(struct usctp_host *host, struct turn *turn)
{
    struct usctp__peer_walk walk;
    struct usctp__peer *peer;

    USCTP__LIST_FOREACH(link, &host->socks)
    {
        struct usctp__sock *sock = USCTP__CONTAINER_OF(link, struct usctp__sock, link);

        if (!sock->opts.auto_asconf || sock->binding == NULL || sock->binding->addr_cnt > 0) {
            continue;
        }
        usctp__peer_walk_begin(&walk, sock);
        while ((peer = usctp__peer_walk_next(&walk)) != NULL) {
            turn->assoc = peer->assoc;
            if (turn->assoc != NULL) {
                tell(turn);
            }
        }
        usctp__peer_walk_end(&walk);
    }
}

void usctp__follow_take(struct usctp_host *host, const struct usctp_addr *addrs, size_t cnt)
{
    struct usctp__follow old = *host->follow, *now = host->follow;
    struct turn turn = {.old_addrs = old.addrs, .old_cnt = old.cnt, .addrs = now->addrs, .cnt = 0};

    now->cnt = 0;
    for (size_t i = 0; i < cnt; i++) {
        if (!has(now->addrs, now->cnt, &addrs[i])) {
            now->addrs[now->cnt++] = addrs[i];
        }
    }
    turn.cnt = now->cnt;
    if (!same(&old, now->addrs, now->cnt)) {
        tell_all(host, &turn);
    }
}

int usctp__follow_begin(struct usctp_host *host)
{
    if (host->follow == NULL) {
        host->follow = calloc(1, sizeof(*host->follow));
        if (host->follow == NULL) {
            return -ENOMEM;
        }
        host->follow->look_ts = USCTP_NEVER;
        if (host->lower == 0) {
            host->follow->cnt = ask_system(host->follow->addrs);
            host->follow->look_ts = usctp__host_now(host) + USCTP__SEC;
        }
    }
    return 0;
}

static bool anyone_follows(const struct usctp_host *host)
{
    USCTP__LIST_FOREACH(link, &host->socks)
    {
        if (USCTP__CONTAINER_OF(link, struct usctp__sock, link)->opts.auto_asconf) {
            return true;
        }
    }
    return false;
}

void usctp__follow_look(struct usctp_host *host)
{
    struct usctp_addr addrs[USCTP__FOLLOW_ADDRS_MAX];

    if (usctp__host_now(host) >= host->follow->look_ts && !anyone_follows(host)) {
        usctp__follow_end(host);
    } else if (usctp__host_now(host) >= host->follow->look_ts) {
        host->follow->look_ts = usctp__host_now(host) + USCTP__SEC;
        usctp__follow_take(host, addrs, ask_system(addrs));
    }
}

void usctp__follow_end(struct usctp_host *host)
{
    free(host->follow);
    host->follow = NULL;
}
