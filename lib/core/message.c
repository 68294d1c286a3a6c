/* SPDX-License-Identifier: BSD-3-Clause */
/* Received messages and their references. */
#include "core/message.h"

#include <string.h>

#include "base/compiler.h"
#include "core/assoc.h"

struct usctp_message *usctp__message_new(struct usctp__core *core, size_t cnt)
{
    struct usctp_message *message = usctp__pool_get(&core->message_pool);

    if (message == NULL) {
        return NULL;
    }
    message->head.type = USCTP_EVENT_MESSAGE;
    message->core = core;
    message->assoc = NULL;
    message->next = NULL;
    message->from = NULL;
    message->pieces = NULL;
    message->copy = NULL;
    message->joined = NULL;
    message->iov = &message->one;
    message->iov_cap = 0;
    message->iov_cnt = 1;
    message->memory = 0;
    message->len = 0;
    message->ref_cnt = 1;
    message->ssn = 0;
    message->flags = 0;
    message->in_callback = false;
    message->deferred = false;
    if (cnt > 1) {
        message->iov =
            usctp__bufpool_get(&core->bufs, cnt * sizeof(*message->iov), &message->iov_cap);
        if (message->iov == NULL) {
            usctp__pool_put(&core->message_pool, message);
            return NULL;
        }
    }
    return message;
}

void usctp__message_take(struct usctp_message *message, struct usctp__rxfrag *first)
{
    size_t i = 0;

    for (const struct usctp__rxfrag *frag = first; frag != NULL; frag = frag->next) {
        message->iov[i].base = frag->bytes;
        message->iov[i].len = frag->len;
        message->memory += usctp__rxfrag_memory(frag);
        i++;
    }
    USCTP__ASSERT(i == first->run_cnt);
    message->pieces = first;
    message->iov_cnt = i;
    message->len = first->run_len;
    message->ppid = first->ppid;
    message->tsn = (uint32_t)first->tsn;
    message->path = first->path;
    message->sid = first->sid;
    message->ssn = first->ssn;
    if ((first->flags & USCTP__DATA_FLAG_UNORDERED) != 0) {
        message->flags |= USCTP_MESSAGE_UNORDERED;
    }
    if ((first->flags & USCTP__DATA_FLAG_BEGIN) != 0) {
        message->flags |= USCTP_MESSAGE_FIRST;
    }
    if ((first->end->flags & USCTP__DATA_FLAG_END) != 0) {
        message->flags |= USCTP_MESSAGE_LAST;
    }
}

void usctp__message_charge(struct usctp_message *message, struct usctp_assoc *assoc)
{
    /* Bytes in the driver's buffer cost nothing until they are copied. */
    if (message->pieces != NULL) {
        message->memory += sizeof(*message) + message->iov_cap;
    }
    message->assoc = assoc;
    usctp__rx_charge(assoc, message->len, message->memory);
}

static void charge_memory(struct usctp_message *message, size_t memory)
{
    message->memory += memory;
    if (message->assoc != NULL) {
        usctp__rx_charge(message->assoc, 0, memory);
    }
}

static void release_memory(struct usctp_message *message, size_t memory)
{
    message->memory -= memory;
    if (message->assoc != NULL) {
        usctp__rx_release(message->assoc, 0, memory);
    }
}

bool usctp__message_own(struct usctp_message *message)
{
    if (!usctp__message_is_lent(message)) {
        return true;
    }
    message->copy = usctp__bufpool_get(&message->core->bufs, message->len, &message->iov_cap);
    if (message->copy == NULL) {
        message->iov_cap = 0;
        return false;
    }
    memcpy(message->copy, message->one.base, message->len);
    message->one.base = message->copy;
    charge_memory(message, sizeof(*message) + message->iov_cap);
    return true;
}

/* The bytes were joined, and nobody looks at the pieces any more. */
static void drop_pieces(struct usctp_message *message)
{
    size_t memory = message->iov_cap;

    for (const struct usctp__rxfrag *frag = message->pieces; frag != NULL; frag = frag->next) {
        memory += usctp__rxfrag_memory(frag);
    }
    usctp__rxfrag_free_all(message->core, message->pieces);
    if (message->iov_cap > 0) {
        usctp__bufpool_put(&message->core->bufs, message->iov, message->iov_cap);
        message->iov_cap = 0;
    }
    message->pieces = message->joined;
    message->joined = NULL;
    message->iov = &message->one;
    message->one.base = message->pieces->bytes;
    message->one.len = message->pieces->len;
    message->iov_cnt = 1;
    release_memory(message, memory);
}

