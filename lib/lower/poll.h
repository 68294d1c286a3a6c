/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for descriptors: the platform's half of the loop (loop_posix.c, loop_windows.c). */
#ifndef USCTP_LOWER_POLL_H
#define USCTP_LOWER_POLL_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/driver.h>

/* A descriptor to wait for. */
struct usctp__poll_item {
    usctp_fd fd;
    int wanted; /* enum usctp_watch_flag */
    int ready;  /* Out: those of `wanted` that would not block. An error or a hang-up counts as all
                 * of them, so that who reads or writes next is told. */
};

struct usctp__poller;

/* Makes one. Errors: USCTP_ENOMEM, USCTP_EIO. */
int usctp__poller_new(struct usctp__poller **poller);

/* Closes and frees it. */
void usctp__poller_free(struct usctp__poller *poller);

/* Waits until one of the items is ready, the poller is woken or max_dur nanoseconds have passed
 * (USCTP_NEVER: no limit). A signal ends the wait too. Returns 0; USCTP_ENOMEM, USCTP_EIO. */
int usctp__poller_wait(struct usctp__poller *poller, struct usctp__poll_item *items, size_t cnt,
                       uint64_t max_dur);

/* Ends the present or the next wait. Safe in signal handlers. */
void usctp__poller_wake(struct usctp__poller *poller);

#endif
