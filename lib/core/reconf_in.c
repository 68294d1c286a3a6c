/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream reconfiguration: what the peer asks for and answers (RFC 6525, 5.2). */
#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/error.h"
#include "core/input.h"
#include "core/reconf.h"
#include "wire/forward.h"
#include "wire/cause.h"

/* --- Resetting incoming streams (5.2.2) --- */

bool usctp__reconf_end_partial(struct usctp_assoc *assoc, const struct usctp__stream_set *set)
{
    struct usctp__reasm *reasm = &assoc->rx.reasm;
    struct usctp__skipped cut;
    struct usctp__queue out;

    while (reasm->interleaved && usctp__reasm_mid_cut(reasm, set, &cut)) {
        if (!usctp__event_partial_aborted(assoc, cut.sid, cut.number, cut.unordered)) {
            return false;
        }
        usctp__reasm_mid_forget(reasm, &cut);
    }
    if (reasm->partial && usctp__stream_set_has(set, reasm->partial_sid)) {
        if (!usctp__event_partial_aborted(assoc, reasm->partial_sid, reasm->partial_ssn,
                                          reasm->partial_unordered)) {
            return false;
        }
        usctp__reasm_end_partial(reasm);
    }
    usctp__queue_init(&out);
    usctp__rx_deliver(assoc, &out); /* what waited for the end of such a one */
    return true;
}

/* RFC 6525, 5.2.2, E3, E4. False: no memory, to be tried again. */
static bool reset_in(struct usctp_assoc *assoc, const struct usctp__stream_set *set,
                     uint64_t last_tsn)
{
    struct usctp__reasm *reasm = &assoc->rx.reasm;
    struct usctp__queue out;

    usctp__queue_init(&out);
    if (reasm->stuck && !usctp__reasm_retry(reasm, &out)) {
        usctp__rx_deliver(assoc, &out);
        return false;
    }
    usctp__rx_deliver(assoc, &out); /* before the event: it is of before the reset */
    if (!usctp__reconf_end_partial(assoc, set) ||
        !usctp__event_streams_reset(assoc, USCTP_RESET_IN, USCTP_RECONF_DONE, set->streams,
                                    set->cnt)) {
        return false;
    }
    usctp__reasm_reset(reasm, set, last_tsn, &out);
    usctp__rx_deliver(assoc, &out);
    return true;
}

static void respond(struct usctp_assoc *assoc, const struct usctp__path *path,
                    const struct usctp__reconf_param *responses, size_t cnt, bool with_request)
{
    uint8_t chunk[USCTP__RECONF_CHUNK_MAX];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));
    size_t pos = usctp__chunk_begin(&w, USCTP__CHUNK_RECONF, 0);

    for (size_t i = 0; i < cnt; i++) {
        usctp__reconf_write(&w, &responses[i]);
    }
    if (with_request) {
        usctp__reconf_write_request(assoc->reconf, &w);
    }
    usctp__chunk_end(&w, pos);
    if (!w.failed) {
        usctp__ctrl_push(assoc, path, USCTP__CTRL_REPLY, chunk, w.len);
    }
}

/* RFC 6525, 5.1.7 */
static struct usctp__reconf_param response_of(uint32_t seq, uint32_t code)
{
    struct usctp__reconf_param response = {0};

    response.type = USCTP__PARAM_RECONF_RESPONSE;
    response.seq = seq;
    response.result = code;
    return response;
}

/* The cumulative TSN has reached the last one that was sent before the reset (5.2.2, E2 to E5). */
static void end_deferral(struct usctp_assoc *assoc)
{
    struct usctp__reconf *reconf = assoc->reconf;
    struct usctp__reconf_deferred *deferred = &reconf->deferred;
    struct usctp__stream_set set = usctp__reconf_set(&deferred->streams);
    struct usctp__reconf_param response = response_of(deferred->seq, USCTP__RECONF_PERFORMED);
    uint32_t index = deferred->seq - reconf->seen.seq;

    if (!reset_in(assoc, &set, deferred->last_tsn)) {
        return;
    }
    deferred->on = false;
    usctp__reconf_free(assoc, &deferred->streams);
    if (index < reconf->seen.cnt) {
        reconf->seen.results[index] = USCTP__RECONF_PERFORMED;
        respond(assoc, usctp__path_to_reply(assoc), &response, 1, false);
    }
}

