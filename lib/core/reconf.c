/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream reconfiguration: our requests (RFC 6525, 5.1). */
#include "core/reconf.h"

#include <string.h>

#include "base/compiler.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/ext.h"

/* RFC 6525, 5.1.4: no other SSN/TSN reset within this time. */
#define MSL_DUR (30 * USCTP__SEC)

/* --- Memory --- */

struct usctp__reconf *usctp__reconf_get(struct usctp_assoc *assoc)
{
    struct usctp__reconf *reconf = assoc->reconf;

    if (reconf == NULL) {
        reconf = usctp__mem_calloc(&assoc->core->mem, sizeof(*reconf));
        if (reconf != NULL) {
            /* RFC 6525, 4.1: both begin with the initial TSN. */
            reconf->next_seq = assoc->my_initial_tsn;
            reconf->expected = assoc->peer_initial_tsn;
            usctp__list_init(&reconf->held);
            assoc->reconf = reconf;
        }
    }
    return reconf;
}

bool usctp__reconf_copy(struct usctp_assoc *assoc, struct usctp__reconf_streams *streams,
                        const uint8_t *bytes, size_t cnt)
{
    memset(streams, 0, sizeof(*streams));
    if (cnt > 0) {
        size_t len = cnt * USCTP__RECONF_STREAM_LEN;

        streams->bytes = usctp__bufpool_get(&assoc->core->bufs, len, &streams->cap);
        if (streams->bytes == NULL) {
            return false;
        }
        if (bytes != NULL) {
            memcpy(streams->bytes, bytes, len);
        }
        streams->cnt = cnt;
    }
    return true;
}

void usctp__reconf_free(struct usctp_assoc *assoc, struct usctp__reconf_streams *streams)
{
    usctp__bufpool_put(&assoc->core->bufs, streams->bytes, streams->cap);
    memset(streams, 0, sizeof(*streams));
}

/* --- Sets of streams --- */

bool usctp__reconf_covers(const struct usctp__reconf_streams *streams,
                          const struct usctp__reconf_param *others)
{
    struct usctp__stream_set set = usctp__reconf_set(streams);

    if (others->stream_cnt == 0) {
        return streams->cnt == 0;
    }
    for (size_t i = 0; i < others->stream_cnt; i++) {
        if (!usctp__stream_set_has(&set, usctp__reconf_stream(others, i))) {
            return false;
        }
    }
    return true;
}

/* --- Streams that wait --- */

/* The outgoing streams that our request, or the peer's SSN/TSN reset, resets; false: none. */
static bool resets_set(const struct usctp__reconf *reconf, struct usctp__stream_set *set)
{
    const struct usctp__reconf_request *request = &reconf->request;

    if (reconf->drains || (request->open & USCTP__RECONF_TSN) != 0) {
        memset(set, 0, sizeof(*set));
        return true;
    }
    *set = usctp__reconf_set(&request->streams);
    return (request->open & USCTP__RECONF_OUT) != 0;
}

bool usctp__reconf_resets(const struct usctp_assoc *assoc, uint16_t sid)
{
    struct usctp__stream_set set;

    return resets_set(assoc->reconf, &set) && usctp__stream_set_has(&set, sid);
}

void usctp__reconf_use(const struct usctp_assoc *assoc, struct usctp__stream_out *stream)
{
    stream->resets = stream->resets || usctp__reconf_resets(assoc, stream->id);
}

