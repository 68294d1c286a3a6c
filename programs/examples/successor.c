/* SPDX-License-Identifier: BSD-3-Clause */
/* An echo server that is replaced by its next version while its peers go on: on SIGHUP it starts its program
 * anew, and hands over its associations and its UDP sockets. usage: successor [PORT] */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <usctp/driver.h>

enum { ASSOC_MAX = 1000, STRING_MAX = 1 << 16, FD_MAX = 4, ROUNDS = 200 };

static usctp_loop *loop;
static usctp_assoc *assocs[ASSOC_MAX];
static size_t assoc_cnt;

static void on_event(void *user, const struct usctp_event *event)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    (void)user;
    if (event->type == USCTP_EVENT_WRITABLE) {
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

static void on_signal(int number)
{
    (void)number;
    usctp_loop_stop(loop);
}

static void note(void *ctx, usctp_assoc *assoc)
{
    (void)ctx;
    if (assoc_cnt < ASSOC_MAX) {
        assocs[assoc_cnt++] = assoc;
    }
}

/* Those that are quiet now leave; true: some are left. */
static int export_quiet(FILE *out)
{
    static uint8_t string[STRING_MAX];
    size_t len = 0;

    assoc_cnt = 0;
    usctp_stack_each_assoc(usctp_loop_stack(loop), note, NULL);
    for (size_t i = 0; i < assoc_cnt; i++) {
        if (usctp_assoc_export(assocs[i], string, sizeof(string), &len) == 0) {
            fwrite(&len, sizeof(len), 1, out);
            fwrite(string, 1, len, out);
        }
    }
    memset(string, 0, sizeof(string)); /* it holds keys; a compiler may think that nobody looks */
    return assoc_cnt > 0;
}

/* Everything goes to a file without a name, which the next version inherits with the sockets. */
static int hand_over(char **argv)
{
    char text[100];
    usctp_fd fds[FD_MAX];
    size_t fd_cnt = usctp_driver_fds(usctp_loop_driver(loop), fds, FD_MAX);
    FILE *file = tmpfile();
    int at;

    if (file == NULL) {
        return -1;
    }
    for (int i = 0; i < ROUNDS && export_quiet(file); i++) {
        usctp_loop_once(loop, USCTP_MS(10)); /* until those that are left have had their answers */
    }
    fflush(file);
    rewind(file);
    at = snprintf(text, sizeof(text), "%d", dup(fileno(file)));
    for (size_t i = 0; i < fd_cnt; i++) {
        at += snprintf(text + at, sizeof(text) - (size_t)at, " %d", dup((int)fds[i]));
    }
    setenv("SUCCESSOR", text, 1);
    execv(argv[0], argv);
    return -1;
}

static void import_all(usctp_endpoint *endpoint, FILE *in)
{
    static uint8_t string[STRING_MAX];
    usctp_assoc *assoc;
    size_t len;

    while (fread(&len, sizeof(len), 1, in) == 1 && len <= sizeof(string) &&
           fread(string, 1, len, in) == len) {
        int err = usctp_endpoint_import(endpoint, string, len, 0, NULL, &assoc);

        printf("association %s\n", err == 0 ? "taken over" : usctp_strerror(err));
    }
}

/* The file with the associations, and the sockets; NULL: there was nobody before. */
static FILE *predecessor(usctp_fd *fds, size_t *fd_cnt)
{
    const char *text = getenv("SUCCESSOR");
    char *end = NULL;
    FILE *file;

    if (text == NULL || (file = fdopen((int)strtol(text, &end, 10), "r")) == NULL) {
        return NULL;
    }
    while (*end == ' ' && *fd_cnt < FD_MAX) {
        fds[(*fd_cnt)++] = strtol(end, &end, 10);
    }
    return file;
}

int main(int argc, char **argv)
{
    struct usctp_loop_config config = USCTP_LOOP_CONFIG_INIT;
    struct usctp_endpoint_config listener = USCTP_ENDPOINT_CONFIG_INIT;
    struct sigaction action;
    usctp_endpoint *endpoint;
    usctp_fd fds[FD_MAX];
    FILE *before = predecessor(fds, &config.fd_cnt);

    config.on_event = on_event;
    config.fds = before != NULL ? fds : NULL;
    config.udp_port = (uint16_t)(argc > 1 && before == NULL ? atoi(argv[1]) : 0);
    listener.port = 7;
    listener.flags = USCTP_ENDPOINT_LISTEN;
    int err = usctp_loop_new(&config, &loop);
    err = err != 0 ? err : usctp_endpoint_new(usctp_loop_stack(loop), &listener, &endpoint);
    if (err != 0) {
        fprintf(stderr, "successor: %s\n", usctp_strerror(err));
        return 1;
    }
    for (size_t i = 0; i < config.fd_cnt; i++) {
        close((int)fds[i]); /* the driver has its own */
    }
    if (before != NULL) {
        import_all(endpoint,
                   before); /* before the loop runs: a packet for nobody is answered with ABORT */
        fclose(before);
    }
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    sigaction(SIGHUP, &action, NULL);
    printf("serving UDP port %u\n", usctp_driver_port(usctp_loop_driver(loop)));
    fflush(stdout);
    usctp_loop_run(loop);
    hand_over(argv);
    perror("successor");
    return 1;
}
