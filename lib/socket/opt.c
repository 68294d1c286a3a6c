/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules that all options follow. */
#include "socket/opt.h"

#include <errno.h>
#include <string.h>

#include "socket/life.h"
#include "socket/pointer.h"
#include "socket/table.h"

enum { PACKET_HEADER_LEN = 12, DATA_HEADER_LEN = 16, I_DATA_HEADER_LEN = 20, AUTH_MAX_LEN = 40 };

/* --- The table -------------------------------------------------------------------------------- */

static const struct usctp__opt_family *const families[] = {
    &usctp__opts_stream,  &usctp__opts_assoc,   &usctp__opts_path,      &usctp__opts_send,
    &usctp__opts_event,   &usctp__opts_receive, &usctp__opts_info,      &usctp__opts_system,
    &usctp__opts_libsctp, &usctp__opts_pr,      &usctp__opts_threshold, &usctp__opts_ext,
    &usctp__opts_below,   &usctp__opts_reconf,  &usctp__opts_auth,      &usctp__opts_asconf,
};

const struct usctp__opt *usctp__opt_find(int level, int name)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        for (size_t k = 0; k < families[i]->cnt; k++) {
            const struct usctp__opt *row = &families[i]->rows[k];

            if (row->level == level && row->name == name) {
                return row;
            }
        }
    }
    return NULL;
}

/* What the style of the socket forbids. */
static int check_style(const struct usctp__sock *sock, const struct usctp__opt *row)
{
    if ((row->scope & USCTP__OPT_MANY) != 0 && usctp__one_to_one(sock)) {
        return -EOPNOTSUPP;
    }
    if ((row->scope & USCTP__OPT_ONE) != 0 && !usctp__one_to_one(sock)) {
        return -EINVAL;
    }
    if (row->level == IPPROTO_IPV6 && sock->domain != AF_INET6) {
        return -ENOPROTOOPT;
    }
    return 0;
}

/* --- Which association ------------------------------------------------------------------------ */

static sctp_assoc_t id_of(const struct usctp__opt *row, const union usctp__opt_value *value)
{
    sctp_assoc_t id = SCTP_FUTURE_ASSOC;

    if (row->id_at != USCTP__OPT_NO_ID && (row->scope & USCTP__OPT_SWITCH) == 0) {
        memcpy(&id, value->bytes + row->id_at, sizeof(id));
    }
    return id;
}

/* RFC 6458, 7.2: the id is not looked at on a one-to-one style socket. */
static int choose_single(struct usctp__opt_call *call, const struct usctp__opt *row)
{
    call->peer = usctp__peer_only(call->sock);
    if (call->peer != NULL && call->peer->assoc == NULL) {
        call->peer = NULL;
    }
    return call->peer != NULL || (row->scope & (USCTP__OPT_SOCK | USCTP__OPT_PATH)) != 0 ? 0
                                                                                         : -EINVAL;
}

/* The association that an id names, or the socket: call->peer is NULL then. 0 or -EINVAL. */
static int choose(struct usctp__opt_call *call, const struct usctp__opt *row)
{
    sctp_assoc_t id = id_of(row, call->value);

    call->peer = NULL;
    if ((row->scope & (USCTP__OPT_ASSOC | USCTP__OPT_PATH)) == 0) {
        return 0;
    }
    if (usctp__one_to_one(call->sock)) {
        return choose_single(call, row);
    }
    if (id == SCTP_FUTURE_ASSOC) {
        return (row->scope & (USCTP__OPT_SOCK | USCTP__OPT_PATH)) != 0 ? 0 : -EINVAL;
    }
    call->peer = usctp__peer_by_id(call->sock, id);
    return call->peer != NULL && call->peer->assoc != NULL ? 0 : -EINVAL;
}

static int set_each(struct usctp__opt_call *call, int (*set)(struct usctp__opt_call *call))
{
    union usctp__opt_value given = *call->value;
    struct usctp__peer_walk walk;
    int err = 0;

    usctp__peer_walk_begin(&walk, call->sock);
    while (err >= 0 && (call->peer = usctp__peer_walk_next(&walk)) != NULL) {
        *call->value = given;
        err = call->peer->assoc != NULL ? set(call) : 0;
    }
    usctp__peer_walk_end(&walk);
    return err < 0 ? err : 0;
}

