/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines that inject: packets and ICMP messages. */
#include "lines.h"

#include <inttypes.h>
#include <string.h>

#include "sim/wire.h"

struct item *packet_options(struct world *world, const char **text)
{
    struct value value;

    while (**text == ' ') {
        (*text)++;
    }
    if (**text != '[') {
        return NULL;
    }
    value = values_parse_value(&world->values, text);
    return value.list != NULL ? value.list : values_alloc(&world->values, sizeof(struct item));
}

bool no_addresses(const struct world *world, uint64_t lower)
{
    return lower >= 1 && lower <= world->lower_cnt &&
           (world->lowers[lower - 1].flags & USCTP_LOWER_NO_ADDRESSES) != 0;
}

const struct value *address_option(struct world *world, struct item *options, const char *key,
                                   const char *var)
{
    struct field *field = item_field(options, key);

    if (field == NULL) {
        return values_get(&world->values, var);
    }
    if (field->value.kind != VALUE_ADDR) {
        world_fail(world, "%s wants an address", key);
    }
    return &field->value;
}

uint16_t port_option(const struct world *world, const struct value *value, const char *var)
{
    return value->has_udp_port ? value->udp_port : values_get(&world->values, var)->udp_port;
}

static void fill_dgram(struct world *world, struct usctp_dgram *dgram, struct item *options)
{
    uint64_t lower = item_num_or(&world->values, options, "lower", 1);
    const struct value *from = address_option(world, options, "from", "peer");
    const struct value *to = address_option(world, options, "to", "me");
    bool raw;

    memset(dgram, 0, sizeof(*dgram));
    if (lower == 0 || lower > world->lower_cnt) {
        world_fail(world, "there is no lower layer %" PRIu64 "; an `endpoint` or `lower` makes one",
                   lower);
    }
    raw = (world->lowers[lower - 1].flags & USCTP_LOWER_RAW) != 0;
    dgram->lower = world->lowers[lower - 1].id;
    dgram->ecn = (uint8_t)item_num_or(&world->values, options, "ecn", 0);
    if (item_word(options, "vouched")) {
        dgram->flags |= USCTP_DGRAM_CRC_VOUCHED;
    }
    if (no_addresses(world, lower)) {
        return;
    }
    dgram->remote = from->addr;
    dgram->local = to->addr;
    dgram->remote_udp_port = raw ? 0 : port_option(world, from, "peer");
    dgram->local_udp_port = raw ? 0 : port_option(world, to, "me");
}

/* The checksum: right, unless the script wants another. */
static void seal(struct world *world, struct bytes *bytes, struct item *options)
{
    struct field *field = item_field(options, "crc");
    uint32_t crc;

    if (bytes->len < 12) {
        return;
    }
    crc = sim_packet_crc(bytes->data, bytes->len);
    if (field != NULL && field->value.kind == VALUE_NUM) {
        crc = (uint32_t)field->value.num;
    } else if (field != NULL && same_word(field->value.word, "bad")) {
        crc ^= 0x1000;
    } else if (field != NULL) {
        world_fail(world, "crc is `bad` or a number");
    }
    sim_put32(bytes->data + 8, crc);
}

static void build(struct world *world, struct bytes *bytes, struct item *options,
                  struct item *chunks)
{
    struct values *values = &world->values;
    bool init = chunks != NULL && same_word(chunks->name, "INIT");
    uint64_t tag = item_num_or(values, options, "tag", init ? 0 : values_num(values, "tag", 0));
    uint64_t sport = item_num_or(values, options, "sport", values_num(values, "pport", 0));
    uint64_t dport = item_num_or(values, options, "dport", values_num(values, "port", 0));
    struct field *tail = item_field(options, "tail");
    uint64_t cut;

    values_set_num(values, "last_tag", tag & 0xffffffff);
    build_packet(values, bytes, chunks, (uint16_t)sport, (uint16_t)dport, (uint32_t)tag);
    if (tail != NULL) {
        bytes_put(bytes, tail->value.bytes, tail->value.len);
    }
    if (item_num(values, options, "cut", &cut)) {
        if (cut > bytes->len) {
            world_fail(world, "the packet has only %zu bytes", bytes->len);
        }
        bytes->len = (size_t)cut;
    }
}

