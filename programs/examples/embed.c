/* SPDX-License-Identifier: BSD-3-Clause */
/* Two stacks in one process, on a lower layer that is a callback and a clock that is a variable: the
 * core without sockets, without threads, without time of its own. doc/guide.md walks through it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usctp/driver.h>

enum { WIRE_CNT = 256, PACKET_MAX = 2048 };

/* One end: a stack, and the packets on their way to it. */
struct end {
    const char *name;
    usctp_stack *stack;
    usctp_lower_id lower;
    struct end *peer;
    unsigned char wire[WIRE_CNT][PACKET_MAX];
    size_t len[WIRE_CNT];
    size_t cnt;
};

static uint64_t now_ts = 1;
static int done;

static void must(int error, const char *what)
{
    if (error != USCTP_OK) {
        fprintf(stderr, "embed: %s: %s\n", what, usctp_strerror(error));
        exit(1);
    }
}

/* The lower layer: takes packets that the stack wants to send. */
static size_t take(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct end *peer = ((struct end *)ctx)->peer;
    size_t taken = 0;

    for (; taken < n && peer->cnt < WIRE_CNT; taken++) {
        struct usctp_dgram *dgram = (struct usctp_dgram *)(void *)((char *)dgrams + taken * stride);

        memcpy(peer->wire[peer->cnt], dgram->data, dgram->len);
        peer->len[peer->cnt++] = dgram->len;
        dgram->status = USCTP_DGRAM_SENT;
    }
    return taken; /* fewer than n would mean: blocked, until usctp_stack_writable */
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct end *end = user;

    switch (event->type) {
    case USCTP_EVENT_UP:
        printf("%s: up, %u streams out\n", end->name, event->u.up.out_streams);
        break;
    case USCTP_EVENT_MESSAGE:
        printf("%s: %zu bytes on stream %u\n", end->name, event->u.message.len,
               event->u.message.stream);
        usctp_assoc_close(event->assoc); /* legal in a callback, like nearly everything */
        break;
    case USCTP_EVENT_CLOSED:
        printf("%s: closed\n", end->name);
        done++;
        break;
    default:
        break;
    }
}

static void open_end(struct end *end, const char *name, struct end *peer)
{
    struct usctp_lower lower = USCTP_LOWER_INIT;
    struct usctp_config config;

    must(usctp_config_system(&config), "config");
    config.clock = NULL; /* time comes with each call instead */
    config.now_ts = now_ts;
    config.on_event = on_event;
    config.user = end;
    end->name = name;
    end->peer = peer;
    must(usctp_stack_new(&config, &end->stack), "stack");
    lower.flags = USCTP_LOWER_NO_ADDRESSES; /* one connection to one peer, as over DTLS */
    lower.send = take;
    must(usctp_stack_attach(end->stack, &lower, end, &end->lower), "lower layer");
}

/* Hands a stack what has arrived for it. */
static void deliver(struct end *end)
{
    struct usctp_dgram dgrams[WIRE_CNT];
    size_t cnt = end->cnt;

    memset(dgrams, 0, sizeof(dgrams));
    for (size_t i = 0; i < cnt; i++) {
        dgrams[i].data = end->wire[i];
        dgrams[i].len = end->len[i];
        dgrams[i].lower = end->lower;
    }
    must(usctp_stack_input(end->stack, dgrams, cnt, sizeof(dgrams[0]), now_ts), "input");
    end->cnt = 0;
}

int main(void)
{
    static struct end client;
    static struct end server;
    struct usctp_endpoint_config listener = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_endpoint_config caller = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_iov hello = {"hello", 5};
    usctp_endpoint *endpoint;
    usctp_assoc *assoc;

    open_end(&client, "client", &server);
    open_end(&server, "server", &client);
    listener.port = 5000;
    listener.flags = USCTP_ENDPOINT_LISTEN;
    must(usctp_endpoint_new(server.stack, &listener, &endpoint), "listener");
    must(usctp_endpoint_new(client.stack, &caller, &endpoint), "endpoint");
    connect.port = 5000;
    must(usctp_endpoint_connect(endpoint, &connect, &assoc), "connect");
    must(usctp_assoc_send(assoc, NULL, &hello, 1), "send"); /* rides on COOKIE ECHO */

    while (done < 2) {
        if (client.cnt > 0 || server.cnt > 0) {
            deliver(&client);
            deliver(&server);
        } else { /* nothing on the wire: time passes until something is due */
            uint64_t a = usctp_stack_next_deadline(client.stack);
            uint64_t b = usctp_stack_next_deadline(server.stack);

            now_ts = a < b ? a : b;
            must(usctp_stack_advance(client.stack, now_ts), "advance");
            must(usctp_stack_advance(server.stack, now_ts), "advance");
        }
    }
    usctp_stack_free(client.stack);
    usctp_stack_free(server.stack);
    return 0;
}
