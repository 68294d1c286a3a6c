/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of packets in: checks, and who is to handle them. */
#include "stack/ingress.h"

#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/crc32c.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "core/ext.h"
#include "stack/accept.h"
#include "stack/ootb.h"
#include "stack/stack.h"
#include "wire/abort_error.h"
#include "wire/init.h"
#include "wire/shutdown.h"

static void glance_at(struct usctp__glance *glance, const struct usctp__chunk *chunk)
{
    struct usctp__cause cause;

    switch (chunk->type) {
    case USCTP__CHUNK_ABORT:
        if (!glance->has_abort) {
            glance->has_abort = true;
            glance->abort_reflected = usctp__chunk_is_reflected(chunk);
            glance->abort_index = glance->chunk_cnt;
        }
        break;
    case USCTP__CHUNK_SHUTDOWN_ACK:
        glance->has_shutdown_ack = true;
        break;
    case USCTP__CHUNK_SHUTDOWN_COMPLETE:
        glance->has_shutdown_complete = true;
        break;
    case USCTP__CHUNK_COOKIE_ACK:
        glance->has_setup_leftover = true;
        break;
    case USCTP__CHUNK_ERROR:
        if (usctp__error_find(chunk, USCTP__CAUSE_STALE_COOKIE, &cause)) {
            glance->has_setup_leftover = true;
        }
        break;
    default:
        break;
    }
}

void usctp__glance(struct usctp__glance *glance, const uint8_t *packet, size_t len)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    int more;

    memset(glance, 0, sizeof(*glance));
    usctp__chunk_iter_init(&iter, packet, len);
    while ((more = usctp__chunk_next(&iter, &chunk)) > 0) {
        if (glance->chunk_cnt == 0 ||
            (glance->chunk_cnt == 1 && glance->first.type == USCTP__CHUNK_AUTH)) {
            glance->first = chunk;
        }
        glance_at(glance, &chunk);
        glance->chunk_cnt++;
    }
    glance->malformed = more < 0;
}

/* The path that an INIT ACK from an unknown address belongs to: one whose address it lists
 * (RFC 9260, 5.1.2 (D)). NULL: none. */
static struct usctp__path *path_of_init_ack(const struct usctp_assoc *assoc,
                                            const struct usctp__chunk *chunk)
{
    struct usctp__init init;
    struct usctp__init_params params;
    struct usctp__param_iter iter;
    struct usctp_addr addr;

    if (!usctp__init_parse(&init, chunk)) {
        return NULL;
    }
    (void)usctp__init_params_parse(&params, chunk->type, &init);
    usctp__init_addr_iter_init(&iter, &params);
    for (unsigned i = 0; i < USCTP__PATH_MAX && usctp__init_addr_next(&iter, &addr, NULL); i++) {
        for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
            if (usctp__addr_match(&path->remote, &addr)) {
                return path;
            }
        }
    }
    return NULL;
}

/* Our tag, but from an address that is none of the peer's. Two chunks may tell of new addresses;
 * anything else is dropped, and not answered: an ABORT would kill an association behind a NAT. */
static USCTP__NOINLINE void take_stray(struct usctp_stack *stack, struct usctp_assoc *assoc,
                                       struct usctp__packet_in *in)
{
    struct usctp__glance glance;

    usctp__glance(&glance, in->packet, in->len);
    if (glance.chunk_cnt > 0) {
        if (glance.first.type == USCTP__CHUNK_INIT_ACK && assoc->state == USCTP_STATE_COOKIE_WAIT) {
            in->path = path_of_init_ack(assoc, &glance.first);
        }
        if (in->path != NULL || glance.first.type == USCTP__CHUNK_COOKIE_ECHO ||
            (glance.first.type == USCTP__CHUNK_ASCONF &&
             usctp__asconf_names(assoc,
                                 &glance.first))) { /* RFC 5061, 5.2, D2; it must be behind AUTH */
            (void)usctp__input_packet(assoc, in, 0);
            return;
        }
    }
    stack->core.stats.dropped_source++;
}

/* Our tag, from an address of the peer, but RFC 9260, 8.5.1 may have something to say. True: the
 * packet is dealt with. */