void usctp__reconf_hold(struct usctp_assoc *assoc)
{
    struct usctp__outq *outq = &assoc->tx.outq;
    struct usctp__stream_out *stream;

    for (uint32_t id = 0; (stream = usctp__stream_out_next(&outq->streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        if (!stream->resets && usctp__reconf_resets(assoc, stream->id)) {
            usctp__outq_hold(outq, stream);
        }
    }
}

void usctp__reconf_release(struct usctp_assoc *assoc, const struct usctp__reconf_streams *reset)
{
    struct usctp__outq *outq = &assoc->tx.outq;

    usctp__outq_release(outq, &assoc->reconf->held);
    if (reset != NULL) {
        struct usctp__stream_set set = usctp__reconf_set(reset);

        usctp__stream_out_reset(&outq->streams, &set);
    }
    usctp__assoc_touch(assoc);
}

bool usctp__reconf_drained(const struct usctp_assoc *assoc)
{
    const struct usctp__outq *outq = &assoc->tx.outq;

    /* A message is sent to its end: its fragments have one number, and TSNs in a row. */
    return outq->older_cnt == 0 && (outq->open == NULL || !outq->open->resets || outq->open_waits);
}

bool usctp__reconf_holds_all(const struct usctp_assoc *assoc)
{
    return usctp__outq_next(&assoc->tx.outq) == NULL;
}

/* --- Sending --- */

void usctp__reconf_write_request(const struct usctp__reconf *reconf, struct usctp__writer *w)
{
    const struct usctp__reconf_request *request = &reconf->request;
    struct usctp__reconf_param param;
    uint32_t seq = request->seq;

    memset(&param, 0, sizeof(param));
    for (unsigned kind = USCTP__RECONF_OUT; kind <= USCTP__RECONF_ADD_IN; kind <<= 1) {
        if ((request->kinds & kind) == 0) {
            continue;
        }
        param.seq = seq++;
        param.response_seq = request->response_seq;
        param.last_tsn = request->last_tsn;
        param.streams = (kind & USCTP__RECONF_RESETS) != 0 ? request->streams.bytes : NULL;
        param.stream_cnt = (kind & USCTP__RECONF_RESETS) != 0 ? request->streams.cnt : 0;
        switch (kind) {
        case USCTP__RECONF_OUT:
            param.type = USCTP__PARAM_OUT_RESET_REQUEST;
            break;
        case USCTP__RECONF_IN:
            param.type = USCTP__PARAM_IN_RESET_REQUEST;
            break;
        case USCTP__RECONF_TSN:
            param.type = USCTP__PARAM_TSN_RESET_REQUEST;
            break;
        case USCTP__RECONF_ADD_OUT:
            param.type = USCTP__PARAM_ADD_OUT_STREAMS;
            param.add_cnt = request->add_out;
            break;
        default:
            param.type = USCTP__PARAM_ADD_IN_STREAMS;
            param.add_cnt = request->add_in;
            break;
        }
        usctp__reconf_write(w, &param);
    }
}

/* RFC 6525, 5.1.1: the timer runs while a request is in flight. */
static void arm(struct usctp_assoc *assoc)
{
    usctp__alarm_set(assoc, USCTP__ALARM_RECONF,
                     usctp__time_add(assoc->core->now_ts, assoc->reconf->request.wait_dur));
}

static void push_request(struct usctp_assoc *assoc, struct usctp__path *path)
{
    uint8_t chunk[USCTP__RECONF_CHUNK_MAX];
    struct usctp__writer w = usctp__writer_make(chunk, sizeof(chunk));
    size_t pos = usctp__chunk_begin(&w, USCTP__CHUNK_RECONF, 0);

    usctp__reconf_write_request(assoc->reconf, &w);
    usctp__chunk_end(&w, pos);
    assoc->reconf->request.path = path->id;
    assoc->reconf->request.sent_ts = assoc->core->now_ts;
    if (!w.failed) {
        usctp__ctrl_push(assoc, path, 0, chunk, w.len); /* without memory the timer repeats it */
    }
}

/* Everything that had to leave before has left: the request gets its numbers and its timer. */
static void launch(struct usctp_assoc *assoc)
{
    struct usctp__reconf *reconf = assoc->reconf;
    struct usctp__reconf_request *request = &reconf->request;

    request->sent = true;
    request->seq = reconf->next_seq;
    for (unsigned kinds = request->kinds; kinds != 0; kinds &= kinds - 1) {
        reconf->next_seq++; /* RFC 6525, 5.1.2, A2 */
    }
    if (!request->answers_reset) {
        request->response_seq = reconf->expected - 1; /* RFC 6525, 5.1.2, A4 */
    }
    request->last_tsn = (uint32_t)assoc->tx.ring.next - 1; /* RFC 6525, 5.1.2, A3 */
    request->high_tsn = usctp__rxmap_highest(&assoc->rx.map);
    request->wait_dur = assoc->paths.data->rto.rto_dur;
    request->path = assoc->paths.data->id;
    if ((request->kinds & USCTP__RECONF_TSN) != 0) {
        reconf->tsn_ts = assoc->core->now_ts;
    }
    arm(assoc);
}

/* True if the request may be sent. */
static bool ready(const struct usctp_assoc *assoc)
{
    unsigned kinds = assoc->reconf->request.kinds;

    if ((kinds & (USCTP__RECONF_OUT | USCTP__RECONF_TSN)) != 0 && !usctp__reconf_drained(assoc)) {
        return false;
    }
    /* RFC 6525, 5.1.4, C2: no outstanding TSNs. */
    return (kinds & USCTP__RECONF_TSN) == 0 || usctp__txring_empty(&assoc->tx.ring);
}

bool usctp__reconf_output(struct usctp_assoc *assoc)
{
    struct usctp__reconf *reconf = assoc->reconf;

    if (reconf->drains && usctp__reconf_drained(assoc) && usctp__txring_empty(&assoc->tx.ring) &&
        usctp__reconf_perform_tsn(assoc)) {
        usctp__reconf_reply(assoc, assoc->paths.data);
        return true;
    }
    if (reconf->request.kinds == 0 || reconf->request.sent || !ready(assoc)) {
        return false;
    }
    launch(assoc);
    push_request(assoc, assoc->paths.data);
    return true;
}

void usctp__reconf_on_alarm(struct usctp_assoc *assoc)
{
    struct usctp__reconf_request *request;
    struct usctp__path *path;

    if (assoc->reconf == NULL || !assoc->reconf->request.sent ||
        assoc->state == USCTP_STATE_SHUTDOWN_SENT ||
        assoc->state == USCTP_STATE_SHUTDOWN_ACK_SENT) {
        return;
    }
    request = &assoc->reconf->request;
    if (usctp__reconf_is_agreed(request)) {
        if (!usctp__reconf_not_done(assoc)) {
            arm(assoc);
        }
        return;
    }
    path = usctp__path_by_id(assoc, request->path);
    path = path != NULL ? path : assoc->paths.data;
    request->wait_dur =
        USCTP__MIN(usctp__time_mul(request->wait_dur, 2), path->set->bounds.max_dur);
    if (!request->in_progress) { /* RFC 6525, 5.2.7, H2 */
        usctp__rto_backoff(&path->rto, &path->set->bounds);
        if (!usctp__path_error(assoc, path, true)) {
            return;
        }
        path = usctp__path_for_retransmit(assoc, path);
    }
    push_request(assoc, path);
    arm(assoc);
}

/* For the peer that is a loss without end: it may give the association up long before our timer. Like a tail probe
 * a repetition counts nothing, and the timer runs on (RFC 6525, 5.1.1). */
void usctp__reconf_hurry(struct usctp_assoc *assoc)
{
    const struct usctp__reconf_request *request = &assoc->reconf->request;
    struct usctp__path *path = assoc->paths.data;

    if (path->rto.srtt_dur != 0 &&
        assoc->core->now_ts >=
            usctp__time_add(request->sent_ts, usctp__time_mul(path->rto.srtt_dur, 2))) {
        push_request(assoc, path);
    }
}

/* --- Beginning --- */

/* Errors that all requests share. */
static int check(struct usctp_assoc *assoc)
{
    if (assoc->ended || assoc->state != USCTP_STATE_ESTABLISHED || assoc->close_wanted ||
        usctp__event_restart_untold(&assoc->events)) {
        return USCTP_ESTATE;
    }
    if ((assoc->extensions & USCTP__EXT_RECONFIG) == 0) {
        return USCTP_ENOTSUP; /* RFC 6525, 5.1.1 */
    }
    /* RFC 6525, 5.1.1: no more than one request in flight. */
    if (assoc->reconf != NULL && (assoc->reconf->request.kinds != 0 || assoc->reconf->drains)) {
        return USCTP_EBUSY;
    }
    return USCTP_OK;
}

static void begin(struct usctp_assoc *assoc, unsigned kinds)
{
    struct usctp__reconf_request *request = &assoc->reconf->request;

    request->kinds = (uint8_t)kinds;
    request->open = (uint8_t)kinds;
    usctp__reconf_hold(assoc);
    usctp__assoc_touch(assoc); /* it leaves with output */
}

/* Stream numbers that fit into a request of these kinds, along with a response. */
static size_t max_streams(const struct usctp_assoc *assoc, unsigned kinds)
{
    size_t len = USCTP__RECONF_CHUNK_MAX;
    size_t used = USCTP__PACKET_HEADER_LEN + USCTP__CHUNK_HEADER_LEN + 20;
    size_t lists = 0;

    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        len = USCTP__MIN(len, path->max_packet);
    }
    if ((kinds & USCTP__RECONF_OUT) != 0) {
        used += USCTP__RECONF_OUT_MIN_LEN + 2;
        lists++;
    }
    if ((kinds & USCTP__RECONF_IN) != 0) {
        used += USCTP__RECONF_IN_MIN_LEN + 2;
        lists++;
    }
    return (len - used) / (lists * USCTP__RECONF_STREAM_LEN);
}

static int check_streams(const struct usctp_assoc *assoc, unsigned kinds, const uint16_t *streams,
                         size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        if (((kinds & USCTP__RECONF_OUT) != 0 && streams[i] >= assoc->out_streams) ||
            ((kinds & USCTP__RECONF_IN) != 0 && streams[i] >= assoc->in_streams)) {
            return USCTP_ENOENT;
        }
    }
    return cnt > max_streams(assoc, kinds) ? USCTP_EMSGSIZE : USCTP_OK;
}

