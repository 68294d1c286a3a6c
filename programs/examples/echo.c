/* SPDX-License-Identifier: BSD-3-Clause */
/* An echo server on SCTP port 7, in UDP on the port that is given, or 9899. */
#include <stdio.h>
#include <stdlib.h>
#include <usctp/driver.h>

static void on_event(void *user, const struct usctp_event *event)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    int err = 0;

    (void)user;
    if (event->type == USCTP_EVENT_WRITABLE) {
        usctp_assoc_resume(event->assoc);
    } else if (event->type == USCTP_EVENT_MESSAGE) {
        info.stream = event->u.message.stream;
        info.ppid = event->u.message.ppid;
        err = usctp_assoc_send(event->assoc, &info, event->u.message.iov, event->u.message.iov_cnt);
    }
    if (err == USCTP_EWOULDBLOCK) { /* The message comes again after usctp_assoc_resume. */
        err = usctp_message_defer(event->u.message.message);
    }
    if (err != 0) {
        fprintf(stderr, "echo: %s\n", usctp_strerror(err));
    }
}

int main(int argc, char **argv)
{
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_endpoint_config listener = USCTP_ENDPOINT_CONFIG_INIT;
    usctp_endpoint *endpoint;
    usctp_loop *loop = NULL;

    config.on_event = on_event;
    config.udp_port = (uint16_t)(argc > 1 ? atoi(argv[1]) : 9899);
    listener.port = 7;
    listener.flags = USCTP_ENDPOINT_LISTEN;
    int err = usctp_loop_new(&config, &loop);
    err = err != 0 ? err : usctp_endpoint_new(usctp_loop_stack(loop), &listener, &endpoint);
    if (err != 0 || (err = usctp_loop_run(loop)) != 0) {
        fprintf(stderr, "echo: %s\n", usctp_strerror(err));
    }
    usctp_loop_free(loop);
    return err != 0;
}
