/* SPDX-License-Identifier: BSD-3-Clause */
/* Words for what happens to an association. */
#include "common/node.h"

#include <stdio.h>
#include <string.h>

#include "common/report.h"
#include "common/target.h"

enum { CAUSE_HEADER_LEN = 4, CAUSE_USER_ABORT = 12 };

const char *node_target_text(char *buf, const struct node_options *options)
{
    char text[USCTP_ADDR_TEXT_MAX];
    const struct usctp_peer_addr *peer = &options->peers[0];

    usctp_addr_text(&peer->addr, text, sizeof(text));
    snprintf(buf, NODE_WHY_MAX, "%s%s port %u (UDP %u)", text,
             options->peer_cnt > 1 ? " and others" : "", (unsigned)options->port,
             (unsigned)peer->udp_port);
    return buf;
}

const char *node_connect_text(int err)
{
    switch (err) {
    case USCTP_EAFNOSUPPORT:
        return "no local address is of that kind, IPv4 or IPv6; see --source";
    case USCTP_EADDRNOTAVAIL:
        return "no unicast address, or one that no local address goes with; see --source";
    default:
        return usctp_strerror(err);
    }
}

/* RFC 9260, 3.3.10 */
static const char *cause_text(unsigned cause)
{
    static const char *const texts[] = {
        "no cause told",
        "invalid stream identifier",
        "missing mandatory parameter",
        "stale cookie",
        "out of resource",
        "unresolvable address",
        "unrecognized chunk type",
        "invalid mandatory parameter",
        "unrecognized parameters",
        "no user data",
        "cookie received while shutting down",
        "restart with new addresses",
        "user-initiated abort",
        "protocol violation",
        "restart from another UDP port",
    };

    return cause < sizeof(texts) / sizeof(texts[0]) ? texts[cause] : "unknown cause";
}

/* The reason that a peer's program gave; an empty text if it gave none. */
static const char *user_reason(char *buf, size_t buf_len, const uint8_t *causes, size_t len)
{
    buf[0] = '\0';
    if (len >= CAUSE_HEADER_LEN) {
        size_t cause_len = (size_t)causes[2] << 8 | causes[3];

        if ((causes[0] << 8 | causes[1]) == CAUSE_USER_ABORT && cause_len > CAUSE_HEADER_LEN &&
            cause_len <= len) {
            report_clean(buf, buf_len, causes + CAUSE_HEADER_LEN, cause_len - CAUSE_HEADER_LEN);
        }
    }
    return buf;
}

static void peer_abort_text(char *buf, const struct usctp_event *event)
{
    char reason[NODE_WHY_MAX / 2];
    unsigned cause = event->u.lost.cause;

    user_reason(reason, sizeof(reason), event->u.lost.causes, event->u.lost.causes_len);
    if (!event->u.lost.was_up && cause == 0) {
        snprintf(buf, NODE_WHY_MAX, "connection refused; nobody listens on that SCTP port");
    } else if (reason[0] != '\0') {
        snprintf(buf, NODE_WHY_MAX, "%s: %s",
                 event->u.lost.was_up ? "aborted by the peer" : "connection refused", reason);
    } else {
        snprintf(buf, NODE_WHY_MAX, "%s (%s)",
                 event->u.lost.was_up ? "aborted by the peer" : "connection refused",
                 cause_text(cause));
    }
}

const char *node_lost_text(char *buf, const struct usctp_event *event)
{
    const char *text = "the association ended";

    switch (event->u.lost.reason) {
    case USCTP_LOST_TIMEOUT:
        text = event->u.lost.was_up ? "the peer answers no more" : "no answer";
        break;
    case USCTP_LOST_PEER_ABORT:
        peer_abort_text(buf, event);
        return buf;
    case USCTP_LOST_LOCAL_ABORT:
        text = "aborted here";
        break;
    case USCTP_LOST_PROTOCOL:
        snprintf(buf, NODE_WHY_MAX, "the peer broke the protocol (%s)",
                 cause_text(event->u.lost.cause));
        return buf;
    case USCTP_LOST_UNREACHABLE:
        text = "unreachable: no way to that host, or nobody takes SCTP on that UDP port";
        break;
    case USCTP_LOST_RESOURCE:
        text = "out of memory";
        break;
    default:
        break;
    }
    snprintf(buf, NODE_WHY_MAX, "%s", text);
    return buf;
}

bool node_vanished(const struct usctp_event *event)
{
    return event->u.lost.was_up && (event->u.lost.reason == USCTP_LOST_TIMEOUT ||
                                    event->u.lost.reason == USCTP_LOST_UNREACHABLE);
}

static const char *change_text(int change)
{
    switch (change) {
    case USCTP_PATH_CHANGE_ADDED:
        return "was added";
    case USCTP_PATH_CHANGE_CONFIRMED:
        return "is confirmed";
    case USCTP_PATH_CHANGE_DOWN:
        return "is down";
    case USCTP_PATH_CHANGE_UP:
        return "is up again";
    case USCTP_PATH_CHANGE_PRIMARY:
        return "is the primary now";
    case USCTP_PATH_CHANGE_REBOUND:
        return "has a new UDP port";
    case USCTP_PATH_CHANGE_REMOVED:
        return "was removed";
    case USCTP_PATH_CHANGE_POTENTIALLY_FAILED:
        return "may have failed";
    default:
        return "changed";
    }
}

void node_note_event(const struct usctp_event *event)
{
    char text[TARGET_TEXT_MAX];

    switch (event->type) {
    case USCTP_EVENT_PATH:
        report_note("path %u to %s %s", (unsigned)event->u.path.id,
                    target_text(text, &event->u.path.remote, event->u.path.remote_udp_port),
                    change_text(event->u.path.change));
        break;
    case USCTP_EVENT_REMOTE_ERROR:
        report_note("the peer reports an error: %s", cause_text(event->u.remote_error.cause));
        break;
    case USCTP_EVENT_PEER_SHUTDOWN:
        report_note("the peer shuts down");
        break;
    case USCTP_EVENT_RESTARTED:
        report_note("the peer restarted");
        break;
    default:
        break;
    }
}
