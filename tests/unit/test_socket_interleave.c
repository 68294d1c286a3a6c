/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of messages of several streams of one association, and the levels of SCTP_FRAGMENT_INTERLEAVE
 * (RFC 6458, 8.1.20; RFC 8260, 4.3.1). */
#include <sys/uio.h>

#include "unit/socket_options.h"

enum {
    STREAMS = 2,
    LEN = 60000,  /* bytes of each message */
    POINT = 3000, /* bytes from which on a part is delivered */
    PIECE = 700   /* bytes of the reader's buffer */
};

static uint8_t sent[STREAMS][LEN], got[STREAMS][LEN];

static void fill(void)
{
    for (size_t sid = 0; sid < STREAMS; sid++) {
        for (size_t i = 0; i < LEN; i++) {
            sent[sid][i] = (uint8_t)(i * 7 + sid * 101 + (i >> 8));
        }
    }
    memset(got, 0, sizeof(got));
}

static int rcvbuf; /* SO_RCVBUF of the server; 0: the default */

/* A pair that has, or has not, agreed to send messages side by side; the server delivers parts. */
static void pair_of(struct world *world, bool interleaved, int *client, int *server)
{
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, interleaved};
    int listener = world_listener(world, 1, SOCK_STREAM, 7);

    *client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    for (int i = 0; i < 2; i++) {
        int fd = i == 0 ? *client : listener;

        assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 2), 0);
        SET(fd, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value));
    }
    assert_int_equal(set_at(listener, IPPROTO_SCTP, SCTP_RECVRCVINFO, 1), 0);
    assert_int_equal(set_at(listener, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, POINT), 0);
    if (rcvbuf > 0) {
        assert_int_equal(set_at(listener, SOL_SOCKET, SO_RCVBUF, rcvbuf), 0);
    }
    assert_int_equal(connect_to(*client, 7), 0);
    *server = usctp_accept(listener, NULL, NULL);
    assert_true(*server >= 0);
    assert_int_equal(usctp_close(listener), 0);
    set_nodelay(*client);
}

static void send_on(int fd, uint16_t sid, const void *bytes, size_t len)
{
    struct sctp_sndinfo info;
    struct iovec iov = {(void *)(uintptr_t)bytes, len};

    memset(&info, 0, sizeof(info));
    info.snd_sid = sid;
    assert_int_equal(usctp_sctp_sendv(fd, &iov, 1, NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO,
                                      MSG_DONTWAIT),
                     len);
}

/* What one call of recv told. */
struct piece {
    int len, flags; /* -1: nothing is there */
    struct sctp_rcvinfo info;
};

static struct piece read_piece(int fd, void *bytes, size_t len, int flags)
{
    struct piece piece = {0, flags | MSG_DONTWAIT, {0}};
    struct iovec iov = {bytes, len};
    socklen_t info_len = sizeof(piece.info);
    unsigned type = 99;

    piece.len =
        usctp_sctp_recvv(fd, &iov, 1, NULL, NULL, &piece.info, &info_len, &type, &piece.flags);
    if (piece.len >= 0 && (piece.flags & MSG_NOTIFICATION) == 0) {
        assert_int_equal(type, SCTP_RECVV_RCVINFO);
        assert_int_equal(info_len, sizeof(piece.info));
    }
    return piece;
}

/* Reads both messages in small pieces, each put where its stream says. Returns how often the stream changed
 * in the midst of a message. */
