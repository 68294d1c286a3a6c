/* SPDX-License-Identifier: BSD-3-Clause */
/* From a packet to its association. */
#include "stack/demux.h"

#include "base/addr.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "core/assoc.h"
#include "stack/stack.h"

void usctp__demux_init(struct usctp__demux *demux, struct usctp__core *core)
{
    usctp__tagtable_init(&demux->tags, &core->mem, &core->hash_key);
    usctp__tagtable_init(&demux->ids, &core->mem, &core->hash_key);
    usctp__chaintable_init(&demux->peers, &core->mem);
    demux->last = NULL;
    demux->last_tag = 0;
}

void usctp__demux_destroy(struct usctp__demux *demux)
{
    usctp__tagtable_destroy(&demux->tags);
    usctp__tagtable_destroy(&demux->ids);
    usctp__chaintable_destroy(&demux->peers);
}

static struct usctp__demux *demux_of(struct usctp__core *core)
{
    return &usctp__stack_of(core)->demux;
}

bool usctp__locals_fit(const struct usctp__addr_list *locals, const struct usctp_addr *local)
{
    if (locals == NULL || local->family == USCTP_AF_NONE) {
        return true;
    }
    for (uint32_t i = 0; i < locals->cnt; i++) {
        if (usctp__addr_match(&locals->addrs[i], local)) {
            return true;
        }
    }
    return false;
}

/* The scope id is left out: one side may not know it. */
static uint64_t peer_hash(const struct usctp__core *core, const struct usctp_addr *remote,
                          usctp_lower_id lower, uint16_t my_port, uint16_t peer_port)
{
    uint8_t bytes[USCTP__ADDR_FEED_LEN + 4];

    usctp__addr_feed(remote, bytes);
    usctp__put32(bytes + 20, remote->family == USCTP_AF_NONE ? lower : 0);
    usctp__put16(bytes + USCTP__ADDR_FEED_LEN, my_port);
    usctp__put16(bytes + USCTP__ADDR_FEED_LEN + 2, peer_port);
    return usctp__siphash13(&core->hash_key, bytes, sizeof(bytes));
}

static bool path_fits(const struct usctp__path *path, const struct usctp__peer_key *key)
{
    const struct usctp_assoc *assoc = path->assoc;

    return assoc->my_port == key->my_port && assoc->peer_port == key->peer_port &&
           usctp__addr_match(&path->remote, key->remote) &&
           (key->remote->family != USCTP_AF_NONE || path->lower == key->lower);
}

/* The next path that fits, from `link` on. */
static struct usctp__path *next_fitting(struct usctp__chain *link,
                                        const struct usctp__peer_key *key)
{
    for (; link != NULL; link = usctp__chaintable_next(link)) {
        struct usctp__path *path = USCTP__CONTAINER_OF(link, struct usctp__path, chain);

        if (path_fits(path, key)) {
            return path;
        }
    }
    return NULL;
}

static struct usctp__path *first_fitting(struct usctp__core *core,
                                         const struct usctp__peer_key *key)
{
    uint64_t hash = peer_hash(core, key->remote, key->lower, key->my_port, key->peer_port);

    return next_fitting(usctp__chaintable_first(&demux_of(core)->peers, hash), key);
}

struct usctp_assoc *usctp__demux_by_tag(struct usctp__core *core, uint32_t tag, uint16_t my_port,
                                        uint16_t peer_port)
{
    struct usctp__demux *demux = demux_of(core);
    struct usctp_assoc *assoc = demux->last;

    if (tag != demux->last_tag) {
        assoc = usctp__tagtable_find(&demux->tags, tag);
        if (assoc != NULL) {
            USCTP__ASSOC_FETCH(
                assoc); /* it may be cold; the checksum gives memory time to answer */
            USCTP__PATH_FETCH(assoc->paths.first);
            demux->last = assoc;
            demux->last_tag = tag;
        }
    }
    if (assoc == NULL || assoc->my_port != my_port || assoc->peer_port != peer_port) {
        return NULL;
    }
    return assoc;
}

