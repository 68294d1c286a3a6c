/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls of the public interface that a script makes, and the set-up of its stack. */
#include "world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- Parameters ------------------------------------------------------------------------------- */

#define PARAM(member)                                                                              \
    {                                                                                              \
#member, offsetof(struct usctp_params, member), sizeof(((struct usctp_params *)0)->member) \
    }

static const struct {
    const char *name;
    size_t at, size;
} param_members[] = {
    PARAM(rto_initial_dur),
    PARAM(rto_min_dur),
    PARAM(rto_max_dur),
    PARAM(init_rto_max_dur),
    PARAM(cookie_life_dur),
    PARAM(hb_interval_dur),
    PARAM(sack_delay_dur),
    PARAM(shutdown_guard_dur),
    PARAM(autoclose_dur),
    PARAM(rto_alpha_shift),
    PARAM(rto_beta_shift),
    PARAM(assoc_max_retrans),
    PARAM(path_max_retrans),
    PARAM(max_init_retrans),
    PARAM(hb_max_burst),
    PARAM(max_burst),
    PARAM(sack_every),
    PARAM(max_packet),
    PARAM(max_segment),
    PARAM(receive_window),
    PARAM(receive_memory),
    PARAM(send_buffer),
    PARAM(max_message),
    PARAM(partial_delivery_point),
    PARAM(out_streams),
    PARAM(scheduler),
    PARAM(max_in_streams),
    PARAM(dscp),
    PARAM(receive_window_max),
    PARAM(send_buffer_max),
    PARAM(congestion_control),
    PARAM(pf_max_retrans),
    PARAM(switchover_max_retrans),
    PARAM(reconf_allow),
    PARAM(adaptation),
    PARAM(probe_interval_dur),
    PARAM(search_max_packet),
};

static const struct {
    const char *name;
    uint32_t flag;
} param_flags[] = {
    {"nagle", USCTP_PARAM_NAGLE},
    {"no_heartbeat", USCTP_PARAM_NO_HEARTBEAT},
    {"no_address_types", USCTP_PARAM_NO_ADDRESS_TYPES},
    {"no_address_list", USCTP_PARAM_NO_ADDRESS_LIST},
    {"sack_immediately", USCTP_PARAM_SACK_IMMEDIATELY},
    {"no_rack", USCTP_PARAM_NO_RACK},
    {"retry_port", USCTP_PARAM_RETRY_PORT},
    {"dry_events", USCTP_PARAM_DRY_EVENTS},
    {"pacing", USCTP_PARAM_PACING},
    {"no_wildcards", USCTP_PARAM_NO_WILDCARDS},
    {"tell_adaptation", USCTP_PARAM_ADAPTATION},
    {"prefer_first", USCTP_PARAM_PREFER_FIRST},
    {"add_addresses", USCTP_PARAM_ADD_ADDRESSES},
    {"expose_pf", USCTP_PARAM_EXPOSE_PF},
};

/* Extensions that `params` switches on; none is otherwise. */
static const struct {
    const char *name;
    uint32_t extension;
} param_extensions[] = {
    {"partial_reliability", USCTP_EXT_PARTIAL_RELIABILITY},
    {"zero_checksum", USCTP_EXT_ZERO_CHECKSUM},
    {"ecn", USCTP_EXT_ECN},
    {"reconfig", USCTP_EXT_RECONFIG},
    {"interleaving", USCTP_EXT_INTERLEAVING},
    {"auth", USCTP_EXT_AUTH},
    {"asconf", USCTP_EXT_ASCONF | USCTP_EXT_AUTH},
};

static void set_member(void *object, size_t at, size_t size, uint64_t num)
{
    uint8_t u8 = (uint8_t)num;
    uint16_t u16 = (uint16_t)num;
    uint32_t u32 = (uint32_t)num;

    memcpy((char *)object + at,
           size == 8   ? (void *)&num
           : size == 4 ? (void *)&u32
           : size == 2 ? (void *)&u16
                       : &u8,
           size);
}

void params_from_item(struct world *world, struct usctp_params *params, struct item *item)
{
    uint64_t num;

    for (size_t i = 0; i < sizeof(param_members) / sizeof(param_members[0]); i++) {
        char key[40];
        size_t len = strlen(param_members[i].name);

        memcpy(key, param_members[i].name, len + 1);
        if (len > 4 && strcmp(key + len - 4, "_dur") == 0) {
            key[len - 4] = '\0';
        }
        if (item_num(&world->values, item, key, &num)) {
            set_member(params, param_members[i].at, param_members[i].size, num);
        }
    }
    for (size_t i = 0; i < sizeof(param_flags) / sizeof(param_flags[0]); i++) {
        char no[40] = "without_";

        (void)strncat(no, param_flags[i].name, sizeof(no) - strlen(no) - 1);
        if (item_word(item, param_flags[i].name)) {
            params->flags |= param_flags[i].flag;
        } else if (item_word(item, no)) {
            params->flags &= ~param_flags[i].flag;
        }
    }
    for (size_t i = 0; i < sizeof(param_extensions) / sizeof(param_extensions[0]); i++) {
        if (item_word(item, param_extensions[i].name)) {
            params->extensions |= param_extensions[i].extension;
        }
    }
}