static unsigned read_both(struct world *world, int fd)
{
    size_t at[STREAMS] = {0, 0};
    int last = -1; /* the stream whose message is not at its end */
    unsigned changes = 0, idle = 0;
    uint8_t bytes[PIECE];

    while (at[0] + at[1] < sizeof(sent)) {
        struct piece piece = read_piece(fd, bytes, sizeof(bytes), 0);

        if (piece.len < 0) {
            assert_int_equal(errno, EAGAIN);
            assert_true(++idle < 100);
            world_run(world, USCTP_MS(300));
            continue;
        }
        uint16_t sid = piece.info.rcv_sid;
        assert_true(piece.len > 0 && sid < STREAMS);
        assert_in_range(at[sid] + (size_t)piece.len, 1, LEN);
        assert_int_equal(piece.info.rcv_ssn, 0);
        memcpy(got[sid] + at[sid], bytes, (size_t)piece.len);
        at[sid] += (size_t)piece.len;
        assert_int_equal((piece.flags & MSG_EOR) != 0, at[sid] == LEN);
        changes += last >= 0 && last != sid;
        last = at[sid] < LEN ? sid : -1;
    }
    assert_memory_equal(got, sent, sizeof(sent));
    return changes;
}

/* The level counts where it is read: what was agreed on stays. */
static unsigned changes_at(bool interleaved, int level)
{
    struct world *world = world_new();
    int client, server;
    unsigned changes;

    fill();
    pair_of(world, interleaved, &client, &server);
    assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, level), 0);
    send_on(client, 0, sent[0], LEN);
    send_on(client, 1, sent[1], LEN);
    world_run(world, USCTP_SEC(1));
    changes = read_both(world, server);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
    return changes;
}

static void test_level_2_in_turn(void **state)
{
    (void)state;
    assert_true(changes_at(true, 2) > 5);
}

static void test_levels_0_and_1_one_after_the_other(void **state)
{
    (void)state;
    for (int level = 0; level < 2; level++) {
        assert_int_equal(changes_at(true, level), 0);
        assert_int_equal(changes_at(false, level), 0);
    }
}

/* Without a subscription that tells the stream: RFC 6458 would have an error, Linux has none. */
static void test_level_2_without_rcvinfo(void **state)
{
    struct world *world = world_new();
    int types[] = {SOCK_STREAM, SOCK_SEQPACKET};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int fd = world_socket(world, 0, AF_INET, types[i]);

        assert_int_equal(get_at(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE), 0);
        assert_int_equal(get_at(fd, IPPROTO_SCTP, SCTP_RECVRCVINFO), 0);
        assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 2), 0);
        assert_int_equal(get_at(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE), 2);
        assert_int_equal(usctp_close(fd), 0);
    }
    world_free(world);
}

/* --- A message of which a packet is lost, and another stream's behind it ------------------------- */

static struct {
    unsigned number; /* the packet of DATA or I-DATA that gets lost, counted from 1; 0: it was */
    bool again;      /* what is sent again in its place is lost, too */
    uint8_t tsn[4];
} lose;

static bool lose_one(struct world *world, const struct usctp_dgram *dgram)
{
    const uint8_t *packet = dgram->data;

    (void)world;
    if (dgram->len < 20 || (packet[12] != 0 && packet[12] != 64)) {
        return false;
    }
    if (lose.number > 0) {
        memcpy(lose.tsn, packet + 16, sizeof(lose.tsn));
        return --lose.number == 0;
    }
    return lose.again && memcmp(lose.tsn, packet + 16, sizeof(lose.tsn)) == 0;
}

/* "between" is whole on stream 1 while the rest of stream 0's message is missing, of which a part was read.
 * At levels 0 and 1 it waits. */
