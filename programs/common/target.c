/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts and UDP ports as they stand on command lines. */
#include "common/target.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/numbers.h"
#include "common/report.h"

enum { HOST_LEN_MAX = 256 };

/* Parts HOST:PORT; an IPv6 address with a port stands in brackets. False: it is neither. */
static bool split(const char *text, char *host, uint16_t *udp_port)
{
    const char *colon = strrchr(text, ':'), *port = NULL;
    size_t len = strlen(text);
    uint64_t value;

    if (text[0] == '[') {
        const char *bracket = strchr(text, ']');

        if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':')) {
            return false;
        }
        port = bracket[1] == ':' ? bracket + 2 : NULL;
        text++;
        len = (size_t)(bracket - text);
    } else if (colon != NULL && strchr(text, ':') == colon) {
        port = colon + 1;
        len = (size_t)(colon - text);
    }
    if (port != NULL) {
        if (!number_parse(port, 1, 65535, &value)) {
            return false;
        }
        *udp_port = (uint16_t)value;
    }
    if (len == 0 || len >= HOST_LEN_MAX) {
        return false;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    return true;
}

static bool take_sockaddr(const struct sockaddr *from, struct usctp_addr *addr)
{
    memset(addr, 0, sizeof(*addr));
    if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;

        memcpy(&v4, from, sizeof(v4));
        addr->family = USCTP_AF_IPV4;
        memcpy(addr->bytes, &v4.sin_addr, 4);
        return true;
    }
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;

        memcpy(&v6, from, sizeof(v6));
        addr->family = USCTP_AF_IPV6;
        addr->scope_id = v6.sin6_scope_id;
        memcpy(addr->bytes, &v6.sin6_addr, 16);
        return true;
    }
    return false;
}

static bool resolve(const char *host, int family, struct usctp_addr *addr)
{
    struct addrinfo hints, *list = NULL;
    bool found = false;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_family = family == USCTP_AF_IPV4   ? AF_INET
                      : family == USCTP_AF_IPV6 ? AF_INET6
                                                : AF_UNSPEC;
    int err = getaddrinfo(host, NULL, &hints, &list);
    if (err != 0) {
        report_error("cannot find the host %s: %s", host, gai_strerror(err));
        return false;
    }
    for (struct addrinfo *info = list; info != NULL && !found; info = info->ai_next) {
        found = take_sockaddr(info->ai_addr, addr);
    }
    freeaddrinfo(list);
    if (!found) {
        report_error("the host %s has no IP address", host);
    }
    return found;
}

bool target_well_formed(const char *text)
{
    char host[HOST_LEN_MAX];
    uint16_t udp_port;

    if (!split(text, host, &udp_port)) {
        report_error("%s is no HOST, HOST:UDPPORT or [IPV6]:UDPPORT; see --help", text);
        return false;
    }
    return true;
}

bool target_take_port(const char *const *words, size_t *cnt, size_t least, uint64_t lowest,
                      uint16_t *port)
{
    const char *last = *cnt > least ? words[*cnt - 1] : "";
    uint64_t value;

    if (last[0] == '\0' || last[strspn(last, "0123456789")] != '\0') {
        return true;
    }
    if (!number_parse(last, lowest, 65535, &value)) {
        report_error("%s is no SCTP port; see --help", last);
        return false;
    }
    *port = (uint16_t)value;
    --*cnt;
    return true;
}

bool target_parse(const char *text, int family, uint16_t udp_port, struct usctp_peer_addr *peer)
{
    char host[HOST_LEN_MAX];

    memset(peer, 0, sizeof(*peer));
    peer->udp_port = udp_port;
    if (!target_well_formed(text)) {
        return false;
    }
    (void)split(text, host, &peer->udp_port);
    if (usctp_addr_parse(&peer->addr, host) == 0) {
        return true;
    }
    return resolve(host, family, &peer->addr);
}

bool target_parse_local(const char *text, struct usctp_addr *addr)
{
    memset(addr, 0, sizeof(*addr));
    if (usctp_addr_parse(addr, text) != 0) {
        report_error("%s is no IP address", text);
        return false;
    }
    return true;
}

const char *target_text(char *buf, const struct usctp_addr *addr, uint16_t udp_port)
{
    char text[USCTP_ADDR_TEXT_MAX];

    usctp_addr_text(addr, text, sizeof(text));
    if (udp_port == 0) {
        snprintf(buf, TARGET_TEXT_MAX, "%s", text);
    } else {
        snprintf(buf, TARGET_TEXT_MAX, addr->family == USCTP_AF_IPV6 ? "[%s]:%u" : "%s:%u", text,
                 (unsigned)udp_port);
    }
    return buf;
}

bool target_same(const struct usctp_addr *a, const struct usctp_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
