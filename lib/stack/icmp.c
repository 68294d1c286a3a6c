/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP messages (RFC 9260, 10; RFC 6951, 5.5): believed only with proof that the packet they quote
 * was ours. Which type and code is of which kind the driver has told (ICMP1 to ICMP4, and the mapping
 * of port unreachable where there is UDP below). */
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "core/assoc.h"
#include "stack/endpoint.h"
#include "stack/sized.h"
#include "stack/stack.h"
#include "wire/packet.h"

enum {
    QUOTE_TAG_LEN = 8,           /* ports and tag: what ICMP quotes at least */
    QUOTE_CHUNK_TYPE = 12,       /* where the type of the first chunk stands */
    QUOTE_INITIATE_TAG = 16,     /* where the Initiate Tag of an INIT stands */
    QUOTE_INITIATE_TAG_LEN = 20, /* bytes of a quote up to its end */
};

/* The quoted packet is an INIT (its tag is 0 then), whatever is quoted of it. */
static bool quotes_init(const struct usctp_icmp *icmp)
{
    return usctp__get32(icmp->quote + 4) == 0;
}

/* RFC 9260, 10, ICMP6: the tag that only we and the peer know. */
static bool quote_verified(const struct usctp_assoc *assoc, const struct usctp_icmp *icmp)
{
    if (!quotes_init(icmp)) {
        return usctp__get32(icmp->quote + 4) == assoc->peer_tag;
    }
    return icmp->quote_len >= QUOTE_INITIATE_TAG_LEN &&
           icmp->quote[QUOTE_CHUNK_TYPE] == USCTP__CHUNK_INIT &&
           usctp__get32(icmp->quote + QUOTE_INITIATE_TAG) == assoc->my_tag;
}

/* The path that the quoted packet was sent on. */
static struct usctp__path *path_of_quote(const struct usctp_assoc *assoc,
                                         const struct usctp_icmp *icmp)
{
    struct usctp_dgram dgram;

    memset(&dgram, 0, sizeof(dgram));
    dgram.local = icmp->local;
    dgram.remote = icmp->remote;
    dgram.local_udp_port = icmp->local_udp_port;
    dgram.remote_udp_port = icmp->remote_udp_port;
    dgram.lower = icmp->lower;
    return usctp__path_of_source(assoc, &dgram);
}

/* RFC 9260, 10, ICMP8: the peer has no SCTP there; as if it had sent an ABORT. False: not now. */
static bool take_no_protocol(struct usctp_assoc *assoc, const struct usctp__path *path,
                             const struct usctp_icmp *icmp)
{
    if (quotes_init(icmp) && assoc->state != USCTP_STATE_COOKIE_WAIT) {
        return false;
    }
    /* A port that is not, or not yet, that of the peer says nothing about the peer. */
    if (path->rebinding || icmp->remote_udp_port != path->udp_port) {
        return false;
    }
    assoc->core->stats.aborteds++;
    usctp__assoc_end(assoc, USCTP_LOST_UNREACHABLE, 0, NULL, 0);
    return true;
}

/* RFC 9260, 10, ICMP5 to ICMP9. False: it is not believed. */
static bool take_quote(struct usctp_stack *stack, const struct usctp_icmp *icmp)
{
    struct usctp__peer_key key = {&icmp->remote, &icmp->local, icmp->lower, 0, 0};
    struct usctp_assoc *assoc;
    struct usctp__path *path;

    if (icmp->quote == NULL || icmp->quote_len < QUOTE_TAG_LEN) {
        return false;
    }
    key.my_port = usctp__get16(icmp->quote);
    key.peer_port = usctp__get16(icmp->quote + 2);
    assoc = usctp__demux_by_peer(&stack->core, &key);
    if (assoc == NULL || !quote_verified(assoc, icmp)) {
        return false;
    }
    path = path_of_quote(assoc, icmp);
    if (path == NULL || icmp->kind == USCTP_ICMP_OTHER) {
        return false;
    }
    if (icmp->kind == USCTP_ICMP_NO_PROTOCOL) {
        return take_no_protocol(assoc, path, icmp);
    }
    usctp__path_on_icmp(assoc, path, icmp);
    return true;
}

/* An error without a quote: each path to that address is looked after by a heartbeat, no more. */
static bool take_hint(struct usctp_stack *stack, const struct usctp_icmp *icmp)
{
    bool found = false;

    if (!usctp__addr_is_ip(&icmp->remote) ||
        !usctp__bucket_take(&stack->hint_bucket, stack->core.now_ts)) {
        return false;
    }
    USCTP__LIST_FOREACH(endpoint_link, &stack->endpoints)
    {
        USCTP__LIST_FOREACH(link, &usctp__endpoint_of(endpoint_link)->assocs)
        {
            struct usctp_assoc *assoc = USCTP__CONTAINER_OF(link, struct usctp_assoc, stack_link);
            struct usctp__path *path = assoc->ended ? NULL : path_of_quote(assoc, icmp);

            if (path != NULL && path->lower == icmp->lower &&
                (icmp->remote_udp_port == 0 || icmp->remote_udp_port == path->udp_port)) {
                usctp__path_on_icmp(assoc, path, icmp);
                found = true;
            }
        }
    }
    return found;
}

int usctp_stack_input_icmp(usctp_stack *stack, const struct usctp_icmp *theirs, uint64_t now_ts)
{
    struct usctp_icmp icmp;
    bool taken;
    int error;

    if (stack == NULL) {
        return USCTP_EINVAL;
    }
    if (usctp__stack_busy(stack)) {
        return USCTP_EBUSY;
    }
    memset(&icmp, 0, sizeof(icmp));
    error = usctp__sized_in(&icmp, sizeof(icmp), theirs, sizeof(struct usctp_icmp));
    if (error != USCTP_OK) {
        return error;
    }
    if (icmp.kind < USCTP_ICMP_HINT || icmp.kind > USCTP_ICMP_OTHER) {
        return USCTP_EINVAL;
    }
    usctp__addr_normalize(&icmp.local);
    usctp__addr_normalize(&icmp.remote);
    usctp__stack_enter_at(stack, now_ts);
    taken = icmp.kind == USCTP_ICMP_HINT ? take_hint(stack, &icmp) : take_quote(stack, &icmp);
    if (taken) {
        stack->core.stats.icmp_taken++;
    } else {
        stack->core.stats.icmp_ignored++;
    }
    usctp__core_leave(&stack->core);
    return USCTP_OK;
}