static void check_between(bool interleaved, int level, bool comes)
{
    struct world *world = world_new();
    uint8_t bytes[2 * LEN];
    struct piece piece;
    int client, server;
    size_t len = 0;

    fill();
    pair_of(world, interleaved, &client, &server);
    assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, level), 0);
    world->drop = lose_one;
    lose.number = 5;
    lose.again = true;
    send_on(client, 0, sent[0], 9000);
    send_on(client, 1, "between", 7);
    world_settle(world);
    piece = read_piece(server, bytes, PIECE, 0);
    assert_int_equal(piece.len, PIECE);
    assert_int_equal(piece.info.rcv_sid, 0);
    while ((piece = read_piece(server, bytes + len, sizeof(bytes) - len, 0)).len >= 0 &&
           piece.info.rcv_sid == 0) {
        len += (size_t)piece.len;
        assert_int_equal(piece.flags & MSG_EOR, 0);
    }
    assert_true(len < 9000 - PIECE);
    if (comes) {
        assert_int_equal(piece.len, 7);
        assert_int_equal(piece.info.rcv_sid, 1);
        assert_int_equal(piece.flags & MSG_EOR, MSG_EOR);
    } else {
        assert_int_equal(piece.len, -1);
        assert_int_equal(errno, EAGAIN);
    }
    lose.again = false;
    world_run(world, USCTP_SEC(5));
    do {
        piece = read_piece(server, bytes + len, sizeof(bytes) - len, 0);
        assert_true(piece.len > 0);
        assert_int_equal(piece.info.rcv_sid, 0);
        len += (size_t)piece.len;
    } while ((piece.flags & MSG_EOR) == 0);
    assert_int_equal(len, 9000 - PIECE);
    assert_memory_equal(bytes, sent[0] + PIECE, len);
    if (!comes) {
        piece = read_piece(server, bytes, sizeof(bytes), 0);
        assert_int_equal(piece.len, 7);
        assert_int_equal(piece.info.rcv_sid, 1);
    }
    assert_int_equal(read_piece(server, bytes, sizeof(bytes), 0).len, -1);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_level_2_another_in_between(void **state)
{
    (void)state;
    check_between(true, 2, true);
    check_between(false, 2, true);
}

static void test_levels_0_and_1_nothing_in_between(void **state)
{
    (void)state;
    for (int level = 0; level < 2; level++) {
        check_between(true, level, false);
        check_between(false, level, false);
    }
}

/* --- Ends --------------------------------------------------------------------------------------- */

static void want_partial_delivery_events(int fd)
{
    struct sctp_event event;

    memset(&event, 0, sizeof(event));
    event.se_type = SCTP_PARTIAL_DELIVERY_EVENT;
    event.se_on = 1;
    SET(fd, SCTP_EVENT, &event, sizeof(event));
}

static unsigned packets; /* that were sent to the server */

static bool drop_the_end(struct world *world, const struct usctp_dgram *dgram)
{
    return world_owner(world, &dgram->remote) == 1 && ++packets > 40;
}

/* Two messages are under way when the peer aborts: each is told of (RFC 6458, 6.1.7). */
static void test_each_open_message_is_told_of(void **state)
{
    struct world *world = world_new();
    uint8_t bytes[LEN];
    struct sctp_pdapi_event note;
    unsigned told[STREAMS] = {0, 0};
    struct piece piece;
    int client, server;

    (void)state;
    fill();
    pair_of(world, true, &client, &server);
    want_partial_delivery_events(server);
    world->drop = drop_the_end;
    packets = 0;
    send_on(client, 1, "whole", 5);
    send_on(client, 0, sent[0], LEN);
    send_on(client, 1, sent[1], LEN);
    world_settle(world);
    world->drop = NULL;
    set_linger(client, 0);
    assert_int_equal(usctp_close(client), 0);
    world_settle(world);
    while ((piece = read_piece(server, bytes, sizeof(bytes), 0)).len > 0) {
        if ((piece.flags & MSG_NOTIFICATION) == 0) {
            assert_int_equal((piece.flags & MSG_EOR) != 0, piece.len == 5);
            continue;
        }
        assert_int_equal(piece.len, sizeof(note));
        memcpy(&note, bytes, sizeof(note));
        assert_int_equal(note.pdapi_type, SCTP_PARTIAL_DELIVERY_EVENT);
        assert_in_range(note.pdapi_stream, 0, STREAMS - 1);
        assert_int_equal(note.pdapi_seq, note.pdapi_stream); /* "whole" was the first of stream 1 */
        told[note.pdapi_stream]++;
    }
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(told[0], 1);
    assert_int_equal(told[1], 1);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* A part was read at one level, the rest at another: no level waits for what is over. */
static void test_levels_change_in_the_midst(void **state)
{
    static const int levels[][2] = {{0, 2}, {0, 1}, {1, 0}, {1, 2}, {2, 0}, {2, 1}};
    struct world *world = world_new();
    uint8_t bytes[LEN];
    struct piece piece;
    int client, server;

    (void)state;
    fill();
    pair_of(world, true, &client, &server);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, levels[i][0]), 0);
        send_on(client, 0, sent[0], 9000);
        world_run(world, USCTP_SEC(1));
        assert_int_equal(read_piece(server, bytes, PIECE, 0).len, PIECE);
        assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, levels[i][1]), 0);
        do {
            piece = read_piece(server, bytes, sizeof(bytes), 0);
            assert_true(piece.len > 0);
        } while ((piece.flags & MSG_EOR) == 0);
        assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, levels[i][0]), 0);
        send_on(client, 1, "next", 4);
        world_run(world, USCTP_SEC(1));
        assert_int_equal(read_piece(server, bytes, sizeof(bytes), 0).len, 4);
    }
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* Messages that are both longer than the window, and the level falls when a part of each was read. */
static void test_level_falls_in_a_small_window(void **state)
{
    (void)state;
    for (int level = 0; level < 2; level++) {
        struct world *world = world_new();
        int client, server;

        fill();
        rcvbuf = 8000;
        pair_of(world, true, &client, &server);
        rcvbuf = 0;
        send_on(client, 0, sent[0], LEN);
        send_on(client, 1, sent[1], LEN);
        world_run(world, USCTP_SEC(1));
        assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, level), 0);
        (void)read_both(world, server);
        assert_int_equal(usctp_close(client), 0);
        assert_int_equal(usctp_close(server), 0);
        world_free(world);
    }
}

