/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls of the public interface that a script makes. */
#include "world.h"

#include <string.h>

static int call_connect(struct world *world, struct item *item)
{
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr addrs[80];
    struct usctp_params params;
    usctp_endpoint *endpoint = endpoint_of(world, item);
    const struct value *peer = values_get(&world->values, "peer");
    usctp_assoc *assoc = NULL;
    int error;

    if (!address_list(world, item, "to", addrs, &connect.addr_cnt, 80) &&
        (world->lowers[0].flags & USCTP_LOWER_NO_ADDRESSES) == 0) {
        addrs[0].addr = peer->addr;
        addrs[0].udp_port = peer->udp_port;
        addrs[0].reserved = 0;
        connect.addr_cnt = 1;
    }
    connect.addrs = addrs;
    connect.port =
        (uint16_t)item_num_or(&world->values, item, "port", values_num(&world->values, "pport", 0));
    if (item_field(item, "lower") != NULL) {
        connect.lower = lower_of(world, item)->id;
    }
    params.size = sizeof(params);
    usctp_endpoint_params(endpoint, &params);
    params_from_item(world, &params, item);
    connect.params = &params;
    item_all_used(&world->values, item);
    error = usctp_endpoint_connect(endpoint, &connect, &assoc);
    if (error == 0) {
        (void)world_assoc_number(world, assoc);
    }
    return error;
}

static void on_release(void *context, const struct usctp_iov *iov, size_t iov_cnt)
{
    struct world *world = context;

    (void)iov;
    (void)iov_cnt;
    world->released_cnt++;
}

static const struct {
    const char *name;
    uint16_t flag;
} send_flags[] = {{"unordered", USCTP_SEND_UNORDERED},
                  {"sack_immediately", USCTP_SEND_SACK_IMMEDIATELY},
                  {"no_bundle", USCTP_SEND_NO_BUNDLE},
                  {"more", USCTP_SEND_MORE},
                  {"no_reset_wait", USCTP_SEND_NO_RESET_WAIT}};

static int call_send(struct world *world, struct item *item)
{
    struct values *values = &world->values;
    usctp_assoc *assoc = world_assoc(world, item);
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct value data = {.kind = VALUE_BYTES, .bytes = (const uint8_t *)"data", .len = 4};
    struct field *path = item_field(item, "path");
    uint64_t cnt = item_num_or(values, item, "count", 1), key;
    struct usctp_iov iov;
    int error = 0;

    (void)layout_user_data(values, item, &data);
    info.stream = (uint16_t)item_num_or(values, item, "stream", 0);
    info.ppid = (uint32_t)item_num_or(values, item, "ppid", 0);
    info.lifetime_dur = item_num_or(values, item, "lifetime", 0);
    info.pr_policy = (uint16_t)item_num_or(values, item, "policy", 0);
    info.pr_value = (uint32_t)item_num_or(values, item, "value", 0);
    if (item_num(values, item, "key", &key)) {
        info.key = (uint16_t)key;
        info.flags |= USCTP_SEND_KEY;
    }
    info.path = path != NULL ? path_of(world, assoc, &path->value) : USCTP_PATH_ANY;
    for (size_t i = 0; i < sizeof(send_flags) / sizeof(send_flags[0]); i++) {
        if (item_word(item, send_flags[i].name)) {
            info.flags |= send_flags[i].flag;
        }
    }
    if (item_word(item, "adopt")) {
        info.release = on_release;
        info.context = world;
    }
    item_all_used(values, item);
    iov.base = data.bytes;
    iov.len = data.len;
    while (error == 0 && cnt-- > 0) {
        error = usctp_assoc_send(assoc, &info, &iov, 1);
        world->adopted_cnt += error == 0 && info.release != NULL;
    }
    return error;
}

static int call_close(struct world *world, struct item *item)
{
    return usctp_assoc_close(world_assoc(world, item));
}

static int call_abort(struct world *world, struct item *item)
{
    struct field *reason = item_field(item, "reason");

    return usctp_assoc_abort(world_assoc(world, item), reason != NULL ? reason->value.bytes : NULL,
                             reason != NULL ? reason->value.len : 0);
}

static int call_free(struct world *world, struct item *item)
{
    usctp_assoc *assoc = world_assoc(world, item);

    world->assocs[world_assoc_number(world, assoc) - 1] = NULL;
    usctp_assoc_free(assoc);
    return 0;
}

static int call_endpoint(struct world *world, struct item *item)
{
    return new_endpoint(world, item);
}

