/* SPDX-License-Identifier: BSD-3-Clause */
/* A host's life, and its lower layers. */
#include "socket/host.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "socket/event.h"
#include "socket/exit.h"
#include "socket/peer.h"
#include "socket/settings.h"
#include "socket/sock.h"
#include "socket/table.h"
#include "socket/wait.h"
#include "socket/watch.h"

/* Of sockets and associations in a slab of their pools. */
enum { POOL_SOCKS = 4, POOL_PEERS = 16 };

#define STARVED_DUR (100 * USCTP__MS) /* until memory is asked for again */

/* --- Making one ------------------------------------------------------------------------------- */

static int take_config(struct usctp_host *host, const struct usctp_host_config *theirs)
{
    static const struct usctp_host_config none = USCTP_HOST_CONFIG_INIT;
    const struct usctp_host_config *config = theirs != NULL ? theirs : &none;

    if (config->size < sizeof(size_t) || config->size > sizeof(*config) + 1024) {
        return -EINVAL;
    }
    memcpy(&host->config, config, config->size < sizeof(*config) ? config->size : sizeof(*config));
    host->config.size = sizeof(*config);
    if ((host->config.flags & ~(uint32_t)(USCTP_HOST_UDP_PORT_IS_SCTP_PORT |
                                          USCTP_HOST_CHECK_POINTERS | USCTP_HOST_QUIET)) != 0 ||
        (host->config.addr_cnt > 0 && host->config.addrs == NULL)) {
        return -EINVAL;
    }
    if (host->config.remote_udp_port == 0) {
        host->config.remote_udp_port = USCTP__DEFAULT_UDP_PORT;
    }
    if (host->config.exit_ms == 0) {
        host->config.exit_ms = USCTP__DEFAULT_EXIT_MS;
    }
    if (host->config.addr_cnt > 0) {
        host->addrs = calloc(host->config.addr_cnt, sizeof(*host->addrs));
        if (host->addrs == NULL) {
            return -ENOMEM;
        }
        memcpy(host->addrs, host->config.addrs, host->config.addr_cnt * sizeof(*host->addrs));
    }
    return 0;
}

/* What the core takes for the clock: the time of the call. */
static uint64_t clock_of_call(void *ctx)
{
    return usctp__host_now(ctx);
}

static int make_stack(struct usctp_host *host)
{
    struct usctp_config config = USCTP_CONFIG_INIT;
    const struct usctp_config *given = host->config.stack;
    int err = usctp_config_system(&config);

    if (err != 0 && (given == NULL || given->crypto == NULL)) {
        return -usctp__errno(err);
    }
    if (given != NULL) {
        struct usctp_config system = config;

        memset(&config, 0, sizeof(config));
        memcpy(&config, given, given->size < sizeof(config) ? given->size : sizeof(config));
        config.size = sizeof(config);
        config.memory = config.memory != NULL ? config.memory : system.memory;
        config.crypto = config.crypto != NULL ? config.crypto : system.crypto;
        config.crc32c = config.crc32c != NULL ? config.crc32c : system.crc32c;
        if (config.clock == NULL) {
            config.clock = system.clock;
            config.clock_ctx = system.clock_ctx;
        }
    }
    config.on_event = usctp__on_event;
    config.user = host;
    host->clock = config.clock;
    host->clock_ctx = config.clock_ctx;
    host->has_cycles = USCTP__CYCLES && host->clock == usctp_clock_system;
    config.clock = clock_of_call;
    config.clock_ctx = host;
    usctp__mem_init(&host->mem, config.memory, SIZE_MAX);
    err = usctp_stack_new(&config, &host->stack);
    if (err != 0) {
        return -usctp__errno(err);
    }
    if (config.params != NULL) {
        memcpy(&host->params, config.params,
               config.params->size < sizeof(host->params) ? config.params->size
                                                          : sizeof(host->params));
    }
    return 0;
}

static int attach_lower(struct usctp_host *host)
{
    const struct usctp_lower *lower = host->config.lower;

    if (lower == NULL) {
        return 0;
    }
    if (lower->size >= offsetof(struct usctp_lower, source) + sizeof(lower->source)) {
        host->source = lower->source;
    }
    return -usctp__errno(
        usctp_stack_attach(host->stack, host->config.lower, host->config.lower_ctx, &host->lower));
}

static void init_parts(struct usctp_host *host)
{
    static const struct usctp__hash_key no_secret; /* ids are the library's own */

    usctp__pool_init(&host->sock_pool, &host->mem, sizeof(struct usctp__sock), POOL_SOCKS);
    usctp__pool_init(&host->peer_pool, &host->mem, sizeof(struct usctp__peer), POOL_PEERS);
    usctp__bufpool_init(&host->bufs, &host->mem);
    usctp__tagtable_init(&host->peers, &host->mem, &no_secret);
    host->drained_ts = usctp__host_now(host);
}