void run_params(struct world *world, struct item *item)
{
    if (world->stack != NULL) {
        world_fail(world, "`params` comes before the stack is made; later: `call params`");
    }
    if (item_word(item, "nat")) {
        (void)usctp_params_init(&world->params, USCTP_PRESET_NAT);
    }
    params_from_item(world, &world->params, item);
    item_all_used(&world->values, item);
}

/* --- The stack, lower layers, endpoints -------------------------------------------------------- */

void run_stack(struct world *world, struct item *item)
{
    uint64_t num;

    if (world->stack != NULL) {
        world_fail(world, "the stack is made already");
    }
    if (item_word(item, "quiet")) {
        world->config.flags |= USCTP_CONFIG_QUIET;
    }
    if (item_word(item, "claim_host")) {
        world->config.flags |= USCTP_CONFIG_CLAIM_HOST;
    }
    if (item_num(&world->values, item, "memory_limit", &num)) {
        world->config.memory_limit = num;
    }
    if (item_num(&world->values, item, "cookie_key", &num)) {
        world->config.cookie_key_dur = num;
    }
    if (item_num(&world->values, item, "max_assocs", &num)) {
        world->config.max_assocs = (uint32_t)num;
    }
    if (item_num(&world->values, item, "reply_rate", &num)) {
        world->config.reply_rate = (uint32_t)num;
    }
    if (item_num(&world->values, item, "init_ack_rate", &num)) {
        world->config.init_ack_rate = (uint32_t)num;
    }
    if (item_num(&world->values, item, "seed", &num)) {
        world->crypto.seed = num;
    }
    if (item_num(&world->values, item, "random", &num)) {
        world_constant_random(world, (uint8_t)num);
    }
    item_all_used(&world->values, item);
    (void)world_stack(world);
}

static struct world_lower *lower_of(struct world *world, struct item *item)
{
    uint64_t number = item_num_or(&world->values, item, "lower", 1);

    if (number == 0 || number > world->lower_cnt) {
        world_fail(world, "there is no lower layer %" PRIu64, number);
    }
    return &world->lowers[number - 1];
}

static void attach(struct world *world, struct item *item)
{
    struct usctp_lower lower = USCTP_LOWER_INIT;
    bool source = item_word(item, "source");
    uint64_t max_packet = item_num_or(&world->values, item, "max_packet", 0);

    if (item_word(item, "no_addresses")) {
        lower.flags |= USCTP_LOWER_NO_ADDRESSES;
    }
    if (item_word(item, "raw")) {
        lower.flags |= USCTP_LOWER_RAW;
    }
    if (item_word(item, "dtls")) {
        lower.flags |= USCTP_LOWER_DTLS;
    }
    if (item_word(item, "probes")) {
        lower.flags |= USCTP_LOWER_PROBES;
    }
    if (item_word(item, "ecn")) {
        lower.flags |= USCTP_LOWER_ECN;
    }
    if (item_word(item, "ipv4")) {
        lower.flags |= USCTP_LOWER_IPV4;
    }
    if (item_word(item, "ipv6")) {
        lower.flags |= USCTP_LOWER_IPV6;
    }
    if ((lower.flags & (USCTP_LOWER_NO_ADDRESSES | USCTP_LOWER_IPV4 | USCTP_LOWER_IPV6)) == 0) {
        lower.flags |= USCTP_LOWER_IPV4 | USCTP_LOWER_IPV6;
    }
    (void)world_stack(world);
    world_attach(world, &lower, source, (uint32_t)max_packet);
}

static void need_lower(struct world *world)
{
    struct usctp_lower lower = USCTP_LOWER_INIT;

    (void)world_stack(world);
    if (world->lower_cnt == 0) {
        lower.flags = USCTP_LOWER_IPV4 | USCTP_LOWER_IPV6;
        world_attach(world, &lower, false, 0);
    }
}

/* `lower [raw] [ipv4] ...` attaches one; `lower block`, `unblock`, `unreachable`, `reachable`,
 * `too_big=N`, `source_is=A2`, `detach` change the first, or lower=N. */
