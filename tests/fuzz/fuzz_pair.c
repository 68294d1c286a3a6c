/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: two stacks on a hostile link. The input decides what becomes of each packet (carried,
 * dropped, duplicated, reordered, corrupted with a right checksum), how time goes on, and what the two
 * programs do. While the link was only lossy, every message must come whole, once and in its order;
 * in the end, when the link works again, everything that was sent has come, unless the association
 * is gone.
 */
#include <string.h>

#include <usctp/driver.h>

#include "fuzz/fuzz_side.h"
#include "wire/packet.h"

enum { STEPS_MAX = 1500, PORT = 5001 };

/* What time passes in a step, at most: longer than any timer but those of hours. */
#define ADVANCE_MAX USCTP_SEC(100)

struct target {
    struct fuzz_side sides[2];
    usctp_endpoint *endpoints[2];
    struct fuzz_packet *old; /* a packet of the past, to come again */
    unsigned old_from;
    bool forged;                       /* packets were forged: what comes may be anything */
    bool late;                         /* old packets, from before a restart perhaps, came again */
    int messages[2];                   /* what the programs do with messages */
    uint32_t tag[2];                   /* of the association that sent last, of each side */
    const struct fuzz_conn *sender[2]; /* and that */
};

enum { TAKE, KEEP, DEFER, KEEP_TYPES };

/* A COOKIE ECHO that comes again after its association has ended makes another one of the same tags and TSNs: its
 * peer cannot tell the two apart, and puts together what both send. */
static void note_sender(struct target *target, unsigned who, const struct fuzz_conn *conn)
{
    struct usctp_assoc_stats stats = {.size = sizeof(stats)};

    (void)usctp_assoc_stats(conn->assoc, &stats);
    target->forged |=
        stats.local_tag != 0 && target->tag[who] == stats.local_tag && target->sender[who] != conn;
    target->tag[who] = stats.local_tag;
    target->sender[who] = conn;
}

static void on_event(struct fuzz_side *side, struct fuzz_conn *conn,
                     const struct usctp_event *event)
{
    struct target *target = side->target;
    int what = target->messages[side == &target->sides[1]];
    usctp_message *kept;

    if (event->type != USCTP_EVENT_MESSAGE) {
        return;
    }
    if (what == DEFER && usctp_message_defer(event->u.message.message) == USCTP_OK) {
        return; /* it comes again */
    }
    if (!target->forged) {
        fuzz_conn_honest(conn, event);
    }
    if (what == KEEP && side->kept_cnt < FUZZ_KEPT_MAX) {
        kept = usctp_message_keep(event->u.message.message);
        if (kept != NULL) {
            side->kept[side->kept_cnt++] = kept;
        }
    }
}

/* --- The link --------------------------------------------------------------------------------- */

/* Hands a packet of side `from` to the other one. */
static void deliver(struct target *target, unsigned from, const struct fuzz_packet *packet)
{
    fuzz_side_input(&target->sides[1 - from], &packet->remote, &packet->local, FUZZ_UDP_PORT,
                    packet->data, packet->len);
}

/* Changes a packet as the input says and puts the checksum right. */
static void forge(struct target *target, struct fuzz_input *in, struct fuzz_packet *packet)
{
    unsigned cnt = 1 + fuzz_u8(in) % 4;

    target->forged = true;
    for (unsigned i = 0; i < cnt; i++) {
        uint16_t at = fuzz_u16(in);

        packet->data[at % packet->len] ^= fuzz_u8(in);
    }
    fuzz_seal(packet->data, packet->len);
}

static void keep_old(struct target *target, unsigned from, struct fuzz_packet *packet)
{
    free(target->old);
    target->old = packet;
    target->old_from = from;
}

/* The oldest packets of a side: so many, and all with the same fate. */
static void step_link(struct target *target, struct fuzz_input *in, unsigned from, unsigned fate)
{
    struct fuzz_side *side = &target->sides[from];
    unsigned cnt = 1 + fuzz_u8(in) % 8;
    struct fuzz_packet *packet, *first;

    for (unsigned i = 0; i < cnt && side->sent != NULL; i++) {
        packet = fuzz_side_take(side);
        switch (fate) {
        case 0:
            break;
        case 1: /* twice */
            deliver(target, from, packet);
            deliver(target, from, packet);
            break;
        case 2: /* behind the one after it */
            first = fuzz_side_take(side);
            if (first != NULL) {
                deliver(target, from, first);
                free(first);
            }
            deliver(target, from, packet);
            break;
        case 3:
            forge(target, in, packet);
            deliver(target, from, packet);
            break;
        case 4: /* now, and once more some day */
            deliver(target, from, packet);
            keep_old(target, from, packet);
            packet = NULL;
            break;
        default:
            deliver(target, from, packet);
            break;
        }
        free(packet);
    }
}

