/* SPDX-License-Identifier: BSD-3-Clause */
/* Following the addresses of the host. */
#include "core/follow.h"

#include <stdbool.h>
#include <string.h>

#include "base/addr.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "core/ext.h"

static bool has(const struct usctp__addr_list *list, const struct usctp_addr *addr)
{
    for (uint32_t i = 0; list != NULL && i < list->cnt; i++) {
        if (usctp__addr_match(&list->addrs[i], addr)) {
            return true;
        }
    }
    return false;
}

/* Who has addresses of his own choice keeps those. */
static bool follows(const struct usctp_assoc *assoc)
{
    return (usctp__params(assoc)->flags & USCTP_PARAM_FOLLOW_HOST) != 0 && assoc->locals == NULL &&
           (assoc->extensions & USCTP__EXT_ASCONF) != 0;
}

/* The address that packets of a path leave from; false: it is the system's choice, and not known. */
static bool source_of(const struct usctp_assoc *assoc, const struct usctp__path *path,
                      struct usctp_addr *addr)
{
    *addr = path->local;
    return addr->family != USCTP_AF_NONE ||
           assoc->core->ops->source(assoc->core, path->lower, &path->remote, addr);
}

/* What is asked for, and how. */
struct turn {
    struct usctp_assoc *assoc;
    bool wildcards; /* addresses are not named */
};

/* What is of no use to the peer is left out: no path leads there from it, or it means nothing where the peer is,
 * unless a NAT box makes another one of it. */
static bool fits(const struct turn *turn, const struct usctp_addr *addr)
{
    unsigned listed = usctp__params(turn->assoc)->listed_addrs;

    for (const struct usctp__path *path = turn->assoc->paths.first; path != NULL;
         path = path->next) {
        bool shared = turn->wildcards ? usctp__addr_scope(addr) >= USCTP__SCOPE_PRIVATE
                                      : usctp__addr_may_list(addr, &path->remote, listed);

        if (path->remote.family == addr->family && shared) {
            return true;
        }
    }
    return false;
}

/* Each is a request of its own, since one that is refused stops what follows it (RFC 5061, 5.3, F11). Where it
 * cannot be asked for now nothing comes of it. */
static void ask(const struct turn *turn, int what, const struct usctp_addr *addr)
{
    struct usctp_address_change change;

    memset(&change, 0, sizeof(change));
    change.what = what;
    change.wildcard = turn->wildcards;
    change.addr = *addr;
    if (fits(turn, addr)) {
        (void)usctp__asconf_ask(turn->assoc, &change, 1);
    }
}

/* RFC 6951, 5.7: addresses are not named where they were not to be listed, or where this association leaves from a
 * private one and the peer is elsewhere: a NAT box hides them. */
static struct turn make_turn(struct usctp_assoc *assoc, const struct usctp__addr_list *addrs)
{
    const struct usctp__path *path = assoc->paths.primary;
    unsigned listed = usctp__params(assoc)->listed_addrs;
    struct turn turn = {.assoc = assoc};
    struct usctp_addr own;

    turn.wildcards = (usctp__params(assoc)->flags & USCTP_PARAM_NO_ADDRESS_LIST) != 0;
    if (source_of(assoc, path, &own)) {
        turn.wildcards = turn.wildcards || !usctp__addr_may_list(&own, &path->remote, listed);
    } else {
        for (uint32_t i = 0; i < addrs->cnt; i++) {
            turn.wildcards =
                turn.wildcards || (addrs->addrs[i].family == path->remote.family &&
                                   !usctp__addr_may_list(&addrs->addrs[i], &path->remote, listed));
        }
    }
    return turn;
}

void usctp__follow_begin(struct usctp_assoc *assoc, struct usctp__path *known)
{
    const struct usctp__addr_list *list = assoc->core->host_addrs;
    struct usctp_addr own;
    struct turn turn;
    bool is_known;

    if (list == NULL || !follows(assoc)) {
        return;
    }
    turn = make_turn(assoc, list);
    is_known = source_of(assoc, known, &own);
    for (uint32_t i = 0; i < list->cnt; i++) {
        if (!is_known || !usctp__addr_match(&list->addrs[i], &own)) {
            ask(&turn, USCTP_ADDRESS_ADD, &list->addrs[i]);
        }
    }
}