void run_lower(struct world *world, struct item *item)
{
    struct values *values = &world->values;
    bool block = item_word(item, "block"), unblock = item_word(item, "unblock");
    bool unreachable = item_word(item, "unreachable"), reachable = item_word(item, "reachable");
    bool detach = item_word(item, "detach");
    struct field *too_big = item_field(item, "too_big"), *source = item_field(item, "source_is");

    if (!block && !unblock && !unreachable && !reachable && !detach && too_big == NULL &&
        source == NULL) {
        attach(world, item);
        item_all_used(values, item);
        return;
    }
    need_lower(world);
    struct world_lower *lower = lower_of(world, item);
    if (block) {
        lower->counted = true;
        lower->take_cnt = item_num_or(values, item, "after", 0);
    }
    if (unreachable || reachable) {
        lower->unreachable = unreachable;
    }
    if (too_big != NULL) {
        lower->too_big = too_big->value.num;
    }
    if (source != NULL) {
        lower->has_source = true;
        lower->source = source->value.addr;
    }
    item_all_used(values, item);
    world_enter(world);
    if (unblock) {
        lower->counted = false;
        lower->take_cnt = 0;
        (void)usctp_stack_writable(world->stack, lower->id, world->now_ts);
    }
    if (detach) {
        (void)usctp_stack_detach(world->stack, lower->id);
    }
    world_leave(world);
}

bool address_list(struct world *world, struct item *item, const char *key,
                  struct usctp_peer_addr *addrs, size_t *cnt, size_t max)
{
    struct field *field = item_field(item, key);
    struct item single = {0}, *list;
    struct field only = {0};

    *cnt = 0;
    if (field == NULL) {
        return false;
    }
    only.value = field->value;
    single.fields = &only;
    list = field->value.kind == VALUE_LIST ? field->value.list : &single;
    for (; list != NULL; list = list->next) {
        struct field *bare = item_bare(list, NULL);

        if (bare == NULL || bare->value.kind != VALUE_ADDR || *cnt == max) {
            world_fail(world, "%s wants addresses", key);
            return false;
        }
        addrs[*cnt].addr = bare->value.addr;
        addrs[*cnt].udp_port = bare->value.has_udp_port ? bare->value.udp_port : 9899;
        addrs[*cnt].reserved = 0;
        (*cnt)++;
    }
    return true;
}

static int on_accept(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct world *world = user;

    (void)accept;
    *assoc_user = NULL;
    return world->refuse;
}

static int new_endpoint(struct world *world, struct item *item)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_peer_addr peers[16];
    struct usctp_addr addrs[16];
    struct usctp_params params = world->params;
    usctp_endpoint *endpoint = NULL;
    int error;

    config.port =
        (uint16_t)item_num_or(&world->values, item, "port", values_num(&world->values, "port", 0));
    (void)address_list(world, item, "addrs", peers, &config.addr_cnt, 16);
    for (size_t i = 0; i < config.addr_cnt; i++) {
        addrs[i] = peers[i].addr;
    }
    config.addrs = addrs;
    if (item_word(item, "listen")) {
        config.flags |= USCTP_ENDPOINT_LISTEN;
    }
    world->refuse = item_word(item, "refuse");
    config.accept = on_accept;
    config.user = world;
    config.on_event = world->config.on_event;
    params_from_item(world, &params, item);
    config.params = &params;
    item_all_used(&world->values, item);
    need_lower(world);
    error = usctp_endpoint_new(world->stack, &config, &endpoint);
    if (error == 0) {
        if (world->endpoint_cnt == WORLD_ENDPOINT_MAX) {
            world_fail(world, "too many endpoints");
        }
        world->endpoints[world->endpoint_cnt++] = endpoint;
        values_set_num(&world->values, "port", usctp_endpoint_port(endpoint));
    }
    return error;
}

void run_endpoint(struct world *world, struct item *item)
{
    int error = new_endpoint(world, item);

    if (error != 0) {
        world_fail(world, "usctp_endpoint_new: %s", usctp_strerror(error));
    }
}

static usctp_endpoint *endpoint_of(struct world *world, struct item *item)
{
    uint64_t number = item_num_or(&world->values, item, "endpoint", world->endpoint_cnt);

    if (number == 0 || number > world->endpoint_cnt || world->endpoints[number - 1] == NULL) {
        world_fail(world, "there is no endpoint %" PRIu64, number);
    }
    return world->endpoints[number - 1];
}

/* --- Calls ------------------------------------------------------------------------------------ */

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

static const struct {
    const char *name;
    int (*run)(struct world *world, struct item *item);
} calls[] = {
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
