/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of the host on Windows, which tells of changes in threads of its own. */
#include "lower/self_windows.h"

#include <iphlpapi.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <usctp/driver.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "lower/addr_watch.h"

enum {
    FIRST_LEN =
        15000, /* bytes that GetAdaptersAddresses is offered at first, as its manual advises */
    TRIES = 4  /* interfaces may appear between its answer and the next question */
};

struct usctp_addr_watch {
    SOCKET self; /* readable when something may have changed; INVALID_SOCKET: looked at in time */
    HANDLE addresses;  /* who is told of addresses; NULL: nobody */
    HANDLE interfaces; /* who is told of interfaces; NULL: nobody */
};

/* --- Word of changes -------------------------------------------------------------------------- */

/* These run in threads of the system: sending is all they do. */
static void NETIOAPI_API_ on_address(PVOID watch, PMIB_UNICASTIPADDRESS_ROW row,
                                     MIB_NOTIFICATION_TYPE type)
{
    USCTP__UNUSED(row);
    USCTP__UNUSED(type);
    usctp__self_wake(((struct usctp_addr_watch *)watch)->self);
}

static void NETIOAPI_API_ on_interface(PVOID watch, PMIB_IPINTERFACE_ROW row,
                                       MIB_NOTIFICATION_TYPE type)
{
    USCTP__UNUSED(row);
    USCTP__UNUSED(type);
    usctp__self_wake(((struct usctp_addr_watch *)watch)->self);
}

/* Nobody is told any more once this has returned: it waits for callbacks that still run. */
static void end_word(struct usctp_addr_watch *watch)
{
    if (watch->addresses != NULL) {
        CancelMibChangeNotify2(watch->addresses);
        watch->addresses = NULL;
    }
    if (watch->interfaces != NULL) {
        CancelMibChangeNotify2(watch->interfaces);
        watch->interfaces = NULL;
    }
    if (watch->self != INVALID_SOCKET) {
        closesocket(watch->self);
        watch->self = INVALID_SOCKET;
    }
}

/* Where the system does not tell of both the watch does without a socket. */
static void begin_word(struct usctp_addr_watch *watch)
{
    watch->self = usctp__self_open();
    if (watch->self == INVALID_SOCKET) {
        return;
    }
    if (NotifyUnicastIpAddressChange(AF_UNSPEC, on_address, watch, FALSE, &watch->addresses) !=
            NO_ERROR ||
        NotifyIpInterfaceChange(AF_UNSPEC, on_interface, watch, FALSE, &watch->interfaces) !=
            NO_ERROR) {
        end_word(watch);
    }
}

int usctp_addr_watch_new(usctp_addr_watch **watch)
{
    struct usctp_addr_watch *made;
    WSADATA data;

    if (watch == NULL) {
        return USCTP_EINVAL;
    }
    *watch = NULL;
    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return USCTP_ENOMEM;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        free(made);
        return USCTP_EIO;
    }
    begin_word(made);
    *watch = made;
    return USCTP_OK;
}

void usctp_addr_watch_free(usctp_addr_watch *watch)
{
    if (watch != NULL) {
        end_word(watch);
        WSACleanup();
        free(watch);
    }
}

usctp_fd usctp_addr_watch_fd(const usctp_addr_watch *watch)
{
    return watch != NULL && watch->self != INVALID_SOCKET ? (usctp_fd)watch->self : -1;
}

/* --- Looking ---------------------------------------------------------------------------------- */

/* Everything the system knows of its interfaces, to be freed; NULL: it does not say, or no memory. */
static IP_ADAPTER_ADDRESSES *ask_system(void)
{
    ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER |
                  GAA_FLAG_SKIP_FRIENDLY_NAME;
    ULONG len = FIRST_LEN;

    for (int i = 0; i < TRIES; i++) {
        IP_ADAPTER_ADDRESSES *all = malloc(len);
        ULONG error;

        if (all == NULL) {
            return NULL;
        }
        error = GetAdaptersAddresses(AF_UNSPEC, flags, NULL, all, &len);
        if (error == NO_ERROR) {
            return all;
        }
        free(all);
        if (error != ERROR_BUFFER_OVERFLOW) {
            return NULL; /* ERROR_NO_DATA: there are no addresses */
        }
    }
    return NULL;
}

static struct usctp_addr address_of(const SOCKET_ADDRESS *name)
{
    uint8_t bytes[16];

    if (name->lpSockaddr->sa_family == AF_INET) {
        struct sockaddr_in sin;

        memcpy(&sin, name->lpSockaddr, sizeof(sin));
        memcpy(bytes, &sin.sin_addr, 4);
        return usctp__addr_ipv4(bytes);
    }
    if (name->lpSockaddr->sa_family == AF_INET6) {
        struct sockaddr_in6 sin6;

        memcpy(&sin6, name->lpSockaddr, sizeof(sin6));
        memcpy(bytes, &sin6.sin6_addr, 16);
        return usctp__addr_ipv6(bytes, 0);
    }
    return usctp__addr_none();
}

/* Packets can leave from it: it is no duplicate, and the system has seen that. */
static bool is_usable(const IP_ADAPTER_UNICAST_ADDRESS *one)
{
    return one->DadState == IpDadStatePreferred || one->DadState == IpDadStateDeprecated;
}

size_t usctp_addr_watch_read(usctp_addr_watch *watch, struct usctp_addr *addrs, size_t max)
{
    struct usctp__addr_found found = {addrs, 0, max};
    IP_ADAPTER_ADDRESSES *all;

    if (watch == NULL || addrs == NULL) {
        return 0;
    }
    if (watch->self != INVALID_SOCKET) {
        usctp__self_drain(watch->self); /* first: what changes from now on is told again */
    }
    all = ask_system();
    for (const IP_ADAPTER_ADDRESSES *face = all; face != NULL; face = face->Next) {
        const IP_ADAPTER_UNICAST_ADDRESS *one = face->FirstUnicastAddress;

        for (; face->OperStatus == IfOperStatusUp && one != NULL; one = one->Next) {
            struct usctp_addr addr = address_of(&one->Address);

            if (is_usable(one)) {
                usctp__addr_found(&found, &addr);
            }
        }
    }
    free(all);
    return found.cnt;
}