/* SCTP_CURRENT_ASSOC and SCTP_ALL_ASSOC (RFC 6458, 7.2). */
static int set_many(struct usctp__opt_call *call, const struct usctp__opt *row, sctp_assoc_t id)
{
    int err = 0;

    if (id == SCTP_ALL_ASSOC) {
        union usctp__opt_value given = *call->value;

        call->peer = NULL;
        err = row->set(call);
        *call->value = given;
    }
    return err < 0 ? err : set_each(call, row->set);
}

/* --- The calls -------------------------------------------------------------------------------- */

/* An int where a struct sctp_assoc_value may stand: it is one for the socket. */
static bool widen(const struct usctp__opt *row, struct usctp__opt_call *call)
{
    if ((row->scope & USCTP__OPT_INT) == 0 || call->len >= sizeof(call->value->value)) {
        return false;
    }
    int number = call->value->number;
    call->value->value.assoc_id = SCTP_FUTURE_ASSOC;
    call->value->value.assoc_value = (uint32_t)number;
    return true;
}

static void take(const struct usctp__opt *row, struct usctp__opt_call *call,
                 union usctp__opt_value *value, const void *given, size_t len)
{
    memset(value, 0, sizeof(*value));
    call->value = value;
    call->len = len < row->len ? len : row->len;
    if (call->len > 0) {
        memcpy(value, given, call->len);
    }
}

int usctp__opt_set(struct usctp__sock *sock, int level, int name, const void *given, socklen_t len)
{
    const struct usctp__opt *row = usctp__opt_find(level, name);
    struct usctp__opt_call call = {sock, row, NULL, NULL, 0, (uint8_t *)(uintptr_t)given, len};
    union usctp__opt_value value;
    int err;

    if (row == NULL || row->set == NULL) {
        return -ENOPROTOOPT;
    }
    err = check_style(sock, row);
    if (err != 0) {
        return err;
    }
    if (len < row->min_len) {
        return -EINVAL;
    }
    if (usctp__cannot_read(sock->host, given,
                           (row->scope & USCTP__OPT_RAW) != 0 ? len : row->min_len)) {
        return -EFAULT;
    }
    take(row, &call, &value, given, len);
    (void)widen(row, &call);
    sctp_assoc_t id = id_of(row, &value);
    if (!usctp__one_to_one(sock) && (row->scope & USCTP__OPT_ALL) != 0 &&
        (id == SCTP_CURRENT_ASSOC || id == SCTP_ALL_ASSOC)) {
        return set_many(&call, row, id);
    }
    err = choose(&call, row);
    return err != 0 ? err : row->set(&call);
}

/* Hands out the result, with the id of the association that it is of. */
static void give(const struct usctp__opt *row, const struct usctp__opt_call *call, void *to,
                 socklen_t *len)
{
    size_t cut = call->len < *len ? call->len : *len;

    if (call->peer != NULL && row->id_at != USCTP__OPT_NO_ID) {
        memcpy(call->value->bytes + row->id_at, &call->peer->id, sizeof(call->peer->id));
    }
    memcpy(to, call->value, cut);
    *len = (socklen_t)cut;
}

static int get_row(const struct usctp__opt *row, struct usctp__opt_call *call, void *to,
                   socklen_t *len)
{
    bool narrow = widen(row, call);
    int err = choose(call, row);

    if (err != 0) {
        return err;
    }
    if ((row->scope & USCTP__OPT_RAW) != 0) {
        err = row->get(call);
        *len = (socklen_t)call->len;
        return err;
    }
    call->len = row->len;
    err = row->get(call);
    if (err < 0) {
        return err;
    }
    if (narrow) {
        int number = (int)call->value->value.assoc_value;

        call->value->number = number;
        call->len = sizeof(number);
        memcpy(to, &number, sizeof(number));
        *len = sizeof(number);
    } else {
        give(row, call, to, len);
    }
    return err;
}

