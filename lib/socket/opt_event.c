/* SPDX-License-Identifier: BSD-3-Clause */
/* Subscriptions to notifications (RFC 6458, 6.2, 8.1.14, 8.1.28). */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "socket/notify.h"
#include "socket/opt.h"

/* RFC 6458, 6.1.9: the core tells of an empty queue where somebody wants to know; who asks while it is
 * empty is told at once. */
static int apply_dry(struct usctp__opt_call *call, uint32_t before)
{
    uint32_t dry = usctp__event_bit(SCTP_SENDER_DRY_EVENT);
    bool wanted = (usctp__opt_peer_opts(call)->events & dry) != 0;

    if (wanted == ((before & dry) != 0)) {
        return 0;
    }
    struct usctp_params params = usctp__opt_params(call);
    params.flags &= ~(uint32_t)USCTP_PARAM_DRY_EVENTS;
    params.flags |= wanted ? USCTP_PARAM_DRY_EVENTS : 0;
    int err = usctp__opt_set_params(call, &params);
    if (err == 0 && wanted && call->peer != NULL && call->peer->up &&
        usctp_assoc_buffered(call->peer->assoc) == 0) {
        usctp__note_dry(call->sock, call->peer);
    }
    return err;
}

/* The events of `mask` are wanted as in `events`, the others as they were. */
static int subscribe(struct usctp__opt_call *call, uint32_t mask, uint32_t events)
{
    struct usctp__peer_opts *opts = usctp__opt_peer_opts(call);
    uint32_t before = opts->events;

    opts->events = (before & ~mask) | (events & mask);
    int err = apply_dry(call, before);
    if (err != 0) {
        opts->events = before;
    }
    return err;
}

/* --- SCTP_EVENT (8.1.28) ---------------------------------------------------------------------- */

/* Those that Linux numbers; SCTP_NOTIFICATIONS_STOPPED_EVENT cannot be asked for (6.1.10). */
static uint32_t bit_of(uint16_t type)
{
    return type <= SCTP_SEND_FAILED_EVENT ? usctp__event_bit(type) : 0;
}

static int get_event(struct usctp__opt_call *call)
{
    uint32_t bit = bit_of(call->value->event.se_type);

    if (bit == 0) {
        return -EINVAL;
    }
    if (call->value->event.se_type == SCTP_DATA_IO_EVENT) {
        call->peer = NULL; /* ancillary data is the socket's */
    }
    call->value->event.se_on = (usctp__opt_peer_opts(call)->events & bit) != 0;
    return 0;
}

static int set_event(struct usctp__opt_call *call)
{
    uint32_t bit = bit_of(call->value->event.se_type);

    if (bit == 0 || call->value->event.se_on > 1) {
        return -EINVAL;
    }
    if (call->value->event.se_type == SCTP_DATA_IO_EVENT) {
        call->peer = NULL;
    }
    return subscribe(call, bit, call->value->event.se_on != 0 ? bit : 0);
}

/* --- SCTP_EVENTS (8.1.14) --------------------------------------------------------------------- */

/* As long as the program knows events; the byte at n is that of the event with this number. */
static int get_events(struct usctp__opt_call *call)
{
    for (size_t i = 0; i < sizeof(call->value->subscribe); i++) {
        call->value->bytes[i] = (call->sock->opts.peer.events >> i & 1u) != 0;
    }
    return 0;
}

static int apply_events(struct usctp__opt_call *call)
{
    uint32_t mask = (UINT32_C(1) << call->len) - 1, events = 0;

    for (size_t i = 0; i < call->len; i++) {
        events |= call->value->bytes[i] != 0 ? UINT32_C(1) << i : 0;
    }
    return subscribe(call, mask, events);
}

static int set_events(struct usctp__opt_call *call)
{
    if (call->user_len > sizeof(call->value->subscribe)) {
        return -EINVAL; /* events that nobody here knows */
    }
    return usctp__opt_everywhere(call, apply_events);
}

/* --- The rows --------------------------------------------------------------------------------- */

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_EVENTS, USCTP__OPT_SOCK, USCTP__OPT_NO_ID, 1,
     sizeof(struct sctp_event_subscribe), get_events, set_events},
    {IPPROTO_SCTP, SCTP_EVENT, USCTP__OPT_SOCK | USCTP__OPT_ASSOC | USCTP__OPT_ALL,
     offsetof(struct sctp_event, se_assoc_id), offsetof(struct sctp_event, se_on) + 1,
     sizeof(struct sctp_event), get_event, set_event},
};

const struct usctp__opt_family usctp__opts_event = {rows, sizeof(rows) / sizeof(rows[0])};
