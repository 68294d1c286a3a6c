/* SPDX-License-Identifier: BSD-3-Clause */
/* The settings that Linux has below net.sctp (usctp_host_set): most are parameters of the host. */
#ifndef USCTP_SOCKET_SETTINGS_H
#define USCTP_SOCKET_SETTINGS_H

#include <stdint.h>

struct usctp_host;

/* Where they begin: at what the host's parameters say. 0 or -ENOMEM. */
int usctp__settings_init(struct usctp_host *host);
void usctp__settings_destroy(struct usctp_host *host);

/* max_autoclose: what SCTP_AUTOCLOSE is cut to, seconds. */
uint64_t usctp__settings_max_autoclose(const struct usctp_host *host);

#endif
