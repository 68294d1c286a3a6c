/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer: files on their way out, several at once, at a limited rate where that is wanted. */
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How much a pause of the rate limiter may make up for. */
#define CATCH_UP_DUR USCTP_MS(100)

bool send_files_start(struct sender *sender)
{
    for (unsigned i = 0; i < SEND_SLOTS; i++) {
        sender->slots[i].buf = malloc(CONTENT_LEN);
        if (sender->slots[i].buf == NULL) {
            report_error("%s", usctp_strerror(USCTP_ENOMEM));
            return false;
        }
    }
    return true;
}

void send_files_end(struct sender *sender)
{
    for (unsigned i = 0; i < SEND_SLOTS; i++) {
        struct send_slot *slot = &sender->slots[i];

        if (slot->fd >= 0) {
            close(slot->fd);
            slot->fd = -1;
        }
        free(slot->buf);
        slot->buf = NULL;
    }
}

/* Gives a slot the next file. False: there is none. */
static bool next_file(struct sender *sender, struct send_slot *slot)
{
    struct manifest *manifest = &sender->manifest;

    while (sender->next < manifest->cnt && manifest->entries[sender->next].kind != ENTRY_FILE) {
        sender->next++;
    }
    if (sender->next == manifest->cnt) {
        return false;
    }
    const struct entry *entry = &manifest->entries[sender->next];
    slot->fd = openat(sender->root, entry->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (slot->fd < 0) {
        report_error("cannot read %s: %s", entry->name, strerror(errno));
    }
    slot->id = (uint32_t)sender->next++;
    slot->begun = false;
    slot->ended = slot->fd < 0; /* The receiver will find it incomplete, and say so. */
    slot->len = 0;
    slot->sent_len = 0;
    return true;
}

/* Reads the next piece; at the end, or after what was promised, the file is ended. */
static void read_piece(struct sender *sender, struct send_slot *slot)
{
    const struct entry *entry = &sender->manifest.entries[slot->id];
    uint64_t left = entry->size - slot->sent_len;
    size_t want = left < sender->piece_len ? (size_t)left : sender->piece_len;
    ssize_t got = 0;

    if (want > 0) {
        do {
            got = read(slot->fd, slot->buf, want);
        } while (got < 0 && errno == EINTR);
        if (got < 0) {
            report_error("cannot read %s: %s", entry->name, strerror(errno));
        }
    }
    slot->len = got > 0 ? (size_t)got : 0;
    slot->ended = got <= 0;
}

static int send_control(struct sender *sender, struct send_slot *slot, int type)
{
    struct wire wire;

    memset(&wire, 0, sizeof(wire));
    wire.type = type;
    wire.id = slot->id;
    return wire_send(sender->assoc, slot->stream, &wire);
}

static int send_content(struct sender *sender, struct send_slot *slot)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {slot->buf, slot->len};

    info.stream = slot->stream;
    info.ppid = TRANSFER_PPID_CONTENT;
    int err = usctp_assoc_send(sender->assoc, &info, &iov, 1);
    if (err == 0) {
        slot->sent_len += slot->len;
        sender->sent_len += slot->len;
        if (sender->rate != 0) {
            sender->allowed_ts += USCTP_SEC(slot->len) / sender->rate;
        }
        slot->len = 0;
    }
    return err;
}

/* The file is sent: the slot goes on to its next stream. */
static void release(struct sender *sender, struct send_slot *slot)
{
    unsigned base = slot->stream - slot->round % sender->per_slot;

    if (slot->fd >= 0) {
        close(slot->fd);
        slot->fd = -1;
    }
    slot->round++;
    slot->stream = (uint16_t)(base + slot->round % sender->per_slot);
    slot->begun = false;
    slot->ended = false;
}

/* One step of a slot: a message sent. 1: there is nothing for it to do any more. */
static int step(struct sender *sender, struct send_slot *slot)
{
    bool busy = slot->fd >= 0 || slot->begun || slot->ended;
    int err;

    if (!busy && !next_file(sender, slot)) {
        return 1;
    }
    if (!slot->begun) {
        err = send_control(sender, slot, WIRE_BEGIN);
        slot->begun = err == 0;
        return err;
    }
    if (slot->len == 0 && !slot->ended) {
        read_piece(sender, slot);
    }
    if (!slot->ended) {
        return send_content(sender, slot);
    }
    err = send_control(sender, slot, WIRE_END);
    if (err == 0) {
        release(sender, slot);
    }
    return err;
}

static void on_allowed(void *user)
{
    struct sender *sender = user;

    if (sender->phase == SEND_FILES && sender->assoc != NULL) {
        send_files(sender);
    }
}

/* True if the rate allows another message now; else it will be asked again in time. */
static bool allowed(struct sender *sender)
{
    uint64_t now_ts = usctp_clock_system(NULL);

    if (sender->rate == 0) {
        return true;
    }
    if (sender->allowed_ts + CATCH_UP_DUR < now_ts) {
        sender->allowed_ts = now_ts - CATCH_UP_DUR;
    }
    if (sender->allowed_ts <= now_ts) {
        return true;
    }
    usctp_loop_at(sender->node.loop, sender->allowed_ts, on_allowed, sender);
    return false;
}

void send_files(struct sender *sender)
{
    unsigned idle_cnt = 0;
    int err = 0;

    usctp_assoc_cork(sender->assoc);
    while (err >= 0 && sender->assoc != NULL && idle_cnt < sender->slot_cnt && allowed(sender)) {
        err = step(sender, &sender->slots[sender->turn]);
        idle_cnt = err == 1 ? idle_cnt + 1 : 0;
        if (err >= 0) {
            sender->turn = (sender->turn + 1) % sender->slot_cnt;
        }
    }
    if (idle_cnt == sender->slot_cnt) {
        sender->phase = SEND_RESULT; /* All is sent. */
    }
    if (sender->assoc != NULL) {
        usctp_assoc_uncork(sender->assoc);
    }
    if (err < 0 && err != USCTP_EWOULDBLOCK && err != USCTP_ESTATE) {
        report_error("cannot send: %s", usctp_strerror(err));
        sender->status = EXIT_FAILED;
        sender->told = true;
        usctp_loop_stop(sender->node.loop);
    }
}