/* What waits to be sent on streams, or on any (cnt 0): allows it that they are reset? */
static int check_messages(const struct usctp_assoc *assoc, bool no_wait, const uint16_t *streams,
                          size_t cnt)
{
    const struct usctp__outq *outq = &assoc->tx.outq;
    bool open = cnt == 0 && outq->open != NULL;
    bool unsent = cnt == 0 && outq->msg_cnt > 0;

    for (size_t i = 0; i < cnt; i++) {
        const struct usctp__stream_out *stream = usctp__stream_out_find(&outq->streams, streams[i]);

        open = open || (stream != NULL && stream == outq->open);
        unsent = unsent || (stream != NULL && stream->msg_cnt > 0);
    }
    if (no_wait && (open || unsent)) {
        return USCTP_EWOULDBLOCK;
    }
    return open ? USCTP_ESTATE : USCTP_OK;
}

int usctp__reconf_reset_streams(struct usctp_assoc *assoc, unsigned flags, const uint16_t *streams,
                                size_t cnt)
{
    const bool no_wait = (flags & USCTP_RESET_NO_WAIT) != 0;
    unsigned kinds = 0;
    int error;

    flags &= ~(unsigned)USCTP_RESET_NO_WAIT;
    if ((flags & ~(unsigned)(USCTP_RESET_OUT | USCTP_RESET_IN)) != 0 || flags == 0 ||
        (streams == NULL && cnt > 0)) {
        return USCTP_EINVAL;
    }
    kinds |= (flags & USCTP_RESET_OUT) != 0 ? USCTP__RECONF_OUT : 0;
    kinds |= (flags & USCTP_RESET_IN) != 0 ? USCTP__RECONF_IN : 0;
    error = check(assoc);
    if (error == USCTP_OK) {
        error = check_streams(assoc, kinds, streams, cnt);
    }
    if (error == USCTP_OK && (kinds & USCTP__RECONF_OUT) != 0) {
        error = check_messages(assoc, no_wait, streams, cnt);
    }
    if (error == USCTP_OK &&
        (usctp__reconf_get(assoc) == NULL ||
         !usctp__reconf_copy(assoc, &assoc->reconf->request.streams, NULL, cnt))) {
        error = USCTP_ENOMEM;
    }
    if (error != USCTP_OK) {
        return error;
    }
    for (size_t i = 0; i < cnt; i++) {
        usctp__put16(assoc->reconf->request.streams.bytes + i * USCTP__RECONF_STREAM_LEN,
                     streams[i]);
    }
    begin(assoc, kinds);
    return USCTP_OK;
}

