/* SPDX-License-Identifier: BSD-3-Clause */
/* What the core tells the sockets. The host's lock is held whenever these run. */
#ifndef USCTP_SOCKET_EVENT_H
#define USCTP_SOCKET_EVENT_H

#include <usctp/usctp.h>

/* usctp_event_fn of all endpoints and of the stack. */
void usctp__on_event(void *user, const struct usctp_event *event);

/* usctp_accept_fn of all endpoints; user is the struct usctp__binding. */
int usctp__on_accept(void *user, const struct usctp_accept *accept, void **assoc_user);

#endif
