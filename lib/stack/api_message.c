/* SPDX-License-Identifier: BSD-3-Clause */
/* The public verbs of received messages. */
#include "core/assoc.h"
#include "core/core.h"
#include "core/message.h"

usctp_message *usctp_message_keep(usctp_message *message)
{
    return message != NULL ? usctp__message_keep(message) : NULL;
}

int usctp_message_take(usctp_message *message, size_t memory)
{
    return message != NULL ? usctp__message_hand_over(message, memory) : USCTP_EINVAL;
}

int usctp_assoc_consumed(usctp_assoc *assoc, size_t len, size_t memory)
{
    struct usctp__core *core;
    bool taken;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    core = assoc->core;
    usctp__core_enter_briefly(core);
    taken = usctp__rx_consumed(assoc, len, memory); /* which may open the window */
    usctp__core_leave_briefly(core);
    return taken ? USCTP_OK : USCTP_EINVAL;
}

void usctp_message_drop(usctp_message *message)
{
    struct usctp__core *core;

    if (message == NULL) {
        return;
    }
    core = message->core;
    usctp__core_enter_briefly(core);
    usctp__message_drop(message); /* which may open the window */
    usctp__core_leave_briefly(core);
}

const uint8_t *usctp_message_data(usctp_message *message, size_t *len)
{
    struct usctp__core *core;
    const uint8_t *data;

    if (message == NULL || len == NULL) {
        return NULL;
    }
    core = message->core;
    usctp__core_enter(core);
    data = usctp__message_data(message, len);
    usctp__core_leave(core);
    return data;
}

size_t usctp_message_iov(usctp_message *message, const struct usctp_iov **iov)
{
    if (message == NULL || iov == NULL) {
        return 0;
    }
    *iov = message->iov;
    return message->iov_cnt;
}

int usctp_message_defer(usctp_message *message)
{
    struct usctp__core *core;
    int error;

    if (message == NULL) {
        return USCTP_EINVAL;
    }
    core = message->core;
    usctp__core_enter(core);
    error = usctp__message_defer(message);
    usctp__core_leave(core);
    return error;
}
