/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp behind the bench over UDP: the ready-made driver and loop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usctp/driver.h>

#include "udp.h"

enum { PORT = 5001 };

const char *const udp_name = "usctp";
static usctp_loop *loop;
static usctp_endpoint *endpoint;
static usctp_assoc *assoc;
static uint8_t payload[1 << 16];
static int serving;
static int up;
static uint64_t left; /* messages to be sent */
static uint64_t echoes, echoes_wanted;

static void check(int error, const char *what)
{
    if (error != USCTP_OK) {
        fprintf(stderr, "bench: usctp: %s: %s\n", what, usctp_strerror(error));
        exit(1);
    }
}

static int send_message(usctp_assoc *to, size_t len)
{
    struct usctp_iov iov = {payload, len};
    int error = usctp_assoc_send(to, NULL, &iov, 1);

    if (error != USCTP_EWOULDBLOCK) {
        check(error, "send");
    }
    return error == USCTP_OK;
}

/* As many of the messages that are left as there is room for. */
static void send_on(void)
{
    while (left > 0 && send_message(assoc, sizeof(payload))) {
        left--;
    }
}

static void on_event(void *user, const struct usctp_event *event)
{
    (void)user;
    switch (event->type) {
    case USCTP_EVENT_UP:
        up = 1;
        break;
    case USCTP_EVENT_WRITABLE:
        send_on();
        break;
    case USCTP_EVENT_MESSAGE:
        if (serving) {
            if (event->u.message.len == UDP_ECHO_LEN) {
                send_message(event->assoc, UDP_ECHO_LEN);
            }
        } else if (++echoes < echoes_wanted) {
            send_message(assoc, UDP_ECHO_LEN);
        }
        break;
    case USCTP_EVENT_LOST:
        fprintf(stderr, "bench: usctp: the association was lost\n");
        exit(1);
    default:
        break;
    }
}

static void open_loop(const struct udp_options *options, uint16_t port, int listen)
{
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_endpoint_config endpoint_config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_config stack;
    struct usctp_params params;
    struct usctp_addr addr;
    char error[200] = "";

    check(usctp_config_system(&stack), "config");
    check(usctp_params_init(&params, USCTP_PRESET_PLAIN), "params");
    check(usctp_addr_parse(&addr, "127.0.0.1"), "address");
    params.max_packet = UDP_PACKET_LEN;
    params.send_buffer = UDP_BUFFER_LEN;
    params.receive_window = UDP_BUFFER_LEN;
    params.max_burst = 0;
    params.flags |= USCTP_PARAM_NO_HEARTBEAT;
    stack.params = &params;
    stack.on_event = on_event;
    config.stack = &stack;
    config.addrs = &addr;
    config.addr_cnt = 1;
    config.udp_port = port;
    config.flags = options->busy ? USCTP_LOOP_BUSY_POLL : 0;
    config.driver_flags = options->offload ? 0 : USCTP_DRIVER_NO_BATCHES;
    config.error_text = error;
    config.error_text_len = sizeof(error);
    if (usctp_loop_new(&config, &loop) != USCTP_OK) {
        fprintf(stderr, "bench: usctp: %s\n", error);
        exit(1);
    }
    serving = listen;
    endpoint_config.port = listen ? PORT : 0;
    endpoint_config.flags = listen ? USCTP_ENDPOINT_LISTEN : 0;
    check(usctp_endpoint_new(usctp_loop_stack(loop), &endpoint_config, &endpoint), "endpoint");
}

void udp_server_open(const struct udp_options *options, uint16_t port)
{
    open_loop(options, port, 1);
}

void udp_server_run(void)
{
    check(usctp_loop_run(loop), "loop");
}

void udp_client_open(const struct udp_options *options, uint16_t port, uint16_t server_port)
{
    struct usctp_connect config = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer;

    open_loop(options, port, 0);
    memset(&peer, 0, sizeof(peer));
    check(usctp_addr_parse(&peer.addr, "127.0.0.1"), "address");
    peer.udp_port = server_port;
    config.addrs = &peer;
    config.addr_cnt = 1;
    config.port = PORT;
    check(usctp_endpoint_connect(endpoint, &config, &assoc), "connect");
    while (!up) {
        check(usctp_loop_once(loop, USCTP_NEVER), "loop");
    }
}

static void wait_for_echoes(uint64_t cnt)
{
    echoes = 0;
    echoes_wanted = cnt;
    while (!send_message(assoc, UDP_ECHO_LEN)) {
        check(usctp_loop_once(loop, USCTP_NEVER), "loop");
    }
    while (echoes < echoes_wanted) {
        check(usctp_loop_once(loop, USCTP_NEVER), "loop");
    }
}

void udp_client_bulk(size_t len, uint64_t cnt)
{
    (void)len; /* that of payload */
    left = cnt;
    send_on();
    while (left > 0) {
        check(usctp_loop_once(loop, USCTP_NEVER), "loop");
    }
    wait_for_echoes(1);
}

void udp_client_ping(uint64_t cnt)
{
    wait_for_echoes(cnt);
}
