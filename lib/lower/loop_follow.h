/* SPDX-License-Identifier: BSD-3-Clause */
/* A loop that tells its stack which addresses the host has (USCTP_LOOP_FOLLOW_HOST). */
#ifndef USCTP_LOWER_LOOP_FOLLOW_H
#define USCTP_LOWER_LOOP_FOLLOW_H

#include <usctp/driver.h>

struct usctp__loop_follow;

/* Tells it now, and when they change; the system is asked each look_ms milliseconds, or with 0 waited for where it
 * tells. 0 or an error: USCTP_ENOMEM, USCTP_EIO. */
int usctp__loop_follow_new(usctp_loop *loop, uint32_t look_ms, struct usctp__loop_follow **follow);

/* The loop serves it no more. NULL is fine. */
void usctp__loop_follow_free(struct usctp__loop_follow *follow);

#endif
