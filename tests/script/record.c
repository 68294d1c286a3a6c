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

static void add_iov(struct record *record, const struct usctp_iov *iov, size_t iov_cnt)
{
    for (size_t i = 0; i < iov_cnt; i++) {
        record->len += iov[i].len;
    }
    record->bytes = values_alloc(record->values, record->len + 1);
    record->len = 0;
    for (size_t i = 0; i < iov_cnt; i++) {
        memcpy(record->bytes + record->len, iov[i].base, iov[i].len);
        record->len += iov[i].len;
    }
    add(record, "len", record->len);
}

static void add_causes(struct record *record, const uint8_t *causes, size_t len)
{
    record->bytes = values_copy(record->values, causes, len);
    record->len = len;
}

/* --- What an event says ------------------------------------------------------------------------ */

static void fill_up(struct record *record, const struct usctp_event *event)
{
    add(record, "out", event->u.up.out_streams);
    add(record, "in", event->u.up.in_streams);
}

static void fill_lost(struct record *record, const struct usctp_event *event)
{
    add_words(record, "reason", (uint64_t)event->u.lost.reason, lost_words);
    add(record, "was_up", (uint64_t)event->u.lost.was_up);
    add(record, "cause", event->u.lost.cause);
    add_causes(record, event->u.lost.causes, event->u.lost.causes_len);
}

static void fill_message(struct record *record, const struct usctp_event *event)
{
    add(record, "stream", event->u.message.stream);
    add_iov(record, event->u.message.iov, event->u.message.iov_cnt);
    add(record, "ppid", event->u.message.ppid);
    add(record, "ssn", event->u.message.ssn);
    add(record, "tsn", event->u.message.tsn);
    add(record, "path", event->u.message.path);
    add(record, "unordered", (event->u.message.flags & USCTP_MESSAGE_UNORDERED) != 0);
    add(record, "first", (event->u.message.flags & USCTP_MESSAGE_FIRST) != 0);
    add(record, "last", (event->u.message.flags & USCTP_MESSAGE_LAST) != 0);
}

static void fill_send_failed(struct record *record, const struct usctp_event *event)
{
    add(record, "stream", event->u.send_failed.info.stream);
    add_iov(record, event->u.send_failed.iov, event->u.send_failed.iov_cnt);
    add(record, "sent", (uint64_t)event->u.send_failed.sent);
    add(record, "ppid", event->u.send_failed.info.ppid);
    add(record, "cause", event->u.send_failed.cause);
}

static void fill_path(struct record *record, const struct usctp_event *event)
{
    add_words(record, "change", (uint64_t)event->u.path.change, change_words);
    add(record, "id", event->u.path.id);
    add(record, "udp_port", event->u.path.remote_udp_port);
    record->has_addr = true;
    record->addr = event->u.path.remote;
}

static void fill_remote_error(struct record *record, const struct usctp_event *event)
{
    add(record, "cause", event->u.remote_error.cause);
    add_causes(record, event->u.remote_error.causes, event->u.remote_error.causes_len);
}

static void fill_buffered_low(struct record *record, const struct usctp_event *event)
{
    add(record, "whole", (uint64_t)event->u.buffered_low.whole_assoc);
    add(record, "stream", event->u.buffered_low.stream);
    add(record, "buffered", event->u.buffered_low.buffered);
}

static void fill_partial_aborted(struct record *record, const struct usctp_event *event)
{
    add(record, "stream", event->u.partial_aborted.stream);
    add(record, "ssn", event->u.partial_aborted.ssn);
    add(record, "unordered", (event->u.partial_aborted.flags & USCTP_MESSAGE_UNORDERED) != 0);
}

static void fill_streams_reset(struct record *record, const struct usctp_event *event)
{
    add_words(record, "result", (uint64_t)event->u.streams_reset.result, reconf_words);
    add(record, "out", (event->u.streams_reset.flags & USCTP_RESET_OUT) != 0);
    add(record, "in", (event->u.streams_reset.flags & USCTP_RESET_IN) != 0);
    add(record, "cnt", event->u.streams_reset.stream_cnt);
    if (event->u.streams_reset.stream_cnt > 0) {
        add(record, "first", event->u.streams_reset.streams[0]);
        add(record, "last", event->u.streams_reset.streams[event->u.streams_reset.stream_cnt - 1]);
    }
}