static bool deferral_due(const struct usctp_assoc *assoc)
{
    return assoc->reconf->deferred.on &&
           usctp__rxmap_cum(&assoc->rx.map) >= assoc->reconf->deferred.last_tsn;
}

/* --- Requests of the peer --- */

static bool allows(const struct usctp_assoc *assoc, uint32_t what)
{
    return (usctp__params(assoc)->reconf_allow & what) != 0;
}

/* Where the association is about to end nothing new begins. */
static bool winds_down(const struct usctp_assoc *assoc)
{
    return assoc->state != USCTP_STATE_ESTABLISHED && assoc->state != USCTP_STATE_SHUTDOWN_PENDING;
}

/* The application has not taken the events of earlier requests. */
static bool untold(const struct usctp_assoc *assoc)
{
    return assoc->events.reconf_cnt >= USCTP__RECONF_UNTOLD_MAX;
}

static bool streams_exist(const struct usctp__reconf_param *param, uint16_t cnt)
{
    for (size_t i = 0; i < param->stream_cnt; i++) {
        if (usctp__reconf_stream(param, i) >= cnt) {
            return false;
        }
    }
    return true;
}

/* True if a request of the peer answers that of ours, of the kind, which has this number. */
static bool answers(const struct usctp_assoc *assoc, unsigned kind, uint32_t seq)
{
    const struct usctp__reconf_request *request = &assoc->reconf->request;
    uint32_t mine = request->seq + (request->kinds != kind);

    return request->sent && (request->open & kind) != 0 && seq == mine;
}

/* RFC 6525, 5.2.2, E1: the request that it answers is acknowledged. */
static void take_answer(struct usctp_assoc *assoc, unsigned kind, uint32_t seq)
{
    struct usctp__reconf_param response = response_of(seq, USCTP__RECONF_PERFORMED);

    if (answers(assoc, kind, seq)) {
        (void)usctp__reconf_answered(assoc, kind, &response);
    }
}

/* The peer's request is refused: what we had asked for has failed with it. */
static uint32_t refuse_reset(struct usctp_assoc *assoc, const struct usctp__reconf_param *param,
                             uint32_t result)
{
    if (answers(assoc, USCTP__RECONF_IN, param->response_seq)) {
        (void)usctp__reconf_not_done(assoc);
    }
    return result;
}

/* RFC 6525, 5.2.2 */
static uint32_t on_out_reset(struct usctp_assoc *assoc, const struct usctp__reconf_param *param)
{
    struct usctp__reconf_deferred *deferred = &assoc->reconf->deferred;
    struct usctp__stream_set set = {param->streams, param->stream_cnt};
    uint64_t last_tsn = usctp__rxmap_unwrap(&assoc->rx.map, param->last_tsn);

    if (!allows(assoc, USCTP_RECONF_ALLOW_RESETS)) {
        return refuse_reset(assoc, param, USCTP__RECONF_DENIED);
    }
    if (!streams_exist(param, assoc->in_streams)) {
        return refuse_reset(assoc, param, USCTP__RECONF_WRONG_SSN);
    }
    if (deferred->on && deferred->seq != param->seq) {
        if (answers(assoc, USCTP__RECONF_IN, param->response_seq)) {
            usctp__reconf_agreed(assoc); /* the peer may ask again */
        }
        return USCTP__RECONF_BUSY;
    }
    take_answer(assoc, USCTP__RECONF_IN, param->response_seq);
    if (deferred->on) {
        return USCTP__RECONF_IN_PROGRESS;
    }
    if (untold(assoc)) {
        return USCTP__RECONF_IN_PROGRESS;
    }
    if (last_tsn <= usctp__rxmap_cum(&assoc->rx.map)) {
        return reset_in(assoc, &set, last_tsn) ? USCTP__RECONF_PERFORMED
                                               : USCTP__RECONF_IN_PROGRESS;
    }
    /* RFC 6525, 5.2.2, E2 */
    if (usctp__reconf_copy(assoc, &deferred->streams, param->streams, param->stream_cnt)) {
        deferred->last_tsn = last_tsn;
        deferred->seq = param->seq;
        deferred->on = true;
    }
    return USCTP__RECONF_IN_PROGRESS;
}

