/* SPDX-License-Identifier: BSD-3-Clause */
/* Address reconfiguration: what we ask the peer for (RFC 5061, 5.1, 5.3). */
#include "core/asconf.h"

#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/serial.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/asconf_locals.h"
#include "core/auth.h"
#include "core/error.h"
#include "core/event.h"
#include "core/ext.h"
#include "core/follow.h"
#include "core/input.h"
#include "wire/asconf.h"
#include "wire/cause.h"

enum {
    CHUNK_MAX_LEN =
        USCTP__ASCONF_MIN_LEN + 12 + USCTP__ASCONF_CHANGE_MAX * USCTP__ASCONF_PARAM_MAX_LEN,
    NOT_DONE = 0xffff /* result of a request: refused with one before it */
};

/* RFC 5061, 5.1.1, C4 */
static bool state_allows(const struct usctp_assoc *assoc)
{
    return assoc->state == USCTP_STATE_ESTABLISHED ||
           assoc->state == USCTP_STATE_SHUTDOWN_PENDING ||
           assoc->state == USCTP_STATE_SHUTDOWN_RECEIVED ||
           assoc->state == USCTP_STATE_SHUTDOWN_SENT;
}

static struct usctp__asconf_request *first_request(const struct usctp__asconf *asconf)
{
    struct usctp__qlink *link = usctp__queue_peek(&asconf->requests);

    return link != NULL ? USCTP__CONTAINER_OF(link, struct usctp__asconf_request, link) : NULL;
}

/* The struct, made on first use; NULL: no memory. */
struct usctp__asconf *usctp__asconf_use(struct usctp_assoc *assoc)
{
    struct usctp__asconf *asconf = usctp__asconf_of(assoc);

    if (asconf == NULL) {
        asconf = usctp__mem_calloc(&assoc->core->mem, sizeof(*asconf));
        if (asconf != NULL) {
            usctp__queue_init(&asconf->requests);
            asconf->next_seq = assoc->my_initial_tsn; /* RFC 5061, 5.1, A2 */
            asconf->peer_seq = assoc->peer_initial_tsn - 1;
            assoc->auth->asconf = asconf;
        }
    }
    return asconf;
}

static void free_chunk(struct usctp_assoc *assoc)
{
    struct usctp__asconf *asconf = assoc->auth->asconf;

    if (asconf->chunk != NULL) {
        usctp__bufpool_put(&assoc->core->bufs, asconf->chunk, asconf->cap);
        asconf->chunk = NULL;
    }
}

static void pop_request(struct usctp_assoc *assoc)
{
    struct usctp__asconf *asconf = assoc->auth->asconf;
    struct usctp__asconf_request *request = first_request(asconf);

    (void)usctp__queue_pop(&asconf->requests);
    asconf->request_cnt--;
    usctp__mem_free(&assoc->core->mem, request, sizeof(*request));
}

void usctp__asconf_free(struct usctp_assoc *assoc)
{
    struct usctp__asconf *asconf = usctp__asconf_of(assoc);

    usctp__follow_free(assoc);
    if (asconf == NULL) {
        return;
    }
    free_chunk(assoc);
    while (first_request(asconf) != NULL) {
        pop_request(assoc);
    }
    for (unsigned i = 0; i < USCTP__ASCONF_ACK_CNT; i++) {
        if (asconf->acks[i].chunk != NULL) {
            usctp__bufpool_put(&assoc->core->bufs, asconf->acks[i].chunk, asconf->acks[i].cap);
        }
    }
    usctp__mem_free(&assoc->core->mem, asconf, sizeof(*asconf));
    assoc->auth->asconf = NULL;
}

/* --- The path of an ASCONF -------------------------------------------------------------------- */

/* The source that wildcards stand for; NULL: there is no wildcard. */
static const struct usctp_addr *wildcard_source(const struct usctp__asconf_request *request)
{
    for (size_t i = 0; i < request->cnt; i++) {
        if (request->changes[i].wildcard) {
            return &request->changes[i].addr;
        }
    }
    return NULL;
}

