/* SPDX-License-Identifier: BSD-3-Clause */
/* The timers of an association and of its paths: an armed mask and an array of expiries each. The
 * earliest of all is the key of the association's one node in the stack's heap. */
#ifndef USCTP_CORE_ALARM_H
#define USCTP_CORE_ALARM_H

#include <stdbool.h>
#include <stdint.h>

struct usctp_assoc;
struct usctp__path;

enum usctp__assoc_alarm {
    USCTP__ALARM_T1 = 0, /* T1-init or T1-cookie, by the state */
    /* T4-rtx: an ASCONF is not answered (RFC 5061, 5.1). There is none before T1 is over. */
    USCTP__ALARM_T4 = USCTP__ALARM_T1,
    USCTP__ALARM_T2,        /* T2-shutdown */
    USCTP__ALARM_T5,        /* T5-shutdown-guard */
    USCTP__ALARM_SACK,      /* the delayed SACK */
    USCTP__ALARM_AUTOCLOSE, /* no data for so long */
    USCTP__ALARM_TRIM,      /* rings and buffers that stayed empty are given back */
    USCTP__ALARM_LIFETIME,  /* the lifetime of a message that was not sent is over */
    USCTP__ALARM_RECONF,    /* the response to a RE-CONFIG is late */
    USCTP__ASSOC_ALARM_CNT
};

enum usctp__path_alarm {
    USCTP__ALARM_LOSS = 0,  /* T3-rtx, or what comes before it: see rack.h */
    USCTP__ALARM_HEARTBEAT, /* the next heartbeat is due */
    USCTP__ALARM_HB_ANSWER, /* the heartbeat sent was not answered in time */
    USCTP__ALARM_PACE,      /* the next train may leave */
    USCTP__ALARM_PMTU,      /* a probe of the path MTU is due, or overdue */
    USCTP__PATH_ALARM_CNT
};

/* Setting, clearing and asking is done inline: see assoc.h, which knows the structures.
 *
 * Moves the heap node, if the association is in the heap. */
void usctp__alarm_wake_by(struct usctp_assoc *assoc, uint64_t ts);

/* No alarm of the association or its paths is armed any more. */
void usctp__alarm_clear_all(struct usctp_assoc *assoc);

/* Brings the heap node up to date: it was early, or what it woke for is done. */
void usctp__alarm_refresh(struct usctp_assoc *assoc);

/* Runs what is due at core->now_ts: each alarm once, disarmed before its handler is called, if there
 * is any. */
void usctp__alarm_run(struct usctp_assoc *assoc);

#endif
