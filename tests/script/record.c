/* SPDX-License-Identifier: BSD-3-Clause */
/* Events as records: a name, numbers with keys, an address, bytes. */
#include "world.h"

#include <inttypes.h>
#include <string.h>

const char *const world_state_words[] = {
    "CLOSED",        "COOKIE_WAIT",       "COOKIE_ECHOED",     "ESTABLISHED", "SHUTDOWN_PENDING",
    "SHUTDOWN_SENT", "SHUTDOWN_RECEIVED", "SHUTDOWN_ACK_SENT", NULL};
const char *const world_path_state_words[] = {"UNCONFIRMED", "ACTIVE", "INACTIVE",
                                              "POTENTIALLY_FAILED", NULL};

static const char *const event_names[] = {"NONE",          "UP",
                                          "RESTARTED",     "LOST",
                                          "CLOSED",        "MESSAGE",
                                          "WRITABLE",      "SEND_FAILED",
                                          "PATH",          "REMOTE_ERROR",
                                          "PEER_SHUTDOWN", "DRY",
                                          "BUFFERED_LOW",  "PARTIAL_ABORTED",
                                          "STREAMS_RESET", "ASSOC_RESET",
                                          "STREAMS_ADDED", "AUTH",
                                          "ADDRESS",       "ADAPTATION"};

static const char *const reconf_words[] = {"DONE", "NOTHING", "DENIED", "BUSY", "FAILED", NULL};

static const char *const lost_words[] = {"NONE",     "TIMEOUT",     "PEER_ABORT", "LOCAL_ABORT",
                                         "PROTOCOL", "UNREACHABLE", "RESOURCE",   NULL};

static const char *const change_words[] = {
    "NONE",    "ADDED",   "CONFIRMED",          "DOWN", "UP", "PRIMARY",
    "REBOUND", "REMOVED", "POTENTIALLY_FAILED", NULL};

static const char *const auth_words[] = {"NONE", "NEW_KEY", "FREE_KEY", "NO_AUTH", NULL};

static void add_words(struct record *record, const char *key, uint64_t num,
                      const char *const *words)
{
    struct record_field *field = &record->fields[record->field_cnt++];

    field->key = key;
    field->num = num;
    field->words = words;
}

static void add(struct record *record, const char *key, uint64_t num)
{
    add_words(record, key, num, NULL);
}

static void add_iov(struct world *world, struct record *record, const struct usctp_iov *iov,
                    size_t iov_cnt)
{
    for (size_t i = 0; i < iov_cnt; i++) {
        record->len += iov[i].len;
    }
    record->bytes = values_alloc(&world->values, record->len + 1);
    record->len = 0;
    for (size_t i = 0; i < iov_cnt; i++) {
        memcpy(record->bytes + record->len, iov[i].base, iov[i].len);
        record->len += iov[i].len;
    }
    add(record, "len", record->len);
}

static void add_causes(struct world *world, struct record *record, const uint8_t *causes,
                       size_t len)
{
    record->bytes = values_copy(&world->values, causes, len);
    record->len = len;
}

