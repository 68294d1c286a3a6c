/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines that set things up: parameters, the stack, lower layers, endpoints. */
#include "world.h"

#include <inttypes.h>
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
    PARAM(max_cwnd),
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
    PARAM(window_update_shift),
    PARAM(listed_addrs),
};

static const struct {
    const char *name;
    uint32_t flag;
} param_flags[] = {
    {"nagle", USCTP_PARAM_NAGLE},
    {"no_heartbeat", USCTP_PARAM_NO_HEARTBEAT},
    {"no_preservative", USCTP_PARAM_NO_PRESERVATIVE},
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
    {"follow_host", USCTP_PARAM_FOLLOW_HOST},
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

struct world_lower *lower_of(struct world *world, struct item *item)
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

enum { ENDPOINT_ADDRS_MAX = 32 };

static int on_accept(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct world *world = user;

    (void)accept;
    *assoc_user = NULL;
    return world->refuse;
}

int new_endpoint(struct world *world, struct item *item)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_peer_addr peers[ENDPOINT_ADDRS_MAX];
    struct usctp_addr addrs[ENDPOINT_ADDRS_MAX];
    struct usctp_params params = world->params;
    usctp_endpoint *endpoint = NULL;
    int error;

    config.port =
        (uint16_t)item_num_or(&world->values, item, "port", values_num(&world->values, "port", 0));
    (void)address_list(world, item, "addrs", peers, &config.addr_cnt, ENDPOINT_ADDRS_MAX);
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

usctp_endpoint *endpoint_of(struct world *world, struct item *item)
{
    uint64_t number = item_num_or(&world->values, item, "endpoint", world->endpoint_cnt);

    if (number == 0 || number > world->endpoint_cnt || world->endpoints[number - 1] == NULL) {
        world_fail(world, "there is no endpoint %" PRIu64, number);
    }
    return world->endpoints[number - 1];
}