bool usctp__asconf_changes_delete(const struct usctp_address_change *changes, size_t cnt,
                                  const struct usctp_addr *local)
{
    for (size_t i = 0; i < cnt; i++) {
        if (changes[i].what == USCTP_ADDRESS_DELETE &&
            usctp__addr_match(&changes[i].addr, local) != (changes[i].wildcard != 0)) {
            return true;
        }
    }
    return false;
}

static bool deletes(const struct usctp__asconf_request *request, const struct usctp_addr *local)
{
    return usctp__asconf_changes_delete(request->changes, request->cnt, local);
}

/* One that works, is not `avoid`, and does not leave from an address that goes (RFC 5061, 5.3, F6). */
static struct usctp__path *standing_path(const struct usctp_assoc *assoc,
                                         const struct usctp__asconf_request *request,
                                         const struct usctp__path *avoid)
{
    struct usctp__path *best = NULL;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        bool usable =
            path != avoid && path->state == USCTP_PATH_ACTIVE && !deletes(request, &path->local);

        if (usable && (best == NULL || path == assoc->paths.data)) {
            best = path;
        }
    }
    return best;
}

/* One from an address that the peer has just agreed to, and that is all it knows; NULL: none. */
static struct usctp__path *agreed_path(const struct usctp_assoc *assoc,
                                       const struct usctp__asconf_request *request)
{
    struct usctp__path *path = assoc->paths.data;

    return path->state == USCTP_PATH_UNCONFIRMED && !path->unannounced &&
                   !deletes(request, &path->local)
               ? path
               : NULL;
}

/* RFC 5061, 5.3.2: else it leaves from an address that it adds. */
static struct usctp__path *path_for(struct usctp_assoc *assoc,
                                    const struct usctp__asconf_request *request)
{
    const struct usctp_addr *source = wildcard_source(request);
    struct usctp__path *path = source == NULL ? standing_path(assoc, request, NULL) : NULL;

    if (source != NULL) {
        path = usctp__path_from_local(assoc, source);
    } else if (path == NULL) {
        path = agreed_path(assoc, request);
    }
    for (size_t i = 0; i < request->cnt && path == NULL; i++) {
        if (request->changes[i].what == USCTP_ADDRESS_ADD) {
            path = usctp__path_from_local(assoc, &request->changes[i].addr);
        }
    }
    return path != NULL ? path : assoc->paths.data;
}

/* --- Sending ---------------------------------------------------------------------------------- */

/* RFC 5061, 5.3.2: where the system chooses, the one that is deleted as another one is added: the peer may not know
 * where the request leaves from. Else unspecified. */
static struct usctp_addr replaced_address(const struct usctp__asconf_request *request)
{
    struct usctp_addr addr = usctp__addr_none();
    bool adds = false;

    for (size_t i = 0; i < request->cnt; i++) {
        const struct usctp_address_change *change = &request->changes[i];

        adds = adds || change->what == USCTP_ADDRESS_ADD;
        if (change->what == USCTP_ADDRESS_DELETE && addr.family == USCTP_AF_NONE) {
            addr = change->addr;
        }
    }
    return adds ? addr : usctp__addr_none();
}

/* RFC 5061, 4.1.1: one of our addresses that the peer knows; unspecified where we do not know how the peer
 * sees us, behind a NAT box or where the system chooses. */
static struct usctp_addr lookup_address(const struct usctp_assoc *assoc,
                                        const struct usctp__asconf_request *request)
{
    if (wildcard_source(request) != NULL) {
        return usctp__addr_none();
    }
    if (assoc->locals == NULL || assoc->locals->cnt == 0) {
        return replaced_address(request);
    }
    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (!path->unannounced && usctp__path_has_local(assoc, &path->local) &&
            !deletes(request, &path->local)) {
            return path->local;
        }
    }
    return assoc->locals->addrs[0];
}

static uint16_t param_of(int what)
{
    return what == USCTP_ADDRESS_ADD      ? USCTP__PARAM_ADD_IP
           : what == USCTP_ADDRESS_DELETE ? USCTP__PARAM_DELETE_IP
                                          : USCTP__PARAM_SET_PRIMARY;
}