static int call_endpoint_free(struct world *world, struct item *item)
{
    usctp_endpoint *endpoint = endpoint_of(world, item);

    for (size_t i = 0; i < world->assoc_cnt; i++) {
        if (world->assocs[i] != NULL && usctp_assoc_endpoint(world->assocs[i]) == endpoint) {
            world->assocs[i] = NULL;
        }
    }
    for (size_t i = 0; i < world->endpoint_cnt; i++) {
        if (world->endpoints[i] == endpoint) {
            world->endpoints[i] = NULL;
        }
    }
    usctp_endpoint_free(endpoint);
    return 0;
}

static int call_listen(struct world *world, struct item *item)
{
    usctp_endpoint_listen(endpoint_of(world, item), !item_word(item, "off"));
    return 0;
}

static usctp_path_id wanted_path(struct world *world, struct item *item)
{
    struct field *path = item_field(item, "path");

    if (path == NULL) {
        return USCTP_PATH_ANY;
    }
    return path_of(world, world_assoc(world, item), &path->value);
}

static int call_set_primary(struct world *world, struct item *item)
{
    return usctp_path_set_primary(world_assoc(world, item), wanted_path(world, item));
}

static int call_heartbeat(struct world *world, struct item *item)
{
    return usctp_path_heartbeat(world_assoc(world, item), wanted_path(world, item));
}

static int call_path_changed(struct world *world, struct item *item)
{
    return usctp_path_changed(world_assoc(world, item), wanted_path(world, item));
}

static int call_path_params(struct world *world, struct item *item)
{
    struct usctp_path_params params = USCTP_PATH_PARAMS_INIT;
    struct values *values = &world->values;
    usctp_assoc *assoc = world_assoc(world, item);
    usctp_path_id id = wanted_path(world, item);
    int error = usctp_path_params(assoc, id, &params);

    if (error != 0) {
        return error;
    }
    params.hb_interval_dur = item_num_or(values, item, "hb_interval", params.hb_interval_dur);
    params.rto_initial_dur = item_num_or(values, item, "rto_initial", params.rto_initial_dur);
    params.rto_min_dur = item_num_or(values, item, "rto_min", params.rto_min_dur);
    params.rto_max_dur = item_num_or(values, item, "rto_max", params.rto_max_dur);
    params.path_max_retrans =
        (uint32_t)item_num_or(values, item, "path_max_retrans", params.path_max_retrans);
    params.pf_max_retrans =
        (uint32_t)item_num_or(values, item, "pf_max_retrans", params.pf_max_retrans);
    params.switchover_max_retrans = (uint32_t)item_num_or(values, item, "switchover_max_retrans",
                                                          params.switchover_max_retrans);
    params.max_packet = (uint32_t)item_num_or(values, item, "max_packet", params.max_packet);
    params.probe_interval_dur =
        item_num_or(values, item, "probe_interval", params.probe_interval_dur);
    params.search_max_packet =
        (uint32_t)item_num_or(values, item, "search_max_packet", params.search_max_packet);
    params.heartbeat = (int)item_num_or(values, item, "heartbeat", (uint64_t)params.heartbeat);
    params.dscp = (uint8_t)item_num_or(values, item, "dscp", params.dscp);
    return usctp_path_set_params(assoc, id, &params);
}

static int call_params(struct world *world, struct item *item)
{
    usctp_assoc *assoc = world_assoc(world, item);
    struct usctp_params params;

    params.size = sizeof(params);
    usctp_assoc_params(assoc, &params);
    params_from_item(world, &params, item);
    return usctp_assoc_set_params(assoc, &params);
}

static int call_cork(struct world *world, struct item *item)
{
    usctp_assoc_cork(world_assoc(world, item));
    return 0;
}

static int call_uncork(struct world *world, struct item *item)
{
    usctp_assoc_uncork(world_assoc(world, item));
    return 0;
}

static int call_pause(struct world *world, struct item *item)
{
    usctp_assoc_pause(world_assoc(world, item));
    return 0;
}

static int call_resume(struct world *world, struct item *item)
{
    usctp_assoc_resume(world_assoc(world, item));
    return 0;
}

/* Drops the oldest kept messages: count=N, else one. */
static int call_drop(struct world *world, struct item *item)
{
    uint64_t cnt = item_num_or(&world->values, item, "count", 1);

    while (cnt-- > 0) {
        if (world->kept_first == world->kept_cnt) {
            world_fail(world, "no message is kept");
        }
        usctp_message_drop(world->kept[world->kept_first++]);
    }
    return 0;
}

