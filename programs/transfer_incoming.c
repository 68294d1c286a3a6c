/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer: files on their way in, one on each stream. */
#include "transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than this many files at once no honest sender has. */
enum { OPEN_MAX_CNT = 64 };

/* The stream, if a file is on its way over it; NULL: the association was aborted. */
static struct receive_stream *find(struct receiver *receiver, uint16_t number)
{
    if (number >= receiver->stream_cnt || receiver->streams[number].fd < 0) {
        receiver_refuse(receiver, "refused: bytes of no file");
        return NULL;
    }
    return &receiver->streams[number];
}

bool receive_begin(struct receiver *receiver, uint16_t stream, uint32_t id)
{
    struct manifest *manifest = &receiver->manifest;

    if (!receiver->going || stream >= receiver->stream_cnt || id >= manifest->cnt ||
        manifest->entries[id].kind != ENTRY_FILE || manifest->entries[id].begun ||
        receiver->streams[stream].fd >= 0 || receiver->open_cnt >= OPEN_MAX_CNT) {
        return receiver_refuse(receiver, "refused: a file begins that must not begin");
    }
    struct receive_stream *in = &receiver->streams[stream];
    if (in->hash == NULL) {
        in->hash = hash_new();
        if (in->hash == NULL) {
            return receiver_refuse(receiver, "refused: the receiver is out of memory");
        }
    }
    in->fd = store_create(receiver->root, manifest->entries[id].name, id);
    if (in->fd < 0) {
        return receiver_refuse(receiver, "cannot write %s: %s", manifest->entries[id].name,
                               strerror(errno));
    }
    manifest->entries[id].begun = true;
    receiver->open_cnt++;
    in->id = id;
    in->len = 0;
    hash_reset(in->hash);
    return true;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return false;
        }
        data += put;
        len -= (size_t)put;
    }
    return true;
}

bool receive_content(struct receiver *receiver, const struct usctp_event *event)
{
    struct receive_stream *in = find(receiver, event->u.message.stream);

    if (in == NULL) {
        return false;
    }
    const struct entry *entry = &receiver->manifest.entries[in->id];
    if (event->u.message.len > entry->size - in->len) {
        return receiver_refuse(receiver, "refused: %s is longer than announced", entry->name);
    }
    for (size_t i = 0; i < event->u.message.iov_cnt; i++) {
        const struct usctp_iov *iov = &event->u.message.iov[i];

        hash_add(in->hash, iov->base, iov->len);
        if (!write_all(in->fd, iov->base, iov->len)) {
            return receiver_refuse(receiver, "cannot write %s: %s", entry->name, strerror(errno));
        }
    }
    in->len += event->u.message.len;
    receiver->got_len += event->u.message.len;
    return true;
}

bool receive_end(struct receiver *receiver, uint16_t stream)
{
    struct receive_stream *in = find(receiver, stream);
    uint8_t hash[HASH_LEN];

    if (in == NULL) {
        return false;
    }
    struct entry *entry = &receiver->manifest.entries[in->id];
    int fd = in->fd;
    in->fd = -1;
    receiver->open_cnt--;
    hash_end(in->hash, hash);
    if (in->len != entry->size || memcmp(hash, entry->hash, HASH_LEN) != 0) {
        report_error("%s did not arrive as it was announced", entry->name);
        store_discard(receiver->root, entry->name, in->id, fd);
        receiver->bad_cnt++;
    } else if (!store_commit(receiver->root, entry->name, in->id, entry->mode, fd)) {
        report_error("cannot write %s: %s", entry->name, strerror(errno));
        receiver->bad_cnt++;
    } else {
        entry->good = true;
        receiver->good_cnt++;
    }
    return true;
}

void receive_drop(struct receiver *receiver)
{
    for (size_t i = 0; i < receiver->stream_cnt; i++) {
        struct receive_stream *in = &receiver->streams[i];

        if (in->fd >= 0) {
            store_discard(receiver->root, receiver->manifest.entries[in->id].name, in->id, in->fd);
        }
        hash_free(in->hash);
    }
    free(receiver->streams);
    receiver->streams = NULL;
    receiver->stream_cnt = 0;
    receiver->open_cnt = 0;
}

size_t receiver_reread(struct receiver *receiver)
{
    struct hash *hash = hash_new();
    size_t good_cnt = 0;

    for (size_t i = 0; hash != NULL && i < receiver->manifest.cnt; i++) {
        const struct entry *entry = &receiver->manifest.entries[i];
        uint8_t got[HASH_LEN];
        uint64_t len;

        if (entry->kind != ENTRY_FILE) {
            continue;
        }
        int fd = store_open(receiver->root, entry->name);
        if (fd >= 0 && hash_file(hash, fd, got, &len) && len == entry->size &&
            memcmp(got, entry->hash, HASH_LEN) == 0) {
            good_cnt++;
        } else {
            report_error("%s is not on the disk as it was sent", entry->name);
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    hash_free(hash);
    return good_cnt;
}