void run_inject(struct world *world, const char *text, bool batch)
{
    struct item none = {0}, *options, *chunks;
    struct bytes *bytes = values_alloc(&world->values, sizeof(*bytes));
    struct usctp_dgram dgram;

    options = packet_options(world, &text);
    if (options == NULL) {
        options = &none;
    }
    chunks = values_parse(&world->values, text, NULL);
    if (chunks != NULL && chunks->name == NULL && !chunks->rest) {
        /* Bytes as they are. */
        struct field *raw = item_bare(chunks, NULL);

        if (raw == NULL || raw->value.kind != VALUE_BYTES) {
            world_fail(world, "a chunk or bytes are wanted");
            return;
        }
        bytes_put(bytes, raw->value.bytes, raw->value.len);
    } else {
        build(world, bytes, options, chunks);
        seal(world, bytes, options);
    }
    fill_dgram(world, &dgram, options);
    item_all_used(&world->values, options);
    dgram.data = bytes->data;
    dgram.len = bytes->len;
    world_input(world, &dgram, batch);
}

/* `icmp KIND [mtu=N] [from=...] [PACKET]`: the quoted packet is one of ours, so its ports are turned
 * round and its tag is $ptag. */
void run_icmp(struct world *world, const char *text)
{
    static const struct {
        const char *name;
        int kind;
    } kinds[] = {{"hint", USCTP_ICMP_HINT},
                 {"too_big", USCTP_ICMP_TOO_BIG},
                 {"unreachable", USCTP_ICMP_UNREACHABLE},
                 {"no_protocol", USCTP_ICMP_NO_PROTOCOL},
                 {"other", USCTP_ICMP_OTHER}};
    struct values *values = &world->values;
    struct usctp_icmp icmp = USCTP_ICMP_INIT;
    struct item none = {0}, *options, *items = NULL;
    struct bytes *quote = values_alloc(values, sizeof(*quote));
    const struct value *remote, *local;
    struct value kind = values_parse_value(values, &text);
    bool init;
    uint64_t cut;

    icmp.kind = -1;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (same_word(kinds[i].name, kind.word)) {
            icmp.kind = kinds[i].kind;
        }
    }
    if (icmp.kind < 0) {
        world_fail(world, "no such kind of ICMP message");
    }
    options = packet_options(world, &text);
    options = options != NULL ? options : &none;
    items = values_parse(values, text, NULL);
    init = items != NULL && same_word(items->name, "INIT");
    remote = address_option(world, options, "to", "peer");
    local = address_option(world, options, "from", "me");
    icmp.mtu = (uint32_t)item_num_or(values, options, "mtu", 0);
    icmp.lower = world->lowers[item_num_or(values, options, "lower", 1) - 1].id;
    if (!no_addresses(world, item_num_or(values, options, "lower", 1))) {
        icmp.remote = remote->addr;
        icmp.local = local->addr;
        icmp.remote_udp_port = port_option(world, remote, "peer");
        icmp.local_udp_port = port_option(world, local, "me");
    }
    if (!item_word(options, "no_quote")) {
        uint64_t tag =
            item_num_or(values, options, "tag", init ? 0 : values_num(values, "ptag", 0));

        build_packet(
            values, quote, items,
            (uint16_t)item_num_or(values, options, "sport", values_num(values, "port", 0)),
            (uint16_t)item_num_or(values, options, "dport", values_num(values, "pport", 0)),
            (uint32_t)tag);
        cut = item_num_or(values, options, "cut", quote->len);
        icmp.quote = quote->data;
        icmp.quote_len = (size_t)cut;
    }
    item_all_used(values, options);
    world_trace(world, "< icmp %s mtu %u quoting %zu bytes", kind.word, (unsigned)icmp.mtu,
                icmp.quote_len);
    world_enter(world);
    if (usctp_stack_input_icmp(world->stack, &icmp, world->now_ts) != 0) {
        world_fail(world, "usctp_stack_input_icmp failed");
    }
    world_leave(world);
}