static int call_low_water(struct world *world, struct item *item)
{
    usctp_assoc *assoc = world_assoc(world, item);
    size_t len = (size_t)item_num_or(&world->values, item, "len", 0);
    uint64_t stream;

    if (item_num(&world->values, item, "stream", &stream)) {
        return usctp_stream_set_low_water(assoc, (uint16_t)stream, len);
    }
    return usctp_assoc_set_low_water(assoc, len);
}

static int call_reset_streams(struct world *world, struct item *item)
{
    usctp_assoc *assoc = world_assoc(world, item);
    struct field *field = item_field(item, "streams");
    struct item *list = field != NULL && field->value.kind == VALUE_LIST ? field->value.list : NULL;
    unsigned flags = item_word(item, "out") ? USCTP_RESET_OUT : 0;
    uint16_t streams[1024];
    size_t cnt = (size_t)item_num_or(&world->values, item, "count", 0); /* 0, 1, 2, ... */

    flags |= item_word(item, "in") ? USCTP_RESET_IN : 0;
    for (size_t i = 0; i < cnt && i < 1024; i++) {
        streams[i] = (uint16_t)i;
    }
    for (; list != NULL && cnt < 1024; list = list->next) {
        struct field *bare = item_bare(list, NULL);

        streams[cnt++] = bare != NULL ? (uint16_t)bare->value.num : 0;
    }
    return usctp_assoc_reset_streams(assoc, flags, streams, cnt);
}

static int call_reset(struct world *world, struct item *item)
{
    return usctp_assoc_reset(world_assoc(world, item));
}

static int call_add_streams(struct world *world, struct item *item)
{
    return usctp_assoc_add_streams(world_assoc(world, item),
                                   (uint16_t)item_num_or(&world->values, item, "out", 0),
                                   (uint16_t)item_num_or(&world->values, item, "in", 0));
}

static int call_stream_value(struct world *world, struct item *item)
{
    return usctp_stream_set_value(world_assoc(world, item),
                                  (uint16_t)item_num_or(&world->values, item, "stream", 0),
                                  (uint16_t)item_num_or(&world->values, item, "value", 0));
}

/* add_key key= secret=, use_key, retire_key, remove_key key=: of the association, with `endpoint` of the
 * first endpoint. */
static int key_call(struct world *world, struct item *item, unsigned what)
{
    static int (*const of_endpoint[])(usctp_endpoint *, uint16_t) = {
        usctp_endpoint_use_key, usctp_endpoint_retire_key, usctp_endpoint_remove_key};
    static int (*const of_assoc[])(usctp_assoc *, uint16_t) = {
        usctp_assoc_use_key, usctp_assoc_retire_key, usctp_assoc_remove_key};
    uint16_t key = (uint16_t)item_num_or(&world->values, item, "key", 0);

    return item_word(item, "endpoint") ? of_endpoint[what](world->endpoints[0], key)
                                       : of_assoc[what](world_assoc(world, item), key);
}

static int call_use_key(struct world *world, struct item *item)
{
    return key_call(world, item, 0);
}

static int call_retire_key(struct world *world, struct item *item)
{
    return key_call(world, item, 1);
}

static int call_remove_key(struct world *world, struct item *item)
{
    return key_call(world, item, 2);
}

static int call_add_key(struct world *world, struct item *item)
{
    struct field *field = item_field(item, "secret");
    uint16_t key = (uint16_t)item_num_or(&world->values, item, "key", 0);
    const uint8_t *secret = field != NULL ? field->value.bytes : NULL;
    size_t len = field != NULL ? field->value.len : 0;

    return item_word(item, "endpoint")
               ? usctp_endpoint_add_key(world->endpoints[0], key, secret, len)
               : usctp_assoc_add_key(world_assoc(world, item), key, secret, len);
}

/* Chunk types that the first endpoint takes only authenticated. */
static int call_demand_auth(struct world *world, struct item *item)
{
    int error = 0;

    for (struct field *f = item_bare(item, NULL); f != NULL && error == 0; f = item_bare(item, f)) {
        error = usctp_endpoint_demand_auth(world->endpoints[0], (uint8_t)f->value.num);
    }
    return error;
}

static int call_hmacs(struct world *world, struct item *item)
{
    uint16_t ids[8];
    size_t cnt = 0;

    for (struct field *f = item_bare(item, NULL); f != NULL && cnt < 8; f = item_bare(item, f)) {
        ids[cnt++] = (uint16_t)f->value.num;
    }
    return usctp_endpoint_set_hmacs(world->endpoints[0], ids, cnt);
}

