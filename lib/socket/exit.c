/* SPDX-License-Identifier: BSD-3-Clause */
/* The default host, hosts as objects, and the end of the process. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#endif
#include "socket/exit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "socket/host.h"
#include "socket/sock.h"
#include "socket/table.h"
#include "socket/wait.h"

static struct usctp_host *default_host;         /* the table's lock */
static struct usctp_host_config default_config; /* of usctp_host_configure; size 0: none */
static struct usctp_addr *default_addrs;        /* its addresses */

/* --- The default host ------------------------------------------------------------------------- */

static uint32_t env_number(const char *name, uint32_t max, uint32_t otherwise)
{
    const char *text = getenv(name);
    char *end;

    if (text == NULL || *text == 0) {
        return otherwise;
    }
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    return errno != 0 || *end != 0 || value > max ? otherwise : (uint32_t)value;
}

static void config_of_environment(struct usctp_host_config *config)
{
    struct usctp_host_config fresh = USCTP_HOST_CONFIG_INIT;

    fresh.udp_port = (uint16_t)env_number("USCTP_UDP_PORT", 65535, 0);
    fresh.remote_udp_port = (uint16_t)env_number("USCTP_REMOTE_UDP_PORT", 65535, 0);
    fresh.exit_ms = env_number("USCTP_EXIT_MS", UINT32_MAX, 0);
    if (env_number("USCTP_UDP_PORT_IS_SCTP_PORT", 1, 0) == 1) {
        fresh.flags |= USCTP_HOST_UDP_PORT_IS_SCTP_PORT;
    }
    *config = fresh;
}

static int make_registered(const struct usctp_host_config *config, struct usctp_host **host)
{
    int err = usctp__host_make(config, host);

    if (err == 0) {
        usctp__table_add_host(*host);
    }
    return err;
}

usctp_host *usctp_host_default(void)
{
    struct usctp_host_config config;
    int err = 0;

    usctp__table_lock();
    if (default_host == NULL) {
        if (default_config.size != 0) {
            config = default_config;
        } else {
            config_of_environment(&config);
        }
        err = make_registered(&config, &default_host);
    }
    usctp_host *host = default_host;
    usctp__table_unlock();
    if (err != 0) {
        errno = -err;
        return NULL;
    }
    return host;
}

static int keep_default(const struct usctp_host_config *config)
{
    struct usctp_addr *addrs = NULL;

    if (config == NULL || config->size < sizeof(size_t) || config->size > sizeof(default_config)) {
        return -EINVAL;
    }
    if (default_host != NULL) {
        return -EBUSY;
    }
    if (config->addr_cnt > 0) {
        addrs = calloc(config->addr_cnt, sizeof(*addrs));
        if (addrs == NULL) {
            return -ENOMEM;
        }
        memcpy(addrs, config->addrs, config->addr_cnt * sizeof(*addrs));
    }
    free(default_addrs);
    default_addrs = addrs;
    memset(&default_config, 0, sizeof(default_config));
    memcpy(&default_config, config, config->size);
    default_config.size = sizeof(default_config);
    default_config.addrs = addrs;
    return 0;
}

int usctp_host_configure(const struct usctp_host_config *config)
{
    usctp__table_lock();
    int err = keep_default(config);
    usctp__table_unlock();
    return (int)usctp__result(err);
}

int usctp_host_new(const struct usctp_host_config *config, usctp_host **host)
{
    if (config == NULL || host == NULL) {
        return (int)usctp__result(-EINVAL);
    }
    usctp__table_lock();
    int err = make_registered(config, host);
    usctp__table_unlock();
    return (int)usctp__result(err);
}

int usctp_host_free(usctp_host *host)
{
    int err = usctp__enter_host(host);

    if (err != 0) {
        return (int)usctp__result(err);
    }
    if (host->inside_cnt > 0) {
        usctp__leave_host(host);
        return (int)usctp__result(-EBUSY);
    }
    usctp__host_finish(host);
    usctp__leave_host(host);
    usctp__table_lock();
    if (host == default_host) {
        default_host = NULL;
    }
    usctp__table_remove_host(host);
    usctp__host_destroy(host);
    usctp__table_unlock();
    return 0;
}

/* --- The end ---------------------------------------------------------------------------------- */

void usctp__exit_forked(void)
{
    default_host = NULL;
}

/* True while an association of the host lives. */
static bool any_alive(struct usctp_host *host)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    return usctp_stack_stats(host->stack, &stats) == 0 && stats.curr_assocs > 0;
}

/* Associations found by usctp_stack_each_assoc. */
struct found {
    usctp_assoc *assocs[64];
    size_t cnt;
};

static void find_one(void *ctx, usctp_assoc *assoc)
{
    struct found *found = ctx;

    if (found->cnt < sizeof(found->assocs) / sizeof(found->assocs[0])) {
        found->assocs[found->cnt++] = assoc;
    }
}

/* Some at a time, since those that end leave the stack meanwhile. */
static void abort_all(struct usctp_host *host)
{
    while (any_alive(host)) {
        struct found found = {{NULL}, 0};

        usctp_stack_each_assoc(host->stack, find_one, &found);
        if (found.cnt == 0) {
            return;
        }
        for (size_t i = 0; i < found.cnt; i++) {
            (void)usctp_assoc_abort(found.assocs[i], NULL, 0);
        }
    }
}

void usctp__host_finish(struct usctp_host *host)
{
    uint64_t dur = host->config.exit_ms == UINT32_MAX ? 0 : host->config.exit_ms * USCTP__MS;
    uint64_t until_ts = usctp__time_add(usctp__host_now(host), dur);

    usctp__sock_shut_all(host);
    while (any_alive(host) && usctp__host_now(host) < until_ts) {
        int err = usctp__host_wait(host, until_ts);

        if (err != 0 && err != -EINTR) {
            break;
        }
    }
    usctp__wait_hand_over(host);
    abort_all(host);
}

/* Other threads may still be inside; they give the lock back soon, or never where they were stopped. */
static bool lock_in_time(struct usctp_host *host)
{
    const struct timespec pause = {0, USCTP__MS};
    uint32_t tries = host->config.exit_ms == UINT32_MAX ? 1 : host->config.exit_ms;

    for (uint32_t i = 0; i < tries; i++) {
        if (usctp__lock_try(&host->lock)) {
            host->time_state = USCTP__TIME_UNREAD;
            return true;
        }
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static void at_exit(void)
{
    USCTP__LIST_FOREACH(link, usctp__table_hosts())
    {
        struct usctp_host *host = USCTP__CONTAINER_OF(link, struct usctp_host, link);

        if (lock_in_time(host)) {
            usctp__host_finish(host);
            usctp__leave_host(host);
        }
    }
}

void usctp__exit_register(void)
{
    (void)atexit(at_exit);
}
