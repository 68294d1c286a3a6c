/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets out of the blue (RFC 9260, 8.4), and the stateless replies of a stack. None is more than
 * 32 bytes longer than what provoked it: they are 16 bytes, or 24 with a cause. */
#include "stack/ootb.h"

#include "core/assoc.h"
#include "core/input.h"
#include "stack/accept.h"
#include "stack/ingress.h"
#include "stack/stack.h"
#include "wire/abort_error.h"
#include "wire/shutdown.h"

enum { REPLY_ROOM_LEN = 64 }; /* for the chunk of a reply */

bool usctp__ootb_may_answer(const struct usctp_stack *stack, const struct usctp__packet_in *in)
{
    const struct usctp__lower *lower = usctp__lowers_find(&stack->lowers, in->dgram->lower);

    if ((stack->flags & USCTP_CONFIG_QUIET) != 0 || lower == NULL) {
        return false;
    }
    if (in->tag != 0 && (in->tag & stack->core.tag_mask) != stack->core.tag_prefix) {
        return false; /* another shard's; it may know the association */
    }
    /* On raw IP the packet may be for another SCTP of this host. */
    return (lower->table.flags & USCTP_LOWER_RAW) == 0 ||
           (stack->flags & USCTP_CONFIG_CLAIM_HOST) != 0;
}

/* To where it came from, within the rate. */
static void reply(struct usctp_stack *stack, const struct usctp__packet_in *in, uint32_t tag,
                  const struct usctp__writer *w)
{
    struct usctp__core *core = &stack->core;

    if (w->failed) {
        return;
    }
    if (!usctp__bucket_take(&stack->reply_bucket, core->now_ts)) {
        core->stats.dropped_rate++;
        return;
    }
    usctp__output_reply(core, in->dgram, in->dst_port, in->src_port, tag, w->base, w->len);
}

void usctp__ootb_abort(struct usctp_stack *stack, const struct usctp__packet_in *in, uint32_t tag,
                       bool reflected, const uint8_t *causes, size_t len)
{
    uint8_t room[REPLY_ROOM_LEN];
    struct usctp__writer w = usctp__writer_make(room, sizeof(room));

    usctp__abort_write_causes(&w, reflected, causes, len);
    reply(stack, in, tag, &w);
}

static void reply_shutdown_complete(struct usctp_stack *stack, const struct usctp__packet_in *in)
{
    uint8_t room[REPLY_ROOM_LEN];
    struct usctp__writer w = usctp__writer_make(room, sizeof(room));

    usctp__shutdown_complete_write(&w, true);
    reply(stack, in, in->tag, &w);
}

void usctp__ootb(struct usctp_stack *stack, const struct usctp__packet_in *in,
                 const struct usctp__glance *glance)
{
    if (!glance->has_abort && glance->first.type == USCTP__CHUNK_COOKIE_ECHO) {
        usctp__take_cookie_echo(stack, in, &glance->first); /* RFC 9260, 8.4, rule 4 */
        return;
    }
    stack->core.stats.out_of_blues++;
    if (glance->has_abort) {
        return; /* rule 2 */
    }
    if (!usctp__ootb_may_answer(stack, in)) {
        return;
    }
    if (glance->has_shutdown_ack) {
        reply_shutdown_complete(stack, in); /* rule 5 */
        return;
    }
    if (glance->has_shutdown_complete || glance->has_setup_leftover) {
        return; /* rules 6 and 7 */
    }
    if (glance->malformed || glance->first.type == USCTP__CHUNK_AUTH) {
        stack->core.stats.dropped_malformed++;
        return;
    }
    usctp__ootb_abort(stack, in, in->tag, true, NULL, 0); /* rule 8 */
}

struct usctp__reply_mark usctp__reply_mark(const struct usctp_stack *stack)
{
    struct usctp__reply_mark mark = {stack->core.slab.cnt, stack->core.slab.used_len};

    return mark;
}

void usctp__reply_limit(struct usctp_stack *stack, struct usctp__reply_mark mark)
{
    struct usctp__core *core = &stack->core;

    /* Anything else than one more means that the slab left in between, or that nothing was said. */
    if (core->slab.cnt == mark.cnt + 1 && !usctp__bucket_take(&stack->reply_bucket, core->now_ts)) {
        core->stats.out_sctp_packs--;
        core->stats.out_ctrl_chunks--;
        core->stats.out_bytes -= core->slab.used_len - mark.used_len;
        core->slab.cnt = mark.cnt;
        core->slab.used_len = mark.used_len;
        core->stats.dropped_rate++;
    }
}
