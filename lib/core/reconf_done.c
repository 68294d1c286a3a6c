/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream reconfiguration: how our requests end (RFC 6525, 5.2.7): answered, for want of an answer, or with the
 * association. */
#include "core/reconf.h"

#include <string.h>

#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"

/* --- Answers --- */

static int result_of(uint32_t code)
{
    switch (code) {
    case USCTP__RECONF_PERFORMED:
        return USCTP_RECONF_DONE;
    case USCTP__RECONF_NOTHING:
        return USCTP_RECONF_NOTHING;
    case USCTP__RECONF_DENIED:
        return USCTP_RECONF_DENIED;
    case USCTP__RECONF_BUSY:
        return USCTP_RECONF_BUSY;
    default:
        return USCTP_RECONF_FAILED;
    }
}

/* Abandoned messages of before the reset are behind the peer: a FORWARD TSN must not tell their numbers, which
 * are those of new messages now. */
static void forget_skipped(struct usctp_assoc *assoc)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    const struct usctp__reconf_request *request = &assoc->reconf->request;
    struct usctp__stream_set set = usctp__reconf_set(&request->streams);

    for (uint64_t tsn = ring->base; tsn < ring->next; tsn++) {
        struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);

        if ((int32_t)(request->last_tsn - (uint32_t)tsn) >= 0 && slot->msg == NULL &&
            usctp__stream_set_has(&set, slot->len)) {
            slot->flags &= (uint8_t)~USCTP__TXSLOT_ORDERED;
        }
    }
}

/* RFC 6525, 5.2.7, H3, H4 */
static bool answered_out(struct usctp_assoc *assoc, bool success, int result)
{
    struct usctp__reconf_request *request = &assoc->reconf->request;

    /* Both successes: the peer expects number 0. */
    if ((success || !request->answers) &&
        !usctp__event_streams_reset(assoc, USCTP_RESET_OUT, success ? USCTP_RECONF_DONE : result,
                                    request->streams.bytes, request->streams.cnt)) {
        return false;
    }
    if (success) {
        forget_skipped(assoc);
    }
    request->open &= (uint8_t)~USCTP__RECONF_OUT;
    usctp__reconf_release(assoc, success ? &request->streams : NULL);
    return true;
}

/* The peer's outgoing reset is what resets them, and what the event tells of (5): "nothing to do" is no
 * reset. */
static bool answered_in(struct usctp_assoc *assoc, int result)
{
    const struct usctp__reconf_request *request = &assoc->reconf->request;

    return result == USCTP_RECONF_DONE ||
           usctp__event_streams_reset(assoc, USCTP_RESET_IN, result, request->streams.bytes,
                                      request->streams.cnt);
}

/* RFC 6525, 5.2.7, H6 */
static bool answered_add_out(struct usctp_assoc *assoc, bool success, int result)
{
    const struct usctp__reconf_request *request = &assoc->reconf->request;
    uint16_t cnt = success ? request->add_out : 0;

    assoc->out_streams += cnt;
    if ((success || !request->answers) &&
        !usctp__event_streams_added(assoc, success ? USCTP_RECONF_DONE : result, cnt, 0)) {
        assoc->out_streams -= cnt;
        return false;
    }
    return true;
}

/* The peer's own request adds them, and its event tells of that (5.2.5): "nothing to do" adds none. */
static bool answered_add_in(struct usctp_assoc *assoc, int result)
{
    return result == USCTP_RECONF_DONE || usctp__event_streams_added(assoc, result, 0, 0);
}

/* RFC 6525, 5.2.7, H3, H5 */
static bool answered_tsn(struct usctp_assoc *assoc, bool success, int result,
                         const struct usctp__reconf_param *response)
{
    if (success && response->has_tsns) {
        return usctp__reconf_confirm_tsn(assoc, response->sender_tsn, response->receiver_tsn);
    }
    if (!usctp__event_assoc_reset(assoc, success ? USCTP_RECONF_FAILED : result, 0, 0)) {
        return false;
    }
    assoc->reconf->request.open = 0;
    usctp__reconf_release(assoc, NULL);
    return true;
}

