/* SPDX-License-Identifier: BSD-3-Clause */
/* Several stacks on one UDP port. */
#include "lower/socket_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/filter.h>
#endif

#include "base/addr.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "lower/driver.h"
#include "wire/packet.h"

enum { HAND_BUFFER_LEN = 1 << 20 }; /* bytes that may wait to be taken over */

struct usctp_shards {
    uint8_t secret[USCTP__SHARD_SECRET_LEN]; /* of the cookies of all */
    uint8_t prefix_len;                      /* bits */
    uint16_t port;                           /* UDP port of all; 0: none has opened it */
    size_t cnt;                              /* 1 << prefix_len */
    struct usctp__shard_view view;           /* touched only where a driver is opened or closed */
    int fds[USCTP__SHARD_MAX][2];            /* to read from and to write to, for each shard */
};

/* What goes from shard to shard, with the packet behind it. */
struct note {
    enum { NOTE_PACKET, NOTE_PRESENT, NOTE_ABSENT } kind;
    unsigned shard;           /* whom it is about; not with NOTE_PACKET */
    struct usctp_dgram dgram; /* its data is behind */
};

/* --- The group -------------------------------------------------------------------------------- */

static void set_up_fd(int fd)
{
    int len = HAND_BUFFER_LEN;

    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &len, sizeof(len));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len));
}

int usctp_shards_new(uint8_t prefix_len, usctp_shards **shards)
{
    if (shards == NULL || prefix_len < 1 || prefix_len > 8) {
        return USCTP_EINVAL;
    }
    *shards = NULL;
    usctp_shards *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return USCTP_ENOMEM;
    }
    made->prefix_len = prefix_len;
    if (usctp_random_system(NULL, made->secret, sizeof(made->secret)) != 0) {
        free(made);
        return USCTP_ECRYPTO;
    }
    for (; made->cnt < (size_t)1 << prefix_len; made->cnt++) {
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, made->fds[made->cnt]) != 0) {
            usctp_shards_free(made);
            return USCTP_EIO;
        }
        set_up_fd(made->fds[made->cnt][0]);
        set_up_fd(made->fds[made->cnt][1]);
    }
    *shards = made;
    return 0;
}

void usctp_shards_free(usctp_shards *shards)
{
    if (shards == NULL) {
        return;
    }
    for (size_t i = 0; i < shards->cnt; i++) {
        close(shards->fds[i][0]);
        close(shards->fds[i][1]);
    }
    memset(shards->secret, 0, sizeof(shards->secret));
    free(shards);
}

int usctp_shards_config(const usctp_shards *shards, unsigned shard, struct usctp_config *config)
{
    if (shards == NULL || config == NULL || shard >= shards->cnt) {
        return USCTP_EINVAL;
    }
    if (config->size < sizeof(*config)) {
        return USCTP_ESIZE;
    }
    config->cookie_secret = shards->secret;
    config->cookie_secret_len = sizeof(shards->secret);
    config->tag_prefix_len = shards->prefix_len;
    config->tag_prefix = (uint8_t)shard;
    return 0;
}

uint16_t usctp__shard_port(const usctp_shards *group)
{
    return group->port;
}

/* --- Who is there ----------------------------------------------------------------------------- */

static void enter(struct usctp__shard_view *view, unsigned shard)
{
    if (!view->present[shard]) {
        view->present[shard] = true;
        view->order[view->cnt++] = (uint8_t)shard;
    }
}

/* The system puts the last one into the place of one that goes. Where it does not, packets are handed
 * over. */
static void leave(struct usctp__shard_view *view, unsigned shard)
{
    if (!view->present[shard]) {
        return;
    }
    view->present[shard] = false;
    for (size_t i = 0; i < view->cnt; i++) {
        if (view->order[i] == shard) {
            view->order[i] = view->order[--view->cnt];
            return;
        }
    }
}

/* Asks the system to steer packets by the prefix of their tag, after what the driver knows. Those
 * without a tag, and those of nobody, go where the system likes. Without it packets are handed over. */