static void step_old(struct target *target)
{
    if (target->old != NULL) {
        target->late = true;
        deliver(target, target->old_from, target->old);
    }
}

static void advance(struct target *target, uint64_t dur)
{
    dur = USCTP__MIN(dur, ADVANCE_MAX);
    for (unsigned i = 0; i < 2; i++) {
        fuzz_side_advance(&target->sides[i], target->sides[i].now_ts + dur);
    }
}

/* --- The programs ----------------------------------------------------------------------------- */

static void connect(struct target *target, unsigned who, unsigned addr_cnt)
{
    struct fuzz_side *other = &target->sides[1 - who];
    struct usctp_peer_addr addrs[FUZZ_ADDRS];

    memset(addrs, 0, sizeof(addrs));
    for (unsigned i = 0; i < addr_cnt; i++) {
        addrs[i].addr = other->addrs[i];
        addrs[i].udp_port = FUZZ_UDP_PORT;
    }
    (void)fuzz_side_connect(&target->sides[who], target->endpoints[who], addrs, addr_cnt, PORT);
}

static void drop_kept(struct fuzz_side *side)
{
    while (side->kept_cnt > 0) {
        usctp_message_drop(side->kept[--side->kept_cnt]);
    }
}

/* By name: the link does not change sources. */
static void call_addresses(const struct fuzz_side *side, struct fuzz_conn *conn, unsigned arg)
{
    struct usctp_address_change changes[2];

    memset(changes, 0, sizeof(changes));
    for (unsigned i = 0; i < 2; i++) {
        changes[i].what = (int)(1 + (arg >> 2 * i & 3) % 3);
        changes[i].addr = side->addrs[((arg >> 4) + i) % FUZZ_ADDRS];
    }
    (void)usctp_assoc_change_addresses(conn->assoc, changes, 1 + (arg >> 7));
}

static void step_call(struct target *target, struct fuzz_input *in, unsigned who)
{
    struct fuzz_side *side = &target->sides[who];
    unsigned what = fuzz_u8(in), arg = fuzz_u8(in);
    struct fuzz_conn *conn = fuzz_side_conn(side, what >> 5);

    if (what % 16 == 0) {
        connect(target, who, 1 + arg % FUZZ_ADDRS);
    } else if (conn != NULL) {
        switch (what % 16) {
        case 1:
            (void)usctp_assoc_close(conn->assoc);
            break;
        case 2:
            (void)usctp_assoc_abort(conn->assoc, NULL, 0);
            break;
        case 3:
            fuzz_conn_free(conn);
            break;
        case 4:
            usctp_assoc_pause(conn->assoc);
            break;
        case 5:
            usctp_assoc_resume(conn->assoc);
            break;
        case 6:
            target->messages[who] = (int)(arg % KEEP_TYPES);
            break;
        case 7:
            drop_kept(side);
            break;
        case 8:
            (void)usctp_path_changed(conn->assoc, arg % 4);
            break;
        case 9:
            (void)usctp_path_set_primary(conn->assoc, 1 + arg % 3);
            break;
        case 14:
            call_addresses(side, conn, arg);
            break;
        default:
            note_sender(target, who, conn);
            (void)fuzz_conn_send_honest(conn, (uint16_t)(arg % 4),
                                        (size_t)arg * (size_t)arg / 8 * (1 + what % 2),
                                        what % 16 == 15);
            break;
        }
    }
    fuzz_side_check(side);
}

/* --- All of it -------------------------------------------------------------------------------- */

/* Everything has been acknowledged on what still lives, and nobody waits for room. */
static bool is_done(const struct target *target)
{
    for (unsigned k = 0; k < 2; k++) {
        for (size_t i = 0; i < target->sides[k].conn_cnt; i++) {
            const struct fuzz_conn *conn = target->sides[k].conns[i];

            if (!conn->gone && conn->assoc != NULL &&
                (usctp_assoc_buffered(conn->assoc) > 0 || conn->blocked > 0)) {
                return false;
            }
        }
    }
    return true;
}

/* The link works again for as long as it takes; where packets were forged they may never find together
 * again. */
