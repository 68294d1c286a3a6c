/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream reconfiguration (RFC 6525): streams reset and added, and the numbers of the whole association
 * begun anew. One request of ours is under way at a time; the peer's last one is remembered, to be
 * answered the same when it comes again. All of it is made when either side first asks for something. */
#ifndef USCTP_CORE_RECONF_H
#define USCTP_CORE_RECONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/reasm.h"
#include "core/stream_out.h"
#include "core/stream_set.h"
#include "wire/reconf.h"

struct usctp_assoc;
struct usctp__path;

/* What a request asks for. A chunk holds one of these or OUT and IN, or ADD_OUT and ADD_IN: in this
 * order, with consecutive sequence numbers. */
enum usctp__reconf_kind {
    USCTP__RECONF_OUT = 1 << 0,     /* Outgoing SSN Reset Request */
    USCTP__RECONF_IN = 1 << 1,      /* Incoming SSN Reset Request */
    USCTP__RECONF_TSN = 1 << 2,     /* SSN/TSN Reset Request */
    USCTP__RECONF_ADD_OUT = 1 << 3, /* Add Outgoing Streams Request */
    USCTP__RECONF_ADD_IN = 1 << 4,  /* Add Incoming Streams Request */
    USCTP__RECONF_RESETS = USCTP__RECONF_OUT | USCTP__RECONF_IN,
    /* What takes a request of the peer's */
    USCTP__RECONF_INBOUND = USCTP__RECONF_IN | USCTP__RECONF_ADD_IN
};

enum {
    USCTP__RECONF_CHUNK_MAX = 2048, /* longest chunk that we send */
    USCTP__RECONF_UNTOLD_MAX = 8    /* events that the application has not taken yet: above it
                                     * the peer's requests have to wait */
};

/* A list of streams of our own. */
struct usctp__reconf_streams {
    uint8_t *bytes; /* stream numbers as on the wire, in a buffer of core->bufs; NULL: all */
    size_t cap;     /* the buffer's real size */
    size_t cnt;     /* stream numbers; 0: all */
};

/* The same as a set. */
static inline struct usctp__stream_set usctp__reconf_set(
    const struct usctp__reconf_streams *streams)
{
    struct usctp__stream_set set = {streams->bytes, streams->cnt};

    return set;
}

/* Our request, or two of them. */
struct usctp__reconf_request {
    struct usctp__reconf_streams streams; /* of resets */
    uint64_t wait_dur;                    /* until it is sent again */
    uint64_t sent_ts;                     /* when it was sent last */
    /* IN, ADD_IN: the peer has agreed, and its own request is waited for until then; 0: it has not */
    uint64_t agreed_ts;
    uint64_t high_tsn;     /* TSN: the highest received when it was sent, unwrapped */
    uint32_t seq;          /* of the first one */
    uint32_t response_seq; /* OUT: the peer's request that it answers, or its last one */
    uint32_t last_tsn;     /* OUT: the last TSN assigned before */
    usctp_path_id path;    /* where it was sent last */
    uint16_t add_out;      /* streams to add */
    uint16_t add_in;
    uint8_t kinds;      /* mask of enum usctp__reconf_kind; 0: there is no request */
    uint8_t open;       /* of these, what was not answered finally */
    bool sent;          /* else messages that go first are still to be sent */
    bool in_progress;   /* the peer said so */
    bool answers;       /* it was made since the peer asked for it */
    bool answers_reset; /* and answers the peer's incoming reset by response_seq */
};

/* Nothing is open but what the peer has agreed to. */
static inline bool usctp__reconf_is_agreed(const struct usctp__reconf_request *request)
{
    return request->agreed_ts != 0 && (request->open & ~USCTP__RECONF_INBOUND) == 0;
}

/* The peer's last chunk with requests. */
struct usctp__reconf_seen {
    uint32_t seq;                              /* of its first request */
    uint32_t cnt;                              /* requests in it; 0: none came yet */
    uint32_t results[USCTP__RECONF_PARAM_MAX]; /* enum usctp__reconf_code of each */
    bool performed_tsn; /* it was an SSN/TSN reset, and this is what the response says: */
    uint32_t my_tsn;
    uint32_t peer_tsn;
};

/* An outgoing reset of the peer that waits for its last TSN (5.2.2, E2). */
struct usctp__reconf_deferred {
    struct usctp__reconf_streams streams;
    uint64_t last_tsn; /* unwrapped */
    uint32_t seq;      /* of the request */
    bool on;
};

struct usctp__reconf {
    struct usctp__reconf_request request;
    struct usctp__reconf_seen seen;
    struct usctp__reconf_deferred deferred;
    struct usctp__list held; /* struct usctp__outmsg: what waits for a reset of its stream */
    uint64_t tsn_ts;         /* when an SSN/TSN reset was asked for or performed last; 0: never */
    uint64_t tsn_acked;      /* announce: a TSN acknowledged from here on ends it */
    uint32_t next_seq;       /* of our next request */
    uint32_t expected;       /* of the peer's next request */
    bool drains;   /* the peer's SSN/TSN reset waits until all that was sent has arrived */
    bool announce; /* the peer may not know yet that its SSN/TSN reset was performed */
};

/* --- Requests (usctp_assoc_reset_streams, usctp_assoc_reset, usctp_assoc_add_streams) --- */

