/* SPDX-License-Identifier: BSD-3-Clause */
/* An echo server on one UDP port and several processors: a stack, a driver and a thread for each.
 * usage: shards [PORT [NUMBER]] */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <usctp/driver.h>

enum { PREFIX_LEN = 4, SHARD_MAX = 1 << PREFIX_LEN };

static usctp_loop *loops[SHARD_MAX];
static unsigned long assoc_cnts[SHARD_MAX]; /* each touched by one thread alone */

static void on_event(void *user, const struct usctp_event *event)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    if (event->type == USCTP_EVENT_UP) {
        ++*(unsigned long *)user;
    } else if (event->type == USCTP_EVENT_WRITABLE) {
        usctp_assoc_resume(event->assoc);
    } else if (event->type == USCTP_EVENT_MESSAGE) {
        info.stream = event->u.message.stream;
        info.ppid = event->u.message.ppid;
        if (usctp_assoc_send(event->assoc, &info, event->u.message.iov, event->u.message.iov_cnt) ==
            USCTP_EWOULDBLOCK) {
            usctp_message_defer(event->u.message.message);
        }
    }
}

/* Makes shard number i: all that it does not share is its own. */
static int open_shard(usctp_shards *group, unsigned i, uint16_t port)
{
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_endpoint_config listener = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_config stack;
    usctp_endpoint *endpoint;
    int err = usctp_config_system(&stack);

    err = err != 0 ? err : usctp_shards_config(group, i, &stack);
    stack.on_event = on_event;
    stack.user = &assoc_cnts[i];
    config.stack = &stack;
    config.udp_port = port;
    config.shards = group;
    config.shard = i;
    err = err != 0 ? err : usctp_loop_new(&config, &loops[i]);
    listener.port = 7;
    listener.flags = USCTP_ENDPOINT_LISTEN;
    return err != 0 ? err : usctp_endpoint_new(usctp_loop_stack(loops[i]), &listener, &endpoint);
}

static void *run(void *loop)
{
    usctp_loop_run(loop);
    return NULL;
}

int main(int argc, char **argv)
{
    uint16_t port = (uint16_t)(argc > 1 ? atoi(argv[1]) : 9899);
    unsigned cnt = argc > 2 ? (unsigned)atoi(argv[2]) : 2;
    pthread_t threads[SHARD_MAX];
    usctp_shards *group = NULL;
    sigset_t signals;
    int err, number;

    if (cnt < 1 || cnt > SHARD_MAX) {
        fprintf(stderr, "shards: from 1 to %d of them\n", SHARD_MAX);
        return 2;
    }
    sigemptyset(&signals); /* Waited for here, and by no other thread. */
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    err = usctp_shards_new(PREFIX_LEN, &group);
    for (unsigned i = 0; i < cnt && err == 0; i++) {
        err = open_shard(group, i, port);
    }
    if (err != 0) {
        fprintf(stderr, "shards: %s\n", usctp_strerror(err));
        return 1;
    }
    for (unsigned i = 0; i < cnt; i++) {
        if (pthread_create(&threads[i], NULL, run, loops[i]) != 0) {
            fprintf(stderr, "shards: no thread\n");
            return 1;
        }
    }
    printf("ready on UDP port %u\n", (unsigned)usctp_driver_port(usctp_loop_driver(loops[0])));
    fflush(stdout);
    sigwait(&signals, &number);
    for (unsigned i = 0; i < cnt; i++) {
        usctp_loop_stop(loops[i]);
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < cnt; i++) {
        printf("shard %u: %lu associations\n", i, assoc_cnts[i]);
        usctp_loop_free(loops[i]);
    }
    usctp_shards_free(group);
    return 0;
}
