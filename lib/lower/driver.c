/* SPDX-License-Identifier: BSD-3-Clause */
/* The common half of the socket drivers: their life, and what comes in. */
#include "lower/driver.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "stack/sized.h"

enum {
    MIN_MTU = 68,           /* RFC 791: every IPv4 link carries so much */
    ICMP_DEST_UNREACH = 3,  /* RFC 792 */
    ICMP6_DEST_UNREACH = 1, /* RFC 4443 */
    ICMP6_TOO_BIG = 2,
    ICMP6_PARAM_PROBLEM = 4
};

/* --- Life ------------------------------------------------------------------------------------- */

/* Frees a driver without sockets. */
static void destroy(struct usctp_driver *driver)
{
    free(driver->scratch);
    free(driver->slab);
    free(driver);
}

static struct usctp_driver *create(const struct usctp_driver_config *config,
                                   const struct usctp__driver_io *io)
{
    struct usctp_driver *driver = calloc(1, sizeof(*driver));

    if (driver == NULL) {
        return NULL;
    }
    driver->io = io;
    driver->filter = config->filter;
    driver->filter_user = config->filter_user;
    driver->slab = malloc((size_t)USCTP__DRIVER_BATCH * USCTP__DRIVER_SLOT_STEP);
    driver->scratch = calloc(1, io->scratch_len + 1);
    if (driver->slab == NULL || driver->scratch == NULL) {
        destroy(driver);
        return NULL;
    }
    return driver;
}

static int start(struct usctp_driver *driver, const struct usctp_driver_config *config)
{
    char text[128];
    int os_error = driver->io->start != NULL ? driver->io->start(driver) : 0;

    if (os_error != 0) {
        usctp__driver_explain(config, "the system has no sockets: %s",
                              driver->io->error_text(os_error, text, sizeof(text)));
        return USCTP_EIO;
    }
    int err = usctp__driver_open_sockets(driver, config);
    if (err == 0) {
        err = usctp__driver_attach(driver);
        if (err != 0) {
            usctp__driver_explain(config, "the stack did not take the driver: %s",
                                  usctp_strerror(err));
            usctp__driver_close_sockets(driver);
        }
    }
    if (err == 0 && config->shards != NULL) {
        err = usctp__shard_join(driver, config->shards, config->shard, config->flags);
        if (err != 0) {
            usctp__driver_explain(config, "cannot be shard %u: %s", (unsigned)config->shard,
                                  usctp_strerror(err));
            usctp_stack_detach(driver->stack, driver->lower);
            usctp__driver_close_sockets(driver);
        }
    }
    if (err != 0 && driver->io->stop != NULL) {
        driver->io->stop(driver);
    }
    return err;
}

/* What a configuration says of shards. */
static bool shards_valid(const struct usctp_driver_config *config,
                         const struct usctp__driver_io *io)
{
    struct usctp_config probe = USCTP_CONFIG_INIT;

    if (config->shards != NULL && config->fd_cnt > 0) {
        return false; /* how a group shares its port is its own business */
    }
    if (config->shards == NULL) {
        return config->shard == 0;
    }
    return !io->raw && config->addr_cnt <= USCTP__DRIVER_SOCKET_MAX &&
           usctp_shards_config(config->shards, config->shard, &probe) == 0;
}

int usctp__driver_open(usctp_stack *stack, const struct usctp_driver_config *config,
                       const struct usctp__driver_io *io, usctp_driver **driver)
{
    struct usctp_driver_config mine = USCTP_DRIVER_CONFIG_INIT;

    if (stack == NULL || config == NULL || driver == NULL) {
        return USCTP_EINVAL;
    }
    *driver = NULL;
    int err = usctp__sized_in(&mine, sizeof(mine), config, sizeof(mine));
    if (err == 0) {
        err = usctp__driver_check(&mine);
    }
    if (err == 0 && mine.fd_cnt > 0 && (mine.fds == NULL || io->raw || !io->adopts)) {
        usctp__driver_explain(&mine, "this driver takes no sockets over");
        err = USCTP_EINVAL;
    }
    if (err == 0 && !shards_valid(&mine, io)) {
        usctp__driver_explain(&mine, "the group has no shard %u", (unsigned)mine.shard);
        err = USCTP_EINVAL;
    }
    if (err != 0) {
        return err;
    }
    struct usctp_driver *made = create(&mine, io);
    if (made == NULL) {
        usctp__driver_explain(&mine, "%s", usctp_strerror(USCTP_ENOMEM));
        return USCTP_ENOMEM;
    }
    made->stack = stack;
    err = start(made, &mine);
    if (err != 0) {
        destroy(made);
        return err;
    }
    *driver = made;
    return 0;
}