static void steer(struct usctp_driver *driver)
{
#if defined(SO_ATTACH_REUSEPORT_CBPF)
    enum { ANY = -1, HEAD_CNT = 4, TAIL_CNT = 1 };
    struct sock_filter code[HEAD_CNT + 2 * USCTP__SHARD_MAX + TAIL_CNT];
    const struct usctp__shard *shard = &driver->shard;
    struct sock_fprog program;
    unsigned short n = 0;

    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4); /* the tag */
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (uint32_t)ANY);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32u - shard->group->prefix_len);
    for (size_t i = 0; i < shard->view.cnt; i++) {
        code[n++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, shard->view.order[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (uint32_t)i);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (uint32_t)ANY);
    memset(&program, 0, sizeof(program)); /* padding too: the system copies it */
    program.filter = code;
    program.len = n;
    for (size_t i = 0; i < driver->socket_cnt; i++) {
        if (!driver->sockets[i].hand_over) {
            setsockopt((int)driver->sockets[i].fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
                       sizeof(program));
        }
    }
#else
    USCTP__UNUSED(driver);
#endif
}

/* Sends a note with `len` bytes behind it. False: it did not take it. */
static bool send_note(const usctp_shards *group, unsigned to, const struct note *note,
                      const void *data, size_t len)
{
    struct iovec iov[2];
    struct msghdr hdr;

    memset(&hdr, 0, sizeof(hdr));
    memcpy(&iov[0].iov_base, &note, sizeof(note)); /* They are only read. */
    iov[0].iov_len = sizeof(*note);
    memcpy(&iov[1].iov_base, &data, sizeof(data));
    iov[1].iov_len = len;
    hdr.msg_iov = iov;
    hdr.msg_iovlen = len > 0 ? 2 : 1;
    return sendmsg(group->fds[to][1], &hdr, MSG_DONTWAIT) >= 0;
}

/* Tells all that are there of a change. */
static void tell(const usctp_shards *group, int kind, unsigned shard)
{
    struct note note;

    memset(&note, 0, sizeof(note));
    note.kind = kind == NOTE_PRESENT ? NOTE_PRESENT : NOTE_ABSENT;
    note.shard = shard;
    for (size_t i = 0; i < group->view.cnt; i++) {
        if (group->view.order[i] != shard) {
            send_note(group, group->view.order[i], &note, NULL, 0);
        }
    }
}

int usctp__shard_join(struct usctp_driver *driver, usctp_shards *group, unsigned number,
                      uint32_t flags)
{
    struct usctp__socket *sock = &driver->sockets[driver->socket_cnt];
    char byte;

    if (group->view.present[number]) {
        return USCTP_EADDRINUSE;
    }
    memset(sock, 0, sizeof(*sock));
    sock->fd = fcntl(group->fds[number][0], F_DUPFD_CLOEXEC, 0);
    if (sock->fd < 0) {
        return USCTP_EIO;
    }
    while (recv((int)sock->fd, &byte, 1, 0) >= 0) {
        /* What was for one who had this number before. */
    }
    sock->hand_over = true;
    driver->socket_cnt++;
    enter(&group->view, number);
    group->port = driver->port;
    driver->shard.group = group;
    driver->shard.number = number;
    driver->shard.view = group->view;
    driver->shard.steers = (flags & USCTP_DRIVER_NO_STEERING) == 0;
    if (driver->shard.steers) {
        steer(driver);
    }
    tell(group, NOTE_PRESENT, number);
    return 0;
}

void usctp__shard_leave(struct usctp_driver *driver)
{
    usctp_shards *group = driver->shard.group;

    if (group == NULL) {
        return;
    }
    leave(&group->view, driver->shard.number);
    tell(group, NOTE_ABSENT, driver->shard.number);
    group->port = group->view.cnt > 0 ? group->port : 0;
    driver->shard.group = NULL;
}

/* --- Handing over ----------------------------------------------------------------------------- */

/* Where an INIT belongs: always to the same one of those that are there, by the peer's address and
 * the SCTP ports, so that one from a peer that has restarted meets its association. */
static unsigned shard_of_init(const struct usctp__shard *shard, const struct usctp_dgram *dgram,
                              const uint8_t *packet)
{
    unsigned best = shard->number;
    uint64_t best_rank = 0;

    for (size_t i = 0; i < shard->view.cnt; i++) {
        uint64_t rank = shard->view.order[i] + UINT64_C(0x9e3779b97f4a7c15);

        for (size_t k = 0; k < 20; k++) {
            uint8_t byte = k < 16 ? dgram->remote.bytes[k] : packet[k - 16];

            rank = (rank ^ byte) * UINT64_C(0x100000001b3);
            rank ^= rank >> 29;
        }
        rank = (rank ^ (rank >> 32)) * UINT64_C(0xd6e8feb86659fd93);
        rank ^= rank >> 32;
        if (i == 0 || rank > best_rank) {
            best_rank = rank;
            best = shard->view.order[i];
        }
    }
    return best;
}

