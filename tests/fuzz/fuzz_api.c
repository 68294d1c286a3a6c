/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: sequences of calls. Two stacks whose packets always arrive; the input chooses what the
 * programs call, with legal and illegal arguments, from outside and from within callbacks: endpoints
 * and associations made, closed, aborted and freed, messages kept, deferred and dropped, parameters,
 * paths, corks, limits of memory and allocations that fail. A call that failed has changed nothing;
 * whatever was called, all invariants hold.
 */
#include <string.h>

#include "fuzz/fuzz_side.h"

enum { STEPS_MAX = 600, PORT = 5001, ENDPOINTS_MAX = 6, CALLS_IN_EVENTS_MAX = 40 };

struct target {
    struct fuzz_side sides[2];
    usctp_endpoint *endpoints[2][ENDPOINTS_MAX]; /* NULL: none */
    struct fuzz_input in;
    unsigned event_calls; /* calls made from within callbacks so far */
    bool calls_in_events; /* events make calls */
};

static void call(struct target *target, unsigned who);

/* A number that is often at the edge of what is allowed. */
static uint32_t edge(struct fuzz_input *in)
{
    static const uint32_t edges[] = {0,    1,     2,     511,        512,       1499,
                                     1500, 65535, 65536, 0x7fffffff, 0xffffffff};
    unsigned byte = fuzz_u8(in);

    return byte < 128 ? edges[byte % (sizeof(edges) / sizeof(edges[0]))] : fuzz_u16(in);
}

static uint64_t edge_dur(struct fuzz_input *in)
{
    unsigned byte = fuzz_u8(in);

    if (byte < 16) {
        return byte == 0 ? 0 : byte == 1 ? USCTP_NEVER : USCTP_NEVER - USCTP_SEC(byte);
    }
    return USCTP_MS(1) << byte % 20;
}

static void on_event(struct fuzz_side *side, struct fuzz_conn *conn,
                     const struct usctp_event *event)
{
    struct target *target = side->target;
    unsigned who = side == &target->sides[1];
    usctp_message *kept;
    size_t len;

    if (event->type == USCTP_EVENT_CLOSED) {
        conn->assoc = NULL;
    }
    if (event->type == USCTP_EVENT_MESSAGE) {
        switch (fuzz_u8(&target->in) & 7) {
        case 1:
            kept = side->kept_cnt < FUZZ_KEPT_MAX ? usctp_message_keep(event->u.message.message)
                                                  : NULL;
            if (kept != NULL) {
                side->kept[side->kept_cnt++] = kept;
            }
            break;
        case 2:
            (void)usctp_message_defer(event->u.message.message);
            break;
        case 3:
            (void)usctp_message_data(event->u.message.message, &len);
            break;
        default:
            break;
        }
    }
    if (target->calls_in_events && target->event_calls < CALLS_IN_EVENTS_MAX) {
        target->event_calls++;
        call(target, who);
    }
}

/* --- Parameters ------------------------------------------------------------------------------- */

/* Of these only few values make sense. */
enum odd { CONGESTION, EXTENSIONS, ADAPTATION, AUTH_AND_ASCONF, DSCP };

/* A member of a structure of parameters: where it stands, and what is drawn for it. */
struct member {
    uint16_t offset;
    uint8_t size; /* 8: a span; 4 or 2: a number; 0: an odd one */
    uint32_t end; /* the number is smaller, 0: it is any; enum odd */
};

#define MEMBER(type, name, end)                                                 \
    {                                                                           \
        offsetof(struct type, name), sizeof(((struct type *)NULL)->name), (end) \
    }
#define PARAM(name, end) MEMBER(usctp_params, name, end)
#define ODD(which)    \
    {                 \
        0, 0, (which) \
    }

