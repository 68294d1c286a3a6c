/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening the sockets of a driver: all on one port, and a clear word where that fails. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "lower/driver.h"

enum { PORT_TRIES = 16 }; /* ports drawn until one is free for all addresses */

/* --- Texts of errors -------------------------------------------------------------------------- */

void usctp__driver_explain(const struct usctp_driver_config *config, const char *format, ...)
{
    va_list args;

    if (config->error_text == NULL || config->error_text_len == 0) {
        return;
    }
    va_start(args, format);
    vsnprintf(config->error_text, config->error_text_len, format, args);
    va_end(args);
}

static const char *where_text(const struct usctp_addr *addr, char *buf, size_t len)
{
    if (!usctp__addr_is_unspecified(addr)) {
        return usctp_addr_text(addr, buf, len);
    }
    return addr->family == USCTP_AF_IPV4 ? "all IPv4 addresses" : "all IPv6 addresses";
}

static void explain_open(const struct usctp_driver *driver,
                         const struct usctp_driver_config *config, const struct usctp_addr *addr,
                         uint16_t port, int error, int os_error)
{
    char addr_buf[USCTP_ADDR_TEXT_MAX], os_buf[128];
    const char *where = where_text(addr, addr_buf, sizeof(addr_buf));
    const char *why = driver->io->error_text(os_error, os_buf, sizeof(os_buf));

    switch (error) {
    case USCTP_EADDRINUSE:
        usctp__driver_explain(
            config, "UDP port %u is in use on %s; choose another one, or 0 for any free one",
            (unsigned)port, where);
        break;
    case USCTP_EADDRNOTAVAIL:
        usctp__driver_explain(config, "%s is not an address of this host", where);
        break;
    case USCTP_EAFNOSUPPORT:
        usctp__driver_explain(config, "this host has no %s",
                              addr->family == USCTP_AF_IPV4 ? "IPv4" : "IPv6");
        break;
    default:
        if (driver->io->raw) {
            usctp__driver_explain(config, "cannot open a raw IP socket for protocol 132 on %s: %s",
                                  where, why);
        } else {
            usctp__driver_explain(config, "cannot open UDP port %u on %s: %s", (unsigned)port,
                                  where, why);
        }
        break;
    }
}

/* --- Opening ---------------------------------------------------------------------------------- */

void usctp__driver_close_sockets(struct usctp_driver *driver)
{
    for (size_t i = 0; i < driver->socket_cnt; i++) {
        driver->io->close(&driver->sockets[i]);
    }
    driver->socket_cnt = 0;
}

/* Opens one more socket on driver->port, which becomes the drawn one if it was 0. */
static int add_socket(struct usctp_driver *driver, const struct usctp_driver_config *config,
                      const struct usctp_addr *addr, int *os_error)
{
    struct usctp__socket *sock = &driver->sockets[driver->socket_cnt];

    memset(sock, 0, sizeof(*sock));
    sock->addr = *addr;
    sock->wildcard = usctp__addr_is_unspecified(addr);
    sock->fd = -1;
    int err = driver->io->open(driver, sock, driver->port, config, os_error);
    if (err != 0) {
        return err;
    }
    driver->socket_cnt++;
    if (!driver->io->raw && driver->port == 0) {
        driver->port = driver->io->port(sock);
        return driver->port == 0 ? USCTP_EIO : 0;
    }
    return 0;
}

/* Opens all sockets on one port. *failed names the address that an error is about. */
static int open_all(struct usctp_driver *driver, const struct usctp_driver_config *config,
                    struct usctp_addr *failed, int *os_error)
{
    static const uint8_t zeros[16];
    struct usctp_addr any[2];
    bool optional = config->addr_cnt == 0; /* a host may have only one of the families */
    const struct usctp_addr *addrs = optional ? any : config->addrs;
    size_t cnt = optional ? 2 : config->addr_cnt;
    int err;

    any[0] = usctp__addr_ipv4(zeros);
    any[1] = usctp__addr_ipv6(zeros, 0);
    driver->port = driver->io->raw ? 0 : config->port;
    if (config->shards != NULL && driver->port == 0) {
        driver->port = usctp__shard_port(config->shards);
    }
    for (size_t i = 0; i < cnt; i++) {
        err = add_socket(driver, config, &addrs[i], os_error);
        bool absent = err == USCTP_EAFNOSUPPORT || err == USCTP_EADDRNOTAVAIL;
        if (err != 0 && !(optional && absent)) {
            *failed = addrs[i];
            return err;
        }
    }
    if (driver->socket_cnt == 0) {
        *failed = any[0];
        return USCTP_EAFNOSUPPORT;
    }
    return 0;
}

int usctp__driver_open_sockets(struct usctp_driver *driver,
                               const struct usctp_driver_config *config)
{
    struct usctp_addr failed = usctp__addr_none();
    uint16_t port = 0;
    int err = 0, os_error = 0;

    for (int i = 0; i < PORT_TRIES; i++) {
        err = open_all(driver, config, &failed, &os_error);
        port = driver->port;
        if (err == 0) {
            return 0;
        }
        usctp__driver_close_sockets(driver);
        if (err != USCTP_EADDRINUSE || config->port != 0) {
            break;
        }
    }
    explain_open(driver, config, &failed, port, err, os_error);
    return err;
}

int usctp__driver_check(const struct usctp_driver_config *config)
{
    const uint32_t known = USCTP_DRIVER_NO_SEGMENTATION | USCTP_DRIVER_NO_COALESCING |
                           USCTP_DRIVER_NO_BATCHES | USCTP_DRIVER_NO_STEERING;
    char text[USCTP_ADDR_TEXT_MAX];

    if ((config->flags & ~known) != 0) {
        usctp__driver_explain(config, "the driver has no such flag");
        return USCTP_EINVAL;
    }
    if (config->addr_cnt > USCTP__DRIVER_SOCKET_MAX ||
        (config->addr_cnt > 0 && config->addrs == NULL)) {
        usctp__driver_explain(config, "at most %d local addresses can be bound",
                              USCTP__DRIVER_SOCKET_MAX);
        return USCTP_EINVAL;
    }
    for (size_t i = 0; i < config->addr_cnt; i++) {
        const struct usctp_addr *addr = &config->addrs[i];

        if (!usctp__addr_is_ip(addr)) {
            usctp__driver_explain(config, "local address number %u is no IP address",
                                  (unsigned)i + 1);
            return USCTP_EINVAL;
        }
        if (usctp__addr_is_multicast(addr) || usctp__addr_is_broadcast(addr)) {
            usctp__driver_explain(config, "%s is no unicast address",
                                  usctp_addr_text(addr, text, sizeof(text)));
            return USCTP_EADDRNOTAVAIL;
        }
        for (size_t k = 0; k < i; k++) {
            if (usctp__addr_equal(addr, &config->addrs[k])) {
                usctp__driver_explain(config, "local address %s is given twice",
                                      usctp_addr_text(addr, text, sizeof(text)));
                return USCTP_EINVAL;
            }
        }
    }
    return 0;
}