int usctp__opt_get(struct usctp__sock *sock, int level, int name, void *to, socklen_t *len)
{
    const struct usctp__opt *row = usctp__opt_find(level, name);
    struct usctp__opt_call call = {sock, row, NULL, NULL, 0, to, 0};
    union usctp__opt_value value;
    int err;

    if (row == NULL || row->get == NULL) {
        return -ENOPROTOOPT;
    }
    err = check_style(sock, row);
    if (err != 0) {
        return err;
    }
    if (usctp__cannot_write(sock->host, len, sizeof(*len))) {
        return -EFAULT;
    }
    if (*len > INT32_MAX || *len < row->min_len) { /* the system takes it for an int */
        return -EINVAL;
    }
    if (usctp__cannot_write(sock->host, to, *len)) {
        return -EFAULT;
    }
    call.user_len = *len;
    take(row, &call, &value, to, *len);
    return get_row(row, &call, to, len);
}

/* --- What rows share -------------------------------------------------------------------------- */

static bool *switch_of(const struct usctp__opt_call *call)
{
    return (bool *)(void *)((uint8_t *)&call->sock->opts + call->row->id_at);
}

int usctp__opt_get_switch(struct usctp__opt_call *call)
{
    call->value->number = *switch_of(call);
    return 0;
}

int usctp__opt_set_switch(struct usctp__opt_call *call)
{
    *switch_of(call) = usctp__opt_on(call);
    return 0;
}

int usctp__opt_set_switch_unbound(struct usctp__opt_call *call)
{
    if (call->sock->binding != NULL) {
        return -EINVAL;
    }
    return usctp__opt_set_switch(call);
}

struct usctp_params usctp__opt_params(const struct usctp__opt_call *call)
{
    struct usctp_params params = call->sock->opts.params;

    if (call->peer != NULL) {
        usctp_assoc_params(call->peer->assoc, &params);
    }
    return params;
}

int usctp__opt_set_params(const struct usctp__opt_call *call, const struct usctp_params *params)
{
    if (call->peer != NULL) {
        return -usctp__errno(usctp_assoc_set_params(call->peer->assoc, params));
    }
    call->sock->opts.params = *params;
    usctp__offer_params(call->sock);
    return 0;
}

int usctp__opt_get_extension(struct usctp__opt_call *call, uint32_t extension)
{
    uint32_t extensions = call->sock->opts.params.extensions;

    if (call->peer != NULL) {
        extensions = usctp_assoc_extensions(call->peer->assoc);
    }
    call->value->value.assoc_value = (extensions & extension) != 0;
    return 0;
}

int usctp__opt_set_extension(const struct usctp__opt_call *call, bool on, uint32_t extension,
                             uint32_t also)
{
    if (call->peer != NULL) {
        return -EINVAL;
    }
    struct usctp_params params = usctp__opt_params(call);
    if (on) {
        params.extensions |= extension | also;
    } else {
        params.extensions &= ~extension;
    }
    return usctp__opt_set_params(call, &params);
}

struct usctp__peer_opts *usctp__opt_peer_opts(const struct usctp__opt_call *call)
{
    return call->peer != NULL ? &call->peer->opts : &call->sock->opts.peer;
}

int usctp__opt_everywhere(struct usctp__opt_call *call, int (*fn)(struct usctp__opt_call *call))
{
    int err;

    call->peer = NULL;
    err = fn(call);
    return err != 0 ? err : set_each(call, fn);
}

void usctp__opt_put_address(struct usctp__opt_call *call, size_t at, const struct usctp_addr *addr)
{
    struct usctp__name name = call->peer->name;
    struct sockaddr_storage sa;

    name.addr = *addr;
    (void)usctp__sockaddr_out(&sa, &name, call->sock->domain, call->sock->opts.mapped);
    memcpy(call->value->bytes + at, &sa, sizeof(sa));
}