static const struct member param_members[] = {
    PARAM(rto_initial_dur, 0),
    PARAM(rto_min_dur, 0),
    PARAM(rto_max_dur, 0),
    PARAM(init_rto_max_dur, 0),
    PARAM(cookie_life_dur, 0),
    PARAM(hb_interval_dur, 0),
    PARAM(sack_delay_dur, 0),
    PARAM(shutdown_guard_dur, 0),
    PARAM(autoclose_dur, 0),
    PARAM(rto_alpha_shift, 0),
    PARAM(rto_beta_shift, 0),
    PARAM(assoc_max_retrans, 0),
    PARAM(path_max_retrans, 0),
    PARAM(max_init_retrans, 0),
    PARAM(hb_max_burst, 0),
    PARAM(max_burst, 0),
    PARAM(sack_every, 0),
    PARAM(max_packet, 0),
    PARAM(max_segment, 0),
    PARAM(receive_window, 1 << 21),
    PARAM(receive_memory, 1 << 22),
    PARAM(send_buffer, 1 << 21),
    PARAM(max_message, 0),
    PARAM(partial_delivery_point, 0),
    PARAM(flags, 0),
    PARAM(out_streams, 0),
    PARAM(max_in_streams, 0),
    PARAM(receive_window_max, 1 << 22),
    PARAM(send_buffer_max, 1 << 22),
    ODD(CONGESTION),
    PARAM(pf_max_retrans, 0),
    PARAM(switchover_max_retrans, 0),
    PARAM(probe_interval_dur, 0),
    PARAM(search_max_packet, 0),
    ODD(EXTENSIONS),
    ODD(ADAPTATION),
    ODD(AUTH_AND_ASCONF),
    ODD(DSCP),
};

enum { PARAM_CNT = sizeof(param_members) / sizeof(param_members[0]) };

static void draw_member(struct fuzz_input *in, void *params, const struct member *member)
{
    uint8_t *place = (uint8_t *)params + member->offset;

    if (member->size == sizeof(uint64_t)) {
        uint64_t dur = edge_dur(in);

        memcpy(place, &dur, sizeof(dur));
    } else {
        uint32_t num = member->end != 0 ? edge(in) % member->end : edge(in);
        uint16_t num16 = (uint16_t)num;

        memcpy(place, member->size == sizeof(num) ? (void *)&num : (void *)&num16, member->size);
    }
}

static void draw_odd(struct fuzz_input *in, struct usctp_params *params, enum odd which)
{
    switch (which) {
    case CONGESTION:
        params->congestion_control = fuzz_u8(in) % 4;
        break;
    case EXTENSIONS:
        params->extensions = edge(in) & 0x7f;
        break;
    case ADAPTATION:
        params->adaptation = edge(in);
        params->flags |= USCTP_PARAM_ADAPTATION | USCTP_PARAM_PREFER_FIRST;
        break;
    case AUTH_AND_ASCONF:
        params->extensions |= USCTP_EXT_AUTH | USCTP_EXT_ASCONF;
        params->flags |= USCTP_PARAM_FOLLOW_HOST;
        break;
    case DSCP:
        params->dscp = fuzz_u8(in);
        break;
    }
}

static void draw_params(struct fuzz_input *in, struct usctp_params *params)
{
    unsigned cnt = 1 + fuzz_u8(in) % 3;

    for (unsigned i = 0; i < cnt; i++) {
        const struct member *member = &param_members[fuzz_u8(in) % PARAM_CNT];

        if (member->size > 0) {
            draw_member(in, params, member);
        } else {
            draw_odd(in, params, (enum odd)member->end);
        }
    }
}

static void call_params(struct target *target, unsigned who, struct fuzz_conn *conn,
                        usctp_endpoint *endpoint)
{
    struct fuzz_input *in = &target->in;
    struct usctp_params params, before = USCTP_PARAMS_INIT, after = USCTP_PARAMS_INIT;
    int error;

    CHECK(usctp_params_init(&params, (fuzz_u8(in) & 1) != 0 ? USCTP_PRESET_NAT
                                                            : USCTP_PRESET_PLAIN) == USCTP_OK);
    draw_params(in, &params);
    if (conn != NULL) {
        usctp_assoc_params(conn->assoc, &before);
        error = usctp_assoc_set_params(conn->assoc, &params);
        if (error != USCTP_OK && conn->assoc != NULL) {
            usctp_assoc_params(conn->assoc, &after);
            CHECK(memcmp(&before, &after, sizeof(before)) == 0);
        }
    } else if (endpoint != NULL) {
        usctp_endpoint_params(endpoint, &before);
        error = usctp_endpoint_set_params(endpoint, &params);
        if (error != USCTP_OK) {
            usctp_endpoint_params(endpoint, &after);
            CHECK(memcmp(&before, &after, sizeof(before)) == 0);
        }
    }
    target->sides[who].max_len = SIZE_MAX; /* who knows */
}

