/* SPDX-License-Identifier: BSD-3-Clause */
/* The local addresses of one association while they change (RFC 5061), and its paths with them. */
#ifndef USCTP_CORE_ASCONF_LOCALS_H
#define USCTP_CORE_ASCONF_LOCALS_H

#include <usctp/usctp.h>

struct usctp_assoc;
struct usctp__asconf;

/* The struct of address reconfiguration, made on first use; NULL: no memory. */
struct usctp__asconf *usctp__asconf_use(struct usctp_assoc *assoc);

/* The association lists this address too, if it has a list at all. Without memory it does not. */
void usctp__locals_add(struct usctp_assoc *assoc, const struct usctp_addr *addr);

/* It does not have this address any more, or none but this one: paths from there go, or leave from another
 * address. One path stays whatever comes. */
void usctp__locals_remove(struct usctp_assoc *assoc, const struct usctp_addr *addr);
void usctp__locals_keep_only(struct usctp_assoc *assoc, const struct usctp_addr *addr);

/* The peer knows the address: paths from there, made now if there is none, are probed. */
void usctp__locals_announced(struct usctp_assoc *assoc, const struct usctp_addr *addr);

/* What the peer did not do from there: paths that only the request took go. */
void usctp__locals_unused(struct usctp_assoc *assoc, const struct usctp_addr *addr);

/* The peer does not want it: paths from there that only the request took go. */
void usctp__locals_refused(struct usctp_assoc *assoc, const struct usctp_addr *addr);

/* The addresses that were to be deleted are no more, or never mind: paths that were leaving go. */
void usctp__locals_left(struct usctp_assoc *assoc);

#endif