/* Writes the chunk, CHUNK_MAX_LEN bytes at most, and returns its length. */
static size_t compose(const struct usctp_assoc *assoc, const struct usctp__asconf_request *request,
                      bool ipv6, uint8_t *chunk)
{
    struct usctp_addr lookup = lookup_address(assoc, request);
    struct usctp_addr none = usctp__addr_none();
    struct usctp__writer w = usctp__writer_make(chunk, CHUNK_MAX_LEN);
    size_t pos = usctp__chunk_begin(&w, USCTP__CHUNK_ASCONF, 0);

    usctp__writer_u32(&w, assoc->auth->asconf->next_seq);
    usctp__asconf_write_addr(&w, &lookup, ipv6);
    for (size_t i = 0; i < request->cnt; i++) {
        const struct usctp_address_change *change = &request->changes[i];

        usctp__asconf_write_request(&w, param_of(change->what), (uint32_t)i + 1,
                                    change->wildcard ? &none : &change->addr, ipv6);
    }
    usctp__chunk_end(&w, pos);
    USCTP__ASSERT(!w.failed);
    return w.len;
}

static bool write_chunk(struct usctp_assoc *assoc, const struct usctp__asconf_request *request,
                        bool ipv6)
{
    struct usctp__asconf *asconf = assoc->auth->asconf;

    asconf->chunk = usctp__bufpool_get(&assoc->core->bufs, CHUNK_MAX_LEN, &asconf->cap);
    if (asconf->chunk == NULL) {
        return false;
    }
    asconf->len = compose(assoc, request, ipv6, asconf->chunk);
    asconf->next_seq++;
    return true;
}

/* RFC 5061, 5.1.1, C5: on any path, since T4 may send it on each. */
static bool fits(const struct usctp_assoc *assoc, const struct usctp__asconf_request *request)
{
    uint8_t chunk[CHUNK_MAX_LEN];
    size_t len = USCTP__PACKET_HEADER_LEN + usctp__auth_len(assoc, USCTP__CHUNK_ASCONF);

    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        bool ipv6 = path->remote.family == USCTP_AF_IPV6;

        if (len + compose(assoc, request, ipv6, chunk) > path->max_packet) {
            return false;
        }
    }
    return true;
}

static void send_on(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__asconf *asconf = assoc->auth->asconf;

    usctp__ctrl_cancel(assoc, USCTP__CHUNK_ASCONF);
    usctp__ctrl_push(assoc, path, 0, asconf->chunk, asconf->len);
    asconf->path = path->id;
    usctp__alarm_set(assoc, USCTP__ALARM_T4,
                     usctp__time_add(assoc->core->now_ts, path->rto.rto_dur)); /* A4 */
}

/* All addresses of ours go: what is added is all that is left. */
static void add_at_once(struct usctp_assoc *assoc, const struct usctp__asconf_request *request)
{
    const struct usctp__addr_list *list = assoc->locals;

    for (uint32_t i = 0; list != NULL && i < list->cnt; i++) {
        if (!deletes(request, &list->addrs[i])) {
            return;
        }
    }
    for (size_t i = 0; i < request->cnt; i++) {
        if (request->changes[i].what == USCTP_ADDRESS_ADD) {
            usctp__locals_add(assoc, &request->changes[i].addr);
        }
    }
}

/* RFC 5061, 5.3, F4: what is deleted is no source any more. */
static void leave_deleted(struct usctp_assoc *assoc, const struct usctp__asconf_request *request)
{
    add_at_once(assoc, request);
    for (size_t i = 0; i < request->cnt; i++) {
        const struct usctp_address_change *change = &request->changes[i];

        if (change->what == USCTP_ADDRESS_DELETE && change->wildcard) {
            usctp__locals_keep_only(assoc, &change->addr);
        } else if (change->what == USCTP_ADDRESS_DELETE) {
            usctp__locals_remove(assoc, &change->addr);
        }
    }
}

static void tell(struct usctp_assoc *assoc, const struct usctp_address_change *change,
                 uint16_t cause)
{
    usctp__event_address(assoc, change, cause);
}

