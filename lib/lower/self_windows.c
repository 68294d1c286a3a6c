/* SPDX-License-Identifier: BSD-3-Clause */
/* A socket that receives what it sends. */
#include "lower/self_windows.h"

#include <string.h>

SOCKET usctp__self_open(void)
{
    struct sockaddr_in name;
    int len = (int)sizeof(name);
    u_long nonblocking = 1;
    SOCKET self = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
                             WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);

    if (self == INVALID_SOCKET) {
        return self;
    }
    memset(&name, 0, sizeof(name));
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(self, (struct sockaddr *)&name, len) != 0 ||
        getsockname(self, (struct sockaddr *)&name, &len) != 0 ||
        connect(self, (struct sockaddr *)&name, len) != 0 ||
        ioctlsocket(self, (long)FIONBIO, &nonblocking) != 0) {
        closesocket(self);
        return INVALID_SOCKET;
    }
    return self;
}

void usctp__self_wake(SOCKET self)
{
    send(self, "", 1, 0); /* What does not fit finds one there that wakes as well. */
}

void usctp__self_drain(SOCKET self)
{
    char bytes[64];

    while (recv(self, bytes, (int)sizeof(bytes), 0) > 0) {
    }
}