static void fill_assoc_reset(struct record *record, const struct usctp_event *event)
{
    add_words(record, "result", (uint64_t)event->u.assoc_reset.result, reconf_words);
    add(record, "local", event->u.assoc_reset.local_tsn);
    add(record, "remote", event->u.assoc_reset.remote_tsn);
}

static void fill_streams_added(struct record *record, const struct usctp_event *event)
{
    add_words(record, "result", (uint64_t)event->u.streams_added.result, reconf_words);
    add(record, "out", event->u.streams_added.out_streams);
    add(record, "in", event->u.streams_added.in_streams);
    add(record, "added_out", event->u.streams_added.added_out);
    add(record, "added_in", event->u.streams_added.added_in);
}

static void fill_address(struct record *record, const struct usctp_event *event)
{
    add(record, "what", (uint64_t)event->u.address.change.what);
    add(record, "wildcard", (uint64_t)event->u.address.change.wildcard);
    add(record, "cause", event->u.address.cause);
    record->has_addr = true;
    record->addr = event->u.address.change.addr;
}

static void fill_adaptation(struct record *record, const struct usctp_event *event)
{
    add(record, "indication", event->u.adaptation.indication);
}

static void fill_auth(struct record *record, const struct usctp_event *event)
{
    add_words(record, "change", (uint64_t)event->u.auth.change, auth_words);
    add(record, "key", event->u.auth.key);
}

/* By type of event. */
static const struct {
    const char *name;
    void (*fill)(struct record *record, const struct usctp_event *event);
} kinds[] = {
    [USCTP_EVENT_UP] = {"UP", fill_up},
    [USCTP_EVENT_RESTARTED] = {"RESTARTED", fill_up},
    [USCTP_EVENT_LOST] = {"LOST", fill_lost},
    [USCTP_EVENT_CLOSED] = {"CLOSED", NULL},
    [USCTP_EVENT_MESSAGE] = {"MESSAGE", fill_message},
    [USCTP_EVENT_WRITABLE] = {"WRITABLE", NULL},
    [USCTP_EVENT_SEND_FAILED] = {"SEND_FAILED", fill_send_failed},
    [USCTP_EVENT_PATH] = {"PATH", fill_path},
    [USCTP_EVENT_REMOTE_ERROR] = {"REMOTE_ERROR", fill_remote_error},
    [USCTP_EVENT_PEER_SHUTDOWN] = {"PEER_SHUTDOWN", NULL},
    [USCTP_EVENT_DRY] = {"DRY", NULL},
    [USCTP_EVENT_BUFFERED_LOW] = {"BUFFERED_LOW", fill_buffered_low},
    [USCTP_EVENT_PARTIAL_ABORTED] = {"PARTIAL_ABORTED", fill_partial_aborted},
    [USCTP_EVENT_STREAMS_RESET] = {"STREAMS_RESET", fill_streams_reset},
    [USCTP_EVENT_ASSOC_RESET] = {"ASSOC_RESET", fill_assoc_reset},
    [USCTP_EVENT_STREAMS_ADDED] = {"STREAMS_ADDED", fill_streams_added},
    [USCTP_EVENT_AUTH] = {"AUTH", fill_auth},
    [USCTP_EVENT_ADDRESS] = {"ADDRESS", fill_address},
    [USCTP_EVENT_ADAPTATION] = {"ADAPTATION", fill_adaptation},
};

struct record *record_make(struct world *world, const struct usctp_event *event)
{
    struct record *record = values_alloc(&world->values, sizeof(*record));
    bool known = event->type > 0 && (size_t)event->type < sizeof(kinds) / sizeof(kinds[0]);

    record->values = &world->values;
    record->name = known ? kinds[event->type].name : "?";
    add(record, "assoc", world_assoc_number(world, event->assoc));
    if (known && kinds[event->type].fill != NULL) {
        kinds[event->type].fill(record, event);
    }
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