/* The first request is not sent. */
static void drop_first(struct usctp_assoc *assoc)
{
    struct usctp__asconf_request request = *first_request(assoc->auth->asconf);

    pop_request(assoc);
    for (size_t i = 0; i < request.cnt; i++) {
        tell(assoc, &request.changes[i], NOT_DONE);
    }
}

/* RFC 5061, 5.3, F5: something of ours stays, and each change says something. */
static int check(const struct usctp_assoc *assoc, const struct usctp_address_change *changes,
                 size_t cnt)
{
    /* Where the system chooses it is the peer that knows. */
    size_t left = assoc->locals != NULL ? assoc->locals->cnt : SIZE_MAX / 2;
    const struct usctp_addr *source = NULL;

    for (size_t i = 0; i < cnt; i++) {
        const struct usctp_address_change *change = &changes[i];
        bool ours = usctp__path_has_local(assoc, &change->addr);

        if (change->wildcard) {
            if (source != NULL && !usctp__addr_match(source, &change->addr)) {
                return USCTP_EINVAL; /* a packet has one source */
            }
            source = &change->addr;
        }
        if (change->what == USCTP_ADDRESS_ADD) {
            if (ours && !change->wildcard) {
                return USCTP_EINVAL;
            }
            left++;
        } else if (change->what == USCTP_ADDRESS_DELETE && !change->wildcard) {
            if (assoc->locals != NULL && !ours) {
                return USCTP_ENOENT;
            }
            left--;
        }
    }
    return left > 0 ? USCTP_OK : USCTP_EINVAL;
}

/* RFC 5061, 5.3, F3: what the peer does not understand is not asked for again. */
static bool understood(const struct usctp_assoc *assoc, const struct usctp_address_change *changes,
                       size_t cnt)
{
    const struct usctp__asconf *asconf = usctp__asconf_of(assoc);

    if (asconf == NULL || asconf->refused) {
        return asconf == NULL;
    }
    for (size_t i = 0; i < cnt; i++) {
        if (asconf->no_primary && changes[i].what == USCTP_ADDRESS_PRIMARY) {
            return false;
        }
    }
    return true;
}

/* True if the request can be sent now: those before it may have left nothing to ask for. */
static bool still_wanted(const struct usctp_assoc *assoc,
                         const struct usctp__asconf_request *request)
{
    return understood(assoc, request->changes, request->cnt) &&
           check(assoc, request->changes, request->cnt) == USCTP_OK && fits(assoc, request);
}

/* A request by wildcards whose way from there is dead may leave from elsewhere, where it says nothing new: so the
 * peer answers, and what waits behind it is asked for. Not if it deletes: it would delete what is wanted. */
static bool may_stray(const struct usctp_assoc *assoc, const struct usctp__asconf_request *request,
                      const struct usctp__path *path)
{
    for (size_t i = 0; i < request->cnt; i++) {
        if (request->changes[i].wildcard && request->changes[i].what == USCTP_ADDRESS_DELETE) {
            return false;
        }
    }
    return path->error_cnt > path->set->max_retrans ||
           assoc->error_cnt >= usctp__params(assoc)->assoc_max_retrans;
}

/* Where the ASCONF is sent again that this path did not bring an answer to (RFC 5061, 5.1, B4). */
static struct usctp__path *next_path(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__asconf *asconf = assoc->auth->asconf;
    const struct usctp__asconf_request *request = first_request(asconf);
    struct usctp__path *next;

    if (wildcard_source(request) != NULL && !asconf->strayed && !may_stray(assoc, request, path)) {
        return path;
    }
    next = standing_path(assoc, request, path);
    asconf->strayed = next != NULL && wildcard_source(request) != NULL;
    return next != NULL ? next : path;
}