static USCTP__NOINLINE bool take_exception(struct usctp_stack *stack,
                                           const struct usctp_assoc *assoc,
                                           const struct usctp__packet_in *in)
{
    struct usctp__glance glance;

    usctp__glance(&glance, in->packet, in->len);
    if (glance.chunk_cnt == 0) {
        return false;
    }
    if (glance.first.type == USCTP__CHUNK_INIT) {
        stack->core.stats.dropped_tag++; /* RFC 9260, 8.5.1 (A): its tag is 0 */
        return true;
    }
    if (glance.first.type == USCTP__CHUNK_SHUTDOWN_COMPLETE) {
        if (!usctp__glance_alone(&glance)) {
            stack->core.stats.dropped_bundle++; /* RFC 9260, 6.10 */
            return true;
        }
        /* RFC 9260, 8.5.1 (C): with the T bit the tag is the peer's. */
        if (usctp__chunk_is_reflected(&glance.first) && in->tag != assoc->peer_tag) {
            stack->core.stats.dropped_tag++;
            return true;
        }
    }
    if (glance.has_shutdown_ack &&
        (assoc->state == USCTP_STATE_COOKIE_WAIT || assoc->state == USCTP_STATE_COOKIE_ECHOED)) {
        usctp__ootb(stack, in, &glance); /* RFC 9260, 8.5.1 (E) */
        return true;
    }
    return false;
}

/* The first chunk, or the state, calls for a closer look. */
static bool is_exceptional(const struct usctp_assoc *assoc, const struct usctp__packet_in *in)
{
    unsigned type = in->len > USCTP__PACKET_HEADER_LEN ? in->packet[USCTP__PACKET_HEADER_LEN] : 0;

    return type == USCTP__CHUNK_INIT || type == USCTP__CHUNK_SHUTDOWN_COMPLETE ||
           assoc->state == USCTP_STATE_COOKIE_WAIT || assoc->state == USCTP_STATE_COOKIE_ECHOED;
}

/* The tag is ours and the ports are right. */
static void take_known(struct usctp_stack *stack, struct usctp_assoc *assoc,
                       struct usctp__packet_in *in)
{
    in->path = usctp__path_of_source(assoc, in->dgram);
    if (USCTP__UNLIKELY(in->path == NULL)) {
        take_stray(stack, assoc, in);
        return;
    }
    if (USCTP__UNLIKELY(is_exceptional(assoc, in)) && take_exception(stack, assoc, in)) {
        return;
    }
    (void)usctp__input_packet(assoc, in, 0);
}

/* The tag is not ours, but the peer is known: what RFC 9260, 8.5.1 lets in all the same. */
static void take_by_peer(struct usctp_stack *stack, struct usctp_assoc *assoc,
                         struct usctp__packet_in *in, const struct usctp__glance *glance)
{
    bool reflected = in->tag == assoc->peer_tag; /* neither is 0 */

    in->path = usctp__path_of_source(assoc, in->dgram);
    if (glance->has_abort) {
        if (reflected && glance->abort_reflected) {
            (void)usctp__input_packet(assoc, in, glance->abort_index); /* (B) */
            return;
        }
    } else if (glance->first.type == USCTP__CHUNK_SHUTDOWN_COMPLETE) {
        if (reflected && usctp__chunk_is_reflected(&glance->first) && usctp__glance_alone(glance)) {
            (void)usctp__input_packet(assoc, in, 0); /* (C) */
            return;
        }
    } else if (glance->first.type == USCTP__CHUNK_COOKIE_ECHO) {
        struct usctp__reply_mark mark = usctp__reply_mark(stack);

        (void)usctp__input_packet(assoc, in, 0); /* (D) and 5.2.4 */
        usctp__reply_limit(stack, mark);
        return;
    } else if (glance->has_shutdown_ack && (assoc->state == USCTP_STATE_COOKIE_WAIT ||
                                            assoc->state == USCTP_STATE_COOKIE_ECHOED)) {
        usctp__ootb(stack, in, glance); /* (E) */
        return;
    }
    stack->core.stats.dropped_tag++; /* RFC 9260, 8.5 */
}

/* No association has this tag. */
static USCTP__NOINLINE void take_unknown(struct usctp_stack *stack, struct usctp__packet_in *in)
{
    struct usctp__peer_key key = {&in->dgram->remote, &in->dgram->local, in->dgram->lower,
                                  in->dst_port, in->src_port};
    struct usctp_assoc *assoc;
    struct usctp__glance glance;

    usctp__glance(&glance, in->packet, in->len);
    if (glance.chunk_cnt == 0) {
        stack->core.stats.dropped_malformed++;
        return;
    }
    if (in->tag == 0) {
        /* RFC 9260, 8.5.1 (A): an INIT, and nothing but an INIT. */
        if (glance.first.type != USCTP__CHUNK_INIT) {
            stack->core.stats.dropped_tag++;
        } else if (!usctp__glance_alone(&glance)) {
            stack->core.stats.dropped_bundle++;
        } else {
            usctp__take_init(stack, in, &glance.first);
        }
        return;
    }
    if (usctp__moved_take(stack, in)) {
        return; /* it lives elsewhere */
    }
    assoc = usctp__demux_by_peer(&stack->core, &key);
    if (assoc != NULL) {
        take_by_peer(stack, assoc, in, &glance);
    } else {
        usctp__ootb(stack, in, &glance);
    }
}

