/* SPDX-License-Identifier: BSD-3-Clause */
/* As much of Windows as lib/lower/addr_watch_windows.c uses, for a test that plays the system. */
#ifndef USCTP_TEST_WINDOWS_H
#define USCTP_TEST_WINDOWS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

typedef uintptr_t SOCKET;
typedef void *HANDLE, *PVOID;
typedef unsigned long ULONG;
typedef unsigned char BOOLEAN;
typedef struct WSAData {
    int version;
} WSADATA;

#define INVALID_SOCKET        (~(SOCKET)0)
#define MAKEWORD(low, high)   ((uint16_t)((low) | (high) << 8))
#define FALSE                 0
#define NO_ERROR              0UL
#define ERROR_BUFFER_OVERFLOW 111UL
#define ERROR_NO_DATA         232UL

int WSAStartup(uint16_t version, WSADATA *data);
int WSACleanup(void);
int closesocket(SOCKET fd);

/* --- The IP helper ---------------------------------------------------------------------------- */

#define NETIOAPI_API_

typedef struct usctp_test_row *PMIB_UNICASTIPADDRESS_ROW, *PMIB_IPINTERFACE_ROW;
typedef enum { MibParameterNotification, MibAddInstance, MibDeleteInstance } MIB_NOTIFICATION_TYPE;
typedef void (*PUNICAST_IPADDRESS_CHANGE_CALLBACK)(PVOID, PMIB_UNICASTIPADDRESS_ROW,
                                                   MIB_NOTIFICATION_TYPE);
typedef void (*PIPINTERFACE_CHANGE_CALLBACK)(PVOID, PMIB_IPINTERFACE_ROW, MIB_NOTIFICATION_TYPE);

ULONG NotifyUnicastIpAddressChange(int family, PUNICAST_IPADDRESS_CHANGE_CALLBACK callback,
                                   PVOID context, BOOLEAN initial, HANDLE *handle);
ULONG NotifyIpInterfaceChange(int family, PIPINTERFACE_CHANGE_CALLBACK callback, PVOID context,
                              BOOLEAN initial, HANDLE *handle);
ULONG CancelMibChangeNotify2(HANDLE handle);

typedef struct {
    struct sockaddr *lpSockaddr;
    int iSockaddrLength;
} SOCKET_ADDRESS;

typedef enum {
    IpDadStateInvalid = 0,
    IpDadStateTentative,
    IpDadStateDuplicate,
    IpDadStateDeprecated,
    IpDadStatePreferred
} IP_DAD_STATE;

typedef struct usctp_test_unicast {
    struct usctp_test_unicast *Next;
    SOCKET_ADDRESS Address;
    IP_DAD_STATE DadState;
} IP_ADAPTER_UNICAST_ADDRESS;

typedef enum { IfOperStatusUp = 1, IfOperStatusDown } IF_OPER_STATUS;

typedef struct usctp_test_adapter {
    struct usctp_test_adapter *Next;
    IP_ADAPTER_UNICAST_ADDRESS *FirstUnicastAddress;
    IF_OPER_STATUS OperStatus;
} IP_ADAPTER_ADDRESSES;

enum {
    GAA_FLAG_SKIP_ANYCAST = 2,
    GAA_FLAG_SKIP_MULTICAST = 4,
    GAA_FLAG_SKIP_DNS_SERVER = 8,
    GAA_FLAG_SKIP_FRIENDLY_NAME = 32
};

ULONG GetAdaptersAddresses(ULONG family, ULONG flags, PVOID reserved, IP_ADAPTER_ADDRESSES *all,
                           ULONG *len);

#endif
