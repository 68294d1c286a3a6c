/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sender that does not keep to the rules of usctp-transfer: hostile UDPPORT SCTPPORT STEP... It
 * sends what the steps say, in order, and exits with 0 if the receiver aborts the association, with 3
 * if the receiver says in its result that a file is bad, with 1 otherwise.
 *
 * Steps: hello:COUNT:SIZE  entry:ID:KIND:SIZE:NAME  go (waits for it)  begin:STREAM:ID
 * content:STREAM:LEN  end:STREAM  raw:STREAM:TEXT  result (waits for it)
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usctp/driver.h>

enum { CONTROL = 0x75740001, CONTENT = 0x75740002, STREAMS = 100, GUARD_SECONDS = 60 };

struct hostile {
    usctp_loop *loop;
    usctp_assoc *assoc;
    char **steps; /* what is left */
    bool up;
    int status;
};

static void put(uint8_t **ptr, uint64_t value, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        (*ptr)[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    *ptr += len;
}

static void send_bytes(struct hostile *hostile, uint32_t ppid, unsigned stream, const void *data,
                       size_t len)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {data, len};

    info.stream = (uint16_t)stream;
    info.ppid = ppid;
    if (hostile->assoc != NULL) {
        usctp_assoc_send(hostile->assoc, &info, &iov, 1);
    }
}

static void send_hello(struct hostile *hostile, unsigned long long cnt, unsigned long long size)
{
    uint8_t buf[16], *ptr = buf;

    put(&ptr, 1, 1);
    put(&ptr, 1, 1);
    put(&ptr, cnt, 4);
    put(&ptr, size, 8);
    send_bytes(hostile, CONTROL, 0, buf, (size_t)(ptr - buf));
}

/* The hash is all zero: no file matches it. */
static void send_entry(struct hostile *hostile, unsigned id, unsigned kind, unsigned long long size,
                       const char *name)
{
    uint8_t buf[4096] = {0}, *ptr = buf;
    size_t name_len = strlen(name);

    put(&ptr, 2, 1);
    put(&ptr, id, 4);
    put(&ptr, kind, 1);
    put(&ptr, 0644, 2);
    put(&ptr, size, 8);
    ptr += 32;
    memcpy(ptr, name, name_len);
    send_bytes(hostile, CONTROL, 0, buf, (size_t)(ptr - buf) + name_len);
}

static void send_begin(struct hostile *hostile, unsigned stream, unsigned id)
{
    uint8_t buf[8], *ptr = buf;

    put(&ptr, 4, 1);
    put(&ptr, id, 4);
    send_bytes(hostile, CONTROL, stream, buf, (size_t)(ptr - buf));
}

/* True to go on; false: something must come first. */
static bool take_step(struct hostile *hostile, const char *step)
{
    static const uint8_t zeros[65536], end[1] = {5};
    unsigned a = 0, b = 0;
    unsigned long long c = 0, d = 0;
    int at = 0;

    if (strcmp(step, "go") == 0 || strcmp(step, "result") == 0) {
        return false;
    }
    if (sscanf(step, "hello:%llu:%llu", &c, &d) == 2) {
        send_hello(hostile, c, d);
    } else if (sscanf(step, "entry:%u:%u:%llu:%n", &a, &b, &c, &at) == 3 && at > 0) {
        send_entry(hostile, a, b, c, step + at);
    } else if (sscanf(step, "begin:%u:%u", &a, &b) == 2) {
        send_begin(hostile, a, b);
    } else if (sscanf(step, "content:%u:%u", &a, &b) == 2 && b <= sizeof(zeros)) {
        send_bytes(hostile, CONTENT, a, zeros, b);
    } else if (sscanf(step, "end:%u", &a) == 1) {
        send_bytes(hostile, CONTROL, a, end, sizeof(end));
    } else if (sscanf(step, "raw:%u:%n", &a, &at) == 1 && at > 0) {
        send_bytes(hostile, CONTROL, a, step + at, strlen(step + at));
    } else {
        fprintf(stderr, "hostile: no such step: %s\n", step);
        exit(2);
    }
    return true;
}

static void take_steps(struct hostile *hostile)
{
    while (*hostile->steps != NULL && take_step(hostile, *hostile->steps)) {
        hostile->steps++;
    }
}

static void on_message(struct hostile *hostile, const struct usctp_event *event)
{
    size_t len;
    const uint8_t *data = usctp_message_data(event->u.message.message, &len);

    if (data != NULL && len == 9 && data[0] == 6) {
        hostile->status = data[8] > 0 ? 3 : 1;
        usctp_loop_stop(hostile->loop);
    } else if (data != NULL && len == 1 && data[0] == 3 && *hostile->steps != NULL) {
        hostile->steps++;
        take_steps(hostile);
    }
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct hostile *hostile = user;

    switch (event->type) {
    case USCTP_EVENT_UP:
        hostile->up = true;
        take_steps(hostile);
        break;
    case USCTP_EVENT_MESSAGE:
        on_message(hostile, event);
        break;
    case USCTP_EVENT_LOST:
        if (hostile->up && event->u.lost.reason == USCTP_LOST_PEER_ABORT) {
            hostile->status = 0;
        }
        break;
    case USCTP_EVENT_CLOSED:
        hostile->assoc = NULL;
        usctp_loop_stop(hostile->loop);
        break;
    default:
        break;
    }
}

static void on_guard(void *user)
{
    struct hostile *hostile = user;

    fprintf(stderr, "hostile: the receiver took it all\n");
    usctp_loop_stop(hostile->loop);
}

static bool start(struct hostile *hostile, const char *udp_port, const char *port)
{
    struct usctp_loop_config loop = USCTP_LOOP_CONFIG_INIT;
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer;
    struct usctp_params params;
    usctp_endpoint *endpoint;

    loop.on_event = on_event;
    loop.user = hostile;
    memset(&peer, 0, sizeof(peer));
    usctp_params_init(&params, USCTP_PRESET_PLAIN);
    params.out_streams = STREAMS;
    peer.udp_port = (uint16_t)atoi(udp_port);
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = (uint16_t)atoi(port);
    connect.params = &params;
    return usctp_addr_parse(&peer.addr, "127.0.0.1") == 0 &&
           usctp_loop_new(&loop, &hostile->loop) == 0 &&
           usctp_endpoint_new(usctp_loop_stack(hostile->loop), &config, &endpoint) == 0 &&
           usctp_endpoint_connect(endpoint, &connect, &hostile->assoc) == 0 &&
           usctp_loop_at(hostile->loop, usctp_clock_system(NULL) + USCTP_SEC(GUARD_SECONDS),
                         on_guard, hostile) == 0;
}

int main(int argc, char **argv)
{
    static struct hostile hostile;

    if (argc < 4) {
        return 2;
    }
    hostile.steps = argv + 3;
    hostile.status = 1;
    if (!start(&hostile, argv[1], argv[2])) {
        fprintf(stderr, "hostile: cannot connect\n");
        return 2;
    }
    usctp_loop_run(hostile.loop);
    usctp_loop_free(hostile.loop);
    return hostile.status;
}