/* RFC 9653, 5: only a peer that was told may leave it out; 5.3: and who has no association any more may hear
 * of that, lest it goes on in vain. */
static bool may_lack_checksum(struct usctp__core *core, const struct usctp_assoc *assoc,
                              const struct usctp_dgram *dgram,
                              const struct usctp__packet_header *header)
{
    struct usctp__peer_key key = {&dgram->remote, &dgram->local, dgram->lower, header->dst_port,
                                  header->src_port};

    return assoc != NULL ? (assoc->extensions & USCTP__EXT_ZERO_CHECKSUM_IN) != 0
                         : usctp__demux_by_peer(core, &key) == NULL;
}

/* RFC 9653, 5: a checksum of 0 though it is not the right one: only where the lower layer vouches for the
 * packet, and never with INIT or COOKIE ECHO. */
static USCTP__NOINLINE bool needs_no_checksum(struct usctp__core *core,
                                              const struct usctp_assoc *assoc,
                                              const struct usctp_dgram *dgram,
                                              const struct usctp__packet_header *header,
                                              const uint8_t *packet, size_t len)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;

    if ((dgram->flags & USCTP_DGRAM_CRC_VOUCHED) == 0 ||
        !may_lack_checksum(core, assoc, dgram, header)) {
        return false;
    }
    usctp__chunk_iter_init(&iter, packet, len);
    while (usctp__chunk_next(&iter, &chunk) > 0) {
        if (chunk.type == USCTP__CHUNK_INIT || chunk.type == USCTP__CHUNK_COOKIE_ECHO) {
            return false;
        }
        if (chunk.type != USCTP__CHUNK_AUTH) {
            break; /* behind AUTH alone one of them could stand */
        }
    }
    return true;
}

/* RFC 9260, 6.8; RFC 9653, 5 */
static bool checksum_fits(struct usctp__core *core, const struct usctp_assoc *assoc,
                          const struct usctp_dgram *dgram,
                          const struct usctp__packet_header *header, const uint8_t *packet,
                          size_t len)
{
    if (USCTP__UNLIKELY(header->checksum == 0) &&
        needs_no_checksum(core, assoc, dgram, header, packet, len)) {
        core->stats.in_zero_checksums++;
        return true;
    }
    return usctp__crc32c_packet(core->crc32c, packet, len) == header->checksum;
}

/* One SCTP packet. */
static inline void take_packet(struct usctp_stack *stack, const struct usctp_dgram *dgram,
                               const uint8_t *packet, size_t len)
{
    struct usctp__core *core = &stack->core;
    struct usctp__packet_header header;
    struct usctp__packet_in in;
    struct usctp_assoc *assoc;

    if (!usctp__packet_header_parse(&header, packet, len)) {
        core->stats.dropped_short++;
        return;
    }
    assoc = usctp__demux_by_tag(core, header.tag, header.dst_port, header.src_port);
    if (!checksum_fits(core, assoc, dgram, &header, packet, len)) {
        core->stats.checksum_errors++; /* RFC 9260, 6.8 */
        return;
    }
    if (header.src_port == 0 || header.dst_port == 0) {
        core->stats.dropped_malformed++; /* RFC 9260, 3.1 */
        return;
    }
    memset(&in, 0, sizeof(in));
    in.dgram = dgram;
    in.packet = packet;
    in.len = len;
    in.src_port = header.src_port;
    in.dst_port = header.dst_port;
    in.tag = header.tag;
    if (USCTP__LIKELY(assoc != NULL)) {
        take_known(stack, assoc, &in);
    } else {
        take_unknown(stack, &in);
    }
}

/* Brings the addresses into the form that all rooms compare, without what the lower layer does not
 * have. */
static void take_addresses(struct usctp_dgram *dgram, uint32_t lower_flags)
{
    if ((lower_flags & USCTP_LOWER_NO_ADDRESSES) != 0) {
        dgram->local = usctp__addr_none();
        dgram->remote = usctp__addr_none();
        dgram->local_udp_port = 0;
        dgram->remote_udp_port = 0;
        return;
    }
    usctp__addr_normalize(&dgram->local);
    usctp__addr_normalize(&dgram->remote);
    if ((lower_flags & USCTP_LOWER_RAW) != 0) {
        dgram->local_udp_port = 0;
        dgram->remote_udp_port = 0;
    }
}

/* The common case: there is nothing to do about them, nor anything wrong with them. */
static inline bool addresses_ordinary(const struct usctp_dgram *dgram, uint32_t lower_flags)
{
    return (lower_flags & (USCTP_LOWER_NO_ADDRESSES | USCTP_LOWER_RAW)) == 0 &&
           dgram->remote_udp_port != 0 && usctp__addr_is_ordinary(&dgram->remote) &&
           usctp__addr_is_ordinary(&dgram->local);
}