/* --- Paths ------------------------------------------------------------------------------------ */

static const struct member path_members[] = {
    MEMBER(usctp_path_params, hb_interval_dur, 0),
    MEMBER(usctp_path_params, rto_initial_dur, 0),
    MEMBER(usctp_path_params, rto_min_dur, 0),
    MEMBER(usctp_path_params, rto_max_dur, 0),
    MEMBER(usctp_path_params, path_max_retrans, 0),
    MEMBER(usctp_path_params, pf_max_retrans, 0),
    MEMBER(usctp_path_params, switchover_max_retrans, 0),
    MEMBER(usctp_path_params, probe_interval_dur, 0),
    MEMBER(usctp_path_params, search_max_packet, 0),
    MEMBER(usctp_path_params, max_packet, 0),
};

static void call_path(struct target *target, struct fuzz_conn *conn)
{
    struct fuzz_input *in = &target->in;
    struct usctp_path_params params = USCTP_PATH_PARAMS_INIT;
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    usctp_path_id ids[4];
    usctp_path_id id;
    unsigned what = fuzz_u8(in);
    size_t cnt = usctp_assoc_paths(conn->assoc, ids, 4);

    id = cnt == 0 || (what & 0x80) != 0 ? edge(in) : ids[what % (cnt < 4 ? cnt : 4)];
    switch (what >> 3 & 7) {
    case 0:
        (void)usctp_path_info(conn->assoc, id, &info);
        break;
    case 1:
        (void)usctp_path_set_primary(conn->assoc, id);
        break;
    case 2:
        (void)usctp_path_heartbeat(conn->assoc, id);
        break;
    case 3:
        (void)usctp_path_changed(conn->assoc, id);
        break;
    default:
        if (usctp_path_params(conn->assoc, id, &params) != USCTP_OK) {
            break;
        }
        draw_member(in, &params,
                    &path_members[fuzz_u8(in) % (sizeof(path_members) / sizeof(path_members[0]))]);
        params.heartbeat = (int)(what & 1);
        (void)usctp_path_set_params(conn->assoc, id, &params);
        break;
    }
}

/* --- Making ----------------------------------------------------------------------------------- */

static void call_endpoint(struct target *target, unsigned who)
{
    struct fuzz_input *in = &target->in;
    struct fuzz_side *side = &target->sides[who];
    unsigned what = fuzz_u8(in);
    usctp_endpoint **slot = &target->endpoints[who][what % ENDPOINTS_MAX];
    struct usctp_addr addrs[2] = {side->addrs[0], side->addrs[1]};

    if (*slot == NULL) {
        if ((what & 0x40) != 0) {
            addrs[1].bytes[0] = fuzz_u8(in);
            addrs[1].family = fuzz_u8(in) & 7;
        }
        *slot = fuzz_side_endpoint(side, (uint16_t)(PORT + what % 3), what >> 3 & 3, addrs,
                                   what >> 5 & 2);
    } else if ((what & 0x80) != 0) {
        usctp_endpoint *endpoint = *slot;

        /* No event comes any more: its associations are freed as by usctp_assoc_free. */
        *slot = NULL;
        for (size_t i = 0; i < side->conn_cnt; i++) {
            struct fuzz_conn *conn = side->conns[i];

            if (!conn->gone && conn->assoc != NULL &&
                usctp_assoc_endpoint(conn->assoc) == endpoint) {
                conn->gone = true;
                conn->assoc = NULL;
            }
        }
        usctp_endpoint_free(endpoint);
    } else {
        usctp_endpoint_listen(*slot, what & 8);
    }
}

