/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer: the receiver, from the manifest to the result. Everything that comes is checked:
 * the sender may be anybody. */
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/numbers.h"
#include "common/target.h"

/* A sender that says nothing for so long is sent away. */
#define IDLE_DUR USCTP_SEC(60)

static void on_idle(void *user);

bool receiver_refuse(struct receiver *receiver, const char *format, ...)
{
    char reason[REASON_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    report_error("%s", reason);
    receiver->told = true;
    receiver->status = EXIT_FAILED;
    if (receiver->assoc != NULL &&
        usctp_assoc_abort(receiver->assoc, reason, strlen(reason)) != 0) {
        usctp_assoc_abort(receiver->assoc, NULL, 0);
    }
    return false;
}

/* --- The manifest ----------------------------------------------------------------------------- */

static bool take_hello(struct receiver *receiver, uint16_t stream, const struct wire *wire)
{
    char size[NUMBER_TEXT_MAX];

    if (stream != 0 || receiver->welcome || wire->version != TRANSFER_VERSION) {
        return receiver_refuse(receiver, "the sender speaks another version of usctp-transfer");
    }
    if (wire->id > ENTRY_CNT_MAX || wire->size > receiver->size_max) {
        return receiver_refuse(receiver, "refused: too large, %lu files, %s",
                               (unsigned long)wire->id, number_bytes(size, wire->size));
    }
    receiver->welcome = true;
    receiver->entry_cnt = wire->id;
    receiver->total_len = wire->size;
    return true;
}

/* Names ascend strictly: no name comes twice, and folders come before what they hold. */
static const char *entry_fault(const struct receiver *receiver, const struct wire *wire)
{
    const struct manifest *manifest = &receiver->manifest;
    const char *fault = name_fault(wire->name, wire->name_len);

    if (fault != NULL) {
        return fault;
    }
    if (manifest->cnt > 0) {
        const char *last = manifest->entries[manifest->cnt - 1].name;
        size_t last_len = strlen(last);
        int order = memcmp(last, wire->name, last_len < wire->name_len ? last_len : wire->name_len);

        if (order > 0 || (order == 0 && last_len >= wire->name_len)) {
            return "a place out of order";
        }
    }
    if (wire->id != manifest->cnt || wire->kind < ENTRY_FILE || wire->kind > ENTRY_FOLDER ||
        (wire->kind == ENTRY_FOLDER && wire->size != 0) || wire->mode > 0777) {
        return "properties that cannot be";
    }
    if (manifest->names_len + wire->name_len > ENTRY_NAMES_MAX ||
        wire->size > receiver->total_len - manifest->total_len) {
        return "a size beyond what was announced";
    }
    return NULL;
}

static bool take_entry(struct receiver *receiver, const struct wire *wire)
{
    char name[80];
    const char *fault = entry_fault(receiver, wire);
    struct entry *entry;

    report_clean(name, sizeof(name), wire->name, wire->name_len);
    if (fault != NULL) {
        return receiver_refuse(receiver, "refused: the entry \"%s\" has %s", name, fault);
    }
    entry = manifest_add(&receiver->manifest, wire->name, wire->name_len);
    if (entry == NULL) {
        return receiver_refuse(receiver, "refused: the receiver is out of memory");
    }
    entry->kind = wire->kind;
    entry->mode = wire->mode;
    entry->size = wire->size;
    memcpy(entry->hash, wire->hash, HASH_LEN);
    receiver->manifest.total_len += wire->size;
    receiver->manifest.file_cnt += wire->kind == ENTRY_FILE;
    if (!receiver->overwrite && store_exists(receiver->root, entry->name, entry->kind)) {
        return receiver_refuse(receiver, "refused: %s is there already; see --overwrite", name);
    }
    return true;
}

static bool make_folders(struct receiver *receiver)
{
    for (size_t i = 0; i < receiver->manifest.cnt; i++) {
        const struct entry *entry = &receiver->manifest.entries[i];

        if (entry->kind == ENTRY_FOLDER && store_make_folder(receiver->root, entry->name) != 0) {
            return receiver_refuse(receiver, "cannot make the folder %s: %s", entry->name,
                                   strerror(errno));
        }
    }
    return true;
}

/* --- The result ------------------------------------------------------------------------------- */

static void send_result(struct receiver *receiver)
{
    struct wire wire;

    memset(&wire, 0, sizeof(wire));
    wire.type = WIRE_RESULT;
    wire.good_cnt = receiver->good_cnt;
    wire.bad_cnt = receiver->bad_cnt;
    int err = wire_send(receiver->assoc, 0, &wire);
    receiver->result_due = err == USCTP_EWOULDBLOCK;
    if (err != 0 && !receiver->result_due) {
        receiver_refuse(receiver, "cannot send the result: %s", usctp_strerror(err));
    }
}

/* After the last file: modes of folders, which may forbid to write, come last. */
static void check_finished(struct receiver *receiver)
{
    if (receiver->reported || !receiver->going ||
        receiver->good_cnt + receiver->bad_cnt < receiver->manifest.file_cnt) {
        return;
    }
    receiver->reported = true;
    receiver->end_ts = usctp_clock_system(NULL);
    for (size_t i = receiver->manifest.cnt; i > 0; i--) {
        const struct entry *entry = &receiver->manifest.entries[i - 1];

        if (entry->kind == ENTRY_FOLDER) {
            store_set_folder_mode(receiver->root, entry->name, entry->mode);
        }
    }
    send_result(receiver);
}

static void check_manifest(struct receiver *receiver)
{
    struct wire wire;

    if (!receiver->welcome || receiver->going || receiver->manifest.cnt < receiver->entry_cnt) {
        return;
    }
    if (receiver->manifest.total_len != receiver->total_len) {
        receiver_refuse(receiver, "refused: the sizes do not add up");
        return;
    }
    if (!make_folders(receiver)) {
        return;
    }
    memset(&wire, 0, sizeof(wire));
    wire.type = WIRE_GO;
    int err = wire_send(receiver->assoc, 0, &wire);
    if (err != 0) {
        receiver_refuse(receiver, "cannot answer: %s", usctp_strerror(err));
        return;
    }
    receiver->going = true;
    check_finished(receiver);
}

/* --- Events ----------------------------------------------------------------------------------- */

static bool take_control(struct receiver *receiver, uint16_t stream, const struct wire *wire)
{
    switch (wire->type) {
    case WIRE_HELLO:
        return take_hello(receiver, stream, wire);
    case WIRE_ENTRY:
        if (stream != 0 || !receiver->welcome || receiver->manifest.cnt == receiver->entry_cnt) {
            return receiver_refuse(receiver, "refused: an entry that was not announced");
        }
        return take_entry(receiver, wire);
    case WIRE_BEGIN:
        return receive_begin(receiver, stream, wire->id);
    case WIRE_END:
        return receive_end(receiver, stream);
    default:
        return receiver_refuse(receiver, "refused: the sender does not speak usctp-transfer");
    }
}

static void on_message(struct receiver *receiver, const struct usctp_event *event)
{
    const unsigned whole = USCTP_MESSAGE_FIRST | USCTP_MESSAGE_LAST;
    struct wire wire;
    size_t len;

    if (receiver->told) {
        return; /* It was refused. */
    }
    usctp_loop_at(receiver->node.loop, usctp_clock_system(NULL) + IDLE_DUR, on_idle, receiver);
    if (event->u.message.ppid == TRANSFER_PPID_CONTENT) {
        receive_content(receiver, event);
        return;
    }
    const uint8_t *data = usctp_message_data(event->u.message.message, &len);
    if (data == NULL || event->u.message.ppid != TRANSFER_PPID_CONTROL ||
        (event->u.message.flags & whole) != whole || !wire_get(&wire, data, len)) {
        receiver_refuse(receiver, "refused: the sender does not speak usctp-transfer");
        return;
    }
    if (take_control(receiver, event->u.message.stream, &wire)) {
        check_manifest(receiver);
        check_finished(receiver);
    }
}

static void on_idle(void *user)
{
    struct receiver *receiver = user;

    if (receiver->assoc != NULL) {
        receiver_refuse(receiver, "the sender said nothing for a minute");
    }
}

static void on_up(struct receiver *receiver, const struct usctp_event *event)
{
    size_t cnt = event->u.up.in_streams;

    receiver->assoc = event->assoc;
    receiver->begin_ts = usctp_clock_system(NULL);
    receiver->streams = calloc(cnt, sizeof(*receiver->streams));
    if (receiver->streams == NULL) {
        receiver_refuse(receiver, "refused: the receiver is out of memory");
        return;
    }
    receiver->stream_cnt = cnt;
    for (size_t i = 0; i < cnt; i++) {
        receiver->streams[i].fd = -1;
    }
    usctp_loop_at(receiver->node.loop, receiver->begin_ts + IDLE_DUR, on_idle, receiver);
}

static void print_summary(const struct receiver *receiver)
{
    char all[NUMBER_TEXT_MAX], time[NUMBER_TEXT_MAX], rate[NUMBER_TEXT_MAX];
    uint64_t dur = receiver->end_ts - receiver->begin_ts;

    report_progress_end();
    printf("received %lu of %llu files, %s in %s, %s; %s\n", (unsigned long)receiver->good_cnt,
           (unsigned long long)receiver->manifest.file_cnt, number_bytes(all, receiver->got_len),
           number_dur(time, dur), number_rate(rate, receiver->got_len, dur),
           receiver->bad_cnt == 0 ? "every SHA-256 matches"
                                  : "the others are NOT as they were sent");
    fflush(stdout);
}

/* Makes ready for the next sender. */
static void clear(struct receiver *receiver)
{
    receive_drop(receiver);
    manifest_free(&receiver->manifest);
    receiver->welcome = receiver->going = receiver->reported = false;
    receiver->told = receiver->result_due = receiver->taken = receiver->peer_shut = false;
    receiver->entry_cnt = receiver->good_cnt = receiver->bad_cnt = 0;
    receiver->total_len = receiver->got_len = 0;
}

static void on_closed(struct receiver *receiver)
{
    receiver->assoc = NULL;
    usctp_loop_at(receiver->node.loop, USCTP_NEVER, on_idle, receiver);
    if (receiver->reported) {
        if (receiver->reread && receiver_reread(receiver) != receiver->manifest.file_cnt) {
            receiver->status = EXIT_FAILED;
        }
        if (!receiver->quiet) {
            print_summary(receiver);
        }
        if (receiver->bad_cnt != 0) {
            receiver->status = EXIT_FAILED;
        }
    } else if (!receiver->told) {
        report_error("the sender left before everything was here");
        receiver->status = EXIT_FAILED;
    }
    if (receiver->keep) {
        clear(receiver);
    } else {
        usctp_loop_stop(receiver->node.loop);
    }
}

static void on_lost(struct receiver *receiver, const struct usctp_event *event)
{
    char why[NODE_WHY_MAX];

    if (receiver->reported && receiver->peer_shut && node_vanished(event)) {
        return;
    }
    receiver->status = EXIT_FAILED;
    if (!receiver->told) {
        report_error("the association was lost: %s", node_lost_text(why, event));
        receiver->told = true;
    }
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct receiver *receiver = user;

    if (receiver->tap != NULL) {
        receiver->tap(receiver->tap_user, event);
    }
    switch (event->type) {
    case USCTP_EVENT_UP:
        on_up(receiver, event);
        break;
    case USCTP_EVENT_MESSAGE:
        on_message(receiver, event);
        break;
    case USCTP_EVENT_WRITABLE:
        if (receiver->result_due) {
            send_result(receiver);
        }
        break;
    case USCTP_EVENT_LOST:
        on_lost(receiver, event);
        break;
    case USCTP_EVENT_CLOSED:
        on_closed(receiver);
        break;
    default:
        receiver->peer_shut = receiver->peer_shut || event->type == USCTP_EVENT_PEER_SHUTDOWN;
        if (receiver->net.verbose > 0) {
            node_note_event(event);
        }
        break;
    }
}

/* One sender at a time. */
static int on_accept(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct receiver *receiver = user;
    char text[TARGET_TEXT_MAX];

    (void)assoc_user;
    if (receiver->taken) {
        return -1;
    }
    receiver->taken = true;
    if (receiver->net.verbose > 0) {
        report_note("a sender at %s", target_text(text, &accept->remote, accept->remote_udp_port));
    }
    return 0;
}

/* --- Life ------------------------------------------------------------------------------------- */

static void on_tick(void *user)
{
    struct receiver *receiver = user;
    char done[NUMBER_TEXT_MAX], all[NUMBER_TEXT_MAX];

    if (!receiver->quiet && receiver->going && receiver->assoc != NULL) {
        report_progress("%s of %s, %lu of %llu files", number_bytes(done, receiver->got_len),
                        number_bytes(all, receiver->total_len), (unsigned long)receiver->good_cnt,
                        (unsigned long long)receiver->manifest.file_cnt);
    }
    usctp_loop_at(receiver->node.loop, usctp_clock_system(NULL) + USCTP_MS(200), on_tick, receiver);
}

bool receiver_open(struct receiver *receiver)
{
    struct node_calls calls = {on_event, on_accept, receiver};

    if (mkdir(receiver->folder, 0777) != 0 && errno != EEXIST) {
        report_error("cannot make the folder %s: %s", receiver->folder, strerror(errno));
        return false;
    }
    receiver->root = open(receiver->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (receiver->root < 0) {
        report_error("cannot open the folder %s: %s", receiver->folder, strerror(errno));
        return false;
    }
    if (!node_open(&receiver->node, &receiver->net, true, &calls)) {
        return false;
    }
    usctp_loop_at(receiver->node.loop, usctp_clock_system(NULL), on_tick, receiver);
    return true;
}

int receiver_close(struct receiver *receiver)
{
    bool busy = receiver->keep || !receiver->reported;

    if (node_signal() != 0 && receiver->status == 0 && busy) {
        receiver->status = 128 + node_signal();
    }
    report_progress_end();
    if (!node_close(&receiver->node)) {
        receiver->status = EXIT_FAILED;
    }
    clear(receiver);
    if (receiver->root >= 0) {
        close(receiver->root);
        receiver->root = -1;
    }
    return report_flush_output() ? receiver->status : EXIT_FAILED;
}