/* change [add A2, delete A1, primary A2]; add_any and so on: by wildcard, from that address. */
static int call_change(struct world *world, struct item *item)
{
    static const char *const names[] = {"add",     "delete",     "primary",
                                        "add_any", "delete_any", "primary_any"};
    struct usctp_address_change changes[20];
    struct field *list = item_bare(item, NULL);
    size_t cnt = 0;

    memset(changes, 0, sizeof(changes));
    for (struct item *one = list != NULL ? list->value.list : NULL; one != NULL && cnt < 20;
         one = one->next) {
        struct field *addr = item_bare(one, NULL);

        for (int i = 0; i < 6; i++) {
            if (same_word(one->name, names[i])) {
                changes[cnt].what = i % 3 + 1;
                changes[cnt].wildcard = i >= 3;
            }
        }
        if (addr == NULL || addr->value.kind != VALUE_ADDR) {
            world_fail(world, "an address is wanted");
            return 0;
        }
        changes[cnt++].addr = addr->value.addr;
    }
    return usctp_assoc_change_addresses(world_assoc(world, item), changes, cnt);
}

/* addresses A1 A2 ...: what the host has now. */
static int call_addresses(struct world *world, struct item *item)
{
    struct usctp_addr addrs[80];
    size_t cnt = 0;

    for (struct field *f = item_bare(item, NULL); f != NULL && cnt < 80; f = item_bare(item, f)) {
        if (f->value.kind != VALUE_ADDR) {
            world_fail(world, "an address is wanted");
            return 0;
        }
        addrs[cnt++] = f->value.addr;
    }
    return usctp_stack_set_addresses(world->stack, addrs, cnt);
}

static const struct {
    const char *name;
    int (*run)(struct world *world, struct item *item);
} calls[] = {
    {"addresses", call_addresses},
    {"change", call_change},
    {"add_key", call_add_key},
    {"use_key", call_use_key},
    {"retire_key", call_retire_key},
    {"remove_key", call_remove_key},
    {"demand_auth", call_demand_auth},
    {"hmacs", call_hmacs},
    {"connect", call_connect},
    {"send", call_send},
    {"close", call_close},
    {"abort", call_abort},
    {"free", call_free},
    {"endpoint", call_endpoint},
    {"endpoint_free", call_endpoint_free},
    {"listen", call_listen},
    {"set_primary", call_set_primary},
    {"heartbeat", call_heartbeat},
    {"path_changed", call_path_changed},
    {"path_params", call_path_params},
    {"params", call_params},
    {"cork", call_cork},
    {"uncork", call_uncork},
    {"pause", call_pause},
    {"resume", call_resume},
    {"drop", call_drop},
    {"low_water", call_low_water},
    {"reset_streams", call_reset_streams},
    {"reset", call_reset},
    {"add_streams", call_add_streams},
    {"stream_value", call_stream_value},
};

static const char *const error_names[] = {
    "OK",       "EINVAL", "ENOMEM",     "EWOULDBLOCK",   "ESTATE",
    "EMSGSIZE", "ENOENT", "EADDRINUSE", "EADDRNOTAVAIL", "EBUSY",
    "ECRYPTO",  "ESIZE",  "EIO",        "EAFNOSUPPORT",  "ENOTSUP"};

static const char *error_name(int error)
{
    size_t cnt = sizeof(error_names) / sizeof(error_names[0]);

    return error <= 0 && (size_t)-error < cnt ? error_names[-error] : "?";
}

void run_call(struct world *world, const char *text)
{
    const char *rest;
    struct item *item = values_parse(&world->values, text, &rest);
    const char *wanted = "OK";
    int error;

    if (*rest == '=') {
        rest++;
        struct value value = values_parse_value(&world->values, &rest);
        wanted = value.kind == VALUE_WORD ? value.word : "";
    }
    if (item == NULL || item->next != NULL || *rest != '\0') {
        world_fail(world, "a call and nothing else is wanted");
        return;
    }
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (same_word(item->name, calls[i].name)) {
            error = calls[i].run(world, item);
            item_all_used(&world->values, item);
            if (strcmp(error_name(error), wanted) != 0) {
                world_fail(world, "the call gave %s, not %s", error_name(error), wanted);
            }
            return;
        }
    }
    world_fail(world, "no such call: %s", item->name != NULL ? item->name : "");
}