static void call_connect(struct target *target, unsigned who)
{
    struct fuzz_input *in = &target->in;
    struct fuzz_side *side = &target->sides[who];
    struct fuzz_side *other = &target->sides[1 - who];
    unsigned what = fuzz_u8(in);
    usctp_endpoint *endpoint = target->endpoints[who][what % ENDPOINTS_MAX];
    struct usctp_peer_addr addrs[FUZZ_ADDRS];

    if (endpoint == NULL) {
        return;
    }
    memset(addrs, 0, sizeof(addrs));
    for (unsigned i = 0; i < FUZZ_ADDRS; i++) {
        addrs[i].addr = other->addrs[i];
        addrs[i].udp_port = FUZZ_UDP_PORT;
    }
    if (what >= 0xe0) {
        addrs[what % FUZZ_ADDRS].addr.family = fuzz_u8(in) & 7;
        addrs[0].addr.bytes[0] = fuzz_u8(in);
        addrs[0].udp_port = fuzz_u16(in);
    }
    (void)fuzz_side_connect(side, endpoint, addrs, (what >> 3) % (FUZZ_ADDRS + 1),
                            (uint16_t)((what & 0x40) != 0 ? fuzz_u8(in) : PORT + what % 3));
}

static void call_send(struct target *target, struct fuzz_conn *conn)
{
    struct fuzz_input *in = &target->in;
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    unsigned what = fuzz_u8(in);
    size_t len = fuzz_u8(in);

    info.stream = (uint16_t)(what % 12);
    if ((what & 0x80) != 0) {
        info.stream = (uint16_t)edge(in);
        info.flags = (uint16_t)(fuzz_u8(in) & 15);
        info.path = fuzz_u8(in);
        info.lifetime_dur = edge_dur(in);
        info.pr_policy = fuzz_u8(in) % 5;
        info.pr_value = info.pr_policy > USCTP_PR_TIMED ? fuzz_u8(in) : 0;
    }
    len = (what & 0x20) != 0 ? len * 1000 : len * len;
    (void)fuzz_conn_send(conn, &info, len, (what & 0x40) != 0);
}

/* --- Calls ------------------------------------------------------------------------------------ */

static void call_look(struct target *target, unsigned who, struct fuzz_conn *conn)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    struct usctp_stack_stats all = USCTP_STACK_STATS_INIT;

    CHECK(usctp_assoc_stats(conn->assoc, &stats) == USCTP_OK);
    CHECK(usctp_stack_stats(target->sides[who].stack, &all) == USCTP_OK);
    CHECK(stats.buffered == usctp_assoc_buffered(conn->assoc));
    CHECK(usctp_assoc_user(conn->assoc) == conn);
    CHECK(usctp_assoc_id(conn->assoc) != 0);
    (void)usctp_stream_buffered(conn->assoc, (uint16_t)edge(&target->in));
}

static void call_reconf(struct target *target, struct fuzz_conn *conn)
{
    struct fuzz_input *in = &target->in;
    unsigned what = fuzz_u8(in);
    uint16_t streams[4];

    for (unsigned i = 0; i < 4; i++) {
        streams[i] = (what & 0x80) != 0 ? (uint16_t)edge(in) : (uint16_t)i;
    }
    switch (what & 3) {
    case 0:
        (void)usctp_assoc_reset(conn->assoc);
        break;
    case 1:
        (void)usctp_assoc_add_streams(conn->assoc, (uint16_t)edge(in), (uint16_t)(what >> 4));
        break;
    default:
        (void)usctp_assoc_reset_streams(conn->assoc, what >> 2 & 3, streams, what >> 4 & 3);
        break;
    }
}

static bool has_endpoint(const struct target *target, unsigned who, const usctp_endpoint *endpoint)
{
    for (size_t i = 0; i < ENDPOINTS_MAX; i++) {
        if (target->endpoints[who][i] == endpoint) {
            return true;
        }
    }
    return false;
}