int usctp_udp_open(usctp_stack *stack, const struct usctp_driver_config *config,
                   usctp_driver **driver)
{
#if defined(_WIN32)
    return usctp__driver_open(stack, config, &usctp__udp_windows_io, driver);
#elif defined(__linux__)
    bool plain = config != NULL && config->size >= sizeof(*config) &&
                 (config->flags & USCTP_DRIVER_NO_BATCHES) != 0;

    return usctp__driver_open(stack, config, plain ? &usctp__udp_posix_io : &usctp__udp_linux_io,
                              driver);
#else
    return usctp__driver_open(stack, config, &usctp__udp_posix_io, driver);
#endif
}

void usctp__driver_release(usctp_driver *driver)
{
    usctp__driver_close_sockets(driver);
    usctp__shard_leave(driver);
    if (driver->io->stop != NULL) {
        driver->io->stop(driver);
    }
    destroy(driver);
}

void usctp_driver_close(usctp_driver *driver)
{
    if (driver == NULL) {
        return;
    }
    usctp_stack_detach(driver->stack, driver->lower);
    if (driver->busy) {
        driver->closing = true;
        return;
    }
    usctp__driver_release(driver);
}

usctp_lower_id usctp_driver_lower(const usctp_driver *driver)
{
    return driver->lower;
}

uint16_t usctp_driver_port(const usctp_driver *driver)
{
    return driver->port;
}

void usctp_driver_set_filter(usctp_driver *driver, usctp_filter_fn filter, void *user)
{
    driver->filter = filter;
    driver->filter_user = user;
}

size_t usctp_driver_fds(const usctp_driver *driver, usctp_fd *fds, size_t max)
{
    for (size_t i = 0; i < driver->socket_cnt && i < max; i++) {
        fds[i] = driver->sockets[i].fd;
    }
    return driver->socket_cnt;
}

bool usctp__driver_pending(const usctp_driver *driver)
{
    return driver->icmp_cnt > 0;
}

int usctp_driver_wants_write(const usctp_driver *driver)
{
    for (size_t i = 0; i < driver->socket_cnt; i++) {
        if (driver->sockets[i].blocked) {
            return 1;
        }
    }
    return usctp__driver_pending(driver); /* A writable socket will wake the program at once. */
}

const struct usctp__socket *usctp__driver_socket(const usctp_driver *driver, size_t i)
{
    return i < driver->socket_cnt ? &driver->sockets[i] : NULL;
}

void usctp__driver_ready(usctp_driver *driver, size_t i)
{
    driver->sockets[i].ready = true;
}

/* --- Taking in -------------------------------------------------------------------------------- */

size_t usctp__driver_overhead(const struct usctp_driver *driver, uint8_t family)
{
    size_t ip = family == USCTP_AF_IPV6 ? USCTP__IPV6_HEADER_LEN : USCTP__IPV4_HEADER_LEN;

    return driver->io->raw ? ip : ip + USCTP__UDP_HEADER_LEN;
}

uint32_t usctp__driver_payload(const struct usctp_driver *driver, uint8_t family, uint32_t mtu)
{
    return mtu < MIN_MTU ? 0 : mtu - (uint32_t)usctp__driver_overhead(driver, family);
}

/* Takes the header off a packet of a raw IPv4 socket. */
static bool strip_ipv4(struct usctp_dgram *dgram, const uint8_t *slot, size_t len)
{
    size_t header_len = len >= USCTP__IPV4_HEADER_LEN ? (size_t)(slot[0] & 15) * 4 : 0;

    if (header_len < USCTP__IPV4_HEADER_LEN || header_len > len) {
        return false;
    }
    dgram->data = slot + header_len;
    dgram->len = len - header_len;
    dgram->local = usctp__addr_ipv4(slot + 16);
    dgram->ecn = slot[1] & 3;
    dgram->dscp = slot[1] >> 2;
    return true;
}

bool usctp__driver_finish(const struct usctp_driver *driver, const struct usctp__socket *sock,
                          struct usctp_dgram *dgram, uint8_t *slot, size_t len)
{
    dgram->data = slot;
    dgram->len = len;
    if (driver->io->raw && sock->addr.family == USCTP_AF_IPV4 && !strip_ipv4(dgram, slot, len)) {
        return false;
    }
    if (dgram->local.family == USCTP_AF_NONE && !sock->wildcard) {
        dgram->local = sock->addr;
    }
    usctp__addr_normalize(&dgram->local);
    usctp__addr_normalize(&dgram->remote);
    dgram->local_udp_port = driver->port;
    return true;
}