static void recover(struct target *target)
{
    unsigned turns_max = target->forged ? 40 : 400;

    for (unsigned k = 0; k < 2; k++) {
        struct fuzz_side *side = &target->sides[k];

        target->messages[k] = TAKE;
        side->room = SIZE_MAX;
        CHECK(usctp_stack_writable(side->stack, side->lower, side->now_ts) == USCTP_OK);
        drop_kept(side);
        for (size_t i = 0; i < side->conn_cnt; i++) {
            if (!side->conns[i]->gone && side->conns[i]->assoc != NULL) {
                usctp_assoc_resume(side->conns[i]->assoc);
            }
        }
    }
    for (unsigned i = 0; i < turns_max && (i == 0 || !is_done(target)); i++) {
        for (unsigned turns = 0; target->sides[0].sent_cnt + target->sides[1].sent_cnt > 0;
             turns++) {
            struct fuzz_packet *packet;
            unsigned from = target->sides[0].sent_cnt > 0 ? 0 : 1;

            CHECK(turns < 20000);
            packet = fuzz_side_take(&target->sides[from]);
            deliver(target, from, packet);
            free(packet);
        }
        advance(target, i < 200 ? USCTP_MS(100) : USCTP_SEC(10));
    }
}

/* Authentication with a key that both have: nothing that was forged in flight is delivered. */
static void demand(usctp_endpoint *endpoint, unsigned who)
{
    CHECK(usctp_endpoint_add_key(endpoint, 9, "a shared key", 12) == USCTP_OK);
    CHECK(usctp_endpoint_use_key(endpoint, 9) == USCTP_OK);
    CHECK(usctp_endpoint_demand_auth(endpoint, 0) == USCTP_OK);
    CHECK(usctp_endpoint_demand_auth(endpoint, 64) == USCTP_OK);
    CHECK(usctp_endpoint_demand_auth(endpoint, who == 0 ? 3 : 10) == USCTP_OK);
}

static void start(struct target *target, unsigned who, unsigned options)
{
    struct fuzz_side *side = &target->sides[who];
    bool auth = (options & 0xc1) == 0x81;

    fuzz_side_init(side, 7 + who);
    side->crypto.quick = 1;
    side->config.crc32c = usctp_crc32c_system();
    side->target = target;
    side->on_event = on_event;
    side->params.hb_interval_dur = USCTP_SEC(10);
    side->params.extensions |= auth ? (uint32_t)(USCTP_EXT_AUTH | USCTP_EXT_ASCONF) : 0;
    if ((options & 1) != 0) {
        side->params.receive_window = 3000;
        side->params.receive_memory = 12000;
    }
    if ((options & 2) != 0) {
        side->params.send_buffer = 5000;
    }
    if ((options & 4) != 0) {
        side->params.max_packet = who == 0 ? 512 : 1400;
    }
    side->params.flags |= (options & 8) != 0 ? (uint32_t)USCTP_PARAM_NAGLE : 0;
    side->max_len = USCTP__MAX(side->params.max_packet, side->params.search_max_packet);
    CHECK(fuzz_side_start(side));
    for (unsigned i = 0; i < FUZZ_ADDRS; i++) {
        side->addrs[i] = fuzz_addr(1 + 100 * who + i, (options & 16) != 0);
    }
    target->endpoints[who] = fuzz_side_endpoint(side, PORT, USCTP_ENDPOINT_LISTEN, side->addrs,
                                                (options & 32) != 0 ? FUZZ_ADDRS : 1);
    CHECK(target->endpoints[who] != NULL);
    if (auth) {
        demand(target->endpoints[who], who);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len};
    unsigned options = fuzz_u8(&in);
    struct target *target;

    if (len > 8192) {
        return 0;
    }
    target = calloc(1, sizeof(*target));
    CHECK(target != NULL);
    start(target, 0, options);
    start(target, 1, options);
    connect(target, 0, (options & 32) != 0 ? FUZZ_ADDRS : 1);
    if ((options & 64) != 0) { /* at once from both sides */
        connect(target, 1, 1);
    }
    for (unsigned i = 0; i < STEPS_MAX && in.left > 0; i++) {
        unsigned op = fuzz_u8(&in);
        unsigned who = op & 1;

        switch (op >> 1 & 15) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
            step_link(target, &in, who, op >> 1 & 15);
            break;
        case 7:
            advance(target, fuzz_dur(&in));
            break;
        case 8:
            step_old(target);
            break;
        case 9:
            test_memory_fail_next(&target->sides[who].memory, 1 + (op >> 5));
            break;
        case 10:
            target->sides[who].room = op >> 5;
            break;
        case 11:
            target->sides[who].room = SIZE_MAX;
            CHECK(usctp_stack_writable(target->sides[who].stack, target->sides[who].lower,
                                       target->sides[who].now_ts) == USCTP_OK);
            break;
        default:
            step_call(target, &in, who);
            break;
        }
    }
    if ((options & 128) != 0) {
        recover(target);
        if (!target->forged) {
            CHECK(is_done(target));
        }
    }
    fuzz_side_end(&target->sides[0]);
    fuzz_side_end(&target->sides[1]);
    free(target->old);
    free(target);
    return 0;
}
