/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer demo: what the parent tells, and how it judges. */
#include "transfer_demo.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/numbers.h"
#include "common/target.h"

#define RESUME_LIMIT USCTP_SEC(1) /* delivery goes on within this time */

void demo_tell(const char *format, ...)
{
    va_list args;

    report_progress_end();
    fputs("demo: ", stdout);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

void demo_blame(struct demo *demo, const char *format, ...)
{
    va_list args;

    if (demo->fault[0] == '\0') {
        va_start(args, format);
        vsnprintf(demo->fault, sizeof(demo->fault), format, args);
        va_end(args);
    }
}

static void tell_addrs(const struct demo *demo)
{
    char list[DEMO_PATH_MAX * TARGET_TEXT_MAX] = "", text[TARGET_TEXT_MAX];
    size_t len = 0;

    for (size_t i = 0; i < demo->child.addr_cnt; i++) {
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "",
                                target_text(text, &demo->child.addrs[i], 0));
    }
    demo_tell("one association with %u paths: %s", (unsigned)demo->child.addr_cnt, list);
    if (demo->child.addr_cnt < DEMO_PATH_MAX) {
        demo_tell("(not all of 127.0.0.1, 127.0.0.2 and ::1 are here)");
    }
}

void demo_tell_plan(const struct demo *demo, const struct sender *sender)
{
    struct usctp_params params;
    uint64_t expected_dur = 0;
    char size[NUMBER_TEXT_MAX], time[NUMBER_TEXT_MAX], min[NUMBER_TEXT_MAX], max[NUMBER_TEXT_MAX],
        hb[NUMBER_TEXT_MAX], sack[NUMBER_TEXT_MAX];

    demo_params(&params);
    /* RFC 9260, 6.3.3 (E2), 8.2: so many timeouts in a row, each twice as long as the one before. */
    for (uint32_t i = 0; i <= params.path_max_retrans; i++) {
        expected_dur += params.rto_min_dur << i;
    }
    demo_tell("%llu files, %s, from %s to %s, within about %s",
              (unsigned long long)sender->manifest.file_cnt,
              number_bytes(size, sender->manifest.total_len), demo->options.folder,
              demo->options.target, number_dur(time, demo->options.duration_dur));
    tell_addrs(demo);
    demo_tell("RTO.Min %s, RTO.Max %s, Path.Max.Retrans %u, HB.interval %s, SACK.Delay %s",
              number_dur(min, params.rto_min_dur), number_dur(max, params.rto_max_dur),
              (unsigned)params.path_max_retrans, number_dur(hb, params.hb_interval_dur),
              number_dur(sack, params.sack_delay_dur));
    demo_tell("so a dead path is given up after %u timeouts in a row: expect %s",
              (unsigned)params.path_max_retrans + 1, number_dur(time, expected_dur));
}

/* --- The story -------------------------------------------------------------------------------- */

void demo_on_note(struct demo *demo, const struct note *note)
{
    char addr[USCTP_ADDR_TEXT_MAX], dur[NUMBER_TEXT_MAX];

    usctp_addr_text(&note->addr, addr, sizeof(addr));
    switch (note->type) {
    case NOTE_TEXT:
        report_error("%.*s", NOTE_TEXT_MAX, note->text);
        demo_blame(demo, "%.*s", NOTE_TEXT_MAX, note->text);
        break;
    case NOTE_LISTENING:
        demo->child.port = (uint16_t)note->n[0];
        demo->child.udp_port = (uint16_t)note->n[1];
        break;
    case NOTE_UP:
        demo->begin_ts = note->ts;
        demo_tell("the association is up: UDP port %u to %u, %u streams", (unsigned)note->n[0],
                  (unsigned)demo->child.udp_port, (unsigned)note->n[1]);
        break;
    case NOTE_PROGRESS:
        demo->progress = *note;
        break;
    case NOTE_FLOW:
        snprintf(demo->flow, sizeof(demo->flow), "%s", addr);
        break;
    case NOTE_RESUMED:
        demo->resumed_ts = note->ts;
        demo_tell("delivery goes on over %s, %s after the cut", addr,
                  number_dur(dur, note->ts - demo->cut_ts));
        break;
    case NOTE_RETURNED:
        demo->returned_ts = note->ts;
        demo_tell("data flows over the primary path again, %s after it came back",
                  number_dur(dur, note->ts - demo->heal_ts));
        break;
    case NOTE_DOWN:
        if (demo->cut_ts != 0 && demo->down_ts == 0) {
            demo->down_ts = note->ts;
            demo_tell("failover: the sender gave %s up %s after the cut", addr,
                      number_dur(dur, note->ts - demo->cut_ts));
        }
        break;
    case NOTE_SENT:
        demo->sent = *note;
        break;
    case NOTE_RECEIVED:
        demo->received = *note;
        break;
    default:
        break;
    }
}