/* True if a reset of these streams would change nothing. */
static bool at_zero(const struct usctp_assoc *assoc, const struct usctp__reconf_param *param)
{
    struct usctp__stream_set set = {param->streams, param->stream_cnt};

    return usctp__stream_out_at_zero(&assoc->tx.outq.streams, &set);
}

/* RFC 6525, 5.2.3. Our own request is in the way: two that wait for each other would wait for ever, so
 * it is an error. */
static uint32_t on_in_reset_busy(const struct usctp_assoc *assoc,
                                 const struct usctp__reconf_param *param)
{
    struct usctp__reconf_request *request = &assoc->reconf->request;

    if ((request->open & USCTP__RECONF_OUT) == 0 ||
        !usctp__reconf_covers(&request->streams, param)) {
        return USCTP__RECONF_BUSY;
    }
    if (request->answers_reset && request->response_seq == param->seq) {
        return request->sent ? USCTP__RECONF_PERFORMED : USCTP__RECONF_IN_PROGRESS;
    }
    if (request->sent) {
        return USCTP__RECONF_NOTHING;
    }
    /* It waits for data that goes first: it will be the answer. */
    request->answers_reset = true;
    request->response_seq = param->seq;
    return USCTP__RECONF_IN_PROGRESS;
}

static uint32_t on_in_reset(struct usctp_assoc *assoc, const struct usctp__reconf_param *param)
{
    const struct usctp__reconf_request *request = &assoc->reconf->request;
    int error;

    if (!allows(assoc, USCTP_RECONF_ALLOW_RESETS) || winds_down(assoc)) {
        return USCTP__RECONF_DENIED;
    }
    if (!streams_exist(param, assoc->out_streams)) {
        return USCTP__RECONF_WRONG_SSN;
    }
    if (request->kinds != 0) {
        return on_in_reset_busy(assoc, param);
    }
    if (assoc->reconf->drains) {
        return USCTP__RECONF_BUSY;
    }
    if (untold(assoc)) {
        return USCTP__RECONF_IN_PROGRESS;
    }
    if (at_zero(assoc, param)) {
        return USCTP__RECONF_NOTHING;
    }
    error = usctp__reconf_begin_reset(assoc, param);
    if (error == USCTP_EMSGSIZE) {
        return USCTP__RECONF_DENIED;
    }
    return error == USCTP_OK && request->sent ? USCTP__RECONF_PERFORMED : USCTP__RECONF_IN_PROGRESS;
}

/* RFC 6525, 5.2.4 */
static uint32_t on_tsn_reset(struct usctp_assoc *assoc)
{
    struct usctp__reconf *reconf = assoc->reconf;
    const struct usctp__reconf_request *request = &reconf->request;

    if (!allows(assoc, USCTP_RECONF_ALLOW_ASSOC_RESET) || winds_down(assoc)) {
        return USCTP__RECONF_DENIED;
    }
    /* Both at once: neither is performed. One of ours that was not sent yet is joined to the peer's. */
    if (request->kinds != 0 && (request->kinds != USCTP__RECONF_TSN || request->sent)) {
        return USCTP__RECONF_BUSY;
    }
    if (untold(assoc)) {
        return USCTP__RECONF_IN_PROGRESS;
    }
    if (!reconf->drains) {
        reconf->drains = true;
        usctp__reconf_hold(assoc);
    }
    /* G3 would have what is outstanding count as acknowledged: it is waited for instead. */
    if (!usctp__reconf_drained(assoc) || !usctp__txring_empty(&assoc->tx.ring) ||
        !usctp__reconf_perform_tsn(assoc)) {
        usctp__assoc_touch(assoc);
        return USCTP__RECONF_IN_PROGRESS;
    }
    return USCTP__RECONF_PERFORMED;
}

