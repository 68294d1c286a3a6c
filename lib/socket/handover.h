/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection that goes to another host. */
#ifndef USCTP_SOCKET_HANDOVER_H
#define USCTP_SOCKET_HANDOVER_H

#include <stddef.h>

struct usctp__sock;

/* usctp_host_export. 0 or a negative errno; *reasons is set in any case. */
int usctp__export(struct usctp__sock *sock, void *buf, size_t cap, size_t *len, unsigned *reasons);

/* usctp_host_import. 0 or a negative errno. */
int usctp__import(struct usctp__sock *sock, const void *bytes, size_t len);

#endif
