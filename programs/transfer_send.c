/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer: the sender, from the manifest to the result. */
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/numbers.h"

/* At a low rate files go in small pieces, often, rather than in large ones, seldom. */
enum { PIECES_PER_SECOND = 50 };

bool sender_scan(struct sender *sender)
{
    for (unsigned i = 0; i < SEND_SLOTS; i++) {
        sender->slots[i].fd = -1;
    }
    sender->stats.size = sizeof(sender->stats);
    sender->root = open(sender->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (sender->root < 0) {
        report_error("cannot open the folder %s: %s", sender->folder, strerror(errno));
        return false;
    }
    return manifest_scan(&sender->manifest, sender->root, sender->net.verbose > 0);
}

uint64_t sender_acked(const struct sender *sender)
{
    uint64_t buffered = sender->assoc != NULL ? usctp_assoc_buffered(sender->assoc) : 0;

    return sender->sent_len > buffered ? sender->sent_len - buffered : 0;
}

/* Ends it all after an error line. */
static void fail(struct sender *sender)
{
    sender->status = EXIT_FAILED;
    sender->told = true;
    if (sender->assoc != NULL) {
        usctp_assoc_abort(sender->assoc, NULL, 0);
    }
    usctp_loop_stop(sender->node.loop);
}

/* --- The manifest ----------------------------------------------------------------------------- */

static int send_hello(struct sender *sender)
{
    struct wire wire;

    memset(&wire, 0, sizeof(wire));
    wire.type = WIRE_HELLO;
    wire.version = TRANSFER_VERSION;
    wire.id = (uint32_t)sender->manifest.cnt;
    wire.size = sender->manifest.total_len;
    return wire_send(sender->assoc, 0, &wire);
}

static int send_entry(struct sender *sender, size_t i)
{
    const struct entry *entry = &sender->manifest.entries[i];
    struct wire wire;

    memset(&wire, 0, sizeof(wire));
    wire.type = WIRE_ENTRY;
    wire.id = (uint32_t)i;
    wire.kind = entry->kind;
    wire.mode = entry->mode;
    wire.size = entry->size;
    wire.name = entry->name;
    wire.name_len = strlen(entry->name);
    memcpy(wire.hash, entry->hash, HASH_LEN);
    return wire_send(sender->assoc, 0, &wire);
}

/* sender->next: 0: HELLO, then the entries. */
static void send_manifest(struct sender *sender)
{
    int err = 0;

    usctp_assoc_cork(sender->assoc);
    while (err == 0 && sender->assoc != NULL && sender->next <= sender->manifest.cnt) {
        err = sender->next == 0 ? send_hello(sender) : send_entry(sender, sender->next - 1);
        sender->next += err == 0;
    }
    if (sender->assoc == NULL) {
        return; /* It ended meanwhile. */
    }
    usctp_assoc_uncork(sender->assoc);
    if (err == 0) {
        sender->phase = SEND_WAIT;
    } else if (err != USCTP_EWOULDBLOCK && err != USCTP_ESTATE) {
        report_error("cannot send: %s", usctp_strerror(err));
        fail(sender);
    }
}

/* --- Events ----------------------------------------------------------------------------------- */

static void on_up(struct sender *sender, const struct usctp_event *event)
{
    unsigned streams = event->u.up.out_streams > 1 ? event->u.up.out_streams - 1u : 1;

    sender->up = true;
    sender->begin_ts = usctp_clock_system(NULL);
    sender->slot_cnt = streams < SEND_SLOTS ? streams : SEND_SLOTS;
    sender->per_slot = streams / sender->slot_cnt;
    for (unsigned i = 0; i < sender->slot_cnt; i++) {
        /* With one stream only, files follow the manifest on stream 0. */
        sender->slots[i].stream =
            (uint16_t)(event->u.up.out_streams > 1 ? 1 + i * sender->per_slot : 0);
    }
    sender->piece_len = CONTENT_LEN;
    if (sender->rate != 0 && sender->rate / PIECES_PER_SECOND < CONTENT_LEN) {
        sender->piece_len = (size_t)(sender->rate / PIECES_PER_SECOND) + 1;
    }
    sender->phase = SEND_MANIFEST;
    send_manifest(sender);
}

static void on_result(struct sender *sender, const struct wire *wire)
{
    sender->end_ts = usctp_clock_system(NULL);
    sender->good_cnt = wire->good_cnt;
    sender->bad_cnt = wire->bad_cnt;
    sender->phase = SEND_CLOSING;
    if (wire->bad_cnt != 0 || wire->good_cnt != sender->manifest.file_cnt) {
        report_error("%lu of %llu files did not arrive whole", (unsigned long)wire->bad_cnt,
                     (unsigned long long)sender->manifest.file_cnt);
        sender->status = EXIT_FAILED;
        sender->told = true;
    }
    usctp_assoc_stats(sender->assoc, &sender->stats);
    usctp_assoc_close(sender->assoc);
}

static void on_message(struct sender *sender, const struct usctp_event *event)
{
    struct wire wire;
    size_t len;
    const uint8_t *data = usctp_message_data(event->u.message.message, &len);
    const unsigned whole = USCTP_MESSAGE_FIRST | USCTP_MESSAGE_LAST;

    if (data == NULL || (event->u.message.flags & whole) != whole ||
        event->u.message.ppid != TRANSFER_PPID_CONTROL || !wire_get(&wire, data, len)) {
        wire.type = 0;
    }
    if (wire.type == WIRE_GO && sender->phase == SEND_WAIT) {
        sender->phase = SEND_FILES;
        sender->next = 0;
        sender->allowed_ts = usctp_clock_system(NULL);
        send_files(sender);
    } else if (wire.type == WIRE_RESULT &&
               (sender->phase == SEND_RESULT || sender->phase == SEND_FILES)) {
        on_result(sender, &wire);
    } else {
        report_error("the peer does not speak as a receiver of usctp-transfer does");
        fail(sender);
    }
}

static void on_lost(struct sender *sender, const struct usctp_event *event)
{
    char why[NODE_WHY_MAX], where[NODE_WHY_MAX];

    sender->status = EXIT_FAILED;
    if (!sender->told) {
        report_error(event->u.lost.was_up ? "the association with %s was lost: %s"
                                          : "cannot connect to %s: %s",
                     node_target_text(where, &sender->net), node_lost_text(why, event));
        sender->told = true;
    }
}

static void on_closed(struct sender *sender)
{
    sender->assoc = NULL;
    if (sender->phase != SEND_CLOSING && !sender->told) {
        report_error("the receiver ended the association before it had everything");
        sender->status = EXIT_FAILED;
    }
    usctp_loop_stop(sender->node.loop);
}

static void on_writable(struct sender *sender)
{
    if (sender->phase == SEND_MANIFEST) {
        send_manifest(sender);
    } else if (sender->phase == SEND_FILES) {
        send_files(sender);
    }
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct sender *sender = user;

    if (sender->tap != NULL) {
        sender->tap(sender->tap_user, event);
    }
    switch (event->type) {
    case USCTP_EVENT_UP:
        on_up(sender, event);
        break;
    case USCTP_EVENT_MESSAGE:
        on_message(sender, event);
        break;
    case USCTP_EVENT_WRITABLE:
        on_writable(sender);
        break;
    case USCTP_EVENT_LOST:
        on_lost(sender, event);
        break;
    case USCTP_EVENT_CLOSED:
        on_closed(sender);
        break;
    default:
        if (sender->net.verbose > 0) {
            node_note_event(event);
        }
        break;
    }
}

/* --- Life ------------------------------------------------------------------------------------- */

static void on_timeout(void *user)
{
    struct sender *sender = user;
    char where[NODE_WHY_MAX], dur[NUMBER_TEXT_MAX];

    if (!sender->up) {
        report_error("cannot connect to %s: no answer within %s",
                     node_target_text(where, &sender->net),
                     number_dur(dur, sender->net.timeout_dur));
        fail(sender);
    }
}

static void on_tick(void *user)
{
    struct sender *sender = user;
    char done[NUMBER_TEXT_MAX], all[NUMBER_TEXT_MAX], rate[NUMBER_TEXT_MAX];
    uint64_t now_ts = usctp_clock_system(NULL), acked = sender_acked(sender);

    if (sender->assoc != NULL && sender->up) {
        usctp_assoc_stats(sender->assoc, &sender->stats);
    }
    if (!sender->quiet && sender->up) {
        report_progress("%s of %s  %s  %llu chunks retransmitted", number_bytes(done, acked),
                        number_bytes(all, sender->manifest.total_len),
                        number_rate(rate, acked, now_ts - sender->begin_ts),
                        (unsigned long long)sender->stats.retransmitted_chunks);
    }
    usctp_loop_at(sender->node.loop, now_ts + USCTP_MS(200), on_tick, sender);
}

bool sender_open(struct sender *sender)
{
    struct node_calls calls = {on_event, NULL, sender};
    uint64_t now_ts = usctp_clock_system(NULL);

    if (!send_files_start(sender) || !node_open(&sender->node, &sender->net, false, &calls)) {
        return false;
    }
    if (!node_connect(&sender->node, sender->node.endpoint, NULL, &sender->assoc)) {
        return false;
    }
    usctp_loop_at(sender->node.loop, now_ts + sender->net.timeout_dur, on_timeout, sender);
    usctp_loop_at(sender->node.loop, now_ts, on_tick, sender);
    return true;
}

static void print_summary(const struct sender *sender)
{
    char all[NUMBER_TEXT_MAX], time[NUMBER_TEXT_MAX], rate[NUMBER_TEXT_MAX];
    uint64_t dur = sender->end_ts - sender->begin_ts;

    printf("sent %llu files, %s in %s, %s; %llu chunks retransmitted; every SHA-256 matches\n",
           (unsigned long long)sender->manifest.file_cnt,
           number_bytes(all, sender->manifest.total_len), number_dur(time, dur),
           number_rate(rate, sender->manifest.total_len, dur),
           (unsigned long long)sender->stats.retransmitted_chunks);
}

int sender_close(struct sender *sender)
{
    if (node_signal() != 0 && sender->phase != SEND_CLOSING && !sender->told) {
        sender->status = 128 + node_signal();
    } else if (sender->phase != SEND_CLOSING && sender->status == 0) {
        sender->status = EXIT_FAILED;
    }
    report_progress_end();
    if (!node_close(&sender->node)) {
        sender->status = EXIT_FAILED;
    }
    if (sender->status == 0 && !sender->quiet) {
        print_summary(sender);
        sender->status = report_flush_output() ? EXIT_OK : EXIT_FAILED;
    }
    send_files_end(sender);
    manifest_free(&sender->manifest);
    if (sender->root >= 0) {
        close(sender->root);
        sender->root = -1;
    }
    return sender->status;
}