/* RFC 5061, 5.3.2: nothing stays that a request could leave from: what is first added takes the place of what goes,
 * in a request that leaves from there. True if it was asked for. */
static bool renumber(const struct turn *turn, const struct usctp__addr_list *old,
                     const struct usctp__addr_list *now)
{
    struct usctp_address_change changes[USCTP__ASCONF_CHANGE_MAX];
    size_t cnt = 0;

    memset(changes, 0, sizeof(changes));
    for (uint32_t i = 0; i < now->cnt && cnt == 0; i++) {
        if (fits(turn, &now->addrs[i])) {
            changes[cnt].what = USCTP_ADDRESS_ADD;
            changes[cnt++].addr = now->addrs[i];
        }
    }
    for (uint32_t i = 0; i < old->cnt && cnt < USCTP__ASCONF_CHANGE_MAX; i++) {
        if (fits(turn, &old->addrs[i])) {
            changes[cnt].what = USCTP_ADDRESS_DELETE;
            changes[cnt++].addr = old->addrs[i];
        }
    }
    return cnt > 1 && usctp__asconf_ask(turn->assoc, changes, cnt) == USCTP_OK;
}

/* True if the host still has an address that the peer can know. */
static bool any_stays(const struct turn *turn, const struct usctp__addr_list *old,
                      const struct usctp__addr_list *now)
{
    for (uint32_t i = 0; i < old->cnt; i++) {
        if (has(now, &old->addrs[i]) && fits(turn, &old->addrs[i])) {
            return true;
        }
    }
    return false;
}

/* What is new comes first: the last one cannot be deleted (RFC 5061, 5.3, F5). */
static void tell_by_name(const struct turn *turn, const struct usctp__addr_list *old,
                         const struct usctp__addr_list *now)
{
    bool renumbered = !any_stays(turn, old, now) && renumber(turn, old, now);
    bool first = true;

    for (uint32_t i = 0; i < now->cnt; i++) {
        bool added = renumbered && first;

        first = first && !fits(turn, &now->addrs[i]);
        if (!added && !has(old, &now->addrs[i])) {
            ask(turn, USCTP_ADDRESS_ADD, &now->addrs[i]);
        }
    }
    for (uint32_t i = 0; i < old->cnt && !renumbered; i++) {
        if (!has(now, &old->addrs[i])) {
            ask(turn, USCTP_ADDRESS_DELETE, &old->addrs[i]);
        }
    }
}

/* One that is left deletes all others, which are added again. */
static void tell_by_wildcards(const struct turn *turn, const struct usctp__addr_list *old,
                              const struct usctp__addr_list *now)
{
    const struct usctp_addr *keeper = NULL;
    bool lost = false;

    for (uint32_t i = 0; i < old->cnt; i++) {
        lost = lost || (fits(turn, &old->addrs[i]) && !has(now, &old->addrs[i]));
    }
    for (uint32_t i = 0; i < now->cnt; i++) {
        if (!fits(turn, &now->addrs[i])) {
            continue;
        }
        if (lost && keeper == NULL) {
            keeper = &now->addrs[i];
            ask(turn, USCTP_ADDRESS_ADD, keeper);
            ask(turn, USCTP_ADDRESS_DELETE, keeper);
        } else if (lost || !has(old, &now->addrs[i])) {
            ask(turn, USCTP_ADDRESS_ADD, &now->addrs[i]);
        }
    }
}

void usctp__follow_changed(struct usctp_assoc *assoc, const struct usctp__addr_list *old,
                           const struct usctp__addr_list *now)
{
    struct turn turn;
    bool any = false;

    if (!follows(assoc)) {
        return;
    }
    turn = make_turn(assoc, now);
    for (uint32_t i = 0; i < now->cnt; i++) {
        any = any || fits(&turn, &now->addrs[i]);
    }
    if (!any) {
        return; /* there is no way to say so */
    }
    if (turn.wildcards) {
        tell_by_wildcards(&turn, old, now);
    } else {
        tell_by_name(&turn, old, now);
    }
}
