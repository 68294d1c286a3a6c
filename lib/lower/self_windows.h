/* SPDX-License-Identifier: BSD-3-Clause */
/* A datagram socket connected to itself: WSAPoll can wait for it, and any thread can make it readable. */
#ifndef USCTP_LOWER_SELF_WINDOWS_H
#define USCTP_LOWER_SELF_WINDOWS_H

#include "lower/socket_windows.h"

/* Opens one, which never blocks; closed with closesocket. Winsock has been started. INVALID_SOCKET: none can be had. */
SOCKET usctp__self_open(void);

/* Makes it readable. From any thread. */
void usctp__self_wake(SOCKET self);

/* Takes out what makes it readable. */
void usctp__self_drain(SOCKET self);

#endif