/* Sends the first request, if none is on its way (RFC 5061, 5.1, A3). */
static void start_next(struct usctp_assoc *assoc)
{
    struct usctp__asconf *asconf = assoc->auth->asconf;
    struct usctp__asconf_request *request = first_request(asconf);
    struct usctp__path *path;

    if (asconf->chunk != NULL || assoc->ended || !state_allows(assoc)) {
        return;
    }
    while (request != NULL && !still_wanted(assoc, request)) {
        drop_first(assoc);
        request = first_request(asconf);
    }
    if (request == NULL) {
        return;
    }
    path = path_for(assoc, request);
    asconf->strayed = false;
    if (!write_chunk(assoc, request, path->remote.family == USCTP_AF_IPV6)) {
        drop_first(assoc);
        return;
    }
    send_on(assoc, path);
    leave_deleted(assoc, request);
}

bool usctp__asconf_deletes(const struct usctp_assoc *assoc, const struct usctp_addr *local)
{
    const struct usctp__asconf *asconf = usctp__asconf_of(assoc);

    return asconf != NULL && asconf->chunk != NULL && deletes(first_request(asconf), local);
}

static void catch_up(struct usctp_assoc *assoc);

void usctp__asconf_on_t4(struct usctp_assoc *assoc)
{
    struct usctp__asconf *asconf = usctp__asconf_of(assoc);
    struct usctp__path *path;

    if (asconf == NULL || asconf->chunk == NULL || !state_allows(assoc)) {
        catch_up(assoc);
        return;
    }
    path = usctp__path_by_id(assoc, asconf->path);
    if (path == NULL) {
        path = assoc->paths.data;
    }
    usctp__rto_backoff(&path->rto, &path->set->bounds); /* RFC 5061, 5.1, B3 */
    if (!usctp__path_error(assoc, path, true)) {        /* B1, B2 */
        return;
    }
    send_on(assoc, next_path(assoc, path)); /* B4 */
}

void usctp__asconf_path_gone(struct usctp_assoc *assoc, const struct usctp__path *path)
{
    struct usctp__asconf *asconf = assoc->auth->asconf;

    if (asconf->chunk != NULL && asconf->path == path->id && !assoc->ended) {
        struct usctp__path *next = standing_path(assoc, first_request(asconf), path);

        send_on(assoc, next != NULL ? next : assoc->paths.data);
    }
    if (asconf->wanted_primary == path->id) {
        asconf->wanted_primary = USCTP_PATH_ANY;
    }
}

/* --- Asking ----------------------------------------------------------------------------------- */

int usctp__asconf_ask(struct usctp_assoc *assoc, const struct usctp_address_change *changes,
                      size_t cnt)
{
    struct usctp__asconf *asconf = usctp__asconf_of(assoc);
    struct usctp__asconf_request *request;
    int error;

    if ((assoc->extensions & USCTP__EXT_ASCONF) == 0 || !state_allows(assoc) ||
        !understood(assoc, changes, cnt)) {
        return USCTP_ESTATE;
    }
    error = check(assoc, changes, cnt);
    if (error != USCTP_OK) {
        return error;
    }
    asconf = usctp__asconf_use(assoc);
    if (asconf == NULL) {
        return USCTP_ENOMEM;
    }
    if (asconf->request_cnt >= USCTP__ASCONF_WAIT_MAX) {
        return USCTP_EWOULDBLOCK;
    }
    request = usctp__mem_calloc(&assoc->core->mem, sizeof(*request));
    if (request == NULL) {
        return USCTP_ENOMEM;
    }
    request->cnt = cnt;
    memcpy(request->changes, changes, cnt * sizeof(*changes));
    if (!fits(assoc, request)) {
        usctp__mem_free(&assoc->core->mem, request, sizeof(*request));
        return USCTP_EMSGSIZE;
    }
    usctp__queue_push(&asconf->requests, &request->link);
    asconf->request_cnt++;
    start_next(assoc);
    return USCTP_OK;
}

void usctp__asconf_later(struct usctp_assoc *assoc)
{
    if (usctp__asconf_idle(assoc)) {
        usctp__alarm_set(assoc, USCTP__ALARM_T4,
                         usctp__time_add(assoc->core->now_ts, assoc->paths.primary->rto.rto_dur));
    }
}