static void fill(struct world *world, struct record *record, const struct usctp_event *event)
{
    switch (event->type) {
    case USCTP_EVENT_UP:
    case USCTP_EVENT_RESTARTED:
        add(record, "out", event->u.up.out_streams);
        add(record, "in", event->u.up.in_streams);
        break;
    case USCTP_EVENT_LOST:
        add_words(record, "reason", (uint64_t)event->u.lost.reason, lost_words);
        add(record, "was_up", (uint64_t)event->u.lost.was_up);
        add(record, "cause", event->u.lost.cause);
        add_causes(world, record, event->u.lost.causes, event->u.lost.causes_len);
        break;
    case USCTP_EVENT_MESSAGE:
        add(record, "stream", event->u.message.stream);
        add_iov(world, record, event->u.message.iov, event->u.message.iov_cnt);
        add(record, "ppid", event->u.message.ppid);
        add(record, "ssn", event->u.message.ssn);
        add(record, "tsn", event->u.message.tsn);
        add(record, "path", event->u.message.path);
        add(record, "unordered", (event->u.message.flags & USCTP_MESSAGE_UNORDERED) != 0);
        add(record, "first", (event->u.message.flags & USCTP_MESSAGE_FIRST) != 0);
        add(record, "last", (event->u.message.flags & USCTP_MESSAGE_LAST) != 0);
        break;
    case USCTP_EVENT_SEND_FAILED:
        add(record, "stream", event->u.send_failed.info.stream);
        add_iov(world, record, event->u.send_failed.iov, event->u.send_failed.iov_cnt);
        add(record, "sent", (uint64_t)event->u.send_failed.sent);
        add(record, "ppid", event->u.send_failed.info.ppid);
        add(record, "cause", event->u.send_failed.cause);
        break;
    case USCTP_EVENT_PATH:
        add_words(record, "change", (uint64_t)event->u.path.change, change_words);
        add(record, "id", event->u.path.id);
        add(record, "udp_port", event->u.path.remote_udp_port);
        record->has_addr = true;
        record->addr = event->u.path.remote;
        break;
    case USCTP_EVENT_REMOTE_ERROR:
        add(record, "cause", event->u.remote_error.cause);
        add_causes(world, record, event->u.remote_error.causes, event->u.remote_error.causes_len);
        break;
    case USCTP_EVENT_BUFFERED_LOW:
        add(record, "whole", (uint64_t)event->u.buffered_low.whole_assoc);
        add(record, "stream", event->u.buffered_low.stream);
        add(record, "buffered", event->u.buffered_low.buffered);
        break;
    case USCTP_EVENT_PARTIAL_ABORTED:
        add(record, "stream", event->u.partial_aborted.stream);
        add(record, "ssn", event->u.partial_aborted.ssn);
        add(record, "unordered", (event->u.partial_aborted.flags & USCTP_MESSAGE_UNORDERED) != 0);
        break;
    case USCTP_EVENT_STREAMS_RESET:
        add_words(record, "result", (uint64_t)event->u.streams_reset.result, reconf_words);
        add(record, "out", (event->u.streams_reset.flags & USCTP_RESET_OUT) != 0);
        add(record, "in", (event->u.streams_reset.flags & USCTP_RESET_IN) != 0);
        add(record, "cnt", event->u.streams_reset.stream_cnt);
        if (event->u.streams_reset.stream_cnt > 0) {
            add(record, "first", event->u.streams_reset.streams[0]);
            add(record, "last",
                event->u.streams_reset.streams[event->u.streams_reset.stream_cnt - 1]);
        }
        break;
    case USCTP_EVENT_ASSOC_RESET:
        add_words(record, "result", (uint64_t)event->u.assoc_reset.result, reconf_words);
        add(record, "local", event->u.assoc_reset.local_tsn);
        add(record, "remote", event->u.assoc_reset.remote_tsn);
        break;
    case USCTP_EVENT_STREAMS_ADDED:
        add_words(record, "result", (uint64_t)event->u.streams_added.result, reconf_words);
        add(record, "out", event->u.streams_added.out_streams);
        add(record, "in", event->u.streams_added.in_streams);
        add(record, "added_out", event->u.streams_added.added_out);
        add(record, "added_in", event->u.streams_added.added_in);
        break;
    case USCTP_EVENT_ADDRESS:
        add(record, "what", (uint64_t)event->u.address.change.what);
        add(record, "wildcard", (uint64_t)event->u.address.change.wildcard);
        add(record, "cause", event->u.address.cause);
        record->has_addr = true;
        record->addr = event->u.address.change.addr;
        break;
    case USCTP_EVENT_ADAPTATION:
        add(record, "indication", event->u.adaptation.indication);
        break;
    case USCTP_EVENT_AUTH:
        add_words(record, "change", (uint64_t)event->u.auth.change, auth_words);
        add(record, "key", event->u.auth.key);
        break;
    default:
        break;
    }
}

struct record *record_make(struct world *world, const struct usctp_event *event)
{
    struct record *record = values_alloc(&world->values, sizeof(*record));
    size_t names = sizeof(event_names) / sizeof(event_names[0]);

    record->name = event->type > 0 && (size_t)event->type < names ? event_names[event->type] : "?";
    add(record, "assoc", world_assoc_number(world, event->assoc));
    fill(world, record, event);
    return record;
}

static const char *word_of(const struct record_field *field)
{
    if (field->words == NULL) {
        return NULL;
    }
    for (size_t i = 0; field->words[i] != NULL; i++) {
        if (i == field->num) {
            return field->words[i];
        }
    }
    return "?";
}

void text_record(struct text *text, const struct record *record)
{
    char addr[USCTP_ADDR_TEXT_MAX];

    text_add(text, "%s", record->name);
    for (size_t i = 0; i < record->field_cnt; i++) {
        const char *word = word_of(&record->fields[i]);

        if (word != NULL) {
            text_add(text, " %s=%s", record->fields[i].key, word);
        } else {
            text_add(text, " %s=%" PRIu64, record->fields[i].key, record->fields[i].num);
        }
    }
    if (record->has_addr) {
        text_add(text, " addr=%s", usctp_addr_text(&record->addr, addr, sizeof(addr)));
    }
}

static bool takes_addr(const struct value *value, const struct usctp_addr *addr)
{
    return value->kind == VALUE_ADDR && value->addr.family == addr->family &&
           memcmp(value->addr.bytes, addr->bytes, sizeof(addr->bytes)) == 0;
}

static bool takes_field(struct values *values, const struct field *wanted,
                        const struct record_field *field)
{
    const char *word = word_of(field);

    if (wanted->value.kind == VALUE_WORD) {
        return same_word(word, wanted->value.word);
    }
    return value_takes_num(values, &wanted->value, field->num);
}

bool record_matches(struct values *values, struct item *item, const struct record *record,
                    struct text *why)
{
    struct field *wanted;

    if (!same_word(item->name, record->name)) {
        text_add(why, "another event came");
        return false;
    }
    for (size_t i = 0; i < record->field_cnt; i++) {
        wanted = item_field(item, record->fields[i].key);
        if (wanted != NULL && !takes_field(values, wanted, &record->fields[i])) {
            text_add(why, "%s is another one", record->fields[i].key);
            return false;
        }
    }
    wanted = record->has_addr ? item_field(item, "addr") : NULL;
    if (wanted != NULL && !takes_addr(&wanted->value, &record->addr)) {
        text_add(why, "the address is another one");
        return false;
    }
    wanted = item_field(item, "data");
    if (wanted != NULL && !value_takes_bytes(values, &wanted->value, record->bytes, record->len)) {
        text_add(why, "the data is not as expected");
        return false;
    }
    item_all_used(values, item);
    return true;
}