static void unlink_kept(struct usctp_message *message)
{
    if (message->from != NULL) {
        *message->from = message->next;
        if (message->next != NULL) {
            message->next->from = message->from;
        }
        message->from = NULL;
        message->next = NULL;
    }
}

static void link_kept(struct usctp_message *message, struct usctp_message **list)
{
    message->next = *list;
    message->from = list;
    if (*list != NULL) {
        (*list)->from = &message->next;
    }
    *list = message;
}

void usctp__message_trim(struct usctp__core *core)
{
    struct usctp__qlink *link;

    while ((link = usctp__queue_pop(&core->plain_messages)) != NULL) {
        usctp__pool_put(&core->message_pool,
                        USCTP__CONTAINER_OF(link, struct usctp_message, head.link));
    }
}

static void free_message(struct usctp_message *message)
{
    struct usctp__core *core = message->core;
    struct usctp_assoc *assoc = message->assoc;
    uint32_t len = message->len;
    size_t memory = message->memory;

    unlink_kept(message);
    if (message->pieces != NULL) {
        usctp__rxfrag_free_all(core, message->pieces);
        usctp__rxfrag_free_all(core, message->joined);
    }
    if (message->copy != NULL) {
        usctp__bufpool_put(&core->bufs, message->copy, message->iov_cap);
    } else if (message->iov_cap > 0) {
        usctp__bufpool_put(&core->bufs, message->iov, message->iov_cap);
    }
    if (usctp__message_is_plain(message)) {
        usctp__message_put_plain(message);
    } else {
        usctp__pool_put(&core->message_pool, message);
    }
    if (assoc != NULL) {
        usctp__rx_release(assoc, len, memory);
    }
}

void usctp__message_unref(struct usctp_message *message)
{
    USCTP__ASSERT(message->ref_cnt > 0);
    if (--message->ref_cnt == 0) {
        free_message(message);
    }
}

void usctp__message_settle(struct usctp_message *message)
{
    bool queued = message->deferred;

    message->deferred = false;
    if (message->joined != NULL && (queued || message->ref_cnt > 1)) {
        drop_pieces(message);
    }
    if (!queued) {
        usctp__message_unref(message);
    }
}

void usctp__message_orphan_all(struct usctp_assoc *assoc)
{
    while (assoc->rx.kept != NULL) {
        struct usctp_message *message = assoc->rx.kept;

        unlink_kept(message);
        message->assoc = NULL;
    }
}

usctp_message *usctp__message_keep(usctp_message *message)
{
    if (!usctp__message_own(message)) {
        return NULL;
    }
    if (message->from == NULL && message->assoc != NULL) {
        link_kept(message, &message->assoc->rx.kept);
    }
    message->ref_cnt++;
    return message;
}

int usctp__message_hand_over(usctp_message *message, size_t memory)
{
    struct usctp_assoc *assoc = message->assoc;

    if (!message->in_callback || message->deferred || message->ref_cnt > 1 || assoc == NULL ||
        assoc->freed) {
        return USCTP_ESTATE;
    }
    message->assoc = NULL; /* its charge is the application's */
    usctp__rx_take_over(assoc, message->len, message->memory, memory);
    return USCTP_OK;
}

void usctp__message_drop(usctp_message *message)
{
    /* The last reference is the callback's as long as it runs. */
    if (!message->in_callback || message->ref_cnt > 1) {
        usctp__message_unref(message);
    }
}

const uint8_t *usctp__message_data(usctp_message *message, size_t *len)
{
    struct usctp__rxfrag *joined = message->joined;

    *len = message->len;
    if (message->iov_cnt == 1) {
        return message->one.base;
    }
    if (joined == NULL) {
        joined = usctp__rxfrag_new(message->core, message->len);
        if (joined == NULL) {
            return NULL;
        }
        for (size_t i = 0; i < message->iov_cnt; i++) {
            memcpy(joined->bytes + joined->len, message->iov[i].base, message->iov[i].len);
            joined->len += (uint32_t)message->iov[i].len;
        }
        message->joined = joined;
        charge_memory(message, usctp__rxfrag_memory(joined));
    }
    if (!message->in_callback) {
        drop_pieces(message);
    }
    return joined->bytes;
}

int usctp__message_defer(usctp_message *message)
{
    if (!message->in_callback || message->deferred || message->assoc == NULL ||
        message->assoc->freed) {
        return USCTP_ESTATE;
    }
    message->deferred = true;
    usctp__event_put_back(message->assoc, message);
    return USCTP_OK;
}