static void init_empty(struct usctp_host *host)
{
    usctp__list_init(&host->socks);
    usctp__list_init(&host->bindings);
    usctp__list_init(&host->dirty);
    usctp__list_init(&host->told);
    usctp__list_init(&host->followers);
    host->wake[0] = host->wake[1] = -1;
    host->probe[0] = host->probe[1] = -1;
    host->epoll_fd = -1;
    host->timer_fd = -1;
    host->timer_ts = USCTP_NEVER;
    host->next_assoc_id = USCTP__FIRST_ASSOC_ID;
    host->params.size = sizeof(host->params);
    usctp_params_init(&host->params, USCTP_PRESET_PLAIN);
}

int usctp__host_make(const struct usctp_host_config *config, struct usctp_host **out)
{
    struct usctp_host *host = usctp__table_take_host();

    if (host == NULL) {
        return -ENOMEM;
    }
    init_empty(host);
    int err = take_config(host, config);
    if (err == 0) {
        err = make_stack(host);
    }
    if (err == 0) {
        init_parts(host);
        err = attach_lower(host);
    }
    if (err == 0) {
        err = usctp__settings_init(host);
    }
    if (err == 0) {
        err = usctp__wait_init(host);
    }
    if (err != 0) {
        usctp__host_destroy(host);
        return err;
    }
    *out = host;
    return 0;
}

/* --- Ending it -------------------------------------------------------------------------------- */

static void close_socks(struct usctp_host *host)
{
    struct usctp__list *link;

    while ((link = usctp__list_first(&host->socks)) != NULL) {
        struct usctp__sock *sock = USCTP__CONTAINER_OF(link, struct usctp__sock, link);

        usctp__sock_discard(sock);
    }
}

void usctp__host_destroy(struct usctp_host *host)
{
    usctp__host_lock(host); /* who waits for it finds no socket here afterwards */
    if (host->stack != NULL) {
        close_socks(host);
        while (!usctp__list_empty(&host->bindings)) {
            struct usctp__list *link = usctp__list_first(&host->bindings);

            usctp__binding_discard(USCTP__CONTAINER_OF(link, struct usctp__binding, link));
        }
        for (size_t i = 0; i < host->driver_cnt; i++) {
            usctp_driver_close(host->drivers[i]);
        }
        usctp_stack_free(host->stack);
        usctp__tagtable_destroy(&host->peers);
        usctp__bufpool_destroy(&host->bufs);
        usctp__pool_destroy(&host->peer_pool);
        usctp__pool_destroy(&host->sock_pool);
    }
    usctp__wait_destroy(host);
    usctp__settings_destroy(host);
    usctp__watch_end(host);
    free(host->addrs);
    usctp__host_unlock(host);
    usctp__table_keep_host(host);
}

void usctp__host_disown(struct usctp_host *host)
{
    host->dead = true;
    for (size_t i = 0; i < host->driver_cnt; i++) {
        usctp_fd fds[64];
        size_t cnt = usctp_driver_fds(host->drivers[i], fds, 64);

        for (size_t k = 0; k < cnt && k < 64; k++) {
            close((int)fds[k]);
        }
    }
    USCTP__LIST_FOREACH(link, &host->socks)
    {
        close(USCTP__CONTAINER_OF(link, struct usctp__sock, link)->pair.lib);
    }
    usctp__watch_disown(host);
    usctp__wait_disown(host);
}

/* --- Lower layers ----------------------------------------------------------------------------- */

/* Ports that the system keeps for others are told as such. */
static int open_errno(int err)
{
    return err == USCTP_EIO && errno == EACCES ? -EACCES : -usctp__errno(err);
}