/* True if the peer is told of our addresses one by one. */
static bool announces(const struct usctp_assoc *assoc)
{
    const uint32_t wanted = USCTP_PARAM_ADD_ADDRESSES | USCTP_PARAM_NO_ADDRESS_LIST;

    return (assoc->extensions & USCTP__EXT_ASCONF) != 0 && assoc->locals != NULL &&
           (usctp__params(assoc)->flags & wanted) == wanted;
}

static int ask_to_add(struct usctp_assoc *assoc, const struct usctp_addr *addr)
{
    struct usctp_address_change change = {USCTP_ADDRESS_ADD, 1, *addr}; /* RFC 6951, 5.7 */

    return usctp__asconf_ask(assoc, &change, 1);
}

/* What found no room, or no memory, and what was not heard of since. */
static void announce_next(struct usctp_assoc *assoc)
{
    struct usctp__path *path = assoc->paths.first;

    while (path != NULL && !(path->unannounced && usctp__path_has_local(assoc, &path->local))) {
        path = path->next;
    }
    if (path != NULL && announces(assoc)) {
        struct usctp_addr addr = path->local;

        if (ask_to_add(assoc, &addr) == USCTP_ENOMEM) {
            usctp__asconf_later(assoc);
        }
    }
}

/* Nothing waits: asks for what the library itself wants still. */
static void catch_up(struct usctp_assoc *assoc)
{
    if (usctp__asconf_idle(assoc) && !assoc->ended) {
        announce_next(assoc);
        usctp__follow_next(assoc);
    }
}

void usctp__asconf_announce(struct usctp_assoc *assoc, struct usctp__path *known)
{
    struct usctp_addr addr = known->local;

    usctp__locals_left(assoc); /* of an earlier life */
    usctp__follow_begin(assoc, known);
    if (!announces(assoc)) {
        return;
    }
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (!usctp__addr_match(&path->local, &addr)) {
            path->unannounced = true;
            path->state = USCTP_PATH_UNCONFIRMED; /* whatever it was in an earlier life, */
            path->error_cnt = 0;                  /* or that INIT got no answer there */
        }
    }
    if (assoc->paths.primary->unannounced) {
        usctp__path_set_primary(assoc, known);
    }
    usctp__path_choose(assoc);
    for (uint32_t i = 0; i < assoc->locals->cnt; i++) {
        if (!usctp__addr_match(&assoc->locals->addrs[i], &addr) &&
            ask_to_add(assoc, &assoc->locals->addrs[i]) == USCTP_ENOMEM) {
            usctp__asconf_later(assoc);
        }
    }
}

/* --- Answers ---------------------------------------------------------------------------------- */

/* What became of each change: 0, or the cause code of an error. */
struct results {
    uint16_t causes[USCTP__ASCONF_CHANGE_MAX];
    bool told[USCTP__ASCONF_CHANGE_MAX];
};

/* RFC 5061, 5.3, F3a, F3b */
static void note_not_understood(struct usctp__asconf *asconf, int what)
{
    if (what == USCTP_ADDRESS_PRIMARY) {
        asconf->no_primary = true;
    } else {
        asconf->refused = true;
    }
}

/* RFC 5061, 5.1, A6 to A8 */
static void read_results(struct usctp_assoc *assoc, const struct usctp__chunk *chunk,
                         const struct usctp__asconf_request *request, struct results *results)
{
    struct usctp__param_iter iter;
    struct usctp__asconf_param param;
    bool failed = false;

    memset(results, 0, sizeof(*results));
    usctp__param_iter_init(&iter, chunk->value + 4, chunk->value_len - 4);
    while (usctp__asconf_next(&iter, &param) == 1) {
        size_t i = (size_t)param.id - 1;

        if (param.id == 0 || i >= request->cnt) {
            continue;
        }
        results->told[i] = true;
        if (param.type == USCTP__PARAM_ERROR_INDICATION) {
            uint16_t cause = usctp__cause_first(param.rest.ptr, param.rest.len);

            results->causes[i] = cause != USCTP__CAUSE_NONE ? cause : (uint16_t)NOT_DONE;
            if (cause == USCTP__CAUSE_UNRECOGNIZED_PARAMS) {
                note_not_understood(assoc->auth->asconf, request->changes[i].what);
            }
        }
    }
    for (size_t i = 0; i < request->cnt; i++) {
        if (assoc->auth->asconf->strayed && request->changes[i].wildcard) {
            results->causes[i] = NOT_DONE; /* it did not come from there */
        }
        failed = failed || results->causes[i] != 0;
        if (failed && !results->told[i]) {
            results->causes[i] = NOT_DONE;
        }
    }
}