int usctp__reconf_reset_assoc(struct usctp_assoc *assoc)
{
    int error = check(assoc);

    if (error != USCTP_OK) {
        return error;
    }
    if (assoc->tx.outq.open != NULL) {
        return USCTP_ESTATE;
    }
    if (usctp__reconf_get(assoc) == NULL) {
        return USCTP_ENOMEM;
    }
    if (assoc->reconf->tsn_ts != 0 &&
        usctp__time_sub(assoc->core->now_ts, assoc->reconf->tsn_ts) < MSL_DUR) {
        return USCTP_EBUSY; /* RFC 6525, 5.1.4 */
    }
    begin(assoc, USCTP__RECONF_TSN);
    return USCTP_OK;
}

int usctp__reconf_add_streams(struct usctp_assoc *assoc, uint16_t out_cnt, uint16_t in_cnt)
{
    unsigned kinds = 0;
    int error;

    if (out_cnt == 0 && in_cnt == 0) {
        return USCTP_EINVAL;
    }
    error = check(assoc);
    if (error != USCTP_OK) {
        return error;
    }
    /* RFC 6525, 5.2.5: what would be refused of the peer is not asked of it. */
    if (out_cnt > UINT16_MAX - assoc->out_streams || in_cnt > UINT16_MAX - assoc->in_streams ||
        (in_cnt > 0 && assoc->in_streams + in_cnt > usctp__params(assoc)->max_in_streams)) {
        return USCTP_EMSGSIZE;
    }
    if (usctp__reconf_get(assoc) == NULL) {
        return USCTP_ENOMEM;
    }
    kinds |= out_cnt > 0 ? USCTP__RECONF_ADD_OUT : 0;
    kinds |= in_cnt > 0 ? USCTP__RECONF_ADD_IN : 0;
    assoc->reconf->request.add_out = out_cnt;
    assoc->reconf->request.add_in = in_cnt;
    begin(assoc, kinds);
    return USCTP_OK;
}

int usctp__reconf_begin_reset(struct usctp_assoc *assoc, const struct usctp__reconf_param *param)
{
    struct usctp__reconf_request *request = &assoc->reconf->request;

    if (param->stream_cnt > max_streams(assoc, USCTP__RECONF_OUT)) {
        return USCTP_EMSGSIZE;
    }
    if (!usctp__reconf_copy(assoc, &request->streams, param->streams, param->stream_cnt)) {
        return USCTP_ENOMEM;
    }
    request->answers = true;
    request->answers_reset = true;
    request->response_seq = param->seq; /* RFC 6525, 5.1.2, A4 */
    begin(assoc, USCTP__RECONF_OUT);
    if (ready(assoc)) {
        launch(assoc); /* it leaves with the response */
    }
    return USCTP_OK;
}

int usctp__reconf_begin_add(struct usctp_assoc *assoc, uint16_t cnt)
{
    assoc->reconf->request.answers = true;
    assoc->reconf->request.add_out = cnt;
    begin(assoc, USCTP__RECONF_ADD_OUT);
    return USCTP_OK;
}