int usctp__driver_icmp_kind(uint8_t family, uint8_t type, uint8_t code, bool raw)
{
    bool v4 = family == USCTP_AF_IPV4;
    bool unreachable = type == (v4 ? ICMP_DEST_UNREACH : ICMP6_DEST_UNREACH);

    if (unreachable && code == (v4 ? 3 : 4)) {
        /* RFC 6951, 5.5: port unreachable means that nobody speaks SCTP there; RFC 9260, 10
         * (ICMP3): without UDP below it means nothing. */
        return raw ? USCTP_ICMP_OTHER : USCTP_ICMP_NO_PROTOCOL;
    }
    if (v4 ? unreachable && code == 4 : type == ICMP6_TOO_BIG) {
        return USCTP_ICMP_TOO_BIG;
    }
    if (v4 ? unreachable && code == 2 : type == ICMP6_PARAM_PROBLEM && code == 1) {
        return USCTP_ICMP_NO_PROTOCOL;
    }
    return unreachable ? USCTP_ICMP_UNREACHABLE : USCTP_ICMP_OTHER;
}

/* Hands on what the error queues said. */
static void hand_errors_in(struct usctp_driver *driver)
{
    for (size_t i = 0; i < driver->icmp_cnt && !driver->closing; i++) {
        struct usctp__driver_icmp *kept = &driver->icmps[i];

        kept->icmp.lower = driver->lower;
        kept->icmp.quote = kept->icmp.quote_len > 0 ? kept->quote : NULL;
        usctp_stack_input_icmp(driver->stack, &kept->icmp, driver->now_ts);
    }
    driver->icmp_cnt = 0;
}

/* Reads all error queues that have something. A turn has an end, however fast more comes in. */
static void process_errors(struct usctp_driver *driver)
{
    for (size_t i = 0; i < driver->socket_cnt; i++) {
        struct usctp__socket *sock = &driver->sockets[i];

        for (int turn = 0; sock->errors && !sock->hand_over && turn < USCTP__DRIVER_BATCH; turn++) {
            driver->io->read_errors(driver, sock);
            hand_errors_in(driver);
        }
    }
    hand_errors_in(driver);
}

/* The packets in a datagram. */
static size_t packet_cnt(const struct usctp_dgram *dgram)
{
    if (dgram->segment_len == 0 || dgram->len == 0) {
        return 1;
    }
    return (dgram->len + dgram->segment_len - 1) / dgram->segment_len;
}

/* Hands the packets of a datagram on one by one, less those that the filter drops or that are another
 * shard's. */
static int hand_in_each(struct usctp_driver *driver, const struct usctp_dgram *dgram, bool shared)
{
    size_t cnt = packet_cnt(dgram), step = cnt > 1 ? dgram->segment_len : dgram->len;
    int err = 0;

    for (size_t i = 0; i < cnt && err == 0 && !driver->closing; i++) {
        struct usctp_dgram one = *dgram;
        size_t left = dgram->len - i * step;

        one.data += i * step;
        one.len = left < step ? left : step;
        one.segment_len = 0;
        bool mixed, gone = shared && usctp__shard_hand_over(driver, &one, &mixed);
        if (!gone && !usctp__driver_filtered(driver, 0, &one)) {
            err = usctp_stack_input(driver->stack, &one, 1, sizeof(one), driver->now_ts);
        }
    }
    return err;
}

/* Takes out of the first `cnt` datagrams what is another shard's, and hands in those of which only a
 * part is ours; *kept becomes the number of the others, which are ours. */
static int sort_out(struct usctp_driver *driver, size_t cnt, size_t *kept)
{
    int err = 0;

    *kept = 0;
    for (size_t i = 0; i < cnt && err == 0; i++) {
        const struct usctp_dgram *dgram = &driver->dgrams[i];
        bool mixed, gone = usctp__shard_hand_over(driver, dgram, &mixed);

        if (mixed) {
            err = hand_in_each(driver, dgram, true);
        } else if (!gone) {
            driver->dgrams[(*kept)++] = *dgram;
        }
    }
    return err;
}

/* Hands the first `cnt` datagrams on. shared: some may be for another shard. */
static int hand_in(struct usctp_driver *driver, size_t cnt, bool shared)
{
    int err = 0;

    for (size_t i = 0; i < cnt; i++) {
        driver->dgrams[i].lower = driver->lower;
    }
    if (shared) {
        err = sort_out(driver, cnt, &cnt);
    }
    if (err == 0 && driver->filter == NULL) {
        return usctp_stack_input(driver->stack, driver->dgrams, cnt, sizeof(driver->dgrams[0]),
                                 driver->now_ts);
    }
    for (size_t i = 0; i < cnt && err == 0; i++) {
        err = hand_in_each(driver, &driver->dgrams[i], false);
    }
    return err;
}

