/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts and UDP ports as they stand on command lines. */
#ifndef USCTP_PROGRAMS_TARGET_H
#define USCTP_PROGRAMS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

enum { TARGET_TEXT_MAX = USCTP_ADDR_TEXT_MAX + 8 };

/* HOST, HOST:UDPPORT or [IPV6]:UDPPORT, where HOST is an address or a name; names get the first
 * address of the family (0: of any). Without a port, udp_port. False after an error line. */
bool target_parse(const char *text, int family, uint16_t udp_port, struct usctp_peer_addr *peer);

/* True if it has that form, whether there is such a host or not; else an error line is printed. */
bool target_well_formed(const char *text);

/* Takes the SCTP port off the end of the words, where more than `least` of them stand there: a last word of
 * digits is one. *port stays where there is none. False after an error line: it is no port. */
bool target_take_port(const char *const *words, size_t *cnt, size_t least, uint64_t lowest,
                      uint16_t *port);

/* A local address: no name, no port. False after an error line. */
bool target_parse_local(const char *text, struct usctp_addr *addr);

/* "192.0.2.1:9899", "[::1]:9899", or without the port where that is 0; returns buf, which has
 * TARGET_TEXT_MAX bytes. */
const char *target_text(char *buf, const struct usctp_addr *addr, uint16_t udp_port);

/* True if both are the same address, whatever the interface. */
bool target_same(const struct usctp_addr *a, const struct usctp_addr *b);

#endif