/* False: no packet of ours comes from, or goes to, such an address. */
static bool addresses_valid(const struct usctp_dgram *dgram, uint32_t lower_flags)
{
    if ((lower_flags & USCTP_LOWER_NO_ADDRESSES) != 0) {
        return true;
    }
    if (dgram->remote_udp_port == 0 && dgram->local_udp_port != 0) {
        return false; /* RFC 768: a source port of 0 wants no answer */
    }
    /* RFC 9260, 8.4, rule 1, and for all others too: nothing from or to many. */
    return usctp__addr_is_unicast(&dgram->remote) &&
           (dgram->local.family == USCTP_AF_NONE || usctp__addr_is_unicast(&dgram->local));
}

/* One datagram: one packet, or several of one length. `dgram` is it with its addresses in the right form; NULL: they
 * are such that nothing is taken. */
static inline void take_packets(struct usctp_stack *stack, const struct usctp_dgram *theirs,
                                const struct usctp_dgram *dgram)
{
    size_t step = theirs->segment_len != 0 ? theirs->segment_len : theirs->len;
    size_t pos = 0;

    if (USCTP__UNLIKELY(theirs->len == 0)) {
        stack->core.stats.in_sctp_packs++;
        stack->core.stats.dropped_short++;
    }
    while (pos < theirs->len) {
        const uint8_t *packet = theirs->data + pos;
        size_t len = USCTP__MIN(step, theirs->len - pos);

        if (USCTP__UNLIKELY(stack->observer != NULL)) {
            stack->observer(stack->observer_user, 0, theirs, packet, len, stack->core.now_ts);
        }
        stack->core.stats.in_sctp_packs++;
        stack->core.stats.in_bytes += len;
        if (USCTP__LIKELY(dgram != NULL)) {
            take_packet(stack, dgram, packet, len);
        } else {
            stack->core.stats.dropped_address++;
        }
        pos += len;
    }
}

/* The same with addresses that call for a closer look. */
static USCTP__NOINLINE void take_closely(struct usctp_stack *stack,
                                         const struct usctp_dgram *theirs, uint32_t lower_flags)
{
    struct usctp_dgram copy = *theirs;

    take_addresses(&copy, lower_flags);
    take_packets(stack, theirs, addresses_valid(&copy, lower_flags) ? &copy : NULL);
}

enum { AHEAD_CNT = 4 /* packets */ };

/* Datagram number i. */
static const struct usctp_dgram *at(const struct usctp_dgram *dgrams, size_t stride, size_t i)
{
    return (const struct usctp_dgram *)(const void *)((const uint8_t *)dgrams + i * stride);
}

/* Begins to fetch the association of a packet, where it is another one than before: it may be cold. */
static void look_ahead(struct usctp_stack *stack, const struct usctp_dgram *dgram)
{
    const struct usctp_assoc *assoc;
    uint32_t tag;

    if (dgram->len < USCTP__PACKET_HEADER_LEN || dgram->data == NULL) {
        return;
    }
    tag = usctp__get32(dgram->data + 4);
    if (tag == stack->ahead_tag) {
        return;
    }
    stack->ahead_tag = tag;
    assoc = usctp__tagtable_find(&stack->demux.tags, tag);
    if (assoc != NULL) {
        USCTP__ASSOC_FETCH(assoc);
    }
}

int usctp_stack_input(usctp_stack *stack, const struct usctp_dgram *dgrams, size_t n, size_t stride,
                      uint64_t now_ts)
{
    int error = USCTP_OK;

    if (stack == NULL || (dgrams == NULL && n > 0) || stride < sizeof(struct usctp_dgram)) {
        return USCTP_EINVAL;
    }
    if (usctp__stack_busy(stack)) {
        return USCTP_EBUSY;
    }
    usctp__stack_enter_at(stack, now_ts);
    for (size_t i = 1; i < n && i < AHEAD_CNT; i++) {
        look_ahead(stack, at(dgrams, stride, i));
    }
    for (size_t i = 0; i < n; i++) {
        const struct usctp_dgram *dgram = at(dgrams, stride, i);
        const struct usctp__lower *lower = usctp__lowers_find(&stack->lowers, dgram->lower);

        if (lower == NULL) {
            error = USCTP_ENOENT;
            break;
        }
        if (dgram->data == NULL && dgram->len > 0) {
            error = USCTP_EINVAL;
            break;
        }
        if (n - i > AHEAD_CNT) {
            look_ahead(stack, at(dgrams, stride, i + AHEAD_CNT));
        }
        if (USCTP__LIKELY(addresses_ordinary(dgram, lower->table.flags))) {
            take_packets(stack, dgram, dgram);
        } else {
            take_closely(stack, dgram, lower->table.flags);
        }
    }
    usctp__core_leave(&stack->core); /* what was lent is given back, or copied */
    return error;
}