void demo_show_progress(const struct demo *demo)
{
    char done[NUMBER_TEXT_MAX], all[NUMBER_TEXT_MAX], rate[NUMBER_TEXT_MAX];
    uint64_t now_ts = usctp_clock_system(NULL);

    if (demo->begin_ts != 0 && demo->sent.type == 0) {
        report_progress("  %4.1f s  %s of %s  %s  over %s  %llu retransmitted",
                        (double)(now_ts - demo->begin_ts) / 1e9,
                        number_bytes(done, demo->progress.n[0]),
                        number_bytes(all, demo->child.sender->manifest.total_len),
                        number_rate(rate, demo->progress.n[0], now_ts - demo->begin_ts), demo->flow,
                        (unsigned long long)demo->progress.n[1]);
    }
}

/* --- The verdict ------------------------------------------------------------------------------ */

void demo_tell_results(const struct demo *demo)
{
    char size[NUMBER_TEXT_MAX], time[NUMBER_TEXT_MAX], rate[NUMBER_TEXT_MAX];

    if (demo->received.type != 0) {
        demo_tell(
            "the receiver compared SHA-256 with the sender's manifest: %llu of %llu files are "
            "right, on the disk too: %llu",
            (unsigned long long)demo->received.n[0], (unsigned long long)demo->received.n[1],
            (unsigned long long)demo->received.n[2]);
    }
    if (demo->sent.type != 0) {
        demo_tell("%s in %s: %s; %llu chunks retransmitted, %llu timeouts, failovers: %llu",
                  number_bytes(size, demo->sent.n[0]), number_dur(time, demo->sent.n[3]),
                  number_rate(rate, demo->sent.n[0], demo->sent.n[3]),
                  (unsigned long long)demo->sent.n[1], (unsigned long long)demo->sent.n[5],
                  (unsigned long long)demo->sent.n[2]);
        demo_tell("packet capture: %s (%llu packets; opens in Wireshark)", demo->options.capture,
                  (unsigned long long)demo->sent.n[4]);
    }
}

void demo_judge(struct demo *demo)
{
    const struct note *received = &demo->received;

    if (demo->fault[0] != '\0') {
        return;
    }
    if (received->n[0] != received->n[1] || received->n[2] != received->n[1] ||
        received->n[1] != demo->child.sender->manifest.file_cnt) {
        demo_blame(demo, "not all files arrived as they were sent");
    } else if (demo->resumed_ts == 0) {
        demo_blame(demo, "delivery did not go on over another path");
    } else if (demo->resumed_ts - demo->cut_ts >= RESUME_LIMIT) {
        demo_blame(demo, "delivery went on too late");
    } else if (demo->sent.n[2] == 0) {
        demo_blame(demo, "there was no failover");
    } else if (demo->returned_ts == 0) {
        demo_blame(demo, "data did not return to the primary path");
    } else if (demo->sent.n[4] == 0) {
        demo_blame(demo, "no packets were captured");
    }
}

int demo_verdict(const struct demo *demo, int signal)
{
    char size[NUMBER_TEXT_MAX], resumed[NUMBER_TEXT_MAX], returned[NUMBER_TEXT_MAX];

    if (demo->fault[0] != '\0') {
        demo_tell("FAIL: %s", demo->fault);
        return signal != 0 ? 128 + signal : EXIT_FAILED;
    }
    demo_tell(
        "PASS: %llu files, %s, every SHA-256 right; delivery resumed %s after the cut, back on the "
        "primary path %s after its return",
        (unsigned long long)demo->received.n[1], number_bytes(size, demo->received.n[3]),
        number_dur(resumed, demo->resumed_ts - demo->cut_ts),
        number_dur(returned, demo->returned_ts - demo->heal_ts));
    return EXIT_OK;
}