bool usctp__opt_address(struct usctp__opt_call *call, size_t at, struct usctp_addr *addr, bool *any)
{
    struct sockaddr_storage copy;
    struct usctp__name name;
    struct usctp__peer *peer;

    memcpy(&copy, call->value->bytes + at, sizeof(copy));
    *any = copy.ss_family == AF_UNSPEC;
    if (*any) {
        return true;
    }
    if (usctp__sockaddr_in((const struct sockaddr *)(const void *)&copy, sizeof(copy), &name) !=
        0) {
        return false;
    }
    *addr = name.addr;
    *any = name.addr.family == USCTP_AF_NONE;
    if (*any) {
        return true;
    }
    if (call->peer != NULL && (name.port == 0 || name.port == call->peer->name.port)) {
        usctp_path_id ids[USCTP__OPT_PATH_MAX];

        return usctp__opt_paths(call->peer, addr, ids) > 0;
    }
    peer = usctp__peer_by_name(call->sock, &name);
    if (peer == NULL || peer->assoc == NULL || call->peer != NULL) {
        return false;
    }
    call->peer = peer;
    return true;
}

size_t usctp__opt_paths(const struct usctp__peer *peer, const struct usctp_addr *addr,
                        usctp_path_id ids[USCTP__OPT_PATH_MAX])
{
    usctp_path_id all[USCTP__OPT_PATH_MAX];
    size_t all_cnt = usctp_assoc_paths(peer->assoc, all, USCTP__OPT_PATH_MAX);
    size_t cnt = 0;

    for (size_t i = 0; i < all_cnt && i < USCTP__OPT_PATH_MAX; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;

        if (usctp_path_info(peer->assoc, all[i], &info) != 0 ||
            (addr != NULL && !usctp__addr_same(&info.remote, addr))) {
            continue;
        }
        ids[cnt++] = all[i];
        if (info.primary) {
            ids[cnt - 1] = ids[0];
            ids[0] = all[i];
        }
    }
    return cnt;
}

int usctp__opt_each_path(struct usctp__opt_call *call, const struct usctp_addr *addr,
                         int (*set)(struct usctp__opt_call *call, usctp_path_id id))
{
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    size_t cnt = call->peer != NULL ? usctp__opt_paths(call->peer, addr, ids) : 0;
    int err = 0;

    for (size_t i = 0; i < cnt && err == 0; i++) {
        err = set(call, ids[i]);
    }
    return err;
}

/* True if the chunks that carry messages go out authenticated. */
static bool demands_data(const usctp_assoc *assoc)
{
    const uint8_t data = 0, i_data = 64;
    bool interleaved = (usctp_assoc_extensions(assoc) & USCTP_EXT_INTERLEAVING) != 0;
    uint8_t types[256];
    size_t cnt = usctp_assoc_auth_chunks(assoc, 1, types, sizeof(types));

    return memchr(types, interleaved ? i_data : data, cnt) != NULL;
}

/* The same in packets of so many bytes, of which auth_len are for AUTH. */
static uint32_t payload_len(const struct usctp_params *params, uint32_t packet_len,
                            uint32_t auth_len, bool interleaved)
{
    uint32_t len = packet_len - PACKET_HEADER_LEN - auth_len;

    if (params->max_segment != 0 && params->max_segment < len) {
        len = params->max_segment;
    }
    return (len & ~UINT32_C(3)) - (interleaved ? I_DATA_HEADER_LEN : DATA_HEADER_LEN);
}

uint32_t usctp__frag_point(const struct usctp__peer *peer)
{
    struct usctp_params params = USCTP_PARAMS_INIT;
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    size_t cnt = usctp__opt_paths(peer, NULL, ids);
    uint32_t len;

    usctp_assoc_params(peer->assoc, &params);
    len = params.max_packet;
    for (size_t i = 0; i < cnt; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;

        if (usctp_path_info(peer->assoc, ids[i], &info) == 0 && info.max_packet < len) {
            len = info.max_packet;
        }
    }
    return payload_len(&params, len, demands_data(peer->assoc) ? AUTH_MAX_LEN : 0,
                       (usctp_assoc_extensions(peer->assoc) & USCTP_EXT_INTERLEAVING) != 0);
}

uint32_t usctp__frag_point_to_come(const struct usctp_params *params)
{
    return payload_len(params, params->max_packet, 0, false);
}