/* RFC 6525, 5.2.5, 5.2.6: one limit for both directions, as in its section 6.3.4. */
static bool streams_allowed(const struct usctp_assoc *assoc, uint16_t present, uint16_t more)
{
    uint32_t limit = usctp__params(assoc)->max_in_streams;

    return allows(assoc, USCTP_RECONF_ALLOW_ADDS) && (uint32_t)present + more <= limit;
}

static uint32_t on_add_out(struct usctp_assoc *assoc, const struct usctp__reconf_param *param)
{
    const struct usctp__reconf_request *request = &assoc->reconf->request;
    /* RFC 6525, 5.2.6: it may be all the answer there is to our request. */
    bool asked_for = request->sent && (request->open & USCTP__RECONF_ADD_IN) != 0 &&
                     request->add_in == param->add_cnt;

    if (!streams_allowed(assoc, assoc->in_streams, param->add_cnt)) {
        if (asked_for) {
            (void)usctp__reconf_not_done(assoc);
        }
        return USCTP__RECONF_DENIED;
    }
    if (untold(assoc)) {
        return USCTP__RECONF_IN_PROGRESS;
    }
    if (param->add_cnt == 0) {
        return USCTP__RECONF_NOTHING;
    }
    assoc->in_streams += param->add_cnt;
    if (!usctp__event_streams_added(assoc, USCTP_RECONF_DONE, 0, param->add_cnt)) {
        assoc->in_streams -= param->add_cnt;
        return USCTP__RECONF_IN_PROGRESS;
    }
    if (asked_for) {
        take_answer(assoc, USCTP__RECONF_ADD_IN,
                    request->seq + (request->kinds != USCTP__RECONF_ADD_IN));
    }
    return USCTP__RECONF_PERFORMED;
}

static uint32_t on_add_in(struct usctp_assoc *assoc, const struct usctp__reconf_param *param)
{
    if (!streams_allowed(assoc, assoc->out_streams, param->add_cnt) || winds_down(assoc)) {
        return USCTP__RECONF_DENIED;
    }
    if (assoc->reconf->request.kinds != 0 || assoc->reconf->drains) {
        return USCTP__RECONF_BUSY;
    }
    if (untold(assoc)) {
        return USCTP__RECONF_IN_PROGRESS;
    }
    if (param->add_cnt == 0) {
        return USCTP__RECONF_NOTHING;
    }
    usctp__reconf_begin_add(assoc, param->add_cnt);
    return USCTP__RECONF_PERFORMED;
}

static uint32_t process(struct usctp_assoc *assoc, const struct usctp__reconf_param *param)
{
    switch (param->type) {
    case USCTP__PARAM_OUT_RESET_REQUEST:
        return on_out_reset(assoc, param);
    case USCTP__PARAM_IN_RESET_REQUEST:
        return on_in_reset(assoc, param);
    case USCTP__PARAM_TSN_RESET_REQUEST:
        return on_tsn_reset(assoc);
    case USCTP__PARAM_ADD_OUT_STREAMS:
        return on_add_out(assoc, param);
    default:
        return on_add_in(assoc, param);
    }
}

/* --- The response --- */

/* True if our outgoing reset is the response to this request of the peer. */
static bool is_answer(const struct usctp__reconf_request *request, uint32_t seq)
{
    return request->sent && request->answers_reset && request->response_seq == seq &&
           (request->open & USCTP__RECONF_OUT) != 0;
}

void usctp__reconf_reply(struct usctp_assoc *assoc, const struct usctp__path *path)
{
    const struct usctp__reconf *reconf = assoc->reconf;
    const struct usctp__reconf_seen *seen = &reconf->seen;
    struct usctp__reconf_param responses[USCTP__RECONF_PARAM_MAX];
    bool with_request = false;
    size_t cnt = 0;

    for (uint32_t i = 0; i < seen->cnt; i++) {
        if (is_answer(&reconf->request, seen->seq + i)) {
            with_request = true; /* RFC 6525, 4.1: an implicit response */
            continue;
        }
        responses[cnt] = response_of(seen->seq + i, seen->results[i]);
        if (seen->performed_tsn && seen->results[i] == USCTP__RECONF_PERFORMED) {
            /* RFC 6525, 5.1.7, D3, D4 */
            responses[cnt].has_tsns = true;
            responses[cnt].sender_tsn = seen->my_tsn;
            responses[cnt].receiver_tsn = seen->peer_tsn;
        }
        cnt++;
    }
    respond(assoc, path, responses, cnt, with_request);
}