enum { EVERYBODY = USCTP__SHARD_MAX };

/* Whose packet it is; EVERYBODY: its tag is the peer's, which says nothing. */
static unsigned shard_of(const struct usctp__shard *shard, const struct usctp_dgram *dgram,
                         const uint8_t *packet, size_t len)
{
    if (len < USCTP__PACKET_HEADER_LEN + 4) {
        return shard->number;
    }
    uint32_t tag = usctp__get32(packet + 4);
    uint8_t type = packet[USCTP__PACKET_HEADER_LEN];
    bool reflects = type == USCTP__CHUNK_ABORT || type == USCTP__CHUNK_SHUTDOWN_COMPLETE;
    if (reflects && (packet[USCTP__PACKET_HEADER_LEN + 1] & 1) != 0) {
        return EVERYBODY; /* RFC 9260, 8.5.1 (B), (C): the T bit */
    }
    if (tag == 0) {
        return shard_of_init(shard, dgram, packet);
    }
    unsigned number = tag >> (32 - shard->group->prefix_len);
    return shard->view.present[number] ? number : shard->number;
}

/* Hands over to one, or to all others. Where that is not possible, the packet is as if lost. */
static void hand_over(struct usctp_driver *driver, const struct usctp_dgram *dgram, unsigned to)
{
    struct usctp__shard *shard = &driver->shard;
    struct note note;

    memset(&note, 0, sizeof(note));
    note.kind = NOTE_PACKET;
    note.dgram = *dgram;
    note.dgram.data = NULL;
    for (size_t i = 0; i < shard->view.cnt; i++) {
        unsigned other = shard->view.order[i];

        if (other != shard->number && (to == EVERYBODY || to == other)) {
            send_note(shard->group, other, &note, dgram->data, dgram->len);
            shard->handed_cnt++;
        }
    }
}

bool usctp__shard_hand_over(struct usctp_driver *driver, const struct usctp_dgram *dgram,
                            bool *mixed)
{
    const struct usctp__shard *shard = &driver->shard;
    size_t step = dgram->segment_len != 0 ? dgram->segment_len : dgram->len;
    unsigned owner = shard_of(shard, dgram, dgram->data, step < dgram->len ? step : dgram->len);

    *mixed = false;
    for (size_t pos = step; step > 0 && pos < dgram->len; pos += step) {
        size_t left = dgram->len - pos;

        if (shard_of(shard, dgram, dgram->data + pos, left < step ? left : step) != owner) {
            *mixed = true;
            return false;
        }
    }
    if (owner != shard->number) {
        hand_over(driver, dgram, owner);
    }
    return owner != shard->number && owner != EVERYBODY;
}

/* --- Taking over ------------------------------------------------------------------------------ */

/* Reads one note into a slot. 1: a packet, 0: something else, -1: there is none. */
static int receive_note(struct usctp_driver *driver, const struct usctp__socket *sock,
                        uint8_t *slot, struct usctp_dgram *dgram)
{
    struct note note;
    struct iovec iov[2] = {{&note, sizeof(note)}, {slot, USCTP__DRIVER_SLOT_LEN}};
    struct msghdr hdr;

    memset(&hdr, 0, sizeof(hdr));
    hdr.msg_iov = iov;
    hdr.msg_iovlen = 2;
    ssize_t len = recvmsg((int)sock->fd, &hdr, MSG_DONTWAIT);
    if (len < (ssize_t)sizeof(note)) {
        return len < 0 ? -1 : 0;
    }
    if (note.kind == NOTE_PACKET) {
        *dgram = note.dgram;
        dgram->data = slot;
        dgram->len = (size_t)len - sizeof(note);
        return 1;
    }
    if (note.kind == NOTE_PRESENT) {
        enter(&driver->shard.view, note.shard);
    } else {
        leave(&driver->shard.view, note.shard);
        if (driver->shard.steers) {
            steer(driver);
        }
    }
    return 0;
}

int usctp__shard_receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max,
                         bool *more)
{
    size_t cnt = 0;
    int got = 0;

    for (size_t i = 0; i < max && got >= 0; i++) {
        got = receive_note(driver, sock, usctp__driver_slot(driver, cnt), &driver->dgrams[cnt]);
        cnt += got > 0;
    }
    *more = got >= 0;
    return (int)cnt;
}