/* Out of the stack, if it is quiet, and into it again, unless the callback of CLOSED frees the endpoint. */
static void call_handover(struct target *target, unsigned who, struct fuzz_conn *conn)
{
    usctp_endpoint *endpoint = usctp_assoc_endpoint(conn->assoc);
    unsigned reasons = usctp_assoc_export_ready(conn->assoc);
    size_t len = 0, written = 0;
    uint8_t *bytes;
    int error = usctp_assoc_export(conn->assoc, NULL, 0, &len);

    CHECK(error == (reasons != 0 ? USCTP_ESTATE : USCTP_EMSGSIZE));
    if (reasons != 0) {
        return;
    }
    bytes = malloc(len);
    CHECK(bytes != NULL);
    error = usctp_assoc_export(conn->assoc, bytes, len, &written);
    CHECK(error == USCTP_OK || error == USCTP_ENOMEM);
    if (error == USCTP_OK) {
        CHECK(written == len);
    }
    if (error == USCTP_OK && has_endpoint(target, who, endpoint)) {
        (void)fuzz_side_import(&target->sides[who], endpoint, bytes, len);
    }
    free(bytes);
}

static void call_addresses(struct target *target, unsigned who, struct fuzz_conn *conn)
{
    struct fuzz_input *in = &target->in;
    const struct fuzz_side *side = &target->sides[who];
    struct usctp_address_change changes[4];
    struct usctp_addr locals[4];
    unsigned what = fuzz_u8(in);
    size_t cnt = what & 3;

    memset(changes, 0, sizeof(changes));
    for (size_t i = 0; i < 4; i++) {
        unsigned how = fuzz_u8(in);

        changes[i].what = (int)(how & 3) + ((how & 0x80) != 0 ? 0 : 1);
        changes[i].wildcard = (how & 4) != 0;
        changes[i].addr = side->addrs[how % FUZZ_ADDRS];
        if ((how & 0xe0) == 0xe0) {
            changes[i].addr.bytes[0] = fuzz_u8(in);
            changes[i].addr.family = fuzz_u8(in) & 7;
        }
    }
    if (what >= 0xc0 && what < 0xf0) { /* the host has those */
        for (size_t i = 0; i < 4; i++) {
            locals[i] = changes[i].addr;
        }
        (void)usctp_stack_set_addresses(side->stack, locals, cnt);
    } else {
        (void)usctp_assoc_change_addresses(conn->assoc, changes, what >= 0xf0 ? 0 : cnt + 1);
    }
    CHECK(usctp_assoc_locals(conn->assoc, locals, 4) == usctp_assoc_locals(conn->assoc, NULL, 0));
}

/* --- Schedulers of the application --- */

static void schedule_push(void *state, uint16_t stream, size_t len)
{
    (void)stream;
    CHECK(len > 0);
    ++*(size_t *)state;
}

static void schedule_pop(void *state, uint16_t stream)
{
    (void)stream;
    CHECK(*(size_t *)state > 0);
    --*(size_t *)state;
}

/* Often one that has nothing to send, or that does not exist. */
static int32_t schedule_pick(void *state)
{
    const size_t *waiting = state;

    CHECK(*waiting > 0);
    return (int32_t)(*waiting % 15) - 2;
}

/* For a refusal now and then. */
static int schedule_reserve(void *state, uint16_t stream)
{
    return (*(size_t *)state + stream) % 17 == 16 ? -1 : USCTP_OK;
}

static void *schedule_begin(void *ctx)
{
    return ctx != NULL ? calloc(1, sizeof(size_t)) : NULL;
}

static void call_scheduler(struct target *target, struct fuzz_conn *conn)
{
    unsigned what = fuzz_u8(&target->in);
    struct usctp_scheduler ops = USCTP_SCHEDULER_INIT;
    int error;

    ops.flags = what & 1; /* USCTP_SCHEDULER_BY_PACKET */
    ops.begin = schedule_begin;
    ops.end = free;
    ops.push = schedule_push;
    ops.pop = schedule_pop;
    ops.pick = (what & 0xe0) != 0xe0 ? schedule_pick : NULL;
    ops.reserve = (what & 4) != 0 ? schedule_reserve : NULL;
    error = usctp_assoc_set_scheduler(conn->assoc, (what & 2) != 0 ? &ops : NULL,
                                      (what & 0x18) != 0 ? target : NULL);
    CHECK((what & 2) == 0 || ops.pick != NULL || error != USCTP_OK);
    CHECK((what & 2) == 0 || (what & 0x18) != 0 || error != USCTP_OK);
}

