/* SPDX-License-Identifier: BSD-3-Clause */
/* Word of the system that addresses of the host may have changed. */
#ifndef USCTP_LOWER_ADDR_NOTICE_H
#define USCTP_LOWER_ADDR_NOTICE_H

/* A descriptor that becomes readable then; -1: the system does not say. Closed with close. */
int usctp__addr_notice_open(void);

/* Reads what there is, which is of no interest by itself. */
void usctp__addr_notice_drain(int fd);

#endif