struct usctp_assoc *usctp__demux_by_peer(struct usctp__core *core,
                                         const struct usctp__peer_key *key)
{
    for (struct usctp__path *path = first_fitting(core, key); path != NULL;
         path = next_fitting(usctp__chaintable_next(&path->chain), key)) {
        if (usctp__locals_fit(path->assoc->locals, key->local)) {
            return path->assoc;
        }
    }
    return NULL;
}

struct usctp_assoc *usctp__demux_of_endpoint(struct usctp__core *core,
                                             const usctp_endpoint *endpoint,
                                             const struct usctp__peer_key *key)
{
    for (struct usctp__path *path = first_fitting(core, key); path != NULL;
         path = next_fitting(usctp__chaintable_next(&path->chain), key)) {
        if (path->assoc->endpoint == endpoint) {
            return path->assoc;
        }
    }
    return NULL;
}

bool usctp__demux_add_id(struct usctp__core *core, struct usctp_assoc *assoc)
{
    struct usctp__tagtable *ids = &demux_of(core)->ids;

    while (assoc->id == 0 || usctp__tagtable_find(ids, assoc->id) != NULL) {
        assoc->id = core->next_assoc_id++;
    }
    return usctp__tagtable_insert(ids, assoc->id, assoc);
}

void usctp__demux_remove_id(struct usctp__core *core, const struct usctp_assoc *assoc)
{
    struct usctp__tagtable *ids = &demux_of(core)->ids;

    if (usctp__tagtable_find(ids, assoc->id) == assoc) {
        usctp__tagtable_remove(ids, assoc->id);
    }
}

struct usctp_assoc *usctp__demux_by_id(struct usctp__core *core, uint32_t id)
{
    return id != 0 ? usctp__tagtable_find(&demux_of(core)->ids, id) : NULL;
}

bool usctp__demux_tag_taken(struct usctp__core *core, uint32_t tag)
{
    return usctp__tagtable_find(&demux_of(core)->tags, tag) != NULL;
}

bool usctp__demux_tag_add(struct usctp__core *core, struct usctp_assoc *assoc)
{
    struct usctp__tagtable *tags = &demux_of(core)->tags;

    if (assoc->my_tag == 0 || usctp__tagtable_find(tags, assoc->my_tag) != NULL) {
        return false;
    }
    return usctp__tagtable_insert(tags, assoc->my_tag, assoc);
}

void usctp__demux_tag_remove(struct usctp__core *core, struct usctp_assoc *assoc)
{
    struct usctp__demux *demux = demux_of(core);

    usctp__tagtable_remove(&demux->tags, assoc->my_tag);
    if (demux->last_tag == assoc->my_tag) {
        demux->last = NULL;
        demux->last_tag = 0;
    }
}

void usctp__demux_path_add(struct usctp__core *core, struct usctp__path *path)
{
    const struct usctp_assoc *assoc = path->assoc;

    usctp__chaintable_insert(
        &demux_of(core)->peers, &path->chain,
        peer_hash(core, &path->remote, path->lower, assoc->my_port, assoc->peer_port));
}

void usctp__demux_path_remove(struct usctp__core *core, struct usctp__path *path)
{
    usctp__chaintable_remove(&demux_of(core)->peers, &path->chain);
}

struct usctp_assoc *usctp__demux_find_peer(struct usctp__core *core,
                                           const struct usctp_assoc *assoc,
                                           const struct usctp_addr *remote)
{
    const struct usctp_addr none = usctp__addr_none();
    struct usctp__peer_key key = {remote, &none, 0, assoc->my_port, assoc->peer_port};

    if (assoc->paths.primary != NULL) {
        key.lower = assoc->paths.primary->lower;
    }
    for (struct usctp__path *path = first_fitting(core, &key); path != NULL;
         path = next_fitting(usctp__chaintable_next(&path->chain), &key)) {
        if (path->assoc != assoc && path->assoc->endpoint == assoc->endpoint) {
            return path->assoc;
        }
    }
    return NULL;
}