/* RFC 6525, 4.4: numbers that are neither the next ones nor the last ones. */
static void refuse(struct usctp_assoc *assoc, const struct usctp__reconf_param *requests,
                   size_t cnt)
{
    struct usctp__reconf_param responses[USCTP__RECONF_PARAM_MAX];

    for (size_t i = 0; i < cnt; i++) {
        responses[i] = response_of(requests[i].seq, USCTP__RECONF_BAD_SEQ);
    }
    respond(assoc, usctp__path_to_reply(assoc), responses, cnt, false);
}

/* A new chunk: its requests have the next numbers. */
static void take_new(struct usctp_assoc *assoc, const struct usctp__reconf_param *requests,
                     size_t cnt)
{
    struct usctp__reconf *reconf = assoc->reconf;
    struct usctp__reconf_seen *seen = &reconf->seen;

    reconf->announce = false; /* who goes on to ask has got the last response, or given it up */
    seen->seq = requests[0].seq;
    seen->cnt = (uint32_t)cnt;
    seen->performed_tsn = false;
    reconf->expected += (uint32_t)cnt;
    assoc->core->at_hand.in->fresh = true;
    for (size_t i = 0; i < cnt; i++) {
        seen->results[i] = process(assoc, &requests[i]);
    }
}

/* RFC 6525, 5.2.1: the last one again is answered as before; what was in progress may be done now. */
static void take_again(struct usctp_assoc *assoc, const struct usctp__reconf_param *requests,
                       size_t cnt)
{
    struct usctp__reconf_seen *seen = &assoc->reconf->seen;

    for (size_t i = 0; i < cnt; i++) {
        if (seen->results[i] == USCTP__RECONF_IN_PROGRESS) {
            seen->results[i] = process(assoc, &requests[i]);
        }
    }
}

static void take_requests(struct usctp_assoc *assoc, const struct usctp__reconf_param *requests,
                          size_t cnt)
{
    struct usctp__reconf *reconf = assoc->reconf;
    uint32_t seq = requests[0].seq;

    if (cnt > 1 && requests[1].seq != seq + 1) {
        refuse(assoc, requests, cnt);
        return;
    }
    if (seq == reconf->expected) {
        take_new(assoc, requests, cnt);
    } else if (reconf->seen.cnt == cnt && seq == reconf->seen.seq) {
        assoc->core->at_hand.in->again = true;
        take_again(assoc, requests, cnt);
    } else {
        refuse(assoc, requests, cnt);
        return;
    }
    if (!assoc->ended) {
        usctp__reconf_reply(assoc, usctp__path_to_reply(assoc));
    }
}

/* --- Responses of the peer (5.2.7) --- */

/* The kind of our request that has this number; 0: none that waits for a response. */
static unsigned kind_of(const struct usctp__reconf_request *request, uint32_t seq)
{
    uint32_t at = request->seq;

    for (unsigned kind = USCTP__RECONF_OUT; request->sent && kind <= USCTP__RECONF_ADD_IN;
         kind <<= 1) {
        if ((request->kinds & kind) != 0 && seq == at++) {
            return request->open & kind;
        }
    }
    return 0;
}

static void take_response(struct usctp_assoc *assoc, const struct usctp__reconf_param *response)
{
    struct usctp__reconf_request *request = &assoc->reconf->request;
    unsigned kind = kind_of(request, response->seq);

    if (kind == 0) {
        return; /* H1 */
    }
    assoc->error_cnt = 0;
    if (response->result == USCTP__RECONF_IN_PROGRESS) { /* H2 */
        const struct usctp__path *path = assoc->paths.data;

        if (usctp__reconf_is_agreed(request)) {
            return; /* it was overtaken */
        }
        request->in_progress = true;
        request->wait_dur = path->rto.rto_dur;
        usctp__alarm_set(assoc, USCTP__ALARM_RECONF,
                         usctp__time_add(assoc->core->now_ts, request->wait_dur));
        return;
    }
    assoc->core->at_hand.in->fresh = true;
    if ((kind & USCTP__RECONF_INBOUND) != 0 && response->result == USCTP__RECONF_PERFORMED) {
        usctp__reconf_agreed(assoc);
        return;
    }
    (void)usctp__reconf_answered(assoc, kind, response);
}

