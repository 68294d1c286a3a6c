/* SPDX-License-Identifier: BSD-3-Clause */
/* The default host, and the end of the process. */
#ifndef USCTP_SOCKET_EXIT_H
#define USCTP_SOCKET_EXIT_H

#include <usctp/socket.h>

/* Registers what exit calls; once a process. */
void usctp__exit_register(void);

/* In the child of a fork: there is no default host. */
void usctp__exit_forked(void);

/* Ends the associations of a host: lets them finish and shut down for config.exit_ms at most. The lock is
 * held. */
void usctp__host_finish(struct usctp_host *host);

#endif