bool usctp__reconf_answered(struct usctp_assoc *assoc, unsigned kind,
                            const struct usctp__reconf_param *response)
{
    struct usctp__reconf_request *request = &assoc->reconf->request;
    bool success =
        response->result == USCTP__RECONF_NOTHING || response->result == USCTP__RECONF_PERFORMED;
    int result = result_of(response->result);
    bool told = true;

    switch (kind) {
    case USCTP__RECONF_OUT:
        told = answered_out(assoc, success, result);
        break;
    case USCTP__RECONF_IN:
        told = answered_in(assoc, result);
        break;
    case USCTP__RECONF_TSN:
        told = answered_tsn(assoc, success, result, response);
        break;
    case USCTP__RECONF_ADD_OUT:
        told = answered_add_out(assoc, success, result);
        break;
    default:
        told = answered_add_in(assoc, result);
        break;
    }
    if (!told) {
        return false;
    }
    request->open &= (uint8_t)~kind;
    if (request->open == 0) {
        usctp__reconf_close(assoc);
    } else if (usctp__reconf_is_agreed(request)) {
        usctp__alarm_set(assoc, USCTP__ALARM_RECONF, request->agreed_ts);
    }
    return true;
}

/* RFC 6525, 5.2.3, 5.2.6: the peer has to send a request of its own. It repeats it, but no longer than a timeout may
 * be is waited for it: nothing else would ever tell the application. */
void usctp__reconf_agreed(struct usctp_assoc *assoc)
{
    struct usctp__reconf_request *request = &assoc->reconf->request;

    if (request->agreed_ts == 0) {
        request->agreed_ts =
            usctp__time_add(assoc->core->now_ts, assoc->paths.data->set->bounds.max_dur);
    }
    if (usctp__reconf_is_agreed(request)) {
        usctp__alarm_set(assoc, USCTP__ALARM_RECONF, request->agreed_ts); /* H1 */
    }
}

bool usctp__reconf_not_done(struct usctp_assoc *assoc)
{
    static const struct usctp__reconf_param failed = {.result = USCTP__RECONF_WRONG_SSN};
    unsigned kind = assoc->reconf->request.open & USCTP__RECONF_INBOUND; /* one alone: 3.1 */

    return usctp__reconf_answered(assoc, kind, &failed);
}

/* --- It is over --- */

void usctp__reconf_close(struct usctp_assoc *assoc)
{
    struct usctp__reconf_request *request = &assoc->reconf->request;

    usctp__alarm_clear(assoc, USCTP__ALARM_RECONF);
    usctp__reconf_free(assoc, &request->streams);
    memset(request, 0, sizeof(*request));
    usctp__assoc_touch(assoc);
}

void usctp__reconf_end(struct usctp_assoc *assoc)
{
    struct usctp__reconf *reconf = assoc->reconf;
    struct usctp__reconf_request *request = &reconf->request;

    if (!request->answers) {
        if ((request->open & USCTP__RECONF_RESETS) != 0) {
            unsigned flags = (request->open & USCTP__RECONF_OUT) != 0 ? USCTP_RESET_OUT : 0;

            flags |= (request->open & USCTP__RECONF_IN) != 0 ? USCTP_RESET_IN : 0;
            usctp__event_streams_reset(assoc, flags, USCTP_RECONF_FAILED, request->streams.bytes,
                                       request->streams.cnt);
        } else if ((request->open & USCTP__RECONF_TSN) != 0) {
            usctp__event_assoc_reset(assoc, USCTP_RECONF_FAILED, 0, 0);
        } else if (request->open != 0) {
            usctp__event_streams_added(assoc, USCTP_RECONF_FAILED, 0, 0);
        }
    }
    usctp__reconf_release(assoc, NULL);
    usctp__alarm_clear(assoc, USCTP__ALARM_RECONF);
    usctp__reconf_free(assoc, &request->streams);
    usctp__reconf_free(assoc, &reconf->deferred.streams);
    usctp__mem_free(&assoc->core->mem, reconf, sizeof(*reconf));
    assoc->reconf = NULL;
}
