/* SPDX-License-Identifier: BSD-3-Clause */
/* How fast a path delivers. */
#include "core/rate.h"

#include "base/compiler.h"
#include "base/time.h"

enum { MARKS_A_ROUND = 16 };

static struct usctp__rate_mark *last_mark(struct usctp__rate *rate)
{
    return &rate->marks[(rate->mark_cnt - 1) % USCTP__RATE_MARKS];
}

void usctp__rate_sent(struct usctp__rate *rate, uint64_t now_ts, uint32_t len, uint32_t flight,
                      uint64_t rtt_dur)
{
    struct usctp__rate_mark *mark;

    if (flight <= len) {
        /* Nothing was in flight: the time before does not count. */
        rate->first_sent_ts = now_ts;
        rate->delivered_ts = now_ts;
    } else if (rate->mark_cnt > 0 &&
               (now_ts - last_mark(rate)->sent_ts < 1 + rtt_dur / MARKS_A_ROUND ||
                rate->mark_cnt - rate->acked_mark >= USCTP__RATE_MARKS)) {
        last_mark(rate)->flight = flight;
        return;
    }
    rate->mark_cnt++;
    mark = last_mark(rate);
    mark->sent_ts = now_ts;
    mark->delivered = rate->delivered;
    mark->delivered_ts = rate->delivered_ts;
    mark->first_sent_ts = rate->first_sent_ts;
    mark->lost = rate->lost;
    mark->flight = flight;
    mark->app_limited = rate->app_limited != 0;
}

const struct usctp__rate_mark *usctp__rate_mark_at(const struct usctp__rate *rate, uint64_t sent_ts)
{
    uint32_t kept = USCTP__MIN(rate->mark_cnt, USCTP__RATE_MARKS);

    for (uint32_t i = 1; i <= kept; i++) {
        const struct usctp__rate_mark *mark =
            &rate->marks[(rate->mark_cnt - i) % USCTP__RATE_MARKS];

        if (mark->sent_ts <= sent_ts) {
            return mark;
        }
    }
    return NULL;
}

bool usctp__rate_acked(struct usctp__rate *rate, uint64_t now_ts, uint32_t len, uint64_t sent_ts,
                       uint64_t min_rtt_dur, struct usctp__rate_sample *sample)
{
    const struct usctp__rate_mark *mark = usctp__rate_mark_at(rate, sent_ts);
    uint64_t send_dur, ack_dur, dur;

    rate->delivered += len;
    rate->delivered_ts = now_ts;
    if (rate->app_limited != 0 && rate->delivered > rate->app_limited) {
        rate->app_limited = 0;
    }
    if (mark == NULL) {
        return false;
    }
    while (rate->acked_mark < rate->mark_cnt &&
           rate->marks[rate->acked_mark % USCTP__RATE_MARKS].sent_ts < mark->sent_ts) {
        rate->acked_mark++;
    }
    sample->prior_delivered = mark->delivered;
    sample->delivered = rate->delivered - mark->delivered;
    sample->lost = rate->lost - mark->lost;
    sample->tx_flight = mark->flight;
    sample->app_limited = mark->app_limited;
    sample->rate = 0;
    send_dur = usctp__time_sub(sent_ts, mark->first_sent_ts);
    ack_dur = usctp__time_sub(now_ts, mark->delivered_ts);
    dur = USCTP__MAX(send_dur, ack_dur);
    rate->first_sent_ts = sent_ts;
    /* Quicker than any round trip: compressed acknowledgements, or one of an earlier copy. */
    if (dur >= USCTP__MAX(min_rtt_dur, USCTP__US)) {
        sample->rate = sample->delivered * 1000000 / (dur / USCTP__US);
    }
    return true;
}

void usctp__rate_app_limited(struct usctp__rate *rate, uint32_t flight)
{
    rate->app_limited = USCTP__MAX(rate->delivered + flight, 1);
}
