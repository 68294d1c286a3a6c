/* SPDX-License-Identifier: BSD-3-Clause */
/* The headers of Winsock, in the order in which they go together. */
#ifndef USCTP_LOWER_SOCKET_WINDOWS_H
#define USCTP_LOWER_SOCKET_WINDOWS_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN 1
#endif
#if !defined(_WIN32_WINNT) || _WIN32_WINNT < 0x0600
#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0600 /* WSAPoll, WSASendMsg */
#endif

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>

#endif
