/* SPDX-License-Identifier: BSD-3-Clause */
/* How fast a path delivers (draft-ietf-ccwg-bbr, 4.1): what was delivered between the sending of a
 * packet and its acknowledgement, over the time that it took. Where the draft keeps a state with each
 * packet, here a mark stands for all packets of a sixteenth of a round trip, or for more where the
 * round trip has become longer than marks reach. */
#ifndef USCTP_CORE_RATE_H
#define USCTP_CORE_RATE_H

#include <stdbool.h>
#include <stdint.h>

enum { USCTP__RATE_MARKS = 32 /* two round trips of them */ };

/* How things stood when packets were sent. */
struct usctp__rate_mark {
    uint64_t sent_ts;       /* when the first of them was */
    uint64_t delivered;     /* rate.delivered then */
    uint64_t delivered_ts;  /* rate.delivered_ts then */
    uint64_t first_sent_ts; /* rate.first_sent_ts then */
    uint64_t lost;          /* rate.lost then */
    uint32_t flight;        /* in flight with the last of them */
    bool app_limited;       /* the application, not the window, set the pace */
};

struct usctp__rate {
    uint64_t delivered;     /* bytes, so far */
    uint64_t delivered_ts;  /* when something was delivered last */
    uint64_t first_sent_ts; /* when the packet was sent whose delivery was seen last */
    uint64_t lost;          /* bytes, so far */
    uint64_t app_limited; /* what is delivered up to here was limited by the application; 0: none */
    uint32_t mark_cnt;    /* marks made so far */
    uint32_t acked_mark;  /* the first that acknowledgements have not passed: it is kept */
    struct usctp__rate_mark marks[USCTP__RATE_MARKS]; /* a ring */
};

/* What an acknowledgement says. */
struct usctp__rate_sample {
    uint64_t prior_delivered; /* delivered when the packet was sent */
    uint64_t delivered;       /* bytes delivered since */
    uint64_t lost;            /* bytes lost since */
    uint64_t rate;            /* bytes a second; 0: cannot be told */
    uint32_t tx_flight;       /* in flight when it was sent */
    bool app_limited;
};

/* A packet is sent: `flight` bytes with it are in flight. A round trip, for the distance of marks. */
void usctp__rate_sent(struct usctp__rate *rate, uint64_t now_ts, uint32_t len, uint32_t flight,
                      uint64_t rtt_dur);

/* `len` bytes were delivered, the last of them sent at sent_ts. False: there is no mark for them. */
bool usctp__rate_acked(struct usctp__rate *rate, uint64_t now_ts, uint32_t len, uint64_t sent_ts,
                       uint64_t min_rtt_dur, struct usctp__rate_sample *sample);

/* How things stood when what was sent then was; NULL: that is too long ago. */
const struct usctp__rate_mark *usctp__rate_mark_at(const struct usctp__rate *rate,
                                                   uint64_t sent_ts);

/* There is room for more than there is to send: what is in flight now tells no limit of the path. */
void usctp__rate_app_limited(struct usctp__rate *rate, uint32_t flight);

#endif