/* --- The chunk --- */

/* RFC 6525, 3.1 */
static void unsupported(struct usctp_assoc *assoc, struct usctp__packet_in *in)
{
    uint8_t cause[64];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

    usctp__cause_write_protocol_violation(&w, "RE-CONFIG parameters do not go together");
    usctp__writer_pad4(&w);
    usctp__error_reply(assoc, in, cause, w.len);
}

static void take(struct usctp_assoc *assoc, const struct usctp__reconf_param *params, size_t cnt)
{
    struct usctp__reconf_param requests[USCTP__RECONF_PARAM_MAX];
    size_t request_cnt = 0;

    for (size_t i = 0; i < cnt; i++) {
        if (params[i].type == USCTP__PARAM_RECONF_RESPONSE) {
            take_response(assoc, &params[i]);
        } else {
            requests[request_cnt++] = params[i];
        }
    }
    if (request_cnt > 0 && !assoc->ended) {
        /* RFC 6525, 5.2.1: the peer may wait for it more than for anything else. */
        usctp__rx_sack_asap(assoc);
        take_requests(assoc, requests, request_cnt);
    }
}

enum usctp__verdict usctp__on_reconf(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                     const struct usctp__chunk *chunk)
{
    struct usctp__reconf_param params[USCTP__RECONF_PARAM_MAX];
    size_t cnt;

    switch (usctp__reconf_parse(chunk, params, &cnt)) {
    case USCTP__RECONF_OK:
        break;
    case USCTP__RECONF_UNSUPPORTED:
        unsupported(assoc, in);
        return USCTP__NEXT;
    case USCTP__RECONF_UNKNOWN_PARAM:
        return USCTP__NEXT; /* RFC 9260, 3.2.1: discarded */
    default:
        assoc->core->stats.dropped_malformed++;
        return USCTP__STOP;
    }
    if (usctp__reconf_get(assoc) == NULL) {
        assoc->core->stats.dropped_memory++;
        return USCTP__STOP;
    }
    take(assoc, params, cnt);
    return assoc->ended ? USCTP__GONE : USCTP__NEXT;
}

/* --- What else comes in --- */

bool usctp__reconf_refuses(struct usctp_assoc *assoc, uint64_t tsn, uint16_t sid)
{
    const struct usctp__reconf *reconf = assoc->reconf;
    struct usctp__stream_set set = usctp__reconf_set(&reconf->deferred.streams);

    /* RFC 6525, 5.2.2, E2: held back until the reset, by the peer, which has to send it again. */
    if (reconf->deferred.on && tsn > reconf->deferred.last_tsn &&
        usctp__stream_set_has(&set, sid)) {
        if (deferral_due(assoc)) {
            end_deferral(assoc);
        }
        if (reconf->deferred.on) {
            return true;
        }
    }
    /* The peer may have reset its numbers, and its response was lost: what it sent before and after
     * looks the same. While it says that it waits for what it had sent, it has not. */
    if (reconf->request.sent && (reconf->request.open & USCTP__RECONF_TSN) != 0 &&
        !reconf->request.in_progress && tsn > reconf->request.high_tsn) {
        usctp__reconf_hurry(assoc);
        return true;
    }
    return false;
}

void usctp__reconf_packet_done(struct usctp_assoc *assoc)
{
    struct usctp__reconf *reconf = assoc->reconf;

    if (deferral_due(assoc)) {
        end_deferral(assoc);
    }
    /* The peer acknowledges, or sends, by the new numbers. */
    if (reconf->announce && (assoc->tx.ring.base > reconf->tsn_acked || assoc->rx.map.gap_cnt > 0 ||
                             usctp__rx_cum_tsn(assoc) != reconf->seen.peer_tsn - 1)) {
        reconf->announce = false;
    }
}