/* Of an endpoint: its addresses, and what it says of authentication. */
static void call_security(struct target *target, unsigned who, usctp_endpoint *endpoint)
{
    struct fuzz_input *in = &target->in;
    unsigned what = fuzz_u8(in);
    uint16_t key = fuzz_u8(in) % 4;

    switch (what % 6) {
    case 0:
        (void)usctp_endpoint_demand_auth(endpoint, fuzz_u8(in));
        break;
    case 1:
        (void)usctp_endpoint_add_key(endpoint, key, "some secret bytes", what >> 4);
        break;
    case 2:
        (void)usctp_endpoint_use_key(endpoint, key);
        break;
    case 3:
        (void)usctp_endpoint_retire_key(endpoint, key);
        break;
    case 4:
        (void)usctp_endpoint_remove_key(endpoint, key);
        break;
    default:
        (void)usctp_endpoint_set_addrs(endpoint, target->sides[who].addrs, what >> 6);
        break;
    }
}

static void call_keys(struct fuzz_input *in, struct fuzz_conn *conn)
{
    unsigned what = fuzz_u8(in);
    uint16_t key = what >> 4 & 3;

    switch (what % 4) {
    case 0:
        (void)usctp_assoc_add_key(conn->assoc, key, "other secret bytes", what >> 4);
        break;
    case 1:
        (void)usctp_assoc_use_key(conn->assoc, key);
        break;
    case 2:
        (void)usctp_assoc_retire_key(conn->assoc, key);
        break;
    default:
        (void)usctp_assoc_remove_key(conn->assoc, key);
        break;
    }
}

static void call_assoc(struct target *target, unsigned who, struct fuzz_conn *conn, unsigned what)
{
    static const uint8_t reason[2000];
    struct fuzz_input *in = &target->in;
    struct fuzz_side *side = &target->sides[who];

    switch (what % 16) {
    case 0:
        (void)usctp_assoc_close(conn->assoc);
        break;
    case 1:
        (void)usctp_assoc_abort(conn->assoc, reason, edge(in) % sizeof(reason));
        break;
    case 2:
        fuzz_conn_free(conn);
        break;
    case 3:
        usctp_assoc_cork(conn->assoc);
        conn->cork_cnt++;
        break;
    case 4:
        if (conn->cork_cnt > 0) {
            conn->cork_cnt--;
            usctp_assoc_uncork(conn->assoc);
        }
        break;
    case 5:
        usctp_assoc_pause(conn->assoc);
        break;
    case 6:
        usctp_assoc_resume(conn->assoc);
        break;
    case 7:
        (void)usctp_assoc_set_low_water(conn->assoc, edge(in));
        break;
    case 8:
        (void)usctp_stream_set_low_water(conn->assoc, (uint16_t)edge(in), edge(in));
        break;
    case 9:
        call_params(target, who, conn, NULL);
        break;
    case 10:
        if (side->kept_cnt > 0) {
            usctp_message_drop(side->kept[--side->kept_cnt]);
        }
        break;
    case 11:
        call_path(target, conn);
        break;
    case 12:
        call_look(target, who, conn);
        break;
    case 13:
        call_reconf(target, conn);
        break;
    case 14:
        switch (fuzz_u8(in) & 3) {
        case 0:
            call_keys(in, conn);
            break;
        case 1:
            call_addresses(target, who, conn);
            break;
        case 2:
            call_scheduler(target, conn);
            break;
        default:
            call_handover(target, who, conn);
            break;
        }
        break;
    default:
        call_send(target, conn);
        break;
    }
}

static void call(struct target *target, unsigned who)
{
    struct fuzz_side *side = &target->sides[who];
    unsigned what = fuzz_u8(&target->in);
    struct fuzz_conn *conn = fuzz_side_conn(side, what >> 6);

    switch (what >> 3 & 7) {
    case 0:
        call_endpoint(target, who);
        break;
    case 1:
        call_connect(target, who);
        break;
    case 2:
        call_params(target, who, NULL, target->endpoints[who][what % ENDPOINTS_MAX]);
        break;
    case 3:
        if (target->endpoints[who][what % ENDPOINTS_MAX] != NULL) {
            call_security(target, who, target->endpoints[who][what % ENDPOINTS_MAX]);
        }
        break;
    default:
        if (conn != NULL) {
            call_assoc(target, who, conn, what & 15);
        }
        break;
    }
}

