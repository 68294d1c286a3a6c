/* SPDX-License-Identifier: BSD-3-Clause */
/* Associations that follow the addresses of their host (USCTP_PARAM_FOLLOW_HOST; RFC 6458, 8.1.23): those that the
 * peer does not know are added, those that are gone are deleted, where address reconfiguration is in force. */
#ifndef USCTP_CORE_FOLLOW_H
#define USCTP_CORE_FOLLOW_H

struct usctp_assoc;
struct usctp__addr_list;
struct usctp__path;

/* The association is up, or began anew; the peer has seen the address that this path leaves from. Asks for the
 * others that the host has. */
void usctp__follow_begin(struct usctp_assoc *assoc, struct usctp__path *known);

/* The host had those addresses, and has others now (usctp__core.host_addrs). */
void usctp__follow_changed(struct usctp_assoc *assoc, struct usctp__addr_list *old);

/* No request waits any more, or there may be memory again: asks for what the peer was not told yet, if anything. */
void usctp__follow_next(struct usctp_assoc *assoc);

/* The association restarts or goes: what the peer was told counts no more. */
void usctp__follow_free(struct usctp_assoc *assoc);

#endif
