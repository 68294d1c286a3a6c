/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-cat: from messages to standard output. */
#include "cat.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/report.h"

/* A pipe that is writable takes so many bytes without blocking. */
enum { STEP = PIPE_BUF };

/* Writes what standard output takes without blocking; -1 after an error line. It stays a blocking
 * descriptor: others may share it. */
static int write_some(const uint8_t *data, size_t len, size_t *off)
{
    while (*off < len) {
        struct pollfd fd = {STDOUT_FILENO, POLLOUT, 0};
        size_t step = len - *off < STEP ? len - *off : STEP;
        int ready = poll(&fd, 1, 0);

        if (ready == 0 || (ready < 0 && errno == EINTR)) {
            return 0;
        }
        ssize_t put = write(STDOUT_FILENO, data + *off, step);
        if (put < 0 && (errno == EINTR || errno == EAGAIN)) {
            return 0;
        }
        if (put < 0) {
            report_error("cannot write to standard output: %s", strerror(errno));
            return -1;
        }
        *off += (size_t)put;
    }
    return 0;
}

void cat_output_end(struct cat *cat)
{
    if (cat->out.pending != NULL) {
        usctp_message_drop(cat->out.pending);
        usctp_loop_watch(cat->node.loop, STDOUT_FILENO, 0, NULL, NULL);
        cat->out.pending = NULL;
    }
}

static void on_output_ready(void *user, usctp_fd fd, int ready)
{
    struct cat *cat = user;
    size_t len;
    const uint8_t *data = usctp_message_data(cat->out.pending, &len);

    (void)fd;
    (void)ready;
    if (write_some(data, len, &cat->out.off) < 0) {
        cat_fail(cat);
        return;
    }
    if (cat->out.off == len) {
        cat_output_end(cat);
        if (cat->assoc != NULL) {
            usctp_assoc_resume(cat->assoc);
        }
        cat_check_done(cat);
    }
}

/* Holds the association up until the rest of the message is written. */
static void hold(struct cat *cat, const struct usctp_event *event, size_t off)
{
    size_t len;
    usctp_message *message = usctp_message_keep(event->u.message.message);

    if (message == NULL || usctp_message_data(message, &len) == NULL) {
        if (message != NULL) {
            usctp_message_drop(message);
        }
        report_error("cannot keep a message: %s", usctp_strerror(USCTP_ENOMEM));
        cat_fail(cat);
        return;
    }
    cat->out.pending = message;
    cat->out.off = off;
    usctp_assoc_pause(event->assoc);
    usctp_loop_watch(cat->node.loop, STDOUT_FILENO, USCTP_WATCH_WRITE, on_output_ready, cat);
}

void cat_output_take(struct cat *cat, const struct usctp_event *event)
{
    size_t off = 0;

    if (cat->net.verbose > 1) {
        report_note("message: stream %u, %lu bytes, ppid %lu%s", (unsigned)event->u.message.stream,
                    (unsigned long)event->u.message.len, (unsigned long)event->u.message.ppid,
                    (event->u.message.flags & USCTP_MESSAGE_UNORDERED) != 0 ? ", unordered" : "");
    }
    cat->out.received_cnt++;
    cat->out.received_bytes += event->u.message.len;
    for (size_t i = 0; i < event->u.message.iov_cnt; i++) {
        const struct usctp_iov *iov = &event->u.message.iov[i];
        size_t done = 0;

        if (write_some(iov->base, iov->len, &done) < 0) {
            cat_fail(cat);
            return;
        }
        off += done;
        if (done < iov->len) {
            hold(cat, event, off);
            return;
        }
    }
}
