/* SPDX-License-Identifier: BSD-3-Clause */
/* Following the addresses of the host. */
#include "core/follow.h"

#include <stdbool.h>
#include <string.h>

#include "base/addr.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "core/auth.h"
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
    const struct usctp__addr_list *told; /* what the peer was told of; NULL: nothing */
    const struct usctp__addr_list *now;  /* what the host has */
    bool wildcards;                      /* addresses are not named */
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

/* RFC 6951, 5.7: addresses are not named where they were not to be listed, or where this association leaves from a
 * private one and the peer is elsewhere: a NAT box hides them. */
static struct turn make_turn(struct usctp_assoc *assoc)
{
    const struct usctp__addr_list *addrs = assoc->core->host_addrs;
    const struct usctp__path *path = assoc->paths.primary;
    unsigned listed = usctp__params(assoc)->listed_addrs;
    struct turn turn = {.assoc = assoc, .told = assoc->auth->told, .now = addrs};
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

/* --- What is asked for next ------------------------------------------------------------------- */

/* What is asked for at once; nothing where all is told. */
struct step {
    size_t cnt; /* of changes */
    /* Each is a request of its own, since one that is refused stops what follows it (RFC 5061, 5.3, F11). */
    bool apart;
    struct usctp_address_change changes[USCTP__ASCONF_CHANGE_MAX];
};

/* The first that may be told of, is in one list, and is in the other one or is not; NULL: none. */
static const struct usctp_addr *first_of(const struct turn *turn,
                                         const struct usctp__addr_list *list,
                                         const struct usctp__addr_list *other, bool in_other)
{
    for (uint32_t i = 0; list != NULL && i < list->cnt; i++) {
        if (has(other, &list->addrs[i]) == in_other && fits(turn, &list->addrs[i])) {
            return &list->addrs[i];
        }
    }
    return NULL;
}

static void put(const struct turn *turn, struct step *step, int what, const struct usctp_addr *addr)
{
    struct usctp_address_change *change = &step->changes[step->cnt++];

    change->what = what;
    change->wildcard = turn->wildcards;
    change->addr = *addr;
}

/* What is new comes first: the last one cannot be deleted (RFC 5061, 5.3, F5). */
static void step_by_name(const struct turn *turn, struct step *step)
{
    const struct usctp_addr *added = first_of(turn, turn->now, turn->told, false);
    const struct usctp_addr *gone = first_of(turn, turn->told, turn->now, false);
    bool stays = first_of(turn, turn->told, turn->now, true) != NULL;
    bool full = turn->told != NULL && turn->told->cnt >= 2 * USCTP_HOST_ADDRS_MAX;

    if (stays && gone != NULL && (added == NULL || full)) {
        put(turn, step, USCTP_ADDRESS_DELETE, gone);
    } else if (added != NULL) {
        put(turn, step, USCTP_ADDRESS_ADD, added);
    }
}

/* RFC 5061, 5.3.2: nothing stays that a request could leave from: what is first added takes the place of what goes,
 * in a request that leaves from there. */
static void renumber(const struct turn *turn, struct step *step)
{
    const struct usctp__addr_list *told = turn->told;

    if (first_of(turn, told, turn->now, true) != NULL) {
        return;
    }
    for (uint32_t i = 0; told != NULL && i < told->cnt; i++) {
        if (step->cnt < USCTP__ASCONF_CHANGE_MAX && fits(turn, &told->addrs[i])) {
            put(turn, step, USCTP_ADDRESS_DELETE, &told->addrs[i]);
        }
    }
}

/* One that is left deletes all others, which are added again. */
static void step_by_wildcards(const struct turn *turn, struct step *step)
{
    const struct usctp_addr *any = turn->now->addrs;
    const struct usctp_addr *added = first_of(turn, turn->now, turn->told, false);

    if (first_of(turn, turn->told, turn->now, false) != NULL) {
        while (!fits(turn, any)) {
            any++;
        }
        step->apart = true;
        put(turn, step, USCTP_ADDRESS_ADD, any);
        put(turn, step, USCTP_ADDRESS_DELETE, any);
    } else if (added != NULL) {
        put(turn, step, USCTP_ADDRESS_ADD, added);
    }
}

static struct step next_step(const struct turn *turn)
{
    struct step step;