/* A socket takes what is of its family, or of both. */
static void set_hops(const usctp_driver *driver, int hops)
{
    usctp_fd fds[64];
    size_t cnt = usctp_driver_fds(driver, fds, 64);

    for (size_t i = 0; i < cnt && i < 64; i++) {
        (void)setsockopt((int)fds[i], IPPROTO_IP, IP_TTL, &hops, sizeof(hops));
        (void)setsockopt((int)fds[i], IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
    }
}

void usctp__host_set_hops(struct usctp_host *host, int hops)
{
    host->hops = hops;
    for (size_t i = 0; i < host->driver_cnt; i++) {
        set_hops(host->drivers[i], hops);
    }
}

/* What all UDP drivers have to be polled for. */
static size_t fd_cnt(const struct usctp_host *host)
{
    size_t cnt = 0;

    for (size_t i = 0; i < host->driver_cnt; i++) {
        cnt += usctp_driver_fds(host->drivers[i], NULL, 0);
    }
    return cnt;
}

/* A UDP driver on this port (0: drawn). */
static int open_driver(struct usctp_host *host, uint16_t port)
{
    struct usctp_driver_config config = USCTP_DRIVER_CONFIG_INIT;
    usctp_driver *driver;

    if (host->driver_cnt == USCTP__HOST_DRIVER_MAX) {
        return -ENOBUFS;
    }
    config.addrs = host->addrs;
    config.addr_cnt = host->config.addr_cnt;
    config.port = port;
    errno = 0;
    int err = usctp_udp_open(host->stack, &config, &driver);
    if (err != 0) {
        return open_errno(err);
    }
    if (fd_cnt(host) + usctp_driver_fds(driver, NULL, 0) > USCTP__HOST_FD_MAX) {
        usctp_driver_close(driver);
        return -ENOBUFS;
    }
    host->drivers[host->driver_cnt] = driver;
    host->driver_ports[host->driver_cnt++] = port;
    if (host->hops != 0) {
        set_hops(driver, host->hops);
    }
    usctp__wait_watch(host, driver);
    return 0;
}

static bool has_port(const struct usctp_host *host, uint16_t port)
{
    for (size_t i = 0; i < host->driver_cnt; i++) {
        if (host->driver_ports[i] == port) {
            return true;
        }
    }
    return false;
}

int usctp__host_open_client(struct usctp_host *host)
{
    if (host->lower != 0 || host->driver_cnt > 0) {
        return 0;
    }
    return open_driver(host, host->config.udp_port);
}

int usctp__host_open_server(struct usctp_host *host, uint16_t sctp_port)
{
    uint16_t port = host->config.udp_port;

    if (host->lower != 0) {
        return 0;
    }
    if ((host->config.flags & USCTP_HOST_UDP_PORT_IS_SCTP_PORT) != 0) {
        port = sctp_port;
    } else if (port == 0) {
        port = USCTP__DEFAULT_UDP_PORT;
    }
    return has_port(host, port) ? 0 : open_driver(host, port);
}

usctp_lower_id usctp__host_lower(const struct usctp_host *host)
{
    if (host->lower != 0 || host->driver_cnt == 0) {
        return host->lower;
    }
    return usctp_driver_lower(host->drivers[host->driver_cnt - 1]);
}

/* --- Serving the network ---------------------------------------------------------------------- */

uint64_t usctp__host_deadline(const struct usctp_host *host)
{
    uint64_t deadline_ts = usctp_stack_next_deadline(host->stack);

    if (USCTP__UNLIKELY(host->starved)) { /* there may be memory by then */
        uint64_t look_ts = usctp__time_add(host->starved_ts, STARVED_DUR);

        deadline_ts = look_ts < deadline_ts ? look_ts : deadline_ts;
    }
    return host->watch != NULL && host->watch->look_ts < deadline_ts ? host->watch->look_ts
                                                                     : deadline_ts;
}

void usctp__host_drain(struct usctp_host *host)
{
    if (host->draining || host->dead) {
        return;
    }
    host->draining = true;
    uint64_t now_ts = usctp__host_now(host);
    for (size_t i = 0; i < host->driver_cnt; i++) {
        (void)usctp_driver_process(host->drivers[i], now_ts);
    }
    if (usctp_stack_next_deadline(host->stack) <= now_ts) {
        (void)usctp_stack_advance(host->stack, now_ts);
    }
    if (host->watch != NULL) {
        usctp__watch_look(host);
    }
    if (USCTP__UNLIKELY(host->starved) && now_ts - host->starved_ts >= STARVED_DUR) {
        host->starved_ts = now_ts; /* not for each packet: it walks over all associations */
        usctp__peer_resume_all(host);
    }
    if (now_ts - host->trimmed_ts >= USCTP__SEC) {
        host->trimmed_ts = now_ts;
        usctp__bufpool_trim(&host->bufs);
    }
    host->drained_ts = now_ts;
    host->calls = 0;
    host->draining = false;
}

static void show_sock(struct usctp_host *host, struct usctp__sock *sock)
{
    usctp__list_remove(&sock->dirty_link);
    if (sock->closed) {
        usctp__sock_reap(sock);
    } else if ((host->config.flags & USCTP_HOST_QUIET) == 0 || host->poller_cnt > 0) {
        usctp__sock_show(sock);
    }
}

static struct usctp__sock *sock_of(struct usctp__list *link)
{
    return USCTP__CONTAINER_OF(link, struct usctp__sock, dirty_link);
}

void usctp__host_show(struct usctp_host *host)
{
    bool wake = false;

    USCTP__LIST_FOREACH_SAFE(link, tmp, &host->told)
    {
        show_sock(host, sock_of(link));
    }
    USCTP__LIST_FOREACH_SAFE(link, tmp, &host->dirty)
    {
        wake = wake || sock_of(link)->waiters > 0;
        show_sock(host, sock_of(link));
    }
    if (wake) {
        usctp__wait_wake_all(host);
    }
}

void usctp__host_tell(struct usctp_host *host)
{
    bool wake = false;

    USCTP__LIST_FOREACH_SAFE(link, tmp, &host->told)
    {
        if (sock_of(link)->waiters == 0) {
            show_sock(host, sock_of(link));
        }
    }
    USCTP__LIST_FOREACH_SAFE(link, tmp, &host->dirty)
    {
        if (sock_of(link)->waiters == 0) {
            show_sock(host, sock_of(link));
        } else {
            usctp__list_remove(link);
            usctp__list_push_back(&host->told, link);
            wake = true;
        }
    }
    if (wake) {
        usctp__wait_wake_all(host);
    }
}