/* What a sleep has read already. */
static int take_slept(struct usctp_driver *driver, bool *more)
{
    int cnt = (int)driver->slept_cnt;

    driver->slept_cnt = 0;
    *more = driver->slept_more;
    return cnt;
}

static int receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max, bool *more)
{
    if (driver->slept_cnt > 0) {
        return take_slept(driver, more);
    }
    return sock->hand_over ? usctp__shard_receive(driver, sock, max, more)
                           : driver->io->receive(driver, sock, max, more);
}

/* Reads a socket until it is empty or `max` packets, or some more, are in; their number or an
 * error. */
static int process_socket(struct usctp_driver *driver, struct usctp__socket *sock, size_t max)
{
    bool more = true;
    size_t cnt = 0;

    while (more && cnt < max && !driver->closing) {
        size_t room = max - cnt;
        size_t batch = room < USCTP__DRIVER_BATCH ? room : USCTP__DRIVER_BATCH;
        int got = receive(driver, sock, batch, &more);
        if (got < 0) {
            return got;
        }
        for (int i = 0; i < got; i++) {
            cnt += packet_cnt(&driver->dgrams[i]);
        }
        bool shared = driver->shard.group != NULL && !sock->hand_over;
        int err = got > 0 ? hand_in(driver, (size_t)got, shared) : 0;
        if (err != 0) {
            return err;
        }
    }
    return (int)cnt;
}

/* Reads the sockets that were said to be ready, or else all; each gets its share of the turn, so
 * that a busy one does not starve the others. */
static int process_sockets(struct usctp_driver *driver)
{
    size_t share = USCTP__DRIVER_TURN / driver->socket_cnt;
    bool named = false;
    int cnt = 0;

    for (size_t i = 0; i < driver->socket_cnt; i++) {
        named = named || driver->sockets[i].ready;
    }
    /* The last one first: there other shards tell who is there, and that decides on what comes in. */
    for (size_t i = driver->socket_cnt; i-- > 0 && !driver->closing;) {
        struct usctp__socket *sock = &driver->sockets[i];

        if (named && !sock->ready) {
            continue;
        }
        sock->ready = false;
        int got = process_socket(driver, sock, share);
        if (got < 0) {
            return got;
        }
        cnt += got;
    }
    return cnt;
}

/* Lets the stack send on if a socket had been blocked: trying is the cheapest way to find out. */
static int process_blocked(struct usctp_driver *driver)
{
    bool blocked = false;

    for (size_t i = 0; i < driver->socket_cnt; i++) {
        blocked = blocked || driver->sockets[i].blocked;
        driver->sockets[i].blocked = false;
        driver->sockets[i].congested = false;
    }
    return blocked ? usctp_stack_writable(driver->stack, driver->lower, driver->now_ts) : 0;
}

/* Reads, takes in, sends on. woken: there is a reason to look, be it only an error. */
static int process(struct usctp_driver *driver, uint64_t now_ts, bool woken)
{
    if (driver->busy) {
        return USCTP_EBUSY;
    }
    driver->busy = true;
    driver->now_ts = now_ts;
    int cnt = process_sockets(driver);
    if (driver->io->read_errors != NULL && !driver->closing) {
        for (size_t i = 0; woken && cnt == 0 && i < driver->socket_cnt; i++) {
            driver->sockets[i].errors = true; /* Woken for no datagram: it may be for an error. */
        }
        process_errors(driver);
    }
    int err = driver->closing ? 0 : process_blocked(driver);
    driver->busy = false;
    if (driver->closing) {
        usctp__driver_release(driver);
    }
    return cnt < 0 || err == 0 ? cnt : err;
}

int usctp_driver_process(usctp_driver *driver, uint64_t now_ts)
{
    return process(driver, now_ts, true);
}

int usctp__driver_read(usctp_driver *driver, uint64_t now_ts)
{
    return process(driver, now_ts, false);
}

/* --- Sleeping in the read --------------------------------------------------------------------- */

bool usctp__driver_sleeps(const usctp_driver *driver)
{
    const struct usctp__socket *sock = &driver->sockets[0];

    return driver->io->sleep != NULL && driver->socket_cnt == 1 && !sock->adopted &&
           !sock->blocked && !sock->errors && !usctp__driver_pending(driver);
}

int usctp__driver_sleep(usctp_driver *driver, uint64_t max_dur)
{
    struct usctp__socket *sock = &driver->sockets[0];
    int got = driver->io->sleep(driver, sock, max_dur, &driver->slept_more);

    if (got < 0) {
        return got;
    }
    driver->slept_cnt = (size_t)got;
    return got > 0 || sock->errors;
}

void usctp__driver_nudge(const usctp_driver *driver)
{
    if (driver->io->nudge != NULL && driver->socket_cnt == 1) {
        driver->io->nudge(&driver->sockets[0]);
    }
}