static void finish(struct usctp_assoc *assoc, const struct usctp_address_change *change,
                   uint16_t cause)
{
    if (change->what == USCTP_ADDRESS_ADD) {
        if (cause == 0) {
            usctp__locals_add(assoc, &change->addr);
            usctp__locals_announced(assoc, &change->addr); /* RFC 5061, 5.3, F2 */
        } else {
            usctp__locals_refused(assoc, &change->addr); /* F10 */
        }
    } else if (change->what == USCTP_ADDRESS_DELETE && cause != 0 && !change->wildcard) {
        usctp__locals_add(assoc, &change->addr); /* the peer has it still */
        usctp__locals_announced(assoc, &change->addr);
    } else if (change->wildcard) { /* the peer knows the address that it came from, or not */
        (cause == 0 ? usctp__locals_announced : usctp__locals_unused)(assoc, &change->addr);
    }
    tell(assoc, change, cause);
}

/* RFC 5061, 4.3.4, 5.3, F0 */
static enum usctp__verdict illegal_ack(struct usctp_assoc *assoc)
{
    uint8_t cause[4];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

    usctp__cause_write_plain(&w, USCTP__CAUSE_ILLEGAL_ASCONF_ACK);
    usctp__abort_causes(assoc, USCTP_LOST_PROTOCOL, cause, w.len);
    return USCTP__GONE;
}

enum usctp__verdict usctp__on_asconf_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                         const struct usctp__chunk *chunk)
{
    struct usctp__asconf *asconf = usctp__asconf_of(assoc);
    uint32_t seq = usctp__get32(chunk->value);
    uint32_t next_seq = asconf != NULL ? asconf->next_seq : assoc->my_initial_tsn;
    struct usctp__asconf_request request;
    struct usctp__path *path;
    struct results results;

    if (usctp__s32_leq(next_seq, seq)) {
        return illegal_ack(assoc);
    }
    if (asconf == NULL || asconf->chunk == NULL || seq != next_seq - 1) {
        assoc->core->stats.dropped_unexpected++; /* RFC 5061, 4.3.4: smaller ones are ignored */
        return USCTP__NEXT;
    }
    usctp__alarm_clear(assoc, USCTP__ALARM_T4); /* A5 */
    path = usctp__path_by_id(assoc, asconf->path);
    if (path != NULL) {
        if (path->state != USCTP_PATH_UNCONFIRMED) {
            usctp__path_alive(assoc, path);
        }
    }
    assoc->error_cnt = 0;
    in->fresh = true;
    request = *first_request(asconf);
    read_results(assoc, chunk, &request, &results);
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_ASCONF);
    free_chunk(assoc);
    pop_request(assoc);
    for (size_t i = 0; i < request.cnt; i++) {
        finish(assoc, &request.changes[i], results.causes[i]);
    }
    usctp__locals_left(assoc);
    start_next(assoc);
    catch_up(assoc);
    return USCTP__NEXT;
}

void usctp__asconf_unknown(struct usctp_assoc *assoc)
{
    struct usctp__asconf *asconf = usctp__asconf_of(assoc);

    if (asconf == NULL) {
        return;
    }
    asconf->refused = true;
    usctp__alarm_clear(assoc, USCTP__ALARM_T4);
    usctp__ctrl_cancel(assoc, USCTP__CHUNK_ASCONF);
    free_chunk(assoc);
    while (first_request(asconf) != NULL) {
        struct usctp__asconf_request request = *first_request(asconf);

        pop_request(assoc);
        for (size_t i = 0; i < request.cnt; i++) {
            finish(assoc, &request.changes[i], USCTP__CAUSE_UNRECOGNIZED_CHUNK);
        }
    }
    usctp__locals_left(assoc);
}