int usctp__reconf_reset_streams(struct usctp_assoc *assoc, unsigned flags, const uint16_t *streams,
                                size_t cnt);
int usctp__reconf_reset_assoc(struct usctp_assoc *assoc);
int usctp__reconf_add_streams(struct usctp_assoc *assoc, uint16_t out_cnt, uint16_t in_cnt);

/* --- What the other rooms tell and ask; each only where assoc->reconf is not NULL --- */

/* A message is about to be queued in a stream: if it is being reset the message waits (5.1.2, A1). */
void usctp__reconf_use(const struct usctp_assoc *assoc, struct usctp__stream_out *stream);

/* True if the stream is under reset, or will be before what is sent on it now. */
bool usctp__reconf_resets(const struct usctp_assoc *assoc, uint16_t sid);

/* Before output: sends a request, or performs a reset, that waited for what had to leave first. True:
 * something was queued. */
bool usctp__reconf_output(struct usctp_assoc *assoc);

/* True while data leaves only together with the response to the peer's SSN/TSN reset, which is queued if there
 * is any. */
bool usctp__reconf_announces(struct usctp_assoc *assoc);

/* True if the chunk must not be taken now: it is as if lost. */
bool usctp__reconf_refuses(struct usctp_assoc *assoc, uint64_t tsn, uint16_t sid);

/* Data was refused that may only be taken when the peer has answered: repeats the request, but no more often than an
 * answer takes to come. */
void usctp__reconf_hurry(struct usctp_assoc *assoc);

/* True if a FORWARD TSN up to `tsn` must not be taken. */
bool usctp__reconf_refuses_skip(const struct usctp_assoc *assoc, uint64_t tsn);

/* True if a cumulative TSN ack (unwrapped) is of numbers that are not in force: of before an SSN/TSN reset, or
 * of after one of which we do not know yet. */
bool usctp__reconf_stale(const struct usctp_assoc *assoc, uint64_t cum_tsn);

/* A packet is in: what waited for TSNs may be due, and what was announced may be known. */
void usctp__reconf_packet_done(struct usctp_assoc *assoc);

/* True if nothing queued may be sent now. */
bool usctp__reconf_holds_all(const struct usctp_assoc *assoc);

/* Alarm handler: the response is late. */
void usctp__reconf_on_alarm(struct usctp_assoc *assoc);

/* The association ends or begins afresh: all of it goes; the application's request has failed. */
void usctp__reconf_end(struct usctp_assoc *assoc);

/* --- Between the files of this room --- */

/* The room's memory; NULL: there is none. */
struct usctp__reconf *usctp__reconf_get(struct usctp_assoc *assoc);

/* A copy of stream numbers; false: no memory. */
bool usctp__reconf_copy(struct usctp_assoc *assoc, struct usctp__reconf_streams *streams,
                        const uint8_t *bytes, size_t cnt);
void usctp__reconf_free(struct usctp_assoc *assoc, struct usctp__reconf_streams *streams);

/* True if these streams are all of `others`. */
bool usctp__reconf_covers(const struct usctp__reconf_streams *streams,
                          const struct usctp__reconf_param *others);

/* Begins an outgoing reset, or one of more streams, that the peer asked for with request `seq`. */
int usctp__reconf_begin_reset(struct usctp_assoc *assoc, const struct usctp__reconf_param *param);
int usctp__reconf_begin_add(struct usctp_assoc *assoc, uint16_t cnt);

/* Appends our request's parameter(s). */
void usctp__reconf_write_request(const struct usctp__reconf *reconf, struct usctp__writer *w);

/* Messages of all streams, or of those of our request, that are queued from now on wait. */
void usctp__reconf_hold(struct usctp_assoc *assoc);
/* None waits any more; with `reset` the sequence numbers of these streams begin anew. */
void usctp__reconf_release(struct usctp_assoc *assoc, const struct usctp__reconf_streams *reset);

/* True if all messages have left that were there before usctp__reconf_hold. */
bool usctp__reconf_drained(const struct usctp_assoc *assoc);

/* A kind of our request was answered with this code; true: it is over (false: no memory to say so). */
bool usctp__reconf_answered(struct usctp_assoc *assoc, unsigned kind,
                            const struct usctp__reconf_param *response);
/* The peer says that it has reset, or added, the incoming streams that we asked for: what does so is its own
 * request. */
void usctp__reconf_agreed(struct usctp_assoc *assoc);
/* That will not be: our request has failed. False: no memory to say so. */
bool usctp__reconf_not_done(struct usctp_assoc *assoc);
/* Our request is over. */
void usctp__reconf_close(struct usctp_assoc *assoc);

/* The application hears no more of messages of these streams that it got a part of; what waited for their end
 * is delivered. False: no memory, to be tried again. */
bool usctp__reconf_end_partial(struct usctp_assoc *assoc, const struct usctp__stream_set *set);

/* SSN/TSN reset, performed for the peer (5.2.4), and confirmed by it (5.2.7, H5). False: no memory. */
bool usctp__reconf_perform_tsn(struct usctp_assoc *assoc);
bool usctp__reconf_confirm_tsn(struct usctp_assoc *assoc, uint32_t sender_tsn,
                               uint32_t receiver_tsn);

/* Queues the response to the peer's last requests, for a path. */
void usctp__reconf_reply(struct usctp_assoc *assoc, const struct usctp__path *path);

#endif