/* SCTP_NXTINFO tells of what the next call will read, not of what has to wait at this level. */
static void test_next_is_what_comes_next(void **state)
{
    (void)state;
    for (int level = 0; level < 3; level++) {
        struct world *world = world_new();
        struct sctp_recvv_rn rn;
        struct iovec iov;
        uint8_t bytes[LEN];
        socklen_t len = sizeof(rn);
        unsigned type = 99, told = 0;
        int client, server, flags = MSG_DONTWAIT;

        fill();
        pair_of(world, true, &client, &server);
        assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, level), 0);
        assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_RECVNXTINFO, 1), 0);
        send_on(client, 0, sent[0], LEN);
        send_on(client, 1, sent[1], LEN);
        world_run(world, USCTP_SEC(1));
        iov.iov_base = bytes;
        iov.iov_len = sizeof(bytes);
        while (usctp_sctp_recvv(server, &iov, 1, NULL, NULL, &rn, &len, &type, &flags) > 0) {
            if (type == SCTP_RECVV_RN) {
                struct piece piece = read_piece(server, bytes, 1, MSG_PEEK);

                assert_int_equal(piece.len, 1);
                assert_int_equal(piece.info.rcv_sid, rn.recvv_nxtinfo.nxt_sid);
                assert_true(level == 2 || (flags & MSG_EOR) != 0 ||
                            rn.recvv_nxtinfo.nxt_sid == rn.recvv_rcvinfo.rcv_sid);
                told++;
            }
            world_run(world, USCTP_MS(300));
            flags = MSG_DONTWAIT;
            len = sizeof(rn);
        }
        assert_int_equal(errno, EAGAIN);
        assert_true(told > 5);
        assert_int_equal(usctp_close(client), 0);
        assert_int_equal(usctp_close(server), 0);
        world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level_2_in_turn),
        cmocka_unit_test(test_levels_0_and_1_one_after_the_other),
        cmocka_unit_test(test_level_2_without_rcvinfo),
        cmocka_unit_test(test_level_2_another_in_between),
        cmocka_unit_test(test_levels_0_and_1_nothing_in_between),
        cmocka_unit_test(test_each_open_message_is_told_of),
        cmocka_unit_test(test_levels_change_in_the_midst),
        cmocka_unit_test(test_level_falls_in_a_small_window),
        cmocka_unit_test(test_next_is_what_comes_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
