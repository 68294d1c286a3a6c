/* SPDX-License-Identifier: BSD-3-Clause */
/* Word of a POSIX system that addresses of the host may have changed. */
#ifndef USCTP_LOWER_ADDR_NOTICE_H
#define USCTP_LOWER_ADDR_NOTICE_H

/* A socket that becomes readable then, whatever it says: not blocking, closed on exec. -1: the system does not say, or
 * refuses to. */
int usctp__addr_notice_open(void);

#endif