/* --- All of it -------------------------------------------------------------------------------- */

static void carry(struct target *target, unsigned cnt)
{
    struct fuzz_packet *packet;

    for (unsigned i = 0; i < cnt; i++) {
        unsigned from = target->sides[0].sent_cnt == 0 || (target->sides[1].sent_cnt > 0 && i % 2);

        packet = fuzz_side_take(&target->sides[from]);
        if (packet == NULL) {
            return;
        }
        fuzz_side_input(&target->sides[1 - from], &packet->remote, &packet->local, FUZZ_UDP_PORT,
                        packet->data, packet->len);
        free(packet);
    }
}

static void step_memory(struct target *target, unsigned who)
{
    struct test_memory *memory = &target->sides[who].memory;
    unsigned what = fuzz_u8(&target->in);

    switch (what & 3) {
    case 0:
        memory->fail_every = what >> 2;
        break;
    case 1:
        memory->fail_from = (what & 4) != 0 ? memory->alloc_cnt + (what >> 3) : 0;
        break;
    default:
        test_memory_fail_next(memory, what >> 2);
        break;
    }
}

static void step(struct target *target)
{
    unsigned op = fuzz_u8(&target->in), who = op & 1;

    switch (op >> 1 & 7) {
    case 0:
    case 1:
        carry(target, 1 + (op >> 4));
        break;
    case 2:
        for (unsigned i = 0; i < 2; i++) {
            uint64_t dur = fuzz_dur(&target->in);

            fuzz_side_advance(&target->sides[i], target->sides[i].now_ts + dur);
        }
        break;
    case 3:
        step_memory(target, who);
        break;
    default:
        call(target, who);
        break;
    }
    fuzz_side_check(&target->sides[who]);
}

static bool start(struct target *target, unsigned who, unsigned options)
{
    struct fuzz_side *side = &target->sides[who];

    fuzz_side_init(side, 3 + who);
    side->target = target;
    side->on_event = on_event;
    side->config.memory_limit = (options & 1) != 0 && who == 1 ? 1 << 18 : 0;
    side->config.max_assocs = (options & 2) != 0 ? 3 : 0;
    side->params.flags |= (options & 4) != 0 ? (uint32_t)USCTP_PARAM_DRY_EVENTS : 0;
    side->params.autoclose_dur = (options & 8) != 0 ? USCTP_SEC(3) : 0;
    side->params.send_buffer = (options & 16) != 0 ? 3000 : 100000;
    side->params.extensions |=
        (options & 128) != 0 ? (uint32_t)(USCTP_EXT_AUTH | USCTP_EXT_ASCONF) : 0;
    if ((options & 32) != 0) {
        draw_params(&target->in, &side->params);
    }
    for (unsigned i = 0; i < FUZZ_ADDRS; i++) {
        side->addrs[i] = fuzz_addr(1 + 100 * who + i, i == 2);
    }
    return fuzz_side_start(side);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct target *target;
    unsigned options;

    if (len > 8192) {
        return 0;
    }
    target = calloc(1, sizeof(*target));
    CHECK(target != NULL);
    target->in.ptr = data;
    target->in.left = len;
    options = fuzz_u8(&target->in);
    target->calls_in_events = (options & 64) != 0;
    if (start(target, 0, options)) {
        if (start(target, 1, options)) {
            for (unsigned i = 0; i < 2; i++) {
                target->endpoints[i][0] =
                    fuzz_side_endpoint(&target->sides[i], PORT, USCTP_ENDPOINT_LISTEN, NULL, 0);
            }
            for (unsigned i = 0; i < STEPS_MAX && target->in.left > 0; i++) {
                step(target);
            }
            fuzz_side_end(&target->sides[1]);
        }
        fuzz_side_end(&target->sides[0]);
    }
    free(target);
    return 0;
}