    memset(&step, 0, sizeof(step));
    if (turn->wildcards) {
        step_by_wildcards(turn, &step);
    } else {
        step_by_name(turn, &step);
        renumber(turn, &step);
    }
    return step;
}

/* --- What the peer was told ------------------------------------------------------------------- */

/* What the peer has been told after this step: into `addrs`, if that is not NULL. Returns how many. */
static size_t list_after(const struct turn *turn, const struct step *step, struct usctp_addr *addrs)
{
    const struct usctp__addr_list *told = turn->told;
    const struct usctp_address_change *first = &step->changes[0];
    size_t cnt = 0;

    for (uint32_t i = 0; told != NULL && i < told->cnt; i++) {
        if (!usctp__asconf_changes_delete(step->changes, step->cnt, &told->addrs[i])) {
            if (addrs != NULL) {
                addrs[cnt] = told->addrs[i];
            }
            cnt++;
        }
    }
    if (first->what == USCTP_ADDRESS_ADD && !has(told, &first->addr)) { /* no other one adds */
        if (addrs != NULL) {
            addrs[cnt] = first->addr;
        }
        cnt++;
    }
    return cnt;
}

/* Takes over the reference. */
static void set_told(struct usctp_assoc *assoc, struct usctp__addr_list *list)
{
    usctp__addrs_unref(assoc->core, assoc->auth->told);
    assoc->auth->told = list;
}

static struct usctp__addr_list *share(struct usctp__addr_list *list)
{
    list->ref_cnt++;
    return list;
}

/* --- Asking ----------------------------------------------------------------------------------- */

static int ask(struct usctp_assoc *assoc, const struct step *step)
{
    size_t each = step->apart ? 1 : step->cnt;

    for (size_t i = 0; i < step->cnt; i += each) {
        int error = usctp__asconf_ask(assoc, &step->changes[i], each);

        if (error != USCTP_OK) {
            return error;
        }
        if (usctp__asconf_idle(assoc)) {
            return USCTP_ENOMEM; /* for the chunk */
        }
    }
    return USCTP_OK;
}

/* What can never be asked for counts as told. */
static int take_step(const struct turn *turn, const struct step *step)
{
    struct usctp_assoc *assoc = turn->assoc;
    struct usctp__addr_list *list =
        usctp__addrs_new(assoc->core, NULL, list_after(turn, step, NULL));
    int error;

    if (list == NULL) {
        return USCTP_ENOMEM;
    }
    (void)list_after(turn, step, list->addrs);
    error = ask(assoc, step);
    if (error == USCTP_OK || error == USCTP_EMSGSIZE) {
        set_told(assoc, list);
        return USCTP_OK;
    }
    usctp__addrs_unref(assoc->core, list);
    return error;
}

/* False: there is no way to say what the host has. */
static bool can_tell(const struct turn *turn)
{
    return first_of(turn, turn->now, NULL, false) != NULL;
}

/* One request at a time: what the host has when the last one has ended decides about the next one. */
void usctp__follow_next(struct usctp_assoc *assoc)
{
    int error = USCTP_OK;

    if (assoc->auth == NULL || !assoc->auth->behind || !follows(assoc)) {
        return;
    }
    while (error == USCTP_OK && assoc->auth->behind && usctp__asconf_idle(assoc)) {
        struct turn turn = make_turn(assoc);
        struct step step;

        if (!can_tell(&turn)) {
            return;
        }
        step = next_step(&turn);
        if (step.cnt == 0) {
            set_told(assoc, share(assoc->core->host_addrs));
            assoc->auth->behind = false;
        } else {
            error = take_step(&turn, &step);
        }
    }
    if (error == USCTP_ENOMEM) {
        usctp__asconf_later(assoc);
    }
}

void usctp__follow_free(struct usctp_assoc *assoc)
{
    if (assoc->auth != NULL) {
        set_told(assoc, NULL);
        assoc->auth->behind = false;
    }
}

void usctp__follow_begin(struct usctp_assoc *assoc, struct usctp__path *known)
{
    const struct usctp__addr_list *list = assoc->core->host_addrs;
    struct usctp_addr own;

    usctp__follow_free(assoc);
    if (list == NULL || !follows(assoc)) {
        return;
    }
    if (source_of(assoc, known, &own) && has(list, &own)) {
        set_told(assoc, usctp__addrs_new(assoc->core, &own, 1));
    }
    assoc->auth->behind = true;
    usctp__follow_next(assoc);
}

void usctp__follow_changed(struct usctp_assoc *assoc, struct usctp__addr_list *old)
{
    if (!follows(assoc)) {
        return;
    }
    if (!assoc->auth->behind && assoc->auth->told == NULL) {
        set_told(assoc, share(old));
    }
    assoc->auth->behind = true;
    usctp__follow_next(assoc);
}
